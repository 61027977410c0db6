//! CVE, OSV, OpenVEX, CycloneDX and GitHub: official records, judged and read.

use candor_formats::advisory::{Format, Publisher, PublisherCategory};
use candor_formats::{cve, cyclonedx, ghsa, openvex, osv};
use serde_json::{Value, json};

use crate::{folder, json as read};

fn publisher() -> Publisher {
    let (name, namespace) = ("Example".to_owned(), "https://example.com".to_owned());
    Publisher { name, namespace, category: PublisherCategory::Vendor, contact: None, authority: None }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all: Vec<_> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .collect();
    all.sort();
    all
}

#[test]
fn official_cve_records_are_judged_as_their_schema_judges_them() {
    let Some(folder) = folder("cve") else { return };
    let schema = |name: &str| {
        let schema = read(&folder.join("schema-5.2.0").join(name));
        jsonschema::options().should_validate_formats(true).build(&schema).unwrap()
    };
    let whole = schema("CVE_Record_Format_bundled.json");
    let body = schema("CVE_Record_Format_bundled_cnaPublishedContainer.json");
    let taken_back = schema("CVE_Record_Format_bundled_cnaRejectedContainer.json");
    let (mut seen, mut valid, mut wrong) = (0, 0, Vec::new());
    for list in ["examples/cve-schema", "examples/5.0", "examples/cna-container"] {
        for file in files(&folder.join(list)) {
            let document = read(&file);
            if !document.is_object()
                || !cve::looks_like(&document)
                || document.get("containers").is_none() && document.get("cnaContainer").is_none()
            {
                continue;
            }
            let official = match document.get("cnaContainer") {
                Some(container) if container.get("rejectedReasons").is_some() => &taken_back,
                Some(_) => &body,
                None => &whole,
            };
            let ours: Vec<_> =
                cve::validate(&document).into_iter().filter(|found| matches!(found.test, "schema" | "cvss")).collect();
            seen += 1;
            valid += usize::from(ours.is_empty());
            // Computed scores are not the schema's business.
            let shaped = !ours.iter().any(|found| found.test == "schema");
            if shaped != official.is_valid(&document) {
                let errors: Vec<String> = official
                    .iter_errors(&document)
                    .map(|error| format!("{}: {error}", error.instance_path()))
                    .collect();
                wrong.push(format!("{}: {errors:?} / {ours:?}", file.display()));
            }
        }
    }
    println!("CVE: {seen} official documents judged, {valid} of them valid");
    assert!(wrong.is_empty(), "{wrong:#?}");
    for name in ["basic", "advanced"] {
        let record = cve::read(
            &read(&folder.join(format!("examples/cve-schema/full-record-{name}-example.json"))),
            &publisher(),
        );
        assert!(record.is_ok() || name == "basic", "{record:?}");
    }
}

#[test]
fn a_container_taken_apart_is_judged_as_its_schema_judges_it() {
    let Some(folder) = folder("cve") else { return };
    let schema = read(&folder.join("schema-5.2.0/CVE_Record_Format_bundled_cnaPublishedContainer.json"));
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let full = read(&folder.join("examples/cve-schema/full-record-advanced-example.json"));
    let container = json!({ "cnaContainer": full["containers"]["cna"] });
    let (mut compared, mut wrong) = (0, Vec::new());
    for mutant in crate::csaf::mutants(&container) {
        if mutant
            .get("cnaContainer")
            .is_none_or(|container| !container.is_object() || container.as_object().unwrap().is_empty())
        {
            continue;
        }
        compared += 1;
        let ours = cve::validate(&mutant);
        let errors: Vec<String> = schema.iter_errors(&mutant).map(|error| error.instance_path().to_string()).collect();
        let in_score = |path: &str| path.contains("/cvssV");
        if errors.iter().any(|path| in_score(path)) || ours.iter().any(|found| in_score(&found.path)) {
            continue;
        }
        if errors.is_empty() == ours.iter().any(|found| found.test == "schema") {
            wrong.push(format!("{errors:?} / {ours:?}"));
        }
    }
    println!("CVE: {compared} variants of a container compared with the schema");
    assert!(wrong.is_empty(), "{} {:#?}", wrong.len(), &wrong[..wrong.len().min(6)]);
}

#[test]
fn official_osv_records_are_judged_and_read() {
    let Some(folder) = folder("osv") else { return };
    let schema = crate::osv_schema().unwrap();
    let mut seen = 0;
    for file in files(&folder.join("osv-linter/testdata")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let document = read(&file);
        let ours = osv::validate(&document);
        let shaped = !ours.iter().any(|found| matches!(found.test, "schema" | "cvss" | "RNG:001"));
        assert_eq!(shaped, schema.is_valid(&document), "{name}: {ours:?}");
        let expected = match name.split('-').next().unwrap() {
            "nointroduced" => Some("RNG:001"),
            "nondistinct" => Some("RNG:002"),
            _ => None,
        };
        match expected {
            Some(test) => assert!(ours.iter().any(|found| found.test == test), "{name}: {ours:?}"),
            None => {
                let record = osv::read(&document, &publisher()).unwrap();
                assert_eq!(Format::of(&document), Some(Format::Osv), "{name}");
                assert!(!record.title.is_empty(), "{name}");
            }
        }
        println!("{name}: {ours:?}");
        seen += 1;
    }
    println!("OSV: {seen} official records judged");
}

#[test]
fn an_openvex_document_taken_apart_is_judged_as_its_schema_judges_it() {
    let Some(folder) = folder("openvex") else { return };
    let schema = read(&folder.join("openvex_json_schema.json"));
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let document = json!({
        "@context": "https://openvex.dev/ns/v0.2.0", "@id": "https://store.example/vex/1", "author": "Store", "version": 1,
        "timestamp": "2026-01-31T12:00:00Z", "last_updated": "2026-02-01T12:00:00Z", "tooling": "none", "role": "maker",
        "statements": [
            { "vulnerability": { "name": "CVE-1900-1234", "aliases": ["GHSA-2222-cccc-hhhh"] }, "status": "affected",
              "products": [{ "@id": "pkg:npm/store@1.0.0", "identifiers": { "purl": "pkg:npm/store@1.0.0" }, "hashes": { "sha-256": "00" },
                "subcomponents": [{ "@id": "pkg:npm/part@1.0.0" }] }], "action_statement": "Update.", "supplier": "Store" },
            { "vulnerability": { "name": "CVE-1900-1234" }, "status": "not_affected", "products": [{ "@id": "pkg:npm/other@1.0.0" }],
              "justification": "component_not_present", "impact_statement": "None." },
        ],
    });
    assert_eq!(openvex::validate(&document), []);
    let (mut compared, mut wrong) = (0, Vec::new());
    for mutant in crate::csaf::mutants(&document) {
        compared += 1;
        let ours = openvex::validate(&mutant);
        let shaped = !ours.iter().any(|found| found.test == "schema");
        if schema.is_valid(&mutant) != shaped {
            let errors: Vec<String> =
                schema.iter_errors(&mutant).map(|error| format!("{}: {error}", error.instance_path())).collect();
            wrong.push(format!("{errors:?} / {ours:?}"));
        }
    }
    println!("OpenVEX: {compared} variants compared with the schema");
    assert!(wrong.is_empty(), "{} {:#?}", wrong.len(), &wrong[..wrong.len().min(6)]);
}

#[test]
fn official_vex_documents_of_cyclonedx_are_read() {
    let Some(folder) = folder("cyclonedx") else { return };
    let (mut with, mut clean, mut readable) = (0, 0, 0);
    for version in ["1.6", "1.7"] {
        for file in files(&folder.join("test").join(version)) {
            let document = read(&file);
            let name = file.file_name().unwrap().to_string_lossy().into_owned();
            if !name.starts_with("valid")
                || document.get("vulnerabilities").is_none_or(|list| list.as_array().is_none_or(Vec::is_empty))
            {
                continue;
            }
            with += 1;
            let found = cyclonedx::validate(&document);
            assert!(!found.iter().any(|found| found.test == "schema"), "{name}: {found:?}");
            clean += usize::from(found.is_empty());
            readable += usize::from(cyclonedx::read(&document, &publisher()).is_ok());
        }
    }
    println!("CycloneDX: {with} official documents with vulnerabilities, {clean} without a finding, {readable} read");
}

#[test]
fn webhook_advisories_of_github_are_read() {
    let Some(folder) = folder("ghsa") else { return };
    let examples = read(&folder.join("webhook-security_advisory-examples.json"));
    let mut all = Vec::new();
    collect(&examples, &mut all);
    let mut count = 0;
    for document in all {
        let record = ghsa::read(&document, &publisher()).unwrap();
        assert!(record.id.starts_with("GHSA-") && !record.products.is_empty(), "{record:?}");
        assert!(record.products.iter().all(|product| !product.ranges.is_empty() || !product.versions.is_empty()));
        count += 1;
    }
    println!("GitHub: {count} advisories read");
}

fn collect(value: &Value, all: &mut Vec<Value>) {
    match value {
        Value::Object(members) if ghsa::looks_like(value) => {
            let _ = members;
            all.push(value.clone());
        }
        Value::Object(members) => members.values().for_each(|value| collect(value, all)),
        Value::Array(items) => items.iter().for_each(|value| collect(value, all)),
        _ => {}
    }
}
