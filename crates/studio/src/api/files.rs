//! `/api/v1/files`: what visitors bring to work on it several times, and what was made.

use std::sync::Arc;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, aside, verbs::not_here};
use crate::{door::CAGE, problem::Problem, work::Media};

/// How a file is asked for.
#[derive(Debug, Deserialize)]
pub(crate) struct Asked {
    /// To be kept under this name rather than shown.
    save: Option<String>,
}

/// Keeps a file.
pub(crate) async fn add(
    State(studio): Shared,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let upload = studio.uploads.read(&headers, body).await?;
    if upload.bytes.is_empty() {
        return Err(Problem::parameter("send the file as the body"));
    }
    let bytes = upload.bytes.len();
    let shared = Arc::clone(&studio);
    let keep = move || {
        let jobs = &shared.jobs;
        let mut hold = jobs.files.hold();
        jobs.files
            .keep(&jobs.store, Media::Brought, &upload.bytes, &mut hold)
    };
    let sha256 = aside(keep).await?;
    let answer =
        json!({"sha256": sha256, "bytes": bytes, "url": format!("/api/v1/files/{sha256}")});
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// A file.
pub(crate) async fn file(
    State(studio): Shared,
    Path(sha256): Path<String>,
    asked: Result<Query<Asked>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(asked) = asked.map_err(|error| Problem::parameter(error.body_text()))?;
    let shared = Arc::clone(&studio);
    let read = move || shared.jobs.files.read(&shared.jobs.store, &sha256);
    let (media, bytes) = aside(read).await.map_err(not_here)?;
    // Who reads slowly holds a share of the memory for uploads.
    let held = studio.uploads.hold(bytes)?;
    let bytes = Bytes::from_owner(held);
    let mut response = shown(media, bytes, asked.save.as_deref().unwrap_or_default());
    let headers = response.headers_mut();
    // Its name is its hash: it never changes.
    let kept = HeaderValue::from_static("private, max-age=31536000, immutable");
    headers.insert(header::CACHE_CONTROL, kept);
    if asked.save.is_none() {
        headers.remove(header::CONTENT_DISPOSITION);
    }
    // What a visitor brought is only ever saved: it could be a page.
    if media == Media::Brought {
        let saved = HeaderValue::from_static("attachment");
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    Ok(response)
}

/// A file as an answer, under a plain name.
pub(crate) fn shown(media: Media, bytes: Bytes, name: &str) -> Response {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .take(100)
        .collect();
    let mut response = Body::from(bytes).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.mime()));
    headers.insert(header::CONTENT_SECURITY_POLICY, CAGE);
    if let Ok(saved) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    response
}
