//! Everything that a resumed training needs, in one safetensors file: values, their average, the
//! optimiser's state, and in the note the epoch, the best score and the rows of `metrics.csv`.

use crate::average::Average;
use crate::error::TrainError;
use crate::optimizer::State;
use crate::settings::Settings;
use affetti_nets::import::write_whole;
use affetti_nets::store::{self, Precision, read_file};
use affetti_nets::tensors::Tensors;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Counted up when older files no longer mean the same.
const VERSION: u32 = 1;

/// A training between two epochs.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Values of the network.
    pub values: Tensors,
    /// Their average, where one is kept.
    pub average: Option<Tensors>,
    /// Steps and moments of the optimiser.
    pub optimizer: State,
    /// See [`History`].
    pub history: History,
}

/// What happened so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct History {
    /// Epochs done.
    pub epochs: usize,
    /// The epoch with the best score, counted from 1; 0 before the first.
    pub best_epoch: usize,
    /// Bits of the best score, see `bits` below.
    pub best_bits: u64,
    /// Names of the columns of `metrics.csv`.
    pub columns: Vec<String>,
    /// One row per epoch.
    #[serde(with = "bits")]
    pub rows: Vec<Vec<f64>>,
}

/// Numbers as their bits: decimal text would not bring back the same number, and JSON has no NaN.
mod bits {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(rows: &[Vec<f64>], to: S) -> Result<S::Ok, S::Error> {
        let bits = |row: &Vec<f64>| row.iter().map(|value| value.to_bits()).collect();
        rows.iter()
            .map(bits)
            .collect::<Vec<Vec<u64>>>()
            .serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Vec<f64>>, D::Error> {
        let rows = Vec::<Vec<u64>>::deserialize(from)?;
        let values = |row: Vec<u64>| row.into_iter().map(f64::from_bits).collect();
        Ok(rows.into_iter().map(values).collect())
    }
}

impl History {
    /// Whether its parts fit each other: a changed file must not count below zero.
    fn check(&self) -> Result<(), &'static str> {
        let fits = self.best_epoch <= self.epochs
            && self.rows.len() == self.epochs
            && self.rows.iter().all(|row| row.len() == self.columns.len());
        if fits {
            return Ok(());
        }
        Err("is damaged: its history contradicts itself")
    }
}

#[derive(Serialize, Deserialize)]
struct Note {
    version: u32,
    seed: u64,
    settings: Settings,
    steps: u64,
    history: History,
}

fn prefixed(tensors: &Tensors, prefix: &str, into: &mut Tensors) {
    let named = tensors
        .map
        .iter()
        .map(|(name, tensor)| (format!("{prefix}{name}"), tensor.clone()));
    into.map.extend(named);
}

impl Checkpoint {
    /// Writes the file, whole or not at all.
    ///
    /// # Errors
    /// Unwritable folders; values that are not finite.
    pub fn write(&self, path: &Path, settings: &Settings, seed: u64) -> Result<(), TrainError> {
        let note = Note {
            version: VERSION,
            seed,
            settings: settings.clone(),
            steps: self.optimizer.steps(),
            history: self.history.clone(),
        };
        let mut all = Tensors {
            file: path.display().to_string(),
            note: serde_json::to_string(&note)
                .map_err(|e| TrainError::task(crate::ErrorKind::Model, e))?,
            ..Tensors::default()
        };
        prefixed(&self.values, "value.", &mut all);
        if let Some(average) = &self.average {
            prefixed(average, "average.", &mut all);
        }
        prefixed(&self.optimizer.to_tensors(), "optimizer.", &mut all);
        let bytes = store::to_bytes(&all, |_| Precision::Full)?;
        Ok(write_whole(path, &bytes)?)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// An unreadable or damaged file, or one of a training with another seed or other settings
    /// than `epochs` (which may be raised to train longer).
    pub fn read(path: &Path, settings: &Settings, seed: u64) -> Result<Self, TrainError> {
        let wrong = |what: String| TrainError::Checkpoint {
            path: path.to_owned(),
            what,
        };
        let bytes = read_file(path)?;
        let mut all = store::from_bytes(&bytes, &path.display().to_string())?;
        let note: Note = serde_json::from_str(&all.note)
            .map_err(|error| wrong(format!("is no checkpoint of a training: {error}")))?;
        if note.version != VERSION {
            return Err(wrong(format!(
                "has version {}, not {VERSION}",
                note.version
            )));
        }
        let same = Settings {
            epochs: settings.epochs,
            ..note.settings.clone()
        };
        if same != *settings || note.seed != seed {
            let what = "belongs to a training with other settings or another seed: \
                        choose another run folder, or the settings saved in it";
            return Err(wrong(what.to_owned()));
        }
        note.history
            .check()
            .map_err(|what| wrong(what.to_owned()))?;
        let average = all.split_off("average.");
        let optimizer = all.split_off("optimizer.");
        Ok(Self {
            values: all.split_off("value."),
            average: (!average.map.is_empty()).then_some(average),
            optimizer: State::from_tensors(settings.optimizer, note.steps, optimizer),
            history: note.history,
        })
    }

    /// The average as it goes on.
    #[must_use]
    pub fn average(&self, decay: f64) -> Option<Average> {
        let values = self.average.clone()?;
        Some(Average::new(decay, values))
    }
}
