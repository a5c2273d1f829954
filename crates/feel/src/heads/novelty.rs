//! How far a picture is from those that were learned from.
//!
//! - **Computes** two distances of standardised features from the known pictures: along their principal
//!   components, each in its own deviations (Mahalanobis), and away from all of them (what the components
//!   leave out).
//! - **Source** Jackson & Mudholkar, "Control procedures for residuals associated with principal
//!   component analysis" (1979): T² and Q, here with empirical limits in place of approximate ones.
//! - **Deviation** none; the limits come from pictures that the components have not seen
//!   (`learning/usual.rs`), so that one of fifty new pictures of the same kinds passes each.

/// Share of known pictures within the limits, each distance for itself.
const KNOWN: f64 = 0.98;

/// So many known pictures are wanted for each component: fewer span the components themselves, and
/// whatever is new would seem far from them.
const PICTURES: usize = 10;

/// A component that hardly varies must not blow a distance up.
const LEAST: f64 = 1e-6;

/// The variance of each component among known pictures; none of too few.
pub(crate) fn variance<'a>(known: impl Iterator<Item = &'a [f32]>) -> Option<Vec<f64>> {
    let (mut sums, mut n) = (Vec::new(), 0);
    for z in known {
        sums.resize(z.len(), 0.0);
        let pairs = sums.iter_mut().zip(z);
        pairs.for_each(|(sum, z)| *sum += f64::from(*z).powi(2));
        n += 1;
    }
    if n == 0 || n < PICTURES * sums.len() {
        return None;
    }
    Some(sums.iter().map(|v| (v / n as f64).max(LEAST)).collect())
}

/// Mahalanobis's distance along the components, and the length away from them.
pub(crate) fn distances(variance: &[f64], z: &[f32], all: f64) -> [f64; 2] {
    let along = z.iter().zip(variance);
    let along: f64 = along.map(|(z, v)| f64::from(*z).powi(2) / v).sum();
    let inside: f64 = z.iter().map(|z| f64::from(*z).powi(2)).sum();
    [along.sqrt(), (all - inside).max(0.0).sqrt()]
}

/// What one of fifty pictures passes, of either distance; none without pictures.
pub(crate) fn limits(distances: &[[f64; 2]]) -> Option<[f64; 2]> {
    let place = (distances.len().checked_sub(1)? as f64 * KNOWN).round() as usize;
    Some([0, 1].map(|k| {
        let mut sorted: Vec<f64> = distances.iter().map(|d| d[k]).collect();
        sorted.sort_by(f64::total_cmp);
        sorted[place].max(LEAST)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn far_along_and_far_away_are_both_far() {
        // A hundred pictures: the first component is ±2, the second ±1; nothing is left out but 0.25.
        let rows: Vec<[f32; 2]> = (0..100)
            .map(|n| {
                [
                    if n % 2 == 0 { 2.0 } else { -2.0 },
                    if n % 4 < 2 { 1.0 } else { -1.0 },
                ]
            })
            .collect();
        let found = variance(rows.iter().map(|z| &z[..])).expect("pictures");
        assert_eq!(found, [4.0, 1.0]);
        // √(4/4 + 1/1) and √(5.25 − 5); √(9/1) and √(9 − 9); 0 and √1.
        let of = |z: [f32; 2], all: f64| distances(&found, &z, all);
        assert_eq!(of([2.0, 1.0], 5.25), [2.0_f64.sqrt(), 0.5]);
        assert_eq!(of([0.0, 3.0], 9.0), [3.0, 0.0]);
        assert_eq!(of([0.0, 0.0], 1.0), [0.0, 1.0]);
        assert_eq!(variance(std::iter::empty()), None);
        assert_eq!(variance(rows[..19].iter().map(|z| &z[..])), None);
        assert_eq!(limits(&[]), None);
    }

    #[test]
    fn one_of_fifty_passes_a_limit() {
        let distances: Vec<[f64; 2]> = (0..101).rev().map(|n| [f64::from(n), 2.0]).collect();
        assert_eq!(limits(&distances), Some([98.0, 2.0]));
    }
}
