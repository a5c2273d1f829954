//! VGG16's convolutions on our layers: for training, and for gradients with respect to the input.
//!
//! - **Computes** the maps after the last pooling, and those after each block before it.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output**
//!   `[batch, height / 32, width / 32, 512]`, ≥ 0.
//! - **Source, deviations** as [`crate::vgg16`], which needs no burn.
//! - **Weights** random ([`Vgg16Layers::init`]) or published ones ([`Vgg16Layers::from_weights`]).

use crate::vgg16::{BLOCKS, Weights, blocks};
use affetti_kernels::{Geometry, Padding};
use affetti_layers::{After, Normal, Unit, UnitSpec, max_pool};
use affetti_weights::convolution::{ConvTensors, LayerSpec};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct Vgg16Layers {
    blocks: Vec<Vec<Unit>>,
}

fn unit(spec: LayerSpec) -> UnitSpec {
    UnitSpec::of(spec, After::Bias)
}

impl Vgg16Layers {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let mut make = |spec| unit(spec).init(&mut random, device);
        let make = |block: Vec<LayerSpec>| block.into_iter().map(&mut make).collect();
        Self {
            blocks: blocks().into_iter().map(make).collect(),
        }
    }

    /// Published weights.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let blocks = blocks().into_iter().zip(&weights.blocks);
        let make = |(specs, tensors): (Vec<LayerSpec>, &Vec<ConvTensors>)| {
            let pairs = specs.into_iter().zip(tensors);
            let units = pairs.map(|(spec, tensors)| unit(spec).with_tensors(tensors, device));
            units.collect()
        };
        Self {
            blocks: blocks.map(make).collect(),
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
        for (block, (_, channels)) in self.blocks.iter().zip(BLOCKS) {
            for unit in block {
                x = unit.forward(x, None);
            }
            visit(&x);
            let pool = Geometry {
                inputs: channels,
                outputs: channels,
                kernel: 2,
                stride: 2,
                padding: Padding::default(),
            };
            x = max_pool(x, pool);
        }
        x
    }
}
