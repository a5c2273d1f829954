//! Generator and discriminator on our layers: for training them.
//!
//! - **Computes** as [`super`]; the discriminator is DCGAN's, and sees the sentiment as three planes beside
//!   red, green and blue.
//! - **Source** [`super`] for the generator; no discriminator was published, this one is ours.
//! - **Deviations** weights begin with deviation .02, as DCGAN's; scales of batch norms with 1, where DCGAN's vary by
//!   .02.

use super::{CHANNELS, EPSILON, LAYERS, SIDE, layer};
use affetti_kernels::{Activation, Border, Convolution};
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_train::values;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// Noise and sentiment to pictures.
#[derive(Module, Debug)]
pub struct Generator {
    layers: Vec<Unit>,
}

/// Pictures and sentiments to scores.
#[derive(Module, Debug)]
pub struct Discriminator {
    layers: Vec<Unit>,
}

/// Channels between the discriminator's layers.
const SEEN: [usize; 6] = [6, 64, 128, 256, 512, 1];

fn unit(conv: Convolution, after: After, random: &mut Normal, device: &Device) -> Unit {
    let weight = random.many(conv.weight_shape().iter().product(), 0.02);
    let bias = vec![0.0; conv.outputs];
    UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
}

impl Generator {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let layers = (0..LAYERS).map(|n| {
            let last = n + 1 == LAYERS;
            let act = if last {
                Activation::Identity
            } else {
                Activation::Relu
            };
            let after = if last {
                After::Nothing
            } else {
                After::Norm(EPSILON)
            };
            unit(layer(n).act(act), after, &mut random, device)
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Pictures `[batch, 64, 64, 3]` in −1..1 of inputs `[batch, 103]`.
    #[must_use]
    pub fn forward(&self, inputs: Tensor<2>) -> Tensor<4> {
        let [batch, numbers] = inputs.dims();
        let x = inputs.reshape([batch, 1, 1, numbers]);
        let x = self.layers.iter().fold(x, |x, unit| unit.forward(x, None));
        x.tanh()
    }

    /// As a file for inference has it.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        values(self)
    }
}

impl Discriminator {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let layers = (0..LAYERS).map(|n| {
            let last = n + 1 == LAYERS;
            let leaky = Activation::Leaky(0.2);
            let conv = Convolution::new(SEEN[n], SEEN[n + 1], 4)
                .stride(if last { 1 } else { 2 })
                .border(Border::Fixed(usize::from(!last)))
                .act(if last { Activation::Identity } else { leaky });
            let plain = last || n == 0;
            let after = if plain {
                After::Nothing
            } else {
                After::Norm(EPSILON)
            };
            unit(conv, after, &mut random, device)
        });
        Self {
            layers: layers.collect(),
        }
    }

    /// Scores `[batch]` of pictures `[batch, 64, 64, 3]` with sentiments `[batch, 3]`.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>, sentiments: Tensor<2>) -> Tensor<1> {
        let [batch, ..] = pictures.dims();
        let planes = sentiments.reshape([batch, 1, 1, 3]);
        let planes = planes.expand([batch, SIDE, SIDE, 3]);
        let x = Tensor::cat(vec![pictures, planes], 3);
        let x = self.layers.iter().fold(x, |x, unit| unit.forward(x, None));
        x.reshape([batch])
    }
}

/// Numbers that the generator learns.
#[must_use]
pub const fn parameters() -> usize {
    let mut sum = 0;
    let mut n = 0;
    while n < LAYERS {
        sum += CHANNELS[n] * CHANNELS[n + 1] * 16;
        if n + 1 < LAYERS {
            sum += 2 * CHANNELS[n + 1];
        }
        n += 1;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::parameters;

    #[test]
    fn as_many_parameters_as_published() {
        assert_eq!(parameters(), 3_601_280);
    }
}
