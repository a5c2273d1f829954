//! Gaussian kernel ridge regression: a picture feels like the rated pictures that resemble it.
//!
//! - **Computes** ŷ(z) = ȳ + Σᵢ αᵢ exp(−‖z − zᵢ‖² / 2b), with α = (K + λI)⁻¹ (y − ȳ); the mean of a
//!   Gaussian process.
//! - **Input** feature rows z (principal components); targets `[row][output]`.
//! - **Source** Rasmussen & Williams, "Gaussian Processes for Machine Learning" (2006), equation
//!   2.25.
//! - **Deviation** b is given as a multiple of the median squared distance between training rows, so
//!   that one setting serves any feature scale.

use crate::linear::Matrix;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// The training rows.
    pub support: Matrix,
    /// α `[output][row]`
    pub dual: Vec<Vec<f64>>,
    /// ȳ, one per output.
    pub mean: Vec<f64>,
    /// 2b
    pub width: f64,
}

/// Settings of [`fit`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Settings {
    /// b over the median squared distance, > 0.
    pub bandwidth: f64,
    /// λ > 0
    pub lambda: f64,
}

/// Fits; none where the system cannot be solved (rows that are not finite, or none).
#[must_use]
pub(crate) fn fit(z: &Matrix, targets: &[Vec<f64>], settings: Settings) -> Option<Kernel> {
    let n = z.rows();
    let outputs = targets.first()?.len();
    let rows: Vec<usize> = (0..n).collect();
    let distances: Vec<f64> = rows
        .par_iter()
        .flat_map_iter(|&i| (0..n).map(move |j| distance(z.row(i), z.row(j))))
        .collect();
    let mut sorted: Vec<f64> = distances.iter().copied().filter(|d| *d > 0.0).collect();
    let middle = sorted.len() / 2;
    let median = if sorted.is_empty() {
        1.0
    } else {
        *sorted.select_nth_unstable_by(middle, f64::total_cmp).1
    };
    let width = 2.0 * settings.bandwidth * median;
    let mut gram = DMatrix::from_fn(n, n, |i, j| (-distances[i * n + j] / width).exp());
    for i in 0..n {
        gram[(i, i)] += settings.lambda;
    }
    let factor = gram.cholesky()?;
    let mut dual = Vec::with_capacity(outputs);
    let mut mean = Vec::with_capacity(outputs);
    for output in 0..outputs {
        let average = targets.iter().map(|t| t[output]).sum::<f64>() / n as f64;
        let centred = DVector::from_iterator(n, targets.iter().map(|t| t[output] - average));
        dual.push(factor.solve(&centred).iter().copied().collect());
        mean.push(average);
    }
    Some(Kernel {
        support: z.clone(),
        dual,
        mean,
        width,
    })
}

impl Kernel {
    /// The outputs for one row.
    #[must_use]
    pub fn apply(&self, z: &[f32]) -> Vec<f64> {
        let likeness: Vec<f64> = self
            .support
            .data
            .chunks_exact(self.support.columns)
            .map(|row| (-distance(row, z) / self.width).exp())
            .collect();
        let outputs = self.dual.iter().zip(&self.mean);
        outputs
            .map(|(dual, mean)| mean + dual.iter().zip(&likeness).map(|(a, k)| a * k).sum::<f64>())
            .collect()
    }
}

fn distance(a: &[f32], b: &[f32]) -> f64 {
    a.iter()
        .zip(b)
        .map(|(a, b)| f64::from(a - b) * f64::from(a - b))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_rows_by_hand() {
        // Squared distance 4, bandwidth ½ → 2b = 4, k = e⁻¹. ȳ = 2, residuals ∓1. With λ = 1:
        // α = ∓1 / (1 + 1 − e⁻¹), and at the first row ŷ = 2 − (1 − e⁻¹)/(2 − e⁻¹).
        let z = Matrix {
            columns: 1,
            data: vec![0.0, 2.0],
        };
        let settings = Settings {
            bandwidth: 0.5,
            lambda: 1.0,
        };
        let kernel = fit(&z, &[vec![1.0], vec![3.0]], settings).unwrap();
        let e = (-1.0_f64).exp();
        let expected = 2.0 - (1.0 - e) / (2.0 - e);
        assert!((kernel.apply(&[0.0])[0] - expected).abs() < 1e-12);
        // Far from everything it says the mean.
        assert!((kernel.apply(&[100.0])[0] - 2.0).abs() < 1e-12);
    }
}
