//! Bytes to a [`Picture`]: recognise, check, decode, convert to sRGB, turn upright.
//!
//! The content decides the format; a name or extension is never asked. Each format has a file
//! that reads the header without a decoder ([`Header`]), and decodes. Shared by all: the limits,
//! which are checked on the header; the conversion of samples to RGB (`convert`); the ICC profile
//! (`profile`); the EXIF orientation.

mod bmp;
mod bmp_rows;
mod convert;
mod gif;
mod ifd;
mod jpeg;
mod png;
mod profile;
mod tiff;
mod webp;

use std::{
    fs::{self, File},
    io::Read,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
};

use image::{
    ImageDecoder, ImageError,
    error::{UnsupportedError, UnsupportedErrorKind},
    metadata::Orientation,
};

use crate::{
    error::PictureError,
    format::Format,
    geometry::{swaps_sides, upright},
    limits::{DecodeOptions, Limits},
    picture::Picture,
};

/// Decodes a JPEG, PNG, WebP, GIF, BMP or TIFF file to an upright sRGB picture.
///
/// - Orientation: all eight values of EXIF are applied, and those of TIFF's own tag.
/// - Color: an ICC profile of the picture's own kind (RGB, gray, CMYK) that differs from sRGB is
///   converted with relative colorimetric intent; one that cannot be read, or is of another kind,
///   is ignored. CMYK and YCCK JPEGs are taken to be inverted as Adobe writes them, whether or not
///   they say so; without a profile inks are converted by the formula (1 - ink)(1 - black), as
///   Pillow does.
/// - Depth: 16-bit samples are rounded to the nearest of 256 levels.
/// - Alpha: pixels are blended over [`DecodeOptions::background`] on the sRGB values, not in linear
///   light, as Pillow's `alpha_composite` and browsers do.
///   Where every pixel is transparent there is nothing to see, which is an error; in a BMP, whose
///   writers often leave alpha at 0, it means that there is no alpha.
/// - Animations: the first frame of a WebP or GIF, the default image of an APNG. Of a TIFF, the first
///   page, or the picture that a preview stands before.
/// - Truncation: a file that ends before its pixels do is an error, never a half-gray picture.
///   A JPEG or PNG that lacks only its end marker is good.
///
/// # Errors
/// Every variant of [`PictureError`] of kind `Input`, `Limit` or `Unsupported` that is about bytes.
pub fn decode(bytes: &[u8], options: &DecodeOptions) -> Result<Picture, PictureError> {
    options.limits.check_bytes(bytes.len() as u64)?;
    let format = Format::of(bytes)?;
    guarded(format, || {
        let header = header(format, bytes)?;
        header.check(&options.limits)?;
        let pixels = match format {
            Format::Jpeg => jpeg::pixels(bytes, &header, &options.limits),
            Format::Png => png::pixels(bytes, &header, options),
            Format::WebP => webp::pixels(bytes, &header, options),
            Format::Gif => gif::pixels(bytes, &header, options),
            Format::Bmp => bmp::pixels(bytes, &header, options),
            Format::Tiff => tiff::pixels(bytes, &header, options),
        }?;
        let (width, height, pixels) =
            upright(header.width, header.height, pixels, header.orientation);
        Picture::new(width, height, pixels)
    })
}

/// Reads and decodes a file; see [`decode`]. Its length is checked before it is read, and again
/// while it is read, in case it grows.
///
/// # Errors
/// Those of [`decode`], [`PictureError::NotAFile`] for a folder, pipe, socket or device, and
/// [`PictureError::Io`].
pub fn read(path: &Path, options: &DecodeOptions) -> Result<Picture, PictureError> {
    let io = |source| PictureError::Io {
        path: path.to_owned(),
        source,
    };
    // Asked by path before the file is opened: opening a pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(io)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() {
            "a folder"
        } else {
            "a pipe, socket or device"
        };
        return Err(PictureError::NotAFile {
            what,
            path: path.to_owned(),
        });
    }
    options.limits.check_bytes(metadata.len())?;
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
    File::open(path)
        .and_then(|file| {
            file.take(options.limits.max_bytes.saturating_add(1))
                .read_to_end(&mut bytes)
        })
        .map_err(io)?;
    decode(&bytes, options)
}

/// Width and height in pixels of the upright picture, from the header alone. No limits apply, and
/// the pixels may still turn out to be damaged.
///
/// # Errors
/// Those of [`decode`] that the header can show.
pub fn dimensions(bytes: &[u8]) -> Result<(u32, u32), PictureError> {
    let format = Format::of(bytes)?;
    let header = guarded(format, || header(format, bytes))?;
    Ok(header.upright_sides())
}

/// Whether a picture follows behind the end of the first, as where several files were sent through one
/// pipe. Pictures that a JPEG itself announces (`MPF`) do not count.
#[must_use]
pub fn another_follows(bytes: &[u8]) -> bool {
    let behind = |mark: &[u8]| {
        let at = bytes.windows(mark.len()).position(|part| part == mark);
        at.map(|at| at + mark.len())
    };
    let number = |at: usize| {
        let four = bytes.get(at..at + 4)?;
        usize::try_from(u32::from_le_bytes(*four.first_chunk()?)).ok()
    };
    let end = match Format::of(bytes) {
        Ok(Format::Jpeg) => jpeg::end_alone(bytes),
        Ok(Format::Png) => behind(b"IEND\xAE\x42\x60\x82"),
        // A zero ends the blocks of the last frame.
        Ok(Format::Gif) => behind(b"\0;GIF8").map(|at| at - 4),
        Ok(Format::WebP) => number(4).map(|length| 8 + length + length % 2),
        // Many writers leave the length at 0.
        Ok(Format::Bmp) => number(2).filter(|&length| length > 54),
        Ok(Format::Tiff) | Err(_) => None,
    };
    let rest = end.and_then(|end| bytes.get(end..)).unwrap_or_default();
    Format::of(rest).is_ok()
}

/// Reason of damage that the formats share.
const TWO_SIZES: &str = "it gives two different sizes";

/// What is known before any pixel is decoded.
struct Header {
    /// As stored, in pixels, at least 1.
    width: u32,
    /// As stored, in pixels, at least 1.
    height: u32,
    orientation: Orientation,
    /// ICC profile, as it stands in the file, uncompressed.
    profile: Option<Vec<u8>>,
    /// Bytes that the decoder keeps per pixel, its output included. For JPEG the sampling makes it
    /// a fraction.
    bytes_per_pixel: f64,
    /// Whether the file has all the bytes that it announces.
    complete: bool,
}

impl Header {
    fn check(&self, limits: &Limits) -> Result<(), PictureError> {
        let pixels = u64::from(self.width) * u64::from(self.height);
        let turned = if swaps_sides(self.orientation) {
            3.0
        } else {
            0.0
        };
        // An estimate: the precision of f64 and the saturation of `as` are good enough.
        let needed = (pixels as f64 * self.bytes_per_pixel.max(3.0 + turned)) as u64;
        limits.check_size(self.width, self.height, needed)
    }

    fn upright_sides(&self) -> (u32, u32) {
        if swaps_sides(self.orientation) {
            (self.height, self.width)
        } else {
            (self.width, self.height)
        }
    }
}

fn header(format: Format, bytes: &[u8]) -> Result<Header, PictureError> {
    match format {
        Format::Jpeg => jpeg::header(bytes),
        Format::Png => png::header(bytes),
        Format::WebP => webp::header(bytes),
        Format::Gif => gif::header(bytes),
        Format::Bmp => bmp::header(bytes),
        Format::Tiff => tiff::header(bytes),
    }
}

/// The error for a file that contradicts its format. Decoders break lines in their messages; ours
/// are one line.
fn damaged(format: Format, reason: impl ToString) -> PictureError {
    let reason = one_line(reason);
    PictureError::Damaged { format, reason }
}

fn unsupported(format: Format, feature: impl ToString) -> PictureError {
    let feature = one_line(feature);
    PictureError::UnsupportedFeature { format, feature }
}

fn truncated(format: Format, bytes: &[u8]) -> PictureError {
    PictureError::Truncated {
        format,
        bytes: bytes.len() as u64,
    }
}

fn one_line(text: impl ToString) -> String {
    text.to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

/// Runs a decoder so that a panic inside of it becomes an error about this one file. The decoders
/// are written without unsafe tricks but index a lot, and one bad picture must not end a run over
/// thousands.
fn guarded<T>(
    format: Format,
    work: impl FnOnce() -> Result<T, PictureError>,
) -> Result<T, PictureError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(damaged(format, "the decoder gave up")))
}

/// Decodes with a decoder of `image` into a buffer that `convert` can turn to RGB in place.
fn with_image(
    format: Format,
    decoder: impl ImageDecoder,
    header: &Header,
    bytes: &[u8],
    background: [u8; 3],
) -> Result<Vec<u8>, PictureError> {
    if decoder.dimensions() != (header.width, header.height) {
        return Err(damaged(format, TWO_SIZES));
    }
    let color = decoder.color_type();
    let mut buffer = convert::buffer(header.width, header.height, color);
    let offset = convert::offset(header.width, header.height, color);
    decoder
        .read_image(&mut buffer[offset..])
        .map_err(|error| translate(format, error, header.complete, bytes))?;
    let transform = header.profile.as_deref().and_then(profile::to_srgb);
    let transform = transform.filter(|transform| transform.is_for(color.has_color()));
    convert::to_rgb(
        buffer,
        header.width,
        header.height,
        color,
        transform.as_ref(),
        background,
    )
    .ok_or(PictureError::Invisible { format })
}

/// An error of `image` in our terms. An incomplete file explains every failure.
fn translate(format: Format, error: ImageError, complete: bool, bytes: &[u8]) -> PictureError {
    match error {
        _ if !complete => truncated(format, bytes),
        ImageError::Unsupported(error) => unsupported(format, feature(&error)),
        error => damaged(format, error),
    }
}

/// What a decoder of `image` does not read, as a part of a sentence; its own message is a sentence
/// about itself.
fn feature(error: &UnsupportedError) -> String {
    match error.kind() {
        UnsupportedErrorKind::Color(color) => format!("colors of the type {color:?}"),
        UnsupportedErrorKind::GenericFeature(feature) => feature,
        _ => "a variant of the format".to_owned(),
    }
}
