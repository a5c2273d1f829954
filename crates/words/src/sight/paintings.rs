//! The paintings that sentences are about: what is known of each, and how this room sees it.
//!
//! What the networks see is kept in the folder of the cache, by the predictor's hash and the table of
//! pictures, so that a second training begins at once.

use super::{CELL, Eyes, GRID, Sight, Work};
use crate::error::WordsError;
use affetti_data::paintings::{self, Painting};
use affetti_data::{Limits, Split, artemis};
use affetti_emotion::Emotion;
use affetti_feel::Predictor;
use affetti_feel::art::members;
use affetti_ground::write_whole;
use affetti_picture::{DecodeOptions, decode};
use affetti_train::Places;
use affetti_weights::store::{read_file, sha256};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

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
}

/// All paintings with pictures, and the sentences about paintings without.
#[derive(Clone, Debug, Default)]
pub struct Gallery {
    /// Those with pictures.
    pub seen: Vec<Seen>,
    /// Sentences of the training split about paintings without a picture here.
    pub unseen: Vec<(Emotion, String)>,
    /// What people wrote about paintings, test split, to measure with: by key.
    pub references: BTreeMap<String, Vec<(Emotion, String)>>,
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
    let splits: HashMap<String, Split> =
        splits.into_iter().map(|row| (row.artemis_key, row.split)).collect();
    let mut said: BTreeMap<String, Vec<(Emotion, String)>> = BTreeMap::new();
    for row in utterances {
        said.entry(row.key()).or_default().push((row.emotion, row.utterance));
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
        let name = row.file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(bytes) = tar.remove(name) {
            rows.push((row, At::Member(bytes)));
        }
    }
    // Near-copies of what is measured are nowhere learned.
    let is_test = |row: &Painting| {
        let by_key = row.artemis_key.as_ref().and_then(|key| splits.get(key));
        row.split == Split::Test || by_key == Some(&Split::Test)
    };
    let tests: HashSet<String> =
        rows.iter().filter(|(row, _)| is_test(row)).map(|(row, _)| row.group.clone()).collect();
    let mut known = HashSet::new();
    rows.retain(|(row, _)| {
        let name = row.artemis_key.clone().unwrap_or_else(|| row.id.clone());
        known.insert(name)
    });
    let sights = sights(predictor, &rows, places)?;
    let mut gallery = Gallery::default();
    for ((row, _), sight) in rows.into_iter().zip(sights) {
        let key = row.artemis_key.clone().unwrap_or_default();
        let own = said.remove(&key).unwrap_or_default();
        let split = if tests.contains(&row.group) { Split::Test } else { row.split };
        if split == Split::Test && !own.is_empty() {
            gallery.references.insert(key.clone(), own.clone());
        }
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
        });
    }
    for (key, own) in said {
        if splits.get(&key) == Some(&Split::Train) {
            gallery.unseen.extend(own);
        }
    }
    Ok(gallery)
}

/// What a catalogue says.
fn facts(row: &Painting) -> String {
    let plain = |text: &Option<String>| text.as_deref().unwrap_or_default().replace(['_', '-'], " ");
    let all = [plain(&row.title), plain(&row.genre), plain(&row.style), plain(&row.artist)];
    let known: Vec<String> = all.into_iter().filter(|text| !text.trim().is_empty()).collect();
    known.join(", ")
}

/// What the networks see of each; none where a picture cannot be read.
fn sights(
    predictor: &Predictor,
    rows: &[(Painting, At)],
    places: &Places<'_>,
) -> Result<Vec<Option<Sight>>, WordsError> {
    let eyes = Eyes::of(predictor)?;
    let names: Vec<&str> = rows.iter().map(|(row, _)| row.id.as_str()).collect();
    let about = format!("{} {GRID} {}", predictor.model().sha256, names.join(" "));
    let file = format!("sights-{}.bin", &sha256(about.as_bytes())[..16]);
    let path = affetti_weights::registry::cache_folder().join("sights").join(file);
    let size = GRID * GRID * CELL + eyes.count() * CELL;
    if let Ok(bytes) = read_file(&path)
        && bytes.len() == rows.len() * size * 2
    {
        return Ok(bytes.chunks_exact(size * 2).map(unpacked).collect());
    }
    let done = std::sync::atomic::AtomicUsize::new(0);
    let look = |work: &mut Work, (row, at): &(Painting, At)| {
        let seen = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if seen.is_multiple_of(50) {
            (places.stage)("paintings looked at", seen, rows.len());
        }
        let bytes = match at {
            At::File(path) => std::fs::read(path).ok()?,
            At::Member(bytes) => bytes.clone(),
        };
        let _ = row;
        let picture = decode(&bytes, &DecodeOptions::default()).ok()?;
        Some(eyes.look(&picture, work, 1))
    };
    let found: Vec<Option<Sight>> = rows.par_iter().map_init(Work::default, look).collect();
    let bytes: Vec<u8> = found.iter().flat_map(|sight| packed(sight.as_ref(), size)).collect();
    write_whole(&path, &bytes)?;
    // As a later run will have them.
    Ok(bytes.chunks_exact(size * 2).map(unpacked).collect())
}

/// Sixteen bits a number, a sign of its own where there is no sight.
fn packed(sight: Option<&Sight>, size: usize) -> Vec<u8> {
    let Some(sight) = sight else {
        return vec![0xff; 2 * size];
    };
    let all = sight.cells.iter().chain(&sight.pooled);
    // Features of a rectifier are 0..6: steps of a ten-thousandth.
    all.flat_map(|x| ((x * 1e4).round().clamp(0.0, 65_000.0) as u16).to_le_bytes()).collect()
}

fn unpacked(bytes: &[u8]) -> Option<Sight> {
    if bytes.iter().all(|b| *b == 0xff) {
        return None;
    }
    let (numbers, _) = bytes.as_chunks::<2>();
    let all: Vec<f32> = numbers.iter().map(|b| f32::from(u16::from_le_bytes(*b)) / 1e4).collect();
    let (cells, pooled) = all.split_at(GRID * GRID * CELL);
    Some(Sight {
        cells: cells.to_vec(),
        pooled: pooled.to_vec(),
    })
}
