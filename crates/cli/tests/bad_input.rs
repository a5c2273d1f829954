//! The list of bad inputs: each good picture is answered, each bad one named in one line.

mod common;

use std::{fs, path::Path};

use common::{
    bomb, cmyk, folder, jpeg, names, permissions_bind, picture, run, run_in, run_with, write,
};

#[test]
fn every_good_one_is_answered_and_every_bad_one_named() {
    let root = folder();
    let at = root.path();
    let good = jpeg(0);
    // Name, bytes, and the kind of error or nothing.
    let inputs: Vec<(&str, Vec<u8>, Option<&str>)> = vec![
        ("good.jpg", good.clone(), None),
        (
            "truncated.jpg",
            good[..good.len() / 2].to_vec(),
            Some("input"),
        ),
        ("a-png.jpg", picture(20, 30, 9).encode_png(), None),
        ("text.jpg", b"no picture at all".to_vec(), Some("input")),
        ("empty.png", Vec::new(), Some("input")),
        ("long.png", picture(30_000, 1, 80).encode_png(), None),
        ("bomb.png", bomb(), Some("limit")),
        ("cmyk.jpg", cmyk(), None),
        (
            "old.jpg",
            b"\0\0\0\x1cftypheic\0\0\0\0mif1heic".to_vec(),
            Some("unsupported"),
        ),
        ("dot.png", picture(1, 1, 200).encode_png(), None),
    ];
    for (name, bytes, _) in &inputs {
        write(at, name, bytes);
    }
    fs::create_dir(at.join("nothing")).unwrap();
    let mut expected: Vec<(&str, Option<&str>)> = inputs.iter().map(|(n, _, k)| (*n, *k)).collect();
    expected.push(("missing.jpg", Some("io")));
    expected.push(("nothing", Some("input")));
    let mut arguments = vec!["feel", "--json", "--threads", "3", "--out", "report.html"];
    arguments.extend(expected.iter().map(|(name, _)| *name));

    let run = run_in(at, &arguments);
    assert_eq!(run.code, 1, "{run:?}");
    let lines = run.json();
    let told: Vec<(&str, Option<&str>)> = lines
        .iter()
        .map(|line| {
            (
                line["path"].as_str().unwrap(),
                line["error"]["kind"].as_str(),
            )
        })
        .collect();
    assert_eq!(told, expected, "in the order of the inputs");
    assert_eq!(
        (lines[5]["width"].as_u64(), lines[5]["height"].as_u64()),
        (Some(30_000), Some(1))
    );

    // One line for each failure, then the summary.
    let bad: Vec<&str> = expected
        .iter()
        .filter(|e| e.1.is_some())
        .map(|e| e.0)
        .collect();
    let told: Vec<&str> = run.err.lines().collect();
    assert_eq!(told.len(), bad.len() + 1, "{}", run.err);
    for (name, line) in bad.iter().zip(&told) {
        assert!(line.starts_with(&format!("affetti: {name}: ")), "{line}");
    }
    assert!(
        told[bad.len()].starts_with("5 pictures felt, 7 failed, in "),
        "{}",
        run.err
    );
    assert!(told[bad.len()].ends_with(" s → report.html"), "{}", run.err);

    // The report is whole and lists them too.
    let page = fs::read_to_string(at.join("report.html")).unwrap();
    assert!(page.trim_end().ends_with("</html>"));
    assert_eq!(page.matches("class=\"e\">").count(), 5);
    assert_eq!(page.matches("class=\"f\">").count(), 7);
    assert!(!names(at).iter().any(|name| name.ends_with(".part")));
}

#[test]
fn no_success_is_exit_2_and_leaves_an_older_report_alone() {
    let root = folder();
    let at = root.path();
    write(at, "x.html", b"older");
    write(at, "text.jpg", b"text");
    fs::create_dir(at.join("nothing")).unwrap();
    let one = run_in(at, &["feel", "text.jpg", "--out", "x.html"]);
    assert_eq!((one.code, one.out.as_str()), (2, ""));
    assert_eq!(one.err.lines().count(), 2, "{}", one.err);
    assert!(one.err.contains("x.html was not written"), "{}", one.err);
    assert_eq!(fs::read(at.join("x.html")).unwrap(), b"older");
    assert_eq!(names(at), ["nothing", "text.jpg", "x.html"]);

    let none = run_in(at, &["feel", "nothing"]);
    assert_eq!((none.code, none.out.as_str()), (2, ""));
    assert!(
        none.err
            .starts_with("affetti: nothing: no picture in this folder"),
        "{}",
        none.err
    );
}

#[test]
fn hostile_names_stay_one_line() {
    let root = folder();
    let name = "a\nb\x1b[31m.jpg";
    let run = run_in(root.path(), &["feel", name, "--json"]);
    assert_eq!(run.code, 2);
    assert_eq!(run.err.lines().count(), 1, "{:?}", run.err);
    assert!(
        run.err.starts_with("affetti: a\\nb\\u{1b}[31m.jpg: "),
        "{:?}",
        run.err
    );
    assert_eq!(run.json()[0]["path"], name);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_utf8_are_shown_lossily() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let root = folder();
    write(root.path(), OsStr::from_bytes(b"caf\xE9.jpg"), &jpeg(3));
    let run = run([
        OsStr::new("feel"),
        root.path().as_os_str(),
        OsStr::new("--json"),
    ]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let path = run.json()[0]["path"].as_str().unwrap().to_owned();
    assert!(path.ends_with("caf\u{FFFD}.jpg"), "{path}");
}

#[cfg(unix)]
#[test]
fn no_permission() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let root = folder();
    let at = root.path();
    write(at, "in/good.jpg", &jpeg(5));
    symlink("nowhere", at.join("in/dangling.jpg")).unwrap();
    symlink(".", at.join("in/loop")).unwrap();
    let told = run_in(at, &["feel", "in", "--json"]);
    assert_eq!(told.code, 1);
    assert!(
        told.err
            .starts_with("affetti: in/dangling.jpg: the link leads nowhere"),
        "{}",
        told.err
    );
    assert_eq!(told.json()[0]["error"]["kind"], "io");
    assert_eq!(
        (told.json().len(), told.err.lines().count()),
        (2, 1),
        "the loop is no failure"
    );

    if !permissions_bind(at) {
        return;
    }
    let lock =
        |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let locked = write(at, "locked.jpg", &jpeg(6));
    lock(&locked, 0o0);
    let told = run_in(at, &["feel", "locked.jpg"]);
    assert_eq!(told.code, 2);
    assert!(
        told.err.contains("locked.jpg: no permission"),
        "{}",
        told.err
    );
    // A folder that cannot be written to is told before the work.
    lock(&at.join("in"), 0o555);
    let told = run_in(at, &["feel", "in/good.jpg", "--out", "in/r.html"]);
    lock(&at.join("in"), 0o755);
    assert_eq!(
        (told.code, told.err.lines().count()),
        (2, 1),
        "{}",
        told.err
    );
    assert!(
        told.err
            .contains("cannot write in/r.html: permission denied"),
        "{}",
        told.err
    );
}

#[test]
fn standard_input() {
    let good = run_with(&jpeg(7), &["feel", "-", "--json"]);
    assert_eq!((good.code, good.err.as_str()), (0, ""));
    assert_eq!(good.json()[0]["path"], "-");
    let empty = run_with(b"", &["feel", "-"]);
    assert_eq!(empty.code, 2);
    assert!(
        empty.err.starts_with("affetti: -: the file is empty"),
        "{}",
        empty.err
    );
    let twice = run_with(b"", &["feel", "-", "-"]);
    assert_eq!(
        (twice.code, twice.err.lines().count()),
        (2, 1),
        "{}",
        twice.err
    );
}
