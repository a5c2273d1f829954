//! Twitter I and II: pictures of tweets, positive or negative.
//!
//! - Layout of Twitter I (`Twitter1269`, You et al., AAAI 2015): lists of `NAME LABEL` with 1 for
//!   positive and 0 for negative, as text or as CSV with the header `path,class`; one list for each
//!   agreement of five viewers (`3agree.csv`, `4agree.csv`, `5agree.csv`); pictures in `images/` or
//!   `twitter1/`. Of Twitter II (Borth et al., ACM Multimedia 2013): the same with −1 for negative,
//!   by some copies with the words. **The owners' own names of the lists are not published**; any
//!   list of this form is read.
//! - Output: [`Labelled`] with `positive` or `negative`.
//! - Source: as above; forms of the lists as public programs read them.
//! - Deviations: none.
//! - Data: research use.

use std::path::Path;

use affetti_emotion::{Label, Sentiment};

use crate::{
    DataError, Limits, Loaded,
    labelled::{Labelled, pictures_below, read_list},
    sheet,
};

/// Reads a list.
///
/// # Errors
/// [`DataError`] if the file cannot be read, exceeds the limits, or holds no good row.
pub fn read(path: &Path, limits: &Limits) -> Result<Loaded<Labelled>, DataError> {
    let folder = pictures_below(
        &sheet::folder_of(path)?,
        &["images", "twitter1", "twitter2"],
    );
    read_list(path, "1, 0 or -1", limits, |name, label| {
        let sentiment = polar(label)?;
        Some(Labelled::new(
            &folder,
            name,
            sentiment.name(),
            Some(sentiment),
            None,
        ))
    })
}

/// 1 is positive; 0 and −1 are negative; the words are read too.
pub(crate) fn polar(label: &str) -> Option<Sentiment> {
    match label {
        "1" | "+1" | "1.0" => Some(Sentiment::Positive),
        "0" | "-1" | "0.0" | "-1.0" => Some(Sentiment::Negative),
        word => Sentiment::parse(word)
            .ok()
            .filter(|s| *s != Sentiment::Other),
    }
}
