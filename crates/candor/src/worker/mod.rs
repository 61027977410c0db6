//! What happens without anyone asking: clocks ring, letters leave, the public tree is renewed, old things are swept.
//!
//! [`run`] does it all until it is told to stop; [`tick_once`], [`deliver_once`], [`build_tree`] and [`sweep_once`] do one
//! round each, for tests and demonstrations.

pub mod clocks; // a due clock becomes a command
pub mod outbox; // a waiting letter becomes a message
pub mod follow; // what follows a publication
pub mod origins; // who sent the mails that were taken in
pub mod probes; // each channel, looked at from outside
pub mod pages; // the public tree, when something public changed
pub mod anchors; // the heads of the journals, signed each hour
pub mod views; // pages of receipts, sealed to their holders
pub mod sweeps; // what is kept for a time only

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, watch};
use tracing::{error, info};

use crate::app::App;
use crate::error::Error;
use crate::mail::origin::Checker;
use crate::mail::{BadPost, Post};
use crate::store;
pub use clocks::{Clocks, tick_once};
pub use follow::{Followed, follow_once};
pub use origins::check_once;
pub use outbox::{Delivered, deliver_once};
pub use pages::{Pages, build_tree};
pub use probes::probe_once;
pub use sweeps::sweep_once;
pub use views::seal_views_once;

/// Longest sleep between two looks at the store: another process may have written to it.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);
/// Shortest time between two rounds, so that a flood of reports is not slowed by its own letters.
const SHORTEST_SLEEP: Duration = Duration::from_millis(100);
/// How often old things are swept.
const SWEEP_EVERY: Duration = Duration::from_secs(3_600);
/// How long after the start the channels are looked at, when that is due.
const FIRST_PROBE: Duration = Duration::from_secs(120);
/// How often it is asked whether the channels are to be looked at; that is due once a day.
const PROBE_EVERY: Duration = Duration::from_secs(1_800);

/// Works until `shutdown` turns true or its sender is gone. What is under way is finished first.
///
/// # Errors
/// [`BadPost`] when mail cannot be set up as the operator chose; found before any work begins.
pub async fn run(app: App, shutdown: watch::Receiver<bool>) -> Result<(), BadPost> {
    let post = Post::new(&app.config)?;
    let checker = Checker::new(&app.config.mail_dns, &app.config.mail_relays).map_err(BadPost::Dns)?;
    if app.keys().is_err() {
        error!("the worker stands still: the root key is missing, so no case can be opened");
    }
    let (due, letters, pages) = (Notify::new(), Notify::new(), Notify::new());
    let (steps, mails, views) = (Notify::new(), Notify::new(), Notify::new());
    let bells = [&due, &letters, &pages, &steps, &mails, &views];
    tokio::join!(
        spread(&app, shutdown.clone(), &bells),
        keep_clocks(&app, shutdown.clone(), &due),
        keep_outbox(&app, shutdown.clone(), &letters, &post),
        keep_pages(&app, shutdown.clone(), &pages),
        keep_following(&app, shutdown.clone(), &steps, &post),
        keep_checking(&app, shutdown.clone(), &mails, checker.as_ref()),
        keep_views(&app, shutdown.clone(), &views),
        keep_probing(&app, shutdown.clone()),
        keep_anchors(&app, shutdown.clone(), &post),
        keep_sweeping(&app, shutdown),
    );
    info!("the worker has stopped");
    Ok(())
}

/// Passes each nudge on to every part of the worker.
async fn spread(app: &App, mut shutdown: watch::Receiver<bool>, bells: &[&Notify]) {
    loop {
        tokio::select! {
            () = app.worker_nudged() => bells.iter().for_each(|bell| bell.notify_one()),
            () = stopped(&mut shutdown) => return,
        }
    }
}

async fn stopped(shutdown: &mut watch::Receiver<bool>) {
    let _ = shutdown.wait_for(|stop| *stop).await;
}

/// Sleeps until the bell rings, the instant `until` comes, or the longest sleep is over. False when it is time to stop.
async fn sleep(app: &App, shutdown: &mut watch::Receiver<bool>, bell: &Notify, until: Option<Timestamp>) -> bool {
    let wait = until
        .map_or(LONGEST_SLEEP, |until| until.duration_since(app.now()).try_into().unwrap_or(Duration::ZERO))
        .clamp(SHORTEST_SLEEP, LONGEST_SLEEP);
    tokio::select! {
        () = bell.notified() => {}
        () = tokio::time::sleep(wait) => {}
        () = stopped(shutdown) => return false,
    }
    // A burst of nudges makes one round.
    tokio::select! {
        () = tokio::time::sleep(SHORTEST_SLEEP) => true,
        () = stopped(shutdown) => false,
    }
}

async fn keep_clocks(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify) {
    let mut clocks = Clocks::default();
    loop {
        let mut next = None;
        if app.keys().is_ok() {
            let mut look = None;
            let filed = Box::pin(crate::execute::waiting::open_due(app)).await.map(|(_, again)| look = again);
            report(filed, "filing reports that waited");
            report(clocks.round(app).await.map(drop), "looking for due clocks");
            if let Ok(wake) = store::cases::next_wake(&app.store).await {
                next = clocks.next(app.now(), wake.and_then(|at| Timestamp::from_microsecond(at).ok()));
            }
            next = look.into_iter().chain(next).min();
        }
        if !sleep(app, &mut shutdown, bell, next).await {
            return;
        }
    }
}

async fn keep_outbox(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify, post: &Post) {
    loop {
        let mut next = None;
        if app.keys().is_ok() && !post.holds() {
            report(outbox::round(app, post, &mut shutdown).await.map(drop), "delivering letters");
            if let Ok(at) = store::outbox::next_at(&app.store).await {
                next = at.and_then(|at| Timestamp::from_microsecond(at).ok());
            }
        }
        if !sleep(app, &mut shutdown, bell, next).await {
            return;
        }
    }
}

async fn keep_pages(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify) {
    let mut pages = Pages::default();
    loop {
        report(pages.round(app).await.map(drop), "renewing the public pages");
        if !sleep(app, &mut shutdown, bell, None).await {
            return;
        }
    }
}

async fn keep_following(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify, post: &Post) {
    loop {
        let mut next = None;
        if app.keys().is_ok() {
            report(follow::round(app, post, &shutdown).await.map(drop), "doing what follows a publication");
            if let Ok(at) = store::steps::next_at(&app.store).await {
                next = at.and_then(|at| Timestamp::from_microsecond(at).ok());
            }
        }
        if !sleep(app, &mut shutdown, bell, next).await {
            return;
        }
    }
}

async fn keep_checking(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify, checker: Option<&Checker>) {
    loop {
        let mut next = None;
        if app.keys().is_ok() {
            report(Box::pin(origins::round(app, checker)).await.map(drop), "looking who sent a mail");
            if let Ok(at) = store::mail_tasks::next_at(&app.store).await {
                next = at.and_then(|at| Timestamp::from_microsecond(at).ok());
            }
        }
        if !sleep(app, &mut shutdown, bell, next).await {
            return;
        }
    }
}

async fn keep_views(app: &App, mut shutdown: watch::Receiver<bool>, bell: &Notify) {
    loop {
        let mut again = None;
        if app.keys().is_ok() {
            let sealed = seal_views_once(app).await;
            again = sealed.as_ref().is_ok_and(|sealed| *sealed > 0).then(|| app.now());
            report(sealed.map(drop), "sealing the pages of receipts");
        }
        if !sleep(app, &mut shutdown, bell, again).await {
            return;
        }
    }
}

/// Waits first, so that the doors are open when it looks.
async fn keep_probing(app: &App, mut shutdown: watch::Receiver<bool>) {
    let mut wait = FIRST_PROBE;
    loop {
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = stopped(&mut shutdown) => return,
        }
        report(probes::round(app).await.map(drop), "looking at the channels");
        wait = PROBE_EVERY;
    }
}

async fn keep_anchors(app: &App, mut shutdown: watch::Receiver<bool>, post: &Post) {
    loop {
        if app.keys().is_ok() {
            report(anchors::round(app, post).await, "anchoring the journals");
        }
        tokio::select! {
            () = tokio::time::sleep(LONGEST_SLEEP) => {}
            () = stopped(&mut shutdown) => return,
        }
    }
}

async fn keep_sweeping(app: &App, mut shutdown: watch::Receiver<bool>) {
    loop {
        report(sweep_once(app).await, "sweeping");
        tokio::select! {
            () = tokio::time::sleep(SWEEP_EVERY) => {}
            () = stopped(&mut shutdown) => return,
        }
    }
}

/// Logs a failure where it ends: the worker tries again by itself.
fn report(outcome: Result<(), Error>, doing: &str) {
    if let Err(why) = outcome {
        error!(doing, cause = cause(&why), "the worker failed and tries again");
    }
}

/// A failure in words for the log. None of them holds case text.
pub(crate) fn cause(why: &Error) -> String {
    match why {
        Error::Internal(cause) => cause.to_string(),
        other => other.to_string(),
    }
}
