//! Sums and exponentials that compilers turn into vector code.
//!
//! - **Computes** Σ f(a, b) in sixteen running sums, and eˣ.
//! - **Input** slices of equal length; x of any size. **Output** as said; eˣ is relative 2·10⁻⁷ off
//!   at most.
//! - **Source** eˣ = 2ⁿ · eʳ with |r| ≤ ln 2 / 2 and the Taylor polynomial of degree seven, whose
//!   first missing term is below 6·10⁻⁹.
//! - **Deviations** x is held within −87..88, so that neither zero nor infinity comes out; a NaN
//!   stays one.

const LANES: usize = 16;

/// Σ f(a, b) in a fixed order.
#[inline(always)]
pub(super) fn sum(a: &[f32], b: &[f32], f: impl Fn(f32, f32) -> f32) -> f32 {
    let (a, a_rest) = a.as_chunks::<LANES>();
    let (b, b_rest) = b.as_chunks::<LANES>();
    let mut lanes = [0.0_f32; LANES];
    for (a, b) in a.iter().zip(b) {
        for ((sum, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *sum += f(*a, *b);
        }
    }
    let rest = a_rest.iter().zip(b_rest).map(|(a, b)| f(*a, *b));
    lanes.iter().sum::<f32>() + rest.sum::<f32>()
}

/// Whether no number is a NaN or an infinity; without branches, so that it is vector code.
#[inline(always)]
pub(super) fn finite(values: &[f32]) -> bool {
    const INFINITE: u32 = 0x7f80_0000;
    let worst = values
        .iter()
        .fold(0, |w, v| (v.to_bits() & INFINITE).max(w));
    worst < INFINITE
}

/// eˣ
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    // 1.5 · 2²³: adding it rounds to an integer, which is then in the low bits.
    const ROUND: f32 = 12_582_912.0;
    // ln 2 in two parts; the first has few bits, so that n times it is exact.
    const HIGH: f32 = 355.0 / 512.0;
    const LOW: f32 = -2.121_944_4e-4;
    let x = if x < -87.0 { -87.0 } else { x };
    let x = if x > 88.0 { 88.0 } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = x - n * HIGH - n * LOW;
    let mut y = 1.0 / 5040.0;
    for factor in [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ] {
        y = y * r + factor;
    }
    let power = (shifted.to_bits() << 23).wrapping_add(127 << 23);
    y * f32::from_bits(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exponentials_are_the_librarys() {
        for i in -8600..8800 {
            let x = i as f32 / 100.0;
            let (found, expected) = (f64::from(exp(x)), f64::from(x).exp());
            assert!(
                (found / expected - 1.0).abs() < 2e-7,
                "{x}: {found} {expected}"
            );
        }
        assert!(exp(f32::NAN).is_nan());
        assert!(exp(f32::NEG_INFINITY) < 1e-37 && exp(f32::INFINITY) > 1e38);
    }

    #[test]
    fn sums_have_a_rest() {
        let a: Vec<f32> = (0..35).map(|i| i as f32).collect();
        // 0² + … + 34² = 34 · 35 · 69 / 6
        assert_eq!(sum(&a, &a, |a, b| a * b), 13_685.0);
    }
}
