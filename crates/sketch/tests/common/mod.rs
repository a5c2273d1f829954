//! Random strokes, and the picture of a drawing by 16 × 16 samples a pixel.

#![allow(dead_code, reason = "each test file uses a part")]

use affetti_sketch::{Cubic, Drawing, Stroke, soft::plain::Plain};
use affetti_testkit::Values;

/// Samples along each side of a pixel.
const SAMPLES: usize = 16;

/// A curve of about `span` units, somewhere in the middle of a view of `side` units.
pub(crate) fn curve(values: &mut Values, side: f32, span: f32) -> Cubic {
    let mut next = || values.next().expect("endless");
    let center = [
        0.5 * side + 0.25 * side * next(),
        0.5 * side + 0.25 * side * next(),
    ];
    let angle = 3.2 * next();
    let along = [angle.cos() * span / 2.0, angle.sin() * span / 2.0];
    Cubic([-1.0, -0.3, 0.3, 1.0].map(|at| {
        let jitter = [next() * 0.3 * span, next() * 0.3 * span];
        [0, 1].map(|i| center[i] + at * along[i] + jitter[i])
    }))
}

/// A stroke of any color, width of 1 to 5 and opacity of .4 to 1.
pub(crate) fn stroke(values: &mut Values, side: f32, span: f32) -> Stroke {
    let curve = curve(values, side, span);
    let mut level = || 0.5 + 0.5 * values.next().expect("endless");
    Stroke {
        curve,
        width: 1.0 + 4.0 * level(),
        color: [level(), level(), level()],
        opacity: 0.4 + 0.6 * level(),
    }
}

/// A square drawing of `count` random strokes.
pub(crate) fn drawing(seed: u64, count: usize, side: f32, span: f32) -> Drawing {
    let mut values = Values::new(seed);
    let mut drawing = Drawing::white(side, side);
    let strokes = (0..count).map(|_| stroke(&mut values, side, span));
    drawing.strokes.extend(strokes);
    drawing
}

/// What a drawing is by definition: for each stroke the share of 256 samples of a pixel that lie
/// within half a width of the curve, blended in order. The curve is 400 chords here.
pub(crate) fn sampled(drawing: &Drawing, scale: f64) -> Vec<[f64; 3]> {
    let (width, height) = drawing.pixels(scale as f32);
    let mut canvas = vec![drawing.background.map(f64::from); width * height];
    for stroke in &drawing.strokes {
        let plain = Plain::from(stroke);
        let radius = 0.5 * plain.width * scale;
        let polygon: Vec<[f64; 2]> = stroke
            .curve
            .points(400)
            .map(|p| p.map(|v| f64::from(v) * scale))
            .collect();
        for (i, pixel) in canvas.iter_mut().enumerate() {
            let corner = [(i % width) as f64, (i / width) as f64];
            let middle = distance(&polygon, [corner[0] + 0.5, corner[1] + 0.5]);
            // A pixel's centre is at most √½ from its corners.
            let share = if middle > radius + 0.71 {
                0.0
            } else if middle < radius - 0.71 {
                1.0
            } else {
                covered(&polygon, corner, radius)
            };
            let alpha = share * plain.opacity;
            for (under, over) in pixel.iter_mut().zip(plain.color) {
                *under += alpha * (over - *under);
            }
        }
    }
    canvas
}

fn covered(polygon: &[[f64; 2]], corner: [f64; 2], radius: f64) -> f64 {
    let reach = radius + 1.5;
    let near: Vec<[[f64; 2]; 2]> = polygon
        .windows(2)
        .filter(|w| distance(&[w[0], w[1]], [corner[0] + 0.5, corner[1] + 0.5]) < reach)
        .map(|w| [w[0], w[1]])
        .collect();
    let place = |i: usize| (i as f64 + 0.5) / SAMPLES as f64;
    let inside = (0..SAMPLES * SAMPLES).filter(|i| {
        let p = [
            corner[0] + place(i % SAMPLES),
            corner[1] + place(i / SAMPLES),
        ];
        near.iter().any(|chord| distance(chord, p) < radius)
    });
    inside.count() as f64 / (SAMPLES * SAMPLES) as f64
}

fn distance(polygon: &[[f64; 2]], p: [f64; 2]) -> f64 {
    let squares = polygon.windows(2).map(|w| {
        let (d, o) = (
            [w[1][0] - w[0][0], w[1][1] - w[0][1]],
            [p[0] - w[0][0], p[1] - w[0][1]],
        );
        let square = d[0] * d[0] + d[1] * d[1];
        let along = if square > 0.0 {
            ((o[0] * d[0] + o[1] * d[1]) / square).clamp(0.0, 1.0)
        } else {
            0.0
        };
        (o[0] - along * d[0]).powi(2) + (o[1] - along * d[1]).powi(2)
    });
    squares.fold(f64::INFINITY, f64::min).sqrt()
}
