//! From an outbox row to the bytes of a message. Built when it is delivered, so rights and addresses are those of now.

use askama::Template;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::event::{Channel, Credit, Event};
use candor_core::evidence;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::Policy;
use candor_core::promises;
use candor_core::protected::report_came_encrypted;
use candor_core::schedule::{self, StepStatus};
use candor_core::scope;
use candor_core::standing;
use jiff::Timestamp;
use lettre::Address;
use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;

use super::address::{self, NoAddress, Sender};
use super::encrypted::{self, Way};
use super::words::{About, ByMail, Link, Matter, Words};
use super::{account, channels, language, members, outside};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::keys::{Purpose, lookup, random};
use crate::letters as own;
use crate::store::outbox::{self, OutboxRow};
use crate::store::{Batch, StoreError};
use crate::watch::probes::STREAM;
use crate::watch::round_trip;
use crate::{openpgp, program_keys};

/// A message ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id of the outbox row, from which the Message-ID is made.
    pub id: String,
    /// When the notice was written.
    pub at: Timestamp,
    /// Envelope sender.
    pub from: Address,
    /// Domain of the sender that is shown.
    pub sender_domain: String,
    /// The program it speaks for.
    pub program: ProgramSlug,
    /// The one recipient.
    pub to: Address,
    /// The message (RFC 5322).
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Letter({}, {} bytes)", self.id, self.bytes.len())
    }
}

impl Letter {
    /// Name of the letter as a file; names sort by the time of the notice.
    pub fn file_name(&self) -> String {
        format!("{}-{}.eml", self.at.strftime("%Y%m%dT%H%M%S%6f"), self.id)
    }
}

/// What comes of an outbox row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Built {
    /// A letter.
    Letter(Box<Letter>),
    /// Nobody to write to any more: the row is done, with the reason.
    Dropped(&'static str),
    /// It can never be sent, and a person should look.
    Unsendable(String),
    /// It waits for another OpenPGP key of the reporter, or for their wish for letters in the clear; with the reason.
    Held(String),
}

/// To whom a letter goes, found out anew each time.
enum Found {
    Address(String),
    /// Of somebody who hears it in the recipient's place.
    Instead(String),
    Nobody(&'static str),
}

/// Builds the letter of a row.
///
/// # Errors
/// When the store or the keys fail; the row is to be tried again.
pub async fn build(app: &App, sender: &Sender, row: &OutboxRow) -> Result<Built, Error> {
    if let Some(slug) = row.stream.strip_prefix(STREAM) {
        return of_program(app, sender, row, slug).await;
    }
    if let Some(member) = row.stream.strip_prefix(accounts::openpgp::STREAM) {
        return account::build(app, sender, row, &member.into()).await;
    }
    let (Some(kind), Some(recipient)) = (NoticeKind::from_name(&row.kind), Recipient::from_name(&row.recipient)) else {
        return Ok(Built::Unsendable("the row names a kind or a recipient that this version does not know".into()));
    };
    let case = match execute::load_case(app, &Actor::Clock, &CaseId(row.stream.clone())).await {
        Ok(case) => case,
        Err(Error::NotFound) => return Ok(Built::Dropped("the case was erased")),
        Err(other) => return Err(other),
    };
    let policy = execute::policy_of(app, &case)?;
    let found = find(app, &case, &policy, kind, &recipient).await?;
    let is_instead = matches!(found, Found::Instead(_));
    let to = match found {
        Found::Nobody(why) => return Ok(Built::Dropped(why)),
        Found::Address(address) | Found::Instead(address) => match address::check(&address) {
            Ok(address) => address,
            Err(NoAddress::Empty) => return Ok(Built::Dropped("no address was given")),
            // An address a reporter mistyped is nobody's fault; a contact's must be mended.
            Err(_) if matches!(recipient, Recipient::Reporter(_)) => {
                return Ok(Built::Dropped("the address given cannot be written to"));
            }
            Err(why) => return Ok(Built::Unsendable(why.to_string())),
        },
    };
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let entry = case.history.iter().find(|entry| i64::try_from(entry.seq).is_ok_and(|seq| seq == row.seq));
    let by_mail = by_mail(app, &case, &policy, &recipient, kind).await?;
    let way = match &recipient {
        Recipient::Member(member) if !is_instead => encrypted::way_to_member(app, &policy, member).await?,
        _ => encrypted::way(&case, &recipient, kind, app.now()),
    };
    let key = match way {
        Way::Held(why) => return Ok(Built::Held(why)),
        Way::Neutral => return neutral(app, sender, row, &policy.program.slug, to),
        Way::To(key) => Some(key),
        Way::Clear => None,
    };
    let matter = Matter {
        case: &case.id,
        policy: &policy,
        clocks: promises::clocks(&case, &policy, app.now()),
        about: entry.map_or(About::Other, |entry| About::of(&entry.what)),
        base_url: &app.config.base_url,
        advisory: case
            .advisory
            .published
            .last()
            .map(|record| record.id.clone())
            .or_else(|| case.published_with.clone()),
        at,
        waiting_since: case.waiting_since,
        closes: promises::silence_ends(&case, &policy),
        drill: case.drill,
        by_mail: by_mail.as_ref(),
        // Inside an encrypted letter the team's words are as private as on the reporter's page.
        said: entry
            .and_then(|entry| said(&entry.what))
            .filter(|_| by_mail.is_some() && (app.config.mail_words || key.is_some())),
        step: entry.and_then(|entry| step(&case, &policy, &entry.what, app.now())),
    };
    let mut words = match (&recipient, kind) {
        (Recipient::Outside { name, .. }, NoticeKind::Advance | NoticeKind::Announcement) => {
            let Some(recipients) = policy.disclosure.recipients(name) else {
                return Ok(Built::Dropped("the policy names these recipients no more"));
            };
            match outside::words(&case, &policy, recipients, kind, &app.config.base_url) {
                Ok(words) => words,
                Err(why) => return Ok(Built::Dropped(why)),
            }
        }
        (Recipient::Member(_), NoticeKind::MailRefused) => members::refused(&case, &policy, &app.config.base_url),
        (Recipient::Party(number), NoticeKind::PartyInvited) => {
            let Some(party) =
                candor_core::parties::find(&case, *number).filter(|party| party.may_join(&case, app.now()))
            else {
                return Ok(Built::Dropped("the invitation is over"));
            };
            let link = execute::parties::link(app.keys()?, &case.id, &party.invitation);
            let mut words = matter.words(kind);
            words.link = Some(Link { label: "The invitation", url: format!("{}/party/{link}", app.config.base_url) });
            words
        }
        _ => matter.words(kind),
    };
    // In a letter that only its reader opens there is room for what it is about.
    if let (Recipient::Member(_), Some(_), Some(text)) = (&recipient, &key, entry.and_then(|entry| wrote(&entry.what)))
    {
        words.body.push("The reporter wrote:".into());
        words.body.extend(text.split("\n\n").map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
    }
    // Whoever reads it in the member's place is not to write in their name.
    let theirs = if is_instead { None } else { members::addresses(app, &policy, &case, &recipient).await? };
    if let Some(theirs) = &theirs {
        words.answers = theirs.words();
    }
    let thread = match &by_mail {
        Some(by_mail) => by_mail.thread.clone(),
        None => thread_of(app, row)?,
    };
    let name = address::display_name(&policy.program.name);
    let head = Heading {
        program: &name,
        slug: &policy.program.slug,
        id: &row.id,
        thread: &thread,
        mark: &super::receive::own_mark(app, &row.id)?,
        reply_to: by_mail
            .as_ref()
            .and_then(|by_mail| by_mail.reply_to.as_deref())
            .or_else(|| theirs.as_ref().map(|theirs| theirs.note.as_str())),
    };
    // Recipients outside are told what the policy lets them have, in words that are the same for all.
    let own_words = match recipient {
        Recipient::Outside { .. } => None,
        _ => {
            let reads = language::of(app, &policy, &case, &recipient, kind).await?;
            own::own(app, &policy.program.slug, kind, reads.as_deref()).await?
        }
    };
    let letter = match own_words {
        Some(own) => {
            let (subject, text) = own.fill(&values(&name, &case.id, &words));
            let html = own::to_html(&subject, &text).map_err(Error::internal)?;
            compose_as(sender, &head, at, to, (&subject, text, html))
        }
        None => compose(sender, &head, at, to, &words),
    };
    let mut letter = letter?;
    if let Some(own) = program_keys::current(app, &policy.program.slug).await?
        && let Some(field) = encrypted::autocrypt(sender.address.as_ref(), &own, app.now())
    {
        letter.bytes.splice(0..0, field.into_bytes()).for_each(drop);
    }
    if let Some(key) = key {
        let signer = program_keys::signer(app, &policy.program.slug).await?;
        match encrypted::encrypted(&letter.bytes, &key, signer.as_ref(), app.now(), openpgp::random()) {
            Ok(bytes) => letter.bytes = bytes,
            Err(_) if matches!(recipient, Recipient::Member(_)) => {
                return neutral(app, sender, row, &policy.program.slug, letter.to);
            }
            Err(why) => return Ok(Built::Held(why.to_string())),
        }
    }
    // Where a notice can be ended, its head says how (RFC 2369). Reporters are told of their own report and nothing else.
    let ends = match &recipient {
        Recipient::Member(_) => Some(format!("<{}/desk/settings#s-letters>", app.config.base_url)),
        Recipient::Outside { .. } => {
            policy.contacts.first().map(|contact| format!("<mailto:{}?subject=unsubscribe>", contact.email))
        }
        Recipient::Reporter(_) | Recipient::Contact(_) | Recipient::Party(_) => None,
    };
    if let Some(ends) = ends {
        let mut bytes = format!("List-Unsubscribe: {ends}\r\n").into_bytes();
        bytes.append(&mut letter.bytes);
        letter.bytes = bytes;
    }
    Ok(Built::Letter(Box::new(letter)))
}

/// A letter to a member that says nothing but that there is something.
fn neutral(app: &App, sender: &Sender, row: &OutboxRow, slug: &ProgramSlug, to: Address) -> Result<Built, Error> {
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    // Not even which letters belong together.
    let thread =
        random::spelled(&lookup(app.keys()?.root().purpose(Purpose::Lookup), "neutral letter", row.id.as_bytes()));
    let head = Heading {
        program: "",
        slug,
        id: &row.id,
        thread: &thread,
        mark: &super::receive::own_mark(app, &row.id)?,
        reply_to: None,
    };
    let words = encrypted::neutral(&app.config.base_url);
    compose(sender, &head, at, to, &words).map(|letter| Built::Letter(Box::new(letter)))
}

/// A neutral letter that asks the reporter for another key, because this one waits. Once for each key.
///
/// # Errors
/// When the store fails.
pub async fn ask_for_key(app: &App, row: &OutboxRow) -> Result<(), Error> {
    let Some(Recipient::Reporter(number)) = Recipient::from_name(&row.recipient) else { return Ok(()) };
    let case = execute::load_case(app, &Actor::Clock, &CaseId(row.stream.clone())).await?;
    let report = case.reports.iter().find(|report| report.number == number);
    let key = report.and_then(|report| report.contact.as_ref()).map_or("", |contact| contact.pgp_key.as_str());
    let lookups = app.keys()?.root().purpose(Purpose::Lookup);
    let tag = lookup(lookups, "letter about a key", format!("{}\n{}\n{key}", row.stream, row.recipient).as_bytes());
    let now = app.now().as_microsecond();
    let statement = outbox::insert_statement(&outbox::NewLetter {
        id: &random::spelled(&tag),
        stream: &row.stream,
        seq: row.seq,
        kind: NoticeKind::KeyAsked.name(),
        recipient: &row.recipient,
        next_at: now,
        created_at: now,
    });
    match app.store.commit(Batch::main(vec![statement])).await {
        // Asked before.
        Ok(()) | Err(StoreError::Conflict) => Ok(()),
        Err(why) => Err(why.into()),
    }
}

/// What fills the places of a program's own words.
fn values(program: &str, case: &CaseId, words: &Words) -> own::Values {
    let dates = words.dates.iter().map(|date| match date.note.as_str() {
        "" => format!("- {}: {}", date.what, date.when),
        note => format!("- {}: {} ({note})", date.what, date.when),
    });
    own::Values {
        program: program.to_owned(),
        case: case.0.clone(),
        lead: words.lead.clone(),
        body: words.body.join("\n\n"),
        dates: dates.collect::<Vec<_>>().join("\n"),
        expected: words.expected.clone(),
        url: words.link.as_ref().map(|link| link.url.clone()).unwrap_or_default(),
        why: words.why.clone(),
        answers: words.answers.clone(),
    }
}

/// What letters of one case or program to one recipient have in common.
pub(super) fn thread_of(app: &App, row: &OutboxRow) -> Result<String, Error> {
    Ok(execute::report::hex(&lookup(
        app.keys()?.root().purpose(Purpose::Lookup),
        "mail thread",
        format!("{}\n{}", row.stream, row.recipient).as_bytes(),
    )))
}

/// Builds a letter about a program and no case.
async fn of_program(app: &App, sender: &Sender, row: &OutboxRow, slug: &str) -> Result<Built, Error> {
    let Some(policy) = app.policy(&slug.into()) else { return Ok(Built::Dropped("the program is not in service")) };
    if row.kind == round_trip::KIND {
        return to_itself(app, sender, row, &policy);
    }
    let Some(Recipient::Contact(role)) = Recipient::from_name(&row.recipient) else {
        return Ok(Built::Unsendable("the row names a recipient that this version does not know".into()));
    };
    let Some(contact) = policy.contact(&role) else {
        return Ok(Built::Dropped("the policy names this contact no more"));
    };
    let to = match address::check(&contact.email) {
        Ok(address) => address,
        Err(why) => return Ok(Built::Unsendable(why.to_string())),
    };
    let words = match channels::words(app, &policy, &row.kind).await? {
        Ok(words) => words,
        Err(why) => return Ok(Built::Dropped(why)),
    };
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let thread = thread_of(app, row)?;
    let name = address::display_name(&policy.program.name);
    let head = Heading {
        program: &name,
        slug: &policy.program.slug,
        id: &row.id,
        thread: &thread,
        mark: &super::receive::own_mark(app, &row.id)?,
        reply_to: None,
    };
    compose(sender, &head, at, to, &words).map(|letter| Built::Letter(Box::new(letter)))
}

/// Builds the letter by which Candor looks whether mail to the program's own address comes in.
fn to_itself(app: &App, sender: &Sender, row: &OutboxRow, policy: &Policy) -> Result<Built, Error> {
    let Some(own) = &policy.channels.email else {
        return Ok(Built::Dropped("the policy takes no reports by mail any more"));
    };
    let to = match address::check(own) {
        Ok(address) => address,
        Err(why) => return Ok(Built::Unsendable(why.to_string())),
    };
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let thread = thread_of(app, row)?;
    let name = address::display_name(&policy.program.name);
    let head = Heading {
        program: &name,
        slug: &policy.program.slug,
        id: &row.id,
        thread: &thread,
        mark: &super::receive::own_mark(app, &row.id)?,
        reply_to: None,
    };
    compose(sender, &head, at, to, &channels::to_itself(&name)).map(|letter| Built::Letter(Box::new(letter)))
}

/// What letters to a reporter who came by mail can say and carry; `None` for everybody else.
async fn by_mail(
    app: &App,
    case: &Case,
    policy: &Policy,
    recipient: &Recipient,
    kind: NoticeKind,
) -> Result<Option<ByMail>, Error> {
    let Recipient::Reporter(number) = recipient else { return Ok(None) };
    let report = case.reports.iter().find(|report| report.number == *number && report.channel == Channel::Mail);
    let Some(report) = report else { return Ok(None) };
    let hash = case.history.iter().find_map(|entry| match &entry.what {
        Event::Reported { number: of, receipt, .. } if of == number => execute::rebuild::unhex(receipt),
        _ => None,
    });
    let Some(hash) = hash else { return Ok(None) };
    let keys = app.keys()?;
    // Some that members filed before had a receipt of chance.
    if !execute::report::has_mail_receipt(keys, case.id.as_str(), &hash) {
        return Ok(None);
    }
    let secrets = execute::report::reply_secrets(keys, &hash);
    // What was read of an encrypted mail is not told to whoever sent it, not even by what it lacks.
    let tells = kind == NoticeKind::Received && !report_came_encrypted(&report.facts);
    Ok(Some(ByMail {
        receipt: execute::report::mail_receipt(keys, case.id.as_str()),
        reply_to: super::receive::secret_address(policy, &secrets.address),
        thread: secrets.thread,
        missing: if tells {
            evidence::asked(&report.facts, policy, evidence::of_report(case, report, policy).lane)
        } else {
            Vec::new()
        },
        hints: if tells {
            let found = scope::hints(&report.facts, policy, report.at).into_iter();
            // Clauses of the policy alone; a hint that repeats words of the report does not leave in a letter.
            let clauses = found.filter_map(|hint| Some((hint.clause?, hint.text)));
            clauses.take(3).map(|(clause, text)| format!("Clause {clause}: {text}")).collect()
        } else {
            Vec::new()
        },
        public: if tells { execute::public::addresses(app, policy, &report.facts).await? } else { Vec::new() },
        state: case.state,
        credit: match &report.credit {
            Some(Credit::Anonymous) => Some(false),
            Some(Credit::Named { .. }) => Some(true),
            None => None,
        },
    }))
}

/// The team's words in an event.
fn said(event: &Event) -> Option<&str> {
    let text = match event {
        Event::Acknowledged { text }
        | Event::Answered { text, .. }
        | Event::Asked { text, .. }
        | Event::Confirmed { text }
        | Event::Dismissed { text, .. }
        | Event::EmbargoProposed { text, .. } => text,
        Event::Estimated { reason, .. } => reason,
        _ => return None,
    };
    Some(text.as_str()).filter(|text| !text.trim().is_empty())
}

/// The reporter's words in an event.
fn wrote(event: &Event) -> Option<&str> {
    let Event::ReporterWrote { text, .. } = event else { return None };
    Some(text.as_str()).filter(|text| !text.trim().is_empty())
}

/// What stands in the head of a letter besides sender, recipient and subject.
#[derive(Debug, Clone, Copy)]
pub struct Heading<'a> {
    /// Name of the program, shown as the sender's.
    pub program: &'a str,
    /// Its slug.
    pub slug: &'a ProgramSlug,
    /// Id of the letter.
    pub id: &'a str,
    /// What letters of one case to one person have in common.
    pub thread: &'a str,
    /// By which the letter is known when it comes back.
    pub mark: &'a str,
    /// Where answers go, if not to the sender.
    pub reply_to: Option<&'a str>,
}

/// Puts words into a message. The Message-ID is made from `id` alone, so that a letter sent twice is known as one.
///
/// # Errors
/// When a template fails, which it cannot on these parts.
pub fn compose(
    sender: &Sender,
    head: &Heading<'_>,
    at: Timestamp,
    to: Address,
    words: &Words,
) -> Result<Letter, Error> {
    let text = words.render().map_err(Error::internal)?;
    let html = words.html().map_err(Error::internal)?;
    compose_as(sender, head, at, to, (&words.subject, text, html))
}

/// The same with subject, text and HTML as they are.
fn compose_as(
    sender: &Sender,
    head: &Heading<'_>,
    at: Timestamp,
    to: Address,
    (subject, text, html): (&str, String, String),
) -> Result<Letter, Error> {
    let host = sender.address.domain();
    let Heading { program, id, .. } = *head;
    let thread = format!("thread-{}@{host}", head.thread);
    let name = if program.is_empty() { sender.name.as_str() } else { program };
    let mut message = MessageBuilder::new();
    if let Some(reply_to) = head.reply_to {
        message = message.reply_to((name, reply_to));
    }
    let bytes = message
        .from((name, sender.address.as_ref() as &str))
        .to(to.as_ref() as &str)
        .subject(address::display_line(subject))
        .date(Date::new(at.as_second()))
        .message_id(format!("{id}@{host}"))
        .in_reply_to(thread.clone())
        .references(thread)
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .header("X-Candor-Letter", Raw::new(head.mark))
        .text_body(text)
        .html_body(html)
        .write_to_vec()
        .map_err(Error::internal)?;
    // Where the domain is the sender's own, a letter that cannot be delivered comes back to its case.
    let back = head.reply_to.and_then(|address| address::check(address).ok()).filter(|back| back.domain() == host);
    Ok(Letter {
        id: id.to_owned(),
        at,
        from: back.unwrap_or_else(|| sender.address.clone()),
        sender_domain: host.to_owned(),
        program: head.slug.clone(),
        to,
        bytes,
    })
}

/// The step of the schedule that a bell is about: what is done, when, and whether it is done.
fn step(case: &Case, policy: &Policy, event: &Event, now: Timestamp) -> Option<(String, Option<Timestamp>, bool)> {
    let Event::BellRung { bell, .. } = event else { return None };
    let name = schedule::step_of(bell)?;
    let view = schedule::views(case, policy, now).into_iter().find(|view| view.step.name == name)?;
    Some((view.step.what.clone(), view.due, matches!(view.status, StepStatus::Done { .. })))
}

/// The address of a recipient, with rights looked at again.
async fn find(
    app: &App,
    case: &Case,
    policy: &Policy,
    kind: NoticeKind,
    recipient: &Recipient,
) -> Result<Found, Error> {
    match recipient {
        Recipient::Reporter(number) => {
            let Some(report) = case.reports.iter().find(|report| report.number == *number) else {
                return Ok(Found::Nobody("the report is not part of the case any more"));
            };
            if report.erased {
                return Ok(Found::Nobody("the reporter's name and address were erased"));
            }
            Ok(match &report.contact {
                Some(contact) if !contact.email.trim().is_empty() => Found::Address(contact.email.clone()),
                _ => Found::Nobody("no address was given"),
            })
        }
        Recipient::Member(id) => match member(app, case, policy, id).await? {
            Some(address) => Ok(Found::Address(address)),
            None if matches!(
                kind,
                NoticeKind::Assigned | NoticeKind::Mention | NoticeKind::MailRefused | NoticeKind::People
            ) =>
            {
                Ok(Found::Nobody("the member may not see the case any more"))
            }
            // What the holder may not hear any more, somebody else must: a promise is never missed in silence.
            None => Ok(policy.contacts.first().map_or(
                Found::Nobody("the member may not see the case any more, and the policy names no contact"),
                |contact| Found::Instead(contact.email.clone()),
            )),
        },
        Recipient::Party(number) => Ok(candor_core::parties::find(case, *number)
            .filter(|party| party.is_open(app.now()))
            .map_or(Found::Nobody("the time of this outside party is over"), |party| {
                Found::Address(party.invitation.contact.email.clone())
            })),
        Recipient::Outside { name, index } => Ok(policy
            .disclosure
            .recipients(name)
            .and_then(|recipients| recipients.addresses.get(*index))
            .map_or(Found::Nobody("the policy names this address no more"), |address| Found::Address(address.clone()))),
        Recipient::Contact(role) => Ok(policy
            .contact(role)
            .or_else(|| policy.contacts.first())
            .map_or(Found::Nobody("the policy names no contact"), |contact| Found::Address(contact.email.clone()))),
    }
}

/// The address of a member who may still know of the case: they are on it, or coordinate its program.
///
/// # Errors
/// As the store fails.
pub(super) async fn member(app: &App, case: &Case, policy: &Policy, id: &MemberId) -> Result<Option<String>, Error> {
    let grants = standing::grants(case, policy);
    let knows = |actor: &Actor| {
        let relation = standing::relation(actor, &case.program, &grants, app.now());
        matches!(relation, standing::Relation::On | standing::Relation::Coordinates)
    };
    Ok(accounts::member(app, id)
        .await?
        .filter(|member| !member.disabled && knows(&member.actor(app)))
        .map(|member| member.email))
}
