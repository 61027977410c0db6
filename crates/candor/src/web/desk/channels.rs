//! How each channel of the policies stood when it was looked at last.

use super::{html, shell};
use crate::app::App;
use crate::watch::probes::{self, State as Stands};
use crate::web::session::{Member, Rejection};
use crate::web::views::TimeView;
use crate::web::views::watch::{ChannelRow, Channels};
use axum::extract::State;
use axum::response::Response;
use candor_core::id::ProgramSlug;

/// `GET /desk/channels`
pub async fn page(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    let now = app.now();
    let mut rows = Vec::new();
    for probe in probes::all(&app).await? {
        let slug = ProgramSlug(probe.program.clone());
        if member.actor.role(&slug).is_none() {
            continue;
        }
        let policy = app.policy(&slug);
        let zone = policy.as_ref().map_or(jiff::tz::TimeZone::UTC, |policy| super::zone(policy));
        let (status, word) = match probe.finding.state {
            Stands::Fine => ("kept", "Works"),
            Stands::Failed => ("broken", "Fails"),
            Stands::Skipped => ("ended", "Not looked at"),
        };
        rows.push(ChannelRow {
            program: policy.map_or(probe.program, |policy| policy.program.name.clone()),
            channel: probe.finding.channel,
            status: status.into(),
            status_word: word.into(),
            since: TimeView::new(probe.since, &zone, now),
            checked: TimeView::new(probe.checked_at, &zone, now),
            detail: probe.finding.detail,
        });
    }
    html(&Channels { shell: shell(&app, &member, "metrics"), rows })
}
