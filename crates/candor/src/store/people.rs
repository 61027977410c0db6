//! Members of the team: who they are (sealed), what they may do, and the secrets they sign in with
//! (as hashes). Every hash here is a keyed one of `keys::lookup`.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Batch, Result, Store, StoreError};

macro_rules! member_columns {
    () => {
        "id, lookup, sealed, password, totp, totp_step, disabled, created_at"
    };
}
macro_rules! session_columns {
    () => {
        "hash, member, created_at, seen_at, fresh_at, expires_at, label"
    };
}
macro_rules! token_columns {
    () => {
        "hash, id, member, scopes, label, created_at, expires_at, used_at, revoked"
    };
}

statements! {
    MEMBER_INSERT = concat!("insert into member (", member_columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, $8)");
    MEMBER_GET = concat!("select ", member_columns!(), " from member where id = $1");
    MEMBER_BY_LOOKUP = concat!("select ", member_columns!(), " from member where lookup = $1");
    MEMBERS = concat!("select ", member_columns!(), " from member order by created_at, id");
    MEMBER_SEALED = "update member set lookup = $2, sealed = $3 where id = $1";
    MEMBER_PASSWORD = "update member set password = $2 where id = $1";
    MEMBER_TOTP = "update member set totp = $2, totp_step = 0 where id = $1";
    MEMBER_TOTP_STEP = "update member set totp_step = $2 where id = $1 and totp_step < $2 and totp = $3 and disabled = 0";
    MEMBER_DISABLED = "update member set disabled = $2 where id = $1";

    ROLE_ADD = "insert into role (member, program, role) values ($1, $2, $3) on conflict (member, program, role) do nothing";
    ROLE_REMOVE = "delete from role where member = $1 and program = $2 and role = $3";
    ROLES_OF = "select member, program, role from role where member = $1 order by program, role";
    ROLES = "select member, program, role from role order by member, program, role";

    RECOVERY_CLEAR = "delete from recovery where member = $1";
    RECOVERY_ADD = "insert into recovery (member, hash, used_at) values ($1, $2, null)";
    RECOVERY_USE = "update recovery set used_at = $3 where member = $1 and hash = $2 and used_at is null";
    RECOVERY_LEFT = "select count(*) from recovery where member = $1 and used_at is null";

    SESSION_INSERT = concat!("insert into session (", session_columns!(), ") values ($1, $2, $3, $4, $5, $6, $7)");
    SESSION_GET = concat!("select ", session_columns!(), " from session where hash = $1 and expires_at > $2");
    SESSIONS_OF = concat!("select ", session_columns!(), " from session where member = $1 and expires_at > $2 order by created_at desc, hash");
    SESSION_SEEN = "update session set seen_at = $2, expires_at = $3 where hash = $1";
    SESSION_FRESH = "update session set fresh_at = $2 where hash = $1";
    SESSION_END = "delete from session where hash = $1";
    SESSIONS_END = "delete from session where member = $1 and hash <> $2";
    SESSIONS_SWEEP = "delete from session where expires_at <= $1";

    INVITE_INSERT = "insert into invite (hash, member, kind, expires_at, used_at) values ($1, $2, $3, $4, null)";
    INVITE_GET = "select hash, member, kind, expires_at, used_at from invite where hash = $1";
    INVITE_USE = "update invite set used_at = $2 where hash = $1 and used_at is null and expires_at > $2";
    INVITES_REVOKE = "delete from invite where kind = $1 and used_at is null and (member = $2 or (member is null and $2 is null))";
    INVITES_SWEEP = "delete from invite where expires_at <= $1";

    TOKEN_INSERT = concat!("insert into token (", token_columns!(), ") values ($1, $2, $3, $4, $5, $6, $7, null, 0)");
    TOKEN_GET = concat!("select ", token_columns!(), " from token where hash = $1");
    TOKENS_OF = concat!("select ", token_columns!(), " from token where member = $1 order by created_at, id");
    TOKEN_USED = "update token set used_at = $2 where hash = $1";
    TOKEN_REVOKE = "update token set revoked = 1 where id = $1 and member = $2 and revoked = 0";
}

/// A member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRow {
    /// Id, random.
    pub id: String,
    /// Keyed hash of the address, in lower case.
    pub lookup: Vec<u8>,
    /// Name and address, sealed.
    pub sealed: Vec<u8>,
    /// Argon2id hash of the password; none until it is set.
    pub password: Option<String>,
    /// Secret of the one-time codes, sealed; none until it is set.
    pub totp: Option<Vec<u8>>,
    /// Step of the last code used: an older or equal one is refused.
    pub totp_step: i64,
    /// Whether the member may not sign in.
    pub disabled: bool,
    /// Since when, microseconds UTC.
    pub created_at: i64,
}

fn member(mut row: Row) -> Result<MemberRow> {
    Ok(MemberRow {
        id: row.text(0)?,
        lookup: row.bytes(1)?,
        sealed: row.bytes(2)?,
        password: row.opt_text(3)?,
        totp: row.opt_bytes(4)?,
        totp_step: row.int(5)?,
        disabled: row.flag(6)?,
        created_at: row.int(7)?,
    })
}

/// Adds a member: a conflict when id or address is taken.
#[must_use]
pub fn insert_member(member: &MemberRow) -> Statement {
    Statement::new(
        MEMBER_INSERT,
        vals![
            &member.id,
            &member.lookup,
            &member.sealed,
            member.password.as_ref(),
            member.totp.as_ref(),
            member.totp_step,
            member.disabled,
            member.created_at,
        ],
    )
}

/// One member.
///
/// # Errors
/// As [`Store::query`].
pub async fn get_member(store: &Store, id: &str) -> Result<Option<MemberRow>> {
    store.query_one(MEMBER_GET, vals![id]).await?.map(member).transpose()
}

/// The member with this address, by its keyed hash.
///
/// # Errors
/// As [`Store::query`].
pub async fn member_by_lookup(store: &Store, lookup: &[u8]) -> Result<Option<MemberRow>> {
    store.query_one(MEMBER_BY_LOOKUP, vals![lookup]).await?.map(member).transpose()
}

/// Every member, in the order they came.
///
/// # Errors
/// As [`Store::query`].
pub async fn members(store: &Store) -> Result<Vec<MemberRow>> {
    store.query(MEMBERS, vec![]).await?.into_iter().map(member).collect()
}

/// Changes name or address.
#[must_use]
pub fn set_sealed(id: &str, lookup: &[u8], sealed: &[u8]) -> Statement {
    Statement::new(MEMBER_SEALED, vals![id, lookup, sealed]).expecting(1)
}

/// Sets or removes the password hash.
#[must_use]
pub fn set_password(id: &str, password: Option<&str>) -> Statement {
    Statement::new(MEMBER_PASSWORD, vals![id, password]).expecting(1)
}

/// Sets or removes the sealed secret of the one-time codes.
#[must_use]
pub fn set_totp(id: &str, totp: Option<&[u8]>) -> Statement {
    Statement::new(MEMBER_TOTP, vals![id, totp]).expecting(1)
}

/// Uses up the one-time codes of the sealed secret `totp` until `step`: a conflict when this step or a later one was used, when
/// the secret is another by now, or when the member is disabled.
#[must_use]
pub fn use_totp_step(id: &str, totp: &[u8], step: i64) -> Statement {
    Statement::new(MEMBER_TOTP_STEP, vals![id, step, totp]).expecting(1)
}

/// Lets a member in again, or out.
#[must_use]
pub fn set_disabled(id: &str, disabled: bool) -> Statement {
    Statement::new(MEMBER_DISABLED, vals![id, disabled]).expecting(1)
}

/// What a member may do in a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleRow {
    /// Id of the member.
    pub member: String,
    /// Slug of the program; `*` for the desk itself.
    pub program: String,
    /// Name of the role.
    pub role: String,
}

fn role(mut row: Row) -> Result<RoleRow> {
    Ok(RoleRow { member: row.text(0)?, program: row.text(1)?, role: row.text(2)? })
}

/// Gives a role; giving it twice is fine.
#[must_use]
pub fn add_role(member: &str, program: &str, role: &str) -> Statement {
    Statement::new(ROLE_ADD, vals![member, program, role])
}

/// Takes a role away.
#[must_use]
pub fn remove_role(member: &str, program: &str, role: &str) -> Statement {
    Statement::new(ROLE_REMOVE, vals![member, program, role])
}

/// Roles of one member.
///
/// # Errors
/// As [`Store::query`].
pub async fn roles_of(store: &Store, member: &str) -> Result<Vec<RoleRow>> {
    store.query(ROLES_OF, vals![member]).await?.into_iter().map(role).collect()
}

/// Roles of everybody.
///
/// # Errors
/// As [`Store::query`].
pub async fn roles(store: &Store) -> Result<Vec<RoleRow>> {
    store.query(ROLES, vec![]).await?.into_iter().map(role).collect()
}

/// Replaces the recovery codes of a member.
#[must_use]
pub fn replace_recovery(member: &str, hashes: &[Vec<u8>]) -> Vec<Statement> {
    std::iter::once(Statement::new(RECOVERY_CLEAR, vals![member]))
        .chain(hashes.iter().map(|hash| Statement::new(RECOVERY_ADD, vals![member, hash])))
        .collect()
}

/// Uses up a recovery code: a conflict when it is unknown or used.
#[must_use]
pub fn use_recovery(member: &str, hash: &[u8], now: i64) -> Statement {
    Statement::new(RECOVERY_USE, vals![member, hash, now]).expecting(1)
}

/// How many recovery codes a member has left.
///
/// # Errors
/// As [`Store::query`].
pub async fn recovery_left(store: &Store, member: &str) -> Result<i64> {
    store.query_one(RECOVERY_LEFT, vals![member]).await?.map_or(Ok(0), |mut row| row.int(0))
}

/// A signed-in browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// Keyed hash of the cookie's secret.
    pub hash: Vec<u8>,
    /// Id of the member.
    pub member: String,
    /// Sign-in, microseconds UTC.
    pub created_at: i64,
    /// Last seen, microseconds UTC.
    pub seen_at: i64,
    /// Last proof of the second factor, microseconds UTC.
    pub fresh_at: i64,
    /// End, microseconds UTC.
    pub expires_at: i64,
    /// Which browser, for the list of sessions.
    pub label: String,
}

fn session(mut row: Row) -> Result<SessionRow> {
    Ok(SessionRow {
        hash: row.bytes(0)?,
        member: row.text(1)?,
        created_at: row.int(2)?,
        seen_at: row.int(3)?,
        fresh_at: row.int(4)?,
        expires_at: row.int(5)?,
        label: row.text(6)?,
    })
}

/// Begins a session.
#[must_use]
pub fn insert_session(session: &SessionRow) -> Statement {
    Statement::new(
        SESSION_INSERT,
        vals![
            &session.hash,
            &session.member,
            session.created_at,
            session.seen_at,
            session.fresh_at,
            session.expires_at,
            &session.label,
        ],
    )
}

/// A session that has not ended by `now`.
///
/// # Errors
/// As [`Store::query`].
pub async fn get_session(store: &Store, hash: &[u8], now: i64) -> Result<Option<SessionRow>> {
    store.query_one(SESSION_GET, vals![hash, now]).await?.map(session).transpose()
}

/// Sessions of a member that have not ended by `now`, the newest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn sessions_of(store: &Store, member: &str, now: i64) -> Result<Vec<SessionRow>> {
    store.query(SESSIONS_OF, vals![member, now]).await?.into_iter().map(session).collect()
}

/// The session was seen and lives until `expires_at`. Write this once a minute at most.
#[must_use]
pub fn session_seen(hash: &[u8], now: i64, expires_at: i64) -> Statement {
    Statement::new(SESSION_SEEN, vals![hash, now, expires_at])
}

/// The second factor was proved just now.
#[must_use]
pub fn session_fresh(hash: &[u8], now: i64) -> Statement {
    Statement::new(SESSION_FRESH, vals![hash, now])
}

/// Ends a session.
#[must_use]
pub fn end_session(hash: &[u8]) -> Statement {
    Statement::new(SESSION_END, vals![hash])
}

/// Ends all sessions of a member but the one with hash `keep` (empty to keep none).
#[must_use]
pub fn end_sessions(member: &str, keep: &[u8]) -> Statement {
    Statement::new(SESSIONS_END, vals![member, keep])
}

/// A link that lets somebody set up or recover an account, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InviteRow {
    /// Keyed hash of the link's secret.
    pub hash: Vec<u8>,
    /// The member it is for; none for the first one of a new desk.
    pub member: Option<String>,
    /// `setup`, `join` or `reset`.
    pub kind: String,
    /// End, microseconds UTC.
    pub expires_at: i64,
    /// When it was used, microseconds UTC.
    pub used_at: Option<i64>,
}

/// Writes an invite.
#[must_use]
pub fn insert_invite(hash: &[u8], member: Option<&str>, kind: &str, expires_at: i64) -> Statement {
    Statement::new(INVITE_INSERT, vals![hash, member, kind, expires_at])
}

/// An invite, used or not; the caller checks `used_at` and `expires_at`.
///
/// # Errors
/// As [`Store::query`].
pub async fn get_invite(store: &Store, hash: &[u8]) -> Result<Option<InviteRow>> {
    store
        .query_one(INVITE_GET, vals![hash])
        .await?
        .map(|mut row| {
            Ok(InviteRow {
                hash: row.bytes(0)?,
                member: row.opt_text(1)?,
                kind: row.text(2)?,
                expires_at: row.int(3)?,
                used_at: row.opt_int(4)?,
            })
        })
        .transpose()
}

/// Uses an invite up: a conflict when it was used or has ended. Put it first in the batch that
/// does what the invite allows.
#[must_use]
pub fn use_invite(hash: &[u8], now: i64) -> Statement {
    Statement::new(INVITE_USE, vals![hash, now]).expecting(1)
}

/// Takes back unused invites of one kind for one member (or the one of a new desk).
#[must_use]
pub fn revoke_invites(kind: &str, member: Option<&str>) -> Statement {
    Statement::new(INVITES_REVOKE, vals![kind, member])
}

/// A key for the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    /// Keyed hash of the token.
    pub hash: Vec<u8>,
    /// Id for lists and for revoking.
    pub id: String,
    /// Id of the member it acts for.
    pub member: String,
    /// Scopes, separated by spaces.
    pub scopes: String,
    /// What it is for.
    pub label: String,
    /// Since when, microseconds UTC.
    pub created_at: i64,
    /// End, microseconds UTC; none for no end.
    pub expires_at: Option<i64>,
    /// Last use, microseconds UTC.
    pub used_at: Option<i64>,
    /// Whether it was revoked.
    pub revoked: bool,
}

fn token(mut row: Row) -> Result<TokenRow> {
    Ok(TokenRow {
        hash: row.bytes(0)?,
        id: row.text(1)?,
        member: row.text(2)?,
        scopes: row.text(3)?,
        label: row.text(4)?,
        created_at: row.int(5)?,
        expires_at: row.opt_int(6)?,
        used_at: row.opt_int(7)?,
        revoked: row.flag(8)?,
    })
}

/// Writes a new token.
#[must_use]
pub fn insert_token(token: &TokenRow) -> Statement {
    Statement::new(
        TOKEN_INSERT,
        vals![&token.hash, &token.id, &token.member, &token.scopes, &token.label, token.created_at, token.expires_at],
    )
}

/// A token by its keyed hash; the caller checks `revoked` and `expires_at`.
///
/// # Errors
/// As [`Store::query`].
pub async fn get_token(store: &Store, hash: &[u8]) -> Result<Option<TokenRow>> {
    store.query_one(TOKEN_GET, vals![hash]).await?.map(token).transpose()
}

/// Tokens of a member, in the order they were made.
///
/// # Errors
/// As [`Store::query`].
pub async fn tokens_of(store: &Store, member: &str) -> Result<Vec<TokenRow>> {
    store.query(TOKENS_OF, vals![member]).await?.into_iter().map(token).collect()
}

/// The token was used. Write this once a minute at most.
#[must_use]
pub fn token_used(hash: &[u8], now: i64) -> Statement {
    Statement::new(TOKEN_USED, vals![hash, now])
}

/// Revokes a member's token: a conflict when it is not theirs or already revoked.
#[must_use]
pub fn revoke_token(id: &str, member: &str) -> Statement {
    Statement::new(TOKEN_REVOKE, vals![id, member]).expecting(1)
}

/// Forgets sessions and invites that have ended by `now`.
///
/// # Errors
/// As [`Store::commit`].
pub async fn sweep(store: &Store, now: i64) -> Result<()> {
    store
        .commit(Batch::main(vec![
            Statement::new(SESSIONS_SWEEP, vals![now]),
            Statement::new(INVITES_SWEEP, vals![now]),
        ]))
        .await
}

/// Runs one of this module's statements on its own. False when it met a conflict.
///
/// # Errors
/// As [`Store::commit`], save the conflict.
pub async fn apply(store: &Store, statements: Vec<Statement>) -> Result<bool> {
    match store.commit(Batch::main(statements)).await {
        Ok(()) => Ok(true),
        Err(StoreError::Conflict) => Ok(false),
        Err(why) => Err(why),
    }
}
