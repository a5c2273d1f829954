use super::*;
use crate::testing;

/// A file in the published layout with these pieces: id, title, and the names that are present in
/// picture and title together, picture alone, and title alone.
fn file(pieces: &[(&str, &str, &str, &str, &str)]) -> String {
    let mut text = "ID\tStyle\tCategory\tArtist\tTitle\tYear\tImage URL\tPainting Info URL\t\
                    Artist Info URL\tIs painting\tFace/body\tAve. art rating"
        .to_owned();
    for head in ["Art (image+title): ", "ImageOnly: ", "TitleOnly: "] {
        for emotion in WikiArtEmotion::ALL {
            text += &format!("\t{head}{}", emotion.name());
        }
    }
    for (id, title, both, image, alone) in pieces {
        text += &format!(
            "\r\n{id}\tModern Art\tCubism, Cubo\tA B\t{title}\t1900\tu\tp\ti\tyes\tnone\t-1.5"
        );
        for names in [both, image, alone] {
            for emotion in WikiArtEmotion::ALL {
                let there = names.split(' ').any(|name| name == emotion.name());
                text += if there { "\t1" } else { "\t0" };
            }
        }
    }
    text + "\r\n"
}

#[test]
fn titles_with_quotation_marks_swallow_nothing() {
    let folder = testing::folder();
    let text = file(&[
        ("58c6", "\"The Kiss", "trust sadness", "gratitude", "fear"),
        ("57aa", "Plain", "", "", "anger"),
        ("57ab", "Two\"", "humility", "love trust", ""),
    ]);
    let path = testing::write(folder.path(), "WikiArt-Emotions-Ag4.tsv", &text);
    let set = read(&path, &Limits::default()).unwrap();
    assert_eq!((set.rows.len(), set.report.bad), (3, 0));
    let first = &set.rows[0];
    assert_eq!(
        (first.title.as_str(), first.rating),
        ("\"The Kiss", Some(-1.5))
    );
    assert_eq!(first.image_only, [WikiArtEmotion::Gratitude]);
    assert_eq!(
        first.with_title,
        [WikiArtEmotion::Trust, WikiArtEmotion::Sadness]
    );
    // The title alone is no picture: fear is not there. Gratitude and trust are one class, sadness
    // another: a tie.
    assert_eq!(first.cgan(), [CganEmotion::Happiness, CganEmotion::Sadness]);
    assert_eq!(first.sentiment(), Sentiment::Other);
    // No emotion is neutral.
    assert_eq!(set.rows[1].cgan(), [CganEmotion::Neutral]);
    assert_eq!(set.rows[1].sentiment(), Sentiment::Other);
    // Love and trust (happiness) are two positive classes, humility (shyness) one other.
    assert_eq!(set.rows[2].sentiment(), Sentiment::Positive);
    let labelled = labelled(&set.rows, folder.path());
    assert!(labelled[2].file.ends_with("57ab.jpg"));
    assert_eq!(labelled[2].label, "positive");
}

#[test]
fn shares_count_from_ag4_on_and_bad_rows_are_named() {
    let folder = testing::folder();
    let text = file(&[
        ("a", "t", "love", "love", ""),
        ("b", "t", "fear", "fear", ""),
        ("../c", "t", "", "", ""),
    ]);
    // The ones behind the twelve columns of information, in the order of the text.
    let mut shares = ["0.39", "0.39", "0.4", "many"].into_iter();
    let lines = text.split("\r\n").map(|line| {
        let mut fields: Vec<&str> = line.split('\t').collect();
        for field in fields.iter_mut().skip(12).filter(|field| **field == "1") {
            *field = shares.next().unwrap();
        }
        fields.join("\t")
    });
    let text = lines.collect::<Vec<_>>().join("\r\n");
    let path = testing::write(folder.path(), "WikiArt-Emotions-All.tsv", &text);
    let set = read(&path, &Limits::default());
    let set = set.unwrap();
    // Both shares of `a` are .39, one of `b` is no number; `../c` would leave its folder.
    assert_eq!(set.rows.len(), 1);
    assert!(set.rows[0].either().is_empty());
    let lines: Vec<u64> = set.report.named.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4]);
    let path = testing::write(folder.path(), "x.tsv", "ID\tTitle\n1\t2\n");
    assert!(
        read(&path, &Limits::default())
            .unwrap_err()
            .to_string()
            .contains("ImageOnly: ")
    );
}
