//! Strokes along edges, one after the other: the start of every drawing, and all of a draft.
//!
//! - **Computes** N curves, each the best of some that grow from seeds drawn by weight: the one that
//!   covers the most weight that none before has covered.
//! - **Input** weighted edge points, a number of strokes, a source of random numbers.
//! - **Output** curves in the order of what they cover, at most N, fewer where edges run out.
//! - **Source** the project's prototype: seeds, growth both ways with inertia, a fitted cubic, ends
//!   cut until it fits. Its parameters at N of 4, 8, 16 and 32 (`Reach::of`) are interpolated.
//! - **Deviations** growth leaps over small gaps straight ahead; what a curve draws beside all edges
//!   costs it weight; curves that cross themselves are refused.

use fastrand::Rng;
use rayon::prelude::*;

use crate::{
    cubic::{Cubic, Point, add, cross, distance, dot, mix, project, scale, sub, unit},
    fit::fit,
    points::{EdgePoint, Grid},
};

/// Growths of which the best becomes a stroke.
const SEEDS: usize = 25;
/// Furthest step of a growth, in units, and of a leap over a gap.
const STEP: f32 = 4.5;
const LEAP: f32 = 9.0;
/// Least cosine between a step or leap and the direction so far.
const AHEAD: f32 = 0.55;
const FAR_AHEAD: f32 = 0.9;
/// Share of the direction so far in the next one.
const INERTIA: f32 = 0.6;
/// Shortest curve, in units.
const SHORTEST: f32 = 5.0;

/// How far a stroke reaches, in units, by the number of strokes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Reach {
    /// Largest distance of a grown point from its curve.
    pub(crate) tolerance: f32,
    /// Longest growth to each side.
    pub(crate) half_length: f32,
    /// Points this near are done.
    pub(crate) erase: f32,
    /// Points this near count for the curve.
    pub(crate) cover: f32,
}

impl Reach {
    /// The prototype's table, straight lines in the logarithm of the number between its rows.
    pub(crate) fn of(strokes: usize) -> Self {
        const TABLE: [(f32, [f32; 4]); 4] = [
            (4.0, [9.0, 110.0, 12.0, 5.0]),
            (8.0, [6.0, 100.0, 8.0, 4.0]),
            (16.0, [4.0, 80.0, 5.5, 3.0]),
            (32.0, [2.5, 50.0, 4.0, 2.5]),
        ];
        let at = (strokes as f32).clamp(4.0, 32.0).log2() - 2.0;
        let low = (at as usize).min(2);
        let part = at - low as f32;
        let v = |i: usize| TABLE[low].1[i] * (1.0 - part) + TABLE[low + 1].1[i] * part;
        Self {
            tolerance: v(0),
            half_length: v(1),
            erase: v(2),
            cover: v(3),
        }
    }
}

/// Edge points with what has not been drawn of them.
pub(crate) struct Tracer<'a> {
    points: &'a [EdgePoint],
    grid: &'a Grid,
    /// Weight left, 0 where a stroke has passed.
    left: Vec<f32>,
}

impl<'a> Tracer<'a> {
    pub(crate) fn new(points: &'a [EdgePoint], grid: &'a Grid) -> Self {
        let left = points.iter().map(|p| p.weight).collect();
        Self { points, grid, left }
    }

    /// Adds up to `count` strokes to `curves`, which are there already.
    pub(crate) fn trace(
        &mut self,
        curves: &mut Vec<Cubic>,
        count: usize,
        reach: Reach,
        rng: &mut Rng,
    ) {
        for curve in curves.iter() {
            self.erase(curve, reach.erase);
        }
        while curves.len() < count {
            let Some(curve) = self.best(reach, rng) else {
                return;
            };
            self.erase(&curve, reach.erase);
            curves.push(curve);
        }
    }

    /// The best of some growths.
    fn best(&self, reach: Reach, rng: &mut Rng) -> Option<Cubic> {
        let mut sums = Vec::with_capacity(self.left.len());
        let mut sum = 0.0_f64;
        for w in &self.left {
            sum += f64::from(*w);
            sums.push(sum);
        }
        if sum <= 0.0 {
            return None;
        }
        // Drawn first, so that the order of the growths does not matter.
        let seeds: Vec<usize> = (0..SEEDS)
            .map(|_| {
                let drawn = rng.f64() * sum;
                sums.partition_point(|s| *s <= drawn).min(sums.len() - 1)
            })
            .collect();
        let grown: Vec<Option<(f32, Cubic)>> = seeds
            .into_par_iter()
            .map(|seed| {
                if self.left[seed] <= 0.0 {
                    return None;
                }
                let curve = self.stroke(seed, reach)?;
                Some((self.gain(&curve, reach.cover), curve))
            })
            .collect();
        let mut best: Option<(f32, Cubic)> = None;
        for (gain, curve) in grown.into_iter().flatten() {
            if gain > best.map_or(0.0, |b| b.0) {
                best = Some((gain, curve));
            }
        }
        best.map(|(_, curve)| curve)
    }

    /// A curve through a seed.
    fn stroke(&self, seed: usize, reach: Reach) -> Option<Cubic> {
        let along = self.points[seed].along;
        let forward = self.grow(seed, along, reach.half_length);
        let backward = self.grow(seed, scale(along, -1.0), reach.half_length);
        let middle = backward.len();
        let mut path: Vec<Point> = backward.into_iter().rev().collect();
        path.push(self.points[seed].at);
        path.extend(forward);
        cut_until_it_fits(&path, middle, reach.tolerance)
    }

    /// Points from the seed on, without it.
    fn grow(&self, seed: usize, begin: Point, longest: f32) -> Vec<Point> {
        let (mut at, mut direction) = (self.points[seed].at, begin);
        let (mut path, mut length) = (Vec::new(), 0.0);
        while length < longest {
            let next = self
                .next(at, direction, STEP, AHEAD)
                .or_else(|| self.next(at, direction, LEAP, FAR_AHEAD));
            let Some(next) = next else { break };
            let to = self.points[next].at;
            length += distance(at, to);
            let turned = add(
                scale(direction, INERTIA),
                scale(unit(sub(to, at)).unwrap_or(direction), 1.0 - INERTIA),
            );
            direction = unit(turned).unwrap_or(direction);
            path.push(to);
            at = to;
        }
        path
    }

    /// The point to go on to: ahead, along its own edge, heavy, and not too near.
    fn next(&self, at: Point, direction: Point, furthest: f32, ahead: f32) -> Option<usize> {
        let mut best: Option<(f32, usize)> = None;
        for i in self.grid.around(at, furthest) {
            if self.left[i] <= 0.0 {
                continue;
            }
            let p = &self.points[i];
            let off = sub(p.at, at);
            let far = dot(off, off).sqrt();
            if !(1.2..=furthest).contains(&far) {
                continue;
            }
            let cosine = dot(off, direction) / far;
            if cosine < ahead {
                continue;
            }
            let aligned = dot(p.along, direction).abs();
            let score = cosine * (0.3 + aligned) * (0.5 + p.weight.min(3.0)) / (1.0 + far / STEP);
            if score > best.map_or(0.0, |b| b.0) {
                best = Some((score, i));
            }
        }
        best.map(|(_, i)| i)
    }

    /// Weight near the curve that is still left, less for what runs beside all edges.
    fn gain(&self, curve: &Cubic, cover: f32) -> f32 {
        let mut gain = 0.0;
        self.near(curve, cover, |i, along| {
            gain += self.left[i] * (0.25 + 0.75 * dot(self.points[i].along, along).abs());
        });
        let places: Vec<Point> = curve.points(20).collect();
        let bare = |at: &&Point| {
            let mut around = self.grid.around(**at, 3.0);
            !around.any(|i| distance(self.points[i].at, **at) < 3.0)
        };
        let bare = places.iter().filter(bare).count() as f32 / places.len() as f32;
        gain * (1.0 - 0.8 * bare)
    }

    fn erase(&mut self, curve: &Cubic, reach: f32) {
        let mut gone = Vec::new();
        self.near(curve, reach, |i, _| gone.push(i));
        for i in gone {
            self.left[i] = 0.0;
        }
    }

    /// Visits every point within `reach` of a curve once, with the curve's direction there.
    fn near(&self, curve: &Cubic, reach: f32, mut visit: impl FnMut(usize, Point)) {
        let chords: Vec<Point> = curve.points(curve.chords(0.3).max(8)).collect();
        let mut found: Vec<(usize, f32, Point)> = Vec::new();
        for pair in chords.windows(2) {
            let (middle, half) = (mix(pair[0], pair[1], 0.5), 0.5 * distance(pair[0], pair[1]));
            let Some(along) = unit(sub(pair[1], pair[0])) else {
                continue;
            };
            for i in self.grid.around(middle, half + reach) {
                let square = project(self.points[i].at, pair[0], pair[1]).1;
                if square < reach * reach {
                    found.push((i, square, along));
                }
            }
        }
        found.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
        found.dedup_by_key(|f| f.0);
        for (i, _, along) in found {
            visit(i, along);
        }
    }
}

/// Cuts the end on whose side the worst point lies until the curve fits; `middle` stays.
fn cut_until_it_fits(path: &[Point], middle: usize, tolerance: f32) -> Option<Cubic> {
    let (mut from, mut to) = (0, path.len());
    loop {
        let part = &path[from..to];
        if part.len() < 3 {
            return None;
        }
        let (curve, worst, index) = fit(part)?;
        if worst <= tolerance && !crosses_itself(&curve) {
            return (curve.length() >= SHORTEST).then_some(curve);
        }
        let worst = index + from;
        let step = |length: usize| (length / 8).max(1);
        if worst > middle && to > middle + 1 {
            to -= step(to - middle - 1);
        } else if from < middle {
            from += step(middle - from);
        } else if to > middle + 1 {
            to -= step(to - middle - 1);
        } else {
            return None;
        }
    }
}

/// Whether two of sixteen chords that are no neighbours cross.
pub(crate) fn crosses_itself(curve: &Cubic) -> bool {
    let chords: Vec<Point> = curve.points(16).collect();
    let crossing = |a: &[Point], b: &[Point]| {
        let side = |p: Point, l: &[Point]| cross(sub(l[1], l[0]), sub(p, l[0]));
        side(b[0], a) * side(b[1], a) < 0.0 && side(a[0], b) * side(a[1], b) < 0.0
    };
    let pairs: Vec<&[Point]> = chords.windows(2).collect();
    (0..pairs.len()).any(|i| (i + 2..pairs.len()).any(|j| crossing(pairs[i], pairs[j])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::field::Field;
    use crate::points::points;

    #[test]
    fn the_table_is_met_and_kept_beyond() {
        assert_eq!(Reach::of(16).tolerance, 4.0);
        assert_eq!(Reach::of(8).half_length, 100.0);
        assert_eq!(Reach::of(32), Reach::of(500));
        assert_eq!(Reach::of(1), Reach::of(4));
        let between = Reach::of(24).tolerance;
        assert!((2.5..4.0).contains(&between), "{between}");
    }

    #[test]
    fn a_ring_is_drawn_by_a_few_strokes() {
        let value = |i: usize| {
            let (x, y) = ((i % 160) as f32 - 79.5, (i / 160) as f32 - 79.5);
            (1.0 - ((x * x + y * y).sqrt() - 55.0).abs() / 4.0).clamp(0.0, 1.0)
        };
        let ring = Field::new(160, 160, (0..160 * 160).map(value).collect());
        let points = points(&ring, &Field::new(1, 1, vec![1.0]), None);
        let grid = Grid::new(&points, STEP);
        let mut curves = Vec::new();
        let mut tracer = Tracer::new(&points, &grid);
        tracer.trace(&mut curves, 6, Reach::of(8), &mut Rng::with_seed(1));
        let covered = |p: &&EdgePoint| curves.iter().any(|c| c.nearest(p.at).1 < 3.0);
        let share = points.iter().filter(covered).count() as f32 / points.len() as f32;
        assert!(share > 0.9, "{share} by {curves:?}");
        for curve in &curves {
            for at in curve.points(10) {
                assert!((distance(at, [40.0, 40.0]) - 27.5).abs() < 7.0, "{at:?}");
            }
        }
    }

    #[test]
    fn loops_are_seen() {
        let arch = Cubic([[10.0, 40.0], [12.0, 2.0], [50.0, 2.0], [54.0, 40.0]]);
        assert!(!crosses_itself(&arch));
        let knot = Cubic([[8.0, 40.0], [80.0, 2.0], [-20.0, 2.0], [56.0, 40.0]]);
        assert!(crosses_itself(&knot));
    }
}
