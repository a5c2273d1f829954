//! Writing: standard output that may be closed, and messages.

use std::{
    fmt,
    io::{self, Write},
    path::Path,
};

use affetti::printable;
use anyhow::{Context, Result, bail};

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

/// A line on standard error. If that fails there is nobody left to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", printable(line));
}

/// An error or the failure of one input.
pub(crate) fn complain(line: &str) {
    say(&format!("affetti: {line}"));
}

/// Extension in lower case, empty if there is none.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::extension;
    use std::path::Path;

    #[test]
    fn extensions_are_in_lower_case() {
        assert_eq!(extension(Path::new("a/B.HTML")), "html");
        assert_eq!(extension(Path::new("a/.html")), "");
    }
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
