//! Probabilities over the words of one taxonomy.

use std::marker::PhantomData;

use crate::check::{defined, finite_not_negative, in_range, same_length};
use crate::{EmotionError, Label};

/// How far the sum of given probabilities may be from 1.
///
/// Nine numbers printed with four decimals are off by at most 4.5e-4 together;
/// anything beyond 1e-3 is no rounding. Stored values are divided by their sum,
/// so that they sum to 1 within 1e-12 whatever was given.
pub const SUM_TOLERANCE: f64 = 1e-3;

/// Sums this close to 1 are left alone, so that reading back what was written
/// changes nothing.
const EXACT_ENOUGH: f64 = 1e-12;

/// One probability for each label of `L`, in taxonomy order.
///
/// It cannot be wrong: every value is finite and not negative, and the values
/// sum to 1. In JSON it is a map from name to probability in taxonomy order;
/// reading demands every name once and checks the values.
///
/// ```
/// use affetti_emotion::{Distribution, Emotion};
///
/// # fn main() -> Result<(), affetti_emotion::EmotionError> {
/// let logits = [0.0, 2.0, 1.0, 0.0, -1.0, -1.0, 0.5, 0.0, 0.0];
/// let predicted = Distribution::<Emotion>::from_logits(&logits)?;
/// assert_eq!(predicted.dominant(), Emotion::Awe);
/// assert!(predicted.normalized_entropy() < 1.0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Distribution<L: Label> {
    probabilities: Box<[f64]>,
    taxonomy: PhantomData<L>,
}

impl<L: Label> Distribution<L> {
    /// From probabilities in taxonomy order, whose sum may be off by
    /// [`SUM_TOLERANCE`]; they are divided by it.
    ///
    /// # Errors
    /// [`EmotionError::WrongLength`]; [`EmotionError::OutOfRange`] for a value
    /// that is NaN or not in 0..=1 (beyond the tolerance);
    /// [`EmotionError::NotNormalized`].
    pub fn from_probabilities(values: &[f64]) -> Result<Self, EmotionError> {
        same_length(L::TAXONOMY, L::ALL.len(), values.len())?;
        in_range("probabilities", values, 0.0, 1.0 + SUM_TOLERANCE)?;
        let sum: f64 = values.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(EmotionError::NotNormalized { sum });
        }
        if (sum - 1.0).abs() <= EXACT_ENOUGH {
            return Ok(Self::trusted(values.iter().map(|&v| v + 0.0)));
        }
        Ok(Self::trusted(values.iter().map(|&v| v / sum)))
    }

    /// From votes or weights in taxonomy order, of any positive sum.
    ///
    /// # Errors
    /// [`EmotionError::WrongLength`]; [`EmotionError::OutOfRange`] for a value
    /// that is NaN, infinite or negative; [`EmotionError::NoMass`] if all are
    /// zero.
    pub fn from_counts(values: &[f64]) -> Result<Self, EmotionError> {
        same_length(L::TAXONOMY, L::ALL.len(), values.len())?;
        finite_not_negative("counts", values)?;
        let largest = values.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(EmotionError::NoMass { what: "counts" });
        }
        let sum: f64 = values.iter().sum();
        if sum.is_finite() && sum.is_normal() {
            return Ok(Self::trusted(values.iter().map(|&v| v / sum)));
        }
        // The sum overflowed or lost its digits: bring the largest to 1 first.
        let scaled: Vec<f64> = values.iter().map(|&v| v / largest).collect();
        let sum: f64 = scaled.iter().sum();
        Ok(Self::trusted(scaled.iter().map(|&v| v / sum)))
    }

    /// From a network's logits by softmax, stable for any finite values.
    ///
    /// −∞ is accepted and gives probability 0 (a masked label).
    ///
    /// # Errors
    /// [`EmotionError::WrongLength`]; [`EmotionError::OutOfRange`] for NaN or
    /// +∞; [`EmotionError::NoMass`] if all are −∞.
    pub fn from_logits(values: &[f64]) -> Result<Self, EmotionError> {
        same_length(L::TAXONOMY, L::ALL.len(), values.len())?;
        in_range("logits", values, f64::NEG_INFINITY, f64::MAX)?;
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if largest == f64::NEG_INFINITY {
            return Err(EmotionError::NoMass { what: "logits" });
        }
        // The largest exponent is 0, so the sum lies in 1..=n: no overflow.
        let powers: Vec<f64> = values.iter().map(|&v| (v - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        Ok(Self::trusted(powers.iter().map(|&v| v / sum)))
    }

    /// The same probability for every label.
    #[must_use]
    pub fn uniform() -> Self {
        let n = L::ALL.len();
        Self::trusted((0..n).map(|_| 1.0 / n as f64))
    }

    /// All probability on one label.
    #[must_use]
    pub fn one_hot(label: L) -> Self {
        Self::trusted(L::ALL.iter().map(|&l| f64::from(u8::from(l == label))))
    }

    /// Values that the caller has already made finite, not negative, sum 1.
    fn trusted(values: impl Iterator<Item = f64>) -> Self {
        Self {
            probabilities: values.collect(),
            taxonomy: PhantomData,
        }
    }

    /// The probability of one label, 0..=1.
    #[must_use]
    pub fn get(&self, label: L) -> f64 {
        self.probabilities[label.index()]
    }

    /// All probabilities, in taxonomy order.
    #[must_use]
    pub fn as_slice(&self) -> &[f64] {
        &self.probabilities
    }

    /// Label and probability, in taxonomy order.
    pub fn iter(&self) -> impl Iterator<Item = (L, f64)> + '_ {
        L::ALL.iter().map(|&label| (label, self.get(label)))
    }

    /// The most probable label; of equally probable ones, the one with the
    /// lowest index.
    #[must_use]
    pub fn dominant(&self) -> L {
        let mut best = L::ALL[0];
        for (label, probability) in self.iter() {
            if probability > self.get(best) {
                best = label;
            }
        }
        best
    }

    /// The `k` most probable labels, most probable first; of equally probable
    /// ones, the lower index first. All labels if `k` exceeds their number.
    #[must_use]
    pub fn top(&self, k: usize) -> Vec<(L, f64)> {
        let mut pairs: Vec<(L, f64)> = self.iter().collect();
        // The sort is stable, which keeps equal ones in taxonomy order.
        pairs.sort_by(|a, b| b.1.total_cmp(&a.1));
        pairs.truncate(k);
        pairs
    }

    /// Shannon entropy in nats, from 0 (certain) to ln n (uniform). Terms with
    /// probability 0 are 0.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        let sum: f64 = self
            .probabilities
            .iter()
            .filter(|&&p| p > 0.0)
            .map(|&p| p * p.ln())
            .sum();
        // `abs` instead of a minus sign: a certain answer has entropy 0, not −0.
        sum.abs()
    }

    /// [`entropy`](Self::entropy) divided by ln n, 0..=1; 0 for a taxonomy of
    /// one word.
    #[must_use]
    pub fn normalized_entropy(&self) -> f64 {
        match L::ALL.len() {
            0 | 1 => 0.0,
            n => (self.entropy() / (n as f64).ln()).min(1.0),
        }
    }

    /// The same mass over another taxonomy: each label's probability is added
    /// to the label that `map` gives.
    #[must_use]
    pub fn merge<M: Label>(&self, map: impl Fn(L) -> M) -> Distribution<M> {
        let mut merged = vec![0.0; M::ALL.len()];
        for (label, probability) in self.iter() {
            merged[map(label).index()] += probability;
        }
        Distribution::trusted(merged.into_iter())
    }

    /// The weighted mean of several distributions. Weights need not sum to 1.
    ///
    /// # Errors
    /// [`EmotionError::TooFew`] for an empty list; [`EmotionError::OutOfRange`]
    /// for a weight that is NaN, infinite or negative; [`EmotionError::NoMass`]
    /// if all weights are zero.
    pub fn mix(parts: &[(&Self, f64)]) -> Result<Self, EmotionError> {
        crate::check::at_least("mixture", 1, parts.len())?;
        let weights: Vec<f64> = parts.iter().map(|part| part.1).collect();
        finite_not_negative("weights", &weights)?;
        let largest = weights.iter().copied().fold(0.0, f64::max);
        if largest == 0.0 {
            return Err(EmotionError::NoMass { what: "weights" });
        }
        let mut sum = vec![0.0; L::ALL.len()];
        for (part, weight) in parts {
            for (total, p) in sum.iter_mut().zip(part.as_slice()) {
                // Relative weights: huge ones cannot overflow the sum.
                *total += weight / largest * p;
            }
        }
        Self::from_counts(&sum)
    }

    /// The mean of several distributions: the prior that a model must beat.
    ///
    /// # Errors
    /// [`EmotionError::TooFew`] for an empty list.
    pub fn mean(all: &[Self]) -> Result<Self, EmotionError> {
        let parts: Vec<(&Self, f64)> = all.iter().map(|d| (d, 1.0)).collect();
        Self::mix(&parts)
    }

    /// The distribution with every probability raised to at least `floor` and
    /// the whole divided by its new sum: no label is impossible any more.
    ///
    /// # Errors
    /// [`EmotionError::Parameter`] unless `floor` is in 0..=1.
    pub fn floored(&self, floor: f64) -> Result<Self, EmotionError> {
        if !(0.0..=1.0).contains(&floor) {
            return Err(EmotionError::Parameter {
                name: "floor",
                value: floor,
                expected: "in 0..=1",
            });
        }
        let raised: Vec<f64> = self.as_slice().iter().map(|p| p.max(floor)).collect();
        Self::from_counts(&raised)
    }

    /// The expected value of a number attached to each label, such as its
    /// valence.
    ///
    /// # Errors
    /// [`EmotionError::Undefined`] if a number with positive probability is not
    /// finite.
    pub fn expectation(&self, number: impl Fn(L) -> f64) -> Result<f64, EmotionError> {
        let sum = self
            .iter()
            .filter(|&(_, p)| p > 0.0)
            .map(|(label, p)| p * number(label))
            .sum();
        defined("expectation", sum)
    }
}
