//! Settings of a training on feelings, as `configs/affect-1.toml` says them.

use super::Config;
use crate::learning::config::LabelSettings;
use crate::learning::folds::{FOLDS, fold_name};
use crate::predicting::settings::most_twins;
use affetti_ground::config::{Name, first_wrong};
use affetti_nets::efficientnet_lite::Variant;
use serde::{Deserialize, Serialize};

/// What decides how the backbone comes out, beside what every training says. It begins with a published
/// backbone; with `network`, with weights of our own, which lie as `START.safetensors` in the folder of
/// models.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffectRecipe {
    /// The network of weights of our own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Variant>,
    /// The twin to train, 1 to [`AffectRecipe::twins`]: its folds are learned from as little as the test
    /// split; none: all are learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<usize>,
    /// How many twins share the folds: with fewer than [`FOLDS`], each leaves out several.
    #[serde(default = "most_twins")]
    pub twins: usize,
    /// Vectors of texts, as `peers/language.py` writes them: `NAME.safetensors` in the folder of models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Name>,
    /// Which votes are learned.
    #[serde(default)]
    pub labels: LabelSettings,
    /// Whether the val split is learned from too. Then nothing chooses among the epochs: the last
    /// one's weights are kept.
    #[serde(default)]
    pub learn_val: bool,
    /// Pixels of a picture's side, 32 to 512.
    pub side: u32,
    /// Stages that stay as they are, 0 to 7; with 0 everything learns.
    pub frozen_stages: usize,
    /// Views of each picture that are drawn once, and their maps of the frozen stages kept in
    /// memory; 0: every view is drawn anew.
    pub views: usize,
    /// Smallest share of a picture's area that a view keeps, in (0, 1].
    pub crop: f64,
    /// How far saturation, contrast and brightness may change, 0 to below 1.
    #[serde(default)]
    pub color: f64,
    /// Share of the pooled features that a step leaves out, 0 to below 1.
    #[serde(default)]
    pub dropout: f64,
    /// What the rate of the trunk is multiplied with.
    pub trunk_rate: f64,
    /// Epochs at the beginning in which the heads alone learn.
    #[serde(default)]
    pub probe_epochs: usize,
    /// Votes for the mean histogram that are added to each painting's: few viewers say less.
    #[serde(default)]
    pub pseudo_votes: f64,
    /// A painting weighs as its number of votes to this power: 0 all alike, 1 every vote alike.
    #[serde(default)]
    pub vote_power: f64,
    /// See [`Objective`].
    pub objective: Objective,
}

/// What the parts weigh in the loss. Valence and arousal are standardised, each set by itself.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Cross-entropy with the nine shares of ArtEmis.
    pub emotions: f64,
    /// Valence and arousal of OASIS photographs.
    pub photographs: f64,
    /// Valence and arousal of D-ViSA paintings, one annotator each.
    pub paintings: f64,
    /// Where the squared error of valence and arousal becomes linear, in standard deviations.
    pub huber: f64,
    /// The direction of what viewers said of a painting: 1 − cosine.
    #[serde(default)]
    pub utterances: f64,
    /// The direction of what a catalogue says of it.
    #[serde(default)]
    pub facts: f64,
    /// Cross-entropy with its style.
    #[serde(default)]
    pub styles: f64,
}

/// All ranges.
pub(super) fn check(config: &Config) -> Result<(), String> {
    let own = &config.own;
    let share = |x: f64| (0.0..1.0).contains(&x);
    let some = |x: f64| x >= 0.0 && x.is_finite();
    let o = &own.objective;
    first_wrong(&[
        (
            own.network.is_some() || Variant::parse(&config.common.start).is_some(),
            "start: efficientnet-lite0, efficientnet-lite2, or weights of our own, with a network",
        ),
        ((2..=FOLDS).contains(&own.twins), "twins: 2 to 5"),
        (
            own.fold.is_none_or(|fold| (1..=own.twins).contains(&fold)),
            "fold: 1 to the number of twins, 5 where none is named",
        ),
        (
            own.language.is_some() || (o.utterances == 0.0 && o.facts == 0.0),
            "objective.utterances, objective.facts: 0 without a language",
        ),
        (own.labels.is_possible(), "labels.teacher: 0 to 1"),
        ((32..=512).contains(&own.side), "side: 32 to 512"),
        (
            own.frozen_stages <= Variant::STAGES,
            "frozen_stages: 0 to 7",
        ),
        (own.views <= 64, "views: 0 to 64"),
        (
            own.crop > 0.0 && own.crop <= 1.0,
            "crop: above 0, at most 1",
        ),
        (share(own.color), "color: 0 to below 1"),
        (share(own.dropout), "dropout: 0 to below 1"),
        (some(own.trunk_rate), "trunk_rate: 0 or more"),
        (some(own.pseudo_votes), "pseudo_votes: 0 or more"),
        (some(own.vote_power), "vote_power: 0 or more"),
        (
            some(o.emotions),
            "objective.emotions: a weight of 0 or more",
        ),
        (
            some(o.photographs),
            "objective.photographs: a weight of 0 or more",
        ),
        (
            some(o.paintings),
            "objective.paintings: a weight of 0 or more",
        ),
        (
            [o.utterances, o.facts, o.styles].into_iter().all(some),
            "objective.utterances, facts, styles: weights of 0 or more",
        ),
        (some(o.huber) && o.huber > 0.0, "objective.huber: above 0"),
        (
            !own.learn_val || config.common.training.patience == 0,
            "training.patience: 0 where learn_val leaves nothing to wait for",
        ),
    ])
}

/// Name of the weights: that of the config, with the fold that was left out.
pub(super) fn weights_name(config: &Config) -> String {
    let name = &config.common.name;
    match config.own.fold {
        Some(fold) => fold_name(name, fold),
        None => name.to_string(),
    }
}
