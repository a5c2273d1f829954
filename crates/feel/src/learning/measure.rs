//! The features of a set of pictures, measured once and kept in the cache.

use super::config::LabelSettings;
use super::dataset::{Sample, Set, painted, photographs};
use super::options::{Step, TrainOptions};
use super::pictures::{self, Source};
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::predicting::extractor::{Extractor, Scratch};
use crate::predicting::frozen::Frozen;
use crate::predicting::predictor::Predictor;
use crate::predicting::settings::FeatureSettings;
use affetti_ground::write_whole;
use affetti_picture::Picture;
use affetti_weights::registry::cache_folder;
use affetti_weights::store::{self, Precision, sha256};
use affetti_weights::tensors::{Tensor, Tensors};
use std::path::{Path, PathBuf};

/// Counted up whenever decoding, resizing, color features or kernels change what they give.
const FEATURES_VERSION: u32 = 2;

/// Measures pictures with an extractor, or takes from the cache what a part of the same extractor has
/// measured on the same files before. Unreadable pictures are left out and counted through the
/// progress.
pub(crate) struct Gauge<'a> {
    extractor: &'a Extractor,
    /// One text for each part.
    prints: Vec<String>,
    options: &'a TrainOptions<'a>,
}

impl<'a> Gauge<'a> {
    /// `extractor` is the one that `settings` and `weights` make.
    pub(crate) fn new(
        extractor: &'a Extractor,
        settings: &FeatureSettings,
        weights: &[Frozen],
        options: &'a TrainOptions<'a>,
    ) -> Result<Self, FeelError> {
        Ok(Self {
            extractor,
            prints: fingerprints(settings, weights)?,
            options,
        })
    }

    /// The gauge of a finished predictor.
    pub(crate) fn of(
        predictor: &'a Predictor,
        options: &'a TrainOptions<'a>,
    ) -> Result<Self, FeelError> {
        let model = predictor.weights();
        Self::new(
            predictor.extractor(),
            &model.settings,
            &model.backbones,
            options,
        )
    }

    /// The photographs; `twin` is what the progress says behind their name.
    pub(crate) fn photographs(&self, twin: &str) -> Result<Set, FeelError> {
        let samples = photographs(self.options.data)?;
        self.measure(samples, &format!("photographs{twin}"))
    }

    /// The paintings, likewise.
    pub(crate) fn paintings(&self, labels: &LabelSettings, twin: &str) -> Result<Set, FeelError> {
        let samples = painted(self.options.data, labels)?;
        self.measure(samples, &format!("paintings{twin}"))
    }

    pub(crate) fn measure(&self, samples: Vec<Sample>, stage: &str) -> Result<Set, FeelError> {
        // A picture replaced under its name has to be measured again.
        let describe = |s: &Sample| {
            if let Some(bytes) = &s.bytes {
                return format!("{} {}", s.file.display(), bytes.len());
            }
            let about = std::fs::metadata(&s.file).ok();
            let length = about.as_ref().map_or(0, std::fs::Metadata::len);
            let changed = about.and_then(|about| about.modified().ok());
            format!("{} {length} {changed:?}", s.file.display())
        };
        let files: Vec<String> = samples.iter().map(describe).collect();
        let files = files.join("\n");
        let path = |print: &String| {
            let key = sha256(format!("{print}\n{files}").as_bytes());
            let name = format!("{}.safetensors", &key[..24]);
            cache_folder().join("features").join(name)
        };
        let paths: Vec<PathBuf> = self.prints.iter().map(path).collect();
        let widths = self.extractor.parts();
        let known = paths.iter().zip(&widths);
        let mut parts: Vec<Option<Tensor>> = known
            .map(|(path, &width)| cached(path, samples.len(), width))
            .collect();
        let missing: Vec<usize> = (0..parts.len()).filter(|&n| parts[n].is_none()).collect();
        if !missing.is_empty() {
            let rows = extract(
                &samples,
                &self.extractor.only(&missing),
                stage,
                self.options,
            );
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
        keep_readable(samples, side_by_side(&parts), stage, self.options)
    }
}

/// One text for each part of the extractor that `settings` and `weights` make; it changes whenever
/// what that part measures on a picture could.
fn fingerprints(settings: &FeatureSettings, weights: &[Frozen]) -> Result<Vec<String>, FeelError> {
    let filter = settings.filter.name();
    let seen = format!("{FEATURES_VERSION} {:?} {filter}", settings.views);
    let mut texts = Vec::new();
    for (backbone, weights) in settings.backbones.iter().zip(weights) {
        let side = backbone.side(weights.network());
        let sha256 = match weights {
            Frozen::Lite(weights) => {
                sha256(&store::to_bytes(&weights.to_folded(), |_| Precision::Full)?)
            }
            Frozen::Clip(brought) => brought.sha256.clone(),
        };
        texts.push(format!("{seen} {side} {sha256}"));
    }
    if settings.sees_color() {
        texts.push(format!("{FEATURES_VERSION} color"));
    }
    Ok(texts)
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

/// The features of each picture, NaN for one that cannot be read.
fn extract(
    samples: &[Sample],
    extractor: &Extractor,
    stage: &str,
    options: &TrainOptions<'_>,
) -> Vec<Vec<f32>> {
    let sources: Vec<Source<'_>> = samples.iter().map(Sample::source).collect();
    let ask =
        |picture: &Picture, scratch: &mut Scratch| extractor.features(picture, scratch, 1).ok();
    let stage = |_: &Path, _: bool| stage.to_owned();
    let rows = pictures::each(&sources, options.threads, ask, stage, options.progress);
    let unread = || vec![f32::NAN; extractor.len()];
    rows.into_iter()
        .map(|row| row.unwrap_or_else(unread))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::dataset::dealt;
    use super::*;
    use affetti_data::Split;

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
            ..Sample::default()
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
}
