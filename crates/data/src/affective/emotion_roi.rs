//! EmotionROI: 1,980 photographs of six emotions, with their own division.
//!
//! - Layout: `training_testing_split/training.txt` and `testing.txt` (or both beside the pictures),
//!   lines of `CLASS/FILE`; pictures in `images/CLASS/FILE`.
//! - Output: [`Labelled`] with the words of [`EmotionRoi`]; training is [`Split::Train`], testing is
//!   [`Split::Test`].
//! - Source: Peng et al., ICIP 2016; names as public programs read them.
//! - Deviations: the maps of what moves people (`ground_truth`) have no reader here.
//! - Data: research use.

use std::path::Path;

use affetti_emotion::{EmotionRoi, Label};

use crate::{
    DataError, Limits, Loaded, Split,
    labelled::{Labelled, pictures_below, safe_key},
    sheet::{self, RowFault, Sheet, shorten},
};

/// Reads both lists of the set's folder.
///
/// # Errors
/// [`DataError`] if a list cannot be read, exceeds the limits, or holds no good row.
pub fn read(folder: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let whole = std::path::absolute(folder).map_err(|source| DataError::Io {
        path: folder.to_owned(),
        source,
    })?;
    let lists = pictures_below(&whole, &["training_testing_split"]);
    let pictures = pictures_below(&whole, &["images"]);
    let mut both = list(&lists.join("training.txt"), &pictures, Split::Train, limits)?;
    let testing = list(&lists.join("testing.txt"), &pictures, Split::Test, limits)?;
    both.rows.extend(testing.rows);
    both.report.rows += testing.report.rows;
    both.report.bad += testing.report.bad;
    both.report.lossy += testing.report.lossy;
    both.report.named.extend(testing.report.named);
    Ok(both)
}

fn list(
    path: &Path,
    pictures: &Path,
    split: Split,
    limits: &Limits,
) -> Result<Loaded<Labelled>, DataError> {
    Sheet::headless(sheet::open(path)?, path, limits)?.load(|row| {
        let line = row.filled_fields()?.join(",");
        let key = safe_key(&line)?;
        let class = key.split_once('/').map_or("", |(class, _)| class);
        let emotion = EmotionRoi::parse(class).map_err(|_| RowFault::UnknownName {
            column: "class".to_owned(),
            value: shorten(&key, 40),
            expected: EmotionRoi::TAXONOMY,
        })?;
        let sentiment = Some(emotion.sentiment());
        let row = Labelled::new(pictures, key, emotion.name(), sentiment, Some(split));
        Ok(Some(row))
    })
}
