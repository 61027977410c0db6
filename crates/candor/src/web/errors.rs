//! What is said when there is no page, or none now. The cause goes to the log under a number, never to the page.

use super::page;
use super::views::public::ErrorPage;
use crate::error::Error;
use crate::keys::random;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An error on its way to a page. Handlers of pages return it; `?` makes it from [`Error`].
#[derive(Debug)]
pub struct PageError(pub Error);

impl<E: Into<Error>> From<E> for PageError {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for PageError {
    fn into_response(self) -> Response {
        answer(&self.0)
    }
}

/// Result of a handler of pages.
pub type Answer = Result<Response, PageError>;

/// The page for an error. Handlers that can do better (show a form again) look at the error first.
pub fn answer(error: &Error) -> Response {
    match error {
        Error::NotFound => not_found(),
        Error::Internal(cause) => {
            let number = random::text(8);
            tracing::error!(number, cause = &**cause as &dyn std::error::Error, "a request failed");
            page::html(StatusCode::INTERNAL_SERVER_ERROR, &ErrorPage::internal(&number))
        }
        Error::Full => page::html(StatusCode::INSUFFICIENT_STORAGE, &ErrorPage::no_room()),
        Error::Busy | Error::Locked | Error::Behind => {
            let mut answer = page::html(StatusCode::SERVICE_UNAVAILABLE, &ErrorPage::not_ready());
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
            answer
        }
        other => said(status(other), &other.to_string(), ""),
    }
}

/// The status of an error, the same on every page.
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::NotFound => StatusCode::NOT_FOUND,
        Error::Refused(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Error::Stale | Error::Changed { .. } | Error::KeyReused => StatusCode::CONFLICT,
        Error::Role { .. } | Error::NotOn | Error::ReadingBudget { .. } => StatusCode::FORBIDDEN,
        Error::BadCursor | Error::BadRequest(_) => StatusCode::BAD_REQUEST,
        Error::FileTooLarge { .. } | Error::TooManyFiles { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Busy | Error::Locked | Error::Behind => StatusCode::SERVICE_UNAVAILABLE,
        Error::Full => StatusCode::INSUFFICIENT_STORAGE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A page of one title and one sentence.
pub fn said(status: StatusCode, title: &str, words: &str) -> Response {
    let words = if words.is_empty() { Vec::new() } else { vec![words.to_owned()] };
    page::html(status, &ErrorPage { title: title.to_owned(), words, ..ErrorPage::default() })
}

/// 404, the same for what is absent and for what is not the asker's.
pub fn not_found() -> Response {
    page::html(StatusCode::NOT_FOUND, &ErrorPage::not_found())
}

/// The router's last answer.
pub async fn fallback() -> Response {
    not_found()
}

/// 405: a verb that the page does not know.
pub async fn wrong_method() -> Response {
    said(
        StatusCode::METHOD_NOT_ALLOWED,
        "This page cannot be asked that way",
        "Nothing was changed. Go back and use the page's own buttons.",
    )
}

/// 400: a form that was not filled in by a person on our page.
pub fn bad_form(words: &str) -> Response {
    said(StatusCode::BAD_REQUEST, "This form could not be read", words)
}

/// Puts our own fault into the log; what a visitor did is not written down.
pub fn log(error: &Error) {
    if let Error::Internal(cause) = error {
        tracing::error!(cause = &**cause as &dyn std::error::Error, "a request failed");
    }
}
