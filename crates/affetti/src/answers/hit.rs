//! The JSON line of a picture that was found in an index.

use affetti_emotion::{Emotion, Label};
use affetti_feel::index::{Hit, Query};
use serde::Serialize;

use crate::{
    pipeline::PictureName,
    shares::{Shares, round4},
};

/// What the measure of a hit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measured {
    /// Nearness to shares, 0 to 1, higher is nearer.
    Match,
    /// From 0, lower is nearer.
    Distance,
    /// How well it suits a text, or several wishes together; higher is better.
    Fit,
}

impl Measured {
    /// What `query` measures.
    #[must_use]
    pub fn of(query: &Query) -> Self {
        match query {
            Query::Like(_) => Self::Match,
            Query::Affect { .. } | Query::Near(_) => Self::Distance,
        }
    }

    /// Its key.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Match => "match",
            Self::Distance => "distance",
            Self::Fit => "fit",
        }
    }
}

/// The keys in their order: `match` for a search by shares, `fit` for one by words, `distance` for the
/// others.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    path: PictureName,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matching: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fit: Option<f64>,
    emotions: Shares<'a, Emotion>,
    valence: f64,
    arousal: f64,
    dominant: &'static str,
}

/// One line of JSON, without a line feed.
///
/// # Errors
/// Those of the JSON writer; with finite figures there are none.
pub fn hit_json(hit: &Hit, measured: Measured) -> serde_json::Result<String> {
    let measure = round4(hit.measure);
    let is = |kind: Measured| (measured == kind).then_some(measure);
    serde_json::to_string(&Line {
        path: hit.path.as_path().into(),
        matching: is(Measured::Match),
        distance: is(Measured::Distance),
        fit: is(Measured::Fit),
        emotions: Shares(&hit.emotions),
        valence: round4(hit.valence),
        arousal: round4(hit.arousal),
        dominant: hit.emotions.dominant().name(),
    })
}
