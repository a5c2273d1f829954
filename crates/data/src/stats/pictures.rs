//! Counts and moments of the sets of pictures.

use std::{collections::BTreeMap, fs, path::Path};

use affetti_emotion::{Distribution, Emotion, Label};
use serde::Serialize;

use super::{Moments, tally};
use crate::{
    DataError, Split,
    folder::{Folder, FolderOptions, key},
    oasis::Photo,
    paintings::Painting,
    table::Entry,
};

/// The name under which values that a set leaves empty are counted.
const NONE: &str = "";

/// OASIS in figures; valence and arousal are moments of the photographs' means.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OasisStats {
    /// Photographs.
    pub photos: usize,
    /// Photographs per split.
    pub by_split: BTreeMap<String, usize>,
    /// Photographs per category.
    pub by_category: BTreeMap<String, usize>,
    /// Mean valence, 1 to 7.
    pub valence: Option<Moments>,
    /// Mean arousal, 1 to 7.
    pub arousal: Option<Moments>,
    /// How much raters differ about valence: moments of the photographs' SDs.
    pub valence_sd: Option<Moments>,
    /// How much raters differ about arousal.
    pub arousal_sd: Option<Moments>,
}

/// Computes the statistics of OASIS.
#[must_use]
pub fn oasis(photos: &[Photo]) -> OasisStats {
    OasisStats {
        photos: photos.len(),
        by_split: tally(photos.iter().map(|p| p.split.name())),
        by_category: tally(photos.iter().map(|p| p.category.as_str())),
        valence: Moments::of(photos.iter().map(|p| p.valence.mean)),
        arousal: Moments::of(photos.iter().map(|p| p.arousal.mean)),
        valence_sd: Moments::of(photos.iter().map(|p| p.valence.sd)),
        arousal_sd: Moments::of(photos.iter().map(|p| p.arousal.sd)),
    }
}

/// The labelled paintings in figures. Where a painting has no style, genre or
/// artist it is counted under the empty name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PaintingStats {
    /// Paintings.
    pub paintings: usize,
    /// Paintings per split.
    pub by_split: BTreeMap<String, usize>,
    /// Paintings per style.
    pub by_style: BTreeMap<String, usize>,
    /// Paintings per genre.
    pub by_genre: BTreeMap<String, usize>,
    /// Paintings per published set.
    pub by_source: BTreeMap<String, usize>,
    /// Distinct artists, the empty name left out.
    pub artists: usize,
    /// Paintings that lost their aspect ratio.
    pub stretched: usize,
    /// Paintings with an ArtEmis key.
    pub with_artemis_key: usize,
    /// D-ViSA's emotions, paintings per emotion.
    pub by_dvisa_emotion: BTreeMap<String, usize>,
    /// D-ViSA's valence on 1..7.
    pub valence: Option<Moments>,
    /// D-ViSA's arousal on 1..7.
    pub arousal: Option<Moments>,
}

/// Computes the statistics of the paintings.
#[must_use]
pub fn paintings(set: &[Painting]) -> PaintingStats {
    let or_none = |value: &'_ Option<String>| value.as_deref().unwrap_or(NONE).to_owned();
    let by = |of: fn(&Painting) -> &Option<String>| {
        let names: Vec<String> = set.iter().map(|p| or_none(of(p))).collect();
        tally(names.iter().map(String::as_str))
    };
    PaintingStats {
        paintings: set.len(),
        by_split: tally(set.iter().map(|p| p.split.name())),
        by_style: by(|p| &p.style),
        by_genre: by(|p| &p.genre),
        by_source: tally(set.iter().map(|p| p.source.as_str())),
        artists: tally(set.iter().filter_map(|p| p.artist.as_deref())).len(),
        stretched: set.iter().filter(|p| p.stretched).count(),
        with_artemis_key: set.iter().filter(|p| p.artemis_key.is_some()).count(),
        by_dvisa_emotion: tally(set.iter().filter_map(|p| p.dvisa_emotion.as_deref())),
        valence: Moments::of(set.iter().filter_map(Painting::affect).map(|a| a.valence())),
        arousal: Moments::of(set.iter().filter_map(Painting::affect).map(|a| a.arousal())),
    }
}

/// A user's table in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableStats {
    /// Pictures.
    pub pictures: usize,
    /// Pictures per split.
    pub by_split: BTreeMap<String, usize>,
    /// Pictures with shares of the nine emotions.
    pub with_emotions: usize,
    /// Pictures per single emotion.
    pub by_emotion: BTreeMap<String, usize>,
    /// The mean share of each of the nine emotions over the pictures that have
    /// shares or a single emotion; `None` without any.
    pub mean_emotions: Option<Distribution<Emotion>>,
    /// Valence, 1 to 7.
    pub valence: Option<Moments>,
    /// Arousal, 1 to 7.
    pub arousal: Option<Moments>,
}

/// Computes the statistics of a table.
#[must_use]
pub fn table(entries: &[Entry]) -> TableStats {
    let targets: Vec<_> = entries.iter().filter_map(Entry::target).collect();
    TableStats {
        pictures: entries.len(),
        by_split: tally(entries.iter().map(|e| e.split.name())),
        with_emotions: entries.iter().filter(|e| e.emotions.is_some()).count(),
        by_emotion: tally(entries.iter().filter_map(|e| Some(e.emotion?.name()))),
        mean_emotions: Distribution::mean(&targets).ok(),
        valence: Moments::of(entries.iter().filter_map(|e| e.valence)),
        arousal: Moments::of(entries.iter().filter_map(|e| e.arousal)),
    }
}

/// A folder of pictures in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FolderStats {
    /// Pictures, by their extension.
    pub pictures: usize,
    /// Bytes of all of them.
    pub bytes: u64,
    /// Pictures per split, by hashing the path below the folder.
    pub by_split: BTreeMap<String, usize>,
    /// Pictures per first sub-folder, which in many sets is the style or
    /// class; those in the folder itself under the empty name.
    pub by_folder: BTreeMap<String, usize>,
    /// Pictures per extension, lower case.
    pub by_extension: BTreeMap<String, usize>,
    /// What could not be walked, as messages.
    pub skipped: Vec<String>,
    /// Links that were not followed and need not be, as messages.
    pub links: Vec<String>,
}

/// Walks a folder and counts. Pictures are not decoded.
///
/// # Errors
/// As [`Folder::open`], and [`DataError::Empty`] if there is no picture.
pub fn folder(root: &Path, options: &FolderOptions) -> Result<FolderStats, DataError> {
    let mut stats = FolderStats {
        pictures: 0,
        bytes: 0,
        by_split: BTreeMap::new(),
        by_folder: BTreeMap::new(),
        by_extension: BTreeMap::new(),
        skipped: Vec::new(),
        links: Vec::new(),
    };
    for found in Folder::open(root, options)? {
        let file = match found {
            Ok(file) => file,
            Err(link) if link.is_harmless() => {
                stats.links.push(link.to_string());
                continue;
            }
            Err(skipped) => {
                stats.skipped.push(skipped.to_string());
                continue;
            }
        };
        let key = key(root, &file);
        let first = key.split_once('/').map_or(NONE, |(first, _)| first);
        let extension = file.extension().unwrap_or_default().to_string_lossy();
        stats.pictures += 1;
        // A file that vanishes between listing and counting weighs nothing.
        stats.bytes += fs::metadata(&file).map_or(0, |meta| meta.len());
        let split = Split::of(&key).name().to_owned();
        *stats.by_split.entry(split).or_default() += 1;
        *stats.by_folder.entry(first.to_owned()).or_default() += 1;
        let extension = extension.to_ascii_lowercase();
        *stats.by_extension.entry(extension).or_default() += 1;
    }
    if stats.pictures == 0 {
        return Err(DataError::Empty {
            path: root.to_owned(),
        });
    }
    Ok(stats)
}
