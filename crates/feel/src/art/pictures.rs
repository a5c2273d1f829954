//! The small paintings of a tar and what is known of each: style, genre, artist.

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
    /// Class of each [`Labels`] entry; none where it is not known.
    pub(super) classes: [Option<usize>; 3],
}

/// Names of the classes that the network tells apart: styles, genres, artists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Labels(pub(super) [Vec<String>; 3]);

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
    let known = |row: &paintings::Painting| {
        [&row.style, &row.genre, &row.artist].map(|label| label.clone().unwrap_or_default())
    };
    let mut counts: [BTreeMap<String, usize>; 3] = Default::default();
    for row in rows.iter().filter(|row| row.split == Split::Train) {
        for (counts, label) in counts.iter_mut().zip(known(row)) {
            *counts.entry(label).or_default() += 1;
        }
    }
    let labels = Labels(counts.map(|counts| {
        let often = |(label, count): (String, usize)| {
            (count >= least && !label.is_empty()).then_some(label)
        };
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
            let class = |n: usize| labels.0[n].binary_search(&names[n]).ok();
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
