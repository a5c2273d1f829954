//! Collections over HTTP: read, searched, mapped, copied into folders by feeling.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use affetti::Models;
use affetti_studio::{Settings, Studio};
use common::{Open, painting};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Pictures of a collection.
const PICTURES: [&str; 4] = [
    "whalers",
    "self-portrait",
    "view-of-toledo",
    "the-harvesters",
];

/// A folder with pictures and one below it.
fn filled(folder: &Path) {
    fs::create_dir_all(folder.join("below")).unwrap();
    for (n, name) in PICTURES.into_iter().enumerate() {
        let below = if n == 0 { "below/" } else { "" };
        fs::write(folder.join(format!("{below}{name}.jpg")), painting(name)).unwrap();
    }
}

/// The answer of a job.
fn done(studio: &Open, asked: &str, body: &[u8]) -> Value {
    let job = studio.post(asked, body);
    assert_eq!(job.status, 202, "{}", String::from_utf8_lossy(&job.body));
    let job = studio.wait_for(job.json()["id"].as_str().unwrap(), &["done", "failed"]);
    assert_eq!(job["state"], "done", "{job}");
    job["answer"].clone()
}

/// All files below a folder, with what is in them.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(files(&path)),
            false => drop(all.insert(path.clone(), fs::read(&path).unwrap())),
        }
    }
    all
}

fn counts(told: &Value, names: [&str; 3]) -> [u64; 3] {
    names.map(|name| told[name].as_u64().unwrap())
}

#[test]
fn read_searched_and_copied() {
    let root = tempfile::tempdir().unwrap();
    let (folder, sorted) = (root.path().join("pictures"), root.path().join("sorted"));
    filled(&folder);
    let before = files(&folder);
    let studio = Open::new(|settings| {
        settings.collections = vec![folder.clone()];
        settings.exports = Some(sorted.clone());
    });
    let all = studio.get("/api/v1/collections").json();
    let id = all["collections"][0]["id"].as_str().unwrap().to_owned();
    let here = |rest: &str| format!("/api/v1/collections/{id}/{rest}");
    assert_eq!(studio.get(&here("map")).status, 404, "nothing is read yet");
    let read = done(&studio, &format!("/api/v1/index?collection={id}"), &[]);
    assert_eq!((&read["pictures"], &read["failed"]), (&4.into(), &0.into()));

    let map = studio.get(&here("map")).json();
    assert_eq!(map["pictures"], 4);
    let points = map["points"].as_array().unwrap();
    assert_eq!(points.len(), 4);
    let valences: Vec<f64> = points.iter().map(|p| p[0].as_f64().unwrap()).collect();
    let most = valences.iter().copied().fold(1.0, f64::max);

    // The part of the map with the most pleasant one alone.
    let found = studio.get(&here(&format!("pictures?within={},7,1,7", most - 1e-6)));
    let found = found.json();
    let found = found["pictures"].as_array().unwrap();
    assert_eq!(found.len(), 1);
    assert!((found[0]["valence"].as_f64().unwrap() - most).abs() < 1e-3);
    let everyday = studio.get(&here("pictures?not=gloomy,fear&within=1,7,1,7"));
    assert_eq!(everyday.json()["pictures"].as_array().unwrap().len(), 4);
    let empty = studio.get(&here("pictures?text=sea&within=1,1,1,1")).json();
    assert_eq!(empty["pictures"], serde_json::json!([]));
    for wrong in ["within=1,2,3", "within=5,4,1,7", "within=a,b,c,d", "not=x"] {
        assert_eq!(
            studio.get(&here(&format!("pictures?{wrong}"))).status,
            400,
            "{wrong}"
        );
    }

    let key = found[0]["picture"].as_str().unwrap();
    let way = found[0]["path"].as_str().unwrap();
    let feeling = found[0]["dominant"].as_str().unwrap().replace(' ', "-");
    let copy = sorted.join("pictures").join(feeling).join(way);
    let export = format!("/api/v1/export?collection={id}");
    let told = done(&studio, &export, key.as_bytes());
    assert_eq!(counts(&told, ["copied", "sidecars", "failed"]), [1, 1, 0]);
    assert_eq!(
        fs::read(&copy).unwrap(),
        fs::read(folder.join(way)).unwrap()
    );
    let beside = format!("{}.xmp", copy.display());
    let xmp = fs::read_to_string(&beside).unwrap();
    assert!(
        xmp.contains("<rdf:li>feeling|") && xmp.contains("affetti:valence="),
        "{xmp}"
    );

    // All of them: one is there already; what belongs to others stays.
    fs::write(&beside, "<x:xmpmeta/>").unwrap();
    let told = done(&studio, &export, b"*");
    assert_eq!(counts(&told, ["copied", "there", "failed"]), [3, 1, 1]);
    assert_eq!(fs::read_to_string(&beside).unwrap(), "<x:xmpmeta/>");
    fs::write(&copy, b"mine").unwrap();
    let told = done(&studio, &format!("{export}&sidecars=false"), key.as_bytes());
    assert_eq!(counts(&told, ["copied", "there", "failed"]), [0, 0, 1]);
    assert_eq!(fs::read(&copy).unwrap(), b"mine");
    // The folder of the collection is as it was.
    assert_eq!(files(&folder), before);
    assert_eq!(studio.post(&export, b"").status, 400);
    assert_eq!(studio.post(&export, b"hello").status, 400);
    let told = done(&studio, &export, b"00ff");
    assert_eq!(counts(&told, ["copied", "missing", "failed"]), [0, 1, 0]);
    assert_eq!(
        studio.post("/api/v1/export?collection=none", b"*").status,
        404
    );
}

#[test]
fn no_copies_without_a_folder_for_them() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("pictures");
    filled(&folder);
    let studio = Open::new(|settings| settings.collections = vec![folder.clone()]);
    let all = studio.get("/api/v1/collections").json();
    let id = all["collections"][0]["id"].as_str().unwrap();
    let answer = studio.post(&format!("/api/v1/export?collection={id}"), b"*");
    assert_eq!(answer.status, 415);
    let told = answer.json();
    assert!(
        told["error"]["message"]
            .as_str()
            .unwrap()
            .contains("--export")
    );
    assert_eq!(studio.get("/api/v1/about").json()["exports"], false);
    // Copies inside of a collection would be read as pictures of it.
    let settings = Settings {
        collections: vec![folder.clone()],
        exports: Some(folder.join("sorted")),
        ..Settings::new(root.path().join("data"))
    };
    let error = Studio::open(settings, Models::default()).unwrap_err();
    assert!(error.to_string().contains("outside of it"), "{error}");
}
