//! A file of rows in the making. Rows go into `FILE.unfinished` as they come, so that a run that is
//! stopped, or killed, loses none; the same command takes them up, leaves their pictures out and goes
//! on. Pictures that failed are tried again. Whole, the rows become the file.

use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use anyhow::{Result, bail};
use serde_json::Value;

use super::csv::{self, Header};
use crate::out_file::{OutFile, cannot_write};

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

/// Rows in `FILE.unfinished`.
#[derive(Debug)]
pub(super) struct Kept {
    file: File,
    partial: PathBuf,
    target: PathBuf,
    /// Whether the target was not there when the first of these runs began: then a run that is stopped
    /// may leave its rows there, too.
    is_new: bool,
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
}

impl Kept {
    /// Begins, or goes on with, the rows of `target`; `same` tells runs apart whose rows do not go
    /// together.
    pub(super) fn open(target: &Path, form: Form, same: &str) -> Result<(Self, Before)> {
        // Whatever is wrong with the target is told now.
        drop(OutFile::create(target)?);
        let mut partial = target.as_os_str().to_owned();
        partial.push(".unfinished");
        let partial = PathBuf::from(partial);
        let failed = |error: io::Error| cannot_write(&partial, &error);
        let open = || {
            let mut how = File::options();
            how.read(true).write(true).create(true).truncate(false);
            how.open(&partial)
        };
        let mut file = open().map_err(failed)?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            bail!(
                "another run of affetti is writing {}; wait for its end",
                target.display()
            );
        }
        let mut before = Before::default();
        let mut is_new = !target.exists();
        let mut kept = Vec::new();
        let mut reader = BufReader::new(&file);
        let first = line(&mut reader).map_err(failed)?.unwrap_or_default();
        let marks = [true, false].map(|is_new| mark(same, is_new));
        if let Some(found) = marks.iter().position(|mark| *mark == first) {
            is_new = found == 0;
            match form {
                Form::Lines => lines(&mut reader, &mut before, &mut kept),
                Form::Csv(header) => csv::kept(&mut reader, header, &mut before, &mut kept),
            }
            .map_err(failed)?;
        }
        // The whole file again, without what was not whole.
        file.seek(SeekFrom::Start(0)).map_err(failed)?;
        file.set_len(0).map_err(failed)?;
        let mut bytes = mark(same, is_new).into_bytes();
        match form {
            Form::Csv(header) => bytes.extend(header.bytes()?),
            Form::Lines => {}
        }
        let any = !kept.is_empty();
        bytes.extend(kept);
        file.write_all(&bytes).map_err(failed)?;
        let target = target.to_owned();
        let rows = Self {
            file,
            partial,
            target,
            is_new,
            any,
        };
        Ok((rows, before))
    }

    /// The rows become the target.
    fn publish(&mut self) -> Result<()> {
        let failed = |error: io::Error| cannot_write(&self.target, &error);
        let mut out = OutFile::create(&self.target)?;
        self.file.seek(SeekFrom::Start(0)).map_err(failed)?;
        let mut reader = BufReader::new(&self.file);
        line(&mut reader).map_err(failed)?;
        io::copy(&mut reader, &mut out).map_err(failed)?;
        out.commit()
    }

    fn remove(self) {
        // A file that stays is no harm: it has what the target has, and would be taken up.
        let _ = fs::remove_file(&self.partial);
    }
}

impl Rows {
    /// All is done: the file takes its name.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Direct(file) => file.commit(),
            Self::Kept(mut kept) => {
                kept.publish()?;
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
                let mut place = &kept.partial;
                if kept.is_new {
                    kept.publish()?;
                    place = &kept.target;
                }
                let place = place.display();
                Ok(format!("→ {place}; the same command goes on from there"))
            }
        }
    }

    /// Nothing is worth keeping.
    pub(super) fn discard(self) {
        if let Self::Kept(kept) = self {
            kept.remove();
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
    format!("affetti unfinished 1 {same} {place}\n")
}

/// The next line with its line feed; `None` at the end, and for one that is not whole.
fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    from.take(MOST).read_until(b'\n', &mut bytes)?;
    let text = String::from_utf8(bytes).ok();
    Ok(text.filter(|text| text.ends_with('\n')))
}

/// Keeps the lines of pictures that were felt, to the first one that is not whole. A name that is not
/// UTF-8 could be that of two pictures: they are felt again.
fn lines(from: &mut impl BufRead, before: &mut Before, kept: &mut Vec<u8>) -> io::Result<()> {
    while let Some(text) = line(from)? {
        let Ok(value) = serde_json::from_str::<Value>(&text) else {
            break;
        };
        let again = value.get("error").is_some() || value.get("path_bytes").is_some();
        if let Some(path) = value["path"].as_str().filter(|_| !again) {
            before.names.insert(path.to_owned());
            kept.extend(text.as_bytes());
        }
    }
    Ok(())
}
