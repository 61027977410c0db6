//! What every answer carries, and what no request may ask.

use super::{errors, ops};
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use std::time::Instant;

/// What a page may load and do: only what comes from here, and nothing inline. A browser that refuses something tells it here.
const CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'; report-uri /csp-report",
);
/// A download is no page: it may not even run if somebody opens it in place.
pub const DOWNLOAD_CSP: HeaderValue = HeaderValue::from_static("default-src 'none'; sandbox");

/// The same for every answer.
const ALWAYS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
];
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000; includeSubDomains");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// How the service is reached.
#[derive(Debug, Clone)]
pub struct Reached {
    /// Over TLS.
    pub https: bool,
    /// Its onion address, without a slash at the end, for browsers that can go there.
    pub onion: Option<Arc<str>>,
}

impl Reached {
    /// `Onion-Location` of a page; only for pages that anybody may ask for by address.
    fn onion_of(&self, request: &Request) -> Option<HeaderValue> {
        let onion = self.onion.as_ref().filter(|_| matches!(*request.method(), Method::GET | Method::HEAD))?;
        HeaderValue::try_from(format!("{onion}{}", request.uri().path())).ok()
    }
}

/// Bytes of address and headers that a request may have: many times what a browser sends.
const HEAD_BYTES: usize = 16 * 1024;

fn head_bytes(request: &Request) -> usize {
    let address = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
    request.headers().iter().fold(address, |sum, (name, value)| sum + name.as_str().len() + value.len())
}

/// Puts the headers on every answer; turns away verbs that no page knows.
pub async fn dress(State(reached): State<Reached>, request: Request, next: Next) -> Response {
    let onion = reached.onion_of(&request);
    let known = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS
    );
    let began = Instant::now();
    let mut answer = if !known {
        errors::wrong_method().await
    } else if head_bytes(&request) > HEAD_BYTES {
        errors::said(
            StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            "The browser sent too much with its request",
            "Nothing was changed. Delete the cookies of this site and try again.",
        )
    } else {
        next.run(request).await
    };
    let headers = answer.headers_mut();
    for (name, value) in &ALWAYS {
        headers.insert(name, value.clone());
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(CSP);
    // What is not said to be public is private.
    headers.entry(header::CACHE_CONTROL).or_insert(NO_STORE);
    if reached.https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if let Some(onion) = onion {
        headers.insert(HeaderName::from_static("onion-location"), onion);
    }
    ops::count(answer.status(), began.elapsed());
    answer
}

/// Marks an answer as a picture that a page of ours shows: opened by itself it can run and load nothing either.
pub fn as_picture(headers: &mut HeaderMap) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/png"));
    headers.insert(header::CONTENT_SECURITY_POLICY, DOWNLOAD_CSP);
}

/// Marks an answer as a file to be saved, whatever is in it. The name is for people; it was cleaned when it came.
pub fn as_download(headers: &mut HeaderMap, name: &str) {
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    headers.insert(header::CONTENT_SECURITY_POLICY, DOWNLOAD_CSP);
    // RFC 6266 and RFC 8187: a plain name for old browsers, the real one beside it.
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "._- ".contains(c) { c } else { '_' }).collect();
    let mut real = String::with_capacity(name.len());
    for byte in name.bytes() {
        use std::fmt::Write as _;
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            real.push(char::from(byte));
        } else {
            let _ = write!(real, "%{byte:02X}");
        }
    }
    if let Ok(value) = HeaderValue::try_from(format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{real}")) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
}
