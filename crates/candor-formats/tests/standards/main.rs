//! The crate against the official test data of the standards, read where it lies.
//!
//! The folder is named by `CANDOR_STANDARDS`, else looked for beside the repository. Where it is absent the tests say
//! so and pass: the data is not part of the repository.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the tests say what they counted and skipped")]
#![allow(clippy::unwrap_used, reason = "a test may stop at once")]
#![allow(clippy::disallowed_methods, reason = "tests read the official files")]

mod csaf; // the OASIS test documents
mod csaf_2_1; // those of the next edition
mod cvss; // vectors with known scores
mod cwe; // the list of weaknesses
mod others; // CVE, OSV, OpenVEX, CycloneDX and GitHub
mod suites; // package URLs and version ranges
mod properties; // any advisory prints to valid documents
mod tables; // what the documentation says of all this

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

/// The folder of one standard, or `None` after having said why the test is skipped.
pub fn folder(standard: &str) -> Option<PathBuf> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/standards");
    let root = std::env::var_os("CANDOR_STANDARDS").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let folder = root.join(standard);
    if folder.is_dir() {
        return Some(folder);
    }
    eprintln!("skipped: there is no folder {standard} with official test data; set CANDOR_STANDARDS to where it lies");
    None
}

/// The JSON document in a file.
pub fn json(path: &std::path::Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// The JSON schema of CSAF 2.0 with formats asserted, and the FIRST schemas it refers to.
pub fn csaf_schema() -> Option<jsonschema::Validator> {
    let folder = folder("csaf-2.0")?.join("schema");
    let first = ["2.0", "3.0", "3.1"].map(|version| {
        let mut schema = json(&folder.join(format!("first/cvss-v{version}.json")));
        // The files carry other ids than the URLs they are referred to by.
        let members = schema.as_object_mut().expect("a schema is an object");
        members.remove("id");
        members.remove("$id");
        (format!("https://www.first.org/cvss/cvss-v{version}.json"), schema)
    });
    let mut registry = jsonschema::Registry::new();
    for (uri, schema) in &first {
        registry = registry.add(uri, schema).expect("a schema can be registered");
    }
    let registry = registry.prepare().expect("the registry is complete");
    let schema = json(&folder.join("csaf_json_schema.json"));
    Some(
        jsonschema::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&schema)
            .expect("the CSAF schema compiles"),
    )
}

/// The JSON schema of OSV with formats asserted.
pub fn osv_schema() -> Option<jsonschema::Validator> {
    let schema = json(&folder("osv")?.join("schema.json"));
    Some(jsonschema::options().should_validate_formats(true).build(&schema).expect("the OSV schema compiles"))
}

/// The JSON schema of CycloneDX 1.6 with the files it refers to.
pub fn cyclonedx_schema() -> Option<jsonschema::Validator> {
    let folder = folder("cyclonedx")?;
    let mut registry = jsonschema::Registry::new();
    for file in ["spdx.schema.json", "jsf-0.82.schema.json"] {
        let schema = json(&folder.join(file));
        let id = schema["$id"].as_str().expect("the schema has an id").to_owned();
        registry = registry.add(id, schema).expect("a schema can be registered");
    }
    let registry = registry.prepare().expect("the registry is complete");
    let schema = json(&folder.join("bom-1.6.schema.json"));
    Some(
        jsonschema::options()
            .with_registry(&registry)
            .should_validate_formats(true)
            .build(&schema)
            .expect("the CycloneDX schema compiles"),
    )
}
