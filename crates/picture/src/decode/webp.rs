//! WebP: the chunk list is walked here, pixels are decoded by `image-webp` through `image`.

use std::io::Cursor;

use image::{Rgba, codecs::webp::WebPDecoder, metadata::Orientation};

use super::{Header, TWO_SIZES, damaged, ifd::exif_orientation, translate, truncated, with_image};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// `RIFF`, length, `WEBP`.
const PREFIX: usize = 12;

/// Reads size, EXIF and profile without a decoder: its own access to them trusts their announced
/// lengths before it allocates.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let cut = || truncated(Format::WebP, bytes);
    let announced = bytes
        .get(4..8)
        .and_then(|b| b.first_chunk())
        .ok_or_else(cut)?;
    // As in libwebp, a file shorter than it announces is truncated; one byte of padding may lack.
    if u64::from(u32::from_le_bytes(*announced)) + 8 > bytes.len() as u64 + 1 {
        return Err(cut());
    }
    let mut chunks = Chunks(&bytes[PREFIX..]);
    let (kind, data) = chunks.next().ok_or_else(cut)?;
    let (width, height) =
        sides(&kind, data).ok_or_else(|| damaged(Format::WebP, "its header is unreadable"))?;
    if width == 0 || height == 0 {
        return Err(damaged(Format::WebP, "a side is 0"));
    }
    let mut header = Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        profile: None,
        // Samples with alpha, and the decoder's frame or planes besides them.
        bytes_per_pixel: 4.0 + 4.0,
        complete: true,
    };
    let mut orientation = None;
    for (kind, data) in chunks {
        match &kind {
            b"EXIF" => orientation = orientation.or_else(|| exif_orientation(data)),
            b"ICCP" => header.profile = Some(data.to_vec()),
            b"ANIM" => header.bytes_per_pixel = 4.0 + 4.0 + 4.0,
            b"VP8 " | b"VP8L" if sides(&kind, data) != Some((width, height)) => {
                return Err(damaged(Format::WebP, TWO_SIZES));
            }
            b"ANMF" => check_frame(data, width, height)?,
            _ => {}
        }
    }
    header.orientation = orientation.unwrap_or(Orientation::NoTransforms);
    Ok(header)
}

/// A frame of an animation must not be larger than the canvas: the decoder would notice, but only
/// after it has decoded it.
fn check_frame(data: &[u8], width: u32, height: u32) -> Result<(), PictureError> {
    for (kind, data) in Chunks(data.get(16..).unwrap_or_default()) {
        if let (b"VP8 " | b"VP8L", Some((w, h))) = (&kind, sides(&kind, data))
            && (w > width || h > height)
        {
            return Err(damaged(Format::WebP, "a frame is larger than the picture"));
        }
    }
    Ok(())
}

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    let translate = |error| translate(Format::WebP, error, header.complete, bytes);
    let mut decoder = WebPDecoder::new(Cursor::new(bytes)).map_err(translate)?;
    if decoder.has_animation() && !image::ImageDecoder::color_type(&decoder).has_alpha() {
        // What the first frame leaves uncovered; with alpha it stays transparent until blending.
        let [r, g, b] = options.background;
        decoder
            .set_background_color(Rgba([r, g, b, 255]))
            .map_err(translate)?;
    }
    with_image(Format::WebP, decoder, header, bytes, options.background)
}

/// Sides that a `VP8X`, `VP8 ` or `VP8L` chunk gives, in pixels. Source: RFC 9649, 2.7 and 3.4,
/// and RFC 6386, 9.1.
fn sides(kind: &[u8; 4], data: &[u8]) -> Option<(u32, u32)> {
    match kind {
        b"VP8X" => {
            let field = |at: usize| {
                let b = data.get(at..at + 3)?;
                Some(1 + u32::from_le_bytes([b[0], b[1], b[2], 0]))
            };
            Some((field(4)?, field(7)?))
        }
        b"VP8 " => {
            let field = |at: usize| {
                let b = data.get(at..at + 2)?;
                Some(u32::from(u16::from_le_bytes([b[0], b[1]]) & 0x3FFF))
            };
            Some((field(6)?, field(8)?))
        }
        b"VP8L" => {
            let bits = u32::from_le_bytes(*data.get(1..5)?.first_chunk()?);
            Some((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
        }
        _ => None,
    }
}

/// Type and data of each chunk, the last one cut to what is there.
struct Chunks<'a>(&'a [u8]);

impl<'a> Iterator for Chunks<'a> {
    type Item = ([u8; 4], &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (kind, rest) = self.0.split_first_chunk::<4>()?;
        let (length, rest) = rest.split_first_chunk::<4>()?;
        let length = u32::from_le_bytes(*length) as usize;
        let data = &rest[..length.min(rest.len())];
        // Chunks begin at even offsets.
        self.0 = rest
            .get(length.saturating_add(length & 1)..)
            .unwrap_or_default();
        Some((*kind, data))
    }
}
