//! A network that reads line drawings: what a drawing shows, as numbers that photographs have too.
//!
//! - **Computes** an embedding of unit length. Of lines: EfficientNet-Lite's pooled features and a
//!   linear map. Of a photograph: a linear map of the pooled features of the teacher, which is
//!   another EfficientNet-Lite, fixed before the training as principal components. The first was
//!   taught to give of lines what the second gives of the picture that the lines were taken from.
//! - **Input** [`Ink`]: how much ink there is at each place of a square, whatever color drew it.
//! - **Output** [`Encoder::dimension`] numbers; the cosine of two of them is their likeness.
//! - **Source** ours; the loss is that of A. Radford et al., "CLIP" (2021), with a frozen teacher.
//! - **Weights** `encoder-1` (embedded) and `judge-1` (for measuring) of this project.
//!
//! | step | where |
//! |---|---|
//! | drawings and edge maps as ink | `ink` |
//! | `affetti train encoder` | `training` (feature `train`) |

mod ink;
#[cfg(feature = "train")]
pub mod training;

use std::sync::Mutex;

use affetti_nets::{
    NetError,
    efficientnet_lite::{EfficientNetLite, FEATURES, Variant, Weights, Workspace},
    registry, store,
    tensors::Tensors,
};
use affetti_picture::{Filter, Picture};
use serde::{Deserialize, Serialize};

pub use ink::{Ink, SIDE};

use crate::error::SketchError;

/// The network inside the program.
pub const EMBEDDED: &str = "encoder-1";
/// Largest number of values of an embedding.
pub(crate) const MAX_DIMENSION: usize = 1024;

/// A linear map, `[outputs, inputs]` and a bias.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Projection {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
}

impl Projection {
    /// The image of `x`, made one long; all zero where it has no length.
    fn unit(&self, x: &[f32]) -> Vec<f32> {
        let rows = self.weight.chunks_exact(x.len());
        let mut y: Vec<f32> = rows
            .zip(&self.bias)
            .map(|(row, b)| b + row.iter().zip(x).map(|(w, x)| w * x).sum::<f32>())
            .collect();
        let length = y.iter().map(|v| v * v).sum::<f32>().sqrt();
        let scale = if length > 0.0 && length.is_finite() {
            1.0 / length
        } else {
            0.0
        };
        y.iter_mut()
            .for_each(|v| *v = if scale > 0.0 { *v * scale } else { 0.0 });
        y
    }
}

/// All weights of an encoder.
#[derive(Clone, Debug)]
pub(crate) struct EncoderWeights {
    pub(crate) trunk: Weights,
    pub(crate) about: About,
    pub(crate) line: Projection,
    pub(crate) photo: Projection,
}

/// What the file says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    /// The network that reads lines.
    pub(crate) trunk: String,
    /// The network that reads photographs.
    pub(crate) teacher: String,
    /// Values of an embedding.
    pub(crate) dimension: usize,
}

impl EncoderWeights {
    /// The tensors that [`EncoderWeights::from_tensors`] reads.
    #[cfg(feature = "train")]
    pub(crate) fn to_tensors(&self) -> Tensors {
        let mut tensors = Tensors {
            note: serde_json::to_string(&self.about).unwrap_or_default(),
            ..Tensors::default()
        };
        let trunk = self.trunk.to_folded().map.into_iter();
        tensors
            .map
            .extend(trunk.map(|(name, tensor)| (format!("trunk.{name}"), tensor)));
        for (name, p) in [("line", &self.line), ("photo", &self.photo)] {
            let mut put = |part: &str, shape: Vec<usize>, data: &[f32]| {
                let data = data.to_vec();
                let name = format!("{name}.{part}");
                let tensor = affetti_nets::tensors::Tensor { shape, data };
                tensors.map.insert(name, tensor);
            };
            put("weight", vec![p.bias.len(), FEATURES], &p.weight);
            put("bias", vec![p.bias.len()], &p.bias);
        }
        tensors
    }

    fn from_tensors(mut tensors: Tensors) -> Result<Self, NetError> {
        let wrong = |why: &str| NetError::Malformed {
            file: tensors.file.clone(),
            format: "encoder",
            why: why.to_owned(),
        };
        let about: About =
            serde_json::from_str(&tensors.note).map_err(|_| wrong("its note names no networks"))?;
        let variant =
            Variant::parse(&about.trunk).ok_or_else(|| wrong("its trunk is not known"))?;
        Variant::parse(&about.teacher).ok_or_else(|| wrong("its teacher is not known"))?;
        if !(1..=MAX_DIMENSION).contains(&about.dimension) {
            return Err(wrong("its dimension is not 1 to 1024"));
        }
        let trunk = Weights::from_folded(variant, tensors.split_off("trunk."))?;
        let mut taker = tensors.take_for("the encoder");
        let mut get = |name: &str| Projection {
            weight: taker.take(&format!("{name}.weight"), &[about.dimension, FEATURES]),
            bias: taker.take(&format!("{name}.bias"), &[about.dimension]),
        };
        let (line, photo) = (get("line"), get("photo"));
        taker.finish()?;
        Ok(Self {
            trunk,
            about,
            line,
            photo,
        })
    }
}

/// The network, ready to use.
#[derive(Debug)]
pub struct Encoder {
    net: EfficientNetLite,
    about: About,
    line: Projection,
    photo: Projection,
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
            line: weights.line.clone(),
            photo: weights.photo.clone(),
            threads: threads.max(1),
            spare: Mutex::default(),
        }
    }

    /// Values of an embedding.
    #[must_use]
    pub fn dimension(&self) -> usize {
        self.about.dimension
    }

    /// The name of the network that reads photographs.
    #[must_use]
    pub fn teacher(&self) -> &str {
        &self.about.teacher
    }

    /// The embedding of lines. A network whose weights are no numbers gives all zero.
    #[must_use]
    pub fn embed(&self, ink: &Ink) -> Vec<f32> {
        let spare = self.spare.lock().ok().and_then(|mut spare| spare.pop());
        let mut work = spare.unwrap_or_default();
        let described = self.net.describe(&ink.picture(), &mut work, self.threads);
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(work);
        }
        self.line.unit(&described[..FEATURES])
    }

    /// The embedding of a photograph, of which `pooled` are the teacher's features
    /// ([`photo_features`]).
    ///
    /// # Panics
    /// Where these are not [`FEATURES`] values: a bug of the caller.
    #[must_use]
    pub fn embed_photo(&self, pooled: &[f32]) -> Vec<f32> {
        assert_eq!(pooled.len(), FEATURES, "pooled features");
        self.photo.unit(pooled)
    }
}

/// The descriptor of a photograph by a teacher, squeezed to its resolution; pooled features first.
#[must_use]
pub fn photo_features(
    teacher: &EfficientNetLite,
    picture: &Picture,
    work: &mut Workspace,
) -> Vec<f32> {
    let side = teacher.variant().resolution() as u32;
    teacher.describe(&picture.resize(side, side, Filter::Bicubic), work, 1)
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
    let card = registry::card(name)?;
    let tensors = store::from_bytes(&registry::weights(&card)?, &card.file)?;
    Ok(EfficientNetLite::new(&Weights::from_folded(
        variant, tensors,
    )?))
}

/// The cosine of two embeddings.
#[must_use]
pub fn likeness(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
