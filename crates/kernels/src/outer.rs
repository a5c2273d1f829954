//! Dense convolution's weight gradient: a sum of outer products over pixels.
//!
//! - **Computes** dw[o, i, ky, kx] = Σ over pictures and pixels dy[p, o] · x[p·stride + k, i].
//! - **Input** x `[batch, height, width, inputs]`, dy `[batch, height', width', outputs]`;
//!   **output** `[outputs, inputs, kernel, kernel]`.
//! - **Source** ours. The filters are cut into tasks: a panel of inputs with all taps (or several
//!   panels of a 1×1 layer) × a range of outputs, so that a task's sums stay in the second-level
//!   cache and are written once, in the filters' own order. Where that makes few tasks, the pixels
//!   are cut into parts too, whose sums are added in order.
//! - **Deviations** the cuts depend on the shape alone: the same bits for any number of threads.
#![expect(
    unsafe_code,
    reason = "tasks write disjoint parts of the filters, whose memory is new, through a raw pointer"
)]

use super::border;
use super::isa::Isa;
use super::lanes::finite;
use super::map::Padding;
use super::outer_pack::{Block, Source};
use super::outer_tile::{Runs, Size, multiply};
use super::shape::{Batch, Geometry};
use super::window;
use rayon::prelude::*;
use std::cell::RefCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering};

/// Pixels per block: a panel of them, 128 bytes each, stays in a first-level cache of 32 KiB.
const PIXELS: usize = 200;
/// Columns per block: taller blocks share more of their windows.
const COLUMNS: usize = 64;
/// Panels of a task at most.
const GROUP: usize = 16;
/// Floats of sums per task: a third of a second-level cache of one MiB.
const SUMS: usize = 96 * 1024;
/// Tasks worth having, for an even load.
const TASKS: usize = 16;
/// Floats of partial sums at most.
const PARTIAL: usize = 1 << 20;
/// Multiplications below which another thread's wake-up costs more than it saves.
const SERIAL: usize = 400_000;

thread_local! {
    static WORK: RefCell<Work> = RefCell::default();
    /// Sums of parts. Taken out while in use: a thread that waits for others may begin another
    /// gradient.
    static PARTS: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// One thread's buffers; they grow to their largest use and stay.
#[derive(Default)]
struct Work {
    left: Vec<f32>,
    right: Vec<f32>,
    sums: Vec<f32>,
    runs: Runs,
}

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
    let length = geometry.weights();
    if length == 0 || to.is_empty() {
        return vec![0.0; length];
    }
    // Not zeros: every filter is written, and clearing megabytes takes as long as writing them.
    let mut weight = Vec::with_capacity(length);
    let target = &mut weight.spare_capacity_mut()[..length];
    let finite = Plan::new(geometry, (shape, to), (input, gradient), isa).run(target);
    // SAFETY: `run` wrote all of them: the tasks' panels and strips cover all inputs and outputs.
    unsafe { weight.set_len(length) };
    if !finite && geometry.padding != Padding::default() {
        border::leave_out(geometry, shape, input, gradient, &mut weight);
    }
    weight
}

/// How the work is cut. `rows` × panel tiles of sums; a strip is the side of a tile that is
/// broadcast, a panel the one that lies in vectors.
struct Plan<'a> {
    source: Source<'a>,
    /// Few inputs: then the outputs lie in vectors, and each kernel row's inputs are strips.
    narrow: bool,
    rows: usize,
    strips: usize,
    panels: usize,
    /// Kernel positions that share a strip and a panel.
    taps: usize,
    /// Groups of panels and ranges of strips.
    grid: (usize, usize),
    /// Floats of a task's sums.
    slot: usize,
    /// Groups of output lines and cuts of each line.
    blocks: (usize, usize),
    parts: usize,
}

impl<'a> Plan<'a> {
    fn new(
        geometry: Geometry,
        (mut shape, mut to): (Batch, Batch),
        (input, gradient): (&'a [f32], &'a [f32]),
        isa: Isa,
    ) -> Self {
        let mut g = geometry;
        let narrow = g.inputs <= 8 && g.outputs > g.inputs;
        let mut sample = 1;
        if g.kernel == 1 && g.padding == Padding::default() {
            if g.stride == 1 {
                // A matrix product: all pixels are one line.
                shape = Batch::new([1, 1, shape.pixels(), g.inputs]);
                to = Batch::new([1, 1, to.pixels(), g.outputs]);
            } else if !narrow {
                (sample, g.stride) = (g.stride, 1);
            }
        }
        let (length, lines, columns, taps) = if narrow {
            (g.kernel * g.inputs, g.kernel, g.outputs, 1)
        } else {
            (g.outputs, 1, g.inputs, g.kernel * g.kernel)
        };
        let each = length.div_ceil(isa.tile_rows());
        let rows = length.div_ceil(each);
        let (strips, panels) = (each * lines, columns.div_ceil(isa.panel()));
        let tile = rows * isa.panel() * taps;
        // Every group of panels packs all strips, every range of strips all panels with the border
        // around: the grid that packs least.
        let grid = |group: usize| {
            let groups = panels.div_ceil(group);
            let range = (SUMS / (group * tile)).clamp(1, strips);
            (groups, strips.div_ceil(range))
        };
        let packed = |&(groups, ranges): &(usize, usize)| {
            2 * groups * strips * rows + 3 * ranges * panels * isa.panel()
        };
        // Sums of a group have to stay in the cache.
        let fits = |group: &usize| *group == 1 || group * tile <= SUMS;
        let grids = (1..=GROUP.min(panels)).filter(fits).map(grid);
        let (groups, ranges) = grids.min_by_key(packed).expect("one panel at least");
        let slot = panels.div_ceil(groups) * strips.div_ceil(ranges) * tile;
        let most = if g.kernel == 1 { PIXELS } else { COLUMNS };
        let cuts = to.width.div_ceil(most);
        let lines = to.batch * to.height;
        let blocks = lines.div_ceil((PIXELS / to.width.div_ceil(cuts)).max(1));
        let tasks = groups * ranges;
        let parts = (TASKS / tasks)
            .min(blocks * cuts / 2)
            .min(to.pixels() * g.weights() / (4 * SERIAL))
            .min(PARTIAL / (tasks * slot))
            .max(1);
        Self {
            source: Source {
                isa,
                g,
                sample,
                shape,
                to,
                input,
                gradient,
            },
            narrow,
            rows,
            strips,
            panels,
            taps,
            grid: (groups, ranges),
            slot,
            blocks: (blocks, cuts),
            parts,
        }
    }

    fn tile_len(&self) -> usize {
        self.rows * self.source.isa.panel()
    }

    /// Panels and strips of a task.
    fn task(&self, n: usize) -> Task {
        let (groups, ranges) = self.grid;
        let (group, range) = (n / ranges, n % ranges);
        let cut = |length: usize, n: usize, of: usize| (length * n / of, length * (n + 1) / of);
        Task {
            panels: cut(self.panels, group, groups),
            strips: cut(self.strips, range, ranges),
        }
    }

    /// The `n`-th block of output pixels.
    fn block(&self, n: usize) -> Block {
        let to = self.source.to;
        let (groups, cuts) = self.blocks;
        let lines = to.batch * to.height;
        let (group, cut) = (n / cuts, n % cuts);
        Block {
            lines: (lines * group / groups, lines * (group + 1) / groups),
            columns: (to.width * cut / cuts, to.width * (cut + 1) / cuts),
        }
    }

    /// Fills `weight`; false where a number in it is not finite.
    fn run(&self, weight: &mut [MaybeUninit<f32>]) -> bool {
        let tasks = self.grid.0 * self.grid.1;
        let work = self.source.to.pixels() * self.source.g.weights();
        let serial = work < SERIAL || rayon::current_num_threads() == 1;
        let wrong = AtomicBool::new(false);
        let target = Filters {
            start: weight.as_mut_ptr(),
            length: weight.len(),
        };
        let each = |count: usize, run: &(dyn Fn(usize) + Sync)| {
            if serial || count == 1 {
                (0..count).for_each(run);
            } else {
                (0..count).into_par_iter().for_each(run);
            }
        };
        if self.parts == 1 && !self.narrow {
            each(tasks, &|n| {
                WORK.with_borrow_mut(|work| {
                    let mut sums = std::mem::take(&mut work.sums);
                    let slot = window::grow(&mut sums, self.slot);
                    self.sum(self.task(n), 0, work, slot);
                    // SAFETY: no other task has the number `n`.
                    if !unsafe { self.write(self.task(n), slot, &target) } {
                        wrong.store(true, Ordering::Relaxed);
                    }
                    work.sums = sums;
                });
            });
            return !wrong.into_inner();
        }
        let mut buffer = PARTS.take();
        let all = window::grow(&mut buffer, self.parts * tasks * self.slot);
        let fill = |(n, slot): (usize, &mut [f32])| {
            let (part, task) = (n / tasks, self.task(n % tasks));
            WORK.with_borrow_mut(|work| self.sum(task, part, work, slot));
        };
        if serial {
            all.chunks_exact_mut(self.slot).enumerate().for_each(fill);
        } else {
            let slots = all.par_chunks_exact_mut(self.slot);
            slots.enumerate().for_each(fill);
        }
        let (first, rest) = all.split_at_mut(tasks * self.slot);
        let join = |(n, sum): (usize, &mut [f32])| {
            for part in rest.chunks_exact(tasks * self.slot) {
                let part = &part[n * self.slot..][..self.slot];
                self.source.isa.run(|| add(sum, part));
            }
            if !self.narrow {
                // SAFETY: no other task has the number `n`.
                if !unsafe { self.write(self.task(n), sum, &target) } {
                    wrong.store(true, Ordering::Relaxed);
                }
            }
        };
        if serial {
            first.chunks_exact_mut(self.slot).enumerate().for_each(join);
        } else {
            let slots = first.par_chunks_exact_mut(self.slot);
            slots.enumerate().for_each(join);
        }
        if self.narrow {
            for (n, sums) in first.chunks_exact(self.slot).enumerate() {
                if !self.write_narrow(self.task(n), sums, weight) {
                    wrong.store(true, Ordering::Relaxed);
                }
            }
        }
        PARTS.set(buffer);
        !wrong.into_inner()
    }

    /// The sums of one task over one part of the pixels,
    /// `[panel][strip][tap][row of the strip][panel width]`.
    fn sum(&self, task: Task, part: usize, work: &mut Work, sums: &mut [f32]) {
        let all = self.blocks.0 * self.blocks.1;
        let (from, to) = (all * part / self.parts, all * (part + 1) / self.parts);
        for n in from..to {
            self.add_block(self.block(n), task, work, (sums, n == from));
        }
    }

    fn add_block(
        &self,
        block: Block,
        task: Task,
        work: &mut Work,
        (sums, fresh): (&mut [f32], bool),
    ) {
        let Source { isa, g, .. } = self.source;
        let (width, rows) = (isa.panel(), self.rows);
        let (panels, strips) = (task.panels.1 - task.panels.0, task.strips.1 - task.strips.0);
        let (left_stride, right_stride);
        if self.narrow {
            self.source
                .copy_window(block, &mut work.runs, &mut work.left);
            let first = (task.panels.0 * width, panels, width);
            (left_stride, right_stride) =
                (0, self.source.pack_gradient(block, first, &mut work.right));
        } else {
            let first = (task.strips.0 * rows, strips, rows);
            left_stride = self.source.pack_gradient(block, first, &mut work.left);
            let runs = (rows, &mut work.runs);
            right_stride = self
                .source
                .pack_window(block, task.panels, runs, &mut work.right);
        }
        let columns = if self.narrow { g.outputs } else { g.inputs };
        let pixel = if self.narrow { g.inputs } else { width };
        let row = self.source.row(block, pixel);
        let lanes = isa.lanes();
        let mut tile = |panel: usize, strip: usize, tap: usize| {
            let (left, right) = if self.narrow {
                let (line, part) = self.line(task.strips.0 + strip);
                (line * row + part * rows, panel * right_stride)
            } else {
                let tap = (tap / g.kernel) * row + (tap % g.kernel) * width;
                (strip * left_stride, panel * right_stride + tap)
            };
            let count = (columns - (task.panels.0 + panel) * width).min(width);
            let size = Size {
                rows,
                vectors: count.div_ceil(lanes),
            };
            let at = ((panel * strips + strip) * self.taps + tap) * self.tile_len();
            let sides = (&work.left[left..], &work.right[right..]);
            let sum = &mut sums[at..at + self.tile_len()];
            multiply(isa, size, sides, &work.runs, sum, fresh);
        };
        for panel in 0..panels {
            if g.stride == 1 {
                // A panel and a strip serve all taps from the first-level cache.
                for (strip, tap) in pairs(strips, self.taps) {
                    tile(panel, strip, tap);
                }
            } else {
                // Taps have little in common: what one reads of the panel serves all strips.
                for (tap, strip) in pairs(self.taps, strips) {
                    tile(panel, strip, tap);
                }
            }
        }
    }

    /// Kernel row and place in it of a narrow layer's strip.
    fn line(&self, strip: usize) -> (usize, usize) {
        let each = self.strips / self.source.g.kernel;
        (strip / each, strip % each)
    }

    /// Writes a task's sums to their filters; false where one is not finite.
    ///
    /// # Safety
    /// `target` is the whole weight gradient, and nobody else writes this task's part of it.
    unsafe fn write(&self, task: Task, sums: &[f32], target: &Filters) -> bool {
        let Source { isa, g, .. } = self.source;
        let (width, taps) = (isa.panel(), self.taps);
        let strips = task.strips.1 - task.strips.0;
        let mut good = true;
        for panel in task.panels.0..task.panels.1 {
            let channel = panel * width;
            let count = (g.inputs - channel).min(width);
            for strip in task.strips.0..task.strips.1 {
                let at = ((panel - task.panels.0) * strips + strip - task.strips.0) * taps;
                let sums = &sums[at * self.tile_len()..][..taps * self.tile_len()];
                for row in 0..self.rows.min(g.outputs - strip * self.rows) {
                    let output = strip * self.rows + row;
                    let start = (output * g.inputs + channel) * taps;
                    assert!(start + count * taps <= target.length, "filters");
                    // SAFETY: inside, as asserted; a panel and an output belong to one task only,
                    // which is the caller's.
                    let out = unsafe {
                        std::slice::from_raw_parts_mut(target.start.add(start), count * taps)
                    };
                    let tile = (&sums[row * width..], self.tile_len());
                    good &= isa.run(|| finite_rows(tile, taps, count));
                    isa.run(|| match taps {
                        1 => interleave::<1>(tile, out),
                        4 => interleave::<4>(tile, out),
                        9 => interleave::<9>(tile, out),
                        16 => interleave::<16>(tile, out),
                        25 => interleave::<25>(tile, out),
                        _ => interleave_any(tile, taps, out),
                    });
                }
            }
        }
        good
    }

    /// The same for a narrow layer.
    fn write_narrow(&self, task: Task, sums: &[f32], weight: &mut [MaybeUninit<f32>]) -> bool {
        let mut good = true;
        let Source { isa, g, .. } = self.source;
        let width = isa.panel();
        let strips = task.strips.1 - task.strips.0;
        for (n, tile) in sums.chunks_exact(self.tile_len()).enumerate() {
            let (panel, strip) = (task.panels.0 + n / strips, task.strips.0 + n % strips);
            if panel >= task.panels.1 {
                break;
            }
            let (line, part) = self.line(strip);
            for (row, sums) in tile.chunks_exact(width).enumerate() {
                let place = part * self.rows + row;
                if place >= g.kernel * g.inputs {
                    break;
                }
                let (column, input) = (place / g.inputs, place % g.inputs);
                let outputs = (panel * width..g.outputs).zip(sums);
                for (output, sum) in outputs {
                    let filter = output * g.inputs + input;
                    weight[(filter * g.kernel + line) * g.kernel + column].write(*sum);
                    good &= sum.is_finite();
                }
            }
        }
        good
    }
}

/// Panels and strips that a task sums; the ends are exclusive.
#[derive(Clone, Copy, Debug)]
struct Task {
    panels: (usize, usize),
    strips: (usize, usize),
}

/// The weight gradient that tasks write.
struct Filters {
    start: *mut MaybeUninit<f32>,
    length: usize,
}
// SAFETY: tasks write disjoint elements, see `Plan::write`.
unsafe impl Sync for Filters {}

/// (0, 0), (0, 1) and so on.
fn pairs(outer: usize, inner: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..outer).flat_map(move |a| (0..inner).map(move |b| (a, b)))
}

#[inline(always)]
fn add(sum: &mut [f32], part: &[f32]) {
    sum.iter_mut().zip(part).for_each(|(s, p)| *s += p);
}

/// out[i][tap] = tile[tap][i]: from one row of `TAPS` tiles to as many channels as `out` has.
#[inline(always)]
fn interleave<const TAPS: usize>((sums, stride): (&[f32], usize), out: &mut [MaybeUninit<f32>]) {
    const AT_ONCE: usize = 8;
    for (n, out) in out.chunks_mut(AT_ONCE * TAPS).enumerate() {
        // A tile's rows are whole panels, so that a part of eight can always be read.
        let from: [&[f32; AT_ONCE]; TAPS] = std::array::from_fn(|tap| {
            let row = &sums[tap * stride + n * AT_ONCE..];
            row.first_chunk().expect("rows are whole panels")
        });
        for (i, out) in out.as_chunks_mut::<TAPS>().0.iter_mut().enumerate() {
            for (out, from) in out.iter_mut().zip(from) {
                out.write(from[i]);
            }
        }
    }
}

/// Whether `count` channels of all taps are finite.
#[inline(always)]
fn finite_rows((sums, stride): (&[f32], usize), taps: usize, count: usize) -> bool {
    (0..taps).all(|tap| finite(&sums[tap * stride..][..count]))
}

fn interleave_any((sums, stride): (&[f32], usize), taps: usize, out: &mut [MaybeUninit<f32>]) {
    for (i, out) in out.chunks_exact_mut(taps).enumerate() {
        for (tap, out) in out.iter_mut().enumerate() {
            out.write(sums[tap * stride + i]);
        }
    }
}
