//! Any set with a folder per class.
//!
//! - Layout: `CLASS/…/picture`, or `train/CLASS/…`, `val/CLASS/…`, `test/CLASS/…`: a first folder
//!   that names a split gives the split, and the next one the class.
//! - Output: [`Labelled`] with the folder's name as label; a sentiment where the name is a word of
//!   ArtEmis, or positive, negative or neutral.
//! - Source: the custom of torchvision's `ImageFolder` and Keras's `flow_from_directory`.
//! - Deviations: pictures outside of any class are bad rows.

use std::path::Path;

use affetti_emotion::{Emotion, Label, Sentiment};

use crate::{DataError, Limits, Loaded, Split, labelled::Labelled, labelled::read_folder};

/// Reads the folder.
///
/// # Errors
/// [`DataError`] if it cannot be read or holds no picture inside of a folder.
pub fn read(folder: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let mut loaded = read_folder(folder, "picture in a folder of a class", limits, |key| {
        let (_, class) = parts(key)?;
        let emotion = Emotion::parse(class).ok().map(Emotion::sentiment);
        let sentiment = emotion.or_else(|| Sentiment::parse(class).ok());
        Some((class.to_owned(), sentiment))
    })?;
    for row in &mut loaded.rows {
        if let Some((Some(split), _)) = parts(&row.key) {
            row.split = split;
        }
    }
    Ok(loaded)
}

/// The split, if the first folder names one, and the class.
fn parts(key: &str) -> Option<(Option<Split>, &str)> {
    let (first, rest) = key.split_once('/')?;
    match (Split::parse(first), rest.split_once('/')) {
        (Some(split), Some((class, _))) => Some((Some(split), class)),
        (Some(_), None) => None,
        (None, _) => Some((None, first)),
    }
}
