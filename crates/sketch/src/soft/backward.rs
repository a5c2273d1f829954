//! From gradients of pixels to gradients of strokes.

use super::forward::Band;
use crate::{
    cubic::{Point, bernstein},
    stroke::Stroke,
};

/// Derivative of a loss by one stroke.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StrokeGradient {
    /// By the control points, a unit.
    pub points: [Point; 4],
    /// By the width, a unit.
    pub width: f32,
    /// By red, green and blue.
    pub color: [f32; 3],
    /// By the opacity.
    pub opacity: f32,
}

impl StrokeGradient {
    pub(super) fn add(&mut self, other: &Self) {
        let ours = self.points.as_flattened_mut().iter_mut();
        for (a, b) in ours.zip(other.points.as_flattened()) {
            *a += b;
        }
        for (a, b) in self.color.iter_mut().zip(other.color) {
            *a += b;
        }
        self.width += other.width;
        self.opacity += other.opacity;
    }

    /// From pixels to units: a unit is `scale` pixels.
    pub(super) fn scale_to_units(&mut self, scale: f32) {
        for v in self.points.as_flattened_mut() {
            *v *= scale;
        }
        self.width *= scale;
    }
}

/// The gradients of the strokes of a band in pixels, the last stroke first.
///
/// Going back through the blending C = U + α (S − U): the stroke's color gets α of the gradient,
/// what is below keeps 1 − α of it, and α gets its product with S − U.
pub(super) fn band(
    band: &Band,
    strokes: &[Stroke],
    by_pixel: &[[f32; 3]],
) -> Vec<(u32, StrokeGradient)> {
    let mut above = by_pixel.to_vec();
    let mut gradients = Vec::with_capacity(band.runs.len());
    for (i, &(index, end)) in band.runs.iter().enumerate().rev() {
        let begin = if i == 0 { 0 } else { band.runs[i - 1].1 };
        let stroke = &strokes[index as usize];
        let mut sum = StrokeGradient::default();
        for fragment in &band.fragments[begin..end] {
            let gradient = &mut above[fragment.pixel as usize];
            let alpha = stroke.opacity * fragment.coverage;
            let mut by_alpha = 0.0;
            let over = stroke.color.iter().zip(fragment.under);
            for ((g, (over, under)), by_color) in gradient.iter_mut().zip(over).zip(&mut sum.color)
            {
                by_alpha += *g * (over - under);
                *by_color += alpha * *g;
                *g *= 1.0 - alpha;
            }
            sum.opacity += by_alpha * fragment.coverage;
            let by_coverage = by_alpha * stroke.opacity;
            // The width is twice the radius.
            sum.width += 0.5 * by_coverage * fragment.by_radius;
            if fragment.pull != [0.0; 2] {
                let pull = fragment.pull.map(|v| v * by_coverage);
                for (point, weight) in sum.points.iter_mut().zip(bernstein(fragment.t)) {
                    point[0] += weight * pull[0];
                    point[1] += weight * pull[1];
                }
            }
        }
        gradients.push((index, sum));
    }
    gradients
}
