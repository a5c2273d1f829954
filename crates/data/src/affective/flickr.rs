//! Flickr: about 484,000 photographs with the sentiment that their tags suggest.
//!
//! - Layout: the owners (Katsurai and Satoh, ICASSP 2016) give a list of Flickr's numbers with
//!   sentiments and no pictures; **its file layout is not described publicly**. Read is a list of
//!   number (or file name) and sentiment per line (white space or comma, header or not): the words,
//!   or 1, 0, −1 for positive, neutral, negative; pictures in `images/NUMBER.jpg` or beside it.
//! - Output: [`Labelled`] with `positive`, `negative` or `other`.
//! - Source: as above. The affective-regions article uses 484,222 of them, 90 % positive.
//! - Deviations: see the layout. 0 is neutral here, where it is negative in [`twitter`](super::twitter).
//! - Data: research use.

use std::path::Path;

use affetti_emotion::{Label, Sentiment};

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
    read_list(path, Sentiment::TAXONOMY, limits, |name, label| {
        let sentiment = match label {
            "1" | "+1" => Sentiment::Positive,
            "0" => Sentiment::Other,
            "-1" => Sentiment::Negative,
            word => Sentiment::parse(word).ok()?,
        };
        let name = if name.contains('.') {
            name
        } else {
            format!("{name}.jpg")
        };
        Some(Labelled::new(
            &folder,
            name,
            sentiment.name(),
            Some(sentiment),
            None,
        ))
    })
}
