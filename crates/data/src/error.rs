//! What can go wrong with a data set, grouped by who is at fault.
//!
//! A single bad row or a single broken picture is not an error here: rows are
//! counted in a [`ReadReport`](crate::ReadReport), pictures in a
//! [`CheckReport`](crate::check::CheckReport). An error means that the whole
//! file, folder or set could not be used.

use std::{
    io,
    path::{Path, PathBuf},
};

pub use affetti_picture::ErrorKind;

use crate::sheet::RowFault;

/// Why a data set could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// A file or folder could not be opened or read.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The path names something else than a folder.
    #[error("{}: not a folder", path.display())]
    NotAFolder {
        /// The path that was given.
        path: PathBuf,
    },
    /// The file is text in an encoding other than UTF-8 (seen by its byte-order mark).
    #[error("{}: {encoding} text; save the file as UTF-8", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The encoding's name.
        encoding: &'static str,
    },
    /// The CSV reader gave up on the file.
    #[error("{}:{line}: {source}", path.display())]
    Csv {
        /// The file.
        path: PathBuf,
        /// Line on which the record began, 1 is the header.
        line: u64,
        /// What the CSV reader said.
        source: csv::Error,
    },
    /// The header lacks a column that the layout needs.
    #[error("{}: no column {column:?}; the header has {found}", path.display())]
    MissingColumn {
        /// The file.
        path: PathBuf,
        /// The column that is missing; alternatives are joined by `/`.
        column: String,
        /// The header's names, joined by commas.
        found: String,
    },
    /// The header names a needed column twice, so that it is unclear which one counts.
    #[error("{}: column {column:?} appears more than once", path.display())]
    RepeatedColumn {
        /// The file.
        path: PathBuf,
        /// The column.
        column: String,
    },
    /// The file or folder holds nothing to read.
    #[error("{}: empty", path.display())]
    Empty {
        /// The file or folder.
        path: PathBuf,
    },
    /// Every row of the file is bad.
    #[error("{}: all {rows} rows are bad; line {line}: {fault}", path.display())]
    NoValidRow {
        /// The file.
        path: PathBuf,
        /// How many rows there were.
        rows: u64,
        /// Line of the first bad row.
        line: u64,
        /// What is wrong with the first bad row.
        fault: RowFault,
    },
    /// A row is bad in a file whose rows depend on each other.
    #[error("{}:{line}: {fault}", path.display())]
    BadRow {
        /// The file.
        path: PathBuf,
        /// Line of the row.
        line: u64,
        /// What is wrong with it.
        fault: RowFault,
    },
    /// The file has more rows than [`Limits::max_rows`](crate::Limits::max_rows).
    #[error("{}: more than {limit} rows", path.display())]
    TooManyRows {
        /// The file.
        path: PathBuf,
        /// The limit.
        limit: u64,
    },
    /// One record is longer than [`Limits::max_record`](crate::Limits::max_record);
    /// most often a quotation mark that is never closed.
    #[error("{}:{line}: the record is longer than {limit} bytes (an unclosed quotation mark?)", path.display())]
    RecordTooLong {
        /// The file.
        path: PathBuf,
        /// Line on which the record began.
        line: u64,
        /// The limit in bytes.
        limit: usize,
    },
    /// A setting is outside its range.
    #[error("{name} is {value}: {expected}")]
    Parameter {
        /// The setting.
        name: &'static str,
        /// The value that was given.
        value: String,
        /// What would have been accepted.
        expected: &'static str,
    },
    /// One key was given two splits, so that it would leak between them.
    #[error("{}: {key:?} is in the splits {first} and {second}", path.display())]
    SplitConflict {
        /// The file.
        path: PathBuf,
        /// The key.
        key: String,
        /// The split of its first row.
        first: crate::Split,
        /// The split of a later row.
        second: crate::Split,
    },
    /// A picture of the set cannot be decoded.
    #[error("{}: {source}", path.display())]
    Picture {
        /// The file.
        path: PathBuf,
        /// What the decoder said.
        source: affetti_picture::PictureError,
    },
    /// Masks that do not fit their picture.
    #[error("{}: {what}", path.display())]
    Masks {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// A check was asked for a set that lists no picture.
    #[error("the set lists no picture")]
    NoPictures,
    /// Not one picture of the set could be decoded.
    #[error("none of {pictures} pictures is readable ({missing} missing); {}: {reason}", path.display())]
    NothingReadable {
        /// How many pictures were tried.
        pictures: usize,
        /// How many of them do not exist.
        missing: usize,
        /// The first picture that failed.
        path: PathBuf,
        /// Why it failed.
        reason: String,
    },
}

impl DataError {
    /// The file, folder or picture at fault; its message begins with or holds
    /// it already. `None` for a wrong setting and an empty set.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Io { path, .. }
            | Self::NotAFolder { path }
            | Self::Encoding { path, .. }
            | Self::Csv { path, .. }
            | Self::MissingColumn { path, .. }
            | Self::RepeatedColumn { path, .. }
            | Self::Empty { path }
            | Self::NoValidRow { path, .. }
            | Self::BadRow { path, .. }
            | Self::TooManyRows { path, .. }
            | Self::RecordTooLong { path, .. }
            | Self::SplitConflict { path, .. }
            | Self::Picture { path, .. }
            | Self::Masks { path, .. }
            | Self::NothingReadable { path, .. } => Some(path),
            Self::Parameter { .. } | Self::NoPictures => None,
        }
    }

    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } => ErrorKind::Io,
            Self::Csv { source, .. } if source.is_io_error() => ErrorKind::Io,
            Self::Encoding { .. } => ErrorKind::Unsupported,
            Self::TooManyRows { .. } | Self::RecordTooLong { .. } => ErrorKind::Limit,
            Self::Parameter { .. } => ErrorKind::Parameter,
            Self::Picture { source, .. } => source.kind(),
            Self::NotAFolder { .. }
            | Self::Csv { .. }
            | Self::MissingColumn { .. }
            | Self::RepeatedColumn { .. }
            | Self::Empty { .. }
            | Self::NoValidRow { .. }
            | Self::BadRow { .. }
            | Self::SplitConflict { .. }
            | Self::Masks { .. }
            | Self::NoPictures
            | Self::NothingReadable { .. } => ErrorKind::Input,
        }
    }
}
