//! A network that reads line drawings: what a drawing shows, as numbers that photographs have too.
//!
//! - **Computes** an [`Embedding`]: what is there, and what is where. Of lines: linear maps of
//!   EfficientNet-Lite's pooled features, and of its last map cell by cell. Of a photograph: linear
//!   maps of what another EfficientNet-Lite, the teacher, has of it: pooled features, and means of
//!   its fifth stage over the same cells; both fixed before the training as principal components.
//!   The first network was taught to give of lines what the second gives of the picture that the
//!   lines were taken from.
//! - **Input** [`Ink`]: how much ink there is at each place of a square, whatever color drew it.
//! - **Output** vectors of unit length; the mean cosine of two embeddings is their likeness.
//! - **Source** ours; the loss is that of A. Radford et al., "CLIP" (2021), with a frozen teacher.
//! - **Weights** `encoder-1` (embedded) and `judge-1` (for measuring) of this project.
//!
//! | step | where |
//! |---|---|
//! | drawings and edge maps as ink | `ink` |
//! | linear maps and the weight file | `weights` |
//! | `affetti train encoder` | `training` (feature `train`) |

mod ink;
#[cfg(feature = "train")]
pub mod training;
mod weights;

use std::sync::Mutex;

use affetti_nets::efficientnet_lite::{
    Cells, CellsOf, EfficientNetLite, Variant, Weights, Workspace,
};
use affetti_picture::{Filter, Picture};
use affetti_weights::{NetError, registry, store};

pub use ink::{Ink, SIDE};
pub(crate) use weights::{About, EncoderWeights, Maps, Pair};
#[cfg(feature = "train")]
pub(crate) use weights::{MAX_DIMENSION, Projection};

use crate::error::SketchError;

/// The network inside the program.
pub const EMBEDDED: &str = "encoder-1";
/// The network that judges drawings.
pub const JUDGE: &str = "judge-1";
/// Cells a side of the grid that says what is where.
pub(crate) const GRID: usize = 4;
/// The teacher's stage whose cells these are, from 0: stride 16.
pub(crate) const STAGE: usize = 4;

/// What lines or a photograph show.
#[derive(Clone, Debug, PartialEq)]
pub struct Embedding {
    /// What is there, of unit length.
    pub meaning: Vec<f32>,
    /// What is where: the same number of values for each cell of a grid, row by row; of unit length
    /// as a whole.
    pub layout: Vec<f32>,
}

impl Embedding {
    /// The mean cosine of both parts, −1..=1.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f32 {
        let meaning = cosine(&self.meaning, &other.meaning);
        f32::midpoint(meaning, cosine(&self.layout, &other.layout))
    }
}

/// The cosine of two vectors of unit length.
///
/// # Panics
/// Where they have different lengths: a bug of the caller.
#[must_use]
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len(), "values of both");
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The network, ready to use.
#[derive(Debug)]
pub struct Encoder {
    net: EfficientNetLite,
    about: About,
    maps: Maps,
    threads: usize,
    spare: Mutex<Vec<Workspace>>,
}

impl Encoder {
    /// The embedded network, or the imported one of a build without weights; `threads` for each
    /// drawing.
    ///
    /// # Errors
    /// Missing or damaged weights.
    pub fn embedded(threads: usize) -> Result<Self, SketchError> {
        let card = registry::card(EMBEDDED)?;
        Self::from_bytes(&registry::weights(&card)?, &card.file, threads)
    }

    /// The network of a weight file's bytes; `file` is named in messages.
    ///
    /// # Errors
    /// Damaged weights.
    pub fn from_bytes(bytes: &[u8], file: &str, threads: usize) -> Result<Self, SketchError> {
        let weights = EncoderWeights::from_tensors(store::from_bytes(bytes, file)?)?;
        Ok(Self::new(&weights, threads))
    }

    pub(crate) fn new(weights: &EncoderWeights, threads: usize) -> Self {
        Self {
            net: EfficientNetLite::new(&weights.trunk),
            about: weights.about.clone(),
            maps: weights.maps.clone(),
            threads: threads.max(1),
            spare: Mutex::default(),
        }
    }

    /// The name of the network that reads photographs.
    #[must_use]
    pub fn teacher(&self) -> &str {
        &self.about.teacher
    }

    /// The embedding of lines. A network whose weights are no numbers gives all zero.
    #[must_use]
    pub fn embed(&self, ink: &Ink) -> Embedding {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut work = spare.unwrap_or_default();
        let picture = ink.picture();
        let head = CellsOf::Head;
        let found = self
            .net
            .describe_cells(&picture, head, GRID, &mut work, self.threads);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(work);
        }
        embedding(&self.maps.line, &found)
    }

    /// The embedding of a photograph, of which the teacher says `features` ([`photo_features`]).
    ///
    /// # Panics
    /// Where these are another teacher's: a bug of the caller.
    #[must_use]
    pub fn embed_photo(&self, features: &Cells) -> Embedding {
        embedding(&self.maps.photo, features)
    }
}

fn embedding(pair: &Pair, found: &Cells) -> Embedding {
    Embedding {
        meaning: pair.meaning.unit(&found.pooled),
        layout: pair.layout.unit(&found.cells),
    }
}

/// What a teacher says of a photograph, squeezed to its resolution.
#[must_use]
pub fn photo_features(
    teacher: &EfficientNetLite,
    picture: &Picture,
    work: &mut Workspace,
) -> Cells {
    let side = teacher.variant().resolution() as u32;
    let squeezed = picture.resize(side, side, Filter::Bicubic);
    teacher.describe_cells(&squeezed, CellsOf::Stage(STAGE), GRID, work, 1)
}

/// The teacher called `name`, from imported weights.
///
/// # Errors
/// Weights that nobody imported.
pub fn teacher(name: &str) -> Result<EfficientNetLite, SketchError> {
    let variant = Variant::parse(name).ok_or_else(|| NetError::UnknownModel {
        name: name.to_owned(),
        known: [Variant::Lite0, Variant::Lite2]
            .map(Variant::name)
            .join(", "),
    })?;
    let weights = Weights::from_folded(variant, registry::tensors(name)?)?;
    Ok(EfficientNetLite::new(&weights))
}
