//! Events to sealed entries and back. What a person can be known by lies under that person's own key.

use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Key, KeyError, KeyRing, open, seal};
use crate::store::{self, Statement};
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::Event;
use candor_core::evolve::{Stamp, author_of, replay};
use candor_core::id::{CaseId, PersonId};
use candor_formats::advisory::Record;
use jiff::Timestamp;
use std::collections::HashMap;

/// The field of an entry that names the case it was decided in, when that was another one.
const DECIDED_IN: &str = "decided_in";

/// Seals one event into an entry. A person met for the first time gets a key, added to `batch`.
pub(crate) async fn seal_event(
    keys: &KeyRing,
    case_key: &Key,
    case: &Case,
    stamp: &Stamp,
    actor: &Actor,
    event: &Event,
) -> Result<store::journal::Entry, Error> {
    let plain = plain(event, stamp.decided_in.as_ref())?;
    let stream = case.id.as_str();
    let person = event.sealed_for(|number| {
        case.reports.iter().find(|report| report.number == number).and_then(|report| report.person.clone())
    });
    let (body, person_body) = match &person {
        None => (seal(case_key, &context(stream, stamp.seq, "body")?, &plain)?, None),
        Some(person) => {
            let key = keys.person_key(person.as_str()).await?;
            (Vec::new(), Some(seal(&key, &context(stream, stamp.seq, "person")?, &plain)?))
        }
    };
    Ok(store::journal::Entry {
        at: stamp.at.as_microsecond(),
        kind: event.kind().to_owned(),
        actor: actor.name(),
        body,
        person: person.map(|person| person.0),
        person_body,
    })
}

fn context<'a>(stream: &'a str, seq: u64, field: &'a str) -> Result<Context<'a>, Error> {
    Ok(Context { kind: "journal", stream, row: i64::try_from(seq).map_err(Error::internal)?, field })
}

/// Opens a case's journal and replays it. `None` when there is none.
pub(crate) async fn load(app: &App, id: &CaseId) -> Result<Option<(Case, store::journal::Head)>, Error> {
    load_as(app, id, |event| event).await
}

/// The same with every event as `seen`.
pub(crate) async fn load_as(
    app: &App,
    id: &CaseId,
    seen: fn(Event) -> Event,
) -> Result<Option<(Case, store::journal::Head)>, Error> {
    let rows = store::journal::load(&app.store, id.as_str()).await?;
    let Some(last) = rows.last() else { return Ok(None) };
    let head = store::journal::Head {
        seq: last.seq,
        hash: last.hash.clone().try_into().map_err(|_| Error::internal("a journal hash has a wrong length"))?,
    };
    let keys = app.keys()?;
    let case_key = keys.case_key(id.as_str()).await?;
    let mut events = Vec::with_capacity(rows.len());
    // Each person is asked for once, however much they wrote.
    let mut persons: HashMap<String, Option<Key>> = HashMap::new();
    for row in rows {
        let seq = u64::try_from(row.seq).map_err(Error::internal)?;
        let (event, decided_in) = match (&row.entry.person, &row.entry.person_body) {
            (Some(person), Some(body)) => {
                if !persons.contains_key(person) {
                    let key = match keys.person_key(person).await {
                        Ok(key) => Some(key),
                        Err(KeyError::Erased) => None,
                        Err(other) => return Err(other.into()),
                    };
                    persons.insert(person.clone(), key);
                }
                match persons.get(person).and_then(Option::as_ref) {
                    Some(key) => parse(&open(key, &context(id.as_str(), seq, "person")?, body)?)?,
                    None => (Event::Forgotten { person: PersonId(person.clone()) }, None),
                }
            }
            _ => parse(&open(&case_key, &context(id.as_str(), seq, "body")?, &row.entry.body)?)?,
        };
        let stamp = Stamp {
            seq,
            at: Timestamp::from_microsecond(row.entry.at).map_err(Error::internal)?,
            by: author_of(&row.entry.actor),
            decided_in,
        };
        events.push((stamp, seen(event)));
    }
    let case = replay(id, events).ok_or_else(|| Error::internal("a journal does not begin with a report"))?;
    Ok(Some((case, head)))
}

/// An event as it lies in an entry, with the case it was decided in when that was another one.
fn plain(event: &Event, decided_in: Option<&CaseId>) -> Result<Vec<u8>, Error> {
    let Some(case) = decided_in else { return serde_json::to_vec(event).map_err(Error::internal) };
    let mut told = serde_json::to_value(event).map_err(Error::internal)?;
    let fields = told.as_object_mut().ok_or_else(|| Error::internal("an event is no object"))?;
    fields.insert(DECIDED_IN.to_owned(), case.as_str().into());
    serde_json::to_vec(&told).map_err(Error::internal)
}

/// Reads what [`plain`] wrote.
fn parse(plain: &[u8]) -> Result<(Event, Option<CaseId>), Error> {
    #[derive(serde::Deserialize)]
    struct Told {
        decided_in: Option<CaseId>,
    }
    let event = serde_json::from_slice(plain).map_err(Error::internal)?;
    // Few entries have it; those without are not read twice.
    let may_be_told = plain.windows(DECIDED_IN.len()).any(|part| part == DECIDED_IN.as_bytes());
    let told: Option<Told> = may_be_told.then(|| serde_json::from_slice(plain)).transpose().map_err(Error::internal)?;
    Ok((event, told.and_then(|told| told.decided_in)))
}

/// The row of a published record.
pub(crate) fn public_row(case: &Case, record: &Record) -> Result<Statement, Error> {
    Ok(store::advisories::upsert_statement(&store::advisories::AdvisoryRow {
        id: record.id.clone(),
        program: case.program.0.clone(),
        stream: case.id.0.clone(),
        published_at: record.published.as_microsecond(),
        modified_at: record.modified.as_microsecond(),
        record: serde_json::to_string(record).map_err(Error::internal)?,
    }))
}

/// The row of a record that is not for everybody: where it is, and nothing of what it says.
pub(crate) fn restricted_row(case: &Case, record: &Record) -> Statement {
    store::restricted::put_statement(&store::restricted::RestrictedRow {
        stream: case.id.0.clone(),
        program: case.program.0.clone(),
        label: record.tlp.name().to_owned(),
        modified_at: record.modified.as_microsecond(),
    })
}

/// Takes the number of a first publication, so that no other advisory gets it.
pub(crate) fn take_number(case: &Case, record: &Record) -> Option<Statement> {
    let (counter, year, number) = (case.advisory.published.len() == 1).then(|| number_of(case, record))??;
    Some(store::advisories::take_number_statement(&counter, year, number))
}

/// The same for a row that is rebuilt.
pub(crate) fn number_taken(case: &Case, record: &Record) -> Option<Statement> {
    let (counter, year, number) = number_of(case, record)?;
    Some(store::advisories::restore_number_statement(&counter, year, number))
}

/// What stands before the number of an advisory that was for a limited circle at first. Such numbers are counted apart: a
/// gap among the public ones would tell that there is something.
const LIMITED: &str = "L";

/// The name of the next advisory of a program's year.
///
/// # Errors
/// When the store cannot be read.
pub(crate) async fn next_id(app: &App, case: &Case, prefix: &str, year: i16, limited: bool) -> Result<String, Error> {
    let counter = counter(case.program.as_str(), limited);
    let taken = store::advisories::last_number(&app.store, &counter, i64::from(year)).await?;
    Ok(format!("{prefix}-{year}-{}{}", if limited { LIMITED } else { "" }, taken + 1))
}

fn counter(program: &str, limited: bool) -> String {
    if limited { format!("{program} limited") } else { program.to_owned() }
}

/// Counter, year and number of an advisory.
fn number_of(case: &Case, record: &Record) -> Option<(String, i64, i64)> {
    let mut parts = record.id.rsplit('-');
    let last = parts.next()?;
    let limited = last.strip_prefix(LIMITED);
    let number = limited.unwrap_or(last).parse().ok()?;
    Some((counter(case.program.as_str(), limited.is_some()), parts.next()?.parse().ok()?, number))
}
