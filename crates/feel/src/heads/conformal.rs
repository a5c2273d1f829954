//! Split-conformal intervals: how far off a prediction may be.
//!
//! - **Computes** a half-width h such that |y − ŷ| ≤ h holds with at least the wanted coverage on
//!   new pictures exchangeable with the calibration ones.
//! - **Source** Lei, G'Sell, Rinaldo, Tibshirani & Wasserman, "Distribution-free predictive
//!   inference for regression" (2018): the ⌈(n + 1)·coverage⌉-th smallest absolute residual.
//! - **Deviation** residuals are out-of-fold (each from a model that did not see the picture)
//!   instead of from one held-out part, so that no picture is lost to calibration; the guarantee
//!   then holds up to the difference between the fold models and the final one, and is checked on
//!   the test split. The same residuals chose the head's settings, which makes them a little small.

/// The half-width for `coverage` in (0, 1); infinite where there are too few residuals, none
/// without any or where one is not finite.
#[must_use]
pub(crate) fn half_width(residuals: &[f64], coverage: f64) -> Option<f64> {
    if residuals.is_empty() || residuals.iter().any(|r| !r.is_finite()) {
        return None;
    }
    let mut sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    sizes.sort_by(f64::total_cmp);
    let rank = ((sizes.len() + 1) as f64 * coverage).ceil() as usize;
    Some(sizes.get(rank.max(1) - 1).copied().unwrap_or(f64::INFINITY))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rank_by_hand() {
        // n = 9, coverage .8: rank ⌈10 · .8⌉ = 8 → the 8th smallest size.
        let residuals = [0.9, -0.1, 0.2, -0.3, 0.4, -0.5, 0.6, -0.7, 0.8];
        assert_eq!(half_width(&residuals, 0.8), Some(0.8));
        // Four residuals cannot promise 90 %.
        assert_eq!(half_width(&residuals[..4], 0.9), Some(f64::INFINITY));
        assert_eq!(half_width(&[], 0.8), None);
        assert_eq!(half_width(&[f64::NAN], 0.8), None);
    }

    #[test]
    fn new_residuals_are_covered_as_promised() {
        // Triangular residuals from a fixed congruential sequence (Numerical Recipes' constants).
        let mut state = 7_u32;
        let mut uniform = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state) / f64::from(u32::MAX)
        };
        let mut residual = move || uniform() - uniform();
        let calibration: Vec<f64> = (0..2000).map(|_| residual()).collect();
        let h = half_width(&calibration, 0.8).unwrap();
        let inside = (0..2000).filter(|_| residual().abs() <= h).count();
        assert!((1520..=1680).contains(&inside), "{inside} of 2000");
    }
}
