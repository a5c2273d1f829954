//! ArtEmis: what people felt before a painting, and why.
//!
//! - Layout: `artemis_dataset_release_v0.csv`, one row per annotation, with the
//!   columns `art_style, painting, emotion, utterance, repetition` in any order
//!   (further columns are ignored); and `artemis-splits.csv` with
//!   `artemis_key, split, pictured`.
//! - Output: [`Utterance`]s in the order of the file, votes per painting.
//! - Source: Achlioptas et al., *ArtEmis: Affective Language for Visual Art*,
//!   CVPR 2021; columns as in the repository optas/artemis.
//! - Data: research use, on request from the authors; never shipped here.
//!
//! ```no_run
//! use affetti_data::{Limits, artemis};
//!
//! let set = artemis::read("artemis.csv".as_ref(), &Limits::default())?;
//! let votes = artemis::group(&set.rows);
//! println!("{} paintings, {} bad rows", votes.len(), set.report.bad);
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::{
    collections::BTreeMap,
    io::Read,
    path::{Path, PathBuf},
};

use affetti_emotion::{Emotion, Votes};
use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, Split,
    sheet::{self, Sheet},
};

/// One annotation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Utterance {
    /// WikiArt's style folder, such as `Art_Nouveau_Modern`.
    pub art_style: String,
    /// The picture's file name without extension, `artist_title-year`. Not
    /// unique by itself: one painting may stand in two styles.
    pub painting: String,
    /// What the annotator felt.
    pub emotion: Emotion,
    /// Why, in the annotator's words; not empty, otherwise as published.
    pub utterance: String,
    /// How many annotations the painting has in the release, at least 1.
    pub repetition: u32,
}

impl Utterance {
    /// `art_style/painting`: the name of the painting throughout this crate.
    #[must_use]
    pub fn key(&self) -> String {
        key(&self.art_style, &self.painting)
    }
}

/// `art_style/painting`.
#[must_use]
pub fn key(art_style: &str, painting: &str) -> String {
    format!("{art_style}/{painting}")
}

/// Where WikiArt's folders keep the picture of a key: `folder/art_style/painting.jpg`.
///
/// Keys read by this module cannot leave `folder`.
#[must_use]
pub fn picture(folder: &Path, key: &str) -> PathBuf {
    folder.join(format!("{key}.jpg"))
}

/// Reads the annotations of a file.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the
/// limits, or holds no good row. Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Utterance>, DataError> {
    read_from(sheet::open(path)?, path, limits)
}

/// As [`read`], from an open source; `path` is for messages only.
///
/// # Errors
/// As [`read`].
pub fn read_from(
    from: impl Read,
    path: &Path,
    limits: &Limits,
) -> Result<Loaded<Utterance>, DataError> {
    let sheet = Sheet::new(from, path, limits)?;
    let art_style = sheet.column("art_style")?;
    let painting = sheet.column("painting")?;
    let emotion = sheet.column("emotion")?;
    let utterance = sheet.column("utterance")?;
    let repetition = sheet.column("repetition")?;
    sheet.load(|row| {
        row.filled(&utterance)?;
        Ok(Some(Utterance {
            art_style: row.component(&art_style)?,
            painting: row.component(&painting)?,
            emotion: row.label(&emotion)?,
            utterance: row.text(&utterance)?.into_owned(),
            repetition: row.count(&repetition, 1)?,
        }))
    })
}

/// The votes of every painting, sorted by key; [`Votes::as_slice`] has the nine
/// counts, [`Votes::distribution`] the shares.
#[must_use]
pub fn group(utterances: &[Utterance]) -> BTreeMap<String, Votes<Emotion>> {
    let mut votes: BTreeMap<String, Votes<Emotion>> = BTreeMap::new();
    for utterance in utterances {
        votes
            .entry(utterance.key())
            .or_default()
            .add(utterance.emotion);
    }
    votes
}

/// Where one painting of ArtEmis belongs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeySplit {
    /// `art_style/painting`.
    pub artemis_key: String,
    /// Its split.
    pub split: Split,
    /// Whether the picture is in `paintings/labelled.csv` as well.
    pub pictured: bool,
}

/// Reads `artemis-splits.csv`.
///
/// # Errors
/// As [`read`], and [`DataError::SplitConflict`] if one key has two splits.
pub fn read_splits(path: &Path, limits: &Limits) -> Result<Loaded<KeySplit>, DataError> {
    let sheet = Sheet::new(sheet::open(path)?, path, limits)?;
    let artemis_key = sheet.column("artemis_key")?;
    let split = sheet.column("split")?;
    let pictured = sheet.column("pictured")?;
    let loaded = sheet.load(|row| {
        Ok(Some(KeySplit {
            artemis_key: row.filled(&artemis_key)?,
            split: row.named(&split, "split", Split::parse)?,
            pictured: row.named(&pictured, "0 or 1", parse_flag)?,
        }))
    })?;
    let mut first: BTreeMap<&str, Split> = BTreeMap::new();
    for row in &loaded.rows {
        let known = *first.entry(&row.artemis_key).or_insert(row.split);
        if known != row.split {
            return Err(DataError::SplitConflict {
                path: path.to_owned(),
                key: row.artemis_key.clone(),
                first: known,
                second: row.split,
            });
        }
    }
    Ok(loaded)
}

/// The split of every key, for look-ups.
#[must_use]
pub fn splits(rows: &[KeySplit]) -> BTreeMap<&str, Split> {
    rows.iter()
        .map(|row| (row.artemis_key.as_str(), row.split))
        .collect()
}

/// `0`/`1` and the words that spreadsheets make of them.
pub(crate) fn parse_flag(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" => Some(true),
        "0" | "false" | "no" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
