//! What can go wrong between a picture and its drawing, and who is at fault.

use std::{io, path::PathBuf};

use affetti_picture::PictureError;

pub use affetti_picture::ErrorKind;

/// An error of this room. The text says what is wrong and what would be right, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SketchError {
    /// A setting out of its range.
    #[error("{name} is {value}, it has to be {range}")]
    Parameter {
        /// Name of the setting.
        name: &'static str,
        /// The value as given.
        value: f64,
        /// The values that are allowed, in words.
        range: &'static str,
    },

    /// A picture in which nothing can be drawn.
    #[error("nothing to draw: {reason}")]
    Nothing {
        /// Why not.
        reason: &'static str,
    },

    /// An edge map whose shape is not that of its picture.
    #[error(
        "the edge map is {} x {} and the picture {} x {}; both have to have the same shape",
        map.0, map.1, picture.0, picture.1
    )]
    Shapes {
        /// Width and height of the map, in pixels.
        map: (u32, u32),
        /// Width and height of the picture, in pixels.
        picture: (u32, u32),
    },

    /// An SVG that cannot be continued from.
    #[error("not a drawing that can be continued: {reason}")]
    BadSvg {
        /// What is wrong and what would be right.
        reason: String,
    },

    /// An SVG that would take more than the limit.
    #[error("the SVG has {what}, the limit is {limit}")]
    SvgLimit {
        /// What there is too much of.
        what: &'static str,
        /// How much there may be.
        limit: usize,
    },

    /// Weights and cards.
    #[error(transparent)]
    Net(#[from] affetti_weights::NetError),

    /// Data sets.
    #[error(transparent)]
    Data(#[from] affetti_data::DataError),

    /// The training loop.
    #[cfg(feature = "train")]
    #[error(transparent)]
    Train(#[from] affetti_train::TrainError),

    /// A folder without anything to learn from or to measure.
    #[error("{}: nothing there belongs to a picture of the data sets", folder.display())]
    NoExamples {
        /// The folder.
        folder: PathBuf,
    },

    /// A data set that another room could not read.
    #[error("{what}")]
    Unreadable {
        /// What is wrong, with the file.
        what: String,
    },

    /// The operating system refused.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },

    /// A picture that could not be made or read.
    #[error(transparent)]
    Picture(#[from] PictureError),
}

impl SketchError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Data(error) => error.kind(),
            #[cfg(feature = "train")]
            Self::Train(error) => error.kind(),
            Self::Io { .. } => ErrorKind::Io,
            Self::Parameter { .. } => ErrorKind::Parameter,
            Self::SvgLimit { .. } => ErrorKind::Limit,
            Self::Nothing { .. }
            | Self::NoExamples { .. }
            | Self::Unreadable { .. }
            | Self::Shapes { .. }
            | Self::BadSvg { .. } => ErrorKind::Input,
            Self::Picture(error) => error.kind(),
        }
    }
}

/// The error of a setting out of range, unless it is in range.
pub(crate) fn require(
    good: bool,
    name: &'static str,
    value: f64,
    range: &'static str,
) -> Result<(), SketchError> {
    if good {
        Ok(())
    } else {
        Err(SketchError::Parameter { name, value, range })
    }
}

impl From<affetti_ground::FileError> for SketchError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
