//! Jensen-Shannon divergence.
//!
//! * **Computes** ½ KL(a ‖ m) + ½ KL(b ‖ m) with m = (a + b) / 2, in nats,
//!   0..=ln 2; lower is better. Symmetric and finite, zeros included; ln 2 only
//!   for distributions without common support.
//! * **Source.** Lin, IEEE Trans. Information Theory 37(1), 1991.
//! * **Deviations.** This is the divergence; SciPy's `jensenshannon` returns its
//!   square root.
//!
//! ```
//! use affetti_emotion::metrics::jensen_shannon;
//! use affetti_emotion::{Distribution, Emotion};
//!
//! let awe = Distribution::one_hot(Emotion::Awe);
//! let fear = Distribution::one_hot(Emotion::Fear);
//! assert!((jensen_shannon(&awe, &fear) - 2.0_f64.ln()).abs() < 1e-12);
//! ```

use super::kullback_leibler::term;
use crate::{Distribution, Label};

/// Jensen-Shannon divergence in nats, 0..=ln 2.
#[must_use]
pub fn jensen_shannon<L: Label>(a: &Distribution<L>, b: &Distribution<L>) -> f64 {
    let sum: f64 = a
        .as_slice()
        .iter()
        .zip(b.as_slice())
        .map(|(&p, &q)| {
            let middle = f64::midpoint(p, q);
            // Halving a subnormal can give 0, and then both terms are nil.
            if middle == 0.0 {
                0.0
            } else {
                term(p, middle) + term(q, middle)
            }
        })
        .sum();
    (sum / 2.0).clamp(0.0, std::f64::consts::LN_2)
}
