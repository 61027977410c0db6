//! From an outbox row to the bytes of a message. Built when it is delivered, so rights and addresses are those of now.

use askama::Template;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::id::{CaseId, MemberId};
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::Policy;
use candor_core::promises;
use jiff::Timestamp;
use lettre::Address;
use mail_builder::MessageBuilder;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;

use super::address::{self, NoAddress, Sender};
use super::words::{About, Matter, Words};
use crate::accounts;
use crate::app::App;
use crate::error::Error;
use crate::execute;
use crate::keys::{Purpose, lookup};
use crate::store::outbox::OutboxRow;

/// A message ready to leave.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// Id of the outbox row, from which the Message-ID is made.
    pub id: String,
    /// When the notice was written.
    pub at: Timestamp,
    /// Envelope sender.
    pub from: Address,
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
}

/// To whom a letter goes, found out anew each time.
enum Found {
    Address(String),
    Nobody(&'static str),
}

/// Builds the letter of a row.
///
/// # Errors
/// When the store or the keys fail; the row is to be tried again.
pub async fn build(app: &App, sender: &Sender, row: &OutboxRow) -> Result<Built, Error> {
    let (Some(kind), Some(recipient)) = (NoticeKind::from_name(&row.kind), Recipient::from_name(&row.recipient)) else {
        return Ok(Built::Unsendable("the row names a kind or a recipient that this version does not know".into()));
    };
    let case = match execute::load_case(app, &Actor::Clock, &CaseId(row.stream.clone())).await {
        Ok(case) => case,
        Err(Error::NotFound) => return Ok(Built::Dropped("the case was erased")),
        Err(other) => return Err(other),
    };
    let policy = execute::policy_of(app, &case)?;
    let to = match find(app, &case, &policy, kind, &recipient).await? {
        Found::Nobody(why) => return Ok(Built::Dropped(why)),
        Found::Address(address) => match address::check(&address) {
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
    let matter = Matter {
        case: &case.id,
        policy: &policy,
        clocks: promises::clocks(&case, &policy, app.now()),
        about: entry.map_or(About::Other, |entry| About::of(&entry.what)),
        base_url: &app.config.base_url,
        advisory: case.advisory.published.last().map(|record| record.id.clone()),
        at,
        waiting_since: case.waiting_since,
        closes: promises::silence_ends(&case, &policy),
        drill: case.drill,
    };
    let words = matter.words(kind);
    let thread = lookup(
        app.keys()?.root().purpose(Purpose::Lookup),
        "mail thread",
        format!("{}\n{}", row.stream, row.recipient).as_bytes(),
    );
    let name = address::display_name(&policy.program.name);
    compose(sender, &name, &row.id, &execute::report::hex(&thread), at, to, &words)
        .map(|letter| Built::Letter(Box::new(letter)))
}

/// Puts words into a message. The Message-ID is made from `id` alone, so that a letter sent twice is known as one.
///
/// # Errors
/// When a template fails, which it cannot on these parts.
pub fn compose(
    sender: &Sender,
    program: &str,
    id: &str,
    thread: &str,
    at: Timestamp,
    to: Address,
    words: &Words,
) -> Result<Letter, Error> {
    let host = sender.address.domain();
    let thread = format!("thread-{thread}@{host}");
    let name = if program.is_empty() { sender.name.as_str() } else { program };
    let bytes = MessageBuilder::new()
        .from((name, sender.address.as_ref() as &str))
        .to(to.as_ref() as &str)
        .subject(address::display_line(&words.subject))
        .date(Date::new(at.as_second()))
        .message_id(format!("{id}@{host}"))
        .in_reply_to(thread.clone())
        .references(thread)
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(words.render().map_err(Error::internal)?)
        .html_body(words.html().map_err(Error::internal)?)
        .write_to_vec()
        .map_err(Error::internal)?;
    Ok(Letter { id: id.to_owned(), at, from: sender.address.clone(), to, bytes })
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
        Recipient::Member(id) => match member(app, case, id).await? {
            Some(address) => Ok(Found::Address(address)),
            None if kind == NoticeKind::Assigned => Ok(Found::Nobody("the member may not see the case any more")),
            // What the holder may not hear any more, somebody else must: a promise is never missed in silence.
            None => Ok(policy.contacts.first().map_or(
                Found::Nobody("the member may not see the case any more, and the policy names no contact"),
                |contact| Found::Address(contact.email.clone()),
            )),
        },
        Recipient::Contact(role) => Ok(policy
            .contact(role)
            .or_else(|| policy.contacts.first())
            .map_or(Found::Nobody("the policy names no contact"), |contact| Found::Address(contact.email.clone()))),
    }
}

/// The address of a member who still has a role in the case's program.
async fn member(app: &App, case: &Case, id: &MemberId) -> Result<Option<String>, Error> {
    Ok(accounts::member(app, id)
        .await?
        .filter(|member| !member.disabled && member.actor(app).role(&case.program).is_some())
        .map(|member| member.email))
}
