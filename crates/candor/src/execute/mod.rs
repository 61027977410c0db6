//! The one way in: every door and every clock ends here. Load, allow, decide, append, in one transaction.

mod again; // the first answer again
pub mod asides; // what an act means for the cases that hang together with its own
pub mod findings; // what tools of a pipeline found
pub mod files; // files of a case, streamed and sealed
pub mod import; // advisories of the past become published records
pub mod journal; // events to sealed entries and back
pub mod parties; // links, codes and keys of outside parties
pub mod previews; // what a file says, without anybody opening it
pub mod project; // a case as the queue sees it
pub mod queue; // what needs a person, by due date
pub mod reading; // how many cases a member opens in a short time
pub mod restricted; // advisories that are not for everybody
pub mod rebuild; // projections, made anew from the journal
pub mod proofs; // proofs of receipt
pub mod public; // what is public and may answer a report
pub mod views; // the page of a receipt, sealed to whoever holds it
pub mod waiting; // reports taken in while the desk is locked
pub mod wishes; // what reporters wish meanwhile
pub mod handover; // what a front without keys asks the desk
pub mod report; // a report opens a case
pub mod would; // what a policy file would change of the dates of open cases

use crate::app::App;
use crate::confine::certificates;
use crate::error::Error;
use crate::store::{self, Batch, StoreError};
use candor_core::access::{self, Actor, Denied};
use candor_core::case::{Case, Entry};
use candor_core::command::Command;
use candor_core::decide::{self, Facts};
use candor_core::event::{Event, KnownBefore};
use candor_core::evolve::{Stamp, author_of, evolve};
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::notices::{Recipient, notices};
use candor_core::policy::Policy;
use candor_core::protected;
use candor_core::refusal::Refusal;
use candor_core::standing::{self, Relation};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What a command did.
#[derive(Debug, Clone)]
pub struct Done {
    /// The case.
    pub case: CaseId,
    /// Number of its last journal entry now.
    pub seq: u64,
    /// What happened; empty when all was so already.
    pub events: Vec<Event>,
}

/// What is remembered of an answer: the entries it told of, not their words, which must not outlive an erasure.
#[derive(Serialize, Deserialize)]
struct Answered {
    after: u64,
    seq: u64,
}

/// How often a command that names no number is tried again when another one came first.
const TRIES: usize = 8;
/// How far the clocks of two processes may be apart before neither is believed.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

/// What is kept in the same transaction as a command, and how its letters leave. For doors that must know in one flush
/// that a message was taken.
pub struct Beside<'a> {
    /// Statements, made for the case when it is known.
    pub rows: &'a (dyn Fn(&CaseId) -> Vec<store::Statement> + Sync),
    /// When letters to reporters leave.
    pub letters: Letters,
}

/// When letters to reporters leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// At once.
    Now,
    /// Not before this instant.
    From(Timestamp),
    /// Not at all.
    Never,
    /// Not at all, and none to the team either: for what would make letters without end.
    Nobody,
}

/// Asks a command of a case as [`execute`] does, with what `beside` adds to its transaction. What is beside is kept even
/// when the command changes nothing.
///
/// # Errors
/// As [`execute`]; [`Error::Busy`] also when a row beside is taken already.
pub async fn execute_beside(
    app: &App,
    actor: &Actor,
    case: &CaseId,
    command: Command,
    beside: &Beside<'_>,
) -> Result<Done, Error> {
    for _ in 0..TRIES {
        match once(app, actor, case, command.clone(), None, None, Some(beside)).await {
            Err(Error::Stale) => {}
            other => return other,
        }
    }
    Err(Error::Busy)
}

/// Asks a command of a case. With `seen`, the number of the last entry the asker looked at, it is refused when somebody
/// else wrote since; without, it is decided on the case as it is now.
///
/// # Errors
/// [`Error::NotFound`] when the case is absent or not the asker's to know of, [`Error::Refused`] with the reason,
/// [`Error::Changed`] with what changed since `seen`, [`Error::Busy`] and [`Error::Full`] when nothing could be kept.
pub async fn execute(
    app: &App,
    actor: &Actor,
    case: &CaseId,
    command: Command,
    seen: Option<u64>,
) -> Result<Done, Error> {
    execute_again(app, actor, case, command, seen, None).await
}

/// As [`execute`]; with `idempotency`, a key and the bytes of the request, the same request sent again gets the first
/// answer and does nothing.
///
/// # Errors
/// As [`execute`], and [`Error::KeyReused`] when the key came with another request.
pub async fn execute_again(
    app: &App,
    actor: &Actor,
    case: &CaseId,
    command: Command,
    seen: Option<u64>,
    idempotency: Option<(&str, &[u8])>,
) -> Result<Done, Error> {
    let again = match idempotency {
        Some((key, body)) => {
            Some(again::Again::new(app.keys()?, &format!("command/{case}/{}", actor.name()), key, body))
        }
        None => None,
    };
    for _ in 0..TRIES {
        if let Some(again) = &again {
            // What was answered once is answered again only to somebody who may still see the case.
            let now = match load_case(app, actor, case).await {
                Ok(case) => Some(case),
                // Not on it: the command itself says what they may ask.
                Err(Error::NotFound | Error::NotOn) => None,
                Err(other) => return Err(other),
            };
            if let Some(now) = now
                && let Some(Answered { after, seq }) = again.answered(app).await?
            {
                let events = now.history.iter().filter(|entry| after < entry.seq && entry.seq <= seq);
                return Ok(Done { case: case.clone(), seq, events: events.map(|entry| entry.what.clone()).collect() });
            }
        }
        match once(app, actor, case, command.clone(), seen, again.as_ref(), None).await {
            // Somebody was faster. The next look tells whether that matters to what the asker has seen.
            Err(Error::Stale) => continue,
            other => return other,
        }
    }
    Err(Error::Busy)
}

fn changed(case: &Case, seen: u64) -> Error {
    Error::Changed { since: case.history.iter().filter(|entry| entry.seq > seen).cloned().collect() }
}

async fn once(
    app: &App,
    actor: &Actor,
    id: &CaseId,
    command: Command,
    seen: Option<u64>,
    again: Option<&again::Again>,
    beside: Option<&Beside<'_>>,
) -> Result<Done, Error> {
    let now = app.now();
    let loaded = load(app, id).await?;
    let Loaded { case, policy, .. } = &loaded;
    let command = asides::named(app, actor, case, command).await?;
    let command = parties::prepared(app, command, now).await?;
    let command = match command {
        Command::GiveKey { pgp_key } => Command::GiveKey { pgp_key: key_as_read(app, pgp_key, now).await },
        other => other,
    };
    let allowed = access::allow(Some(case), policy, actor, command, now).map_err(denied)?;
    if let Command::GiveKey { pgp_key } = allowed.command() {
        key_serves(app, pgp_key, now).await?;
    }
    if let Some(seen) = seen
        && case.seq > seen
        // A clock may ring while somebody types; that is no reason to ask them again.
        // nor may that somebody else looked.
        && case.history.iter().any(|entry| {
            entry.seq > seen && entry.by != candor_core::case::Author::Clock && !entry.what.is_trace()
        })
    {
        return Err(changed(case, seen));
    }
    let facts = facts(app, case, &allowed, now).await?;
    let events = decide::decide(case, &allowed, policy, &facts)?;
    let goes_out = events.iter().any(|event| matches!(event, Event::Published { .. }));
    if goes_out && !matches!(allowed.command(), Command::GoPublic { .. }) && is_clock_in_doubt(app, case, now) {
        return Err(Refusal::ClockInDoubt.into());
    }
    if events.is_empty() {
        if matches!(allowed.command(), Command::Tick) {
            settle(app, &loaded).await?;
        }
        if let Some(beside) = beside {
            app.store.commit(Batch::main((beside.rows)(id))).await.map_err(stale)?;
            app.nudge_worker();
        }
        return Ok(Done { case: id.clone(), seq: case.seq, events });
    }
    let mut batch = Batch::default();
    let letters = beside.map_or(Letters::Now, |beside| beside.letters);
    // Boxed, so that the future of every door stays small.
    let how = How { now, letters, decided_in: None };
    let after = Box::pin(write(app, &mut batch, &loaded, actor, &events, how)).await?;
    let others = Box::pin(asides::write(app, &mut batch, actor, &allowed, &after, &events, now)).await?;
    batch.main.extend(beside.map(|beside| (beside.rows)(id)).unwrap_or_default());
    let done = Done { case: id.clone(), seq: after.seq, events };
    if let Some(again) = again {
        batch.main.push(again.remember(&Answered { after: loaded.case.seq, seq: done.seq }, now)?);
    }
    app.store.commit(batch).await.map_err(stale)?;
    app.shelf.touch(id.as_str());
    for other in &others {
        app.shelf.touch(other.as_str());
    }
    app.nudge_worker();
    Ok(done)
}

/// How events are written down.
#[derive(Clone, Copy)]
pub(crate) struct How<'a> {
    /// The instant of the command.
    pub now: Timestamp,
    /// When letters to reporters leave.
    pub letters: Letters,
    /// The case in which it was decided, when that was another one.
    pub decided_in: Option<&'a CaseId>,
}

/// Writes events down: the journal, the letters, what becomes public, and the row of the queue. Gives the case as it is then.
pub(crate) async fn write(
    app: &App,
    batch: &mut Batch,
    loaded: &Loaded,
    actor: &Actor,
    events: &[Event],
    how: How<'_>,
) -> Result<Case, Error> {
    let How { now, letters, decided_in } = how;
    let Loaded { case, policy, head, row } = loaded;
    let id = &case.id;
    let keys = app.keys()?;
    let case_key = keys.case_key(id.as_str()).await?;
    let mut after = case.clone();
    let mut entries = Vec::with_capacity(events.len());
    let by = author_of(&actor.name());
    for event in events {
        let stamp = Stamp { seq: after.seq + 1, at: now, by: by.clone(), decided_in: decided_in.cloned() };
        entries.push(journal::seal_event(keys, &case_key, &after, &stamp, actor, event).await?);
        evolve(&mut after, &stamp, event.clone());
        batch.main.extend(files::statements(&after, event, now.as_microsecond())?);
    }
    let (statements, head) = store::journal::append_statements(id.as_str(), *head, &entries);
    batch.main.extend(statements);
    batch.main.push(store::receipt_views::changed_statement(id.as_str()));
    // A case that was moved is counted by its new policy at once.
    let policy = if after.policy_version == case.policy_version { policy.clone() } else { policy_of(app, &after)? };
    tell(batch, &after, case.seq, events, &policy, now, letters);
    for event in events {
        batch.main.extend(public::statement(&after, event));
        match event {
            // Its number is taken; nothing of it lies in the clear, and nothing follows.
            Event::Published { record } if !record.tlp.is_public() => {
                batch.main.extend(journal::take_number(&after, record));
                batch.main.push(journal::restricted_row(&after, record));
            }
            Event::Published { record } => {
                batch.main.push(journal::public_row(&after, record)?);
                batch.main.extend(journal::take_number(&after, record));
                batch.main.push(store::restricted::remove_statement(id.as_str()));
                let revision = i64::try_from(record.revisions.len()).unwrap_or(i64::MAX);
                let at = now.as_microsecond();
                batch.main.extend(store::steps::of_publication(id.as_str(), &record.id, revision, at));
            }
            // It is public from here on, and lies in the clear like an advisory.
            Event::SummaryPublished { title, text } => {
                batch.main.push(store::closed_reports::put_statement(&store::closed_reports::ClosedReport {
                    stream: after.id.0.clone(),
                    program: after.program.0.clone(),
                    at: now.as_microsecond(),
                    title: title.clone(),
                    text: text.clone(),
                }));
            }
            // What waited for a key may leave.
            Event::KeyGiven { report, .. } => batch.main.push(store::outbox::release_statement(
                id.as_str(),
                &Recipient::Reporter(*report).name(),
                now.as_microsecond(),
            )),
            Event::Party { party, act } => {
                batch.main.extend(
                    parties::row(keys, id, *party, act)
                        .map(|(hash, number)| store::receipts::insert_statement(&hash, id.as_str(), number)),
                );
            }
            Event::SummaryWithdrawn { .. } => batch.main.push(store::closed_reports::delete_statement(id.as_str())),
            _ => {}
        }
    }
    let projected = project::row(&case_key, &after, &policy, head)?;
    batch.main.push(store::cases::upsert_statement(&projected));
    batch.main.extend(store::cases::count_statements(
        Some((&row.program, &row.state)),
        Some((&projected.program, &projected.state)),
    ));
    Ok(after)
}

/// Whether letters can be encrypted to a key; no key is fine, too.
///
/// # Errors
/// [`Refusal::Field`] with what is wrong with the key.
pub(crate) async fn key_serves(app: &App, pgp_key: &str, now: Timestamp) -> Result<(), Refusal> {
    if pgp_key.trim().is_empty() {
        return Ok(());
    }
    let problem = match certificates::read(&app.workers, pgp_key.as_bytes(), now).await {
        Err(why) => why,
        Ok(certificate) => match certificate.can_encrypt(now) {
            Ok(()) => return Ok(()),
            Err(why) => format!("{why}; give one that can be written to, or none"),
        },
    };
    Err(Refusal::Field { field: "pgp_key", problem })
}

/// A key as a process that holds nothing wrote it anew: that is what is kept and read here from then on. As it was given where
/// it cannot be read; [`key_serves`] says why.
pub(crate) async fn key_as_read(app: &App, pgp_key: String, now: Timestamp) -> String {
    if pgp_key.trim().is_empty() {
        return pgp_key;
    }
    match certificates::read(&app.workers, pgp_key.as_bytes(), now).await {
        Ok(certificate) => Some(certificate.to_armor()).filter(|written| !written.is_empty()).unwrap_or(pgp_key),
        Err(_) => pgp_key,
    }
}

/// Whether the instant cannot be trusted with a publication: the clock was set while the service runs, or it is behind
/// what another process has put on record.
fn is_clock_in_doubt(app: &App, case: &Case, now: Timestamp) -> bool {
    app.is_clock_in_doubt() || case.updated_at.duration_since(now) > CLOCKS_APART
}

/// Asks what would come of a command, and changes nothing.
///
/// # Errors
/// As [`execute`] would give.
pub async fn rehearse(app: &App, actor: &Actor, id: &CaseId, command: Command) -> Result<Vec<Event>, Error> {
    let Loaded { case, policy, .. } = load(app, id).await?;
    let now = app.now();
    let allowed = access::allow(Some(&case), &policy, actor, command, now).map_err(denied)?;
    let facts = facts(app, &case, &allowed, now).await?;
    Ok(decide::decide(&case, &allowed, &policy, &facts)?)
}

fn stale(cause: StoreError) -> Error {
    match cause {
        StoreError::Conflict => Error::Stale,
        other => other.into(),
    }
}

/// A case with all that is needed to change it.
pub(crate) struct Loaded {
    pub case: Case,
    pub policy: Arc<Policy>,
    pub head: store::journal::Head,
    pub row: store::cases::CaseRow,
}

pub(crate) async fn load(app: &App, id: &CaseId) -> Result<Loaded, Error> {
    // The journal first: a row may then be newer than what was read of it, which an append finds out, but never older.
    let (case, head) = journal::load(app, id).await?.ok_or(Error::NotFound)?;
    let row = store::cases::get(&app.store, id.as_str()).await?.ok_or(Error::NotFound)?;
    let policy = app
        .policy_at(&case.program, case.policy_version)
        .ok_or_else(|| Error::internal("the case's policy is not in service"))?;
    Ok(Loaded { case, policy, head, row })
}

/// Reads a case, if the asker may see it.
///
/// # Errors
/// [`Error::NotFound`] when it is absent or not theirs: a stranger cannot tell which.
pub async fn load_case(app: &App, actor: &Actor, id: &CaseId) -> Result<Case, Error> {
    // What the asker may see is checked on the row, so that a stranger's wait does not depend on the journal's length.
    let row = store::cases::get(&app.store, id.as_str()).await?.ok_or(Error::NotFound)?;
    let program: ProgramSlug = row.program.as_str().into();
    let grants = match row.grants.as_str() {
        // A row of an older Candor: the journal says it.
        store::cases::GRANTS_UNKNOWN if actor.role(&program).is_some() => {
            let loaded = load(app, id).await?;
            standing::grants(&loaded.case, &loaded.policy)
        }
        known => standing::read(known),
    };
    let now = app.now();
    if !access::may_see(actor, id, &program, &grants, now) {
        return Err(match standing::relation(actor, &program, &grants, now) {
            Relation::Coordinates => Error::NotOn,
            _ => Error::NotFound,
        });
    }
    let seen: fn(Event) -> Event = match actor {
        // Who holds a receipt or a secret address may hold somebody else's mail as well.
        Actor::Reporter { .. } => protected::for_reporter,
        _ => |event| event,
    };
    journal::load_as(app, id, seen).await?.map(|(case, _)| case).ok_or(Error::NotFound)
}

/// Whether the asker may know that a case is there: they are on it, coordinate its program, or know its number and break
/// the glass.
///
/// # Errors
/// [`Error::NotFound`] when they may not.
pub async fn known_case(app: &App, actor: &Actor, id: &CaseId, breaks_glass: bool) -> Result<(), Error> {
    match load_case(app, actor, id).await {
        Err(Error::NotOn) => Ok(()),
        Err(Error::NotFound) if breaks_glass => {
            let row = store::cases::get(&app.store, id.as_str()).await?.ok_or(Error::NotFound)?;
            if actor.works_in(&row.program.as_str().into()) { Ok(()) } else { Err(Error::NotFound) }
        }
        other => other.map(|_| ()),
    }
}

/// Opens a case for somebody who reads it: as [`load_case`], and a member's look goes on record, once a day.
///
/// # Errors
/// As [`load_case`], and [`Error::ReadingBudget`]; a look that cannot be put on record is still a look, and the log says so.
pub async fn open_case(app: &App, actor: &Actor, id: &CaseId) -> Result<Case, Error> {
    let case = load_case(app, actor, id).await?;
    let Some(member) = actor.member() else { return Ok(case) };
    reading::look(app, member, &case).await?;
    let today = app.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let known = |seen: &candor_core::case::Seen| {
        seen.by == *member && seen.at.to_zoned(jiff::tz::TimeZone::UTC).date() == today
    };
    if case.seen.iter().any(known) {
        return Ok(case);
    }
    match Box::pin(execute(app, actor, id, Command::See, None)).await {
        Ok(_) => load_case(app, actor, id).await,
        Err(Error::Full | Error::Busy | Error::Stale) => {
            tracing::warn!("a member opened a case, and this could not be put on record");
            Ok(case)
        }
        Err(other) => Err(other),
    }
}

/// The policy a case runs under.
///
/// # Errors
/// [`Error::Internal`] when it is not in service, which cannot happen while the store is whole.
pub fn policy_of(app: &App, case: &Case) -> Result<Arc<Policy>, Error> {
    app.policy_at(&case.program, case.policy_version)
        .ok_or_else(|| Error::internal("the case's policy is not in service"))
}

/// Whether the asker may do this to a case that they see; nothing is done.
///
/// # Errors
/// As [`execute`] for whoever may not.
pub fn may(app: &App, actor: &Actor, case: &Case, command: Command) -> Result<(), Error> {
    let policy = policy_of(app, case)?;
    access::allow(Some(case), &policy, actor, command, app.now()).map(drop).map_err(denied)
}

fn denied(denied: Denied) -> Error {
    match denied {
        Denied::Absent => Error::NotFound,
        Denied::Role { needs } => Error::Role { needs },
        Denied::NotOn => Error::NotOn,
    }
}

/// The text for the release notes of a case's fix. Before its publication it is for the team alone.
///
/// # Errors
/// [`Error::Refused`] with what the advisory still lacks.
pub fn release_notes(app: &App, case: &Case) -> Result<String, Error> {
    let policy = policy_of(app, case)?;
    let facts = Facts {
        now: app.now(),
        policy_version: case.policy_version,
        advisory_id: String::new(),
        may_hold: true,
        moving_to: None,
        base_url: app.program_url(&case.program),
        ..Facts::default()
    };
    let facts = match &case.advisory.id {
        Some(_) => facts,
        // The number is drawn with the publication.
        None => Facts { advisory_id: format!("{}-DRAFT", policy.advisory_prefix()), ..facts },
    };
    let record = candor_core::disclosure::release_record(case, &policy, &facts)?;
    Ok(candor_formats::advisory::release_notes(&[&record], !case.advisory.is_public()))
}

/// What a decision must know of the world. An advisory's number is taken only when one is about to be published.
async fn facts(app: &App, case: &Case, allowed: &access::Allowed<'_>, now: Timestamp) -> Result<Facts, Error> {
    let may_publish = match allowed.command() {
        Command::Publish { .. } | Command::GoPublic { .. } => true,
        Command::RecordFix { .. } | Command::DecideVersions { .. } => case.advisory.order.is_some(),
        Command::Tick => case.advisory.order.as_ref().is_some_and(|order| order.at.is_some_and(|at| at <= now)),
        _ => false,
    };
    let advisory_id = match &case.advisory.id {
        Some(id) => id.clone(),
        None if may_publish => {
            let policy = policy_of(app, case)?;
            let year = now.to_zoned(jiff::tz::TimeZone::UTC).year();
            let limited = !matches!(allowed.command(), Command::GoPublic { .. })
                && case.advisory.draft.as_ref().is_some_and(|draft| !draft.tlp.is_public());
            journal::next_id(app, case, &policy.advisory_prefix(), year, limited).await?
        }
        None => String::new(),
    };
    let may_hold = match allowed.command() {
        Command::Assign { to: Some(member) } => may_work_on(app, case, member, false).await?,
        Command::PutOn { member, .. } => may_work_on(app, case, member, true).await?,
        _ => true,
    };
    Ok(Facts {
        now,
        policy_version: case.policy_version,
        advisory_id,
        may_hold,
        lead: match allowed.command() {
            Command::Merge { into, .. } | Command::Relate { to: into, .. } | Command::Unrelate { to: into } => {
                asides::lead(app, allowed.actor(), into).await?
            }
            _ => None,
        },
        may_see: match allowed.command() {
            Command::Note { mentions, .. } => who_may_see(app, case, mentions).await?,
            _ => Vec::new(),
        },
        credits: if may_publish { asides::credits(app, case).await? } else { Vec::new() },
        known_before: match allowed.command() {
            Command::Duplicate { of: Some(of), .. } => known_before(app, case, allowed.actor(), of).await?,
            _ => None,
        },
        moving_to: match allowed.command() {
            Command::MovePolicy { version, .. } => app.policy_at(&case.program, *version),
            _ => None,
        },
        looked: match allowed.command() {
            Command::ShareFile { sharing } => files::looked(app, case, &sharing.file).await?,
            _ => None,
        },
        base_url: app.program_url(&case.program),
    })
}

/// Which of these members may see a case. Nobody else is told of a note: naming somebody gives them nothing.
async fn who_may_see(app: &App, case: &Case, named: &[MemberId]) -> Result<Vec<MemberId>, Error> {
    let mut seeing = Vec::new();
    let grants = standing::grants(case, policy_of(app, case)?.as_ref());
    for id in named.iter().take(50).filter(|id| id.as_str().len() <= 64) {
        let known = store::people::get_member(&app.store, id.as_str()).await?;
        if known.is_none_or(|known| known.disabled) {
            continue;
        }
        let given = store::people::roles_of(&app.store, id.as_str()).await?.into_iter();
        let here = given.filter(|given| given.program == "*" || given.program == case.program.as_str());
        let roles = here.filter_map(|given| Some((case.program.clone(), access::Role::from_name(&given.role)?)));
        let actor = Actor::Member { id: id.clone(), roles: roles.collect() };
        if standing::relation(&actor, &case.program, &grants, app.now()) == Relation::On {
            seeing.push(id.clone());
        }
    }
    Ok(seeing)
}

/// The proof that another case came before this one: its time and the hash of its first sealed entry. Only of a case that
/// the asker may see; of any other nothing is told, not even that it is there.
async fn known_before(app: &App, case: &Case, actor: &Actor, of: &CaseId) -> Result<Option<KnownBefore>, Error> {
    let Some(row) = store::cases::get(&app.store, of.as_str()).await? else { return Ok(None) };
    let grants = standing::read(&row.grants);
    let sees = access::may_see(actor, of, &row.program.as_str().into(), &grants, app.now());
    if !sees || row.opened_at >= case.opened_at.as_microsecond() {
        return Ok(None);
    }
    let first = store::journal::load(&app.store, of.as_str()).await?.into_iter().next();
    let at = Timestamp::from_microsecond(row.opened_at).map_err(Error::internal)?;
    let Some(first) = first else { return Ok(None) };
    let proof = proofs::without_report(app, of, 0).await?;
    let proof = proof.map(|proof| serde_json::to_string(&proof)).transpose().map_err(Error::internal)?;
    Ok(Some(KnownBefore { at, hash: report::hex(&first.hash), proof }))
}

/// Up to two members who coordinate a program, without this one.
async fn coordinators(app: &App, program: &ProgramSlug, without: &MemberId) -> Result<Vec<MemberId>, Error> {
    let mut found: Vec<MemberId> = Vec::new();
    for given in store::people::roles(&app.store).await? {
        let id = MemberId(given.member);
        let coordinates = given.role == access::Role::Coordinator.name();
        if !coordinates || !(given.program == "*" || given.program == program.as_str()) {
            continue;
        }
        let works = store::people::get_member(&app.store, id.as_str()).await?.is_some_and(|known| !known.disabled);
        if works && id != *without && !found.contains(&id) {
            found.push(id);
        }
        if found.len() == 2 {
            break;
        }
    }
    Ok(found)
}

/// Whether this id is of a member who has a role in the case's program; without `reading`, one that works on cases.
async fn may_work_on(app: &App, case: &Case, member: &MemberId, reading: bool) -> Result<bool, Error> {
    // Ids are short; a longer text is none, and is not looked up.
    if member.as_str().len() > 64 {
        return Ok(false);
    }
    let known = store::people::get_member(&app.store, member.as_str()).await?;
    if known.is_none_or(|known| known.disabled) {
        return Ok(false);
    }
    let roles = store::people::roles_of(&app.store, member.as_str()).await?;
    Ok(roles.into_iter().any(|given| {
        matches!(given.program.as_str(), "*") | (given.program == case.program.as_str())
            && access::Role::from_name(&given.role).is_some_and(|role| reading || role != access::Role::Observer)
    }))
}

/// Puts the letters that follow from `events` into the outbox of the same transaction.
pub(crate) fn tell(
    batch: &mut Batch,
    after: &Case,
    first_seq: u64,
    events: &[Event],
    policy: &Policy,
    now: Timestamp,
    letters: Letters,
) {
    let at = now.as_microsecond();
    // Fixes of several versions that come at once are one letter.
    let is_fix = |event: &Event| matches!(event, Event::FixRecorded { kind, .. } if kind.is_remedy());
    let last_fix = events.iter().rposition(is_fix);
    for (at_event, (seq, event)) in (first_seq + 1..).zip(events).enumerate() {
        if is_fix(event) && Some(at_event) != last_fix {
            continue;
        }
        for notice in notices(after, event, policy) {
            let next_at = match (letters, &notice.to) {
                (Letters::Never, Recipient::Reporter(_)) | (Letters::Nobody, _) => continue,
                (Letters::From(from), Recipient::Reporter(_)) => from.as_microsecond(),
                _ => at,
            };
            let id = crate::keys::random::ordered_id(at);
            batch.main.push(store::outbox::insert_statement(&store::outbox::NewLetter {
                id: &id,
                stream: after.id.as_str(),
                seq: i64::try_from(seq).unwrap_or(i64::MAX),
                kind: notice.kind.name(),
                recipient: &notice.to.name(),
                next_at,
                created_at: at,
            }));
        }
    }
}

/// A tick found nothing to do: the row says when to ask again. When somebody wrote meanwhile, their row says it already.
async fn settle(app: &App, Loaded { case, policy, head, row }: &Loaded) -> Result<(), Error> {
    let case_key = app.keys()?.case_key(case.id.as_str()).await?;
    let projected = project::row(&case_key, case, policy, *head)?;
    if projected.wake_at != row.wake_at || projected.due_state != row.due_state || projected.due_at != row.due_at {
        app.store.commit(Batch::main(vec![store::cases::settle_statement(&projected)])).await?;
    }
    Ok(())
}

/// What happened since an entry, for the page that tells somebody about it.
pub fn since(case: &Case, seq: u64) -> Vec<Entry> {
    case.history.iter().filter(|entry| entry.seq > seq).cloned().collect()
}
