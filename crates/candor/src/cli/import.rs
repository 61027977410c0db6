//! `candor advisory import`: a project's past moves in with one command.

use std::path::{Path, PathBuf};

use candor_core::disclosure;
use candor_formats::advisory::{Format, Record};
use serde_json::{Value, json};

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::execute::import::{Imported, NotTaken, import};

/// What to import.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The program whose advisories they become
    #[arg(long, value_name = "PROGRAM")]
    program: String,
    /// The files: GitHub advisory JSON, OSV, CSAF 2.0 or 2.1, CVE records; a folder stands for every .json in it
    ///
    /// A CSAF document about several vulnerabilities becomes an advisory for each.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Say what would happen, and publish nothing
    #[arg(long)]
    dry_run: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(args: Args) -> Outcome {
    let app = args.place.open().await?;
    let Some(policy) = app.policy(&args.program.as_str().into()) else {
        return Err(Failure::new(format_args!("there is no program called {}", output::plain(&args.program))));
    };
    let mut files = Vec::new();
    for given in &args.files {
        collect(given, &mut files)?;
    }
    let publisher = disclosure::publisher(&policy, &app.program_url(&policy.program.slug));
    let bar = output::progress("importing");
    let (mut done, mut counts, mut wrong) = (Vec::new(), [0_usize; 3], 0_usize);
    let mut read: Vec<(PathBuf, Result<Record, String>)> = Vec::new();
    for file in files {
        match records(&file, &publisher) {
            Ok(records) => read.extend(records.into_iter().map(|record| (file.clone(), Ok(record)))),
            Err(why) => read.push((file, Err(why))),
        }
    }
    bar.set_length(read.len() as u64);
    // The oldest first, so that numbers follow the dates.
    read.sort_by_key(|(_, record)| record.as_ref().map_or(jiff::Timestamp::MIN, |record| record.published));
    for (file, record) in read {
        bar.inc(1);
        let outcome = match record {
            Err(why) => Err(why),
            Ok(record) if args.dry_run => match record.problems().first() {
                None => Ok(("read", record.id)),
                Some(problem) => Err(problem.to_string()),
            },
            Ok(record) => match import(&app, &policy, &record).await {
                Ok(Imported::New(id)) => Ok(("new", id)),
                Ok(Imported::Changed(id)) => Ok(("changed", id)),
                Ok(Imported::Same(id)) => Ok(("same", id)),
                Err(NotTaken::Store(why)) => return Err(why.into()),
                Err(why) => Err(why.to_string()),
            },
        };
        match &outcome {
            Ok((what, _)) => counts[["new", "changed"].iter().position(|known| known == what).unwrap_or(2)] += 1,
            Err(why) => {
                wrong += 1;
                bar.suspend(|| output::complain(format_args!("{}: {}", file.display(), output::plain(why))));
            }
        }
        done.push(match outcome {
            Ok((what, id)) => json!({ "file": file.display().to_string(), "outcome": what, "id": id }),
            Err(why) => json!({ "file": file.display().to_string(), "outcome": "refused", "why": why }),
        });
    }
    bar.finish_and_clear();
    if args.json {
        output::print(&format!("{:#}\n", Value::from(done)));
    } else {
        let [new, changed, same] = counts;
        let unchanged = if args.dry_run { "can be read" } else { "were here already" };
        output::say(format_args!("{new} new, {changed} changed, {same} {unchanged}, {wrong} refused"));
    }
    if wrong == 0 { Ok(()) } else { Err(Failure::Said) }
}

fn collect(given: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let cannot = |why: std::io::Error| Failure::during(format_args!("{} cannot be read", given.display()), why);
    if !std::fs::metadata(given).map_err(cannot)?.is_dir() {
        files.push(given.to_owned());
        return Ok(());
    }
    let mut inside: Vec<PathBuf> =
        std::fs::read_dir(given).map_err(cannot)?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    inside.sort();
    for path in inside {
        if path.is_dir() {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|end| end == "json") {
            files.push(path);
        }
    }
    Ok(())
}

/// The records of a file, one for each vulnerability, or what is wrong with it.
fn records(file: &Path, publisher: &candor_formats::advisory::Publisher) -> Result<Vec<Record>, String> {
    let text = std::fs::read_to_string(file).map_err(|why| format!("it cannot be read: {why}"))?;
    let document: Value = serde_json::from_str(&text).map_err(|why| format!("this is no JSON: {why}"))?;
    let format = Format::of(&document).ok_or("this is no CSAF, OSV, CVE or GitHub advisory document")?;
    format.read_all(&document, publisher).map_err(|why| format!("{}: {why}", format.name()))
}
