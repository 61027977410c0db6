//! The page about the policy file names every key, and its examples are read.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.

use candor_core::policy::{file, render};
use serde_json::Value;

fn page() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/policy.md")).unwrap()
}

#[test]
fn every_key_and_every_name_is_documented() {
    let (page, schema) = (page(), render::schema());
    let mut missing = Vec::new();
    let mut look = |word: &str, place: &str| {
        if !page.contains(word) {
            missing.push(format!("{place}: {word}"));
        }
    };
    let definitions = schema["$defs"].as_object().unwrap();
    for (name, definition) in definitions.iter().chain([(&"the file".to_owned(), &schema)]) {
        for key in definition["properties"].as_object().into_iter().flat_map(|keys| keys.keys()) {
            look(key, name);
        }
        for choice in definition["oneOf"].as_array().into_iter().flatten() {
            look(choice["const"].as_str().unwrap_or_default(), name);
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

#[test]
fn the_examples_on_the_page_make_a_policy_together() {
    let page = page();
    let mut text = String::new();
    let mut inside = false;
    for line in page.lines() {
        match line {
            "```toml" => inside = true,
            "```" => inside = false,
            line if inside => text += &format!("{line}\n"),
            _ => {}
        }
    }
    // The chain of the example names a second coordinator, whom the page does not spell out.
    text += "[[contacts]]\nrole = \"secondary coordinator\"\nemail = \"bob@sample.example\"\n";
    let policy = file::read(&text).unwrap_or_else(|findings| panic!("{findings:#?}"));
    assert_eq!(policy.program.slug.as_str(), "sample");
    assert!(matches!(render::json(&policy), Value::Object(_)));
}
