//! What needs a person, by due date: a page of rows the asker may see, with opened titles and counts.

use super::project::{self, Card};
use crate::app::App;
use crate::error::Error;
use crate::keys::open;
use crate::store::cases::{self, QueueCursor, QueueFilter, Reach};
use candor_core::access::{Actor, Role};
use candor_core::case::State;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::standing::{self, Relation};
use candor_formats::cvss::Severity;
use jiff::Timestamp;

/// Which cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this program only.
    pub program: Option<ProgramSlug>,
    /// In this state; without one, every open case.
    pub state: Option<State>,
    /// Closed and published ones as well.
    pub everything: bool,
    /// Held by this member.
    pub assignee: Option<MemberId>,
    /// Held by nobody.
    pub unassigned: bool,
    /// Of this severity.
    pub severity: Option<Severity>,
}

/// A page of the queue.
#[derive(Debug, Clone, Default)]
pub struct QueuePage {
    /// Rows, the most urgent first.
    pub rows: Vec<QueueRow>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<String>,
    /// Cases per program and state, of those the asker may see.
    pub counts: Vec<(ProgramSlug, State, u64)>,
}

/// One line of the queue.
#[derive(Debug, Clone)]
pub struct QueueRow {
    /// The case.
    pub id: CaseId,
    /// Its program.
    pub program: ProgramSlug,
    /// Whether the asker is on it; who coordinates the program sees that there are others, and no words of them.
    pub on: bool,
    /// Title and product, opened.
    pub card: Card,
    /// Where it stands.
    pub state: State,
    /// Severity, once rated.
    pub severity: Option<Severity>,
    /// The member who holds it.
    pub assignee: Option<MemberId>,
    /// When it came.
    pub opened_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The next clock: promise, when it falls due, whether it stands still.
    pub clock: Option<(String, Timestamp, bool)>,
    /// Whether an answer of the reporter is awaited.
    pub waiting: bool,
}

/// Most rows of a page.
pub const PAGE_LIMIT: u32 = 200;

/// A page of the queue for a member.
///
/// # Errors
/// [`Error::BadCursor`] for a cursor that no page gave.
pub async fn queue(
    app: &App,
    actor: &Actor,
    filter: &Filter,
    cursor: Option<&str>,
    limit: u32,
) -> Result<QueuePage, Error> {
    let reach = reach(actor);
    let shown: Vec<Reach> = match &filter.program {
        Some(program) => reach.iter().filter(|own| own.program == program.0).cloned().collect(),
        None => reach.clone(),
    };
    // A row hides the severity of a case that the asker is not on; so does the choice of rows.
    let shown = match filter.severity {
        Some(_) => shown.into_iter().map(|own| on_alone(actor, own)).collect(),
        None => shown,
    };
    let limit = limit.clamp(1, PAGE_LIMIT);
    let after = cursor.map(read_cursor).transpose()?;
    let stored = QueueFilter {
        programs: shown,
        states: filter.state.iter().map(|state| state.name().to_owned()).collect(),
        open: match filter.state {
            Some(_) => None,
            None if filter.everything => None,
            None => Some(true),
        },
        assignee: filter.assignee.as_ref().map(|member| member.0.clone()),
        unassigned: filter.unassigned,
        severity_from: filter.severity.map(project::severity_number),
        severity_to: filter.severity.map(project::severity_number),
    };
    let mut found = cases::queue(&app.store, &stored, after.as_ref(), i64::from(limit) + 1).await?;
    let more = found.len() > limit as usize;
    found.truncate(limit as usize);
    let next = match found.last() {
        Some(last) if more => Some(format!("{}.{}", last.due_at, last.id)),
        _ => None,
    };
    let rows = opened(app, actor, found, true).await?;
    let mut counts = Vec::new();
    for count in cases::counts_within(&app.store, &reach).await? {
        if let (Some(state), Ok(n)) = (State::from_name(&count.state), u64::try_from(count.n)) {
            counts.push((ProgramSlug(count.program), state, n));
        }
    }
    Ok(QueuePage { rows, next, counts })
}

/// Rows of these cases in this order. What the asker may not see, and what was erased, is left out.
///
/// # Errors
/// When the store cannot be read.
pub async fn rows_of(app: &App, actor: &Actor, ids: &[String]) -> Result<Vec<QueueRow>, Error> {
    let mut found = Vec::with_capacity(ids.len());
    for id in ids {
        if let Some(row) = cases::get(&app.store, id).await?
            && is_on(actor, &row, app.now())
        {
            found.push(row);
        }
    }
    opened(app, actor, found, false).await
}

/// Whether an actor is on the case of a row.
fn is_on(actor: &Actor, row: &cases::CaseRow, now: Timestamp) -> bool {
    let program = ProgramSlug(row.program.clone());
    standing::relation(actor, &program, &standing::read(&row.grants), now) == Relation::On
}

/// Rows with their cards opened, as far as the actor is on their cases. One whose key is gone says so, or is left out.
async fn opened(
    app: &App,
    actor: &Actor,
    found: Vec<cases::CaseRow>,
    keep_erased: bool,
) -> Result<Vec<QueueRow>, Error> {
    let now = app.now();
    let ids: Vec<&str> = found.iter().map(|row| row.id.as_str()).collect();
    let keys = app.keys()?.case_keys(&ids).await?;
    let mut rows = Vec::with_capacity(found.len());
    for row in found {
        let program = ProgramSlug(row.program.clone());
        let on = is_on(actor, &row, now);
        let card = match keys.get(&row.id).filter(|_| on) {
            None if !on => Card { title: NOT_ON.into(), due: None, ..Card::default() },
            Some(key) => {
                let plain = open(key, &project::card_context(&row.id, row.head_seq), &row.card)?;
                serde_json::from_slice(&plain).map_err(Error::internal)?
            }
            None if !keep_erased => continue,
            None => Card { title: "(erased)".into(), ..Card::default() },
        };
        let due_at = card.due.unwrap_or(row.due_at);
        rows.push(QueueRow {
            program,
            on,
            card,
            state: State::from_name(&row.state).ok_or_else(|| Error::internal("an unknown state in the queue"))?,
            severity: row.severity.filter(|_| on).and_then(project::severity_of),
            assignee: row.assignee.map(MemberId),
            opened_at: instant(row.opened_at)?,
            updated_at: instant(row.updated_at)?,
            clock: match row.due_name {
                Some(name) => Some((name, instant(due_at)?, row.due_state.as_deref() == Some("paused"))),
                None => None,
            },
            waiting: row.waiting_on.is_some(),
            id: CaseId(row.id),
        });
    }
    Ok(rows)
}

/// Stands for the title of a case that the asker is not on.
pub const NOT_ON: &str = "You are not on this case";

/// Which cases an actor sees in lists and counts: those they are on, and of programs they coordinate all, without words.
pub fn reach(actor: &Actor) -> Vec<Reach> {
    let coordinates = |program: &ProgramSlug| actor.may(program, Role::Coordinator);
    let words = |program: &ProgramSlug| (!coordinates(program)).then(|| standing::words(actor, program));
    let programs = actor.programs().into_iter();
    programs.map(|program| Reach { words: words(&program), program: program.0 }).collect()
}

/// The cases of a program that an actor is on, also where they coordinate it.
pub fn on_alone(actor: &Actor, reach: Reach) -> Reach {
    let words = standing::words(actor, &ProgramSlug(reach.program.clone()));
    Reach { words: Some(words), ..reach }
}

fn read_cursor(text: &str) -> Result<QueueCursor, Error> {
    let (due_at, id) = text.split_once('.').ok_or(Error::BadCursor)?;
    Ok(QueueCursor {
        due_at: due_at.parse().map_err(|_| Error::BadCursor)?,
        id: CaseId::parse(id).ok_or(Error::BadCursor)?.0,
    })
}

fn instant(microseconds: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(microseconds).map_err(Error::internal)
}
