//! Dense convolution's weight gradient: a sum of outer products over pixels.
//!
//! - **Computes** dw[o, i, ky, kx] = Σ over pictures and pixels dy[p, o] · x[p·stride + k, i].
//! - **Input** x `[batch, height, width, inputs]`, dy `[batch, height', width', outputs]`;
//!   **output** `[outputs, inputs, kernel, kernel]`.
//! - **Source** ours. In channels-last order the `kernel · inputs` floats of one kernel row are
//!   contiguous, so each kernel row is one matrix product dyᵀ · x over blocks of pixels, both sides
//!   packed so that the register tile walks contiguous memory.
//! - **Deviations** each thread sums its own rows and the sums are added in order: the same bits
//!   for the same thread count.
#![expect(
    unsafe_code,
    reason = "raw pointers and vector registers; the contract is on OuterTile"
)]

use super::border;
use super::isa::{Isa, PortableSimd, Simd};
use super::shape::{Batch, Geometry};
use super::window::{self, Rectangle};
use rayon::prelude::*;

/// Pixels summed in registers before the tile goes back to memory: the packed sides of one tile,
/// (32 + 12) · 4 bytes a pixel, stay in the first-level cache.
const PIXELS: usize = 160;

/// The weight gradient.
///
/// # Panics
/// Where a shape or length does not fit: a bug of the caller.
#[must_use]
pub fn conv_weight_gradient(
    geometry: Geometry,
    shape: Batch,
    input: &[f32],
    gradient: &[f32],
    isa: Isa,
) -> Vec<f32> {
    let to = geometry.output(shape).expect("the input fits the layer");
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(gradient.len(), to.len(), "gradient");
    if geometry.weights() == 0 || to.is_empty() {
        return vec![0.0; geometry.weights()];
    }
    let job = Job::new(geometry, shape, to, input, gradient, isa);
    let lines = job.lines();
    let threads = if to.pixels() * geometry.weights() < 400_000 {
        1
    } else {
        rayon::current_num_threads().min(lines)
    };
    let part = |t: usize| job.sum(lines * t / threads, lines * (t + 1) / threads);
    let mut sums: Vec<Vec<f32>> = match threads {
        0 => Vec::new(),
        1 => vec![part(0)],
        _ => (0..threads).into_par_iter().map(part).collect(),
    };
    let rest = sums.split_off(sums.len().min(1));
    let mut total = sums.pop().unwrap_or_else(|| vec![0.0; job.sum_len()]);
    for sum in rest {
        total.iter_mut().zip(&sum).for_each(|(t, s)| *t += s);
    }
    let mut weight = job.unpack(&total);
    border::leave_out(geometry, shape, input, gradient, &mut weight);
    weight
}

struct Job<'a> {
    geometry: Geometry,
    shape: Batch,
    to: Batch,
    input: &'a [f32],
    gradient: &'a [f32],
    isa: Isa,
    /// Output channels per tile.
    rows: usize,
    /// Tiles of output channels.
    tiles: usize,
    /// Panels of one kernel row.
    panels: usize,
    /// No window, no border: the input itself is the packed side's source.
    pointwise: bool,
}

impl<'a> Job<'a> {
    fn new(
        geometry: Geometry,
        shape: Batch,
        to: Batch,
        input: &'a [f32],
        gradient: &'a [f32],
        isa: Isa,
    ) -> Self {
        let p = geometry.padding;
        let borderless = p.top + p.left + p.bottom + p.right == 0;
        let rows = isa.tile_rows();
        Self {
            geometry,
            shape,
            to,
            input,
            gradient,
            isa,
            rows,
            tiles: geometry.outputs.div_ceil(rows),
            panels: (geometry.kernel * geometry.inputs).div_ceil(isa.panel()),
            pointwise: geometry.kernel == 1 && geometry.stride == 1 && borderless,
        }
    }

    /// Units of work that a thread may take: output rows, or pixels of a pointwise layer.
    fn lines(&self) -> usize {
        if self.pointwise {
            self.to.pixels()
        } else {
            self.to.batch * self.to.height
        }
    }

    /// Pixels of one line.
    fn length(&self) -> usize {
        if self.pointwise { 1 } else { self.to.width }
    }

    fn tile_len(&self) -> usize {
        self.rows * self.isa.panel()
    }

    /// `[kernel row][panel][tile][row of the tile][panel width]`
    fn sum_len(&self) -> usize {
        self.geometry.kernel * self.panels * self.tiles * self.tile_len()
    }

    fn sum(&self, from: usize, to: usize) -> Vec<f32> {
        let mut sums = vec![0.0; self.sum_len()];
        let mut work = Work::default();
        let step = (PIXELS / self.length().max(1)).max(1);
        let mut first = from;
        while first < to {
            let last = (first + step).min(to);
            // A line longer than a block is cut.
            for left in (0..self.length()).step_by(PIXELS) {
                let right = (left + PIXELS).min(self.length());
                self.block((first, last), (left, right), &mut work, &mut sums);
            }
            first = last;
        }
        sums
    }

    /// Adds the products of some lines × some of their pixels.
    fn block(
        &self,
        lines: (usize, usize),
        columns: (usize, usize),
        work: &mut Work,
        sums: &mut [f32],
    ) {
        let (width, outputs) = (self.isa.panel(), self.geometry.outputs);
        let wide = columns.1 - columns.0;
        let depth = (lines.1 - lines.0) * wide;
        let left = window::grow(&mut work.gradient, self.tiles * depth * self.rows);
        for (row, line) in (lines.0..lines.1).enumerate() {
            let start = (line * self.length() + columns.0) * outputs;
            let source = &self.gradient[start..start + wide * outputs];
            for (x, pixel) in source.chunks_exact(outputs).enumerate() {
                let position = row * wide + x;
                match self.rows {
                    12 => spread::<12>(pixel, depth, position, left),
                    6 => spread::<6>(pixel, depth, position, left),
                    _ => spread::<4>(pixel, depth, position, left),
                }
            }
        }
        self.gather(lines, columns, &mut work.window, &mut work.starts);
        let window = if self.pointwise {
            self.input
        } else {
            &work.window
        };
        let right = window::grow(&mut work.panel, depth * width);
        let row_depth = self.geometry.kernel * self.geometry.inputs;
        let step = self.geometry.stride * self.geometry.inputs;
        for tap in 0..self.geometry.kernel {
            for panel in 0..self.panels {
                let column = panel * width;
                let count = (row_depth - column).min(width);
                for (row, &(start, stride)) in work.starts.iter().enumerate() {
                    let source = &window[start + tap * stride + column..];
                    let out = &mut right[row * wide * width..][..wide * width];
                    pack(source, step, count, width, out);
                }
                let at = (tap * self.panels + panel) * self.tiles * self.tile_len();
                let sums = &mut sums[at..at + self.tiles * self.tile_len()];
                for (tile, sum) in sums.chunks_exact_mut(self.tile_len()).enumerate() {
                    let left = &left[tile * depth * self.rows..][..depth * self.rows];
                    let vectors = count.div_ceil(self.isa.lanes());
                    OuterTile::run(self.isa, left, right, depth, sum, vectors);
                }
            }
        }
    }

    /// Fills `starts` with each line's first float in the window and its floats per window row; and
    /// the window itself with the zero-bordered input of the lines, one run per picture.
    fn gather(
        &self,
        lines: (usize, usize),
        columns: (usize, usize),
        window: &mut Vec<f32>,
        starts: &mut Vec<(usize, usize)>,
    ) {
        starts.clear();
        if self.pointwise {
            starts.extend((lines.0..lines.1).map(|line| (line * self.geometry.inputs, 0)));
            return;
        }
        let g = self.geometry;
        let wide = (columns.1 - columns.0 - 1) * g.stride + g.kernel;
        let row = wide * g.inputs;
        let mut used = 0;
        let mut line = lines.0;
        while line < lines.1 {
            let (picture, y) = (line / self.to.height, line % self.to.height);
            let count = (lines.1 - line).min(self.to.height - y);
            let area = Rectangle {
                top: (y * g.stride) as isize - g.padding.top as isize,
                left: (columns.0 * g.stride) as isize - g.padding.left as isize,
                rows: (count - 1) * g.stride + g.kernel,
                columns: wide,
            };
            let out = &mut window::grow(window, used + area.rows * row)[used..];
            window::copy(self.input, self.shape, picture, area, out);
            starts.extend((0..count).map(|i| (used + i * g.stride * row, row)));
            used += area.rows * row;
            line += count;
        }
    }

    fn unpack(&self, sums: &[f32]) -> Vec<f32> {
        let Geometry {
            inputs,
            outputs,
            kernel,
            ..
        } = self.geometry;
        let width = self.isa.panel();
        let mut weight = vec![0.0; self.geometry.weights()];
        for (output, filter) in weight
            .chunks_exact_mut((inputs * kernel * kernel).max(1))
            .enumerate()
        {
            debug_assert!(output < outputs);
            let (tile, row) = (output / self.rows, output % self.rows);
            for tap in 0..kernel {
                for panel in 0..self.panels {
                    let at = (tap * self.panels + panel) * self.tiles + tile;
                    let sums = &sums[at * self.tile_len() + row * width..][..width];
                    let first = panel * width;
                    for (i, sum) in sums.iter().enumerate().take(kernel * inputs - first) {
                        let (x, input) = ((first + i) / inputs, (first + i) % inputs);
                        filter[(input * kernel + tap) * kernel + x] = *sum;
                    }
                }
            }
        }
        weight
    }
}

/// One thread's buffers, reused from block to block.
#[derive(Default)]
struct Work {
    gradient: Vec<f32>,
    window: Vec<f32>,
    panel: Vec<f32>,
    starts: Vec<(usize, usize)>,
}

/// `count` floats of every pixel, `width` apart in `out`. What follows them does not matter: those
/// columns of the sums are never read. So whole panels are copied where the source reaches, which
/// is a few vector moves instead of a call.
fn pack(source: &[f32], step: usize, count: usize, width: usize, out: &mut [f32]) {
    for (x, out) in out.chunks_exact_mut(width).enumerate() {
        let source = &source[x * step..];
        if let (true, Some(out), Some(source)) = (
            count > 16,
            out.first_chunk_mut::<32>(),
            source.first_chunk::<32>(),
        ) {
            *out = *source;
        } else if let (true, Some(out), Some(source)) = (
            count <= 16,
            out.first_chunk_mut::<16>(),
            source.first_chunk::<16>(),
        ) {
            *out = *source;
        } else {
            out[..count].copy_from_slice(&source[..count]);
        }
    }
}

/// One pixel's output gradients into the tiles' panels; those of the last tile beyond the outputs
/// do not matter either.
fn spread<const ROWS: usize>(pixel: &[f32], depth: usize, position: usize, left: &mut [f32]) {
    for (tile, values) in pixel.chunks(ROWS).enumerate() {
        let out = &mut left[(tile * depth + position) * ROWS..][..ROWS];
        match (out.first_chunk_mut::<ROWS>(), values.first_chunk::<ROWS>()) {
            (Some(out), Some(values)) => *out = *values,
            _ => out[..values.len()].copy_from_slice(values),
        }
    }
}

/// sum[r][c] += Σ over `depth` of left[d][r] · right[d][c].
struct OuterTile {
    left: *const f32,
    right: *const f32,
    depth: usize,
    sum: *mut f32,
}

impl OuterTile {
    fn run(isa: Isa, left: &[f32], right: &[f32], depth: usize, sum: &mut [f32], vectors: usize) {
        assert!(left.len() >= depth * isa.tile_rows(), "left side");
        assert!(right.len() >= depth * isa.panel(), "right side");
        assert_eq!(sum.len(), isa.tile_rows() * isa.panel(), "sum");
        let tile = Self {
            left: left.as_ptr(),
            right: right.as_ptr(),
            depth,
            sum: sum.as_mut_ptr(),
        };
        // SAFETY: the assertions above are all that `outer` asks for with ROWS = tile_rows() and
        // VECTORS ≤ 2; an `Isa` value exists only where the machine has the set.
        unsafe {
            match (isa, vectors) {
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx512, 1) => outer_avx512::<1>(&tile),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx512, _) => outer_avx512::<2>(&tile),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx2, 1) => outer_avx2::<1>(&tile),
                #[cfg(target_arch = "x86_64")]
                (Isa::Avx2, _) => outer_avx2::<2>(&tile),
                (Isa::Portable, _) => outer::<PortableSimd, 4, 2>(&tile),
            }
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn outer_avx512<const VECTORS: usize>(tile: &OuterTile) {
    // SAFETY: the caller's promise, with the feature enabled here.
    unsafe { outer::<super::isa::Avx512Simd, 12, VECTORS>(tile) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn outer_avx2<const VECTORS: usize>(tile: &OuterTile) {
    // SAFETY: the caller's promise, with the features enabled here.
    unsafe { outer::<super::isa::Avx2Simd, 6, VECTORS>(tile) }
}

/// # Safety
/// `left` holds depth·ROWS floats, `right` depth·2L, `sum` ROWS·2L, and the set is available.
#[inline(always)]
unsafe fn outer<S: Simd, const ROWS: usize, const VECTORS: usize>(tile: &OuterTile) {
    let width = 2 * S::LANES;
    // SAFETY: rows < ROWS, vectors ≤ 2 and steps < depth index inside the lengths named above.
    unsafe {
        let mut sums: [[S::V; VECTORS]; ROWS] = std::array::from_fn(|row| {
            std::array::from_fn(|v| S::load(tile.sum.add(row * width + v * S::LANES)))
        });
        let (mut left, mut right) = (tile.left, tile.right);
        for _ in 0..tile.depth {
            let columns: [S::V; VECTORS] =
                std::array::from_fn(|v| S::load(right.add(v * S::LANES)));
            for (row, sums) in sums.iter_mut().enumerate() {
                let x = S::splat(*left.add(row));
                for v in 0..VECTORS {
                    sums[v] = S::mul_add(x, columns[v], sums[v]);
                }
            }
            left = left.add(ROWS);
            right = right.add(width);
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (v, sum) in sums.into_iter().enumerate() {
                S::store(tile.sum.add(row * width + v * S::LANES), sum);
            }
        }
    }
}
