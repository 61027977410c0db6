//! What an editor is told while the advisory is not ready.

use candor_formats::advisory::{AffectedRange, Credit, Record};

use crate::example::{advisory, at};

/// Spoils the example and compares what is said about it.
fn check(spoil: impl FnOnce(&mut Record), expected: &[&str]) {
    let mut record = advisory();
    spoil(&mut record);
    let said: Vec<String> = record.problems().iter().map(ToString::to_string).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_complete_advisory_has_no_problem() {
    check(|_| {}, &[]);
}

#[test]
fn empty_texts_are_named_one_by_one() {
    check(
        |record| {
            record.id.clear();
            record.title = " ".into();
            record.summary.clear();
            record.publisher.name.clear();
            record.remediations[1].details.clear();
        },
        &[
            "id: The advisory number is empty; write it",
            "title: The title is empty; write it",
            "summary: The summary is empty; write it",
            "publisher.name: The publisher's name is empty; write it",
            "remediations[1].details: What to do is empty; write it",
        ],
    );
}

#[test]
fn links_must_be_web_links() {
    check(
        |record| {
            record.references[0].url = "javascript:alert(1)".into();
            record.credits[0].link = Some("labs.example".into());
        },
        &[
            "references[0].url: The link must be an absolute http or https URL, like https://example.com/page",
            "credits[0].link: The link must be an absolute http or https URL, like https://example.com/page",
        ],
    );
}

#[test]
fn ranges_must_hold_something() {
    check(
        |record| record.products[1].ranges[0] = AffectedRange::between("1.4.2", "1.4.2"),
        &["products[1].ranges[0]: The range is empty: 1.4.2 does not come before 1.4.2"],
    );
    check(
        |record| record.products[1].ranges[1].last_affected = Some("2.0.9".into()),
        &["products[1].ranges[1]: A range ends either before a fixed version or with a last affected one, not both"],
    );
    check(
        |record| record.products[1].versions.push("1.4.2".into()),
        &["products[1].versions: Version 1.4.2 is listed as affected and as fixed; choose one"],
    );
    check(
        |record| record.products.clear(),
        &[
            "products: No product is named; add at least one",
            "remediations[0].products: This names a product the advisory does not list; add it or remove the name",
        ],
    );
}

#[test]
fn names_and_weaknesses_must_be_usable() {
    check(
        |record| {
            record.aliases = vec!["CVE-2026-1".into(), "CVE-1900-1111".into(), "CVE-1900-2222".into()];
            record.cwes = vec![1, 16, 79];
        },
        &[
            "aliases[0]: A CVE number looks like CVE-2026-12345",
            "aliases: An alias names the same vulnerability, so there can be one CVE number only; publish one advisory for each",
            "cwes[0]: CWE-1 is not on the list of weaknesses",
            "cwes[1]: CWE-16 is not on the list of weaknesses",
        ],
    );
    check(|record| record.credits = vec![Credit::default()], &["credits[0]: A credit needs a name or an organisation"]);
}

#[test]
fn revisions_must_be_numbered_and_dated_in_order() {
    check(
        |record| {
            record.revisions[1].number = 3;
            record.revisions[1].at = at("2026-03-20T20:59:00Z");
        },
        &[
            "revisions[1].number: Revisions are numbered from 1 without gaps; this one is 2",
            "revisions[1].at: A revision must be later than the one before it",
        ],
    );
    check(
        |record| record.revisions.clear(),
        &["revisions: There is no revision; the first one says \"Initial publication\""],
    );
}
