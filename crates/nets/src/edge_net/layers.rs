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
    BLOCKS, COARSE, CONTEXT, DETAIL, HEAD, LATERAL, PARTS, Part, REFINE, STEPS, TAPS, Weights,
};
use crate::efficientnet_lite::layers::{LiteBlock, LiteLayers};
use affetti_kernels::norm::Rectifier;
use affetti_layers::{After, Border, Kind, Normal, Unit, UnitSpec, upsample};
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
        let mut parts: Vec<Unit> = PARTS
            .iter()
            .map(|part| spec(part).init(&mut random, device))
            .collect();
        parts[HEAD] = logits(&PARTS[HEAD], &mut random, device);
        let side = |inputs: usize| Part {
            name: "side",
            inputs,
            outputs: 1,
            kernel: 1,
            stride: 1,
            rectified: false,
        };
        let sides = SIDES.map(|inputs| logits(&side(inputs), &mut random, device));
        Self {
            stem,
            blocks,
            parts,
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
        // The kernels for inference add after the rectifier here, so no residual of the unit.
        let sum = part(DETAIL, picture, None) + sum;
        let fine = part(HEAD, part(REFINE, sum, None), None);
        let sides = sides.try_into().expect("three sides");
        EdgeLogits { fine, sides }
    }

    /// The weights without what only the training needs.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let folded = |unit: &Unit| {
            let (weight, bias) = unit.weights();
            Folded { weight, bias }
        };
        let block = |b: &LiteBlock| {
            (
                b.expand.as_ref().map(folded),
                folded(&b.depthwise),
                folded(&b.project),
            )
        };
        Weights {
            stem: folded(&self.stem),
            blocks: self.blocks.iter().map(block).collect(),
            parts: self.parts.iter().map(folded).collect(),
        }
    }
}

fn spec(part: &Part) -> UnitSpec {
    UnitSpec {
        kind: Kind::Dense,
        inputs: part.inputs,
        outputs: part.outputs,
        kernel: part.kernel,
        stride: part.stride,
        border: Border::Same,
        after: After::Bias,
        act: if part.rectified {
            Rectifier::Relu
        } else {
            Rectifier::Identity
        },
    }
}

/// A layer of logits: small weights around [`START`].
fn logits(part: &Part, random: &mut Normal, device: &Device) -> Unit {
    let count = part.inputs * part.outputs * part.kernel * part.kernel;
    let weight = random.many(count, 0.01);
    spec(part).with_weights(weight, vec![START; part.outputs], device)
}
