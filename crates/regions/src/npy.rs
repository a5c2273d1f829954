//! Maps as NumPy files, the exchange format with `peers/`.
//!
//! - **Computes** a [`Map`] from the bytes of a `.npy` file and back.
//! - **Input** version 1 or 2 of the format, `<f4`, C order, two axes `[height, width]`.
//! - **Output** the same numbers, bit by bit.
//! - **Source** NumPy's own description, `numpy.lib.format`.
//! - **Deviation** other types and orders are refused by name, not converted.
//!
//! ```
//! use affetti_regions::{Map, npy};
//! let map = Map::new(2, 1, vec![0.25, 1.0])?;
//! assert_eq!(npy::from_bytes(&npy::to_bytes(&map)).as_ref(), Ok(&map));
//! # Ok::<(), affetti_regions::RegionsError>(())
//! ```

use std::{fs, path::Path};

use crate::{Map, error::RegionsError};

const MAGIC: &[u8] = b"\x93NUMPY";
/// The header's length is a multiple of this, as NumPy writes it.
const ALIGN: usize = 64;
/// More than a picture within the limits could need: 64 megapixels and a header.
const MAX_BYTES: u64 = 4 * 64_000_000 + 65_536;

/// Reads a file.
///
/// # Errors
/// [`RegionsError::Io`] from the system, [`RegionsError::BadFile`] for what is not a map.
pub fn read(path: &Path) -> Result<Map, RegionsError> {
    let io = |source| RegionsError::Io {
        action: "read",
        path: path.to_owned(),
        source,
    };
    let bad = |reason| RegionsError::BadFile {
        path: path.to_owned(),
        reason,
    };
    let length = fs::metadata(path).map_err(io)?.len();
    if length > MAX_BYTES {
        return Err(bad(format!("{length} bytes, the limit is {MAX_BYTES}")));
    }
    from_bytes(&fs::read(path).map_err(io)?).map_err(bad)
}

/// Writes a file.
///
/// # Errors
/// [`RegionsError::Io`] from the system.
pub fn write(path: &Path, map: &Map) -> Result<(), RegionsError> {
    fs::write(path, to_bytes(map)).map_err(|source| RegionsError::Io {
        action: "write",
        path: path.to_owned(),
        source,
    })
}

/// The bytes of a file.
#[must_use]
pub fn to_bytes(map: &Map) -> Vec<u8> {
    let mut header = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': ({}, {}), }}",
        map.height(),
        map.width()
    );
    let before = MAGIC.len() + 4;
    let padded = (before + header.len() + 1).next_multiple_of(ALIGN) - before;
    header.extend(std::iter::repeat_n(' ', padded - 1 - header.len()));
    header.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // Two sides of at most five digits keep the header far below 65536 bytes.
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(map.values().iter().flat_map(|v| v.to_le_bytes()));
    bytes
}

/// The map of a file's bytes.
///
/// # Errors
/// In words, what is wrong.
pub fn from_bytes(bytes: &[u8]) -> Result<Map, String> {
    let cut = || "the file is cut short; write it again with numpy.save".to_owned();
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or("not a NumPy file; write it with numpy.save")?;
    let (start, length) = match rest {
        [1, _, a, b, ..] => (4, usize::from(u16::from_le_bytes([*a, *b]))),
        [2, _, a, b, c, d, ..] => (6, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        [] | [1 | 2, ..] => return Err(cut()),
        [version, ..] => return Err(format!("version {version} of the format is not read")),
    };
    let end = start + length;
    let header = rest.get(start..end).ok_or_else(cut)?;
    let header = std::str::from_utf8(header).map_err(|_| "the header is not text")?;
    let [width, height] = shape(header)?;
    let count = width.checked_mul(height).ok_or("the shape is too large")?;
    let data = &rest[end..];
    if count.checked_mul(4) != Some(data.len()) {
        return Err(format!(
            "{} bytes of values do not fill {height} x {width}",
            data.len()
        ));
    }
    let (values, _) = data.as_chunks::<4>();
    let values = values.iter().map(|&v| f32::from_le_bytes(v)).collect();
    Map::new(width, height, values).map_err(|e| e.to_string())
}

/// Width and height of a header, where it is of the one kind that is read.
fn shape(header: &str) -> Result<[usize; 2], String> {
    let after = |key: &str| {
        header
            .split_once(key)
            .map(|(_, rest)| rest.trim_start_matches([':', ' ']))
            .ok_or_else(|| format!("the header has no {key}"))
    };
    if !after("'descr'")?.starts_with("'<f4'") {
        return Err("the values are not little-endian float32; save array.astype('<f4')".into());
    }
    if !after("'fortran_order'")?.starts_with("False") {
        return Err("the array is in Fortran order; save numpy.ascontiguousarray(array)".into());
    }
    let wrong = || "the array does not have two axes, [height, width]".to_owned();
    let sides = after("'shape'")?;
    let sides = sides
        .strip_prefix('(')
        .and_then(|s| s.split_once(')'))
        .ok_or_else(wrong)?
        .0;
    let mut sides = sides.split(',').map(|side| side.trim().parse::<usize>());
    match (sides.next(), sides.next(), sides.next()) {
        (Some(Ok(height)), Some(Ok(width)), None) => Ok([width, height]),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Map {
        Map::new(3, 2, vec![0.0, 0.5, 1.0, -2.5, f32::MIN_POSITIVE, 3e8]).expect("a map")
    }

    #[test]
    fn files_come_back_as_they_were() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("map.npy");
        write(&path, &sample()).expect("written");
        assert_eq!(read(&path).expect("read"), sample());
        assert_eq!(to_bytes(&sample()).len() % ALIGN, 24);
    }

    #[test]
    fn what_is_no_map_is_refused() {
        let good = to_bytes(&sample());
        for cut in 0..good.len() {
            assert!(from_bytes(&good[..cut]).is_err(), "{cut} bytes");
        }
        let with = |from: &str, to: &str| {
            let text: String = good.iter().map(|&b| char::from(b)).collect();
            let changed: Vec<u8> = text.replace(from, to).chars().map(|c| c as u8).collect();
            from_bytes(&changed).expect_err("refused")
        };
        assert!(with("<f4", "<f8").contains("float32"));
        assert!(with("False", "True ").contains("Fortran"));
        assert!(with("(2, 3)", "(2, 4)").contains("do not fill"));
        assert!(with("(2, 3)", "(6,)  ").contains("two axes"));
        assert!(with("NUMPY", "numpy").contains("numpy.save"));
        let error = read(Path::new("no-such-file.npy")).expect_err("missing");
        assert_eq!(error.kind(), crate::ErrorKind::Io);
    }
}
