//! What the first bytes say about the format.

use std::{fmt, path::Path};

use crate::error::PictureError;

/// Extensions of the files that [`read`](crate::read) can decode, lower-case, without the dot.
/// They serve to find pictures in a folder; what is inside a file decides how it is decoded.
pub const EXTENSIONS: &[&str] = &[
    "jpg", "jpeg", "jpe", "jfif", "png", "apng", "webp", "gif", "bmp", "dib", "tif", "tiff",
];

/// Whether the extension of `path` is one of [`EXTENSIONS`], in any case of letters.
#[must_use]
pub fn has_picture_extension(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| {
            EXTENSIONS
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
}

/// A format that is decoded here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JPEG: baseline, extended with 8 bits, progressive; gray, YCbCr, RGB, CMYK, YCCK.
    Jpeg,
    /// PNG and the default image of APNG.
    Png,
    /// WebP: lossy, lossless, the first frame of an animation.
    WebP,
    /// The first frame of a GIF.
    Gif,
    /// BMP of Windows and OS/2: 1 to 32 bits, with and without run lengths.
    Bmp,
    /// The first page of a TIFF or BigTIFF.
    Tiff,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Bmp => "BMP",
            Self::Tiff => "TIFF",
        })
    }
}

impl Format {
    /// Recognises the format from the first bytes of a file; 64 are enough for all but text
    /// formats, which are looked for in the first 1024.
    ///
    /// # Errors
    /// [`PictureError::Empty`], [`PictureError::UnsupportedFormat`] with the name of a format that
    /// is known but not decoded, [`PictureError::NotAPicture`].
    pub fn of(bytes: &[u8]) -> Result<Self, PictureError> {
        if bytes.is_empty() {
            return Err(PictureError::Empty);
        }
        if bytes.starts_with(&[0xFF, 0xD8]) {
            return Ok(Self::Jpeg);
        }
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Self::Png);
        }
        if bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
            return Ok(Self::WebP);
        }
        if bytes.starts_with(b"GIF87a") || bytes.starts_with(b"GIF89a") {
            return Ok(Self::Gif);
        }
        if TIFFS.iter().any(|magic| bytes.starts_with(*magic)) {
            return Ok(Self::Tiff);
        }
        if is_bmp(bytes) {
            return Ok(Self::Bmp);
        }
        Err(foreign(bytes).map_or(PictureError::NotAPicture, |name| {
            PictureError::UnsupportedFormat { name }
        }))
    }
}

/// Two letters are little evidence: a text may begin with them. The length of the second header is
/// small; the reserved bytes ought to be zero but are not always.
fn is_bmp(bytes: &[u8]) -> bool {
    let length = bytes.get(14..18).and_then(|b| b.first_chunk());
    let length = length.map(|b| u32::from_le_bytes(*b));
    bytes.starts_with(b"BM")
        && length.map_or(bytes.get(6..10) == Some(&[0; 4]), |n| matches!(n, 12..=124))
}

/// TIFF and BigTIFF, with the lower and with the higher byte first.
const TIFFS: [&[u8; 4]; 4] = [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"];

/// Names of formats that are recognised only to say so.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    const MAGIC: &[(&[u8], &str)] = &[
        (b"%PDF-", "PDF"),
        (b"8BPS", "Photoshop"),
        (b"\xFF\x0A", "JPEG XL"),
        (b"\0\0\0\x0CJXL \r\n\x87\n", "JPEG XL"),
        (b"\0\0\0\x0CjP  \r\n\x87\n", "JPEG 2000"),
        (b"\xFF\x4F\xFF\x51", "JPEG 2000"),
        (b"\0\0\x01\0", "ICO"),
        (b"qoif", "QOI"),
        (b"v/1\x01", "OpenEXR"),
        (b"gimp xcf", "XCF"),
    ];
    if let Some((_, name)) = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic)) {
        return Some(name);
    }
    if bytes.get(4..8) == Some(b"ftyp") {
        return brand(bytes);
    }
    let head = &bytes[..bytes.len().min(1024)];
    let head = head
        .strip_prefix(b"\xEF\xBB\xBF")
        .unwrap_or(head)
        .trim_ascii_start();
    let is_markup =
        head.starts_with(b"<?xml") || head.starts_with(b"<!") || head.starts_with(b"<svg");
    if is_markup && head.windows(4).any(|window| window == b"<svg") {
        return Some("SVG");
    }
    None
}

/// Name of an ISO base media file from its brands: the major one, then the compatible ones.
fn brand(bytes: &[u8]) -> Option<&'static str> {
    let brands = || bytes[8..bytes.len().min(64)].as_chunks::<4>().0.iter();
    let has = |wanted: &[&[u8; 4]]| brands().any(|brand| wanted.contains(&brand));
    if has(&[b"avif", b"avis"]) {
        Some("AVIF")
    } else if has(&[
        b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1",
    ]) {
        Some("HEIC")
    } else {
        Some("video")
    }
}
