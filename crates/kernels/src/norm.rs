//! Batch normalisation with residual and activation, forward and backward, in fused passes.
//!
//! - **Computes** y = act((z − μ)/√(σ² + ε) · γ + β + residual) with the batch's own μ and σ², and
//!   from dy the gradients of z, γ, β and of the residual.
//! - **Input** z channels-last, `pixels × channels`; **output** of the same shape. Variances are
//!   biased (divided by the pixels), as the forward pass uses them.
//! - **Source** Ioffe & Szegedy (2015). Moments are taken block by block in two passes over a
//!   block that is in cache, and joined by Chan's formula in double precision: no cancellation.
//! - **Deviations** none; sums are joined in block order, whatever the threads.

use super::activation::Activation;
use super::isa::Isa;
use rayon::prelude::*;

/// Floats per block: a quarter of a second-level cache of one MiB.
const BLOCK: usize = 64 * 1024;

fn block(channels: usize) -> usize {
    (BLOCK / channels.max(1)).max(1) * channels.max(1)
}

/// Mean and biased variance of each channel of `z`.
#[must_use]
pub fn moments(z: &[f32], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let isa = Isa::detect();
    let part = |z: &[f32]| {
        let count = z.len() / channels;
        let mut mean = vec![0.0_f32; channels];
        for pixel in z.chunks_exact(channels) {
            mean.iter_mut().zip(pixel).for_each(|(m, v)| *m += v);
        }
        mean.iter_mut().for_each(|m| *m /= count as f32);
        let mut square = vec![0.0_f32; channels];
        for pixel in z.chunks_exact(channels) {
            for ((s, m), v) in square.iter_mut().zip(&mean).zip(pixel) {
                *s += (v - m) * (v - m);
            }
        }
        (count, mean, square)
    };
    let parts: Vec<(usize, Vec<f32>, Vec<f32>)> = z
        .par_chunks(block(channels))
        .map(|z| isa.run(|| part(z)))
        .collect();
    let (mut mean, mut square) = (vec![0.0; channels], vec![0.0; channels]);
    let mut total = 0.0;
    for (count, part_mean, part_square) in parts {
        let count = count as f64;
        let share = count / (total + count);
        for (c, (m, s)) in mean.iter_mut().zip(&mut square).enumerate() {
            let difference = f64::from(part_mean[c]) - *m;
            *m += difference * share;
            *s += f64::from(part_square[c]) + difference * difference * total * share;
        }
        total += count;
    }
    square.iter_mut().for_each(|s| *s /= total);
    (mean, square)
}

/// y = act(z · scale + shift + residual), per channel, into `out`.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn scale_shift(
    z: &[f32],
    factors: (&[f32], &[f32]),
    residual: Option<&[f32]>,
    act: Activation,
    out: &mut [f32],
) {
    // One loop per rectifier, so that each is straight vector code.
    match act {
        Activation::Identity => affine(z, factors, residual, out, |x| x),
        Activation::Relu => affine(z, factors, residual, out, |x| Activation::Relu.value(x)),
        Activation::Relu6 => affine(z, factors, residual, out, |x| Activation::Relu6.value(x)),
        Activation::Leaky(slope) => {
            affine(z, factors, residual, out, |x| {
                Activation::Leaky(slope).value(x)
            });
        }
    }
}

fn affine(
    z: &[f32],
    (scale, shift): (&[f32], &[f32]),
    residual: Option<&[f32]>,
    out: &mut [f32],
    act: impl Fn(f32) -> f32 + Sync,
) {
    let channels = scale.len();
    assert_eq!(z.len(), out.len(), "normalised");
    assert_eq!(shift.len(), channels, "shift");
    let (isa, size) = (Isa::detect(), block(channels));
    let length = out.len();
    let pairs = z.par_chunks(size).zip(out.par_chunks_mut(size));
    let Some(rest) = residual else {
        let run = |z: &[f32], out: &mut [f32]| {
            for (z, out) in z.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
                for (((y, z), s), b) in out.iter_mut().zip(z).zip(scale).zip(shift) {
                    *y = act(z * s + b);
                }
            }
        };
        pairs.for_each(|(z, out)| isa.run(|| run(z, out)));
        return;
    };
    assert_eq!(rest.len(), length, "residual");
    let run = |z: &[f32], rest: &[f32], out: &mut [f32]| {
        let pixels = z.chunks_exact(channels).zip(rest.chunks_exact(channels));
        for ((z, r), out) in pixels.zip(out.chunks_exact_mut(channels)) {
            let z = z.iter().zip(r);
            for (((y, (z, r)), s), b) in out.iter_mut().zip(z).zip(scale).zip(shift) {
                *y = act(z * s + b + r);
            }
        }
    };
    pairs
        .zip(rest.par_chunks(size))
        .for_each(|((z, out), rest)| isa.run(|| run(z, rest, out)));
}

/// y = act(y + residual), in place.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub(crate) fn rectify_values(act: Activation, residual: Option<&[f32]>, values: &mut [f32]) {
    let isa = Isa::detect();
    // One loop per rectifier, so that each is straight vector code.
    let run = |y: &mut [f32], rest: Option<&[f32]>| {
        if let Some(rest) = rest {
            y.iter_mut().zip(rest).for_each(|(y, r)| *y += r);
        }
        match act {
            Activation::Identity => {}
            Activation::Relu => y.iter_mut().for_each(|y| *y = Activation::Relu.value(*y)),
            Activation::Relu6 => y.iter_mut().for_each(|y| *y = Activation::Relu6.value(*y)),
            Activation::Leaky(slope) => {
                let act = Activation::Leaky(slope);
                y.iter_mut().for_each(|y| *y = act.value(*y));
            }
        }
    };
    match residual {
        None => values
            .par_chunks_mut(BLOCK)
            .for_each(|y| isa.run(|| run(y, None))),
        Some(rest) => {
            assert_eq!(rest.len(), values.len(), "residual");
            let parts = values.par_chunks_mut(BLOCK).zip(rest.par_chunks(BLOCK));
            parts.for_each(|(y, rest)| isa.run(|| run(y, Some(rest))));
        }
    }
}

/// g = dy · act′ for a piece, in place.
#[inline(always)]
fn rectify(act: Activation, y: &[f32], g: &mut [f32]) {
    let pairs = g.iter_mut().zip(y);
    match act {
        Activation::Identity => {}
        Activation::Relu => pairs.for_each(|(g, y)| *g = if *y > 0.0 { *g } else { 0.0 }),
        Activation::Relu6 => pairs.for_each(|(g, y)| {
            // One comparison at a time: a short-circuit would keep the loop scalar.
            let above = if *y > 0.0 { *g } else { 0.0 };
            *g = if *y < 6.0 { above } else { 0.0 };
        }),
        Activation::Leaky(slope) => {
            pairs.for_each(|(g, y)| *g *= if *y > 0.0 { 1.0 } else { slope });
        }
    }
}

/// g = dy · act′, in place, from the activation's output `y`.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn rectifier_backward(act: Activation, y: &[f32], gradient: &mut [f32]) {
    assert_eq!(y.len(), gradient.len(), "gradient");
    if act == Activation::Identity {
        return;
    }
    let isa = Isa::detect();
    gradient
        .par_chunks_mut(BLOCK)
        .zip(y.par_chunks(BLOCK))
        .for_each(|(g, y)| isa.run(|| rectify(act, y, g)));
}

/// Sum over pixels of each channel: the gradient of a bias.
#[must_use]
pub fn channel_sums(g: &[f32], channels: usize) -> Vec<f32> {
    let isa = Isa::detect();
    let part = |g: &[f32]| {
        let mut sums = vec![0.0_f32; channels];
        for pixel in g.chunks_exact(channels) {
            sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += v);
        }
        sums
    };
    let parts: Vec<Vec<f32>> = g
        .par_chunks(block(channels))
        .map(|g| isa.run(|| part(g)))
        .collect();
    join(&parts, channels)
}

pub(super) fn join(parts: &[Vec<f32>], length: usize) -> Vec<f32> {
    let mut total = vec![0.0_f64; length];
    for part in parts {
        for (t, s) in total.iter_mut().zip(part) {
            *t += f64::from(*s);
        }
    }
    total.into_iter().map(|t| t as f32).collect()
}

/// What the backward pass of a batch norm needs beside z and dy.
#[derive(Clone, Debug)]
pub struct NormState {
    /// μ
    pub mean: Vec<f32>,
    /// 1 / √(σ² + ε)
    pub inverse: Vec<f32>,
    /// γ
    pub gamma: Vec<f32>,
}

impl NormState {
    /// From dy to g = dy · act′, in place, and (dγ, dβ), in one pass. `y` is the activation's
    /// output, none where there is no activation.
    ///
    /// # Panics
    /// Where lengths differ: a bug of the caller.
    #[must_use]
    pub fn sums(
        &self,
        z: &[f32],
        act: Activation,
        y: Option<&[f32]>,
        gradient: &mut [f32],
    ) -> (Vec<f32>, Vec<f32>) {
        let channels = self.gamma.len();
        assert_eq!(z.len(), gradient.len(), "gradient");
        assert!(y.is_none_or(|y| y.len() == z.len()), "output");
        let (isa, size) = (Isa::detect(), block(channels));
        let mean = &self.mean[..channels];
        let part = |n: usize, g: &mut [f32], z: &[f32]| {
            if let Some(y) = y {
                rectify(act, &y[n * size..][..g.len()], g);
            }
            let mut sums = vec![0.0_f32; 2 * channels];
            let (plain, weighted) = sums.split_at_mut(channels);
            for (g, z) in g.chunks_exact(channels).zip(z.chunks_exact(channels)) {
                let sums = plain.iter_mut().zip(weighted.iter_mut());
                for (((g, z), m), (p, w)) in g.iter().zip(z).zip(mean).zip(sums) {
                    *p += g;
                    *w += g * (z - m);
                }
            }
            sums
        };
        let parts: Vec<Vec<f32>> = gradient
            .par_chunks_mut(size)
            .zip(z.par_chunks(size))
            .enumerate()
            .map(|(n, (g, z))| isa.run(|| part(n, g, z)))
            .collect();
        let mut gamma = join(&parts, 2 * channels);
        let beta: Vec<f32> = gamma.drain(..channels).collect();
        for (g, i) in gamma.iter_mut().zip(&self.inverse) {
            *g *= i;
        }
        (gamma, beta)
    }

    /// From g to dz, in place, with what [`NormState::sums`] gave.
    ///
    /// # Panics
    /// Where lengths differ: a bug of the caller.
    pub fn finish(&self, z: &[f32], (gamma, beta): (&[f32], &[f32]), gradient: &mut [f32]) {
        let channels = self.gamma.len();
        assert_eq!(z.len(), gradient.len(), "gradient");
        // dz = γ·i·(g − β̄ − x̂·γ̄) = g·a + z·b + c with the means β̄ and γ̄ over all pixels.
        let pixels = (z.len() / channels.max(1)) as f32;
        let mut factors = (Vec::new(), Vec::new(), Vec::new());
        for channel in 0..channels {
            let a = self.gamma[channel] * self.inverse[channel];
            let b = -a * self.inverse[channel] * gamma[channel] / pixels;
            factors.0.push(a);
            factors.1.push(b);
            factors
                .2
                .push(-a * beta[channel] / pixels - b * self.mean[channel]);
        }
        let (a, b, c) = (&factors.0[..], &factors.1[..], &factors.2[..]);
        let run = |g: &mut [f32], z: &[f32]| {
            for (g, z) in g.chunks_exact_mut(channels).zip(z.chunks_exact(channels)) {
                let factors = a.iter().zip(b).zip(c);
                for ((g, z), ((a, b), c)) in g.iter_mut().zip(z).zip(factors) {
                    *g = *g * a + z * b + c;
                }
            }
        };
        let (isa, size) = (Isa::detect(), block(channels));
        gradient
            .par_chunks_mut(size)
            .zip(z.par_chunks(size))
            .for_each(|(g, z)| isa.run(|| run(g, z)));
    }
}
