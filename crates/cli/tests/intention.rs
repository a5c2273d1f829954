//! `affetti feel --intend`.

mod common;

use std::fs;

use common::{pictures, run_in};

#[test]
fn the_line_has_the_intention_of_the_contract() {
    let root = pictures(2);
    let run = run_in(
        root.path(),
        &["feel", "p", "--json", "--intend", "awe=.6,fear=.4"],
    );
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    for line in run.json() {
        let held = line["intention"].as_object().unwrap();
        let keys: Vec<&String> = held.keys().collect();
        assert_eq!(keys, ["target", "match", "percentile", "instead"]);
        let target = held["target"].as_object().unwrap();
        assert_eq!(
            (target.len(), &target["awe"], &target["anger"]),
            (9, &0.6.into(), &0.0.into())
        );
        let number = |key: &str| held[key].as_f64().unwrap();
        assert!((0.0..=1.0).contains(&number("match")));
        assert!((0.0..=100.0).contains(&number("percentile")));
        // What is there instead is what the shares say, largest first.
        let more: Vec<(&String, f64)> = held["instead"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, more)| (name, more.as_f64().unwrap()))
            .collect();
        assert!(more.len() <= 3 && more.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        for (name, more) in more {
            let share = line["emotions"][name].as_f64().unwrap();
            let wanted = target[name].as_f64().unwrap();
            assert!(
                (share - wanted - more).abs() < 2e-4 && more >= 0.05,
                "{name}"
            );
        }
    }
    // The same picture, held against itself as nearly as four decimals allow, is met.
    let shares = run.json()[0]["emotions"].as_object().unwrap().clone();
    let target: Vec<String> = shares
        .iter()
        .map(|(name, share)| format!("{name}={share}"))
        .collect();
    let run = run_in(
        root.path(),
        &["feel", "p/00.jpg", "--json", "--intend", &target.join(",")],
    );
    let held = &run.json()[0]["intention"];
    assert!(held["match"].as_f64().unwrap() > 0.98, "{held}");
    assert!(held["percentile"].as_f64().unwrap() > 99.0, "{held}");
    assert_eq!(held["instead"].as_object().unwrap().len(), 0);
}

#[test]
fn card_table_and_report_tell_it_in_words() {
    let root = pictures(1);
    let card = run_in(root.path(), &["feel", "p", "--intend", "awe"]);
    assert_eq!((card.code, card.err.as_str()), (0, ""));
    let words = card.out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains(" (awe): nearer to it than "), "{}", card.out);
    assert!(card.out.lines().all(|line| line.chars().count() <= 80));
    run_in(
        root.path(),
        &["feel", "p", "--intend", "awe", "--out", "t.csv"],
    );
    let table = fs::read_to_string(root.path().join("t.csv")).unwrap();
    assert!(
        table
            .lines()
            .next()
            .unwrap()
            .ends_with(",entropy,match,percentile,instead,error")
    );
    run_in(
        root.path(),
        &["feel", "p", "--intend", "awe", "--out", "r.html"],
    );
    let page = fs::read_to_string(root.path().join("r.html")).unwrap();
    assert!(page.contains("\"intention\":{\"text\":\""));
}

#[test]
fn bad_targets_are_one_line_before_any_work() {
    let root = pictures(1);
    for (target, part) in [
        ("joy", "unknown"),
        ("awe=0", "sum to 0"),
        ("contentmnet", "did you mean contentment?"),
        ("awe=-1,fear=2", "from 0 on"),
        ("awe=NaN", "from 0 on"),
        ("", "emotion"),
    ] {
        let run = run_in(root.path(), &["feel", "p", "--intend", target]);
        assert_eq!(
            (run.code, run.out.as_str(), run.err.lines().count()),
            (2, "", 1)
        );
        let known = run.err.contains(part) || part == "unknown" && run.err.contains("awe");
        assert!(run.err.starts_with("affetti: ") && known, "{}", run.err);
        // Of a short word everything is near.
        assert!(
            part != "unknown" || !run.err.contains("did you mean"),
            "{}",
            run.err
        );
    }
}

#[test]
fn targets_forgive_and_say_so() {
    let root = pictures(1);
    let at = root.path();
    let exact = run_in(
        at,
        &["feel", "p", "--intend", "contentment=.6,fear=.4", "--json"],
    );
    assert_eq!((exact.code, exact.err.as_str()), (0, ""));
    for (target, told) in [
        ("contentment=60%,fear=40%", ""),
        ("contentment=60%,fear=.4", ""),
        ("contentment=3,fear=2", "the shares are brought to 1"),
        (
            "calm=.6,scary=.4",
            "calm is read as contentment\nscary is read as fear",
        ),
    ] {
        let run = run_in(at, &["feel", "p", "--intend", target, "--json"]);
        assert_eq!(
            (run.code, &run.out),
            (0, &exact.out),
            "{target}: {}",
            run.err
        );
        assert!(
            run.err.contains(told) && run.err.is_empty() == told.is_empty(),
            "{}",
            run.err
        );
    }
    // What no painting comes near is told.
    let far = run_in(at, &["feel", "p", "--intend", "anger", "--json"]);
    assert!(far.err.contains("go by the rank"), "{}", far.err);
    run_in(at, &["feel", "p", "--index", "i"]);
    let found = run_in(at, &["find", "i", "--like", "angry"]);
    assert!(
        found.err.contains("angry is read as anger"),
        "{}",
        found.err
    );
    assert!(
        found.err.contains("evokes mainly anger: at most"),
        "{}",
        found.err
    );
    let both = run_in(at, &["find", "i", "--like", "anger=3,disgust=2,awe=1"]);
    assert!(
        both.err.contains("evokes mainly anger or disgust: at most"),
        "{}",
        both.err
    );
}

#[test]
fn fewer_views_are_the_same_picture_seen_less() {
    let root = pictures(1);
    let at = root.path();
    let with = |options: &[&str]| run_in(at, &[&["feel", "p", "--json"], options].concat());
    let all = with(&[]);
    let (one, fast) = (with(&["--views", "1"]), with(&["--fast"]));
    assert_eq!((one.code, &one.out), (0, &fast.out));
    assert_eq!(with(&["--views", "4"]).out, all.out);
    let valence = |run: &common::Run| run.json()[0]["valence"].as_f64().unwrap();
    assert!(one.out != all.out && (valence(&one) - valence(&all)).abs() < 1.0);
    for options in [&["--views", "0"][..], &["--views", "2", "--fast"]] {
        assert_eq!(with(options).code, 2, "{options:?}");
    }
}
