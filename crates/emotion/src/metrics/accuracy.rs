//! Right or wrong: accuracy, balanced accuracy, macro-F1.
//!
//! * **Computes**, from true and predicted labels, all in 0..=1, higher is
//!   better: *accuracy*, the share of equal pairs; *balanced accuracy*, the mean
//!   recall over the classes that occur among the truths; *macro-F1*, the mean
//!   F1 over the classes that occur among truths or predictions, where a class
//!   that is never hit has F1 0.
//! * **Baseline.** [`majority_class_accuracy`]: on unbalanced sets most
//!   published accuracies look good until they stand beside it.
//! * **Source.** Balanced accuracy: Brodersen et al., ICPR 2010. The treatment
//!   of absent classes is scikit-learn's (`zero_division=0`).
//! * **Edge cases.** No pairs: an error. Labels cannot be NaN.
//!
//! ```
//! use affetti_emotion::metrics::{accuracy, balanced_accuracy, majority_class_accuracy};
//! use affetti_emotion::Sentiment::{Negative, Positive};
//!
//! # fn main() -> Result<(), affetti_emotion::EmotionError> {
//! let truth = [Positive, Positive, Positive, Negative];
//! let always_positive = [Positive; 4];
//! assert_eq!(accuracy(&truth, &always_positive)?, 0.75);
//! assert_eq!(majority_class_accuracy(&truth)?, 0.75);
//! assert_eq!(balanced_accuracy(&truth, &always_positive)?, 0.5);
//! # Ok(())
//! # }
//! ```

use std::marker::PhantomData;

use crate::check::{at_least, same_length};
use crate::{Distribution, EmotionError, Label};

/// How often each true label was predicted as each label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confusion<L: Label> {
    /// Row: truth, column: prediction; one row after the other.
    counts: Vec<u64>,
    taxonomy: PhantomData<L>,
}

impl<L: Label> Confusion<L> {
    /// Counts the pairs of truth and prediction.
    ///
    /// # Errors
    /// [`EmotionError::WrongLength`] if the lists differ in length;
    /// [`EmotionError::TooFew`] if they are empty.
    pub fn new(truth: &[L], predicted: &[L]) -> Result<Self, EmotionError> {
        same_length("predictions", truth.len(), predicted.len())?;
        at_least("confusion", 1, truth.len())?;
        let n = L::ALL.len();
        let mut counts = vec![0; n * n];
        for (t, p) in truth.iter().zip(predicted) {
            counts[t.index() * n + p.index()] += 1;
        }
        Ok(Self {
            counts,
            taxonomy: PhantomData,
        })
    }

    /// How often `truth` was predicted as `predicted`.
    #[must_use]
    pub fn get(&self, truth: L, predicted: L) -> u64 {
        self.counts[truth.index() * L::ALL.len() + predicted.index()]
    }

    /// How often `label` is the truth.
    #[must_use]
    pub fn support(&self, label: L) -> u64 {
        L::ALL.iter().map(|&p| self.get(label, p)).sum()
    }

    /// How often `label` was predicted.
    #[must_use]
    pub fn predicted(&self, label: L) -> u64 {
        L::ALL.iter().map(|&t| self.get(t, label)).sum()
    }

    /// Share of the pieces of this label that were found, 0..=1; `None` if
    /// there are none.
    #[must_use]
    pub fn recall(&self, label: L) -> Option<f64> {
        ratio(self.get(label, label), self.support(label))
    }

    /// Share of the predictions of this label that are right, 0..=1; `None` if
    /// it was never predicted.
    #[must_use]
    pub fn precision(&self, label: L) -> Option<f64> {
        ratio(self.get(label, label), self.predicted(label))
    }

    /// 2·hits / (support + predicted), 0..=1; `None` if the label occurs
    /// neither as truth nor as prediction.
    #[must_use]
    pub fn f1(&self, label: L) -> Option<f64> {
        let seen = self.support(label) + self.predicted(label);
        ratio(2 * self.get(label, label), seen)
    }

    /// Share of right predictions, 0..=1.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        let hits: u64 = L::ALL.iter().map(|&l| self.get(l, l)).sum();
        let all: u64 = self.counts.iter().sum();
        hits as f64 / all as f64
    }

    /// Mean recall over the labels that occur among the truths, 0..=1.
    #[must_use]
    pub fn balanced_accuracy(&self) -> f64 {
        mean(L::ALL.iter().filter_map(|&l| self.recall(l)))
    }

    /// Mean F1 over the labels that occur among truths or predictions, 0..=1.
    #[must_use]
    pub fn macro_f1(&self) -> f64 {
        mean(L::ALL.iter().filter_map(|&l| self.f1(l)))
    }
}

fn ratio(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// The mean of a list that is never empty here: `new` demands one pair.
fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    sum / n
}

/// Share of equal pairs, 0..=1.
///
/// # Errors
/// As [`Confusion::new`].
pub fn accuracy<L: Label>(truth: &[L], predicted: &[L]) -> Result<f64, EmotionError> {
    Ok(Confusion::new(truth, predicted)?.accuracy())
}

/// Mean recall over the labels among the truths, 0..=1.
///
/// # Errors
/// As [`Confusion::new`].
pub fn balanced_accuracy<L: Label>(truth: &[L], predicted: &[L]) -> Result<f64, EmotionError> {
    Ok(Confusion::new(truth, predicted)?.balanced_accuracy())
}

/// Mean F1 over the labels among truths or predictions, 0..=1.
///
/// # Errors
/// As [`Confusion::new`].
pub fn macro_f1<L: Label>(truth: &[L], predicted: &[L]) -> Result<f64, EmotionError> {
    Ok(Confusion::new(truth, predicted)?.macro_f1())
}

/// [`accuracy`] of the dominant labels of predicted distributions.
///
/// # Errors
/// As [`Confusion::new`].
pub fn top_one_accuracy<L: Label>(
    truth: &[L],
    predicted: &[Distribution<L>],
) -> Result<f64, EmotionError> {
    let dominant: Vec<L> = predicted.iter().map(Distribution::dominant).collect();
    accuracy(truth, &dominant)
}

/// The accuracy of always answering the most frequent truth, 0..=1.
///
/// # Errors
/// [`EmotionError::TooFew`] if the list is empty.
pub fn majority_class_accuracy<L: Label>(truth: &[L]) -> Result<f64, EmotionError> {
    let confusion = Confusion::new(truth, truth)?;
    let most = L::ALL.iter().map(|&l| confusion.support(l)).max();
    Ok(most.unwrap_or(0) as f64 / truth.len() as f64)
}
