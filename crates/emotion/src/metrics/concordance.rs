//! Lin's concordance correlation.
//!
//! * **Computes** 2 s_xy / (s_x² + s_y² + (x̄ − ȳ)²) with moments divided by n,
//!   −1..=1, higher is better. Unlike Pearson's r it falls when the predictions
//!   are shifted or flattened: 1 means that every pair lies on x = y.
//! * **Inputs.** Paired ratings on the same scale, for us valence or arousal on
//!   1..7.
//! * **Source.** Lin, Biometrics 45(1), 1989, equation for the sample with 1/n.
//! * **Edge cases.** Lists of different length, fewer than two pairs, NaN or ±∞:
//!   an error. One list constant: 0, since the covariance is 0. Both constant
//!   and equal: 0/0, [`EmotionError::Undefined`].
//! * **Deviations.** All values are divided by the largest magnitude first,
//!   which changes nothing but overflow.
//!
//! ```
//! use affetti_emotion::metrics::concordance;
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! // Perfectly correlated, but one too high: 2·(2/3) / (2/3 + 2/3 + 1) = 4/7.
//! let r = concordance(&[2.0, 3.0, 4.0], &[3.0, 4.0, 5.0])?;
//! assert!((r - 4.0 / 7.0).abs() < 1e-12);
//! # Ok(())
//! # }
//! ```

use crate::EmotionError;
use crate::check::{defined, paired_samples};

/// Lin's concordance correlation, −1..=1.
///
/// # Errors
/// See the [module](self).
pub fn concordance(x: &[f64], y: &[f64]) -> Result<f64, EmotionError> {
    const WHAT: &str = "concordance correlation";
    paired_samples(WHAT, x, y, 2)?;
    if x.iter().chain(y).all(|v| *v == x[0]) {
        return Err(EmotionError::Undefined {
            what: WHAT,
            reason: "both lists hold one and the same value",
        });
    }
    let (x_constant, y_constant) = (constant(x), constant(y));
    if x_constant || y_constant {
        return Ok(0.0);
    }
    let largest = x.iter().chain(y).fold(0.0, |m: f64, v| m.max(v.abs()));
    let (x, x_mean) = centered(x, largest);
    let (y, y_mean) = centered(y, largest);
    let dot = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(p, q)| p * q).sum::<f64>() / a.len() as f64
    };
    let spread = dot(&x, &x) + dot(&y, &y) + (x_mean - y_mean).powi(2);
    Ok(defined(WHAT, 2.0 * dot(&x, &y) / spread)?.clamp(-1.0, 1.0))
}

fn constant(values: &[f64]) -> bool {
    values.iter().all(|v| *v == values[0])
}

/// Deviations and mean of the values divided by `unit`.
fn centered(values: &[f64], unit: f64) -> (Vec<f64>, f64) {
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v / unit).sum::<f64>() / n;
    (values.iter().map(|v| v / unit - mean).collect(), mean)
}
