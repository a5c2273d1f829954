//! CLIP's vision transformer for inference, with what the class token attends to.
//!
//! - **Computes** the embedding of each picture, and for every block and head the attention of the
//!   class token: how much of each token it reads.
//! - **Input** `[batch, side, side, 3]` (ViT-B/32: side 224), 0..=1 less [`super::MEAN`] over
//!   [`super::DEVIATION`].
//! - **Output** embeddings `[batch, outputs]`, unbounded; attention `[batch, heads, tokens]` a
//!   block, ≥ 0, the sum over tokens is 1, token 0 is the class's own.
//! - **Source** Dosovitskiy et al. (2021); Radford et al. (2021), section 2.4.
//! - **Deviations** none. `crate::vit` is the same network with gradients, on burn.
//! - **Weights** OpenAI's by name ([`super::names`]); nothing of this project ships any.

use affetti_kernels::attention::{Attention, quick_gelu};
use affetti_kernels::gelu::gelu;
use affetti_kernels::layer_norm::layer_norm;
use affetti_kernels::{Batch, Epilogue, ForwardWeights, Geometry, Isa, Padding};
use affetti_weights::NetError;
use affetti_weights::tensors::{Taker, Tensors};

/// PyTorch's ε.
const EPSILON: f32 = 1e-5;
/// Floats of a head in all of CLIP's transformers.
pub(crate) const HEAD: usize = 64;

/// Sizes of a tower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Of the square picture, in pixels; a multiple of the patch.
    pub side: usize,
    /// Side of a patch in pixels.
    pub patch: usize,
    /// Floats of a token.
    pub width: usize,
    /// Divides the width.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Floats of the embedding.
    pub outputs: usize,
}

/// The unit between the two layers of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gate {
    /// x · σ(1.702 x), as OpenAI trained.
    #[default]
    Quick,
    /// x · Φ(x), as most of OpenCLIP's models were trained. A file of weights does not tell which.
    Exact,
}

impl Shape {
    /// ViT-B/32, 88 M parameters.
    pub const B32: Self = Self {
        side: 224,
        patch: 32,
        width: 768,
        heads: 12,
        layers: 12,
        outputs: 512,
    };

    /// Patches along a side.
    #[must_use]
    pub const fn row(&self) -> usize {
        self.side / self.patch
    }

    /// Patches and the class.
    #[must_use]
    pub const fn tokens(&self) -> usize {
        self.row().pow(2) + 1
    }

    /// Every tensor by OpenAI's name without `visual.`, and its shape.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let (width, patch) = (self.width, self.patch);
        let mut all = Vec::new();
        let mut put = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));
        put("conv1.weight".into(), &[width, 3, patch, patch]);
        put("class_embedding".into(), &[width]);
        put("positional_embedding".into(), &[self.tokens(), width]);
        put("proj".into(), &[width, self.outputs]);
        for norm in ["ln_pre", "ln_post"] {
            put(format!("{norm}.weight"), &[width]);
            put(format!("{norm}.bias"), &[width]);
        }
        for n in 0..self.layers {
            let name = |part: &str| format!("transformer.resblocks.{n}.{part}");
            for (part, outputs, inputs) in [
                ("attn.in_proj_", 3 * width, width),
                ("attn.out_proj.", width, width),
                ("mlp.c_fc.", 4 * width, width),
                ("mlp.c_proj.", width, 4 * width),
            ] {
                put(name(&format!("{part}weight")), &[outputs, inputs]);
                put(name(&format!("{part}bias")), &[outputs]);
            }
            for norm in ["ln_1", "ln_2"] {
                put(name(&format!("{norm}.weight")), &[width]);
                put(name(&format!("{norm}.bias")), &[width]);
            }
        }
        all
    }
}

#[derive(Clone, Debug)]
struct Linear {
    weights: ForwardWeights,
    bias: Vec<f32>,
    inputs: usize,
    outputs: usize,
}

impl Linear {
    fn new(weight: &[f32], bias: Vec<f32>, inputs: usize, outputs: usize) -> Self {
        let geometry = Geometry {
            inputs,
            outputs,
            kernel: 1,
            stride: 1,
            padding: Padding::default(),
        };
        Self {
            weights: ForwardWeights::new(geometry, weight, Isa::detect()),
            bias,
            inputs,
            outputs,
        }
    }

    fn take(taker: &mut Taker, name: &str, inputs: usize, outputs: usize) -> Self {
        let weight = taker.take(&format!("{name}weight"), &[outputs, inputs]);
        let bias = taker.take(&format!("{name}bias"), &[outputs]);
        Self::new(&weight, bias, inputs, outputs)
    }

    fn run(&self, x: &[f32], residual: Option<&[f32]>) -> Vec<f32> {
        let rows = x.len() / self.inputs;
        let mut out = vec![0.0; rows * self.outputs];
        let epilogue = Epilogue {
            bias: &self.bias,
            residual,
            ..Epilogue::default()
        };
        let shape = Batch::new([1, 1, rows, self.inputs]);
        self.weights.run(shape, x, epilogue, &mut out);
        out
    }
}

#[derive(Clone, Debug)]
struct Norm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
}

impl Norm {
    fn take(taker: &mut Taker, name: &str, width: usize) -> Self {
        Self {
            gamma: taker.take(&format!("{name}.weight"), &[width]),
            beta: taker.take(&format!("{name}.bias"), &[width]),
        }
    }

    fn run(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        layer_norm(x, (&self.gamma, &self.beta), EPSILON, &mut out);
        out
    }
}

#[derive(Clone, Debug)]
struct Block {
    norms: [Norm; 2],
    project: Linear,
    merge: Linear,
    widen: Linear,
    narrow: Linear,
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct ClipVit {
    shape: Shape,
    gate: Gate,
    patches: Linear,
    class: Vec<f32>,
    places: Vec<f32>,
    before: Norm,
    blocks: Vec<Block>,
    after: Norm,
    projection: Linear,
}

/// What the network says of a batch.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// `[batch, outputs]`
    pub embedding: Vec<f32>,
    /// A block each, `[batch, heads, tokens]`: the class token's row.
    pub attention: Vec<Vec<f32>>,
}

impl ClipVit {
    /// From OpenAI's tensors by name without `visual.`; [`super::names::collect`] makes them from
    /// other names.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn new(shape: Shape, gate: Gate, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("CLIP's vision transformer");
        let Shape {
            patch,
            width,
            outputs,
            ..
        } = shape;
        let pixels = patch * patch * 3;
        // The file has channels first; our patches have them last.
        let first = taker.take("conv1.weight", &[width, 3, patch, patch]);
        let plane = patch * patch;
        let place = |i: usize| i / pixels * pixels + i % 3 * plane + i % pixels / 3;
        let first: Vec<f32> = (0..first.len()).map(|i| first[place(i)]).collect();
        // Stored for x · w instead of x · wᵀ.
        let last = taker.take("proj", &[width, outputs]);
        let place = |i: usize| i % width * outputs + i / width;
        let last: Vec<f32> = (0..last.len()).map(|i| last[place(i)]).collect();
        let blocks = (0..shape.layers).map(|n| {
            let name = |part: &str| format!("transformer.resblocks.{n}.{part}");
            let mut linear = |part: &str, inputs, outputs| {
                Linear::take(&mut taker, &name(part), inputs, outputs)
            };
            Block {
                project: linear("attn.in_proj_", width, 3 * width),
                merge: linear("attn.out_proj.", width, width),
                widen: linear("mlp.c_fc.", width, 4 * width),
                narrow: linear("mlp.c_proj.", 4 * width, width),
                norms: ["ln_1", "ln_2"].map(|norm| Norm::take(&mut taker, &name(norm), width)),
            }
        });
        let blocks = blocks.collect();
        let net = Self {
            shape,
            gate,
            patches: Linear::new(&first, Vec::new(), pixels, width),
            class: taker.take("class_embedding", &[width]),
            places: taker.take("positional_embedding", &[shape.tokens(), width]),
            before: Norm::take(&mut taker, "ln_pre", width),
            blocks,
            after: Norm::take(&mut taker, "ln_post", width),
            projection: Linear::new(&last, Vec::new(), width, outputs),
        };
        taker.finish()?;
        Ok(net)
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Looks at `batch` pictures. Runs in the caller's rayon pool.
    ///
    /// # Panics
    /// Where `pictures` is not `[batch, side, side, 3]`.
    #[must_use]
    pub fn look(&self, batch: usize, pictures: &[f32]) -> Seen {
        let Shape {
            side, width, heads, ..
        } = self.shape;
        assert_eq!(pictures.len(), batch * side * side * 3, "pictures");
        let tokens = self.shape.tokens();
        let embedded = self.patches.run(&self.cut(batch, pictures), None);
        let mut x = Vec::with_capacity(batch * tokens * width);
        for picture in embedded.chunks_exact((tokens - 1) * width) {
            let all = self.class.iter().chain(picture);
            x.extend(all.zip(&self.places).map(|(v, place)| v + place));
        }
        x = self.before.run(&x);
        let sizes = Attention {
            batch,
            tokens,
            width,
            heads,
            causal: false,
        };
        let mut attention = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let projected = block.project.run(&block.norms[0].run(&x), None);
            let mut attended = vec![0.0; x.len()];
            let weights = sizes.forward(&projected, &mut attended);
            let firsts = weights.chunks_exact(tokens * tokens);
            attention.push(firsts.flat_map(|head| &head[..tokens]).copied().collect());
            x = block.merge.run(&attended, Some(&x));
            let wide = block.widen.run(&block.norms[1].run(&x), None);
            x = block.narrow.run(&self.gate.run(&wide), Some(&x));
        }
        let classes: Vec<f32> = x
            .chunks_exact(tokens * width)
            .flat_map(|picture| &picture[..width])
            .copied()
            .collect();
        Seen {
            embedding: self.projection.run(&self.after.run(&classes), None),
            attention,
        }
    }

    /// Pictures as rows of patches, `[batch, patches, patch · patch · 3]`.
    fn cut(&self, batch: usize, pictures: &[f32]) -> Vec<f32> {
        let (row, patch, side) = (self.shape.row(), self.shape.patch, self.shape.side);
        let mut out = Vec::with_capacity(pictures.len());
        for n in 0..batch * row * row {
            let (picture, y, x) = (n / (row * row), n / row % row, n % row);
            for line in 0..patch {
                let start = ((picture * side + y * patch + line) * side + x * patch) * 3;
                out.extend_from_slice(&pictures[start..start + patch * 3]);
            }
        }
        out
    }
}

impl Gate {
    fn run(self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        match self {
            Self::Quick => quick_gelu(x, &mut out),
            Self::Exact => gelu(x, &mut out),
        }
        out
    }
}
