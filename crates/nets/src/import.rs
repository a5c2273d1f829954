//! Turns published weight files into files of ours in the cache.

use crate::clip::Shape;
use crate::clip::vit::Gate;
use crate::clip::weights::Tower;
use crate::efficientnet_lite::{Variant, Weights};
use crate::{hed, resnet, u2net, vgg16};
use affetti_ground::write_whole;
use affetti_weights::NetError;
use affetti_weights::registry::{Card, cached_file, card, cards, hash_file};
use affetti_weights::store::{self, Precision, read_file, sha256};
use affetti_weights::{hdf5, published};
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
    // torchvision publishes the first eight digits of a hash, in the name of the file, and no more.
    let Some(card) = candidates.iter().find(|c| found.starts_with(&c.sha256)) else {
        let known = candidates
            .iter()
            .map(|c| format!("{} for {}", c.sha256, c.file));
        return Err(NetError::Hash {
            file,
            found,
            expected: known.collect::<Vec<_>>().join(" or "),
        });
    };
    if card.kind == TEXT {
        return put(card, &with_pieces(bytes, path)?);
    }
    put(card, &convert(card, bytes, &file)?)
}

/// Networks that read texts: their file says nothing of words, which are beside it.
const TEXT: &str = "text";

/// The tensors with the list of pieces of the file `tokenizer.json` beside them, in order of their
/// numbers, as note.
fn with_pieces(bytes: Vec<u8>, path: &Path) -> Result<Vec<u8>, NetError> {
    let beside = path.with_file_name("tokenizer.json");
    let malformed = |why: &str| NetError::Malformed {
        file: beside.display().to_string(),
        format: "tokenizer",
        why: why.to_owned(),
    };
    let text = read_file(&beside)?;
    let about: serde_json::Value =
        serde_json::from_slice(&text).map_err(|_| malformed("it is no JSON"))?;
    let list = about["model"]["vocab"].as_object();
    let list = list.ok_or_else(|| malformed("it has no list model.vocab"))?;
    let mut pieces = vec![None; list.len()];
    for (piece, id) in list {
        let id = id.as_u64().and_then(|id| usize::try_from(id).ok());
        if let Some(place) = id.and_then(|id| pieces.get_mut(id)) {
            *place = Some(piece.as_str());
        }
    }
    let pieces: Option<Vec<&str>> = pieces.into_iter().collect();
    let pieces =
        pieces.ok_or_else(|| malformed("its pieces are not numbered one after the other"))?;
    let mut tensors = published::read(&bytes, &path.display().to_string())?;
    tensors.note = serde_json::json!(pieces).to_string();
    store::to_bytes(&tensors, |_| Precision::Full)
}

/// [`import`] of a file that is known to be the published one of `card`.
///
/// # Errors
/// As [`import`].
#[cfg(feature = "pull")]
pub(crate) fn import_known(path: &Path, card: &Card) -> Result<Imported, NetError> {
    let file = path.display().to_string();
    put(card, &convert(card, read_file(path)?, &file)?)
}

/// Takes `path` for the weights of the card called `name`, whatever its SHA-256: for versions that
/// no card knows, and weights that a user trained. `gate` is that of CLIP's transformer; the others
/// have none. Tensors are checked, their content is not.
///
/// # Errors
/// As [`import`], and [`NetError::UnknownModel`]; [`NetError::Hash`] for weights of this project,
/// which have one version.
pub fn import_as(path: &Path, name: &str, gate: Gate) -> Result<Imported, NetError> {
    let card = card(name)?;
    let bytes = read_file(path)?;
    let file = path.display().to_string();
    if let Some(shape) = Shape::of_model(name) {
        let tower = Tower::read(&bytes, &file, Some(shape))?;
        return put(&card, &Tower { gate, ..tower }.to_bytes()?);
    }
    let found = sha256(&bytes);
    if card.embedded && found != card.sha256 {
        return Err(NetError::Hash {
            file,
            found,
            expected: card.sha256,
        });
    }
    put(&card, &convert(&card, bytes, &file)?)
}

/// The file of ours for the published `bytes` of `card`.
fn convert(card: &Card, bytes: Vec<u8>, file: &str) -> Result<Vec<u8>, NetError> {
    if let Some(variant) = Variant::parse(&card.name) {
        let tensors = published::read(&bytes, file)?;
        let weights = Weights::from_published(variant, tensors, true)?;
        return store::to_bytes(&weights.to_folded(), |_| Precision::Full);
    }
    if card.name == hed::NAME {
        let weights = hed::Weights::from_keras(hdf5::read(&bytes, file)?)?;
        return store::to_bytes(&weights.to_tensors(), |_| Precision::Full);
    }
    if card.name == u2net::PUBLISHED {
        let weights = u2net::Weights::from_onnx(&bytes, file)?;
        return store::to_bytes(&weights.to_tensors(), |_| Precision::Full);
    }
    if let Some(shape) = Shape::of_model(&card.name) {
        return Tower::read(&bytes, file, Some(shape))?.to_bytes();
    }
    // These are trained on with their normalisation as it is: they keep their names and tensors,
    // without the classifier, which nothing here reads.
    let residual = resnet::Variant::parse(&card.name);
    if residual.is_none() && card.name != vgg16::NAME {
        // A file of ours, for a build without weights.
        return Ok(bytes);
    }
    let mut tensors = published::read(&bytes, file)?;
    let unused = ["fc.", "classifier."];
    tensors.map.retain(|name, _| {
        !name.ends_with(".num_batches_tracked") && !unused.iter().any(|u| name.starts_with(u))
    });
    match residual {
        Some(variant) => drop(resnet::Weights::from_published(variant, tensors.clone())?),
        None => drop(vgg16::Weights::from_published(tensors.clone())?),
    }
    store::to_bytes(&tensors, |_| Precision::Full)
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

#[cfg(test)]
mod tests {
    use super::convert;
    use affetti_weights::NetError;
    use affetti_weights::registry::{card, cards};

    #[test]
    fn torchvisions_files_are_known_by_eight_digits() {
        for name in ["resnet-34", "resnet-50", "vgg16"] {
            let card = card(name).expect("a card");
            // torchvision names its files NAME-HASH.pth.
            let start = card.file.rsplit_once('-').expect("a name and a hash").1;
            assert_eq!(start, format!("{}.pth", card.sha256));
        }
        for card in cards().expect("cards parse") {
            assert!(matches!(card.sha256.len(), 8 | 64), "{}", card.name);
        }
    }

    #[test]
    fn weights_of_another_network_are_refused_with_every_difference() {
        let file = include_bytes!("../../weights/tests/fixtures/archive.pth");
        for name in ["resnet-34", "vgg16"] {
            let card = card(name).expect("a card");
            let error = convert(&card, file.to_vec(), "archive.pth").expect_err("another network");
            assert!(matches!(error, NetError::Mismatch { .. }), "{error}");
        }
    }
}
