//! CSAF 2.0: every official test document, test by test and as a whole.

use std::collections::{BTreeMap, BTreeSet};

use candor_formats::csaf::{self, MANDATORY_TESTS};
use serde_json::Value;

use crate::{csaf_schema, folder, json};

fn cases<'a>(test: &'a Value, list: &str) -> impl Iterator<Item = &'a str> {
    test[list].as_array().into_iter().flatten().filter_map(|case| case["name"].as_str())
}

/// Documents that are judged otherwise than their list says: the document, the clause it rests on, and why.
pub const JUDGED_OTHERWISE: &[(&str, &str, &str)] = &[
    ("6-2-08-02", "6.1.25", "the document uses a hash algorithm twice for one file"),
    ("6-2-09-02", "6.1.25", "the document uses a hash algorithm twice for one file"),
];

#[test]
fn every_mandatory_test_finds_what_the_official_documents_hide() {
    let Some(folder) = folder("csaf-2.0") else {
        return;
    };
    let data = folder.join("test/validator/data");
    let (mut right, mut wrong) = (0, Vec::new());
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        let id = test["id"].as_str().unwrap();
        if test["group"] != "mandatory" {
            continue;
        }
        assert!(MANDATORY_TESTS.contains(&id), "{id} is not implemented");
        for (list, expected) in [("failures", true), ("valid", false)] {
            for name in cases(test, list) {
                let found = csaf::validate(&json(&data.join(name))).iter().any(|finding| finding.test == id);
                if found == expected { right += 1 } else { wrong.push(format!("{name}: {id} found is {found}")) }
            }
        }
    }
    println!("mandatory tests: {right} of {} documents judged as expected", right + wrong.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn a_document_the_standard_calls_valid_has_no_finding_at_all() {
    let Some(folder) = folder("csaf-2.0") else {
        return;
    };
    let data = folder.join("test/validator/data");
    let (mut clean, mut invalid_caught, mut wrong) = (0, 0, Vec::new());
    let mut seen = BTreeMap::new();
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        for list in ["failures", "valid"] {
            for case in test[list].as_array().into_iter().flatten() {
                seen.insert(case["name"].as_str().unwrap().to_owned(), case["valid"].as_bool().unwrap());
            }
        }
    }
    for (name, valid) in &seen {
        let findings = csaf::validate(&json(&data.join(name)));
        let excused = JUDGED_OTHERWISE
            .iter()
            .any(|(known, clause, _)| name.contains(known) && findings.iter().all(|finding| finding.test == *clause));
        match (valid, findings.is_empty() || excused) {
            (true, true) => clean += 1,
            (false, false) => invalid_caught += 1,
            _ => wrong.push(format!("{name} valid is {valid}: {findings:?}")),
        }
    }
    println!("whole documents: {clean} valid ones clean, {invalid_caught} invalid ones caught, of {}", seen.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Tests of CSAF 2.0 that are not run, each with the reason.
pub const LEFT_OUT_2_0: [(&str, &str); 3] = [
    ("6.3.6", "whether an address answers needs the network"),
    ("6.3.7", "whether an address answers needs the network"),
    ("6.3.8", "needs a spell checker for each language"),
];

/// Optional and informative tests on the official documents of one edition: how many are judged as expected, and which are
/// not. Tests that are not run there are counted apart.
pub fn advised(edition: &str, known: &[(&str, &str, &str)]) {
    let Some(folder) = folder(edition) else { return };
    let data = folder.join("test/validator/data");
    let (mut tests, mut right, mut excused, mut wrong, mut left) = (0, 0, 0, Vec::new(), BTreeSet::new());
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        let id = test["id"].as_str().unwrap();
        if test["group"] == "mandatory" {
            continue;
        }
        let newer: [&[&str]; 2] = match edition {
            "csaf-2.1" => [&csaf::RECOMMENDED_TESTS_2_1, &csaf::INFORMATIVE_TESTS_2_1],
            _ => [&[], &[]],
        };
        let mut run = csaf::OPTIONAL_TESTS.iter().chain(&csaf::INFORMATIVE_TESTS).chain(newer.into_iter().flatten());
        if !run.any(|known| *known == id) {
            left.insert(id.to_owned());
            continue;
        }
        tests += 1;
        for (list, expected) in [("failures", true), ("valid", false)] {
            for name in cases(test, list) {
                let text = std::fs::read_to_string(data.join(name)).unwrap();
                let mut findings = csaf::advice(&serde_json::from_str(&text).unwrap());
                findings.extend(csaf::unsorted(&text).unwrap());
                let found = findings.iter().any(|finding| finding.test == id);
                match (found == expected, known.iter().any(|(document, ..)| name.contains(document))) {
                    (true, _) => right += 1,
                    (false, true) => excused += 1,
                    (false, false) => wrong.push(format!("{name}: {id} found is {found}: {findings:?}")),
                }
            }
        }
    }
    println!(
        "{edition}, {tests} optional and informative tests: {right} documents judged as expected, {excused} otherwise with a reason"
    );
    println!("{edition}, not run: {}", left.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
    let reasons: &[(&str, &str)] = if edition == "csaf-2.1" { &csaf::LEFT_OUT_2_1 } else { &LEFT_OUT_2_0 };
    let unsaid: Vec<_> = left.iter().filter(|id| !reasons.iter().any(|(known, _)| known == id)).collect();
    assert!(unsaid.is_empty(), "not run and without a reason: {unsaid:?}");
    let run_after_all: Vec<_> = reasons.iter().filter(|(id, _)| !left.contains(*id)).collect();
    assert!(run_after_all.is_empty(), "a reason stands beside what is run or does not exist: {run_after_all:?}");
}

#[test]
fn optional_and_informative_tests_find_what_the_official_documents_show() {
    advised("csaf-2.0", &[]);
}

/// Takes each document apart in ways the schema forbids, and asks both the schema and the crate.
#[test]
fn the_built_in_shape_agrees_with_the_json_schema() {
    let (Some(folder), Some(schema)) = (folder("csaf-2.0"), csaf_schema()) else {
        return;
    };
    let data = folder.join("test/validator/data");
    let names: BTreeSet<String> = json(&data.join("testcases.json"))["tests"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|test| cases(test, "failures").chain(cases(test, "valid")).map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let shaped =
        |document: &Value| !csaf::validate(document).iter().any(|finding| matches!(finding.test, "schema" | "6.1.8"));
    let (mut compared, mut wrong) = (0, Vec::new());
    for name in &names {
        let document = json(&data.join(name));
        for mutant in std::iter::once(document.clone()).chain(mutants(&document)) {
            compared += 1;
            if schema.is_valid(&mutant) != shaped(&mutant) {
                let why = csaf::validate(&mutant);
                let official: Vec<String> =
                    schema.iter_errors(&mutant).map(|error| format!("{}: {error}", error.instance_path())).collect();
                wrong.push(format!("{name}: schema says {official:?}, we say {why:?}"));
            }
        }
    }
    println!("shape: {compared} documents and variants compared with the JSON schema");
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(5)]);
}

/// The document with one value replaced or removed, for every value and a few replacements.
pub fn mutants(document: &Value) -> Vec<Value> {
    let mut paths = Vec::new();
    collect(document, String::new(), &mut paths);
    let mut all = Vec::new();
    for path in paths {
        for replacement in [
            Value::Null,
            Value::from(""),
            Value::from(" "),
            Value::from("x"),
            Value::from(7),
            Value::Array(vec![]),
            serde_json::json!({}),
        ] {
            let mut mutant = document.clone();
            *mutant.pointer_mut(&path).expect("the path was just taken from the document") = replacement;
            all.push(mutant);
        }
        if let Some((parent, key)) = path.rsplit_once('/') {
            let mut mutant = document.clone();
            match mutant.pointer_mut(parent) {
                Some(Value::Object(members)) => drop(members.remove(key)),
                Some(Value::Array(items)) => {
                    let place: usize = key.parse().expect("a list has numbered places");
                    let again = items[place].clone();
                    items.push(again);
                }
                _ => continue,
            }
            all.push(mutant);
        }
    }
    all
}

fn collect(value: &Value, path: String, paths: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| collect(value, format!("{path}/{key}"), paths))
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(place, value)| collect(value, format!("{path}/{place}"), paths))
        }
        _ => {}
    }
    if !path.is_empty() {
        paths.push(path);
    }
}

#[test]
fn official_file_names_are_told_from_others() {
    let Some(folder) = folder("csaf-2.0") else {
        return;
    };
    let data = folder.join("test/filenames");
    let mut checked = 0;
    for case in walk(&data) {
        let id = json(&case)["document"]["tracking"]["id"].as_str().map(csaf::file_name);
        let name = case.file_name().unwrap().to_string_lossy().into_owned();
        let valid = case.parent().unwrap().file_name().unwrap().to_string_lossy().starts_with("valid");
        assert_eq!(id.as_deref() == Some(&name), valid, "{}", case.display());
        checked += 1;
    }
    println!("file names: {checked} checked");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut all: Vec<_> = entries
        .filter_map(Result::ok)
        .flat_map(|entry| if entry.path().is_dir() { walk(&entry.path()) } else { vec![entry.path()] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    all.sort();
    all
}

#[test]
fn every_example_of_the_standard_is_judged_as_its_schema_judges_it() {
    let (Some(folder), Some(schema)) = (folder("csaf-2.0"), csaf_schema()) else { return };
    let mut seen = 0;
    for path in walk(&folder.join("examples/csaf")) {
        let document = json(&path);
        let findings = csaf::validate(&document);
        let shaped = !findings.iter().any(|finding| matches!(finding.test, "schema" | "6.1.8"));
        assert_eq!(shaped, schema.is_valid(&document), "{}: {findings:?}", path.display());
        let others: Vec<_> = findings.iter().filter(|finding| finding.test != "schema").collect();
        println!("{}: {} findings {others:?}", path.file_name().unwrap().to_string_lossy(), findings.len());
        seen += 1;
    }
    println!("examples: {seen} judged");
}
