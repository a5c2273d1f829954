//! Training: frozen features once, then heads by cross-validation, in minutes.

use super::backbones;
use super::card::card_text;
use super::choose::{fit_affect, fit_emotions, fit_kernel, fit_softmax};
use super::config::Config;
use super::crossfit::Twins;
use super::dataset::Set;
use super::evaluate::{Fitted, figures_of};
use super::figures::Figures;
use super::folds::LEARN;
use super::lesson::{affect_lesson, bases, lesson, project};
use super::measure::Gauge;
use super::options::{Step, TrainOptions};
use crate::error::FeelError;
use crate::heads::linear::Matrix;
use crate::heads::novelty::Novelty;
use crate::predicting::basis::Basis;
use crate::predicting::extractor::Extractor;
use crate::predicting::model::Model;
use crate::predicting::predictor::{ModelId, Predictor};
use affetti_ground::write_whole;
use affetti_nets::device::Device;
use affetti_weights::store::sha256;
use std::path::PathBuf;

/// What a training left behind.
#[derive(Clone, Debug)]
pub struct Trained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// How well it does.
    pub figures: Figures,
}

/// What is usual among the pictures that are learned from.
fn usual(basis: &Basis, sets: &[&Set]) -> Option<Novelty> {
    let known: Vec<(Matrix, Vec<f64>)> = sets
        .iter()
        .map(|set| {
            let rows = set.rows(&LEARN);
            let length = |&row: &usize| basis.squared_length(set.features.row(row));
            (
                project(basis, set, &rows),
                rows.iter().map(length).collect(),
            )
        })
        .collect();
    let rows = known
        .iter()
        .flat_map(|(z, lengths)| (0..z.rows()).map(|n| (z.row(n), lengths[n])));
    Novelty::fit(rows)
}

/// Trains what `config` says and writes `NAME.safetensors` and `NAME.toml` into
/// [`TrainOptions::models`].
///
/// # Errors
/// Missing data or backbones, unwritable folders, nothing to learn from.
pub fn train(config: &Config, options: &TrainOptions<'_>) -> Result<Trained, FeelError> {
    let backbones = config
        .features
        .backbones
        .iter()
        .map(|backbone| backbones::load(backbone, options.models))
        .collect::<Result<Vec<_>, _>>()?;
    let extractor = Extractor::new(&config.features, &backbones, &Device::Cpu)?;
    let gauge = Gauge::new(&extractor, &config.features, &backbones, options)?;
    let photos = gauge.photographs("")?;
    let paintings = gauge.paintings(&config.labels, "")?;
    let say = |stage: &str| {
        (options.progress)(Step {
            stage,
            done: 0,
            total: 1,
        });
    };
    say("finding principal components");
    let bases = bases(config, &extractor, &[&photos, &paintings])?;
    let twins = Twins::measure(config, &photos, &paintings, options)?;
    say("fitting the nine emotions");
    let learn = lesson(&bases.emotions, &paintings, &paintings.rows(&LEARN));
    let penalties = &config.emotions.penalties;
    let chosen = twins
        .as_ref()
        .map(|t| t.emotion_settings(config, &paintings));
    let chosen = chosen.transpose()?;
    let (emotions, sure) = match chosen {
        None => fit_emotions(penalties, config.folds, &learn)?,
        Some(chosen) => {
            let head = fit_softmax(&learn, chosen.penalty, chosen.sharpness);
            (head, chosen.sure)
        }
    };
    say("fitting valence and arousal");
    let learn = affect_lesson(&bases, &emotions, &photos, &photos.rows(&LEARN))?;
    let (affect, spread) = match (&twins, chosen) {
        (Some(twins), Some(chosen)) => {
            let (settings, spread) = twins.affect_settings(config, chosen, &paintings, &photos)?;
            (fit_kernel(&learn, settings)?, spread)
        }
        _ => fit_affect(config, &learn)?,
    };
    say("measuring");
    let novelty = usual(&bases.emotions, &[&photos, &paintings]);
    let model = Model {
        settings: config.features.clone(),
        backbones,
        bases,
        emotions,
        affect,
        novelty,
        sure: Some(sure),
        spread,
    };
    let bytes = model.to_bytes()?;
    let id = ModelId {
        name: config.name.clone(),
        sha256: sha256(&bytes),
    };
    // Measured on what a user will load, not on what is in memory.
    let model = Model::from_bytes(&bytes, &id.name)?;
    let predictor = Predictor::new(id, model, &Device::Cpu)?;
    let fitted = Fitted {
        config,
        predictor: &predictor,
        photos: &photos,
        paintings: &paintings,
        twins: twins.as_ref(),
    };
    let figures = figures_of(&fitted, options)?;
    let learned = [photos.rows(&LEARN).len(), paintings.rows(&LEARN).len()];
    let weights = options.models.join(format!("{}.safetensors", config.name));
    let card = options.models.join(format!("{}.toml", config.name));
    write_whole(&weights, &bytes)?;
    let text = card_text(config, &predictor, &figures, learned, options.models)?;
    write_whole(&card, text.as_bytes())?;
    Ok(Trained {
        weights,
        card,
        figures,
    })
}
