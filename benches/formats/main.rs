//! How many documents of about 20 KB are checked in a second, how many CVSS vectors are read and scored, and how long
//! the documents of an advisory take, on one core.
//!
//! The documents are made from a seed, each other than the ones before it. `cargo run --release -p bench-formats`.
//! Where `node` and the npm package `@secvisogram/csaf-validator-lib` are at hand, that validator judges the same
//! documents in the same run; its folder is `target/node`, or what `--npm FOLDER` says. With `--csaf-rs FILE` the crate
//! `csaf-rs` does so, too: FILE is the program that `cargo build --release` makes in `benches/formats/csaf-rs`.

#![allow(clippy::print_stdout, reason = "its figures are read on a terminal")]
#![allow(clippy::cast_precision_loss, reason = "counts are small")]

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use candor_formats::advisory::{
    AffectedRange, Credit, Links, Product, Publisher, PublisherCategory, Record, Reference, ReferenceKind, Remediation,
    RemediationKind, Revision, TimelineEntry, Tlp, documents,
};
use candor_formats::csaf::{self, Edition, Profile};
use candor_formats::cvss::{CvssVector, Version, metrics};
use candor_formats::purl::Purl;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// A generator of numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }
}

fn main() {
    let mut dice = Dice(20_260_131);
    let records: Vec<Record> = (1..=200).map(|number| record(number, 5, &mut dice)).collect();
    let texts: Vec<String> = records.iter().map(|record| csaf::print_text(record, "1.0.0")).collect();
    let compact = |document: &Value| document.to_string().len();
    let parsed: Vec<Value> = records.iter().map(|record| csaf::print(record, "1.0.0")).collect();
    let size = parsed.iter().map(compact).sum::<usize>() / parsed.len();
    let indented = texts.iter().map(String::len).sum::<usize>() / texts.len();
    println!("CSAF documents: {} files of {indented} bytes on average ({size} without indentation)", texts.len());
    measure("CSAF 2.0, schema and mandatory tests, parsed", &parsed, |document| {
        assert!(csaf::validate(document).is_empty());
    });
    let ours = measure("CSAF 2.0, the same from the file's text", &texts, |text| {
        let document: Value = serde_json::from_str(text).expect("it was printed");
        assert!(csaf::validate(&document).is_empty());
    });
    measure("  of which reading the JSON and letting go of it", &texts, |text| {
        black_box(serde_json::from_str::<Value>(text).expect("it was printed"));
    });
    yardsticks(&parsed, ours);
    let next: Vec<Value> = records
        .iter()
        .map(|record| csaf::print_as(record, Edition::V2_1, Profile::SecurityAdvisory, "1.0.0"))
        .collect();
    measure("CSAF 2.1, schema and mandatory tests, parsed", &next, |document| {
        assert!(csaf::validate(document).is_empty());
    });
    for version in [Version::V3_1, Version::V4_0] {
        let vectors: Vec<String> = (0..200_000).map(|_| vector(version, &mut dice)).collect();
        measure(&format!("CVSS {version} vectors, read and scored"), &vectors, |vector| {
            black_box(CvssVector::parse(vector).expect("it is a vector").score());
        });
    }
    let small: Vec<Record> = (1..=200).map(|number| record(number, 2, &mut dice)).collect();
    measure("advisories in every format, checked and compared", &small, |record| {
        assert!(documents(record, "1.0.0").is_ok());
    });
}

/// What stands behind an argument of the command line.
fn argument(name: &str) -> Option<String> {
    std::env::args().skip_while(|argument| argument != name).nth(1)
}

/// The validators of others over the same documents, where they are at hand.
fn yardsticks(documents: &[Value], ours: f64) {
    let place = std::env::temp_dir().join(format!("candor-bench-formats-{}", std::process::id()));
    let script = place.with_extension("mjs");
    let lines: Vec<String> = documents.iter().map(Value::to_string).collect();
    let written =
        std::fs::write(&place, lines.join("\n")).and_then(|()| std::fs::write(&script, include_str!("yardstick.mjs")));
    if let Err(why) = written {
        return println!("  the documents could not be written for other validators: {why}");
    }
    let folder = argument("--npm").unwrap_or_else(|| "target/node".to_owned());
    let folder = std::path::absolute(&folder).unwrap_or_default();
    if folder.join("node_modules/@secvisogram/csaf-validator-lib").is_dir() {
        let mut node = Command::new("node");
        compared("the validator of npm", node.arg(&script).arg(&folder).arg(&place).arg("3"), ours);
    } else {
        println!("  the validator of npm is not installed in {}, so nothing is compared", folder.display());
    }
    match argument("--csaf-rs") {
        Some(tool) => compared("the crate csaf-rs", Command::new(tool).arg(&place).arg("3"), ours),
        None => println!("  the crate csaf-rs is not compared: name its program with --csaf-rs"),
    }
    for file in [&place, &script] {
        std::fs::remove_file(file).ok();
    }
}

/// Runs another validator, which prints how many documents it judged in how many seconds, and how many it found invalid.
fn compared(name: &str, command: &mut Command, ours: f64) {
    let figures = match command.output() {
        Ok(output) if output.status.success() => String::from_utf8_lossy(&output.stdout).into_owned(),
        Ok(output) => return println!("  {name} failed: {}", String::from_utf8_lossy(&output.stderr)),
        Err(why) => return println!("  {name} could not be run: {why}"),
    };
    let numbers: Vec<f64> = figures.split_whitespace().filter_map(|number| number.parse().ok()).collect();
    let (Some(count), Some(seconds)) = (numbers.first(), numbers.get(1)) else {
        return println!("  {name} printed no figures");
    };
    let theirs = count / seconds;
    println!(
        "{:<52} {theirs:>10.0} a second; Candor {:.1} times as many",
        format!("  the same by {name}"),
        ours / theirs
    );
    if let Some(invalid) = numbers.get(2).filter(|invalid| **invalid > 0.0) {
        println!("  {name} found {invalid} of the documents invalid");
    }
}

/// Runs `work` over all inputs in turns for about two seconds, after one turn that is not counted. Gives its rate.
fn measure<T>(name: &str, inputs: &[T], work: impl Fn(&T)) -> f64 {
    inputs.iter().for_each(&work);
    let (wall, start, mut count) = (Instant::now(), busy(), 0_usize);
    while wall.elapsed() < Duration::from_secs(2) {
        inputs.iter().for_each(&work);
        count += inputs.len();
    }
    let spent = match (start, busy()) {
        (Some(start), Some(end)) => end.saturating_sub(start),
        _ => wall.elapsed(),
    };
    let each = spent.as_secs_f64() / count as f64;
    println!("{name:<52} {:>10.0} a second, {:>9.2} µs each", 1.0 / each, each * 1e6);
    1.0 / each
}

/// How long this thread has been on a core, where the system says so: others may work on the machine meanwhile.
fn busy() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    text.split_whitespace().next()?.parse().ok().map(Duration::from_nanos)
}

fn vector(version: Version, dice: &mut Dice) -> String {
    let parts: Vec<String> = metrics(version)
        .iter()
        .map(|metric| format!("{}:{}", metric.code, metric.choices[dice.below(metric.choices.len())].code))
        .collect();
    format!("{}{}", version.prefix(), parts.join("/"))
}

fn record(number: usize, products: usize, dice: &mut Dice) -> Record {
    let published = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(490_000 + i64::try_from(number).unwrap_or(0));
    let prose = "An attacker who can reach the service may read objects of others without signing the request. ";
    let product = |place: usize, dice: &mut Dice| {
        let major = dice.below(20) + 1;
        Product {
            name: format!("Store Component {place}"),
            purl: Purl::parse(&format!("pkg:npm/store-component-{place}")).ok(),
            cpe: Some(format!("cpe:2.3:a:store:component_{place}:*:*:*:*:*:*:*:*")),
            ranges: (0..3)
                .map(|branch| {
                    AffectedRange::between(
                        format!("{}.0.0", major + branch),
                        format!("{}.{}.1", major + branch, dice.below(30)),
                    )
                })
                .collect(),
            ..Product::default()
        }
    };
    Record {
        id: format!("STORE-2026-{number}"),
        title: format!("Objects can be read without a signature ({number})"),
        summary: prose.repeat(2),
        details: prose.repeat(12),
        impact: prose.repeat(2),
        preconditions: prose.to_owned(),
        language: "en".to_owned(),
        tlp: Tlp::Clear,
        publisher: Publisher {
            name: "Store".to_owned(),
            namespace: "https://store.example".to_owned(),
            category: PublisherCategory::Vendor,
            contact: Some("security@store.example".to_owned()),
            authority: None,
        },
        links: Links { page: Some(format!("https://store.example/advisories/STORE-2026-{number}")), csaf: None },
        products: (1..=products).map(|place| product(place, dice)).collect(),
        severities: [Version::V3_1, Version::V4_0]
            .into_iter()
            .filter_map(|version| vector(version, dice).parse().ok())
            .collect(),
        level: String::new(),
        cwes: vec![862, 284],
        aliases: vec![format!("CVE-1900-{:04}", number)],
        references: (0..6)
            .map(|place| Reference {
                kind: ReferenceKind::Fix,
                url: format!("https://store.example/changes/{number}/{place}"),
                summary: format!("Change {place}"),
            })
            .collect(),
        remediations: vec![Remediation {
            kind: RemediationKind::Fix,
            details: "Update to the newest release of your branch.".to_owned(),
            url: Some("https://store.example/releases".to_owned()),
            versions: Vec::new(),
            products: Vec::new(),
            at: Some(published),
        }],
        credits: vec![Credit { name: "Ada Lovelace".to_owned(), ..Credit::default() }],
        timeline: (0..5)
            .map(|day| TimelineEntry {
                at: published + SignedDuration::from_hours(day),
                text: "A step was taken.".to_owned(),
            })
            .collect(),
        published,
        modified: published,
        withdrawn: None,
        withdrawal: String::new(),
        dispute: String::new(),
        distribution: String::new(),
        acknowledgements: Vec::new(),
        revisions: vec![Revision { number: 1, at: published, summary: "First publication.".to_owned() }],
    }
}
