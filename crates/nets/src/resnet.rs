//! ResNet-50: the usual backbone to compare with.
//!
//! - **Computes** 2048 pooled features of each picture.
//! - **Input** `[batch, height, width, 3]`, normalised as the weights want; **output**
//!   `[batch, 2048]`, ≥ 0.
//! - **Source** He et al., "Deep Residual Learning" (2016), with the stride in the 3×3 layer as in
//!   torchvision ("v1.5").
//! - **Deviations** none; the classifier is the caller's.
//! - **Weights** random; nothing of this project ships any.

use crate::kernels::norm::Rectifier;
use crate::kernels::{Geometry, Padding};
use crate::layers::{After, Border, Kind, Normal, Unit, UnitSpec, max_pool, mean_pool};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct ResNet50 {
    stem: Unit,
    blocks: Vec<Bottleneck>,
}

/// 1×1, 3×3, 1×1 around a shortcut.
#[derive(Module, Debug)]
pub struct Bottleneck {
    reduce: Unit,
    filter: Unit,
    expand: Unit,
    shortcut: Option<Unit>,
}

fn unit(inputs: usize, outputs: usize, kernel: usize, stride: usize, act: Rectifier) -> UnitSpec {
    UnitSpec {
        kind: Kind::Dense,
        inputs,
        outputs,
        kernel,
        stride,
        border: Border::Fixed(kernel / 2),
        after: After::Norm(1e-5),
        act,
    }
}

impl ResNet50 {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let relu = Rectifier::Relu;
        let stem = unit(3, 64, 7, 2, relu).init(&mut random, device);
        let mut blocks = Vec::new();
        let mut inputs = 64;
        for (stage, repeats) in [3, 4, 6, 3].into_iter().enumerate() {
            let (inner, outputs) = (64 << stage, 256 << stage);
            for repeat in 0..repeats {
                let stride = if repeat == 0 && stage > 0 { 2 } else { 1 };
                let shortcut = unit(inputs, outputs, 1, stride, Rectifier::Identity);
                blocks.push(Bottleneck {
                    reduce: unit(inputs, inner, 1, 1, relu).init(&mut random, device),
                    filter: unit(inner, inner, 3, stride, relu).init(&mut random, device),
                    expand: unit(inner, outputs, 1, 1, relu).init(&mut random, device),
                    shortcut: (repeat == 0).then(|| shortcut.init(&mut random, device)),
                });
                inputs = outputs;
            }
        }
        Self { stem, blocks }
    }

    /// Folds and packs all units; see [`Unit::freeze`].
    #[must_use]
    pub fn freeze(self, gradient: bool) -> Self {
        let freeze = |block: Bottleneck| Bottleneck {
            reduce: block.reduce.freeze(gradient),
            filter: block.filter.freeze(gradient),
            expand: block.expand.freeze(gradient),
            shortcut: block.shortcut.map(|unit| unit.freeze(gradient)),
        };
        Self {
            stem: self.stem.freeze(gradient),
            blocks: self.blocks.into_iter().map(freeze).collect(),
        }
    }

    /// The pooled features.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let pool = Geometry {
            inputs: 64,
            outputs: 64,
            kernel: 3,
            stride: 2,
            padding: Padding::all(1),
        };
        let mut x = max_pool(self.stem.forward(x, None), pool);
        for block in &self.blocks {
            let y = block
                .filter
                .forward(block.reduce.forward(x.clone(), None), None);
            let skip = match &block.shortcut {
                Some(shortcut) => shortcut.forward(x, None),
                None => x,
            };
            x = block.expand.forward(y, Some(skip));
        }
        mean_pool(x)
    }
}
