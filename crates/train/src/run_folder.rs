//! What a training leaves behind: `config.toml`, `metrics.csv`, `curves.svg` and the folder
//! `checkpoint` with `last.safetensors` and `best.safetensors`.

use crate::checkpoint::History;
use crate::curves;
use crate::error::TrainError;
use affetti_nets::import::write_whole;
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A folder of one training.
#[derive(Clone, Debug)]
pub struct RunFolder(PathBuf);

impl RunFolder {
    /// The folder at `path`, made where it is missing, with the settings of the training in it.
    ///
    /// # Errors
    /// Unwritable folders.
    pub fn create(path: &Path, config: &str) -> Result<Self, TrainError> {
        let folder = Self(path.to_owned());
        write_whole(&path.join("config.toml"), config.as_bytes())?;
        Ok(folder)
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Where the last epoch's checkpoint is.
    #[must_use]
    pub fn last(&self) -> PathBuf {
        self.0.join("checkpoint").join("last.safetensors")
    }

    /// Where the values with the best score are.
    #[must_use]
    pub fn best(&self) -> PathBuf {
        self.0.join("checkpoint").join("best.safetensors")
    }

    /// Writes the metrics of all epochs as a table and as curves.
    ///
    /// # Errors
    /// Unwritable folders.
    pub fn write_history(&self, history: &History) -> Result<(), TrainError> {
        let mut table = history.columns.join(",") + "\n";
        for row in &history.rows {
            let cells: Vec<String> = row.iter().map(|value| format!("{value:.6}")).collect();
            // Writing to a string cannot fail.
            let _ = writeln!(table, "{}", cells.join(","));
        }
        write_whole(&self.0.join("metrics.csv"), table.as_bytes())?;
        let svg = curves::svg(history);
        Ok(write_whole(&self.0.join("curves.svg"), svg.as_bytes())?)
    }
}
