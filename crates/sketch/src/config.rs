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

/// Whether a value of a trunk belongs to its stem or its first `blocks`; `name` is that within the
/// trunk, such as `blocks.3.expand.weight`.
pub(crate) fn is_early(name: &str, blocks: usize) -> bool {
    if blocks == 0 {
        return false;
    }
    let block = name
        .strip_prefix("blocks.")
        .and_then(|rest| rest.split('.').next());
    name.starts_with("stem.")
        || block
            .and_then(|n| n.parse().ok())
            .is_some_and(|n: usize| n < blocks)
}

#[cfg(test)]
mod tests {
    use super::is_early;

    #[test]
    fn early_blocks() {
        assert!(is_early("stem.weight", 1) && is_early("blocks.2.expand.weight", 3));
        assert!(!is_early("blocks.3.expand.weight", 3) && !is_early("blocks.12.beta", 3));
        assert!(!is_early("parts.0.weight", 3) && !is_early("stem.weight", 0));
    }
}
