//! Folders of this machine that the user named at the start: their pictures, and the index of each.
//!
//! A picture is named by the way from its folder, in hexadecimal figures. Whatever a name says, the file that it
//! leads to has to lie in the folder, links followed.

use std::{
    fs, io,
    path::{Component, Path, PathBuf},
};

use affetti::{
    Failure, Found, Input, Inputs, Source,
    feel::index::{Home, Index},
    pipeline::{ErrorKind, Fault},
    weights::store::sha256,
};

use crate::error::StudioError;

/// Failures that are named; the rest is counted.
const NAMED: usize = 20;

/// All collections.
#[derive(Debug)]
pub struct Collections {
    all: Vec<Collection>,
    exports: Option<PathBuf>,
}

/// A folder of pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Its name in addresses.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Where it is, links followed.
    pub folder: PathBuf,
    /// Where its index is.
    pub index: PathBuf,
}

impl Collections {
    /// Of `folders`, with their indexes below `data`, and copies below `exports`, the one place where anything else is
    /// written.
    ///
    /// # Errors
    /// What is no folder, or cannot be read; copies inside of a collection, where they would be read again.
    pub fn open(
        folders: &[PathBuf],
        data: &Path,
        exports: Option<&Path>,
    ) -> Result<Self, StudioError> {
        let below = data.join("collections");
        fs::create_dir_all(&below).map_err(|source| StudioError::Folder {
            path: below.clone(),
            source,
        })?;
        let mut all: Vec<Collection> = Vec::new();
        for given in folders {
            let failed = |source| StudioError::Pictures {
                path: given.clone(),
                source,
            };
            let folder = fs::canonicalize(given).map_err(failed)?;
            // What cannot be listed is told at the start.
            drop(fs::read_dir(&folder).map_err(failed)?);
            let id = sha256(folder.as_os_str().as_encoded_bytes())[..16].to_owned();
            if all.iter().any(|one| one.id == id) {
                continue;
            }
            let name = folder
                .file_name()
                .map_or("pictures".into(), |name| name.to_string_lossy());
            let mut name = name.into_owned();
            // Two of one name would be copied into one folder.
            if all.iter().any(|one| one.name == name) {
                name = format!("{name}-{}", &id[..6]);
            }
            all.push(Collection {
                name,
                index: below.join(format!("{id}.affetti")),
                folder,
                id,
            });
        }
        let exports = exports.map(|folder| opened(folder, &all)).transpose()?;
        Ok(Self { all, exports })
    }

    /// Where copies go.
    ///
    /// # Errors
    /// A studio that was opened without such a folder.
    pub fn exports(&self) -> Result<&Path, Fault> {
        self.exports.as_deref().ok_or_else(|| {
            let told = "no folder for copies; open the studio with --export FOLDER";
            Fault::new(ErrorKind::Unsupported, told)
        })
    }

    /// All of them, in the order in which they were named.
    #[must_use]
    pub fn all(&self) -> &[Collection] {
        &self.all
    }

    /// The one of that name.
    ///
    /// # Errors
    /// Another word.
    pub fn get(&self, id: &str) -> Result<&Collection, Fault> {
        let found = self.all.iter().find(|one| one.id == id);
        found.ok_or_else(|| Fault::new(ErrorKind::Input, "there is no such collection"))
    }
}

/// The folder for copies, made where it is missing; not where copies of one collection would lie in another, or
/// the other way round.
fn opened(folder: &Path, all: &[Collection]) -> Result<PathBuf, StudioError> {
    let failed = |source| StudioError::Folder {
        path: folder.to_owned(),
        source,
    };
    let planned = planned(folder).map_err(failed)?;
    for name in all.iter().map(|one| &one.name) {
        let copies = planned.join(name);
        let meets =
            |one: &&Collection| copies.starts_with(&one.folder) || one.folder.starts_with(&copies);
        if let Some(one) = all.iter().find(meets) {
            return Err(StudioError::Copies {
                path: copies,
                collection: one.name.clone(),
            });
        }
    }
    fs::create_dir_all(folder).map_err(failed)?;
    fs::canonicalize(folder).map_err(failed)
}

/// Where a folder lies or would lie, links followed.
fn planned(folder: &Path) -> io::Result<PathBuf> {
    let folder = std::path::absolute(folder)?;
    let there = folder.ancestors().find(|part| part.exists());
    let there = there.unwrap_or(&folder);
    let rest = folder.strip_prefix(there).unwrap_or(Path::new(""));
    if rest.components().any(|part| part == Component::ParentDir) {
        return Err(io::Error::other("a way up from a folder that is not there"));
    }
    Ok(fs::canonicalize(there)?.join(rest))
}

impl Collection {
    /// Its pictures: files whose way does not lead out of it; and folders that cannot be read.
    pub fn pictures(&self) -> impl Iterator<Item = Found> + '_ {
        let inside = |found: &Found| match found {
            Found::Picture(job) => match &job.source {
                Source::File(file) => self.holds(file),
                _ => false,
            },
            Found::Failed(_) => true,
            Found::Note(_) => false,
        };
        Inputs::new([Input::Path(self.folder.clone())]).filter(inside)
    }

    fn holds(&self, file: &Path) -> bool {
        fs::canonicalize(file).is_ok_and(|real| real.starts_with(&self.folder) && real.is_file())
    }

    /// How an index that lies elsewhere names pictures.
    ///
    /// # Errors
    /// A folder of indexes that is gone.
    pub fn home(&self) -> Result<Home, Fault> {
        Home::of(&self.index).map_err(|error| Fault::new(ErrorKind::Io, error))
    }

    /// The index, if it was made.
    ///
    /// # Errors
    /// A damaged one; one that is not there.
    pub fn open_index(&self) -> Result<Index, Fault> {
        if !self.index.exists() {
            let told = format!("{} has no index yet; make one first", self.name);
            return Err(Fault::new(ErrorKind::Input, told));
        }
        Ok(Index::open(&self.index)?)
    }

    /// The name of a file of it, for addresses.
    #[must_use]
    pub fn key(&self, file: &Path) -> Option<String> {
        let way = file.strip_prefix(&self.folder).ok()?;
        let bytes = way.as_os_str().as_encoded_bytes();
        Some(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The first failures of a work on it, by the way from its folder.
    #[must_use]
    pub fn named(&self, failed: &[Failure]) -> Vec<Failure> {
        let named = failed.iter().take(NAMED).map(|failure| {
            let path = failure.path.to_path();
            let way = path.strip_prefix(&self.folder).unwrap_or(Path::new(""));
            failure.fault.clone().of(way)
        });
        named.collect()
    }

    /// The way from the folder to a file of it, made of plain names alone.
    #[must_use]
    pub fn way(&self, file: &Path) -> Option<PathBuf> {
        let way = file.strip_prefix(&self.folder).ok()?;
        let plain = way.components().all(|c| matches!(c, Component::Normal(_)));
        (plain && self.holds(file)).then(|| way.to_owned())
    }

    /// The file of that name.
    ///
    /// # Errors
    /// What is no name, leads out of the folder, or is not there.
    pub fn file(&self, key: &str) -> Result<PathBuf, Fault> {
        let missing = || {
            Fault::new(
                ErrorKind::Input,
                "there is no such picture in this collection",
            )
        };
        let digits = key.as_bytes();
        if digits.is_empty() || digits.len() > 8192 || digits.len() % 2 == 1 {
            return Err(missing());
        }
        let byte = |pair: &[u8]| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = digits.chunks(2).map(byte).collect();
        let way = way(bytes.ok_or_else(missing)?).ok_or_else(missing)?;
        let file = self.folder.join(way);
        if self.holds(&file) {
            Ok(file)
        } else {
            Err(missing())
        }
    }
}

#[cfg(unix)]
fn way(bytes: Vec<u8>) -> Option<PathBuf> {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    Some(OsString::from_vec(bytes).into())
}

#[cfg(not(unix))]
fn way(bytes: Vec<u8>) -> Option<PathBuf> {
    String::from_utf8(bytes).ok().map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::Collections;
    use std::fs;

    fn hexadecimal(text: &str) -> String {
        text.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn names_lead_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pictures");
        fs::create_dir_all(folder.join("below")).unwrap();
        fs::write(folder.join("below/a.jpg"), b"a").unwrap();
        fs::write(root.path().join("secret.jpg"), b"s").unwrap();
        let all = Collections::open(&[folder.clone(), folder.clone()], root.path(), None).unwrap();
        assert_eq!(
            (all.all().len(), all.all()[0].name.as_str()),
            (1, "pictures")
        );
        let one = &all.all()[0];
        let file = one.file(&hexadecimal("below/a.jpg")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"a");
        assert_eq!(one.key(&file).unwrap(), hexadecimal("below/a.jpg"));
        let outside = root.path().join("secret.jpg").display().to_string();
        for way in [
            "../secret.jpg",
            "below/../../secret.jpg",
            outside.as_str(),
            "",
            "below",
            "b.jpg",
            "\0",
        ] {
            assert!(one.file(&hexadecimal(way)).is_err(), "{way}");
        }
        assert!(one.file("zz").is_err() && one.file("abc").is_err());
        assert!(all.get("none").is_err());
    }

    #[test]
    fn copies_and_collections_keep_apart() {
        let root = tempfile::tempdir().unwrap();
        let at = |way: &str| root.path().join(way);
        for folder in ["a/photos", "b/photos"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        let both = [at("a/photos"), at("b/photos")];
        let open = |exports: &str| Collections::open(&both, root.path(), Some(&at(exports)));
        let all = open("sorted").unwrap();
        assert_eq!(all.all()[0].name, "photos");
        assert!(all.all()[1].name.starts_with("photos-"));
        assert!(all.exports().unwrap().ends_with("sorted"));
        // In a collection, above it so that copies fall into it, and by a way around.
        for way in ["a/photos", "a/photos/sorted", "a", "sorted/../b/photos/new"] {
            let error = open(way).unwrap_err().to_string();
            assert!(error.contains("outside of it"), "{way}: {error}");
        }
        assert!(open("none/../a").is_err());
        assert!(!at("a/photos/sorted").exists() && !at("b/photos/new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn links_do_not_lead_out() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("pictures");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.jpg"), b"a").unwrap();
        fs::write(root.path().join("secret.jpg"), b"s").unwrap();
        std::os::unix::fs::symlink("../secret.jpg", folder.join("link.jpg")).unwrap();
        std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
        let all = Collections::open(&[folder], root.path(), None).unwrap();
        let one = &all.all()[0];
        assert_eq!(one.pictures().count(), 1);
        for way in ["link.jpg", "up/secret.jpg"] {
            assert!(one.file(&hexadecimal(way)).is_err(), "{way}");
        }
    }
}
