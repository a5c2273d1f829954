//! The mask network on our layers: for training it.
//!
//! - **Computes** what [`crate::u2net`] computes before the last sigmoid.
//! - **Input** `[batch, side, side, 3]`, prepared as there, the side a multiple of 32.
//! - **Output** logits, `[batch, side, side, 1]`.
//! - **Source, deviations** as [`crate::u2net`].
//! - **Weights** the published ones ([`U2NetLayers::from_weights`]).

use crate::flow::halve_tensor;
use crate::u2net::{Ops, Weights, forward};
use affetti_layers::{After, Unit, UnitSpec, upsample};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

/// The network.
#[derive(Module, Debug)]
pub struct U2NetLayers {
    steps: Vec<Unit>,
    sides: Vec<Unit>,
}

impl U2NetLayers {
    /// The network of `weights`.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &Device) -> Self {
        let after = After::Bias;
        let (steps, sides) = weights
            .build(|conv, folded| UnitSpec { conv, after }.with_weights(folded.clone(), device));
        Self { steps, sides }
    }

    /// See the module.
    ///
    /// # Panics
    /// Where the side is no multiple of 32: a bug of the caller.
    #[must_use]
    pub fn forward(&self, pictures: Tensor<4>) -> Tensor<4> {
        forward(&mut &*self, pictures)
    }

    /// The weights as they are.
    #[must_use]
    pub fn weights(&self) -> Weights {
        let units = self.steps.iter().chain(&self.sides);
        Weights {
            layers: units.map(Unit::weights).collect(),
        }
    }
}

impl Ops for &U2NetLayers {
    type Map = Tensor<4>;

    fn step(&mut self, n: usize, x: Tensor<4>) -> Tensor<4> {
        self.steps[n].forward(x, None)
    }

    fn side(&mut self, level: usize, x: Tensor<4>) -> Tensor<4> {
        self.sides[level].forward(x, None)
    }

    fn halve(&mut self, x: Tensor<4>) -> Tensor<4> {
        halve_tensor(x, 2)
    }

    fn double(&mut self, x: Tensor<4>) -> Tensor<4> {
        upsample(x)
    }

    fn join(&mut self, a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
        Tensor::cat(vec![a, b], 3)
    }

    fn add(&mut self, a: Tensor<4>, b: Tensor<4>) -> Tensor<4> {
        a + b
    }

    fn spread(&mut self, x: Tensor<4>, dilation: usize) -> Tensor<4> {
        let [batch, height, width, channels] = x.dims();
        let (rows, columns) = (height.div_ceil(dilation), width.div_ceil(dilation));
        let x = filled(x, 1, rows * dilation);
        let x = filled(x, 2, columns * dilation);
        x.reshape([batch, rows, dilation, columns, dilation, channels])
            .permute([0, 2, 4, 1, 3, 5])
            .reshape([batch * dilation * dilation, rows, columns, channels])
    }

    fn gather(&mut self, x: Tensor<4>, like: &Tensor<4>, dilation: usize) -> Tensor<4> {
        let [_, rows, columns, channels] = x.dims();
        let [batch, height, width, _] = like.dims();
        x.reshape([batch, dilation, dilation, rows, columns, channels])
            .permute([0, 3, 1, 4, 2, 5])
            .reshape([batch, rows * dilation, columns * dilation, channels])
            .slice([0..batch, 0..height, 0..width, 0..channels])
    }
}

/// `x` with zeros at the end of axis `axis`, up to `length`.
fn filled(x: Tensor<4>, axis: usize, length: usize) -> Tensor<4> {
    let mut shape = x.dims();
    if shape[axis] == length {
        return x;
    }
    shape[axis] = length - shape[axis];
    let zeros = Tensor::zeros(shape, &x.device());
    Tensor::cat(vec![x, zeros], axis)
}
