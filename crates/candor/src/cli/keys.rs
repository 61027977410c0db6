//! `candor keys`: what is there, and real erasure by destroying a key.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::app::App;
use crate::store::{self, Batch};
use candor_core::id::CaseId;
use serde_json::json;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Says which root key is in use and how many keys the ring has
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Destroys a key for good: what is sealed under it cannot be read again, here or in any backup of the data
    #[command(subcommand)]
    Erase(Erase),
}

/// What to erase.
#[derive(Debug, clap::Subcommand)]
pub enum Erase {
    /// Names and addresses of the reporters of a case; the case itself stays
    Person(What),
    /// A case with everything in it
    Case(What),
}

/// Which one.
#[derive(Debug, clap::Args)]
pub struct What {
    /// Name of the case, like 7K3M9-QXT4B
    case: String,
    /// Do it; without this nothing happens
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(command: Command) -> Outcome {
    match command {
        Command::Status { json, place } => status(json, &place).await,
        Command::Erase(Erase::Person(what)) => {
            let (app, case) = open(&what).await?;
            let rows = store::journal::load(&app.store, case.as_str()).await?;
            let mut persons: Vec<String> = rows.into_iter().filter_map(|row| row.entry.person).collect();
            persons.sort();
            persons.dedup();
            sure(&what, "the names and addresses of its reporters")?;
            for person in &persons {
                app.keys()?.erase_person(person).await?;
            }
            output::say(format_args!("{} persons of case {case} are forgotten", persons.len()));
            remind();
            Ok(())
        }
        Command::Erase(Erase::Case(what)) => {
            let (app, case) = open(&what).await?;
            sure(&what, "everything in it")?;
            let rows = store::journal::load(&app.store, case.as_str()).await?;
            let head = rows.last().map_or(0, |row| row.seq);
            for person in rows.into_iter().filter_map(|row| row.entry.person) {
                app.keys()?.erase_person(&person).await?;
            }
            app.keys()?.erase_case(case.as_str()).await?;
            // No clock of it can be read any more.
            app.store.commit(Batch::main(vec![store::cases::sleep_statement(case.as_str(), head)])).await?;
            output::say(format_args!("Case {case} cannot be read any more"));
            remind();
            Ok(())
        }
    }
}

async fn open(what: &What) -> Result<(App, CaseId), Failure> {
    let case = CaseId::parse(&what.case).ok_or_else(|| {
        Failure::Usage(format!("`{}` is no name of a case; write it like 7K3M9-QXT4B", output::plain(&what.case)))
    })?;
    let app = what.place.open().await?;
    if store::cases::get(&app.store, case.as_str()).await?.is_none() {
        return Err(Failure::new(format_args!("there is no case {case}")));
    }
    Ok((app, case))
}

fn sure(what: &What, which: &str) -> Outcome {
    if what.yes {
        return Ok(());
    }
    Err(Failure::new(format_args!("this destroys {which} for good; say `--yes` to do it")))
}

fn remind() {
    output::say("Restart servers that run on this store: they may still hold the key in memory.");
    output::say("Backups of the key ring made before still hold the key: destroy them, too.");
}

async fn status(as_json: bool, place: &Place) -> Outcome {
    let app = place.open().await?;
    let root = app.keys()?.root().id().to_owned();
    let count = store::ring::count(&app.store).await?;
    let file = &app.config.key_file;
    if as_json {
        output::json(&json!({ "root": root, "file": file, "keys": count }));
    } else {
        output::say(format_args!("Root key  {root}, in {}", file.display()));
        output::say(format_args!("Key ring  {count} keys"));
    }
    Ok(())
}
