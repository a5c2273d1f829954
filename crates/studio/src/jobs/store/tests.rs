//! Jobs through their states, over the end of programs; files that go.

use super::{Store, VERSION};
use crate::{
    error::StudioError,
    jobs::{State, Wanted},
    order::Order,
};
use affetti::pipeline::{ErrorKind, Fault};
use rusqlite::Connection;
use serde_json::json;

fn wanted(input: Option<&str>) -> Wanted {
    Wanted {
        order: Order::of_query("sketch", "strokes=4").unwrap(),
        input: input.map(str::to_owned),
        name: "a.jpg".into(),
        client: "me".into(),
    }
}

#[test]
fn jobs_go_through_their_states_and_survive() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    let store = Store::open(&path).unwrap();
    for id in ["a", "b", "c", "d"] {
        store.add(id, &wanted(None)).unwrap();
    }
    assert_eq!(store.job("c").unwrap().unwrap().before, 2);
    let first = store.take().unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.state), ("a", State::Running));
    store.end("a", &Ok(json!({"x": 1}))).unwrap();
    assert_eq!(store.take().unwrap().unwrap().id, "b");
    store
        .end("b", &Err(Some(Fault::new(ErrorKind::Limit, "too large"))))
        .unwrap();
    assert!(store.withdraw("d").unwrap() && !store.withdraw("a").unwrap());
    assert_eq!(store.take().unwrap().unwrap().id, "c");
    // The program is killed, and opened again.
    drop(store);
    let store = Store::open(&path).unwrap();
    let states: Vec<_> = store
        .latest(9)
        .unwrap()
        .into_iter()
        .map(|job| job.state)
        .collect();
    assert_eq!(
        states,
        [State::Cancelled, State::Queued, State::Failed, State::Done]
    );
    let done = store.job("a").unwrap().unwrap();
    assert_eq!(
        (done.answer, done.wanted),
        (Some(json!({"x": 1})), wanted(None))
    );
    let failed = store.job("b").unwrap().unwrap().fault.unwrap();
    assert_eq!(
        (failed.kind, failed.message.as_str()),
        (ErrorKind::Limit, "too large")
    );
    // What is done is not done again; what failed may be.
    assert!(!store.again("a").unwrap() && store.again("b").unwrap());
    assert_eq!(store.take().unwrap().unwrap().id, "b");
    assert!(!store.forget("b").unwrap() && store.forget("a").unwrap());
    assert!(store.job("a").unwrap().is_none());
}

#[test]
fn the_oldest_files_go_first_and_what_is_needed_stays() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("studio.db")).unwrap();
    for name in ["one", "two", "three"] {
        store.keep(name, "image/png", 10).unwrap();
        std::thread::sleep(std::time::Duration::from_millis(3));
    }
    store.add("job", &wanted(Some("one"))).unwrap();
    let none = |_: &str| false;
    assert_eq!(store.strike(30, &none).unwrap(), (vec![], 30));
    assert_eq!(
        store.strike(20, &none).unwrap(),
        (vec!["two".to_owned()], 20)
    );
    assert!(store.file("two").unwrap().is_none() && store.file("one").unwrap().is_some());
    // Nothing else may go: one is what a job is about, three is spared.
    assert_eq!(
        store.strike(0, &|name| name == "three").unwrap(),
        (vec![], 20)
    );
    assert_eq!(
        store.strike(0, &none).unwrap(),
        (vec!["three".to_owned()], 10)
    );
}

#[test]
fn a_job_that_ends_the_program_is_not_tried_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    for _ in 0..5 {
        let store = Store::open(&path).unwrap();
        if store.job("a").unwrap().is_none() {
            store.add("a", &wanted(None)).unwrap();
        }
        assert_eq!(store.take().unwrap().unwrap().id, "a");
    }
    let store = Store::open(&path).unwrap();
    assert_eq!(store.job("a").unwrap().unwrap().state, State::Failed);
    // Somebody may ask for it once more; ends in order do not count.
    assert!(store.again("a").unwrap());
    for _ in 0..5 {
        assert_eq!(store.take().unwrap().unwrap().id, "a");
        store.release("a").unwrap();
    }
}

#[test]
fn what_another_version_asked_for_hides_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    let store = Store::open(&path).unwrap();
    store.add("a", &wanted(None)).unwrap();
    store.add("b", &wanted(None)).unwrap();
    let strange = "UPDATE jobs SET wanted = '{\"verb\":\"fly\"}' WHERE id = 'a'";
    store.lock().execute(strange, []).unwrap();
    assert_eq!(store.latest(9).unwrap().len(), 1);
    assert_eq!(store.take().unwrap().unwrap().id, "b");
    assert_eq!(store.count(State::Failed).unwrap(), 1);
}

#[test]
fn a_later_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("studio.db");
    let other = Connection::open(&path).unwrap();
    other
        .pragma_update(None, "user_version", VERSION + 1)
        .unwrap();
    drop(other);
    let Err(StudioError::Newer { found, .. }) = Store::open(&path) else {
        panic!("it was opened");
    };
    assert_eq!(found, VERSION + 1);
}
