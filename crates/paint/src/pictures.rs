//! The small paintings that generators learn from, and what is known of each.
//!
//! - **Computes** squares of 128 pixels or less with genre, style, artist and split.
//! - **Input** the tars of `data/paintings`; **output** [`Painting`]s, those of no test split first to last as
//!   the tables have them.
//! - **Source** [`affetti_data::paintings`].
//! - **Deviations** a painting is cropped to a square, never stretched further than it reached us.

use crate::error::PaintError;
use crate::wish::Kind;
use affetti_data::{Limits, Split, paintings};
use affetti_feel::art::{PaintingSet, members};
use affetti_picture::{DecodeOptions, Picture, decode};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

/// Styles that are abstract whatever the genre column says.
const ABSTRACT: [&str; 5] = [
    "Abstract_Expressionism",
    "Abstract (FeelingBlue)",
    "Action_painting",
    "Color_Field_Painting",
    "Minimalism",
];
/// The genre of styles that are abstract, whatever the column of genres says.
pub const ABSTRACT_GENRE: &str = "abstract_painting";

/// One painting.
#[derive(Clone, Debug)]
pub struct Painting {
    /// Its name in the collection.
    pub id: String,
    /// As it reached us.
    pub picture: Picture,
    /// Such as `landscape`; empty where none is known.
    pub genre: String,
    /// Such as `Ukiyo_e`; empty where none is known.
    pub style: String,
    /// Such as `claude-monet`; empty where none is known.
    pub artist: String,
    /// In lower case; empty where none is known.
    pub title: String,
    /// Its use.
    pub split: Split,
}

impl Painting {
    /// What it is called by.
    #[must_use]
    pub fn label(&self, kind: Kind) -> &str {
        match kind {
            Kind::Genre => &self.genre,
            Kind::Style => &self.style,
            Kind::Artist => &self.artist,
        }
    }
}

/// All paintings of `sets` whose genre, style and artist `wanted` agrees to, and how many could not be read.
/// Near-copies of a test painting are left out unless they are of a test split themselves.
///
/// # Errors
/// Missing tables or tars.
pub fn load(
    data: &Path,
    sets: &[PaintingSet],
    wanted: impl Fn(&Labels<'_>) -> bool,
) -> Result<(Vec<Painting>, usize), PaintError> {
    let folder = data.join("paintings");
    let tables: Vec<_> = sets
        .iter()
        .map(|set| {
            paintings::read(
                &folder.join(format!("{}.csv", set.name())),
                &Limits::default(),
            )
        })
        .collect::<Result<_, _>>()?;
    let rows = || tables.iter().flat_map(|table| &table.rows);
    let tests: HashSet<&str> = rows()
        .filter(|row| row.split == Split::Test)
        .map(|row| row.group.as_str())
        .collect();
    let mut seen = HashSet::new();
    let (mut all, mut missing) = (Vec::new(), 0);
    for (set, table) in sets.iter().zip(&tables) {
        let mut rows: Vec<_> = Vec::new();
        for row in &table.rows {
            let copy = row.split != Split::Test && tests.contains(row.group.as_str());
            if !copy && wanted(&Labels::of(row)) && seen.insert(row.id.as_str()) {
                rows.push(row);
            }
        }
        let members = members(&folder.join(format!("{}.tar", set.name())))?;
        let open = |row: &&paintings::Painting| {
            let name = row.file.file_name()?.to_str()?;
            let picture = decode(members.get(name)?, &DecodeOptions::default()).ok()?;
            let labels = Labels::of(row);
            Some(Painting {
                id: row.id.clone(),
                picture,
                genre: labels.genre.to_owned(),
                style: labels.style.to_owned(),
                artist: labels.artist.to_owned(),
                title: labels.title.to_lowercase(),
                split: row.split,
            })
        };
        let read: Vec<Painting> = rows.par_iter().filter_map(open).collect();
        missing += rows.len() - read.len();
        all.extend(read);
    }
    Ok((all, missing))
}

/// What a table says of a painting; empty where it says nothing.
#[derive(Clone, Copy, Debug)]
pub struct Labels<'a> {
    /// See [`Painting`].
    pub genre: &'a str,
    /// See [`Painting`].
    pub style: &'a str,
    /// See [`Painting`].
    pub artist: &'a str,
    /// As it is written.
    pub title: &'a str,
}

impl<'a> Labels<'a> {
    fn of(row: &'a paintings::Painting) -> Self {
        let text = |label: &'a Option<String>| label.as_deref().unwrap_or_default();
        let style = text(&row.style);
        let genre = if ABSTRACT.contains(&style) {
            ABSTRACT_GENRE
        } else {
            text(&row.genre)
        };
        Self {
            genre,
            style,
            artist: text(&row.artist),
            title: text(&row.title),
        }
    }

    /// The label of a kind.
    #[must_use]
    pub fn get(&self, kind: Kind) -> &'a str {
        match kind {
            Kind::Genre => self.genre,
            Kind::Style => self.style,
            Kind::Artist => self.artist,
        }
    }
}

/// The names that at least `least` of `names` are, sorted.
#[must_use]
pub fn frequent<'a>(names: impl Iterator<Item = &'a str>, least: usize) -> Vec<String> {
    let mut counts = BTreeMap::<&str, usize>::new();
    for name in names.filter(|name| !name.is_empty()) {
        *counts.entry(name).or_default() += 1;
    }
    let often = counts.into_iter().filter(|(_, count)| *count >= least);
    often.map(|(name, _)| name.to_owned()).collect()
}
