//! The network in training: a trunk, a linear map of its pooled features to the meaning, and one of
//! the cells of its last map to the layout.

use affetti_layers::{Normal, linear, mean_pool};
use affetti_nets::{
    efficientnet_lite::layers::LiteLayers,
    efficientnet_lite::{FEATURES, Weights},
};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::super::{GRID, Pair, Projection};

/// Trunk and heads.
#[derive(Module, Debug)]
pub struct LineNetwork {
    pub(super) trunk: LiteLayers,
    meaning: Head,
    layout: Head,
}

/// `[batch, parts · inputs]` → `[batch, parts · outputs]`: one map for all parts, a bias for each.
#[derive(Module, Debug)]
struct Head {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Head {
    fn new(outputs: usize, parts: usize, random: &mut Normal, device: &Device) -> Self {
        let deviation = (1.0 / FEATURES as f64).sqrt();
        let weight = random.many(outputs * FEATURES, deviation);
        let weight = TensorData::new(weight, [outputs, FEATURES]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::zeros([parts * outputs], device)),
        }
    }

    /// `x` has a row for each part of each picture.
    fn forward(&self, x: Tensor<2>, batch: usize) -> Tensor<2> {
        let [values] = self.bias.dims();
        let y = linear(x, self.weight.val(), None).reshape([batch, values]);
        y + self.bias.val().unsqueeze::<2>()
    }

    fn projection(&self) -> Projection {
        let floats = |data: TensorData| data.try_to_vec::<f32>().unwrap_or_default();
        Projection {
            inputs: FEATURES,
            weight: floats(self.weight.val().into_data()),
            bias: floats(self.bias.val().into_data()),
        }
    }
}

impl LineNetwork {
    /// The trunk from `weights`; heads small and random, of `dimension` values and of `cell` values
    /// a cell.
    pub(super) fn new(
        weights: &Weights,
        [dimension, cell]: [usize; 2],
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut random = Normal::new(seed);
        Self {
            trunk: LiteLayers::from_weights(weights, device),
            meaning: Head::new(dimension, 1, &mut random, device),
            layout: Head::new(cell, GRID * GRID, &mut random, device),
        }
    }

    /// Meanings and layouts, not yet of unit length, of squares of 32 · [`GRID`] pixels.
    pub(super) fn forward(&self, x: Tensor<4>) -> [Tensor<2>; 2] {
        let map = self.trunk.forward_map(x);
        let [batch, ..] = map.dims();
        let cells = map.clone().reshape([batch * GRID * GRID, FEATURES]);
        [
            self.meaning.forward(mean_pool(map), batch),
            self.layout.forward(cells, batch),
        ]
    }

    /// The maps to the embedding.
    pub(super) fn line(&self) -> Pair {
        Pair {
            meaning: self.meaning.projection(),
            layout: self.layout.projection(),
        }
    }
}
