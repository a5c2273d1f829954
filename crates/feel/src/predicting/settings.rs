//! What a predictor measures on a picture, as configs and the note of its weight file say it.

use super::frozen::{Network, TOWERS};
use super::view::View;
use affetti_nets::efficientnet_lite::Variant;
use affetti_picture::{COLOR_FEATURES_LEN, Filter};
use affetti_weights::store::Precision;
use serde::{Deserialize, Serialize};

/// What is measured on a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeatureSettings {
    /// Backbones by card name, each with how it is stored.
    pub backbones: Vec<BackboneSettings>,
    /// Crops and flips that are averaged.
    pub views: Vec<View>,
    /// Resizes the views.
    pub filter: Filter,
    /// Share of the color features in the mean squared length of a head's rows; 0 in both leaves
    /// them out.
    pub color: PerHead<f64>,
    /// Principal components that are kept.
    pub components: PerHead<usize>,
}

/// One thing for each head: what tells paintings apart by their emotions is not what makes
/// photographs of the same valence alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PerHead<T> {
    /// For the nine emotions.
    pub emotions: T,
    /// For valence and arousal.
    pub affect: T,
}

/// Neighbouring columns of the raw features: the pooled ones of a backbone, its stage statistics, or
/// the colors.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) columns: std::ops::Range<usize>,
    /// Share in the mean squared length of a head's rows; see `Standardizer`.
    pub(crate) share: PerHead<f64>,
    /// Whether they are what shows whether a picture is of a known kind.
    pub(crate) tells_kind: bool,
}

impl PerHead<f64> {
    /// Whether either head has a share.
    fn is_heard(self) -> bool {
        self.emotions > 0.0 || self.affect > 0.0
    }
}

impl FeatureSettings {
    /// Whether the color features are measured.
    pub(crate) fn sees_color(&self) -> bool {
        self.color.is_heard()
    }

    /// The blocks of the raw features, in order; `networks` are those of the backbones.
    pub(crate) fn blocks(&self, networks: impl Iterator<Item = Network>) -> Vec<Block> {
        let mut blocks: Vec<Block> = Vec::new();
        let mut push = |columns: usize, share: PerHead<f64>, tells_kind: bool| {
            if columns == 0 {
                return;
            }
            let start = blocks.last().map_or(0, |block| block.columns.end);
            blocks.push(Block {
                columns: start..start + columns,
                share,
                tells_kind,
            });
        };
        // Texture and edges at every stage tell a chart from a painting; what a network says at its end, of
        // paintings or of things, does not. A network that has learned from the known pictures knows them
        // too well.
        let fresh = |backbone: &BackboneSettings| !backbone.folds;
        let widths: Vec<[usize; 2]> = networks.map(Network::widths).collect();
        let each = || widths.iter().zip(&self.backbones);
        let staged = |[_, stages]: &[usize; 2], backbone: &BackboneSettings| {
            *stages > 0 && fresh(backbone) && backbone.stages.is_heard()
        };
        let any_staged = each().any(|(widths, backbone)| staged(widths, backbone));
        for (widths, backbone) in each() {
            let plain = !any_staged && fresh(backbone) && backbone.pooled.is_heard();
            push(widths[0], backbone.pooled, plain);
            push(widths[1], backbone.stages, staged(widths, backbone));
        }
        if self.sees_color() {
            push(COLOR_FEATURES_LEN, self.color, false);
        }
        blocks
    }
}

/// One backbone in a config.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackboneSettings {
    /// Card name; with `network`, the name of weights of our own.
    pub name: String,
    /// The network of weights of our own, which `affetti train art` wrote as `NAME.safetensors`
    /// into the folder of models, or which the embedded predictor has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<Variant>,
    /// How the weights of its convolutions are stored.
    pub precision: Precision,
    /// Share of the pooled features in the mean squared length of a head's rows; 0 leaves them out.
    pub pooled: PerHead<f64>,
    /// Share of mean and deviation of each channel at the end of every stage.
    pub stages: PerHead<f64>,
    /// Whether the weights have learned from the labels of the pictures that figures out of fold
    /// are computed on (`affetti train affect`): then `NAME-fold1` to `NAME-fold5`, of which each
    /// left one fold out, stand in for them wherever a picture must be new to the model.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub folds: bool,
    /// How many twins there are, 2 to 5: with fewer than five each left several folds out.
    #[serde(default = "most_twins", skip_serializing_if = "are_most_twins")]
    pub twins: usize,
    /// Pixels of the square that the network sees, 32 to 512; the network's own resolution where
    /// none is named. Weights that learned from small pictures see best at their size.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<u32>,
}

/// Twins of a backbone are as many at most, one for each fold.
pub(crate) const MOST_TWINS: usize = 5;

pub(crate) fn most_twins() -> usize {
    MOST_TWINS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn are_most_twins(twins: &usize) -> bool {
    *twins == MOST_TWINS
}

impl BackboneSettings {
    /// Which network it is.
    ///
    /// # Errors
    /// What is known, where no network is named and none is called as this is.
    pub(crate) fn kind(&self) -> Result<Network, String> {
        let published = || Network::parse(&self.name);
        let own = self.network.map(Network::Lite);
        own.or_else(published).ok_or_else(|| {
            let [small, large] = [Variant::Lite0, Variant::Lite2].map(Variant::name);
            format!(
                "{small}, {large}, {}, or weights of our own with their network, not {:?}",
                TOWERS.join(", "),
                self.name
            )
        })
    }

    /// Whether the square that the network is to see has a size that it can have.
    pub(crate) fn side_is_possible(&self) -> bool {
        self.side.is_none_or(|side| (32..=512).contains(&side))
    }

    /// Pixels of the square that `network` is shown; a tower has but one size.
    pub(crate) fn side(&self, network: Network) -> u32 {
        match network {
            Network::Lite(_) => self.side.unwrap_or_else(|| network.side()),
            Network::Clip(_) => network.side(),
        }
    }
}
