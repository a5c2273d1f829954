//! What can go wrong between a picture and its feeling.

use std::path::PathBuf;

pub use affetti_ground::ErrorKind;

/// An error of this room.
#[derive(Debug, thiserror::Error)]
pub enum FeelError {
    /// Weights, cards, devices.
    #[error(transparent)]
    Net(#[from] affetti_weights::NetError),
    /// Data sets.
    #[error(transparent)]
    Data(#[from] affetti_data::DataError),
    /// The training of a deep network.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] affetti_train::TrainError),
    /// Labels and metrics.
    #[error(transparent)]
    Emotion(#[from] affetti_emotion::EmotionError),
    /// Regions that are not inside of their picture.
    #[error(transparent)]
    Picture(#[from] affetti_picture::PictureError),
    /// A config file that cannot be used.
    #[error(transparent)]
    Config(#[from] affetti_ground::config::ConfigError),
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
    /// A training set that leaves nothing to train on.
    #[error("{what}")]
    NothingToLearn {
        /// Which set and why.
        what: String,
    },
    /// Parts of a model that do not fit each other, or features of another model.
    #[error("{what}")]
    Unfit {
        /// What does not fit what.
        what: String,
    },
    /// An intention that is no distribution of the nine emotions.
    #[error("{given:?} is no intention: {what}")]
    Target {
        /// As given, shortened.
        given: String,
        /// What is wrong and what would be right.
        what: String,
    },
    /// An index file that cannot be used.
    #[error("{}: {what}", path.display())]
    Index {
        /// The file.
        path: PathBuf,
        /// What it is instead, and what to do.
        what: String,
        /// Who is at fault.
        kind: ErrorKind,
    },
    /// A table of reference predictions that is missing or not of this model.
    #[error("{what}; `affetti models reference` makes it")]
    Reference {
        /// What is missing or wrong.
        what: String,
    },
    /// Numbers that are no numbers.
    #[error("{model}: the prediction is not finite: the weights are damaged")]
    NotFinite {
        /// The model.
        model: String,
    },
}

impl FeelError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Data(error) => error.kind(),
            #[cfg(feature = "train")]
            Self::Train(error) => error.kind(),
            Self::Picture(error) => error.kind(),
            Self::Emotion(error) => error.kind(),
            Self::Config(error) => error.kind(),
            Self::Io { .. } => ErrorKind::Io,
            Self::NothingToLearn { .. } => ErrorKind::Input,
            Self::Index { kind, .. } => *kind,
            Self::Target { .. } => ErrorKind::Parameter,
            Self::NotFinite { .. } | Self::Unfit { .. } | Self::Reference { .. } => {
                ErrorKind::Model
            }
        }
    }
}

impl From<affetti_ground::FileError> for FeelError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
