//! Where readings go: standard output as cards or lines, a file as report, table or lines.

use std::{
    collections::HashSet,
    fs,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
};

use affetti::{
    Failure, PictureName, Reading, STDIN,
    card::{CardStyle, card},
    pipeline::percent_encoded,
    report::{ReportMeta, ReportWriter},
};
use anyhow::Result;

use super::{
    csv::{Header, Table},
    rows::{self, Before, Kept, Rows},
};
use crate::{
    destination::Writes,
    out_file::{OutFile, cannot_write},
    output,
    settings::Settings,
    table::as_text,
    terminal,
};

/// What a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Html,
    Csv,
    Lines,
}

pub(super) const WRITES: Writes<Form> = Writes {
    files: &[
        ("html", Form::Html),
        ("htm", Form::Html),
        ("csv", Form::Csv),
        ("jsonl", Form::Lines),
        ("json", Form::Lines),
    ],
    plain: Form::Lines,
    folder: false,
};

/// What a file is made of.
pub(super) struct Plan<'a> {
    pub(super) meta: &'a ReportMeta,
    pub(super) header: Header,
    /// Where rows are kept for a run that goes on, what tells apart runs whose rows do not go together.
    pub(super) same: Option<String>,
}

/// A file being written; it takes its name in [`finish`](FileSink::finish).
pub(super) struct FileSink {
    path: PathBuf,
    content: Content,
}

enum Content {
    Html(ReportWriter<OutFile>),
    Csv(Box<Table<Rows>>),
    Lines(Rows),
}

impl FileSink {
    /// Begins the file; with what of it was done before.
    pub(super) fn create(form: Form, path: &Path, plan: &Plan<'_>) -> Result<(Self, Before)> {
        let written = |error| cannot_write(path, &error);
        let path = path.to_owned();
        if form == Form::Html {
            let report = ReportWriter::new(OutFile::create(&path)?, plan.meta).map_err(written)?;
            let content = Content::Html(report);
            return Ok((Self { path, content }, Before::default()));
        }
        let kind = match form {
            Form::Csv => rows::Form::Csv(plan.header),
            _ => rows::Form::Lines,
        };
        let is_file = !path.exists() || path.is_file();
        let (rows, before) = match plan.same.as_ref().filter(|_| is_file) {
            Some(same) => {
                let (kept, before) = Kept::open(&path, kind, same)?;
                (Rows::Kept(kept), before)
            }
            None => {
                let mut file = OutFile::create(&path)?;
                if form == Form::Csv {
                    let header = plan.header.bytes().map_err(written)?;
                    file.write_all(&header).map_err(written)?;
                }
                (Rows::Direct(file), Before::default())
            }
        };
        let content = match form {
            Form::Csv => Content::Csv(Box::new(Table::new(rows, plan.header))),
            _ => Content::Lines(rows),
        };
        Ok((Self { path, content }, before))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> Result<()> {
        self.asked(&reading.path);
        let written = match &mut self.content {
            Content::Html(report) => {
                let mut entry = reading.entry();
                entry.link = link(&self.path, &reading.path);
                report.push(&entry)
            }
            Content::Csv(table) => table.felt(reading),
            Content::Lines(file) => file.write_all(output::line(reading)?.as_bytes()),
        };
        written.map_err(|error| cannot_write(&self.path, &error))
    }

    /// A row of a run before is that of a picture no longer.
    fn asked(&mut self, name: &str) {
        match &mut self.content {
            Content::Html(_) => {}
            Content::Csv(table) => table.out().asked(&as_text(name)),
            Content::Lines(rows) => rows.asked(name),
        }
    }

    pub(super) fn failed(&mut self, failure: &Failure) -> Result<()> {
        self.asked(&failure.path);
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

    /// All is done; rows of runs before are those of pictures that are `met` again.
    pub(super) fn finish(self, met: &HashSet<String>) -> Result<()> {
        self.rows()?.finish(met)
    }

    /// The run was stopped: what is done stays; in words, where it is.
    pub(super) fn stop(self) -> Result<String> {
        self.rows()?.stop()
    }

    /// No picture could be felt: what was there before stays.
    pub(super) fn discard(self) -> Result<()> {
        self.rows()?.discard();
        Ok(())
    }

    fn rows(self) -> Result<Rows> {
        let rows: io::Result<Rows> = match self.content {
            Content::Html(report) => report.finish().map(Rows::Direct),
            Content::Csv(table) => Ok(table.finish()),
            Content::Lines(rows) => Ok(rows),
        };
        rows.map_err(|error| cannot_write(&self.path, &error))
    }
}

/// The address of a picture for a page at `page`: the way from its folder, where there is one.
fn link(page: &Path, picture: &PictureName) -> Option<String> {
    if *picture == STDIN {
        return None;
    }
    let from = std::path::absolute(page).ok()?;
    let from = fs::canonicalize(from.parent()?).ok()?;
    let to = fs::canonicalize(picture.to_path()).ok()?;
    let shared = from.components().zip(to.components());
    let shared = shared.take_while(|(a, b)| a == b).count();
    let rest = to.components().skip(shared);
    let rest = rest.map(|part| percent_encoded(part.as_os_str().as_encoded_bytes()));
    let rest = rest.collect::<Vec<_>>().join("/");
    // Nothing but the root in common: they may be on two disks.
    if shared <= 1 && cfg!(windows) {
        return None;
    }
    let up = "../".repeat(from.components().count() - shared);
    Some(format!("./{up}{rest}"))
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
