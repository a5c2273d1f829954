//! What a config file may say about a training, checked once.

use crate::error::TrainError;
use crate::schedule::Schedule;
use serde::{Deserialize, Serialize};

/// Settings of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Passes over the data, at least 1.
    pub epochs: usize,
    /// Examples per step, at least 1.
    pub batch: usize,
    /// See [`Optimizer`].
    pub optimizer: Optimizer,
    /// See [`Schedule`].
    pub schedule: Schedule,
    /// Share of the old value that the moving average keeps at each step, 0..1; 0: no average.
    #[serde(default)]
    pub average: f64,
    /// Epochs without a better score after which a training ends; 0: never.
    #[serde(default)]
    pub patience: usize,
}

/// How values follow their gradients.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Which one.
    pub kind: Kind,
    /// Base rate, above 0.
    pub rate: f64,
    /// Decoupled weight decay (Loshchilov & Hutter 2019) of values with two and more axes.
    #[serde(default)]
    pub decay: f64,
    /// Largest Euclidean norm of all gradients together; 0: no limit.
    #[serde(default)]
    pub clip: f64,
    /// β₁ of Adam, or the momentum; 0..1.
    #[serde(default = "first")]
    pub beta1: f64,
    /// β₂ of Adam, 0..1.
    #[serde(default = "second")]
    pub beta2: f64,
}

/// Kinds of optimiser.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Adam (Kingma & Ba 2015), ε = 1e-8, with decoupled decay.
    Adam,
    /// Gradient descent with momentum as PyTorch has it.
    Momentum,
}

fn first() -> f64 {
    0.9
}

fn second() -> f64 {
    0.999
}

impl Settings {
    /// Checks all ranges.
    ///
    /// # Errors
    /// [`TrainError::Setting`] with the first that is out of its range.
    pub fn check(&self) -> Result<(), TrainError> {
        let wants = |setting, good: bool, what: &str| {
            if good {
                return Ok(());
            }
            let what = what.to_owned();
            Err(TrainError::Setting { setting, what })
        };
        let share = |x: f64| (0.0..1.0).contains(&x);
        let Optimizer {
            rate,
            decay,
            clip,
            beta1,
            beta2,
            ..
        } = self.optimizer;
        wants("epochs", self.epochs >= 1, "at least 1")?;
        wants("batch", self.batch >= 1, "at least 1")?;
        wants("average", share(self.average), "from 0 to below 1")?;
        wants("optimizer.rate", rate > 0.0 && rate.is_finite(), "above 0")?;
        wants("optimizer.decay", decay >= 0.0, "0 or more")?;
        wants("optimizer.clip", clip >= 0.0, "0 or more")?;
        wants("optimizer.beta1", share(beta1), "from 0 to below 1")?;
        wants("optimizer.beta2", share(beta2), "from 0 to below 1")?;
        match &self.schedule {
            Schedule::Constant => Ok(()),
            Schedule::Steps { at, factor } => {
                let rising = at.windows(2).all(|pair| pair[0] < pair[1]);
                wants("schedule.at", rising, "increasing epochs")?;
                let good = *factor > 0.0 && *factor <= 1.0;
                wants("schedule.factor", good, "above 0, at most 1")
            }
            Schedule::Cosine { warmup, floor } => {
                let good = *warmup >= 0.0 && *warmup <= self.epochs as f64;
                wants("schedule.warmup", good, "0 to the number of epochs")?;
                wants("schedule.floor", (0.0..=1.0).contains(floor), "0 to 1")
            }
        }
    }
}
