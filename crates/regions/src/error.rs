//! What can go wrong between a picture and its regions, and who is at fault.

use std::{io, ops::RangeBounds, path::PathBuf};

pub use affetti_picture::ErrorKind;

/// An error of this room. The text says what is wrong and what would be right, in one line.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegionsError {
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

    /// Values that do not fill their map.
    #[error(
        "{values} values do not fill a map of {width} x {height}; sides are 1 to 65535 and there is one value a pixel"
    )]
    BadMap {
        /// Width asked for, in pixels.
        width: usize,
        /// Height asked for, in pixels.
        height: usize,
        /// Number of values given.
        values: usize,
    },

    /// A value of a map that cannot be, such as NaN.
    #[error("the {map} map holds {value} at column {x}, row {y}; it has to be {range}")]
    BadValue {
        /// Which map: `edge` or `orientation`.
        map: &'static str,
        /// The value found.
        value: f32,
        /// Its column, in pixels from the left.
        x: usize,
        /// Its row, in pixels from the top.
        y: usize,
        /// The values that are allowed, in words.
        range: &'static str,
    },

    /// Two maps, or a map and a picture, of different sizes.
    #[error(
        "{what} is {} x {} but {other} is {} x {}; make both from the same picture",
        size.0, size.1, other_size.0, other_size.1
    )]
    SizesDiffer {
        /// The first of the two.
        what: &'static str,
        /// Its width and height, in pixels.
        size: (usize, usize),
        /// The second of the two.
        other: &'static str,
        /// Its width and height, in pixels.
        other_size: (usize, usize),
    },

    /// A number of boxes, scores or distributions that does not go with another.
    #[error("{found} {what} where {expected} are needed; {hint}")]
    Count {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
        /// What to do.
        hint: &'static str,
    },

    /// A distribution, score or box that is not one.
    #[error("{what} {index} is not valid: {reason}")]
    BadInput {
        /// What it is, for example `distribution`.
        what: &'static str,
        /// Its place in the list given, from 0.
        index: usize,
        /// Why not.
        reason: &'static str,
    },

    /// More work than the limit.
    #[error("{what} are {found}, the limit is {limit}; {hint}")]
    Limit {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: usize,
        /// What to do.
        hint: &'static str,
    },

    /// A file of numbers that cannot be read as a map.
    #[error("{}: {reason}", path.display())]
    BadFile {
        /// The path as given.
        path: PathBuf,
        /// What is wrong and what would be right.
        reason: String,
    },

    /// The predictor gave no answer.
    #[error(transparent)]
    Feel(#[from] affetti_feel::FeelError),

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
}

impl From<affetti_picture::PictureError> for RegionsError {
    fn from(error: affetti_picture::PictureError) -> Self {
        Self::Feel(error.into())
    }
}

impl From<affetti_emotion::EmotionError> for RegionsError {
    fn from(error: affetti_emotion::EmotionError) -> Self {
        Self::Feel(error.into())
    }
}

impl RegionsError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Net(error) => error.kind(),
            Self::Data(error) => error.kind(),
            #[cfg(feature = "train")]
            Self::Train(error) => error.kind(),
            Self::Parameter { .. } => ErrorKind::Parameter,
            Self::Limit { .. } => ErrorKind::Limit,
            Self::Io { .. } => ErrorKind::Io,
            Self::Feel(error) => error.kind(),
            Self::BadMap { .. }
            | Self::BadValue { .. }
            | Self::SizesDiffer { .. }
            | Self::Count { .. }
            | Self::BadInput { .. }
            | Self::BadFile { .. } => ErrorKind::Input,
        }
    }
}

/// A kind of number that settings have.
pub(crate) trait Setting: Copy + PartialOrd {
    /// The number as a message shows it.
    fn shown(self) -> f64;
}

impl Setting for f32 {
    fn shown(self) -> f64 {
        self.into()
    }
}

impl Setting for u32 {
    fn shown(self) -> f64 {
        self.into()
    }
}

impl Setting for usize {
    fn shown(self) -> f64 {
        self as f64
    }
}

/// Everything from `low` on but infinity, for [`require`].
pub(crate) fn from(low: f32) -> std::ops::Range<f32> {
    low..f32::INFINITY
}

/// The error of a setting out of its range; NaN is in none. `told` is the range in words.
pub(crate) fn require<T: Setting>(
    name: &'static str,
    value: T,
    range: impl RangeBounds<T>,
    told: &'static str,
) -> Result<(), RegionsError> {
    if range.contains(&value) {
        Ok(())
    } else {
        Err(RegionsError::Parameter {
            name,
            value: value.shown(),
            range: told,
        })
    }
}

impl From<affetti_ground::FileError> for RegionsError {
    fn from(error: affetti_ground::FileError) -> Self {
        Self::Net(error.into())
    }
}
