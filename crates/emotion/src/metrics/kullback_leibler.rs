//! Kullback-Leibler divergence of a prediction from people.
//!
//! * **Computes** KL(human ‖ predicted) = Σ h ln(h / p), in nats, 0..=∞; lower
//!   is better, 0 only for equal distributions. Natural logarithm.
//! * **Zeros.** A term with h = 0 is 0. Where h > 0 and p = 0 the divergence is
//!   ∞: the model called impossible what a person felt. [`kl_floored`] instead
//!   raises every p to a floor and divides by the new sum; say so beside the
//!   number, since a floor hides such mistakes.
//! * **Skill** is 1 − KL / KL(prior): 1 is perfect, 0 no better than answering
//!   the mean histogram of the training set every time, negative worse.
//! * **Source.** Kullback and Leibler 1951; used as training loss and score by
//!   ArtEmis (`batchmean` is the mean over pictures).
//! * **Deviations.** None.
//!
//! ```
//! use affetti_emotion::metrics::{kl, skill};
//! use affetti_emotion::{Distribution, Sentiment};
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! let human = Distribution::<Sentiment>::from_probabilities(&[0.5, 0.5, 0.0])?;
//! let model = Distribution::from_probabilities(&[0.4, 0.4, 0.2])?;
//! assert!((kl(&human, &model) - (5.0_f64 / 4.0).ln()).abs() < 1e-12);
//! assert_eq!(skill(0.2, 0.8)?, 0.75);
//! # Ok(())
//! # }
//! ```

use crate::check::{at_least, same_length};
use crate::{Distribution, EmotionError, Label};

/// KL(human ‖ predicted) in nats, 0..=∞. See the [module](self) for zeros.
#[must_use]
pub fn kl<L: Label>(human: &Distribution<L>, predicted: &Distribution<L>) -> f64 {
    let sum: f64 = human
        .as_slice()
        .iter()
        .zip(predicted.as_slice())
        .map(|(&h, &p)| term(h, p))
        .sum();
    // Rounding can bring the sum of nearly equal distributions just below 0.
    sum.max(0.0)
}

/// h ln(h / p) with 0 ln 0 = 0. The logarithms are subtracted because the
/// quotient overflows when p is subnormal.
pub(super) fn term(h: f64, p: f64) -> f64 {
    if h == 0.0 { 0.0 } else { h * (h.ln() - p.ln()) }
}

/// KL(human ‖ predicted) in nats with every predicted probability raised to at
/// least `floor` and renormalised; finite for any positive floor.
///
/// # Errors
/// [`EmotionError::Parameter`] unless `floor` is in 0..=1. A floor of 0 is
/// [`kl`].
pub fn kl_floored<L: Label>(
    human: &Distribution<L>,
    predicted: &Distribution<L>,
    floor: f64,
) -> Result<f64, EmotionError> {
    Ok(kl(human, &predicted.floored(floor)?))
}

/// The mean of [`kl_floored`] over pictures, in nats. With `floor` 0 a single
/// impossible emotion makes it ∞.
///
/// # Errors
/// [`EmotionError::WrongLength`] if the lists differ in length;
/// [`EmotionError::TooFew`] if they are empty; [`EmotionError::Parameter`] for
/// a bad floor.
pub fn mean_kl<L: Label>(
    human: &[Distribution<L>],
    predicted: &[Distribution<L>],
    floor: f64,
) -> Result<f64, EmotionError> {
    same_length("mean KL", human.len(), predicted.len())?;
    at_least("mean KL", 1, human.len())?;
    let mut sum = 0.0;
    for (h, p) in human.iter().zip(predicted) {
        sum += kl_floored(h, p, floor)?;
    }
    Ok(sum / human.len() as f64)
}

/// 1 − KL / KL(prior), at most 1; higher is better. −∞ if only the model's KL
/// is infinite.
///
/// # Errors
/// [`EmotionError::OutOfRange`] if a divergence is NaN or negative;
/// [`EmotionError::Undefined`] if the prior's is 0 (nothing left to explain) or
/// infinite.
pub fn skill(model_kl: f64, prior_kl: f64) -> Result<f64, EmotionError> {
    crate::check::in_range("KL", &[model_kl, prior_kl], 0.0, f64::INFINITY)?;
    if prior_kl == 0.0 || prior_kl.is_infinite() {
        return Err(EmotionError::Undefined {
            what: "skill",
            reason: "the prior's divergence is zero or infinite",
        });
    }
    Ok(1.0 - model_kl / prior_kl)
}
