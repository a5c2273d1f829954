//! The network in training: what reads, and a linear head on its vector.

use super::start::Begun;
use crate::encoder::lstm_layers::{Dropout, LstmLayers, flatten};
use crate::encoder::transformer_layers::TransformerLayers;
use crate::error::WordsError;
use crate::read::file::Sizes;
use affetti_emotion::{Emotion, Label};
use affetti_kernels::Convolution;
use affetti_layers::{After, Normal, Unit, UnitSpec};
use affetti_train::values;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;
use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};

/// One of the two encoders, and the head.
#[derive(Module, Debug)]
pub struct ReaderNetwork {
    transformer: Option<TransformerLayers>,
    lstm: Option<LstmLayers>,
    counts: Option<CountsLayers>,
    head: Unit,
}

/// [`crate::encoder::counts`] with gradients.
#[derive(Module, Debug)]
pub(super) struct CountsLayers {
    words: Param<Tensor<2>>,
}

impl CountsLayers {
    /// `[texts, width]` of buckets `[n-grams, texts]`, where 0 is none.
    fn forward(&self, ids: Tensor<2, Int>) -> Tensor<2> {
        let [count, texts] = ids.dims();
        let words = self.words.val();
        let [_, width] = words.dims();
        let there = ids
            .clone()
            .not_equal_elem(0)
            .float()
            .to_device(&words.device());
        let vectors = words
            .select(0, ids.reshape([count * texts]))
            .reshape([count, texts, width]);
        let root = there
            .clone()
            .sum_dim(0)
            .clamp_min(1.0)
            .sqrt()
            .reshape([texts, 1]);
        let sum = (vectors * there.reshape([count, texts, 1]))
            .sum_dim(0)
            .reshape([texts, width]);
        sum / root
    }
}

impl ReaderNetwork {
    pub(super) fn new(begun: &Begun, seed: u64, device: &Device) -> Result<Self, WordsError> {
        let (mut transformer, mut lstm, mut counts) = (None, None, None);
        match begun.sizes {
            Sizes::Transformer(shape) => {
                let tensors = begun.tensors.clone();
                transformer = Some(TransformerLayers::new(shape, tensors, device)?);
            }
            Sizes::Counts(shape) => {
                let words = begun.tensors.map.get("words");
                let words = words.map(|words| words.data.clone()).unwrap_or_default();
                let sizes = [shape.buckets, shape.width];
                let words = Tensor::from_data(TensorData::new(words, sizes), device);
                counts = Some(CountsLayers {
                    words: Param::from_tensor(words),
                });
            }
            Sizes::Lstm(shape) => {
                let words = begun.tensors.map.get("words");
                let words = words.map(|words| words.data.clone()).unwrap_or_default();
                lstm = Some(LstmLayers::new(shape, words, seed, device));
            }
        }
        let (inputs, outputs) = (begun.sizes.outputs(), Emotion::ALL.len());
        let deviation = (1.0 / (3.0 * inputs as f64)).sqrt();
        let head = Folded {
            weight: Normal::new(seed ^ 0x4ead).many(inputs * outputs, deviation),
            bias: vec![0.0; outputs],
        };
        let conv = Convolution::new(inputs, outputs, 1);
        let after = After::Bias;
        Ok(Self {
            transformer,
            lstm,
            counts,
            head: UnitSpec { conv, after }.with_weights(head, device),
        })
    }

    /// Values of the nine emotions, `[texts, 9]`, of `ids` `[words, texts]`.
    pub(super) fn forward(&self, ids: Tensor<2, Int>, dropout: &mut dyn Dropout) -> Tensor<2> {
        let vectors = match (&self.transformer, &self.lstm, &self.counts) {
            (.., Some(net)) => net.forward(ids),
            (Some(net), ..) => {
                let x = net.forward(ids.transpose());
                let [texts, width] = x.dims();
                dropout
                    .thin(x.reshape([texts, 1, 1, width]))
                    .reshape([texts, width])
            }
            (_, Some(net), _) => net.forward(ids, dropout),
            (None, None, None) => unreachable!("one of them is there"),
        };
        let [texts, width] = vectors.dims();
        let values = self
            .head
            .forward(vectors.reshape([texts, 1, 1, width]), None);
        values.reshape([texts, Emotion::ALL.len()])
    }

    /// The tensors of our weight files.
    pub(super) fn tensors(&self) -> Tensors {
        let mut tensors = match (&self.transformer, &self.lstm, &self.counts) {
            (.., Some(net)) => values(net),
            (Some(net), ..) => values(net),
            (_, Some(net), _) => net.tensors(),
            (None, None, None) => Tensors::default(),
        };
        for (name, tensor) in values(&self.head).map {
            tensors.map.insert(format!("head.{name}"), tensor);
        }
        let names: Vec<String> = tensors.map.keys().cloned().collect();
        names.iter().for_each(|name| flatten(&mut tensors, name));
        tensors
    }
}
