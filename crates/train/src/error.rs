//! What can go wrong in a training.

use std::path::PathBuf;

pub use affetti_ground::ErrorKind;

/// An error of this room, or of the task that it trains.
#[derive(Debug, thiserror::Error)]
pub enum TrainError {
    /// Weights and files.
    #[error(transparent)]
    Net(#[from] affetti_weights::NetError),
    /// A config file that cannot be used.
    #[error(transparent)]
    Config(#[from] affetti_ground::config::ConfigError),
    /// A checkpoint of another training.
    #[error("{}: {what}", path.display())]
    Checkpoint {
        /// The checkpoint.
        path: PathBuf,
        /// How it differs.
        what: String,
    },
    /// Loss, gradient or weights are not numbers any more.
    #[error(
        "training diverged in epoch {epoch}, step {step}: {what} is not finite; a lower rate or \
         stronger clipping may help; the checkpoints of the epochs before are kept"
    )]
    Diverged {
        /// From 1.
        epoch: usize,
        /// From 1.
        step: usize,
        /// Loss or gradient, and whose.
        what: String,
    },
    /// The task failed.
    #[error("{source}")]
    Task {
        /// Who is at fault.
        kind: ErrorKind,
        /// Its own error.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl TrainError {
    /// Wraps the error of a task.
    pub fn task(
        kind: ErrorKind,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Task {
            kind,
            source: source.into(),
        }
    }

    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Config(error) => error.kind(),
            Self::Checkpoint { .. } => ErrorKind::Model,
            Self::Diverged { .. } => ErrorKind::Model,
            Self::Task { kind, .. } => *kind,
        }
    }
}

impl From<affetti_ground::FileError> for TrainError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
