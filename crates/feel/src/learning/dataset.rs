//! The labelled pictures of a training: OASIS photographs and ArtEmis paintings, with features.

use super::folds::FOLDS;
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use affetti_data::{Limits, Split, artemis, oasis, paintings, splits::folds};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// A photograph with rated valence and arousal, or a painting with votes.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) file: PathBuf,
    /// Key for folds: near-copies share it.
    pub(crate) group: String,
    /// 0 to [`FOLDS`] − 1, dealt over all listed pictures, whether they can be read or not: what a
    /// twin left out is what it is asked for.
    pub(crate) fold: usize,
    pub(crate) split: Split,
    /// Valence and arousal, or the nine shares.
    pub(crate) target: Vec<f64>,
    /// Annotators (1 for photographs, whose means come from about a hundred each).
    pub(crate) votes: f64,
}

/// Samples and their raw features, row by row.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) samples: Vec<Sample>,
    pub(crate) features: Matrix,
}

impl Set {
    /// Row numbers in `splits`.
    pub(crate) fn rows(&self, splits: &[Split]) -> Vec<usize> {
        let inside = |i: &usize| splits.contains(&self.samples[*i].split);
        (0..self.samples.len()).filter(inside).collect()
    }

    pub(crate) fn targets(&self, rows: &[usize]) -> Vec<Vec<f64>> {
        rows.iter()
            .map(|&i| self.samples[i].target.clone())
            .collect()
    }

    pub(crate) fn votes(&self, rows: &[usize]) -> Vec<f64> {
        rows.iter().map(|&i| self.samples[i].votes).collect()
    }

    /// The fold of each row.
    ///
    /// # Errors
    /// [`FeelError::NothingToLearn`] where a fold has no picture.
    pub(crate) fn folds(&self) -> Result<Vec<usize>, FeelError> {
        let fold_of: Vec<usize> = self.samples.iter().map(|s| s.fold).collect();
        if let Some(empty) = (0..FOLDS).find(|fold| !fold_of.contains(fold)) {
            return Err(FeelError::NothingToLearn {
                what: format!(
                    "fold {} of {FOLDS} has no picture: {} pictures are too few",
                    empty + 1,
                    fold_of.len()
                ),
            });
        }
        Ok(fold_of)
    }

    pub(crate) fn groups(&self, rows: &[usize]) -> Vec<&str> {
        rows.iter()
            .map(|&i| self.samples[i].group.as_str())
            .collect()
    }
}

/// The photographs of `data/oasis`.
pub(crate) fn photographs(data: &Path) -> Result<Vec<Sample>, FeelError> {
    let photos = oasis::read(&data.join("oasis/oasis.csv"), &Limits::default())?.rows;
    let fold_of = dealt(photos.iter().map(|photo| photo.id.as_str()))?;
    Ok(photos
        .into_iter()
        .zip(fold_of)
        .map(|(photo, fold)| Sample {
            file: photo.file,
            group: photo.id,
            fold,
            split: photo.split,
            target: vec![photo.valence.mean, photo.arousal.mean],
            votes: 1.0,
        })
        .collect())
}

/// The paintings of `data/paintings` that have ArtEmis votes.
pub(crate) fn painted(data: &Path) -> Result<Vec<Sample>, FeelError> {
    let limits = Limits::default();
    let all = paintings::read(&data.join("paintings/labelled.csv"), &limits)?.rows;
    let utterances = artemis::read(&data.join("artemis.csv"), &limits)?.rows;
    let votes = artemis::group(&utterances);
    let pairs = paintings::join(&all, &votes).pairs;
    let fold_of = dealt(pairs.iter().map(|(painting, _)| painting.group.as_str()))?;
    pairs
        .into_iter()
        .zip(fold_of)
        .map(|((painting, votes), fold)| {
            Ok(Sample {
                file: painting.file.clone(),
                group: painting.group.clone(),
                fold,
                split: painting.split,
                target: votes.distribution()?.as_slice().to_vec(),
                votes: votes.total() as f64,
            })
        })
        .collect()
}

/// The fold of each item; all in the first where there are too few groups to deal.
pub(crate) fn dealt<'a>(groups: impl Iterator<Item = &'a str>) -> Result<Vec<usize>, FeelError> {
    let groups: Vec<&str> = groups.collect();
    let different: BTreeSet<&str> = groups.iter().copied().collect();
    if different.len() < FOLDS {
        return Ok(vec![0; groups.len()]);
    }
    Ok(folds(FOLDS, &groups)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_pictures_are_told() {
        let few = dealt(["a", "b"].into_iter()).expect("folds");
        assert_eq!(few, [0, 0]);
        let set = Set {
            samples: Vec::new(),
            features: Matrix {
                columns: 1,
                data: Vec::new(),
            },
        };
        let error = set.folds().expect_err("no picture").to_string();
        assert!(error.contains("too few"), "{error}");
    }
}
