//! An input that has no answer, and who is at fault.

use std::{fmt::Display, io, path::Path};

use affetti_data::{DataError, folder::Skipped};
use affetti_feel::FeelError;
use affetti_paint::PaintError;
use affetti_picture::PictureError;
use affetti_regions::RegionsError;
use affetti_sketch::SketchError;
use affetti_words::WordsError;
use serde::Serialize;

use super::name::PictureName;
pub use affetti_picture::ErrorKind;

/// Why one input has no answer; the others have. As JSON `{"path","error":{"kind","message"}}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct Failure {
    /// The input, as the user gave it or as it was found.
    #[serde(flatten)]
    pub path: PictureName,
    /// What is wrong.
    #[serde(rename = "error")]
    pub fault: Fault,
}

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// Who is at fault.
    pub kind: ErrorKind,
    /// What is wrong and what to do, in one line, without the path.
    pub message: String,
}

impl From<PictureError> for Fault {
    fn from(error: PictureError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl From<FeelError> for Fault {
    fn from(error: FeelError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl From<RegionsError> for Fault {
    fn from(error: RegionsError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl From<WordsError> for Fault {
    fn from(error: WordsError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl From<PaintError> for Fault {
    fn from(error: PaintError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl From<SketchError> for Fault {
    fn from(error: SketchError) -> Self {
        Self::new(error.kind(), error)
    }
}

impl Fault {
    /// A fault of `kind`, in words.
    pub fn new(kind: ErrorKind, message: impl Display) -> Self {
        Self {
            kind,
            message: message.to_string(),
        }
    }

    /// That of the input called `path`.
    #[must_use]
    pub fn of(self, path: impl Into<PictureName>) -> Failure {
        let path = path.into();
        Failure { path, fault: self }
    }

    pub(super) fn gave_up() -> Self {
        let message = "the program gave up on this picture: a bug of affetti; please report it";
        Self::new(ErrorKind::Model, message)
    }

    fn unlisted(source: &io::Error) -> Self {
        let message = match source.kind() {
            io::ErrorKind::PermissionDenied => {
                "no permission to read it; change its permissions or run as its owner".to_owned()
            }
            io::ErrorKind::NotFound => "the link leads nowhere; remove or repair it".to_owned(),
            _ => format!("cannot be read ({source}); check the disk and try again"),
        };
        Self::new(ErrorKind::Io, message)
    }
}

impl Failure {
    /// A folder that could not be opened.
    pub(super) fn of_folder(path: &Path, error: &DataError) -> Self {
        let fault = match error {
            DataError::Io { source, .. } => Fault::unlisted(source),
            other => Fault::new(ErrorKind::Input, other),
        };
        fault.of(path)
    }

    /// Something below a folder that could not be walked. `None` for a link by which nothing is
    /// lost.
    pub(super) fn of_skipped(skipped: &Skipped) -> Option<Self> {
        let fault = match skipped {
            link if link.is_harmless() => return None,
            Skipped::Unsupported { format, .. } => {
                PictureError::UnsupportedFormat { name: format }.into()
            }
            Skipped::NotAFile { path } => PictureError::NotAFile {
                what: "a pipe, socket or device",
                path: path.clone(),
            }
            .into(),
            Skipped::Unreadable { source, .. } => Fault::unlisted(source),
            Skipped::TooDeep { max_depth, .. } => Fault::new(
                ErrorKind::Limit,
                format!("more than {max_depth} folders deep; give this folder itself"),
            ),
            other => Fault::new(ErrorKind::Input, other),
        };
        Some(fault.of(skipped.path()))
    }
}
