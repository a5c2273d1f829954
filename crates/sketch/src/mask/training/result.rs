//! What a training leaves in the folder of models: the weight file and its card.

use std::path::PathBuf;

use affetti_nets::{
    edge_net::Weights,
    import::write_whole,
    registry::{self, Card, InputContract, Origin},
    store::{self, Precision},
};

use super::{Config, TrainOptions};
use crate::{
    error::SketchError,
    mask::{MaskFigures, MaskNetwork, SIDE, evaluate, examples::Example},
};

/// A finished training.
#[derive(Debug)]
pub struct Trained {
    /// The weight file.
    pub weights: PathBuf,
    /// The card.
    pub card: PathBuf,
    /// Its figures on pictures held out, of the weights as read back from the file.
    pub figures: MaskFigures,
}

pub(super) fn write(
    config: &Config,
    options: &TrainOptions<'_>,
    weights: &Weights,
    learned: usize,
    held: &[Example],
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
    let network = MaskNetwork::from_bytes(&bytes, &file, 1)?;
    let figures = evaluate(&network, &config.name, held, config.seed, options.measuring)?;
    let text = card(config, &file, &bytes, learned, &figures)?;
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
    learned: usize,
    figures: &MaskFigures,
) -> Result<String, SketchError> {
    let start = registry::card(&config.start)?;
    let name = config.file.file_name().unwrap_or_default();
    let data = format!(
        "{learned} pictures of the labelled paintings, OASIS and BSDS500, splits train (research use and open access, not redistributed), with maps of U2NetP (Qin et al. 2020, MIT; peers/u2netp_maps.py)"
    );
    let card = Card {
        name: config.name.clone(),
        kind: "mask".into(),
        summary: config.summary.clone(),
        file: file.to_owned(),
        sha256: store::sha256(bytes),
        embedded: true,
        url: None,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: InputContract {
            resolution: vec![SIDE],
            channels: "RGB".into(),
            mean: 127.0,
            scale: 128.0,
            filter: "bilinear".into(),
            views: vec!["full".into()],
        },
        origin: Origin {
            starts: vec![format!(
                "{} ({}, sha256 {})",
                start.file, start.license, start.sha256
            )],
            data: vec![data],
            command: format!(
                "affetti train mask configs/{} --data DATA --maps MAPS",
                name.to_string_lossy()
            ),
            seed: config.seed,
        },
        metrics: figures.metrics(),
        reference: None,
        cautions: CAUTIONS.map(str::to_owned).to_vec(),
    };
    toml::to_string_pretty(&card).map_err(|e| SketchError::Config {
        file: config.file.clone(),
        what: format!("the card cannot be written: {e}"),
    })
}

const CAUTIONS: [&str; 2] = [
    "It agrees with another network, not with people: where U2NetP is wrong, it learned to be wrong.",
    "Pictures without a single object have no right answer, and it gives one all the same.",
];
