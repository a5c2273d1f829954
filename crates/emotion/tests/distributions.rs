//! What a distribution accepts, refuses and answers.

use affetti_emotion::{Distribution, Emotion, EmotionError, Label, Mikels, Sentiment};

type Three = Distribution<Sentiment>;

#[test]
fn only_probabilities_are_probabilities() {
    let refused: [&[f64]; 7] = [
        &[0.5, 0.5],
        &[0.5, 0.25, 0.25, 0.0],
        &[0.6, -0.1, 0.5],
        &[f64::NAN, 0.5, 0.5],
        &[f64::INFINITY, 0.0, 0.0],
        &[0.5, 0.3, 0.19],
        &[0.0, 0.0, 0.0],
    ];
    for values in refused {
        assert!(Three::from_probabilities(values).is_err(), "{values:?}");
    }
    // Off by 5e-4, as rounded print is: accepted and divided by the sum.
    let rounded = Three::from_probabilities(&[0.3333, 0.3333, 0.3339]).expect("rounded");
    assert!((rounded.as_slice().iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn counts_of_any_size_are_shared_out() {
    let third = 1.0 / 3.0;
    for scale in [1.0, f64::MAX / 2.0, 1e-300, 5e-324] {
        let shares = Three::from_counts(&[scale, 0.0, scale]).expect("positive sum");
        assert_eq!(shares.as_slice(), [0.5, 0.0, 0.5], "{scale}");
    }
    let equal = Three::from_counts(&[f64::MAX; 3]).expect("positive sum");
    assert!(equal.as_slice().iter().all(|p| (p - third).abs() < 1e-15));
    assert_eq!(
        Three::from_counts(&[0.0; 3]),
        Err(EmotionError::NoMass { what: "counts" })
    );
    assert!(Three::from_counts(&[1.0, -1.0, 1.0]).is_err());
    assert!(Three::from_counts(&[1.0, f64::NAN, 1.0]).is_err());
    assert!(Three::from_counts(&[f64::INFINITY, 1.0, 1.0]).is_err());
}

#[test]
fn softmax_is_stable() {
    // Equal logits are equal shares however large they are.
    for logit in [1e308, -1e308, 0.0] {
        let shares = Three::from_logits(&[logit; 3]).expect("finite");
        assert!(
            shares
                .as_slice()
                .iter()
                .all(|p| (p - 1.0 / 3.0).abs() < 1e-15)
        );
    }
    // ln 3 and ln 1 share 3 : 1; −∞ is a masked label.
    let masked = Three::from_logits(&[3.0_f64.ln(), 0.0, f64::NEG_INFINITY]).expect("two left");
    assert!((masked.get(Sentiment::Positive) - 0.75).abs() < 1e-15);
    assert_eq!(masked.get(Sentiment::Other), 0.0);
    assert!(Three::from_logits(&[f64::NEG_INFINITY; 3]).is_err());
    assert!(Three::from_logits(&[f64::INFINITY, 0.0, 0.0]).is_err());
    assert!(Three::from_logits(&[f64::NAN, 0.0, 0.0]).is_err());
}

#[test]
fn ties_go_to_the_lowest_index() {
    assert_eq!(
        Distribution::<Emotion>::uniform().dominant(),
        Emotion::Amusement
    );
    let tied = Three::from_counts(&[1.0, 2.0, 2.0]).expect("positive sum");
    assert_eq!(tied.dominant(), Sentiment::Negative);
    let order: Vec<Sentiment> = tied.top(9).into_iter().map(|pair| pair.0).collect();
    let expected = [Sentiment::Negative, Sentiment::Other, Sentiment::Positive];
    assert_eq!(order, expected);
    assert_eq!(tied.top(1), [(Sentiment::Negative, 0.4)]);
    assert!(tied.top(0).is_empty());
}

#[test]
fn entropy_runs_from_zero_to_the_logarithm() {
    let certain = Distribution::one_hot(Emotion::SomethingElse);
    assert_eq!(certain.entropy().to_bits(), 0.0_f64.to_bits());
    let uniform = Distribution::<Emotion>::uniform();
    assert!((uniform.entropy() - 9.0_f64.ln()).abs() < 1e-12);
    assert!((uniform.normalized_entropy() - 1.0).abs() < 1e-12);
    // Half and half is ln 2, and ln 2 / ln 3 of what three words can have.
    let half = Three::from_counts(&[1.0, 1.0, 0.0]).expect("positive sum");
    let expected = 2.0_f64.ln() / 3.0_f64.ln();
    assert!((half.normalized_entropy() - expected).abs() < 1e-12);
}

#[test]
fn mixtures_are_weighted_means() {
    let (a, b) = (
        Three::one_hot(Sentiment::Positive),
        Three::one_hot(Sentiment::Negative),
    );
    // 3 : 1 whatever the unit of the weights.
    for unit in [1.0, 1e-308, f64::MAX / 4.0] {
        let mixed = Three::mix(&[(&a, 3.0 * unit), (&b, unit)]).expect("positive weights");
        assert!((mixed.get(Sentiment::Positive) - 0.75).abs() < 1e-15);
    }
    assert!(Three::mix(&[]).is_err());
    assert!(Three::mix(&[(&a, 0.0), (&b, 0.0)]).is_err());
    assert!(Three::mix(&[(&a, -1.0), (&b, 2.0)]).is_err());
    assert!(Three::mix(&[(&a, f64::NAN)]).is_err());
    assert!(Three::mean(&[]).is_err());
    let mean = Three::mean(&[a, b]).expect("two");
    assert_eq!(mean.as_slice(), [0.5, 0.5, 0.0]);
}

#[test]
fn floors_and_expectations() {
    let certain = Three::one_hot(Sentiment::Positive);
    // Floor .1: 1, .1, .1 over 1.2.
    let floored = certain.floored(0.1).expect("a floor");
    assert!((floored.get(Sentiment::Other) - 0.1 / 1.2).abs() < 1e-15);
    assert_eq!(certain.floored(0.0).as_ref(), Ok(&certain));
    assert!(certain.floored(f64::NAN).is_err());
    assert!(certain.floored(1.5).is_err());
    // A number on an impossible label may be anything.
    let number = |s| {
        if s == Sentiment::Positive {
            2.5
        } else {
            f64::NAN
        }
    };
    assert_eq!(certain.expectation(number), Ok(2.5));
    assert!(Three::uniform().expectation(number).is_err());
}

#[test]
fn json_is_a_map_in_taxonomy_order() {
    let histogram = Three::from_counts(&[1.0, 2.0, 1.0]).expect("positive sum");
    let text = serde_json::to_string(&histogram).expect("writes");
    assert_eq!(text, r#"{"positive":0.25,"negative":0.5,"other":0.25}"#);
    assert_eq!(
        serde_json::from_str::<Three>(&text).expect("reads"),
        histogram
    );
    // The order of the file and the alias do not matter.
    let other = r#"{"neutral":0.25,"negative":0.5,"Positive":0.25}"#;
    assert_eq!(
        serde_json::from_str::<Three>(other).expect("reads"),
        histogram
    );
}

#[test]
fn json_is_checked() {
    let refused = [
        (r#"{"positive":0.5,"negative":0.5}"#, "lacks \"other\""),
        (
            r#"{"positive":1,"negative":0,"other":0,"neutral":0}"#,
            "twice",
        ),
        (
            r#"{"positive":1,"negative":0,"joy":0}"#,
            "unknown sentiment",
        ),
        (r#"{"positive":1,"negative":1,"other":0}"#, "sum to 2"),
        (r#"{"positive":1.5,"negative":-0.5,"other":0}"#, "outside"),
        (r#"[1,0,0]"#, "a map from each sentiment label"),
    ];
    for (text, reason) in refused {
        let error = serde_json::from_str::<Three>(text)
            .expect_err(text)
            .to_string();
        assert!(error.contains(reason), "{text}: {error}");
    }
}

#[test]
fn merging_moves_all_mass() {
    let mikels = Distribution::<Mikels>::uniform();
    let emotions = mikels.emotions();
    assert_eq!(emotions.get(Emotion::SomethingElse), 0.0);
    assert_eq!(emotions.get(Emotion::Awe), 0.125);
    assert_eq!(emotions.polarity().as_slice(), [0.5, 0.5, 0.0]);
    assert_eq!(mikels.polarity(), emotions.polarity());
    assert_eq!(mikels.iter().count(), Mikels::ALL.len());
}
