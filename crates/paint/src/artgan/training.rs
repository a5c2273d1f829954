//! Training of ArtGAN.
//!
//! - **Loss** with f(x) the logits and Z = log Σ exp f: discriminator: cross-entropy of real pictures' classes,
//!   softplus(−Z) of real and softplus(Z) of painted ones, half the squared error of decoded real ones;
//!   generator: softplus(−Z), cross-entropy of the classes that were asked (label feedback), half the squared
//!   error of decoded painted ones. Variant `icip17`: one class more that all painted pictures belong to, and
//!   the squared error for the generator only.
//! - **Source** [`super`].
//! - **Deviations** the sum over classes is of each picture alone; the published helper mixes the pictures
//!   of a batch. Adam for every label, where the article has RMSProp for styles; batches as the config has them, not
//!   100; labels of painted pictures as often as paintings have them; constant rates. Of two labels the mean of both is taken wherever there is one number for a picture.
//! - **Data** paintings of `data/paintings` whose labels are known; near-empty classes are left out.

use super::layers::{Discriminator, Generator, SEEN, halved};
use super::{ArtGan, Label, NOISE, SIDE, note};
use crate::corpus::{Start, chance, scaled, square};
use crate::error::PaintError;
use crate::measures::progress::{Judge, MEASURED, Marks};
use crate::pictures::{self, Painting};
use crate::sheet::grid;
use crate::wish::Kind;
use affetti_data::Split;
use affetti_feel::art::PaintingSet;
use affetti_ground::config::first_wrong;
use affetti_ground::{Normal, SplitMix64};
use affetti_picture::Picture;
use affetti_train::card::Parts;
use affetti_train::order::{batch, mix};
use affetti_train::{
    Metric, Opened, Optimizers, Outcome, Places, Recipe, Sheet, Stored, Task, TrainError, freeze,
};
use affetti_weights::registry::InputContract;
use affetti_weights::store;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::activation::{log_softmax, softplus};
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Settings of a training.
pub type Config = affetti_train::Config<ArtGanRecipe>;

/// Which of the articles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Variant {
    /// The autoencoder of the improved ArtGAN.
    Ae,
    /// The first one, with a class of painted pictures.
    Icip17,
}

/// What decides how a generator comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArtGanRecipe {
    /// Where the paintings come from.
    pub sets: Vec<PaintingSet>,
    /// One label, or two together.
    pub labels: Vec<Kind>,
    /// Names of the classes of the first label; all that are frequent enough where there are none.
    #[serde(default)]
    pub classes: Vec<String>,
    /// A class needs so many paintings for training.
    pub least: usize,
    /// See [`Variant`].
    pub variant: Variant,
    /// Smallest share of a painting's largest square that a crop keeps.
    pub crop: f64,
    /// Share of what is dropped in the discriminator, 0 to below 1.
    pub dropout: f64,
    /// Deviation of the noise on what the discriminator sees.
    pub noise: f64,
    /// Steps of an epoch; 0: a pass over the paintings.
    #[serde(default)]
    pub steps: usize,
}

/// The two networks.
#[derive(Module, Debug)]
pub struct Pair {
    generator: Generator,
    discriminator: Discriminator,
}

/// The training of one generator.
pub struct ArtGanTask {
    config: Config,
    labels: Vec<Label>,
    learned: Vec<(Picture, Vec<usize>)>,
    judge: Judge,
    unreadable: usize,
}

const GENERATOR: &str = "generator";
const DISCRIMINATOR: &str = "discriminator";

/// log Σ exp of each row, `[batch]`.
fn log_sum(logits: Tensor<2>) -> Tensor<1> {
    let [batch, _] = logits.dims();
    let top = logits.clone().detach().max_dim(1);
    let sum = (logits - top.clone()).exp().sum_dim(1).log() + top;
    sum.reshape([batch])
}

/// Which classes paintings have together, and how many do.
fn seen(learned: &[(Picture, Vec<usize>)]) -> Vec<(Vec<usize>, usize)> {
    let mut counts = BTreeMap::<&[usize], usize>::new();
    for (_, classes) in learned {
        *counts.entry(classes).or_default() += 1;
    }
    counts
        .into_iter()
        .map(|(classes, n)| (classes.to_vec(), n))
        .collect()
}

impl ArtGanTask {
    fn seed(&self) -> u64 {
        self.config.common.seed
    }

    /// Columns of a label's classes, one more in the variant with a class of painted ones.
    fn widths(&self) -> Vec<usize> {
        let more = usize::from(self.config.own.variant == Variant::Icip17);
        self.labels.iter().map(|l| l.classes.len() + more).collect()
    }

    /// Targets of all labels `[batch, columns]`; none of `classes`: painted.
    fn targets(&self, rows: &[Vec<usize>], painted: bool, device: &Device) -> Tensor<2> {
        let widths = self.widths();
        let columns: usize = widths.iter().sum();
        let mut all = vec![0.0_f32; rows.len() * columns];
        for (row, classes) in all.chunks_exact_mut(columns).zip(rows) {
            let mut at = 0;
            for (class, width) in classes.iter().zip(&widths) {
                row[at + if painted { width - 1 } else { *class }] = 1.0;
                at += width;
            }
        }
        Tensor::from_data(TensorData::new(all, [rows.len(), columns]), device)
    }

    /// Mean over labels of the cross-entropy.
    fn cross_entropy(&self, logits: &Tensor<2>, targets: &Tensor<2>) -> Tensor<1> {
        let mut at = 0;
        let mut sum: Option<Tensor<1>> = None;
        for width in self.widths() {
            let logs = log_softmax(logits.clone().narrow(1, at, width), 1);
            let cost = (logs * targets.clone().narrow(1, at, width))
                .sum_dim(1)
                .mean()
                .neg();
            sum = Some(match sum {
                Some(sum) => sum + cost,
                None => cost,
            });
            at += width;
        }
        sum.expect("a label at least") / self.labels.len() as f64
    }

    /// Mean over labels of log Σ exp, `[batch]`.
    fn real(&self, logits: &Tensor<2>) -> Tensor<1> {
        let mut at = 0;
        let mut sum: Option<Tensor<1>> = None;
        for width in self.widths() {
            let own = log_sum(logits.clone().narrow(1, at, width));
            sum = Some(match sum {
                Some(sum) => sum + own,
                None => own,
            });
            at += width;
        }
        sum.expect("a label at least") / self.labels.len() as f64
    }

    fn view(&self, row: usize, at: usize) -> Vec<f32> {
        let draw = |k: u64| chance(&[self.seed(), at as u64, row as u64, k]);
        scaled(&square(
            &self.learned[row].0,
            self.config.own.crop,
            SEEN as u32,
            &draw,
        ))
    }

    fn generator(&self, generator: &Generator) -> Result<ArtGan, TrainError> {
        let mut tensors = generator.weights();
        tensors.note = note(&self.labels, &seen(&self.learned));
        ArtGan::new(tensors).map_err(|e| TrainError::task(e.kind(), e))
    }

    fn painted(&self, generator: &ArtGan) -> Vec<Picture> {
        let inputs: Vec<_> = (0..MEASURED as u64)
            .map(|n| {
                let row = (mix(&[self.seed(), 77, n]) % self.learned.len() as u64) as usize;
                generator.input(mix(&[self.seed(), n]), 1.0, &self.learned[row].1)
            })
            .collect();
        let parts = inputs.chunks(50);
        parts.flat_map(|part| generator.paint(part)).collect()
    }

    /// Masks of dropout by the seed and the step.
    fn dropper(&self, at: usize, device: &Device) -> impl FnMut([usize; 4]) -> Option<Tensor<4>> {
        let share = self.config.own.dropout;
        let mut random = SplitMix64::new(mix(&[self.seed(), 8, at as u64]));
        let device = device.clone();
        move |shape: [usize; 4]| {
            if share == 0.0 {
                return None;
            }
            let keep = 1.0 / (1.0 - share) as f32;
            let mask = (0..shape.iter().product::<usize>()).map(|_| {
                if f64::from(random.unit_f32()) < share {
                    0.0
                } else {
                    keep
                }
            });
            let data = TensorData::new(mask.collect::<Vec<f32>>(), shape);
            Some(Tensor::from_data(data, &device))
        }
    }
}

impl Task for ArtGanTask {
    type Model = Pair;
    const PARTS: &'static [&'static str] = &[GENERATOR, DISCRIMINATOR];

    fn steps(&self) -> usize {
        match self.config.own.steps {
            0 => (self.learned.len() / self.config.common.training.batch).max(1),
            steps => steps,
        }
    }

    fn step(&mut self, pair: Pair, optimizers: &mut Optimizers) -> Result<(Pair, f64), TrainError> {
        let device = Device::flex().autodiff();
        let own = &self.config.own;
        let icip = own.variant == Variant::Icip17;
        let size = self.config.common.training.batch;
        let at = optimizers.epoch() * self.steps() + optimizers.step();
        let per_pass = (self.learned.len() / size).max(1);
        let rows = batch(
            self.seed(),
            at / per_pass,
            self.learned.len(),
            size,
            at % per_pass,
        );
        let pixels: Vec<Vec<f32>> = rows.par_iter().map(|&row| self.view(row, at)).collect();
        let shape = [rows.len(), SEEN, SEEN, 3];
        let mut normal = Normal::new(mix(&[self.seed(), 9, at as u64]));
        let mut blur = || {
            let values = normal.many(shape.iter().product(), own.noise);
            Tensor::<4>::from_data(TensorData::new(values, shape), &device)
        };
        let real = Tensor::<4>::from_data(TensorData::new(pixels.concat(), shape), &device);
        let has: Vec<Vec<usize>> = rows
            .iter()
            .map(|&row| self.learned[row].1.clone())
            .collect();
        let wants: Vec<Vec<usize>> = (0..rows.len() as u64)
            .map(|n| {
                let row = mix(&[self.seed(), 1, at as u64, n]) % self.learned.len() as u64;
                self.learned[row as usize].1.clone()
            })
            .collect();
        let mut random = SplitMix64::new(mix(&[self.seed(), 2, at as u64]));
        let inputs: Vec<f32> = wants
            .iter()
            .flat_map(|classes| {
                let noise: Vec<f32> = (0..NOISE).map(|_| random.unit_f32() * 2.0 - 1.0).collect();
                let hot = self.labels.iter().zip(classes).flat_map(|(label, class)| {
                    (0..label.classes.len()).map(move |n| f32::from(u8::from(n == *class)))
                });
                noise.into_iter().chain(hot.collect::<Vec<f32>>())
            })
            .collect();
        let width = inputs.len() / rows.len();
        let inputs = Tensor::from_data(TensorData::new(inputs, [rows.len(), width]), &device);
        let Pair {
            generator,
            discriminator,
        } = pair;
        let fake = halved(generator.forward(inputs));
        let mut drop = self.dropper(at, &device);
        let (on_real, decoded) = discriminator.forward(real.clone() + blur(), &mut drop);
        let (on_fake, _) = discriminator.forward(fake.clone().detach() + blur(), &mut drop);
        let truth = self.cross_entropy(&on_real, &self.targets(&has, false, &device));
        let loss = if icip {
            truth + self.cross_entropy(&on_fake, &self.targets(&wants, true, &device))
        } else {
            let missed = decoded - real;
            truth
                + softplus(self.real(&on_real).neg(), 1.0).mean()
                + softplus(self.real(&on_fake), 1.0).mean()
                + (missed.clone() * missed).mean() * 0.5
        };
        let (discriminator, seen) =
            optimizers.follow(DISCRIMINATOR, discriminator, loss, &|_| 1.0)?;
        let still = freeze(discriminator.clone(), &|_| true);
        let (on_fake, decoded) = still.forward(fake.clone() + blur(), &mut |_| None);
        let asked = self.cross_entropy(&on_fake, &self.targets(&wants, false, &device));
        let missed = decoded - fake;
        let mut loss = asked + (missed.clone() * missed).mean() * 0.5;
        if !icip {
            loss = loss + softplus(self.real(&on_fake).neg(), 1.0).mean();
        }
        let (generator, _) = optimizers.follow(GENERATOR, generator, loss, &|_| 1.0)?;
        let pair = Pair {
            generator,
            discriminator,
        };
        Ok((pair, seen))
    }

    fn validate(&mut self, pair: &Pair) -> Result<Vec<Metric>, TrainError> {
        let generator = self.generator(&pair.generator)?;
        Ok(self.judge.marks(&self.painted(&generator)).metrics())
    }

    fn sheet(&mut self, pair: &Pair) -> Result<Option<Sheet>, TrainError> {
        let generator = self.generator(&pair.generator)?;
        let first = self.labels[0].classes.len().min(12);
        let inputs: Vec<_> = (0..first)
            .flat_map(|class| (0..10).map(move |n| (class, n)))
            .filter_map(|(class, n)| {
                // The other label as some painting of this class has it.
                let (_, classes) = self
                    .learned
                    .iter()
                    .find(|(_, classes)| classes[0] == class)?;
                Some(generator.input(n, 1.0, classes))
            })
            .collect();
        let bytes = grid(&generator.paint(&inputs), 10).encode_png();
        let name = "painted.png";
        Ok(Some(Sheet { name, bytes }))
    }
}

impl Recipe for ArtGanRecipe {
    const KIND: &'static str = "artgan";
    const ASSUMED: &'static [(&'static str, &'static str)] = &[("start", "nothing")];
    type Start = Start;
    type Task = ArtGanTask;
    type Figures = Marks;
    type Error = PaintError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let two = own.labels.len() == 2 && own.labels[0] != own.labels[1];
        first_wrong(&[
            (!own.sets.is_empty(), "sets: at least one"),
            (
                own.labels.len() == 1 || two,
                "labels: one, or two different ones",
            ),
            (own.least >= 1, "least: at least 1"),
            (
                own.crop > 0.0 && own.crop <= 1.0,
                "crop: above 0, at most 1",
            ),
            (
                (0.0..1.0).contains(&own.dropout),
                "dropout: from 0 to below 1",
            ),
            (
                own.noise >= 0.0 && own.noise.is_finite(),
                "noise: 0 or more",
            ),
            (
                config.common.training.batch >= 2,
                "training.batch: at least 2",
            ),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, PaintError> {
        let own = &config.own;
        let (all, unreadable) = pictures::load(places.data, &own.sets, |labels| {
            own.labels.iter().all(|kind| !labels.get(*kind).is_empty())
                && (own.classes.is_empty()
                    || own.classes.iter().any(|c| c == labels.get(own.labels[0])))
        })?;
        let train = |p: &&Painting| p.split == Split::Train;
        let labels: Vec<Label> = own
            .labels
            .iter()
            .map(|kind| Label {
                name: kind.name().to_owned(),
                classes: pictures::frequent(
                    all.iter().filter(train).map(|p| p.label(*kind)),
                    own.least,
                ),
            })
            .collect();
        let classes = |p: &Painting| -> Option<Vec<usize>> {
            let kinds = own.labels.iter().zip(&labels);
            kinds
                .map(|(kind, label)| label.classes.iter().position(|c| c == p.label(*kind)))
                .collect()
        };
        let known: Vec<(Painting, Vec<usize>)> = all
            .into_iter()
            .filter_map(|p| classes(&p).map(|c| (p, c)))
            .collect();
        let (learned, rest): (Vec<_>, Vec<_>) = known
            .into_iter()
            .partition(|(p, _)| p.split == Split::Train);
        let size = config.common.training.batch;
        if learned.len() < 2 * size {
            return Err(PaintError::TooLittle {
                what: format!(
                    "{} paintings of classes with {} or more; the batch needs at least {}",
                    learned.len(),
                    own.least,
                    2 * size
                ),
            });
        }
        let measured: Vec<Painting> = rest
            .into_iter()
            .map(|(p, _)| p)
            .filter(|p| p.split == Split::Val)
            .collect();
        let seed = config.common.seed;
        let device = Device::flex().autodiff();
        let told: usize = labels.iter().map(|l| l.classes.len()).sum();
        let more = match own.variant {
            Variant::Icip17 => labels.len(),
            Variant::Ae => 0,
        };
        let pair = Pair {
            generator: Generator::init(told, mix(&[seed, 4]), &device),
            discriminator: Discriminator::init(told + more, mix(&[seed, 5]), &device),
        };
        let task = ArtGanTask {
            config: config.clone(),
            labels,
            learned: learned.into_iter().map(|(p, c)| (p.picture, c)).collect(),
            judge: Judge::open(&measured, SIDE)?,
            unreadable,
        };
        Ok((task, pair))
    }

    fn weights(_: &Config, task: &ArtGanTask, pair: &Pair) -> Result<Option<Tensors>, PaintError> {
        let mut tensors = pair.generator.clone().valid().weights();
        tensors.note = note(&task.labels, &seen(&task.learned));
        Ok(Some(tensors))
    }

    fn measure(
        _: &Config,
        _: &Places<'_>,
        task: &ArtGanTask,
        outcome: &Outcome<Pair>,
        stored: &Stored,
    ) -> Result<Marks, PaintError> {
        let generator = ArtGan::new(store::from_bytes(&stored.bytes, &stored.file)?)?;
        let size = task.config.common.training.batch;
        Ok(Marks {
            pictures: task.learned.len(),
            looks: outcome.history.epochs * task.steps() * size,
            unreadable: task.unreadable,
            ..task.judge.marks(&task.painted(&generator))
        })
    }

    fn card(_: &Config, task: &ArtGanTask, marks: &Marks) -> Result<Option<Parts>, PaintError> {
        let told: Vec<String> = task
            .labels
            .iter()
            .map(|label| format!("{} {}s", label.classes.len(), label.name))
            .collect();
        Ok(Some(Parts {
            kind: "paint",
            embedded: false,
            input: InputContract {
                resolution: vec![SIDE],
                channels: "100 numbers of noise, a class of each label".into(),
                mean: 127.5,
                scale: 127.5,
                filter: "bicubic".into(),
                views: vec!["a square of the painting".into()],
            },
            starts: Vec::new(),
            data: format!(
                "{} paintings of {} (WikiArt), splits train (research use, not redistributed)",
                marks.pictures,
                told.join(" and ")
            ),
            options: "",
            metrics: marks.card(),
            cautions: &[
                "A network of 2017 that saw each painting a few times: color and texture, hardly things.",
                "An artist's or a style's name stands for what a network caught of the pictures in one collection.",
            ],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::log_sum;
    use burn::tensor::{Device, Tensor, TensorData};

    #[test]
    fn each_picture_alone() {
        let device = Device::flex();
        let logits = TensorData::new(vec![0.0_f32, 0.0, 100.0, 100.0], [2, 2]);
        let sums = log_sum(Tensor::from_data(logits, &device));
        let sums: Vec<f32> = sums.into_data().iter::<f32>().collect();
        assert_eq!(sums.len(), 2);
        assert!((sums[0] - 2.0_f32.ln()).abs() < 1e-5);
        assert!((sums[1] - 100.0 - 2.0_f32.ln()).abs() < 1e-4);
    }
}
