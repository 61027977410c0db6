//! From a filled view to an answer, and the parts that most pages share.

use super::views::Shell;
use super::views::parts::ProgramLink;
use crate::app::App;
use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use candor_core::policy::Policy;
use jiff::tz::TimeZone;

/// A page. Private unless its handler says otherwise.
pub fn html(status: StatusCode, view: &impl Template) -> Response {
    match view.render() {
        Ok(page) => (status, [(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"))], page)
            .into_response(),
        Err(why) => {
            tracing::error!(%why, "a page could not be drawn");
            (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side").into_response()
        }
    }
}

/// Leads to another page with GET, after a form was taken.
pub fn see_other(to: &str) -> Response {
    let to = HeaderValue::try_from(to).unwrap_or_else(|_| HeaderValue::from_static("/"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

/// What stands around a page, outside any program.
pub fn shell(app: &App, current: &str) -> Shell {
    Shell { current: current.to_owned(), demo: app.config.demo, ..Shell::default() }
}

/// What stands around a page of a program.
pub fn program_shell(app: &App, policy: &Policy, current: &str) -> Shell {
    let program = ProgramLink { slug: policy.program.slug.0.clone(), name: policy.program.name.clone() };
    Shell { program: Some(program), ..shell(app, current) }
}

/// The zone in which a program says its times; a checked policy always has one.
pub fn zone(policy: &Policy) -> TimeZone {
    TimeZone::get(&policy.calendar.time_zone).unwrap_or(TimeZone::UTC)
}
