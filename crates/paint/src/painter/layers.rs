//! The painter on our layers: for training it.
//!
//! - **Computes, input, output** as [`super`]; pictures as tensors in −1..1.
//! - **Source, deviations** as there. Batch statistics in training, running ones published.

use super::{FIRST, FRAME, Shape};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec, linear, upsample};
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Tensor as Values, Tensors};
use burn::module::{Module, Param};
use burn::tensor::activation::leaky_relu;
use burn::tensor::{Device, Tensor, TensorData};

const EPSILON: f32 = 1e-5;

/// A linear map.
#[derive(Module, Debug)]
pub struct Dense {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

impl Dense {
    /// Random weights of `gain` times He's deviation, biases 0.
    pub(crate) fn new(
        [inputs, outputs]: [usize; 2],
        gain: f64,
        random: &mut Normal,
        device: &Device,
    ) -> Self {
        let deviation = gain * (2.0 / inputs as f64).sqrt();
        let weight = TensorData::new(random.many(inputs * outputs, deviation), [outputs, inputs]);
        let bias = TensorData::new(vec![0.0_f32; outputs], [outputs]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::from_data(bias, device)),
        }
    }

    pub(crate) fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        linear(x, self.weight.val(), Some(self.bias.val()))
    }

    /// Adds `NAME.weight` and `NAME.bias`.
    pub(crate) fn put(&self, tensors: &mut Tensors, name: &str) {
        let floats = |data: TensorData| data.iter::<f32>().collect::<Vec<f32>>();
        let weight = self.weight.val();
        let shape = weight.dims().to_vec();
        let data = floats(weight.into_data());
        let values = Values { shape, data };
        tensors.map.insert(format!("{name}.weight"), values);
        let data = floats(self.bias.val().into_data());
        let shape = vec![data.len()];
        tensors
            .map
            .insert(format!("{name}.bias"), Values { shape, data });
    }
}

/// Shape and values of a matrix.
fn values(matrix: Tensor<2>) -> (Vec<usize>, Vec<f32>) {
    let shape = matrix.dims().to_vec();
    let data = matrix.into_data().iter::<f32>().collect();
    (shape, data)
}

/// From noise to the first map: rows of length one, so that each number of the map has a deviation of one. What the
/// condition adds stays within half of it: where it may be larger, all pictures soon have one and the same composition in
/// other colors.
#[derive(Module, Debug)]
struct Begin {
    weight: Param<Tensor<2>>,
}

impl Begin {
    fn new([inputs, outputs]: [usize; 2], random: &mut Normal, device: &Device) -> Self {
        let weight = TensorData::new(random.many(inputs * outputs, 1.0), [outputs, inputs]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
        }
    }

    /// Rows of length one.
    fn weight(&self) -> Tensor<2> {
        let weight = self.weight.val();
        let length = (weight.clone() * weight.clone()).sum_dim(1).sqrt();
        weight / (length + 1e-6)
    }

    fn forward(&self, noise: Tensor<2>) -> Tensor<2> {
        linear(noise, self.weight(), None)
    }
}

/// The network.
#[derive(Module, Debug)]
pub struct PainterLayers {
    mix: Vec<Dense>,
    begin: Begin,
    frame: Dense,
    doublings: Vec<Unit>,
    turns: Vec<Dense>,
    early: Unit,
    last: Unit,
}

impl PainterLayers {
    /// Random weights for conditions of `width` numbers. A `blind` one looks at none of them, and as long as they are 0 in
    /// training, never will.
    #[must_use]
    pub fn init((shape, width): (&Shape, usize), blind: bool, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let dense = |sizes, gain, random: &mut Normal| Dense::new(sizes, gain, random, device);
        let sight = if blind { 0.0 } else { 1.0 };
        let mix = vec![
            dense([width, shape.mixed], sight, &mut random),
            dense([shape.mixed, shape.mixed], 1.0, &mut random),
        ];
        let first = shape.channels[0];
        let numbers = FIRST * FIRST * first;
        let begin = Begin::new([shape.noise, numbers], &mut random, device);
        let frame = dense([shape.mixed, numbers], 0.3, &mut random);
        let after = After::Norm(EPSILON);
        let doublings = (1..shape.channels.len())
            .map(|n| {
                let conv = shape.doubling(n - 1);
                UnitSpec { conv, after }.init(&mut random, device)
            })
            .collect();
        let turns = shape.channels.iter();
        let turns = turns
            .map(|channels| dense([shape.mixed, 2 * channels], 0.3, &mut random))
            .collect();
        let early = colors(shape.early(), 0.3, &mut random, device);
        // Nothing at first: details are added to a picture that is there already.
        let last = colors(shape.last(), 0.01, &mut random, device);
        Self {
            mix,
            begin,
            frame,
            doublings,
            turns,
            early,
            last,
        }
    }

    /// Pictures of noise `[batch, noise]` and conditions `[batch, width]`: `[batch, side, side, 3]`, or of
    /// half the side, without the details, where `early`.
    #[must_use]
    pub fn forward(&self, noise: Tensor<2>, condition: Tensor<2>, early: bool) -> Tensor<4> {
        let mixed = self
            .mix
            .iter()
            .fold(condition, |x, layer| leaky_relu(layer.forward(x), 0.2));
        let frame = self.frame.forward(mixed.clone()).tanh() * FRAME;
        let start = leaky_relu(self.begin.forward(noise) + frame, 0.2);
        let [batch, numbers] = start.dims();
        let start = start.reshape([batch, FIRST, FIRST, numbers / (FIRST * FIRST)]);
        let mut maps = turn(start, self.turns[0].forward(mixed.clone()));
        let count = self.doublings.len();
        for n in 0..count - 1 {
            maps = self.doubled(n, maps, &mixed);
        }
        let small = self.early.forward(upsample(maps.clone()), None);
        if early {
            return small.tanh();
        }
        let maps = self.doubled(count - 1, maps, &mixed);
        (self.last.forward(upsample(maps), None) + upsample(small)).tanh()
    }

    fn doubled(&self, n: usize, maps: Tensor<4>, mixed: &Tensor<2>) -> Tensor<4> {
        let maps = self.doublings[n].forward(maps, None);
        turn(maps, self.turns[n + 1].forward(mixed.clone()))
    }

    /// As a file for inference has it.
    #[must_use]
    pub fn weights(&self) -> Tensors {
        let mut tensors = Tensors::default();
        for (n, mix) in self.mix.iter().enumerate() {
            mix.put(&mut tensors, &format!("mix.{n}"));
        }
        let (shape, data) = values(self.begin.weight());
        tensors
            .map
            .insert("begin.weight".to_owned(), Values { shape, data });
        self.frame.put(&mut tensors, "frame");
        for (n, turn) in self.turns.iter().enumerate() {
            turn.put(&mut tensors, &format!("turns.{n}"));
        }
        for (n, unit) in self.doublings.iter().enumerate() {
            let shape = unit.layer().weight_shape();
            unit.weights()
                .put(&mut tensors, &format!("doublings.{n}"), &shape);
        }
        for (name, unit) in [("early", &self.early), ("last", &self.last)] {
            let shape = unit.layer().weight_shape();
            unit.weights().put(&mut tensors, name, &shape);
        }
        tensors
    }
}

/// A layer that ends in red, green and blue, small by `gain`.
fn colors(conv: Convolution, gain: f32, random: &mut Normal, device: &Device) -> Unit {
    let after = After::Bias;
    let mut folded = Folded::random(conv.weight_shape(), conv.outputs, random);
    folded.weight.iter_mut().for_each(|w| *w *= gain);
    UnitSpec { conv, after }.with_weights(folded, device)
}

/// Scales and shifts channels: `by` is `[batch, 2 · channels]`.
fn turn(maps: Tensor<4>, by: Tensor<2>) -> Tensor<4> {
    let [batch, _, _, channels] = maps.dims();
    let by = by.reshape([batch, 1, 1, 2 * channels]);
    let scale = by.clone().narrow(3, 0, channels) + 1.0;
    maps * scale + by.narrow(3, channels, channels)
}
