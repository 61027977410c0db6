//! What people wrote about vulnerabilities.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Texts, each once, and pairs of texts about one CVE.
#[derive(Default)]
pub struct Texts {
    pub all: Vec<String>,
    pub pairs: Vec<Pair>,
    /// The vulnerabilities that each text is about, where its source says it beside the text.
    pub about: BTreeMap<String, BTreeSet<String>>,
}

/// Two descriptions of one CVE that two people wrote.
#[derive(Clone)]
pub struct Pair {
    pub cve: String,
    pub first: String,
    pub second: String,
}

/// A description has at least so many words.
const DESCRIPTION: usize = 25;

/// Most texts of the test files of the standards: many say the same.
const OF_STANDARDS: usize = 400;

/// Reads them: of the standards beside the repository, where they are; of a file in the form of `safety-db`; and of release
/// notes as reStructuredText below a folder, in which a heading names a CVE.
pub fn read(file: Option<&str>, notes: Option<&str>) -> Texts {
    let mut seen = BTreeSet::new();
    let mut texts = Texts::default();
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/standards");
    let mut found = Vec::new();
    walk(Path::new(beside), 0, &mut found);
    found.sort();
    for text in found {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if (12..400).contains(&text.split(' ').count()) && texts.all.len() < OF_STANDARDS && seen.insert(start(&text)) {
            texts.all.push(text);
        }
    }
    let of_standards = texts.all.len();
    let mut by_cve: BTreeMap<String, Vec<String>> = BTreeMap::new();
    if let Some(file) = file {
        of_file(file, &mut texts, &mut seen, &mut by_cve);
    }
    let mut told = BTreeMap::new();
    if let Some(notes) = notes {
        of_notes(Path::new(notes), 0, &mut told);
    }
    texts.pairs = pairs(&by_cve, &told);
    texts.all.extend(told.into_values());
    println!(
        "texts: {of_standards} of the standards' test files, {} of --texts and --notes; {} pairs",
        texts.all.len() - of_standards,
        texts.pairs.len()
    );
    texts
}

/// The vulnerabilities that a text names, each once.
pub fn named(text: &str) -> BTreeSet<String> {
    let found = candor_formats::identifiers::find(text).into_iter().map(|known| known.id);
    found.filter(|id| id.starts_with("CVE-")).collect()
}

/// Whether a text describes a vulnerability: long enough, about one alone, and no note that some package was updated.
fn describes(text: &str, cve: &str) -> bool {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let is_update = words.windows(6).any(|run| {
        ["updat", "upgrad", "bump", "pin"].iter().any(|verb| run[0].starts_with(verb))
            && run[1..].iter().any(|word| matches!(*word, "to" | "from" | "version"))
            || run[0].starts_with("pinn")
    });
    words.len() >= DESCRIPTION && named(text).iter().all(|name| name == cve) && !is_update
}

/// A pair for each CVE of which there are two descriptions: of the notes and of the database where both have it, else two of
/// the database that differ.
fn pairs(by_cve: &BTreeMap<String, Vec<String>>, told: &BTreeMap<String, String>) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (cve, list) in by_cve {
        let list: Vec<&String> = list.iter().filter(|text| describes(text, cve)).collect();
        let of_notes = told.get(cve).filter(|text| describes(text, cve)).and_then(|note| {
            let other = list.iter().find(|text| shared(note, text) < 0.9)?;
            Some((note.clone(), (*other).clone()))
        });
        let of_two = || {
            list.iter().enumerate().find_map(|(at, first)| {
                let second = list[at + 1..].iter().find(|other| shared(first, other) < 0.7)?;
                Some(((*first).clone(), (*second).clone()))
            })
        };
        if let Some((first, second)) = of_notes.or_else(of_two) {
            pairs.push(Pair { cve: cve.clone(), first, second });
        }
    }
    pairs
}

/// Sections of release notes under a heading that names one CVE: the heading without it, and the text.
fn of_notes(folder: &Path, depth: usize, told: &mut BTreeMap<String, String>) {
    let Ok(list) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = list.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() && depth < 6 {
            of_notes(&path, depth + 1, told);
        } else if let (Some("txt" | "rst"), Ok(text)) =
            (path.extension().and_then(|end| end.to_str()), std::fs::read_to_string(&path))
        {
            sections(&text, told);
        }
    }
}

fn sections(text: &str, told: &mut BTreeMap<String, String>) {
    let lines: Vec<&str> = text.lines().collect();
    let rule = |line: &str| line.len() >= 4 && line.bytes().all(|byte| b"=-~\"^".contains(&byte));
    let heads: Vec<usize> =
        (0..lines.len().saturating_sub(1)).filter(|at| !lines[*at].trim().is_empty() && rule(lines[at + 1])).collect();
    for (at, head) in heads.iter().enumerate() {
        let end = heads.get(at + 1).copied().unwrap_or(lines.len());
        let mut names = named(lines[*head]);
        let (Some(cve), true) = (names.pop_first(), names.is_empty()) else { continue };
        let title = lines[*head].split_once(':').map_or(lines[*head], |(_, title)| title).trim();
        let body = lines.get(head + 2..end).unwrap_or_default().join(" ");
        let text = format!("{title}. {}", body.split_whitespace().collect::<Vec<_>>().join(" "));
        let longest = told.entry(cve).or_default();
        if text.len() > longest.len() {
            *longest = text;
        }
    }
}

/// The first words, by which copies are known.
fn start(text: &str) -> String {
    text.split(' ').take(8).collect::<Vec<_>>().join(" ").to_lowercase()
}

fn of_file(file: &str, texts: &mut Texts, seen: &mut BTreeSet<String>, by_cve: &mut BTreeMap<String, Vec<String>>) {
    let Some(root) = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
        return println!("{file} cannot be read");
    };
    for entry in root.as_object().into_iter().flatten().flat_map(|(_, list)| list.as_array()).flatten() {
        let Some(text) = entry["advisory"].as_str() else { continue };
        let text = text.trim().to_owned();
        // What the database files it under is what it is about; a text may name others that are only related.
        let filed = named(entry["cve"].as_str().unwrap_or_default());
        let cves = if filed.is_empty() { named(&text) } else { filed };
        texts.about.entry(text.clone()).or_default().extend(cves.iter().cloned());
        for cve in cves {
            let list = by_cve.entry(cve).or_default();
            if !list.contains(&text) {
                list.push(text.clone());
            }
        }
        if (12..400).contains(&text.split_whitespace().count()) && seen.insert(start(&text)) {
            texts.all.push(text);
        }
    }
}

/// Which share of the words of the shorter one the other has.
fn shared(one: &str, two: &str) -> f64 {
    let words = |text: &str| text.to_lowercase().split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
    let (one, two) = (words(one), words(two));
    one.intersection(&two).count() as f64 / one.len().min(two.len()).max(1) as f64
}

fn walk(folder: &Path, depth: usize, found: &mut Vec<String>) {
    let Ok(list) = std::fs::read_dir(folder) else { return };
    for entry in list.flatten() {
        let path = entry.path();
        if path.is_dir() && depth < 6 {
            walk(&path, depth + 1, found);
        } else if path.extension().is_some_and(|end| end == "json")
            && let Some(value) =
                std::fs::read(&path).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok())
        {
            strings(&value, found);
        }
    }
}

/// Every text of several sentences' length in a document.
fn strings(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if text.len() > 80 && text.contains(' ') && !text.contains("$ref") => {
            found.push(text.clone())
        }
        Value::Array(list) => list.iter().for_each(|one| strings(one, found)),
        Value::Object(map) if !map.contains_key("$schema") => map.values().for_each(|one| strings(one, found)),
        _ => {}
    }
}
