//! The score of a box: contours wholly inside, less those that cross its sides.
//!
//! - **Computes** (Σ w·m over groups inside − strength of the inner half) · (w/2 + h/2)^−κ, where a
//!   group's w is 1 less the best product of affinities on a path from a group that crosses a side.
//! - **Input** boxes in pixels, cut at the picture. **Output** 0 where the score is below
//!   `min_score`; scores have no upper bound but are typically .01 to .5.
//! - **Source** facts F.2 step 5.
//! - **Deviation** none. All sums are in 32 bits and in OpenCV's order: boxes that differ by a pixel
//!   often hold the same contours, so that rounding alone decides which of them a refinement keeps.
//!   Early exits stay clear of what rounding can do ([`MARGIN`]), so that they change nothing.

use super::{
    affinity::{Affinities, LEAST},
    groups::{Group, Groups},
    lines::Lines,
    params::Params,
};
use crate::Map;

/// Share of the first sum by which a running sum may be off through rounding, with room: each of
/// the subtractions is off by 2⁻²⁴ of it at most, so that this is enough for 8000 of them.
const MARGIN: f32 = 1e-3;

/// A box as the search moves it: left, top, width and height, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) w: i32,
    pub(crate) h: i32,
}

/// Sums over rectangles, `[width + 1, height + 1]`: columns are continuous.
struct Sums {
    stride: usize,
    values: Vec<f32>,
}

impl Sums {
    /// Without the first row and the first column, which hold no group.
    fn of(width: usize, height: usize, value: impl Fn(usize) -> f32) -> Self {
        let stride = height + 1;
        let mut values = vec![0.0; stride * (width + 1)];
        for x in 1..width {
            let (before, after) = values.split_at_mut((x + 1) * stride);
            let before = &before[x * stride..];
            for y in 1..height {
                after[y + 1] = value(y * width + x) + before[y + 1] + after[y] - before[y];
            }
        }
        Self { stride, values }
    }

    /// Over columns `x0..=x1` and rows `y0..=y1`.
    #[inline]
    fn inside(&self, x0: i32, y0: i32, x1: i32, y1: i32) -> f32 {
        let at = |x: i32, y: i32| self.values[x as usize * self.stride + y as usize];
        at(x0, y0) + at(x1 + 1, y1 + 1) - at(x1 + 1, y0) - at(x0, y1 + 1)
    }
}

/// What the score of any box of one picture needs.
pub(crate) struct Scorer {
    width: i32,
    height: i32,
    /// Strength of edge pixels.
    edges: Sums,
    /// Magnitude of groups at the pixels that stand for them.
    groups: Sums,
    lines: Lines,
    affinities: Affinities,
    list: Vec<Group>,
    /// Factor by half the perimeter's half.
    norms: Vec<f32>,
    min_score: f32,
}

/// What one thread of the search writes: kept between boxes, so that none is cleared.
pub(crate) struct Scratch {
    nodes: Vec<Node>,
    box_number: u32,
    /// Groups reached, in the order in which they were.
    reached: Vec<u32>,
    /// For each group, its place among those reached.
    places: Vec<u32>,
}

/// All that a box asks of a group, side by side in memory.
#[derive(Clone, Copy)]
struct Node {
    /// The box for which the group was last reached.
    seen: u32,
    /// Best product of affinities so far.
    weight: f32,
    magnitude: f32,
    /// The pixel that stands for it.
    x: u16,
    y: u16,
}

impl Scorer {
    pub(crate) fn new(strength: &Map, groups: Groups, params: &Params) -> Self {
        let (width, height) = strength.size();
        let mut stand_ins = vec![0.0; width * height];
        for group in &groups.list {
            let (x, y) = group.stand_in;
            stand_ins[y as usize * width + x as usize] = group.magnitude;
        }
        let values = strength.values();
        let seen = |at: usize| {
            if values[at] > params.edge_min_mag {
                values[at]
            } else {
                0.0
            }
        };
        let norm = |half: usize| {
            // A box of no extent has no norm; it is never scored.
            if half == 0 {
                0.0
            } else {
                (1.0 / half as f32).powf(params.kappa)
            }
        };
        Self {
            width: width as i32,
            height: height as i32,
            edges: Sums::of(width, height, seen),
            groups: Sums::of(width, height, |at| stand_ins[at]),
            lines: Lines::of(&groups),
            affinities: Affinities::of(&groups, params.gamma),
            list: groups.list,
            norms: (0..=width + height).map(norm).collect(),
            min_score: params.min_score,
        }
    }

    pub(crate) fn scratch(&self) -> Scratch {
        let node = |group: &Group| Node {
            seen: 0,
            weight: 0.0,
            magnitude: group.magnitude,
            x: group.stand_in.0,
            y: group.stand_in.1,
        };
        Scratch {
            nodes: self.list.iter().map(node).collect(),
            box_number: 0,
            reached: Vec::new(),
            places: vec![0; self.list.len()],
        }
    }

    /// The part of a window that lies in the picture.
    #[inline]
    pub(crate) fn cut(&self, window: Window) -> Window {
        let x = window.x.clamp(0, self.width - 1);
        let y = window.y.clamp(0, self.height - 1);
        Window {
            x,
            y,
            w: (window.x + window.w).clamp(0, self.width - 1) - x,
            h: (window.y + window.h).clamp(0, self.height - 1) - y,
        }
    }

    /// The score of a box that is already cut; 0 where it is below the least score, and 0 or the
    /// score where it is below `needed`.
    #[inline]
    pub(crate) fn score(&self, scratch: &mut Scratch, window: Window, needed: f32) -> f32 {
        let Window { x, y, w, h } = window;
        let (half_w, half_h) = (w / 2, h / 2);
        if half_w < 1 || half_h < 1 {
            return 0.0;
        }
        let norm = self.norms[(half_w + half_h) as usize];
        let (inner_x, inner_y) = (x + half_w / 2, y + half_h / 2);
        let value = self.groups.inside(x, y, x + w, y + h)
            - self
                .edges
                .inside(inner_x, inner_y, inner_x + half_w, inner_y + half_h);
        // Rounding only ever takes the same steps from here: no margin is needed.
        if value * norm < needed {
            return 0.0;
        }
        // What a running sum may not fall below.
        let least = needed / norm - MARGIN * value;
        self.without_crossing(scratch, window, value, least)
            .map(|value| value * norm)
            .filter(|&score| score >= self.min_score)
            .unwrap_or(0.0)
    }

    /// The value less what crosses the sides; none where it is below `least`.
    fn without_crossing(
        &self,
        scratch: &mut Scratch,
        window: Window,
        value: f32,
        least: f32,
    ) -> Option<f32> {
        let Window { x, y, w, h } = window;
        let (right, bottom) = (x + w, y + h);
        // Below 0 wraps around to more than any side; no branch between the axes.
        let inside = |u: u16, v: u16| {
            ((i32::from(u) - x) as u32 <= w as u32) & ((i32::from(v) - y) as u32 <= h as u32)
        };
        scratch.begin();
        let Scratch {
            nodes,
            box_number,
            reached,
            places,
        } = scratch;
        let sides = [
            self.lines.row(y, x, right),
            self.lines.row(bottom, x, right),
            self.lines.column(x, y, bottom),
            self.lines.column(right, y, bottom),
        ];
        let mut running = value;
        for side in sides {
            for &group in side {
                let node = &mut nodes[group as usize];
                if node.seen == *box_number {
                    continue;
                }
                node.seen = *box_number;
                node.weight = 1.0;
                places[group as usize] = reached.len() as u32;
                reached.push(group);
                if inside(node.x, node.y) {
                    running -= node.magnitude;
                }
            }
            if running < least {
                return None;
            }
        }
        let mut next = 0;
        while let Some(&group) = reached.get(next) {
            next += 1;
            let weight = nodes[group as usize].weight;
            for neighbor in self.affinities.neighbors(group) {
                let product = weight * neighbor.affinity;
                // A group that stands outside either crosses a side, with a weight of 1 already, or
                // does not count.
                if !inside(neighbor.x, neighbor.y) | (product < LEAST) {
                    continue;
                }
                let node = &mut nodes[neighbor.group as usize];
                if node.seen != *box_number {
                    node.seen = *box_number;
                    node.weight = product;
                    places[neighbor.group as usize] = reached.len() as u32;
                    reached.push(neighbor.group);
                    running -= product * node.magnitude;
                } else if product > node.weight {
                    // Whatever it reaches is reached better now: back to it.
                    running -= (product - node.weight) * node.magnitude;
                    node.weight = product;
                    next = next.min(places[neighbor.group as usize] as usize);
                } else {
                    continue;
                }
                if running < least {
                    return None;
                }
            }
        }
        let crossing = reached.iter().map(|&group| &nodes[group as usize]);
        Some(
            crossing
                .filter(|node| inside(node.x, node.y))
                .fold(value, |value, node| value - node.weight * node.magnitude),
        )
    }
}

impl Scratch {
    fn begin(&mut self) {
        self.reached.clear();
        if self.box_number == u32::MAX {
            self.nodes.iter_mut().for_each(|node| node.seen = 0);
            self.box_number = 0;
        }
        self.box_number += 1;
    }
}
