//! What must hold for any input.

use affetti_emotion::metrics::{
    auc, concordance, cosine, earth_mover, expected_calibration_error, jensen_shannon, kl,
    kl_floored, mid_ranks, pearson, spearman,
};
use affetti_emotion::{Affect, Distribution, Emotion, Label, Scale, Sentiment, Votes};
use proptest::collection::vec;
use proptest::prelude::*;

type Nine = Distribution<Emotion>;

/// Histograms with zeros, as few viewers leave them, and dense predictions.
fn nine() -> impl Strategy<Value = Nine> {
    let dense = vec(-20.0..20.0_f64, 9).prop_map(|logits| Nine::from_logits(&logits));
    let sparse = vec(0_u32..4, 9)
        .prop_filter("somebody voted", |counts| counts.iter().sum::<u32>() > 0)
        .prop_map(|counts| {
            let counts: Vec<f64> = counts.into_iter().map(f64::from).collect();
            Nine::from_counts(&counts)
        });
    prop_oneof![dense, sparse].prop_map(Result::unwrap)
}

/// Any `f64` there is. `any::<f64>()` would leave out NaN and the infinities.
fn anything() -> impl Strategy<Value = f64> {
    prop_oneof![proptest::num::f64::ANY, -1.0..2.0_f64, Just(0.0)]
}

/// Grades with many ties.
fn grades() -> impl Strategy<Value = Vec<(f64, f64, bool)>> {
    vec((0_u8..8, 0_u8..8, any::<bool>()), 0..40).prop_map(|rows| {
        rows.into_iter()
            .map(|(x, y, flag)| (f64::from(x), f64::from(y), flag))
            .collect()
    })
}

fn is_distribution<L: Label>(d: &Distribution<L>) -> bool {
    let sum: f64 = d.as_slice().iter().sum();
    d.as_slice().len() == L::ALL.len()
        && d.as_slice().iter().all(|p| p.is_finite() && *p >= 0.0)
        && (sum - 1.0).abs() < 1e-12
}

proptest! {
    #[test]
    fn whatever_is_built_is_a_distribution(values in vec(anything(), 8..=10)) {
        let built = [
            Nine::from_probabilities(&values),
            Nine::from_counts(&values),
            Nine::from_logits(&values),
        ];
        for distribution in built.iter().flatten() {
            prop_assert!(is_distribution(distribution), "{distribution:?}");
        }
        prop_assert!(values.len() == 9 || built.iter().all(Result::is_err));
    }

    #[test]
    fn positive_counts_always_work(counts in vec(0.0..=f64::MAX, 9)) {
        prop_assume!(counts.iter().any(|&c| c > 0.0));
        prop_assert!(is_distribution(&Nine::from_counts(&counts).unwrap()));
    }

    #[test]
    fn softmax_ignores_a_shift(logits in vec(-50.0..50.0_f64, 9), shift in -1e3..1e3_f64) {
        let moved: Vec<f64> = logits.iter().map(|l| l + shift).collect();
        let (a, b) = (Nine::from_logits(&logits).unwrap(), Nine::from_logits(&moved).unwrap());
        for (p, q) in a.as_slice().iter().zip(b.as_slice()) {
            prop_assert!((p - q).abs() < 1e-10);
        }
    }

    #[test]
    fn files_keep_a_distribution(d in nine()) {
        let text = serde_json::to_string(&d).unwrap();
        let back: Nine = serde_json::from_str(&text).unwrap();
        for (p, q) in d.as_slice().iter().zip(back.as_slice()) {
            prop_assert!((p - q).abs() < 1e-15);
        }
        // Reading a stored value changes nothing.
        prop_assert_eq!(Nine::from_probabilities(d.as_slice()).unwrap(), d);
    }

    #[test]
    fn merging_keeps_mass(d in nine()) {
        let merged = d.polarity();
        prop_assert!(is_distribution(&merged));
        let positive: f64 = d.as_slice()[..4].iter().sum();
        prop_assert!((merged.get(Sentiment::Positive) - positive).abs() < 1e-12);
    }

    #[test]
    fn merged_votes_have_the_same_total(counts in vec(0_u32..50, 9)) {
        let votes = Votes::<Emotion>::from_counts(&counts).unwrap();
        prop_assert_eq!(votes.merge(Emotion::sentiment).total(), votes.total());
        // A strict majority is a majority of at least half, and the only one.
        if let Some(label) = votes.strict_majority() {
            prop_assert_eq!(votes.half_majority(), Some(label));
            prop_assert_eq!(votes.distribution().unwrap().dominant(), label);
        }
    }

    #[test]
    fn entropy_and_ranks_are_in_range(d in nine(), k in 0_usize..12) {
        prop_assert!((0.0..=1.0).contains(&d.normalized_entropy()));
        let top = d.top(k);
        prop_assert_eq!(top.len(), k.min(9));
        prop_assert!(top.windows(2).all(|pair| pair[0].1 >= pair[1].1));
        prop_assert!(top.first().is_none_or(|first| first.0 == d.dominant()));
    }

    #[test]
    fn mixtures_lie_between(a in nine(), b in nine(), w in 0.0..=1.0_f64) {
        let mixed = Nine::mix(&[(&a, w), (&b, 1.0 - w)]).unwrap();
        prop_assert!(is_distribution(&mixed));
        for &label in Emotion::ALL {
            let (p, q) = (a.get(label), b.get(label));
            prop_assert!(mixed.get(label) >= p.min(q) - 1e-12);
            prop_assert!(mixed.get(label) <= p.max(q) + 1e-12);
        }
    }

    #[test]
    fn kl_is_not_negative(a in nine(), b in nine(), floor in 1e-9..1.0_f64) {
        prop_assert!(kl(&a, &b) >= 0.0);
        prop_assert!(kl(&a, &a) < 1e-12);
        let floored = kl_floored(&a, &b, floor).unwrap();
        prop_assert!(floored >= 0.0 && floored.is_finite());
    }

    #[test]
    fn jensen_shannon_is_symmetric_and_bounded(a in nine(), b in nine()) {
        let divergence = jensen_shannon(&a, &b);
        prop_assert!((0.0..=2.0_f64.ln()).contains(&divergence));
        prop_assert!((divergence - jensen_shannon(&b, &a)).abs() < 1e-14);
        prop_assert!(jensen_shannon(&a, &a) < 1e-14);
        let similar = cosine(&a, &b);
        prop_assert!((0.0..=1.0).contains(&similar));
        prop_assert!(cosine(&a, &a) > 1.0 - 1e-12);
    }

    #[test]
    fn earth_mover_is_a_metric(a in nine(), b in nine(), c in nine()) {
        let (ab, bc, ac) = (earth_mover(&a, &b), earth_mover(&b, &c), earth_mover(&a, &c));
        prop_assert!((0.0..=1.0).contains(&ab));
        prop_assert!(ac <= ab + bc + 1e-12);
        prop_assert!((ab - earth_mover(&b, &a)).abs() < 1e-14);
        prop_assert_eq!(earth_mover(&a, &a), 0.0);
        // It is at least the difference of the mean valences, over the range 6.
        let mean = |d: &Nine| d.expectation(Emotion::valence).unwrap();
        prop_assert!(ab + 1e-12 >= (mean(&a) - mean(&b)).abs() / 6.0);
    }

    #[test]
    fn auc_sees_only_the_order(rows in grades()) {
        let flags: Vec<bool> = rows.iter().map(|row| row.2).collect();
        let scores: Vec<f64> = rows.iter().map(|row| row.0).collect();
        let bent: Vec<f64> = scores.iter().map(|s| s.exp() - 100.0).collect();
        let turned: Vec<f64> = scores.iter().map(|s| -s).collect();
        match auc(&scores, &flags) {
            Ok(area) => {
                prop_assert!((0.0..=1.0).contains(&area));
                prop_assert_eq!(auc(&bent, &flags), Ok(area));
                prop_assert!((auc(&turned, &flags).unwrap() - (1.0 - area)).abs() < 1e-12);
            }
            Err(_) => prop_assert!(flags.iter().all(|f| *f == flags[0])),
        }
    }

    #[test]
    fn correlations_are_bounded(rows in grades(), scale in 0.1..10.0_f64, shift in -5.0..5.0_f64) {
        let (x, y): (Vec<f64>, Vec<f64>) = rows.iter().map(|row| (row.0, row.1)).unzip();
        let moved: Vec<f64> = x.iter().map(|v| scale * v + shift).collect();
        if let Ok(r) = pearson(&x, &y) {
            prop_assert!((-1.0..=1.0).contains(&r));
            prop_assert!((pearson(&moved, &y).unwrap() - r).abs() < 1e-9);
            // The concordance is never further from zero than the correlation.
            let lin = concordance(&x, &y).unwrap();
            prop_assert!(lin.abs() <= r.abs() + 1e-12 && lin * r >= -1e-12);
            let rho = spearman(&x, &y).unwrap();
            prop_assert!((-1.0..=1.0).contains(&rho));
            prop_assert!((spearman(&y, &x).unwrap() - rho).abs() < 1e-12);
        }
    }

    #[test]
    fn no_list_of_numbers_panics(
        x in vec(anything(), 0..6),
        y in vec(anything(), 0..6),
        flags in vec(any::<bool>(), 0..6),
        bins in 0_usize..5,
    ) {
        for metric in [pearson, spearman, concordance] {
            if let Ok(value) = metric(&x, &y) {
                prop_assert!((-1.0..=1.0).contains(&value), "{value}");
            }
        }
        if let Ok(ranks) = mid_ranks(&x) {
            let n = x.len() as f64;
            prop_assert!((ranks.iter().sum::<f64>() - n * (n + 1.0) / 2.0).abs() < 1e-9);
        }
        let _ = auc(&x, &flags);
        if let Ok(error) = expected_calibration_error(&x, &flags, bins) {
            prop_assert!((0.0..=1.0).contains(&error));
        }
        for value in x {
            let _ = Affect::clamped(value, value, Some(value));
            let _ = Scale::Sam.to_oasis(value);
        }
    }

    #[test]
    fn no_word_panics(text in any::<String>()) {
        if let Ok(label) = Emotion::parse(&text) {
            prop_assert_eq!(Emotion::parse(label.name()), Ok(label));
        }
    }
}
