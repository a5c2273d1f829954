//! What comes out of good files: formats, depths, alpha, orientation, profiles, animation.

mod common;

use affetti_picture::{DecodeOptions, Picture, decode, dimensions};
use common::*;
use image::ExtendedColorType as Color;

/// Four colors in the corners of a 3 x 2 picture, so that every orientation gives another one.
const R: [u8; 3] = [250, 0, 0];
const G: [u8; 3] = [0, 250, 0];
const B: [u8; 3] = [0, 0, 250];
const W: [u8; 3] = [250, 250, 250];

fn corners() -> Picture {
    from_fn(3, 2, |x, y| match (x, y) {
        (0, 0) => R,
        (2, 0) => G,
        (0, 1) => B,
        (2, 1) => W,
        _ => [0; 3],
    })
}

/// Corners of the upright picture for orientations 1 to 8: left top, right top, left bottom, right
/// bottom. By hand from the table in the EXIF standard ("the 0th row is at the … of the scene, the
/// 0th column at the …"): for 6, row 0 (R, G) is the right side and column 0 (R, B) the top, so R is
/// right top, G right bottom, B left top.
const UPRIGHT: [[[u8; 3]; 4]; 8] = [
    [R, G, B, W],
    [G, R, W, B],
    [W, B, G, R],
    [B, W, R, G],
    [R, B, G, W],
    [B, R, W, G],
    [W, G, B, R],
    [G, W, R, B],
];

fn check_upright(picture: &Picture, orientation: usize, allowed: u8) {
    let (right, bottom) = (picture.width() - 1, picture.height() - 1);
    let swapped = picture.width() < picture.height();
    assert_eq!(swapped, orientation >= 5, "orientation {orientation}");
    let found =
        [(0, 0), (right, 0), (0, bottom), (right, bottom)].map(|(x, y)| picture.pixel(x, y));
    let off = found
        .as_flattened()
        .iter()
        .zip(UPRIGHT[orientation - 1].as_flattened());
    let off = off
        .map(|(found, expected)| found.abs_diff(*expected))
        .max()
        .unwrap_or(0);
    assert!(off <= allowed, "orientation {orientation}: {found:?}");
}

#[test]
fn exif_orientation_turns_png() {
    for orientation in 1..=8 {
        for (big_endian, at_end) in [(false, false), (true, true)] {
            let block = exif(orientation, big_endian);
            let file = png_with_chunk(&corners().encode_png(), b"eXIf", &block, at_end);
            check_upright(&open(&file), orientation.into(), 0);
        }
    }
}

#[test]
fn exif_orientation_turns_jpeg() {
    // Corners of 40 x 40 and 56 x 56 pixels, so that JPEG keeps their colors.
    let large = corners().resize(168, 112, affetti_picture::Filter::Nearest);
    for orientation in 1..=8 {
        for big_endian in [false, true] {
            let file = jpeg_with_exif(&large.encode_jpeg(95), &exif(orientation, big_endian));
            let picture = open(&file);
            check_upright(&picture, orientation.into(), 8);
            assert_eq!(
                dimensions(&file).unwrap(),
                (picture.width(), picture.height())
            );
        }
    }
}

#[test]
fn exif_orientation_turns_webp() {
    for orientation in 1..=8 {
        for prefix in [&b""[..], b"Exif\0\0"] {
            let simple = webp(3, 2, corners().pixels(), Color::Rgb8);
            // An extended file: VP8X with the EXIF flag, the image chunk, the EXIF chunk.
            let mut body = b"WEBPVP8X\x0A\0\0\0\x08\0\0\0\x02\0\0\x01\0\0".to_vec();
            body.extend(&simple[12..]);
            let block = [prefix, &exif(orientation, true)].concat();
            body.extend(b"EXIF");
            body.extend((block.len() as u32).to_le_bytes());
            body.extend(block);
            let file = [b"RIFF", &(body.len() as u32).to_le_bytes()[..], &body].concat();
            check_upright(&open(&file), orientation.into(), 0);
        }
    }
}

#[test]
fn orientation_of_many_sizes_is_its_own_inverse() {
    // 6 and 8 undo each other, 5 and 7 themselves; sizes around the tile of the transposition.
    for (width, height) in [(1, 1), (1, 70), (70, 1), (31, 33), (64, 32), (100, 37)] {
        let picture = noise(width, height);
        for (there, back) in [(2, 2), (3, 3), (4, 4), (5, 5), (6, 8), (7, 7), (8, 6)] {
            let turn = |picture: &Picture, by| {
                open(&png_with_chunk(
                    &picture.encode_png(),
                    b"eXIf",
                    &exif(by, false),
                    false,
                ))
            };
            assert!(
                turn(&turn(&picture, there), back) == picture,
                "{width} x {height}, {there}"
            );
        }
    }
}

#[test]
fn nonsense_in_exif_is_ignored() {
    for block in [
        exif(0, true),
        exif(9, false),
        exif(255, true),
        b"II*\0".to_vec(),
        vec![7; 40],
    ] {
        let file = png_with_chunk(&corners().encode_png(), b"eXIf", &block, false);
        assert!(open(&file) == corners());
    }
}

#[test]
fn every_png_depth_gives_the_same_gray() {
    // 0, 85, 170 and 255 exist in all depths from two bits on.
    let levels = [0, 85, 170, 255];
    let expected = from_fn(4, 1, |x, _| [levels[x as usize]; 3]);
    let wide: Vec<u8> = levels
        .iter()
        .flat_map(|&l| (u16::from(l) * 257).to_ne_bytes())
        .collect();
    let la: Vec<u8> = levels.iter().flat_map(|&l| [l, 255]).collect();
    let rgb: Vec<u8> = levels.iter().flat_map(|&l| [l; 3]).collect();
    let rgba: Vec<u8> = levels.iter().flat_map(|&l| [l, l, l, 255]).collect();
    let widen = |narrow: &[u8]| -> Vec<u8> {
        narrow
            .iter()
            .flat_map(|&l| (u16::from(l) * 257).to_ne_bytes())
            .collect()
    };
    for (samples, color) in [
        (levels.to_vec(), Color::L8),
        (wide, Color::L16),
        (la.clone(), Color::La8),
        (widen(&la), Color::La16),
        (rgb.clone(), Color::Rgb8),
        (widen(&rgb), Color::Rgb16),
        (rgba.clone(), Color::Rgba8),
        (widen(&rgba), Color::Rgba16),
    ] {
        assert_eq!(
            open(&png(4, 1, &samples, color)).pixels(),
            expected.pixels(),
            "{color:?}"
        );
    }
}

#[test]
fn sixteen_bits_round_to_the_nearest_level() {
    let samples: Vec<u16> = vec![0, 128, 129, 257, 32_896, 65_406, 65_407, 65_535];
    let bytes: Vec<u8> = samples.iter().flat_map(|v| v.to_ne_bytes()).collect();
    let picture = open(&png(8, 1, &bytes, Color::L16));
    let found: Vec<u8> = picture.pixels().chunks(3).map(|p| p[0]).collect();
    // v / 257: 0, .498, .502, 1, 128, 254.498, 254.502, 255.
    assert_eq!(found, [0, 0, 1, 1, 128, 254, 255, 255]);
}

#[test]
fn alpha_is_blended_over_the_background() {
    // Over black: 200 * 128 / 255 = 100.4; over white: (200 * 128 + 255 * 127) / 255 = 227.4.
    let samples = [200, 200, 200, 128, 10, 20, 30, 255, 10, 20, 30, 0];
    for file in [
        png(3, 1, &samples, Color::Rgba8),
        webp(3, 1, &samples, Color::Rgba8),
    ] {
        for (background, expected) in [
            ([0; 3], [[100; 3], [10, 20, 30], [0; 3]]),
            ([255; 3], [[227; 3], [10, 20, 30], [255; 3]]),
            ([9, 99, 199], [[105, 150, 200], [10, 20, 30], [9, 99, 199]]),
        ] {
            let options = DecodeOptions {
                background,
                ..DecodeOptions::default()
            };
            let picture = decode(&file, &options).unwrap();
            assert_eq!(picture.pixels(), expected.as_flattened());
        }
    }
}

/// The conversion works in place, in pieces: sizes around its piece of 2048 pixels.
#[test]
fn every_length_is_converted() {
    for pixels in [1, 2, 3, 2047, 2048, 2049, 5000] {
        let gray: Vec<u8> = (0..pixels).map(|i| (i * 7 % 251) as u8).collect();
        let expected: Vec<u8> = gray.iter().flat_map(|&l| [l; 3]).collect();
        let la: Vec<u8> = gray.iter().flat_map(|&l| [l, 255]).collect();
        let rgba: Vec<u8> = gray.iter().flat_map(|&l| [l, l, l, 255]).collect();
        for (samples, color) in [(gray, Color::L8), (la, Color::La8), (rgba, Color::Rgba8)] {
            assert_eq!(
                open(&png(pixels, 1, &samples, color)).pixels(),
                expected,
                "{pixels} {color:?}"
            );
        }
    }
}

#[test]
fn jpeg_of_all_small_sizes_is_close_to_its_source() {
    for width in 1..20 {
        for height in [1, 2, 7, 8, 9, 15, 16, 17, 33] {
            let picture = smooth(width, height);
            let gray: Vec<u8> = picture.pixels().chunks(3).map(|p| p[0]).collect();
            let expected = from_fn(width, height, |x, y| [picture.pixel(x, y)[0]; 3]);
            let what = format!("{width} x {height}");
            assert_close(
                &what,
                &open(&gray_jpeg(width, height, &gray)),
                &expected,
                12,
                3.0,
            );
            // Steps between few pixels are hard for chroma; what matters is that none is missing.
            assert_close(&what, &open(&picture.encode_jpeg(100)), &picture, 70, 12.0);
        }
    }
}

#[test]
fn a_profile_is_converted_to_srgb() {
    // Display P3 (0.9176, 0.2003, 0.1387) is sRGB red (1, 0, 0): the standard example.
    let profile = moxcms::ColorProfile::new_display_p3().encode().unwrap();
    let p3_red = from_fn(16, 16, |_, _| [234, 51, 35]);
    for file in [
        jpeg_with_segment(
            &p3_red.encode_jpeg(100),
            0xE2,
            &[b"ICC_PROFILE\0\x01\x01", &profile[..]].concat(),
        ),
        with_profile(&p3_red, &profile),
    ] {
        let [r, g, b] = open(&file).pixel(8, 8);
        assert!(r >= 253 && g <= 8 && b <= 8, "{r} {g} {b}");
    }
    // Transparency is blended after the conversion: the background is sRGB already.
    let srgb = moxcms::ColorProfile::new_srgb().encode().unwrap();
    for profile in [&srgb[..], b"no profile at all"] {
        assert!(open(&with_profile(&p3_red, profile)) == p3_red);
    }
}

#[test]
fn the_content_decides_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("really-a-png.jpg");
    std::fs::write(&path, corners().encode_png()).unwrap();
    let picture = affetti_picture::read(&path, &DecodeOptions::default()).unwrap();
    assert!(picture == corners());
}

#[test]
fn one_pixel_of_every_format() {
    let picture = from_fn(1, 1, |_, _| [40, 80, 120]);
    assert!(open(&picture.encode_png()) == picture);
    assert!(open(&webp(1, 1, picture.pixels(), Color::Rgb8)) == picture);
    assert_close("jpeg", &open(&picture.encode_jpeg(100)), &picture, 3, 2.0);
}
