//! One letter a day for members who wish it: what can wait is told together, in the morning of the program. What is urgent
//! leaves at once, as for everybody.

use candor_core::access::Actor;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::Policy;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

use super::address::{self, Sender};
use super::encrypted::{self, Way};
use super::letters::{self, Heading, Letter, compose};
use super::receive::own_mark;
use super::words::{Link, NO_ANSWERS, Words};
use crate::accounts::{self, digest};
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::openpgp::random;
use crate::program_keys;
use crate::store::cases;
use crate::store::outbox::{self, OutboxRow};

/// The hour at which the letter leaves, in the program's own time.
const HOUR: i8 = 7;
/// Most notices of one letter.
const MOST: i64 = 200;

/// What a notice that can wait says, in a few words; `None` for those that cannot.
fn words(kind: NoticeKind) -> Option<&'static str> {
    Some(match kind {
        NoticeKind::ReporterWrote => "the reporter wrote",
        NoticeKind::Assigned => "it was given to you",
        NoticeKind::TeamPublished => "its advisory is public",
        _ => return None,
    })
}

/// The member of a row that can wait, when they wish one letter a day.
async fn member_of(app: &App, row: &OutboxRow) -> Result<Option<MemberId>, Error> {
    let can_wait = NoticeKind::from_name(&row.kind).and_then(words).is_some();
    let Some(Recipient::Member(member)) = Recipient::from_name(&row.recipient).filter(|_| can_wait) else {
        return Ok(None);
    };
    Ok(digest::wishes(app, &member).await?.then_some(member))
}

/// Whether a member may still know of a case.
async fn knows(app: &App, id: &CaseId, member: &MemberId) -> Result<bool, Error> {
    let case = match execute::load_case(app, &Actor::Clock, id).await {
        Ok(case) => case,
        // An erased case is as none.
        Err(Error::NotFound) => return Ok(false),
        Err(other) => return Err(other),
    };
    let policy = execute::policy_of(app, &case)?;
    Ok(letters::member(app, &case, &policy, member).await?.is_some())
}

async fn policy_of(app: &App, stream: &str) -> Result<Option<Arc<Policy>>, Error> {
    Ok(cases::get(&app.store, stream).await?.and_then(|row| app.policy(&ProgramSlug(row.program))))
}

/// The next morning of a program after an instant.
fn morning(policy: Option<&Policy>, after: Timestamp) -> Timestamp {
    let zone = policy.and_then(|policy| policy.calendar().ok()).map_or(TimeZone::UTC, |known| known.zone().clone());
    let local = after.to_zoned(zone);
    let today = local.date().at(HOUR, 0, 0, 0).to_zoned(local.time_zone().clone()).map(|at| at.timestamp());
    match today {
        Ok(today) if today > after => today,
        Ok(today) => {
            let next = local.date().tomorrow().ok().and_then(|day| {
                day.at(HOUR, 0, 0, 0).to_zoned(local.time_zone().clone()).ok().map(|at| at.timestamp())
            });
            next.unwrap_or(today + SignedDuration::from_hours(24))
        }
        Err(_) => after + SignedDuration::from_hours(24),
    }
}

/// What becomes of a row of a member who may wish one letter a day.
pub enum Daily {
    /// It leaves by itself, as every other.
    Alone,
    /// It waits until then.
    Until(Timestamp),
    /// It was told together with another one, just now.
    Told,
    /// All of it in one letter, with the rows that it tells.
    Together(Box<Letter>, Vec<OutboxRow>),
}

/// Looks what becomes of a claimed row.
///
/// # Errors
/// As the store and the keys fail.
pub async fn look(app: &App, sender: &Sender, row: &OutboxRow) -> Result<Daily, Error> {
    let Some(member) = member_of(app, row).await? else { return Ok(Daily::Alone) };
    let created = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let policy = policy_of(app, &row.stream).await?;
    let until = morning(policy.as_deref(), created);
    if app.now() < until {
        return Ok(Daily::Until(until));
    }
    if outbox::get(&app.store, &row.id).await?.is_none_or(|now| now.state != "waiting") {
        return Ok(Daily::Told);
    }
    let found = accounts::member(app, &member).await?.filter(|member| !member.disabled);
    let (Some(policy), Some(found)) = (policy, found) else { return Ok(Daily::Alone) };
    let Ok(to) = address::check(&found.email) else { return Ok(Daily::Alone) };
    let mut told = Vec::new();
    let mut lines = Vec::new();
    for other in outbox::waiting_for(&app.store, &row.recipient, MOST).await? {
        let Some(what) = NoticeKind::from_name(&other.kind).and_then(words) else { continue };
        let id = CaseId(other.stream.clone());
        // Taken off the case since, they hear nothing of it: the row leaves alone, and that looks to whom.
        if !knows(app, &id, &member).await? {
            continue;
        }
        let line = format!("Case {id}: {what}. {}/desk/cases/{id}", app.config.base_url);
        if !lines.contains(&line) {
            lines.push(line);
        }
        told.push(other);
    }
    if told.len() < 2 || !told.iter().any(|other| other.id == row.id) {
        return Ok(Daily::Alone);
    }
    // One case of a program whose letters are encrypted is enough.
    let mut way = Way::Clear;
    for other in &told {
        if let (Way::Clear, Some(of)) = (&way, policy_of(app, &other.stream).await?) {
            way = encrypted::way_to_member(app, &of, &member).await?;
        }
    }
    let words = Words {
        subject: format!("{} things happened in your cases", told.len()),
        lead: "This happened in your cases since the last daily letter:".into(),
        body: lines,
        dates_title: "",
        dates: Vec::new(),
        expected: "look at each today. What is urgent was told at once and is not repeated here.".into(),
        link: Some(Link { label: "All cases", url: format!("{}/desk", app.config.base_url) }),
        why: "You get this once a day because you chose it in your settings.".into(),
        answers: NO_ANSWERS.into(),
    };
    let words = if way == Way::Neutral { encrypted::neutral(&app.config.base_url) } else { words };
    let thread = format!("daily-{}", row.id);
    let name = if way == Way::Neutral { String::new() } else { address::display_name(&policy.program.name) };
    let head = Heading {
        program: &name,
        slug: &policy.program.slug,
        id: &row.id,
        thread: &thread,
        mark: &own_mark(app, &row.id)?,
        reply_to: None,
    };
    let mut letter = compose(sender, &head, created, to, &words)?;
    if let Way::To(key) = &way {
        let signer = program_keys::signer(app, &policy.program.slug).await?;
        match encrypted::encrypted(&letter.bytes, key, signer.as_ref(), app.now(), random()) {
            Ok(bytes) => letter.bytes = bytes,
            // Never in the clear instead.
            Err(_) => letter = compose(sender, &head, created, letter.to, &encrypted::neutral(&app.config.base_url))?,
        }
    }
    Ok(Daily::Together(Box::new(letter), told))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_morning_is_the_next_seven_o_clock_after_it() {
        let at = |text: &str| text.parse::<Timestamp>().expect("an instant");
        assert_eq!(morning(None, at("2026-03-02T06:59:00Z")), at("2026-03-02T07:00:00Z"));
        assert_eq!(morning(None, at("2026-03-02T07:00:00Z")), at("2026-03-03T07:00:00Z"));
        assert_eq!(morning(None, at("2026-12-31T23:00:00Z")), at("2027-01-01T07:00:00Z"));
    }
}
