//! TIFF and BigTIFF: the first picture of the file, decoded by the `tiff` crate.
//!
//! Asked directly and not through `image`, which has no palettes, and converts inks without their
//! profile. Read are gray and palettes of 1 to 16 bits, gray and RGB with and without alpha, CMYK;
//! samples side by side or in planes; every compression that the crate knows. The orientation is
//! the file's own tag. Source: TIFF 6.0, Adobe 1992.

use std::io::Cursor;

use image::metadata::Orientation;
use tiff::{
    ColorType, TiffError,
    decoder::{Decoder, DecodingResult, Limits},
    tags::Tag,
};

use super::{
    Header, TWO_SIZES, convert::level16, convert::over, damaged, profile, truncated, unsupported,
};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// Alpha that multiplies the colors already, as the tag ExtraSamples says it.
const ASSOCIATED: u16 = 1;
/// Memory for the values of one tag, in bytes. The crate keeps 32 for each of them: profiles of up
/// to 2 MB, and two million strips.
const MAX_TAG: usize = 64 << 20;
/// PhotometricInterpretation: indices into a palette.
const PALETTE: u16 = 3;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

fn open(bytes: &[u8], buffer: usize) -> Result<Reader<'_>, PictureError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = buffer.max(MAX_TAG);
    limits.intermediate_buffer_size = buffer;
    limits.ifd_value_size = MAX_TAG;
    let reader = Decoder::new(Cursor::new(bytes)).map_err(|error| translate(error, bytes))?;
    Ok(reader.with_limits(limits))
}

/// Reads the tags; no pixel is touched.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let mut reader = open(bytes, 0)?;
    let translate = |error| translate(error, bytes);
    let (width, height) = reader.dimensions().map_err(translate)?;
    if width == 0 || height == 0 {
        return Err(damaged(Format::Tiff, "a side is 0"));
    }
    let (channels, bits) = layout(color_type(&mut reader).map_err(translate)?)?;
    let turn = reader.find_tag_unsigned::<u16>(Tag::Orientation);
    let turn = turn.ok().flatten().and_then(|turn| u8::try_from(turn).ok());
    // The samples as they are stored, as levels, and RGB.
    let stored = f64::from(channels) * f64::from(bits.max(8)) / 8.0;
    Ok(Header {
        width,
        height,
        orientation: turn
            .and_then(Orientation::from_exif)
            .unwrap_or(Orientation::NoTransforms),
        profile: reader.get_tag_u8_vec(Tag::IccProfile).ok(),
        bytes_per_pixel: stored + f64::from(channels) + 3.0,
        complete: is_complete(&mut reader, bytes.len() as u64),
    })
}

/// Whether every strip or tile ends inside of the file.
fn is_complete(reader: &mut Reader<'_>, length: u64) -> bool {
    [
        (Tag::StripOffsets, Tag::StripByteCounts),
        (Tag::TileOffsets, Tag::TileByteCounts),
    ]
    .into_iter()
    .all(|(starts, counts)| {
        let mut list = |tag| reader.find_tag_unsigned_vec::<u64>(tag).ok().flatten();
        let (starts, counts) = (list(starts), list(counts));
        let pairs = starts.iter().flatten().zip(counts.iter().flatten());
        pairs
            .map(|(start, count)| start.saturating_add(*count))
            .all(|end| end <= length)
    })
}

/// The kind of the samples. Gray with alpha is to the crate a picture of two bands, and palettes are
/// unknown to it.
fn color_type(reader: &mut Reader<'_>) -> Result<ColorType, TiffError> {
    let tag = |reader: &mut Reader<'_>, tag| {
        let values = reader.find_tag_unsigned_vec::<u16>(tag).ok().flatten();
        values.and_then(|values| values.first().copied())
    };
    if tag(reader, Tag::PhotometricInterpretation) == Some(PALETTE) {
        let bits = tag(reader, Tag::BitsPerSample).unwrap_or(1);
        return Ok(ColorType::Palette(u8::try_from(bits).unwrap_or(u8::MAX)));
    }
    Ok(match reader.colortype()? {
        ColorType::Multiband {
            bit_depth,
            num_samples: 2,
        } => ColorType::GrayA(bit_depth),
        other => other,
    })
}

/// Samples per pixel and bits per sample of what is read here.
fn layout(color: ColorType) -> Result<(u8, u8), PictureError> {
    match color {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8 | 16))
        | ColorType::Palette(bits @ (1 | 2 | 4 | 8)) => Ok((1, bits)),
        ColorType::GrayA(bits @ (8 | 16)) => Ok((2, bits)),
        ColorType::RGB(bits @ (8 | 16)) => Ok((3, bits)),
        ColorType::RGBA(bits @ (8 | 16)) | ColorType::CMYK(bits @ (8 | 16)) => Ok((4, bits)),
        other => Err(unsupported(Format::Tiff, format!("{other:?}"))),
    }
}

/// Decodes to RGB, not yet upright.
pub(super) fn pixels(
    bytes: &[u8],
    header: &Header,
    options: &DecodeOptions,
) -> Result<Vec<u8>, PictureError> {
    if !header.complete {
        return Err(truncated(Format::Tiff, bytes));
    }
    let most = usize::try_from(options.limits.max_memory).unwrap_or(usize::MAX);
    let mut reader = open(bytes, most)?;
    let color = color_type(&mut reader).map_err(|error| translate(error, bytes))?;
    let (channels, bits) = layout(color)?;
    let palette = match color {
        ColorType::Palette(_) => {
            let palette = palette(&mut reader, bits);
            Some(palette.map_err(|error| translate(error, bytes))?)
        }
        _ => None,
    };
    // The crate does not read palettes: as gray, the indices come out.
    let gray = palette.as_ref().and_then(|_| as_gray(bytes));
    if let Some(gray) = &gray {
        reader = open(gray, most)?;
    }
    let translate = |error| translate(error, bytes);
    if reader.dimensions().map_err(translate)? != (header.width, header.height) {
        return Err(damaged(Format::Tiff, TWO_SIZES));
    }
    let whole = palette.is_none();
    let samples = levels(&mut reader, header, whole, channels, bits, bytes)?;
    let extra = reader.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples);
    let extra = extra
        .ok()
        .flatten()
        .and_then(|extra| extra.first().copied());
    let alpha = Alpha {
        associated: extra == Some(ASSOCIATED),
        // "Unspecified" is as good as none, and Pillow ignores it too.
        ignored: extra == Some(0),
        background: options.background,
    };
    let mut rgb = match (color, palette) {
        (_, Some(palette)) => {
            let entry = |&index: &u8| palette.get(usize::from(index)).copied();
            let colors: Option<Vec<[u8; 3]>> = samples.iter().map(entry).collect();
            let colors =
                colors.ok_or_else(|| damaged(Format::Tiff, "a color beyond its palette"))?;
            colors.into_flattened()
        }
        (ColorType::Gray(_), _) => samples.iter().flat_map(|&v| [v; 3]).collect(),
        (ColorType::CMYK(_), _) => {
            return Ok(profile::inks_to_rgb(&samples, header.profile.as_deref()));
        }
        (ColorType::RGB(_), _) => samples,
        // Alpha is blended after the profile.
        (ColorType::GrayA(_), _) => {
            let pixels = samples.as_chunks::<2>().0.iter();
            let mut rgb: Vec<u8> = pixels.clone().flat_map(|p| [p[0]; 3]).collect();
            apply_profile(&mut rgb, header, false);
            alpha.blend(&mut rgb, pixels.map(|p| p[1]));
            return Ok(rgb);
        }
        _ => {
            let pixels = samples.as_chunks::<4>().0.iter();
            let mut rgb: Vec<u8> = pixels.clone().flat_map(|p| [p[0], p[1], p[2]]).collect();
            apply_profile(&mut rgb, header, true);
            alpha.blend(&mut rgb, pixels.map(|p| p[3]));
            return Ok(rgb);
        }
    };
    apply_profile(&mut rgb, header, !matches!(color, ColorType::Gray(_)));
    Ok(rgb)
}

fn apply_profile(rgb: &mut [u8], header: &Header, color: bool) {
    let transform = header.profile.as_deref().and_then(profile::to_srgb);
    if let Some(transform) = transform.filter(|transform| transform.is_for(color)) {
        transform.apply(rgb);
    }
}

/// What the last sample means.
struct Alpha {
    associated: bool,
    ignored: bool,
    background: [u8; 3],
}

impl Alpha {
    fn blend(&self, rgb: &mut [u8], alpha: impl Iterator<Item = u8>) {
        if self.ignored {
            return;
        }
        for (rgb, alpha) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(alpha) {
            if self.associated {
                for (sample, behind) in rgb.iter_mut().zip(self.background) {
                    let behind = u32::from(behind) * (255 - u32::from(alpha));
                    *sample = sample.saturating_add(((behind + 127) / 255) as u8);
                }
            } else {
                over(rgb, alpha, self.background);
            }
        }
    }
}

/// All samples, pixel by pixel, as levels of eight bits; of palettes the indices.
fn levels(
    reader: &mut Reader<'_>,
    header: &Header,
    whole: bool,
    channels: u8,
    bits: u8,
    bytes: &[u8],
) -> Result<Vec<u8>, PictureError> {
    let mut buffer = DecodingResult::U8(Vec::new());
    let layout = reader
        .read_image_to_buffer(&mut buffer)
        .map_err(|error| translate(error, bytes))?;
    let stored: Vec<u8> = match buffer {
        DecodingResult::U8(samples) => samples,
        DecodingResult::U16(samples) => samples.into_iter().map(level16).collect(),
        _ => {
            return Err(unsupported(
                Format::Tiff,
                "samples that are no whole numbers",
            ));
        }
    };
    let pixels = header.width as usize * header.height as usize;
    let channels = usize::from(channels);
    let short = || damaged(Format::Tiff, "it has fewer samples than pixels");
    if bits < 8 {
        let row = (header.width as usize * usize::from(bits)).div_ceil(8);
        let rows: Vec<u8> = stored
            .chunks_exact(row)
            .flat_map(|row| unpack(row, header.width as usize, bits, whole))
            .take(pixels)
            .collect();
        return (rows.len() == pixels).then_some(rows).ok_or_else(short);
    }
    if stored.len() < pixels * channels {
        return Err(short());
    }
    if layout.planes > 1 {
        let mut mixed = vec![0; pixels * channels];
        for (channel, plane) in stored.chunks_exact(pixels).take(channels).enumerate() {
            let places = mixed.iter_mut().skip(channel).step_by(channels);
            places
                .zip(plane)
                .for_each(|(place, &sample)| *place = sample);
        }
        return Ok(mixed);
    }
    let mut stored = stored;
    stored.truncate(pixels * channels);
    Ok(stored)
}

/// The samples of a row of 1, 2 or 4 bits each, spread over 256 levels where they are gray.
fn unpack(row: &[u8], width: usize, bits: u8, whole: bool) -> impl Iterator<Item = u8> + '_ {
    let per_byte = usize::from(8 / bits);
    let most = (1_u8 << bits) - 1;
    (0..width).map(move |x| {
        let shift = 8 - bits - (x % per_byte) as u8 * bits;
        let value = row[x / per_byte] >> shift & most;
        if whole { value * (255 / most) } else { value }
    })
}

/// The palette: all reds, all greens, all blues, of sixteen bits each. Writers fill these from
/// eight bits by 256 as often as by 257, so the upper byte is taken.
fn palette(reader: &mut Reader<'_>, bits: u8) -> Result<Vec<[u8; 3]>, TiffError> {
    let map = reader.get_tag_u16_vec(Tag::ColorMap)?;
    let count = 1 << bits;
    let upper = |at: usize| map.get(at).map_or(0, |v| (v >> 8) as u8);
    Ok((0..count)
        .map(|i| [upper(i), upper(count + i), upper(2 * count + i)])
        .collect())
}

/// A copy of the file whose first directory calls its samples gray; none where it has no such entry.
fn as_gray(bytes: &[u8]) -> Option<Vec<u8>> {
    const PHOTOMETRIC: u64 = 262;
    const BLACK_IS_ZERO: u8 = 1;
    let little = bytes.first() == Some(&b'I');
    let number = |at: usize, length: usize| -> Option<u64> {
        let field = bytes.get(at..at.checked_add(length)?)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if little {
            field.iter().rev().fold(0, join)
        } else {
            field.iter().fold(0, join)
        })
    };
    let big = number(2, 2)? == 43;
    // Where the directory is, bytes of its count, of an entry, and before an entry's value.
    let (at, count, entry, value) = if big {
        (number(8, 8)?, 8, 20, 12)
    } else {
        (number(4, 4)?, 2, 12, 8)
    };
    let at = usize::try_from(at).ok()?;
    let entries = usize::try_from(number(at, count)?).ok()?.min(1 << 16);
    let start = at.checked_add(count)?;
    let found = (0..entries)
        .map(|i| start + i * entry)
        .find(|&at| number(at, 2) == Some(PHOTOMETRIC))?;
    let mut copy = bytes.to_vec();
    let low = found + value + usize::from(!little);
    *copy.get_mut(low)? = BLACK_IS_ZERO;
    Some(copy)
}

fn translate(error: TiffError, bytes: &[u8]) -> PictureError {
    match error {
        TiffError::UnsupportedError(feature) => unsupported(Format::Tiff, feature),
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            truncated(Format::Tiff, bytes)
        }
        error => damaged(Format::Tiff, error),
    }
}
