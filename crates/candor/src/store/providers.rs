//! Sign-in services of others, and which member an identity there belongs to.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    INSERT = "insert into provider (name, sealed, created_at) values ($1, $2, $3)";
    CHANGE = "update provider set sealed = $2 where name = $1";
    DELETE = "delete from provider where name = $1";
    GET = "select name, sealed, created_at from provider where name = $1";
    LIST = "select name, sealed, created_at from provider order by name limit 100";

    LINK = "insert into identity (id, member, provider, created_at, used_at) values ($1, $2, $3, $4, null)";
    LINKED = "select id, member, provider, created_at, used_at from identity where id = $1";
    LINKS_OF = "select id, member, provider, created_at, used_at from identity where member = $1 order by created_at, id";
    LINK_USED = "update identity set used_at = $3 where id = $1 and member = $2";
    UNLINK = "delete from identity where id = $1 and member = $2";
    UNLINK_MEMBER = "delete from identity where member = $1";
    UNLINK_PROVIDER = "delete from identity where provider = $1";
}

/// A sign-in service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderRow {
    /// Short name, as it stands in addresses.
    pub name: String,
    /// Where it is and how this desk proves itself there, sealed.
    pub sealed: Vec<u8>,
    /// Since when, microseconds UTC.
    pub created_at: i64,
}

/// An identity at a sign-in service that belongs to a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityRow {
    /// Keyed hash of issuer and subject, as hexadecimal digits.
    pub id: String,
    /// Id of the member.
    pub member: String,
    /// Name of the service.
    pub provider: String,
    /// Since when, microseconds UTC.
    pub created_at: i64,
    /// Last sign-in with it, microseconds UTC.
    pub used_at: Option<i64>,
}

fn provider(mut row: Row) -> Result<ProviderRow> {
    Ok(ProviderRow { name: row.text(0)?, sealed: row.bytes(1)?, created_at: row.int(2)? })
}

fn identity(mut row: Row) -> Result<IdentityRow> {
    Ok(IdentityRow {
        id: row.text(0)?,
        member: row.text(1)?,
        provider: row.text(2)?,
        created_at: row.int(3)?,
        used_at: row.opt_int(4)?,
    })
}

/// Keeps a service with what changed; a conflict when it is gone.
#[must_use]
pub fn change_statement(name: &str, sealed: &[u8]) -> Statement {
    Statement::new(CHANGE, vals![name, sealed]).expecting(1)
}

/// Adds a service: a conflict when the name is taken.
#[must_use]
pub fn insert_statement(row: &ProviderRow) -> Statement {
    Statement::new(INSERT, vals![&row.name, &row.sealed, row.created_at])
}

/// Removes a service and every link to it: a conflict when there is none.
#[must_use]
pub fn delete_statements(name: &str) -> Vec<Statement> {
    vec![Statement::new(DELETE, vals![name]).expecting(1), Statement::new(UNLINK_PROVIDER, vals![name])]
}

/// One service.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, name: &str) -> Result<Option<ProviderRow>> {
    store.query_one(GET, vals![name]).await?.map(provider).transpose()
}

/// Every service, by name.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store) -> Result<Vec<ProviderRow>> {
    store.query(LIST, vec![]).await?.into_iter().map(provider).collect()
}

/// Says that an identity is a member's: a conflict when it is somebody's already.
#[must_use]
pub fn link_statement(row: &IdentityRow) -> Statement {
    Statement::new(LINK, vals![&row.id, &row.member, &row.provider, row.created_at])
}

/// Whose an identity is.
///
/// # Errors
/// As [`Store::query`].
pub async fn linked(store: &Store, id: &str) -> Result<Option<IdentityRow>> {
    store.query_one(LINKED, vals![id]).await?.map(identity).transpose()
}

/// A member's identities, in the order they were linked.
///
/// # Errors
/// As [`Store::query`].
pub async fn links_of(store: &Store, member: &str) -> Result<Vec<IdentityRow>> {
    store.query(LINKS_OF, vals![member]).await?.into_iter().map(identity).collect()
}

/// The identity signed its member in. A conflict when it was unlinked meanwhile.
#[must_use]
pub fn link_used_statement(id: &str, member: &str, now: i64) -> Statement {
    Statement::new(LINK_USED, vals![id, member, now]).expecting(1)
}

/// Unlinks an identity: a conflict when it is not this member's.
#[must_use]
pub fn unlink_statement(id: &str, member: &str) -> Statement {
    Statement::new(UNLINK, vals![id, member]).expecting(1)
}

/// Unlinks all of a member's identities.
#[must_use]
pub fn unlink_all_statement(member: &str) -> Statement {
    Statement::new(UNLINK_MEMBER, vals![member])
}
