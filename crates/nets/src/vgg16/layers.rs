//! VGG16's convolutions on our layers: for training, and for gradients with respect to the input.
//!
//! - **Computes** the maps after the last pooling, and those after each block before it.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output**
//!   `[batch, height / 32, width / 32, 512]`, ≥ 0.
//! - **Source, deviations** as [`crate::vgg16`], which needs no burn.
//! - **Weights** random ([`Vgg16Layers::init`]) or published ones ([`Vgg16Layers::from_weights`]).

use crate::flow::halve_tensor;
use crate::vgg16::{Weights, blocks};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct Vgg16Layers {
    blocks: Vec<Vec<Unit>>,
}

fn unit(conv: Convolution) -> UnitSpec {
    let after = After::Bias;
    UnitSpec { conv, after }
}

impl Vgg16Layers {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        Self {
            blocks: blocks(|layer| unit(layer).init(&mut random, device)),
        }
    }

    /// Published weights.
    ///
    /// # Panics
    /// Never: `Weights` has every layer.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let mut layers = weights.layers.iter().cloned();
        let mut next = || layers.next().expect("weights have every layer");
        Self {
            blocks: blocks(|layer| unit(layer).with_weights(next(), device)),
        }
    }

    /// Packs all units; see [`Unit::freeze`].
    #[must_use]
    pub fn freeze(self, gradient: bool) -> Self {
        let freeze = |block: Vec<Unit>| block.into_iter().map(|u| u.freeze(gradient)).collect();
        Self {
            blocks: self.blocks.into_iter().map(freeze).collect(),
        }
    }

    /// The maps of each block before its pooling, and the pooled last one.
    #[must_use]
    pub fn features(&self, x: Tensor<4>) -> (Vec<Tensor<4>>, Tensor<4>) {
        let mut maps = Vec::new();
        let last = self.run(x, &mut |map| maps.push(map.clone()));
        (maps, last)
    }

    /// The pooled last map.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.run(x, &mut |_| {})
    }

    fn run(&self, mut x: Tensor<4>, visit: &mut dyn FnMut(&Tensor<4>)) -> Tensor<4> {
        for block in &self.blocks {
            x = block.iter().fold(x, |x, unit| unit.forward(x, None));
            visit(&x);
            x = halve_tensor(x, 2);
        }
        x
    }
}
