//! The network that learns styles, genres, artists and words of titles: a trunk and linear heads.

use super::pictures::LABELS;
use affetti_layers::{Normal, linear};
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_nets::efficientnet_lite::{FEATURES, Weights};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

/// Trunk and heads.
#[derive(Module, Debug)]
pub struct ArtNetwork {
    pub(super) trunk: LiteLayers,
    heads: Vec<Head>,
}

/// `[batch, features]` → `[batch, classes]`.
#[derive(Module, Debug)]
pub(crate) struct Head {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Head {
    /// Small random weights and these biases.
    pub(crate) fn new(random: &mut Normal, bias: Vec<f32>, device: &Device) -> Self {
        let classes = bias.len();
        let weight = TensorData::new(random.many(classes * FEATURES, 0.01), [classes, FEATURES]);
        let bias = TensorData::new(bias, [classes]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::from_data(bias, device)),
        }
    }

    pub(crate) fn forward(&self, features: Tensor<2>) -> Tensor<2> {
        linear(features, self.weight.val(), Some(self.bias.val()))
    }
}

impl ArtNetwork {
    /// The trunk from `weights`, heads small and random.
    pub(super) fn new(
        weights: &Weights,
        classes: [usize; LABELS],
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut random = Normal::new(seed);
        let mut head = |classes: usize| Head::new(&mut random, vec![0.0; classes], device);
        Self {
            trunk: LiteLayers::from_weights(weights, device),
            heads: classes.map(&mut head).into(),
        }
    }

    /// Logits of styles, genres, artists and words of `[batch, side, side, 3]`.
    pub(super) fn forward(&self, x: Tensor<4>) -> Vec<Tensor<2>> {
        let features = self.trunk.forward(x);
        let head = |head: &Head| head.forward(features.clone());
        self.heads.iter().map(head).collect()
    }
}
