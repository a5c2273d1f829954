//! From a picture and an emotion to sentences.
//!
//! - **Computes** several candidates by drawing word after word (or by beam search), then which of them suit picture and
//!   emotion best. Each word is drawn from what the picture and the emotion make likelier than no picture
//!   and no emotion would: log p + e · (log p − log p₀) for both, within the likeliest words.
//! - **Input** a [`Sight`], an emotion; space and reader where candidates are to be ranked by them.
//!   **Output** [`Said`] sentences, best first, all different.
//! - **Source** Ho & Salimans (2022) for the emphasis, Holtzman et al. (2020) for drawing within the
//!   likeliest, Achlioptas et al. (2021) for what is never said: a pair of words twice, an unknown word,
//!   "x and x".
//! - **Deviations** every sentence has a series of its own: what is said of a picture does not depend on
//!   the pictures beside it.
//! - **Weights** `speaker-1`, inside of the program.

use super::attend::{self, Attend};
use super::decoder::{self, Context, Decoder, Voice};
use super::draft::drafts;
use crate::error::WordsError;
use crate::read::Reader;
use crate::sight::{GRID, Lens, Sight};
use crate::space::{Space, dot};
use crate::text::vocabulary::{SPECIAL, Vocabulary};
use affetti_emotion::{Emotion, Label};
use affetti_weights::NetError;
use affetti_weights::registry::{card, weights};
use affetti_weights::store;
#[cfg(feature = "train")]
use affetti_weights::tensors::Tensor;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The speaker inside of the program.
pub const EMBEDDED: &str = "speaker-1";

/// What speaks, with its words.
#[derive(Clone, Debug)]
pub struct Speaker {
    pub(super) vocabulary: Vocabulary,
    pub(super) whole: Lens,
    pub(super) cell: Lens,
    pub(super) voice: AnyVoice,
}

/// What `voice` says.
fn all<V: Voice>(
    voice: &V,
    contexts: &[Context; 3],
    options: &SayOptions,
    words: &Vocabulary,
    emotion: Option<Emotion>,
) -> Vec<Said> {
    let drafts = drafts(voice, contexts, options, words);
    drafts
        .iter()
        .map(|draft| draft.said(words, emotion))
        .collect()
}

/// Either of the networks.
#[derive(Clone, Debug)]
pub(super) enum AnyVoice {
    Transformer(Box<Decoder>),
    Attend(Box<Attend>),
}

/// A network's kind and sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Sizes {
    /// [`super::decoder`]
    Transformer(decoder::Shape),
    /// [`super::attend`]
    Attend(attend::Shape),
}

impl Sizes {
    fn words(self) -> usize {
        match self {
            Self::Transformer(shape) => shape.words,
            Self::Attend(shape) => shape.words,
        }
    }

    /// Numbers of the whole picture, and of a cell; the second kind sees no whole.
    fn seen(self) -> [usize; 2] {
        match self {
            Self::Transformer(shape) => [shape.whole, shape.cell],
            Self::Attend(shape) => [1, shape.cell],
        }
    }
}

/// What the file says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) shape: Sizes,
    pub(crate) words: Vec<String>,
    /// Features behind the two lenses.
    pub(crate) features: [usize; 2],
}

/// How sentences are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SayOptions {
    /// Sentences that come out, at least 1.
    pub count: usize,
    /// Candidates for them, at least as many.
    pub candidates: usize,
    /// By what values are divided before drawing, above 0; small ones say what is usual.
    pub temperature: f64,
    /// Words that may be drawn make up so much of what is likely, above 0, at most 1.
    pub nucleus: f64,
    /// At most so many words may be drawn.
    pub top: usize,
    /// How much more the picture counts than it did in learning, 0 or more.
    pub picture: f64,
    /// How much more the emotion counts, 0 or more.
    pub emotion: f64,
    /// What the likelihood, the fit to the picture and the obedience of a candidate weigh when the best are
    /// kept: of the mean logarithm per word, of the product in the space, of the logarithm of a share.
    pub weights: [f64; 3],
    /// Of the series.
    pub seed: u64,
    /// Sentences that are followed side by side, the likeliest ones, in the place of drawing; 0 draws.
    pub beams: usize,
}

impl Default for SayOptions {
    fn default() -> Self {
        Self {
            count: 1,
            candidates: 16,
            temperature: 0.5,
            nucleus: 0.9,
            top: 40,
            picture: 0.5,
            emotion: 0.4,
            weights: [0.6, 7.0, 0.5],
            seed: 0,
            beams: 0,
        }
    }
}

/// One sentence.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// As people write it.
    pub text: String,
    /// Its words.
    pub words: Vec<String>,
    /// Where each word looked: weights of the cells, `[GRID · GRID]`.
    pub looked: Vec<Vec<f32>>,
    /// The emotion that it was to express.
    pub emotion: Option<Emotion>,
    /// Logarithm of how likely the speaker thought it, mean over its words.
    pub likelihood: f64,
    /// How well it suits the picture, where that was asked: the product in the space, −1..1.
    pub fit: Option<f64>,
}

/// Who ranks candidates.
#[derive(Clone, Copy, Debug, Default)]
pub struct Judges<'a> {
    /// Says whether a sentence suits the picture, by the predictor's description of it.
    pub space: Option<(&'a Space, &'a [f32])>,
    /// Says which emotion a sentence expresses.
    pub reader: Option<&'a Reader>,
}

impl Speaker {
    /// The speaker inside of the program.
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
        let malformed = |why: &str| NetError::Malformed {
            file: file.to_owned(),
            format: "speaker",
            why: why.to_owned(),
        };
        let about: About = serde_json::from_str(&tensors.note)
            .map_err(|_| malformed("its note names no network and no words"))?;
        let sizes = about.features.iter().all(|n| (1..=1 << 16).contains(n));
        if !sizes || about.words.len() + SPECIAL.len() != about.shape.words() {
            return Err(malformed("its words and vectors differ in number").into());
        }
        let numbers = match about.shape {
            Sizes::Transformer(shape) if shape.sound() => shape.numbers(),
            Sizes::Attend(shape) if shape.sound() => shape.numbers(),
            _ => return Err(malformed("its sizes are not those of a network").into()),
        };
        if numbers > tensors.map.values().map(|tensor| tensor.data.len()).sum() {
            return Err(malformed("it has fewer numbers than its sizes say").into());
        }
        let mut taker = tensors.take_for("the speaker");
        let voice = match about.shape {
            Sizes::Transformer(shape) => AnyVoice::Transformer(Box::new(
                Decoder::take(shape, &mut taker).map_err(malformed)?,
            )),
            Sizes::Attend(shape) => AnyVoice::Attend(Box::new(
                Attend::take(shape, &mut taker).map_err(malformed)?,
            )),
        };
        let seen = about.shape.seen();
        let mut lens = |name: &str, inputs: usize, outputs: usize| Lens {
            mean: taker.take(&format!("{name}.mean"), &[inputs]),
            directions: taker.take(&format!("{name}.directions"), &[outputs, inputs]),
        };
        let whole = lens("lens.whole", about.features[0], seen[0]);
        let cell = lens("lens.cell", about.features[1], seen[1]);
        taker.finish()?;
        Ok(Self {
            vocabulary: Vocabulary::new(about.words),
            whole,
            cell,
            voice,
        })
    }

    /// What the decoder sees of a picture, or of none.
    ///
    /// # Errors
    /// [`WordsError::Unfit`] for the sight of another predictor.
    pub fn context(
        &self,
        sight: Option<&Sight>,
        emotion: Option<Emotion>,
    ) -> Result<Context, WordsError> {
        let emotion = emotion.map(Label::index);
        let Some(sight) = sight else {
            return Ok(Context {
                emotion,
                whole: vec![0.0; self.whole.outputs()],
                cells: vec![0.0; GRID * GRID * self.cell.outputs()],
            });
        };
        let (features, cell) = (self.whole.mean.len(), self.cell.mean.len());
        if sight.pooled.len() < features || sight.cells.len() != GRID * GRID * cell {
            return Err(WordsError::Unfit {
                what: "the speaker learned on another predictor's networks".to_owned(),
            });
        }
        Ok(Context {
            emotion,
            whole: self.whole.see(&sight.pooled[..features]),
            cells: self.cell.see(&sight.cells),
        })
    }

    /// Sentences about a picture, best first.
    ///
    /// # Errors
    /// As [`Speaker::context`].
    pub fn say(
        &self,
        sight: &Sight,
        emotion: Option<Emotion>,
        options: &SayOptions,
        judges: Judges<'_>,
    ) -> Result<Vec<Said>, WordsError> {
        let all = self.candidates(sight, emotion, options)?;
        let picture = judges
            .space
            .map(|(space, components)| Ok::<_, WordsError>((space, space.picture(components)?)));
        let picture = picture.transpose()?;
        let texts: Vec<&str> = all.iter().map(|said| said.text.as_str()).collect();
        let read = judges.reader.map(|reader| reader.read(&texts));
        let mut scored = Vec::new();
        for (n, mut said) in all.into_iter().enumerate() {
            let fit = picture.as_ref().and_then(|(space, picture)| {
                let text = space.text(&said.text).ok()?;
                Some(f64::from(dot(&text, picture)))
            });
            said.fit = fit;
            let obeyed = match (emotion, read.as_ref().map(|read| &read[n])) {
                (Some(emotion), Some(Ok(felt))) => felt.emotions.get(emotion).max(1e-3).ln(),
                _ => 0.0,
            };
            let parts = [said.likelihood, fit.unwrap_or(0.0), obeyed];
            let score: f64 = parts
                .iter()
                .zip(options.weights)
                .map(|(part, weight)| part * weight)
                .sum();
            scored.push((score, said));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut told = HashSet::new();
        let fresh = scored
            .into_iter()
            .map(|(_, said)| said)
            .filter(|said| told.insert(said.text.clone()));
        Ok(fresh.take(options.count).collect())
    }

    /// All candidates, in the order of their series, or of how likely they are.
    fn candidates(
        &self,
        sight: &Sight,
        emotion: Option<Emotion>,
        options: &SayOptions,
    ) -> Result<Vec<Said>, WordsError> {
        let contexts = [
            self.context(Some(sight), emotion)?,
            self.context(Some(sight), None)?,
            self.context(None, emotion)?,
        ];
        let words = &self.vocabulary;
        Ok(match &self.voice {
            AnyVoice::Transformer(voice) => all(voice.as_ref(), &contexts, options, words, emotion),
            AnyVoice::Attend(voice) => {
                // It never learned to speak of no picture or without emotion: there is nothing to emphasise
                // against.
                let plain = SayOptions {
                    picture: 0.0,
                    emotion: 0.0,
                    ..*options
                };
                all(voice.as_ref(), &contexts, &plain, words, emotion)
            }
        })
    }

    /// The tensors that [`Speaker::from_bytes`] reads beside the decoder's.
    #[cfg(feature = "train")]
    pub(super) fn lenses(whole: &Lens, cell: &Lens) -> Vec<(String, Tensor)> {
        let lens = |name: &str, lens: &Lens| {
            let inputs = lens.mean.len();
            let mean = Tensor {
                shape: vec![inputs],
                data: lens.mean.clone(),
            };
            let directions = Tensor {
                shape: vec![lens.outputs(), inputs],
                data: lens.directions.clone(),
            };
            [
                (format!("lens.{name}.mean"), mean),
                (format!("lens.{name}.directions"), directions),
            ]
        };
        [lens("whole", whole), lens("cell", cell)].concat()
    }
}
