//! When clocks stand still: while the reporter's answer is awaited, while the case was closed, while the intake is paused.

use crate::case::Case;
use crate::event::Event;
use crate::policy::{Calendar, Moment, Policy, Promise};
use jiff::Timestamp;

const WAITED: &str = "while the team waited for the reporter";
const CLOSED: &str = "while the case was closed";

/// A spell that is not counted. `to` is `None` while nobody knows when it ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Pause {
    /// Its beginning.
    pub(crate) from: Timestamp,
    /// Its end.
    pub(crate) to: Option<Timestamp>,
    /// Why, to stand after `paused 3 days`.
    pub(crate) why: String,
    /// Whether its end is settled, whatever happens meanwhile.
    pub(crate) settled: bool,
}

/// Since when the case is known to be exploited: from the report, where the reporter says so, or since the team is aware.
pub(crate) fn exploited_since(case: &Case) -> Option<Timestamp> {
    let told = case.reports.iter().find(|report| report.facts.exploited).map(|report| report.at);
    told.into_iter().chain(case.aware.as_ref().map(|aware| aware.at)).min()
}

/// The planned pauses that hold up a promise which began at `start`: those of the version that the case runs under, and
/// those of later versions while they were in force. They end for what is known to be exploited.
pub(crate) fn planned(
    policy: &Policy,
    promise: &Promise,
    start: Timestamp,
    exploited: Option<Timestamp>,
) -> Vec<Pause> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let own = policy.pauses.iter().filter_map(|pause| {
        let (from, until) = pause.spell(calendar.zone()).ok()?;
        Some((from, until, pause))
    });
    let later = policy.later.iter().map(|later| (later.from, later.to, &later.pause));
    let mut spells: Vec<_> = own.chain(later).filter(|(_, _, pause)| pause.holds(promise)).collect();
    spells.sort_by_key(|(from, _, _)| *from);
    let mut held: Vec<Pause> = Vec::new();
    for (from, until, pause) in spells {
        let (from, to) = (from.max(start), exploited.map_or(until, |at| at.min(until)));
        // What stands still already goes on doing so when the pause is made longer.
        let goes_on = held.iter().any(|pause| pause.from <= from && pause.to.is_some_and(|to| to >= from));
        if from < to && (from == start || pause.running || goes_on) {
            let why = format!("while the intake is paused: {}", pause.reason.trim().trim_end_matches('.'));
            held.push(Pause { from, to: Some(to), why, settled: true });
        }
    }
    held
}

/// Spells in which the case was closed before it was taken up again.
pub(crate) fn closed_spells(case: &Case) -> Vec<Pause> {
    let mut spells = Vec::new();
    let mut since = None;
    for entry in &case.history {
        match entry.what {
            Event::Dismissed { .. }
            | Event::Withdrawn { .. }
            | Event::Closed { .. }
            | Event::ClosedForSilence { .. } => {
                since.get_or_insert(entry.at);
            }
            Event::Reopened { .. } => {
                if let Some(from) = since.take() {
                    spells.push(Pause { from, to: Some(entry.at), why: CLOSED.into(), settled: true });
                }
            }
            _ => {}
        }
    }
    spells
}

/// Spells in which a promise waits: for the reporter, or because the case was closed.
pub(crate) fn waits(case: &Case, promise: &Promise, closed: &[Pause], calendar: &Calendar) -> Vec<Pause> {
    // A duty towards others does not wait for anybody.
    let mut all = if promise.kept_by == Moment::Submission { Vec::new() } else { closed.to_vec() };
    if promise.waits_for_reporter {
        let limited = |from: Timestamp, to: Option<Timestamp>| {
            let limit = promise.wait_limit.map(|limit| calendar.due(from, limit, &[]));
            let settled = to.is_some();
            let to = match (to, limit) {
                (Some(to), Some(limit)) => Some(to.min(limit)),
                (to, limit) => to.or(limit),
            };
            Pause { from, to, why: WAITED.into(), settled }
        };
        all.extend(case.waits.iter().map(|(from, to)| limited(*from, Some(*to))));
        all.extend(case.waiting_since.map(|from| limited(from, None)));
    }
    all
}

/// Pauses in order, without overlaps.
pub(crate) fn merge(mut all: Vec<Pause>) -> Vec<Pause> {
    all.sort_by_key(|pause| pause.from);
    let mut merged: Vec<Pause> = Vec::new();
    for mut pause in all {
        if let Some(last) = merged.last() {
            let Some(last_to) = last.to else { break };
            pause.from = pause.from.max(last_to);
        }
        if pause.to.is_none_or(|to| to > pause.from) {
            merged.push(pause);
        }
    }
    merged
}

/// The pauses that matter between the start and the end of a run.
pub(crate) fn clip(pauses: &[Pause], start: Timestamp, end: Option<Timestamp>) -> Vec<Pause> {
    let mut kept = Vec::new();
    for pause in pauses {
        let from = pause.from.max(start);
        let to = match (pause.to, end) {
            (Some(to), Some(end)) => Some(to.min(end)),
            (to, end) => to.or(end),
        };
        if to.is_none_or(|to| to > from) {
            kept.push(Pause { from, to, why: pause.why.clone(), settled: pause.settled });
        }
    }
    kept
}
