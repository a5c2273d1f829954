//! Collecting rows and writing the file.

use super::entry::{Entry, Stamp};
use super::format::{Header, MAX_PATH, Row, stamp_bytes};
use super::journal::Journal;
use super::read::Index;
use super::sums::Summing;
use crate::error::FeelError;
use crate::predicting::predictor::ModelId;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Rows on their way into an index. About 300 bytes each are held in memory.
#[derive(Clone, Debug)]
pub struct IndexBuilder {
    model: ModelId,
    components: Option<usize>,
    rows: BTreeMap<Vec<u8>, Row>,
}

impl IndexBuilder {
    /// An index of what `model` predicts.
    #[must_use]
    pub fn new(model: &ModelId) -> Self {
        Self {
            model: model.clone(),
            components: None,
            rows: BTreeMap::new(),
        }
    }

    /// Begins with the rows of an index of the same model.
    ///
    /// # Errors
    /// [`FeelError::Index`] where the file is damaged or is of another model.
    pub fn from_index(index: &Index, model: &ModelId) -> Result<Self, FeelError> {
        if index.model().sha256 != model.sha256 {
            return Err(index.of_another_model(model));
        }
        Ok(Self {
            model: model.clone(),
            components: Some(index.components()),
            rows: index
                .rows()?
                .into_iter()
                .map(|row| (row.path.clone(), row))
                .collect(),
        })
    }

    /// Takes up the pictures that a run which did not come to its end has left; how many these are.
    ///
    /// # Errors
    /// [`FeelError::Io`].
    pub fn take_up(&mut self, journal: &mut Journal) -> Result<usize, FeelError> {
        let mut taken = 0;
        for row in journal.rows(&self.model)? {
            let expected = *self.components.get_or_insert(row.codes.len());
            if row.codes.len() == expected {
                self.rows.insert(row.path.clone(), row);
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// How many pictures there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The paths with their stamps, sorted.
    pub fn stamps(&self) -> impl Iterator<Item = (&[u8], Option<Stamp>)> {
        self.rows
            .iter()
            .map(|(path, row)| (path.as_slice(), row.stamp))
    }

    /// Takes a picture in, in the place of one with the same path.
    ///
    /// # Errors
    /// [`FeelError::Unfit`] where it has another number of components than those before, or a path
    /// or component that cannot be stored.
    pub fn push(&mut self, entry: &Entry) -> Result<(), FeelError> {
        let unfit = |what: String| FeelError::Unfit { what };
        let expected = *self.components.get_or_insert(entry.components.len());
        if entry.components.len() != expected || expected == 0 {
            let found = entry.components.len();
            return Err(unfit(format!(
                "{found} components where the index has {expected}"
            )));
        }
        if entry.path.len() > MAX_PATH {
            return Err(unfit(format!("a path of {} bytes", entry.path.len())));
        }
        if !entry.components.iter().all(|c| c.is_finite()) {
            let path = String::from_utf8_lossy(&entry.path);
            return Err(unfit(format!("{path}: components that are no numbers")));
        }
        self.rows.insert(entry.path.clone(), Row::of(entry));
        Ok(())
    }

    /// Drops every picture for which `keep` is false; how many these were.
    pub fn retain(&mut self, mut keep: impl FnMut(&[u8]) -> bool) -> usize {
        let before = self.rows.len();
        self.rows.retain(|path, _| keep(path));
        before - self.rows.len()
    }

    /// Writes the file; many small writes follow, so give a buffered writer.
    ///
    /// # Errors
    /// Those of the writer; [`io::ErrorKind::InvalidInput`] for an index without pictures.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let Some(components) = self.components.filter(|_| !self.is_empty()) else {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "an index needs a picture",
            ));
        };
        let header = Header {
            model: self.model.clone(),
            rows: self.rows.len() as u64,
            components,
            paths: self.rows.keys().map(|path| path.len() as u64).sum(),
        };
        let mut out = Summing::new(out, header.to_bytes())?;
        let rows = || self.rows.values();
        for code in rows().flat_map(|row| row.shares) {
            out.write_all(&code.to_le_bytes())?;
        }
        for code in rows().flat_map(|row| row.affect) {
            out.write_all(&code.to_le_bytes())?;
        }
        let mut record = Vec::new();
        let head = header.head();
        for row in rows() {
            record.clear();
            record.extend(row.scale.to_le_bytes());
            record.extend(row.codes[..head].iter().map(|c| c.cast_unsigned()));
            out.write_all(&record)?;
        }
        for row in rows() {
            record.clear();
            record.extend(row.codes[head..].iter().map(|c| c.cast_unsigned()));
            out.write_all(&record)?;
        }
        for row in rows() {
            out.write_all(&stamp_bytes(row.stamp))?;
        }
        let mut end = 0_u64;
        for path in self.rows.keys() {
            end += path.len() as u64;
            out.write_all(&end.to_le_bytes())?;
        }
        for path in self.rows.keys() {
            out.write_all(path)?;
        }
        out.finish()
    }
}
