//! Greedy suppression of boxes that overlap a better one.
//!
//! - **Computes** the boxes, best first, that overlap no kept box with an IoU above β; after each
//!   kept box β shrinks by the factor η while it is above .5.
//! - **Input** boxes with scores, in falling order. **Output** at most `max_boxes` of them.
//! - **Source** facts F.2 step 8.
//! - **Deviation** none in the result. Kept boxes lie in buckets by the logarithm of their area to
//!   the base 1/β: two boxes of which one has less than β of the other's area cannot overlap by
//!   more than β, so that only buckets nearby are asked.

use super::params::Params;
use crate::boxes::{Proposal, iou};

/// Below this, β shrinks no further.
const LEAST_BETA: f32 = 0.5;

pub(crate) fn suppress(sorted: &[Proposal], params: &Params) -> Vec<Proposal> {
    let mut beta = params.beta;
    // Overlaps above 0 need bounded buckets even where β is 0; at β = 1 the base would be 1.
    let width = -f64::from(beta.clamp(0.1, 0.99)).ln();
    let mut buckets: Vec<Vec<Proposal>> = Vec::new();
    let mut kept = Vec::new();
    for &proposal in sorted {
        if kept.len() >= params.max_boxes {
            break;
        }
        let [_, _, w, h] = proposal.region;
        let area = (f64::from(w) * f64::from(h)).max(1.0);
        let bucket = (area.ln() / width) as usize;
        // One more than the distance, because areas are anywhere in their buckets.
        let reach = if beta > 0.0 {
            (-f64::from(beta).ln() / width) as usize + 1
        } else {
            usize::MAX
        };
        let low = bucket.saturating_sub(reach);
        let high = bucket
            .saturating_add(reach)
            .saturating_add(1)
            .min(buckets.len());
        let overlaps = |other: &Proposal| iou(proposal.region, other.region) > beta;
        if low < high && buckets[low..high].iter().flatten().any(overlaps) {
            continue;
        }
        if bucket >= buckets.len() {
            buckets.resize(bucket + 1, Vec::new());
        }
        buckets[bucket].push(proposal);
        kept.push(proposal);
        if beta > LEAST_BETA {
            beta *= params.eta;
        }
    }
    kept
}
