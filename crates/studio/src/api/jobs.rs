//! `/api/v1/jobs`: the list, one job, its events, stopping and trying again.

use std::{convert::Infallible, sync::Arc, time::Duration};

use affetti::pipeline::Fault;
use axum::{
    Json,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{
    OwnedSemaphorePermit,
    broadcast::{Receiver, error::RecvError},
};

use super::{Shared, aside};
use crate::{
    jobs::{Job, State as Stage, run::Jobs},
    problem::Problem,
    studio::Studio,
};

/// Jobs of the list.
const LATEST: usize = 200;
/// Pictures of a job in the list.
const FEW: usize = 12;
/// Somebody who listens hears at least this often.
const ALIVE: Duration = Duration::from_secs(15);

/// The latest jobs.
pub(crate) async fn list(State(studio): Shared) -> Result<Json<Value>, Problem> {
    let all = aside(move || {
        let jobs = &studio.jobs;
        let latest = jobs.store.latest(LATEST)?;
        latest
            .iter()
            .map(|job| Ok(brief(line(jobs, job)?)))
            .collect()
    });
    let all: Vec<Value> = all.await?;
    Ok(Json(json!({ "jobs": all })))
}

/// One job.
pub(crate) async fn job(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(told(&studio, &id).await?))
}

/// Whether a job is to be stopped or forgotten.
#[derive(Debug, Deserialize)]
pub(crate) struct End {
    /// One that is over goes from the list.
    #[serde(default)]
    forget: bool,
}

/// Stops a job that waits or runs, or forgets one that is over: never both, whatever it has become meanwhile.
pub(crate) async fn end(
    State(studio): Shared,
    Path(id): Path<String>,
    wish: Result<Query<End>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(End { forget }) = wish.map_err(|error| Problem::parameter(error.body_text()))?;
    let (shared, name) = (Arc::clone(&studio), id.clone());
    if forget {
        if aside(move || shared.jobs.store.forget(&name)).await? {
            studio.jobs.tell(&id);
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
        let job = told(&studio, &id).await?;
        return Err(conflict(&job, "only one that is over can be forgotten"));
    }
    aside(move || shared.jobs.cancel(&name)).await?;
    // It may have ended by itself in between.
    Ok((StatusCode::ACCEPTED, Json(told(&studio, &id).await?)).into_response())
}

fn conflict(job: &Value, why: &str) -> Problem {
    let state = job["state"].as_str().unwrap_or_default();
    Problem::new(
        StatusCode::CONFLICT,
        affetti::ErrorKind::Parameter,
        format!("this job is {state}: {why}"),
    )
}

/// Lets a job that failed or was stopped wait again.
pub(crate) async fn retry(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let shared = Arc::clone(&studio);
    let name = id.clone();
    let again = move || {
        shared.room_for_jobs()?;
        shared.jobs.store.again(&name)
    };
    if aside(again).await? {
        studio.desk.jobs(1);
        studio.jobs.tell(&id);
        return Ok((StatusCode::ACCEPTED, Json(told(&studio, &id).await?)).into_response());
    }
    let job = told(&studio, &id).await?;
    Err(conflict(
        &job,
        "only one that failed or was cancelled can be tried again",
    ))
}

/// What a visitor hears of one job, or that there is none.
pub(crate) async fn told(studio: &Arc<Studio>, id: &str) -> Result<Value, Problem> {
    let (shared, name) = (Arc::clone(studio), id.to_owned());
    let found = aside(move || {
        let jobs = &shared.jobs;
        let job = jobs.store.job(&name)?;
        job.map(|job| line(jobs, &job)).transpose()
    });
    let missing = || Problem::missing("there is no such job, or no more");
    found.await?.ok_or_else(missing)
}

/// A job as JSON.
fn line(jobs: &Jobs, job: &Job) -> Result<Value, Fault> {
    let [asked, begun, ended] = job.times;
    let mut line = json!({
        "id": job.id,
        "number": job.number,
        "state": job.state,
        "order": job.wanted.order,
        "name": job.wanted.name,
        "client": job.wanted.client,
        "asked": asked,
        "begun": begun,
        "ended": ended,
    });
    if let Some(input) = &job.wanted.input {
        line["file"] = format!("/api/v1/files/{input}").into();
    }
    let usual = || jobs.store.usual_seconds(job.wanted.order.verb());
    match job.state {
        Stage::Queued => {
            line["position"] = (job.before + 1).into();
            line["seconds_left"] = usual()?.map(|s| s * (job.before + 1) as f64).into();
        }
        Stage::Running => {
            if let Some(pace) = jobs.pace(&job.id) {
                line["done"] = pace.done.into();
                line["total"] = pace.total.into();
                let left = match pace.done {
                    _ if pace.total == 0 => None,
                    0 => usual()?.map(|s| (s - pace.seconds).max(0.0)),
                    done => Some(
                        pace.seconds / done as f64 * (pace.total - done.min(pace.total)) as f64,
                    ),
                };
                line["seconds_left"] = left.into();
            }
        }
        _ => {}
    }
    if let Some(answer) = &job.answer {
        line["answer"] = answer.clone();
    }
    if let Some(fault) = &job.fault {
        line["error"] = json!(fault);
    }
    Ok(line)
}

/// Without what is large, for a list: the job itself has it.
fn brief(mut job: Value) -> Value {
    if let Some(answer) = job.get_mut("answer").and_then(Value::as_object_mut) {
        answer.remove("svg");
        answer.remove("page");
        if let Some(Value::Array(pictures)) = answer.get_mut("pictures") {
            pictures.truncate(FEW);
        }
    }
    job
}

/// A seat for somebody who listens, held as long as the stream.
fn seat(studio: &Arc<Studio>) -> Result<OwnedSemaphorePermit, Problem> {
    Arc::clone(&studio.followers)
        .try_acquire_owned()
        .map_err(|_| Problem::busy("too many follow jobs at once", 15))
}

/// Follows one job until it is over.
pub(crate) async fn events(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    let seat = seat(&studio)?;
    // Listened to before it is looked at: nothing is missed in between.
    let news = studio.jobs.listen();
    let first = told(&studio, &id).await?;
    Ok(Sse::new(follow(studio, id, (news, seat), first))
        .keep_alive(KeepAlive::new().interval(ALIVE)))
}

fn follow(
    studio: Arc<Studio>,
    id: String,
    news: (Receiver<String>, OwnedSemaphorePermit),
    first: Value,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let start = (studio, id, news, Some(first), false);
    stream::unfold(start, |(studio, id, mut news, first, over)| async move {
        if over {
            return None;
        }
        let job = match first {
            Some(job) => job,
            None => {
                wait_for(&mut news.0, Some(&id)).await?;
                told(&studio, &id).await.ok()?
            }
        };
        let state = job["state"].as_str().and_then(Stage::of_name);
        let over = state.is_none_or(Stage::is_over);
        let event = Event::default().event("job").data(job.to_string());
        Some((Ok(event), (studio, id, news, None, over)))
    })
}

/// Follows all jobs.
pub(crate) async fn all_events(State(studio): Shared) -> Result<impl IntoResponse, Problem> {
    let seat = seat(&studio)?;
    let news = studio.jobs.listen();
    let start = (studio, news, seat);
    let events = stream::unfold(start, |(studio, mut news, seat)| async move {
        let event = match wait_for(&mut news, None).await? {
            // Who was too slow looks at the list anew.
            id if id.is_empty() => Event::default().event("reload").data("{}"),
            id => {
                // One that was forgotten is told by its name alone.
                let job = told(&studio, &id).await;
                let job = job.map_or_else(|_| json!({ "id": id }), brief);
                Event::default().event("job").data(job.to_string())
            }
        };
        Some((Ok::<_, Infallible>(event), (studio, news, seat)))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE)))
}

/// The next news, of one job or of any. Who was too slow hears of the job that is asked for, or an empty name.
async fn wait_for(news: &mut Receiver<String>, id: Option<&str>) -> Option<String> {
    loop {
        match news.recv().await {
            Ok(of) if id.is_none_or(|id| id == of) => return Some(of),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => return Some(id.unwrap_or_default().to_owned()),
            Err(RecvError::Closed) => return None,
        }
    }
}
