//! A waiting letter becomes a message. Each row has one visible effect, however often it is tried.
//!
//! A letter is claimed for a while; whoever claimed it delivers it and reports back. When the program dies between
//! delivery and report, the letter is sent once more with the same Message-ID, so that a mail program shows one.

use std::net::{IpAddr, Ipv4Addr};

use candor_core::notices::NoticeKind;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tracing::{error, info, warn};

use crate::app::App;
use crate::error::Error;
use crate::mail::digest::{self, Daily};
use crate::mail::enough;
use crate::mail::letters::{self, Built};
use crate::mail::smtp::Failed;
use crate::mail::{BadPost, Post, dkim};
use crate::store::outbox::{self, OutboxRow};

/// Letters claimed at a time.
const PAGE: i64 = 16;
/// How long a claim lasts. A letter that could not be begun within half of it is left to the next claim.
const LEASE: SignedDuration = SignedDuration::from_mins(10);
/// First pause after a failure; it doubles up to [`LONGEST_PAUSE`].
const FIRST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// Longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// Letters of one case that a reporter gets within an hour; the rest leaves later.
const AN_HOUR: i64 = 12;
/// Letters of clocks that leave within a minute, and as many at once before that: after a stop of days the many clocks that
/// fell due in it write at most 60 letters in any minute.
const CLOCKS_A_MINUTE: u32 = 30;
/// How long a letter is kept trying.
const PATIENCE: SignedDuration = SignedDuration::from_hours(240);

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Letters that left.
    pub sent: usize,
    /// Rows that needed no letter any more.
    pub dropped: usize,
    /// Letters that will be tried again.
    pub later: usize,
    /// Letters given up.
    pub failed: usize,
    /// Letters of clocks that wait for their turn.
    pub spread: usize,
}

/// Why a round could not begin.
#[derive(Debug, thiserror::Error)]
pub enum NoRound {
    /// Mail is not set up well.
    #[error(transparent)]
    Post(#[from] BadPost),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Delivers every letter that may leave now.
///
/// # Errors
/// When mail is not set up well or the store fails.
pub async fn deliver_once(app: &App) -> Result<Delivered, NoRound> {
    let post = Post::new(&app.config)?;
    let (_keep, mut shutdown) = watch::channel(false);
    Ok(round(app, &post, &mut shutdown).await?)
}

/// Delivers until nothing is left that may leave now, or until told to stop.
pub(super) async fn round(app: &App, post: &Post, shutdown: &mut watch::Receiver<bool>) -> Result<Delivered, Error> {
    let mut total = Delivered::default();
    if post.holds() {
        return Ok(total);
    }
    loop {
        let now = app.now();
        let lease = now + LEASE;
        let mut claimed = outbox::claim(&app.store, now.as_microsecond(), lease.as_microsecond(), PAGE).await?;
        if claimed.is_empty() {
            return Ok(total);
        }
        claimed.sort_by(|a, b| (a.created_at, a.seq, &a.id).cmp(&(b.created_at, b.seq, &b.id)));
        let mut unreachable: Option<String> = None;
        for row in &claimed {
            if *shutdown.borrow() || app.now() > now + LEASE / 2 {
                // Given back untouched: that there was no time is not the letter's fault.
                outbox::retry(&app.store, row, app.now().as_microsecond(), "").await?;
                continue;
            }
            match &unreachable {
                Some(words) => later(app, row, words, &mut total).await?,
                None => unreachable = deliver(app, post, row, &mut total).await?,
            }
        }
        if *shutdown.borrow() {
            return Ok(total);
        }
    }
}

/// Delivers one letter. Gives the reason when the server cannot be reached at all.
async fn deliver(app: &App, post: &Post, row: &OutboxRow, total: &mut Delivered) -> Result<Option<String>, Error> {
    if let Some(turn) = turn(app, row, total) {
        outbox::put_off(&app.store, row, turn.as_microsecond()).await?;
        return Ok(None);
    }
    // A person gets no more than this of one case; what is over keeps its order and leaves later.
    if row.recipient.starts_with("reporter:") {
        let hour = (app.now() - SignedDuration::from_hours(1)).as_microsecond();
        if outbox::sent_since(&app.store, &row.stream, &row.recipient, hour).await? >= AN_HOUR {
            let next = (app.now() + SignedDuration::from_mins(20)).as_microsecond();
            outbox::retry(&app.store, row, next, "more letters than one person gets in an hour; it leaves later")
                .await?;
            total.later += 1;
            return Ok(None);
        }
    }
    match Box::pin(digest::look(app, &post.sender, row)).await? {
        Daily::Alone => {}
        Daily::Told => return Ok(None),
        Daily::Until(at) => {
            outbox::put_off(&app.store, row, at.as_microsecond()).await?;
            return Ok(None);
        }
        Daily::Together(letter, rows) => return together(app, post, row, *letter, &rows, total).await,
    }
    let letter = match Box::pin(letters::build(app, &post.sender, row)).await {
        Ok(Built::Letter(letter)) => match dkim::signed(app, *letter).await {
            Ok(letter) => letter,
            Err(Error::Locked) => return Err(Error::Locked),
            Err(why) => {
                error!(letter = row.id, cause = super::cause(&why), "a letter could not be signed");
                later(app, row, "the letter could not be signed; see the log", total).await?;
                return Ok(None);
            }
        },
        Ok(Built::Dropped(reason)) => {
            outbox::dropped(&app.store, row, app.now().as_microsecond(), reason).await?;
            total.dropped += 1;
            return Ok(None);
        }
        Ok(Built::Unsendable(reason)) => {
            give_up(app, row, &reason, total).await?;
            return Ok(None);
        }
        Ok(Built::Held(reason)) => {
            hold(app, row, &reason, total).await?;
            return Ok(None);
        }
        Err(Error::Locked) => return Err(Error::Locked),
        Err(why) => {
            error!(letter = row.id, case = row.stream, cause = super::cause(&why), "a letter could not be written");
            later(app, row, "the letter could not be written; see the log", total).await?;
            return Ok(None);
        }
    };
    // Whoever reports types an address, and it need not be theirs.
    let is_receipt = row.kind == NoticeKind::Received.name();
    let to = letter.to.to_string();
    if is_receipt && enough::is_enough(app, &to).await? {
        let why = "the address got enough letters about new reports within the hour";
        outbox::dropped(&app.store, row, app.now().as_microsecond(), why).await?;
        total.dropped += 1;
        return Ok(None);
    }
    match post.send(&letter).await {
        Ok(()) => {
            if is_receipt {
                enough::note(app, &to).await?;
            }
            if !outbox::done(&app.store, row, app.now().as_microsecond()).await? {
                warn!(letter = row.id, "a letter took longer than its claim; it may arrive twice under one Message-ID");
            }
            total.sent += 1;
            Ok(None)
        }
        Err(Failed::Never(words)) => give_up(app, row, &words, total).await.map(|()| None),
        Err(Failed::Later(words)) => later(app, row, &words, total).await.map(|()| None),
        Err(Failed::Unreachable(words)) => later(app, row, &words, total).await.map(|()| Some(words)),
    }
}

/// When a letter of a clock may leave; none for now, and for every other letter.
fn turn(app: &App, row: &OutboxRow, total: &mut Delivered) -> Option<Timestamp> {
    let clocks = [NoticeKind::Warning, NoticeKind::Breach, NoticeKind::Step, NoticeKind::Reminder];
    if !clocks.iter().any(|kind| kind.name() == row.kind) {
        return None;
    }
    let (now, here) = (app.now(), IpAddr::from(Ipv4Addr::UNSPECIFIED).into());
    app.throttle.rate("letters of clocks", here, CLOCKS_A_MINUTE, now).err()?;
    let minutes = i64::try_from(total.spread).unwrap_or(i64::MAX) / i64::from(CLOCKS_A_MINUTE);
    total.spread += 1;
    Some(now + SignedDuration::from_mins(1 + minutes.min(24 * 60)))
}

/// Delivers the daily letter of a member, and settles what it tells.
async fn together(
    app: &App,
    post: &Post,
    row: &OutboxRow,
    letter: letters::Letter,
    rows: &[OutboxRow],
    total: &mut Delivered,
) -> Result<Option<String>, Error> {
    let letter = dkim::signed(app, letter).await?;
    match post.send(&letter).await {
        Ok(()) => {
            let now = app.now().as_microsecond();
            for told in rows {
                if told.id == row.id {
                    outbox::done(&app.store, row, now).await?;
                } else {
                    outbox::dropped(&app.store, told, now, "told in the daily letter").await?;
                }
            }
            total.sent += 1;
            Ok(None)
        }
        Err(Failed::Never(words)) => give_up(app, row, &words, total).await.map(|()| None),
        Err(Failed::Later(words)) => later(app, row, &words, total).await.map(|()| None),
        Err(Failed::Unreachable(words)) => later(app, row, &words, total).await.map(|()| Some(words)),
    }
}

async fn later(app: &App, row: &OutboxRow, words: &str, total: &mut Delivered) -> Result<(), Error> {
    let now = app.now();
    let since = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    if now > since + PATIENCE {
        return give_up(app, row, words, total).await;
    }
    outbox::retry(&app.store, row, (now + pause(row.attempts)).as_microsecond(), words).await?;
    info!(letter = row.id, case = row.stream, attempts = row.attempts, reason = words, "a letter is tried again later");
    total.later += 1;
    Ok(())
}

async fn give_up(app: &App, row: &OutboxRow, words: &str, total: &mut Delivered) -> Result<(), Error> {
    outbox::fail(&app.store, row, app.now().as_microsecond(), words).await?;
    error!(letter = row.id, case = row.stream, attempts = row.attempts, reason = words, "a letter was given up");
    total.failed += 1;
    Ok(())
}

/// Lays a letter aside until the reporter gives another key; they are asked for one without a word about the case.
async fn hold(app: &App, row: &OutboxRow, words: &str, total: &mut Delivered) -> Result<(), Error> {
    outbox::hold(&app.store, row, app.now().as_microsecond(), words).await?;
    warn!(letter = row.id, case = row.stream, reason = words, "a letter is held: it cannot be encrypted");
    total.failed += 1;
    letters::ask_for_key(app, row).await
}

/// The pause after this many attempts: 1 minute, doubling up to 6 hours.
fn pause(attempts: i64) -> SignedDuration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0).min(9);
    FIRST_PAUSE.checked_mul(1 << doublings).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_minute_to_six_hours() {
        let minutes: Vec<i64> = (1..=12).map(|attempts| pause(attempts).as_mins()).collect();
        assert_eq!(minutes, [1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360, 360]);
    }
}
