//! Expected calibration error.
//!
//! * **Computes** Σ (n_b / n) |accuracy_b − confidence_b| over equal-width bins
//!   of confidence, 0..=1, lower is better: of the pictures answered with 70 %,
//!   are 70 % right?
//! * **Inputs.** The probability of the given answer, 0..=1, and whether it was
//!   right. Bin k of B holds (k/B, (k+1)/B]; the first also holds 0.
//! * **Source.** Naeini et al., AAAI 2015; Guo et al., ICML 2017.
//! * **Edge cases.** No pieces, different lengths, a confidence that is NaN or
//!   outside 0..=1, bins outside 1..=[`MAX_BINS`]: an error.
//! * **Deviations.** None. The estimate is biased upwards on small samples and
//!   depends on the number of bins: print both.
//!
//! ```
//! use affetti_emotion::metrics::expected_calibration_error;
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! // Bin (0, .5]: confidence .4, right never. Bin (.5, 1]: .9, right always.
//! let error = expected_calibration_error(&[0.4, 0.9], &[false, true], 2)?;
//! assert!((error - (0.5 * 0.4 + 0.5 * 0.1)).abs() < 1e-12);
//! # Ok(())
//! # }
//! ```

use crate::EmotionError;
use crate::check::{at_least, in_range, same_length};

/// The largest number of bins; more would be empty for any real sample.
pub const MAX_BINS: usize = 10_000;

/// One bin of a reliability diagram.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ReliabilityBin {
    /// Lower end, exclusive (inclusive for the first bin).
    pub low: f64,
    /// Upper end, inclusive.
    pub high: f64,
    /// The number of pieces in the bin.
    pub count: usize,
    /// Their mean confidence, 0..=1; 0 if there are none.
    pub confidence: f64,
    /// The share of them that is right, 0..=1; 0 if there are none.
    pub accuracy: f64,
}

/// The reliability diagram: all bins from low to high, empty ones included.
///
/// # Errors
/// See the [module](self).
pub fn reliability(
    confidence: &[f64],
    correct: &[bool],
    bins: usize,
) -> Result<Vec<ReliabilityBin>, EmotionError> {
    check(confidence, correct, bins)?;
    let edge = |k: usize| k as f64 / bins as f64;
    let mut table: Vec<ReliabilityBin> = (0..bins)
        .map(|k| ReliabilityBin {
            low: edge(k),
            high: edge(k + 1),
            count: 0,
            confidence: 0.0,
            accuracy: 0.0,
        })
        .collect();
    for (&c, &right) in confidence.iter().zip(correct) {
        // Edges are compared, not multiplied: 0.7·10 need not be 7.
        let k = table.partition_point(|bin| bin.high < c).min(bins - 1);
        table[k].count += 1;
        table[k].confidence += c;
        table[k].accuracy += f64::from(u8::from(right));
    }
    for bin in table.iter_mut().filter(|bin| bin.count > 0) {
        bin.confidence /= bin.count as f64;
        bin.accuracy /= bin.count as f64;
    }
    Ok(table)
}

/// Expected calibration error, 0..=1.
///
/// # Errors
/// See the [module](self).
pub fn expected_calibration_error(
    confidence: &[f64],
    correct: &[bool],
    bins: usize,
) -> Result<f64, EmotionError> {
    let table = reliability(confidence, correct, bins)?;
    let gap = |bin: &ReliabilityBin| bin.count as f64 * (bin.accuracy - bin.confidence).abs();
    Ok(table.iter().map(gap).sum::<f64>() / confidence.len() as f64)
}

fn check(confidence: &[f64], correct: &[bool], bins: usize) -> Result<(), EmotionError> {
    if !(1..=MAX_BINS).contains(&bins) {
        return Err(EmotionError::Parameter {
            name: "bins",
            value: bins as f64,
            expected: "in 1..=10000",
        });
    }
    same_length("calibration", confidence.len(), correct.len())?;
    at_least("calibration", 1, confidence.len())?;
    in_range("confidence", confidence, 0.0, 1.0)
}
