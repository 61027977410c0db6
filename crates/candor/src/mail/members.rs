//! Members answer from their own mail program. Letters to a member name two secret addresses of the case: what is written to
//! the one becomes an answer to the reporter, to the other a note for the team. A mail to either is kept with the case at
//! once and does nothing; it counts when it is proven to be the member's, as the program's policy asks for.

use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::event::FileRef;
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use candor_core::notices::{NoticeKind, Recipient};
use candor_core::origin::Origin;
use candor_core::policy::{Policy, TeamMail};
use candor_core::standing;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

use super::apart::read_apart;
use super::opening::{self, Known};
use super::read::openpgp::Proof;
use super::read::{Automatic, Letter, Limits, Passage};
use super::words::{Link, NO_ANSWERS, Words};
use super::{address, receive};
use crate::accounts::{self, MemberView};
use crate::app::App;
use crate::error::Error;
use crate::execute::{self, Beside, Letters, execute_beside, files};
use crate::keys::{KeyRing, Purpose, lookup, random};
use crate::store::mail_tasks;
use crate::store::{self, Statement};

/// How long after it was made a signature counts: a mail may wait for a server that is down.
const SIGNED_WITHIN: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What a mail of a member is to become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// An answer to the reporter.
    Answer,
    /// A note for the team.
    Note,
}

impl Act {
    /// Word in the address, and name on the list of tasks.
    pub fn name(self) -> &'static str {
        match self {
            Act::Answer => "answer",
            Act::Note => "note",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        [Act::Answer, Act::Note].into_iter().find(|act| act.name() == name)
    }
}

/// Where a member's secret address leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Desk {
    /// The case.
    pub case: CaseId,
    /// The member whose address it is.
    pub member: MemberId,
    /// What a mail to it is to become.
    pub act: Act,
}

impl Desk {
    /// Name on the list of tasks.
    pub fn task(&self) -> String {
        format!("{}:{}", self.act.name(), self.member)
    }

    /// The act and the member of a task.
    pub fn of_task(task: &str) -> Option<(Act, MemberId)> {
        let (act, member) = task.split_once(':')?;
        Some((Act::from_name(act)?, member.into()))
    }
}

fn secret(keys: &KeyRing, case: &str, member: &MemberId, act: Act) -> String {
    let key = keys.root().purpose(Purpose::Receipt);
    let of = format!("{case}\n{member}\n{}", act.name());
    random::spelled(&lookup(key, "member's address", of.as_bytes())).to_ascii_lowercase()
}

fn hash(keys: &KeyRing, act: Act, secret: &str) -> Option<[u8; 16]> {
    let normal = random::normal_receipt(secret)?;
    let key = keys.root().purpose(Purpose::Receipt);
    Some(lookup(key, "member's address, kept", format!("{}\n{normal}", act.name()).as_bytes()))
}

/// The addresses of a member for a case, made known to the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// For an answer to the reporter.
    pub answer: String,
    /// For a note.
    pub note: String,
    proof: TeamMail,
}

impl Addresses {
    /// What a letter says about them.
    pub fn words(&self) -> String {
        let proof = match self.proof {
            TeamMail::Domain => "signed by your domain (DKIM) and sent from the address this letter came to",
            _ => "signed with your OpenPGP key",
        };
        format!(
            "A plain reply becomes a NOTE that only the team sees ({}). To write to the REPORTER, send to {} instead: \
             everything you write there goes to them. Quoted text is left out. Either counts only when it is {proof}; \
             else it is kept with the case, goes nowhere, and you are told.",
            self.note, self.answer
        )
    }
}

/// The addresses that a letter to a member can name; `None` where the policy does not let members answer by mail, or the
/// address would be too long.
///
/// # Errors
/// As the store and the keys fail.
pub async fn addresses(
    app: &App,
    policy: &Policy,
    case: &Case,
    recipient: &Recipient,
) -> Result<Option<Addresses>, Error> {
    let Recipient::Member(member) = recipient else { return Ok(None) };
    if policy.channels.team_mail == TeamMail::Never {
        return Ok(None);
    }
    let keys = app.keys()?;
    let mut made = Vec::new();
    for act in [Act::Answer, Act::Note] {
        let secret = secret(keys, case.id.as_str(), member, act);
        let Some(address) = receive::secret_address(policy, &format!("{}-{secret}", act.name())) else {
            return Ok(None);
        };
        let Some(hash) = hash(keys, act, &secret) else { return Ok(None) };
        mail_tasks::put_reply(&app.store, &hash, case.id.as_str(), member.as_str(), act.name()).await?;
        made.push(address);
    }
    let (Some(note), Some(answer)) = (made.pop(), made.pop()) else { return Ok(None) };
    Ok(Some(Addresses { answer, note, proof: policy.channels.team_mail }))
}

/// Where the secret of a recipient leads, when it is a member's.
///
/// # Errors
/// As the store and the keys fail.
pub async fn find(app: &App, secret: &str) -> Result<Option<Desk>, Error> {
    let Some((act, secret)) = secret.split_once('-') else { return Ok(None) };
    let Some(act) = Act::from_name(act).filter(|_| secret.len() >= 26) else { return Ok(None) };
    let Some(hash) = hash(app.keys()?, act, secret) else { return Ok(None) };
    let found = mail_tasks::find_reply(&app.store, &hash).await?;
    Ok(found.map(|(case, member, _)| Desk { case: CaseId(case), member: member.into(), act }))
}

/// Whether a mail to a member's address is that member's, as far as its bytes and envelope show. What is proven, is proven
/// later, by [`is_proven`].
pub fn looks_right(letter: &Letter, member: &MemberView, to: &str) -> Result<(), &'static str> {
    let from = letter.from.as_ref().map(|from| from.address.to_lowercase()).unwrap_or_default();
    if member.disabled {
        return Err("its member may not work here any more");
    }
    if from != member.email.trim().to_lowercase() {
        return Err("it is not from the member's own address");
    }
    if letter.over.is_some() || letter.is_suspicious() {
        return Err("it has the marks of a forgery, or could not be read");
    }
    if !matches!(letter.automatic, None | Some(Automatic::List)) || letter.from_list {
        return Err("a program wrote it");
    }
    // A mail that was written to somebody else does not become an answer by being sent on to the secret address. What
    // servers on its way noted does not count, nor a second line of recipients: no signature of the member covers them.
    if !letter.signed_to.iter().any(|it| it.eq_ignore_ascii_case(to.trim().trim_matches(['<', '>']))) {
        return Err("it is not written to this address");
    }
    // Nor does what was signed for somebody else.
    let is_here = |it: &String| it.eq_ignore_ascii_case(to.trim().trim_matches(['<', '>']));
    if !letter.protected_to.is_empty() && !letter.protected_to.iter().any(is_here) {
        return Err("what is signed in it is written to another address");
    }
    Ok(())
}

/// A member's mail, read with their own key and the program's.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn opened(
    app: &App,
    program: &ProgramSlug,
    member: &MemberId,
    (file, raw): (&str, Arc<Vec<u8>>),
    limits: Limits,
) -> Result<Letter, Error> {
    let shut = read_apart(app, &raw, limits).await?;
    Box::pin(opening::opened(app, program, Known::Members(member), file.as_bytes(), raw, limits, shut)).await
}

/// A member's signature over the whole of a mail, which counts once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Signature {
    key: [u8; 16],
    sender: [u8; 16],
}

impl Signature {
    /// The row by which it is known when it comes again.
    pub(super) fn row(&self, program: &ProgramSlug, case: &CaseId, now: Timestamp) -> Statement {
        store::mail::insert_statement(&store::mail::MailRow {
            key: &self.key,
            program: program.as_str(),
            sender: &self.sender,
            stream: case.as_str(),
            at: now.as_microsecond(),
            answered_at: None,
        })
    }
}

/// The signature of a member by their own key, over all that was read of a mail that came at `came`. `None` when there is
/// none, when it is too old, and when it was used before: what somebody signed once is not said twice.
///
/// # Errors
/// As the store and the keys fail.
pub(super) async fn signature(
    app: &App,
    member: &MemberView,
    letter: &Letter,
    came: Timestamp,
) -> Result<Option<Signature>, Error> {
    let Some(own) = accounts::openpgp::get(app, &member.id).await? else { return Ok(None) };
    if accounts::openpgp::serves(&own.certificate, member, app.now()).is_err() {
        return Ok(None);
    }
    let print = own.certificate.fingerprint();
    let is_theirs = |proof: &&Proof| proof.fingerprint == print && proof.made + SIGNED_WITHIN >= came;
    let Some(proof) = letter.proofs.iter().find(is_theirs) else { return Ok(None) };
    let lookups = app.keys()?.root().purpose(Purpose::Lookup);
    let mut named = format!("{print}\n{}\n", proof.made).into_bytes();
    named.extend_from_slice(&proof.said);
    let key = lookup(lookups, "a member's signature", &named);
    let sender = lookup(lookups, "who signs", member.id.as_str().as_bytes());
    Ok(store::mail::find(&app.store, &key).await?.is_none().then_some(Signature { key, sender }))
}

/// Whether a mail is proven to be the member's: the one place where that is decided. `signed_by_member` is whether an
/// OpenPGP signature over all of its text fits the member's own key.
pub fn is_proven(policy: &Policy, origin: &Origin, signed_by_member: bool) -> Result<(), &'static str> {
    match policy.channels.team_mail {
        TeamMail::Never => Err("the policy does not let members answer by mail"),
        TeamMail::Signed if signed_by_member => Ok(()),
        TeamMail::Signed => Err("it is not signed with the member's key"),
        TeamMail::Domain if signed_by_member || origin.proves_domain() => Ok(()),
        TeamMail::Domain => Err("the member's domain did not sign it"),
    }
}

/// The text of a member's mail without what it quotes: a letter of ours holds what is not the reporter's to read.
pub fn own_words(letter: &Letter) -> String {
    let said = letter.text.iter().filter_map(|passage| match passage {
        Passage::Said(text) => Some(text.trim()),
        Passage::Quoted(_) | Passage::Signature(_) => None,
    });
    said.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n\n")
}

/// Does what a member's proven mail asks for, and takes it off the list; or says why it may not be done.
///
/// # Errors
/// As the store fails; the mail stays on the list.
pub(super) async fn carry_out(
    app: &App,
    case: &CaseId,
    (act, member): (Act, &MemberId),
    letter: &Letter,
    (file, signature): (&str, Option<Statement>),
) -> Result<Result<(), String>, Error> {
    let Some(view) = accounts::member(app, member).await?.filter(|member| !member.disabled) else {
        return Ok(Err("the member may not work here any more".into()));
    };
    let actor = view.actor(app);
    let mut kept: Vec<FileRef> = Vec::new();
    for attached in &letter.files {
        let mut upload = files::upload(app, &attached.name).await?;
        match upload.push(&attached.bytes).await {
            Err(Error::FileTooLarge { .. }) => continue,
            other => other?,
        }
        kept.push(upload.finish().await?);
    }
    let text = own_words(letter);
    let command = match act {
        Act::Answer => Command::Answer { text, files: kept, next_steps: false },
        Act::Note => Command::Note { text, files: kept, mentions: Vec::new() },
    };
    let rows = |_: &CaseId| {
        let mut rows = vec![mail_tasks::delete_statement(file)];
        rows.extend(signature.clone());
        rows
    };
    match execute_beside(app, &actor, case, command, &Beside { rows: &rows, letters: Letters::Now }).await {
        Ok(_) => Ok(Ok(())),
        Err(Error::Refused(why)) => Ok(Err(why.to_string())),
        Err(Error::NotFound | Error::NotOn | Error::Role { .. }) => Ok(Err("the act is not the member's".into())),
        Err(other) => Err(other),
    }
}

/// The row of the letter that tells a member that their mail did nothing.
pub fn told_no(case: &Case, member: &MemberId, at: i64) -> Statement {
    store::outbox::insert_statement(&store::outbox::NewLetter {
        id: &random::ordered_id(at),
        stream: case.id.as_str(),
        seq: i64::try_from(case.seq).unwrap_or(i64::MAX),
        kind: NoticeKind::MailRefused.name(),
        recipient: &Recipient::Member(member.clone()).name(),
        next_at: at,
        created_at: at,
    })
}

/// The letter that tells a member that their mail did nothing.
pub fn refused(case: &Case, policy: &Policy, base_url: &str) -> Words {
    let program = address::display_name(&policy.program.name);
    let needed = match policy.channels.team_mail {
        TeamMail::Domain => "signed by your domain (DKIM), with a DMARC rule that holds",
        _ => {
            "signed as a whole with the OpenPGP key that you gave in your settings, not long ago and for the first time"
        }
    };
    Words {
        subject: format!("[{program}] Case {}: your mail was not used", case.id),
        lead: format!(
            "A mail under your name came to your address of case {}. It was not sent on, because it is not proven to be yours, or the case does not allow it now.",
            case.id
        ),
        body: vec![format!("A mail counts when it is {needed}, from your own address, and written to the secret address. It is kept with the case for the team; the case says what was missing.")],
        dates_title: "",
        dates: Vec::new(),
        expected: "write what you meant to say on the page of the case. If the mail is not yours, tell your coordinator today.".into(),
        link: Some(Link { label: "The case", url: format!("{base_url}/desk/cases/{}", case.id) }),
        why: "You get this because a mail came to a secret address that is yours alone.".into(),
        answers: NO_ANSWERS.into(),
    }
}

/// Whether a member may still write in a case: they are on it, and work on cases of its program.
pub async fn may_write(app: &App, member: &MemberId, case: &Case) -> Result<Option<MemberView>, Error> {
    let found = accounts::member(app, member).await?;
    let policy = crate::execute::policy_of(app, case)?;
    let grants = standing::grants(case, &policy);
    let may = |actor: &Actor| {
        actor.works_in(&case.program)
            && standing::relation(actor, &case.program, &grants, app.now()) == standing::Relation::On
    };
    Ok(found.filter(|it| !it.disabled && may(&it.actor(app))))
}

/// The actor of a mail that is kept for the team: the first report's, because the journal tells members from others.
pub fn keeper(case: &CaseId) -> Actor {
    Actor::Reporter { case: case.clone(), report: 0 }
}

/// Loads the case of a member's address.
///
/// # Errors
/// [`Error::NotFound`] when it was erased.
pub async fn case_of(app: &App, desk: &Desk) -> Result<Case, Error> {
    execute::load_case(app, &Actor::Clock, &desk.case).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use candor_core::origin::Check;

    fn policy(team_mail: TeamMail) -> Policy {
        let source = include_str!("../../../../policy.toml");
        let mut policy = candor_core::policy::file::read(source).expect("it reads");
        policy.channels.team_mail = team_mail;
        policy
    }

    #[test]
    fn only_what_the_policy_names_is_a_proof() {
        let signed = Origin { dmarc: Check::Pass, signed_by_sender: true, ..Origin::default() };
        let by_server = Origin { dmarc: Check::Pass, ..Origin::default() };
        let said = |mail, origin: &Origin, key| is_proven(&policy(mail), origin, key).is_ok();
        assert!(!said(TeamMail::Never, &signed, true));
        assert!(!said(TeamMail::Signed, &signed, false) && said(TeamMail::Signed, &by_server, true));
        assert!(said(TeamMail::Domain, &signed, false) && !said(TeamMail::Domain, &by_server, false));
    }

    #[test]
    fn what_a_member_quotes_is_not_sent_to_the_reporter() {
        let letter = Letter {
            text: vec![
                Passage::Said("Fixed in 1.2.\n".into()),
                Passage::Quoted("the team's page".into()),
                Passage::Said("Thank you.".into()),
                Passage::Signature("Anna".into()),
            ],
            ..Letter::default()
        };
        assert_eq!(own_words(&letter), "Fixed in 1.2.\n\nThank you.");
    }
}
