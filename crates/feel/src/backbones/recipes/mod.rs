//! Published ways to train a picture's feeling, as their authors describe them.
//!
//! - **Computes** classes of a picture, nine emotions or three sentiments, by a frozen published
//!   network with two layers on top (and perhaps its last residual stages) that learn.
//! - **Source** Achlioptas et al., "ArtEmis" (CVPR 2021), image to emotion; the three-sentiment
//!   classifier of CGAN-Emotion-Art (frozen VGG16 and a perceptron on WikiArt-Emotions).
//! - **Deviations** frozen stages run with their stored statistics, where a PyTorch program in
//!   training mode goes on moving them; new layers begin with He's normal weights; of VGG16 the mean
//!   of the last map is taken, since the article does not say what its perceptron takes.
//! - **Data** see [`DataSet`]; the test split is measured once, at the end, by the epoch that the val
//!   split chose.

mod config;
mod network;
mod samples;
#[cfg(test)]
mod tests;

pub use config::{DataSet, Labels, Network, PublishedRecipe, Start};

use crate::backbones::augment::uniform;
use crate::backbones::maps::{Look, Viewing, Views};
use crate::backbones::scores::{Score, Scores};
use crate::error::FeelError;
use crate::heads::softmax::softmax;
use crate::learning::evaluate::FLOOR;
use crate::learning::pictures::Source;
use affetti_data::Split;
use affetti_emotion::Bootstrap;
use affetti_train::order::{batch, mix};
use affetti_train::{
    Metric, ModelOf, Opened, Outcome, Places, Recipe, Stored, Task, TrainError, losses,
};
use burn::module::Module;
use burn::tensor::{Device, Tensor, TensorData};
use network::{Frozen, RecipeNetwork, build};
use samples::{Sample, samples};

/// Settings of a training.
pub type Config = affetti_train::Config<PublishedRecipe>;

/// Pictures that are measured at a time.
const CHUNK: usize = 64;

/// Pictures of one split with their views.
struct Gallery {
    samples: Vec<Sample>,
    views: Views,
}

/// The learning of one network.
pub struct Published {
    config: Config,
    viewing: Viewing,
    frozen: Frozen,
    /// Train, val and test.
    galleries: [Gallery; 3],
    unreadable: usize,
}

impl Published {
    fn mask(&self, rows: usize, at: [u64; 2], device: &Device) -> Option<Tensor<2>> {
        let (lost, hidden) = (self.config.own.dropout, self.config.own.hidden);
        if lost == 0.0 {
            return None;
        }
        let kept = (1.0 / (1.0 - lost)) as f32;
        let draw = |n: usize| uniform(&[self.config.common.seed, 2, at[0], at[1], n as u64]);
        let mask = (0..rows * hidden).map(|n| if draw(n) < lost { 0.0 } else { kept });
        let mask = TensorData::new(mask.collect::<Vec<f32>>(), [rows, hidden]);
        Some(Tensor::from_data(mask, device))
    }

    /// Predicted shares of all pictures of a gallery; views are of the whole picture.
    fn answers(&self, model: &RecipeNetwork, gallery: usize) -> Vec<Vec<f64>> {
        let device = Device::flex();
        let gallery = &self.galleries[gallery];
        let all: Vec<usize> = (0..gallery.samples.len()).collect();
        let mut answers = Vec::with_capacity(all.len());
        for rows in all.chunks(CHUNK) {
            let (viewing, frozen) = (&self.viewing, &self.frozen);
            let x = gallery.views.input(viewing, frozen, rows, |_| 0, &device);
            let logits = model.forward(x, None).into_data();
            let logits: Vec<f64> = logits.iter::<f32>().map(f64::from).collect();
            let rows = logits.chunks(self.config.own.labels.classes());
            answers.extend(rows.map(softmax));
        }
        answers
    }

    /// Mean shares of what is learned from: the answer without a picture.
    fn prior(&self) -> Vec<f64> {
        let samples = &self.galleries[0].samples;
        let mut prior = vec![0.0; self.config.own.labels.classes()];
        for sample in samples {
            let pairs = prior.iter_mut().zip(&sample.shares);
            pairs.for_each(|(p, s)| *p += s / samples.len() as f64);
        }
        prior
    }

    fn judged(&self, model: &RecipeNetwork, gallery: usize) -> Judged {
        let truth = self.galleries[gallery].samples.iter().map(|s| &s.shares);
        Judged::new(truth, &self.answers(model, gallery), &self.prior())
    }
}

/// Divergences and hits, picture by picture.
#[derive(Debug, Default)]
struct Judged {
    kl: Vec<f64>,
    kl_prior: Vec<f64>,
    /// Of pictures with more than half on one class: whether it is found, and whether it is the
    /// most frequent one.
    hits: Vec<[f64; 2]>,
    /// The same for pictures with half or more on one class alone.
    half_hits: Vec<[f64; 2]>,
}

/// Place of the largest value.
fn largest(values: &[f64]) -> usize {
    let places = 0..values.len();
    places
        .max_by(|&a, &b| values[a].total_cmp(&values[b]).then(b.cmp(&a)))
        .unwrap_or(0)
}

/// KL(truth ‖ answer) with the answer floored and brought to a sum of one.
fn divergence(truth: &[f64], answer: &[f64]) -> f64 {
    let floored: Vec<f64> = answer.iter().map(|p| p.max(FLOOR)).collect();
    let sum: f64 = floored.iter().sum();
    let pairs = truth.iter().zip(&floored);
    pairs
        .filter(|(t, _)| **t > 0.0)
        .map(|(t, p)| t * (t * sum / p).ln())
        .sum()
}

impl Judged {
    fn new<'a>(
        truth: impl Iterator<Item = &'a Vec<f64>>,
        answers: &[Vec<f64>],
        prior: &[f64],
    ) -> Self {
        let mut judged = Self::default();
        let usual = largest(prior);
        for (truth, answer) in truth.zip(answers) {
            judged.kl.push(divergence(truth, answer));
            judged.kl_prior.push(divergence(truth, prior));
            let top = largest(truth);
            let hit = |class: usize| f64::from(u8::from(class == top));
            let hits = [hit(largest(answer)), hit(usual)];
            if truth[top] > 0.5 {
                judged.hits.push(hits);
            }
            // Two classes with half each have no majority.
            if truth[top] >= 0.5 && truth.iter().filter(|t| **t >= 0.5).count() == 1 {
                judged.half_hits.push(hits);
            }
        }
        judged
    }

    fn skill(&self, draw: &[usize]) -> Option<f64> {
        let sum = |values: &[f64]| draw.iter().map(|&i| values[i]).sum::<f64>();
        (!draw.is_empty()).then(|| 1.0 - sum(&self.kl) / sum(&self.kl_prior))
    }

    fn scores(&self, set: &str, seed: u64) -> Result<Vec<Score>, FeelError> {
        let bootstrap = Bootstrap::seeded(seed).check()?;
        let mut scores = Vec::new();
        let mut put =
            |metric: &str, prior: f64, n: usize, value: &dyn Fn(&[usize]) -> Option<f64>| {
                let Ok(found) = bootstrap.estimate(n, value) else {
                    return;
                };
                scores.push(Score {
                    set: set.to_owned(),
                    metric: metric.to_owned(),
                    value: found.value,
                    interval: [found.interval.low, found.interval.high],
                    prior,
                    n,
                });
            };
        put("KL skill", 0.0, self.kl.len(), &|draw| self.skill(draw));
        for (hits, name) in [
            (&self.hits, "accuracy, majority > .5"),
            (&self.half_hits, "accuracy, majority ≥ .5"),
        ] {
            let share = |draw: &[usize], n: usize| {
                draw.iter().map(|&i| hits[i][n]).sum::<f64>() / draw.len() as f64
            };
            let all: Vec<usize> = (0..hits.len()).collect();
            put(name, share(&all, 1), hits.len(), &|draw| {
                (!draw.is_empty()).then(|| share(draw, 0))
            });
        }
        Ok(scores)
    }
}

impl Task for Published {
    type Model = RecipeNetwork;

    fn steps(&self) -> usize {
        (self.galleries[0].samples.len() / self.config.common.training.batch).max(1)
    }

    fn loss(
        &mut self,
        model: &RecipeNetwork,
        epoch: usize,
        step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let Config { common, own, .. } = &self.config;
        let Gallery { samples, views } = &self.galleries[0];
        let (seed, size) = (common.seed, common.training.batch);
        let rows = batch(seed, epoch, samples.len(), size, step);
        let device = Device::flex().autodiff();
        let number = |row: usize| match own.views {
            0 => mix(&[epoch as u64, row as u64]),
            _ => mix(&[seed, row as u64]).wrapping_add(epoch as u64),
        };
        let x = views.input(&self.viewing, &self.frozen, &rows, number, &device);
        let mask = self.mask(rows.len(), [epoch as u64, step as u64], &device);
        let classes = own.labels.classes();
        let shares = rows.iter().flat_map(|&row| samples[row].shares.iter());
        let targets: Vec<f32> = shares.map(|share| *share as f32).collect();
        let targets = TensorData::new(targets, [rows.len(), classes]);
        let targets = Tensor::from_data(targets, &device);
        let weights = Tensor::ones([rows.len()], &device);
        let logits = model.forward(x, mask);
        Ok(losses::soft_cross_entropy(logits, targets, weights))
    }

    fn validate(&mut self, model: &RecipeNetwork) -> Result<Vec<Metric>, TrainError> {
        let judged = self.judged(model, 1);
        let mean =
            |values: &mut dyn Iterator<Item = f64>, n: usize| values.sum::<f64>() / n.max(1) as f64;
        let n = judged.kl.len();
        let all: Vec<usize> = (0..n).collect();
        let metric = |name, value| Metric { name, value };
        Ok(vec![
            metric("minus_kl", -mean(&mut judged.kl.iter().copied(), n)),
            metric("kl_skill", judged.skill(&all).unwrap_or(f64::NAN)),
            metric(
                "majority_accuracy",
                mean(
                    &mut judged.hits.iter().map(|hits| hits[0]),
                    judged.hits.len(),
                ),
            ),
        ])
    }
}

impl Recipe for PublishedRecipe {
    const KIND: &'static str = "recipe";
    /// Nothing is published.
    const ASSUMED: &'static [(&'static str, &'static str)] =
        &[("summary", ""), ("precision", "full")];
    type Start = Start;
    type Task = Published;
    type Figures = Scores;
    type Error = FeelError;

    fn check(config: &Config) -> Result<(), String> {
        config::check(config)
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, FeelError> {
        let Config { common, own, .. } = config;
        let prepared = |done, all| (places.stage)("pictures prepared", done, all);
        let all = samples(own, places.data)?;
        let (frozen, network) = build(config)?;
        let viewing = Viewing {
            seed: common.seed,
            side: own.side,
            filter: own.filter,
            crop: own.crop,
            color: 0.0,
        };
        let splits = [Split::Train, Split::Val, Split::Test];
        let asked = all.iter().filter(|s| splits.contains(&s.split)).count();
        let gallery = |split: Split| -> Result<Gallery, FeelError> {
            let samples: Vec<&Sample> = all.iter().filter(|s| s.split == split).collect();
            let files: Vec<Source<'_>> = samples.iter().map(|s| Source::file(&s.file)).collect();
            let looks = |n: usize| match (split, own.views) {
                (Split::Train, 0) => Vec::new(),
                (Split::Train, views) if views > 1 => {
                    let part = |view: usize| Look::Part(mix(&[n as u64, view as u64]));
                    (0..views).map(part).collect()
                }
                _ => vec![Look::Whole],
            };
            let (views, kept) = Views::new(&viewing, &frozen, &files, looks, &prepared)?;
            let samples = kept.into_iter().map(|n| samples[n].clone()).collect();
            Ok(Gallery { samples, views })
        };
        let galleries = [
            gallery(Split::Train)?,
            gallery(Split::Val)?,
            gallery(Split::Test)?,
        ];
        let pictures = [0, 1, 2].map(|n: usize| galleries[n].samples.len());
        if pictures[0] < 2 || pictures[1] == 0 {
            return Err(FeelError::NothingToLearn {
                what: format!(
                    "{} readable pictures to learn from and {} to choose the epoch by",
                    pictures[0], pictures[1]
                ),
            });
        }
        let task = Published {
            config: config.clone(),
            viewing,
            frozen,
            galleries,
            unreadable: asked - pictures.iter().sum::<usize>(),
        };
        Ok((task, network))
    }

    fn measure(
        config: &Config,
        _: &Places<'_>,
        task: &Published,
        outcome: &Outcome<ModelOf<Self>>,
        _: &Stored,
    ) -> Result<Scores, FeelError> {
        let model = outcome.model.clone().valid();
        let seed = config.common.seed;
        let judged = |gallery| task.judged(&model, gallery);
        let mut scores = judged(1).scores("val, which chose the epoch", seed)?;
        scores.extend(judged(2).scores("test", seed)?);
        let pictures = [0, 1, 2].map(|n: usize| task.galleries[n].samples.len());
        let measured = format!(
            "measured on {} of val and {} of test, {} unreadable",
            pictures[1], pictures[2], task.unreadable
        );
        Ok(Scores::new(scores, &pictures, &measured, &outcome.history))
    }
}
