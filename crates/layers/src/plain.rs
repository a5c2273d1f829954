//! The same layers as compositions of burn's own operators: what other devices run, and the
//! reference that the kernels are tested against.
//!
//! - **Computes, input, output** as [`super::conv`], [`super::max_pool`] and [`super::upsample`].
//! - **Source** burn's modules.
//! - **Deviations** differences of rounding only; running moments are not collected.

use super::{ConvOptions, Normalisation};
use affetti_kernels::{Activation, Geometry, Kind};
use burn::tensor::activation::{leaky_relu, sigmoid, softmax};
use burn::tensor::module::{conv_transpose2d, conv2d, max_pool2d};
use burn::tensor::ops::{ConvOptions as Plain, ConvTransposeOptions, MaxPoolOptions, PadMode};
use burn::tensor::{Tensor, TensorData};

/// Convolution, normalisation, residual, activation.
#[must_use]
pub fn conv(x: Tensor<4>, weight: Tensor<4>, options: &ConvOptions) -> Tensor<4> {
    let g = options.geometry;
    let p = g.padding;
    let x = x.permute([0, 3, 1, 2]);
    let sum = if options.kind == Kind::Transposed {
        let plain = ConvTransposeOptions::new([g.stride; 2], [0; 2], [0; 2], [1; 2], 1);
        let y = conv_transpose2d(x, weight, None, plain);
        let [_, _, height, width] = y.dims();
        y.narrow(2, p.top, height - p.top - p.bottom)
            .narrow(3, p.left, width - p.left - p.right)
    } else {
        let groups = if options.kind == Kind::Depthwise {
            g.inputs
        } else {
            1
        };
        let plain = Plain::new([g.stride; 2], [0; 2], [1; 2], groups);
        conv2d(pad(x, &g, 0.0), weight, None, plain)
    };
    let y = sum.permute([0, 2, 3, 1]);
    let row = |v: Tensor<1>| {
        let [channels] = v.dims();
        v.reshape([1, 1, 1, channels])
    };
    let y = match &options.norm {
        Normalisation::None => y,
        Normalisation::Bias(bias) => y + row(bias.clone()),
        Normalisation::Batch {
            gamma,
            beta,
            epsilon,
            ..
        } => {
            let mean = |t: Tensor<4>| t.mean_dim(0).mean_dim(1).mean_dim(2);
            let centred = y.clone() - mean(y);
            let variance = mean(centred.clone() * centred.clone());
            centred / (variance + *epsilon).sqrt() * row(gamma.clone()) + row(beta.clone())
        }
    };
    let y = match &options.residual {
        Some(residual) => y + residual.clone(),
        None => y,
    };
    match options.act {
        Activation::Identity => y,
        Activation::Relu => y.clamp_min(0.0),
        Activation::Relu6 => y.clamp(0.0, 6.0),
        Activation::Leaky(slope) => leaky_relu(y, f64::from(slope)),
    }
}

/// Normalisation over the last axis with γ and β.
#[must_use]
pub fn layer_norm(x: Tensor<4>, gamma: Tensor<1>, beta: Tensor<1>, epsilon: f32) -> Tensor<4> {
    let [.., width] = x.dims();
    let row = |v: Tensor<1>| v.reshape([1, 1, 1, width]);
    let centred = x.clone() - x.mean_dim(3);
    let variance = (centred.clone() * centred.clone()).mean_dim(3);
    centred / (variance + epsilon).sqrt() * row(gamma) + row(beta)
}

/// Softmax attention of several heads; where `causal`, a token attends to itself and those before it.
#[must_use]
pub fn attention(projected: Tensor<4>, heads: usize, causal: bool) -> Tensor<4> {
    let [batch, height, tokens, width] = projected.dims();
    let (batch, width) = (batch * height, width / 3);
    let depth = width / heads;
    let parts = projected.reshape([batch, tokens, 3, heads, depth]);
    let part = |which| {
        let part = parts.clone().narrow(2, which, 1);
        part.reshape([batch, tokens, heads, depth])
            .permute([0, 2, 1, 3])
    };
    let scores = part(0).matmul(part(1).permute([0, 1, 3, 2])) / (depth as f64).sqrt();
    let scores = if causal {
        let behind = |n: usize| if n % tokens > n / tokens { -1e30 } else { 0.0 };
        let hidden: Vec<f32> = (0..tokens * tokens).map(behind).collect();
        let hidden = TensorData::new(hidden, [1, 1, tokens, tokens]);
        scores.clone() + Tensor::<4>::from_data(hidden, &scores.device())
    } else {
        scores
    };
    let attended = softmax(scores, 3).matmul(part(2));
    let shape = [batch / height.max(1), height, tokens, width];
    attended.permute([0, 2, 1, 3]).reshape(shape)
}

/// x · σ(1.702 x)
#[must_use]
pub fn quick_gelu(x: Tensor<4>) -> Tensor<4> {
    sigmoid(x.clone() * 1.702) * x
}

fn pad(x: Tensor<4>, g: &Geometry, value: f32) -> Tensor<4> {
    let p = g.padding;
    if p == affetti_kernels::Padding::default() {
        return x;
    }
    x.pad((p.left, p.right, p.top, p.bottom), PadMode::Constant(value))
}

/// Maximum over windows.
#[must_use]
pub fn max_pool(x: Tensor<4>, g: Geometry) -> Tensor<4> {
    let x = pad(x.permute([0, 3, 1, 2]), &g, f32::NEG_INFINITY);
    let pooled = max_pool2d(
        x,
        MaxPoolOptions::new([g.kernel; 2]).with_stride([g.stride; 2]),
    );
    pooled.permute([0, 2, 3, 1])
}

/// Bilinear enlargement by two.
#[must_use]
pub fn upsample(x: Tensor<4>) -> Tensor<4> {
    double(double(x, 1), 2)
}

/// Enlarges one axis.
fn double(x: Tensor<4>, axis: usize) -> Tensor<4> {
    let mut dims = x.dims();
    let last = dims[axis] - 1;
    let part = |start: usize, length: usize| x.clone().narrow(axis, start, length);
    // Each pixel's neighbours; there is no empty slice to cut from a single one.
    let (before, after) = if last == 0 {
        (x.clone(), x.clone())
    } else {
        (
            Tensor::cat(vec![part(0, 1), part(0, last)], axis),
            Tensor::cat(vec![part(1, last), part(last, 1)], axis),
        )
    };
    let own = x.clone() * 0.75;
    let pair = vec![own.clone() + before * 0.25, own + after * 0.25];
    dims[axis] *= 2;
    Tensor::stack::<5>(pair, axis + 1).reshape(dims)
}

/// [`super::lstm`] by burn's operators.
#[must_use]
pub fn lstm(gates: Tensor<4>, weight: Tensor<2>) -> Tensor<4> {
    let [_, steps, batch, outputs] = gates.dims();
    let width = outputs / 4;
    let device = gates.device();
    let mut state = Tensor::<2>::zeros([batch, width], &device);
    let mut cell = Tensor::<2>::zeros([batch, width], &device);
    let mut states = Vec::with_capacity(steps);
    for step in 0..steps {
        let now = gates.clone().narrow(1, step, 1).reshape([batch, outputs]);
        let now = now + state.matmul(weight.clone().transpose());
        let part = |n: usize| now.clone().narrow(1, n * width, width);
        let [input, forget, output] = [0, 1, 3].map(|n| sigmoid(part(n)));
        cell = forget * cell + input * part(2).tanh();
        state = output * cell.clone().tanh();
        states.push(state.clone().reshape([1, 1, batch, width]));
    }
    Tensor::cat(states, 1)
}
