//! What is built in: every package comes from the crates registry or from here, under a licence that may be combined
//! with ours. Asked of `cargo metadata`, without network and without another tool.

use std::collections::BTreeSet;
use std::process::Command;

use serde_json::Value;

/// Licences of which any one is enough. The same list stands in `deny.toml`.
const ALLOWED: [&str; 14] = [
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Whether a licence expression can be met from the list: `AND` binds closer than `OR`, parentheses group, and the
/// old form with a slash means `OR`.
fn is_allowed(expression: &str) -> bool {
    let spaced = expression.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let met = either(&words, &mut at);
    met == Some(true) && at == words.len()
}

fn either(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut met = both(words, at)?;
    while words.get(*at) == Some(&"OR") {
        *at += 1;
        met |= both(words, at)?;
    }
    Some(met)
}

fn both(words: &[&str], at: &mut usize) -> Option<bool> {
    let mut met = one(words, at)?;
    while words.get(*at) == Some(&"AND") {
        *at += 1;
        met &= one(words, at)?;
    }
    Some(met)
}

fn one(words: &[&str], at: &mut usize) -> Option<bool> {
    let word = *words.get(*at)?;
    *at += 1;
    if word == "(" {
        let met = either(words, at)?;
        (words.get(*at) == Some(&")")).then(|| *at += 1)?;
        return Some(met);
    }
    if matches!(word, ")" | "AND" | "OR" | "WITH") {
        return None;
    }
    let mut licence = word.to_owned();
    if words.get(*at) == Some(&"WITH") {
        licence = format!("{licence} WITH {}", words.get(*at + 1)?);
        *at += 2;
    }
    Some(ALLOWED.contains(&licence.as_str()))
}

#[test]
fn a_licence_expression_is_read_as_it_is_meant() {
    for allowed in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-3.0-only OR MIT",
        "MIT AND (ISC OR GPL-2.0-only)",
        "Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT",
    ] {
        assert!(is_allowed(allowed), "{allowed}");
    }
    for refused in
        ["", "GPL-3.0-only", "MIT AND GPL-3.0-only", "MIT OR", "(MIT", "MIT Apache-2.0", "ISC AND (GPL-2.0-only)"]
    {
        assert!(!is_allowed(refused), "{refused}");
    }
}

#[test]
fn every_package_comes_from_a_known_place_under_an_allowed_licence() {
    let version = Command::new(env!("CARGO")).arg("-vV").output().expect("cargo tells its version");
    let version = String::from_utf8(version.stdout).expect("its words are UTF-8");
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).expect("cargo names its host");
    // Only what is built here has surely been fetched, so only that can be asked without network.
    let answer = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--locked", "--format-version", "1", "--filter-platform", host])
        .current_dir(super::root())
        .output()
        .expect("cargo metadata runs");
    assert!(answer.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&answer.stderr));
    let metadata: Value = serde_json::from_slice(&answer.stdout).expect("cargo metadata is JSON");
    let ours: BTreeSet<&str> =
        metadata["workspace_members"].as_array().expect("a list of members").iter().filter_map(Value::as_str).collect();

    let mut wrong = Vec::new();
    let packages = metadata["packages"].as_array().expect("a list of packages");
    assert!(packages.len() > ours.len(), "the dependencies are listed");
    for package in packages {
        let name = format!("{} {}", package["name"], package["version"]);
        match package["source"].as_str() {
            Some(REGISTRY) => {}
            None if package["id"].as_str().is_some_and(|id| ours.contains(id)) => {}
            place => wrong.push(format!("{name} comes from {}", place.unwrap_or("a folder outside the workspace"))),
        }
        match package["license"].as_str() {
            Some(licence) if is_allowed(licence) => {}
            licence => wrong.push(format!("{name} is under {}", licence.unwrap_or("no named licence"))),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn both_lists_of_licences_are_the_same() {
    let file = std::fs::read_to_string(super::root().join("deny.toml")).expect("deny.toml is read");
    let listed: toml::Value = toml::from_str(&file).expect("deny.toml is TOML");
    let listed: Vec<&str> = listed["licenses"]["allow"]
        .as_array()
        .expect("a list of licences")
        .iter()
        .filter_map(toml::Value::as_str)
        .collect();
    assert_eq!(listed, ALLOWED);
}

#[test]
fn the_one_script_of_other_makers_is_their_file_as_it_is_with_its_licences_beside_it() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = root.join("crates/candor/assets/openpgp");
    let read =
        |path: std::path::PathBuf| std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    let script = read(folder.join("openpgp.min.js"));
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &script);
    let hash: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    let said = String::from_utf8(read(root.join("docs/dependencies.md"))).expect("text");
    assert!(said.contains(&hash), "docs/dependencies.md names the SHA-256 {hash} of the file");
    let head = String::from_utf8_lossy(&script[..200]).into_owned();
    let version = head.split_whitespace().find_map(|word| word.strip_prefix('v')).expect("a version");
    assert!(said.contains(&format!("OpenPGP.js {version}")), "and its version {version}");
    assert!(head.contains("LGPL"), "{head}");
    for (name, words) in
        [("LGPL-3.0.txt", "GNU LESSER GENERAL PUBLIC LICENSE"), ("GPL-3.0.txt", "GNU GENERAL PUBLIC LICENSE")]
    {
        assert!(String::from_utf8(read(folder.join(name))).expect("text").contains(words), "{name}");
    }
    assert!(String::from_utf8(read(root.join("NOTICE"))).expect("text").contains("OpenPGP.js"));
}
