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

use super::epilogue::Epilogue;
use super::gather::{Gather, Target};
use super::isa::Isa;
use super::map::Padding;
use super::panels::Panels;
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
    form: Form,
}

#[derive(Clone, Debug)]
enum Form {
    /// `stride²` panels: residue of the row, residue of the column.
    Phases(Vec<Option<Panels>>),
    /// For maps that are one window: from a pixel to all of it.
    Window(Panels),
}

impl ForwardWeights {
    /// Packs `weight` `[outputs, inputs, kernel, kernel]`.
    ///
    /// # Panics
    /// Where the length does not fit: a bug of the caller.
    #[must_use]
    pub fn new(geometry: Geometry, weight: &[f32], isa: Isa) -> Self {
        Self::new_in(geometry, weight, isa, &mut fresh)
    }

    /// The same in memory that `take` gives: as many floats as it is asked for, of any value.
    /// [`ForwardWeights::into_memory`] gives it back.
    ///
    /// # Panics
    /// As [`ForwardWeights::new`].
    #[must_use]
    pub fn new_in(
        geometry: Geometry,
        weight: &[f32],
        isa: Isa,
        take: &mut dyn FnMut(usize) -> Vec<f32>,
    ) -> Self {
        assert_eq!(weight.len(), geometry.weights(), "weight");
        Self {
            geometry,
            panels: Panels::of_outputs(geometry, weight, isa, take),
        }
    }

    /// Allows Winograd's way for 3 × 3 and stride 1, which is several times as fast on large maps and
    /// rounds more: within 10⁻⁴ of the largest output instead of 10⁻⁵. The first run that takes it
    /// transforms the weights, which needs four times their memory.
    #[must_use]
    pub fn winograd(mut self, allow: bool) -> Self {
        self.panels.allow_winograd(allow);
        self
    }

    /// What [`ForwardWeights::new_in`] took.
    #[must_use]
    pub fn into_memory(self) -> Vec<f32> {
        self.panels.data
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
        epilogue.run(true, output, |finish, out| {
            Gather {
                panels: self.panels,
                taps: self.panels.taps,
                depth: self.panels.depth,
                source: input,
                shape,
                corner: (-(g.padding.top as isize), -(g.padding.left as isize)),
                stride: g.stride,
                tap_columns: g.kernel,
                size: (to.height, to.width),
                target: dense(to),
                finish,
            }
            .run(out);
        });
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
        Self::phases(geometry, weight, isa, &mut fresh)
    }

    /// The same for input gradients of `shape` only, in memory that `take` gives: as many floats as
    /// it is asked for, of any value. [`BackwardWeights::into_memory`] gives it back. A map that is
    /// just one window, as below a generator's first layer, is a plain matrix product: as a
    /// convolution over a border it would take `kernel²` times the work.
    ///
    /// # Panics
    /// As [`BackwardWeights::new`].
    #[must_use]
    pub fn for_map(
        geometry: Geometry,
        shape: Batch,
        weight: &[f32],
        isa: Isa,
        take: &mut dyn FnMut(usize) -> Vec<f32>,
    ) -> Self {
        if geometry.kernel < 2 || !is_window(geometry, shape) {
            return Self::phases(geometry, weight, isa, take);
        }
        assert_eq!(weight.len(), geometry.weights(), "weight");
        Self {
            geometry,
            isa,
            form: Form::Window(Panels::of_windows(geometry, weight, isa, take)),
        }
    }

    /// As [`ForwardWeights::winograd`].
    #[must_use]
    pub fn winograd(mut self, allow: bool) -> Self {
        if let Form::Phases(phases) = &mut self.form {
            let phases = phases.iter_mut().flatten();
            phases.for_each(|panels| panels.allow_winograd(allow));
        }
        self
    }

    /// What [`BackwardWeights::for_map`] took.
    pub fn into_memory(self) -> impl Iterator<Item = Vec<f32>> {
        let phases = match self.form {
            Form::Phases(phases) => phases,
            Form::Window(panels) => vec![Some(panels)],
        };
        phases.into_iter().flatten().map(|panels| panels.data)
    }

    fn phases(
        geometry: Geometry,
        weight: &[f32],
        isa: Isa,
        take: &mut dyn FnMut(usize) -> Vec<f32>,
    ) -> Self {
        let Geometry {
            kernel,
            stride,
            padding,
            ..
        } = geometry;
        assert_eq!(weight.len(), geometry.weights(), "weight");
        let mut phases = Vec::with_capacity(stride * stride);
        // Any size with all residues gives the same taps.
        for row in Phase::all(stride, padding.top, kernel, stride) {
            for column in Phase::all(stride, padding.left, kernel, stride) {
                // The last tap comes first.
                let places = |phase: Phase| {
                    (0..phase.taps)
                        .rev()
                        .map(move |tap| phase.first_tap + stride * tap)
                };
                let at: Vec<usize> = places(row)
                    .flat_map(|y| places(column).map(move |x| y * kernel + x))
                    .collect();
                let panels = || Panels::of_inputs(geometry, (row.taps, &at), weight, isa, take);
                phases.push((!at.is_empty()).then(panels));
            }
        }
        Self {
            geometry,
            isa,
            form: Form::Phases(phases),
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
        epilogue.run(true, out, |finish, out| {
            self.gather(shape, (from, gradient), finish, out);
        });
    }

    fn gather(
        &self,
        shape: Batch,
        (from, gradient): (Batch, &[f32]),
        finish: Epilogue<'_>,
        out: &mut [f32],
    ) {
        let g = self.geometry;
        let phases = match &self.form {
            Form::Phases(phases) => phases,
            Form::Window(panels) => {
                assert!(is_window(g, shape), "packed for another map");
                return window(panels, from, gradient, finish, out);
            }
        };
        if phases.iter().any(Option::is_none) {
            // Inputs that no window sees: their sum is empty.
            fill_empty(out, shape.channels, &finish);
        }
        for row in Phase::all(shape.height, g.padding.top, g.kernel, g.stride) {
            for column in Phase::all(shape.width, g.padding.left, g.kernel, g.stride) {
                let Some(panels) = &phases[row.residue * g.stride + column.residue] else {
                    continue;
                };
                let pixel = shape.channels;
                let line = shape.width * pixel;
                Gather {
                    panels,
                    taps: panels.taps,
                    depth: panels.depth,
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

/// Memory from the allocator.
fn fresh(length: usize) -> Vec<f32> {
    vec![0.0; length]
}

/// Whether the kernel covers the whole map, and nothing else.
fn is_window(g: Geometry, shape: Batch) -> bool {
    g.padding == Padding::default() && (shape.height, shape.width) == (g.kernel, g.kernel)
}

/// The input gradient of maps that are one window each.
fn window(panels: &Panels, from: Batch, gradient: &[f32], finish: Epilogue<'_>, out: &mut [f32]) {
    let columns = panels.columns;
    let bias = match finish.bias {
        [] => Vec::new(),
        bias => bias.repeat(columns / bias.len()),
    };
    Gather {
        panels,
        taps: 1,
        depth: panels.depth,
        source: gradient,
        shape: from,
        corner: (0, 0),
        stride: 1,
        tap_columns: 1,
        size: (1, 1),
        target: Target {
            start: 0,
            picture: columns,
            row: columns,
            pixel: columns,
        },
        finish: Epilogue {
            bias: &bias,
            ..finish
        },
    }
    .run(out);
}

fn fill_empty(out: &mut [f32], channels: usize, finish: &Epilogue<'_>) {
    for (i, out) in out.iter_mut().enumerate() {
        let bias = finish.bias.get(i % channels).copied().unwrap_or(0.0);
        let rest = finish.residual.map_or(0.0, |rest| rest[i]);
        *out = finish.value(bias, rest);
    }
}
