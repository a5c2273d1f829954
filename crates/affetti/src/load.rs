//! Bytes of one picture, from a file or from standard input.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use affetti_picture::{Limits, PictureError};

use crate::{
    failure::Failure,
    inputs::{STDIN, Source},
};

/// All bytes of `source`, within the limit on their number.
///
/// The picture room's own `read` decodes in the same breath; here the size in the header is asked
/// in between, to wait for memory.
pub(crate) fn bytes(source: &Source, limits: &Limits) -> Result<Vec<u8>, Failure> {
    let read = match source {
        Source::File(path) => file(path, limits),
        Source::Stdin => stdin(limits),
    };
    read.map_err(|error| Failure::from_picture(source.name(), &error))
}

fn file(path: &Path, limits: &Limits) -> Result<Vec<u8>, PictureError> {
    let failed = |source| PictureError::Io {
        path: path.to_owned(),
        source,
    };
    // Asked by path before the file is opened: opening a pipe would wait for a writer.
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(PictureError::NotAFile {
            what: "a pipe, socket or device",
            path: path.to_owned(),
        });
    }
    limits.check_bytes(metadata.len())?;
    let file = File::open(path).map_err(failed)?;
    whole(file, metadata.len(), limits, failed)
}

fn stdin(limits: &Limits) -> Result<Vec<u8>, PictureError> {
    whole(io::stdin().lock(), 0, limits, |source| PictureError::Io {
        path: STDIN.into(),
        source,
    })
}

/// One byte more than allowed tells "too long" from "just fits".
fn whole(
    from: impl Read,
    expected: u64,
    limits: &Limits,
    failed: impl Fn(io::Error) -> PictureError,
) -> Result<Vec<u8>, PictureError> {
    let mut bytes = Vec::with_capacity(usize::try_from(expected).unwrap_or(0));
    from.take(limits.max_bytes.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    limits.check_bytes(bytes.len() as u64)?;
    Ok(bytes)
}
