//! The test suites of package URLs (ECMA-427) and of version ranges (VERS), case by case.

use candor_formats::purl::Purl;
use candor_formats::vers::Vers;
use candor_formats::version::{Ecosystem, compare};
use serde_json::Value;

use crate::{folder, json};

/// Cases that are judged otherwise: file, numbers in it, and why.
pub const OTHERWISE: &[(&str, &[usize], &str)] = &[
    (
        "cpan-test.json",
        &[19, 20, 21, 27, 28, 30, 31, 33, 34],
        "a CPAN distribution without its author as namespace is refused by the library that reads package URLs",
    ),
    (
        "gem-test.json",
        &[2],
        "a qualifier whose key has upper-case letters is read in lower case instead of being refused",
    ),
    (
        "rpm-test.json",
        &[2],
        "a qualifier whose key has upper-case letters is read in lower case instead of being refused",
    ),
    (
        "git-test.json",
        &[1, 2, 5],
        "the type git, whose namespace is a host alone, is read like any other: up to the last slash",
    ),
    (
        "conan_version_cmp_test.json",
        &[32, 40],
        "Conan's own order is not built in; its versions are ordered by the generic rule",
    ),
    ("pypi_range_validate_test.json", &[4], "the range names a version twice, which VERS forbids elsewhere"),
];

/// Cases that are neither as expected nor in the table.
fn unsaid(otherwise: &[(String, usize, Value)]) -> Vec<String> {
    let said =
        |file: &str, place: &usize| OTHERWISE.iter().any(|(known, places, _)| *known == file && places.contains(place));
    otherwise
        .iter()
        .filter(|(file, place, _)| !said(file, place))
        .map(|(file, place, case)| format!("{file} {place}: {case}"))
        .collect()
}

/// The cases of a suite: file, number in it, case.
fn cases(folder: &std::path::Path) -> Vec<(String, usize, Value)> {
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let mut all = Vec::new();
    for file in files.iter().filter(|path| path.extension().is_some_and(|end| end == "json")) {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        for (place, case) in json(file)["tests"].as_array().unwrap().iter().enumerate() {
            all.push((name.clone(), place + 1, case.clone()));
        }
    }
    all
}

/// Whether a package URL is read into these parts.
fn has_parts(purl: &Purl, parts: &Value) -> bool {
    let part = |key: &str| parts[key].as_str();
    let text = purl.to_string();
    let subpath = text.split_once('#').map(|(_, subpath)| subpath);
    let qualifiers = parts["qualifiers"].as_object();
    let count =
        text.split('#').next().and_then(|head| head.split_once('?')).map_or(0, |(_, list)| list.split('&').count());
    Some(purl.kind()) == part("type")
        && purl.namespace() == part("namespace")
        && Some(purl.name()) == part("name")
        && purl.version() == part("version")
        && count == qualifiers.map_or(0, serde_json::Map::len)
        && qualifiers.into_iter().flatten().all(|(key, value)| purl.qualifier(key) == value.as_str())
        && subpath.is_some() == part("subpath").is_some()
}

/// A case of a suite: its file, its number in it, and what it says.
type Case = (String, usize, Value);

/// Cases of the suite for package URLs that are judged otherwise: file and number in it. Cases that build a URL of its parts
/// are not run: advisories and reports name packages by whole URLs.
pub fn purls() -> Option<(usize, usize, Vec<Case>)> {
    let tests = folder("purl")?.join("tests");
    let (mut run, mut built, mut otherwise) = (0, 0, Vec::new());
    for (file, place, case) in cases(&tests.join("spec")).into_iter().chain(cases(&tests.join("types"))) {
        let Some(input) = case["input"].as_str() else {
            built += 1;
            continue;
        };
        run += 1;
        let read = Purl::parse(input);
        let right = match (&read, case["expected_failure"].as_bool() == Some(true)) {
            (Err(_), failure) => failure,
            (Ok(_), true) => false,
            (Ok(purl), false) => match &case["expected_output"] {
                Value::String(canonical) => purl.to_string() == *canonical,
                parts => has_parts(purl, parts),
            },
        };
        if !right {
            otherwise.push((file, place, case));
        }
    }
    Some((run, built, otherwise))
}

/// What became of the cases of VERS.
#[derive(Debug, Default)]
pub struct Ranges {
    /// Judged as expected.
    pub right: usize,
    /// Versions whose order is not known, and is said to be unknown.
    pub unknown: usize,
    /// Ranges in the notation of an ecosystem, which are not read.
    pub native: usize,
    /// Judged otherwise.
    pub otherwise: Vec<(String, usize, Value)>,
}

fn contains(range: &Vers, version: &str) -> Option<bool> {
    let (ranges, versions) = range.affected()?;
    let mut all = ranges.iter().map(|stretch| stretch.contains(range.order(), version)).collect::<Option<Vec<_>>>()?;
    all.extend(versions.iter().map(|one| compare(range.order(), one, version) == Some(std::cmp::Ordering::Equal)));
    Some(all.into_iter().any(|is| is))
}

/// The order of a versioning scheme.
fn order(scheme: &str) -> Ecosystem {
    match scheme {
        "apk" | "alpm" | "deb" | "rpm" | "gentoo" => Ecosystem::Distribution,
        other => Vers { scheme: Some(other.to_owned()), constraints: Vec::new() }.order(),
    }
}

/// All cases of VERS.
pub fn ranges() -> Option<Ranges> {
    let mut found = Ranges::default();
    for (file, place, case) in cases(&folder("vers")?.join("tests")) {
        let input = &case["input"];
        let verdict = match case["test_type"].as_str().unwrap() {
            "from_native" => {
                found.native += 1;
                continue;
            }
            "comparison" | "equality" => {
                let versions: Vec<&str> =
                    input["versions"].as_array().unwrap().iter().map(|version| version.as_str().unwrap()).collect();
                let ordering = compare(order(input["input_scheme"].as_str().unwrap()), versions[0], versions[1]);
                ordering.map(|ordering| match &case["expected_output"] {
                    Value::Bool(equal) => ordering.is_eq() == *equal,
                    sorted => {
                        let is_swapped = sorted[0].as_str() != Some(versions[0]);
                        ordering.is_eq() || ordering.is_gt() == is_swapped
                    }
                })
            }
            "containment" => {
                let range = Vers::parse(input["vers"].as_str().unwrap()).ok();
                range
                    .and_then(|range| contains(&range, input["version"].as_str().unwrap()))
                    .map(|is| Some(is) == case["expected_output"].as_bool())
            }
            "parse" | "validate" => {
                let text = input.as_str().unwrap();
                let read = Vers::parse(text).ok().filter(|range| range.unsorted().is_none());
                let fits = case["expected_failure"].as_bool() != Some(true)
                    && case["expected_output"].as_str().is_none_or(|canonical| canonical == text);
                Some(read.is_some() == fits)
            }
            other => panic!("{other} is no kind of test"),
        };
        match verdict {
            Some(true) => found.right += 1,
            None => found.unknown += 1,
            Some(false) => {
                found.otherwise.push((file, place, case));
            }
        }
    }
    Some(found)
}

#[test]
fn package_urls_of_the_official_suite_are_read_as_it_reads_them() {
    let Some((run, built, otherwise)) = purls() else { return };
    println!(
        "package URLs: {} of {run} cases as expected, {built} that build a URL of parts are not run",
        run - otherwise.len()
    );
    let unsaid = unsaid(&otherwise);
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}

#[test]
fn version_ranges_of_the_official_suite_are_judged_as_it_judges_them_or_called_unknown() {
    let Some(found) = ranges() else { return };
    println!(
        "version ranges: {} cases as expected, {} of unknown order, {} in native notation not read, {} otherwise",
        found.right,
        found.unknown,
        found.native,
        found.otherwise.len()
    );
    let unsaid = unsaid(&found.otherwise);
    assert!(unsaid.is_empty(), "{unsaid:#?}");
}
