//! Where the bytes of one picture come from: a file, standard input, or memory.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use affetti_picture::{Limits, PictureError, another_follows};

use super::name::PictureName;

/// The argument that stands for standard input, and the path of its answer.
pub const STDIN: &str = "-";

/// Where the bytes of one picture come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// Standard input.
    Stdin,
    /// Bytes that are there already, shared by all clones.
    Bytes {
        /// The path of the answer; any text.
        name: String,
        /// A whole file.
        bytes: Arc<[u8]>,
    },
}

/// One picture to work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its bytes.
    pub source: Source,
    /// Its credit line, if credits were asked for and found.
    pub caption: Option<String>,
}

impl From<Source> for Job {
    /// Without a credit line.
    fn from(source: Source) -> Self {
        Self {
            source,
            caption: None,
        }
    }
}

impl Source {
    /// The name in results and messages.
    #[must_use]
    pub fn name(&self) -> PictureName {
        match self {
            Self::File(path) => path.as_path().into(),
            Self::Stdin => STDIN.into(),
            Self::Bytes { name, .. } => name.as_str().into(),
        }
    }

    /// All bytes, within the limit on their number.
    ///
    /// The picture room's own `read` decodes in the same breath; here the size in the header is
    /// asked in between, to wait for memory.
    pub(super) fn bytes(&self, limits: &Limits) -> Result<Cow<'_, [u8]>, PictureError> {
        match self {
            Self::File(path) => file(path, limits).map(Cow::Owned),
            Self::Stdin => {
                let bytes = stdin(limits)?;
                if another_follows(&bytes) {
                    return Err(PictureError::SeveralPictures);
                }
                Ok(Cow::Owned(bytes))
            }
            Self::Bytes { bytes, .. } => {
                limits.check_bytes(bytes.len() as u64)?;
                Ok(Cow::Borrowed(bytes))
            }
        }
    }
}

fn file(path: &Path, limits: &Limits) -> Result<Vec<u8>, PictureError> {
    let failed = |source| PictureError::Io {
        path: path.to_owned(),
        source,
    };
    // Asked by path before the file is opened: opening a pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(PictureError::NotAFile {
            what: "a pipe, socket or device",
            path: path.to_owned(),
        });
    }
    limits.check_bytes(metadata.len())?;
    let file = File::open(path).map_err(failed)?;
    whole(file, metadata.len(), limits, failed)
}

fn stdin(limits: &Limits) -> Result<Vec<u8>, PictureError> {
    whole(io::stdin().lock(), 0, limits, |source| PictureError::Io {
        path: STDIN.into(),
        source,
    })
}

/// One byte more than allowed tells "too long" from "just fits".
fn whole(
    from: impl Read,
    expected: u64,
    limits: &Limits,
    failed: impl Fn(io::Error) -> PictureError,
) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    from.take(limits.max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    limits.check_bytes(bytes.len() as u64)?;
    Ok(bytes)
}
