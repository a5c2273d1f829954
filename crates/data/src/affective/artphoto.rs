//! ArtPhoto: 806 artistic photographs, each with the emotion that its maker tagged.
//!
//! - Layout: `testImages_artphoto/EMOTION_NUMBER.jpg`, such as `amusement_0001.jpg`; the eight words
//!   are those of [`Mikels`], sadness also as `sad`. There is no list.
//! - Output: [`Labelled`] with Mikels' words.
//! - Source: Machajdik and Hanbury, ACM Multimedia 2010; names as public programs read them.
//! - Deviations: none.
//! - Data: research use, from imageemotion.org.

use std::path::Path;

use affetti_emotion::{Label, Mikels};

use crate::{DataError, Limits, Loaded, labelled::Labelled, labelled::read_folder};

/// Reads the folder.
///
/// # Errors
/// [`DataError`] if it cannot be read or holds no picture named after an emotion.
pub fn read(folder: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    read_folder(
        folder,
        "name of an emotion before the first _",
        limits,
        |key| {
            let name = key.rsplit('/').next()?;
            let emotion = Mikels::parse(name.split_once('_')?.0).ok()?;
            Some((emotion.name().to_owned(), Some(emotion.sentiment())))
        },
    )
}
