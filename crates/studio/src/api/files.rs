//! `/api/v1/files`: what visitors bring to work on it several times, and what was made.

use std::{
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;

use super::{Shared, aside, verbs::not_here};
use crate::{door::CAGE, problem::Problem, work::Media};

/// Bytes of a file that are given out together.
const PIECE: usize = 64 << 10;
/// Bytes a second, beside the patience for any request, below which an answer is given up.
const SLOWEST: u64 = 256 << 10;

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
    let length = held.bytes.len();
    let body = in_time(Bytes::from_owner(held), studio.settings.bounds.whole);
    let mut response = shown(media, body, asked.save.as_deref().unwrap_or_default());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
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

/// Bytes in pieces, with an end for who takes them too slowly: an answer that is drained drop by drop would hold its
/// memory for hours.
fn in_time(bytes: Bytes, whole: Duration) -> Body {
    let seconds = bytes.len() as u64 / SLOWEST;
    let end = Instant::now() + whole + Duration::from_secs(seconds);
    let pieces = stream::unfold(bytes, move |mut bytes| async move {
        if bytes.is_empty() {
            return None;
        }
        if Instant::now() > end {
            let late = io::Error::new(io::ErrorKind::TimedOut, "taken too slowly");
            return Some((Err(late), Bytes::new()));
        }
        let piece = bytes.split_to(bytes.len().min(PIECE));
        Some((Ok(piece), bytes))
    });
    Body::from_stream(pieces)
}

/// A file as an answer, under a plain name.
pub(crate) fn shown(media: Media, body: Body, name: &str) -> Response {
    let plain: String = name
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c))
        .take(100)
        .collect();
    let mut response = body.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media.mime()));
    headers.insert(header::CONTENT_SECURITY_POLICY, CAGE);
    if let Ok(saved) = HeaderValue::from_str(&format!("attachment; filename=\"{plain}\"")) {
        headers.insert(header::CONTENT_DISPOSITION, saved);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::{PIECE, in_time};
    use axum::body::Bytes;
    use http_body_util::BodyExt as _;
    use std::time::Duration;

    #[tokio::test]
    async fn whole_or_given_up() {
        let bytes = Bytes::from(vec![7; 3 * PIECE + 5]);
        let body = in_time(bytes.clone(), Duration::from_secs(60));
        assert_eq!(body.collect().await.unwrap().to_bytes(), bytes);
        let mut body = in_time(bytes, Duration::from_millis(30));
        assert!(body.frame().await.unwrap().is_ok());
        tokio::time::sleep(Duration::from_millis(60)).await;
        assert!(body.frame().await.unwrap().is_err());
    }
}
