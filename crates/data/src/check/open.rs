//! One picture: its bytes, their digest, and whether they decode.

use std::{fs, io, io::Read, path::Path};

use affetti_picture::{DecodeOptions, PictureError, decode};
use sha2::{Digest, Sha256};

use crate::ErrorKind;

/// What became of one picture.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It decodes; the SHA-256 of its bytes.
    Good { sha256: [u8; 32] },
    /// There is no such file.
    Missing,
    /// It is there, but not readable; the digest if its bytes could be read.
    Unreadable {
        sha256: Option<[u8; 32]>,
        kind: ErrorKind,
        reason: String,
    },
}

impl Outcome {
    pub(super) fn is_good(&self) -> bool {
        matches!(self, Self::Good { .. })
    }

    /// Why the picture is not good.
    pub(super) fn failure(&self) -> Option<String> {
        match self {
            Self::Good { .. } => None,
            Self::Missing => Some("no such file".to_owned()),
            Self::Unreadable { reason, .. } => Some(reason.clone()),
        }
    }

    pub(super) fn sha256(&self) -> Option<[u8; 32]> {
        match self {
            Self::Good { sha256 } => Some(*sha256),
            Self::Missing => None,
            Self::Unreadable { sha256, .. } => *sha256,
        }
    }

    fn failed(error: &PictureError, sha256: Option<[u8; 32]>) -> Self {
        Self::Unreadable {
            sha256,
            kind: error.kind(),
            reason: error.to_string(),
        }
    }

    fn refused(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::NotFound {
            return Self::Missing;
        }
        Self::Unreadable {
            sha256: None,
            kind: ErrorKind::Io,
            reason: error.to_string(),
        }
    }
}

/// Opens one picture. The bytes are read here rather than by
/// [`affetti_picture::read`], since the digest needs them as well.
pub(super) fn open(file: &Path, options: &DecodeOptions) -> Outcome {
    // Asked before opening: opening a pipe would wait for its writer.
    match fs::metadata(file) {
        Ok(meta) if meta.is_file() => {}
        Ok(_) => {
            return Outcome::Unreadable {
                sha256: None,
                kind: ErrorKind::Input,
                reason: "not a file".to_owned(),
            };
        }
        Err(error) => return Outcome::refused(&error),
    }
    let limit = options.limits.max_bytes;
    let mut bytes = Vec::new();
    // One byte more than allowed tells "too long" from "just fits", also for
    // files whose stated length is wrong.
    let read =
        fs::File::open(file).and_then(|f| f.take(limit.saturating_add(1)).read_to_end(&mut bytes));
    if let Err(error) = read {
        return Outcome::refused(&error);
    }
    if let Err(error) = options.limits.check_bytes(bytes.len() as u64) {
        return Outcome::failed(&error, None);
    }
    decoded(&bytes, options)
}

/// What becomes of a picture whose bytes are here.
pub(super) fn decoded(bytes: &[u8], options: &DecodeOptions) -> Outcome {
    let sha256: [u8; 32] = Sha256::digest(bytes).into();
    match decode(bytes, options) {
        Ok(_) => Outcome::Good { sha256 },
        Err(error) => Outcome::failed(&error, Some(sha256)),
    }
}
