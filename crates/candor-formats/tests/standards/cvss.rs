//! CVSS: vectors with known scores, and the schemas' idea of a vector.

use candor_formats::cvss::{CvssVector, Version};

use crate::folder;

fn tenths(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}

#[test]
fn every_official_vector_has_its_official_score() {
    let Some(folder) = folder("cvss") else { return };
    let mut files: Vec<_> =
        std::fs::read_dir(&folder).unwrap().filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let (mut scores, mut wrong) = (0, Vec::new());
    for file in files.iter().filter(|path| path.file_name().unwrap().to_string_lossy().starts_with("vectors_")) {
        let text = std::fs::read_to_string(file).unwrap();
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let (vector, expected) = line.split_once(" - ").unwrap_or_else(|| panic!("{line}"));
            let parsed = CvssVector::parse(vector).unwrap_or_else(|why| panic!("{vector}: {why}"));
            let expected: Vec<Option<f64>> =
                expected.trim().trim_matches(['(', ')']).trim_end_matches(',').split(',').map(tenths).collect();
            let found = if parsed.version() == Version::V4_0 {
                vec![Some(parsed.score())]
            } else {
                vec![Some(parsed.base_score()), parsed.temporal_score(), parsed.environmental_score()]
            };
            // Versions 3 give a value for every group, set or not.
            for (expected, found) in expected.iter().zip(&found) {
                if let (Some(expected), Some(found)) = (expected, found) {
                    scores += 1;
                    if (expected - found).abs() > 1e-9 {
                        wrong.push(format!("{vector}: {found}, not {expected}"));
                    }
                }
            }
        }
    }
    println!("CVSS: {scores} scores compared");
    assert!(wrong.is_empty(), "{} wrong: {:#?}", wrong.len(), &wrong[..wrong.len().min(20)]);
}

#[test]
fn every_macro_vector_of_first_has_its_score_of_first() {
    let Some(folder) = folder("cvss") else { return };
    let text = std::fs::read_to_string(folder.join("first_macro-scores_v4")).unwrap();
    let field = |line: &str, name: &str| -> Option<String> {
        let after = line.split_once(&format!("'{name}':"))?.1.trim_start();
        Some(after.trim_start_matches('\'').split(['\'', ',', '}']).next()?.trim().to_owned())
    };
    let (mut same, mut other) = (0, Vec::new());
    for line in text.lines().filter(|line| line.contains("CVSS:4.0")) {
        let vector = line.split(['\'', '"']).find(|part| part.starts_with("CVSS:4.0")).unwrap();
        let score = ["score", "base_score", "baseScore"].iter().find_map(|name| field(line, name)?.parse::<f64>().ok());
        let Some(score) = score else { continue };
        let found = CvssVector::parse(vector).unwrap_or_else(|why| panic!("{vector}: {why}")).score();
        if (found - score).abs() < 1e-9 { same += 1 } else { other.push(format!("{vector}: {found}, not {score}")) }
    }
    println!("CVSS 4.0: {same} of {} scores of FIRST are the same", same + other.len());
    // FIRST's corpus is 0.1 too low where a tie meets float noise.
    assert!(other.len() * 50 <= same, "{other:#?}");
}
