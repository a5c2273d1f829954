//! JPEG markers: size, coding, EXIF, profile and end, without decoding. Source: ITU-T T.81, B.

use image::metadata::Orientation;

use super::{Header, damaged, orientation, truncated, unsupported};
use crate::{error::PictureError, format::Format};

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const RESTARTS: std::ops::RangeInclusive<u8> = 0xD0..=0xD7;

/// What the segments before the first scan say.
pub(super) struct JpegHeader {
    /// Code of the frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, others.
    frame: u8,
    /// Bits per sample.
    precision: u8,
    width: u32,
    height: u32,
    /// Horizontal and vertical sampling of each component.
    sampling: Vec<(u8, u8)>,
    /// Components in the first scan.
    scanned: u8,
    orientation: Orientation,
    profile: Option<Vec<u8>>,
    /// Whether the marker of the end was found.
    complete: bool,
}

/// Reads the segments up to the first scan, and looks for the end marker after it.
pub(super) fn parse(bytes: &[u8]) -> Result<JpegHeader, PictureError> {
    let mut header = JpegHeader {
        frame: 0,
        precision: 0,
        width: 0,
        height: 0,
        sampling: Vec::new(),
        scanned: 0,
        orientation: Orientation::NoTransforms,
        profile: None,
        complete: false,
    };
    let mut profile = Vec::new();
    let mut segments = Segments { bytes, at: 2 };
    while let Some((marker, data)) = segments.next_header() {
        match marker {
            SOS if header.frame == 0 => break,
            SOS => {
                header.scanned = data.first().copied().unwrap_or(0);
                header.profile = assemble(profile);
                header.complete = segments.reaches_end();
                return Ok(header);
            }
            // Every code from C0 to CF begins a frame but for the two tables and the extension.
            0xC0..=0xCF if !matches!(marker, 0xC4 | 0xC8 | 0xCC) => {
                header.read_frame(marker, data)?
            }
            APP1 if data.starts_with(b"Exif\0\0") => header.orientation = orientation(data),
            APP2 if data.starts_with(b"ICC_PROFILE\0") && data.len() > 14 => {
                profile.push((data[12], data[13], &data[14..]));
            }
            _ => {}
        }
    }
    if segments.at >= bytes.len() {
        return Err(truncated(Format::Jpeg, bytes));
    }
    Err(damaged(Format::Jpeg, "it has no picture in it"))
}

impl JpegHeader {
    fn read_frame(&mut self, marker: u8, data: &[u8]) -> Result<(), PictureError> {
        let Some((&[precision, h0, h1, w0, w1, components], rest)) = data.split_first_chunk()
        else {
            return Err(damaged(Format::Jpeg, "its frame header is too short"));
        };
        self.frame = marker;
        self.precision = precision;
        self.height = u32::from(u16::from_be_bytes([h0, h1]));
        self.width = u32::from(u16::from_be_bytes([w0, w1]));
        let sampling = rest.as_chunks::<3>().0.iter().map(|component| component[1]);
        self.sampling = sampling
            .take(components.into())
            .map(|both| (both >> 4, both & 15))
            .collect();
        Ok(())
    }

    /// Refuses what the decoder cannot read, by name; else the part that all formats share.
    pub(super) fn header(self) -> Result<Header, PictureError> {
        let coding = match self.frame {
            0xC0..=0xC2 => None,
            0xC3 => Some("lossless coding".to_owned()),
            0xC5..=0xC7 => Some("hierarchical coding".to_owned()),
            _ => Some("arithmetic coding".to_owned()),
        };
        let depth = (self.precision != 8).then(|| format!("{} bits a sample", self.precision));
        let components = self.sampling.len();
        let channels =
            (!matches!(components, 1 | 3 | 4)).then(|| format!("{components} components"));
        let late_height = (self.height == 0).then(|| "a height after the picture".to_owned());
        if let Some(feature) = coding.or(depth).or(channels).or(late_height) {
            return Err(unsupported(Format::Jpeg, feature));
        }
        if self.width == 0 {
            return Err(damaged(Format::Jpeg, "a side is 0"));
        }
        Ok(Header {
            width: self.width,
            height: self.height,
            orientation: self.orientation,
            bytes_per_pixel: 3.0
                + self.coefficient_bytes()
                // Inks are kept beside the result while their profile is applied.
                + if components == 4 && self.profile.is_some() {
                    4.0
                } else {
                    0.0
                },
            profile: self.profile,
            complete: self.complete,
        })
    }

    /// Bytes of coefficients that are kept per pixel until all scans are read; none when one scan
    /// has everything.
    fn coefficient_bytes(&self) -> f64 {
        if self.frame != 0xC2 && usize::from(self.scanned) >= self.sampling.len() {
            return 0.0;
        }
        let samples = self
            .sampling
            .iter()
            .map(|&(h, v)| f64::from(h) * f64::from(v));
        let largest = self
            .sampling
            .iter()
            .fold((1, 1), |max, &(h, v)| (max.0.max(h), max.1.max(v)));
        2.0 * samples.sum::<f64>() / (f64::from(largest.0) * f64::from(largest.1))
    }
}

/// Puts the parts of a profile in order; none when one is missing or there twice.
fn assemble(mut parts: Vec<(u8, u8, &[u8])>) -> Option<Vec<u8>> {
    parts.sort_by_key(|part| part.0);
    let in_order = (1..).zip(&parts).all(|(number, part)| part.0 == number);
    let count = parts.first()?.1;
    (in_order && usize::from(count) == parts.len())
        .then(|| parts.iter().flat_map(|part| part.2).copied().collect())
}

/// Walks over markers.
struct Segments<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Segments<'a> {
    /// Code and content of the next segment before the first scan. Bytes between segments are
    /// skipped, as all decoders do.
    fn next_header(&mut self) -> Option<(u8, &'a [u8])> {
        loop {
            match self.next_marker()? {
                // These stand alone.
                SOI | 0x01 => {}
                marker if RESTARTS.contains(&marker) => {}
                EOI => return None,
                marker => return Some((marker, self.content()?)),
            }
        }
    }

    /// Looks for the end of this picture, from inside a scan. Entropy-coded data hides no marker:
    /// 0xFF in it is followed by 0. Another picture after the end, as phones append, is not
    /// looked at.
    fn reaches_end(&mut self) -> bool {
        while let Some(marker) = self.next_marker() {
            match marker {
                EOI => return true,
                // Tables, scans, application data and comments; other codes are damage in the data
                // and have no length to trust.
                0xC4 | SOS | 0xDB..=0xDD | 0xE0..=0xEF | 0xFE if self.content().is_none() => {
                    return false;
                }
                _ => {}
            }
        }
        false
    }

    /// Moves behind the next 0xFF that is followed by neither 0 nor another 0xFF.
    fn next_marker(&mut self) -> Option<u8> {
        loop {
            let rest = self.bytes.get(self.at..)?;
            let Some(found) = rest.iter().position(|&byte| byte == 0xFF) else {
                self.at = self.bytes.len();
                return None;
            };
            let fill = rest[found..]
                .iter()
                .take_while(|&&byte| byte == 0xFF)
                .count();
            self.at += found + fill + 1;
            match rest.get(found + fill) {
                Some(0) => {}
                code => return code.copied(),
            }
        }
    }

    /// Content of the segment at hand, and moves behind it.
    fn content(&mut self) -> Option<&'a [u8]> {
        let length = self.bytes.get(self.at..self.at + 2);
        let length = length.map_or(0, |b| usize::from(u16::from_be_bytes([b[0], b[1]])));
        let end = self.at + length.max(2);
        let content = self.bytes.get(self.at + 2..end);
        self.at = end;
        content
    }
}
