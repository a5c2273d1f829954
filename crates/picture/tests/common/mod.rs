//! Files made in code, and the references that `peers/picture_resize.py` made.

#![allow(dead_code, reason = "each test file uses a part")]
#![allow(clippy::unwrap_used, reason = "a helper that fails fails the test")]

use std::{fs, path::PathBuf};

use affetti_picture::{DecodeOptions, ErrorKind, Picture, PictureError, decode};
use image::{
    ExtendedColorType, ImageEncoder,
    codecs::{jpeg::JpegEncoder, png::PngEncoder, webp::WebPEncoder},
};

/// Bytes of a checked-in file.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/fixtures")
        .join(name);
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Lines of `reference.txt` that begin with `kind`, split into words, without `kind`.
pub(crate) fn references(kind: &str) -> Vec<Vec<String>> {
    let text = String::from_utf8(fixture("reference.txt")).unwrap();
    let lines = text
        .lines()
        .map(|line| line.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let found: Vec<_> = lines
        .filter(|words| words[0] == kind)
        .map(|words| words[1..].to_vec())
        .collect();
    assert!(!found.is_empty(), "no {kind} lines");
    found
}

/// Numbers from words.
pub(crate) fn numbers<T: std::str::FromStr>(words: &[String]) -> Vec<T> {
    words
        .iter()
        .map(|word| word.parse().unwrap_or_else(|_| panic!("{word}")))
        .collect()
}

/// A picture from its sides and hexadecimal pixels.
pub(crate) fn from_hex(width: u32, height: u32, hex: &str) -> Picture {
    let bytes = (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap());
    Picture::new(width, height, bytes.collect()).unwrap()
}

/// The picture of `source()` in the script: 61 x 47.
pub(crate) fn source() -> Picture {
    from_fn(61, 47, |x, y| {
        let board = if (x / 5 + y / 7) % 2 == 1 { 190 } else { 60 };
        [
            (40 + 2 * x + y) as u8,
            board,
            (30 + (x * x + 3 * x * y + y * y) % 180) as u8,
        ]
    })
}

pub(crate) fn from_fn(width: u32, height: u32, f: impl Fn(u32, u32) -> [u8; 3]) -> Picture {
    let pixels = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
    Picture::new(width, height, pixels.flat_map(|(x, y)| f(x, y)).collect()).unwrap()
}

/// A smooth picture that JPEG keeps well.
pub(crate) fn smooth(width: u32, height: u32) -> Picture {
    from_fn(width, height, |x, y| {
        [
            (x * 255 / width.max(1)) as u8,
            (y * 255 / height.max(1)) as u8,
            90,
        ]
    })
}

/// Noise, which no coder makes small: cuts hit pixels and not headers.
pub(crate) fn noise(width: u32, height: u32) -> Picture {
    from_fn(width, height, |x, y| {
        let mut hash = x.wrapping_mul(0x9E37_79B9) ^ y.wrapping_mul(0x85EB_CA6B);
        hash = (hash ^ (hash >> 15)).wrapping_mul(0x2C1B_3C6D);
        hash ^= hash >> 12;
        [hash as u8, (hash >> 8) as u8, (hash >> 16) as u8]
    })
}

pub(crate) fn png(width: u32, height: u32, samples: &[u8], color: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file)
        .write_image(samples, width, height, color)
        .unwrap();
    file
}

/// A PNG with a profile.
pub(crate) fn with_profile(picture: &Picture, profile: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = PngEncoder::new(&mut file);
    encoder.set_icc_profile(profile.to_vec()).unwrap();
    encoder
        .write_image(
            picture.pixels(),
            picture.width(),
            picture.height(),
            ExtendedColorType::Rgb8,
        )
        .unwrap();
    file
}

pub(crate) fn webp(width: u32, height: u32, samples: &[u8], color: ExtendedColorType) -> Vec<u8> {
    let mut file = Vec::new();
    WebPEncoder::new_lossless(&mut file)
        .write_image(samples, width, height, color)
        .unwrap();
    file
}

pub(crate) fn gray_jpeg(width: u32, height: u32, samples: &[u8]) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut file, 95);
    encoder
        .write_image(samples, width, height, ExtendedColorType::L8)
        .unwrap();
    file
}

/// The EXIF block (a TIFF file) with one entry, the orientation.
pub(crate) fn exif(orientation: u8, big_endian: bool) -> Vec<u8> {
    let mut block = if big_endian {
        b"MM\0*".to_vec()
    } else {
        b"II*\0".to_vec()
    };
    let mut number = |value: u32, bytes: usize| {
        let all = if big_endian {
            value.to_be_bytes()
        } else {
            value.to_le_bytes()
        };
        block.extend(if big_endian {
            &all[4 - bytes..]
        } else {
            &all[..bytes]
        });
    };
    number(8, 4); // offset of the directory
    number(1, 2); // count of entries
    number(0x0112, 2); // orientation
    number(3, 2); // type: short
    number(1, 4); // count of values
    number(orientation.into(), 2);
    number(0, 2); // padding of the value
    number(0, 4); // no further directory
    block
}

/// Puts an APP1 segment with EXIF behind the start of a JPEG.
pub(crate) fn jpeg_with_exif(jpeg: &[u8], exif: &[u8]) -> Vec<u8> {
    jpeg_with_segment(jpeg, 0xE1, &[b"Exif\0\0", exif].concat())
}

pub(crate) fn jpeg_with_segment(jpeg: &[u8], marker: u8, content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, content, &jpeg[2..]].concat()
}

/// A PNG chunk with its checksum.
pub(crate) fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let length = u32::try_from(data.len()).unwrap().to_be_bytes();
    let mut crc = !0_u32;
    for &byte in kind.iter().chain(data) {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 {
                crc >> 1 ^ 0xEDB8_8320
            } else {
                crc >> 1
            };
        }
    }
    [&length[..], kind, data, &(!crc).to_be_bytes()].concat()
}

/// Puts a chunk after the header of a PNG (33 bytes), or before its end (12 bytes).
pub(crate) fn png_with_chunk(png: &[u8], kind: &[u8; 4], data: &[u8], at_end: bool) -> Vec<u8> {
    let at = if at_end { png.len() - 12 } else { 33 };
    [&png[..at], &chunk(kind, data), &png[at..]].concat()
}

/// A page of a TIFF written by hand: samples of eight bits, uncompressed, in one strip.
pub(crate) struct Page {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) pixels: Vec<u8>,
    /// Samples a pixel.
    pub(crate) samples: u32,
    /// Further tags of one number.
    pub(crate) extra: Vec<(u16, u32)>,
    /// A tag that is left out.
    pub(crate) without: Option<u16>,
}

impl Page {
    /// Of RGB.
    pub(crate) fn new(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        Self {
            width,
            height,
            pixels,
            samples: 3,
            extra: Vec::new(),
            without: None,
        }
    }
}

/// A TIFF with the lower byte first; its last four bytes say that no directory follows.
pub(crate) fn tiff(pages: &[Page]) -> Vec<u8> {
    let mut file = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for page in pages {
        let start = file.len() as u32;
        file.extend(&page.pixels);
        let here = file.len() as u32;
        file[link..link + 4].copy_from_slice(&here.to_le_bytes());
        let mut tags = vec![
            (256, page.width),
            (257, page.height),
            (258, 8),
            (259, 1),
            (262, 2),
            (273, start),
            (277, page.samples),
            (278, page.height),
            (279, page.pixels.len() as u32),
        ];
        tags.extend(&page.extra);
        tags.retain(|tag| Some(tag.0) != page.without);
        tags.sort_unstable();
        file.extend((tags.len() as u16).to_le_bytes());
        for (tag, value) in tags {
            file.extend([tag.to_le_bytes(), 4_u16.to_le_bytes()].concat());
            file.extend([1_u32.to_le_bytes(), value.to_le_bytes()].concat());
        }
        link = file.len();
        file.extend([0; 4]);
    }
    file
}

/// Decodes with default options.
pub(crate) fn open(bytes: &[u8]) -> Picture {
    decode(bytes, &DecodeOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn fails(bytes: &[u8]) -> PictureError {
    match decode(bytes, &DecodeOptions::default()) {
        Err(error) => error,
        Ok(picture) => panic!("{picture:?} came out of what should fail"),
    }
}

/// The kind of the error and that its text is one line with advice.
pub(crate) fn kind(error: &PictureError) -> ErrorKind {
    let text = error.to_string();
    assert!(!text.contains('\n') && text.contains(';'), "{text}");
    error.kind()
}

/// Largest and mean absolute difference of two pictures of the same size.
pub(crate) fn difference(one: &Picture, other: &Picture) -> (u8, f64) {
    assert_eq!((one.width(), one.height()), (other.width(), other.height()));
    let pairs = one.pixels().iter().zip(other.pixels());
    let differences: Vec<u8> = pairs.map(|(one, other)| one.abs_diff(*other)).collect();
    let sum: f64 = differences.iter().map(|&d| f64::from(d)).sum();
    (
        differences.iter().copied().max().unwrap(),
        sum / differences.len() as f64,
    )
}

/// Asserts the largest and mean difference.
pub(crate) fn assert_close(what: &str, one: &Picture, other: &Picture, max: u8, mean: f64) {
    let found = difference(one, other);
    assert!(
        found.0 <= max && found.1 <= mean,
        "{what}: {found:?}, allowed {max} and {mean}"
    );
}
