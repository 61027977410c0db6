//! The five published policies and Candor's own, as files.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.

use candor_core::policy::Policy;
use candor_core::policy::{file, render};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

fn example(name: &str) -> Policy {
    read(&format!("examples/policies/{name}.toml"))
}

fn read(name: &str) -> Policy {
    file::read(&text(name)).unwrap_or_else(|findings| {
        let lines: Vec<_> = findings.iter().map(|finding| format!("{name}:{finding}")).collect();
        panic!("{}", lines.join("\n"))
    })
}

#[test]
fn every_example_is_read_without_a_finding() {
    for name in ["directus", "strapi", "dapr", "ibexa", "minio"] {
        assert_eq!(example(name).program.slug.as_str(), name);
    }
    assert_eq!(read("policy.toml").program.name, "Candor");
}

#[test]
fn security_md_is_what_the_policy_renders() {
    let rendered = render::security_md(&read("policy.toml"), None);
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(path("SECURITY.md"), &rendered).unwrap();
    }
    assert_eq!(text("SECURITY.md"), rendered, "run the tests with UPDATE=1 to print it anew");
}
