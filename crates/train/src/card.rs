//! The card of a trained model.

use crate::config::Config;
use crate::error::TrainError;
use crate::recipe::{Recipe, Stored};
use affetti_ground::config::ConfigError;
use affetti_weights::registry::{Card, InputContract, Metric, Origin};
use affetti_weights::store;

/// What a recipe says on a card of its own.
#[derive(Debug)]
pub struct Parts {
    /// What the model is for, see [`Card::kind`].
    pub kind: &'static str,
    /// Whether programs carry the weights.
    pub embedded: bool,
    /// What goes in.
    pub input: InputContract,
    /// What it began with and leaned on, see [`start`].
    pub starts: Vec<String>,
    /// What it learned from, with terms.
    pub data: String,
    /// Options of the command beside `--data`, each after a space.
    pub options: &'static str,
    /// Its figures.
    pub metrics: Vec<Metric>,
    /// What it must not be used for.
    pub cautions: &'static [&'static str],
}

/// A model that another one began with.
#[must_use]
pub fn start(card: &Card) -> String {
    format!("{} ({}, sha256 {})", card.file, card.license, card.sha256)
}

/// The text of the card.
pub(crate) fn card<R: Recipe>(
    config: &Config<R>,
    parts: Parts,
    stored: &Stored,
) -> Result<String, TrainError> {
    let file = config.file.file_name().unwrap_or_default();
    let card = Card {
        name: R::name(config),
        kind: parts.kind.into(),
        summary: config.common.summary.clone(),
        file: stored.file.clone(),
        sha256: store::sha256(&stored.bytes),
        url: None,
        embedded: parts.embedded,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: parts.input,
        origin: Origin {
            starts: parts.starts,
            data: vec![parts.data],
            command: format!(
                "affetti train {} configs/{} --data DATA{}",
                R::KIND,
                file.to_string_lossy(),
                parts.options
            ),
            seed: config.common.seed,
        },
        metrics: parts.metrics,
        reference: None,
        cautions: parts.cautions.iter().map(|c| (*c).to_owned()).collect(),
    };
    toml::to_string_pretty(&card).map_err(|error| {
        let what = format!("the card cannot be written: {error}");
        ConfigError::wrong(&config.file, &what).into()
    })
}
