//! A whole training of a tiny network: progress, resume, stop, divergence, what is left behind.

use affetti_nets::layers::linear;
use affetti_train::checkpoint::History;
use affetti_train::order::{batch, mix};
use affetti_train::schedule::Schedule;
use affetti_train::settings::{Kind, Optimizer, Settings};
use affetti_train::{
    ErrorKind, Metric, Progress, RunFolder, Task, TrainError, Watch, freeze, losses, restore, run,
    values,
};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use std::path::Path;

const SEED: u64 = 5;
const EXAMPLES: usize = 64;

/// y = x · wᵀ + b with four inputs and two outputs.
#[derive(Module, Debug)]
struct Line {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Line {
    fn new() -> Self {
        let device = Device::flex().autodiff();
        Self {
            weight: Param::from_tensor(Tensor::zeros([2, 4], &device)),
            bias: Param::from_tensor(Tensor::zeros([2], &device)),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }
}

/// Learns y₁ = x₁ + 2x₂ + 1, y₂ = x₃ − x₄; the loss becomes no number at `poison`.
struct Lines {
    poison: Option<(usize, usize)>,
}

fn example(n: usize) -> ([f32; 4], [f32; 2]) {
    let unit = |k: u64| (mix(&[n as u64, k]) >> 40) as f32 / (1 << 23) as f32 - 1.0;
    let x = [unit(0), unit(1), unit(2), unit(3)];
    (x, [x[0] + 2.0 * x[1] + 1.0, x[2] - x[3]])
}

fn tensors(rows: &[usize], device: &Device) -> (Tensor<2>, Tensor<2>) {
    let all: Vec<_> = rows.iter().map(|&n| example(n)).collect();
    let x: Vec<f32> = all.iter().flat_map(|(x, _)| *x).collect();
    let y: Vec<f32> = all.iter().flat_map(|(_, y)| *y).collect();
    let data = |values, columns| TensorData::new(values, [rows.len(), columns]);
    let on = |data| Tensor::from_data(data, device);
    (on(data(x, 4)), on(data(y, 2)))
}

impl Lines {
    fn error(model: &Line, rows: &[usize], device: &Device) -> Tensor<1> {
        let (x, y) = tensors(rows, device);
        let weights = Tensor::ones([rows.len()], device);
        losses::squared_error(model.forward(x), y, weights)
    }
}

impl Task for Lines {
    type Model = Line;

    fn steps(&self) -> usize {
        EXAMPLES / 16
    }

    fn loss(&mut self, model: &Line, epoch: usize, step: usize) -> Result<Tensor<1>, TrainError> {
        let rows = batch(SEED, epoch, EXAMPLES, 16, step);
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

/// Stops before step `stop_at`, counted over the whole run.
#[derive(Default)]
struct Quiet {
    steps: usize,
    stop_at: Option<usize>,
    last: Option<Progress>,
}

impl Watch for Quiet {
    fn progress(&mut self, progress: &Progress) {
        self.steps += 1;
        self.last = Some(*progress);
    }

    fn epoch(&mut self, _: &History) {}

    fn stop(&self) -> bool {
        self.stop_at == Some(self.steps)
    }
}

fn settings() -> Settings {
    Settings {
        epochs: 6,
        batch: 16,
        optimizer: Optimizer {
            kind: Kind::Adam,
            rate: 0.1,
            decay: 1e-3,
            clip: 5.0,
            beta1: 0.9,
            beta2: 0.999,
        },
        schedule: Schedule::Cosine {
            warmup: 1.0,
            floor: 0.01,
        },
        average: 0.9,
        patience: 0,
    }
}

fn train(folder: &Path, stop_at: Option<usize>, resume: bool) -> (Line, History, bool) {
    let folder = RunFolder::create(folder, "epochs = 6\n").expect("writable");
    let mut watch = Quiet {
        stop_at,
        ..Quiet::default()
    };
    let mut task = Lines { poison: None };
    let outcome = run(
        &mut task,
        Line::new(),
        &settings(),
        SEED,
        &folder,
        resume,
        &mut watch,
    );
    let outcome = outcome.expect("trains");
    (outcome.model, outcome.history, outcome.stopped)
}

#[test]
fn learns_and_leaves_everything_behind() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let mut longer = settings();
    longer.epochs = 60;
    let run_folder = RunFolder::create(folder.path(), "epochs = 60\n").expect("writable");
    let mut watch = Quiet::default();
    let mut task = Lines { poison: None };
    let outcome = run(
        &mut task,
        Line::new(),
        &longer,
        SEED,
        &run_folder,
        false,
        &mut watch,
    );
    let outcome = outcome.expect("trains");
    let found = values(&outcome.model);
    let expected = [1.0, 2.0, 0.0, 0.0, 0.0, 0.0, 1.0, -1.0];
    for (found, expected) in found.map["weight"].data.iter().zip(expected) {
        assert!((found - expected).abs() < 0.02, "{found} not {expected}");
    }
    let table = std::fs::read_to_string(folder.path().join("metrics.csv")).expect("there");
    assert_eq!(table.lines().next(), Some("epoch,loss,score"));
    assert_eq!(table.lines().count(), 61);
    let curves = std::fs::read_to_string(folder.path().join("curves.svg")).expect("there");
    assert!(curves.contains("polyline") && curves.contains("score"));
    let config = std::fs::read_to_string(folder.path().join("config.toml")).expect("there");
    assert_eq!(config, "epochs = 60\n");
    let last = watch.last.expect("told");
    assert_eq!((last.epoch, last.step, last.steps), (60, 4, 4));
}

#[test]
fn resume_equals_an_uninterrupted_run() {
    let [whole, parts] = [0, 1].map(|_| tempfile::tempdir().expect("temporary folder"));
    let (expected, history, stopped) = train(whole.path(), None, false);
    assert!(!stopped);
    // Stopped in the middle of the third epoch, which begins again.
    let (_, early, stopped) = train(parts.path(), Some(10), false);
    assert!(stopped && early.epochs == 2);
    let (found, resumed, _) = train(parts.path(), None, true);
    assert_eq!(values(&found), values(&expected));
    assert_eq!(resumed, history);
    for file in [
        "metrics.csv",
        "checkpoint/last.safetensors",
        "checkpoint/best.safetensors",
    ] {
        let read = |folder: &Path| std::fs::read(folder.join(file)).expect("there");
        assert!(read(whole.path()) == read(parts.path()), "{file} differs");
    }
}

#[test]
fn divergence_keeps_the_last_good_checkpoint() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let run_folder = RunFolder::create(folder.path(), "").expect("writable");
    let mut task = Lines {
        poison: Some((2, 1)),
    };
    let mut watch = Quiet::default();
    let outcome = run(
        &mut task,
        Line::new(),
        &settings(),
        SEED,
        &run_folder,
        false,
        &mut watch,
    );
    let error = outcome.expect_err("diverges");
    assert!(
        matches!(
            error,
            TrainError::Diverged {
                epoch: 3,
                step: 2,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(error.kind(), ErrorKind::Model);
    // The two good epochs are there and can be resumed.
    let (_, history, _) = train(folder.path(), None, true);
    assert_eq!(history.epochs, 6);
}

#[test]
fn a_checkpoint_of_another_training_is_refused() {
    let folder = tempfile::tempdir().expect("temporary folder");
    train(folder.path(), Some(5), false);
    let run_folder = RunFolder::create(folder.path(), "").expect("writable");
    let resume = |settings: &Settings, seed| {
        let mut task = Lines { poison: None };
        run(
            &mut task,
            Line::new(),
            settings,
            seed,
            &run_folder,
            true,
            &mut Quiet::default(),
        )
    };
    assert!(resume(&settings(), SEED + 1).is_err());
    let mut other = settings();
    other.optimizer.rate = 0.2;
    assert!(resume(&other, SEED).is_err());
    // More epochs are no other training.
    let mut longer = settings();
    longer.epochs = 7;
    assert_eq!(resume(&longer, SEED).expect("resumes").history.epochs, 7);
    std::fs::write(run_folder.last(), b"damaged").expect("writable");
    let error = resume(&longer, SEED).expect_err("damaged");
    assert!(error.to_string().contains("last.safetensors"), "{error}");
}

/// Whatever is changed in a checkpoint: an error, or a training that goes on.
#[test]
fn changed_checkpoints_never_panic() {
    let folder = tempfile::tempdir().expect("temporary folder");
    train(folder.path(), Some(9), false);
    let run_folder = RunFolder::create(folder.path(), "").expect("writable");
    let whole = std::fs::read(run_folder.last()).expect("there");
    // The header is text that says what the rest is: half of all changes go there.
    let header = 8 + u64::from_le_bytes(whole[..8].try_into().expect("eight")) as usize;
    let mut taken = 0;
    for round in 0..20_000_u64 {
        let draw = |k: u64| mix(&[round, k]) as usize;
        let mut bytes = whole.clone();
        for change in 0..1 + draw(0) as u64 % 3 {
            let end = if draw(1) % 2 == 0 {
                header
            } else {
                bytes.len()
            };
            let at = draw(2 + 4 * change) % end.min(bytes.len());
            match draw(3 + 4 * change) % 8 {
                // A digit for a digit keeps the text readable.
                0..=4 if bytes[at].is_ascii_digit() => {
                    bytes[at] = b'0' + (draw(4 + 4 * change) % 10) as u8;
                }
                5 => bytes.truncate(at.max(1)),
                _ => bytes[at] = draw(4 + 4 * change) as u8,
            }
        }
        std::fs::write(run_folder.last(), &bytes).expect("writable");
        let mut task = Lines { poison: None };
        let mut watch = Quiet {
            stop_at: Some(1),
            ..Quiet::default()
        };
        let model = Line::new();
        let resumed = run(
            &mut task,
            model,
            &settings(),
            SEED,
            &run_folder,
            true,
            &mut watch,
        );
        taken += usize::from(resumed.is_ok());
        // A training that went on has written a best epoch of its own.
        assert!(run_folder.last().exists());
    }
    assert!((1..20_000).contains(&taken), "{taken}");
}

#[test]
fn patience_ends_a_training() {
    struct Flat;
    impl Task for Flat {
        type Model = Line;
        fn steps(&self) -> usize {
            1
        }
        fn loss(&mut self, model: &Line, _: usize, _: usize) -> Result<Tensor<1>, TrainError> {
            Ok(Lines::error(model, &[0, 1], &Device::flex().autodiff()))
        }
        fn validate(&mut self, _: &Line) -> Result<Vec<Metric>, TrainError> {
            Ok(vec![Metric {
                name: "score",
                value: 1.0,
            }])
        }
    }
    let folder = tempfile::tempdir().expect("temporary folder");
    let folder = RunFolder::create(folder.path(), "").expect("writable");
    let patient = Settings {
        epochs: 50,
        patience: 3,
        ..settings()
    };
    let outcome = run(
        &mut Flat,
        Line::new(),
        &patient,
        1,
        &folder,
        false,
        &mut Quiet::default(),
    );
    let history = outcome.expect("trains").history;
    assert_eq!((history.best_epoch, history.epochs), (1, 4));
}

#[test]
fn frozen_values_stay() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let folder = RunFolder::create(folder.path(), "").expect("writable");
    let model = freeze(Line::new(), &|name| name == "bias");
    let mut task = Lines { poison: None };
    let outcome = run(
        &mut task,
        model,
        &settings(),
        1,
        &folder,
        false,
        &mut Quiet::default(),
    );
    let found = values(&outcome.expect("trains").model);
    assert_eq!(found.map["bias"].data, [0.0, 0.0]);
    assert!(found.map["weight"].data.iter().any(|w| *w != 0.0));
}

#[test]
fn values_that_do_not_fit_are_all_named() {
    let mut wrong = values(&Line::new());
    wrong.map.get_mut("weight").expect("there").shape = vec![4, 2];
    wrong.map.remove("bias");
    let error = restore(Line::new(), &wrong)
        .expect_err("does not fit")
        .to_string();
    assert!(
        error.contains("bias is missing") && error.contains("weight is [4, 2]"),
        "{error}"
    );
}

#[test]
fn settings_are_checked() {
    let wrong = |change: &dyn Fn(&mut Settings)| {
        let mut settings = settings();
        change(&mut settings);
        settings.check().expect_err("wrong").to_string()
    };
    assert!(wrong(&|s| s.epochs = 0).starts_with("epochs"));
    assert!(wrong(&|s| s.optimizer.rate = f64::NAN).starts_with("optimizer.rate"));
    assert!(wrong(&|s| s.average = 1.0).starts_with("average"));
    let text = "epochs = 3\nbatch = 8\nsurprise = 1\n";
    assert!(toml::from_str::<Settings>(text).is_err());
}
