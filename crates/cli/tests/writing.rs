//! Writing that goes wrong: impossible outputs, a full disk, a reader who leaves.

mod common;

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    process::Stdio,
};

use common::{affetti, folder, names, pictures, run_in, write};

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

#[test]
fn inputs_are_never_written_over() {
    let root = pictures(1);
    let at = root.path();
    let lists: [(&str, &[u8]); 4] = [
        ("in.csv", b"path\np/00.jpg\n"),
        ("p/credits.csv", b"file,title\n"),
        ("weights.json", b"no weights"),
        ("config.json", b"no config"),
    ];
    for (name, bytes) in lists {
        write(at, name, bytes);
    }
    for arguments in [
        &["feel", "p", "in.csv", "--out", "./in.csv"][..],
        &["feel", "p", "--out", "p/credits.csv"],
        &[
            "feel",
            "p",
            "--weights",
            "weights.json",
            "--out",
            "weights.json",
        ],
        &["data", "stats", "table", "in.csv", "--out", "in.csv"],
        &["data", "check", "table", "in.csv", "--out", "p/../in.csv"],
        &["data", "stats", "folder", "p", "--out", "p/00.jpg"],
        &["models", "import", "weights.json", "--out", "weights.json"],
        &["models", "list", "--out", "p/00.jpg"],
    ] {
        let run = run_in(at, arguments);
        assert_eq!((run.code, run.out.as_str()), (2, ""), "{arguments:?}");
        assert_eq!(run.err.lines().count(), 1, "{}", run.err);
        let refused = run.err.ends_with("; give another name for the result\n");
        assert!(refused, "{}", run.err);
    }
    for (name, bytes) in lists {
        assert_eq!(fs::read(at.join(name)).unwrap(), bytes);
    }
    // A result of an earlier run may go.
    for _ in 0..2 {
        assert_eq!(run_in(at, &["feel", "p", "--out", "p/r.csv"]).code, 0);
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_stays_a_pipe() {
    use std::{os::unix::fs::FileTypeExt, process::Command};
    let root = pictures(1);
    let pipe = root.path().join("pipe.csv");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let reader = std::thread::spawn({
        let pipe = pipe.clone();
        move || fs::read_to_string(pipe).unwrap()
    });
    let run = run_in(root.path(), &["feel", "p", "--out", "pipe.csv"]);
    assert_eq!(run.code, 0, "{}", run.err);
    assert_eq!(reader.join().unwrap().lines().count(), 2);
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
}

#[cfg(target_os = "linux")]
#[test]
fn a_signal_stops_and_leaves_nothing() {
    use std::{process::Command, thread::sleep, time::Duration};
    for signal in ["-INT", "-TERM"] {
        let root = folder();
        // Signals as in a terminal, whatever the test's parent ignores.
        let mut child = Command::new("env")
            .arg("--default-signal")
            .arg(affetti().get_program())
            .args(["feel", "-", "--out", "r.csv"])
            .current_dir(root.path())
            .stdin(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // It has begun its file and waits for the picture.
        let begun = || {
            names(root.path())
                .iter()
                .any(|name| name.ends_with(".part"))
        };
        while !begun() {
            assert_eq!(child.try_wait().unwrap(), None);
            sleep(Duration::from_millis(10));
        }
        let process = child.id().to_string();
        let sent = Command::new("kill").args([signal, &process]).status();
        assert!(sent.unwrap().success());
        // Standard input stays open until the end: waiting would close it, and an end of the picture
        // is something else to tell.
        let input = child.stdin.take();
        assert_eq!(child.wait().unwrap().code(), Some(130));
        drop(input);
        let mut err = String::new();
        child.stderr.unwrap().read_to_string(&mut err).unwrap();
        assert_eq!(err, "stopped\n");
        assert!(names(root.path()).is_empty());
    }
}

#[cfg(target_os = "linux")]
#[test]
fn reasons_are_in_plain_words() {
    let root = pictures(1);
    let run = run_in(root.path(), &["feel", "p", "--out", "/proc/x.csv"]);
    assert_eq!(run.code, 2);
    assert_eq!(
        run.err,
        "affetti: cannot write /proc/x.csv: no file can be made there\n"
    );
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
