//! Commits, acknowledgements, marks, withdrawal and dispute: in every format that has a place for them, and read back.

use candor_formats::advisory::{
    CommitRange, Credit, CreditRole, Format, Product, Record, Tlp, documents, text_differences, to_text,
};
use candor_formats::csaf::{self, Edition, Profile};
use candor_formats::cve::{self, Assigner};
use candor_formats::osv;
use serde_json::{Value, json};

use crate::example::{advisory, at};

fn commits() -> CommitRange {
    CommitRange {
        repository: "https://code.example/store".into(),
        introduced: Some("3b".repeat(20)),
        fixed: Some("9f".repeat(20)),
    }
}

/// The example with everything that a record can say besides.
fn widened() -> Record {
    let mut record = advisory();
    record.products[0].commits = vec![commits()];
    record.products.push(Product {
        name: "Store Appliance".into(),
        commits: vec![CommitRange { introduced: None, ..commits() }],
        ..Product::default()
    });
    record.acknowledgements = vec![Credit {
        name: "Grace Helper".into(),
        organisation: Some("Coordination Centre".into()),
        role: CreditRole::Other,
        note: Some("who brought all of us together".into()),
        ..Credit::default()
    }];
    record
}

/// The text of a document, by the suffix of its file.
fn text_of(record: &Record, suffix: &str) -> String {
    let all = documents(record, "1.2.3").unwrap_or_else(|wrong| panic!("{wrong:#?}"));
    all.into_iter().find(|document| document.suffix == suffix).map(|document| document.text).unwrap_or_default()
}

fn read(document: &Value) -> Record {
    Format::of(document).unwrap().read(document, &advisory().publisher).unwrap()
}

#[test]
fn commits_are_a_git_range_of_osv_an_entry_with_its_repository_in_cve_and_a_note_of_csaf_and_are_read_back() {
    let record = widened();
    assert_eq!(record.problems(), []);
    let osv = osv::print(&record);
    let range = json!({
        "type": "GIT", "repo": "https://code.example/store",
        "events": [{ "introduced": "3b".repeat(20) }, { "fixed": "9f".repeat(20) }],
    });
    assert_eq!(osv["affected"][0]["ranges"][1], range);
    assert_eq!(osv["affected"][2]["ranges"][0]["events"][0], json!({ "introduced": "0" }), "{osv:#}");
    assert!(osv["affected"][2].get("package").is_none());
    let cve = cve::print(&record, &Assigner::nobody(), "1.2.3").unwrap();
    let entry = &cve["containers"]["cna"]["affected"][1];
    assert_eq!(entry["repo"], "https://code.example/store");
    assert_eq!(entry["versions"][0]["versionType"], "git");
    assert_eq!(entry["versions"][0]["lessThan"], json!("9f".repeat(20)));
    let named = |record: &Record, name: &str| -> Vec<CommitRange> {
        let products = record.products.iter().filter(|product| product.name.contains(name));
        products.flat_map(|product| product.commits.clone()).collect()
    };
    for document in [csaf::print(&record, "1.2.3"), osv, cve, csaf::print_as(&record, Edition::V2_1, Profile::Vex, "1")]
    {
        let format = Format::of(&document).unwrap();
        assert_eq!(format.validate(&document), [], "{document:#}");
        let back = read(&document);
        assert_eq!(named(&back, "Appliance"), record.products[2].commits, "{format:?}");
        let all: usize = back.products.iter().map(|product| product.commits.len()).sum();
        assert_eq!(all, 2, "{format:?}");
        assert_eq!(back.products.len(), 3, "{format:?}: one product, however many entries tell of it");
    }
    assert!(documents(&record, "1.2.3").is_ok());
    for suffix in ["md", "txt", "json"] {
        assert!(text_of(&record, suffix).contains(&"9f".repeat(20)), "{suffix}");
    }
}

#[test]
fn commits_that_others_wrote_are_read_whatever_stands_beside_them() {
    let foreign = json!({
        "schema_version": "1.7.5", "id": "OSV-2020-1", "modified": "2026-01-01T00:00:00Z", "summary": "A bug",
        "affected": [{
            "ranges": [{
                "type": "GIT", "repo": "https://code.example/parser",
                "events": [{ "introduced": "ab".repeat(20) }, { "fixed": "cd".repeat(20) }, { "introduced": "ef".repeat(20) }],
            }],
            "versions": ["1.0", "1.1"],
        }],
    });
    assert_eq!(osv::validate(&foreign), []);
    let record = read(&foreign);
    assert_eq!(record.products[0].name, "https://code.example/parser");
    assert_eq!(record.products[0].versions, ["1.0", "1.1"]);
    assert_eq!(record.products[0].commits.len(), 2);
    assert_eq!(record.problems(), []);
    assert!(documents(&record, "1.2.3").is_ok());
}

#[test]
fn a_wrong_commit_is_told_by_its_field() {
    for (range, part) in [
        (CommitRange { introduced: Some("3b5dbf9".into()), ..commits() }, "whole hash"),
        (CommitRange { introduced: None, fixed: None, ..commits() }, "Name the commit"),
        (CommitRange { introduced: commits().fixed, ..commits() }, "same commit"),
        (CommitRange { repository: "store".into(), ..commits() }, "absolute http"),
    ] {
        let mut record = advisory();
        record.products[0].commits = vec![range];
        let problems = record.problems();
        assert!(
            problems.iter().any(|it| it.field.starts_with("products[0].commits[0]") && it.message.contains(part)),
            "{problems:?}"
        );
    }
}

#[test]
fn acknowledgements_stand_beside_the_credits_in_every_format_and_are_never_taken_for_one() {
    let record = widened();
    let osv = osv::print(&record);
    assert_eq!(osv["credits"][1]["type"], "OTHER");
    let cve = cve::print(&record, &Assigner::nobody(), "1.2.3").unwrap();
    assert_eq!(cve["containers"]["cna"]["credits"][1]["type"], "other");
    for document in [csaf::print(&record, "1.2.3"), osv, cve] {
        let back = read(&document);
        assert_eq!(back.acknowledgements.len(), 1, "{document:#}");
        assert!(back.credits.iter().all(|credit| !credit.line().unwrap().contains("Grace")));
    }
    let csaf = csaf::read(&csaf::print(&record, "1.2.3")).unwrap();
    assert_eq!(csaf.acknowledgements, record.acknowledgements, "whole, in the format that has a place for all of it");
    for suffix in ["md", "txt"] {
        let text = text_of(&record, suffix);
        let (head, thanks) = text.split_once("Acknowledgements").unwrap();
        assert!(thanks.contains("Grace Helper") && !head.contains("Grace"), "{text}");
    }
    let letter = to_text(&record).replacen("Grace Helper", "Grace Other", 1);
    assert_eq!(text_differences(&record, &letter)[0].field, "Acknowledgements");
}

#[test]
fn what_is_not_for_everybody_is_printed_where_its_mark_can_stand_and_nowhere_else() {
    for tlp in [Tlp::Green, Tlp::Amber, Tlp::AmberStrict, Tlp::Red] {
        let record = Record { tlp, distribution: "For members of the sharing group.".into(), ..widened() };
        let printed = documents(&record, "1.2.3").unwrap_or_else(|wrong| panic!("{wrong:#?}"));
        let suffixes: Vec<&str> = printed.iter().map(|document| document.suffix).collect();
        assert_eq!(suffixes, ["csaf.json", "vex.json", "csaf-2.1.json", "md", "txt", "json"], "{tlp:?}");
        for document in &printed {
            let label = tlp.label().trim_start_matches("TLP:");
            assert!(document.text.contains(label), "{tlp:?} in {}", document.suffix);
            assert!(document.text.contains("For members of the sharing group."), "{}", document.suffix);
        }
        // CSAF 2.0 has four labels; the strict amber is told in words there, and read back as what it is.
        for edition in [Edition::V2_0, Edition::V2_1] {
            let back = csaf::read(&csaf::print_as(&record, edition, Profile::SecurityAdvisory, "1")).unwrap();
            assert_eq!((back.tlp, back.distribution), (tlp, record.distribution.clone()), "{edition:?}");
        }
        assert_eq!(Tlp::from_name(tlp.name()), Some(tlp));
    }
}

#[test]
fn a_withdrawal_with_its_statement_stands_in_every_format() {
    let mut record = widened();
    record.withdrawn = Some(at("2026-03-22T08:00:00Z"));
    record.withdrawal = "The report was about another product.".into();
    assert_eq!(record.problems(), []);
    for suffix in ["csaf.json", "csaf-2.1.json", "osv.json", "cdx.json", "ghsa.json", "cve.json", "md", "txt", "json"] {
        assert!(text_of(&record, suffix).contains("about another product"), "{suffix}");
    }
    let osv = osv::print(&record);
    assert_eq!(osv["withdrawn"], "2026-03-22T08:00:00Z");
    let cve = cve::print(&record, &Assigner::nobody(), "1.2.3").unwrap();
    assert_eq!(cve["containers"]["cna"]["tags"], json!(["x_withdrawn"]));
    let next = csaf::print_as(&record, Edition::V2_1, Profile::SecurityAdvisory, "1.2.3");
    assert_eq!(next["document"]["category"], "csaf_withdrawn");
    assert_eq!(next["document"]["notes"][0]["text"], "The report was about another product.");
    let old = csaf::read(&csaf::print(&record, "1.2.3")).unwrap();
    assert_eq!((old.withdrawn, &old.withdrawal), (record.withdrawn, &record.withdrawal));
    assert_eq!(read(&cve).withdrawal, record.withdrawal);
    record.withdrawn = None;
    assert!(record.problems().iter().any(|problem| problem.field == "withdrawal"));
}

#[test]
fn a_dispute_with_its_statement_is_a_tag_of_cve_a_note_of_csaf_and_words_elsewhere() {
    let record = Record { dispute: "The maker says that only administrators can do it.".into(), ..widened() };
    for suffix in ["csaf.json", "csaf-2.1.json", "osv.json", "ghsa.json", "cve.json", "md", "txt", "json"] {
        assert!(text_of(&record, suffix).contains("only administrators"), "{suffix}");
    }
    let cve = cve::print(&record, &Assigner::nobody(), "1.2.3").unwrap();
    assert_eq!(cve["containers"]["cna"]["tags"], json!(["disputed"]));
    assert_eq!(cve::validate(&cve), []);
    for document in [csaf::print(&record, "1.2.3"), cve] {
        assert_eq!(read(&document).dispute, record.dispute);
    }
}
