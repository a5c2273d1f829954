//! Everything that a resumed training needs, in one safetensors file: values, their average, the
//! optimisers' states, and in the note whose training it is, the epoch, the best score and the rows of
//! `metrics.csv`.

use crate::error::TrainError;
use crate::optimizers::Optimizers;
use crate::settings::Settings;
use affetti_ground::write_whole;
use affetti_weights::store::{self, Precision, read_file};
use affetti_weights::tensors::Tensors;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;
use toml::{Table, Value};

/// Counted up when older files no longer mean the same.
const VERSION: u32 = 2;

/// Keys of a config that may change between a training and its resumption: what is published, and
/// how long it takes.
const FREE: [&str; 3] = ["summary", "precision", "training.epochs"];

/// Whose training it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The recipe, as `affetti train` calls it.
    pub kind: String,
    /// The config as it took effect.
    pub config: Table,
}

/// A training between two epochs.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Values of the network.
    pub values: Tensors,
    /// Their average, where one is kept.
    pub average: Option<Tensors>,
    /// Steps so far.
    pub steps: u64,
    /// See [`Optimizers`].
    pub optimizers: Optimizers,
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
    kind: String,
    /// TOML, which brings back the same numbers.
    config: String,
    steps: u64,
    /// Steps of each.
    optimizers: BTreeMap<String, u64>,
    history: History,
}

impl Origin {
    /// The first thing by which `other`, that of a checkpoint, is another training.
    fn difference(&self, other: &Self) -> Option<String> {
        if self.kind != other.kind {
            return Some(format!("recipe {}, not {}", other.kind, self.kind));
        }
        let [ours, theirs] = [self, other].map(|origin| {
            let mut keys = BTreeMap::new();
            flatten("", &origin.config, &mut keys);
            keys
        });
        let mut keys = ours.keys().chain(theirs.keys());
        let key = keys.find(|key| ours.get(*key) != theirs.get(*key))?;
        let shown = |value: Option<&String>| value.map_or("nothing", String::as_str).to_owned();
        let (ours, theirs) = (shown(ours.get(key)), shown(theirs.get(key)));
        Some(format!("{key} = {theirs}, not {ours}"))
    }
}

/// All values of `table` by their keys from the top, without the [`FREE`] ones.
fn flatten(place: &str, table: &Table, into: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        let key = match place {
            "" => key.clone(),
            _ => format!("{place}.{key}"),
        };
        match value {
            Value::Table(table) => flatten(&key, table, into),
            _ if FREE.contains(&key.as_str()) => {}
            _ => drop(into.insert(key, value.to_string())),
        }
    }
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
    pub fn write(&self, path: &Path, origin: &Origin) -> Result<(), TrainError> {
        let mut all = Tensors {
            file: path.display().to_string(),
            ..Tensors::default()
        };
        prefixed(&self.values, "value.", &mut all);
        if let Some(average) = &self.average {
            prefixed(average, "average.", &mut all);
        }
        let mut optimizers = BTreeMap::new();
        for (part, steps, state) in self.optimizers.parts() {
            prefixed(&state, &format!("optimizer.{part}."), &mut all);
            optimizers.insert(part.to_owned(), steps);
        }
        let note = Note {
            version: VERSION,
            kind: origin.kind.clone(),
            config: origin.config.to_string(),
            steps: self.steps,
            optimizers,
            history: self.history.clone(),
        };
        all.note = serde_json::to_string(&note)
            .map_err(|e| TrainError::task(crate::ErrorKind::Model, e))?;
        let bytes = store::to_bytes(&all, |_| Precision::Full)?;
        Ok(write_whole(path, &bytes)?)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// An unreadable or damaged file, or one of another recipe, another seed or other settings than
    /// the number of epochs (which may be raised to train longer).
    pub fn read(path: &Path, origin: &Origin, settings: &Settings) -> Result<Self, TrainError> {
        let wrong = |what: String| TrainError::Checkpoint {
            path: path.to_owned(),
            what,
        };
        let damaged = |error: &str| wrong(format!("is no checkpoint of a training: {error}"));
        let bytes = read_file(path)?;
        let mut all = store::from_bytes(&bytes, &path.display().to_string())?;
        let note: serde_json::Value =
            serde_json::from_str(&all.note).map_err(|e| damaged(&e.to_string()))?;
        // First of all: what else an older note says has another form.
        if note["version"] != VERSION {
            let version = &note["version"];
            return Err(wrong(format!("has version {version}, not {VERSION}")));
        }
        let note: Note = serde_json::from_value(note).map_err(|e| damaged(&e.to_string()))?;
        let config = note.config.parse::<Table>();
        let theirs = Origin {
            kind: note.kind,
            config: config.map_err(|e| damaged(e.message()))?,
        };
        if let Some(difference) = origin.difference(&theirs) {
            return Err(wrong(format!(
                "belongs to a training with {difference}: choose another run folder, or the \
                 settings saved in it"
            )));
        }
        note.history
            .check()
            .map_err(|what| wrong(what.to_owned()))?;
        let average = all.split_off("average.");
        let mut optimizers = Optimizers::new(settings);
        for (part, steps) in note.optimizers {
            let state = all.split_off(&format!("optimizer.{part}."));
            optimizers.restore(&part, steps, state);
        }
        Ok(Self {
            values: all.split_off("value."),
            average: (!average.map.is_empty()).then_some(average),
            steps: note.steps,
            optimizers,
            history: note.history,
        })
    }
}
