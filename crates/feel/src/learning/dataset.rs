//! The labelled pictures of a training: OASIS photographs and ArtEmis paintings, with features.

use crate::crossfit::FOLDS;
use crate::error::FeelError;
use crate::features::{Extractor, Scratch};
use crate::linear::Matrix;
use crate::train::{Step, TrainOptions};
use affetti_data::{Limits, Split, artemis, oasis, paintings, splits::folds};
use affetti_nets::import::write_whole;
use affetti_nets::registry::cache_folder;
use affetti_nets::store::{self, Precision, sha256};
use affetti_nets::tensors::{Tensor, Tensors};
use affetti_picture::{DecodeOptions, read};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

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

/// Measures `samples`, or takes from the cache what a part of the same `extractor` has measured on
/// the same files before; `prints` has one text for each part. Unreadable pictures are left out and
/// counted through `progress`.
pub(crate) fn measure(
    samples: Vec<Sample>,
    extractor: &Extractor,
    prints: &[String],
    stage: &str,
    options: &TrainOptions<'_>,
) -> Result<Set, FeelError> {
    // A picture replaced under its name has to be measured again.
    let describe = |s: &Sample| {
        let length = std::fs::metadata(&s.file).map_or(0, |m| m.len());
        format!("{} {length}", s.file.display())
    };
    let files: Vec<String> = samples.iter().map(describe).collect();
    let files = files.join("\n");
    let path = |print: &String| {
        let key = sha256(format!("{print}\n{files}").as_bytes());
        let name = format!("{}.safetensors", &key[..24]);
        cache_folder().join("features").join(name)
    };
    let paths: Vec<PathBuf> = prints.iter().map(path).collect();
    let widths = extractor.parts();
    let known = paths.iter().zip(&widths);
    let mut parts: Vec<Option<Tensor>> = known
        .map(|(path, &width)| cached(path, samples.len(), width))
        .collect();
    let missing: Vec<usize> = (0..parts.len()).filter(|&n| parts[n].is_none()).collect();
    if !missing.is_empty() {
        let rows = extract(&samples, &extractor.only(&missing), stage, options);
        let mut start = 0;
        for &part in &missing {
            let columns = start..start + widths[part];
            start = columns.end;
            let tensor = Tensor {
                shape: vec![samples.len(), columns.len()],
                data: rows
                    .iter()
                    .flat_map(|row| &row[columns.clone()])
                    .copied()
                    .collect(),
            };
            parts[part] = Some(kept(&paths[part], tensor)?);
        }
    }
    let parts: Vec<Tensor> = parts.into_iter().flatten().collect();
    keep_readable(samples, side_by_side(&parts), stage, options)
}

fn cached(path: &Path, rows: usize, columns: usize) -> Option<Tensor> {
    let bytes = path.is_file().then(|| store::read_file(path).ok())??;
    let mut tensors = store::from_bytes(&bytes, "cached features").ok()?;
    let tensor = tensors.map.remove("features")?;
    (tensor.shape == [rows, columns]).then_some(tensor)
}

/// `features`, stored at `path` if the measurement is complete: what failed may be there next time.
fn kept(path: &Path, features: Tensor) -> Result<Tensor, FeelError> {
    if features.data.iter().all(|v| v.is_finite()) {
        let mut tensors = Tensors::default();
        tensors.map.insert("features".into(), features.clone());
        write_whole(path, &store::to_bytes(&tensors, |_| Precision::Full)?)?;
    }
    Ok(features)
}

/// The rows of all `parts`, each row's parts one after the other.
fn side_by_side(parts: &[Tensor]) -> Vec<f32> {
    let rows = parts.first().map_or(0, |part| part.shape[0]);
    let mut flat = Vec::with_capacity(parts.iter().map(|part| part.data.len()).sum());
    for row in 0..rows {
        for part in parts {
            let width = part.shape[1];
            flat.extend_from_slice(&part.data[row * width..(row + 1) * width]);
        }
    }
    flat
}

/// A row with NaN stands for a picture that could not be read; it is left out and named in the
/// progress.
fn keep_readable(
    samples: Vec<Sample>,
    flat: Vec<f32>,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Result<Set, FeelError> {
    let columns = flat.len() / samples.len().max(1);
    let mut set = Set {
        samples: Vec::new(),
        features: Matrix {
            columns,
            data: Vec::with_capacity(flat.len()),
        },
    };
    for (sample, row) in samples.into_iter().zip(flat.chunks_exact(columns.max(1))) {
        if row.iter().any(|v| v.is_nan()) {
            (options.progress)(Step {
                stage: &format!("{stage}: cannot read {}, left out", sample.file.display()),
                done: 0,
                total: 1,
            });
        } else {
            set.samples.push(sample);
            set.features.data.extend_from_slice(row);
        }
    }
    if set.samples.is_empty() {
        return Err(FeelError::NothingToLearn {
            what: format!("{stage}: not one picture could be read"),
        });
    }
    Ok(set)
}

fn extract(
    samples: &[Sample],
    extractor: &Extractor,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Vec<Vec<f32>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let rows: Mutex<Vec<Vec<f32>>> = Mutex::new(vec![Vec::new(); samples.len()]);
    std::thread::scope(|scope| {
        for _ in 0..options.threads.max(1) {
            scope.spawn(|| {
                let mut scratch = Scratch::default();
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    let Some(sample) = samples.get(i) else { break };
                    let row = read(&sample.file, &DecodeOptions::default())
                        .ok()
                        .and_then(|picture| extractor.features(&picture, &mut scratch, 1).ok())
                        .unwrap_or_else(|| vec![f32::NAN; extractor.len()]);
                    if let Ok(mut rows) = rows.lock() {
                        rows[i] = row;
                    }
                    (options.progress)(Step {
                        stage,
                        done: done.fetch_add(1, Ordering::Relaxed) + 1,
                        total: samples.len(),
                    });
                }
            });
        }
    });
    rows.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_cannot_be_read_moves_no_other_to_another_fold() {
        let names: Vec<String> = (0..12).map(|n| format!("picture {n}")).collect();
        let dealt = dealt(names.iter().map(String::as_str)).expect("folds");
        let samples = names.iter().zip(&dealt).map(|(name, &fold)| Sample {
            file: name.into(),
            group: name.clone(),
            fold,
            split: Split::Train,
            target: vec![1.0],
            votes: 1.0,
        });
        let unreadable = 3;
        let features = (0..12).map(|n| if n == unreadable { f32::NAN } else { 1.0 });
        let options = TrainOptions {
            data: Path::new(""),
            models: Path::new(""),
            threads: 1,
            progress: &|_| (),
        };
        let set = keep_readable(samples.collect(), features.collect(), "test", &options);
        let set = set.expect("eleven pictures");
        let mut left = dealt;
        left.remove(unreadable);
        assert_eq!(set.folds().expect("five folds"), left);
    }

    #[test]
    fn parts_stand_side_by_side_in_every_row() {
        let part = |width: usize, data: &[f32]| Tensor {
            shape: vec![2, width],
            data: data.to_vec(),
        };
        let parts = [part(1, &[1.0, 2.0]), part(2, &[3.0, 4.0, 5.0, 6.0])];
        assert_eq!(side_by_side(&parts), [1.0, 3.0, 4.0, 2.0, 5.0, 6.0]);
    }

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
