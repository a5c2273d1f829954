//! Training of the painter: generator and critic against each other.
//!
//! - **Loss** of the critic: hinge, and what a guess from its frozen features misses of the feelings and
//!   genres of real paintings; of the generator: the critic's score, and what that guess misses of what was
//!   asked, and how much more alike pictures of one condition are than paintings.
//! - **Source** [`super::critic`]; Odena et al. (2017) for the guess; Mao et al., "Mode seeking generative
//!   adversarial networks" (2019), for the last term, here with what paintings differ by as its measure.
//! - **Data** genres of `data/paintings`, splits train; the feelings by a predictor.

use super::critic::{Critic, Eye};
use super::layers::{Dense, PainterLayers};
use super::{Painter, Shape, note};
use crate::corpus::{Corpus, Start, chance, corpus, scaled, square};
use crate::error::PaintError;
use crate::generator::TRUNCATION;
use crate::measures::progress::{Judge, MEASURED, Marks};
use crate::pictures;
use crate::repertoire::{FEELING, Feeling, OTHER, Repertoire, Sentiment};
use crate::sheet::grid;
use affetti_feel::art::PaintingSet;
use affetti_ground::config::first_wrong;
use affetti_ground::{Normal, SplitMix64};
use affetti_layers::upsample;
use affetti_nets::efficientnet_lite::{FEATURES, Variant, Weights};
use affetti_picture::Picture;
use affetti_train::card::{Parts, start};
use affetti_train::order::{batch, mix};
use affetti_train::{
    Metric, Opened, Optimizers, Outcome, Places, Recipe, Sheet, Stored, Task, TrainError, freeze,
};
use affetti_weights::registry::{self, InputContract};
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Tensor, TensorData};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Settings of a training.
pub type Config = affetti_train::Config<PainterRecipe>;

/// What decides how a painter comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PainterRecipe {
    /// Whether programs carry the weights.
    #[serde(default)]
    pub embedded: bool,
    /// Where the paintings come from.
    pub sets: Vec<PaintingSet>,
    /// Genres that are learned.
    pub genres: Vec<String>,
    /// A style needs so many paintings to be one of its own.
    pub least: usize,
    /// The predictor, a file of the folder of models, that says what paintings evoke.
    pub labels: String,
    /// The network of the critic: `efficientnet-lite0`, or one of the family in the folder of models.
    pub eye: String,
    /// Sizes of the generator.
    pub shape: Shape,
    /// How often a picture's side is doubled before the critic sees it.
    #[serde(default)]
    pub doublings: usize,
    /// Channels of the critic.
    pub channels: usize,
    /// What the critic looks at: the picture itself, and, from fine to coarse, maps of the frozen network, in
    /// all.
    pub scales: usize,
    /// Smallest share of a painting's largest square that a crop keeps.
    pub crop: f64,
    /// What a missed feeling weighs for the generator.
    pub feeling: f64,
    /// What a missed genre weighs for the generator.
    pub genre: f64,
    /// What it weighs for the generator that pictures of one condition are less different than paintings are.
    pub variety: f64,
    /// Steps of an epoch.
    pub steps: usize,
    /// For so many epochs pictures of half the side are learned.
    #[serde(default)]
    pub early: usize,
    /// Without conditions, for comparison: what is asked is neither learned nor obeyed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
}

/// The two networks and the guess.
#[derive(Module, Debug)]
pub struct Pair {
    generator: PainterLayers,
    critic: Critic,
    guess: Dense,
}

/// The training of one painter.
pub struct PainterTask {
    config: Config,
    eye: Eye,
    repertoire: Repertoire,
    /// In the order of the repertoire's rows.
    learned: Vec<Picture>,
    judge: Judge,
    unreadable: usize,
    voted: usize,
}

/// Parts of a network that move by themselves.
const GENERATOR: &str = "generator";
const CRITIC: &str = "critic";

impl PainterTask {
    fn seed(&self) -> u64 {
        self.config.common.seed
    }

    fn is_early(&self, epoch: usize) -> bool {
        epoch < self.config.own.early
    }

    /// Side of the pictures of an epoch.
    fn side(&self, epoch: usize) -> usize {
        self.config.own.shape.side() >> usize::from(self.is_early(epoch))
    }

    /// A random square of a painting, perhaps mirrored, in −1..1.
    fn view(&self, row: usize, parts: [u64; 3]) -> Vec<f32> {
        let draw = |k: u64| chance(&[self.seed(), parts[0], parts[1], parts[2], k]);
        let side = u32::try_from(self.side(parts[0] as usize)).unwrap_or(0);
        let picture = &self.learned[row];
        let square = square(picture, self.config.own.crop, side, &draw);
        scaled(&square)
    }

    /// Rows of real paintings of this step, with their pictures `[batch, side, side, 3]`.
    fn real(&self, epoch: usize, step: usize, device: &Device) -> (Vec<usize>, Tensor<4>) {
        let size = self.config.common.training.batch;
        let per_pass = (self.learned.len() / size).max(1);
        let at = epoch * self.config.own.steps + step;
        let rows = batch(
            self.seed(),
            at / per_pass,
            self.learned.len(),
            size,
            at % per_pass,
        );
        let pixels: Vec<Vec<f32>> = rows
            .par_iter()
            .map(|&row| self.view(row, [epoch as u64, step as u64, row as u64]))
            .collect();
        let side = self.side(epoch);
        let data = TensorData::new(pixels.concat(), [rows.len(), side, side, 3]);
        (rows, Tensor::from_data(data, device))
    }

    /// Conditions `[batch, width]` of paintings.
    fn conditions(&self, rows: &[usize], device: &Device) -> Tensor<2> {
        let condition = |&row: &usize| match self.config.own.blind {
            true => vec![0.0; self.repertoire.width()],
            false => self.repertoire.condition(&self.repertoire.rows[row]),
        };
        let all: Vec<f32> = rows.iter().flat_map(condition).collect();
        let data = TensorData::new(all, [rows.len(), self.repertoire.width()]);
        Tensor::from_data(data, device)
    }

    fn enlarged(&self, pictures: Tensor<4>) -> Tensor<4> {
        (0..self.config.own.doublings).fold(pictures, |x, _| upsample(x))
    }

    /// What a guess misses of feelings and genres that `condition` has.
    fn missed(&self, guess: &Dense, pooled: Tensor<2>, condition: &Tensor<2>) -> [Tensor<1>; 2] {
        let genres = self.repertoire.genres.len();
        let said = guess.forward(pooled);
        let [_, width] = condition.dims();
        let wanted = condition.clone().narrow(1, width - FEELING, FEELING);
        let off = said.clone().narrow(1, genres, FEELING) - wanted;
        let feeling = (off.clone() * off).mean();
        let logs = log_softmax(said.narrow(1, 0, genres), 1);
        let genre = (logs * condition.clone().narrow(1, 0, genres))
            .sum_dim(1)
            .mean()
            .neg();
        [feeling, genre]
    }

    /// Pictures of random rows of the repertoire.
    fn painted(&self, painter: &Painter, count: usize) -> Vec<Picture> {
        let rows = &self.repertoire.rows;
        let seedlings: Vec<_> = (0..count as u64)
            .map(|n| {
                let row = (mix(&[self.seed(), 77, n]) % rows.len() as u64) as usize;
                painter.seedling(mix(&[self.seed(), n]), 1.0, &rows[row])
            })
            .collect();
        seedlings
            .chunks(50)
            .flat_map(|part| painter.paint(part))
            .collect()
    }

    fn painter(&self, generator: &PainterLayers) -> Result<Painter, TrainError> {
        let mut tensors = generator.weights();
        self.repertoire.write(&mut tensors);
        tensors.note = note(&self.config.own.shape, &self.repertoire);
        Painter::new(tensors).map_err(|e| TrainError::task(e.kind(), e))
    }
}

impl Task for PainterTask {
    type Model = Pair;
    const PARTS: &'static [&'static str] = &[GENERATOR, CRITIC];

    fn steps(&self) -> usize {
        self.config.own.steps
    }

    fn step(&mut self, pair: Pair, optimizers: &mut Optimizers) -> Result<(Pair, f64), TrainError> {
        let device = Device::flex().autodiff();
        let (epoch, step) = (optimizers.epoch(), optimizers.step());
        let (rows, real) = self.real(epoch, step, &device);
        // Two of each condition, with different noise.
        let pairs = (rows.len() / 2).max(1) as u64;
        let wished: Vec<usize> = (0..rows.len() as u64)
            .map(|n| {
                let draw = mix(&[self.seed(), 1, epoch as u64, step as u64, n % pairs]);
                (draw % self.learned.len() as u64) as usize
            })
            .collect();
        let (has, wants) = (
            self.conditions(&rows, &device),
            self.conditions(&wished, &device),
        );
        let noise = self.config.own.shape.noise;
        let noise = TensorData::new(
            Normal::new(mix(&[self.seed(), 2, epoch as u64, step as u64]))
                .many(rows.len() * noise, 1.0),
            [rows.len(), noise],
        );
        let Pair {
            generator,
            critic,
            guess,
        } = pair;
        let fake = generator.forward(
            Tensor::from_data(noise, &device),
            wants.clone(),
            self.is_early(epoch),
        );
        let (fake, fake_pooled) = self.eye.look(self.enlarged(fake));
        let (real, real_pooled) = self.eye.look(self.enlarged(real));

        let cut: Vec<Tensor<4>> = fake.iter().map(|map| map.clone().detach()).collect();
        let real: Vec<Tensor<4>> = real.into_iter().map(Tensor::detach).collect();
        let high = (critic.judge(&real, &has).neg() + 1.0)
            .clamp_min(0.0)
            .mean();
        let low = (critic.judge(&cut, &wants) + 1.0).clamp_min(0.0).mean();
        let [feeling, genre] = self.missed(&guess, real_pooled.detach(), &has);
        let loss = high + low + feeling + genre;
        let judges = Judges { critic, guess };
        let (judges, seen) = optimizers.follow(CRITIC, judges, loss, &|_| 1.0)?;

        let still = freeze(judges.clone(), &|_| true);
        let score = still.critic.judge(&fake, &wants).mean();
        let [feeling, genre] = self.missed(&still.guess, fake_pooled, &wants);
        let alike = alike(&fake, &real);
        let own = &self.config.own;
        let loss = score.neg() + feeling * own.feeling + genre * own.genre + alike * own.variety;
        let (generator, _) = optimizers.follow(GENERATOR, generator, loss, &|_| 1.0)?;
        let Judges { critic, guess } = judges;
        let pair = Pair {
            generator,
            critic,
            guess,
        };
        Ok((pair, seen))
    }

    fn validate(&mut self, pair: &Pair) -> Result<Vec<Metric>, TrainError> {
        let painter = self.painter(&pair.generator)?;
        Ok(self
            .judge
            .marks(&self.painted(&painter, MEASURED))
            .metrics())
    }

    fn sheet(&mut self, pair: &Pair) -> Result<Option<Sheet>, TrainError> {
        let painter = self.painter(&pair.generator)?;
        let mut pictures = Vec::new();
        let feelings = [Sentiment::Positive, Sentiment::Neutral, Sentiment::Negative];
        for genre in 0..self.repertoire.genres.len() {
            for feeling in feelings {
                let feeling = Feeling::Sentiment(feeling);
                let rows = self.repertoire.nearest(Some(genre), None, feeling, 100);
                let rows = rows.map_err(|e| TrainError::task(e.kind(), e))?;
                let mut random = SplitMix64::new(5);
                let seedlings: Vec<_> = (0..4)
                    .filter_map(|n| {
                        Some(painter.seedling(n, TRUNCATION, Repertoire::draw(&rows, &mut random)?))
                    })
                    .collect();
                pictures.extend(painter.paint(&seedlings));
            }
        }
        let bytes = grid(&pictures, 12).encode_png();
        let name = "painted.png";
        Ok(Some(Sheet { name, bytes }))
    }
}

/// By how much the halves of a batch of painted maps are less different than those of real ones, which have
/// other conditions too: 0 where they are as different as [`APART`] of these, 1 where they are the same. The
/// mean over scales.
fn alike(painted: &[Tensor<4>], real: &[Tensor<4>]) -> Tensor<1> {
    let apart = |map: &Tensor<4>| {
        let half = map.dims()[0] / 2;
        let [a, b] = [0, half].map(|from| map.clone().narrow(0, from, half));
        (a - b).abs().mean()
    };
    // Not of the picture itself: colors alone are no difference.
    let missed = painted.iter().zip(real).skip(1).map(|(painted, real)| {
        let wanted = apart(real).detach() * APART + 1e-6;
        (apart(painted) / wanted)
            .neg()
            .add_scalar(1.0)
            .clamp_min(0.0)
    });
    let count = painted.len().max(2) as f64 - 1.0;
    Tensor::cat(missed.collect(), 0).sum() / count
}

/// Paintings of one condition differ by about so much of what any two differ by.
const APART: f64 = 0.85;

/// The weights of a published network, as imported, or of one in the folder of models.
fn network(name: &str, places: &Places<'_>) -> Result<Tensors, PaintError> {
    if registry::card(name).is_ok() {
        return Ok(registry::tensors(name)?);
    }
    let file = places.models.join(format!("{name}.safetensors"));
    Ok(store::from_bytes(
        &store::read_file(&file)?,
        &file.display().to_string(),
    )?)
}

/// What learns to tell real from painted.
#[derive(Module, Debug)]
struct Judges {
    critic: Critic,
    guess: Dense,
}

impl Recipe for PainterRecipe {
    const KIND: &'static str = "painter";
    const ASSUMED: &'static [(&'static str, &'static str)] = &[("start", "nothing")];
    type Start = Start;
    type Task = PainterTask;
    type Figures = Marks;
    type Error = PaintError;

    fn check(config: &Config) -> Result<(), String> {
        let own = &config.own;
        let some = |x: f64| x >= 0.0 && x.is_finite();
        first_wrong(&[
            (!own.sets.is_empty(), "sets: at least one"),
            (!own.genres.is_empty(), "genres: at least one"),
            (own.least >= 1, "least: at least 1"),
            (
                own.shape.sound(),
                "shape: sizes from 1, channels of 2 to 7 maps",
            ),
            (own.doublings <= 3, "doublings: 0 to 3"),
            (
                (own.shape.side() << own.doublings.min(3)) >> usize::from(own.early > 0) >= 32,
                "shape, doublings: the critic sees at least 32 pixels",
            ),
            ((1..=512).contains(&own.channels), "channels: 1 to 512"),
            ((1..=5).contains(&own.scales), "scales: 1 to 5"),
            (
                own.crop > 0.0 && own.crop <= 1.0,
                "crop: above 0, at most 1",
            ),
            (some(own.feeling), "feeling: 0 or more"),
            (some(own.genre), "genre: 0 or more"),
            (some(own.variety), "variety: 0 or more"),
            (
                !own.blind || own.feeling == 0.0 && own.genre == 0.0,
                "blind: feeling and genre are 0 where nothing is asked",
            ),
            (own.steps >= 1, "steps: at least 1"),
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
            4 * config.common.training.batch,
            |labels| own.genres.iter().any(|genre| genre == labels.genre),
        )?;
        let mut styles = pictures::frequent(learned.iter().map(|p| p.style.as_str()), own.least);
        styles.push(OTHER.to_owned());
        let classes: Vec<(usize, usize)> = learned
            .iter()
            .map(|p| {
                let genre = own.genres.iter().position(|g| *g == p.genre);
                let style = styles.iter().position(|s| *s == p.style);
                (genre.unwrap_or(0), style.unwrap_or(styles.len() - 1))
            })
            .collect();
        let repertoire = Repertoire::of((own.genres.clone(), styles), &classes, &felt);
        let eye = Weights::from_folded(Variant::Lite0, network(&own.eye, places)?)?;
        let device = Device::flex().autodiff();
        let seed = config.common.seed;
        let width = repertoire.width();
        let genres = own.genres.len();
        let mut random = Normal::new(mix(&[seed, 3]));
        let pair = Pair {
            generator: PainterLayers::init(
                (&own.shape, width),
                own.blind,
                mix(&[seed, 4]),
                &device,
            ),
            critic: Critic::init(
                (own.channels, own.scales),
                (own.shape.side() << own.doublings) >> usize::from(own.early > 0),
                width,
                mix(&[seed, 5]),
                &device,
            ),
            guess: Dense::new([FEATURES, genres + FEELING], 0.1, &mut random, &device),
        };
        let task = PainterTask {
            config: config.clone(),
            eye: Eye::new(&eye, own.channels, mix(&[seed, 6]), &device),
            repertoire,
            learned: learned.into_iter().map(|p| p.picture).collect(),
            judge: Judge::open(&measured, own.shape.side())?,
            unreadable,
            voted,
        };
        Ok((task, pair))
    }

    fn weights(
        config: &Config,
        task: &PainterTask,
        pair: &Pair,
    ) -> Result<Option<Tensors>, PaintError> {
        let mut tensors = pair.generator.clone().valid().weights();
        task.repertoire.write(&mut tensors);
        tensors.note = note(&config.own.shape, &task.repertoire);
        Ok(Some(tensors))
    }

    fn precision(config: &Config, name: &str) -> Precision {
        match name {
            // Whole numbers and scales.
            _ if name.starts_with("repertoire.") => Precision::Half,
            _ if name.ends_with(".bias") => Precision::Full,
            _ => config.common.precision,
        }
    }

    fn measure(
        _: &Config,
        _: &Places<'_>,
        task: &PainterTask,
        outcome: &Outcome<Pair>,
        stored: &Stored,
    ) -> Result<Marks, PaintError> {
        let painter = Painter::new(store::from_bytes(&stored.bytes, &stored.file)?)?;
        let size = task.config.common.training.batch;
        Ok(Marks {
            pictures: task.learned.len(),
            looks: outcome.history.epochs * task.config.own.steps * size,
            unreadable: task.unreadable,
            voted: task.voted,
            ..task.judge.marks(&task.painted(&painter, MEASURED))
        })
    }

    fn card(
        config: &Config,
        task: &PainterTask,
        marks: &Marks,
    ) -> Result<Option<Parts>, PaintError> {
        let side = task.config.own.shape.side();
        Ok(Some(Parts {
            kind: "paint",
            embedded: config.own.embedded,
            input: InputContract {
                resolution: vec![side],
                channels: "noise, genre, style, nine emotions, valence, arousal".into(),
                mean: 127.5,
                scale: 127.5,
                filter: "bicubic".into(),
                views: vec!["a square of the painting".into()],
            },
            starts: vec![
                format!("critic: {} of this project", config.own.eye),
                format!(
                    "feelings of paintings: {} of this project",
                    config.own.labels
                ),
                format!("judge: {}", start(&registry::card(Variant::Lite2.name())?)),
            ],
            data: format!(
                "{} paintings of {} genres (WikiArt), splits train (research use, not redistributed)",
                marks.pictures,
                config.own.genres.len()
            ),
            options: "",
            metrics: marks.card(),
            cautions: &[
                "What it paints repeats what Western painting of some centuries shows, and of whom.",
                "Feelings are those that a predictor thinks groups of viewers have; the control is of light, color and what is shown, and can fail for a single picture.",
            ],
        }))
    }
}
