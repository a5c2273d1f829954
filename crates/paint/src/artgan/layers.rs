//! ArtGAN on our layers: generator, and the discriminator that is a categorical autoencoder.
//!
//! - **Computes** generator as [`super`]. Discriminator: from pictures of 64 pixels the logits of each
//!   label's classes, and the picture again from the same code.
//! - **Source** as [`super`]: 15,291,040 parameters for 27 classes; no bias anywhere, weights begin with
//!   deviation .02.
//! - **Deviations** none.

use super::{EPSILON, FIRST, LAST, LEAKY, NOISE, SIDE, WIDE, steps};
use affetti_kernels::{Activation, Border, Convolution};
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Noise and labels to pictures.
#[derive(Module, Debug)]
pub struct Generator {
    begin: Unit,
    steps: Vec<Unit>,
    last: Unit,
}

/// Pictures to logits and to themselves.
#[derive(Module, Debug)]
pub struct Discriminator {
    down: Vec<Unit>,
    classes: Unit,
    up: Vec<Unit>,
    last: Unit,
}

/// Encoder: channels, step, and whether a part of what comes in is dropped before it.
const DOWN: [(usize, usize, bool); 5] = [
    (128, 2, false),
    (256, 2, true),
    (512, 2, true),
    (512, 1, false),
    (1024, 2, true),
];
/// Decoder: channels; the map is doubled before all but the first.
const UP: [usize; 5] = [512, 256, 128, 64, 32];

fn unit(conv: Convolution, normed: bool, random: &mut Normal, device: &Device) -> Unit {
    let weight = random.many(conv.weight_shape().iter().product(), 0.02);
    let bias = vec![0.0; conv.outputs];
    let after = if normed {
        After::Norm(EPSILON)
    } else {
        After::Nothing
    };
    UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
}

/// Each pixel becomes four.
fn double(x: Tensor<4>) -> Tensor<4> {
    let [batch, height, width, channels] = x.dims();
    x.reshape([batch, height, 1, width, 1, channels])
        .expand([batch, height, 2, width, 2, channels])
        .reshape([batch, 2 * height, 2 * width, channels])
}

impl Generator {
    /// Random weights for so many classes of all labels together.
    #[must_use]
    pub fn init(classes: usize, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let begin = Convolution::new(NOISE + classes, FIRST * FIRST * WIDE, 1).act(LEAKY);
        Self {
            begin: unit(begin, true, &mut random, device),
            steps: steps()
                .map(|(conv, _)| unit(conv, true, &mut random, device))
                .collect(),
            last: unit(LAST, false, &mut random, device),
        }
    }

    /// Pictures `[batch, 128, 128, 3]` in −1..1 of inputs `[batch, 100 + classes]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<4> {
        let [batch, numbers] = inputs.dims();
        let x = self
            .begin
            .forward(inputs.reshape([batch, 1, 1, numbers]), None);
        let mut x = x.reshape([batch, FIRST, FIRST, WIDE]);
        for (unit, (_, doubled)) in self.steps.iter().zip(steps()) {
            if doubled {
                x = double(x);
            }
            x = unit.forward(x, None);
        }
        self.last.forward(x, None).tanh()
    }

    /// As a file for inference has it.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        let mut tensors = Tensors::default();
        let begin = self.begin.layer();
        let shape = [begin.outputs, begin.inputs];
        self.begin.weights().put(&mut tensors, "begin", &shape);
        for (n, unit) in self.steps.iter().enumerate() {
            let shape = unit.layer().weight_shape();
            unit.weights()
                .put(&mut tensors, &format!("steps.{n}"), &shape);
        }
        self.last
            .weights()
            .put(&mut tensors, "last", &LAST.weight_shape());
        tensors.map.remove("last.bias");
        tensors
    }
}

impl Discriminator {
    /// Random weights for so many classes of all labels together.
    #[must_use]
    pub fn init(classes: usize, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let mut inputs = 3;
        let mut down = Vec::new();
        for (n, (outputs, stride, _)) in DOWN.into_iter().enumerate() {
            let conv = Convolution::new(inputs, outputs, 3)
                .stride(stride)
                .act(LEAKY);
            down.push(unit(conv, n > 0, &mut random, device));
            inputs = outputs;
        }
        let linear = Convolution::new(FIRST * FIRST * inputs, classes, 1);
        let classes = unit(linear, false, &mut random, device);
        let mut up = Vec::new();
        for outputs in UP {
            let conv = Convolution::new(inputs, outputs, 3).act(LEAKY);
            up.push(unit(conv, true, &mut random, device));
            inputs = outputs;
        }
        let last = Convolution::new(inputs, 3, 3).act(Activation::Identity);
        Self {
            down,
            classes,
            up,
            last: unit(last, false, &mut random, device),
        }
    }

    /// Logits `[batch, classes]` and the decoded picture of `[batch, 64, 64, 3]`. `drop` gives, for a map's
    /// shape, what it is multiplied with before some layers.
    #[must_use]
    pub fn forward(
        &self,
        pictures: Tensor<4>,
        drop: &mut dyn FnMut([usize; 4]) -> Option<Tensor<4>>,
    ) -> (Tensor<2>, Tensor<4>) {
        let mut x = pictures;
        for (unit, (.., dropped)) in self.down.iter().zip(DOWN) {
            if dropped && let Some(mask) = drop(x.dims()) {
                x = x * mask;
            }
            x = unit.forward(x, None);
        }
        let [batch, side, _, channels] = x.dims();
        let code = x.clone().reshape([batch, 1, 1, side * side * channels]);
        let logits = self.classes.forward(code, None);
        let [.., classes] = logits.dims();
        for (n, unit) in self.up.iter().enumerate() {
            if n > 0 {
                x = double(x);
            }
            x = unit.forward(x, None);
        }
        let decoded = self.last.forward(x, None).tanh();
        (logits.reshape([batch, classes]), decoded)
    }
}

/// The mean of 3 × 3 windows at every second pixel, as the discriminator sees a painted picture; beyond the
/// border there is nothing to count.
#[must_use]
pub fn halved(pictures: Tensor<4>) -> Tensor<4> {
    let [_, height, width, _] = pictures.dims();
    let device = pictures.device();
    // Channels apart: each is a picture of one channel.
    let [batch, ..] = pictures.dims();
    let x = pictures
        .permute([0, 3, 1, 2])
        .reshape([batch * 3, height, width, 1]);
    let conv = Convolution::new(1, 1, 3).stride(2).border(Border::Same);
    let options = affetti_layers::ConvOptions::dense(conv.at(height, width));
    let ones = || Tensor::<4>::ones([1, 1, 3, 3], &device);
    let sums = affetti_layers::conv(x, Some(ones()), &options);
    let counts = Tensor::<4>::ones([1, height, width, 1], &device);
    let counts = affetti_layers::conv(counts, Some(ones()), &options);
    let [_, h, w, _] = sums.dims();
    let means = sums / counts.detach();
    means.reshape([batch, 3, h, w]).permute([0, 2, 3, 1])
}

/// Numbers that generator and discriminator learn for so many classes.
#[must_use]
pub fn parameters(classes: usize) -> [usize; 2] {
    let conv = |inputs: usize, outputs: usize| 9 * inputs * outputs;
    let first = FIRST * FIRST * WIDE;
    let mut generator = (NOISE + classes) * first + 2 * first;
    for (layer, _) in steps() {
        generator += conv(layer.inputs, layer.outputs) + 2 * layer.outputs;
    }
    generator += conv(LAST.inputs, 3);
    let (mut inputs, mut discriminator) = (3, 0);
    for (n, (outputs, ..)) in DOWN.into_iter().enumerate() {
        discriminator += conv(inputs, outputs) + if n > 0 { 2 * outputs } else { 0 };
        inputs = outputs;
    }
    discriminator += FIRST * FIRST * inputs * classes;
    for outputs in UP {
        discriminator += conv(inputs, outputs) + 2 * outputs;
        inputs = outputs;
    }
    [generator, discriminator + conv(inputs, 3)]
}

/// Pixels of the side that the discriminator sees.
pub const SEEN: usize = SIDE / 2;

#[cfg(test)]
mod tests {
    use super::{Discriminator, Generator, halved, parameters};
    use affetti_train::values;
    use burn::tensor::{Device, Tensor, TensorData};

    #[test]
    fn as_many_parameters_as_published() {
        assert_eq!(parameters(27), [5_022_624, 15_291_040]);
    }

    #[test]
    fn the_networks_have_them() {
        let device = Device::flex();
        let count = |tensors: affetti_weights::tensors::Tensors| {
            let learned = tensors.map.iter();
            let learned = learned.filter(|(name, _)| {
                let part = name.rsplit('.').next().unwrap_or_default();
                !["mean", "variance"].contains(&part)
            });
            learned.map(|(_, tensor)| tensor.data.len()).sum::<usize>()
        };
        let networks = [
            count(values(&Generator::init(4, 1, &device))),
            count(values(&Discriminator::init(4, 1, &device))),
        ];
        assert_eq!(networks, parameters(4));
    }

    #[test]
    fn windows_by_hand() {
        let device = Device::flex();
        let pixels: Vec<f32> = (0..16).flat_map(|n| [n as f32, 0.0, 1.0]).collect();
        let x = Tensor::<4>::from_data(TensorData::new(pixels, [1, 4, 4, 3]), &device);
        let y: Vec<f32> = halved(x).into_data().iter::<f32>().collect();
        // SAME of TensorFlow at an even side begins at the first pixel: rows 0 to 2, columns 0 to 2, whose
        // mean is 5; at the right border columns 2 and 3 only: (2 + 3 + 6 + 7 + 10 + 11) / 6.
        assert_eq!(y[..6], [5.0, 0.0, 1.0, 6.5, 0.0, 1.0]);
    }
}
