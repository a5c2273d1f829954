//! CLIP's ResNet ("ModifiedResNet") with gradients with respect to its pictures.
//!
//! - **Computes** five maps on the way (after the stem and after each layer of blocks) and the
//!   embedding of each picture; from the gradients of any of them that of the pictures.
//! - **Input** `[batch, side, side, 3]` (side 224), 0..=1 less [`super::MEAN`] over
//!   [`super::DEVIATION`].
//! - **Output** maps `[batch, side/4, side/4, width]`, then `4·width` channels at side/4, twice the
//!   channels at half the side from layer to layer, all ≥ 0; embedding `[batch, outputs]`,
//!   unbounded, not of unit length.
//! - **Source** Radford et al. (2021), section 2.4: He et al.'s bottlenecks with a stem of three 3×3
//!   layers, mean pooling instead of every stride beyond the first (Zhang 2019, "Making
//!   Convolutional Networks Shift-Invariant Again"), attention pooling at the end.
//! - **Deviations** none in exact arithmetic: batch norm is folded in.
//! - **Weights** OpenAI's by name ([`super::names`]); nothing of this project ships any.
//!
//! The backward pass is written by hand on the same kernels as the forward pass, so that a plain
//! build has it.

use super::attention_pool::{AttentionPool, Pooled};
use crate::flow::Buffer;
use affetti_kernels::norm::{Rectifier, rectifier_backward};
use affetti_kernels::pool::{halved, mean_halve, mean_halve_backward};
use affetti_kernels::{
    Activation, BackwardWeights, Batch, Epilogue, ForwardWeights, Geometry, Isa, Padding,
};
use affetti_weights::NetError;
use affetti_weights::convolution::LayerSpec;
use affetti_weights::tensors::{Taker, Tensors};

/// PyTorch's ε.
const EPSILON: f64 = 1e-5;
/// Channels of a block's output over those inside of it.
const EXPANSION: usize = 4;
/// Pictures are this many times as wide as the last map.
const REDUCTION: usize = 32;

/// Sizes of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Of the square picture, in pixels; a multiple of 32.
    pub side: usize,
    /// Channels of the stem, even.
    pub width: usize,
    /// Blocks of the four layers.
    pub blocks: [usize; 4],
    /// Heads of the attention pooling; they divide 32 · width.
    pub heads: usize,
    /// Floats of the embedding.
    pub outputs: usize,
}

/// One block's layers.
struct BlockSpec {
    name: String,
    inner: [LayerSpec; 3],
    skip: Option<LayerSpec>,
    halves: bool,
    /// Which layer of blocks it ends, 1..=4.
    ends: Option<usize>,
}

const fn spec(inputs: usize, outputs: usize, kernel: usize, rectified: bool) -> LayerSpec {
    LayerSpec {
        inputs,
        outputs,
        kernel,
        stride: 1,
        rectified,
    }
}

impl Shape {
    /// RN50: 38 M parameters.
    pub const RN50: Self = Self {
        side: 224,
        width: 64,
        blocks: [3, 4, 6, 3],
        heads: 32,
        outputs: 1024,
    };
    /// RN101: 56 M parameters.
    pub const RN101: Self = Self {
        blocks: [3, 4, 23, 3],
        outputs: 512,
        ..Self::RN50
    };

    /// Channels of the last map.
    #[must_use]
    pub const fn features(&self) -> usize {
        REDUCTION * self.width
    }

    /// Tokens of the attention pooling.
    #[must_use]
    pub const fn tokens(&self) -> usize {
        (self.side / REDUCTION).pow(2) + 1
    }

    /// `[batch, height, width, channels]` of tap 0 (the stem) to 4 (the last layer).
    #[must_use]
    pub const fn tap(&self, n: usize, batch: usize) -> Batch {
        let side = self.side / if n < 2 { 4 } else { 2 << n };
        let channels = if n == 0 {
            self.width
        } else {
            (EXPANSION * self.width) << (n - 1)
        };
        Batch::new([batch, side, side, channels])
    }

    fn stem(&self) -> [LayerSpec; 3] {
        let half = self.width / 2;
        let first = LayerSpec {
            stride: 2,
            ..spec(3, half, 3, true)
        };
        [
            first,
            spec(half, half, 3, true),
            spec(half, self.width, 3, true),
        ]
    }

    fn block_specs(&self) -> Vec<BlockSpec> {
        let mut inputs = self.width;
        let mut specs = Vec::new();
        for (layer, &repeats) in self.blocks.iter().enumerate() {
            let inner = self.width << layer;
            let outputs = EXPANSION * inner;
            for repeat in 0..repeats {
                specs.push(BlockSpec {
                    name: format!("layer{}.{repeat}", layer + 1),
                    inner: [
                        spec(inputs, inner, 1, true),
                        spec(inner, inner, 3, true),
                        spec(inner, outputs, 1, true),
                    ],
                    skip: (repeat == 0).then(|| spec(inputs, outputs, 1, false)),
                    halves: repeat == 0 && layer > 0,
                    ends: (repeat + 1 == repeats).then_some(layer + 1),
                });
                inputs = outputs;
            }
        }
        specs
    }

    /// Names (convolution, norm) and sizes of all convolutions, in the order of the file.
    fn convolutions(&self) -> Vec<(String, String, LayerSpec)> {
        let stem = self.stem().into_iter().enumerate();
        let mut all: Vec<(String, String, LayerSpec)> = stem
            .map(|(n, spec)| (format!("conv{}", n + 1), format!("bn{}", n + 1), spec))
            .collect();
        for block in self.block_specs() {
            let name = &block.name;
            for (n, spec) in block.inner.into_iter().enumerate() {
                let (conv, norm) = (
                    format!("{name}.conv{}", n + 1),
                    format!("{name}.bn{}", n + 1),
                );
                all.push((conv, norm, spec));
            }
            if let Some(spec) = block.skip {
                let (conv, norm) = (
                    format!("{name}.downsample.0"),
                    format!("{name}.downsample.1"),
                );
                all.push((conv, norm, spec));
            }
        }
        all
    }

    /// Every tensor by OpenAI's name without `visual.`, and its shape.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = Vec::new();
        for (conv, norm, spec) in self.convolutions() {
            all.push((format!("{conv}.weight"), spec.weight_shape().to_vec()));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                all.push((format!("{norm}.{part}"), vec![spec.outputs]));
            }
        }
        all.extend(AttentionPool::tensors(self));
        all
    }
}

/// A convolution packed for both directions, with its rectifier.
#[derive(Clone, Debug)]
struct Conv {
    geometry: Geometry,
    forward: ForwardWeights,
    backward: BackwardWeights,
    bias: Vec<f32>,
    rectified: bool,
}

impl Conv {
    fn take(taker: &mut Taker, (conv, norm): (&str, &str), spec: LayerSpec) -> Self {
        let tensors = taker.normed((conv, norm), spec.weight_shape(), spec.outputs, EPSILON);
        let folded = tensors.folded();
        let geometry = Geometry {
            inputs: spec.inputs,
            outputs: spec.outputs,
            kernel: spec.kernel,
            stride: spec.stride,
            padding: Padding::all(spec.kernel / 2),
        };
        let isa = Isa::detect();
        Self {
            geometry,
            forward: ForwardWeights::new(geometry, &folded.weight, isa),
            backward: BackwardWeights::new(geometry, &folded.weight, isa),
            bias: folded.bias,
            rectified: spec.rectified,
        }
    }

    fn run(&self, from: &Buffer, residual: Option<&Buffer>, to: &mut Buffer) {
        let shape = from.shape();
        let output = self
            .geometry
            .output(shape)
            .expect("the input fits the layer");
        let epilogue = Epilogue {
            bias: &self.bias,
            residual: residual.map(Buffer::data),
            activation: if self.rectified {
                Activation::Relu
            } else {
                Activation::Identity
            },
        };
        self.forward
            .run(shape, from.data(), epilogue, to.reshape(output));
    }

    /// From the gradient of the output (changed: 0 where the rectifier closed) to that of the input,
    /// of shape `input`, to which `add` is added.
    fn back(
        &self,
        (input, output): (Batch, &Buffer),
        gradient: &mut Buffer,
        add: Option<&Buffer>,
        to: &mut Buffer,
    ) {
        if self.rectified {
            rectifier_backward(Rectifier::Relu, output.data(), gradient.data_mut());
        }
        let epilogue = Epilogue {
            residual: add.map(Buffer::data),
            ..Epilogue::default()
        };
        self.backward
            .run(input, gradient.data(), epilogue, to.reshape(input));
    }
}

#[derive(Clone, Debug)]
struct Block {
    inner: [Conv; 3],
    skip: Option<Conv>,
    halves: bool,
    ends: Option<usize>,
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct ClipResNet {
    shape: Shape,
    stem: [Conv; 3],
    blocks: Vec<Block>,
    pool: AttentionPool,
}

/// The maps of one block.
#[derive(Clone, Debug, Default)]
struct BlockMaps {
    inner: [Buffer; 2],
    /// The second inner map halved, and what the skip reads.
    halved: Buffer,
    skip_input: Buffer,
    skip: Buffer,
    out: Buffer,
}

/// Everything that a forward pass computes and the backward pass needs; its memory is used again
/// from pass to pass.
#[derive(Clone, Debug, Default)]
pub struct Maps {
    picture: Buffer,
    stem: [Buffer; 3],
    stem_out: Buffer,
    blocks: Vec<BlockMaps>,
    pooled: Pooled,
    /// Ends of the layers of blocks.
    ends: [usize; 4],
}

impl Maps {
    /// The map of tap 0 (the stem) to 4 (the last layer of blocks), of [`Shape::tap`].
    ///
    /// # Panics
    /// Before any forward pass, and beyond tap 4.
    #[must_use]
    pub fn tap(&self, n: usize) -> &[f32] {
        if n == 0 {
            self.stem_out.data()
        } else {
            self.blocks[self.ends[n - 1]].out.data()
        }
    }

    /// The embeddings `[batch, outputs]`.
    #[must_use]
    pub fn embedding(&self) -> &[f32] {
        self.pooled.embedding()
    }
}

/// Gradients of the outputs, as far as there are any.
#[derive(Clone, Copy, Debug, Default)]
pub struct Gradients<'a> {
    /// Of each tap, of [`Shape::tap`].
    pub taps: [Option<&'a [f32]>; 5],
    /// Of the embeddings.
    pub embedding: Option<&'a [f32]>,
}

/// Buffers of a backward pass.
#[derive(Clone, Debug, Default)]
pub struct Scratch {
    current: Buffer,
    inside: [Buffer; 2],
    skip: Buffer,
}

impl ClipResNet {
    /// From OpenAI's tensors by name without `visual.`; [`super::names::collect`] makes them from
    /// other names.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn new(shape: Shape, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("CLIP's ResNet");
        let mut convolutions = shape
            .convolutions()
            .into_iter()
            .map(|(conv, norm, spec)| Conv::take(&mut taker, (&conv, &norm), spec));
        let mut next = || convolutions.next().expect("every convolution is listed");
        let stem = [next(), next(), next()];
        let specs = shape.block_specs();
        let blocks = specs.iter().map(|spec| Block {
            inner: [next(), next(), next()],
            skip: spec.skip.map(|_| next()),
            halves: spec.halves,
            ends: spec.ends,
        });
        let blocks = blocks.collect();
        drop(convolutions);
        let pool = AttentionPool::take(&shape, &mut taker);
        taker.finish()?;
        Ok(Self {
            shape,
            stem,
            blocks,
            pool,
        })
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Runs `batch` pictures. Runs in the caller's rayon pool.
    ///
    /// # Panics
    /// Where `pictures` is not `[batch, side, side, 3]`.
    pub fn forward(&self, batch: usize, pictures: &[f32], maps: &mut Maps) {
        let side = self.shape.side;
        let shape = Batch::new([batch, side, side, 3]);
        maps.picture.reshape(shape).copy_from_slice(pictures);
        let [first, second, third] = &mut maps.stem;
        self.stem[0].run(&maps.picture, None, first);
        self.stem[1].run(first, None, second);
        self.stem[2].run(second, None, third);
        halve(third, &mut maps.stem_out);
        maps.blocks
            .resize_with(self.blocks.len(), BlockMaps::default);
        for (n, block) in self.blocks.iter().enumerate() {
            let (before, rest) = maps.blocks.split_at_mut(n);
            let input = before.last().map_or(&maps.stem_out, |b| &b.out);
            block.forward(input, &mut rest[0]);
            if let Some(layer) = block.ends {
                maps.ends[layer - 1] = n;
            }
        }
        let last = maps.blocks.last().map_or(&maps.stem_out, |b| &b.out);
        self.pool.forward(last, &mut maps.pooled);
    }

    /// The gradient of the pictures of the last forward pass into `maps`.
    ///
    /// # Panics
    /// Where a gradient has another length than what it belongs to.
    #[must_use]
    pub fn backward<'a>(
        &self,
        maps: &Maps,
        gradients: Gradients<'_>,
        work: &'a mut Scratch,
    ) -> &'a [f32] {
        let Scratch {
            current,
            inside: [first, second],
            skip,
        } = work;
        let last = maps.blocks.last().map_or(&maps.stem_out, |b| &b.out);
        match gradients.embedding {
            Some(gradient) => self.pool.backward(last, &maps.pooled, gradient, current),
            None => current.reshape(last.shape()).fill(0.0),
        }
        for (n, block) in self.blocks.iter().enumerate().rev() {
            if let Some(gradient) = block.ends.and_then(|layer| gradients.taps[layer]) {
                add(gradient, current.data_mut());
            }
            let input = match n {
                0 => &maps.stem_out,
                _ => &maps.blocks[n - 1].out,
            };
            block.backward(
                input.shape(),
                &maps.blocks[n],
                current,
                [first, second, skip],
            );
        }
        if let Some(gradient) = gradients.taps[0] {
            add(gradient, current.data_mut());
        }
        let [a, b, c] = &maps.stem;
        mean_halve_backward(c.shape(), current.data(), first.reshape(c.shape()));
        self.stem[2].back((b.shape(), c), first, None, second);
        self.stem[1].back((a.shape(), b), second, None, first);
        self.stem[0].back((maps.picture.shape(), a), first, None, current);
        current.data()
    }
}

fn halve(from: &Buffer, to: &mut Buffer) {
    let shape = from.shape();
    mean_halve(shape, from.data(), to.reshape(halved(shape)));
}

fn add(from: &[f32], to: &mut [f32]) {
    assert_eq!(from.len(), to.len(), "gradient of a tap");
    to.iter_mut().zip(from).for_each(|(to, from)| *to += from);
}

impl Block {
    fn forward(&self, input: &Buffer, maps: &mut BlockMaps) {
        let [first, second] = &mut maps.inner;
        self.inner[0].run(input, None, first);
        self.inner[1].run(first, None, second);
        let residual = match &self.skip {
            Some(skip) if self.halves => {
                halve(input, &mut maps.skip_input);
                skip.run(&maps.skip_input, None, &mut maps.skip);
                &maps.skip
            }
            Some(skip) => {
                skip.run(input, None, &mut maps.skip);
                &maps.skip
            }
            None => input,
        };
        let last = if self.halves {
            halve(second, &mut maps.halved);
            &maps.halved
        } else {
            &*second
        };
        self.inner[2].run(last, Some(residual), &mut maps.out);
    }

    /// From the gradient of the output in `current` to that of the input, in place.
    fn backward(
        &self,
        input: Batch,
        maps: &BlockMaps,
        current: &mut Buffer,
        [first, second, skip]: [&mut Buffer; 3],
    ) {
        let [a, b] = &maps.inner;
        if self.halves {
            let from = maps.halved.shape();
            self.inner[2].back((from, &maps.out), current, None, first);
            mean_halve_backward(b.shape(), first.data(), second.reshape(b.shape()));
        } else {
            self.inner[2].back((b.shape(), &maps.out), current, None, second);
        }
        self.inner[1].back((a.shape(), b), second, None, first);
        // `current` is by now the gradient of the sum.
        match &self.skip {
            Some(conv) if self.halves => {
                let from = maps.skip_input.shape();
                conv.back((from, &maps.skip), current, None, second);
                mean_halve_backward(input, second.data(), skip.reshape(input));
            }
            Some(conv) => conv.back((input, &maps.skip), current, None, skip),
            None => std::mem::swap(skip, current),
        }
        self.inner[0].back((input, a), first, Some(skip), current);
    }
}
