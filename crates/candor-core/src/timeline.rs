//! The public timeline: drafted from the journal, chosen line by line by a member.

use crate::case::Case;
use crate::event::{AdvisoryDraft, Event};
use candor_formats::advisory::TimelineEntry;
use jiff::Timestamp;

/// What is said of a publication. The line of the first one has the number 0.
pub const PUBLISHED: &str = "Advisory published.";

/// The same of one that is not for everybody.
const LIMITED: &str = "Advisory given to a limited circle.";

/// A line that the journal has for the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The number of its entry; 0 for the first publication.
    pub line: u64,
    /// When it happened.
    pub at: Timestamp,
    /// The usual words, which tell nothing about people.
    pub text: String,
    /// Whether it stands in the timeline when nobody chooses otherwise.
    pub usual: bool,
    /// Whether it stands there by the draft's choice.
    pub shown: bool,
    /// The words of the draft's choice; empty for the usual ones.
    pub own: String,
}

/// Every line that the journal has, the oldest first, with what the draft chooses of it. A publication to come has its line
/// at `now`.
pub fn candidates(case: &Case, draft: &AdvisoryDraft, now: Timestamp) -> Vec<Candidate> {
    let mut lines = Vec::new();
    let mut add = |line: u64, at: Timestamp, text: String, usual: bool| {
        let choice = draft.lines.iter().find(|choice| choice.line == line);
        let shown = choice.map_or(usual, |choice| choice.shown);
        let own = choice.map(|choice| choice.text.trim().to_owned()).unwrap_or_default();
        lines.push(Candidate { line, at, text, usual, shown, own });
    };
    // A journal begins with the report.
    add(1, case.opened_at, "Reported.".into(), true);
    let mut is_out = false;
    for entry in &case.history {
        let (text, usual) = match &entry.what {
            Event::Acknowledged { .. } => ("Acknowledged to the reporter.".to_owned(), true),
            Event::Confirmed { .. } => ("Confirmed.".to_owned(), true),
            Event::FixRecorded { kind, version: Some(version), .. } if kind.is_remedy() => {
                (format!("Fix released in {version}."), true)
            }
            Event::Published { record } if record.tlp.is_public() && !is_out => {
                is_out = true;
                add(0, entry.at, PUBLISHED.into(), true);
                continue;
            }
            Event::Published { record } if record.tlp.is_public() => (PUBLISHED.to_owned(), true),
            Event::Published { .. } => (LIMITED.to_owned(), true),
            Event::Rated { .. } => ("Severity rated.".to_owned(), false),
            Event::EmbargoAgreed { .. } => ("Date of publication agreed with the reporter.".to_owned(), false),
            Event::RetestAsked { .. } => ("Fix given to the reporter to try.".to_owned(), false),
            Event::Retested { holds: true, .. } => ("Reporter confirmed that the fix holds.".to_owned(), false),
            Event::ExploitationKnown { .. } => ("Exploitation became known.".to_owned(), false),
            Event::Audited { .. } => ("Code audited for similar problems.".to_owned(), false),
            _ => continue,
        };
        add(entry.seq, entry.at, text, usual);
    }
    if !is_out && draft.tlp.is_public() {
        add(0, now, PUBLISHED.into(), true);
    } else if case.advisory.published.is_empty() {
        add(0, now, LIMITED.into(), true);
    }
    lines.sort_by_key(|line| line.at);
    lines
}

/// The lines that go out, the oldest first: the chosen ones, and those that a member wrote.
pub fn lines(case: &Case, draft: &AdvisoryDraft, now: Timestamp) -> Vec<TimelineEntry> {
    let chosen = candidates(case, draft, now).into_iter().filter(|line| line.shown);
    let mut lines: Vec<TimelineEntry> = chosen
        .map(|line| TimelineEntry { at: line.at, text: if line.own.is_empty() { line.text } else { line.own } })
        .collect();
    lines.extend(draft.own_lines.iter().map(|line| TimelineEntry { at: line.at, text: line.text.clone() }));
    lines.sort_by_key(|line| line.at);
    lines
}
