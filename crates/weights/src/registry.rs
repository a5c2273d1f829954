//! The weight registry: a card for every model, and the weights of those that are embedded.
//!
//! Cards are the TOML files of `models/`; each says what goes in, where the weights come from,
//! under which terms, how well they do and by which command anyone makes them again.

use crate::error::NetError;
use crate::store;
use crate::tensors::Tensors;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::{Path, PathBuf};

/// What `models/NAME.toml` says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Card {
    /// Unique name.
    pub name: String,
    /// What it is for: `feel`, `backbone`, `edges`, `mask`, `lines`, `clip`, `text`, `words`, `paint`.
    pub kind: String,
    /// One sentence.
    pub summary: String,
    /// File name in `models/` or of the published original.
    pub file: String,
    /// Of that file; of published files whose makers tell no more, the first eight digits.
    pub sha256: String,
    /// Where it is published, for `affetti models pull`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// True where the binary carries the weights.
    pub embedded: bool,
    /// Terms of the weights.
    pub license: String,
    /// What goes in.
    pub input: InputContract,
    /// Where the weights come from.
    pub origin: Origin,
    /// Figures, each with the set that it was measured on and beside its baseline; written by
    /// `affetti train`.
    #[serde(default)]
    pub metrics: Vec<Metric>,
    /// What the model must not be used for, and what its data lean towards.
    #[serde(default)]
    pub cautions: Vec<String>,
    /// What the model predicts on a defined set, for percentiles; written by
    /// `affetti models reference`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Reference>,
}

/// A table of a model's own predictions on a defined set of pictures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// File name in `models/`.
    pub file: String,
    /// Of that file.
    pub sha256: String,
    /// Of the weights that predicted.
    pub model_sha256: String,
    /// Which pictures.
    pub set: String,
    /// How many.
    pub n: usize,
    /// The command that makes the table again.
    pub command: String,
}

/// How a picture becomes numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputContract {
    /// Side of the square input in pixels, one per backbone.
    pub resolution: Vec<usize>,
    /// Channel order.
    pub channels: String,
    /// (value − mean) / scale with values 0..255.
    pub mean: f32,
    /// See `mean`.
    pub scale: f32,
    /// Resize filter.
    pub filter: String,
    /// Crops and flips that are averaged.
    pub views: Vec<String>,
}

/// Where weights come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Pretrained starts.
    pub starts: Vec<String>,
    /// Data sets with their terms.
    pub data: Vec<String>,
    /// The command that makes the weights again.
    pub command: String,
    /// Its seed.
    pub seed: u64,
}

/// One figure of a card.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metric {
    /// Which pictures.
    pub set: String,
    /// What was measured.
    pub name: String,
    /// The model's value.
    pub value: f64,
    /// The baseline's value.
    pub baseline: f64,
    /// What the baseline is.
    pub against: String,
    /// 95 % bootstrap interval of the value.
    pub interval: [f64; 2],
    /// Number of pictures.
    pub n: usize,
}

const CARDS: &[&str] = &[
    include_str!("../../../models/clip-rn50.toml"),
    include_str!("../../../models/clip-rn101.toml"),
    include_str!("../../../models/clip-vit-b-32.toml"),
    include_str!("../../../models/efficientnet-lite0.toml"),
    include_str!("../../../models/efficientnet-lite2.toml"),
    include_str!("../../../models/edges-1.toml"),
    include_str!("../../../models/feel-4.toml"),
    include_str!("../../../models/feel-lite0.toml"),
    include_str!("../../../models/hed.toml"),
    include_str!("../../../models/encoder-1.toml"),
    include_str!("../../../models/judge-1.toml"),
    include_str!("../../../models/mask-1.toml"),
    include_str!("../../../models/minilm-l6.toml"),
    include_str!("../../../models/painter-1.toml"),
    include_str!("../../../models/reader-1.toml"),
    include_str!("../../../models/reader-2.toml"),
    include_str!("../../../models/space-1.toml"),
    include_str!("../../../models/speaker-1.toml"),
    include_str!("../../../models/resnet-34.toml"),
    include_str!("../../../models/resnet-50.toml"),
    include_str!("../../../models/u2netp.toml"),
    include_str!("../../../models/vgg16.toml"),
];

#[cfg(feature = "weights")]
const EMBEDDED: &[(&str, &[u8])] = &[
    (
        "edges-1",
        include_bytes!("../../../models/edges-1.safetensors"),
    ),
    (
        "feel-4",
        include_bytes!("../../../models/feel-4.safetensors"),
    ),
    (
        "encoder-1",
        include_bytes!("../../../models/encoder-1.safetensors"),
    ),
    (
        "mask-1",
        include_bytes!("../../../models/mask-1.safetensors"),
    ),
    (
        "painter-1",
        include_bytes!("../../../models/painter-1.safetensors"),
    ),
    (
        "reader-1",
        include_bytes!("../../../models/reader-1.safetensors"),
    ),
    (
        "space-1",
        include_bytes!("../../../models/space-1.safetensors"),
    ),
    (
        "speaker-1",
        include_bytes!("../../../models/speaker-1.safetensors"),
    ),
];
#[cfg(not(feature = "weights"))]
const EMBEDDED: &[(&str, &[u8])] = &[];

/// The reference tables are small and say nothing without their weights: they are embedded with them.
#[cfg(feature = "weights")]
const REFERENCES: &[(&str, &[u8])] = &[(
    "feel-4",
    include_bytes!("../../../models/feel-4.reference.safetensors"),
)];
#[cfg(not(feature = "weights"))]
const REFERENCES: &[(&str, &[u8])] = &[];

/// Every card, in a fixed order.
///
/// # Errors
/// [`NetError::Malformed`] for a card that does not parse: a bug that the tests catch.
pub fn cards() -> Result<Vec<Card>, NetError> {
    CARDS.iter().map(|text| parse_card(text)).collect()
}

fn parse_card(text: &str) -> Result<Card, NetError> {
    toml::from_str(text).map_err(|e| NetError::Malformed {
        file: "models/*.toml".into(),
        format: "model card",
        why: e.message().to_owned(),
    })
}

/// Reads the card at `path`.
///
/// # Errors
/// [`NetError::Io`], and [`NetError::Malformed`] for a card that does not parse.
pub fn read_card(path: &Path) -> Result<Card, NetError> {
    let bytes = store::read_file(path)?;
    toml::from_str(&String::from_utf8_lossy(&bytes)).map_err(|e| NetError::Malformed {
        file: path.display().to_string(),
        format: "model card",
        why: e.message().to_owned(),
    })
}

/// The card called `name`.
///
/// # Errors
/// [`NetError::UnknownModel`] listing the known names.
pub fn card(name: &str) -> Result<Card, NetError> {
    let cards = cards()?;
    let known: Vec<String> = cards.iter().map(|c| c.name.clone()).collect();
    let found = cards.into_iter().find(|card| card.name == name);
    found.ok_or_else(|| NetError::UnknownModel {
        name: name.to_owned(),
        known: known.join(", "),
    })
}

/// Where imported weights are kept: `$AFFETTI_CACHE`, else the system's cache folder.
#[must_use]
pub fn cache_folder() -> PathBuf {
    let from = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty());
    if let Some(folder) = from("AFFETTI_CACHE") {
        return folder.into();
    }
    let base = from("XDG_CACHE_HOME")
        .or_else(|| from("LOCALAPPDATA"))
        .map(PathBuf::from)
        .or_else(|| from("HOME").map(|home| PathBuf::from(home).join(".cache")));
    base.unwrap_or_else(std::env::temp_dir).join("affetti")
}

/// Where the weights of `card` lie once imported. The original's hash is in the name: another
/// version of a model never takes the place of this one.
#[must_use]
pub fn cached_file(card: &Card) -> PathBuf {
    let hash = card.sha256.get(..16).unwrap_or(&card.sha256);
    let name = format!("{}-{hash}.safetensors", card.name);
    cache_folder().join("models").join(name)
}

/// Where the hash of the converted file at `path` lies.
#[must_use]
pub fn hash_file(path: &Path) -> PathBuf {
    path.with_extension("sha256")
}

/// The weights of `card`: embedded, or imported into the cache before.
///
/// # Errors
/// [`NetError::Missing`] with what to do where there are none, [`NetError::Hash`] where the cached
/// file is not the one that was imported, and reading errors.
pub fn weights(card: &Card) -> Result<Cow<'static, [u8]>, NetError> {
    if let Some((_, bytes)) = EMBEDDED.iter().find(|(name, _)| *name == card.name) {
        return Ok(Cow::Borrowed(bytes));
    }
    let path = cached_file(card);
    if path.is_file() {
        let bytes = store::read_file(&path)?;
        let expected = store::read_file(&hash_file(&path)).unwrap_or_default();
        let expected = String::from_utf8_lossy(&expected).into_owned();
        return match store::sha256(&bytes) {
            found if found == expected => Ok(Cow::Owned(bytes)),
            found => Err(NetError::Hash {
                file: path.display().to_string(),
                found,
                expected,
            }),
        };
    }
    Err(NetError::Missing {
        name: card.name.clone(),
        hint: hint(card),
    })
}

/// The tensors of the model called `name`.
///
/// # Errors
/// [`NetError::UnknownModel`], what [`weights`] returns, and reading errors.
pub fn tensors(name: &str) -> Result<Tensors, NetError> {
    let card = card(name)?;
    store::from_bytes(&weights(&card)?, &card.file)
}

/// What brings the weights of `card` here.
fn hint(card: &Card) -> String {
    let Card { name, file, .. } = card;
    match card.url {
        Some(_) => format!(
            "run `affetti models pull {name}`, or `affetti models import FILE --as {name}` with a \
             file of your own"
        ),
        None => format!("run `affetti models import {file}`, or build with the feature `weights`"),
    }
}

/// The embedded reference table of the model called `name`, where there is one.
#[must_use]
pub fn reference(name: &str) -> Option<&'static [u8]> {
    let found = REFERENCES.iter().find(|(known, _)| *known == name);
    found.map(|(_, bytes)| *bytes)
}

/// Compares the weights of `card`, and its embedded reference table, with their hashes.
///
/// # Errors
/// [`NetError::Hash`] where they differ, and what [`weights`] returns.
pub fn verify(card: &Card) -> Result<(), NetError> {
    if let (Some(about), Some(bytes)) = (&card.reference, reference(&card.name)) {
        let found = store::sha256(bytes);
        if found != about.sha256 {
            return Err(NetError::Hash {
                file: about.file.clone(),
                found,
                expected: about.sha256.clone(),
            });
        }
    }
    let found = store::sha256(&weights(card)?);
    // Imported weights are converted: their card has the hash of the published original, which was
    // checked on import, and `weights` has compared them with what the import wrote.
    if !card.embedded || found == card.sha256 {
        return Ok(());
    }
    Err(NetError::Hash {
        file: card.file.clone(),
        found,
        expected: card.sha256.clone(),
    })
}
