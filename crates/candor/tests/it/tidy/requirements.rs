//! `docs/requirements.md`: each row of the five policies beside the tests named after it. The page is written by this
//! test with `UPDATE=1` and compared otherwise, so it cannot promise a test that is not there.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::{files, root};

/// The rows, by policy: identifier and what the policy says, in few words. The identifier is the beginning of the
/// names of the tests that drive it: `M5f` is driven by `m5f_…`.
const ROWS: &[(&str, &[(&str, &str)])] = &[
    (
        "Directus",
        &[
            ("D1", "report through a private web form"),
            ("D2", "or by e-mail; the team files it on the reporter's behalf"),
            ("D3", "each researcher is credited in the release notes of the fix"),
            ("D4", "credit only for those who keep the details private until the fix"),
            ("D5", "more on security and compliance elsewhere"),
            ("D6", "products are watched continuously by automated tools"),
            ("D7", "High and Critical that affect the product come first"),
            ("D8", "fixes are posted to a public page after the release"),
            ("D9", "a dependency's vulnerability without effect waits for the regular update"),
            ("D10", "Medium and Low are resolved when that takes little effort"),
        ],
    ),
    (
        "Strapi",
        &[
            ("S1", "report by e-mail, never as a public issue"),
            ("S2", "a member answers within 7 days at most"),
            ("S3", "7 days to patch what is serious: a target, not guaranteed"),
            ("S4", "the outcome is a patch, a switched-off feature, an estimate or a practice"),
            ("S5", "coordination with maintainers elsewhere takes time"),
            ("S6", "at the end: tell the reporter, release, explain the origin, credit on wish"),
            ("S7", "this is no service level agreement"),
            ("S8", "protected against forged requests, script and SQL injection"),
            ("S9", "a clear way to hear of patches"),
        ],
    ),
    (
        "Dapr",
        &[
            ("P1", "every repository of the organisation is covered; applications are not"),
            ("P2", "what no covered repository can fix is reported elsewhere"),
            ("P3", "if unsure, report privately all the same"),
            ("P4", "unverified scanner output may be ignored"),
            ("P5", "public identifiers are looked up, proprietary ones cannot be"),
            ("P6", "those who may read a report are listed"),
            ("P7", "English, an example, why it is a security issue, a descriptive title"),
            ("P8", "an answer within 3 working days"),
            ("P9", "two maintainers discuss a confirmed report within 24 hours"),
            ("P10", "one of them answers and proposes a timeline"),
            ("P11", "from report to announcement within 30 days"),
        ],
    ),
    (
        "Ibexa",
        &[
            ("I1", "customers report in their portal, others without an account"),
            ("I2", "they are kept informed of the progress"),
            ("I3", "be verbose: steps, expected, actual, type, how easy to exploit"),
            ("I4", "the team may ask back; a dialogue"),
            ("I5", "give time before publishing elsewhere"),
            ("I6", "attribution on wish: name, organisation, link, description"),
            ("I7", "private by default"),
            ("I8", "e-mail needs no account"),
            ("I9", "points to the vendor's security policy"),
        ],
    ),
    (
        "MinIO",
        &[
            ("M1", "only the latest release is supported"),
            ("M2", "acknowledged within 48 hours, a detailed answer within 72"),
            ("M3", "explain type and assumptions, such as needed credentials"),
            ("M4", "without an answer: primary, then secondary coordinator, then the list"),
            ("M5a", "one member verifies, reproduces and determines the impact"),
            ("M5b", "another confirms, or rejects with the reason"),
            ("M5c", "the code is audited for similar problems"),
            ("M5d", "fixes for the latest release"),
            ("M5e", "the advisory is published on the day the fixes are applied"),
            ("M5f", "credit only if asked for"),
            ("M6", "the process is followed consistently"),
            ("M7", "reports by staff or third parties; dependencies are in scope"),
            ("M8", "a known identifier is a complete report"),
            ("M9", "which conditions exploitation needs"),
            ("M10", "fixed in own code, or countermeasures"),
        ],
    ),
];

/// Whether there is a row of this name.
fn is_row(name: &str) -> bool {
    ROWS.iter().any(|(_, rows)| rows.iter().any(|(row, _)| row.to_uppercase() == name))
}

/// Names of test functions by the rows they begin with: `d5_i9_…` is one for both.
fn tests() -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in files("crates", &[".rs"]) {
        let mut attribute = false;
        for line in file.text.lines() {
            let line = line.trim();
            if line.starts_with("#[") {
                attribute |= line.contains("test");
                continue;
            }
            let name = line.trim_start_matches("async ").strip_prefix("fn ").map(super::word);
            if let (true, Some(name)) = (attribute, name) {
                for row in name.split('_').map(str::to_uppercase).take_while(|row| is_row(row)) {
                    found.entry(row).or_default().push(name.to_owned());
                }
            }
            attribute = false;
        }
    }
    found
}

fn page() -> String {
    let tests = tests();
    let mut page = String::from(
        "# What five policies ask, and the tests that hold it\n\n\
         The policies stand in `examples/policies/`. The tests named after a row hold what the system does of it;\n\
         a row without a test is not claimed to work. Written by `UPDATE=1 ./test requirements`, compared by `./test`.\n",
    );
    for (policy, rows) in ROWS {
        let held = rows.iter().filter(|(row, _)| tests.contains_key(&row.to_uppercase())).count();
        let _ = write!(
            page,
            "\n## {policy}: {held} of {} rows\n\n| row | the policy says | tests |\n|---|---|---|\n",
            rows.len()
        );
        for (row, says) in *rows {
            let mut names = tests.get(&row.to_uppercase()).cloned().unwrap_or_default();
            names.sort();
            names.dedup();
            let names = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join("<br>");
            let names = if names.is_empty() { "none yet" } else { &names };
            let _ = writeln!(page, "| {row} | {says} | {names} |");
        }
    }
    page
}

#[test]
fn the_page_of_requirements_names_the_tests_there_are() {
    let place = root().join("docs/requirements.md");
    let page = page();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&place, &page).expect("the page is written");
    }
    let written = std::fs::read_to_string(&place).unwrap_or_default();
    assert!(written == page, "docs/requirements.md is behind the tests; run `UPDATE=1 ./test requirements`");
}
