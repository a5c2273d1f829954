//! The paintings that sentences are about: what is known of each, and how this room sees it.
//!
//! What the networks see is kept in the folder of the cache, by the predictor's hash, the way of looking, and
//! name and length of every picture, so that a second training begins at once.

use super::{CELL, Eyes, GRID, SIDE, Sight, Work};
use crate::error::WordsError;
use affetti_data::paintings::{self, Painting};
use affetti_data::{Limits, Split, artemis};
use affetti_emotion::Emotion;
use affetti_feel::art::members;
use affetti_feel::{Predictor, Scratch};
use affetti_ground::write_whole;
use affetti_picture::{DecodeOptions, Picture, decode};
use affetti_train::Places;
use affetti_weights::store::{read_file, sha256};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Of the predictor's four views for a description: half of the work, and hardly another description.
const VIEWS: usize = 2;

/// A painting with its picture.
#[derive(Clone, Debug)]
pub struct Seen {
    /// `art_style/painting`; empty where it is not in ArtEmis.
    pub key: String,
    /// Shared by near-copies.
    pub group: String,
    /// Its use: test where any table says so.
    pub split: Split,
    /// "a title, genre, style, artist": what a catalogue says of it.
    pub facts: String,
    /// What viewers wrote, with what they felt.
    pub said: Vec<(Emotion, String)>,
    /// As this room sees it.
    pub sight: Sight,
    /// The predictor's own description of it, as an index keeps it.
    pub components: Vec<f32>,
}

/// All paintings with pictures, and the sentences about paintings without.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// Those with pictures.
    pub seen: Vec<Seen>,
    /// Sentences of the training split about paintings without a picture here.
    pub unseen: Vec<(Emotion, String)>,
}

/// Where a picture's bytes are.
enum At {
    File(PathBuf),
    Member(Vec<u8>),
}

/// Reads tables and pictures of `places.data`, and lets `predictor`'s networks look.
///
/// # Errors
/// Missing tables or pictures.
pub fn gallery(predictor: &Predictor, places: &Places<'_>) -> Result<Gallery, WordsError> {
    let limits = Limits::default();
    let utterances = artemis::read(&places.data.join("artemis.csv"), &limits)?.rows;
    let splits = artemis::read_splits(&places.data.join("artemis-splits.csv"), &limits)?.rows;
    let splits: HashMap<String, Split> = splits
        .into_iter()
        .map(|row| (row.artemis_key, row.split))
        .collect();
    let mut said: BTreeMap<String, Vec<(Emotion, String)>> = BTreeMap::new();
    for row in utterances {
        said.entry(row.key())
            .or_default()
            .push((row.emotion, row.utterance));
    }
    let folder = places.data.join("paintings");
    let labelled = paintings::read(&folder.join("labelled.csv"), &limits)?.rows;
    let votes = paintings::read(&folder.join("votes-224.csv"), &limits)?.rows;
    let mut tar = members(&folder.join("votes-224.tar"))?;
    let mut rows: Vec<(Painting, At)> = Vec::new();
    for row in labelled {
        let at = At::File(row.file.clone());
        rows.push((row, at));
    }
    for row in votes {
        let name = row
            .file
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        // What is not there cannot be seen; what was said of it stays where it belongs.
        let bytes = tar.remove(name).unwrap_or_default();
        rows.push((row, At::Member(bytes)));
    }
    // Near-copies of what either table tests on are nowhere learned. What one of them learns is no test:
    // readers have learned what was said of it.
    let by_key = |row: &Painting| {
        row.artemis_key
            .as_ref()
            .and_then(|key| splits.get(key))
            .copied()
    };
    let is_test = |row: &Painting| row.split == Split::Test || by_key(row) == Some(Split::Test);
    let tests: HashSet<String> = rows
        .iter()
        .filter(|(row, _)| is_test(row))
        .map(|(row, _)| row.group.clone())
        .collect();
    let mut known = HashSet::new();
    rows.retain(|(row, _)| {
        let name = row.artemis_key.clone().unwrap_or_else(|| row.id.clone());
        known.insert(name)
    });
    let sights = sights(predictor, &rows, places)?;
    let described = described(predictor, &rows, places)?;
    let mut gallery = Gallery::default();
    for ((row, _), (sight, components)) in rows.into_iter().zip(sights.into_iter().zip(described)) {
        let key = row.artemis_key.clone().unwrap_or_default();
        let own = said.remove(&key).unwrap_or_default();
        let split = used(row.split, by_key(&row), tests.contains(&row.group));
        let Some(sight) = sight else {
            continue;
        };
        gallery.seen.push(Seen {
            facts: facts(&row),
            group: row.group,
            split,
            said: own,
            key,
            sight,
            components,
        });
    }
    for (key, own) in said {
        if splits.get(&key) == Some(&Split::Train) {
            gallery.unseen.extend(own);
        }
    }
    Ok(gallery)
}

/// The use of a painting whose picture and whose sentences have splits of their own; `tested`: it or a
/// near-copy is tested on somewhere.
fn used(picture: Split, sentences: Option<Split>, tested: bool) -> Split {
    match (tested, sentences) {
        // Readers have learned what was said of it, so that it measures nothing, and is learned nowhere.
        (true, Some(split)) if split != Split::Test => Split::Rest,
        (true, _) => Split::Test,
        (false, _) => picture,
    }
}

/// What a catalogue says.
fn facts(row: &Painting) -> String {
    let plain =
        |text: &Option<String>| text.as_deref().unwrap_or_default().replace(['_', '-'], " ");
    let all = [
        plain(&row.title),
        plain(&row.genre),
        plain(&row.style),
        plain(&row.artist),
    ];
    let known: Vec<String> = all
        .into_iter()
        .filter(|text| !text.trim().is_empty())
        .collect();
    known.join(", ")
}

/// What the networks see of each; none where a picture cannot be read.
fn sights(
    predictor: &Predictor,
    rows: &[(Painting, At)],
    places: &Places<'_>,
) -> Result<Vec<Option<Sight>>, WordsError> {
    let eyes = Eyes::of(predictor)?;
    let path = kept(predictor, rows, "sights");
    let size = GRID * GRID * CELL + eyes.count() * CELL;
    // Damage is made again.
    if let Ok(bytes) = read_file(&path)
        && bytes.len() == rows.len() * size * 2
    {
        return Ok(bytes.chunks_exact(size * 2).map(unpacked).collect());
    }
    let told = Told::new("paintings looked at", rows.len(), places);
    let look = |work: &mut Work, (_, at): &(Painting, At)| {
        told.one();
        Some(eyes.look(&at.open()?, work, 1))
    };
    let found: Vec<Option<Sight>> = rows.par_iter().map_init(Work::default, look).collect();
    let bytes: Vec<u8> = found
        .iter()
        .flat_map(|sight| packed(sight.as_ref(), size))
        .collect();
    write_whole(&path, &bytes)?;
    // As a later run will have them.
    Ok(bytes.chunks_exact(size * 2).map(unpacked).collect())
}

/// The predictor's description of each; zeros where a picture cannot be read.
fn described(
    predictor: &Predictor,
    rows: &[(Painting, At)],
    places: &Places<'_>,
) -> Result<Vec<Vec<f32>>, WordsError> {
    let path = kept(predictor, rows, "components");
    if let Ok(bytes) = read_file(&path)
        && bytes.len().is_multiple_of(rows.len() * 4)
    {
        let (numbers, _) = bytes.as_chunks::<4>();
        let all: Vec<f32> = numbers.iter().map(|b| f32::from_le_bytes(*b)).collect();
        return Ok(all
            .chunks_exact(all.len() / rows.len())
            .map(<[f32]>::to_vec)
            .collect());
    }
    let predictor = predictor.clone().with_views(VIEWS);
    let told = Told::new("paintings described", rows.len(), places);
    let describe = |scratch: &mut Scratch, (_, at): &(Painting, At)| {
        told.one();
        let found = predictor.predict_with_description(&at.open()?, scratch, 1);
        found.ok().map(|(_, components)| components)
    };
    let found: Vec<Option<Vec<f32>>> = rows
        .par_iter()
        .map_init(Scratch::default, describe)
        .collect();
    let size = found.iter().flatten().map(Vec::len).next().unwrap_or(1);
    let found: Vec<Vec<f32>> = found
        .into_iter()
        .map(|row| row.unwrap_or_else(|| vec![0.0; size]))
        .collect();
    let bytes: Vec<u8> = found
        .iter()
        .flatten()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    write_whole(&path, &bytes)?;
    Ok(found)
}

/// Where what is measured of `rows` is kept.
fn kept(predictor: &Predictor, rows: &[(Painting, At)], what: &str) -> PathBuf {
    let names: Vec<String> = rows
        .iter()
        .map(|(row, at)| format!("{} {}", row.id, at.length()))
        .collect();
    let looked = format!("{GRID} {SIDE} {VIEWS}");
    let about = format!("{} {looked} {}", predictor.model().sha256, names.join(" "));
    let file = format!("{what}-{}.bin", &sha256(about.as_bytes())[..16]);
    affetti_weights::registry::cache_folder()
        .join("sights")
        .join(file)
}

/// Tells how many are done, now and then.
struct Told<'a, 'b> {
    what: &'a str,
    done: AtomicUsize,
    all: usize,
    places: &'a Places<'b>,
}

impl<'a, 'b> Told<'a, 'b> {
    fn new(what: &'a str, all: usize, places: &'a Places<'b>) -> Self {
        let done = AtomicUsize::new(0);
        Self {
            what,
            done,
            all,
            places,
        }
    }

    fn one(&self) {
        let done = self.done.fetch_add(1, Ordering::Relaxed);
        if done.is_multiple_of(50) {
            (self.places.stage)(self.what, done, self.all);
        }
    }
}

impl At {
    /// Bytes of the file, by which one that was replaced shows; 0 where it is not there.
    fn length(&self) -> u64 {
        match self {
            Self::File(path) => std::fs::metadata(path).map_or(0, |about| about.len()),
            Self::Member(bytes) => bytes.len() as u64,
        }
    }

    /// The picture; none where it cannot be read.
    fn open(&self) -> Option<Picture> {
        let bytes = match self {
            Self::File(path) => std::fs::read(path).ok()?,
            Self::Member(bytes) => bytes.clone(),
        };
        decode(&bytes, &DecodeOptions::default()).ok()
    }
}

/// Sixteen bits a number, a sign of its own where there is no sight.
fn packed(sight: Option<&Sight>, size: usize) -> Vec<u8> {
    let Some(sight) = sight else {
        return vec![0xff; 2 * size];
    };
    let all = sight.cells.iter().chain(&sight.pooled);
    // Features of a rectifier are 0..6: steps of a ten-thousandth.
    all.flat_map(|x| ((x * 1e4).round().clamp(0.0, 65_000.0) as u16).to_le_bytes())
        .collect()
}

fn unpacked(bytes: &[u8]) -> Option<Sight> {
    if bytes.iter().all(|b| *b == 0xff) {
        return None;
    }
    let (numbers, _) = bytes.as_chunks::<2>();
    let all: Vec<f32> = numbers
        .iter()
        .map(|b| f32::from(u16::from_le_bytes(*b)) / 1e4)
        .collect();
    let (cells, pooled) = all.split_at(GRID * GRID * CELL);
    Some(Sight {
        cells: cells.to_vec(),
        pooled: pooled.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::{Split, used};

    #[test]
    fn what_is_tested_on_anywhere_is_learned_nowhere() {
        for (picture, sentences, tested, expected) in [
            (Split::Train, Some(Split::Train), false, Split::Train),
            (Split::Val, None, false, Split::Val),
            (Split::Test, Some(Split::Test), true, Split::Test),
            (Split::Train, Some(Split::Test), true, Split::Test),
            (Split::Test, None, true, Split::Test),
            (Split::Test, Some(Split::Train), true, Split::Rest),
            // A near-copy of a test painting.
            (Split::Train, Some(Split::Train), true, Split::Rest),
            (Split::Train, None, true, Split::Test),
        ] {
            assert_eq!(
                used(picture, sentences, tested),
                expected,
                "{picture:?} {sentences:?} {tested}"
            );
        }
    }
}
