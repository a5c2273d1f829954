//! The emotion of a sentence, and which words carried it.
//!
//! - **Computes** the distribution over the nine emotions that a writer of this sentence is likely to
//!   have named.
//! - **Input** English text of any length; what lies behind the first [`LONGEST`] pieces is not read.
//! - **Output** a distribution; how much of the text was known.
//! - **Source** the task is ArtEmis's (Achlioptas et al. 2021, section 5).
//! - **Weights** `reader-1` inside of the program; [`Reader::from_bytes`] for others.

mod file;
#[cfg(feature = "train")]
pub mod training;

use crate::encoder::counts::{self, Counts};
use crate::encoder::transformer::{Dense, Transformer};
use crate::encoder::{lstm::Lstm, transformer};
use crate::error::WordsError;
use crate::text::normal;
use crate::text::spelling::Spelling;
use crate::text::vocabulary::{UNKNOWN, Vocabulary};
use crate::text::wordpiece::{self, WordPieces};
use affetti_emotion::{Distribution, Emotion};
pub use file::{About, EMBEDDED, Sizes};
use rayon::prelude::*;
use std::collections::{BTreeMap, HashSet};

/// Pieces of words, or words, of a text that are read; the longest utterance of ArtEmis has 207 words.
pub const LONGEST: usize = 256;
/// Texts that go through a network together.
const TOGETHER: usize = 64;

/// A network that reads, with its words.
#[derive(Clone, Debug)]
pub struct Reader {
    about: About,
    network: Network,
    head: Dense,
    /// By what the head's values are divided, so that shares are as sure as they may be.
    temperature: f32,
    sha256: String,
}

#[derive(Clone, Debug)]
enum Network {
    Transformer(WordPieces, Box<Transformer>),
    Lstm(Vocabulary, Spelling, Box<Lstm>),
    /// Beside it the words that it learned from.
    Counts(HashSet<String>, Box<Counts>),
}

/// What a sentence feels.
#[derive(Clone, Debug, PartialEq)]
pub struct Felt {
    /// The nine shares.
    pub emotions: Distribution<Emotion>,
    /// Words of the text, punctuation left out.
    pub read: usize,
    /// Those of them that are known; the others are spelled or guessed from their pieces.
    pub known: usize,
    /// Whether the text goes on behind what was read.
    pub cut: bool,
}

/// A text as numbers.
#[derive(Clone, Debug)]
struct Numbered {
    ids: Vec<u32>,
    read: usize,
    known: usize,
    cut: bool,
}

impl Reader {
    /// What it is.
    #[must_use]
    pub fn about(&self) -> &About {
        &self.about
    }

    /// The hash of the weight file.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// What each of `texts` feels; an error of its own for a text in which nothing can be read. Runs
    /// in the caller's rayon pool.
    ///
    /// # Errors
    /// [`WordsError::Nothing`], text by text: empty, only punctuation, no known word.
    pub fn read<T: AsRef<str> + Sync>(&self, texts: &[T]) -> Vec<Result<Felt, WordsError>> {
        let numbered: Vec<_> = texts
            .par_iter()
            .map(|text| self.number(text.as_ref()))
            .collect();
        let good: Vec<&Numbered> = numbered.iter().flatten().collect();
        let mut logits = self.logits(&good).into_iter();
        let felt = |text: Numbered, logits: Vec<f32>| {
            let scaled: Vec<f64> = logits
                .iter()
                .map(|x| f64::from(x / self.temperature))
                .collect();
            Ok(Felt {
                emotions: Distribution::from_logits(&scaled)?,
                read: text.read,
                known: text.known,
                cut: text.cut,
            })
        };
        let each = numbered
            .into_iter()
            .map(|text| felt(text?, logits.next().unwrap_or_default()));
        each.collect()
    }

    /// How much each word of `text` speaks for `emotion`: by how much the logarithm of its share falls
    /// where the word is left out. Words are those between spaces, with where they begin.
    ///
    /// # Errors
    /// As [`Reader::read`].
    pub fn explain<'a>(
        &self,
        text: &'a str,
        emotion: Emotion,
    ) -> Result<Vec<(&'a str, f64)>, WordsError> {
        let words: Vec<&str> = text.split_whitespace().take(LONGEST).collect();
        let without = |n: usize| {
            let others = words.iter().enumerate().filter(|(m, _)| *m != n);
            others.map(|(_, word)| *word).collect::<Vec<_>>().join(" ")
        };
        let mut texts: Vec<String> = (0..words.len()).map(without).collect();
        texts.push(words.join(" "));
        let mut felt = self.read(&texts);
        let whole = felt.pop().unwrap_or(Err(WordsError::Nothing {
            why: "the text is empty",
        }))?;
        let sure = |felt: &Felt| felt.emotions.get(emotion).max(1e-9).ln();
        // Where nothing is left, the word is all that there is.
        let drop = |felt: Result<Felt, WordsError>| {
            felt.map_or(sure(&whole).abs(), |felt| sure(&whole) - sure(&felt))
        };
        Ok(words.into_iter().zip(felt.into_iter().map(drop)).collect())
    }

    fn number(&self, text: &str) -> Result<Numbered, WordsError> {
        let nothing = |why| Err(WordsError::Nothing { why });
        if text.trim().is_empty() {
            return nothing("the text is empty");
        }
        let spoken = |word: &&String| word.chars().any(char::is_alphabetic);
        let (ids, read, known, cut) = match &self.network {
            Network::Transformer(pieces, _) => {
                let mut all = wordpiece::words(text);
                // One more than is read tells that there is more.
                let (ids, cut) = shortened(pieces.ids(text, LONGEST + 3));
                // A word has one piece at least: more are not read.
                all.truncate(ids.len() - 2);
                let words = all.iter().filter(spoken);
                let known = words.clone().filter(|word| pieces.knows(word)).count();
                (ids, words.count(), known, cut)
            }
            Network::Counts(known, _) => {
                let all = numbered_words(text);
                let words = all.iter().filter(spoken);
                let found = words.clone().filter(|word| known.contains(*word)).count();
                let cut = normal::words(text).len() > LONGEST;
                (Vec::new(), words.count(), found, cut)
            }
            Network::Lstm(words, spelling, _) => {
                let mut all = normal::words(text);
                let cut = all.len() > LONGEST;
                all.truncate(LONGEST);
                let ids = words.ids(&all, Some(spelling));
                let known = all
                    .iter()
                    .filter(spoken)
                    .zip(&ids)
                    .filter(|(_, id)| **id != UNKNOWN);
                let known = known.count();
                (ids, all.iter().filter(spoken).count(), known, cut)
            }
        };
        if let (Network::Counts(_, net), true) = (&self.network, known > 0) {
            let ids = counts::buckets(&numbered_words(text), net.shape().buckets);
            return Ok(Numbered {
                ids,
                read,
                known,
                cut,
            });
        }
        match (read, known) {
            (0, _) => nothing("the text has no word"),
            (_, 0) => nothing("no word of it is known; the reader learned from English sentences"),
            _ => Ok(Numbered {
                ids,
                read,
                known,
                cut,
            }),
        }
    }

    /// The head's values for each text.
    fn logits(&self, texts: &[&Numbered]) -> Vec<Vec<f32>> {
        let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (n, text) in texts.iter().enumerate() {
            by_length.entry(text.ids.len()).or_default().push(n);
        }
        let batches: Vec<&[usize]> = by_length
            .values()
            .flat_map(|n| n.chunks(TOGETHER))
            .collect();
        let run = |batch: &&[usize]| {
            let ids: Vec<&[u32]> = batch.iter().map(|n| &texts[*n].ids[..]).collect();
            self.head.run(&self.vectors(&ids), None)
        };
        let found: Vec<Vec<f32>> = batches.par_iter().map(run).collect();
        let mut all = vec![Vec::new(); texts.len()];
        for (batch, rows) in batches.iter().zip(&found) {
            for (n, row) in batch.iter().zip(rows.chunks_exact(self.head.outputs)) {
                all[*n] = row.to_vec();
            }
        }
        all
    }

    fn vectors(&self, ids: &[&[u32]]) -> Vec<f32> {
        match &self.network {
            Network::Transformer(_, net) => {
                let tokens = ids.first().map_or(0, |text| text.len());
                transformer::mean(&net.run(ids), tokens, net.shape().width)
            }
            Network::Lstm(_, _, net) => net.run(ids),
            Network::Counts(_, net) => net.run(ids),
        }
    }
}

/// The words of a text that are read.
fn numbered_words(text: &str) -> Vec<String> {
    let mut all = normal::words(text);
    all.truncate(LONGEST);
    all
}

/// Pieces of a framed text without those behind [`LONGEST`], and whether there were any.
fn shortened(mut ids: Vec<u32>) -> (Vec<u32>, bool) {
    let cut = ids.len() > LONGEST + 2;
    if cut {
        ids.remove(LONGEST + 1);
    }
    (ids, cut)
}

impl Felt {
    /// Whether most of its words are none that the reader learned from: another language, names, code.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        2 * self.known < self.read
    }
}
