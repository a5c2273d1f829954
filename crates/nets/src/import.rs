//! Turns published weight files into files of ours in the cache.

use crate::clip::Shape;
use crate::clip::vit::Gate;
use crate::clip::weights::Tower;
use crate::efficientnet_lite::{Variant, Weights};
use crate::error::NetError;
use crate::registry::{Card, cached_file, card, cards, hash_file};
use crate::store::{self, Precision, read_file, sha256};
use crate::torch_file;
use crate::{hdf5, hed};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What an import did.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The card whose original it was.
    pub card: Card,
    /// The converted file.
    pub path: PathBuf,
}

/// Recognises `path` by its SHA-256, checks its tensors, converts it and keeps it in the cache.
///
/// # Errors
/// An unknown hash ([`NetError::Hash`] with all known ones), tensors that do not fit, or io.
pub fn import(path: &Path) -> Result<Imported, NetError> {
    let bytes = read_file(path)?;
    let found = sha256(&bytes);
    let candidates: Vec<Card> = cards()?;
    let file = path.display().to_string();
    let Some(card) = candidates.iter().find(|card| card.sha256 == found) else {
        let known = candidates
            .iter()
            .map(|c| format!("{} for {}", c.sha256, c.file));
        return Err(NetError::Hash {
            file,
            found,
            expected: known.collect::<Vec<_>>().join(" or "),
        });
    };
    keep(card, &bytes, &file)
}

/// [`import`] of a file that is known to be the published one of `card`.
///
/// # Errors
/// As [`import`].
pub fn import_known(path: &Path, card: &Card) -> Result<Imported, NetError> {
    keep(card, &read_file(path)?, &path.display().to_string())
}

/// Keeps `path`, whoever published it, as the image tower that the model called `name` is. Its
/// tensors are checked, its content is not: nobody has listed it.
///
/// # Errors
/// [`NetError::UnknownModel`] where `name` is none of CLIP's; tensors that do not fit, or io.
pub fn import_as(path: &Path, name: &str, gate: Gate) -> Result<Imported, NetError> {
    let Some(shape) = Shape::of_model(name) else {
        let known = cards()?.into_iter().map(|card| card.name);
        let known: Vec<String> = known.filter(|n| Shape::of_model(n).is_some()).collect();
        return Err(NetError::UnknownModel {
            name: name.to_owned(),
            known: known.join(", "),
        });
    };
    let tower = Tower::read(&read_file(path)?, &path.display().to_string(), Some(shape))?;
    let converted = Tower { gate, ..tower }.to_bytes()?;
    put(&card(name)?, &converted)
}

fn keep(card: &Card, bytes: &[u8], file: &str) -> Result<Imported, NetError> {
    if let Some(variant) = Variant::parse(&card.name) {
        let tensors = torch_file::read(bytes, file)?;
        let weights = Weights::from_published(variant, tensors, true)?;
        let converted = store::to_bytes(&weights.to_folded(), |_| Precision::Full)?;
        return put(card, &converted);
    }
    if card.name == hed::NAME {
        let weights = hed::Weights::from_keras(hdf5::read(bytes, file)?)?;
        let converted = store::to_bytes(&weights.to_tensors(), |_| Precision::Full)?;
        return put(card, &converted);
    }
    if let Some(shape) = Shape::of_model(&card.name) {
        return put(card, &Tower::read(bytes, file, Some(shape))?.to_bytes()?);
    }
    // A file of ours, for a build without weights.
    put(card, bytes)
}

fn put(card: &Card, converted: &[u8]) -> Result<Imported, NetError> {
    let target = cached_file(card);
    write_whole(&target, converted)?;
    write_whole(&hash_file(&target), sha256(converted).as_bytes())?;
    Ok(Imported {
        card: card.clone(),
        path: target,
    })
}

/// Writes beside the target first and renames: a reader never sees half a file.
///
/// # Errors
/// [`NetError::Io`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), NetError> {
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| NetError::Io {
            action,
            path,
            source,
        }
    };
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(io("create", folder))?;
    let mut file = new_file(folder).map_err(io("write in", folder))?;
    file.write_all(bytes).map_err(io("write", path))?;
    file.persist(path)
        .map_err(|e| io("write", path)(e.error))
        .map(drop)
}

/// A temporary file that others may read as the user's mask allows, unlike tempfile's default.
fn new_file(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        tempfile::Builder::new()
            .permissions(std::fs::Permissions::from_mode(0o666))
            .tempfile_in(folder)
    }
    #[cfg(not(unix))]
    tempfile::NamedTempFile::new_in(folder)
}
