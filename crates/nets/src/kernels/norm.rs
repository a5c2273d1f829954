//! Batch normalisation with residual and activation, forward and backward, in fused passes.
//!
//! - **Computes** y = act((z − μ)/√(σ² + ε) · γ + β + residual) with the batch's own μ and σ², and
//!   from dy the gradients of z, γ, β and of the residual.
//! - **Input** z channels-last, `pixels × channels`; **output** of the same shape. Variances are
//!   biased (divided by the pixels), as the forward pass uses them.
//! - **Source** Ioffe & Szegedy (2015). Moments are taken block by block in two passes over a
//!   block that is in cache, and joined by Chan's formula in double precision: no cancellation.
//! - **Deviations** none; sums are joined in block order, whatever the threads.

use rayon::prelude::*;

/// An elementwise function after normalisation. All map zero to zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rectifier {
    /// x
    Identity,
    /// max(x, 0)
    Relu,
    /// min(max(x, 0), 6)
    Relu6,
    /// x where positive, `slope · x` elsewhere.
    Leaky(f32),
}

impl Rectifier {
    /// The value. A NaN stays one.
    #[inline(always)]
    #[must_use]
    pub fn value(self, x: f32) -> f32 {
        match self {
            Self::Identity => x,
            Self::Relu if x < 0.0 => 0.0,
            Self::Relu6 if x < 0.0 => 0.0,
            Self::Relu6 if x > 6.0 => 6.0,
            Self::Leaky(slope) if x < 0.0 => slope * x,
            Self::Relu | Self::Relu6 | Self::Leaky(_) => x,
        }
    }

    /// The derivative, 0 at the kinks (as PyTorch has it), given the *value*, which for all of
    /// these tells as much as the argument.
    #[inline(always)]
    #[must_use]
    pub fn slope(self, y: f32) -> f32 {
        let inside = match self {
            Self::Identity => true,
            Self::Relu | Self::Leaky(_) => y > 0.0,
            Self::Relu6 => y > 0.0 && y < 6.0,
        };
        match self {
            Self::Leaky(slope) if !inside => slope,
            _ => f32::from(u8::from(inside)),
        }
    }
}

/// Floats per block: a quarter of a second-level cache of one MiB.
const BLOCK: usize = 64 * 1024;

fn block(channels: usize) -> usize {
    (BLOCK / channels.max(1)).max(1) * channels.max(1)
}

/// Mean and biased variance of each channel of `z`.
#[must_use]
pub fn moments(z: &[f32], channels: usize) -> (Vec<f64>, Vec<f64>) {
    let parts: Vec<(usize, Vec<f32>, Vec<f32>)> = z
        .par_chunks(block(channels))
        .map(|z| {
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
        })
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
    (scale, shift): (&[f32], &[f32]),
    residual: Option<&[f32]>,
    act: Rectifier,
    out: &mut [f32],
) {
    // One loop per rectifier, so that each is straight vector code.
    match act {
        Rectifier::Identity => affine(z, (scale, shift), residual, out, |x| x),
        Rectifier::Relu => affine(z, (scale, shift), residual, out, |x| act_relu(x)),
        Rectifier::Relu6 => affine(z, (scale, shift), residual, out, |x| {
            let x = act_relu(x);
            if x > 6.0 { 6.0 } else { x }
        }),
        Rectifier::Leaky(slope) => affine(z, (scale, shift), residual, out, move |x| {
            if x < 0.0 { slope * x } else { x }
        }),
    }
}

#[inline(always)]
fn act_relu(x: f32) -> f32 {
    if x < 0.0 { 0.0 } else { x }
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
    let size = block(channels);
    match residual {
        None => z
            .par_chunks(size)
            .zip(out.par_chunks_mut(size))
            .for_each(|(z, out)| {
                for (z, out) in z.chunks_exact(channels).zip(out.chunks_exact_mut(channels)) {
                    for (((y, z), s), b) in out.iter_mut().zip(z).zip(scale).zip(shift) {
                        *y = act(z * s + b);
                    }
                }
            }),
        Some(rest) => {
            assert_eq!(rest.len(), out.len(), "residual");
            z.par_chunks(size)
                .zip(out.par_chunks_mut(size))
                .zip(rest.par_chunks(size))
                .for_each(|((z, out), rest)| {
                    let pixels = z.chunks_exact(channels).zip(rest.chunks_exact(channels));
                    for ((z, r), out) in pixels.zip(out.chunks_exact_mut(channels)) {
                        let z = z.iter().zip(r);
                        for (((y, (z, r)), s), b) in out.iter_mut().zip(z).zip(scale).zip(shift) {
                            *y = act(z * s + b + r);
                        }
                    }
                });
        }
    }
}

/// g = dy · act′, in place, from the activation's output `y`.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn rectifier_backward(act: Rectifier, y: &[f32], gradient: &mut [f32]) {
    assert_eq!(y.len(), gradient.len(), "gradient");
    let each = |f: fn(f32, f32) -> f32, gradient: &mut [f32]| {
        gradient
            .par_chunks_mut(BLOCK)
            .zip(y.par_chunks(BLOCK))
            .for_each(|(g, y)| g.iter_mut().zip(y).for_each(|(g, y)| *g = f(*g, *y)));
    };
    match act {
        Rectifier::Identity => {}
        Rectifier::Relu => each(|g, y| if y > 0.0 { g } else { 0.0 }, gradient),
        Rectifier::Relu6 => each(|g, y| if y > 0.0 && y < 6.0 { g } else { 0.0 }, gradient),
        Rectifier::Leaky(slope) => gradient
            .par_chunks_mut(BLOCK)
            .zip(y.par_chunks(BLOCK))
            .for_each(|(g, y)| {
                for (g, y) in g.iter_mut().zip(y) {
                    *g *= if *y > 0.0 { 1.0 } else { slope };
                }
            }),
    }
}

/// Sum over pixels of each channel: the gradient of a bias.
#[must_use]
pub fn channel_sums(g: &[f32], channels: usize) -> Vec<f32> {
    let parts: Vec<Vec<f32>> = g
        .par_chunks(block(channels))
        .map(|g| {
            let mut sums = vec![0.0_f32; channels];
            for pixel in g.chunks_exact(channels) {
                sums.iter_mut().zip(pixel).for_each(|(s, v)| *s += v);
            }
            sums
        })
        .collect();
    join(&parts, channels)
}

fn join(parts: &[Vec<f32>], length: usize) -> Vec<f32> {
    let mut total = vec![0.0_f64; length];
    for part in parts {
        total
            .iter_mut()
            .zip(part)
            .for_each(|(t, s)| *t += f64::from(*s));
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

/// From g = dy · act′ to dz, in place; gives (dγ, dβ).
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn norm_backward(state: &NormState, z: &[f32], gradient: &mut [f32]) -> (Vec<f32>, Vec<f32>) {
    let channels = state.gamma.len();
    assert_eq!(z.len(), gradient.len(), "gradient");
    let size = block(channels);
    let (mean, inverse) = (&state.mean[..channels], &state.inverse[..channels]);
    let parts: Vec<Vec<f32>> = gradient
        .par_chunks(size)
        .zip(z.par_chunks(size))
        .map(|(g, z)| {
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
        })
        .collect();
    let mut gamma = join(&parts, 2 * channels);
    let beta: Vec<f32> = gamma.drain(..channels).collect();
    gamma.iter_mut().zip(inverse).for_each(|(g, i)| *g *= i);
    // dz = γ·i·(g − β̄ − x̂·γ̄) = g·a + z·b + c with the two means β̄ and γ̄.
    let pixels = (z.len() / channels.max(1)) as f32;
    let mut factors = (Vec::new(), Vec::new(), Vec::new());
    for c in 0..channels {
        let a = state.gamma[c] * inverse[c];
        let b = -a * inverse[c] * gamma[c] / pixels;
        factors.0.push(a);
        factors.1.push(b);
        factors.2.push(-a * beta[c] / pixels - b * mean[c]);
    }
    let (a, b, c) = (&factors.0[..], &factors.1[..], &factors.2[..]);
    gradient
        .par_chunks_mut(size)
        .zip(z.par_chunks(size))
        .for_each(|(g, z)| {
            for (g, z) in g.chunks_exact_mut(channels).zip(z.chunks_exact(channels)) {
                let factors = a.iter().zip(b).zip(c);
                for ((g, z), ((a, b), c)) in g.iter_mut().zip(z).zip(factors) {
                    *g = *g * a + z * b + c;
                }
            }
        });
    (gamma, beta)
}
