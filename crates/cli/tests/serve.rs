//! `affetti serve`: a studio that is opened, killed in the middle of its work, and opened again.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use std::{
    collections::HashSet,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    thread,
    time::{Duration, Instant},
};

use common::{affetti, folder, run};
use serde_json::Value;

/// A studio in a process of its own.
struct Studio {
    child: Child,
    address: String,
}

impl Studio {
    fn open(data: &Path, more: &[&str]) -> Self {
        let painter = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/fixtures/painter-tiny.safetensors"
        );
        let mut child = affetti()
            .args(["serve", "--port", "0", "--generator", painter, "--data"])
            .arg(data)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        let address = line
            .trim()
            .strip_prefix("http://")
            .unwrap()
            .split('/')
            .next()
            .unwrap()
            .to_owned();
        Self { child, address }
    }

    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(60)))
            .unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .unwrap();
        stream.write_all(body).unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        let end = all.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let status = String::from_utf8_lossy(&all[9..12]).parse().unwrap();
        (status, all.split_off(end + 4))
    }

    fn json(&self, method: &str, path: &str, body: &[u8]) -> Value {
        serde_json::from_slice(&self.ask(method, path, body).1).unwrap()
    }

    fn jobs(&self) -> Vec<Value> {
        let all = self.json("GET", "/api/v1/jobs", &[]);
        all["jobs"].as_array().unwrap().clone()
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    entries
        .flat_map(|entry| {
            let path = entry.unwrap().path();
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

#[test]
fn a_studio_that_is_killed_loses_nothing_and_does_nothing_twice() {
    let root = folder();
    let data = root.path().join("data");
    let picture = fs::read(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../gallery/self-portrait.jpg"
    ))
    .unwrap();
    let mut studio = Studio::open(&data, &[]);
    let mut asked = HashSet::new();
    for n in 0..50 {
        let path = match n % 2 {
            0 => format!("/api/v1/sketch?strokes={}&quality=draft&wait=false", 1 + n),
            _ => format!("/api/v1/paint?count=17&seed={n}"),
        };
        let job = studio.json("POST", &path, if n % 2 == 0 { &picture } else { &[] });
        asked.insert(job["id"].as_str().unwrap().to_owned());
    }
    assert_eq!(asked.len(), 50);
    // Killed three times in the middle of the work.
    let mut done_before: HashSet<(String, i64)> = HashSet::new();
    let mut running = 0;
    for _ in 0..3 {
        thread::sleep(Duration::from_millis(700));
        let over = studio
            .jobs()
            .into_iter()
            .filter(|job| job["state"] == "done");
        running += studio
            .jobs()
            .iter()
            .filter(|job| job["state"] == "running")
            .count();
        done_before.extend(over.map(|job| {
            (
                job["id"].as_str().unwrap().to_owned(),
                job["ended"].as_i64().unwrap(),
            )
        }));
        studio.child.kill().unwrap();
        studio.child.wait().unwrap();
        drop(studio);
        studio = Studio::open(&data, &[]);
    }
    assert!(
        !done_before.is_empty() && running > 0,
        "killed too early or too late"
    );
    let begun = Instant::now();
    let all = loop {
        let all = studio.jobs();
        assert!(all.iter().all(|job| job["state"] != "failed"), "{all:?}");
        if all.iter().all(|job| job["state"] == "done") {
            break all;
        }
        assert!(begun.elapsed() < Duration::from_secs(300), "{all:?}");
        thread::sleep(Duration::from_millis(100));
    };
    let found: HashSet<String> = all
        .iter()
        .map(|job| job["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(found, asked);
    // What was done by then was not done again.
    for job in &all {
        let (id, ended) = (job["id"].as_str().unwrap(), job["ended"].as_i64().unwrap());
        let before = done_before.iter().find(|(done, _)| done == id);
        assert!(before.is_none_or(|(_, then)| *then == ended), "{job}");
        let answer = studio.json("GET", &format!("/api/v1/jobs/{id}"), &[])["answer"].clone();
        if let Some(pictures) = answer["pictures"].as_array() {
            assert_eq!(pictures.len(), 17);
            let (status, file) =
                studio.ask("GET", pictures[16]["file"]["url"].as_str().unwrap(), &[]);
            assert_eq!((status, &file[1..4]), (200, &b"PNG"[..]));
        } else {
            assert!(answer["svg"].as_str().unwrap().ends_with("</svg>\n"));
        }
    }
    // No file is half there: each is what its name says.
    for file in files(&data.join("files")) {
        let name = file.file_name().unwrap().to_str().unwrap();
        if name.len() == 64 {
            assert_eq!(
                affetti::weights::store::sha256(&fs::read(&file).unwrap()),
                name
            );
        }
    }
}

#[test]
fn a_folder_is_read_and_searched() {
    let root = folder();
    let gallery = concat!(env!("CARGO_MANIFEST_DIR"), "/../../gallery");
    let studio = Studio::open(&root.path().join("data"), &[gallery]);
    let all = studio.json("GET", "/api/v1/collections", &[]);
    let one = &all["collections"][0];
    assert_eq!(
        (&one["name"], &one["pictures"]),
        (&"gallery".into(), &Value::Null)
    );
    let id = one["id"].as_str().unwrap();
    let search = format!("/api/v1/collections/{id}/pictures");
    assert_eq!(studio.ask("GET", &search, &[]).0, 404);
    let (status, job) = studio.ask("POST", &format!("/api/v1/index?collection={id}"), &[]);
    let job: Value = serde_json::from_slice(&job).unwrap();
    assert_eq!(status, 202, "{job}");
    let begun = Instant::now();
    let answer = loop {
        let job = studio.json(
            "GET",
            &format!("/api/v1/jobs/{}", job["id"].as_str().unwrap()),
            &[],
        );
        if job["state"] == "done" {
            break job["answer"].clone();
        }
        assert!(
            job["state"] != "failed" && begun.elapsed() < Duration::from_secs(200),
            "{job}"
        );
        thread::sleep(Duration::from_millis(100));
    };
    assert_eq!(
        (&answer["pictures"], &answer["felt"]),
        (&12.into(), &12.into())
    );
    let found = studio.json(
        "GET",
        &format!("{search}?text=a+bowl+of+apples+on+the+table&top=3"),
        &[],
    );
    let pictures = found["pictures"].as_array().unwrap();
    assert_eq!(
        (pictures.len(), &pictures[0]["path"]),
        (3, &"still-life-with-apples-and-a-pot-of-prim.jpg".into())
    );
    let key = pictures[0]["picture"].as_str().unwrap();
    for size in ["small", "large"] {
        let (status, jpeg) = studio.ask(
            "GET",
            &format!("/api/v1/collections/{id}/{size}/{key}"),
            &[],
        );
        assert_eq!((status, &jpeg[..2]), (200, &[0xff, 0xd8][..]));
    }
    for (query, status) in [
        ("like=awe%3D.6,fear%3D.4", 200),
        ("valence=6&arousal=2&not=fear", 200),
        ("like=awee", 400),
        ("text=%3F%3F", 422),
        ("valence=9", 400),
        ("shape=round", 400),
    ] {
        let (found, body) = studio.ask("GET", &format!("{search}?{query}"), &[]);
        assert_eq!(found, status, "{query}: {}", String::from_utf8_lossy(&body));
    }
    assert_eq!(
        studio.ask("POST", "/api/v1/index?collection=none", &[]).0,
        404
    );
}

#[test]
fn what_cannot_be_opened_is_told() {
    let root = folder();
    let file = root.path().join("file");
    fs::write(&file, "x").unwrap();
    let file = file.display().to_string();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let data = root.path().join("d").display().to_string();
    for (more, told) in [
        (&["--address", "0.0.0.0"][..], "needs --token"),
        (&["--token", "two words"], "take letters, figures"),
        (&["--data", &file], "name another one with --data"),
        (&["--port", &port, "--data", &data], "another --port"),
        (&["nowhere/", "--data", &data], "nowhere"),
    ] {
        let all: Vec<&str> = [&["serve", "--port", "0"], more].concat();
        let all = if more.contains(&"--port") {
            [&["serve"], more].concat()
        } else {
            all
        };
        let wrong = run(&all);
        assert_eq!(wrong.code, 2, "{more:?}: {}", wrong.err);
        assert!(wrong.err.contains(told), "{more:?}: {}", wrong.err);
        assert_eq!(wrong.err.lines().count(), 1, "{}", wrong.err);
    }
}
