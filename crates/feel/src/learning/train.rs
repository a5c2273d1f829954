//! Training: frozen features once, then heads by cross-validation, in minutes.

use super::backbones;
use super::card::card_text;
use super::choose::{fit_affect, fit_emotions, fit_kernel, fit_softmax};
use super::config::Config;
use super::crossfit::Twins;
use super::evaluate::{Fitted, figures_of};
use super::figures::Figures;
use super::folds::LEARN;
use super::lesson::{Lesson, affect_lesson, bases, lesson, strangers};
use super::measure::Gauge;
use super::options::{Step, TrainOptions};
use super::usual::usual;
use crate::error::FeelError;
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
        Some(chosen) => (fit_softmax(&learn, &chosen), chosen.sure),
    };
    say("fitting valence and arousal");
    let rows = photos.rows(&LEARN);
    let learn = match (&twins, &chosen) {
        (Some(twins), Some(chosen)) => {
            let cues = twins.photo_cues(chosen, &paintings)?;
            Lesson {
                cues: rows.iter().map(|&i| cues[i]).collect(),
                ..lesson(&bases.affect, &photos, &rows)
            }
        }
        _ => affect_lesson(&bases, &emotions, &photos, &rows)?,
    };
    let learn = Lesson {
        others: strangers(config, &bases.affect, &paintings),
        ..learn
    };
    let (affect, spread) = match (&twins, chosen) {
        (Some(twins), Some(chosen)) => {
            let (settings, spread) = twins.affect_settings(config, chosen, &paintings, &photos)?;
            (fit_kernel(&learn, settings, learn.kin())?, spread)
        }
        _ => fit_affect(config, &learn)?,
    };
    say("finding what is usual");
    let novelty = usual(config, &extractor, [&photos, &paintings])?;
    say("measuring");
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
