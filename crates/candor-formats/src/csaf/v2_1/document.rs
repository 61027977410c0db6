//! Mandatory tests about the document as a whole: 6.1.12, 6.1.15, 6.1.28, 6.1.37 to 6.1.41, 6.1.54, 6.1.55, 6.1.60.1.

use serde_json::Value;

use super::super::walk::{self, items, text, vulnerabilities};
use super::{is_english, mandatory};
use crate::finding::Findings;
use crate::licence;
use crate::shape::is_instant;

const MAX: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const NIL: &str = "00000000-0000-0000-0000-000000000000";
const PUBLIC: &str = "Public";
const NOBODY: &str = "No sharing allowed";

pub fn check(document: &Value, findings: &mut Findings) {
    mandatory::languages(document, findings);
    dates_are_plain(document, findings);
    sharing(document, findings);
    licence_expression(document, findings);
    extensions(document, findings);
}

/// 6.1.37: upper-case T and Z, and no leap second.
fn dates_are_plain(document: &Value, findings: &mut Findings) {
    let mut check = |path: String, holder: &Value, key: &str| {
        let Some(date) = text(holder, key) else { return };
        let plain = is_instant(date) && !date.contains(['t', 'z']) && date.get(17..19) != Some("60");
        if !plain {
            let message =
                format!("\"{date}\" must be a date and time such as 2026-01-31T12:00:00Z without leap second");
            findings.add("6.1.37", format!("{path}/{key}"), message);
        }
    };
    if let Some(tracking) = document.get("document").and_then(|head| head.get("tracking")) {
        let path = "/document/tracking";
        check(path.to_owned(), tracking, "current_release_date");
        check(path.to_owned(), tracking, "initial_release_date");
        if let Some(generator) = tracking.get("generator") {
            check(format!("{path}/generator"), generator, "date");
        }
        for (place, revision) in items(tracking, "revision_history") {
            check(format!("{path}/revision_history/{place}"), revision, "date");
        }
    }
    for (path, vulnerability) in vulnerabilities(document) {
        check(path.clone(), vulnerability, "disclosure_date");
        check(path.clone(), vulnerability, "discovery_date");
        for list in ["first_known_exploitation_dates", "flags", "involvements", "remediations", "threats"] {
            for (place, item) in items(vulnerability, list) {
                check(format!("{path}/{list}/{place}"), item, "date");
                check(format!("{path}/{list}/{place}"), item, "exploitation_date");
            }
        }
        for (place, metric) in items(vulnerability, "metrics") {
            for key in ["epss", "ssvc_v2"] {
                if let Some(object) = metric.get("content").and_then(|content| content.get(key)) {
                    check(format!("{path}/metrics/{place}/content/{key}"), object, "timestamp");
                }
            }
        }
    }
}

/// 6.1.38 to 6.1.41.
fn sharing(document: &Value, findings: &mut Findings) {
    let Some(head) = document.get("document") else { return };
    let Some(distribution) = head.get("distribution") else { return };
    let Some(group) = distribution.get("sharing_group") else { return };
    let label = distribution.get("tlp").and_then(|tlp| text(tlp, "label")).unwrap_or_default();
    let status = head.get("tracking").and_then(|tracking| text(tracking, "status")).unwrap_or_default();
    let (id, name) = (text(group, "id").unwrap_or_default(), text(group, "name"));
    let path = "/document/distribution/sharing_group";
    if id == MAX && label != "CLEAR" {
        findings.add("6.1.38", format!("{path}/id"), "The max UUID stands for everybody and needs the label CLEAR");
    }
    if label == "CLEAR" && id != MAX && !(id == NIL && status == "draft") {
        let message = "A document labelled CLEAR is for everybody; remove the sharing group or use the max UUID";
        findings.add("6.1.39", format!("{path}/id"), message);
    }
    for (reserved, own) in [(PUBLIC, MAX), (NOBODY, NIL)] {
        if name == Some(reserved) && id != own {
            findings.add(
                "6.1.40",
                format!("{path}/name"),
                format!("The name \"{reserved}\" belongs to the UUID {own}"),
            );
        }
        if id == own && name != Some(reserved) {
            findings.add("6.1.41", format!("{path}/name"), format!("With this UUID the name must be \"{reserved}\""));
        }
    }
}

/// 6.1.54 and 6.1.55.
fn licence_expression(document: &Value, findings: &mut Findings) {
    let Some(head) = document.get("document") else { return };
    let Some(expression) = text(head, "license_expression") else { return };
    let Some(names) = licence::names(expression) else {
        let message =
            "This is no SPDX licence expression; write one such as MIT OR Apache-2.0, the text goes into a note";
        return findings.add("6.1.54", "/document/license_expression", message);
    };
    let own = names.into_iter().find(|name| !licence::is_listed(name));
    let Some(own) = own.filter(|name| is_english(document) && name.contains("Ref-")) else { return };
    let notes: Vec<_> = items(head, "notes").filter(|(_, note)| text(note, "title") == Some("License")).collect();
    match &notes[..] {
        [(place, note)] if text(note, "category") != Some("legal_disclaimer") => {
            let path = format!("/document/notes/{place}/category");
            findings.add("6.1.55", path, "The note with the licence must have the category legal_disclaimer");
        }
        [_] => {}
        _ => {
            let message = format!("{own} is on no list; add one note with the title License that holds its text");
            findings.add("6.1.55", "/document/notes", message);
        }
    }
}

/// 6.1.60.1. The other two tests need schemas that others publish.
fn extensions(document: &Value, findings: &mut Findings) {
    let mut check = |path: String, holder: &Value| {
        for (place, extension) in items(holder, "x_extensions") {
            let path = format!("{path}/x_extensions/{place}");
            let complete =
                ["$schema", "category", "content", "critical"].iter().all(|key| extension.get(key).is_some());
            let category = text(extension, "category").unwrap_or_default();
            if !complete || !["essential", "significant", "supplementary"].contains(&category) {
                let message = "An extension has $schema, category (essential, significant or supplementary), content and critical";
                findings.add("6.1.60.1", path, message);
            }
        }
    };
    check(String::new(), document);
    if let Some(head) = document.get("document") {
        check("/document".to_owned(), head);
    }
    walk::products(document, &mut |path, product| check(path.clone(), product));
    for (path, vulnerability) in vulnerabilities(document) {
        for (place, metric) in items(vulnerability, "metrics") {
            if let Some(content) = metric.get("content") {
                check(format!("{path}/metrics/{place}/content"), content);
            }
        }
        check(path, vulnerability);
    }
}
