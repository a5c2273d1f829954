//! CLIP's image tower, a vision transformer.
//!
//! - **Computes** the embedding of each picture: patches as tokens beside one for the class, blocks
//!   of attention and a gated MLP, each after a layer norm, and a projection of the class's token.
//! - **Input** `[batch, side, side, 3]` (ViT-B/32: side 224), normalised as the weights want.
//! - **Output** `[batch, outputs]` (512), unbounded, not of unit length.
//! - **Source** Dosovitskiy et al. (2021); Radford et al., "Learning Transferable Visual Models
//!   From Natural Language Supervision" (2021), section 2.4.
//! - **Deviations** none. [`crate::clip::vit`] is the same network for inference, without burn.
//! - **Weights** random, or OpenAI's by name; nothing of this project ships any.

use affetti_kernels::Convolution;
use affetti_layers::{After, LayerNorm, Normal, Unit, UnitSpec, attention, quick_gelu};
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Taker, Tensors};
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

pub use crate::clip::vit::Shape;

/// The network.
#[derive(Module, Debug)]
pub struct Vit {
    patches: Unit,
    class: Param<Tensor<1>>,
    positions: Param<Tensor<2>>,
    before: LayerNorm,
    blocks: Vec<VitBlock>,
    after: LayerNorm,
    projection: Unit,
    #[module(skip)]
    shape: Shape,
}

/// Attention and MLP, each added to what comes in.
#[derive(Module, Debug)]
pub struct VitBlock {
    attention_norm: LayerNorm,
    project: Unit,
    merge: Unit,
    mlp_norm: LayerNorm,
    widen: Unit,
    narrow: Unit,
    #[module(skip)]
    heads: usize,
}

/// Makes tensors by name and shape, whether from a file or from a seed.
type Source<'a> = dyn FnMut(&str, &[usize]) -> Vec<f32> + 'a;

fn linear(inputs: usize, outputs: usize, after: After) -> UnitSpec {
    let conv = Convolution::new(inputs, outputs, 1);
    UnitSpec { conv, after }
}

impl Vit {
    /// Random weights.
    #[must_use]
    pub fn init(shape: Shape, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        build(shape, device, &mut |name, sizes| {
            let count = sizes.iter().product();
            match sizes {
                [_] if name.ends_with("weight") => vec![1.0; count],
                [_] => vec![0.0; count],
                _ => random.many(count, 0.02),
            }
        })
    }

    /// OpenAI's tensors by name without the prefix `visual.` ([`Tensors::split_off`]).
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(
        shape: Shape,
        tensors: Tensors,
        device: &Device,
    ) -> Result<Self, NetError> {
        let mut taker: Taker = tensors.take_for("CLIP's image tower");
        let net = build(shape, device, &mut |name, sizes| taker.take(name, sizes));
        taker.finish()?;
        Ok(net)
    }

    /// Packs all units, so that no weight costs a gradient; see [`Unit::freeze`].
    #[must_use]
    pub fn freeze(self, gradient: bool) -> Self {
        let net = self.no_grad();
        let freeze = |block: VitBlock| VitBlock {
            project: block.project.freeze(gradient),
            merge: block.merge.freeze(gradient),
            widen: block.widen.freeze(gradient),
            narrow: block.narrow.freeze(gradient),
            ..block
        };
        Self {
            patches: net.patches.freeze(gradient),
            blocks: net.blocks.into_iter().map(freeze).collect(),
            projection: net.projection.freeze(gradient),
            ..net
        }
    }

    /// The embeddings.
    ///
    /// # Panics
    /// Where the pictures have another size, as burn's operators do.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<2> {
        let [batch, ..] = x.dims();
        let Shape {
            side,
            patch,
            width,
            outputs,
            ..
        } = self.shape;
        let row = side / patch;
        // A convolution whose windows do not overlap is a product over cut-out patches.
        let patches = x
            .reshape([batch, row, patch, row, patch, 3])
            .permute([0, 1, 3, 2, 4, 5])
            .reshape([batch, 1, row * row, patch * patch * 3]);
        let class = self.class.val().reshape([1, 1, 1, width]);
        let class = class.expand([batch, 1, 1, width]);
        let tokens = Tensor::cat(vec![class, self.patches.forward(patches, None)], 2);
        let positions = self.positions.val();
        let tokens = tokens + positions.reshape([1, 1, self.shape.tokens(), width]);
        let tokens = self.before.forward(tokens);
        let last = self.blocks.iter().fold(tokens, |x, block| block.forward(x));
        let class = self.after.forward(last.narrow(2, 0, 1));
        self.projection
            .forward(class, None)
            .reshape([batch, outputs])
    }
}

impl VitBlock {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let projected = self
            .project
            .forward(self.attention_norm.forward(x.clone()), None);
        let x = self
            .merge
            .forward(attention(projected, self.heads), Some(x));
        let wide = self.widen.forward(self.mlp_norm.forward(x.clone()), None);
        self.narrow.forward(quick_gelu(wide), Some(x))
    }
}

fn build(shape: Shape, device: &Device, get: &mut Source<'_>) -> Vit {
    let Shape { patch, width, .. } = shape;
    let pixels = patch * patch * 3;
    // The file has channels first; our patches have them last.
    let first = get("conv1.weight", &[width, 3, patch, patch]);
    let plane = patch * patch;
    let place = |i: usize| i / pixels * pixels + i % 3 * plane + i % pixels / 3;
    let first = unbiased((0..first.len()).map(|i| first[place(i)]));
    let patches = linear(pixels, width, After::Nothing).with_weights(first, device);
    let class = get("class_embedding", &[width]);
    let positions = [shape.tokens(), width];
    let values = get("positional_embedding", &positions);
    let positions = Tensor::from_data(TensorData::new(values, positions), device);
    let before = norm("ln_pre", width, device, get);
    let blocks = (0..shape.layers)
        .map(|n| block(&format!("transformer.resblocks.{n}"), shape, device, get))
        .collect();
    let after = norm("ln_post", width, device, get);
    // Stored for x · w instead of x · wᵀ.
    let last = get("proj", &[width, shape.outputs]);
    let place = |i: usize| i % width * shape.outputs + i / width;
    let last = unbiased((0..last.len()).map(|i| last[place(i)]));
    let spec = linear(width, shape.outputs, After::Nothing);
    Vit {
        patches,
        class: Param::from_tensor(Tensor::from_data(TensorData::new(class, [width]), device)),
        positions: Param::from_tensor(positions),
        before,
        blocks,
        after,
        projection: spec.with_weights(last, device),
        shape,
    }
}

fn unbiased(weight: impl Iterator<Item = f32>) -> Folded {
    Folded {
        weight: weight.collect(),
        bias: Vec::new(),
    }
}

fn norm(name: &str, width: usize, device: &Device, get: &mut Source<'_>) -> LayerNorm {
    let gamma = get(&format!("{name}.weight"), &[width]);
    LayerNorm::new(gamma, get(&format!("{name}.bias"), &[width]), device)
}

fn block(name: &str, shape: Shape, device: &Device, get: &mut Source<'_>) -> VitBlock {
    let width = shape.width;
    let mut unit = |part: &str, inputs: usize, outputs: usize| {
        let weight = get(&format!("{name}.{part}weight"), &[outputs, inputs]);
        let bias = get(&format!("{name}.{part}bias"), &[outputs]);
        linear(inputs, outputs, After::Bias).with_weights(Folded { weight, bias }, device)
    };
    let project = unit("attn.in_proj_", width, 3 * width);
    let merge = unit("attn.out_proj.", width, width);
    let widen = unit("mlp.c_fc.", width, 4 * width);
    let narrow = unit("mlp.c_proj.", 4 * width, width);
    VitBlock {
        attention_norm: norm(&format!("{name}.ln_1"), width, device, get),
        project,
        merge,
        mlp_norm: norm(&format!("{name}.ln_2"), width, device, get),
        widen,
        narrow,
        heads: shape.heads,
    }
}
