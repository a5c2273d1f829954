//! The painter's critic: real or painted, seen by a network that knows pictures already.
//!
//! - **Computes** maps of four stages of a frozen EfficientNet-Lite, mixed across channels and then across
//!   scales by random layers that never change; on each scale a small network of its own, and one on the picture
//!   itself, whose scores also say how well the picture agrees with its condition.
//! - **Input** pictures `[batch, side, side, 3]` in −1..1; conditions `[batch, width]`. **Output** scores
//!   `[batch, n]`, unbounded, higher is more real: n places of all scales.
//! - **Source** Sauer et al., "Projected GANs Converge Faster" (2021); Miyato & Koyama, "cGANs with
//!   projection discriminator" (2018); Miyato et al., "Spectral normalization" (2018).
//! - **Deviations** the network on the picture itself: without it a generator finds gray patterns that the frozen
//!   maps take for paintings. Heads end in a map of at most 4 × 4. The spectral norm is found anew by a few steps of power
//!   iteration, without memory of the step before.

use affetti_kernels::{Activation, Border, Convolution};
use affetti_layers::{ConvOptions, Moments, Normal, Normalisation, conv, upsample};
use affetti_nets::efficientnet_lite::layers::LiteLayers;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_weights::convolution::Folded;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

/// Stages whose maps are looked at, counted from 1: at strides of 4, 8, 16, 32.
const STAGES: [usize; 4] = [2, 3, 5, 7];
/// Of batch norms.
const EPSILON: f32 = 1e-5;
/// Steps of power iteration.
const STEPS: usize = 4;
/// Below this side maps are not halved further.
const SMALLEST: usize = 4;
/// Channels of what looks at the picture itself, after each halving; the last goes on.
const PLAIN: [usize; 4] = [48, 96, 160, 224];

/// The frozen part.
#[derive(Debug)]
pub struct Eye {
    network: LiteLayers,
    across_channels: Vec<Fixed>,
    across_scales: Vec<Fixed>,
}

/// A random layer that never changes.
#[derive(Debug)]
struct Fixed {
    layer: Convolution,
    weight: Tensor<4>,
}

impl Fixed {
    fn new(layer: Convolution, random: &mut Normal, device: &Device) -> Self {
        let shape = layer.weight_shape();
        let folded = Folded::random(shape, layer.outputs, random);
        // Nothing follows the sum: half of He's variance keeps the size of what goes in.
        let weight = folded.weight.iter().map(|w| w * 0.5_f32.sqrt()).collect();
        let data = TensorData::new(weight, shape);
        Self {
            layer,
            weight: Tensor::from_data(data, device),
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, height, width, _] = x.dims();
        let options = ConvOptions::dense(self.layer.at(height, width));
        conv(x, Some(self.weight.clone()), &options)
    }
}

impl Eye {
    /// Through `weights`, with random layers of `channels` channels.
    #[must_use]
    pub fn new(weights: &Weights, channels: usize, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let across_channels = STAGES.iter().map(|stage| {
            let inputs = Variant::stage_channels(weights.variant(), stage - 1);
            Fixed::new(Convolution::new(inputs, channels, 1), &mut random, device)
        });
        let across_channels = across_channels.collect();
        let across_scales = STAGES.iter().map(|_| {
            let layer = Convolution::new(channels, channels, 3);
            Fixed::new(layer, &mut random, device)
        });
        Self {
            across_channels,
            across_scales: across_scales.collect(),
            network: LiteLayers::from_weights(weights, device).freeze(true),
        }
    }

    /// The picture itself and maps of the scales from fine to coarse, `[batch, side, side, channels]`, and the
    /// pooled features `[batch, 1280]`.
    #[must_use]
    pub fn look(&self, pictures: Tensor<4>) -> (Vec<Tensor<4>>, Tensor<2>) {
        // Networks of this kind want (v − 127) / 128 of bytes: close enough to −1..1.
        let (stages, pooled) = self.network.forward_stages(pictures.clone(), &STAGES);
        let mut mixed: Vec<Tensor<4>> = Vec::new();
        let mut below: Option<Tensor<4>> = None;
        let layers = self.across_channels.iter().zip(&self.across_scales);
        for (map, (channels, scales)) in stages.into_iter().zip(layers).rev() {
            let map = channels.forward(map);
            let map = match below.take() {
                Some(coarser) => map + upsample(coarser),
                None => map,
            };
            let map = scales.forward(map);
            below = Some(map.clone());
            mixed.push(map);
        }
        mixed.push(pictures);
        mixed.reverse();
        (mixed, pooled)
    }
}

/// The part that learns.
#[derive(Module, Debug)]
pub struct Critic {
    scales: Vec<Scale>,
}

/// What looks at one scale.
#[derive(Module, Debug)]
pub struct Scale {
    halvings: Vec<Layer>,
    score: Layer,
    /// `[channels, width]`: what agrees with which condition.
    agree: Param<Tensor<2>>,
}

/// A layer whose largest singular value is one, perhaps with a batch norm. Without those a generator that paints one
/// picture for all noises goes unnoticed.
#[derive(Module, Debug)]
struct Layer {
    weight: Param<Tensor<4>>,
    /// γ, where there is a batch norm.
    gamma: Option<Param<Tensor<1>>>,
    /// β, or the bias.
    bias: Param<Tensor<1>>,
    #[module(skip)]
    layer: Convolution,
    #[module(skip)]
    gain: f64,
}

impl Layer {
    /// As loud as what goes in, about, where no norm follows.
    fn louder(self) -> Self {
        Self { gain: 2.0, ..self }
    }

    fn new(layer: Convolution, normed: bool, random: &mut Normal, device: &Device) -> Self {
        let shape = layer.weight_shape();
        let Folded { weight, .. } = Folded::random(shape, layer.outputs, random);
        let bias = TensorData::new(vec![0.0_f32; layer.outputs], [layer.outputs]);
        let gamma = TensorData::new(vec![1.0_f32; layer.outputs], [layer.outputs]);
        let gamma = normed.then(|| Param::from_tensor(Tensor::from_data(gamma, device)));
        Self {
            gamma,
            weight: Param::from_tensor(Tensor::from_data(TensorData::new(weight, shape), device)),
            bias: Param::from_tensor(Tensor::from_data(bias, device)),
            layer,
            gain: 1.0,
        }
    }

    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, height, width, _] = x.dims();
        let weight = self.weight.val();
        let weight = weight.clone() * self.gain / largest(weight).reshape([1, 1, 1, 1]);
        let beta = self.bias.val();
        let norm = match &self.gamma {
            None => Normalisation::Bias(beta),
            Some(gamma) => Normalisation::Batch {
                gamma: gamma.val(),
                beta,
                epsilon: EPSILON,
                moments: Moments::default(),
            },
        };
        let options = ConvOptions::dense(self.layer.at(height, width))
            .act(self.layer.activation)
            .norm(norm);
        conv(x, Some(weight), &options)
    }
}

/// The largest singular value of a weight as a matrix `[outputs, rest]`.
fn largest(weight: Tensor<4>) -> Tensor<1> {
    let [outputs, a, b, c] = weight.dims();
    let inputs = a * b * c;
    let matrix = weight.reshape([outputs, inputs]);
    let values: Vec<f32> = matrix.clone().detach().into_data().iter::<f32>().collect();
    let (left, right) = directions(&values, outputs, inputs);
    let device = matrix.device();
    let left = Tensor::<2>::from_data(TensorData::new(left, [1, outputs]), &device);
    let right = Tensor::<2>::from_data(TensorData::new(right, [inputs, 1]), &device);
    left.matmul(matrix).matmul(right).reshape([1])
}

/// Left and right singular vectors of the largest singular value, about.
fn directions(values: &[f32], outputs: usize, inputs: usize) -> (Vec<f32>, Vec<f32>) {
    let unit = |v: &mut Vec<f32>| {
        let length = v.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
        v.iter_mut().for_each(|x| *x /= length);
    };
    let mut left: Vec<f32> = Normal::new(outputs as u64).many(outputs, 1.0);
    unit(&mut left);
    let mut right = vec![0.0_f32; inputs];
    for _ in 0..STEPS {
        right.fill(0.0);
        for (row, l) in values.chunks_exact(inputs).zip(&left) {
            for (r, w) in right.iter_mut().zip(row) {
                *r += l * w;
            }
        }
        unit(&mut right);
        for (l, row) in left.iter_mut().zip(values.chunks_exact(inputs)) {
            *l = row.iter().zip(&right).map(|(w, r)| w * r).sum();
        }
        unit(&mut left);
    }
    (left, right)
}

/// How often a map of that side is halved.
fn halvings(side: usize) -> usize {
    (0..).take_while(|n| side >> n > SMALLEST).count()
}

impl Scale {
    /// Layers from each number of channels to the next, which halve the map, or keep it where it is small
    /// already; without norms where it is the picture itself.
    fn new(
        channels: &[usize],
        [small, plain]: [bool; 2],
        width: usize,
        random: &mut Normal,
        device: &Device,
    ) -> Self {
        let layers = channels.windows(2).map(|pair| {
            let layer = match small {
                true => Convolution::new(pair[0], pair[1], 3),
                false => Convolution::new(pair[0], pair[1], 4)
                    .stride(2)
                    .border(Border::Fixed(1)),
            };
            let layer = layer.act(Activation::Leaky(0.2));
            match plain {
                // A norm over a batch of painted pictures alone would hide how bright and of which color they all are.
                true => Layer::new(layer, false, random, device).louder(),
                false => Layer::new(layer, true, random, device),
            }
        });
        let halvings = layers.collect();
        let last = channels.last().copied().unwrap_or(1);
        let agree = TensorData::new(random.many(last * width, 0.02), [last, width]);
        Self {
            halvings,
            score: Layer::new(Convolution::new(last, 1, 1), false, random, device),
            agree: Param::from_tensor(Tensor::from_data(agree, device)),
        }
    }
}

impl Critic {
    /// Random, for the picture itself and the finest maps, of `channels` channels, `scales` in all; `side` is that of the
    /// pictures, `width` the numbers of a condition.
    #[must_use]
    pub fn init(
        (channels, scales): (usize, usize),
        side: usize,
        width: usize,
        seed: u64,
        device: &Device,
    ) -> Self {
        let mut random = Normal::new(seed);
        let seen = (0..STAGES.len()).map(|n| {
            let halvings = halvings(side >> (n + 2)).max(1);
            let small = side >> (n + 2) <= SMALLEST;
            (vec![channels; halvings + 1], [small, false])
        });
        let plain = (0..halvings(side)).map(|n| PLAIN[n.min(PLAIN.len() - 1)]);
        let plain = ([3].into_iter().chain(plain).collect(), [false, true]);
        let scales = [plain].into_iter().chain(seen).take(scales);
        let scales =
            scales.map(|(channels, kind)| Scale::new(&channels, kind, width, &mut random, device));
        Self {
            scales: scales.collect(),
        }
    }

    /// Scores of the maps that [`Eye::look`] gave, with their conditions.
    #[must_use]
    pub fn judge(&self, maps: &[Tensor<4>], condition: &Tensor<2>) -> Tensor<2> {
        let scores = self.scales.iter().zip(maps);
        let scores = scores.map(|(scale, map)| {
            let seen = scale.halvings.iter();
            let seen = seen.fold(map.clone(), |x, layer| layer.forward(x));
            let [batch, height, width, channels] = seen.dims();
            let score = scale.score.forward(seen.clone());
            let score = score.reshape([batch, height * width]);
            let mean = seen.mean_dim(1).mean_dim(2).reshape([batch, channels]);
            let asked = condition.clone().matmul(scale.agree.val().transpose());
            score + (mean * asked).sum_dim(1)
        });
        Tensor::cat(scores.collect(), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::directions;

    #[test]
    fn the_largest_singular_value_of_a_diagonal() {
        let (left, right) = directions(&[3.0, 0.0, 0.0, 0.0, 0.5, 0.0], 2, 3);
        let value = 3.0 * left[0] * right[0] + 0.5 * left[1] * right[1];
        assert!((value - 3.0).abs() < 1e-3, "{value}");
    }
}
