//! Small sealed files in the database. They are written with what names them, in one transaction and so with one flush;
//! see [`super::blobs`] for what a sealed file is, and for the larger ones.

use super::dialect::statements;
use super::value::Statement;
use super::{Result, Store};

statements! {
    INSERT = "insert into small_file (id, sealed) values ($1, $2)";
    GET = "select sealed from small_file where id = $1";
}

/// Keeps a sealed file; its row of `blob` belongs into the same batch.
#[must_use]
pub(super) fn insert_statement(id: &str, sealed: Vec<u8>) -> Statement {
    Statement::new(INSERT, vals![id, sealed])
}

/// The sealed file, if it lies here.
///
/// # Errors
/// As [`Store::query`].
pub(super) async fn get(store: &Store, id: &str) -> Result<Option<Vec<u8>>> {
    store.query_one(GET, vals![id]).await?.map(|mut row| row.bytes(0)).transpose()
}
