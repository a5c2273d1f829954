//! The Fréchet distance of two collections, as if both were normally distributed.
//!
//! - **Computes** ‖m − n‖² + tr(A + B − 2 (A½ B A½)½) of means and covariances.
//! - **Input** features `[n, d]`. **Output** 0 for the same distribution, larger for others.
//! - **Source** Heusel et al. (2017); Dowson & Landau (1982).
//! - **Deviations** the network is stated by the caller; published figures are of InceptionV3.

use nalgebra::{DMatrix, SymmetricEigen};

/// The distance. It is larger the fewer rows there are; compare only what has as many.
#[must_use]
pub fn frechet_distance(a: &[f32], b: &[f32], width: usize) -> f64 {
    let ((m, a), (n, b)) = (moments(a, width), moments(b, width));
    let apart: f64 = m.iter().zip(&n).map(|(m, n)| (m - n).powi(2)).sum();
    let traces = a.trace() + b.trace();
    let SymmetricEigen {
        eigenvectors,
        eigenvalues,
    } = SymmetricEigen::new(a);
    let roots = eigenvalues.map(|v| v.max(0.0).sqrt());
    let scaled = DMatrix::from_fn(width, width, |r, c| eigenvectors[(r, c)] * roots[c]);
    let root = scaled * eigenvectors.transpose();
    let product = &root * b * &root;
    let both: f64 = SymmetricEigen::new(product)
        .eigenvalues
        .iter()
        .map(|v| v.max(0.0).sqrt())
        .sum();
    apart + traces - 2.0 * both
}

fn moments(rows: &[f32], width: usize) -> (Vec<f64>, DMatrix<f64>) {
    let count = rows.len() / width;
    let all = DMatrix::from_row_iterator(count, width, rows.iter().map(|x| f64::from(*x)));
    let mean: Vec<f64> = all
        .column_iter()
        .map(|c| c.sum() / count.max(1) as f64)
        .collect();
    let centered = DMatrix::from_fn(count, width, |r, c| all[(r, c)] - mean[c]);
    let covariance = centered.tr_mul(&centered) / (count.max(2) - 1) as f64;
    (mean, covariance)
}

#[cfg(test)]
mod tests {
    use super::frechet_distance;
    use affetti_ground::Normal;

    #[test]
    fn by_hand_in_one_dimension() {
        // Means 1 and 5, deviations √2 and 2√2: 16 + 2 + 8 − 2 · 4.
        let found = frechet_distance(&[0.0, 2.0], &[3.0, 7.0], 1);
        assert!((found - 18.0).abs() < 1e-9, "{found}");
    }

    #[test]
    fn turned_and_moved() {
        let rows = Normal::new(1).many(500 * 3, 1.0);
        assert!(frechet_distance(&rows, &rows, 3).abs() < 1e-6);
        let moved: Vec<f32> = rows.iter().map(|x| x + 2.0).collect();
        assert!((frechet_distance(&rows, &moved, 3) - 12.0).abs() < 1e-3);
    }
}
