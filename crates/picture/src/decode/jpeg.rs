//! JPEG pixels, by zune-jpeg, straight to RGB.
//!
//! Asked directly and not through `image`, which keeps a second copy of the file and gives gray
//! pictures one channel.
//!
//! The decoder is forgiving by default: where data lacks or makes no sense it fills with mid-gray
//! and reports success. A half-gray photo would be read as a feeling that nobody put there, so
//! - without an end marker it decodes in strict mode, which fails when data runs out;
//! - when the last row came out as mid-gray, it decodes again in strict mode to ask whether that is
//!   the photo or the filling.
//!
//! Damage after which the decoder found its way again passes, as in other programs; so does a cut
//! in front of an end marker that someone put back by hand.

use zune_jpeg::{
    JpegDecoder,
    errors::DecodeErrors,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{Header, TWO_SIZES, damaged, profile, truncated, unsupported};
use crate::{error::PictureError, format::Format};

/// Level with which the decoder fills what it could not read.
const FILL: u8 = 128;

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(bytes: &[u8], header: &Header) -> Result<Vec<u8>, PictureError> {
    let mut rgb = vec![0; header.width as usize * header.height as usize * 3];
    decode_into(&mut rgb, bytes, header, !header.complete)?;
    let last_row = &rgb[rgb.len() - header.width as usize * 3..];
    if header.complete && last_row.iter().all(|&sample| sample == FILL) {
        decode_into(&mut rgb, bytes, header, true)?;
    }
    let Some(profile) = header.profile.as_deref() else {
        return Ok(rgb);
    };
    match space(bytes)? {
        inks @ (ColorSpace::CMYK | ColorSpace::YCCK) => {
            drop(rgb);
            Ok(profile::inks_to_rgb(
                &read_inks(bytes, header, inks)?,
                Some(profile),
            ))
        }
        space => {
            let transform = profile::to_srgb(profile);
            let color = space != ColorSpace::Luma;
            if let Some(transform) = transform.filter(|transform| transform.is_for(color)) {
                transform.apply(&mut rgb);
            }
            Ok(rgb)
        }
    }
}

/// What the samples of the file are.
fn space(bytes: &[u8]) -> Result<ColorSpace, PictureError> {
    let mut decoder = JpegDecoder::new(ZCursor::new(bytes));
    let translate = |error| translate(error, bytes, true);
    decoder.decode_headers().map_err(translate)?;
    Ok(decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr))
}

/// The inks of a CMYK or YCCK file, 255 is full. The samples were decoded once already, so that
/// damage is known.
fn read_inks(bytes: &[u8], header: &Header, space: ColorSpace) -> Result<Vec<u8>, PictureError> {
    let options = DecoderOptions::default()
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(space);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let mut inks = vec![0; header.width as usize * header.height as usize * 4];
    decoder
        .decode_into(&mut inks)
        .map_err(|error| translate(error, bytes, header.complete))?;
    for pixel in inks.as_chunks_mut::<4>().0 {
        let [a, b, c, k] = *pixel;
        // Adobe stores the inks inverted; of YCCK the first three are luminance and chrominance of
        // what the inverted inks leave.
        *pixel = if space == ColorSpace::YCCK {
            let [r, g, b] = from_ycc(a, b, c);
            [r, g, b, 255 - k]
        } else {
            [255 - a, 255 - b, 255 - c, 255 - k]
        };
    }
    Ok(inks)
}

/// ITU-T T.871, 7: full-range YCbCr to RGB.
fn from_ycc(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let rgb = [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ];
    rgb.map(|v| v.round().clamp(0.0, 255.0) as u8)
}

fn decode_into(
    rgb: &mut [u8],
    bytes: &[u8],
    header: &Header,
    strict: bool,
) -> Result<(), PictureError> {
    let options = DecoderOptions::default()
        .set_strict_mode(strict)
        // Our own limits are already checked, on the same numbers.
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let translate = |error| translate(error, bytes, header.complete);
    decoder.decode_headers().map_err(translate)?;
    if decoder.dimensions() != Some((header.width as usize, header.height as usize)) {
        return Err(damaged(Format::Jpeg, TWO_SIZES));
    }
    decoder.decode_into(rgb).map_err(translate)
}

fn translate(error: DecodeErrors, bytes: &[u8], complete: bool) -> PictureError {
    match error {
        DecodeErrors::ExhaustedData => truncated(Format::Jpeg, bytes),
        _ if !complete => truncated(Format::Jpeg, bytes),
        DecodeErrors::Unsupported(scheme) => unsupported(Format::Jpeg, format!("{scheme:?}")),
        error => damaged(Format::Jpeg, error),
    }
}
