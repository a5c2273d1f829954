//! Affective regions: boxes that hold a thing and a feeling.
//!
//! - **Computes** the sentiment score of a region's distribution, objectness on a scale of 0..1, the
//!   AR score of both, and the best regions by it.
//! - **Input** distributions over two or more classes (each ≥ 0, sum 1), raw objectness ≥ 0.
//! - **Output** scores of 0..=1, larger for more affective.
//! - **Source** Yang et al., "Visual Sentiment Prediction Based on Automatic Discovery of Affective
//!   Regions", IEEE TMM 20(9), 2018: Senti = Σ y log y + 1; AR = √((1−α)·Obj² + α·Senti²);
//!   `docs/facts.md`, "Affective regions: scores".
//! - **Deviation** the logarithm's base is the number of classes, so that the score spans 0..=1 as
//!   the article says; the scale of objectness is a choice, by default divided by the picture's
//!   largest.
//!
//! ```
//! use affetti_regions::affective::{ALPHA, ar_score, sentiment_score};
//! assert_eq!(sentiment_score(&[0.5, 0.5])?, 0.0);
//! assert_eq!(sentiment_score(&[1.0, 0.0])?, 1.0);
//! assert!((ar_score(0.6, 0.8, ALPHA)? - 0.7266_f32).abs() < 1e-4);
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

use serde::{Deserialize, Serialize};

use crate::error::{RegionsError, require};

/// Weight of sentiment against objectness in the article.
pub const ALPHA: f32 = 0.6;

/// Regions used in the article's best rows.
pub const REGIONS: usize = 8;

/// How far a distribution's sum may be from 1: what rounding to three digits leaves of nine.
const SUM_TOLERANCE: f32 = 0.005;

/// How raw objectness becomes a score of 0..=1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalization {
    /// As it is; may exceed 1.
    Raw,
    /// Divided by the picture's largest.
    #[default]
    Max,
    /// The picture's smallest becomes 0, its largest 1.
    MinMax,
}

/// 1 − entropy to the base of the number of classes: 0 where all classes are alike, 1 where one is
/// certain.
///
/// # Errors
/// [`RegionsError::Count`] for fewer than two classes, [`RegionsError::BadInput`] for what is not a
/// distribution.
pub fn sentiment_score(distribution: &[f32]) -> Result<f32, RegionsError> {
    check_distribution(distribution, 0)?;
    let base = (distribution.len() as f32).ln();
    // 0 log 0 is 0.
    let positive = distribution.iter().filter(|&&p| p > 0.0);
    let negative_entropy: f32 = positive.map(|p| p * p.ln()).sum();
    Ok((1.0 + negative_entropy / base).clamp(0.0, 1.0))
}

/// That this is a distribution over at least two classes.
pub(crate) fn check_distribution(distribution: &[f32], index: usize) -> Result<(), RegionsError> {
    let bad = |reason| RegionsError::BadInput {
        what: "distribution",
        index,
        reason,
    };
    if distribution.len() < 2 {
        return Err(RegionsError::Count {
            what: "classes",
            found: distribution.len(),
            expected: 2,
            hint: "a sentiment needs at least two",
        });
    }
    if !distribution.iter().all(|p| p.is_finite() && *p >= 0.0) {
        return Err(bad("every probability has to be a number of at least 0"));
    }
    if (distribution.iter().sum::<f32>() - 1.0).abs() > SUM_TOLERANCE {
        return Err(bad("the probabilities have to add up to 1"));
    }
    Ok(())
}

/// Objectness of all regions of one picture on one scale. Where all are alike, `Max` gives 1 to
/// each (0 if all are 0) and `MinMax` 0 to each.
///
/// # Errors
/// [`RegionsError::BadInput`] for a value that is not a number of at least 0.
pub fn normalize_objectness(
    raw: &[f32],
    normalization: Normalization,
) -> Result<Vec<f32>, RegionsError> {
    check_scores("objectness", raw)?;
    let low = raw.iter().copied().fold(f32::INFINITY, f32::min);
    let high = raw.iter().copied().fold(0.0, f32::max);
    let scaled = |low: f32| {
        let range = high - low;
        let scale = |v: &f32| if range > 0.0 { (v - low) / range } else { 0.0 };
        raw.iter().map(scale).collect()
    };
    Ok(match normalization {
        Normalization::Raw => raw.to_vec(),
        Normalization::Max => scaled(0.0),
        Normalization::MinMax => scaled(low),
    })
}

fn check_scores(what: &'static str, scores: &[f32]) -> Result<(), RegionsError> {
    match scores.iter().position(|s| !(s.is_finite() && *s >= 0.0)) {
        None => Ok(()),
        Some(index) => Err(RegionsError::BadInput {
            what,
            index,
            reason: "it has to be a number of at least 0",
        }),
    }
}

/// √((1−α)·objectness² + α·sentiment²): at α 0 the objectness, at 1 the sentiment.
///
/// # Errors
/// [`RegionsError::Parameter`] for α outside of 0..=1, [`RegionsError::BadInput`] for scores that
/// are not numbers of at least 0.
pub fn ar_score(objectness: f32, sentiment: f32, alpha: f32) -> Result<f32, RegionsError> {
    require("alpha", alpha, 0.0..=1.0, "0 to 1")?;
    check_scores("score", &[objectness, sentiment])?;
    // The root of a square may be one bit off: the ends are exact.
    Ok(if alpha == 0.0 {
        objectness
    } else if alpha == 1.0 {
        sentiment
    } else {
        ((1.0 - alpha) * objectness * objectness + alpha * sentiment * sentiment).sqrt()
    })
}

/// Places of the `k` largest scores, best first; the earlier of equals first. All of them where
/// there are fewer than `k`.
#[must_use]
pub fn top(scores: &[f32], k: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
    order.truncate(k);
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use proptest::prelude::*;

    #[test]
    fn sentiment_spans_0_to_1() {
        // `docs/facts.md`, "Affective regions: scores": (.5, .5) → 0, (1, 0) → 1.
        assert_eq!(sentiment_score(&[0.5, 0.5]).expect("a score"), 0.0);
        assert_eq!(sentiment_score(&[0.0, 1.0]).expect("a score"), 1.0);
        // .9·log2 .9 + .1·log2 .1 + 1 = 1 − .469.
        let score = sentiment_score(&[0.9, 0.1]).expect("a score");
        assert!((score - 0.531).abs() < 1e-3);
        assert!(sentiment_score(&[1.0 / 9.0; 9]).expect("a score") < 1e-6);
        let mut certain = [0.0; 9];
        certain[4] = 1.0;
        assert_eq!(sentiment_score(&certain).expect("a score"), 1.0);
    }

    #[test]
    fn what_is_no_distribution_is_refused() {
        for bad in [&[1.0][..], &[], &[0.5, f32::NAN], &[1.5, -0.5], &[0.5, 0.2]] {
            let error = sentiment_score(bad).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Input);
        }
    }

    #[test]
    fn objectness_on_three_scales() {
        let raw = [0.1, 0.3, 0.2];
        let scaled = |n| normalize_objectness(&raw, n).expect("scores");
        assert_eq!(scaled(Normalization::Raw), raw);
        affetti_testkit::assert_all_close(
            &scaled(Normalization::Max),
            &[1.0 / 3.0, 1.0, 2.0 / 3.0],
            1e-6,
        );
        affetti_testkit::assert_all_close(&scaled(Normalization::MinMax), &[0.0, 1.0, 0.5], 1e-6);
        for n in [
            Normalization::Raw,
            Normalization::Max,
            Normalization::MinMax,
        ] {
            assert_eq!(normalize_objectness(&[], n).expect("none"), [0.0; 0]);
            assert_eq!(normalize_objectness(&[0.0; 2], n).expect("zeros"), [0.0; 2]);
            assert!(normalize_objectness(&[0.2, f32::NAN], n).is_err());
        }
        let alike = normalize_objectness(&[0.2; 2], Normalization::Max).expect("alike");
        assert_eq!(alike, [1.0; 2]);
    }

    #[test]
    fn alpha_chooses_between_the_two() {
        // By the formula, α 0 leaves objectness and α 1 sentiment.
        assert_eq!(ar_score(0.3, 0.7, 0.0).expect("a score"), 0.3);
        assert_eq!(ar_score(0.3, 0.7, 1.0).expect("a score"), 0.7);
        // √(.4·.09 + .6·.49) = √.33.
        assert!((ar_score(0.3, 0.7, 0.6).expect("a score") - 0.33_f32.sqrt()).abs() < 1e-6);
        let kind = |alpha| ar_score(0.3, 0.7, alpha).expect_err("refused").kind();
        assert_eq!(kind(1.1), ErrorKind::Parameter);
        assert_eq!(kind(f32::NAN), ErrorKind::Parameter);
        assert!(ar_score(f32::NAN, 0.5, 0.5).is_err());
    }

    #[test]
    fn the_best_come_first() {
        assert_eq!(top(&[0.2, 0.9, 0.5, 0.9], 3), [1, 3, 2]);
        assert_eq!(top(&[0.2], 8), [0]);
        assert!(top(&[], 8).is_empty());
    }

    proptest! {
        #[test]
        fn ar_lies_between_its_parts(o in 0.0_f32..1.0, s in 0.0_f32..1.0, alpha in 0.0_f32..=1.0) {
            let score = ar_score(o, s, alpha).expect("a score");
            prop_assert!(score >= o.min(s) - 1e-6 && score <= o.max(s) + 1e-6);
        }
    }
}
