//! TIFF and BigTIFF: one picture of the file. Source: TIFF 6.0, Adobe 1992; Technical Note 2 (JPEG).
//!
//! Read are gray and palettes of 1 to 16 bits, RGB, CMYK and YCbCr, with and without alpha, in
//! strips or tiles, samples side by side or in planes; what `pieces` unpacks. What a file holds
//! beyond that is refused by name. The orientation is the file's own tag.
//!
//! Which picture: the first page. Where the first is marked as a preview, or a picture of the same
//! shape and at least twice its sides follows a small one, the largest of those is meant; so in raw
//! layouts, whose pictures hang below the preview.

mod color;
mod pieces;

use image::metadata::Orientation;

use super::{
    Header, damaged,
    ifd::{Block, Directory},
    truncated, unsupported,
};
use crate::{error::PictureError, format::Format, limits::DecodeOptions};

/// Tags. TIFF 6.0, appendix A.
mod tag {
    pub(super) const SUBFILE: u16 = 254;
    pub(super) const OLD_SUBFILE: u16 = 255;
    pub(super) const WIDTH: u16 = 256;
    pub(super) const HEIGHT: u16 = 257;
    pub(super) const BITS: u16 = 258;
    pub(super) const COMPRESSION: u16 = 259;
    pub(super) const PHOTOMETRIC: u16 = 262;
    pub(super) const FILL_ORDER: u16 = 266;
    pub(super) const STRIP_OFFSETS: u16 = 273;
    pub(super) const SAMPLES: u16 = 277;
    pub(super) const STRIP_ROWS: u16 = 278;
    pub(super) const STRIP_COUNTS: u16 = 279;
    pub(super) const PLANES: u16 = 284;
    pub(super) const PREDICTOR: u16 = 317;
    pub(super) const COLOR_MAP: u16 = 320;
    pub(super) const TILE_WIDTH: u16 = 322;
    pub(super) const TILE_HEIGHT: u16 = 323;
    pub(super) const TILE_OFFSETS: u16 = 324;
    pub(super) const TILE_COUNTS: u16 = 325;
    pub(super) const PICTURES_BELOW: u16 = 330;
    pub(super) const INK_SET: u16 = 332;
    pub(super) const EXTRA: u16 = 338;
    pub(super) const SAMPLE_FORMAT: u16 = 339;
    pub(super) const JPEG_TABLES: u16 = 347;
    pub(super) const YCC_SAMPLING: u16 = 530;
    pub(super) const PROFILE: u16 = 34675;
    /// Those whose values stand apart from the directory, and without which the pixels mean nothing.
    pub(super) const LISTS: [u16; 9] = [
        BITS,
        STRIP_OFFSETS,
        STRIP_COUNTS,
        COLOR_MAP,
        TILE_OFFSETS,
        TILE_COUNTS,
        EXTRA,
        SAMPLE_FORMAT,
        JPEG_TABLES,
    ];
}

/// What the samples mean.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Colors {
    /// And whether 0 is white.
    Gray(bool),
    Palette,
    Rgb,
    Inks,
    Ycc,
}

impl Colors {
    fn channels(self) -> usize {
        match self {
            Self::Gray(_) | Self::Palette => 1,
            Self::Rgb | Self::Ycc => 3,
            Self::Inks => 4,
        }
    }
}

/// How the pixels are stored.
struct Layout<'a> {
    /// The file.
    bytes: &'a [u8],
    little: bool,
    width: usize,
    height: usize,
    colors: Colors,
    /// Samples a pixel, alpha and others included.
    channels: usize,
    /// Bits a sample.
    bits: usize,
    compression: u64,
    /// Whether samples are differences to the pixel before.
    differences: bool,
    /// Whether the lower bits of a byte come first.
    reversed: bool,
    /// Whether each channel has pieces of its own.
    planar: bool,
    /// Sides of a strip or tile.
    piece: [usize; 2],
    /// Where the pieces are, and how many bytes they have.
    places: Vec<(u64, u64)>,
    /// Pixels that share chrominance, across and down.
    sampling: [usize; 2],
    /// Segments that the JPEGs of all pieces share.
    tables: &'a [u8],
}

impl Layout<'_> {
    /// Channels that are stored side by side.
    fn beside(&self) -> usize {
        if self.planar { 1 } else { self.channels }
    }

    /// Bytes of an unpacked row of a piece.
    fn row(&self) -> usize {
        (self.piece[0] * self.beside() * self.bits).div_ceil(8)
    }

    /// Whether chrominance is stored more coarsely, other than inside of JPEG.
    fn shares_chrominance(&self) -> bool {
        self.colors == Colors::Ycc
            && self.compression != pieces::JPEG
            && !self.planar
            && self.sampling != [1, 1]
    }

    /// Whether all pieces lie inside of the file.
    fn is_complete(&self) -> bool {
        let length = self.bytes.len() as u64;
        let inside = |&(at, count): &(u64, u64)| at.saturating_add(count) <= length;
        self.places.iter().all(inside)
    }
}

/// The picture that is meant; see the head of this file.
fn directory(bytes: &[u8]) -> Result<Directory<'_>, PictureError> {
    let cut = || truncated(Format::Tiff, bytes);
    let block = Block::open(bytes).ok_or_else(cut)?;
    let first = block.first().ok_or_else(cut)?;
    let own = sides(&first);
    let marked = is_preview(&first);
    let is_better = |other: &Directory<'_>| {
        let sides = sides(other);
        let larger = own.iter().zip(sides).all(|(own, other)| other >= 2 * own);
        let [one, two] = [own[0] * sides[1], own[1] * sides[0]];
        // The same shape, within a twentieth: previews are rounded to whole pixels.
        let alike = one.abs_diff(two) * 20 <= one.max(two);
        !is_preview(other) && (marked || larger && alike)
    };
    let below = below(&block, &first).into_iter().filter(|other| {
        // What hangs below is of the same scene; a smaller one is a preview itself.
        !is_preview(other) && (marked || sides(other) > own)
    });
    let small = own[0].max(own[1]) <= 256;
    let after = if marked || small {
        after(&block, &first)
    } else {
        Vec::new()
    };
    let other = below
        .chain(after.into_iter().filter(is_better))
        .max_by_key(|other| sides(other).iter().product::<u64>());
    Ok(other.unwrap_or(first))
}

/// Width and height, 0 where they lack; below 2^32, so that they can be multiplied.
fn sides(directory: &Directory<'_>) -> [u64; 2] {
    [tag::WIDTH, tag::HEIGHT].map(|tag| directory.number(tag).unwrap_or(0).min(u32::MAX.into()))
}

/// Whether the directory calls itself a version of fewer pixels, or a mask.
fn is_preview(directory: &Directory<'_>) -> bool {
    directory
        .number(tag::SUBFILE)
        .is_some_and(|kind| kind & 5 != 0)
        || directory.number(tag::OLD_SUBFILE) == Some(2)
}

/// Most directories that are looked at.
const MAX_DIRECTORIES: usize = 64;

/// The pictures that follow the first, and those below them.
fn after<'a>(block: &Block<'a>, first: &Directory<'a>) -> Vec<Directory<'a>> {
    let mut found = Vec::new();
    let mut seen = Vec::new();
    let mut next = first.next;
    // A chain may lead back into itself.
    while next != 0 && !seen.contains(&next) && seen.len() < MAX_DIRECTORIES {
        seen.push(next);
        let Some(directory) = block.directory(next) else {
            break;
        };
        next = directory.next;
        found.extend(below(block, &directory));
        found.push(directory);
    }
    found
}

fn below<'a>(block: &Block<'a>, directory: &Directory<'a>) -> Vec<Directory<'a>> {
    let places = directory.numbers(tag::PICTURES_BELOW).unwrap_or_default();
    let places = places.into_iter().take(MAX_DIRECTORIES);
    places.filter_map(|place| block.directory(place)).collect()
}

/// Reads how the pixels are stored, and refuses by name what is not read.
fn layout<'a>(directory: &Directory<'a>) -> Result<Layout<'a>, PictureError> {
    let bytes = directory.block.bytes;
    let broken = |reason: &str| damaged(Format::Tiff, reason);
    let is_cut = |tag: &u16| directory.has(*tag) && directory.data(*tag).is_none();
    if !directory.complete || tag::LISTS.iter().any(is_cut) {
        return Err(truncated(Format::Tiff, bytes));
    }
    let number = |tag, usual| directory.number(tag).unwrap_or(usual);
    let side = |tag| {
        directory
            .number(tag)
            .ok_or_else(|| broken("a side is missing"))
    };
    let [width, height] = [side(tag::WIDTH)?, side(tag::HEIGHT)?];
    if width == 0 || height == 0 {
        return Err(damaged(Format::Tiff, "a side is 0"));
    }
    // Longer sides would be refused anyway; these can be multiplied.
    let usual = |side: u64| usize::try_from(side.min(u32::MAX.into())).unwrap_or(usize::MAX);
    let (width, height) = (usual(width), usual(height));
    let compression = number(tag::COMPRESSION, 1);
    let channels = number(tag::SAMPLES, 1);
    let bits = bits(directory, compression)?;
    let colors = colors(directory, channels, compression)?;
    if channels < colors.channels() as u64 || channels > 64 {
        return Err(unsupported(
            Format::Tiff,
            format!("{channels} samples a pixel"),
        ));
    }
    if colors == Colors::Palette && bits > 8 {
        return Err(unsupported(
            Format::Tiff,
            format!("a palette of {bits} bits"),
        ));
    }
    let tiled = directory.has(tag::TILE_OFFSETS) || directory.has(tag::TILE_WIDTH);
    let piece = if tiled {
        [tag::TILE_WIDTH, tag::TILE_HEIGHT].map(|tag| usual(number(tag, 0)))
    } else {
        [width, usual(number(tag::STRIP_ROWS, u64::MAX)).min(height)]
    };
    if piece.contains(&0) {
        return Err(broken("its strips or tiles have no size"));
    }
    let sampling = directory.numbers(tag::YCC_SAMPLING).unwrap_or_default();
    let sampling = <[u64; 2]>::try_from(sampling).unwrap_or([2, 2]).map(usual);
    let mut layout = Layout {
        bytes,
        little: directory.block.little,
        width,
        height,
        colors,
        channels: channels as usize,
        bits,
        compression,
        differences: differences(directory, bits)?,
        reversed: number(tag::FILL_ORDER, 1) == 2,
        planar: number(tag::PLANES, 1) == 2 && channels > 1,
        piece,
        places: Vec::new(),
        sampling,
        tables: directory.data(tag::JPEG_TABLES).unwrap_or_default(),
    };
    pieces::check(&layout)?;
    layout.places = pieces::places(directory, &layout, tiled)
        .ok_or_else(|| broken("it does not say where its pixels are"))?;
    Ok(layout)
}

/// Bits a sample, the same for all samples, and whole numbers.
fn bits(directory: &Directory<'_>, compression: u64) -> Result<usize, PictureError> {
    let name = |feature: String| Err(unsupported(Format::Tiff, feature));
    let kinds = directory.numbers(tag::SAMPLE_FORMAT).unwrap_or_default();
    match kinds.into_iter().find(|kind| !matches!(kind, 1 | 4)) {
        Some(2) => return name("signed samples".to_owned()),
        Some(3) => return name("floating-point samples".to_owned()),
        Some(_) => return name("samples that are no whole numbers".to_owned()),
        None => {}
    }
    // JPEG has eight, whatever the tag says.
    let usual = if compression == pieces::JPEG { 8 } else { 1 };
    let bits = directory.numbers(tag::BITS).unwrap_or_default();
    let first = bits.first().copied().unwrap_or(usual);
    if bits.iter().any(|&other| other != first) {
        return name("samples of different depths".to_owned());
    }
    match first {
        1..=16 => Ok(first as usize),
        _ => name(format!("{first} bits a sample")),
    }
}

/// The meaning of the samples.
fn colors(
    directory: &Directory<'_>,
    channels: u64,
    compression: u64,
) -> Result<Colors, PictureError> {
    let is_fax = (2..=4).contains(&compression);
    // Without the tag, as libtiff guesses.
    let usual = match channels {
        3.. => 2,
        _ => u64::from(!is_fax),
    };
    let name = match directory.number(tag::PHOTOMETRIC).unwrap_or(usual) {
        0 => return Ok(Colors::Gray(true)),
        1 => return Ok(Colors::Gray(false)),
        2 => return Ok(Colors::Rgb),
        3 => return Ok(Colors::Palette),
        5 if directory.number(tag::INK_SET).unwrap_or(1) == 1 => return Ok(Colors::Inks),
        6 => return Ok(Colors::Ycc),
        4 => "a mask of transparency".to_owned(),
        5 => "inks other than CMYK".to_owned(),
        8..=10 => "Lab colors".to_owned(),
        32_803 | 34_892 => "the raw data of a camera's sensor".to_owned(),
        32_844 | 32_845 => "LogLuv colors".to_owned(),
        other => format!("colors of the unknown kind {other}"),
    };
    Err(unsupported(Format::Tiff, name))
}

fn differences(directory: &Directory<'_>, bits: usize) -> Result<bool, PictureError> {
    match directory.number(tag::PREDICTOR).unwrap_or(1) {
        2 if matches!(bits, 8 | 16) => Ok(true),
        2 => Err(unsupported(
            Format::Tiff,
            format!("differences of {bits} bits"),
        )),
        3 => Err(unsupported(
            Format::Tiff,
            "differences of floating-point samples",
        )),
        _ => Ok(false),
    }
}

/// Reads the tags; no pixel is touched.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    let directory = directory(bytes)?;
    let layout = layout(&directory)?;
    let pixels = layout.width as f64 * layout.height as f64;
    // A piece, packed and unpacked, of JPEG with its coefficients; all samples; and RGB.
    let per_byte = if layout.compression == pieces::JPEG {
        5.0
    } else {
        2.0
    };
    let piece = layout.row() as f64 * layout.piece[1] as f64 * per_byte / pixels;
    let side = |side: usize| u32::try_from(side).unwrap_or(u32::MAX);
    Ok(Header {
        width: side(layout.width),
        height: side(layout.height),
        orientation: directory.orientation().unwrap_or(Orientation::NoTransforms),
        profile: directory.data(tag::PROFILE).map(<[u8]>::to_vec),
        bytes_per_pixel: piece + layout.channels as f64 + 3.0,
        complete: layout.is_complete(),
    })
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
    let directory = directory(bytes)?;
    let layout = layout(&directory)?;
    let samples = pieces::samples(&layout)?;
    color::to_rgb(
        &directory,
        &layout,
        samples,
        header.profile.as_deref(),
        options.background,
    )
}
