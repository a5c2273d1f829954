//! PNG: the chunk list is walked here, pixels are decoded by the `png` crate through `image`.

use std::io::Cursor;

use image::{ImageDecoder, codecs::png::PngDecoder, metadata::Orientation};

use super::{Header, damaged, orientation, translate, truncated, with_image};
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
    for (kind, data) in Chunks(&bytes[SIGNATURE..]) {
        match &kind {
            // Before or after the pixels: both are allowed, so the decoder's own answer, which
            // stops at the pixels, is not enough.
            b"eXIf" => header.orientation = orientation(data),
            b"tRNS" => has_transparency = true,
            b"IEND" => header.complete = true,
            _ => {}
        }
    }
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

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    let mut limits = image::Limits::no_limits();
    // Bounds the decompression of profiles and text chunks too.
    limits.max_alloc = Some(options.limits.max_memory);
    let mut decoder = PngDecoder::with_limits(Cursor::new(bytes), limits)
        .map_err(|error| translate(Format::Png, error, header.complete, bytes))?;
    let profile = decoder.icc_profile().ok().flatten();
    let header = Header { profile, ..*header };
    with_image(Format::Png, decoder, &header, bytes, options.background)
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
