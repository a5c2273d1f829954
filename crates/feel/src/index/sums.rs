//! Checksums of an index: CRC-32 of every block of 4,096 bytes behind the header, and one of the
//! header with all of these. What a search reads, it reads in whole blocks and checks.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use super::format::HEADER;
use super::read::Index;
use crate::error::FeelError;

/// Bytes of a block: a search by picture reads single rows.
const BLOCK: u64 = 4096;
/// Bytes of a checksum.
const SUM: u64 = 4;
/// Bytes that are read at a time where all are.
const PIECE: u64 = 1 << 20;

/// Blocks of an index whose last section ends at `end`.
fn blocks(end: u64) -> u64 {
    (end - HEADER as u64).div_ceil(BLOCK)
}

/// Bytes of all checksums of an index whose last section ends at `end`.
pub(super) fn length(end: u64) -> u64 {
    SUM * (blocks(end) + 1)
}

/// The one over header and table.
fn of_all(header: &[u8; HEADER], table: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(header);
    hasher.update(table);
    hasher.finalize()
}

/// Writes the sections, and then their checksums.
pub(super) struct Summing<'a, W: Write> {
    out: &'a mut W,
    header: [u8; HEADER],
    block: crc32fast::Hasher,
    /// Bytes in the block so far.
    filled: usize,
    table: Vec<u8>,
}

impl<'a, W: Write> Summing<'a, W> {
    /// Writes the header.
    pub(super) fn new(out: &'a mut W, header: [u8; HEADER]) -> io::Result<Self> {
        out.write_all(&header)?;
        Ok(Self {
            out,
            header,
            block: crc32fast::Hasher::new(),
            filled: 0,
            table: Vec::new(),
        })
    }

    pub(super) fn write_all(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        self.out.write_all(bytes)?;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(BLOCK as usize - self.filled));
            self.block.update(now);
            self.filled += now.len();
            bytes = later;
            if self.filled == BLOCK as usize {
                self.end_block();
            }
        }
        Ok(())
    }

    fn end_block(&mut self) {
        let block = std::mem::take(&mut self.block);
        self.table.extend(block.finalize().to_le_bytes());
        self.filled = 0;
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        if self.filled > 0 {
            self.end_block();
        }
        self.out.write_all(&self.table)?;
        self.out
            .write_all(&of_all(&self.header, &self.table).to_le_bytes())?;
        self.out.flush()
    }
}

/// The checksums of an open index whose last section ends at `end`; `None` where they contradict
/// themselves or the header.
pub(super) fn table(
    file: &mut File,
    header: &[u8; HEADER],
    end: u64,
) -> io::Result<Option<Vec<u32>>> {
    let mut bytes = vec![0; length(end) as usize];
    file.seek(SeekFrom::Start(end))?;
    file.read_exact(&mut bytes)?;
    let whole = bytes.split_off(bytes.len() - SUM as usize);
    let (sums, _) = bytes.as_chunks::<4>();
    let good = whole == of_all(header, &bytes).to_le_bytes();
    Ok(good.then(|| sums.iter().map(|sum| u32::from_le_bytes(*sum)).collect()))
}

/// Reads an index, and checks what it reads.
pub(super) struct Reader<'a> {
    index: &'a Index,
    buffer: Vec<u8>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(index: &'a Index) -> Self {
        Self {
            index,
            buffer: Vec::new(),
        }
    }

    /// `count` bytes from `at` on, which lie in the sections.
    pub(super) fn bytes(&mut self, at: u64, count: usize) -> Result<&[u8], FeelError> {
        if count == 0 {
            return Ok(&[]);
        }
        let start = HEADER as u64;
        let end = self.index.sections.end;
        let (first, last) = (
            (at - start) / BLOCK,
            (at + count as u64 - 1 - start) / BLOCK,
        );
        let from = start + first * BLOCK;
        let to = (start + (last + 1) * BLOCK).min(end);
        self.buffer.resize((to - from) as usize, 0);
        let read = self.index.read_at(from, &mut self.buffer);
        read.map_err(|source| self.index.unreadable(source))?;
        let sums = &self.index.sums[first as usize..];
        let wrong = |(block, sum): (&[u8], &u32)| crc32fast::hash(block) != *sum;
        if self.buffer.chunks(BLOCK as usize).zip(sums).any(wrong) {
            return Err(self.index.damaged("bytes that were changed"));
        }
        let skip = (at - from) as usize;
        Ok(&self.buffer[skip..skip + count])
    }

    /// Reads everything.
    pub(super) fn check_all(&mut self) -> Result<(), FeelError> {
        let end = self.index.sections.end;
        let mut at = HEADER as u64;
        while at < end {
            let count = PIECE.min(end - at);
            self.bytes(at, count as usize)?;
            at += count;
        }
        Ok(())
    }
}
