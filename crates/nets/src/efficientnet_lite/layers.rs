//! EfficientNet-Lite on our layers: for training it, and for gradients with respect to its input.
//!
//! - **Computes** the 1280 pooled features of each picture.
//! - **Input** `[batch, height, width, 3]`, (v − 127) / 128; **output** `[batch, 1280]` in 0..6.
//! - **Source, deviations** as [`crate::efficientnet_lite`], which is the faster one for single
//!   pictures without gradients.
//! - **Weights** random ([`LiteLayers::init`]) or folded published ones
//!   ([`LiteLayers::from_weights`]).

use crate::efficientnet_lite::{FEATURES, Variant, Weights};
use affetti_kernels::norm::Rectifier;
use affetti_layers::{After, Border, Kind, Normal, Unit, UnitSpec, mean_pool};
use affetti_weights::convolution::Folded;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct LiteLayers {
    pub(crate) stem: Unit,
    pub(crate) blocks: Vec<LiteBlock>,
    head: Unit,
}

/// The network without its first stages, for training on maps that those have made before
/// ([`crate::efficientnet_lite::EfficientNetLite::stage_map`]).
#[derive(Module, Debug)]
pub struct LiteTop {
    /// Where no stage was cut off.
    stem: Option<Unit>,
    blocks: Vec<LiteBlock>,
    head: Unit,
}

/// One inverted residual block.
#[derive(Module, Debug)]
pub struct LiteBlock {
    pub(crate) expand: Option<Unit>,
    pub(crate) depthwise: Unit,
    pub(crate) project: Unit,
    skips: bool,
}

/// The units of `variant` in order; `make` turns the n-th specification into a unit.
fn build(
    variant: Variant,
    after: After,
    make: &mut dyn FnMut(Part, UnitSpec) -> Unit,
) -> LiteLayers {
    let spec = |kind, inputs, outputs, kernel, stride, act| UnitSpec {
        kind,
        inputs,
        outputs,
        kernel,
        stride,
        border: Border::Same,
        after,
        act,
    };
    let relu6 = Rectifier::Relu6;
    let blocks = variant.blocks();
    let first = blocks.first().map_or(0, |b| b.inputs);
    let last = blocks.last().map_or(first, |b| b.outputs);
    let stem = make(Part::Stem, spec(Kind::Dense, 3, first, 3, 2, relu6));
    let blocks = blocks
        .iter()
        .enumerate()
        .map(|(n, b)| LiteBlock {
            expand: (b.expanded != b.inputs).then(|| {
                let unit = spec(Kind::Dense, b.inputs, b.expanded, 1, 1, relu6);
                make(Part::Expand(n), unit)
            }),
            depthwise: {
                let unit = spec(
                    Kind::Depthwise,
                    b.expanded,
                    b.expanded,
                    b.kernel,
                    b.stride,
                    relu6,
                );
                make(Part::Depthwise(n), unit)
            },
            project: {
                let unit = spec(
                    Kind::Dense,
                    b.expanded,
                    b.outputs,
                    1,
                    1,
                    Rectifier::Identity,
                );
                make(Part::Project(n), unit)
            },
            skips: b.stride == 1 && b.inputs == b.outputs,
        })
        .collect();
    let head = make(Part::Head, spec(Kind::Dense, last, FEATURES, 1, 1, relu6));
    LiteLayers { stem, blocks, head }
}

enum Part {
    Stem,
    Expand(usize),
    Depthwise(usize),
    Project(usize),
    Head,
}

impl LiteLayers {
    /// Random weights, with batch normalisation.
    #[must_use]
    pub fn init(variant: Variant, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        build(variant, After::Norm(1e-3), &mut |_, spec| {
            spec.init(&mut random, device)
        })
    }

    /// Published weights with their normalisation folded in.
    ///
    /// # Panics
    /// Never: `Weights` has every block of its variant.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let unit = |folded: &Folded, spec: UnitSpec| {
            spec.with_weights(folded.weight.clone(), folded.bias.clone(), device)
        };
        build(weights.variant, After::Bias, &mut |part, spec| match part {
            Part::Stem => unit(&weights.stem, spec),
            Part::Expand(n) => {
                let folded = weights.blocks[n].0.as_ref();
                unit(folded.expect("expanding blocks have the weight"), spec)
            }
            Part::Depthwise(n) => unit(&weights.blocks[n].1, spec),
            Part::Project(n) => unit(&weights.blocks[n].2, spec),
            Part::Head => unit(&weights.head, spec),
        })
    }

    /// Folds and packs all units; see [`Unit::freeze`].
    #[must_use]
    pub fn freeze(self, gradient: bool) -> Self {
        let freeze = |block: LiteBlock| LiteBlock {
            expand: block.expand.map(|unit| unit.freeze(gradient)),
            depthwise: block.depthwise.freeze(gradient),
            project: block.project.freeze(gradient),
            skips: block.skips,
        };
        Self {
            stem: self.stem.freeze(gradient),
            blocks: self.blocks.into_iter().map(freeze).collect(),
            head: self.head.freeze(gradient),
        }
    }

    /// The part above the first `stages` stages of `variant`; all of it for 0.
    #[must_use]
    pub fn top(self, variant: Variant, stages: usize) -> LiteTop {
        let below = variant.blocks_of(stages);
        LiteTop {
            stem: (stages == 0).then_some(self.stem),
            blocks: self.blocks.into_iter().skip(below).collect(),
            head: self.head,
        }
    }

    /// The last map, `[batch, height, width, 1280]`, whose mean are the pooled features.
    #[must_use]
    pub fn forward_map(&self, x: Tensor<4>) -> Tensor<4> {
        let mut x = self.stem.forward(x, None);
        for block in &self.blocks {
            x = block.forward(x);
        }
        self.head.forward(x, None)
    }

    /// The weights as a network for inference takes them, which is of `variant`.
    #[must_use]
    pub fn weights(&self, variant: Variant) -> Weights {
        let folded = |unit: &Unit| {
            let (weight, bias) = unit.weights();
            Folded { weight, bias }
        };
        let block = |b: &LiteBlock| {
            let expand = b.expand.as_ref().map(folded);
            (expand, folded(&b.depthwise), folded(&b.project))
        };
        Weights {
            variant,
            stem: folded(&self.stem),
            blocks: self.blocks.iter().map(block).collect(),
            head: folded(&self.head),
            classifier: None,
        }
    }

    /// The pooled features.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        mean_pool(self.forward_map(x))
    }
}

impl LiteTop {
    /// The pooled features of maps `[batch, height, width, channels]` of the stage below, or of
    /// pictures where no stage was cut off.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let x = match &self.stem {
            Some(stem) => stem.forward(x, None),
            None => x,
        };
        let x = self.blocks.iter().fold(x, |x, block| block.forward(x));
        mean_pool(self.head.forward(x, None))
    }
}

impl LiteBlock {
    /// Applies the block.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let skip = self.skips.then(|| x.clone());
        let inside = match &self.expand {
            Some(expand) => expand.forward(x, None),
            None => x,
        };
        self.project
            .forward(self.depthwise.forward(inside, None), skip)
    }
}
