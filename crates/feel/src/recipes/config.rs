//! Settings of a published recipe, as `configs/artemis-resnet34.toml` says them.

use crate::error::FeelError;
use crate::learning::config::{read_toml, wrong};
use affetti_nets::{hed, resnet, vgg16};
use affetti_picture::Filter;
use affetti_train::Settings;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Everything that decides how a recipe comes out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipeConfig {
    /// Name of the run.
    pub name: String,
    /// Seed of random weights, order, views and dropout.
    pub seed: u64,
    /// What is learned from.
    pub data: DataSet,
    /// What is told apart.
    pub labels: Labels,
    /// `resnet-34`, `resnet-50` or `vgg16`.
    pub network: String,
    /// Card name of imported weights; `hed` for `vgg16` with the convolutions of HED; `none` for
    /// random weights.
    pub start: String,
    /// How many of a ResNet's four residual stages learn, from the last; VGG16 stays as it is.
    #[serde(default)]
    pub learning_stages: usize,
    /// Pixels of a picture's side, 32 to 512; the aspect ratio is given up.
    pub side: u32,
    /// How pictures are resized: `lanczos3`, `bilinear`, …
    pub filter: String,
    /// Views of each picture, drawn once: crops and mirror images. 1: the whole picture, as it is.
    /// 0: drawn anew in every epoch.
    pub views: usize,
    /// Smallest share of a picture's area that a crop keeps, in (0, 1].
    #[serde(default = "whole")]
    pub crop: f64,
    /// Units of the hidden layer.
    pub hidden: usize,
    /// Whether batch normalisation follows the hidden layer's sum.
    pub norm: bool,
    /// Share of the hidden units that a step leaves out, 0 to below 1.
    pub dropout: f64,
    /// See [`Settings`].
    pub training: Settings,
}

/// Sets of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataSet {
    /// ArtEmis: `artemis.csv`, with pictures of WikiArt's folder `wikiart/STYLE/PAINTING.jpg` and
    /// splits of `artemis-splits.csv` where that folder is there, else those of `paintings/`.
    Artemis,
    /// WikiArt-Emotions: `wikiart-emotions/WikiArt-Emotions-Ag4.tsv` and `images/ID.jpg` beside it.
    WikiartEmotions,
}

/// What is told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Labels {
    /// The nine emotions of ArtEmis, as shares.
    Emotions,
    /// Positive, negative and other: of ArtEmis as shares, of WikiArt-Emotions one per picture.
    Sentiments,
}

impl Labels {
    /// Number of classes.
    #[must_use]
    pub const fn classes(self) -> usize {
        match self {
            Self::Emotions => 9,
            Self::Sentiments => 3,
        }
    }
}

fn whole() -> f64 {
    1.0
}

impl RecipeConfig {
    /// Reads and checks `path`.
    ///
    /// # Errors
    /// [`FeelError::Io`], or [`FeelError::Config`] with the first thing that is wrong.
    pub fn read(path: &Path) -> Result<Self, FeelError> {
        let config: Self = read_toml(path)?;
        config.check().map_err(|what| wrong(path, what))?;
        Ok(config)
    }

    /// The size of ResNet; none for VGG16.
    pub(super) fn residual(&self) -> Option<resnet::Variant> {
        resnet::Variant::parse(&self.network)
    }

    pub(super) fn filter(&self) -> Option<Filter> {
        Filter::ALL.into_iter().find(|f| f.name() == self.filter)
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let known = self.residual().is_some() || self.network == vgg16::NAME;
        let fits = self.start == "none"
            || self.start == self.network
            || (self.start == hed::NAME && self.network == vgg16::NAME);
        let stages = self.residual().map_or(0, |_| resnet::Variant::STAGES);
        let problems = [
            (
                self.name.is_empty() || !self.name.chars().all(good),
                "name: letters, digits, - and _ only",
            ),
            (!known, "network: resnet-34, resnet-50 or vgg16"),
            (
                !fits,
                "start: the name of the network, none, or hed for vgg16",
            ),
            (
                self.data == DataSet::WikiartEmotions && self.labels == Labels::Emotions,
                "labels: sentiments, for WikiArt-Emotions",
            ),
            (
                self.learning_stages > stages,
                "learning_stages: 0 to 4 of a ResNet, 0 of VGG16",
            ),
            (!(32..=512).contains(&self.side), "side: 32 to 512"),
            (
                self.filter().is_none(),
                "filter: nearest, bilinear, bicubic, mitchell or lanczos3",
            ),
            (self.views > 64, "views: 0 to 64"),
            (
                !(self.crop > 0.0 && self.crop <= 1.0),
                "crop: above 0, at most 1",
            ),
            (!(1..=4096).contains(&self.hidden), "hidden: 1 to 4096"),
            (!(0.0..1.0).contains(&self.dropout), "dropout: 0 to below 1"),
            (
                self.norm && self.training.batch < 2,
                "training.batch: 2 or more, where there is a norm",
            ),
        ];
        if let Some((_, what)) = problems.iter().find(|(bad, _)| *bad) {
            return Err((*what).to_owned());
        }
        self.training
            .check()
            .map_err(|error| format!("training.{error}"))
    }
}
