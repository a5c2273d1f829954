//! ROUGE-L: the longest common subsequence with a reference.
//!
//! - **Computes** of the largest share of a caption and the largest share of a reference that lie in a
//!   common subsequence the weighted harmonic mean.
//! - **Input** captions, and the references of each. **Output** a number each, 0..1, higher is better.
//! - **Source** Lin (2004), β = 1.2 as in pycocoevalcap.
//! - **Deviations** none.

use super::novelty::Pattern;
use super::{Caption, paired};
use crate::error::WordsError;
use rayon::prelude::*;

const BETA: f64 = 1.2;

/// ROUGE-L of each caption.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn rouge_l(captions: &[Caption], references: &[Vec<Caption>]) -> Result<Vec<f64>, WordsError> {
    paired(captions, references)?;
    let each = captions.par_iter().zip(references);
    Ok(each
        .map(|(caption, references)| one(caption, references))
        .collect())
}

fn one(caption: &Caption, references: &[Caption]) -> f64 {
    let pattern = Pattern::new(caption);
    let share = |common: usize, length: usize| common as f64 / length.max(1) as f64;
    let (mut precision, mut recall) = (0.0_f64, 0.0_f64);
    for reference in references {
        let common = pattern.common(reference);
        precision = precision.max(share(common, caption.len()));
        recall = recall.max(share(common, reference.len()));
    }
    if precision == 0.0 || recall == 0.0 {
        return 0.0;
    }
    (1.0 + BETA * BETA) * precision * recall / (recall + BETA * BETA * precision)
}
