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
        walk.fruitful = true;
        Some(match next {
            Ok(path) => self.file(path),
            Err(skipped) => match Failure::from_skipped(&skipped) {
                Some(failure) => Found::Failed(failure),
                None => {
                    // A link is no picture: the folder may still turn out to be empty.
                    walk.fruitful = false;
                    Found::Note(skipped.to_string())
                }
            },
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
mod tests {
    use super::{Found, Input, Inputs, Source};
    use std::fs;

    fn names(inputs: Inputs) -> Vec<String> {
        inputs
            .map(|found| match found {
                Found::Picture(job) => {
                    let file = job.source.name();
                    let name = file.rsplit('/').next().unwrap_or_default().to_owned();
                    name + &job.caption.map(|c| format!(" ({c})")).unwrap_or_default()
                }
                Found::Failed(failure) => format!("! {}", failure.message),
                Found::Note(note) => format!("# {note}"),
            })
            .collect()
    }

    #[test]
    fn order_is_the_users_and_folders_are_sorted() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(root.join("empty")).unwrap();
        for name in ["b.jpg", "a.PNG", "notes.txt", "sub/c.webp", ".hidden.jpg"] {
            fs::write(root.join(name), b"x").unwrap();
        }
        let given = [
            Input::Stdin,
            Input::Path(root.join("notes.txt")),
            Input::Path(root.to_owned()),
            Input::Path(root.join("empty")),
        ];
        assert_eq!(
            names(Inputs::new(given)),
            [
                "-",
                "notes.txt",
                "a.PNG",
                "b.jpg",
                "c.webp",
                "! no picture in this folder or below it \
                 (looked for .jpg, .jpeg, .jpe, .jfif, .png, .apng, .webp)"
            ]
        );
    }

    #[test]
    fn credits_become_captions() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs::create_dir_all(root.join("sub")).unwrap();
        fs::create_dir_all(root.join("bad")).unwrap();
        for name in ["a.jpg", "b.jpg", "sub/c.jpg", "sub/d.jpg", "bad/e.jpg"] {
            fs::write(root.join(name), b"x").unwrap();
        }
        let lines = "date,file,title,artist,extra\n1850,a.jpg,\"Storm,\nat night\",A. Painter,x\n\
                     ,sub/c.jpg,Calm,,\n,,,,\n";
        fs::write(root.join("credits.csv"), lines).unwrap();
        fs::write(root.join("sub/credits.csv"), "file,title\nd.jpg,Deep\n").unwrap();
        fs::write(root.join("bad/credits.csv"), "name\nx\n").unwrap();
        let found = names(Inputs::new([Input::Path(root.to_owned())]).with_credits());
        assert_eq!(
            found.iter().map(String::as_str).filter(|n| !n.starts_with('#')).collect::<Vec<_>>(),
            ["a.jpg (Storm, at night, A. Painter, 1850)", "b.jpg", "e.jpg", "c.jpg (Calm)", "d.jpg (Deep)"]
        );
        assert_eq!(found.iter().filter(|n| n.starts_with('#')).count(), 1, "{found:?}");
        // The same line when the file is named itself.
        let one = names(Inputs::new([Input::Path(root.join("sub/d.jpg"))]).with_credits());
        assert_eq!(one, ["d.jpg (Deep)"]);
    }

    #[test]
    fn a_dash_is_standard_input() {
        assert_eq!(Input::from("-".as_ref()), Input::Stdin);
        assert_eq!(Input::from("./-".as_ref()), Input::Path("./-".into()));
        assert_eq!(Source::Stdin.name(), "-");
    }
}
