//! One picture of an index, and what tells a changed file.

use affetti_emotion::{Distribution, Emotion};
use std::path::Path;
use std::time::UNIX_EPOCH;

/// What is remembered of a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name by [`Home::key`](super::Home::key); at most 65,535 bytes.
    pub path: Vec<u8>,
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
