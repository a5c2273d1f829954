//! What can go wrong between a wish and a picture, and who is at fault.

use std::path::PathBuf;

pub use affetti_ground::ErrorKind;

/// An error of this room. The text says what is wrong and what would be right, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaintError {
    /// Weights and cards.
    #[error(transparent)]
    Net(#[from] affetti_weights::NetError),
    /// Data sets.
    #[error(transparent)]
    Data(#[from] affetti_data::DataError),
    /// Pictures.
    #[error(transparent)]
    Picture(#[from] affetti_picture::PictureError),
    /// What pictures evoke.
    #[error(transparent)]
    Feel(#[from] affetti_feel::FeelError),
    /// The training loop.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] affetti_train::TrainError),
    /// A genre, style or feeling that cannot be painted.
    #[error("{what}")]
    NoSuch {
        /// What was asked, and what can be.
        what: String,
    },
    /// Files or parts of models that do not fit each other.
    #[error("{what}")]
    Unfit {
        /// What does not fit what.
        what: String,
    },
    /// A set that leaves too little to learn from or to measure on.
    #[error("{what}")]
    TooLittle {
        /// Which set, how much there is and how much is needed.
        what: String,
    },
    /// A file that cannot be read or written.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
}

impl PaintError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Data(error) => error.kind(),
            Self::Feel(error) => error.kind(),
            #[cfg(feature = "train")]
            Self::Train(error) => error.kind(),
            Self::Unfit { .. } => ErrorKind::Model,
            Self::NoSuch { .. } => ErrorKind::Parameter,
            Self::Picture(_) | Self::TooLittle { .. } => ErrorKind::Input,
            Self::Io { .. } => ErrorKind::Io,
        }
    }
}

impl From<affetti_ground::FileError> for PaintError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
