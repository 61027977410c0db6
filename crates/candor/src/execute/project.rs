//! A case as the queue sees it: one row, a function of case and policy, rebuilt at will.

use crate::error::Error;
use crate::keys::{Context, Key, seal_repeatably};
use crate::store::{cases, journal::Head};
use candor_core::case::{Appeal, Case, State};
use candor_core::evidence::{self, Lane};
use candor_core::policy::{Plan, Policy};
use candor_core::promises::{self, Status};
use candor_core::standing;
use candor_formats::cvss::Severity;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the queue shows beside the clear columns; sealed under the case's key.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Card {
    /// Working title.
    pub title: String,
    /// Product.
    pub product: String,
    /// Whether it is known, or said, to be exploited.
    #[serde(default)]
    pub exploited: bool,
    /// Whether it is a drill.
    #[serde(default)]
    pub drill: bool,
    /// Whether a letter to a reporter came back and the address needs a look.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub returned: bool,
    /// Whether the reporter is owed a reason and a new date for a missed target.
    #[serde(default)]
    pub owes: bool,
    /// What was decided about it, in words; empty before.
    #[serde(default)]
    pub plan: String,
    /// The lane, where it is not the normal one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub lane: String,
    /// Whether another case decides about its report.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub gathered: bool,
    /// Whether an appeal of the reporter waits for an answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub appeal: bool,
    /// When the next clock falls due, in microseconds, where the case is ranked by something else.
    #[serde(default)]
    pub due: Option<i64>,
}

/// Stands in the queue for the date of the regular update that a fix goes with.
pub const NEXT_UPDATE: &str = "next-update";

/// The row for a case whose last entry is `head`.
///
/// # Errors
/// [`Error::Internal`] when the card cannot be sealed.
pub fn row(key: &Key, case: &Case, policy: &Policy, head: Head) -> Result<cases::CaseRow, Error> {
    weighed(key, case, policy, head).map(|(row, _)| row)
}

/// As [`row`], with the lane that the evidence gives, so that nobody weighs a report twice.
///
/// # Errors
/// As [`row`].
pub fn weighed(key: &Key, case: &Case, policy: &Policy, head: Head) -> Result<(cases::CaseRow, Lane), Error> {
    // The row must not depend on the hour at which it is made: a clock that is not kept is shown by its due date, and
    // the page tells running from broken.
    let next = promises::next(case, policy, case.updated_at);
    let plan = case.plan.as_ref().filter(|_| matches!(case.state, State::New | State::Triage | State::Confirmed));
    let mut due_at = next.as_ref().map_or(cases::NEVER, |clock| clock.due.as_microsecond());
    let mut due_state = next
        .as_ref()
        .map(|clock| if matches!(clock.status, Status::Paused { .. }) { "paused" } else { "running" }.to_owned());
    let mut due_name = next.map(|clock| clock.promise);
    let (lane, behind) = lane(case, policy);
    let mut card = Card {
        title: case.title.clone(),
        product: case.product.clone().unwrap_or_default(),
        plan: plan.map(|known| known.plan.label().to_owned()).unwrap_or_default(),
        due: None,
        lane: if lane == Lane::Normal { String::new() } else { lane.name().to_owned() },
        gathered: case.gathered_into.is_some() && !case.is_closed(),
        appeal: appeals(case).is_some(),
        exploited: case.exploited && !case.is_closed(),
        drill: case.drill,
        returned: case.reports.iter().any(|report| report.returned_at.is_some()),
        owes: !promises::owed(case, policy, case.updated_at).is_empty(),
    };
    // An appeal needs somebody, whatever the clocks say.
    if let Some(appeal) = appeals(case).filter(|_| due_name.is_none()) {
        due_at = appeal.at.as_microsecond();
    }
    match plan.map(|known| (known.plan, known.at.as_microsecond(), known.on.map(Timestamp::as_microsecond))) {
        // What is to be mended now stands before what has a later date, whatever its clocks say.
        Some((Plan::FixNow, decided, _)) if decided < due_at => {
            card.due = due_name.is_some().then_some(due_at);
            due_at = decided;
        }
        Some((Plan::NextUpdate, _, Some(on))) if on < due_at => {
            (due_at, due_state, due_name) = (on, Some("running".to_owned()), Some(NEXT_UPDATE.to_owned()));
        }
        // What came on a day off falls due at the same instant as all the rest of that day.
        _ if due_name.is_some() && behind > 0 => {
            card.due = Some(due_at);
            due_at = due_at.saturating_add(behind);
        }
        _ => {}
    }
    let plain = serde_json::to_vec(&card).map_err(Error::internal)?;
    // Rebuilding must give the same bytes.
    let card = seal_repeatably(key, &card_context(case.id.as_str(), head.seq), &plain)?;
    let row = cases::CaseRow {
        id: case.id.0.clone(),
        program: case.program.0.clone(),
        policy_version: i64::from(case.policy_version),
        state: case.state.name().to_owned(),
        // What is owed to others goes on after the end of the case, and needs somebody.
        open: case.state.is_open() || promises::owes_others(case, policy) || appeals(case).is_some(),
        severity: case.severity().map(severity_number),
        assignee: case.assignee.as_ref().map(|member| member.0.clone()),
        opened_at: case.opened_at.as_microsecond(),
        updated_at: case.updated_at.as_microsecond(),
        due_at,
        due_state,
        due_name,
        wake_at: promises::wake_at(case, policy).map(Timestamp::as_microsecond),
        card,
        waiting_on: case.waiting_since.map(|_| "reporter".to_owned()),
        head_seq: head.seq,
        head_hash: head.hash.to_vec(),
        grants: standing::write(&standing::grants(case, policy)),
    };
    Ok((row, lane))
}

fn appeals(case: &Case) -> Option<&Appeal> {
    case.appeal.as_ref().filter(|appeal| appeal.is_open())
}

/// Where the card of a case lies: bound to the entry it was made after.
pub fn card_context(id: &str, head_seq: i64) -> Context<'_> {
    Context { kind: "case_row", stream: id, row: head_seq, field: "card" }
}

/// The lane of a case that is being looked into; and by how many microseconds it stands behind others that fall due at the same
/// instant: the less its report holds the more, and what is in a lane behind all that is in none.
fn lane(case: &Case, policy: &Policy) -> (Lane, i64) {
    if !matches!(case.state, State::New | State::Triage) {
        return (Lane::Normal, 0);
    }
    let found = evidence::of(case, policy);
    let behind = 100 - i64::from(found.score.min(100));
    (found.lane, if found.lane == Lane::Normal { behind } else { behind + 101 })
}

/// Severity as a number that sorts: 0 none, 4 critical.
pub fn severity_number(severity: Severity) -> i64 {
    match severity {
        Severity::None => 0,
        Severity::Low => 1,
        Severity::Medium => 2,
        Severity::High => 3,
        Severity::Critical => 4,
    }
}

/// The severity of that number.
pub fn severity_of(number: i64) -> Option<Severity> {
    [Severity::None, Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        .into_iter()
        .find(|severity| severity_number(*severity) == number)
}
