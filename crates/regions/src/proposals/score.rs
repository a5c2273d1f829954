//! The score of a box: contours wholly inside, less those that cross its sides.
//!
//! - **Computes** (Σ w·m over groups inside − strength of the inner half) · (w/2 + h/2)^−κ, where a
//!   group's w is 1 less the best product of affinities on a path from a group that crosses a side.
//! - **Input** boxes in pixels, cut at the picture. **Output** 0 where the score is below
//!   `min_score`; scores have no upper bound but are typically .01 to .5.
//! - **Source** facts F.2 step 5.
//! - **Deviation** none known. It stops as soon as the running score is below what the caller
//!   needs: weights only ever fall, so the result is the same.

use super::{
    affinity::{Affinities, LEAST},
    groups::Groups,
    lines::Lines,
    params::Params,
};
use crate::Map;

/// A box as the search moves it: left, top, width and height, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) x: i32,
    pub(crate) y: i32,
    pub(crate) w: i32,
    pub(crate) h: i32,
}

/// Sums over rectangles, `[height + 1, width + 1]`.
struct Sums {
    stride: usize,
    values: Vec<f64>,
}

impl Sums {
    fn of(width: usize, height: usize, value: impl Fn(usize) -> f32) -> Self {
        let stride = width + 1;
        let mut values = vec![0.0; stride * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += f64::from(value(y * width + x));
                values[(y + 1) * stride + x + 1] = values[y * stride + x + 1] + row;
            }
        }
        Self { stride, values }
    }

    /// Over columns `x0..x1` and rows `y0..y1`.
    #[inline]
    fn inside(&self, x0: i32, y0: i32, x1: i32, y1: i32) -> f32 {
        let at = |x: i32, y: i32| self.values[y as usize * self.stride + x as usize];
        (at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0)) as f32
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
    magnitudes: Vec<f32>,
    stand_ins: Vec<(i32, i32)>,
    /// Factor by half the perimeter's half.
    norms: Vec<f32>,
}

/// What one thread of the search writes: kept between boxes, so that none is cleared.
pub(crate) struct Scratch {
    /// The box for which each group was last seen.
    seen: Vec<u32>,
    box_number: u32,
    /// Best product of affinities of each group seen.
    weights: Vec<f32>,
    queue: Vec<u32>,
}

impl Scorer {
    pub(crate) fn new(strength: &Map, groups: &Groups, params: &Params) -> Self {
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
                (half as f32).powf(-params.kappa)
            }
        };
        Self {
            width: width as i32,
            height: height as i32,
            edges: Sums::of(width, height, seen),
            groups: Sums::of(width, height, |at| stand_ins[at]),
            lines: Lines::of(groups),
            affinities: Affinities::of(groups, params.gamma),
            magnitudes: groups.list.iter().map(|g| g.magnitude).collect(),
            stand_ins: groups
                .list
                .iter()
                .map(|g| (g.stand_in.0 as i32, g.stand_in.1 as i32))
                .collect(),
            norms: (0..=width + height).map(norm).collect(),
        }
    }

    pub(crate) fn scratch(&self) -> Scratch {
        Scratch {
            seen: vec![0; self.magnitudes.len()],
            box_number: 0,
            weights: vec![0.0; self.magnitudes.len()],
            queue: Vec::new(),
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

    /// The score of a box that is already cut, or 0 where it is below `needed`.
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
                .inside(inner_x, inner_y, inner_x + half_w + 1, inner_y + half_h + 1);
        if value * norm < needed {
            return 0.0;
        }
        self.without_crossing(scratch, window, value, norm, needed)
    }

    fn without_crossing(
        &self,
        scratch: &mut Scratch,
        window: Window,
        mut value: f32,
        norm: f32,
        needed: f32,
    ) -> f32 {
        let Window { x, y, w, h } = window;
        let (right, bottom) = (x + w, y + h);
        let inside = |group: u32| {
            let (gx, gy) = self.stand_ins[group as usize];
            (x..right).contains(&gx) && (y..bottom).contains(&gy)
        };
        scratch.begin();
        let Scratch {
            seen,
            box_number,
            weights,
            queue,
        } = scratch;
        let sides = [
            self.lines.row(y, x, right),
            self.lines.row(bottom, x, right),
            self.lines.column(x, y, bottom),
            self.lines.column(right, y, bottom),
        ];
        for side in sides {
            for &group in side {
                let at = group as usize;
                if seen[at] == *box_number {
                    continue;
                }
                seen[at] = *box_number;
                weights[at] = 1.0;
                queue.push(group);
                if inside(group) {
                    value -= self.magnitudes[at];
                }
            }
            if value * norm < needed {
                return 0.0;
            }
        }
        let mut next = 0;
        while let Some(&group) = queue.get(next) {
            next += 1;
            let weight = weights[group as usize];
            for &(other, affinity) in self.affinities.neighbors(group) {
                let product = weight * affinity;
                if product < LEAST {
                    break;
                }
                let at = other as usize;
                let known = if seen[at] == *box_number {
                    weights[at]
                } else {
                    0.0
                };
                if product <= known || !inside(other) {
                    continue;
                }
                seen[at] = *box_number;
                weights[at] = product;
                queue.push(other);
                value -= (product - known) * self.magnitudes[at];
                if value * norm < needed {
                    return 0.0;
                }
            }
        }
        value * norm
    }
}

impl Scratch {
    fn begin(&mut self) {
        self.queue.clear();
        if self.box_number == u32::MAX {
            self.seen.fill(0);
            self.box_number = 0;
        }
        self.box_number += 1;
    }
}
