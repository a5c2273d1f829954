//! The register tile: up to 12 output pixels × two vectors of output channels.
#![expect(
    unsafe_code,
    reason = "raw pointers and vector registers; the contract is on Tile"
)]

use super::isa::{Isa, PortableSimd, Set, Simd};

/// One tile of work: `pixels` neighbouring output pixels × one packed weight panel.
///
/// # Safety contract of [`Tile::run`]
/// With `L` the lanes of the instruction set and `vectors` ∈ {1, 2}:
/// - `input` is readable at `pixel·input_step + tap·tap_step + i` for every pixel < `pixels`,
///   tap < `taps`, i < `depth`;
/// - `weights` is readable for `taps·depth·2L` floats (a full panel, also for one vector);
/// - `bias` is readable for `vectors·L` floats, `output` writable (and `residual`, where not null,
///   readable) at `pixel·step + i` for i < `columns` ≤ `vectors·L`, and nobody else touches that
///   output.
pub(super) struct Tile {
    pub(super) input: *const f32,
    pub(super) input_step: usize,
    pub(super) taps: usize,
    pub(super) tap_step: usize,
    pub(super) depth: usize,
    pub(super) weights: *const f32,
    pub(super) bias: *const f32,
    pub(super) output: *mut f32,
    pub(super) output_step: usize,
    pub(super) residual: *const f32,
    pub(super) residual_step: usize,
    pub(super) low: f32,
    pub(super) high: f32,
    pub(super) vectors: usize,
    /// Floats of an output pixel in this panel.
    pub(super) columns: usize,
    /// Whether the residual is added before the activation (ResNet) or after it.
    pub(super) residual_first: bool,
}

impl Tile {
    /// Computes `pixels` (1 to [`Isa::tile_rows`]) outputs.
    ///
    /// # Safety
    /// The contract on [`Tile`] holds and this machine has `isa`.
    #[inline]
    pub(super) unsafe fn run(&self, isa: Isa, pixels: usize) {
        // SAFETY: the caller's promise is passed on unchanged.
        unsafe {
            match isa.set() {
                #[cfg(target_arch = "x86_64")]
                Set::Avx512 => run_avx512(self, pixels),
                #[cfg(target_arch = "x86_64")]
                Set::Avx2 => run_avx2(self, pixels),
                Set::Portable => run_portable(self, pixels),
            }
        }
    }
}

/// Calls the kernel whose constant row count is `$pixels`.
macro_rules! by_rows {
    ($simd:ty, $vectors:literal, $unroll:literal, $tile:expr, $pixels:expr, [$($rows:literal)*]) => {
        match $pixels {
            $($rows => kernel::<$simd, $rows, $vectors, $unroll>($tile),)*
            _ => unreachable!("a tile has at most Isa::tile_rows() pixels"),
        }
    };
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn run_avx512(tile: &Tile, pixels: usize) {
    use super::isa::Avx512Simd as S;
    // SAFETY: the feature is enabled here and the contract on Tile is the caller's.
    unsafe {
        if tile.vectors == 2 {
            by_rows!(S, 2, 2, tile, pixels, [1 2 3 4 5 6 7 8 9 10 11 12]);
        } else {
            by_rows!(S, 1, 2, tile, pixels, [1 2 3 4 5 6 7 8 9 10 11 12]);
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn run_avx2(tile: &Tile, pixels: usize) {
    use super::isa::Avx2Simd as S;
    // SAFETY: as above. Aligned channels make every AVX2 panel two vectors wide.
    unsafe { by_rows!(S, 2, 1, tile, pixels, [1 2 3 4 5 6]) }
}

unsafe fn run_portable(tile: &Tile, pixels: usize) {
    // SAFETY: as above.
    unsafe { by_rows!(PortableSimd, 2, 1, tile, pixels, [1 2 3 4]) }
}

/// `ROWS` pixels × `VECTORS` vectors, the sum kept in registers over the whole depth.
/// `UNROLL` depth steps share one address computation per row.
#[inline(always)]
unsafe fn kernel<S: Simd, const ROWS: usize, const VECTORS: usize, const UNROLL: usize>(
    tile: &Tile,
) {
    let panel = 2 * S::LANES;
    // SAFETY: every address below is one that the contract on Tile names.
    unsafe {
        let mut sums: [[S::V; VECTORS]; ROWS] =
            [std::array::from_fn(|v| S::load(tile.bias.add(v * S::LANES))); ROWS];
        let mut weights = tile.weights;
        for tap in 0..tile.taps {
            let mut input = tile.input.add(tap * tile.tap_step);
            for _ in 0..tile.depth / UNROLL {
                multiply::<S, ROWS, VECTORS, UNROLL>(&mut sums, input, tile.input_step, weights);
                input = input.add(UNROLL);
                weights = weights.add(UNROLL * panel);
            }
            for _ in 0..tile.depth % UNROLL {
                multiply::<S, ROWS, VECTORS, 1>(&mut sums, input, tile.input_step, weights);
                input = input.add(1);
                weights = weights.add(panel);
            }
        }
        finish::<S, ROWS, VECTORS>(tile, sums);
    }
}

/// `UNROLL` rank-one updates of the register tile.
#[inline(always)]
unsafe fn multiply<S: Simd, const ROWS: usize, const VECTORS: usize, const UNROLL: usize>(
    sums: &mut [[S::V; VECTORS]; ROWS],
    input: *const f32,
    step: usize,
    weights: *const f32,
) {
    // SAFETY: as in `kernel`.
    unsafe {
        let panel: [[S::V; VECTORS]; UNROLL] = std::array::from_fn(|u| {
            std::array::from_fn(|v| S::load(weights.add((2 * u + v) * S::LANES)))
        });
        for (row, sums) in sums.iter_mut().enumerate() {
            let pixel = input.add(row * step);
            for (u, panel) in panel.iter().enumerate() {
                let x = S::splat(*pixel.add(u));
                for v in 0..VECTORS {
                    sums[v] = S::mul_add(x, panel[v], sums[v]);
                }
            }
        }
    }
}

/// Residual, activation, store.
#[inline(always)]
unsafe fn finish<S: Simd, const ROWS: usize, const VECTORS: usize>(
    tile: &Tile,
    sums: [[S::V; VECTORS]; ROWS],
) {
    // SAFETY: as in `kernel`.
    unsafe {
        let (low, high) = (S::splat(tile.low), S::splat(tile.high));
        for (row, sums) in sums.into_iter().enumerate() {
            for (v, mut sum) in sums.into_iter().enumerate() {
                let count = tile.columns.saturating_sub(v * S::LANES).min(S::LANES);
                let whole = count == S::LANES;
                let mut rest = S::splat(0.0);
                if !tile.residual.is_null() {
                    let at = tile
                        .residual
                        .wrapping_add(row * tile.residual_step + v * S::LANES);
                    rest = if whole {
                        S::load(at)
                    } else {
                        S::load_part(at, count)
                    };
                }
                if tile.residual_first {
                    sum = S::add(sum, rest);
                }
                sum = S::min(S::max(sum, low), high);
                if !tile.residual_first {
                    sum = S::add(sum, rest);
                }
                let at = tile
                    .output
                    .wrapping_add(row * tile.output_step + v * S::LANES);
                if whole {
                    S::store(at, sum);
                } else {
                    S::store_part(at, count, sum);
                }
            }
        }
    }
}
