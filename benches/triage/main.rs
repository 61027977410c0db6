//! How well scanner output, duplicates and words are found, and how fast. Prints each figure beside its aim.
//!
//! ```text
//! cargo run --release -p bench-triage -- [--texts safety-db.json] [--notes FOLDER] [--outputs FOLDER] [--only PART] [--show]
//! ```
//!
//! `--only` measures one of `lanes`, `duplicates` and `search`; `--show` prints what was missed, and what stood above it.
//!
//! Data, openly made: output of twenty tools in their own formats, by rule (`outputs`), and whatever real output lies in
//! `--outputs`, one file each; texts that people wrote about vulnerabilities, of the test files of the standards beside the
//! repository, of `--texts` (the JSON of the package `safety-db`) and of `--notes` (release notes with a heading per CVE, such as
//! those in the sources of Django and Pillow); retellings
//! of such texts by rule (`retell`); and other reports made of a vocabulary (`crowd`). No rule that is measured was made
//! from these data: recognisers follow the tools' documents, and nothing is trained.

#![allow(clippy::print_stdout, clippy::cast_possible_truncation, reason = "a bench prints, and rounds")]

mod crowd; // reports made of words
mod outputs; // what tools put out, by rule
mod retell; // the same matter in other words
mod texts; // what people wrote

use candor_core::event::ReportFacts;
use candor_core::evidence::{self, Lane};
use candor_core::likeness::{Entry, Index, Question, keys_of, template};
use candor_core::policy::Policy;
use candor_core::standing::{self, Grant};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// Chance that is the same in every run.
pub struct Chance(u64);

impl Chance {
    /// From a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// Below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.draw() % end.max(1) as u64).unwrap_or(0)
    }

    /// Whether it comes so, in this many of a hundred.
    pub fn percent(&mut self, so_many: usize) -> bool {
        self.below(100) < so_many
    }

    /// One of these.
    pub fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

#[allow(clippy::disallowed_methods, reason = "a bench measures")]
fn now() -> Instant {
    Instant::now()
}

fn line(what: &str, figure: String, aim: &str) {
    println!("{what:<58} {figure:>22}   {aim}");
}

fn main() {
    let mut given = std::env::args().skip(1);
    let (mut file, mut folder, mut notes, mut only, mut show) = (None, None, None, None, false);
    while let Some(word) = given.next() {
        match word.as_str() {
            "--texts" => file = given.next(),
            "--outputs" => folder = given.next(),
            "--notes" => notes = given.next(),
            "--only" => only = given.next(),
            "--show" => show = true,
            other => println!(
                "{other} is passed over; --texts FILE, --notes FOLDER, --outputs FOLDER, --only PART and --show are known"
            ),
        }
    }
    let told = texts::read(file.as_deref(), notes.as_deref());
    println!("{:<58} {:>22}   aim", "what", "figure");
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part);
    if wanted("lanes") {
        lanes(&told, folder.as_deref(), show);
    }
    if wanted("duplicates") {
        duplicates(&told, show);
    }
    if wanted("search") {
        searching();
    }
}

fn weighed(policy: &Policy, title: &str, description: &str) -> Lane {
    let facts = ReportFacts { title: title.into(), description: description.into(), ..ReportFacts::default() };
    evidence::weigh(&facts, "", &[], policy).lane
}

/// (a) The lane of scanners.
fn lanes(told: &texts::Texts, folder: Option<&str>, show: bool) {
    let policy = candor_core::policy::file::read(include_str!("../../examples/policies/dapr.toml"));
    let Ok(policy) = policy else { return println!("the example policy does not read") };
    let mut chance = Chance::new(1);
    let scans: Vec<(String, String)> = (0..600).map(|n| outputs::one(n, &mut chance)).collect();
    let mut missed: BTreeMap<&str, usize> = BTreeMap::new();
    for (tool, text) in &scans {
        if weighed(&policy, "Vulnerabilities found", text) != Lane::Scanner {
            *missed.entry(tool).or_default() += 1;
        }
    }
    let lost: usize = missed.values().sum();
    let recall = (scans.len() - lost) as f64 / scans.len() as f64;
    line("scanner output by rule, in the lane (recall)", format!("{recall:.3} of {}", scans.len()), "0.98");
    if lost > 0 {
        println!("    missed: {missed:?}");
    }
    let real: BTreeMap<String, String> = folder
        .and_then(|folder| std::fs::read_dir(folder).ok())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(entry.path()).ok()?))
        })
        .collect();
    if !real.is_empty() {
        let in_lane = |text: &str| weighed(&policy, "Scan", text) == Lane::Scanner;
        let is_known = |text: &str| candor_formats::scanners::look(text.as_bytes(), true).is_some();
        let found = real.values().filter(|text| in_lane(text)).count();
        if show {
            for (name, text) in &real {
                if !in_lane(text) || !is_known(text) {
                    println!("    {name}: in the lane {}, as a file {}", in_lane(text), is_known(text));
                }
            }
        }
        line(
            "real output pasted, in the lane (recall)",
            format!("{:.3} of {}", found as f64 / real.len() as f64, real.len()),
            "0.98",
        );
        let files = real.values().filter(|text| is_known(text)).count();
        line(
            "real output as a file, recognised",
            format!("{:.3} of {}", files as f64 / real.len() as f64, real.len()),
            "0.98",
        );
    }
    let mut wrong = Vec::new();
    let mut people = 0;
    for (n, text) in told.all.iter().enumerate() {
        // As it stands, and as a report that a person makes of it.
        for text in [text.clone(), retell::as_report(text, &mut Chance::new(n as u64))] {
            people += 1;
            if weighed(&policy, "A problem", &text) != Lane::Normal {
                wrong.push(text);
            }
        }
    }
    let share = wrong.len() as f64 / people.max(1) as f64;
    line("texts of people in the lane of scanners", format!("{:.4} of {people}", share), "0.01 at most");
    let precision = (scans.len() - lost) as f64 / (scans.len() - lost + wrong.len()).max(1) as f64;
    line("precision of the lane on both together", format!("{precision:.3}"), "");
    for text in wrong.iter().take(3) {
        println!("    for instance: {}", text.chars().take(160).collect::<String>().replace('\n', " "));
    }
}

fn entry(id: String, title: &str, body: &str, component: &str) -> Entry {
    Entry {
        keys: keys_of(&format!("{title}\n{body}"), component, &[], &[]),
        template: template(body, 7),
        id,
        program: "one".into(),
        state: "triage".into(),
        open: true,
        component: component.into(),
        title: title.into(),
        body: body.into(),
        ..Entry::default()
    }
}

/// A text without the public identifiers that would make it too easy.
fn unnamed(text: &str) -> String {
    let mut out = text.to_owned();
    for known in candor_formats::identifiers::find(text) {
        if !known.id.starts_with("CWE") {
            out = out.replace(&known.id, "").replace(&known.id.to_lowercase(), "");
        }
    }
    out
}

/// The first sentence as the title.
fn titled(text: &str) -> (String, String) {
    let end = text.find(['.', '\n']).unwrap_or(text.len()).min(text.len());
    (text[..end].chars().take(120).collect(), text.to_owned())
}

fn percentile(times: &mut [Duration], part: f64) -> f64 {
    times.sort_unstable();
    let at = ((times.len() as f64 - 1.0) * part).round();
    #[allow(clippy::cast_possible_truncation, reason = "a place in the list")]
    let at = at as usize;
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1_000.0)
}

/// (b) Duplicates among many others.
fn duplicates(told: &texts::Texts, show: bool) {
    let mut chance = Chance::new(2);
    let long: Vec<&String> = told.all.iter().filter(|text| text.split_whitespace().count() >= 25).collect();
    // Every other text is left out of the pairs, so that true texts stand among the others, too.
    let retold = |text: &&String, chance: &mut Chance| texts::Pair {
        cve: String::new(),
        first: unnamed(text),
        second: retell::other_words(&unnamed(text), chance),
    };
    let by_rule: Vec<texts::Pair> = long.iter().step_by(2).take(600).map(|text| retold(text, &mut chance)).collect();
    let real: Vec<texts::Pair> = told.pairs.clone();
    let bare = |pair: &texts::Pair| texts::Pair {
        cve: pair.cve.clone(),
        first: unnamed(&pair.first),
        second: unnamed(&pair.second),
    };
    let turned = |pair: texts::Pair| texts::Pair { cve: pair.cve, first: pair.second, second: pair.first };
    let real_unnamed: Vec<texts::Pair> = real.iter().map(bare).collect();
    let real_turned: Vec<texts::Pair> = real_unnamed.iter().cloned().map(turned).collect();
    for count in [20_000, 100_000] {
        let mut index = Index::new();
        let begun = now();
        for n in 0..count {
            let (title, body, component) = crowd::one(&mut chance);
            index.put(entry(format!("crowd-{n}"), &title, &body, &component));
        }
        let took = begun.elapsed();
        if count == 100_000 {
            line("100,000 reports indexed", format!("{:.1} s", took.as_secs_f64()), "45 s");
        }
        for (name, pairs, every) in [
            ("retold by rule, identifiers removed", &by_rule, false),
            ("two descriptions of one CVE", &real, true),
            ("two descriptions, identifiers removed", &real_unnamed, true),
            ("the same, asked the other way round", &real_turned, true),
        ] {
            if pairs.is_empty() {
                println!("{name}: no data (see --texts)");
                continue;
            }
            let of_pairs: BTreeSet<&String> = pairs.iter().flat_map(|pair| [&pair.first, &pair.second]).collect();
            // What people wrote about other matters stands among the others; a further text about the same CVE is right.
            let mut about: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            let mut shown: BTreeMap<String, String> = BTreeMap::new();
            let others = if every {
                told.all.iter().collect()
            } else {
                long.iter().copied().skip(1).step_by(2).collect::<Vec<_>>()
            };
            for (n, text) in others.into_iter().enumerate() {
                let plain = unnamed(text);
                if of_pairs.contains(text) || of_pairs.contains(&plain) {
                    continue;
                }
                let (title, body) = titled(&plain);
                let filed = told.about.get(text).cloned();
                about.insert(format!("other-{n}"), filed.unwrap_or_else(|| texts::named(text)));
                if show {
                    shown.insert(format!("other-{n}"), text.clone());
                }
                index.put(entry(format!("other-{n}"), &title, &body, ""));
            }
            for (n, pair) in pairs.iter().enumerate() {
                let (title, body) = titled(&pair.first);
                about.insert(format!("pair-{n}"), [pair.cve.clone()].into());
                if show {
                    shown.insert(format!("pair-{n}"), pair.first.clone());
                }
                index.put(entry(format!("pair-{n}"), &title, &body, ""));
            }
            let view = index.view(|_, _| true);
            let (mut one, mut five) = (0, 0);
            let mut times = Vec::new();
            let mut missed = Vec::new();
            for (n, pair) in pairs.iter().enumerate() {
                let (title, body) = titled(&pair.second);
                let probe = entry("probe".into(), &title, &body, "");
                let begun = now();
                let found = index.similar_to(&probe, &view, 5);
                times.push(begun.elapsed());
                let is_right = |likely: &candor_core::likeness::Likely| {
                    likely.id == format!("pair-{n}")
                        || every && about.get(&likely.id).is_some_and(|about| about.contains(&pair.cve))
                };
                let at = found.iter().position(is_right);
                one += usize::from(at == Some(0));
                five += usize::from(at.is_some());
                if at.is_none() && every {
                    missed.push(pair.cve.clone());
                    if show && name.contains("removed") {
                        println!("--- {}\n    asked: {}\n    wanted: {}", pair.cve, pair.second, pair.first);
                        for likely in &found {
                            let text = shown.get(&likely.id).map_or(likely.id.as_str(), String::as_str);
                            println!("    {:.2} {:?} {text}", likely.score, likely.reasons);
                        }
                    }
                }
            }
            let share = |found: usize| found as f64 / pairs.len() as f64;
            line(
                &format!("{name}: recall at 1, at 5 among {count}"),
                format!("{:.3}, {:.3} of {}", share(one), share(five), pairs.len()),
                "0.95 at 5",
            );
            if !missed.is_empty() {
                println!("    missed: {}", missed.join(", "));
            }
            line(
                &format!("    look-up at {count}: median, p99"),
                format!("{:.2}, {:.2} ms", percentile(&mut times, 0.5), percentile(&mut times, 0.99)),
                "10 ms at p99",
            );
            for id in about.keys() {
                index.remove(id);
            }
        }
        line(&format!("memory of the index at {count}, counted"), format!("{} MB", index.bytes() / 1024 / 1024), "");
    }
}

/// (c) Search.
fn searching() {
    let mut chance = Chance::new(3);
    let mut index = Index::new();
    let count = 100_000;
    for n in 0..count {
        let (title, mut body, component) = crowd::one(&mut chance);
        if n % 10_000 == 77 {
            body.push_str(&format!(" The word quokka{} stands here.", n / 10_000));
        }
        let mut one = entry(format!("case-{n}"), &title, &body, &component);
        if n % 4 == 0 {
            one.program = "two".into();
        }
        // Up to four of twenty members on each case, in thousands of different circles; the asker's role opens three of four.
        let mut grants: Vec<Grant> = (0..1 + n % 4)
            .map(|at| Grant::Member(format!("m{}", chance.below(20) + at).as_str().into(), None))
            .collect();
        if n % 8 != 1 {
            grants.push(Grant::Role("analyst".into()));
        }
        grants.sort();
        grants.dedup();
        one.grants = standing::write(&grants);
        index.put(one);
    }
    let timed = |name: &str, aim: &str, questions: &[String]| {
        let mut times = Vec::new();
        let mut total = 0;
        for text in questions.iter().cycle().take(1_000) {
            let begun = now();
            let words = [" m:m3 ", " r:analyst "];
            let view = index.view(|program, grants| program == "one" && words.iter().any(|word| grants.contains(word)));
            let answer = index.search(&Question::parse(text), &view, 0, "", 0, 50);
            times.push(begun.elapsed());
            total = answer.total;
        }
        let figure = format!("{:.2}, {:.2} ms", percentile(&mut times, 0.5), percentile(&mut times, 0.99));
        line(&format!("{name}: median, p99 ({total} found)"), figure, aim);
    };
    let rare: Vec<String> = (0..10).map(|n| format!("quokka{n}")).collect();
    timed("search, a rare word", "2 ms", &rare);
    timed(
        "search, three common words",
        "30 ms",
        &["server request attacker".into(), "file user memory".into(), "header value data".into()],
    );
    timed("search, a misspelt word", "", &["qukka3".into(), "atacker overfow".into()]);
    timed("search, a phrase and a field", "", &["\"in the parser\" state:triage".into()]);
    timed("search, fields only", "", &["is:open component:parser".into()]);
}
