//! `candor backup` and `candor restore`: copies, made while serving, restored into an empty place.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::store::backup::{self as copies, Tally};
use crate::store::blobs::{Blobs, PATIENCE};
use std::path::PathBuf;

/// Where to copy to.
#[derive(Debug, clap::Args)]
pub struct Backup {
    /// An empty or new folder; gets the parts `data` and `ring`, to be kept apart
    #[arg(value_name = "FOLDER")]
    to: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Where to restore from.
#[derive(Debug, clap::Args)]
pub struct Restore {
    /// The folder of the backup
    #[arg(value_name = "FOLDER")]
    from: PathBuf,
    /// The key part, when it was kept apart; without it `ring` in that folder
    #[arg(long, value_name = "FOLDER")]
    ring_part: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

fn told(tally: &Tally, what: &str, as_json: bool) -> Outcome {
    if as_json {
        output::json(&serde_json::json!({
            "rows": tally.rows, "keys": tally.keys, "files": tally.files, "bytes": tally.bytes, "damaged": tally.damaged,
        }));
    } else {
        output::say(format_args!(
            "{what}: {} rows, {} keys, {} files, {} bytes",
            tally.rows, tally.keys, tally.files, tally.bytes
        ));
    }
    if tally.damaged.is_empty() {
        return Ok(());
    }
    output::complain(format_args!(
        "candor: {} files are missing or damaged in the original: {}",
        tally.damaged.len(),
        tally.damaged.join(", ")
    ));
    Err(Failure::Said)
}

pub(super) async fn backup(args: Backup) -> Outcome {
    let (store, config) = args.place.open_store().await?;
    let blobs = Blobs::open_with(&config.blobs, config.blob_bucket.as_ref(), PATIENCE)?;
    let bar = output::progress("copying");
    let tally = copies::backup(&store, &blobs, &args.to, super::now().as_microsecond(), |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    told(&tally, "Copied", args.json)?;
    if !args.json {
        output::say("The root key is not in it: keep a copy of the key file in a safe place of its own.");
    }
    Ok(())
}

pub(super) async fn restore(args: Restore) -> Outcome {
    let (store, config) = args.place.new_store().await?;
    let blobs = Blobs::open(&config.blobs)?;
    let bar = output::progress("restoring");
    let tally = copies::restore(&args.from, args.ring_part.as_deref(), &store, &blobs, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    told(&tally, "Restored", args.json)?;
    if !args.json && !config.key_file.exists() {
        output::say(format_args!("Put the root key of the backup at {} before you serve.", config.key_file.display()));
    }
    Ok(())
}
