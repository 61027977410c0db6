//! Optional tests (6.2, which CSAF 2.1 calls recommended) and informative ones (6.3): what would make a valid document better.
//!
//! None of them makes a document invalid. Those that need the network (6.3.6, 6.3.7) or a spell checker (6.3.8) are left out.
//! What CSAF 2.1 added stands in a room of its own.

use std::collections::HashSet;

use jiff::Timestamp;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use super::advice_2_1::{self, INFORMATIVE_TESTS_2_1, RECOMMENDED_TESTS_2_1};
use super::walk::{branches, covered, items, products, text, texts, vulnerabilities};
use super::{Edition, shape};
use crate::cvss::CvssVector;
use crate::finding::{Finding, Findings};
use crate::vers::Vers;

/// The optional tests that are run on both editions; 2.0 has all twenty of them, 2.1 goes on after them.
pub const OPTIONAL_TESTS: [&str; 20] = [
    "6.2.1", "6.2.2", "6.2.3", "6.2.4", "6.2.5", "6.2.6", "6.2.7", "6.2.8", "6.2.9", "6.2.10", "6.2.11", "6.2.12",
    "6.2.13", "6.2.14", "6.2.15", "6.2.16", "6.2.17", "6.2.18", "6.2.19", "6.2.20",
];

/// The informative tests that are run on both editions.
pub const INFORMATIVE_TESTS: [&str; 8] = ["6.3.1", "6.3.2", "6.3.3", "6.3.4", "6.3.5", "6.3.9", "6.3.10", "6.3.11"];

/// Where an edition keeps things.
struct Places {
    /// The list of a vulnerability that holds scores.
    scores: &'static str,
    /// The member of its items that holds the vectors; the item itself where it is empty.
    content: &'static str,
    /// What a vulnerability says of its weakness.
    weakness: &'static str,
}

const AFFECTED: [&str; 3] = ["first_affected", "known_affected", "last_affected"];

/// What could be better in `document`, as findings of the optional and informative tests, in their order.
///
/// The order of members (6.2.13) cannot be seen in a parsed document; see [`unsorted`].
pub fn advice(document: &Value) -> Vec<Finding> {
    let edition = Edition::of(document);
    let places = match edition {
        Edition::V2_0 => Places { scores: "scores", content: "", weakness: "cwe" },
        Edition::V2_1 => Places { scores: "metrics", content: "content", weakness: "cwes" },
    };
    let mut found = Findings::default();
    unused_products(document, &mut found);
    tracking(document, &mut found);
    head(document, edition, &mut found);
    tree(document, &mut found);
    for (path, vulnerability) in vulnerabilities(document) {
        statuses(document, &path, vulnerability, &places, &mut found);
        names(&path, vulnerability, &places, &mut found);
        scores(&path, vulnerability, &places, &mut found);
    }
    match edition {
        Edition::V2_0 => shape::unknown_members(document, &mut found),
        Edition::V2_1 => advice_2_1::check(document, &mut found),
    }
    let order = |finding: &Finding| {
        let all =
            OPTIONAL_TESTS.iter().chain(&RECOMMENDED_TESTS_2_1).chain(&INFORMATIVE_TESTS).chain(&INFORMATIVE_TESTS_2_1);
        all.into_iter().position(|test| *test == finding.test)
    };
    found.0.sort_by_key(order);
    found.0
}

/// Whether a finding is of an informative test, and not of an optional one.
pub fn is_informative(finding: &Finding) -> bool {
    finding.test.starts_with("6.3.")
}

/// 6.2.1.
fn unused_products(document: &Value, found: &mut Findings) {
    if document.get("document").and_then(|head| text(head, "category")) == Some("csaf_informational_advisory") {
        return;
    }
    let mut used = HashSet::new();
    named(document, &mut used);
    products(document, &mut |path, product| {
        if let Some(id) = text(product, "product_id").filter(|id| !used.contains(id)) {
            let message = format!("Nothing refers to the product {id}; say what holds for it, or remove it");
            found.add("6.2.1", format!("{path}/product_id"), message);
        }
    });
}

/// Every text that stands where an id of a product may be referred to.
fn named<'a>(value: &'a Value, used: &mut HashSet<&'a str>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::String(id) if key.ends_with("product_reference") => drop(used.insert(id)),
                    Value::Array(ids) if ids.iter().all(Value::is_string) => {
                        used.extend(ids.iter().filter_map(Value::as_str));
                    }
                    other => named(other, used),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| named(item, used)),
        _ => {}
    }
}

/// 6.2.4 to 6.2.6.
fn tracking(document: &Value, found: &mut Findings) {
    let Some(tracking) = document.get("document").and_then(|head| head.get("tracking")) else { return };
    let mut dates = Vec::new();
    for (place, revision) in items(tracking, "revision_history") {
        dates.extend(text(revision, "date").and_then(|date| date.parse::<Timestamp>().ok()));
        if text(revision, "number").is_some_and(|number| number.contains('+')) {
            let path = format!("/document/tracking/revision_history/{place}/number");
            found.add("6.2.4", path, "Leave build metadata, from the + on, out of the number of a revision");
        }
    }
    let date = |key: &str| text(tracking, key).and_then(|date| date.parse::<Timestamp>().ok());
    if let (Some(initial), Some(oldest)) = (date("initial_release_date"), dates.iter().min())
        && initial < *oldest
    {
        let message = format!("The initial release is older than the first revision, of {oldest}");
        found.add("6.2.5", "/document/tracking/initial_release_date", message);
    }
    if let (Some(current), Some(newest)) = (date("current_release_date"), dates.iter().max())
        && current < *newest
    {
        let message = format!("The current release is older than the last revision, of {newest}");
        found.add("6.2.6", "/document/tracking/current_release_date", message);
    }
}

/// 6.2.10 to 6.2.12, 6.2.14 and 6.2.15.
fn head(document: &Value, edition: Edition, found: &mut Findings) {
    let Some(head) = document.get("document") else { return };
    if edition == Edition::V2_0 && head.pointer("/distribution/tlp/label").is_none() {
        found.add("6.2.10", "/document", "Say with a TLP label who may read the document");
    }
    let id = head.get("tracking").and_then(|tracking| text(tracking, "id")).unwrap_or_default();
    let name = super::file_name(id);
    let is_canonical = |reference: &Value| {
        let url = text(reference, "url").unwrap_or_default();
        text(reference, "category") == Some("self") && url.starts_with("https://") && url.ends_with(&name)
    };
    if !items(head, "references").any(|(_, reference)| is_canonical(reference)) {
        let message = format!("Refer with category self to the document's own address, which ends with {name}");
        found.add("6.2.11", "/document/references", message);
    }
    if text(head, "lang").is_none() {
        found.add("6.2.12", "/document/lang", "Say in which language the document is written");
    }
    for key in ["lang", "source_lang"] {
        let Some(tag) = text(head, key) else { continue };
        let path = || format!("/document/{key}");
        if is_private(tag) {
            found.add(
                "6.2.14",
                path(),
                format!("{tag} means something only to those who agreed on it; use a public tag"),
            );
        }
        if tag.eq_ignore_ascii_case("i-default") {
            found.add("6.2.15", path(), "i-default says that the language is not known; name it");
        }
    }
}

/// Whether a language tag holds subtags for private use.
///
/// Source: RFC 5646 section 2.2; the IANA registry's ranges for private use.
fn is_private(tag: &str) -> bool {
    let tag = tag.to_ascii_lowercase();
    tag.split('-').enumerate().any(|(place, part)| match (part.len(), place) {
        (1, _) => part == "x",
        (3, 0) => ("qaa"..="qtz").contains(&part),
        (4, 1..) => ("qaaa"..="qabx").contains(&part),
        (2, 1..) => part == "aa" || part == "zz" || ("qm"..="qz").contains(&part) || ("xa"..="xz").contains(&part),
        _ => false,
    })
}

/// 6.2.8, 6.2.9, 6.2.16, 6.2.18, 6.3.5, 6.3.9 to 6.3.11.
fn tree(document: &Value, found: &mut Findings) {
    products(document, &mut |path, product| {
        let Some(helper) = product.get("product_identification_helper") else {
            found.add("6.2.16", path.clone(), "Say by what machines know the product: a package URL, CPE name or hash");
            return;
        };
        for (place, hash) in items(helper, "hashes") {
            let path = format!("{path}/product_identification_helper/hashes/{place}/file_hashes");
            let all: Vec<&str> = items(hash, "file_hashes").filter_map(|(_, hash)| text(hash, "algorithm")).collect();
            for (test, weak) in [("6.2.8", "md5"), ("6.2.9", "sha1")] {
                if !all.is_empty() && all.iter().all(|algorithm| *algorithm == weak) {
                    found.add(
                        test,
                        path.clone(),
                        format!("{weak} can be forged; give a hash of SHA-2 or SHA-3 as well"),
                    );
                }
            }
            for (item, hash) in items(hash, "file_hashes") {
                if text(hash, "value").is_some_and(|value| value.len() < 64) {
                    found.add("6.3.5", format!("{path}/{item}/value"), "A hash of fewer than 256 bits can be forged");
                }
            }
        }
    });
    let Some(tree) = document.get("product_tree") else { return };
    branches(tree, &mut |path, branch| {
        let name = text(branch, "name").unwrap_or_default();
        match text(branch, "category") {
            Some("product_version_range") => {
                found.add(
                    "6.3.10",
                    format!("{path}/category"),
                    "Versions one by one are matched more surely than a range",
                );
                if !name.starts_with("vers:") || Vers::parse(name).is_err() {
                    found.add(
                        "6.2.18",
                        format!("{path}/name"),
                        "Write the range as vers:, so that machines can read it",
                    );
                }
            }
            Some("product_version") => {
                let mut letters = name.chars();
                let is_v = letters.next().is_some_and(|first| matches!(first, 'v' | 'V'));
                if is_v && letters.next().is_some_and(|second| second.is_ascii_digit()) {
                    found.add(
                        "6.3.11",
                        format!("{path}/name"),
                        "Leave out the v: the category says that it is a version",
                    );
                }
            }
            _ => {}
        }
    });
    ways(tree, "/product_tree", &mut Vec::new(), found);
}

/// 6.3.9: each product stands below its vendor, its name and its version, in that order.
fn ways<'a>(parent: &'a Value, path: &str, above: &mut Vec<&'a str>, found: &mut Findings) {
    for (place, branch) in items(parent, "branches") {
        let path = format!("{path}/branches/{place}");
        above.push(text(branch, "category").unwrap_or_default());
        if branch.get("product").is_some() {
            let mut rest = above.iter();
            let complete =
                ["vendor", "product_name", "product_version"].into_iter().all(|step| rest.any(|is| *is == step));
            if !complete {
                let message = "Put the product below branches for its vendor, its name and its version, in this order";
                found.add("6.3.9", format!("{path}/product"), message);
            }
        }
        ways(branch, &path, above, found);
        above.pop();
    }
}

/// 6.2.2, 6.2.3 and 6.2.19.
fn statuses(document: &Value, path: &str, vulnerability: &Value, places: &Places, found: &mut Findings) {
    let Some(status) = vulnerability.get("product_status") else { return };
    let remedied: HashSet<&str> =
        items(vulnerability, "remediations").flat_map(|(_, remediation)| covered(document, remediation)).collect();
    let scored: HashSet<&str> =
        items(vulnerability, places.scores).flat_map(|(_, score)| texts(score, "products")).map(|(_, id)| id).collect();
    for list in AFFECTED.into_iter().chain(["under_investigation"]) {
        for (place, id) in texts(status, list) {
            let path = format!("{path}/product_status/{list}/{place}");
            if !remedied.contains(id) {
                found.add(
                    "6.2.2",
                    path.clone(),
                    format!("Say what to do about {id}, even that there is nothing to do"),
                );
            }
            if list != "under_investigation" && !scored.contains(id) {
                found.add("6.2.3", path, format!("Say how severe it is for {id}"));
            }
        }
    }
    let fixed: HashSet<&str> =
        ["first_fixed", "fixed"].into_iter().flat_map(|list| texts(status, list)).map(|(_, id)| id).collect();
    for (place, score) in items(vulnerability, places.scores) {
        let Some((item, id)) = texts(score, "products").find(|(_, id)| fixed.contains(id)) else { continue };
        let content = if places.content.is_empty() { Some(score) } else { score.get(places.content) };
        let objects = ["cvss_v2", "cvss_v3", "cvss_v4"].into_iter().filter_map(|key| content?.get(key));
        let mut environmental = objects.map(|object| {
            let vector = text(object, "vectorString").and_then(|vector| CvssVector::parse(vector).ok());
            let computed = vector.map(|vector| vector.environmental_score().unwrap_or_else(|| vector.score()));
            let said = object.get("environmentalScore").and_then(Value::as_f64);
            if nothing_is_left(object) { 0.0 } else { said.or(computed).unwrap_or(0.0) }
        });
        if environmental.any(|score| score > 0.0) {
            let message = format!("{id} is fixed, so that its environmental score should be 0, or it should have none");
            found.add("6.2.19", format!("{path}/{}/{place}/products/{item}", places.scores), message);
        }
    }
}

/// Whether a score object says, beside its vector, that the environment loses nothing.
fn nothing_is_left(object: &Value) -> bool {
    let impacts: Vec<&str> = object
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(key, _)| key.starts_with("modified") && key.ends_with("Impact"))
        .filter_map(|(_, value)| value.as_str())
        .collect();
    let all = if text(object, "version") == Some("4.0") { 6 } else { 3 };
    impacts.len() == all && impacts.iter().all(|impact| matches!(*impact, "NONE" | "NEGLIGIBLE"))
}

/// 6.2.7, 6.2.17, 6.3.3 and 6.3.4.
fn names(path: &str, vulnerability: &Value, places: &Places, found: &mut Findings) {
    for (place, involvement) in items(vulnerability, "involvements") {
        if involvement.get("date").is_none() {
            found.add("6.2.7", format!("{path}/involvements/{place}"), "Say since when the party is involved so");
        }
    }
    for (place, id) in items(vulnerability, "ids") {
        let plain: String =
            text(id, "text").unwrap_or_default().chars().filter(|c| !c.is_whitespace() && !c.is_control()).collect();
        if crate::identifiers::is_cve(&plain) {
            found.add("6.2.17", format!("{path}/ids/{place}"), "A CVE number has a member of its own, cve");
        }
    }
    if vulnerability.get("cve").is_none() {
        found.add("6.3.3", format!("{path}/cve"), "Many tools match by CVE numbers alone; get one where you can");
    }
    if vulnerability.get(places.weakness).is_none() {
        found.add("6.3.4", format!("{path}/{}", places.weakness), "Say which weakness it is");
    }
}

/// 6.3.1 and 6.3.2.
fn scores(path: &str, vulnerability: &Value, places: &Places, found: &mut Findings) {
    let has = |score: &Value, keys: &[&str]| {
        let content = if places.content.is_empty() { Some(score) } else { score.get(places.content) };
        content.is_some_and(|content| keys.iter().any(|key| content.get(key).is_some()))
    };
    let mut newer = HashSet::new();
    for (_, score) in items(vulnerability, places.scores).filter(|(_, score)| has(score, &["cvss_v3", "cvss_v4"])) {
        newer.extend(texts(score, "products").map(|(_, id)| id));
    }
    for (place, score) in items(vulnerability, places.scores) {
        let content = if places.content.is_empty() { Some(score) } else { score.get(places.content) };
        let Some(content) = content else { continue };
        let slash = if places.content.is_empty() { "" } else { "/content" };
        let path = format!("{path}/{}/{place}{slash}", places.scores);
        if content.get("cvss_v2").is_some() && texts(score, "products").any(|(_, id)| !newer.contains(id)) {
            found.add("6.3.1", format!("{path}/cvss_v2"), "Give a vector of a newer CVSS beside the one of version 2");
        }
        let is_old = |object: &Value| {
            text(object, "version") == Some("3.0")
                || text(object, "vectorString").is_some_and(|vector| vector.starts_with("CVSS:3.0"))
        };
        if content.get("cvss_v3").is_some_and(is_old) {
            found.add("6.3.2", format!("{path}/cvss_v3"), "CVSS 3.1 says the same more precisely than 3.0");
        }
    }
}

/// 6.2.13: whether the members of each object of a document's text stand in alphabetical order. Gives the first that does not.
///
/// # Errors
///
/// Where the text is no JSON.
pub fn unsorted(text: &str) -> Result<Option<Finding>, serde_json::Error> {
    let Order(first) = serde_json::from_str(text)?;
    Ok(first.map(|path| Finding {
        test: "6.2.13",
        path,
        message: "Sort the members of each object by name, so that editions can be compared".to_owned(),
    }))
}

/// The path of the first member that is out of order.
struct Order(Option<String>);

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Look;
        impl<'de> Visitor<'de> for Look {
            type Value = Order;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Order, A::Error> {
                let (mut first, mut before) = (None, String::new());
                while let Some(key) = map.next_key::<String>()? {
                    if first.is_some() {
                        map.next_value::<IgnoredAny>()?;
                        continue;
                    }
                    let step = || key.replace('~', "~0").replace('/', "~1");
                    if key < before {
                        first = Some(format!("/{}", step()));
                        map.next_value::<IgnoredAny>()?;
                    } else if let Order(Some(below)) = map.next_value()? {
                        first = Some(format!("/{}{below}", step()));
                    }
                    before = key;
                }
                Ok(Order(first))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Order, A::Error> {
                let (mut first, mut place) = (None, 0_usize);
                while let Some(Order(below)) = list.next_element()? {
                    first = first.or_else(|| below.map(|below| format!("/{place}{below}")));
                    place += 1;
                }
                Ok(Order(first))
            }

            fn visit_bool<E>(self, _: bool) -> Result<Order, E> {
                Ok(Order(None))
            }

            fn visit_i64<E>(self, _: i64) -> Result<Order, E> {
                Ok(Order(None))
            }

            fn visit_u64<E>(self, _: u64) -> Result<Order, E> {
                Ok(Order(None))
            }

            fn visit_f64<E>(self, _: f64) -> Result<Order, E> {
                Ok(Order(None))
            }

            fn visit_str<E>(self, _: &str) -> Result<Order, E> {
                Ok(Order(None))
            }

            fn visit_unit<E>(self) -> Result<Order, E> {
                Ok(Order(None))
            }
        }
        from.deserialize_any(Look)
    }
}
