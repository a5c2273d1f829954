//! What a training leaves in the folder of models: the weight file and its card.

use std::path::PathBuf;

use affetti_data::bsds::{self, Part};
use affetti_nets::edge_net::Weights;
use affetti_nets::import::write_whole;
use affetti_nets::registry::{self, Card, InputContract, Origin};
use affetti_nets::store::{self, Precision};

use super::{Config, TrainOptions};
use crate::RegionsError;
use crate::edges::{Detector, EdgeFigures, EdgeNetwork, EvaluateOptions, evaluate};

/// A finished training.
#[derive(Debug)]
pub struct Trained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// Its figures on BSDS500 val, of the weights as read back from the file.
    pub figures: EdgeFigures,
}

/// Thresholds of the card's figures, those of the published benchmark.
const THRESHOLDS: usize = crate::boundary::THRESHOLDS;

pub(super) fn write(
    config: &Config,
    options: &TrainOptions<'_>,
    weights: &Weights,
) -> Result<Trained, RegionsError> {
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
    let examples = bsds::read(&options.data.join("bsds500"), Part::Val)?;
    let detector = Detector::Net(EdgeNetwork::from_bytes(&bytes, &file, 1)?);
    let how = EvaluateOptions {
        thresholds: THRESHOLDS,
        seed: config.seed,
        progress: options.measuring,
    };
    let figures = evaluate(&detector, &examples, "BSDS500 val", &how)?;
    let text = card(config, &file, &bytes, &figures)?;
    let card = options.models.join(format!("{}.toml", config.name));
    write_whole(&card, text.as_bytes())?;
    Ok(Trained {
        weights: path,
        card,
        figures,
    })
}

fn card(
    config: &Config,
    file: &str,
    bytes: &[u8],
    figures: &EdgeFigures,
) -> Result<String, RegionsError> {
    let start = registry::card(&config.start)?;
    let name = config.file.file_name().unwrap_or_default();
    let card = Card {
        name: config.name.clone(),
        kind: "edges".into(),
        summary: config.summary.clone(),
        file: file.to_owned(),
        sha256: store::sha256(bytes),
        url: None,
        embedded: true,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: InputContract {
            resolution: Vec::new(),
            channels: "RGB, any size, best about 500 pixels".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "none".into(),
            views: vec!["full".into()],
        },
        origin: Origin {
            starts: vec![format!(
                "{} ({}, sha256 {})",
                start.file, start.license, start.sha256
            )],
            data: vec![
                "BSDS500 train: boundaries drawn on 200 photographs, a tenth of them held out to choose the epoch (Arbelaez, Maire, Fowlkes & Malik 2011; research use, not redistributed)"
                    .into(),
            ],
            command: format!(
                "affetti train edges configs/{} --data DATA",
                name.to_string_lossy()
            ),
            seed: config.seed,
        },
        metrics: figures.metrics(),
        reference: None,
        cautions: CAUTIONS.map(str::to_owned).to_vec(),
    };
    toml::to_string_pretty(&card).map_err(|e| RegionsError::Config {
        file: config.file.clone(),
        what: format!("the card cannot be written: {e}"),
    })
}

const CAUTIONS: [&str; 2] = [
    "Learned from photographs of about 500 pixels: on paintings it finds what would be a boundary in a photograph, and no figure says how well.",
    "What counts as a boundary is what a few annotators drew.",
];
