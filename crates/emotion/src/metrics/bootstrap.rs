//! Bootstrap percentile intervals for any statistic.
//!
//! * **Computes** how far a statistic would wander on other samples of the same
//!   size: the pieces are drawn anew with replacement, the statistic is taken
//!   each time, and the interval runs between two percentiles of the results
//!   (linear interpolation, as NumPy's default).
//! * **Inputs.** The number of pieces and a function from the drawn indices
//!   (`n` of them, each in `0..n`, repetitions included) to the statistic;
//!   `None`, NaN and ±∞ mean "undefined on these pieces".
//! * **Differences.** [`CheckedBootstrap::difference`] gives both statistics the
//!   *same* draws, so that what is hard for both models cancels out.
//! * **Groups.** Near-copies and series are drawn whole
//!   ([`CheckedBootstrap::estimate_groups`]).
//! * **Source.** Efron, Annals of Statistics 7(1), 1979; percentile method.
//! * **Edge cases.** No pieces: an error. One piece: an interval of width 0,
//!   which says nothing. Undefined on the sample itself, or on every resample:
//!   [`EmotionError::Undefined`]. Undefined on some resamples: these are skipped
//!   and counted in [`Interval::skipped`].
//! * **Deviations.** No bias correction; on few or skewed pieces the interval is
//!   too narrow.
//!
//! ```
//! use affetti_emotion::Bootstrap;
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! let errors = [0.2, 0.4, 0.1, 0.3, 0.5, 0.3];
//! let mean = |draw: &[usize]| -> Option<f64> {
//!     Some(draw.iter().map(|&i| errors[i]).sum::<f64>() / draw.len() as f64)
//! };
//! let estimate = Bootstrap::seeded(2026).check()?.estimate(errors.len(), mean)?;
//! assert!((estimate.value - 0.3).abs() < 1e-12);
//! assert!(estimate.interval.contains(0.3));
//! # Ok(())
//! # }
//! ```

use serde::{Deserialize, Serialize};

use crate::EmotionError;
use crate::check::at_least;
use crate::rng::Rng;

/// The largest number of resamples: the results are kept and sorted, and the
/// noise of the ends shrinks only with the square root of their number.
pub const MAX_RESAMPLES: usize = 1_000_000;

/// The settings of a bootstrap, before they are checked.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Bootstrap {
    /// How many times the pieces are drawn anew, 1..=[`MAX_RESAMPLES`].
    pub resamples: usize,
    /// The share of results inside the interval, 0 < level < 1.
    pub level: f64,
    /// The seed of the draws; the same seed gives the same interval.
    pub seed: u64,
}

impl Bootstrap {
    /// 2000 resamples and a 95 % interval: at 2000 about 50 results lie beyond
    /// each end, enough to place it.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self {
            resamples: 2000,
            level: 0.95,
            seed,
        }
    }

    /// The settings, if they are possible.
    ///
    /// # Errors
    /// [`EmotionError::Parameter`] names the setting that is not.
    pub fn check(self) -> Result<CheckedBootstrap, EmotionError> {
        if !(1..=MAX_RESAMPLES).contains(&self.resamples) {
            return Err(EmotionError::Parameter {
                name: "resamples",
                value: self.resamples as f64,
                expected: "in 1..=1000000",
            });
        }
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(EmotionError::Parameter {
                name: "level",
                value: self.level,
                expected: "between 0 and 1",
            });
        }
        Ok(CheckedBootstrap(self))
    }
}

/// Where a statistic lies, as far as the sample can tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// Lower end, in the statistic's unit.
    pub low: f64,
    /// Upper end, in the statistic's unit.
    pub high: f64,
    /// The share of results inside, such as 0.95.
    pub level: f64,
    /// The resamples on which the statistic was defined.
    pub resamples: usize,
    /// The resamples on which it was not; they are left out.
    pub skipped: usize,
}

impl Interval {
    /// Whether a value lies inside, ends included.
    #[must_use]
    pub fn contains(&self, value: f64) -> bool {
        (self.low..=self.high).contains(&value)
    }
}

/// A statistic of the sample, with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The statistic on the sample itself.
    pub value: f64,
    /// Its bootstrap interval.
    pub interval: Interval,
    /// The number of pieces.
    pub n: usize,
}

/// Checked settings of a bootstrap; see [`Bootstrap::check`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CheckedBootstrap(Bootstrap);

impl CheckedBootstrap {
    /// The settings, to be saved with the results.
    #[must_use]
    pub fn settings(&self) -> Bootstrap {
        self.0
    }

    /// One statistic on `n` pieces.
    ///
    /// # Errors
    /// [`EmotionError::TooFew`] if `n` is 0; [`EmotionError::Undefined`] if the
    /// statistic is undefined on the sample or on every resample.
    pub fn estimate(
        &self,
        n: usize,
        statistic: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Estimate, EmotionError> {
        let each: Vec<Vec<usize>> = (0..n).map(|i| vec![i]).collect();
        self.estimate_groups(&each, statistic)
    }

    /// One statistic on pieces that come in groups, each drawn whole or not at all: pieces that resemble
    /// each other say less than as many others. Without groups of two the same as
    /// [`estimate`](Self::estimate).
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn estimate_groups(
        &self,
        groups: &[Vec<usize>],
        statistic: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Estimate, EmotionError> {
        at_least("bootstrap", 1, groups.len())?;
        let finite = |draw: &[usize]| statistic(draw).filter(|v| v.is_finite());
        let mut draw: Vec<usize> = groups.concat();
        draw.sort_unstable();
        let n = draw.len();
        let value = finite(&draw).ok_or(EmotionError::Undefined {
            what: "bootstrap",
            reason: "the statistic has no finite value on the sample",
        })?;
        let mut rng = Rng::seeded(self.0.seed);
        let mut results = Vec::with_capacity(self.0.resamples);
        for _ in 0..self.0.resamples {
            draw.clear();
            for _ in groups {
                draw.extend(&groups[rng.below(groups.len())]);
            }
            results.extend(finite(&draw));
        }
        let interval = self.interval(&mut results)?;
        Ok(Estimate { value, interval, n })
    }

    /// The difference `first − second` of two statistics on the same draws of
    /// `n` pieces. A resample on which either is undefined is skipped.
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn difference(
        &self,
        n: usize,
        first: impl Fn(&[usize]) -> Option<f64>,
        second: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Estimate, EmotionError> {
        self.estimate(n, |draw| Some(first(draw)? - second(draw)?))
    }

    /// [`difference`](Self::difference) on pieces that come in groups, see
    /// [`estimate_groups`](Self::estimate_groups).
    ///
    /// # Errors
    /// As [`estimate`](Self::estimate).
    pub fn difference_groups(
        &self,
        groups: &[Vec<usize>],
        first: impl Fn(&[usize]) -> Option<f64>,
        second: impl Fn(&[usize]) -> Option<f64>,
    ) -> Result<Estimate, EmotionError> {
        self.estimate_groups(groups, |draw| Some(first(draw)? - second(draw)?))
    }

    fn interval(&self, results: &mut [f64]) -> Result<Interval, EmotionError> {
        results.sort_by(f64::total_cmp);
        let tail = (1.0 - self.0.level) / 2.0;
        match (quantile(results, tail), quantile(results, 1.0 - tail)) {
            (Some(low), Some(high)) => Ok(Interval {
                low,
                high,
                level: self.0.level,
                resamples: results.len(),
                skipped: self.0.resamples - results.len(),
            }),
            _ => Err(EmotionError::Undefined {
                what: "bootstrap",
                reason: "the statistic has no finite value on any resample",
            }),
        }
    }
}

/// The `q`-quantile of sorted numbers by linear interpolation; `None` if there
/// are none.
fn quantile(sorted: &[f64], q: f64) -> Option<f64> {
    let place = q * sorted.len().checked_sub(1)? as f64;
    let below = sorted.get(place.floor() as usize)?;
    let above = sorted.get(place.ceil() as usize)?;
    Some(below + (above - below) * place.fract())
}

#[cfg(test)]
mod tests {
    use super::quantile;

    #[test]
    fn quantiles_interpolate() {
        // numpy.quantile([1, 2, 4, 8], [0, .25, .5, 1]) = 1, 1.75, 3, 8:
        // places 0, .75, 1.5 and 3 in the sorted list.
        let sorted = [1.0, 2.0, 4.0, 8.0];
        for (q, expected) in [(0.0, 1.0), (0.25, 1.75), (0.5, 3.0), (1.0, 8.0)] {
            assert_eq!(quantile(&sorted, q), Some(expected));
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.975), Some(3.0));
    }
}
