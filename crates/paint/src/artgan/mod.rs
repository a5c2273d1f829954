//! ArtGAN's generator: pictures for a label.
//!
//! - **Computes** pictures of 128 × 128 pixels from noise and one or two labels: a linear layer to a map of
//!   4 × 4, then doublings to the nearest pixel with 3 × 3 convolutions, batch norms and leaky rectifiers.
//! - **Input** 100 uniform numbers in −1..1, then 1 at the class of each label.
//! - **Output** sRGB pictures by tanh.
//! - **Source** Tan, Chan, Aguirre & Tanaka, "ArtGAN" (2017) and "Improved ArtGAN" (2019), with magnified
//!   learning: the discriminator sees 64 pixels. 5,022,624 parameters for 27 classes.
//! - **Deviations** running statistics when painting, red before blue. Two labels together, which the
//!   articles name as future work, stand after each other in the input.
//! - **Weights** `artgan-*` of this project in `models/`.

#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod training;

use crate::cgan::pictures;
use crate::error::PaintError;
use crate::net::{Linear, Maps, Packed, leaky};
use affetti_ground::SplitMix64;
use affetti_kernels::{Activation, Batch, Convolution};
use affetti_picture::Picture;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::Tensors;
use serde::{Deserialize, Serialize};

/// Numbers of noise.
pub const NOISE: usize = 100;
/// Pixels of a picture's side.
pub const SIDE: usize = 128;
/// Side of the first map.
const FIRST: usize = 4;
/// Its channels.
const WIDE: usize = 512;
/// Channels after each convolution, and whether the map was doubled before it.
const STEPS: [(usize, bool); 6] = [
    (512, true),
    (256, true),
    (128, true),
    (64, true),
    (64, false),
    (32, true),
];
/// TensorFlow's ε.
#[cfg(any(test, feature = "train"))]
pub(crate) const EPSILON: f32 = 1e-3;
/// Most classes that a file may have.
const MOST: usize = 4096;
pub(crate) const LEAKY: Activation = Activation::Leaky(0.2);

/// The convolutions with batch norms, in their order.
pub(crate) fn steps() -> impl Iterator<Item = (Convolution, bool)> {
    let before = [WIDE].into_iter().chain(STEPS.map(|(n, _)| n));
    before.zip(STEPS).map(|(inputs, (outputs, doubled))| {
        (Convolution::new(inputs, outputs, 3).act(LEAKY), doubled)
    })
}

/// The last convolution.
pub(crate) const LAST: Convolution = Convolution::new(STEPS[5].0, 3, 3);

/// One label: what it is called, such as `style`, and its classes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// `style`, `genre` or `artist`.
    pub name: String,
    /// In the order of the input.
    pub classes: Vec<String>,
}

/// What a weight file says of itself.
#[derive(Serialize, Deserialize)]
struct Note {
    kind: String,
    labels: Vec<Label>,
    /// Which classes paintings have together, with how many there are, where labels are several.
    #[serde(default)]
    seen: Vec<(Vec<usize>, usize)>,
}

impl Note {
    fn is_sound(&self) -> bool {
        let known = |label: &Label| ["style", "genre", "artist"].contains(&label.name.as_str());
        let classes = self.labels.iter().map(|label| label.classes.len());
        let there = |seen: &(Vec<usize>, usize)| {
            let pairs = seen.0.iter().zip(&self.labels);
            seen.0.len() == self.labels.len() && pairs.clone().all(|(n, l)| *n < l.classes.len())
        };
        (1..=2).contains(&self.labels.len())
            && self.labels.iter().all(known)
            && self.labels.first().map(|l| &l.name) != self.labels.get(1).map(|l| &l.name)
            && classes.clone().all(|n| n >= 1)
            && (1..=MOST).contains(&classes.sum())
            && self.seen.len() <= MOST
            && self.seen.iter().all(there)
    }

    /// All combinations where the file names none.
    fn combinations(&self) -> Vec<(Vec<usize>, usize)> {
        if !self.seen.is_empty() {
            return self.seen.clone();
        }
        let first = 0..self.labels[0].classes.len();
        match self.labels.get(1) {
            None => first.map(|n| (vec![n], 1)).collect(),
            Some(second) => first
                .flat_map(|n| (0..second.classes.len()).map(move |m| (vec![n, m], 1)))
                .take(MOST)
                .collect(),
        }
    }
}

pub(crate) const KIND: &str = "artgan";

/// A generator that is ready to paint.
#[derive(Clone, Debug)]
pub struct ArtGan {
    labels: Vec<Label>,
    seen: Vec<(Vec<usize>, usize)>,
    begin: Linear,
    steps: Vec<(Packed, bool)>,
    last: Packed,
}

impl ArtGan {
    /// From a file of weights that `affetti train artgan` wrote.
    ///
    /// # Errors
    /// [`PaintError::Unfit`] for weights of something else; every missing or misshapen tensor.
    pub fn new(tensors: Tensors) -> Result<Self, PaintError> {
        let file = tensors.file.clone();
        let unfit = || PaintError::Unfit {
            what: format!("{file}: no ArtGAN of this project; `affetti train artgan` makes them"),
        };
        let note: Note = serde_json::from_str(&tensors.note).map_err(|_| unfit())?;
        if note.kind != KIND || !note.is_sound() {
            return Err(unfit());
        }
        let classes: usize = note.labels.iter().map(|label| label.classes.len()).sum();
        let mut taker = tensors.take_for("ArtGAN's generator");
        let (inputs, outputs) = (NOISE + classes, FIRST * FIRST * WIDE);
        let begin = Linear {
            inputs,
            weight: taker.take("begin.weight", &[outputs, inputs]),
            bias: taker.take("begin.bias", &[outputs]),
        };
        let mut side = FIRST;
        let steps = steps().enumerate().map(|(n, (conv, doubled))| {
            side *= if doubled { 2 } else { 1 };
            let weights = folded(&mut taker, &format!("steps.{n}"), conv);
            (Packed::new(conv, &weights, side), doubled)
        });
        let steps = steps.collect();
        let last = Folded {
            weight: taker.take("last.weight", &LAST.weight_shape()),
            bias: Vec::new(),
        };
        taker.finish()?;
        Ok(Self {
            seen: note.combinations(),
            labels: note.labels,
            begin,
            steps,
            last: Packed::new(LAST, &last, SIDE),
        })
    }

    /// What it can be asked for.
    #[must_use]
    pub fn labels(&self) -> &[Label] {
        &self.labels
    }

    /// A class of each label, as paintings have them together, with how many do.
    #[must_use]
    pub fn combinations(&self) -> &[(Vec<usize>, usize)] {
        &self.seen
    }

    /// Noise of `seed`, as wide as `truncation` of the usual.
    #[must_use]
    pub fn noise(seed: u64, truncation: f64) -> Vec<f32> {
        let mut random = SplitMix64::new(seed);
        (0..NOISE)
            .map(|_| ((random.unit() * 2.0 - 1.0) * truncation) as f32)
            .collect()
    }

    /// What stands behind the noise, for a class of each label.
    #[must_use]
    pub fn condition(&self, classes: &[usize]) -> Vec<f32> {
        let labels = self.labels.iter().zip(classes);
        labels
            .flat_map(|(label, class)| {
                (0..label.classes.len()).map(move |n| f32::from(u8::from(n == *class)))
            })
            .collect()
    }

    /// Both.
    #[cfg(feature = "train")]
    pub(crate) fn input(&self, seed: u64, truncation: f64, classes: &[usize]) -> Vec<f32> {
        [Self::noise(seed, truncation), self.condition(classes)].concat()
    }

    /// The pictures of inputs: noise, then a condition.
    ///
    /// # Panics
    /// Where an input has another length: a bug of the caller.
    #[must_use]
    pub fn paint(&self, inputs: &[Vec<f32>]) -> Vec<Picture> {
        pictures(&self.maps(inputs))
    }

    /// The last map before tanh.
    pub(crate) fn maps(&self, inputs: &[Vec<f32>]) -> Maps {
        let mut data = Vec::with_capacity(inputs.len() * self.begin.bias.len());
        for input in inputs {
            assert_eq!(input.len(), self.begin.inputs, "an input's length");
            let mut start = self.begin.run(input);
            leaky(&mut start);
            data.extend(start);
        }
        let shape = Batch::new([inputs.len(), FIRST, FIRST, WIDE]);
        let mut maps = Maps { data, shape };
        for (step, doubled) in &self.steps {
            if *doubled {
                maps = double(&maps);
            }
            maps = step.run(&maps);
        }
        self.last.run(&maps)
    }
}

/// Each pixel becomes four.
fn double(maps: &Maps) -> Maps {
    let Batch {
        batch,
        height,
        width,
        channels,
    } = maps.shape;
    let shape = Batch::new([batch, 2 * height, 2 * width, channels]);
    let mut data = Vec::with_capacity(shape.len());
    for row in maps.data.chunks_exact(width * channels) {
        let from = data.len();
        for pixel in row.chunks_exact(channels) {
            data.extend_from_slice(pixel);
            data.extend_from_slice(pixel);
        }
        data.extend_from_within(from..);
    }
    Maps { data, shape }
}

fn folded(taker: &mut affetti_weights::tensors::Taker, name: &str, conv: Convolution) -> Folded {
    taker.folded(name, &conv.weight_shape())
}

/// The note of a weight file.
#[cfg(feature = "train")]
pub(crate) fn note(labels: &[Label], seen: &[(Vec<usize>, usize)]) -> String {
    let note = Note {
        kind: KIND.to_owned(),
        labels: labels.to_vec(),
        seen: seen.to_vec(),
    };
    serde_json::to_string(&note).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Maps, double};
    use affetti_kernels::Batch;

    #[test]
    fn doubled_to_the_nearest() {
        let maps = Maps {
            data: vec![1.0, 2.0, 3.0, 4.0],
            shape: Batch::new([1, 2, 1, 2]),
        };
        let large = double(&maps);
        assert_eq!(large.shape, Batch::new([1, 4, 2, 2]));
        assert_eq!(large.data[..8], [1.0, 2.0, 1.0, 2.0, 1.0, 2.0, 1.0, 2.0]);
        assert_eq!(large.data[8..], [3.0, 4.0, 3.0, 4.0, 3.0, 4.0, 3.0, 4.0]);
    }
}
