//! The painter: a generator of today.
//!
//! - **Computes** square pictures from noise and a condition. A map of 4 × 4 begins with the noise and,
//!   within half of its size, with what two layers make of the condition, which also scales and shifts the channels of it and of
//!   each doubling of it, and so reaches content, light and composition. What differs between pictures of one condition
//!   begins with where things are, and cannot be a tint alone. The last two maps, enlarged,
//!   each give a picture: the smaller one, enlarged again, and what the larger adds.
//! - **Input** normal noise, and what [`crate::repertoire`] says of genre, style and feeling.
//! - **Output** sRGB pictures, by tanh in −1..1.
//! - **Source** Radford et al. (2016) for doublings by transposed convolutions; Perez et al. (2018) for
//!   channels that a condition scales and shifts; Karras et al. (2020) for pictures that are added up. Pixels
//!   rearranged from channels (Shi et al. 2016) left a grid that the critic hardly sees.
//! - **Deviations** ours, for two cores: no attention, no noise per pixel.
//! - **Weights** `painter-1` of this project.

#[cfg(feature = "train")]
pub mod critic;
#[cfg(feature = "train")]
pub mod layers;
#[cfg(feature = "train")]
pub mod training;

use crate::cgan::pictures;
use crate::error::PaintError;
use crate::generator::Seedling;
use crate::net::{Linear, Maps, Packed, enlarged, leaky};
use crate::repertoire::{Repertoire, Row};
use affetti_ground::Normal;
use affetti_kernels::{Activation, Batch, Border, Convolution, Kind};
use affetti_picture::Picture;
use affetti_weights::convolution::Folded;
use affetti_weights::tensors::{Taker, Tensors};
use serde::{Deserialize, Serialize};

/// The painter inside of the program.
pub const EMBEDDED: &str = "painter-1";
/// Negative values are divided by five.
pub(crate) const LEAKY: Activation = Activation::Leaky(0.2);
/// Side of the first map.
const FIRST: usize = 4;
/// The most that a condition adds to a number of the first map, whose deviation by the noise is one.
const FRAME: f32 = 0.5;

/// Sizes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Numbers of noise.
    pub noise: usize,
    /// Of what is made of the condition.
    pub mixed: usize,
    /// Channels of the maps, from 4 × 4 on, each twice as large as the one before; the picture is twice as
    /// large as the last.
    pub channels: Vec<usize>,
}

impl Shape {
    /// Pixels of a picture's side.
    #[must_use]
    pub fn side(&self) -> usize {
        FIRST << self.channels.len()
    }

    /// Whether a network of these sizes can be built, and is none that a hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        let within = |n: usize, most: usize| (1..=most).contains(&n);
        within(self.noise, 1024)
            && within(self.mixed, 2048)
            && (2..=7).contains(&self.channels.len())
            && self.channels.iter().all(|&n| within(n, 1024))
    }

    /// The doubling from map `n` to the next.
    pub(crate) fn doubling(&self, n: usize) -> Convolution {
        Convolution::new(self.channels[n], self.channels[n + 1], 4)
            .kind(Kind::Transposed)
            .stride(2)
            .border(Border::Fixed(1))
            .act(LEAKY)
    }

    /// From the last map, enlarged, to colors.
    pub(crate) fn last(&self) -> Convolution {
        let inputs = self.channels.last().copied().unwrap_or(1);
        Convolution::new(inputs, 3, 3)
    }

    /// The same from the last map but one.
    pub(crate) fn early(&self) -> Convolution {
        let inputs = self.channels.iter().rev().nth(1).copied().unwrap_or(1);
        Convolution::new(inputs, 3, 3)
    }

    /// Channels of the first map.
    fn first(&self) -> usize {
        self.channels.first().copied().unwrap_or(1)
    }
}

/// A generator that is ready to paint.
#[derive(Clone, Debug)]
pub struct Painter {
    shape: Shape,
    repertoire: Repertoire,
    mix: [Linear; 2],
    begin: Linear,
    frame: Linear,
    doublings: Vec<Packed>,
    /// Scale and shift of each map.
    turns: Vec<Linear>,
    early: Packed,
    last: Packed,
}

/// What a weight file says of itself.
#[derive(Serialize, Deserialize)]
struct Note {
    kind: String,
    shape: Shape,
    names: serde_json::Value,
}

pub(crate) const KIND: &str = "painter";

impl Painter {
    /// From a file of weights that `train painter` wrote.
    ///
    /// # Errors
    /// [`PaintError::Unfit`] for weights of something else; every missing or misshapen tensor.
    pub fn new(tensors: Tensors) -> Result<Self, PaintError> {
        let file = tensors.file.clone();
        let unfit = |what: &str| PaintError::Unfit {
            what: format!("{file}: {what}"),
        };
        let note: Note = serde_json::from_str(&tensors.note)
            .map_err(|_| unfit("no painter's weights; `affetti train painter` makes them"))?;
        let shape = note.shape;
        if note.kind != KIND || !shape.sound() {
            return Err(unfit("no painter of sizes that are known"));
        }
        let mut taker = tensors.take_for("a painter");
        let repertoire = Repertoire::read(&mut taker, &note.names, &file)?;
        let first = FIRST * FIRST * shape.first();
        let mix = [
            linear(&mut taker, "mix.0", repertoire.width(), shape.mixed),
            linear(&mut taker, "mix.1", shape.mixed, shape.mixed),
        ];
        let begin = Linear {
            inputs: shape.noise,
            weight: taker.take("begin.weight", &[first, shape.noise]),
            bias: vec![0.0; first],
        };
        let frame = linear(&mut taker, "frame", shape.mixed, first);
        let turns = shape.channels.iter().enumerate();
        let turns = turns.map(|(n, channels)| {
            linear(&mut taker, &format!("turns.{n}"), shape.mixed, 2 * channels)
        });
        let turns = turns.collect();
        let doublings = (1..shape.channels.len()).map(|n| {
            let conv = shape.doubling(n - 1);
            let folded = taken(&mut taker, &format!("doublings.{}", n - 1), conv);
            Packed::new(conv, &folded, FIRST << (n - 1))
        });
        let doublings = doublings.collect();
        let early = taken(&mut taker, "early", shape.early());
        let early = Packed::new(shape.early(), &early, shape.side() / 2);
        let last = taken(&mut taker, "last", shape.last());
        let last = Packed::new(shape.last(), &last, shape.side());
        taker.finish()?;
        Ok(Self {
            shape,
            repertoire,
            mix,
            begin,
            frame,
            doublings,
            turns,
            early,
            last,
        })
    }

    /// Sizes.
    #[must_use]
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// What it can be asked for.
    #[must_use]
    pub fn repertoire(&self) -> &Repertoire {
        &self.repertoire
    }

    /// Noise of `seed` as long as `truncation` of the usual.
    #[must_use]
    pub fn noise(&self, seed: u64, truncation: f64) -> Vec<f32> {
        Normal::new(seed).many(self.shape.noise, truncation)
    }

    /// Such noise, and the condition of `row`.
    #[must_use]
    pub fn seedling(&self, seed: u64, truncation: f64, row: &Row) -> Seedling {
        Seedling {
            noise: self.noise(seed, truncation),
            condition: self.repertoire.condition(row),
        }
    }

    /// What scales and shifts are made of, from the condition.
    fn mixed(&self, seedling: &Seedling) -> Vec<f32> {
        self.mix
            .iter()
            .fold(seedling.condition.clone(), |x, layer| {
                let mut y = layer.run(&x);
                leaky(&mut y);
                y
            })
    }

    /// The pictures of `seedlings`, all at once.
    ///
    /// # Panics
    /// Where noise or condition have another length: a bug of the caller.
    #[must_use]
    pub fn paint(&self, seedlings: &[Seedling]) -> Vec<Picture> {
        let mixed: Vec<Vec<f32>> = seedlings.iter().map(|s| self.mixed(s)).collect();
        let first = self.shape.first();
        let mut data = Vec::with_capacity(seedlings.len() * FIRST * FIRST * first);
        for (seedling, mixed) in seedlings.iter().zip(&mixed) {
            let mut start = self.begin.run(&seedling.noise);
            let frame = self.frame.run(mixed);
            start
                .iter_mut()
                .zip(frame)
                .for_each(|(x, f)| *x += FRAME * f.tanh());
            leaky(&mut start);
            data.extend(start);
        }
        let shape = Batch::new([seedlings.len(), FIRST, FIRST, first]);
        let mut maps = Maps { data, shape };
        self.turn(0, &mixed, &mut maps);
        let mut small = None;
        for (n, doubling) in self.doublings.iter().enumerate() {
            if n + 1 == self.doublings.len() {
                small = Some(enlarged(&self.early.run(&enlarged(&maps))));
            }
            maps = doubling.run(&maps);
            self.turn(n + 1, &mixed, &mut maps);
        }
        let mut large = self.last.run(&enlarged(&maps));
        let small = small.expect("a painter has two maps at least");
        large
            .data
            .iter_mut()
            .zip(&small.data)
            .for_each(|(a, b)| *a += b);
        pictures(&large)
    }

    /// Scales and shifts the channels of map `n`.
    fn turn(&self, n: usize, mixed: &[Vec<f32>], maps: &mut Maps) {
        let (channels, length) = (maps.shape.channels, maps.shape.picture());
        for (mixed, map) in mixed.iter().zip(maps.data.chunks_exact_mut(length)) {
            let turn = self.turns[n].run(mixed);
            let (scale, shift) = turn.split_at(channels);
            for pixel in map.chunks_exact_mut(channels) {
                for ((x, s), t) in pixel.iter_mut().zip(scale).zip(shift) {
                    *x = *x * (1.0 + s) + t;
                }
            }
        }
    }
}

/// The note of a weight file.
#[cfg(feature = "train")]
pub(crate) fn note(shape: &Shape, repertoire: &Repertoire) -> String {
    let note = Note {
        kind: KIND.to_owned(),
        shape: shape.clone(),
        names: repertoire.names(),
    };
    serde_json::to_string(&note).unwrap_or_default()
}

fn linear(taker: &mut Taker, name: &str, inputs: usize, outputs: usize) -> Linear {
    Linear {
        inputs,
        weight: taker.take(&format!("{name}.weight"), &[outputs, inputs]),
        bias: taker.take(&format!("{name}.bias"), &[outputs]),
    }
}

fn taken(taker: &mut Taker, name: &str, conv: Convolution) -> Folded {
    Folded {
        weight: taker.take(&format!("{name}.weight"), &conv.weight_shape()),
        bias: taker.take(&format!("{name}.bias"), &[conv.outputs]),
    }
}
