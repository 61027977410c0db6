//! Which cases members opened of late: for the reading budget, counted over all processes of the desk.

use super::dialect::statements;
use super::value::{Batch, Statement};
use super::{Result, Store};

statements! {
    OF = "select stream from look where member = $1 and at > $2 and at <= $3";
    // Its row is locked by it, so that the looks of one member are counted one after the other.
    TURN = "insert into looker (member, turn, told) values ($1, 1, 0) \
        on conflict (member) do update set turn = looker.turn + 1";
    LOOK = "insert into look (member, stream, at) select $1, $2, $3 \
        where (select count(*) from look where member = $1 and at > $4 and at <= $5) < $6 \
        on conflict (member, stream) do update set at = excluded.at";
    TOLD = "select told from looker where member = $1";
    TELL = "insert into looker (member, turn, told) values ($1, 0, $2) \
        on conflict (member) do update set told = excluded.told where looker.told <= $3 or looker.told > $4";
    FORGET = "delete from look where member = $1";
    UNTOLD = "update looker set told = 0 where member = $1";
    SWEEP = "delete from look where at <= $1";
    SWEEP_LOOKERS = "delete from looker where told <= $1 and not exists \
        (select 1 from look where look.member = looker.member)";
}

/// The cases that a member opened after one instant and up to another, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn of(store: &Store, member: &str, (after, until): (i64, i64)) -> Result<Vec<String>> {
    store.query(OF, vals![member, after, until]).await?.into_iter().map(|mut row| row.text(0)).collect()
}

/// A look at a case that the member did not open lately, at `now`; a conflict when they opened `most` cases after one instant
/// and up to another. Microseconds UTC.
#[must_use]
pub fn look_batch(member: &str, stream: &str, now: i64, (after, until): (i64, i64), most: i64) -> Batch {
    let look = Statement::new(LOOK, vals![member, stream, now, after, until, most]).expecting(1);
    Batch::main(vec![Statement::new(TURN, vals![member]), look])
}

/// When others were told last that a member's budget was spent, microseconds UTC; 0 for never.
///
/// # Errors
/// As [`Store::query`].
pub async fn told(store: &Store, member: &str) -> Result<i64> {
    Ok(store.query_one(TOLD, vals![member]).await?.map(|mut row| row.int(0)).transpose()?.unwrap_or_default())
}

/// Notes that others are told now; a conflict when they were after one instant and up to another. Microseconds UTC.
#[must_use]
pub fn tell_statement(member: &str, now: i64, (after, until): (i64, i64)) -> Statement {
    Statement::new(TELL, vals![member, now, after, until]).expecting(1)
}

/// Begins a member's budget anew.
#[must_use]
pub fn forget_batch(member: &str) -> Batch {
    Batch::main(vec![Statement::new(FORGET, vals![member]), Statement::new(UNTOLD, vals![member])])
}

/// Forgets looks of an instant and before, microseconds UTC.
#[must_use]
pub fn sweep_statements(until: i64) -> [Statement; 2] {
    [Statement::new(SWEEP, vals![until]), Statement::new(SWEEP_LOOKERS, vals![until])]
}
