//! The OpenPGP keys of programs. The certificate is public; the secret part is sealed. Nothing is ever deleted: what was
//! encrypted to an old key must still open.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

statements! {
    INSERT = "insert into openpgp_key (program, fingerprint, certificate, secret, how, made_at, made_by) \
        values ($1, $2, $3, $4, $5, $6, $7)";
    REPLACE = "update openpgp_key set certificate = $3, secret = $4 where program = $1 and fingerprint = $2";
    RETIRE = "update openpgp_key set retired_at = $3, retired_by = $4 \
        where program = $1 and fingerprint = $2 and retired_at is null";
    REDATE = "update openpgp_key set retired_at = $3, retired_by = $4 where program = $1 and fingerprint = $2";
    LIST = "select program, fingerprint, certificate, secret, how, made_at, made_by, retired_at, retired_by \
        from openpgp_key where program = $1 order by made_at desc, fingerprint";
}

/// One key of one program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Slug of the program.
    pub program: String,
    /// Upper-case hexadecimal.
    pub fingerprint: String,
    /// Packets of the certificate.
    pub certificate: Vec<u8>,
    /// Packets of the secret key, sealed.
    pub secret: Vec<u8>,
    /// `made` or `imported`.
    pub how: String,
    /// From when it is in use, microseconds UTC.
    pub made_at: i64,
    /// Who made or imported it.
    pub made_by: String,
    /// When it was replaced or taken out of use, microseconds UTC.
    pub retired_at: Option<i64>,
    /// Who took it out of use.
    pub retired_by: Option<String>,
}

fn key(mut row: Row) -> Result<KeyRow> {
    Ok(KeyRow {
        program: row.text(0)?,
        fingerprint: row.text(1)?,
        certificate: row.bytes(2)?,
        secret: row.bytes(3)?,
        how: row.text(4)?,
        made_at: row.int(5)?,
        made_by: row.text(6)?,
        retired_at: row.opt_int(7)?,
        retired_by: row.opt_text(8)?,
    })
}

/// Keeps a new key: a conflict when it is there already.
#[must_use]
pub fn insert_statement(row: &KeyRow) -> Statement {
    Statement::new(
        INSERT,
        vals![
            row.program.as_str(),
            row.fingerprint.as_str(),
            &row.certificate[..],
            &row.secret[..],
            row.how.as_str(),
            row.made_at,
            row.made_by.as_str()
        ],
    )
}

/// Keeps a key with new signatures of its own, such as a later end.
#[must_use]
pub fn replace_statement(program: &str, fingerprint: &str, certificate: &[u8], secret: &[u8]) -> Statement {
    Statement::new(REPLACE, vals![program, fingerprint, certificate, secret]).expecting(1)
}

/// Takes a key out of use at an instant in microseconds UTC: a conflict when it was already.
#[must_use]
pub fn retire_statement(program: &str, fingerprint: &str, at: i64, by: &str) -> Statement {
    Statement::new(RETIRE, vals![program, fingerprint, at, by]).expecting(1)
}

/// Sets when, in microseconds UTC, a key goes out of use, and by whom; none for not.
#[must_use]
pub fn redate_statement(program: &str, fingerprint: &str, ends: Option<(i64, &str)>) -> Statement {
    let (at, by) = ends.unzip();
    Statement::new(REDATE, vals![program, fingerprint, at, by]).expecting(1)
}

/// The keys of a program, the newest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn list(store: &Store, program: &str) -> Result<Vec<KeyRow>> {
    store.query(LIST, vals![program]).await?.into_iter().map(key).collect()
}
