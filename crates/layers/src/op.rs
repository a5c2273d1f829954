//! The operations behind the layers, on tensors of the CPU backend.
//!
//! - **Computes** forward and backward of each kind of layer; see the variants.
//! - **Input, output** contiguous channels-last tensors (others are copied first).
//! - **Source** ours, on [`affetti_kernels`].
//! - **Deviations** none.

use super::buffers;
use super::conv_op::{ConvOp, ConvSaved};
use super::lstm_op::{self, LstmMemory};
use super::transformer_op::{TransformerOp, TransformerSaved};
use affetti_kernels::pool::{max_pool, max_pool_backward, mean_pool, mean_pool_backward};
use affetti_kernels::upsample::{upsample, upsample_backward};
use affetti_kernels::{Batch, Geometry};
use burn::backend::flex::FlexTensor;
use std::sync::Arc;

/// One layer.
#[derive(Debug)]
pub enum Op {
    /// See [`TransformerOp`].
    Transformer(TransformerOp),
    /// Convolution of any kind, with normalisation, residual and activation.
    Conv(ConvOp),
    /// Maximum over windows; inputs and outputs of the geometry are the channels.
    MaxPool(Geometry),
    /// Mean over each picture: `[batch, height, width, channels]` → `[batch, 1, 1, channels]`.
    MeanPool,
    /// Bilinear enlargement by two.
    Upsample,
    /// Long short-term memory: gates and recurrent weight to states.
    Lstm,
}

/// What the forward pass leaves for the backward pass.
#[derive(Clone, Debug)]
pub enum Saved {
    /// See [`TransformerOp`].
    Transformer(TransformerSaved),
    /// See [`ConvOp`].
    Conv(Box<ConvSaved>),
    /// Input shape and winning taps.
    MaxPool(Batch, Arc<Vec<u8>>),
    /// Input shape.
    MeanPool(Batch),
    /// Input shape.
    Upsample(Batch),
    /// See [`LstmMemory`].
    Lstm(Box<LstmMemory>),
    /// Nothing was to be saved.
    Nothing,
}

/// The shape of a rank-four tensor.
///
/// # Panics
/// Where the rank differs: a bug of the caller.
pub(super) fn batch(tensor: &FlexTensor) -> Batch {
    let shape = tensor.layout().shape();
    assert_eq!(
        shape.num_dims(),
        4,
        "layers take [batch, height, width, channels]"
    );
    Batch::new([shape[0], shape[1], shape[2], shape[3]])
}

impl Op {
    pub(super) fn forward(&self, inputs: Vec<FlexTensor>, save: bool) -> (FlexTensor, Saved) {
        let inputs: Vec<FlexTensor> = inputs.into_iter().map(buffers::contiguous).collect();
        match self {
            Self::Transformer(op) => {
                let (output, saved) = op.forward(inputs);
                if save {
                    return (output, Saved::Transformer(saved));
                }
                (output, Saved::Nothing)
            }
            Self::Conv(op) => {
                let (output, saved) = op.forward(inputs, save);
                (
                    output,
                    saved.map_or(Saved::Nothing, |saved| Saved::Conv(Box::new(saved))),
                )
            }
            Self::Lstm => {
                let (output, memory) = lstm_op::forward(inputs);
                let saved = if save {
                    Saved::Lstm(Box::new(memory))
                } else {
                    Saved::Nothing
                };
                (output, saved)
            }
            Self::MaxPool(geometry) => {
                let shape = batch(&inputs[0]);
                let to = geometry.output(shape).expect("the window fits the input");
                let mut out = buffers::take(to.len());
                let winners = max_pool(*geometry, shape, buffers::slice(&inputs[0]), &mut out);
                let saved = if save {
                    Saved::MaxPool(shape, Arc::new(winners))
                } else {
                    Saved::Nothing
                };
                (buffers::tensor(out, &to.dims()), saved)
            }
            Self::MeanPool => {
                let shape = batch(&inputs[0]);
                let mut out = buffers::take(shape.batch * shape.channels);
                mean_pool(shape, buffers::slice(&inputs[0]), &mut out);
                let dims = [shape.batch, 1, 1, shape.channels];
                (buffers::tensor(out, &dims), Saved::MeanPool(shape))
            }
            Self::Upsample => {
                let shape = batch(&inputs[0]);
                let mut out = buffers::take(4 * shape.len());
                upsample(shape, buffers::slice(&inputs[0]), &mut out);
                let [batch, height, width, channels] = shape.dims();
                let dims = [batch, 2 * height, 2 * width, channels];
                (buffers::tensor(out, &dims), Saved::Upsample(shape))
            }
        }
    }

    pub(super) fn backward(
        &self,
        saved: Saved,
        gradient: FlexTensor,
        needed: &[bool],
    ) -> Vec<Option<FlexTensor>> {
        let gradient = buffers::contiguous(gradient);
        match (self, saved) {
            (Self::Transformer(op), Saved::Transformer(saved)) => op.backward(saved, gradient),
            (Self::Conv(op), Saved::Conv(saved)) => op.backward(*saved, gradient, needed),
            (Self::Lstm, Saved::Lstm(memory)) => lstm_op::backward(*memory, gradient),
            (Self::MaxPool(geometry), Saved::MaxPool(shape, winners)) => {
                let mut out = buffers::take(shape.len());
                let from = buffers::slice(&gradient);
                max_pool_backward(*geometry, shape, from, &winners, &mut out);
                buffers::recycle(gradient);
                vec![Some(buffers::tensor(out, &shape.dims()))]
            }
            (Self::MeanPool, Saved::MeanPool(shape)) => {
                let mut out = buffers::take(shape.len());
                mean_pool_backward(shape, buffers::slice(&gradient), &mut out);
                vec![Some(buffers::tensor(out, &shape.dims()))]
            }
            (Self::Upsample, Saved::Upsample(shape)) => {
                let mut out = buffers::take(shape.len());
                upsample_backward(shape, buffers::slice(&gradient), &mut out);
                buffers::recycle(gradient);
                vec![Some(buffers::tensor(out, &shape.dims()))]
            }
            _ => unreachable!("forward and backward are of the same operation"),
        }
    }
}
