//! What a config file may say about a training, checked once.

use crate::schedule::Schedule;
use affetti_ground::config::first_wrong;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// For parts of a network that a task moves by themselves, those that want another one; by
    /// [`crate::Task::PARTS`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub optimizers: BTreeMap<String, Optimizer>,
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
    /// What moves `part` of a network.
    #[must_use]
    pub fn optimizer_of(&self, part: &str) -> Optimizer {
        self.optimizers.get(part).copied().unwrap_or(self.optimizer)
    }

    /// Checks all ranges; `parts` can have optimisers of their own.
    ///
    /// # Errors
    /// The first key that is out of its range, and the range.
    pub fn check(&self, parts: &[&str]) -> Result<(), String> {
        first_wrong(&[
            (self.epochs >= 1, "training.epochs: at least 1"),
            (self.batch >= 1, "training.batch: at least 1"),
            (
                (0.0..1.0).contains(&self.average),
                "training.average: from 0 to below 1",
            ),
        ])?;
        self.optimizer.check("optimizer")?;
        for (part, optimizer) in &self.optimizers {
            if !parts.contains(&part.as_str()) {
                let what = match parts {
                    [] => "no such key; one optimizer moves all of this network".to_owned(),
                    _ => format!("no such part; there are {}", parts.join(", ")),
                };
                return Err(format!("training.optimizers.{part}: {what}"));
            }
            optimizer.check(&format!("optimizers.{part}"))?;
        }
        match &self.schedule {
            Schedule::Constant => Ok(()),
            Schedule::Steps { at, factor } => first_wrong(&[
                (
                    at.windows(2).all(|pair| pair[0] < pair[1]),
                    "training.schedule.at: increasing epochs",
                ),
                (
                    *factor > 0.0 && *factor <= 1.0,
                    "training.schedule.factor: above 0, at most 1",
                ),
            ]),
            Schedule::Cosine { warmup, floor } => first_wrong(&[
                (
                    *warmup >= 0.0 && *warmup <= self.epochs as f64,
                    "training.schedule.warmup: 0 to the number of epochs",
                ),
                (
                    (0.0..=1.0).contains(floor),
                    "training.schedule.floor: 0 to 1",
                ),
            ]),
        }
    }
}

impl Optimizer {
    fn check(&self, key: &str) -> Result<(), String> {
        let some = |x: f64| x >= 0.0 && x.is_finite();
        let share = |x: f64| (0.0..1.0).contains(&x);
        let checks = [
            (some(self.rate) && self.rate > 0.0, "rate: above 0"),
            (some(self.decay), "decay: 0 or more"),
            (some(self.clip), "clip: 0 or more"),
            (share(self.beta1), "beta1: from 0 to below 1"),
            (share(self.beta2), "beta2: from 0 to below 1"),
        ];
        first_wrong(&checks).map_err(|what| format!("training.{key}.{what}"))
    }
}
