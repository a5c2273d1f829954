//! The labelled pictures of a training: OASIS photographs and ArtEmis paintings, with features.

use crate::error::FeelError;
use crate::features::{Extractor, Scratch};
use crate::linear::Matrix;
use crate::train::{Step, TrainOptions};
use affetti_data::{Limits, Split, artemis, oasis, paintings};
use affetti_nets::import::write_whole;
use affetti_nets::registry::cache_folder;
use affetti_nets::store::{self, Precision, sha256};
use affetti_nets::tensors::{Tensor, Tensors};
use affetti_picture::{DecodeOptions, read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A photograph with rated valence and arousal, or a painting with votes.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) file: PathBuf,
    /// Key for folds: near-copies share it.
    pub(crate) group: String,
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

    pub(crate) fn groups(&self, rows: &[usize]) -> Vec<&str> {
        rows.iter()
            .map(|&i| self.samples[i].group.as_str())
            .collect()
    }
}

/// The photographs of `data/oasis`.
pub(crate) fn photographs(data: &Path) -> Result<Vec<Sample>, FeelError> {
    let photos = oasis::read(&data.join("oasis/oasis.csv"), &Limits::default())?.rows;
    Ok(photos
        .into_iter()
        .map(|photo| Sample {
            file: photo.file,
            group: photo.id,
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
    paintings::join(&all, &votes)
        .pairs
        .into_iter()
        .map(|(painting, votes)| {
            Ok(Sample {
                file: painting.file.clone(),
                group: painting.group.clone(),
                split: painting.split,
                target: votes.distribution()?.as_slice().to_vec(),
                votes: votes.total() as f64,
            })
        })
        .collect()
}

/// Measures `samples`, or takes the features from the cache where the same extractor has measured
/// the same files before. Unreadable pictures are left out and counted through `progress`.
pub(crate) fn measure(
    samples: Vec<Sample>,
    extractor: &Extractor,
    fingerprint: &str,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Result<Set, FeelError> {
    // A picture replaced under its name has to be measured again.
    let describe = |s: &Sample| {
        let length = std::fs::metadata(&s.file).map_or(0, |m| m.len());
        format!("{} {length}", s.file.display())
    };
    let files: Vec<String> = samples.iter().map(describe).collect();
    let key = sha256(format!("{fingerprint}\n{}", files.join("\n")).as_bytes());
    let cache = cache_folder()
        .join("features")
        .join(format!("{}.safetensors", &key[..24]));
    if let Some(features) = cached(&cache, samples.len(), extractor.len()) {
        return keep_readable(samples, features, stage, options);
    }
    let rows = extract(&samples, extractor, stage, options);
    let flat: Vec<f32> = rows.into_iter().flatten().collect();
    let features = Tensor {
        shape: vec![samples.len(), extractor.len()],
        data: flat,
    };
    // Only a complete measurement is worth keeping: what failed may be there next time.
    if features.data.iter().all(|v| v.is_finite()) {
        let mut tensors = Tensors::default();
        tensors.map.insert("features".into(), features.clone());
        write_whole(&cache, &store::to_bytes(&tensors, |_| Precision::Full)?)?;
    }
    keep_readable(samples, features.data, stage, options)
}

fn cached(path: &Path, rows: usize, columns: usize) -> Option<Vec<f32>> {
    let bytes = path.is_file().then(|| store::read_file(path).ok())??;
    let mut tensors = store::from_bytes(&bytes, "cached features").ok()?;
    let tensor = tensors.map.remove("features")?;
    (tensor.shape == [rows, columns]).then_some(tensor.data)
}

/// A row that starts with NaN stands for a picture that could not be read; it is left out and named
/// in the progress.
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
        if row[0].is_nan() {
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
