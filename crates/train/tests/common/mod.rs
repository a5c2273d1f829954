//! Tiny trainings: one network, two against each other, one that reads texts.

#![allow(dead_code, reason = "each test file uses a part")]

use affetti_layers::linear;
use affetti_train::checkpoint::{Checkpoint, History, Origin};
use affetti_train::order::{batch, mix};
use affetti_train::schedule::Schedule;
use affetti_train::settings::{Kind, Optimizer, Settings};
use affetti_train::text::TextBatch;
use affetti_train::{
    Metric, Optimizers, Outcome, Plan, Progress, RunFolder, Sheet, Task, TrainError, Watch, losses,
    run,
};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;
use std::time::Duration;

pub(crate) const SEED: u64 = 5;
pub(crate) const EXAMPLES: usize = 64;
const BATCH: usize = 16;

/// y = x · wᵀ + b.
#[derive(Module, Debug)]
pub(crate) struct Line {
    pub(crate) weight: Param<Tensor<2>>,
    pub(crate) bias: Param<Tensor<1>>,
}

impl Line {
    pub(crate) fn new(outputs: usize, inputs: usize) -> Self {
        let device = Device::flex().autodiff();
        Self {
            weight: Param::from_tensor(Tensor::zeros([outputs, inputs], &device)),
            bias: Param::from_tensor(Tensor::zeros([outputs], &device)),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }
}

/// A number in −1..1.
fn unit(parts: &[u64]) -> f32 {
    (mix(parts) >> 40) as f32 / (1 << 23) as f32 - 1.0
}

fn tensor(values: Vec<f32>, columns: usize, device: &Device) -> Tensor<2> {
    let rows = values.len() / columns;
    Tensor::from_data(TensorData::new(values, [rows, columns]), device)
}

/// A training that the tests run: its loss becomes no number at the step `poison`.
pub(crate) trait Example: Task {
    fn new(poison: Option<(usize, usize)>) -> Self;

    fn begin() -> Self::Model;
}

/// Learns y₁ = x₁ + 2x₂ + 1, y₂ = x₃ − x₄.
#[derive(Debug)]
pub(crate) struct Lines {
    poison: Option<(usize, usize)>,
}

fn example(n: usize) -> ([f32; 4], [f32; 2]) {
    let x = [0, 1, 2, 3].map(|k| unit(&[n as u64, k]));
    (x, [x[0] + 2.0 * x[1] + 1.0, x[2] - x[3]])
}

impl Lines {
    pub(crate) fn error(model: &Line, rows: &[usize], device: &Device) -> Tensor<1> {
        let all: Vec<_> = rows.iter().map(|&n| example(n)).collect();
        let x = all.iter().flat_map(|(x, _)| *x).collect();
        let y = all.iter().flat_map(|(_, y)| *y).collect();
        let weights = Tensor::ones([rows.len()], device);
        let found = model.forward(tensor(x, 4, device));
        losses::squared_error(found, tensor(y, 2, device), weights)
    }
}

impl Example for Lines {
    fn new(poison: Option<(usize, usize)>) -> Self {
        Self { poison }
    }

    fn begin() -> Line {
        Line::new(2, 4)
    }
}

impl Task for Lines {
    type Model = Line;

    fn steps(&self) -> usize {
        EXAMPLES / BATCH
    }

    fn loss(&mut self, model: &Line, epoch: usize, step: usize) -> Result<Tensor<1>, TrainError> {
        let rows = batch(SEED, epoch, EXAMPLES, BATCH, step);
        let loss = Self::error(model, &rows, &Device::flex().autodiff());
        if self.poison == Some((epoch, step)) {
            return Ok(loss * f32::NAN);
        }
        Ok(loss)
    }

    fn validate(&mut self, model: &Line) -> Result<Vec<Metric>, TrainError> {
        let rows: Vec<usize> = (1000..1032).collect();
        let error = Self::error(model, &rows, &Device::flex()).into_scalar::<f32>();
        let value = -f64::from(error);
        Ok(vec![Metric {
            name: "score",
            value,
        }])
    }
}

/// Learns from texts of one to six words, of four there are, how much of each is the first word and how
/// much the last; padding is a word too, so that only the mask tells it apart.
#[derive(Debug)]
pub(crate) struct Texts {
    poison: Option<(usize, usize)>,
}

const WORDS: u32 = 4;

impl Texts {
    fn error(model: &Line, rows: &[usize], device: &Device) -> Tensor<1> {
        let text = |n: &usize| -> Vec<u32> {
            let length = 1 + mix(&[*n as u64, 0]) % 6;
            let word = |k| (mix(&[*n as u64, k]) % u64::from(WORDS)) as u32;
            (1..=length).map(word).collect()
        };
        let texts: Vec<Vec<u32>> = rows.iter().map(text).collect();
        let share = |text: &Vec<u32>, word| {
            let count = text.iter().filter(|w| **w == word).count();
            count as f32 / text.len() as f32
        };
        let wanted = texts
            .iter()
            .flat_map(|t| [share(t, 0), share(t, WORDS - 1)]);
        let wanted = tensor(wanted.collect(), 2, device);
        let batch = TextBatch::new(&texts, 0);
        let lengths = batch
            .lengths()
            .iter()
            .map(|length| *length as f32)
            .collect();
        let (ids, mask, lengths) = (
            batch.ids(device),
            batch.mask(device),
            tensor(lengths, 1, device),
        );
        let shares = (0..WORDS).map(|word| {
            let here = ids.clone().equal_elem(i64::from(word)).float() * mask.clone();
            here.sum_dim(1) / lengths.clone()
        });
        let found = model.forward(Tensor::cat(shares.collect(), 1));
        losses::squared_error(found, wanted, Tensor::ones([rows.len()], device))
    }
}

impl Example for Texts {
    fn new(poison: Option<(usize, usize)>) -> Self {
        Self { poison }
    }

    fn begin() -> Line {
        Line::new(2, WORDS as usize)
    }
}

impl Task for Texts {
    type Model = Line;

    fn steps(&self) -> usize {
        EXAMPLES / BATCH
    }

    fn loss(&mut self, model: &Line, epoch: usize, step: usize) -> Result<Tensor<1>, TrainError> {
        let rows = batch(SEED, epoch, EXAMPLES, BATCH, step);
        let loss = Self::error(model, &rows, &Device::flex().autodiff());
        let poison = self.poison == Some((epoch, step));
        Ok(if poison { loss * f32::NAN } else { loss })
    }

    fn validate(&mut self, model: &Line) -> Result<Vec<Metric>, TrainError> {
        let rows: Vec<usize> = (1000..1032).collect();
        let error = Self::error(model, &rows, &Device::flex()).into_scalar::<f32>();
        let value = -f64::from(error);
        Ok(vec![Metric {
            name: "score",
            value,
        }])
    }
}

/// A generator of points and what tells them from real ones.
#[derive(Module, Debug)]
pub(crate) struct Pair {
    pub(crate) generator: Line,
    pub(crate) discriminator: Line,
}

/// Learns to make points around (2, −1): least-squares adversaries (Mao et al. 2017).
#[derive(Debug)]
pub(crate) struct Adversaries {
    poison: Option<(usize, usize)>,
}

impl Adversaries {
    fn noise(parts: [u64; 3], device: &Device) -> Tensor<2> {
        let value = |n: u64| unit(&[SEED, parts[0], parts[1], parts[2], n]);
        tensor((0..2 * BATCH as u64).map(value).collect(), 2, device)
    }

    fn real(parts: [u64; 3], device: &Device) -> Tensor<2> {
        let mean = tensor(vec![2.0, -1.0], 2, device);
        Self::noise(parts, device) * 0.1 + mean
    }
}

/// Mean square of the distance to `wanted`.
fn off(said: Tensor<2>, wanted: f64) -> Tensor<1> {
    let off = said - wanted;
    (off.clone() * off).mean()
}

impl Example for Adversaries {
    fn new(poison: Option<(usize, usize)>) -> Self {
        Self { poison }
    }

    fn begin() -> Pair {
        Pair {
            generator: Line::new(2, 2),
            discriminator: Line::new(1, 2),
        }
    }
}

impl Task for Adversaries {
    type Model = Pair;

    const PARTS: &'static [&'static str] = &["generator", "discriminator"];

    fn steps(&self) -> usize {
        4
    }

    fn step(
        &mut self,
        model: Pair,
        optimizers: &mut Optimizers,
    ) -> Result<(Pair, f64), TrainError> {
        let device = Device::flex().autodiff();
        let (epoch, step) = (optimizers.epoch(), optimizers.step());
        let parts = |k: u64| [k, epoch as u64, step as u64];
        let Pair {
            generator,
            discriminator,
        } = model;
        let real = discriminator.forward(Self::real(parts(0), &device));
        let made = generator.forward(Self::noise(parts(1), &device)).detach();
        let loss = off(real, 1.0) + off(discriminator.forward(made), 0.0);
        let (discriminator, _) =
            optimizers.follow("discriminator", discriminator, loss, &|_| 1.0)?;
        let made = generator.forward(Self::noise(parts(2), &device));
        let mut loss = off(discriminator.forward(made), 1.0);
        if self.poison == Some((epoch, step)) {
            loss = loss * f32::NAN;
        }
        let (generator, loss) = optimizers.follow("generator", generator, loss, &|_| 1.0)?;
        let model = Pair {
            generator,
            discriminator,
        };
        Ok((model, loss))
    }

    fn validate(&mut self, model: &Pair) -> Result<Vec<Metric>, TrainError> {
        let device = Device::flex();
        let made = model.generator.forward(Self::noise([3, 0, 0], &device));
        let mean = tensor(vec![2.0, -1.0], 2, &device);
        let value = -f64::from(off(made - mean, 0.0).into_scalar::<f32>());
        Ok(vec![Metric {
            name: "nearness",
            value,
        }])
    }

    fn sheet(&mut self, model: &Pair) -> Result<Option<Sheet>, TrainError> {
        let made = model
            .generator
            .forward(Self::noise([4, 0, 0], &Device::flex()));
        let points: Vec<f32> = made.into_data().iter::<f32>().collect();
        Ok(Some(Sheet {
            name: "points.txt",
            bytes: format!("{points:?}").into_bytes(),
        }))
    }
}

/// Stops before step `stop_at`, counted over the whole run; sleeps after each.
#[derive(Default)]
pub(crate) struct Quiet {
    pub(crate) steps: usize,
    pub(crate) stop_at: Option<usize>,
    pub(crate) sleep: Duration,
    pub(crate) last: Option<Progress>,
}

impl Watch for Quiet {
    fn progress(&mut self, progress: &Progress) {
        self.steps += 1;
        self.last = Some(*progress);
        std::thread::sleep(self.sleep);
    }

    fn epoch(&mut self, _: &History) {}

    fn stop(&self) -> bool {
        self.stop_at == Some(self.steps)
    }
}

/// Before step `steps`.
pub(crate) fn until(steps: usize) -> Quiet {
    Quiet {
        stop_at: Some(steps),
        ..Quiet::default()
    }
}

pub(crate) fn settings() -> Settings {
    Settings {
        epochs: 6,
        batch: BATCH,
        optimizer: Optimizer {
            kind: Kind::Adam,
            rate: 0.1,
            decay: 1e-3,
            clip: 5.0,
            beta1: 0.9,
            beta2: 0.999,
        },
        optimizers: Default::default(),
        schedule: Schedule::Cosine {
            warmup: 1.0,
            floor: 0.01,
        },
        average: 0.9,
        patience: 0,
    }
}

/// Of a training with these settings.
pub(crate) fn origin(settings: &Settings) -> Origin {
    let settings = toml::Table::try_from(settings).expect("a table");
    let mut config = toml::Table::new();
    config.insert("name".into(), "tiny".into());
    config.insert("training".into(), settings.into());
    Origin {
        kind: "tiny".into(),
        config,
    }
}

/// Trains `model` in `folder`, from its checkpoint with `resume`.
pub(crate) fn go<T: Task>(
    task: &mut T,
    model: T::Model,
    settings: &Settings,
    folder: &Path,
    resume: bool,
    watch: &mut Quiet,
) -> Result<Outcome<T::Model>, TrainError> {
    let folder = RunFolder::new(folder);
    let origin = origin(settings);
    let resumed = resume
        .then(|| Checkpoint::read(&folder.last(), &origin, settings))
        .transpose()?;
    let plan = Plan {
        origin: &origin,
        settings,
        folder: &folder,
        resumed,
    };
    run(task, model, plan, watch)
}

/// Trains the example with the usual settings.
pub(crate) fn train<T: Example>(
    folder: &Path,
    resume: bool,
    watch: &mut Quiet,
) -> Outcome<T::Model> {
    let outcome = go(
        &mut T::new(None),
        T::begin(),
        &settings(),
        folder,
        resume,
        watch,
    );
    outcome.expect("trains")
}

/// Names and contents of all files below `folder`.
pub(crate) fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.expect("readable").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if path.is_dir() {
            let below = files(&path).into_iter();
            found.extend(below.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else {
            found.push((name, std::fs::read(&path).expect("readable")));
        }
    }
    found.sort();
    found
}
