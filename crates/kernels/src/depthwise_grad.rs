//! Depthwise convolution for training: forward and with respect to the input.
//!
//! - **Computes** y[p, c] = act(bias[c] + Σ window(p)[t, c] · w[c, t]), and dx from dy.
//! - **Input** x `[batch, height, width, channels]`, w `[channels, 1, kernel, kernel]`;
//!   **output** `[batch, height', width', channels]`. Any kernel, stride and border.
//! - **Source** ours. A task is a block of rows whose zero-bordered input fits in the second-level
//!   cache; the copy is a plain stream, which fetches from memory faster than the windows would.
//!   Then up to eight neighbouring pixels of one vector of channels are summed in registers. The
//!   input gradient is stride² such passes over dy, as in [`super::conv_grad`].
//! - **Deviations** none.
#![expect(
    unsafe_code,
    reason = "vector registers over raw pointers; each block has its proof"
)]

use super::epilogue::Epilogue;
use super::isa::{Isa, PortableSimd, Set, Simd};
use super::map::Padding;
use super::shape::{Batch, Geometry, Phase};
use super::window::{self, Rectangle};
use rayon::prelude::*;
use std::cell::RefCell;

/// Floats of padded input per block.
const BLOCK: usize = 64 * 1024;

thread_local! {
    /// Padded input of the block at hand; grows to its largest use and stays.
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Weights of a depthwise layer, ready for both directions.
#[derive(Clone, Debug)]
pub struct DepthwiseWeights {
    geometry: Geometry,
    isa: Isa,
    forward: Taps,
    /// Residue of the row, residue of the column.
    backward: Vec<Taps>,
}

/// `[row][column][channel]`
#[derive(Clone, Debug)]
struct Taps {
    rows: usize,
    columns: usize,
    data: Vec<f32>,
}

impl Taps {
    fn pack(
        channels: usize,
        (rows, columns): (usize, usize),
        at: impl Fn(usize, usize, usize) -> f32,
    ) -> Self {
        let mut data = Vec::with_capacity(rows * columns * channels);
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            data.extend((0..channels).map(|c| at(c, y, x)));
        }
        Self {
            rows,
            columns,
            data,
        }
    }
}

impl DepthwiseWeights {
    /// Packs `weight` `[channels, 1, kernel, kernel]`; inputs and outputs of the geometry are both
    /// the channels.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    #[must_use]
    pub fn new(geometry: Geometry, weight: &[f32], isa: Isa) -> Self {
        let Geometry {
            inputs: channels,
            kernel,
            stride,
            padding,
            ..
        } = geometry;
        assert_eq!(channels, geometry.outputs, "depthwise channels");
        assert_eq!(weight.len(), channels * kernel * kernel, "weight");
        let at = |c: usize, y: usize, x: usize| weight[(c * kernel + y) * kernel + x];
        let mut backward = Vec::with_capacity(stride * stride);
        for row in Phase::all(stride, padding.top, kernel, stride) {
            for column in Phase::all(stride, padding.left, kernel, stride) {
                let size = (row.taps, column.taps);
                backward.push(Taps::pack(channels, size, |c, y, x| {
                    let y = row.first_tap + stride * (row.taps - 1 - y);
                    let x = column.first_tap + stride * (column.taps - 1 - x);
                    at(c, y, x)
                }));
            }
        }
        Self {
            geometry,
            isa,
            forward: Taps::pack(channels, (kernel, kernel), at),
            backward,
        }
    }

    /// The forward pass with another border.
    #[must_use]
    pub fn with_padding(&self, padding: Padding) -> DepthwisePass<'_> {
        DepthwisePass {
            geometry: Geometry {
                padding,
                ..self.geometry
            },
            isa: self.isa,
            taps: &self.forward,
        }
    }

    /// Convolves `input`.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn forward(&self, shape: Batch, input: &[f32], epilogue: Epilogue<'_>, out: &mut [f32]) {
        self.with_padding(self.geometry.padding)
            .forward(shape, input, epilogue, out);
    }

    /// The gradient with respect to an input of `shape`.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn backward(&self, shape: Batch, gradient: &[f32], out: &mut [f32]) {
        let g = self.geometry;
        let from = g.output(shape).expect("the input fits the layer");
        assert_eq!(out.len(), shape.len(), "input gradient");
        for row in Phase::all(shape.height, g.padding.top, g.kernel, g.stride) {
            for column in Phase::all(shape.width, g.padding.left, g.kernel, g.stride) {
                let line = shape.width * shape.channels;
                Pass {
                    isa: self.isa,
                    taps: &self.backward[row.residue * g.stride + column.residue],
                    bias: &[],
                    range: Epilogue::default().range(),
                    source: gradient,
                    shape: from,
                    corner: (row.start, column.start),
                    stride: 1,
                    size: (row.count, column.count),
                    start: row.residue * line + column.residue * shape.channels,
                    steps: (shape.picture(), g.stride * line, g.stride * shape.channels),
                }
                .run(out);
            }
        }
    }
}

/// Weights with the border of one input size.
#[derive(Clone, Copy, Debug)]
pub struct DepthwisePass<'a> {
    geometry: Geometry,
    isa: Isa,
    taps: &'a Taps,
}

impl DepthwisePass<'_> {
    /// Convolves `input`.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn forward(&self, shape: Batch, input: &[f32], epilogue: Epilogue<'_>, out: &mut [f32]) {
        let g = self.geometry;
        let to = g.output(shape).expect("the input fits the layer");
        assert_eq!(out.len(), to.len(), "output");
        epilogue.run(false, out, |finish, out| {
            Pass {
                isa: self.isa,
                taps: self.taps,
                bias: finish.bias,
                range: finish.range(),
                source: input,
                shape,
                corner: (-(g.padding.top as isize), -(g.padding.left as isize)),
                stride: g.stride,
                size: (to.height, to.width),
                start: 0,
                steps: (to.picture(), to.width * to.channels, to.channels),
            }
            .run(out);
        });
    }
}

/// One sweep over all output pixels of one residue class.
struct Pass<'a> {
    isa: Isa,
    taps: &'a Taps,
    bias: &'a [f32],
    range: (f32, f32),
    source: &'a [f32],
    shape: Batch,
    corner: (isize, isize),
    stride: usize,
    size: (usize, usize),
    start: usize,
    /// Floats from picture to picture, row to row, pixel to pixel of the output.
    steps: (usize, usize, usize),
}

struct Pointer(*mut f32);
// SAFETY: tasks write rows of their own, see `Pass::run`.
unsafe impl Sync for Pointer {}

impl Pass<'_> {
    fn run(&self, out: &mut [f32]) {
        let (rows, columns) = self.size;
        let channels = self.shape.channels;
        if self.shape.batch * rows * columns * channels == 0 {
            return;
        }
        assert_eq!(self.source.len(), self.shape.len(), "input");
        assert!(self.bias.is_empty() || self.bias.len() == channels, "bias");
        let (picture, row, pixel) = self.steps;
        let line = (columns - 1) * pixel + channels;
        let all = (rows - 1) * row + line;
        assert!(
            self.start + (self.shape.batch - 1) * picture + all <= out.len()
                && channels <= pixel
                && (rows == 1 || line <= row)
                && (self.shape.batch == 1 || all <= picture),
            "output"
        );
        let pointer = Pointer(out.as_mut_ptr());
        let input_row = self.stride * ((columns - 1) * self.stride + self.taps.columns) * channels;
        let tall = (BLOCK / input_row.max(1)).clamp(1, rows);
        let work = self.shape.batch * rows * columns * self.taps.data.len();
        let serial = work < 200_000 || rayon::current_num_threads() == 1;
        let wanted = if serial {
            1
        } else {
            2 * rayon::current_num_threads()
        };
        let parts = rows
            .div_ceil(tall)
            .max(wanted.div_ceil(self.shape.batch))
            .min(rows);
        let run = |task: usize| {
            let (picture, part) = (task / parts, task % parts);
            let rows = (rows * part / parts, rows * (part + 1) / parts);
            // SAFETY: every row belongs to one task, and the assertion above keeps rows apart and
            // inside of `out`.
            unsafe { self.block(picture, rows, &pointer) };
        };
        let tasks = self.shape.batch * parts;
        if serial {
            (0..tasks).for_each(run);
        } else {
            (0..tasks).into_par_iter().for_each(run);
        }
    }

    /// # Safety
    /// Nobody else writes these rows, and they are inside of the output.
    unsafe fn block(&self, picture: usize, (from, to): (usize, usize), output: &Pointer) {
        let channels = self.shape.channels;
        let area = Rectangle {
            top: self.corner.0 + (from * self.stride) as isize,
            left: self.corner.1,
            rows: ((to - from - 1) * self.stride + self.taps.rows).max(1),
            columns: ((self.size.1 - 1) * self.stride + self.taps.columns).max(1),
        };
        SCRATCH.with_borrow_mut(|scratch| {
            let row = area.columns * channels;
            let scratch = window::grow(scratch, area.rows * row);
            window::copy(self.source, self.shape, picture, area, scratch);
            for y in from..to {
                let start = (y - from) * self.stride * row;
                let line = Line {
                    pass: self,
                    source: scratch[start..].as_ptr(),
                    row,
                    // SAFETY: the caller's promise.
                    out: unsafe {
                        output
                            .0
                            .add(self.start + picture * self.steps.0 + y * self.steps.1)
                    },
                };
                // SAFETY: the block holds the windows of all its outputs by construction of
                // `area`; taps have rows · columns · channels floats and the bias, where there is
                // one, a float per channel; the rest is the caller's promise. An `Isa` value
                // exists only where the machine has the set.
                unsafe {
                    match self.isa.set() {
                        #[cfg(target_arch = "x86_64")]
                        Set::Avx512 => line_avx512(&line),
                        #[cfg(target_arch = "x86_64")]
                        Set::Avx2 => line_avx2(&line),
                        Set::Portable => line.run::<PortableSimd>(),
                    }
                }
            }
        });
    }
}

/// The part of `length` positions from `start` on that is inside of 0..`size`.
pub(super) fn clip(start: isize, length: usize, size: usize) -> (usize, usize) {
    let first = usize::try_from(-start).unwrap_or(0).min(length);
    let end = usize::try_from(size as isize - start)
        .unwrap_or(0)
        .min(length);
    (first.min(end), end)
}

/// One output row; `source` points at the first window's first float.
struct Line<'a> {
    pass: &'a Pass<'a>,
    source: *const f32,
    row: usize,
    out: *mut f32,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn line_avx512(line: &Line<'_>) {
    // SAFETY: the caller's promise, with the feature enabled here.
    unsafe { line.run::<super::isa::Avx512Simd>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn line_avx2(line: &Line<'_>) {
    // SAFETY: the caller's promise, with the features enabled here.
    unsafe { line.run::<super::isa::Avx2Simd>() }
}

impl Line<'_> {
    /// # Safety
    /// See [`Pass::block`]; the set is available.
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        const PIXELS: usize = 8;
        let wide = self.pass.size.1;
        let tiles = wide.div_ceil(PIXELS);
        for tile in 0..tiles {
            let x = wide * tile / tiles;
            let pixels = wide * (tile + 1) / tiles - x;
            // SAFETY: `x + pixels` ≤ the row's outputs.
            unsafe {
                match pixels {
                    1 => self.pixels::<S, 1>(x),
                    2 => self.pixels::<S, 2>(x),
                    3 => self.pixels::<S, 3>(x),
                    4 => self.pixels::<S, 4>(x),
                    5 => self.pixels::<S, 5>(x),
                    6 => self.pixels::<S, 6>(x),
                    7 => self.pixels::<S, 7>(x),
                    _ => self.pixels::<S, PIXELS>(x),
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn pixels<S: Simd, const PIXELS: usize>(&self, x: usize) {
        let channels = self.pass.shape.channels;
        let mut channel = 0;
        // SAFETY: vectors end at or before the last channel, the last one is cut there.
        unsafe {
            while channel + S::LANES <= channels {
                self.vector::<S, PIXELS, true>(x, channel, S::LANES);
                channel += S::LANES;
            }
            if channel < channels {
                self.vector::<S, PIXELS, false>(x, channel, channels - channel);
            }
        }
    }

    /// `PIXELS` outputs from column `x` on, `count` channels from `channel` on.
    #[inline(always)]
    unsafe fn vector<S: Simd, const PIXELS: usize, const FULL: bool>(
        &self,
        x: usize,
        channel: usize,
        count: usize,
    ) {
        let pass = self.pass;
        let channels = pass.shape.channels;
        let step = pass.stride * channels;
        // SAFETY: see `Pass::block`.
        unsafe {
            let load = |p: *const f32| {
                if FULL {
                    S::load(p)
                } else {
                    S::load_part(p, count)
                }
            };
            let bias = if pass.bias.is_empty() {
                S::splat(0.0)
            } else {
                load(pass.bias.as_ptr().add(channel))
            };
            let mut sums = [bias; PIXELS];
            let mut weight = pass.taps.data.as_ptr().wrapping_add(channel);
            for y in 0..pass.taps.rows {
                let mut at = self.source.add(y * self.row + x * step + channel);
                for _ in 0..pass.taps.columns {
                    let w = load(weight);
                    for (pixel, sum) in sums.iter_mut().enumerate() {
                        *sum = S::mul_add(load(at.add(pixel * step)), w, *sum);
                    }
                    at = at.wrapping_add(channels);
                    weight = weight.wrapping_add(channels);
                }
            }
            let (low, high) = (S::splat(pass.range.0), S::splat(pass.range.1));
            for (pixel, sum) in sums.into_iter().enumerate() {
                let out = self.out.add((x + pixel) * pass.steps.2 + channel);
                let sum = S::min(S::max(sum, low), high);
                if FULL {
                    S::store(out, sum);
                } else {
                    S::store_part(out, count, sum);
                }
            }
        }
    }
}
