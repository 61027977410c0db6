//! `candor journal`: chains, checked offline and without any key, and exported.

use super::output::{self, Failure, Outcome};
use super::place::Place;
use crate::anchors::{self, Fault};
use crate::api::model::entry::Entry;
use crate::api::model::people::Names;
use crate::config::AnchorPlace;
use crate::execute::report::hex;
use crate::store::{self, verify};
use candor_core::id::CaseId;
use serde_json::json;

/// What to do.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Checks every chain and names the first entry that is wrong
    Verify {
        /// Check the signed heads in the store as well, and compare them with those elsewhere: dir:FOLDER, a file, https://ADDRESS
        #[arg(long, value_delimiter = ',', num_args = 0.., value_name = "PLACE")]
        anchors: Option<Vec<String>>,
        /// Print JSON
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Goes on with a store that is older than its anchor, after an old backup was restored on purpose: the gap stays on record
    Accept {
        /// Where the newer anchors lie
        #[arg(
            long,
            env = "CANDOR_ANCHOR_TO",
            value_delimiter = ',',
            required = true,
            value_name = "PLACE",
            hide_env_values = true
        )]
        anchor_to: Vec<AnchorPlace>,
        /// Do it; without this it is only said what would happen
        #[arg(long)]
        yes: bool,
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
        Command::Verify { json, anchors, place } => verify_all(json, anchors.as_deref(), &place).await,
        Command::Accept { anchor_to, yes, place } => accept(&anchor_to, yes, &place).await,
        Command::Export { case, open, place } => export(case, open, &place).await,
    }
}

/// Compares what is known elsewhere with the store, all of it.
async fn compare_all(store: &store::Store, places: &[AnchorPlace]) -> Result<Vec<Fault>, Failure> {
    let mut faults = Vec::new();
    for place in places {
        let known = anchors::places::read_back(place)
            .await
            .map_err(|why| Failure::during(format_args!("the anchors of {place} cannot be read"), why))?;
        for anchor in known {
            if let Err(fault) = anchors::compare(store, &place.to_string(), &anchor).await? {
                faults.push(fault);
            }
        }
    }
    Ok(faults)
}

/// The same places, with the access of this store to its buckets.
fn reached(mut places: Vec<AnchorPlace>, of: &Place) -> Result<Vec<AnchorPlace>, Failure> {
    for place in &mut places {
        if let AnchorPlace::Bucket(bucket) = place {
            *bucket = of.bucket_at(&bucket.url)?;
        }
    }
    Ok(places)
}

/// Places as they are typed here: a path alone is a folder or a file.
fn places(typed: &[String], of: &Place) -> Result<Vec<AnchorPlace>, Failure> {
    let place = |text: &String| match text.parse() {
        Ok(place) => Ok(place),
        Err(_) if std::path::Path::new(text).exists() => Ok(AnchorPlace::Folder(text.into())),
        Err(why) => Err(Failure::Usage(why)),
    };
    let places = typed.iter().filter(|text| !text.is_empty()).map(place).collect::<Result<_, _>>()?;
    reached(places, of)
}

async fn accept(known: &[AnchorPlace], yes: bool, place: &Place) -> Outcome {
    let app = place.open().await?;
    let known = reached(known.to_vec(), place)?;
    let newest = compare_all(&app.store, &known).await?.into_iter().filter_map(|fault| match fault {
        Fault::Older { known, .. } => Some(known),
        _ => None,
    });
    let Some(newest) = newest.max() else {
        output::say("The store is not older than its anchors; nothing is to be accepted.");
        return Ok(());
    };
    if !yes {
        return Err(Failure::new(format_args!(
            "what happened up to anchor {newest} and is not in this store is given up for good; say `--yes` to do it"
        )));
    }
    let anchor = anchors::take(&app.store, app.keys()?.root(), app.now(), Some(newest)).await?;
    output::say(format_args!(
        "Anchor {} says that the store goes on after a gap. Start the service again.",
        anchor.number()
    ));
    Ok(())
}

async fn verify_all(as_json: bool, with: Option<&[String]>, place: &Place) -> Outcome {
    let (store, _) = place.open_store().await?;
    let bar = output::progress("checking");
    let report = verify::verify(&store, |done, total| {
        bar.set_length(total);
        bar.set_position(done);
    })
    .await?;
    bar.finish_and_clear();
    if report.fault.is_none()
        && let Some(with) = with
    {
        let checked = anchors::check(&store).await?;
        let fault = match checked.fault {
            Some(fault) => Some(fault),
            None => compare_all(&store, &places(with, place)?).await?.into_iter().next(),
        };
        if let Some(fault) = fault {
            output::complain(format_args!("candor: {fault}"));
            return Err(Failure::Said);
        }
        if !as_json {
            output::say(format_args!(
                "{} anchors cover {} heads, and each is as it was",
                checked.anchors, checked.heads
            ));
        }
    }
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
