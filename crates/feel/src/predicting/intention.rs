//! What a picture should evoke, held against what it evokes.
//!
//! - **Computes** the match of a predicted distribution p with a target q, 1 − √JSD(p, q), where
//!   JSD is the Jensen-Shannon divergence to base 2; its percentile among the matches that a
//!   [`Reference`] set reaches with the same target; and the emotions that take the place of the
//!   intended ones.
//! - **Input** a [`Target`].
//! - **Output** match 0 (nothing in common) to 1 (the same distribution); percentile 0 to 100, the
//!   share of reference pictures that match less, equal ones counted half; higher is better in both.
//! - **Source** the square root of the Jensen-Shannon divergence is a metric: Endres & Schindelin,
//!   IEEE Trans. Information Theory 49(7), 2003.
//! - **Deviation** none. A target of one emotion is an extreme that no group of viewers reaches:
//!   matches of .4 are high there, which is what the percentile is for.

use super::reference::Reference;
use super::target::Target;
use affetti_emotion::metrics::jensen_shannon;
use affetti_emotion::{Distribution, Emotion};

/// Shares exceed the target by rounding and by the model's habit; less than this is not told.
const EXCESS: f64 = 0.05;
/// Emotions that are named as taking the place of the intended ones.
const NAMED: usize = 3;

/// 1 − √JSD to base 2: 0 for distributions without a common emotion, 1 for equal ones.
///
/// ```
/// use affetti_emotion::{Distribution, Emotion};
/// use affetti_feel::matching;
///
/// let awe = Distribution::one_hot(Emotion::Awe);
/// assert_eq!(matching(&awe, &awe), 1.0);
/// assert_eq!(matching(&awe, &Distribution::one_hot(Emotion::Fear)), 0.0);
/// ```
#[must_use]
pub fn matching(a: &Distribution<Emotion>, b: &Distribution<Emotion>) -> f64 {
    let bits = jensen_shannon(a, b) / std::f64::consts::LN_2;
    1.0 - bits.clamp(0.0, 1.0).sqrt()
}

/// How far a picture meets an intention.
#[derive(Clone, Debug, PartialEq)]
pub struct Intention {
    /// What was intended.
    pub target: Distribution<Emotion>,
    /// See [`matching`], 0 to 1.
    pub matching: f64,
    /// Share of the reference that matches less, in percent, 0 to 100.
    pub percentile: f64,
    /// Up to three emotions that have at least .05 more than intended, with how much more; largest
    /// first.
    pub instead: Vec<(Emotion, f64)>,
}

/// A target with the matches that the reference reaches, ready to hold many pictures against.
#[derive(Clone, Debug, PartialEq)]
pub struct Aim {
    target: Target,
    /// Ascending.
    matches: Vec<f64>,
}

impl Aim {
    /// Measures the whole reference once.
    #[must_use]
    pub fn new(target: Target, reference: &Reference) -> Self {
        let shares = target.shares();
        let mut matches: Vec<f64> = reference
            .rows()
            .iter()
            .map(|row| matching(row, shares))
            .collect();
        matches.sort_by(f64::total_cmp);
        Self { target, matches }
    }

    /// What is intended.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The match that the nearest picture of the reference reaches.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.matches.last().copied().unwrap_or(0.0)
    }

    /// How many pictures the reference has.
    #[must_use]
    pub fn count(&self) -> usize {
        self.matches.len()
    }

    /// How far `evoked` meets the intention.
    #[must_use]
    pub fn hold(&self, evoked: &Distribution<Emotion>) -> Intention {
        let target = self.target.shares();
        let matching = matching(evoked, target);
        let mut instead: Vec<(Emotion, f64)> = evoked
            .iter()
            .map(|(emotion, share)| (emotion, share - target.get(emotion)))
            .filter(|(_, excess)| *excess >= EXCESS)
            .collect();
        // Stable: of equal ones the order of the taxonomy.
        instead.sort_by(|a, b| b.1.total_cmp(&a.1));
        instead.truncate(NAMED);
        Intention {
            target: target.clone(),
            matching,
            percentile: self.percentile(matching),
            instead,
        }
    }

    fn percentile(&self, matching: f64) -> f64 {
        percentile(&self.matches, matching)
    }
}

/// The share of `sorted`, ascending, that is below `value`, equal ones counted half, in percent.
pub(super) fn percentile(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|&m| m < value);
    let equal = sorted[below..].partition_point(|&m| m <= value);
    100.0 * (below as f64 + 0.5 * equal as f64) / sorted.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Target {
        text.parse().unwrap()
    }

    /// By hand: p = (½, ½), q = (1, 0), m = (¾, ¼): JSD = ½(½ log₂ ⅔ + ½ log₂ 2) + ½ log₂ 4⁄3
    /// = ½(−.292481 + .5) + .207519 = .311278; 1 − √.311278 = .442077.
    #[test]
    fn the_match_by_hand() {
        let half = target("awe,fear");
        let one = target("awe");
        let m = matching(half.shares(), one.shares());
        assert!((m - 0.442_077).abs() < 1e-6, "{m}");
    }

    fn reference(rows: &[&str]) -> Reference {
        let rows = rows.iter().map(|row| target(row).shares().clone());
        Reference::of(rows.collect(), crate::About::default())
    }

    #[test]
    fn percentiles_count_equals_half() {
        let four = reference(&["awe", "awe=.5,fear=.5", "awe=.5,fear=.5", "fear"]);
        let aim = Aim::new(target("awe"), &four);
        let at = |text: &str| aim.hold(target(text).shares()).percentile;
        // Matches of the reference: 1, .44, .44, 0.
        assert_eq!(at("awe"), 87.5);
        assert_eq!(at("awe,fear"), 50.0);
        assert_eq!(at("awe=.9,fear=.1"), 75.0);
        assert_eq!(at("fear"), 12.5);
    }

    #[test]
    fn what_takes_the_place_is_named() {
        let aim = Aim::new(target("awe=.6,fear=.4"), &reference(&["awe"]));
        let held = aim.hold(target("awe=.7,contentment=.2,sadness=.06,anger=.04").shares());
        let names: Vec<_> = held.instead.iter().map(|(e, _)| *e).collect();
        assert_eq!(
            names,
            [Emotion::Contentment, Emotion::Awe, Emotion::Sadness]
        );
        assert!((held.instead[0].1 - 0.2).abs() < 1e-9);
        let met = aim.hold(aim.target().shares());
        assert!(met.instead.is_empty() && met.matching == 1.0);
    }
}
