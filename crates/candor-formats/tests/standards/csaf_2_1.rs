//! CSAF 2.1: every official test document, test by test and as a whole.

use std::collections::{BTreeMap, BTreeSet};

use candor_formats::csaf::{self, MANDATORY_TESTS_2_1, UNKNOWN_EXTENSIONS};
use serde_json::Value;

use crate::{folder, json};

/// Documents that are judged otherwise than their list says: the document, the clause it rests on, and why.
pub const JUDGED_OTHERWISE: &[(&str, &str, &str)] = &[
    (
        "6-1-60-02-01",
        "6.1.60.2",
        "the schema of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    (
        "6-1-60-02-02",
        "6.1.60.2",
        "the schema of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    (
        "6-1-60-03-01",
        "6.1.60.3",
        "the metadata of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    (
        "6-1-60-03-02",
        "6.1.60.3",
        "the metadata of the extension is published elsewhere and is not fetched; passed with the standard's leave",
    ),
    ("6-1-10-13", "6.1.9", "the document gives 9.0 for a vector of 10.0; no other test is concerned"),
    ("6-1-50-15", "6.1.2", "the document defines a product id twice"),
    ("6-2-08-02", "6.1.25", "the document uses a hash algorithm twice for one file"),
    ("6-2-09-02", "6.1.25", "the document uses a hash algorithm twice for one file"),
    ("6-2-19-19", "6.1.9", "the document gives 0.0 for a vector of 7.3; the vector takes precedence"),
    ("6-2-21-02", "6.1.14, 6.1.21", "the history of the document is not sorted"),
    ("6-2-34-03", "6.1.48", "the document uses the namespace invalid, which example 10 of the test has as wrong"),
    ("6-2-42-02", "6.1.42", "package URLs of the document differ in more than qualifiers"),
    ("6-2-49-13", "6.1.50", "a range of the document writes =, which the canonical form of 3.1.3.3.2 leaves out"),
    ("6-2-50-03-12", "6.1.50", "a range of the document names a version twice, which VERS forbids"),
    ("6-2-54-03-01", "6.1.1", "the document refers to a product id that it does not define"),
    ("6-3-21-01-12", "6.1.1", "the document refers to product ids that it does not define"),
];

/// The same for recommended and informative tests.
pub const ADVISED_OTHERWISE: &[(&str, &str, &str)] = &[(
    "6-2-44-02",
    "6.2.44",
    "the ScanCode list of licences is not built in, so that what it calls deprecated is not known",
)];

/// The clause by which a document is judged otherwise.
fn excuse(name: &str) -> Option<&'static str> {
    JUDGED_OTHERWISE.iter().find(|(known, ..)| name.contains(known)).map(|(_, clause, _)| *clause)
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
                match (found == expected, excuse(name).is_some()) {
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
            // What is found, if anything, rests on the clause that the table names.
            _ if excuse(name).is_some_and(|clause| {
                findings.iter().all(|finding| clause.split(", ").any(|test| test == finding.test))
            }) =>
            {
                excused += 1
            }
            _ => wrong.push(format!("{name} valid is {valid}: {findings:?}")),
        }
    }
    println!("whole 2.1 documents: {clean} clean, {caught} caught, {excused} otherwise, of {}", seen.len());
    assert!(wrong.is_empty(), "{} {wrong:#?}", wrong.len());
}

#[test]
fn recommended_and_informative_tests_of_2_1_find_what_its_official_documents_show() {
    crate::csaf::advised("csaf-2.1", ADVISED_OTHERWISE);
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
