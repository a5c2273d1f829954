//! Edge groups: short, nearly straight chains of edge pixels.
//!
//! - **Computes** for every edge pixel its group, and of every group the summed strength, the mean
//!   place and orientation, and one pixel that stands for it.
//! - **Input** thin strength of 0..=1 and orientation in radians of 0..π, `[height, width]`.
//! - **Output** numbers from 0 without gaps, in order of the first pixel found.
//! - **Source** `docs/facts.md`, "EdgeBoxes: groups and affinity".
//! - **Deviation** none known; pixels of the picture's border belong to no group, as published.

use std::f32::consts::PI;

use super::params::Params;
use crate::Map;

/// No group.
pub(crate) const NONE: u32 = u32::MAX;

/// One chain of edge pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Group {
    /// Sum of its pixels' strengths.
    pub(crate) magnitude: f32,
    /// Mean place, weighted by strength, in pixels.
    pub(crate) x: f32,
    /// See `x`.
    pub(crate) y: f32,
    /// Mean direction across the edge, in radians of -π/2..=π/2.
    pub(crate) theta: f32,
    /// The pixel that stands for the group where a box is asked whether it holds the group.
    pub(crate) stand_in: (u16, u16),
}

/// All groups of a picture.
#[derive(Debug, Clone)]
pub(crate) struct Groups {
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// The group of each pixel or [`NONE`], `[height, width]`.
    pub(crate) of_pixel: Vec<u32>,
    pub(crate) list: Vec<Group>,
}

/// Change from one orientation to another, in units of π, 0..=.5.
fn change(one: f32, other: f32) -> f32 {
    let change = (one - other).abs() / PI;
    if change > 0.5 { 1.0 - change } else { change }
}

/// What the steps below share.
struct Chains<'a> {
    strength: &'a [f32],
    orientation: &'a [f32],
    width: usize,
    height: usize,
    /// Distance to the eight neighbours in the arrays, column by column.
    neighbors: [isize; 8],
    of_pixel: Vec<u32>,
}

impl Chains<'_> {
    /// Places inside of the border, column by column from the left: the order of the search, on
    /// which the groups depend.
    fn inner(&self) -> impl Iterator<Item = usize> + use<> {
        let (width, height) = (self.width, self.height);
        (1..width.saturating_sub(1))
            .flat_map(move |x| (1..height.saturating_sub(1)).map(move |y| y * width + x))
    }

    fn around(&self, at: usize) -> impl Iterator<Item = usize> + use<> {
        self.neighbors
            .map(|n| at.wrapping_add_signed(n))
            .into_iter()
    }

    /// Greedy chains: from each free pixel, the neighbour of least change joins as long as the
    /// changes add up to less than `full`. Returns their number. `free` marks pixels that may be
    /// taken.
    ///
    /// A neighbour is compared with the pixel from which it was first seen, and keeps that change
    /// even where a later pixel of the chain is closer to it: found by experiment with OpenCV.
    fn grow(&mut self, free: &mut [bool], full: f32) -> usize {
        let mut count = 0;
        let mut candidates: Vec<(f32, usize)> = Vec::new();
        for start in self.inner() {
            if !free[start] {
                continue;
            }
            let (mut at, mut sum) = (start, 0.0);
            candidates.clear();
            loop {
                free[at] = false;
                self.of_pixel[at] = count;
                for next in self.around(at).filter(|&n| free[n]) {
                    if candidates.iter().all(|&(_, place)| place != next) {
                        let change = change(self.orientation[next], self.orientation[at]);
                        candidates.push((change, next));
                    }
                }
                // The first of equals, as found.
                let Some(best) = (0..candidates.len())
                    .min_by(|&i, &j| candidates[i].0.total_cmp(&candidates[j].0))
                else {
                    break;
                };
                let (change, next) = candidates.remove(best);
                sum += change;
                if sum >= full {
                    break;
                }
                at = next;
            }
            count += 1;
        }
        count as usize
    }

    /// Pixels of dissolved chains join the neighbouring group of the closest orientation, until
    /// nothing changes.
    fn adopt(&mut self, mut orphans: Vec<usize>) {
        loop {
            let before = orphans.len();
            orphans.retain(|&at| {
                let closest = self
                    .around(at)
                    .filter(|&n| self.of_pixel[n] != NONE)
                    .map(|n| (change(self.orientation[n], self.orientation[at]), n))
                    .reduce(|best, next| if next.0 < best.0 { next } else { best });
                if let Some((_, n)) = closest {
                    self.of_pixel[at] = self.of_pixel[n];
                }
                closest.is_none()
            });
            if orphans.len() == before {
                return;
            }
        }
    }
}

impl Groups {
    /// The groups of a picture; both maps have one size and pass the checks at the door.
    pub(crate) fn find(strength: &Map, orientation: &Map, params: &Params) -> Self {
        let (width, height) = strength.size();
        let w = width as isize;
        let mut chains = Chains {
            strength: strength.values(),
            orientation: orientation.values(),
            width,
            height,
            neighbors: [-w - 1, -1, w - 1, -w, w, 1 - w, 1, w + 1],
            of_pixel: vec![NONE; width * height],
        };
        let mut free = vec![false; width * height];
        let edge_pixels: Vec<usize> = chains
            .inner()
            .filter(|&at| chains.strength[at] > params.edge_min_mag)
            .collect();
        for &at in &edge_pixels {
            free[at] = true;
        }
        let found = chains.grow(&mut free, params.edge_merge_thr);
        // In the order of the search and not of the chains: sums round by their order.
        let mut magnitudes = vec![0.0; found];
        for &at in &edge_pixels {
            magnitudes[chains.of_pixel[at] as usize] += chains.strength[at];
        }
        let mut renumbered = Vec::with_capacity(magnitudes.len());
        let mut count = 0;
        for magnitude in magnitudes {
            let stays = magnitude > params.cluster_min_mag;
            renumbered.push(if stays { count } else { NONE });
            count += u32::from(stays);
        }
        for &at in &edge_pixels {
            chains.of_pixel[at] = renumbered[chains.of_pixel[at] as usize];
        }
        let orphans = edge_pixels
            .iter()
            .copied()
            .filter(|&at| chains.of_pixel[at] == NONE)
            .collect();
        chains.adopt(orphans);
        let list = chains.summarize(count as usize, &edge_pixels);
        Self {
            width,
            height,
            of_pixel: chains.of_pixel,
            list,
        }
    }
}

impl Chains<'_> {
    fn summarize(&self, count: usize, edge_pixels: &[usize]) -> Vec<Group> {
        #[derive(Clone, Copy, Default)]
        struct Sums {
            strength: f32,
            x: f32,
            y: f32,
            // Orientations are equal modulo π: their mean is that of the doubled angle.
            sin: f32,
            cos: f32,
            last: (u16, u16),
        }
        let mut sums = vec![Sums::default(); count];
        for &at in edge_pixels {
            let id = self.of_pixel[at];
            if id == NONE {
                continue;
            }
            let (x, y) = (at % self.width, at / self.width);
            let strength = self.strength[at];
            let (sin, cos) = (2.0 * self.orientation[at]).sin_cos();
            let sum = &mut sums[id as usize];
            sum.strength += strength;
            sum.x += strength * x as f32;
            sum.y += strength * y as f32;
            sum.sin += strength * sin;
            sum.cos += strength * cos;
            // Sides of a map are at most 65535.
            sum.last = (x as u16, y as u16);
        }
        let group = |sum: &Sums| Group {
            magnitude: sum.strength,
            x: sum.x / sum.strength,
            y: sum.y / sum.strength,
            theta: (sum.sin / sum.strength).atan2(sum.cos / sum.strength) / 2.0,
            stand_in: sum.last,
        };
        sums.iter().map(group).collect()
    }
}
