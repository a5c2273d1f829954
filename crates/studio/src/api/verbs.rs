//! `POST /api/v1/VERB`: an order, answered at once or as a job.
//!
//! Settings stand in the address, the picture or text is the body, or a file that was brought before. Beside
//! the settings of each verb there are `file` (the hash of such a file), `name` (what it is called in the answer),
//! `wait=false` (make it a job) and `client` (a word of the browser's own, by which it knows its jobs again).

use std::sync::Arc;

use affetti::pipeline::{ErrorKind, Fault};
use axum::{
    Json,
    body::Body,
    extract::{Path, RawQuery, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{self, HeaderName},
    },
    response::{IntoResponse, Response},
};

use super::{Shared, aside, files};
use crate::{
    jobs::Wanted,
    order::{self, Export, Index, Order},
    problem::Problem,
    studio::Studio,
    upload::Upload,
    work::{Made, Media, wanted},
};

/// Tells the order as it was understood, with all usual settings.
const ORDER: HeaderName = HeaderName::from_static("affetti-order");
/// Longest name and client, in bytes.
const LONGEST: usize = 255;
/// More pictures than these become a job, and so do more than [`FEW_SLOW`] in oil or that turn into one another.
const FEW: u64 = 16;
const FEW_SLOW: u64 = 4;

/// What stands beside the settings of a verb.
#[derive(Debug, Default, PartialEq, Eq)]
struct Beside {
    file: Option<String>,
    name: String,
    client: String,
    later: bool,
}

/// Answers an order.
pub(crate) async fn verb(
    State(studio): Shared,
    Path(verb): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let (beside, settings) = split(query.as_deref().unwrap_or_default())?;
    let order = Order::of_query(&verb, &settings).map_err(|fault| {
        let known = order::VERBS.contains(&verb.as_str());
        Problem {
            status: match known {
                true => StatusCode::BAD_REQUEST,
                false => StatusCode::NOT_FOUND,
            },
            ..Problem::from(fault)
        }
    })?;
    let upload = match (&beside.file, order.needs_input()) {
        (None, true) => Some(studio.uploads.read(&headers, body).await?),
        _ => None,
    };
    if upload
        .as_ref()
        .is_some_and(|upload| upload.bytes.is_empty())
    {
        return Err(Problem::parameter(
            "send the picture or the text as the body, or name one that was brought with file=",
        ));
    }
    if let Order::Paint(paint) = &order {
        let most = studio.settings.bounds.painted;
        if !(1..=most).contains(&paint.count) {
            let told = format!("count is {}, it has to be 1 to {most}", paint.count);
            return Err(Problem::parameter(told));
        }
    }
    if let Order::Index(Index { collection }) | Order::Export(Export { collection, .. }) = &order {
        let collections = &studio.workshop.collections;
        let there = collections.get(collection);
        there.map_err(|fault| not_here(fault.into()))?;
    }
    if matches!(order, Order::Export(_)) {
        studio.workshop.collections.exports()?;
        if let Some(upload) = &upload {
            wanted(&upload.bytes)?;
        }
    }
    if beside.later || is_long(&order) {
        return later(&studio, order, beside, upload).await;
    }
    now(&studio, order, beside, upload).await
}

fn is_long(order: &Order) -> bool {
    match order {
        Order::Paint(paint) if paint.oil || paint.moves() => paint.count > FEW_SLOW,
        Order::Paint(paint) => paint.count > FEW,
        Order::Index(_) | Order::Export(_) => true,
        _ => false,
    }
}

/// Takes what stands beside the settings out of a query.
fn split(query: &str) -> Result<(Beside, String), Problem> {
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query)
        .map_err(|error| Problem::parameter(format!("the address cannot be read: {error}")))?;
    let mut beside = Beside::default();
    let mut settings = Vec::new();
    for (key, value) in pairs {
        if ["name", "client"].contains(&key.as_str()) && value.len() > LONGEST {
            return Err(Problem::parameter(format!(
                "{key} is longer than {LONGEST} bytes"
            )));
        }
        match key.as_str() {
            "file" => beside.file = Some(value),
            "name" => beside.name = value,
            "client" => beside.client = value,
            "wait" => {
                beside.later = match value.as_str() {
                    "true" => false,
                    "false" => true,
                    _ => return Err(Problem::parameter("wait is true or false")),
                }
            }
            _ => settings.push((key, value)),
        }
    }
    let settings = serde_urlencoded::to_string(settings).map_err(Problem::ours)?;
    Ok((beside, settings))
}

/// Makes a job of it.
async fn later(
    studio: &Arc<Studio>,
    order: Order,
    beside: Beside,
    upload: Option<Upload>,
) -> Result<Response, Problem> {
    let shared = Arc::clone(studio);
    let added = aside(move || {
        let jobs = &shared.jobs;
        // Until the list knows of the job.
        let mut hold = jobs.files.hold();
        let input = match (beside.file, &upload) {
            (Some(hash), _) => {
                // One that is not here is told at once.
                jobs.files.read(&jobs.store, &hash)?;
                Some(hash)
            }
            (None, Some(upload)) => {
                Some(
                    jobs.files
                        .keep(&jobs.store, Media::Brought, &upload.bytes, &mut hold)?,
                )
            }
            (None, None) => None,
        };
        let wanted = Wanted {
            order,
            input,
            name: beside.name,
            client: beside.client,
        };
        Ok(shared.later(&wanted))
    });
    let id = added.await.map_err(not_here)??;
    let job = super::jobs::told(studio, &id).await?;
    let place = HeaderValue::from_str(&format!("/api/v1/jobs/{id}")).map_err(Problem::ours)?;
    let headers = [(header::LOCATION, place)];
    Ok((StatusCode::ACCEPTED, headers, Json(job)).into_response())
}

/// Answers it.
async fn now(
    studio: &Arc<Studio>,
    order: Order,
    beside: Beside,
    upload: Option<Upload>,
) -> Result<Response, Problem> {
    let told = serde_json::to_vec(&order).map_err(Problem::ours)?;
    let upload = match beside.file {
        Some(hash) => {
            let shared = Arc::clone(studio);
            let jobs = move || shared.jobs.files.read(&shared.jobs.store, &hash);
            let (_, bytes) = aside(jobs).await.map_err(not_here)?;
            Some(studio.uploads.hold(bytes)?)
        }
        None => upload,
    };
    let (answer, mut made) = studio.now(order, upload, beside.name).await?;
    let mut response = match made.pop() {
        Some(Made { name, media, bytes }) => files::shown(media, Body::from(bytes), &name),
        None => Json(answer).into_response(),
    };
    // Words that are no header are left out.
    if let Ok(told) = HeaderValue::from_bytes(&told) {
        response.headers_mut().insert(ORDER, told);
    }
    Ok(response)
}

/// A file that is not here is no bad picture.
pub(crate) fn not_here(problem: Problem) -> Problem {
    match problem.fault.kind {
        ErrorKind::Input => Problem::missing(&problem.fault.message),
        _ => problem,
    }
}

impl From<Problem> for Fault {
    fn from(problem: Problem) -> Self {
        problem.fault
    }
}

#[cfg(test)]
mod tests {
    use super::{Beside, split};

    #[test]
    fn what_stands_beside_is_taken_out() {
        let (beside, settings) = split("strokes=8&wait=false&name=a%20b.jpg&emotion=awe").unwrap();
        assert_eq!(settings, "strokes=8&emotion=awe");
        assert_eq!(
            beside,
            Beside {
                name: "a b.jpg".into(),
                later: true,
                ..Beside::default()
            }
        );
        assert!(split("wait=maybe").is_err());
        assert!(split(&format!("name={}", "a".repeat(256))).is_err());
    }
}
