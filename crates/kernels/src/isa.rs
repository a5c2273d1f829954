//! The three instruction sets and the few vector operations that the kernels are written in.
//!
//! A kernel is one generic `#[inline(always)]` function over [`Simd`]; a thin wrapper per set
//! carries the `#[target_feature]`, so that the whole body is compiled for it. That keeps a plain
//! `cargo build --release` fast on every machine, without `target-cpu=native`.
#![expect(
    unsafe_code,
    reason = "vector intrinsics; every function's contract is in its doc"
)]

/// An instruction set that the kernels have code for and this machine has: a value exists only where
/// the set was detected, so that holding one is the proof that its code may run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isa(Set);

/// The sets that there is code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// 16 lanes, 32 registers.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 8 lanes, 16 registers, fused multiply-add.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Plain Rust over eight-element arrays, which compilers turn into whatever vectors there are.
    Portable,
}

impl Isa {
    /// The best set of this machine.
    #[must_use]
    pub fn detect() -> Self {
        Self::each().next().unwrap_or(Self(Set::Portable))
    }

    /// Every set that this machine can run, best first. The portable one is always among them.
    #[must_use]
    pub fn available() -> Vec<Self> {
        Self::each().collect()
    }

    fn each() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let (wide512, wide256) = (
            is_x86_feature_detected!("avx512f").then_some(Set::Avx512),
            (is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma"))
                .then_some(Set::Avx2),
        );
        #[cfg(not(target_arch = "x86_64"))]
        let (wide512, wide256) = (None, None);
        let sets = [wide512, wide256, Some(Set::Portable)];
        sets.into_iter().flatten().map(Self)
    }

    /// Which one.
    #[inline(always)]
    pub(super) const fn set(self) -> Set {
        self.0
    }

    /// Runs plain loops compiled for this set: `work` is inlined into a function that has it
    /// enabled, so the compiler's own vectors are as wide as the machine's.
    #[inline(always)]
    pub(super) fn run<R>(self, work: impl FnOnce() -> R) -> R {
        match self.0 {
            // SAFETY: an `Isa` value exists only where the machine has the set.
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => unsafe { x86::wide512(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => unsafe { x86::wide256(work) },
            Set::Portable => work(),
        }
    }

    /// f32 lanes of one vector.
    #[must_use]
    pub(crate) const fn lanes(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => 16,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => 8,
            Set::Portable => 8,
        }
    }

    /// Columns of one packed weight panel: two vectors.
    #[must_use]
    pub const fn panel(self) -> usize {
        2 * self.lanes()
    }

    /// Output pixels that one register tile covers at most.
    #[must_use]
    pub(crate) const fn tile_rows(self) -> usize {
        match self.0 {
            #[cfg(target_arch = "x86_64")]
            Set::Avx512 => 12,
            #[cfg(target_arch = "x86_64")]
            Set::Avx2 => 6,
            Set::Portable => 4,
        }
    }
}

/// The vector operations of one instruction set.
///
/// # Safety
/// Every function may only run where the set is available. Pointers must be valid for
/// [`Simd::LANES`] consecutive `f32` (reads or writes as named); no alignment is needed.
pub(super) trait Simd: Copy {
    /// f32 lanes of [`Simd::V`].
    const LANES: usize;
    /// One vector register.
    type V: Copy;
    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn load(p: *const f32) -> Self::V;
    unsafe fn store(p: *mut f32, v: Self::V);
    /// The first `count` ≤ `LANES` floats at `p`, zeros behind them; nothing else is touched.
    unsafe fn load_part(p: *const f32, count: usize) -> Self::V;
    /// Writes the first `count` ≤ `LANES` floats only.
    unsafe fn store_part(p: *mut f32, count: usize, v: Self::V);
    /// `a * b + c`
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    /// `a - b`
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    /// `max(v, low)`; a NaN in `v` stays NaN, as in the reference.
    unsafe fn max(v: Self::V, low: Self::V) -> Self::V;
    /// `min(v, high)`; a NaN in `v` stays NaN, as in the reference.
    unsafe fn min(v: Self::V, high: Self::V) -> Self::V;
}

/// Eight plain floats.
#[derive(Clone, Copy)]
pub(super) struct PortableSimd;

// SAFETY (all functions): plain array code; pointer validity is the caller's as the trait says.
impl Simd for PortableSimd {
    const LANES: usize = 8;
    type V = [f32; 8];
    #[inline(always)]
    unsafe fn splat(x: f32) -> Self::V {
        [x; 8]
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self::V {
        // SAFETY: the caller promises eight readable floats.
        unsafe { p.cast::<[f32; 8]>().read_unaligned() }
    }
    #[inline(always)]
    unsafe fn store(p: *mut f32, v: Self::V) {
        // SAFETY: the caller promises eight writable floats.
        unsafe { p.cast::<[f32; 8]>().write_unaligned(v) }
    }
    #[inline(always)]
    unsafe fn load_part(p: *const f32, count: usize) -> Self::V {
        let mut v = [0.0; 8];
        for (i, v) in v.iter_mut().enumerate().take(count) {
            // SAFETY: the caller promises `count` readable floats.
            *v = unsafe { *p.add(i) };
        }
        v
    }
    #[inline(always)]
    unsafe fn store_part(p: *mut f32, count: usize, v: Self::V) {
        for (i, v) in v.iter().enumerate().take(count) {
            // SAFETY: the caller promises `count` writable floats.
            unsafe { *p.add(i) = *v };
        }
    }
    #[inline(always)]
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V {
        // Not f32::mul_add: without the FMA feature that is a library call per element.
        std::array::from_fn(|i| a[i] * b[i] + c[i])
    }
    #[inline(always)]
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] + b[i])
    }
    #[inline(always)]
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V {
        std::array::from_fn(|i| a[i] - b[i])
    }
    #[inline(always)]
    unsafe fn max(v: Self::V, low: Self::V) -> Self::V {
        std::array::from_fn(|i| if v[i] < low[i] { low[i] } else { v[i] })
    }
    #[inline(always)]
    unsafe fn min(v: Self::V, high: Self::V) -> Self::V {
        std::array::from_fn(|i| if v[i] > high[i] { high[i] } else { v[i] })
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2Simd, Avx512Simd};

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::Simd;
    use std::arch::x86_64::*;

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2Simd;

    // SAFETY (all functions): AVX2 and FMA are present and pointers valid, as the trait demands.
    // The operand order of max and min makes the instruction return `v` when it is NaN.
    impl Simd for Avx2Simd {
        const LANES: usize = 8;
        type V = __m256;
        #[inline(always)]
        unsafe fn splat(x: f32) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_loadu_ps(p) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: __m256) {
            // SAFETY: see above.
            unsafe { _mm256_storeu_ps(p, v) }
        }
        #[inline(always)]
        unsafe fn load_part(p: *const f32, count: usize) -> __m256 {
            // SAFETY: see above; the mask keeps the load to `count` floats.
            unsafe { _mm256_maskload_ps(p, first_lanes(count)) }
        }
        #[inline(always)]
        unsafe fn store_part(p: *mut f32, count: usize, v: __m256) {
            // SAFETY: see above; the mask keeps the store to `count` floats.
            unsafe { _mm256_maskstore_ps(p, first_lanes(count), v) }
        }
        #[inline(always)]
        unsafe fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn add(a: __m256, b: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn sub(a: __m256, b: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_sub_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn max(v: __m256, low: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_max_ps(low, v) }
        }
        #[inline(always)]
        unsafe fn min(v: __m256, high: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_min_ps(high, v) }
        }
    }

    #[target_feature(enable = "avx512f,avx2,fma")]
    pub(in super::super) unsafe fn wide512<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    #[target_feature(enable = "avx2,fma")]
    pub(in super::super) unsafe fn wide256<R>(work: impl FnOnce() -> R) -> R {
        work()
    }

    /// The sign bit set in the first `count` lanes.
    #[inline(always)]
    unsafe fn first_lanes(count: usize) -> __m256i {
        const MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
        let start = 8 - count.min(8);
        // SAFETY: `start` ≤ 8, so eight numbers follow it; AVX2 is present as the trait demands.
        unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(start).cast()) }
    }

    #[inline(always)]
    fn first_lanes_mask(count: usize) -> __mmask16 {
        ((1_u32 << count.min(16)) - 1) as __mmask16
    }

    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512Simd;

    // SAFETY (all functions): AVX-512F is present and pointers valid, as the trait demands.
    impl Simd for Avx512Simd {
        const LANES: usize = 16;
        type V = __m512;
        #[inline(always)]
        unsafe fn splat(x: f32) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_set1_ps(x) }
        }
        #[inline(always)]
        unsafe fn load(p: *const f32) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_loadu_ps(p) }
        }
        #[inline(always)]
        unsafe fn store(p: *mut f32, v: __m512) {
            // SAFETY: see above.
            unsafe { _mm512_storeu_ps(p, v) }
        }
        #[inline(always)]
        unsafe fn load_part(p: *const f32, count: usize) -> __m512 {
            // SAFETY: see above; the mask keeps the load to `count` floats.
            unsafe { _mm512_maskz_loadu_ps(first_lanes_mask(count), p) }
        }
        #[inline(always)]
        unsafe fn store_part(p: *mut f32, count: usize, v: __m512) {
            // SAFETY: see above; the mask keeps the store to `count` floats.
            unsafe { _mm512_mask_storeu_ps(p, first_lanes_mask(count), v) }
        }
        #[inline(always)]
        unsafe fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_fmadd_ps(a, b, c) }
        }
        #[inline(always)]
        unsafe fn add(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_add_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn sub(a: __m512, b: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_sub_ps(a, b) }
        }
        #[inline(always)]
        unsafe fn max(v: __m512, low: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_max_ps(low, v) }
        }
        #[inline(always)]
        unsafe fn min(v: __m512, high: __m512) -> __m512 {
            // SAFETY: see above.
            unsafe { _mm512_min_ps(high, v) }
        }
    }
}
