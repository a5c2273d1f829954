//! GIF, BMP, TIFF and profiles of gray and inks, against what Pillow and LittleCMS read:
//! `peers/picture_formats.py`, versions in the first line of formats.txt.

mod common;

use affetti_picture::{DecodeOptions, ErrorKind, Limits, PictureError, decode, dimensions};
use common::*;
use proptest::prelude::*;

fn format(name: &str) -> Vec<u8> {
    fixture(&format!("formats/{name}"))
}

/// Name, sides and pixels of every reference.
fn references() -> Vec<(String, affetti_picture::Picture)> {
    let bytes = format("formats.txt");
    let text = String::from_utf8_lossy(&bytes);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let found: Vec<_> = lines
        .map(|line| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let sides: Vec<u32> = numbers(&words[1..3]);
            (words[0].clone(), from_hex(sides[0], sides[1], &words[3]))
        })
        .collect();
    assert!(found.len() > 20);
    found
}

/// Lossless files are equal to the last bit. JPEG decoders round differently; LittleCMS and moxcms
/// interpolate the coarse table of the inks differently, and round gray curves differently.
#[test]
fn files_match_pillow() {
    for (name, expected) in references() {
        let bytes = format(&name);
        let ours = open(&bytes);
        let (max, mean) = match name.as_str() {
            "profile_gray.png" => (1, 0.5),
            "profile_gray.jpg" => (6, 1.0),
            "profile_cmyk.tif" => (6, 1.5),
            "profile_cmyk.jpg" | "profile_ycck.jpg" => (10, 2.0),
            "cmyk.tif" => (1, 0.5),
            _ => (0, 0.0),
        };
        assert_close(&name, &ours, &expected, max, mean);
        let sides = (expected.width(), expected.height());
        assert_eq!(dimensions(&bytes).unwrap(), sides, "{name}");
    }
}

#[test]
fn profiles_of_gray_and_inks_matter() {
    for (name, plain) in [
        ("profile_gray.png", "gray.bmp"),
        ("profile_cmyk.tif", "cmyk.tif"),
    ] {
        let (max, mean) = difference(&open(&format(name)), &open(&format(plain)));
        assert!(max > 20 && mean > 5.0, "{name}: {max}, {mean}");
    }
}

#[test]
fn cut_files_are_truncated() {
    for name in [
        "plain.gif",
        "rgb.bmp",
        "raw.tif",
        "lzw.tif",
        "bigtiff.tif",
        "interlaced.gif",
    ] {
        let file = format(name);
        for permille in [700, 900, 970] {
            let error = fails(&file[..file.len() * permille / 1000]);
            // A TIFF's directory may stand at its end: then the cut file has none.
            let fits = matches!(
                error,
                PictureError::Truncated { .. } | PictureError::Damaged { .. }
            );
            assert!(fits && kind(&error) == ErrorKind::Input, "{name}: {error}");
        }
    }
}

#[test]
fn large_claims_are_refused_from_the_header() {
    let mut gif = format("plain.gif");
    gif[6..10].copy_from_slice(&[0xFF; 4]);
    assert!(matches!(fails(&gif), PictureError::TooManyPixels { .. }));
    let mut bmp = format("rgb.bmp");
    bmp[18..22].copy_from_slice(&60_000_u32.to_le_bytes());
    bmp[22..26].copy_from_slice(&60_000_u32.to_le_bytes());
    assert!(matches!(fails(&bmp), PictureError::TooManyPixels { .. }));
    let limits = Limits {
        max_memory: 1500,
        ..Limits::default()
    };
    let options = DecodeOptions {
        limits,
        ..DecodeOptions::default()
    };
    for name in ["plain.gif", "lzw.tif", "cmyk.tif"] {
        let error = decode(&format(name), &options).unwrap_err();
        assert!(
            matches!(error, PictureError::TooMuchMemory { .. }),
            "{name}: {error}"
        );
    }
}

#[test]
fn a_frame_with_too_few_pixels_is_damage() {
    let mut gif = format("plain.gif");
    // Behind the screen (13 bytes) and its table of 32 colors.
    let at = gif[13..].iter().position(|&b| b == 0x2C).unwrap() + 13;
    gif[at + 5] = 200;
    assert!(matches!(fails(&gif), PictureError::Damaged { .. }));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn changed_files_never_panic(
        which in 0..14_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        keep in any::<prop::sample::Index>(),
        cut in prop::bool::weighted(0.3),
    ) {
        const NAMES: [&str; 14] = [
            "plain.gif", "interlaced.gif", "animated.gif", "rgb.bmp", "palette.bmp", "bit.bmp",
            "lzw.tif", "deflate.tif", "palette.tif", "gray16.tif", "bit.tif", "cmyk.tif",
            "profile_cmyk.jpg", "bigtiff.tif",
        ];
        let mut bytes = format(NAMES[which]);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if cut {
            bytes.truncate(keep.index(bytes.len() + 1));
        }
        let limits = Limits { max_pixels: 1 << 20, max_memory: 64 << 20, ..Limits::default() };
        let options = DecodeOptions { limits, ..DecodeOptions::default() };
        match decode(&bytes, &options) {
            Ok(picture) => prop_assert_eq!(dimensions(&bytes).unwrap(), (picture.width(), picture.height())),
            Err(error) => { kind(&error); }
        }
    }
}
