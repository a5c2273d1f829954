//! BMP: sides and coding are read here, pixels are decoded by `image`.
//!
//! Read are 1, 4, 8, 16, 24 and 32 bits a pixel, with bit fields and run lengths, from the top or
//! from the bottom. The fourth byte of plain 32-bit pixels is padding and no alpha, as in Pillow.

use std::io::Cursor;

use image::{codecs::bmp::BmpDecoder, metadata::Orientation};

use super::{Header, damaged, translate, truncated, with_image};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// File header, and the length of the next one.
const PREFIX: usize = 18;
/// Length of the oldest header, which has sides of 16 bits.
const CORE: u32 = 12;

/// Reads the sides without a decoder.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let cut = || truncated(Format::Bmp, bytes);
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).and_then(|b| b.first_chunk());
        word.map(|b| u32::from_le_bytes(*b)).ok_or_else(cut)
    };
    let half = |at: usize| {
        let half = bytes.get(at..at + 2).and_then(|b| b.first_chunk());
        half.map(|b| u32::from(u16::from_le_bytes(*b)))
            .ok_or_else(cut)
    };
    let (start, length) = (word(10)?, word(14)?);
    let (width, height, bits, coding) = if length == CORE {
        (half(PREFIX)?, half(PREFIX + 2)?, half(PREFIX + 6)?, 0)
    } else {
        // A negative height counts from the top.
        let height = word(PREFIX + 4)?.cast_signed().unsigned_abs();
        (
            word(PREFIX)?,
            height,
            half(PREFIX + 10)?,
            word(PREFIX + 12)?,
        )
    };
    if width == 0 || height == 0 || width.cast_signed() < 0 {
        return Err(damaged(Format::Bmp, "a side is 0 or negative"));
    }
    // Rows are padded to four bytes; with run lengths (1, 2) only decoding tells where they end.
    let row = (u64::from(width) * u64::from(bits)).div_ceil(32) * 4;
    let end = u64::from(start) + row * u64::from(height);
    Ok(Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        profile: None,
        bytes_per_pixel: 4.0,
        complete: matches!(coding, 1 | 2) || end <= bytes.len() as u64,
    })
}

/// Decodes to RGB.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    if !header.complete {
        return Err(truncated(Format::Bmp, bytes));
    }
    let decoder = BmpDecoder::new(Cursor::new(bytes))
        .map_err(|error| translate(Format::Bmp, error, true, bytes))?;
    with_image(Format::Bmp, decoder, header, bytes, options.background)
}
