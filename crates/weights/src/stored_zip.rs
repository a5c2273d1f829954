//! The stored entries of a zip archive, as PyTorch writes tensors.
//!
//! - **Computes** name → bytes of every stored entry, from the directory at the end of the file.
//! - **Input** a whole file of at most four gigabytes; **output** slices of it.
//! - **Source** PKWARE's APPNOTE 6.3.10, sections 4.3.6 to 4.3.16.
//! - **Deviations** no encryption, parts or 64-bit sizes: such files are refused. Compressed entries
//!   (TorchScript's code) are named and not read. Every stored entry's checksum must be right.

use std::collections::BTreeMap;

/// Sections 4.3.7, 4.3.12 and 4.3.16: the signatures of entry, directory and end.
const ENTRY: u32 = 0x0403_4b50;
const DIRECTORY: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
/// Length of the end without its comment, and the longest comment.
const END_LENGTH: usize = 22;
const COMMENT: usize = 0xffff;

/// What an archive holds.
#[derive(Debug, Default)]
pub(crate) struct Entries<'a> {
    /// Name → bytes.
    pub(crate) stored: BTreeMap<String, &'a [u8]>,
    /// Names of what is compressed.
    compressed: Vec<String>,
}

impl<'a> Entries<'a> {
    /// The entry called `name`; none where there is none.
    ///
    /// # Errors
    /// Where it is compressed.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&'a [u8]>, String> {
        if self.compressed.iter().any(|other| other == name) {
            return Err(format!("{name} is compressed"));
        }
        Ok(self.stored.get(name).copied())
    }

    /// Every name, of compressed entries too.
    pub(crate) fn names(&self) -> impl Iterator<Item = &String> {
        self.stored.keys().chain(&self.compressed)
    }
}

/// Every entry of `bytes`.
///
/// # Errors
/// The first thing that is wrong.
pub(crate) fn entries(bytes: &[u8]) -> Result<Entries<'_>, String> {
    let last = bytes.len().checked_sub(END_LENGTH).ok_or("cut short")?;
    let end = (last.saturating_sub(COMMENT)..=last)
        .rev()
        .find(|&at| number32(bytes, at) == Some(END))
        .ok_or("the archive has no directory: it is cut short")?;
    let count = number16(bytes, end + 10).ok_or("cut short")?;
    let mut at = number32(bytes, end + 16).ok_or("cut short")? as usize;
    let mut entries = Entries::default();
    for _ in 0..count {
        let (name, data, next) = entry(bytes, at).ok_or("a damaged directory")??;
        match data {
            Some(data) if !entries.stored.contains_key(&name) => {
                entries.stored.insert(name, data);
            }
            Some(_) => return Err(format!("two entries are called {name}")),
            None => entries.compressed.push(name),
        }
        at = next;
    }
    Ok(entries)
}

/// Name, bytes unless they are compressed, and where the next record is.
type Entry<'a> = (String, Option<&'a [u8]>, usize);

/// The entry whose directory record is at `at`; none where the record is not one or points out of
/// the file.
fn entry(bytes: &[u8], at: usize) -> Option<Result<Entry<'_>, String>> {
    (number32(bytes, at)? == DIRECTORY).then_some(())?;
    let (flags, method) = (number16(bytes, at + 8)?, number16(bytes, at + 10)?);
    let checksum = number32(bytes, at + 16)?;
    let length = number32(bytes, at + 24)? as usize;
    let size = |offset| Some(usize::from(number16(bytes, at + offset)?));
    let (name, extra, comment) = (size(28)?, size(30)?, size(32)?);
    let start = number32(bytes, at + 42)? as usize;
    let text = std::str::from_utf8(bytes.get(at + 46..at + 46 + name)?).ok()?;
    let next = at + 46 + name + extra + comment;
    // Bit 0 of the flags is encryption; method 0 is none.
    if flags & 1 != 0 {
        return Some(Err(format!("{text} is encrypted")));
    }
    if method != 0 {
        return Some(Ok((text.to_owned(), None, next)));
    }
    (number32(bytes, start)? == ENTRY).then_some(())?;
    let skip = |offset| Some(usize::from(number16(bytes, start + offset)?));
    let begin = start + 30 + skip(26)? + skip(28)?;
    let data = bytes.get(begin..begin.checked_add(length)?)?;
    if crc32(data) != checksum {
        return Some(Err(format!("{text} is damaged: its checksum is wrong")));
    }
    Some(Ok((text.to_owned(), Some(data), next)))
}

fn number16(bytes: &[u8], at: usize) -> Option<u16> {
    let part = bytes.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(part.try_into().ok()?))
}

fn number32(bytes: &[u8], at: usize) -> Option<u32> {
    let part = bytes.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(part.try_into().ok()?))
}

/// The checksum of ISO 3309 (polynomial 0xedb88320, reflected), eight bits a step.
fn crc32(data: &[u8]) -> u32 {
    const TABLE: [u32; 256] = table();
    let step = |crc: u32, byte: &u8| TABLE[(crc as u8 ^ byte) as usize] ^ (crc >> 8);
    !data.iter().fold(u32::MAX, step)
}

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let (mut value, mut bit) = (i as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
            bit += 1;
        }
        table[i] = value;
        i += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::crc32;

    /// The check value of ISO 3309's CRC in the catalogue of parametrised algorithms (CRC-32/ISO-HDLC).
    #[test]
    fn the_checksum_of_the_nine_digits() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
    }
}
