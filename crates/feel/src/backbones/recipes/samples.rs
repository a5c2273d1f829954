//! The pictures of a recipe with the shares of their classes.

use super::config::{DataSet, Labels, PublishedRecipe};
use crate::error::FeelError;
use crate::learning::config::LabelSettings;
use crate::learning::dataset::painted;
use affetti_data::{Limits, Split, artemis, wikiart_emotions};
use affetti_emotion::{Label, Sentiment};
use std::path::{Path, PathBuf};

/// One picture.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Sample {
    pub(super) file: PathBuf,
    pub(super) split: Split,
    /// One per class, their sum 1.
    pub(super) shares: Vec<f64>,
}

/// All pictures of the set.
pub(super) fn samples(config: &PublishedRecipe, data: &Path) -> Result<Vec<Sample>, FeelError> {
    match config.data {
        DataSet::Artemis => {
            let wikiart = data.join("wikiart");
            let nine = if wikiart.is_dir() {
                official(data, &wikiart)?
            } else {
                let ours = painted(data, &LabelSettings::default())?
                    .into_iter()
                    .map(|sample| Sample {
                        file: sample.file,
                        split: sample.split,
                        shares: sample.target,
                    });
                ours.collect()
            };
            match config.labels {
                Labels::Emotions => Ok(nine),
                Labels::Sentiments => nine.into_iter().map(merged).collect(),
            }
        }
        DataSet::WikiartEmotions => wikiart_pieces(&data.join("wikiart-emotions")),
    }
}

/// All works of the official release whose picture is in WikiArt's folder.
fn official(data: &Path, pictures: &Path) -> Result<Vec<Sample>, FeelError> {
    let limits = Limits::default();
    let votes = artemis::group(&artemis::read(&data.join("artemis.csv"), &limits)?.rows);
    let file = data.join("artemis-splits.csv");
    let listed = if file.is_file() {
        artemis::read_splits(&file, &limits)?.rows
    } else {
        Vec::new()
    };
    let splits = artemis::splits(&listed);
    let mut all = Vec::new();
    for (key, votes) in &votes {
        let file = artemis::picture(pictures, key);
        if file.is_file() {
            all.push(Sample {
                file,
                split: splits.get(key.as_str()).copied().unwrap_or(Split::of(key)),
                shares: votes.distribution()?.as_slice().to_vec(),
            });
        }
    }
    Ok(all)
}

/// The three sentiments of nine shares.
fn merged(sample: Sample) -> Result<Sample, FeelError> {
    let nine =
        affetti_emotion::Distribution::<affetti_emotion::Emotion>::from_counts(&sample.shares)?;
    Ok(Sample {
        shares: nine.polarity().as_slice().to_vec(),
        ..sample
    })
}

/// WikiArt-Emotions with both merges: to the classes of CGAN-Emotion-Art, and those to three.
fn wikiart_pieces(folder: &Path) -> Result<Vec<Sample>, FeelError> {
    let file = folder.join("WikiArt-Emotions-Ag4.tsv");
    let pieces = wikiart_emotions::read(&file, &Limits::default())?.rows;
    let labelled = wikiart_emotions::labelled(&pieces, folder);
    let sample = |piece: affetti_data::labelled::Labelled| {
        let sentiment = piece.sentiment?;
        let share = |s: &Sentiment| if *s == sentiment { 1.0 } else { 0.0 };
        Some(Sample {
            file: piece.file,
            split: piece.split,
            shares: Sentiment::ALL.iter().map(share).collect(),
        })
    };
    Ok(labelled.into_iter().filter_map(sample).collect())
}
