//! A user's own pictures: heads fitted to a table of them, and any predictor measured on one.
//!
//! - **Computes** a predictor on the frozen networks of another one (`train_own`), whose heads are either
//!   drawn towards what that one knows, or fitted alone; and figures of a predictor on a table
//!   (`evaluate_own`), each beside its prior, with an interval, and with a confusion table.
//! - **Input** a table as [`affetti_data::table`] reads it, of which every row must be good.
//! - **Source** the pull towards known weights is a Gaussian prior around them (Chelba & Acero,
//!   "Adaptation of maximum entropy capitalizer: little data can help a lot", 2006).
//! - **Deviation** figures are out of fold: every picture is asked of heads that have not seen its group.

mod figures;
mod rows;
mod tune;

use super::card::{CAUTIONS, input_contract, write};
use super::evaluate::{Answers, Judge, Unsure, column_means, numbered};
use super::figures::Figures;
use super::options::TrainOptions;
use crate::error::FeelError;
use crate::predicting::model::Model;
use crate::predicting::predictor::{ModelId, Predictor};
use affetti_emotion::{Bootstrap, Distribution, Emotion};
use affetti_ground::write_whole;
use affetti_weights::registry::{Card, Origin};
use affetti_weights::store::sha256;
pub use figures::OwnFigures;
use rows::Own;
use std::path::{Path, PathBuf};
use tune::{Tuned, tune};

/// What is asked of a table.
#[derive(Clone, Copy, Debug)]
pub struct OwnOptions<'a> {
    /// The table.
    pub table: &'a Path,
    /// Name of the model and of its files.
    pub name: &'a str,
    /// Fit heads to the table alone, not drawn towards those of the base.
    pub alone: bool,
    /// Of the bootstrap.
    pub seed: u64,
}

/// What a training on a table left behind.
#[derive(Clone, Debug)]
pub struct OwnTrained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// Out of fold, beside the base.
    pub figures: OwnFigures,
}

/// Fits heads on the networks of `base` to a table and writes `NAME.safetensors` and `NAME.toml` into
/// [`TrainOptions::models`].
///
/// # Errors
/// A table that cannot be used, too few pictures, unwritable folders.
pub fn train_own(
    base: &Predictor,
    own: &OwnOptions<'_>,
    options: &TrainOptions<'_>,
) -> Result<OwnTrained, FeelError> {
    let rows = measured(own.table, base, options, Own::enough_to_learn)?;
    let tuned = tune(base, &rows, own.alone)?;
    let figures = tuned_figures(base, &rows, &tuned, own)?;
    let bytes = tuned.model.to_bytes()?;
    let id = ModelId {
        name: own.name.to_owned(),
        sha256: sha256(&bytes),
    };
    // What cannot be read back must not be left behind.
    let model = Model::from_bytes(&bytes, &id.name)?;
    let text = card(&id, &model, base, (own, &rows), &figures.figures)?;
    let weights = options.models.join(format!("{}.safetensors", own.name));
    let card = options.models.join(format!("{}.toml", own.name));
    write_whole(&weights, &bytes)?;
    write_whole(&card, text.as_bytes())?;
    Ok(OwnTrained {
        weights,
        card,
        figures,
    })
}

/// Measures `predictor` on a table.
///
/// # Errors
/// A table that cannot be used, and too few pictures for any figure.
pub fn evaluate_own(
    predictor: &Predictor,
    own: &OwnOptions<'_>,
    options: &TrainOptions<'_>,
) -> Result<OwnFigures, FeelError> {
    let rows = measured(own.table, predictor, options, Own::enough_to_measure)?;
    let told = rows.told_by(predictor)?;
    let name = "the mean of the table, whatever the picture";
    figures_of(&rows, (&told, None), (own.seed, predictor.model()), name)
}

/// The rows of `table` with their features. Whether there are `enough` is asked before the work, and
/// again of those whose pictures could be read.
fn measured(
    table: &Path,
    predictor: &Predictor,
    options: &TrainOptions<'_>,
    enough: fn(&Own) -> Result<(), FeelError>,
) -> Result<Own, FeelError> {
    let rows = Own::read(table)?;
    enough(&rows)?;
    let rows = rows.measure(predictor, options)?;
    enough(&rows)?;
    Ok(rows)
}

/// What is said of one picture.
#[derive(Clone, Debug)]
pub(super) struct Said {
    pub(super) shares: Vec<f64>,
    /// Valence and arousal.
    pub(super) affect: [f64; 2],
    pub(super) concentration: Option<f64>,
    pub(super) half: [f64; 2],
}

fn tuned_figures(
    base: &Predictor,
    rows: &Own,
    tuned: &Tuned,
    own: &OwnOptions<'_>,
) -> Result<OwnFigures, FeelError> {
    let before = rows.told_by(base)?;
    let ModelId { name, sha256 } = base.model();
    let against = format!(
        "{name} as it is, sha256 {}",
        &sha256[..16.min(sha256.len())]
    );
    let id = ModelId {
        name: own.name.to_owned(),
        sha256: "out of fold".to_owned(),
    };
    figures_of(
        rows,
        (&tuned.told, Some(&before)),
        (own.seed, &id),
        &against,
    )
}

/// Figures of what was said, beside what another one said or the table's own means.
fn figures_of(
    rows: &Own,
    (told, rival): (&[Said], Option<&[Said]>),
    (seed, id): (u64, &ModelId),
    against: &str,
) -> Result<OwnFigures, FeelError> {
    let judge = Judge {
        bootstrap: Bootstrap::seeded(seed).check()?,
    };
    let every = numbered(rows.samples.iter().map(|sample| sample.group.as_str()));
    let groups = |places: &[usize]| -> Vec<usize> { places.iter().map(|&i| every[i]).collect() };
    let mut figures = Vec::new();
    let voted = rows.with_shares();
    if !voted.is_empty() {
        let truth: Vec<Vec<f64>> = voted.iter().map(|&i| rows.shares(i)).collect();
        let prior = column_means(&truth);
        let shares = |said: &[Said]| voted.iter().map(|&i| said[i].shares.clone()).collect();
        let unsure = |&i: &usize| match told[i].concentration {
            Some(alpha) if rows.samples[i].votes > 1.0 => Unsure::Shares(alpha),
            _ => Unsure::Silent,
        };
        let answers = Answers {
            model: shares(told),
            baseline: rival.map_or_else(|| vec![prior.clone(); voted.len()], shares),
            unsure: voted.iter().map(unsure).collect(),
            votes: voted.iter().map(|&i| rows.samples[i].votes).collect(),
            groups: groups(&voted),
            truth,
            prior,
        };
        figures.extend(judge.emotion_figures(&answers, "table")?);
    }
    for output in 0..2 {
        let rated = rows.with_rating(output);
        if rated.is_empty() {
            continue;
        }
        let truth: Vec<Vec<f64>> = rated
            .iter()
            .map(|&i| vec![rows.ratings[i][output].unwrap_or(0.0); 2])
            .collect();
        let prior = column_means(&truth);
        let values = |said: &[Said]| rated.iter().map(|&i| said[i].affect.to_vec()).collect();
        let answers = Answers {
            model: values(told),
            baseline: rival.map_or_else(|| vec![prior.clone(); rated.len()], values),
            unsure: rated
                .iter()
                .map(|&i| Unsure::Affect(told[i].half))
                .collect(),
            votes: vec![1.0; rated.len()],
            groups: groups(&rated),
            truth,
            prior,
        };
        figures.extend(judge.rating_figures(&answers, "table", output)?);
    }
    let sided = rows.with_sentiment();
    if !sided.is_empty() {
        let positive: Vec<bool> = sided.iter().map(|&(_, positive)| positive).collect();
        let balances = |said: &[Said]| -> Result<Vec<f64>, FeelError> {
            let each = sided.iter().map(|&(i, _)| balance_of(&said[i].shares));
            each.collect()
        };
        let rival = match rival {
            Some(said) => balances(said)?,
            None => {
                // Always the side that most are on.
                let pleasant = positive.iter().filter(|p| **p).count();
                let side = if 2 * pleasant >= sided.len() {
                    1.0
                } else {
                    -1.0
                };
                vec![side; sided.len()]
            }
        };
        let groups = groups(&sided.iter().map(|&(i, _)| i).collect::<Vec<_>>());
        let told = [&balances(told)?[..], &rival];
        figures.extend(judge.sentiment_figures((&positive, &groups), told, "table")?);
    }
    let model = format!("{}, {}", id.name, &id.sha256[..16.min(id.sha256.len())]);
    let figures = Figures {
        model,
        against: against.to_owned(),
        figures,
    };
    OwnFigures::new(figures, rows, told)
}

fn balance_of(shares: &[f64]) -> Result<f64, FeelError> {
    let shares = Distribution::<Emotion>::from_counts(shares)?;
    Ok(shares.balance())
}

fn card(
    id: &ModelId,
    model: &Model,
    base: &Predictor,
    (own, rows): (&OwnOptions<'_>, &Own),
    figures: &Figures,
) -> Result<String, FeelError> {
    let table = own.table.file_name().unwrap_or_default().to_string_lossy();
    let ModelId { name, sha256 } = base.model();
    let way = if own.alone {
        "alone"
    } else {
        "on top of its own"
    };
    let card = Card {
        name: id.name.clone(),
        kind: "feel".into(),
        summary: format!("The networks of {name}, with heads fitted to {table}, {way}"),
        file: format!("{}.safetensors", id.name),
        sha256: id.sha256.clone(),
        url: None,
        embedded: false,
        license: "that of its base, models/LICENSE, and that of your data".into(),
        input: input_contract(model),
        origin: Origin {
            starts: vec![format!("{name}, sha256 {sha256}")],
            data: vec![format!("{table}: {} pictures", rows.samples.len())],
            command: format!(
                "affetti train feel --table {table:?} --name {}{} --views {}",
                id.name,
                if own.alone { " --alone" } else { "" },
                model.settings.views.len()
            ),
            seed: own.seed,
        },
        metrics: figures.metrics(),
        cautions: CAUTIONS.iter().map(|&c| c.to_owned()).collect(),
        reference: None,
    };
    write(&card, own.table)
}
