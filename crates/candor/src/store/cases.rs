//! One row per case, rebuilt from the journal at will: the queue, the counts, what wakes when.

use std::collections::BTreeMap;

use super::dialect::{interned, statements};
use super::value::{Row, Statement};
use super::{Result, Store, Val};

/// What the queue knows of a case. Titles are sealed in `card`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The case's id, which is its stream.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// Version of the policy in force for the case.
    pub policy_version: i64,
    /// State of the case.
    pub state: String,
    /// Whether work is left to do.
    pub open: bool,
    /// Score in tenths (0 to 100), if rated.
    pub severity: Option<i64>,
    /// Member in charge.
    pub assignee: Option<String>,
    /// When the report came in, microseconds UTC.
    pub opened_at: i64,
    /// When the last entry was written, microseconds UTC.
    pub updated_at: i64,
    /// Next due instant, microseconds UTC; [`NEVER`] when nothing is due.
    pub due_at: i64,
    /// How that clock stands, such as `running`, `paused`, `broken`.
    pub due_state: Option<String>,
    /// Name of the promise whose clock that is.
    pub due_name: Option<String>,
    /// When the worker must look at the case again, microseconds UTC.
    pub wake_at: Option<i64>,
    /// Title and product, sealed.
    pub card: Vec<u8>,
    /// Whom the case waits for.
    pub waiting_on: Option<String>,
    /// Place of the last journal entry.
    pub head_seq: i64,
    /// Hash of the last journal entry.
    pub head_hash: Vec<u8>,
    /// To whom it is open, as `standing::write` has it.
    pub grants: String,
}

/// `grants` of a row that an older Candor wrote: to be worked out from the journal. Opens nothing.
pub const GRANTS_UNKNOWN: &str = "?";

/// `due_at` of a case with no clock running: sorts last.
pub const NEVER: i64 = i64::MAX;

macro_rules! columns {
    () => {
        "id, program, policy_version, state, open, severity, assignee, opened_at, updated_at, due_at, due_state, due_name, wake_at, card, waiting_on, head_seq, head_hash, grants"
    };
}

statements! {
    INSERT = concat!("insert into case_row (", columns!(), ") \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)");
    UPSERT = concat!("insert into case_row (", columns!(), ") \
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18) \
        on conflict (id) do update set program = excluded.program, policy_version = excluded.policy_version, \
        state = excluded.state, open = excluded.open, severity = excluded.severity, assignee = excluded.assignee, \
        opened_at = excluded.opened_at, updated_at = excluded.updated_at, due_at = excluded.due_at, \
        due_state = excluded.due_state, due_name = excluded.due_name, wake_at = excluded.wake_at, card = excluded.card, \
        waiting_on = excluded.waiting_on, head_seq = excluded.head_seq, head_hash = excluded.head_hash, grants = excluded.grants");
    COUNT = "insert into case_count (program, state, n) values ($1, $2, $3) \
        on conflict (program, state) do update set n = case_count.n + excluded.n";
    COUNTS = "select program, state, n from case_count where n <> 0 order by program, state";
    GET = concat!("select ", columns!(), " from case_row where id = $1");
    DUE = "select id, wake_at from case_row where wake_at is not null and wake_at <= $1 order by wake_at, id limit $2";
    NEXT_WAKE = "select wake_at from case_row where wake_at is not null order by wake_at limit 1";
    WAKE = "update case_row set wake_at = $3 where program = $1 and policy_version < $2 and state <> 'closed'";
    SETTLE = "update case_row set due_at = $3, due_state = $4, due_name = $5, wake_at = $6 where id = $1 and head_seq = $2";
    SLEEP = "update case_row set wake_at = null where id = $1 and head_seq = $2";
    ALL_AFTER = concat!("select ", columns!(), " from case_row where id > $1 order by id limit $2");
    HEADS_AFTER = "select id, head_seq from case_row where id > $1 order by id limit $2";
    UNGRANTED = "select id from case_row where grants = '?' order by id limit $1";
    CLEAR = "delete from case_row";
    CLEAR_COUNTS = "delete from case_count";
}

fn args(case: &CaseRow) -> Vec<Val> {
    vals![
        &case.id,
        &case.program,
        case.policy_version,
        &case.state,
        case.open,
        case.severity,
        case.assignee.as_ref(),
        case.opened_at,
        case.updated_at,
        case.due_at,
        case.due_state.as_ref(),
        case.due_name.as_ref(),
        case.wake_at,
        &case.card,
        case.waiting_on.as_ref(),
        case.head_seq,
        &case.head_hash,
        &case.grants,
    ]
}

fn case(mut row: Row) -> Result<CaseRow> {
    Ok(CaseRow {
        id: row.text(0)?,
        program: row.text(1)?,
        policy_version: row.int(2)?,
        state: row.text(3)?,
        open: row.flag(4)?,
        severity: row.opt_int(5)?,
        assignee: row.opt_text(6)?,
        opened_at: row.int(7)?,
        updated_at: row.int(8)?,
        due_at: row.int(9)?,
        due_state: row.opt_text(10)?,
        due_name: row.opt_text(11)?,
        wake_at: row.opt_int(12)?,
        card: row.bytes(13)?,
        waiting_on: row.opt_text(14)?,
        head_seq: row.int(15)?,
        head_hash: row.bytes(16)?,
        grants: row.text(17)?,
    })
}

/// Has the clocks of all cases of a program looked at that came under a version before this one, and are not closed.
#[must_use]
pub fn wake_statement(program: &str, version: i64, at: i64) -> Statement {
    Statement::new(WAKE, vals![program, version, at])
}

/// Writes the row of a new case: a conflict when the id is taken.
#[must_use]
pub fn insert_statement(case: &CaseRow) -> Statement {
    Statement::new(INSERT, args(case))
}

/// Writes the row of a case, new or changed.
#[must_use]
pub fn upsert_statement(case: &CaseRow) -> Statement {
    Statement::new(UPSERT, args(case))
}

/// Moves one case from a (program, state) to another in the counts; `None` for a new case or one
/// that goes away.
///
/// Put these last in a batch: on PostgreSQL every case of a program meets in these rows, and the
/// lock on them is then held for the commit alone. They come in one fixed order.
#[must_use]
pub fn count_statements(before: Option<(&str, &str)>, after: Option<(&str, &str)>) -> Vec<Statement> {
    let mut change: BTreeMap<(&str, &str), i64> = BTreeMap::new();
    if let Some(key) = before {
        *change.entry(key).or_default() -= 1;
    }
    if let Some(key) = after {
        *change.entry(key).or_default() += 1;
    }
    change
        .into_iter()
        .filter(|(_, n)| *n != 0)
        .map(|((program, state), n)| Statement::new(COUNT, vals![program, state, n]))
        .collect()
}

/// Empties the rows and counts, before they are built anew from the journal.
#[must_use]
pub fn clear_statements() -> Vec<Statement> {
    vec![Statement::new(CLEAR, vec![]), Statement::new(CLEAR_COUNTS, vec![])]
}

/// What is due next and when the worker looks again, of a case as it was at the row's last entry; one that has changed since
/// is left alone.
#[must_use]
pub fn settle_statement(case: &CaseRow) -> Statement {
    let CaseRow { id, head_seq, due_at, due_state, due_name, wake_at, .. } = case;
    Statement::new(SETTLE, vals![id, *head_seq, *due_at, due_state.as_ref(), due_name.as_ref(), *wake_at])
}

/// The worker has nothing to do for this case until it changes; a case that has changed since is
/// left alone.
#[must_use]
pub fn sleep_statement(id: &str, head_seq: i64) -> Statement {
    Statement::new(SLEEP, vals![id, head_seq])
}

/// A program, and which of its cases.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// Slug of the program.
    pub program: String,
    /// Only cases whose grants have one of these words; none for every case.
    pub words: Option<Vec<String>>,
}

impl From<&str> for Reach {
    /// Every case of a program.
    fn from(program: &str) -> Self {
        Self { program: program.to_owned(), words: None }
    }
}

/// Which cases the queue shows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QueueFilter {
    /// Only these programs; the caller puts in what the actor may see. Empty shows nothing.
    pub programs: Vec<Reach>,
    /// Only these states; empty for all.
    pub states: Vec<String>,
    /// Only open (`true`) or only closed cases; none for both.
    pub open: Option<bool>,
    /// Only cases of this member.
    pub assignee: Option<String>,
    /// Only cases nobody is in charge of.
    pub unassigned: bool,
    /// Only cases rated at least so, in tenths.
    pub severity_from: Option<i64>,
    /// Only cases rated at most so, in tenths.
    pub severity_to: Option<i64>,
}

/// Where a page of the queue ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueCursor {
    /// `due_at` of the last row shown.
    pub due_at: i64,
    /// `id` of the last row shown.
    pub id: String,
}

/// Most programs or states one filter may name.
pub const FILTER_MAX: usize = 64;

/// A page of cases by due instant, then id. The next page starts after the last row's
/// (`due_at`, `id`).
///
/// # Errors
/// As [`Store::query`].
pub async fn queue(
    store: &Store,
    filter: &QueueFilter,
    after: Option<&QueueCursor>,
    limit: i64,
) -> Result<Vec<CaseRow>> {
    let mut found: Vec<CaseRow> = Vec::new();
    let opens: &[bool] = match filter.open {
        Some(true) => &[true],
        Some(false) => &[false],
        None => &[true, false],
    };
    // One walk per program and openness: each stops early in its index, whatever the planner thinks.
    for program in filter.programs.iter().take(FILTER_MAX) {
        for open in opens {
            let (sql, args) = queue_sql(filter, program, *open, after, limit);
            for row in store.query(sql, args).await? {
                found.push(case(row)?);
            }
        }
    }
    found.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    found.truncate(usize::try_from(limit).unwrap_or(0));
    Ok(found)
}

/// Builds one walk of the queue from fixed fragments.
fn queue_sql(
    filter: &QueueFilter,
    reach: &Reach,
    open: bool,
    after: Option<&QueueCursor>,
    limit: i64,
) -> (&'static str, Vec<Val>) {
    let mut sql = format!("select {} from case_row where program = $1 and open = $2", columns!());
    let mut args = vals![&reach.program, open];
    let push = |args: &mut Vec<Val>, value: Val| {
        args.push(value);
        format!("${}", args.len())
    };
    if let Some(words) = &reach.words {
        let open = granted(words, &mut args);
        sql.push_str(&format!(" and ({open})"));
    }
    if !filter.states.is_empty() {
        let places: Vec<String> =
            filter.states.iter().take(FILTER_MAX).map(|state| push(&mut args, state.into())).collect();
        sql.push_str(&format!(" and state in ({})", places.join(", ")));
    }
    if let Some(assignee) = &filter.assignee {
        sql.push_str(&format!(" and assignee = {}", push(&mut args, assignee.into())));
    }
    if filter.unassigned {
        sql.push_str(" and assignee is null");
    }
    if let Some(from) = filter.severity_from {
        sql.push_str(&format!(" and severity >= {}", push(&mut args, from.into())));
    }
    if let Some(to) = filter.severity_to {
        sql.push_str(&format!(" and severity <= {}", push(&mut args, to.into())));
    }
    if let Some(after) = after {
        let due = push(&mut args, after.due_at.into());
        let id = push(&mut args, (&after.id).into());
        sql.push_str(&format!(" and (due_at, id) > ({due}, {id})"));
    }
    let limit = push(&mut args, limit.into());
    sql.push_str(&format!(" order by due_at, id limit {limit}"));
    (interned(sql), args)
}

/// The row of one case.
///
/// # Errors
/// As [`Store::query`].
pub async fn get(store: &Store, id: &str) -> Result<Option<CaseRow>> {
    store.query_one(GET, vals![id]).await?.map(case).transpose()
}

/// Up to `limit` rows after `id`, in the order of ids, to walk all of them.
///
/// # Errors
/// As [`Store::query`].
pub async fn all_after(store: &Store, id: &str, limit: i64) -> Result<Vec<CaseRow>> {
    store.query_long(ALL_AFTER, vals![id, limit]).await?.into_iter().map(case).collect()
}

/// The last entry of up to `limit` cases after `id`, in the order of ids, to find out which have changed.
///
/// # Errors
/// As [`Store::query`].
pub async fn heads_after(store: &Store, id: &str, limit: i64) -> Result<Vec<(String, i64)>> {
    store
        .query_long(HEADS_AFTER, vals![id, limit])
        .await?
        .into_iter()
        .map(|mut row| Ok((row.text(0)?, row.int(1)?)))
        .collect()
}

/// Up to `limit` cases of which it is not worked out yet to whom they are open: rows of an older Candor.
///
/// # Errors
/// As [`Store::query`].
pub async fn ungranted(store: &Store, limit: i64) -> Result<Vec<String>> {
    store.query(UNGRANTED, vals![limit]).await?.into_iter().map(|mut row| row.text(0)).collect()
}

/// One line of the counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseCount {
    /// Slug of the program.
    pub program: String,
    /// State of the cases.
    pub state: String,
    /// How many there are.
    pub n: i64,
}

/// The condition that a row's grants have one of these words, with its arguments.
pub(super) fn granted(words: &[String], args: &mut Vec<Val>) -> String {
    let one = |word: &String| {
        // The words are ids and names of roles; a sign that means more in a pattern opens nothing.
        let plain = word.chars().filter(|c| !matches!(c, '%' | '\\')).collect::<String>();
        args.push(format!("% {plain} %").into());
        format!("grants like ${}", args.len())
    };
    let places: Vec<String> = words.iter().take(FILTER_MAX).map(one).collect();
    if places.is_empty() { "1 = 0".to_owned() } else { places.join(" or ") }
}

/// How many cases within a reach stand in which state.
///
/// # Errors
/// As [`Store::query`].
pub async fn counts_within(store: &Store, reach: &[Reach]) -> Result<Vec<CaseCount>> {
    let mut counts = Vec::new();
    let whole: Vec<String> = reach.iter().filter(|one| one.words.is_none()).map(|one| one.program.clone()).collect();
    if !whole.is_empty() {
        counts.extend(self::counts(store, &whole).await?);
    }
    for one in reach.iter().take(FILTER_MAX) {
        let Some(words) = &one.words else { continue };
        let mut args = vals![&one.program];
        let open = granted(words, &mut args);
        let sql = format!(
            "select state, count(*) from case_row where program = $1 and ({open}) group by state order by state"
        );
        for mut row in store.query(interned(sql), args).await? {
            counts.push(CaseCount { program: one.program.clone(), state: row.text(0)?, n: row.int(1)? });
        }
    }
    Ok(counts)
}

/// How many cases of these programs stand in which state.
///
/// # Errors
/// As [`Store::query`].
pub async fn counts(store: &Store, programs: &[String]) -> Result<Vec<CaseCount>> {
    let mut counts = Vec::new();
    for mut row in store.query(COUNTS, vec![]).await? {
        let count = CaseCount { program: row.text(0)?, state: row.text(1)?, n: row.int(2)? };
        if programs.contains(&count.program) {
            counts.push(count);
        }
    }
    Ok(counts)
}

/// Cases whose clocks want a look at `now`, the longest waiting first, as (id, wake_at).
///
/// # Errors
/// As [`Store::query`].
pub async fn due(store: &Store, now: i64, limit: i64) -> Result<Vec<(String, i64)>> {
    store.query(DUE, vals![now, limit]).await?.into_iter().map(|mut row| Ok((row.text(0)?, row.int(1)?))).collect()
}

/// The next instant at which any case wants a look, microseconds UTC.
///
/// # Errors
/// As [`Store::query`].
pub async fn next_wake(store: &Store) -> Result<Option<i64>> {
    store.query_one(NEXT_WAKE, vec![]).await?.map(|mut row| row.int(0)).transpose()
}
