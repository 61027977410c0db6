//! A document about several vulnerabilities is one advisory for each, and no fact is lost on the way.

use candor_formats::advisory::{Format, ReadError};
use candor_formats::csaf;
use serde_json::{Value, json};

use crate::example::advisory;

/// The example's document with a second vulnerability beside its own, and a third without a number.
fn three() -> Value {
    let mut document = csaf::print(&advisory(), "1.2.3");
    let first = document["vulnerabilities"][0].clone();
    let mut second = first.clone();
    second["cve"] = json!("CVE-1900-0077");
    second["title"] = json!("The second one");
    second["scores"] = json!([]);
    let mut third = first;
    let members = third.as_object_mut().expect("an object");
    members.remove("cve");
    members.remove("ids");
    members.remove("title");
    document["vulnerabilities"].as_array_mut().expect("a list").extend([second, third]);
    document
}

#[test]
fn each_vulnerability_of_a_document_is_an_advisory_with_its_own_number_score_and_title() {
    let document = three();
    assert_eq!(csaf::read(&document), Err(ReadError::Several(3)));
    let records = csaf::read_all(&document).expect("they read");
    let id = &advisory().id;
    let cve = advisory().cve().expect("a number").to_owned();
    let ids: Vec<String> = records.iter().map(|record| record.id.clone()).collect();
    assert_eq!(ids, [format!("{id}-{cve}"), format!("{id}-CVE-1900-0077"), format!("{id}-3")]);
    let numbers: Vec<Option<&str>> = records.iter().map(|record| record.cve()).collect();
    assert_eq!(numbers, [Some(cve.as_str()), Some("CVE-1900-0077"), None]);
    assert_eq!(records[1].title, "The second one");
    assert!(records[1].severities.len() < records[0].severities.len(), "each has its own scores");
    let whole = csaf::read(&csaf::print(&advisory(), "1.2.3")).expect("it reads");
    for record in &records {
        assert_eq!(record.problems(), vec![], "{}", record.id);
        assert_eq!(record.products, whole.products);
        assert_eq!((&record.details, record.published), (&whole.details, whole.published));
        assert_eq!(record.credits, whole.credits);
        assert!(record.links.csaf.is_none(), "the document is no document of this one alone");
        assert!(whole.links.csaf.iter().all(|url| record.references.iter().any(|known| known.url == *url)));
    }
    // The same document again gives the same advisories, whatever their order.
    let mut turned = document;
    turned["vulnerabilities"].as_array_mut().expect("a list").swap(0, 1);
    let again: Vec<String> = csaf::read_all(&turned).expect("they read").into_iter().map(|record| record.id).collect();
    assert_eq!(again, [ids[1].clone(), ids[0].clone(), ids[2].clone()]);
}

#[test]
fn a_document_about_one_is_read_as_it_always_was() {
    let document = csaf::print(&advisory(), "1.2.3");
    let publisher = advisory().publisher;
    let all = Format::Csaf20.read_all(&document, &publisher).expect("it reads");
    assert_eq!(all, [csaf::read(&document).expect("it reads")]);
    let osv = candor_formats::osv::print(&advisory());
    assert_eq!(Format::Osv.read_all(&osv, &publisher).expect("it reads").len(), 1);
}
