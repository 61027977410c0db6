//! Made-up facts that several pages share.

use candor::web::views::parts::{MemberLink, ProgramLink};
use candor::web::views::{ClockView, SeverityView, Shell, TimeView};
use candor_formats::cvss::Severity;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The instant at which the samples are looked at.
pub const NOW: &str = "2026-11-22T16:20:00Z";

/// An instant in UTC, seen from [`NOW`].
pub fn at(instant: &str) -> TimeView {
    let now: Timestamp = NOW.parse().expect("a fixed instant");
    TimeView::new(instant.parse().expect("a fixed instant"), &TimeZone::UTC, now)
}

/// An instant in UTC for pages that are kept as files.
pub fn fixed(instant: &str) -> TimeView {
    TimeView::fixed(instant.parse().expect("a fixed instant"), &TimeZone::UTC)
}

/// Around public pages of one program.
pub fn public(current: &str) -> Shell {
    Shell {
        program: Some(ProgramLink { slug: "minio".into(), name: "MinIO".into() }),
        current: current.into(),
        csrf: "c2Vzc2lvbg".into(),
        ..Shell::default()
    }
}

/// Around pages of the desk.
pub fn desk(current: &str) -> Shell {
    Shell {
        member: Some(MemberLink { name: "Ana Ruiz".into(), role: "coordinator".into() }),
        current: current.into(),
        search: Some(String::new()),
        csrf: "c2Vzc2lvbg".into(),
        ..Shell::default()
    }
}

/// A rating.
pub fn rated(severity: Severity, score: &str) -> SeverityView {
    SeverityView::new(Some(severity), Some(score.into()))
}

fn clock(
    what: &str,
    kind: &str,
    status: (&str, &str),
    when_is: &str,
    when: &str,
    note: &str,
    why: &[&str],
) -> ClockView {
    ClockView {
        what: what.into(),
        kind: kind.into(),
        status: status.0.into(),
        status_word: status.1.into(),
        when: at(when),
        when_is: when_is.into(),
        note: note.into(),
        why: why.iter().map(ToString::to_string).collect(),
    }
}

/// Promises in every state.
pub fn clocks() -> Vec<ClockView> {
    vec![
        clock(
            "Acknowledgement by a member of the team",
            "commitment",
            ("kept", "Kept"),
            "on",
            "2026-11-20T09:41:00Z",
            "",
            &[],
        ),
        clock(
            "Detailed answer with next steps",
            "commitment",
            ("broken", "Broken"),
            "since",
            "2026-11-22T08:12:00Z",
            "The secondary coordinator was told on Sat 21 Nov, the developers' list on Sun 22 Nov.",
            &[
                "It started when the report came in: Thu 19 Nov 2026, 08:12 UTC",
                "72 hours count without a break",
                "So it fell due on Sun 22 Nov 2026, 08:12 UTC",
            ],
        ),
        clock(
            "News at least every five days",
            "commitment",
            ("running", "Running"),
            "due",
            "2026-11-25T09:41:00Z",
            "",
            &[
                "It started with the last message to the reporter: Fri 20 Nov 2026, 09:41 UTC",
                "5 days count without a break",
            ],
        ),
        clock(
            "Fix for the latest release",
            "target",
            ("paused", "Paused"),
            "would be due",
            "2026-12-19T08:12:00Z",
            "Stands still since Sat 21 Nov: the team waits for an answer of the reporter.",
            &["30 days from the confirmation"],
        ),
    ]
}
