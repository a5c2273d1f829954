//! EfficientNet-Lite on our layers: for training it, and for gradients with respect to its input.
//!
//! - **Computes** the 1280 pooled features of each picture.
//! - **Input** `[batch, height, width, 3]`, (v − 127) / 128; **output** `[batch, 1280]` in 0..6.
//! - **Source, deviations** as [`crate::efficientnet_lite`], which is the faster one for single
//!   pictures without gradients.
//! - **Weights** random ([`LiteLayers::init`]) or folded published ones
//!   ([`LiteLayers::from_weights`]).

use crate::efficientnet_lite::{STEM_LAYER, Variant, Weights, head, next};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec, mean_pool};
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
    expand: Option<Unit>,
    depthwise: Unit,
    project: Unit,
    skips: bool,
    /// Whether a stage ends with it.
    ends: bool,
}

/// The units of `variant`; `make` turns layers into units, in their order.
fn build(variant: Variant, mut make: impl FnMut(Convolution) -> Unit) -> LiteLayers {
    let specs = variant.blocks();
    let stem = make(STEM_LAYER);
    let blocks = specs.iter().map(|block| LiteBlock {
        expand: block.expand().map(&mut make),
        depthwise: make(block.depthwise()),
        project: make(block.project()),
        skips: block.skips(),
        ends: block.ends_stage,
    });
    let blocks = blocks.collect();
    let head = make(head(&specs));
    LiteLayers { stem, blocks, head }
}

impl LiteLayers {
    /// Random weights, with batch normalisation.
    #[must_use]
    pub fn init(variant: Variant, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let after = After::Norm(1e-3);
        build(variant, |conv| {
            UnitSpec { conv, after }.init(&mut random, device)
        })
    }

    /// Published weights with their normalisation folded in.
    ///
    /// # Panics
    /// Never: `Weights` has every layer of its variant.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let mut layers = weights.layers.iter();
        let after = After::Bias;
        build(weights.variant, |conv| {
            UnitSpec { conv, after }.with_weights(next(&mut layers).clone(), device)
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
            ends: block.ends,
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

    /// The maps at the end of `stages`, ascending and counted from 1, and the pooled features.
    #[must_use]
    pub fn forward_stages(&self, x: Tensor<4>, stages: &[usize]) -> (Vec<Tensor<4>>, Tensor<2>) {
        let mut x = self.stem.forward(x, None);
        let (mut maps, mut stage) = (Vec::new(), 0);
        for block in &self.blocks {
            x = block.forward(x);
            stage += usize::from(block.ends);
            if block.ends && stages.contains(&stage) {
                maps.push(x.clone());
            }
        }
        (maps, mean_pool(self.head.forward(x, None)))
    }

    /// The weights as a network for inference takes them, which is of `variant`.
    #[must_use]
    pub fn weights(&self, variant: Variant) -> Weights {
        let blocks = self.blocks.iter().flat_map(LiteBlock::units);
        let units = [&self.stem].into_iter().chain(blocks).chain([&self.head]);
        Weights {
            variant,
            layers: units.map(Unit::weights).collect(),
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
    /// In their order.
    pub(crate) fn units(&self) -> impl Iterator<Item = &Unit> {
        let after = [&self.depthwise, &self.project];
        self.expand.iter().chain(after)
    }

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
