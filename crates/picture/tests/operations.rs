//! Resizing, cropping, flipping and encoding, and that nothing breaks on extreme shapes.

mod common;

use affetti_picture::{
    ErrorKind, Filter, MAX_SIDE, Picture, PictureError, color_features, has_picture_extension,
    measures,
};
use common::*;

#[test]
fn a_picture_cannot_be_wrong() {
    for (width, height, bytes) in [
        (0, 1, 0),
        (1, 0, 0),
        (2, 2, 11),
        (2, 2, 13),
        (65_536, 1, 196_608),
    ] {
        let error = Picture::new(width, height, vec![0; bytes]).unwrap_err();
        assert_eq!(kind(&error), ErrorKind::Parameter);
    }
    assert!(Picture::new(u32::MAX, u32::MAX, vec![0; 3]).is_err());
    assert!(Picture::new(MAX_SIDE, 1, vec![0; MAX_SIDE as usize * 3]).is_ok());
}

#[test]
fn pixels_are_where_they_should_be() {
    let picture = from_fn(4, 3, |x, y| [x as u8, y as u8, 7]);
    assert_eq!(picture.pixel(3, 2), [3, 2, 7]);
    assert_eq!(
        picture.pixel(99, 1),
        [3, 1, 7],
        "outside: the nearest on the border"
    );
    assert_eq!(&picture.pixels()[12..15], [0, 1, 7]);
    assert_eq!(picture.clone().into_pixels(), picture.pixels());
}

#[test]
fn crop_copies_the_box() {
    let picture = noise(9, 7);
    let crop = picture.crop(2, 3, 4, 2).unwrap();
    assert_eq!((crop.width(), crop.height()), (4, 2));
    assert_eq!(crop.pixel(0, 0), picture.pixel(2, 3));
    assert_eq!(crop.pixel(3, 1), picture.pixel(5, 4));
    assert!(picture.crop(0, 0, 9, 7).unwrap() == picture);
    for [x, y, w, h] in [
        [0, 0, 0, 1],
        [0, 0, 10, 1],
        [9, 0, 1, 1],
        [0, 6, 1, 2],
        [u32::MAX, 0, 2, 1],
    ] {
        let error = picture.crop(x, y, w, h).unwrap_err();
        assert!(matches!(error, PictureError::BadRegion { .. }));
        assert_eq!(kind(&error), ErrorKind::Parameter);
        assert!(
            picture
                .resize_region([x, y, w, h], 5, 5, Filter::Bilinear)
                .is_err()
        );
    }
}

#[test]
fn center_square_is_in_the_center() {
    for (width, height, expected) in [
        (7, 4, [1, 0, 4, 4]),
        (4, 9, [0, 2, 4, 4]),
        (5, 5, [0, 0, 5, 5]),
        (1, 3, [0, 1, 1, 1]),
    ] {
        let picture = noise(width, height);
        assert_eq!(picture.center_square(), expected);
        let [x, y, w, h] = expected;
        assert!(picture.center_crop_square() == picture.crop(x, y, w, h).unwrap());
    }
}

#[test]
fn flipping_twice_is_nothing() {
    let picture = noise(5, 3);
    let flipped = picture.flip_horizontal();
    assert_eq!(flipped.pixel(0, 1), picture.pixel(4, 1));
    assert!(flipped.flip_horizontal() == picture);
}

#[test]
fn flat_pictures_stay_flat() {
    let flat = from_fn(37, 23, |_, _| [12, 130, 250]);
    for filter in Filter::ALL {
        for (width, height) in [(5, 5), (37, 23), (80, 61), (1, 1), (37, 4), (9, 23)] {
            let resized = flat.resize(width, height, filter);
            assert!(
                resized.pixels().chunks(3).all(|p| p == [12, 130, 250]),
                "{}",
                filter.name()
            );
        }
    }
}

#[test]
fn the_same_size_is_the_same_picture() {
    let picture = noise(20, 30);
    for filter in Filter::ALL {
        assert!(picture.resize(20, 30, filter) == picture);
        let region = picture.resize_region([3, 4, 5, 6], 5, 6, filter).unwrap();
        assert!(region == picture.crop(3, 4, 5, 6).unwrap());
    }
}

/// A checkerboard of single pixels averages to gray; without antialiasing it would be black or
/// white.
#[test]
fn shrinking_is_antialiased() {
    let board = from_fn(256, 256, |x, y| [if (x + y) % 2 == 0 { 0 } else { 255 }; 3]);
    for filter in &Filter::ALL[1..] {
        let small = board.resize(16, 16, *filter);
        // The border sees the board's edge; ringing filters leave a level or two there.
        let off = small
            .pixels()
            .iter()
            .map(|&v| v.abs_diff(128))
            .max()
            .unwrap();
        assert!(off <= 4, "{}: {off}", filter.name());
    }
}

#[test]
fn sides_follow_the_aspect_ratio() {
    let picture = noise(300, 200);
    let size = |picture: Picture| (picture.width(), picture.height());
    assert_eq!(
        size(picture.resize_short_side(224, Filter::Bilinear)),
        (336, 224)
    );
    assert_eq!(
        size(picture.resize_short_side(7, Filter::Bilinear)),
        (10, 7),
        "rounded down"
    );
    assert_eq!(
        size(picture.fit_within(128, Filter::Bilinear)),
        (128, 85),
        "85.3 rounded"
    );
    assert_eq!(size(picture.fit_within(300, Filter::Bilinear)), (300, 200));
    assert!(
        picture.fit_within(1000, Filter::Lanczos3) == picture,
        "never larger"
    );
    assert_eq!(size(picture.fit_within(0, Filter::Bilinear)), (1, 1));
    assert_eq!(size(picture.resize(0, 5, Filter::Bilinear)), (1, 5));
    assert_eq!(
        size(picture.resize_center_square(64, Filter::Bicubic)),
        (64, 64)
    );
}

/// Resizing the center is close to cropping first: only what the filter reaches outside differs.
#[test]
fn the_center_is_resized_without_a_copy() {
    let picture = smooth(300, 200);
    let direct = picture.resize_center_square(50, Filter::Bicubic);
    let copied = picture.center_crop_square().resize(50, 50, Filter::Bicubic);
    assert_close("center", &direct, &copied, 3, 0.3);
}

#[test]
fn extreme_shapes_go_through_everything() {
    for (width, height) in [
        (30_000, 1),
        (1, 30_000),
        (1, 1),
        (2, 1),
        (65_535, 2),
        (3, 5),
    ] {
        let picture = noise(width, height);
        for filter in Filter::ALL {
            assert_eq!(
                picture.resize(224, 224, filter).pixels().len(),
                224 * 224 * 3
            );
            assert_eq!(picture.resize_center_square(32, filter).width(), 32);
            let thumbnail = picture.fit_within(128, filter);
            assert!(thumbnail.width().max(thumbnail.height()) <= 128);
        }
        let long = picture.resize_short_side(2, Filter::Bilinear);
        assert_eq!(long.width().min(long.height()), 2);
        assert_eq!(picture.center_crop_square().width(), width.min(height));
        assert!(picture.flip_horizontal().flip_horizontal() == picture);
        assert!(measures(&picture).palette.len() <= 5);
        assert!(
            color_features(&picture)
                .iter()
                .all(|value| value.is_finite())
        );
        assert!(open(&picture.encode_png()) == picture);
        let jpeg = open(&picture.encode_jpeg(90));
        assert_eq!((jpeg.width(), jpeg.height()), (width, height));
    }
}

#[test]
fn encoding_is_deterministic_and_quality_matters() {
    let picture = smooth(64, 48);
    assert_eq!(picture.encode_jpeg(85), picture.encode_jpeg(85));
    assert!(noise(64, 48).encode_jpeg(95).len() > noise(64, 48).encode_jpeg(20).len());
    assert_eq!(picture.encode_jpeg(0), picture.encode_jpeg(1));
    assert_close("jpeg", &open(&picture.encode_jpeg(95)), &picture, 12, 2.0);
}

#[test]
fn filters_have_names() {
    for filter in Filter::ALL {
        assert_eq!(filter.name().parse::<Filter>().unwrap(), filter);
        assert_eq!(
            filter.name().to_uppercase().parse::<Filter>().unwrap(),
            filter
        );
    }
    let error = "sharp".parse::<Filter>().unwrap_err();
    assert_eq!(kind(&error), ErrorKind::Parameter);
}

#[test]
fn extensions_are_known_in_any_case() {
    for (name, known) in [
        ("a.JPG", true),
        ("b.webp", true),
        ("c.heic", false),
        ("jpg", false),
        ("d.png.txt", false),
    ] {
        assert_eq!(has_picture_extension(name.as_ref()), known, "{name}");
    }
}
