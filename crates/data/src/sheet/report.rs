//! Limits on what is read, and the account of what was.

use serde::Serialize;

use super::RowFault;
use crate::DataError;

/// How much of a file is read before it is called hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Most data rows in a file. The default, 5 million, is ten times the
    /// whole of ArtEmis.
    pub max_rows: u64,
    /// Longest field that is used, in bytes; a longer one makes its row bad.
    /// Default 64 KiB: the longest utterance of ArtEmis has 207 words.
    pub max_field: usize,
    /// Longest record in bytes (more or less a read buffer of 8 KiB), unused
    /// columns included. Default 4 MiB. It bounds the memory that an unclosed
    /// quotation mark can claim.
    pub max_record: usize,
    /// How many bad rows a report names; further ones are only counted.
    /// Default 20, and 0 is allowed.
    pub max_named: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_rows: 5_000_000,
            max_field: 64 << 10,
            max_record: 4 << 20,
            max_named: 20,
        }
    }
}

impl Limits {
    pub(super) fn check(&self) -> Result<(), DataError> {
        let zero = |name| DataError::Parameter {
            name,
            value: "0".to_owned(),
            expected: "at least 1",
        };
        if self.max_rows == 0 {
            return Err(zero("max_rows"));
        }
        if self.max_field == 0 {
            return Err(zero("max_field"));
        }
        if self.max_record == 0 {
            return Err(zero("max_record"));
        }
        Ok(())
    }
}

/// A row that was left out.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BadRow {
    /// Line on which the row begins; the header is line 1.
    pub line: u64,
    /// What is wrong with it.
    pub fault: RowFault,
}

/// How reading a file went.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct ReadReport {
    /// Data rows in the file, good and bad; the header and blank lines are none.
    pub rows: u64,
    /// Rows left out.
    pub bad: u64,
    /// Rows kept although a used field was not UTF-8; its bytes became U+FFFD.
    pub lossy: u64,
    /// The first bad rows, at most [`Limits::max_named`].
    pub named: Vec<BadRow>,
}

/// The good rows of a file and the account of the others.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Loaded<T> {
    /// The good rows, in the order of the file; never empty.
    pub rows: Vec<T>,
    /// What was left out.
    pub report: ReadReport,
}
