//! The labelled pictures of a training: OASIS photographs and ArtEmis paintings, with features.

use super::config::LabelSettings;
use super::folds::FOLDS;
use super::pictures::Source;
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use affetti_data::affective::shards;
use affetti_data::table::{self, TableOptions};
use affetti_data::{Limits, Split, artemis, oasis, paintings, splits::folds};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest member of a tar that is read: the pictures have 224 pixels.
const MAX_MEMBER: u64 = 1 << 20;

/// A photograph with rated valence and arousal, or a painting with votes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) file: PathBuf,
    /// The picture, where it is in no file of its own; empty where it is missing.
    pub(crate) bytes: Option<Arc<[u8]>>,
    /// Key for folds: near-copies share it.
    pub(crate) group: String,
    /// 0 to [`FOLDS`] − 1, dealt over all listed pictures, whether they can be read or not: what a
    /// twin left out is what it is asked for.
    pub(crate) fold: usize,
    pub(crate) split: Split,
    /// Valence and arousal, or the nine shares.
    pub(crate) target: Vec<f64>,
    /// What a head learns in place of the target.
    pub(crate) taught: Option<Vec<f64>>,
    /// Whether it is one of `votes-224`.
    pub(crate) is_more: bool,
    /// Annotators (1 for photographs, whose means come from about a hundred each).
    pub(crate) votes: f64,
}

impl Sample {
    /// Where its picture is.
    pub(crate) fn source(&self) -> Source<'_> {
        Source {
            file: &self.file,
            bytes: self.bytes.as_deref(),
        }
    }
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

    /// What a head is to say of `rows`.
    pub(crate) fn taught(&self, rows: &[usize]) -> Vec<Vec<f64>> {
        let taught = |&i: &usize| {
            let sample = &self.samples[i];
            sample.taught.as_ref().unwrap_or(&sample.target).clone()
        };
        rows.iter().map(taught).collect()
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
            ..Sample::default()
        })
        .collect())
}

/// The paintings of `data/paintings` that have ArtEmis votes, as far as `labels` asks for them.
pub(crate) fn painted(data: &Path, labels: &LabelSettings) -> Result<Vec<Sample>, FeelError> {
    let teacher = match labels.teacher {
        0.0 => BTreeMap::new(),
        _ => teacher(&data.join("paintings/clip-teacher.csv"))?,
    };
    let mut samples = labelled(data, &teacher)?;
    if labels.more {
        samples.extend(more(data, &teacher)?);
    }
    let fold_of = dealt(samples.iter().map(|sample| sample.group.as_str()))?;
    for (sample, fold) in samples.iter_mut().zip(fold_of) {
        sample.fold = fold;
        if let Some(taught) = &mut sample.taught {
            let mixed = taught.iter().zip(&sample.target);
            *taught = mixed
                .map(|(told, votes)| labels.teacher * told + (1.0 - labels.teacher) * votes)
                .collect();
        }
    }
    Ok(samples)
}

/// Predictions by the name of the picture.
type Teacher = BTreeMap<String, Vec<f64>>;

fn teacher(path: &Path) -> Result<Teacher, FeelError> {
    let options = TableOptions {
        path_column: Some("id".into()),
        ..TableOptions::default()
    };
    let rows = table::read(path, &options)?.rows;
    let shares = |entry: table::Entry| Some((entry.written, entry.emotions?.as_slice().to_vec()));
    Ok(rows.into_iter().filter_map(shares).collect())
}

/// The paintings of `labelled.csv`, with the votes of `artemis.csv`.
fn labelled(data: &Path, teacher: &Teacher) -> Result<Vec<Sample>, FeelError> {
    let limits = Limits::default();
    let all = paintings::read(&data.join("paintings/labelled.csv"), &limits)?.rows;
    let utterances = artemis::read(&data.join("artemis.csv"), &limits)?.rows;
    let votes = artemis::group(&utterances);
    let pairs = paintings::join(&all, &votes).pairs;
    pairs
        .into_iter()
        .map(|(painting, votes)| {
            Ok(Sample {
                file: painting.file.clone(),
                group: painting.group.clone(),
                split: painting.split,
                target: votes.distribution()?.as_slice().to_vec(),
                taught: teacher.get(&painting.id).cloned(),
                votes: votes.total() as f64,
                ..Sample::default()
            })
        })
        .collect()
}

/// The paintings of `votes-224`, whose pictures are members of a tar.
fn more(data: &Path, teacher: &Teacher) -> Result<Vec<Sample>, FeelError> {
    let folder = data.join("paintings");
    let rows = table::read(&folder.join("votes-224.csv"), &TableOptions::default())?.rows;
    let tar = folder.join("votes-224.tar");
    let mut members = BTreeMap::new();
    shards::read(&tar, MAX_MEMBER, |member| {
        members.insert(member.name, Arc::from(member.bytes));
        ControlFlow::Continue(())
    })?;
    let sample = |entry: table::Entry| {
        let id = Path::new(&entry.written).file_stem()?.to_str()?.to_owned();
        Some(Sample {
            file: tar.join(&entry.written),
            bytes: Some(members.get(&entry.written).cloned().unwrap_or_default()),
            group: entry.group.unwrap_or_else(|| id.clone()),
            split: entry.split,
            target: entry.emotions?.as_slice().to_vec(),
            taught: teacher.get(&id).cloned(),
            votes: entry.votes.unwrap_or(1.0),
            is_more: true,
            ..Sample::default()
        })
    };
    Ok(rows.into_iter().filter_map(sample).collect())
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
