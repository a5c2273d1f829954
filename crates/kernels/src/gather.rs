//! The engine of dense layers: every output pixel gathers the taps of its window.
//!
//! - **Computes** out[p, c] = act(bias[c] + Σ window(p)[t] · weight[t, c]) over a batch, where the
//!   outputs may be every second pixel of a larger map (input gradients, transposed convolution).
//! - **Input** channels-last pictures, weights packed in panels; **output** written in place.
//! - **Source** ours: implicit matrix multiplication as in the module's introduction. Blocks of
//!   output rows whose padded input fits in the second-level cache are the tasks.
//! - **Deviations** the direct way is one sum in one fixed order, whatever the threads. 3 × 3 layers may
//!   go [`super::winograd`]'s way, which rounds otherwise.
#![expect(
    unsafe_code,
    reason = "tiles write disjoint parts of one tensor through a raw pointer"
)]

use super::epilogue::Epilogue;
use super::micro::Tile;
use super::panels::{Panels, WIDEST};
use super::shape::Batch;
use super::window::{self, Rectangle};
use super::winograd;
use rayon::prelude::*;
use std::cell::RefCell;

/// Floats of padded input per block: half of a second-level cache of one MiB.
const BLOCK: usize = 96 * 1024;
/// Multiplications below which another thread's wake-up costs more than it saves.
const SERIAL: usize = 400_000;

thread_local! {
    /// Padded input of the block at hand; grows to its largest use and stays.
    static SCRATCH: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Where outputs go, in floats.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target {
    pub(super) start: usize,
    pub(super) picture: usize,
    pub(super) row: usize,
    pub(super) pixel: usize,
}

/// One layer's work.
pub(super) struct Gather<'a> {
    pub(super) panels: &'a Panels,
    /// Kernel rows, and floats of each.
    pub(super) taps: usize,
    pub(super) depth: usize,
    pub(super) source: &'a [f32],
    pub(super) shape: Batch,
    /// Input pixel of the first tap of output (0, 0).
    pub(super) corner: (isize, isize),
    /// Input pixels between neighbouring outputs.
    pub(super) stride: usize,
    /// Kernel columns: `depth / channels`.
    pub(super) tap_columns: usize,
    /// Output rows and columns of each picture.
    pub(super) size: (usize, usize),
    pub(super) target: Target,
    /// Its residual is laid out as the target; its activation is one that tiles can do.
    pub(super) finish: Epilogue<'a>,
}

#[derive(Clone, Copy)]
struct Task {
    picture: usize,
    rows: (usize, usize),
    columns: (usize, usize),
    panels: (usize, usize),
}

/// Rows and columns of a block, and groups of panels.
struct Cut {
    tall: usize,
    wide: usize,
    groups: usize,
}

impl Cut {
    fn tasks(&self, work: &Gather<'_>) -> usize {
        let (rows, columns) = work.size;
        work.shape.batch * rows.div_ceil(self.tall) * columns.div_ceil(self.wide) * self.groups
    }
}

struct Pointer(*mut f32);
// SAFETY: tasks write disjoint elements, see `Gather::run`.
unsafe impl Sync for Pointer {}

impl Gather<'_> {
    /// Writes all outputs.
    ///
    /// # Panics
    /// Where a length does not fit: a bug of the caller.
    pub(super) fn run(mut self, out: &mut [f32]) {
        let (rows, columns) = self.size;
        let channels = self.shape.channels;
        if self.shape.batch * rows * columns * self.panels.columns == 0 {
            return;
        }
        assert_eq!(self.source.len(), self.shape.len(), "input");
        assert_eq!(self.depth, self.tap_columns * channels, "depth");
        let packed = (self.panels.taps, self.panels.depth);
        assert_eq!((self.taps, self.depth), packed, "packed weights");
        let t = self.target;
        let line = (columns - 1) * t.pixel + self.panels.columns;
        let picture = (rows - 1) * t.row + line;
        let end = t.start + (self.shape.batch - 1) * t.picture + picture;
        assert!(end <= out.len(), "output");
        if let Some(rest) = self.finish.residual {
            assert_eq!(rest.len(), out.len(), "residual");
        }
        assert!(
            (columns == 1 || self.panels.columns <= t.pixel)
                && (rows == 1 || line <= t.row)
                && (self.shape.batch == 1 || picture <= t.picture),
            "outputs overlap"
        );
        let map = (self.shape.height, self.shape.width);
        let solid = t.row == columns * t.pixel && t.picture == rows * t.row;
        if (self.taps, self.tap_columns) == map && self.size == (1, 1) && self.corner == (0, 0) {
            // Each picture is one window: a matrix product with a row per picture.
            let depth = self.shape.picture();
            self.shape = Batch::new([1, 1, self.shape.batch, depth]);
            (self.taps, self.depth, self.tap_columns) = (1, depth, 1);
            (self.stride, self.size) = (1, (1, self.shape.width));
            self.target.pixel = t.picture;
        } else if self.taps * self.tap_columns == 1
            && self.stride == 1
            && self.corner == (0, 0)
            && self.size == map
            && solid
        {
            // A matrix product: all pixels in one line fill the register tiles best.
            let width = self.shape.pixels();
            self.shape = Batch::new([1, 1, width, channels]);
            self.size = (1, width);
        }
        let bias = self.finish.bias.len();
        assert!(bias == 0 || bias == self.panels.columns, "bias");
        if !self.panels.finite && self.meets_border() {
            return self.leave_out(out);
        }
        if let Some(weights) = &self.panels.winograd
            && winograd::pays(&self)
        {
            // Not get_or_init: packing waits for other threads, and this one may meanwhile begin
            // the same layer of another picture, which would wait for itself.
            if weights.get().is_none() {
                let _ = weights.set(winograd::pack(self.panels));
            }
            let weights = weights.get().expect("set just now");
            // SAFETY: everything was checked above, and `out` is borrowed for as long.
            unsafe { winograd::run(&self, weights, out.as_mut_ptr()) };
            return;
        }
        let pointer = Pointer(out.as_mut_ptr());
        let cut = self.cut();
        let run = |n: usize| {
            // SAFETY: the tasks are disjoint in picture, rows, columns or panels, and the
            // assertions above keep those apart in memory and inside of `out`.
            unsafe { self.task(self.nth(&cut, n), &pointer) };
        };
        match cut.tasks(&self) {
            1 => run(0),
            tasks => (0..tasks).into_par_iter().for_each(run),
        }
    }

    /// Whether some window reaches beyond the map.
    fn meets_border(&self) -> bool {
        let beyond = |first: isize, count: usize, taps: usize, size: usize| {
            let last = first + (count.saturating_sub(1) * self.stride + taps) as isize;
            first < 0 || last > size as isize
        };
        let (rows, columns) = self.size;
        beyond(self.corner.0, rows, self.taps, self.shape.height)
            || beyond(self.corner.1, columns, self.tap_columns, self.shape.width)
    }

    /// All outputs by plain loops that leave the border out: its zeros times an infinite weight would
    /// be NaN, where in PyTorch what is outside of the map takes no part. Sums are in double
    /// precision.
    #[cold]
    fn leave_out(&self, out: &mut [f32]) {
        let (p, t, shape) = (self.panels, self.target, self.shape);
        let (width, channels) = (p.isa.panel(), shape.channels);
        let columns = p.columns;
        for n in 0..shape.batch * self.size.0 * self.size.1 {
            let (row, column) = (n / self.size.1, n % self.size.1);
            let (picture, row) = (row / self.size.0, row % self.size.0);
            let write = t.start + picture * t.picture + row * t.row + column * t.pixel;
            let mut sums = vec![0.0_f64; columns];
            for tap in 0..self.taps * self.tap_columns {
                let (down, right) = (tap / self.tap_columns, tap % self.tap_columns);
                let place = |first: isize, step: usize, tap: usize, size: usize| {
                    let at = first + (step * self.stride + tap) as isize;
                    usize::try_from(at).ok().filter(|at| *at < size)
                };
                let y = place(self.corner.0, row, down, shape.height);
                let x = place(self.corner.1, column, right, shape.width);
                let (Some(y), Some(x)) = (y, x) else {
                    continue;
                };
                let from = ((picture * shape.height + y) * shape.width + x) * channels;
                for (channel, x) in self.source[from..from + channels].iter().enumerate() {
                    let depth = down * self.depth + right * channels + channel;
                    for (column, sum) in sums.iter_mut().enumerate() {
                        let panel = column / width * width * self.taps * self.depth;
                        let weight = p.data[panel + depth * width + column % width];
                        *sum += f64::from(*x) * f64::from(weight);
                    }
                }
            }
            for (column, sum) in sums.into_iter().enumerate() {
                let bias = self.finish.bias.get(column).copied().unwrap_or(0.0);
                let rest = self
                    .finish
                    .residual
                    .map_or(0.0, |rest| rest[write + column]);
                out[write + column] = self.finish.value(sum as f32 + bias, rest);
            }
        }
    }

    /// Cuts pictures into blocks of rows (or the only row into blocks of pixels) by cache size, and
    /// panels into groups where that leaves threads without work.
    fn cut(&self) -> Cut {
        let (rows, columns) = self.size;
        let panels = self.panels.count();
        let work = self.shape.batch * rows * columns * self.panels.data.len();
        let threads = if work < SERIAL {
            1
        } else {
            rayon::current_num_threads()
        };
        let wanted = if threads == 1 { 1 } else { 4 * threads };
        let pixel = self.shape.channels * self.stride;
        let mut tall = (BLOCK / (pixel * self.stride * columns).max(1)).clamp(1, rows);
        let mut wide = columns;
        if tall == 1 {
            wide = (BLOCK / pixel.max(1)).clamp(4 * self.panels.isa.tile_rows(), columns.max(48));
            wide = wide.min(columns);
        }
        let blocks = |tall: usize, wide: usize| {
            self.shape.batch * rows.div_ceil(tall) * columns.div_ceil(wide)
        };
        // Finer rows first, down to a few tiles' worth of pixels for each panel's weights.
        while blocks(tall, wide) < wanted && tall * columns > 96 && tall > 1 {
            tall = tall.div_ceil(2);
        }
        while tall == 1 && blocks(tall, wide) < wanted && wide > 96 {
            wide = wide.div_ceil(2);
        }
        let groups = wanted.div_ceil(blocks(tall, wide)).min(panels);
        while blocks(tall, wide) * groups < threads && tall > 1 {
            tall = tall.div_ceil(2);
        }
        Cut { tall, wide, groups }
    }

    /// The `n`-th task; nothing is listed, so that a layer allocates nothing.
    fn nth(&self, cut: &Cut, n: usize) -> Task {
        let (rows, columns) = self.size;
        let panels = self.panels.count();
        let (group, n) = (n % cut.groups, n / cut.groups);
        let (left, n) = (
            n % columns.div_ceil(cut.wide),
            n / columns.div_ceil(cut.wide),
        );
        let (top, picture) = (n % rows.div_ceil(cut.tall), n / rows.div_ceil(cut.tall));
        let (top, left) = (top * cut.tall, left * cut.wide);
        Task {
            picture,
            rows: (top, (top + cut.tall).min(rows)),
            columns: (left, (left + cut.wide).min(columns)),
            panels: (
                panels * group / cut.groups,
                panels * (group + 1) / cut.groups,
            ),
        }
    }

    /// # Safety
    /// Nobody else writes the outputs of this task, and they lie inside of `output`'s tensor.
    unsafe fn task(&self, task: Task, output: &Pointer) {
        let (stride, channels) = (self.stride, self.shape.channels);
        let (tall, wide) = (task.rows.1 - task.rows.0, task.columns.1 - task.columns.0);
        let area = Rectangle {
            top: self.corner.0 + (task.rows.0 * stride) as isize,
            left: self.corner.1 + (task.columns.0 * stride) as isize,
            rows: (tall - 1) * stride + self.taps,
            columns: (wide - 1) * stride + self.tap_columns,
        };
        if area.inside(self.shape.height, self.shape.width) {
            let row = self.shape.width * channels;
            let corner = area.top as usize * row + area.left as usize * channels;
            let source = &self.source[task.picture * self.shape.picture() + corner..];
            // SAFETY: the caller's promise.
            unsafe { self.block(task, (source, row), output) };
            return;
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let row = area.columns * channels;
            let scratch = window::grow(scratch, area.rows * row);
            window::copy(self.source, self.shape, task.picture, area, scratch);
            // SAFETY: the caller's promise.
            unsafe { self.block(task, (scratch, row), output) };
        });
    }

    /// `input` starts at the first tap of the task's first output, with `row` floats per row.
    ///
    /// # Safety
    /// As for [`Gather::task`].
    unsafe fn block(&self, task: Task, (input, row): (&[f32], usize), out: &Pointer) {
        let (p, t) = (self.panels, self.target);
        let (isa, width) = (p.isa, p.isa.panel());
        let (low, high) = self.finish.range();
        let step = self.stride * self.shape.channels;
        let wide = task.columns.1 - task.columns.0;
        let tiles = wide.div_ceil(isa.tile_rows());
        for panel in task.panels.0..task.panels.1 {
            let column = panel * width;
            let columns = (p.columns - column).min(width);
            // A whole panel of biases, zero behind the last column.
            let mut bias = [0.0_f32; WIDEST];
            let given = self.finish.bias.iter().skip(column).take(columns);
            bias.iter_mut()
                .zip(given)
                .for_each(|(to, from)| *to = *from);
            for y in task.rows.0..task.rows.1 {
                for tile in 0..tiles {
                    let first = wide * tile / tiles;
                    let pixels = wide * (tile + 1) / tiles - first;
                    let read = (y - task.rows.0) * self.stride * row + first * step;
                    let end = read + (pixels - 1) * step + (self.taps - 1) * row + self.depth;
                    assert!(end <= input.len(), "the block holds every tap");
                    let write = t.start
                        + task.picture * t.picture
                        + y * t.row
                        + (task.columns.0 + first) * t.pixel
                        + column;
                    // SAFETY: reads end at `end`, checked just above; a panel has
                    // taps·depth·width packed floats and `bias` is at least as wide as any; writes are
                    // `columns` floats of pixels of this task, which `run` checked to be inside
                    // and apart.
                    unsafe {
                        Tile {
                            input: input.as_ptr().add(read),
                            input_step: step,
                            taps: self.taps,
                            tap_step: row,
                            depth: self.depth,
                            weights: p.data.as_ptr().add(column * self.taps * self.depth),
                            bias: bias.as_ptr(),
                            output: out.0.add(write),
                            output_step: t.pixel,
                            residual: self
                                .finish
                                .residual
                                .map_or(std::ptr::null(), |data| data.as_ptr().add(write)),
                            residual_step: t.pixel,
                            low,
                            high,
                            vectors: columns.div_ceil(isa.lanes()),
                            columns,
                            residual_first: self.finish.residual_first(),
                        }
                        .run(isa, pixels);
                    }
                }
            }
        }
    }
}
