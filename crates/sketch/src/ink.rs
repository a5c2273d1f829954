//! Width, opacity and color of strokes, from what lies along them.
//!
//! - **Computes** for `ink` a width of .5 to 1.5 times the pen's and an opacity of .6 to 1 by the
//!   strength of the edge under the stroke relative to the others; for `color` the color of the
//!   darker side of the edge.
//! - **Input** curves, the edge map, the picture at the same size.
//! - **Output** strokes in the same order.
//! - **Source** ours.

use affetti_picture::{Picture, color};

use crate::{
    cubic::{Cubic, Point, add, scale, unit},
    field::Field,
    points::FINER,
    settings::Settings,
    stroke::Stroke,
};

const PLACES: usize = 24;
/// How far beside the edge its colors are looked at, in units: beyond the blur of the edge itself.
const SIDE: f32 = 3.5;
/// Lightest L* of a stroke on white paper.
const LIGHTEST: f32 = 80.0;

pub(crate) fn strokes(
    curves: &[Cubic],
    strength: &Field,
    picture: &Picture,
    settings: &Settings,
) -> Vec<Stroke> {
    let strengths: Vec<f32> = curves.iter().map(|c| under(c, strength)).collect();
    let top = strengths.iter().copied().fold(1e-6, f32::max);
    let ink = |(curve, strength): (&Cubic, f32)| {
        let mut stroke = Stroke::black(*curve, settings.width);
        if settings.ink {
            let share = strength / top;
            stroke.width *= 0.5 + share;
            stroke.opacity = 0.6 + 0.4 * share;
        }
        if settings.color {
            stroke.color = beside(curve, picture);
        }
        stroke
    };
    curves.iter().zip(strengths).map(ink).collect()
}

/// Mean strength under a curve.
fn under(curve: &Cubic, strength: &Field) -> f32 {
    let finer = FINER as f32;
    let values = curve.points(PLACES - 1).map(|p| {
        let (x, y) = (p[0] * finer - 0.5, p[1] * finer - 0.5);
        // A pixel off the crest is still on the edge.
        (-1..=1)
            .flat_map(|dy| (-1..=1).map(move |dx| (dx, dy)))
            .map(|(dx, dy)| strength.between(x + dx as f32, y + dy as f32))
            .fold(0.0, f32::max)
    });
    values.sum::<f32>() / PLACES as f32
}

/// Mean color in CIELAB of the darker side.
fn beside(curve: &Cubic, picture: &Picture) -> [f32; 3] {
    let side = |sign: f32| {
        let mut sum = [0.0_f32; 3];
        for i in 0..PLACES {
            let t = i as f32 / (PLACES - 1) as f32;
            let along = unit(curve.tangent(t)).unwrap_or([1.0, 0.0]);
            let at = add(curve.at(t), scale([-along[1], along[0]], sign * SIDE));
            for (s, v) in sum.iter_mut().zip(color::lab(pixel(picture, at))) {
                *s += v / PLACES as f32;
            }
        }
        sum
    };
    let (one, other) = (side(1.0), side(-1.0));
    let mut lab = if one[0] <= other[0] { one } else { other };
    lab[0] = lab[0].min(LIGHTEST);
    color::srgb_from_lab(lab).map(|v| f32::from(v) / 255.0)
}

/// The pixel at a place in units; beyond the border, that of the border.
fn pixel(picture: &Picture, at: Point) -> [u8; 3] {
    let finer = FINER as f32;
    // `as` takes what is below 0 to 0.
    picture.pixel((at[0] * finer) as u32, (at[1] * finer) as u32)
}
