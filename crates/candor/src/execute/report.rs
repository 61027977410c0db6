//! A report opens a case. Acknowledged only when it is durable; asked twice, answered once.

use super::again::Again;
use super::{Beside, journal, project};
use crate::app::App;
pub use crate::coding::hex;
use crate::error::Error;
use crate::keys::{KeyRing, Purpose, lookup, random};
use crate::store::{self, Batch, StoreError};
use candor_core::access::{self, Actor};
use candor_core::case::Case;
use candor_core::command::{Command, Filing};
use candor_core::decide::{self, Facts};
use candor_core::event::{Channel, Contact, Credit, ReportFacts};
use candor_core::evolve::{Stamp, author_of, begin, evolve};
use candor_core::id::{CaseId, PersonId, ProgramSlug};
use candor_core::policy::PromiseKind;
use candor_core::{evidence, promises};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A report as a door hands it in.
#[derive(Debug, Clone)]
pub struct NewReport {
    /// Through which door.
    pub channel: Channel,
    /// What it says.
    pub facts: ReportFacts,
    /// Name and address, if given.
    pub contact: Contact,
    /// The credit they chose already.
    pub credit: Option<Credit>,
    /// When it really came, if a member files what came by another way.
    pub received_at: Option<Timestamp>,
}

/// The answer to a report. Given again, word for word, to the same request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filed {
    /// The case.
    pub case: CaseId,
    /// The receipt, in groups. Kept nowhere; whoever loses it loses the way back.
    pub receipt: String,
    /// When it was taken in.
    pub received_at: Timestamp,
    /// What is promised, with dates.
    pub promises: Vec<Promised>,
    /// The commitment to the report that its proof is about, as hexadecimal digits; empty while the desk is locked.
    pub proof: String,
    /// The proof of receipt, without the report itself.
    #[serde(default)]
    pub signed: Option<crate::proof::Proof>,
    /// What the policy says that may concern it, in words.
    #[serde(default)]
    pub hints: Vec<String>,
    /// What the policy asks for besides and the report lacks, in words.
    #[serde(default)]
    pub missing: Vec<String>,
}

/// A promise with its date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// Its name.
    pub name: String,
    /// What is promised, for people.
    pub what: String,
    /// Commitment or target.
    pub kind: PromiseKind,
    /// When it falls due.
    pub due: Timestamp,
}

/// Takes a report in.
///
/// # Errors
/// [`Error::NotFound`] for an unknown program, [`Error::Refused`] when it says nothing or too much,
/// [`Error::KeyReused`] when the idempotency key came with another body, [`Error::Full`] and [`Error::Busy`].
pub async fn file_report(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    report: NewReport,
    idempotency: Option<&str>,
) -> Result<Filed, Error> {
    file(app, actor, program, report, idempotency, How::default()).await
}

/// Takes a report in, with what `beside` adds to its transaction.
///
/// # Errors
/// As [`file_report`]; [`Error::Busy`] also when a row beside is taken already.
pub async fn file_report_beside(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    report: NewReport,
    beside: &Beside<'_>,
) -> Result<Filed, Error> {
    file(app, actor, program, report, None, How { beside: Some(beside), ..How::default() }).await
}

/// Takes a drill in: what a member files to exercise. See [`file_report`].
///
/// # Errors
/// As [`file_report`], and [`Error::Refused`] for anybody but a member.
pub async fn file_drill(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    report: NewReport,
    idempotency: Option<&str>,
) -> Result<Filed, Error> {
    file(app, actor, program, report, idempotency, How { drill: true, ..How::default() }).await
}

/// What was given away already for a report that waited.
pub(super) struct Given<'a> {
    pub(super) case: CaseId,
    pub(super) receipt: String,
    /// The row it waited in.
    pub(super) row: &'a str,
}

/// Takes a report in that waited, under the name and the receipt that it got then.
pub(super) async fn file_given(
    app: &App,
    program: &ProgramSlug,
    report: NewReport,
    given: &Given<'_>,
) -> Result<Filed, Error> {
    file(app, &Actor::Public, program, report, None, How { given: Some(given), ..How::default() }).await
}

/// What is special about a report.
#[derive(Default, Clone, Copy)]
struct How<'a> {
    drill: bool,
    beside: Option<&'a Beside<'a>>,
    given: Option<&'a Given<'a>>,
}

async fn file(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    mut report: NewReport,
    idempotency: Option<&str>,
    How { drill, beside, given }: How<'_>,
) -> Result<Filed, Error> {
    let (version, policy) = app.policy_in_force(program).ok_or(Error::NotFound)?;
    // What was acknowledged is filed, also when its key has ended meanwhile; letters say so then.
    if given.is_none() {
        super::key_serves(app, &report.contact.pgp_key, app.now()).await?;
    }
    let body = serde_json::to_vec(&(
        as_told(&report.facts),
        ContactParts::of(&report.contact),
        &report.credit,
        &report.received_at,
    ))
    .map_err(Error::internal)?;
    let keys = match app.keys() {
        Err(Error::Locked) if *actor == Actor::Public && beside.is_none() => {
            return super::waiting::take(app, program, report, idempotency, &body).await;
        }
        other => other?,
    };
    let again = idempotency.map(|key| Again::new(keys, &format!("report/{program}/{}", actor.name()), key, &body));
    if let Some(again) = &again
        && let Some(filed) = again.answered::<Filed>(app).await?
    {
        return Ok(filed);
    }
    let now = app.now();
    // What was sealed while nobody here could read it, and what a form gave, alike.
    let pgp_key = std::mem::take(&mut report.contact.pgp_key);
    report.contact.pgp_key = super::key_as_read(app, pgp_key, now).await;
    let mut name = given.map(|given| &given.case);
    let mut kept_receipt = given.map(|given| given.receipt.clone());
    for _ in 0..super::TRIES {
        let (id, case_key) = match name {
            Some(name) => (name.0.clone(), keys.case_key_or_new(name.as_str(), now.as_microsecond()).await?),
            None => keys.new_case(now.as_microsecond()).await?,
        };
        // Also one that a member files for its author, who can then go on by mail.
        let by_mail = report.channel == Channel::Mail;
        let receipt = match &kept_receipt {
            Some(receipt) => receipt.clone(),
            None if by_mail => mail_receipt(keys, &id),
            None => random::receipt(),
        };
        let hash = receipt_hash(keys, &receipt).ok_or_else(|| Error::internal("a fresh receipt is malformed"))?;
        let (person, _) = keys.new_person(now.as_microsecond()).await?;
        let id = CaseId(id);
        let filing = Filing {
            channel: report.channel,
            facts: report.facts.clone(),
            contact: report.contact.clone(),
            person: PersonId(person),
            credit: report.credit.clone(),
            received_at: report.received_at,
            receipt: hex(&hash),
            drill,
        };
        let allowed =
            access::allow(None, &policy, actor, Command::Report(Box::new(filing)), now).map_err(super::denied)?;
        let facts = Facts {
            now,
            policy_version: version,
            advisory_id: String::new(),
            may_hold: true,
            moving_to: None,
            base_url: app.program_url(program),
            ..Facts::default()
        };
        let events = decide::open(&allowed, &policy, &facts)?;
        let mut batch = Batch::default();
        let by = author_of(&actor.name());
        let mut case: Option<Case> = None;
        let mut entries = Vec::with_capacity(events.len());
        for (seq, event) in (1_u64..).zip(&events) {
            let stamp = Stamp { seq, at: now, by: by.clone(), decided_in: None };
            match &mut case {
                None => case = begin(&id, &stamp, event.clone()),
                Some(case) => evolve(case, &stamp, event.clone()),
            }
            let case = case.as_ref().ok_or_else(|| Error::internal("a case did not begin with a report"))?;
            entries.push(journal::seal_event(keys, &case_key, case, &stamp, actor, event).await?);
            // The files of a report that waited are the case's already.
            if given.is_none() {
                batch.main.extend(super::files::statements(case, event, now.as_microsecond())?);
            }
        }
        let case = case.ok_or_else(|| Error::internal("a report made no event"))?;
        let (statements, head) = store::journal::append_statements(id.as_str(), store::journal::Head::EMPTY, &entries);
        batch.main.extend(statements);
        super::tell(&mut batch, &case, 0, &events, &policy, now, beside.map_or(super::Letters::Now, |it| it.letters));
        batch.main.extend(beside.map(|beside| (beside.rows)(&id)).unwrap_or_default());
        let (row, lane) = project::weighed(&case_key, &case, &policy, head)?;
        batch.main.push(store::cases::insert_statement(&row));
        batch.main.push(store::receipts::insert_statement(&hash, id.as_str(), 0));
        batch.main.extend(super::views::key_statement(&receipt, id.as_str(), 0, now.as_microsecond()));
        if by_mail {
            let replies = reply_hashes(keys, &hash);
            batch.main.extend(replies.map(|hash| store::receipts::insert_statement(&hash, id.as_str(), 0)));
        }
        let promised: Vec<Promised> = promises::forecast_of(&policy, case.opened_at, case.exploited)
            .into_iter()
            .map(|(promise, due)| Promised { name: promise.name, what: promise.what, kind: promise.kind, due })
            .collect();
        let reported = first_facts(&case).ok_or_else(|| Error::internal("a case did not begin with a report"))?;
        let proof = super::proofs::sign(keys, &case_key, program, reported, case.opened_at, &promised)?;
        batch.main.push(super::proofs::statement(&id, &proof)?);
        let filed = Filed {
            case: id.clone(),
            receipt,
            received_at: now,
            promises: promised,
            hints: super::public::answer(app, &policy, &report.facts, case.opened_at).await?,
            missing: evidence::asked(&report.facts, &policy, lane),
            proof: super::proofs::commitment(&proof),
            signed: Some(proof),
        };
        if let Some(given) = given {
            batch.main.push(store::waiting::take_statement(given.row));
            if *given.case.as_str() != *id.as_str() {
                // Its files came in under the name that was another's.
                let files = report.facts.files.iter();
                batch.main.extend(files.map(|file| store::blobs::move_statement(file.id.as_str(), id.as_str())));
            }
        }
        if let Some(again) = &again {
            batch.main.push(again.remember(&filed, now)?);
        }
        batch.main.extend(store::cases::count_statements(None, Some((&row.program, &row.state))));
        match app.store.commit(batch).await {
            Ok(()) => {
                app.shelf.touch(id.as_str());
                app.nudge_worker();
                return Ok(filed);
            }
            // The same request came twice at once, or the drawn name was taken.
            Err(StoreError::Conflict) => {
                if let Some(again) = &again
                    && let Some(filed) = again.answered::<Filed>(app).await?
                {
                    return Ok(filed);
                }
                if let Some(given) = given {
                    if !super::waiting::waits(app, given.row).await? {
                        return Err(Error::Busy);
                    }
                    // Its name is another's. What was acknowledged is filed all the same: as a new case, and with another
                    // receipt only if that opens something else.
                    tracing::warn!(row = given.row, "a report that waited becomes a case of another name");
                    name = None;
                    if store::receipts::find(&app.store, &hash).await?.is_some() {
                        kept_receipt = None;
                    }
                }
            }
            Err(other) => return Err(other.into()),
        }
    }
    Err(Error::Busy)
}

/// What the first report of a case says, as it is kept: limits and the policy may have filled in or trimmed what was sent.
fn first_facts(case: &Case) -> Option<&ReportFacts> {
    case.reports.first().map(|report| &report.facts)
}

/// What the reporter told: files by name and content, not by where they lie here, so that the same report sent again has
/// the same bytes.
fn as_told(facts: &ReportFacts) -> std::borrow::Cow<'_, ReportFacts> {
    if facts.files.is_empty() {
        return std::borrow::Cow::Borrowed(facts);
    }
    let mut told = facts.clone();
    for file in &mut told.files {
        file.id.0.clear();
        file.key.clear();
        file.sealed_sha256.clear();
    }
    std::borrow::Cow::Owned(told)
}

/// The parts of a contact in a fixed order, so that the same request has the same bytes.
#[derive(Serialize)]
struct ContactParts<'a>(&'a str, &'a str, &'a str, &'a str, &'a str);

impl<'a> ContactParts<'a> {
    fn of(contact: &'a Contact) -> Self {
        Self(&contact.name, &contact.email, &contact.organisation, &contact.link, &contact.pgp_key)
    }
}

/// Keyed hash of a receipt; `None` when the text cannot be one.
pub(crate) fn receipt_hash(keys: &KeyRing, typed: &str) -> Option<[u8; 16]> {
    let normal = random::normal_receipt(typed)?;
    Some(lookup(keys.root().purpose(Purpose::Receipt), "receipt", normal.as_bytes()))
}

/// The receipt of a report that came by mail: the letter that answers it must be able to say it, so it is made from the
/// case's name and a key rather than drawn.
pub fn mail_receipt(keys: &KeyRing, case: &str) -> String {
    let tag = lookup(keys.root().purpose(Purpose::Receipt), "receipt of a mail", case.as_bytes());
    random::grouped(&random::spelled(&tag))
}

/// Whether the receipt of a report is the one that letters about it can say, by the hash in its event.
pub fn has_mail_receipt(keys: &KeyRing, case: &str, hash: &[u8]) -> bool {
    receipt_hash(keys, &mail_receipt(keys, case)).is_some_and(|known| crate::keys::equal(&known, hash))
}

/// The two secrets by which answers to a report that came by mail find their case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplySecrets {
    /// What stands in the address to answer to.
    pub address: String,
    /// What stands in the ids of letters, which mail programs give back in `References`.
    pub thread: String,
}

/// The secrets of a report, made from its receipt's hash. They open no page.
pub fn reply_secrets(keys: &KeyRing, receipt_hash: &[u8]) -> ReplySecrets {
    let key = keys.root().purpose(Purpose::Receipt);
    let spelled = |domain| random::spelled(&lookup(key, domain, receipt_hash)).to_ascii_lowercase();
    ReplySecrets { address: spelled("reply address"), thread: spelled("reply thread") }
}

/// Keyed hashes under which the secrets of a report are found again.
pub(crate) fn reply_hashes(keys: &KeyRing, receipt_hash: &[u8]) -> [[u8; 16]; 2] {
    let secrets = reply_secrets(keys, receipt_hash);
    [secrets.address, secrets.thread].map(|secret| reply_hash(keys, &secret).unwrap_or_default())
}

fn reply_hash(keys: &KeyRing, typed: &str) -> Option<[u8; 16]> {
    let normal = random::normal_receipt(typed)?;
    Some(lookup(keys.root().purpose(Purpose::Receipt), "reply", normal.as_bytes()))
}

/// The report that a secret of an answer belongs to; `None` for a wrong, unknown or malformed one.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub async fn find_reply(app: &App, secret: &str) -> Result<Option<(CaseId, u32)>, Error> {
    let Some(hash) = reply_hash(app.keys()?, secret) else { return Ok(None) };
    match store::receipts::find(&app.store, &hash).await? {
        Some(found) => Ok(Some((CaseId(found.stream), u32::try_from(found.report).map_err(Error::internal)?))),
        None => Ok(None),
    }
}

/// Where a receipt leads; `None` for a wrong, unknown or malformed one.
///
/// # Errors
/// [`Error::Locked`] without keys, and as the store fails.
pub(crate) async fn find_receipt(app: &App, receipt: &str) -> Result<Option<store::receipts::ReceiptRow>, Error> {
    // A malformed receipt costs the same look-up as a wrong one.
    let hash = receipt_hash(app.keys()?, receipt).unwrap_or([0; 16]);
    Ok(store::receipts::find(&app.store, &hash).await?)
}

/// Opens the page of whoever holds a receipt.
///
/// # Errors
/// [`Error::NotFound`] for a wrong, unknown or malformed receipt alike.
pub async fn open_receipt(app: &App, receipt: &str) -> Result<(Actor, Case), Error> {
    let found = find_receipt(app, receipt).await?.ok_or(Error::NotFound)?;
    let actor = Actor::Reporter {
        case: CaseId(found.stream.clone()),
        report: u32::try_from(found.report).map_err(Error::internal)?,
    };
    let case = super::load_case(app, &actor, &CaseId(found.stream)).await?;
    Ok((actor, case))
}
