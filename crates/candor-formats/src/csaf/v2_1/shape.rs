//! The JSON schema of CSAF 2.1 as a table, with the selection lists of SSVC inside it.
//!
//! The CVSS objects are left to the tests 6.1.8 to 6.1.10. Source: CSAF 2.1 (draft towards CSD03), section 3,
//! `csaf.json` and `extension-content.json`; SSVC, `SelectionList_2_0_0.schema.json`.

use serde_json::Value;

use super::super::syntax::{
    is_category, is_cpe, is_cve_like, is_cwe_id, is_hash, is_id, is_language_tag, is_purl_like, is_version,
};
use crate::finding::Findings;
use crate::shape::Shape::{self, Bool, Elsewhere, Free, Instant, Like, List, OneOf, Set, Text, Uri};
use crate::shape::{self, Object, Others, closed, closed_with, not_empty};

const LANGUAGE: Shape = Like(is_language_tag, "a language tag such as en or pt-BR");
const VERSION: Shape = Like(is_version, "a version such as 1 or 1.0.0");

static EXTENSION_CONTENT: Object = not_empty(&[]);
static EXTENSION: Object = closed(
    &["$schema", "category", "content", "critical"],
    &[
        ("$schema", Uri),
        ("category", OneOf(&["essential", "significant", "supplementary"])),
        ("content", Shape::Object(&EXTENSION_CONTENT)),
        ("critical", Bool),
    ],
);
static ACKNOWLEDGMENT: Object =
    closed_with(&[], 1, &[("names", List(&Text)), ("organization", Text), ("summary", Text), ("urls", List(&Uri))]);
static LIST_OF_ACKNOWLEDGMENT: Shape = Shape::Object(&ACKNOWLEDGMENT);
static AGGREGATE_SEVERITY: Object = closed(&["text"], &[("namespace", Uri), ("text", Text)]);
static SHARING_GROUP: Object =
    closed(&["id"], &[("id", Like(is_uuid, "a UUID of version 4, or the nil or max UUID")), ("name", Text)]);
static TLP: Object =
    closed(&["label"], &[("label", OneOf(&["AMBER", "AMBER+STRICT", "CLEAR", "GREEN", "RED"])), ("url", Uri)]);
static DISTRIBUTION: Object =
    closed(&["tlp"], &[("sharing_group", Shape::Object(&SHARING_GROUP)), ("text", Text), ("tlp", Shape::Object(&TLP))]);
static NOTE: Object = closed(
    &["category", "text"],
    &[
        ("audience", Text),
        ("category", OneOf(&["description", "details", "faq", "general", "legal_disclaimer", "other", "summary"])),
        ("group_ids", Set(&Text, 1)),
        ("product_ids", Set(&Text, 1)),
        ("text", Text),
        ("title", Text),
    ],
);
static LIST_OF_NOTE: Shape = Shape::Object(&NOTE);
static PUBLISHER: Object = closed(
    &["category", "name", "namespace"],
    &[
        ("category", OneOf(&["coordinator", "discoverer", "multiplier", "other", "translator", "user", "vendor"])),
        ("contact_details", Text),
        ("issuing_authority", Text),
        ("name", Text),
        ("namespace", Uri),
    ],
);
static REFERENCE: Object =
    closed(&["summary", "url"], &[("category", OneOf(&["external", "self"])), ("summary", Text), ("url", Uri)]);
static LIST_OF_REFERENCE: Shape = Shape::Object(&REFERENCE);
static ENGINE: Object = closed(&["name"], &[("name", Text), ("version", Text)]);
static GENERATOR: Object = closed(&["engine"], &[("date", Instant), ("engine", Shape::Object(&ENGINE))]);
static REVISION_HISTORY_ITEM: Object = closed(
    &["date", "number", "summary"],
    &[("date", Instant), ("legacy_version", Text), ("number", VERSION), ("summary", Text)],
);
static LIST_OF_REVISION_HISTORY_ITEM: Shape = Shape::Object(&REVISION_HISTORY_ITEM);
static TRACKING: Object = closed(
    &["current_release_date", "id", "initial_release_date", "revision_history", "status", "version"],
    &[
        ("aliases", Set(&Text, 1)),
        ("current_release_date", Instant),
        ("generator", Shape::Object(&GENERATOR)),
        ("id", Like(is_id, "text without white space at its ends")),
        ("initial_release_date", Instant),
        ("revision_history", List(&LIST_OF_REVISION_HISTORY_ITEM)),
        ("status", OneOf(&["draft", "final", "interim"])),
        ("version", VERSION),
    ],
);
static LIST_OF_EXTENSION: Shape = Shape::Object(&EXTENSION);
static DOCUMENT: Object = closed(
    &["category", "csaf_version", "distribution", "publisher", "title", "tracking"],
    &[
        ("acknowledgments", List(&LIST_OF_ACKNOWLEDGMENT)),
        ("aggregate_severity", Shape::Object(&AGGREGATE_SEVERITY)),
        ("category", Like(is_category, "text that starts and ends with something other than space, - _ and .")),
        ("csaf_version", OneOf(&["2.1"])),
        ("distribution", Shape::Object(&DISTRIBUTION)),
        ("lang", LANGUAGE),
        ("license_expression", Text),
        ("notes", List(&LIST_OF_NOTE)),
        ("publisher", Shape::Object(&PUBLISHER)),
        ("references", List(&LIST_OF_REFERENCE)),
        ("source_lang", LANGUAGE),
        ("title", Text),
        ("tracking", Shape::Object(&TRACKING)),
        ("x_extensions", Set(&LIST_OF_EXTENSION, 1)),
    ],
);
static LIST_OF_BRANCHE: Shape = Shape::Object(&BRANCHE);
static FILE_HASHE: Object = closed(
    &["algorithm", "value"],
    &[
        ("algorithm", Like(is_algorithm, "the name of a hash algorithm in lower case, such as sha256")),
        ("value", Like(is_lower_hash, "at least 32 hexadecimal digits in lower case")),
    ],
);
static LIST_OF_FILE_HASHE: Shape = Shape::Object(&FILE_HASHE);
static HASHE: Object =
    closed(&["file_hashes", "filename"], &[("file_hashes", Set(&LIST_OF_FILE_HASHE, 1)), ("filename", Text)]);
static LIST_OF_HASHE: Shape = Shape::Object(&HASHE);
static ITEM_PURLS: Shape = Like(is_purl_like, "a package URL such as pkg:npm/name@1.0.0");
static X_GENERIC_URI: Object = closed(&["namespace", "uri"], &[("namespace", Uri), ("uri", Uri)]);
static LIST_OF_X_GENERIC_URI: Shape = Shape::Object(&X_GENERIC_URI);
static PRODUCT_IDENTIFICATION_HELPER: Object = closed_with(
    &[],
    1,
    &[
        ("cpe", Like(is_cpe, "a CPE name such as cpe:2.3:a:vendor:product:1.0:*:*:*:*:*:*:*")),
        ("hashes", Set(&LIST_OF_HASHE, 1)),
        ("model_numbers", Set(&Text, 1)),
        ("purls", Set(&ITEM_PURLS, 1)),
        ("sbom_urls", Set(&Uri, 1)),
        ("serial_numbers", Set(&Text, 1)),
        ("skus", Set(&Text, 1)),
        ("x_generic_uris", Set(&LIST_OF_X_GENERIC_URI, 1)),
    ],
);
static FULL_PRODUCT_NAME: Object = closed(
    &["name", "product_id"],
    &[
        ("name", Text),
        ("product_id", Text),
        ("product_identification_helper", Shape::Object(&PRODUCT_IDENTIFICATION_HELPER)),
        ("x_extensions", Set(&LIST_OF_EXTENSION, 1)),
    ],
);
static BRANCHE: Object = Object {
    required: &["category", "name"],
    members: &[
        ("branches", List(&LIST_OF_BRANCHE)),
        (
            "category",
            OneOf(&[
                "architecture",
                "host_name",
                "language",
                "patch_level",
                "platform",
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
        ("product", Shape::Object(&FULL_PRODUCT_NAME)),
    ],
    count: (3, 3),
    others: Others::Refused,
};
static LIST_OF_FULL_PRODUCT_NAME: Shape = Shape::Object(&FULL_PRODUCT_NAME);
static PRODUCT_GROUP: Object =
    closed(&["group_id", "product_ids"], &[("group_id", Text), ("product_ids", Set(&Text, 2)), ("summary", Text)]);
static LIST_OF_PRODUCT_GROUP: Shape = Shape::Object(&PRODUCT_GROUP);
static SUBPATH: Object = closed(
    &["category", "next_product_reference"],
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
        ("next_product_reference", Text),
    ],
);
static LIST_OF_SUBPATH: Shape = Shape::Object(&SUBPATH);
static PRODUCT_PATH: Object = closed(
    &["beginning_product_reference", "full_product_name", "subpaths"],
    &[
        ("beginning_product_reference", Text),
        ("full_product_name", Shape::Object(&FULL_PRODUCT_NAME)),
        ("subpaths", List(&LIST_OF_SUBPATH)),
    ],
);
static LIST_OF_PRODUCT_PATH: Shape = Shape::Object(&PRODUCT_PATH);
static PRODUCT_TREE: Object = closed_with(
    &[],
    1,
    &[
        ("branches", List(&LIST_OF_BRANCHE)),
        ("full_product_names", List(&LIST_OF_FULL_PRODUCT_NAME)),
        ("product_groups", List(&LIST_OF_PRODUCT_GROUP)),
        ("product_paths", List(&LIST_OF_PRODUCT_PATH)),
    ],
);
static CWE: Object = closed(
    &["id", "name", "version"],
    &[
        ("id", Like(is_cwe_id, "a weakness such as CWE-79")),
        ("name", Like(is_category, "text that starts and ends with something other than space, - _ and .")),
        ("version", Like(is_cwe_version, "a version of the CWE list such as 4.20")),
    ],
);
static LIST_OF_CWE: Shape = Shape::Object(&CWE);
static FIRST_KNOWN_EXPLOITATION_DATE: Object = closed_with(
    &["date", "exploitation_date"],
    3,
    &[("date", Instant), ("exploitation_date", Instant), ("group_ids", Set(&Text, 1)), ("product_ids", Set(&Text, 1))],
);
static LIST_OF_FIRST_KNOWN_EXPLOITATION_DATE: Shape = Shape::Object(&FIRST_KNOWN_EXPLOITATION_DATE);
static FLAG: Object = closed(
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
static LIST_OF_FLAG: Shape = Shape::Object(&FLAG);
static ID: Object = closed(
    &["system_name", "text"],
    &[("group_ids", Set(&Text, 1)), ("product_ids", Set(&Text, 1)), ("system_name", Text), ("text", Text)],
);
static LIST_OF_ID: Shape = Shape::Object(&ID);
static INVOLVEMENT: Object = closed(
    &["party", "status"],
    &[
        ("contact", Text),
        ("date", Instant),
        ("group_ids", Set(&Text, 1)),
        ("party", OneOf(&["coordinator", "discoverer", "other", "user", "vendor"])),
        ("product_ids", Set(&Text, 1)),
        ("status", OneOf(&["completed", "contact_attempted", "disputed", "in_progress", "not_contacted", "open"])),
        ("summary", Text),
    ],
);
static LIST_OF_INVOLVEMENT: Shape = Shape::Object(&INVOLVEMENT);
static EPSS: Object = closed(
    &["percentile", "probability", "timestamp"],
    &[
        ("percentile", Like(is_probability, "a decimal number from 0 to 1 such as 0.25")),
        ("probability", Like(is_probability, "a decimal number from 0 to 1 such as 0.25")),
        ("timestamp", Instant),
    ],
);
static REFERENCE_2: Object = closed(&["summary", "uri"], &[("summary", Free), ("uri", Uri)]);
static LIST_OF_REFERENCE_2: Shape = Shape::Object(&REFERENCE_2);
static MINIMALDECISIONPOINTVALUE: Object = closed(
    &["key"],
    &[("definition", Text), ("key", Like(is_ssvc_key, "a key of letters, digits and _")), ("name", Text)],
);
static LIST_OF_MINIMALDECISIONPOINTVALUE: Shape = Shape::Object(&MINIMALDECISIONPOINTVALUE);
static SELECTION: Object = closed(
    &["key", "namespace", "values", "version"],
    &[
        ("definition", Text),
        ("key", Like(is_ssvc_key, "a key of letters, digits and _")),
        ("name", Text),
        ("namespace", Like(is_ssvc_namespace, "a namespace of SSVC such as ssvc")),
        ("values", List(&LIST_OF_MINIMALDECISIONPOINTVALUE)),
        ("version", Like(is_semantic, "a semantic version such as 1.0.0")),
    ],
);
static LIST_OF_SELECTION: Shape = Shape::Object(&SELECTION);
static SELECTION_LIST: Object = closed(
    &["schemaVersion", "selections", "timestamp"],
    &[
        ("decision_point_resources", List(&LIST_OF_REFERENCE_2)),
        ("references", List(&LIST_OF_REFERENCE_2)),
        ("schemaVersion", OneOf(&["2.0.0"])),
        ("selections", List(&LIST_OF_SELECTION)),
        ("target_ids", Set(&Free, 1)),
        ("timestamp", Instant),
    ],
);
static CONTENT: Object = closed_with(
    &[],
    1,
    &[
        ("cvss_v2", Elsewhere),
        ("cvss_v3", Elsewhere),
        ("cvss_v4", Elsewhere),
        ("epss", Shape::Object(&EPSS)),
        ("qualitative_severity_rating", OneOf(&["critical", "high", "low", "medium", "none"])),
        ("ssvc_v2", Shape::Object(&SELECTION_LIST)),
        ("x_extensions", Set(&LIST_OF_EXTENSION, 1)),
    ],
);
static METRIC: Object = closed(
    &["content", "products"],
    &[("content", Shape::Object(&CONTENT)), ("products", Set(&Text, 1)), ("source", Uri)],
);
static LIST_OF_METRIC: Shape = Shape::Object(&METRIC);
static PRODUCT_STATUS: Object = closed_with(
    &[],
    1,
    &[
        ("first_affected", Set(&Text, 1)),
        ("first_fixed", Set(&Text, 1)),
        ("fixed", Set(&Text, 1)),
        ("known_affected", Set(&Text, 1)),
        ("known_not_affected", Set(&Text, 1)),
        ("last_affected", Set(&Text, 1)),
        ("recommended", Set(&Text, 1)),
        ("under_investigation", Set(&Text, 1)),
        ("unknown", Set(&Text, 1)),
    ],
);
static RESTART_REQUIRED: Object = closed(
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
static REMEDIATION: Object = closed(
    &["category", "details"],
    &[
        (
            "category",
            OneOf(&[
                "fix_planned",
                "mitigation",
                "no_fix_planned",
                "none_available",
                "optional_patch",
                "vendor_fix",
                "workaround",
            ]),
        ),
        ("date", Instant),
        ("details", Text),
        ("entitlements", List(&Text)),
        ("group_ids", Set(&Text, 1)),
        ("product_ids", Set(&Text, 1)),
        ("restart_required", Shape::Object(&RESTART_REQUIRED)),
        ("url", Uri),
    ],
);
static LIST_OF_REMEDIATION: Shape = Shape::Object(&REMEDIATION);
static THREAT: Object = closed(
    &["category", "details"],
    &[
        ("category", OneOf(&["exploit_status", "impact", "target_set"])),
        ("date", Instant),
        ("details", Text),
        ("group_ids", Set(&Text, 1)),
        ("product_ids", Set(&Text, 1)),
    ],
);
static LIST_OF_THREAT: Shape = Shape::Object(&THREAT);
static VULNERABILITIE: Object = closed_with(
    &[],
    1,
    &[
        ("acknowledgments", List(&LIST_OF_ACKNOWLEDGMENT)),
        ("cve", Like(is_cve_like, "a CVE number such as CVE-2026-12345")),
        ("cwes", Set(&LIST_OF_CWE, 1)),
        ("disclosure_date", Instant),
        ("discovery_date", Instant),
        ("first_known_exploitation_dates", Set(&LIST_OF_FIRST_KNOWN_EXPLOITATION_DATE, 1)),
        ("flags", Set(&LIST_OF_FLAG, 1)),
        ("ids", Set(&LIST_OF_ID, 1)),
        ("involvements", Set(&LIST_OF_INVOLVEMENT, 1)),
        ("metrics", Set(&LIST_OF_METRIC, 1)),
        ("notes", List(&LIST_OF_NOTE)),
        ("product_status", Shape::Object(&PRODUCT_STATUS)),
        ("references", List(&LIST_OF_REFERENCE)),
        ("remediations", List(&LIST_OF_REMEDIATION)),
        ("threats", List(&LIST_OF_THREAT)),
        ("title", Text),
        ("x_extensions", Set(&LIST_OF_EXTENSION, 1)),
    ],
);
static LIST_OF_VULNERABILITIE: Shape = Shape::Object(&VULNERABILITIE);
static ROOT: Object = closed(
    &["$schema", "document"],
    &[
        ("$schema", OneOf(&["https://docs.oasis-open.org/csaf/csaf/v2.1/schema/csaf.json"])),
        ("document", Shape::Object(&DOCUMENT)),
        ("product_tree", Shape::Object(&PRODUCT_TREE)),
        ("vulnerabilities", List(&LIST_OF_VULNERABILITIE)),
        ("x_extensions", Set(&LIST_OF_EXTENSION, 1)),
    ],
);

/// Adds a finding `schema` for everything in `document` that has not its shape.
pub fn check(document: &Value, findings: &mut Findings) {
    shape::check(document, &ROOT, "", findings);
}

fn is_lower_hash(text: &str) -> bool {
    is_hash(text) && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

fn is_algorithm(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().next().is_some_and(plain) && text.bytes().all(|byte| plain(byte) || byte == b'-')
}

fn is_uuid(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shaped = bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(byte),
        });
    let all = |digit: u8| bytes.iter().all(|byte| *byte == digit || *byte == b'-');
    shaped && (bytes[14] == b'4' || all(b'0') || all(b'f'))
}

fn is_probability(text: &str) -> bool {
    text.split_once('.').is_some_and(|(whole, rest)| {
        let digits = !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_digit());
        digits && (whole == "0" || (whole == "1" && rest.bytes().all(|byte| byte == b'0')))
    })
}

fn is_cwe_version(text: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<&str> = text.split('.').collect();
    matches!(parts.len(), 2 | 3)
        && parts.iter().all(|part| digits(part))
        && !parts[0].starts_with('0')
        && (parts[1].len() == 1 || !parts[1].starts_with('0'))
}

fn is_ssvc_key(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric();
    text == "T*"
        || (text.bytes().next().is_some_and(plain)
            && text.bytes().next_back().is_some_and(plain)
            && text.bytes().all(|byte| plain(byte) || byte == b'_'))
}

/// A base namespace, registered or not, with any number of extensions behind it.
fn is_ssvc_namespace(text: &str) -> bool {
    let base = text.split('/').next().unwrap_or_default();
    let start = base.strip_prefix("x_").unwrap_or(base);
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-#".contains(&byte);
    let extension = |byte: u8| byte.is_ascii_alphanumeric() || b".-#$/".contains(&byte);
    (3..=1000).contains(&text.chars().count())
        && start.bytes().next().is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && start.bytes().all(allowed)
        && (base == start || (base.contains('#') && base.contains('.')))
        && text[base.len()..].bytes().all(extension)
}

fn is_semantic(text: &str) -> bool {
    semver::Version::parse(text).is_ok()
}
