//! Clocks, derived from a case and its policy: when each promise falls due, and why.
//!
//! Nothing here is stored. A promise runs from a mark of the case to a mark of the case; pauses come from the waits for
//! the reporter and from spells in which the case was closed. What is on record (bells that rang, breaches) only keeps a
//! thing from happening twice.

use crate::case::{Bell, Case, Mark};
use crate::event::{Event, Outcome};
use crate::id::MemberId;
use crate::policy::{Calendar, Escalation, Moment, Policy, Promise, PromiseKind};
use jiff::{SignedDuration, Timestamp};

/// How long after its time a bell counts as late.
pub const LATE_AFTER: SignedDuration = SignedDuration::from_mins(5);

/// One run of one promise.
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Name of the promise.
    pub promise: String,
    /// What is promised, for people.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// Which run of a repeating promise, from 0.
    pub cycle: u32,
    /// What started it.
    pub started_by: Moment,
    /// When it started.
    pub started_at: Timestamp,
    /// When it falls due. For a paused clock: when it would if it ran on from now.
    pub due: Timestamp,
    /// How it stands.
    pub status: Status,
    /// Why this date, step by step.
    pub why: Vec<String>,
    /// Bells still to ring: when, which, who is told.
    pub bells: Vec<(Timestamp, Bell, String)>,
}

/// How a clock stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It stands still while the reporter's answer is awaited.
    Paused {
        /// Since when.
        since: Timestamp,
    },
    /// Kept in time.
    Kept {
        /// When.
        at: Timestamp,
        /// By whom.
        by: Option<MemberId>,
    },
    /// Kept, but after it fell due.
    KeptLate {
        /// When.
        at: Timestamp,
    },
    /// It fell due unkept and still is.
    Broken {
        /// Since when.
        since: Timestamp,
    },
    /// The case ended before it mattered.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl Status {
    /// Whether nothing more can come of it.
    pub fn is_over(&self) -> bool {
        matches!(self, Status::Kept { .. } | Status::KeptLate { .. } | Status::Ended { .. })
    }

    /// The state as a word for people.
    pub fn label(&self) -> &'static str {
        match self {
            Status::Running => "running",
            Status::Paused { .. } => "paused",
            Status::Kept { .. } => "kept",
            Status::KeptLate { .. } => "kept late",
            Status::Broken { .. } => "overdue",
            Status::Ended { .. } => "ended",
        }
    }
}

const WAITED: &str = "while the team waited for the reporter";
const CLOSED: &str = "while the case was closed";

/// A spell that is not counted. `to` is `None` while nobody knows when it ends.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Pause {
    from: Timestamp,
    to: Option<Timestamp>,
    why: &'static str,
}

/// One run of one promise, before the present is known.
struct Run<'a> {
    promise: &'a Promise,
    cycle: u32,
    started_by: Moment,
    start: Timestamp,
    /// In order, not overlapping; only the last can be open.
    pauses: Vec<Pause>,
    kept: Option<(Timestamp, Option<MemberId>)>,
    ended: Option<Timestamp>,
}

impl Run<'_> {
    /// When it falls due; `None` while a pause without a known end holds it.
    fn due(&self, calendar: &Calendar) -> Option<Timestamp> {
        let known = self.known_pauses();
        let due = calendar.due(self.start, self.promise.within, &known);
        match self.pauses.last() {
            Some(Pause { from, to: None, .. }) if *from < due => None,
            _ => Some(due),
        }
    }

    fn known_pauses(&self) -> Vec<(Timestamp, Timestamp)> {
        self.pauses.iter().filter_map(|pause| Some((pause.from, pause.to?))).collect()
    }

    /// When a bell rings; `None` while it is not known. A bell before the due time rings at the first instant at which
    /// the clock runs and has no more than that left.
    fn rings(&self, calendar: &Calendar, step: &Escalation) -> Option<Timestamp> {
        if let Some(after) = step.after {
            return self.due(calendar).map(|due| calendar.due(due, after, &[]));
        }
        let before = step.before?;
        let known = self.known_pauses();
        for count in 0..=known.len() {
            let due = calendar.due(self.start, self.promise.within, &known[..count]);
            let resumed = if count == 0 { self.start } else { known[count - 1].1 };
            let at = calendar.before(due, before).max(resumed);
            match self.pauses.get(count) {
                Some(next) if next.from < at => {}
                _ => return Some(at),
            }
        }
        None
    }

    fn is_on_record(&self, case: &Case) -> bool {
        case.broken.iter().any(|(promise, cycle, _)| *promise == self.promise.name && *cycle == self.cycle)
    }

    /// Bells still to ring, in order. A kept promise rings none, and neither does one whose case has ended.
    fn bells(&self, case: &Case, calendar: &Calendar) -> Vec<(Timestamp, Bell, String)> {
        if self.kept.is_some() || self.ended.is_some() {
            return Vec::new();
        }
        let mut bells = Vec::new();
        for (step, escalation) in (0..).zip(&self.promise.escalate) {
            let bell = Bell { promise: self.promise.name.clone(), cycle: self.cycle, step };
            if case.rung.contains(&bell) {
                continue;
            }
            if let Some(at) = self.rings(calendar, escalation) {
                bells.push((at, bell, escalation.to.clone()));
            }
        }
        bells.sort_by_key(|(at, bell, _)| (*at, bell.step));
        bells
    }

    /// The instant of a breach that is not on record yet.
    fn breach(&self, case: &Case, calendar: &Calendar) -> Option<Timestamp> {
        if self.is_on_record(case) {
            return None;
        }
        let due = self.due(calendar)?;
        match (&self.kept, self.ended) {
            (Some((at, _)), _) if *at <= due => None,
            (None, Some(at)) if at <= due => None,
            _ => Some(due),
        }
    }
}

/// Every clock of a case, in the order in which they fall due; runs that are over come first.
/// `now` only tells running from broken.
pub fn clocks(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Clock> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let mut clocks: Vec<Clock> =
        runs(case, policy, &calendar).iter().map(|run| show(run, case, &calendar, now, true)).collect();
    clocks.sort_by_key(|clock| (!clock.status.is_over(), clock.due));
    clocks
}

/// The clock that falls due next of those that are neither kept nor over, without its reasons. What is broken comes
/// first, since it was due first.
pub fn next(case: &Case, policy: &Policy, now: Timestamp) -> Option<Clock> {
    let calendar = policy.calendar().ok()?;
    runs(case, policy, &calendar)
        .iter()
        .map(|run| show(run, case, &calendar, now, false))
        .filter(|clock| !clock.status.is_over())
        .min_by_key(|clock| clock.due)
}

/// A run as it looks at `now`; with its reasons where somebody reads them.
fn show(run: &Run<'_>, case: &Case, calendar: &Calendar, now: Timestamp, explained: bool) -> Clock {
    // What holds it now is shown as if it ended now.
    let mut waiting = None;
    let mut pauses: Vec<(Timestamp, Timestamp, &str)> = Vec::new();
    let mut plain: Vec<(Timestamp, Timestamp)> = Vec::new();
    for pause in &run.pauses {
        let held = run.kept.is_none() && run.ended.is_none() && pause.to.is_none_or(|to| to > now);
        if held && pause.from < calendar.due(run.start, run.promise.within, &plain) {
            waiting = Some(pause.from);
        }
        let to = pause.to.map_or(now, |to| to.min(now.max(pause.from))).max(pause.from);
        pauses.push((pause.from, to, pause.why));
        plain.push((pause.from, to));
    }
    let (due, mut why) = if explained {
        calendar.due_with_reasons(began(run.started_by, run.cycle), run.start, run.promise.within, &pauses)
    } else {
        (calendar.due(run.start, run.promise.within, &plain), Vec::new())
    };
    let status = match (&run.kept, run.ended, waiting) {
        (Some((at, by)), _, _) if *at <= due => Status::Kept { at: *at, by: by.clone() },
        (Some((at, _)), _, _) => Status::KeptLate { at: *at },
        (None, Some(at), _) if at <= due => Status::Ended { at },
        (None, None, Some(since)) => Status::Paused { since },
        _ if due <= now => Status::Broken { since: due },
        _ => Status::Running,
    };
    if let Status::Paused { since } = status
        && explained
    {
        why.pop();
        why.push(format!("standing still since {}", calendar.words(since)));
        why.push(format!("due {}, were it to run on now", calendar.words(due)));
    }
    if let Some(estimate) = case.estimates.iter().rev().find(|e| e.promise == run.promise.name && e.at >= run.start)
        && explained
    {
        why.push(format!("new estimate: {}", calendar.words(estimate.until)));
    }
    Clock {
        promise: run.promise.name.clone(),
        what: run.promise.what.clone(),
        kind: run.promise.kind,
        cycle: run.cycle,
        started_by: run.started_by,
        started_at: run.start,
        due,
        status,
        why,
        bells: run.bells(case, calendar),
    }
}

/// The earliest instant at which a clock, a wait, or a standing order to publish asks for a [`crate::command::Command::Tick`].
pub fn wake_at(case: &Case, policy: &Policy) -> Option<Timestamp> {
    let order = case.advisory.order.as_ref().filter(|_| !case.is_closed()).and_then(|order| order.at);
    pending(case, policy).into_iter().map(|pending| pending.at).chain(order).min()
}

/// What is due at `now` and not yet on record, in the order in which it fell due: bells, breaches, the end of a wait
/// that reached its limit. Each is given once, however late.
pub fn due(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Event> {
    let is_late = |at: Timestamp| now.duration_since(at) > LATE_AFTER;
    pending(case, policy)
        .into_iter()
        .filter(|pending| pending.at <= now)
        .map(|Pending { at, what, .. }| match what {
            What::WaitEnds => Event::WaitEnded,
            What::Breaks(promise, cycle) => Event::PromiseBroken { promise, cycle, due: at, late: is_late(at) },
            What::Rings(bell, to) => Event::BellRung { bell, due: at, to, late: is_late(at) },
        })
        .collect()
}

struct Pending {
    at: Timestamp,
    /// Order among things of the same instant: a wait ends, a promise breaks, then somebody is told.
    rank: u8,
    what: What,
}

enum What {
    WaitEnds,
    Breaks(String, u32),
    Rings(Bell, String),
}

/// Everything that a clock will ask for and that is not on record, in order.
fn pending(case: &Case, policy: &Policy) -> Vec<Pending> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let mut pending = Vec::new();
    if let Some(at) = wait_ends(case, policy, &calendar) {
        pending.push(Pending { at, rank: 0, what: What::WaitEnds });
    }
    for run in runs(case, policy, &calendar) {
        if let Some(at) = run.breach(case, &calendar) {
            pending.push(Pending { at, rank: 1, what: What::Breaks(run.promise.name.clone(), run.cycle) });
        }
        for (at, bell, to) in run.bells(case, &calendar) {
            pending.push(Pending { at, rank: 2, what: What::Rings(bell, to) });
        }
    }
    pending.sort_by_key(|pending| (pending.at, pending.rank));
    pending
}

/// When the present wait for the reporter reaches the policy's limit: the longest of the limits of the promises that
/// wait. `None` when nothing is awaited, nothing waits, or a promise waits without limit.
fn wait_ends(case: &Case, policy: &Policy, calendar: &Calendar) -> Option<Timestamp> {
    let since = case.waiting_since?;
    let mut latest = None;
    for promise in policy.promises.iter().filter(|promise| promise.waits_for_reporter) {
        latest = latest.max(Some(calendar.due(since, promise.wait_limit?, &[])));
    }
    latest
}

/// The promises a report filed at `at` would start, with their dates: what the form shows beside its questions.
pub fn forecast(policy: &Policy, at: Timestamp) -> Vec<(Promise, Timestamp)> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let mut forecast: Vec<_> = policy
        .promises
        .iter()
        .filter(|promise| promise.starts == Moment::Report && promise.severities.is_empty())
        .map(|promise| (promise.clone(), calendar.due(at, promise.within, &[])))
        .collect();
    forecast.sort_by_key(|(_, due)| *due);
    forecast
}

/// Every run of every promise, in the order of the policy.
fn runs<'a>(case: &Case, policy: &'a Policy, calendar: &Calendar) -> Vec<Run<'a>> {
    let ended = ended_at(case);
    let closed = closed_spells(case);
    let mut runs = Vec::new();
    for promise in &policy.promises {
        if !promise.severities.is_empty()
            && !case.severity().is_some_and(|severity| promise.severities.contains(&severity))
        {
            continue;
        }
        let Some(first) = case.marks.iter().position(|mark| mark.moment == promise.starts) else { continue };
        let all_pauses = pauses(case, promise, &closed, calendar);
        let (mut index, mut start, mut started_by) = (first, case.marks[first].at, promise.starts);
        for cycle in 0.. {
            // Where what was on record before still stands, it keeps the promise from the start.
            let from = if is_lasting(promise.kept_by) && !promise.repeats { 0 } else { after(case, index) };
            let kept = keeping(case, promise, from);
            let kept_at = kept.as_ref().map(|(_, at, by)| ((*at).max(start), by.clone()));
            let over = match (&kept_at, ended) {
                (Some((at, _)), _) => Some(*at),
                (None, ended) => ended,
            };
            runs.push(Run {
                promise,
                cycle,
                started_by,
                start,
                pauses: clip(&all_pauses, start, over),
                kept: kept_at,
                ended: if kept.is_some() { None } else { ended },
            });
            let Some((at_index, at, _)) = kept.filter(|_| promise.repeats) else { break };
            if ended.is_some_and(|ended| ended <= at) {
                break;
            }
            (index, start, started_by) = (at_index, at, promise.kept_by);
        }
    }
    runs
}

/// The first mark after this one that another act made: one act leaves several marks, and does not keep what it starts.
fn after(case: &Case, index: usize) -> usize {
    let start = &case.marks[index];
    let same = |mark: &&Mark| start.by.is_some() && mark.by == start.by && mark.at == start.at;
    index + 1 + case.marks[index + 1..].iter().take_while(same).count()
}

/// The mark that keeps a promise, looking from `from` on: the one with which enough different members have done so.
fn keeping(case: &Case, promise: &Promise, from: usize) -> Option<(usize, Timestamp, Option<MemberId>)> {
    let mut members: Vec<&MemberId> = Vec::new();
    for (index, mark) in case.marks.iter().enumerate().skip(from) {
        if !keeps(case, promise, mark) {
            continue;
        }
        match &mark.by {
            Some(by) if members.contains(&by) => continue,
            Some(by) => members.push(by),
            // A publication that a clock released, on the order of a member.
            None if promise.members <= 1 => {}
            None => continue,
        }
        if mark.by.is_none() || members.len() >= usize::from(promise.members.max(1)) {
            return Some((index, mark.at, mark.by.clone()));
        }
    }
    None
}

/// Whether a mark counts for a promise. Only members keep promises: an automatic receipt does not, and what the reporter
/// does ends a promise at most. A publication on a standing order is the act of the member who gave it.
fn keeps(case: &Case, promise: &Promise, mark: &Mark) -> bool {
    let same =
        mark.moment == promise.kept_by || (promise.kept_by == Moment::Resolution && mark.moment == Moment::Publication);
    let released = matches!(mark.moment, Moment::Publication | Moment::Resolution)
        && !matches!(case.outcome, Some(Outcome::Withdrawn));
    same && (mark.by.is_some() || released)
}

/// Whether a moment puts something on record that still stands later, so that it need not be done again.
fn is_lasting(moment: Moment) -> bool {
    !matches!(
        moment,
        Moment::Report | Moment::Acknowledgement | Moment::Message | Moment::NextSteps | Moment::Exploitation
    )
}

/// When the case came to its end; `None` while it is open.
fn ended_at(case: &Case) -> Option<Timestamp> {
    if case.state.is_open() {
        return None;
    }
    case.marks.iter().filter(|mark| matches!(mark.moment, Moment::Resolution | Moment::Publication)).map(|m| m.at).min()
}

/// Spells in which the case was closed before it was taken up again.
fn closed_spells(case: &Case) -> Vec<Pause> {
    let mut spells = Vec::new();
    let mut since = None;
    for entry in &case.history {
        match entry.what {
            Event::Dismissed { .. } | Event::Withdrawn { .. } | Event::Closed { .. } => {
                since.get_or_insert(entry.at);
            }
            Event::Reopened { .. } => {
                if let Some(from) = since.take() {
                    spells.push(Pause { from, to: Some(entry.at), why: CLOSED });
                }
            }
            _ => {}
        }
    }
    spells
}

/// Every pause of a promise, in order, without overlaps.
fn pauses(case: &Case, promise: &Promise, closed: &[Pause], calendar: &Calendar) -> Vec<Pause> {
    let mut all = closed.to_vec();
    if promise.waits_for_reporter {
        let limited = |from: Timestamp, to: Option<Timestamp>| {
            let limit = promise.wait_limit.map(|limit| calendar.due(from, limit, &[]));
            let to = match (to, limit) {
                (Some(to), Some(limit)) => Some(to.min(limit)),
                (to, limit) => to.or(limit),
            };
            Pause { from, to, why: WAITED }
        };
        all.extend(case.waits.iter().map(|(from, to)| limited(*from, Some(*to))));
        all.extend(case.waiting_since.map(|from| limited(from, None)));
    }
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
fn clip(pauses: &[Pause], start: Timestamp, end: Option<Timestamp>) -> Vec<Pause> {
    let mut kept = Vec::new();
    for pause in pauses {
        let from = pause.from.max(start);
        let to = match (pause.to, end) {
            (Some(to), Some(end)) => Some(to.min(end)),
            (to, end) => to.or(end),
        };
        if to.is_none_or(|to| to > from) {
            kept.push(Pause { from, to, why: pause.why });
        }
    }
    kept
}

/// The verb of a clock's first step.
fn began(moment: Moment, cycle: u32) -> &'static str {
    match moment {
        Moment::Report => "Received",
        Moment::Message | Moment::Acknowledgement if cycle > 0 => "Last word from the team",
        Moment::Message => "First word from the team",
        Moment::Acknowledgement => "Acknowledged",
        Moment::NextSteps => "Next steps told",
        Moment::Verification => "Verified",
        Moment::Confirmation => "Confirmed",
        Moment::Verdict => "Verdict given",
        Moment::Discussion => "Discussed",
        Moment::Timeline => "Timeline proposed",
        Moment::Fix => "Fixed",
        Moment::Publication => "Published",
        Moment::Resolution => "Resolved",
        Moment::Exploitation => "Exploitation known",
    }
}
