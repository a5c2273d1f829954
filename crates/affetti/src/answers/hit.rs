//! The JSON line of a picture that was found in an index.

use affetti_emotion::{Emotion, Label};
use affetti_feel::index::{Hit, Query};
use serde::Serialize;

use crate::{
    pipeline::PictureName,
    shares::{Shares, round4},
};

/// The keys in their order: `match` for a search by shares, `distance` for the others.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    path: PictureName,
    #[serde(rename = "match", skip_serializing_if = "Option::is_none")]
    matching: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    distance: Option<f64>,
    emotions: Shares<'a, Emotion>,
    valence: f64,
    arousal: f64,
    dominant: &'static str,
}

/// One line of JSON, without a line feed.
///
/// # Errors
/// Those of the JSON writer; with finite figures there are none.
pub fn hit_json(hit: &Hit, query: &Query) -> serde_json::Result<String> {
    let measure = round4(hit.measure);
    let like = matches!(query, Query::Like(_));
    serde_json::to_string(&Line {
        path: hit.path.as_path().into(),
        matching: like.then_some(measure),
        distance: (!like).then_some(measure),
        emotions: Shares(&hit.emotions),
        valence: round4(hit.valence),
        arousal: round4(hit.arousal),
        dominant: hit.emotions.dominant().name(),
    })
}
