//! Ridge regression in its dual form.
//!
//! - **Computes** the linear map that minimises Σ(y − Wx − b)² + λ‖W‖², with b the mean (features
//!   are centred by the standardiser).
//! - **Input** standardised features, n rows; targets `[row][output]`.
//! - **Source** W = Yᵀ (K + λI)⁻¹ X with K = XXᵀ: with fewer pictures than features the n×n system
//!   is the small one. One Cholesky factorisation serves all outputs.

use super::linear::{Linear, Matrix};
use nalgebra::{DMatrix, DVector};

/// Fits `targets` (all of one length) with penalty `lambda` > 0; none where the system cannot be
/// solved (features that are not finite).
#[must_use]
pub(crate) fn fit(x: &Matrix, targets: &[Vec<f64>], lambda: f64) -> Option<Linear> {
    let n = x.rows();
    let outputs = targets.first()?.len();
    let mut gram = gram(x);
    for i in 0..n {
        gram[(i, i)] += lambda;
    }
    let factor = gram.cholesky()?;
    let mut weights = Vec::with_capacity(outputs);
    let mut bias = Vec::with_capacity(outputs);
    for output in 0..outputs {
        let mean = targets.iter().map(|t| t[output]).sum::<f64>() / n as f64;
        let centred = DVector::from_iterator(n, targets.iter().map(|t| t[output] - mean));
        let dual = factor.solve(&centred);
        let mut row = vec![0.0; x.columns];
        for (i, a) in dual.iter().enumerate() {
            for (w, &v) in row.iter_mut().zip(x.row(i)) {
                *w += a * f64::from(v);
            }
        }
        weights.push(row);
        bias.push(mean);
    }
    Some(Linear { weights, bias })
}

fn gram(x: &Matrix) -> DMatrix<f64> {
    let (rows, columns) = (x.rows(), x.columns);
    let wide = DMatrix::from_fn(columns, rows, |j, i| f64::from(x.row(i)[j]));
    wide.tr_mul(&wide)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_feature_by_hand() {
        // x = ±1, ±2 (centred), y = 2x + 5: w = Σxy / (Σx² + λ) = 20 / (10 + 10) = 1, b = 5.
        let x = Matrix {
            columns: 1,
            data: vec![-2.0, -1.0, 1.0, 2.0],
        };
        let y = [1.0, 3.0, 7.0, 9.0].map(|y| vec![y]);
        let fit = fit(&x, &y, 10.0).unwrap();
        assert!((fit.weights[0][0] - 1.0).abs() < 1e-12);
        assert!((fit.bias[0] - 5.0).abs() < 1e-12);
    }
}
