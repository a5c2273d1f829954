//! `affetti read`, `say`, `find --text`, `eval captions`, `data prepare`.

#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

mod common;

use std::fs;

use common::{folder, pictures, run, run_in, run_with, write};

fn dominant(text: &str) -> String {
    let read = run(["read", "--json", "--quiet", text]);
    assert_eq!(read.code, 0, "{}", read.err);
    read.json()[0]["dominant"].as_str().unwrap().to_owned()
}

#[test]
fn plain_sentences_are_read_as_people_mean_them() {
    for (text, emotion) in [
        (
            "The dark figure in the shadows is threatening and makes me afraid",
            "fear",
        ),
        (
            "She has lost her child and weeps over the grave, so sorrowful and alone",
            "sadness",
        ),
        (
            "The calm lake and soft colors make me feel relaxed and at peace",
            "contentment",
        ),
        (
            "The rotting flesh and blood are gross and make me sick",
            "disgust",
        ),
        (
            "The dog in a wig looks silly and makes me laugh",
            "amusement",
        ),
    ] {
        assert_eq!(dominant(text), emotion, "{text}");
    }
}

#[test]
fn lines_tables_and_cards_say_the_same() {
    let text = "so lonely, so cold";
    let line = run_with(
        format!("{text}\n").as_bytes(),
        &["read", "-", "--json", "--quiet"],
    );
    let line = line.json().remove(0);
    let share = |name: &str| line["emotions"][name].as_f64().unwrap();
    let root = folder();
    write(
        root.path(),
        "t.csv",
        format!("id,said\n7,\"{text}\"\n8,\n").as_bytes(),
    );
    let table = run_in(
        root.path(),
        &["read", "t.csv", "--csv", "said", "--out", "o.csv"],
    );
    assert_eq!(table.code, 1, "{}", table.err);
    assert!(
        table
            .err
            .contains("line 3: nothing to read: the text is empty"),
        "{}",
        table.err
    );
    let out = fs::read_to_string(root.path().join("o.csv")).unwrap();
    let rows: Vec<&str> = out.lines().collect();
    assert!(rows[0].starts_with("id,said,amusement,awe,"), "{}", rows[0]);
    assert!(
        rows[1].starts_with(&format!(
            "7,\"{text}\",{},{}",
            share("amusement"),
            share("awe")
        )),
        "{}",
        rows[1]
    );
    assert_eq!(rows[2], "8,,,,,,,,,,,,,,");
    let card = run(["read", text]);
    let shown = format!("{:.0} %", share("sadness") * 100.0);
    assert!(
        card.out.contains("sadness") && card.out.contains(&shown),
        "{}",
        card.out
    );
}

#[test]
fn the_words_that_carry_it_are_those_that_say_it() {
    let read = run([
        "read",
        "--explain",
        "--json",
        "--quiet",
        "the woman on the chair looks terribly sad",
    ]);
    let line = read.json().remove(0);
    let words = line["words"].as_array().unwrap();
    let heaviest = words.iter().max_by(|a, b| {
        let weight = |w: &serde_json::Value| w["weight"].as_f64().unwrap();
        weight(a).total_cmp(&weight(b))
    });
    assert_eq!(heaviest.unwrap()["word"], "sad", "{words:?}");
}

#[test]
fn what_cannot_be_read_costs_one_line() {
    for (text, told) in [
        ("", "\"\": nothing to read: the text is empty"),
        ("?!...", "\"?!...\": nothing to read: the text has no word"),
        (
            "\u{1f600}\u{1f600}",
            "nothing to read: the text has no word",
        ),
        (
            "Эта картина печальна",
            "the reader learned from English sentences",
        ),
    ] {
        let read = run(["read", "--json", text]);
        assert_eq!(read.code, 2, "{text}: {}", read.err);
        assert_eq!(read.err.lines().count(), 1, "{}", read.err);
        assert!(read.err.contains(told), "{}", read.err);
        assert_eq!(read.json()[0]["error"]["kind"], "input");
    }
    let german = run(["read", "Das ist ein trauriges Bild mit einer alten Frau"]);
    assert!(
        german.code == 2 || german.out.contains("learned from English"),
        "{}",
        german.out
    );
    let long = "calm sea ".repeat(50_000);
    let read = run_with(long.as_bytes(), &["read", "-", "--json", "--quiet"]);
    assert_eq!(
        (read.code, &read.json()[0]["cut"]),
        (0, &serde_json::Value::Bool(true)),
        "{}",
        read.err
    );
    let broken = run_with(
        b"the s\xffea is calm\n",
        &["read", "-", "--json", "--quiet"],
    );
    assert_eq!(broken.code, 0, "{}", broken.err);
    let missing = run(["read", "nowhere.csv", "--csv", "text"]);
    assert!(
        missing.code == 2 && missing.err.contains("nowhere.csv"),
        "{}",
        missing.err
    );
}

#[test]
fn a_picture_is_spoken_about() {
    let root = pictures(2);
    let at = root.path();
    let said = run_in(
        at,
        &[
            "say",
            "p",
            "--emotion",
            "awe",
            "-n",
            "2",
            "--json",
            "--quiet",
        ],
    );
    assert_eq!(said.code, 0, "{}", said.err);
    let lines = said.json();
    assert_eq!(lines.len(), 4);
    for line in &lines {
        assert_eq!(
            (&line["emotion"], &line["written_by"]),
            (&"awe".into(), &"model".into())
        );
        let text = line["utterance"].as_str().unwrap();
        assert!(
            text.ends_with('.') && text.split(' ').count() >= 3,
            "{text}"
        );
        let words = line["attention"].as_array().unwrap();
        assert!(
            words
                .iter()
                .all(|word| word["cells"].as_array().unwrap().len() == 16)
        );
    }
    assert_ne!(lines[0]["utterance"], lines[1]["utterance"]);
    let again = run_in(
        at,
        &[
            "say",
            "p",
            "--emotion",
            "awe",
            "-n",
            "2",
            "--json",
            "--quiet",
        ],
    );
    assert_eq!(again.out, said.out);
    // One picture by itself is said the same of.
    let alone = run_in(
        at,
        &[
            "say",
            "p/01.jpg",
            "--emotion",
            "awe",
            "-n",
            "2",
            "--json",
            "--quiet",
        ],
    );
    let of = |lines: &[serde_json::Value]| -> Vec<serde_json::Value> {
        lines
            .iter()
            .filter(|l| l["path"] == "p/01.jpg")
            .map(|l| l["utterance"].clone())
            .collect()
    };
    assert_eq!(of(&alone.json()), of(&lines));
    let wrong = run_in(at, &["say", "p", "--emotion", "aww"]);
    assert!(
        wrong.code == 2 && wrong.err.contains("awe"),
        "{}",
        wrong.err
    );
    let felt = run_in(at, &["feel", "p/01.jpg", "--say", "--json", "--quiet"]);
    assert!(felt.json()[0]["utterance"].as_str().unwrap().ends_with('.'));
    let card = run_in(at, &["feel", "p/01.jpg", "--say"]);
    assert!(card.out.contains("(written by a model)"), "{}", card.out);
}

#[test]
fn pictures_are_found_by_words() {
    let root = pictures(6);
    let at = root.path();
    assert_eq!(
        run_in(at, &["feel", "p", "--index", "i", "--quiet"]).code,
        0
    );
    let found = run_in(
        at,
        &[
            "find",
            "i",
            "--text",
            "a calm blue sea",
            "--json",
            "--top",
            "6",
        ],
    );
    assert_eq!(found.code, 0, "{}", found.err);
    let fits: Vec<f64> = found
        .json()
        .iter()
        .map(|line| line["fit"].as_f64().unwrap())
        .collect();
    assert!(
        fits.len() == 6 && fits.windows(2).all(|pair| pair[0] >= pair[1]),
        "{fits:?}"
    );
    let other = run_in(
        at,
        &[
            "find",
            "i",
            "--text",
            "red flowers",
            "--not",
            "fear",
            "--valence",
            "6",
            "--json",
        ],
    );
    assert_eq!((other.code, other.json().len()), (0, 6), "{}", other.err);
    for (options, told) in [
        (&["--text", "??"][..], "no word of the text is known"),
        (&["--text", "sea", "--not", "fer"], "fear"),
        (&["--text", "sea", "--valence", "9"], "from 1 to 7"),
        (&["--not", "fear"], "required"),
    ] {
        let wrong = run_in(at, &[&["find", "i"], options].concat());
        assert_eq!(wrong.code, 2, "{options:?}");
        assert!(wrong.err.contains(told), "{options:?}: {}", wrong.err);
    }
}

#[test]
fn captions_are_measured_and_corpora_prepared() {
    let root = folder();
    let at = root.path();
    write(at, "r.csv", "art_style,painting,emotion,utterance\nA,b,awe,The calm sea\nA,b,awe,so much water\nA,c,fear,a dark wood\n".as_bytes());
    write(
        at,
        "c.jsonl",
        "{\"path\":\"A/b\",\"utterance\":\"the calm sea\"}\n".as_bytes(),
    );
    let measured = run_in(at, &["eval", "captions", "r.csv", "c.jsonl", "--json"]);
    assert_eq!(measured.code, 0, "{}", measured.err);
    let figures = measured.json().remove(0);
    let bleu = figures
        .as_array()
        .unwrap()
        .iter()
        .find(|f| f["metric"] == "BLEU-1")
        .unwrap();
    assert!((bleu["value"].as_f64().unwrap() - 1.0).abs() < 1e-6);
    write(
        at,
        "d.jsonl",
        "{\"path\":\"A/x\",\"utterance\":\"a\"}\n".as_bytes(),
    );
    let wrong = run_in(at, &["eval", "captions", "r.csv", "d.jsonl"]);
    assert_eq!(
        (wrong.code, wrong.err.as_str()),
        (
            2,
            "affetti: no reference for \"A/x\", 1 such pictures in all\n"
        )
    );
    write(at, "e.jsonl", "".as_bytes());
    let empty = run_in(at, &["eval", "captions", "r.csv", "e.jsonl"]);
    assert!(
        empty.code == 2 && empty.err.lines().count() == 1,
        "{}",
        empty.err
    );
    write(
        at,
        "t.csv",
        "text,emotion\nthe sea is calm,awe\nthe sea is wild,fear\nthe sea is calm now,awe\n"
            .as_bytes(),
    );
    let made = run_in(
        at,
        &[
            "data",
            "prepare",
            "t.csv",
            "--out",
            "o",
            "--least",
            "1",
            "--shortest",
            "2",
        ],
    );
    assert_eq!(made.code, 0, "{}", made.err);
    for name in [
        "preprocessed.csv",
        "vocabulary.json",
        "references.json",
        "config.json",
    ] {
        assert!(at.join("o").join(name).is_file(), "{name}");
    }
}

/// The paintings of the project's own gallery.
fn gallery() -> String {
    format!("{}/../../gallery", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn paintings_are_found_by_what_they_show() {
    let root = folder();
    let at = root.path();
    let indexed = run_in(at, &["feel", &gallery(), "--index", "i", "--quiet"]);
    assert_eq!(indexed.code, 0, "{}", indexed.err);
    let asked = [
        (
            "a bowl of apples and a plant on the table",
            "still-life-with-apples",
        ),
        ("horses running in a crowd", "the-horse-fair"),
        ("whales and ships at sea in a storm", "whalers"),
        (
            "a field of wheat under a windy sky",
            "wheat-field-with-cypresses",
        ),
        ("workers resting in the golden field", "the-harvesters"),
        (
            "a portrait of a man with a dark background",
            "self-portrait",
        ),
        ("a naked woman with a cupid", "venus-and-cupid"),
        (
            "people fighting and women carried away",
            "the-abduction-of-the-sabine-women",
        ),
    ];
    let first = |text: &str| {
        let found = run_in(at, &["find", "i", "--text", text, "--json", "--top", "1"]);
        assert_eq!(found.code, 0, "{}", found.err);
        found.json()[0]["path"].as_str().unwrap().to_owned()
    };
    let missed: Vec<_> = asked
        .iter()
        .map(|(text, name)| (first(text), name))
        .filter(|(found, name)| !found.contains(**name))
        .collect();
    // Chance would find one of twelve.
    assert!(missed.len() <= 1, "{missed:?}");
}

#[test]
fn sentences_speak_of_what_paintings_show() {
    let said = run(["say", &gallery(), "--json", "--quiet"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let sentences = said.json();
    let mentions = |name: &str, words: &[&str]| {
        let line = sentences
            .iter()
            .find(|line| line["path"].as_str().unwrap().contains(name));
        let text = line.unwrap()["utterance"].as_str().unwrap().to_lowercase();
        words.iter().any(|word| text.contains(word))
    };
    let missed: Vec<_> = [
        ("still-life", &["fruit", "apple", "flower", "plant"][..]),
        ("self-portrait", &["man", "face", "he ", "his "]),
        ("venus-and-cupid", &["woman", "she ", "her "]),
        ("wheat-field", &["field", "sky", "tree", "cloud"]),
        ("whalers", &["sea", "water", "ship", "boat", "waves"]),
        ("the-harvesters", &["people", "field", "men", "farm"]),
    ]
    .into_iter()
    .filter(|(name, words)| !mentions(name, words))
    .collect();
    assert!(missed.len() <= 1, "{missed:?}");
}
