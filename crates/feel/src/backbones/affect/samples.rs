//! All labelled pictures: OASIS photographs, ArtEmis paintings and D-ViSA paintings; and what was
//! written about the paintings, as vectors.

use crate::error::FeelError;
use crate::learning::config::LabelSettings;
use crate::learning::dataset::{self, dealt, painted, photographs};
use affetti_data::{Limits, Split, paintings};
use affetti_weights::store;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// One picture with what is known of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample {
    pub(super) file: PathBuf,
    /// The picture, where it is in no file of its own.
    pub(super) bytes: Option<Arc<[u8]>>,
    pub(super) split: Split,
    /// 0 to [`crate::learning::folds::FOLDS`] − 1: for pictures with votes and for photographs those of
    /// `affetti eval feel`.
    pub(super) fold: usize,
    /// Nine shares and the number of votes behind them.
    pub(super) emotions: Option<(Vec<f64>, f64)>,
    /// What is learned in place of the votes.
    pub(super) taught: Option<Vec<f64>>,
    /// Valence and arousal of a photograph, means over viewers, 1..7.
    pub(super) photo: Option<[f64; 2]>,
    /// Valence and arousal of a painting, one annotator, 1..7.
    pub(super) painting: Option<[f64; 2]>,
    /// Vectors of what viewers said of it, and of what a catalogue says.
    pub(super) texts: [Option<Vec<f32>>; 2],
    /// The name of its style.
    pub(super) style: Option<String>,
}

/// Every picture with a label, photographs first; `language` are the vectors, if any.
pub(super) fn samples(
    data: &Path,
    labels: &LabelSettings,
    language: &Language,
) -> Result<Vec<Sample>, FeelError> {
    let photos = photographs(data)?.into_iter().map(|photo| Sample {
        photo: photo.target.try_into().ok(),
        file: photo.file,
        split: photo.split,
        fold: photo.fold,
        ..Sample::default()
    });
    let mut all: Vec<Sample> = photos.collect();
    let voted = painted(data, labels)?;
    let mut fold_of_group: BTreeMap<String, usize> = BTreeMap::new();
    fold_of_group.extend(voted.iter().map(|s| (s.group.clone(), s.fold)));
    let facts = facts(data, labels)?;
    let known = |file: &Path| facts.get(&id(file));
    let with_facts = |sample: Sample, row: Option<&paintings::Painting>| Sample {
        painting: row.and_then(rated),
        style: row.and_then(|row| row.style.clone()),
        texts: language.of(&id(&sample.file)),
        ..sample
    };
    let mut voted_files = BTreeSet::new();
    for painting in voted {
        let dataset::Sample {
            file,
            bytes,
            split,
            fold,
            target,
            taught,
            votes,
            ..
        } = painting;
        voted_files.insert(file.clone());
        let row = known(&file);
        let emotions = Some((target, votes));
        let sample = Sample {
            file,
            bytes,
            split,
            fold,
            emotions,
            taught,
            ..Sample::default()
        };
        all.push(with_facts(sample, row));
    }
    // Near-copies of a painting with votes are in its fold; the others are dealt among themselves.
    let other =
        |row: &&paintings::Painting| rated(row).is_some() && !voted_files.contains(&row.file);
    let mut others: Vec<&paintings::Painting> = facts.values().filter(other).collect();
    others.sort_by(|a, b| a.file.cmp(&b.file));
    let mut free: Vec<&str> = others.iter().map(|row| row.group.as_str()).collect();
    free.retain(|group| !fold_of_group.contains_key(*group));
    let fold_of = dealt(free.iter().copied())?;
    fold_of_group.extend(free.into_iter().map(str::to_owned).zip(fold_of));
    for row in others {
        let sample = Sample {
            file: row.file.clone(),
            split: row.split,
            fold: fold_of_group.get(&row.group).copied().unwrap_or(0),
            ..Sample::default()
        };
        all.push(with_facts(sample, Some(row)));
    }
    Ok(all)
}

/// The name by which tables and vectors know the picture in `file`.
fn id(file: &Path) -> String {
    file.file_stem()
        .map(|stem| stem.to_string_lossy().into_owned())
        .unwrap_or_default()
}

fn rated(row: &paintings::Painting) -> Option<[f64; 2]> {
    let affect = row.affect()?;
    Some([affect.valence(), affect.arousal()])
}

/// The rows of the tables of paintings, by name.
fn facts(
    data: &Path,
    labels: &LabelSettings,
) -> Result<BTreeMap<String, paintings::Painting>, FeelError> {
    let mut found = BTreeMap::new();
    let mut add = |table: &str| -> Result<(), FeelError> {
        let rows = paintings::read(&data.join(table), &Limits::default())?.rows;
        found.extend(rows.into_iter().map(|row| (id(&row.file), row)));
        Ok(())
    };
    if labels.more {
        add("paintings/votes-224.csv")?;
    }
    add("paintings/labelled.csv")?;
    Ok(found)
}

/// Vectors of texts about paintings, as `peers/language.py` writes them.
#[derive(Debug, Default)]
pub(super) struct Language(BTreeMap<String, Vec<f32>>);

/// What a vector is of: what viewers said, and what a catalogue says.
const TEXTS: [&str; 2] = ["utterances", "facts"];

impl Language {
    /// The file `NAME.safetensors` in the folder of models.
    pub(super) fn read(name: &str, models: &Path) -> Result<Self, FeelError> {
        let path = models.join(format!("{name}.safetensors"));
        let tensors = store::from_bytes(&store::read_file(&path)?, &path.display().to_string())?;
        let mut widths = tensors.map.values().map(|tensor| tensor.data.len());
        let width = widths.next().unwrap_or(0);
        if width == 0 || widths.any(|other| other != width) {
            return Err(FeelError::Unfit {
                what: format!("{}: no vectors of one length", path.display()),
            });
        }
        Ok(Self(
            tensors
                .map
                .into_iter()
                .map(|(name, t)| (name, t.data))
                .collect(),
        ))
    }

    fn of(&self, id: &str) -> [Option<Vec<f32>>; 2] {
        TEXTS.map(|text| self.0.get(&format!("{text}.{id}")).cloned())
    }
}

/// What standardises targets, and the mean histogram.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scales {
    pub(super) prior: Vec<f64>,
    pub(super) photo: [Scale; 2],
    pub(super) painting: [Scale; 2],
    /// Means of the vectors of texts, which all of them share and which says nothing of any.
    pub(super) texts: [Vec<f32>; 2],
    /// Names of the styles, sorted.
    pub(super) styles: Vec<String>,
}

/// Mean and standard deviation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scale {
    pub(super) mean: f64,
    pub(super) deviation: f64,
}

impl Scale {
    fn of(values: &[f64]) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
        let deviation = variance.sqrt();
        Self {
            mean,
            // Of a constant nothing is learned, and nothing divides by zero.
            deviation: if deviation > 0.0 { deviation } else { 1.0 },
        }
    }

    pub(super) fn standard(self, value: f64) -> f64 {
        (value - self.mean) / self.deviation
    }

    pub(super) fn rating(self, standard: f64) -> f64 {
        self.mean + self.deviation * standard
    }
}

fn mean<'a>(vectors: impl Iterator<Item = &'a [f32]>) -> Vec<f32> {
    let (mut sum, mut count) = (Vec::new(), 0.0_f32);
    for vector in vectors {
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(s, v)| *s += v);
        count += 1.0;
    }
    sum.iter_mut().for_each(|s| *s /= count.max(1.0));
    sum
}

impl Scales {
    /// From the pictures that are learned from.
    pub(super) fn of(learn: &[Sample]) -> Self {
        let mut prior = vec![0.0; 9];
        let mut voted = 0.0_f64;
        for (shares, _) in learn.iter().filter_map(|s| s.emotions.as_ref()) {
            prior.iter_mut().zip(shares).for_each(|(p, s)| *p += s);
            voted += 1.0;
        }
        prior.iter_mut().for_each(|p| *p /= voted.max(1.0));
        let scales = |of: &dyn Fn(&Sample) -> Option<[f64; 2]>| {
            [0, 1].map(|n| {
                let values: Vec<f64> = learn.iter().filter_map(of).map(|v| v[n]).collect();
                Scale::of(&values)
            })
        };
        Self {
            photo: scales(&|s| s.photo),
            painting: scales(&|s| s.painting),
            texts: [0, 1].map(|n| mean(learn.iter().filter_map(|s| s.texts[n].as_deref()))),
            styles: learn
                .iter()
                .filter_map(|s| s.style.clone())
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect(),
            prior,
        }
    }

    /// The direction in which `text` of kind `n` differs from all, of length 1.
    pub(super) fn direction(&self, n: usize, text: &[f32]) -> Vec<f64> {
        let off = text.iter().zip(&self.texts[n]);
        let off: Vec<f64> = off.map(|(t, mean)| f64::from(t - mean)).collect();
        let length = off.iter().map(|v| v * v).sum::<f64>().sqrt().max(1e-12);
        off.into_iter().map(|v| v / length).collect()
    }

    /// The shares to learn: with so many votes of the prior added.
    pub(super) fn smoothed(&self, shares: &[f64], votes: f64, pseudo: f64) -> Vec<f64> {
        let pairs = shares.iter().zip(&self.prior);
        pairs
            .map(|(share, prior)| (votes * share + pseudo * prior) / (votes + pseudo))
            .collect()
    }
}
