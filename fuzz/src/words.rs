//! What people type: sentences that are read, captions that are measured, words that ask for pictures.
//! The first byte chooses.

use std::sync::OnceLock;

use affetti_emotion::Emotion;
use affetti_paint::{
    Wish,
    wish::{Kind, Subject},
};
use affetti_words::{
    metrics::{bleu::bleu, cider, meteor::{NoSynonyms, meteor}, rouge::rouge_l, variety::variety},
    read::Reader,
    space::Space,
    text::normal,
};

/// One run.
pub fn run(bytes: &[u8]) {
    let Some((choice, text)) = bytes.split_first() else {
        return;
    };
    let text = String::from_utf8_lossy(text);
    match choice % 4 {
        0 => read(&text),
        1 => found(&text),
        2 => measured(&text),
        _ => wished(&text),
    }
}

fn read(text: &str) {
    static READER: OnceLock<Reader> = OnceLock::new();
    let reader = READER.get_or_init(|| Reader::embedded().expect("the reader of the program"));
    for felt in reader.read(&[text]).into_iter().flatten() {
        let sum: f64 = felt.emotions.as_slice().iter().sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }
    // Each word costs a reading.
    if text.split_whitespace().count() <= 8 {
        for (word, weight) in reader.explain(text, Emotion::Awe).into_iter().flatten() {
            assert!(weight.is_finite() && text.contains(word));
        }
    }
}

fn found(text: &str) {
    static SPACE: OnceLock<Space> = OnceLock::new();
    let space = SPACE.get_or_init(|| Space::embedded().expect("the space of the program"));
    if let Ok(place) = space.text(text) {
        assert!(place.iter().all(|x| x.is_finite()));
    }
}

/// Each second line is a caption, the one behind it its reference.
fn measured(text: &str) {
    let lines: Vec<Vec<String>> = text.lines().take(64).map(normal::words).collect();
    let (captions, references): (Vec<_>, Vec<_>) = lines
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), vec![pair[1].clone()]))
        .unzip();
    let _ = variety(&captions);
    if let Ok(scores) = bleu(&captions, &references) {
        assert!(scores.iter().all(|x| (0.0..=1.0 + 1e-9).contains(x)));
    }
    for scores in [
        rouge_l(&captions, &references),
        meteor(&captions, &references, &NoSynonyms),
        cider::cider(cider::Kind::Clipped, &captions, &references),
    ] {
        assert!(scores.into_iter().flatten().all(|x| x.is_finite() && x >= 0.0));
    }
}

fn wished(text: &str) {
    let known = [
        (Kind::Genre, "still_life"),
        (Kind::Genre, "portrait"),
        (Kind::Style, "Pop_Art"),
        (Kind::Artist, "Vincent_van_Gogh"),
    ]
    .map(|(kind, name)| Subject {
        kind,
        name: name.to_owned(),
    });
    let words: Vec<&str> = text.split_whitespace().take(64).collect();
    if let Err(error) = Wish::read(&words, &known) {
        let told = error.to_string();
        assert!(!told.is_empty() && !told.contains('\n'));
    }
}
