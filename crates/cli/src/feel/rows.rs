//! A file of rows in the making. Rows go into `FILE.unfinished` as they come, so that a run that is
//! stopped, or killed, loses none; the same command takes them up, leaves their pictures out and goes
//! on. Pictures that failed, or were changed since, are felt again. At the end, rows become the file.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use affetti::ground::{open_unfinished, unfinished_path};
use anyhow::Result;
use serde_json::Value;

use super::csv::{self, Header};
use crate::{
    interrupt,
    out_file::{OutFile, cannot_write},
};

/// How every such file begins.
const MAGIC: &str = "affetti unfinished 1 ";
/// Longer lines are none of ours.
const MOST: u64 = 16 << 20;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Csv(Header),
    Lines,
}

/// Where rows go.
#[derive(Debug)]
pub(super) enum Rows {
    /// Into the file itself: nothing is kept of a run that does not come to its end.
    Direct(OutFile),
    Kept(Kept),
}

/// A row of a run before.
#[derive(Debug)]
pub(super) struct Row {
    /// As it stands there.
    pub(super) name: String,
    /// Where it ends; it begins where the one before ends.
    pub(super) end: u64,
    /// Whether it has no answer, or a name that could be that of two pictures.
    pub(super) again: bool,
}

/// Rows in `FILE.unfinished`.
#[derive(Debug)]
pub(super) struct Kept {
    file: File,
    partial: PathBuf,
    target: PathBuf,
    /// Whether the target was not there when the first of these runs began: then a run that is stopped
    /// may leave its rows there, too.
    is_new: bool,
    /// Where the content of the target begins, and where its first row does.
    head: [u64; 2],
    /// Of runs before.
    rows: Vec<Row>,
    /// Pictures of these rows that were asked for again.
    again: HashSet<String>,
    /// Whether there is a row.
    any: bool,
}

/// Without a row it is of no use.
impl Drop for Kept {
    fn drop(&mut self) {
        if !self.any {
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// What was done before.
#[derive(Debug, Default)]
pub(super) struct Before {
    /// Names as they stand in the rows.
    pub(super) names: HashSet<String>,
    /// When it was done. What was changed later is no longer the same picture.
    pub(super) until: Option<SystemTime>,
    /// Whether rows of another command are gone.
    pub(super) dropped: bool,
}

impl Kept {
    /// Begins, or goes on with, the rows of `target`; `same` tells runs apart whose rows do not go
    /// together.
    pub(super) fn open(target: &Path, form: Form, same: &str) -> Result<(Self, Before)> {
        // Whatever is wrong with the target is told now.
        drop(OutFile::create(target)?);
        let partial = unfinished_path(target);
        let failed = |error: io::Error| cannot_write(&partial, &error);
        let file = open_unfinished(&partial, MAGIC.as_bytes()).map_err(failed)?;
        let length = file.metadata().map_err(failed)?.len();
        let until = file.metadata().and_then(|about| about.modified()).ok();
        let header = match form {
            Form::Csv(header) => header.bytes()?,
            Form::Lines => Vec::new(),
        };
        let mark = line(&mut BufReader::new(&file)).map_err(failed)?;
        let mark = mark.unwrap_or_default();
        let begun = mark.len() as u64 + header.len() as u64;
        let known = [true, false]
            .into_iter()
            .find(|new| mark == self::mark(same, *new));
        let mut kept = Self {
            is_new: known.unwrap_or(!target.exists()),
            head: [mark.len() as u64, begun],
            rows: Vec::new(),
            again: HashSet::new(),
            // What was not read yet is not thrown away.
            any: true,
            target: target.to_owned(),
            partial: partial.clone(),
            file,
        };
        let mut before = Before {
            until,
            dropped: known.is_none() && length > begun,
            ..Before::default()
        };
        if known.is_some() && length >= begun {
            kept.rows = kept.read(form, length).map_err(failed)?;
            let good = kept.rows.iter().filter(|row| !row.again);
            before.names = good.map(|row| row.name.clone()).collect();
            let whole = kept.end();
            kept.file.set_len(whole).map_err(failed)?;
        } else {
            kept.begin(same, &header).map_err(failed)?;
        }
        kept.any = !kept.rows.is_empty();
        kept.file.seek(SeekFrom::End(0)).map_err(failed)?;
        if !kept.any {
            interrupt::empty(&kept.partial, kept.head[1]);
        }
        Ok((kept, before))
    }

    fn begin(&mut self, same: &str, header: &[u8]) -> io::Result<()> {
        let mark = mark(same, self.is_new);
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.file.write_all(&[mark.as_bytes(), header].concat())?;
        let content = mark.len() as u64;
        self.head = [content, content + header.len() as u64];
        Ok(())
    }

    /// The rows of runs before, to the first one that is not whole.
    fn read(&mut self, form: Form, length: u64) -> io::Result<Vec<Row>> {
        let mut last = [b'\n'];
        self.file.seek(SeekFrom::Start(length - 1))?;
        self.file.read_exact(&mut last)?;
        self.file.seek(SeekFrom::Start(self.head[0]))?;
        let mut reader = BufReader::new(&self.file);
        let mut rows = match form {
            Form::Lines => lines(&mut reader, self.head[1])?,
            Form::Csv(header) => csv::rows(&mut reader, header, self.head[0])?,
        };
        if last != [b'\n'] {
            rows.retain(|row| row.end < length);
        }
        Ok(rows)
    }

    /// Where the rows of runs before end.
    fn end(&self) -> u64 {
        self.rows.last().map_or(self.head[1], |row| row.end)
    }

    /// Takes notice that a picture was asked for in this run.
    pub(super) fn asked(&mut self, name: &str) {
        if !self.rows.is_empty() {
            self.again.insert(name.to_owned());
        }
    }

    /// The rows become the target: those of runs before that `keep` names, then those of this run.
    fn publish(&mut self, keep: impl Fn(&str) -> bool) -> Result<()> {
        let mut out = OutFile::create(&self.target)?;
        let end = self.end();
        let mut copy = |from: u64, to: u64| -> io::Result<()> {
            self.file.seek(SeekFrom::Start(from))?;
            io::copy(&mut (&self.file).take(to - from), &mut out).map(drop)
        };
        let mut copied = copy(self.head[0], self.head[1]);
        let mut start = self.head[1];
        for row in &self.rows {
            if copied.is_ok() && !row.again && keep(&row.name) {
                copied = copy(start, row.end);
            }
            start = row.end;
        }
        copied
            .and_then(|()| copy(end, u64::MAX))
            .map_err(|error| cannot_write(&self.target, &error))?;
        out.commit()
    }

    fn remove(self) {
        // A file that stays is no harm: it has what the target has, and would be taken up.
        let _ = fs::remove_file(&self.partial);
    }
}

impl Rows {
    /// All is done: the file takes its name, with the rows of runs before that are `met` again.
    pub(super) fn finish(self, met: &HashSet<String>) -> Result<()> {
        match self {
            Self::Direct(file) => file.commit(),
            Self::Kept(mut kept) => {
                kept.publish(|name| met.contains(name))?;
                kept.remove();
                Ok(())
            }
        }
    }

    /// The run was stopped: what is done stays; in words, where it is.
    pub(super) fn stop(self) -> Result<String> {
        match self {
            Self::Direct(file) => file.commit_new(),
            Self::Kept(mut kept) => {
                let mut place = kept.partial.display().to_string();
                if kept.is_new {
                    let again = std::mem::take(&mut kept.again);
                    kept.publish(|name| !again.contains(name))?;
                    place = kept.target.display().to_string();
                }
                Ok(format!(" → {place}; the same command goes on from there"))
            }
        }
    }

    /// No picture could be felt: rows of runs before stay, those of failures go.
    pub(super) fn discard(self) {
        match self {
            Self::Kept(kept) if kept.rows.is_empty() => kept.remove(),
            Self::Kept(_) | Self::Direct(_) => {}
        }
    }

    /// Takes notice that a picture was asked for in this run.
    pub(super) fn asked(&mut self, name: &str) {
        if let Self::Kept(kept) = self {
            kept.asked(name);
        }
    }
}

impl Write for Rows {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Direct(file) => file.write(bytes),
            Self::Kept(kept) => {
                kept.any = true;
                kept.file.write(bytes)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Direct(_) => Ok(()),
            Self::Kept(kept) => kept.file.flush(),
        }
    }
}

/// The first line of the kept rows.
fn mark(same: &str, is_new: bool) -> String {
    let place = if is_new { "new" } else { "over" };
    format!("{MAGIC}{same} {place}\n")
}

/// The next line with its line feed; `None` at the end, and for one that is not whole.
fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    from.take(MOST).read_until(b'\n', &mut bytes)?;
    let text = String::from_utf8(bytes).ok();
    Ok(text.filter(|text| text.ends_with('\n')))
}

/// The rows from `end` on.
fn lines(from: &mut impl BufRead, mut end: u64) -> io::Result<Vec<Row>> {
    let mut rows = Vec::new();
    while let Some(text) = line(from)? {
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            break;
        };
        let Some(name) = value["path"].as_str() else {
            break;
        };
        end += text.len() as u64;
        rows.push(Row {
            name: name.to_owned(),
            end,
            again: value.get("error").is_some() || value.get("path_bytes").is_some(),
        });
    }
    Ok(rows)
}
