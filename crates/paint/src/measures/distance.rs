//! Distances between collections of pictures in the space of a network's features.
//!
//! - **Computes** KID: the squared maximum mean discrepancy under the kernel (x·y / d + 1)³, unbiased, the
//!   mean over blocks. And variety: how far painted pictures are from each other, compared with real ones.
//! - **Input** features `[n, d]`. **Output** KID around 0 for two halves of one collection, larger for
//!   others, possibly just below 0.
//! - **Source** Binkowski et al., "Demystifying MMD GANs" (2018).
//! - **Deviations** the network is stated by the caller; published figures are of InceptionV3.

use rayon::prelude::*;

/// Most pictures of a block.
const BLOCK: usize = 1000;
/// Blocks at least, as far as each has [`FEW`] pictures: their spread is the error.
const BLOCKS: usize = 5;
const FEW: usize = 100;

/// KID with its standard error over blocks (not a number where there is only one). Rows have to come in a random
/// order.
///
/// # Panics
/// Where a collection is no whole number of rows: a bug of the caller.
#[must_use]
pub fn kernel_distance(a: &[f32], b: &[f32], width: usize) -> (f64, f64) {
    let rows = |all: &[f32]| all.len().is_multiple_of(width);
    assert!(rows(a) && rows(b), "rows");
    let rows = (a.len() / width).min(b.len() / width);
    let size = (rows / BLOCKS).clamp(FEW, BLOCK).min(rows).max(1);
    let blocks = (rows / size).max(1);
    let of = |all: &[f32], n: usize| all[n * size * width..(n + 1) * size * width].to_vec();
    let values: Vec<f64> = (0..blocks)
        .map(|n| block(&of(a, n), &of(b, n), width))
        .collect();
    let mean = values.iter().sum::<f64>() / blocks as f64;
    let square = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>();
    let error = match blocks {
        0 | 1 => f64::NAN,
        n => (square / (n - 1) as f64 / n as f64).sqrt(),
    };
    (mean, error)
}

/// Unbiased squared discrepancy of two collections of one size.
fn block(a: &[f32], b: &[f32], width: usize) -> f64 {
    let n = (a.len() / width) as f64;
    let within = |x: &[f32]| {
        let all = kernel_sum(x, x, width);
        let own: f64 = x.chunks_exact(width).map(|row| kernel(row, row)).sum();
        (all - own) / (n * (n - 1.0).max(1.0))
    };
    within(a) + within(b) - 2.0 * kernel_sum(a, b, width) / (n * n)
}

fn kernel_sum(a: &[f32], b: &[f32], width: usize) -> f64 {
    let sums: Vec<f64> = a
        .par_chunks_exact(width)
        .map(|x| b.chunks_exact(width).map(|y| kernel(x, y)).sum())
        .collect();
    sums.iter().sum()
}

fn kernel(x: &[f32], y: &[f32]) -> f64 {
    (f64::from(dot(x, y)) / x.len() as f64 + 1.0).powi(3)
}

/// In eight lanes, so that the compiler can use them.
pub(crate) fn dot(x: &[f32], y: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 8];
    let (a, rest_a) = x.as_chunks::<8>();
    let (b, rest_b) = y.as_chunks::<8>();
    for (a, b) in a.iter().zip(b) {
        for (lane, (x, y)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += x * y;
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(x, y)| x * y).sum();
    lanes.iter().sum::<f32>() + rest
}

/// Mean squared distance from the mean.
#[must_use]
pub fn variety(rows: &[f32], width: usize) -> f64 {
    let n = (rows.len() / width).max(1) as f64;
    let mut mean = vec![0.0_f64; width];
    let mut squares = 0.0;
    for row in rows.chunks_exact(width) {
        for (m, x) in mean.iter_mut().zip(row) {
            *m += f64::from(*x) / n;
            squares += f64::from(*x).powi(2) / n;
        }
    }
    squares - mean.iter().map(|m| m * m).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::{kernel_distance, variety};
    use affetti_ground::Normal;

    #[test]
    fn by_hand() {
        // One dimension, two rows each: k(x, y) = (xy + 1)³. Within {0, 1}: k(0, 1) = 1; within {2, 3}:
        // 7³ = 343; between: k(0, ·) = 1, 1, k(1, ·) = 27, 64: mean 93 / 4.
        let (value, error) = kernel_distance(&[0.0, 1.0], &[2.0, 3.0], 1);
        assert!(
            (value - (1.0 + 343.0 - 2.0 * 93.0 / 4.0)).abs() < 1e-9,
            "{value}"
        );
        assert!(error.is_nan(), "one block has no spread");
    }

    #[test]
    fn halves_of_one_collection_are_near_and_others_far() {
        let rows = |seed, shift: f32| -> Vec<f32> {
            let rows = Normal::new(seed).many(200 * 16, 1.0);
            rows.into_iter().map(|x| x + shift).collect()
        };
        let (near, _) = kernel_distance(&rows(1, 0.0), &rows(2, 0.0), 16);
        let (far, _) = kernel_distance(&rows(1, 0.0), &rows(2, 1.0), 16);
        assert!(near.abs() < 0.05, "{near}");
        assert!(far > 1.0, "{far}");
    }

    #[test]
    fn variety_of_a_square() {
        let corners = [0.0, 0.0, 0.0, 2.0, 2.0, 0.0, 2.0, 2.0];
        assert!((variety(&corners, 2) - 2.0).abs() < 1e-9);
        assert!(variety(&[3.0, 4.0, 3.0, 4.0], 2).abs() < 1e-9);
    }
}
