//! Requests for CVE numbers to somebody who assigns them elsewhere, and until when an answer is expected.

use super::cases::{FILTER_MAX, Reach, granted};
use super::dialect::{interned, statements};
use super::value::{Row, Statement};
use super::{Result, Store};

macro_rules! columns {
    () => {
        "id, program, stream, asked_by, asked_at, remind_at, state, closed_at, number"
    };
}

statements! {
    INSERT = "insert into cve_request (id, program, stream, asked_by, asked_at, remind_at, state) values ($1, $2, $3, $4, $5, $6, 'open')";
    CLOSE = "update cve_request set state = $3, closed_at = $4, number = $5 where id = $1 and stream = $2 and state = 'open'";
    REMIND = "update cve_request set remind_at = $3 where id = $1 and stream = $2 and state = 'open'";
    OF_STREAM = concat!("select ", columns!(), " from cve_request where stream = $1 order by asked_at, id");
}

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestRow {
    /// Id, random.
    pub id: String,
    /// Slug of the program.
    pub program: String,
    /// The case it is for.
    pub stream: String,
    /// Id of the member who asked.
    pub asked_by: String,
    /// When it was sent, microseconds UTC.
    pub asked_at: i64,
    /// When the desk warns, microseconds UTC.
    pub remind_at: i64,
    /// `open`, `answered` or `withdrawn`.
    pub state: String,
    /// When it ended, microseconds UTC.
    pub closed_at: Option<i64>,
    /// The number that came.
    pub number: Option<String>,
}

fn request(mut row: Row) -> Result<RequestRow> {
    Ok(RequestRow {
        id: row.text(0)?,
        program: row.text(1)?,
        stream: row.text(2)?,
        asked_by: row.text(3)?,
        asked_at: row.int(4)?,
        remind_at: row.int(5)?,
        state: row.text(6)?,
        closed_at: row.opt_int(7)?,
        number: row.opt_text(8)?,
    })
}

/// Keeps a request that was sent just now.
#[must_use]
pub fn insert_statement(row: &RequestRow) -> Statement {
    Statement::new(INSERT, vals![&row.id, &row.program, &row.stream, &row.asked_by, row.asked_at, row.remind_at])
}

/// Ends an open request of a case: `answered` with its number, or `withdrawn`. `at` in microseconds UTC.
#[must_use]
pub fn close_statement(id: &str, stream: &str, state: &str, at: i64, number: Option<&str>) -> Statement {
    Statement::new(CLOSE, vals![id, stream, state, at, number.map(str::to_owned)])
}

/// Moves the reminder of an open request of a case, to microseconds UTC.
#[must_use]
pub fn remind_statement(id: &str, stream: &str, at: i64) -> Statement {
    Statement::new(REMIND, vals![id, stream, at])
}

/// The requests of a case, in the order in which they were sent.
///
/// # Errors
/// As [`Store::query`].
pub async fn of_stream(store: &Store, stream: &str) -> Result<Vec<RequestRow>> {
    store.query(OF_STREAM, vals![stream]).await?.into_iter().map(request).collect()
}

/// A case whose open request is late.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LateRow {
    /// The case.
    pub stream: String,
    /// When the reminder came, microseconds UTC.
    pub remind_at: i64,
    /// Slug of the program.
    pub program: String,
    /// To whom the case is open, as `standing::write` has it.
    pub grants: String,
}

/// Cases within a reach whose open request is late, the longest waiting first, up to `limit`. A grant that has ended is
/// still within the reach. One query, however many there are outside the reach.
///
/// # Errors
/// As [`Store::query`].
pub async fn late(store: &Store, reach: &[Reach], now: i64, limit: i64) -> Result<Vec<LateRow>> {
    let mut args = vals![now];
    let mut within = Vec::new();
    for one in reach.iter().take(FILTER_MAX) {
        args.push((&one.program).into());
        let program = format!("c.program = ${}", args.len());
        within.push(match &one.words {
            Some(words) => format!("({program} and ({}))", granted(words, &mut args)),
            None => program,
        });
    }
    if within.is_empty() {
        return Ok(Vec::new());
    }
    args.push(limit.into());
    let sql = format!(
        // A cross join is walked in the order it is written in by SQLite: the few late requests first, not every case.
        "select r.stream, r.remind_at, c.program, c.grants from cve_request r cross join case_row c \
         where c.id = r.stream and r.state = 'open' and r.remind_at <= $1 and ({}) order by r.remind_at, r.id limit ${}",
        within.join(" or "),
        args.len()
    );
    let rows = store.query(interned(sql), args).await?;
    let late = |mut row: Row| -> Result<LateRow> {
        Ok(LateRow { stream: row.text(0)?, remind_at: row.int(1)?, program: row.text(2)?, grants: row.text(3)? })
    };
    rows.into_iter().map(late).collect()
}
