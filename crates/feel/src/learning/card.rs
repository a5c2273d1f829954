//! The card of a trained predictor.

use super::backbones;
use super::config::Config;
use super::figures::Figures;
use crate::error::FeelError;
use crate::predicting::frozen::{Frozen, Network};
use crate::predicting::model::Model;
use crate::predicting::predictor::Predictor;
use crate::predicting::settings::BackboneSettings;
use affetti_ground::config::ConfigError;
use affetti_weights::registry::{Card, InputContract, Origin};
use std::path::Path;

/// The card of `predictor`, as `config` made it from so many photographs and paintings.
pub(super) fn card_text(
    config: &Config,
    predictor: &Predictor,
    figures: &Figures,
    learned: [usize; 2],
    models: &Path,
) -> Result<String, FeelError> {
    let (id, model) = (predictor.model(), predictor.weights());
    let mut starts = Vec::new();
    for backbone in &config.features.backbones {
        starts.push(backbones::origin(backbone, models)?);
    }
    let file = config
        .file
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let card = Card {
        name: id.name.clone(),
        kind: "feel".into(),
        summary: config.summary.clone(),
        file: format!("{}.safetensors", id.name),
        sha256: id.sha256.clone(),
        url: None,
        embedded: true,
        license: "models/LICENSE: research data behind it; see there".into(),
        input: input_contract(model),
        origin: Origin {
            starts,
            data: [
                format!(
                    "OASIS: valence and arousal of {} photographs (Kurdi, Lozano & Banaji 2017; open access)",
                    learned[0]
                ),
                format!(
                    "ArtEmis: emotion histograms of {} paintings (Achlioptas et al. 2021; research use, not redistributed)",
                    learned[1]
                ),
            ]
            .into_iter()
            .chain(teachers(config))
            .collect(),
            command: format!(
                "affetti train feel configs/{file}{} --data DATA",
                tower(config)
            ),
            seed: config.seed,
        },
        metrics: figures.metrics(),
        cautions: CAUTIONS.iter().map(|&c| c.to_owned()).collect(),
        // That of another model would be wrong: `affetti models reference` makes one.
        reference: None,
    };
    write(&card, &config.file)
}

/// The text of a card; `file` is what it comes from, for messages.
pub(super) fn write(card: &Card, file: &Path) -> Result<String, FeelError> {
    toml::to_string_pretty(card).map_err(|error| {
        let what = format!("the card cannot be written: {error}");
        ConfigError::wrong(file, &what).into()
    })
}

/// Who taught beside votes and ratings.
fn teachers(config: &Config) -> Vec<String> {
    let mut all = Vec::new();
    if config.labels.teacher > 0.0 {
        all.push(
            "clip-teacher.csv: what six linear heads on CLIP, which learned from other paintings of ArtEmis, say \
             of 3413 paintings (from a public repository without a stated licence; not contained)"
                .into(),
        );
    }
    if config.features.backbones.iter().any(|b| b.folds) {
        all.push(
            "For networks that learned feelings, see their configs: D-ViSA, valence and arousal of 209 paintings \
             (research use); vectors of utterances, titles, styles and artists by all-MiniLM-L6-v2 (MIT)"
                .into(),
        );
    }
    all
}

/// The option that puts the config's tower in the place of the one that its file names.
fn tower(config: &Config) -> String {
    let first = config.features.backbones.first();
    match first.map(|backbone| (backbone, backbone.kind())) {
        Some((backbone, Ok(Network::Clip(_)))) => format!(" --backbone {}", backbone.name),
        _ => String::new(),
    }
}

/// What a model wants to see.
pub(super) fn input_contract(model: &Model) -> InputContract {
    let settings = &model.settings;
    let networks = settings.backbones.iter().zip(&model.backbones);
    let side = |(backbone, weights): (&BackboneSettings, &Frozen)| {
        backbone.side(weights.network()) as usize
    };
    InputContract {
        resolution: networks.map(side).collect(),
        channels: "RGB".into(),
        mean: 127.0,
        scale: 128.0,
        filter: settings.filter.name().to_owned(),
        views: settings.views.iter().map(|v| v.name().to_owned()).collect(),
    }
}

/// What everyone who uses such a model should know.
pub(super) const CAUTIONS: [&str; 3] = [
    "Says what pictures tend to evoke in groups of viewers; not for judging the persons in them, nor any one viewer.",
    "Learned from paintings of the Western canon up to the 20th century, annotated in English by online workers, and from photographs rated by residents of the USA.",
    "The ratings behind valence and arousal are of photographs; on paintings their intervals are not guaranteed.",
];
