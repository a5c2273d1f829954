//! ResNet-34 and ResNet-50 on our layers: for training, and for gradients with respect to the input.
//!
//! - **Computes** the pooled features of each picture.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output** `[batch, 512]`
//!   (ResNet-34) or `[batch, 2048]` (ResNet-50), ≥ 0.
//! - **Source, deviations** as [`crate::resnet`], which needs no burn.
//! - **Weights** random ([`ResNetLayers::init`]) or published ones
//!   ([`ResNetLayers::from_weights`]).

use crate::flow::halve_tensor;
use crate::resnet::{EPSILON, Residual, Stages, Variant, Weights};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec, mean_pool};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct ResNetLayers {
    stem: Unit,
    blocks: Vec<ResidualBlock>,
}

/// The last residual stages, for training on maps that the ones below have made
/// ([`crate::resnet::ResNet::map_below`]).
#[derive(Module, Debug)]
pub struct ResNetTop {
    blocks: Vec<ResidualBlock>,
}

/// Two or three units around a shortcut.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    units: Vec<Unit>,
    shortcut: Option<Unit>,
}

fn unit(conv: Convolution) -> UnitSpec {
    let after = After::Norm(EPSILON as f32);
    UnitSpec { conv, after }
}

impl From<Stages<Unit>> for ResNetLayers {
    fn from(stages: Stages<Unit>) -> Self {
        let mut stem = stages.stem.into_iter();
        let block = |Residual { layers, shortcut }| ResidualBlock {
            units: layers,
            shortcut,
        };
        Self {
            stem: stem.next().expect("one layer"),
            blocks: stages.blocks.into_iter().map(block).collect(),
        }
    }
}

impl ResNetLayers {
    /// Random weights.
    #[must_use]
    pub fn init(variant: Variant, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let units = variant.layers();
        units
            .map(|named| unit(named.layer).init(&mut random, device))
            .into()
    }

    /// Published weights, with their normalisation as it is, so that they can be trained on.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let units = weights.build(|layer, tensors| unit(layer).with_tensors(tensors, device));
        units.into()
    }

    /// Folds and packs all units; see [`Unit::freeze`].
    #[must_use]
    pub fn freeze(self, gradient: bool) -> Self {
        let freeze = |block: ResidualBlock| ResidualBlock {
            units: block
                .units
                .into_iter()
                .map(|unit| unit.freeze(gradient))
                .collect(),
            shortcut: block.shortcut.map(|unit| unit.freeze(gradient)),
        };
        Self {
            stem: self.stem.freeze(gradient),
            blocks: self.blocks.into_iter().map(freeze).collect(),
        }
    }

    /// The last `stages` residual stages of this network, which is a `variant`.
    #[must_use]
    pub fn top(self, variant: Variant, stages: usize) -> ResNetTop {
        let below = self.blocks.len() - variant.blocks_of_last(stages);
        ResNetTop {
            blocks: self.blocks.into_iter().skip(below).collect(),
        }
    }

    /// The pooled features.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = halve_tensor(self.stem.forward(x, None), 3);
        mean_pool(self.blocks.iter().fold(x, |x, block| block.forward(x)))
    }
}

impl ResNetTop {
    /// The pooled features of maps `[batch, height, width, channels]` of the stage below.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        mean_pool(self.blocks.iter().fold(x, |x, block| block.forward(x)))
    }
}

impl ResidualBlock {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let skip = match &self.shortcut {
            Some(shortcut) => shortcut.forward(x.clone(), None),
            None => x.clone(),
        };
        let (last, before) = self.units.split_last().expect("a block has units");
        let inside = before.iter().fold(x, |x, unit| unit.forward(x, None));
        last.forward(inside, Some(skip))
    }
}
