//! Cosine similarity of two distributions.
//!
//! * **Computes** a·b / (|a| |b|), 0..=1; higher is better, 1 only for equal
//!   distributions. Always defined: a distribution is never the zero vector.
//! * **Source.** Geng, "Label distribution learning", IEEE TKDE 28(7), 2016,
//!   lists it among the measures for label distributions.
//! * **Deviations.** None.
//!
//! ```
//! use affetti_emotion::metrics::cosine;
//! use affetti_emotion::{Distribution, Emotion};
//!
//! // One of nine words against all nine alike: 1 / sqrt(9).
//! let awe = Distribution::one_hot(Emotion::Awe);
//! assert!((cosine(&awe, &Distribution::uniform()) - 1.0 / 3.0).abs() < 1e-12);
//! ```

use crate::{Distribution, Label};

/// Cosine similarity, 0..=1.
#[must_use]
pub fn cosine<L: Label>(a: &Distribution<L>, b: &Distribution<L>) -> f64 {
    let dot = |x: &[f64], y: &[f64]| -> f64 { x.iter().zip(y).map(|(p, q)| p * q).sum() };
    let (a, b) = (a.as_slice(), b.as_slice());
    (dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()).min(1.0)
}
