//! CIDEr: shared runs of words, rare ones weighing more.
//!
//! - **Computes** for runs of one to four words the cosine between their counts in caption and
//!   reference, each weighted by the logarithm of the share of pictures whose references have it; the
//!   mean over lengths and references, times ten. CIDEr-D lets no run count more than the reference has
//!   it, and lets other lengths count less.
//! - **Input** captions, and the references of each. **Output** a number each, 0..10, higher is better.
//! - **Source** Vedantam et al. (2015), equations 1 to 4; the width σ = 6 and that lengths are counted
//!   in pairs of words as in pycocoevalcap, which calls CIDEr-D "CIDEr".
//! - **Deviations** none. How rare a run is, is read from the references given.

use super::{Caption, paired, runs};
use crate::error::WordsError;
use rayon::prelude::*;
use std::collections::{HashMap, HashSet};

const SIGMA: f64 = 6.0;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As first published.
    Plain,
    /// CIDEr-D.
    Clipped,
}

/// In how many pictures' references each run occurs.
#[derive(Clone, Debug)]
pub struct Rarity<'a> {
    counts: HashMap<&'a [String], usize>,
    pictures: f64,
}

/// Weighted counts of a caption's runs, by length.
struct Vector<'a> {
    weights: [HashMap<&'a [String], f64>; 4],
    norms: [f64; 4],
    pairs: usize,
}

impl<'a> Rarity<'a> {
    /// Of the references of all pictures.
    #[must_use]
    pub fn of(references: &'a [Vec<Caption>]) -> Self {
        let part = |pictures: &'a [Vec<Caption>]| {
            let mut counts: HashMap<&[String], usize> = HashMap::new();
            let mut once: HashSet<&[String]> = HashSet::new();
            for picture in pictures {
                once.clear();
                for reference in picture {
                    (1..=4).for_each(|n| once.extend(reference.windows(n)));
                }
                once.iter()
                    .for_each(|run| *counts.entry(run).or_default() += 1);
            }
            counts
        };
        let join = |mut all: HashMap<&'a [String], usize>, part: HashMap<&'a [String], usize>| {
            part.into_iter()
                .for_each(|(run, count)| *all.entry(run).or_default() += count);
            all
        };
        let parts = references
            .par_chunks(references.len().div_ceil(8).max(1))
            .map(part);
        let counts = parts.reduce_with(join).unwrap_or_default();
        Self {
            counts,
            pictures: references.len() as f64,
        }
    }

    fn vector<'b>(&self, caption: &'b [String]) -> Vector<'b> {
        let weight = |(run, count): (&'b [String], usize)| {
            let pictures = self.counts.get(run).copied().unwrap_or(0).max(1) as f64;
            (run, count as f64 * (self.pictures.ln() - pictures.ln()))
        };
        let weights = runs(caption).map(|counts| counts.into_iter().map(weight).collect());
        let norm = |weights: &HashMap<_, f64>| {
            // In a fixed order: sums of rounded numbers depend on it.
            let mut squares: Vec<f64> = weights.values().map(|w| w * w).collect();
            squares.sort_unstable_by(f64::total_cmp);
            squares.iter().sum::<f64>().sqrt()
        };
        Vector {
            norms: std::array::from_fn(|n| norm(&weights[n])),
            weights,
            pairs: caption.len().saturating_sub(1),
        }
    }

    /// How like `caption` is to `references`, 0..10.
    #[must_use]
    pub fn score(&self, kind: Kind, caption: &[String], references: &[Caption]) -> f64 {
        let caption = self.vector(caption);
        let like = |reference: &Caption| kind.likeness(&caption, &self.vector(reference));
        let total: f64 = references.iter().map(like).sum();
        10.0 * total / references.len().max(1) as f64
    }
}

impl Kind {
    /// Mean over the lengths of runs.
    fn likeness(self, caption: &Vector<'_>, reference: &Vector<'_>) -> f64 {
        let one = |n: usize| {
            let clipped = |weight: f64, other: f64| match self {
                Self::Plain => weight * other,
                Self::Clipped => weight.min(other) * other,
            };
            let mut shared: Vec<f64> = caption.weights[n]
                .iter()
                .filter_map(|(run, weight)| Some(clipped(*weight, *reference.weights[n].get(run)?)))
                .collect();
            shared.sort_unstable_by(f64::total_cmp);
            let sum: f64 = shared.iter().sum();
            let norms = caption.norms[n] * reference.norms[n];
            if norms == 0.0 { sum } else { sum / norms }
        };
        let mean = (0..4).map(one).sum::<f64>() / 4.0;
        let apart = caption.pairs as f64 - reference.pairs as f64;
        match self {
            Self::Plain => mean,
            Self::Clipped => mean * (-apart * apart / (2.0 * SIGMA * SIGMA)).exp(),
        }
    }
}

/// The score of each caption.
///
/// # Errors
/// [`WordsError::Unpaired`].
pub fn cider(
    kind: Kind,
    captions: &[Caption],
    references: &[Vec<Caption>],
) -> Result<Vec<f64>, WordsError> {
    paired(captions, references)?;
    let rarity = Rarity::of(references);
    let each = captions.par_iter().zip(references);
    Ok(each
        .map(|(caption, own)| rarity.score(kind, caption, own))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Caption {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn by_hand() {
        let references = [vec![words("red sea")], vec![words("blue sea")]];
        // "sea" is in both pictures and weighs nothing; "red" and "red sea" weigh ln 2. Runs of three
        // and four words there are none: two lengths of four are found whole.
        let found = cider(
            Kind::Plain,
            &[words("red sea"), words("a dog")],
            &references,
        );
        let found = found.expect("paired");
        assert!(
            (found[0] - 5.0).abs() < 1e-12 && found[1] == 0.0,
            "{found:?}"
        );
        // Six pairs too many: e^(−½) of the clipped likeness. "red" six times is no more than once.
        let long = words("red red red red red red red sea");
        let found = cider(Kind::Clipped, &[long, words("blue sea")], &references).expect("paired");
        // Words: 7 ln 2 clipped to ln 2, over norms 7 ln 2 · ln 2: 1/7. Pairs: "red red" six times,
        // "red sea" once, norm √37 ln 2: 1/√37.
        let expected = 10.0 * (1.0 / 7.0 + 1.0 / 37.0_f64.sqrt()) / 4.0 * (-0.5_f64).exp();
        assert!(
            (found[0] - expected).abs() < 1e-12,
            "{} {expected}",
            found[0]
        );
    }
}
