//! The project's layers on burn tensors: our kernels on the CPU, burn's operators elsewhere.
//!
//! All maps are channels-last, `[batch, height, width, channels]`: that is what the kernels work
//! on, and a network pays for the change of layout once, at its entrance. Weights are as PyTorch
//! has them. Every layer takes part in autodiff; inputs that need no gradient cost none.
//!
//! ```
//! use affetti_kernels::Convolution;
//! use affetti_layers::{ConvOptions, conv};
//! use burn::tensor::{Device, Tensor};
//! let device = Device::flex().autodiff();
//! let x = Tensor::<4>::ones([1, 5, 5, 2], &device).require_grad();
//! let w = Tensor::<4>::ones([3, 2, 3, 3], &device);
//! let layer = Convolution::new(2, 3, 3).at(5, 5);
//! let y = conv(x.clone(), Some(w), &ConvOptions::dense(layer));
//! assert_eq!(y.dims(), [1, 5, 5, 3]);
//! let dx = x.grad(&y.sum().backward()).expect("x takes part");
//! assert_eq!(dx.dims(), [1, 5, 5, 2]);
//! ```

mod backend;
mod buffers;
mod conv_op;
mod lstm;
mod lstm_op;
mod op;
pub mod plain;
mod transformer;
mod transformer_op;
mod unit;

pub use affetti_ground::Normal;
pub use backend::LayerBackend;
pub use buffers::release;
pub use conv_op::{ConvOp, ConvSaved, Frozen, Moments, Norm};
pub use lstm::lstm;
pub use lstm_op::LstmMemory;
pub use op::{Op, Saved};
pub use transformer::{LayerNorm, attention, causal_attention, gelu, layer_norm, quick_gelu};
pub use transformer_op::{TransformerOp, TransformerSaved};
pub use unit::{After, Unit, UnitSpec};

use affetti_kernels::{Activation, Convolution, Geometry, Kind};
use burn::backend::{Dispatch, DispatchDevice};
use burn::tensor::Tensor;
use std::sync::Arc;

/// What a convolution does beside its sum.
#[derive(Clone, Debug)]
pub struct ConvOptions {
    /// See [`Kind`].
    pub kind: Kind,
    /// Sizes.
    pub geometry: Geometry,
    /// γ and β with batch normalisation, a bias, or nothing.
    pub norm: Normalisation,
    /// Added before the activation.
    pub residual: Option<Tensor<4>>,
    /// Last.
    pub act: Activation,
    /// Packed weights that never change, instead of a weight tensor.
    pub frozen: Option<Arc<Frozen>>,
}

/// [`Norm`] with its parameters.
#[expect(
    clippy::large_enum_variant,
    reason = "lives for one call; a box would cost every caller a word"
)]
#[derive(Clone, Debug)]
pub enum Normalisation {
    /// Nothing.
    None,
    /// A number per channel.
    Bias(Tensor<1>),
    /// Batch statistics.
    Batch {
        /// γ
        gamma: Tensor<1>,
        /// β
        beta: Tensor<1>,
        /// Added to the variance.
        epsilon: f32,
        /// Gets the moments of each forward pass.
        moments: Moments,
    },
}

impl ConvOptions {
    /// A dense convolution and nothing else.
    #[must_use]
    pub fn dense(geometry: Geometry) -> Self {
        Self {
            kind: Kind::Dense,
            geometry,
            norm: Normalisation::None,
            residual: None,
            act: Activation::Identity,
            frozen: None,
        }
    }

    /// The same of another kind.
    #[must_use]
    pub fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same with normalisation or bias.
    #[must_use]
    pub fn norm(self, norm: Normalisation) -> Self {
        Self { norm, ..self }
    }

    /// The same with an activation.
    #[must_use]
    pub fn act(self, act: Activation) -> Self {
        Self { act, ..self }
    }

    /// The same with a residual.
    #[must_use]
    pub fn residual(self, residual: Option<Tensor<4>>) -> Self {
        Self { residual, ..self }
    }

    /// The same with frozen weights.
    #[must_use]
    pub fn frozen(self, frozen: Arc<Frozen>) -> Self {
        Self {
            frozen: Some(frozen),
            ..self
        }
    }
}

/// Whether our kernels run there.
#[must_use]
pub(crate) fn on_cpu(tensor: &Tensor<4>) -> bool {
    matches!(
        tensor.device().inner().as_dispatch(),
        DispatchDevice::Flex(_)
    )
}

/// Convolution, normalisation, residual, activation. `weight` is none exactly where the options
/// hold frozen weights, which exist on the CPU only.
///
/// # Panics
/// Where shapes do not fit, as burn's operators do.
#[must_use]
pub fn conv(x: Tensor<4>, weight: Option<Tensor<4>>, options: &ConvOptions) -> Tensor<4> {
    assert_eq!(
        weight.is_none(),
        options.frozen.is_some(),
        "weight or frozen weights"
    );
    if !on_cpu(&x) {
        let weight = weight.expect("frozen layers run on the CPU");
        return plain::conv(x, weight, options);
    }
    let mut inputs = vec![x.into_dispatch()];
    inputs.extend(weight.map(Tensor::into_dispatch));
    let norm = match options.norm.clone() {
        Normalisation::None => Norm::None,
        Normalisation::Bias(bias) => {
            inputs.push(bias.into_dispatch());
            Norm::Bias
        }
        Normalisation::Batch {
            gamma,
            beta,
            epsilon,
            moments,
        } => {
            inputs.extend([gamma.into_dispatch(), beta.into_dispatch()]);
            Norm::Batch { epsilon, moments }
        }
    };
    inputs.extend(options.residual.clone().map(Tensor::into_dispatch));
    let op = Arc::new(Op::Conv(ConvOp {
        kind: options.kind,
        geometry: options.geometry,
        norm,
        act: options.act,
        residual: options.residual.is_some(),
        frozen: options.frozen.clone(),
    }));
    let mut inputs = inputs.into_iter();
    let all: [_; 5] = std::array::from_fn(|_| inputs.next());
    Tensor::from_dispatch(match all {
        [Some(a), None, ..] => Dispatch::layer1(a, op),
        [Some(a), Some(b), None, ..] => Dispatch::layer2(a, b, op),
        [Some(a), Some(b), Some(c), None, _] => Dispatch::layer3(a, b, c, op),
        [Some(a), Some(b), Some(c), Some(d), None] => Dispatch::layer4(a, b, c, d, op),
        [Some(a), Some(b), Some(c), Some(d), Some(e)] => Dispatch::layer5(a, b, c, d, e, op),
        [None, ..] => unreachable!("the input is always there"),
    })
}

/// x · wᵀ (+ bias): x `[rows, inputs]`, w `[outputs, inputs]` as PyTorch has it.
#[must_use]
pub fn linear(x: Tensor<2>, weight: Tensor<2>, bias: Option<Tensor<1>>) -> Tensor<2> {
    let [rows, inputs] = x.dims();
    let [outputs, _] = weight.dims();
    let norm = bias.map_or(Normalisation::None, Normalisation::Bias);
    let layer = Convolution::new(inputs, outputs, 1);
    let options = ConvOptions::dense(layer.at(1, 1)).norm(norm);
    let weight = weight.reshape([outputs, inputs, 1, 1]);
    conv(x.reshape([rows, 1, 1, inputs]), Some(weight), &options).reshape([rows, outputs])
}

/// Maximum over windows; `geometry` has the channels as inputs and outputs.
#[must_use]
pub fn max_pool(x: Tensor<4>, geometry: Geometry) -> Tensor<4> {
    if !on_cpu(&x) {
        return plain::max_pool(x, geometry);
    }
    Tensor::from_dispatch(Dispatch::layer1(
        x.into_dispatch(),
        Arc::new(Op::MaxPool(geometry)),
    ))
}

/// Mean over each picture: `[batch, channels]`.
#[must_use]
pub fn mean_pool(x: Tensor<4>) -> Tensor<2> {
    let [batch, _, _, channels] = x.dims();
    if !on_cpu(&x) {
        return x.mean_dim(1).mean_dim(2).reshape([batch, channels]);
    }
    let y = Dispatch::layer1(x.into_dispatch(), Arc::new(Op::MeanPool));
    Tensor::<4>::from_dispatch(y).reshape([batch, channels])
}

/// Bilinear enlargement by two: `[batch, 2 · height, 2 · width, channels]`.
#[must_use]
pub fn upsample(x: Tensor<4>) -> Tensor<4> {
    if !on_cpu(&x) {
        return plain::upsample(x);
    }
    Tensor::from_dispatch(Dispatch::layer1(x.into_dispatch(), Arc::new(Op::Upsample)))
}
