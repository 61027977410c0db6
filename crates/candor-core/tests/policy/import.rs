//! Prose becomes a draft: what is found in five published policies, in what Candor prints itself, and in prose of all kinds.

#![allow(clippy::disallowed_methods)] // A test reads its files; the crate does not.
#![allow(clippy::print_stdout, clippy::print_stderr)] // It says what it counted and what it skipped.

mod expected;

use candor_core::policy::import::{self, Fact, Names};
use candor_core::policy::{compare, file, render};
use expect_test::{Expect, expect};
use proptest::prelude::*;
use std::path::PathBuf;

/// The text of a published policy, or `None` after having said why the test is skipped. The folder is named by
/// `CANDOR_POLICIES`, else looked for beside the repository; the texts are not part of it.
fn published(name: &str) -> Option<String> {
    let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/policies");
    let root = std::env::var_os("CANDOR_POLICIES").map_or_else(|| PathBuf::from(beside), PathBuf::from);
    let text = std::fs::read_to_string(root.join(format!("{name}.md"))).ok();
    if text.is_none() {
        eprintln!("skipped: there is no published policy of {name}; set CANDOR_POLICIES to where the five lie");
    }
    text
}

fn example(name: &str) -> String {
    std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..").join(name)).unwrap()
}

const FIVE: [&str; 5] = ["dapr", "directus", "ibexa", "minio", "strapi"];

/// Facts of a text in the words that stay the same; sentences that are only kept are left out.
fn told(text: &str) -> Vec<String> {
    let kept = |fact: &Fact| matches!(fact, Fact::Statement { .. });
    let mut told: Vec<String> =
        import::read(text).found.iter().filter(|found| !kept(&found.fact)).map(|found| found.fact.told()).collect();
    told.sort();
    told
}

#[test]
fn every_length_address_and_rule_of_the_five_published_policies_is_found() {
    let (mut hits, mut expected_all, mut found_all) = (0_usize, 0_usize, 0_usize);
    for name in FIVE {
        let Some(text) = published(name) else { return };
        let expected = expected::facts(name);
        let found = told(&text);
        let missed: Vec<_> = expected.iter().filter(|fact| !found.contains(&(**fact).to_owned())).collect();
        let beyond: Vec<_> = found.iter().filter(|fact| !expected.contains(&fact.as_str())).collect();
        let must = |fact: &&&&str| {
            ["promise", "turn on", "embargo", "report", "contact", "portal", "team", "advisories", "more"]
                .iter()
                .any(|word| fact.starts_with(word))
        };
        assert!(missed.iter().find(must).is_none(), "{name} misses {missed:#?}, found {found:#?}");
        hits += expected.len() - missed.len();
        expected_all += expected.len();
        found_all += found.len();
        println!("{name}: {} expected, missed {missed:?}, beyond {beyond:?}", expected.len());
    }
    let (recall, precision) = (hits as f64 / expected_all as f64, hits as f64 / found_all as f64);
    println!("recall {recall:.3}, precision {precision:.3} over {expected_all} facts");
    assert!(recall > 0.97 && precision > 0.9, "recall {recall:.3}, precision {precision:.3}");
}

#[test]
fn each_draft_of_the_five_reads_and_says_where_each_line_comes_from() {
    for name in FIVE {
        let Some(text) = published(name) else { return };
        let draft = import::draft(&text, &Names { name: Some("Sample".into()), slug: Some("sample".into()) });
        let policy = file::read(&draft.toml).unwrap_or_else(|findings| panic!("{name}: {findings:#?}\n{}", draft.toml));
        assert_eq!(policy.program.slug.as_str(), "sample");
        assert!(!draft.questions.is_empty(), "{name}: no policy says everything");
        let lines: Vec<&str> = text.lines().collect();
        for found in &draft.found {
            let word =
                found.quote.split_whitespace().find(|word| word.chars().all(char::is_alphanumeric)).unwrap_or_default();
            assert!(lines[found.line - 1].contains(word), "{name}:{}: {}", found.line, found.quote);
        }
        for question in &draft.questions {
            assert!(draft.toml.contains("# question: "), "{name}: {}", question.text);
        }
    }
}

#[test]
fn the_example_policies_do_not_contradict_the_prose_they_were_written_from() {
    for name in FIVE {
        let Some(text) = published(name) else { return };
        let policy = file::read(&example(&format!("examples/policies/{name}.toml"))).unwrap();
        let told: Vec<String> = compare::against(&policy, &text)
            .contradictions
            .iter()
            .map(|difference| format!("{name}.md:{}: {difference}", difference.line))
            .collect();
        assert_eq!(told, Vec::<String>::new());
    }
}

#[test]
fn what_candor_prints_agrees_with_the_policy_it_was_printed_from() {
    for name in ["dapr", "directus", "ibexa", "minio", "strapi"]
        .map(|name| format!("examples/policies/{name}.toml"))
        .iter()
        .chain([&"policy.toml".to_owned()])
    {
        let policy = file::read(&example(name)).unwrap();
        let printed = render::security_md(&policy, Some("https://security.example.org"));
        let comparison = compare::against(&policy, &printed);
        assert_eq!(comparison.contradictions, Vec::new(), "{name}");
        for promise in &policy.promises {
            let found = import::read(&printed)
                .found
                .iter()
                .any(|found| matches!(&found.fact, Fact::Promise(prose) if prose.within == promise.within));
            assert!(found, "{name}: {} is not found in what is printed", promise.name);
        }
    }
}

#[test]
fn candor_s_own_prose_agrees_with_its_policy() {
    let policy = file::read(&example("policy.toml")).unwrap();
    let comparison = compare::against(&policy, &example("SECURITY.md"));
    assert_eq!(comparison.contradictions, Vec::new());
    assert!(comparison.agreed >= 15, "{comparison:#?}");
}

#[test]
fn contradictions_are_told_with_line_and_key() {
    let policy = file::read(&example("examples/policies/minio.toml")).unwrap();
    let prose = "# Security\n\nWrite to other@min.io.\n\nWe aim to acknowledge your report within 3 working days.\n\n\
        We ask you for an embargo of 90 days.\n\nYou will be credited in the release notes.\n\nThis is not an SLA.\n";
    let comparison = compare::against(&policy, prose);
    let show =
        |list: &[compare::Difference]| list.iter().map(|one| format!("{}: {one}\n", one.line)).collect::<String>();
    check(
        &show(&comparison.contradictions),
        expect![[r#"
        3: channels.email: the prose sends reports to other@min.io, the policy to security@min.io
        5: promises.acknowledge.within: the prose says 3 working days, the policy 48 hours
        9: credit.default: the prose says `named`, the policy `anonymous`
    "#]],
    );
    check(
        &show(&comparison.notes),
        expect![[r#"
        7: disclosure.embargo: the prose asks for 90 days; the policy for no time
        9: credit.appears_in: the prose credits in the release notes; the policy does not name it
        11: disclosure.no_sla: the prose says that it is no service level agreement; the policy does not
    "#]],
    );
}

#[track_caller]
fn check(told: &str, expected: Expect) {
    expected.assert_eq(told);
}

#[track_caller]
fn says(prose: &str, facts: &[&str]) {
    let told = told(prose);
    for fact in facts {
        assert!(told.contains(&(*fact).to_owned()), "{fact} is not found in: {prose}\n{told:#?}");
    }
}

#[test]
fn promises_are_found_however_they_are_worded() {
    let mut missed = Vec::new();
    for (prose, fact) in [
        (
            "You will hear back from us within two (2) business days.",
            "promise acknowledgement within 2 working days of report, commitment",
        ),
        (
            "Within 24h a maintainer confirms receipt of your e-mail.",
            "promise acknowledgement within 24 hours of report",
        ),
        (
            "We strive to triage new reports in at most five working days.",
            "promise verdict within 5 working days of report, target",
        ),
        ("We will send you an update at least every two weeks.", "promise message every 2 weeks of report, commitment"),
        (
            "Once confirmed, critical issues will be fixed within 14 days.",
            "promise fix within 14 days of confirmation for critical, commitment",
        ),
        (
            "Our goal is to release a patch within 90 days of the report.",
            "promise fix within 90 days of report, target",
        ),
        (
            "An advisory will be published within 72 hours of the release of the fix.",
            "promise publication within 72 hours of fix, commitment",
        ),
        ("We ask that you give us 90 days before you disclose it publicly.", "embargo 90 days"),
        ("The embargo will last no longer than four weeks.", "embargo at most 4 weeks"),
        ("Response time: 1 week. We try our best.", "promise acknowledgement within 1 week of report"),
        ("- Initial response: within 3 days\n", "promise acknowledgement within 3 days of report"),
        (
            "| Step | Time |\n|---|---|\n| Acknowledgement | 48 hours |\n| Fix for critical issues | 7 days |\n",
            "promise fix within 7 days of report for critical",
        ),
    ] {
        let told = told(prose);
        if !told.contains(&fact.to_owned()) {
            missed.push(format!("{prose}\n  expected {fact}, found {told:?}"));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn versions_credit_and_scope_are_found_however_they_are_worded() {
    says(
        "## Supported versions\n\n| Version | Supported |\n| --- | --- |\n| 5.x | :white_check_mark: |\n| 4.9 LTS | until 2027-04-30 |\n| < 4.9 | :x: |\n",
        &["supported 5.x", "supported 4.9 LTS until 2027-04-30", "not supported < 4.9"],
    );
    says("Only the latest release receives security fixes.", &["latest release only"]);
    says(
        "Unless you prefer to stay anonymous, we will credit you in the advisory.",
        &["credit named", "credit in the advisory"],
    );
    says("We will credit you if you wish.", &["credit ask"]);
    says("## Out of scope\n\n- Clickjacking on pages without sensitive actions\n- Self-XSS\n", &["out of scope"]);
    says(
        "Reports must be written in English. Write to security [at] example [dot] org.",
        &["language en", "report to security@example.org"],
    );
    says(
        "Our key has the fingerprint 0123 4567 89AB CDEF 0123 4567 89AB CDEF 0123 4567.",
        &["key 0123456789ABCDEF0123456789ABCDEF01234567"],
    );
}

#[test]
fn what_cannot_be_placed_is_a_question() {
    let draft = import::draft(
        "# Security policy of Sample\n\nSpecial orders take 6 days.\n\nYou must wear a hat in our office on Fridays.\n",
        &Names::default(),
    );
    let told: Vec<String> =
        draft.questions.iter().filter(|q| q.line > 0).map(|q| format!("{}: {}\n", q.line, q.text)).collect();
    check(
        &told.concat(),
        expect![[r#"
        3: `6 days`: what does it promise?
        5: no key holds this; does it belong under disclosure.process, or to no program at all?
    "#]],
    );
    assert!(draft.toml.contains("name = \"Sample\""));
    assert!(file::read(&draft.toml).is_ok());
}

proptest! {
    #[test]
    fn any_prose_gives_a_draft_that_reads(words in proptest::collection::vec(prop_oneof![
        Just("We will acknowledge within 48 hours. "), Just("Fixes come in 30 days. "), Just("\n\n- "), Just("\n\n# Security of X\n\n"),
        Just("updates every 90 days "), Just("mail a@b.example; c@d.example "), Just("| 1.x | yes |\n"), Just("two maintainers discuss "),
        Just("Critical and High are always fixed. "), Just("[x](https://a.example/b) "), Just("embargo of 90 days, at most 10 days. "),
        Just("out of scope: \n\n- x\n"), Just("```\n"), Just("\"quoted\\ "), Just("é’— "), Just("if you have not heard in 5 days contact: \n- Lead: e@f.example\n"),
    ], 0..24), put in "[ -~æ\\n]{0,20}") {
        let text: String = words.concat() + &put;
        let draft = import::draft(&text, &Names::default());
        prop_assert!(file::read(&draft.toml).is_ok(), "{:#?}\n{}", file::read(&draft.toml), draft.toml);
    }
}
