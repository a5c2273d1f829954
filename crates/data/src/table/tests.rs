use super::*;
use crate::{ErrorKind, testing};

fn read_text(text: &str) -> Result<Loaded<Entry>, DataError> {
    read_from(
        text.as_bytes(),
        Path::new("/sets/mine.csv"),
        &TableOptions::default(),
    )
}

#[test]
fn paths_alone_are_enough() {
    let set = read_text("image\na.jpg\nsub/b.jpg\n/abs/c.jpg\n").unwrap();
    let files: Vec<_> = set.rows.iter().map(|entry| entry.file.as_path()).collect();
    if cfg!(unix) {
        let expected = ["/sets/a.jpg", "/sets/sub/b.jpg", "/abs/c.jpg"];
        assert_eq!(files, expected.map(Path::new));
    }
    assert!(set.rows.iter().all(|entry| entry.target().is_none()));
    // By the path as written, not by where the set lies.
    assert_eq!(set.rows[1].split, Split::of("sub/b.jpg"));
}

#[test]
fn the_path_column_is_found_or_given() {
    let set = read_text("file,path\nf.jpg,p.jpg\n").unwrap();
    assert_eq!(set.rows[0].written, "p.jpg");
    let options = TableOptions {
        path_column: Some("Photo".into()),
        ..TableOptions::default()
    };
    let text = "photo,path\nq.jpg,p.jpg\n";
    let set = read_from(text.as_bytes(), Path::new("t.csv"), &options).unwrap();
    assert_eq!(set.rows[0].written, "q.jpg");
    let error = read_text("picture,emotion\nf.jpg,awe\n").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
    assert!(error.to_string().contains("path/file/image"), "{error}");
}

const NINE: &str = "amusement,awe,contentment,excitement,anger,disgust,fear,sadness";

#[test]
fn nine_emotions_as_counts_or_shares() {
    let text = format!(
        "path,something_else,{NINE}\na.jpg,1,0,2,0,0,0,0,1,0\nb.jpg,.5,,.5,,,,,,\n\
        c.jpg,,,,,,,,,\nd.jpg,0,0,0,0,0,0,0,0,0\ne.jpg,-1,2,0,0,0,0,0,0,0\n"
    );
    let set = read_text(&text).unwrap();
    assert_eq!(set.rows.len(), 3);
    let shares = set.rows[0].emotions.as_ref().unwrap();
    assert_eq!(
        shares.as_slice(),
        [0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.25, 0.0, 0.25]
    );
    let shares = set.rows[1].target().unwrap();
    assert!((shares.get(Emotion::SomethingElse) - 0.5).abs() < 1e-12);
    assert!(set.rows[2].emotions.is_none());
    let faults: Vec<_> = set.report.named.iter().map(|bad| &bad.fault).collect();
    assert_eq!(*faults[0], RowFault::NoShare);
    assert!(matches!(faults[1], RowFault::OutOfRange { .. }));
}

#[test]
fn eight_of_the_nine_are_refused() {
    let error = read_text(&format!("path,{NINE}\na.jpg,0,1,0,0,0,0,0,0\n")).unwrap_err();
    assert!(error.to_string().contains("\"something else\""), "{error}");
}

#[test]
fn single_emotion_ratings_split_and_group() {
    let set = read_text(
        "path,emotion,valence,arousal,split,group\n\
        a.jpg,Something Else,6.5,1,test,g\n\
        b.jpg,,,,,g\n\
        c.jpg,joy,4,4,train,h\n\
        d.jpg,awe,0.5,4,train,h\n\
        e.jpg,awe,4,7.01,train,h\n\
        f.jpg,awe,4,4,holdout,h\n",
    )
    .unwrap();
    assert_eq!(set.rows.len(), 2);
    let first = &set.rows[0];
    assert_eq!(first.emotion, Some(Emotion::SomethingElse));
    assert_eq!((first.valence, first.arousal), (Some(6.5), Some(1.0)));
    assert_eq!(first.split, Split::Test);
    let target = first.target().unwrap();
    assert!((target.get(Emotion::SomethingElse) - 1.0).abs() < 1e-12);
    // Without a split of its own the group decides, so that groups stay whole.
    assert_eq!(set.rows[1].split, Split::of("g"));
    assert_eq!(set.report.bad, 4);
}

#[test]
fn entries_serialise() {
    let folder = testing::folder();
    let path = testing::write(folder.path(), "t.csv", "path,emotion\na.jpg,awe\n");
    let set = read(&path, &TableOptions::default()).unwrap();
    let json = serde_json::to_value(&set.rows[0]).unwrap();
    assert_eq!(json["emotion"], "awe");
    assert_eq!(json["written"], "a.jpg");
    assert_eq!(json["split"], Split::of("a.jpg").name());
}

#[test]
fn votes_are_counted_and_sums_are_held_against_them() {
    let set = read_text(&format!(
        "path,votes,sentiment,{NINE},something else\n\
        a.jpg,,positive,0,1,4,0,0,0,0,0,0\n\
        b.jpg,7,neutral,0,.2,.8,0,0,0,0,0,0\n\
        c.jpg,,,0,.2,.795,0,0,0,0,0,0\n\
        d.jpg,5,,0,1,4,0,0,0,0,0,0\n\
        e.jpg,6,,0,1,4,0,0,0,0,0,0\n\
        f.jpg,,,0,.2,.5,0,0,0,0,0,0\n\
        g.jpg,,angry,0,1,0,0,0,0,0,0,0\n\
        h.jpg,,,0,1,0,0,0,0,0,0,0\n"
    ))
    .unwrap();
    let votes: Vec<Option<f64>> = set.rows.iter().map(|row| row.votes).collect();
    // The last one may be one vote or the whole of them.
    assert_eq!(votes, [Some(5.0), Some(7.0), None, Some(5.0), None]);
    let lines: Vec<u64> = set.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [2, 3, 4, 5, 9]);
    let sides = [&set.rows[0], &set.rows[1]].map(|row| row.sentiment);
    assert_eq!(sides, [Some(Sentiment::Positive), Some(Sentiment::Other)]);
    let told: Vec<String> = set
        .report
        .named
        .iter()
        .map(|bad| bad.fault.to_string())
        .collect();
    assert_eq!(told[0], "the nine emotions add up to 5, not 6");
    assert_eq!(told[1], "the nine emotions add up to 0.7, not 1");
    assert!(told[2].starts_with("sentiment is \"angry\""), "{}", told[2]);
}
