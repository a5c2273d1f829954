//! Caption metrics against the reference packages; expected numbers: peers/captions.py.
#![expect(
    clippy::unwrap_used,
    reason = "a test stops at the first thing that is wrong"
)]

use affetti_words::metrics::cider::{Kind, cider};
use affetti_words::metrics::meteor::{NoSynonyms, meteor};
use affetti_words::metrics::{Caption, bleu::bleu, rouge::rouge_l, stem::stem};
use serde_json::Value;

struct Fixture {
    all: Value,
    captions: Vec<Caption>,
    references: Vec<Vec<Caption>>,
}

fn words(text: &Value) -> Caption {
    text.as_str()
        .unwrap()
        .split(' ')
        .map(str::to_owned)
        .collect()
}

fn fixture() -> Fixture {
    let all: Value = serde_json::from_str(include_str!("fixtures/captions.json")).unwrap();
    let list = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .map(words)
            .collect::<Vec<_>>()
    };
    Fixture {
        captions: list(&all["captions"]),
        references: all["references"]
            .as_array()
            .unwrap()
            .iter()
            .map(list)
            .collect(),
        all,
    }
}

impl Fixture {
    fn expect(&self, name: &str, found: &[f64]) {
        let expected = self.all["expected"][name].as_array().unwrap();
        assert_eq!(expected.len(), found.len(), "{name}");
        for (n, (found, expected)) in found.iter().zip(expected).enumerate() {
            let expected = expected.as_f64().unwrap();
            assert!(
                (found - expected).abs() < 1e-9,
                "{name} {n}: {found} {expected}"
            );
        }
    }
}

#[test]
fn scores_are_those_of_the_reference_packages() {
    let f = fixture();
    f.expect("bleu", &bleu(&f.captions, &f.references).unwrap());
    f.expect("rouge", &rouge_l(&f.captions, &f.references).unwrap());
    f.expect(
        "cider_d",
        &cider(Kind::Clipped, &f.captions, &f.references).unwrap(),
    );
    f.expect(
        "meteor",
        &meteor(&f.captions, &f.references, &NoSynonyms).unwrap(),
    );
}

#[test]
fn stems_are_nltks() {
    let f = fixture();
    for (word, expected) in f.all["stems"].as_object().unwrap() {
        assert_eq!(stem(word), expected.as_str().unwrap(), "{word}");
    }
}
