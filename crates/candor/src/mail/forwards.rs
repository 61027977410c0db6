//! A member forwards a mail from elsewhere to the program's address, and it becomes a report of its author, with the date on which
//! it was written. It is kept at once, and filed so when it is proven to be the member's; else it is filed as what it is, a mail
//! of somebody.

use std::sync::Arc;

use candor_core::decide::LINE_LIMIT;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::{MemberId, ProgramSlug};
use candor_core::intake;
use candor_core::policy::{Policy, TeamMail};
use jiff::{SignedDuration, Timestamp};

use super::apart::read_apart;
use super::read::{Automatic, Letter, Limits, Mailbox};
use super::{address, facts};
use crate::accounts::{self, MemberView};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::NewReport;

/// Largest mail that is kept until it is known whose it is; a larger one is filed at once as what it is.
const LARGEST: usize = 8_000_000;
/// How long ago a forwarded mail may have been written; what says more is not believed.
const OLDEST: SignedDuration = SignedDuration::from_hours(24 * 366);
/// Where mail programs begin a forwarded mail within a text.
const BEGINS: [&str; 5] = [
    "---------- Forwarded message",
    "-------- Forwarded Message",
    "-----Original Message-----",
    "Begin forwarded message:",
    "-------- Original Message",
];

/// A mail within another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forwarded {
    /// What the author wrote, with the files of their mail.
    pub inner: Letter,
    /// What the member wrote above it.
    pub above: String,
}

/// The bytes of a mail that another one passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Within {
    raw: Vec<u8>,
    above: String,
    /// Whether its files lie beside its text, in the mail around it.
    files_beside: bool,
}

/// The mail that a mail passes on: the one attached to it, or the one that its text repeats with its head.
fn within(letter: &Letter) -> Option<Within> {
    let whole = letter.whole();
    let mut attached = letter.files.iter().filter(|file| file.kind == "message/rfc822");
    if let Some(file) = attached.next() {
        // Which of several would be meant?
        let only = attached.next().is_none();
        return only.then(|| Within { raw: file.bytes.clone(), above: whole, files_beside: false });
    }
    let (above, below) = BEGINS.iter().find_map(|mark| {
        let at = whole.find(mark)?;
        let (above, below) = whole.split_at(at);
        Some((above.trim().to_owned(), below.split_once('\n')?.1.to_owned()))
    })?;
    let lines = below.lines().map(|line| line.trim_start_matches(['>', ' ', '\t']).trim_end());
    let mut head = String::new();
    let mut text: Vec<&str> = Vec::new();
    for line in lines {
        let name = line.split(':').next().unwrap_or_default().trim_matches('*').to_ascii_lowercase();
        let is_field = matches!(name.as_str(), "from" | "date" | "sent" | "subject" | "to" | "cc" | "reply-to");
        if text.is_empty() && is_field {
            let value = line.split_once(':').map(|(_, value)| value.trim_matches(['*', ' '])).unwrap_or_default();
            let name = if name == "sent" { "date" } else { name.as_str() };
            head.push_str(&format!("{name}: {value}\r\n"));
        } else if !text.is_empty() || !line.is_empty() {
            text.push(line);
        }
    }
    let raw = format!("{head}Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n", text.join("\r\n"));
    Some(Within { raw: raw.into_bytes(), above, files_beside: true })
}

/// The mail that a mail passes on, read; `None` when there is none that names its author.
///
/// # Errors
/// As [`read_apart`].
pub async fn forwarded(app: &App, letter: &Letter) -> Result<Option<Forwarded>, Error> {
    let Some(Within { raw, above, files_beside }) = within(letter) else { return Ok(None) };
    let limits = Limits { files: app.config.files_limit.saturating_sub(1), ..Limits::default() };
    let inner = read_apart(app, &Arc::new(raw), limits).await?;
    Ok(whole(letter, inner, above, files_beside))
}

fn whole(letter: &Letter, mut inner: Letter, above: String, files_beside: bool) -> Option<Forwarded> {
    if files_beside {
        inner.files.clone_from(&letter.files);
    }
    is_whole(&inner).then_some(Forwarded { inner, above })
}

fn is_whole(inner: &Letter) -> bool {
    inner.over.is_none() && inner.from.as_ref().is_some_and(|from| address::check(&from.address).is_ok())
}

/// The member whose forwarded mail this may be. What is proven, is proven later.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn member_of(
    app: &App,
    policy: &Policy,
    letter: &Letter,
    size: usize,
) -> Result<Option<MemberId>, Error> {
    let person = matches!(letter.automatic, None | Some(Automatic::List)) && !letter.from_list;
    let Some(from) = letter.from.as_ref().filter(|_| person && size <= LARGEST && !letter.is_suspicious()) else {
        return Ok(None);
    };
    if policy.channels.team_mail == TeamMail::Never || within(letter).is_none() {
        return Ok(None);
    }
    let member = accounts::find(app, &from.address).await.ok();
    Ok(member.filter(|it| may_file(app, it, &policy.program.slug, &from.address)).map(|it| it.id))
}

pub(super) fn may_file(app: &App, member: &MemberView, program: &ProgramSlug, address: &str) -> bool {
    !member.disabled && member.email.eq_ignore_ascii_case(address.trim()) && member.actor(app).works_in(program)
}

/// What a member's forwarded mail is filed as.
pub(super) fn report(found: &Forwarded, member: &MemberView, now: Timestamp) -> NewReport {
    let Forwarded { inner, above } = found;
    let whole = inner.whole();
    let mut noticed: Vec<String> = inner.noticed.iter().map(super::read::Noticed::words).collect();
    noticed.push(format!("{} forwarded it. Who wrote it, and when, is as the forwarded mail says.", member.name));
    let received_at = inner.written.filter(|at| *at <= now && *at + OLDEST > now);
    if received_at.is_none() {
        noticed.push("When it was written cannot be read, or is too long ago; clocks count from today.".into());
    }
    if !above.trim().is_empty() {
        noticed.push(format!("Written above it: {}", above.trim()).chars().take(LINE_LIMIT).collect());
    }
    let mut given = ReportFacts {
        title: facts::title(&inner.subject, &whole),
        description: super::receive::fitting(match whole.trim() {
            "" => "[The forwarded mail has no text. It is kept whole as message.eml.]",
            text => text,
        }),
        noticed,
        ..ReportFacts::default()
    };
    facts::labelled(&mut given, &whole);
    let contact = match &inner.from {
        Some(Mailbox { name, address }) if intake::looks_like_address(address) => {
            Contact { name: name.chars().take(LINE_LIMIT).collect(), email: address.clone(), ..Contact::default() }
        }
        _ => Contact::default(),
    };
    NewReport { channel: Channel::Mail, facts: given, contact, credit: None, received_at }
}

/// A mail that is kept until it is known whose it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    /// The return path.
    pub(super) path: Option<String>,
    /// The mail.
    pub(super) raw: Arc<Vec<u8>>,
}

impl Held {
    /// As one text of bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.path.clone().unwrap_or_default().replace('\n', "").into_bytes();
        bytes.push(b'\n');
        bytes.extend_from_slice(&self.raw);
        bytes
    }

    /// From those bytes.
    pub(super) fn of(bytes: &[u8]) -> Option<Self> {
        let at = bytes.iter().position(|byte| *byte == b'\n')?;
        let path = String::from_utf8_lossy(&bytes[..at]).into_owned();
        Some(Self { path: Some(path).filter(|it| !it.is_empty()), raw: Arc::new(bytes[at + 1..].to_vec()) })
    }
}

/// Name on the list of tasks.
pub(super) fn task(member: &MemberId, program: &ProgramSlug) -> String {
    format!("forward:{member}:{program}")
}

/// The member and the program of a task.
pub(super) fn of_task(act: &str) -> Option<(MemberId, ProgramSlug)> {
    let (member, program) = act.strip_prefix("forward:")?.split_once(':')?;
    Some((member.into(), program.into()))
}

#[cfg(test)]
mod tests {
    use super::super::read::read;
    use super::*;

    fn found(raw: &str) -> Option<Forwarded> {
        let letter = read(raw.replace('\n', "\r\n").as_bytes(), &Limits::default());
        let Within { raw, above, files_beside } = within(&letter)?;
        whole(&letter, read(&raw, &Limits::default()), above, files_beside)
    }

    #[test]
    fn a_mail_within_a_mail_is_found_attached_or_repeated_in_the_text() {
        let attached = "From: anna@team.example\nSubject: Fwd: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nFor us.\n--b\n\
            Content-Type: message/rfc822\n\nFrom: Ada <ada@outside.example>\nDate: Mon, 23 Feb 2026 10:00:00 +0000\nSubject: Overflow\n\nIt overflows.\n--b--\n";
        let mail = found(attached).expect("a mail");
        assert_eq!(
            (mail.inner.subject.as_str(), mail.inner.whole().trim(), mail.above.trim()),
            ("Overflow", "It overflows.", "For us.")
        );
        assert_eq!(mail.inner.written.map(|at| at.to_string()).as_deref(), Some("2026-02-23T10:00:00Z"));
        let inline = "From: anna@team.example\nSubject: Fwd: x\n\nFor us.\n\n---------- Forwarded message ---------\n\
            From: Ada <ada@outside.example>\nDate: Mon, 23 Feb 2026 10:00:00 +0000\nSubject: Overflow\nTo: info@example.org\n\nIt overflows.\n\nTwice.\n";
        let mail = found(inline).expect("a mail");
        assert_eq!(mail.inner.from.as_ref().map(|from| from.address.as_str()), Some("ada@outside.example"));
        assert_eq!(
            (mail.inner.subject.as_str(), mail.inner.whole().trim(), mail.above.as_str()),
            ("Overflow", "It overflows.\n\nTwice.", "For us.")
        );
    }

    #[test]
    fn what_is_no_forward_or_names_no_author_is_none() {
        assert_eq!(found("From: anna@team.example\nSubject: x\n\nI say: forwarded message\n"), None);
        assert_eq!(found("From: anna@team.example\n\n-----Original Message-----\nNo head here.\n"), None);
    }

    #[test]
    fn what_is_held_comes_back_as_it_was() {
        let held = Held { path: Some("a@b.example".into()), raw: Arc::new(b"From: x\n\ny".to_vec()) };
        assert_eq!(Held::of(&held.bytes()), Some(held));
        assert_eq!(of_task(&task(&"M1".into(), &"store".into())), Some(("M1".into(), "store".into())));
    }
}
