//! `/api/v1/jobs`: the list, one job, its events, stopping and trying again.

use std::{convert::Infallible, sync::Arc, time::Duration};

use affetti::pipeline::Fault;
use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::broadcast::{Receiver, error::RecvError};

use super::{Shared, aside};
use crate::{
    jobs::{Job, State as Stage, run::Jobs},
    problem::Problem,
    studio::Studio,
};

/// Jobs of the list.
const LATEST: usize = 200;
/// Somebody who listens hears at least this often.
const ALIVE: Duration = Duration::from_secs(15);

/// The latest jobs.
pub(crate) async fn list(State(studio): Shared) -> Result<Json<Value>, Problem> {
    let all = aside(move || {
        let jobs = &studio.jobs;
        let latest = jobs.store.latest(LATEST)?;
        latest.iter().map(|job| line(jobs, job)).collect()
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

/// Stops a job that waits or runs; forgets one that is over.
pub(crate) async fn end(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let shared = Arc::clone(&studio);
    let name = id.clone();
    let work = move || {
        let jobs = &shared.jobs;
        let forgotten = jobs.store.forget(&name)?;
        Ok((forgotten, forgotten || jobs.cancel(&name)?))
    };
    match aside(work).await? {
        (true, _) => {
            studio.jobs.tell(&id);
            Ok(StatusCode::NO_CONTENT.into_response())
        }
        // It may have ended in between.
        _ => Ok((StatusCode::ACCEPTED, Json(told(&studio, &id).await?)).into_response()),
    }
}

/// Lets a job that failed or was stopped wait again.
pub(crate) async fn retry(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<Response, Problem> {
    let shared = Arc::clone(&studio);
    let name = id.clone();
    if aside(move || shared.jobs.store.again(&name)).await? {
        studio.desk.jobs(1);
        studio.jobs.tell(&id);
        return Ok((StatusCode::ACCEPTED, Json(told(&studio, &id).await?)).into_response());
    }
    let job = told(&studio, &id).await?;
    let state = job["state"].as_str().unwrap_or_default();
    Err(Problem::new(
        StatusCode::CONFLICT,
        affetti::ErrorKind::Parameter,
        format!("this job is {state}: only one that failed or was cancelled can be tried again"),
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

/// Follows one job until it is over.
pub(crate) async fn events(
    State(studio): Shared,
    Path(id): Path<String>,
) -> Result<impl IntoResponse, Problem> {
    // Listened to before it is looked at: nothing is missed in between.
    let news = studio.jobs.listen();
    let first = told(&studio, &id).await?;
    Ok(Sse::new(follow(studio, id, news, first)).keep_alive(KeepAlive::new().interval(ALIVE)))
}

fn follow(
    studio: Arc<Studio>,
    id: String,
    news: Receiver<String>,
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
                wait_for(&mut news, Some(&id)).await?;
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
pub(crate) async fn all_events(State(studio): Shared) -> impl IntoResponse {
    let news = studio.jobs.listen();
    let events = stream::unfold((studio, news), |(studio, mut news)| async move {
        let id = wait_for(&mut news, None).await?;
        // One that was forgotten is told by its name alone.
        let job = told(&studio, &id)
            .await
            .unwrap_or_else(|_| json!({ "id": id }));
        let event = Event::default().event("job").data(job.to_string());
        Some((Ok::<_, Infallible>(event), (studio, news)))
    });
    Sse::new(events).keep_alive(KeepAlive::new().interval(ALIVE))
}

/// The next news, of one job or of any. Who was too slow hears of what is now.
async fn wait_for(news: &mut Receiver<String>, id: Option<&str>) -> Option<String> {
    loop {
        match news.recv().await {
            Ok(of) if id.is_none_or(|id| id == of) => return Some(of),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => {
                if let Some(id) = id {
                    return Some(id.to_owned());
                }
            }
            Err(RecvError::Closed) => return None,
        }
    }
}
