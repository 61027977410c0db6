//! What people wrote about vulnerabilities.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Texts, each once, and pairs of texts about one CVE.
#[derive(Default)]
pub struct Texts {
    pub all: Vec<String>,
    pub pairs: Vec<(String, String)>,
}

/// Most texts of the test files of the standards: many say the same.
const OF_STANDARDS: usize = 400;

/// Reads them: of the standards beside the repository, where they are, and of a file in the form of `safety-db`.
pub fn read(file: Option<&str>) -> Texts {
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
    if let Some(file) = file {
        of_file(file, &mut texts, &mut seen);
    }
    println!(
        "texts: {of_standards} of the standards' test files, {} of --texts; {} pairs",
        texts.all.len() - of_standards,
        texts.pairs.len()
    );
    texts
}

/// The first words, by which copies are known.
fn start(text: &str) -> String {
    text.split(' ').take(8).collect::<Vec<_>>().join(" ").to_lowercase()
}

fn of_file(file: &str, texts: &mut Texts, seen: &mut BTreeSet<String>) {
    let Some(root) = std::fs::read(file).ok().and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok()) else {
        return println!("{file} cannot be read");
    };
    let mut by_cve: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for entry in root.as_object().into_iter().flatten().flat_map(|(_, list)| list.as_array()).flatten() {
        let Some(text) = entry["advisory"].as_str() else { continue };
        let text = text.trim().to_owned();
        if let Some(cve) = entry["cve"].as_str() {
            by_cve.entry(cve.to_owned()).or_default().push(text.clone());
        }
        if (12..400).contains(&text.split_whitespace().count()) && seen.insert(start(&text)) {
            texts.all.push(text);
        }
    }
    for (_, list) in by_cve {
        // Two texts that say something, and not the same.
        let mut told: Vec<&String> = list.iter().filter(|text| text.split_whitespace().count() >= 12).collect();
        told.sort_by_key(|text| std::cmp::Reverse(text.len()));
        if let Some(first) = told.first()
            && let Some(second) = told.iter().find(|other| shared(first, other) < 0.7)
        {
            texts.pairs.push(((*first).clone(), (*second).clone()));
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
