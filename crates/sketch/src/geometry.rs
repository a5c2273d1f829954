//! How well curves draw the edges, and which way they should move.
//!
//! - **Computes** the loss of the prototype: weighted edge points that no curve is near, places of
//!   curves that no edge is near, what lies outside of the view, and how the control polygons bend.
//! - **Input** curves in units, weighted points, a width σ in units beyond which a point counts as
//!   missed.
//! - **Output** a loss ≥ 0, lower is better; its gradient by every control point.
//!
//!   L = Σ w d²/(d²+σ²) / Σ w + ½ · mean D/(D+4) + .1 · mean outside + .02 · mean bend,
//!
//!   d from a point to the nearest curve, D from 20 places of each curve to the nearest point.
//! - **Source** the prototype's recipe F, geometry term.
//! - **Deviations** all points count, not 700 drawn ones; bends are measured against the length of
//!   the polygon, so that long strokes may be as round as short ones.

use rayon::prelude::*;

use crate::{
    cubic::{Cubic, Point, add, bernstein, distance, dot, project, scale, sub},
    field::Field,
    meaning::Critic,
    points::{EdgePoint, FINER},
};

const PLACES: usize = 20;
/// Distance in units at which a place beside all edges costs half.
const BESIDE: f32 = 4.0;
const BESIDE_SHARE: f32 = 0.5;
const OUTSIDE_SHARE: f32 = 0.1;
const BEND_SHARE: f32 = 0.02;
/// What the critic's verdict weighs beside the loss.
const CRITIC_SHARE: f64 = 0.5;
/// Points that one task takes: sums are taken task by task, whatever the number of threads.
const TASK: usize = 256;

/// What curves are measured against.
pub(crate) struct Geometry<'a> {
    pub(crate) points: &'a [EdgePoint],
    /// Distance to the nearest edge point, in pixels of the edge map.
    pub(crate) beside: &'a Field,
    /// Width and height of the view, in units.
    pub(crate) view: Point,
    /// Who compares whole drawings beside.
    pub(crate) critic: Option<&'a Critic>,
}

/// The nearest curve of a point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Nearest {
    pub(crate) curve: usize,
    pub(crate) t: f32,
    pub(crate) distance: f32,
    /// Distance to the nearest of the other curves.
    pub(crate) second: f32,
}

/// Curves as chords, to find the nearest one of many points.
pub(crate) struct Chorded<'a> {
    curves: &'a [Cubic],
    chords: Vec<Vec<Point>>,
    boxes: Vec<[f32; 4]>,
}

impl<'a> Chorded<'a> {
    pub(crate) fn new(curves: &'a [Cubic]) -> Self {
        let chords = curves
            .iter()
            .map(|c| c.points(c.chords(0.1).clamp(4, 48)).collect());
        Self {
            curves,
            chords: chords.collect(),
            boxes: curves.iter().map(Cubic::hull).collect(),
        }
    }

    /// `None` without curves.
    pub(crate) fn nearest(&self, p: Point) -> Option<Nearest> {
        let mut best: Option<Nearest> = None;
        for (curve, chords) in self.chords.iter().enumerate() {
            let [left, top, right, bottom] = self.boxes[curve];
            let (dx, dy) = (
                (left - p[0]).max(p[0] - right).max(0.0),
                (top - p[1]).max(p[1] - bottom).max(0.0),
            );
            // Neither the nearest nor the second.
            if best.is_some_and(|b| dx * dx + dy * dy > b.second * b.second) {
                continue;
            }
            let steps = (chords.len() - 1) as f32;
            let mut own = (0.0, f32::INFINITY);
            for (i, pair) in chords.windows(2).enumerate() {
                let (along, square) = project(p, pair[0], pair[1]);
                if square < own.1 {
                    own = ((i as f32 + along) / steps, square);
                }
            }
            let far = own.1.sqrt();
            match &mut best {
                Some(b) if far >= b.distance => b.second = b.second.min(far),
                _ => {
                    best = Some(Nearest {
                        curve,
                        t: own.0,
                        distance: far,
                        second: best.map_or(f32::INFINITY, |b| b.distance),
                    });
                }
            }
        }
        best.map(|mut b| {
            let curve = &self.curves[b.curve];
            let reach = 2.0 / (self.chords[b.curve].len() - 1) as f32;
            b.t = curve.polish(p, b.t, reach);
            b.distance = distance(curve.at(b.t), p);
            b
        })
    }
}

impl Geometry<'_> {
    /// What finished drawings are compared by: the loss, and how far the critic finds them off.
    pub(crate) fn verdict(&self, curves: &[Cubic], sigma: f32) -> f64 {
        let off = self.critic.map_or(0.0, |critic| critic.off(curves));
        self.loss(curves, sigma).0 + CRITIC_SHARE * off
    }

    /// The loss and its gradient.
    pub(crate) fn loss(&self, curves: &[Cubic], sigma: f32) -> (f64, Vec<[Point; 4]>) {
        let mut gradient = vec![[[0.0; 2]; 4]; curves.len()];
        let mut loss = self.missed(curves, sigma, &mut gradient);
        let share = 1.0 / curves.len().max(1) as f32;
        for (curve, gradient) in curves.iter().zip(&mut gradient) {
            loss += self.astray(curve, share, gradient);
            loss += bends(curve, share * BEND_SHARE, gradient);
        }
        (loss, gradient)
    }

    /// Edge points that no curve is near.
    fn missed(&self, curves: &[Cubic], sigma: f32, gradient: &mut [[Point; 4]]) -> f64 {
        let whole: f32 = self.points.iter().map(|p| p.weight).sum::<f32>().max(1e-12);
        let chorded = Chorded::new(curves);
        let variance = sigma * sigma;
        let tasks: Vec<(f64, Vec<[Point; 4]>)> = self
            .points
            .par_chunks(TASK)
            .map(|points| {
                let mut sum = 0.0;
                let mut by_curve = vec![[[0.0; 2]; 4]; curves.len()];
                for p in points {
                    let weight = p.weight / whole;
                    let Some(near) = chorded.nearest(p.at) else {
                        sum += f64::from(weight);
                        continue;
                    };
                    let square = near.distance * near.distance;
                    let below = square + variance;
                    sum += f64::from(weight * square / below);
                    // d/dq of d²/(d²+σ²) = 2 σ² (q − p) / (d²+σ²)².
                    let off = sub(curves[near.curve].at(near.t), p.at);
                    let pull = scale(off, weight * 2.0 * variance / (below * below));
                    spread(&mut by_curve[near.curve], near.t, pull);
                }
                (sum, by_curve)
            })
            .collect();
        let mut loss = 0.0;
        for (sum, by_curve) in tasks {
            loss += sum;
            for (g, part) in gradient.iter_mut().zip(by_curve) {
                for (a, b) in g.iter_mut().zip(part) {
                    *a = add(*a, b);
                }
            }
        }
        loss
    }

    /// Places of a curve beside all edges, and outside of the view.
    fn astray(&self, curve: &Cubic, share: f32, gradient: &mut [Point; 4]) -> f64 {
        let mut loss = 0.0;
        let share = share / PLACES as f32;
        let finer = FINER as f32;
        for i in 0..PLACES {
            let t = (i as f32 + 0.5) / PLACES as f32;
            let at = curve.at(t);
            let (far, slopes) = self
                .beside
                .with_slopes(at[0] * finer - 0.5, at[1] * finer - 0.5);
            // From pixels of the edge map to units; slopes are the same in both.
            let far = (far / finer).min(1e6);
            let below = far + BESIDE;
            loss += f64::from(share * BESIDE_SHARE * far / below);
            let by_far = share * BESIDE_SHARE * BESIDE / (below * below);
            let mut pull = scale(slopes, by_far);
            for (axis, pull) in pull.iter_mut().enumerate() {
                let over = (at[axis] - self.view[axis]).max(0.0) + at[axis].min(0.0);
                loss += f64::from(share * OUTSIDE_SHARE * over.abs());
                if over != 0.0 {
                    *pull += share * OUTSIDE_SHARE * over.signum();
                }
            }
            spread(gradient, t, pull);
        }
        loss
    }
}

/// A pull at a place of the curve, shared out to the control points.
fn spread(gradient: &mut [Point; 4], t: f32, pull: Point) {
    for (g, b) in gradient.iter_mut().zip(bernstein(t)) {
        *g = add(*g, scale(pull, b));
    }
}

/// `share` times the squared bends over the squared length of the polygon (plus a unit).
fn bends(curve: &Cubic, share: f32, gradient: &mut [Point; 4]) -> f64 {
    let p = &curve.0;
    let sides = [sub(p[1], p[0]), sub(p[2], p[1]), sub(p[3], p[2])];
    let bent: f32 = curve.bends().iter().map(|&b| dot(b, b)).sum();
    let long: f32 = sides.iter().map(|&s| dot(s, s)).sum::<f32>() + 1.0;
    let (by_bent, by_long) = (share / long, -share * bent / (long * long));
    for (k, &bend) in curve.bends().iter().enumerate() {
        for (i, factor) in [1.0, -2.0, 1.0].into_iter().enumerate() {
            gradient[k + i] = add(gradient[k + i], scale(bend, 2.0 * by_bent * factor));
        }
    }
    for (k, &side) in sides.iter().enumerate() {
        gradient[k] = add(gradient[k], scale(side, -2.0 * by_long));
        gradient[k + 1] = add(gradient[k + 1], scale(side, 2.0 * by_long));
    }
    f64::from(share * bent / long)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::distances;
    use affetti_testkit::Values;

    fn scene(values: &mut Values) -> (Vec<EdgePoint>, Field) {
        let mut next = || 0.5 + 0.5 * values.next().expect("endless");
        let points: Vec<EdgePoint> = (0..400)
            .map(|_| EdgePoint {
                at: [next() * 80.0, next() * 60.0],
                along: [1.0, 0.0],
                weight: 0.2 + next(),
            })
            .collect();
        let (width, height) = (80 * FINER, 60 * FINER);
        let mut set = vec![false; width * height];
        for p in points.iter().step_by(20) {
            let (x, y) = ((p.at[0] * 2.0) as usize, (p.at[1] * 2.0) as usize);
            set[y.min(height - 1) * width + x.min(width - 1)] = true;
        }
        // Smoothed: the distances themselves have kinks halfway between points.
        (points, distances(width, height, &set).smooth(3))
    }

    #[test]
    fn the_gradient_meets_finite_differences() {
        let mut values = Values::new(11);
        let (points, beside) = scene(&mut values);
        let geometry = Geometry {
            points: &points,
            beside: &beside,
            view: [80.0, 60.0],
            critic: None,
        };
        let (mut worst, mut total) = (0.0_f64, 0);
        for _ in 0..60 {
            let mut next = || values.next().expect("endless");
            let curves: Vec<Cubic> = (0..3)
                .map(|_| Cubic([(); 4].map(|()| [40.0 + 44.0 * next(), 30.0 + 34.0 * next()])))
                .collect();
            let (_, gradient) = geometry.loss(&curves, 5.0);
            let direction: Vec<f32> = (0..24).map(|_| next()).collect();
            let at = |h: f32| {
                let mut moved = curves.clone();
                let all = moved
                    .iter_mut()
                    .flat_map(|c| c.0.as_flattened_mut().iter_mut());
                for (v, d) in all.zip(&direction) {
                    *v += h * d;
                }
                geometry.loss(&moved, 5.0).0
            };
            let difference = |h: f32| (at(h) - at(-h)) / f64::from(2.0 * h);
            let (coarse, fine) = (difference(4e-3), difference(2e-3));
            let flat: Vec<f32> = gradient.iter().flatten().flatten().copied().collect();
            let norm = flat.iter().map(|v| v * v).sum::<f32>().sqrt();
            // Where two steps differ, a point changes its nearest curve in between.
            if (coarse - fine).abs() > 0.004 * f64::from(norm) {
                continue;
            }
            let found: f32 = flat.iter().zip(&direction).map(|(g, d)| g * d).sum();
            worst = worst.max((f64::from(found) - fine).abs() / f64::from(norm));
            total += 1;
        }
        // Distances in f32 leave about 1e-8 of the loss, a step of .002 makes that some 1e-5.
        assert!(total > 30 && worst < 0.01, "{worst} over {total}");
    }

    #[test]
    fn a_curve_on_its_points_costs_little() {
        let curve = Cubic([[10.0, 10.0], [20.0, 30.0], [40.0, 30.0], [50.0, 10.0]]);
        let points: Vec<EdgePoint> = curve
            .points(60)
            .map(|at| EdgePoint {
                at,
                along: [1.0, 0.0],
                weight: 1.0,
            })
            .collect();
        let mut set = vec![false; 160 * 120];
        for p in &points {
            set[(p.at[1] * 2.0) as usize * 160 + (p.at[0] * 2.0) as usize] = true;
        }
        let beside = distances(160, 120, &set);
        let geometry = Geometry {
            points: &points,
            beside: &beside,
            view: [80.0, 60.0],
            critic: None,
        };
        let on = geometry.loss(&[curve], 3.0).0;
        let off = geometry
            .loss(&[curve.map(|p| [p[0] + 6.0, p[1] + 6.0])], 3.0)
            .0;
        assert!(on < 0.1 && off > 0.5, "{on} {off}");
        assert!((geometry.loss(&[], 3.0).0 - 1.0).abs() < 1e-6);
    }
}
