//! A user's own set: a CSV file that names pictures and what they evoke.
//!
//! - Layout: one column with the path (any name that is given, else the first
//!   of `path`, `file`, `image`), and as many of these as there are: the nine
//!   emotions, each its own column with a count or share ≥ 0; `votes`, from how many
//!   viewers these are; `emotion`; `sentiment` (positive, negative, other or neutral);
//!   `valence` and `arousal` on 1..7; `split`; `group`. Cells may be empty.
//! - Output: [`Entry`]s. Relative paths resolve against the file's folder.
//! - Deviations: without `split`, the hash of the group decides, or that of the
//!   path as it is written, so that a set keeps its splits when it is moved.
//!
//! ```no_run
//! use affetti_data::table::{self, TableOptions};
//!
//! let set = table::read("mine.csv".as_ref(), &TableOptions::default())?;
//! for entry in &set.rows {
//!     println!("{} {}", entry.file.display(), entry.split);
//! }
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::{
    io::Read,
    path::{Path, PathBuf},
};

use affetti_emotion::{Distribution, Emotion, Label, Scale, Sentiment};
use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, Split,
    sheet::{self, Column, Row, RowFault, Sheet},
};

/// Names under which the path is looked for, in this order.
pub const PATH_COLUMNS: [&str; 3] = ["path", "file", "image"];

/// How a table is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// The path's column; `None` looks for one of [`PATH_COLUMNS`].
    pub path_column: Option<String>,
    /// Limits on the file.
    pub limits: Limits,
}

/// One picture and what is known of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Entry {
    /// Line of the table on which the row begins; the header is line 1.
    #[serde(skip)]
    pub line: u64,
    /// The path as it is written in the table.
    pub written: String,
    /// The picture, absolute.
    #[serde(serialize_with = "crate::lossy::path")]
    pub file: PathBuf,
    /// Shares of the nine emotions.
    pub emotions: Option<Distribution<Emotion>>,
    /// How many viewers the shares come from: of votes their number, of shares what the column `votes`
    /// says.
    pub votes: Option<f64>,
    /// The one emotion of the column `emotion`.
    pub emotion: Option<Emotion>,
    /// Whether it is felt as pleasant.
    pub sentiment: Option<Sentiment>,
    /// Valence, 1 to 7.
    pub valence: Option<f64>,
    /// Arousal, 1 to 7.
    pub arousal: Option<f64>,
    /// Its use.
    pub split: Split,
    /// Shared by near-copies; `None` if the table does not say.
    pub group: Option<String>,
}

impl Entry {
    /// What a model should predict: the shares, or all of it on the one
    /// emotion, or `None` if the table has neither.
    #[must_use]
    pub fn target(&self) -> Option<Distribution<Emotion>> {
        let single = || self.emotion.map(Distribution::one_hot);
        self.emotions.clone().or_else(single)
    }
}

/// Reads a table.
///
/// # Errors
/// [`DataError`] if the file cannot be read, has no path column or only some
/// of the nine emotions, exceeds the limits, or holds no good row. Single bad
/// rows are in the report. Whether the pictures exist is not looked at:
/// [`check`](crate::check::check) does that.
pub fn read(path: &Path, options: &TableOptions) -> Result<Loaded<Entry>, DataError> {
    read_from(sheet::open(path)?, path, options)
}

/// As [`read`], from an open source; `path` is for messages, and its folder is
/// the one that relative paths start from.
///
/// # Errors
/// As [`read`].
pub fn read_from(
    from: impl Read,
    path: &Path,
    options: &TableOptions,
) -> Result<Loaded<Entry>, DataError> {
    let folder = sheet::folder_of(path)?;
    let sheet = Sheet::new(from, path, &options.limits)?;
    let file = path_column(&sheet, options.path_column.as_deref())?;
    let nine = nine_columns(&sheet)?;
    let votes = sheet.find("votes")?;
    let emotion = sheet.find("emotion")?;
    let sentiment = sheet.find("sentiment")?;
    let valence = sheet.find("valence")?;
    let arousal = sheet.find("arousal")?;
    let split = sheet.find("split")?;
    let group = sheet.find("group")?;
    let (low, high) = (Scale::Oasis.low(), Scale::Oasis.high());
    sheet.load(|row| {
        let written = row.filled(&file)?;
        let voters = row.maybe_number(votes.as_ref(), 1.0, 1e9)?;
        let counts = counts(row, nine.as_deref())?;
        let group = row.maybe(group.as_ref())?;
        let split = row.maybe_named(split.as_ref(), "split", Split::parse)?;
        Ok(Some(Entry {
            file: folder.join(&written),
            line: row.line(),
            emotions: counts.as_deref().map(|c| shares(c, voters)).transpose()?,
            votes: voters.or(counts.as_deref().and_then(total)),
            sentiment: row.maybe_label(sentiment.as_ref())?,
            emotion: row.maybe_label(emotion.as_ref())?,
            valence: row.maybe_number(valence.as_ref(), low, high)?,
            arousal: row.maybe_number(arousal.as_ref(), low, high)?,
            split: split.unwrap_or_else(|| Split::of(group.as_deref().unwrap_or(&written))),
            group,
            written,
        }))
    })
}

fn path_column<R: Read>(sheet: &Sheet<R>, asked: Option<&str>) -> Result<Column, DataError> {
    if let Some(name) = asked {
        return sheet.column(name);
    }
    for name in PATH_COLUMNS {
        if let Some(column) = sheet.find(name)? {
            return Ok(column);
        }
    }
    Err(sheet.missing(&PATH_COLUMNS.join("/")))
}

/// The nine emotions' columns; all or none, since shares over some of them
/// would silently claim that nobody felt the others.
fn nine_columns<R: Read>(sheet: &Sheet<R>) -> Result<Option<Vec<Column>>, DataError> {
    let mut found = Vec::new();
    let mut missing = None;
    for emotion in Emotion::ALL.iter().copied() {
        match sheet.find_label(emotion)? {
            Some(column) => found.push(column),
            None => {
                missing.get_or_insert(emotion.name());
            }
        }
    }
    match missing {
        None => Ok(Some(found)),
        Some(_) if found.is_empty() => Ok(None),
        Some(name) => Err(sheet.missing(name)),
    }
}

/// The nine numbers of a row; `None` if all nine cells are empty. Otherwise an empty
/// cell counts as zero, as spreadsheets show it.
fn counts(row: &Row<'_>, columns: Option<&[Column]>) -> Result<Option<Vec<f64>>, RowFault> {
    let mut counts = Vec::new();
    let mut filled = false;
    for column in columns.unwrap_or_default() {
        // Far above any number of votes, far below where sums lose precision.
        let count = row.maybe_number(Some(column), 0.0, 1e9)?;
        filled |= count.is_some();
        counts.push(count.unwrap_or(0.0));
    }
    Ok(filled.then_some(counts))
}

fn shares(counts: &[f64], voters: Option<f64>) -> Result<Distribution<Emotion>, RowFault> {
    sum_is_right(counts, voters)?;
    Distribution::from_counts(counts).map_err(|_| RowFault::NoShare)
}

/// The number of votes, if the numbers are whole; one vote may as well be the share 1.
fn total(counts: &[f64]) -> Option<f64> {
    let sum: f64 = counts.iter().sum();
    let are_votes = counts.iter().all(|count| count.fract() == 0.0);
    (are_votes && sum > 1.0).then_some(sum)
}

/// Broken numbers are shares, which must add up to 1; whole ones are votes, as many as `voters` where
/// the table says so.
fn sum_is_right(counts: &[f64], voters: Option<f64>) -> Result<(), RowFault> {
    let sum: f64 = counts.iter().sum();
    let are_shares = counts.iter().any(|count| count.fract() != 0.0);
    // Shares of few decimals miss 1 by a little.
    let (expected, slack) = match (are_shares, voters) {
        (true, _) if counts.iter().all(|count| *count <= 1.0) => (1.0, 0.02),
        (false, Some(voters)) if sum > 1.0 => (voters, 0.5),
        _ => return Ok(()),
    };
    if (sum - expected).abs() <= slack {
        return Ok(());
    }
    Err(RowFault::Sum {
        found: (sum * 100.0).round() / 100.0,
        expected,
    })
}

#[cfg(test)]
mod tests;
