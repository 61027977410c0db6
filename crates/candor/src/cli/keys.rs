//! `candor keys`: what is there, another root key, the root key on paper, and real erasure by destroying a key.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::app::App;
use crate::keys::rotate::Rotation;
use crate::keys::sheet;
use crate::store::{self, Batch};
use candor_core::id::CaseId;
use jiff::Timestamp;
use serde_json::json;
use std::io::{BufRead, IsTerminal};
use std::path::Path;
use zeroize::Zeroizing;

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
    /// Puts another root key in the place of the old one, also while servers run; called again, it goes on where it was cut off
    Rotate {
        /// Do not print the new key's recovery sheet and ask it back; for scripts, which print it afterwards
        #[arg(long)]
        yes: bool,
        /// Three sheets, of which any two suffice
        #[arg(long)]
        shares: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Prints the root key as a recovery sheet, to be kept on paper
    Sheet {
        /// Three sheets, of which any two suffice
        #[arg(long)]
        shares: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Asks the recovery sheet back, without changing anything: does the paper give the root key?
    Drill {
        #[command(flatten)]
        place: Place,
    },
    /// Writes a lost key file anew from the recovery sheet
    Recover {
        #[command(flatten)]
        place: Place,
    },
    /// The OpenPGP key of a program: made, imported, prolonged, replaced
    #[command(subcommand)]
    Openpgp(super::openpgp::Command),
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
        Command::Rotate { yes, shares, place } => rotate(yes, shares, &place).await,
        Command::Sheet { shares, place } => {
            let (_, config) = place.open_store().await?;
            print_sheets(&sheet::of_file(&config.key_file, shares)?);
            output::complain("Write it down or print it, keep it away from the server, then run `candor keys drill`.");
            Ok(())
        }
        Command::Drill { place } => {
            let (store, _) = place.open_store().await?;
            if !sheet::drill(&store, typed()?, now()).await? {
                return Err(Failure::new(
                    "this sheet gives another key than the root key of this store; print a new one",
                ));
            }
            output::say("The sheet gives the root key of this store.");
            Ok(())
        }
        Command::Recover { place } => {
            let (store, config) = place.open_store().await?;
            let file = &config.key_file;
            if file.exists() {
                return Err(Failure::new(format_args!("{} is there already; move it away first", file.display())));
            }
            if !sheet::recover(&store, file, typed()?).await? {
                return Err(Failure::new("this sheet gives another key than the root key of this store"));
            }
            output::say(format_args!("The root key is back in {}. Start the service again.", file.display()));
            Ok(())
        }
        Command::Openpgp(command) => super::openpgp::run(command).await,
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
            app.store.commit(Batch::main(vec![store::receipt_views::forget_statement(case.as_str())])).await?;
            match persons.len() {
                0 => output::say(format_args!("Nobody of case {case} gave a name or an address")),
                1 => output::say(format_args!("1 person of case {case} is forgotten")),
                many => output::say(format_args!("{many} persons of case {case} are forgotten")),
            }
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
            let forget = store::receipt_views::forget_statement(case.as_str());
            app.store.commit(Batch::main(vec![store::cases::sleep_statement(case.as_str(), head), forget])).await?;
            output::say(format_args!("Case {case} cannot be read any more"));
            remind();
            Ok(())
        }
    }
}

/// Now, for what is written down about keys.
#[allow(clippy::disallowed_methods)] // no desk is at hand here, whose clock could be asked
fn now() -> i64 {
    Timestamp::now().as_microsecond()
}

fn print_sheets(sheets: &[String]) {
    for (number, lines) in (1..).zip(sheets) {
        if sheets.len() > 1 {
            output::say(format_args!("Sheet {number} of {}; any two give the key", sheets.len()));
        }
        output::say(lines);
    }
}

/// Reads sheets from standard input until they are whole.
fn typed() -> Result<Zeroizing<[u8; 32]>, Failure> {
    if std::io::stdin().is_terminal() {
        output::complain("Type the lines of the sheet, or of two of three sheets, one after the other:");
    }
    let mut lines = Zeroizing::new(String::new());
    let mut count = 0;
    for line in std::io::stdin().lock().lines() {
        let line = Zeroizing::new(line.map_err(|why| Failure::during("the sheet cannot be read", why))?);
        if line.trim().is_empty() {
            continue;
        }
        lines.push_str(&line);
        lines.push('\n');
        count += 1;
        if count == 16 || (count == 4 && sheet::read_back(&lines).is_ok()) {
            break;
        }
    }
    sheet::read_back(&lines).map_err(Failure::new)
}

async fn rotate(yes: bool, shares: bool, place: &Place) -> Outcome {
    let (store, config) = place.open_store().await?;
    if config.key_command.is_some() {
        return Err(Failure::new("a key that a command prints cannot be replaced in place; rotate with `--key-file`"));
    }
    let file: &Path = &config.key_file;
    let rotation = Rotation::begin(&store, file).await?;
    if !yes {
        if !std::io::stdin().is_terminal() {
            return Err(Failure::new(
                "the new root key has to be written down before it is used; run this on a terminal, or say `--yes`",
            ));
        }
        output::say("This is the new root key. Write it down or print it, and keep it away from the server.");
        print_sheets(&rotation.sheet(shares)?);
        if !rotation.is_on(&*typed()?) {
            return Err(Failure::new("that is not the new root key; nothing was changed, begin again"));
        }
    }
    let bar = output::progress("wrapping keys");
    rotation
        .run(now(), |done, all| {
            bar.set_length(all);
            bar.set_position(done);
        })
        .await?;
    bar.finish_and_clear();
    if !yes {
        let kept = sheet::of_file(file, false)?;
        let bytes = sheet::read_back(&kept.concat()).map_err(Failure::new)?;
        sheet::drill(&store, bytes, now()).await?;
    }
    output::say(format_args!("Root key {} is in use, in {}", rotation.id(), file.display()));
    output::say("The old one lies beside it, named .old-ID: only backups of the key ring made until now need it.");
    output::say("Delete it when those backups are gone; after a suspicion, delete them and it today.");
    Ok(())
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
    output::say("Servers that run on this store read it no more, from now on.");
    output::say("Backups of the key ring made before still hold the key: destroy them, too.");
}

async fn status(as_json: bool, place: &Place) -> Outcome {
    let app = place.open().await?;
    let root = app.keys()?.root().id();
    let drilled = sheet::drilled(&app.store, &root).await?.and_then(|at| Timestamp::from_microsecond(at).ok());
    let count = store::ring::count(&app.store).await?;
    let file = &app.config.key_file;
    if as_json {
        output::json(
            &json!({ "root": root, "file": file, "keys": count, "drilled": drilled.map(|at| at.to_string()) }),
        );
    } else {
        output::say(format_args!("Root key  {root}, in {}", file.display()));
        output::say(format_args!("Key ring  {count} keys"));
        output::say(match drilled {
            Some(at) => format!("Recovery sheet last asked back on {}", at.strftime("%Y-%m-%d")),
            None => "Recovery sheet never asked back: run `candor keys sheet`, then `candor keys drill`".into(),
        });
    }
    Ok(())
}
