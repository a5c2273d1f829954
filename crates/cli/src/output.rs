//! Writing: standard output that may be closed, and lines of JSON.

use std::{
    fmt,
    io::{self, Write},
};

use anyhow::{Context, Result, bail};
use serde::Serialize;

pub(crate) use crate::say::{complain, say};
use crate::{destination::Writes, out_file::put, settings::Settings};

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
    put(path, text.as_bytes())
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

/// Figures that are rows.
pub(crate) const FIGURES: Writes<Form> = Writes {
    files: &[
        ("csv", Form::Csv),
        ("json", Form::Json),
        ("jsonl", Form::Json),
        ("txt", Form::Table),
    ],
    plain: Form::Table,
    folder: false,
};
/// What is no table.
pub(crate) const TEXTS: Writes<Form> = Writes {
    files: &[
        ("json", Form::Json),
        ("jsonl", Form::Json),
        ("txt", Form::Table),
    ],
    ..FIGURES
};

impl Form {
    /// That of a verb that writes `writes`. Asked for before the work, which may take minutes.
    ///
    /// # Errors
    /// An extension of `--out` that says another form.
    pub(crate) fn of(writes: &Writes<Self>, settings: &Settings) -> Result<Self> {
        writes.form(settings, Self::Json)
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
