//! From thousands of proposals to a few dozen regions that differ.
//!
//! - **Computes** clusters of boxes that overlap each other, and of each cluster the box with the
//!   highest objectness.
//! - **Input** proposals of one picture, in pixels of the original.
//! - **Output** at most `clusters` of them, best objectness first.
//! - **Source** Yang et al. 2018; `docs/facts.md`, "Affective regions: screening": area of at
//!   least 800 pixels, sides of at most 6:1, weights IoU, normalised cut with m = 50, k-means on the
//!   rows of the eigenvectors.
//! - **Deviation** only the best `max_boxes` take part. Ties go to the earlier proposal, and empty
//!   clusters vanish. k-means is started four times.
//!
//! | step | file |
//! |---|---|
//! | settings | `params` |
//! | eigenvectors of the graph | `spectrum` |
//! | clusters of points | `kmeans` |
//!
//! ```
//! use affetti_regions::{boxes::Proposal, screening::{Params, screen}};
//! let proposal = |x, objectness| Proposal { region: [x, 0, 100, 100], objectness };
//! let proposals = [proposal(0, 0.3), proposal(2, 0.2), proposal(500, 0.1), proposal(498, 0.4)];
//! let params = Params { clusters: 2, ..Params::default() }.check()?;
//! let kept = screen(&proposals, &params)?;
//! assert_eq!(kept, [proposal(498, 0.4), proposal(0, 0.3)]);
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

mod kmeans;
mod params;
mod spectrum;

pub use kmeans::k_means;
pub use params::{Checked, Form, Params};
pub use spectrum::{Solver, normalized_cut_vectors};

use nalgebra::DMatrix;

use crate::{
    boxes::{Proposal, area, iou},
    error::RegionsError,
};

/// Proposals that are large and square enough, in their order.
#[must_use]
pub fn filter(proposals: &[Proposal], params: &Checked) -> Vec<Proposal> {
    let params = params.params();
    let good = |p: &&Proposal| {
        let [_, _, w, h] = p.region;
        let (short, long) = (w.min(h), w.max(h));
        area(p.region) >= u64::from(params.min_area)
            && f64::from(long) <= f64::from(short) * f64::from(params.max_aspect)
    };
    proposals.iter().filter(good).copied().collect()
}

/// IoU of each pair; 1 on the diagonal.
#[must_use]
pub fn iou_matrix(proposals: &[Proposal]) -> DMatrix<f64> {
    let count = proposals.len();
    let mut matrix = DMatrix::identity(count, count);
    for i in 0..count {
        for j in 0..i {
            let overlap = f64::from(iou(proposals[i].region, proposals[j].region));
            matrix[(i, j)] = overlap;
            matrix[(j, i)] = overlap;
        }
    }
    matrix
}

/// Filters, clusters, and keeps the best of each cluster, best first. What passes the filter is
/// kept whole where it is no more than the clusters asked for.
///
/// # Errors
/// [`RegionsError::BadInput`] for an objectness that is not a number of at least 0.
pub fn screen(proposals: &[Proposal], params: &Checked) -> Result<Vec<Proposal>, RegionsError> {
    screen_by(proposals, params, Solver::for_size)
}

/// [`screen`] with another choice of solver, by the number of boxes: to compare them.
///
/// # Errors
/// As [`screen`].
pub fn screen_by(
    proposals: &[Proposal],
    params: &Checked,
    solver: fn(usize) -> Solver,
) -> Result<Vec<Proposal>, RegionsError> {
    let left = candidates(proposals, params)?;
    let settings = params.params();
    if left.len() <= settings.clusters {
        return Ok(left);
    }
    let weights = iou_matrix(&left);
    let solver = solver(left.len());
    let mut vectors = normalized_cut_vectors(&weights, settings.clusters, solver, settings.seed);
    if settings.form == Form::RowNormalized {
        for mut row in vectors.row_iter_mut() {
            let length = row.norm();
            if length > 0.0 {
                row /= length;
            }
        }
    }
    let clusters = k_means(&vectors, settings.clusters, settings.seed);
    // In falling order, the first of a cluster is its best.
    let mut taken = vec![false; settings.clusters];
    Ok(left
        .into_iter()
        .zip(clusters)
        .filter(|&(_, cluster)| !std::mem::replace(&mut taken[cluster], true))
        .map(|(proposal, _)| proposal)
        .collect())
}

/// The plain alternative: best first, without those that overlap a better one by more than
/// `nms_iou`; at most as many as there would be clusters.
///
/// # Errors
/// As [`screen`].
pub fn suppress(proposals: &[Proposal], params: &Checked) -> Result<Vec<Proposal>, RegionsError> {
    let settings = params.params();
    let mut kept: Vec<Proposal> = Vec::new();
    for proposal in candidates(proposals, params)? {
        if kept.len() >= settings.clusters {
            break;
        }
        if kept
            .iter()
            .all(|k| iou(k.region, proposal.region) <= settings.nms_iou)
        {
            kept.push(proposal);
        }
    }
    Ok(kept)
}

/// Filtered, best first, no more than the limit.
fn candidates(proposals: &[Proposal], params: &Checked) -> Result<Vec<Proposal>, RegionsError> {
    let bad = |p: &Proposal| !(p.objectness.is_finite() && p.objectness >= 0.0);
    if let Some(index) = proposals.iter().position(bad) {
        return Err(RegionsError::BadInput {
            what: "objectness of proposal",
            index,
            reason: "it has to be a number of at least 0",
        });
    }
    let mut left = filter(proposals, params);
    // Stable: the earlier of equals stays first.
    left.sort_by(|a, b| b.objectness.total_cmp(&a.objectness));
    left.truncate(params.params().max_boxes);
    Ok(left)
}

#[cfg(test)]
mod tests;
