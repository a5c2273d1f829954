//! ResNet-34 and ResNet-50 on our layers: for training, and for gradients with respect to the input.
//!
//! - **Computes** the pooled features of each picture.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output** `[batch, 512]`
//!   (ResNet-34) or `[batch, 2048]` (ResNet-50), ≥ 0.
//! - **Source, deviations** as [`crate::resnet`], which needs no burn.
//! - **Weights** random ([`ResNetLayers::init`]) or published ones
//!   ([`ResNetLayers::from_weights`]).

use crate::resnet::{EPSILON, Residual, Variant, Weights, stem};
use affetti_kernels::{Geometry, Padding};
use affetti_layers::{After, Normal, Unit, UnitSpec, max_pool, mean_pool};
use affetti_weights::convolution::{ConvTensors, LayerSpec};
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

fn unit(spec: LayerSpec) -> UnitSpec {
    UnitSpec::of(spec, After::Norm(EPSILON as f32))
}

impl From<Residual<Unit>> for ResidualBlock {
    fn from(block: Residual<Unit>) -> Self {
        Self {
            units: block.layers,
            shortcut: block.shortcut,
        }
    }
}

impl ResNetLayers {
    /// Random weights.
    #[must_use]
    pub fn init(variant: Variant, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let mut make = |spec: &LayerSpec| unit(*spec).init(&mut random, device);
        Self {
            stem: make(&stem()),
            blocks: variant
                .blocks()
                .iter()
                .map(|(_, block)| block.map(&mut make).into())
                .collect(),
        }
    }

    /// Published weights, with their normalisation as it is, so that they can be trained on.
    ///
    /// # Panics
    /// Never: `Weights` has every layer of its variant.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let make =
            |spec: LayerSpec, tensors: &ConvTensors| unit(spec).with_tensors(tensors, device);
        let specs = weights.variant.blocks();
        let blocks = specs
            .iter()
            .zip(&weights.blocks)
            .map(|((_, specs), tensors)| {
                let mut tensors = tensors.layers.iter().chain(&tensors.shortcut);
                let block =
                    specs.map(|spec| make(*spec, tensors.next().expect("every layer is there")));
                block.into()
            });
        Self {
            stem: make(stem(), &weights.stem),
            blocks: blocks.collect(),
        }
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
        let channels = self.stem.spec().outputs;
        let pool = Geometry {
            inputs: channels,
            outputs: channels,
            kernel: 3,
            stride: 2,
            padding: Padding::all(1),
        };
        let x = max_pool(self.stem.forward(x, None), pool);
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
