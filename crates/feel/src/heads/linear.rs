//! Feature matrices and linear maps on them.

use rayon::prelude::*;

/// Feature vectors as rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    /// Length of a row.
    pub columns: usize,
    /// `[row, column]`
    pub data: Vec<f32>,
}

impl Matrix {
    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.data.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Row `i`.
    #[must_use]
    pub fn row(&self, i: usize) -> &[f32] {
        &self.data[i * self.columns..(i + 1) * self.columns]
    }

    /// The rows called by `indices`, in their order.
    #[must_use]
    pub(crate) fn select(&self, indices: &[usize]) -> Self {
        Self {
            columns: self.columns,
            data: indices.iter().flat_map(|&i| self.row(i)).copied().collect(),
        }
    }

    /// Puts those of `other`, of the same size, in the place of the rows called by `indices`.
    pub(crate) fn replace_rows(&mut self, indices: &[usize], other: &Self) {
        for &i in indices {
            let place = i * self.columns..(i + 1) * self.columns;
            self.data[place].copy_from_slice(other.row(i));
        }
    }
}

/// Shift and scale of each feature: (x − mean) · factor.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardizer {
    /// Mean of each column.
    pub mean: Vec<f64>,
    /// Inverse deviation times the square root of the column's share, see `fit`.
    pub factor: Vec<f64>,
}

impl Standardizer {
    /// Centres each column and scales it so that a block of columns (one backbone, the colors)
    /// contributes `share` to the mean squared length of a row, however many columns it has.
    /// `blocks` are (columns, share) in order.
    #[must_use]
    pub(crate) fn fit(x: &Matrix, blocks: &[(usize, f64)]) -> Self {
        let n = x.rows().max(1) as f64;
        let mut mean = vec![0.0; x.columns];
        let mut square = vec![0.0; x.columns];
        for row in x.data.chunks_exact(x.columns) {
            for ((m, s), &v) in mean.iter_mut().zip(&mut square).zip(row) {
                *m += f64::from(v) / n;
                *s += f64::from(v) * f64::from(v) / n;
            }
        }
        let deviation: Vec<f64> = mean
            .iter()
            .zip(&square)
            .map(|(m, s)| (s - m * m).max(0.0).sqrt())
            .collect();
        let mut factor = Vec::with_capacity(x.columns);
        let mut start = 0;
        for &(columns, share) in blocks {
            let part = &deviation[start..start + columns];
            // A feature that hardly moves must not be blown up into noise.
            let floor = 0.05 * part.iter().sum::<f64>() / columns.max(1) as f64 + 1e-9;
            let scale = (share / columns.max(1) as f64).sqrt();
            factor.extend(part.iter().map(|d| scale / (d + floor)));
            start += columns;
        }
        Self { mean, factor }
    }

    /// The standardised copy of `x`.
    #[must_use]
    pub(crate) fn apply(&self, x: &Matrix) -> Matrix {
        let mut data = x.data.clone();
        for row in data.chunks_exact_mut(x.columns) {
            for ((v, m), f) in row.iter_mut().zip(&self.mean).zip(&self.factor) {
                *v = ((f64::from(*v) - m) * f) as f32;
            }
        }
        Matrix {
            columns: x.columns,
            data,
        }
    }
}

/// y = W x + b.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// `[output][input]`
    pub weights: Vec<Vec<f64>>,
    /// One per output.
    pub bias: Vec<f64>,
}

impl Linear {
    /// The outputs for one row of features.
    #[must_use]
    pub(crate) fn apply(&self, x: &[f32]) -> Vec<f64> {
        let rows = self.weights.iter().zip(&self.bias);
        rows.map(|(w, b)| b + w.iter().zip(x).map(|(w, &x)| w * f64::from(x)).sum::<f64>())
            .collect()
    }

    /// The outputs for all rows.
    #[must_use]
    pub(crate) fn apply_all(&self, x: &Matrix) -> Vec<Vec<f64>> {
        let rows: Vec<usize> = (0..x.rows()).collect();
        rows.par_iter().map(|&i| self.apply(x.row(i))).collect()
    }

    /// The same map with the standardiser folded in, for raw features.
    #[must_use]
    pub(crate) fn fold(&self, standard: &Standardizer) -> Self {
        let mut bias = self.bias.clone();
        let weights = self
            .weights
            .iter()
            .zip(&mut bias)
            .map(|(row, bias)| {
                let folded: Vec<f64> = row
                    .iter()
                    .zip(&standard.factor)
                    .map(|(w, f)| w * f)
                    .collect();
                *bias -= folded
                    .iter()
                    .zip(&standard.mean)
                    .map(|(w, m)| w * m)
                    .sum::<f64>();
                folded
            })
            .collect();
        Self { weights, bias }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(columns: usize, data: &[f32]) -> Matrix {
        Matrix {
            columns,
            data: data.to_vec(),
        }
    }

    #[test]
    fn blocks_share_the_length_of_a_row_as_asked() {
        let x = matrix(
            3,
            &[
                1.0, 10.0, -3.0, 3.0, 30.0, 5.0, 2.0, -10.0, 1.0, 0.0, 0.0, 9.0,
            ],
        );
        let z = Standardizer::fit(&x, &[(1, 0.25), (2, 0.75)]).apply(&x);
        let length = |columns: std::ops::Range<usize>| {
            let sum: f32 = (0..4)
                .map(|i| z.row(i)[columns.clone()].iter().map(|v| v * v).sum::<f32>())
                .sum();
            sum / 4.0
        };
        // The floor on the deviation takes about a tenth: (1 / 1.05)² = .907.
        assert!(
            (length(0..1) - 0.25 * 0.907).abs() < 0.01,
            "{}",
            length(0..1)
        );
        assert!((length(1..3) / length(0..1) - 3.0).abs() < 0.2);
    }

    #[test]
    fn folding_the_standardiser_changes_nothing() {
        let x = matrix(2, &[1.0, 5.0, -2.0, 7.0, 4.0, 4.0]);
        let standard = Standardizer::fit(&x, &[(2, 1.0)]);
        let linear = Linear {
            weights: vec![vec![0.5, -2.0], vec![3.0, 1.0]],
            bias: vec![0.1, -0.2],
        };
        let folded = linear.fold(&standard);
        let z = standard.apply(&x);
        for i in 0..3 {
            for (a, b) in linear.apply(z.row(i)).iter().zip(folded.apply(x.row(i))) {
                assert!((a - b).abs() < 1e-5, "{a} {b}");
            }
        }
    }
}
