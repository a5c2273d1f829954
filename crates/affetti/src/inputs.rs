//! What the user names becomes a stream of pictures.
//!
//! Input: files, folders (recursive, known extensions) and standard input, in the user's order.
//! Output: [`Found`], one at a time; a folder of any size takes the memory of its open levels.
//! Files are named but not opened here, so that the stream is quick and can be walked twice.

use std::{
    collections::VecDeque,
    ffi::OsStr,
    path::{Path, PathBuf},
    vec,
};

use affetti_data::folder::{Folder, FolderOptions};
use affetti_picture::EXTENSIONS;

use crate::{
    credits::Credits,
    failure::{ErrorKind, Failure, shown},
};

/// The argument that stands for standard input, and the path of its reading.
pub const STDIN: &str = "-";

/// One input as the user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file or a folder.
    Path(PathBuf),
    /// The bytes of one picture on standard input.
    Stdin,
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

/// Where the bytes of one picture come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

impl Source {
    /// The name in results and messages.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::File(path) => shown(path),
            Self::Stdin => STDIN.to_owned(),
        }
    }
}

/// One picture to feel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its bytes.
    pub source: Source,
    /// Its credit line, if credits were asked for and found.
    pub caption: Option<String>,
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
                let failure = Failure::from_folder(&root, &error);
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
            Err(skipped) => Failure::from_skipped(&skipped).ok_or(skipped),
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
            match self.queue.next()? {
                Input::Path(path) if path.is_dir() => self.open(path),
                Input::Path(path) => return Some(self.file(path)),
                Input::Stdin => {
                    return Some(Found::Picture(Job {
                        source: Source::Stdin,
                        caption: None,
                    }));
                }
            }
        }
    }
}

fn barren(root: &Path) -> Failure {
    let message = format!(
        "no picture in this folder or below it (looked for .{})",
        EXTENSIONS.join(", .")
    );
    Failure::new(shown(root), ErrorKind::Input, message)
}

#[cfg(test)]
mod tests;
