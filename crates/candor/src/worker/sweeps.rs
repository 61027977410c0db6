//! What is kept for a time only.

use std::time::{Duration, SystemTime};

use jiff::SignedDuration;

use crate::accounts::passkey;
use crate::app::App;
use crate::error::Error;
use crate::store::{
    Batch, blobs, idempotency, looks, passkey_challenges, people, steps, subscriptions, waiting, written_to,
};
use crate::throttle::reading::WITHIN;

/// How long the answer to a request is kept for the same request.
const ANSWERS_KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long a finished file may wait for the form that carries it: a form lies open for a day.
const FILES_WAIT: Duration = Duration::from_secs(25 * 60 * 60);

/// How long an address has to confirm that it wants letters.
const UNCONFIRMED_KEPT: SignedDuration = SignedDuration::from_hours(48);

/// How long it is kept which subscriber got which letter.
const STEPS_KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Forgets answers older than a week, sessions and invitations that have ended, and files that were never finished.
///
/// # Errors
/// When the store or the folder of files fails; what was swept stays swept.
pub async fn sweep_once(app: &App) -> Result<(), Error> {
    let now = app.now();
    idempotency::sweep(&app.store, (now - ANSWERS_KEPT).as_microsecond()).await?;
    people::sweep(&app.store, now.as_microsecond()).await?;
    // What was asked for and not confirmed, which subscriber got which letter, and how many an address got in an hour.
    let mut swept = vec![
        subscriptions::sweep_statement((now - UNCONFIRMED_KEPT).as_microsecond()),
        steps::sweep_statement((now - STEPS_KEPT).as_microsecond()),
        written_to::sweep_statement((now - SignedDuration::from_hours(1)).as_microsecond()),
        waiting::sweep_statement((now - ANSWERS_KEPT).as_microsecond()),
        passkey_challenges::sweep_statement((now - passkey::asked::OPEN).as_microsecond()),
    ];
    swept.extend(looks::sweep_statements((now - WITHIN).as_microsecond()));
    app.store.commit(Batch::main(swept)).await?;
    let blobs = app.blobs.clone();
    // Files bear the system's time, whatever the desk's clock shows.
    tokio::task::spawn_blocking(move || blobs.sweep(SystemTime::now())).await.map_err(Error::internal)??;
    remove_unclaimed(app, SystemTime::now() - FILES_WAIT).await?;
    if app.config.blob_bucket.is_some() {
        move_to_bucket(app).await?;
    }
    Ok(())
}

/// Moves files of cases that lie in the folder into the bucket: from before there was one, from a restored copy, or taken in
/// by a process that knows no bucket. Gives their number.
///
/// # Errors
/// As [`sweep_once`]; what was moved stays moved.
pub async fn move_to_bucket(app: &App) -> Result<usize, Error> {
    let folder = app.blobs.clone();
    let here = tokio::task::spawn_blocking(move || folder.older_than(SystemTime::now()));
    let mut moved = 0;
    for name in here.await.map_err(Error::internal)?? {
        if let Some(row) = blobs::get(&app.store, &name).await?
            && app.blobs.move_to_bucket(&name, &row.hash).await?
        {
            moved += 1;
        }
    }
    Ok(moved)
}

/// Removes finished files that no case took, from before an instant: forms that were never sent, refused requests.
/// Gives their number.
///
/// # Errors
/// As [`sweep_once`].
pub async fn remove_unclaimed(app: &App, before: SystemTime) -> Result<usize, Error> {
    let folder = app.blobs.clone();
    let mut old = tokio::task::spawn_blocking(move || folder.older_than(before)).await.map_err(Error::internal)??;
    old.extend(app.blobs.far_older_than(before).await?);
    let mut removed = 0;
    for name in old {
        if blobs::get(&app.store, &name).await?.is_none() {
            app.blobs.remove(&name).await?;
            removed += 1;
        }
    }
    Ok(removed)
}
