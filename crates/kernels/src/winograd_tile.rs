//! The transforms of Winograd's F(4 × 4, 3 × 3), for one tile of pixels and all its channels.
//!
//! - **Computes** Bᵀ d B of 6 × 6 inputs, Aᵀ m A of 6 × 6 products, G g Gᵀ of 3 × 3 weights.
//! - **Input, output** channels-last pixels; products and transformed inputs are 36 planes.
//! - **Source** Lavin & Gray (2016), interpolation at 0, ±1, ±2 and infinity.
//! - **Deviations** common terms are computed once.
#![expect(
    unsafe_code,
    reason = "raw pointers and vector registers; the contracts are on the structs"
)]

use super::isa::{Isa, PortableSimd, Set, Simd};

/// Outputs of a tile along each axis.
pub(super) const OUT: usize = 4;
/// Inputs of a tile along each axis.
pub(super) const IN: usize = 6;
/// Planes: products per tile.
pub(super) const POINTS: usize = IN * IN;

/// One tile's inputs on their way to the planes.
///
/// # Safety contract of [`Inputs::run`]
/// `source` is readable at `y·row + x·channels + c` for y, x < 6 and c < `channels`, `planes`
/// writable at `point·plane + c` for point < 36, and nobody else touches those.
pub(super) struct Inputs {
    pub(super) source: *const f32,
    pub(super) row: usize,
    pub(super) channels: usize,
    pub(super) planes: *mut f32,
    pub(super) plane: usize,
}

/// One tile's outputs on their way from the planes.
///
/// # Safety contract of [`Outputs::run`]
/// `planes` is readable at `point·plane + c` for point < 36 and c < `channels`; `bias` is null or
/// readable for `channels` floats; `out` is writable (and `residual` null or readable) at
/// `y·row + x·pixel + c` for y < `size.0` ≤ 4 and x < `size.1` ≤ 4, and nobody else touches that
/// output.
pub(super) struct Outputs {
    pub(super) planes: *const f32,
    pub(super) plane: usize,
    pub(super) channels: usize,
    pub(super) bias: *const f32,
    pub(super) out: *mut f32,
    pub(super) residual: *const f32,
    pub(super) row: usize,
    pub(super) pixel: usize,
    /// Rows and columns that are inside of the map.
    pub(super) size: (usize, usize),
    pub(super) range: (f32, f32),
}

macro_rules! by_isa {
    ($name:ident, $wide512:ident, $wide256:ident, $body:ident, $result:ty) => {
        impl $name {
            /// Transforms all channels; of outputs it tells whether all sums are finite.
            ///
            /// # Safety
            /// The contract on the struct holds and this machine has `isa`.
            pub(super) unsafe fn run(&self, isa: Isa) -> $result {
                // SAFETY: the caller's promise is passed on unchanged.
                unsafe {
                    match isa.set() {
                        #[cfg(target_arch = "x86_64")]
                        Set::Avx512 => $wide512(self),
                        #[cfg(target_arch = "x86_64")]
                        Set::Avx2 => $wide256(self),
                        Set::Portable => $body::<PortableSimd>(self),
                    }
                }
            }
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx512f")]
        unsafe fn $wide512(work: &$name) -> $result {
            // SAFETY: the caller's promise, with the feature enabled here.
            unsafe { $body::<super::isa::Avx512Simd>(work) }
        }

        #[cfg(target_arch = "x86_64")]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn $wide256(work: &$name) -> $result {
            // SAFETY: the caller's promise, with the features enabled here.
            unsafe { $body::<super::isa::Avx2Simd>(work) }
        }
    };
}

by_isa!(Inputs, inputs512, inputs256, inputs, ());
by_isa!(Outputs, outputs512, outputs256, outputs, bool);

#[inline(always)]
unsafe fn inputs<S: Simd>(work: &Inputs) {
    let mut channel = 0;
    while channel < work.channels {
        let count = (work.channels - channel).min(S::LANES);
        let whole = count == S::LANES;
        // SAFETY: `count` channels from `channel` on are within what the contract names.
        unsafe {
            let mut half = [[S::splat(0.0); IN]; IN];
            for x in 0..IN {
                let column: [S::V; IN] = std::array::from_fn(|y| {
                    let at = work.source.add(y * work.row + x * work.channels + channel);
                    if whole {
                        S::load(at)
                    } else {
                        S::load_part(at, count)
                    }
                });
                let values = input_axis::<S>(column);
                for (half, value) in half.iter_mut().zip(values) {
                    half[x] = value;
                }
            }
            for (y, row) in half.into_iter().enumerate() {
                for (x, value) in input_axis::<S>(row).into_iter().enumerate() {
                    let at = work.planes.add((y * IN + x) * work.plane + channel);
                    if whole {
                        S::store(at, value);
                    } else {
                        S::store_part(at, count, value);
                    }
                }
            }
        }
        channel += count;
    }
}

/// Bᵀ d
#[inline(always)]
unsafe fn input_axis<S: Simd>(d: [S::V; IN]) -> [S::V; IN] {
    // SAFETY: the set is available, as the caller promises.
    unsafe {
        let (four, five, two) = (S::splat(4.0), S::splat(-5.0), S::splat(2.0));
        let minus = S::splat(-4.0);
        let p = S::mul_add(d[2], minus, d[4]);
        let q = S::mul_add(d[1], minus, d[3]);
        let r = S::sub(d[4], d[2]);
        let s = S::sub(d[3], d[1]);
        let zero = S::splat(0.0);
        let twice = S::mul_add(s, two, zero);
        [
            S::mul_add(d[0], four, S::mul_add(d[2], five, d[4])),
            S::add(p, q),
            S::sub(p, q),
            S::add(r, twice),
            S::sub(r, twice),
            S::mul_add(d[1], four, S::mul_add(d[3], five, d[5])),
        ]
    }
}

#[inline(always)]
unsafe fn outputs<S: Simd>(work: &Outputs) -> bool {
    let mut channel = 0;
    // SAFETY: the set is available, as the caller promises.
    let zero = unsafe { S::splat(0.0) };
    // Zero times infinity is no number.
    let mut worst = zero;
    while channel < work.channels {
        let count = (work.channels - channel).min(S::LANES);
        let whole = count == S::LANES;
        // SAFETY: `count` channels from `channel` on, at pixels inside of `size`, are within what
        // the contract names.
        unsafe {
            let load = |at: *const f32| {
                if whole {
                    S::load(at)
                } else {
                    S::load_part(at, count)
                }
            };
            let mut half = [[S::splat(0.0); IN]; OUT];
            for x in 0..IN {
                let column: [S::V; IN] = std::array::from_fn(|y| {
                    load(work.planes.add((y * IN + x) * work.plane + channel))
                });
                let values = output_axis::<S>(column);
                for (half, value) in half.iter_mut().zip(values) {
                    half[x] = value;
                }
            }
            let bias = if work.bias.is_null() {
                S::splat(0.0)
            } else {
                load(work.bias.add(channel))
            };
            let (low, high) = (S::splat(work.range.0), S::splat(work.range.1));
            for (y, row) in half.into_iter().enumerate().take(work.size.0) {
                let values = output_axis::<S>(row).into_iter().enumerate();
                for (x, value) in values.take(work.size.1) {
                    worst = S::mul_add(value, zero, worst);
                    let at = y * work.row + x * work.pixel + channel;
                    let mut sum = S::add(value, bias);
                    if !work.residual.is_null() {
                        sum = S::add(sum, load(work.residual.add(at)));
                    }
                    sum = S::min(S::max(sum, low), high);
                    if whole {
                        S::store(work.out.add(at), sum);
                    } else {
                        S::store_part(work.out.add(at), count, sum);
                    }
                }
            }
        }
        channel += count;
    }
    let mut lanes = [0.0_f32; 16];
    assert!(S::LANES <= lanes.len(), "a vector");
    // SAFETY: as asserted.
    unsafe { S::store(lanes.as_mut_ptr(), worst) };
    lanes.iter().fold(0.0, |sum, lane| sum + lane) == 0.0
}

/// Aᵀ m
#[inline(always)]
unsafe fn output_axis<S: Simd>(m: [S::V; IN]) -> [S::V; OUT] {
    // SAFETY: the set is available, as the caller promises.
    unsafe {
        let (a, b) = (S::add(m[1], m[2]), S::sub(m[1], m[2]));
        let (c, d) = (S::add(m[3], m[4]), S::sub(m[3], m[4]));
        [
            S::add(S::add(m[0], a), c),
            S::mul_add(d, S::splat(2.0), b),
            S::mul_add(c, S::splat(4.0), a),
            S::add(S::mul_add(d, S::splat(8.0), b), m[5]),
        ]
    }
}

/// G g, for each of some weights.
#[inline(always)]
fn weight_axis<const N: usize>(g: [[f32; N]; 3]) -> [[f32; N]; IN] {
    let each = |f: fn(f32, f32, f32) -> f32| std::array::from_fn(|i| f(g[0][i], g[1][i], g[2][i]));
    [
        each(|a, _, _| a / 4.0),
        each(|a, b, c| (a + b + c) / -6.0),
        each(|a, b, c| (a - b + c) / -6.0),
        each(|a, b, c| a / 24.0 + b / 12.0 + c / 6.0),
        each(|a, b, c| a / 24.0 - b / 12.0 + c / 6.0),
        each(|_, _, c| c),
    ]
}

/// G g Gᵀ of one panel: from `[3 · 3][depth][N]` to `[36][depth][N]`.
#[inline(always)]
pub(super) fn weights<const N: usize>(panel: &[f32], depth: usize, out: &mut [f32]) {
    let (from, _) = panel.as_chunks::<N>();
    let (to, _) = out.as_chunks_mut::<N>();
    for row in 0..depth {
        let mut half = [[[0.0; N]; IN]; 3];
        for (x, half) in half.iter_mut().enumerate() {
            *half = weight_axis(std::array::from_fn(|y| from[(y * 3 + x) * depth + row]));
        }
        for y in 0..IN {
            let line = weight_axis(std::array::from_fn(|x| half[x][y]));
            for (x, value) in line.into_iter().enumerate() {
                to[(y * IN + x) * depth + row] = value;
            }
        }
    }
}
