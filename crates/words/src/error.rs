//! What can go wrong between a sentence and its feeling, and who is at fault.

use std::path::PathBuf;

pub use affetti_ground::ErrorKind;

/// An error of this room. The text says what is wrong and what would be right, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// Weights and cards.
    #[error(transparent)]
    Net(#[from] affetti_weights::NetError),
    /// Data sets.
    #[error(transparent)]
    Data(#[from] affetti_data::DataError),
    /// Labels and their metrics.
    #[error(transparent)]
    Emotion(#[from] affetti_emotion::EmotionError),
    /// The training loop.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] affetti_train::TrainError),
    /// A sentence in which nothing can be read.
    #[error("nothing to read: {why}")]
    Nothing {
        /// Why not.
        why: &'static str,
    },
    /// Captions and references that do not belong together.
    #[error("{what}")]
    Unpaired {
        /// What is missing, and of which picture.
        what: String,
    },
    /// A file that says something else than it should.
    #[error("{}: {what}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What is wrong and what would be right.
        what: String,
    },
    /// Parts of models that do not fit each other.
    #[error("{what}")]
    Unfit {
        /// What does not fit what.
        what: String,
    },
    /// What pictures evoke.
    #[error(transparent)]
    Feel(#[from] affetti_feel::FeelError),
    /// A set that leaves nothing to learn from.
    #[error("{what}")]
    NothingToLearn {
        /// Which set and why.
        what: String,
    },
}

impl WordsError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Data(error) => error.kind(),
            Self::Emotion(error) => error.kind(),
            Self::Feel(error) => error.kind(),
            Self::Unfit { .. } => ErrorKind::Model,
            #[cfg(feature = "train")]
            Self::Train(error) => error.kind(),
            Self::Nothing { .. }
            | Self::Unpaired { .. }
            | Self::BadFile { .. }
            | Self::NothingToLearn { .. } => ErrorKind::Input,
        }
    }
}

impl From<affetti_ground::FileError> for WordsError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
