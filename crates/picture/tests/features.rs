//! Color features on pictures whose answers are known.

mod common;

use affetti_picture::{
    COLOR_FEATURES_LEN, Filter, Picture, color, color_feature_groups, color_features,
};
use common::*;

fn flat(color: [u8; 3]) -> Picture {
    from_fn(20, 10, |_, _| color)
}

/// The features of one group.
fn group(picture: &Picture, name: &str) -> Vec<f32> {
    let group = color_feature_groups()
        .iter()
        .find(|group| group.name == name)
        .expect(name);
    color_features(picture)[group.range()].to_vec()
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
fn groups_cover_all_features() {
    let mut next = 0;
    for group in color_feature_groups() {
        assert_eq!(group.start, next);
        next += group.len;
    }
    assert_eq!(next, COLOR_FEATURES_LEN);
    assert_eq!(color_features(&noise(50, 40)).len(), COLOR_FEATURES_LEN);
}

#[test]
fn features_are_finite_and_moderate() {
    let mut pictures = vec![
        source(),
        noise(300, 200),
        smooth(64, 64),
        noise(1, 1),
        noise(2, 3),
    ];
    pictures.extend([[0; 3], [255; 3], [255, 0, 0], [0, 0, 255], [0, 255, 0]].map(flat));
    for picture in pictures {
        for (index, value) in color_features(&picture).into_iter().enumerate() {
            assert!(
                value.is_finite() && value.abs() <= 2.0,
                "{picture:?} {index}: {value}"
            );
        }
    }
}

#[test]
fn histograms_sum_to_one() {
    for picture in [source(), noise(99, 7), flat([255; 3]), flat([0; 3])] {
        for name in ["lab_histogram", "lightness_histogram"] {
            assert!(
                (group(&picture, name).iter().sum::<f32>() - 1.0).abs() < 1e-4,
                "{name}"
            );
        }
    }
    // White is the last lightness and in the middle of a* and b*: (3 * 5 + 2) * 5 + 2 = 87.
    assert!(group(&flat([255; 3]), "lab_histogram")[87] > 0.999);
    assert_near(&group(&flat([90; 3]), "hue_histogram"), &[0.0; 12], 1e-4);
    // Red: C* = 104.55 at 40.0 degrees, so two thirds at 30 and one third at 60.
    let hue = group(&flat([255, 0, 0]), "hue_histogram");
    assert_near(&hue[..4], &[0.0, 0.697, 0.349, 0.0], 5e-3);
}

#[test]
fn lightness_is_described() {
    let ramp = from_fn(101, 1, |x, _| color::srgb_from_lab([x as f32, 0.0, 0.0]));
    assert_near(
        &group(&ramp, "lightness_percentiles"),
        &[0.05, 0.25, 0.5, 0.75, 0.95],
        5e-3,
    );
    // The deviation of 0, 1, …, 100 is sqrt((101² - 1) / 12) = 29.15.
    let moments = group(&ramp, "moments");
    assert_near(&moments[..5], &[0.5, 0.0, 0.0, 0.0, 0.2915], 5e-3);
}

#[test]
fn impressions_have_a_direction() {
    let gray = group(&flat([119; 3]), "impressions");
    assert_near(&gray[..3], &[0.0, 0.0, 0.0], 1e-3);
    // (L* - 50)/1.5 is .02: -1.1 / 4.
    assert_near(&gray[3..], &[-0.275, 0.0], 1e-3);
    let orange = group(&flat([255, 120, 0]), "impressions");
    let sky = group(&flat([90, 150, 255]), "impressions");
    assert!(orange[1] > 0.5 && sky[1] < -0.2, "warmth");
    assert!(orange[3] > 0.2, "activity");
    assert!(orange[4] > 0.999 && sky[4] > 0.999, "one hue");
    let rainbow = from_fn(120, 1, |x, _| {
        color::srgb_from_hsv([3.0 * x as f32, 1.0, 1.0])
    });
    let rainbow = group(&rainbow, "impressions");
    assert!(rainbow[2] > 0.7 && rainbow[4] < 0.4, "{rainbow:?}");
}

#[test]
fn directions_tell_stripes_apart() {
    // Sines of period 12, so that the half scale still shows them.
    let stripes = |dx: f32, dy: f32| {
        from_fn(120, 120, |x, y| {
            let phase = (x as f32 * dx + y as f32 * dy) * std::f32::consts::TAU / 12.0;
            [(128.0 + 80.0 * phase.sin()) as u8; 3]
        })
    };
    let diagonal = std::f32::consts::FRAC_1_SQRT_2;
    // Vertical lines, rising lines (x + y constant: rows grow downwards), horizontal, falling.
    for (bin, (dx, dy)) in [
        (1.0, 0.0),
        (diagonal, diagonal),
        (0.0, 1.0),
        (diagonal, -diagonal),
    ]
    .into_iter()
    .enumerate()
    {
        let directions = group(&stripes(dx, dy), "directions");
        assert!(directions[bin] > 0.9, "{bin}: {directions:?}");
        assert!((directions.iter().sum::<f32>() - 1.0).abs() < 1e-4);
    }
    assert_near(&group(&flat([9; 3]), "directions"), &[0.0; 4], 0.0);
}

#[test]
fn texture_grows_with_detail() {
    assert_near(&group(&flat([9; 3]), "texture"), &[0.0; 9], 1e-6);
    let smooth = group(&smooth(128, 128), "texture");
    let noise = group(&noise(128, 128), "texture");
    assert!(smooth[0] < noise[0] && smooth[1] < 0.01 && noise[1] > 0.5 && smooth[2] < noise[2]);
    // One step from black to white, 64 columns in: two of 128 columns are on the edge.
    let step = from_fn(128, 128, |x, _| [if x < 64 { 0 } else { 255 }; 3]);
    let texture = group(&step, "texture");
    assert_near(
        &texture[..2],
        &[2.0 / 128.0 * 50.0 / 25.0, 2.0 / 128.0],
        1e-4,
    );
}

#[test]
fn composition_is_described() {
    let left_dark = from_fn(60, 60, |x, _| [if x < 30 { 0 } else { 255 }; 3]);
    assert_near(&group(&left_dark, "symmetry"), &[-1.0, 1.0, 1.0], 1e-3);
    assert_near(
        &group(&flat([50, 90, 10]), "symmetry"),
        &[1.0, 1.0, 0.0],
        1e-3,
    );
    // Thirds: white only in the right column of cells, red only in the middle cell.
    let thirds = from_fn(90, 90, |x, y| match (x / 30, y / 30) {
        (2, _) => [255; 3],
        (1, 1) => [255, 0, 0],
        _ => [0; 3],
    });
    let grid = group(&thirds, "grid");
    let lightness: Vec<f32> = grid.chunks(3).map(|cell| cell[0]).collect();
    assert_near(
        &lightness,
        &[0.0, 0.0, 1.0, 0.0, 0.5324, 1.0, 0.0, 0.0, 1.0],
        1e-3,
    );
    assert_near(&grid[12..15], &[0.5324, 0.8009, 0.6720], 1e-3);
    for (width, height, expected) in [
        (10, 10, 0.0),
        (20, 10, 0.25),
        (10, 20, -0.25),
        (600, 1, 1.0),
    ] {
        assert_near(
            &group(&noise(width, height), "aspect_ratio"),
            &[expected],
            1e-6,
        );
    }
}

/// The same scene at two resolutions, both larger than the working copy.
#[test]
fn resolution_matters_little() {
    let large = source().resize(900, 690, Filter::Bicubic);
    let small = large.resize(300, 230, Filter::Bicubic);
    let differences = color_features(&large)
        .into_iter()
        .zip(color_features(&small));
    let largest = differences.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(largest < 0.05, "{largest}");
}
