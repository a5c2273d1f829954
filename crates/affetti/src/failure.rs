//! An input that could not be felt.

use std::{io, path::Path};

use affetti_data::{DataError, folder::Skipped};
use affetti_feel::FeelError;
use affetti_picture::PictureError;
use affetti_regions::RegionsError;
use affetti_sketch::SketchError;
use serde_json::json;

pub use affetti_picture::ErrorKind;

/// Why one input has no [`Reading`](crate::Reading); the others have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {message}")]
pub struct Failure {
    /// The input, as the user gave it or as it was found; not UTF-8 is shown with U+FFFD.
    pub path: String,
    /// Who is at fault.
    pub kind: ErrorKind,
    /// What is wrong and what to do, in one line, without the path.
    pub message: String,
}

impl Failure {
    /// The JSON line of a failed input, without a line feed: `{"path","error":{"kind","message"}}`.
    #[must_use]
    pub fn json(&self) -> String {
        let error = json!({"kind": self.kind.name(), "message": self.message});
        json!({"path": self.path, "error": error}).to_string()
    }

    pub(crate) fn new(path: String, kind: ErrorKind, message: impl ToString) -> Self {
        Self {
            path,
            kind,
            message: message.to_string(),
        }
    }

    pub(crate) fn from_picture(path: String, error: &PictureError) -> Self {
        Self::new(path, error.kind(), error)
    }

    pub(crate) fn from_feel(path: String, error: &FeelError) -> Self {
        Self::new(path, error.kind(), error)
    }

    pub(crate) fn from_regions(path: String, error: &RegionsError) -> Self {
        Self::new(path, error.kind(), error)
    }

    pub(crate) fn from_sketch(path: String, error: &SketchError) -> Self {
        Self::new(path, error.kind(), error)
    }

    /// A folder that could not be opened.
    pub(crate) fn from_folder(path: &Path, error: &DataError) -> Self {
        let name = shown(path);
        match error {
            DataError::Io { source, .. } => Self::unlisted(name, source),
            other => Self::new(name, ErrorKind::Input, other),
        }
    }

    /// Something below a folder that could not be walked. `None` for a link by which nothing is
    /// lost.
    pub(crate) fn from_skipped(skipped: &Skipped) -> Option<Self> {
        let name = shown(skipped.path());
        match skipped {
            link if link.is_harmless() => None,
            Skipped::Unsupported { format, .. } => {
                let error = PictureError::UnsupportedFormat { name: format };
                Some(Self::from_picture(name, &error))
            }
            Skipped::NotAFile { path } => {
                let error = PictureError::NotAFile {
                    what: "a pipe, socket or device",
                    path: path.clone(),
                };
                Some(Self::from_picture(name, &error))
            }
            Skipped::Unreadable { source, .. } => Some(Self::unlisted(name, source)),
            Skipped::TooDeep { max_depth, .. } => {
                let message =
                    format!("more than {max_depth} folders deep; give this folder itself");
                Some(Self::new(name, ErrorKind::Limit, message))
            }
            other => Some(Self::new(name, ErrorKind::Input, other)),
        }
    }

    fn unlisted(name: String, source: &io::Error) -> Self {
        let message = match source.kind() {
            io::ErrorKind::PermissionDenied => {
                "no permission to read it; change its permissions or run as its owner".to_owned()
            }
            io::ErrorKind::NotFound => "the link leads nowhere; remove or repair it".to_owned(),
            _ => format!("cannot be read ({source}); check the disk and try again"),
        };
        Self::new(name, ErrorKind::Io, message)
    }
}

/// A path for people and JSON.
pub(crate) fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}
