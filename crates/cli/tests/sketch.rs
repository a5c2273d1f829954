//! `affetti sketch`: outputs, JSON lines, and bad inputs in one clear line each.

mod common;

use affetti_picture::Picture;
use common::{Run, bomb, folder, names, run, run_in, run_with, write};
use std::fs;

/// A dark square on light ground.
fn square(width: u32, height: u32) -> Vec<u8> {
    let pixel = |i: u32| {
        let (x, y) = (i % width, i / width);
        let inside =
            (width / 4..width * 3 / 4).contains(&x) && (height / 4..height * 3 / 4).contains(&y);
        if inside {
            [30, 40, 60]
        } else {
            [240, 235, 220]
        }
    };
    let pixels = (0..width * height).flat_map(pixel).collect();
    let picture = Picture::new(width, height, pixels).expect("three bytes a pixel");
    picture.encode_png()
}

fn draft(at: &std::path::Path, arguments: &[&str]) -> Run {
    run_in(
        at,
        &[&["sketch", "--quality", "draft", "--quiet"], arguments].concat(),
    )
}

#[test]
fn one_picture_to_standard_output_and_every_format() {
    let root = folder();
    let at = root.path();
    write(at, "a.png", &square(120, 90));
    let run = draft(at, &["a.png", "--strokes", "8"]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert!(
        run.out.starts_with("<svg ") && run.out.len() < 2500,
        "{}",
        run.out
    );
    assert_eq!(
        run.out,
        draft(at, &["a.png", "--strokes", "8"]).out,
        "same seed, same bytes"
    );
    for (name, begin) in [
        ("x.svg", &b"<svg "[..]),
        ("x.png", b"\x89PNG"),
        ("x.pdf", b"%PDF-1.4"),
        ("x.dxf", b"0\nSECTION"),
        ("x.gif", b"GIF89a"),
        ("x.json", b"{\"width\""),
        ("x.html", b"<!doctype html>"),
    ] {
        let run = draft(
            at,
            &["a.png", "--strokes", "4", "--size", "64", "--out", name],
        );
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            fs::read(at.join(name)).unwrap().starts_with(begin),
            "{name}"
        );
    }
}

#[test]
fn standard_input_and_json() {
    let run = run_with(
        &square(64, 64),
        &[
            "sketch",
            "-",
            "--quality",
            "draft",
            "--json",
            "--strokes",
            "4",
            "--seeds",
            "2",
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let line = &run.json()[0];
    let keys: Vec<&String> = line.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "path",
            "svg",
            "strokes",
            "seed",
            "iterations",
            "seconds",
            "loss"
        ]
    );
    assert_eq!(line["path"], "-");
    assert!(line["svg"].as_str().unwrap().starts_with("<svg "));
}

#[test]
fn folders_sweeps_and_names() {
    let root = folder();
    let at = root.path();
    write(at, "p/a.png", &square(80, 60));
    write(at, "p/sub/a.png", &square(60, 80));
    write(
        at,
        "p/blank.png",
        &Picture::new(9, 9, vec![200; 243]).unwrap().encode_png(),
    );
    let run = run_in(
        at,
        &[
            "sketch",
            "p",
            "--quality",
            "draft",
            "--sweep",
            "6,3",
            "--formats",
            "svg,html",
            "--out",
            "d/e",
            "--json",
        ],
    );
    assert_eq!(run.code, 1, "{run:?}");
    assert!(
        run.err
            .contains("blank.png: nothing to draw: the picture has no edges"),
        "{}",
        run.err
    );
    let made = names(&at.join("d/e"));
    assert!(made == ["a-3.svg", "a-6.svg", "a.html", "sub"], "{made:?}");
    // The tree of the folder stays.
    let below = names(&at.join("d/e/sub"));
    assert_eq!(below, ["a-3.svg", "a-6.svg", "a.html"]);
    let lines = run.json();
    assert_eq!(lines.len(), 5);
    assert_eq!(lines[3]["svg"], "d/e/sub/a-6.svg");
}

#[test]
fn going_on_from_an_svg() {
    let root = folder();
    let at = root.path();
    write(at, "a.png", &square(100, 100));
    assert_eq!(
        draft(at, &["a.png", "--strokes", "2", "--out", "two.svg"]).code,
        0
    );
    let run = draft(
        at,
        &[
            "a.png",
            "--strokes",
            "4",
            "--begin",
            "two.svg",
            "--out",
            "four.svg",
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        fs::read_to_string(at.join("four.svg"))
            .unwrap()
            .matches("<path")
            .count()
            >= 2
    );
    write(
        at,
        "nan.svg",
        b"<svg viewBox='0 0 9 9'><path d='M0 0CNaN 1 2 3 4 5'/></svg>",
    );
    write(
        at,
        "bomb.svg",
        b"<svg viewBox='0 0 9 9'><g id='a'><use href='#a'/><use href='#a'/></g></svg>",
    );
    for name in ["nan.svg", "bomb.svg", "missing.svg", "a.png"] {
        let run = draft(at, &["a.png", "--begin", name, "--out", "x.svg"]);
        assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
        assert!(run.err.contains(name), "{}", run.err);
    }
    assert!(!at.join("x.svg").exists());
}

#[test]
fn bad_settings_and_inputs_are_one_line() {
    let root = folder();
    let at = root.path();
    write(at, "a.png", &square(50, 50));
    write(at, "bomb.png", &bomb());
    write(at, "file", b"x");
    write(at, "p/a.png", &square(50, 50));
    for arguments in [
        &["a.png", "--strokes", "0"][..],
        &["a.png", "--strokes", "10000"],
        &["a.png", "--width", "0"],
        &["a.png", "--width", "NaN"],
        &["a.png", "--seconds=-1"],
        &["a.png", "--seconds", "NaN"],
        &["a.png", "--sweep", "4,8", "--out", "d"],
        &["a.png", "--sweep", "4,0", "--out", "d"],
        &["bomb.png"],
        &["missing.png"],
        &["p"],
        &["a.png", "--sweep", "8,4"],
        &["p", "--out", "x.svg"],
        &["a.png", "--out", "file/x.svg"],
        &["a.png", "--out", "file"],
        &["a.png", "--out", "a.png"],
        &["a.png", "--edges", "file"],
        // No format, and no name of a folder.
        &["a.png", "--out", "a.eps"],
        &["a.png", "--out", "a.png.zip"],
        &["a.png", "--formats", "svg,png", "--out", "x.svg"],
        &["-", "-"],
    ] {
        let run = draft(at, arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {run:?}");
        assert_eq!(run.err.lines().count(), 1, "{arguments:?}: {}", run.err);
        assert_eq!(run.out, "", "{arguments:?}");
    }
    assert!(run(["sketch"]).code == 2);
}

#[test]
fn a_file_that_is_not_there_is_not_named_as_the_result() {
    let root = folder();
    let at = root.path();
    let blank = Picture::new(9, 9, vec![200; 243]).unwrap();
    write(at, "blank.png", &blank.encode_png());
    let run = draft(at, &["blank.png", "--out", "x.svg"]);
    assert_eq!(run.code, 2);
    assert!(
        run.err
            .ends_with("affetti: no picture could be drawn; x.svg was not written\n"),
        "{}",
        run.err
    );
    assert_eq!(names(at), ["blank.png"]);
    // Standard output by its names.
    write(at, "a.png", &square(50, 50));
    let plain = draft(at, &["a.png", "--strokes", "2"]);
    for out in ["-", "/dev/stdout"] {
        let run = draft(at, &["a.png", "--strokes", "2", "--out", out]);
        assert!(
            run.out == plain.out && run.out.starts_with("<svg"),
            "{out}: {run:?}"
        );
    }
    assert_eq!(names(at), ["a.png", "blank.png"]);
}

#[cfg(unix)]
#[test]
fn a_folder_that_takes_no_file_is_told_before_the_work() {
    use std::os::unix::fs::PermissionsExt;
    let root = folder();
    let at = root.path();
    if !common::permissions_bind(at) {
        return;
    }
    write(at, "a.png", &square(50, 50));
    fs::create_dir(at.join("locked")).unwrap();
    fs::set_permissions(at.join("locked"), fs::Permissions::from_mode(0o500)).unwrap();
    let run = draft(at, &["a.png", "--out", "locked"]);
    assert_eq!((run.code, run.err.lines().count()), (2, 1), "{run:?}");
}

#[test]
fn drawings_are_measured() {
    let root = folder();
    let at = root.path();
    write(at, "a.png", &square(80, 80));
    let run = run_in(
        at,
        &[
            "eval",
            "sketch",
            "a.png",
            "--quality",
            "draft",
            "--strokes",
            "6,2",
            "--json",
        ],
    );
    assert_eq!(run.code, 0, "{run:?}");
    let lines = run.json();
    assert_eq!(lines.len(), 2);
    let recall = |i: usize| lines[i]["recall"].as_f64().unwrap();
    assert!(recall(0) > recall(1) && recall(0) <= 1.0, "{lines:?}");
}

#[cfg(feature = "weights")]
#[test]
fn an_object_alone_and_an_emotion() {
    let root = folder();
    let at = root.path();
    write(at, "a.png", &square(160, 120));
    if run_in(at, &["models", "show", "encoder-1"]).code == 0 {
        let run = draft(at, &["a.png", "--meaning", "--strokes", "6", "--json"]);
        assert_eq!((run.code, run.err.as_str()), (0, ""));
        assert_eq!(run.json().len(), 1);
    } else {
        println!("skipped: this build has no encoder of lines");
    }
    let run = draft(
        at,
        &["a.png", "--emotion", "fear", "--strokes", "6", "--json"],
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    let line = &run.json()[0];
    let share = |name: &str| line[name].as_f64().expect("a share");
    // What is tried first is the drawing as it came: no search can end below it.
    assert!(share("share") >= share("share_before"));
    let run = draft(at, &["a.png", "--emotion", "hunger"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("hunger"), "{}", run.err);
    if run_in(at, &["models", "show", "mask-1"]).code != 0 {
        println!("skipped: this build has no mask network");
        return;
    }
    let run = draft(
        at,
        &["a.png", "--mask", "object", "--strokes", "6", "--json"],
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.json().len(), 1);
    // Nothing stands out of an even ground, or there are no edges in it.
    let blank = Picture::new(64, 64, vec![128; 64 * 64 * 3]).expect("a picture");
    write(at, "blank.png", &blank.encode_png());
    let run = draft(at, &["blank.png", "--mask", "object"]);
    assert_eq!(run.code, 2);
    assert!(run.err.contains("nothing to draw"), "{}", run.err);
}
