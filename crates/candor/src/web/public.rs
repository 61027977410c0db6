//! What everybody may read besides the public tree: stylesheet, script and icon; and where browsers tell what they refused.

use super::errors;
use super::ops;
use super::static_tree::with_etag;
use super::views::assets;
use crate::app::App;
use axum::Router;
use axum::extract::{Path, Request};
use axum::http::HeaderValue;
use axum::response::Response;
use axum::routing::{get, post};

/// Addresses of the built-in files.
pub fn routes() -> Router<App> {
    Router::new().route("/assets/{name}", get(asset)).route("/csp-report", post(ops::violated))
}

/// `GET /assets/{name}`: with the hash of its bytes in the address it may be kept for ever.
async fn asset(Path(name): Path<String>, request: Request) -> Response {
    let Some((kind, bytes)) = assets::asset(&name) else { return errors::not_found() };
    let named = request.uri().query().is_some_and(|query| assets::url(&name).ends_with(&format!("?{query}")));
    let keep = if named { "public, max-age=31536000, immutable" } else { "public, max-age=300" };
    with_etag(request.headers(), kind, HeaderValue::from_static(keep), bytes)
}
