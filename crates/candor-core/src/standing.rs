//! Who is on a case. Roles say what somebody may do; only being on a case lets them read it. Somebody is on it who was put
//! on it, who holds it, who worked on it, or whose role a rule of the policy puts on it. As long as nobody is, the
//! policy's first look sees it, so that no report lies unread; who looked meanwhile can end what they began.

use crate::access::{Actor, Allowed, Role};
use crate::case::{Author, Case, Seen};
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text};
use crate::event::Event;
use crate::evolve::Stamp;
use crate::id::{MemberId, ProgramSlug};
use crate::policy::Policy;
use crate::refusal::Refusal;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// How long breaking the glass lasts.
pub const GLASS: SignedDuration = SignedDuration::from_hours(24);

/// How long a first look lasts after somebody else took the case up: time to send what was being written.
pub const LOOK: SignedDuration = SignedDuration::from_hours(1);
/// How far back a look counts for that: looks go on record once a day.
const LOOKED: SignedDuration = SignedDuration::from_hours(24);

/// To whom a case is open.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grant {
    /// A member, until an instant or without end.
    Member(MemberId, Option<Timestamp>),
    /// Whoever has this role in the program.
    Role(String),
    /// A member who looked at it before somebody took it up, until an instant. It is in no list of theirs any more.
    Look(MemberId, Timestamp),
}

/// What a member is to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    /// On it: reads it, and does what their roles allow.
    On,
    /// Not on it, but coordinates its program: knows that it is there and when it is due, and can put people on it.
    Coordinates,
    /// Not on it, of its program. Knows nothing of it; may break the glass when they have its number.
    Outside,
    /// Not of its program. For them it does not exist.
    Stranger,
}

/// To whom a case is open, in a fixed order.
pub fn grants(case: &Case, policy: &Policy) -> Vec<Grant> {
    let mut grants: Vec<Grant> = case.on.iter().map(|(member, until)| Grant::Member(member.clone(), *until)).collect();
    // Who filed a report for somebody, or by a program of theirs, knows it and may add to it.
    grants.extend(filers(case).map(|by| Grant::Member(by.clone(), None)));
    grants.extend(case.looked.iter().map(|(member, until)| Grant::Look(member.clone(), *until)));
    let rules = policy.access.owners.iter().filter(|rule| rule.covers(case.product.as_deref()));
    let mut roles: Vec<Role> = rules.flat_map(|rule| rule.roles.iter().copied()).collect();
    if case.on.values().all(Option::is_some) && case.assignee.is_none() {
        roles.extend(&policy.access.first_look);
    }
    grants.extend(roles.into_iter().map(|role| Grant::Role(role.name().to_owned())));
    grants.sort();
    grants.dedup();
    grants
}

/// Who filed a report of it and is not on it otherwise, unless they were taken off.
pub fn filers(case: &Case) -> impl Iterator<Item = &MemberId> {
    let filed = case.reports.iter().filter_map(|report| report.filed_by.as_ref());
    filed.filter(|by| !case.on.contains_key(*by) && !case.off.contains(*by))
}

/// Whether a case is open to a member by name.
pub fn is_named(case: &Case, member: &MemberId) -> bool {
    case.on.contains_key(member) || filers(case).any(|by| by == member)
}

/// What an actor is to a case of a program that is open to these.
pub fn relation(actor: &Actor, program: &ProgramSlug, grants: &[Grant], now: Timestamp) -> Relation {
    let Actor::Member { id, .. } = actor else { return Relation::Stranger };
    if actor.role(program).is_none() {
        return Relation::Stranger;
    }
    let open = grants.iter().any(|grant| match grant {
        Grant::Member(member, until) => member == id && until.is_none_or(|until| now < until),
        Grant::Look(member, until) => member == id && now < *until,
        Grant::Role(role) => Role::from_name(role).is_some_and(|role| actor.roles_in(program).any(|own| own.is(role))),
    });
    match (open, actor.may(program, Role::Coordinator)) {
        (true, _) => Relation::On,
        (false, true) => Relation::Coordinates,
        (false, false) => Relation::Outside,
    }
}

/// Grants as one line of text, each between spaces, so that one of them can be looked for.
pub fn write(grants: &[Grant]) -> String {
    let mut line = String::from(" ");
    for grant in grants {
        match grant {
            Grant::Member(member, None) => line += &format!("m:{member} "),
            Grant::Member(member, Some(until)) => line += &format!("m:{member} until:{} ", until.as_microsecond()),
            Grant::Role(role) => line += &format!("r:{role} "),
            Grant::Look(member, until) => line += &format!("l:{member} until:{} ", until.as_microsecond()),
        }
    }
    line
}

/// Reads such a line.
pub fn read(line: &str) -> Vec<Grant> {
    let mut grants: Vec<Grant> = Vec::new();
    for word in line.split_whitespace() {
        match word.split_once(':') {
            Some(("m", member)) => grants.push(Grant::Member(member.into(), None)),
            // What cannot be read opens nothing.
            Some(("l", member)) => grants.push(Grant::Look(member.into(), Timestamp::MIN)),
            Some(("r", role)) => grants.push(Grant::Role(role.to_owned())),
            Some(("until", end)) => {
                let end = end.parse().ok().and_then(|end| Timestamp::from_microsecond(end).ok());
                match grants.last_mut() {
                    // What cannot be read opens nothing.
                    Some(Grant::Member(_, until)) => *until = end.or(Some(Timestamp::MIN)),
                    Some(Grant::Look(_, until)) => *until = end.unwrap_or(Timestamp::MIN),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    grants
}

/// What to look for in such lines, for the cases of a program that a member is on.
pub fn words(actor: &Actor, program: &ProgramSlug) -> Vec<String> {
    let Some(id) = actor.member() else { return Vec::new() };
    let roles = Role::ALL.into_iter().filter(|role| actor.roles_in(program).any(|own| own.is(*role)));
    std::iter::once(format!("m:{id}")).chain(roles.map(|role| format!("r:{}", role.name()))).collect()
}

/// What an event means for who is on the case.
pub(crate) fn evolve(case: &mut Case, stamp: &Stamp, event: &Event) {
    let was_new = is_new(case);
    changed(case, stamp, event);
    if was_new && !is_new(case) {
        let in_time = |seen: &&Seen| seen.at <= stamp.at && stamp.at.duration_since(seen.at) < LOOKED;
        let looked = case.seen.iter().filter(in_time).map(|seen| (seen.by.clone(), stamp.at + LOOK));
        // Who was taken off stays off.
        let looked: Vec<_> = looked.filter(|(by, _)| !case.on.contains_key(by) && !case.off.contains(by)).collect();
        case.looked.clear();
        case.looked.extend(looked);
    }
}

/// Whether nobody is on it by name, but for a time.
fn is_new(case: &Case) -> bool {
    case.on.values().all(Option::is_some)
}

fn changed(case: &mut Case, stamp: &Stamp, event: &Event) {
    match (event, &stamp.by) {
        (Event::Seen, Author::Member(by)) => case.seen.push(Seen { by: by.clone(), at: stamp.at }),
        (Event::PutOn { member, .. }, _) => {
            put(case, member);
        }
        (Event::TakenOff { member, .. }, _) => {
            case.on.remove(member);
            case.looked.remove(member);
            case.off.insert(member.clone());
        }
        (Event::GlassBroken { until, .. }, Author::Member(by)) => {
            // Broken again after its end and before a clock put that on record: the later end counts.
            let on = case.on.entry(by.clone()).or_insert(Some(*until));
            *on = on.map(|before| before.max(*until));
        }
        (Event::Seen | Event::GlassBroken { .. } | Event::ReadingNoticed { .. }, _) => {}
        // Who files a report for somebody else has not taken the case up.
        (Event::Reported { .. } | Event::ContactGiven { .. } | Event::DrillDeclared, _) => {}
        // A note takes nothing up, so that what a pipeline adds to its own report hides it from nobody.
        (Event::CreditChosen { .. } | Event::Forgotten { .. } | Event::Noted { .. }, _) => {}
        // What was decided in another case and is told here takes nobody onto this one: hanging together widens no access.
        _ if stamp.decided_in.is_some() => {}
        // These are only ever told; entries of an older Candor do not name the case they come from.
        (Event::Gathered { .. } | Event::Released { .. } | Event::PartNews { .. } | Event::PublishedWith { .. }, _) => {
        }
        // Nor does a link, which is written into both cases.
        (Event::Related { .. } | Event::Unrelated { .. }, _) => {}
        (event, by) => {
            if let Event::Assigned { to: Some(member) } = event {
                put(case, member);
            }
            // Whoever works on it is on it; who broke the glass stays on it no longer for that.
            if let Author::Member(by) = by
                && !case.on.contains_key(by)
            {
                put(case, by);
            }
        }
    }
}

fn put(case: &mut Case, member: &MemberId) {
    case.on.insert(member.clone(), None);
    case.off.remove(member);
}

/// A member opens the case: once a day goes on record.
pub(crate) fn see(case: &Case, allowed: &Allowed<'_>, now: Timestamp) -> Vec<Event> {
    let day = |at: Timestamp| at.to_zoned(TimeZone::UTC).date();
    match allowed.member() {
        Some(by) if !case.seen.iter().any(|seen| seen.by == *by && day(seen.at) == day(now)) => vec![Event::Seen],
        _ => Vec::new(),
    }
}

/// Puts a member on the case.
pub(crate) fn put_on(case: &Case, member: &MemberId, reason: &str, known: bool) -> Result<Vec<Event>, Refusal> {
    if !known {
        let problem = "name a member of the team with a role in this program; `candor member list` shows them".into();
        return Err(Refusal::Field { field: "member", problem });
    }
    if case.on.get(member) == Some(&None) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::PutOn { member: member.clone(), reason: optional("reason", reason, LINE_LIMIT)? }])
}

/// Takes a member off the case.
pub(crate) fn take_off(case: &Case, member: &MemberId, reason: &str) -> Result<Vec<Event>, Refusal> {
    if case.assignee.as_ref() == Some(member) {
        let problem = "this member holds the case; give it to somebody else first".into();
        return Err(Refusal::Field { field: "member", problem });
    }
    if !is_named(case, member) && !case.looked.contains_key(member) {
        let problem = "this member is not on the case by name; a rule of the policy may let them read it".into();
        return Err(Refusal::Field { field: "member", problem });
    }
    Ok(vec![Event::TakenOff { member: member.clone(), reason: optional("reason", reason, LINE_LIMIT)? }])
}

/// Gets the asker on the case for a day.
pub(crate) fn break_glass(
    case: &Case,
    policy: &Policy,
    allowed: &Allowed<'_>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let reason = text("reason", reason, MESSAGE_LIMIT)?;
    if relation(allowed.actor(), &case.program, &grants(case, policy), now) == Relation::On {
        return Err(Refusal::Field { field: "case", problem: "you are on this case; nothing needs breaking".into() });
    }
    Ok(vec![Event::GlassBroken { reason, until: now + GLASS }])
}

/// Whose time on the case is over.
pub(crate) fn due(case: &Case, now: Timestamp) -> Vec<Event> {
    let over = case.on.iter().filter(|(_, until)| until.is_some_and(|until| until <= now));
    over.map(|(member, _)| Event::TakenOff { member: member.clone(), reason: String::new() }).collect()
}

/// When somebody's time on the case is over next.
pub fn wake_at(case: &Case) -> Option<Timestamp> {
    case.on.values().flatten().min().copied()
}
