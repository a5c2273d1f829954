//! The bridge to burn: one extension operation per number of inputs, one autodiff node for all.
//!
//! - **Computes** [`Op::forward`] on the CPU backend and registers [`Op::backward`] as its
//!   gradient.
//! - **Input, output** channels-last float tensors; what they mean is the operation's business.
//! - **Source** burn's backend extension (`#[backend_extension(Flex, Autodiff)]`).
//! - **Deviations** other devices never come here: [`super::on_cpu`] sends them to burn's own
//!   operators ([`super::plain`]) before dispatch, where an extension would panic.

use super::op::{Op, Saved};
use burn::backend::autodiff::checkpoint::{base::Checkpointer, strategy::CheckpointStrategy};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Flex, backend_extension};
use std::sync::Arc;

/// The operations that burn does not have, by their number of inputs.
#[backend_extension(Flex, Autodiff)]
pub trait LayerBackend: Backend {
    /// One input.
    fn layer1(a: FloatTensor<Self>, op: Arc<Op>) -> FloatTensor<Self>;
    /// Two inputs.
    fn layer2(a: FloatTensor<Self>, b: FloatTensor<Self>, op: Arc<Op>) -> FloatTensor<Self>;
    /// Three inputs.
    fn layer3(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        op: Arc<Op>,
    ) -> FloatTensor<Self>;
    /// Four inputs.
    fn layer4(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        op: Arc<Op>,
    ) -> FloatTensor<Self>;
    /// Five inputs.
    fn layer5(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        c: FloatTensor<Self>,
        d: FloatTensor<Self>,
        e: FloatTensor<Self>,
        op: Arc<Op>,
    ) -> FloatTensor<Self>;
}

/// The backward pass of any operation; what it needs is in the state.
#[derive(Debug)]
struct Step;

impl<const N: usize> Backward<Flex, N> for Step {
    type State = (Arc<Op>, Saved);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        grads: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = grads.consume::<Flex>(&ops.node);
        let (op, saved) = ops.state;
        let needed = ops.parents.each_ref().map(Option::is_some);
        let gradients = op.backward(saved, gradient, &needed);
        for (parent, gradient) in ops.parents.into_iter().zip(gradients) {
            if let (Some(parent), Some(gradient)) = (parent, gradient) {
                grads.register::<Flex>(parent.id, gradient);
            }
        }
    }
}

macro_rules! layers {
    ($($name:ident($($input:ident),+);)*) => {
        impl LayerBackend for Flex {
            $(fn $name($($input: FlexTensor,)+ op: Arc<Op>) -> FlexTensor {
                op.forward(vec![$($input),+], false).0
            })*
        }

        impl<C: CheckpointStrategy> LayerBackend for Autodiff<Flex, C> {
            $(fn $name($($input: FloatTensor<Self>,)+ op: Arc<Op>) -> FloatTensor<Self> {
                match Step.prepare::<C>([$($input.node()),+]).compute_bound().stateful() {
                    OpsKind::Tracked(prepared) => {
                        let (output, saved) = op.forward(vec![$($input.into_primitive()),+], true);
                        prepared.finish((op, saved), output)
                    }
                    OpsKind::UnTracked(prepared) => {
                        let inputs = vec![$($input.into_primitive()),+];
                        prepared.finish(op.forward(inputs, false).0)
                    }
                }
            })*
        }
    };
}

layers! {
    layer1(a);
    layer2(a, b);
    layer3(a, b, c);
    layer4(a, b, c, d);
    layer5(a, b, c, d, e);
}
