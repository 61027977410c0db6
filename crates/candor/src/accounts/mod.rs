//! People of the team: who they are, how they prove it, and what they may do. Names and addresses are sealed; an
//! address is found by its keyed hash. Every secret is kept as a keyed hash, or as Argon2id for passwords.
//!
//! ```text
//! link ─▶ name, password ─▶ one-time code ─▶ recovery codes ─▶ session ─▶ Actor
//!                                             sign-in ─────────▶ session ─▶ Actor
//!                                             token ────────────────────▶ Actor
//! ```

pub mod told; // letters when a way into an account changed
pub mod digest; // one letter a day, for who wishes it
pub mod openpgp; // the key with which a member signs mail
pub mod password; // which are good enough, and Argon2id over them
pub mod totp; // one-time codes of an authenticator app
pub mod recovery; // ten codes for the day the app is lost
pub mod invite; // links: first set-up, joining, starting anew
pub mod signin; // address, password and code, or one neutral no
pub mod session; // signed-in browsers
pub mod passkey; // keys in members' own devices
pub mod token; // keys for the API
pub mod roster; // whom the policy proposes to take a case
pub mod demo; // people of a demonstration

pub use invite::{invite, reset, setup_link, unhex};
pub use token::token_actor;

use candor_core::access::{Actor, Role};
use candor_core::id::{MemberId, ProgramSlug};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::keys::{self, Context, KeyRing, Purpose};
use crate::store::people::{self, MemberRow};

/// In a role, stands for every program in force.
pub const EVERY_PROGRAM: &str = "*";
/// Name in the store of the right to manage the desk. It grants no reading of cases.
const ADMIN: &str = "admin";

/// A role in one program, or in [`EVERY_PROGRAM`].
pub type RoleIn = (String, Role);

/// Reads a role as people write it: `coordinator` for every program, `minio=member` for one.
///
/// # Errors
/// What is wrong, in words for whoever typed it.
pub fn parse_role(text: &str) -> Result<RoleIn, String> {
    let (program, role) = text.split_once('=').unwrap_or((EVERY_PROGRAM, text));
    let found = Role::from_name(role.trim())
        .ok_or_else(|| format!("`{}` is no role; choose from {}", role.trim(), role_names()))?;
    Ok((program.trim().to_owned(), found))
}

/// The names of all roles, for whoever has to choose one.
pub fn role_names() -> String {
    Role::ALL.map(Role::name).join(", ")
}

/// A member, opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberView {
    /// Id.
    pub id: MemberId,
    /// Name for people.
    pub name: String,
    /// Address for mail and for signing in.
    pub email: String,
    /// Roles as they were given: by program, `*` for all.
    pub roles: Vec<RoleIn>,
    /// Whether they may manage people, programs and settings.
    pub admin: bool,
    /// Whether they may not sign in.
    pub disabled: bool,
    /// Whether the authenticator is set up, beside a password or an account elsewhere.
    pub ready: bool,
    /// Since when.
    pub since: Timestamp,
}

impl MemberView {
    /// Where the account stands, in one word.
    pub fn state(&self) -> &'static str {
        match (self.disabled, self.ready) {
            (true, _) => "disabled",
            (false, true) => "active",
            (false, false) => "invited",
        }
    }

    /// The actor this member is, with `*` read as the programs in force.
    pub fn actor(&self, app: &App) -> Actor {
        let mut roles: Vec<(ProgramSlug, Role)> = Vec::new();
        for (program, role) in &self.roles {
            if program == EVERY_PROGRAM {
                roles.extend(app.programs().into_iter().map(|policy| (policy.program.slug.clone(), *role)));
            } else {
                roles.push((program.as_str().into(), *role));
            }
        }
        Actor::Member { id: self.id.clone(), roles }
    }

    /// The highest role in any program.
    pub fn highest(&self) -> Option<Role> {
        let held = |role: &Role| self.roles.iter().any(|(_, own)| own == role);
        Role::ALL.into_iter().rev().find(held)
    }

    /// The roles in words, like `coordinator everywhere, observer in minio; manages the desk`.
    pub fn roles_in_words(&self) -> String {
        let roles: Vec<String> = self
            .roles
            .iter()
            .map(|(program, role)| match program.as_str() {
                EVERY_PROGRAM => format!("{} everywhere", role.name()),
                program => format!("{} in {program}", role.name()),
            })
            .collect();
        let roles = if roles.is_empty() { "no role".to_owned() } else { roles.join(", ") };
        if self.admin { format!("{roles}; manages the desk") } else { roles }
    }
}

/// What is wrong with one answer, in words for whoever gave it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Objection {
    /// Name of the field.
    pub field: &'static str,
    /// What is wrong and what to do.
    pub text: String,
}

impl Objection {
    fn new(field: &'static str, text: impl Into<String>) -> Self {
        Self { field, text: text.into() }
    }
}

/// Why an account was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Answers have to be mended.
    #[error("{}", .0.iter().map(|objection| objection.text.as_str()).collect::<Vec<_>>().join("; "))]
    Objections(Vec<Objection>),
    /// The link is unknown, used or too old: a stranger cannot tell which.
    #[error("This link does not work any more; ask for a new one")]
    Gone,
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<crate::store::StoreError> for AccountError {
    fn from(why: crate::store::StoreError) -> Self {
        Self::Other(why.into())
    }
}

impl From<keys::KeyError> for AccountError {
    fn from(why: keys::KeyError) -> Self {
        Self::Other(why.into())
    }
}

impl AccountError {
    fn objection(field: &'static str, text: impl Into<String>) -> Self {
        Self::Objections(vec![Objection::new(field, text)])
    }
}

/// What is sealed of a member.
#[derive(Serialize, Deserialize)]
struct Person {
    name: String,
    email: String,
}

fn place<'a>(id: &'a str, field: &'a str) -> Context<'a> {
    Context { kind: "member", stream: id, row: 0, field }
}

fn seal(keys: &KeyRing, id: &str, field: &str, plain: &[u8]) -> Result<Vec<u8>, Error> {
    Ok(keys::seal(keys.root().purpose(Purpose::Member), &place(id, field), plain)?)
}

fn open(keys: &KeyRing, id: &str, field: &str, sealed: &[u8]) -> Result<zeroize::Zeroizing<Vec<u8>>, Error> {
    Ok(keys::open(keys.root().purpose(Purpose::Member), &place(id, field), sealed)?)
}

fn seal_person(keys: &KeyRing, id: &str, name: &str, email: &str) -> Result<Vec<u8>, Error> {
    let person = Person { name: name.to_owned(), email: email.to_owned() };
    seal(keys, id, "person", &serde_json::to_vec(&person).map_err(Error::internal)?)
}

/// Keyed hash under which an address is found, whatever its case.
fn address_hash(keys: &KeyRing, email: &str) -> keys::lookup::Tag {
    keys::lookup(keys.root().purpose(Purpose::Lookup), "member address", email.trim().to_lowercase().as_bytes())
}

fn view(keys: &KeyRing, row: MemberRow, roles: &[people::RoleRow]) -> Result<MemberView, Error> {
    let person: Person =
        serde_json::from_slice(&open(keys, &row.id, "person", &row.sealed)?).map_err(Error::internal)?;
    let mine = || roles.iter().filter(|role| role.member == row.id);
    Ok(MemberView {
        name: person.name,
        email: person.email,
        roles: mine().filter_map(|role| Some((role.program.clone(), Role::from_name(&role.role)?))).collect(),
        admin: mine().any(|role| role.program == EVERY_PROGRAM && role.role == ADMIN),
        disabled: row.disabled,
        ready: row.totp.is_some(),
        since: Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?,
        id: row.id.into(),
    })
}

/// One member, disabled or not.
///
/// # Errors
/// [`Error::Locked`] without keys; as every read.
pub async fn member(app: &App, id: &MemberId) -> Result<Option<MemberView>, Error> {
    let Some(row) = people::get_member(&app.store, id.as_str()).await? else { return Ok(None) };
    let roles = people::roles_of(&app.store, id.as_str()).await?;
    view(app.keys()?, row, &roles).map(Some)
}

/// Every member, in the order they came.
///
/// # Errors
/// As [`member`].
pub async fn members(app: &App) -> Result<Vec<MemberView>, Error> {
    let keys = app.keys()?;
    let roles = people::roles(&app.store).await?;
    people::members(&app.store).await?.into_iter().map(|row| view(keys, row, &roles)).collect()
}

/// The actor a member is. A disabled or unknown one has no role anywhere.
///
/// # Errors
/// As [`member`].
pub async fn actor(app: &App, id: &MemberId) -> Result<Actor, Error> {
    Ok(match member(app, id).await? {
        Some(member) if !member.disabled => member.actor(app),
        _ => Actor::Member { id: id.clone(), roles: Vec::new() },
    })
}

/// The member with this id or address.
///
/// # Errors
/// [`AccountError::Objections`] when there is none.
pub async fn find(app: &App, who: &str) -> Result<MemberView, AccountError> {
    let keys = app.keys()?;
    let id = match people::member_by_lookup(&app.store, &address_hash(keys, who)).await? {
        Some(row) => row.id,
        None => who.trim().to_owned(),
    };
    member(app, &id.into()).await?.ok_or_else(|| {
        AccountError::objection("member", "No member has this address or id; `candor member list` shows them all")
    })
}

/// Lets a member out: sessions, links and tokens end at once. Their past work stays theirs.
///
/// # Errors
/// [`AccountError::Objections`] when there is no such member, or nobody would be left to manage the desk.
pub async fn disable(app: &App, who: &str) -> Result<MemberView, AccountError> {
    let member = find(app, who).await?;
    let others_manage =
        members(app).await?.iter().any(|other| other.id != member.id && other.admin && other.ready && !other.disabled);
    if member.admin && !others_manage {
        return Err(AccountError::objection(
            "member",
            "Nobody else manages the desk; make another member an admin first",
        ));
    }
    let id = member.id.as_str();
    let mut batch = vec![people::set_disabled(id, true), people::end_sessions(id, &[])];
    batch.extend(["join", "reset"].map(|kind| people::revoke_invites(kind, Some(id))));
    for token in people::tokens_of(&app.store, id).await?.iter().filter(|token| !token.revoked) {
        batch.push(people::revoke_token(&token.id, id));
    }
    app.store.commit(crate::store::Batch::main(batch)).await?;
    Ok(MemberView { disabled: true, ..member })
}

/// Lets a disabled member in again, with the password and authenticator they had.
///
/// # Errors
/// [`AccountError::Objections`] when there is no such member.
pub async fn enable(app: &App, who: &str) -> Result<MemberView, AccountError> {
    let member = find(app, who).await?;
    app.store.commit(crate::store::Batch::main(vec![people::set_disabled(member.id.as_str(), false)])).await?;
    Ok(MemberView { disabled: false, ..member })
}

/// Replaces the roles of a member and whether they manage the desk.
///
/// # Errors
/// [`AccountError::Objections`] for an unknown program or member, or when nobody would be left to manage the desk.
pub async fn set_roles(app: &App, who: &str, roles: &[RoleIn], admin: bool) -> Result<MemberView, AccountError> {
    let member = find(app, who).await?;
    check_roles(app, roles, admin)?;
    let others_manage =
        members(app).await?.iter().any(|other| other.id != member.id && other.admin && other.ready && !other.disabled);
    if member.admin && !admin && !others_manage {
        return Err(AccountError::objection(
            "admin",
            "Nobody else manages the desk; make another member an admin first",
        ));
    }
    let id = member.id.as_str();
    let mut batch: Vec<_> = people::roles_of(&app.store, id)
        .await?
        .iter()
        .map(|row| people::remove_role(id, &row.program, &row.role))
        .collect();
    batch.extend(role_statements(id, roles, admin));
    app.store.commit(crate::store::Batch::main(batch)).await?;
    Ok(MemberView { roles: roles.to_vec(), admin, ..member })
}

fn role_statements(id: &str, roles: &[RoleIn], admin: bool) -> Vec<crate::store::Statement> {
    let mut statements: Vec<_> =
        roles.iter().map(|(program, role)| people::add_role(id, program, role.name())).collect();
    if admin {
        statements.push(people::add_role(id, EVERY_PROGRAM, ADMIN));
    }
    statements
}

fn check_roles(app: &App, roles: &[RoleIn], admin: bool) -> Result<(), AccountError> {
    if roles.is_empty() && !admin {
        return Err(AccountError::objection("roles", "Choose at least one role, or let the member manage the desk"));
    }
    for (program, _) in roles {
        if program != EVERY_PROGRAM && app.policy(&program.as_str().into()).is_none() {
            return Err(AccountError::objection("roles", format!("There is no program `{program}` in service")));
        }
    }
    Ok(())
}

/// What speaks against a name and an address.
fn check_person(name: &str, email: &str) -> Vec<Objection> {
    let mut objections = Vec::new();
    let length = name.trim().chars().count();
    if length == 0 {
        objections.push(Objection::new("name", "Enter a name"));
    } else if length > 100 || name.chars().any(char::is_control) {
        objections.push(Objection::new("name", "The name must have at most 100 characters on one line"));
    }
    let email = email.trim();
    let shaped = email.split_once('@').is_some_and(|(user, host)| {
        !user.is_empty() && !host.is_empty() && !host.contains('@') && !host.starts_with('.') && !host.ends_with('.')
    });
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';' | '"' | '(' | ')');
    if email.is_empty() {
        objections.push(Objection::new("email", "Enter an address"));
    } else if !shaped || email.len() > 254 || email.chars().any(odd) {
        objections.push(Objection::new("email", "Enter an address like name@example.org"));
    }
    objections
}

/// A member who is ready at once, without a link, for demonstrations and tests. Returns the secret of the
/// authenticator.
///
/// # Errors
/// As [`invite::invite`].
pub async fn add_ready(
    app: &App,
    name: &str,
    email: &str,
    password: &str,
    roles: &[RoleIn],
    admin: bool,
) -> Result<(MemberId, zeroize::Zeroizing<Vec<u8>>), AccountError> {
    let keys = app.keys()?;
    let id = keys::random::id();
    let secret = totp::fresh()?;
    let row = MemberRow {
        lookup: address_hash(keys, email).to_vec(),
        sealed: seal_person(keys, &id, name, email)?,
        password: Some(password::hash(password).await?),
        totp: Some(seal(keys, &id, "totp", &secret)?),
        totp_step: 0,
        disabled: false,
        created_at: app.now().as_microsecond(),
        id: id.clone(),
    };
    let mut batch = vec![people::insert_member(&row)];
    batch.extend(role_statements(&id, roles, admin));
    if !people::apply(&app.store, batch).await? {
        return Err(taken());
    }
    Ok((id.into(), secret))
}

fn taken() -> AccountError {
    AccountError::objection("email", "Another member has this address; `candor member reset` lets them start anew")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_with_its_program_or_for_all() {
        assert_eq!(parse_role("coordinator"), Ok(("*".into(), Role::Coordinator)));
        assert_eq!(parse_role("minio=member"), Ok(("minio".into(), Role::Member)));
        assert_eq!(
            parse_role("minio=boss"),
            Err("`boss` is no role; choose from observer, developer, approver, analyst, member, coordinator".into())
        );
    }

    #[test]
    fn a_name_and_an_address_must_look_like_one() {
        assert_eq!(check_person("Ada", "ada@example.org"), []);
        assert_eq!(check_person("Zoë O'Hara-Łuk", "z+desk@[192.0.2.1]"), []);
        for (name, email) in [
            ("", "ada@example.org"),
            ("Ada", ""),
            ("Ada", "ada"),
            ("Ada", "ada@"),
            ("Ada", "a b@example.org"),
            ("Ada", "ada@example.org\r\nBcc: x@example.org"),
            ("Ada\nBcc", "ada@example.org"),
            ("Ada", "a@b@c"),
        ] {
            assert_eq!(check_person(name, email).len(), 1, "{name:?} {email:?}");
        }
    }
}
