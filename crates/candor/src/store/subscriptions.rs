//! Who asked to hear of advisories by mail. Addresses are sealed; a keyed hash keeps one from being entered twice.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "id, program, state, product, branch, severity, address, created_at, confirmed_at"
    };
}

statements! {
    INSERT = "insert into subscription (id, program, state, product, branch, severity, address, lookup, created_at) \
        values ($1, $2, 'asked', $3, $4, $5, $6, $7, $8) on conflict (lookup) do nothing";
    CONFIRM = "update subscription set state = 'confirmed', confirmed_at = $2 where id = $1 and state = 'asked'";
    DELETE = "delete from subscription where id = $1";
    GET = concat!("select ", columns!(), " from subscription where id = $1");
    SAME = concat!("select ", columns!(), " from subscription where lookup = $1");
    CONFIRMED = concat!("select ", columns!(), " from subscription where program = $1 and state = 'confirmed' and id > $2 order by id limit $3");
    COUNTS = "select program, state, count(*) from subscription group by program, state order by program, state";
    SWEEP = "delete from subscription where state = 'asked' and created_at < $1";
}

/// One subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionRow {
    /// Id, random.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// `asked` until the address confirmed, then `confirmed`.
    pub state: String,
    /// Only this product, as part of an address; empty for every one.
    pub product: String,
    /// Only this branch; empty for every one.
    pub branch: String,
    /// This severity and above; empty for every one.
    pub severity: String,
    /// The address, sealed.
    pub address: Vec<u8>,
    /// When it was asked for, microseconds UTC.
    pub created_at: i64,
    /// When it was confirmed, microseconds UTC.
    pub confirmed_at: Option<i64>,
}

fn subscription(mut row: Row) -> Result<SubscriptionRow> {
    Ok(SubscriptionRow {
        id: row.text(0)?,
        program: row.text(1)?,
        state: row.text(2)?,
        product: row.text(3)?,
        branch: row.text(4)?,
        severity: row.text(5)?,
        address: row.bytes(6)?,
        created_at: row.int(7)?,
        confirmed_at: row.opt_int(8)?,
    })
}

/// Keeps a wish that is not confirmed yet; nothing where the same one is kept already.
#[must_use]
pub fn insert_statement(row: &SubscriptionRow, lookup: &[u8]) -> Statement {
    Statement::new(
        INSERT,
        vals![
            &row.id,
            &row.program,
            &row.product,
            &row.branch,
            &row.severity,
            row.address.clone(),
            lookup.to_vec(),
            row.created_at
        ],
    )
}

/// The address has confirmed.
#[must_use]
pub fn confirm_statement(id: &str, at: i64) -> Statement {
    Statement::new(CONFIRM, vals![id, at])
}

/// Ends a subscription; nothing of it stays.
#[must_use]
pub fn delete_statement(id: &str) -> Statement {
    Statement::new(DELETE, vals![id])
}

/// Forgets wishes that were not confirmed and are older than `before`, microseconds UTC.
#[must_use]
pub fn sweep_statement(before: i64) -> Statement {
    Statement::new(SWEEP, vals![before])
}

/// One subscription.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<SubscriptionRow>> {
    store.query_one(GET, vals![id]).await?.map(subscription).transpose()
}

/// The subscription with this keyed hash.
///
/// # Errors
/// As [`Store::query`].
pub async fn same(store: &Store, lookup: &[u8]) -> Result<Option<SubscriptionRow>> {
    store.query_one(SAME, vals![lookup.to_vec()]).await?.map(subscription).transpose()
}

/// Confirmed subscriptions of a program after id `after`, up to `limit`.
///
/// # Errors
/// As [`Store::query`].
pub async fn confirmed(store: &Store, program: &str, after: &str, limit: i64) -> Result<Vec<SubscriptionRow>> {
    store.query(CONFIRMED, vals![program, after, limit]).await?.into_iter().map(subscription).collect()
}

/// How many there are: program, state, count.
///
/// # Errors
/// As [`Store::query`].
pub async fn counts(store: &Store) -> Result<Vec<(String, String, i64)>> {
    let rows = store.query(COUNTS, vec![]).await?;
    rows.into_iter().map(|mut row| Ok((row.text(0)?, row.text(1)?, row.int(2)?))).collect()
}
