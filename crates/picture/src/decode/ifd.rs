//! Directories of TIFF files, and of EXIF blocks, which are TIFF files too.
//!
//! Numbers of any type are taken for any tag: cameras and editors write a LONG where the standard
//! says SHORT, and everybody reads it. Nothing is copied before it is asked for, and no offset is
//! trusted. Source: TIFF 6.0, section 2; BigTIFF, Aware Systems 2007.

use image::metadata::Orientation;

/// Tag of the orientation, in EXIF and in TIFF.
pub(super) const ORIENTATION: u16 = 274;

/// A TIFF file or EXIF block.
#[derive(Clone, Copy)]
pub(super) struct Block<'a> {
    pub(super) bytes: &'a [u8],
    /// Whether the lower byte comes first.
    pub(super) little: bool,
    /// Whether offsets have 64 bits.
    big: bool,
}

/// The entries of one directory, as many as are there.
pub(super) struct Directory<'a> {
    pub(super) block: Block<'a>,
    entries: Vec<Entry>,
    /// Where the next one is; 0 behind the last.
    pub(super) next: u64,
    /// Whether all announced entries lie inside of the file.
    pub(super) complete: bool,
}

struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// Where the values are.
    at: u64,
}

impl<'a> Block<'a> {
    /// Reads the order of bytes; none where it is no such block.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let little = match bytes.get(..2)? {
            b"II" => true,
            b"MM" => false,
            _ => return None,
        };
        let block = Self {
            bytes,
            little,
            big: false,
        };
        let big = block.number(2, 2)? == 43;
        Some(Self { big, ..block })
    }

    /// The first directory; none where its place lies outside.
    pub(super) fn first(&self) -> Option<Directory<'a>> {
        self.directory(if self.big {
            self.number(8, 8)?
        } else {
            self.number(4, 4)?
        })
    }

    /// The directory at an offset.
    pub(super) fn directory(&self, at: u64) -> Option<Directory<'a>> {
        let (count_bytes, entry_bytes, inline) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.number(at, count_bytes)?;
        let start = at + count_bytes as u64;
        let room = (self.bytes.len() as u64 - start) / entry_bytes;
        let read = |at: u64| {
            let kind = self.number(at + 2, 2)? as u16;
            let count = self.number(at + 4, inline)?;
            let value = at + 4 + inline as u64;
            let fits = count.checked_mul(size(kind))? <= inline as u64;
            Some(Entry {
                tag: self.number(at, 2)? as u16,
                kind,
                count,
                at: if fits {
                    value
                } else {
                    self.number(value, inline)?
                },
            })
        };
        let places = (0..count.min(room)).map(|i| start + i * entry_bytes);
        Some(Directory {
            block: *self,
            entries: places.filter_map(read).collect(),
            next: if count <= room {
                self.number(start + count * entry_bytes, inline)
                    .unwrap_or(0)
            } else {
                0
            },
            complete: count <= room,
        })
    }

    fn slice(&self, at: u64, length: u64) -> Option<&'a [u8]> {
        let at = usize::try_from(at).ok()?;
        self.bytes
            .get(at..at.checked_add(usize::try_from(length).ok()?)?)
    }

    /// A whole number of 1, 2, 4 or 8 bytes.
    fn number(&self, at: u64, length: usize) -> Option<u64> {
        let field = self.slice(at, length as u64)?;
        let join = |sum: u64, byte: &u8| sum << 8 | u64::from(*byte);
        Some(if self.little {
            field.iter().rev().fold(0, join)
        } else {
            field.iter().fold(0, join)
        })
    }
}

impl<'a> Directory<'a> {
    /// Whether the tag is there.
    pub(super) fn has(&self, tag: u16) -> bool {
        self.entries.iter().any(|entry| entry.tag == tag)
    }

    /// The bytes of a tag as they stand in the file; none where the tag lacks or lies outside.
    pub(super) fn data(&self, tag: u16) -> Option<&'a [u8]> {
        let entry = self.entries.iter().find(|entry| entry.tag == tag)?;
        let length = entry.count.checked_mul(size(entry.kind))?;
        self.block.slice(entry.at, length)
    }

    /// The whole numbers of a tag; none where it lacks, lies outside or holds no whole numbers.
    pub(super) fn numbers(&self, tag: u16) -> Option<Vec<u64>> {
        let entry = self.entries.iter().find(|entry| entry.tag == tag)?;
        if matches!(entry.kind, 2 | 5 | 7 | 10..=12) {
            return None;
        }
        let length = size(entry.kind) as usize;
        let block = Block {
            bytes: self.data(tag)?,
            ..self.block
        };
        let places = (0..block.bytes.len()).step_by(length.max(1));
        places.map(|at| block.number(at as u64, length)).collect()
    }

    /// The first of the whole numbers of a tag.
    pub(super) fn number(&self, tag: u16) -> Option<u64> {
        self.numbers(tag)?.first().copied()
    }

    /// The orientation, where it is one of the eight.
    pub(super) fn orientation(&self) -> Option<Orientation> {
        let value = u8::try_from(self.number(ORIENTATION)?).ok()?;
        Orientation::from_exif(value)
    }
}

/// Bytes of a value of a type; 1 for types that nobody knows.
fn size(kind: u16) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}

/// Orientation from an EXIF block, with or without the prefix that some writers leave on it; none
/// where it says nothing that makes sense.
pub(super) fn exif_orientation(exif: &[u8]) -> Option<Orientation> {
    let exif = exif.strip_prefix(b"Exif\0\0").unwrap_or(exif);
    Block::open(exif)?.first()?.orientation()
}
