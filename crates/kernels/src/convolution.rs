//! A convolution as a network's structure has it: everything but weights and the size of maps.

use super::activation::Activation;
use super::epilogue::{Epilogue, Order};
use super::map::Padding;
use super::shape::Geometry;

/// How input and output channels are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Every input with every output: weight `[outputs, inputs, kernel, kernel]`.
    Dense,
    /// Each channel by itself: weight `[channels, 1, kernel, kernel]`.
    Depthwise,
    /// The adjoint of a dense convolution: weight `[inputs, outputs, kernel, kernel]`, which are the
    /// outputs and inputs of that convolution; its geometry is that convolution's.
    Transposed,
}

/// Zero border of a layer's input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Border {
    /// The same on all sides.
    Fixed(usize),
    /// TensorFlow's SAME: depends on the input's size.
    Same,
}

/// One layer, its residual and activation included, for maps of any size.
///
/// ```
/// use affetti_kernels::{Activation, Convolution};
/// // The first layer of a ResNet: 7 × 7, a step of two, a border of three pixels, a rectifier.
/// const STEM: Convolution = Convolution::new(3, 64, 7).stride(2).act(Activation::Relu);
/// assert_eq!(STEM.weight_shape(), [64, 3, 7, 7]);
/// assert_eq!(STEM.at(224, 224).padding.left, 3);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convolution {
    /// See [`Kind`].
    pub kind: Kind,
    /// Channels that come in.
    pub inputs: usize,
    /// Channels that go out.
    pub outputs: usize,
    /// Kernel height and width.
    pub kernel: usize,
    /// Step between outputs (of a transposed layer: inputs), both axes.
    pub stride: usize,
    /// See [`Border`].
    pub border: Border,
    /// See [`Activation`].
    pub activation: Activation,
    /// Where a residual is added, if there is one.
    pub order: Order,
}

impl Convolution {
    /// A dense layer of stride 1 with a border of half its kernel, and nothing after the sum.
    #[must_use]
    pub const fn new(inputs: usize, outputs: usize, kernel: usize) -> Self {
        Self {
            kind: Kind::Dense,
            inputs,
            outputs,
            kernel,
            stride: 1,
            border: Border::Fixed(kernel / 2),
            activation: Activation::Identity,
            order: Order::ResidualFirst,
        }
    }

    /// The same with each of as many channels by itself.
    #[must_use]
    pub const fn depthwise(channels: usize, kernel: usize) -> Self {
        Self::new(channels, channels, kernel).kind(Kind::Depthwise)
    }

    /// The same of another kind.
    #[must_use]
    pub const fn kind(self, kind: Kind) -> Self {
        Self { kind, ..self }
    }

    /// The same with another step.
    #[must_use]
    pub const fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    /// The same with another border.
    #[must_use]
    pub const fn border(self, border: Border) -> Self {
        Self { border, ..self }
    }

    /// The same with an activation.
    #[must_use]
    pub const fn act(self, activation: Activation) -> Self {
        Self { activation, ..self }
    }

    /// The same with a residual's place.
    #[must_use]
    pub const fn order(self, order: Order) -> Self {
        Self { order, ..self }
    }

    /// As PyTorch has it; see [`Kind`].
    #[must_use]
    pub const fn weight_shape(&self) -> [usize; 4] {
        let (rows, columns) = match self.kind {
            Kind::Dense => (self.outputs, self.inputs),
            Kind::Depthwise => (self.outputs, 1),
            Kind::Transposed => (self.inputs, self.outputs),
        };
        [rows, columns, self.kernel, self.kernel]
    }

    /// What the kernels want to know on a map of this size.
    #[must_use]
    pub const fn at(&self, height: usize, width: usize) -> Geometry {
        let padding = match self.border {
            Border::Fixed(pixels) => Padding::all(pixels),
            Border::Same => Padding::same(height, width, self.kernel, self.stride),
        };
        let (inputs, outputs) = match self.kind {
            Kind::Transposed => (self.outputs, self.inputs),
            Kind::Dense | Kind::Depthwise => (self.inputs, self.outputs),
        };
        Geometry {
            inputs,
            outputs,
            kernel: self.kernel,
            stride: self.stride,
            padding,
        }
    }

    /// What follows its sum.
    #[must_use]
    pub const fn epilogue<'a>(&self, bias: &'a [f32], residual: Option<&'a [f32]>) -> Epilogue<'a> {
        Epilogue {
            bias,
            residual,
            activation: self.activation,
            order: self.order,
        }
    }
}
