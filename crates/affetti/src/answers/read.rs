//! What a sentence feels, as the contract's line.

use affetti_emotion::{Distribution, Emotion, Label, Sentiment};
use affetti_words::read::Felt;
use serde::Serialize;

use crate::{
    ModelId,
    shares::{Shares, round4},
};

/// One sentence and what it feels.
#[derive(Debug, Clone)]
pub struct ReadSentence {
    /// As given.
    pub text: String,
    /// What was read in it.
    pub felt: Felt,
    /// How much each word speaks for the dominant emotion, where that was asked for: by how much the
    /// logarithm of its share falls without the word.
    pub words: Option<Vec<(String, f64)>>,
    /// What read it.
    pub model: ModelId,
}

impl ReadSentence {
    /// The emotion of the largest share.
    #[must_use]
    pub fn dominant(&self) -> Emotion {
        self.felt.emotions.dominant()
    }

    /// Positive, negative and other.
    #[must_use]
    pub fn polarity(&self) -> Distribution<Sentiment> {
        self.felt.emotions.polarity()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    text: &'a str,
    emotions: Shares<'a, Emotion>,
    dominant: &'static str,
    polarity: Shares<'a, Sentiment>,
    known: f64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    words: Option<Vec<WordLine<'a>>>,
    model: &'a ModelId,
}

#[derive(Serialize)]
struct WordLine<'a> {
    word: &'a str,
    weight: f64,
}

impl<'a> WordLine<'a> {
    fn of((word, weight): &'a (String, f64)) -> Self {
        Self {
            word,
            weight: round4(*weight),
        }
    }
}

impl Serialize for ReadSentence {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words = self.words.as_ref();
        let words = words.map(|words| words.iter().map(WordLine::of).collect());
        Line {
            text: &self.text,
            emotions: Shares(&self.felt.emotions),
            dominant: self.dominant().name(),
            polarity: Shares(&self.polarity()),
            known: round4(self.felt.known as f64 / self.felt.read.max(1) as f64),
            cut: self.felt.cut,
            words,
            model: &self.model,
        }
        .serialize(serializer)
    }
}
