//! A mail comes in, whatever the door: to a case or a new report, durable before the door says so. It can add a message;
//! it never grants a right. Who may write as a reporter: the address that reported, with a secret that only letters to it
//! carry. All else is taken in, too, and marked.

use std::sync::{Arc, LazyLock};

use candor_core::access::Actor;
use candor_core::case::{Case, Report};
use candor_core::command::Command;
use candor_core::decide::{LINE_LIMIT, MESSAGE_LIMIT};
use candor_core::event::{Channel, Contact, FileRef, ReportFacts};
use candor_core::id::{CaseId, ProgramSlug};
use candor_core::intake;
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::policy::{Policy, TeamMail};
use candor_core::protected;
use candor_core::refusal::Refusal;
use futures_util::{StreamExt as _, stream};
use jiff::{SignedDuration, Timestamp};

use super::apart::read_apart;
use super::forwards;
use super::kept::{self, Kept};
use super::members::{self, Desk};
use super::opening::{self, Known};
use super::read::asks::{self, Ask};
use super::read::{Automatic, GOES_ON, IN_PART, Letter, Limits, Mailbox};
use super::{address, bounces, facts, sealed, tasks};
use crate::app::App;
use crate::config::MailDns;
use crate::error::Error;
use crate::execute::report::{NewReport, file_report_beside, find_reply};
use crate::execute::{self, Beside, Letters, execute_beside};
use crate::keys::{Purpose, equal, lookup, random};
use crate::store::{self, Statement};
use crate::watch::{probes, round_trip};

/// Servers a mail may have come through; more is a loop (RFC 5321, section 6.3, asks for at least 100).
const HOPS: usize = 100;
/// Time between two automatic answers to one sender.
const ANSWER_EVERY: SignedDuration = SignedDuration::from_hours(1);
/// Confirmations of wishes are not put off longer than this; then there is none.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// New reports of one sender within an hour; further ones are taken in without letters.
const REPORTS_AN_HOUR: i64 = 10;
/// The same for servers' reports about mails, whoever sends them; further ones join the newest.
const BOUNCES_AN_HOUR: i64 = 3;
/// So many of those join within an hour; the mail server keeps the rest, and no case grows without end.
const FOLDED_AN_HOUR: i64 = 200;

/// Mails that are held at a time until it is known whose they are: each lies whole in the database.
const HELD: i64 = 40;

/// Files of one mail that are sealed at a time.
const SEALED_AT_A_TIME: usize = 4;

/// Name of the file that is the mail itself.
pub(super) const WHOLE: &str = "message.eml";

/// Who hands a mail over, and for whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The return path; empty for a report of a server, `None` when the door was not told.
    pub from: Option<String>,
    /// The one recipient.
    pub to: String,
    /// The program, when the operator bound the door to one; the recipient then only carries the secret.
    pub program: Option<ProgramSlug>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A new report.
    Filed(CaseId),
    /// A message of the reporter, or a wish of theirs.
    Joined(CaseId),
    /// Kept with a case, for the team, as not known to be the reporter's.
    Unverified(CaseId),
    /// One of many servers' reports within an hour: kept with the newest of them.
    Folded(CaseId),
    /// Kept until it is known whether it is a member's, who passes it on for its author.
    Held,
    /// Taken in before.
    Again,
    /// One of our own letters; it ends here.
    Own,
    /// No such address here.
    NoSuchAddress,
    /// It goes round in circles.
    Looping,
    /// Too much at once from senders nobody knows: to be sent again later.
    Later,
}

/// Where an address leads.
#[derive(Debug, Clone)]
pub struct Place {
    /// The program.
    pub policy: Arc<Policy>,
    /// What stands after `+` in the address.
    pub secret: Option<String>,
}

/// Finds the program of an address: `security@example.org`, or `security+SECRET@example.org`.
pub fn place(app: &App, address: &str) -> Option<Place> {
    let (local, domain) = split(address)?;
    app.programs().into_iter().find_map(|policy| {
        let own = policy.channels.email.clone()?;
        let (own_local, own_domain) = split(&own)?;
        if domain != own_domain {
            return None;
        }
        if local == own_local {
            return Some(Place { policy, secret: None });
        }
        let secret = local.strip_prefix(&own_local)?.strip_prefix('+')?.to_owned();
        Some(Place { policy, secret: Some(secret) })
    })
}

fn split(address: &str) -> Option<(String, String)> {
    let (local, domain) = address.trim().trim_matches(['<', '>']).rsplit_once('@')?;
    Some((local.to_lowercase(), domain.trim_end_matches('.').to_lowercase()))
}

/// To whom a message says it was sent, for doors that are not told.
///
/// # Errors
/// As [`read_apart`].
pub async fn recipients(app: &App, raw: &[u8]) -> Result<Vec<String>, Error> {
    // The tree of parts is not walked for this.
    let mut to = read_apart(app, &Arc::new(raw.to_vec()), Limits { parts: 0, ..Limits::default() }).await?.to;
    to.truncate(50);
    Ok(to)
}

/// The address that carries a secret; `None` when it would be longer than mail allows.
pub fn secret_address(policy: &Policy, secret: &str) -> Option<String> {
    let (local, domain) = policy.channels.email.as_deref()?.rsplit_once('@')?;
    let address = format!("{local}+{secret}@{domain}");
    (local.len() + 1 + secret.len() <= 64 && address::check(&address).is_ok()).then_some(address)
}

/// What a letter of ours carries so that it is known when it comes back.
pub fn own_mark(app: &App, id: &str) -> Result<String, Error> {
    let tag = lookup(app.keys()?.root().purpose(Purpose::Lookup), "letter of ours", id.as_bytes());
    Ok(format!("{id} {}", random::spelled(&tag)))
}

/// Mails of one sender wait for each other, so that counts and answers are right.
static LANES: LazyLock<Vec<tokio::sync::Mutex<()>>> =
    LazyLock::new(|| (0..64).map(|_| tokio::sync::Mutex::new(())).collect());

/// Takes a mail in. When this returns `Ok` with anything but [`Outcome::NoSuchAddress`], [`Outcome::Looping`] and
/// [`Outcome::Later`], the mail is durable.
///
/// # Errors
/// When it could not be kept; nothing of it was, and it may be handed over again.
pub async fn receive(app: &App, envelope: &Envelope, raw: Vec<u8>) -> Result<Outcome, Error> {
    app.keys()?;
    let bound = envelope.program.as_ref().and_then(|program| app.policy(program));
    let Some(found) = place(app, &envelope.to).or_else(|| {
        let secret = split(&envelope.to).and_then(|(local, _)| local.split_once('+').map(|(_, it)| it.to_owned()));
        bound.map(|policy| Place { policy, secret })
    }) else {
        return Ok(Outcome::NoSuchAddress);
    };
    let limits = Limits { files: app.config.files_limit.saturating_sub(1), ..Limits::default() };
    let raw = Arc::new(raw);
    let mut letter = Box::pin(read_apart(app, &raw, limits)).await?;
    if letter.hops > HOPS {
        return Ok(Outcome::Looping);
    }
    if let Some(id) = marked(app, &letter.own_mark)? {
        if round_trip::came_in(app, found.policy.program.slug.as_str(), id, app.now()).await? {
            return Ok(Outcome::Own);
        }
        tracing::warn!(program = %found.policy.program.slug, "a letter of ours came back to the program's own address; give the policy's contacts mailboxes that people read");
        return Ok(Outcome::Own);
    }
    if envelope.from.as_deref() == Some("") {
        letter.automatic.get_or_insert(Automatic::Bounce);
    }
    let returned = Box::pin(bounces::letter_of(app, &letter, &raw)).await?;
    let desk = match found.secret.as_deref() {
        Some(secret) => members::find(app, secret).await?,
        None => None,
    };
    let whose = match desk {
        Some(_) => None,
        None => whose(app, &letter, found.secret.as_deref()).await?,
    };
    let mut beyond = String::new();
    // The same mail to the addresses of two reports belongs to both.
    if let Some((case, number)) = &whose {
        beyond = format!("\n{case}\n{number}");
    }
    if let Some(desk) = &desk {
        beyond = format!("\n{}\n{}", desk.case, desk.task());
    }
    let program = found.policy.program.slug.clone();
    let mut mail = Mail::new(app, program, letter, raw, envelope.from.clone(), &beyond, returned.as_ref())?;
    let shut = std::mem::take(&mut mail.letter);
    let known = match (&whose, &desk) {
        (Some((case, number)), _) => Known::Reporters(case, *number),
        (None, Some(desk)) => Known::Members(&desk.member),
        (None, None) => Known::Nobodys,
    };
    let opening = opening::opened(app, &mail.program, known, &mail.key, mail.raw.clone(), limits, shut);
    mail.letter = Box::pin(opening).await?;
    if let Some(words) = sealed::look(app, &mail.program, &mut mail.letter).await? {
        mail.sealed = true;
        mail.more.push(words);
    }
    let _turn = LANES[usize::from(mail.sender[0]) % LANES.len()].lock().await;
    if store::mail::find(&app.store, &mail.key).await?.is_some() {
        return Ok(Outcome::Again);
    }
    let can_prove = app.config.mail_dns != MailDns::Off || found.policy.channels.team_mail == TeamMail::Signed;
    if returned.is_none() && desk.is_none() && whose.is_none() && can_prove {
        let member = Box::pin(forwards::member_of(app, &found.policy, &mail.letter, mail.raw.len())).await?;
        if let Some(member) = member {
            // A member's name is easily written; what is kept for it is as bounded as reports of strangers.
            if mail.is_one_too_many().await? {
                return Ok(Outcome::Later);
            }
            return Box::pin(mail.hold(&member)).await;
        }
    }
    let mut kept = Kept::new(app);
    let outcome = match returned {
        Some(returned) => Box::pin(mail.came_back(&returned, &mut kept)).await,
        None => match &desk {
            Some(desk) => Box::pin(mail.of_member(desk, &envelope.to, &mut kept)).await,
            None => Box::pin(mail.take(whose, &mut kept)).await,
        },
    };
    match outcome {
        Ok(outcome) => {
            if matches!(outcome, Outcome::Later) {
                kept.drop_unused().await;
            }
            Ok(outcome)
        }
        Err(why) => {
            kept.drop_unused().await;
            // Two hands brought the same mail at once, and the other was first.
            match store::mail::find(&app.store, &mail.key).await? {
                Some(_) => Ok(Outcome::Again),
                None => Err(why),
            }
        }
    }
}

/// The id of the letter of ours that carries this mark; `None` when the mark is not ours.
pub(super) fn marked<'a>(app: &App, mark: &'a str) -> Result<Option<&'a str>, Error> {
    let Some((id, tag)) = mark.trim().split_once(' ') else { return Ok(None) };
    let known = own_mark(app, id)?;
    Ok(equal(known.as_bytes(), format!("{id} {}", tag.trim()).as_bytes()).then_some(id))
}

/// The report that a secret of this mail belongs to: of the recipient, of the other addresses it is written to, of
/// the letters it answers.
async fn whose(app: &App, letter: &Letter, secret: Option<&str>) -> Result<Option<(CaseId, u32)>, Error> {
    let written: Vec<String> = letter.to.iter().filter_map(|address| place(app, address)?.secret).collect();
    let answered = letter.answers.iter().filter_map(|id| id.strip_prefix("thread-")?.split('@').next());
    let secrets = secret.into_iter().chain(written.iter().map(String::as_str)).chain(answered);
    for secret in secrets.filter(|secret| secret.len() >= 26).take(20) {
        if let Some(found) = find_reply(app, secret).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// One mail on its way in.
pub(super) struct Mail<'a> {
    pub(super) app: &'a App,
    pub(super) program: ProgramSlug,
    pub(super) key: [u8; 16],
    /// The sender, by whom reports are counted.
    pub(super) sender: [u8; 16],
    /// The same, for mails that file none.
    pub(super) writer: [u8; 16],
    pub(super) raw: Arc<Vec<u8>>,
    pub(super) letter: Letter,
    /// The return path, when the door was told.
    pub(super) path: Option<String>,
    /// The task that kept it until now.
    pub(super) held: Option<String>,
    /// The member's signature that proves it, when it is passed on for its author.
    pub(super) signature: Option<members::Signature>,
    /// Whether it is encrypted to members' own keys alone.
    pub(super) sealed: bool,
    /// What the team should know of it besides.
    pub(super) more: Vec<String>,
    pub(super) now: Timestamp,
}

impl<'a> Mail<'a> {
    /// A mail with what it is known by: program, id, sender, subject and body, and what is `beyond` those; or the letter
    /// that it brings back.
    pub(super) fn new(
        app: &'a App,
        program: ProgramSlug,
        letter: Letter,
        raw: Arc<Vec<u8>>,
        path: Option<String>,
        beyond: &str,
        returned: Option<&bounces::Returned>,
    ) -> Result<Self, Error> {
        let lookups = app.keys()?.root().purpose(Purpose::Lookup);
        let body = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &raw[letter.body_at..]);
        let from = letter.from.as_ref().map(|from| from.address.to_lowercase()).unwrap_or_default();
        let mut named = format!("{program}\n{}\n{from}\n{}\n", letter.message_id, letter.subject).into_bytes();
        named.extend_from_slice(body.as_ref());
        named.extend_from_slice(beyond.as_bytes());
        let key = match returned {
            // A letter comes back once, however often servers say so.
            Some(returned) => lookup(lookups, "mail that came back", returned.id.as_bytes()),
            None => lookup(lookups, "mail", &named),
        };
        let sender = match letter.automatic {
            // Bounces come from everywhere and are one sender.
            Some(Automatic::Bounce | Automatic::Own) => "automatic".to_owned(),
            _ => from,
        };
        // Two names for one sender, so that answers and bounces never count as reports.
        let writer = lookup(lookups, "mail writer", sender.as_bytes());
        let sender = lookup(lookups, "mail sender", sender.as_bytes());
        let (held, signature, sealed, more, now) = (None, None, false, Vec::new(), app.now());
        Ok(Self { app, program, key, sender, writer, raw, letter, path, held, signature, sealed, more, now })
    }
}

impl Mail<'_> {
    async fn take(&self, whose: Option<(CaseId, u32)>, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        if let Some((case, number)) = whose {
            match execute::load_case(self.app, &Actor::Clock, &case).await {
                Ok(case) => match self.reply(&case, number, kept).await {
                    // Sent again it would be refused again.
                    Err(Error::Refused(why)) => self.log(&why),
                    other => return other,
                },
                // An erased case is as none.
                Err(Error::NotFound) => {}
                Err(other) => return Err(other),
            }
        }
        self.report(kept).await
    }

    pub(super) fn log(&self, why: &Refusal) {
        tracing::warn!(program = %self.program, code = why.code(), "a mail could not be taken as what it is; it is kept for the team");
    }

    /// A mail to a member's secret address: kept for the team at once. It does something when it is proven to be theirs.
    async fn of_member(&self, desk: &Desk, to: &str, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        let case = match members::case_of(self.app, desk).await {
            Ok(case) => case,
            // An erased case is as none.
            Err(Error::NotFound) => return self.report(kept).await,
            Err(other) => return Err(other),
        };
        let policy = execute::policy_of(self.app, &case)?;
        let right = match members::may_write(self.app, &desk.member, &case).await? {
            _ if policy.channels.team_mail == TeamMail::Never => Err("the policy does not let members answer by mail"),
            _ if self.app.config.mail_dns == MailDns::Off && policy.channels.team_mail == TeamMail::Domain => {
                Err("nothing is asked of the DNS here, so nothing can be proven")
            }
            None => Err("its member may not work on the case any more"),
            Some(member) => members::looks_right(&self.letter, &member, to),
        };
        let what = desk.act.name();
        let (act, words) = match right {
            Ok(()) => (
                Some(desk.task()),
                format!(
                    "It came to a member's own address, to become their {what}. It does so when it is proven to be theirs."
                ),
            ),
            Err(why) => (
                None,
                format!(
                    "It came to a member's own address for a mail that becomes their {what}, and was not used: {why}."
                ),
            ),
        };
        let keeper = members::keeper(&case.id);
        let act = (act.as_deref(), false);
        let kept = self.keep_for_team(&keeper, &case.id, vec![words], Letters::Nobody, act, kept).await;
        kept.map(Outcome::Unverified)
    }

    /// A server says that a letter of ours could not be delivered, or a program answered one to the team: a note at its
    /// case, and the end of it. A letter about it would come back as well.
    async fn came_back(&self, returned: &bounces::Returned, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        tracing::warn!(program = %self.program, "a letter could not be delivered, or was answered by a program; its case says which");
        if returned.is_to_contact() && self.letter.automatic == Some(Automatic::Bounce) {
            probes::came_back(self.app, &returned.id, self.now).await?;
        }
        if let Some(case) = &returned.case {
            let report = returned.report();
            let actor = Actor::Reporter { case: case.clone(), report: report.unwrap_or_default() };
            let letters = if report.is_some() { Letters::Never } else { Letters::Nobody };
            let is_reporters = matches!(self.letter.automatic, Some(Automatic::Bounce)) && report.is_some();
            match self.keep_for_team(&actor, case, vec![returned.words()], letters, (None, is_reporters), kept).await {
                Ok(case) => return Ok(Outcome::Unverified(case)),
                // The case was erased.
                Err(Error::NotFound) => kept.forget().await,
                Err(other) => return Err(other),
            }
        }
        self.app.store.commit(store::Batch::main(vec![self.seen(&self.writer, "", Letters::Never)])).await?;
        Ok(Outcome::Own)
    }

    /// Every file of the mail, and the mail itself.
    async fn keep_files(&self, kept: &mut Kept<'_>) -> Result<(), Error> {
        if !kept.files.is_empty() {
            return Ok(());
        }
        let parts = self.letter.files.iter().map(|file| (file.name.as_str(), file.bytes.as_slice()));
        let all = parts.chain([(WHOLE, self.raw.as_slice())]);
        // Some at a time, since each waits for the disk; in their order, with the mail itself last.
        let uploads: Vec<_> = all.map(|(name, bytes)| Box::pin(kept::seal(self.app, name, bytes))).collect();
        let sealed = stream::iter(uploads).buffered(SEALED_AT_A_TIME);
        let sealed: Vec<Result<_, Error>> = sealed.collect().await;
        let (mut failed, last) = (None, sealed.len());
        for (number, file) in (1..).zip(sealed) {
            match file {
                Ok((file, row)) => kept.push(file, row),
                // It is in the mail itself.
                Err(Error::FileTooLarge { .. }) if number < last => {}
                Err(why) => failed = Some(why),
            }
        }
        failed.map_or(Ok(()), Err)
    }

    /// Has it worked out who sent it, when it is kept. Servers' reports are known by the letter they bring back.
    pub(super) fn to_check(&self, case: &CaseId, files: &[FileRef], act: Option<&str>) -> Option<Statement> {
        let asks = self.app.config.mail_dns != MailDns::Off || act.is_some();
        if !asks || matches!(self.letter.automatic, Some(Automatic::Bounce)) {
            return None;
        }
        let file = files.iter().rev().find(|file| file.name == WHOLE)?.id.as_str();
        tasks::statement(self.app, file, case, act, self.path.as_deref().unwrap_or_default(), self.now)
    }

    pub(super) fn seen(&self, who: &[u8], stream: &str, answer: Letters) -> Statement {
        store::mail::insert_statement(&store::mail::MailRow {
            key: &self.key,
            program: self.program.as_str(),
            sender: who,
            stream,
            at: self.now.as_microsecond(),
            answered_at: match answer {
                Letters::Now => Some(self.now.as_microsecond()),
                Letters::From(at) => Some(at.as_microsecond()),
                Letters::Never | Letters::Nobody => None,
            },
        })
    }

    /// When the letter may leave that a report arrived. Every address that is kept gets it. It waits for an hour since
    /// the last one that left, and not for others that wait: mails under a name that is not theirs cannot push it back.
    async fn receipt(&self) -> Result<Letters, Error> {
        if self.contact().email.is_empty() {
            return Ok(Letters::Never);
        }
        let last = store::mail::answered(&self.app.store, &self.sender, self.now.as_microsecond()).await?;
        let Some(last) = last else { return Ok(Letters::Now) };
        let next = Timestamp::from_microsecond(last).map_err(Error::internal)? + ANSWER_EVERY;
        Ok(if next <= self.now { Letters::Now } else { Letters::From(next) })
    }

    /// When the confirmation of a wish may leave.
    async fn answer(&self) -> Result<Letters, Error> {
        let last = store::mail::answered(&self.app.store, &self.writer, i64::MAX).await?;
        let Some(last) = last else { return Ok(Letters::Now) };
        let next = Timestamp::from_microsecond(last).map_err(Error::internal)? + ANSWER_EVERY;
        Ok(if next <= self.now {
            Letters::Now
        } else if next <= self.now + ANSWER_WITHIN {
            Letters::From(next)
        } else {
            Letters::Never
        })
    }

    /// Name and address to write to; empty when there is none that takes letters.
    fn contact(&self) -> Contact {
        let takes_letters = matches!(self.letter.automatic, None | Some(Automatic::List)) && !self.letter.from_list;
        match &self.letter.from {
            Some(Mailbox { name, address })
                if takes_letters
                    && address::check(address).is_ok()
                    && intake::looks_like_address(address)
                    && place(self.app, address).is_none() =>
            {
                Contact {
                    name: name.chars().take(LINE_LIMIT).collect(),
                    email: address.clone(),
                    pgp_key: self.key().unwrap_or_default(),
                    ..Contact::default()
                }
            }
            _ => Contact::default(),
        }
    }

    /// A key that came with the mail, names its sender, and can be written to.
    fn key(&self) -> Option<String> {
        let able = self.letter.certificates.iter().find(|it| it.can_encrypt(self.now).is_ok())?;
        Some(able.to_armor()).filter(|key| !key.is_empty() && key.len() <= MESSAGE_LIMIT)
    }

    /// How the mail was protected, as a mark before its text; empty when it was not.
    fn mark(&self) -> String {
        let words = self.letter.protection.join(" ");
        // Whatever else is said: that something came encrypted is said first, since by that it is kept from the reporter.
        let words = match words.strip_prefix(IN_PART).map(str::trim_start) {
            _ if !self.letter.encrypted || words.starts_with("Encrypted") => words,
            Some(rest) if rest.starts_with("Encrypted") => words,
            Some(rest) => format!("{IN_PART} Encrypted, some of it. {rest}"),
            None => format!("Encrypted in part. {words}"),
        };
        if words.is_empty() { words } else { protected::mark(&words.chars().take(LINE_LIMIT - 2).collect::<String>()) }
    }

    /// A text with the mark before it.
    fn marked(&self, text: &str) -> String {
        match self.mark().as_str() {
            "" => text.to_owned(),
            mark => format!("{mark}\n\n{text}"),
        }
    }

    /// What the team should know of the mail.
    fn noticed(&self) -> Vec<String> {
        let mut words: Vec<String> = Some(self.mark()).into_iter().filter(|mark| !mark.is_empty()).collect();
        words.extend(self.all_noticed());
        words
    }

    fn all_noticed(&self) -> Vec<String> {
        let mut words: Vec<String> = self.letter.noticed.iter().map(super::read::Noticed::words).collect();
        words.extend(self.more.iter().cloned());
        match self.letter.automatic {
            Some(Automatic::List) if !self.letter.from_list => {
                words.push(format!("It was {}.", Automatic::List.words()));
            }
            Some(automatic) => {
                words.push(format!("It was written by a program: {}. It was not answered.", automatic.words()));
            }
            None => {}
        }
        if let Some(over) = self.letter.over {
            words.push(format!("It was not opened, because {}. It is kept whole as message.eml.", over.words()));
        }
        words
    }

    /// The text, or what is said in its place.
    fn text(&self, fresh: bool) -> String {
        let text = if fresh { self.letter.fresh() } else { self.letter.whole() };
        if let Some(over) = self.letter.over {
            return format!("[This mail was not opened, because {}. It is kept whole as message.eml.]", over.words());
        }
        match text.trim() {
            "" => self.marked("[This mail has no text. It is kept whole as message.eml.]"),
            text => fitting(&self.marked(text)),
        }
    }

    /// A mail with the secret of a report.
    async fn reply(&self, case: &Case, number: u32, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        let actor = Actor::Reporter { case: case.id.clone(), report: number };
        let report = case.reports.iter().find(|report| report.number == number);
        if !self.is_known(report) {
            let kept = self.unverified(&actor, &case.id, Vec::new(), Letters::Never, kept).await;
            return kept.map(Outcome::Unverified);
        }
        if report.and_then(|report| report.contact.as_ref()).is_some_and(|contact| contact.pgp_key.is_empty())
            && let Some(pgp_key) = self.key()
        {
            // The first key is taken; another one only the reporter's page takes.
            match execute::execute(self.app, &actor, &case.id, Command::GiveKey { pgp_key }, None).await {
                Ok(_) => {}
                Err(Error::Refused(why)) => self.log(&why),
                Err(other) => return Err(other),
            }
        }
        let (ask, rest) =
            if self.letter.over.is_none() { asks::read(&self.letter.fresh()) } else { (None, String::new()) };
        let Some(ask) = ask else {
            Box::pin(self.keep_files(kept)).await?;
            let rows = |case: &CaseId| {
                let mut rows = vec![self.seen(&self.writer, case.as_str(), Letters::Never)];
                rows.extend(self.to_check(case, &kept.files, None));
                rows.extend(kept.rows());
                rows
            };
            return self.write(&actor, &case.id, self.text(true), &rows, kept).await;
        };
        let answer = self.answer().await?;
        let seq = std::sync::atomic::AtomicU64::new(case.seq);
        let kind = self.grant(&actor, case, ask, &seq).await?;
        let rows = |case: &CaseId| {
            let seq = seq.load(std::sync::atomic::Ordering::Relaxed);
            let mut rows = vec![self.seen(&self.writer, case.as_str(), answer)];
            rows.extend(self.confirmation(case, seq, number, kind, answer));
            rows
        };
        if rest.is_empty() && self.letter.files.is_empty() {
            self.app.store.commit(store::Batch::main(rows(&case.id))).await?;
            self.app.nudge_worker();
            return Ok(Outcome::Joined(case.id.clone()));
        }
        Box::pin(self.keep_files(kept)).await?;
        let rows = |case: &CaseId| {
            let mut rows = rows(case);
            rows.extend(self.to_check(case, &kept.files, None));
            rows.extend(kept.rows());
            rows
        };
        self.write(&actor, &case.id, fitting(&self.marked(&rest)), &rows, kept).await
    }

    /// Adds a message of the reporter, or what cannot be one as a mail for the team.
    async fn write(
        &self,
        actor: &Actor,
        case: &CaseId,
        text: String,
        rows: &(dyn Fn(&CaseId) -> Vec<Statement> + Sync),
        kept: &Kept<'_>,
    ) -> Result<Outcome, Error> {
        let beside = Beside { rows, letters: Letters::Now };
        let command = Command::Write { text, files: kept.files.clone() };
        match execute_beside(self.app, actor, case, command, &beside).await {
            Ok(_) => return Ok(Outcome::Joined(case.clone())),
            Err(Error::Refused(why)) => self.log(&why),
            Err(other) => return Err(other),
        }
        let (text, files, noticed) = (self.text(false), kept.files.clone(), self.noticed());
        let command = Command::TakeMail { text, files, noticed, returned: false };
        execute_beside(self.app, actor, case, command, &beside).await?;
        Ok(Outcome::Unverified(case.clone()))
    }

    /// Whether the mail is from the address that reported, as far as mail can tell, and written by a person.
    fn is_known(&self, report: Option<&Report>) -> bool {
        let known = report.and_then(|report| report.contact.as_ref()).map(|contact| contact.email.to_lowercase());
        let from = self.letter.from.as_ref().map(|from| from.address.to_lowercase());
        known.is_some_and(|known| !known.is_empty() && Some(known) == from)
            && matches!(self.letter.automatic, None | Some(Automatic::List))
            && !self.letter.is_suspicious()
    }

    /// Does what the reporter asks for in plain words; gives the letter that confirms it.
    async fn grant(
        &self,
        actor: &Actor,
        case: &Case,
        ask: Ask,
        seq: &std::sync::atomic::AtomicU64,
    ) -> Result<NoticeKind, Error> {
        let command = match ask {
            Ask::Status => return Ok(NoticeKind::Status),
            Ask::Nudge => Command::Nudge,
            Ask::Credit(credit) => Command::ChooseCredit { credit },
            Ask::Withdraw => Command::Withdraw { text: String::new() },
        };
        match execute::execute(self.app, actor, &case.id, command, None).await {
            Ok(done) => {
                seq.store(done.seq, std::sync::atomic::Ordering::Relaxed);
                Ok(NoticeKind::MailDone)
            }
            Err(Error::Refused(_)) => Ok(NoticeKind::MailRefused),
            Err(other) => Err(other),
        }
    }

    /// The outbox row of a confirmation.
    fn confirmation(
        &self,
        case: &CaseId,
        seq: u64,
        report: u32,
        kind: NoticeKind,
        answer: Letters,
    ) -> Option<Statement> {
        let at = self.now.as_microsecond();
        let next_at = match answer {
            Letters::Now => at,
            Letters::From(from) => from.as_microsecond(),
            Letters::Never | Letters::Nobody => return None,
        };
        Some(store::outbox::insert_statement(&store::outbox::NewLetter {
            id: &random::ordered_id(at),
            stream: case.as_str(),
            seq: i64::try_from(seq).unwrap_or(i64::MAX),
            kind: kind.name(),
            recipient: &Recipient::Reporter(report).name(),
            next_at,
            created_at: at,
        }))
    }

    /// Keeps the mail with a case, for the team alone.
    async fn unverified(
        &self,
        actor: &Actor,
        case: &CaseId,
        noticed: Vec<String>,
        letters: Letters,
        kept: &mut Kept<'_>,
    ) -> Result<CaseId, Error> {
        self.keep_for_team(actor, case, noticed, letters, (None, false), kept).await
    }

    /// The same, with what is to be done when it is known who sent it.
    async fn keep_for_team(
        &self,
        actor: &Actor,
        case: &CaseId,
        mut noticed: Vec<String>,
        letters: Letters,
        (act, returned): (Option<&str>, bool),
        kept: &mut Kept<'_>,
    ) -> Result<CaseId, Error> {
        Box::pin(self.keep_files(kept)).await?;
        noticed.extend(self.letter.from.as_ref().map(|from| match from.name.as_str() {
            "" => format!("It says it is from {}.", from.address),
            name => format!("It says it is from {name}, {}.", from.address),
        }));
        noticed.extend(self.noticed());
        let subject = &self.letter.subject;
        let text = if subject.is_empty() { self.text(false) } else { format!("{subject}\n\n{}", self.text(false)) };
        let command = Command::TakeMail { text: fitting(&text), files: kept.files.clone(), noticed, returned };
        let rows = |case: &CaseId| {
            let mut rows = vec![self.seen(&self.writer, case.as_str(), Letters::Never)];
            rows.extend(self.to_check(case, &kept.files, act));
            rows.extend(kept.rows());
            rows
        };
        execute_beside(self.app, actor, case, command, &Beside { rows: &rows, letters }).await?;
        Ok(case.clone())
    }

    /// A mail without a secret: a new report, or one of too many.
    pub(super) async fn report(&self, kept: &mut Kept<'_>) -> Result<Outcome, Error> {
        let hour = (self.now - SignedDuration::from_hours(1)).as_microsecond();
        let (count, newest) =
            store::mail::of_sender(&self.app.store, &self.sender, self.program.as_str(), hour).await?;
        let is_server = matches!(self.letter.automatic, Some(Automatic::Bounce | Automatic::Own));
        if let Some(newest) = newest.filter(|it| is_server && count >= BOUNCES_AN_HOUR && !it.is_empty()) {
            let (folded, _) =
                store::mail::of_sender(&self.app.store, &self.writer, self.program.as_str(), hour).await?;
            if folded >= FOLDED_AN_HOUR {
                return Ok(Outcome::Later);
            }
            let case = CaseId(newest);
            let actor = Actor::Reporter { case: case.clone(), report: 0 };
            let why =
                format!("More than {BOUNCES_AN_HOUR} mails of servers came within an hour; this one was put here.");
            match self.unverified(&actor, &case, vec![why], Letters::Never, kept).await {
                Ok(case) => return Ok(Outcome::Folded(case)),
                Err(Error::NotFound) => kept.forget().await,
                Err(other) => return Err(other),
            }
        }
        let many = count >= REPORTS_AN_HOUR;
        if self.is_flood(many).await? {
            return Ok(Outcome::Later);
        }
        Box::pin(self.keep_files(kept)).await?;
        // Whoever writes so much under one name gets no letters for it, and the team one; each report is one.
        let answer = match count.cmp(&REPORTS_AN_HOUR) {
            std::cmp::Ordering::Less => self.receipt().await?,
            std::cmp::Ordering::Equal => Letters::Never,
            std::cmp::Ordering::Greater => Letters::Nobody,
        };
        let rows = |case: &CaseId| {
            let mut rows = vec![self.seen(&self.sender, case.as_str(), answer)];
            rows.extend(self.to_check(case, &kept.files, None));
            rows.extend(kept.rows());
            rows.extend(self.held.as_deref().map(store::mail_tasks::delete_statement));
            rows
        };
        let beside = Beside { rows: &rows, letters: answer };
        let files = || kept.files.clone();
        // Should what was read of it be refused, it would be again: then the file alone is the report.
        let tries = [
            (self.facts(files()), self.contact()),
            (facts::bare(files(), self.noticed()), self.contact()),
            (facts::bare(files(), self.noticed()), Contact::default()),
        ];
        let mut refused = None;
        for (facts, contact) in tries {
            let report = NewReport { channel: Channel::Mail, facts, contact, credit: None, received_at: None };
            let filed = Box::pin(file_report_beside(self.app, &Actor::Public, &self.program, report, &beside));
            match filed.await {
                Ok(filed) => return Ok(Outcome::Filed(filed.case)),
                Err(Error::Refused(why)) => {
                    self.log(&why);
                    refused = Some(why);
                }
                Err(other) => return Err(other),
            }
        }
        Err(refused.map_or(Error::Busy, Error::Refused))
    }

    /// Whether so much is held already, or comes from strangers, that one more is to come again later.
    async fn is_one_too_many(&self) -> Result<bool, Error> {
        let hour = (self.now - SignedDuration::from_hours(1)).as_microsecond();
        let (count, _) = store::mail::of_sender(&self.app.store, &self.sender, self.program.as_str(), hour).await?;
        let held = store::mail_tasks::held(&self.app.store).await?;
        Ok(held >= HELD || self.is_flood(count >= REPORTS_AN_HOUR).await?)
    }

    /// Whether strangers write more than is usual; who wrote before the flood keeps a lane, unless it is theirs.
    async fn is_flood(&self, many: bool) -> Result<bool, Error> {
        if self.app.config.report_rate == 0 {
            return Ok(false);
        }
        let minute = (self.now - SignedDuration::from_mins(1)).as_microsecond();
        let count = store::mail::of_program(&self.app.store, self.program.as_str(), minute).await?;
        if count < i64::from(self.app.config.report_rate) * 5 {
            return Ok(false);
        }
        if many {
            return Ok(true);
        }
        let known = store::mail::known_since(&self.app.store, &self.sender).await?;
        let hour = (self.now - SignedDuration::from_hours(1)).as_microsecond();
        Ok(known.is_none_or(|since| since > hour))
    }

    /// What the report says.
    fn facts(&self, files: Vec<FileRef>) -> ReportFacts {
        if self.sealed {
            return facts::sealed(files, self.noticed());
        }
        let whole = self.letter.whole();
        let mut given = ReportFacts {
            title: facts::title(&self.letter.subject, &whole),
            description: self.text(false),
            files,
            noticed: self.noticed(),
            ..ReportFacts::default()
        };
        facts::labelled(&mut given, &whole);
        given
    }
}

/// The text as long as a message may be; the whole mail is kept beside it.
pub(super) fn fitting(text: &str) -> String {
    if text.chars().count() <= MESSAGE_LIMIT {
        return text.to_owned();
    }
    let cut: String = text.chars().take(MESSAGE_LIMIT - 200).collect();
    format!("{cut}\n\n{GOES_ON}")
}
