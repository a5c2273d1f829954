//! Whether a picture is like anything that was learned from.

use super::basis::Basis;
use crate::heads::novelty::distances;

/// What is usual.
#[derive(Clone, Debug, PartialEq)]
pub struct Novelty {
    /// From raw features to the components that tell kinds of pictures.
    pub basis: Basis,
    /// Variance of each component.
    pub variance: Vec<f64>,
    /// Limits of both distances ([`distances`]).
    pub limits: [f64; 2],
}

impl Novelty {
    /// Both distances of a row of raw features.
    pub(crate) fn distances(&self, features: &[f32]) -> [f64; 2] {
        let z: Vec<f32> = self.basis.project(features).map(|v| v as f32).collect();
        distances(&self.variance, &z, self.basis.squared_length(features))
    }

    /// 0 in the middle of what is known; from 1 on unlike anything seen: the larger of both distances over
    /// its limit.
    pub(crate) fn of(&self, features: &[f32]) -> f64 {
        let [along, away] = self.distances(features);
        let [first, second] = self.limits;
        let shares = [along / first, away / second];
        // What is no number must stay none: `max` would forget it.
        if shares.iter().any(|share| share.is_nan()) {
            return f64::NAN;
        }
        shares[0].max(shares[1])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::linear::Standardizer;

    #[test]
    fn the_larger_distance_decides() {
        let novelty = Novelty {
            basis: Basis {
                columns: vec![1..2, 2..3],
                standard: Standardizer {
                    mean: vec![1.0; 2],
                    factor: vec![2.0; 2],
                },
                directions: vec![vec![1.0, 0.0]],
            },
            variance: vec![4.0],
            limits: [2.0, 3.0],
        };
        // Standardised: 4 along, 0 away: 4/√4 = 2 of 2.
        assert_eq!(novelty.of(&[9.0, 3.0, 1.0]), 1.0);
        // 0 along, 6 away of 3.
        assert_eq!(novelty.of(&[9.0, 1.0, 4.0]), 2.0);
        assert!(novelty.of(&[9.0, f32::NAN, 4.0]).is_nan());
    }
}
