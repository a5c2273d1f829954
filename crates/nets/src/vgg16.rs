//! VGG16's convolutions: perceptual features.
//!
//! - **Computes** the maps after the last pooling, and those after each block before it.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output**
//!   `[batch, height / 32, width / 32, 512]`, ≥ 0.
//! - **Source** Simonyan & Zisserman (2015), configuration D.
//! - **Deviations** without the three fully connected layers.
//! - **Weights** random, or the caller's.

use crate::kernels::norm::Rectifier;
use crate::kernels::{Geometry, Padding};
use crate::layers::{After, Border, Kind, Normal, Unit, UnitSpec, max_pool};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// (layers, channels) of the five blocks.
const BLOCKS: [(usize, usize); 5] = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];

/// The network.
#[derive(Module, Debug)]
pub struct Vgg16 {
    blocks: Vec<Vec<Unit>>,
}

impl Vgg16 {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let mut inputs = 3;
        let mut layer = |outputs: usize| {
            let spec = UnitSpec {
                kind: Kind::Dense,
                inputs,
                outputs,
                kernel: 3,
                stride: 1,
                border: Border::Fixed(1),
                after: After::Bias,
                act: Rectifier::Relu,
            };
            inputs = outputs;
            spec.init(&mut random, device)
        };
        let blocks = BLOCKS
            .iter()
            .map(|&(layers, channels)| (0..layers).map(|_| layer(channels)).collect())
            .collect();
        Self { blocks }
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
