//! Area under the ROC curve.
//!
//! * **Computes** the chance that a random positive piece scores higher than a
//!   random negative one, ties counting half; 0..=1, higher is better, 0.5 is
//!   guessing.
//! * **Inputs.** Scores in any unit, larger meaning more positive; ±∞ is
//!   allowed, since only the order counts.
//! * **Source.** Hanley and McNeil, Radiology 143(1), 1982: the Mann-Whitney
//!   statistic, here from mid-ranks in O(n log n).
//! * **Edge cases.** Lists of different length, NaN: an error. Without both a
//!   positive and a negative piece: [`EmotionError::Undefined`]. All scores
//!   equal: 0.5.
//! * **Deviations.** None.
//!
//! ```
//! use affetti_emotion::metrics::auc;
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! // Pairs: .8 > .3, .8 > .5, .5 > .3, .5 = .5 — three and a half of four.
//! let area = auc(&[0.3, 0.5, 0.5, 0.8], &[false, false, true, true])?;
//! assert_eq!(area, 0.875);
//! # Ok(())
//! # }
//! ```

use super::correlation::mid_ranks;
use crate::EmotionError;
use crate::check::same_length;

/// Area under the ROC curve, 0..=1.
///
/// # Errors
/// See the [module](self).
pub fn auc(scores: &[f64], positive: &[bool]) -> Result<f64, EmotionError> {
    same_length("AUC", scores.len(), positive.len())?;
    let ranks = mid_ranks(scores)?;
    let positives = positive.iter().filter(|&&p| p).count() as f64;
    let negatives = positive.len() as f64 - positives;
    if positives == 0.0 || negatives == 0.0 {
        return Err(EmotionError::Undefined {
            what: "AUC",
            reason: "it needs positive and negative pieces",
        });
    }
    let pairs = ranks.iter().zip(positive);
    let rank_sum: f64 = pairs.filter(|(_, p)| **p).map(|(rank, _)| rank).sum();
    // The positives' ranks among themselves sum to P(P+1)/2; what is left
    // counts the negatives below them.
    let below = rank_sum - positives * (positives + 1.0) / 2.0;
    Ok(below / (positives * negatives))
}
