//! The page and its parts, all inside of the program.

use std::{collections::HashMap, sync::Arc, time::Duration};

use affetti::report::PAGE_STYLE;
use axum::{
    body::Body,
    extract::{Path, Query, State, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{api::Shared, door::COOKIE, problem::Problem, studio::Studio};

/// Name, media type, content.
const ASSETS: [(&str, &str, &str); 14] = [
    ("report.css", CSS, PAGE_STYLE),
    ("studio.css", CSS, include_str!("assets/studio.css")),
    ("studio.js", JS, include_str!("assets/studio.js")),
    ("parts.js", JS, include_str!("assets/parts.js")),
    ("feel.js", JS, include_str!("assets/feel.js")),
    ("shelf.js", JS, include_str!("assets/shelf.js")),
    ("compare.js", JS, include_str!("assets/compare.js")),
    ("words.js", JS, include_str!("assets/words.js")),
    ("sketch.js", JS, include_str!("assets/sketch.js")),
    ("paint.js", JS, include_str!("assets/paint.js")),
    ("collections.js", JS, include_str!("assets/collections.js")),
    ("map.js", JS, include_str!("assets/map.js")),
    ("jobs.js", JS, include_str!("assets/jobs.js")),
    ("icon.svg", "image/svg+xml", include_str!("assets/icon.svg")),
];
/// Before a wrong word is refused.
const GUESS: Duration = Duration::from_secs(1);
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const PAGE: &str = include_str!("assets/index.html");

/// The page.
pub(crate) async fn index(headers: HeaderMap) -> Response {
    sent("text/html; charset=utf-8", PAGE, &headers)
}

/// A part of it.
pub(crate) async fn asset(
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let found = ASSETS.iter().find(|asset| asset.0 == name);
    let (_, kind, content) = found.ok_or_else(|| Problem::missing("there is no such part"))?;
    Ok(sent(kind, content, &headers))
}

/// Browsers ask again each time, and are told in few bytes that nothing has changed.
fn sent(kind: &'static str, content: &'static str, headers: &HeaderMap) -> Response {
    let tag = format!(
        "\"{}\"",
        &affetti::weights::store::sha256(content.as_bytes())[..20]
    );
    let known = headers.get(header::IF_NONE_MATCH);
    let mut response = match known {
        Some(known) if known.as_bytes() == tag.as_bytes() => {
            StatusCode::NOT_MODIFIED.into_response()
        }
        _ => Body::from(content).into_response(),
    };
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Takes the word out of the address into a cookie, so that it stays in no history and no log.
pub(crate) async fn enter(
    State(studio): Shared,
    headers: HeaderMap,
    query: Result<Query<HashMap<String, String>>, QueryRejection>,
) -> Result<Response, Problem> {
    studio.door.host(&headers)?;
    let Query(query) = query.map_err(|error| Problem::parameter(error.body_text()))?;
    let response = enter_with(&studio, query.get("token").map(String::as_str));
    if response.status().is_client_error() {
        // Guessing takes its time.
        tokio::time::sleep(GUESS).await;
    }
    Ok(response)
}

fn enter_with(studio: &Arc<Studio>, word: Option<&str>) -> Response {
    let word = word.unwrap_or_default();
    if !studio.door.has_word() {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
    }
    if studio.door.word(word).is_none() {
        return Problem::refused("this is not the word").into_response();
    }
    let cookie = format!("{COOKIE}={word}; Path=/; HttpOnly; SameSite=Lax; Max-Age=2592000");
    let headers = [
        (header::SET_COOKIE, cookie),
        (header::LOCATION, "/".to_owned()),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

#[cfg(test)]
mod tests {
    use super::{ASSETS, PAGE};

    #[test]
    fn the_page_names_its_parts_and_is_light() {
        let all: usize = ASSETS.iter().map(|asset| asset.2.len()).sum();
        // The aim is 120 kB.
        assert!(PAGE.len() + all < 120_000, "{}", PAGE.len() + all);
        for (name, kind, content) in ASSETS {
            let imported = format!("\"./{name}\"");
            let linked = format!("\"/assets/{name}\"");
            let named =
                PAGE.contains(&linked) || ASSETS.iter().any(|asset| asset.2.contains(&imported));
            assert!(named, "{name} is asked for nowhere");
            assert!(!content.is_empty() && !kind.is_empty());
            // Nothing comes from elsewhere, but names of namespaces.
            let elsewhere = content
                .replace("http://www.w3.org/2000/svg", "")
                .contains("http://");
            assert!(!elsewhere, "{name}");
            assert!(
                !content.contains("https://") && !content.contains("innerHTML"),
                "{name}"
            );
        }
        assert!(!PAGE.contains("style=") && !PAGE.contains("onclick="));
    }
}
