//! `affetti train feel --table` and `affetti eval feel --table`.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use std::{fmt::Write, fs, path::Path};

use affetti_picture::Picture;
use common::{Run, run_in};

const NINE: &str = "amusement,awe,contentment,excitement,anger,disgust,fear,sadness,something else";

/// So many pictures in `p/`: blue ones and red ones in turn, each a little different.
fn paint(root: &Path, count: usize) {
    fs::create_dir(root.join("p")).unwrap();
    for n in 0..count {
        let shade = 40 + 4 * n as u8;
        let color = if n % 2 == 0 {
            [20, 60, shade + 60]
        } else {
            [shade + 60, 30, 20]
        };
        let pixels = (0..64 * 64).flat_map(|i| if i % 64 == n { [shade; 3] } else { color });
        let picture = Picture::new(64, 64, pixels.collect()).unwrap();
        fs::write(root.join(format!("p/{n:02}.png")), picture.encode_png()).unwrap();
    }
}

/// A table of `count` of them: blue ones are content and pleasant, red ones sad and unpleasant.
fn table(root: &Path, count: usize) -> String {
    let mut text = format!("path,valence,group,{NINE}\n");
    for n in 0..count {
        let (valence, votes) = if n % 2 == 0 {
            (5.5, "0,1,4,0,0,0,0,0,0")
        } else {
            (2.5, "0,1,0,0,0,0,0,4,0")
        };
        let valence = valence + n as f64 / 100.0;
        writeln!(text, "p/{n:02}.png,{valence},g{},{votes}", n / 2).unwrap();
    }
    fs::write(root.join("my table.csv"), &text).unwrap();
    text
}

fn figure(run: &Run, metric: &str) -> f64 {
    let figures = run.json()[0]["figures"]["figures"].clone();
    let all = figures.as_array().unwrap();
    let found = all.iter().find(|f| f["metric"] == metric);
    found.unwrap_or_else(|| panic!("{metric}: {figures}"))["value"]
        .as_f64()
        .unwrap()
}

#[test]
fn heads_are_fitted_to_a_table_measured_and_used() {
    let root = tempfile::tempdir().unwrap();
    paint(root.path(), 32);
    table(root.path(), 32);
    let train = [
        "train",
        "feel",
        "--table",
        "my table.csv",
        "--models",
        "m",
        "--views",
        "1",
        "--json",
    ];
    let run = run_in(root.path(), &train);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(
        run.err.contains("feel --weights m/my_table.safetensors"),
        "{}",
        run.err
    );
    // Colors tell these pictures apart, out of fold too; before, the model did not know of it.
    assert!(figure(&run, "polarity: AUC") > 0.95);
    assert!(figure(&run, "valence: Pearson r") > 0.8);
    assert!(figure(&run, "emotions: KL skill") > 0.3);
    let chance = run.json()[0]["chance"].to_string();
    assert!(
        chance.contains("polarity: AUC: beyond chance with these 32 pictures"),
        "{chance}"
    );
    let card = fs::read_to_string(root.path().join("m/my_table.toml")).unwrap();
    assert!(
        card.contains("my table.csv") && card.contains(" --name my_table --views 1"),
        "{card}"
    );

    let weights = ["--weights", "m/my_table.safetensors"];
    let feel = ["feel", "p/00.png", "p/01.png", "--json"];
    let run = run_in(root.path(), &[&feel[..], &weights].concat());
    assert_eq!(run.code, 0, "{}", run.err);
    let lines = run.json();
    assert_eq!(
        (&lines[0]["dominant"], &lines[1]["dominant"]),
        (&"contentment".into(), &"sadness".into())
    );
    assert!(lines[0]["valence"].as_f64().unwrap() > lines[1]["valence"].as_f64().unwrap() + 1.0);

    let eval = ["eval", "feel", "--table", "my table.csv", "--views", "1"];
    for (file, begin) in [
        ("f.md", "my_table, "),
        ("f.tex", "% my_table, "),
        ("f.csv", "set,metric,value"),
    ] {
        let run = run_in(
            root.path(),
            &[&eval[..], &weights, &["--out", file]].concat(),
        );
        assert_eq!((run.code, run.out.as_str()), (0, ""), "{}", run.err);
        let text = fs::read_to_string(root.path().join(file)).unwrap();
        assert!(text.starts_with(begin), "{text}");
    }
    let run = run_in(root.path(), &[&eval[..], &["--json"]].concat());
    let confusion = run.json()[0]["confusion"].clone();
    let count = |row: &serde_json::Value| {
        row.as_array()
            .unwrap()
            .iter()
            .map(|n| n.as_u64().unwrap())
            .sum::<u64>()
    };
    // Sixteen are contentment, the third; sixteen sadness, the eighth.
    assert_eq!(
        (
            count(&confusion[2]),
            count(&confusion[7]),
            count(&confusion[1])
        ),
        (16, 16, 0)
    );
}

#[test]
fn sentiments_alone_are_learned_from() {
    let root = tempfile::tempdir().unwrap();
    paint(root.path(), 24);
    let mut text = "file,sentiment\n".to_owned();
    for n in 0..24 {
        let word = if n % 2 == 0 { "positive" } else { "negative" };
        writeln!(text, "p/{n:02}.png,{word}").unwrap();
    }
    fs::write(root.path().join("t.csv"), text).unwrap();
    for alone in [&[][..], &["--alone"]] {
        let train = [
            "train", "feel", "--table", "t.csv", "--models", "m", "--views", "1", "--json",
        ];
        let run = run_in(root.path(), &[&train[..], alone].concat());
        assert_eq!(run.code, 0, "{}", run.err);
        assert!(figure(&run, "sentiment: AUC") > 0.95);
    }
}

#[test]
fn what_is_wrong_with_a_table_is_one_line_and_nothing_is_written() {
    let root = tempfile::tempdir().unwrap();
    paint(root.path(), 24);
    let good = table(root.path(), 24);
    let with = |line: &str| format!("{good}{line}\n");
    let one = |emotion: &str| {
        let rows: String = (0..24)
            .map(|n| format!("p/{n:02}.png,{emotion}\n"))
            .collect();
        format!("path,emotion\n{rows}")
    };
    for (text, told) in [
        (with("p/99.png,4,,0,5,0,0,0,0,0,0,0"), "t.csv:26: path: "),
        (
            with("./p/03.png,4,,0,5,0,0,0,0,0,0,0"),
            "t.csv:26: path: \"./p/03.png\" is the picture of line 5",
        ),
        (
            with("p/23.png,9,,0,5,0,0,0,0,0,0,0"),
            "t.csv:26: valence is 9, outside 1 to 7",
        ),
        (
            with("p/23.png,4,,0,.5,0,0,0,.1,0,0,0"),
            "t.csv:26: the nine emotions add up to 0.6, not 1",
        ),
        (
            with("p/23.png,4,,0,-5,0,0,0,0,0,0,0"),
            "t.csv:26: awe is -5",
        ),
        (
            one("awe").replacen("awe", "joyousness", 1),
            "t.csv:2: emotion is \"joyousness\"",
        ),
        (
            one("awe"),
            "every picture evokes awe alike: nothing to tell apart",
        ),
        (
            "path,emotion\np/00.png,awe\np/01.png,fear\np/02.png,anger\n".into(),
            "3 pictures with emotions are too few to learn from: 20 at least",
        ),
        (
            "path,title\np/00.png,x\n".into(),
            "no row says what its picture evokes",
        ),
        (
            "title,emotion\nx,awe\n".into(),
            "no column \"path/file/image\"",
        ),
        ("path,awe\np/00.png,1\n".into(), "no column \"amusement\""),
        (String::new(), "t.csv: empty"),
    ] {
        fs::write(root.path().join("t.csv"), &text).unwrap();
        let run = run_in(
            root.path(),
            &["train", "feel", "--table", "t.csv", "--models", "m"],
        );
        assert_ne!(run.code, 0, "{text}");
        assert!(
            run.err.contains(told) && run.err.lines().count() == 1,
            "{told}: {}",
            run.err
        );
        assert_eq!(run.out, "");
        assert!(!root.path().join("m").exists(), "{told}");
    }
    // Three pictures are too few to measure on, too; a name that is no name is refused at once.
    fs::write(root.path().join("t.csv"), "path,emotion\np/00.png,awe\n").unwrap();
    let run = run_in(root.path(), &["eval", "feel", "--table", "t.csv"]);
    assert!(
        run.err
            .contains("1 picture with emotions is too few to measure on"),
        "{}",
        run.err
    );
    let run = run_in(
        root.path(),
        &["train", "feel", "--table", "my table.csv", "--name", "../x"],
    );
    assert!(run.err.contains("--name: letters, digits"), "{}", run.err);
    let run = run_in(
        root.path(),
        &["train", "feel", "--table", "my table.csv", "x.toml"],
    );
    assert_eq!(run.code, 2, "{}", run.err);
}

#[test]
fn viewers_of_one_mind_and_one_rating_alone_are_learned_from() {
    let root = tempfile::tempdir().unwrap();
    paint(root.path(), 24);
    // All of them pleasant: there is no polarity to measure, and the rest is.
    let mut text = "path,emotion,arousal\n".to_owned();
    for n in 0..24 {
        let word = if n % 2 == 0 { "awe" } else { "contentment" };
        writeln!(text, "p/{n:02}.png,{word},{}", 3 + n % 2 * 2).unwrap();
    }
    fs::write(root.path().join("t.csv"), text).unwrap();
    let train = [
        "train", "feel", "--table", "t.csv", "--models", "m", "--views", "1", "--alone", "--json",
    ];
    let run = run_in(root.path(), &train);
    assert_eq!(run.code, 0, "{}", run.err);
    assert!(figure(&run, "arousal: Pearson r") > 0.8);
    assert!(!run.out.contains("polarity: Pearson r"), "{}", run.out);
    // No row speaks of valence: the base goes on speaking, and hears of pleasant emotions.
    let feel = ["feel", "p/00.png", "p/05.png", "--json", "--views", "1"];
    let weights = ["--weights", "m/t.safetensors"];
    for line in run_in(root.path(), &[&feel[..], &weights].concat()).json() {
        let valence = line["valence"].as_f64().unwrap();
        // A head that had forgotten it would say 1, the end of the scale.
        assert!(valence > 2.5, "{line}");
    }
    let run = run_in(
        root.path(),
        &["eval", "feel", "--table", "t.csv", "--views", "1"],
    );
    assert_eq!(run.code, 0, "{}", run.err);
    // One group of pictures with valence can be asked of no heads that have not seen it.
    let mut text = "path,emotion,valence,group\n".to_owned();
    for n in 0..24 {
        let word = if n % 2 == 0 { "awe" } else { "fear" };
        let valence = if n < 20 {
            format!("{},same", 3 + n % 2)
        } else {
            ",".into()
        };
        writeln!(text, "p/{n:02}.png,{word},{valence}").unwrap();
    }
    fs::write(root.path().join("t.csv"), text).unwrap();
    let run = run_in(root.path(), &train);
    assert!(
        run.err.contains("the pictures with valence are of 1 group"),
        "{}",
        run.err
    );
}

/// The commands of docs/own-data.md run as they stand there.
#[test]
fn the_example_of_the_documentation_runs() {
    let page = include_str!("../../../docs/own-data.md");
    let block = page
        .split("```sh\n")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let root = tempfile::tempdir().unwrap();
    paint(root.path(), 24);
    fs::rename(root.path().join("p"), root.path().join("photos")).unwrap();
    let table = table(root.path(), 24).replace("p/", "photos/");
    fs::write(root.path().join("my.csv"), table).unwrap();
    let mut commands = 0;
    for line in block.lines() {
        let command = line.split('#').next().unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        assert_eq!(words[0], "affetti", "{line}");
        let run = run_in(root.path(), &words[1..]);
        assert_eq!(run.code, 0, "{line}: {}", run.err);
        commands += 1;
    }
    assert_eq!(commands, 3);
    for file in ["before.md", "my/mine.safetensors", "my/mine.toml"] {
        assert!(root.path().join(file).is_file(), "{file}");
    }
}
