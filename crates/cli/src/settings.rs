//! Arguments made ready for use.

use std::{
    env,
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{
    args::{Device, Global},
    destination::is_screen,
    say::say,
    table::counted,
};

/// What all verbs share.
#[derive(Debug)]
pub(crate) struct Settings {
    /// At least 1.
    pub(crate) threads: usize,
    pub(crate) device: Device,
    pub(crate) json: bool,
    pub(crate) out: Option<PathBuf>,
    pub(crate) quiet: bool,
    pub(crate) verbose: bool,
    /// In place of the one in a training's config.
    pub(crate) seed: Option<u64>,
}

impl Settings {
    pub(crate) fn new(global: &Global) -> Self {
        Self {
            threads: global.threads.unwrap_or_else(affetti::available_threads),
            device: global.device,
            json: global.json,
            // `--out -` asks for what happens without it.
            out: global.out.clone().filter(|out| !is_screen(out)),
            quiet: global.quiet,
            verbose: global.verbose && !global.quiet,
            seed: global.seed,
        }
    }

    /// A line for those who asked for more.
    pub(crate) fn note(&self, line: &str) {
        if self.verbose {
            say(line);
        }
    }

    /// Tells that a run goes on where another one ended early, after so many pictures.
    pub(crate) fn going_on(&self, pictures: usize) {
        if pictures > 0 {
            let pictures = counted(pictures, "picture");
            self.summary(&format!(
                "going on after {pictures} of a run that did not come to its end"
            ));
        }
    }

    /// A line for those who did not ask for silence.
    pub(crate) fn summary(&self, line: &str) {
        if !self.quiet {
            say(line);
        }
    }
}

/// The folder of the data sets: as given, else `$AFFETTI_DATA`.
pub(crate) fn data_folder(given: Option<&Path>) -> Result<PathBuf> {
    if let Some(folder) = given {
        return Ok(folder.to_owned());
    }
    match env::var_os("AFFETTI_DATA").filter(|value| !value.is_empty()) {
        Some(folder) => Ok(folder.into()),
        None => bail!("where are the data sets? name their folder or set AFFETTI_DATA"),
    }
}
