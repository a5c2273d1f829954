//! [`super::lstm`] with gradients, on burn: same sizes, same names, same numbers.

use super::lstm::Shape;
use affetti_kernels::{Activation, Convolution};
use affetti_layers::{After, Normal, Unit, UnitSpec, lstm};
use affetti_train::values;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Tensor as Values, Tensors};
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// PyTorch's ε of batch normalisation.
const EPSILON: f32 = 1e-5;

/// The network.
#[derive(Module, Debug)]
pub struct LstmLayers {
    words: Param<Tensor<2>>,
    lower: Unit,
    upper: Unit,
    gates: Unit,
    memory: Param<Tensor<2>>,
    last: Unit,
}

/// What [`LstmLayers::forward`] multiplies with, each `[1, texts · words, 1, …]` or a row of it:
/// nothing where there is no dropout.
pub trait Dropout {
    /// `x`, thinned.
    fn thin(&mut self, x: Tensor<4>) -> Tensor<4>;
}

/// No dropout.
#[derive(Clone, Copy, Debug)]
pub struct Whole;

impl Dropout for Whole {
    fn thin(&mut self, x: Tensor<4>) -> Tensor<4> {
        x
    }
}

impl LstmLayers {
    /// Random weights above the vectors `words`, `[words, vector]`.
    #[must_use]
    pub fn new(shape: Shape, words: Vec<f32>, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        // As PyTorch's linear and recurrent layers begin: of deviation 1 / √(3 · inputs).
        let mut values = |outputs: usize, inputs: usize| {
            random.many(outputs * inputs, (1.0 / (3.0 * inputs as f64)).sqrt())
        };
        let mut unit = |inputs: usize, outputs: usize, act, after| {
            let conv = Convolution::new(inputs, outputs, 1).act(act);
            let (weight, bias) = (values(outputs, inputs), vec![0.0; outputs]);
            UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
        };
        let Shape {
            vector,
            width,
            narrow,
            ..
        } = shape;
        let matrix = |values: Vec<f32>, sizes: [usize; 2]| {
            Param::from_tensor(Tensor::from_data(TensorData::new(values, sizes), device))
        };
        let (relu, plain) = (Activation::Relu, Activation::Identity);
        Self {
            lower: unit(vector, width, relu, After::Bias),
            upper: unit(width, width, plain, After::Bias),
            gates: unit(width, 4 * width, plain, After::Bias),
            last: unit(width, narrow, relu, After::Norm(EPSILON)),
            words: matrix(words, [shape.words, vector]),
            memory: matrix(values(4 * width, width), [4 * width, width]),
        }
    }

    /// `[texts, narrow]`; `ids` is `[words, texts]`: step by step.
    #[must_use]
    pub fn forward(&self, ids: Tensor<2, Int>, dropout: &mut dyn Dropout) -> Tensor<2> {
        let [steps, texts] = ids.dims();
        let words = self.words.val();
        let [_, vector] = words.dims();
        let x = words.select(0, ids.reshape([steps * texts]));
        let x = dropout.thin(x.reshape([1, steps, texts, vector]));
        let x = dropout.thin(self.lower.forward(x, None));
        let gates = self.gates.forward(self.upper.forward(x, None), None);
        let states = lstm(gates, self.memory.val());
        let [_, _, _, width] = states.dims();
        let most = states.max_dim(1).reshape([texts, 1, 1, width]);
        let last = self.last.forward(most, None);
        let [_, _, _, narrow] = last.dims();
        dropout.thin(last).reshape([texts, narrow])
    }

    /// The tensors that [`super::lstm::Lstm`] reads: the normalisation is in the last layer.
    #[must_use]
    pub fn tensors(&self) -> Tensors {
        let mut tensors = values(self);
        tensors.map.retain(|name, _| !name.starts_with("last."));
        for unit in ["lower", "upper", "gates"] {
            flatten(&mut tensors, &format!("{unit}.weight"));
        }
        let Folded { weight, bias } = self.last.weights();
        let narrow = bias.len();
        let shape = vec![narrow, weight.len() / narrow.max(1)];
        let weight = Values {
            shape,
            data: weight,
        };
        tensors.map.insert("last.weight".to_owned(), weight);
        let bias = Values {
            shape: vec![narrow],
            data: bias,
        };
        tensors.map.insert("last.beta".to_owned(), bias);
        tensors
    }
}

/// Convolutions of one pixel are matrices in our files.
pub(crate) fn flatten(tensors: &mut Tensors, name: &str) {
    if let Some(tensor) = tensors.map.get_mut(name) {
        tensor.shape.truncate(2);
    }
}
