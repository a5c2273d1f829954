//! [`super::transformer`] with gradients, on burn: same sizes, same names, same numbers.

use super::transformer::{EPSILON, Shape};
use affetti_kernels::Convolution;
use affetti_layers::{After, LayerNorm, Unit, UnitSpec, attention, gelu, mean_pool};
use affetti_weights::NetError;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Taker, Tensors};
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// The network.
#[derive(Module, Debug)]
pub struct TransformerLayers {
    words: Param<Tensor<2>>,
    places: Param<Tensor<2>>,
    norm: LayerNorm,
    blocks: Vec<BlockLayers>,
}

/// Attention and MLP, each added to what comes in and normalised.
#[derive(Module, Debug)]
pub struct BlockLayers {
    project: Unit,
    merge: Unit,
    attended: LayerNorm,
    widen: Unit,
    narrow: Unit,
    thought: LayerNorm,
    #[module(skip)]
    heads: usize,
}

fn matrix(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

fn norm(taker: &mut Taker, name: &str, width: usize, device: &Device) -> LayerNorm {
    let [gamma, beta] =
        ["gamma", "beta"].map(|part| taker.take(&format!("{name}.{part}"), &[width]));
    LayerNorm::new(gamma, beta, device)
}

impl TransformerLayers {
    /// From our tensors.
    ///
    /// # Errors
    /// [`NetError::Mismatch`] with every missing, extra or misshapen tensor.
    pub fn new(shape: Shape, tensors: Tensors, device: &Device) -> Result<Self, NetError> {
        let mut taker = tensors.take_for("the transformer");
        let Shape { width, wide, .. } = shape;
        let unit = |taker: &mut Taker, name: String, inputs: usize, outputs: usize| {
            let weight = taker.take(&format!("{name}.weight"), &[outputs, inputs]);
            let bias = taker.take(&format!("{name}.beta"), &[outputs]);
            let conv = Convolution::new(inputs, outputs, 1);
            let after = After::Bias;
            UnitSpec { conv, after }.with_weights(Folded { weight, bias }, device)
        };
        let mut block = |n: usize| {
            let name = |part: &str| format!("blocks.{n}.{part}");
            BlockLayers {
                project: unit(&mut taker, name("project"), width, 3 * width),
                merge: unit(&mut taker, name("merge"), width, width),
                attended: norm(&mut taker, &name("attended"), width, device),
                widen: unit(&mut taker, name("widen"), width, wide),
                narrow: unit(&mut taker, name("narrow"), wide, width),
                thought: norm(&mut taker, &name("thought"), width, device),
                heads: shape.heads,
            }
        };
        let blocks = (0..shape.layers).map(&mut block).collect();
        let words = [shape.pieces, width];
        let places = [shape.places, width];
        let network = Self {
            words: matrix(taker.take("words", &words), words, device),
            places: matrix(taker.take("places", &places), places, device),
            norm: norm(&mut taker, "norm", width, device),
            blocks,
        };
        taker.finish()?;
        Ok(network)
    }

    /// Mean over the vectors of the pieces, `[texts, width]`; `ids` is `[texts, pieces]` without
    /// padding.
    #[must_use]
    pub fn forward(&self, ids: Tensor<2, Int>) -> Tensor<2> {
        let [texts, tokens] = ids.dims();
        let words = self.words.val();
        let [_, width] = words.dims();
        let x = words.select(0, ids.reshape([texts * tokens]));
        let x = x.reshape([texts, 1, tokens, width]);
        let places = self.places.val().narrow(0, 0, tokens);
        let x = x + places.reshape([1, 1, tokens, width]);
        let x = self.norm.normalise(x, EPSILON);
        mean_pool(self.blocks.iter().fold(x, |x, block| block.forward(x)))
    }
}

impl BlockLayers {
    fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        let seen = attention(self.project.forward(x.clone(), None), self.heads);
        let x = self.merge.forward(seen, Some(x));
        let x = self.attended.normalise(x, EPSILON);
        let open = gelu(self.widen.forward(x.clone(), None));
        let x = self.narrow.forward(open, Some(x));
        self.thought.normalise(x, EPSILON)
    }
}
