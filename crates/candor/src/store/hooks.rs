//! Places that are told of publications by a call. Address and secret are sealed; the host is shown to the team.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "id, program, state, host, sealed, fingerprint, asked_by, confirmed_by, created_at, changed_at"
    };
}

statements! {
    INSERT = "insert into hook (id, program, state, host, sealed, fingerprint, asked_by, created_at, changed_at) \
        values ($1, $2, 'asked', $3, $4, $5, $6, $7, $7)";
    CONFIRM = "update hook set state = 'active', confirmed_by = $2, changed_at = $3 where id = $1 and state = 'asked' and asked_by <> $2";
    END = "update hook set state = 'off', changed_at = $2 where id = $1 and state <> 'off'";
    GET = concat!("select ", columns!(), " from hook where id = $1");
    LIST = concat!("select ", columns!(), " from hook order by program, created_at, id limit 1000");
    ACTIVE = concat!("select ", columns!(), " from hook where program = $1 and state = 'active' order by created_at, id limit 1000");
}

/// One hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookRow {
    /// Id, random.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// `asked` until a second member confirms, then `active`; `off` when ended.
    pub state: String,
    /// Host it goes to.
    pub host: String,
    /// Address and secret, sealed.
    pub sealed: Vec<u8>,
    /// Hash of the address, in short, by which two people can tell that they mean the same.
    pub fingerprint: String,
    /// Id of the member who asked for it.
    pub asked_by: String,
    /// Id of the member who confirmed it.
    pub confirmed_by: Option<String>,
    /// When it was asked for, microseconds UTC.
    pub created_at: i64,
    /// When it last changed, microseconds UTC.
    pub changed_at: i64,
}

fn hook(mut row: Row) -> Result<HookRow> {
    Ok(HookRow {
        id: row.text(0)?,
        program: row.text(1)?,
        state: row.text(2)?,
        host: row.text(3)?,
        sealed: row.bytes(4)?,
        fingerprint: row.text(5)?,
        asked_by: row.text(6)?,
        confirmed_by: row.opt_text(7)?,
        created_at: row.int(8)?,
        changed_at: row.int(9)?,
    })
}

/// Keeps a hook that waits for a second member.
#[must_use]
pub fn insert_statement(row: &HookRow) -> Statement {
    Statement::new(
        INSERT,
        vals![&row.id, &row.program, &row.host, row.sealed.clone(), &row.fingerprint, &row.asked_by, row.created_at],
    )
}

/// A second member confirms it: a conflict where it is the same one, or it does not wait.
#[must_use]
pub fn confirm_statement(id: &str, by: &str, at: i64) -> Statement {
    Statement::new(CONFIRM, vals![id, by, at]).expecting(1)
}

/// Ends it.
#[must_use]
pub fn end_statement(id: &str, at: i64) -> Statement {
    Statement::new(END, vals![id, at])
}

/// One hook.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<HookRow>> {
    store.query_one(GET, vals![id]).await?.map(hook).transpose()
}

/// Every hook, by program.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store) -> Result<Vec<HookRow>> {
    store.query(LIST, vec![]).await?.into_iter().map(hook).collect()
}

/// The hooks of a program that are told.
///
/// # Errors
/// As [`Store::query`].
pub async fn active(store: &Store, program: &str) -> Result<Vec<HookRow>> {
    store.query(ACTIVE, vals![program]).await?.into_iter().map(hook).collect()
}
