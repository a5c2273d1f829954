//! Principal components of many features on few pictures.
//!
//! - **Computes** the `components` directions along which the rows vary most.
//! - **Input** standardised (centred) rows.
//! - **Output** a matrix `[component][feature]` with orthonormal rows, strongest first, each with
//!   its largest entry positive.
//! - **Source** Halko, Martinsson & Tropp, "Finding structure with randomness" (2011), algorithms
//!   4.4 and 5.1: a random sketch of the range, sharpened by power iterations.
//! - **Deviation** none; the seed is an argument.

use super::linear::Matrix;
use nalgebra::{DMatrix, SymmetricEigen};

const OVERSAMPLE: usize = 32;
const POWER_ITERATIONS: usize = 4;

/// The leading directions; fewer where there are fewer rows or columns.
#[must_use]
pub fn components(x: &Matrix, components: usize, seed: u64) -> Vec<Vec<f64>> {
    let (rows, columns) = (x.rows(), x.columns);
    let rank = (components + OVERSAMPLE).min(rows).min(columns);
    let wide = DMatrix::from_fn(columns, rows, |j, i| f64::from(x.row(i)[j]));
    let mut rng = fastrand::Rng::with_seed(seed);
    // Uniform entries serve as well as normal ones: only the range of the product counts.
    let sketch = DMatrix::from_fn(rows, rank, |_, _| rng.f64() - 0.5);
    let mut basis = (&wide * sketch).qr().q();
    for _ in 0..POWER_ITERATIONS {
        let back = wide.tr_mul(&basis).qr().q();
        basis = (&wide * back).qr().q();
    }
    let small = wide.tr_mul(&basis);
    let eigen = SymmetricEigen::new(small.tr_mul(&small));
    let mut order: Vec<usize> = (0..eigen.eigenvalues.len()).collect();
    order.sort_by(|&a, &b| eigen.eigenvalues[b].total_cmp(&eigen.eigenvalues[a]));
    order
        .into_iter()
        .take(components.min(rank))
        .map(|i| {
            let direction = &basis * eigen.eigenvectors.column(i);
            let sign = if direction.max() >= -direction.min() {
                1.0
            } else {
                -1.0
            };
            direction.iter().map(|v| v * sign).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_planted_directions() {
        // 200 features, so that the sketch cannot span them all: rows vary by 3 along (1, 1)/√2 of
        // the first two, by 1 along the third, and by a little noise along the others.
        let mut rng = fastrand::Rng::with_seed(1);
        let mut data = Vec::new();
        for _ in 0..300 {
            let (a, b) = (3.0 * (rng.f32() - 0.5), rng.f32() - 0.5);
            data.extend([a, a, b]);
            data.extend((3..200).map(|_| 0.02 * (rng.f32() - 0.5)));
        }
        let found = components(&Matrix { columns: 200, data }, 2, 9);
        let half = 0.5_f64.sqrt();
        assert!((found[0][0] - half).abs() < 0.02 && (found[0][1] - half).abs() < 0.02);
        assert!((found[1][2].abs() - 1.0).abs() < 0.02, "{found:?}");
        let dot: f64 = found[0].iter().zip(&found[1]).map(|(a, b)| a * b).sum();
        assert!(dot.abs() < 1e-9);
    }
}
