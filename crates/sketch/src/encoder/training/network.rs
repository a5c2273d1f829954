//! The network in training: a trunk, a linear map to the embedding, and one from a middle layer to
//! the teacher's.

use affetti_nets::{
    efficientnet_lite::{FEATURES, Weights},
    layers::{Normal, linear},
    lite_layers::LiteLayers,
};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::{super::Projection, cache::STAGE};

/// Trunk and heads.
#[derive(Module, Debug)]
pub(super) struct LineNetwork {
    pub(super) trunk: LiteLayers,
    line: Head,
    middle: Head,
    tap: usize,
}

/// `[batch, inputs]` → `[batch, outputs]`.
#[derive(Module, Debug)]
struct Head {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Head {
    fn new(outputs: usize, inputs: usize, random: &mut Normal, device: &Device) -> Self {
        let deviation = (1.0 / inputs as f64).sqrt();
        let weight = random.many(outputs * inputs, deviation);
        let weight = TensorData::new(weight, [outputs, inputs]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::zeros([outputs], device)),
        }
    }

    fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }
}

impl LineNetwork {
    /// The trunk from `weights`; heads of these `widths` small and random.
    pub(super) fn new(
        weights: &Weights,
        [dimension, middle]: [usize; 2],
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut random = Normal::new(seed);
        let variant = weights.variant();
        Self {
            trunk: LiteLayers::from_weights(weights, device),
            line: Head::new(dimension, FEATURES, &mut random, device),
            middle: Head::new(
                middle,
                variant.stage_means(STAGE).len(),
                &mut random,
                device,
            ),
            tap: variant.last_block(STAGE),
        }
    }

    /// Embeddings, not yet of unit length, and what the middle layer says of the teacher's.
    pub(super) fn forward(&self, x: Tensor<4>) -> [Tensor<2>; 2] {
        let [pooled, middle] = self.trunk.forward_with(x, self.tap);
        [self.line.forward(pooled), self.middle.forward(middle)]
    }

    /// The map to the embedding.
    pub(super) fn line(&self) -> Projection {
        let floats = |data: TensorData| data.try_to_vec::<f32>().unwrap_or_default();
        Projection {
            weight: floats(self.line.weight.val().into_data()),
            bias: floats(self.line.bias.val().into_data()),
        }
    }
}
