//! Making the table of reference: what a predictor says of every painting that can be read.

use super::options::Step;
use super::pictures::{self, Source};
use crate::error::FeelError;
use crate::predicting::extractor::Scratch;
use crate::predicting::predictor::Predictor;
use crate::predicting::reference::{About, Reference};
use affetti_data::{Limits, paintings};
use affetti_picture::Picture;
use std::path::Path;

/// How a table is made.
#[derive(Clone, Copy)]
pub struct ReferenceOptions<'a> {
    /// The folder with `paintings/labelled.csv`.
    pub data: &'a Path,
    /// Threads, at least 1.
    pub threads: usize,
    /// Told how far the work has come, from any thread.
    pub progress: &'a (dyn Fn(Step<'_>) + Sync),
}

/// Predicts the set. Paintings that cannot be read are left out and named through the progress.
///
/// # Errors
/// [`FeelError::Data`] where the list cannot be read, [`FeelError::NothingToLearn`] where not one
/// painting can.
pub fn make_reference(
    predictor: &Predictor,
    options: &ReferenceOptions<'_>,
) -> Result<Reference, FeelError> {
    let list = options.data.join("paintings/labelled.csv");
    let set = paintings::read(&list, &Limits::default())?.rows;
    let sources: Vec<Source<'_>> = set
        .iter()
        .map(|painting| Source::file(&painting.file))
        .collect();
    let ask = |picture: &Picture, scratch: &mut Scratch| {
        let evoked = predictor.predict(picture, scratch, 1).ok();
        evoked.map(|prediction| prediction.emotions)
    };
    let stage = |file: &Path, read: bool| {
        if read {
            "paintings".to_owned()
        } else {
            format!("cannot read {}, left out", file.display())
        }
    };
    let rows = pictures::each(&sources, options.threads, ask, stage, options.progress);
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    if rows.is_empty() {
        return Err(FeelError::NothingToLearn {
            what: "paintings: not one picture could be read".into(),
        });
    }
    let about = About {
        model_sha256: predictor.model().sha256.clone(),
        set: format!(
            "{} paintings of paintings/labelled.csv (WikiArt), as this model predicts them",
            rows.len()
        ),
    };
    // What was just predicted and what a reader will see are the same to the bit.
    let whole = Reference::of(rows, about);
    Reference::from_bytes(&whole.to_bytes()?, "reference table")
}
