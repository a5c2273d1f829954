//! Multinomial logistic regression on soft labels.
//!
//! - **Computes** the linear map that minimises mean KL(human ‖ softmax(Wx + b)) + λ/2 ‖W‖² over
//!   weighted pictures; the human histogram is the target as it is, not its largest bin.
//! - **Input** standardised features; histograms `[row][class]` that sum to one; weights ≥ 0.
//! - **Source** Bishop, "Pattern Recognition and Machine Learning", 4.3.4, minimised by
//!   [`super::lbfgs`].
//! - **Deterministic** for any number of threads: rows are summed in chunks of fixed size, in order.

use super::lbfgs::{Settings, minimize};
use super::linear::{Linear, Matrix};
use rayon::prelude::*;

const CHUNK: usize = 128;

/// A training set.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Problem<'a> {
    /// Standardised features.
    pub x: &'a Matrix,
    /// Human histograms.
    pub targets: &'a [Vec<f64>],
    /// Weight of each picture.
    pub weights: &'a [f64],
}

/// Fits with penalty `lambda`, starting from the prior.
#[must_use]
pub(crate) fn fit(problem: Problem<'_>, lambda: f64) -> Linear {
    let classes = problem.targets.first().map_or(0, Vec::len);
    let columns = problem.x.columns;
    let mut start = vec![0.0; (columns + 1) * classes];
    start[columns * classes..].copy_from_slice(&log_prior(problem, classes));
    fit_from(problem, lambda, start)
}

/// Fits with the weights drawn towards those of `known` in place of 0, starting there: what little
/// data says is added to what is known. The biases are free.
#[must_use]
pub(crate) fn fit_near(problem: Problem<'_>, lambda: f64, known: &Linear) -> Linear {
    let classes = known.bias.len();
    let columns = problem.x.columns;
    let weight = |feature: usize| known.weights.iter().map(move |row| row[feature]);
    let mut start: Vec<f64> = (0..columns).flat_map(weight).collect();
    let center = start.clone();
    start.extend(&known.bias);
    debug_assert_eq!(start.len(), (columns + 1) * classes);
    fit_around(problem, lambda, start, &center)
}

/// `start` is `[feature][class]` and then the biases.
fn fit_from(problem: Problem<'_>, lambda: f64, start: Vec<f64>) -> Linear {
    let center = vec![0.0; start.len()];
    fit_around(problem, lambda, start, &center)
}

/// As [`fit_from`], with the weights drawn towards `center`.
fn fit_around(problem: Problem<'_>, lambda: f64, start: Vec<f64>, center: &[f64]) -> Linear {
    let classes = problem.targets.first().map_or(0, Vec::len);
    let columns = problem.x.columns;
    let settings = Settings {
        iterations: 200,
        tolerance: 1e-7,
    };
    let total: f64 = problem.weights.iter().sum();
    let flat = minimize(
        |flat, gradient| objective(problem, (lambda, center), total, flat, gradient),
        start,
        settings,
    );
    unflatten(&flat, columns, classes)
}

/// softmax of `logits`.
#[must_use]
pub(crate) fn softmax(logits: &[f64]) -> Vec<f64> {
    let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let powers: Vec<f64> = logits.iter().map(|z| (z - largest).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|p| p / sum).collect()
}

fn log_prior(problem: Problem<'_>, classes: usize) -> Vec<f64> {
    let mut prior = vec![1e-6; classes];
    for (target, weight) in problem.targets.iter().zip(problem.weights) {
        prior
            .iter_mut()
            .zip(target)
            .for_each(|(p, t)| *p += weight * t);
    }
    let sum: f64 = prior.iter().sum();
    prior.iter().map(|p| (p / sum).ln()).collect()
}

/// `flat` is `[feature][class]` and then the biases, so that one feature's classes are neighbours.
fn objective(
    problem: Problem<'_>,
    (lambda, center): (f64, &[f64]),
    total: f64,
    flat: &[f64],
    gradient: &mut [f64],
) -> f64 {
    let classes = flat.len() / (problem.x.columns + 1);
    let rows: Vec<usize> = (0..problem.x.rows()).collect();
    let parts: Vec<(f64, Vec<f64>)> = rows
        .par_chunks(CHUNK)
        .map(|rows| chunk(problem, classes, flat, rows))
        .collect();
    gradient.fill(0.0);
    let mut value = 0.0;
    for (part, slope) in parts {
        value += part / total;
        gradient
            .iter_mut()
            .zip(slope)
            .for_each(|(g, s)| *g += s / total);
    }
    let weights = problem.x.columns * classes;
    for ((g, w), center) in gradient[..weights].iter_mut().zip(flat).zip(center) {
        let off = w - center;
        *g += lambda * off;
        value += 0.5 * lambda * off * off;
    }
    value
}

/// Cross-entropy (KL up to the constant human entropy) and its gradient over some rows.
fn chunk(problem: Problem<'_>, classes: usize, flat: &[f64], rows: &[usize]) -> (f64, Vec<f64>) {
    let columns = problem.x.columns;
    let mut slope = vec![0.0; flat.len()];
    let mut value = 0.0;
    for &row in rows {
        let (x, target, weight) = (
            problem.x.row(row),
            &problem.targets[row],
            problem.weights[row],
        );
        let mut logits = flat[columns * classes..].to_vec();
        for (&x, w) in x.iter().zip(flat.chunks_exact(classes)) {
            let x = f64::from(x);
            logits.iter_mut().zip(w).for_each(|(z, w)| *z += x * w);
        }
        let predicted = softmax(&logits);
        for (t, p) in target.iter().zip(&predicted) {
            value -= weight * t * p.max(1e-300).ln();
        }
        let error: Vec<f64> = predicted
            .iter()
            .zip(target)
            .map(|(p, t)| weight * (p - t))
            .collect();
        for (&x, s) in x.iter().zip(slope.chunks_exact_mut(classes)) {
            let x = f64::from(x);
            s.iter_mut().zip(&error).for_each(|(s, e)| *s += x * e);
        }
        let bias = &mut slope[columns * classes..];
        bias.iter_mut().zip(&error).for_each(|(s, e)| *s += e);
    }
    (value, slope)
}

fn unflatten(flat: &[f64], columns: usize, classes: usize) -> Linear {
    Linear {
        weights: (0..classes)
            .map(|c| (0..columns).map(|j| flat[j * classes + c]).collect())
            .collect(),
        bias: flat[columns * classes..].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toy() -> (Matrix, Vec<Vec<f64>>, Vec<f64>) {
        let x = Matrix {
            columns: 2,
            data: vec![0.3, -1.2, 0.7, 0.4, -0.9, 1.1, 0.2, 0.1],
        };
        let targets = vec![
            vec![0.7, 0.2, 0.1],
            vec![0.1, 0.1, 0.8],
            vec![0.25, 0.5, 0.25],
            vec![0.0, 1.0, 0.0],
        ];
        (x, targets, vec![1.0, 2.0, 0.5, 1.0])
    }

    #[test]
    fn the_gradient_faces_finite_differences() {
        let (x, targets, weights) = toy();
        let problem = Problem {
            x: &x,
            targets: &targets,
            weights: &weights,
        };
        let flat: Vec<f64> = (0..9).map(|i| f64::from(i) * 0.13 - 0.5).collect();
        let center: Vec<f64> = (0..6).map(|i| 0.4 - f64::from(i) * 0.2).collect();
        let mut gradient = vec![0.0; 9];
        let value = |flat: &[f64], g: &mut [f64]| objective(problem, (0.3, &center), 4.5, flat, g);
        value(&flat, &mut gradient);
        for i in 0..9 {
            let shifted = |by: f64| {
                let mut moved = flat.clone();
                moved[i] += by;
                value(&moved, &mut [0.0; 9])
            };
            let slope = (shifted(1e-5) - shifted(-1e-5)) / 2e-5;
            assert!(
                (slope - gradient[i]).abs() < 1e-7,
                "{i}: {slope} {}",
                gradient[i]
            );
        }
    }

    #[test]
    fn a_large_pull_keeps_the_known_weights() {
        let (x, targets, weights) = toy();
        let problem = Problem {
            x: &x,
            targets: &targets,
            weights: &weights,
        };
        let known = Linear {
            weights: vec![vec![1.0, -2.0], vec![0.5, 0.0], vec![0.0, 3.0]],
            bias: vec![0.1, 0.2, 0.3],
        };
        let kept = fit_near(problem, 1e6, &known);
        for (row, before) in kept.weights.iter().zip(&known.weights) {
            let close = |(a, b): (&f64, &f64)| (a - b).abs() < 1e-4;
            assert!(row.iter().zip(before).all(close), "{row:?}");
        }
        // The biases are free, and a weak pull leaves all to the data.
        assert_ne!(kept.bias, known.bias);
        assert!((fit_near(problem, 1e-3, &known).weights[0][1] + 2.0).abs() > 0.1);
    }

    #[test]
    fn a_large_penalty_gives_the_weighted_prior() {
        let (x, targets, weights) = toy();
        let problem = Problem {
            x: &x,
            targets: &targets,
            weights: &weights,
        };
        // From far away, so that only the fitting itself can get there.
        let away = vec![2.0, 2.0, 2.0, -1.0, -1.0, -1.0, 3.0, -2.0, 0.0];
        let linear = fit_from(problem, 1e6, away);
        // (.7 + 2·.1 + .5·.25) / 4.5 for the first class.
        let prior = softmax(&linear.bias);
        assert!((prior[0] - 1.025 / 4.5).abs() < 1e-4, "{prior:?}");
    }
}
