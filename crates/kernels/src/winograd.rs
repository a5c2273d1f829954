//! 3 × 3 convolutions with a quarter of the multiplications.
//!
//! - **Computes** what [`super::gather`] does, for stride 1: each tile of 4 × 4 outputs is 36
//!   products between transformed inputs and transformed weights, each of which is one row of one
//!   of 36 matrix products.
//! - **Input, output** as [`Gather`].
//! - **Source** Winograd's minimal filtering as in Lavin & Gray (2016); the matrix products are our
//!   register tile.
//! - **Deviations** rounding: sums of numbers larger than the result cancel, so that results are
//!   within 10⁻⁴ of the direct ones relative to the largest, where those are within 10⁻⁵. A NaN or
//!   an infinity would reach all of its tile; such tiles are computed again, directly.
#![expect(
    unsafe_code,
    reason = "tasks write disjoint parts of buffers through raw pointers"
)]

use super::gather::Gather;
use super::micro::Tile;
use super::panels::{Panels, WIDEST};
use super::window::{self, Rectangle};
use super::winograd_tile::{IN, Inputs, OUT, Outputs, POINTS, weights};
use rayon::prelude::*;
use std::cell::RefCell;

/// Tiles that a task takes through all steps: rows of its matrix products.
const BLOCK: usize = 48;
/// Outputs of a channel, in whole tiles, below which the weights cost more to read than the products
/// save.
const FEWEST: usize = 24;
/// Floats of planes that threads share at most (64 MB): they stay. Above, each thread has its own.
const SHARED_MOST: usize = 16 << 20;
/// Channels on either side below which the transforms cost more than the products save.
const NARROWEST: usize = 32;

thread_local! {
    /// Planes and one tile's inputs with the border.
    static SCRATCH: RefCell<(Vec<f32>, Vec<f32>)> = const { RefCell::new((Vec::new(), Vec::new())) };
    /// Planes that all threads share. Taken out while in use: a thread that waits for others may
    /// begin another layer.
    static SHARED: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// Transformed weights, `[panel][point][depth][panel width]`.
pub(super) fn pack(panels: &Panels) -> Vec<f32> {
    let (isa, width) = (panels.isa, panels.isa.panel());
    let depth = panels.depth / 3;
    let mut data = vec![0.0; panels.count() * POINTS * depth * width];
    let from = panels.data.par_chunks_exact((9 * depth * width).max(1));
    data.par_chunks_exact_mut((POINTS * depth * width).max(1))
        .zip(from)
        .for_each(|(out, panel)| {
            isa.run(|| match width {
                32 => weights::<32>(panel, depth, out),
                _ => weights::<16>(panel, depth, out),
            });
        });
    data
}

/// Whether this way is the faster one. That depends on the outputs of the whole batch, so that a
/// picture's result may differ by rounding with the number of pictures beside it, as in other libraries.
pub(super) fn pays(work: &Gather<'_>) -> bool {
    let channels = work.shape.channels.min(work.panels.columns);
    // The transform back adds a residual first.
    let adds = work.finish.residual.is_none() || work.finish.residual_first();
    adds && work.taps == 3
        && work.tap_columns == 3
        && work.stride == 1
        && channels >= NARROWEST
        && work.shape.batch * work.size.0 * work.size.1 >= FEWEST * OUT * OUT
}

/// Planes of some tiles.
struct Planes {
    first: usize,
    count: usize,
    inputs: *mut f32,
    input_plane: usize,
    products: *mut f32,
    product_plane: usize,
}
// SAFETY: tasks write disjoint elements, see `run`.
unsafe impl Sync for Planes {}

struct Job<'a> {
    work: &'a Gather<'a>,
    weights: &'a [f32],
    out: *mut f32,
    /// Pictures, rows and columns of tiles.
    tiles: [usize; 3],
}
// SAFETY: tasks write disjoint outputs, see `run`.
unsafe impl Sync for Job<'_> {}

/// Writes all outputs of `work`.
///
/// # Safety
/// `work` is a checked 3 × 3 layer with stride 1 (see `Gather::run`): its source has its shape, and
/// all its outputs lie inside of the tensor at `out` and apart, which nobody else touches.
pub(super) unsafe fn run(work: &Gather<'_>, weights: &[f32], out: *mut f32) {
    let tiles = Job::tiles(work);
    let job = Job {
        work,
        weights,
        out,
        tiles,
    };
    let total: usize = tiles.iter().product();
    let (isa, threads) = (work.panels.isa, rayon::current_num_threads());
    assert_eq!(
        weights.len(),
        work.panels.count() * POINTS * work.shape.channels * isa.panel(),
        "weights"
    );
    let blocks = total.div_ceil(BLOCK);
    let floats = POINTS * total * (work.shape.channels + work.panels.columns);
    if threads == 1 || blocks >= 2 * threads || floats > SHARED_MOST {
        let block = |n: usize| {
            let (first, last) = (total * n / blocks, total * (n + 1) / blocks);
            SCRATCH.with_borrow_mut(|(planes, patch)| {
                let planes = job.planes(first, last - first, planes);
                // SAFETY: the planes are this thread's own, and no other block has these tiles.
                unsafe {
                    (first..last).for_each(|tile| job.inputs(tile, &planes, patch));
                    for point in 0..POINTS {
                        (0..work.panels.count()).for_each(|p| job.product(point, p, &planes));
                    }
                    (first..last).for_each(|tile| job.outputs(tile, &planes, patch));
                }
            });
        };
        if threads == 1 {
            (0..blocks).for_each(block);
        } else {
            (0..blocks).into_par_iter().for_each(block);
        }
        return;
    }
    // Few tiles: each thread reads its part of the weights once, for all of them.
    let mut buffer = SHARED.take();
    let planes = job.planes(0, total, &mut buffer);
    (0..total).into_par_iter().for_each(|tile| {
        // SAFETY: each tile has its own rows of the planes.
        SCRATCH.with_borrow_mut(|(_, patch)| unsafe { job.inputs(tile, &planes, patch) });
    });
    let panels = work.panels.count();
    (0..POINTS * panels).into_par_iter().for_each(|n| {
        // SAFETY: each point and panel has its own columns of the products; the inputs are done.
        unsafe { job.product(n % POINTS, n / POINTS, &planes) };
    });
    (0..total).into_par_iter().for_each(|tile| {
        // SAFETY: each tile has its own outputs; the products are done.
        SCRATCH.with_borrow_mut(|(_, patch)| unsafe { job.outputs(tile, &planes, patch) });
    });
    SHARED.set(buffer);
}

impl Job<'_> {
    fn tiles(work: &Gather<'_>) -> [usize; 3] {
        let (rows, columns) = work.size;
        [work.shape.batch, rows.div_ceil(OUT), columns.div_ceil(OUT)]
    }

    /// Picture, output row and output column of a tile.
    fn place(&self, tile: usize) -> (usize, usize, usize) {
        let [_, rows, columns] = self.tiles;
        (
            tile / (rows * columns),
            tile / columns % rows * OUT,
            tile % columns * OUT,
        )
    }

    /// Picture and inputs of a tile.
    fn area(&self, tile: usize) -> (usize, Rectangle) {
        let (picture, y, x) = self.place(tile);
        let area = Rectangle {
            top: self.work.corner.0 + y as isize,
            left: self.work.corner.1 + x as isize,
            rows: IN,
            columns: IN,
        };
        (picture, area)
    }

    fn planes(&self, first: usize, count: usize, buffer: &mut Vec<f32>) -> Planes {
        // Planes that are a multiple of four kilobytes apart would all fall on the same lines of
        // the first-level cache.
        let input_plane = count * self.work.shape.channels + 16;
        let product_plane = count * self.work.panels.columns + 16;
        let buffer = window::grow(buffer, POINTS * (input_plane + product_plane));
        let (inputs, products) = buffer.split_at_mut(POINTS * input_plane);
        Planes {
            first,
            count,
            inputs: inputs.as_mut_ptr(),
            input_plane,
            products: products.as_mut_ptr(),
            product_plane,
        }
    }

    /// # Safety
    /// `tile` is one of `planes`, whose rows nobody else touches.
    unsafe fn inputs(&self, tile: usize, planes: &Planes, patch: &mut Vec<f32>) {
        let (work, channels) = (self.work, self.work.shape.channels);
        let (picture, area) = self.area(tile);
        let (source, row) = source(work, picture, area, patch);
        // SAFETY: `source` ends with the tile's last pixel; the planes have `count` rows of
        // `channels` floats, of which this tile's is number `tile - first`.
        unsafe {
            Inputs {
                source: source.as_ptr(),
                row,
                channels,
                planes: planes.inputs.add((tile - planes.first) * channels),
                plane: planes.input_plane,
            }
            .run(work.panels.isa);
        }
    }

    /// One point's products for one panel of columns.
    ///
    /// # Safety
    /// The inputs of `planes` are written, and nobody else touches these products.
    unsafe fn product(&self, point: usize, panel: usize, planes: &Planes) {
        const ZEROS: [f32; WIDEST] = [0.0; WIDEST];
        let (isa, depth) = (self.work.panels.isa, self.work.shape.channels);
        let all = self.work.panels.columns;
        let column = panel * isa.panel();
        let columns = (all - column).min(isa.panel());
        let tiles = planes.count.div_ceil(isa.tile_rows());
        for tile in 0..tiles {
            let first = planes.count * tile / tiles;
            let rows = planes.count * (tile + 1) / tiles - first;
            // SAFETY: rows `first` to `first + rows` of the point's planes, which have `count`
            // rows of `depth` and of `all` floats; the weights of a panel and point are
            // depth·panel width floats, of which `run` checked that all are there.
            unsafe {
                Tile {
                    input: planes
                        .inputs
                        .add(point * planes.input_plane + first * depth),
                    input_step: depth,
                    taps: 1,
                    tap_step: 0,
                    depth,
                    weights: self
                        .weights
                        .as_ptr()
                        .add((panel * POINTS + point) * depth * isa.panel()),
                    bias: ZEROS.as_ptr(),
                    output: planes
                        .products
                        .add(point * planes.product_plane + first * all + column),
                    output_step: all,
                    residual: std::ptr::null(),
                    residual_step: 0,
                    low: f32::NEG_INFINITY,
                    high: f32::INFINITY,
                    vectors: columns.div_ceil(isa.lanes()),
                    columns,
                    residual_first: true,
                }
                .run(isa, rows);
            }
        }
    }

    /// # Safety
    /// The products of `planes` are written, and nobody else writes this tile's outputs.
    unsafe fn outputs(&self, tile: usize, planes: &Planes, patch: &mut Vec<f32>) {
        let (work, (picture, y, x)) = (self.work, self.place(tile));
        let (t, columns) = (work.target, work.panels.columns);
        let at = t.start + picture * t.picture + y * t.row + x * t.pixel;
        let (bias, rest) = (work.finish.bias, work.finish.residual);
        // SAFETY: the products have `count` rows of `columns` floats; `Gather::run` checked that
        // the bias is as long and that all outputs (and the residual, which is laid out like them)
        // lie inside, and `size` keeps to those that exist.
        let finite = unsafe {
            Outputs {
                planes: planes.products.add((tile - planes.first) * columns),
                plane: planes.product_plane,
                channels: columns,
                bias: if bias.is_empty() {
                    std::ptr::null()
                } else {
                    bias.as_ptr()
                },
                out: self.out.add(at),
                residual: rest.map_or(std::ptr::null(), |rest| rest[at..].as_ptr()),
                row: t.row,
                pixel: t.pixel,
                size: self.size(y, x),
                range: work.finish.range(),
            }
            .run(work.panels.isa)
        };
        if !finite {
            // SAFETY: the caller's promise.
            unsafe { self.direct(tile, patch) };
        }
    }

    /// Rows and columns of outputs that a tile has.
    fn size(&self, y: usize, x: usize) -> (usize, usize) {
        let (rows, columns) = self.work.size;
        ((rows - y).min(OUT), (columns - x).min(OUT))
    }

    /// A tile by the direct way: a number that is not finite reaches the outputs that see it only.
    ///
    /// # Safety
    /// Nobody else writes this tile's outputs.
    #[cold]
    unsafe fn direct(&self, tile: usize, patch: &mut Vec<f32>) {
        let (work, (_, y, x)) = (self.work, self.place(tile));
        let (picture, area) = self.area(tile);
        let (p, t, channels) = (work.panels, work.target, work.shape.channels);
        let (source, row) = source(work, picture, area, patch);
        let (rows, columns) = self.size(y, x);
        for line in 0..rows {
            for panel in 0..p.count() {
                let column = panel * p.isa.panel();
                let count = (p.columns - column).min(p.isa.panel());
                let mut bias = [0.0_f32; WIDEST];
                let given = work.finish.bias.iter().skip(column).take(count);
                bias.iter_mut()
                    .zip(given)
                    .for_each(|(to, from)| *to = *from);
                let at = t.start + picture * t.picture + (y + line) * t.row + x * t.pixel + column;
                let rest = work.finish.residual;
                let (low, high) = work.finish.range();
                // SAFETY: `source` has six rows and columns of pixels, of which `columns` ≤ 4
                // windows of three are read from row `line` < 4; the packed panel is as `Gather`
                // reads it; outputs as in `outputs`. Every set's tile has four rows or more.
                unsafe {
                    Tile {
                        input: source.as_ptr().add(line * row),
                        input_step: channels,
                        taps: 3,
                        tap_step: row,
                        depth: 3 * channels,
                        weights: p.data.as_ptr().add(column * 9 * channels),
                        bias: bias.as_ptr(),
                        output: self.out.add(at),
                        output_step: t.pixel,
                        residual: rest.map_or(std::ptr::null(), |rest| rest[at..].as_ptr()),
                        residual_step: t.pixel,
                        low,
                        high,
                        vectors: count.div_ceil(p.isa.lanes()),
                        columns: count,
                        residual_first: true,
                    }
                    .run(p.isa, columns);
                }
            }
        }
    }
}

/// The inputs of a tile, which begin with its first and end with its last pixel, and the floats
/// from row to row: in the map where it is inside, else in `patch` with zeros around.
fn source<'a>(
    work: &'a Gather<'_>,
    picture: usize,
    area: Rectangle,
    patch: &'a mut Vec<f32>,
) -> (&'a [f32], usize) {
    let (shape, channels) = (work.shape, work.shape.channels);
    if area.inside(shape.height, shape.width) {
        let pixel = (picture * shape.height + area.top as usize) * shape.width;
        let start = (pixel + area.left as usize) * channels;
        let row = shape.width * channels;
        return (&work.source[start..start + 5 * row + IN * channels], row);
    }
    let patch = window::grow(patch, IN * IN * channels);
    window::copy(work.source, shape, picture, area, patch);
    (patch, IN * channels)
}
