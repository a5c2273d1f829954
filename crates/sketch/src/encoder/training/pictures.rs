//! Paintings and photographs of one half of the data, and cut-outs of their objects.
//!
//! - **Layout** `paintings/labelled.csv` and `paintings/wikiart-128.{csv,tar}`, `oasis/`, `bsds500/`.
//! - **Output** [`Source`]s to learn from (splits train) and to choose the epoch (splits val); files
//!   come before members of the tar, which are small.
//! - **Halves** by the hash of the group, so that near-copies are never in both; what chooses the epoch
//!   is the same for both.
//! - **Deviations** paintings that lost their shape are left out, and so are OASIS photographs of
//!   animals and objects, on which drawings are measured.

use std::path::{Path, PathBuf};

use affetti_data::{Limits, Split, bsds, oasis, paintings, splits};
use affetti_feel::art::members;
use affetti_picture::{DecodeOptions, Picture, decode, read};
use affetti_weights::{NetError, registry, store};

use super::EncoderRecipe;
use crate::{
    error::SketchError,
    mask::{EMBEDDED, MaskNetwork, alpha_of, on_white},
};

/// Where a picture is.
#[derive(Clone, Debug)]
pub(super) enum Source {
    File(PathBuf),
    /// Bytes of a small painting.
    Member(Vec<u8>),
}

/// A picture; with an object cut out, its alpha, and the picture white around it.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) picture: Picture,
    pub(super) alpha: Option<Vec<u8>>,
}

/// Categories of OASIS that take part.
const PHOTOGRAPHS: [&str; 2] = ["Person", "Scenery"];

/// What to learn from, and what chooses the epoch.
pub(super) fn sources(
    config: &EncoderRecipe,
    data: &Path,
) -> Result<[Vec<Source>; 2], SketchError> {
    let limits = Limits::default();
    let mut files: Vec<(Split, String, PathBuf)> = Vec::new();
    let labelled = paintings::read(&data.join("paintings/labelled.csv"), &limits)?.rows;
    let known: std::collections::HashSet<String> = labelled.iter().map(|p| p.id.clone()).collect();
    let whole = labelled.into_iter().filter(|p| !p.stretched);
    files.extend(whole.map(|p| (p.split, p.group, p.file)));
    let photos = oasis::read(&data.join("oasis/oasis.csv"), &limits)?.rows;
    let photos = photos
        .into_iter()
        .filter(|p| PHOTOGRAPHS.contains(&p.category.as_str()));
    files.extend(photos.map(|p| (p.split, p.id, p.file)));
    let bsds = bsds::read(&data.join("bsds500"), bsds::Part::Train)?;
    files.extend(bsds.into_iter().map(|p| (Split::Train, p.id, p.picture)));

    let small = paintings::read(&data.join("paintings/wikiart-128.csv"), &limits)?.rows;
    let tar = data.join("paintings/wikiart-128.tar");
    let mut bytes = members(&tar).map_err(|error| SketchError::Unreadable {
        what: error.to_string(),
    })?;
    let mut rest: Vec<(Split, String, Vec<u8>)> = Vec::new();
    for p in small
        .into_iter()
        .filter(|p| !p.stretched && !known.contains(&p.id))
    {
        let name = p
            .file
            .file_name()
            .and_then(|n| n.to_str())
            .unwrap_or_default();
        if let Some(bytes) = bytes.remove(name) {
            rest.push((p.split, p.group, bytes));
        }
    }
    // In an order that only the hash decides, so that a limit takes no style or set first.
    files.sort_by_key(|(_, group, file)| (splits::hash(group), file.clone()));
    rest.sort_by_key(|(_, group, _)| splits::hash(group));
    let own = |group: &str| splits::percent(group) % 2 == config.half;
    let mut learned = Vec::new();
    let mut chosen = Vec::new();
    let mut put = |split: Split, group: &str, source: Source| match split {
        Split::Train if own(group) && learned.len() < config.pictures => learned.push(source),
        Split::Val if chosen.len() < config.chosen => chosen.push(source),
        _ => {}
    };
    for (split, group, file) in files {
        put(split, &group, Source::File(file));
    }
    for (split, group, bytes) in rest {
        put(split, &group, Source::Member(bytes));
    }
    Ok([learned, chosen])
}

impl Source {
    /// The picture, and its object where one stands out; nothing where it cannot be read.
    pub(super) fn open(&self, mask: Option<&MaskNetwork>) -> Vec<Shown> {
        let options = DecodeOptions::default();
        let (picture, large) = match self {
            Self::File(path) => (read(path, &options), true),
            Self::Member(bytes) => (decode(bytes, &options), false),
        };
        let Ok(picture) = picture else {
            return Vec::new();
        };
        let cut = match mask {
            Some(mask) if large => cut_out(&picture, mask),
            _ => None,
        };
        let whole = Shown {
            picture,
            alpha: None,
        };
        std::iter::once(whole).chain(cut).collect()
    }
}

/// The object, cut out, where the mask network is sure of one.
fn cut_out(picture: &Picture, mask: &MaskNetwork) -> Option<Shown> {
    let chances = mask.chances(picture);
    let share = |good: &dyn Fn(f32) -> bool| {
        chances.iter().filter(|v| good(**v)).count() as f64 / chances.len() as f64
    };
    let sure = share(&|v| (0.1..0.9).contains(&v)) <= 0.1;
    if !sure || !(0.03..=0.6).contains(&share(&|v| v >= 0.5)) {
        return None;
    }
    let alpha = alpha_of(chances, picture);
    Some(Shown {
        picture: on_white(picture, &alpha),
        alpha: Some(alpha),
    })
}

/// What cuts out objects.
pub(super) struct Cutter {
    pub(super) network: MaskNetwork,
    /// Of its weights.
    pub(super) sha256: String,
}

/// The mask network in the folder of models, else the embedded one; none in a build without weights:
/// no cut-outs then.
///
/// # Errors
/// Damaged weights.
pub(super) fn cutter(models: &Path) -> Result<Option<Cutter>, SketchError> {
    let path = models.join(format!("{EMBEDDED}.safetensors"));
    let embedded = || {
        let card = registry::card(EMBEDDED)?;
        Ok((registry::weights(&card)?, card.file))
    };
    let (bytes, file) = if path.is_file() {
        (store::read_file(&path)?.into(), path.display().to_string())
    } else {
        match embedded() {
            Ok(found) => found,
            Err(NetError::Missing { .. } | NetError::UnknownModel { .. }) => return Ok(None),
            Err(other) => return Err(other.into()),
        }
    };
    Ok(Some(Cutter {
        network: MaskNetwork::from_bytes(&bytes, &file)?,
        sha256: store::sha256(&bytes),
    }))
}
