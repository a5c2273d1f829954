//! All labelled pictures: OASIS photographs, ArtEmis paintings and D-ViSA paintings.

use crate::error::FeelError;
use crate::learning::dataset::{dealt, photographs};
use affetti_data::{Limits, Split, artemis, paintings};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One picture with what is known of it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) file: PathBuf,
    pub(super) split: Split,
    /// 0 to [`crate::learning::folds::FOLDS`] − 1: for pictures with votes and for photographs those of
    /// `affetti eval feel`.
    pub(super) fold: usize,
    /// Nine shares and the number of votes behind them.
    pub(super) emotions: Option<(Vec<f64>, f64)>,
    /// Valence and arousal of a photograph, means over viewers, 1..7.
    pub(super) photo: Option<[f64; 2]>,
    /// Valence and arousal of a painting, one annotator, 1..7.
    pub(super) painting: Option<[f64; 2]>,
}

/// Every picture with a label, photographs first.
pub(super) fn samples(data: &Path) -> Result<Vec<Sample>, FeelError> {
    let mut all = Vec::new();
    for photo in photographs(data)? {
        all.push(Sample {
            photo: photo.target.try_into().ok(),
            file: photo.file,
            split: photo.split,
            fold: photo.fold,
            emotions: None,
            painting: None,
        });
    }
    let limits = Limits::default();
    let rows = paintings::read(&data.join("paintings/labelled.csv"), &limits)?.rows;
    let votes = artemis::group(&artemis::read(&data.join("artemis.csv"), &limits)?.rows);
    let votes = |row: &paintings::Painting| votes.get(row.artemis_key.as_deref()?);
    let (voted, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| votes(row).is_some());
    let mut fold_of_group = BTreeMap::new();
    let groups = |rows: &[paintings::Painting]| {
        let groups = rows.iter().map(|row| row.group.clone());
        groups.collect::<Vec<String>>()
    };
    let voted_groups = groups(&voted);
    let fold_of = dealt(voted_groups.iter().map(String::as_str))?;
    fold_of_group.extend(voted_groups.into_iter().zip(fold_of));
    // Near-copies of a painting with votes are in its fold; the others are dealt among themselves.
    let others: Vec<_> = others
        .into_iter()
        .filter(|row| row.affect().is_some())
        .collect();
    let mut free = groups(&others);
    free.retain(|group| !fold_of_group.contains_key(group));
    let fold_of = dealt(free.iter().map(String::as_str))?;
    fold_of_group.extend(free.iter().cloned().zip(fold_of));
    for row in voted.iter().chain(&others) {
        let emotions = match votes(row) {
            Some(votes) => Some((
                votes.distribution()?.as_slice().to_vec(),
                votes.total() as f64,
            )),
            None => None,
        };
        let affect = row.affect();
        all.push(Sample {
            file: row.file.clone(),
            split: row.split,
            fold: fold_of_group.get(&row.group).copied().unwrap_or(0),
            emotions,
            photo: None,
            painting: affect.map(|affect| [affect.valence(), affect.arousal()]),
        });
    }
    Ok(all)
}

/// What standardises targets, and the mean histogram.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scales {
    pub(super) prior: Vec<f64>,
    pub(super) photo: [Scale; 2],
    pub(super) painting: [Scale; 2],
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
            prior,
        }
    }

    /// The shares to learn: with so many votes of the prior added.
    pub(super) fn smoothed(&self, shares: &[f64], votes: f64, pseudo: f64) -> Vec<f64> {
        let pairs = shares.iter().zip(&self.prior);
        pairs
            .map(|(share, prior)| (votes * share + pseudo * prior) / (votes + pseudo))
            .collect()
    }
}
