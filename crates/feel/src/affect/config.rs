//! Settings of a training on feelings, as `configs/affect-1.toml` says them.

use crate::error::FeelError;
use crate::learning::config::{read_toml, wrong};
use crate::learning::folds::{FOLDS, fold_name};
use affetti_nets::efficientnet_lite::Variant;
use affetti_train::Settings;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Everything that decides how the backbone comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AffectConfig {
    /// Name of the weights and of the run folder.
    pub name: String,
    /// Seed of heads, order, crops and dropout.
    pub seed: u64,
    /// Card name of the backbone to start from; with `network`, the name of weights of our own.
    pub start: String,
    /// The network of weights of our own, which lie as `START.safetensors` in the folder of models.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Variant>,
    /// The fold that is learned from as little as the test split, 1 to [`FOLDS`]; none: all are
    /// learned from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fold: Option<usize>,
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
    /// See [`Settings`].
    pub training: Settings,
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
}

impl AffectConfig {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`FeelError::Io`], or [`FeelError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, FeelError> {
        let config: Self = read_toml(path)?;
        config.check().map_err(|what| wrong(path, what))?;
        Ok(config)
    }

    /// Checks all ranges.
    pub(super) fn check(&self) -> Result<(), String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let share = |x: f64| (0.0..1.0).contains(&x);
        let positive = |x: f64| x >= 0.0 && x.is_finite();
        let o = &self.objective;
        let problems = [
            (
                self.name.is_empty() || !self.name.chars().all(good),
                "name: letters, digits, - and _ only",
            ),
            (
                self.fold.is_some_and(|fold| !(1..=FOLDS).contains(&fold)),
                "fold: 1 to 5",
            ),
            (!(32..=512).contains(&self.side), "side: 32 to 512"),
            (
                self.frozen_stages > Variant::STAGES,
                "frozen_stages: 0 to 7",
            ),
            (self.views > 64, "views: 0 to 64"),
            (
                !(self.crop > 0.0 && self.crop <= 1.0),
                "crop: above 0, at most 1",
            ),
            (!share(self.color), "color: 0 to below 1"),
            (!share(self.dropout), "dropout: 0 to below 1"),
            (!positive(self.trunk_rate), "trunk_rate: 0 or more"),
            (!positive(self.pseudo_votes), "pseudo_votes: 0 or more"),
            (!positive(self.vote_power), "vote_power: 0 or more"),
            (
                ![o.emotions, o.photographs, o.paintings]
                    .into_iter()
                    .all(positive),
                "objective: weights of 0 or more",
            ),
            (
                !(o.huber > 0.0 && o.huber.is_finite()),
                "objective.huber: above 0",
            ),
            (
                self.learn_val && self.training.patience > 0,
                "training.patience: 0 where learn_val leaves nothing to wait for",
            ),
        ];
        if let Some((_, what)) = problems.iter().find(|(bad, _)| *bad) {
            return Err((*what).to_owned());
        }
        self.training
            .check()
            .map_err(|error| format!("training.{error}"))
    }

    /// Name of the weights: that of the config, with the fold that was left out.
    #[must_use]
    pub fn weights_name(&self) -> String {
        match self.fold {
            Some(fold) => fold_name(&self.name, fold),
            None => self.name.clone(),
        }
    }
}
