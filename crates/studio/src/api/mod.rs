//! The addresses of the studio.
//!
//! | address | where |
//! |---|---|
//! | `/`, `/assets/…` | [`crate::pages`] |
//! | `POST /api/v1/VERB` | [`verbs`] |
//! | `/api/v1/files` | [`files`] |
//! | `/api/v1/collections` | [`collections`] |
//! | `/api/v1/jobs`, `/api/v1/events` | [`jobs`] |
//! | `/api/v1/about`, `/api/v1/repertoire`, `/healthz`, `/metrics` | [`about`] |
//! | `/api/v1/openapi.json` | [`openapi`] |

pub mod about;
pub mod collections;
pub mod files;
pub mod jobs;
pub mod openapi;
pub mod verbs;

use std::{sync::Arc, time::Instant};

use affetti::pipeline::Fault;
use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{HeaderValue, Method, StatusCode},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post},
};

use crate::{
    door::RULES,
    pages,
    problem::Problem,
    server::{Log, Logged},
    studio::Studio,
};

/// What handlers get.
pub(crate) type Shared = State<Arc<Studio>>;

/// All addresses, each behind the door.
pub fn router(studio: Arc<Studio>, log: Log) -> Router {
    let open = Arc::clone(&studio);
    Router::new()
        .route("/", get(pages::index))
        .route("/assets/{name}", get(pages::asset))
        .route("/metrics", get(about::metrics))
        .route("/api/v1/about", get(about::about))
        .route("/api/v1/repertoire", get(about::repertoire))
        .route("/api/v1/openapi.json", get(openapi::openapi))
        .route("/api/v1/files", post(files::add))
        .route("/api/v1/files/{sha256}", get(files::file))
        .route("/api/v1/jobs", get(jobs::list))
        .route("/api/v1/jobs/{id}", get(jobs::job).delete(jobs::end))
        .route("/api/v1/jobs/{id}/retry", post(jobs::retry))
        .route("/api/v1/jobs/{id}/events", get(jobs::events))
        .route("/api/v1/collections", get(collections::list))
        .route(
            "/api/v1/collections/{id}/pictures",
            get(collections::search),
        )
        .route("/api/v1/collections/{id}/map", get(collections::map))
        .route(
            "/api/v1/collections/{id}/small/{key}",
            get(collections::small),
        )
        .route(
            "/api/v1/collections/{id}/large/{key}",
            get(collections::large),
        )
        .route("/api/v1/events", get(jobs::all_events))
        .route("/api/v1/{verb}", post(verbs::verb))
        .fallback(|| async { Problem::missing("there is nothing at this address") })
        .method_not_allowed_fallback(|| async {
            Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                affetti::ErrorKind::Parameter,
                "this address takes another method; /api/v1/openapi.json says which",
            )
        })
        .layer(from_fn_with_state(Arc::clone(&studio), guard))
        // The page that takes the word, and the one that says whether all is well, ask for none.
        .route("/healthz", get(about::healthz))
        .route("/enter", get(pages::enter))
        .layer(from_fn_with_state((open, log), watch))
        .with_state(studio)
}

/// Lets in who may, and has the rules on every answer.
async fn guard(State(studio): Shared, request: Request, next: Next) -> Response {
    let (method, headers) = (request.method(), request.headers());
    let passed = studio.door.check(method, headers).and_then(|word| {
        // Looking, and stopping what one has asked for, cost nothing.
        match *method {
            Method::POST => studio.quotas.take(word),
            _ => Ok(()),
        }
    });
    match passed {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Counts and logs, and puts the rules on every answer.
async fn watch(
    State((studio, log)): State<(Arc<Studio>, Log)>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = request.method().clone();
    // The pattern and not the address: there are few, and they hold no names.
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let mut response = next.run(request).await;
    for (name, value) in RULES {
        let headers = response.headers_mut();
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    let (status, time) = (response.status().as_u16(), begun.elapsed());
    studio.counters.count(&route, status, time);
    log(&Logged {
        method: method.as_str(),
        route: &route,
        status,
        time,
    });
    response
}

/// Work that waits for disks, away from the threads that serve.
pub(crate) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Problem> {
    let done = tokio::task::spawn_blocking(work).await;
    Ok(done.map_err(Problem::ours)??)
}
