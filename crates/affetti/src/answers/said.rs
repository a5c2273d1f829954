//! Sentences about a picture, as the contract's lines.

use affetti_emotion::{Emotion, Label};
use affetti_words::{say::speaker::Said, sight::GRID, space::Tag};
use serde::Serialize;

use crate::{ModelId, pipeline::PictureName, shares::round4};

/// What a model says of one picture.
#[derive(Debug, Clone)]
pub struct SaidPicture {
    /// The input, as given or found.
    pub path: PictureName,
    /// Width of the upright original, in pixels.
    pub width: u32,
    /// Height of the upright original, in pixels.
    pub height: u32,
    /// Sentences, those of one emotion together, best first.
    pub sentences: Vec<Said>,
    /// Words that suit the picture more than others, best first.
    pub tags: Vec<Tag>,
    /// What spoke.
    pub model: ModelId,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    path: &'a PictureName,
    emotion: Option<&'static str>,
    utterance: &'a str,
    logprob: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<f64>,
    tags: Vec<&'a str>,
    attention: Vec<WordLine<'a>>,
    written_by: &'static str,
    model: &'a ModelId,
}

/// A word and where it looked.
#[derive(Serialize)]
struct WordLine<'a> {
    word: &'a str,
    cells: Vec<f64>,
}

impl SaidPicture {
    /// One line of JSON for each sentence, each with a line feed.
    ///
    /// # Errors
    /// Those of the JSON writer; with finite figures there are none.
    pub fn lines(&self) -> serde_json::Result<String> {
        let line = |said: &Said| Ok(serde_json::to_string(&self.line(said))? + "\n");
        self.sentences.iter().map(line).collect()
    }

    fn line<'a>(&'a self, said: &'a Said) -> Line<'a> {
        let word = |(word, looked): (&'a String, &'a Vec<f32>)| WordLine {
            word,
            cells: looked
                .iter()
                .map(|weight| round4(f64::from(*weight)))
                .collect(),
        };
        debug_assert!(said.looked.iter().all(|cells| cells.len() == GRID * GRID));
        Line {
            path: &self.path,
            emotion: said.emotion.map(Emotion::name),
            utterance: &said.text,
            logprob: round4(said.likelihood),
            fit: said.fit.map(round4),
            tags: self.tags.iter().map(|tag| tag.word.as_str()).collect(),
            attention: said.words.iter().zip(&said.looked).map(word).collect(),
            written_by: "model",
            model: &self.model,
        }
    }
}
