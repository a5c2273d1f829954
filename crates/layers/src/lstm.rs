//! Long short-term memory over sequences of one length.

use super::op::Op;
use super::{LayerBackend, on_cpu, plain};
use burn::backend::Dispatch;
use burn::tensor::Tensor;
use std::sync::Arc;

/// States of all steps, `[1, steps, batch, width]`, from zero ones; `gates` `[1, steps, batch, 4 ·
/// width]` hold x · wᵀ and all biases in the order i, f, g, o, `weight` is the recurrent one, `[4 ·
/// width, width]`.
#[must_use]
pub fn lstm(gates: Tensor<4>, weight: Tensor<2>) -> Tensor<4> {
    if !on_cpu(&gates) {
        return plain::lstm(gates, weight);
    }
    let [outputs, width] = weight.dims();
    let weight = weight.reshape([1, 1, outputs, width]);
    let inputs = (gates.into_dispatch(), weight.into_dispatch());
    Tensor::from_dispatch(Dispatch::layer2(inputs.0, inputs.1, Arc::new(Op::Lstm)))
}
