//! Writing: standard output that may be closed, and lines of JSON.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::{Context, Result, bail};
use serde::Serialize;

pub(crate) use crate::{
    out_file::extension,
    say::{complain, say},
};
use crate::{
    out_file::{OutFile, cannot_write},
    settings::Settings,
};

/// The reader of standard output has gone. Not a failure: it has seen enough.
#[derive(Debug)]
pub(crate) struct Closed;

impl fmt::Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard output was closed")
    }
}

impl std::error::Error for Closed {}

/// Writes to standard output at once, so that a reader sees every line when it is ready.
///
/// # Errors
/// [`Closed`], or what the system says.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => bail!(Closed),
        other => other.context("cannot write to standard output"),
    }
}

/// The whole result of a verb, to `--out` or to standard output.
pub(crate) fn emit(settings: &Settings, text: &str) -> Result<()> {
    let Some(path) = &settings.out else {
        return print(text);
    };
    let mut file = OutFile::create(path)?;
    file.write_all(text.as_bytes())
        .map_err(|error| cannot_write(path, &error))?;
    file.commit()
}

/// A line of JSON.
pub(crate) fn line(value: &impl Serialize) -> Result<String> {
    Ok(serde_json::to_string(value)? + "\n")
}

/// How figures are written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Form {
    Table,
    Csv,
    Json,
}

impl Form {
    /// Asked for before the work, which takes minutes.
    pub(crate) fn of(settings: &Settings) -> Result<Self> {
        let Some(path) = &settings.out else {
            return Ok(if settings.json {
                Self::Json
            } else {
                Self::Table
            });
        };
        match extension(path).as_str() {
            "csv" => Ok(Self::Csv),
            "json" | "jsonl" => Ok(Self::Json),
            "txt" => Ok(Self::Table),
            _ => bail!(
                "{}: figures are written as .csv, .json or .txt",
                path.display()
            ),
        }
    }

    /// The one of three texts that was asked for.
    pub(crate) fn pick(self, table: String, csv: String, json: String) -> String {
        match self {
            Self::Table => table,
            Self::Csv => csv,
            Self::Json => json + "\n",
        }
    }
}
