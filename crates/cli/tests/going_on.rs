//! Runs that are stopped or killed: what is done is kept, and the same command goes on.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

mod common;

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use common::{affetti, names, pictures, run_in};

const COUNT: u8 = 6;

/// Pictures that take a while each, so that a signal comes in between.
fn slow() -> tempfile::TempDir {
    let root = pictures(0);
    for i in 0..COUNT {
        let picture = common::picture(1600, 1200, i * 40).encode_jpeg(85);
        common::write(root.path(), format!("p/{i:02}.jpg"), &picture);
    }
    root
}

/// The program in `folder`, one picture at a time.
fn begin(folder: &Path, arguments: &[&str]) -> Child {
    Command::new("env")
        .arg("--default-signal")
        .arg(affetti().get_program())
        .args(arguments)
        .args(["--threads", "1"])
        .current_dir(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill")
        .args([name, &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
}

/// Waits until the file holds more than `length` bytes.
fn until(child: &mut Child, file: &Path, length: u64) {
    while fs::metadata(file).map_or(0, |about| about.len()) <= length {
        assert_eq!(child.try_wait().unwrap(), None, "it ended too soon");
        sleep(Duration::from_millis(2));
    }
}

fn end(mut child: Child) -> (Option<i32>, String) {
    let mut err = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut err)
        .unwrap();
    (child.wait().unwrap().code(), err)
}

#[test]
fn rows_that_are_done_are_kept() {
    for (name, header) in [("r.jsonl", 0), ("r.csv", 1)] {
        let root = slow();
        let at = root.path();
        let arguments = ["feel", "p", "--out", name];
        let mut child = begin(at, &arguments);
        until(&mut child, &at.join(format!("{name}.unfinished")), 400);
        signal(&child, "-TERM");
        let (code, err) = end(child);
        assert_eq!(code, Some(130), "{err}");
        let rows = fs::read_to_string(at.join(name)).unwrap();
        let done = rows.lines().count() - header;
        assert!((1..usize::from(COUNT)).contains(&done), "{rows}");
        let plural = if done == 1 { "" } else { "s" };
        let told =
            format!("stopped: {done} picture{plural} felt → {name}; the same command goes on");
        assert!(err.contains(&told), "{err}");
        let again = run_in(at, &arguments);
        assert_eq!(again.code, 0, "{}", again.err);
        let told = format!("going on after {done} picture{plural} of a run");
        assert!(again.err.starts_with(&told), "{}", again.err);
        assert_eq!(names(at), ["p", name]);
        let whole = fs::read(at.join(name)).unwrap();
        assert!(whole.starts_with(rows.as_bytes()));
        // As if nothing had been: and a run that comes to its end leaves nothing to go on from.
        let fresh = run_in(at, &arguments);
        assert!(!fresh.err.contains("going on"), "{}", fresh.err);
        assert!(fs::read(at.join(name)).unwrap() == whole);
    }
}

#[test]
fn an_older_result_is_not_lost_to_half_a_new_one() {
    let root = slow();
    let at = root.path();
    common::write(at, "r.csv", b"older\n");
    let mut child = begin(at, &["feel", "p", "--out", "r.csv"]);
    until(&mut child, &at.join("r.csv.unfinished"), 400);
    signal(&child, "-INT");
    let (code, err) = end(child);
    assert_eq!(code, Some(130));
    assert!(
        err.contains(" felt → r.csv.unfinished; the same command"),
        "{err}"
    );
    assert_eq!(fs::read(at.join("r.csv")).unwrap(), b"older\n");
    // A try at which nothing can be read costs nothing.
    fs::rename(at.join("p"), at.join("q")).unwrap();
    let kept = fs::read(at.join("r.csv.unfinished")).unwrap();
    let none = run_in(at, &["feel", "p", "--out", "r.csv"]);
    assert_eq!(none.code, 2, "{}", none.err);
    fs::rename(at.join("q"), at.join("p")).unwrap();
    let now = fs::read(at.join("r.csv.unfinished")).unwrap();
    assert!(now.starts_with(&kept), "a row of a failure may follow");
    // A picture that was changed since is felt again, and has one row.
    common::write(at, "p/00.jpg", &common::jpeg(9));
    let run = run_in(at, &["feel", "p", "--out", "r.csv"]);
    assert!(run.code == 0 && run.err.starts_with("going on"), "{run:?}");
    let sorted = || {
        let text = fs::read_to_string(at.join("r.csv")).unwrap();
        let mut rows: Vec<String> = text.lines().map(str::to_owned).collect();
        rows[1..].sort();
        rows
    };
    let rows = sorted();
    assert_eq!(run_in(at, &["feel", "p", "--out", "r.csv"]).code, 0);
    assert_eq!(sorted(), rows);
    // A file that is none of ours stays.
    common::write(at, "r.csv.unfinished", b"my notes");
    let refused = run_in(at, &["feel", "p", "--out", "r.csv"]);
    assert_eq!(
        (refused.code, refused.err.lines().count()),
        (2, 1),
        "{refused:?}"
    );
    assert!(refused.err.contains("move it away"), "{}", refused.err);
    assert_eq!(fs::read(at.join("r.csv.unfinished")).unwrap(), b"my notes");
    fs::remove_file(at.join("r.csv.unfinished")).unwrap();
}

#[test]
fn rows_of_another_question_are_told_and_go() {
    let root = slow();
    let at = root.path();
    let mut child = begin(at, &["feel", "p", "--out", "r.csv"]);
    until(&mut child, &at.join("r.csv.unfinished"), 400);
    child.kill().unwrap();
    child.wait().unwrap();
    let other = run_in(at, &["feel", "p", "--intend", "awe", "--out", "r.csv"]);
    assert!(
        other.code == 0 && !other.err.contains("going on"),
        "{other:?}"
    );
    assert!(other.err.contains("another command"), "{}", other.err);
    let rows = fs::read_to_string(at.join("r.csv")).unwrap();
    assert_eq!(rows.lines().count(), 1 + usize::from(COUNT));
    assert_eq!(names(at), ["p", "r.csv"]);
}

#[test]
fn an_index_goes_on_from_a_stop_and_from_a_kill() {
    let root = slow();
    let at = root.path();
    let arguments = ["feel", "p", "--index", "i"];
    let whole = run_in(at, &["feel", "p", "--index", "whole"]);
    assert_eq!(whole.code, 0);
    let mut child = begin(at, &arguments);
    until(&mut child, &at.join("i.unfinished"), 200);
    signal(&child, "-TERM");
    let (code, err) = end(child);
    assert_eq!(code, Some(130));
    assert!(
        err.contains("in the index (") && err.contains("the same command goes on"),
        "{err}"
    );
    let mut child = begin(at, &arguments);
    until(&mut child, &at.join("i.unfinished"), 200);
    child.kill().unwrap();
    child.wait().unwrap();
    let last = run_in(at, &arguments);
    assert!(
        last.code == 0 && last.err.starts_with("going on after "),
        "{last:?}"
    );
    assert!(
        last.err.contains(&format!("{COUNT} pictures in the index")),
        "{}",
        last.err
    );
    assert!(fs::read(at.join("i")).unwrap() == fs::read(at.join("whole")).unwrap());
    assert_eq!(names(at), ["i", "p", "whole"]);
}

#[test]
fn one_ignored_signal_leaves_the_others() {
    let root = pictures(1);
    let at = root.path();
    for ignored in ["INT", "HUP"] {
        let script = format!("trap '' {ignored}; exec \"$0\" feel - --out r.csv");
        let mut child = Command::new("sh")
            .args(["-c", &script])
            .arg(affetti().get_program())
            .current_dir(at)
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = || names(at).iter().any(|name| name.ends_with(".part"));
        while !begun() {
            assert_eq!(child.try_wait().unwrap(), None);
            sleep(Duration::from_millis(5));
        }
        // Ignored it stays.
        signal(&child, &format!("-{ignored}"));
        sleep(Duration::from_millis(100));
        assert_eq!(child.try_wait().unwrap(), None, "{ignored}");
        signal(&child, "-TERM");
        let input = child.stdin.take();
        let (code, err) = end(child);
        drop(input);
        assert_eq!((code, err.as_str()), (Some(130), "stopped\n"));
        assert_eq!(names(at), ["p"]);
    }
}
