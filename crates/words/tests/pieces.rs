//! Pieces of words as the tokeniser of the original cuts them; expected ones: peers/readers.py MINILM
//! (transformers 4.46.3).
#![cfg(feature = "weights")]

use affetti_words::read::Reader;
use affetti_words::text::wordpiece::WordPieces;

#[test]
fn pieces_are_those_of_the_original() {
    // The reader's list is the original's, cut to what its corpora need.
    let reader = Reader::embedded().unwrap();
    let pieces = WordPieces::new(reader.about().words.clone()).unwrap();
    for (text, expected) in [
        (
            "The dark water looks cold, and lonely!",
            "[CLS] the dark water looks cold , and lonely ! [SEP]",
        ),
        (
            "I can't un-see the caf\u{e9}'s glow\u{2014}so warm",
            "[CLS] i can ' t un - see the cafe ' s glow \u{2014} so warm [SEP]",
        ),
    ] {
        let ids = pieces.ids(text, 99);
        let found: Vec<&str> = ids
            .iter()
            .map(|id| pieces.pieces()[*id as usize].as_str())
            .collect();
        assert_eq!(found.join(" "), expected);
    }
}
