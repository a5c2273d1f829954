//! What an index in the making has so far, on disk, so that a run that is killed loses nothing.
//!
//! A file `NAME.unfinished` beside the index: a header with the model, then a record for each picture
//! as it was felt: length, CRC-32, and the row. The next run takes up what is whole in it; when the
//! index is written, it goes. It is locked meanwhile: two runs on one index would lose one's work.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use affetti_ground::{follow_links, open_unfinished, unfinished_path};

use super::entry::Entry;
use super::format::{
    AFFECT, MAX_COMPONENTS, MAX_PATH, Row, SHARES, STAMP, affect_from, shares_from, stamp_bytes,
    stamp_from,
};
use crate::error::FeelError;
use crate::predicting::predictor::ModelId;

const MAGIC: [u8; 8] = *b"AFFJOURN";
const VERSION: u32 = 1;
/// Magic, version, SHA-256 of the weights as text.
const HEADER: usize = 12 + 64;
/// Length and CRC-32 of a record.
const HEAD: usize = 8;
/// Bytes of a row before its components: stamp, shares, affect, scale, number of components.
const FIXED: usize = STAMP + SHARES + AFFECT + 4 + 4;
/// The longest record.
const MOST: usize = FIXED + MAX_COMPONENTS + MAX_PATH;

/// The open journal of an index.
#[derive(Debug)]
pub struct Journal {
    file: File,
    path: PathBuf,
    rows: usize,
}

/// One without rows is of no use.
impl Drop for Journal {
    fn drop(&mut self) {
        if self.rows == 0 {
            let _ = fs::remove_file(&self.path);
        }
    }
}

impl Journal {
    /// Length of one without a picture, in bytes.
    pub const EMPTY: u64 = HEADER as u64;

    /// Opens the journal of the index at `index` and locks it: until it is dropped, no other run works
    /// on the index.
    ///
    /// # Errors
    /// [`FeelError::Io`], while another run holds it, too.
    pub fn open(index: &Path) -> Result<Self, FeelError> {
        let target = follow_links(index);
        let path = unfinished_path(target.as_deref().unwrap_or(index));
        let opened = open_unfinished(&path, &MAGIC);
        Ok(Self {
            file: opened.map_err(|source| failed("open", &path, source))?,
            path,
            // What was not read yet is not thrown away.
            rows: usize::MAX,
        })
    }

    /// Its file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What `model` felt in it before; what follows a record that is not whole, and what another model
    /// felt, is dropped.
    pub(super) fn rows(&mut self, model: &ModelId) -> Result<Vec<Row>, FeelError> {
        let rows = self.take_up(model);
        let rows = rows.map_err(|source| failed("read", &self.path, source))?;
        self.rows = rows.len();
        Ok(rows)
    }

    /// Reads what is whole, cuts off the rest and goes to the end.
    fn take_up(&mut self, model: &ModelId) -> io::Result<Vec<Row>> {
        let mut header = Vec::with_capacity(HEADER);
        header.extend(MAGIC);
        header.extend(VERSION.to_le_bytes());
        header.extend(model.sha256.as_bytes());
        header.resize(HEADER, 0);
        let mut from = io::BufReader::new(&self.file);
        let mut found = vec![0; HEADER];
        let mut rows = Vec::new();
        let mut good = 0;
        if fill(&mut from, &mut found)? && found == header {
            good = HEADER as u64;
            while let Some((row, length)) = record(&mut from)? {
                good += length as u64;
                rows.push(row);
            }
        }
        self.file.set_len(good)?;
        self.file.seek(SeekFrom::Start(good))?;
        if good == 0 {
            self.file.write_all(&header)?;
        }
        Ok(rows)
    }

    /// Keeps a picture.
    ///
    /// # Errors
    /// [`FeelError::Io`].
    pub fn push(&mut self, entry: &Entry) -> Result<(), FeelError> {
        let row = Row::of(entry);
        let mut body = Vec::with_capacity(FIXED + row.codes.len() + row.path.len());
        body.extend(stamp_bytes(row.stamp));
        row.shares.iter().for_each(|v| body.extend(v.to_le_bytes()));
        row.affect.iter().for_each(|v| body.extend(v.to_le_bytes()));
        body.extend(row.scale.to_le_bytes());
        body.extend((row.codes.len() as u32).to_le_bytes());
        body.extend(row.codes.iter().map(|code| code.cast_unsigned()));
        body.extend(&row.path);
        let mut record = Vec::with_capacity(HEAD + body.len());
        record.extend((body.len() as u32).to_le_bytes());
        record.extend(crc32fast::hash(&body).to_le_bytes());
        record.extend(body);
        self.rows = self.rows.saturating_add(1);
        let written = self.file.write_all(&record);
        written.map_err(|source| failed("write", &self.path, source))
    }

    /// Removes the file: the index has what was in it.
    ///
    /// # Errors
    /// [`FeelError::Io`].
    pub fn remove(self) -> Result<(), FeelError> {
        fs::remove_file(&self.path).map_err(|source| failed("remove", &self.path, source))
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> FeelError {
    FeelError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}

/// Whether there was as much as `buffer` holds.
fn fill(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<bool> {
    match from.read_exact(buffer) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(false),
        Err(error) => Err(error),
    }
}

/// The next record and its bytes in all; `None` where none is whole.
fn record(from: &mut impl Read) -> io::Result<Option<(Row, usize)>> {
    let mut head = [0; HEAD];
    if !fill(from, &mut head)? {
        return Ok(None);
    }
    let (words, _) = head.as_chunks::<4>();
    let [length, sum] = [words[0], words[1]].map(u32::from_le_bytes);
    let length = length as usize;
    if !(FIXED..=MOST).contains(&length) {
        return Ok(None);
    }
    let mut body = vec![0; length];
    if !fill(from, &mut body)? || crc32fast::hash(&body) != sum {
        return Ok(None);
    }
    Ok(row(&body).map(|row| (row, HEAD + length)))
}

fn row(body: &[u8]) -> Option<Row> {
    let (stamp, rest) = body.split_at_checked(STAMP)?;
    let (shares, rest) = rest.split_at_checked(SHARES)?;
    let (affect, rest) = rest.split_at_checked(AFFECT)?;
    let (scale, rest) = rest.split_first_chunk::<4>()?;
    let (count, rest) = rest.split_first_chunk::<4>()?;
    let count = u32::from_le_bytes(*count) as usize;
    let (codes, path) = rest.split_at_checked(count)?;
    let scale = f32::from_le_bytes(*scale);
    let good = (1..=MAX_COMPONENTS).contains(&count) && path.len() <= MAX_PATH;
    (good && scale.is_finite() && scale >= 0.0).then(|| Row {
        path: path.to_owned(),
        shares: shares_from(shares),
        affect: affect_from(affect),
        scale,
        codes: codes.iter().map(|code| code.cast_signed()).collect(),
        stamp: stamp_from(stamp),
    })
}
