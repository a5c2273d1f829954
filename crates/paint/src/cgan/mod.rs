//! The emotion-conditioned generator of CGAN-Emotion-Art.
//!
//! - **Computes** pictures of 64 × 64 pixels from noise and one of three sentiments: five transposed
//!   convolutions, batch norm and rectifier between them, tanh at the end. One network per genre.
//! - **Input** 100 normal numbers, then 1 at the sentiment: negative, neutral, positive.
//! - **Output** sRGB pictures.
//! - **Source** M. Martin, CGAN-Emotion-Art (2020): 3,601,280 parameters.
//! - **Deviations** running statistics of the batch norms; the published program never leaves batch
//!   statistics, so that a picture depends on those painted with it ([`Statistics::Batch`] for parity).
//! - **Weights** `cgan-landscape` and others of this project in `models/`; published `.pth` files are read
//!   by the shapes of their tensors.

#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod training;

use crate::error::PaintError;
use crate::net::{Maps, Packed};
use crate::repertoire::Sentiment;
use affetti_ground::Normal;
use affetti_kernels::norm::{moments, scale_shift};
use affetti_kernels::{Activation, Batch, Border, Convolution, Kind};
use affetti_picture::Picture;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Tensor, Tensors};
use serde::{Deserialize, Serialize};

/// Numbers of noise.
pub const NOISE: usize = 100;
/// Pixels of a picture's side.
pub const SIDE: usize = 64;
/// Channels between the layers.
const CHANNELS: [usize; 6] = [NOISE + 3, 512, 256, 128, 64, 3];
const LAYERS: usize = 5;
/// PyTorch's ε.
const EPSILON: f32 = 1e-5;
const NETWORK: &str = "a generator of CGAN-Emotion-Art";

/// Of batch norms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Statistics {
    /// Those of the training: a picture depends on nothing else.
    #[default]
    Running,
    /// Those of the pictures that are painted together, as the published program has it.
    Batch,
}

/// The layer from channel count `n` to the next, without what follows its sum.
pub(crate) fn layer(n: usize) -> Convolution {
    Convolution::new(CHANNELS[n], CHANNELS[n + 1], 4)
        .kind(Kind::Transposed)
        .stride(if n == 0 { 1 } else { 2 })
        .border(Border::Fixed(usize::from(n > 0)))
}

/// One batch norm.
#[derive(Clone, Debug, Default, PartialEq)]
struct Norm {
    gamma: Vec<f32>,
    beta: Vec<f32>,
    mean: Vec<f32>,
    variance: Vec<f32>,
}

/// A generator that is ready to paint.
#[derive(Clone, Debug)]
pub struct Cgan {
    subject: String,
    layers: Vec<Packed>,
    /// Of all layers but the last.
    norms: Vec<Norm>,
}

/// What a weight file of ours says of itself.
#[derive(Serialize, Deserialize)]
struct Note {
    kind: String,
    subject: String,
}

pub(crate) const KIND: &str = "cgan";

impl Cgan {
    /// From weights that `affetti train cgan` wrote, or the published ones, whose layers are known by their
    /// shapes, whatever their names.
    ///
    /// # Errors
    /// Every tensor that is missing or of another shape.
    pub fn new(tensors: Tensors) -> Result<Self, PaintError> {
        let subject = serde_json::from_str::<Note>(&tensors.note)
            .ok()
            .filter(|note| note.kind == KIND)
            .map_or_else(String::new, |note| note.subject);
        let tensors = by_shape(tensors);
        let mut taker = tensors.take_for(NETWORK);
        let (mut layers, mut norms) = (Vec::new(), Vec::new());
        for n in 0..LAYERS {
            let conv = layer(n);
            let weight = taker.take(&format!("layers.{n}.weight"), &conv.weight_shape());
            let bias = Vec::new();
            let side = if n == 0 { 1 } else { 2 << n };
            layers.push(Packed::new(conv, &Folded { weight, bias }, side));
            if n + 1 < LAYERS {
                let mut row =
                    |part: &str| taker.take(&format!("layers.{n}.{part}"), &[conv.outputs]);
                norms.push(Norm {
                    gamma: row("gamma"),
                    beta: row("beta"),
                    mean: row("mean"),
                    variance: row("variance"),
                });
            }
        }
        taker.finish()?;
        Ok(Self {
            subject,
            layers,
            norms,
        })
    }

    /// What it paints, such as `landscape`; empty where the file does not say.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Noise of `seed`, as long as `truncation` of the usual.
    #[must_use]
    pub fn noise(seed: u64, truncation: f64) -> Vec<f32> {
        Normal::new(seed).many(NOISE, truncation)
    }

    /// What stands behind the noise.
    #[must_use]
    pub fn condition(sentiment: Sentiment) -> Vec<f32> {
        Sentiment::ALL
            .map(|s| f32::from(u8::from(s == sentiment)))
            .to_vec()
    }

    /// Both.
    #[cfg(feature = "train")]
    pub(crate) fn input(seed: u64, truncation: f64, sentiment: Sentiment) -> Vec<f32> {
        [Self::noise(seed, truncation), Self::condition(sentiment)].concat()
    }

    /// The pictures of inputs: noise, then a condition.
    ///
    /// # Panics
    /// Where an input has another length: a bug of the caller.
    #[must_use]
    pub fn paint(&self, inputs: &[Vec<f32>], statistics: Statistics) -> Vec<Picture> {
        let maps = self.maps(inputs, statistics);
        pictures(&maps)
    }

    /// The last map before tanh.
    pub(crate) fn maps(&self, inputs: &[Vec<f32>], statistics: Statistics) -> Maps {
        let shape = Batch::new([inputs.len(), 1, 1, CHANNELS[0]]);
        let data = inputs.concat();
        assert_eq!(data.len(), shape.len(), "an input's length");
        let mut maps = Maps { data, shape };
        for (n, layer) in self.layers.iter().enumerate() {
            maps = layer.run(&maps);
            if let Some(norm) = self.norms.get(n) {
                maps.data = norm.apply(&maps, statistics);
            }
        }
        maps
    }
}

impl Norm {
    fn apply(&self, maps: &Maps, statistics: Statistics) -> Vec<f32> {
        let (mean, variance) = match statistics {
            Statistics::Batch => moments(&maps.data, maps.shape.channels),
            Statistics::Running => {
                let wide = |row: &[f32]| row.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
                (wide(&self.mean), wide(&self.variance))
            }
        };
        let scales: Vec<f64> = variance
            .iter()
            .zip(&self.gamma)
            .map(|(v, g)| f64::from(*g) / (v + f64::from(EPSILON)).sqrt())
            .collect();
        let shift = mean.iter().zip(&scales).zip(&self.beta);
        let shift: Vec<f32> = shift
            .map(|((m, s), b)| (f64::from(*b) - m * s) as f32)
            .collect();
        let scale: Vec<f32> = scales.iter().map(|s| *s as f32).collect();
        let mut out = vec![0.0; maps.data.len()];
        scale_shift(
            &maps.data,
            (&scale, &shift),
            None,
            Activation::Relu,
            &mut out,
        );
        out
    }
}

/// Pictures of maps before tanh.
pub(crate) fn pictures(maps: &Maps) -> Vec<Picture> {
    let side = |n: usize| u32::try_from(n).unwrap_or(0);
    let (width, height) = (side(maps.shape.width), side(maps.shape.height));
    let byte = |x: &f32| (x.tanh() * 127.5 + 127.5).round().clamp(0.0, 255.0) as u8;
    let picture = |map: &[f32]| {
        let pixels = map.iter().map(byte).collect();
        Picture::new(width, height, pixels).expect("three bytes a pixel")
    };
    maps.data
        .chunks_exact(maps.shape.picture())
        .map(picture)
        .collect()
}

/// The note of a weight file.
#[cfg(feature = "train")]
pub(crate) fn note(subject: &str) -> String {
    let note = Note {
        kind: KIND.to_owned(),
        subject: subject.to_owned(),
    };
    serde_json::to_string(&note).unwrap_or_default()
}

/// The tensors under our names: each layer has a shape of its own, and each norm a length. Of a file that is
/// ours, or of what fits nothing, the names stay.
fn by_shape(mut tensors: Tensors) -> Tensors {
    if tensors.map.contains_key("layers.0.weight") {
        return tensors;
    }
    let map = std::mem::take(&mut tensors.map).into_iter();
    let known = |(name, tensor): (String, Tensor)| {
        let part = name.rsplit('.').next().unwrap_or_default().to_owned();
        if part == "num_batches_tracked" {
            return None;
        }
        let ours = match tensor.shape[..] {
            [_, _, 4, 4] => (0..LAYERS)
                .find(|n| layer(*n).weight_shape()[..] == tensor.shape[..])
                .map(|n| format!("layers.{n}.weight")),
            [length] => {
                let n = (0..LAYERS - 1).find(|n| CHANNELS[n + 1] == length);
                let part = match part.as_str() {
                    "weight" => Some("gamma"),
                    "bias" => Some("beta"),
                    "running_mean" => Some("mean"),
                    "running_var" => Some("variance"),
                    _ => None,
                };
                n.zip(part).map(|(n, part)| format!("layers.{n}.{part}"))
            }
            _ => None,
        };
        Some((ours.unwrap_or(name), tensor))
    };
    tensors.map = map.filter_map(known).collect();
    tensors
}
