//! The JSON schema of CSAF 2.0 as a table, and a walk over a document beside it.
//!
//! The CVSS objects are left to the tests 6.1.8 to 6.1.10. Source: CSAF 2.0 section 3, `csaf_json_schema.json`.

use jiff::Timestamp;
use serde_json::Value;

use super::Findings;
use crate::{identifiers, uri};

/// What a value must look like.
enum Shape {
    /// Text of at least one character.
    Text,
    /// An absolute URI.
    Uri,
    /// A date and time of RFC 3339.
    Instant,
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// Text that the function accepts, and what it should look like.
    Like(fn(&str) -> bool, &'static str),
    /// A list of at least one item.
    List(&'static Shape),
    /// A list of at least so many items without two equal ones.
    Set(&'static Shape, usize),
    /// An object.
    Object(&'static Object),
    /// An object that is checked elsewhere.
    Elsewhere,
}

/// What the members of an object must look like. Members that are not named are allowed.
struct Object {
    required: &'static [&'static str],
    members: &'static [(&'static str, Shape)],
    /// The smallest and largest count of members.
    count: (usize, usize),
}

use Shape::{Elsewhere, Instant, Like, List, OneOf, Set, Text, Uri};

const fn object(required: &'static [&'static str], members: &'static [(&'static str, Shape)]) -> Object {
    Object { required, members, count: (0, usize::MAX) }
}

const fn not_empty(members: &'static [(&'static str, Shape)]) -> Object {
    Object { required: &[], members, count: (1, usize::MAX) }
}

const LANGUAGE: Shape = Like(is_language_tag, "a language tag such as en or pt-BR");
const VERSION: Shape = Like(is_version, "a version such as 1 or 1.0.0");

static ACKNOWLEDGMENT: Object =
    not_empty(&[("names", List(&Text)), ("organization", Text), ("summary", Text), ("urls", List(&Uri))]);
static ACKNOWLEDGMENTS: Shape = Shape::Object(&ACKNOWLEDGMENT);

static NOTE: Object = object(
    &["category", "text"],
    &[
        ("audience", Text),
        ("category", OneOf(&["description", "details", "faq", "general", "legal_disclaimer", "other", "summary"])),
        ("text", Text),
        ("title", Text),
    ],
);
static NOTES: Shape = Shape::Object(&NOTE);

static REFERENCE: Object =
    object(&["summary", "url"], &[("category", OneOf(&["external", "self"])), ("summary", Text), ("url", Uri)]);
static REFERENCES: Shape = Shape::Object(&REFERENCE);

static FILE_HASH: Object =
    object(&["algorithm", "value"], &[("algorithm", Text), ("value", Like(is_hash, "at least 32 hexadecimal digits"))]);
static FILE_HASHES: Shape = Shape::Object(&FILE_HASH);
static HASH: Object = object(&["file_hashes", "filename"], &[("file_hashes", List(&FILE_HASHES)), ("filename", Text)]);
static HASHES: Shape = Shape::Object(&HASH);
static GENERIC_URI: Object = object(&["namespace", "uri"], &[("namespace", Uri), ("uri", Uri)]);
static GENERIC_URIS: Shape = Shape::Object(&GENERIC_URI);
static HELPER: Object = not_empty(&[
    ("cpe", Like(is_cpe, "a CPE name such as cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*")),
    ("hashes", List(&HASHES)),
    ("model_numbers", Set(&Text, 1)),
    ("purl", Like(is_purl_like, "a package URL such as pkg:npm/name@1.0.0")),
    ("sbom_urls", List(&Uri)),
    ("serial_numbers", Set(&Text, 1)),
    ("skus", List(&Text)),
    ("x_generic_uris", List(&GENERIC_URIS)),
]);
static PRODUCT: Object = object(
    &["name", "product_id"],
    &[("name", Text), ("product_id", Text), ("product_identification_helper", Shape::Object(&HELPER))],
);
static PRODUCTS: Shape = Shape::Object(&PRODUCT);

static BRANCH: Object = Object {
    required: &["category", "name"],
    members: &[
        ("branches", List(&BRANCHES)),
        (
            "category",
            OneOf(&[
                "architecture",
                "host_name",
                "language",
                "legacy",
                "patch_level",
                "product_family",
                "product_name",
                "product_version",
                "product_version_range",
                "service_pack",
                "specification",
                "vendor",
            ]),
        ),
        ("name", Text),
        ("product", Shape::Object(&PRODUCT)),
    ],
    count: (3, 3),
};
static BRANCHES: Shape = Shape::Object(&BRANCH);

static GROUP: Object =
    object(&["group_id", "product_ids"], &[("group_id", Text), ("product_ids", Set(&Text, 2)), ("summary", Text)]);
static GROUPS: Shape = Shape::Object(&GROUP);
static RELATIONSHIP: Object = object(
    &["category", "full_product_name", "product_reference", "relates_to_product_reference"],
    &[
        (
            "category",
            OneOf(&[
                "default_component_of",
                "external_component_of",
                "installed_on",
                "installed_with",
                "optional_component_of",
            ]),
        ),
        ("full_product_name", Shape::Object(&PRODUCT)),
        ("product_reference", Text),
        ("relates_to_product_reference", Text),
    ],
);
static RELATIONSHIPS: Shape = Shape::Object(&RELATIONSHIP);
static PRODUCT_TREE: Object = not_empty(&[
    ("branches", List(&BRANCHES)),
    ("full_product_names", List(&PRODUCTS)),
    ("product_groups", List(&GROUPS)),
    ("relationships", List(&RELATIONSHIPS)),
]);

static ENGINE: Object = object(&["name"], &[("name", Text), ("version", Text)]);
static GENERATOR: Object = object(&["engine"], &[("date", Instant), ("engine", Shape::Object(&ENGINE))]);
static REVISION: Object = object(
    &["date", "number", "summary"],
    &[("date", Instant), ("legacy_version", Text), ("number", VERSION), ("summary", Text)],
);
static REVISIONS: Shape = Shape::Object(&REVISION);
static TRACKING: Object = object(
    &["current_release_date", "id", "initial_release_date", "revision_history", "status", "version"],
    &[
        ("aliases", Set(&Text, 1)),
        ("current_release_date", Instant),
        ("generator", Shape::Object(&GENERATOR)),
        ("id", Like(is_id, "text without white space at its ends")),
        ("initial_release_date", Instant),
        ("revision_history", List(&REVISIONS)),
        ("status", OneOf(&["draft", "final", "interim"])),
        ("version", VERSION),
    ],
);
static PUBLISHER: Object = object(
    &["category", "name", "namespace"],
    &[
        ("category", OneOf(&["coordinator", "discoverer", "other", "translator", "user", "vendor"])),
        ("contact_details", Text),
        ("issuing_authority", Text),
        ("name", Text),
        ("namespace", Uri),
    ],
);
static TLP: Object = object(&["label"], &[("label", OneOf(&["AMBER", "GREEN", "RED", "WHITE"])), ("url", Uri)]);
static DISTRIBUTION: Object = not_empty(&[("text", Text), ("tlp", Shape::Object(&TLP))]);
static AGGREGATE_SEVERITY: Object = object(&["text"], &[("namespace", Uri), ("text", Text)]);
static DOCUMENT: Object = object(
    &["category", "csaf_version", "publisher", "title", "tracking"],
    &[
        ("acknowledgments", List(&ACKNOWLEDGMENTS)),
        ("aggregate_severity", Shape::Object(&AGGREGATE_SEVERITY)),
        ("category", Like(is_category, "text that starts and ends with something other than space, - _ and .")),
        ("csaf_version", OneOf(&["2.0"])),
        ("distribution", Shape::Object(&DISTRIBUTION)),
        ("lang", LANGUAGE),
        ("notes", List(&NOTES)),
        ("publisher", Shape::Object(&PUBLISHER)),
        ("references", List(&REFERENCES)),
        ("source_lang", LANGUAGE),
        ("title", Text),
        ("tracking", Shape::Object(&TRACKING)),
    ],
);

static CWE: Object = object(&["id", "name"], &[("id", Like(is_cwe_id, "a weakness such as CWE-79")), ("name", Text)]);
static FLAG: Object = object(
    &["label"],
    &[
        ("date", Instant),
        ("group_ids", Set(&Text, 1)),
        (
            "label",
            OneOf(&[
                "component_not_present",
                "inline_mitigations_already_exist",
                "vulnerable_code_cannot_be_controlled_by_adversary",
                "vulnerable_code_not_in_execute_path",
                "vulnerable_code_not_present",
            ]),
        ),
        ("product_ids", Set(&Text, 1)),
    ],
);
static FLAGS: Shape = Shape::Object(&FLAG);
static ID: Object = object(&["system_name", "text"], &[("system_name", Text), ("text", Text)]);
static VULNERABILITY_IDS: Shape = Shape::Object(&ID);
static INVOLVEMENT: Object = object(
    &["party", "status"],
    &[
        ("date", Instant),
        ("party", OneOf(&["coordinator", "discoverer", "other", "user", "vendor"])),
        ("status", OneOf(&["completed", "contact_attempted", "disputed", "in_progress", "not_contacted", "open"])),
        ("summary", Text),
    ],
);
static INVOLVEMENTS: Shape = Shape::Object(&INVOLVEMENT);
static PRODUCT_STATUS: Object = not_empty(&[
    ("first_affected", Set(&Text, 1)),
    ("first_fixed", Set(&Text, 1)),
    ("fixed", Set(&Text, 1)),
    ("known_affected", Set(&Text, 1)),
    ("known_not_affected", Set(&Text, 1)),
    ("last_affected", Set(&Text, 1)),
    ("recommended", Set(&Text, 1)),
    ("under_investigation", Set(&Text, 1)),
]);
static RESTART: Object = object(
    &["category"],
    &[
        (
            "category",
            OneOf(&[
                "connected",
                "dependencies",
                "machine",
                "none",
                "parent",
                "service",
                "system",
                "vulnerable_component",
                "zone",
            ]),
        ),
        ("details", Text),
    ],
);
static REMEDIATION: Object = object(
    &["category", "details"],
    &[
        ("category", OneOf(&["mitigation", "no_fix_planned", "none_available", "vendor_fix", "workaround"])),
        ("date", Instant),
        ("details", Text),
        ("entitlements", List(&Text)),
        ("group_ids", Set(&Text, 1)),
        ("product_ids", Set(&Text, 1)),
        ("restart_required", Shape::Object(&RESTART)),
        ("url", Uri),
    ],
);
static REMEDIATIONS: Shape = Shape::Object(&REMEDIATION);
static SCORE: Object = Object {
    required: &["products"],
    members: &[("cvss_v2", Elsewhere), ("cvss_v3", Elsewhere), ("products", Set(&Text, 1))],
    count: (2, usize::MAX),
};
static SCORES: Shape = Shape::Object(&SCORE);
static THREAT: Object = object(
    &["category", "details"],
    &[
        ("category", OneOf(&["exploit_status", "impact", "target_set"])),
        ("date", Instant),
        ("details", Text),
        ("group_ids", Set(&Text, 1)),
        ("product_ids", Set(&Text, 1)),
    ],
);
static THREATS: Shape = Shape::Object(&THREAT);
static VULNERABILITY: Object = not_empty(&[
    ("acknowledgments", List(&ACKNOWLEDGMENTS)),
    ("cve", Like(is_cve_like, "a CVE number such as CVE-2026-12345")),
    ("cwe", Shape::Object(&CWE)),
    ("discovery_date", Instant),
    ("flags", Set(&FLAGS, 1)),
    ("ids", Set(&VULNERABILITY_IDS, 1)),
    ("involvements", Set(&INVOLVEMENTS, 1)),
    ("notes", List(&NOTES)),
    ("product_status", Shape::Object(&PRODUCT_STATUS)),
    ("references", List(&REFERENCES)),
    ("release_date", Instant),
    ("remediations", List(&REMEDIATIONS)),
    ("scores", List(&SCORES)),
    ("threats", List(&THREATS)),
    ("title", Text),
]);
static VULNERABILITIES: Shape = Shape::Object(&VULNERABILITY);
static ROOT: Object = object(
    &["document"],
    &[
        ("document", Shape::Object(&DOCUMENT)),
        ("product_tree", Shape::Object(&PRODUCT_TREE)),
        ("vulnerabilities", List(&VULNERABILITIES)),
    ],
);

/// Adds a finding `schema` for everything in `document` that has not its shape.
pub fn check(document: &Value, findings: &mut Findings) {
    check_object(document, &ROOT, &mut String::new(), findings);
}

fn check_value(value: &Value, shape: &Shape, path: &mut String, findings: &mut Findings) {
    let wrong =
        match shape {
            Text => value.as_str().is_none_or(str::is_empty).then(|| "text of at least one character".to_owned()),
            Uri => (!value.as_str().is_some_and(uri::is_uri)).then(|| "an absolute URI".to_owned()),
            Instant => (!value.as_str().is_some_and(is_instant))
                .then(|| "a date and time such as 2026-01-31T12:00:00Z".to_owned()),
            OneOf(words) => (!value.as_str().is_some_and(|word| words.contains(&word)))
                .then(|| format!("one of {}", words.join(", "))),
            Like(accepts, what) => (!value.as_str().is_some_and(accepts)).then(|| (*what).to_owned()),
            List(item) => return check_list(value, item, 1, path, findings),
            Set(item, least) => {
                check_list(value, item, *least, path, findings);
                return check_unique(value, path, findings);
            }
            Shape::Object(object) => return check_object(value, object, path, findings),
            Elsewhere => (!value.is_object()).then(|| "an object".to_owned()),
        };
    if let Some(wrong) = wrong {
        findings.add("schema", path.clone(), format!("This must be {wrong}"));
    }
}

fn check_list(value: &Value, item: &Shape, least: usize, path: &mut String, findings: &mut Findings) {
    let Some(list) = value.as_array() else {
        return findings.add("schema", path.clone(), "This must be a list");
    };
    if list.len() < least {
        findings.add(
            "schema",
            path.clone(),
            format!("This list must have at least {least} item{}", if least == 1 { "" } else { "s" }),
        );
    }
    for (place, value) in list.iter().enumerate() {
        within(path, &place.to_string(), |path| check_value(value, item, path, findings));
    }
}

fn check_unique(value: &Value, path: &str, findings: &mut Findings) {
    let Some(list) = value.as_array() else { return };
    // Text is compared as text; a list of thousands of ids must not cost its square.
    let mut texts = std::collections::HashSet::new();
    let mut others: Vec<&Value> = Vec::new();
    let twice = list.iter().any(|item| match item.as_str() {
        Some(text) => !texts.insert(text),
        None => {
            others.contains(&item) || {
                others.push(item);
                false
            }
        }
    });
    if twice {
        findings.add("schema", path, "This list must not hold the same item twice");
    }
}

fn check_object(value: &Value, object: &Object, path: &mut String, findings: &mut Findings) {
    let Some(members) = value.as_object() else {
        return findings.add("schema", path.clone(), "This must be an object");
    };
    let (least, most) = object.count;
    if members.len() < least || members.len() > most {
        findings.add(
            "schema",
            path.clone(),
            format!(
                "This object has {} members, which is too {}",
                members.len(),
                if members.len() < least { "few" } else { "many" }
            ),
        );
    }
    for key in object.required {
        if !members.contains_key(*key) {
            findings.add("schema", path.clone(), format!("{key} is missing"));
        }
    }
    for (key, shape) in object.members {
        if let Some(value) = members.get(*key) {
            within(path, key, |path| check_value(value, shape, path, findings));
        }
    }
}

fn within(path: &mut String, step: &str, visit: impl FnOnce(&mut String)) {
    let length = path.len();
    path.push('/');
    path.push_str(step);
    visit(path);
    path.truncate(length);
}

/// RFC 3339 section 5.6, and a day that exists.
fn is_instant(text: &str) -> bool {
    let bytes = text.as_bytes();
    let date_and_time = bytes.len() >= 20
        && bytes[..19].iter().zip(b"dddd-dd-ddTdd:dd:dd").all(|(is, want)| match want {
            b'd' => is.is_ascii_digit(),
            b'T' => matches!(is, b'T' | b't'),
            want => is == want,
        });
    if !date_and_time {
        return false;
    }
    let rest = &text[19..];
    let zone =
        rest.strip_prefix('.').map_or(rest, |fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let has_digits = !rest.starts_with('.') || zone.len() + 1 < rest.len();
    let zone_fits = matches!(zone, "Z" | "z") || zone.strip_prefix(['+', '-']).is_some_and(is_offset);
    has_digits && zone_fits && exists(&text.to_uppercase())
}

/// Whether the instant exists. A second 60 exists at the end of a UTC day only.
fn exists(text: &str) -> bool {
    if text.get(17..19) != Some("60") {
        return text.parse::<Timestamp>().is_ok();
    }
    let before = format!("{}59{}", &text[..17], &text[19..]);
    before.parse::<Timestamp>().is_ok_and(|at| at.as_second().rem_euclid(86_400) == 86_399)
}

fn is_offset(text: &str) -> bool {
    text.split_once(':').is_some_and(|(hours, minutes)| {
        let below = |text: &str, limit: u8| text.len() == 2 && text.parse::<u8>().is_ok_and(|number| number < limit);
        below(hours, 24) && below(minutes, 60)
    })
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.trim() == text && !text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

fn is_category(text: &str) -> bool {
    let edge = |c: char| c.is_whitespace() || matches!(c, '-' | '_' | '.');
    !text.is_empty()
        && !text.starts_with(edge)
        && !text.ends_with(edge)
        && !text.contains(['\n', '\r', '\u{2028}', '\u{2029}'])
}

fn is_version(text: &str) -> bool {
    let integer =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0')) && !text.is_empty();
    integer || semver::Version::parse(text).is_ok()
}

fn is_cve_like(text: &str) -> bool {
    identifiers::is_cve(text)
        || text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
            let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
            year.len() == 4 && number.len() >= 4 && digits(year) && digits(number)
        })
}

fn is_cwe_id(text: &str) -> bool {
    text.strip_prefix("CWE-").is_some_and(|number| {
        (1..=6).contains(&number.len()) && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_hash(text: &str) -> bool {
    text.len() >= 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_purl_like(text: &str) -> bool {
    let Some((kind, rest)) = text.strip_prefix("pkg:").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-+".contains(&byte);
    !kind.is_empty()
        && !kind.starts_with(|c: char| c.is_ascii_digit())
        && kind.bytes().all(allowed)
        && !rest.is_empty()
        && uri::is_uri(text)
}

/// The syntax of a language tag, whether or not the language exists (that is test 6.1.12).
///
/// Source: RFC 5646 section 2.1, as narrowed by the schema.
fn is_language_tag(tag: &str) -> bool {
    let lower = tag.to_ascii_lowercase();
    if ["i-default", "i-mingo"].contains(&lower.as_str()) {
        return true;
    }
    let mut parts = lower.split('-').peekable();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let alphanumeric = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let private = |parts: Vec<&str>| {
        !parts.is_empty() && parts.iter().all(|part| (1..=8).contains(&part.len()) && alphanumeric(part))
    };
    let Some(language) = parts.next() else {
        return false;
    };
    if language == "x" {
        return private(parts.collect());
    }
    if !letters(language) || !(2..=8).contains(&language.len()) {
        return false;
    }
    if language.len() <= 3 {
        for _ in 0..3 {
            parts.next_if(|part| part.len() == 3 && letters(part));
        }
    }
    parts.next_if(|part| part.len() == 4 && letters(part));
    parts.next_if(|part| {
        (part.len() == 2 && letters(part)) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let variant = |part: &&str| {
        alphanumeric(part)
            && ((5..=8).contains(&part.len()) || (part.len() == 4 && part.starts_with(|c: char| c.is_ascii_digit())))
    };
    while parts.next_if(variant).is_some() {}
    while let Some(singleton) = parts.next() {
        if singleton == "x" {
            return private(parts.collect());
        }
        let extension = |part: &&str| (2..=8).contains(&part.len()) && alphanumeric(part);
        if singleton.len() != 1 || !alphanumeric(singleton) || parts.next_if(extension).is_none() {
            return false;
        }
        while parts.next_if(extension).is_some() {}
    }
    true
}

/// Whether `text` is a CPE name: a 2.3 formatted string, or a 2.2 URI.
///
/// Source: NIST IR 7695, sections 6.1 and 6.2.
pub fn is_cpe(text: &str) -> bool {
    if let Some(rest) = text.strip_prefix("cpe:2.3:") {
        return is_cpe_23(rest);
    }
    let Some(rest) = text.get(..5).filter(|head| head.eq_ignore_ascii_case("cpe:/")).and(text.get(5..)) else {
        return false;
    };
    let mut parts = rest.split(':');
    let part = parts.next().unwrap_or_default();
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-~%".contains(&byte);
    matches!(part, "" | "a" | "h" | "o" | "A" | "H" | "O")
        && parts.clone().count() <= 6
        && parts.all(|part| part.bytes().all(allowed))
}

fn is_cpe_23(rest: &str) -> bool {
    let mut attributes = vec![String::new()];
    let mut escaped = false;
    for c in rest.chars() {
        if c == ':' && !escaped {
            attributes.push(String::new());
            continue;
        }
        escaped = c == '\\' && !escaped;
        attributes.last_mut().expect("there is always a last attribute").push(c);
    }
    attributes.len() == 11
        && matches!(attributes[0].as_str(), "a" | "o" | "h" | "*" | "-")
        && attributes[1..].iter().enumerate().all(
            |(place, text)| {
                if place == 5 { is_cpe_language(text) } else { is_cpe_value(text) }
            },
        )
}

fn is_cpe_language(text: &str) -> bool {
    if matches!(text, "*" | "-") {
        return true;
    }
    let (language, region) = text.split_once('-').map_or((text, None), |(language, region)| (language, Some(region)));
    let letters = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphabetic());
    (2..=3).contains(&language.len())
        && letters(language)
        && region.is_none_or(|region| {
            (region.len() == 2 && letters(region))
                || (region.len() == 3 && region.bytes().all(|byte| byte.is_ascii_digit()))
        })
}

/// Letters, digits, `-`, `.`, `_` and escaped punctuation; question marks or one star at the ends only.
fn is_cpe_value(text: &str) -> bool {
    if matches!(text, "*" | "-") {
        return true;
    }
    let start = text.strip_prefix('*').unwrap_or_else(|| text.trim_start_matches('?'));
    let mut plain = 0_usize;
    let mut letters = start.chars().peekable();
    while let Some(c) = letters.peek().copied() {
        match c {
            '\\' => {
                letters.next();
                if !letters.next().is_some_and(|c| "\\*?!\"#$%&'()+,/:;<=>@[]^`{|}~".contains(c)) {
                    return false;
                }
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') => {
                letters.next();
            }
            _ => break,
        }
        plain += 1;
    }
    let end: String = letters.collect();
    plain > 0 && (end == "*" || end.chars().all(|c| c == '?'))
}
