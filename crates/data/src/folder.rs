//! The pictures in a folder and everything below it.
//!
//! - Layout: any. A file belongs to the set if its extension is one of
//!   [`affetti_picture::EXTENSIONS`], in any case; what it really holds is
//!   found out when it is decoded. Pictures in other formats are named as
//!   [`Skipped::Unsupported`].
//! - Output: paths in sorted order, depth first, one at a time. Only the
//!   listing of the folders on the way down is in memory, never the set.
//! - Names that are not UTF-8 are kept as they are; nothing is converted.
//! - Links to files are followed; links to folders only where these are below
//!   the folder itself, so that a link in a gift leads nowhere else.
//! - Deviations: entries that begin with a dot are skipped, unless asked for:
//!   macOS leaves a `._photo.jpg` beside every `photo.jpg` on foreign disks. So are the folders in
//!   which network storage keeps thumbnails (`@eaDir`) and what was deleted (`#recycle`, `@Recycle`).
//!
//! ```no_run
//! use affetti_data::folder::{Folder, FolderOptions};
//!
//! for found in Folder::open("gallery".as_ref(), &FolderOptions::default())? {
//!     match found {
//!         Ok(picture) => println!("{}", picture.display()),
//!         Err(skipped) => eprintln!("{skipped}"),
//!     }
//! }
//! # Ok::<(), affetti_data::DataError>(())
//! ```

use std::{
    collections::HashSet,
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
    vec,
};

use affetti_picture::has_picture_extension;

use crate::DataError;

/// Extensions of pictures that are not read, and what people call them: who gives a folder of these
/// should not be told that it is empty.
const UNREAD: [(&str, &str); 4] = [
    ("heic", "HEIC"),
    ("heif", "HEIF"),
    ("avif", "AVIF"),
    ("jxl", "JPEG XL"),
];

/// How a folder is walked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderOptions {
    /// How many levels of sub-folders are entered; 0 stays in the folder
    /// itself. Default 32.
    pub max_depth: usize,
    /// Whether entries that begin with a dot, and folders of network storage's own, count. Default
    /// false.
    pub hidden: bool,
}

impl Default for FolderOptions {
    fn default() -> Self {
        Self {
            max_depth: 32,
            hidden: false,
        }
    }
}

/// Something below the folder that could not be walked; the rest goes on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Skipped {
    /// A sub-folder or entry that cannot be read; of dangling links, those
    /// that are named like pictures.
    #[error("{}: {source}", path.display())]
    Unreadable {
        /// The entry.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A picture, by its extension, in a format that is not read.
    #[error("{}: {format} files are not supported", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The format's usual name.
        format: &'static str,
    },
    /// A pipe, socket or device that is named like a picture.
    #[error("{}: a pipe, socket or device, not a file", path.display())]
    NotAFile {
        /// The entry.
        path: PathBuf,
    },
    /// A link to a folder that is not below the one that is walked.
    #[error("{}: a link to a folder elsewhere, not followed", path.display())]
    Outside {
        /// The link.
        path: PathBuf,
    },
    /// A link to a folder that was already walked, perhaps the link's own
    /// parent. Every real folder is walked once, so no loop can form.
    #[error("{}: a link to a folder that was already read", path.display())]
    SeenBefore {
        /// The link.
        path: PathBuf,
    },
    /// A sub-folder below [`FolderOptions::max_depth`].
    #[error("{}: more than {max_depth} folders deep", path.display())]
    TooDeep {
        /// The sub-folder.
        path: PathBuf,
        /// The limit.
        max_depth: usize,
    },
}

impl Skipped {
    /// The entry that was skipped.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Unreadable { path, .. }
            | Self::Unsupported { path, .. }
            | Self::NotAFile { path }
            | Self::Outside { path }
            | Self::SeenBefore { path }
            | Self::TooDeep { path, .. } => path,
        }
    }

    /// Whether the folder itself loses nothing: a link to what was read already, or to what is not
    /// in it.
    #[must_use]
    pub fn is_harmless(&self) -> bool {
        matches!(self, Self::SeenBefore { .. } | Self::Outside { .. })
    }

    fn unreadable(path: &Path, source: io::Error) -> Self {
        Self::Unreadable {
            path: path.to_owned(),
            source,
        }
    }
}

/// A walk in progress: an iterator over pictures and over what was skipped.
#[derive(Debug)]
pub struct Folder {
    options: FolderOptions,
    /// Entries still to visit, one sorted list per open level.
    levels: Vec<vec::IntoIter<PathBuf>>,
    /// Real path of the folder itself.
    root: PathBuf,
    /// Real paths of the folders walked so far.
    seen: HashSet<PathBuf>,
    /// Entries that failed while their folder was being listed.
    faults: Vec<Skipped>,
}

/// Names that programs and systems give what is no part of a collection: those with a dot, and the
/// thumbnails and bins of network storage.
fn is_hidden(name: &OsStr) -> bool {
    const OTHERS: [&str; 4] = ["@eaDir", "#recycle", "@Recycle", "$RECYCLE.BIN"];
    let dotted = name.as_encoded_bytes().starts_with(b".");
    dotted || OTHERS.iter().any(|other| name == OsStr::new(other))
}

impl Folder {
    /// Starts a walk at `root`; nothing below it has been read yet.
    ///
    /// # Errors
    /// [`DataError::Io`] if the folder cannot be listed,
    /// [`DataError::NotAFolder`] if it is something else.
    pub fn open(root: &Path, options: &FolderOptions) -> Result<Self, DataError> {
        let failed = |source| DataError::Io {
            path: root.to_owned(),
            source,
        };
        if !fs::metadata(root).map_err(failed)?.is_dir() {
            return Err(DataError::NotAFolder {
                path: root.to_owned(),
            });
        }
        let real = fs::canonicalize(root).map_err(failed)?;
        let mut walk = Self {
            options: options.clone(),
            levels: Vec::new(),
            seen: HashSet::from([real.clone()]),
            root: real,
            faults: Vec::new(),
        };
        let listing = walk.list(root).map_err(failed)?;
        walk.levels.push(listing);
        Ok(walk)
    }

    fn list(&mut self, folder: &Path) -> io::Result<vec::IntoIter<PathBuf>> {
        let mut entries = Vec::new();
        for entry in fs::read_dir(folder)? {
            match entry {
                Ok(entry) => {
                    let name = entry.file_name();
                    if self.options.hidden || !is_hidden(&name) {
                        entries.push(entry.path());
                    }
                }
                Err(source) => self.faults.push(Skipped::unreadable(folder, source)),
            }
        }
        entries.sort_unstable();
        Ok(entries.into_iter())
    }

    /// Goes down into a sub-folder, or says why not.
    fn enter(&mut self, path: PathBuf) -> Result<(), Skipped> {
        let real = fs::canonicalize(&path).map_err(|e| Skipped::unreadable(&path, e))?;
        if !real.starts_with(&self.root) {
            return Err(Skipped::Outside { path });
        }
        // levels.len() is 1 while the root's own entries are visited.
        if self.levels.len() > self.options.max_depth {
            return Err(Skipped::TooDeep {
                path,
                max_depth: self.options.max_depth,
            });
        }
        if !self.seen.insert(real) {
            return Err(Skipped::SeenBefore { path });
        }
        let listing = self
            .list(&path)
            .map_err(|e| Skipped::unreadable(&path, e))?;
        self.levels.push(listing);
        Ok(())
    }
}

impl Iterator for Folder {
    type Item = Result<PathBuf, Skipped>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(fault) = self.faults.pop() {
                return Some(Err(fault));
            }
            let Some(path) = self.levels.last_mut()?.next() else {
                self.levels.pop();
                continue;
            };
            let picture = has_picture_extension(&path);
            match fs::metadata(&path) {
                Ok(meta) if meta.is_dir() => {
                    if let Err(skipped) = self.enter(path) {
                        return Some(Err(skipped));
                    }
                }
                Ok(meta) if picture && meta.is_file() => return Some(Ok(path)),
                // Pipes and devices may carry any name and block a reader forever.
                Ok(_) if picture => return Some(Err(Skipped::NotAFile { path })),
                Ok(_) => {
                    if let Some(format) = unread(&path) {
                        return Some(Err(Skipped::Unsupported { path, format }));
                    }
                }
                // A dangling link that does not look like a picture is nobody's loss.
                Err(source) if !picture && source.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Some(Err(Skipped::unreadable(&path, source))),
            }
        }
    }
}

/// The format of a picture that is not read, by its extension.
fn unread(path: &Path) -> Option<&'static str> {
    let extension = path.extension()?.to_str()?;
    let known = UNREAD
        .iter()
        .find(|(known, _)| extension.eq_ignore_ascii_case(known));
    known.map(|(_, format)| *format)
}

/// The name of a picture within its set: the path below `root`, with `/`
/// between the parts on every system, so that the same set has the same splits
/// everywhere. Parts that are not UTF-8 are converted with U+FFFD.
#[must_use]
pub fn key(root: &Path, file: &Path) -> String {
    let below = file.strip_prefix(root).unwrap_or(file);
    let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

#[cfg(test)]
mod tests;
