//! The JSON schema of CVE records as a table. Source: CVE Record Format 5.2.0.

use serde_json::Value;

use crate::csaf::cvss_object_findings;
use crate::csaf::walk::items;
use crate::finding::Findings;
use crate::shape::Shape::{self, Bool, Elsewhere, Like, List, OneOf, Set, TextTo, Whole};
use crate::shape::{self, Object, Others, closed, closed_with, object};
use crate::{csaf, uri};

const URL: Shape = Like(is_url, "an absolute URI of at most 2,048 characters");
const UUID: Shape = Like(is_uuid, "a UUID of version 4");
const LANGUAGE: Shape = Like(is_language, "a language such as en or pt-BR");
const TIME: Shape = Like(is_time, "a date and time such as 2026-01-31T12:00:00Z");
const VERSION: Shape = TextTo(1024);
const LONG: Shape = TextTo(4096);
const STATUS: Shape = OneOf(&["affected", "unaffected", "unknown"]);

static MEDIA: Object = closed(&["type", "value"], &[("base64", Bool), ("type", TextTo(256)), ("value", TextTo(16384))]);
static MEDIA_ITEM: Shape = Shape::Object(&MEDIA);
static DESCRIPTION: Object =
    closed(&["lang", "value"], &[("lang", LANGUAGE), ("supportingMedia", Set(&MEDIA_ITEM, 1)), ("value", LONG)]);
static DESCRIPTION_ITEM: Shape = Shape::Object(&DESCRIPTION);
const DESCRIPTIONS: Shape = Set(&DESCRIPTION_ITEM, 1);

static TAG: Shape = Like(is_reference_tag, "a tag of the list such as vendor-advisory, or one that starts with x_");
static REFERENCE: Object = closed(&["url"], &[("name", TextTo(512)), ("tags", Set(&TAG, 1)), ("url", URL)]);
static REFERENCE_ITEM: Shape = Shape::Object(&REFERENCE);
const REFERENCES: Shape = Set(&REFERENCE_ITEM, 1);

static CHANGE: Object = closed(&["at", "status"], &[("at", VERSION), ("status", STATUS)]);
static CHANGE_ITEM: Shape = Shape::Object(&CHANGE);
static RANGE: Object = closed(
    &["status", "version"],
    &[
        ("changes", Set(&CHANGE_ITEM, 1)),
        ("lessThan", VERSION),
        ("lessThanOrEqual", VERSION),
        ("status", STATUS),
        ("version", VERSION),
        ("versionType", TextTo(128)),
    ],
);
static RANGE_ITEM: Shape = Shape::Object(&RANGE);
static PLATFORM: Shape = Like(is_platform, "text of at most 1,024 characters");
static ROUTINE: Object = closed(&["name"], &[("name", LONG)]);
static ROUTINE_ITEM: Shape = Shape::Object(&ROUTINE);
static CPE: Shape = Like(csaf::is_cpe, "a CPE name such as cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*");
static NAME_LONG: Shape = LONG;
static NAME_SHORT: Shape = TextTo(1024);
static PRODUCT: Object = closed(
    &[],
    &[
        ("collectionURL", URL),
        ("cpes", Set(&CPE, 0)),
        ("defaultStatus", STATUS),
        ("modules", Set(&NAME_LONG, 0)),
        ("packageName", TextTo(2048)),
        ("packageURL", URL),
        ("platforms", Set(&PLATFORM, 1)),
        ("product", TextTo(2048)),
        ("programFiles", Set(&NAME_SHORT, 0)),
        ("programRoutines", Set(&ROUTINE_ITEM, 0)),
        ("repo", URL),
        ("vendor", TextTo(512)),
        ("versions", Set(&RANGE_ITEM, 1)),
    ],
);
static PRODUCT_ITEM: Shape = Shape::Object(&PRODUCT);

static PROBLEM: Object = closed(
    &["description", "lang"],
    &[
        ("cweId", Like(is_cwe, "a weakness such as CWE-79")),
        ("description", LONG),
        ("lang", LANGUAGE),
        ("references", REFERENCES),
        ("type", TextTo(128)),
    ],
);
static PROBLEM_ITEM: Shape = Shape::Object(&PROBLEM);
static PROBLEM_TYPE: Object = closed(&["descriptions"], &[("descriptions", Set(&PROBLEM_ITEM, 1))]);
static PROBLEM_TYPE_ITEM: Shape = Shape::Object(&PROBLEM_TYPE);
static IMPACT: Object = closed(
    &["descriptions"],
    &[("capecId", Like(is_capec, "an attack pattern such as CAPEC-233")), ("descriptions", DESCRIPTIONS)],
);
static IMPACT_ITEM: Shape = Shape::Object(&IMPACT);
static SCENARIO: Object = closed(&["lang", "value"], &[("lang", LANGUAGE), ("value", LONG)]);
static SCENARIO_ITEM: Shape = Shape::Object(&SCENARIO);
static CONTENT: Object = shape::not_empty(&[]);
static OTHER: Object = closed(&["content", "type"], &[("content", Shape::Object(&CONTENT)), ("type", TextTo(128))]);
static METRIC: Object = closed(
    &[],
    &[
        ("cvssV2_0", Elsewhere),
        ("cvssV3_0", Elsewhere),
        ("cvssV3_1", Elsewhere),
        ("cvssV4_0", Elsewhere),
        ("format", TextTo(64)),
        ("other", Shape::Object(&OTHER)),
        ("scenarios", Set(&SCENARIO_ITEM, 1)),
    ],
);
static METRIC_ITEM: Shape = Shape::Object(&METRIC);
static LINE: Object = closed(&["lang", "time", "value"], &[("lang", LANGUAGE), ("time", TIME), ("value", LONG)]);
static LINE_ITEM: Shape = Shape::Object(&LINE);
static CREDIT: Object = closed(
    &["lang", "value"],
    &[
        ("lang", LANGUAGE),
        (
            "type",
            OneOf(&[
                "analyst",
                "coordinator",
                "finder",
                "other",
                "remediation developer",
                "remediation reviewer",
                "remediation verifier",
                "reporter",
                "sponsor",
                "tool",
            ]),
        ),
        ("user", UUID),
        ("value", LONG),
    ],
);
static CREDIT_ITEM: Shape = Shape::Object(&CREDIT);
static PROVIDER: Object = closed(
    &["orgId"],
    &[("dateUpdated", TIME), ("orgId", UUID), ("shortName", Like(is_short_name, "a short name of 2 to 32 characters"))],
);
static RELATION: Object = closed(
    &["relationshipName", "relationshipValue", "taxonomyId"],
    &[("relationshipName", TextTo(128)), ("relationshipValue", TextTo(2048)), ("taxonomyId", TextTo(2048))],
);
static RELATION_ITEM: Shape = Shape::Object(&RELATION);
static MAPPING: Object = closed(
    &["taxonomyName", "taxonomyRelations"],
    &[("taxonomyName", TextTo(128)), ("taxonomyRelations", Set(&RELATION_ITEM, 1)), ("taxonomyVersion", TextTo(128))],
);
static MAPPING_ITEM: Shape = Shape::Object(&MAPPING);
static MATCH: Object = closed(
    &["criteria", "vulnerable"],
    &[
        ("criteria", Like(csaf::is_cpe, "a CPE name of version 2.3")),
        ("matchCriteriaId", UUID),
        ("versionEndExcluding", VERSION),
        ("versionEndIncluding", VERSION),
        ("versionStartExcluding", VERSION),
        ("versionStartIncluding", VERSION),
        ("vulnerable", Bool),
    ],
);
static MATCH_ITEM: Shape = Shape::Object(&MATCH);
static NODE: Object = object(
    &["cpeMatch", "operator"],
    &[("cpeMatch", Shape::Items(&MATCH_ITEM)), ("negate", Bool), ("operator", OneOf(&["AND", "OR"]))],
);
static NODE_ITEM: Shape = Shape::Object(&NODE);
static APPLICABILITY: Object =
    object(&["nodes"], &[("negate", Bool), ("nodes", Shape::Items(&NODE_ITEM)), ("operator", OneOf(&["AND", "OR"]))]);
static APPLICABILITY_ITEM: Shape = Shape::Object(&APPLICABILITY);
static CNA_TAG: Shape =
    Like(is_cna_tag, "disputed, exclusively-hosted-service, unsupported-when-assigned, or a tag that starts with x_");
static SOURCE: Object = shape::not_empty(&[]);

static PUBLISHED: Object = Object {
    required: &["affected", "descriptions", "providerMetadata", "references"],
    members: &[
        ("affected", List(&PRODUCT_ITEM)),
        ("configurations", DESCRIPTIONS),
        ("cpeApplicability", Shape::Items(&APPLICABILITY_ITEM)),
        ("credits", Set(&CREDIT_ITEM, 1)),
        ("dateAssigned", TIME),
        ("datePublic", TIME),
        ("descriptions", DESCRIPTIONS),
        ("exploits", DESCRIPTIONS),
        ("impacts", Set(&IMPACT_ITEM, 1)),
        ("metrics", Set(&METRIC_ITEM, 1)),
        ("problemTypes", Set(&PROBLEM_TYPE_ITEM, 1)),
        ("providerMetadata", Shape::Object(&PROVIDER)),
        ("references", REFERENCES),
        ("solutions", DESCRIPTIONS),
        ("source", Shape::Object(&SOURCE)),
        ("tags", Set(&CNA_TAG, 1)),
        ("taxonomyMappings", Set(&MAPPING_ITEM, 1)),
        ("timeline", Set(&LINE_ITEM, 1)),
        ("title", TextTo(256)),
        ("workarounds", DESCRIPTIONS),
    ],
    count: (0, usize::MAX),
    others: Others::Named(is_own_key),
};
static NUMBER: Shape = Like(is_number, "a CVE number such as CVE-2026-12345");
static REJECTED: Object = Object {
    required: &["providerMetadata", "rejectedReasons"],
    members: &[
        ("providerMetadata", Shape::Object(&PROVIDER)),
        ("rejectedReasons", DESCRIPTIONS),
        ("replacedBy", Set(&NUMBER, 1)),
    ],
    count: (0, usize::MAX),
    others: Others::Named(is_own_key),
};
static METADATA: Object = closed(
    &["assignerOrgId", "cveId", "state"],
    &[
        ("assignerOrgId", UUID),
        ("assignerShortName", Like(is_short_name, "a short name of 2 to 32 characters")),
        ("cveId", Like(is_number, "a CVE number such as CVE-2026-12345")),
        ("datePublished", TIME),
        ("dateRejected", TIME),
        ("dateReserved", TIME),
        ("dateUpdated", TIME),
        ("requesterUserId", UUID),
        ("serial", Whole(1)),
        ("state", OneOf(&["PUBLISHED", "REJECTED"])),
    ],
);
static CONTAINERS: Object = closed(&["cna"], &[("adp", List(&Shape::Any)), ("cna", Elsewhere)]);
static RECORD: Object = closed_with(
    &["containers", "cveMetadata", "dataType", "dataVersion"],
    0,
    &[
        ("containers", Shape::Object(&CONTAINERS)),
        ("cveMetadata", Shape::Object(&METADATA)),
        ("dataType", OneOf(&["CVE_RECORD"])),
        ("dataVersion", Like(is_data_version, "a version of the format such as 5.2.0")),
    ],
);

/// Checks the whole document, with the container that stands at `path` in it.
pub fn check(document: &Value, path: &str, container: &Value, findings: &mut Findings) {
    if path == "/containers/cna" {
        check_record(document, findings);
        let state = document.pointer("/cveMetadata/state").and_then(Value::as_str);
        let rejected = container.get("rejectedReasons").is_some();
        if state.is_some_and(|state| (state == "REJECTED") != rejected) {
            findings.add("schema", "/cveMetadata/state", "The state and the container do not fit together");
        }
    }
    if container.get("rejectedReasons").is_some() {
        shape::check(container, &REJECTED, path, findings);
        english("rejectedReasons", path, container, findings);
        return;
    }
    shape::check(container, &PUBLISHED, path, findings);
    english("descriptions", path, container, findings);
    if container.get("references").and_then(Value::as_array).is_some_and(|list| list.len() > 512) {
        findings.add("schema", format!("{path}/references"), "There may be 512 references at most");
    }
    for (place, product) in items(container, "affected") {
        identifies_a_product(&format!("{path}/affected/{place}"), product, findings);
    }
    for (place, metric) in items(container, "metrics") {
        metrics(&format!("{path}/metrics/{place}"), metric, findings);
    }
}

pub fn check_record(document: &Value, findings: &mut Findings) {
    shape::check(document, &RECORD, "", findings);
}

fn english(key: &str, path: &str, container: &Value, findings: &mut Findings) {
    let is_english = |text: &Value| {
        text.get("lang")
            .and_then(Value::as_str)
            .is_some_and(|lang| lang == "en" || lang.starts_with("en-") || lang.starts_with("en_"))
    };
    if container.get(key).is_some() && !items(container, key).any(|(_, text)| is_english(text)) {
        findings.add("schema", format!("{path}/{key}"), "One of these texts must be English");
    }
}

fn identifies_a_product(path: &str, product: &Value, findings: &mut Findings) {
    let has = |key: &str| product.get(key).is_some();
    if !(has("vendor") && has("product") || has("collectionURL") && has("packageName")) {
        let message = "A product is named by vendor and product, or by collectionURL and packageName";
        findings.add("schema", path, message);
    }
    if !has("versions") && !has("defaultStatus") {
        findings.add("schema", path, "A product needs versions or a defaultStatus");
    }
    for (place, range) in items(product, "versions") {
        let has = |key: &str| range.get(key).is_some();
        let ends = usize::from(has("lessThan")) + usize::from(has("lessThanOrEqual"));
        let bare = !has("changes") && ends == 0;
        if !bare && (ends != 1 || !has("versionType")) {
            let message = "A range has a versionType and one of lessThan and lessThanOrEqual";
            findings.add("schema", format!("{path}/versions/{place}"), message);
        }
    }
}

fn metrics(path: &str, metric: &Value, findings: &mut Findings) {
    const VERSIONS: [(&str, &str, &str); 4] = [
        ("cvssV2_0", "cvss_v2", "2.0"),
        ("cvssV3_0", "cvss_v3", "3.0"),
        ("cvssV3_1", "cvss_v3", "3.1"),
        ("cvssV4_0", "cvss_v4", "4.0"),
    ];
    if !VERSIONS.iter().any(|(key, ..)| metric.get(key).is_some()) && metric.get("other").is_none() {
        findings.add("schema", path, "A metric holds a CVSS object, or other");
    }
    for (key, kind, version) in VERSIONS {
        let Some(object) = metric.get(key) else { continue };
        let path = format!("{path}/{key}");
        if object.get("version").and_then(Value::as_str) != Some(version) {
            findings.add("schema", format!("{path}/version"), format!("The version must be {version}"));
            continue;
        }
        for finding in cvss_object_findings(&path, kind, object) {
            let test = if finding.test == "6.1.8" { "schema" } else { "cvss" };
            findings.add(test, finding.path, finding.message);
        }
    }
}

fn is_platform(text: &str) -> bool {
    text.chars().count() <= 1024
}

fn is_url(text: &str) -> bool {
    uri::is_uri(text) && text.chars().count() <= 2048
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            19 => b"89abAB".contains(byte),
            _ => byte.is_ascii_hexdigit(),
        })
}

/// A language, a script and a region. The schema takes no more.
pub fn is_language(text: &str) -> bool {
    let mut parts = text.split(['-', '_']).peekable();
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
    let language = parts.next().is_some_and(|part| (2..=4).contains(&part.len()) && letters(part));
    parts.next_if(|part| part.len() == 4 && letters(part));
    parts.next_if(|part| {
        (part.len() == 2 && letters(part)) || (part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()))
    });
    language && parts.next().is_none()
}

/// The zone may be left out. The pattern of the schema takes no 29 February of the 1900s.
fn is_time(text: &str) -> bool {
    let old_leap_day = text.starts_with("19") && text.get(4..10) == Some("-02-29");
    let zoned = text.get(19..).is_some_and(|rest| rest.contains(['Z', '+', '-']));
    let whole = if zoned { text.to_owned() } else { format!("{text}Z") };
    !old_leap_day
        && shape::is_instant(&whole)
        && !text.contains(['t', 'z'])
        && matches!(text.as_bytes(), [b'1', b'9', ..] | [b'2', ..])
}

fn is_reference_tag(text: &str) -> bool {
    const TAGS: [&str; 19] = [
        "broken-link",
        "customer-entitlement",
        "exploit",
        "government-resource",
        "issue-tracking",
        "mailing-list",
        "media-coverage",
        "mitigation",
        "not-applicable",
        "patch",
        "permissions-required",
        "product",
        "related",
        "release-notes",
        "signature",
        "technical-description",
        "third-party-advisory",
        "vdb-entry",
        "vendor-advisory",
    ];
    TAGS.contains(&text) || is_own_tag(text)
}

fn is_cna_tag(text: &str) -> bool {
    ["disputed", "exclusively-hosted-service", "unsupported-when-assigned"].contains(&text) || is_own_tag(text)
}

fn is_own_tag(text: &str) -> bool {
    text.starts_with("x_") && text.chars().count() <= 128
}

fn is_own_key(key: &str) -> bool {
    key.strip_prefix("x_").is_some_and(|rest| !rest.contains('.'))
}

fn is_cwe(text: &str) -> bool {
    text.len() <= 9 && is_counted(text, "CWE-")
}

fn is_capec(text: &str) -> bool {
    text.len() <= 11 && is_counted(text, "CAPEC-")
}

fn is_counted(text: &str, prefix: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|number| {
        !number.is_empty() && !number.starts_with('0') && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_short_name(text: &str) -> bool {
    (2..=32).contains(&text.chars().count())
}

fn is_number(text: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix("CVE-").and_then(|rest| rest.split_once('-')).is_some_and(|(year, number)| {
        year.len() == 4 && (4..=19).contains(&number.len()) && digits(year) && digits(number)
    })
}

fn is_data_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let number = |part: &&str| {
        (*part == "0" || !part.starts_with('0')) && !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    matches!(parts.len(), 2 | 3) && parts[0] == "5" && parts[1..].iter().all(number)
}
