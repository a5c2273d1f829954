//! [`super::attend`] with gradients, on burn: same sizes, same names, same numbers.

use super::attend::Shape;
use super::decoder::EMOTIONS;
use super::decoder_layers::{Spoken, Thin, Told, Voiced};
use crate::sight::GRID;
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_weights::convolution::Folded;
use burn::module::{Module, Param};
use burn::tensor::activation::{relu, sigmoid, softmax};
use burn::tensor::{Device, Tensor, TensorData};

const CELLS: usize = GRID * GRID;

/// The network.
#[derive(Module, Debug)]
pub struct AttendLayers {
    words: Param<Tensor<2>>,
    emotions: Option<Param<Tensor<2>>>,
    from_cells: Unit,
    from_state: Unit,
    decide: Unit,
    gate: Unit,
    first_state: Unit,
    first_memory: Unit,
    input: Unit,
    recurrent: Unit,
    output: Unit,
}

/// `x` `[rows, inputs]` through a unit of one pixel.
fn through(unit: &Unit, x: Tensor<2>) -> Tensor<2> {
    let [rows, inputs] = x.dims();
    let y = unit.forward(x.reshape([rows, 1, 1, inputs]), None);
    let [_, _, _, outputs] = y.dims();
    y.reshape([rows, outputs])
}

impl AttendLayers {
    /// Random weights; `bias` has the logarithm of how often each word is said.
    #[must_use]
    pub fn new(shape: Shape, bias: Vec<f32>, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let Shape {
            words,
            vector,
            width,
            attention,
            cell,
            emotion,
            ..
        } = shape;
        let mut matrix = |rows: usize, columns: usize| {
            let values = TensorData::new(random.many(rows * columns, 0.06), [rows, columns]);
            Param::from_tensor(Tensor::from_data(values, device))
        };
        let vectors = matrix(words, vector);
        let emotions = (emotion > 0).then(|| matrix(EMOTIONS, emotion));
        let mut unit = |inputs: usize, outputs: usize, bias: Option<Vec<f32>>| {
            let weight = random.many(inputs * outputs, 1.0 / (3.0 * inputs as f64).sqrt());
            let bias = bias.unwrap_or_else(|| vec![0.0; outputs]);
            let conv = Convolution::new(inputs, outputs, 1);
            let after = After::Bias;
            UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
        };
        Self {
            words: vectors,
            emotions,
            from_cells: unit(cell, attention, None),
            from_state: unit(width, attention, None),
            decide: unit(attention, 1, None),
            gate: unit(width, cell, None),
            first_state: unit(cell, width, None),
            first_memory: unit(cell, width, None),
            input: unit(shape.inputs(), 4 * width, None),
            recurrent: unit(width, 4 * width, None),
            output: unit(width, words, Some(bias)),
        }
    }
}

impl Voiced for AttendLayers {
    fn values(&self, told: Told, thin: &mut Thin<'_>) -> Spoken {
        let [batch, count] = told.words.dims();
        let [_, _, cell] = told.cells.dims();
        let vectors = self.words.val();
        let [_, vector] = vectors.dims();
        let said = vectors
            .select(0, told.words.reshape([batch * count]))
            .reshape([batch, count, vector]);
        let emotion = self
            .emotions
            .as_ref()
            .map(|e| relu(e.val().select(0, told.emotions)));
        let seen = through(
            &self.from_cells,
            told.cells.clone().reshape([batch * CELLS, cell]),
        );
        let [_, attention] = seen.dims();
        let seen = seen.reshape([batch, CELLS, attention]);
        let mean = told.cells.clone().mean_dim(1).reshape([batch, cell]);
        let mut state = through(&self.first_state, mean.clone());
        let mut memory = through(&self.first_memory, mean);
        let [_, width] = state.dims();
        let (mut states, mut looked) = (Vec::with_capacity(count), None);
        for place in 0..count {
            let asked = through(&self.from_state, state.clone()).reshape([batch, 1, attention]);
            let open = relu(seen.clone() + asked).reshape([batch * CELLS, attention]);
            let weights = softmax(through(&self.decide, open).reshape([batch, CELLS]), 1);
            let context =
                (told.cells.clone() * weights.clone().reshape([batch, CELLS, 1])).sum_dim(1);
            let gate = sigmoid(through(&self.gate, state.clone()));
            let mut inputs = vec![
                said.clone().narrow(1, place, 1).reshape([batch, vector]),
                context.reshape([batch, cell]) * gate,
            ];
            inputs.extend(emotion.clone());
            let gates =
                through(&self.input, Tensor::cat(inputs, 1)) + through(&self.recurrent, state);
            let part = |n: usize| gates.clone().narrow(1, n * width, width);
            memory = sigmoid(part(1)) * memory + sigmoid(part(0)) * part(2).tanh();
            state = sigmoid(part(3)) * memory.clone().tanh();
            states.push(state.clone().reshape([batch, 1, width]));
            looked = Some(match looked {
                Some(sum) => sum + weights,
                None => weights,
            });
        }
        let states = Tensor::cat(states, 1).reshape([batch * count, 1, 1, width]);
        let states = thin(states).reshape([batch * count, width]);
        // Each cell should be looked at for its part of the sentence.
        let uneven = looked.map(|sum| {
            let missed = sum * -1.0 + count as f64 / CELLS as f64;
            (missed.clone() * missed).mean()
        });
        Spoken {
            values: through(&self.output, states),
            besides: uneven,
        }
    }
}
