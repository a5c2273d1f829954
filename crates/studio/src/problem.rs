//! What a request gets that cannot be answered.

use affetti::{ErrorKind, pipeline::Fault};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header::RETRY_AFTER},
    response::{IntoResponse, Response},
};
use serde_json::json;

/// Why there is no answer; as JSON `{"error":{"kind","message"}}`, as the command line has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Of the response.
    pub status: StatusCode,
    /// What is wrong and what to do.
    pub fault: Fault,
    /// Seconds after which another try makes sense.
    pub retry: Option<u32>,
}

impl Problem {
    /// With a status of its own.
    pub fn new(status: StatusCode, kind: ErrorKind, message: impl std::fmt::Display) -> Self {
        Self {
            status,
            fault: Fault::new(kind, message),
            retry: None,
        }
    }

    /// A setting that is wrong.
    pub fn parameter(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, ErrorKind::Parameter, message)
    }

    /// Something that is not here.
    pub fn missing(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, ErrorKind::Input, message)
    }

    /// Someone who is not let in.
    pub fn refused(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::FORBIDDEN, ErrorKind::Parameter, message)
    }

    /// More than there is room for at the moment.
    pub fn busy(message: impl std::fmt::Display, seconds: u32) -> Self {
        Self {
            retry: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, ErrorKind::Limit, message)
        }
    }

    /// Something that the studio itself cannot do.
    pub fn ours(message: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, ErrorKind::Io, message)
    }
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        let status = match fault.kind {
            ErrorKind::Input => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Limit => StatusCode::PAYLOAD_TOO_LARGE,
            ErrorKind::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            ErrorKind::Parameter => StatusCode::BAD_REQUEST,
            ErrorKind::Model | ErrorKind::Io => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self {
            status,
            fault,
            retry: None,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Self {
            status,
            fault,
            retry,
        } = self;
        let mut response = (status, Json(json!({ "error": fault }))).into_response();
        if let Some(seconds) = retry {
            let headers = response.headers_mut();
            headers.insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
