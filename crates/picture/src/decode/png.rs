//! PNG: the chunk list is walked here, pixels are decoded by the `png` crate through `image`.
//!
//! The orientation is that of the chunk `eXIf`; before that chunk was agreed on, programs wrote
//! EXIF as text, in hexadecimal ("Raw profile type exif"), and some still do.

use std::io::{Cursor, Read};

use image::{ImageDecoder, codecs::png::PngDecoder, metadata::Orientation};

use super::{Header, damaged, ifd::exif_orientation, translate, truncated, with_image};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

const SIGNATURE: usize = 8;

/// Reads size, EXIF and whether the end is there, without inflating anything.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let ihdr = bytes
        .get(SIGNATURE + 8..SIGNATURE + 21)
        .ok_or_else(|| truncated(Format::Png, bytes))?;
    if &bytes[SIGNATURE + 4..SIGNATURE + 8] != b"IHDR" {
        return Err(damaged(Format::Png, "it does not begin with its header"));
    }
    let width = u32::from_be_bytes([ihdr[0], ihdr[1], ihdr[2], ihdr[3]]);
    let height = u32::from_be_bytes([ihdr[4], ihdr[5], ihdr[6], ihdr[7]]);
    if width == 0 || height == 0 {
        return Err(damaged(Format::Png, "a side is 0"));
    }
    let (bit_depth, color_type) = (ihdr[8], ihdr[9]);
    let mut header = Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        profile: None,
        bytes_per_pixel: 0.0,
        complete: false,
    };
    let mut has_transparency = false;
    let (mut chunk, mut text) = (None, None);
    for (kind, data) in Chunks(&bytes[SIGNATURE..]) {
        match &kind {
            // Before or after the pixels: both are allowed, so the decoder's own answer, which
            // stops at the pixels, is not enough.
            b"eXIf" => chunk = chunk.or_else(|| exif_orientation(data)),
            b"tEXt" | b"zTXt" | b"iTXt" if text.is_none() => {
                text = raw_profile(&kind, data).and_then(|exif| exif_orientation(&exif));
            }
            b"tRNS" => has_transparency = true,
            b"IEND" => header.complete = true,
            _ => {}
        }
    }
    header.orientation = chunk.or(text).unwrap_or(Orientation::NoTransforms);
    // Samples as the decoder hands them out: at least 8 bits, palettes as RGB.
    let channels = match color_type {
        0 => 1,
        4 => 2,
        6 => 4,
        _ => 3,
    } + u8::from(has_transparency);
    header.bytes_per_pixel = f64::from(channels) * if bit_depth == 16 { 2.0 } else { 1.0 };
    Ok(header)
}

/// The EXIF block in a text of hexadecimal numbers: a line break, the name, the length in bytes, the
/// bytes. Source: ImageMagick, coders/png.c, and ExifTool.
fn raw_profile(kind: &[u8; 4], data: &[u8]) -> Option<Vec<u8>> {
    // EXIF has at most 64 KB, twice that in hexadecimal, and some line breaks.
    const MOST: u64 = 256 << 10;
    let rest = data
        .strip_prefix(b"Raw profile type exif\0")
        .or_else(|| data.strip_prefix(b"Raw profile type APP1\0"))?;
    let packed = match kind {
        b"zTXt" => rest.strip_prefix(b"\0"),
        // Whether and how it is packed; then language and translated name, each ended by 0.
        b"iTXt" => {
            let after = |text: &'_ [u8]| text.iter().position(|&byte| byte == 0);
            let (how, names) = rest.split_at_checked(2)?;
            let names = &names[after(names)? + 1..];
            let text = &names[after(names)? + 1..];
            if how[0] == 0 {
                return hexadecimal(text);
            }
            Some(text)
        }
        _ => return hexadecimal(rest),
    };
    let mut text = Vec::new();
    let mut unpacked = flate2::read::ZlibDecoder::new(packed?).take(MOST);
    unpacked.read_to_end(&mut text).ok()?;
    hexadecimal(&text)
}

fn hexadecimal(text: &[u8]) -> Option<Vec<u8>> {
    let mut words = text
        .split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty());
    let _name = words.next()?;
    let _length = words.next()?;
    let digit = |&byte: &u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let digits: Option<Vec<u8>> = words.flatten().map(digit).collect();
    let digits = digits?;
    Some(
        digits
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[high, low]| high << 4 | low)
            .collect(),
    )
}

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    let mut limits = image::Limits::no_limits();
    // Bounds the decompression of profiles and text chunks too.
    limits.max_alloc = Some(options.limits.max_memory);
    let closed;
    let source = if header.complete {
        bytes
    } else {
        closed = close(bytes);
        &closed
    };
    let mut decoder = PngDecoder::with_limits(Cursor::new(source), limits)
        .map_err(|error| translate(Format::Png, error, header.complete, bytes))?;
    let profile = decoder.icc_profile().ok().flatten();
    let header = Header { profile, ..*header };
    with_image(Format::Png, decoder, &header, bytes, options.background)
}

/// A copy of a file that lacks its end, with an end: whether the pixels are all there, the decoder
/// then tells.
fn close(bytes: &[u8]) -> Vec<u8> {
    let mut chunks = Chunks(&bytes[SIGNATURE..]);
    while chunks.next().is_some() {}
    let whole = bytes.len() - chunks.0.len();
    [&bytes[..whole], b"\0\0\0\0IEND\xAE\x42\x60\x82"].concat()
}

/// Type and data of each chunk that is there completely; checksums are the decoder's matter.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let (kind, rest) = rest.split_first_chunk::<4>()?;
        let (data, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        // A last chunk without its four bytes of checksum is as good as complete.
        self.0 = rest.get(4..).unwrap_or_default();
        Some((*kind, data))
    }
}
