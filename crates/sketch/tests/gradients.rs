//! Gradients of the fast rasteriser against central differences of the plain one.
//!
//! The loss is a random weight on every color of every pixel, summed. Where the differences of two
//! steps do not agree, a pixel's coverage has a kink between them: such a stroke is left out, and
//! counted.

#![expect(clippy::print_stdout, reason = "the figures of docs/sketch.md")]

mod common;

use affetti_sketch::{
    Cubic, Drawing, Stroke,
    soft::{
        Raster, StrokeGradient,
        plain::{Plain, render_plain},
    },
};
use affetti_testkit::Values;

const SIDE: usize = 28;
/// The bar of the project.
const BAR: f64 = 1e-3;

fn flat(gradient: &StrokeGradient) -> Vec<f64> {
    let points = gradient.points.as_flattened().iter();
    let rest = [gradient.width, gradient.opacity];
    let all = points.chain(&rest).chain(&gradient.color);
    all.map(|&v| f64::from(v)).collect()
}

fn moved(stroke: &Plain, along: &[f64], by: f64) -> Plain {
    let mut stroke = *stroke;
    for (v, a) in stroke.points.as_flattened_mut().iter_mut().zip(along) {
        *v += by * a;
    }
    stroke.width += by * along[8];
    stroke.opacity += by * along[9];
    for (v, a) in stroke.color.iter_mut().zip(&along[10..]) {
        *v += by * a;
    }
    stroke
}

struct Scene {
    strokes: Vec<Plain>,
    weights: Vec<[f32; 3]>,
}

impl Scene {
    fn new(drawing: &Drawing, values: &mut Values) -> Self {
        Self {
            strokes: drawing.strokes.iter().map(Plain::from).collect(),
            weights: (0..SIDE * SIDE)
                .map(|_| [(); 3].map(|()| values.next().expect("endless")))
                .collect(),
        }
    }

    fn loss(&self, strokes: &[Plain]) -> f64 {
        let pixels = render_plain(strokes, [1.0; 3], 1.0, SIDE, SIDE);
        let pairs = pixels
            .as_flattened()
            .iter()
            .zip(self.weights.as_flattened());
        pairs.map(|(p, w)| p * f64::from(*w)).sum()
    }

    /// The slope along a direction of one stroke; none next to a kink.
    fn slope(&self, index: usize, along: &[f64]) -> Option<f64> {
        let at = |by: f64| {
            let mut strokes = self.strokes.clone();
            strokes[index] = moved(&strokes[index], along, by);
            self.loss(&strokes)
        };
        let difference = |h: f64| (at(h) - at(-h)) / (2.0 * h);
        let (coarse, fine) = (difference(1e-4), difference(1e-5));
        ((coarse - fine).abs() <= 2e-4 * (1.0 + fine.abs())).then_some(fine)
    }
}

/// Compares every stroke of a drawing, along a random direction and along `axes` axes. Returns
/// (compared, left out).
fn compare(drawing: &Drawing, values: &mut Values, axes: usize) -> (usize, usize) {
    let scene = Scene::new(drawing, values);
    let gradients = Raster::new(drawing, 1.0).backward(&scene.weights);
    let (mut compared, mut left) = (0, 0);
    for (index, gradient) in gradients.iter().enumerate() {
        let ours = flat(gradient);
        let norm = ours.iter().map(|v| v * v).sum::<f64>().sqrt();
        for n in 0..=axes {
            let along: Vec<f64> = if n == 0 {
                let raw: Vec<f64> = (0..13)
                    .map(|_| f64::from(values.next().expect("endless")))
                    .collect();
                let length = raw.iter().map(|v| v * v).sum::<f64>().sqrt();
                raw.iter().map(|v| v / length).collect()
            } else {
                (0..13).map(|i| f64::from(u8::from(i == n - 1))).collect()
            };
            let Some(wanted) = scene.slope(index, &along) else {
                left += 1;
                continue;
            };
            let found: f64 = ours.iter().zip(&along).map(|(g, a)| g * a).sum();
            // Relative to the whole gradient: one component may be 0 by chance.
            let off = (found - wanted).abs() / norm.max(wanted.abs()).max(0.1);
            assert!(
                off <= BAR,
                "stroke {index}, direction {n}: {found} is not {wanted} (off {off:.2e}) in {drawing:?}"
            );
            compared += 1;
        }
    }
    (compared, left)
}

fn run(seed: u64, drawings: usize, strokes: usize, axes: usize) {
    let mut values = Values::new(seed);
    let (mut compared, mut left) = (0, 0);
    for i in 0..drawings {
        let drawing = common::drawing(seed * 10_000 + i as u64, strokes, SIDE as f32, 16.0);
        let (c, l) = compare(&drawing, &mut values, axes);
        compared += c;
        left += l;
    }
    println!("{compared} slopes compared, {left} next to a kink");
    assert!(left * 20 <= compared, "{left} of {compared} left out");
}

#[test]
fn a_thousand_strokes_alone() {
    run(1, 1000, 1, 0);
}

#[test]
fn every_parameter_of_some_strokes() {
    run(2, 40, 1, 13);
}

#[test]
fn strokes_that_overlap() {
    run(3, 100, 4, 0);
}

#[test]
fn degenerate_strokes_have_finite_gradients() {
    let points = [
        [[10.0, 10.0]; 4],
        Cubic::line([2.0, 9.5], [20.0, 9.5]).0,
        [[4.0, 4.0], [20.0, 4.0], [4.0, 4.0], [20.0, 4.0]],
        [[4.5, 4.5], [4.5, 4.5], [20.5, 20.5], [20.5, 20.5]],
        [[1e-30, 0.0], [0.0, 1e-30], [0.0, 0.0], [0.0, 0.0]],
        [[1e6, 1e6], [-1e6, 1e6], [1e6, -1e6], [0.0, 0.0]],
    ];
    for curve in points {
        for width in [0.0, 1e-20, 0.3, 1.0, 3.0, 40.0] {
            let mut drawing = Drawing::white(SIDE as f32, SIDE as f32);
            drawing.strokes.push(Stroke::black(Cubic(curve), width));
            let raster = Raster::new(&drawing, 1.0);
            assert!(
                raster
                    .pixels()
                    .as_flattened()
                    .iter()
                    .all(|v| (0.0..=1.0).contains(v))
            );
            let gradient = &raster.backward(&vec![[1.0, -2.0, 0.5]; SIDE * SIDE])[0];
            assert!(
                flat(gradient).iter().all(|v| v.is_finite()),
                "{curve:?} {width}"
            );
        }
    }
}

#[test]
fn units_are_not_pixels() {
    // The same picture, drawn at 2 px a unit: a unit moves twice as many pixels.
    let drawing = common::drawing(9, 3, 14.0, 8.0);
    let mut doubled = drawing.clone();
    (doubled.width, doubled.height) = (28.0, 28.0);
    for stroke in &mut doubled.strokes {
        stroke.curve = stroke.curve.map(|p| p.map(|v| 2.0 * v));
        stroke.width *= 2.0;
    }
    let mut values = Values::new(1);
    let weights: Vec<[f32; 3]> = (0..SIDE * SIDE)
        .map(|_| [(); 3].map(|()| values.next().expect("endless")))
        .collect();
    let units = Raster::new(&drawing, 2.0).backward(&weights);
    let pixels = Raster::new(&doubled, 1.0).backward(&weights);
    for (a, b) in units.iter().zip(&pixels) {
        assert!((a.width - 2.0 * b.width).abs() < 1e-3);
        assert!((a.points[1][0] - 2.0 * b.points[1][0]).abs() < 1e-3);
        assert!((a.opacity - b.opacity).abs() < 1e-3);
    }
}
