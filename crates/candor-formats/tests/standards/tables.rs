//! The tables of `docs/formats.md`: what is judged otherwise than official files say, and what is not run. Written by
//! `UPDATE=1`, compared without it.

use std::fmt::Write;

use candor_formats::csaf;

use crate::{csaf_2_1, suites};

const BEGIN: &str = "<!-- tables: written by the tests -->\n";

/// What stands below the mark.
fn tables() -> String {
    let mut text = String::from(BEGIN);
    let mut judged = |title: &str, rows: &[(&str, &str, &str)]| {
        writeln!(text, "\n## {title}\n\n| document | rests on | why |\n|---|---|---|").unwrap();
        for (document, clause, why) in rows {
            writeln!(text, "| `{document}` | {clause} | {why} |").unwrap();
        }
    };
    judged("CSAF 2.0: official documents judged otherwise", crate::csaf::JUDGED_OTHERWISE);
    judged("CSAF 2.1: official documents judged otherwise by mandatory tests", csaf_2_1::JUDGED_OTHERWISE);
    judged(
        "CSAF 2.1: official documents judged otherwise by recommended and informative tests",
        csaf_2_1::ADVISED_OTHERWISE,
    );
    let mut left_out = |title: &str, rows: &[(&str, &str)]| {
        writeln!(text, "\n## {title}\n\n| test | why |\n|---|---|").unwrap();
        for (test, why) in rows {
            writeln!(text, "| {test} | {why} |").unwrap();
        }
    };
    left_out("CSAF 2.0: optional and informative tests that are not run", &crate::csaf::LEFT_OUT_2_0);
    left_out("CSAF 2.1: recommended and informative tests that are not run", &csaf::LEFT_OUT_2_1);
    left_out(
        "CSAF 2.1: mandatory tests that pass without a look",
        &csaf::UNKNOWN_EXTENSIONS
            .map(|test| (test, "the schema of an extension is published by others and is not fetched")),
    );
    writeln!(
        text,
        "\n## Package URLs and version ranges: cases judged otherwise\n\n| file | cases | why |\n|---|---|---|"
    )
    .unwrap();
    for (file, places, why) in suites::OTHERWISE {
        let places: Vec<String> = places.iter().map(ToString::to_string).collect();
        writeln!(text, "| `{file}` | {} | {why} |", places.join(", ")).unwrap();
    }
    text
}

#[test]
fn the_documentation_names_each_file_that_is_judged_otherwise_and_each_test_that_is_not_run() {
    let place = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/formats.md");
    let page = std::fs::read_to_string(place).unwrap();
    let (head, below) = page.split_at(page.find(BEGIN).expect("the page has the mark"));
    let tables = tables();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(place, format!("{head}{tables}")).unwrap();
        return;
    }
    assert_eq!(below, tables, "docs/formats.md is behind; run the tests with UPDATE=1");
}
