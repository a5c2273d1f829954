//! `affetti feel --index`: the index that is made or brought up to date.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use affetti::{
    ErrorKind, Found, Input, ModelId, PictureName, Reading, STDIN, Source,
    feel::index::{Home, Index, IndexBuilder, Journal, Stamp},
};
use anyhow::Result;

use super::rows::Before;
use crate::{
    interrupt,
    out_file::{OutFile, cannot_write},
    settings::Settings,
    table::{as_text, counted},
};

/// An index in the making.
pub(super) struct Keeper {
    path: PathBuf,
    home: Home,
    builder: IndexBuilder,
    /// Whether the index that is there has not been taken in: a run that is stopped leaves it alone.
    replaces: bool,
    journal: Journal,
    /// Folders that the user named, as they really are: what was below them and is no longer found is
    /// dropped.
    folders: Vec<PathBuf>,
    /// Pictures that were felt in this run.
    felt: HashSet<Vec<u8>>,
    /// How many of them were there before and were read again.
    changed: usize,
}

/// The pictures that need not be felt again, and those of them met in this run.
#[derive(Default)]
pub(super) struct Known {
    /// Those of the index, where there is one.
    indexed: Option<Indexed>,
    /// Those of a file of rows that a run before has begun.
    rows: Before,
    /// Every picture is to be read, because its result is also wanted elsewhere.
    fresh: bool,
    met: Mutex<Met>,
}

struct Indexed {
    home: Home,
    stamps: HashMap<Vec<u8>, Stamp>,
}

#[derive(Default)]
struct Met {
    names: HashSet<Vec<u8>>,
    /// As they stand in their rows.
    rows: HashSet<String>,
    count: usize,
}

impl Known {
    pub(super) fn new(keeper: Option<&Keeper>, rows: Before, fresh: bool) -> Result<Self> {
        let indexed = |keeper: &Keeper| -> Result<Indexed> {
            let stamps = keeper.builder.stamps();
            Ok(Indexed {
                home: home(&keeper.path)?,
                stamps: stamps
                    .filter_map(|(name, stamp)| Some((name.to_owned(), stamp?)))
                    .collect(),
            })
        };
        Ok(Self {
            indexed: keeper.map(indexed).transpose()?,
            rows,
            fresh,
            met: Mutex::default(),
        })
    }

    /// Whether the picture need not be felt: its row was written before, or it is unchanged in the
    /// index and nobody else asks.
    pub(super) fn has(&self, found: &Found) -> bool {
        let Found::Picture(job) = found else {
            return false;
        };
        let Source::File(file) = &job.source else {
            return false;
        };
        let name = PictureName::from(file.as_path());
        let row = self.row(&name, file);
        if self.fresh && row.is_none() {
            return false;
        }
        let mut key = None;
        if let Some(indexed) = &self.indexed {
            let name = indexed.home.key(file);
            let stamp = indexed.stamps.get(&name);
            if stamp.is_none() || stamp != Stamp::of(file).as_ref() {
                return false;
            }
            key = Some(name);
        } else if row.is_none() {
            return false;
        }
        let mut met = self.lock();
        met.names.extend(key);
        met.rows.extend(row.cloned());
        met.count += 1;
        true
    }

    /// The name of the row that was written before, if the picture is still the same.
    fn row(&self, name: &PictureName, file: &Path) -> Option<&String> {
        if self.rows.names.is_empty() || name.exact().is_some() {
            return None;
        }
        let names = &self.rows.names;
        let row = names
            .get(name.as_str())
            .or_else(|| names.get(&as_text(name)))?;
        let changed = fs::metadata(file).and_then(|about| about.modified()).ok()?;
        (changed <= self.rows.until?).then_some(row)
    }

    /// How many pictures have a row from before.
    pub(super) fn rows(&self) -> usize {
        self.rows.names.len()
    }

    /// The rows of pictures that were met.
    pub(super) fn met_rows(&self) -> HashSet<String> {
        self.lock().rows.clone()
    }

    /// How many were met.
    pub(super) fn count(&self) -> usize {
        self.lock().count
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Met> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn home(index: &Path) -> Result<Home> {
    Home::of(index).map_err(|error| cannot_write(index, &error))
}

impl Keeper {
    /// Begins with the index that is there, if it is one of this model, and with what a run has left
    /// that did not come to its end.
    pub(super) fn open(
        path: &Path,
        model: &ModelId,
        inputs: &[Input],
        settings: &Settings,
    ) -> Result<Self> {
        // The folder is asked now: half an hour later would be late.
        drop(OutFile::create(path)?);
        // Before the index is read: from now on nobody else changes it.
        let mut journal = Journal::open(path)?;
        interrupt::empty(journal.path(), Journal::EMPTY);
        let mut builder = IndexBuilder::new(model);
        let mut replaces = false;
        if path.exists() {
            replaces = true;
            let old = match Index::open(path) {
                Ok(old) => Some(old),
                Err(error) if error.kind() == ErrorKind::Unsupported => {
                    settings.summary(&format!("{error}, and so every picture is read again"));
                    None
                }
                Err(error) => return Err(error.into()),
            };
            match old {
                Some(old) if old.model().sha256 == model.sha256 => {
                    builder = IndexBuilder::from_index(&old, model)?;
                    replaces = false;
                }
                Some(_) => settings.summary(&format!(
                    "{}: made with other weights; every picture is read again, and the old index goes",
                    path.display()
                )),
                None => {}
            }
        }
        let taken = builder.take_up(&mut journal)?;
        settings.going_on(taken);
        let folders = inputs.iter().filter_map(|input| match input {
            Input::Path(path) if path.is_dir() => fs::canonicalize(path).ok(),
            _ => None,
        });
        Ok(Self {
            path: path.to_owned(),
            home: home(path)?,
            builder,
            replaces,
            journal,
            folders: folders.collect(),
            felt: HashSet::new(),
            changed: 0,
        })
    }

    /// Whether there is a picture from before.
    pub(super) fn is_empty(&self) -> bool {
        self.builder.is_empty()
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> Result<()> {
        if let Some(entry) = reading.indexed(&self.home) {
            let before = self.builder.len();
            self.builder.push(&entry)?;
            self.journal.push(&entry)?;
            let was_there = self.builder.len() == before;
            // One that is named twice is felt twice, and counts once.
            if self.felt.insert(entry.path) {
                self.changed += usize::from(was_there);
            }
        }
        Ok(())
    }

    /// Writes the file; what came of it, in words. A run that was `stopped` has not looked for all
    /// pictures: what it has not met stays.
    pub(super) fn finish(mut self, known: &Known, stopped: bool) -> Result<String> {
        let met = known.lock();
        let home = &self.home;
        let gone = self.builder.retain(|name| {
            let there = self.felt.contains(name) || met.names.contains(name);
            if stopped || there || name == STDIN.as_bytes() {
                return true;
            }
            let real = home.real(name);
            !self.folders.iter().any(|folder| real.starts_with(folder))
        });
        if stopped && self.replaces {
            return Ok(format!(
                "{} in {}; the same command goes on from there, and {} is as it was",
                counted(self.builder.len(), "picture"),
                self.journal.path().display(),
                self.path.display()
            ));
        }
        if self.builder.is_empty() {
            return Ok(format!(
                "no picture; {} was not written",
                self.path.display()
            ));
        }
        let mut file = OutFile::create(&self.path)?;
        self.builder
            .write(&mut file)
            .map_err(|error| cannot_write(&self.path, &error))?;
        file.commit()?;
        self.journal.remove()?;
        let new = self.felt.len() - self.changed;
        let more = match stopped {
            true => "; the same command goes on from there",
            false => "",
        };
        Ok(format!(
            "{} in the index ({new} new, {} read again, {} unchanged, {gone} gone) → {}{more}",
            counted(self.builder.len(), "picture"),
            self.changed,
            met.names.len(),
            self.path.display()
        ))
    }
}
