//! What can go wrong with weights, cards and devices.

use std::path::PathBuf;

use affetti_ground::{ErrorKind, FileError};

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// A weight file that cannot be read as what it should be.
    #[error("{file}: not a readable {format} file: {why}")]
    Malformed {
        /// File name, or the name of embedded weights.
        file: String,
        /// Expected format.
        format: &'static str,
        /// The first thing that is wrong.
        why: String,
    },
    /// A file larger than any that we expect.
    #[error("{file}: {what} is {found}, the limit is {limit}")]
    TooLarge {
        /// File name.
        file: String,
        /// What is too large.
        what: &'static str,
        /// Its size.
        found: u64,
        /// The limit.
        limit: u64,
    },
    /// Tensors do not fit the network.
    #[error("{file}: does not fit {network}: {}", problems.join("; "))]
    Mismatch {
        /// File name.
        file: String,
        /// The network that was to be filled.
        network: String,
        /// Every missing, extra or misshapen tensor.
        problems: Vec<String>,
    },
    /// The content is not the published one.
    #[error("{file}: sha256 is {found}, expected {expected}: download or build it again")]
    Hash {
        /// File name.
        file: String,
        /// Computed.
        found: String,
        /// On the card or in the file name.
        expected: String,
    },
    /// No such model.
    #[error("no model is called {name:?}; known: {known}")]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// Weights that are neither embedded nor imported.
    #[error("the weights of {name} are not here: {hint}")]
    Missing {
        /// The model.
        name: String,
        /// What to do about it.
        hint: String,
    },
    /// A download that did not come to its end.
    #[error("cannot download {url}: {why}")]
    Download {
        /// From where.
        url: String,
        /// Why not.
        why: String,
    },
    /// A device that this build or machine lacks.
    #[error("{0}")]
    Device(String),
}

impl NetError {
    /// Who is at fault.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Io { .. } | Self::Download { .. } => ErrorKind::Io,
            Self::Malformed { .. } => ErrorKind::Input,
            Self::TooLarge { .. } => ErrorKind::Limit,
            Self::Mismatch { .. } | Self::Hash { .. } | Self::Missing { .. } => ErrorKind::Model,
            Self::UnknownModel { .. } => ErrorKind::Parameter,
            Self::Device(_) => ErrorKind::Unsupported,
        }
    }
}

impl From<FileError> for NetError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io {
                action,
                path,
                source,
            } => Self::Io {
                action,
                path,
                source,
            },
            FileError::TooLarge { path, found, limit } => Self::TooLarge {
                file: path.display().to_string(),
                what: "its size in bytes",
                found,
                limit,
            },
        }
    }
}
