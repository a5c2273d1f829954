//! Logistic regression on fused predictions.
//!
//! - **Computes** a share from a few numbers, by a logistic curve of their weighted sum, with an
//!   intercept, and as many columns as one likes, that are not penalised.
//! - **Input** rows of equal length, a few dozen columns; targets 0..=1, shares or classes.
//! - **Source** Newton's method (iteratively reweighted least squares), as in any textbook.
//! - **Deviation** columns are centred and scaled to unit deviation first, so that one penalty
//!   serves predictions of any scale.

use nalgebra::{DMatrix, DVector};

use crate::error::RegionsError;

/// Newton's method converges quadratically: more steps change nothing.
const STEPS: usize = 25;

/// A fitted model.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Of each column.
    weights: Vec<f64>,
    bias: f64,
}

impl Model {
    /// Fits with penalty `lambda` ≥ 0 a row, of which the first `free` columns are hardly touched.
    ///
    /// # Errors
    /// [`RegionsError::Count`] where there are no rows or not as many targets.
    pub fn fit(
        rows: &[Vec<f64>],
        targets: &[f64],
        lambda: f64,
        free: usize,
    ) -> Result<Self, RegionsError> {
        if rows.is_empty() || rows.len() != targets.len() {
            return Err(RegionsError::Count {
                what: "targets",
                found: targets.len(),
                expected: rows.len().max(1),
                hint: "there is one for each row",
            });
        }
        let (n, columns) = (rows.len(), rows[0].len());
        let scale = Scale::of(rows);
        // The last column is the intercept's.
        let x = DMatrix::from_fn(n, columns + 1, |i, j| {
            if j == columns {
                1.0
            } else {
                (rows[i][j] - scale.mean[j]) / scale.deviation[j]
            }
        });
        let mut penalty = DMatrix::identity(columns + 1, columns + 1) * (lambda * n as f64);
        // Enough to keep the system solvable, too little to matter.
        for column in (0..free.min(columns)).chain([columns]) {
            penalty[(column, column)] = 1e-9 * n as f64;
        }
        let y = DVector::from_column_slice(targets);
        let mut w = DVector::zeros(columns + 1);
        for _ in 0..STEPS {
            let mean = (&x * &w).map(sigmoid);
            let slope = mean.map(|p| (p * (1.0 - p)).max(1e-9));
            let gradient = x.tr_mul(&(&mean - &y)) + &penalty * &w;
            let weighted = DMatrix::from_fn(n, columns + 1, |i, j| x[(i, j)] * slope[i]);
            let hessian = x.tr_mul(&weighted) + &penalty;
            let Some(factor) = hessian.cholesky() else {
                break;
            };
            let step = factor.solve(&gradient);
            w -= &step;
            if step.amax() < 1e-10 {
                break;
            }
        }
        let weights: Vec<f64> = (0..columns).map(|j| w[j] / scale.deviation[j]).collect();
        let shift: f64 = weights.iter().zip(&scale.mean).map(|(w, m)| w * m).sum();
        Ok(Self {
            weights,
            bias: w[columns] - shift,
        })
    }

    /// The share of one row, 0..=1.
    #[must_use]
    pub fn apply(&self, row: &[f64]) -> f64 {
        let sum: f64 = self.weights.iter().zip(row).map(|(w, x)| w * x).sum();
        sigmoid(self.bias + sum)
    }
}

fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

struct Scale {
    mean: Vec<f64>,
    deviation: Vec<f64>,
}

impl Scale {
    fn of(rows: &[Vec<f64>]) -> Self {
        let n = rows.len() as f64;
        let columns = 0..rows[0].len();
        let mean: Vec<f64> = columns
            .clone()
            .map(|j| rows.iter().map(|r| r[j]).sum::<f64>() / n)
            .collect();
        let deviation = columns
            .map(|j| {
                let square = rows.iter().map(|r| (r[j] - mean[j]).powi(2)).sum::<f64>() / n;
                // A constant column says nothing, at any scale.
                if square > 0.0 { square.sqrt() } else { 1.0 }
            })
            .collect();
        Self { mean, deviation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_by_group_are_found() {
        // Two groups with shares of 1/4 and 3/4: the fit is saturated, so that it gives the shares.
        let rows: Vec<Vec<f64>> = (0..8).map(|i| vec![f64::from(i / 4)]).collect();
        let targets = [1.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0];
        let model = Model::fit(&rows, &targets, 0.0, 0).expect("a model");
        assert!((model.apply(&[0.0]) - 0.25).abs() < 1e-6);
        assert!((model.apply(&[1.0]) - 0.75).abs() < 1e-6);
        assert!(Model::fit(&rows, &targets[1..], 0.0, 0).is_err());
        assert!(Model::fit(&[], &[], 0.0, 0).is_err());
        // A penalty pulls both towards the mean.
        let tight = Model::fit(&rows, &targets, 1.0, 0).expect("a model");
        assert!(tight.apply(&[0.0]) > 0.25 && tight.apply(&[0.0]) < 0.5);
        // But not on a column that is free.
        let free = Model::fit(&rows, &targets, 1.0, 1).expect("a model");
        assert!((free.apply(&[0.0]) - 0.25).abs() < 1e-6);
    }
}
