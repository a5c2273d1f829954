//! Header, sections and the coding of one row.

use super::entry::{Entry, Stamp};
use super::sums;
use crate::predicting::predictor::{ModelId, SCALE};
use affetti_emotion::{Distribution, Emotion};
use affetti_ground::ErrorKind;

/// First bytes of every index.
pub(super) const MAGIC: [u8; 8] = *b"AFFINDEX";
/// The layout that this file describes.
pub(super) const VERSION: u32 = 2;
/// Bytes before the first section.
pub(super) const HEADER: usize = 128;
/// Share 1, and one point of valence or arousal.
pub(super) const WHOLE: u16 = 10_000;
/// Largest code of valence and arousal: 7.
pub(super) const TOP: u16 = 60_000;
/// Components that are read first. Most of the variance is in them (they are principal components,
/// strongest first), so that few rows need the others.
pub(super) const HEAD: usize = 64;
/// Longest path, in bytes.
pub(super) const MAX_PATH: usize = u16::MAX as usize;
/// More components than any model has.
pub(super) const MAX_COMPONENTS: usize = 4096;
/// A hundred times the largest collections.
const MAX_ROWS: u64 = 1 << 27;
/// A name in the header, in bytes.
const MAX_NAME: usize = 55;
/// "No stamp" in the section of file times.
const NEVER: i64 = i64::MIN;

/// What the first 128 bytes say, and where the sections are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) model: ModelId,
    pub(super) rows: u64,
    pub(super) components: usize,
    /// Bytes of all paths.
    pub(super) paths: u64,
}

/// Offsets of the sections in the file, in bytes, and the length of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sections {
    pub(super) shares: u64,
    pub(super) affect: u64,
    pub(super) heads: u64,
    pub(super) tails: u64,
    pub(super) stamps: u64,
    pub(super) ends: u64,
    pub(super) paths: u64,
    pub(super) end: u64,
}

/// Bytes of a record of shares.
pub(super) const SHARES: usize = 18;
/// Bytes of a record of valence and arousal.
pub(super) const AFFECT: usize = 4;
/// Bytes of a record of length and time.
pub(super) const STAMP: usize = 16;
/// Bytes of the end of a path.
pub(super) const END: usize = 8;

impl Header {
    pub(super) fn head(&self) -> usize {
        self.components.min(HEAD)
    }

    /// Bytes of a record of the leading components, scale included.
    pub(super) fn head_record(&self) -> usize {
        4 + self.head()
    }

    /// Bytes of a record of the remaining components; may be 0.
    pub(super) fn tail_record(&self) -> usize {
        self.components - self.head()
    }

    /// Where everything is. Never overflows: rows, records and paths are limited.
    pub(super) fn sections(&self) -> Sections {
        let after = |start: u64, record: usize| start + self.rows * record as u64;
        let shares = HEADER as u64;
        let affect = after(shares, SHARES);
        let heads = after(affect, AFFECT);
        let tails = after(heads, self.head_record());
        let stamps = after(tails, self.tail_record());
        let ends = after(stamps, STAMP);
        let paths = after(ends, END);
        Sections {
            shares,
            affect,
            heads,
            tails,
            stamps,
            ends,
            paths,
            end: paths + self.paths,
        }
    }

    pub(super) fn to_bytes(&self) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..8].copy_from_slice(&MAGIC);
        bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
        bytes[12..16].copy_from_slice(&(self.components as u32).to_le_bytes());
        bytes[24..32].copy_from_slice(&self.rows.to_le_bytes());
        bytes[32..40].copy_from_slice(&self.paths.to_le_bytes());
        for (at, pair) in self
            .model
            .sha256
            .as_bytes()
            .chunks_exact(2)
            .take(32)
            .enumerate()
        {
            let digits = std::str::from_utf8(pair).unwrap_or_default();
            bytes[40 + at] = u8::from_str_radix(digits, 16).unwrap_or(0);
        }
        let mut end = self.model.name.len().min(MAX_NAME);
        while !self.model.name.is_char_boundary(end) {
            end -= 1;
        }
        bytes[72] = end as u8;
        bytes[73..73 + end].copy_from_slice(&self.model.name.as_bytes()[..end]);
        bytes
    }

    /// Reads a header of a file of `length` bytes; the error is what is wrong with it, and whether the
    /// file is too old or too new.
    pub(super) fn parse(bytes: &[u8; HEADER], length: u64) -> Result<Self, (String, ErrorKind)> {
        let four = |at: usize| u32::from_le_bytes([0, 1, 2, 3].map(|i| bytes[at + i]));
        let eight = |at: usize| u64::from_le_bytes([0, 1, 2, 3, 4, 5, 6, 7].map(|i| bytes[at + i]));
        if bytes[..8] != MAGIC {
            let what = "no index of affetti; `affetti feel DIR --index FILE` makes one";
            return Err((what.into(), ErrorKind::Input));
        }
        if four(8) != VERSION {
            let version = four(8);
            let what = format!(
                "an index of version {version}, and this program reads version {VERSION}; `affetti \
                 feel DIR --index FILE` makes it again"
            );
            // One of a newer program is not to be made again by this one.
            let older = version < VERSION;
            let kind = [ErrorKind::Input, ErrorKind::Unsupported][usize::from(older)];
            return Err((what, kind));
        }
        let damaged = |what: &str| {
            let what = format!("a damaged index ({what}); make it again");
            (what, ErrorKind::Input)
        };
        let components = four(12) as usize;
        let (rows, paths) = (eight(24), eight(32));
        if !(1..=MAX_COMPONENTS).contains(&components) {
            return Err(damaged("an impossible number of components"));
        }
        if !(1..=MAX_ROWS).contains(&rows) || paths > rows * MAX_PATH as u64 {
            return Err(damaged("an impossible number of pictures"));
        }
        let name = usize::from(bytes[72]);
        if name > MAX_NAME {
            return Err(damaged("an impossible name of the model"));
        }
        let header = Self {
            model: ModelId {
                name: String::from_utf8_lossy(&bytes[73..73 + name]).into_owned(),
                sha256: bytes[40..72].iter().map(|b| format!("{b:02x}")).collect(),
            },
            rows,
            components,
            paths,
        };
        let end = header.sections().end;
        let end = end + sums::length(end);
        if end != length {
            return Err(damaged(&format!(
                "{length} bytes where its header says {end}"
            )));
        }
        Ok(header)
    }
}

/// A row in the form of the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) path: Vec<u8>,
    pub(super) shares: [u16; 9],
    pub(super) affect: [u16; 2],
    pub(super) scale: f32,
    pub(super) codes: Box<[i8]>,
    pub(super) stamp: Option<Stamp>,
}

impl Row {
    pub(super) fn of(entry: &Entry) -> Self {
        let share = |p: f64| (p * f64::from(WHOLE)).round() as u16;
        let mut shares = [0; 9];
        for (code, &p) in shares.iter_mut().zip(entry.emotions.as_slice()) {
            *code = share(p);
        }
        let affect = [entry.valence, entry.arousal].map(affect_code);
        let largest = entry.components.iter().fold(0.0_f32, |m, c| m.max(c.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        let codes = entry.components.iter();
        Self {
            path: entry.path.clone(),
            shares,
            affect,
            scale,
            codes: codes.map(|c| (c / scale).round() as i8).collect(),
            stamp: entry.stamp,
        }
    }
}

/// A value on 1..7 as ten-thousandths above 1.
pub(super) fn affect_code(value: f64) -> u16 {
    let [low, high] = SCALE;
    ((value.clamp(low, high) - low) * f64::from(WHOLE)).round() as u16
}

/// A code of valence or arousal on 1..7, whatever the code.
pub(super) fn affect_of(code: u16) -> f64 {
    SCALE[0] + f64::from(code.min(TOP)) / f64::from(WHOLE)
}

/// Shares from their codes; `None` where all are zero.
pub(super) fn shares_of(codes: &[u16; 9]) -> Option<Distribution<Emotion>> {
    let shares = codes.map(|code| f64::from(code.min(WHOLE)));
    Distribution::from_counts(&shares).ok()
}

pub(super) fn shares_from(record: &[u8]) -> [u16; 9] {
    std::array::from_fn(|i| u16::from_le_bytes([record[2 * i], record[2 * i + 1]]))
}

pub(super) fn affect_from(record: &[u8]) -> [u16; 2] {
    std::array::from_fn(|i| u16::from_le_bytes([record[2 * i], record[2 * i + 1]]))
}

/// Scale and codes of a record of leading components.
pub(super) fn head_from(record: &[u8]) -> (f32, &[u8]) {
    let (scale, codes) = record.split_at(4);
    let scale = f32::from_le_bytes([scale[0], scale[1], scale[2], scale[3]]);
    (scale, codes)
}

pub(super) fn stamp_bytes(stamp: Option<Stamp>) -> [u8; STAMP] {
    let (length, modified) = stamp.map_or((0, NEVER), |s| (s.length, s.modified));
    let mut bytes = [0; STAMP];
    bytes[..8].copy_from_slice(&length.to_le_bytes());
    bytes[8..].copy_from_slice(&modified.to_le_bytes());
    bytes
}

pub(super) fn stamp_from(record: &[u8]) -> Option<Stamp> {
    let (words, _) = record.as_chunks::<8>();
    let modified = i64::from_le_bytes(words[1]);
    (modified != NEVER).then(|| Stamp {
        length: u64::from_le_bytes(words[0]),
        modified,
    })
}
