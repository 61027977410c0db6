//! How long the public tree of many advisories takes: from nothing, from nothing with records known to be right, and after
//! one change.
//!
//! `cargo run --release -p bench-formats --bin bench-tree -- 10000`; the folder is `TMPDIR`.

#![allow(clippy::print_stdout, reason = "its figures are read on a terminal")]

use std::time::Instant;

use candor::app::App;
use candor::config::Config;
use candor::publish;
use candor::store::Batch;
use candor::store::advisories::{AdvisoryRow, upsert_statement};
use candor_formats::advisory::{
    AffectedRange, Credit, Links, Product, Publisher, PublisherCategory, Record, Reference, ReferenceKind, Remediation,
    RemediationKind, Revision, Tlp,
};
use candor_formats::purl::Purl;
use jiff::{SignedDuration, Timestamp};

const POLICY: &str = "contacts = [{ role = \"primary\", email = \"first@example.org\" }]\n[program]\nslug = \"store\"\n\
                      name = \"Object Store\"\n[advisories]\nnamespace = \"https://example.org\"\n";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(run(count))
}

async fn run(count: usize) -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::temp_dir().join(format!("candor-bench-tree-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let mut config = Config::in_folder(folder.join("data"));
    config.public = folder.join("one/public");
    config.base_url = "https://candor.example".into();
    let app = candor::serve::open(config.clone()).await?;
    app.add_program(POLICY).await?;
    let mut changed = Vec::new();
    for part in (1..=count).collect::<Vec<_>>().chunks(500) {
        let rows = part.iter().map(|number| row(*number, 1)).collect::<Result<Vec<_>, _>>()?;
        app.store.commit(Batch::main(rows.iter().map(upsert_statement).collect())).await?;
        changed = rows;
    }
    let files = timed("from nothing, every record checked", &app).await?;
    println!("{count} advisories, {files} files");

    // Another folder with the same verdicts: nothing is made, and nothing has to be checked.
    config.public = folder.join("two/public");
    std::fs::create_dir_all(folder.join("two"))?;
    std::fs::copy(folder.join("one/.public.checked"), folder.join("two/.public.checked"))?;
    let app = candor::serve::open(config).await?;
    timed("from nothing, records known to be right", &app).await?;
    // The tree before the one in place takes its turn from the third build on.
    for (edition, name) in [(2, "one change, into a new tree"), (3, "one change"), (4, "one change"), (5, "one change")]
    {
        let number = count - changed.len() / 2;
        app.store.commit(Batch::main(vec![upsert_statement(&row(number, edition)?)])).await?;
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        timed(name, &app).await?;
    }
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

async fn timed(name: &str, app: &App) -> Result<usize, Box<dyn std::error::Error>> {
    let begin = Instant::now();
    let built = publish::build(app).await?;
    println!("{name:<44} {:>9.1} ms", begin.elapsed().as_secs_f64() * 1e3);
    if let Some(held) = built.held.first() {
        return Err(format!("{} is held back: {}", held.id, held.findings.join("; ")).into());
    }
    Ok(built.files)
}

fn row(number: usize, edition: u32) -> Result<AdvisoryRow, Box<dyn std::error::Error>> {
    let record = record(number, edition)?;
    Ok(AdvisoryRow {
        id: record.id.clone(),
        program: "store".into(),
        stream: format!("bench-{number}"),
        published_at: record.published.as_microsecond(),
        modified_at: record.modified.as_microsecond(),
        record: serde_json::to_string(&record)?,
    })
}

fn record(number: usize, edition: u32) -> Result<Record, Box<dyn std::error::Error>> {
    let published = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(400_000 + i64::try_from(number)?);
    let at = |edition: u32| match edition {
        1 => published,
        // Later than every first publication, so that the change is the newest.
        later => Timestamp::UNIX_EPOCH + SignedDuration::from_hours(490_000 + i64::from(later)),
    };
    let prose = "An attacker who can reach the service may read objects of others without signing the request. ";
    let modified = at(edition);
    Ok(Record {
        id: format!("STORE-2026-{number}"),
        title: format!("Objects can be read without a signature ({number})"),
        summary: prose.repeat(2),
        details: prose.repeat(10),
        impact: prose.to_owned(),
        preconditions: String::new(),
        language: "en".to_owned(),
        tlp: Tlp::Clear,
        publisher: Publisher {
            name: "Object Store".to_owned(),
            namespace: "https://example.org".to_owned(),
            category: PublisherCategory::Vendor,
            contact: None,
            authority: None,
        },
        links: Links {
            page: Some(format!("https://candor.example/store/advisories/STORE-2026-{number}")),
            csaf: Some(format!("https://candor.example/store/csaf/2015/store-2026-{number}.json")),
        },
        products: vec![Product {
            name: format!("Component {}", number % 40),
            purl: Some(Purl::parse(&format!("pkg:npm/store-component-{}", number % 40))?),
            ranges: vec![
                AffectedRange::between("1.0.0", format!("1.{}.1", number % 30)),
                AffectedRange::between("2.0.0", format!("2.{}.{edition}", number % 20 + 1)),
            ],
            ..Product::default()
        }],
        severities: vec!["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N".parse()?],
        level: String::new(),
        cwes: vec![862],
        aliases: vec![format!("CVE-1900-{number:05}")],
        references: vec![Reference {
            kind: ReferenceKind::Fix,
            url: format!("https://example.org/changes/{number}"),
            summary: "The change".to_owned(),
        }],
        remediations: vec![Remediation {
            kind: RemediationKind::Fix,
            details: "Update to the newest release of your branch.".to_owned(),
            url: None,
            versions: Vec::new(),
            products: Vec::new(),
            at: Some(published),
        }],
        credits: vec![Credit { name: "Ada Lovelace".to_owned(), ..Credit::default() }],
        timeline: Vec::new(),
        published,
        modified,
        withdrawn: None,
        withdrawal: String::new(),
        dispute: String::new(),
        distribution: String::new(),
        acknowledgements: Vec::new(),
        revisions: (1..=edition)
            .map(|number| Revision { number, at: at(number), summary: "An edition.".to_owned() })
            .collect(),
    })
}
