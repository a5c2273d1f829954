//! What is too large is refused from the header, quickly and with little memory.

mod common;

use std::time::{Duration, Instant};

use affetti_picture::{DecodeOptions, ErrorKind, Limits, PictureError, decode, dimensions};
use common::*;
use image::ExtendedColorType as Color;

/// A PNG of zeros: a header, and an IDAT that inflates for ever.
fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 6, 0, 0, 0]);
    let file = png(1, 1, &[0; 4], Color::Rgba8);
    [&file[..8], &chunk(b"IHDR", &header), &file[33..]].concat()
}

#[test]
fn bombs_are_refused_from_their_headers() {
    let start = Instant::now();
    for (width, height) in [(60_000, 60_000), (65_535, 65_535), (12_248, 12_248)] {
        let error = fails(&bomb(width, height));
        assert!(
            matches!(error, PictureError::TooManyPixels { .. }),
            "{error}"
        );
        assert_eq!(kind(&error), ErrorKind::Limit);
    }
    for (width, height) in [(65_536, 1), (1, u32::MAX), (u32::MAX, u32::MAX)] {
        assert!(matches!(
            fails(&bomb(width, height)),
            PictureError::SideTooLong { .. }
        ));
    }
    // A progressive JPEG of 65500 x 65500 in a few hundred bytes.
    let mut jpeg = fixture("progressive420.jpg");
    let frame = jpeg
        .windows(2)
        .position(|pair| pair == [0xFF, 0xC2])
        .unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xFF, 0xDC, 0xFF, 0xDC]);
    assert!(matches!(fails(&jpeg), PictureError::TooManyPixels { .. }));
    assert_eq!(dimensions(&jpeg).unwrap(), (65_500, 65_500));
    assert!(start.elapsed() < Duration::from_secs(2));
}

#[test]
fn limits_are_inclusive() {
    let file = noise(20, 10).encode_png();
    let with = |change: fn(&mut Limits)| {
        let mut options = DecodeOptions::default();
        change(&mut options.limits);
        decode(&file, &options).map_err(|error| (kind(&error), error))
    };
    assert!(with(|limits| limits.max_pixels = 200).is_ok());
    assert!(matches!(
        with(|limits| limits.max_pixels = 199),
        Err((ErrorKind::Limit, _))
    ));
    assert!(with(|limits| limits.max_side = 20).is_ok());
    assert!(matches!(
        with(|limits| limits.max_side = 19),
        Err((ErrorKind::Limit, _))
    ));
    assert!(matches!(
        with(|limits| limits.max_memory = 599),
        Err((
            ErrorKind::Limit,
            PictureError::TooMuchMemory { needed: 600, .. }
        ))
    ));
    assert!(matches!(
        with(|limits| limits.max_bytes = 100),
        Err((
            ErrorKind::Limit,
            PictureError::TooManyBytes { limit: 100, .. }
        ))
    ));
}

/// Coefficients of a progressive JPEG count: at 4:4:4, 3 bytes of RGB and 6 of coefficients.
#[test]
fn memory_of_progressive_jpegs_is_estimated() {
    for (name, needed) in [
        ("progressive444.jpg", 9),
        ("progressive420.jpg", 6),
        ("baseline420.jpg", 3),
    ] {
        let needed = needed * 24 * 18;
        let mut options = DecodeOptions::default();
        options.limits.max_memory = needed;
        assert!(decode(&fixture(name), &options).is_ok(), "{name}");
        options.limits.max_memory = needed - 1;
        let error = decode(&fixture(name), &options).unwrap_err();
        assert!(
            matches!(error, PictureError::TooMuchMemory { .. }),
            "{name}: {error}"
        );
    }
}
