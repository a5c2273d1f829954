//! Greedy suppression of boxes that overlap a better one.
//!
//! - **Computes** the boxes, best first, that overlap no kept box with an IoU above β; after each
//!   kept box β shrinks by the factor η while it is above .5.
//! - **Input** boxes with scores, in falling order. **Output** at most `max_boxes` of them.
//! - **Source** `docs/facts.md`, "EdgeBoxes: suppression".
//! - **Deviation** none in the result. An IoU above β needs widths, and heights, of which the
//!   smaller is more than β of the larger, and centres closer than (1 − β) of the larger: kept
//!   boxes lie in bins by the logarithms of both sides and by the column of their centre, and only
//!   neighbouring bins are asked.

use super::params::Params;
use crate::boxes::{Proposal, Region, iou};

/// Below this, β shrinks no further.
const LEAST_BETA: f32 = 0.5;

/// Bins are made for a β of this range: outside of it they would hold nearly all boxes or nearly
/// none.
const BINS_FOR: std::ops::RangeInclusive<f32> = 0.1..=0.95;

pub(crate) fn suppress(sorted: &[Proposal], params: &Params) -> Vec<Proposal> {
    let mut beta = params.beta;
    let least = if params.eta < 1.0 {
        beta.min(LEAST_BETA * params.eta)
    } else {
        beta
    };
    let mut bins = (least >= *BINS_FOR.start()).then(|| Bins::new(least.min(*BINS_FOR.end())));
    let mut kept: Vec<Proposal> = Vec::new();
    for &proposal in sorted {
        if kept.len() >= params.max_boxes {
            break;
        }
        let overlaps = |other: &Region| iou(proposal.region, *other) > beta;
        let covered = match &bins {
            Some(bins) => bins.near(proposal.region).any(overlaps),
            None => kept.iter().any(|k| overlaps(&k.region)),
        };
        if covered {
            continue;
        }
        if let Some(bins) = &mut bins {
            bins.insert(proposal.region);
        }
        kept.push(proposal);
        if beta > LEAST_BETA {
            beta *= params.eta;
        }
    }
    kept
}

/// Kept boxes by size and place.
struct Bins {
    /// Logarithm of the ratio of neighbouring sizes.
    width: f32,
    /// Share of the side by which centres may differ.
    shift: f32,
    /// `[log w][log h][column of the centre]`, as far as there are boxes.
    boxes: Vec<Vec<Vec<Vec<Region>>>>,
}

impl Bins {
    fn new(beta: f32) -> Self {
        Self {
            width: -beta.ln(),
            shift: 1.0 - beta,
            boxes: Vec::new(),
        }
    }

    fn size(&self, side: u32) -> usize {
        ((side.max(1) as f32).ln() / self.width) as usize
    }

    /// Column of a box's centre among boxes of width bin `size`; as wide as the farthest centre of
    /// a box that may overlap, so that only the next columns matter.
    fn column(&self, region: Region, size: usize) -> usize {
        let widest = ((size + 2) as f32 * self.width).exp();
        let center = region[0] as f32 + region[2] as f32 / 2.0;
        (center / (widest * self.shift)) as usize
    }

    fn near(&self, region: Region) -> impl Iterator<Item = &Region> {
        let [w, h] = [2, 3].map(|side| self.size(region[side]));
        let around =
            |at: usize, length: usize| at.saturating_sub(1).min(length)..(at + 2).min(length);
        around(w, self.boxes.len()).flat_map(move |u| {
            let heights = &self.boxes[u];
            let column = self.column(region, u);
            around(h, heights.len()).flat_map(move |v| {
                let columns = &heights[v];
                columns[around(column, columns.len())].iter().flatten()
            })
        })
    }

    fn insert(&mut self, region: Region) {
        let [w, h] = [2, 3].map(|side| self.size(region[side]));
        let column = self.column(region, w);
        let heights = grow(&mut self.boxes, w);
        let columns = grow(heights, h);
        grow(columns, column).push(region);
    }
}

/// The place of a list, which is made longer where it ends before.
fn grow<T: Clone + Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if at >= list.len() {
        list.resize(at + 1, T::default());
    }
    &mut list[at]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn plain(sorted: &[Proposal], params: &Params) -> Vec<Proposal> {
        let mut beta = params.beta;
        let mut kept: Vec<Proposal> = Vec::new();
        for p in sorted {
            let free = kept.iter().all(|k| iou(k.region, p.region) <= beta);
            if free && kept.len() < params.max_boxes {
                kept.push(*p);
                if beta > LEAST_BETA {
                    beta *= params.eta;
                }
            }
        }
        kept
    }

    proptest! {
        #[test]
        fn bins_change_nothing(
            regions in prop::collection::vec([0_u32..60, 0_u32..60, 1_u32..50, 1_u32..50], 0..150),
            beta in 0.0_f32..=1.0,
            eta in prop_oneof![Just(1.0_f32), 0.9_f32..1.0],
            max_boxes in 1_usize..200,
        ) {
            let sorted: Vec<Proposal> = regions
                .into_iter()
                .map(|region| Proposal { region, objectness: 0.5 })
                .collect();
            let params = Params { beta, eta, max_boxes, ..Params::default() };
            prop_assert_eq!(suppress(&sorted, &params), plain(&sorted, &params));
        }
    }
}
