//! What must not come out: bombs, cuts, noise, and files of other kinds.

mod common;

use std::sync::LazyLock;

use affetti_picture::{DecodeOptions, ErrorKind, Limits, PictureError, decode, dimensions, read};
use common::*;
use image::ExtendedColorType as Color;
use proptest::prelude::*;

#[test]
fn other_files_are_refused_by_name() {
    for (bytes, name) in [
        (&b"\0\0\0\x1cftypheic\0\0\0\0mif1heic"[..], "HEIC"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF"),
        (b"\0\0\0\x20ftypisom\0\0\x02\0isomiso2", "video"),
        (
            b"\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'/>",
            "SVG",
        ),
        (b"  <svg width='1'/>", "SVG"),
        (b"%PDF-1.7\n", "PDF"),
        (b"\xFF\x0A\x00", "JPEG XL"),
    ] {
        let error = fails(bytes);
        assert_eq!(kind(&error), ErrorKind::Unsupported, "{error}");
        assert!(
            error.to_string().contains(name),
            "{error} should name {name}"
        );
    }
}

#[test]
fn what_is_no_picture_is_said_to_be_none() {
    assert!(matches!(fails(b""), PictureError::Empty));
    for bytes in [
        &b"B"[..],
        b"Dear diary,\ntoday",
        b"BMW is a car",
        b"\0\0\0\0",
        &[0xFF; 300],
        b"RIFF\0\0\0\0WAVE",
    ] {
        assert!(matches!(fails(bytes), PictureError::NotAPicture));
    }
    for start in [
        &b"\xFF\xD8"[..],
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\xFF\0\0\0WEBP",
        b"\xFF\xD8\xFF\xE0",
    ] {
        assert!(
            matches!(fails(start), PictureError::Truncated { .. }),
            "{:?}",
            fails(start)
        );
        let junk: Vec<u8> = noise(20, 20).pixels().to_vec();
        assert_eq!(kind(&fails(&[start, &junk].concat())), ErrorKind::Input);
    }
}

fn assert_truncated(what: &str, file: &[u8]) {
    for permille in [20, 100, 300, 500, 700, 900, 970, 990] {
        let cut = &file[..file.len() * permille / 1000];
        let error = fails(cut);
        assert!(
            matches!(error, PictureError::Truncated { .. }),
            "{what} at {permille}: {error}"
        );
        assert_eq!(kind(&error), ErrorKind::Input);
    }
}

#[test]
fn cut_files_are_truncated_and_not_half_gray() {
    let picture = noise(160, 120);
    assert_truncated("jpeg", &picture.encode_jpeg(90));
    assert_truncated("png", &picture.encode_png());
    assert_truncated("webp", &webp(160, 120, picture.pixels(), Color::Rgb8));
    for name in [
        "progressive420.jpg",
        "progressive444.jpg",
        "lossy.webp",
        "lossy_alpha.webp",
        "cmyk.jpg",
        "restart.jpg",
    ] {
        let file = fixture(name);
        for cut in [file.len() / 2, file.len() * 9 / 10] {
            assert!(
                matches!(fails(&file[..cut]), PictureError::Truncated { .. }),
                "{name} at {cut}"
            );
        }
    }
}

#[test]
fn what_follows_the_end_does_not_matter() {
    let picture = noise(40, 30);
    let jpeg = picture.encode_jpeg(90);
    let alone = open(&jpeg);
    // Without its end marker, all pixels are still there.
    assert!(open(&jpeg[..jpeg.len() - 2]) == alone);
    // Phones append a second picture or a video; here its second half is missing.
    assert!(open(&[&jpeg[..], &jpeg[..jpeg.len() / 2]].concat()) == alone);
    assert!(open(&[&jpeg[..], &[0; 1000]].concat()) == alone);
    let png = picture.encode_png();
    assert!(open(&[&png[..], b"more"].concat()) == picture);
}

/// Where the data makes no sense the decoder stops and fills with mid-gray, which is a success to it.
#[test]
fn filling_is_not_mistaken_for_a_picture() {
    let file = noise(160, 120).encode_jpeg(90);
    let mut refused = 0;
    for seed in 0..20 {
        let mut damaged = file.clone();
        let middle = damaged.len() / 2;
        for (i, byte) in damaged[middle..middle + 40].iter_mut().enumerate() {
            *byte = (i * 37 + seed * 11) as u8;
        }
        match decode(&damaged, &DecodeOptions::default()) {
            Ok(picture) => {
                let last = &picture.pixels()[picture.pixels().len() - 160 * 3..];
                assert!(
                    last.iter().any(|&sample| sample != 128),
                    "half-gray, seed {seed}"
                );
            }
            Err(error) => {
                assert_eq!(kind(&error), ErrorKind::Input);
                refused += 1;
            }
        }
    }
    assert!(refused > 0, "the test damages nothing");
}

#[test]
fn a_gray_picture_is_not_mistaken_for_filling() {
    let gray = from_fn(40, 40, |_, _| [128; 3]);
    assert!(open(&gray.encode_jpeg(90)) == gray);
}

#[test]
fn rare_codings_are_named() {
    for (code, precision, name) in [
        (0xC3, 8, "lossless"),
        (0xC9, 8, "arithmetic"),
        (0xC1, 12, "12 bits"),
    ] {
        let mut jpeg = noise(8, 8).encode_jpeg(90);
        let frame = jpeg
            .windows(2)
            .position(|pair| pair == [0xFF, 0xC0])
            .unwrap();
        jpeg[frame + 1] = code;
        jpeg[frame + 4] = precision;
        let error = fails(&jpeg);
        assert_eq!(kind(&error), ErrorKind::Unsupported);
        assert!(error.to_string().contains(name), "{error}");
    }
}

#[test]
fn paths_that_are_no_files() {
    let folder = tempfile::tempdir().unwrap();
    let options = DecodeOptions::default();
    let error = read(folder.path(), &options).unwrap_err();
    assert!(matches!(
        error,
        PictureError::NotAFile {
            what: "a folder",
            ..
        }
    ));
    assert_eq!(kind(&error), ErrorKind::Input);
    let error = read(&folder.path().join("none.jpg"), &options).unwrap_err();
    assert_eq!(kind(&error), ErrorKind::Io);
    let path = folder.path().join("large.png");
    std::fs::write(&path, noise(9, 9).encode_png()).unwrap();
    let limits = Limits {
        max_bytes: 50,
        ..Limits::default()
    };
    let error = read(&path, &DecodeOptions { limits, ..options }).unwrap_err();
    assert!(matches!(
        error,
        PictureError::TooManyBytes { limit: 50, .. }
    ));
    #[cfg(unix)]
    {
        // A socket stands for all that would block or never end.
        let path = folder.path().join("socket");
        let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert!(matches!(
            read(&path, &options),
            Err(PictureError::NotAFile { .. })
        ));
    }
}

fn samples() -> &'static [Vec<u8>] {
    static SAMPLES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(read_samples);
    &SAMPLES
}

fn read_samples() -> Vec<Vec<u8>> {
    let names = [
        "progressive420.jpg",
        "cmyk.jpg",
        "restart.jpg",
        "palette.png",
        "lossy_alpha.webp",
        "animated.webp",
        "animated.png",
    ];
    let mut samples: Vec<Vec<u8>> = names.into_iter().map(fixture).collect();
    let picture = noise(33, 21);
    samples.extend([
        jpeg_with_exif(&picture.encode_jpeg(80), &exif(6, true)),
        png_with_chunk(&picture.encode_png(), b"eXIf", &exif(5, false), false),
        webp(33, 21, picture.pixels(), Color::Rgb8),
    ]);
    // The kinds that readers get wrong, each with a path of its own through the decoders.
    let kinds = fixture("kinds/kinds.txt");
    let kinds = String::from_utf8_lossy(&kinds);
    let names = kinds
        .lines()
        .skip(1)
        .filter_map(|line| line.split(' ').next());
    samples.extend(names.map(|name| fixture(&format!("kinds/{name}"))));
    samples
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Bytes changed, a piece cut out, the end cut off: an answer, never a panic. The limits keep
    /// a changed size from taking the test's time.
    #[test]
    fn changed_files_never_panic(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        hole in (any::<prop::sample::Index>(), 0..20_usize),
        keep in any::<prop::sample::Index>(),
        cut in prop::bool::weighted(0.3),
    ) {
        let mut bytes = which.get(samples()).clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        let from = hole.0.index(bytes.len());
        bytes.drain(from..(from + hole.1).min(bytes.len()));
        if cut {
            bytes.truncate(keep.index(bytes.len() + 1));
        }
        let limits = Limits { max_pixels: 1 << 20, ..Limits::default() };
        let options = DecodeOptions { limits, ..DecodeOptions::default() };
        match decode(&bytes, &options) {
            Ok(picture) => prop_assert_eq!(dimensions(&bytes).unwrap(), (picture.width(), picture.height())),
            Err(error) => { kind(&error); }
        }
    }
}
