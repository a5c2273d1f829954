use affetti_emotion::Label;

use super::*;
use crate::{ErrorKind, RowFault, testing};

const REPLICA: &str = "\
utterance,extra,painting,repetition,emotion,art_style
\"I like it, really\",1,a-painter_a-work-1900,2,awe,Art_Nouveau_Modern
it is \"\"odd\"\",2,a-painter_a-work-1900,2,something else,Art_Nouveau_Modern
\"two
lines\",3,b_c,1,Fear,Cubism
";

fn read_text(text: &[u8]) -> Result<Loaded<Utterance>, DataError> {
    read_from(text, Path::new("artemis.csv"), &Limits::default())
}

#[test]
fn columns_in_any_order_and_more_of_them() {
    let set = read_text(REPLICA.as_bytes()).unwrap();
    assert_eq!(set.report.bad, 0);
    let first = &set.rows[0];
    assert_eq!(first.art_style, "Art_Nouveau_Modern");
    assert_eq!(first.emotion, Emotion::Awe);
    assert_eq!(first.utterance, "I like it, really");
    assert_eq!(first.repetition, 2);
    assert_eq!(first.key(), "Art_Nouveau_Modern/a-painter_a-work-1900");
    assert_eq!(set.rows[1].emotion, Emotion::SomethingElse);
    assert_eq!(set.rows[2].utterance, "two\nlines");
}

#[test]
fn votes_are_grouped_by_key() {
    let set = read_text(REPLICA.as_bytes()).unwrap();
    let votes = group(&set.rows);
    let keys: Vec<_> = votes.keys().map(String::as_str).collect();
    assert_eq!(
        keys,
        ["Art_Nouveau_Modern/a-painter_a-work-1900", "Cubism/b_c"]
    );
    let first = &votes[keys[0]];
    assert_eq!(first.as_slice(), [0, 1, 0, 0, 0, 0, 0, 0, 1]);
    let shares = first.distribution().unwrap();
    assert!((shares.get(Emotion::Awe) - 0.5).abs() < 1e-12);
}

#[test]
fn one_painting_in_two_styles_is_two_keys() {
    let text = "art_style,painting,emotion,utterance,repetition\n\
        Art_Nouveau,x,awe,u,1\nArt_Nouveau_Modern,x,fear,u,1\n";
    let set = read_text(text.as_bytes()).unwrap();
    // ArtEmis itself never says Art_Nouveau: the reader does not guess.
    assert_eq!(group(&set.rows).len(), 2);
}

#[test]
fn every_column_is_needed_and_named() {
    for missing in [
        "art_style",
        "painting",
        "emotion",
        "utterance",
        "repetition",
    ] {
        let text = REPLICA.replacen(missing, "other", 1);
        let error = read_text(text.as_bytes()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Input);
        assert!(
            error.to_string().contains(&format!("{missing:?}")),
            "{error}"
        );
    }
}

#[test]
fn bad_rows_are_counted_and_named() {
    let text = "art_style,painting,emotion,utterance,repetition\n\
        S,ok,awe,fine,1\n\
        S,p,joy,unknown emotion,1\n\
        S,p,awe, ,1\n\
        S,p,awe,no number,many\n\
        S,p,awe,nobody,0\n\
        ..,p,awe,escapes,1\n\
        S,../p,awe,escapes,1\n\
        S,p,awe,a,b,1\n";
    let set = read_text(text.as_bytes()).unwrap();
    assert_eq!(set.rows.len(), 1);
    assert_eq!((set.report.rows, set.report.bad), (8, 7));
    let lines: Vec<u64> = set.report.named.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7, 8, 9]);
    let fault = |at: usize| &set.report.named[at].fault;
    assert!(matches!(fault(0), RowFault::UnknownName { value, .. } if value == "joy"));
    assert!(matches!(fault(1), RowFault::Blank { .. }));
    assert!(matches!(fault(2), RowFault::NotANumber { .. }));
    assert!(matches!(fault(3), RowFault::OutOfRange { .. }));
    assert!(matches!(fault(4), RowFault::UnsafeName { .. }));
    assert!(matches!(fault(5), RowFault::UnsafeName { .. }));
    assert!(matches!(fault(6), RowFault::Width { .. }));
}

#[test]
fn all_nine_emotions_are_read() {
    let mut text = "art_style,painting,emotion,utterance,repetition\n".to_owned();
    for emotion in Emotion::ALL {
        text += &format!("S,p,{},u,9\n", emotion.name());
    }
    let votes = group(&read_text(text.as_bytes()).unwrap().rows);
    assert_eq!(votes["S/p"].as_slice(), [1; 9]);
}

#[test]
fn splits_are_read_and_may_not_contradict() {
    let folder = testing::folder();
    let good = "artemis_key,split,pictured\r\nS/a,train,1\r\nS/b,rest,0\r\nS/a,train,1\r\n";
    let path = testing::write(folder.path(), "artemis-splits.csv", good);
    let loaded = read_splits(&path, &Limits::default()).unwrap();
    assert!(loaded.rows[0].pictured && !loaded.rows[1].pictured);
    assert_eq!(splits(&loaded.rows)["S/b"], Split::Rest);

    let path = testing::write(
        folder.path(),
        "bad.csv",
        good.replace("S/a,train,1\r\nS/b", "S/a,test,1\r\nS/b"),
    );
    let error = read_splits(&path, &Limits::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("\"S/a\" is in the splits test and train"),
        "{error}"
    );
}

#[test]
fn a_missing_file_is_an_io_error_with_its_path() {
    let error = read(Path::new("no/such/artemis.csv"), &Limits::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Io);
    assert_eq!(error.path(), Some(Path::new("no/such/artemis.csv")));
    assert!(
        error.to_string().starts_with("no/such/artemis.csv: "),
        "{error}"
    );
}

#[test]
fn pictures_lie_by_style() {
    assert_eq!(
        picture(Path::new("wikiart"), "S/p"),
        Path::new("wikiart/S/p.jpg")
    );
}
