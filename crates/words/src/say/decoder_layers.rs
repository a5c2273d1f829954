//! [`super::decoder`] with gradients, on burn: same sizes, same names, same numbers.

use super::decoder::{EMOTIONS, EPSILON, PREFIX, Shape};
use crate::sight::GRID;
use affetti_kernels::Convolution;
use affetti_layers::{After, LayerNorm, Normal, Unit, UnitSpec, causal_attention, gelu, linear};
use affetti_weights::convolution::Folded;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The network.
#[derive(Module, Debug)]
pub struct DecoderLayers {
    words: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
    places: Param<Tensor<2>>,
    emotions: Param<Tensor<2>>,
    spots: Param<Tensor<2>>,
    whole: Unit,
    cell: Unit,
    blocks: Vec<BlockLayers>,
    last: LayerNorm,
}

/// Attention and MLP, each behind a norm and added to what comes in.
#[derive(Module, Debug)]
pub struct BlockLayers {
    before: LayerNorm,
    project: Unit,
    merge: Unit,
    between: LayerNorm,
    widen: Unit,
    narrow: Unit,
    #[module(skip)]
    heads: usize,
}

/// Sentences of one length with what they are about.
#[derive(Clone, Debug)]
pub struct Told {
    /// Numbers of emotions, the last one for none, `[batch]`.
    pub emotions: Tensor<1, Int>,
    /// `[batch, whole]`
    pub whole: Tensor<2>,
    /// `[batch, cells, cell]`
    pub cells: Tensor<3>,
    /// Words from the beginning on, without the end, `[batch, words]`.
    pub words: Tensor<2, Int>,
}

/// What a network says.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// Values of the word behind each of the words, `[batch · words, known words]`.
    pub values: Tensor<2>,
    /// What is to be small besides, `[1]`.
    pub besides: Option<Tensor<1>>,
}

/// A network that learns to speak.
pub trait Voiced: Module + Clone {
    /// What it says behind each word of the sentences.
    fn values(&self, told: Told, thin: &mut Thin<'_>) -> Spoken;
}

impl Voiced for DecoderLayers {
    fn values(&self, told: Told, thin: &mut Thin<'_>) -> Spoken {
        Spoken {
            values: self.forward(told, thin),
            besides: None,
        }
    }
}

/// Thins rows `[batch, 1, tokens, width]`.
pub type Thin<'a> = dyn FnMut(Tensor<4>) -> Tensor<4> + 'a;

impl DecoderLayers {
    /// Random weights; `bias` has the logarithm of how often each word is said.
    #[must_use]
    pub fn new(shape: Shape, bias: Vec<f32>, seed: u64, device: &Device) -> Self {
        let mut random = Normal::new(seed);
        let Shape { width, wide, .. } = shape;
        let norm = || LayerNorm::new(vec![1.0; width], vec![0.0; width], device);
        let mut matrix = |rows: usize| {
            let values = TensorData::new(random.many(rows * width, 0.05), [rows, width]);
            Param::from_tensor(Tensor::from_data(values, device))
        };
        let (words, places) = (matrix(shape.words), matrix(shape.places));
        let (emotions, spots) = (matrix(EMOTIONS), matrix(GRID * GRID));
        let mut unit = |inputs: usize, outputs: usize, share: f64| {
            let weight = random.many(inputs * outputs, share / (inputs as f64).sqrt());
            let bias = vec![0.0; outputs];
            let conv = Convolution::new(inputs, outputs, 1);
            let after = After::Bias;
            UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
        };
        // What is added to the stream begins small, the smaller the more blocks add to it.
        let part = 1.0 / (2.0 * shape.layers as f64).sqrt();
        let mut block = |_| BlockLayers {
            before: norm(),
            project: unit(width, 3 * width, 1.0),
            merge: unit(width, width, part),
            between: norm(),
            widen: unit(width, wide, 1.0),
            narrow: unit(wide, width, part),
            heads: shape.heads,
        };
        let blocks = (0..shape.layers).map(&mut block).collect();
        Self {
            whole: unit(shape.whole, width, 0.3),
            cell: unit(shape.cell, width, 0.3),
            bias: Param::from_tensor(Tensor::from_data(
                TensorData::new(bias, [shape.words]),
                device,
            )),
            last: norm(),
            words,
            places,
            emotions,
            spots,
            blocks,
        }
    }

    /// Values of the word behind each of the words, `[batch · words, known words]`.
    #[must_use]
    pub fn forward(&self, told: Told, thin: &mut Thin<'_>) -> Tensor<2> {
        let [batch, count] = told.words.dims();
        let vectors = self.words.val();
        let [_, width] = vectors.dims();
        let emotions = self.emotions.val().select(0, told.emotions);
        let emotions = emotions.reshape([batch, 1, 1, width]);
        let [_, whole] = told.whole.dims();
        let whole = self
            .whole
            .forward(told.whole.reshape([batch, 1, 1, whole]), None);
        let [_, cells, cell] = told.cells.dims();
        let cells = self
            .cell
            .forward(told.cells.reshape([batch, 1, cells, cell]), None);
        let cells = cells + self.spots.val().reshape([1, 1, GRID * GRID, width]);
        let words = vectors
            .clone()
            .select(0, told.words.reshape([batch * count]));
        let places = self.places.val().narrow(0, 0, count);
        let words = words.reshape([batch, 1, count, width])
            + places.reshape([1, 1, count, width])
            + emotions.clone();
        let x = thin(Tensor::cat(vec![emotions, whole, cells, words], 2));
        let x = self
            .blocks
            .iter()
            .fold(x, |x, block| block.forward(x, thin));
        let x = self.last.normalise(x.narrow(2, PREFIX, count), EPSILON);
        linear(
            x.reshape([batch * count, width]),
            vectors,
            Some(self.bias.val()),
        )
    }
}

impl BlockLayers {
    fn forward(&self, x: Tensor<4>, thin: &mut Thin<'_>) -> Tensor<4> {
        let inside = self
            .project
            .forward(self.before.normalise(x.clone(), EPSILON), None);
        let seen = self
            .merge
            .forward(causal_attention(inside, self.heads), None);
        let x = x + thin(seen);
        let wide = self
            .widen
            .forward(self.between.normalise(x.clone(), EPSILON), None);
        x + thin(self.narrow.forward(gelu(wide), None))
    }
}
