//! DCGAN for 64-pixel pictures: generator and discriminator.
//!
//! - **Computes** pictures from noise, and a score of pictures.
//! - **Input** noise `[batch, 1, 1, 100]`, normal; pictures `[batch, 64, 64, 3]` in −1..1.
//!   **Output** pictures; scores `[batch]`, unbounded, higher is more real.
//! - **Source** Radford, Metz & Chintala (2016) with 64 base channels, as PyTorch's tutorial has it.
//! - **Deviations** the final sigmoid is left to the loss; weights start with He's deviation.
//! - **Weights** random.

use crate::kernels::norm::Rectifier;
use crate::layers::{After, Border, Kind, Normal, Unit, UnitSpec};
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

/// Five units through these channel counts; `first` and `last` say which has no border.
fn units(
    kind: Kind,
    channels: [usize; 6],
    act: Rectifier,
    random: &mut Normal,
    device: &Device,
) -> Vec<Unit> {
    let generator = kind == Kind::Transposed;
    (0..5)
        .map(|n| {
            let whole = if generator { n == 0 } else { n == 4 };
            let plain = n == 4 || (n == 0 && !generator);
            UnitSpec {
                kind,
                inputs: channels[n],
                outputs: channels[n + 1],
                kernel: 4,
                stride: if whole { 1 } else { 2 },
                border: Border::Fixed(usize::from(!whole)),
                after: if plain {
                    After::Nothing
                } else {
                    After::Norm(1e-5)
                },
                act: if n == 4 { Rectifier::Identity } else { act },
            }
            .init(random, device)
        })
        .collect()
}

fn run(units: &[Unit], x: Tensor<4>) -> Tensor<4> {
    units.iter().fold(x, |x, unit| unit.forward(x, None))
}

impl Generator {
    /// Random weights.
    #[must_use]
    pub fn init(seed: u64, device: &Device) -> Self {
        let channels = [NOISE, 8 * BASE, 4 * BASE, 2 * BASE, BASE, 3];
        let mut random = Normal::new(seed);
        let relu = Rectifier::Relu;
        Self {
            units: units(Kind::Transposed, channels, relu, &mut random, device),
        }
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
        let channels = [3, BASE, 2 * BASE, 4 * BASE, 8 * BASE, 1];
        let mut random = Normal::new(seed);
        let leaky = Rectifier::Leaky(0.2);
        Self {
            units: units(Kind::Dense, channels, leaky, &mut random, device),
        }
    }

    /// One score per picture.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<1> {
        let [batch, ..] = pictures.dims();
        run(&self.units, pictures).reshape([batch])
    }
}
