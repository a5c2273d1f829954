//! Exponential moving average of all values of a network (Polyak & Juditsky 1992).
//!
//! The average forgets faster at first, `min(decay, (1 + t) / (10 + t))` at step t, so that it does
//! not remember the random start.

use affetti_weights::tensors::Tensors;

/// The average.
#[derive(Clone, Debug, PartialEq)]
pub struct Average {
    decay: f64,
    values: Tensors,
}

impl Average {
    /// Starts at `values`; `decay` in 0..1.
    #[must_use]
    pub fn new(decay: f64, values: Tensors) -> Self {
        Self { decay, values }
    }

    /// Takes in the values after step `step`, counted from 1.
    pub fn update(&mut self, values: &Tensors, step: u64) {
        let step = step as f64;
        let keep = self.decay.min((1.0 + step) / (10.0 + step)) as f32;
        for (name, average) in &mut self.values.map {
            let Some(new) = values.map.get(name) else {
                continue;
            };
            for (old, new) in average.data.iter_mut().zip(&new.data) {
                *old = keep * *old + (1.0 - keep) * new;
            }
        }
    }

    /// The averaged values.
    #[must_use]
    pub fn values(&self) -> &Tensors {
        &self.values
    }
}
