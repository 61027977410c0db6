//! CSAF 2.1: every official test document, test by test and as a whole.

use std::collections::{BTreeMap, BTreeSet};

use candor_formats::csaf::{self, MANDATORY_TESTS_2_1, UNKNOWN_EXTENSIONS};
use serde_json::Value;

use crate::{folder, json};

/// Documents that are judged otherwise than their list says, and why.
const JUDGED_OTHERWISE: &[(&str, &str)] = &[
    (
        "6-1-60-02-01",
        "the schema of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    (
        "6-1-60-02-02",
        "the schema of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    (
        "6-1-60-03-01",
        "the metadata of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    ("6-1-10-13", "the official document gives 9.0 for a vector of 10.0, against 6.1.9; no other test is concerned"),
    ("6-1-50-15", "the official document defines a product id twice, against 6.1.2"),
    ("6-2-08-02", "the official document uses a hash algorithm twice for one file, against 6.1.25"),
    ("6-2-09-02", "the official document uses a hash algorithm twice for one file, against 6.1.25"),
    ("6-2-19-19", "the official document gives 0.0 for a vector of 7.3; by 6.1.9 the vector takes precedence"),
    ("6-2-21-02", "the history of the official document is not sorted, against 6.1.14"),
    ("6-2-34-03", "the official document uses the namespace invalid, against 6.1.48 as its example 10 has it"),
    ("6-2-42-02", "package URLs of the official document differ in more than qualifiers, against 6.1.42"),
    ("6-2-49-13", "a range of the official document writes =, which the canonical form of 3.1.3.3.2 leaves out"),
    ("6-2-50-03-12", "a range of the official document names a version twice, which VERS forbids"),
    ("6-2-54-03-01", "the official document refers to a product id that it does not define, against 6.1.1"),
    ("6-3-21-01-12", "the official document refers to product ids that it does not define, against 6.1.1"),
    (
        "6-1-60-03-02",
        "the metadata of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
];

fn is_excused(name: &str) -> bool {
    JUDGED_OTHERWISE.iter().any(|(known, _)| name.contains(known))
}

#[test]
fn every_mandatory_test_of_2_1_finds_what_the_official_documents_hide() {
    let Some(folder) = folder("csaf-2.1") else { return };
    let data = folder.join("test/validator/data");
    let (mut right, mut excused, mut wrong, mut covered) = (0, 0, Vec::new(), BTreeSet::new());
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        let id = test["id"].as_str().unwrap();
        if test["group"] != "mandatory" {
            continue;
        }
        assert!(MANDATORY_TESTS_2_1.contains(&id), "{id} is not implemented");
        covered.insert(id.to_owned());
        for (list, expected) in [("failures", true), ("valid", false)] {
            for case in test[list].as_array().into_iter().flatten() {
                let name = case["name"].as_str().unwrap();
                let findings = csaf::validate(&json(&data.join(name)));
                // Where the schema refuses a document already, the test has nothing left to look at.
                let found = findings.iter().any(|finding| finding.test == id || (expected && finding.test == "schema"));
                match (found == expected, is_excused(name)) {
                    (true, _) => right += 1,
                    (false, true) => excused += 1,
                    (false, false) => wrong.push(format!("{name}: {id} found is {found}: {findings:?}")),
                }
            }
        }
    }
    let missing: Vec<_> = MANDATORY_TESTS_2_1.iter().filter(|test| !covered.contains(**test)).collect();
    println!("mandatory tests of 2.1: {right} documents judged as expected, {excused} otherwise with a reason");
    assert!(missing.is_empty(), "no official entry for {missing:?}");
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
    assert_eq!(UNKNOWN_EXTENSIONS, ["6.1.60.2", "6.1.60.3"]);
}

#[test]
fn a_2_1_document_the_standard_calls_valid_has_no_finding_at_all() {
    let Some(folder) = folder("csaf-2.1") else { return };
    let data = folder.join("test/validator/data");
    let mut seen = BTreeMap::new();
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        for list in ["failures", "valid"] {
            for case in test[list].as_array().into_iter().flatten() {
                seen.insert(case["name"].as_str().unwrap().to_owned(), case["valid"].as_bool().unwrap());
            }
        }
    }
    let (mut clean, mut caught, mut excused, mut wrong) = (0, 0, 0, Vec::new());
    for (name, valid) in &seen {
        let findings = csaf::validate(&json(&data.join(name)));
        match (valid, findings.is_empty()) {
            (true, true) => clean += 1,
            (false, false) => caught += 1,
            _ if is_excused(name) => excused += 1,
            _ => wrong.push(format!("{name} valid is {valid}: {findings:?}")),
        }
    }
    println!("whole 2.1 documents: {clean} clean, {caught} caught, {excused} otherwise, of {}", seen.len());
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

#[test]
fn optional_and_informative_tests_that_2_1_kept_find_what_its_official_documents_show() {
    crate::csaf::advised("csaf-2.1", &[]);
}

/// Takes each document apart in ways the schema forbids, and asks both the schema and the crate.
#[test]
fn the_built_in_shape_of_2_1_agrees_with_the_json_schema() {
    let Some(folder) = folder("csaf-2.1") else { return };
    let schema = schema(&folder);
    let data = folder.join("test/validator/data");
    let shaped = |document: &Value| {
        !csaf::validate(document).iter().any(|finding| finding.test == "schema" && !finding.path.contains("/cvss_v"))
    };
    let (mut compared, mut wrong) = (0, Vec::new());
    for test in json(&data.join("testcases.json"))["tests"].as_array().unwrap() {
        for case in test["valid"].as_array().into_iter().flatten().take(1) {
            let name = case["name"].as_str().unwrap();
            let document = json(&data.join(name));
            for mutant in
                std::iter::once(document.clone()).chain(crate::csaf::mutants(&document).into_iter().step_by(5))
            {
                compared += 1;
                let official: Vec<String> = schema
                    .iter_errors(&mutant)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .filter(|error| !error.contains("/cvss_v"))
                    .collect();
                if official.is_empty() != shaped(&mutant) && mutant["document"]["csaf_version"] == "2.1" {
                    let why = csaf::validate(&mutant);
                    wrong.push(format!("{name}: schema says {official:?}, we say {why:?}"));
                }
            }
        }
    }
    println!("shape of 2.1: {compared} documents and variants compared with the JSON schema");
    assert!(wrong.is_empty(), "{} differ: {:#?}", wrong.len(), &wrong[..wrong.len().min(8)]);
}

/// The official schema with everything it refers to; its own dialect is the usual one with formats asserted.
pub fn schema(folder: &std::path::Path) -> jsonschema::Validator {
    let mut registry = jsonschema::Registry::new();
    let plain = |mut value: Value| {
        value["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
        value
    };
    for version in ["2.0", "3.0", "3.1", "4.0"] {
        let mut value = json(&folder.join(format!("schema/first/cvss-v{version}.json")));
        // The files carry other ids than the URLs they are referred to by.
        value
            .as_object_mut()
            .unwrap()
            .retain(|key, _| key != "id" && key != "$id" && (version != "4.0" || key != "$schema"));
        registry = registry.add(format!("https://www.first.org/cvss/cvss-v{version}.json"), value).unwrap();
    }
    for path in ["certcc/SelectionList_2_0_0.schema.json", "extension-content.json", "extension-metaschema.json"] {
        let value = plain(json(&folder.join("schema").join(path)));
        let id = value["$id"].as_str().unwrap().to_owned();
        registry = registry.add(id, value).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_registry(&registry)
        .should_validate_formats(true)
        .build(&plain(json(&folder.join("schema/csaf.json"))))
        .unwrap()
}
