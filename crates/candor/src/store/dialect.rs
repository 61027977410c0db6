//! One SQL text for two databases: the few tokens that differ, replaced once per text.

use std::collections::HashMap;
use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError, RwLock};

/// Which of the two databases a text is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// Declares SQL constants and `ALL`, the list of them that the "prepares on both" test walks.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $sql:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $sql;)*
        /// Every statement of this module, by name.
        pub(crate) const ALL: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
pub(crate) use statements;

/// `$1` becomes `?1` on SQLite; `{skip locked}` is a row lock on PostgreSQL and nothing on SQLite.
pub(crate) fn translate(sql: &str, dialect: Dialect) -> String {
    let (lock, int, bytes, text, table, keyed) = match dialect {
        Dialect::Sqlite => ("", "integer", "blob", "text", " strict", " strict, without rowid"),
        Dialect::Postgres => ("for update skip locked", "bigint", "bytea", "text collate \"C\"", "", ""),
    };
    let sql = sql
        .replace("{skip locked}", lock)
        .replace("{int}", int)
        .replace("{bytes}", bytes)
        .replace("{text}", text)
        .replace("{table}", table)
        .replace("{keyed}", keyed);
    match dialect {
        Dialect::Sqlite => sql.replace('$', "?"),
        Dialect::Postgres => sql,
    }
}

/// The text for `dialect`, translated once and kept.
pub(crate) fn text_for(sql: &'static str, dialect: Dialect) -> &'static str {
    type Known = HashMap<(usize, usize, Dialect), &'static str>;
    static KNOWN: LazyLock<RwLock<Known>> = LazyLock::new(RwLock::default);
    let key = (sql.as_ptr() as usize, sql.len(), dialect);
    if let Some(text) = KNOWN.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
        return text;
    }
    let text = interned(translate(sql, dialect));
    KNOWN.write().unwrap_or_else(PoisonError::into_inner).insert(key, text);
    text
}

/// Keeps a text that was put together from fixed fragments for the life of the program, so that
/// it can be used like a constant. The number of combinations must be small and known.
pub(crate) fn interned(text: String) -> &'static str {
    static TEXTS: LazyLock<Mutex<HashSet<&'static str>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text.as_str()) {
        return known;
    }
    let kept: &'static str = Box::leak(text.into_boxed_str());
    texts.insert(kept);
    kept
}
