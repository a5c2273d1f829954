//! A backbone that has seen paintings: EfficientNet-Lite trained on to tell styles, genres, artists
//! and words of titles of 24,000 small paintings, labels that no viewer's emotion went into.
//!
//! - **Computes** weights of a backbone, for `features.backbones` of a predictor's config.
//! - **Source** transfer by related labels, as facts of the field: features that tell styles apart
//!   carry what photographs never showed.
//! - **Deviations** normalisation is folded into the weights before training: no batch statistics.
//! - **Data** the splits train and val of `paintings/wikiart-128`; nothing of the test split.

pub(crate) mod network;
mod pictures;
#[cfg(test)]
mod tests;

use crate::augment::{normalised, random_square, uniform};
use crate::error::FeelError;
use crate::learning::config::{read_toml, wrong};
use affetti_data::Split;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_nets::import::write_whole;
use affetti_nets::registry;
use affetti_nets::store::{self, Precision, sha256};
use affetti_nets::tensors::Tensors;
use affetti_picture::Filter;
use affetti_train::order::batch;
use affetti_train::{Metric, RunFolder, Settings, Task, TrainError, Watch, losses, run, values};
use burn::tensor::{Device, Tensor, TensorData};
use network::ArtNetwork;
pub use pictures::members;
use pictures::{LABELS, Labels, Painted, load};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Settings of this training, as `configs/art-1.toml` says them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtConfig {
    /// Name of the weights and of the run folder.
    pub name: String,
    /// Seed of heads, order and crops.
    pub seed: u64,
    /// Card name of the backbone to start from.
    pub start: String,
    /// Pixels of a training picture's side.
    pub side: u32,
    /// Smallest share of a picture's area that a crop keeps, in (0, 1].
    pub crop: f64,
    /// A style, genre, artist or word needs so many training pictures to be a class.
    pub least: usize,
    /// What styles, genres, artists and words of titles weigh in the loss.
    pub weights: [f64; LABELS],
    /// What the rate of the trunk is multiplied with.
    pub trunk_rate: f64,
    /// See [`Settings`].
    pub training: Settings,
}

/// Where things are.
#[derive(Clone, Copy, Debug)]
pub struct ArtOptions<'a> {
    /// The folder with `paintings/`.
    pub data: &'a Path,
    /// Where the weights go.
    pub models: &'a Path,
    /// The folder of the run.
    pub run: &'a Path,
    /// Go on where the run's last checkpoint ended.
    pub resume: bool,
}

/// What a training left behind.
#[derive(Clone, Debug)]
pub struct ArtTrained {
    /// The weight file.
    pub weights: PathBuf,
    /// Its SHA-256.
    pub sha256: String,
    /// Epochs with their metrics.
    pub history: affetti_train::checkpoint::History,
    /// Pictures learned from, and pictures measured on.
    pub pictures: [usize; 2],
    /// Members of the tar that could not be read.
    pub unreadable: usize,
    /// Stopped before the end; the weights are those of the best epoch so far.
    pub stopped: bool,
}

struct Art<'a> {
    config: &'a ArtConfig,
    labels: Labels,
    learn: Vec<Painted>,
    measure: Vec<Painted>,
}

impl Art<'_> {
    /// A random crop of `painted`, perhaps mirrored, as the trunk wants it.
    fn view(&self, painted: &Painted, draw: &[u64; 4]) -> Vec<f32> {
        let draw = |k: u64| uniform(&[draw[0], draw[1], draw[2], draw[3], k]);
        let (least, side) = (self.config.crop, self.config.side);
        let square = random_square(&painted.picture, least, side, Filter::Bilinear, &draw);
        normalised(square.pixels())
    }

    /// The tensors of a batch: pictures, then targets and weights of each label.
    fn batch(
        &self,
        rows: &[&Painted],
        pixels: Vec<Vec<f32>>,
        device: &Device,
    ) -> (Tensor<4>, Targets) {
        let side = self.config.side as usize;
        let x = TensorData::new(pixels.concat(), [rows.len(), side, side, 3]);
        let targets = (0..LABELS)
            .map(|label| {
                let classes = self.labels.0[label].len();
                let mut targets = vec![0.0_f32; rows.len() * classes];
                let mut weights = vec![0.0_f32; rows.len()];
                for (row, painted) in rows.iter().enumerate() {
                    let present = &painted.classes[label];
                    for class in present {
                        targets[row * classes + class] = 1.0 / present.len() as f32;
                        weights[row] = 1.0;
                    }
                }
                let targets = TensorData::new(targets, [rows.len(), classes]);
                let weights = TensorData::new(weights, [rows.len()]);
                (
                    Tensor::from_data(targets, device),
                    Tensor::from_data(weights, device),
                )
            })
            .collect();
        (Tensor::from_data(x, device), targets)
    }
}

type Targets = Vec<(Tensor<2>, Tensor<1>)>;

impl Task for Art<'_> {
    type Model = ArtNetwork;

    fn steps(&self) -> usize {
        (self.learn.len() / self.config.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &ArtNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let (seed, size) = (self.config.seed, self.config.training.batch);
        let rows = batch(seed, epoch, self.learn.len(), size, step);
        let pixels = rows
            .par_iter()
            .map(|&row| {
                self.view(
                    &self.learn[row],
                    &[seed, epoch as u64, step as u64, row as u64],
                )
            })
            .collect();
        let rows: Vec<&Painted> = rows.iter().map(|&row| &self.learn[row]).collect();
        let (x, targets) = self.batch(&rows, pixels, &Device::flex().autodiff());
        let logits = model.forward(x);
        let mut total = None;
        for ((logits, (targets, present)), weight) in
            logits.into_iter().zip(targets).zip(self.config.weights)
        {
            let loss = losses::soft_cross_entropy(logits, targets, present) * weight;
            total = Some(match total {
                Some(sum) => sum + loss,
                None => loss,
            });
        }
        Ok(total.unwrap_or_else(|| Tensor::zeros([1], &Device::flex().autodiff())))
    }

    fn validate(&mut self, model: &ArtNetwork) -> Result<Vec<Metric>, TrainError> {
        let mut right = [0_usize; LABELS];
        let mut seen = [0_usize; LABELS];
        for part in self.measure.chunks(64) {
            let rows: Vec<&Painted> = part.iter().collect();
            let side = self.config.side;
            let whole = |painted: &&Painted| {
                normalised(
                    painted
                        .picture
                        .resize(side, side, Filter::Bilinear)
                        .pixels(),
                )
            };
            let pixels = rows.par_iter().map(whole).collect();
            let (x, _) = self.batch(&rows, pixels, &Device::flex());
            for (label, logits) in model.forward(x).into_iter().enumerate() {
                let classes = self.labels.0[label].len();
                let logits: Vec<f32> = logits.into_data().iter::<f32>().collect();
                for (painted, row) in part.iter().zip(logits.chunks(classes)) {
                    let present = &painted.classes[label];
                    if present.is_empty() {
                        continue;
                    }
                    let best = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
                    seen[label] += 1;
                    right[label] += usize::from(present.iter().any(|&class| row[class] >= best));
                }
            }
        }
        let share = |label: usize| right[label] as f64 / seen[label].max(1) as f64;
        let [style, genre, artist, word] = [0, 1, 2, 3].map(share);
        let metric = |name, value| Metric { name, value };
        Ok(vec![
            metric("mean_accuracy", (style + genre + artist + word) / 4.0),
            metric("style_accuracy", style),
            metric("genre_accuracy", genre),
            metric("artist_accuracy", artist),
            metric("word_accuracy", word),
        ])
    }

    fn rate(&self, name: &str) -> f64 {
        if name.starts_with("trunk.") {
            self.config.trunk_rate
        } else {
            1.0
        }
    }
}

impl ArtConfig {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`FeelError::Io`], or [`FeelError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, FeelError> {
        let config: Self = read_toml(path)?;
        let wrong = |what: String| wrong(path, what);
        let problems = [
            (!(32..=512).contains(&config.side), "side: 32 to 512"),
            (
                !(config.crop > 0.0 && config.crop <= 1.0),
                "crop: above 0, at most 1",
            ),
            (config.least == 0, "least: at least 1"),
            (
                !config.weights.iter().all(|w| *w >= 0.0 && w.is_finite()),
                "weights: 0 or more",
            ),
            (
                !(config.trunk_rate >= 0.0 && config.trunk_rate.is_finite()),
                "trunk_rate: 0 or more",
            ),
        ];
        if let Some((_, what)) = problems.iter().find(|(bad, _)| *bad) {
            return Err(wrong((*what).to_owned()));
        }
        config
            .training
            .check()
            .map_err(|e| wrong(format!("training.{e}")))?;
        Ok(config)
    }
}

/// Trains the backbone of `config` and writes `NAME.safetensors` into the folder of
/// models.
///
/// # Errors
/// Missing data or start, and everything [`affetti_train::run`] returns.
pub fn train_art(
    config: &ArtConfig,
    options: &ArtOptions<'_>,
    watch: &mut dyn Watch,
) -> Result<ArtTrained, FeelError> {
    let unknown = || FeelError::NothingToLearn {
        what: format!("{} is no backbone", config.start),
    };
    let variant = Variant::parse(&config.start).ok_or_else(unknown)?;
    let card = registry::card(&config.start)?;
    let start = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    let start = Weights::from_folded(variant, start)?;
    let (painted, labels, unreadable) = load(options.data, config.least)?;
    let (learn, measure): (Vec<_>, Vec<_>) =
        painted.into_iter().partition(|p| p.split == Split::Train);
    let pictures = [learn.len(), measure.len()];
    let classes = std::array::from_fn(|n| labels.0[n].len());
    let device = Device::flex().autodiff();
    let network = ArtNetwork::new(&start, classes, config.seed, &device);
    let text = toml::to_string(config).map_err(|error| FeelError::NothingToLearn {
        what: error.to_string(),
    })?;
    let folder = RunFolder::create(options.run, &text)?;
    let mut task = Art {
        config,
        labels,
        learn,
        measure,
    };
    let outcome = run(
        &mut task,
        network,
        &config.training,
        config.seed,
        &folder,
        options.resume,
        watch,
    )?;
    let tensors = folded(values(&outcome.model.trunk));
    // Read back as a predictor would: what does not fit shows here.
    let weights = Weights::from_folded(variant, tensors)?;
    let mut tensors = weights.to_folded();
    tensors.note = format!(
        "trained on from {} by `affetti train art` with style, genre, artist and title of \
         {} small paintings, seed {}",
        config.start, pictures[0], config.seed
    );
    let bytes = store::to_bytes(&tensors, |_| Precision::Half)?;
    let path = options.models.join(format!("{}.safetensors", config.name));
    write_whole(&path, &bytes)?;
    Ok(ArtTrained {
        weights: path,
        sha256: sha256(&bytes),
        history: outcome.history,
        pictures,
        unreadable,
        stopped: outcome.stopped,
    })
}

/// Names as the weight files of backbones have them.
pub(crate) fn folded(mut tensors: Tensors) -> Tensors {
    let map = std::mem::take(&mut tensors.map).into_iter();
    let rename = |name: String| match name.strip_suffix(".beta") {
        Some(unit) => format!("{unit}.bias"),
        None => name,
    };
    tensors.map = map.map(|(name, tensor)| (rename(name), tensor)).collect();
    tensors.file = "the trained network".to_owned();
    tensors
}
