//! What can go wrong with a picture, and who is at fault.

use std::{io, path::PathBuf};

use crate::format::Format;

pub use affetti_ground::ErrorKind;

/// Every error of this crate. The text says what is wrong and what to do about it, in one line.
///
/// Paths are fields and not part of the text: whoever prints an error knows the path and puts it
/// in front, once.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PictureError {
    /// No bytes at all.
    #[error("the file is empty; give a JPEG, PNG, WebP, GIF, BMP or TIFF picture")]
    Empty,

    /// The first bytes belong to no picture format known here.
    #[error(
        "not a picture: the first bytes are of no known format; give a JPEG, PNG, WebP, GIF, BMP or TIFF file"
    )]
    NotAPicture,

    /// A known format that is not read here.
    #[error("{name} files are not supported; convert this one to JPEG, PNG or WebP first")]
    UnsupportedFormat {
        /// Name of the format, for example `HEIC`.
        name: &'static str,
    },

    /// A variant of a format that is not read here.
    #[error(
        "this {format} uses {feature}, which is not supported; save it again as a usual {format}"
    )]
    UnsupportedFeature {
        /// Format of the file.
        format: Format,
        /// The variant, for example `arithmetic coding`.
        feature: String,
    },

    /// The file ends before the picture does.
    #[error(
        "this {format} is truncated: it ends after {bytes} bytes, before the picture does; copy or download it again"
    )]
    Truncated {
        /// Format of the file.
        format: Format,
        /// Length of what is there, in bytes.
        bytes: u64,
    },

    /// The file contradicts its format.
    #[error("this {format} is damaged ({reason}); get another copy or save it again")]
    Damaged {
        /// Format of the file.
        format: Format,
        /// What the decoder said.
        reason: String,
    },

    /// A picture of which no pixel can be seen.
    #[error(
        "every pixel of this {format} is transparent, so that there is nothing to see; give a picture with something visible in it"
    )]
    Invisible {
        /// Format of the file.
        format: Format,
    },

    /// More bytes than [`Limits::max_bytes`](crate::Limits::max_bytes).
    #[error("the file has {bytes} bytes, the limit is {limit}; make it smaller or raise max_bytes")]
    TooManyBytes {
        /// Length of the file, in bytes.
        bytes: u64,
        /// The limit, in bytes.
        limit: u64,
    },

    /// More pixels than [`Limits::max_pixels`](crate::Limits::max_pixels).
    #[error(
        "{width} x {height} pixels are more than the limit of {limit}; make the picture smaller or raise max_pixels"
    )]
    TooManyPixels {
        /// Width in the file, in pixels.
        width: u32,
        /// Height in the file, in pixels.
        height: u32,
        /// The limit, in pixels.
        limit: u64,
    },

    /// A side longer than [`Limits::max_side`](crate::Limits::max_side).
    #[error(
        "{width} x {height} pixels have a side longer than the limit of {limit}; make the picture smaller or raise max_side"
    )]
    SideTooLong {
        /// Width in the file, in pixels.
        width: u32,
        /// Height in the file, in pixels.
        height: u32,
        /// The limit, in pixels.
        limit: u32,
    },

    /// Decoding would take more memory than [`Limits::max_memory`](crate::Limits::max_memory).
    #[error(
        "decoding {width} x {height} pixels takes about {needed} bytes of memory, the limit is {limit}; make the picture smaller or raise max_memory"
    )]
    TooMuchMemory {
        /// Width in the file, in pixels.
        width: u32,
        /// Height in the file, in pixels.
        height: u32,
        /// Estimate of what decoding takes, in bytes.
        needed: u64,
        /// The limit, in bytes.
        limit: u64,
    },

    /// A path to a folder, pipe, socket or device.
    #[error(
        "this is {what}, not a picture file; give the path of a file, or - to read standard input"
    )]
    NotAFile {
        /// What the path points to, with its article.
        what: &'static str,
        /// The path as given.
        path: PathBuf,
    },

    /// More than one picture where one is read.
    #[error("more than one picture, one behind the other; give them one at a time, or as files")]
    SeveralPictures,

    /// The operating system refused to open or read the file.
    #[error("{}", describe_io(source))]
    Io {
        /// The path as given.
        path: PathBuf,
        /// Cause.
        source: io::Error,
    },

    /// Pixels that do not fit their width and height; see [`Picture::new`](crate::Picture::new).
    #[error(
        "{width} x {height} pixels do not go with {bytes} bytes; sides are 1 to 65535 and there are three bytes a pixel"
    )]
    BadPixels {
        /// Width asked for, in pixels.
        width: u32,
        /// Height asked for, in pixels.
        height: u32,
        /// Length of the buffer given, in bytes.
        bytes: usize,
    },

    /// A box that is empty or reaches outside of the picture.
    #[error("the box [{}, {}, {}, {}] (x, y, w, h) is not inside {width} x {height} pixels; make it at least 1 x 1 and keep it inside", region[0], region[1], region[2], region[3])]
    BadRegion {
        /// The box asked for: x, y, width, height, in pixels.
        region: [u32; 4],
        /// Width of the picture, in pixels.
        width: u32,
        /// Height of the picture, in pixels.
        height: u32,
    },

    /// The name of no filter.
    #[error("there is no filter {name:?}; use nearest, bilinear, bicubic, mitchell or lanczos3")]
    UnknownFilter {
        /// The name as given.
        name: String,
    },
}

impl PictureError {
    /// Who is at fault.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Empty
            | Self::NotAPicture
            | Self::Truncated { .. }
            | Self::Damaged { .. }
            | Self::Invisible { .. }
            | Self::SeveralPictures
            | Self::NotAFile { .. } => ErrorKind::Input,
            Self::UnsupportedFormat { .. } | Self::UnsupportedFeature { .. } => {
                ErrorKind::Unsupported
            }
            Self::TooManyBytes { .. }
            | Self::TooManyPixels { .. }
            | Self::SideTooLong { .. }
            | Self::TooMuchMemory { .. } => ErrorKind::Limit,
            Self::Io { .. } => ErrorKind::Io,
            Self::BadPixels { .. } | Self::BadRegion { .. } | Self::UnknownFilter { .. } => {
                ErrorKind::Parameter
            }
        }
    }
}

fn describe_io(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "there is no such file; check the path".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "no permission to read the file; change its permissions or run as its owner".to_owned()
        }
        _ => format!("the file cannot be read ({error}); check the disk and try again"),
    }
}
