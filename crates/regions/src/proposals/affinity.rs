//! How likely two neighbouring groups belong to one contour.
//!
//! - **Computes** |cos(θ1 − θ12)·cos(θ2 − θ12)|^γ for groups with pixels at most two apart, θ12
//!   being the direction across the line between their means.
//! - **Input** [`Groups`]. **Output** 0..=1, 1 for two groups along one straight line; values below
//!   [`LEAST`] are left out, because every product with them is ignored anyway.
//! - **Source** `docs/facts.md`, "EdgeBoxes: groups and affinity".
//! - **Deviation** none: neighbours are found and listed column by column, as OpenCV does, because
//!   the order decides how the rounding of a score falls.

use std::f32::consts::FRAC_PI_2;

use super::groups::{Group, Groups, NONE};

/// Products of affinities below this end a path.
pub(crate) const LEAST: f32 = 0.05;

/// How far apart pixels of two neighbouring groups may lie, in pixels along each axis.
const REACH: usize = 2;

/// Neighbours of each group, in the order in which they were found.
#[derive(Debug, Clone)]
pub(crate) struct Affinities {
    /// Where the neighbours of each group begin in `pairs`; one more entry than groups.
    starts: Vec<u32>,
    pairs: Vec<Neighbor>,
}

/// A group beside another, with what decides whether it counts: most do not lie in the box, and
/// that has to show without a look at the group itself.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Neighbor {
    pub(crate) group: u32,
    /// [`LEAST`]..=1.
    pub(crate) affinity: f32,
    /// The pixel that stands for the group.
    pub(crate) x: u16,
    pub(crate) y: u16,
}

impl Affinities {
    pub(crate) fn of(groups: &Groups, gamma: f32) -> Self {
        let count = groups.list.len();
        let mut neighbors: Vec<Vec<(u32, f32)>> = vec![Vec::new(); count];
        let mut link = |one: u32, other: u32| {
            let known = &neighbors[one as usize];
            if other <= one || other == NONE || known.iter().any(|&(n, _)| n == other) {
                return;
            }
            let (a, b) = (groups.list[one as usize], groups.list[other as usize]);
            let affinity = affinity(a, b, gamma);
            neighbors[one as usize].push((other, affinity));
            neighbors[other as usize].push((one, affinity));
        };
        // Only from the lower to the higher number, and from pixels whose whole neighbourhood lies
        // in the picture: found by experiment with OpenCV. Away from the border it is the same.
        let (width, height) = (groups.width, groups.height);
        for x in REACH..width.saturating_sub(REACH) {
            for y in REACH..height.saturating_sub(REACH) {
                let one = groups.of_pixel[y * width + x];
                if one == NONE {
                    continue;
                }
                for u in x - REACH..=x + REACH {
                    for v in y - REACH..=y + REACH {
                        link(one, groups.of_pixel[v * width + u]);
                    }
                }
            }
        }
        let mut starts = vec![0];
        let mut pairs = Vec::new();
        for mut list in neighbors {
            // Weights are at most 1: a product with less would be ignored.
            list.retain(|&(_, affinity)| affinity >= LEAST);
            pairs.extend(list.into_iter().map(|(group, affinity)| {
                let (x, y) = groups.list[group as usize].stand_in;
                Neighbor {
                    group,
                    affinity,
                    x,
                    y,
                }
            }));
            starts.push(pairs.len() as u32);
        }
        Self { starts, pairs }
    }

    /// The neighbours of a group with their affinity, at least [`LEAST`].
    #[inline]
    pub(crate) fn neighbors(&self, group: u32) -> &[Neighbor] {
        let group = group as usize;
        &self.pairs[self.starts[group] as usize..self.starts[group + 1] as usize]
    }
}

fn affinity(one: Group, other: Group, gamma: f32) -> f32 {
    let between = (one.y - other.y).atan2(one.x - other.x) + FRAC_PI_2;
    ((one.theta - between).cos() * (other.theta - between).cos())
        .abs()
        .powf(gamma)
}
