//! A recurrent network that reads: ArtEmis's classifier of utterances.
//!
//! - **Computes** vectors of words, two linear layers (a rectifier between them), one layer of long
//!   short-term memory, the maximum over its steps, a linear layer with rectifier.
//! - **Input** numbers of words ([`crate::text::vocabulary`]), texts of one length, at least 1.
//!   **Output** `[texts, narrow]`, 0 or more.
//! - **Source** Achlioptas et al., *ArtEmis* (2021), and the authors' code for what the article leaves
//!   open.
//! - **Deviations** vectors of 50 numbers, as GloVe with 100 was not to be had. The last layer's batch
//!   normalisation is folded into its weights. Texts of a batch have one length.

use super::transformer::Dense;
use affetti_kernels::lstm::{Lstm as Sizes, LstmWeights};
use affetti_weights::tensors::Taker;
use serde::{Deserialize, Serialize};

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Words that are known.
    pub words: usize,
    /// Floats of a word.
    pub vector: usize,
    /// Floats of a state.
    pub width: usize,
    /// Floats of the last layer.
    pub narrow: usize,
}

impl Shape {
    /// Numbers of its matrices, at least: a file with fewer is none of such a network, and is refused before
    /// memory is taken for what it lacks.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.words * self.vector + self.width * (self.vector + 9 * self.width + self.narrow)
    }

    /// Whether a network of these sizes can be built, and is none that a hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        let within = |size: usize, most: usize| (1..=most).contains(&size);
        within(self.words, 1 << 19)
            && within(self.vector, 2048)
            && within(self.width, 2048)
            && within(self.narrow, 2048)
    }
}

/// The network for inference.
#[derive(Clone, Debug)]
pub struct Lstm {
    shape: Shape,
    words: Vec<f32>,
    lower: Dense,
    upper: Dense,
    gates: Dense,
    memory: LstmWeights,
    last: Dense,
}

impl Lstm {
    /// From our tensors; others are left in `taker`.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub(crate) fn take(shape: Shape, taker: &mut Taker) -> Result<Self, &'static str> {
        if !shape.sound() {
            return Err("its sizes are not those of a network");
        }
        let Shape { width, narrow, .. } = shape;
        Ok(Self {
            shape,
            words: taker.take("words", &[shape.words, shape.vector]),
            lower: Dense::take(taker, "lower", shape.vector, width),
            upper: Dense::take(taker, "upper", width, width),
            gates: Dense::take(taker, "gates", width, 4 * width),
            memory: LstmWeights::new(&taker.take("memory", &[4 * width, width]), width),
            last: Dense::take(taker, "last", width, narrow),
        })
    }

    /// The sizes.
    #[must_use]
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// The vectors of `texts`, `[texts, narrow]`.
    ///
    /// # Panics
    /// Where texts differ in length or hold unknown numbers: a bug of the caller.
    #[must_use]
    pub fn run(&self, texts: &[&[u32]]) -> Vec<f32> {
        let Shape { vector, width, .. } = self.shape;
        let steps = texts.first().map_or(0, |text| text.len());
        let mut x = Vec::with_capacity(texts.len() * steps * vector);
        // Step by step, as the memory goes through them.
        for step in 0..steps {
            for text in texts {
                assert_eq!(text.len(), steps, "texts of one length");
                x.extend_from_slice(&self.words[text[step] as usize * vector..][..vector]);
            }
        }
        let mut x = self.lower.run(&x, None);
        rectify(&mut x);
        let gates = self.gates.run(&self.upper.run(&x, None), None);
        let sizes = Sizes {
            steps,
            batch: texts.len(),
            width,
        };
        let size = texts.len() * width;
        let mut states = vec![0.0; steps * size];
        let _saved = sizes.forward(gates, &self.memory, &mut states);
        let mut most = vec![f32::NEG_INFINITY; size];
        for step in states.chunks_exact(size.max(1)) {
            most.iter_mut().zip(step).for_each(|(m, s)| *m = m.max(*s));
        }
        let mut out = self.last.run(&most, None);
        rectify(&mut out);
        out
    }
}

fn rectify(values: &mut [f32]) {
    values.iter_mut().for_each(|x| *x = x.max(0.0));
}
