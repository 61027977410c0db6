//! How the channels of each program stand: kept from one look to the next, with a letter when one fails and when all are
//! well again.

use candor_core::policy::Policy;
use jiff::Timestamp;

use crate::app::App;
use crate::error::Error;
use crate::keys::random::ordered_id;
use crate::store::probes::{ProbeRow, delete_statement, put_statement};
use crate::store::{Batch, outbox, probes, settings};

/// Begins the stream of letters that are about a program and not about a case.
pub const STREAM: &str = "program:";

/// A letter to a contact: a channel fails.
pub const FAILED: &str = "channel-failed";
/// A letter to a contact: all channels are well again.
pub const MENDED: &str = "channels-mended";

/// How a channel stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It works.
    Fine,
    /// It does not.
    Failed,
    /// It could not be looked at from here.
    Skipped,
}

impl State {
    /// Name in the store and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            State::Fine => "fine",
            State::Failed => "failed",
            State::Skipped => "skipped",
        }
    }

    fn from_name(name: &str) -> Self {
        match name {
            "fine" => State::Fine,
            "failed" => State::Failed,
            _ => State::Skipped,
        }
    }
}

/// What was found when a channel was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which channel, like `form` or `contact primary coordinator`.
    pub channel: String,
    /// How it stands.
    pub state: State,
    /// In words, without an address.
    pub detail: String,
}

/// A channel of a program, as it stood when it was looked at last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Slug of the program.
    pub program: String,
    /// What was found.
    pub finding: Finding,
    /// Since when it stands so.
    pub since: Timestamp,
    /// When it was looked at last.
    pub checked_at: Timestamp,
}

/// Every channel as it stood last.
///
/// # Errors
/// When the store cannot be read.
pub async fn all(app: &App) -> Result<Vec<Probe>, Error> {
    probes::all(&app.store).await?.into_iter().map(read).collect()
}

fn read(row: ProbeRow) -> Result<Probe, Error> {
    let instant = |at| Timestamp::from_microsecond(at).map_err(Error::internal);
    Ok(Probe {
        program: row.program,
        finding: Finding { channel: row.channel, state: State::from_name(&row.state), detail: row.detail },
        since: instant(row.since)?,
        checked_at: instant(row.checked_at)?,
    })
}

/// Keeps what was found in a program, and asks for a letter when a channel began to fail, or the last one was mended.
///
/// # Errors
/// When the store cannot be written.
pub async fn keep(app: &App, policy: &Policy, found: &[Finding], now: Timestamp) -> Result<(), Error> {
    let slug = policy.program.slug.as_str();
    let known: Vec<ProbeRow> = probes::all(&app.store).await?.into_iter().filter(|row| row.program == slug).collect();
    let at = now.as_microsecond();
    let mut batch = Batch::default();
    let mut newly_failed: Vec<&str> = Vec::new();
    for finding in found {
        let id = format!("{slug}/{}", finding.channel);
        let before = known.iter().find(|row| row.id == id);
        let same = before.filter(|row| row.state == finding.state.name());
        if finding.state == State::Failed && same.is_none() {
            newly_failed.push(&finding.channel);
        }
        batch.main.push(put_statement(&ProbeRow {
            id,
            program: slug.to_owned(),
            channel: finding.channel.clone(),
            state: finding.state.name().to_owned(),
            since: same.map_or(at, |row| row.since),
            checked_at: at,
            detail: finding.detail.clone(),
        }));
    }
    for row in &known {
        if found.iter().all(|finding| row.id != format!("{slug}/{}", finding.channel)) {
            batch.main.push(delete_statement(&row.id));
        }
    }
    let fails = found.iter().any(|finding| finding.state == State::Failed);
    let failed = known.iter().any(|row| row.state == State::Failed.name());
    let kind = if !newly_failed.is_empty() {
        Some(FAILED)
    } else if failed && !fails {
        Some(MENDED)
    } else {
        None
    };
    // Whose own address fails is told by way of the next one.
    let reached = |role: &str| {
        let channel = contact_channel(role);
        found.iter().all(|finding| finding.channel != channel || finding.state != State::Failed)
    };
    let to = policy.contacts.iter().find(|contact| reached(&contact.role)).or(policy.contacts.first());
    if let (Some(kind), Some(to)) = (kind, to) {
        batch.main.push(outbox::insert_statement(&outbox::NewLetter {
            id: &ordered_id(at),
            stream: &format!("{STREAM}{slug}"),
            seq: at,
            kind,
            recipient: &format!("contact:{}", to.role),
            next_at: at,
            created_at: at,
        }));
    }
    app.store.commit(batch).await?;
    if kind.is_some() {
        app.nudge_worker();
    }
    Ok(())
}

/// The channel by which a contact is reached.
pub fn contact_channel(role: &str) -> String {
    format!("contact {role}")
}

fn came_back_name(letter: &str) -> String {
    format!("letter-came-back:{letter}")
}

/// A server reported that a letter to a contact could not be delivered.
///
/// # Errors
/// When the store cannot be written.
pub async fn came_back(app: &App, letter: &str, now: Timestamp) -> Result<(), Error> {
    let when = now.to_string();
    let put = settings::put_statement(&came_back_name(letter), when.as_bytes());
    app.store.commit(Batch::main(vec![put])).await.map_err(Error::from)
}

/// Whether a letter to a contact came back.
///
/// # Errors
/// When the store cannot be read.
pub async fn has_come_back(app: &App, letter: &str) -> Result<bool, Error> {
    Ok(settings::get(&app.store, &came_back_name(letter)).await?.is_some())
}
