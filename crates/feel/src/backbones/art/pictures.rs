//! The small paintings of some tars and what is known of each: style, genre, artist, words of its
//! title.

use crate::error::FeelError;
use affetti_data::paintings::{self, Painting};
use affetti_data::{Limits, Split};
use affetti_picture::{DecodeOptions, Picture, decode};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::Path;

/// One painting, decoded.
#[derive(Clone, Debug)]
pub(super) struct Painted {
    pub(super) picture: Picture,
    pub(super) split: Split,
    /// Classes of each [`Labels`] entry, ascending; none where none is known. Only words are many.
    pub(super) classes: [Vec<usize>; LABELS],
}

/// Kinds of labels.
pub(super) const LABELS: usize = 4;

/// Names of the classes that the network tells apart, sorted: styles, genres, artists, and the
/// words of titles, which say what is in a picture ("storm", "mother", "death").
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(pub(super) [Vec<String>; LABELS]);

/// Words that say nothing of a picture: function words of titles, and a collection's remarks.
const STOP_WORDS: [&str; 29] = [
    "after", "and", "before", "between", "detail", "detected", "for", "from", "her", "his", "iii",
    "into", "known", "not", "number", "over", "painting", "plate", "seen", "series", "the",
    "title", "under", "unknown", "untitled", "van", "version", "with", "year",
];

/// The words of a title that may become classes, each once, sorted.
fn words(title: &str) -> Vec<String> {
    let title = title.to_lowercase();
    let mut words: Vec<String> = title
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| word.chars().count() > 2 && !STOP_WORDS.contains(word))
        .map(str::to_owned)
        .collect();
    words.sort_unstable();
    words.dedup();
    words
}

/// Largest member that is read: the pictures have 128 pixels.
const MAX_MEMBER: u64 = 1 << 20;

/// A tar of small paintings and its table, `data/paintings/NAME.{tar,csv}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PaintingSet {
    /// 26,000 paintings of most styles.
    #[serde(rename = "wikiart-128")]
    Wikiart,
    /// 13,000 more, of ten styles that are thin there.
    #[serde(rename = "wikiart-more-128")]
    WikiartMore,
    /// Those with votes of viewers, which are not looked at here.
    #[serde(rename = "votes-224")]
    Votes,
}

impl PaintingSet {
    /// Of its files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wikiart => "wikiart-128",
            Self::WikiartMore => "wikiart-more-128",
            Self::Votes => "votes-224",
        }
    }
}

/// The paintings of `sets` that no set has in its test split, nor a near-copy of them, and the
/// classes that have at least `least` of them for training. Of a painting that several sets have,
/// the first counts. Unreadable members are left out and counted.
pub(super) fn load(
    data: &Path,
    sets: &[PaintingSet],
    least: usize,
) -> Result<(Vec<Painted>, Labels, usize), FeelError> {
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
    let mut kept: Vec<Vec<&Painting>> = Vec::new();
    for table in &tables {
        let learnable = table.rows.iter();
        let learnable = learnable.filter(|row| !tests.contains(row.group.as_str()));
        kept.push(
            learnable
                .filter(|row| seen.insert(row.id.as_str()))
                .collect(),
        );
    }
    let labels = often(kept.iter().flatten().copied(), least);
    let mut painted = Vec::new();
    for (set, rows) in sets.iter().zip(&kept) {
        let members = members(&folder.join(format!("{}.tar", set.name())))?;
        let read: Vec<_> = rows
            .par_iter()
            .filter_map(|row| open(row, &members, &labels))
            .collect();
        painted.extend(read);
    }
    let missing = kept.iter().map(Vec::len).sum::<usize>() - painted.len();
    Ok((painted, labels, missing))
}

/// The names that at least `least` training paintings of `rows` have.
fn often<'a>(rows: impl Iterator<Item = &'a Painting>, least: usize) -> Labels {
    let mut counts: [BTreeMap<String, usize>; LABELS] = Default::default();
    for row in rows.filter(|row| row.split == Split::Train) {
        for (counts, names) in counts.iter_mut().zip(known(row)) {
            for name in names {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    Labels(counts.map(|counts| {
        let often = |(name, count): (String, usize)| (count >= least).then_some(name);
        counts.into_iter().filter_map(often).collect()
    }))
}

/// The painting of `row`, decoded; none where its member cannot be read.
fn open(row: &Painting, members: &HashMap<String, Vec<u8>>, labels: &Labels) -> Option<Painted> {
    let name = row.file.file_name()?.to_str()?;
    let picture = decode(members.get(name)?, &DecodeOptions::default()).ok()?;
    let names = known(row);
    let class = |n: usize| {
        let find = |name: &String| labels.0[n].binary_search(name).ok();
        names[n].iter().filter_map(find).collect()
    };
    Some(Painted {
        picture,
        split: row.split,
        classes: std::array::from_fn(class),
    })
}

/// What the table says of a painting, kind by kind.
fn known(row: &Painting) -> [Vec<String>; LABELS] {
    let one = |label: &Option<String>| label.iter().filter(|l| !l.is_empty()).cloned().collect();
    let title = row.title.as_deref().unwrap_or_default();
    [
        one(&row.style),
        one(&row.genre),
        one(&row.artist),
        words(title),
    ]
}

/// The files of a tar by name, those of up to a megabyte.
///
/// # Errors
/// [`FeelError::Io`] where it cannot be read.
pub fn members(path: &Path) -> Result<HashMap<String, Vec<u8>>, FeelError> {
    let io = |source| FeelError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let mut archive = tar::Archive::new(std::fs::File::open(path).map_err(io)?);
    let mut found = HashMap::new();
    for entry in archive.entries().map_err(io)? {
        let mut entry = entry.map_err(io)?;
        if !entry.header().entry_type().is_file() || entry.size() > MAX_MEMBER {
            continue;
        }
        let Some(name) = entry
            .path()
            .ok()
            .and_then(|p| Some(p.file_name()?.to_str()?.to_owned()))
        else {
            continue;
        };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(io)?;
        found.insert(name, bytes);
    }
    Ok(found)
}
