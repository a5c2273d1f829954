//! A score beside its baseline.
//!
//! A score alone says little: 77.68 % on Twitter II is a published result of
//! three methods and also what "always positive" gets. Whatever this project
//! reports is therefore a [`Scored`], which cannot be built without a baseline.
//!
//! ```
//! use affetti_emotion::Scored;
//!
//! let accuracy = Scored::new(0.7768, 0.7768, 596);
//! assert_eq!(accuracy.gain(), 0.0);
//! assert_eq!(accuracy.to_string(), "0.7768 (baseline 0.7768, n 596)");
//! ```

use std::fmt;

use serde::{Deserialize, Serialize};

use super::bootstrap::{Estimate, Interval};

/// A value, what it must be compared with, and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scored {
    /// The score, in its metric's unit.
    pub value: f64,
    /// The same metric for the answer without a model, such as the majority
    /// class or the training prior.
    pub baseline: f64,
    /// The bootstrap interval of `value`, where one was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
    /// The number of pieces that were scored.
    pub n: usize,
}

impl Scored {
    /// A score without an interval.
    #[must_use]
    pub fn new(value: f64, baseline: f64, n: usize) -> Self {
        Self {
            value,
            baseline,
            interval: None,
            n,
        }
    }

    /// A bootstrapped score.
    #[must_use]
    pub fn from_estimate(estimate: Estimate, baseline: f64) -> Self {
        Self {
            value: estimate.value,
            baseline,
            interval: Some(estimate.interval),
            n: estimate.n,
        }
    }

    /// Value minus baseline. Whether positive is good depends on the metric.
    #[must_use]
    pub fn gain(&self) -> f64 {
        self.value - self.baseline
    }
}

impl fmt::Display for Scored {
    /// Four decimals, or as many as the precision asks for.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = f.precision().unwrap_or(4);
        write!(f, "{:.d$} (baseline {:.d$}", self.value, self.baseline)?;
        if let Some(i) = &self.interval {
            let percent = i.level * 100.0;
            write!(f, ", {percent} % interval {:.d$}..{:.d$}", i.low, i.high)?;
        }
        write!(f, ", n {})", self.n)
    }
}
