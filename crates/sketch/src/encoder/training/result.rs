//! What a training leaves in the folder of models: the weight file and its card.

use std::path::PathBuf;

use affetti_emotion::Bootstrap;
use affetti_nets::{
    import::write_whole,
    registry::{self, Card, InputContract, Metric, Origin},
    store::{self, Precision},
};

use super::{
    super::{Encoder, EncoderWeights, SIDE},
    Config, TrainOptions,
    pictures::Cutter,
    task::LineTask,
};
use crate::{error::SketchError, mask::EMBEDDED};

/// A finished training.
#[derive(Debug)]
pub struct Trained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// How often each kind of lines finds its picture, of the weights as read back from the file.
    pub metrics: Vec<Metric>,
}

pub(super) fn write(
    config: &Config,
    options: &TrainOptions<'_>,
    weights: &EncoderWeights,
    task: &LineTask<'_>,
    cutter: Option<&Cutter>,
) -> Result<Trained, SketchError> {
    let precision = Precision::parse(&config.precision).unwrap_or(Precision::Full);
    let stored = |name: &str| {
        if name.ends_with(".bias") {
            Precision::Full
        } else {
            precision
        }
    };
    let bytes = store::to_bytes(&weights.to_tensors(), stored)?;
    let file = format!("{}.safetensors", config.name);
    let path = options.models.join(&file);
    write_whole(&path, &bytes)?;
    let encoder = Encoder::from_bytes(&bytes, &file, 1)?;
    let metrics = metrics(config, &encoder, task);
    let [learned, _] = task.counts();
    let text = card(config, cutter, &file, &bytes, learned, metrics.clone())?;
    let card = options.models.join(format!("{}.toml", config.name));
    write_whole(&card, text.as_bytes())?;
    Ok(Trained {
        weights: path,
        card,
        metrics,
    })
}

/// The share of finds, beside chance.
fn metrics(config: &Config, encoder: &Encoder, task: &LineTask<'_>) -> Vec<Metric> {
    let round = |x: f64| (x * 1e4).round() / 1e4;
    let bootstrap = Bootstrap::seeded(config.seed).check();
    let named = task.finds(encoder).into_iter();
    named
        .filter_map(|(name, finds)| {
            let share = |draw: &[usize]| {
                let found = draw.iter().filter(|&&i| finds[i]).count();
                Some(found as f64 / draw.len() as f64)
            };
            let estimate = bootstrap.as_ref().ok()?.estimate(finds.len(), share).ok()?;
            Some(Metric {
                set: format!(
                    "{} pictures and cut-outs of the splits val, which chose the epoch",
                    finds.len()
                ),
                name: format!("own picture nearest, {name}"),
                value: round(estimate.value),
                baseline: round(1.0 / finds.len() as f64),
                against: "chance".into(),
                interval: [estimate.interval.low, estimate.interval.high].map(round),
                n: finds.len(),
            })
        })
        .collect()
}

fn card(
    config: &Config,
    cutter: Option<&Cutter>,
    file: &str,
    bytes: &[u8],
    learned: usize,
    metrics: Vec<Metric>,
) -> Result<String, SketchError> {
    let start = registry::card(&config.start)?;
    let teacher = registry::card(&config.teacher)?;
    let name = config.file.file_name().unwrap_or_default();
    let origin = |role: &str, card: &Card| {
        format!(
            "{role}: {} ({}, sha256 {})",
            card.file, card.license, card.sha256
        )
    };
    let data = format!(
        "{learned} pictures and cut-outs of one half of the paintings (WikiArt), OASIS persons and sceneries, and BSDS500, splits train (research use and open access, not redistributed); lines of them by edges-1 and our tracer"
    );
    let cut_outs = cutter.map(|cutter| {
        let Cutter { sha256, .. } = cutter;
        format!("cut-outs: {EMBEDDED}.safetensors (sha256 {sha256})")
    });
    let card = Card {
        name: config.name.clone(),
        kind: "lines".into(),
        summary: config.summary.clone(),
        file: file.to_owned(),
        sha256: store::sha256(bytes),
        embedded: config.embedded,
        url: None,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: InputContract {
            resolution: vec![SIDE],
            channels: "ink, the same in three channels, light on dark".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "bilinear".into(),
            views: vec!["squeezed into a square".into()],
        },
        origin: Origin {
            starts: [origin("start", &start), origin("teacher", &teacher)]
                .into_iter()
                .chain(cut_outs)
                .collect(),
            data: vec![data],
            command: format!(
                "affetti train encoder configs/{} --data DATA",
                name.to_string_lossy()
            ),
            seed: config.seed,
        },
        metrics,
        reference: None,
        cautions: CAUTIONS.map(str::to_owned).to_vec(),
    };
    toml::to_string_pretty(&card).map_err(|e| SketchError::Config {
        file: config.file.clone(),
        what: format!("the card cannot be written: {e}"),
    })
}

const CAUTIONS: [&str; 2] = [
    "It learned what lines of our own tracer show, mostly of paintings: drawings by people are another matter.",
    "Likeness to a picture is what a network of ImageNet photographs finds alike.",
];
