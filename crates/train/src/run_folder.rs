//! What a training leaves behind: `config.toml`, `metrics.csv`, `curves.svg`, the folder `checkpoint`
//! with `last.safetensors` and `best.safetensors`, and `samples` with the sheets of the epochs.

use crate::checkpoint::History;
use crate::curves;
use crate::error::TrainError;
use affetti_ground::{FileError, write_whole};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// A folder of one training; what is missing of it is made when something is written.
#[derive(Clone, Debug)]
pub struct RunFolder(PathBuf);

/// What a network makes after an epoch, to be looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// A file name, such as `faces.png`.
    pub name: &'static str,
    /// What is in the file.
    pub bytes: Vec<u8>,
}

impl RunFolder {
    /// The folder at `path`.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self(path.to_owned())
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

    /// Writes the settings.
    ///
    /// # Errors
    /// Unwritable folders.
    pub fn write_config(&self, text: &str) -> Result<(), TrainError> {
        Ok(write_whole(&self.0.join("config.toml"), text.as_bytes())?)
    }

    /// Takes away the sheets of a training that was here before.
    ///
    /// # Errors
    /// Unwritable folders.
    pub fn forget_sheets(&self) -> Result<(), TrainError> {
        let path = self.0.join("samples");
        match std::fs::remove_dir_all(&path) {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                let action = "clear";
                Err(FileError::Io {
                    action,
                    path,
                    source,
                })?
            }
            _ => Ok(()),
        }
    }

    /// Writes the sheet of an epoch, counted from 1, as `samples/007-NAME`. An epoch that is done again
    /// writes it again; those of other epochs stay.
    ///
    /// # Errors
    /// Unwritable folders.
    pub fn write_sheet(&self, epoch: usize, sheet: &Sheet) -> Result<(), TrainError> {
        let file = format!("{epoch:03}-{}", sheet.name);
        Ok(write_whole(
            &self.0.join("samples").join(file),
            &sheet.bytes,
        )?)
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
