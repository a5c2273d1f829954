//! What the studio says of itself.

use std::sync::Arc;

use axum::{Json, extract::State, http::header, response::IntoResponse};
use serde_json::{Value, json};

use super::{Shared, aside};
use crate::{jobs::State as Stage, order::VERBS, problem::Problem, work};

/// Version, verbs, models and bounds.
pub(crate) async fn about(State(studio): Shared) -> Result<Json<Value>, Problem> {
    let shared = Arc::clone(&studio);
    let model = aside(move || Ok(shared.workshop.models.predictor()?.model().clone())).await?;
    let bounds = studio.settings.bounds;
    Ok(Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "verbs": VERBS,
        "exports": studio.settings.exports.is_some(),
        "model": model,
        "bounds": {
            "bytes": bounds.picture.max_bytes,
            "pixels": bounds.picture.max_pixels,
            "waiting": bounds.waiting,
            "jobs": bounds.jobs,
            "painted": bounds.painted,
        },
    })))
}

/// What can be painted.
pub(crate) async fn repertoire(State(studio): Shared) -> Result<Json<Value>, Problem> {
    let shared = Arc::clone(&studio);
    let offer = aside(move || work::repertoire(&shared.workshop)).await?;
    Ok(Json(offer))
}

/// That it is open.
pub(crate) async fn healthz() -> &'static str {
    "well\n"
}

/// Counts, for Prometheus.
pub(crate) async fn metrics(State(studio): Shared) -> Result<impl IntoResponse, Problem> {
    let shared = Arc::clone(&studio);
    let counted = aside(move || {
        let store = &shared.jobs.store;
        Ok([store.count(Stage::Queued)?, store.count(Stage::Running)?])
    });
    let [queued, running] = counted.await?;
    let (waiting, busy) = studio.desk.load();
    let text = studio.counters.text(&[
        ("waiting", "Works whose visitors wait.", waiting as f64),
        ("busy", "Clerks at work.", busy as f64),
        ("jobs_queued", "Jobs that wait.", queued as f64),
        ("jobs_running", "Jobs in work.", running as f64),
    ]);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4")];
    Ok((kind, text))
}
