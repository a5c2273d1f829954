//! The edge network on our layers: for training it.
//!
//! - **Computes** what [`crate::edge_net`] computes before the last sigmoid, and beside it one
//!   logit per cell at strides 16, 8 and 4, which only the training looks at (deep supervision).
//! - **Input** `[batch, height, width, 3]`, (v − 127) / 128, sides multiples of 16.
//! - **Output** [`EdgeLogits`].
//! - **Source, deviations** as [`crate::edge_net`].
//! - **Weights** a trunk with published weights ([`LiteLayers::from_weights`]) under a random
//!   decoder.

use crate::edge_net::{
    BLOCKS, COARSE, CONTEXT, DETAIL, HEAD, LATERAL, PARTS, REFINE, STEPS, TAPS, Weights, layer,
};
use crate::efficientnet_lite::layers::{LiteBlock, LiteLayers};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec, upsample};
use affetti_weights::convolution::Folded;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Channels of the maps that get a logit for the training: strides 16, 8 and 4.
const SIDES: [usize; 3] = [48, 32, 32];
/// Where the logits start: boundaries are rare, and a start at one half would first unlearn the
/// trunk.
const START: f32 = -2.5;

/// The network.
#[derive(Module, Debug)]
pub struct EdgeLayers {
    stem: Unit,
    blocks: Vec<LiteBlock>,
    parts: Vec<Unit>,
    sides: Vec<Unit>,
}

/// What the network says of a batch.
#[derive(Clone, Debug)]
pub struct EdgeLogits {
    /// `[batch, height / 2, width / 2, 4]`: the pixels of each 2 × 2 cell, row by row.
    pub fine: Tensor<4>,
    /// `[batch, height / s, width / s, 1]` for s = 16, 8 and 4: is there a boundary in the cell?
    pub sides: [Tensor<4>; 3],
}

impl EdgeLayers {
    /// A random decoder on the first blocks of `trunk`, which is a Lite0.
    #[must_use]
    pub fn init(trunk: LiteLayers, seed: u64, device: &Device) -> Self {
        let LiteLayers {
            stem, mut blocks, ..
        } = trunk;
        blocks.truncate(BLOCKS);
        let mut random = Normal::new(seed);
        let after = After::Bias;
        let mut parts = PARTS.map(|(_, conv)| UnitSpec { conv, after }.init(&mut random, device));
        parts[HEAD] = logits(PARTS[HEAD].1, &mut random, device);
        let sides = SIDES.map(|inputs| logits(layer(inputs, 1, 1), &mut random, device));
        Self {
            stem,
            blocks,
            parts: parts.into(),
            sides: sides.into(),
        }
    }

    /// See the module.
    ///
    /// # Panics
    /// Where a side is no multiple of 16: a bug of the caller.
    #[must_use]
    pub fn forward(&self, picture: Tensor<4>) -> EdgeLogits {
        let part = |n: usize, x: Tensor<4>, rest| self.parts[n].forward(x, rest);
        let mut x = self.stem.forward(picture.clone(), None);
        let mut taps = Vec::new();
        for (n, block) in self.blocks.iter().enumerate() {
            x = block.forward(x);
            if TAPS.contains(&n) {
                taps.push(x.clone());
            }
        }
        let [taps2, taps4, taps8, taps16]: [Tensor<4>; 4] =
            taps.try_into().expect("every tap is a block");
        let mut current = part(CONTEXT, part(COARSE, taps16, None), None);
        let mut sides = vec![self.sides[0].forward(current.clone(), None)];
        for (((lateral, refine), tap), side) in
            STEPS.into_iter().zip([taps8, taps4]).zip(&self.sides[1..])
        {
            let sum = part(lateral, tap, Some(upsample(current)));
            current = part(refine, sum, None);
            sides.push(side.forward(current.clone(), None));
        }
        let sum = part(LATERAL, taps2, Some(upsample(current)));
        let sum = part(DETAIL, picture, Some(sum));
        let fine = part(HEAD, part(REFINE, sum, None), None);
        let sides = sides.try_into().expect("three sides");
        EdgeLogits { fine, sides }
    }

    /// The weights without what only the training needs.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let blocks = self.blocks.iter().flat_map(LiteBlock::units);
        let units = [&self.stem].into_iter().chain(blocks).chain(&self.parts);
        Weights {
            layers: units.map(Unit::weights).collect(),
        }
    }
}

/// A layer of logits: small weights around [`START`].
fn logits(conv: Convolution, random: &mut Normal, device: &Device) -> Unit {
    let after = After::Bias;
    let folded = Folded {
        weight: random.many(conv.weight_shape().iter().product(), 0.01),
        bias: vec![START; conv.outputs],
    };
    UnitSpec { conv, after }.with_weights(folded, device)
}
