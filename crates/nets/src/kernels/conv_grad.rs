//! Dense convolution for training: forward, with respect to the input, transposed.
//!
//! - **Computes** y = act(x ∗ w + bias + residual); dx from dy; and the transposed convolution,
//!   whose forward is that input gradient.
//! - **Input** x `[batch, height, width, inputs]`, w `[outputs, inputs, kernel, kernel]`;
//!   **output** `[batch, height', width', outputs]`.
//! - **Source** ours. With stride s an input at s·t + r meets only the taps that are congruent to
//!   r + padding modulo s, so the input gradient is s² plain convolutions of dy (*phases*), each of
//!   which writes every s-th pixel. Nothing is spread with zeros, nothing is added up twice.
//! - **Deviations** none.

use super::conv::Activation;
use super::gather::{Finish, Gather, Panels, Target};
use super::isa::Isa;
use super::map::Padding;
use super::shape::{Batch, Geometry, Phase};

/// Weights packed for the forward pass.
#[derive(Clone, Debug)]
pub struct ForwardWeights {
    geometry: Geometry,
    panels: Panels,
}

/// Weights packed for the gradient with respect to the input.
#[derive(Clone, Debug)]
pub struct BackwardWeights {
    geometry: Geometry,
    isa: Isa,
    /// `stride²` panels: residue of the row, residue of the column.
    phases: Vec<Option<Panels>>,
}

/// What follows a convolution's sum.
#[derive(Clone, Copy, Debug)]
pub struct Epilogue<'a> {
    /// One per output channel, or empty.
    pub bias: &'a [f32],
    /// Added before the activation; of the output's shape.
    pub residual: Option<&'a [f32]>,
    /// Last.
    pub activation: Activation,
}

impl Default for Epilogue<'_> {
    fn default() -> Self {
        Self {
            bias: &[],
            residual: None,
            activation: Activation::Identity,
        }
    }
}

impl ForwardWeights {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]`.
    ///
    /// # Panics
    /// Where the length does not fit: a bug of the caller.
    #[must_use]
    pub fn new(geometry: Geometry, weight: &[f32], isa: Isa) -> Self {
        let Geometry { inputs, kernel, .. } = geometry;
        assert_eq!(weight.len(), geometry.weights(), "weight");
        let at = |tap: usize, depth: usize, output: usize| {
            let (x, input) = (depth / inputs, depth % inputs);
            weight[((output * inputs + input) * kernel + tap) * kernel + x]
        };
        Self {
            geometry,
            panels: Panels::pack(isa, kernel, kernel * inputs, geometry.outputs, at),
        }
    }

    /// The same weights with another border.
    #[must_use]
    pub fn with_padding(&self, padding: Padding) -> ForwardPass<'_> {
        ForwardPass {
            geometry: Geometry {
                padding,
                ..self.geometry
            },
            panels: &self.panels,
        }
    }

    /// Convolves `input` into `output`.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn run(&self, shape: Batch, input: &[f32], epilogue: Epilogue<'_>, output: &mut [f32]) {
        self.with_padding(self.geometry.padding)
            .run(shape, input, epilogue, output);
    }
}

/// Weights with the border of one input size.
#[derive(Clone, Copy, Debug)]
pub struct ForwardPass<'a> {
    geometry: Geometry,
    panels: &'a Panels,
}

impl ForwardPass<'_> {
    /// Convolves `input` into `output`.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn run(&self, shape: Batch, input: &[f32], epilogue: Epilogue<'_>, output: &mut [f32]) {
        let g = self.geometry;
        let to = g.output(shape).expect("the input fits the layer");
        assert_eq!(output.len(), to.len(), "output");
        assert!(
            epilogue.bias.is_empty() || epilogue.bias.len() == g.outputs,
            "bias"
        );
        Gather {
            panels: self.panels,
            source: input,
            shape,
            corner: (-(g.padding.top as isize), -(g.padding.left as isize)),
            stride: g.stride,
            tap_columns: g.kernel,
            size: (to.height, to.width),
            target: dense(to),
            finish: Finish {
                bias: epilogue.bias,
                range: epilogue.activation.range(),
                residual: epilogue.residual,
            },
        }
        .run(output);
    }
}

const fn dense(shape: Batch) -> Target {
    Target {
        start: 0,
        picture: shape.picture(),
        row: shape.width * shape.channels,
        pixel: shape.channels,
    }
}

impl BackwardWeights {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]`.
    ///
    /// # Panics
    /// Where the length does not fit: a bug of the caller.
    #[must_use]
    pub fn new(geometry: Geometry, weight: &[f32], isa: Isa) -> Self {
        let Geometry {
            inputs,
            outputs,
            kernel,
            stride,
            padding,
        } = geometry;
        assert_eq!(weight.len(), geometry.weights(), "weight");
        let mut phases = Vec::with_capacity(stride * stride);
        // Any size with all residues gives the same taps.
        for row in Phase::all(stride, padding.top, kernel, stride) {
            for column in Phase::all(stride, padding.left, kernel, stride) {
                let empty = row.taps == 0 || column.taps == 0;
                phases.push((!empty).then(|| {
                    let at = |tap: usize, depth: usize, input: usize| {
                        let (x, output) = (depth / outputs, depth % outputs);
                        let y = row.first_tap + stride * (row.taps - 1 - tap);
                        let x = column.first_tap + stride * (column.taps - 1 - x);
                        weight[((output * inputs + input) * kernel + y) * kernel + x]
                    };
                    Panels::pack(isa, row.taps, column.taps * outputs, inputs, at)
                }));
            }
        }
        Self {
            geometry,
            isa,
            phases,
        }
    }

    /// The instruction set that the weights were packed for.
    #[must_use]
    pub fn isa(&self) -> Isa {
        self.isa
    }

    /// The gradient with respect to the input of `shape` from the output's gradient. `epilogue` is
    /// for the transposed convolution; its default leaves the plain gradient.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn run(&self, shape: Batch, gradient: &[f32], epilogue: Epilogue<'_>, out: &mut [f32]) {
        let g = self.geometry;
        let from = g.output(shape).expect("the input fits the layer");
        assert_eq!(out.len(), shape.len(), "input gradient");
        assert!(
            epilogue.bias.is_empty() || epilogue.bias.len() == g.inputs,
            "bias"
        );
        let finish = Finish {
            bias: epilogue.bias,
            range: epilogue.activation.range(),
            residual: epilogue.residual,
        };
        if self.phases.iter().any(Option::is_none) {
            // Inputs that no window sees: their sum is empty.
            fill_empty(out, shape.channels, &finish);
        }
        for row in Phase::all(shape.height, g.padding.top, g.kernel, g.stride) {
            for column in Phase::all(shape.width, g.padding.left, g.kernel, g.stride) {
                let Some(panels) = &self.phases[row.residue * g.stride + column.residue] else {
                    continue;
                };
                let pixel = shape.channels;
                let line = shape.width * pixel;
                Gather {
                    panels,
                    source: gradient,
                    shape: from,
                    corner: (row.start, column.start),
                    stride: 1,
                    tap_columns: column.taps,
                    size: (row.count, column.count),
                    target: Target {
                        start: row.residue * line + column.residue * pixel,
                        picture: shape.picture(),
                        row: g.stride * line,
                        pixel: g.stride * pixel,
                    },
                    finish,
                }
                .run(out);
            }
        }
    }
}

fn fill_empty(out: &mut [f32], channels: usize, finish: &Finish<'_>) {
    let (low, high) = finish.range;
    for (i, out) in out.iter_mut().enumerate() {
        let bias = finish.bias.get(i % channels).copied().unwrap_or(0.0);
        let mut sum = bias + finish.residual.map_or(0.0, |rest| rest[i]);
        // Not clamp(): a NaN has to come through, as in the kernels.
        if sum < low {
            sum = low;
        }
        if sum > high {
            sum = high;
        }
        *out = sum;
    }
}
