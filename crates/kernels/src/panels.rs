//! Weight matrices in panels of two vectors, as the register tile reads them.
//!
//! - **Computes** copies of PyTorch's weights in another order.
//! - **Input** weights `[outputs, inputs, kernel, kernel]`; **output** `[panel][tap][depth][panel
//!   width]`, zeros behind the last column.
//! - **Source** ours. A training step packs every weight twice, so this is written for speed: eight
//!   filters are transposed at a time, or one filter's taps are taken apart.
//! - **Deviations** none.

use super::isa::Isa;
use super::lanes::finite;
use super::shape::Geometry;
use rayon::prelude::*;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

/// The widest panel of any instruction set.
pub(super) const WIDEST: usize = 32;
/// Floats below which another thread's wake-up costs more than it saves.
const SERIAL: usize = 100_000;
/// Filters that are transposed at a time.
const FILTERS: usize = 8;

/// A weight matrix in panels of two vectors: `[panel][tap][depth][panel width]`.
#[derive(Clone, Debug)]
pub(super) struct Panels {
    pub(super) isa: Isa,
    pub(super) taps: usize,
    pub(super) depth: usize,
    pub(super) columns: usize,
    pub(super) data: Vec<f32>,
    /// Whether no weight is a NaN or an infinity.
    pub(super) finite: bool,
    /// Whether Winograd's way may be taken, and its weights once it was.
    pub(super) winograd: Option<OnceLock<Vec<f32>>>,
}

/// Where packed weights get their memory; every float of it is written.
pub(super) type Take<'a> = &'a mut dyn FnMut(usize) -> Vec<f32>;

impl Panels {
    /// Columns are outputs, taps the kernel's rows, and a tap's depth a kernel row of inputs.
    pub(super) fn of_outputs(g: Geometry, weight: &[f32], isa: Isa, take: Take<'_>) -> Self {
        let Geometry {
            inputs,
            outputs,
            kernel,
            ..
        } = g;
        let squared = kernel * kernel;
        let fill = |first: usize, data: &mut [f32]| {
            let length = inputs * squared;
            let width = isa.panel();
            let filters = &weight[first * length..outputs.min(first + width) * length];
            isa.run(|| transpose(filters, (inputs, squared), width, data));
        };
        let size = (kernel, kernel * inputs, outputs);
        Self::fill(isa, size, take, fill)
    }

    /// Columns are inputs; `at` lists the kernel's positions (row · kernel + column) in the order of
    /// taps and of columns in a tap, each with all outputs. `taps` of them are rows.
    pub(super) fn of_inputs(
        g: Geometry,
        (taps, at): (usize, &[usize]),
        weight: &[f32],
        isa: Isa,
        take: Take<'_>,
    ) -> Self {
        let Geometry {
            inputs,
            outputs,
            kernel,
            ..
        } = g;
        let squared = kernel * kernel;
        let fill = |first: usize, data: &mut [f32]| {
            let width = isa.panel();
            let count = (inputs - first).min(width);
            isa.run(|| {
                for output in 0..outputs {
                    let start = (output * inputs + first) * squared;
                    let filter = &weight[start..start + count * squared];
                    for (n, &at) in at.iter().enumerate() {
                        let out = &mut data[(n * outputs + output) * width..][..width];
                        match squared {
                            1 => out[..count].copy_from_slice(filter),
                            9 => pick::<9>(filter, at, out),
                            16 => pick::<16>(filter, at, out),
                            _ => {
                                let filter = filter[at..].iter().step_by(squared);
                                out.iter_mut().zip(filter).for_each(|(o, w)| *o = *w);
                            }
                        }
                        out[count..].fill(0.0);
                    }
                }
            });
        };
        let size = (taps, at.len() / taps.max(1) * outputs, inputs);
        Self::fill(isa, size, take, fill)
    }

    /// Columns are the kernel's positions × inputs, the depth is the outputs: the matrix that takes
    /// a single pixel to a whole window.
    pub(super) fn of_windows(g: Geometry, weight: &[f32], isa: Isa, take: Take<'_>) -> Self {
        let Geometry {
            inputs,
            outputs,
            kernel,
            ..
        } = g;
        let squared = kernel * kernel;
        let fill = |first: usize, data: &mut [f32]| {
            let width = isa.panel();
            let count = (inputs * squared - first).min(width);
            for (output, out) in data.chunks_exact_mut(width).enumerate() {
                for (column, out) in out[..count].iter_mut().enumerate() {
                    let (at, input) = ((first + column) / inputs, (first + column) % inputs);
                    *out = weight[(output * inputs + input) * squared + at];
                }
                out[count..].fill(0.0);
            }
        };
        Self::fill(isa, (1, outputs, inputs * squared), take, fill)
    }

    /// `fill(first column, panel)` for every panel.
    fn fill(
        isa: Isa,
        (taps, depth, columns): (usize, usize, usize),
        take: Take<'_>,
        fill: impl Fn(usize, &mut [f32]) + Sync,
    ) -> Self {
        let width = isa.panel();
        assert!(width <= WIDEST, "a bias for every column of a panel");
        let wanted = columns.div_ceil(width) * taps * depth * width;
        let mut data = take(wanted);
        // The kernels read all of it unchecked.
        assert_eq!(data.len(), wanted, "memory for the packed weights");
        let chunk = (taps * depth * width).max(1);
        let wrong = AtomicBool::new(false);
        let fill = |(n, panel): (usize, &mut [f32])| {
            fill(n * width, panel);
            if !isa.run(|| finite(panel)) {
                wrong.store(true, Ordering::Relaxed);
            }
        };
        if data.len() > SERIAL {
            data.par_chunks_exact_mut(chunk).enumerate().for_each(fill);
        } else {
            data.chunks_exact_mut(chunk).enumerate().for_each(fill);
        }
        Self {
            isa,
            taps,
            depth,
            columns,
            data,
            finite: !wrong.into_inner(),
            winograd: None,
        }
    }

    /// Allows Winograd's way, where it pays: 3 × 3 and stride 1.
    pub(super) fn allow_winograd(&mut self, allow: bool) {
        self.winograd = allow.then(OnceLock::new);
    }

    pub(super) fn count(&self) -> usize {
        self.columns.div_ceil(self.isa.panel())
    }
}

/// out[i] = filter[i][at]
#[inline(always)]
fn pick<const SQUARED: usize>(filter: &[f32], at: usize, out: &mut [f32]) {
    let taps = filter.as_chunks::<SQUARED>().0;
    out.iter_mut().zip(taps).for_each(|(o, taps)| *o = taps[at]);
}

/// From `filters` `[output][input][position]` to `[position][input][width]`.
#[inline(always)]
fn transpose(filters: &[f32], (inputs, squared): (usize, usize), width: usize, out: &mut [f32]) {
    let length = inputs * squared;
    let outputs = filters.len() / length.max(1);
    if outputs < width {
        out.fill(0.0);
    }
    for first in (0..outputs).step_by(FILTERS) {
        let count = (outputs - first).min(FILTERS);
        // A place of the filter, and where it goes.
        let row = |place: usize| ((place % squared) * inputs + place / squared) * width + first;
        let mut place = 0;
        if count == FILTERS {
            let of = |n: usize| &filters[(first + n) * length..][..length];
            let rows: [&[f32]; FILTERS] = std::array::from_fn(of);
            let (mut position, mut input) = (0, 0);
            while place + FILTERS <= length {
                let square: [[f32; FILTERS]; FILTERS] = std::array::from_fn(|n| {
                    let part = rows[n][place..].first_chunk();
                    *part.expect("eight floats are left")
                });
                let turned: [[f32; FILTERS]; FILTERS] =
                    std::array::from_fn(|column| square.map(|row| row[column]));
                for values in turned {
                    let to = (position * inputs + input) * width + first;
                    out[to..to + FILTERS].copy_from_slice(&values);
                    position += 1;
                    if position == squared {
                        (position, input) = (0, input + 1);
                    }
                }
                place += FILTERS;
            }
        }
        for place in place..length {
            for n in 0..count {
                out[row(place) + n] = filters[(first + n) * length + place];
            }
        }
    }
}
