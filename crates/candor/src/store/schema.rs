//! The tables, and how a store of an older version is brought up to date.

use super::dialect::{Dialect, translate};
use super::error::{Result, StoreError};

/// One database's history: a table that holds the version, and the steps in order.
pub(crate) struct History {
    /// Table that holds the version.
    pub(crate) table: &'static str,
    /// Step n brings version n to version n + 1. A step that has shipped is never edited.
    pub(crate) steps: &'static [&'static str],
}

/// Everything but the keys.
pub(crate) const MAIN: History = History {
    table: "schema_version",
    steps: &[
        include_str!("schema/main_0001.sql"),
        include_str!("schema/main_0002.sql"),
        include_str!("schema/main_0003.sql"),
        include_str!("schema/main_0004.sql"),
        include_str!("schema/main_0005.sql"),
        include_str!("schema/main_0006.sql"),
        include_str!("schema/main_0007.sql"),
        include_str!("schema/main_0008.sql"),
        include_str!("schema/main_0009.sql"),
        include_str!("schema/main_0010.sql"),
        include_str!("schema/main_0014.sql"),
        include_str!("schema/main_0016.sql"),
        include_str!("schema/main_0012.sql"),
        include_str!("schema/main_0020.sql"),
        include_str!("schema/main_0022.sql"),
        include_str!("schema/main_0017.sql"),
        include_str!("schema/main_0034.sql"),
        include_str!("schema/main_0030.sql"),
        include_str!("schema/main_0031.sql"),
        include_str!("schema/main_0035.sql"),
    ],
};

/// The key ring.
pub(crate) const RING: History = History { table: "ring_version", steps: &[include_str!("schema/ring_0001.sql")] };

/// Tables of the main database in the order a restore fills them, with the columns that order a dump.
pub(crate) const TABLES: &[(&str, &str)] = &[
    ("setting", "name"),
    ("program", "slug, version"),
    ("member", "id"),
    ("role", "member, program, role"),
    ("recovery", "member, hash"),
    ("session", "hash"),
    ("invite", "hash"),
    ("token", "hash"),
    ("passkey", "id"),
    ("provider", "name"),
    ("identity", "id"),
    ("journal", "stream, seq"),
    ("case_row", "id"),
    ("case_count", "program, state"),
    ("receipt", "hash"),
    ("idempotency", "key"),
    ("outbox", "id"),
    ("blob", "id"),
    ("small_file", "id"),
    ("advisory", "id"),
    ("public_id", "program, year"),
    ("mail_seen", "key"),
    ("mail_task", "file"),
    ("mail_reply", "hash"),
    ("written_to", "address"),
    ("finding", "key"),
    ("closed_report", "stream"),
    ("restricted_advisory", "stream"),
    ("public_decision", "stream, package"),
    ("figures", "program"),
    ("probe", "id"),
    ("step", "id"),
    ("subscription", "id"),
    ("hook", "id"),
    ("cve_number", "id"),
    ("cve_request", "id"),
    ("waiting", "id"),
    ("proof", "stream, report"),
    ("anchor", "number"),
    ("anchored", "stream"),
    ("anchor_sent", "place"),
    ("openpgp_key", "program, fingerprint"),
];

/// The one table of the key ring.
pub(crate) const RING_TABLES: &[(&str, &str)] = &[("ring", "id")];

impl History {
    /// Newest version this program knows.
    pub(crate) fn known(&self) -> i64 {
        i64::try_from(self.steps.len()).unwrap_or(i64::MAX)
    }

    /// SQL that makes the version table.
    pub(crate) fn table_sql(&self, dialect: Dialect) -> String {
        translate(&format!("create table if not exists {} (version {{int}} not null){{table}}", self.table), dialect)
    }

    /// SQL that reads the version.
    pub(crate) fn version_sql(&self) -> String {
        format!("select max(version) from {}", self.table)
    }

    /// SQL that brings `found` up to date, or nothing when it is.
    ///
    /// # Errors
    /// [`StoreError::Newer`] when a newer program wrote the store.
    pub(crate) fn upgrade_sql(&self, found: i64, dialect: Dialect) -> Result<Option<String>> {
        let known = self.known();
        if known < found {
            return Err(StoreError::Newer { found, known });
        }
        if found == known {
            return Ok(None);
        }
        let from = usize::try_from(found).unwrap_or(0);
        let mut sql: String = self.steps[from..].iter().map(|step| translate(step, dialect)).collect();
        sql.push_str(&format!(
            "\ndelete from {table};\ninsert into {table} (version) values ({known});\n",
            table = self.table
        ));
        Ok(Some(sql))
    }
}
