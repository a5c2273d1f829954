//! Whether a picture is of the kind that was rated.
//!
//! - **Computes** how much likeness to rated photographs says of a picture: 1 for a photograph, less for a
//!   painting, by a logistic regression on the components that the likeness is computed of.
//! - **Source** a kernel is trusted where its inputs are drawn as its lessons were (covariate shift:
//!   Shimodaira 2000); the classifier that tells both kinds apart estimates where that is.
//! - **Deviation** paintings keep a share of it: on 209 paintings with ratings of their own a quarter did
//!   best (docs/feel-tried.md).

use super::linear::Matrix;
use super::softmax::{self, Problem};

/// Pull of the weights towards 0.
const PENALTY: f64 = 1e-2;

/// A line whose logistic is the chance that a picture is of the rated kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Kin {
    /// One a component.
    pub weights: Vec<f64>,
    /// Intercept.
    pub bias: f64,
    /// What is left of the likeness for pictures of another kind, 0 to 1.
    pub least: f64,
    /// The first so many of the kernel's rows are of the rated kind; others, a user's own, always count.
    pub rows: usize,
}

impl Kin {
    /// Tells `rated` from `others`, both kinds weighing alike; none without both.
    pub(crate) fn fit(rated: &Matrix, others: &Matrix, least: f64) -> Option<Self> {
        let (here, there) = (rated.rows(), others.rows());
        if here == 0 || there == 0 {
            return None;
        }
        let x = Matrix {
            columns: rated.columns,
            data: [&rated.data[..], &others.data].concat(),
        };
        let targets = [vec![vec![1.0, 0.0]; here], vec![vec![0.0, 1.0]; there]].concat();
        let weights = [here, there].map(|n| vec![1.0 / n as f64; n]).concat();
        let problem = Problem {
            x: &x,
            targets: &targets,
            weights: &weights,
        };
        let line = softmax::fit(problem, PENALTY);
        let pairs = line.weights[0].iter().zip(&line.weights[1]);
        Some(Self {
            weights: pairs.map(|(a, b)| a - b).collect(),
            bias: line.bias[0] - line.bias[1],
            least,
            rows: here,
        })
    }

    /// What share of the likeness counts for a picture with components `z`.
    pub(crate) fn trust(&self, z: &[f32]) -> f64 {
        let along = self.weights.iter().zip(z);
        let line = self.bias + along.map(|(w, z)| w * f64::from(*z)).sum::<f64>();
        self.least + (1.0 - self.least) / (1.0 + (-line).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_told_apart_and_weigh_alike() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut draw = |n: usize, middle: f32| Matrix {
            columns: 2,
            data: (0..2 * n)
                .map(|k| if k % 2 == 0 { middle } else { 0.0 } + random.f32() - 0.5)
                .collect(),
        };
        let (rated, others) = (draw(40, 1.0), draw(400, -1.0));
        let kin = Kin::fit(&rated, &others, 0.25).expect("both");
        assert_eq!((kin.rows, kin.least), (40, 0.25));
        assert!(kin.trust(&[1.0, 0.0]) > 0.9, "{}", kin.trust(&[1.0, 0.0]));
        assert!(kin.trust(&[-1.0, 0.0]) < 0.35);
        // Ten times as many others move the middle nowhere.
        let middle = kin.trust(&[0.0, 0.0]);
        assert!((middle - 0.625).abs() < 0.1, "{middle}");
        assert!(Kin::fit(&rated, &Matrix::default(), 0.25).is_none());
    }
}
