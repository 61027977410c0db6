//! What went wrong, as a problem document (RFC 9457) with a stable `code`. Absent and forbidden are the same document.

use super::model::entry::Entry;
use super::model::gate::Missing;
use super::model::people::Names;
use crate::error::Error;
use crate::throttle::Wait;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_core::refusal::Refusal;
use schemars::JsonSchema;
use serde::Serialize;

/// A problem document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Problem {
    /// Words for the status.
    pub title: &'static str,
    /// HTTP status.
    pub status: u16,
    /// What is wrong and what to do next.
    pub detail: String,
    /// Stable name for programs.
    pub code: String,
    /// The field it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// With `gate`: everything that is missing before the step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub missing: Vec<Missing>,
    /// With `too-often` while very many reports come in: `UNTIL-BITS-MAC`. Find a number N with which the SHA-256 of
    /// `UNTIL-BITS-MAC-N` begins with BITS zero bits, and send the same request with the header `Candor-Work: UNTIL-BITS-MAC-N`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// With `stale`: what happened since the entry you looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    pub since: Vec<Entry>,
    /// Seconds after which to ask again, for `Retry-After`.
    #[serde(skip)]
    #[schemars(skip)]
    wait: u64,
}

impl Problem {
    /// A problem with its code and sentence.
    pub fn new(status: StatusCode, code: &str, detail: impl Into<String>) -> Self {
        Self {
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            detail: detail.into(),
            code: code.to_owned(),
            field: None,
            missing: Vec::new(),
            challenge: None,
            since: Vec::new(),
            wait: 60,
        }
    }

    /// To be asked again after this time.
    pub fn after(mut self, wait: Wait) -> Self {
        self.wait = wait.seconds();
        self
    }

    /// About this field.
    pub fn of(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    /// A request that cannot be read (400).
    pub fn unreadable(code: &str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, detail)
    }

    /// Something that is not there, or not the asker's (404). The same for everything and everybody.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is nothing here that you may see")
    }

    /// What the asker of a case is told, with names for who wrote meanwhile.
    pub fn with_names(error: Error, names: &Names) -> Self {
        match error {
            Error::Changed { since } => {
                let mut problem = Self::new(
                    StatusCode::CONFLICT,
                    "stale",
                    "Someone else changed this case since the entry you looked at; look at what changed, then decide again",
                );
                problem.since = since
                    .iter()
                    .filter(|entry| !entry.what.is_between_cases())
                    .map(|entry| Entry::of(entry, names))
                    .collect();
                problem
            }
            other => other.into(),
        }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::not_found(),
            Error::Refused(refusal) => {
                let mut problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), detail);
                problem.field = refusal.field().map(str::to_owned);
                if let Refusal::Gate(gate) = &refusal {
                    problem.missing = gate.missing.iter().map(Into::into).collect();
                }
                problem
            }
            Error::Stale => Self::new(StatusCode::CONFLICT, "stale", detail),
            Error::Changed { .. } => Self::with_names(error, &Names::default()),
            Error::Role { .. } => Self::new(StatusCode::FORBIDDEN, "role", detail),
            Error::NotOn => Self::new(StatusCode::FORBIDDEN, "not-on-case", detail),
            Error::ReadingBudget { .. } => Self::new(StatusCode::FORBIDDEN, "reading-budget", detail),
            Error::KeyReused => Self::new(StatusCode::CONFLICT, "key-reused", detail),
            Error::BadCursor => Self::unreadable("cursor", detail).of("cursor"),
            Error::BadRequest(_) => Self::unreadable("request", detail),
            Error::TooManyFiles { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-many-files", detail),
            Error::FileTooLarge { .. } => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "file-too-large", detail),
            Error::Busy => Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail),
            Error::Behind => Self::new(StatusCode::SERVICE_UNAVAILABLE, "behind", detail),
            Error::Locked => Self::new(StatusCode::SERVICE_UNAVAILABLE, "locked", detail),
            Error::Full => Self::new(StatusCode::INSUFFICIENT_STORAGE, "full", detail),
            Error::Internal(cause) => {
                tracing::error!(cause = %causes(cause.as_ref()), "a request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something went wrong on our side")
            }
        }
    }
}

/// A cause and what is behind it, for the log.
pub fn causes(cause: &dyn std::error::Error) -> String {
    let mut text = cause.to_string();
    let mut next = cause.source();
    while let Some(inner) = next {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        next = inner.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        match status {
            StatusCode::UNAUTHORIZED => {
                let scheme = if self.code == "receipt" { "Receipt" } else { "Bearer" };
                headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
            }
            StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from(self.wait));
            }
            _ => {}
        }
        response
    }
}
