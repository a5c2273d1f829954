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
/// Most bytes of a profile or another tag.
const MAX_TAG: usize = 16 << 20;

type Reader<'a> = Decoder<Cursor<&'a [u8]>>;

fn open(bytes: &[u8], buffer: usize) -> Result<Reader<'_>, PictureError> {
    let mut limits = Limits::default();
    limits.decoding_buffer_size = buffer;
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
    let (channels, bits) = layout(reader.colortype().map_err(translate)?)?;
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

/// Samples per pixel and bits per sample of what is read here.
fn layout(color: ColorType) -> Result<(u8, u8), PictureError> {
    match color {
        ColorType::Gray(bits @ (1 | 2 | 4 | 8 | 16)) | ColorType::Palette(bits @ (1 | 2 | 4 | 8)) => {
            Ok((1, bits))
        }
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
    let translate = |error| translate(error, bytes);
    if reader.dimensions().map_err(translate)? != (header.width, header.height) {
        return Err(damaged(Format::Tiff, TWO_SIZES));
    }
    let color = reader.colortype().map_err(translate)?;
    let (channels, bits) = layout(color)?;
    let samples = levels(&mut reader, header, color, channels, bits, bytes)?;
    let extra = reader.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples);
    let extra = extra.ok().flatten().and_then(|extra| extra.first().copied());
    let alpha = Alpha {
        associated: extra == Some(ASSOCIATED),
        // "Unspecified" is as good as none, and Pillow ignores it too.
        ignored: extra == Some(0),
        background: options.background,
    };
    let palette = matches!(color, ColorType::Palette(_)).then(|| palette(&mut reader, bits));
    let mut rgb = match (color, palette) {
        (_, Some(palette)) => {
            let palette = palette.map_err(translate)?;
            let entry = |&index: &u8| palette.get(usize::from(index)).copied();
            let colors: Option<Vec<[u8; 3]>> = samples.iter().map(entry).collect();
            let colors = colors.ok_or_else(|| damaged(Format::Tiff, "a color beyond its palette"))?;
            colors.into_flattened()
        }
        (ColorType::Gray(_), _) => samples.iter().flat_map(|&v| [v; 3]).collect(),
        (ColorType::CMYK(_), _) => {
            return Ok(profile::inks_to_rgb(&samples, header.profile.as_deref()));
        }
        (ColorType::RGB(_), _) => samples,
        // Alpha is blended after the profile.
        (ColorType::GrayA(_), _) => samples.as_chunks::<2>().0.iter().flat_map(|p| [p[0]; 3]).collect(),
        _ => {
            let pixels = samples.as_chunks::<4>().0.iter();
            let mut rgb: Vec<u8> = pixels.clone().flat_map(|p| [p[0], p[1], p[2]]).collect();
            apply_profile(&mut rgb, header, true);
            alpha.blend(&mut rgb, pixels.map(|p| p[3]));
            return Ok(rgb);
        }
    };
    let gray = matches!(color, ColorType::Gray(_) | ColorType::GrayA(_));
    apply_profile(&mut rgb, header, !gray);
    Ok(rgb)
}

fn apply_profile(rgb: &mut [u8], header: &Header, color: bool) {
    let transform = header.profile.as_deref().and_then(profile::to_srgb);
    if let Some(transform) = transform.filter(|transform| transform.is_for(color)) {
        transform.apply(rgb);
    }
}

/// What the fourth sample means.
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
    color: ColorType,
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
        _ => return Err(unsupported(Format::Tiff, "samples that are no whole numbers")),
    };
    let pixels = header.width as usize * header.height as usize;
    let channels = usize::from(channels);
    let short = || damaged(Format::Tiff, "it has fewer samples than pixels");
    if bits < 8 {
        let row = (header.width as usize * usize::from(bits)).div_ceil(8);
        let whole = matches!(color, ColorType::Gray(_));
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
            places.zip(plane).for_each(|(place, &sample)| *place = sample);
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

fn translate(error: TiffError, bytes: &[u8]) -> PictureError {
    match error {
        TiffError::UnsupportedError(feature) => unsupported(Format::Tiff, feature),
        TiffError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            truncated(Format::Tiff, bytes)
        }
        error => damaged(Format::Tiff, error),
    }
}
