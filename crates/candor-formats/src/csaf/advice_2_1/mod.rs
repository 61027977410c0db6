//! Recommended tests that CSAF 2.1 added (6.2.21 and later) and informative ones (6.3.12 and later).
//!
//! What needs the network, a speller, a clock or lists that others keep is left out; [`LEFT_OUT_2_1`] says why.

mod products; // what it says of the product tree

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::v2_1::{is_english, newest_release};
use super::walk::{self, covered, items, text, texts, vulnerabilities};
use crate::cwe::{self, Cwe, Usage};
use crate::finding::Findings;
use crate::{licence, ssvc};

/// Recommended tests that CSAF 2.1 added and that are run on its documents.
pub const RECOMMENDED_TESTS_2_1: [&str; 34] = [
    "6.2.21", "6.2.22", "6.2.23", "6.2.24", "6.2.25", "6.2.26", "6.2.27", "6.2.28", "6.2.29", "6.2.30", "6.2.31",
    "6.2.32", "6.2.34", "6.2.35", "6.2.36", "6.2.37", "6.2.38", "6.2.39.1", "6.2.39.2", "6.2.39.3", "6.2.39.4",
    "6.2.39.5", "6.2.40", "6.2.41", "6.2.43", "6.2.44", "6.2.45", "6.2.46", "6.2.47", "6.2.48", "6.2.52", "6.2.53",
    "6.2.54.2", "6.2.54.3",
];

/// Informative tests that CSAF 2.1 added and that are run on its documents.
pub const INFORMATIVE_TESTS_2_1: [&str; 14] = [
    "6.3.12", "6.3.14", "6.3.15", "6.3.18", "6.3.20", "6.3.21.1", "6.3.21.3", "6.3.21.4", "6.3.21.5", "6.3.21.6",
    "6.3.21.7", "6.3.21.8", "6.3.21.9", "6.3.22",
];

/// Recommended and informative tests of CSAF 2.1 that are not run, each with the reason.
pub const LEFT_OUT_2_1: [(&str, &str); 21] = [
    ("6.2.33", "whether a date has passed needs a clock; 6.1.45 judges the same date of public documents without one"),
    ("6.2.42", "what of a branch's name a package URL or CPE name can express is open in the draft"),
    ("6.2.49", "the order of versions in a range without a scheme is not defined; 6.1.50 judges the ranges themselves"),
    ("6.2.50.1", "overlapping ranges in contradicting states: ranges are not cut with each other yet"),
    ("6.2.50.2", "as 6.2.50.1, for ranges without a scheme, whose order is not defined"),
    ("6.2.50.3", "as 6.2.50.1, for a range and a single version"),
    ("6.2.51", "holes in ranges: ranges are not cut with each other yet"),
    ("6.2.54.1", "which extensions are registered stands in a registry that is published elsewhere"),
    ("6.2.54.4", "which extensions are experimental stands in a registry that is published elsewhere"),
    ("6.3.6", "whether an address answers needs the network"),
    ("6.3.7", "whether an address answers needs the network"),
    ("6.3.8", "needs a spell checker for each language"),
    ("6.3.13", "when each version of a decision point appeared is not in the built-in table"),
    ("6.3.16", "needs a grammar checker for each language"),
    ("6.3.17", "the ScanCode list of licences is not built in; names that SPDX does not list are judged by 6.2.45"),
    ("6.3.19.1", "as 6.2.50.1, within one state"),
    ("6.3.19.2", "as 6.2.50.2, within one state"),
    ("6.3.19.3", "as 6.2.50.3, within one state"),
    ("6.3.19.4", "as 6.2.50.1, within one state"),
    ("6.3.19.5", "as 6.2.50.3, within one state"),
    ("6.3.21.2", "the official description of the test does not stand beside its documents"),
];

/// Adds what the tests of [`RECOMMENDED_TESTS_2_1`] and [`INFORMATIVE_TESTS_2_1`] find.
pub fn check(document: &Value, found: &mut Findings) {
    let Some(head) = document.get("document") else { return };
    let tracking = head.get("tracking").unwrap_or(&Value::Null);
    revisions_and_title(head, tracking, found);
    sharing(head, found);
    category(document, head, found);
    descriptions(document, head, found);
    licences(document, head, found);
    products::tree(document, found);
    let release = tracking_date(tracking, "current_release_date");
    let newest = newest_release(document);
    let own = canonical(head, tracking);
    for (path, vulnerability) in vulnerabilities(document) {
        weaknesses(&path, vulnerability, release, found);
        remediations(document, &path, vulnerability, found);
        metrics(head, &path, vulnerability, own, found);
        ages(&path, vulnerability, newest, found);
        systems(&path, vulnerability, found);
    }
    extensions(document, head, found);
    if text(head, "category") == Some("csaf_security_advisory") {
        products::fixes(document, found);
    }
}

fn tracking_date(tracking: &Value, key: &str) -> Option<Timestamp> {
    text(tracking, key)?.parse().ok()
}

/// 6.2.21 and 6.2.22.
fn revisions_and_title(head: &Value, tracking: &Value, found: &mut Findings) {
    let mut seen = HashSet::new();
    for (place, revision) in items(tracking, "revision_history") {
        if let Some(at) = text(revision, "date").and_then(|date| date.parse::<Timestamp>().ok())
            && !seen.insert(at)
        {
            let path = format!("/document/tracking/revision_history/{place}/date");
            found.add(
                "6.2.21",
                path,
                "Another revision is of the same instant, so that nobody can tell which came first",
            );
        }
    }
    if let (Some(title), Some(id)) = (text(head, "title"), text(tracking, "id"))
        && title.contains(id)
    {
        found.add(
            "6.2.22",
            "/document/title",
            "Programs show the id of the document beside its title; leave it out there",
        );
    }
}

/// 6.2.28 to 6.2.30.
fn sharing(head: &Value, found: &mut Findings) {
    let Some(group) = head.pointer("/distribution/sharing_group") else { return };
    let path = "/document/distribution/sharing_group";
    match text(group, "id") {
        Some("ffffffff-ffff-ffff-ffff-ffffffffffff") => {
            found.add("6.2.28", format!("{path}/id"), "Everybody is no group; leave the sharing group out");
        }
        Some("00000000-0000-0000-0000-000000000000") => {
            found.add("6.2.29", format!("{path}/id"), "Nobody is no group; leave the sharing group out");
        }
        _ => {}
    }
    if is_clear(head) {
        found.add("6.2.30", path, "What everybody may read needs no sharing group");
    }
}

fn is_clear(head: &Value) -> bool {
    head.pointer("/distribution/tlp/label").and_then(Value::as_str) == Some("CLEAR")
}

/// Titles that the standard gives a meaning, in languages for which a translation is recorded.
///
/// Source: `language_specific_translation/translations.json` of CSAF 2.1.
struct Words {
    licence: &'static str,
    product_description: &'static str,
    supersession: &'static str,
    withdrawal: &'static str,
    superseding: &'static str,
}

const GERMAN: Words = Words {
    licence: "Lizenz",
    product_description: "Produktbeschreibung",
    supersession: "Begründung für die Ersetzung",
    withdrawal: "Begründung für die Zurückziehung",
    superseding: "Ersetzendes Dokument",
};

/// The words of the document's language where it is not English and they are known.
fn words(head: &Value) -> Option<&'static Words> {
    let language = text(head, "lang")?.split('-').next()?;
    language.eq_ignore_ascii_case("de").then_some(&GERMAN)
}

/// 6.2.38, 6.2.39.2 to 6.2.39.5.
fn category(document: &Value, head: &Value, found: &mut Findings) {
    let category = text(head, "category").unwrap_or_default();
    if category.starts_with("csaf_deprecated_") {
        found.add("6.2.38", "/document/category", "The profile is kept for old documents only; choose another");
    }
    if !matches!(category, "csaf_withdrawn" | "csaf_superseded") {
        return;
    }
    for (path, holder) in [("", document), ("/document", head)] {
        if holder.get("x_extensions").is_some() {
            let message = "A document that was taken back says why, and nothing else; leave the extensions out";
            found.add("6.2.39.5", format!("{path}/x_extensions"), message);
        }
    }
    let Some(words) = words(head) else { return };
    let (test, title) = match category {
        "csaf_withdrawn" => ("6.2.39.2", words.withdrawal),
        _ => ("6.2.39.3", words.supersession),
    };
    one_note(head, test, title, "description", found);
    let names = |reference: &Value| {
        text(reference, "category") == Some("external")
            && text(reference, "summary").is_some_and(|summary| summary.starts_with(words.superseding))
    };
    if category == "csaf_superseded" && !items(head, "references").any(|(_, reference)| names(reference)) {
        let message = format!(
            "This needs a reference of the category external whose summary starts with \"{}\"",
            words.superseding
        );
        found.add("6.2.39.4", "/document/references", message);
    }
}

/// Whether there is exactly one note with the title, and it has the category.
fn one_note(head: &Value, test: &'static str, title: &str, category: &str, found: &mut Findings) {
    let named: Vec<_> = items(head, "notes").filter(|(_, note)| text(note, "title") == Some(title)).collect();
    match &named[..] {
        [(_, note)] if text(note, "category") == Some(category) => {}
        [(place, _)] => {
            let message = format!("The note \"{title}\" must have the category {category}");
            found.add(test, format!("/document/notes/{place}/category"), message);
        }
        _ => {
            let message = format!("There should be exactly one note with the title \"{title}\"");
            found.add(test, "/document/notes", message);
        }
    }
}

/// 6.2.40.
fn descriptions(document: &Value, head: &Value, found: &mut Findings) {
    let title = match words(head) {
        Some(words) => words.product_description,
        None if is_english(document) => "Product Description",
        None => return,
    };
    for (place, note) in items(head, "notes") {
        let describes = text(note, "category") == Some("description")
            && text(note, "title").is_some_and(|given| given.contains(title));
        if describes && note.get("product_ids").is_none() && note.get("group_ids").is_none() {
            let message = "Say with product_ids or group_ids which product is described";
            found.add("6.2.40", format!("/document/notes/{place}"), message);
        }
    }
}

/// 6.2.43 to 6.2.46.
fn licences(document: &Value, head: &Value, found: &mut Findings) {
    let path = "/document/license_expression";
    let expression = match text(head, "license_expression") {
        None => {
            return found.add("6.2.43", path, "Say under which licence the document may be used, such as CC-BY-4.0");
        }
        Some("") => return found.add("6.2.43", path, "The licence is empty; write one such as CC-BY-4.0"),
        Some(expression) => expression,
    };
    let Some(names) = licence::names(expression) else { return };
    for name in &names {
        if licence::is_deprecated(name) {
            found.add("6.2.44", path, format!("The SPDX list calls {name} deprecated; use the name it gives instead"));
        }
        // Names of other lists say whose they are; whether those exist is for the lists to say.
        if !licence::is_listed(name) && !name.contains("Ref-") {
            found.add("6.2.45", path, format!("There is no licence {name} on the SPDX list"));
        }
    }
    let own = names.iter().any(|name| !licence::is_listed(name) && name.contains("Ref-"));
    if let Some(words) = words(head).filter(|_| own && !is_english(document)) {
        one_note(head, "6.2.46", words.licence, "legal_disclaimer", found);
    }
}

/// 6.2.23 to 6.2.26. Since 4.12 the list says how a weakness may be used; what is looked up is how the newest one has it.
fn weaknesses(path: &str, vulnerability: &Value, release: Option<Timestamp>, found: &mut Findings) {
    for (place, given) in items(vulnerability, "cwes") {
        let (Some(id), Some(version)) = (text(given, "id"), text(given, "version")) else { continue };
        let path = format!("{path}/cwes/{place}");
        let Some(number) = id.strip_prefix("CWE-").and_then(|number| number.parse::<u32>().ok()) else { continue };
        if let Some(newest) = release.and_then(cwe::newest_at)
            && cwe::is_list_version(version)
            && newest != version
        {
            let message = format!("When the document was released, version {newest} of the list was the newest one");
            found.add("6.2.24", format!("{path}/version"), message);
        }
        let Some(edition) = cwe::in_edition(number, version) else { continue };
        if edition.deprecated {
            found.add("6.2.23", path.clone(), format!("{id} is deprecated in version {version}; choose another"));
        }
        let usage = if edition.deprecated { Some(Usage::Prohibited) } else { Cwe::get(number).map(|cwe| cwe.usage) };
        match usage.filter(|_| cwe::states_usage(version)) {
            Some(usage @ (Usage::Discouraged | Usage::Prohibited)) => {
                let said = usage.label().to_lowercase();
                let message =
                    format!("To name {id} as the cause of a vulnerability is {said}; choose a more precise weakness");
                found.add("6.2.25", path, message);
            }
            Some(Usage::AllowedWithReview) => {
                let message =
                    format!("{id} may be used after a look at its more precise children; is none of them right?");
                found.add("6.2.26", path, message);
            }
            _ => {}
        }
    }
}

/// 6.2.27. Source: CSAF 2.1 section 3.2.4.17.1, table 2.
fn remediations(document: &Value, path: &str, vulnerability: &Value, found: &mut Findings) {
    let Some(status) = vulnerability.get("product_status") else { return };
    let open: &[&str] = &["workaround", "mitigation", "vendor_fix", "fix_planned"];
    let discouraged: [(&str, &[&str], &[&str]); 4] = [
        ("not affected", &["known_not_affected"], &["fix_planned", "no_fix_planned"]),
        ("fixed", &["first_fixed", "fixed"], &["optional_patch"]),
        ("under investigation", &["under_investigation"], open),
        ("of unknown state", &["unknown"], open),
    ];
    for (place, remediation) in items(vulnerability, "remediations") {
        let Some(category) = text(remediation, "category") else { continue };
        let products = covered(document, remediation);
        for (state, lists, categories) in discouraged {
            let listed = lists.iter().flat_map(|list| texts(status, list)).find(|(_, id)| products.contains(id));
            if let Some((_, id)) = listed.filter(|_| categories.contains(&category)) {
                let message = format!("The product {id} is {state}; a {category} hardly goes with that");
                found.add("6.2.27", format!("{path}/remediations/{place}"), message);
            }
        }
    }
}

/// Where the document itself lies: what a reference of the category self names.
fn canonical<'a>(head: &'a Value, tracking: &'a Value) -> Option<&'a str> {
    let name = super::file_name(text(tracking, "id").unwrap_or_default());
    items(head, "references")
        .filter(|(_, reference)| text(reference, "category") == Some("self"))
        .filter_map(|(_, reference)| text(reference, "url"))
        .find(|url| url.starts_with("https://") && url.ends_with(&name))
}

/// 6.2.34 to 6.2.37, 6.2.47, 6.3.12, 6.3.14, 6.3.15 and 6.3.18.
fn metrics(head: &Value, path: &str, vulnerability: &Value, own: Option<&str>, found: &mut Findings) {
    let mut scored = HashSet::new();
    for (place, metric) in items(vulnerability, "metrics") {
        let Some(content) = metric.get("content") else { continue };
        let path = format!("{path}/metrics/{place}/content");
        let has = |key: &str| content.get(key).is_some();
        if ["cvss_v2", "cvss_v3", "cvss_v4"].into_iter().any(has) {
            scored.extend(texts(metric, "products").map(|(_, id)| id));
            if !has("cvss_v4") {
                found.add("6.3.12", path.clone(), "Give a vector of CVSS 4.0 as well");
            }
        }
        if has("qualitative_severity_rating") {
            let path = format!("{path}/qualitative_severity_rating");
            let source = text(metric, "source");
            if source.is_none() || source == own {
                let message = "Who publishes the document knows more than a word; give a CVSS vector";
                found.add("6.2.47", path.clone(), message);
            }
            found.add("6.3.18", path, "A word for the severity cannot be checked or compared; a CVSS vector can");
        }
        if let Some(list) = content.get("ssvc_v2") {
            for (place, selection) in items(list, "selections") {
                let path = format!("{path}/ssvc_v2/selections/{place}/namespace");
                if let Some(namespace) = text(selection, "namespace") {
                    decision_points(is_clear(head), &path, namespace, list, found);
                }
            }
        }
    }
    let status = vulnerability.get("product_status").unwrap_or(&Value::Null);
    for list in ["first_affected", "known_affected", "last_affected"] {
        for (place, id) in texts(status, list).filter(|(_, id)| !scored.contains(id)) {
            let path = format!("{path}/product_status/{list}/{place}");
            found.add("6.3.12", path, format!("There is no CVSS vector for {id}; give one of CVSS 4.0"));
        }
    }
}

/// 6.2.34 to 6.2.37, 6.3.14 and 6.3.15 for one namespace.
fn decision_points(is_clear: bool, path: &str, namespace: &str, list: &Value, found: &mut Findings) {
    let base = ssvc::base(namespace);
    let is_own = base.starts_with("x_") || matches!(base, "invalid" | "test");
    // The namespace for examples is there to be used in them.
    if is_own || !(ssvc::REGISTERED.contains(&base) || base == "example") {
        found.add(
            "6.2.34",
            path,
            format!("The namespace {base} is not registered; readers may not know what it means"),
        );
    }
    if is_own {
        let test = if is_clear { "6.2.35" } else { "6.3.14" };
        found.add(test, path, format!("Nobody else has to know the namespace {base}; use a registered one"));
    }
    if namespace.contains('/') {
        let test = if is_clear { "6.2.36" } else { "6.3.15" };
        found.add(test, path, "The namespace is extended; readers may not know the extension");
    }
    let is_explained = |resource: &Value| text(resource, "summary").is_some_and(|text| text.contains(namespace));
    if is_own && !items(list, "decision_point_resources").any(|(_, resource)| is_explained(resource)) {
        let message = format!("Add a resource whose summary names {namespace}, so that it can be looked up");
        found.add("6.2.37", path, message);
    }
}

/// 6.2.41: the youngest figure of EPSS is at most 15 days older than the newest revision.
fn ages(path: &str, vulnerability: &Value, newest: Option<Timestamp>, found: &mut Findings) {
    let at =
        |metric: &Value| -> Option<Timestamp> { text(metric.get("content")?.get("epss")?, "timestamp")?.parse().ok() };
    let youngest = items(vulnerability, "metrics").filter_map(|(_, metric)| at(metric)).max();
    if let (Some(youngest), Some(newest)) = (youngest, newest)
        && newest.duration_since(youngest) > SignedDuration::from_hours(15 * 24)
    {
        let message = "The EPSS figure is more than 15 days older than the newest revision; look it up again";
        found.add("6.2.41", format!("{path}/metrics"), message);
    }
}

/// 6.2.53 and 6.3.20.
///
/// Source: Registry for Vulnerability ID Systems for CSAF, version 1 (6 February 2026).
fn systems(path: &str, vulnerability: &Value, found: &mut Findings) {
    for (place, id) in items(vulnerability, "ids") {
        let (Some(system), Some(given)) = (text(id, "system_name"), text(id, "text")) else { continue };
        let digits = |text: &str, least: usize| text.len() >= least && text.bytes().all(|byte| byte.is_ascii_digit());
        let (fits, form) = match system {
            "https://github.com/oasis-tcs/csaf" => {
                let number = given.strip_prefix('#').filter(|number| !number.starts_with('0'));
                (number.is_some_and(|number| digits(number, 1)), "#1217")
            }
            "https://euvd.enisa.europa.eu" => {
                let parts = given.strip_prefix("EUVD-").and_then(|rest| rest.split_once('-'));
                let fits = parts.is_some_and(|(year, number)| {
                    year.len() == 4 && digits(year, 4) && !year.starts_with('0') && digits(number, 4)
                });
                (fits, "EUVD-2026-4660")
            }
            _ => {
                let message = "The system is not in the registry; use the registered name where there is one";
                found.add("6.3.20", format!("{path}/ids/{place}/system_name"), message);
                continue;
            }
        };
        if !fits {
            let message = format!("Ids of this system look like {form}");
            found.add("6.2.53", format!("{path}/ids/{place}/text"), message);
        }
    }
}

/// 6.2.54.2, 6.2.54.3, 6.3.21.1 and 6.3.21.3 to 6.3.21.9. No extension is official yet.
fn extensions(document: &Value, head: &Value, found: &mut Findings) {
    let mut look = |test: &'static str, path: String, holder: &Value| {
        let Some(list) = holder.get("x_extensions") else { return };
        let path = format!("{path}/x_extensions");
        let message = "Programs that do not know the extension pass over what stands here";
        found.add(test, path.clone(), message);
        for (place, extension) in list.as_array().into_iter().flatten().enumerate() {
            let path = format!("{path}/{place}");
            if text(extension, "$schema").is_some() {
                found.add("6.2.54.2", path.clone(), "This is no official extension of CSAF");
            }
            if extension.get("critical").and_then(Value::as_bool) == Some(true) {
                let message =
                    "A program that does not know a critical extension must not use the document; few know it";
                found.add("6.2.54.3", format!("{path}/critical"), message);
            }
            if text(extension, "category") == Some("essential") {
                let message = "Without this extension the document cannot be understood; few programs know it";
                found.add("6.3.21.1", path, message);
            }
        }
    };
    look("6.3.21.9", String::new(), document);
    look("6.3.21.3", "/document".to_owned(), head);
    walk::products(document, &mut |path, product| {
        let test = match path.as_str() {
            path if path.starts_with("/product_tree/branches") => "6.3.21.4",
            path if path.starts_with("/product_tree/full_product_names") => "6.3.21.5",
            _ => "6.3.21.6",
        };
        look(test, path.clone(), product);
    });
    for (path, vulnerability) in vulnerabilities(document) {
        for (place, metric) in items(vulnerability, "metrics") {
            if let Some(content) = metric.get("content") {
                look("6.3.21.7", format!("{path}/metrics/{place}/content"), content);
            }
        }
        look("6.3.21.8", path, vulnerability);
    }
}
