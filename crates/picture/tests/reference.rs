//! Against numbers that others computed: `peers/picture_resize.py`, Pillow 13.0.0.

mod common;

use affetti_picture::{
    Filter,
    color::{hsv, lab, srgb_from_hsv, srgb_from_lab},
};
use common::{assert_close, fixture, from_hex, numbers, open, references, source};

#[test]
fn resizing_matches_pillow() {
    for words in references("resize") {
        let filter: Filter = words[0].parse().unwrap();
        let sides: Vec<u32> = numbers(&words[1..3]);
        let expected = from_hex(sides[0], sides[1], &words[3]);
        let ours = source().resize(sides[0], sides[1], filter);
        let what = format!("{} {sides:?}", filter.name());
        assert_close(&what, &ours, &expected, 1, 0.01);
    }
}

#[test]
fn resizing_a_region_matches_pillow() {
    for words in references("region") {
        let filter: Filter = words[0].parse().unwrap();
        let n: Vec<u32> = numbers(&words[1..7]);
        let expected = from_hex(n[4], n[5], &words[7]);
        let ours = source()
            .resize_region([n[0], n[1], n[2], n[3]], n[4], n[5], filter)
            .unwrap();
        assert_close(
            &format!("{} {n:?}", filter.name()),
            &ours,
            &expected,
            1,
            0.3,
        );
    }
}

/// Lossless files are equal to the last bit. For JPEG the two decoders round differently in the
/// inverse transform and in chroma upsampling; for lossy WebP in the conversion from YUV.
#[test]
fn files_match_pillow() {
    for words in references("file") {
        let sides: Vec<u32> = numbers(&words[1..3]);
        let expected = from_hex(sides[0], sides[1], &words[3]);
        let ours = open(&fixture(&words[0]));
        let (max, mean) = match words[0].as_str() {
            "lossy.webp" | "lossy_alpha.webp" => (2, 0.5),
            name if name.ends_with(".jpg") => (4, 0.8),
            _ => (0, 0.0),
        };
        assert_close(&words[0], &ours, &expected, max, mean);
    }
}

#[test]
fn lab_matches_the_formula_in_double_precision() {
    for words in references("lab") {
        let color: Vec<u8> = numbers(&words[..3]);
        let color = [color[0], color[1], color[2]];
        let expected: Vec<f32> = numbers(&words[3..]);
        for (ours, expected) in lab(color).into_iter().zip(expected) {
            assert!(
                (ours - expected).abs() < 2e-3,
                "{color:?}: {ours} instead of {expected}"
            );
        }
        assert_eq!(srgb_from_lab(lab(color)), color);
    }
}

#[test]
fn hsv_matches_colorsys() {
    for words in references("hsv") {
        let color: Vec<u8> = numbers(&words[..3]);
        let color = [color[0], color[1], color[2]];
        let expected: Vec<f32> = numbers(&words[3..]);
        for (ours, expected) in hsv(color).into_iter().zip(expected) {
            assert!(
                (ours - expected).abs() < 1e-4,
                "{color:?}: {ours} instead of {expected}"
            );
        }
        assert_eq!(srgb_from_hsv(hsv(color)), color);
    }
}
