//! Opening an index, and reading rows of it.

use super::format::{
    AFFECT, END, HEADER, Header, MAX_PATH, Row, SHARES, STAMP, Sections, affect_from, head_from,
    shares_from, stamp_from,
};
use super::sums::{self, Reader};
use crate::error::FeelError;
use crate::predicting::predictor::ModelId;
use affetti_ground::ErrorKind;
use std::fs::File;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;
/// Files up to this length are checked as a whole when they are opened: that takes milliseconds.
const CHECKED: u64 = 16 << 20;

/// An index file whose header was read and found sound.
#[derive(Clone, Debug)]
pub struct Index {
    /// Another index may take its place meanwhile.
    file: Arc<File>,
    pub(super) path: PathBuf,
    pub(super) header: Header,
    pub(super) sections: Sections,
    /// Of each block, see [`sums`].
    pub(super) sums: Vec<u32>,
}

impl Index {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FeelError::Io`] where the file cannot be read; [`FeelError::Index`] where it is no index,
    /// one of another version, its length is not what its header says, or bytes were changed.
    pub fn open(path: &Path) -> Result<Self, FeelError> {
        let io = |source| FeelError::Io {
            action: "read",
            path: path.to_owned(),
            source,
        };
        // Asked before the file is opened: opening a pipe would wait for a writer.
        let about = std::fs::metadata(path).map_err(io)?;
        if !about.is_file() {
            return Err(bad(path, "no file".into(), ErrorKind::Input));
        }
        let mut bytes = [0; HEADER];
        let mut file = File::open(path).map_err(io)?;
        let read = file.read_exact(&mut bytes);
        let short = |error: &io::Error| error.kind() == io::ErrorKind::UnexpectedEof;
        if let Err(error) = read {
            if !short(&error) {
                return Err(io(error));
            }
            // A file too short for a header: what is there decides whether it is none or a cut one.
            bytes = [0; HEADER];
        }
        let header = Header::parse(&bytes, about.len());
        let header = header.map_err(|(what, kind)| bad(path, what, kind))?;
        let sections = header.sections();
        let sums = sums::table(&mut file, &bytes, sections.end).map_err(io)?;
        let index = Self {
            file: Arc::new(file),
            path: path.to_owned(),
            header,
            sections,
            sums: sums.unwrap_or_default(),
        };
        if index.sums.is_empty() {
            return Err(index.damaged("checksums that were changed"));
        }
        if about.len() <= CHECKED {
            index.reader().check_all()?;
        }
        Ok(index)
    }

    /// Which weights predicted.
    #[must_use]
    pub fn model(&self) -> &ModelId {
        &self.header.model
    }

    /// How many pictures there are, at least 1.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.header.rows
    }

    /// Never true: an index has a picture.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.header.rows == 0
    }

    /// Components per picture.
    #[must_use]
    pub fn components(&self) -> usize {
        self.header.components
    }

    /// The error for a model that did not make this index.
    #[must_use]
    pub fn of_another_model(&self, model: &ModelId) -> FeelError {
        let name = &self.header.model.name;
        let start = |sha256: &str| sha256.chars().take(8).collect::<String>();
        let what = format!(
            "made with the weights {name} ({}…), and these are {} ({}…); make it again",
            start(&self.header.model.sha256),
            model.name,
            start(&model.sha256),
        );
        bad(&self.path, what, ErrorKind::Model)
    }

    /// Reads the records of a range piece by piece.
    pub(super) fn pieces(
        &self,
        section: u64,
        record: usize,
        range: Range<u64>,
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(), FeelError> {
        let mut reader = self.reader();
        let rows = (PIECE / record).max(1) as u64;
        let mut first = range.start;
        while first < range.end {
            let count = rows.min(range.end - first);
            let at = section + first * record as u64;
            take(first, reader.bytes(at, count as usize * record)?);
            first += count;
        }
        Ok(())
    }

    pub(super) fn reader(&self) -> Reader<'_> {
        Reader::new(self)
    }

    /// Fills `buffer` from the bytes at `at` on; from any thread.
    pub(super) fn read_at(&self, at: u64, buffer: &mut [u8]) -> io::Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::FileExt;
            self.file.read_exact_at(buffer, at)
        }
        #[cfg(not(unix))]
        {
            use std::io::{Seek, SeekFrom};
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(at))?;
            file.read_exact(buffer)
        }
    }

    pub(super) fn unreadable(&self, source: io::Error) -> FeelError {
        FeelError::Io {
            action: "read",
            path: self.path.clone(),
            source,
        }
    }

    pub(super) fn damaged(&self, what: &str) -> FeelError {
        let what = format!("a damaged index ({what}); make it again");
        bad(&self.path, what, ErrorKind::Input)
    }

    /// The name of one picture.
    pub(super) fn name_of<'a>(
        &self,
        reader: &'a mut Reader<'_>,
        row: u64,
    ) -> Result<&'a [u8], FeelError> {
        let ends = self.sections.ends;
        // Where the one before it ends, and where it ends itself.
        let bytes = match row {
            0 => [&[0; END][..], reader.bytes(ends, END)?].concat(),
            _ => reader
                .bytes(ends + (row - 1) * END as u64, 2 * END)?
                .to_vec(),
        };
        let (words, _) = bytes.as_chunks::<END>();
        let [start, end] = [words[0], words[1]].map(u64::from_le_bytes);
        let length = self.path_length(start, end)?;
        reader.bytes(self.sections.paths + start, length)
    }

    fn path_length(&self, start: u64, end: u64) -> Result<usize, FeelError> {
        let length = end.checked_sub(start).filter(|&n| n <= MAX_PATH as u64);
        match length {
            Some(length) if end <= self.header.paths => Ok(length as usize),
            _ => Err(self.damaged("a path outside of its place")),
        }
    }

    /// Every row, in memory: for an update.
    pub(super) fn rows(&self) -> Result<Vec<Row>, FeelError> {
        let mut reader = self.reader();
        let rows = self.header.rows as usize;
        let head = self.header.head_record();
        let tail = self.header.tail_record();
        let mut whole = |section: u64, record: usize| {
            let bytes = reader.bytes(section, rows * record)?;
            Ok::<_, FeelError>(bytes.to_vec())
        };
        let shares = whole(self.sections.shares, SHARES)?;
        let affect = whole(self.sections.affect, AFFECT)?;
        let heads = whole(self.sections.heads, head)?;
        let tails = whole(self.sections.tails, tail)?;
        let stamps = whole(self.sections.stamps, STAMP)?;
        let ends = whole(self.sections.ends, END)?;
        let names = self.header.paths as usize;
        let paths = reader.bytes(self.sections.paths, names)?;
        let mut start = 0;
        let mut found = Vec::with_capacity(rows);
        for i in 0..rows {
            let part = |record: usize| i * record..(i + 1) * record;
            let (word, _) = ends[i * END..].as_chunks::<8>();
            let end = u64::from_le_bytes(word[0]);
            let length = self.path_length(start, end)?;
            let path = &paths[start as usize..start as usize + length];
            let (scale, codes) = head_from(&heads[part(head)]);
            let all = codes.iter().chain(&tails[part(tail)]);
            if !(scale.is_finite() && scale >= 0.0) {
                return Err(self.damaged("components that are no numbers"));
            }
            found.push(Row {
                path: path.to_owned(),
                shares: shares_from(&shares[part(SHARES)]),
                affect: affect_from(&affect[part(AFFECT)]),
                scale,
                codes: all.map(|c| c.cast_signed()).collect(),
                stamp: stamp_from(&stamps[part(STAMP)]),
            });
            start = end;
        }
        Ok(found)
    }
}

fn bad(path: &Path, what: String, kind: ErrorKind) -> FeelError {
    FeelError::Index {
        path: path.to_owned(),
        what,
        kind,
    }
}
