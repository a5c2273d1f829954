//! What a model predicts on a defined set of paintings: what a match is ranked against.
//!
//! - **Set** every painting of `paintings/labelled.csv` that can be read, in the order of the file.
//!   Most of them taught the model; the table holds its own outputs and nobody's votes.
//! - **Input** a predictor and the folder of the data sets.
//! - **Output** one distribution of the nine emotions per painting, stored in half precision beside
//!   the weights; the note of the file names the weights that predicted.
//! - **Deviation** rows are brought to sum 1 after the rounding.

use super::intention::percentile;
use super::predictor::Predictor;
use crate::error::FeelError;
use affetti_emotion::{Distribution, Emotion};
use affetti_weights::NetError;
use affetti_weights::registry;
use affetti_weights::store::{self, Precision};
use affetti_weights::tensors::{Tensor, Tensors};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// The tensor of the file.
const NAME: &str = "emotions";
/// More rows than any set of paintings has.
const MAX_ROWS: usize = 1 << 20;

/// Where a table comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// SHA-256 of the weights that predicted.
    pub model_sha256: String,
    /// Which pictures, in words.
    pub set: String,
}

/// The table.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    rows: Vec<Distribution<Emotion>>,
    about: About,
}

impl Reference {
    /// A table of these rows.
    pub(crate) fn of(rows: Vec<Distribution<Emotion>>, about: About) -> Self {
        Self { rows, about }
    }

    /// The distributions, at least one.
    #[must_use]
    pub fn rows(&self) -> &[Distribution<Emotion>] {
        &self.rows
    }

    /// Where they come from.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The file name of the table that belongs to the weight file `weights`.
    #[must_use]
    pub fn beside(weights: &Path) -> PathBuf {
        weights.with_extension("reference.safetensors")
    }

    /// The table of `predictor`: embedded with its weights, or beside the file `weights`.
    ///
    /// # Errors
    /// [`FeelError::Reference`] where there is none or it is that of other weights;
    /// [`FeelError::Net`] where it cannot be read.
    pub fn for_predictor(predictor: &Predictor, weights: Option<&Path>) -> Result<Self, FeelError> {
        let id = predictor.model();
        let found = match weights {
            Some(weights) => {
                let file = Self::beside(weights);
                if !file.is_file() {
                    return Err(FeelError::Reference {
                        what: format!(
                            "{} is missing; `affetti models reference --weights {} --data DATA` makes it \
                             of the paintings in DATA",
                            file.display(),
                            weights.display()
                        ),
                    });
                }
                let bytes = store::read_file(&file)?;
                Self::from_bytes(&bytes, &file.display().to_string())?
            }
            None => {
                let bytes = registry::reference(&id.name);
                let bytes = bytes.ok_or_else(|| FeelError::Reference {
                    what: format!("there is no reference table of {}", id.name),
                })?;
                Self::from_bytes(bytes, &id.name)?
            }
        };
        if found.about.model_sha256 == id.sha256 {
            return Ok(found);
        }
        Err(FeelError::Reference {
            what: format!(
                "the reference table of {} is that of other weights",
                id.name
            ),
        })
    }

    /// The file.
    ///
    /// # Errors
    /// [`FeelError::Net`] where shapes do not fit: a bug.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FeelError> {
        let shares = self.rows.iter().flat_map(|row| row.as_slice());
        let mut tensors = Tensors {
            note: serde_json::to_string(&self.about).unwrap_or_default(),
            ..Tensors::default()
        };
        let tensor = Tensor {
            shape: vec![self.rows.len(), 9],
            data: shares.map(|&share| share as f32).collect(),
        };
        tensors.map.insert(NAME.into(), tensor);
        Ok(store::to_bytes(&tensors, |_| Precision::Half)?)
    }

    /// Reads what [`Reference::to_bytes`] wrote; `file` is its name for messages.
    ///
    /// # Errors
    /// [`FeelError::Net`] with what is wrong.
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, FeelError> {
        let mut tensors = store::from_bytes(bytes, file)?;
        let malformed = |why: String| NetError::Malformed {
            file: file.to_owned(),
            format: "reference table",
            why,
        };
        let about: About = serde_json::from_str(&tensors.note)
            .map_err(|error| malformed(format!("its note does not parse: {error}")))?;
        let tensor = tensors.map.remove(NAME);
        let tensor = tensor.ok_or_else(|| malformed(format!("no tensor {NAME}")))?;
        let &[n @ 1..=MAX_ROWS, 9] = tensor.shape.as_slice() else {
            return Err(malformed(format!("{NAME} has the shape {:?}", tensor.shape)).into());
        };
        let mut rows = Vec::with_capacity(n);
        for row in tensor.data.chunks_exact(9) {
            let row: Vec<f64> = row.iter().map(|&share| f64::from(share)).collect();
            // Half precision keeps eleven bits: nine roundings move a sum by less than this.
            let sum: f64 = row.iter().sum();
            if (sum - 1.0).abs() > 0.01 {
                return Err(malformed("a row that does not sum to 1".into()).into());
            }
            let row = Distribution::from_counts(&row);
            rows.push(row.map_err(|error| malformed(error.to_string()))?);
        }
        Ok(Self { rows, about })
    }
}

/// How much of each emotion is usual among the reference.
#[derive(Clone, Debug, PartialEq)]
pub struct Usual {
    /// The shares of all its pictures, ascending, in the order of the emotions.
    shares: [Vec<f64>; 9],
}

impl Usual {
    /// That of `reference`.
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        let column = |emotion: usize| {
            let shares = reference.rows.iter().map(|row| row.as_slice()[emotion]);
            let mut shares: Vec<f64> = shares.collect();
            shares.sort_by(f64::total_cmp);
            shares
        };
        Self {
            shares: std::array::from_fn(column),
        }
    }

    /// Of each emotion the share of reference pictures that evoke less of it, equal ones counted half,
    /// 0 to 100.
    #[must_use]
    pub fn ranks(&self, evoked: &Distribution<Emotion>) -> [f64; 9] {
        std::array::from_fn(|i| percentile(&self.shares[i], evoked.as_slice()[i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Reference {
        let rows = [
            [0.1, 0.3, 0.2, 0.1, 0.05, 0.05, 0.1, 0.05, 0.05],
            [0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ];
        let rows = rows.map(|row| Distribution::from_probabilities(&row).unwrap());
        let about = About {
            model_sha256: "ab".into(),
            set: "two".into(),
        };
        Reference::of(rows.to_vec(), about)
    }

    #[test]
    fn tables_travel() {
        let bytes = table().to_bytes().unwrap();
        let back = Reference::from_bytes(&bytes, "x").unwrap();
        assert_eq!(back.about, table().about);
        for (a, b) in back.rows.iter().zip(&table().rows) {
            for (a, b) in a.as_slice().iter().zip(b.as_slice()) {
                // Eleven bits.
                assert!((a - b).abs() < 5e-4, "{a} {b}");
            }
        }
        assert_eq!(
            Reference::from_bytes(&back.to_bytes().unwrap(), "x").unwrap(),
            back
        );
    }

    #[test]
    fn ranks_count_equal_shares_half() {
        let usual = Usual::of(&table());
        let evoked = Distribution::one_hot(Emotion::Awe);
        let ranks = usual.ranks(&evoked);
        // Of awe .3 and 1: one below, one equal. Of amusement .1 and 0: none below, one equal.
        assert_eq!((ranks[1], ranks[0]), (75.0, 25.0));
        let ranks = usual.ranks(&table().rows[0]);
        assert_eq!((ranks[1], ranks[0]), (25.0, 75.0));
    }

    #[test]
    fn damaged_tables_are_told() {
        let bytes = table().to_bytes().unwrap();
        for cut in [0, 5, bytes.len() / 2, bytes.len() - 1] {
            assert!(Reference::from_bytes(&bytes[..cut], "x").is_err(), "{cut}");
        }
        let empty = Reference::of(Vec::new(), About::default());
        let error = Reference::from_bytes(&empty.to_bytes().unwrap(), "x").unwrap_err();
        assert!(error.to_string().contains("[0, 9]"), "{error}");
    }

    #[test]
    fn the_name_beside_the_weights() {
        let file = Reference::beside("models/feel-4.safetensors".as_ref());
        assert_eq!(file, Path::new("models/feel-4.reference.safetensors"));
    }
}
