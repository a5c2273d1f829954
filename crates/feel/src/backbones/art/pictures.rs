//! The small paintings of a tar and what is known of each: style, genre, artist, words of its title.

use crate::error::FeelError;
use affetti_data::{Limits, Split, paintings};
use affetti_picture::{DecodeOptions, Picture, decode};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap};
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

/// The paintings of `data/paintings/wikiart-128.*` that are not in the test split, and the classes
/// that have at least `least` of them for training. Unreadable members are left out and counted.
pub(super) fn load(data: &Path, least: usize) -> Result<(Vec<Painted>, Labels, usize), FeelError> {
    let folder = data.join("paintings");
    let rows = paintings::read(&folder.join("wikiart-128.csv"), &Limits::default())?.rows;
    let rows: Vec<_> = rows
        .into_iter()
        .filter(|row| row.split != Split::Test)
        .collect();
    let mut counts: [BTreeMap<String, usize>; LABELS] = Default::default();
    for row in rows.iter().filter(|row| row.split == Split::Train) {
        for (counts, names) in counts.iter_mut().zip(known(row)) {
            for name in names {
                *counts.entry(name).or_default() += 1;
            }
        }
    }
    let labels = Labels(counts.map(|counts| {
        let often = |(name, count): (String, usize)| (count >= least).then_some(name);
        counts.into_iter().filter_map(often).collect()
    }));
    let members = members(&folder.join("wikiart-128.tar"))?;
    let wanted = rows.len();
    let painted: Vec<Painted> = rows
        .par_iter()
        .filter_map(|row| {
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
        })
        .collect();
    let missing = wanted - painted.len();
    Ok((painted, labels, missing))
}

/// What the table says of a painting, kind by kind.
fn known(row: &paintings::Painting) -> [Vec<String>; LABELS] {
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
