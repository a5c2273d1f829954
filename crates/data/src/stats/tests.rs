use std::path::Path;

use affetti_emotion::Emotion;

use super::*;
use crate::{ErrorKind, Limits, folder::FolderOptions, table, testing};

#[test]
fn tokens_by_the_rule() {
    assert_eq!(
        tokens("The man's \"eyes\" (dark—sad) don't LOOK well-lit... £5 & 'tis odd!"),
        [
            "the", "man's", "eyes", "dark", "sad", "don't", "look", "well", "lit", "£5", "&",
            "tis", "odd"
        ]
    );
    assert!(tokens(" ... -- \" ' ").is_empty());
}

#[test]
fn metaphors_are_substrings_in_any_case() {
    assert!(has_metaphor("It LOOKS LIKE rain"));
    assert!(has_metaphor("makes me think of home"));
    assert!(!has_metaphor("I like it"));
    // The published rule does not look at word boundaries: th-is like.
    assert!(has_metaphor("this like that"));
}

#[test]
fn moments_by_hand() {
    // 2, 4, 6: mean 4, sample variance (4 + 0 + 4) / 2 = 4.
    let m = Moments::of([4.0, 2.0, 6.0]).unwrap();
    assert_eq!((m.n, m.mean, m.sd, m.min, m.max), (3, 4.0, 2.0, 2.0, 6.0));
    assert_eq!(Moments::of([5.0]).unwrap().sd.to_bits(), 0);
    assert!(Moments::of([]).is_none());
}

fn utterances(text: &str) -> Vec<crate::artemis::Utterance> {
    let header = "art_style,painting,emotion,utterance,repetition\n";
    let text = format!("{header}{text}");
    crate::artemis::read_from(text.as_bytes(), Path::new("a.csv"), &Limits::default())
        .unwrap()
        .rows
}

#[test]
fn artemis_by_hand() {
    // S/a: awe, awe, fear, something else (half, not strict; all three groups).
    // S/b: awe, fear (a tie of halves). T/c: sadness (strict).
    let set = utterances(
        "S,a,awe,one two three,4\nS,a,awe,one,4\nS,a,fear,looks like rain,4\n\
        S,a,something else,one two,4\nS,b,awe,four,2\nS,b,fear,five six,2\n\
        T,c,sadness,two,1\n",
    );
    let s = artemis(&set);
    assert_eq!(
        (s.annotations.ours, s.artworks.ours, s.styles.ours),
        (7, 3, 2)
    );
    assert_eq!(s.annotations.published, Some(454_684));
    // one two three looks like rain four five six
    assert_eq!(s.unique_tokens.ours, 9);
    // Lengths 3 1 3 2 1 2 1: sum 13, sorted 1 1 1 2 2 3 3.
    assert!((s.mean_length.ours - 13.0 / 7.0).abs() < 1e-12);
    assert_eq!((s.median_length.ours, s.max_length.ours), (2.0, 3));
    assert!((s.annotations_per_artwork.ours - 7.0 / 3.0).abs() < 1e-12);
    assert_eq!(s.emotions[Emotion::Awe as usize].annotations, 3);
    assert!((s.positive.ours - 3.0 / 7.0).abs() < 1e-12);
    assert!((s.negative.ours - 3.0 / 7.0).abs() < 1e-12);
    assert!((s.other.ours - 1.0 / 7.0).abs() < 1e-12);
    assert!((s.positive_and_negative.ours - 2.0 / 3.0).abs() < 1e-12);
    assert!((s.mixed.ours - 2.0 / 3.0).abs() < 1e-12);
    assert!((s.half.ours - 1.0).abs() < 1e-12);
    assert!((s.majority.ours - 2.0 / 3.0).abs() < 1e-12);
    assert!((s.strict_majority.ours - 1.0 / 3.0).abs() < 1e-12);
    assert!((s.metaphors.ours - 1.0 / 7.0).abs() < 1e-12);
    // S/a: ½, ¼, ¼ gives 1.5 ln 2; S/b: ln 2; their mean 1.25 ln 2.
    let style = &s.entropy_by_style["S"];
    assert_eq!(style.artworks, 2);
    assert!((style.entropy.ours - 1.25 * std::f64::consts::LN_2).abs() < 1e-12);
    assert!(s.entropy_by_style["T"].entropy.ours.abs() < 1e-12);
}

#[test]
fn nothing_gives_zeros_not_nan() {
    let json = serde_json::to_value(artemis(&[])).unwrap();
    assert_eq!(json["annotations"]["ours"], 0);
    assert_eq!(json["mean_length"]["ours"], 0.0);
    assert_eq!(json["half"]["ours"], 0.0);
    // serde_json writes NaN as null, the only nulls here are unpublished values.
    assert!(json["majority"]["published"].is_null());
    assert!(!json["majority"]["ours"].is_null());
}

#[test]
fn table_by_hand() {
    let text = "path,emotion,valence,split\na.jpg,awe,3,train\nb.jpg,fear,5,test\nc.jpg,,,test\n";
    let options = table::TableOptions::default();
    let set = table::read_from(text.as_bytes(), Path::new("t.csv"), &options).unwrap();
    let s = super::table(&set.rows);
    assert_eq!((s.pictures, s.with_emotions), (3, 0));
    assert_eq!(s.by_split["test"], 2);
    assert_eq!(s.by_emotion["awe"], 1);
    assert!((s.mean_emotions.unwrap().get(Emotion::Fear) - 0.5).abs() < 1e-12);
    assert!((s.valence.unwrap().mean - 4.0).abs() < 1e-12);
    assert!(s.arousal.is_none());
    assert!(super::table(&[]).mean_emotions.is_none());
}

#[test]
fn folder_by_hand() {
    let root = testing::folder();
    testing::write(root.path(), "x.JPG", b"12345");
    testing::write(root.path(), "Cubism/a/y.png", b"123");
    testing::write(root.path(), "Cubism/z.png", b"");
    let s = folder(root.path(), &FolderOptions::default()).unwrap();
    assert_eq!((s.pictures, s.bytes), (3, 8));
    assert_eq!((s.by_folder[""], s.by_folder["Cubism"]), (1, 2));
    assert_eq!((s.by_extension["jpg"], s.by_extension["png"]), (1, 2));
    assert_eq!(s.by_split.values().sum::<usize>(), 3);

    let empty = testing::folder();
    let error = folder(empty.path(), &FolderOptions::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Input);
}
