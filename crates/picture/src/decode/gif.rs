//! GIF: the blocks up to the first frame are walked here, pixels are decoded by `gif` through
//! `image`. Source: Graphics Interchange Format 89a, CompuServe 1990.
//!
//! The picture is the whole canvas with the first frame on it; what the frame leaves uncovered, and
//! its transparent pixels, show the background that was asked for.

use std::io::Cursor;

use image::{ImageDecoder, codecs::gif::GifDecoder, metadata::Orientation};

use super::{Header, damaged, translate, truncated, with_image};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// Signature, version and logical screen.
const PREFIX: usize = 13;

/// Reads the size of the canvas, and walks to the end of the first frame.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let cut = || truncated(Format::Gif, bytes);
    let screen = bytes.get(6..PREFIX).ok_or_else(cut)?;
    let side = |at: usize| u32::from(u16::from_le_bytes([screen[at], screen[at + 1]]));
    let (width, height) = (side(0), side(2));
    if width == 0 || height == 0 {
        return Err(damaged(Format::Gif, "a side is 0"));
    }
    let mut at = PREFIX + colors(screen[4]);
    loop {
        match bytes.get(at).ok_or_else(cut)? {
            // An extension: a label, then sub-blocks.
            0x21 => at = skip_blocks(bytes, at + 2).ok_or_else(cut)?,
            0x2C => break,
            0x3B => return Err(damaged(Format::Gif, "it has no picture in it")),
            _ => return Err(damaged(Format::Gif, "an unknown block")),
        }
    }
    let frame = bytes.get(at + 1..at + 10).ok_or_else(cut)?;
    let side = |at: usize| u32::from(u16::from_le_bytes([frame[at], frame[at + 1]]));
    if side(0) + side(4) > width || side(2) + side(6) > height {
        return Err(damaged(Format::Gif, "a frame is larger than the picture"));
    }
    // A table of its own, a byte of code size, then sub-blocks.
    let data = at + 10 + colors(frame[8]) + 1;
    Ok(Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        profile: None,
        // The canvas with alpha, and the frame that is put on it.
        bytes_per_pixel: 4.0 + 4.0,
        complete: skip_blocks(bytes, data).is_some(),
    })
}

/// Bytes of the color table that these flags announce.
fn colors(flags: u8) -> usize {
    if flags & 0x80 == 0 {
        0
    } else {
        3 << ((flags & 7) + 1)
    }
}

/// Moves behind sub-blocks and the empty one that ends them; none where they go on beyond the end.
fn skip_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Decodes the first frame to RGB.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    // Without this a file cut inside of its first frame could come out half empty.
    if !header.complete {
        return Err(truncated(Format::Gif, bytes));
    }
    let translate = |error| translate(Format::Gif, error, true, bytes);
    let mut decoder = GifDecoder::new(Cursor::new(bytes)).map_err(translate)?;
    let mut limits = image::Limits::no_limits();
    limits.max_alloc = Some(options.limits.max_memory);
    decoder.set_limits(limits).map_err(translate)?;
    with_image(Format::Gif, decoder, header, bytes, options.background)
}
