//! Each layout on a tiny replica, its traps included.

use std::ops::ControlFlow;

use affetti_emotion::{EmotionRoi, Mikels, Sentiment};

use super::{artphoto, classes, emotion_roi, fi, flickr, iapsa, shards, twitter};
use crate::{DataError, Limits, Loaded, Split, labelled::Labelled, labelled::stats, testing};

fn labels(set: &Loaded<Labelled>) -> Vec<(&str, &str)> {
    let pairs = set
        .rows
        .iter()
        .map(|row| (row.key.as_str(), row.label.as_str()));
    pairs.collect()
}

fn limits() -> Limits {
    Limits::default()
}

#[test]
fn artphoto_names_its_emotions() {
    let folder = testing::folder();
    for name in [
        "amusement_0001.jpg",
        "sad_0007.JPG",
        "fear_0002.jpg",
        "readme_1.jpg",
        "awe.jpg",
    ] {
        testing::write(folder.path(), name, "x");
    }
    testing::write(folder.path(), "notes.txt", "x");
    let set = artphoto::read(folder.path(), &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [
            ("amusement_0001.jpg", "amusement"),
            ("fear_0002.jpg", "fear"),
            ("sad_0007.JPG", "sadness")
        ]
    );
    assert_eq!((set.report.rows, set.report.bad), (5, 2));
    assert_eq!(set.rows[2].is::<Mikels>(), Some(Mikels::Sadness));
    let figures = stats(&set.rows, Some([378, 428, 806]));
    assert_eq!((figures.by_sentiment["negative"], figures.pictures), (2, 3));
    assert!((figures.majority - 2.0 / 3.0).abs() < 1e-12);
}

#[test]
fn iapsa_lists_numbers() {
    let folder = testing::folder();
    let text =
        "picture,emotion\n1040,fear\n2095.1, Sadness\n\n7001 contentment\n../etc,awe\n5,joy\n";
    let path = testing::write(folder.path(), "iapsa.csv", text);
    std::fs::create_dir(folder.path().join("images")).unwrap();
    let set = iapsa::read(&path, &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [
            ("1040.jpg", "fear"),
            ("2095.1.jpg", "sadness"),
            ("7001.jpg", "contentment")
        ]
    );
    assert!(set.rows[0].file.ends_with("images/1040.jpg"));
    let lines: Vec<u64> = set.report.named.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [6, 7]);
}

#[test]
fn twitter_lists_in_both_forms() {
    let folder = testing::folder();
    std::fs::create_dir(folder.path().join("twitter1")).unwrap();
    let path = testing::write(
        folder.path(),
        "test_1.txt",
        "a.jpg 1\r\nb.jpg 0\r\nc.jpg 7\r\n",
    );
    let set = twitter::read(&path, &limits()).unwrap();
    assert_eq!(labels(&set), [("a.jpg", "positive"), ("b.jpg", "negative")]);
    assert_eq!(set.report.bad, 1);
    assert!(set.rows[0].file.ends_with("twitter1/a.jpg"));
    let path = testing::write(
        folder.path(),
        "5agree.csv",
        "path,class\nx y.jpg,1\nz.jpg,-1\n",
    );
    let set = twitter::read(&path, &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [("x y.jpg", "positive"), ("z.jpg", "negative")]
    );
    assert_eq!(set.report.bad, 0, "a header is no bad row");
}

#[test]
fn emotion_roi_has_its_own_division() {
    let folder = testing::folder();
    let split = folder.path().join("training_testing_split");
    std::fs::create_dir(&split).unwrap();
    std::fs::create_dir(folder.path().join("images")).unwrap();
    testing::write(
        &split,
        "training.txt",
        "joy/1.jpg\nanger/a, b.jpg\nneutral/3.jpg\n",
    );
    testing::write(&split, "testing.txt", "surprise/4.jpg\n../../x.jpg\n");
    let set = emotion_roi::read(folder.path(), &limits()).unwrap();
    let splits: Vec<Split> = set.rows.iter().map(|row| row.split).collect();
    assert_eq!(splits, [Split::Train, Split::Train, Split::Test]);
    assert_eq!((set.report.rows, set.report.bad), (5, 2));
    assert_eq!(set.rows[2].is::<EmotionRoi>(), Some(EmotionRoi::Surprise));
    assert_eq!(set.rows[2].sentiment, Some(Sentiment::Positive));
    assert!(set.rows[0].file.ends_with("images/joy/1.jpg"));
    std::fs::remove_file(split.join("testing.txt")).unwrap();
    let error = emotion_roi::read(folder.path(), &limits()).unwrap_err();
    assert!(error.to_string().contains("testing.txt"), "{error}");
}

#[test]
fn fi_has_a_folder_per_emotion() {
    let folder = testing::folder();
    for name in [
        "agg/Awe/1.jpg",
        "agg/sad/2.jpg",
        "agg/other/3.jpg",
        "agg/4.jpg",
    ] {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "x").unwrap();
    }
    let set = fi::read(folder.path(), &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [("Awe/1.jpg", "awe"), ("sad/2.jpg", "sadness")]
    );
    assert_eq!(set.report.bad, 2);
}

#[test]
fn flickr_lists_numbers_and_sentiments() {
    let folder = testing::folder();
    let path = testing::write(
        folder.path(),
        "flickr.txt",
        "123 positive\n124\tneutral\n125,-1\n126 0\n",
    );
    let set = flickr::read(&path, &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [
            ("123.jpg", "positive"),
            ("124.jpg", "other"),
            ("125.jpg", "negative"),
            ("126.jpg", "other")
        ]
    );
}

#[test]
fn classes_may_stand_below_splits() {
    let folder = testing::folder();
    for name in [
        "train/awe/1.jpg",
        "test/cats/2.jpg",
        "dogs/deep/3.jpg",
        "loose.jpg",
        "val/4.jpg",
    ] {
        let file = folder.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, "x").unwrap();
    }
    let set = classes::read(folder.path(), &limits()).unwrap();
    assert_eq!(
        labels(&set),
        [
            ("dogs/deep/3.jpg", "dogs"),
            ("test/cats/2.jpg", "cats"),
            ("train/awe/1.jpg", "awe")
        ]
    );
    assert_eq!(
        (set.rows[1].split, set.rows[2].split),
        (Split::Test, Split::Train)
    );
    assert_eq!(set.rows[2].sentiment, Some(Sentiment::Positive));
    assert_eq!(set.report.bad, 2);
}

/// A tar file with these members.
fn tar_of(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in members {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        // `set_path` refuses what hostile files hold.
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        builder.append(&header, *bytes).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn shards_are_read_without_unpacking() {
    let folder = testing::folder();
    let first = tar_of(&[
        ("a.jpg", b"one"),
        ("a.cls", b"awe\n"),
        ("../b.jpg", b"x"),
        ("c.json", b"{}"),
    ]);
    let second = tar_of(&[
        ("d/e.webp", b"two"),
        ("long.jpg", &[7; 3000]),
        ("d/e.txt", b"cats"),
    ]);
    std::fs::write(folder.path().join("000000.tar"), &first).unwrap();
    std::fs::write(folder.path().join("000001.tar"), &second).unwrap();
    let (rows, report) = shards::labelled(folder.path(), 1000).unwrap();
    let found: Vec<_> = rows
        .iter()
        .map(|r| (r.key.as_str(), r.label.as_str(), r.sentiment))
        .collect();
    assert_eq!(
        found,
        [
            ("a.jpg", "awe", Some(Sentiment::Positive)),
            ("d/e.webp", "cats", None)
        ]
    );
    assert_eq!((report.shards, report.pictures, report.skipped), (2, 2, 2));
    // Cut inside of a member, at every block: an error or fewer members, never a panic.
    for end in (0..second.len()).step_by(256) {
        let mut report = shards::ShardReport::default();
        let mut take = |_| ControlFlow::Continue(());
        let _ = shards::read_from(&second[..end], "x".as_ref(), 5000, &mut report, &mut take);
    }
    std::fs::write(folder.path().join("cut.tar"), &second[..1400]).unwrap();
    let error = shards::labelled(&folder.path().join("cut.tar"), 5000).unwrap_err();
    assert!(matches!(error, DataError::Io { .. }), "{error}");
}
