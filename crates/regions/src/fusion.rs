//! One prediction from the whole picture and its regions.
//!
//! - **Computes** three combinations of a global distribution and those of up to K regions: the
//!   elementwise maximum, a weighted mean, and one long vector for a classifier on top.
//! - **Input** distributions of equal length, regions by falling AR score.
//! - **Output** see each function. A pure function of predictions: it knows no network.
//! - **Source** Yang et al. 2018; `docs/facts.md`, "Affective regions: fusion".
//! - **Deviation** the maximum is renormalised to a distribution (the best class stays the same);
//!   the global vector stands in for missing regions.
//!
//! ```
//! use affetti_regions::fusion;
//! let (global, region) = ([0.6, 0.4], vec![0.2, 0.8]);
//! assert_eq!(fusion::sum(&global, &[region.clone()], 0.0)?, global);
//! assert_eq!(fusion::concatenation(&global, &[region], 8)?.len(), 18);
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

use crate::{
    affective::check_distribution,
    error::{RegionsError, require},
};

/// Weight of the regions against the whole picture in the article.
pub const BETA: f32 = 0.3;

/// The largest of each class over the picture and all regions, renormalised to sum 1.
///
/// # Errors
/// For what is not a distribution, and for distributions of different lengths.
pub fn max(global: &[f32], regions: &[Vec<f32>]) -> Result<Vec<f32>, RegionsError> {
    check(global, regions)?;
    let mut best = global.to_vec();
    for region in regions {
        for (b, &r) in best.iter_mut().zip(region) {
            *b = b.max(r);
        }
    }
    // At least 1, because the global sum is.
    let total: f32 = best.iter().sum();
    Ok(best.into_iter().map(|b| b / total).collect())
}

/// (1 − β)·global + β·mean of the regions; without regions the global distribution.
///
/// # Errors
/// As [`max()`], and [`RegionsError::Parameter`] for β outside of 0..=1.
pub fn sum(global: &[f32], regions: &[Vec<f32>], beta: f32) -> Result<Vec<f32>, RegionsError> {
    require("beta", beta, 0.0..=1.0, "0 to 1")?;
    check(global, regions)?;
    if regions.is_empty() || beta == 0.0 {
        return Ok(global.to_vec());
    }
    let count = regions.len() as f32;
    let mean = |class: usize| regions.iter().map(|r| r[class]).sum::<f32>() / count;
    Ok(global
        .iter()
        .enumerate()
        .map(|(class, g)| (1.0 - beta) * g + beta * mean(class))
        .collect())
}

/// `[global, regions…]`, always `(k + 1) × classes` long: regions beyond `k` are left out, missing
/// ones replaced by the global distribution.
///
/// # Errors
/// As [`max()`].
pub fn concatenation(
    global: &[f32],
    regions: &[Vec<f32>],
    k: usize,
) -> Result<Vec<f32>, RegionsError> {
    check(global, regions)?;
    let mut all = global.to_vec();
    for place in 0..k {
        all.extend_from_slice(regions.get(place).map_or(global, Vec::as_slice));
    }
    Ok(all)
}

fn check(global: &[f32], regions: &[Vec<f32>]) -> Result<(), RegionsError> {
    check_distribution(global, 0)?;
    for (index, region) in regions.iter().enumerate() {
        if region.len() != global.len() {
            return Err(RegionsError::Count {
                what: "classes of a region",
                found: region.len(),
                expected: global.len(),
                hint: "predict picture and regions by one network",
            });
        }
        check_distribution(region, index)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use affetti_testkit::assert_all_close;

    #[test]
    fn the_largest_of_each_class() {
        let fused = max(&[0.6, 0.4], &[vec![0.1, 0.9], vec![0.5, 0.5]]).expect("fused");
        // (.6, .9) over 1.5.
        assert_all_close(&fused, &[0.4, 0.6], 1e-6);
        assert_eq!(max(&[0.6, 0.4], &[]).expect("global"), [0.6, 0.4]);
    }

    #[test]
    fn beta_weighs_the_regions() {
        let regions = [vec![0.1, 0.9], vec![0.5, 0.5]];
        // β 0 → global, by its formula. Mean of the regions (.3, .7).
        assert_eq!(sum(&[0.6, 0.4], &regions, 0.0).expect("fused"), [0.6, 0.4]);
        let fused = |beta| sum(&[0.6, 0.4], &regions, beta).expect("fused");
        assert_all_close(&fused(1.0), &[0.3, 0.7], 1e-6);
        assert_all_close(&fused(BETA), &[0.51, 0.49], 1e-6);
        assert_eq!(sum(&[0.6, 0.4], &[], 0.3).expect("global"), [0.6, 0.4]);
    }

    #[test]
    fn the_vector_has_one_length() {
        // (K + 1)·2 = 18 at K = 8.
        let global = [0.6, 0.4];
        for count in [0, 3, 8, 12] {
            let regions = vec![vec![0.1, 0.9]; count];
            let vector = concatenation(&global, &regions, 8).expect("a vector");
            assert_eq!(vector.len(), 18);
            assert_eq!(vector[..2], global);
            let last = if count >= 8 { [0.1, 0.9] } else { global };
            assert_eq!(vector[16..], last);
        }
        assert_eq!(concatenation(&global, &[], 0).expect("global"), global);
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let global = [0.6, 0.4];
        assert!(max(&global, &[vec![0.2, 0.3, 0.5]]).is_err());
        assert!(max(&[f32::NAN, 0.4], &[]).is_err());
        assert!(concatenation(&global, &[vec![0.9, 0.9]], 2).is_err());
        let error = sum(&global, &[], 1.5).expect_err("beta");
        assert_eq!(error.kind(), crate::ErrorKind::Parameter);
    }
}
