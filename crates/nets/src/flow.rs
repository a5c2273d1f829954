//! Dense networks for inference: packed layers, and buffers that are used again.
//!
//! - **Computes** act(x ∗ w + bias + residual), maximum and mean pooling, from buffer to buffer.
//! - **Input, output** `[batch, height, width, channels]`, dense, without a border.
//! - **Source** ours, on [`affetti_kernels`].
//! - **Deviations** none. After a first run on a shape no layer allocates; the work is split over
//!   rayon's pool that the caller runs in.

use affetti_kernels::pool::{max_pool_values, mean_pool};
use affetti_kernels::{Activation, Batch, Epilogue, ForwardWeights, Geometry, Isa, Padding};
use affetti_weights::convolution::{Folded, LayerSpec};

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
    geometry: Geometry,
    weights: ForwardWeights,
    bias: Vec<f32>,
    activation: Activation,
}

impl Layer {
    pub(crate) fn new(spec: LayerSpec, folded: &Folded, isa: Isa) -> Self {
        let geometry = Geometry {
            inputs: spec.inputs,
            outputs: spec.outputs,
            kernel: spec.kernel,
            stride: spec.stride,
            padding: Padding::all(spec.kernel / 2),
        };
        Self {
            geometry,
            weights: ForwardWeights::new(geometry, &folded.weight, isa).winograd(true),
            bias: folded.bias.clone(),
            activation: if spec.rectified {
                Activation::Relu
            } else {
                Activation::Identity
            },
        }
    }

    /// # Panics
    /// Where the map is smaller than the kernel with its border, or has other channels.
    pub(crate) fn run(&self, from: &Buffer, residual: Option<&Buffer>, to: &mut Buffer) {
        let shape = from.shape();
        let output = self.geometry.output(shape);
        let out = to.reshape(output.expect("the input fits the layer"));
        let epilogue = Epilogue {
            bias: &self.bias,
            residual: residual.map(Buffer::data),
            activation: self.activation,
        };
        self.weights.run(shape, from.data(), epilogue, out);
    }
}

/// Maximum over windows of `kernel` pixels at steps of two.
pub(crate) fn halve(from: &Buffer, kernel: usize, padding: Padding, to: &mut Buffer) {
    let shape = from.shape();
    let geometry = Geometry {
        inputs: shape.channels,
        outputs: shape.channels,
        kernel,
        stride: 2,
        padding,
    };
    let output = geometry.output(shape).expect("the window fits the map");
    max_pool_values(geometry, shape, from.data(), to.reshape(output));
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
