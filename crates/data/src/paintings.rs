//! The labelled paintings: WikiArt pictures with artist, title, style and
//! genre, most of them in ArtEmis, some with D-ViSA's emotion.
//!
//! - Layout: `labelled.csv` (and `wikiart-128.csv`, whose pictures are members
//!   of a tar) with the columns `id, file, artist, title, style, genre,
//!   artemis_key, dvisa_emotion, dvisa_vad, width, height, stretched, source,
//!   group, split`; pictures are found relative to the file.
//! - Output: [`Painting`]s; [`join`] adds the votes of ArtEmis.
//! - Source: this project's own collection of published sets; D-ViSA is the
//!   set of dxlabskku/D-ViSA.
//! - Deviations: the style `Art_Nouveau` is read as `Art_Nouveau_Modern`, see
//!   [`style_name`].
//! - Data: research use; never shipped here.
//!
//! ```no_run
//! use affetti_data::{Limits, artemis, paintings};
//!
//! let limits = Limits::default();
//! let set = paintings::read("paintings/labelled.csv".as_ref(), &limits)?;
//! let votes = artemis::group(&artemis::read("artemis.csv".as_ref(), &limits)?.rows);
//! let joined = paintings::join(&set.rows, &votes);
//! println!("{} of {} have votes", joined.pairs.len(), set.rows.len());
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use affetti_emotion::{Affect, Emotion, Label, Scale, Votes};
use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, Split,
    artemis::parse_flag,
    sheet::{self, RowFault, Sheet},
};

/// One painting.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Painting {
    /// Its name in the collection.
    pub id: String,
    /// The picture, absolute.
    #[serde(serialize_with = "crate::lossy::path")]
    pub file: PathBuf,
    /// The artist in WikiArt's spelling, such as `claude-monet`.
    pub artist: Option<String>,
    /// The title.
    pub title: Option<String>,
    /// The style in WikiArt's folder names, such as `Art_Nouveau_Modern`.
    pub style: Option<String>,
    /// The genre, such as `landscape`.
    pub genre: Option<String>,
    /// `art_style/painting`, if the painting is in ArtEmis.
    pub artemis_key: Option<String>,
    /// D-ViSA's emotion as published; [`Painting::emotion`] maps it.
    pub dvisa_emotion: Option<String>,
    /// D-ViSA's valence, arousal and dominance, each 0 to 1;
    /// [`Painting::affect`] converts them.
    pub dvisa_vad: Option<[f64; 3]>,
    /// Width of the picture in pixels, at least 1.
    pub width: u32,
    /// Height of the picture in pixels, at least 1.
    pub height: u32,
    /// Whether the picture lost its aspect ratio before it reached us.
    pub stretched: bool,
    /// The published set that it comes from.
    pub source: String,
    /// Shared by near-copies; one group never spans two splits.
    pub group: String,
    /// Its use.
    pub split: Split,
}

impl Painting {
    /// D-ViSA's emotion among the nine of ArtEmis, if it is one of them.
    #[must_use]
    pub fn emotion(&self) -> Option<Emotion> {
        Emotion::parse(self.dvisa_emotion.as_deref()?).ok()
    }

    /// D-ViSA's valence, arousal and dominance on 1..7.
    #[must_use]
    pub fn affect(&self) -> Option<Affect> {
        let [valence, arousal, dominance] = self.dvisa_vad?;
        Affect::on(Scale::Unit, valence, arousal, Some(dominance)).ok()
    }
}

/// Reads the collection. Rows without a group form a group of their own (by
/// id); rows without a split get the one of their group by hashing.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the
/// limits, or holds no good row. Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Painting>, DataError> {
    let folder = sheet::folder_of(path)?;
    let sheet = Sheet::new(sheet::open(path)?, path, limits)?;
    let id = sheet.column("id")?;
    let file = sheet.column("file")?;
    let artist = sheet.column("artist")?;
    let title = sheet.column("title")?;
    let style = sheet.column("style")?;
    let genre = sheet.column("genre")?;
    let artemis_key = sheet.column("artemis_key")?;
    let dvisa_emotion = sheet.column("dvisa_emotion")?;
    let dvisa_vad = sheet.column("dvisa_vad")?;
    let width = sheet.column("width")?;
    let height = sheet.column("height")?;
    let stretched = sheet.column("stretched")?;
    let source = sheet.column("source")?;
    let group = sheet.column("group")?;
    let split = sheet.column("split")?;
    sheet.load(|row| {
        let id = row.filled(&id)?;
        let group = row.optional(&group)?.unwrap_or_else(|| id.clone());
        let style = row.optional(&style)?;
        let vad = row.optional(&dvisa_vad)?;
        Ok(Some(Painting {
            file: folder.join(row.filled(&file)?),
            artist: row.optional(&artist)?,
            title: row.optional(&title)?,
            style: style.map(|style| style_name(&style).to_owned()),
            genre: row.optional(&genre)?,
            artemis_key: row.optional(&artemis_key)?.map(|key| normal_key(&key)),
            dvisa_emotion: row.optional(&dvisa_emotion)?,
            dvisa_vad: vad.as_deref().map(parse_vad).transpose()?,
            width: row.count(&width, 1)?,
            height: row.count(&height, 1)?,
            stretched: row.named(&stretched, "0 or 1", parse_flag)?,
            source: row.filled(&source)?,
            split: row
                .maybe_named(Some(&split), "split", Split::parse)?
                .unwrap_or_else(|| Split::of(&group)),
            group,
            id,
        }))
    })
}

/// The spelling of a style that WikiArt's folders and ArtEmis use.
///
/// ArtGAN's class list says `Art_Nouveau` where every path, ArtEmis and this
/// collection say `Art_Nouveau_Modern`; all other names agree.
#[must_use]
pub fn style_name(style: &str) -> &str {
    match style {
        "Art_Nouveau" => "Art_Nouveau_Modern",
        other => other,
    }
}

/// A key with its style in the common spelling.
fn normal_key(key: &str) -> String {
    match key.split_once('/') {
        Some((style, painting)) => crate::artemis::key(style_name(style), painting),
        None => key.to_owned(),
    }
}

/// `[valence, arousal, dominance]`, each 0 to 1, as a JSON list.
fn parse_vad(text: &str) -> Result<[f64; 3], RowFault> {
    let vad: [f64; 3] = serde_json::from_str(text).map_err(|_| RowFault::UnknownName {
        column: "dvisa_vad".to_owned(),
        value: sheet::shorten(text, 40),
        expected: "list of three numbers",
    })?;
    for value in vad {
        sheet::in_range(value, "dvisa_vad", 0.0, 1.0)?;
    }
    Ok(vad)
}

/// Paintings with the votes of their ArtEmis key, and what found no partner.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined<'a> {
    /// Paintings that have votes, in the order given.
    pub pairs: Vec<(&'a Painting, Votes<Emotion>)>,
    /// How many paintings have no ArtEmis key.
    pub keyless: usize,
    /// Keys of paintings for which there are no votes, sorted.
    pub without_votes: Vec<&'a str>,
    /// How many keys have votes but no painting. ArtEmis is larger than any
    /// collection of its pictures, so this is no fault.
    pub without_painting: usize,
}

/// Joins paintings and votes by ArtEmis key.
#[must_use]
pub fn join<'a>(paintings: &'a [Painting], votes: &BTreeMap<String, Votes<Emotion>>) -> Joined<'a> {
    let mut pairs = Vec::new();
    let mut keyless = 0;
    let mut without_votes = BTreeSet::new();
    let mut matched = BTreeSet::new();
    for painting in paintings {
        match painting.artemis_key.as_deref() {
            None => keyless += 1,
            Some(key) => match votes.get(key) {
                Some(votes) => {
                    matched.insert(key);
                    pairs.push((painting, votes.clone()));
                }
                None => {
                    without_votes.insert(key);
                }
            },
        }
    }
    Joined {
        pairs,
        keyless,
        without_votes: without_votes.into_iter().collect(),
        without_painting: votes.len() - matched.len(),
    }
}

#[cfg(test)]
mod tests;
