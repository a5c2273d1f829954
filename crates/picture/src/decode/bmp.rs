//! BMP and DIB of Windows 2 to 5 and OS/2 1 and 2: the headers. Rows are read in `bmp_rows`.
//!
//! Read are 1, 2, 4, 8, 16, 24 and 32 bits a pixel, with bit masks and run lengths, from the top or
//! from the bottom. The fourth byte of plain 32-bit pixels is padding and no alpha, as in Pillow;
//! alpha that a mask names, and that is 0 in every pixel, was never filled in and is not used.
//! Writers are sloppy: the numbers of planes and of colors, the reserved bytes and the padding of
//! the last row are not asked for. Source: Microsoft, BITMAPV5HEADER; OS/2 2.0 Technical Library,
//! Presentation Manager Programming Reference, BITMAPINFOHEADER2.

use image::metadata::Orientation;

use super::{Header, bmp_rows, damaged, truncated, unsupported};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// Length of the file header.
const FILE: usize = 14;
/// Length of the oldest header, which has sides of 16 bits and colors of three bytes.
const CORE: usize = 12;
/// From here on headers hold the masks of red, green and blue; four bytes later, that of alpha.
const WITH_MASKS: usize = 52;
/// The longest header of OS/2; shorter ones leave fields off at its end.
const OS2: usize = 64;

/// What the headers say.
pub(super) struct Layout<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) from_top: bool,
    pub(super) bits: u32,
    /// Whether rows are coded as run lengths.
    pub(super) runs: bool,
    /// Masks of red, green, blue and alpha, for 16 and 32 bits.
    pub(super) masks: [u32; 4],
    /// Red, green and blue of each color.
    pub(super) palette: Vec<[u8; 3]>,
    /// Everything from the first row on.
    pub(super) data: &'a [u8],
}

impl Layout<'_> {
    /// Bytes of a row and of its padding to four bytes.
    pub(super) fn row(&self) -> usize {
        (self.width * self.bits as usize).div_ceil(32) * 4
    }

    /// Bytes without which rows are missing; those of run lengths only decoding tells.
    fn needed(&self) -> usize {
        let last = (self.width * self.bits as usize).div_ceil(8);
        if self.runs {
            0
        } else {
            self.row()
                .saturating_mul(self.height - 1)
                .saturating_add(last)
        }
    }
}

/// Reads the headers and the colors.
fn parse(bytes: &[u8]) -> Result<Layout<'_>, PictureError> {
    let cut = || truncated(Format::Bmp, bytes);
    let word = |at: usize| {
        let word = bytes.get(at..at + 4).and_then(|b| b.first_chunk());
        word.map(|b| u32::from_le_bytes(*b)).ok_or_else(cut)
    };
    let half = |at: usize| word(at).map(|word| word & 0xFFFF);
    let length = word(FILE)? as usize;
    let (width, height, bits) = if length == CORE {
        (half(FILE + 4)?, half(FILE + 6)?, word(FILE + 8)? >> 16)
    } else {
        (word(FILE + 4)?, word(FILE + 8)?, word(FILE + 12)? >> 16)
    };
    // Fields that a short header leaves off are 0.
    let field = |at: usize| {
        if at + 4 <= length {
            word(FILE + at)
        } else {
            Ok(0)
        }
    };
    let coding = field(16)?;
    let from_top = length != CORE && height.cast_signed() < 0;
    let height = if from_top {
        height.wrapping_neg()
    } else {
        height
    };
    if width == 0 || height == 0 || width.cast_signed() < 0 {
        return Err(damaged(Format::Bmp, "a side is 0 or negative"));
    }
    let os2 = length == OS2 || length < 40;
    if let Some(feature) = refused(coding, bits, os2) {
        return Err(unsupported(Format::Bmp, feature));
    }
    let masked = matches!(coding, 3 | 6);
    // A header of 40 bytes has its masks behind it.
    let behind = match coding {
        3 if length < WITH_MASKS => 12,
        6 if length < WITH_MASKS => 16,
        _ => 0,
    };
    let mask = |i: usize| {
        let there = i < 3 || coding == 6 || length > WITH_MASKS;
        if there {
            word(FILE + 40 + 4 * i)
        } else {
            Ok(0)
        }
    };
    let masks = match bits {
        16 | 32 if masked => [mask(0)?, mask(1)?, mask(2)?, mask(3)?],
        16 => [0x7C00, 0x3E0, 0x1F, 0],
        _ => [0xFF_0000, 0xFF00, 0xFF, 0],
    };
    let colors = FILE + length + behind;
    let start = (word(10)? as usize).max(FILE + length);
    Ok(Layout {
        width: width as usize,
        height: height as usize,
        from_top,
        bits,
        runs: matches!(coding, 1 | 2),
        masks,
        palette: palette(
            bytes.get(colors..start).unwrap_or_default(),
            bits,
            length == CORE,
        ),
        data: bytes.get(start..).ok_or_else(cut)?,
    })
}

/// The name of what is not read here.
fn refused(coding: u32, bits: u32, os2: bool) -> Option<String> {
    let name = match (coding, bits) {
        (0, 1 | 2 | 4 | 8 | 16 | 24 | 32) | (1, 8) | (2, 4) => return None,
        (3, 16 | 32) | (6, 16 | 32) if !os2 => return None,
        (3, _) if os2 => "fax coding",
        (4, _) if os2 => "run lengths of 24 bits",
        (4, _) => "a JPEG inside of it",
        (5, _) => "a PNG inside of it",
        (11..=13, _) => "CMYK colors",
        (0..=6, _) => return Some(format!("{bits} bits a pixel with coding {coding}")),
        _ => return Some(format!("coding {coding}")),
    };
    Some(name.to_owned())
}

/// The colors between the headers and the rows, at most as many as a pixel can name.
fn palette(bytes: &[u8], bits: u32, core: bool) -> Vec<[u8; 3]> {
    if bits > 8 {
        return Vec::new();
    }
    let entries = bytes.chunks_exact(if core { 3 } else { 4 });
    entries
        .take(1 << bits)
        .map(|entry| [entry[2], entry[1], entry[0]])
        .collect()
}

/// Reads the sides without touching the rows.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let layout = parse(bytes)?;
    let (width, height) = (layout.width as u32, layout.height as u32);
    Ok(Header {
        width,
        height,
        orientation: Orientation::NoTransforms,
        profile: None,
        bytes_per_pixel: if layout.runs { 4.0 } else { 3.0 },
        complete: layout.needed() <= layout.data.len(),
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
    let layout = parse(bytes)?;
    if layout.runs {
        let indices =
            bmp_rows::unpack_runs(&layout).ok_or_else(|| truncated(Format::Bmp, bytes))?;
        return Ok(bmp_rows::colored(&layout, &indices));
    }
    Ok(bmp_rows::to_rgb(&layout, options.background))
}
