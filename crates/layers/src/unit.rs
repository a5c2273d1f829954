//! One convolution unit of a network: weights, normalisation, activation, as a burn module.
//!
//! - **Computes** y = act(norm(x ∗ w) + residual): with batch statistics on a training device, with
//!   running ones elsewhere, or with everything folded into packed weights after
//!   [`Unit::freeze`].
//! - **Input** `[batch, height, width, inputs]`; **output** `[batch, height', width', outputs]`.
//! - **Source** the layers of PyTorch's `Conv2d`, `ConvTranspose2d`, `BatchNorm2d`; He et al.
//!   (2015) for the initial weights.
//! - **Deviations** none.

use super::{ConvOptions, Frozen, Moments, Normalisation, conv, on_cpu};
use affetti_ground::Normal;
use affetti_kernels::{Convolution, Kind, Order};
use affetti_weights::convolution::{ConvTensors, Folded};
use burn::module::{Module, Param, RunningState};
use burn::tensor::{Device, Tensor, TensorData};
use std::sync::Arc;

/// What is added to or divided out of the sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum After {
    /// Nothing.
    Nothing,
    /// A bias.
    Bias,
    /// Batch normalisation with its ε; running moments move by a tenth per step.
    Norm(f32),
}

/// A unit without its weights.
#[derive(Clone, Copy, Debug)]
pub struct UnitSpec {
    /// The layer.
    pub conv: Convolution,
    /// See [`After`].
    pub after: After,
}

/// One unit.
#[derive(Module, Debug)]
pub struct Unit {
    weight: Param<Tensor<4>>,
    gamma: Option<Param<Tensor<1>>>,
    /// β, or the bias.
    beta: Option<Param<Tensor<1>>>,
    mean: Option<RunningState<Tensor<1>>>,
    variance: Option<RunningState<Tensor<1>>>,
    #[module(skip)]
    spec: UnitSpec,
    #[module(skip)]
    frozen: Option<Arc<Frozen>>,
}

impl UnitSpec {
    /// A unit with random weights of He's deviation, γ = 1 and β = 0.
    #[must_use]
    pub fn init(self, random: &mut Normal, device: &Device) -> Unit {
        let Convolution { outputs, .. } = self.conv;
        let folded = Folded::random(self.conv.weight_shape(), outputs, random);
        self.with_weights(folded, device)
    }

    /// A unit with these weights and biases (β where there is batch normalisation).
    ///
    /// # Panics
    /// Where lengths do not fit: a bug of the caller.
    #[must_use]
    pub fn with_weights(self, folded: Folded, device: &Device) -> Unit {
        let Folded { weight, bias } = folded;
        let shape = self.conv.weight_shape();
        let weight = Param::from_tensor(Tensor::from_data(TensorData::new(weight, shape), device));
        let channels = [self.conv.outputs];
        let norm = matches!(self.after, After::Norm(_));
        let inner = device.clone().inner();
        let one = || Tensor::ones(channels, &inner);
        let beta = || Tensor::from_data(TensorData::new(bias, channels), device);
        Unit {
            weight,
            gamma: norm.then(|| Param::from_tensor(Tensor::ones(channels, device))),
            beta: (self.after != After::Nothing).then(|| Param::from_tensor(beta())),
            mean: norm.then(|| RunningState::new(Tensor::zeros(channels, &inner))),
            variance: norm.then(|| RunningState::new(one())),
            spec: self,
            frozen: None,
        }
    }

    /// A unit with published weights, their normalisation included where there is one.
    #[must_use]
    pub fn with_tensors(self, tensors: &ConvTensors, device: &Device) -> Unit {
        let folded = Folded {
            weight: tensors.weight.clone(),
            bias: tensors.bias.clone(),
        };
        let mut unit = self.with_weights(folded, device);
        if let Some(norm) = &tensors.norm {
            let inner = device.clone().inner();
            let row = |values: &[f32], device: &Device| {
                let data = TensorData::new(values.to_vec(), [self.conv.outputs]);
                Tensor::from_data(data, device)
            };
            unit.gamma = Some(Param::from_tensor(row(&norm.gamma, device)));
            unit.mean = Some(RunningState::new(row(&norm.mean, &inner)));
            unit.variance = Some(RunningState::new(row(&norm.variance, &inner)));
        }
        unit
    }
}

impl Unit {
    /// The layer.
    #[must_use]
    pub fn layer(&self) -> Convolution {
        self.spec.conv
    }

    /// Applies the unit; `residual` is added where the layer says.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        match (self.spec.conv.order, residual) {
            (Order::ResidualLast, Some(residual)) => self.convolve(x, None) + residual,
            (_, residual) => self.convolve(x, residual),
        }
    }

    fn convolve(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let [_, height, width, _] = x.dims();
        let Convolution {
            kind, activation, ..
        } = self.spec.conv;
        let options = ConvOptions::dense(self.spec.conv.at(height, width))
            .kind(kind)
            .act(activation)
            .residual(residual);
        if let Some(frozen) = &self.frozen {
            return conv(x, None, &options.frozen(Arc::clone(frozen)));
        }
        let beta = self.beta.as_ref().map(Param::val);
        match (self.spec.after, beta) {
            (After::Norm(epsilon), Some(beta)) if x.device().is_autodiff() => {
                self.train(x, &options, epsilon, beta)
            }
            (After::Norm(_), _) => {
                let (weight, bias) = self.folded();
                let options = options.norm(Normalisation::Bias(bias));
                conv(x, Some(weight), &options)
            }
            (After::Bias, Some(bias)) => {
                let options = options.norm(Normalisation::Bias(bias));
                conv(x, Some(self.weight.val()), &options)
            }
            _ => conv(x, Some(self.weight.val()), &options),
        }
    }

    fn train(
        &self,
        x: Tensor<4>,
        options: &ConvOptions,
        epsilon: f32,
        beta: Tensor<1>,
    ) -> Tensor<4> {
        let moments = Moments::default();
        let gamma = self
            .gamma
            .as_ref()
            .map_or_else(|| beta.ones_like(), Param::val);
        let options = options.clone().norm(Normalisation::Batch {
            gamma,
            beta,
            epsilon,
            moments: Arc::clone(&moments),
        });
        let y = conv(x, Some(self.weight.val()), &options);
        let [batch, height, width, _] = y.dims();
        // As in PyTorch: the running variance is the unbiased one.
        let count = (batch * height * width) as f64;
        let unbiased = count / (count - 1.0).max(1.0);
        let found = moments.lock().ok().and_then(|mut moments| moments.take());
        if let (Some((mean, variance)), Some(old), Some(old_variance)) =
            (found, &self.mean, &self.variance)
        {
            blend(old, mean.iter().map(|m| *m as f32).collect());
            blend(
                old_variance,
                variance.iter().map(|v| (v * unbiased) as f32).collect(),
            );
        }
        y
    }

    /// Weight and bias with the running moments put in.
    fn folded(&self) -> (Tensor<4>, Tensor<1>) {
        let weight = self.weight.val();
        let bias = |unit: &Self| {
            let zeros = || Tensor::zeros([unit.spec.conv.outputs], &weight.device());
            unit.beta.as_ref().map_or_else(zeros, Param::val)
        };
        let After::Norm(epsilon) = self.spec.after else {
            return (weight.clone(), bias(self));
        };
        let (Some(gamma), Some(mean), Some(variance)) = (&self.gamma, &self.mean, &self.variance)
        else {
            return (weight.clone(), bias(self));
        };
        let device = weight.device();
        let on = |state: &RunningState<Tensor<1>>| state.value_sync().into_data();
        let mean = Tensor::<1>::from_data(on(mean), &device);
        let variance = Tensor::<1>::from_data(on(variance), &device);
        let scale = gamma.val() / (variance + epsilon).sqrt();
        let channels = self.spec.conv.outputs;
        let shape = match self.spec.conv.kind {
            Kind::Transposed => [1, channels, 1, 1],
            Kind::Dense | Kind::Depthwise => [channels, 1, 1, 1],
        };
        let shift = bias(self) - mean * scale.clone();
        (weight.clone() * scale.reshape(shape), shift)
    }

    /// Weight (as for [`Kind`]) and bias, one per output, with normalisation folded in; what a
    /// network for inference is made of. Both are empty for a frozen unit.
    #[must_use]
    pub fn weights(&self) -> Folded {
        let floats = |data: TensorData| data.try_to_vec::<f32>().unwrap_or_default();
        if self.frozen.is_some() {
            return Folded::default();
        }
        let (weight, bias) = self.folded();
        Folded {
            weight: floats(weight.into_data()),
            bias: floats(bias.into_data()),
        }
    }

    /// Folds everything into packed weights that never change and cost no gradient. On
    /// devices without our kernels the folded weights stay plain tensors. Transposed units stay as
    /// they are. `gradient`: whether input gradients will be wanted.
    #[must_use]
    pub fn freeze(mut self, gradient: bool) -> Self {
        let Convolution { kind, kernel, .. } = self.spec.conv;
        if kind == Kind::Transposed {
            return self;
        }
        let device = self.weight.val().device();
        if !on_cpu(&self.weight.val()) {
            let (weight, bias) = self.folded();
            // Packed weights exist for our kernels only.
            self.weight = Param::from_tensor(weight.detach()).no_grad();
            self.beta = Some(Param::from_tensor(bias.detach()).no_grad());
            (self.gamma, self.mean, self.variance) = (None, None, None);
            self.spec.after = After::Bias;
            return self;
        }
        // The border changes with the input's size, but no packed weight depends on it beyond
        // its residue modulo the stride, which `Frozen` looks up.
        // Any size but nothing, where a SAME border would be the kernel's.
        let geometry = self.spec.conv.at(kernel, kernel);
        let frozen = Frozen::new(kind, geometry, self.weights(), gradient);
        self.frozen = Some(Arc::new(frozen));
        self.weight = Param::from_tensor(Tensor::zeros([0, 0, 0, 0], &device));
        self
    }
}

/// Moves a running value a tenth of the way to `new`.
fn blend(state: &RunningState<Tensor<1>>, new: Vec<f32>) {
    let old = state.value();
    let shape = [new.len()];
    let new = Tensor::from_data(TensorData::new(new, shape), &old.device());
    state.update(old * 0.9 + new * 0.1);
}
