//! What is usual among the pictures of a training, and how far new ones of the same kinds are from it.

use super::config::Config;
use super::dataset::Set;
use super::folds::{FOLDS, LEARN};
use super::lesson::project;
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::heads::novelty::{self, Novelty};
use crate::predicting::basis::Basis;
use crate::predicting::extractor::Extractor;

/// Components and squared lengths of some rows.
struct Known {
    components: Matrix,
    lengths: Vec<f64>,
}

impl Known {
    fn of(basis: &Basis, set: &Set, rows: &[usize]) -> Self {
        let length = |&row: &usize| basis.squared_length(set.features.row(row));
        Self {
            components: project(basis, set, rows),
            lengths: rows.iter().map(length).collect(),
        }
    }

    fn rows(&self) -> impl Iterator<Item = (&[f32], f64)> {
        (0..self.lengths.len()).map(|n| (self.components.row(n), self.lengths[n]))
    }
}

/// Rows of `set` that may be learned from, of which `of` says so of their fold.
fn rows(set: &Set, of: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut rows = set.rows(&LEARN);
    rows.retain(|&row| of(set.samples[row].fold));
    rows
}

/// Both distances of the pictures of `fold` from those of the other folds, as `extractor` measured them.
///
/// # Errors
/// Settings that give the emotions no features.
pub(crate) fn distances(
    config: &Config,
    extractor: &Extractor,
    sets: [&Set; 2],
    fold: usize,
) -> Result<Vec<[f64; 2]>, FeelError> {
    let others = sets.map(|set| rows(set, |of| of != fold));
    let mut seen = Matrix {
        columns: extractor.len(),
        data: Vec::new(),
    };
    for (set, rows) in sets.iter().zip(&others) {
        seen.data.extend(set.features.select(rows).data);
    }
    let blocks = config.features.blocks(extractor.kinds());
    let components = (config.features.components.emotions, config.seed);
    let basis = Basis::fit(&seen, &blocks, |block| block.share.emotions, components)?;
    let known = sets.iter().zip(&others);
    let known: Vec<Known> = known
        .map(|(set, rows)| Known::of(&basis, set, rows))
        .collect();
    let Some(variance) = novelty::variance(known.iter().flat_map(Known::rows)) else {
        return Ok(Vec::new());
    };
    let held = sets.map(|set| Known::of(&basis, set, &rows(set, |of| of == fold)));
    let held = held.iter().flat_map(Known::rows);
    Ok(held
        .map(|(z, length)| novelty::distances(&variance, z, length))
        .collect())
}

/// [`distances`] of every picture, where one extractor measures all: no backbone has learned from them.
pub(crate) fn all_distances(
    config: &Config,
    extractor: &Extractor,
    sets: [&Set; 2],
) -> Result<Vec<[f64; 2]>, FeelError> {
    let each = (0..FOLDS).map(|fold| distances(config, extractor, sets, fold));
    Ok(each.collect::<Result<Vec<_>, _>>()?.concat())
}

/// What is usual as `basis` shows it, with limits from the `distances` of pictures that were new; none of
/// too few.
pub(crate) fn usual(basis: &Basis, sets: [&Set; 2], distances: &[[f64; 2]]) -> Option<Novelty> {
    let known = sets.map(|set| Known::of(basis, set, &set.rows(&LEARN)));
    let variance = novelty::variance(known.iter().flat_map(Known::rows))?;
    let limits = novelty::limits(distances)?;
    Some(Novelty { variance, limits })
}
