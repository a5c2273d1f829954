//! Layer normalisation, forward and backward.
//!
//! - **Computes** y = (x − μ)/√(σ² + ε) · γ + β with mean and biased variance over each row, and
//!   from dy the gradients of x, γ and β.
//! - **Input** rows of `gamma.len()` floats; **output** of the same shape.
//! - **Source** Ba, Kiros & Hinton, "Layer Normalization" (2016).
//! - **Deviations** none; sums are joined in a fixed order, whatever the threads.

use super::isa::Isa;
use super::lanes::sum;
use super::norm::join;
use rayon::prelude::*;

/// Floats per task.
const BLOCK: usize = 64 * 1024;

fn block(width: usize) -> usize {
    (BLOCK / width.max(1)).max(1) * width.max(1)
}

/// Mean and 1 / √(σ² + ε) of a row.
#[inline(always)]
fn moments(row: &[f32], epsilon: f32) -> (f32, f32) {
    let count = row.len() as f32;
    let mean = sum(row, row, |x, _| x) / count;
    let variance = sum(row, row, |x, _| (x - mean) * (x - mean)) / count;
    (mean, 1.0 / (variance + epsilon).sqrt())
}

/// Normalises the rows of `x` into `out`.
///
/// # Panics
/// Where lengths do not fit: a bug of the caller.
pub fn layer_norm(x: &[f32], (gamma, beta): (&[f32], &[f32]), epsilon: f32, out: &mut [f32]) {
    let width = gamma.len().max(1);
    assert_eq!(gamma.len(), beta.len(), "β");
    assert_eq!(x.len(), out.len(), "normalised");
    assert_eq!(x.len() % width, 0, "rows");
    let isa = Isa::detect();
    let run = |x: &[f32], out: &mut [f32]| {
        for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
            let (mean, inverse) = moments(x, epsilon);
            for (((y, x), g), b) in out.iter_mut().zip(x).zip(gamma).zip(beta) {
                *y = (x - mean) * inverse * g + b;
            }
        }
    };
    x.par_chunks(block(width))
        .zip(out.par_chunks_mut(block(width)))
        .for_each(|(x, out)| isa.run(|| run(x, out)));
}

/// From dy, in `gradient`, to dx in place; gives dγ and dβ.
///
/// # Panics
/// Where lengths do not fit: a bug of the caller.
#[must_use]
pub fn layer_norm_backward(
    x: &[f32],
    gamma: &[f32],
    epsilon: f32,
    gradient: &mut [f32],
) -> (Vec<f32>, Vec<f32>) {
    let width = gamma.len().max(1);
    assert_eq!(x.len(), gradient.len(), "gradient");
    assert_eq!(x.len() % width, 0, "rows");
    let isa = Isa::detect();
    let part = |x: &[f32], g: &mut [f32]| {
        let mut sums = vec![0.0_f32; 2 * gamma.len()];
        let (for_gamma, for_beta) = sums.split_at_mut(gamma.len());
        let mut normed = vec![0.0_f32; width];
        for (x, g) in x.chunks_exact(width).zip(g.chunks_exact_mut(width)) {
            let (mean, inverse) = moments(x, epsilon);
            for (n, x) in normed.iter_mut().zip(x) {
                *n = (x - mean) * inverse;
            }
            let totals = for_gamma.iter_mut().zip(for_beta.iter_mut());
            for (((g, n), gamma), (a, b)) in g.iter_mut().zip(&normed).zip(gamma).zip(totals) {
                *a += *g * n;
                *b += *g;
                *g *= gamma;
            }
            // dx = (g·γ − mean(g·γ) − x̂ · mean(g·γ·x̂)) / √(σ² + ε)
            let level = sum(g, g, |g, _| g) / width as f32;
            let slope = sum(g, &normed, |g, n| g * n) / width as f32;
            for (g, n) in g.iter_mut().zip(&normed) {
                *g = (*g - level - n * slope) * inverse;
            }
        }
        sums
    };
    let parts: Vec<Vec<f32>> = x
        .par_chunks(block(width))
        .zip(gradient.par_chunks_mut(block(width)))
        .map(|(x, g)| isa.run(|| part(x, g)))
        .collect();
    let mut first = join(&parts, 2 * gamma.len());
    let second = first.split_off(gamma.len());
    (first, second)
}
