//! Dense networks for inference: packed layers, and buffers that are used again.
//!
//! - **Computes** act(x ∗ w + bias + residual) and, where packed for it, the gradient with respect to
//!   x; maximum and mean pooling; from buffer to buffer.
//! - **Input, output** `[batch, height, width, channels]`, dense, without a border.
//! - **Source** ours, on [`affetti_kernels`].
//! - **Deviations** none. After a first run on a shape no layer allocates; the work is split over
//!   rayon's pool that the caller runs in.

use affetti_kernels::norm::rectifier_backward;
use affetti_kernels::pool::{max_pool_values, mean_pool};
use affetti_kernels::{BackwardWeights, Batch, Border, Convolution, Epilogue, ForwardWeights, Isa};
#[cfg(feature = "train")]
use affetti_layers::max_pool;
use affetti_weights::convolution::Folded;
#[cfg(feature = "train")]
use burn::tensor::Tensor;

/// A map whose memory stays from run to run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Buffer {
    data: Vec<f32>,
    shape: Batch,
}

impl Buffer {
    /// Makes this a map of `shape` with old contents; allocates only when it has to grow.
    pub(crate) fn reshape(&mut self, shape: Batch) -> &mut [f32] {
        if self.data.len() < shape.len() {
            self.data.resize(shape.len(), 0.0);
        }
        self.shape = shape;
        &mut self.data[..shape.len()]
    }

    pub(crate) fn shape(&self) -> Batch {
        self.shape
    }

    pub(crate) fn data(&self) -> &[f32] {
        &self.data[..self.shape.len()]
    }

    pub(crate) fn data_mut(&mut self) -> &mut [f32] {
        let length = self.shape.len();
        &mut self.data[..length]
    }
}

/// A convolution packed for one instruction set.
#[derive(Clone, Debug)]
pub(crate) struct Layer {
    conv: Convolution,
    weights: ForwardWeights,
    backward: Option<BackwardWeights>,
    bias: Vec<f32>,
}

impl Layer {
    /// For the forward pass, Winograd's way where it pays.
    pub(crate) fn new(conv: Convolution, folded: &Folded, isa: Isa) -> Self {
        let geometry = conv.at(conv.kernel, conv.kernel);
        Self {
            conv,
            weights: ForwardWeights::new(geometry, &folded.weight, isa).winograd(true),
            backward: None,
            bias: folded.bias.clone(),
        }
    }

    /// For both directions, directly.
    pub(crate) fn both_ways(conv: Convolution, folded: &Folded) -> Self {
        let (geometry, isa) = (conv.at(conv.kernel, conv.kernel), Isa::detect());
        let layer = Self::new(conv, folded, isa);
        Self {
            weights: layer.weights.winograd(false),
            backward: Some(BackwardWeights::new(geometry, &folded.weight, isa)),
            ..layer
        }
    }

    /// # Panics
    /// Where the map is smaller than the kernel with its border, or has other channels.
    pub(crate) fn run(&self, from: &Buffer, residual: Option<&Buffer>, to: &mut Buffer) {
        let shape = from.shape();
        let geometry = self.conv.at(shape.height, shape.width);
        let out = to.reshape(geometry.output(shape).expect("the input fits the layer"));
        let epilogue = self.conv.epilogue(&self.bias, residual.map(Buffer::data));
        let weights = self.weights.with_padding(geometry.padding);
        weights.run(shape, from.data(), epilogue, out);
    }

    /// From the gradient of the output (changed: 0 where the rectifier closed) to that of the input,
    /// of shape `input`, to which `add` is added. The border is a fixed one.
    pub(crate) fn back(
        &self,
        (input, output): (Batch, &Buffer),
        gradient: &mut Buffer,
        add: Option<&Buffer>,
        to: &mut Buffer,
    ) {
        rectifier_backward(self.conv.activation, output.data(), gradient.data_mut());
        let epilogue = Epilogue {
            residual: add.map(Buffer::data),
            ..Epilogue::default()
        };
        let weights = self.backward.as_ref().expect("packed for both ways");
        weights.run(input, gradient.data(), epilogue, to.reshape(input));
    }
}

/// Windows of `kernel` pixels at steps of two, the odd one of 3 × 3 at a border.
pub(crate) const fn halving(channels: usize, kernel: usize) -> Convolution {
    Convolution::depthwise(channels, kernel)
        .stride(2)
        .border(Border::Fixed((kernel - 1) / 2))
}

/// Maximum over the windows of a layer.
pub(crate) fn halve(from: &Buffer, window: Convolution, to: &mut Buffer) {
    let shape = from.shape();
    let geometry = window.at(shape.height, shape.width);
    let output = geometry.output(shape).expect("the window fits the map");
    max_pool_values(geometry, shape, from.data(), to.reshape(output));
}

/// Maximum over windows of a map that gradients go through, as [`halving`].
#[cfg(feature = "train")]
pub(crate) fn halve_tensor(x: Tensor<4>, kernel: usize) -> Tensor<4> {
    let [_, height, width, channels] = x.dims();
    max_pool(x, halving(channels, kernel).at(height, width))
}

/// Mean over each picture, `[batch, channels]`.
pub(crate) fn mean(from: &Buffer, to: &mut Buffer) {
    let shape = from.shape();
    let out = to.reshape(Batch {
        height: 1,
        width: 1,
        ..shape
    });
    mean_pool(shape, from.data(), out);
}
