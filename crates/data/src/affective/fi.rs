//! FI: 23,308 photographs of Flickr and Instagram, each with one of Mikels' words.
//!
//! - Layout: a folder per emotion, `amusement/…jpg` to `sadness/…jpg`, in the set's folder or in its
//!   `images/` or `agg/`; the words in any case, sadness also as `sad`.
//! - Output: [`Labelled`] with Mikels' words.
//! - Source: You, Luo, Jin, Yang, AAAI 2016; layout as public programs read it. **The owners give
//!   addresses of pictures rather than the pictures; copies differ.**
//! - Deviations: some copies hold the sites' "no longer available" card in place of removed
//!   pictures, the same bytes many times: the check names them as duplicates.
//! - Data: research use, on request from the authors.

use std::path::Path;

use affetti_emotion::{Label, Mikels};

use crate::{
    DataError, Limits, Loaded,
    labelled::{Labelled, pictures_below, read_folder},
};

/// Reads the folder.
///
/// # Errors
/// [`DataError`] if it cannot be read or holds no folder named after an emotion.
pub fn read(folder: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let root = pictures_below(folder, &["images", "agg"]);
    read_folder(&root, "folder named after an emotion", limits, |key| {
        let emotion = Mikels::parse(key.split_once('/')?.0).ok()?;
        Some((emotion.name().to_owned(), Some(emotion.sentiment())))
    })
}
