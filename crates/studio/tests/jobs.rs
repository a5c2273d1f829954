//! Jobs that are stopped, tried again, and go on after the end of the program.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use common::{Open, painting};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

#[test]
fn a_job_is_stopped_and_tried_again() {
    let studio = Open::plain();
    let asked = studio.post("/api/v1/paint?count=400&oil=true&size=256", &[]);
    let id = asked.json()["id"].as_str().unwrap().to_owned();
    studio.wait_for(&id, &["running"]);
    let begun = Instant::now();
    assert_eq!(
        studio
            .ask("DELETE", &format!("/api/v1/jobs/{id}"), &[], &[])
            .status,
        202
    );
    let job = studio.wait_for(&id, &["cancelled"]);
    assert!(
        begun.elapsed() < Duration::from_secs(20),
        "{:?}",
        begun.elapsed()
    );
    assert!(job["answer"].is_null());
    let again = studio.post(&format!("/api/v1/jobs/{id}/retry"), &[]);
    assert_eq!(again.status, 202);
    studio.wait_for(&id, &["running"]);
    assert_eq!(
        studio.post(&format!("/api/v1/jobs/{id}/retry"), &[]).status,
        409
    );
    assert_eq!(studio.post("/api/v1/jobs/none/retry", &[]).status, 404);
}

#[test]
fn jobs_go_on_after_the_end_of_the_program() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let mut ids = Vec::new();
    {
        let studio = Open::in_folder(Arc::clone(&folder), |_| {});
        let whalers = painting("whalers");
        for n in 0..6 {
            let job = studio.post(
                &format!("/api/v1/sketch?strokes={}&wait=false", n + 3),
                &whalers,
            );
            assert_eq!(job.status, 202);
            ids.push(job.json()["id"].as_str().unwrap().to_owned());
        }
    }
    let studio = Open::in_folder(folder, |_| {});
    for (n, id) in ids.iter().enumerate() {
        let job = studio.wait_for(id, &["done"]);
        assert_eq!(job["order"]["strokes"], n + 3);
        assert!(job["answer"]["svg"].as_str().unwrap().contains("</svg>"));
    }
    let all = studio.get("/api/v1/jobs").json();
    assert_eq!(all["jobs"].as_array().unwrap().len(), 6);
    // A job that is over is not stopped, and what was stopped is not forgotten.
    let path = format!("/api/v1/jobs/{}", ids[0]);
    let stopped = studio.ask("DELETE", &path, &[], &[]);
    assert_eq!(
        (stopped.status, &stopped.json()["state"]),
        (202, &"done".into())
    );
    assert_eq!(
        studio
            .ask("DELETE", &format!("{path}?forget=true"), &[], &[])
            .status,
        204
    );
    assert_eq!(
        studio
            .ask("DELETE", &format!("{path}?forget=true"), &[], &[])
            .status,
        404
    );
}

#[test]
fn a_full_list_says_so() {
    let studio = Open::new(|settings| settings.bounds.jobs = 2);
    let mut busy = None;
    for _ in 0..8 {
        let answer = studio.post("/api/v1/paint?count=400&oil=true&size=512", &[]);
        if answer.status == 429 {
            busy = Some(answer);
            break;
        }
        assert_eq!(answer.status, 202);
    }
    let busy = busy.expect("two run, two wait, the next is refused");
    assert!(busy.header("retry-after").unwrap().parse::<u32>().unwrap() > 0);
}

#[test]
fn visitors_are_answered_while_jobs_run() {
    let studio = Open::plain();
    for _ in 0..4 {
        let job = studio.post("/api/v1/paint?count=400&oil=true&size=256", &[]);
        studio.wait_for(job.json()["id"].as_str().unwrap(), &["queued", "running"]);
    }
    let begun = Instant::now();
    let answer = studio.post("/api/v1/feel", &painting("self-portrait"));
    assert_eq!(answer.status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "{:?}",
        begun.elapsed()
    );
    let jobs = studio.get("/api/v1/jobs").json();
    let states: Vec<&str> = jobs["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["state"].as_str().unwrap())
        .collect();
    assert!(states.contains(&"running"), "{states:?}");
}

#[test]
fn a_folder_belongs_to_one_studio() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let _first = Open::in_folder(Arc::clone(&folder), |_| {});
    let mut settings = affetti_studio::Settings::new(folder.path().to_owned());
    settings.address.set_port(0);
    let second = affetti_studio::Studio::open(settings, affetti::Models::default());
    let told = second.unwrap_err().to_string();
    assert!(told.contains("another studio uses"), "{told}");
}
