//! The layers of transformers beside the linear ones, which are convolutions of one pixel.
//!
//! - **Computes** layer normalisation, attention of several heads, x · σ(1.702 x) and x · Φ(x).
//! - **Input, output** tokens as pixels of a map with one row: `[batch, 1, tokens, width]`.
//! - **Source** see [`affetti_kernels::attention`] and [`affetti_kernels::layer_norm`].
//! - **Deviations** none.

use super::op::Op;
use super::transformer_op::TransformerOp;
use super::{LayerBackend, on_cpu, plain};
use burn::backend::Dispatch;
use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Arc;

/// Normalisation over the last axis with γ and β.
#[must_use]
pub fn layer_norm(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f32) -> Tensor<4> {
    if !on_cpu(&x) {
        return plain::layer_norm(x, gamma, beta, epsilon);
    }
    let op = Arc::new(Op::Transformer(TransformerOp::LayerNorm(epsilon)));
    let inputs = (
        x.into_dispatch(),
        gamma.into_dispatch(),
        beta.into_dispatch(),
    );
    Tensor::from_dispatch(Dispatch::layer3(inputs.0, inputs.1, inputs.2, op))
}

/// Softmax attention: `[batch, 1, tokens, 3 · width]` → `[batch, 1, tokens, width]`.
#[must_use]
pub fn attention(projected: Tensor<4>, heads: usize) -> Tensor<4> {
    attend(projected, heads, false)
}

/// [`attention`] where a token attends to itself and those before it alone.
#[must_use]
pub fn causal_attention(projected: Tensor<4>, heads: usize) -> Tensor<4> {
    attend(projected, heads, true)
}

fn attend(projected: Tensor<4>, heads: usize, causal: bool) -> Tensor<4> {
    if !on_cpu(&projected) {
        return plain::attention(projected, heads, causal);
    }
    let op = Arc::new(Op::Transformer(TransformerOp::Attention(heads, causal)));
    Tensor::from_dispatch(Dispatch::layer1(projected.into_dispatch(), op))
}

/// x · σ(1.702 x)
#[must_use]
pub fn quick_gelu(x: Tensor<4>) -> Tensor<4> {
    if !on_cpu(&x) {
        return plain::quick_gelu(x);
    }
    let op = Arc::new(Op::Transformer(TransformerOp::QuickGelu));
    Tensor::from_dispatch(Dispatch::layer1(x.into_dispatch(), op))
}

/// x · Φ(x)
#[must_use]
pub fn gelu(x: Tensor<4>) -> Tensor<4> {
    if !on_cpu(&x) {
        return burn::tensor::activation::gelu(x);
    }
    let op = Arc::new(Op::Transformer(TransformerOp::Gelu));
    Tensor::from_dispatch(Dispatch::layer1(x.into_dispatch(), op))
}

/// [`layer_norm`] with its parameters.
#[derive(Module, Debug)]
pub struct LayerNorm {
    gamma: Param<Tensor<1>>,
    beta: Param<Tensor<1>>,
}

impl LayerNorm {
    /// With γ and β of the same length.
    #[must_use]
    pub fn new(gamma: Vec<f32>, beta: Vec<f32>, device: &Device) -> Self {
        let row = |values: Vec<f32>| {
            let shape = [values.len()];
            Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
        };
        Self {
            gamma: row(gamma),
            beta: row(beta),
        }
    }

    /// Normalises; ε is PyTorch's 10⁻⁵.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.normalise(x, 1e-5)
    }

    /// Normalises with another ε.
    #[must_use]
    pub fn normalise(&self, x: Tensor<4>, epsilon: f32) -> Tensor<4> {
        layer_norm(x, self.gamma.val(), self.beta.val(), epsilon)
    }

    /// γ and β.
    #[must_use]
    pub fn factors(&self) -> [Tensor<1>; 2] {
        [self.gamma.val(), self.beta.val()]
    }
}
