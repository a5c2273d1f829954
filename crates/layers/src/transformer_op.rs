//! The operations of transformers on tensors of the CPU backend.
//!
//! - **Computes** forward and backward of layer normalisation, attention and the gated linear unit.
//! - **Input, output** contiguous tensors `[batch, 1, tokens, width]`.
//! - **Source** ours, on [`affetti_kernels::attention`] and [`affetti_kernels::layer_norm`].
//! - **Deviations** none.

use super::buffers;
use super::op::batch;
use affetti_kernels::attention::{Attention, quick_gelu, quick_gelu_backward};
use affetti_kernels::gelu::{gelu, gelu_backward};
use affetti_kernels::layer_norm::{layer_norm, layer_norm_backward};
use burn::backend::flex::FlexTensor;

/// One operation.
#[derive(Clone, Copy, Debug)]
pub enum TransformerOp {
    /// Over the last axis; inputs x, γ, β; the number is added to the variance.
    LayerNorm(f32),
    /// Heads, and whether a token attends to those before it alone; the input's last axis holds queries,
    /// keys and values.
    Attention(usize, bool),
    /// x · σ(1.702 x)
    QuickGelu,
    /// x · Φ(x)
    Gelu,
}

/// What the backward pass needs: the inputs, and for attention its weights.
#[derive(Clone, Debug)]
pub struct TransformerSaved {
    inputs: Vec<FlexTensor>,
    weights: Vec<f32>,
}

impl TransformerOp {
    pub(super) fn forward(&self, inputs: Vec<FlexTensor>) -> (FlexTensor, TransformerSaved) {
        let mut shape = batch(&inputs[0]);
        if matches!(self, Self::Attention(..)) {
            assert_eq!(shape.channels % 3, 0, "queries, keys and values");
            shape.channels /= 3;
        }
        let x = buffers::slice(&inputs[0]);
        let mut out = buffers::take(shape.len());
        let mut weights = Vec::new();
        match self {
            Self::LayerNorm(epsilon) => {
                let factors = (buffers::slice(&inputs[1]), buffers::slice(&inputs[2]));
                assert_eq!(factors.0.len(), shape.channels, "γ");
                layer_norm(x, factors, *epsilon, &mut out);
            }
            Self::Attention(heads, causal) => {
                weights = attention(*heads, *causal, shape.dims()).forward(x, &mut out);
            }
            Self::QuickGelu => quick_gelu(x, &mut out),
            Self::Gelu => gelu(x, &mut out),
        }
        let out = buffers::tensor(out, &shape.dims());
        (out, TransformerSaved { inputs, weights })
    }

    pub(super) fn backward(
        &self,
        saved: TransformerSaved,
        gradient: FlexTensor,
    ) -> Vec<Option<FlexTensor>> {
        let (shape, dims) = (batch(&saved.inputs[0]), batch(&gradient).dims());
        let x = buffers::slice(&saved.inputs[0]);
        let mut gradients = Vec::new();
        let mut g = buffers::into_vec(gradient);
        match self {
            Self::LayerNorm(epsilon) => {
                let gamma = buffers::slice(&saved.inputs[1]);
                let (gamma, beta) = layer_norm_backward(x, gamma, *epsilon, &mut g);
                gradients.extend([gamma, beta].map(|v| {
                    let channels = v.len();
                    Some(buffers::tensor(v, &[channels]))
                }));
            }
            Self::Attention(heads, causal) => {
                let mut out = buffers::take(shape.len());
                attention(*heads, *causal, dims).backward(x, &saved.weights, &g, &mut out);
                buffers::give(std::mem::replace(&mut g, out));
            }
            Self::QuickGelu => quick_gelu_backward(x, &mut g),
            Self::Gelu => gelu_backward(x, &mut g),
        }
        gradients.insert(0, Some(buffers::tensor(g, &shape.dims())));
        saved.inputs.into_iter().for_each(buffers::recycle);
        gradients
    }
}

/// Of an output `[batch, 1, tokens, width]`.
fn attention(heads: usize, causal: bool, [batch, height, tokens, width]: [usize; 4]) -> Attention {
    Attention {
        batch: batch * height,
        tokens,
        width,
        heads,
        causal,
    }
}
