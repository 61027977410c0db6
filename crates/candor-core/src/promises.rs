//! Clocks, derived from a case and its policy: when each promise falls due, and why.
//!
//! Nothing here is stored. A promise runs from a mark of the case to a mark of the case; pauses come from the waits for
//! the reporter, from spells in which the case was closed, and from planned pauses of intake. What is on record (bells that rang, breaches) only keeps a
//! thing from happening twice.

use crate::case::{Bell, Case, Estimate, Mark};
use crate::event::{Event, Outcome};
use crate::id::MemberId;
use crate::pauses::{Pause, clip, closed_spells, exploited_since, merge, planned, waits};
use crate::policy::{Calendar, Draft, Escalation, Length, Moment, Policy, Promise, PromiseKind, SeverityRules};
use crate::silence;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Steps of bells from this number on ring when a new date for a missed target passes; below, they are the policy's own.
pub const ESTIMATE_BELL: u32 = 10_000;

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
    /// Spells in which it stood still, or will: from, to, why. `None` while nobody knows when it ends.
    pub pauses: Vec<(Timestamp, Option<Timestamp>, String)>,
    /// To whom it is owed, when not to the reporter, who is then not shown it.
    pub owed_to: Option<String>,
    /// Bells still to ring: when, which, who is told.
    pub bells: Vec<(Timestamp, Bell, String)>,
}

impl Clock {
    /// Whether it is owed to the reporter, and so theirs to see.
    pub fn is_to_reporter(&self) -> bool {
        self.owed_to.is_none()
    }
}

/// How a clock stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// It runs.
    Running,
    /// It stands still: the reporter's answer is awaited, or the intake is paused.
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

/// A bell that is still to ring.
#[derive(Debug, Clone, PartialEq)]
struct Ring {
    at: Timestamp,
    bell: Bell,
    to: String,
    /// The promised date that it is about.
    date: Option<Timestamp>,
}

/// Whether two dates are one for those who are told of it: dates that move by less than an hour are not told anew.
pub(crate) fn same_date(a: Timestamp, b: Timestamp) -> bool {
    a.duration_since(b).abs() < TOLD_FROM
}

/// Dates that move by less are the same to those who know them.
const TOLD_FROM: SignedDuration = SignedDuration::from_hours(1);

/// One run of one promise, before the present is known.
pub(crate) struct Run<'a> {
    pub(crate) promise: &'a Promise,
    scale: &'a SeverityRules,
    calendar: Arc<Calendar>,
    within: Length,
    pub(crate) cycle: u32,
    started_by: Moment,
    start: Timestamp,
    /// In order, not overlapping; only the last can be open.
    pauses: Vec<Pause>,
    kept: Option<(Timestamp, Option<MemberId>)>,
    ended: Option<Timestamp>,
    /// When the case moved to this version of the policy, if it did, with the version's number.
    moved: Option<(Timestamp, u32)>,
    /// When its breach on record fell due, under an earlier version of the policy.
    broke: Option<Timestamp>,
}

impl Run<'_> {
    /// A date under a policy to which the case was moved: what broke before stays broken as it was, and nothing else
    /// falls due before the move.
    fn settled(&self, due: Timestamp) -> Timestamp {
        match (self.moved, self.broke) {
            (Some((moved, _)), Some(broke)) if broke <= moved => broke,
            (Some((moved, _)), None) => due.max(moved),
            _ => due,
        }
    }

    /// When it falls due; `None` while a pause without a known end holds it.
    fn due(&self) -> Option<Timestamp> {
        let known = self.known_pauses();
        let due = self.calendar.due(self.start, self.within, &known);
        match self.pauses.last() {
            Some(Pause { from, to: None, .. }) if !self.calendar.is_over(self.start, self.within, &known, *from) => {
                None
            }
            _ => Some(self.settled(due)),
        }
    }

    fn known_pauses(&self) -> Vec<(Timestamp, Timestamp)> {
        self.pauses.iter().filter_map(|pause| Some((pause.from, pause.to?))).collect()
    }

    /// When a bell rings, and for which date: once for each date that the run had or has. A bell before the due time
    /// rings at the first instant at which the clock runs and has no more than that left; a pause after it moves the date,
    /// and it rings again. Nothing while it is not known.
    fn rings(&self, step: &Escalation, estimate: Option<&Estimate>) -> Vec<(Timestamp, Timestamp)> {
        let mut rings: Vec<(Timestamp, Timestamp)> = Vec::new();
        if let Some(after) = step.after {
            let due = self.due();
            let later = estimate.map(|estimate| estimate.until).filter(|until| due.is_some_and(|due| *until > due));
            rings.extend(due.into_iter().chain(later).map(|due| (self.calendar.due(due, after, &[]), due)));
            return rings;
        }
        let Some(before) = step.before else { return rings };
        let known = self.known_pauses();
        for count in 0..=known.len() {
            let due = self.calendar.due(self.start, self.within, &known[..count]);
            let resumed = if count == 0 { self.start } else { known[count - 1].1 };
            let at = self.calendar.before(due, before).max(resumed);
            let held = self.pauses.get(count).is_some_and(|next| next.from < at);
            if !held && rings.iter().all(|(_, date)| !same_date(*date, due)) {
                rings.push((at, due));
            }
        }
        if let (Some(estimate), Some(due)) = (estimate, self.due())
            && estimate.until > due
        {
            rings.push((self.calendar.before(estimate.until, before).max(estimate.at), estimate.until));
        }
        rings
    }

    /// The date as those know it who were told: while nobody knows when a pause ends, the one before it. `None` once the
    /// promise is kept or its case has ended.
    pub(crate) fn told(&self) -> Option<Timestamp> {
        if self.kept.is_some() || self.ended.is_some() {
            return None;
        }
        let settled = self.pauses.iter().filter(|pause| pause.settled);
        let known: Vec<_> = settled.filter_map(|pause| Some((pause.from, pause.to?))).collect();
        Some(self.settled(self.calendar.due(self.start, self.within, &known)))
    }

    /// When the length of the run changed last: by a rating, or by a newer version of the policy.
    fn changed(&self, case: &Case) -> Timestamp {
        let by_severity = !self.promise.within_by_severity.is_empty() || !self.promise.severities.is_empty();
        let rated = case.rating.as_ref().filter(|_| by_severity).map(|rating| rating.at);
        rated.into_iter().chain(self.moved.map(|(at, _)| at)).max().unwrap_or(self.start)
    }

    fn is_on_record(&self, case: &Case) -> bool {
        case.broken.iter().any(|(promise, cycle, _)| *promise == self.promise.name && *cycle == self.cycle)
    }

    /// Bells still to ring, in order. A kept promise rings none, and neither does one whose case has ended. What rang
    /// rings again only for the date as it is now.
    fn bells(&self, case: &Case) -> Vec<Ring> {
        if self.kept.is_some() || self.ended.is_some() {
            return Vec::new();
        }
        let given = estimate(self, case).filter(|_| self.promise.kind == PromiseKind::Target);
        let mut bells = Vec::new();
        for (step, escalation) in (0..).zip(&self.promise.escalate) {
            let bell = Bell { promise: self.promise.name.clone(), cycle: self.cycle, step };
            let mut rings = self.rings(escalation, given);
            if case.rung.contains(&bell) {
                let rang = |date: Timestamp| {
                    let known = case.rang_for.iter().filter(|(known, _)| *known == bell);
                    known.into_iter().any(|(_, of)| of.is_none_or(|of| same_date(of, date)))
                };
                let newest = rings.pop().filter(|(_, date)| !rang(*date));
                rings = newest.map(|(at, date)| (at.max(self.changed(case)), date)).into_iter().collect();
            }
            let to = |(at, date)| Ring { at, bell: bell.clone(), to: escalation.to.clone(), date: Some(date) };
            bells.extend(rings.into_iter().map(to));
        }
        bells.extend(self.estimate_passes(case));
        bells.sort_by_key(|ring| (ring.at, ring.bell.step));
        bells
    }

    /// A new date for a missed target that passes as well: the team is told, since it owes another. Not where the
    /// policy's own bells tell it at that instant.
    fn estimate_passes(&self, case: &Case) -> Option<Ring> {
        let at_once = |step: &Escalation| step.after.is_some_and(|after| after.amount == 0);
        if self.promise.escalate.iter().any(|step| at_once(step) && matches!(step.to.as_str(), "team" | "holder")) {
            return None;
        }
        let due = self.due()?;
        let given = case.estimates.iter().filter(|e| e.promise == self.promise.name && e.at >= self.start);
        let step = ESTIMATE_BELL + u32::try_from(given.count()).ok()?;
        let until = estimate(self, case).map(|estimate| estimate.until).filter(|until| *until > due)?;
        let bell = Bell { promise: self.promise.name.clone(), cycle: self.cycle, step };
        (self.promise.kind == PromiseKind::Target && !case.rung.contains(&bell)).then(|| Ring {
            at: until,
            bell,
            to: "team".to_owned(),
            date: Some(until),
        })
    }

    /// The instant of a breach that is not on record yet.
    fn breach(&self, case: &Case) -> Option<Timestamp> {
        if self.is_on_record(case) {
            return None;
        }
        let due = self.due()?;
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
    let mut clocks: Vec<Clock> = runs(case, policy).iter().map(|run| show(run, case, now, true)).collect();
    clocks.sort_by_key(|clock| (!clock.status.is_over(), clock.due));
    clocks
}

/// The clock that falls due next of those that are neither kept nor over, without its reasons. What is broken comes
/// first, since it was due first.
pub fn next(case: &Case, policy: &Policy, now: Timestamp) -> Option<Clock> {
    runs(case, policy)
        .iter()
        .map(|run| show(run, case, now, false))
        .filter(|clock| !clock.status.is_over())
        .min_by_key(|clock| clock.due)
}

/// Clocks that are neither kept nor over, in the order in which they fall due, without their reasons.
pub fn open(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Clock> {
    let mut open: Vec<Clock> = runs(case, policy)
        .iter()
        .map(|run| show(run, case, now, false))
        .filter(|clock| !clock.status.is_over())
        .collect();
    open.sort_by_key(|clock| clock.due);
    open
}

/// A run as it looks at `now`; with its reasons where somebody reads them.
fn show(run: &Run<'_>, case: &Case, now: Timestamp, explained: bool) -> Clock {
    let calendar = &run.calendar;
    // What holds it now, and nobody knows until when, is shown as if it ended now.
    let mut waiting = None;
    let mut pauses: Vec<(Timestamp, Timestamp, String)> = Vec::new();
    let mut plain: Vec<(Timestamp, Timestamp)> = Vec::new();
    let mut shown = Vec::new();
    for pause in &run.pauses {
        let over = calendar.is_over(run.start, run.within, &plain, pause.from);
        let held = run.kept.is_none() && run.ended.is_none() && pause.from <= now && pause.to.is_none_or(|to| to > now);
        if held && !over {
            waiting = Some((pause.from, pause.settled));
        }
        if !over {
            shown.push((pause.from, pause.to.filter(|to| pause.settled || *to <= now), pause.why.clone()));
        }
        let to = match pause.to {
            Some(to) if pause.settled => to,
            Some(to) => to.min(now.max(pause.from)),
            None => now,
        }
        .max(pause.from);
        let words = match pause.settled {
            true => format!("{} ({} to {})", pause.why, calendar.words(pause.from), calendar.words(to)),
            false => pause.why.clone(),
        };
        pauses.push((pause.from, to, words));
        plain.push((pause.from, to));
    }
    let pauses: Vec<_> = pauses.iter().map(|(from, to, why)| (*from, *to, why.as_str())).collect();
    let (due, mut why) = if explained {
        calendar.due_with_reasons(&began(run.started_by, run.cycle), run.start, run.within, &pauses)
    } else {
        (calendar.due(run.start, run.within, &plain), Vec::new())
    };
    let counted = due;
    let due = run.settled(due);
    let status = match (&run.kept, run.ended, waiting) {
        (Some((at, by)), _, _) if *at <= due => Status::Kept { at: *at, by: by.clone() },
        (Some((at, _)), _, _) => Status::KeptLate { at: *at },
        (None, Some(at), _) if at <= due => Status::Ended { at },
        (None, None, Some((since, _))) => Status::Paused { since },
        _ if due <= now => Status::Broken { since: due },
        _ => Status::Running,
    };
    if explained {
        if let (Status::Paused { since }, Some((_, false))) = (&status, waiting) {
            why.pop();
            why.push(format!("standing still since {}", calendar.words(*since)));
            why.push(format!("due {}, were it to run on now", calendar.words(due)));
        }
        if let (true, Some(severity)) = (run.within != run.promise.within, case.severity()) {
            why[1] = format!("{}, because the severity is {}", why[1], run.scale.name(severity));
        }
        if let Some((moved, version)) = run.moved
            && run.start <= moved
        {
            why.insert(0, format!("under version {version} of the policy since {}", calendar.words(moved)));
            if due != counted {
                why.pop();
                why.push(match run.broke {
                    Some(_) => "broken before that, under the version in force then".into(),
                    None => {
                        format!("counted so, it was due {}; nothing falls due before the move", calendar.words(counted))
                    }
                });
                why.push(format!("due {}", calendar.words(due)));
            }
        }
        if let Some(source) = &run.promise.source {
            why.insert(0, source.clone());
        }
        if let Some(estimate) = estimate(run, case) {
            why.push(format!("new estimate: {}", calendar.words(estimate.until)));
        }
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
        pauses: shown,
        owed_to: run.promise.owed_to.clone(),
        bells: run.bells(case).into_iter().map(|ring| (ring.at, ring.bell, ring.to)).collect(),
    }
}

/// The newest estimate for a run.
fn estimate<'c>(run: &Run<'_>, case: &'c Case) -> Option<&'c Estimate> {
    case.estimates.iter().rev().find(|e| e.promise == run.promise.name && e.at >= run.start)
}

/// A reason and a new date that the team owes the reporter, because it missed a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    /// Name of the promise.
    pub promise: String,
    /// What was promised, for people.
    pub what: String,
    /// Which run of it.
    pub cycle: u32,
    /// Since when: the target was missed, or the date given last has passed, too.
    pub since: Timestamp,
}

/// What the team owes for targets that are missed and not met yet: a reason and a new estimate. A new date that passes
/// as well asks for another.
pub fn owed(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Owed> {
    let mut owed = Vec::new();
    for run in runs(case, policy) {
        if run.promise.kind != PromiseKind::Target || run.kept.is_some() || run.ended.is_some() {
            continue;
        }
        let Some(due) = run.due().filter(|due| *due <= now) else { continue };
        let since = match estimate(&run, case).filter(|estimate| estimate.until > due) {
            Some(estimate) if estimate.until > now => continue,
            Some(estimate) => estimate.until,
            None => due,
        };
        let promise = run.promise;
        owed.push(Owed { promise: promise.name.clone(), what: promise.what.clone(), cycle: run.cycle, since });
    }
    owed
}

/// The earliest instant at which a clock, a wait, or a standing order to publish asks for a [`crate::command::Command::Tick`].
pub fn wake_at(case: &Case, policy: &Policy) -> Option<Timestamp> {
    let order = case
        .advisory
        .order
        .as_ref()
        .filter(|_| !case.is_closed() && !crate::disclosure::holds_date_for_fix(case, policy))
        .and_then(|order| order.at);
    let steps = crate::schedule::wake_at(case, policy);
    let people = crate::standing::wake_at(case);
    pending(case, policy).into_iter().map(|pending| pending.at).chain(order).chain(steps).chain(people).min()
}

/// What is due at `now` and not yet on record, in the order in which it fell due: bells, breaches, the end of a wait
/// that reached its limit, reminders of a silent reporter. Each is given once, however late.
pub fn due(case: &Case, policy: &Policy, now: Timestamp) -> Vec<Event> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let is_late = |at: Timestamp| now.duration_since(at) > LATE_AFTER;
    let due: Vec<Pending> = pending(case, policy).into_iter().filter(|pending| pending.at <= now).collect();
    // A bell that was due for several dates while nobody looked rings once, for the last of them.
    let newest: Vec<(Bell, Timestamp)> = due.iter().filter_map(Pending::rings).collect();
    let stands = |pending: &Pending| {
        pending.rings().is_none_or(|(bell, at)| newest.iter().all(|(other, later)| *other != bell || *later <= at))
    };
    due.iter()
        .filter(|pending| stands(pending))
        .cloned()
        .map(|Pending { at, what, .. }| match what {
            What::WaitEnds => Event::WaitEnded,
            What::Breaks(promise, cycle) => Event::PromiseBroken { promise, cycle, due: at, late: is_late(at) },
            What::Rings(ring) => {
                Event::BellRung { bell: ring.bell, due: at, to: ring.to, late: is_late(at), date: ring.date }
            }
            What::Silence(due) => due.event(&calendar, now, is_late(at)),
        })
        .collect()
}

#[derive(Clone)]
struct Pending {
    at: Timestamp,
    /// Order among things of the same instant: a wait ends, a promise breaks, then somebody is told.
    rank: u8,
    what: What,
}

impl Pending {
    /// The bell, if it is one, and when it rings.
    fn rings(&self) -> Option<(Bell, Timestamp)> {
        match &self.what {
            What::Rings(ring) => Some((ring.bell.clone(), self.at)),
            _ => None,
        }
    }
}

#[derive(Clone)]
enum What {
    WaitEnds,
    Breaks(String, u32),
    Rings(Ring),
    Silence(silence::Due),
}

/// Everything that a clock will ask for and that is not on record, in order.
fn pending(case: &Case, policy: &Policy) -> Vec<Pending> {
    let Ok(calendar) = policy.calendar() else { return Vec::new() };
    let mut pending = Vec::new();
    if let Some(at) = case.waiting_since.and_then(|since| wait_limit(policy, since)) {
        pending.push(Pending { at, rank: 0, what: What::WaitEnds });
    }
    for run in runs(case, policy) {
        if let Some(at) = run.breach(case) {
            pending.push(Pending { at, rank: 1, what: What::Breaks(run.promise.name.clone(), run.cycle) });
        }
        for ring in run.bells(case) {
            pending.push(Pending { at: ring.at, rank: 2, what: What::Rings(ring) });
        }
    }
    for (at, due) in silence::pending(case, policy, &calendar) {
        pending.push(Pending { at, rank: 3, what: What::Silence(due) });
    }
    pending.sort_by_key(|pending| (pending.at, pending.rank));
    pending
}

/// When a wait for the reporter that began at `since` reaches the policy's limit: the longest of the limits of the
/// promises that wait. `None` when no promise waits, or one waits without limit. The letter with the question says the
/// same date.
pub fn wait_limit(policy: &Policy, since: Timestamp) -> Option<Timestamp> {
    let mut latest = None;
    for promise in policy.promises.iter().filter(|promise| promise.waits_for_reporter) {
        let calendar = policy.calendar_of(promise).ok()?;
        latest = latest.max(Some(calendar.due(since, promise.wait_limit?, &[])));
    }
    latest
}

/// Whether a promise of the case that is owed to the reporter stands still now, because their answer is awaited.
pub fn stands_still(case: &Case, policy: &Policy, now: Timestamp) -> bool {
    let paused = |clock: &Clock| clock.is_to_reporter() && matches!(clock.status, Status::Paused { .. });
    case.waiting_since.is_some() && runs(case, policy).iter().any(|run| paused(&show(run, case, now, false)))
}

/// Whether something that is owed to others than the reporter is still to be done: it goes on after the case's end.
pub fn owes_others(case: &Case, policy: &Policy) -> bool {
    let open = |run: &Run<'_>| !run.promise.is_to_reporter() && run.kept.is_none() && run.ended.is_none();
    runs(case, policy).iter().any(open)
}

/// When the case is closed if the reporter stays silent; `None` when nothing is asked, or the policy has no such rule.
pub fn silence_ends(case: &Case, policy: &Policy) -> Option<Timestamp> {
    silence::closes(case, policy, policy.calendar().ok()?.as_ref())
}

/// The promises a report filed at `at` would start, with their dates: what the form shows beside its questions.
pub fn forecast(policy: &Policy, at: Timestamp) -> Vec<(Promise, Timestamp)> {
    forecast_of(policy, at, false)
}

/// [`forecast`] for a report that is marked as exploited, or not: what is being exploited runs on through a planned pause.
pub fn forecast_of(policy: &Policy, at: Timestamp, exploited: bool) -> Vec<(Promise, Timestamp)> {
    let mut forecast: Vec<_> = policy
        .promises
        .iter()
        .filter(|promise| promise.starts == Moment::Report && promise.severities.is_empty())
        .filter(|promise| promise.is_to_reporter() && !promise.when_exploited)
        .filter_map(|promise| {
            let calendar = policy.calendar_of(promise).ok()?;
            let pauses = planned(policy, promise, at, exploited.then_some(at));
            let pauses: Vec<_> = merge(pauses).iter().filter_map(|pause| Some((pause.from, pause.to?))).collect();
            Some((promise.clone(), calendar.due(at, promise.within, &pauses)))
        })
        .collect();
    forecast.sort_by_key(|(_, due)| *due);
    forecast
}

/// Every run of every promise, in the order of the policy.
pub(crate) fn runs<'a>(case: &Case, policy: &'a Policy) -> Vec<Run<'a>> {
    let closed = closed_spells(case);
    let mut runs = Vec::new();
    for promise in policy.promises.iter().filter(|promise| applies(case, promise)) {
        let Ok(calendar) = policy.calendar_of(promise) else { continue };
        let ended = ended_for(case, promise);
        let Some(first) = case.marks.iter().position(|mark| starts(promise, mark)) else { continue };
        let held = waits(case, promise, &closed, &calendar);
        let (mut index, mut start, mut started_by) = (first, case.marks[first].at, promise.starts);
        if let Some(aware) = case.aware.as_ref().filter(|aware| promise.when_exploited && aware.at > start) {
            (start, started_by) = (aware.at, Moment::Exploitation);
        }
        for cycle in 0.. {
            // Where what was on record before still stands, it keeps the promise from the start.
            let from = if is_lasting(promise.kept_by) && !promise.repeats && !promise.each_time {
                0
            } else {
                after(case, index)
            };
            let kept = keeping(case, promise, from);
            let kept_at = kept.as_ref().map(|(_, at, by)| ((*at).max(start), by.clone()));
            let over = match (&kept_at, ended) {
                (Some((at, _)), _) => Some(*at),
                (None, ended) => ended,
            };
            let mut all = held.clone();
            all.extend(planned(policy, promise, start, exploited_since(case)));
            runs.push(Run {
                promise,
                scale: &policy.severity,
                calendar: calendar.clone(),
                within: promise.length(case.severity()),
                cycle,
                started_by,
                start,
                pauses: clip(&merge(all), start, over),
                kept: kept_at,
                ended: if kept.is_some() { None } else { ended },
                moved: case.moves.last().map(|moved| (moved.at, moved.to)),
                broke: case
                    .broken
                    .iter()
                    .find(|(name, run, _)| *name == promise.name && *run == cycle)
                    .map(|(_, _, due)| *due),
            });
            let Some((at_index, at, _)) = kept else { break };
            if ended.is_some_and(|ended| ended <= at) {
                break;
            }
            if promise.repeats {
                (index, start, started_by) = (at_index, at, promise.kept_by);
            } else if promise.each_time {
                let again = case.marks.iter().enumerate().skip(at_index + 1);
                let Some((next, mark)) = again.into_iter().find(|(_, mark)| starts(promise, mark)) else {
                    break;
                };
                (index, start, started_by) = (next, mark.at, promise.starts);
            } else {
                break;
            }
        }
    }
    runs
}

/// Whether a mark starts a promise.
fn starts(promise: &Promise, mark: &Mark) -> bool {
    mark.moment == promise.starts && (promise.follows.is_none() || promise.follows == mark.of)
}

/// Whether a promise is made for this case as it stands.
fn applies(case: &Case, promise: &Promise) -> bool {
    // What the team does once for several reports is done where they are decided, and refused in each of the others.
    if case.gathered_into.is_some() && matches!(promise.kept_by, Moment::Discussion | Moment::Verification) {
        return false;
    }
    let rated =
        promise.severities.is_empty() || case.severity().is_some_and(|severity| promise.severities.contains(&severity));
    let exploited = !promise.when_exploited || case.aware.is_some();
    // The rule is about CVE IDs that were assigned and made public.
    let identified = promise.draft != Some(Draft::CveRecord) || case.aliases.iter().any(|it| it.starts_with("CVE-"));
    rated && exploited && identified
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
        && !matches!(case.outcome, Some(Outcome::Withdrawn | Outcome::NoAnswer));
    let for_it = mark.of.as_ref().is_none_or(|of| *of == promise.name);
    same && for_it && (mark.by.is_some() || released)
}

/// Whether a moment puts something on record that still stands later, so that it need not be done again.
fn is_lasting(moment: Moment) -> bool {
    !matches!(
        moment,
        Moment::Report
            | Moment::Acknowledgement
            | Moment::Message
            | Moment::NextSteps
            | Moment::Exploitation
            | Moment::Incident
            | Moment::On(_)
    )
}

/// When the case came to its end for a promise; `None` while it runs on. What is owed to others by a submission goes on
/// after publication and closing, unless the report came to nothing; what begins with the publication ends with the closing.
fn ended_for(case: &Case, promise: &Promise) -> Option<Timestamp> {
    if case.state.is_open() {
        return None;
    }
    let ends = || {
        let ends = case.marks.iter().filter(|mark| matches!(mark.moment, Moment::Resolution | Moment::Publication));
        ends.map(|mark| mark.at)
    };
    // An incident stays one, whatever the report that told of it comes to.
    if promise.is_about_incident() {
        return None;
    }
    if promise.kept_by == Moment::Submission {
        return if matches!(case.outcome, None | Some(Outcome::Confirmed)) { None } else { ends().max() };
    }
    // An appeal comes after the end, and is owed an answer all the same.
    if promise.starts.name() == "appealed" {
        return None;
    }
    if promise.starts == Moment::Publication {
        return if case.is_closed() { ends().max() } else { None };
    }
    ends().min()
}

/// The verb of a clock's first step.
fn began(moment: Moment, cycle: u32) -> String {
    let words = match moment {
        Moment::On(kind) => return capital(&kind.words()),
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
        Moment::Exploitation => "Aware of exploitation",
        Moment::Incident => "Aware of a severe incident",
        Moment::Submission => "Submitted",
    };
    words.to_owned()
}

fn capital(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
