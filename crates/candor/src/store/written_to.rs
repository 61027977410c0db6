//! How many letters an address got within an hour, so that nobody uses this service to flood somebody. Addresses are keyed
//! hashes.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    NOTE = "insert into written_to (address, since, letters) values ($1, $2, 1) on conflict (address) do update set \
        letters = case when written_to.since > $3 then written_to.letters + 1 else 1 end, \
        since = case when written_to.since > $3 then written_to.since else excluded.since end";
    COUNT = "select letters from written_to where address = $1 and since > $2";
    SWEEP = "delete from written_to where since < $1";
}

/// Notes a letter at `now`; an hour that began at `over` or before is over, and another one begins. Microseconds UTC.
#[must_use]
pub fn note_statement(address: &[u8], now: i64, over: i64) -> Statement {
    Statement::new(NOTE, vals![address, now, over])
}

/// How many letters went to an address in the hour that began after `over`, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn count(store: &Store, address: &[u8], over: i64) -> Result<i64> {
    Ok(store.query_one(COUNT, vals![address, over]).await?.map(|mut row| row.int(0)).transpose()?.unwrap_or_default())
}

/// Forgets the hours that began before an instant, microseconds UTC.
#[must_use]
pub fn sweep_statement(before: i64) -> Statement {
    Statement::new(SWEEP, vals![before])
}
