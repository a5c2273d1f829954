//! Where the frozen networks of a training come from.
//!
//! Published ones come from the cache of imported models. Those of our own (`network` is named) come
//! from the folder of models, where `affetti train art` and `affetti train affect` write them. Where
//! either is not, they come from the embedded predictor, if it has a backbone of that name, so that
//! its heads can be trained again, and a training begun where they ended, without hours for its
//! networks. There they are as rounded as the predictor stores them.

use crate::error::FeelError;
use crate::predicting::frozen::{Frozen, Network};
use crate::predicting::predictor::EMBEDDED;
use crate::predicting::settings::BackboneSettings;
use crate::predicting::stored::round_backbone;
use affetti_nets::efficientnet_lite::{Variant, Weights};
use affetti_weights::NetError;
use affetti_weights::registry;
use affetti_weights::store;
use affetti_weights::tensors::Tensors;
use std::path::{Path, PathBuf};

/// The weights of a backbone, rounded as its settings say.
///
/// # Errors
/// [`FeelError::NothingToLearn`] for an unknown network, [`FeelError::Net`] for weights
/// that are not there, unreadable or misshapen.
pub(crate) fn load(settings: &BackboneSettings, models: &Path) -> Result<Frozen, FeelError> {
    let kind = settings.kind();
    match kind.map_err(|what| FeelError::NothingToLearn { what })? {
        Network::Lite(variant) => load_lite(settings, variant, models).map(Frozen::Lite),
        Network::Clip(shape) => Frozen::brought(&settings.name, shape),
    }
}

/// [`load`] of a network that is `variant`.
///
/// # Errors
/// As [`load`].
pub(crate) fn load_lite(
    settings: &BackboneSettings,
    variant: Variant,
    models: &Path,
) -> Result<Weights, FeelError> {
    let mut tensors = if settings.network.is_some() {
        own(&settings.name, models)?
    } else {
        published(&settings.name)?
    };
    tensors
        .map
        .retain(|name, _| !name.starts_with("classifier."));
    let weights = Weights::from_folded(variant, tensors)?;
    round_backbone(variant, &weights, settings.precision)
}

/// Published weights: imported ones, and where there are none those of the embedded predictor, as rounded
/// as it stores them.
fn published(name: &str) -> Result<Tensors, FeelError> {
    match registry::tensors(name) {
        // Another fault is to be told: a file that was imported is meant.
        Err(error @ NetError::Missing { .. }) => embedded(name).ok_or_else(|| error.into()),
        found => Ok(found?),
    }
}

fn file_of(name: &str, models: &Path) -> PathBuf {
    models.join(format!("{name}.safetensors"))
}

/// Weights of our own: the file's, if there is one.
fn own(name: &str, models: &Path) -> Result<Tensors, FeelError> {
    if !file_of(name, models).is_file()
        && let Some(tensors) = embedded(name)
    {
        return Ok(tensors);
    }
    from_file(name, models)
}

fn from_file(name: &str, models: &Path) -> Result<Tensors, FeelError> {
    let path = file_of(name, models);
    let bytes = store::read_file(&path)?;
    Ok(store::from_bytes(&bytes, &path.display().to_string())?)
}

/// What the file of our own backbone `name` says of its training.
///
/// # Errors
/// [`FeelError::Net`] for a file that is not there or unreadable.
pub(crate) fn note(name: &str, models: &Path) -> Result<String, FeelError> {
    Ok(from_file(name, models)?.note)
}

/// The backbone `name` of the embedded predictor; none where there is no such backbone or no
/// predictor.
fn embedded(name: &str) -> Option<Tensors> {
    let card = registry::card(EMBEDDED).ok()?;
    let bytes = registry::weights(&card).ok()?;
    let prefix = format!("{name}.");
    let its_own = |names: &mut Vec<String>| names.retain(|n| n.starts_with(&prefix));
    let part = store::from_bytes_selected(&bytes, &card.file, its_own)
        .ok()?
        .split_off(&prefix);
    (!part.map.is_empty()).then_some(part)
}

/// Where a backbone comes from, for the card.
///
/// # Errors
/// As [`load`].
pub(crate) fn origin(backbone: &BackboneSettings, models: &Path) -> Result<String, FeelError> {
    let name = &backbone.name;
    let card = registry::card(backbone.network.map_or(name, |network| network.name()))?;
    let published = format!("{} ({}, sha256 {})", card.file, card.license, card.sha256);
    if backbone.network.is_none() {
        return Ok(published);
    }
    if !file_of(name, models).is_file() {
        let starts = registry::card(EMBEDDED)?.origin.starts;
        let known = starts
            .into_iter()
            .find(|s| s.starts_with(&format!("{name}, ")));
        return Ok(known.unwrap_or_else(|| format!("{name}, as in {EMBEDDED}")));
    }
    let about = note(name, models)?;
    let about = if about.is_empty() {
        "trained on"
    } else {
        &about
    };
    Ok(format!("{name}, {about}, from {published}"))
}

#[cfg(all(test, feature = "weights"))]
mod tests {
    use super::*;
    use crate::Predictor;
    use affetti_nets::device::Device;

    #[test]
    fn a_backbone_of_the_embedded_predictor_is_found_without_a_file() {
        let predictor = Predictor::embedded(&Device::Cpu).expect("embedded");
        let model = predictor.weights();
        let nowhere = Path::new("no such folder");
        let backbones = &model.settings.backbones;
        let place = backbones.iter().position(|b| b.network.is_some());
        let place = place.expect("a backbone of our own");
        let settings = &backbones[place];
        let found = load(settings, nowhere).expect("embedded");
        // Rounded a second time it is what it was.
        assert_eq!(found.tensors().map, model.backbones[place].tensors().map);
        let about = origin(settings, nowhere).expect("a card");
        assert!(about.contains("affetti train art"), "{about}");
        let missing = BackboneSettings {
            name: "none-such".into(),
            ..settings.clone()
        };
        let error = load(&missing, nowhere).expect_err("no file").to_string();
        assert!(error.contains("none-such.safetensors"), "{error}");
    }

    #[test]
    fn a_file_of_that_name_comes_first() {
        let predictor = Predictor::embedded(&Device::Cpu).expect("embedded");
        let backbones = &predictor.weights().settings.backbones;
        let own = backbones.iter().find(|b| b.network.is_some());
        let own = own.expect("a backbone of our own");
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(file_of(&own.name, folder.path()), b"no weights").expect("written");
        assert!(load(own, folder.path()).is_err());
    }
}
