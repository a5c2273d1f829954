//! What `--out` means, for every verb alike: standard output, a file whose extension says what is
//! written, or a folder.

use std::{
    ffi::OsStr,
    fs,
    path::{self, Path, PathBuf},
};

use anyhow::{Result, bail};

use crate::{out_file::extension, settings::Settings};

/// What a verb can write; `F` is what is in a file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Writes<F: 'static> {
    /// Extensions in lower case, the usual ones first.
    pub(crate) files: &'static [(&'static str, F)],
    /// What goes into a pipe or device whose name says nothing.
    pub(crate) plain: F,
    /// Whether it can fill a folder.
    pub(crate) folder: bool,
}

/// Where the result goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Destination<F> {
    Screen,
    File(PathBuf, F),
    /// It need not be there yet.
    Folder(PathBuf),
}

impl<F: Copy> Writes<F> {
    /// What `out` means; nothing is made yet.
    ///
    /// # Errors
    /// An extension, or a folder, that the verb does not write.
    pub(crate) fn destination(&self, out: Option<&Path>) -> Result<Destination<F>> {
        let Some(path) = out else {
            return Ok(Destination::Screen);
        };
        let there = fs::metadata(path).ok();
        let is_folder = there.as_ref().is_some_and(fs::Metadata::is_dir);
        if is_folder || ends_like_a_folder(path) {
            if self.folder {
                return Ok(Destination::Folder(path.to_owned()));
            }
            bail!(
                "{} is a folder; give the name of a file ({})",
                path.display(),
                self.list()
            );
        }
        let extension = extension(path);
        if let Some((_, form)) = self.files.iter().find(|(known, _)| *known == extension) {
            return Ok(Destination::File(path.to_owned(), *form));
        }
        if there.is_some_and(|there| !there.is_file()) {
            return Ok(Destination::File(path.to_owned(), self.plain));
        }
        if self.folder && extension.is_empty() {
            return Ok(Destination::Folder(path.to_owned()));
        }
        let folder = match self.folder {
            true => "; a name without one, or with / at its end, is a folder",
            false => "",
        };
        bail!(
            "--out {}: the extension decides what is written: {}{folder}",
            path.display(),
            self.list()
        );
    }

    /// What is written: that of the file, and where there is none `json` if JSON was asked for.
    ///
    /// # Errors
    /// As [`destination`](Self::destination).
    pub(crate) fn form(&self, settings: &Settings, json: F) -> Result<F> {
        Ok(match self.destination(settings.out.as_deref())? {
            Destination::File(_, form) => form,
            Destination::Screen | Destination::Folder(_) if settings.json => json,
            Destination::Screen | Destination::Folder(_) => self.plain,
        })
    }

    /// ".html, .csv or .jsonl".
    fn list(&self) -> String {
        let shown: Vec<String> = self
            .files
            .iter()
            .filter(|(extension, _)| *extension != "htm")
            .map(|(extension, _)| format!(".{extension}"))
            .collect();
        match shown.split_last() {
            Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => shown.concat(),
        }
    }
}

fn ends_like_a_folder(path: &Path) -> bool {
    let text = path.as_os_str().to_string_lossy();
    text.ends_with(path::is_separator)
}

/// Whether `out` is a name of standard output.
pub(crate) fn is_screen(out: &Path) -> bool {
    ["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"]
        .iter()
        .any(|name| out == OsStr::new(name))
}

#[cfg(test)]
mod tests {
    use super::{Destination, Writes};
    use std::{fs, path::Path};

    const FILES: Writes<u8> = Writes {
        files: &[("html", 1), ("htm", 1), ("csv", 2), ("jsonl", 3)],
        plain: 3,
        folder: false,
    };
    const BOTH: Writes<u8> = Writes {
        folder: true,
        ..FILES
    };

    #[test]
    fn files_folders_and_neither() {
        let root = tempfile::tempdir().unwrap();
        let at = |name: &str| root.path().join(name);
        fs::create_dir(at("dir.csv")).unwrap();
        fs::write(at("old"), b"").unwrap();
        for (name, files, both) in [
            ("a.HTM", Some(1), Some(1)),
            ("a.csv", Some(2), Some(2)),
            // 0 is a folder.
            ("dir.csv", None, Some(0)),
            ("new", None, Some(0)),
            ("new.v2/", None, Some(0)),
            ("a.eps", None, None),
            ("/dev/null", Some(3), Some(3)),
        ] {
            let path = at(name);
            for (writes, expected) in [(FILES, files), (BOTH, both)] {
                let found = match writes.destination(Some(&path)) {
                    Ok(Destination::File(p, form)) => (p == path).then_some(form),
                    Ok(Destination::Folder(p)) => (p == path).then_some(0),
                    Ok(Destination::Screen) => panic!("{name}"),
                    Err(_) => None,
                };
                assert_eq!(found, expected, "{name}");
            }
        }
        let told = |writes: Writes<u8>, name: &str| {
            let told = writes.destination(Some(Path::new(name))).unwrap_err();
            told.to_string()
        };
        assert_eq!(
            told(FILES, "a.eps"),
            "--out a.eps: the extension decides what is written: .html, .csv or .jsonl"
        );
        assert!(told(BOTH, "a.eps").ends_with("with / at its end, is a folder"));
        assert!(told(FILES, "a/").starts_with("a/ is a folder; give the name of a file (.html"));
    }
}
