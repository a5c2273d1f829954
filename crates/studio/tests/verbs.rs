//! Orders over HTTP: the answers of the library, as jobs and at once.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use affetti::{FeelOptions, Input, Inputs, Models, Outcome, feel};
use common::{Open, painting};
use std::ops::ControlFlow;

#[test]
fn a_picture_is_felt_as_on_the_command_line() {
    let studio = Open::plain();
    let whalers = painting("whalers");
    let answer = studio.post("/api/v1/feel?name=whalers.jpg", &whalers);
    assert_eq!(answer.status, 200, "{}", answer.head);
    let mut wanted = Vec::new();
    let input = Input::Bytes {
        name: "whalers.jpg".into(),
        bytes: whalers.clone().into(),
    };
    let take = |outcome| {
        if let Outcome::Done(reading) = outcome {
            wanted.push(serde_json::to_value(&*reading).unwrap());
        }
        ControlFlow::Continue(())
    };
    let options = FeelOptions::default();
    feel(
        &Models::default(),
        Inputs::new([input]),
        &options,
        &affetti::Control::default(),
        take,
    )
    .unwrap();
    assert_eq!(answer.json(), wanted[0]);
    let order = answer.header("affetti-order").unwrap();
    assert_eq!(
        order,
        r#"{"verb":"feel","regions":false,"say":false,"intend":null,"page":false}"#
    );
    // Brought once, asked several times.
    let kept = studio.post("/api/v1/files", &whalers);
    assert_eq!(kept.status, 201);
    let hash = kept.json()["sha256"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/feel?file={hash}&regions=true&intend=awe&page=true");
    let more = studio.post(&path, &[]).json();
    assert!(!more["regions"].as_array().unwrap().is_empty());
    assert!(more["intention"]["match"].as_f64().unwrap() > 0.0);
    assert!(more["page"]["verdict"].as_str().unwrap().len() > 10);
}

#[test]
fn sentences_drawings_and_strokes() {
    let studio = Open::plain();
    let read = studio.post(
        "/api/v1/read?explain=true",
        "the dark water looks cold and lonely".as_bytes(),
    );
    assert_eq!(read.json()["dominant"], "sadness");
    let said = studio
        .post("/api/v1/say?emotion=awe&n=2", &painting("the-horse-fair"))
        .json();
    let sentences = said["sentences"].as_array().unwrap();
    assert_eq!(
        (sentences.len(), &sentences[0]["emotion"]),
        (2, &"awe".into())
    );
    let portrait = painting("self-portrait");
    let line = studio.post("/api/v1/sketch?strokes=8", &portrait).json();
    assert!(
        line["svg"].as_str().unwrap().starts_with("<svg")
            || line["svg"].as_str().unwrap().starts_with("<?xml")
    );
    let png = studio.post("/api/v1/sketch?strokes=8&format=png&size=64", &portrait);
    assert_eq!(png.header("content-type"), Some("image/png"));
    assert_eq!(&png.body[1..4], b"PNG");
    let svg = studio.post("/api/v1/brush?size=128&format=svg", &portrait);
    assert_eq!(svg.header("content-type"), Some("image/svg+xml"));
    // Even opened by itself it can do nothing.
    assert!(
        svg.header("content-security-policy")
            .unwrap()
            .contains("sandbox")
    );
    assert!(
        svg.header("content-disposition")
            .unwrap()
            .starts_with("attachment")
    );
}

#[test]
fn pictures_are_painted_as_jobs() {
    let studio = Open::plain();
    let few = studio.post(
        "/api/v1/paint?words=still+life+positive&count=3&seed=5",
        &[],
    );
    assert_eq!(few.status, 200, "{}", String::from_utf8_lossy(&few.body));
    let pictures = few.json()["pictures"].as_array().unwrap().clone();
    assert_eq!((pictures.len(), &pictures[2]["seed"]), (3, &7.into()));
    let file = studio.get(pictures[0]["file"]["url"].as_str().unwrap());
    assert_eq!(&file.body[1..4], b"PNG");
    assert!(file.header("cache-control").unwrap().contains("immutable"));
    let turning = studio.post("/api/v1/paint?words=still+life+positive&to=fear", &[]);
    assert_eq!(turning.header("content-type"), Some("image/gif"));
    assert_eq!(&turning.body[..6], b"GIF89a");
    // Many become a job by themselves.
    let many = studio.post("/api/v1/paint?words=cityscape&count=40&client=me", &[]);
    assert_eq!(many.status, 202);
    let job = many.json();
    let id = job["id"].as_str().unwrap();
    assert_eq!(
        many.header("location"),
        Some(format!("/api/v1/jobs/{id}").as_str())
    );
    let done = studio.wait_for(id, &["done", "failed"]);
    assert_eq!(
        done["answer"]["pictures"].as_array().unwrap().len(),
        40,
        "{done}"
    );
    assert_eq!(
        (&done["client"], &done["order"]["count"]),
        (&"me".into(), &40.into())
    );
    let events = studio.get(&format!("/api/v1/jobs/{id}/events"));
    let told = String::from_utf8(events.body).unwrap();
    assert!(
        told.starts_with("event: job\ndata: {") && told.contains("\"state\":\"done\""),
        "{told}"
    );
    assert_eq!(
        studio
            .ask(
                "DELETE",
                &format!("/api/v1/jobs/{id}?forget=true"),
                &[],
                &[]
            )
            .status,
        204
    );
    assert_eq!(studio.get(&format!("/api/v1/jobs/{id}")).status, 404);
}

#[test]
fn what_is_wrong_is_told_in_one_line() {
    let studio = Open::plain();
    let portrait = painting("self-portrait");
    let long = vec![b'a'; 20_000];
    let cases: [(&str, &[u8], u16, &str); 15] = [
        ("/api/v1/feel", b"", 400, "send the picture"),
        ("/api/v1/feel", b"no picture at all", 422, "not a picture"),
        ("/api/v1/feel", &portrait[..2000], 422, ""),
        ("/api/v1/feel?intend=awee", &portrait, 400, "awe"),
        ("/api/v1/feel?colour=1", &portrait, 400, "colour"),
        ("/api/v1/steal", b"x", 404, "no verb"),
        ("/api/v1/feel?file=0000", b"", 404, "no file"),
        ("/api/v1/read", b"\xff\xfe\xfd", 422, "UTF-8"),
        ("/api/v1/read", b"   ", 422, ""),
        ("/api/v1/read?explain=true", &long, 413, "16 KiB"),
        ("/api/v1/paint?words=lanscape", b"", 400, "lanscape"),
        ("/api/v1/paint?count=0", b"", 400, "count is 0"),
        ("/api/v1/paint?count=999999", b"", 400, "count is 999999"),
        ("/api/v1/feel?file=0000&wait=false", b"", 404, "no file"),
        ("/api/v1/sketch?strokes=0", &portrait, 400, "strokes is 0"),
    ];
    for (path, body, status, told) in cases {
        let answer = studio.post(path, body);
        let error = answer.json();
        let message = error["error"]["message"].as_str().unwrap();
        assert_eq!(answer.status, status, "{path}: {message}");
        assert!(
            message.contains(told) && !message.contains('\n'),
            "{path}: {message}"
        );
    }
    // It goes on.
    assert_eq!(studio.post("/api/v1/feel", &portrait).status, 200);
}

#[test]
fn the_description_holds() {
    let studio = Open::plain();
    let all = studio.get("/api/v1/openapi.json").json();
    for (path, methods) in all["paths"].as_object().unwrap() {
        let here = ["{id}", "{key}", "{sha256}"]
            .iter()
            .fold(path.clone(), |path, name| path.replace(name, "none"));
        for method in methods.as_object().unwrap().keys() {
            if here.ends_with("/events") && !here.contains("none") {
                // It never ends.
                continue;
            }
            let answer = studio.ask(&method.to_uppercase(), &here, &[], &[]);
            assert_ne!(answer.status, 405, "{method} {path}");
            // No collection is called nothing.
            let named = here.contains("none") || here.ends_with("/index");
            let is_ours = answer.status != 404 || named;
            assert!(is_ours, "{method} {path}: {}", answer.status);
        }
        // Methods that are not described are not there.
        if !methods.as_object().unwrap().contains_key("put") {
            assert_eq!(studio.ask("PUT", &here, &[], &[]).status, 405, "{path}");
        }
    }
}
