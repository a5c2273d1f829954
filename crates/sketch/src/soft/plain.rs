//! The soft rasteriser without any haste: the reference of the fast one.
//!
//! Every pixel asks every stroke, in `f64`; the nearest point is searched among 96 places of the
//! curve and polished until it stands. Same coverage, same blending, no bounding boxes, no
//! gradients: tests take finite differences of it.

use super::profile::coverage_f64;
use crate::stroke::{Drawing, Stroke};

const PLACES: usize = 96;

/// Colors of a canvas of `width` × `height` pixels, row by row, at `scale` pixels a unit.
#[must_use]
pub fn render(drawing: &Drawing, scale: f64, width: usize, height: usize) -> Vec<[f64; 3]> {
    let strokes: Vec<Plain> = drawing.strokes.iter().map(|s| s.into()).collect();
    render_plain(
        &strokes,
        drawing.background.map(f64::from),
        scale,
        width,
        height,
    )
}

/// A [`Stroke`] in double precision, so that small differences of it can be taken.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plain {
    /// Control points, in units.
    pub points: [[f64; 2]; 4],
    /// Diameter, in units.
    pub width: f64,
    /// sRGB, 0..=1.
    pub color: [f64; 3],
    /// 0..=1.
    pub opacity: f64,
}

impl From<&Stroke> for Plain {
    fn from(stroke: &Stroke) -> Self {
        Self {
            points: stroke.curve.0.map(|p| p.map(f64::from)),
            width: f64::from(stroke.width),
            color: stroke.color.map(f64::from),
            opacity: f64::from(stroke.opacity),
        }
    }
}

/// [`render`] of strokes in double precision.
#[must_use]
pub fn render_plain(
    strokes: &[Plain],
    background: [f64; 3],
    scale: f64,
    width: usize,
    height: usize,
) -> Vec<[f64; 3]> {
    let mut canvas = vec![background; width * height];
    for stroke in strokes {
        let points = stroke.points.map(|p| p.map(|v| v * scale));
        let radius = 0.5 * stroke.width * scale;
        let polygon: Vec<[f64; 2]> = (0..=PLACES)
            .map(|i| at(&points, i as f64 / PLACES as f64))
            .collect();
        for (i, pixel) in canvas.iter_mut().enumerate() {
            let center = [(i % width) as f64 + 0.5, (i / width) as f64 + 0.5];
            let alpha =
                stroke.opacity * coverage_f64(nearest(&points, &polygon, center), radius).value;
            for (under, over) in pixel.iter_mut().zip(stroke.color) {
                *under += alpha * (over - *under);
            }
        }
    }
    canvas
}

fn at(p: &[[f64; 2]; 4], t: f64) -> [f64; 2] {
    let s = 1.0 - t;
    let b = [s * s * s, 3.0 * s * s * t, 3.0 * s * t * t, t * t * t];
    [0, 1].map(|i| (0..4).map(|k| b[k] * p[k][i]).sum())
}

/// Distance of `center` from the curve: the nearest of the places, then ternary search between its
/// neighbours, which needs no derivative.
fn nearest(points: &[[f64; 2]; 4], polygon: &[[f64; 2]], center: [f64; 2]) -> f64 {
    let square = |q: [f64; 2]| (q[0] - center[0]).powi(2) + (q[1] - center[1]).powi(2);
    let by_distance = |a: &usize, b: &usize| square(polygon[*a]).total_cmp(&square(polygon[*b]));
    let first = (0..polygon.len()).min_by(by_distance).unwrap_or(0);
    let step = 1.0 / PLACES as f64;
    let middle = first as f64 * step;
    let (mut low, mut high) = ((middle - step).max(0.0), (middle + step).min(1.0));
    for _ in 0..48 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if square(at(points, a)) < square(at(points, b)) {
            high = b;
        } else {
            low = a;
        }
    }
    square(at(points, 0.5 * (low + high))).sqrt()
}
