//! The examples of docs/studio.md, as they stand there, on an open studio.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]

mod common;

use common::{Open, painting};
use serde_json::Value;
use std::{fs, process::Command};

/// Where the examples ask.
const THERE: &str = "127.0.0.1:7878";

#[test]
fn the_examples_of_the_documentation_work() {
    if !Command::new("curl")
        .arg("--version")
        .output()
        .is_ok_and(|told| told.status.success())
    {
        eprintln!("skipped: no curl is installed");
        return;
    }
    let document = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/studio.md");
    let document = fs::read_to_string(document).unwrap();
    let examples: Vec<&str> = document
        .lines()
        .filter(|line| line.starts_with("curl "))
        .collect();
    assert!(examples.len() >= 8, "{examples:?}");
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("photos");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("a.jpg"), painting("whalers")).unwrap();
    fs::write(root.path().join("photo.jpg"), painting("whalers")).unwrap();
    let studio = Open::new(|settings| {
        settings.collections = vec![folder];
        settings.exports = Some(root.path().join("sorted"));
    });
    let all = studio.get("/api/v1/collections").json();
    let id = all["collections"][0]["id"].as_str().unwrap();
    for example in examples {
        let line = example
            .replace(THERE, &studio.address.to_string())
            .replace("collection=ID", &format!("collection={id}"))
            .replace("collections/ID/", &format!("collections/{id}/"))
            .replacen("curl ", "curl --fail --silent --show-error ", 1);
        let told = Command::new("sh")
            .args(["-c", &line])
            .current_dir(root.path())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&told.stderr);
        assert!(told.status.success(), "{example}: {errors}");
        // What comes later in the list builds on jobs before.
        let job = serde_json::from_slice::<Value>(&told.stdout);
        if let Some(id) = job.ok().as_ref().and_then(|job| job["id"].as_str()) {
            let job = studio.wait_for(id, &["done", "failed", "cancelled"]);
            assert_eq!(job["state"], "done", "{example}: {job}");
        }
    }
    for (file, begins) in [
        ("photo.svg", &b"<"[..]),
        ("in-oil.png", b"\x89PNG"),
        ("turn.gif", b"GIF89a"),
    ] {
        let made = fs::read(root.path().join(file)).unwrap();
        assert!(made.starts_with(begins), "{file}");
    }
}
