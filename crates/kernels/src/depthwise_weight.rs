//! Depthwise convolution's weight gradient.
//!
//! - **Computes** dw[c, ky, kx] = Σ over pictures and pixels dy[p, c] · x[p·stride + k, c].
//! - **Input** x `[batch, height, width, channels]`, dy `[batch, height', width', channels]`;
//!   **output** `[channels, 1, kernel, kernel]`.
//! - **Source** ours: a vector of channels walks a row with all columns of one kernel row in
//!   registers, four pixels at a time so that the additions do not wait for each other.
//! - **Deviations** each thread sums its own rows and the sums are added in order: the same bits
//!   for the same thread count.
#![expect(
    unsafe_code,
    reason = "vector registers over raw pointers; each block has its proof"
)]

use super::depthwise_grad::clip;
use super::isa::{Isa, PortableSimd, Set, Simd};
use super::shape::{Batch, Geometry};
use rayon::prelude::*;

/// The weight gradient.
///
/// # Panics
/// Where a shape or length does not fit: a bug of the caller.
#[must_use]
pub fn depthwise_weight_gradient(
    geometry: Geometry,
    shape: Batch,
    input: &[f32],
    gradient: &[f32],
    isa: Isa,
) -> Vec<f32> {
    let to = geometry.output(shape).expect("the input fits the layer");
    assert_eq!(geometry.inputs, geometry.outputs, "depthwise channels");
    assert_eq!(input.len(), shape.len(), "input");
    assert_eq!(gradient.len(), to.len(), "gradient");
    let (kernel, channels) = (geometry.kernel, shape.channels);
    let lines = to.batch * to.height;
    let small = to.len() * kernel * kernel < 200_000;
    let threads = if small {
        1
    } else {
        rayon::current_num_threads().min(lines)
    };
    let part = |t: usize| {
        let mut sums = vec![0.0_f32; kernel * kernel * channels];
        let mut line_copy = Vec::new();
        for line in lines * t / threads..lines * (t + 1) / threads {
            let (picture, y) = (line / to.height, line % to.height);
            let top = (y * geometry.stride) as isize - geometry.padding.top as isize;
            // The copy streams the line into cache; the strided reads below would not.
            line_copy.clear();
            line_copy
                .extend_from_slice(&gradient[line * to.width * channels..][..to.width * channels]);
            let taps = clip(top, kernel, shape.height);
            for ky in taps.0..taps.1 {
                let row = picture * shape.height + (top + ky as isize) as usize;
                let source = &input[row * shape.width * channels..][..shape.width * channels];
                let sums = &mut sums[ky * kernel * channels..][..kernel * channels];
                add_row(isa, geometry, channels, source, &line_copy, sums);
            }
        }
        sums
    };
    let mut parts: Vec<Vec<f32>> = match threads {
        0 => vec![vec![0.0; kernel * kernel * channels]],
        1 => vec![part(0)],
        _ => (0..threads).into_par_iter().map(part).collect(),
    };
    let rest = parts.split_off(1);
    let mut total = parts.swap_remove(0);
    for sum in rest {
        total.iter_mut().zip(&sum).for_each(|(t, s)| *t += s);
    }
    let mut weight = vec![0.0; total.len()];
    for (tap, values) in total.chunks_exact(channels.max(1)).enumerate() {
        for (channel, value) in values.iter().enumerate() {
            weight[channel * kernel * kernel + tap] = *value;
        }
    }
    weight
}

/// One output row against one input row. For each kernel column `first` to `last` (columns of the
/// output whose tap is inside of the picture) bound the sum.
struct Row<'a> {
    geometry: Geometry,
    channels: usize,
    source: &'a [f32],
    gradient: &'a [f32],
    sums: *mut f32,
}

fn add_row(
    isa: Isa,
    geometry: Geometry,
    channels: usize,
    source: &[f32],
    gradient: &[f32],
    sums: &mut [f32],
) {
    assert_eq!(sums.len(), geometry.kernel * channels, "sums");
    let row = Row {
        geometry,
        channels,
        source,
        gradient,
        sums: sums.as_mut_ptr(),
    };
    // SAFETY: `sums` holds kernel · channels floats; source and gradient are whole rows. An `Isa`
    // value exists only where the machine has the set.
    unsafe {
        match (isa.set(), geometry.kernel) {
            #[cfg(target_arch = "x86_64")]
            (Set::Avx512, 3) => row_avx512::<3>(&row),
            #[cfg(target_arch = "x86_64")]
            (Set::Avx512, 5) => row_avx512::<5>(&row),
            #[cfg(target_arch = "x86_64")]
            (Set::Avx512, _) => row_avx512::<1>(&row),
            #[cfg(target_arch = "x86_64")]
            (Set::Avx2, 3) => row_avx2::<3>(&row),
            #[cfg(target_arch = "x86_64")]
            (Set::Avx2, _) => row_avx2::<1>(&row),
            (Set::Portable, _) => row.run::<PortableSimd, 1>(),
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f")]
unsafe fn row_avx512<const K: usize>(row: &Row<'_>) {
    // SAFETY: the caller's promise, with the feature enabled here.
    unsafe { row.run::<super::isa::Avx512Simd, K>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
unsafe fn row_avx2<const K: usize>(row: &Row<'_>) {
    // SAFETY: the caller's promise, with the features enabled here.
    unsafe { row.run::<super::isa::Avx2Simd, K>() }
}

impl Row<'_> {
    /// `K` kernel columns at a time; the kernel is a multiple of `K`.
    ///
    /// # Safety
    /// `sums` holds kernel · channels floats, source and gradient are whole rows of `channels`,
    /// and the set is available.
    #[inline(always)]
    unsafe fn run<S: Simd, const K: usize>(&self) {
        for channel in (0..self.channels).step_by(S::LANES) {
            let count = (self.channels - channel).min(S::LANES);
            for tap in (0..self.geometry.kernel).step_by(K) {
                // SAFETY: `channel + count` ≤ channels and `tap + K` ≤ kernel.
                unsafe {
                    if count == S::LANES {
                        self.taps::<S, K, true>(channel, count, tap);
                    } else {
                        self.taps::<S, K, false>(channel, count, tap);
                    }
                }
            }
        }
    }

    #[inline(always)]
    unsafe fn taps<S: Simd, const K: usize, const FULL: bool>(
        &self,
        channel: usize,
        count: usize,
        tap: usize,
    ) {
        const PIXELS: usize = 4;
        let Geometry {
            stride, padding, ..
        } = self.geometry;
        let channels = self.channels;
        let width = (self.source.len() / channels) as isize;
        let columns = self.gradient.len() / channels;
        let left = tap as isize - padding.left as isize;
        // Output columns whose K taps are all inside; the few others one tap at a time.
        let step = stride as isize;
        let first = usize::try_from((-left + step - 1).div_euclid(step)).unwrap_or(0);
        let end = usize::try_from((width - K as isize - left).div_euclid(step) + 1).unwrap_or(0);
        let end = end.min(columns);
        let first = first.min(end);
        // SAFETY: inner columns read taps inside of the row; the others are checked one by one.
        unsafe {
            let load = |p: *const f32| {
                if FULL {
                    S::load(p)
                } else {
                    S::load_part(p, count)
                }
            };
            let mut sums = [[S::splat(0.0); K]; PIXELS];
            let source = self
                .source
                .as_ptr()
                .wrapping_offset(left * channels as isize + channel as isize);
            let gradient = self.gradient.as_ptr().add(channel);
            for x in (0..first).chain(end..columns) {
                let g = load(gradient.add(x * channels));
                for (kx, sum) in sums[0].iter_mut().enumerate() {
                    let column = left + (x * stride + kx) as isize;
                    if (0..width).contains(&column) {
                        let at = self
                            .source
                            .as_ptr()
                            .add(column as usize * channels + channel);
                        *sum = S::mul_add(load(at), g, *sum);
                    }
                }
            }
            let mut x = first;
            while x + PIXELS <= end {
                for (pixel, sums) in sums.iter_mut().enumerate() {
                    let g = load(gradient.add((x + pixel) * channels));
                    let at = source.wrapping_add((x + pixel) * stride * channels);
                    for (kx, sum) in sums.iter_mut().enumerate() {
                        *sum = S::mul_add(load(at.wrapping_add(kx * channels)), g, *sum);
                    }
                }
                x += PIXELS;
            }
            while x < end {
                let g = load(gradient.add(x * channels));
                let at = source.wrapping_add(x * stride * channels);
                for (kx, sum) in sums[0].iter_mut().enumerate() {
                    *sum = S::mul_add(load(at.wrapping_add(kx * channels)), g, *sum);
                }
                x += 1;
            }
            let [first, second, third, fourth] = sums;
            let pairs = first
                .into_iter()
                .zip(second)
                .zip(third.into_iter().zip(fourth));
            for (kx, ((a, b), (c, d))) in pairs.enumerate() {
                let out = self.sums.add((tap + kx) * channels + channel);
                let pairs = S::add(S::add(a, b), S::add(c, d));
                let total = S::add(load(out), pairs);
                if FULL {
                    S::store(out, total);
                } else {
                    S::store_part(out, count, total);
                }
            }
        }
    }
}
