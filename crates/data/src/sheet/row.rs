//! One row and what can be wrong with it.

use std::{borrow::Cow, cell::Cell};

use affetti_emotion::Label;
use csv::ByteRecord;
use serde::{Serialize, Serializer};

use super::{Column, Limits};

/// Values in messages are cut to this many characters.
const SHOWN: usize = 40;

/// What is wrong with one row. In JSON it is its message.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum RowFault {
    /// The row is shorter than the header, or longer by more than empty fields.
    #[error("{found} fields where the header has {expected}")]
    Width {
        /// Names in the header.
        expected: usize,
        /// Fields in the row.
        found: usize,
    },
    /// A field that the layout needs is empty.
    #[error("{column} is empty")]
    Blank {
        /// The field's column.
        column: String,
    },
    /// A field is longer than [`Limits::max_field`].
    #[error("{column} has {bytes} bytes, more than {limit}")]
    TooLong {
        /// The field's column.
        column: String,
        /// The field's length in bytes.
        bytes: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A field is no finite number, or no whole number where one is needed.
    #[error("{column} is {value:?}, not a number")]
    NotANumber {
        /// The field's column.
        column: String,
        /// The field, shortened.
        value: String,
    },
    /// A number is outside its range.
    #[error("{column} is {value}, outside {low} to {high}")]
    OutOfRange {
        /// The field's column.
        column: String,
        /// The number.
        value: f64,
        /// Lowest number allowed.
        low: f64,
        /// Highest number allowed.
        high: f64,
    },
    /// A field is not one of the names that its column may hold.
    #[error("{column} is {value:?}, which is no {expected}")]
    UnknownName {
        /// The field's column.
        column: String,
        /// The field, shortened.
        value: String,
        /// What it should name.
        expected: &'static str,
    },
    /// The votes of a row add up to nothing.
    #[error("the emotions add up to zero")]
    NoShare,
    /// The nine emotions of a row add up to something else than they should.
    #[error("the nine emotions add up to {found}, not {expected}")]
    Sum {
        /// Their sum, rounded to hundredths.
        found: f64,
        /// 1 for shares, or the number of votes.
        expected: f64,
    },
    /// A name that becomes part of a path holds a separator or is a dot entry.
    #[error("{column} is {value:?}, which would leave its folder")]
    UnsafeName {
        /// The field's column.
        column: String,
        /// The field, shortened.
        value: String,
    },
}

impl Serialize for RowFault {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// At most `most` characters of a text, with an ellipsis where it was cut.
pub(crate) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// One record seen through the header's columns.
pub(crate) struct Row<'a> {
    record: &'a ByteRecord,
    line: u64,
    limits: &'a Limits,
    lossy: Cell<bool>,
}

impl<'a> Row<'a> {
    pub(super) fn new(record: &'a ByteRecord, line: u64, limits: &'a Limits) -> Self {
        Self {
            record,
            line,
            limits,
            lossy: Cell::new(false),
        }
    }

    /// Line on which the row begins.
    pub(crate) fn line(&self) -> u64 {
        self.line
    }

    pub(super) fn is_lossy(&self) -> bool {
        self.lossy.get()
    }

    /// A trailing comma is harmless; a comma too many in the middle shifts
    /// every later field into the wrong column.
    pub(super) fn check_width(&self, expected: usize) -> Result<(), RowFault> {
        let found = self.record.len();
        if found < expected || self.record.iter().skip(expected).any(|f| !f.is_empty()) {
            return Err(RowFault::Width { expected, found });
        }
        Ok(())
    }

    /// The fields of a headless row that are not empty.
    pub(crate) fn filled_fields(&self) -> Result<Vec<Cow<'a, str>>, RowFault> {
        self.record
            .iter()
            .filter(|bytes| !bytes.trim_ascii().is_empty())
            .map(|bytes| self.decode(bytes, "a field"))
            .collect()
    }

    fn decode(&self, bytes: &'a [u8], column: &str) -> Result<Cow<'a, str>, RowFault> {
        if bytes.len() > self.limits.max_field {
            return Err(RowFault::TooLong {
                column: column.to_owned(),
                bytes: bytes.len(),
                limit: self.limits.max_field,
            });
        }
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, Cow::Owned(_)) {
            self.lossy.set(true);
        }
        Ok(text)
    }

    /// The field as it stands, perhaps empty.
    pub(crate) fn text(&self, column: &Column) -> Result<Cow<'a, str>, RowFault> {
        let bytes = self.record.get(column.index).unwrap_or_default();
        self.decode(bytes, &column.name)
    }

    /// The field without surrounding white space; an empty one is a fault.
    pub(crate) fn filled(&self, column: &Column) -> Result<String, RowFault> {
        self.optional(column)?.ok_or_else(|| RowFault::Blank {
            column: column.name.to_string(),
        })
    }

    /// The field without surrounding white space; `None` if nothing is left.
    pub(crate) fn optional(&self, column: &Column) -> Result<Option<String>, RowFault> {
        let text = self.text(column)?;
        let text = text.trim();
        Ok((!text.is_empty()).then(|| text.to_owned()))
    }

    /// As [`Row::optional`], for a column that the header may lack.
    pub(crate) fn maybe(&self, column: Option<&Column>) -> Result<Option<String>, RowFault> {
        column.map_or(Ok(None), |column| self.optional(column))
    }

    /// A field that becomes one component of a path or key.
    pub(crate) fn component(&self, column: &Column) -> Result<String, RowFault> {
        let name = self.filled(column)?;
        if name.contains(['/', '\\', '\0']) || name == "." || name == ".." {
            return Err(RowFault::UnsafeName {
                column: column.name.to_string(),
                value: shorten(&name, SHOWN),
            });
        }
        Ok(name)
    }

    /// A field that must be understood by `parse`.
    pub(crate) fn named<T>(
        &self,
        column: &Column,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, RowFault> {
        let value = self.filled(column)?;
        parse(&value).ok_or_else(|| RowFault::UnknownName {
            column: column.name.to_string(),
            value: shorten(&value, SHOWN),
            expected,
        })
    }

    /// A field that names a label of a taxonomy, in any spelling that
    /// [`Label::parse`] takes.
    pub(crate) fn label<L: Label>(&self, column: &Column) -> Result<L, RowFault> {
        self.named(column, L::TAXONOMY, |name| L::parse(name).ok())
    }

    /// As [`Row::label`], or `None` for an empty field or a missing column.
    pub(crate) fn maybe_label<L: Label>(
        &self,
        column: Option<&Column>,
    ) -> Result<Option<L>, RowFault> {
        self.maybe_named(column, L::TAXONOMY, |name| L::parse(name).ok())
    }

    /// As [`Row::named`], or `None` for an empty field or a missing column.
    pub(crate) fn maybe_named<T>(
        &self,
        column: Option<&Column>,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, RowFault> {
        match column {
            Some(column) if self.optional(column)?.is_some() => {
                self.named(column, expected, parse).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A finite number in `low..=high`.
    pub(crate) fn number(&self, column: &Column, low: f64, high: f64) -> Result<f64, RowFault> {
        let text = self.filled(column)?;
        let value = text.parse().ok().filter(|v: &f64| v.is_finite());
        let value = value.ok_or_else(|| RowFault::NotANumber {
            column: column.name.to_string(),
            value: shorten(&text, SHOWN),
        })?;
        in_range(value, &column.name, low, high)
    }

    /// As [`Row::number`], or `None` for an empty field or a missing column.
    pub(crate) fn maybe_number(
        &self,
        column: Option<&Column>,
        low: f64,
        high: f64,
    ) -> Result<Option<f64>, RowFault> {
        match column {
            Some(column) if self.optional(column)?.is_some() => {
                self.number(column, low, high).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// A whole number from `low` to 2³² − 1.
    pub(crate) fn count(&self, column: &Column, low: u32) -> Result<u32, RowFault> {
        let text = self.filled(column)?;
        let value: u32 = text.parse().map_err(|_| RowFault::NotANumber {
            column: column.name.to_string(),
            value: shorten(&text, SHOWN),
        })?;
        in_range(
            f64::from(value),
            &column.name,
            f64::from(low),
            f64::from(u32::MAX),
        )?;
        Ok(value)
    }
}

/// The number itself, or the fault that it is outside `low..=high`.
pub(crate) fn in_range(value: f64, column: &str, low: f64, high: f64) -> Result<f64, RowFault> {
    if (low..=high).contains(&value) {
        Ok(value)
    } else {
        Err(RowFault::OutOfRange {
            column: column.to_owned(),
            value,
            low,
            high,
        })
    }
}
