//! From a picture and an emotion to sentences.
//!
//! - **Computes** several candidates by drawing word after word, then which of them suit picture and
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

use super::decoder::{Context, Decoder, Shape, Stream};
use super::sentence::sentence;
use crate::error::WordsError;
use crate::read::Reader;
use crate::sight::{GRID, Lens, Sight};
use crate::space::{Space, dot};
use crate::text::vocabulary::{BEGIN, END, SPECIAL, Vocabulary};
use affetti_emotion::{Emotion, Label};
use affetti_ground::{SplitMix64, finalize};
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
    pub(super) decoder: Decoder,
}

/// What the file says of itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    pub(crate) shape: Shape,
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
    /// Of the series.
    pub seed: u64,
}

impl Default for SayOptions {
    fn default() -> Self {
        Self {
            count: 1,
            candidates: 12,
            temperature: 0.6,
            nucleus: 0.9,
            top: 40,
            picture: 0.7,
            emotion: 0.5,
            seed: 0,
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

/// What the likelihood, the fit and the obedience of a candidate weigh.
const WEIGHTS: [f64; 3] = [0.3, 8.0, 0.5];

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
        if !sizes || about.words.len() + SPECIAL.len() != about.shape.words {
            return Err(malformed("its words and vectors differ in number").into());
        }
        let mut taker = tensors.take_for("the speaker");
        let decoder = Decoder::take(about.shape, &mut taker).map_err(malformed)?;
        let mut lens = |name: &str, inputs: usize, outputs: usize| Lens {
            mean: taker.take(&format!("{name}.mean"), &[inputs]),
            directions: taker.take(&format!("{name}.directions"), &[outputs, inputs]),
        };
        let whole = lens("lens.whole", about.features[0], about.shape.whole);
        let cell = lens("lens.cell", about.features[1], about.shape.cell);
        taker.finish()?;
        Ok(Self {
            vocabulary: Vocabulary::new(about.words),
            whole,
            cell,
            decoder,
        })
    }

    /// What the decoder sees of a picture, or of none.
    ///
    /// # Errors
    /// [`WordsError::Unfit`] for the sight of another predictor.
    pub fn context(&self, sight: Option<&Sight>, emotion: Option<Emotion>) -> Result<Context, WordsError> {
        let shape = self.decoder.shape();
        let emotion = emotion.map(Label::index);
        let Some(sight) = sight else {
            return Ok(Context {
                emotion,
                whole: vec![0.0; shape.whole],
                cells: vec![0.0; GRID * GRID * shape.cell],
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
        let picture = judges.space.map(|(space, components)| Ok::<_, WordsError>((space, space.picture(components)?)));
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
            let score: f64 = parts.iter().zip(WEIGHTS).map(|(part, weight)| part * weight).sum();
            scored.push((score, said));
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut told = HashSet::new();
        let fresh = scored.into_iter().map(|(_, said)| said).filter(|said| told.insert(said.text.clone()));
        Ok(fresh.take(options.count).collect())
    }

    /// All candidates, in the order of their series.
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
        let begun = contexts.map(|context| self.decoder.begin(&context));
        let count = options.candidates.max(options.count);
        let mut open: Vec<Draft> = (0..count).map(|n| Draft::new(&begun, options.seed, n as u64)).collect();
        let mut done = Vec::new();
        let places = self.decoder.shape().places;
        for place in 0..places - 1 {
            let mut streams: Vec<Stream> = open.iter_mut().flat_map(|d| std::mem::take(&mut d.streams)).collect();
            let words: Vec<u32> = open.iter().flat_map(|draft| [draft.last(); 3]).collect();
            let values = self.decoder.say(&mut streams, &words);
            let known = self.decoder.shape().words;
            let mut streams = streams.into_iter();
            for (draft, values) in open.iter_mut().zip(values.chunks_exact(3 * known)) {
                draft.streams = streams.by_ref().take(3).collect();
                // A sentence that has not ended by its last place ends there.
                let must_end = place + 2 >= places;
                draft.draw(values, options, must_end, &self.vocabulary);
            }
            let (ended, rest): (Vec<Draft>, Vec<Draft>) = open.into_iter().partition(|d| d.last() == END);
            done.extend(ended);
            open = rest;
            if open.is_empty() {
                break;
            }
        }
        done.sort_by_key(|draft| draft.number);
        Ok(done.iter().map(|draft| draft.said(&self.vocabulary, emotion)).collect())
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
            [(format!("lens.{name}.mean"), mean), (format!("lens.{name}.directions"), directions)]
        };
        [lens("whole", whole), lens("cell", cell)].concat()
    }
}

/// A sentence that is being said, to three at once: with all, without emotion, without picture.
struct Draft {
    number: u64,
    streams: Vec<Stream>,
    words: Vec<u32>,
    looked: Vec<Vec<f32>>,
    likelihood: f64,
    random: SplitMix64,
}

impl Draft {
    fn new(begun: &[Stream; 3], seed: u64, number: u64) -> Self {
        Self {
            number,
            streams: begun.to_vec(),
            words: vec![BEGIN],
            looked: Vec::new(),
            likelihood: 0.0,
            random: SplitMix64::new(finalize(seed.wrapping_mul(31).wrapping_add(number))),
        }
    }

    fn last(&self) -> u32 {
        self.words[self.words.len() - 1]
    }

    /// The next word from the values of the three streams.
    fn draw(&mut self, values: &[f32], options: &SayOptions, must_end: bool, words: &Vocabulary) {
        let parts: Vec<Vec<f64>> = values.chunks_exact(values.len() / 3).map(log_shares).collect();
        let [own, calm, blind] = [&parts[0], &parts[1], &parts[2]];
        let guided: Vec<f64> = (0..own.len())
            .map(|n| {
                own[n] + options.emotion * (own[n] - calm[n]) + options.picture * (own[n] - blind[n])
            })
            .collect();
        // What is far from likely is no better for being likelier than without the picture.
        let best = own.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let allowed = |n: &usize| own[*n] > best - 5.0 && self.may_say(*n as u32, words);
        let mut ranked: Vec<usize> = (0..own.len()).filter(allowed).collect();
        ranked.sort_by(|a, b| guided[*b].total_cmp(&guided[*a]).then(a.cmp(b)));
        ranked.truncate(options.top.max(1));
        let word = if must_end || ranked.is_empty() {
            END as usize
        } else {
            self.pick(&ranked, &guided, options)
        };
        self.likelihood += own[word];
        self.looked.push(self.streams[0].looked.clone());
        self.words.push(word as u32);
    }

    fn pick(&mut self, ranked: &[usize], guided: &[f64], options: &SayOptions) -> usize {
        let first = guided[ranked[0]];
        let weight = |n: &usize| ((guided[*n] - first) / options.temperature.max(1e-3)).exp();
        let weights: Vec<f64> = ranked.iter().map(weight).collect();
        let total: f64 = weights.iter().sum();
        let mut kept = 0;
        let mut sum = 0.0;
        while kept < weights.len() && sum < options.nucleus * total {
            sum += weights[kept];
            kept += 1;
        }
        let mut draw = self.random.unit() * sum;
        for (n, weight) in ranked.iter().zip(&weights).take(kept) {
            draw -= weight;
            if draw < 0.0 {
                return *n;
            }
        }
        ranked[0]
    }

    /// No unknown word, no pair twice, no word twice in a row, no "x and x"; an end behind three words.
    fn may_say(&self, word: u32, words: &Vocabulary) -> bool {
        if word == END {
            return self.words.len() > 3;
        }
        if (word as usize) < SPECIAL.len() || word == self.last() {
            return false;
        }
        let pair = [self.last(), word];
        if self.words.windows(2).any(|known| known == pair) {
            return false;
        }
        let behind = self.words.len().checked_sub(2).map(|n| self.words[n]);
        let and = words.id("and").is_some_and(|and| and == self.last());
        !(and && behind == Some(word))
    }

    fn said(&self, vocabulary: &Vocabulary, emotion: Option<Emotion>) -> Said {
        let inside = &self.words[1..self.words.len() - 1];
        let words: Vec<String> =
            inside.iter().map(|id| vocabulary.words()[*id as usize].clone()).collect();
        Said {
            text: sentence(&words),
            looked: self.looked[..words.len()].to_vec(),
            likelihood: self.likelihood / self.looked.len().max(1) as f64,
            words,
            emotion,
            fit: None,
        }
    }
}

/// Logarithms of shares.
fn log_shares(values: &[f32]) -> Vec<f64> {
    let most = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f64 = values.iter().map(|x| f64::from(x - most).exp()).sum();
    values.iter().map(|x| f64::from(x - most) - total.ln()).collect()
}
