//! BLEU: shared runs of words.
//!
//! - **Computes** for n = 1 to 4 the geometric mean of the precisions of runs of up to n words over all
//!   captions together, a run counting as often as one reference has it at most, times a penalty where
//!   captions are shorter than the references nearest to them in length.
//! - **Input** captions, and the references of each. **Output** BLEU-1 to BLEU-4, 0..1, higher is
//!   better.
//! - **Source** Papineni et al. (2002), with the small constants of pycocoevalcap, which keep it from 0.
//! - **Deviations** none.

use super::{Caption, numbered, paired, runs};
use crate::error::WordsError;
use rayon::prelude::*;
use std::collections::HashMap;

const TINY: f64 = 1e-15;
const SMALL: f64 = 1e-9;

/// What is added up over the captions.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Counts {
    right: [usize; 4],
    all: [usize; 4],
    length: usize,
    wanted: usize,
}

/// BLEU-1 to BLEU-4 of a collection.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn bleu(captions: &[Caption], references: &[Vec<Caption>]) -> Result<[f64; 4], WordsError> {
    Ok(score(&counted(captions, references)?))
}

/// What each caption adds.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn counted(
    captions: &[Caption],
    references: &[Vec<Caption>],
) -> Result<Vec<Counts>, WordsError> {
    paired(captions, references)?;
    let mut known = HashMap::new();
    let captions = numbered(captions, &mut known);
    let references: Vec<Vec<Vec<u32>>> = references
        .iter()
        .map(|own| numbered(own, &mut known))
        .collect();
    let each = captions.par_iter().zip(&references);
    Ok(each
        .map(|(caption, references)| counts(caption, references))
        .collect())
}

/// BLEU-1 to BLEU-4 of captions that add these.
#[must_use]
pub fn score<'a>(counts: impl IntoIterator<Item = &'a Counts>) -> [f64; 4] {
    let add = |a: Counts, b: &Counts| Counts {
        right: std::array::from_fn(|n| a.right[n] + b.right[n]),
        all: std::array::from_fn(|n| a.all[n] + b.all[n]),
        length: a.length + b.length,
        wanted: a.wanted + b.wanted,
    };
    let sum = counts.into_iter().fold(Counts::default(), add);
    let ratio = (sum.length as f64 + TINY) / (sum.wanted as f64 + SMALL);
    let penalty = if ratio < 1.0 {
        (1.0 - 1.0 / ratio).exp()
    } else {
        1.0
    };
    let mut product = 1.0;
    std::array::from_fn(|n| {
        product *= (sum.right[n] as f64 + TINY) / (sum.all[n] as f64 + SMALL);
        product.powf(1.0 / (n + 1) as f64) * penalty
    })
}

fn counts(caption: &[u32], references: &[Vec<u32>]) -> Counts {
    let found = runs(caption);
    let mut most: [HashMap<&[u32], usize>; 4] = Default::default();
    for reference in references {
        for (n, most) in most.iter_mut().enumerate() {
            // Only runs that the caption has are looked for.
            let mut own: HashMap<&[u32], usize> = HashMap::new();
            for run in reference
                .windows(n + 1)
                .filter(|run| found[n].contains_key(run))
            {
                *own.entry(run).or_default() += 1;
            }
            for (run, count) in own {
                let place = most.entry(run).or_default();
                *place = count.max(*place);
            }
        }
    }
    let length = caption.len();
    let right = |n: usize| -> usize {
        let clipped =
            |(run, count): (&&[u32], &usize)| most[n].get(run).map_or(0, |most| *count.min(most));
        found[n].iter().map(clipped).sum()
    };
    // Of two that are as near, the shorter.
    let nearest = references
        .iter()
        .map(Vec::len)
        .min_by_key(|l| (l.abs_diff(length), *l));
    Counts {
        right: std::array::from_fn(right),
        all: std::array::from_fn(|n| length.saturating_sub(n)),
        length,
        wanted: nearest.unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::bleu;
    use crate::metrics::Caption;

    fn words(text: &str) -> Caption {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn short_captions_are_punished_and_repeated_words_count_once() {
        let references = vec![vec![words("the sea is calm"), words("a calm sea")]];
        // "the the": one of two is right; the nearest reference has three words.
        let [one, two, ..] = bleu(&[words("the the")], &references).expect("paired");
        let penalty = (1.0 - 3.0 / 2.0_f64).exp();
        assert!((one - 0.5 * penalty).abs() < 1e-8, "{one}");
        // No pair of one is right: 10⁻¹⁵ under the root.
        assert!(two < 1e-6);
    }

    #[test]
    fn what_does_not_belong_together_is_told() {
        for (captions, references, told) in [
            (vec![], vec![], "there is no caption to measure"),
            (
                vec![words("a")],
                vec![],
                "1 captions for 0 pictures with references",
            ),
            (vec![words("a")], vec![vec![]], "picture 1 has no reference"),
        ] {
            let error = bleu(&captions, &references).expect_err("unpaired");
            assert_eq!(error.to_string(), told);
        }
    }
}
