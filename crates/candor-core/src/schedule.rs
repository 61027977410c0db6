//! The schedule of a publication: named steps before and after its instant, each done by Candor or ticked off by a
//! person. Nothing of it is stored but what was done; times follow from the planned or actual publication.

use crate::case::{Author, Bell, Case, State};
use crate::decide::{MESSAGE_LIMIT, optional};
use crate::event::Event;
use crate::policy::{DoneBy, Policy, ScheduleStep};
use crate::promises::LATE_AFTER;
use crate::refusal::Refusal;
use jiff::Timestamp;

/// Begins the name of a bell of the schedule, so that it is no promise's.
const PREFIX: &str = "schedule:";

/// Number of the bell that rings at a step's own time; those of its `escalate` count from 0.
const OWN_BELL: u32 = u32::MAX;

/// When the advisory is, or is to be, public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    /// The instant.
    pub at: Timestamp,
    /// Whether it is settled: published, ordered for that instant, or agreed with the reporter. Only then letters leave
    /// and bells ring.
    pub is_firm: bool,
    /// Whether it has happened.
    pub is_past: bool,
}

/// A step of the schedule as it stands in one case.
#[derive(Debug, Clone, PartialEq)]
pub struct StepView<'a> {
    /// The rule.
    pub step: &'a ScheduleStep,
    /// When it is due; `None` while no date is planned.
    pub due: Option<Timestamp>,
    /// How it stands.
    pub status: StepStatus,
}

/// How a step stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepStatus {
    /// No date is planned, or none that is settled.
    NoDate,
    /// It is due later.
    Ahead,
    /// It is due and not done.
    Late,
    /// The publication came before it was done.
    Missed,
    /// It is done.
    Done {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Author,
        /// In words.
        text: String,
    },
}

/// The bell of a step.
fn bell(step: &ScheduleStep, number: u32) -> Bell {
    Bell { promise: format!("{PREFIX}{}", step.name), cycle: 0, step: number }
}

/// Whether a bell belongs to the schedule and not to a promise.
pub fn is_bell(bell: &Bell) -> bool {
    bell.promise.starts_with(PREFIX)
}

/// The step that a bell belongs to, by its name in the schedule.
pub fn step_of(bell: &Bell) -> Option<&str> {
    bell.promise.strip_prefix(PREFIX)
}

/// When the advisory is, or is to be, public; `None` while nobody named a date.
pub fn plan(case: &Case) -> Option<Plan> {
    if let Some(first) = case.advisory.published.iter().find(|edition| edition.tlp.is_public()) {
        return Some(Plan { at: first.published, is_firm: true, is_past: true });
    }
    let ordered = case.advisory.order.as_ref().and_then(|order| order.at);
    if let Some(at) = ordered {
        return Some(Plan { at, is_firm: true, is_past: false });
    }
    case.embargo.as_ref().map(|embargo| Plan { at: embargo.until, is_firm: embargo.agreed, is_past: false })
}

/// Whether the case is far enough for a schedule: confirmed, and not put to rest without an advisory.
fn is_at_work(case: &Case) -> bool {
    match case.state {
        State::Confirmed | State::Fixed | State::Published => true,
        State::Closed => case.advisory.is_public(),
        State::New | State::Triage => false,
    }
}

/// The steps that apply to this case, in the order of the policy.
pub fn steps<'a>(case: &'a Case, policy: &'a Policy) -> impl Iterator<Item = &'a ScheduleStep> {
    let severity = case.severity();
    policy.disclosure.schedule.iter().filter(move |step| {
        step.severities.is_empty() || severity.is_some_and(|severity| step.severities.contains(&severity))
    })
}

/// When a step is due, given the instant of publication.
fn due_at(policy: &Policy, step: &ScheduleStep, publication: Timestamp) -> Option<Timestamp> {
    let calendar = policy.calendar().ok()?;
    Some(if step.at.before {
        calendar.before(publication, step.at.length)
    } else {
        calendar.due(publication, step.at.length, &[])
    })
}

/// Every step that applies, with its time and how it stands at `now`.
pub fn views<'a>(case: &'a Case, policy: &'a Policy, now: Timestamp) -> Vec<StepView<'a>> {
    let plan = plan(case).filter(|_| is_at_work(case));
    steps(case, policy)
        .map(|step| {
            let due = plan.and_then(|plan| due_at(policy, step, plan.at));
            let done = case.steps_done.iter().rev().find(|done| done.step == step.name);
            let status = match (done, plan, due) {
                (Some(done), _, _) => StepStatus::Done { at: done.at, by: done.by.clone(), text: done.text.clone() },
                (None, Some(plan), _) if plan.is_past && step.at.is_before() => StepStatus::Missed,
                (None, Some(plan), Some(due)) if plan.is_firm => {
                    if due <= now {
                        StepStatus::Late
                    } else {
                        StepStatus::Ahead
                    }
                }
                _ => StepStatus::NoDate,
            };
            StepView { step, due, status }
        })
        .collect()
}

/// A member ticks a step off. It can be done before its time, and after the publication.
pub(crate) fn tick(case: &Case, policy: &Policy, name: &str, text: &str) -> Result<Vec<Event>, Refusal> {
    let Some(step) = steps(case, policy).find(|step| step.name == name) else {
        return Err(Refusal::NoStep(name.to_owned()));
    };
    if step.done_by == DoneBy::Candor {
        return Err(Refusal::NotByHand { at: step.at.words() + " the publication" });
    }
    if let Some(done) = case.steps_done.iter().find(|done| done.step == name) {
        return Err(Refusal::StepDoneBefore { at: done.at });
    }
    if !is_at_work(case) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    Ok(vec![Event::StepTicked { step: name.to_owned(), text: optional("text", text, MESSAGE_LIMIT)? }])
}

/// Something of the schedule that a clock will ask for.
struct Pending {
    at: Timestamp,
    what: What,
}

enum What {
    /// Candor writes its letters.
    Write(String),
    /// Somebody is told about a step that a person has to do.
    Ring(Bell, String),
}

/// Everything of the schedule that is not on record, in order.
fn pending(case: &Case, policy: &Policy) -> Vec<Pending> {
    let Some(plan) = plan(case).filter(|plan| plan.is_firm && is_at_work(case)) else { return Vec::new() };
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let mut pending = Vec::new();
    for step in steps(case, policy) {
        let is_done = case.steps_done.iter().any(|done| done.step == step.name);
        // What was to happen before the publication makes no sense after it.
        if is_done || (plan.is_past && step.at.is_before()) || (!plan.is_past && !step.at.is_before()) {
            continue;
        }
        let Some(due) = due_at(policy, step, plan.at) else { continue };
        if step.done_by == DoneBy::Candor {
            pending.push(Pending { at: due, what: What::Write(step.name.clone()) });
            continue;
        }
        let mut ring = |number: u32, at: Timestamp, to: String| {
            let bell = bell(step, number);
            if !case.rung.contains(&bell) {
                pending.push(Pending { at, what: What::Ring(bell, to) });
            }
        };
        let first = policy.contacts.first().map(|contact| contact.role.clone()).unwrap_or_default();
        ring(OWN_BELL, due, step.who.clone().unwrap_or(first));
        for (number, escalation) in (0..).zip(&step.escalate) {
            let at = match (escalation.before, escalation.after) {
                (Some(before), _) => calendar.before(due, before),
                (None, Some(after)) => calendar.due(due, after, &[]),
                (None, None) => due,
            };
            ring(number, at, escalation.to.clone());
        }
    }
    pending.sort_by_key(|pending| pending.at);
    pending
}

/// The earliest instant at which the schedule asks for a [`crate::command::Command::Tick`].
pub fn wake_at(case: &Case, policy: &Policy) -> Option<Timestamp> {
    pending(case, policy).first().map(|pending| pending.at)
}

/// What of the schedule is due at `now` and not yet on record, in the order in which it fell due.
pub(crate) fn due(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Event> {
    pending(case, policy)
        .into_iter()
        .filter(|pending| pending.at <= now)
        .map(|Pending { at, what }| {
            let late = now.duration_since(at) > LATE_AFTER;
            match what {
                What::Write(step) => Event::StepDone { step, due: at, late },
                What::Ring(bell, to) => Event::BellRung { bell, due: at, to, late, date: None },
            }
        })
        .collect()
}
