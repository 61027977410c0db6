//! Links that work once: the first set-up of a desk, a new member, a member who starts anew.
//!
//! Looking at a link changes nothing. An invitation is for one address and asks for its code, which is told by another way
//! than the link; before both are there it says nothing of whom it is for. Name and password come next; then the
//! authenticator has to prove itself. What is known between the steps lies sealed in the forms, so nothing is kept of
//! whoever does not finish.

use candor_core::access::Role;
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::told::{self, Change};
use super::{
    AccountError, MemberView, Objection, RoleIn, address_hash, check_person, password, recovery, role_statements, seal,
    seal_person, session, taken, totp,
};
use crate::app::App;
pub use crate::coding::unhex;
use crate::coding::{digits, eight_digits};
use crate::error::Error;
use crate::execute::report::hex;
use crate::keys::{self, Context, KeyRing, Purpose, random};
use crate::store::people::{self, MemberRow};
use crate::store::providers::{self, IdentityRow};
use crate::store::{Batch, StoreError};

/// How long the first set-up link works.
pub const SETUP: SignedDuration = SignedDuration::from_hours(24);
/// How long an invitation or a new start works.
pub const INVITE: SignedDuration = SignedDuration::from_hours(72);
/// How long somebody may take between password and code.
const PENDING: SignedDuration = SignedDuration::from_hours(1);

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The first member of a new desk.
    Setup,
    /// A new member.
    Join,
    /// A member who sets password and authenticator anew.
    Reset,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Setup => "setup",
            Kind::Join => "join",
            Kind::Reset => "reset",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Kind::Setup => "setup",
            Kind::Join | Kind::Reset => "invite",
        }
    }

    fn works_for(self) -> SignedDuration {
        match self {
            Kind::Setup => SETUP,
            Kind::Join | Kind::Reset => INVITE,
        }
    }
}

fn hash(keys: &KeyRing, secret: &str) -> Vec<u8> {
    keys::lookup(keys.root().purpose(Purpose::Session), "invite", secret.as_bytes()).to_vec()
}

/// What lets somebody in: link and code, told by two ways.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The link. It works once.
    pub link: String,
    /// Eight digits that belong to it.
    pub code: String,
}

/// The code of a link: made of its secret by a key, so that the link alone does not tell it and nothing is kept of it.
fn code_of(keys: &KeyRing, secret: &str) -> String {
    eight_digits(&keys::lookup(keys.root().purpose(Purpose::Session), "invite code", secret.as_bytes()))
}

/// A fresh link and the statements that keep it; earlier links of the kind for the same member end.
fn fresh(app: &App, kind: Kind, member: Option<&str>) -> Result<(Invitation, Vec<crate::store::Statement>), Error> {
    let secret = random::secret();
    let ends = app.now() + kind.works_for();
    let statements = vec![
        people::revoke_invites(kind.name(), member),
        people::insert_invite(&hash(app.keys()?, &secret), member, kind.name(), ends.as_microsecond()),
    ];
    let link = format!("{}/{}/{secret}", app.config.base_url, kind.path());
    Ok((Invitation { link, code: code_of(app.keys()?, &secret) }, statements))
}

/// The link for the first member, when there is none yet. Each call makes a new one and ends the one before.
///
/// # Errors
/// [`Error::Locked`] without keys; as every write.
pub async fn setup_link(app: &App) -> Result<Option<String>, Error> {
    if !people::members(&app.store).await?.is_empty() {
        return Ok(None);
    }
    let (made, statements) = fresh(app, Kind::Setup, None)?;
    app.store.commit(Batch::main(statements)).await?;
    Ok(Some(made.link))
}

/// Invites a member and returns link and code, to be handed over by two ways.
///
/// # Errors
/// [`AccountError::Objections`] when an answer has to be mended or the address is taken.
pub async fn invite(
    app: &App,
    name: &str,
    email: &str,
    roles: &[RoleIn],
    admin: bool,
) -> Result<Invitation, AccountError> {
    let keys = app.keys()?;
    let objections = check_person(name, email);
    if !objections.is_empty() {
        return Err(AccountError::Objections(objections));
    }
    super::check_roles(app, roles, admin)?;
    let id = random::id();
    let row = MemberRow {
        lookup: address_hash(keys, email).to_vec(),
        sealed: seal_person(keys, &id, name.trim(), email.trim())?,
        password: None,
        totp: None,
        totp_step: 0,
        disabled: false,
        created_at: app.now().as_microsecond(),
        id: id.clone(),
    };
    let (made, statements) = fresh(app, Kind::Join, Some(&id))?;
    let mut batch = vec![people::insert_member(&row)];
    batch.extend(role_statements(&id, roles, admin));
    batch.extend(statements);
    if !people::apply(&app.store, batch).await? {
        return Err(taken());
    }
    Ok(made)
}

/// Lets a member start anew: password, authenticator and sessions end at once, and the link sets them up again.
///
/// # Errors
/// [`AccountError::Objections`] when there is no such member or they are disabled.
pub async fn reset(app: &App, who: &str) -> Result<Invitation, AccountError> {
    let member = super::find(app, who).await?;
    if member.disabled {
        return Err(AccountError::objection("member", "This member is disabled; enable them first"));
    }
    let id = member.id.as_str();
    let (made, statements) = fresh(app, Kind::Reset, Some(id))?;
    let mut batch = vec![
        people::set_password(id, None),
        people::set_totp(id, None),
        people::end_sessions(id, &[]),
        people::revoke_invites(Kind::Join.name(), Some(id)),
    ];
    batch.extend(people::replace_recovery(id, &[]));
    batch.extend(every_way_in(app, id).await?);
    batch.extend(statements);
    batch.push(told::statement(app, id, Change::Reset));
    app.store.commit(Batch::main(batch)).await?;
    Ok(made)
}

/// Ends every other way into an account and every other proof of who its member is: passkeys, accounts elsewhere, tokens, and
/// the key they sign mail with. Whoever starts anew may have lost more than a telephone.
async fn every_way_in(app: &App, id: &str) -> Result<Vec<crate::store::Statement>, Error> {
    let mut batch = vec![crate::store::passkeys::delete_all_statement(id), providers::unlink_all_statement(id)];
    for token in people::tokens_of(&app.store, id).await?.iter().filter(|token| !token.revoked) {
        batch.push(people::revoke_token(&token.id, id));
    }
    batch.extend(super::openpgp::removal(app, &MemberId(id.to_owned())).await?);
    Ok(batch)
}

/// A link that works.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What it is for.
    pub kind: Kind,
    /// The member it is for; none for the first of a new desk.
    pub member: Option<MemberView>,
    hash: Vec<u8>,
    /// Its code; none for the first of a new desk, whose link stands on the operator's screen alone.
    code: Option<String>,
}

/// Looks at a link. Changes nothing, however often it is fetched.
///
/// # Errors
/// [`AccountError::Gone`] when it is unknown, used, too old, or for somebody who may not come in.
pub async fn open(app: &App, path: &str, secret: &str) -> Result<Opened, AccountError> {
    let keys = app.keys()?;
    let hash = hash(keys, secret);
    let row = people::get_invite(&app.store, &hash).await?.ok_or(AccountError::Gone)?;
    let kind = [Kind::Setup, Kind::Join, Kind::Reset].into_iter().find(|kind| kind.name() == row.kind);
    let kind = kind.filter(|kind| kind.path() == path).ok_or(AccountError::Gone)?;
    if row.used_at.is_some() || row.expires_at <= app.now().as_microsecond() {
        return Err(AccountError::Gone);
    }
    let member = match &row.member {
        Some(id) => {
            let member = super::member(app, &id.as_str().into()).await?.ok_or(AccountError::Gone)?;
            if member.disabled {
                return Err(AccountError::Gone);
            }
            Some(member)
        }
        None => None,
    };
    let code = (kind != Kind::Setup).then(|| code_of(keys, secret));
    Ok(Opened { kind, member, hash, code })
}

/// A link whose address and code were given.
#[derive(Debug, Clone)]
pub struct Proved {
    /// The link.
    pub opened: Opened,
    /// Lies sealed in the forms that follow.
    pub proof: String,
}

/// Kind of the waits after wrong codes.
const CODE: &str = "invitation";

/// Takes address and code of an invitation. Wrong ones are counted over all who try, and wait longer each time.
///
/// # Errors
/// [`AccountError::Objections`] when the two do not fit, alike for either, or have to wait.
pub fn prove(app: &App, opened: Opened, email: &str, code: &str) -> Result<Proved, AccountError> {
    let (Some(member), Some(right)) = (&opened.member, &opened.code) else { return Err(AccountError::Gone) };
    let (keys, now) = (app.keys()?, app.now());
    let which = keys::lookup(keys.root().purpose(Purpose::Session), CODE, &opened.hash);
    if let Err(wait) = app.throttle.may_try(CODE, which, None, now) {
        let text = format!("Too many wrong codes; try again in {} seconds", wait.seconds());
        return Err(AccountError::objection("code", text));
    }
    let address = keys::equal(&address_hash(keys, &member.email), &address_hash(keys, email));
    if !(keys::equal(digits(right).as_bytes(), digits(code).as_bytes()) & address) {
        app.throttle.failed(CODE, which, None, now);
        let text = "Address and code do not fit together; type the address that was invited, and ask whoever sent you \
                    the link for its code";
        return Err(AccountError::objection("code", text));
    }
    let until = (now + PENDING).to_string();
    let place = pending_place(&opened);
    let sealed = keys::seal(keys.root().purpose(Purpose::Desk), &proof_context(&place), until.as_bytes())?;
    Ok(Proved { opened, proof: hex(&sealed) })
}

/// The link again, on a later page. One for the first of a new desk has nothing to prove.
///
/// # Errors
/// [`AccountError::Gone`] when too much time has passed, or nothing was proved.
pub fn proved(app: &App, opened: Opened, proof: &str) -> Result<Proved, AccountError> {
    if opened.code.is_some() {
        let keys = app.keys()?;
        let place = pending_place(&opened);
        let sealed = unhex(proof).ok_or(AccountError::Gone)?;
        let plain = keys::open(keys.root().purpose(Purpose::Desk), &proof_context(&place), &sealed)
            .map_err(|_| AccountError::Gone)?;
        let until: Option<Timestamp> = str::from_utf8(&plain).ok().and_then(|text| text.parse().ok());
        if until.is_none_or(|until| until <= app.now()) {
            return Err(AccountError::Gone);
        }
    }
    Ok(Proved { opened, proof: proof.to_owned() })
}

/// The first page's answers.
#[derive(Clone, Copy)]
pub struct Details<'a> {
    /// Name for people.
    pub name: &'a str,
    /// Address; a link for a known member keeps the one it was made for.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
}

/// What is known between the two pages. Lies sealed in the second page's form.
#[derive(Serialize, Deserialize)]
struct Pending {
    name: String,
    email: String,
    password: Option<String>,
    /// Who they are elsewhere, where they sign in without a password: the identity and its provider.
    #[serde(default)]
    identity: Option<(String, String)>,
    secret: String,
    until: Timestamp,
}

/// What the second page shows.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// Sealed answers of the first page, for a hidden field.
    pub state: String,
    /// The authenticator's secret in letters.
    pub letters: String,
    /// The same as a QR code: an SVG element.
    pub qr: String,
}

fn pending_place(opened: &Opened) -> String {
    hex(&opened.hash)
}

fn pending_context(place: &str) -> Context<'_> {
    Context { kind: "invite", stream: place, row: 0, field: "pending" }
}

fn proof_context(place: &str) -> Context<'_> {
    Context { kind: "invite", stream: place, row: 0, field: "proof" }
}

fn enrolment(app: &App, email: &str, secret: &[u8], state: String) -> Result<Enrolment, AccountError> {
    let host = app.config.base_url.split("://").last().unwrap_or_default();
    let uri = totp::uri(secret, &format!("Candor {}", host.split([':', '/']).next().unwrap_or_default()), email);
    Ok(Enrolment { state, letters: totp::letters(secret), qr: totp::qr(&uri)? })
}

/// Takes the first page's answers and makes the authenticator's secret. Keeps nothing.
///
/// # Errors
/// [`AccountError::Objections`] for answers to mend.
pub async fn begin(app: &App, proved: &Proved, details: Details<'_>) -> Result<Enrolment, AccountError> {
    let (keys, opened) = (app.keys()?, &proved.opened);
    let email = opened.member.as_ref().map_or(details.email, |member| member.email.as_str()).trim();
    let mut objections = check_person(details.name, email);
    // What a guesser would try first.
    let host = app.config.base_url.split("://").last().unwrap_or_default().split(['/', ':']).next().unwrap_or_default();
    let programs = app.programs();
    let names = programs.iter().flat_map(|policy| [policy.program.name.as_str(), policy.program.slug.as_str()]);
    let about: Vec<&str> = [details.name, email, "candor", host].into_iter().chain(names).collect();
    if let Some(text) = password::objection(details.password, &about) {
        objections.push(Objection::new("password", text));
    }
    if !objections.is_empty() {
        return Err(AccountError::Objections(objections));
    }
    let secret = totp::fresh()?;
    let pending = Pending {
        name: details.name.trim().to_owned(),
        email: email.to_owned(),
        password: Some(password::hash(details.password).await?),
        identity: None,
        secret: totp::letters(&secret),
        until: app.now() + PENDING,
    };
    let plain = serde_json::to_vec(&pending).map_err(Error::internal)?;
    let sealed = keys::seal(keys.root().purpose(Purpose::Desk), &pending_context(&pending_place(opened)), &plain)?;
    enrolment(app, email, &secret, hex(&sealed))
}

/// Takes an identity elsewhere in place of a password, for a member whose name and address are known, and makes the
/// authenticator's secret. Keeps nothing.
///
/// # Errors
/// [`AccountError::Gone`] for a link without a member.
pub fn begin_with(app: &App, proved: &Proved, identity: &str, provider: &str) -> Result<Enrolment, AccountError> {
    let (keys, opened) = (app.keys()?, &proved.opened);
    let member = opened.member.as_ref().ok_or(AccountError::Gone)?;
    let secret = totp::fresh()?;
    let pending = Pending {
        name: member.name.clone(),
        email: member.email.clone(),
        password: None,
        identity: Some((identity.to_owned(), provider.to_owned())),
        secret: totp::letters(&secret),
        until: app.now() + PENDING,
    };
    let plain = serde_json::to_vec(&pending).map_err(Error::internal)?;
    let sealed = keys::seal(keys.root().purpose(Purpose::Desk), &pending_context(&pending_place(opened)), &plain)?;
    enrolment(app, &member.email, &secret, hex(&sealed))
}

fn resume(app: &App, opened: &Opened, state: &str) -> Result<Pending, AccountError> {
    let keys = app.keys()?;
    let sealed = unhex(state).ok_or(AccountError::Gone)?;
    let plain = keys::open(keys.root().purpose(Purpose::Desk), &pending_context(&pending_place(opened)), &sealed)
        .map_err(|_| AccountError::Gone)?;
    let pending: Pending = serde_json::from_slice(&plain).map_err(Error::internal)?;
    if pending.until <= app.now() { Err(AccountError::Gone) } else { Ok(pending) }
}

/// The second page again, after a wrong code.
///
/// # Errors
/// [`AccountError::Gone`] when too much time has passed.
pub fn again(app: &App, opened: &Opened, state: &str) -> Result<Enrolment, AccountError> {
    let pending = resume(app, opened, state)?;
    let secret = totp::from_letters(&pending.secret).ok_or(AccountError::Gone)?;
    enrolment(app, &pending.email, &secret, state.to_owned())
}

/// An account that is ready, with its first session.
#[derive(Debug, Clone)]
pub struct Finished {
    /// Whose it is.
    pub member: MemberId,
    /// The session.
    pub session: session::NewSession,
    /// Ten recovery codes, shown once.
    pub recovery: Vec<String>,
}

/// Takes the authenticator's first code, uses the link up and makes or renews the account, all at once.
///
/// # Errors
/// [`AccountError::Objections`] for a wrong code; [`AccountError::Gone`] when the link was used meanwhile.
pub async fn finish(
    app: &App,
    opened: &Opened,
    state: &str,
    code: &str,
    agent: &str,
) -> Result<Finished, AccountError> {
    let keys = app.keys()?;
    let now = app.now();
    let pending = resume(app, opened, state)?;
    let secret = totp::from_letters(&pending.secret).ok_or(AccountError::Gone)?;
    let Some(step) = totp::check(&secret, code, now)? else {
        return Err(AccountError::objection(
            "code",
            "The code is not the one of this moment; wait for the next one, and check the clock of your device",
        ));
    };
    let id = opened.member.as_ref().map_or_else(random::id, |member| member.id.0.clone());
    let sealed = seal_person(keys, &id, &pending.name, &pending.email)?;
    let lookup = address_hash(keys, &pending.email);
    let totp = seal(keys, &id, "totp", &secret)?;
    let mut batch = vec![people::use_invite(&opened.hash, now.as_microsecond())];
    match &opened.member {
        None => {
            if !people::members(&app.store).await?.is_empty() {
                return Err(AccountError::Gone);
            }
            batch.push(people::insert_member(&MemberRow {
                id: id.clone(),
                lookup: lookup.to_vec(),
                sealed,
                password: pending.password,
                totp: Some(totp),
                totp_step: step,
                disabled: false,
                created_at: now.as_microsecond(),
            }));
            batch.extend(role_statements(&id, &[(super::EVERY_PROGRAM.to_owned(), Role::Coordinator)], true));
        }
        Some(_) => batch.extend([
            people::set_sealed(&id, &lookup, &sealed),
            people::set_password(&id, pending.password.as_deref()),
            people::set_totp(&id, Some(&totp)),
            people::use_totp_step(&id, &totp, step),
            people::end_sessions(&id, &[]),
        ]),
    }
    if opened.kind == Kind::Reset {
        // Whatever was made by somebody who was just then signing in.
        batch.extend(every_way_in(app, &id).await?);
        batch.push(told::statement(app, &id, Change::Renewed));
    }
    batch.extend(pending.identity.map(|(identity, provider)| {
        let created_at = now.as_microsecond();
        let row = IdentityRow { id: identity, member: id.clone(), provider, created_at, used_at: Some(created_at) };
        providers::link_statement(&row)
    }));
    let (codes, statements) = recovery::fresh(keys, &id);
    batch.extend(statements);
    let member = MemberId(id);
    let (session, insert) = session::begin(keys, &member, &session::family(agent), now, now);
    batch.push(insert);
    match app.store.commit(Batch::main(batch)).await {
        Ok(()) => Ok(Finished { member, session, recovery: codes }),
        Err(StoreError::Conflict) => Err(AccountError::Gone),
        Err(other) => Err(other.into()),
    }
}
