//! `--out`: a file that is whole or not there, and never one of the command's own inputs.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use affetti::{ground::follow_links, picture::has_picture_extension};
use anyhow::{Error, Result, anyhow, bail};
use tempfile::NamedTempFile;

use crate::interrupt;

/// What is read below a folder beside its pictures.
const LISTS: [&str; 6] = [
    "credits.csv",
    "artemis.csv",
    "artemis_dataset_release_v0.csv",
    "artemis-splits.csv",
    "oasis.csv",
    "labelled.csv",
];

/// Refuses an output that would take the place of a picture or of one of `inputs`: a file, or a
/// list below a folder.
pub(crate) fn spare(out: Option<&Path>, inputs: &[&Path]) -> Result<()> {
    let Some(out) = out else { return Ok(()) };
    // What does not exist, or is no regular file, cannot be lost.
    let Ok(target) = fs::canonicalize(out) else {
        return Ok(());
    };
    if !target.is_file() {
        return Ok(());
    }
    let refuse = |what: &str| {
        bail!(
            "{}: {what}; give another name for the result",
            out.display()
        )
    };
    if has_picture_extension(&target) {
        return refuse("that is a picture");
    }
    let is_list = target
        .file_name()
        .and_then(|name| name.to_str())
        .is_some_and(|name| LISTS.iter().any(|list| name.eq_ignore_ascii_case(list)));
    for input in inputs {
        let Ok(input) = fs::canonicalize(input) else {
            continue;
        };
        if input == target || (is_list && target.starts_with(&input)) {
            return refuse("that is one of the inputs");
        }
    }
    Ok(())
}

/// Extension in lower case, empty if there is none.
pub(crate) fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

/// "cannot write", the path, and the reason in plain words.
pub(crate) fn cannot_write(path: &Path, error: &io::Error) -> Error {
    anyhow!("cannot write {}: {}", path.display(), reason(error))
}

/// The words for what happens to outputs; for the rest, the system's.
fn reason(error: &io::Error) -> String {
    use io::ErrorKind as Kind;
    let plain = match error.kind() {
        Kind::NotFound => "no file can be made there",
        Kind::PermissionDenied => "permission denied",
        Kind::StorageFull => "no space left on the disk",
        Kind::QuotaExceeded => "your share of the disk is full",
        Kind::ReadOnlyFilesystem => "the disk is read-only",
        Kind::NotADirectory => "a part of the path is no folder",
        Kind::InvalidFilename => "the name is too long or not allowed",
        Kind::FileTooLarge => "the file grows too large",
        Kind::BrokenPipe => "its reader has gone",
        _ => match error.raw_os_error() {
            // Without the name of the temporary file, which says nothing to the user.
            Some(code) => return io::Error::from_raw_os_error(code).to_string(),
            None => return error.to_string(),
        },
    };
    plain.to_owned()
}

/// A file that takes its name only when it is whole; dropped before, it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct OutFile {
    to: To,
    /// As the user gave it.
    path: PathBuf,
}

#[derive(Debug)]
enum To {
    /// A temporary file in the folder of its target, and the permissions of the file that it
    /// replaces.
    Whole(BufWriter<NamedTempFile>, PathBuf, Option<Permissions>),
    /// A pipe or device: what is written is gone at once, and nothing may take its place.
    Stream(BufWriter<File>),
}

impl OutFile {
    /// Begins a file that is to be `path`; of a link, the file that it leads to.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        let there = fs::metadata(path).ok();
        if there.as_ref().is_some_and(fs::Metadata::is_dir) {
            bail!("{} is a folder; give the name of a file", path.display());
        }
        let to = match there {
            Some(there) if !there.is_file() => {
                let file = File::options().write(true).open(path);
                To::Stream(BufWriter::new(file.map_err(|e| cannot_write(path, &e))?))
            }
            there => {
                let target = follow_links(path).map_err(|error| cannot_write(path, &error))?;
                let folder = folder(&target);
                if matches!(fs::metadata(folder), Err(e) if e.kind() == io::ErrorKind::NotFound) {
                    bail!("cannot write {}: its folder does not exist", path.display());
                }
                let file = interrupt::temporary(|| temporary(folder))
                    .map_err(|error| cannot_write(path, &error))?;
                let permissions = there.map(|there| there.permissions());
                To::Whole(BufWriter::new(file), target, permissions)
            }
        };
        let path = path.to_owned();
        Ok(Self { to, path })
    }

    /// Gives the file its name where no other has it; in words, what came of it.
    pub(crate) fn commit_new(self) -> Result<String> {
        let path = self.path.clone();
        if matches!(self.to, To::Whole(..)) && path.exists() {
            return Ok(format!("; {} is as it was before", path.display()));
        }
        self.commit()?;
        Ok(format!(" → {}", path.display()))
    }

    /// Gives the file its name.
    pub(crate) fn commit(self) -> Result<()> {
        let Self { to, path } = self;
        let committed = match to {
            To::Stream(mut file) => file.flush(),
            To::Whole(file, target, permissions) => rename(file, &target, permissions),
        };
        committed.map_err(|error| cannot_write(&path, &error))
    }
}

/// Writes a whole file.
///
/// # Errors
/// One line with the path.
pub(crate) fn put(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OutFile::create(path)?;
    file.write_all(bytes)
        .map_err(|error| cannot_write(path, &error))?;
    file.commit()
}

impl Write for OutFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.to {
            To::Whole(file, ..) => file.write(bytes),
            To::Stream(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.to {
            To::Whole(file, ..) => file.flush(),
            To::Stream(file) => file.flush(),
        }
    }
}

/// A new file in `folder`: a rename across disks is a copy, and a copy can stop half way.
fn temporary(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    // The dot keeps a run over this folder from finding it.
    builder.prefix(".affetti-").suffix(".part");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // A result is no secret: the process's umask decides who may read it.
        builder.permissions(Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

fn rename(
    file: BufWriter<NamedTempFile>,
    target: &Path,
    permissions: Option<Permissions>,
) -> io::Result<()> {
    let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.persist(target).map(drop).map_err(|error| error.error)
}

fn folder(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::{OutFile, extension, spare};
    use std::{fs, io::Write, path::Path};

    fn write(path: &Path, bytes: &[u8]) {
        let mut file = OutFile::create(path).unwrap();
        file.write_all(bytes).unwrap();
        file.commit().unwrap();
    }

    #[test]
    fn extensions_are_in_lower_case() {
        assert_eq!(extension(Path::new("a/B.HTML")), "html");
        assert_eq!(extension(Path::new("a/.html")), "");
    }

    #[test]
    fn files_are_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.csv");
        let count = || fs::read_dir(folder.path()).unwrap().count();
        let mut file = OutFile::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert_eq!(count(), 0);
        write(&path, b"whole");
        assert_eq!((fs::read(&path).unwrap(), count()), (b"whole".to_vec(), 1));
        assert!(OutFile::create(folder.path()).is_err());
        let error = OutFile::create(&folder.path().join("no/x.csv")).unwrap_err();
        let error = error.to_string();
        assert!(error.ends_with("its folder does not exist"), "{error}");
    }

    #[test]
    fn inputs_are_spared() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in ["a.csv", "b.csv", "credits.csv", "c.jpg"] {
            fs::write(at(name), b"x").unwrap();
        }
        let spared = |out: &str, input: &Path| spare(Some(&at(out)), &[input]).is_err();
        assert!(spared("a.csv", &at("../").join(at("a.csv"))));
        assert!(spared("credits.csv", folder.path()));
        assert!(spared("c.jpg", Path::new("elsewhere")));
        assert!(!spared("b.csv", &at("a.csv")), "an older result");
        assert!(!spared("b.csv", folder.path()), "an older result");
        assert!(!spared("new.csv", folder.path()));
        assert!(spare(None, &[folder.path()]).is_ok());
    }

    #[cfg(unix)]
    mod unix {
        use super::{fs, spare, write};
        use std::os::unix::fs::{PermissionsExt, symlink};

        #[test]
        fn links_stay_links_and_modes_stay() {
            let folder = tempfile::tempdir().unwrap();
            let at = |name: &str| folder.path().join(name);
            fs::create_dir(at("sub")).unwrap();
            fs::write(at("sub/old.csv"), b"old").unwrap();
            fs::set_permissions(at("sub/old.csv"), fs::Permissions::from_mode(0o600)).unwrap();
            symlink("sub/old.csv", at("link.csv")).unwrap();
            symlink("sub/new.csv", at("ahead.csv")).unwrap();
            write(&at("link.csv"), b"one");
            write(&at("ahead.csv"), b"two");
            assert!(at("link.csv").is_symlink() && at("ahead.csv").is_symlink());
            assert_eq!(fs::read(at("sub/old.csv")).unwrap(), b"one");
            assert_eq!(fs::read(at("sub/new.csv")).unwrap(), b"two");
            let mode = fs::metadata(at("sub/old.csv"))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600);
            assert!(spare(Some(&at("link.csv")), &[&at("sub/old.csv")]).is_err());
        }

        #[test]
        fn devices_are_written_to() {
            use std::os::unix::fs::FileTypeExt;
            write("/dev/null".as_ref(), b"x");
            let kind = fs::metadata("/dev/null").unwrap().file_type();
            assert!(kind.is_char_device());
        }
    }
}
