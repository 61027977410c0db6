//! What sealing costs: reports are filed and a case of 200 entries is opened by the same functions that the doors call, and
//! then the ciphers alone do again what they did in it, over values of the same sizes. The share is what they add to the
//! rest of the work.

use std::path::Path;
use std::time::{Duration, Instant};

use candor::app::App;
use candor::config::Config;
use candor::execute::execute;
use candor::execute::report::{NewReport, file_report, open_receipt};
use candor::keys::seal::OVERHEAD;
use candor::keys::{Context, Key, intake, open, seal};
use candor::store::journal;
use candor_core::access::Actor;
use candor_core::command::Command;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::ProgramSlug;

use super::{POLICY, Result};

/// Reports that are filed.
const REPORTS: u32 = 2_000;
/// Entries of the case that is opened, and how often it is.
const ENTRIES: u32 = 200;
const OPENED: u32 = 200;

const PLACE: Context<'static> = Context { kind: "bench", stream: "bench", row: 1, field: "body" };

fn new_report(number: u32) -> NewReport {
    let facts = ReportFacts {
        title: format!("Report {number}: folded headers skip the signature check"),
        description: "The server answers a request without a signature when the header is folded. ".repeat(48),
        ..ReportFacts::default()
    };
    NewReport { channel: Channel::Api, facts, contact: Contact::default(), credit: None, received_at: None }
}

/// Sizes of what is sealed in a case: bodies of entries, and what they say of persons.
async fn sizes(app: &App, case: &str) -> Result<Vec<usize>> {
    let rows = journal::load(&app.store, case).await?;
    let sealed = rows.iter().flat_map(|row| {
        [Some(row.entry.body.len()), row.entry.person_body.as_ref().map(Vec::len)].into_iter().flatten()
    });
    Ok(sealed.map(|size| size.saturating_sub(OVERHEAD)).collect())
}

/// Time of one round of many.
fn each(rounds: u32, mut round: impl FnMut()) -> Duration {
    let began = Instant::now();
    (0..rounds).for_each(|_| round());
    began.elapsed() / rounds
}

fn share(part: Duration, whole: Duration) -> f64 {
    100.0 * part.as_secs_f64() / whole.saturating_sub(part).as_secs_f64()
}

/// Measures and prints.
pub async fn measure(place: &Path) -> Result<()> {
    let folder = tempfile::tempdir_in(place)?;
    let mut config = Config::in_folder(folder.path().join("data"));
    config.key_file = folder.path().join("root.key");
    let app = candor::serve::open(config).await?;
    app.add_program(POLICY).await?;
    let program = ProgramSlug("minio".into());
    let began = Instant::now();
    let mut last = None;
    for number in 0..REPORTS {
        last = Some(file_report(&app, &Actor::Public, &program, new_report(number), None).await?);
    }
    let filing = began.elapsed() / REPORTS;
    let last = last.ok_or("nothing was filed")?;
    let key = Key::random("bench")?;
    // The entries, and the card of the queue.
    let mut plain: Vec<Vec<u8>> =
        sizes(&app, last.case.as_str()).await?.into_iter().map(|size| vec![7; size]).collect();
    plain.push(vec![7; 128]);
    let sealing = each(REPORTS, || plain.iter().for_each(|plain| drop(seal(&key, &PLACE, plain))));
    println!(
        "filing a report of 4 KB: {filing:?}, of which sealing {sealing:?}: {:.1} % more than without (aim: under 15 %)",
        share(sealing, filing)
    );
    let to = app.intake_key().ok_or("no public key")?;
    let whole: Vec<u8> = plain.concat();
    let handing = each(REPORTS, || drop(intake::seal_to(&to, "bench", &whole)));
    println!("sealing a report to the desk's public key, as the front does: {handing:?}");

    let (actor, case) = open_receipt(&app, &last.receipt).await?;
    let text = "It still happens on the second request, with the header folded over three lines. ".repeat(4);
    for _ in 0..ENTRIES {
        execute(&app, &actor, &case.id, Command::Write { text: text.clone(), files: Vec::new() }, None).await?;
    }
    let mut took = Vec::new();
    for _ in 0..OPENED {
        let began = Instant::now();
        open_receipt(&app, &last.receipt).await?;
        took.push(began.elapsed());
    }
    took.sort_unstable();
    let opening = took[took.len() / 2];
    let sealed = sizes(&app, case.id.as_str()).await?.into_iter().map(|size| seal(&key, &PLACE, &vec![7; size]));
    let sealed = sealed.collect::<std::result::Result<Vec<_>, _>>()?;
    let unsealing = each(OPENED, || sealed.iter().for_each(|sealed| drop(open(&key, &PLACE, sealed))));
    println!(
        "opening a case of {} entries: p50 {opening:?}, p99 {:?} (aim: under 5 ms), of which unsealing {unsealing:?}: {:.1} %",
        sealed.len(),
        took[took.len() * 99 / 100],
        share(unsealing, opening)
    );
    Ok(())
}
