//! Edges and detail of L* at three scales, and the directions of edges.
//!
//! What it computes, at full working size, half and a quarter:
//! - gradient: mean magnitude of the central differences, over 25; 0 (flat) to about 1;
//! - edge density: part of pixels whose gradient is above 6 L* a pixel, 0..=1;
//! - detail: root mean square of the difference to the next smaller scale, over 50; 0..=1.
//!
//! `directions`: parts of the gradient at half size that belong to vertical (0°), rising, horizontal
//! (90°) and falling lines, soft-binned, sum 1; all 0 for a flat picture.
//! Inputs: CIELAB plane of at least 1 x 1.
//! Sources: P. Burt and E. Adelson 1983 for the pyramid; N. Dalal and B. Triggs 2005 for directions
//! weighted by magnitude.
//! Deviations: the pyramid averages 2 x 2 pixels (Haar) instead of a Gaussian; a side of odd length
//! ends in a cell of one.

use super::{Plane, histogram::circular};
use crate::measures::mean_and_deviation;

/// Count of scales.
const SCALES: usize = 3;
/// Length of [`texture`]: per scale gradient, edge density, detail.
pub(super) const TEXTURE_LEN: usize = SCALES * 3;
/// Length of [`directions`].
pub(super) const DIRECTIONS_LEN: usize = 4;

/// Gradient above which a pixel is on an edge, in L* per pixel: a step of 12 between two neighbors,
/// which is clearly seen, gives this central difference on both.
const EDGE: f32 = 6.0;
/// Mean gradient below which a picture counts as flat, in L* per pixel.
const FLAT: f64 = 0.01;

/// L* at full, half, quarter and eighth of the working size, the last one for the detail of the
/// third.
pub(super) fn scales(lab: &Plane<[f32; 3]>) -> [Plane<f32>; SCALES + 1] {
    let full = lab.map(|lab| lab[0]);
    let half = halve(&full);
    let quarter = halve(&half);
    let eighth = halve(&quarter);
    [full, half, quarter, eighth]
}

/// Gradient, edge density and detail of each scale, finest first.
pub(super) fn texture(scales: &[Plane<f32>; SCALES + 1]) -> [f32; TEXTURE_LEN] {
    let mut features = [0.0; TEXTURE_LEN];
    for (pair, features) in scales.windows(2).zip(features.chunks_exact_mut(3)) {
        let magnitudes: Vec<f32> = gradients(&pair[0]).map(|[x, y]| x.hypot(y)).collect();
        let edges = magnitudes
            .iter()
            .filter(|&&magnitude| magnitude > EDGE)
            .count();
        features[0] = mean_and_deviation(magnitudes.iter().copied()).0 / 25.0;
        features[1] = edges as f32 / magnitudes.len() as f32;
        features[2] = detail(&pair[0], &pair[1]) / 50.0;
    }
    features
}

/// Parts of vertical, rising, horizontal and falling lines.
pub(super) fn directions(scales: &[Plane<f32>; SCALES + 1]) -> [f32; DIRECTIONS_LEN] {
    let half = &scales[1];
    let mut sums = [0.0_f64; DIRECTIONS_LEN];
    for [x, y] in gradients(half) {
        // Lines have no sense of direction: the angle is taken modulo a half turn. A gradient
        // along x is a vertical line. Rows grow downwards, so y is turned to make 45° rise.
        let angle = (-y).atan2(x) / std::f32::consts::PI;
        // A gradient towards 45° belongs to a line that falls.
        for (bin, part) in circular(-angle, DIRECTIONS_LEN) {
            sums[bin] += f64::from(part * x.hypot(y));
        }
    }
    let total: f64 = sums.iter().sum();
    if total / half.values.len() as f64 <= FLAT {
        return [0.0; DIRECTIONS_LEN];
    }
    sums.map(|sum| (sum / total) as f32)
}

/// Means of 2 x 2 pixels.
fn halve(plane: &Plane<f32>) -> Plane<f32> {
    let (width, height) = (plane.width.div_ceil(2), plane.height.div_ceil(2));
    let mut values = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (right, below) = (
                (2 * x + 1).min(plane.width - 1),
                (2 * y + 1).min(plane.height - 1),
            );
            let top = plane.at(2 * x, 2 * y) + plane.at(right, 2 * y);
            let bottom = plane.at(2 * x, below) + plane.at(right, below);
            values.push((top + bottom) / 4.0);
        }
    }
    Plane {
        width,
        height,
        values,
    }
}

/// Central differences along x and y, in L* per pixel; the border is repeated outwards.
fn gradients(plane: &Plane<f32>) -> impl Iterator<Item = [f32; 2]> {
    (0..plane.height).flat_map(move |y| {
        let (above, below) = (y.saturating_sub(1), (y + 1).min(plane.height - 1));
        (0..plane.width).map(move |x| {
            let (left, right) = (x.saturating_sub(1), (x + 1).min(plane.width - 1));
            [
                (plane.at(right, y) - plane.at(left, y)) / 2.0,
                (plane.at(x, below) - plane.at(x, above)) / 2.0,
            ]
        })
    })
}

/// Root mean square of what a plane has that its half does not.
fn detail(plane: &Plane<f32>, half: &Plane<f32>) -> f32 {
    let mut sum = 0.0;
    for y in 0..plane.height {
        for x in 0..plane.width {
            sum += f64::from(plane.at(x, y) - half.at(x / 2, y / 2)).powi(2);
        }
    }
    (sum / plane.values.len() as f64).sqrt() as f32
}
