//! Writing that goes wrong: impossible outputs, a full disk, a reader who leaves.

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use common::{affetti, names, pictures, run_in};

#[test]
fn outputs_that_cannot_be_are_refused_before_the_work() {
    let root = pictures(1);
    for (out, reason) in [
        ("x.pdf", ".html, .csv, .jsonl or .json"),
        ("x", ".html, .csv, .jsonl or .json"),
        (
            "no/x.html",
            "cannot write no/x.html: its folder does not exist",
        ),
    ] {
        let run = run_in(root.path(), &["feel", "p", "--out", out]);
        assert_eq!((run.code, run.out.as_str()), (2, ""));
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        assert!(
            run.err.starts_with("affetti: ") && run.err.contains(reason),
            "{}",
            run.err
        );
    }
    fs::create_dir(root.path().join("dir.html")).unwrap();
    let run = run_in(root.path(), &["feel", "p", "--out", "dir.html"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("dir.html is a folder"), "{}", run.err);
    assert_eq!(names(root.path()), ["dir.html", "p"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_one_clear_line() {
    let root = pictures(2);
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    for arguments in [&["feel", "p", "--json"][..], &["models", "list"]] {
        let output = affetti()
            .current_dir(root.path())
            .args(arguments)
            .stdout(full.try_clone().unwrap())
            .output()
            .unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert_eq!(
            err,
            "affetti: cannot write to standard output: No space left on device (os error 28)\n"
        );
    }
}

#[test]
fn a_reader_who_leaves_is_no_error() {
    let root = pictures(3);
    for out in [None, Some("r.csv")] {
        let mut command = affetti();
        command.current_dir(root.path()).args([
            "feel",
            "p",
            "p",
            "--json",
            "--quiet",
            "--threads",
            "1",
        ]);
        if let Some(out) = out {
            command.args(["--out", out]);
        }
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut first = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut first).unwrap();
        assert!(first.starts_with("{\"path\":\"p/00.jpg\""), "{first}");
        drop(stdout);
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        assert_eq!((child.wait().unwrap().code(), err.as_str()), (Some(0), ""));
    }
    // The file was asked for, whoever reads standard output.
    assert_eq!(
        fs::read_to_string(root.path().join("r.csv"))
            .unwrap()
            .lines()
            .count(),
        7
    );
}
