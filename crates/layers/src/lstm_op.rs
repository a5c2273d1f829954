//! Long short-term memory on tensors of the CPU backend.
//!
//! - **Computes** forward and backward of [`affetti_kernels::lstm`].
//! - **Input** `[1, steps, batch, 4 · width]` and the recurrent weight `[1, 1, 4 · width, width]`;
//!   **output** `[1, steps, batch, width]`.
//! - **Source** ours. **Deviations** none.

use super::buffers;
use super::op::batch;
use affetti_kernels::lstm::{Lstm, LstmSaved, LstmWeights};
use burn::backend::flex::FlexTensor;

/// What the backward pass needs.
#[derive(Clone, Debug)]
pub struct LstmMemory {
    sizes: Lstm,
    saved: LstmSaved,
    weight: FlexTensor,
    states: FlexTensor,
}

pub(super) fn forward(inputs: Vec<FlexTensor>) -> (FlexTensor, LstmMemory) {
    let [gates, weight] = <[FlexTensor; 2]>::try_from(inputs).expect("gates and a weight");
    let shape = batch(&gates);
    let sizes = Lstm {
        steps: shape.height,
        batch: shape.width,
        width: shape.channels / 4,
    };
    let packed = LstmWeights::new(buffers::slice(&weight), sizes.width);
    let mut out = buffers::take(shape.len() / 4);
    let saved = sizes.forward(buffers::into_vec(gates), &packed, &mut out);
    let states = buffers::tensor(out, &[1, sizes.steps, sizes.batch, sizes.width]);
    let memory = LstmMemory {
        sizes,
        saved,
        weight,
        states: states.clone(),
    };
    (states, memory)
}

pub(super) fn backward(memory: LstmMemory, gradient: FlexTensor) -> Vec<Option<FlexTensor>> {
    let LstmMemory {
        sizes,
        saved,
        weight,
        states,
    } = memory;
    let Lstm {
        steps,
        batch,
        width,
    } = sizes;
    let (gates, by_weight) = sizes.backward(
        saved,
        buffers::slice(&weight),
        buffers::slice(&states),
        buffers::slice(&gradient),
    );
    vec![
        Some(buffers::tensor(gates, &[1, steps, batch, 4 * width])),
        Some(buffers::tensor(by_weight, &[1, 1, 4 * width, width])),
    ]
}
