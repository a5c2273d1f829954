//! What a training leaves in the folder of models: the weight file and its card.

use std::path::PathBuf;

use affetti_nets::{
    import::write_whole,
    registry::{self, Card, InputContract, Metric, Origin},
    store::{self, Precision},
    u2net::Weights,
};
use affetti_train::augment::Augmentation;
use fastrand::Rng;

use super::{
    Config, TrainOptions,
    sample::{Taught, composite},
};
use crate::{
    error::SketchError,
    mask::{MaskFigures, MaskNetwork, SIDE, evaluate, evaluate::overlaps, examples::Example},
};

/// So many composites of pictures held out are measured.
const COMPOSITES: usize = 100;

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

/// What a training came to.
pub(super) struct Made<'a> {
    /// Before the training.
    pub(super) start: &'a Weights,
    /// After it.
    pub(super) weights: &'a Weights,
    /// How many pictures were learned from.
    pub(super) learned: usize,
}

pub(super) fn write(
    config: &Config,
    options: &TrainOptions<'_>,
    made: &Made<'_>,
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
    let bytes = store::to_bytes(&made.weights.to_tensors(), stored)?;
    let file = format!("{}.safetensors", config.name);
    let path = options.models.join(&file);
    write_whole(&path, &bytes)?;
    let network = MaskNetwork::from_bytes(&bytes, &file)?;
    let figures = evaluate(&network, &config.name, held, config.seed, options.measuring)?;
    let mut metrics = figures.metrics();
    metrics.extend(on_composites(&network, made.start, config, held)?);
    let text = card(config, &file, &bytes, made.learned, metrics)?;
    let card = options.models.join(format!("{}.toml", config.name));
    write_whole(&card, text.as_bytes())?;
    Ok(Trained {
        weights: path,
        card,
        figures,
    })
}

/// Agreement with the true masks of composites of pictures held out, beside the start's. None where
/// no picture has an object that can be cut out, or all have.
fn on_composites(
    network: &MaskNetwork,
    start: &Weights,
    config: &Config,
    held: &[Example],
) -> Result<Option<Metric>, SketchError> {
    let (mut objects, mut grounds) = (Vec::new(), Vec::new());
    for example in super::spread(held.to_vec(), 2 * COMPOSITES) {
        let (picture, map) = example.open()?;
        let taught = Taught::new(&picture, &map);
        let kind = if taught.definite {
            &mut objects
        } else {
            &mut grounds
        };
        kind.push(taught);
    }
    if objects.is_empty() || grounds.is_empty() {
        return Ok(None);
    }
    let still = Augmentation {
        scale: [1.0, 1.0],
        turn: 0.0,
        color: 0.0,
    };
    let mut random = Rng::with_seed(config.seed);
    let pairs: Vec<_> = (0..COMPOSITES)
        .map(|n| {
            let (object, ground) = (&objects[n % objects.len()], &grounds[n % grounds.len()]);
            let made = composite(object, ground, &still, &mut random);
            let truth = made.chances.iter().map(|v| *v >= 0.5).collect();
            (made.pixels, truth)
        })
        .collect();
    let figure = MaskFigures::mean(&overlaps(network, &pairs), config.seed);
    let before = MaskFigures::mean(&overlaps(&MaskNetwork::new(start), &pairs), config.seed);
    Ok(Some(Metric {
        set: "held out: composites".into(),
        name: "mean IoU with the true mask".into(),
        value: figure.0,
        baseline: before.0,
        against: config.start.clone(),
        interval: figure.1,
        n: COMPOSITES,
    }))
}

fn card(
    config: &Config,
    file: &str,
    bytes: &[u8],
    learned: usize,
    metrics: Vec<Metric>,
) -> Result<String, SketchError> {
    let start = registry::card(&config.start)?;
    let name = config.file.file_name().unwrap_or_default();
    let data = format!(
        "{learned} pictures of the labelled paintings, OASIS and BSDS500, splits train (research use and open access, not redistributed), with maps of U2NetP (Qin et al. 2020, MIT; peers/u2netp_maps.py), and composites of their objects"
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
            channels: registry::card(&config.start)?.input.channels,
            mean: 0.0,
            scale: 255.0,
            filter: "lanczos".into(),
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
    "It begins as U2NetP and is held to it, not to people: where U2NetP is wrong, it is wrong too.",
    "Pictures without a single object have no right answer, and it gives one all the same.",
];
