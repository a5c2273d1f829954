//! How pictures are named in an index: each by one name, however its path was written.
//!
//! A picture at or below the folder of the index is named by the way from there, any other one by its
//! whole path; links to folders are followed, links to pictures are pictures of their own. So `a.jpg`,
//! `./a.jpg` and the whole path are one picture, and an index moves with the folder that it lies in.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use affetti_ground::follow_links;

/// The name of standard input.
const STDIN: &str = "-";

/// The folder of an index.
#[derive(Debug)]
pub struct Home {
    /// As the user wrote it.
    given: PathBuf,
    real: PathBuf,
    /// The folder that was asked for last, and where it really is: pictures come folder by folder.
    last: Mutex<(PathBuf, PathBuf)>,
}

impl Home {
    /// That of the index at `path`, which need not be there yet.
    ///
    /// # Errors
    /// Where its folder cannot be found.
    pub fn of(path: &Path) -> io::Result<Self> {
        let given = path.parent().unwrap_or(Path::new("")).to_owned();
        let real = fs::canonicalize(folder(&follow_links(path)?))?;
        // Behind a link the index lies elsewhere.
        let beside = fs::canonicalize(folder(path)).is_ok_and(|beside| beside == real);
        Ok(Self {
            given: if beside { given } else { real.clone() },
            real,
            last: Mutex::default(),
        })
    }

    /// The name of the picture at `path`; `-` is standard input.
    #[must_use]
    pub fn key(&self, path: &Path) -> Vec<u8> {
        if path == STDIN {
            return STDIN.into();
        }
        let whole = match path.file_name() {
            Some(name) => self.real_folder(folder(path)).join(name),
            None => self.real_folder(path),
        };
        let key = whole.strip_prefix(&self.real).unwrap_or(&whole);
        match key.as_os_str().as_encoded_bytes() {
            b"-" => b"./-".into(),
            bytes => bytes.into(),
        }
    }

    fn real_folder(&self, folder: &Path) -> PathBuf {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.0 != folder || last.1.as_os_str().is_empty() {
            let real = fs::canonicalize(folder);
            let real = real.or_else(|_| std::path::absolute(folder));
            *last = (folder.into(), real.unwrap_or_else(|_| folder.into()));
        }
        last.1.clone()
    }

    /// Where the picture called `key` is.
    #[must_use]
    pub fn real(&self, key: &[u8]) -> PathBuf {
        self.real.join(path(key))
    }

    /// The path of the picture called `key` for the user, who wrote the path of the index.
    #[must_use]
    pub fn shown(&self, key: &[u8]) -> PathBuf {
        if key == STDIN.as_bytes() {
            return STDIN.into();
        }
        self.given.join(path(key))
    }
}

fn folder(path: &Path) -> &Path {
    let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(unix)]
fn path(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    OsStr::from_bytes(bytes).into()
}

#[cfg(not(unix))]
fn path(bytes: &[u8]) -> PathBuf {
    OsStr::new(&*String::from_utf8_lossy(bytes)).into()
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn one_picture_has_one_name() {
        let root = tempfile::tempdir().unwrap();
        let at = fs::canonicalize(root.path()).unwrap();
        fs::create_dir_all(at.join("in/sub")).unwrap();
        fs::create_dir_all(at.join("out")).unwrap();
        symlink(at.join("in/sub"), at.join("out/link")).unwrap();
        let home = Home::of(&at.join("in/i")).unwrap();
        for path in [
            "in/sub/a.jpg",
            "in/./sub/a.jpg",
            "in/sub/../sub/a.jpg",
            "out/link/a.jpg",
        ] {
            assert_eq!(home.key(&at.join(path)), b"sub/a.jpg", "{path}");
        }
        let out = at.join("out/a.jpg");
        assert_eq!(home.key(&out), out.as_os_str().as_encoded_bytes());
        assert_eq!(home.shown(b"sub/a.jpg"), at.join("in/sub/a.jpg"));
        assert_eq!(home.real(b"sub/a.jpg"), at.join("in/sub/a.jpg"));
        assert_eq!(home.shown(&home.key(&out)), out);
        // Standard input is no file of that name.
        assert_eq!(home.key(Path::new("-")), b"-");
        assert_eq!(home.key(&at.join("in/-")), b"./-");
        assert_eq!(home.shown(b"-"), Path::new("-"));
    }

    #[test]
    fn behind_a_link_an_index_is_where_it_is() {
        let root = tempfile::tempdir().unwrap();
        let at = fs::canonicalize(root.path()).unwrap();
        fs::create_dir_all(at.join("in")).unwrap();
        fs::write(at.join("in/i"), b"").unwrap();
        symlink("in/i", at.join("link")).unwrap();
        let home = Home::of(&at.join("link")).unwrap();
        assert_eq!(home.key(&at.join("in/a.jpg")), b"a.jpg");
        assert_eq!(home.shown(b"a.jpg"), at.join("in/a.jpg"));
        // One that is yet to be made is no other.
        fs::remove_file(at.join("in/i")).unwrap();
        let home = Home::of(&at.join("link")).unwrap();
        assert_eq!(home.key(&at.join("in/a.jpg")), b"a.jpg");
        assert!(Home::of(&at.join("none/i")).is_err());
    }
}
