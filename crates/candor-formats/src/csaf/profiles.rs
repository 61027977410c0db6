//! Mandatory tests about the category and the profile it promises: 6.1.26 and 6.1.27.

use std::collections::HashSet;

use serde_json::Value;

use super::Findings;
use super::walk::{covered, items, text, texts, vulnerabilities};

/// What the category promises.
///
/// Source: CSAF 2.0 section 4.
#[derive(Clone, Copy, PartialEq)]
enum Profile {
    Base,
    SecurityIncidentResponse,
    InformationalAdvisory,
    SecurityAdvisory,
    Vex,
}

pub fn check(document: &Value, findings: &mut Findings) {
    let category = document.get("document").and_then(|head| text(head, "category")).unwrap_or_default();
    let profile = match category {
        "csaf_security_incident_response" => Profile::SecurityIncidentResponse,
        "csaf_informational_advisory" => Profile::InformationalAdvisory,
        "csaf_security_advisory" => Profile::SecurityAdvisory,
        "csaf_vex" => Profile::Vex,
        _ => Profile::Base,
    };
    match profile {
        Profile::Base => category_is_free(category, findings),
        Profile::SecurityIncidentResponse | Profile::InformationalAdvisory => {
            tells_a_story(document, profile == Profile::InformationalAdvisory, findings)
        }
        Profile::SecurityAdvisory | Profile::Vex => names_products(document, profile, findings),
    }
    if profile == Profile::Vex {
        states_and_justifies(document, findings);
    }
}

/// 6.1.26.
fn category_is_free(category: &str, findings: &mut Findings) {
    const PROFILES: [&str; 4] = ["securityincidentresponse", "informationaladvisory", "securityadvisory", "vex"];
    if category == "csaf_base" {
        return;
    }
    let folded = folded(category);
    let bare = folded.strip_prefix("csaf").unwrap_or(&folded);
    if PROFILES.contains(&bare) || category.to_lowercase().starts_with("csaf_") {
        let message = "This reads like a CSAF profile but is none; use the exact value of the profile or another word";
        findings.add("6.1.26", "/document/category", message);
    }
}

/// A category without case, white space, dashes of any kind and underscores.
pub fn folded(category: &str) -> String {
    const DASHES: [char; 8] =
        ['\u{ad}', '\u{2212}', '\u{203f}', '\u{2040}', '\u{332}', '\u{ff0d}', '\u{ff3f}', '\u{fe63}'];
    let is_dash = |c: char| {
        matches!(c, '-' | '_' | '\u{2010}'..='\u{2015}' | '\u{fe31}'..='\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{fe58}')
            || DASHES.contains(&c)
    };
    category.to_lowercase().chars().filter(|c| !is_dash(*c) && !c.is_whitespace()).collect()
}

/// 6.1.27.1, 6.1.27.2 and 6.1.27.3.
pub fn tells_a_story(document: &Value, informational: bool, findings: &mut Findings) {
    let head = &document["document"];
    let tells = |(_, note): (usize, &Value)| {
        matches!(text(note, "category"), Some("description" | "details" | "general" | "summary"))
    };
    if !items(head, "notes").any(tells) {
        findings.add(
            "6.1.27.1",
            "/document/notes",
            "This profile needs a note of the category description, details, general or summary",
        );
    }
    // `external` is the default category of a reference.
    if !items(head, "references")
        .any(|(_, reference)| text(reference, "category").is_none_or(|category| category == "external"))
    {
        findings.add("6.1.27.2", "/document/references", "This profile needs a reference of the category external");
    }
    if informational && document.get("vulnerabilities").is_some() {
        findings.add("6.1.27.3", "/vulnerabilities", "An informational advisory has no vulnerabilities");
    }
}

/// 6.1.27.4, 6.1.27.5, 6.1.27.6 and 6.1.27.11.
fn names_products(document: &Value, profile: Profile, findings: &mut Findings) {
    if document.get("product_tree").is_none() {
        findings.add("6.1.27.4", "/product_tree", "This profile needs a product tree");
    }
    if document.get("vulnerabilities").is_none() {
        findings.add("6.1.27.11", "/vulnerabilities", "This profile needs vulnerabilities");
    }
    for (path, vulnerability) in vulnerabilities(document) {
        if vulnerability.get("notes").is_none() {
            findings.add("6.1.27.5", format!("{path}/notes"), "This profile needs notes for each vulnerability");
        }
        if profile == Profile::SecurityAdvisory && vulnerability.get("product_status").is_none() {
            findings.add(
                "6.1.27.6",
                format!("{path}/product_status"),
                "This profile needs a product status for each vulnerability",
            );
        }
    }
}

/// 6.1.27.7 to 6.1.27.10.
pub fn states_and_justifies(document: &Value, findings: &mut Findings) {
    const STATES: [&str; 4] = ["fixed", "known_affected", "known_not_affected", "under_investigation"];
    for (path, vulnerability) in vulnerabilities(document) {
        let status = vulnerability.get("product_status");
        if !STATES.iter().any(|state| status.is_some_and(|status| status.get(state).is_some())) {
            let message = "A VEX document needs one of fixed, known_affected, known_not_affected, under_investigation";
            findings.add("6.1.27.7", format!("{path}/product_status"), message);
        }
        if vulnerability.get("cve").is_none() && vulnerability.get("ids").is_none() {
            findings.add(
                "6.1.27.8",
                path.clone(),
                "A VEX document needs a CVE number or another id for each vulnerability",
            );
        }
        let Some(status) = status else { continue };
        let flags = items(vulnerability, "flags").map(|(_, flag)| flag);
        let impacts = items(vulnerability, "threats")
            .map(|(_, threat)| threat)
            .filter(|threat| text(threat, "category") == Some("impact"));
        let justified: HashSet<&str> = flags.chain(impacts).flat_map(|subject| covered(document, subject)).collect();
        for (item, id) in texts(status, "known_not_affected").filter(|(_, id)| !justified.contains(id)) {
            let path = format!("{path}/product_status/known_not_affected/{item}");
            findings.add(
                "6.1.27.9",
                path,
                format!("There is no flag and no impact statement that says why {id} is not affected"),
            );
        }
        let remedied: HashSet<&str> =
            items(vulnerability, "remediations").flat_map(|(_, remediation)| covered(document, remediation)).collect();
        for (item, id) in texts(status, "known_affected").filter(|(_, id)| !remedied.contains(id)) {
            let path = format!("{path}/product_status/known_affected/{item}");
            findings.add("6.1.27.10", path, format!("There is no remediation that says what to do about {id}"));
        }
    }
}
