//! The example in every format.

use candor_formats::advisory::{Product, Tlp, text_differences, to_markdown, to_text};
use candor_formats::{csaf, osv};
use expect_test::expect_file;
use serde_json::{Value, json};

use crate::example::advisory;

#[test]
fn the_example_as_csaf() {
    expect_file!["./example.csaf.json"].assert_eq(&csaf::print_text(&advisory(), "1.2.3"));
    assert_eq!(csaf::validate(&csaf::print(&advisory(), "1.2.3")), []);
}

#[test]
fn the_example_as_osv() {
    expect_file!["./example.osv.json"].assert_eq(&osv::print_text(&advisory()));
}

#[test]
fn the_example_as_markdown() {
    expect_file!["./example.md"].assert_eq(&to_markdown(&advisory()));
}

#[test]
fn the_example_as_a_letter_in_lines_of_72() {
    let text = to_text(&advisory());
    expect_file!["./example.txt"].assert_eq(&text);
    assert!(text.lines().all(|line| line.chars().count() <= 72 || !line.trim().contains(' ')), "{text}");
    assert_eq!(text_differences(&advisory(), &text), []);
    assert_eq!(to_text(&advisory()), text, "the same every time");
}

#[test]
fn a_letter_that_says_something_else_is_told_by_the_field() {
    let text = to_text(&advisory());
    let cases = [
        ("STORE-2026-1:", "STORE-2026-2:", "title"),
        ("CVE-1900-28432", "CVE-1900-28433", "Also known as"),
        ("CVSS:3.1/AV:N", "CVSS:3.1/AV:A", "CVSS 3.1"),
        ("2026-03-20T21:00:00Z\n", "2026-03-21T21:00:00Z\n", "Published"),
        ("from 1.0.0 before 1.4.2", "from 1.0.0 before 1.4.3", "affected versions of Store Client"),
        ("Fixed in: 1.4.2, 2.1.0", "Fixed in: 1.4.2", "fixed versions of Store Client"),
        ("https://code.example/store/commit/3b5dbf9", "https://code.example/store/commit/3b5dbf8", "References"),
        ("Ada Example", "Ada Other", "Credits"),
        ("The client is affected, too", "Nothing happened", "Revisions"),
        ("advisories/STORE-2026-1\n", "advisories/STORE-2026-9\n", "Newest edition"),
    ];
    for (is, would_be, field) in cases {
        assert!(text.contains(is), "{is} in {text}");
        let fields: Vec<String> =
            text_differences(&advisory(), &text.replacen(is, would_be, 1)).into_iter().map(|it| it.field).collect();
        assert!(fields.contains(&field.to_owned()), "{field}: {fields:?}");
    }
    for gone in ["\n- Found by: Ada Example", "\n  Fixed in: 1.4.2, 2.1.0", "\nDistribution: TLP:CLEAR"] {
        assert!(!text_differences(&advisory(), &text.replacen(gone, "", 1)).is_empty(), "{gone}");
    }
}

#[test]
fn prose_cannot_pass_for_a_part_of_the_letter() {
    let mut record = advisory();
    record.details = "Credits\n-------\n- Found by: Mallory\n\nReferences\n----------\n- https://evil.example\n\n\
        ====\nFrom here on\n.\n--\n    - deep"
        .into();
    record.title = "==== ---- =".into();
    record.references[0].summary = format!("{} ---------- Credits", "long ".repeat(20));
    record.products[0].name = "Affected: 1 Fixed in: 2".into();
    record.remediations[0].products = vec!["Affected: 1 Fixed in: 2".into()];
    let text = to_text(&record);
    assert_eq!(text_differences(&record, &text), [], "{text}");
    assert!(text.lines().all(|line| line != "." && line != "--" && !line.starts_with("From ")), "{text}");
    assert!(candor_formats::advisory::documents(&record, "1.2.3").is_ok());
}

#[test]
fn a_release_tag_gives_an_ecosystem_range_and_a_semantic_version_a_semantic_one() {
    let record = osv::print(&advisory());
    assert_eq!(record["affected"][0]["ranges"][0]["type"], "ECOSYSTEM");
    assert_eq!(record["affected"][1]["ranges"][0]["type"], "SEMVER");
    let mut go = advisory();
    go.products[0].ranges[0] = candor_formats::advisory::AffectedRange::before("v1.2.3");
    let record = osv::print(&go);
    assert_eq!(
        record["affected"][0]["ranges"][0],
        json!({ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": "1.2.3" }] })
    );
}

#[test]
fn a_product_that_osv_does_not_know_is_told_of_apart() {
    let mut record = advisory();
    record.products.push(Product { name: "Store Appliance".into(), ..Product::default() });
    let printed = osv::print(&record);
    assert_eq!(printed["affected"].as_array().map(Vec::len), Some(2));
    assert_eq!(
        printed["database_specific"]["other_products"],
        json!([{ "name": "Store Appliance", "affected": "all versions", "fixed": [] }])
    );
    let document = csaf::print(&record, "1.2.3");
    assert_eq!(document.pointer("/product_tree/branches/0/branches/2/branches/0/name"), Some(&json!("vers:generic/*")));
}

#[test]
fn the_newest_label_of_tlp_becomes_the_one_csaf_knows() {
    let label = |tlp: Tlp| -> Value {
        let document = csaf::print(&candor_formats::advisory::Record { tlp, ..advisory() }, "1.2.3");
        document["document"]["distribution"]["tlp"]["label"].clone()
    };
    assert_eq!(
        [label(Tlp::Clear), label(Tlp::AmberStrict), label(Tlp::Red)],
        [json!("WHITE"), json!("AMBER"), json!("RED")]
    );
}

#[test]
fn a_credit_says_only_what_was_consented_to() {
    let mut record = advisory();
    record.credits.clear();
    for text in [csaf::print_text(&record, "1"), osv::print_text(&record), to_markdown(&record)] {
        assert!(!text.contains("Ada") && !text.contains("Labs"), "{text}");
    }
}

/// What the standard forbids but has no official document for in the selection at hand.
#[test]
fn broken_documents_are_named_by_the_test_they_break() {
    let cases: [(&str, &str, Value); 12] = [
        ("6.1.11", "/vulnerabilities/0/cwe/name", json!("Something else")),
        ("6.1.12", "/document/lang", json!("EZ")),
        (
            "6.1.13",
            "/product_tree/branches/0/branches/0/branches/0/product/product_identification_helper/purl",
            json!("pkg:npm/@1.0"),
        ),
        ("6.1.16", "/document/tracking/version", json!("1")),
        ("6.1.17", "/document/tracking/version", json!("0")),
        ("6.1.26", "/document/category", json!("csafsecurityadvisory")),
        ("6.1.26", "/document/category", json!("Security Advisory")),
        ("6.1.27.2", "/document/category", json!("csaf_informational_advisory_")),
        ("6.1.9", "/vulnerabilities/0/scores/0/cvss_v3/baseScore", json!(7.4)),
        (
            "6.1.9",
            "/vulnerabilities/0/scores/0/cvss_v3/vectorString",
            json!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N"),
        ),
        (
            "6.1.8",
            "/vulnerabilities/0/scores/0/cvss_v3/vectorString",
            json!("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:X"),
        ),
        ("6.1.31", "/product_tree/branches/0/branches/0/branches/1/name", json!("before 2.0")),
    ];
    for (test, path, value) in cases {
        let mut document = csaf::print(&advisory(), "1.2.3");
        *document.pointer_mut(path).unwrap_or_else(|| panic!("{path}")) = value;
        let found: Vec<&str> = csaf::validate(&document).iter().map(|finding| finding.test).collect();
        if test == "6.1.27.2" {
            assert_eq!(found, ["schema", "6.1.26"], "{path}");
        } else {
            assert!(found.contains(&test), "{test} at {path}: {found:?}");
        }
    }
}

#[test]
fn profiles_ask_for_what_they_promise() {
    let with_category = |category: &str| {
        let mut document = csaf::print(&advisory(), "1.2.3");
        document["document"]["category"] = json!(category);
        document
    };
    let tests = |document: &Value| csaf::validate(document).into_iter().map(|finding| finding.test).collect::<Vec<_>>();
    let mut informational = with_category("csaf_informational_advisory");
    informational["document"]["references"] =
        json!([{ "category": "self", "summary": "s", "url": "https://store.example" }]);
    assert_eq!(tests(&informational), ["6.1.27.2", "6.1.27.3"]);
    let mut bare = with_category("csaf_security_advisory");
    bare.as_object_mut().unwrap().remove("product_tree");
    assert!(tests(&bare).contains(&"6.1.27.4"));
    let mut vex = with_category("csaf_vex");
    assert_eq!(tests(&vex), Vec::<&str>::new());
    let status = &mut vex["vulnerabilities"][0]["product_status"];
    *status = json!({ "recommended": status["recommended"] });
    assert!(tests(&vex).contains(&"6.1.27.7"));
}

#[test]
fn flags_and_translations_are_tested_too() {
    let tests = |path: &str, key: &str, value: Value| {
        let mut document = csaf::print(&advisory(), "1.2.3");
        document.pointer_mut(path).unwrap()[key] = value;
        csaf::validate(&document).into_iter().map(|finding| finding.test).collect::<Vec<_>>()
    };
    let flag = |id: &str| json!({ "label": "component_not_present", "product_ids": [id] });
    let other = |id: &str| json!({ "label": "vulnerable_code_not_present", "product_ids": [id] });
    let vulnerability = "/vulnerabilities/0";
    assert_eq!(tests(vulnerability, "flags", json!([flag("CSAFPID-0001"), other("CSAFPID-0002")])), Vec::<&str>::new());
    assert_eq!(tests(vulnerability, "flags", json!([flag("CSAFPID-0001"), other("CSAFPID-0001")])), ["6.1.33"]);
    assert_eq!(tests(vulnerability, "flags", json!([flag("nowhere")])), ["6.1.1"]);
    assert_eq!(tests(vulnerability, "flags", json!([{ "label": "component_not_present" }])), ["6.1.32"]);
    assert_eq!(
        tests(vulnerability, "flags", json!([{ "label": "component_not_present", "group_ids": ["g"] }])),
        ["6.1.4"]
    );
    assert_eq!(tests("/document", "source_lang", json!("en")), ["6.1.28"]);
    assert_eq!(tests("/document", "source_lang", json!("de")), Vec::<&str>::new());
    assert_eq!(tests("/document/publisher", "category", json!("translator")), ["6.1.15"]);
    assert_eq!(tests("/document/tracking", "version", json!("2.0.0")), ["6.1.16", "6.1.30"]);
}

#[test]
fn a_document_that_is_no_document_is_not_valid() {
    for value in [
        json!(null),
        json!([]),
        json!("text"),
        json!({}),
        json!({ "document": {} }),
        json!({ "document": [], "vulnerabilities": {} }),
    ] {
        assert!(csaf::validate(&value).iter().any(|finding| finding.test == "schema"), "{value}");
    }
}

#[test]
fn a_gcve_number_stands_in_every_format_that_has_a_place_for_names_and_a_wrong_one_is_told() {
    let mut record = advisory();
    record.aliases.push("GCVE-1-2026-0042".into());
    assert_eq!(record.problems(), vec![]);
    let printed = candor_formats::advisory::documents(&record, "1.2.3").expect("every document agrees");
    for suffix in ["csaf.json", "csaf-2.1.json", "osv.json", "openvex.json", "md"] {
        let document = printed.iter().find(|document| document.suffix == suffix);
        let text = document.map_or_else(|| to_markdown(&record), |document| document.text.clone());
        assert!(text.contains("GCVE-1-2026-0042"), "{suffix}");
    }
    for wrong in ["GCVE-2026-1-", "gcve-x", "GCVE-0-26-1"] {
        let mut record = advisory();
        record.aliases.push(wrong.into());
        assert!(record.problems().iter().any(|problem| problem.to_string().contains("GCVE-1-2026-0042")), "{wrong}");
    }
}
