//! Gaussian kernel ridge regression: a picture feels like the rated pictures that resemble it.
//!
//! - **Computes** ŷ(z, t) = β₀ + β₁t + Σᵢ αᵢ exp(−‖z − zᵢ‖² / 2b): a line in one known cue t, which
//!   speaks where nothing resembles the picture, and the mean of a Gaussian process around it, with
//!   β by generalised least squares and α = (K + λI)⁻¹ (y − β₀ − β₁t).
//! - **Input** feature rows z (principal components), one cue a row; targets `[row][output]`.
//! - **Source** Rasmussen & Williams, "Gaussian Processes for Machine Learning" (2006), section 2.7,
//!   equations 2.41 and 2.42 with a vague prior on β.
//! - **Deviations** b is given as a multiple of the median squared distance between training rows, so
//!   that one setting serves any feature scale; of pictures of another kind than the rows (paintings
//!   beside photographs) likeness says less of the first output, valence ([`Kin`]).

use super::kin::Kin;
use super::linear::Matrix;
use nalgebra::{DMatrix, DVector};
use rayon::prelude::*;
use std::ops::Range;

/// A fitted regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Kernel {
    /// The training rows.
    pub support: Matrix,
    /// α `[output][row]`
    pub dual: Vec<Vec<f64>>,
    /// (β₀, β₁), one per output.
    pub trend: Vec<[f64; 2]>,
    /// 2b
    pub width: f64,
    /// How much likeness to rows of one kind says of the first output of pictures of another; none: as much
    /// as of their own.
    pub kin: Option<Kin>,
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
pub(crate) fn fit(
    z: &Matrix,
    cues: &[f64],
    targets: &[Vec<f64>],
    settings: Settings,
) -> Option<Kernel> {
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
    let design = DMatrix::from_fn(n, 2, |i, j| if j == 0 { 1.0 } else { cues[i] });
    let whitened = factor.solve(&design);
    let mut normal = design.tr_mul(&whitened);
    // Keeps the line flat where all cues are the same.
    normal[(1, 1)] += 1e-9;
    let normal = normal.cholesky()?;
    let mut dual = Vec::with_capacity(outputs);
    let mut trend = Vec::with_capacity(outputs);
    for output in 0..outputs {
        let y = DVector::from_iterator(n, targets.iter().map(|t| t[output]));
        let line = normal.solve(&whitened.tr_mul(&y));
        dual.push(
            factor
                .solve(&(y - &design * &line))
                .iter()
                .copied()
                .collect(),
        );
        trend.push([line[0], line[1]]);
    }
    Some(Kernel {
        support: z.clone(),
        dual,
        trend,
        width,
        kin: None,
    })
}

/// γ of Σ γⱼ exp(−‖z − zⱼ‖² / `width`) that comes nearest to `y`, by (K + λI)⁻¹ y; none where the system
/// cannot be solved.
#[must_use]
pub(crate) fn ridge_of(z: &Matrix, y: &[f64], width: f64, lambda: f64) -> Option<Vec<f64>> {
    let n = z.rows();
    let gram = DMatrix::from_fn(n, n, |i, j| {
        let near = (-distance(z.row(i), z.row(j)) / width).exp();
        if i == j { near + lambda } else { near }
    });
    let found = gram.cholesky()?.solve(&DVector::from_column_slice(y));
    Some(found.iter().copied().collect())
}

impl Kernel {
    /// The outputs for one row and its cue, and the logarithm of its summed likeness to all rows.
    #[must_use]
    pub(crate) fn apply(&self, z: &[f32], cue: f64) -> (Vec<f64>, f64) {
        let likeness: Vec<f64> = self
            .support
            .data
            .chunks_exact(self.support.columns)
            .map(|row| (-distance(row, z) / self.width).exp())
            .collect();
        let near = |dual: &[f64], rows: Range<usize>| -> f64 {
            let pairs = dual[rows.clone()].iter().zip(&likeness[rows]);
            pairs.map(|(a, k)| a * k).sum()
        };
        let outputs = self.dual.iter().zip(&self.trend).enumerate();
        let outputs = outputs.map(|(output, (dual, [start, slope]))| {
            let gated = self.kin.as_ref().filter(|_| output == 0);
            let all = dual.len();
            let near = match gated {
                Some(kin) => {
                    let rated = kin.rows.min(all);
                    kin.trust(z) * near(dual, 0..rated) + near(dual, rated..all)
                }
                None => near(dual, 0..all),
            };
            start + slope * cue + near
        });
        (outputs.collect(), likeness.iter().sum::<f64>().ln())
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
        // Squared distance 4, bandwidth ½ → 2b = 4, k = e⁻¹. Equal cues leave only β₀ = ȳ = 2, with
        // residuals ∓1. With λ = 1: α = ∓1 / (1 + 1 − e⁻¹), and at the first row
        // ŷ = 2 − (1 − e⁻¹)/(2 − e⁻¹).
        let z = Matrix {
            columns: 1,
            data: vec![0.0, 2.0],
        };
        let settings = Settings {
            bandwidth: 0.5,
            lambda: 1.0,
        };
        let kernel = fit(&z, &[0.0, 0.0], &[vec![1.0], vec![3.0]], settings).unwrap();
        let e = (-1.0_f64).exp();
        let expected = 2.0 - (1.0 - e) / (2.0 - e);
        let (told, nearness) = kernel.apply(&[0.0], 0.0);
        assert!((nearness - (1.0 + e).ln()).abs() < 1e-9);
        assert!((told[0] - expected).abs() < 1e-9);
        // Far from everything it says what the cue says.
        assert!((kernel.apply(&[100.0], 0.0).0[0] - 2.0).abs() < 1e-9);
    }

    #[test]
    fn likeness_to_another_kind_says_less_of_the_first_output() {
        let row = |z: f32| Matrix {
            columns: 1,
            data: vec![z],
        };
        let plain = Kernel {
            support: Matrix {
                columns: 1,
                data: vec![0.0, 0.0],
            },
            dual: vec![vec![1.0, 0.5]; 2],
            trend: vec![[2.0, 1.0]; 2],
            width: 1.0,
            kin: None,
        };
        assert_eq!(plain.apply(&row(0.0).data, 1.0).0, [4.5, 4.5]);
        // Of the first row alone a quarter is left: the line is far below 0.
        let kin = Kin {
            weights: vec![0.0],
            bias: -1e3,
            least: 0.25,
            rows: 1,
        };
        let kernel = Kernel {
            kin: Some(kin),
            ..plain
        };
        assert_eq!(kernel.apply(&row(0.0).data, 1.0).0, [3.75, 4.5]);
    }

    #[test]
    fn a_ridge_by_hand() {
        // k = e⁻¹ between both: (K + I)⁻¹ (1, −1) = ±1 / (2 − e⁻¹).
        let z = Matrix {
            columns: 1,
            data: vec![0.0, 2.0],
        };
        let found = ridge_of(&z, &[1.0, -1.0], 4.0, 1.0).unwrap();
        let expected = 1.0 / (2.0 - (-1.0_f64).exp());
        assert!((found[0] - expected).abs() < 1e-12 && (found[1] + expected).abs() < 1e-12);
    }

    #[test]
    fn a_line_in_the_cue_is_found_and_continued() {
        // y = 3 + 2t exactly: nothing is left for the kernel, also between and beyond the rows.
        let z = Matrix {
            columns: 1,
            data: vec![0.0, 1.0, 2.5, 3.0],
        };
        let cues = [-1.0, 0.5, 0.0, 1.0];
        let targets: Vec<Vec<f64>> = cues.iter().map(|t| vec![3.0 + 2.0 * t]).collect();
        let settings = Settings {
            bandwidth: 0.3,
            lambda: 0.1,
        };
        let kernel = fit(&z, &cues, &targets, settings).unwrap();
        for (row, cue) in [(0.7, 0.3), (50.0, -2.0)] {
            let y = kernel.apply(&[row], cue).0[0];
            assert!((y - (3.0 + 2.0 * cue)).abs() < 1e-6, "{y}");
        }
    }
}
