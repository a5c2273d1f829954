//! `affetti feel --index` and `affetti find`.

mod common;

use std::fs;

use common::{folder, jpeg, pictures, run_in, write};
use serde_json::Value;

fn paths(lines: &[Value]) -> Vec<&str> {
    lines
        .iter()
        .map(|line| line["path"].as_str().unwrap_or_default())
        .collect()
}

#[test]
fn pictures_are_found_by_what_they_evoke() {
    let root = pictures(6);
    let at = root.path();
    let made = run_in(at, &["feel", "p", "--index", "i"]);
    assert_eq!((made.code, made.out.as_str()), (0, ""));
    assert_eq!(
        made.err,
        "6 pictures in the index (6 new, 0 read again, 0 unchanged, 0 gone) → i\n"
    );
    let felt = run_in(at, &["feel", "p", "--json"]).json();
    // The one with most awe is found first by awe.
    let most = felt
        .iter()
        .max_by(|a, b| {
            let awe = |line: &Value| line["emotions"]["awe"].as_f64().unwrap();
            awe(a).total_cmp(&awe(b))
        })
        .unwrap();
    let found = run_in(at, &["find", "i", "--like", "awe", "--json"]);
    assert_eq!(found.code, 0, "{}", found.err);
    let lines = found.json();
    assert_eq!((lines.len(), &lines[0]["path"]), (6, &most["path"]));
    let matches: Vec<f64> = lines.iter().map(|l| l["match"].as_f64().unwrap()).collect();
    assert!(
        matches.windows(2).all(|pair| pair[0] >= pair[1]),
        "{matches:?}"
    );
    // The numbers are those of `feel`.
    for line in &lines {
        let other = felt
            .iter()
            .find(|other| other["path"] == line["path"])
            .unwrap();
        let close =
            |a: &Value, b: &Value| (a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 2.1e-4;
        assert!(close(&line["valence"], &other["valence"]));
        assert!(close(&line["emotions"]["fear"], &other["emotions"]["fear"]));
    }
    let like = run_in(
        at,
        &["find", "i", "--picture", "p/03.jpg", "--json", "--top", "2"],
    );
    let lines = like.json();
    assert_eq!((lines.len(), &lines[0]["path"]), (2, &"p/03.jpg".into()));
    // Not 0: the index keeps components in eight bits.
    assert!(lines[0]["distance"].as_f64().unwrap() < lines[1]["distance"].as_f64().unwrap());
    let near = run_in(
        at,
        &[
            "find",
            "i",
            "--valence",
            "4",
            "--arousal",
            "4",
            "--top",
            "1",
        ],
    );
    assert_eq!((near.code, near.out.lines().count()), (0, 2));
    assert!(
        near.out.starts_with("distance  valence  arousal  mainly"),
        "{}",
        near.out
    );
}

#[test]
fn an_index_is_brought_up_to_date() {
    let root = pictures(4);
    let at = root.path();
    run_in(at, &["feel", "p", "--index", "i"]);
    let first = fs::read(at.join("i")).unwrap();
    let again = run_in(at, &["feel", "p", "--index", "i"]);
    assert!(
        again
            .err
            .contains("(0 new, 0 read again, 4 unchanged, 0 gone)"),
        "{}",
        again.err
    );
    assert!(fs::read(at.join("i")).unwrap() == first);
    fs::remove_file(at.join("p/00.jpg")).unwrap();
    // Of another length, so that a coarse clock does not hide the change.
    write(at, "p/01.jpg", &common::picture(90, 40, 9).encode_jpeg(90));
    write(at, "p/09.jpg", &jpeg(77));
    write(at, "other/x.jpg", &jpeg(5));
    let more = run_in(at, &["feel", "p", "other/x.jpg", "--index", "i"]);
    assert!(
        more.err
            .contains("(2 new, 1 read again, 2 unchanged, 1 gone)"),
        "{}",
        more.err
    );
    // What is not below the folders of this run stays.
    let kept = run_in(at, &["feel", "p", "--index", "i"]);
    assert!(
        kept.err.starts_with("5 pictures in the index"),
        "{}",
        kept.err
    );
    let found = run_in(at, &["find", "i", "--like", "awe", "--json"]).json();
    let mut names = paths(&found);
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "other/x.jpg",
            "p/01.jpg",
            "p/02.jpg",
            "p/03.jpg",
            "p/09.jpg"
        ]
    );
    // With a further result, everything is read again.
    let both = run_in(at, &["feel", "p", "--index", "i", "--json"]);
    assert_eq!(both.json().len(), 4);
}

#[test]
fn a_picture_is_one_however_it_is_named() {
    let root = pictures(2);
    let at = root.path();
    let whole = at.join("p/00.jpg");
    let whole = whole.to_str().unwrap();
    let names = ["p/00.jpg", "./p/00.jpg", "p/../p/00.jpg", whole, "p/00.jpg"];
    let run = run_in(at, &[&["feel"][..], &names, &["--index", "i"]].concat());
    let told = "1 picture in the index (1 new, 0 read again, 0 unchanged, 0 gone) → i\n";
    assert_eq!((run.code, run.err.as_str()), (0, told));
    let again = run_in(at, &["feel", "p", whole, "--index", "./i"]);
    assert!(
        again.err.contains("(1 new, 0 read again, 1 unchanged"),
        "{}",
        again.err
    );
    let find = |folder: &std::path::Path, index: &str| {
        run_in(folder, &["find", index, "--like", "awe", "--json"]).json()
    };
    let mut found = find(at, "i");
    found.sort_by_key(|line| line["path"].to_string());
    assert_eq!(paths(&found), ["p/00.jpg", "p/01.jpg"]);
    // From elsewhere, and moved, the paths lead to the pictures.
    let mut found = find(&at.join("p"), "../i");
    found.sort_by_key(|line| line["path"].to_string());
    assert_eq!(paths(&found), ["../p/00.jpg", "../p/01.jpg"]);
    let csv = run_in(
        at,
        &["find", "i", "--like", "awe", "--top", "1", "--out", "r.csv"],
    );
    assert_eq!(csv.code, 0);
    let table = fs::read_to_string(at.join("r.csv")).unwrap();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("path,match,amusement,awe,"), "{table}");
    assert!(lines.len() == 2 && lines[1].starts_with("p/0"), "{table}");
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_stay_apart() {
    use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
    let root = folder();
    let at = root.path();
    for (name, tint) in [(&b"p/\xff.jpg"[..], 3), (b"p/\xfe.jpg", 200)] {
        write(at, OsStr::from_bytes(name), &jpeg(tint));
    }
    let felt = run_in(at, &["feel", "p", "--json", "--index", "i"]);
    assert!(
        felt.err.starts_with("2 pictures in the index (2 new"),
        "{}",
        felt.err
    );
    let found = run_in(at, &["find", "i", "--like", "awe", "--json"]);
    for lines in [felt.json(), found.json()] {
        let mut exact: Vec<_> = lines
            .iter()
            .map(|l| l["path_bytes"].as_str().unwrap())
            .collect();
        exact.sort_unstable();
        assert_eq!(exact, ["p/%FE.jpg", "p/%FF.jpg"]);
        assert_eq!(lines[0]["path"], "p/\u{fffd}.jpg");
    }
    let again = run_in(at, &["feel", "p", "--index", "i"]);
    assert!(
        again.err.contains("(0 new, 0 read again, 2 unchanged"),
        "{}",
        again.err
    );
}

#[test]
fn changed_bytes_are_told() {
    let root = pictures(3);
    let at = root.path();
    run_in(at, &["feel", "p", "--index", "i"]);
    let good = fs::read(at.join("i")).unwrap();
    for place in [130, good.len() / 2, good.len() - 20] {
        let mut bytes = good.clone();
        bytes[place] ^= 0x55;
        bytes[place + 1] ^= 0x55;
        write(at, "i", &bytes);
        for arguments in [
            &["find", "i", "--like", "awe"][..],
            &["feel", "p", "--index", "i"],
        ] {
            let run = run_in(at, arguments);
            assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
            assert!(run.err.contains("damaged index"), "{}", run.err);
        }
        assert!(fs::read(at.join("i")).unwrap() == bytes);
    }
    // One of an older program is made again.
    let mut old = good.clone();
    old[8] = 1;
    write(at, "i", &old);
    let run = run_in(at, &["feel", "p", "--index", "i"]);
    assert!(run.code == 0 && run.err.contains("version 1"), "{run:?}");
    assert!(fs::read(at.join("i")).unwrap() == good);
}

#[test]
fn wrong_use_and_wrong_files_are_one_line() {
    let root = pictures(1);
    let at = root.path();
    run_in(at, &["feel", "p", "--index", "i"]);
    write(at, "bad", b"AFFINDEX and nothing else");
    for (arguments, part) in [
        (&["find", "none", "--like", "awe"][..], "none"),
        (
            &["find", "p/00.jpg", "--like", "awe"],
            "no index of affetti",
        ),
        (&["find", "bad", "--like", "awe"], "index"),
        (&["find", "i", "--like", "joy"], "no intention"),
        (&["find", "i", "--valence", "9"], "scale from 1 to 7"),
        (&["find", "i", "--valence", "NaN"], "scale from 1 to 7"),
        (&["find", "i", "--picture", "none.jpg"], "none.jpg"),
        (
            &["find", "i", "--like", "awe", "--out", "i"],
            "one of the inputs",
        ),
        (&["feel", "p", "--index", "p/00.jpg"], "that is a picture"),
        (&["feel", "p", "--index", "bad"], "index"),
        (
            &["feel", "p", "--index", "i", "--intend", "awe"],
            "add --json or --out",
        ),
        (
            &["feel", "p", "--index", "no/where"],
            "folder does not exist",
        ),
    ] {
        let run = run_in(at, arguments);
        assert_eq!(
            (run.code, run.out.as_str(), run.err.lines().count()),
            (2, "", 1),
            "{run:?}"
        );
        assert!(run.err.contains(part), "{arguments:?}: {}", run.err);
    }
    for arguments in [
        &["find", "i"][..],
        &["find", "i", "--text", "sea", "--picture", "x"],
        &["find", "i", "--like", "awe", "--picture", "x"],
        &["find", "i", "--like", "awe", "--top", "0"],
    ] {
        assert_eq!(run_in(at, arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn a_run_in_which_nothing_succeeds_leaves_the_index_alone() {
    let root = pictures(1);
    let at = root.path();
    run_in(at, &["feel", "p", "--index", "i"]);
    let before = fs::read(at.join("i")).unwrap();
    let run = run_in(at, &["feel", "none.jpg", "--index", "i"]);
    assert_eq!(run.code, 2);
    assert!(fs::read(at.join("i")).unwrap() == before);
}
