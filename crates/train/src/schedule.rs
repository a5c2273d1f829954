//! The learning rate over the epochs, as a share of the base rate.

use serde::{Deserialize, Serialize};

/// How the rate goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", try_from = "Said")]
pub enum Schedule {
    /// Always the base rate.
    Constant,
    /// Multiplied by `factor` at the beginning of each of the epochs `at`, counted from 0.
    Steps {
        /// Increasing.
        at: Vec<usize>,
        /// 0..1.
        factor: f64,
    },
    /// Linearly up from nothing over `warmup` epochs, then down along half a cosine to `floor`
    /// (Loshchilov & Hutter 2017, without restarts).
    Cosine {
        /// Epochs, fractions allowed.
        warmup: f64,
        /// Share of the base rate at the end.
        floor: f64,
    },
}

/// What a config says: as one table, so that an error names the key.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    kind: Kind,
    at: Option<Vec<usize>>,
    factor: Option<f64>,
    warmup: Option<f64>,
    floor: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Constant,
    Steps,
    Cosine,
}

impl TryFrom<Said> for Schedule {
    type Error = &'static str;

    fn try_from(said: Said) -> Result<Self, Self::Error> {
        let steps = (said.at, said.factor);
        let cosine = (said.warmup, said.floor);
        match (said.kind, steps, cosine) {
            (Kind::Constant, (None, None), (None, None)) => Ok(Self::Constant),
            (Kind::Steps, (Some(at), Some(factor)), (None, None)) => Ok(Self::Steps { at, factor }),
            (Kind::Cosine, (None, None), (Some(warmup), Some(floor))) => {
                Ok(Self::Cosine { warmup, floor })
            }
            _ => Err(
                "kind = constant alone, steps with at and factor, or cosine with warmup and floor",
            ),
        }
    }
}

impl Schedule {
    /// Share of the base rate after `epoch` of `epochs` epochs, fractions of epochs included.
    #[must_use]
    pub fn share(&self, epoch: f64, epochs: usize) -> f64 {
        match self {
            Self::Constant => 1.0,
            Self::Steps { at, factor } => {
                let passed = at.iter().filter(|&&at| at as f64 <= epoch).count();
                factor.powi(i32::try_from(passed).unwrap_or(i32::MAX))
            }
            Self::Cosine { warmup, .. } if epoch < *warmup => epoch / warmup,
            Self::Cosine { warmup, floor } => {
                let rest = (epochs as f64 - warmup).max(f64::MIN_POSITIVE);
                let done = ((epoch - warmup) / rest).clamp(0.0, 1.0);
                floor + (1.0 - floor) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Schedule;

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-12, "{found} not {expected}");
    }

    #[test]
    fn cosine_by_hand() {
        let cosine = Schedule::Cosine {
            warmup: 2.0,
            floor: 0.1,
        };
        close(cosine.share(0.0, 10), 0.0);
        close(cosine.share(1.0, 10), 0.5);
        close(cosine.share(2.0, 10), 1.0);
        // Half of the eight epochs after the warm-up: the cosine is at zero.
        close(cosine.share(6.0, 10), 0.55);
        close(cosine.share(10.0, 10), 0.1);
        close(cosine.share(11.0, 10), 0.1);
    }

    #[test]
    fn steps_by_hand() {
        let steps = Schedule::Steps {
            at: vec![10, 20],
            factor: 0.5,
        };
        close(steps.share(9.99, 50), 1.0);
        close(steps.share(10.0, 50), 0.5);
        close(steps.share(49.0, 50), 0.25);
    }
}
