//! A causal transformer that speaks.
//!
//! - **Computes** values of all words for the next place of a sentence, from an emotion, a picture and
//!   the words before: the emotion, the picture as a whole and the cells of its grid stand as tokens
//!   before the sentence, and every token attends to itself and those before it.
//! - **Input** [`Context`]: an emotion or none, components of a picture or none; then words one by one.
//! - **Output** values, unbounded, of every word; and where in the grid each word looked.
//! - **Source** Radford et al. (2019) for blocks whose norms stand before attention and MLP; Vinyals et
//!   al. (2015) and Achlioptas et al. (2021) for what is spoken about; the emotion is added to every word
//!   as ArtEmis's speaker has it at every step.
//! - **Deviations** the words' vectors are those of the last layer as well (Press & Wolf 2017).
//! - **Weights** `speaker-1`, inside of the program.

use crate::encoder::transformer::Dense;
use crate::sight::GRID;
use affetti_kernels::attention::Attention;
use affetti_kernels::gelu::gelu;
use affetti_kernels::layer_norm::layer_norm;
use affetti_weights::tensors::Taker;
use serde::{Deserialize, Serialize};

/// PyTorch's ε.
pub(crate) const EPSILON: f32 = 1e-5;
/// Tokens before the sentence: the emotion, the picture, its cells.
pub const PREFIX: usize = 2 + GRID * GRID;
/// Emotions, and none.
pub const EMOTIONS: usize = 10;

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Words that are known.
    pub words: usize,
    /// Words of the longest sentence, with its beginning and end.
    pub places: usize,
    /// Floats of a token.
    pub width: usize,
    /// Divides the width.
    pub heads: usize,
    /// Blocks.
    pub layers: usize,
    /// Floats inside of an MLP.
    pub wide: usize,
    /// Numbers of the whole picture.
    pub whole: usize,
    /// Numbers of a cell.
    pub cell: usize,
}

impl Shape {
    /// Numbers of its matrices, at least: a file with fewer is none of such a network, and is refused before
    /// memory is taken for what it lacks.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.width
            * (self.words
                + self.places
                + self.layers * (4 * self.width + 2 * self.wide)
                + self.whole
                + self.cell)
    }

    /// Whether a network of these sizes can be built, and is none that a hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        let within = |size: usize, most: usize| (1..=most).contains(&size);
        within(self.words, 1 << 17)
            && within(self.places, 1024)
            && within(self.width, 2048)
            && within(self.heads, 64)
            && within(self.layers, 48)
            && within(self.wide, 8192)
            && within(self.whole, 4096)
            && within(self.cell, 4096)
            && self.width.is_multiple_of(self.heads)
    }
}

/// What is spoken about.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Context {
    /// Number of the emotion; none: whatever comes.
    pub emotion: Option<usize>,
    /// Components of the picture; all 0 where there is none.
    pub whole: Vec<f32>,
    /// Of its cells, row by row.
    pub cells: Vec<f32>,
}

/// A network that speaks, word by word.
pub trait Voice {
    /// What one sentence has come to.
    type Stream: Clone;

    /// A stream that has seen `context` and said nothing.
    ///
    /// # Panics
    /// Where the context has other sizes: a bug of the caller.
    fn begin(&self, context: &Context) -> Self::Stream;

    /// Says `words`, one for each of `streams`, and gives the values of what may come next, `[streams,
    /// words]`.
    ///
    /// # Panics
    /// Where a sentence is longer than there are places, or a word is unknown: a bug of the caller.
    fn say(&self, streams: &mut [Self::Stream], words: &[u32]) -> Vec<f32>;

    /// Where the last word looked: the weights of the cells.
    fn looked(stream: &Self::Stream) -> &[f32];

    /// Words of the longest sentence, with its beginning and end.
    fn places(&self) -> usize;

    /// Words that are known.
    fn words(&self) -> usize;
}

#[derive(Clone, Debug)]
struct Norm([Vec<f32>; 2]);

impl Norm {
    fn take(taker: &mut Taker, name: &str, width: usize) -> Self {
        Self(["gamma", "beta"].map(|part| taker.take(&format!("{name}.{part}"), &[width])))
    }

    fn run(&self, x: &[f32]) -> Vec<f32> {
        let mut out = vec![0.0; x.len()];
        layer_norm(x, (&self.0[0], &self.0[1]), EPSILON, &mut out);
        out
    }
}

#[derive(Clone, Debug)]
struct Block {
    before: Norm,
    project: Dense,
    merge: Dense,
    between: Norm,
    widen: Dense,
    narrow: Dense,
}

/// The network for inference.
#[derive(Clone, Debug)]
pub struct Decoder {
    shape: Shape,
    words: Vec<f32>,
    places: Vec<f32>,
    emotions: Vec<f32>,
    spots: Vec<f32>,
    whole: Dense,
    cell: Dense,
    blocks: Vec<Block>,
    last: Norm,
    output: Dense,
}

/// What one stream has said: keys and values of all tokens so far, block by block.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    emotion: usize,
    keys: Vec<Vec<f32>>,
    values: Vec<Vec<f32>>,
    /// Words said, the beginning included.
    said: usize,
    /// Where the last word looked: the weights of the cells, mean over heads and blocks.
    looked: Vec<f32>,
}

impl Decoder {
    /// From our tensors; others are left in `taker`.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub(crate) fn take(shape: Shape, taker: &mut Taker) -> Result<Self, &'static str> {
        if !shape.sound() {
            return Err("its sizes are not those of a network");
        }
        let Shape { width, wide, .. } = shape;
        let block = |n: usize, taker: &mut Taker| {
            let name = |part: &str| format!("blocks.{n}.{part}");
            Block {
                before: Norm::take(taker, &name("before"), width),
                project: Dense::take(taker, &name("project"), width, 3 * width),
                merge: Dense::take(taker, &name("merge"), width, width),
                between: Norm::take(taker, &name("between"), width),
                widen: Dense::take(taker, &name("widen"), width, wide),
                narrow: Dense::take(taker, &name("narrow"), wide, width),
            }
        };
        let words = taker.take("words", &[shape.words, width]);
        let bias = taker.take("bias", &[shape.words]);
        Ok(Self {
            shape,
            output: Dense::new(&words, bias, width),
            words,
            places: taker.take("places", &[shape.places, width]),
            emotions: taker.take("emotions", &[EMOTIONS, width]),
            spots: taker.take("spots", &[GRID * GRID, width]),
            whole: Dense::take(taker, "whole", shape.whole, width),
            cell: Dense::take(taker, "cell", shape.cell, width),
            blocks: (0..shape.layers).map(|n| block(n, taker)).collect(),
            last: Norm::take(taker, "last", width),
        })
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }
}

impl Voice for Decoder {
    type Stream = Stream;

    fn looked(stream: &Stream) -> &[f32] {
        &stream.looked
    }

    fn places(&self) -> usize {
        self.shape.places
    }

    fn words(&self) -> usize {
        self.shape.words
    }

    fn begin(&self, context: &Context) -> Stream {
        let Shape { width, heads, .. } = self.shape;
        let emotion = context.emotion.unwrap_or(EMOTIONS - 1);
        let mut x = self.emotions[emotion * width..][..width].to_vec();
        x.extend(self.whole.run(&context.whole, None));
        let cells = self.cell.run(&context.cells, None);
        x.extend(cells.iter().zip(&self.spots).map(|(x, spot)| x + spot));
        let mut stream = Stream {
            emotion,
            ..Stream::default()
        };
        let sizes = Attention {
            batch: 1,
            tokens: PREFIX,
            width,
            heads,
            causal: true,
        };
        for block in &self.blocks {
            let projected = block.project.run(&block.before.run(&x), None);
            let part = |which: usize| -> Vec<f32> {
                let rows = projected.chunks_exact(3 * width);
                rows.flat_map(|row| &row[which * width..(which + 1) * width])
                    .copied()
                    .collect()
            };
            stream.keys.push(part(1));
            stream.values.push(part(2));
            let mut seen = vec![0.0; x.len()];
            let _weights = sizes.forward(&projected, &mut seen);
            x = block.think(&seen, &x);
        }
        stream
    }

    fn say(&self, streams: &mut [Stream], words: &[u32]) -> Vec<f32> {
        let Shape { width, .. } = self.shape;
        assert_eq!(streams.len(), words.len(), "a word each");
        let mut x = Vec::with_capacity(streams.len() * width);
        for (stream, word) in streams.iter_mut().zip(words) {
            let row = |from: &'_ [f32], n: usize| from[n * width..][..width].to_vec();
            let word = row(&self.words, *word as usize);
            let place = row(&self.places, stream.said);
            let emotion = row(&self.emotions, stream.emotion);
            x.extend(
                word.iter()
                    .zip(&place)
                    .zip(&emotion)
                    .map(|((w, p), e)| w + p + e),
            );
            stream.said += 1;
            stream.looked = vec![0.0; GRID * GRID];
        }
        for (n, block) in self.blocks.iter().enumerate() {
            let projected = block.project.run(&block.before.run(&x), None);
            let mut seen = Vec::with_capacity(x.len());
            for (stream, row) in streams.iter_mut().zip(projected.chunks_exact(3 * width)) {
                stream.keys[n].extend_from_slice(&row[width..2 * width]);
                stream.values[n].extend_from_slice(&row[2 * width..]);
                seen.extend(self.attend(stream, n, &row[..width]));
            }
            x = block.think(&seen, &x);
        }
        self.output.run(&self.last.run(&x), None)
    }
}

impl Decoder {
    /// What a query finds in block `n` of a stream.
    fn attend(&self, stream: &mut Stream, n: usize, query: &[f32]) -> Vec<f32> {
        let Shape {
            width,
            heads,
            layers,
            ..
        } = self.shape;
        let depth = width / heads;
        let mut out = vec![0.0; width];
        for head in 0..heads {
            let at = head * depth..(head + 1) * depth;
            let q = &query[at.clone()];
            let scale = 1.0 / (depth as f32).sqrt();
            let keys = stream.keys[n]
                .chunks_exact(width)
                .map(|key| &key[at.clone()]);
            let scores: Vec<f32> = keys
                .map(|key| scale * key.iter().zip(q).map(|(k, q)| k * q).sum::<f32>())
                .collect();
            let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            let mut weights: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
            let total: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= total);
            for (weight, value) in weights.iter().zip(stream.values[n].chunks_exact(width)) {
                let out = out[at.clone()].iter_mut();
                out.zip(&value[at.clone()])
                    .for_each(|(o, v)| *o += weight * v);
            }
            let share = 1.0 / (heads * layers) as f32;
            for (looked, weight) in stream.looked.iter_mut().zip(&weights[2..PREFIX]) {
                *looked += share * weight;
            }
        }
        out
    }
}

impl Block {
    /// What follows attention.
    fn think(&self, seen: &[f32], x: &[f32]) -> Vec<f32> {
        let x = self.merge.run(seen, Some(x));
        let wide = self.widen.run(&self.between.run(&x), None);
        let mut open = vec![0.0; wide.len()];
        gelu(&wide, &mut open);
        self.narrow.run(&open, Some(&x))
    }
}
