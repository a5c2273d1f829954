//! The CSV layer under every layout: columns by name, rows within limits, bad
//! rows counted instead of fatal.
//!
//! Files come from annotation platforms, spreadsheets and strangers, so
//! columns may stand in any order, the text may begin with a byte-order mark,
//! lines may end in CR, LF or both, fields may hold newlines, and bytes may not
//! be UTF-8 (they become U+FFFD and the row is counted in
//! [`ReadReport::lossy`]). UTF-16 is refused with a plain message, since read
//! as bytes it would fail as a missing column.

mod guard;
mod report;
mod row;

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    rc::Rc,
};

use affetti_emotion::Label;
use csv::ByteRecord;

use crate::DataError;
use guard::{Guard, Trip, Watch};
pub use report::{BadRow, Limits, Loaded, ReadReport};
pub use row::RowFault;
pub(crate) use row::{Row, in_range, shorten};

/// A column that the header has.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    index: usize,
    name: Rc<str>,
}

/// An open CSV file whose header has been read.
pub(crate) struct Sheet<R> {
    path: PathBuf,
    limits: Limits,
    reader: csv::Reader<Guard<R>>,
    watch: Rc<Watch>,
    header: Vec<String>,
    /// Headless files only: rows have whatever width they like.
    ragged: bool,
}

/// Opens a file for reading, with its path in the error.
pub(crate) fn open(path: &Path) -> Result<File, DataError> {
    File::open(path).map_err(|source| DataError::Io {
        path: path.to_owned(),
        source,
    })
}

/// The absolute folder of a file, against which its relative paths resolve.
pub(crate) fn folder_of(path: &Path) -> Result<PathBuf, DataError> {
    let whole = std::path::absolute(path).map_err(|source| DataError::Io {
        path: path.to_owned(),
        source,
    })?;
    Ok(whole.parent().map_or_else(PathBuf::new, Path::to_owned))
}

impl<R: Read> Sheet<R> {
    /// Reads the header. `path` is for messages only.
    pub(crate) fn new(from: R, path: &Path, limits: &Limits) -> Result<Self, DataError> {
        Self::headless(from, path, limits)?.with_header()
    }

    fn with_header(self) -> Result<Self, DataError> {
        let mut sheet = self;
        sheet.ragged = false;
        let mut record = ByteRecord::new();
        if !sheet.next(&mut record)? {
            return Err(DataError::Empty { path: sheet.path });
        }
        // Some published headers wrap names in single quotes, which CSV does
        // not know as quotes.
        sheet.header = record
            .iter()
            .map(|name| {
                let name = String::from_utf8_lossy(name);
                name.trim().trim_matches('\'').trim().to_owned()
            })
            .collect();
        Ok(sheet)
    }

    /// As [`Sheet::new`], for columns parted by tabs without quoting: a lone quotation mark in a
    /// title is a character like any other.
    pub(crate) fn tabbed(from: R, path: &Path, limits: &Limits) -> Result<Self, DataError> {
        let mut builder = csv::ReaderBuilder::new();
        builder.delimiter(b'\t').quoting(false);
        Self::open(builder, from, path, limits)?.with_header()
    }

    /// A file whose first line is already data; rows may differ in width.
    pub(crate) fn headless(from: R, path: &Path, limits: &Limits) -> Result<Self, DataError> {
        Self::open(csv::ReaderBuilder::new(), from, path, limits)
    }

    fn open(
        mut builder: csv::ReaderBuilder,
        from: R,
        path: &Path,
        limits: &Limits,
    ) -> Result<Self, DataError> {
        limits.check()?;
        let watch = Rc::new(Watch::new(limits.max_record));
        let reader = builder
            .has_headers(false)
            .flexible(true)
            .from_reader(Guard::new(from, Rc::clone(&watch)));
        Ok(Self {
            path: path.to_owned(),
            limits: limits.clone(),
            reader,
            watch,
            header: Vec::new(),
            ragged: true,
        })
    }

    /// The column of this name, whatever its case, if the header has it.
    pub(crate) fn find(&self, name: &str) -> Result<Option<Column>, DataError> {
        self.find_by(name, |heading| heading.eq_ignore_ascii_case(name))
    }

    fn find_by(
        &self,
        name: &str,
        is_it: impl Fn(&str) -> bool,
    ) -> Result<Option<Column>, DataError> {
        let mut found = self
            .header
            .iter()
            .enumerate()
            .filter(|(_, heading)| is_it(heading));
        let first = found.next();
        if found.next().is_some() {
            return Err(DataError::RepeatedColumn {
                path: self.path.clone(),
                column: name.to_owned(),
            });
        }
        Ok(first.map(|(index, _)| Column {
            index,
            name: name.into(),
        }))
    }

    /// The column that names a label, in any spelling that [`Label::parse`]
    /// takes, if the header has one.
    pub(crate) fn find_label<L: Label>(&self, label: L) -> Result<Option<Column>, DataError> {
        self.find_by(label.name(), |heading| L::parse(heading) == Ok(label))
    }

    /// The column of this name, or an error that names it.
    pub(crate) fn column(&self, name: &str) -> Result<Column, DataError> {
        self.find(name)?.ok_or_else(|| self.missing(name))
    }

    /// The error for a column that is not there.
    pub(crate) fn missing(&self, name: &str) -> DataError {
        DataError::MissingColumn {
            path: self.path.clone(),
            column: name.to_owned(),
            found: shorten(&self.header.join(","), 200),
        }
    }

    /// Reads the next record; false at the end of the file.
    fn next(&mut self, record: &mut ByteRecord) -> Result<bool, DataError> {
        let outcome = self.reader.read_byte_record(record);
        self.watch.restart();
        let line = self.reader.position().line();
        let line = record.position().map_or(line, csv::Position::line);
        outcome.map_err(|source| match self.watch.trip() {
            Some(Trip::TooLong) => DataError::RecordTooLong {
                path: self.path.clone(),
                line,
                limit: self.limits.max_record,
            },
            Some(Trip::Utf16) => DataError::Encoding {
                path: self.path.clone(),
                encoding: "UTF-16",
            },
            None => DataError::Csv {
                path: self.path.clone(),
                line,
                source,
            },
        })
    }

    /// Line on which a record begins. The parser's own answer is the line on
    /// which it began to look, which is too low after blank lines; counting
    /// back from the record's end gives the line itself, but is one too low at
    /// the end of a file without a last line end. Neither is ever too high.
    fn line_of(&self, record: &ByteRecord) -> u64 {
        let inside = record.as_slice().iter().filter(|&&b| b == b'\n').count();
        let from_end = self
            .reader
            .position()
            .line()
            .saturating_sub(1 + inside as u64);
        let from_start = record.position().map_or(1, csv::Position::line);
        from_start.max(from_end)
    }

    /// Parses every row. `parse` answers `Ok(None)` for a row that is no data
    /// (a second header); such rows are not counted.
    pub(crate) fn load<T>(
        mut self,
        mut parse: impl FnMut(&Row<'_>) -> Result<Option<T>, RowFault>,
    ) -> Result<Loaded<T>, DataError> {
        let mut report = ReadReport::default();
        let mut rows = Vec::new();
        let mut first_bad: Option<BadRow> = None;
        let mut record = ByteRecord::new();
        while self.next(&mut record)? {
            let line = self.line_of(&record);
            let row = Row::new(&record, line, &self.limits);
            let parsed = if self.ragged {
                parse(&row)
            } else {
                row.check_width(self.header.len())
                    .and_then(|()| parse(&row))
            };
            if matches!(parsed, Ok(None)) {
                continue;
            }
            report.rows += 1;
            if report.rows > self.limits.max_rows {
                return Err(DataError::TooManyRows {
                    path: self.path,
                    limit: self.limits.max_rows,
                });
            }
            match parsed {
                Ok(value) => {
                    report.lossy += u64::from(row.is_lossy());
                    rows.extend(value);
                }
                Err(fault) => {
                    report.bad += 1;
                    let bad = BadRow { line, fault };
                    if report.named.len() < self.limits.max_named {
                        report.named.push(bad.clone());
                    }
                    first_bad.get_or_insert(bad);
                }
            }
        }
        match (rows.is_empty(), first_bad) {
            (false, _) => Ok(Loaded { rows, report }),
            (true, Some(bad)) => Err(DataError::NoValidRow {
                path: self.path,
                rows: report.rows,
                line: bad.line,
                fault: bad.fault,
            }),
            (true, None) => Err(DataError::Empty { path: self.path }),
        }
    }
}

#[cfg(test)]
mod tests;
