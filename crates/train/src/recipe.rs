//! A training from its config to what it publishes: one way for every deep network.
//!
//! A recipe says what is its own ([`Recipe`]); [`train`] opens, runs or resumes, and publishes: weights,
//! read back, figures, card. Files appear at the end, when all of it is known, and not at all where the
//! training was stopped.

use crate::card::{Parts, card};
use crate::checkpoint::{Checkpoint, History};
use crate::config::Config;
use crate::error::TrainError;
use crate::run_folder::RunFolder;
use crate::trainer::{Outcome, Plan, Task, Watch, run};
use affetti_ground::write_whole;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::Tensors;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// A way to train: the keys of its configs, beside the common ones, and what is done with them.
///
/// A new training is one file that implements this and [`Task`], one config, and one line where the
/// command lists its recipes.
pub trait Recipe: Clone + Serialize + DeserializeOwned {
    /// The word after `affetti train`.
    const KIND: &'static str;
    /// Common keys that a config may leave out, and what they say then.
    const ASSUMED: &'static [(&'static str, &'static str)] = &[];

    /// What it can begin with.
    type Start: Clone + Serialize + DeserializeOwned;
    /// What is learned.
    type Task: Task;
    /// How well.
    type Figures: Figures;
    /// The room's error.
    type Error: From<TrainError>;

    /// The first thing of a config that is wrong: its key and what is allowed.
    ///
    /// # Errors
    /// That, in words.
    fn check(config: &Config<Self>) -> Result<(), String>;

    /// The name of the run and of what is published.
    fn name(config: &Config<Self>) -> String {
        config.common.name.to_string()
    }

    /// Opens the data and the network that it begins with.
    ///
    /// # Errors
    /// The room's.
    fn open(config: &Config<Self>, places: &Places<'_>) -> Result<Opened<Self>, Self::Error>;

    /// The weights to publish; none, as by default, where they stay in the folder of the run.
    ///
    /// # Errors
    /// The room's.
    fn weights(
        _config: &Config<Self>,
        _task: &Self::Task,
        _model: &ModelOf<Self>,
    ) -> Result<Option<Tensors>, Self::Error> {
        Ok(None)
    }

    /// How the published tensor `name` is stored.
    fn precision(config: &Config<Self>, name: &str) -> Precision {
        if name.ends_with(".bias") {
            Precision::Full
        } else {
            config.common.precision
        }
    }

    /// Measures the network; where there is a card, its weights as read back from `stored`.
    ///
    /// # Errors
    /// The room's.
    fn measure(
        config: &Config<Self>,
        places: &Places<'_>,
        task: &Self::Task,
        outcome: &Outcome<ModelOf<Self>>,
        stored: &Stored,
    ) -> Result<Self::Figures, Self::Error>;

    /// What its card says; none where there is no card.
    ///
    /// # Errors
    /// The room's.
    fn card(
        _config: &Config<Self>,
        _task: &Self::Task,
        _figures: &Self::Figures,
    ) -> Result<Option<Parts>, Self::Error> {
        Ok(None)
    }
}

/// The network of a recipe.
pub type ModelOf<R> = <<R as Recipe>::Task as Task>::Model;
/// A task with the network that it begins with.
pub type Opened<R> = (<R as Recipe>::Task, ModelOf<R>);

/// Figures of a finished training, as they are shown.
pub trait Figures {
    /// What was done, for the summary.
    fn told(&self) -> String {
        "trained".to_owned()
    }

    /// For people.
    fn table(&self) -> String;

    /// With a header.
    fn csv(&self) -> String;

    /// One line.
    fn json(&self) -> String;
}

/// Where a training reads and writes.
#[derive(Clone, Copy)]
pub struct Places<'a> {
    /// The folder of the data sets.
    pub data: &'a Path,
    /// The folder for weights and card.
    pub models: &'a Path,
    /// The folder of this run.
    pub run: &'a Path,
    /// Go on where the run's last checkpoint ended; where there is none, from the beginning.
    pub resume: bool,
    /// Hears of work before and after the loop: which, how much is done, of how much; from any thread.
    pub stage: &'a (dyn Fn(&str, usize, usize) + Sync),
}

/// A weight file that is about to be published.
#[derive(Debug, Default)]
pub struct Stored {
    /// Its name; empty where nothing is published.
    pub file: String,
    /// What will be in it.
    pub bytes: Vec<u8>,
}

/// A finished training.
#[derive(Debug)]
pub struct Trained<F> {
    /// The weight file and its SHA-256; none where the weights stay in the folder of the run.
    pub weights: Option<(PathBuf, String)>,
    /// The card, where there is one.
    pub card: Option<PathBuf>,
    /// As [`Recipe::measure`] made them: where there is a card, of the weights as read back.
    pub figures: F,
    /// Epochs with their metrics.
    pub history: History,
}

/// Trains what `config` says; none where `watch` stopped it.
///
/// # Errors
/// A checkpoint of another training, divergence, unwritable folders, and the room's own: missing data
/// or start. Nothing is published then, unless the card alone cannot be written.
pub fn train<R: Recipe>(
    config: &Config<R>,
    places: &Places<'_>,
    watch: &mut dyn Watch,
) -> Result<Option<Trained<R::Figures>>, R::Error> {
    let folder = RunFolder::new(places.run);
    let origin = config.origin()?;
    let settings = &config.common.training;
    // Before anything is opened or written.
    let resumed = (places.resume && folder.last().exists())
        .then(|| Checkpoint::read(&folder.last(), &origin, settings))
        .transpose()?;
    let (mut task, model) = R::open(config, places)?;
    if resumed.is_none() {
        folder.forget_sheets()?;
    }
    folder.write_config(&origin.config.to_string())?;
    let plan = Plan {
        origin: &origin,
        settings,
        folder: &folder,
        resumed,
    };
    let outcome = run(&mut task, model, plan, watch)?;
    if outcome.stopped {
        return Ok(None);
    }
    publish(config, places, &task, outcome).map(Some)
}

/// Weights → read back → figures → card; what is written is written last.
fn publish<R: Recipe>(
    config: &Config<R>,
    places: &Places<'_>,
    task: &R::Task,
    outcome: Outcome<ModelOf<R>>,
) -> Result<Trained<R::Figures>, R::Error> {
    let name = R::name(config);
    let mut stored = Stored::default();
    if let Some(tensors) = R::weights(config, task, &outcome.model)? {
        let precision = |name: &str| R::precision(config, name);
        stored.bytes = store::to_bytes(&tensors, precision).map_err(TrainError::from)?;
        stored.file = format!("{name}.safetensors");
    }
    let figures = R::measure(config, places, task, &outcome, &stored)?;
    let parts = R::card(config, task, &figures)?;
    let text = parts
        .map(|parts| card(config, parts, &stored))
        .transpose()?;
    let write = |file: &str, bytes: &[u8]| -> Result<PathBuf, TrainError> {
        let path = places.models.join(file);
        write_whole(&path, bytes)?;
        Ok(path)
    };
    let weights = match stored.file.as_str() {
        "" => None,
        file => Some((write(file, &stored.bytes)?, store::sha256(&stored.bytes))),
    };
    let card = text.map(|text| write(&format!("{name}.toml"), text.as_bytes()));
    Ok(Trained {
        weights,
        card: card.transpose()?,
        figures,
        history: outcome.history,
    })
}
