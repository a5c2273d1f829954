//! What the user names becomes a stream of pictures.
//!
//! Input: files, folders (recursive, known extensions), standard input and bytes in memory, in the
//! user's order.
//! Output: [`Found`], one at a time; a folder of any size takes the memory of its open levels.
//! Files are named but not opened here, so that the stream is quick and can be walked twice.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use affetti_data::folder::{Folder, FolderOptions};
use affetti_picture::EXTENSIONS;

use super::{
    credits::Credits,
    failure::{ErrorKind, Failure, Fault},
    source::{Job, STDIN, Source},
};

/// One input as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// The bytes of one picture on standard input.
    Stdin,
    /// The bytes of one picture in memory.
    Bytes {
        /// The path of its answer; any text.
        name: String,
        /// A whole file.
        bytes: Arc<[u8]>,
    },
}

impl From<&OsStr> for Input {
    /// `-` is standard input; `./-` is a file of that name.
    fn from(argument: &OsStr) -> Self {
        if argument == STDIN {
            Self::Stdin
        } else {
            Self::Path(argument.into())
        }
    }
}

/// What the stream gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// A picture, or what is named like one.
    Picture(Job),
    /// An input that leads to no picture.
    Failed(Failure),
    /// Something worth telling only to those who ask for it.
    Note(String),
}

/// The stream of pictures; an iterator.
#[derive(Debug)]
pub struct Inputs {
    queue: vec::IntoIter<Input>,
    walk: Option<Walk>,
    credits: Option<Credits>,
    pending: VecDeque<Found>,
}

/// A folder in progress.
#[derive(Debug)]
struct Walk {
    root: PathBuf,
    folder: Folder,
    /// Whether anything was found or told about it.
    fruitful: bool,
}

impl Inputs {
    /// A stream over `inputs`, without credit lines.
    pub fn new(inputs: impl IntoIterator<Item = Input>) -> Self {
        Self {
            queue: inputs.into_iter().collect::<Vec<_>>().into_iter(),
            walk: None,
            credits: None,
            pending: VecDeque::new(),
        }
    }

    /// Looks for `credits.csv` (columns file, title, artist, date) in the folders on the way and
    /// gives every picture named there its line as caption.
    #[must_use]
    pub fn with_credits(mut self) -> Self {
        self.credits = Some(Credits::default());
        self
    }

    fn open(&mut self, root: PathBuf) {
        match Folder::open(&root, &FolderOptions::default()) {
            Ok(folder) => {
                if let Some(credits) = &mut self.credits {
                    let note = credits.enter(&root);
                    self.pending.extend(note.map(Found::Note));
                }
                self.walk = Some(Walk {
                    root,
                    folder,
                    fruitful: false,
                });
            }
            Err(error) => {
                let failure = Failure::of_folder(&root, &error);
                self.pending.push_back(Found::Failed(failure));
            }
        }
    }

    fn file(&mut self, path: PathBuf) -> Found {
        let caption = self.credits.as_mut().and_then(|credits| {
            let (caption, note) = credits.caption(&path);
            self.pending.extend(note.map(Found::Note));
            caption
        });
        Found::Picture(Job {
            source: Source::File(path),
            caption,
        })
    }

    /// The next find below the open folder; `None` at its end.
    fn step(&mut self) -> Option<Found> {
        let walk = self.walk.as_mut()?;
        let Some(next) = walk.folder.next() else {
            let root = self.walk.take().filter(|walk| !walk.fruitful)?.root;
            return Some(Found::Failed(barren(&root)));
        };
        let failure = match next {
            Ok(path) => {
                walk.fruitful = true;
                return Some(self.file(path));
            }
            Err(skipped) => Failure::of_skipped(&skipped).ok_or(skipped),
        };
        Some(match failure {
            Ok(failure) => {
                walk.fruitful = true;
                Found::Failed(failure)
            }
            Err(link) => Found::Note(link.to_string()),
        })
    }
}

impl Iterator for Inputs {
    type Item = Found;

    fn next(&mut self) -> Option<Found> {
        loop {
            if let Some(found) = self.pending.pop_front().or_else(|| self.step()) {
                return Some(found);
            }
            let source = match self.queue.next()? {
                Input::Path(path) if path.is_dir() => {
                    self.open(path);
                    continue;
                }
                Input::Path(path) => return Some(self.file(path)),
                Input::Stdin => Source::Stdin,
                Input::Bytes { name, bytes } => Source::Bytes { name, bytes },
            };
            return Some(Found::Picture(source.into()));
        }
    }
}

fn barren(root: &Path) -> Failure {
    let message = format!(
        "no picture in this folder or below it (looked for .{})",
        EXTENSIONS.join(", .")
    );
    Fault::new(ErrorKind::Input, message).of(root)
}

#[cfg(test)]
mod tests;
