//! Files in which work that takes long is kept while it goes on, beside the file that it will become.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek};
use std::path::{Path, PathBuf};

/// As many links in a row as Linux follows.
const MAX_LINKS: usize = 40;
/// Another run may remove the file between opening and locking it, but not for ever.
const TRIES: usize = 20;

/// Where the unfinished work on the file at `target` is.
#[must_use]
pub fn unfinished_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".unfinished");
    name.into()
}

/// Opens the unfinished work at `path`, or begins it, and locks it until the handle is dropped; the
/// handle is at the beginning. What is there has to begin with `magic`, or not to be whole yet.
///
/// # Errors
/// Those of the system; and in words: while another run has it, and for a file that is none of ours.
pub fn open_unfinished(path: &Path, magic: &[u8]) -> io::Result<File> {
    let ours = || io::Error::other("it is no unfinished work of affetti; move it away");
    for _ in 0..TRIES {
        // A link could lead anywhere.
        if fs::symlink_metadata(path).is_ok_and(|about| !about.is_file()) {
            return Err(ours());
        }
        let mut how = File::options();
        how.read(true).write(true).create(true).truncate(false);
        let mut file = how.open(path)?;
        // On a disk that knows no locks there is none.
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            let held = "another run of affetti is working on it; wait for its end";
            return Err(io::Error::new(io::ErrorKind::ResourceBusy, held));
        }
        if !is_at(&file, path) {
            continue;
        }
        let mut start = Vec::new();
        (&file).take(magic.len() as u64).read_to_end(&mut start)?;
        if !magic.starts_with(&start) {
            return Err(ours());
        }
        file.rewind()?;
        return Ok(file);
    }
    Err(io::Error::other("it is removed as often as it is made"))
}

/// Whether the open file is still the one at `path`.
#[cfg(unix)]
fn is_at(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let pair = (file.metadata(), fs::symlink_metadata(path));
    matches!(pair, (Ok(a), Ok(b)) if (a.dev(), a.ino()) == (b.dev(), b.ino()))
}

/// An open file cannot be removed on other systems.
#[cfg(not(unix))]
fn is_at(_: &File, _: &Path) -> bool {
    true
}

/// Where the links from `path` end; the last one may lead to a file that is yet to be made.
///
/// # Errors
/// Links in a circle.
pub fn follow_links(path: &Path) -> io::Result<PathBuf> {
    let mut target = path.to_owned();
    for _ in 0..MAX_LINKS {
        match fs::read_link(&target) {
            // An absolute link replaces the folder that it is joined to.
            Ok(link) => target = target.parent().unwrap_or(Path::new("")).join(link),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("its links lead in a circle"))
}

#[cfg(test)]
mod tests {
    use super::{follow_links, open_unfinished, unfinished_path};
    use std::fs;
    use std::io::Write;
    use std::path::Path;

    #[test]
    fn one_run_at_a_time_and_no_file_of_others() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = unfinished_path(&folder.path().join("x.csv"));
        assert!(path.ends_with("x.csv.unfinished"));
        let mut file = open_unfinished(&path, b"magic").expect("begun");
        let told = open_unfinished(&path, b"magic").expect_err("held");
        assert!(told.to_string().contains("another run"), "{told}");
        file.write_all(b"mag").expect("writable");
        drop(file);
        assert!(
            open_unfinished(&path, b"magic").is_ok(),
            "cut in its first bytes"
        );
        for other in [&b"Dear diary"[..], b"mama"] {
            fs::write(&path, other).expect("writable");
            let told = open_unfinished(&path, b"magic").expect_err("another file");
            assert!(told.to_string().contains("move it away"), "{told}");
            assert_eq!(fs::read(&path).expect("still there"), other);
        }
        assert!(
            open_unfinished(folder.path(), b"magic").is_err(),
            "a folder"
        );
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_to_their_end_and_not_for_ever() {
        use std::os::unix::fs::symlink;
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        symlink("b", at("a")).expect("a link");
        symlink("sub/c", at("b")).expect("a link");
        assert_eq!(follow_links(&at("a")).expect("an end"), at("sub/c"));
        assert_eq!(
            follow_links(Path::new("none")).expect("itself"),
            Path::new("none")
        );
        symlink("ring", at("ring")).expect("a link");
        assert!(follow_links(&at("ring")).is_err());
        // Unfinished work is no link.
        let path = unfinished_path(&at("x"));
        symlink("y", &path).expect("a link");
        assert!(open_unfinished(&path, b"magic").is_err());
        assert!(!at("y").exists());
    }
}
