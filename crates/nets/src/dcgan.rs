//! DCGAN for 64-pixel pictures: generator and discriminator.
//!
//! - **Computes** pictures from noise, and a score of pictures.
//! - **Input** noise `[batch, 1, 1, 100]`, normal; pictures `[batch, 64, 64, 3]` in −1..1.
//!   **Output** pictures; scores `[batch]`, unbounded, higher is more real.
//! - **Source** Radford, Metz & Chintala (2016) with 64 base channels, as PyTorch's tutorial has it.
//! - **Deviations** the final sigmoid is left to the loss; weights start with He's deviation.
//! - **Weights** random, or a state dictionary of PyTorch's tutorial by name.

use affetti_kernels::{Activation, Border, Convolution, Kind};
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_weights::NetError;
use affetti_weights::tensors::Tensors;
use burn::module::Module;
use burn::tensor::{Device, Tensor};

const NOISE: usize = 100;
const BASE: usize = 64;

/// Noise to pictures.
#[derive(Module, Debug)]
pub struct Generator {
    units: Vec<Unit>,
}

/// Pictures to scores.
#[derive(Module, Debug)]
pub struct Discriminator {
    units: Vec<Unit>,
}

/// Channels between the generator's layers.
const GENERATOR: [usize; 6] = [NOISE, 8 * BASE, 4 * BASE, 2 * BASE, BASE, 3];
/// Channels between the discriminator's layers.
const DISCRIMINATOR: [usize; 6] = [3, BASE, 2 * BASE, 4 * BASE, 8 * BASE, 1];
const EPSILON: f64 = 1e-5;
const LEAKY: Activation = Activation::Leaky(0.2);

/// Five units through these channel counts; `make` turns the specifications into units.
fn units(
    kind: Kind,
    channels: [usize; 6],
    act: Activation,
    mut make: impl FnMut(UnitSpec) -> Unit,
) -> Vec<Unit> {
    let generator = kind == Kind::Transposed;
    (0..5)
        .map(|n| {
            let whole = if generator { n == 0 } else { n == 4 };
            let plain = n == 4 || (n == 0 && !generator);
            let conv = Convolution::new(channels[n], channels[n + 1], 4)
                .kind(kind)
                .stride(if whole { 1 } else { 2 })
                .border(Border::Fixed(usize::from(!whole)))
                .act(if n == 4 { Activation::Identity } else { act });
            let after = if plain {
                After::Nothing
            } else {
                After::Norm(EPSILON as f32)
            };
            make(UnitSpec { conv, after })
        })
        .collect()
}

/// Units with the tensors `main.0.weight` and so on; the list there counts norms and activations.
fn published(
    kind: Kind,
    channels: [usize; 6],
    act: Activation,
    (tensors, network): (Tensors, &str),
    device: &Device,
) -> Result<Vec<Unit>, NetError> {
    let mut taker = tensors.take_for(network);
    taker.ignore(|name| name.ends_with(".num_batches_tracked"));
    let mut place = 0;
    let units = units(kind, channels, act, |spec| {
        let shape = spec.conv.weight_shape();
        let names = (format!("main.{place}"), format!("main.{}", place + 1));
        let tensors = if spec.after == After::Nothing {
            place += 2;
            taker.bare(&names.0, shape)
        } else {
            place += 3;
            taker.normed((&names.0, &names.1), shape, spec.conv.outputs, EPSILON)
        };
        spec.with_tensors(&tensors, device)
    });
    taker.finish()?;
    Ok(units)
}

fn run(units: &[Unit], x: Tensor<4>) -> Tensor<4> {
    units.iter().fold(x, |x, unit| unit.forward(x, None))
}

impl Generator {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let make = |spec: UnitSpec| spec.init(&mut random, device);
        Self {
            units: units(Kind::Transposed, GENERATOR, Activation::Relu, make),
        }
    }

    /// Weights by the names of PyTorch's tutorial, `main.0.weight` and so on.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(tensors: Tensors, device: &Device) -> Result<Self, NetError> {
        let file = (tensors, "DCGAN's generator");
        let units = published(Kind::Transposed, GENERATOR, Activation::Relu, file, device)?;
        Ok(Self { units })
    }

    /// Pictures in −1..1.
    #[must_use]
    pub fn forward(&self, noise: Tensor<4>) -> Tensor<4> {
        run(&self.units, noise).tanh()
    }
}

impl Discriminator {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let make = |spec: UnitSpec| spec.init(&mut random, device);
        Self {
            units: units(Kind::Dense, DISCRIMINATOR, LEAKY, make),
        }
    }

    /// Weights by the names of PyTorch's tutorial, `main.0.weight` and so on.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] listing every missing, extra or misshapen tensor.
    pub fn from_published(tensors: Tensors, device: &Device) -> Result<Self, NetError> {
        let file = (tensors, "DCGAN's discriminator");
        let units = published(Kind::Dense, DISCRIMINATOR, LEAKY, file, device)?;
        Ok(Self { units })
    }

    /// One score per picture.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<1> {
        let [batch, ..] = pictures.dims();
        run(&self.units, pictures).reshape([batch])
    }
}
