//! Where readings go: standard output as cards or lines, a file as report, table or lines.

use std::{
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use affetti::{
    Failure, Reading,
    card::{CardStyle, card},
    report::{ReportMeta, ReportWriter},
};
use anyhow::{Result, bail};

use super::csv::Table;
use crate::{
    out_file::{OutFile, cannot_write},
    output,
    settings::Settings,
    terminal,
};

/// What a file holds, by its extension.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Csv,
    Lines,
}

impl Form {
    pub(super) fn of(path: &Path) -> Result<Self> {
        match output::extension(path).as_str() {
            "html" | "htm" => Ok(Self::Html),
            "csv" => Ok(Self::Csv),
            "jsonl" | "json" => Ok(Self::Lines),
            _ => bail!(
                "--out {}: the extension decides what is written: .html, .csv, .jsonl or .json",
                path.display()
            ),
        }
    }
}

/// A file being written; it takes its name in [`finish`](FileSink::finish).
pub(super) struct FileSink {
    path: PathBuf,
    content: Content,
}

enum Content {
    Html(ReportWriter<OutFile>),
    Csv(Box<Table<OutFile>>),
    Lines(OutFile),
}

impl FileSink {
    pub(super) fn create(
        form: Form,
        path: &Path,
        meta: &ReportMeta,
        intended: bool,
    ) -> Result<Self> {
        let file = OutFile::create(path)?;
        let written = |error| cannot_write(path, &error);
        let content = match form {
            Form::Html => Content::Html(ReportWriter::new(file, meta).map_err(written)?),
            Form::Csv => Content::Csv(Box::new(Table::new(file, intended).map_err(written)?)),
            Form::Lines => Content::Lines(file),
        };
        Ok(Self {
            path: path.to_owned(),
            content,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> Result<()> {
        let written = match &mut self.content {
            Content::Html(report) => report.push(&reading.entry()),
            Content::Csv(table) => table.felt(reading),
            Content::Lines(file) => file.write_all(output::line(reading)?.as_bytes()),
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    pub(super) fn failed(&mut self, failure: &Failure) -> Result<()> {
        let written = match &mut self.content {
            Content::Html(report) => {
                report.push_failure(&failure.path, &failure.fault.message);
                Ok(())
            }
            Content::Csv(table) => table.failed(failure),
            Content::Lines(file) => file.write_all(output::line(failure)?.as_bytes()),
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    pub(super) fn finish(self) -> Result<()> {
        let file: io::Result<OutFile> = match self.content {
            Content::Html(report) => report.finish(),
            Content::Csv(table) => table.finish(),
            Content::Lines(file) => Ok(file),
        };
        file.map_err(|error| cannot_write(&self.path, &error))?
            .commit()
    }
}

/// Standard output.
pub(super) enum Screen {
    /// A card per picture; the flag says whether one was printed already.
    Cards(CardStyle, bool),
    /// JSON Lines.
    Lines,
    /// Nothing: the result goes to a file, or the reader has gone.
    Silent,
}

impl Screen {
    pub(super) fn of(settings: &Settings, has_file: bool) -> Self {
        match (settings.json, has_file) {
            (true, _) => Self::Lines,
            (false, true) => Self::Silent,
            (false, false) => Self::Cards(terminal::card_style(), false),
        }
    }

    /// Whether results appear on a terminal, where they are progress enough.
    pub(super) fn is_on_terminal(&self) -> bool {
        !matches!(self, Self::Silent) && io::stdout().is_terminal()
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> Result<()> {
        match self {
            Self::Cards(style, begun) => {
                let gap = if *begun { "\n" } else { "" };
                *begun = true;
                output::print(&format!("{gap}{}", card(&reading.entry(), style)))
            }
            Self::Lines => output::print(&output::line(reading)?),
            Self::Silent => Ok(()),
        }
    }

    pub(super) fn failed(&mut self, failure: &Failure) -> Result<()> {
        match self {
            Self::Lines => output::print(&output::line(failure)?),
            Self::Cards(..) | Self::Silent => Ok(()),
        }
    }
}
