//! The mask network: how likely each pixel belongs to the object that stands out.
//!
//! - **Computes** U2NetP's nested encoder and decoder of U-shaped blocks, then one logit map from
//!   each level of the decoder; each coarser sum is enlarged by two and added to the next finer map.
//! - **Input** an upright sRGB picture, squeezed to a square whose side is a multiple of 32
//!   ([`SIDE`] is what the weights know), red, green, blue; divided by its largest value, then
//!   (v − mean) / deviation of ImageNet.
//! - **Output** `[side, side]`, 0..=1.
//! - **Source** X. Qin et al., "U2-Net: Going Deeper with Nested U-Structure for Salient Object
//!   Detection" (2020), the small version.
//! - **Deviations** the published network enlarges the six maps in one step each and weighs them by a
//!   last 1 × 1 convolution; here the weights lie in the six layers and maps are enlarged step by
//!   step. Its six maps are not read out one by one.
//! - **Weights** `mask-1` of this project; the published ones are its start (`u2netp`).
//! - **Memory** about 120 MB at 320 × 320.

#[cfg(feature = "train")]
pub mod layers;

use crate::flow::{Buffer, Layer, halve, halving};
use crate::layer_list::{self, Layers};
use affetti_kernels::upsample::upsample;
use affetti_kernels::{Activation, Batch, Convolution, Isa};
use affetti_picture::{Filter, Picture};
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::onnx::Graph;
use affetti_weights::tensors::Tensors;

/// The name of the card of the published weights.
pub const PUBLISHED: &str = "u2netp";
/// Side of the square that the published weights were made for, in pixels.
pub const SIDE: usize = 320;
/// ImageNet's, of red, green and blue, with values 0..=1.
const MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// See [`MEAN`].
const DEVIATION: [f32; 3] = [0.229, 0.224, 0.225];

/// Channels between the layers of a block, and of what a block gives.
const INNER: usize = 16;
const OUTER: usize = 64;
/// Levels of the decoder, each with a logit map.
const LEVELS: usize = 6;
/// Heights of the blocks of the encoder before its two flat ones.
const HEIGHTS: [usize; 4] = [7, 6, 5, 4];
/// Steps between the taps of a flat block's layers on its way down.
const FLAT: [usize; 3] = [2, 4, 8];

/// A 3 × 3 convolution with a rectifier behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    inputs: usize,
    outputs: usize,
    dilation: usize,
}

/// All convolutions with rectifiers in the order in which they run, which is also that of the
/// published file.
pub(crate) fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for (n, height) in HEIGHTS.into_iter().enumerate() {
        deep(&mut steps, if n == 0 { 3 } else { OUTER }, height);
    }
    flat(&mut steps, OUTER);
    flat(&mut steps, OUTER);
    flat(&mut steps, 2 * OUTER);
    for height in HEIGHTS.into_iter().rev() {
        deep(&mut steps, 2 * OUTER, height);
    }
    steps
}

fn put(steps: &mut Vec<Step>, inputs: usize, outputs: usize, dilation: usize) {
    steps.push(Step {
        inputs,
        outputs,
        dilation,
    });
}

/// A block that goes down `height` − 2 times.
fn deep(steps: &mut Vec<Step>, inputs: usize, height: usize) {
    put(steps, inputs, OUTER, 1);
    put(steps, OUTER, INNER, 1);
    (0..height - 2).for_each(|_| put(steps, INNER, INNER, 1));
    put(steps, INNER, INNER, 2);
    (0..height - 2).for_each(|_| put(steps, 2 * INNER, INNER, 1));
    put(steps, 2 * INNER, OUTER, 1);
}

/// A block that spreads its taps instead.
fn flat(steps: &mut Vec<Step>, inputs: usize) {
    put(steps, inputs, OUTER, 1);
    put(steps, OUTER, INNER, 1);
    FLAT.into_iter()
        .for_each(|dilation| put(steps, INNER, INNER, dilation));
    put(steps, 2 * INNER, INNER, 4);
    put(steps, 2 * INNER, INNER, 2);
    put(steps, 2 * INNER, OUTER, 1);
}

impl Step {
    /// The layer; its dilation is done by [`Ops::spread`] around it.
    pub(crate) const fn layer(self) -> Convolution {
        Convolution::new(self.inputs, self.outputs, 3).act(Activation::Relu)
    }
}

/// The layer that makes a level's logits.
pub(crate) const SIDE_LAYER: Convolution = Convolution::new(OUTER, 1, 3);

/// All convolutions with their names in files of ours: those of [`steps`], then of the levels, fine
/// to coarse.
pub(crate) fn layers() -> Layers {
    let steps = steps().into_iter().enumerate();
    let steps = steps.map(|(n, step)| (format!("steps.{n}"), step.layer()));
    let sides = (0..LEVELS).map(|level| (format!("sides.{level}"), SIDE_LAYER));
    steps.chain(sides).collect()
}

/// What the network's structure is written in, so that inference and training share it. Maps are
/// `[batch, height, width, channels]`.
pub(crate) trait Ops {
    type Map: Clone;
    /// The `n`th of [`steps`].
    fn step(&mut self, n: usize, x: Self::Map) -> Self::Map;
    /// The logits of a level.
    fn side(&mut self, level: usize, x: Self::Map) -> Self::Map;
    /// Maximum over squares of two by two.
    fn halve(&mut self, x: Self::Map) -> Self::Map;
    /// Bilinear enlargement by two.
    fn double(&mut self, x: Self::Map) -> Self::Map;
    /// Channels of the one after those of the other.
    fn join(&mut self, a: Self::Map, b: Self::Map) -> Self::Map;
    fn add(&mut self, a: Self::Map, b: Self::Map) -> Self::Map;
    /// Every `dilation`th pixel of both axes as a picture of its own, zeros filled up at the end.
    fn spread(&mut self, x: Self::Map, dilation: usize) -> Self::Map;
    /// Undoes [`Ops::spread`]; `like` has the size.
    fn gather(&mut self, x: Self::Map, like: &Self::Map, dilation: usize) -> Self::Map;
}

/// The structure at work: counts the layers that have run.
struct Run<'a, O: Ops> {
    ops: &'a mut O,
    steps: std::iter::Enumerate<std::vec::IntoIter<Step>>,
}

/// The logits `[batch, side, side, 1]` of prepared pictures `[batch, side, side, 3]`.
pub(crate) fn forward<O: Ops>(ops: &mut O, picture: O::Map) -> O::Map {
    let steps = steps().into_iter().enumerate();
    Run { ops, steps }.network(picture)
}

impl<O: Ops> Run<'_, O> {
    fn next(&mut self, x: O::Map) -> O::Map {
        let (n, step) = self.steps.next().expect("as many layers as steps");
        if step.dilation == 1 {
            return self.ops.step(n, x);
        }
        let small = self.ops.spread(x.clone(), step.dilation);
        let small = self.ops.step(n, small);
        self.ops.gather(small, &x, step.dilation)
    }

    /// Layer after layer down, then up with what was on the way down beside it. Where `sizes`, each
    /// layer down but the first and the last sees a map of half the size.
    fn block(&mut self, x: O::Map, layers: usize, sizes: bool) -> O::Map {
        let outer = self.next(x);
        let mut way = vec![self.next(outer.clone())];
        for _ in 1..layers {
            let mut x = way[way.len() - 1].clone();
            if sizes {
                x = self.ops.halve(x);
            }
            way.push(self.next(x));
        }
        let mut x = self.next(way[layers - 1].clone());
        for (n, beside) in way.into_iter().rev().enumerate() {
            if sizes && n > 0 {
                x = self.ops.double(x);
            }
            let both = self.ops.join(x, beside);
            x = self.next(both);
        }
        self.ops.add(x, outer)
    }

    fn network(&mut self, picture: O::Map) -> O::Map {
        let mut down = Vec::new();
        let mut x = picture;
        for height in HEIGHTS {
            let y = self.block(x, height - 1, true);
            x = self.ops.halve(y.clone());
            down.push(y);
        }
        let x = self.block(x, FLAT.len(), false);
        down.push(x.clone());
        let x = self.ops.halve(x);
        let mut x = self.block(x, FLAT.len(), false);
        let mut logits = self.ops.side(LEVELS - 1, x.clone());
        for (level, beside) in down.into_iter().enumerate().rev() {
            let large = self.ops.double(x);
            let both = self.ops.join(large, beside);
            x = match HEIGHTS.get(level) {
                Some(height) => self.block(both, height - 1, true),
                None => self.block(both, FLAT.len(), false),
            };
            let fine = self.ops.side(level, x.clone());
            let coarse = self.ops.double(logits);
            logits = self.ops.add(fine, coarse);
        }
        logits
    }
}

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    /// As [`layers`].
    pub(crate) layers: Vec<Folded>,
}

impl Weights {
    /// Reads the published ONNX file, batch normalisation folded in as it comes.
    ///
    /// # Errors
    /// [`NetError::Malformed`], and [`NetError::Mismatch`] listing every missing or misshapen tensor.
    pub fn from_onnx(bytes: &[u8], file: &str) -> Result<Self, NetError> {
        let graph = Graph::read(bytes, file)?;
        let (names, layers) = (graph.convolutions, layers());
        if names.len() != layers.len() + 1 {
            return Err(NetError::Malformed {
                file: file.to_owned(),
                format: "ONNX",
                why: format!(
                    "it has {} convolutions with a bias, U2NetP has {}",
                    names.len(),
                    layers.len() + 1
                ),
            });
        }
        let mut taker = graph.tensors.take_for("U2NetP");
        let last = Convolution::new(LEVELS, 1, 1);
        let layers = layers.into_iter().map(|(_, layer)| layer).chain([last]);
        let layers = layers.zip(&names).map(|(layer, name)| Folded {
            weight: taker.take(&name.weight, &layer.weight_shape()),
            bias: taker.take(&name.bias, &[layer.outputs]),
        });
        let mut layers: Vec<Folded> = layers.collect();
        taker.finish()?;
        let last = layers.split_off(names.len() - 1).remove(0);
        let first = layers.len() - LEVELS;
        let sides = &mut layers[first..];
        for (side, weight) in sides.iter_mut().zip(&last.weight) {
            let values = side.weight.iter_mut().chain(&mut side.bias);
            values.for_each(|v| *v *= weight);
        }
        sides[0].bias[0] += last.bias[0];
        Ok(Self { layers })
    }

    /// Reads what [`Weights::to_tensors`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_tensors(tensors: Tensors) -> Result<Self, NetError> {
        let layers = layer_list::read(tensors, "the mask network", &layers())?;
        Ok(Self { layers })
    }

    /// The tensors that [`Weights::from_tensors`] reads: weights `[outputs, inputs, height, width]`.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        layer_list::write(&layers(), &self.layers)
    }

    /// What `make` makes of each layer and its weights: those of [`steps`], and the levels'.
    pub(crate) fn build<T>(&self, make: impl Fn(Convolution, &Folded) -> T) -> (Vec<T>, Vec<T>) {
        let all = layers().into_iter().zip(&self.layers);
        let mut steps: Vec<T> = all
            .map(|((_, layer), folded)| make(layer, folded))
            .collect();
        let sides = steps.split_off(steps.len() - LEVELS);
        (steps, sides)
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct U2Net {
    steps: Vec<Layer>,
    sides: Vec<Layer>,
}

impl U2Net {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(weights: &Weights) -> Self {
        let isa = Isa::detect();
        let (steps, sides) = weights.build(|layer, folded| Layer::new(layer, folded, isa));
        Self { steps, sides }
    }

    /// The chance of each pixel, `[SIDE, SIDE]`, of what [`prepare`] made of a picture; work is split
    /// over rayon's pool that the caller runs in.
    ///
    /// # Panics
    /// Where `pixels` are not 3 · [`SIDE`]² values: a bug of the caller.
    #[must_use]
    pub fn chances(&self, pixels: &[f32]) -> Vec<f32> {
        let mut map = Buffer::default();
        let shape = Batch::new([1, SIDE, SIDE, 3]);
        map.reshape(shape).copy_from_slice(pixels);
        let logits = forward(&mut Plain(self), map);
        let logits = logits.data().iter();
        logits.map(|z| 1.0 / (1.0 + (-z).exp())).collect()
    }
}

/// The picture as the network wants it, `[SIDE, SIDE, 3]`.
#[must_use]
pub fn prepare(picture: &Picture) -> Vec<f32> {
    let side = SIDE as u32;
    let small = picture.resize(side, side, Filter::Lanczos3);
    let largest = small.pixels().iter().copied().max().unwrap_or(0).max(1);
    let scale = 1.0 / f32::from(largest);
    let values = small.pixels().iter().enumerate();
    values
        .map(|(n, v)| normal(n % 3, f32::from(*v) * scale))
        .collect()
}

/// A value 0..=1 of red, green or blue (`channel` 0, 1, 2) as the network wants it.
#[must_use]
pub fn normal(channel: usize, value: f32) -> f32 {
    (value - MEAN[channel]) / DEVIATION[channel]
}

/// Inference on our kernels.
struct Plain<'a>(&'a U2Net);

impl Ops for Plain<'_> {
    type Map = Buffer;

    fn step(&mut self, n: usize, x: Buffer) -> Buffer {
        let mut to = Buffer::default();
        self.0.steps[n].run(&x, None, &mut to);
        to
    }

    fn side(&mut self, level: usize, x: Buffer) -> Buffer {
        let mut to = Buffer::default();
        self.0.sides[level].run(&x, None, &mut to);
        to
    }

    fn halve(&mut self, x: Buffer) -> Buffer {
        let mut to = Buffer::default();
        halve(&x, halving(x.shape().channels, 2), &mut to);
        to
    }

    fn double(&mut self, x: Buffer) -> Buffer {
        let shape = x.shape();
        let mut to = Buffer::default();
        let larger = Batch {
            height: 2 * shape.height,
            width: 2 * shape.width,
            ..shape
        };
        upsample(shape, x.data(), to.reshape(larger));
        to
    }

    fn join(&mut self, a: Buffer, b: Buffer) -> Buffer {
        let (wide, other) = (a.shape().channels, b.shape().channels);
        let mut to = Buffer::default();
        let out = to.reshape(a.shape().with_channels(wide + other));
        let pairs = a
            .data()
            .chunks_exact(wide)
            .zip(b.data().chunks_exact(other));
        for (out, (a, b)) in out.chunks_exact_mut(wide + other).zip(pairs) {
            out[..wide].copy_from_slice(a);
            out[wide..].copy_from_slice(b);
        }
        to
    }

    fn add(&mut self, mut a: Buffer, b: Buffer) -> Buffer {
        let pairs = a.data_mut().iter_mut().zip(b.data());
        pairs.for_each(|(a, b)| *a += b);
        a
    }

    fn spread(&mut self, x: Buffer, dilation: usize) -> Buffer {
        let shape = x.shape();
        let mut to = Buffer::default();
        let out = to.reshape(spread_shape(shape, dilation));
        out.fill(0.0);
        for (from, at) in places(shape, dilation) {
            out[at..at + shape.channels].copy_from_slice(&x.data()[from..from + shape.channels]);
        }
        to
    }

    fn gather(&mut self, x: Buffer, like: &Buffer, dilation: usize) -> Buffer {
        let shape = like.shape().with_channels(x.shape().channels);
        let mut to = Buffer::default();
        let out = to.reshape(shape);
        for (at, from) in places(shape, dilation) {
            out[at..at + shape.channels].copy_from_slice(&x.data()[from..from + shape.channels]);
        }
        to
    }
}

/// The shape that [`Ops::spread`] makes: picture after picture, of each its phases row by row.
fn spread_shape(shape: Batch, dilation: usize) -> Batch {
    Batch {
        batch: shape.batch * dilation * dilation,
        height: shape.height.div_ceil(dilation),
        width: shape.width.div_ceil(dilation),
        channels: shape.channels,
    }
}

/// (offset in a map, offset in the spread map) of every pixel.
fn places(shape: Batch, dilation: usize) -> impl Iterator<Item = (usize, usize)> {
    let to = spread_shape(shape, dilation);
    let pixels = shape.height * shape.width;
    (0..shape.batch * pixels).map(move |i| {
        let (picture, y, x) = (i / pixels, i % pixels / shape.width, i % shape.width);
        let phase = (picture * dilation + y % dilation) * dilation + x % dilation;
        let at = (phase * to.height + y / dilation) * to.width + x / dilation;
        (i * shape.channels, at * shape.channels)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layers_of_u2netp() {
        let steps = steps();
        assert_eq!(steps.len(), 112);
        let weights = |s: &Step| 9 * s.inputs * s.outputs + s.outputs;
        let all = steps.iter().map(weights).sum::<usize>() + LEVELS * (9 * OUTER + 1);
        // The 1.13 million of the article, without normalisation.
        assert!((1_120_000..1_140_000).contains(&all), "{all}");
        assert_eq!(steps[48].dilation, 8);
        assert_eq!((steps[0].inputs, steps[60].inputs), (3, 128));
    }

    #[test]
    fn a_spread_map_comes_back_and_is_convolved_with_wide_taps() {
        // One channel, 5 × 7, taps two pixels apart: by hand at every pixel.
        let (height, width, dilation) = (5, 7, 2);
        let mut map = Buffer::default();
        let shape = Batch::new([1, height, width, 1]);
        let values: Vec<f32> = (0..height * width).map(|i| (i * i % 11) as f32).collect();
        map.reshape(shape).copy_from_slice(&values);
        let layer = Convolution::new(1, 1, 3);
        let kernel: Vec<f32> = (1..=9).map(|v| v as f32).collect();
        let folded = Folded {
            weight: kernel.clone(),
            bias: vec![0.0],
        };
        let network = U2Net {
            steps: vec![Layer::new(layer, &folded, Isa::detect())],
            sides: Vec::new(),
        };
        let mut ops = Plain(&network);
        let small = ops.spread(map.clone(), dilation);
        let back = ops.gather(small.clone(), &map, dilation);
        assert_eq!(back.data(), map.data());
        let small = ops.step(0, small);
        let found = ops.gather(small, &map, dilation);
        for (i, found) in found.data().iter().enumerate() {
            let (y, x) = (i / width, i % width);
            let mut sum = 0.0;
            for (tap, weight) in kernel.iter().enumerate() {
                let row = (y + tap / 3 * dilation).checked_sub(dilation);
                let column = (x + tap % 3 * dilation).checked_sub(dilation);
                if let (Some(row @ 0..5), Some(column @ 0..7)) = (row, column) {
                    sum += weight * values[row * width + column];
                }
            }
            assert!((found - sum).abs() < 1e-3, "{i}: {found} {sum}");
        }
    }
}
