//! The Gaussian error linear unit, forward and backward.
//!
//! - **Computes** x · Φ(x), and from dy the gradient of x.
//! - **Input, output** slices of equal length.
//! - **Source** Hendrycks & Gimpel, "Gaussian Error Linear Units" (2016); the error function by
//!   Abramowitz & Stegun 7.1.26.
//! - **Deviations** that approximation is at most 1.5·10⁻⁷ off.

use super::isa::Isa;
use super::lanes::exp;
use rayon::prelude::*;

/// Floats per task.
const BLOCK: usize = 64 * 1024;

/// Φ(x) and e^(−x²/2).
#[inline(always)]
fn normal(x: f32) -> (f32, f32) {
    let z = x.abs() * std::f32::consts::FRAC_1_SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * z);
    let mut sum = 0.0;
    for factor in [
        1.061_405_4,
        -1.453_152,
        1.421_413_7,
        -0.284_496_74,
        0.254_829_6,
    ] {
        sum = (sum + factor) * t;
    }
    let bell = exp(-z * z);
    let tail = 0.5 * sum * bell;
    (if x > 0.0 { 1.0 - tail } else { tail }, bell)
}

/// x · Φ(x)
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn gelu(x: &[f32], out: &mut [f32]) {
    assert_eq!(x.len(), out.len(), "activated");
    let isa = Isa::detect();
    let run = |x: &[f32], out: &mut [f32]| {
        for (y, &x) in out.iter_mut().zip(x) {
            *y = x * normal(x).0;
        }
    };
    x.par_chunks(BLOCK)
        .zip(out.par_chunks_mut(BLOCK))
        .for_each(|(x, out)| isa.run(|| run(x, out)));
}

/// From dy, in `gradient`, to dx in place: Φ(x) + x · φ(x) times dy.
///
/// # Panics
/// Where lengths differ: a bug of the caller.
pub fn gelu_backward(x: &[f32], gradient: &mut [f32]) {
    /// 1 / √(2 π)
    const HEIGHT: f32 = 0.398_942_3;
    assert_eq!(x.len(), gradient.len(), "gradient");
    let isa = Isa::detect();
    let run = |x: &[f32], gradient: &mut [f32]| {
        for (g, &x) in gradient.iter_mut().zip(x) {
            let (below, bell) = normal(x);
            *g *= below + x * bell * HEIGHT;
        }
    };
    x.par_chunks(BLOCK)
        .zip(gradient.par_chunks_mut(BLOCK))
        .for_each(|(x, g)| isa.run(|| run(x, g)));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Φ(1) = .8413447, Φ(2) = .9772499 (Abramowitz & Stegun, table 26.1).
    #[test]
    fn it_is_the_tables() {
        let x = [0.0, 1.0, -1.0, 2.0, -30.0];
        let mut y = [0.0; 5];
        gelu(&x, &mut y);
        for (y, expected) in y
            .iter()
            .zip([0.0, 0.841_344_7, -0.158_655_3, 1.954_499_7, 0.0])
        {
            assert!((y - expected).abs() < 1e-6, "{y} {expected}");
        }
    }

    #[test]
    fn its_gradient_is_the_slope() {
        let x: Vec<f32> = (-40..40).map(|i| i as f32 / 10.0 + 0.03).collect();
        let mut slope = vec![2.0; x.len()];
        gelu_backward(&x, &mut slope);
        let at = |shift: f32| {
            let moved: Vec<f32> = x.iter().map(|x| x + shift).collect();
            let mut y = vec![0.0; x.len()];
            gelu(&moved, &mut y);
            y
        };
        for ((high, low), slope) in at(1e-2).iter().zip(at(-1e-2)).zip(slope) {
            assert!(
                ((high - low) / 1e-2 - slope).abs() < 2e-4,
                "{high} {low} {slope}"
            );
        }
    }
}
