//! The weight file of a reader.

use super::{Network, Reader};
use crate::encoder::counts::{self, Counts};
use crate::encoder::lstm::{self, Lstm};
use crate::encoder::transformer::{self, Dense, Transformer};
use crate::error::WordsError;
use crate::text::spelling::Spelling;
use crate::text::vocabulary::{SPECIAL, Vocabulary};
use crate::text::wordpiece::WordPieces;
use affetti_emotion::{Emotion, Label};
use affetti_weights::NetError;
use affetti_weights::registry::{card, weights};
use affetti_weights::store;
use serde::{Deserialize, Serialize};

/// The default reader.
pub const EMBEDDED: &str = "reader-1";

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The network with its sizes.
    pub network: Sizes,
    /// Words or pieces by number; those that are no words are left out where the network has them
    /// in front.
    pub words: Vec<String>,
    /// By what the head's values are divided.
    pub temperature: f32,
}

/// A network's kind and sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Sizes {
    /// [`crate::encoder::transformer`]
    Transformer(transformer::Shape),
    /// [`crate::encoder::lstm`]
    Lstm(lstm::Shape),
    /// [`crate::encoder::counts`]
    Counts(counts::Shape),
}

impl Sizes {
    /// Floats of a text's vector.
    #[must_use]
    pub fn outputs(&self) -> usize {
        match self {
            Self::Transformer(shape) => shape.width,
            Self::Lstm(shape) => shape.narrow,
            Self::Counts(shape) => shape.width,
        }
    }
}

impl Reader {
    /// The reader inside of the program, or the one that was imported.
    ///
    /// # Errors
    /// [`NetError::Missing`] for a build without weights.
    pub fn embedded() -> Result<Self, WordsError> {
        let card = card(EMBEDDED)?;
        Self::from_bytes(&weights(&card)?, &card.file)
    }

    /// From the bytes of a weight file; `file` is its name for messages.
    ///
    /// # Errors
    /// [`NetError::Malformed`] and [`NetError::Mismatch`].
    pub fn from_bytes(bytes: &[u8], file: &str) -> Result<Self, WordsError> {
        let tensors = store::from_bytes(bytes, file)?;
        let malformed = |why: String| NetError::Malformed {
            file: file.to_owned(),
            format: "reader",
            why,
        };
        let about: About = serde_json::from_str(&tensors.note)
            .map_err(|_| malformed("its note names no network and no words".to_owned()))?;
        if !(about.temperature > 0.0 && about.temperature.is_finite()) {
            return Err(malformed("its temperature is not above 0".to_owned()).into());
        }
        let numbers = match about.network {
            Sizes::Transformer(shape) if shape.sound() => shape.numbers(),
            Sizes::Lstm(shape) if shape.sound() => shape.numbers(),
            Sizes::Counts(shape) if shape.sound() => shape.numbers(),
            _ => return Err(malformed("its sizes are not those of a network".to_owned()).into()),
        };
        if numbers > tensors.map.values().map(|tensor| tensor.data.len()).sum() {
            return Err(malformed("it has fewer numbers than its sizes say".to_owned()).into());
        }
        let mut taker = tensors.take_for("the reader");
        let count = about.words.len();
        let fit = |known: usize, expected: usize| {
            let told = format!("it has {known} words and vectors for {expected}");
            (known == expected).then_some(()).ok_or(told)
        };
        let network = match about.network {
            Sizes::Transformer(shape) => {
                let pieces = WordPieces::new(about.words.clone()).map_err(malformed)?;
                fit(count, shape.pieces).map_err(malformed)?;
                if shape.places < super::LONGEST + 2 {
                    return Err(malformed("it has too few places".to_owned()).into());
                }
                let net = Transformer::take(shape, &mut taker);
                Network::Transformer(pieces, Box::new(net.map_err(|why| malformed(why.into()))?))
            }
            Sizes::Counts(shape) => {
                let known = about.words.iter().cloned().collect();
                let net = Counts::take(shape, &mut taker).map_err(|why| malformed(why.into()))?;
                Network::Counts(known, Box::new(net))
            }
            Sizes::Lstm(shape) => {
                fit(count + SPECIAL.len(), shape.words).map_err(malformed)?;
                let spelling = Spelling::new(about.words.iter().map(String::as_str));
                let net = Lstm::take(shape, &mut taker).map_err(|why| malformed(why.into()))?;
                Network::Lstm(
                    Vocabulary::new(about.words.clone()),
                    spelling,
                    Box::new(net),
                )
            }
        };
        let head = Dense::take(
            &mut taker,
            "head",
            about.network.outputs(),
            Emotion::ALL.len(),
        );
        taker.finish()?;
        Ok(Self {
            temperature: about.temperature,
            sha256: store::sha256(bytes),
            about,
            network,
            head,
        })
    }
}
