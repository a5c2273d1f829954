//! `affetti paint` and `affetti label`.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use std::fs;

use std::path::PathBuf;

use common::{Run, folder, jpeg, pictures, run, run_in, write};

/// A painter of 128 pixels that has learned for a second, from still lifes and cityscapes: what it paints is noise,
/// how it is asked is as with any other.
fn tiny() -> String {
    let path =
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/painter-tiny.safetensors");
    path.display().to_string()
}

/// Runs `paint` by the tiny painter.
fn paint_in(folder: &std::path::Path, words: &[&str]) -> Run {
    let tiny = tiny();
    let mut all = vec!["paint", "--weights", &tiny];
    all.extend(words);
    run_in(folder, &all)
}

#[test]
fn words_become_pictures_that_say_how_they_were_made() {
    let root = folder();
    let painted = paint_in(
        root.path(),
        &[
            "still life",
            "positive",
            "3",
            "--json",
            "--seed",
            "5",
            "--out",
            "p/",
            "--grid",
        ],
    );
    assert_eq!(painted.code, 0, "{}", painted.err);
    assert!(
        painted
            .err
            .contains("3 pictures by painter-tiny \u{2192} p/"),
        "{}",
        painted.err
    );
    let lines = painted.json();
    assert_eq!(lines.len(), 3);
    for (n, line) in lines.iter().enumerate() {
        assert_eq!(line["genre"], "still_life");
        assert_eq!(line["command"], "paint still life positive");
        assert_eq!(line["emotion"], "positive");
        assert_eq!(line["seed"], 5 + n);
        let valence = line["valence"].as_f64().unwrap();
        assert!((1.0..=7.0).contains(&valence), "{valence}");
        let file = root.path().join(line["file"].as_str().unwrap());
        let bytes = fs::read(file).unwrap();
        let note = format!("\"seed\":{},", 5 + n);
        assert!(
            bytes
                .windows(note.len())
                .any(|part| part == note.as_bytes())
        );
        let picture = affetti_picture::decode(&bytes, &Default::default()).unwrap();
        assert_eq!((picture.width(), picture.height()), (128, 128));
    }
    assert!(root.path().join("p/sheet.png").is_file());
}

#[test]
fn a_seed_gives_the_same_picture_alone_or_among_others() {
    let root = folder();
    for (words, out) in [
        (["cityscape", "sadness", "4", "--seed", "40"], "many"),
        (["cityscape", "--emotion", "sadness", "--seed", "42"], "one"),
    ] {
        let mut all = words.to_vec();
        all.extend(["--quiet", "--out", out]);
        assert_eq!(paint_in(root.path(), &all).code, 0);
    }
    // Their notes differ: they were asked for in other words.
    let pixels = |path: &str| {
        let file = fs::read(root.path().join(path)).unwrap();
        let picture = affetti_picture::decode(&file, &Default::default()).unwrap();
        picture.pixels().to_vec()
    };
    let one = pixels("one/cityscape-sadness-000042.png");
    assert!(pixels("many/cityscape-sadness-000042.png") == one);
    assert!(pixels("many/cityscape-sadness-000041.png") != one);
}

#[test]
fn what_cannot_be_painted_is_told_before_anything_is_written() {
    let root = folder();
    for (words, told) in [
        (vec!["cityscpe"], "did you mean cityscape?"),
        (vec!["cityscape", "sadnes"], "did you mean sadness?"),
        (
            vec!["cityscape", "--emotion", "sadnes"],
            "did you mean sadness?",
        ),
        (vec!["cityscape", "0"], "ask for at least 1"),
        (vec!["cityscape", "3", "4"], "only one number"),
        (vec!["cityscape", "99999999999999999999"], "too many"),
        (vec!["cityscape", "awe", "--valence", "3"], "two feelings"),
        (vec!["--valence", "9"], "it has to be 1 to 7"),
        (vec!["--truncation", "7"], "0 to 1.5"),
        (
            vec!["100000", "--out", "sheet.png"],
            "too much for one file",
        ),
        (vec!["cityscape", "--out", "turn.gif"], "at least 2"),
        (vec!["cityscape", "--to", "fear"], "--out FILE.gif"),
        (vec!["cityscape", "--out", "a.svg"], "--brush oil"),
        (vec!["cityscape", "--bn", "batch"], "is for a CGAN"),
    ] {
        let found = paint_in(root.path(), &words);
        assert_eq!(found.code, 2, "{words:?}: {}", found.err);
        assert!(found.err.contains(told), "{words:?}: {}", found.err);
        assert_eq!(found.err.lines().count(), 1, "{}", found.err);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0, "{words:?}");
    }
    let found = run_in(root.path(), &["paint", "landscape", "--model", "nobody"]);
    assert!(found.err.contains("no model is called"), "{}", found.err);
    write(root.path(), "w.safetensors", b"no weights");
    let found = run_in(root.path(), &["paint", "--weights", "w.safetensors"]);
    assert_eq!(found.code, 2);
    assert!(found.err.contains("w.safetensors"), "{}", found.err);
}

#[test]
fn the_list_names_what_can_be_asked() {
    let list = run(["paint", "--list", "--weights", &tiny()]);
    assert_eq!(list.code, 0, "{}", list.err);
    for name in [
        "painter-tiny (128 pixels)",
        "still life",
        "negative",
        "contentment",
    ] {
        assert!(list.out.contains(name), "{name}: {}", list.out);
    }
    let line = run(["paint", "--list", "--json", "--weights", &tiny()])
        .json()
        .remove(0);
    assert_eq!(
        line["genres"],
        serde_json::json!(["still life", "cityscape"])
    );
}

#[test]
fn a_way_between_feelings_and_a_brush() {
    let root = folder();
    let turn = paint_in(
        root.path(),
        &[
            "cityscape",
            "negative",
            "--to",
            "positive",
            "--out",
            "turn.gif",
        ],
    );
    assert_eq!(turn.code, 0, "{}", turn.err);
    assert!(
        fs::read(root.path().join("turn.gif"))
            .unwrap()
            .starts_with(b"GIF89a")
    );
    write(root.path(), "photo.jpg", &jpeg(90));
    let over = |more: &[&str], out: &str| {
        let mut all = vec![
            "--from",
            "photo.jpg",
            "--brush",
            "oil",
            "--size",
            "160",
            "--out",
            out,
        ];
        all.extend(more);
        let found = paint_in(root.path(), &all);
        assert_eq!(found.code, 0, "{}", found.err);
        fs::read(root.path().join(out)).unwrap()
    };
    let plain = over(&[], "plain.png");
    let sad = over(&["--emotion", "sadness"], "sad.png");
    assert_ne!(plain, sad);
    let picture = affetti_picture::decode(&plain, &Default::default()).unwrap();
    assert_eq!((picture.width(), picture.height()), (160, 120));
    assert!(over(&[], "strokes.svg").starts_with(b"<svg"));
    let refused = run_in(
        root.path(),
        &["paint", "--from", "photo.jpg", "--out", "x.png"],
    );
    assert!(refused.err.contains("--brush oil"), "{}", refused.err);
}

#[test]
fn labels_of_a_folder_with_votes() {
    let root = pictures(3);
    let nine = "amusement,awe,contentment,excitement,anger,disgust,fear,sadness,something else";
    let table = format!("file,genre,{nine}\n00.jpg,landscape,0,0,0,0,0,0,1,4,0\n");
    write(root.path(), "t.csv", table.as_bytes());
    let found = run_in(
        root.path(),
        &["label", "p", "--table", "t.csv", "--out", "l.csv"],
    );
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(
        found.err.contains("genre landscape, 1: 1 negative"),
        "{}",
        found.err
    );
    assert!(found.err.contains("of 1 with votes"), "{}", found.err);
    let text = fs::read_to_string(root.path().join("l.csv")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(
        lines[1].contains(",negative,votes,0,0,0,0,0,0,0.2,0.8,0,"),
        "{}",
        lines[1]
    );
    assert!(lines[2].contains(",model,"), "{}", lines[2]);
    let found = run_in(root.path(), &["label", "p", "--thresholds", "0.5", "0.1"]);
    assert_eq!(found.code, 2);
    assert!(
        found.err.contains("the first at most the second"),
        "{}",
        found.err
    );
}
