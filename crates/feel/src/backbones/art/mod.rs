//! A backbone that has seen paintings: EfficientNet-Lite trained on to tell styles, genres, artists
//! and words of titles of 24,000 small paintings, labels that no viewer's emotion went into.
//!
//! - **Computes** weights of a backbone, for `features.backbones` of a predictor's config.
//! - **Source** transfer by related labels, as facts of the field: features that tell styles apart
//!   carry what photographs never showed.
//! - **Deviations** normalisation is folded into the weights before training: no batch statistics.
//! - **Data** the splits train and val of the sets that the config names; nothing of a test split.

pub(crate) mod network;
mod pictures;
#[cfg(test)]
mod tests;

use crate::backbones::augment::{normalised, random_square, uniform};
use crate::error::FeelError;
use crate::predicting::stored::backbone_precision;
use affetti_data::Split;
use affetti_ground::config::first_wrong;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_picture::Filter;
use affetti_train::order::batch;
use affetti_train::{
    Figures, Metric, Opened, Outcome, Places, Recipe, Stored, Task, TrainError, losses, values,
};
use affetti_weights::registry;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::tensor::{Device, Tensor, TensorData};
use network::ArtNetwork;
use pictures::{LABELS, Labels, Painted, load};
pub use pictures::{PaintingSet, members};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Settings of a training, as `configs/art-1.toml` says them.
pub type Config = affetti_train::Config<ArtRecipe>;

/// What decides how the backbone comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtRecipe {
    /// Where the paintings come from.
    #[serde(default = "first_set")]
    pub sets: Vec<PaintingSet>,
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
}

/// What configs of before there were more sets mean.
fn first_set() -> Vec<PaintingSet> {
    vec![PaintingSet::Wikiart]
}

/// The metrics of the epoch that was kept.
#[derive(Clone, Debug)]
pub struct ArtFigures {
    /// Names and values.
    pub metrics: Vec<(String, f64)>,
    /// Pictures learned from, and pictures measured on.
    pub pictures: [usize; 2],
    /// Members of the tar that could not be read.
    pub unreadable: usize,
}

/// The learning of one backbone.
pub struct Art {
    config: Config,
    labels: Labels,
    learn: Vec<Painted>,
    measure: Vec<Painted>,
    unreadable: usize,
}

impl Art {
    /// A random crop of `painted`, perhaps mirrored, as the trunk wants it.
    fn view(&self, painted: &Painted, draw: &[u64; 4]) -> Vec<f32> {
        let draw = |k: u64| uniform(&[draw[0], draw[1], draw[2], draw[3], k]);
        let ArtRecipe { crop, side, .. } = self.config.own;
        let square = random_square(&painted.picture, crop, side, Filter::Bilinear, &draw);
        normalised(square.pixels())
    }

    /// The tensors of a batch: pictures, then targets and weights of each label.
    fn batch(
        &self,
        rows: &[&Painted],
        pixels: Vec<Vec<f32>>,
        device: &Device,
    ) -> (Tensor<4>, Targets) {
        let side = self.config.own.side as usize;
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

impl Task for Art {
    type Model = ArtNetwork;

    fn steps(&self) -> usize {
        (self.learn.len() / self.config.common.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &ArtNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let common = &self.config.common;
        let (seed, size) = (common.seed, common.training.batch);
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
            logits.into_iter().zip(targets).zip(self.config.own.weights)
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
            let side = self.config.own.side;
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
            self.config.own.trunk_rate
        } else {
            1.0
        }
    }
}

impl Recipe for ArtRecipe {
    const KIND: &'static str = "art";
    /// There is no card; where no precision is said, convolutions are stored in half.
    const ASSUMED: &'static [(&'static str, &'static str)] =
        &[("summary", ""), ("precision", "half")];
    type Start = Variant;
    type Task = Art;
    type Figures = ArtFigures;
    type Error = FeelError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let some = |x: f64| x >= 0.0 && x.is_finite();
        first_wrong(&[
            (!own.sets.is_empty(), "sets: at least one"),
            ((32..=512).contains(&own.side), "side: 32 to 512"),
            (
                own.crop > 0.0 && own.crop <= 1.0,
                "crop: above 0, at most 1",
            ),
            (own.least >= 1, "least: at least 1"),
            (own.weights.into_iter().all(some), "weights: 0 or more"),
            (some(own.trunk_rate), "trunk_rate: 0 or more"),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, FeelError> {
        let common = &config.common;
        let start = registry::tensors(common.start.name())?;
        let start = Weights::from_folded(common.start, start)?;
        let (painted, labels, unreadable) = load(places.data, &config.own.sets, config.own.least)?;
        let (learn, measure): (Vec<_>, Vec<_>) =
            painted.into_iter().partition(|p| p.split == Split::Train);
        let classes = std::array::from_fn(|n| labels.0[n].len());
        let device = Device::flex().autodiff();
        let network = ArtNetwork::new(&start, classes, common.seed, &device);
        let task = Art {
            config: config.clone(),
            labels,
            learn,
            measure,
            unreadable,
        };
        Ok((task, network))
    }

    fn weights(
        config: &Config,
        task: &Art,
        model: &ArtNetwork,
    ) -> Result<Option<Tensors>, FeelError> {
        let common = &config.common;
        let weights = Weights::from_folded(common.start, folded(values(&model.trunk)))?;
        let mut tensors = weights.to_folded();
        tensors.note = format!(
            "trained on from {} by `affetti train art` with style, genre, artist and title of \
             {} small paintings, seed {}",
            common.start.name(),
            task.learn.len(),
            common.seed
        );
        Ok(Some(tensors))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        backbone_precision(config.common.precision)(name)
    }

    fn measure(
        config: &Config,
        _: &Places<'_>,
        task: &Art,
        outcome: &Outcome<ArtNetwork>,
        stored: &Stored,
    ) -> Result<ArtFigures, FeelError> {
        read_back(config.common.start, stored)?;
        let history = &outcome.history;
        let best = history.best_epoch.checked_sub(1);
        let row = best.and_then(|best| history.rows.get(best));
        let named = history.columns.iter().cloned();
        Ok(ArtFigures {
            metrics: named.zip(row.into_iter().flatten().copied()).collect(),
            pictures: [task.learn.len(), task.measure.len()],
            unreadable: task.unreadable,
        })
    }
}

/// As a predictor reads it: what does not fit shows here.
pub(crate) fn read_back(variant: Variant, stored: &Stored) -> Result<Weights, FeelError> {
    let tensors = store::from_bytes(&stored.bytes, &stored.file)?;
    Ok(Weights::from_folded(variant, tensors)?)
}

impl ArtFigures {
    fn lines(&self, between: &str) -> String {
        let line = |(name, value): &(String, f64)| format!("{name}{between}{value:.4}\n");
        self.metrics.iter().map(line).collect()
    }
}

impl Figures for ArtFigures {
    fn told(&self) -> String {
        format!(
            "trained on {} paintings, measured on {}, {} unreadable",
            self.pictures[0], self.pictures[1], self.unreadable
        )
    }

    fn table(&self) -> String {
        self.lines(" ")
    }

    fn csv(&self) -> String {
        format!("name,value\n{}", self.lines(","))
    }

    fn json(&self) -> String {
        let pairs = self.metrics.iter().cloned();
        let map: serde_json::Map<_, _> = pairs.map(|(name, value)| (name, value.into())).collect();
        serde_json::Value::Object(map).to_string()
    }
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
