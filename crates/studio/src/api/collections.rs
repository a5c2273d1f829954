//! `/api/v1/collections`: folders of this machine, searched by feeling, by words, by picture.

use std::{ops::RangeInclusive, sync::Arc};

use affetti::{
    PictureName, Wishes,
    emotion::Label as _,
    emotion_named,
    feel::{
        Target,
        index::{Hit, Index},
    },
    find,
    ground::read_within,
    hit_json,
    picture::Filter,
    pipeline::{ErrorKind, Fault},
    round4,
};
use axum::{
    Json,
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::OwnedSemaphorePermit;

use super::{Shared, aside, verbs::not_here};
use crate::{collections::Collection, problem::Problem, studio::Studio};

/// Longest side of a picture in a list, and of one that is looked at.
const SMALL: u32 = 320;
const LARGE: u32 = 2048;
/// Quality of JPEG.
const QUALITY: u8 = 82;
/// Most pictures of an answer.
const MOST: usize = 1000;
/// Emotions that can be unwanted.
const MOST_UNWANTED: usize = 9;
/// Points of a map.
const MOST_POINTS: u64 = 20_000;

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Asked {
    /// What is to be seen, in words.
    text: String,
    /// Shares, such as `awe=.6,fear=.4`.
    like: String,
    /// 1 to 7.
    valence: Option<f64>,
    /// 1 to 7.
    arousal: Option<f64>,
    /// Emotions that are unwanted, with commas.
    not: String,
    /// Only pictures of that part of the map: valence from and to, arousal from and to, with commas.
    within: String,
    /// A picture that was brought, to which others are to be near.
    file: String,
    /// How many.
    top: Option<usize>,
}

/// All collections, and how many pictures of each were felt.
pub(crate) async fn list(State(studio): Shared) -> Result<Json<Value>, Problem> {
    let all = aside(move || {
        let told = |one: &Collection| {
            let index = Index::open(&one.index).ok();
            json!({
                "id": one.id,
                "name": one.name,
                "pictures": index.as_ref().map(Index::len),
                "model": index.as_ref().map(|index| index.model().name.clone()),
            })
        };
        Ok(studio.workshop.collections.all().iter().map(told).collect())
    });
    let all: Vec<Value> = all.await?;
    Ok(Json(json!({ "collections": all })))
}

/// The pictures that answer best.
pub(crate) async fn search(
    State(studio): Shared,
    Path(id): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(asked) = asked.map_err(|error| Problem::parameter(error.body_text()))?;
    let shared = Arc::clone(&studio);
    let opened = aside(move || {
        let collection = shared.workshop.collections.get(&id)?.clone();
        let index = collection.open_index()?;
        Ok((collection, index))
    });
    let (collection, index) = opened.await.map_err(not_here)?;
    let seat = seat(&studio).await?;
    let shared = Arc::clone(&studio);
    let found = aside(move || {
        let _seat = seat;
        searched(&shared, &collection, &index, &asked)
    });
    Ok(Json(found.await?))
}

/// A place among those who look into collections, held until the work is done, whoever has gone meanwhile.
async fn seat(studio: &Arc<Studio>) -> Result<OwnedSemaphorePermit, Problem> {
    let seats = Arc::clone(&studio.looks);
    seats.acquire_owned().await.map_err(Problem::ours)
}

fn searched(
    studio: &Arc<Studio>,
    collection: &Collection,
    index: &Index,
    asked: &Asked,
) -> Result<Value, Fault> {
    let wishes = wishes(studio, asked)?;
    let top = asked.top.unwrap_or(60);
    if !(1..=MOST).contains(&top) {
        let told = format!("top is {top}, it has to be 1 to {MOST}");
        return Err(Fault::new(ErrorKind::Parameter, told));
    }
    let (hits, measured) = find(&studio.workshop.models, index, &wishes, top)?;
    let line = |hit: &Hit| -> Option<Value> {
        let mut line: Value = serde_json::from_str(&hit_json(hit, measured).ok()?).ok()?;
        // Seen from its folder: where that lies is nobody's concern.
        let way = hit.path.strip_prefix(&collection.folder).ok()?;
        line["path"] = PictureName::from(way).as_str().into();
        line["picture"] = collection.key(&hit.path)?.into();
        Some(line)
    };
    let pictures: Vec<Value> = hits.iter().filter_map(line).collect();
    Ok(json!({"measure": measured.name(), "pictures": pictures}))
}

/// Where the pictures of a collection lie: `[valence, arousal, emotion]` of each, the emotion as its place among the
/// nine; of more than 20,000 every second one, or third, and so on.
pub(crate) async fn map(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let shared = Arc::clone(&studio);
    let opened = aside(move || {
        let collection = shared.workshop.collections.get(&id)?;
        collection.open_index()
    });
    let index = opened.await.map_err(not_here)?;
    let seat = seat(&studio).await?;
    let mapped = aside(move || {
        let _seat = seat;
        let points = index.outline(MOST_POINTS)?.into_iter();
        let points = points.map(|([valence, arousal], emotion)| {
            json!([round4(valence), round4(arousal), emotion.index()])
        });
        Ok(json!({ "pictures": index.len(), "points": points.collect::<Vec<_>>() }))
    });
    Ok(Json(mapped.await?))
}

/// A part of the map, from `4,7,1,3`.
fn within(text: &str) -> Result<Option<[RangeInclusive<f64>; 2]>, Fault> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let ends: Option<Vec<f64>> = text.split(',').map(|end| end.trim().parse().ok()).collect();
    match ends.as_deref() {
        Some(&[v0, v1, a0, a1]) if v0 <= v1 && a0 <= a1 => Ok(Some([v0..=v1, a0..=a1])),
        _ => {
            let told = "within is valence from and to and arousal from and to, such as 4,7,1,3";
            Err(Fault::new(ErrorKind::Parameter, told))
        }
    }
}

fn wishes(studio: &Arc<Studio>, asked: &Asked) -> Result<Wishes, Fault> {
    let some = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let like: Option<Target> = match some(&asked.like) {
        Some(text) => {
            let target = text
                .parse()
                .map_err(|error| Fault::new(ErrorKind::Parameter, error))?;
            Some(target)
        }
        None => None,
    };
    let mut not = Vec::new();
    for name in asked.not.split(',').filter_map(some).take(MOST_UNWANTED) {
        let emotion = emotion_named(&name)?;
        if !not.contains(&emotion) {
            not.push(emotion);
        }
    }
    let near = match some(&asked.file) {
        Some(hash) => Some(near(studio, &hash)?),
        None => None,
    };
    let wishes = Wishes {
        text: some(&asked.text),
        like,
        valence: asked.valence,
        arousal: asked.arousal,
        not,
        within: within(&asked.within)?,
        near,
    };
    let plain = Wishes {
        within: wishes.within.clone(),
        ..Wishes::default()
    };
    if wishes == plain {
        // Without a wish the most pleasant ones come first.
        return Ok(Wishes {
            valence: Some(7.0),
            ..wishes
        });
    }
    Ok(wishes)
}

/// The description of a picture that was brought.
fn near(studio: &Arc<Studio>, hash: &str) -> Result<Vec<f32>, Fault> {
    let (_, bytes) = studio.jobs.files.read(&studio.jobs.store, hash)?;
    let (picture, _room) = studio.workshop.opened(&bytes, 0)?;
    let predictor = studio.workshop.models.predictor()?;
    let (_, components) =
        predictor.predict_with_description(&picture, &mut Default::default(), 1)?;
    Ok(components)
}

/// A picture, small.
pub(crate) async fn small(
    State(studio): Shared,
    Path((id, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    picture(studio, id, key, SMALL).await
}

/// A picture, large.
pub(crate) async fn large(
    State(studio): Shared,
    Path((id, key)): Path<(String, String)>,
) -> Result<Response, Problem> {
    picture(studio, id, key, LARGE).await
}

/// Always made anew, as JPEG: the file itself may be anything that calls itself a picture.
async fn picture(
    studio: Arc<Studio>,
    id: String,
    key: String,
    side: u32,
) -> Result<Response, Problem> {
    let shared = Arc::clone(&studio);
    let file = aside(move || shared.workshop.collections.get(&id)?.file(&key));
    let file = file.await.map_err(not_here)?;
    // Who has gone before it begins gives up the place.
    let seat = seat(&studio).await?;
    let shared = Arc::clone(&studio);
    let made = aside(move || {
        let _seat = seat;
        let limit = shared.workshop.decode().limits.max_bytes;
        let bytes = read_within(&file, limit)
            .map_err(|_| Fault::new(ErrorKind::Limit, "this picture cannot be read"))?;
        let (picture, _room) = shared.workshop.opened(&bytes, 0)?;
        Ok(picture
            .fit_within(side, Filter::Bicubic)
            .encode_jpeg(QUALITY))
    });
    let mut response = Body::from(made.await?).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("private, max-age=600"),
    );
    Ok(response)
}
