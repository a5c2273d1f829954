//! Adam: D. Kingma and J. Ba, "Adam" (2015), with the usual decays and bias correction.

use crate::cubic::{Cubic, Point};

const DECAYS: [f32; 2] = [0.9, 0.999];
const EPSILON: f32 = 1e-8;

/// Moments of the gradients so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Adam {
    moments: Vec<[[f32; 2]; 8]>,
    steps: i32,
}

impl Adam {
    /// Moves every coordinate by at most about `rate` units.
    pub(crate) fn step(&mut self, curves: &mut [Cubic], gradient: &[[Point; 4]], rate: f32) {
        self.moments.resize(curves.len(), [[0.0; 2]; 8]);
        self.steps += 1;
        let [first, second] = DECAYS.map(|d| 1.0 - d.powi(self.steps));
        for ((curve, by), moments) in curves.iter_mut().zip(gradient).zip(&mut self.moments) {
            let values = curve.0.as_flattened_mut().iter_mut();
            for ((v, &g), [m, s]) in values.zip(by.as_flattened()).zip(moments) {
                *m = DECAYS[0] * *m + (1.0 - DECAYS[0]) * g;
                *s = DECAYS[1] * *s + (1.0 - DECAYS[1]) * g * g;
                *v -= rate * (*m / first) / ((*s / second).sqrt() + EPSILON);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_step_is_the_rate() {
        // m/(1−β₁) = g and √(s/(1−β₂)) = |g|: whatever its length, the step is the rate.
        let mut curves = [Cubic([[1.0, 2.0]; 4])];
        let gradient = [[[0.5, -1e-4]; 4]];
        Adam::default().step(&mut curves, &gradient, 0.25);
        let [x, y] = curves[0].0[2];
        assert!(
            (x - 0.75).abs() < 1e-5 && (y - 2.25).abs() < 1e-3,
            "{x} {y}"
        );
    }
}
