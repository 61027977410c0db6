//! Small facts of the store itself, such as the check value of the root key.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into setting (name, value) values ($1, $2)";
    UPSERT = "insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
    GET = "select value from setting where name = $1";
    DELETE = "delete from setting where name = $1";
    ANYTHING = "select 1 from setting limit 1";
    ANY_JOURNAL = "select 1 from journal limit 1";
    ANY_MEMBER = "select 1 from member limit 1";
}

/// Writes a setting that must not exist yet: a conflict when it does.
#[must_use]
pub fn insert_statement(name: &str, value: &[u8]) -> Statement {
    Statement::new(INSERT, vals![name, value])
}

/// Writes a setting, new or changed.
#[must_use]
pub fn put_statement(name: &str, value: &[u8]) -> Statement {
    Statement::new(UPSERT, vals![name, value])
}

/// Removes a setting.
#[must_use]
pub fn delete_statement(name: &str) -> Statement {
    Statement::new(DELETE, vals![name])
}

/// Reads a setting.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, name: &str) -> Result<Option<Vec<u8>>> {
    store.query_one(GET, vals![name]).await?.map(|mut row| row.bytes(0)).transpose()
}

/// Whether nothing was ever written to this store.
///
/// # Errors
/// As [`Store::query`].
pub async fn is_empty(store: &Store) -> Result<bool> {
    for sql in [ANYTHING, ANY_JOURNAL, ANY_MEMBER] {
        if store.query_one(sql, vec![]).await?.is_some() {
            return Ok(false);
        }
    }
    Ok(true)
}
