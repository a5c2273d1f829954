//! Files that are read within a limit and appear whole or not at all.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use crate::ErrorKind;

/// What can go wrong with a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// More than the caller allows.
    #[error("{}: its size in bytes is {found}, the limit is {limit}", path.display())]
    TooLarge {
        /// Which file.
        path: PathBuf,
        /// Its size as far as known.
        found: u64,
        /// The limit.
        limit: u64,
    },
}

impl FileError {
    /// Who is at fault.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } => ErrorKind::Io,
            Self::TooLarge { .. } => ErrorKind::Limit,
        }
    }

    fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io {
            action,
            path,
            source,
        }
    }
}

/// All bytes of the file at `path`, of which at most `limit` are allowed.
///
/// # Errors
/// [`FileError`]; what is no plain file is refused unopened.
pub fn read_within(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let about = fs::metadata(path).map_err(FileError::io("read", path))?;
    if !about.is_file() {
        let error = io::Error::other("it is no plain file");
        return Err(FileError::io("read", path)(error));
    }
    let mut bytes = Vec::new();
    // The length is not to be trusted: a file may grow while it is read.
    File::open(path)
        .and_then(|file| file.take(limit.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(FileError::io("read", path))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLarge {
            path: path.to_owned(),
            found: about.len().max(limit.saturating_add(1)),
            limit,
        });
    }
    Ok(bytes)
}

/// Writes beside the target first and renames: a reader never sees half a file. Folders on the way are
/// made.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = written(path, bytes)?;
    file.persist(path)
        .map_err(|error| FileError::io("write", path)(error.error))
        .map(drop)
}

/// [`write_whole`] where nothing lies yet.
///
/// # Errors
/// [`FileError::Io`], for something that lies there of the kind `AlreadyExists`.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let file = written(path, bytes)?;
    file.persist_noclobber(path)
        .map_err(|error| FileError::io("write", path)(error.error))
        .map(drop)
}

/// A file beside `path` that has all of `bytes`.
fn written(path: &Path, bytes: &[u8]) -> Result<tempfile::NamedTempFile, FileError> {
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(FileError::io("create", folder))?;
    let mut file = new_file(folder).map_err(FileError::io("write in", folder))?;
    file.write_all(bytes)
        .map_err(FileError::io("write", path))?;
    Ok(file)
}

/// A temporary file that others may read as the user's mask allows, unlike tempfile's default.
fn new_file(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        tempfile::Builder::new()
            .permissions(fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
    }
    #[cfg(not(unix))]
    tempfile::NamedTempFile::new_in(folder)
}

#[cfg(test)]
mod tests {
    use super::{FileError, read_within, write_whole};
    use std::path::Path;

    #[test]
    fn what_was_written_is_read_within_its_limit() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/b.txt");
        write_whole(&path, b"12345").expect("written");
        assert_eq!(read_within(&path, 5).expect("read"), b"12345");
        let error = read_within(&path, 4).expect_err("too long");
        assert!(matches!(
            error,
            FileError::TooLarge {
                found: 5,
                limit: 4,
                ..
            }
        ));
        // Nothing is left beside it.
        assert_eq!(
            std::fs::read_dir(folder.path().join("a"))
                .expect("a")
                .count(),
            1
        );
    }

    #[test]
    fn folders_and_missing_files_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let error = read_within(folder.path(), 9).expect_err("a folder");
        assert!(error.to_string().contains("no plain file"), "{error}");
        let error = read_within(Path::new("/no/such/file"), 9).expect_err("missing");
        assert!(
            error.to_string().starts_with("cannot read /no/such/file"),
            "{error}"
        );
    }
}
