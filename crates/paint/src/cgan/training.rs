//! Training of CGAN-Emotion-Art's generator for one genre.
//!
//! - **Loss** binary cross-entropy of both, as DCGAN's.
//! - **Source** [`super`]; the training was never published, this one is ours: a discriminator that mirrors
//!   the generator, Adam with 2e-4 and β₁ = .5.
//! - **Data** a genre of `data/paintings`, or the paintings whose title names something; the sentiments by a
//!   predictor: the two fifths that are most pleasant for their genre, and the two that are least.

use super::layers::{Discriminator, Generator};
use super::{Cgan, SIDE, Statistics, note};
use crate::corpus::{Corpus, Start, chance, corpus, scaled, square};
use crate::error::PaintError;
use crate::measures::progress::{Judge, MEASURED, Marks};
use crate::repertoire::{Sentiment, balance};
use crate::sheet::grid;
use affetti_feel::art::PaintingSet;
use affetti_ground::Normal;
use affetti_ground::config::first_wrong;
use affetti_picture::Picture;
use affetti_train::card::Parts;
use affetti_train::order::{batch, mix};
use affetti_train::{
    Metric, Opened, Optimizers, Outcome, Places, Recipe, Sheet, Stored, Task, TrainError, freeze,
    values,
};
use affetti_weights::registry::InputContract;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::activation::softplus;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Settings of a training.
pub type Config = affetti_train::Config<CganRecipe>;

/// What decides how a generator comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CganRecipe {
    /// Where the paintings come from.
    pub sets: Vec<PaintingSet>,
    /// The genre that is learned, or what the file is called for.
    pub subject: String,
    /// Instead of a genre: words, one of which a title has.
    #[serde(default)]
    pub titles: Vec<String>,
    /// The predictor, a file of the folder of models, that says what paintings evoke.
    pub labels: String,
    /// Smallest share of a painting's largest square that a crop keeps.
    pub crop: f64,
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
pub struct CganTask {
    config: Config,
    learned: Vec<(Picture, Sentiment)>,
    judge: Judge,
    unreadable: usize,
    voted: usize,
}

const GENERATOR: &str = "generator";
const DISCRIMINATOR: &str = "discriminator";

/// The sentiments of paintings by the quantiles of their balance.
pub(crate) fn sentiments(balances: &[f64]) -> Vec<Sentiment> {
    let mut sorted = balances.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    if sorted.is_empty() {
        return Vec::new();
    }
    let (low, high) = (at(0.4), at(0.6));
    let one = |b: &f64| match *b {
        b if b > high => Sentiment::Positive,
        b if b < low => Sentiment::Negative,
        _ => Sentiment::Neutral,
    };
    balances.iter().map(one).collect()
}

impl CganTask {
    fn seed(&self) -> u64 {
        self.config.common.seed
    }

    fn hot(sentiments: &[Sentiment], device: &Device) -> Tensor<2> {
        let rows = sentiments.iter();
        let rows = rows.flat_map(|s| Sentiment::ALL.map(|one| f32::from(u8::from(one == *s))));
        let data = TensorData::new(rows.collect::<Vec<f32>>(), [sentiments.len(), 3]);
        Tensor::from_data(data, device)
    }

    fn view(&self, row: usize, at: usize) -> Vec<f32> {
        let draw = |k: u64| chance(&[self.seed(), at as u64, row as u64, k]);
        let side = SIDE as u32;
        scaled(&square(
            &self.learned[row].0,
            self.config.own.crop,
            side,
            &draw,
        ))
    }

    fn generator(&self, pair: &Pair) -> Result<Cgan, TrainError> {
        let mut tensors = values(&pair.generator);
        tensors.note = note(&self.config.own.subject);
        Cgan::new(tensors).map_err(|e| TrainError::task(e.kind(), e))
    }

    fn painted(&self, generator: &Cgan) -> Vec<Picture> {
        let inputs: Vec<_> = (0..MEASURED as u64)
            .map(|n| {
                Cgan::input(
                    mix(&[self.seed(), n]),
                    1.0,
                    Sentiment::ALL[(n % 3) as usize],
                )
            })
            .collect();
        let parts = inputs.chunks(100);
        parts
            .flat_map(|part| generator.paint(part, Statistics::Running))
            .collect()
    }
}

impl Task for CganTask {
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
        let data = TensorData::new(pixels.concat(), [rows.len(), SIDE, SIDE, 3]);
        let real = Tensor::<4>::from_data(data, &device);
        let has: Vec<Sentiment> = rows.iter().map(|&row| self.learned[row].1).collect();
        let has = Self::hot(&has, &device);
        let wants: Vec<Sentiment> = (0..rows.len() as u64)
            .map(|n| Sentiment::ALL[(mix(&[self.seed(), 1, at as u64, n]) % 3) as usize])
            .collect();
        let wants = Self::hot(&wants, &device);
        let noise =
            Normal::new(mix(&[self.seed(), 2, at as u64])).many(rows.len() * super::NOISE, 1.0);
        let noise = TensorData::new(noise, [rows.len(), super::NOISE]);
        let inputs = Tensor::cat(vec![Tensor::from_data(noise, &device), wants.clone()], 1);

        let Pair {
            generator,
            discriminator,
        } = pair;
        let fake = generator.forward(inputs);
        let high = softplus(discriminator.forward(real, has).neg(), 1.0).mean();
        let low = discriminator.forward(fake.clone().detach(), wants.clone());
        let loss = high + softplus(low, 1.0).mean();
        let (discriminator, seen) =
            optimizers.follow(DISCRIMINATOR, discriminator, loss, &|_| 1.0)?;
        let still = freeze(discriminator.clone(), &|_| true);
        let loss = softplus(still.forward(fake, wants).neg(), 1.0).mean();
        let (generator, _) = optimizers.follow(GENERATOR, generator, loss, &|_| 1.0)?;
        let pair = Pair {
            generator,
            discriminator,
        };
        Ok((pair, seen))
    }

    fn validate(&mut self, pair: &Pair) -> Result<Vec<Metric>, TrainError> {
        let generator = self.generator(pair)?;
        Ok(self.judge.marks(&self.painted(&generator)).metrics())
    }

    fn sheet(&mut self, pair: &Pair) -> Result<Option<Sheet>, TrainError> {
        let generator = self.generator(pair)?;
        let inputs: Vec<_> = Sentiment::ALL
            .into_iter()
            .flat_map(|sentiment| (0..12).map(move |n| Cgan::input(n, 1.0, sentiment)))
            .collect();
        let bytes = grid(&generator.paint(&inputs, Statistics::Running), 12).encode_png();
        let name = "painted.png";
        Ok(Some(Sheet { name, bytes }))
    }
}

impl Recipe for CganRecipe {
    const KIND: &'static str = "cgan";
    const ASSUMED: &'static [(&'static str, &'static str)] = &[("start", "nothing")];
    type Start = Start;
    type Task = CganTask;
    type Figures = Marks;
    type Error = PaintError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        first_wrong(&[
            (!own.sets.is_empty(), "sets: at least one"),
            (
                !own.subject.is_empty(),
                "subject: a genre, or a name beside titles",
            ),
            (
                own.crop > 0.0 && own.crop <= 1.0,
                "crop: above 0, at most 1",
            ),
            (
                config.common.training.batch >= 2,
                "training.batch: at least 2",
            ),
        ])
    }

    fn open(config: &Config, places: &Places<'_>) -> Result<Opened<Self>, PaintError> {
        let own = &config.own;
        let Corpus {
            learned,
            felt,
            voted,
            measured,
            unreadable,
        } = corpus(
            places,
            &own.sets,
            &own.labels,
            2 * config.common.training.batch,
            |labels| {
                if own.titles.is_empty() {
                    return labels.genre == own.subject;
                }
                let title = labels.title.to_lowercase();
                let mut words = title.split(|c: char| !c.is_alphabetic());
                words.any(|word| own.titles.iter().any(|wanted| wanted == word))
            },
        )?;
        let balances: Vec<f64> = felt.iter().map(balance).collect();
        let pictures = learned.into_iter().map(|p| p.picture);
        let learned = pictures.zip(sentiments(&balances)).collect();
        let device = Device::flex().autodiff();
        let seed = config.common.seed;
        let pair = Pair {
            generator: Generator::init(mix(&[seed, 4]), &device),
            discriminator: Discriminator::init(mix(&[seed, 5]), &device),
        };
        let task = CganTask {
            config: config.clone(),
            learned,
            judge: Judge::open(&measured, SIDE)?,
            unreadable,
            voted,
        };
        Ok((task, pair))
    }

    fn weights(config: &Config, _: &CganTask, pair: &Pair) -> Result<Option<Tensors>, PaintError> {
        let mut tensors = pair.generator.clone().valid().weights();
        tensors.note = note(&config.own.subject);
        Ok(Some(tensors))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        if name.ends_with(".weight") {
            config.common.precision
        } else {
            Precision::Full
        }
    }

    fn measure(
        _: &Config,
        _: &Places<'_>,
        task: &CganTask,
        outcome: &Outcome<Pair>,
        stored: &Stored,
    ) -> Result<Marks, PaintError> {
        let generator = Cgan::new(store::from_bytes(&stored.bytes, &stored.file)?)?;
        let size = task.config.common.training.batch;
        Ok(Marks {
            pictures: task.learned.len(),
            looks: outcome.history.epochs * task.steps() * size,
            unreadable: task.unreadable,
            voted: task.voted,
            ..task.judge.marks(&task.painted(&generator))
        })
    }

    fn card(config: &Config, _: &CganTask, marks: &Marks) -> Result<Option<Parts>, PaintError> {
        Ok(Some(Parts {
            kind: "paint",
            embedded: false,
            input: InputContract {
                resolution: vec![SIDE],
                channels: "100 numbers of noise, one of three sentiments".into(),
                mean: 127.5,
                scale: 127.5,
                filter: "bicubic".into(),
                views: vec!["a square of the painting".into()],
            },
            starts: vec![format!(
                "sentiments of paintings: {} of this project",
                config.own.labels
            )],
            data: format!(
                "{} paintings, {} (WikiArt), splits train (research use, not redistributed)",
                marks.pictures, config.own.subject
            ),
            options: "",
            metrics: marks.card(),
            cautions: &[
                "A network of 2020 that saw each painting a few times: color and texture, hardly things.",
                "Sentiments are those that a predictor thinks groups of viewers have.",
            ],
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::sentiments;
    use crate::repertoire::Sentiment::{Negative, Neutral, Positive};

    #[test]
    fn two_fifths_on_each_side() {
        let balances: Vec<f64> = (0..11).map(f64::from).collect();
        let found = sentiments(&balances);
        assert_eq!(found[..4], [Negative; 4]);
        assert_eq!(found[4..7], [Neutral; 3]);
        assert_eq!(found[7..], [Positive; 4]);
        assert!(sentiments(&[]).is_empty());
    }
}
