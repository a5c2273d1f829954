//! IAPSa: the 395 pictures of the International Affective Picture System with one of Mikels' words.
//!
//! - Layout: the owners of IAPS give the pictures by number (`1040.jpg`, `2095.1.jpg`), and Mikels et
//!   al. print the words in tables; **no file layout of the labels is published**. Read is a list of
//!   number and emotion per line (white space or comma, header or not), as `iapsa.csv` or
//!   `iapsa.txt`, with the pictures in `images/` or beside it.
//! - Output: [`Labelled`] with Mikels' words.
//! - Source: Mikels et al., Behavior Research Methods 37(4), 2005.
//! - Deviations: see the layout.
//! - Data: for research, on request from the Center for the Study of Emotion and Attention.

use std::path::Path;

use affetti_emotion::{Label, Mikels};

use crate::{
    DataError, Limits, Loaded,
    labelled::{Labelled, pictures_below, read_list},
    sheet,
};

/// Reads the list.
///
/// # Errors
/// [`DataError`] if the file cannot be read, exceeds the limits, or holds no good row.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let folder = pictures_below(&sheet::folder_of(path)?, &["images"]);
    read_list(path, Mikels::TAXONOMY, limits, |name, label| {
        let emotion = Mikels::parse(label).ok()?;
        let name = if name.ends_with(".jpg") {
            name
        } else {
            format!("{name}.jpg")
        };
        let sentiment = Some(emotion.sentiment());
        Some(Labelled::new(
            &folder,
            name,
            emotion.name(),
            sentiment,
            None,
        ))
    })
}
