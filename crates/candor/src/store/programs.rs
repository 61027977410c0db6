//! Policies in service, every version of them: a changed file is a new version, never an edit.

use super::dialect::statements;
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "slug, version, at, source, hash"
    };
}

statements! {
    INSERT = "insert into program (slug, version, at, source, hash) values ($1, $2, $3, $4, $5)";
    LATEST = concat!("select ", columns!(), " from program p where version = \
        (select max(version) from program q where q.slug = p.slug) order by slug");
    NUMBERS = "select slug, max(version) from program group by slug";
    VERSION = concat!("select ", columns!(), " from program where slug = $1 and version = $2");
    NEWEST = concat!("select ", columns!(), " from program where slug = $1 order by version desc limit 1");
    VERSIONS = concat!("select ", columns!(), " from program where slug = $1 order by version");
}

/// One version of a program's policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgramRow {
    /// Short name in URLs.
    pub slug: String,
    /// From 1 without gaps.
    pub version: i64,
    /// When it was taken into service, microseconds UTC.
    pub at: i64,
    /// The policy file as it was given.
    pub source: String,
    /// SHA-256 of the file.
    pub hash: Vec<u8>,
}

fn program(mut row: Row) -> Result<ProgramRow> {
    Ok(ProgramRow {
        slug: row.text(0)?,
        version: row.int(1)?,
        at: row.int(2)?,
        source: row.text(3)?,
        hash: row.bytes(4)?,
    })
}

/// Takes a version into service: a conflict when that version exists.
#[must_use]
pub fn insert_statement(program: &ProgramRow) -> Statement {
    Statement::new(INSERT, vals![&program.slug, program.version, program.at, &program.source, &program.hash])
}

/// The newest version of every program, by slug.
///
/// # Errors
/// As [`Store::query`].
pub async fn latest(store: &Store) -> Result<Vec<ProgramRow>> {
    store.query(LATEST, vec![]).await?.into_iter().map(program).collect()
}

/// The number of the newest version of every program.
///
/// # Errors
/// As [`Store::query`].
pub async fn numbers(store: &Store) -> Result<Vec<(String, i64)>> {
    store.query(NUMBERS, vec![]).await?.into_iter().map(|mut row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// The newest version of one program.
///
/// # Errors
/// As [`Store::query`].
pub async fn newest(store: &Store, slug: &str) -> Result<Option<ProgramRow>> {
    store.query_one(NEWEST, vals![slug]).await?.map(program).transpose()
}

/// One version of one program.
///
/// # Errors
/// As [`Store::query`].
pub async fn version(store: &Store, slug: &str, version: i64) -> Result<Option<ProgramRow>> {
    store.query_one(VERSION, vals![slug, version]).await?.map(program).transpose()
}

/// Every version of one program, the oldest first.
///
/// # Errors
/// As [`Store::query`].
pub async fn versions(store: &Store, slug: &str) -> Result<Vec<ProgramRow>> {
    store.query(VERSIONS, vals![slug]).await?.into_iter().map(program).collect()
}
