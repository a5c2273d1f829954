//! The description of all addresses in the form of OpenAPI 3.1, for programs that make clients.

use axum::{Json, extract::State};
use serde_json::{Map, Value, json};

use super::Shared;
use crate::order::Order;

/// One address with one method.
#[derive(Debug, Clone, Copy)]
pub struct Endpoint {
    /// In lower case.
    pub method: &'static str,
    /// With `{name}` for what varies.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    /// What the body is; none has none.
    pub body: Option<&'static str>,
    /// Status and media type of what comes back where all is well.
    pub answer: (u16, &'static str),
}

const JSON: &str = "application/json";
const BYTES: &str = "application/octet-stream";

const fn endpoint(
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    body: Option<&'static str>,
    answer: (u16, &'static str),
) -> Endpoint {
    Endpoint {
        method,
        path,
        summary,
        body,
        answer,
    }
}

/// All addresses but the page's own.
pub const ENDPOINTS: [Endpoint; 27] = [
    endpoint(
        "post",
        "/api/v1/feel",
        "What a picture evokes",
        Some(BYTES),
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/regions",
        "Which of its parts",
        Some(BYTES),
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/read",
        "The emotion of a sentence",
        Some("text/plain"),
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/say",
        "Sentences about a picture",
        Some(BYTES),
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/sketch",
        "A drawing of a picture",
        Some(BYTES),
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/paint",
        "New pictures; with turn or to, one that moves (image/gif)",
        None,
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/brush",
        "A picture painted over",
        Some(BYTES),
        (200, "image/png"),
    ),
    endpoint("get", "/api/v1/jobs", "The latest jobs", None, (200, JSON)),
    endpoint("get", "/api/v1/jobs/{id}", "One job", None, (200, JSON)),
    endpoint(
        "delete",
        "/api/v1/jobs/{id}",
        "Stops a job, or forgets one that is over",
        None,
        (202, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/jobs/{id}/retry",
        "Lets a job that failed or was stopped wait again",
        None,
        (202, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/jobs/{id}/events",
        "Follows a job until it is over",
        None,
        (200, "text/event-stream"),
    ),
    endpoint(
        "get",
        "/api/v1/events",
        "Follows all jobs",
        None,
        (200, "text/event-stream"),
    ),
    endpoint(
        "post",
        "/api/v1/files",
        "Keeps a file, to be named with file=",
        Some(BYTES),
        (201, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/files/{sha256}",
        "A file that was kept or made",
        None,
        (200, BYTES),
    ),
    endpoint(
        "post",
        "/api/v1/index",
        "Reads a collection; always a job",
        None,
        (202, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/collections",
        "Folders that may be searched",
        None,
        (200, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/collections/{id}/pictures",
        "Pictures by feeling, words or picture",
        None,
        (200, JSON),
    ),
    endpoint(
        "post",
        "/api/v1/export",
        "Copies pictures of a collection, whose names are the body, into folders by feeling; always a job",
        Some("text/plain"),
        (202, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/collections/{id}/map",
        "Where the pictures of a collection lie",
        None,
        (200, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/collections/{id}/small/{key}",
        "A picture, small",
        None,
        (200, "image/jpeg"),
    ),
    endpoint(
        "get",
        "/api/v1/collections/{id}/large/{key}",
        "A picture, large",
        None,
        (200, "image/jpeg"),
    ),
    endpoint(
        "get",
        "/api/v1/about",
        "Version, models, bounds",
        None,
        (200, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/repertoire",
        "What can be painted",
        None,
        (200, JSON),
    ),
    endpoint(
        "get",
        "/api/v1/openapi.json",
        "This description",
        None,
        (200, JSON),
    ),
    endpoint(
        "get",
        "/healthz",
        "That the studio is open",
        None,
        (200, "text/plain"),
    ),
    endpoint(
        "get",
        "/metrics",
        "Counts for Prometheus",
        None,
        (200, "text/plain"),
    ),
];

/// Settings of a search in a collection.
const SEARCH: [(&str, &str, &str); 8] = [
    ("text", "string", "What is to be seen, in words"),
    ("like", "string", "Shares, such as awe=.6,fear=.4"),
    ("valence", "number", "1 to 7"),
    ("arousal", "number", "1 to 7"),
    ("not", "string", "Emotions that are unwanted, with commas"),
    (
        "within",
        "string",
        "Valence from and to, arousal from and to, such as 4,7,1,3",
    ),
    (
        "file",
        "string",
        "The hash of a picture that was brought; goes with nothing else",
    ),
    ("top", "integer", "How many, 1 to 1000"),
];

/// Settings that all verbs take.
const BESIDE: [(&str, &str, &str); 4] = [
    (
        "file",
        "string",
        "The hash of a file that was brought before, in place of a body",
    ),
    ("name", "string", "What the input is called in the answer"),
    ("wait", "boolean", "false makes it a job"),
    (
        "client",
        "string",
        "A word by which jobs of one browser are known again",
    ),
];

pub(crate) async fn openapi(State(studio): Shared) -> Json<Value> {
    Json(described(studio.door.has_word()))
}

/// The description.
#[must_use]
pub fn described(has_word: bool) -> Value {
    let mut paths = Map::new();
    for endpoint in &ENDPOINTS {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method] = operation(endpoint);
    }
    let mut all = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Affetti",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What pictures tend to evoke in groups of viewers. Not for judging persons from their faces.",
        },
        "paths": paths,
        "components": {"schemas": {"Error": {
            "type": "object",
            "required": ["error"],
            "properties": {"error": {
                "type": "object",
                "required": ["kind", "message"],
                "properties": {
                    "kind": {"enum": ["input", "limit", "unsupported", "model", "io", "parameter"]},
                    "message": {"type": "string"},
                },
            }},
        }}},
    });
    if has_word {
        all["components"]["securitySchemes"] =
            json!({"word": {"type": "http", "scheme": "bearer"}});
        all["security"] = json!([{"word": []}]);
    }
    all
}

fn operation(endpoint: &Endpoint) -> Value {
    let verb = endpoint.path.strip_prefix("/api/v1/").unwrap_or_default();
    let mut parameters: Vec<Value> = Vec::new();
    for name in ["id", "key", "sha256"] {
        if endpoint.path.contains(&format!("{{{name}}}")) {
            parameters.push(
                json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}),
            );
        }
    }
    let query = |(name, kind, what): (&str, &str, &str)| json!({"name": name, "in": "query", "description": what, "schema": {"type": kind}});
    let mut schema = json!({});
    if endpoint.path.ends_with("/pictures") {
        parameters.extend(SEARCH.map(query));
    }
    if let (Ok(order), "post") = (Order::of_query(verb, ""), endpoint.method) {
        parameters.extend(settings(&order));
        parameters.extend(BESIDE.map(query));
        schema = json!({"type": "object"});
    }
    let (status, media) = endpoint.answer;
    let error = json!({
        "description": "Why not",
        "content": {JSON: {"schema": {"$ref": "#/components/schemas/Error"}}},
    });
    let mut operation = json!({
        "operationId": format!("{} {}", endpoint.method, endpoint.path)
            .replace("/api/v1", "")
            .replace(|c: char| !c.is_ascii_alphanumeric(), "_"),
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": {
            status.to_string(): {"description": "Done", "content": {media: {"schema": schema}}},
            "default": error,
        },
    });
    if let Some(media) = endpoint.body {
        operation["requestBody"] = json!({"content": {media: {"schema": {"type": "string"}}}});
    }
    operation
}

/// The settings of a verb with their usual values, from the order itself, so that none is forgotten here.
fn settings(order: &Order) -> Vec<Value> {
    let all = serde_json::to_value(order).unwrap_or_default();
    let all = all.as_object().cloned().unwrap_or_default();
    all.into_iter()
        .filter(|(name, _)| name != "verb")
        .map(|(name, usual)| {
            let kind = match &usual {
                Value::Bool(_) => "boolean",
                Value::Number(number) if number.is_f64() => "number",
                Value::Number(_) => "integer",
                _ => "string",
            };
            let mut schema = json!({ "type": kind });
            if !usual.is_null() {
                schema["default"] = usual;
            }
            json!({"name": name, "in": "query", "schema": schema})
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::described;

    #[test]
    fn settings_of_verbs_are_described() {
        let all = described(true);
        let parameters = all["paths"]["/api/v1/sketch"]["post"]["parameters"]
            .as_array()
            .unwrap();
        let strokes = parameters.iter().find(|p| p["name"] == "strokes").unwrap();
        assert_eq!(
            strokes["schema"],
            serde_json::json!({"type": "integer", "default": 16})
        );
        assert!(parameters.iter().any(|p| p["name"] == "wait"));
        assert!(all["paths"]["/api/v1/jobs/{id}"]["delete"]["responses"]["202"].is_object());
        assert_eq!(all["security"][0]["word"], serde_json::json!([]));
    }
}
