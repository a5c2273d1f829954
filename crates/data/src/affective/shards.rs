//! Pictures in tar files.
//!
//! - Layout: one tar file, or a folder of them (`000000.tar`, `000001.tar`, …), with pictures as
//!   members, and beside each, if any, a member of the same name with the extension `.cls` or `.txt`
//!   whose first line is its class (the custom of WebDataset).
//! - Output: [`Member`]s in the order of the files, bytes included, one at a time.
//! - Source: POSIX.1-1988 (ustar) with the GNU and pax extensions, as the `tar` crate reads them.
//! - Deviations: nothing is unpacked; a member is read whole, up to the limit of pictures' bytes.
//!   Members that are no regular files, and names that would leave a folder, are skipped and counted.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use affetti_emotion::{Emotion, Label, Sentiment};
use affetti_picture::has_picture_extension;

use crate::{DataError, Split, labelled::Labelled, labelled::safe_key};

/// Longest class that is read, in bytes.
const MAX_CLASS: u64 = 256;

/// One picture of a shard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The tar file.
    pub shard: PathBuf,
    /// The member's name.
    pub name: String,
    /// The picture's bytes.
    pub bytes: Vec<u8>,
}

/// How reading went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShardReport {
    /// Tar files.
    pub shards: usize,
    /// Pictures.
    pub pictures: usize,
    /// Members that were skipped: links, unsafe names, pictures that are too long.
    pub skipped: usize,
    /// The class of each member that has one, by its name without extension.
    pub classes: BTreeMap<String, String>,
}

/// The tar files of `path`: itself, or those in a folder, sorted.
///
/// # Errors
/// [`DataError::Io`] and [`DataError::Empty`].
pub fn list(path: &Path) -> Result<Vec<PathBuf>, DataError> {
    let io = |source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    if !std::fs::metadata(path).map_err(io)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(io)? {
        let file = entry.map_err(io)?.path();
        let is_tar = file
            .extension()
            .is_some_and(|e| e.eq_ignore_ascii_case("tar"));
        if is_tar && file.is_file() {
            found.push(file);
        }
    }
    found.sort();
    if found.is_empty() {
        return Err(DataError::Empty {
            path: path.to_owned(),
        });
    }
    Ok(found)
}

/// Reads all shards of `path` and hands each picture of at most `max_bytes` to `take`, until it
/// breaks.
///
/// # Errors
/// [`DataError::Io`] where a file cannot be read or is no tar; what came before was handed over.
pub fn read(
    path: &Path,
    max_bytes: u64,
    mut take: impl FnMut(Member) -> ControlFlow<()>,
) -> Result<ShardReport, DataError> {
    let mut report = ShardReport::default();
    for shard in list(path)? {
        let file = File::open(&shard).map_err(|source| DataError::Io {
            path: shard.clone(),
            source,
        })?;
        report.shards += 1;
        if read_from(file, &shard, max_bytes, &mut report, &mut take)?.is_break() {
            break;
        }
    }
    Ok(report)
}

/// As [`read`], one shard from an open source.
///
/// # Errors
/// As [`read`].
pub fn read_from(
    from: impl Read,
    shard: &Path,
    max_bytes: u64,
    report: &mut ShardReport,
    take: &mut impl FnMut(Member) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, DataError> {
    let io = |source| DataError::Io {
        path: shard.to_owned(),
        source,
    };
    let mut archive = tar::Archive::new(from);
    for entry in archive.entries().map_err(io)? {
        let mut entry = entry.map_err(io)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        if entry.header().entry_type().is_dir() {
            continue;
        }
        let safe = safe_key(&name)
            .ok()
            .filter(|_| entry.header().entry_type().is_file());
        let Some(name) = safe else {
            report.skipped += 1;
            continue;
        };
        let stem = |name: &str| {
            name.rsplit_once('.')
                .map_or(name, |(stem, _)| stem)
                .to_owned()
        };
        if name.ends_with(".cls") || name.ends_with(".txt") {
            let mut class = Vec::new();
            (&mut entry)
                .take(MAX_CLASS)
                .read_to_end(&mut class)
                .map_err(io)?;
            let class = String::from_utf8_lossy(&class);
            let class = class.lines().next().unwrap_or_default().trim().to_owned();
            report.classes.insert(stem(&name), class);
            continue;
        }
        if !has_picture_extension(Path::new(&name)) {
            continue;
        }
        if entry.size() > max_bytes {
            report.skipped += 1;
            continue;
        }
        let mut bytes = Vec::new();
        (&mut entry)
            .take(max_bytes)
            .read_to_end(&mut bytes)
            .map_err(io)?;
        // A shard that was cut ends inside of its last member.
        if (bytes.len() as u64) < entry.size() {
            return Err(io(std::io::ErrorKind::UnexpectedEof.into()));
        }
        report.pictures += 1;
        let member = Member {
            shard: shard.to_owned(),
            name,
            bytes,
        };
        if take(member).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

/// The pictures of the shards as rows, `SHARD/MEMBER` for a file, with their classes.
///
/// # Errors
/// As [`read`].
pub fn labelled(path: &Path, max_bytes: u64) -> Result<(Vec<Labelled>, ShardReport), DataError> {
    let mut rows = Vec::new();
    let report = read(path, max_bytes, |member| {
        rows.push(Labelled {
            file: member.shard.join(&member.name),
            split: Split::of(&member.name),
            key: member.name,
            label: String::new(),
            sentiment: None,
        });
        ControlFlow::Continue(())
    })?;
    for row in &mut rows {
        let stem = row
            .key
            .rsplit_once('.')
            .map_or(row.key.as_str(), |(stem, _)| stem);
        if let Some(class) = report.classes.get(stem) {
            row.label.clone_from(class);
            let emotion = Emotion::parse(class).ok().map(Emotion::sentiment);
            row.sentiment = emotion.or_else(|| Sentiment::parse(class).ok());
        }
    }
    if rows.is_empty() {
        return Err(DataError::NoPictures);
    }
    Ok((rows, report))
}
