//! JPEG markers: size, coding, scans, colors, EXIF, profile and end, without decoding. Source: ITU-T
//! T.81, B; for the meaning of components, T.871 (JFIF) and T.872 (Adobe's segment).

use image::metadata::Orientation;

use super::super::{Header, damaged, ifd::exif_orientation, truncated, unsupported};
use crate::{error::PictureError, format::Format};

pub(super) const DHT: u8 = 0xC4;
pub(super) const SOS: u8 = 0xDA;
const PROGRESSIVE: u8 = 0xC2;
const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP2: u8 = 0xE2;
const APP14: u8 = 0xEE;
const RESTARTS: std::ops::RangeInclusive<u8> = 0xD0..=0xD7;

/// A component as the frame header describes it.
#[derive(Clone, Copy, Default)]
pub(super) struct Component {
    pub(super) id: u8,
    /// Samples per largest unit, horizontally and vertically.
    pub(super) sampling: [usize; 2],
    /// Number of its quantization table.
    pub(super) table: u8,
}

/// What the samples of the components mean.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Gray,
    Rgb,
    Ycc,
    /// Cyan, magenta, yellow, black, inverted.
    Inks,
    Ycck,
}

/// What the segments before the first scan say, and the markers after it.
#[derive(Default)]
pub(super) struct JpegHeader {
    /// Code of the frame marker: 0xC0 baseline, 0xC1 extended, 0xC2 progressive, others.
    frame: u8,
    /// Bits per sample.
    precision: u8,
    width: u32,
    height: u32,
    components: Vec<Component>,
    /// Components in the first scan.
    scanned: usize,
    /// Scans in the file, and whether the last one adds bits to coefficients that are known.
    scans: usize,
    last_refines: bool,
    /// Of each component, the coefficients that scans bring to their last bit, as bits of a word.
    refined: [u64; 4],
    has_jfif: bool,
    /// What Adobe's segment says about the transform of colors.
    adobe: Option<u8>,
    orientation: Option<Orientation>,
    profile: Option<Vec<u8>>,
    /// Where the marker of the end was found.
    end: Option<usize>,
    length: usize,
}

/// Reads the segments up to the first scan, and the markers up to the end.
pub(super) fn parse(bytes: &[u8]) -> Result<JpegHeader, PictureError> {
    let mut header = JpegHeader {
        length: bytes.len(),
        ..JpegHeader::default()
    };
    let mut profile = Vec::new();
    let mut segments = Segments { bytes, at: 2 };
    while let Some((marker, data)) = segments.next_header() {
        match marker {
            SOS if header.frame == 0 => break,
            SOS => {
                header.scanned = data.first().copied().unwrap_or(0).into();
                header.profile = assemble(profile);
                header.read_scan(data);
                header.end = segments.find_end(|scan| header.read_scan(scan));
                return Ok(header);
            }
            // Every code from C0 to CF begins a frame but for the two tables and the extension.
            0xC0..=0xCF if !matches!(marker, DHT | 0xC8 | 0xCC) => {
                header.read_frame(marker, data)?
            }
            APP0 if data.starts_with(b"JFIF\0") => header.has_jfif = true,
            APP14 if data.starts_with(b"Adobe") => header.adobe = data.get(11).copied(),
            // The first block that says how the picture lies: editors put theirs in front.
            APP1 if data.starts_with(b"Exif\0\0") => {
                header.orientation = header.orientation.or_else(|| exif_orientation(data));
            }
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
        let described = rest.as_chunks::<3>().0.iter().take(components.into());
        self.components = described
            .map(|&[id, sampling, table]| Component {
                id,
                sampling: [sampling >> 4, sampling & 15].map(usize::from),
                table,
            })
            .collect();
        Ok(())
    }

    /// Notes which coefficients a scan of a progressive picture brings to their last bit.
    fn read_scan(&mut self, data: &[u8]) {
        let Some((&count, rest)) = data.split_first() else {
            return;
        };
        let Some((names, &[first, last, bits, ..])) = rest.split_at_checked(2 * usize::from(count))
        else {
            return;
        };
        self.scans += 1;
        self.last_refines = bits >> 4 != 0;
        if bits & 15 != 0 || last > 63 || first > last {
            return;
        }
        let coefficients = u64::MAX >> (63 - last) & u64::MAX << first;
        for name in names.iter().step_by(2) {
            let at = self.components.iter().position(|c| c.id == *name);
            if let Some(refined) = at.and_then(|at| self.refined.get_mut(at)) {
                *refined |= coefficients;
            }
        }
    }

    /// Refuses what no decoder here can read, by name.
    pub(super) fn check(&self) -> Result<(), PictureError> {
        let coding = match self.frame {
            0xC0..=0xC2 => None,
            0xC3 => Some("lossless coding".to_owned()),
            0xC5..=0xC7 => Some("hierarchical coding".to_owned()),
            _ => Some("arithmetic coding".to_owned()),
        };
        let depth = (self.precision != 8).then(|| format!("{} bits a sample", self.precision));
        let components = self.channels();
        let channels =
            (!matches!(components, 1 | 3 | 4)).then(|| format!("{components} components"));
        let late_height = (self.height == 0).then(|| "a height after the picture".to_owned());
        if let Some(feature) = coding.or(depth).or(channels).or(late_height) {
            return Err(unsupported(Format::Jpeg, feature));
        }
        if self.width == 0 {
            return Err(damaged(Format::Jpeg, "a side is 0"));
        }
        let mut samplings = self.components.iter().flat_map(|c| c.sampling);
        if samplings.any(|sampling| !(1..=4).contains(&sampling)) {
            return Err(damaged(Format::Jpeg, "its sampling is none"));
        }
        Ok(())
    }

    /// The part that all formats share.
    pub(super) fn shared(&self, bytes_per_pixel: f64) -> Header {
        Header {
            width: self.width,
            height: self.height,
            orientation: self.orientation.unwrap_or(Orientation::NoTransforms),
            bytes_per_pixel,
            profile: self.profile.clone(),
            complete: self.end.is_some(),
        }
    }

    /// Whether the fast decoder reads this rightly: all components in the first scan, luminance the
    /// finest, and colors of which all programs think the same. Of a progressive picture all scans
    /// are there: after a cut they are not, which that decoder does not mind.
    pub(super) fn is_usual(&self) -> bool {
        let luminance = matches!(
            self.components[0].sampling,
            [1, 1] | [2, 1] | [1, 2] | [2, 2]
        );
        let alike = |i: usize| self.components[i].sampling == self.components[0].sampling;
        let coarse = |i: usize| self.components[i].sampling == [1, 1];
        let sampling = match self.channels() {
            1 => coarse(0),
            3 => luminance && coarse(1) && coarse(2),
            _ => luminance && coarse(1) && coarse(2) && alike(3),
        };
        let disputed = self.space() == Space::Rgb || self.adobe == Some(0) && self.has_jfif;
        sampling && self.scanned == self.channels() && self.is_refined() && !disputed
    }

    /// Whether scans bring every coefficient to its last bit, as those of a sequential picture do.
    fn is_refined(&self) -> bool {
        let mut refined = self.refined.iter().take(self.channels());
        !self.is_progressive() || refined.all(|&bits| bits == u64::MAX)
    }

    /// Whether the file has its end marker, or all that stands before it.
    pub(super) fn is_complete(&self) -> bool {
        self.end.is_some() || self.is_refined()
    }

    /// What the samples mean, as libjpeg decides it: JFIF before Adobe before the names of components.
    pub(super) fn space(&self) -> Space {
        let named_rgb = self.components.iter().map(|c| c.id).eq(*b"RGB");
        match (self.channels(), self.has_jfif, self.adobe) {
            (1, ..) => Space::Gray,
            (3, true, _) => Space::Ycc,
            (3, false, Some(0)) => Space::Rgb,
            (3, false, None) if named_rgb => Space::Rgb,
            (3, ..) => Space::Ycc,
            (_, _, Some(2)) => Space::Ycck,
            _ => Space::Inks,
        }
    }

    /// The number of the last scan of a progressive picture, counted from 1, where that scan can be
    /// read alone.
    pub(super) fn last_scan(&self) -> Option<usize> {
        (self.is_progressive() && !self.last_refines).then_some(self.scans)
    }

    pub(super) fn is_progressive(&self) -> bool {
        self.frame == PROGRESSIVE
    }

    pub(super) fn channels(&self) -> usize {
        self.components.len()
    }

    pub(super) fn components(&self) -> &[Component] {
        &self.components
    }

    pub(super) fn sides(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// Where the end marker is, if there is one.
    pub(super) fn end_marker(&self) -> Option<usize> {
        self.end
    }

    /// Where the entropy-coded data ends at the latest: at the end marker, or with the file.
    pub(super) fn end(&self) -> usize {
        self.end.unwrap_or(self.length)
    }

    /// Memory for decoding: RGB; coefficients of two bytes where they are kept until all scans are
    /// read, which our own decoder always does, planes and interleaved samples in which it turns
    /// them; and inks beside the result while their profile is applied.
    pub(super) fn bytes_per_pixel(&self, careful: bool) -> f64 {
        let products = self
            .components
            .iter()
            .map(|c| c.sampling[0] * c.sampling[1]);
        let [h, v] = self.largest_sampling();
        let samples = products.sum::<usize>() as f64 / (h * v) as f64;
        let channels = self.channels() as f64;
        let inks = if self.channels() == 4 && self.profile.is_some() {
            4.0
        } else {
            0.0
        };
        let kept = match (careful, self.is_progressive()) {
            (true, _) => 3.0 * samples + channels,
            (false, true) => 2.0 * samples,
            (false, false) => 0.0,
        };
        3.0 + kept + inks
    }

    /// The finest sampling of any component, horizontally and vertically.
    pub(super) fn largest_sampling(&self) -> [usize; 2] {
        let largest = |i: usize| self.components.iter().map(|c| c.sampling[i]).max();
        [0, 1].map(|i| largest(i).unwrap_or(1))
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
pub(super) struct Segments<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
}

impl<'a> Segments<'a> {
    /// Code and content of the next segment before the first scan. Bytes between segments are
    /// skipped, as all decoders do.
    pub(super) fn next_header(&mut self) -> Option<(u8, &'a [u8])> {
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

    /// Looks for the end of this picture, from inside a scan, and shows the headers of further scans.
    /// Entropy-coded data hides no marker: 0xFF in it is followed by 0. Another picture after the
    /// end, as phones append, is not looked at.
    fn find_end(&mut self, mut scan: impl FnMut(&[u8])) -> Option<usize> {
        while let Some(marker) = self.next_marker() {
            match marker {
                EOI => return Some(self.at - 2),
                SOS => scan(self.content()?),
                // Tables, application data and comments; other codes are damage in the data and
                // have no length to trust.
                DHT | 0xDB..=0xDD | 0xE0..=0xEF | 0xFE => _ = self.content()?,
                _ => {}
            }
        }
        None
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
