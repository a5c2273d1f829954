//! `affetti feel --index`: the index that is made or brought up to date.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use affetti::{
    Found, Input, ModelId, Reading, Source,
    feel::index::{Index, IndexBuilder, Stamp},
};
use anyhow::Result;

use crate::{
    out_file::{OutFile, cannot_write},
    settings::Settings,
};

/// An index in the making.
pub(super) struct Keeper {
    path: PathBuf,
    builder: IndexBuilder,
    /// Folders that the user named: what was below them and is no longer found is dropped.
    folders: Vec<PathBuf>,
    /// Paths that were felt in this run.
    felt: HashSet<String>,
    /// Pictures that were there before and were read again.
    changed: usize,
}

/// The pictures of the older index that need not be read again, and those met in this run.
#[derive(Default)]
pub(super) struct Known {
    stamps: HashMap<String, Stamp>,
    met: Mutex<HashSet<String>>,
}

impl Known {
    /// Whether the file is in the index and unchanged. Not UTF-8, a name cannot be told from
    /// others, and the file is read again.
    pub(super) fn has(&self, found: &Found) -> bool {
        let Found::Picture(job) = found else {
            return false;
        };
        let Source::File(file) = &job.source else {
            return false;
        };
        let Some(name) = file.to_str() else {
            return false;
        };
        let Some(stamp) = self.stamps.get(name) else {
            return false;
        };
        let unchanged = Stamp::of(file) == Some(*stamp);
        if unchanged {
            self.lock().insert(name.to_owned());
        }
        unchanged
    }

    pub(super) fn count(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<String>> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// Begins with the index that is there, if it is one of this model. `fresh`: every picture is
    /// to be read, because its result is also wanted elsewhere.
    pub(super) fn open(
        path: &Path,
        model: &ModelId,
        inputs: &[Input],
        fresh: bool,
        settings: &Settings,
    ) -> Result<(Self, Known)> {
        let mut builder = IndexBuilder::new(model);
        if path.exists() {
            let old = Index::open(path)?;
            if old.model().sha256 == model.sha256 {
                builder = IndexBuilder::from_index(&old, model)?;
            } else {
                settings.summary(&format!(
                    "{}: made with other weights; every picture is read again, and the old index goes",
                    path.display()
                ));
            }
        }
        // The folder is asked now: half an hour later would be late.
        drop(OutFile::create(path)?);
        let mut known = Known::default();
        if fresh && !builder.is_empty() {
            settings.note("every picture is read again, since its result is also shown");
        } else {
            let stamps = builder.stamps();
            known.stamps = stamps
                .filter_map(|(p, s)| Some((p.to_owned(), s?)))
                .collect();
        }
        let folders = inputs.iter().filter_map(|input| match input {
            Input::Path(path) if path.is_dir() => Some(path.clone()),
            _ => None,
        });
        let keeper = Self {
            path: path.to_owned(),
            builder,
            folders: folders.collect(),
            felt: HashSet::new(),
            changed: 0,
        };
        Ok((keeper, known))
    }

    pub(super) fn felt(&mut self, reading: &Reading) -> Result<()> {
        if let Some(entry) = reading.indexed() {
            let before = self.builder.len();
            self.builder.push(&entry)?;
            self.changed += usize::from(self.builder.len() == before);
            self.felt.insert(entry.path);
        }
        Ok(())
    }

    /// Writes the file; what came of it, in words.
    pub(super) fn finish(mut self, known: &Known) -> Result<String> {
        let met = known.lock();
        let gone = self.builder.retain(|path| {
            let here = self.felt.contains(path) || met.contains(path);
            here || !self
                .folders
                .iter()
                .any(|folder| Path::new(path).starts_with(folder))
        });
        let mut file = OutFile::create(&self.path)?;
        self.builder
            .write(&mut file)
            .map_err(|error| cannot_write(&self.path, &error))?;
        file.commit()?;
        let new = self.felt.len() - self.changed;
        Ok(format!(
            "{} pictures in the index ({new} new, {} read again, {} unchanged, {gone} gone) → {}",
            self.builder.len(),
            self.changed,
            met.len(),
            self.path.display()
        ))
    }
}
