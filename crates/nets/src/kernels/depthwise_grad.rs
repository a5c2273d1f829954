//! Depthwise convolution for training: forward and with respect to the input.
//!
//! - **Computes** y[p, c] = act(bias[c] + Σ window(p)[t, c] · w[c, t]), and dx from dy.
//! - **Input** x `[batch, height, width, channels]`, w `[channels, 1, kernel, kernel]`;
//!   **output** `[batch, height', width', channels]`. Any kernel, stride and border.
//! - **Source** ours. One vector of channels at a time walks a row, eight pixels in registers;
//!   columns whose window leaves the picture take a path with fewer taps instead of a zero border
//!   that would have to be copied. The input gradient is stride² such passes over dy, as in
//!   [`super::conv_grad`].
//! - **Deviations** none.
#![expect(
    unsafe_code,
    reason = "vector registers over raw pointers; each block has its proof"
)]

use super::conv::Activation;
use super::isa::{Isa, PortableSimd, Simd};
use super::shape::{Batch, Geometry, Phase};
use rayon::prelude::*;

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

    /// Convolves `input`; `bias` is empty or one per channel.
    ///
    /// # Panics
    /// Where a shape or length does not fit: a bug of the caller.
    pub fn forward(
        &self,
        shape: Batch,
        input: &[f32],
        bias: &[f32],
        activation: Activation,
        out: &mut [f32],
    ) {
        let g = self.geometry;
        let to = g.output(shape).expect("the input fits the layer");
        assert_eq!(out.len(), to.len(), "output");
        Pass {
            isa: self.isa,
            taps: &self.forward,
            bias,
            range: activation.range(),
            source: input,
            shape,
            corner: (-(g.padding.top as isize), -(g.padding.left as isize)),
            stride: g.stride,
            size: (to.height, to.width),
            start: 0,
            steps: (to.picture(), to.width * to.channels, to.channels),
        }
        .run(out);
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
                    range: Activation::Identity.range(),
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
// SAFETY: rows of different pictures and numbers are disjoint, see `Pass::run`.
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
        let lines = self.shape.batch * rows;
        let work = lines * columns * self.taps.data.len();
        let tasks = if work < 200_000 { 1 } else { (4 * rayon::current_num_threads()).min(lines) };
        let run = |task: usize| {
            for line in lines * task / tasks..lines * (task + 1) / tasks {
                // SAFETY: every line belongs to one task, and the assertion above keeps lines
                // apart and inside of `out`.
                unsafe { self.line(line / rows, line % rows, &pointer) };
            }
        };
        if tasks == 1 {
            run(0);
        } else {
            (0..tasks).into_par_iter().for_each(run);
        }
    }

    /// # Safety
    /// Nobody else writes this row, and it is inside of the output.
    unsafe fn line(&self, picture: usize, y: usize, output: &Pointer) {
        let channels = self.shape.channels;
        let top = self.corner.0 + (y * self.stride) as isize;
        let rows = clip(top, self.taps.rows, self.shape.height);
        let row = self.shape.width * channels;
        let source = match usize::try_from(top + rows.0 as isize) {
            Ok(first) if rows.0 < rows.1 => {
                &self.source[picture * self.shape.picture() + first * row..][..(rows.1 - rows.0) * row]
            }
            _ => &[][..],
        };
        // The columns whose whole window is inside; before and after them windows are clipped.
        let (left, width) = (self.corner.1, self.shape.width as isize);
        let stride = self.stride as isize;
        let last = width - self.taps.columns as isize - left;
        let inner = usize::try_from((-left + stride - 1).div_euclid(stride)).unwrap_or(0);
        let end = usize::try_from(last.div_euclid(stride) + 1).unwrap_or(0);
        let end = end.min(self.size.1);
        let line = Line {
            source: source.as_ptr(),
            row,
            rows,
            inner: (inner.min(end), end),
            left,
            stride: self.stride,
            taps: self.taps,
            width: self.shape.width,
            channels,
            columns: self.size.1,
            bias: self.bias,
            range: self.range,
            // SAFETY: the caller's promise.
            out: unsafe {
                let at = self.start + picture * self.steps.0 + y * self.steps.1;
                output.0.add(at)
            },
            pixel: self.steps.2,
        };
        // SAFETY: `source` holds the clipped rows of the window (none where they are empty); taps
        // have rows · columns · channels floats; the rest is the caller's promise. An `Isa` value
        // exists only where the machine has the set.
        unsafe {
            match self.isa {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => line_avx512(&line),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => line_avx2(&line),
                Isa::Portable => line.run::<PortableSimd, 4>(),
            }
        }
    }
}

/// The part of `length` positions from `start` on that is inside of 0..`size`.
pub(super) fn clip(start: isize, length: usize, size: usize) -> (usize, usize) {
    let first = usize::try_from(-start).unwrap_or(0).min(length);
    let end = usize::try_from(size as isize - start).unwrap_or(0).min(length);
    (first.min(end), end)
}

/// One output row. `source` points at the first input row inside of the picture, which meets the
/// tap row `rows.0`.
struct Line<'a> {
    source: *const f32,
    row: usize,
    rows: (usize, usize),
    inner: (usize, usize),
    left: isize,
    stride: usize,
    taps: &'a Taps,
    width: usize,
    channels: usize,
    columns: usize,
    bias: &'a [f32],
    range: (f32, f32),
    out: *mut f32,
    pixel: usize,
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn line_avx512(line: &Line<'_>) {
    // SAFETY: the caller's promise, with the feature enabled here.
    unsafe { line.run::<super::isa::Avx512Simd, 8>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn line_avx2(line: &Line<'_>) {
    // SAFETY: the caller's promise, with the features enabled here.
    unsafe { line.run::<super::isa::Avx2Simd, 8>() }
}

impl Line<'_> {
    /// # Safety
    /// See [`Pass::line`]; the set is available.
    #[inline(always)]
    unsafe fn run<S: Simd, const PIXELS: usize>(&self) {
        for channel in (0..self.channels).step_by(S::LANES) {
            let count = (self.channels - channel).min(S::LANES);
            // SAFETY: `channel + count` ≤ channels.
            unsafe {
                if count == S::LANES {
                    self.channels_at::<S, PIXELS, true>(channel, count);
                } else {
                    self.channels_at::<S, PIXELS, false>(channel, count);
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn channels_at<S: Simd, const PIXELS: usize, const FULL: bool>(
        &self,
        channel: usize,
        count: usize,
    ) {
        let taps = self.taps.columns;
        // SAFETY: inner columns have all taps inside of the picture; the others are clipped.
        unsafe {
            let clipped = |x: usize| {
                let left = self.left + (x * self.stride) as isize;
                let range = clip(left, taps, self.width);
                self.pixels::<S, 1, FULL>(channel, count, x, range);
            };
            (0..self.inner.0).for_each(clipped);
            let mut x = self.inner.0;
            while x + PIXELS <= self.inner.1 {
                self.pixels::<S, PIXELS, FULL>(channel, count, x, (0, taps));
                x += PIXELS;
            }
            while x < self.inner.1 {
                self.pixels::<S, 1, FULL>(channel, count, x, (0, taps));
                x += 1;
            }
            (x..self.columns).for_each(clipped);
        }
    }

    /// `PIXELS` outputs from column `x` on, with the tap columns `taps` only.
    #[inline(always)]
    unsafe fn pixels<S: Simd, const PIXELS: usize, const FULL: bool>(
        &self,
        channel: usize,
        count: usize,
        x: usize,
        taps: (usize, usize),
    ) {
        // SAFETY: rows and taps are clipped to the picture, so that every offset is inside.
        unsafe {
            let load = |p: *const f32| if FULL { S::load(p) } else { S::load_part(p, count) };
            let bias = if self.bias.is_empty() {
                S::splat(0.0)
            } else {
                load(self.bias.as_ptr().add(channel))
            };
            let mut sums = [bias; PIXELS];
            let step = self.stride * self.channels;
            if taps.0 < taps.1 {
                let column = (self.left + (x * self.stride + taps.0) as isize) as usize;
                let first = column * self.channels + channel;
                for y in self.rows.0..self.rows.1 {
                    let mut at = self.source.add((y - self.rows.0) * self.row + first);
                    let weight = (y * self.taps.columns + taps.0) * self.channels + channel;
                    let mut weight = self.taps.data.as_ptr().add(weight);
                    for _ in taps.0..taps.1 {
                        let w = load(weight);
                        for (pixel, sum) in sums.iter_mut().enumerate() {
                            *sum = S::mul_add(load(at.add(pixel * step)), w, *sum);
                        }
                        at = at.add(self.channels);
                        weight = weight.wrapping_add(self.channels);
                    }
                }
            }
            let (low, high) = (S::splat(self.range.0), S::splat(self.range.1));
            for (pixel, sum) in sums.into_iter().enumerate() {
                let out = self.out.add((x + pixel) * self.pixel + channel);
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
