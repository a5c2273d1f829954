//! Kinds of files that readers get wrong: against what Pillow, libjpeg-turbo and libtiff make of them
//! (`peers/decode_kinds.py`, versions in the first line of kinds.txt), and files written by hand here.

mod common;

use std::path::{Path, PathBuf};

use affetti_picture::{DecodeOptions, ErrorKind, PictureError, decode, dimensions};
use common::*;
use image::ExtendedColorType as Color;

/// Name, what the codec explains ("refused" for files that are refused by name), sides and pixels.
fn kinds() -> Vec<Vec<String>> {
    let text = fixture("kinds/kinds.txt");
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let kinds: Vec<Vec<String>> = lines
        .map(|line| line.split(' ').map(str::to_owned).collect())
        .collect();
    assert!(kinds.len() > 70, "{}", kinds.len());
    kinds
}

#[test]
fn files_of_all_kinds_are_right() {
    for words in kinds().iter().filter(|words| words[1] != "refused") {
        let file = fixture(&format!("kinds/{}", words[0]));
        let sides: Vec<u32> = numbers(&words[2..4]);
        let expected = from_hex(sides[0], sides[1], &words[4]);
        let allowed: f64 = words[1].parse().unwrap();
        assert_close(&words[0], &open(&file), &expected, u8::MAX, allowed);
        assert_eq!(
            dimensions(&file).unwrap(),
            (sides[0], sides[1]),
            "{}",
            words[0]
        );
    }
}

#[test]
fn what_is_not_read_is_refused_by_name() {
    let names = ["Zstandard", "WebP", "floating-point"];
    let refused: Vec<String> = kinds()
        .iter()
        .filter(|words| words[1] == "refused")
        .map(|words| {
            let error = fails(&fixture(&format!("kinds/{}", words[0])));
            assert_eq!(kind(&error), ErrorKind::Unsupported, "{error}");
            error.to_string()
        })
        .collect();
    for name in names {
        assert!(refused.iter().any(|text| text.contains(name)), "{name}");
    }
    for text in refused {
        let is_sentence = text.starts_with("this TIFF uses ") && !text.contains("ecoder");
        assert!(is_sentence, "{text}");
    }
}

/// Closed by hand after a cut: the decoders of other programs fill the rest with gray.
#[test]
fn a_jpeg_cut_and_closed_is_truncated() {
    let cut = |file: &[u8], permille: usize| {
        [&file[..file.len() * permille / 1000], &[0xFF, 0xD9]].concat()
    };
    for picture in [noise(160, 120), smooth(160, 120)] {
        let file = picture.encode_jpeg(90);
        // The tables of a small file take the first part of it.
        let first = if file.len() > 5000 { 100 } else { 500 };
        for permille in (first..=950).step_by(50) {
            let error = fails(&cut(&file, permille));
            assert!(
                matches!(error, PictureError::Truncated { .. }),
                "{permille}: {error}"
            );
        }
    }
    let progressive = fixture("kinds/progressive.jpg");
    for permille in (350..=980).step_by(30) {
        let error = fails(&cut(&progressive, permille));
        assert_eq!(kind(&error), ErrorKind::Input, "{permille}: {error}");
    }
}

#[test]
fn a_small_bright_picture_is_whole() {
    // Its last rows are a few bytes, which a decoder that reads ahead takes for the end.
    for side in [9, 17, 64, 200] {
        let white = from_fn(side, side, |_, _| [255; 3]);
        assert!(open(&white.encode_jpeg(90)) == white, "{side}");
    }
}

#[test]
fn what_cannot_be_seen_is_said_to_be_so() {
    let clear = [10, 20, 30, 0].repeat(6);
    // A pixel of color 0, which is transparent: the codes clear (4), 0 and end (5), of three bits.
    let gif = [
        &b"GIF89a\x01\0\x01\0\x80\0\0\xFF\0\0\0\0\xFF"[..],
        b"!\xF9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;",
    ]
    .concat();
    for file in [
        gif.clone(),
        png(3, 2, &clear, Color::Rgba8),
        webp(3, 2, &clear, Color::Rgba8),
    ] {
        let error = fails(&file);
        assert!(matches!(error, PictureError::Invisible { .. }), "{error}");
        assert_eq!(kind(&error), ErrorKind::Input);
    }
    // One visible pixel is enough.
    let mut seen = clear;
    seen[3] = 1;
    assert!(decode(&png(3, 2, &seen, Color::Rgba8), &DecodeOptions::default()).is_ok());
    let mut seen = gif;
    seen[22] = 0;
    assert!(open(&seen).pixels() == [255, 0, 0]);
    // In a TIFF, alpha that the file calls alpha.
    let page = Page {
        samples: 4,
        extra: vec![(338, 2)],
        ..Page::new(3, 2, [10, 20, 30, 0].repeat(6))
    };
    assert!(matches!(
        fails(&tiff(&[page])),
        PictureError::Invisible { .. }
    ));
}

#[test]
fn the_first_page_or_what_a_preview_stands_before() {
    let plain = |w: u32, h: u32| Page::new(w, h, smooth(w, h).pixels().to_vec());
    let marked = |w: u32, h: u32, kind: u32| Page {
        extra: vec![(254, kind)],
        ..plain(w, h)
    };
    for (pages, sides) in [
        (vec![plain(40, 30), plain(40, 30)], (40, 30)),
        // A document whose second page is larger, but not by much, or of another shape.
        (vec![plain(40, 30), plain(60, 45)], (40, 30)),
        (vec![plain(40, 30), plain(90, 200)], (40, 30)),
        (vec![plain(40, 30), plain(160, 120)], (160, 120)),
        (vec![marked(40, 30, 1), plain(50, 90)], (50, 90)),
        (
            vec![marked(40, 30, 1), plain(50, 90), plain(60, 100)],
            (60, 100),
        ),
        (
            vec![plain(80, 60), marked(40, 30, 1), marked(20, 15, 1)],
            (80, 60),
        ),
        (vec![marked(40, 30, 1)], (40, 30)),
    ] {
        let file = tiff(&pages);
        assert_eq!(dimensions(&file).unwrap(), sides);
        assert!(open(&file) == smooth(sides.0, sides.1));
    }
}

#[test]
fn a_tiff_may_lack_what_is_not_needed() {
    let expected = smooth(20, 10);
    let page = || Page::new(20, 10, expected.pixels().to_vec());
    // No lengths, wrong lengths, and a directory that follows itself.
    for missing in [Some(279), None] {
        let file = tiff(&[Page {
            without: missing,
            ..page()
        }]);
        assert!(open(&file) == expected);
        assert_eq!(kind(&fails(&file[..200])), ErrorKind::Input);
    }
    let mut file = tiff(&[page()]);
    let directory: [u8; 4] = file[4..8].try_into().unwrap();
    let end = file.len() - 4;
    file[end..].copy_from_slice(&directory);
    assert!(open(&file) == expected);
    // Offsets of pixels cannot lack.
    let error = fails(&tiff(&[Page {
        without: Some(273),
        ..page()
    }]));
    assert!(matches!(error, PictureError::Damaged { .. }), "{error}");
}

#[test]
fn the_first_orientation_counts() {
    let jpeg = smooth(30, 20).encode_jpeg(90);
    let long = [
        b"II*\0\x08\0\0\0\x01\0\x12\x01\x04\0\x01\0\0\0",
        &6_u32.to_le_bytes()[..],
        &[0; 4],
    ]
    .concat();
    let empty = b"II*\0\x08\0\0\0\0\0\0\0\0\0".to_vec();
    // The segment that is put in last comes first.
    for blocks in [
        vec![long.clone()],
        vec![exif(1, true), long.clone()],
        vec![exif(3, false), long, empty],
    ] {
        let file = blocks
            .iter()
            .fold(jpeg.clone(), |file, block| jpeg_with_exif(&file, block));
        let picture = open(&file);
        assert_eq!((picture.width(), picture.height()), (20, 30));
        // Turned to the right: what was the left top is the right top.
        assert_close(
            "corner",
            &picture,
            &open(&jpeg_with_exif(&jpeg, &exif(6, true))),
            0,
            0.0,
        );
    }
}

/// The files beside the repository that show what users reported, where they are there: the answer
/// that each wants, by the pixels.
#[test]
fn reported_files_are_as_wanted() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/cases/decode");
    let Ok(cases) = std::fs::read_to_string(folder.join("cases.csv")) else {
        println!("skipped: no {}", folder.display());
        return;
    };
    let file = |name: &str| -> PathBuf { folder.join(name) };
    for line in cases.lines().skip(1) {
        // The first and the last column may hold commas.
        let name = line.split(',').find(|field| field.contains('.')).unwrap();
        let reference = line
            .split(',')
            .find(|field| field.ends_with(".png") && *field != name);
        let found = affetti_picture::read(&file(name), &DecodeOptions::default());
        match (found, reference) {
            (Ok(picture), Some(reference)) => {
                let expected = open(&std::fs::read(file(reference)).unwrap());
                let lossy = name.ends_with(".jpg") || name.contains("jpeg");
                assert_close(
                    name,
                    &picture,
                    &expected,
                    u8::MAX,
                    if lossy { 7.0 } else { 0.5 },
                );
            }
            (Ok(_), None) => assert!(!line.ends_with("refused"), "{name}"),
            (Err(error), _) => {
                let by_name =
                    error.kind() == ErrorKind::Unsupported && line.contains("refused by name");
                assert!(by_name || line.ends_with("refused"), "{name}: {error}");
            }
        }
    }
}
