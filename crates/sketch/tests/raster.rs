//! One suite through both rasterisers: drawings beside their 16 × 16 sampled pictures.

#![expect(clippy::print_stdout, reason = "the figures of docs/sketch.md")]

mod common;

use affetti_sketch::{Cubic, Drawing, Stroke, exact, soft::Raster, soft::plain};
use common::{drawing, sampled};

/// A renderer under test: colors of 0..=1.
type Render = fn(&Drawing, f32) -> Vec<[f64; 3]>;

fn soft(drawing: &Drawing, scale: f32) -> Vec<[f64; 3]> {
    let raster = Raster::new(drawing, scale);
    raster.pixels().iter().map(|p| p.map(f64::from)).collect()
}

fn hard(drawing: &Drawing, scale: f32) -> Vec<[f64; 3]> {
    let picture = exact::render(drawing, scale).expect("a small drawing");
    let pixels = picture.pixels().chunks_exact(3);
    pixels
        .map(|p| [0, 1, 2].map(|c| f64::from(p[c]) / 255.0))
        .collect()
}

/// Root mean square difference over the pixels that the sampled picture does not leave alone.
fn rmse(found: &[[f64; 3]], wanted: &[[f64; 3]], background: [f32; 3]) -> f64 {
    let touched = found
        .iter()
        .zip(wanted)
        .filter(|(_, w)| **w != background.map(f64::from));
    let squares: Vec<f64> = touched
        .map(|(f, w)| (0..3).map(|c| (f[c] - w[c]).powi(2)).sum::<f64>() / 3.0)
        .collect();
    if squares.is_empty() {
        return 0.0;
    }
    (squares.iter().sum::<f64>() / squares.len() as f64).sqrt()
}

fn one(curve: Cubic, width: f32) -> Drawing {
    let mut drawing = Drawing::white(64.0, 48.0);
    drawing.strokes.push(Stroke::black(curve, width));
    drawing
}

/// Name, drawing, scale.
fn scenes() -> Vec<(&'static str, Drawing, f32)> {
    let arch = Cubic([[10.0, 40.0], [12.0, 2.0], [50.0, 2.0], [54.0, 40.0]]);
    let mut crossing = one(Cubic::line([6.0, 6.0], [58.0, 42.0]), 5.0);
    crossing.strokes.push(Stroke {
        color: [0.9, 0.1, 0.2],
        opacity: 0.5,
        ..Stroke::black(Cubic::line([58.0, 8.0], [6.0, 40.0]), 7.0)
    });
    let mut dark = one(arch, 3.0);
    dark.background = [0.1, 0.2, 0.3];
    dark.strokes[0].color = [1.0, 0.9, 0.5];
    vec![
        (
            "level",
            one(Cubic::line([8.0, 20.0], [56.0, 20.0]), 3.0),
            1.0,
        ),
        (
            "diagonal",
            one(Cubic::line([8.0, 6.0], [44.0, 42.0]), 3.0),
            1.0,
        ),
        ("arch", one(arch, 3.0), 1.0),
        ("a thin arch", one(arch, 1.0), 1.0),
        ("a broad arch", one(arch, 12.0), 1.0),
        ("an arch at two pixels a unit", one(arch, 2.0), 2.0),
        (
            "a loop",
            one(
                Cubic([[8.0, 40.0], [80.0, 2.0], [-20.0, 2.0], [56.0, 40.0]]),
                3.0,
            ),
            1.0,
        ),
        (
            "a cusp",
            one(
                Cubic([[10.0, 40.0], [60.0, 5.0], [4.0, 5.0], [54.0, 40.0]]),
                2.0,
            ),
            1.0,
        ),
        ("a dot", one(Cubic([[30.0, 20.0]; 4]), 8.0), 1.0),
        (
            "beyond the border",
            one(Cubic::line([-30.0, 20.0], [90.0, 30.0]), 4.0),
            1.0,
        ),
        (
            "far outside",
            one(Cubic::line([-300.0, 200.0], [-100.0, 300.0]), 4.0),
            1.0,
        ),
        ("two that cross", crossing, 1.0),
        ("light on dark", dark, 1.0),
        ("24 of all kinds", drawing(5, 24, 96.0, 40.0), 1.0),
    ]
}

fn suite(name: &str, render: Render, bar: f64) {
    for (scene, drawing, scale) in scenes() {
        let wanted = sampled(&drawing, f64::from(scale));
        let found = render(&drawing, scale);
        let off = rmse(&found, &wanted, drawing.background);
        println!("{name}, {scene}: {off:.4}");
        assert!(off <= bar, "{name}, {scene}: {off}");
        assert!(found.as_flattened().iter().all(|v| v.is_finite()));
    }
}

#[test]
fn soft_draws_what_sampling_finds() {
    // The bar of the project; a linear ramp is up to .043 off on one pixel of a diagonal.
    suite("soft", soft, 0.03);
}

#[test]
fn exact_draws_what_sampling_finds() {
    // tiny-skia samples four rows a pixel and rounds colors to 256 levels.
    suite("exact", hard, 0.05);
}

#[test]
fn plain_draws_what_sampling_finds() {
    let render: Render = |drawing, scale| {
        let (width, height) = drawing.pixels(scale);
        plain::render(drawing, f64::from(scale), width, height)
    };
    suite("plain", render, 0.03);
}

#[test]
fn soft_strokes_on_many_pictures() {
    let mut sum = 0.0;
    for seed in 0..20 {
        let drawing = drawing(seed, 16, 112.0, 50.0);
        sum += rmse(&soft(&drawing, 1.0), &sampled(&drawing, 1.0), [1.0; 3]);
    }
    println!("mean over 20 drawings: {:.4}", sum / 20.0);
    // The aim of the project.
    assert!(sum / 20.0 <= 0.015, "{}", sum / 20.0);
}

#[test]
fn fast_and_plain_agree() {
    for seed in 0..10 {
        let drawing = drawing(100 + seed, 12, 80.0, 45.0);
        let slow = plain::render(&drawing, 1.0, 80, 80);
        let fast = soft(&drawing, 1.0);
        let off = fast.as_flattened().iter().zip(slow.as_flattened());
        let off = off.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        // A pixel that two branches of a curve are equally far from may take the other one, whose
        // chord is off by a tenth of a pixel.
        assert!(off < 0.05, "{off}");
    }
}
