//! Pictures with one label each: what the readers of the small affective sets have in common.
//!
//! - Output: [`Labelled`] rows, whatever the layout; [`Labelled::is`] reads the label in a taxonomy.
//! - Splits are the set's own where it has one, else those of [`Split::of`] on the key.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use affetti_emotion::{Label, Sentiment};
use serde::Serialize;

use crate::{
    DataError, Limits, Loaded, ReadReport, Split,
    folder::{Folder, FolderOptions, key},
    sheet::{self, BadRow, RowFault, Sheet, shorten},
};

/// One picture and its label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Labelled {
    /// The picture, absolute.
    #[serde(serialize_with = "crate::lossy::path")]
    pub file: PathBuf,
    /// Its name in the set: the path below the set's folder of pictures.
    pub key: String,
    /// The label's name in the set's taxonomy; empty where the set leaves it open (a tie of votes).
    pub label: String,
    /// What the label comes down to.
    pub sentiment: Option<Sentiment>,
    /// Its use.
    pub split: Split,
}

impl Labelled {
    pub(crate) fn new(
        folder: &Path,
        key: String,
        label: &str,
        sentiment: Option<Sentiment>,
        split: Option<Split>,
    ) -> Self {
        Self {
            file: folder.join(&key),
            label: label.to_owned(),
            sentiment,
            split: split.unwrap_or_else(|| Split::of(&key)),
            key,
        }
    }

    /// The label in a taxonomy, if it is one of its words.
    #[must_use]
    pub fn is<L: Label>(&self) -> Option<L> {
        L::parse(&self.label).ok()
    }
}

/// A name of a list that is joined to a folder later on and must stay below it.
pub(crate) fn safe_key(name: &str) -> Result<String, RowFault> {
    let name = name.trim().trim_start_matches("./").to_owned();
    let leaves = name.starts_with('/')
        || name.contains(['\\', '\0'])
        || name.split('/').any(|part| part == ".." || part.is_empty());
    if leaves {
        return Err(RowFault::UnsafeName {
            column: "picture".to_owned(),
            value: shorten(&name, 40),
        });
    }
    Ok(name)
}

/// Reads a list of `NAME LABEL`, separated by white space or a comma, one picture per line, with or
/// without a header; `parse` turns name and label into a row, or answers `None` for no label.
pub(crate) fn read_list<T>(
    path: &Path,
    expected: &'static str,
    limits: &Limits,
    parse: impl Fn(String, &str) -> Option<T>,
) -> Result<Loaded<T>, DataError> {
    Sheet::headless(sheet::open(path)?, path, limits)?.load(|row| {
        let fields = row.filled_fields()?;
        let line = fields
            .iter()
            .map(|f| f.trim())
            .collect::<Vec<_>>()
            .join("\t");
        let Some((name, label)) = line.rsplit_once(char::is_whitespace) else {
            return Err(RowFault::Width {
                expected: 2,
                found: fields.len(),
            });
        };
        let found = parse(safe_key(name)?, label.trim());
        if found.is_none() && row.line() == 1 {
            return Ok(None);
        }
        found.map(Some).ok_or_else(|| RowFault::UnknownName {
            column: "label".to_owned(),
            value: shorten(label, 40),
            expected,
        })
    })
}

/// Reads the pictures of a folder whose label `label_of` finds in the path below it; those without
/// one are bad rows, numbered in the order of the walk.
pub(crate) fn read_folder(
    root: &Path,
    expected: &'static str,
    limits: &Limits,
    label_of: impl Fn(&str) -> Option<(String, Option<Sentiment>)>,
) -> Result<Loaded<Labelled>, DataError> {
    let whole = std::path::absolute(root).map_err(|source| DataError::Io {
        path: root.to_owned(),
        source,
    })?;
    let mut report = ReadReport::default();
    let mut rows = Vec::new();
    for found in Folder::open(&whole, &FolderOptions::default())? {
        // What cannot be walked has no label to read; `check folder` names it.
        let Ok(file) = found else { continue };
        report.rows += 1;
        if report.rows > limits.max_rows {
            return Err(DataError::TooManyRows {
                path: root.to_owned(),
                limit: limits.max_rows,
            });
        }
        let key = key(&whole, &file);
        match label_of(&key) {
            Some((label, sentiment)) => {
                rows.push(Labelled::new(&whole, key, &label, sentiment, None));
            }
            None => {
                report.bad += 1;
                if report.named.len() < limits.max_named {
                    let fault = RowFault::UnknownName {
                        column: "file name".to_owned(),
                        value: shorten(&key, 40),
                        expected,
                    };
                    let line = report.rows;
                    report.named.push(BadRow { line, fault });
                }
            }
        }
    }
    if rows.is_empty() {
        return Err(DataError::Empty {
            path: root.to_owned(),
        });
    }
    Ok(Loaded { rows, report })
}

/// A folder of the set: the first of `names` that is there, else the folder itself.
pub(crate) fn pictures_below(root: &Path, names: &[&str]) -> PathBuf {
    let found = names
        .iter()
        .map(|name| root.join(name))
        .find(|p| p.is_dir());
    found.unwrap_or_else(|| root.to_owned())
}

/// A labelled set in figures.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LabelStats {
    /// Pictures.
    pub pictures: usize,
    /// Pictures per label; those without one under the empty name.
    pub by_label: BTreeMap<String, usize>,
    /// Pictures per sentiment.
    pub by_sentiment: BTreeMap<String, usize>,
    /// Pictures per split.
    pub by_split: BTreeMap<String, usize>,
    /// Share of the most frequent sentiment: what "always the same" reaches.
    pub majority: f64,
    /// Positive, negative and all pictures as published, if they are.
    pub published: Option<[usize; 3]>,
}

/// Computes the statistics of a labelled set; `published` are its authors' figures.
#[must_use]
pub fn stats(rows: &[Labelled], published: Option<[usize; 3]>) -> LabelStats {
    let tally = |names: &mut dyn Iterator<Item = String>| {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        names.for_each(|name| *counts.entry(name).or_default() += 1);
        counts
    };
    let sentiments = rows.iter().filter_map(|row| row.sentiment);
    let by_sentiment = tally(&mut sentiments.map(|s| s.name().to_owned()));
    let all: usize = by_sentiment.values().sum();
    let most = by_sentiment.values().copied().max().unwrap_or(0);
    LabelStats {
        pictures: rows.len(),
        by_label: tally(&mut rows.iter().map(|row| row.label.clone())),
        majority: if all == 0 {
            0.0
        } else {
            most as f64 / all as f64
        },
        by_sentiment,
        by_split: tally(&mut rows.iter().map(|row| row.split.name().to_owned())),
        published,
    }
}
