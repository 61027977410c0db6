//! Rows of the key ring: wrapped keys by id.

use super::dialect::{interned, statements};
use super::value::Statement;
use super::{Result, Store, Val};

statements! {
    INSERT = "insert into ring (id, wrapped, root, at) values ($1, $2, $3, $4)";
    GET = "select wrapped from ring where id = $1";
    DELETE = "delete from ring where id = $1";
    TALLY = "select count(*) from ring where id like 'case:%' or id like 'person:%'";
    GUARD = "update ring set at = at where id = $1";
    UNDER = "select id, wrapped from ring where root = $1 and id > $2 order by id limit $3";
    REWRAP = "update ring set wrapped = $1, root = $2 where id = $3 and root = $4";
    ERASED = "insert into ring (id, wrapped, root, at) values ($1, $2, $3, 1) \
        on conflict (id) do update set at = ring.at + 1";
    ERASURES = "select at from ring where id = $1";
    TALLY_UNDER = "select count(*) from ring where root = $1";
}

/// Most keys one query asks for.
const MANY: usize = 64;

/// Adds a wrapped key: a conflict when the id has one.
#[must_use]
pub fn insert_statement(id: &str, wrapped: &[u8], root: &str, at: i64) -> Statement {
    Statement::new(INSERT, vals![id, wrapped, root, at])
}

/// Deletes a key.
#[must_use]
pub fn delete_statement(id: &str) -> Statement {
    Statement::new(DELETE, vals![id])
}

/// The row that counts destroyed keys.
const ERASURES_ROW: &str = "erasures";

/// Counts a destroyed key, so that other processes notice. Stands in the same batch as the [`delete_statement`].
#[must_use]
pub fn erased_statement() -> Statement {
    Statement::new(ERASED, vals![ERASURES_ROW, Vec::<u8>::new(), ""])
}

/// How often keys were destroyed in this ring so far.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn erasures(store: &Store) -> Result<i64> {
    store.query_ring(ERASURES, vals![ERASURES_ROW]).await?.into_iter().next().map_or(Ok(0), |mut row| row.int(0))
}

/// One wrapped key.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn get(store: &Store, id: &str) -> Result<Option<Vec<u8>>> {
    store.query_ring(GET, vals![id]).await?.into_iter().next().map(|mut row| row.bytes(0)).transpose()
}

/// Many wrapped keys, as (id, wrapped), in no order; those that are not there are left out.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn get_many(store: &Store, ids: &[String]) -> Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::with_capacity(ids.len());
    for some in ids.chunks(MANY) {
        // One text for every number of keys would be 64 texts; the last id fills the places left.
        let places = some.len().next_power_of_two();
        let mut args: Vec<Val> = some.iter().map(Val::from).collect();
        args.resize(places, some.last().map_or(Val::Null, Val::from));
        let list: Vec<String> = (1..=places).map(|place| format!("${place}")).collect();
        let sql = interned(format!("select id, wrapped from ring where id in ({})", list.join(", ")));
        for mut row in store.query_ring(sql, args).await? {
            found.push((row.text(0)?, row.bytes(1)?));
        }
    }
    Ok(found)
}

fn retired(root: &str) -> String {
    format!("retired:{root}")
}

/// Fails the batch it stands in, as a conflict, when this root key wraps nothing any more.
#[must_use]
pub fn still_wraps_statement(root: &str) -> Statement {
    Statement::new(GUARD, vals![retired(root)]).expecting(0)
}

/// Marks a root key as one that wraps nothing any more.
#[must_use]
pub fn retire_statement(root: &str, at: i64) -> Statement {
    Statement::new(INSERT, vals![retired(root), Vec::<u8>::new(), "", at])
}

/// Whether a root key wraps nothing any more.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn is_retired(store: &Store, root: &str) -> Result<bool> {
    Ok(get(store, &retired(root)).await?.is_some())
}

/// Some rows that this root key wraps, after the id `after`, as (id, wrapped).
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn under(store: &Store, root: &str, after: &str, most: i64) -> Result<Vec<(String, Vec<u8>)>> {
    let rows = store.query_ring(UNDER, vals![root, after, most]).await?;
    rows.into_iter().map(|mut row| Ok((row.text(0)?, row.bytes(1)?))).collect()
}

/// Replaces a row's wrapping; nothing happens when the row was erased or wrapped anew meanwhile.
#[must_use]
pub fn rewrap_statement(id: &str, wrapped: &[u8], root: &str, old: &str) -> Statement {
    Statement::new(REWRAP, vals![wrapped, root, id, old])
}

/// How many rows this root key wraps.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn count_under(store: &Store, root: &str) -> Result<i64> {
    store.query_ring(TALLY_UNDER, vals![root]).await?.into_iter().next().map_or(Ok(0), |mut row| row.int(0))
}

/// How many keys of cases and persons there are.
///
/// # Errors
/// As [`Store::query_ring`].
pub async fn count(store: &Store) -> Result<i64> {
    store.query_ring(TALLY, vec![]).await?.into_iter().next().map_or(Ok(0), |mut row| row.int(0))
}
