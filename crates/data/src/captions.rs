//! Captions of pictures: what people or models wrote about them.
//!
//! - Layout: a CSV file with a column `picture`, `path`, `file`, `image` or `id` (or ArtEmis's
//!   `art_style` and `painting` together) and a column `caption`, `utterance` or `text`, perhaps
//!   `emotion`; or JSON Lines with these keys, as `affetti say --json` writes them.
//! - Output: [`Captioned`] rows in the order of the file.
//! - Deviations: a JSON line with an `error` is none and is left out without being counted as bad.

use crate::sheet::{self, RowFault, Sheet, shorten};
use crate::{BadRow, DataError, Limits, Loaded, ReadReport};
use affetti_emotion::{Emotion, Label};
use serde_json::Value;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Names of the column that names the picture.
const PICTURE: [&str; 5] = ["picture", "path", "file", "image", "id"];
/// Names of the column with what was written.
const CAPTION: [&str; 3] = ["caption", "utterance", "text"];

/// One caption.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captioned {
    /// Which picture, as the file names it.
    pub picture: String,
    /// What was written; may be empty.
    pub caption: String,
    /// What was felt, or was to be expressed.
    pub emotion: Option<Emotion>,
}

/// Reads a file of captions; what it is, its first character says.
///
/// # Errors
/// [`DataError`] if the file cannot be read, lacks a column, exceeds the limits, or holds no good row.
/// Single bad rows are in the report.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Captioned>, DataError> {
    opened(path, limits, true)
}

/// As [`read`], of texts that need not be about pictures: where a table names none, each row is about one
/// of its own, `row 1` and so on.
///
/// # Errors
/// As [`read`].
pub fn read_texts(path: &Path, limits: &Limits) -> Result<Loaded<Captioned>, DataError> {
    opened(path, limits, false)
}

fn opened(path: &Path, limits: &Limits, pictures: bool) -> Result<Loaded<Captioned>, DataError> {
    let io = |source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    let mut first = BufReader::new(File::open(path).map_err(io)?);
    let begun = first.fill_buf().map_err(io)?;
    let begun = begun
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(begun)
        .trim_ascii_start();
    if begun.first() == Some(&b'{') {
        lines(first, path, limits, pictures)
    } else {
        table(path, limits, pictures)
    }
}

fn table(path: &Path, limits: &Limits, pictures: bool) -> Result<Loaded<Captioned>, DataError> {
    let sheet = Sheet::new(sheet::open(path)?, path, limits)?;
    let any = |names: &[&str]| -> Result<_, DataError> {
        for name in names {
            if let Some(column) = sheet.find(name)? {
                return Ok(Some(column));
            }
        }
        Ok(None)
    };
    let picture = any(&PICTURE)?;
    let caption = any(&CAPTION)?.map_or_else(|| sheet.column(&CAPTION.join("/")), Ok)?;
    let emotion = sheet.find("emotion")?;
    // ArtEmis's two first: beside them, an id is that of a row.
    let parts = match (&picture, sheet.find("art_style")?, sheet.find("painting")?) {
        (_, Some(style), Some(painting)) => Some([style, painting]),
        (None, ..) if pictures => {
            // It is missing: this is the error that says so.
            sheet.column(&PICTURE.join("/"))?;
            None
        }
        _ => None,
    };
    let mut number = 0;
    sheet.load(|row| {
        number += 1;
        let picture = match (&parts, &picture) {
            (Some([style, painting]), _) => {
                crate::artemis::key(&row.filled(style)?, &row.filled(painting)?)
            }
            (None, Some(column)) => row.filled(column)?,
            (None, None) => format!("row {number}"),
        };
        Ok(Some(Captioned {
            picture,
            caption: row.text(&caption)?.into_owned(),
            emotion: row.maybe_label(emotion.as_ref())?,
        }))
    })
}

fn lines(
    mut file: impl BufRead,
    path: &Path,
    limits: &Limits,
    pictures: bool,
) -> Result<Loaded<Captioned>, DataError> {
    let mut report = ReadReport::default();
    let mut rows = Vec::new();
    let mut line = Vec::new();
    let mut number = 0;
    loop {
        line.clear();
        let part = file
            .by_ref()
            .take(limits.max_record as u64)
            .read_until(b'\n', &mut line);
        let length = part.map_err(|source| DataError::Io {
            path: path.to_owned(),
            source,
        })?;
        number += 1;
        if length == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        report.rows += 1;
        if report.rows > limits.max_rows {
            return Err(DataError::TooManyRows {
                path: path.to_owned(),
                limit: limits.max_rows,
            });
        }
        match one(&line, (!pictures).then(|| format!("row {}", report.rows))) {
            Ok(found) => rows.extend(found),
            Err(fault) => {
                report.bad += 1;
                if report.named.len() < limits.max_named {
                    report.named.push(BadRow {
                        line: number,
                        fault,
                    });
                }
            }
        }
    }
    match (rows.is_empty(), report.named.first()) {
        (false, _) => Ok(Loaded { rows, report }),
        (true, Some(bad)) => Err(DataError::NoValidRow {
            path: path.to_owned(),
            rows: report.rows,
            line: bad.line,
            fault: bad.fault.clone(),
        }),
        (true, None) => Err(DataError::Empty {
            path: path.to_owned(),
        }),
    }
}

/// The caption of a line; none of a failure.
fn one(line: &[u8], name: Option<String>) -> Result<Option<Captioned>, RowFault> {
    let blank = |names: &[&str]| RowFault::Blank {
        column: names.join("/"),
    };
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let value: Value = serde_json::from_slice(line).map_err(|_| RowFault::UnknownName {
        column: "the line".to_owned(),
        value: shorten(&String::from_utf8_lossy(line), 40),
        expected: "JSON",
    })?;
    if value.get("error").is_some() {
        return Ok(None);
    }
    let text = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| Some(value.get(name)?.as_str()?.to_owned()))
    };
    let emotion = text(&["emotion"]).filter(|name| !name.is_empty());
    Ok(Some(Captioned {
        picture: text(&PICTURE).or(name).ok_or_else(|| blank(&PICTURE))?,
        caption: text(&CAPTION).ok_or_else(|| blank(&CAPTION))?,
        emotion: emotion.map(|name| parsed(&name)).transpose()?,
    }))
}

fn parsed(name: &str) -> Result<Emotion, RowFault> {
    Emotion::parse(name).map_err(|_| RowFault::UnknownName {
        column: "emotion".to_owned(),
        value: shorten(name, 40),
        expected: "emotion",
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn rows(name: &str, text: &str) -> Result<Loaded<Captioned>, DataError> {
        let folder = testing::folder();
        let path = testing::write(folder.path(), name, text);
        read(&path, &Limits::default())
    }

    #[test]
    fn tables_and_lines_say_the_same() {
        let table = rows(
            "a.csv",
            "emotion,utterance,painting,art_style\nawe,so vast,b,A\n,,b,A\n",
        )
        .unwrap();
        let lines = "{\"path\":\"A/b\",\"emotion\":\"awe\",\"utterance\":\"so vast\"}\n\n\
                     {\"path\":\"c\",\"error\":{}}\n{\"picture\":\"A/b\",\"caption\":\"\"}\n";
        let lines = rows("a.jsonl", lines).unwrap();
        let caption = |text: &str, emotion| Captioned {
            picture: "A/b".into(),
            caption: text.into(),
            emotion,
        };
        let expected = [caption("so vast", Some(Emotion::Awe)), caption("", None)];
        assert_eq!(table.rows, expected);
        assert_eq!(lines.rows, expected);
    }

    #[test]
    fn texts_need_no_pictures() {
        let folder = testing::folder();
        let path = testing::write(folder.path(), "a.csv", "text,emotion\nso calm,awe\n");
        let set = read_texts(&path, &Limits::default()).unwrap();
        assert_eq!(
            (set.rows[0].picture.as_str(), set.rows[0].emotion),
            ("row 1", Some(Emotion::Awe))
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        let told = |name: &str, text: &str| rows(name, text).unwrap_err().to_string();
        assert!(told("a.csv", "path,words\nx,y\n").contains("caption/utterance/text"));
        assert!(told("a.csv", "caption\ny\n").contains("picture/path/file/image/id"));
        assert!(told("a.jsonl", "{\"path\":\"x\"}\n").contains("line 1: caption/utterance/text"));
        assert!(told("a.jsonl", "{broken\n").contains("which is no JSON"));
        let line = "{\"path\":\"x\",\"text\":\"y\",\"emotion\":\"aww\"}\n";
        assert!(told("a.jsonl", line).contains("\"aww\", which is no emotion"));
    }
}
