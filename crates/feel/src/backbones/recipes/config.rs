//! Settings of a published recipe, as `configs/artemis-resnet34.toml` says them.

use super::Config;
use affetti_ground::config::first_wrong;
use affetti_nets::resnet;
use affetti_picture::Filter;
use affetti_weights::store::Precision;
use serde::{Deserialize, Serialize};

/// What decides how a recipe comes out, beside what every training says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedRecipe {
    /// What is learned from.
    pub data: DataSet,
    /// What is told apart.
    pub labels: Labels,
    /// What looks at pictures.
    pub network: Network,
    /// How many of a ResNet's four residual stages learn, from the last; VGG16 stays as it is.
    #[serde(default)]
    pub learning_stages: usize,
    /// Pixels of a picture's side, 32 to 512; the aspect ratio is given up.
    pub side: u32,
    /// How pictures are resized.
    pub filter: Filter,
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
}

/// Published networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// [`resnet::Variant::ResNet34`].
    #[serde(rename = "resnet-34")]
    ResNet34,
    /// [`resnet::Variant::ResNet50`].
    #[serde(rename = "resnet-50")]
    ResNet50,
    /// VGG16.
    Vgg16,
}

/// What a network begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Start {
    /// Random weights.
    None,
    /// Imported weights of ResNet-34.
    #[serde(rename = "resnet-34")]
    ResNet34,
    /// Those of ResNet-50.
    #[serde(rename = "resnet-50")]
    ResNet50,
    /// Those of VGG16.
    Vgg16,
    /// The convolutions of HED, for VGG16.
    Hed,
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

impl Network {
    /// The size of ResNet; none for VGG16.
    pub(super) fn residual(self) -> Option<resnet::Variant> {
        match self {
            Self::ResNet34 => Some(resnet::Variant::ResNet34),
            Self::ResNet50 => Some(resnet::Variant::ResNet50),
            Self::Vgg16 => None,
        }
    }
}

/// All ranges.
pub(super) fn check(config: &Config) -> Result<(), String> {
    let own = &config.own;
    let fits = matches!(
        (config.common.start, own.network),
        (Start::None, _)
            | (Start::ResNet34, Network::ResNet34)
            | (Start::ResNet50, Network::ResNet50)
            | (Start::Vgg16 | Start::Hed, Network::Vgg16)
    );
    let stages = own
        .network
        .residual()
        .map_or(0, |_| resnet::Variant::STAGES);
    let batch = config.common.training.batch;
    first_wrong(&[
        (
            fits,
            "start: the name of the network, none, or hed for vgg16",
        ),
        (
            config.common.precision == Precision::Full,
            "precision: full, as the weights stay in the folder of the run",
        ),
        (
            own.data == DataSet::Artemis || own.labels == Labels::Sentiments,
            "labels: sentiments, for WikiArt-Emotions",
        ),
        (
            own.learning_stages <= stages,
            "learning_stages: 0 to 4 of a ResNet, 0 of VGG16",
        ),
        ((32..=512).contains(&own.side), "side: 32 to 512"),
        (own.views <= 64, "views: 0 to 64"),
        (
            own.crop > 0.0 && own.crop <= 1.0,
            "crop: above 0, at most 1",
        ),
        ((1..=4096).contains(&own.hidden), "hidden: 1 to 4096"),
        ((0.0..1.0).contains(&own.dropout), "dropout: 0 to below 1"),
        (
            !own.norm || batch >= 2,
            "training.batch: 2 or more, where there is a norm",
        ),
    ])
}
