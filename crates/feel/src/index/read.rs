//! Opening an index, and reading rows of it.

use super::format::{
    AFFECT, END, HEADER, Header, MAX_PATH, Row, SHARES, STAMP, Sections, affect_from, head_from,
    shares_from, stamp_from,
};
use crate::error::FeelError;
use crate::predicting::predictor::ModelId;
use affetti_ground::ErrorKind;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Bytes that are read at a time.
const PIECE: usize = 256 << 10;

/// An index file whose header was read and found sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    pub(super) path: PathBuf,
    pub(super) header: Header,
    pub(super) sections: Sections,
}

impl Index {
    /// Reads the header.
    ///
    /// # Errors
    /// [`FeelError::Io`] where the file cannot be read; [`FeelError::Index`] where it is no index,
    /// one of another version, or its length is not what its header says.
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
        let header =
            Header::parse(&bytes, about.len()).map_err(|what| bad(path, what, ErrorKind::Input))?;
        Ok(Self {
            path: path.to_owned(),
            sections: header.sections(),
            header,
        })
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

    /// The bytes of `rows` records of a section, from record `first` on.
    pub(super) fn records(
        &self,
        file: &mut File,
        section: u64,
        record: usize,
        first: u64,
        buffer: &mut [u8],
    ) -> Result<(), FeelError> {
        let at = section + first * record as u64;
        file.seek(SeekFrom::Start(at))
            .and_then(|_| file.read_exact(buffer))
            .map_err(|source| self.unreadable(source))
    }

    /// Reads the records of a range piece by piece.
    pub(super) fn pieces(
        &self,
        section: u64,
        record: usize,
        range: Range<u64>,
        mut take: impl FnMut(u64, &[u8]),
    ) -> Result<(), FeelError> {
        let mut file = self.file()?;
        let rows = (PIECE / record).max(1) as u64;
        let mut buffer = vec![0; rows as usize * record];
        let mut first = range.start;
        while first < range.end {
            let count = rows.min(range.end - first);
            let bytes = &mut buffer[..count as usize * record];
            self.records(&mut file, section, record, first, bytes)?;
            take(first, bytes);
            first += count;
        }
        Ok(())
    }

    pub(super) fn file(&self) -> Result<File, FeelError> {
        File::open(&self.path).map_err(|source| self.unreadable(source))
    }

    fn unreadable(&self, source: io::Error) -> FeelError {
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

    /// The path of one picture.
    pub(super) fn path_of(&self, file: &mut File, row: u64) -> Result<String, FeelError> {
        let mut ends = [0; 2 * END];
        if row == 0 {
            self.records(file, self.sections.ends, END, 0, &mut ends[END..])?;
        } else {
            self.records(file, self.sections.ends, END, row - 1, &mut ends)?;
        }
        let [start, end] = [0, END].map(|at| {
            let (word, _) = ends[at..].as_chunks::<8>();
            u64::from_le_bytes(word[0])
        });
        let mut bytes = vec![0; self.path_length(start, end)?];
        self.records(file, self.sections.paths, 1, start, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
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
        let mut file = self.file()?;
        let rows = self.header.rows as usize;
        let head = self.header.head_record();
        let tail = self.header.tail_record();
        let mut whole = |section: u64, record: usize| {
            let mut bytes = vec![0; rows * record];
            self.records(&mut file, section, record, 0, &mut bytes)?;
            Ok::<_, FeelError>(bytes)
        };
        let shares = whole(self.sections.shares, SHARES)?;
        let affect = whole(self.sections.affect, AFFECT)?;
        let heads = whole(self.sections.heads, head)?;
        let tails = whole(self.sections.tails, tail)?;
        let stamps = whole(self.sections.stamps, STAMP)?;
        let ends = whole(self.sections.ends, END)?;
        let mut paths = vec![0; self.header.paths as usize];
        self.records(&mut file, self.sections.paths, 1, 0, &mut paths)?;
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
                path: String::from_utf8_lossy(path).into_owned(),
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
