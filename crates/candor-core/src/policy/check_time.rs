//! Whether what a policy says about time makes sense: calendars, promises, pauses, the reporter's silence.

use super::calendar;
use super::check::{Checks, is_short_name};
use super::file::suggest;
use super::holidays::HolidayOn;
use super::{CalendarRules, Escalation, Length, Moment, Policy, Promise, RANKS, Unit, ics, levels};

/// Most calendars, and most planned pauses, of one policy.
const MANY: usize = 100;

/// Everything about time that makes no sense.
pub(super) fn check(policy: &Policy, checks: &mut Checks) {
    calendars(policy, checks);
    promises(policy, checks);
    pauses(policy, checks);
    silence(policy, checks);
    checks.once(policy.files.iter().enumerate().map(|(i, f)| (format!("files[{i}].path"), f.path.as_str())), "files");
}

fn calendars(policy: &Policy, checks: &mut Checks) {
    if !policy.calendar.name.is_empty() {
        checks
            .tell("calendar.name", "the program's own calendar needs no name; further ones stand under [[calendars]]");
    }
    days(policy, &policy.calendar, "calendar", checks);
    if policy.calendars.len() > MANY {
        checks.tell("calendars", format!("there are more than {MANY} calendars"));
    }
    for (index, rules) in policy.calendars.iter().enumerate().take(MANY) {
        let place = format!("calendars[{index}]");
        if !is_short_name(&rules.name) {
            checks.tell(
                format!("{place}.name"),
                format!("`{}` cannot name a calendar; use lower-case letters, digits and single dashes", rules.name),
            );
        }
        days(policy, rules, &place, checks);
    }
    checks.once(
        policy.calendars.iter().enumerate().map(|(i, c)| (format!("calendars[{i}].name"), c.name.as_str())),
        "calendars",
    );
}

fn days(policy: &Policy, rules: &CalendarRules, place: &str, checks: &mut Checks) {
    if let Err(problem) = calendar::zone(&rules.time_zone) {
        checks.tell(format!("{place}.time_zone"), problem);
    }
    if rules.working_days.is_empty() {
        checks.tell(
            format!("{place}.working_days"),
            "no day of the week is a working day; name at least one, like \"mon\"",
        );
    }
    let mut seen: Vec<HolidayOn> = Vec::new();
    for (index, holiday) in rules.holidays.iter().enumerate() {
        let path = format!("{place}.holidays[{index}].on");
        match holiday.when() {
            Err(problem) => checks.tell(path, problem),
            Ok(on) if seen.contains(&on) => checks.tell(path, format!("`{}` stands here twice", holiday.on)),
            Ok(on) => seen.push(on),
        }
    }
    if let Err(problem) = rules.spells() {
        checks.tell(format!("{place}.hours"), problem);
    }
    for (index, path) in rules.ics.iter().enumerate() {
        let at = format!("{place}.ics[{index}]");
        match policy.files.iter().find(|file| file.path == *path) {
            None => checks.tell(at, format!("the text of `{path}` is not there; put it beside this file")),
            Some(file) => {
                if let Err(problem) = ics::read(&file.text) {
                    checks.tell(at, format!("`{path}`: {problem}"));
                }
            }
        }
    }
}

fn promises(policy: &Policy, checks: &mut Checks) {
    for (index, promise) in policy.promises.iter().enumerate() {
        let path = |key: &str| format!("promises[{index}].{key}");
        if !is_short_name(&promise.name) {
            checks.tell(
                path("name"),
                format!("`{}` is no short name; use lower-case letters, digits and single dashes", promise.name),
            );
        }
        checks.filled(path("what"), &promise.what, "what is promised");
        if promise.within.amount == 0 {
            checks.tell(path("within"), "nobody can keep a promise within no time; give it at least a minute");
        }
        if promise.kept_by == Moment::Report {
            checks.tell(
                path("kept_by"),
                "a report cannot keep a promise; name what the team does, like \"acknowledgement\"",
            );
        } else if promise.kept_by == Moment::Exploitation {
            checks.tell(path("kept_by"), "knowing of exploitation starts a promise and keeps none");
        } else if let Moment::On(kind) = promise.kept_by
            && NOT_BY_MEMBERS.contains(&kind.name())
        {
            checks.tell(
                path("kept_by"),
                format!(
                    "`{}` is not what a member does, and only members keep promises; name an act of the team",
                    kind.name()
                ),
            );
        } else if promise.kept_by == Moment::Incident {
            checks.tell(path("kept_by"), "knowing of an incident starts a promise and keeps none");
        } else if promise.kept_by == promise.starts && promise.starts != Moment::Submission && !promise.repeats {
            checks.tell(path("kept_by"), "the same moment starts it and keeps it; name another, or let it repeat");
        }
        follows(policy, promise, &path("follows"), checks);
        if promise.repeats && ends_the_case(promise.kept_by) {
            checks.tell(path("repeats"), "what keeps it comes once in a case, so that it cannot repeat");
        }
        if promise.repeats && promise.each_time {
            checks.tell(
                path("each_time"),
                "it either repeats on its own, or starts anew with each moment that starts it; leave one out",
            );
        }
        lengths(policy, promise, index, checks);
        if promise.members == 0 {
            checks.tell(path("members"), "at least one member has to keep a promise");
        }
        if promise.wait_limit.is_some() && !promise.waits_for_reporter {
            checks.tell(path("wait_limit"), "a limit needs a wait; write waits_for_reporter = true, or leave it out");
        }
        for (step, escalation) in promise.escalate.iter().enumerate() {
            escalations(policy, promise, escalation, &format!("promises[{index}].escalate[{step}]"), checks);
        }
        if promise.repeats
            && let Some(end) = policy.promises.iter().find(|other| {
                other.kept_by == Moment::Resolution
                    && other.starts == promise.starts
                    && longer(promise.within, other.within)
            })
        {
            checks.tell(
                path("within"),
                format!(
                    "it repeats every {}, but `{}` ends the case within {}; it would never fall due",
                    promise.within, end.name, end.within
                ),
            );
        }
    }
    checks.once(
        policy.promises.iter().enumerate().map(|(i, p)| (format!("promises[{i}].name"), p.name.as_str())),
        "promises",
    );
}

/// The promise whose submission starts another one.
fn follows(policy: &Policy, promise: &Promise, path: &str, checks: &mut Checks) {
    let Some(name) = &promise.follows else {
        if promise.starts == Moment::Submission {
            checks.tell(path, "say whose submission starts it: follows = the name of another promise");
        }
        return;
    };
    let known: Vec<&str> = policy
        .promises
        .iter()
        .filter(|other| other.kept_by == Moment::Submission && other.name != promise.name)
        .map(|other| other.name.as_str())
        .collect();
    if promise.starts != Moment::Submission {
        checks.tell(path, "only a submission is followed; write starts = \"submission\", or leave it out");
    } else if *name == promise.name {
        checks.tell(path, "a promise cannot follow itself; name another one");
    } else if !known.contains(&name.as_str()) {
        checks.tell(path, format!("no promise called `{name}` is kept by a submission{}", suggest(name, &known)));
    }
}

/// That an escalation goes to somebody, at one time.
pub(super) fn escalation_to(policy: &Policy, escalation: &Escalation, path: &str, checks: &mut Checks) {
    let roles: Vec<&str> = policy.contacts.iter().map(|contact| contact.role.as_str()).collect();
    if !roles.contains(&escalation.to.as_str()) && !matches!(escalation.to.as_str(), "holder" | "team") {
        let mut known = roles;
        known.extend(["holder", "team"]);
        checks.tell(
            format!("{path}.to"),
            format!("no contact has the role `{}`{}", escalation.to, suggest(&escalation.to, &known)),
        );
    }
    match (escalation.before, escalation.after) {
        (Some(_), Some(_)) => checks.tell(path, "give either `before` or `after`, not both"),
        (None, None) => {
            checks.tell(path, "say when: `before = \"12 hours\"`, or `after = \"0 hours\"` for the moment itself")
        }
        _ => {}
    }
}

fn escalations(policy: &Policy, promise: &Promise, escalation: &Escalation, path: &str, checks: &mut Checks) {
    escalation_to(policy, escalation, path, checks);
    match (escalation.before, escalation.after) {
        (Some(before), None) if longer(before, promise.within) => checks.tell(
            format!("{path}.before"),
            format!("{before} before it falls due is before it starts; it runs for {}", promise.within),
        ),
        (Some(offset), None) | (None, Some(offset))
            if offset.unit == Unit::WorkingHours && promise_hours(policy, promise).is_none() =>
        {
            checks.tell(path, NO_HOURS);
        }
        _ => {}
    }
}

/// Events that come from reporters and clocks alone.
const NOT_BY_MEMBERS: [&str; 27] = [
    "incident-known",
    "dates-moved",
    "step-done",
    "summary-declined",
    "reported",
    "contact-given",
    "forgotten",
    "credit-chosen",
    "reporter-wrote",
    "nudged",
    "embargo-agreed",
    "embargo-declined",
    "publication-held",
    "bell-rung",
    "promise-broken",
    "wait-ended",
    "withdrawn",
    "silence-reminded",
    "closed-for-silence",
    "drill-declared",
    "exploitation-known",
    "submitted",
    "appealed",
    "issue-answered",
    "retested",
    "released",
    "published-with",
];

const NO_HOURS: &str = "working hours need hours; write hours = \"09:00-17:00\" in the calendar it counts by";

/// The working hours of the calendar a promise counts by.
fn promise_hours<'p>(policy: &'p Policy, promise: &Promise) -> Option<&'p str> {
    let rules = match &promise.calendar {
        None => Some(&policy.calendar),
        Some(name) => policy.calendars.iter().find(|rules| rules.name == *name),
    };
    rules.and_then(|rules| rules.hours.as_deref())
}

/// The calendar, and the lengths per severity.
fn lengths(policy: &Policy, promise: &Promise, index: usize, checks: &mut Checks) {
    let path = |key: &str| format!("promises[{index}].{key}");
    if let Some(name) = &promise.calendar
        && !policy.calendars.iter().any(|rules| rules.name == *name)
    {
        let known: Vec<&str> = policy.calendars.iter().map(|rules| rules.name.as_str()).collect();
        checks.tell(path("calendar"), format!("there is no calendar called `{name}`{}", suggest(name, &known)));
        return;
    }
    let lengths = promise.within_by_severity.values().chain([&promise.within]).chain(&promise.wait_limit);
    if lengths.into_iter().any(|length| length.unit == Unit::WorkingHours) && promise_hours(policy, promise).is_none() {
        checks.tell(path("within"), NO_HOURS);
    }
    for (severity, length) in &promise.within_by_severity {
        let path = path(&format!("within_by_severity.{severity}"));
        let known = ["none", "low", "medium", "high", "critical"];
        let own: Vec<&str> = policy.severity.levels.iter().map(String::as_str).collect();
        let rank = RANKS.into_iter().find(|rank| levels::standard(*rank) == severity);
        let name = rank.map(|rank| policy.severity.name(rank)).unwrap_or_default();
        if rank.is_none() {
            let suggested = suggest(severity, if own.is_empty() { &known } else { &own });
            checks.tell(path, format!("`{severity}` is no severity{suggested}"));
        } else if length.amount == 0 {
            checks.tell(path, "nobody can keep a promise within no time; give it at least a minute");
        } else if !promise.severities.is_empty() && !promise.severities.iter().any(|of| Some(*of) == rank) {
            checks.tell(path, format!("the promise does not run for {name}; add it to `severities`, or leave it out"));
        }
    }
}

fn pauses(policy: &Policy, checks: &mut Checks) {
    if policy.pauses.len() > MANY {
        checks.tell("pauses", format!("there are more than {MANY} planned pauses"));
    }
    let zone = calendar::zone(&policy.calendar.time_zone).unwrap_or(jiff::tz::TimeZone::UTC);
    let mut seen: Vec<(jiff::Timestamp, jiff::Timestamp)> = Vec::new();
    for (index, pause) in policy.pauses.iter().enumerate().take(MANY) {
        let path = |key: &str| format!("pauses[{index}].{key}");
        checks.filled(path("reason"), &pause.reason, "why, for the people who read the form");
        match pause.spell(&zone) {
            Err((key, problem)) => checks.tell(path(key), problem),
            Ok((from, until)) if seen.iter().any(|(f, u)| from < *u && *f < until) => {
                checks.tell(path("from"), "it overlaps another pause; join the two");
            }
            Ok((from, until)) if until.duration_since(from).as_hours() > 24 * 366 => {
                checks.tell(path("until"), "a pause of more than a year is no pause; close the channels instead");
            }
            Ok(spell) => seen.push(spell),
        }
        for (at, name) in pause.promises.iter().enumerate() {
            if policy.promise(name).is_none() {
                let known: Vec<&str> = policy.promises.iter().map(|promise| promise.name.as_str()).collect();
                checks.tell(
                    path(&format!("promises[{at}]")),
                    format!("there is no promise called `{name}`{}", suggest(name, &known)),
                );
            }
        }
    }
}

fn silence(policy: &Policy, checks: &mut Checks) {
    let Some(rule) = &policy.silence else { return };
    if !longer(rule.close_after, Length { amount: 1, unit: Unit::Days }) {
        checks.tell("silence.close_after", "nobody can answer so soon; leave the reporter more than a day");
    }
    for (index, lead) in rule.remind.iter().enumerate() {
        if !longer(rule.close_after, *lead) {
            checks.tell(
                format!("silence.remind[{index}]"),
                format!(
                    "{lead} before the case is closed is before the question; it is closed after {}",
                    rule.close_after
                ),
            );
        }
    }
    for (path, length) in (0..)
        .map(|i| format!("silence.remind[{i}]"))
        .zip(&rule.remind)
        .chain([("silence.close_after".to_owned(), &rule.close_after)])
    {
        if length.unit == Unit::WorkingHours && policy.calendar.hours.is_none() {
            checks.tell(path, NO_HOURS);
        }
    }
}

pub(super) fn ends_the_case(moment: Moment) -> bool {
    matches!(moment, Moment::Resolution | Moment::Publication | Moment::Verdict | Moment::Confirmation)
}

/// Whether a length is surely longer than another: a working day is taken as one day.
pub(super) fn longer(a: Length, b: Length) -> bool {
    let minutes = |length: Length| {
        u64::from(length.amount)
            * match length.unit {
                Unit::Minutes => 1,
                Unit::Hours | Unit::WorkingHours => 60,
                Unit::Days | Unit::WorkingDays => 24 * 60,
                Unit::Weeks => 7 * 24 * 60,
                Unit::Months => 30 * 24 * 60,
            }
    };
    minutes(a) > minutes(b)
}
