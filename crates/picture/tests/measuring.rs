//! Color spaces and measures on pictures whose answers are known.

mod common;

use affetti_picture::{Picture, color, color_features, measures};
use common::*;

fn flat(color: [u8; 3]) -> Picture {
    from_fn(20, 10, |_, _| color)
}

fn assert_near(found: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(found.len(), expected.len());
    let near = found
        .iter()
        .zip(expected)
        .all(|(a, b)| (a - b).abs() <= tolerance);
    assert!(near, "{found:?} instead of {expected:?}");
}

#[test]
fn color_spaces_are_inverses() {
    for r in (0..=255).step_by(15) {
        for g in (0..=255).step_by(15) {
            for b in (0..=255).step_by(15) {
                let rgb = [r, g, b].map(|v: i32| v as u8);
                assert_eq!(color::srgb_from_lab(color::lab(rgb)), rgb);
                assert_eq!(color::srgb_from_hsv(color::hsv(rgb)), rgb);
                let [chroma, hue] = color::chroma_hue(color::lab(rgb));
                assert!(chroma >= 0.0 && (0.0..360.0).contains(&hue));
            }
        }
    }
    for level in 0..=255 {
        let sample = level as f32 / 255.0;
        let back = color::srgb_from_linear(color::linear_from_srgb(sample));
        assert!((back - sample).abs() < 1e-5);
        let [l, a, b] = color::lab([level; 3]);
        assert!((0.0..=100.01).contains(&l) && a.abs() < 0.01 && b.abs() < 0.01);
    }
}

#[test]
fn luminance_is_that_of_the_standard() {
    // IEC 61966-2-1 rounds the weights to .2126, .7152 and .0722.
    let found =
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255; 3], [0; 3]].map(color::relative_luminance);
    assert_near(&found, &[0.2126, 0.7152, 0.0722, 1.0, 0.0], 1e-4);
    assert_eq!(color::delta_e([50.0, 3.0, 4.0], [50.0, 0.0, 0.0]), 5.0);
    assert_eq!(color::srgb_from_lab([200.0, 0.0, 0.0]), [255; 3]);
    assert_eq!(color::srgb_from_lab([f32::NAN; 3]), [0; 3]);
}

#[test]
fn measures_of_flat_pictures() {
    let white = measures(&flat([255; 3]));
    assert_near(
        &[
            white.warmth,
            white.saturation,
            white.brightness,
            white.contrast,
        ],
        &[0.0, 0.0, 1.0, 0.0],
        1e-3,
    );
    let black = measures(&flat([0; 3]));
    assert_near(
        &[
            black.warmth,
            black.saturation,
            black.brightness,
            black.contrast,
        ],
        &[0.0; 4],
        1e-3,
    );
    // Red: C* = 104.55, h = 40.0 degrees; tanh(.02 * 104.55^1.07 * cos(-10.0)) = tanh(2.85) = .993.
    let red = measures(&flat([255, 0, 0]));
    assert_near(
        &[red.warmth, red.saturation, red.brightness],
        &[0.993, 1.0, 0.5324],
        2e-3,
    );
    assert!(measures(&flat([0, 80, 255])).warmth < -0.3);
    assert!(measures(&flat([255, 160, 60])).warmth > 0.8);
}

#[test]
fn contrast_of_half_black_half_white_is_one() {
    let picture = from_fn(40, 40, |x, _| [if x < 20 { 0 } else { 255 }; 3]);
    let measures = measures(&picture);
    assert_near(&[measures.contrast, measures.brightness], &[1.0, 0.5], 1e-3);
}

#[test]
fn the_palette_names_the_colors() {
    let one = measures(&flat([12, 130, 250])).palette;
    assert_eq!(one.len(), 1);
    assert_eq!(
        (one[0].color, one[0].share, one[0].hex()),
        ([12, 130, 250], 1.0, "#0c82fa".to_owned())
    );

    // Half red, three tenths blue, a fifth white.
    let colors = [[200, 20, 30], [20, 40, 180], [255; 3]];
    let flag = from_fn(100, 60, |x, _| {
        colors[if x < 50 { 0 } else { 1 + usize::from(x >= 80) }]
    });
    let palette = measures(&flag).palette;
    assert_eq!(
        palette
            .iter()
            .map(|swatch| swatch.color)
            .collect::<Vec<_>>(),
        colors
    );
    assert_near(
        &palette
            .iter()
            .map(|swatch| swatch.share)
            .collect::<Vec<_>>(),
        &[0.5, 0.3, 0.2],
        1e-5,
    );

    let many = measures(&smooth(200, 200)).palette;
    assert_eq!(many.len(), 5);
    assert!(many.windows(2).all(|pair| pair[0].share >= pair[1].share));
    assert!((many.iter().map(|swatch| swatch.share).sum::<f32>() - 1.0).abs() < 1e-4);
}

#[test]
fn results_repeat() {
    let picture = source();
    assert_eq!(measures(&picture), measures(&picture));
    assert_eq!(color_features(&picture), color_features(&picture));
}
