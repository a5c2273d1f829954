//! The config of a training: what all have in common, read, checked and saved here, and what its recipe
//! says of its own. In the file they are one flat table.

use crate::checkpoint::Origin;
use crate::error::TrainError;
use crate::recipe::Recipe;
use crate::settings::Settings;
use crate::trainer::Task;
use affetti_ground::config::{ConfigError, Draft, Name, first_wrong};
use affetti_weights::store::Precision;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toml::Table;

/// The keys of [`Common`].
const COMMON: [&str; 6] = ["name", "summary", "seed", "start", "precision", "training"];

/// What every config says; `S` is what a training can begin with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Common<S> {
    /// Name of the model, of its files and of its run.
    pub name: Name,
    /// One sentence for the card.
    pub summary: String,
    /// Seed of everything random.
    pub seed: u64,
    /// What it begins with.
    pub start: S,
    /// How weights are stored.
    pub precision: Precision,
    /// The loop.
    pub training: Settings,
}

/// A checked config of the recipe `R`.
#[derive(Clone, Debug)]
pub struct Config<R: Recipe> {
    /// What every config says.
    pub common: Common<R::Start>,
    /// What those of this recipe say.
    pub own: R,
    /// The file, for cards.
    pub file: PathBuf,
}

impl<R: Recipe> Config<R> {
    /// Reads and checks `file`. `change` has the last word: options of the command line are put in
    /// there, and have the fault where the file alone is right.
    ///
    /// # Errors
    /// [`TrainError::Config`] with the first thing that is wrong.
    pub fn read(file: &Path, change: impl FnOnce(&mut Self)) -> Result<Self, TrainError> {
        Self::of(Draft::read(file)?, file, change)
    }

    /// As [`read`](Self::read), of the text of `file`.
    ///
    /// # Errors
    /// [`TrainError::Config`] with the first thing that is wrong.
    pub fn parse(
        file: &Path,
        text: &str,
        change: impl FnOnce(&mut Self),
    ) -> Result<Self, TrainError> {
        Self::of(Draft::parse(file, text)?, file, change)
    }

    fn of(
        mut draft: Draft,
        file: &Path,
        change: impl FnOnce(&mut Self),
    ) -> Result<Self, TrainError> {
        for (key, value) in R::ASSUMED {
            draft.assume(key, value);
        }
        let read = Self {
            common: draft.take(&COMMON)?,
            own: draft.rest()?,
            file: file.to_owned(),
        };
        let mut config = read.clone();
        change(&mut config);
        if let Err(what) = config.check() {
            let options = Path::new("the options of the command line");
            let fault = if read.check().is_ok() { options } else { file };
            return Err(ConfigError::wrong(fault, &what).into());
        }
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        let seed = i64::try_from(self.common.seed).is_ok();
        first_wrong(&[(seed, "seed: 0 to 9223372036854775807, the largest of TOML")])?;
        R::check(self)?;
        self.common.training.check(R::Task::PARTS)
    }

    /// Whose its checkpoints are: all keys with their values, as they took effect.
    ///
    /// # Errors
    /// Numbers that TOML cannot hold.
    pub fn origin(&self) -> Result<Origin, TrainError> {
        let parts = [Table::try_from(&self.common), Table::try_from(&self.own)];
        let mut config = Table::new();
        for part in parts {
            config.extend(part.map_err(|e| ConfigError::wrong(&self.file, &e.to_string()))?);
        }
        Ok(Origin {
            kind: R::KIND.to_owned(),
            config,
        })
    }
}
