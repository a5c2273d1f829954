//! JPEG pixels to RGB, by one of two decoders.
//!
//! zune-jpeg is fast and right for what cameras and editors write: all components in one scan, or
//! progressive, with the usual samplings. It is asked directly and not through `image`, which keeps
//! a second copy of the file and gives gray pictures one channel. Other files it gets wrong without
//! a word: one component a scan, chroma finer than luma, JFIF beside Adobe's transform 0. Those the
//! header knows ([`header::JpegHeader::is_usual`]), and they go to our own decoder (`scans`,
//! `planes`), which does without speed and gives every kind of sampling and scan.
//!
//! A half-gray photo would be read as a feeling that nobody put there. So zune-jpeg is strict, and
//! of a picture in one scan does not get to see the end marker: it fills with zeros what lacks in
//! front of one, and fails where the file just ends. What it refuses, our own decoder judges, which
//! counts blocks; so a file cut and closed by hand with an end marker is truncated, too. What passes
//! is a progressive file cut in its last scan where that only adds the last bits of coefficients.

mod codes;
mod header;
mod planes;
mod scans;

use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use self::header::{JpegHeader, Space};
use super::{Header, profile};
use crate::{error::PictureError, limits::Limits};

/// What all formats share, from the segments before the first scan.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let header = header::parse(bytes)?;
    header.check()?;
    let needed = header.bytes_per_pixel(!header.is_usual());
    Ok(header.shared(needed))
}

/// Where the picture ends, if it says of no others that follow.
pub(super) fn end_alone(bytes: &[u8]) -> Option<usize> {
    let end = header::parse(bytes).ok()?.end_marker()? + 2;
    // Of several pictures, of depth and motion, of a camera's previews.
    let says = |mark: &[u8]| bytes[..end].windows(mark.len()).any(|part| part == mark);
    let others = [&b"MPF\0"[..], b"Container", b"GCamera", b"MicroVideo"];
    (!others.into_iter().any(says)).then_some(end)
}

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(
    bytes: &[u8],
    shared: &Header,
    limits: &Limits,
) -> Result<Vec<u8>, PictureError> {
    let header = header::parse(bytes)?;
    let profile = shared.profile.as_deref();
    let inks = header.space() == Space::Inks || header.space() == Space::Ycck;
    if header.is_usual()
        && !(inks && profile.is_some())
        && let Some(mut rgb) = fast(bytes, &header)
    {
        convert(&mut rgb, profile, header.channels() != 1);
        return Ok(rgb);
    }
    header.shared(header.bytes_per_pixel(true)).check(limits)?;
    let mut samples = planes::samples(scans::read(bytes, &header, None)?);
    let mut rgb = match header.space() {
        Space::Gray => samples.iter().flat_map(|&gray| [gray; 3]).collect(),
        Space::Rgb => samples,
        Space::Ycc => {
            ycc_to_rgb(&mut samples);
            samples
        }
        Space::Inks | Space::Ycck => {
            full_inks(&mut samples, header.space() == Space::Ycck);
            return Ok(profile::inks_to_rgb(&samples, profile));
        }
    };
    convert(&mut rgb, profile, header.channels() != 1);
    Ok(rgb)
}

/// The samples of a whole JPEG as they are coded, without any change of color: interleaved, and how
/// many a pixel. For files that hold JPEGs; no side is larger than `most`.
pub(super) fn raw_samples(
    bytes: &[u8],
    most: [u32; 2],
) -> Result<([u32; 2], usize, Vec<u8>), PictureError> {
    let header = header::parse(bytes)?;
    header.check()?;
    let sides = header.sides();
    if sides[0] > most[0] || sides[1] > most[1] {
        return Err(super::damaged(crate::Format::Jpeg, super::TWO_SIZES));
    }
    let channels = header.channels();
    Ok((
        sides,
        channels,
        planes::samples(scans::read(bytes, &header, None)?),
    ))
}

fn convert(rgb: &mut [u8], profile: Option<&[u8]>, color: bool) {
    let transform = profile.and_then(profile::to_srgb);
    if let Some(transform) = transform.filter(|transform| transform.is_for(color)) {
        transform.apply(rgb);
    }
}

/// RGB by zune-jpeg; none where it found anything wrong.
fn fast(bytes: &[u8], header: &JpegHeader) -> Option<Vec<u8>> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        // Our own limits are already checked, on the same numbers.
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let end = if header.is_progressive() {
        bytes.len()
    } else {
        header.end()
    };
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&bytes[..end]), options);
    decoder.decode_headers().ok()?;
    let [width, height] = header.sides().map(|side| side as usize);
    if decoder.dimensions() != Some((width, height)) {
        return None;
    }
    let mut rgb = vec![0; width * height * 3];
    decoder.decode_into(&mut rgb).ok()?;
    if let Some(last) = header.last_scan() {
        // Of a progressive picture it does not say whether the last scan was whole.
        scans::read(bytes, header, Some(last)).ok()?;
    }
    Some(rgb)
}

/// Turns samples of CMYK or YCCK to inks, 255 is full. Adobe stores the inks inverted; of YCCK the
/// first three are luminance and chrominance of what the inverted inks leave.
fn full_inks(samples: &mut [u8], ycck: bool) {
    for pixel in samples.as_chunks_mut::<4>().0 {
        let [a, b, c, k] = *pixel;
        *pixel = if ycck {
            let [r, g, b] = from_ycc(a, b, c);
            [r, g, b, 255 - k]
        } else {
            pixel.map(|ink| 255 - ink)
        };
    }
}

/// Luminance and chrominance to RGB, in place.
pub(super) fn ycc_to_rgb(samples: &mut [u8]) {
    for pixel in samples.as_chunks_mut::<3>().0 {
        let [y, cb, cr] = *pixel;
        *pixel = from_ycc(y, cb, cr);
    }
}

/// ITU-T T.871, 7: full-range YCbCr to RGB.
fn from_ycc(y: u8, cb: u8, cr: u8) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(y), f32::from(cb) - 128.0, f32::from(cr) - 128.0);
    let rgb = [
        y + 1.402 * cr,
        y - 0.344_136 * cb - 0.714_136 * cr,
        y + 1.772 * cb,
    ];
    // `as` cuts to 0 and 255.
    rgb.map(|v| (v + 0.5) as u8)
}
