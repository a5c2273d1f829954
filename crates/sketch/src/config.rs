//! What the configs of this room's trainings share.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::SketchError;

/// Reads a TOML file; gives its text too.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<(T, String), SketchError> {
    let text = std::fs::read_to_string(path).map_err(|source| SketchError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    })?;
    let config = toml::from_str(&text).map_err(|error| SketchError::Config {
        file: path.to_owned(),
        what: error.to_string(),
    })?;
    Ok((config, text))
}

/// Whether `name` can be the name of a file anywhere.
pub(crate) fn is_name(name: &str) -> bool {
    let good = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    !name.is_empty() && name.chars().all(good)
}

/// The first check that fails.
pub(crate) fn first_wrong(checks: &[(bool, &str)]) -> Result<(), String> {
    let wrong = checks.iter().find(|(good, _)| !good);
    wrong.map_or(Ok(()), |(_, what)| Err((*what).to_owned()))
}
