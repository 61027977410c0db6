//! The gate, the words and the forms.

use super::*;

fn refused(vector: &str, why: &str) {
    assert_eq!(CvssVector::parse(vector).unwrap_err().to_string(), why, "{vector}");
}

#[test]
fn what_is_no_complete_vector_is_refused_with_what_is_missing() {
    refused("", "The CVSS vector is empty; it looks like CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    refused("CVSS:3.1/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "AV is missing");
    refused("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H", "A is missing");
    refused("CVSS:3.1/", "AV is missing");
    refused("CVSS:3.1", "AV is missing");
    refused("CVSS:3.2/AV:N", "CVSS version 3.2 is not known; use 2.0, 3.0, 3.1 or 4.0");
    refused("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/", "The vector has an empty part; remove the extra \"/\"");
    refused("CVSS:3.1/AV:N/AV:L/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "AV is given twice");
    refused("CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "AV cannot be Q; choose one of N, A, L, P");
    refused("CVSS:3.1/AV:N/AT:N/PR:N/UI:N/S:U/C:H/I:H/A:H", "AT is no metric of CVSS 3.1");
    refused("CVSS:3.1/AV", "\"AV\" is no metric of the form CODE:VALUE");
    refused("AV:N/AC:L/Au:N/C:P/I:P", "A is missing");
    refused("cvss:3.1/AV:N", "cvss is no metric of CVSS 2.0");
}

#[test]
fn a_reordered_vector_is_put_right_in_version_3_and_refused_in_version_4() {
    let vector = CvssVector::parse("CVSS:3.1/A:H/I:H/C:H/S:U/UI:N/PR:N/AC:L/AV:N/E:F").unwrap();
    assert_eq!(vector.as_str(), "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H/E:F");
    refused(
        "CVSS:4.0/AC:L/AV:N/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
        "AV stands after AC; CVSS 4.0 fixes the order, write \
         CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N",
    );
}

#[test]
fn a_score_says_which_groups_it_rests_on() {
    let base = "CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N";
    for (more, name) in [
        ("", "CVSS-B"),
        ("/E:U", "CVSS-BT"),
        ("/CR:L", "CVSS-BE"),
        ("/E:A/MAV:L", "CVSS-BTE"),
        ("/E:X/CR:X", "CVSS-B"),
        ("/AU:Y", "CVSS-B"),
    ] {
        let vector = CvssVector::parse(&format!("{base}{more}")).unwrap();
        assert_eq!(vector.nomenclature(), Some(name), "{more}");
        assert_eq!(vector.base_score(), 9.3);
    }
    assert_eq!(CvssVector::parse("AV:N/AC:L/Au:N/C:P/I:P/A:P").unwrap().nomenclature(), None);
}

#[test]
fn the_overall_score_is_that_of_the_furthest_group_given() {
    let base = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H";
    let scores = |more: &str| {
        let vector = CvssVector::parse(&format!("{base}{more}")).unwrap();
        (vector.base_score(), vector.temporal_score(), vector.environmental_score(), vector.score())
    };
    assert_eq!(scores(""), (9.8, None, None, 9.8));
    assert_eq!(scores("/E:U/RL:O/RC:C"), (9.8, Some(8.5), None, 8.5));
    assert_eq!(scores("/MAV:P"), (9.8, None, Some(6.8), 6.8));
}

#[test]
fn ratings_follow_the_bands_of_the_version() {
    let rating = |vector: &str| CvssVector::parse(vector).unwrap().severity().label();
    assert_eq!(rating("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), "None");
    assert_eq!(rating("CVSS:3.1/AV:L/AC:L/PR:H/UI:R/S:U/C:L/I:N/A:N"), "Low");
    assert_eq!(rating("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"), "Critical");
    assert_eq!(rating("AV:N/AC:L/Au:N/C:C/I:C/A:C"), "High");
    assert_eq!(rating("AV:N/AC:L/Au:N/C:N/I:N/A:N"), "Low");
    let bands = [
        (0.0, "None"),
        (0.1, "Low"),
        (3.9, "Low"),
        (4.0, "Medium"),
        (6.9, "Medium"),
        (7.0, "High"),
        (8.9, "High"),
        (9.0, "Critical"),
    ];
    for (score, label) in bands {
        assert_eq!(Severity::of(Version::V4_0, score).label(), label, "{score}");
    }
    assert!(Severity::Low < Severity::High);
}

#[test]
fn a_vector_reads_as_words() {
    let vector = CvssVector::parse("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:N/A:N/E:X").unwrap();
    assert_eq!(
        vector.describe(),
        [
            ("Attack vector", "Network"),
            ("Attack complexity", "Low"),
            ("Privileges required", "None"),
            ("User interaction", "Required"),
            ("Scope", "Changed"),
            ("Confidentiality impact", "High"),
            ("Integrity impact", "None"),
            ("Availability impact", "None"),
        ]
    );
    let four = CvssVector::parse("CVSS:4.0/AV:N/AC:L/AT:P/PR:N/UI:N/VC:H/VI:N/VA:N/SC:N/SI:N/SA:N").unwrap();
    assert_eq!(four.describe()[2], ("Attack requirements", "Present"));
    assert_eq!(four.describe().len(), metrics(Version::V4_0).len());
}

#[test]
fn a_form_makes_a_vector_of_its_choices() {
    assert_eq!(metrics(Version::V3_1).len(), 8);
    assert_eq!(metrics(Version::V4_0).len(), 11);
    let first = |version| {
        CvssVector::from_choices(version, |code| {
            metrics(version).iter().find(|metric| metric.code == code).map(|metric| metric.choices[0].code)
        })
    };
    assert_eq!(first(Version::V3_1).unwrap().as_str(), "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H");
    assert_eq!(first(Version::V4_0).unwrap().score(), 10.0);
    let empty = CvssVector::from_choices(Version::V3_1, |_| None);
    assert_eq!(empty, Err(CvssError::Missing("AV")));
    let half = CvssVector::from_choices(Version::V3_1, |code| (code == "AV").then_some("N"));
    assert_eq!(half, Err(CvssError::Missing("AC")));
}

#[test]
fn a_vector_is_written_and_read_as_its_string() {
    let vector = CvssVector::parse("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H").unwrap();
    let text = serde_json::to_string(&vector).unwrap();
    assert_eq!(text, "\"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H\"");
    assert_eq!(serde_json::from_str::<CvssVector>(&text).unwrap(), vector);
    assert!(serde_json::from_str::<CvssVector>("\"CVSS:3.1/AV:N\"").is_err());
}

#[test]
fn the_short_way_gives_what_the_long_way_gives() {
    let mut seed = 7_u64;
    let mut below = |limit: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % limit
    };
    let mut short = 0;
    for turn in 0..4_000 {
        let version = [Version::V3_1, Version::V4_0, Version::V3_0, Version::V2_0][turn % 4];
        let parts: Vec<String> = all_metrics(version)
            .iter()
            .filter_map(|metric| {
                let wanted = metric.group == Group::Base
                    || below(if metric.group == Group::Environmental { 40 } else { 3 }) == 0;
                wanted.then(|| format!("{}:{}", metric.code, metric.choices[below(metric.choices.len())].code))
            })
            .collect();
        let text = format!("{}{}", version.prefix(), parts.join("/"));
        let slow = CvssVector::parse_slowly(&text);
        if let Some(fast) = fast::parse(&text) {
            short += 1;
            assert_eq!(Ok(fast.clone()), slow, "{text}");
            let (slow, scores) = (slow.unwrap(), |v: &CvssVector| (v.base, v.temporal, v.environmental));
            assert_eq!(scores(&fast), scores(&slow), "{text}");
        }
        // Broken in one place, both say the same.
        let mut bytes = text.into_bytes();
        let place = below(bytes.len());
        bytes[place] = b"/:XN."[below(5)];
        let broken = String::from_utf8(bytes).unwrap();
        assert!(fast::parse(&broken).is_none_or(|fast| Ok(fast) == CvssVector::parse_slowly(&broken)), "{broken}");
    }
    assert!(short > 1_000, "{short}");
}
