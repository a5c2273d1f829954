//! The register tile of the weight gradient: a sum of outer products over pixels.
#![expect(
    unsafe_code,
    reason = "raw pointers and vector registers; the contract is on Tile"
)]

use super::isa::{Isa, PortableSimd, Set, Simd};

/// Pixels that follow each other on both sides.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Floats before the first pixel of the left and of the right side.
    left: usize,
    right: usize,
    length: usize,
}

/// The pixels of one block, as runs of equal steps.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    list: Vec<Run>,
    /// Floats from one pixel to the next.
    left_step: usize,
    right_step: usize,
    /// Floats before the last pixel of either side.
    left_reach: usize,
    right_reach: usize,
}

impl Runs {
    /// No pixels yet, with these steps.
    pub(super) fn clear(&mut self, left_step: usize, right_step: usize) {
        self.list.clear();
        (self.left_step, self.right_step) = (left_step, right_step);
        (self.left_reach, self.right_reach) = (0, 0);
    }

    /// Adds `length` ≥ 1 pixels; joined to those before where both sides go on with their steps.
    pub(super) fn push(&mut self, left: usize, right: usize, length: usize) {
        self.left_reach = self.left_reach.max(left + (length - 1) * self.left_step);
        self.right_reach = self.right_reach.max(right + (length - 1) * self.right_step);
        if let Some(last) = self.list.last_mut()
            && last.left + last.length * self.left_step == left
            && last.right + last.length * self.right_step == right
        {
            last.length += length;
            return;
        }
        self.list.push(Run {
            left,
            right,
            length,
        });
    }
}

/// How large a tile is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    /// 1 to [`Isa::tile_rows`].
    pub(super) rows: usize,
    /// 1 or 2.
    pub(super) vectors: usize,
}

/// sum[r][c] (+)= Σ over the pixels of `runs` of left[r] · right[c].
///
/// # Safety contract of the functions below
/// With `L` the lanes and every pixel of every run: `left` is readable for ROWS floats and `right`
/// for VECTORS·L floats at the pixel, `sum` readable and writable at `row·2L + i` for row < ROWS
/// and i < VECTORS·L.
struct Tile<'a> {
    left: *const f32,
    right: *const f32,
    runs: &'a Runs,
    sum: *mut f32,
    /// Whether the sum is set instead of added to.
    fresh: bool,
}

/// Sums over the pixels of `runs`, into `sum` `[rows][panel width]`.
///
/// # Panics
/// Where a side or the sum is too short: a bug of the caller.
pub(super) fn multiply(
    isa: Isa,
    size: Size,
    (left, right): (&[f32], &[f32]),
    runs: &Runs,
    sum: &mut [f32],
    fresh: bool,
) {
    let Size { rows, vectors } = size;
    assert!(left.len() >= runs.left_reach + rows, "left side");
    assert!(
        right.len() >= runs.right_reach + vectors * isa.lanes(),
        "right side"
    );
    assert!(vectors <= 2 && sum.len() >= rows * isa.panel(), "sum");
    let tile = Tile {
        left: left.as_ptr(),
        right: right.as_ptr(),
        runs,
        sum: sum.as_mut_ptr(),
        fresh,
    };
    // SAFETY: `push` kept the reach of each run's last pixel, which the assertions compare with
    // what is there; an `Isa` value exists only where the machine has the set.
    unsafe {
        match isa.set() {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => run_avx512(&tile, rows, vectors),
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => run_avx2(&tile, rows, vectors),
            Set::Portable => run_portable(&tile, rows, vectors),
        }
    }
}

/// Calls the kernel whose constant row count is `$rows`.
macro_rules! by_rows {
    ($simd:ty, $tile:expr, $rows:expr, $vectors:expr, [$($count:literal)*]) => {
        match ($rows, $vectors) {
            $(($count, 1) => outer::<$simd, $count, 1>($tile),
            ($count, 2) => outer::<$simd, $count, 2>($tile),)*
            _ => unreachable!("a tile has at most Isa::tile_rows() rows and two vectors"),
        }
    };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn run_avx512(tile: &Tile<'_>, rows: usize, vectors: usize) {
    use super::isa::Avx512Simd as S;
    // SAFETY: the feature is enabled here and the contract on Tile is the caller's.
    unsafe { by_rows!(S, tile, rows, vectors, [1 2 3 4 5 6 7 8 9 10 11 12]) }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2(tile: &Tile<'_>, rows: usize, vectors: usize) {
    use super::isa::Avx2Simd as S;
    // SAFETY: as above.
    unsafe { by_rows!(S, tile, rows, vectors, [1 2 3 4 5 6]) }
}

unsafe fn run_portable(tile: &Tile<'_>, rows: usize, vectors: usize) {
    // SAFETY: as above.
    unsafe { by_rows!(PortableSimd, tile, rows, vectors, [1 2 3 4]) }
}

/// The block's sum starts from zero and meets memory once, at its end: rounding errors grow with
/// the root of a block's pixels and that of the blocks, not of all pixels.
#[inline(always)]
unsafe fn outer<S: Simd, const ROWS: usize, const VECTORS: usize>(tile: &Tile<'_>) {
    let width = 2 * S::LANES;
    let (left_step, right_step) = (tile.runs.left_step, tile.runs.right_step);
    // SAFETY: every address below is one that the contract on Tile names; the steps behind a run's
    // last pixel are wrapping and never read.
    unsafe {
        let mut sums = [[S::splat(0.0); VECTORS]; ROWS];
        for run in &tile.runs.list {
            let mut left = tile.left.wrapping_add(run.left);
            let mut right = tile.right.wrapping_add(run.right);
            for _ in 0..run.length {
                let columns: [S::V; VECTORS] =
                    std::array::from_fn(|v| S::load(right.add(v * S::LANES)));
                for (row, sums) in sums.iter_mut().enumerate() {
                    let x = S::splat(*left.add(row));
                    for v in 0..VECTORS {
                        sums[v] = S::mul_add(x, columns[v], sums[v]);
                    }
                }
                left = left.wrapping_add(left_step);
                right = right.wrapping_add(right_step);
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (v, mut sum) in sums.into_iter().enumerate() {
                let at = tile.sum.add(row * width + v * S::LANES);
                if !tile.fresh {
                    sum = S::add(sum, S::load(at));
                }
                S::store(at, sum);
            }
        }
    }
}
