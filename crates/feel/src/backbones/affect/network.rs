//! The network that learns feelings: a trunk, perhaps without its first stages, and three heads.

use super::samples::Scales;
use crate::backbones::art::network::Head;
use affetti_layers::Normal;
use affetti_nets::efficientnet_lite::layers::{LiteLayers, LiteTop};
use affetti_nets::efficientnet_lite::{FEATURES, Weights};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Trunk and heads.
#[derive(Module, Debug)]
pub struct AffectNetwork {
    pub(super) trunk: LiteTop,
    /// Nine emotions; valence and arousal of photographs; the same of paintings; vectors of what viewers
    /// say, and of what a catalogue says; styles. Those without a target say nothing.
    heads: Vec<Head>,
}

/// What the heads say of a batch: logits, then standardised valence and arousal twice.
pub(super) struct Said {
    pub(super) emotions: Tensor<2>,
    pub(super) photo: Tensor<2>,
    pub(super) painting: Tensor<2>,
    pub(super) texts: [Tensor<2>; 2],
    pub(super) styles: Tensor<2>,
}

impl AffectNetwork {
    /// The trunk of `weights` above its first `frozen` stages; heads for what `scales` knows.
    pub(super) fn new(
        weights: &Weights,
        frozen: usize,
        scales: &Scales,
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut random = Normal::new(seed);
        let logits = scales
            .prior
            .iter()
            .map(|p| p.max(1e-4).ln() as f32)
            .collect();
        let none = |n: usize| vec![0.0; n.max(1)];
        let [said, known] = [0, 1].map(|n| none(scales.texts[n].len()));
        let styles = none(scales.styles.len());
        let biases = [logits, none(2), none(2), said, known, styles];
        let variant = weights.variant();
        Self {
            trunk: LiteLayers::from_weights(weights, device).top(variant, frozen),
            heads: biases
                .into_iter()
                .map(|bias| Head::new(&mut random, bias, device))
                .collect(),
        }
    }

    /// `x` are pictures or maps of the last frozen stage; `mask` `[batch, 1280]` multiplies the
    /// pooled features.
    pub(super) fn forward(&self, x: Tensor<4>, mask: Option<Tensor<2>>) -> Said {
        let features = self.trunk.forward(x);
        debug_assert_eq!(features.dims()[1], FEATURES);
        let features = match mask {
            Some(mask) => features * mask,
            None => features,
        };
        let say = |n: usize| self.heads[n].forward(features.clone());
        Said {
            emotions: say(0),
            photo: say(1),
            painting: say(2),
            texts: [say(3), say(4)],
            styles: say(5),
        }
    }
}
