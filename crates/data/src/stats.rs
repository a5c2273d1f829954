//! What a data set looks like in figures, beside what its authors published.
//!
//! - Computes: counts, shares, means and standard deviations per layout.
//! - Output: plain structs that serialise; shares are 0 to 1, lengths in
//!   tokens, entropies in nats, valence and arousal on 1..7.
//! - Source: the published values are those that the ArtEmis authors print for
//!   their release (all 80 031 works): on a part of it ours differ because the
//!   part differs, and token figures differ slightly even on the whole, see
//!   [`tokens`].
//!
//! ```no_run
//! use affetti_data::{Limits, artemis, stats};
//!
//! let set = artemis::read("artemis.csv".as_ref(), &Limits::default())?;
//! let figures = stats::artemis(&set.rows);
//! println!("{} of {:?}", figures.artworks.ours, figures.artworks.published);
//! # Ok::<(), affetti_data::DataError>(())
//! ```

mod artemis;
mod pictures;
mod tokens;

use std::collections::BTreeMap;

use serde::Serialize;

pub use artemis::{ArtemisStats, EmotionShare, StyleEntropy, artemis};
pub use pictures::{
    FolderStats, OasisStats, PaintingStats, TableStats, folder, oasis, paintings, table,
};
pub use tokens::{METAPHORS, has_metaphor, tokens};

/// Our figure and the published one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figure<T> {
    /// As computed here.
    pub ours: T,
    /// As the authors print it for their whole set; `None` where they do not.
    pub published: Option<T>,
    /// How the published figure differs in kind, if it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<&'static str>,
}

impl<T> Figure<T> {
    fn new(ours: T, published: T) -> Self {
        Self {
            ours,
            published: Some(published),
            note: None,
        }
    }

    fn ours(ours: T) -> Self {
        Self {
            ours,
            published: None,
            note: None,
        }
    }

    fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }
}

/// Mean and spread of some numbers.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Moments {
    /// How many numbers, at least 1.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Their sample standard deviation (n − 1); 0 for a single number.
    pub sd: f64,
    /// The smallest.
    pub min: f64,
    /// The largest.
    pub max: f64,
}

impl Moments {
    /// Moments of finite numbers; `None` if there are none.
    #[must_use]
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Self> {
        // Welford's recurrence: one pass, and no cancellation when the mean
        // is large against the spread.
        let mut moments: Option<Self> = None;
        let mut squares = 0.0;
        for value in values {
            let m = moments.get_or_insert(Self {
                n: 0,
                mean: 0.0,
                sd: 0.0,
                min: value,
                max: value,
            });
            m.n += 1;
            let before = value - m.mean;
            m.mean += before / m.n as f64;
            squares += before * (value - m.mean);
            m.min = m.min.min(value);
            m.max = m.max.max(value);
        }
        moments.map(|m| Self {
            sd: if m.n > 1 {
                (squares / (m.n - 1) as f64).sqrt()
            } else {
                0.0
            },
            ..m
        })
    }
}

/// A share of a whole; 0 of an empty one.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// How often each value occurs, sorted by value.
fn tally<'a>(values: impl IntoIterator<Item = &'a str>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for value in values {
        match counts.get_mut(value) {
            Some(count) => *count += 1,
            None => {
                counts.insert(value.to_owned(), 1);
            }
        }
    }
    counts
}

#[cfg(test)]
mod tests;
