//! What is handed on: mentions in notes, and words that should not become public.

use crate::given::Story;
use candor_core::case::Author;
use candor_core::dialogue::mentioned;
use candor_core::event::{Contact, Credit, Event};
use candor_core::id::MemberId;
use candor_core::scrub::{hits, scrubbed};

#[test]
fn abuse_r6_a_note_names_only_members_and_an_address_is_nobodys_mention() {
    let team = [("1", "Ines Ruiz"), ("2", "Jonas"), ("3", "Ines Berg")]
        .map(|(id, name)| (MemberId::from(id), name.to_owned()));
    let named = |text: &str| mentioned(text, &team).iter().map(|id| id.0.clone()).collect::<Vec<_>>();
    assert_eq!(named("@jonas look at this, @Ines Ruiz and @JONAS!"), ["2", "1"]);
    assert_eq!(named("@Ines, which of you?"), Vec::<String>::new(), "two are called so");
    assert_eq!(named("mail jonas@example.org or x.@Jonas"), Vec::<String>::new());
    assert_eq!(named("@Jonasson @nobody @"), Vec::<String>::new());
}

fn story() -> Story {
    let mut story = Story::reported("2026-03-01T00:00Z");
    let contact = Contact { name: "Ada Quist".into(), organisation: "Quist Ltd".into(), ..Contact::default() };
    let event = Event::ContactGiven { report: 0, person: "P".into(), contact };
    story.push("2026-03-01T00:00Z", Author::Reporter(0), event);
    story
}

#[test]
fn words_that_should_not_become_public_are_found_one_by_one() {
    let case = story().case();
    let text = "ADA QUIST (ada@quist.example) of Quist Ltd saw http://10.0.0.7/x and build.corp.internal: \
        AKIAIOSFODNN7EXAMPLE, /\u{55}sers/ada/log. Commit 0123456789abcdef0123456789abcdef01234567 by Ines.";
    let found: Vec<(String, &str)> =
        hits(text, &case, &["Ines".into()]).into_iter().map(|hit| (hit.word, hit.why)).collect();
    assert_eq!(
        found,
        [
            ("ADA QUIST", "a name of the reporter"),
            ("ada@quist.example", "an e-mail address"),
            ("Quist Ltd", "the reporter's organisation"),
            ("http://10.0.0.7/x", "an address inside a network"),
            ("build.corp.internal", "an address inside a network"),
            ("AKIAIOSFODNN7EXAMPLE", "what looks like a secret"),
            ("/\u{55}sers/ada/log", "a folder of a person"),
            ("Ines", "a name of the team"),
        ]
        .map(|(word, why)| (word.to_owned(), why))
    );
    let clean = scrubbed(text, &case, &["Ines".into()]);
    assert!(clean.starts_with("[a name of the reporter] ([an e-mail address]) of"), "{clean}");
    assert!(clean.contains("0123456789abcdef"), "what is public stays: {clean}");
    assert!(hits(&clean, &case, &["Ines".into()]).is_empty(), "{clean}");
}

#[test]
fn a_name_that_is_credited_may_stand() {
    let mut story = story();
    let credit = Credit::Named {
        name: "Ada Quist".into(),
        organisation: String::new(),
        link: String::new(),
        about: String::new(),
    };
    story.push("2026-03-02T00:00Z", Author::Reporter(0), Event::CreditChosen { report: 0, credit });
    assert!(hits("Found by Ada Quist.", &story.case(), &[]).is_empty());
}

#[test]
fn whatever_is_typed_is_cut_at_letters() {
    let case = story().case();
    for text in ["", "é", "ada quİst ada", "😀Ada Quist😀", "a\u{301}da@b.c", "...:::===", "[[]]<<>>"] {
        let _ = scrubbed(text, &case, &["İ".into(), "ÅÅÅ".into()]);
    }
}

#[test]
fn p3_a_report_that_may_be_public_already_or_about_a_dependency_gets_a_hint_and_no_more() {
    use candor_core::event::ReportFacts;
    use candor_core::scope::{HintKind, PublicAdvisory, hints, published};
    let aliases = ["CVE-2026-1111".to_owned()];
    let one = PublicAdvisory {
        id: "SAMPLE-2026-1",
        title: "Buckets can be listed without a signature",
        aliases: &aliases,
        url: "https://sample.example/advisories/SAMPLE-2026-1",
    };
    let ask = |title: &str, description: &str| ReportFacts {
        title: title.into(),
        description: description.into(),
        ..ReportFacts::default()
    };
    let ids = |facts: &ReportFacts| published(facts, [one]).len();
    assert_eq!(ids(&ask("Listed buckets", "Your buckets can be listed, and no signature is asked for.")), 1);
    assert_eq!(ids(&ask("See cve-2026-1111", "It is there still.")), 1);
    assert_eq!(ids(&ask("A bucket is deleted", "Somebody else can delete it.")), 0);
    let policy = crate::given::policy("[scope]\ndependencies = \"direct\"\n");
    let about = |facts: &ReportFacts| -> Vec<HintKind> {
        hints(facts, &policy, crate::given::at("2026-03-01T00:00Z")).into_iter().map(|hint| hint.about).collect()
    };
    assert_eq!(about(&ask("Old lodash", "You use pkg:npm/lodash@4.17.20.")), [HintKind::Dependency]);
    assert_eq!(about(&ask("A share", "It shows fields.")), []);
}

#[test]
fn a_case_goes_to_who_is_on_call_who_owns_its_part_or_whose_turn_it_is() {
    use candor_core::policy::{file, taker};
    use candor_formats::cvss::Severity;
    use jiff::civil::date;
    let rules = r#"
[[scope.products]]
name = "Server"
components = ["gateway"]

[[roster]]
member = "ada@example.org"
owns = ["gateway"]
weight = 0

[[roster]]
member = "bea@example.org"
weight = 2
on_call = [{ from = "2026-03-01", until = "2026-03-07" }]

[[roster]]
member = "cid@example.org"
owns = ["server"]
away = [{ from = "2026-03-10", until = "2026-03-12" }]
"#;
    let policy = crate::given::policy(rules);
    let ask = |component: Option<&str>, severity: Option<Severity>, number: u64, day: i8| {
        taker(&policy.roster, Some("Server"), component, severity, number, date(2026, 3, day)).map(|one| one.member)
    };
    assert_eq!(ask(Some("Gateway"), None, 0, 1).as_deref(), Some("ada@example.org"));
    assert_eq!(ask(Some("gateway"), Some(Severity::Critical), 0, 1).as_deref(), Some("bea@example.org"));
    assert_eq!(ask(None, None, 0, 1).as_deref(), Some("cid@example.org"));
    assert_eq!(ask(None, None, 2, 11).as_deref(), Some("bea@example.org"), "who is away takes none");
    let turns = |number| taker(&policy.roster, None, None, None, number, date(2026, 3, 1)).map(|one| one.member);
    let all: Vec<String> = (0..6).filter_map(turns).map(|one| one[..3].to_owned()).collect();
    assert_eq!(all, ["bea", "bea", "cid", "bea", "bea", "cid"]);
    assert_eq!(taker(&[], None, None, None, 3, date(2026, 3, 1)), None);
    let wrong = rules.replace("owns = [\"gateway\"]", "owns = [\"gatway\"]").replace("2026-03-07", "2026-02-07");
    let text = format!(
        "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n{wrong}"
    );
    let told: Vec<String> = file::read(&text).unwrap_err().iter().map(ToString::to_string).collect();
    assert!(told.iter().any(|line| line.contains("did you mean `gateway`?")), "{told:?}");
    assert!(told.iter().any(|line| line.contains("is before it begins")), "{told:?}");
}
