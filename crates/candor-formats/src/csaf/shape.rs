//! The JSON schema of CSAF 2.0 as a table.
//!
//! The CVSS objects are left to the tests 6.1.8 to 6.1.10. Source: CSAF 2.0 section 3, `csaf_json_schema.json`.

use serde_json::Value;

use super::syntax::{
    is_category, is_cpe, is_cve_like, is_cwe_id, is_hash, is_id, is_language_tag, is_purl_like, is_version,
};
use crate::finding::Findings;
use crate::shape::Shape::{self, Elsewhere, Instant, Like, List, OneOf, Set, Text, Uri};
use crate::shape::{self, Object, Others, not_empty, object};

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
    others: Others::Allowed,
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
    others: Others::Allowed,
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
    shape::check(document, &ROOT, "", findings);
}

/// 6.2.20.
pub fn unknown_members(document: &Value, findings: &mut Findings) {
    shape::unnamed(document, &ROOT, &mut String::new(), &mut |path| {
        findings.add("6.2.20", path, "The standard knows no such member; programs that read the document may drop it");
    });
}
