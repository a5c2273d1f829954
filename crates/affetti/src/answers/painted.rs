//! A painted picture, its JSON line and the note inside its file.

use affetti_emotion::Label;
use affetti_paint::{
    Feeling, Generator,
    wish::{Kind, Subject},
};
use affetti_picture::Picture;
use serde::Serialize;

use crate::{ModelId, shares::round4};

/// A picture with what was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Painted {
    /// The picture.
    pub picture: Picture,
    /// What was asked.
    pub asked: Asked,
}

/// What was asked of one picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The words and options that make it again, with the seed and the model.
    pub command: String,
    /// Of its noise and of the choice among conditions.
    pub seed: u64,
    /// Genre and style, or artist, of the condition that was chosen.
    pub subjects: Vec<Subject>,
    /// What it was to evoke.
    pub feeling: Feeling,
    /// Valence and arousal, 1 to 7, of the condition.
    pub affect: Option<[f64; 2]>,
    /// What painted.
    pub model: ModelId,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    genre: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    style: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artist: Option<&'a str>,
    emotion: Option<&'a str>,
    seed: u64,
    valence: Option<f64>,
    arousal: Option<f64>,
    command: &'a str,
    model: &'a ModelId,
}

impl Asked {
    /// The name of the subject of `kind`.
    #[must_use]
    pub fn subject(&self, kind: Kind) -> Option<&str> {
        let subject = self.subjects.iter().find(|s| s.kind == kind);
        subject.map(|s| s.name.as_str())
    }

    /// The word for the feeling, where there is one.
    #[must_use]
    pub fn emotion(&self) -> Option<&'static str> {
        match self.feeling {
            Feeling::Emotion(emotion) => Some(emotion.name()),
            Feeling::Sentiment(sentiment) => Some(sentiment.name()),
            Feeling::Any | Feeling::Affect { .. } => None,
        }
    }

    /// One line of JSON, without a line feed; `file` is where the picture lies. Without it the note that
    /// lies inside of a PNG.
    #[must_use]
    pub fn line(&self, file: Option<&str>) -> String {
        let line = Line {
            file,
            genre: self.subject(Kind::Genre),
            style: self.subject(Kind::Style),
            artist: self.subject(Kind::Artist),
            emotion: self.emotion(),
            seed: self.seed,
            valence: self.affect.map(|a| round4(a[0])),
            arousal: self.affect.map(|a| round4(a[1])),
            command: &self.command,
            model: &self.model,
        };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

impl Painted {
    /// The picture as a PNG file that says how it was made.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        self.picture.encode_png_with(NOTE, &self.asked.line(None))
    }
}

/// What a generator can be asked, as JSON: `model`, `side`, `genres`, `styles`, `artists`, `feelings`.
#[must_use]
pub fn offer(generator: &Generator, name: &str) -> serde_json::Value {
    let subjects = generator.subjects();
    let of = |kind: Kind| -> Vec<String> {
        let named = subjects.iter().filter(|subject| subject.kind == kind);
        named.map(ToString::to_string).collect()
    };
    serde_json::json!({
        "model": name,
        "side": generator.side(),
        "genres": of(Kind::Genre),
        "styles": of(Kind::Style),
        "artists": of(Kind::Artist),
        "feelings": generator.feelings(),
    })
}

/// The keyword of the note inside a PNG.
pub const NOTE: &str = "affetti";
