//! Show, attend and tell: the speaker of ArtEmis.
//!
//! - **Computes** values of all words for the next place of a sentence: the state of a recurrent network
//!   says which cells of the picture count, and a gate how much; their mean, the last word and, where it is
//!   grounded, the emotion move the state.
//! - **Input** [`Context`] and words one by one. **Output** as [`super::decoder`].
//! - **Source** Xu et al., "Show, Attend and Tell" (2015); Achlioptas et al., *ArtEmis* (2021), for the
//!   emotion and the sizes.
//! - **Deviations** sixteen cells of the predictor's published network, which stays as it is, where ArtEmis
//!   trains a ResNet-34 with 64 cells on; half the width.

use super::decoder::{Context, EMOTIONS, Voice};
use crate::encoder::transformer::Dense;
use crate::sight::GRID;
use affetti_weights::tensors::Taker;
use serde::{Deserialize, Serialize};

/// Cells of a picture.
const CELLS: usize = GRID * GRID;

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Words that are known.
    pub words: usize,
    /// Words of the longest sentence, with its beginning and end.
    pub places: usize,
    /// Floats of a word.
    pub vector: usize,
    /// Floats of the state.
    pub width: usize,
    /// Floats on which attention is decided.
    pub attention: usize,
    /// Numbers of a cell.
    pub cell: usize,
    /// Floats of an emotion, ArtEmis's 9; 0 where sentences are not grounded.
    pub emotion: usize,
}

impl Shape {
    /// Numbers of its matrices, at least: a file with fewer is none of such a network, and is refused before
    /// memory is taken for what it lacks.
    #[must_use]
    pub fn numbers(&self) -> usize {
        self.words * (self.vector + self.width) + 4 * self.width * (self.inputs() + self.width)
    }

    /// Whether a network of these sizes can be built, and is none that a hostile file chose.
    #[must_use]
    pub fn sound(&self) -> bool {
        let within = |size: usize, most: usize| (1..=most).contains(&size);
        within(self.words, 1 << 17)
            && within(self.places, 1024)
            && [self.vector, self.width, self.attention, self.cell]
                .iter()
                .all(|n| within(*n, 2048))
            && self.emotion <= 64
    }

    /// Numbers that move the state beside itself.
    #[must_use]
    pub fn inputs(&self) -> usize {
        self.vector + self.cell + self.emotion
    }
}

/// The network for inference.
#[derive(Clone, Debug)]
pub struct Attend {
    shape: Shape,
    words: Vec<f32>,
    emotions: Vec<f32>,
    from_cells: Dense,
    from_state: Dense,
    decide: Dense,
    gate: Dense,
    first_state: Dense,
    first_memory: Dense,
    input: Dense,
    recurrent: Dense,
    output: Dense,
}

/// What one stream has said.
#[derive(Clone, Debug, Default)]
pub struct AttendStream {
    emotion: usize,
    cells: Vec<f32>,
    /// Of the cells, for the decision.
    seen: Vec<f32>,
    state: Vec<f32>,
    memory: Vec<f32>,
    looked: Vec<f32>,
}

fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

impl Attend {
    /// From our tensors; others are left in `taker`.
    ///
    /// # Errors
    /// Sizes that no network has.
    pub(crate) fn take(shape: Shape, taker: &mut Taker) -> Result<Self, &'static str> {
        if !shape.sound() {
            return Err("its sizes are not those of a network");
        }
        let Shape {
            words,
            vector,
            width,
            attention,
            cell,
            emotion,
            ..
        } = shape;
        Ok(Self {
            words: taker.take("words", &[words, vector]),
            emotions: if emotion > 0 {
                taker.take("emotions", &[EMOTIONS, emotion])
            } else {
                Vec::new()
            },
            from_cells: Dense::take(taker, "from_cells", cell, attention),
            from_state: Dense::take(taker, "from_state", width, attention),
            decide: Dense::take(taker, "decide", attention, 1),
            gate: Dense::take(taker, "gate", width, cell),
            first_state: Dense::take(taker, "first_state", cell, width),
            first_memory: Dense::take(taker, "first_memory", cell, width),
            input: Dense::take(taker, "input", shape.inputs(), 4 * width),
            recurrent: Dense::take(taker, "recurrent", width, 4 * width),
            output: Dense::take(taker, "output", width, words),
            shape,
        })
    }

    /// The context of a state: which cells count and how much, into `stream.looked`.
    fn attend(&self, stream: &mut AttendStream) -> Vec<f32> {
        let Shape {
            attention, cell, ..
        } = self.shape;
        let asked = self.from_state.run(&stream.state, None);
        let open: Vec<f32> = stream
            .seen
            .chunks_exact(attention)
            .flat_map(|seen| seen.iter().zip(&asked).map(|(a, b)| (a + b).max(0.0)))
            .collect();
        let scores = self.decide.run(&open, None);
        let most = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let mut weights: Vec<f32> = scores.iter().map(|score| (score - most).exp()).collect();
        let total: f32 = weights.iter().sum();
        weights.iter_mut().for_each(|weight| *weight /= total);
        let mut context = vec![0.0; cell];
        for (weight, cell) in weights.iter().zip(stream.cells.chunks_exact(cell)) {
            context
                .iter_mut()
                .zip(cell)
                .for_each(|(c, x)| *c += weight * x);
        }
        let gate = self.gate.run(&stream.state, None);
        context
            .iter_mut()
            .zip(gate)
            .for_each(|(c, g)| *c *= sigmoid(g));
        stream.looked = weights;
        context
    }
}

impl Voice for Attend {
    type Stream = AttendStream;

    fn begin(&self, context: &Context) -> AttendStream {
        let cell = self.shape.cell;
        let mut mean = vec![0.0; cell];
        for one in context.cells.chunks_exact(cell) {
            mean.iter_mut()
                .zip(one)
                .for_each(|(m, x)| *m += x / CELLS as f32);
        }
        AttendStream {
            emotion: context.emotion.unwrap_or(EMOTIONS - 1),
            seen: self.from_cells.run(&context.cells, None),
            state: self.first_state.run(&mean, None),
            memory: self.first_memory.run(&mean, None),
            cells: context.cells.clone(),
            looked: Vec::new(),
        }
    }

    fn say(&self, streams: &mut [AttendStream], words: &[u32]) -> Vec<f32> {
        let Shape {
            vector,
            width,
            emotion,
            ..
        } = self.shape;
        let (mut inputs, mut states) = (Vec::new(), Vec::new());
        for (stream, word) in streams.iter_mut().zip(words) {
            let context = self.attend(stream);
            inputs.extend_from_slice(&self.words[*word as usize * vector..][..vector]);
            inputs.extend(context);
            inputs.extend(
                self.emotions[stream.emotion * emotion..][..emotion]
                    .iter()
                    .map(|x| x.max(0.0)),
            );
            states.extend_from_slice(&stream.state);
        }
        let gates = self
            .recurrent
            .run(&states, Some(&self.input.run(&inputs, None)));
        states.clear();
        for (stream, gates) in streams.iter_mut().zip(gates.chunks_exact(4 * width)) {
            for n in 0..width {
                let at = |part: usize| gates[part * width + n];
                let memory = sigmoid(at(1)) * stream.memory[n] + sigmoid(at(0)) * at(2).tanh();
                stream.memory[n] = memory;
                stream.state[n] = sigmoid(at(3)) * memory.tanh();
            }
            states.extend_from_slice(&stream.state);
        }
        self.output.run(&states, None)
    }

    fn looked(stream: &AttendStream) -> &[f32] {
        &stream.looked
    }

    fn places(&self) -> usize {
        self.shape.places
    }

    fn words(&self) -> usize {
        self.shape.words
    }
}
