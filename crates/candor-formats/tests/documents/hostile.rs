//! Whatever comes from outside is answered, never fallen over.

use std::cmp::Ordering;

use candor_formats::cvss::CvssVector;
use candor_formats::cwe::Cwe;
use candor_formats::purl::Purl;
use candor_formats::version::{AffectedRange, Ecosystem, compare};
use candor_formats::{csaf, identifiers, osv, security_txt, uri};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::example::{advisory, at};

const ECOSYSTEMS: [Ecosystem; 8] = [
    Ecosystem::Semver,
    Ecosystem::Npm,
    Ecosystem::Go,
    Ecosystem::PyPi,
    Ecosystem::Maven,
    Ecosystem::Packagist,
    Ecosystem::Distribution,
    Ecosystem::Other,
];

fn version() -> impl Strategy<Value = String> {
    prop_oneof![
        "v?[0-2](\\.[0-2]){0,3}(-[a-b0-1](\\.[0-1])?)?(\\+[a-b])?",
        "(RELEASE\\.)?202[0-1]-01-0[1-2](T00-00-0[0-1]Z)?",
        "\\PC{0,6}",
    ]
}

fn anything() -> impl Strategy<Value = Value> {
    let words = select(vec![
        "document",
        "tracking",
        "revision_history",
        "vulnerabilities",
        "product_tree",
        "branches",
        "scores",
        "cvss_v3",
        "vectorString",
        "flags",
        "group_ids",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        let members = vec((words.clone(), inner.clone()), 0..6);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| members.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,60}|[A-Z:./0-9a-z#@%?=&-]{0,60}") {
        let _ = (CvssVector::parse(&text), Cwe::parse(&text), Purl::parse(&text), uri::is_uri(&text), csaf::is_cpe(&text));
        let _ = (csaf::language_exists(&text), csaf::file_name(&text), osv::id_for(&text), osv::is_ecosystem(&text));
        let _ = security_txt::read(&text, at("2026-03-02T09:00:00Z"));
        for found in identifiers::find(&text) {
            prop_assert_eq!(identifiers::recognise(&found.id).map(|again| again.id), Some(found.id));
        }
    }

    #[test]
    fn any_vector_that_is_read_is_written_the_same(text in "CVSS:(3.1|4.0)(/[AVCPRUISE]{1,2}:[NLHPUCRX]){6,12}") {
        if let Ok(vector) = CvssVector::parse(&text) {
            prop_assert_eq!(CvssVector::parse(vector.as_str()).unwrap(), vector);
        }
    }

    #[test]
    fn any_json_is_judged(document in anything()) {
        prop_assert!(!csaf::validate(&document).is_empty());
    }

    #[test]
    fn any_order_of_versions_holds_together((a, b, c) in (version(), version(), version()), ecosystem in select(ECOSYSTEMS.to_vec())) {
        let order = |a: &str, b: &str| compare(ecosystem, a, b);
        prop_assert_eq!(order(&a, &a), Some(Ordering::Equal));
        prop_assert_eq!(order(&a, &b), order(&b, &a).map(Ordering::reverse));
        if let (Some(first), Some(second), Some(both)) = (order(&a, &b), order(&b, &c), order(&a, &c)) && first == second {
            prop_assert_eq!(both, first, "{} {} {}", a, b, c);
        }
        let range = AffectedRange::before(b.clone());
        prop_assert_eq!(range.contains(ecosystem, &a), order(&a, &b).map(Ordering::is_lt));
    }
}

#[test]
fn a_large_document_is_judged_in_one_go() {
    let mut document = csaf::print(&advisory(), "1");
    let ids: Vec<String> = (0..20_000).map(|number| format!("P{number}")).collect();
    document["product_tree"]["full_product_names"] =
        ids.iter().map(|id| json!({ "name": id, "product_id": id })).collect();
    document["product_tree"]["relationships"] = (1..20_000)
        .map(|number| {
            json!({
                "category": "installed_on", "product_reference": format!("R{}", number - 1), "relates_to_product_reference": "P0",
                "full_product_name": { "name": "n", "product_id": format!("R{number}") },
            })
        })
        .collect();
    document["vulnerabilities"][0]["product_status"]["under_investigation"] = json!(ids);
    let tests: Vec<&str> = csaf::validate(&document).iter().map(|finding| finding.test).collect();
    assert_eq!(tests, ["6.1.1"]); // R0 is nowhere defined
}

/// A megabyte that is read in steps of its length takes no time worth naming; effort that grows with the square would run
/// into the time limit of the test runner.
#[test]
fn abuse_i6_names_and_ranges_of_a_megabyte_are_answered() {
    const LENGTH: usize = 1_000_000;
    for text in [
        format!("pkg:npm/{}", "a%40".repeat(LENGTH / 4)),
        format!("pkg:npm/a?{}", "b=c&".repeat(LENGTH / 4)),
        format!("pkg:npm/{}", "a/".repeat(LENGTH / 2)),
    ] {
        drop(Purl::parse(&text));
    }
    assert!(!csaf::is_cpe(&format!("cpe:2.3:a:{}:*:*:*:*:*:*:*:*:*:*", "\\!".repeat(LENGTH / 2))));
    for text in [format!("vers:npm/{}", ">1|<2|".repeat(LENGTH / 6)), format!("vers:npm/={}", "1.".repeat(LENGTH / 2))]
    {
        drop(candor_formats::vers::Vers::parse(&text));
    }
    let (long, longer) = ("1.".repeat(LENGTH / 2), "1.".repeat(LENGTH / 2 + 1));
    for ecosystem in ECOSYSTEMS {
        std::hint::black_box(compare(ecosystem, &long, &longer));
    }
    let query = json!({ "package": { "name": "x".repeat(LENGTH), "ecosystem": "npm" }, "version": long });
    assert!(osv::query::Query::read(&query).is_err());
}
