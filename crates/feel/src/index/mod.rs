//! An index of felt pictures: one file that says of each what it evokes and where it lies among
//! the others, to find pictures by feeling.
//!
//! - **Layout**, little-endian, version 1: a header of 128 bytes ([`format`]), then one section
//!   per kind of number, each with one record per picture: the nine shares (`u16`, ten-thousandths,
//!   as JSON shows them); valence and arousal (`u16`, ten-thousandths above 1); the leading
//!   components (a scale, `f32`, and one `i8` each, component = code · scale); the remaining
//!   components (`i8`); length and time of the file; where its path ends; then all paths, UTF-8.
//!   Sections, so that a question reads only the numbers that it asks about.
//! - **Order** by path, each path once: the same pictures give the same bytes, however the index
//!   came to be.
//! - **Reading** is by seeking and reading, not by mapping the file into memory: a map needs unsafe
//!   code, and a file that is cut while it is mapped ends the process.
//! - **Hostile files**: counts and lengths are checked against the length of the file before
//!   anything is allocated; impossible numbers are clamped, and impossible rows never found.

mod build;
mod find;
mod format;
mod read;

pub use build::IndexBuilder;
pub use find::{Hit, Query};
pub use read::Index;

use affetti_emotion::{Distribution, Emotion};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is remembered of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// As given or found; at most 65,535 bytes.
    pub path: String,
    /// Nine shares.
    pub emotions: Distribution<Emotion>,
    /// 1 to 7.
    pub valence: f64,
    /// 1 to 7.
    pub arousal: f64,
    /// The predictor's description of the picture: the components that its emotion head sees.
    pub components: Vec<f32>,
    /// The file as it was read, if it was a file.
    pub stamp: Option<Stamp>,
}

/// What tells a changed file from an unchanged one without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Bytes of the file.
    pub length: u64,
    /// Nanoseconds of its last change since 1970.
    pub modified: i64,
}

impl Stamp {
    /// That of a file; `None` where the system does not say, or the path is no file.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let about = std::fs::metadata(path).ok().filter(|m| m.is_file())?;
        let since = about.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
        Some(Self {
            length: about.len(),
            modified: i64::try_from(since.as_nanos()).ok()?,
        })
    }
}

#[cfg(test)]
mod tests;
