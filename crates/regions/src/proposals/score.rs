//! The score of a box: contours wholly inside, less those that cross its sides.
//!
//! - **Computes** (Σ w·m over groups inside − strength of the inner half) · (w/2 + h/2)^−κ, where a
//!   group's w is 1 less the best product of affinities on a path from a group that crosses a side.
//! - **Input** boxes in pixels, cut at the picture. **Output** 0 where the score is below
//!   `min_score`; scores have no upper bound but are typically .01 to .5.
//! - **Source** `docs/facts.md`, "EdgeBoxes: score".
//! - **Deviation** none. All sums are in 32 bits and in OpenCV's order: boxes that differ by a pixel
//!   often hold the same contours, so that rounding alone decides which of them a refinement keeps.
//!   Early exits stay clear of what rounding can do ([`MARGIN`]), so that they change nothing.
//! - **Speed** a box costs the groups on its sides and those reached from there. What decides whether
//!   a neighbour counts is asked of all neighbours first, without a branch, because the answer is a
//!   coin toss that no processor predicts; weights are 0 between boxes, so that one look tells whether
//!   a group was reached and how well.

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
    list: Vec<Stand>,
    /// Factor by half the perimeter's half.
    norms: Vec<f32>,
    min_score: f32,
}

/// All that a box asks of a group on its side.
#[derive(Clone, Copy)]
struct Stand {
    magnitude: f32,
    /// The pixel that stands for it.
    x: u16,
    y: u16,
}

/// What one thread of the search writes: kept between boxes.
pub(crate) struct Scratch {
    /// Best product of affinities of each group so far; 0 for a group that was not reached, and for
    /// all between boxes.
    weights: Vec<f32>,
    /// Groups reached, in the order in which they were.
    reached: Vec<u32>,
    /// For each group that was reached through another, its place among those reached.
    places: Vec<u32>,
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
        let stand = |group: &Group| Stand {
            magnitude: group.magnitude,
            x: group.stand_in.0,
            y: group.stand_in.1,
        };
        let ((affinities, lines), (edges, sums)) = rayon::join(
            || {
                let affinities = Affinities::of(&groups, params.gamma);
                let lines = Lines::of(&groups, &affinities);
                (affinities, lines)
            },
            || {
                (
                    Sums::of(width, height, seen),
                    Sums::of(width, height, |at| stand_ins[at]),
                )
            },
        );
        Self {
            width: width as i32,
            height: height as i32,
            edges,
            groups: sums,
            lines,
            affinities,
            list: groups.list.iter().map(stand).collect(),
            norms: (0..=width + height).map(norm).collect(),
            min_score: params.min_score,
        }
    }

    pub(crate) fn scratch(&self) -> Scratch {
        let count = self.list.len();
        Scratch {
            weights: vec![0.0; count],
            reached: Vec::with_capacity(count),
            places: vec![0; count],
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

    /// What the score of a box that is already cut cannot exceed, and the same without the norm: the
    /// score if nothing crosses the sides. 0 where the box is too small for a score.
    #[inline]
    fn bound(&self, Window { x, y, w, h }: Window) -> (f32, f32, f32) {
        let (half_w, half_h) = (w / 2, h / 2);
        if half_w < 1 || half_h < 1 {
            return (0.0, 0.0, 0.0);
        }
        let norm = self.norms[(half_w + half_h) as usize];
        let (inner_x, inner_y) = (x + half_w / 2, y + half_h / 2);
        let value = self.groups.inside(x, y, x + w, y + h)
            - self
                .edges
                .inside(inner_x, inner_y, inner_x + half_w, inner_y + half_h);
        (value * norm, value, norm)
    }

    /// What the score of a box that is already cut cannot exceed.
    #[inline]
    pub(crate) fn most(&self, window: Window) -> f32 {
        self.bound(window).0
    }

    /// The score of a box that is already cut; 0 where it is below the least score, and 0 or the
    /// score where it is below `needed`.
    #[inline]
    pub(crate) fn score(&self, scratch: &mut Scratch, window: Window, needed: f32) -> f32 {
        let (most, value, norm) = self.bound(window);
        // Rounding only ever takes the same steps from here: no margin is needed.
        if most < needed || norm == 0.0 {
            return 0.0;
        }
        // What a running sum may not fall below.
        let least = needed / norm - MARGIN * value;
        let value = self.without_crossing(scratch, window, value, least);
        for &group in &scratch.reached {
            scratch.weights[group as usize] = 0.0;
        }
        scratch.reached.clear();
        value
            .map(|value| value * norm)
            .filter(|&score| score >= self.min_score)
            .unwrap_or(0.0)
    }

    /// The value less what crosses the sides; none where it is below `least`. Leaves the groups that
    /// it reached in `scratch`, with their weights.
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
        let Scratch {
            weights,
            reached,
            places,
        } = scratch;
        // Slices, so that their places stay in registers.
        let (weights, places) = (weights.as_mut_slice(), places.as_mut_slice());
        let sides = self.lines.sides(x, y, right, bottom);
        let mut running = value;
        for side in &sides {
            for &group in side.groups {
                let weight = &mut weights[group as usize];
                if *weight > 0.0 {
                    continue;
                }
                *weight = 1.0;
                reached.push(group);
                let stand = self.list[group as usize];
                running -= if inside(stand.x, stand.y) {
                    stand.magnitude
                } else {
                    0.0
                };
            }
            if running < least {
                return None;
            }
        }
        let mut improved = false;
        let mut next = reached.len();
        for side in &sides {
            for neighbor in side.neighbors {
                let product = neighbor.affinity;
                let known = &mut weights[neighbor.group as usize];
                if !(inside(neighbor.x, neighbor.y) & (product > *known)) {
                    continue;
                }
                let magnitude = self.list[neighbor.group as usize].magnitude;
                if *known == 0.0 {
                    places[neighbor.group as usize] = reached.len() as u32;
                    reached.push(neighbor.group);
                } else {
                    improved = true;
                }
                running -= (product - *known) * magnitude;
                *known = product;
            }
        }
        if running < least {
            return None;
        }
        while let Some(&group) = reached.get(next) {
            next += 1;
            let weight = weights[group as usize];
            for neighbor in self.affinities.neighbors(group) {
                let product = weight * neighbor.affinity;
                let other = neighbor.group;
                let known = &mut weights[other as usize];
                let counts = inside(neighbor.x, neighbor.y) & (product >= LEAST);
                if !(counts & (product > *known)) {
                    continue;
                }
                let magnitude = self.list[other as usize].magnitude;
                if *known == 0.0 {
                    places[other as usize] = reached.len() as u32;
                    reached.push(other);
                    running -= product * magnitude;
                } else {
                    // Whatever it reaches is reached better now: back to it.
                    running -= (product - *known) * magnitude;
                    improved = true;
                    next = next.min(places[other as usize] as usize);
                }
                *known = product;
                if running < least {
                    return None;
                }
            }
        }
        if !improved {
            // The same steps as below, in the same order.
            return Some(running);
        }
        let crossing = reached.iter().map(|&group| {
            let stand = self.list[group as usize];
            let part = weights[group as usize] * stand.magnitude;
            if inside(stand.x, stand.y) { part } else { 0.0 }
        });
        Some(crossing.fold(value, |value, part| value - part))
    }
}
