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
use crate::flow::{Buffer, Layer};
use crate::resnet::{Named, Residual, Stages, layer};
use affetti_kernels::pool::{halved, mean_halve, mean_halve_backward};
use affetti_kernels::{Batch, Convolution};
use affetti_weights::NetError;
use affetti_weights::tensors::Tensors;

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

    /// All layers, by torchvision's names. A block with a shortcut halves its map, but for the first.
    fn layers(&self) -> Stages<Named> {
        let half = self.width / 2;
        let mut inputs = self.width;
        let (mut blocks, mut names) = (Vec::new(), Vec::new());
        for (stage, repeats) in self.blocks.into_iter().enumerate() {
            let inner = self.width << stage;
            let outputs = EXPANSION * inner;
            for repeat in 0..repeats {
                names.push(format!("layer{}.{repeat}", stage + 1));
                blocks.push(Residual {
                    layers: vec![
                        layer(inputs, inner, 1),
                        layer(inner, inner, 3),
                        layer(inner, outputs, 1),
                    ],
                    shortcut: (repeat == 0).then(|| Convolution::new(inputs, outputs, 1)),
                });
                inputs = outputs;
            }
        }
        let stem = vec![
            layer(3, half, 3).stride(2),
            layer(half, half, 3),
            layer(half, self.width, 3),
        ];
        Stages { stem, blocks }.named(names.into_iter())
    }

    /// The last block of the four layers of blocks.
    fn ends(&self) -> [usize; 4] {
        let mut blocks = 0;
        self.blocks.map(|repeats| {
            blocks += repeats;
            usize::saturating_sub(blocks, 1)
        })
    }

    /// Every tensor by OpenAI's name without `visual.`, and its shape.
    #[must_use]
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let mut all = Vec::new();
        self.layers().map(|Named { conv, norm, layer }| {
            all.push((format!("{conv}.weight"), layer.weight_shape().to_vec()));
            for part in ["weight", "bias", "running_mean", "running_var"] {
                all.push((format!("{norm}.{part}"), vec![layer.outputs]));
            }
        });
        all.extend(AttentionPool::tensors(self));
        all
    }
}

#[derive(Clone, Debug)]
struct Block {
    inner: [Layer; 3],
    skip: Option<Layer>,
    halves: bool,
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct ClipResNet {
    shape: Shape,
    stem: [Layer; 3],
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
    ///
    /// # Panics
    /// Never: a stem and a block have three layers.
    pub fn new(shape: Shape, tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("CLIP's ResNet");
        let pack = |named: Named| {
            let folded = named.take(&mut taker).folded();
            Layer::both_ways(named.layer, &folded)
        };
        let Stages { stem, blocks } = shape.layers().map(pack);
        let three = |layers: Vec<Layer>| layers.try_into().expect("three layers");
        let block = |(n, block): (usize, Residual<Layer>)| Block {
            inner: three(block.layers),
            halves: n >= shape.blocks[0] && block.shortcut.is_some(),
            skip: block.shortcut,
        };
        let pool = AttentionPool::take(&shape, &mut taker);
        taker.finish()?;
        Ok(Self {
            shape,
            stem: three(stem),
            blocks: blocks.into_iter().enumerate().map(block).collect(),
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
        }
        maps.ends = self.shape.ends();
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
            let end = maps.ends.iter().position(|end| *end == n);
            if let Some(gradient) = end.and_then(|layer| gradients.taps[layer + 1]) {
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
