//! From strokes to the pixels of a band of rows.
//!
//! For each stroke: where its chords may reach each row (`spans`), the nearest chord of every pixel
//! there, and the true nearest point by Newton's method. Both are loops over neighbouring pixels that
//! compilers turn into vector instructions; the few pixels that a fixed number of steps does not
//! bring to a stand are polished one by one.

use super::{
    in_pixels,
    newton::{Power, polish_row},
    profile::coverage,
};
use crate::{
    cubic::{Cubic, Point, cross, dot, sub},
    stroke::Stroke,
};

/// Chords are at most this far from the curve, in pixels. Newton's method makes up for it.
const TOLERANCE: f32 = 0.03;
/// The same for curves that turn within the reach of their own pen: there two branches may be about
/// equally far from a pixel, and the wrong one would get the gradient.
const FINE: f32 = 0.001;
/// Places at which the turning is looked at.
const LOOKS: usize = 24;

/// A stroke in pixels, cut into chords.
#[derive(Debug, Clone)]
pub(super) struct Pen {
    curve: Cubic,
    power: Power,
    chords: Vec<Point>,
    radius: f32,
    color: [f32; 3],
    opacity: f32,
    /// Rows that it may touch.
    top: f32,
    bottom: f32,
}

impl Pen {
    pub(super) fn new(stroke: &Stroke, scale: f32) -> Self {
        let curve = in_pixels(&stroke.curve, scale);
        let radius = 0.5 * stroke.width * scale;
        let tolerance = if turns_within(&curve, radius + 1.0) {
            FINE
        } else {
            TOLERANCE
        };
        let chords: Vec<Point> = curve.points(curve.chords(tolerance)).collect();
        let reach = radius + 0.5 + TOLERANCE;
        let rows = chords.iter().map(|p| p[1]);
        let top = rows.clone().fold(f32::INFINITY, f32::min) - reach;
        let bottom = rows.fold(f32::NEG_INFINITY, f32::max) + reach;
        Self {
            power: Power::new(&curve),
            curve,
            chords,
            radius,
            color: stroke.color,
            opacity: stroke.opacity,
            top,
            bottom,
        }
    }

    /// How far from a chord a pixel's centre may be and still be touched.
    fn reach(&self) -> f32 {
        self.radius + 0.5 + TOLERANCE
    }
}

/// Whether the radius of curvature, |q′|³ / |q′ × q″|, is below `radius` somewhere.
fn turns_within(curve: &Cubic, radius: f32) -> bool {
    (0..=LOOKS).any(|i| {
        let t = i as f32 / LOOKS as f32;
        let (tangent, second) = (curve.tangent(t), curve.second(t));
        let speed = dot(tangent, tangent);
        speed * speed.sqrt() < radius * cross(tangent, second).abs()
    })
}

/// One stroke on one pixel.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fragment {
    /// Index within the band.
    pub(super) pixel: u32,
    /// Place on the curve.
    pub(super) t: f32,
    pub(super) coverage: f32,
    /// Gradient of the coverage by the nearest point.
    pub(super) pull: Point,
    /// Slope of the coverage in the radius.
    pub(super) by_radius: f32,
    /// The color below.
    pub(super) under: [f32; 3],
}

/// The fragments of a band, stroke by stroke.
#[derive(Debug, Clone, Default)]
pub(super) struct Band {
    pub(super) fragments: Vec<Fragment>,
    /// Stroke and the end of its fragments.
    pub(super) runs: Vec<(u32, usize)>,
}

/// Nearest chord of the pixels of one stroke in a band; reused from stroke to stroke.
#[derive(Default)]
struct Field {
    /// First and last + 1 column of each row.
    spans: Vec<(usize, usize)>,
    square: Vec<f32>,
    place: Vec<f32>,
    /// From the nearest point to the pixel's centre.
    off: [Vec<f32>; 2],
}

impl Band {
    /// Draws on `rows`, the first of which is row `first` of the canvas.
    pub(super) fn draw(pens: &[Pen], rows: &mut [[f32; 3]], first: usize, width: usize) -> Self {
        let mut band = Self::default();
        let height = rows.len() / width;
        let mut field = Field {
            spans: Vec::new(),
            square: vec![f32::INFINITY; rows.len()],
            place: vec![0.0; rows.len()],
            off: [vec![0.0; rows.len()], vec![0.0; rows.len()]],
        };
        for (index, pen) in pens.iter().enumerate() {
            let outside = pen.bottom < first as f32 || pen.top > (first + height) as f32;
            if outside || pen.opacity <= 0.0 {
                continue;
            }
            field.fill(pen, first, width, height);
            for y in 0..height {
                let (from, to) = field.spans[y];
                for x in from..to {
                    let at = y * width + x;
                    let off = [field.off[0][at], field.off[1][at]];
                    if let Some(fragment) = fragment(pen, field.square[at], field.place[at], off) {
                        let under = rows[at];
                        let alpha = pen.opacity * fragment.coverage;
                        rows[at] = [0, 1, 2].map(|c| under[c] + alpha * (pen.color[c] - under[c]));
                        let pixel = at as u32;
                        band.fragments.push(Fragment {
                            pixel,
                            under,
                            ..fragment
                        });
                    }
                }
            }
            let end = band.fragments.len();
            if band.runs.last().map_or(0, |run| run.1) < end {
                band.runs.push((index as u32, end));
            }
        }
        band
    }
}

impl Field {
    fn fill(&mut self, pen: &Pen, first: usize, width: usize, height: usize) {
        self.spans.clear();
        self.spans.resize(height, (width, 0));
        let (reach, steps) = (pen.reach(), pen.chords.len() - 1);
        let rows_of = |a: Point, b: Point| {
            let low = a[1].min(b[1]) - reach - 0.5 - first as f32;
            let high = a[1].max(b[1]) + reach - 0.5 - first as f32;
            // `as` takes what is below 0 to 0; a row is in where its centre is.
            (
                low.ceil() as usize,
                ((high.floor() + 1.0).max(0.0) as usize).min(height),
            )
        };
        for chord in pen.chords.windows(2) {
            let (low, high) = rows_of(chord[0], chord[1]);
            for y in low..high {
                let (from, to) = span(chord[0], chord[1], reach, (first + y) as f32 + 0.5, width);
                let row = &mut self.spans[y];
                *row = (row.0.min(from), row.1.max(to));
            }
        }
        for (y, &(from, to)) in self.spans.iter().enumerate() {
            if from < to {
                self.square[y * width + from..y * width + to].fill(f32::INFINITY);
            }
        }
        for (i, chord) in pen.chords.windows(2).enumerate() {
            let (low, high) = rows_of(chord[0], chord[1]);
            for y in low..high {
                let row = (first + y) as f32 + 0.5;
                let (from, to) = span(chord[0], chord[1], reach, row, width);
                if from < to {
                    let part = y * width + from..y * width + to;
                    // The chords' nearest; see below for the curve's.
                    nearest_in_row(
                        (chord[0], chord[1]),
                        [from as f32 + 0.5, row],
                        (i as f32, steps as f32),
                        &mut self.square[part.clone()],
                        &mut self.place[part],
                    );
                }
            }
        }
        let [off_x, off_y] = &mut self.off;
        // Near a centre of curvature the nearest chord may be some chords off.
        let far = 2.0 / steps as f32;
        for (y, &(from, to)) in self.spans.iter().enumerate() {
            if from < to {
                let part = y * width + from..y * width + to;
                polish_row(
                    (&pen.power, &pen.curve),
                    [from as f32 + 0.5, (first + y) as f32 + 0.5],
                    (reach * reach, far),
                    &self.square[part.clone()],
                    &mut self.place[part.clone()],
                    [&mut off_x[part.clone()], &mut off_y[part]],
                );
            }
        }
    }
}

/// Columns of the row at height `y` whose centres may be within `reach` of the chord.
fn span(a: Point, b: Point, reach: f32, y: f32, width: usize) -> (usize, usize) {
    let [dx, dy] = sub(b, a);
    // The part of the chord that is within reach by height alone.
    let (from, to) = if dy.abs() > 1e-6 {
        let (one, other) = ((y - reach - a[1]) / dy, (y + reach - a[1]) / dy);
        (
            one.min(other).clamp(0.0, 1.0),
            one.max(other).clamp(0.0, 1.0),
        )
    } else {
        (0.0, 1.0)
    };
    let (one, other) = (a[0] + from * dx, a[0] + to * dx);
    let left = (one.min(other) - reach - 0.5).ceil() as usize;
    let right = ((one.max(other) + reach - 0.5).floor() + 1.0).max(0.0) as usize;
    (left, right.min(width))
}

/// Offers a chord to neighbouring pixels, the first of which has its centre at `center`.
#[inline(always)]
fn nearest_in_row(
    (a, b): (Point, Point),
    center: Point,
    (index, steps): (f32, f32),
    square: &mut [f32],
    place: &mut [f32],
) {
    let [dx, dy] = sub(b, a);
    let whole = dx * dx + dy * dy;
    let inverse = if whole > 0.0 { 1.0 / whole } else { 0.0 };
    let [px, py] = sub(center, a);
    let (begin, per_pixel) = ((px * dx + py * dy) * inverse, dx * inverse);
    for (i, (square, place)) in square.iter_mut().zip(place).enumerate() {
        let i = i as f32;
        let along = (begin + i * per_pixel).clamp(0.0, 1.0);
        let (off_x, off_y) = (px + i - along * dx, py - along * dy);
        let found = off_x * off_x + off_y * off_y;
        let nearer = found < *square;
        *square = if nearer { found } else { *square };
        *place = if nearer {
            (index + along) / steps
        } else {
            *place
        };
    }
}

/// What the stroke does to a pixel, if anything; `under` and `pixel` are not set. `square` is the
/// squared distance from the chords, `t` and `off` the nearest point and the way from there.
#[inline(always)]
fn fragment(pen: &Pen, square: f32, t: f32, off: Point) -> Option<Fragment> {
    let reach = pen.reach();
    if square >= reach * reach {
        return None;
    }
    let mut found = Fragment {
        pixel: 0,
        t,
        coverage: 1.0,
        pull: [0.0; 2],
        by_radius: 0.0,
        under: [0.0; 3],
    };
    let inside = pen.radius - 0.5 - TOLERANCE;
    if inside > 0.0 && square < inside * inside {
        return Some(found);
    }
    let distance = (off[0] * off[0] + off[1] * off[1]).sqrt();
    let covered = coverage(distance, pen.radius);
    // No coverage is no fragment; its slopes are those of a place beyond the ramp: 0.
    if covered.value <= 0.0 && covered.by_radius <= 0.0 {
        return None;
    }
    found.coverage = covered.value;
    found.by_radius = covered.by_radius;
    // On the curve itself the distance has no direction, and none is needed.
    if distance > 1e-9 {
        found.pull = off.map(|v| -covered.by_distance * v / distance);
    }
    Some(found)
}
