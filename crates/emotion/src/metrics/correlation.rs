//! Pearson's and Spearman's correlation.
//!
//! * **Computes**, from paired samples in any unit, −1..=1, higher is better:
//!   *Pearson's r*, agreement up to scale and shift; *Spearman's ρ*, Pearson's r
//!   of the mid-ranks, agreement in order only.
//! * **Source.** Pearson 1895; Spearman 1904; tied values share the mean of
//!   their ranks.
//! * **Edge cases.** Lists of different length, fewer than two pairs, NaN or ±∞
//!   (for ρ only NaN): an error. A list whose values are all equal has no
//!   correlation: [`EmotionError::Undefined`], where NumPy gives NaN.
//! * **Deviations.** Deviations are divided by their largest before squaring, so
//!   that values near the ends of `f64` neither overflow nor vanish.
//!
//! ```
//! use affetti_emotion::metrics::{pearson, spearman};
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! let (x, y) = ([1.0, 2.0, 3.0], [1.0, 4.0, 9.0]);
//! assert_eq!(spearman(&x, &y)?, 1.0);
//! assert!(pearson(&x, &y)? < 1.0);
//! # Ok(())
//! # }
//! ```

use crate::EmotionError;
use crate::check::{at_least, defined, in_range, paired_samples, same_length};

/// Pearson's r, −1..=1.
///
/// # Errors
/// See the [module](self).
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, EmotionError> {
    const WHAT: &str = "Pearson correlation";
    paired_samples(WHAT, x, y, 2)?;
    let (x, y) = (standard(WHAT, x)?, standard(WHAT, y)?);
    let dot = |a: &[f64], b: &[f64]| -> f64 { a.iter().zip(b).map(|(p, q)| p * q).sum() };
    // One root of the product, not the product of two roots: r of a list with
    // itself is then exactly 1. Both factors lie in 1..=n.
    let r = dot(&x, &y) / (dot(&x, &x) * dot(&y, &y)).sqrt();
    Ok(defined(WHAT, r)?.clamp(-1.0, 1.0))
}

/// Deviations from the mean, the largest brought to ±1.
fn standard(what: &'static str, values: &[f64]) -> Result<Vec<f64>, EmotionError> {
    // Compared exactly: the rounded mean of equal numbers may differ from them,
    // and the correlation would then be one of rounding errors.
    if values.iter().all(|v| *v == values[0]) {
        return Err(EmotionError::Undefined {
            what,
            reason: "all values of one list are equal",
        });
    }
    let n = values.len() as f64;
    let mean: f64 = values.iter().map(|v| v / n).sum();
    let deviations: Vec<f64> = values.iter().map(|v| v - mean).collect();
    let largest = deviations.iter().fold(0.0, |m: f64, d| m.max(d.abs()));
    let largest = defined(what, largest)?;
    Ok(deviations.iter().map(|d| d / largest).collect())
}

/// Spearman's ρ, −1..=1. ±∞ is allowed: only the order counts.
///
/// # Errors
/// See the [module](self).
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, EmotionError> {
    const WHAT: &str = "Spearman correlation";
    same_length(WHAT, x.len(), y.len())?;
    at_least(WHAT, 2, x.len())?;
    let (x, y) = (mid_ranks(x)?, mid_ranks(y)?);
    pearson(&x, &y).map_err(|error| match error {
        EmotionError::Undefined { reason, .. } => EmotionError::Undefined { what: WHAT, reason },
        other => other,
    })
}

/// The rank of each value from 1, smallest first; equal values share the mean
/// of their ranks. −0 and 0 are equal.
///
/// # Errors
/// [`EmotionError::OutOfRange`] if a value is NaN.
pub fn mid_ranks(values: &[f64]) -> Result<Vec<f64>, EmotionError> {
    in_range("ranked values", values, f64::NEG_INFINITY, f64::INFINITY)?;
    // Adding 0 turns −0 into 0, which `total_cmp` would tell apart.
    let key = |i: usize| values[i] + 0.0;
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&i, &j| key(i).total_cmp(&key(j)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0_usize;
    for group in order.chunk_by(|&i, &j| key(i) == key(j)) {
        // Ranks before+1 ..= before+len have the mean before + (len + 1)/2.
        let rank = before as f64 + (group.len() as f64 + 1.0) / 2.0;
        for &i in group {
            ranks[i] = rank;
        }
        before += group.len();
    }
    Ok(ranks)
}
