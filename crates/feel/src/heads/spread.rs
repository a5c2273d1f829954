//! How far off valence or arousal may be, picture by picture.
//!
//! - **Computes** a half-width h(x) = q · s(x), ln s(x) a line in a few signs of the prediction
//!   ([`Told::signs`]), such that |y − ŷ| ≤ h(x) holds with at least the wanted coverage.
//! - **Source** residual-scaled conformal intervals: Lei, G'Sell, Rinaldo, Tibshirani & Wasserman
//!   (2018), section 5.2; the scale by maximum likelihood of Laplace residuals, |r| ~ Exp(1 / s).
//! - **Deviation** scale and quantile come from the same out-of-fold residuals: seven numbers of
//!   hundreds. The scale stays within e^±[`LIMIT`] of its middle, so that no sign far from all seen ones
//!   makes an interval absurd.

use super::conformal::half_width;
use super::kernel::Kernel;
use nalgebra::{DMatrix, DVector};

/// Signs of a prediction.
pub(crate) const SIGNS: usize = 6;

/// The scale may be so far from its middle, as a logarithm.
const LIMIT: f64 = 1.2;

/// Pull of every weight towards 0, for standardised signs, in pictures.
const PULL: f64 = 10.0;

/// What a prediction of valence and arousal says, and what it rests on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Told {
    /// Valence and arousal.
    pub(crate) affect: [f64; 2],
    /// Logarithm of the summed likeness to the rated pictures.
    pub(crate) nearness: f64,
    pub(crate) cue: Cue,
}

/// What the nine shares say beforehand.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Cue {
    /// P(positive) − P(negative).
    pub(crate) balance: f64,
    /// Their entropy.
    pub(crate) entropy: f64,
}

impl Told {
    /// What `kernel` says of a row and its cues.
    pub(crate) fn of(kernel: &Kernel, z: &[f32], cue: Cue) -> Self {
        let (values, nearness) = kernel.apply(z, cue.balance);
        let value = |n: usize| values.get(n).copied().unwrap_or(f64::NAN);
        Self {
            affect: [value(0), value(1)],
            nearness,
            cue,
        }
    }

    fn signs(&self) -> [f64; SIGNS] {
        let [valence, arousal] = self.affect;
        [
            self.nearness.max(-12.0),
            self.cue.entropy,
            self.cue.balance,
            self.cue.balance.abs(),
            valence,
            arousal,
        ]
    }
}

/// The half-width of one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Spread {
    /// Half-width in the middle.
    pub factor: f64,
    /// Intercept and one weight a sign, of the logarithm of the scale.
    pub line: [f64; 1 + SIGNS],
}

impl Spread {
    /// One half-width for all pictures.
    pub(crate) fn constant(half_width: f64) -> Self {
        Self {
            factor: half_width,
            line: [0.0; 1 + SIGNS],
        }
    }

    /// From residuals out of fold; none without any, or where they are not finite.
    pub(crate) fn fit(told: &[Told], residuals: &[f64], coverage: f64) -> Option<Self> {
        let line = line(told, residuals)?;
        let mut spread = Self { factor: 1.0, line };
        let scaled = told.iter().zip(residuals);
        let scaled: Vec<f64> = scaled.map(|(t, r)| r / spread.half_width(t)).collect();
        spread.factor = half_width(&scaled, coverage)?;
        Some(spread)
    }

    /// The half-width around what was told.
    pub(crate) fn half_width(&self, told: &Told) -> f64 {
        let [intercept, weights @ ..] = &self.line;
        let along = weights.iter().zip(told.signs());
        let log = intercept + along.map(|(w, s)| w * s).sum::<f64>();
        self.factor * log.clamp(-LIMIT, LIMIT).exp()
    }
}

/// Intercept and weights of ln s, 0 on average, by Newton's steps on the convex likelihood
/// Σ ln s + |r| / s.
fn line(told: &[Told], residuals: &[f64]) -> Option<[f64; 1 + SIGNS]> {
    let n = told.len();
    if n == 0 || residuals.iter().any(|r| !r.is_finite()) {
        return None;
    }
    let rows: Vec<[f64; SIGNS]> = told.iter().map(Told::signs).collect();
    let mean: [f64; SIGNS] = std::array::from_fn(|j| column(&rows, j).sum::<f64>() / n as f64);
    let deviation: [f64; SIGNS] = std::array::from_fn(|j| {
        let variance = column(&rows, j).map(|v| (v - mean[j]).powi(2)).sum::<f64>() / n as f64;
        variance.sqrt().max(1e-9)
    });
    let x = DMatrix::from_fn(n, 1 + SIGNS, |i, j| match j {
        0 => 1.0,
        _ => (rows[i][j - 1] - mean[j - 1]) / deviation[j - 1],
    });
    let sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    let typical = (sizes.iter().sum::<f64>() / n as f64).max(1e-9);
    let mut weights = DVector::zeros(1 + SIGNS);
    weights[0] = typical.ln();
    for _ in 0..50 {
        let logs = &x * &weights;
        let ratio = DVector::from_fn(n, |i, _| (sizes[i] * (-logs[i]).exp()).min(1e6));
        let mut gradient = x.tr_mul(&ratio.map(|u| 1.0 - u));
        let weighted = DMatrix::from_fn(n, 1 + SIGNS, |i, j| x[(i, j)] * ratio[i]);
        let mut curvature = x.tr_mul(&weighted);
        for j in 1..=SIGNS {
            gradient[j] += PULL * weights[j];
            curvature[(j, j)] += PULL;
        }
        curvature[(0, 0)] += 1e-9;
        let step = curvature.cholesky()?.solve(&gradient);
        // Short steps far from the end, where the curvature says little.
        let length = step.amax();
        weights -= &step * (0.5 / length.max(0.5)).min(1.0);
        if length < 1e-9 {
            break;
        }
    }
    let mut line = [0.0; 1 + SIGNS];
    for j in 0..SIGNS {
        line[1 + j] = weights[1 + j] / deviation[j];
        line[0] -= line[1 + j] * mean[j];
    }
    line.iter().all(|v| v.is_finite()).then_some(line)
}

fn column(rows: &[[f64; SIGNS]], j: usize) -> impl Iterator<Item = f64> + '_ {
    rows.iter().map(move |row| row[j])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Residuals that are three times as large where the entropy is high.
    fn drawn(n: usize, seed: u64) -> (Vec<Told>, Vec<f64>) {
        let mut random = fastrand::Rng::with_seed(seed);
        let draw = |random: &mut fastrand::Rng| {
            let entropy = random.f64();
            let told = Told {
                affect: [1.0 + 6.0 * random.f64(), 4.0],
                nearness: random.f64(),
                cue: Cue {
                    balance: 2.0 * random.f64() - 1.0,
                    entropy,
                },
            };
            (
                told,
                (2.0 * random.f64() - 1.0) * (3.0_f64.ln() * entropy).exp(),
            )
        };
        (0..n).map(|_| draw(&mut random)).unzip()
    }

    #[test]
    fn widths_follow_the_errors_and_cover_new_ones() {
        let (told, residuals) = drawn(2000, 1);
        let spread = Spread::fit(&told, &residuals, 0.8).expect("residuals");
        let at = |entropy| {
            spread.half_width(&Told {
                affect: [4.0, 4.0],
                nearness: 0.5,
                cue: Cue {
                    balance: 0.0,
                    entropy,
                },
            })
        };
        let ratio = at(1.0) / at(0.0);
        assert!((2.4..3.4).contains(&ratio), "{ratio}");
        let (told, residuals) = drawn(4000, 2);
        for high in [false, true] {
            let part = told
                .iter()
                .zip(&residuals)
                .filter(|(t, _)| (t.cue.entropy > 0.5) == high);
            let inside: Vec<bool> = part.map(|(t, r)| r.abs() <= spread.half_width(t)).collect();
            let share = inside.iter().filter(|b| **b).count() as f64 / inside.len() as f64;
            assert!((0.76..0.84).contains(&share), "{high}: {share}");
        }
    }

    #[test]
    fn where_no_sign_says_anything_all_are_alike() {
        let told = vec![Told::default(); 9];
        let residuals = [0.9, -0.1, 0.2, -0.3, 0.4, -0.5, 0.6, -0.7, 0.8];
        let spread = Spread::fit(&told, &residuals, 0.8).expect("residuals");
        assert!((spread.half_width(&told[0]) - 0.8).abs() < 1e-9);
        assert_eq!(Spread::constant(0.8).half_width(&told[0]), 0.8);
        assert_eq!(Spread::fit(&[], &[], 0.8), None);
        assert_eq!(Spread::fit(&told[..1], &[f64::NAN], 0.8), None);
        // A sign far from all seen ones: e^1.2 is the most.
        let wild = Spread {
            factor: 1.0,
            line: [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        };
        let far = Told {
            nearness: 1e6,
            ..Told::default()
        };
        assert_eq!(wild.half_width(&far), 1.2_f64.exp());
    }
}
