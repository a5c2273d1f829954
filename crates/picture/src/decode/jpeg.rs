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
    if let Some(transform) = header.profile.as_deref().and_then(profile::to_srgb) {
        transform.apply(&mut rgb);
    }
    Ok(rgb)
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
