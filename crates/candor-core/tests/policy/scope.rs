//! What a report may be about, by the policy's clauses; and whether a version is supported, by the rules of its ecosystem.

use crate::given::{Story, at, policy};
use candor_core::event::{Event, FixKind, ReportFacts};
use candor_core::policy::file;
use candor_core::scope::{fits, hints, proposed_product, repository};
use candor_core::versions::{contains, support, upgrade};
use candor_core::{gates, policy::Step};
use candor_formats::version::Ecosystem;
use expect_test::{Expect, expect};

const SCOPE: &str = r#"
[scope]
statement = "All of it."

[[scope.products]]
name = "Runtime"
repositories = ["github.com/sample/runtime"]
purl = "pkg:golang/github.com/sample/runtime"

[[scope.products]]
name = "SDKs"
repositories = ["github.com/sample/*-sdk"]

[[scope.products]]
name = "Others"
repositories = ["github.com/sample/*"]

[[scope.out]]
clause = "attic"
what = "What is no longer kept up."
repositories = ["github.com/sample-attic/*"]
instead = "Use the new one."

[[scope.kinds]]
clause = "headers"
what = "Headers that a scanner would like to see."
words = ["missing header", "clickjacking"]
cwes = [1021]
to = "https://forge.example/issues"

[[known]]
clause = "3.2"
what = "Whoever writes the configuration can run commands."
because = "The configuration is a trusted input."
words = ["configuration file"]

[versions]
rule = "list"
statement = "Upgrade to the newest of your branch."

[[versions.supported]]
branch = "5.x"

[[versions.supported]]
branch = "4.6"
until = "2026-12-31"
"#;

#[test]
fn p1_a_repository_has_one_form_however_it_is_written() {
    for text in [
        "https://github.com/Sample/Runtime/issues/12#note",
        "http://github.com/sample/runtime.git",
        "git@github.com:sample/runtime.git",
        "ssh://git@github.com/sample/runtime",
        "github.com/sample/runtime/",
    ] {
        let known = repository(text).unwrap_or_default();
        assert!(
            known == "github.com/sample/runtime" || known.starts_with("github.com/sample/runtime/"),
            "{text}: {known}"
        );
    }
    assert_eq!(repository("sample/runtime").as_deref(), Some("sample/runtime"));
    for text in ["", "Runtime", "Not sure", "either / or what", "https://example.org", "a b/c"] {
        assert_eq!(repository(text), None, "{text}");
    }
}

#[test]
fn p1_patterns_fit_part_by_part_and_the_longest_one_counts() {
    for (pattern, given, fit) in [
        ("github.com/sample/*", "github.com/sample/runtime", true),
        ("github.com/sample/*", "github.com/sample/runtime/pulls/1", true),
        ("github.com/sample/*", "github.com/sample-attic/runtime", false),
        ("github.com/sample/*-sdk", "github.com/sample/go-sdk", true),
        ("github.com/sample/*-sdk", "github.com/sample/sdk", false),
        ("github.com/sample/a*b*c", "github.com/sample/axxbc", true),
        ("github.com/sample/a*b*c", "github.com/sample/acb", false),
        ("https://github.com/sample/", "github.com/sample/runtime", true),
        ("github.com/sample/runtime", "sample/runtime", true),
        ("github.com/sample/runtime", "other/runtime", false),
    ] {
        assert_eq!(fits(pattern, given), fit, "{pattern} and {given}");
    }
    let policy = policy(SCOPE);
    for (product, name) in [
        ("https://github.com/sample/runtime/issues/1", Some("Runtime")),
        ("sample/go-sdk", Some("SDKs")),
        ("github.com/sample/website", Some("Others")),
        ("github.com/elsewhere/runtime", None),
        ("Runtime", None),
    ] {
        let facts = ReportFacts { product: product.into(), ..ReportFacts::default() };
        assert_eq!(proposed_product(&policy, &facts).map(|(known, _)| known.name.as_str()), name, "{product}");
    }
    let inside =
        ReportFacts { steps: "See <https://github.com/sample/go-sdk/blob/main/a.go>.".into(), ..Default::default() };
    assert_eq!(proposed_product(&policy, &inside).map(|(known, _)| known.name.as_str()), Some("SDKs"));
}

#[test]
fn p1_hints_name_their_clause_and_fit_whole_words_only() {
    let policy = policy(SCOPE);
    let check = |facts: ReportFacts, expected: Expect| {
        let lines: String = hints(&facts, &policy, at("2027-01-15T12:00Z"))
            .iter()
            .map(|hint| {
                let clause = hint.clause.as_deref().unwrap_or("-");
                format!("{} {clause} {} {}\n", hint.about.name(), hint.text, hint.to.as_deref().unwrap_or_default())
            })
            .collect();
        expected.assert_eq(&lines);
    };
    let facts = |title: &str, product: &str, version: &str, weakness: &str| ReportFacts {
        title: title.into(),
        product: product.into(),
        version: version.into(),
        weakness: weakness.into(),
        ..ReportFacts::default()
    };
    check(facts("A token is not asked for", "Runtime", "5.1.0", ""), expect![""]);
    check(facts("Missing headers everywhere", "Runtime", "", ""), expect![""]);
    check(
        facts("A missing header", "github.com/sample/go-sdk", "4.6.1", ""),
        expect![[r#"
            product - github.com/sample/go-sdk belongs to SDKs, which is covered. 
            out-of-scope headers This may not be covered: Headers that a scanner would like to see. https://forge.example/issues
            version - Not supported: the support of branch 4.6 ended on 31 December 2026. Upgrade to the newest of your branch. 
        "#]],
    );
    check(
        facts("Frames", "https://github.com/sample-attic/old", "", "CWE-1021: Frames"),
        expect![[r#"
            out-of-scope attic This may not be covered: What is no longer kept up. Use the new one. 
            out-of-scope headers This may not be covered: Headers that a scanner would like to see. https://forge.example/issues
        "#]],
    );
    check(
        facts("Commands in the configuration-file", "Runtime", "3.0.0", ""),
        expect![[r#"
            known 3.2 This may be known, and no vulnerability here: Whoever writes the configuration can run commands. The configuration is a trusted input. 
            version - Not supported: it belongs to no supported branch. Upgrade to the newest of your branch. 
        "#]],
    );
}

#[test]
fn m1_a_version_is_held_against_branches_and_ranges_by_the_rules_of_its_ecosystem() {
    for (ecosystem, branch, version, is_in) in [
        (Ecosystem::Npm, "4.x", "4.10.2", Some(true)),
        (Ecosystem::Npm, "4.x", "40.1.0", Some(false)),
        (Ecosystem::Npm, "4.6", "v4.6.13-rc.1", Some(true)),
        (Ecosystem::Npm, "4.6", "4.60.0", Some(false)),
        (Ecosystem::Npm, "4.6", "4", None),
        (Ecosystem::Npm, ">= 4.0, < 5.0", "4.99.0", Some(true)),
        (Ecosystem::Npm, ">= 4.0, < 5.0", "5.0.0-beta", Some(true)), // a pre-release comes before its release
        (Ecosystem::Npm, ">= 4.10", "4.9.0", Some(false)),
        (Ecosystem::PyPi, ">= 1.10", "1.9", Some(false)),
        (Ecosystem::PyPi, ">= 1.10", "1.9rc1", None),
        (Ecosystem::Other, "> RELEASE.2026-01-01T00-00-00Z", "RELEASE.2026-02-01T00-00-00Z", Some(true)),
        (Ecosystem::Other, "4.x", "the newest", None),
    ] {
        assert_eq!(contains(ecosystem, branch, version), is_in, "{branch} and {version}");
    }
    let policy = policy(SCOPE);
    let name = |version: &str, when: &str| support(&policy, Some("Runtime"), version, at(when)).name();
    assert_eq!(name("5.0.1", "2027-01-15T12:00Z"), "supported");
    assert_eq!(name("4.6.9", "2026-12-31T23:00Z"), "supported", "the last day");
    assert_eq!(name("4.6.9", "2027-01-01T00:00Z"), "ended");
    assert_eq!(name("3.1.0", "2027-01-01T00:00Z"), "not-listed");
    assert_eq!(name("Not sure", "2027-01-01T00:00Z"), "unknown");
}

#[test]
fn m1_only_the_latest_release_is_supported_and_its_order_is_known_or_said_to_be_unknown() {
    let policy = policy("[versions]\nrule = \"latest\"\nlatest = \"RELEASE.2027-03-01T00-00-00Z\"\n");
    let words = |version: &str| support(&policy, None, version, at("2027-03-05T12:00Z")).words();
    assert_eq!(
        words("RELEASE.2026-11-01T00-00-00Z"),
        "Not supported: older than the latest release, RELEASE.2027-03-01T00-00-00Z."
    );
    assert_eq!(words("RELEASE.2027-03-01T00-00-00Z"), "Supported: the latest release.");
    assert_eq!(words("a commit of yesterday"), "");
}

#[test]
fn m5d_a_fix_counts_for_the_branch_its_version_lies_in_and_says_what_to_upgrade_to() {
    let policy = policy(&format!("{SCOPE}\n[[gates]]\nbefore = \"publish\"\nneeds = \"decision-per-version\"\n"));
    let fixed = |story: Story, branch: &str, version: &str| {
        let (branch, version) = (branch.to_owned(), Some(version.to_owned()));
        let fix = Event::FixRecorded { branch, kind: FixKind::Patch, version, url: None, details: String::new() };
        story.then("2026-11-22T09:00Z", "ada", fix)
    };
    // Opened while 4.6 was supported: it needs a decision, also after its end.
    let story = fixed(Story::reported("2026-11-20T16:00Z"), "", "5.1.0");
    let lacks = |story: &Story| {
        let refusal = gates::missing(&story.case(), &policy, Step::Publish, None);
        refusal.map(|refusal| refusal.missing[0].what.clone()).unwrap_or_default()
    };
    assert_eq!(lacks(&story), "These versions have no fix and no decision: 4.6");
    assert_eq!(upgrade(&story.case()).as_deref(), Some("Upgrade to 5.1.0."));
    let story = fixed(story, "4.6.x", "4.6.10");
    assert_eq!(lacks(&story), "");
    assert_eq!(
        upgrade(&fixed(story, "5.x", "5.1.1").case()).as_deref(),
        Some("Upgrade to 5.1.0, 4.6.10 (branch 4.6.x) or 5.1.1 (branch 5.x).")
    );
    let late = fixed(Story::reported("2027-01-20T16:00Z"), "5.x", "5.1.0");
    assert_eq!(lacks(&late), "", "the support of 4.6 had ended when the case was opened");
}

#[test]
fn what_makes_no_sense_about_scope_versions_and_severity_is_told_with_its_place() {
    let head = "[program]\nslug = \"sample\"\nname = \"Sample\"\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n";
    for (rest, line, words) in [
        ("[[scope.kinds]]\nclause = \"a\"\nwhat = \"A\"\ncwes = [1]\n", 10, "CWE-1 is not in the list"),
        ("[[scope.out]]\nclause = \"a\"\nwhat = \"A\"\nto = \"the forum\"\n", 10, "words belong under `instead`"),
        (
            "[[scope.out]]\nclause = \"a\"\nwhat = \"A\"\n[[known]]\nclause = \"a\"\nwhat = \"B\"\nbecause = \"C\"\n",
            11,
            "two clauses called `a`",
        ),
        (
            "[[scope.kinds]]\nclause = \"a\"\nwhat = \"A\"\ncovered = true\ninstead = \"There.\"\n",
            11,
            "goes nowhere else",
        ),
        ("[scope]\ndependencies = \"some\"\n", 8, "`some` is not known here"),
        ("[versions]\necosystem = \"nmp\"\n", 8, "did you mean `npm`"),
        ("[versions]\nrule = \"list\"\n[[versions.supported]]\nbranch = \"the newest\"\n", 10, "a branch looks like"),
        ("[versions]\nrule = \"list\"\n[[versions.supported]]\nbranch = \"~> 4\"\n", 10, "a range looks like"),
        ("[severity]\nlevels = [\"A\", \"B\", \"C\", \"D\", \"E\", \"F\"]\n", 8, "at most 5"),
        ("[severity.bands]\nlow = 4.0\nmedium = 4.0\nhigh = 7.0\ncritical = 9.0\n", 7, "begin above the one before"),
        ("[[severity.decide]]\nthen = \"fix-now\"\n[[severity.decide]]\nthen = \"will-not-fix\"\n", 9, "never counts"),
        ("[[severity.decide]]\nefforts = [\"tiny\"]\nthen = \"fix-now\"\n", 8, "`tiny` is not known here"),
        ("[[gates]]\nbefore = \"publish\"\nneeds = \"fields\"\n", 7, "name what has to be filled in"),
        ("[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\nmembers = 3\n", 10, "count members"),
        (
            "[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\noverride = \"anybody\"\n",
            10,
            "`anybody` is not known here",
        ),
        ("[[gates]]\nbefore = \"publish\"\nneeds = \"severity\"\noverride = 3\n", 10, "expected true, false or one of"),
        ("[[gates]]\nbefore = \"fix\"\nneeds = \"remediation\"\n", 9, "would never open"),
    ] {
        let findings = file::read(&format!("{head}{rest}")).unwrap_err();
        let told: Vec<String> = findings.iter().map(ToString::to_string).collect();
        assert!(findings.iter().any(|one| one.line == line && one.message.contains(words)), "{rest}\n{told:#?}");
    }
}
