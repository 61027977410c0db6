//! What follows a publication, done: each step once, whichever process does it, and again after a pause when it fails.
//!
//! A step for many (subscribers, hooks) is done by asking for one step each, in one transaction; each of these has a
//! visible effect of its own and is tried by itself.

use candor_formats::advisory::Record;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio::sync::watch;
use tracing::{error, info};

use crate::app::App;
use crate::error::Error;
use crate::follow::cve;
use crate::follow::hooks as calls;
use crate::follow::steps::Step;
use crate::follow::subscriptions::{self, CONFIRM, Wish};
use crate::mail::Post;
use crate::mail::dkim;
use crate::mail::encrypted;
use crate::mail::enough;
use crate::mail::smtp::Failed;
use crate::mail::subscribers::{self, Letter};
use crate::program_keys;
use crate::store::steps::{self, StepRow};
use crate::store::{Statement, advisories, hooks, subscriptions as rows};

/// Steps claimed at a time.
const PAGE: i64 = 32;
/// How long a claim lasts.
const LEASE: SignedDuration = SignedDuration::from_mins(5);
/// Longest pause between two tries.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_hours(6);
/// How long a step is kept trying.
const PATIENCE: SignedDuration = SignedDuration::from_hours(120);
/// Subscriptions read at a time.
const SUBSCRIBERS: i64 = 500;

/// What one round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Followed {
    /// Steps done.
    pub done: usize,
    /// Steps that are tried again.
    pub later: usize,
    /// Steps given up.
    pub failed: usize,
}

/// What became of a step.
enum Outcome {
    /// Done, with what follows from it and what there is to say.
    Done(Vec<Statement>, String),
    /// To be tried again.
    Later(String),
    /// Given up.
    Never(String),
}

/// Does every step that may be done now.
///
/// # Errors
/// When mail is not set up well or the store fails.
pub async fn follow_once(app: &App) -> Result<Followed, super::outbox::NoRound> {
    let post = Post::new(&app.config)?;
    let (_keep, shutdown) = watch::channel(false);
    Ok(round(app, &post, &shutdown).await?)
}

/// Does steps until nothing is left that may be done now, or until told to stop.
pub(super) async fn round(app: &App, post: &Post, shutdown: &watch::Receiver<bool>) -> Result<Followed, Error> {
    let mut total = Followed::default();
    // A claim made by a clock that strays would hold a step for as long as it strays.
    if app.is_clock_in_doubt() {
        return Ok(total);
    }
    loop {
        let now = app.now();
        let claimed = steps::claim(&app.store, now.as_microsecond(), (now + LEASE).as_microsecond(), PAGE).await?;
        if claimed.is_empty() {
            return Ok(total);
        }
        for row in &claimed {
            if *shutdown.borrow() || app.now() > now + LEASE / 2 {
                steps::retry(&app.store, row, app.now().as_microsecond(), "").await?;
                continue;
            }
            let outcome = match Box::pin(one(app, post, row)).await {
                Ok(outcome) => outcome,
                Err(Error::Locked) => return Err(Error::Locked),
                Err(why) => {
                    error!(step = row.id, cause = super::cause(&why), "a step after a publication failed");
                    Outcome::Later("it failed; see the log".into())
                }
            };
            settle(app, row, outcome, &mut total).await?;
        }
        if *shutdown.borrow() {
            return Ok(total);
        }
    }
}

async fn settle(app: &App, row: &StepRow, outcome: Outcome, total: &mut Followed) -> Result<(), Error> {
    let now = app.now();
    let outcome = match outcome {
        Outcome::Later(detail)
            if now > Timestamp::from_microsecond(row.created_at).map_err(Error::internal)? + PATIENCE =>
        {
            Outcome::Never(detail)
        }
        other => other,
    };
    match outcome {
        Outcome::Done(following, detail) => {
            if steps::settle(&app.store, row, "done", now.as_microsecond(), &detail, following).await? {
                total.done += 1;
            }
        }
        Outcome::Later(detail) => {
            steps::retry(&app.store, row, (now + pause(row)).as_microsecond(), &detail).await?;
            info!(step = row.id, attempts = row.attempts, reason = detail, "a step is tried again later");
            total.later += 1;
        }
        Outcome::Never(detail) => {
            steps::settle(&app.store, row, "failed", now.as_microsecond(), &detail, Vec::new()).await?;
            error!(step = row.id, attempts = row.attempts, reason = detail, "a step was given up");
            total.failed += 1;
        }
    }
    Ok(())
}

/// 30 seconds for the pages, which only wait for the tree; else a minute that doubles up to 6 hours.
fn pause(row: &StepRow) -> SignedDuration {
    if row.kind == Step::Pages.name() {
        return SignedDuration::from_secs(30);
    }
    let doublings = u32::try_from(row.attempts.saturating_sub(1)).unwrap_or(0).min(9);
    SignedDuration::from_mins(1).checked_mul(1 << doublings).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

async fn one(app: &App, post: &Post, row: &StepRow) -> Result<Outcome, Error> {
    let now = app.now().as_microsecond();
    match row.kind.as_str() {
        "pages" => {
            let Some(published) = advisories::get(&app.store, &row.advisory).await? else { return Ok(gone()) };
            let there = is_public(app, &published.program, &row.advisory, published.modified_at).await;
            let held = crate::watch::held::held(app).await?.into_iter().any(|held| held.id == row.advisory);
            Ok(match (there, held) {
                (_, true) => Outcome::Later("a document would be wrong, so that it is held back".into()),
                (true, false) => Outcome::Done(Vec::new(), String::new()),
                (false, false) => Outcome::Later("the public pages are being built".into()),
            })
        }
        "subscribers" => {
            let Some((program, record)) = record(app, row).await? else { return Ok(gone()) };
            let mut following = Vec::new();
            let mut after = String::new();
            loop {
                let found = rows::confirmed(&app.store, &program, &after, SUBSCRIBERS).await?;
                let Some(last) = found.last() else { break };
                after.clone_from(&last.id);
                let wanted = found.iter().filter(|found| Wish::of(found).takes(&record));
                following.extend(wanted.map(|found| ask(row, "subscriber", &found.id, now)));
            }
            let count = following.len();
            Ok(Outcome::Done(following, if count == 0 { "nobody has asked for it".into() } else { String::new() }))
        }
        "hooks" => {
            let Some((program, _)) = record(app, row).await? else { return Ok(gone()) };
            let active = hooks::active(&app.store, &program).await?;
            let following: Vec<Statement> = active.iter().map(|hook| ask(row, "hook", &hook.id, now)).collect();
            let detail = if following.is_empty() { "there is no hook".into() } else { String::new() };
            Ok(Outcome::Done(following, detail))
        }
        "hook" => {
            let Some(hook) = hooks::get(&app.store, &row.target).await?.filter(|hook| hook.state == "active") else {
                return Ok(Outcome::Done(Vec::new(), "the hook was ended".into()));
            };
            let kind = if row.revision == 1 { "advisory.published" } else { "advisory.updated" };
            let data = json!({ "program": hook.program, "advisory": row.advisory, "revision": row.revision });
            let delivery = crate::execute::report::hex(
                &aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, row.id.as_bytes()).as_ref()[..16],
            );
            Ok(match calls::deliver(app, &hook, &delivery, kind, &data).await {
                Ok(()) => Outcome::Done(Vec::new(), String::new()),
                Err(why) => Outcome::Later(why),
            })
        }
        "subscriber" => {
            let Some((_, record)) = record(app, row).await? else { return Ok(gone()) };
            let Some(found) = rows::get(&app.store, &row.target).await? else {
                return Ok(Outcome::Done(Vec::new(), "the address has left".into()));
            };
            send(app, post, row, &found, Letter::Advisory(&record)).await
        }
        CONFIRM => {
            let Some(found) = rows::get(&app.store, &row.target).await?.filter(|found| found.state == "asked") else {
                return Ok(Outcome::Done(Vec::new(), String::new()));
            };
            let address = subscriptions::address(app, &found)?;
            if enough::is_enough(app, &address).await? {
                // So that it can be asked for again.
                let following = vec![rows::delete_statement(&found.id)];
                return Ok(Outcome::Done(following, "the address got enough letters within the hour".into()));
            }
            let outcome = send(app, post, row, &found, Letter::Confirm).await?;
            if matches!(outcome, Outcome::Done(..)) {
                enough::note(app, &address).await?;
            }
            Ok(outcome)
        }
        "cve" => {
            let Some((program, record)) = record(app, row).await? else { return Ok(gone()) };
            Ok(match cve::publish(app, &program, &record).await {
                Ok(said) => Outcome::Done(Vec::new(), said.into()),
                Err(why) if why.may_pass() => Outcome::Later(why.to_string()),
                Err(why) => Outcome::Never(why.to_string()),
            })
        }
        _ => Ok(Outcome::Never("this version does not know the step".into())),
    }
}

fn gone() -> Outcome {
    Outcome::Done(Vec::new(), "the advisory is not there any more".into())
}

fn ask(row: &StepRow, kind: &'static str, target: &str, now: i64) -> Statement {
    steps::insert_statement(&row.stream, &row.advisory, row.revision, kind, target, now)
}

/// Whether the tree in place holds the advisory as it is now.
async fn is_public(app: &App, program: &str, id: &str, modified_at: i64) -> bool {
    let file = app.config.public.join(program).join("advisories").join(format!("{id}.json"));
    let Ok(bytes) = tokio::fs::read(file).await else { return false };
    let record = serde_json::from_slice::<Record>(&bytes);
    record.is_ok_and(|record| record.modified.as_microsecond() >= modified_at)
}

async fn record(app: &App, row: &StepRow) -> Result<Option<(String, Record)>, Error> {
    let Some(published) = advisories::get(&app.store, &row.advisory).await? else { return Ok(None) };
    let record = serde_json::from_str(&published.record).map_err(Error::internal)?;
    Ok(Some((published.program, record)))
}

async fn send(
    app: &App,
    post: &Post,
    row: &StepRow,
    found: &rows::SubscriptionRow,
    what: Letter<'_>,
) -> Result<Outcome, Error> {
    if post.holds() {
        return Ok(Outcome::Later("no way out for mail is set up".into()));
    }
    let Some(policy) = app.policy(&found.program.as_str().into()) else {
        return Ok(Outcome::Done(Vec::new(), "the program is not in service".into()));
    };
    let address = subscriptions::address(app, found)?;
    let secret = subscriptions::secret(app, &found.id)?;
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let id = crate::execute::report::hex(
        &aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, row.id.as_bytes()).as_ref()[..16],
    );
    let Some(mut letter) = subscribers::build(app, &post.sender, &policy, &id, at, &address, &secret, &what)? else {
        return Ok(Outcome::Never("the address cannot be written to".into()));
    };
    // What is said about an advisory bears the program's signature where it has a key.
    if matches!(what, Letter::Advisory(_))
        && let Some(signer) = program_keys::signer(app, &policy.program.slug).await?
    {
        letter.bytes = encrypted::signed(&letter.bytes, &signer, app.now()).map_err(Error::internal)?;
    }
    let letter = dkim::signed(app, letter).await?;
    Ok(match post.send(&letter).await {
        Ok(()) => Outcome::Done(Vec::new(), String::new()),
        Err(Failed::Never(words)) => Outcome::Never(words),
        Err(Failed::Later(words) | Failed::Unreachable(words)) => Outcome::Later(words),
    })
}
