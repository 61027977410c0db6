//! Passkeys of members: the public half of each, sealed.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    INSERT = "insert into passkey (id, member, sealed, label, created_at, used_at) values ($1, $2, $3, $4, $5, null)";
    OF = "select id, member, sealed, label, created_at, used_at from passkey where member = $1 order by created_at, id";
    USED = "update passkey set sealed = $3, used_at = $4 where id = $1 and member = $2";
    DELETE = "delete from passkey where id = $1 and member = $2";
    DELETE_ALL = "delete from passkey where member = $1";
}

/// A passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PasskeyRow {
    /// Keyed hash of the credential's id, as hexadecimal digits.
    pub id: String,
    /// Id of the member.
    pub member: String,
    /// The credential, sealed.
    pub sealed: Vec<u8>,
    /// Which browser made it.
    pub label: String,
    /// Since when, microseconds UTC.
    pub created_at: i64,
    /// Last use, microseconds UTC.
    pub used_at: Option<i64>,
}

fn passkey(mut row: Row) -> Result<PasskeyRow> {
    Ok(PasskeyRow {
        id: row.text(0)?,
        member: row.text(1)?,
        sealed: row.bytes(2)?,
        label: row.text(3)?,
        created_at: row.int(4)?,
        used_at: row.opt_int(5)?,
    })
}

/// Adds a passkey: a conflict when there is one with this id.
#[must_use]
pub fn insert_statement(row: &PasskeyRow) -> Statement {
    Statement::new(INSERT, vals![&row.id, &row.member, &row.sealed, &row.label, row.created_at])
}

/// Passkeys of a member, in the order they were made.
///
/// # Errors
/// As [`Store::query`].
pub async fn of(store: &Store, member: &str) -> Result<Vec<PasskeyRow>> {
    store.query(OF, vals![member]).await?.into_iter().map(passkey).collect()
}

/// The passkey was used; its counter may have moved. A conflict when it was removed meanwhile.
#[must_use]
pub fn used_statement(id: &str, member: &str, sealed: &[u8], now: i64) -> Statement {
    Statement::new(USED, vals![id, member, sealed, now]).expecting(1)
}

/// Removes a member's passkey: a conflict when it is not theirs.
#[must_use]
pub fn delete_statement(id: &str, member: &str) -> Statement {
    Statement::new(DELETE, vals![id, member]).expecting(1)
}

/// Removes all of a member's passkeys.
#[must_use]
pub fn delete_all_statement(member: &str) -> Statement {
    Statement::new(DELETE_ALL, vals![member])
}
