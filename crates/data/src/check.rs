//! Whether a set is what its lists say: every picture is opened.
//!
//! - Computes: which pictures decode, which are missing or broken and why,
//!   which files are byte for byte the same, which groups leak between splits,
//!   which keys have no readable picture.
//! - Input: a [`CheckSet`], collected from any layout's rows or from paths.
//! - Output: a [`CheckReport`] in the order of the set, the same for any number
//!   of threads.
//! - Source: published sets rot. The WikiArt archive alone has a file that
//!   fails its checksum (issues of cs-chan/ArtGAN and optas/artemis), so that
//!   one broken picture must not stop a run, nor pass unnoticed.
//! - Deviations: near-copies are not looked for; the sets' `group` columns name
//!   the known ones.
//!
//! ```no_run
//! use affetti_data::{Limits, oasis, check::{CheckOptions, CheckSet, check, silent}};
//!
//! let photos = oasis::read("oasis/oasis.csv".as_ref(), &Limits::default())?;
//! let set: CheckSet = photos.rows.iter().collect();
//! let report = check(&set, &CheckOptions::default(), &silent)?;
//! println!("{} of {} are good", report.good, report.pictures);
//! # Ok::<(), affetti_data::DataError>(())
//! ```

mod open;
mod report;

use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use affetti_picture::DecodeOptions;

use crate::{
    DataError, Split, affective::shards, labelled::Labelled, oasis::Photo, paintings::Painting,
    table::Entry,
};
use open::{Outcome, decoded, open};
pub use report::{CheckReport, Duplicates, Unreadable};

/// One picture of a set and what is claimed of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The picture.
    pub file: PathBuf,
    /// The key that it illustrates, if keys matter.
    pub key: Option<String>,
    /// Its group, if near-copies are known.
    pub group: Option<String>,
    /// Its split, if it has one.
    pub split: Option<Split>,
}

impl From<PathBuf> for Item {
    fn from(file: PathBuf) -> Self {
        Self {
            file,
            key: None,
            group: None,
            split: None,
        }
    }
}

impl From<&Painting> for Item {
    fn from(painting: &Painting) -> Self {
        Self {
            file: painting.file.clone(),
            key: painting.artemis_key.clone(),
            group: Some(painting.group.clone()),
            split: Some(painting.split),
        }
    }
}

impl From<&Photo> for Item {
    fn from(photo: &Photo) -> Self {
        Self {
            file: photo.file.clone(),
            key: Some(photo.id.clone()),
            group: None,
            split: Some(photo.split),
        }
    }
}

impl From<&Entry> for Item {
    fn from(entry: &Entry) -> Self {
        Self {
            file: entry.file.clone(),
            key: None,
            group: entry.group.clone(),
            split: Some(entry.split),
        }
    }
}

impl From<&Labelled> for Item {
    fn from(row: &Labelled) -> Self {
        Self {
            file: row.file.clone(),
            key: None,
            group: None,
            split: Some(row.split),
        }
    }
}

/// What is to be checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CheckSet {
    /// The pictures.
    pub items: Vec<Item>,
    /// Keys that should have a picture, such as those of an annotation file
    /// whose `pictured` is set. May be empty.
    pub keys: Vec<String>,
}

impl<T: Into<Item>> FromIterator<T> for CheckSet {
    /// A set without expected keys.
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self {
            items: items.into_iter().map(Into::into).collect(),
            keys: Vec::new(),
        }
    }
}

/// How a set is checked.
#[derive(Debug, Clone, Copy, Default)]
pub struct CheckOptions {
    /// Threads to use; 0, the default, takes one per core. Each holds one
    /// decoded picture in memory.
    pub threads: usize,
    /// How pictures are decoded, limits on their size included.
    pub decode: DecodeOptions,
}

/// One picture is done.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Pictures done, this one included.
    pub done: usize,
    /// Pictures of the set.
    pub total: usize,
    /// This picture.
    pub file: &'a Path,
    /// Whether it could be decoded.
    pub good: bool,
}

/// Who is told how far a check has come. Any
/// `Fn(Step<'_>) -> ControlFlow<()>` will do.
pub trait Progress: Sync {
    /// Called once per picture, from any of the threads and not in the set's
    /// order. [`ControlFlow::Break`] stops the check after the pictures that
    /// are being decoded.
    fn step(&self, step: Step<'_>) -> ControlFlow<()>;
}

impl<F: Fn(Step<'_>) -> ControlFlow<()> + Sync> Progress for F {
    fn step(&self, step: Step<'_>) -> ControlFlow<()> {
        self(step)
    }
}

/// A [`Progress`] that tells nobody and never stops.
pub fn silent(_: Step<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

/// Opens every picture of the set.
///
/// # Errors
/// [`DataError::NoPictures`] if the set is empty, [`DataError::NothingReadable`]
/// if every picture was tried and none is good. Anything less is in the report.
pub fn check(
    set: &CheckSet,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<CheckReport, DataError> {
    if set.items.is_empty() {
        return Err(DataError::NoPictures);
    }
    let outcomes = open_all(&set.items, options, progress);
    let report = CheckReport::new(set, &outcomes);
    let first_failure = outcomes
        .iter()
        .zip(&set.items)
        .find_map(|(outcome, item)| Some((outcome.as_ref()?.failure()?, item)));
    match first_failure {
        Some((reason, item)) if report.good == 0 && report.unchecked == 0 => {
            Err(DataError::NothingReadable {
                pictures: report.pictures,
                missing: report.missing.len(),
                path: item.file.clone(),
                reason,
            })
        }
        _ => Ok(report),
    }
}

/// Opens every picture of tar shards, one after the other, without unpacking them. A picture's file
/// is the shard's path with the member's name behind it. How many members were skipped (links, unsafe
/// names, pictures beyond the limit) is the second result.
///
/// # Errors
/// As [`check`], and [`DataError::Io`] where a shard cannot be read.
pub fn check_shards(
    path: &Path,
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Result<(CheckReport, usize), DataError> {
    let mut set = CheckSet::default();
    let mut outcomes = Vec::new();
    let read = shards::read(path, options.decode.limits.max_bytes, |member| {
        let outcome = decoded(&member.bytes, &options.decode);
        let file = member.shard.join(&member.name);
        let step = Step {
            done: outcomes.len() + 1,
            total: outcomes.len() + 1,
            file: &file,
            good: outcome.is_good(),
        };
        let next = progress.step(step);
        outcomes.push(Some(outcome));
        set.items.push(Item {
            split: Some(Split::of(&member.name)),
            ..file.into()
        });
        next
    })?;
    if set.items.is_empty() {
        return Err(DataError::NoPictures);
    }
    Ok((CheckReport::new(&set, &outcomes), read.skipped))
}

/// What became of each item; `None` where the check was stopped first.
fn open_all(
    items: &[Item],
    options: &CheckOptions,
    progress: &dyn Progress,
) -> Vec<Option<Outcome>> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let stop = AtomicBool::new(false);
    let work = || {
        let mut mine = Vec::new();
        while !stop.load(Ordering::Relaxed) {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(index) else { break };
            let outcome = open(&item.file, &options.decode);
            let step = Step {
                done: done.fetch_add(1, Ordering::Relaxed) + 1,
                total: items.len(),
                file: &item.file,
                good: outcome.is_good(),
            };
            mine.push((index, outcome));
            if progress.step(step).is_break() {
                stop.store(true, Ordering::Relaxed);
            }
        }
        mine
    };
    let mut outcomes: Vec<Option<Outcome>> = items.iter().map(|_| None).collect();
    let mut keep = |mine: Vec<(usize, Outcome)>| {
        for (index, outcome) in mine {
            if let Some(slot) = outcomes.get_mut(index) {
                *slot = Some(outcome);
            }
        }
    };
    let cores = || thread::available_parallelism().map_or(1, usize::from);
    let threads = match options.threads {
        0 => cores(),
        wanted => wanted,
    };
    thread::scope(|scope| {
        // This thread works too, so that a system that refuses further threads
        // only makes the check slower.
        let helpers: Vec<_> = (1..threads.min(items.len()))
            .map_while(|_| thread::Builder::new().spawn_scoped(scope, work).ok())
            .collect();
        keep(work());
        for helper in helpers {
            match helper.join() {
                Ok(mine) => keep(mine),
                // A bug, not an input: it must not pass as a broken picture.
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    outcomes
}

#[cfg(test)]
mod tests;
