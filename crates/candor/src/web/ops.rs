//! Is it alive, is it ready, how does it do. Counts and timings only: no program, no case, no text.

use super::errors;
use super::guard::Peer;
use crate::app::App;
use crate::error::Error;
use crate::keys::equal;
use crate::store::{outbox, settings};
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::LazyLock;
use std::time::Duration;

/// Addresses for the people who run this.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(health)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// `GET /healthz`: the process answers.
async fn health() -> &'static str {
    "alive\n"
}

/// `GET /readyz`: the store answers and the keys are there.
async fn ready(State(app): State<App>) -> Response {
    let told = match settings::get(&app.store, "ready").await.map_err(Error::from).and_then(|_| app.keys().map(drop)) {
        Ok(()) => return "ready\n".into_response(),
        // A front that is meant to have no keys does all it can do.
        Err(Error::Locked) if app.only_seals() && !app.config.roles.desk => {
            return "ready to take reports in, sealed\n".into_response();
        }
        Err(Error::Locked) => "locked: the root key is missing\n",
        Err(_) => "the store does not answer\n",
    };
    (StatusCode::SERVICE_UNAVAILABLE, told).into_response()
}

/// What this process counts. One for the process, as it is one that is watched.
static COUNTS: LazyLock<Counts> = LazyLock::new(|| Counts {
    answers: std::array::from_fn(|_| Counter::default()),
    violations: Counter::default(),
    seconds: Histogram::new([0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0]),
});

struct Counts {
    /// By class of status: 1xx to 5xx.
    answers: [Counter; 5],
    /// Reports of browsers that a page was refused something.
    violations: Counter,
    seconds: Histogram,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Label {
    kind: String,
}

/// Counts an answer.
pub fn count(status: StatusCode, took: Duration) {
    let class = usize::from(status.as_u16() / 100).clamp(1, 5) - 1;
    COUNTS.answers[class].inc();
    COUNTS.seconds.observe(took.as_secs_f64());
}

/// Largest report of a browser, in bytes.
const REPORT_LIMIT: usize = 16 * 1024;
/// The rules of our pages, as browsers name them in a report.
const RULES: [&str; 10] = [
    "default-src",
    "style-src",
    "style-src-elem",
    "style-src-attr",
    "script-src",
    "script-src-elem",
    "script-src-attr",
    "img-src",
    "require-trusted-types-for",
    "trusted-types",
];

/// `POST /csp-report`: a browser refused a page something, for which none of ours gives reason. It is counted and told to the
/// log by the name of the rule; what the browser says of addresses and texts is dropped.
pub(super) async fn violated(request: Request) -> StatusCode {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().unwrap_or_default().trim() != "application/csp-report" {
        return StatusCode::UNSUPPORTED_MEDIA_TYPE;
    }
    let Ok(body) = axum::body::to_bytes(request.into_body(), REPORT_LIMIT).await else {
        return StatusCode::PAYLOAD_TOO_LARGE;
    };
    let report: serde_json::Value = serde_json::from_slice(&body).unwrap_or_default();
    let said =
        ["effective-directive", "violated-directive"].iter().find_map(|name| report["csp-report"][name].as_str());
    let Some(said) = said else { return StatusCode::BAD_REQUEST };
    let rule = RULES.into_iter().find(|rule| said.split(' ').next() == Some(rule)).unwrap_or("another rule");
    COUNTS.violations.inc();
    tracing::warn!(rule, "a browser refused something on a page; somebody may have brought in what is not ours");
    StatusCode::NO_CONTENT
}

/// `GET /metrics`: from this machine, or with the token. To everybody else there is no such page.
async fn metrics(State(app): State<App>, request: Request) -> Response {
    if !may_measure(&app, &request) {
        return errors::not_found();
    }
    match measured(&app).await {
        Ok(text) => ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text)
            .into_response(),
        Err(failure) => errors::answer(&failure),
    }
}

fn may_measure(app: &App, request: &Request) -> bool {
    let headers = request.headers();
    // Through a proxy on this machine, everybody comes from this machine.
    let proxied = headers.contains_key("x-forwarded-for") || headers.contains_key("forwarded");
    let here = request.extensions().get::<Peer>().is_some_and(|peer| peer.0.ip().is_loopback());
    (here && !proxied) || has_token(app, headers)
}

fn has_token(app: &App, headers: &HeaderMap) -> bool {
    let given = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match (&app.config.metrics_token, given) {
        (Some(token), Some(given)) => !token.is_empty() && equal(token.as_bytes(), given.as_bytes()),
        _ => false,
    }
}

async fn measured(app: &App) -> Result<String, Error> {
    let mut registry = Registry::with_prefix("candor");
    let answers = Family::<Label, Counter>::default();
    for (class, counter) in ["1xx", "2xx", "3xx", "4xx", "5xx"].iter().zip(&COUNTS.answers) {
        answers.get_or_create(&Label { kind: (*class).into() }).inc_by(counter.get());
    }
    registry.register("answers", "Answers by class of status", answers);
    let violations = COUNTS.violations.clone();
    registry.register("csp_reports", "Reports of browsers that a page was refused something", violations);
    registry.register_with_unit("answer", "Time until an answer begins", Unit::Seconds, COUNTS.seconds.clone());
    let letters = Family::<Label, Gauge>::default();
    for (state, n) in outbox::counts(&app.store).await? {
        letters.get_or_create(&Label { kind: state }).set(n);
    }
    registry.register("letters", "Letters in the outbox by state", letters);
    let cases = Family::<Label, Gauge>::default();
    let programs: Vec<String> = app.programs().iter().map(|policy| policy.program.slug.0.clone()).collect();
    for count in crate::store::cases::counts(&app.store, &programs).await? {
        cases.get_or_create(&Label { kind: count.state }).inc_by(count.n);
    }
    registry.register("cases", "Cases by state, over all programs", cases);
    let mut text = String::new();
    encode(&mut text, &registry).map_err(Error::internal)?;
    Ok(text)
}
