//! `candor journal`: chains, checked offline and without any key, and exported.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::api::model::entry::Entry;
use crate::api::model::people::Names;
use crate::execute::report::hex;
use crate::store::{self, verify};
use candor_core::id::CaseId;
use serde_json::json;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Checks every chain and names the first entry that is wrong
    Verify {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Prints entries, one JSON object a line: sealed as they lie, or opened
    Export {
        /// Of this case only
        #[arg(long)]
        case: Option<String>,
        /// Open the entries: what is printed then is as private as the cases
        #[arg(long)]
        open: bool,
        #[command(flatten)]
        place: Place,
    },
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Verify { json, place } => verify_all(json, &place).await,
        Command::Export { case, open, place } => export(case, open, &place).await,
    }
}

async fn verify_all(as_json: bool, place: &Place) -> Outcome {
    let (store, _) = place.open_store().await?;
    let bar = output::progress("checking");
    let report = verify::verify(&store, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    if as_json {
        let fault =
            report.fault.as_ref().map(|fault| json!({ "case": fault.stream, "entry": fault.seq, "what": fault.what }));
        output::json(&json!({ "cases": report.streams, "entries": report.entries, "fault": fault }));
    }
    match report.fault {
        Some(fault) => {
            output::complain(format_args!("candor: {fault}"));
            Err(Failure::Said)
        }
        None => {
            if !as_json {
                output::say(format_args!("{} entries of {} cases are whole", report.entries, report.streams));
            }
            Ok(())
        }
    }
}

async fn export(case: Option<String>, open: bool, place: &Place) -> Outcome {
    let one = match case {
        Some(typed) => Some(CaseId::parse(&typed).ok_or_else(|| {
            Failure::Usage(format!("`{}` is no name of a case; write it like 7K3M9-QXT4B", output::plain(&typed)))
        })?),
        None => None,
    };
    let app = if open { Some(place.open().await?) } else { None };
    let store = match &app {
        Some(app) => app.store.clone(),
        None => place.open_store().await?.0,
    };
    let mut after = String::new();
    loop {
        let streams = match &one {
            Some(case) => vec![case.0.clone()],
            None => store::journal::streams(&store, &after, 500).await?,
        };
        let Some(last) = streams.last() else { return Ok(()) };
        after.clone_from(last);
        for stream in &streams {
            match &app {
                Some(app) => {
                    let found = crate::execute::journal::load(app, &CaseId(stream.clone())).await;
                    let case = match found {
                        Ok(Some((case, _))) => case,
                        // Erased: its key is gone, and with it everything there was to print.
                        Ok(None) | Err(crate::error::Error::NotFound) => continue,
                        Err(why) => return Err(why.into()),
                    };
                    for entry in &case.history {
                        let shown = Entry::of(entry, &Names::default());
                        let mut line = serde_json::to_value(&shown).map_err(Failure::new)?;
                        line["case"] = stream.as_str().into();
                        output::say(line);
                    }
                }
                None => {
                    for row in store::journal::load(&store, stream).await? {
                        output::say(json!({
                            "case": row.stream,
                            "seq": row.seq,
                            "at": row.entry.at,
                            "kind": row.entry.kind,
                            "actor": row.entry.actor,
                            "body": hex(&row.entry.body),
                            "person": row.entry.person,
                            "person_body": row.entry.person_body.as_deref().map(hex),
                            "prev": hex(&row.prev),
                            "hash": hex(&row.hash),
                        }));
                    }
                }
            }
        }
        if one.is_some() {
            return Ok(());
        }
    }
}
