//! What files of weights have in common, whatever their format: what wrappers put in front of names, and
//! files that are none.

/// What data parallelism, compilation and training frameworks put in front of every name.
const PREFIXES: [&str; 3] = ["module.", "_orig_mod.", "model."];

/// What stands in front of all `names`, as far as wrappers put it there; a counter of averages, which
/// has no such name, is not asked.
pub(crate) fn prefix<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.filter(|name| *name != "n_averaged").collect();
    let mut prefix = String::new();
    while let Some(next) = PREFIXES.iter().find(|next| {
        let inside = |name: &&str| name[prefix.len()..].starts_with(**next);
        !names.is_empty() && names.iter().all(inside)
    }) {
        prefix.push_str(next);
    }
    prefix
}

/// What a file is that was to be one of weights and was never downloaded, in words.
pub(crate) fn no_weights(bytes: &[u8]) -> Option<&'static str> {
    let start = &bytes[..bytes.len().min(512)];
    let text = String::from_utf8_lossy(start).to_ascii_lowercase();
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if text.starts_with("version https://git-lfs.github.com/spec/") {
        return Some("a Git LFS pointer in its place; `git lfs pull` brings the file itself");
    }
    if ["<!doctype html", "<html"]
        .iter()
        .any(|tag| text.starts_with(tag))
    {
        return Some(
            "a web page in its place; download the file itself, signed in where that is asked",
        );
    }
    bytes
        .is_empty()
        .then_some("an empty file; download it again")
}

#[cfg(test)]
mod tests {
    use super::{no_weights, prefix};

    #[test]
    fn wrappers_are_taken_off_all_names_or_none() {
        let prefix = |names: &[&str]| prefix(names.iter().copied());
        assert_eq!(prefix(&["module.a", "module.b.c"]), "module.");
        assert_eq!(
            prefix(&["_orig_mod.module.a", "_orig_mod.module.b"]),
            "_orig_mod.module."
        );
        assert_eq!(prefix(&["n_averaged", "module.a"]), "module.");
        assert_eq!(prefix(&["module.a", "b"]), "");
        assert_eq!(prefix(&["modules.a"]), "");
        assert_eq!(prefix(&[]), "");
    }

    #[test]
    fn what_is_no_download_is_named() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n";
        assert!(
            no_weights(pointer)
                .unwrap_or_default()
                .contains("git lfs pull")
        );
        for page in ["<!DOCTYPE html>\n<html>", "\u{feff} <HTML lang=en>"] {
            assert!(
                no_weights(page.as_bytes())
                    .unwrap_or_default()
                    .contains("web page")
            );
        }
        assert!(no_weights(b"").is_some());
        assert_eq!(no_weights(b"PK\x03\x04"), None);
    }
}
