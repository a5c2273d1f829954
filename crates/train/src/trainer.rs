//! The loop.

use crate::average::Average;
use crate::checkpoint::{Checkpoint, History, Origin};
use crate::error::{ErrorKind, TrainError};
use crate::optimizers::{Optimizers, WHOLE};
use crate::parameters::{restore, values};
use crate::run_folder::{RunFolder, Sheet};
use crate::settings::Settings;
use affetti_ground::write_whole;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::Tensor;
use std::time::{Duration, Instant};

/// What a room learns.
pub trait Task {
    /// The network, on a device with autodiff; several networks are fields of one module.
    type Model: Module + Clone;

    /// Names of the parts that [`step`](Self::step) moves by themselves, for optimisers of their own in
    /// a config; none where one optimiser moves all.
    const PARTS: &'static [&'static str] = &[];

    /// Steps of one epoch, at least 1.
    fn steps(&self) -> usize;

    /// The loss `[1]` of a batch; `epoch` and `step` count from 0. What is random must depend on
    /// these two and on a seed of the task only (see [`crate::order::mix`]).
    ///
    /// # Errors
    /// The task's own, as [`TrainError::task`]; by default, that there is none.
    fn loss(
        &mut self,
        _model: &Self::Model,
        _epoch: usize,
        _step: usize,
    ) -> Result<Tensor<1>, TrainError> {
        let what = "the task has neither a loss nor a step of its own";
        Err(TrainError::task(ErrorKind::Unsupported, what))
    }

    /// One step: the network moved, and the loss that is shown. By default all of it moves along the
    /// gradient of [`loss`](Self::loss); two networks against each other each follow a loss of their
    /// own, by [`Optimizers::follow`]. What is said of randomness there holds here.
    ///
    /// # Errors
    /// The task's own, as [`TrainError::task`], and [`TrainError::Diverged`].
    fn step(
        &mut self,
        model: Self::Model,
        optimizers: &mut Optimizers,
    ) -> Result<(Self::Model, f64), TrainError> {
        let loss = self.loss(&model, optimizers.epoch(), optimizers.step())?;
        optimizers.follow(WHOLE, model, loss, &|name| self.rate(name))
    }

    /// Metrics of the network, which has left autodiff. The first is the score: the epoch where it
    /// is greatest is the best one.
    ///
    /// # Errors
    /// The task's own, as [`TrainError::task`].
    fn validate(&mut self, model: &Self::Model) -> Result<Vec<Metric>, TrainError>;

    /// What the network, which has left autodiff, makes after an epoch, for `samples/` of the run
    /// folder; by default nothing.
    ///
    /// # Errors
    /// The task's own, as [`TrainError::task`].
    fn sheet(&mut self, _model: &Self::Model) -> Result<Option<Sheet>, TrainError> {
        Ok(None)
    }

    /// What the rate of the value `name` is multiplied with.
    fn rate(&self, _name: &str) -> f64 {
        1.0
    }
}

/// A named figure.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    /// Column of `metrics.csv`.
    pub name: &'static str,
    /// Its value.
    pub value: f64,
}

/// How far a training is.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// From 1.
    pub epoch: usize,
    /// Of so many.
    pub epochs: usize,
    /// From 1.
    pub step: usize,
    /// Of so many in this epoch.
    pub steps: usize,
    /// Mean over the epoch so far.
    pub loss: f64,
    /// At the pace so far; validations included after the first.
    pub left: Duration,
}

/// Who watches a training.
pub trait Watch {
    /// After each step.
    fn progress(&mut self, progress: &Progress);

    /// After each epoch, with the row and the names of its columns.
    fn epoch(&mut self, history: &History);

    /// Asked before each step: true stops the training; the epoch so far is lost.
    fn stop(&self) -> bool;
}

/// How a training ended.
#[derive(Debug)]
pub struct Outcome<M> {
    /// The network of the best epoch (averaged values where an average is kept), on the device
    /// with autodiff; the one that came in where no epoch was done.
    pub model: M,
    /// All epochs.
    pub history: History,
    /// Whether [`Watch::stop`] ended it.
    pub stopped: bool,
}

/// What a task is trained by.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Whose training it is.
    pub origin: &'a Origin,
    /// Checked settings.
    pub settings: &'a Settings,
    /// What is left behind goes here.
    pub folder: &'a RunFolder,
    /// Where it goes on; none: it begins.
    pub resumed: Option<Checkpoint>,
}

struct Training<'a, T: Task> {
    task: &'a mut T,
    origin: &'a Origin,
    settings: &'a Settings,
    folder: &'a RunFolder,
    optimizers: Optimizers,
    steps: u64,
    average: Option<Average>,
    history: History,
    begun: Instant,
    /// Epochs of this run, without those of a resumed one.
    done_here: usize,
}

/// Trains `model` on `task`.
///
/// # Errors
/// A checkpoint that does not fit the network, unwritable folders, divergence, and what the task
/// returns.
pub fn run<T: Task>(
    task: &mut T,
    model: T::Model,
    plan: Plan<'_>,
    watch: &mut dyn Watch,
) -> Result<Outcome<T::Model>, TrainError> {
    let settings = plan.settings;
    let average = |values| (settings.average > 0.0).then(|| Average::new(settings.average, values));
    let mut training = Training {
        task,
        origin: plan.origin,
        settings,
        folder: plan.folder,
        optimizers: Optimizers::new(settings),
        steps: 0,
        average: average(values(&model)),
        history: History::default(),
        begun: Instant::now(),
        done_here: 0,
    };
    let mut model = model;
    if let Some(read) = plan.resumed {
        model = restore(model, &read.values)?;
        training.average = read.average.and_then(average);
        training.optimizers = read.optimizers;
        training.steps = read.steps;
        training.history = read.history;
    }
    let mut stopped = false;
    while training.history.epochs < settings.epochs && !training.patience_lost() {
        let Some(trained) = training.epoch(model.clone(), watch)? else {
            stopped = true;
            break;
        };
        model = training.close_epoch(trained)?;
        watch.epoch(&training.history);
    }
    let history = training.history;
    if history.best_epoch > 0 {
        let path = plan.folder.best();
        let bytes = store::read_file(&path)?;
        model = restore(
            model,
            &store::from_bytes(&bytes, &path.display().to_string())?,
        )?;
    }
    Ok(Outcome {
        model,
        history,
        stopped,
    })
}

impl<T: Task> Training<'_, T> {
    fn patience_lost(&self) -> bool {
        let waited = self.history.epochs - self.history.best_epoch;
        self.settings.patience > 0 && waited >= self.settings.patience
    }

    /// One pass over the data; none where the watcher stopped it. Gives the network and the mean
    /// loss.
    fn epoch(
        &mut self,
        mut model: T::Model,
        watch: &mut dyn Watch,
    ) -> Result<Option<(T::Model, f64)>, TrainError> {
        let (epoch, steps) = (self.history.epochs, self.task.steps());
        let mut total = 0.0;
        for step in 0..steps {
            if watch.stop() {
                return Ok(None);
            }
            self.optimizers.begin(epoch, step, steps);
            let value;
            (model, value) = self.task.step(model, &mut self.optimizers)?;
            // A step of the task's own may show another number than those that it followed.
            if !value.is_finite() {
                return Err(TrainError::Diverged {
                    epoch: epoch + 1,
                    step: step + 1,
                    what: "the loss".to_owned(),
                });
            }
            total += value;
            self.steps += 1;
            if let Some(average) = &mut self.average {
                average.update(&values(&model), self.steps);
            }
            watch.progress(&self.progress(step + 1, steps, total));
        }
        Ok(Some((model, total / steps.max(1) as f64)))
    }

    fn progress(&self, step: usize, steps: usize, total: f64) -> Progress {
        let epochs = self.settings.epochs;
        let share = step as f64 / steps as f64;
        let done = self.done_here as f64 + share;
        let left = (epochs - self.history.epochs) as f64 - share;
        let spent = self.begun.elapsed().as_secs_f64();
        Progress {
            epoch: self.history.epochs + 1,
            epochs,
            step,
            steps,
            loss: total / step as f64,
            left: Duration::try_from_secs_f64(spent * left / done).unwrap_or(Duration::MAX),
        }
    }

    /// Validates, keeps the best, writes the checkpoint and the history.
    fn close_epoch(&mut self, (model, loss): (T::Model, f64)) -> Result<T::Model, TrainError> {
        let shown = match &self.average {
            Some(average) => average.values().clone(),
            None => values(&model),
        };
        let valid = restore(model.clone(), &shown)?.valid();
        let metrics = self.task.validate(&valid)?;
        if let Some(sheet) = self.task.sheet(&valid)? {
            self.folder.write_sheet(self.history.epochs + 1, &sheet)?;
        }
        let score = metrics.first().map_or(-loss, |metric| metric.value);
        let history = &mut self.history;
        history.epochs += 1;
        history.columns = ["epoch", "loss"].map(str::to_owned).to_vec();
        history
            .columns
            .extend(metrics.iter().map(|metric| metric.name.to_owned()));
        let mut row = vec![history.epochs as f64, loss];
        row.extend(metrics.iter().map(|metric| metric.value));
        history.rows.push(row);
        if history.best_epoch == 0 || score > f64::from_bits(history.best_bits) {
            history.best_epoch = history.epochs;
            history.best_bits = score.to_bits();
            self.write_best(shown)?;
        }
        let checkpoint = Checkpoint {
            values: values(&model),
            average: self
                .average
                .as_ref()
                .map(|average| average.values().clone()),
            steps: self.steps,
            optimizers: self.optimizers.clone(),
            history: self.history.clone(),
        };
        checkpoint.write(&self.folder.last(), self.origin)?;
        self.folder.write_history(&self.history)?;
        self.done_here += 1;
        Ok(model)
    }

    fn write_best(&self, mut shown: Tensors) -> Result<(), TrainError> {
        shown.file = self.folder.best().display().to_string();
        let bytes = store::to_bytes(&shown, |_| Precision::Full)?;
        Ok(write_whole(&self.folder.best(), &bytes)?)
    }
}
