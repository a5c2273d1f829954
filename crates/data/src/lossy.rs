//! Paths in JSON.
//!
//! Serde refuses paths that are not UTF-8, and one odd file name must not cost
//! the report of a whole set: such names are written with U+FFFD.

use std::path::Path;

use serde::{Serialize, Serializer, ser::SerializeSeq};

/// For `#[serde(serialize_with)]` on a path.
pub(crate) fn path<S: Serializer>(
    path: impl AsRef<Path>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    path.as_ref().to_string_lossy().serialize(serializer)
}

/// For `#[serde(serialize_with)]` on a list of paths.
pub(crate) fn paths<S: Serializer, P: AsRef<Path>>(
    paths: &[P],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let mut list = serializer.serialize_seq(Some(paths.len()))?;
    for path in paths {
        list.serialize_element(&path.as_ref().to_string_lossy())?;
    }
    list.end()
}
