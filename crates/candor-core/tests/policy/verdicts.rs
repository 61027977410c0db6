//! Verdicts: the closed set, the letters that go with them, one appeal, and a verdict taken back.

use crate::given::{Story, at, policy};
use candor_core::access::{Actor, Role, allow};
use candor_core::case::{Author, State};
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{Event, KnownBefore, Outcome};
use candor_core::id::MemberId;
use candor_core::notices::{Recipient, notices};
use candor_core::policy::{Policy, VerdictKind, file};
use candor_core::promises::{Status, clocks};
use candor_core::refusal::Refusal;
use candor_core::replies::{self, Values};

const CLAUSES: &str = r#"
[[scope.out]]
clause = "applications"
what = "applications that use it"
instead = "Tell whoever runs the application."
to = "security@app.example.org"

[[known]]
clause = "3.2"
what = "missing headers on the download page"
because = "It serves plain files."

[[promises]]
name = "appeal"
what = "answer to an appeal"
starts = "appealed"
kept_by = "appeal-answered"
within = "14 days"

[[replies]]
name = "headers"
verdict = "not-a-vulnerability"
clause = "3.2"
text = """
Dear {reporter},

{clause}: {clause-text}. {instead}
Version {version}
{member}, {program}"""
"#;

fn facts(when: &str) -> Facts {
    Facts {
        now: at(when),
        policy_version: 1,
        advisory_id: String::new(),
        may_hold: true,
        moving_to: None,
        base_url: String::new(),
        ..Facts::default()
    }
}

fn member(name: &str) -> Actor {
    Actor::Member { id: MemberId::from(name), roles: vec![("sample".into(), Role::Member)] }
}

fn asked(
    story: &Story,
    policy: &Policy,
    actor: &Actor,
    command: Command,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    let case = story.case();
    let allowed = allow(Some(&case), policy, actor, command, facts.now).expect("they may ask");
    decide(&case, &allowed, policy, facts)
}

/// Asks, and puts what follows on record.
fn then(mut story: Story, policy: &Policy, actor: &Actor, when: &str, command: Command) -> Story {
    let events = asked(&story, policy, actor, command, &facts(when)).unwrap_or_else(|why| panic!("{why}"));
    let by = match actor {
        Actor::Member { id, .. } => Author::Member(id.clone()),
        _ => Author::Reporter(0),
    };
    for event in events {
        story.push(when, by.clone(), event);
    }
    story
}

fn reporter(story: &Story) -> Actor {
    Actor::Reporter { case: story.case().id, report: 0 }
}

#[test]
fn m5b_every_verdict_needs_a_reason_and_ends_the_case_in_its_own_words() {
    let policy = policy(CLAUSES);
    let story = Story::reported("2026-03-01T00:00Z");
    let outcomes = [
        Outcome::Rejected,
        Outcome::CannotReproduce,
        Outcome::InDependency { package: "pkg:npm/lodash@4.17.20".into(), to: "https://lodash.example.org".into() },
        Outcome::AlreadyFixed { version: "1.2.3".into() },
        Outcome::Accepted { clause: Some("3.2".into()) },
        Outcome::NotAVulnerability { clause: "3.2".into() },
        Outcome::OutOfScope { clause: "applications".into(), instead: String::new() },
        Outcome::NotSecurity,
        Outcome::ScannerOutput,
        Outcome::Spam,
    ];
    for outcome in outcomes {
        let dismiss = |text: &str| Command::Dismiss { outcome: outcome.clone(), text: text.into() };
        let without = asked(&story, &policy, &member("ada"), dismiss(" "), &facts("2026-03-02T00:00Z"));
        assert_eq!(without.unwrap_err().field(), Some("text"), "{}", outcome.label());
        let ended = then(story.clone(), &policy, &member("ada"), "2026-03-02T00:00Z", dismiss("This is why.")).case();
        assert_eq!(ended.state, State::Closed);
        assert_eq!(ended.outcome.as_ref().map(Outcome::label), Some(outcome.label()));
    }
    for (outcome, field) in [
        (Outcome::Confirmed, "outcome"),
        (Outcome::Withdrawn, "outcome"),
        (Outcome::NoAnswer, "outcome"),
        (Outcome::Duplicate { of: None, known: None }, "outcome"),
        (Outcome::InDependency { package: String::new(), to: String::new() }, "package"),
        (Outcome::InDependency { package: "it".into(), to: "over there".into() }, "to"),
        (Outcome::AlreadyFixed { version: " ".into() }, "version"),
        (Outcome::Accepted { clause: Some("9.9".into()) }, "clause"),
        (Outcome::NotAVulnerability { clause: "9.9".into() }, "clause"),
    ] {
        let command = Command::Dismiss { outcome, text: "This is why.".into() };
        let refused = asked(&story, &policy, &member("ada"), command, &facts("2026-03-02T00:00Z"));
        assert_eq!(refused.unwrap_err().field(), Some(field));
    }
}

#[test]
fn m5b_the_reporter_appeals_once_and_never_to_the_member_who_gave_the_verdict() {
    let policy = policy(CLAUSES);
    let story = Story::reported("2026-03-01T00:00Z").rejected("2026-03-02T00:00Z", "ada");
    let appeal = |text: &str| Command::Appeal { text: text.into() };
    let story = then(story.clone(), &policy, &reporter(&story), "2026-03-03T00:00Z", appeal("You missed step 3."));
    let again = asked(&story, &policy, &reporter(&story), appeal("Really."), &facts("2026-03-04T00:00Z"));
    assert_eq!(again.unwrap_err().code(), "appealed-before");
    let case = story.case();
    assert!(case.is_closed() && case.appeal.as_ref().is_some_and(candor_core::case::Appeal::is_open));
    let told = notices(&case, &case.history.last().unwrap().what, &policy);
    assert_eq!(told.iter().map(|one| one.to.clone()).collect::<Vec<_>>(), [Recipient::Contact("primary".into())]);
    let clock = clocks(&case, &policy, at("2026-03-04T00:00Z")).remove(0);
    assert_eq!((clock.due, clock.status), (at("2026-03-17T00:00Z"), Status::Running));

    let answer = |stands| Command::AnswerAppeal { stands, text: "I looked at it again.".into() };
    let own = asked(&story, &policy, &member("ada"), answer(true), &facts("2026-03-05T00:00Z"));
    assert_eq!(own.unwrap_err().code(), "own-verdict");
    let upheld = then(story.clone(), &policy, &member("bea"), "2026-03-05T00:00Z", answer(true)).case();
    assert_eq!((upheld.state, upheld.outcome.clone()), (State::Closed, Some(Outcome::Rejected)));
    assert!(clocks(&upheld, &policy, at("2026-03-06T00:00Z")).iter().all(|clock| clock.status.is_over()));
    let granted = then(story.clone(), &policy, &member("bea"), "2026-03-05T00:00Z", answer(false));
    assert_eq!(granted.case().state, State::Triage);
    let more = asked(&granted, &policy, &member("bea"), answer(false), &facts("2026-03-06T00:00Z"));
    assert_eq!(more.unwrap_err().code(), "no-appeal");
    // Unanswered it is a broken promise like any other.
    assert!(story.ticked("2026-03-18T00:00Z", &policy).case().broken.iter().any(|(name, ..)| name == "appeal"));
}

#[test]
fn m5b_a_verdict_that_is_taken_back_leaves_the_case_where_it_stood() {
    let policy = policy("");
    let undo = || Command::UndoVerdict { reason: "It was the wrong case.".into() };
    let open = Story::reported("2026-03-01T00:00Z");
    let none = asked(&open, &policy, &member("ada"), undo(), &facts("2026-03-02T00:00Z"));
    assert_eq!(none.unwrap_err().code(), "no-verdict");
    let triage = then(open.rejected("2026-03-02T00:00Z", "ada"), &policy, &member("bea"), "2026-03-02T00:10Z", undo());
    assert_eq!((triage.case().state, triage.case().outcome), (State::Triage, None));
    let confirmed = Story::reported("2026-03-01T00:00Z").confirmed("2026-03-02T00:00Z", "ada");
    let back =
        then(confirmed.rejected("2026-03-03T00:00Z", "ada"), &policy, &member("ada"), "2026-03-03T00:10Z", undo());
    assert_eq!(back.case().state, State::Confirmed);
    assert_eq!(back.case().verdict.map(|verdict| verdict.outcome), Some(Outcome::Confirmed));
}

#[test]
fn a_letter_is_the_policys_own_and_leaves_out_what_has_no_value() {
    let policy = policy(CLAUSES);
    let case = Story::reported("2026-03-01T00:00Z").case();
    let values = Values { clause: "3.2".into(), member: "Ada".into(), ..Values::default() };
    assert_eq!(
        replies::letter(&case, &policy, VerdictKind::NotAVulnerability, None, &values),
        "Dear,\n\n3.2: missing headers on the download page. It serves plain files.\nAda, Sample"
    );
    let out = Values { clause: "applications".into(), ..Values::default() };
    let letter = replies::letter(&case, &policy, VerdictKind::OutOfScope, None, &out);
    assert!(letter.contains("Clause applications: applications that use it"), "{letter}");
    assert!(letter.contains("security@app.example.org"), "{letter}");
    for kind in VerdictKind::ALL {
        let letter = replies::letter(&case, &policy, kind, None, &Values::default());
        assert!(!letter.is_empty() && !letter.contains(['{', '}']), "{letter}");
        assert_eq!(VerdictKind::from_name(kind.name()), Some(kind));
        assert_eq!(replies::unknown_variables(replies::standard(kind)), Vec::<String>::new());
    }
    let mut keys: Vec<char> = VerdictKind::ALL.into_iter().map(VerdictKind::key).collect();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), VerdictKind::ALL.len());
}

#[test]
fn a_value_is_not_looked_through_for_further_variables() {
    let policy = policy(CLAUSES);
    let case = Story::reported("2026-03-01T00:00Z").case();
    let values = Values { version: "{member}".into(), member: "Ada".into(), ..Values::default() };
    assert_eq!(replies::fill("Fixed in {version}.", &case, &policy, &values), "Fixed in {member}.");
}

#[test]
fn a_letter_with_a_wrong_variable_or_clause_is_told() {
    let text = "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n\n\
        [[replies]]\nname = \"a\"\nverdict = \"spam\"\ntext = \"Hello {reportr}\"\nclause = \"7\"\n";
    let told: Vec<String> = file::read(text).unwrap_err().iter().map(ToString::to_string).collect();
    assert!(
        told.iter().any(|line| line.contains("there is no variable `{reportr}`; did you mean `reporter`?")),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.contains("there is no clause `7`")), "{told:?}");
}

#[test]
fn a_duplicate_carries_the_proof_that_the_team_knew_before_and_nothing_else() {
    let policy = policy("");
    let story = Story::reported("2026-03-01T00:00Z");
    let known = KnownBefore { at: at("2026-02-01T00:00Z"), hash: "ab".repeat(32), proof: Some("{}".into()) };
    let facts = Facts { known_before: Some(known.clone()), ..facts("2026-03-02T00:00Z") };
    let command = Command::Duplicate { of: Some("7K3M9-QXT4B".into()), text: "We knew.".into() };
    let events = asked(&story, &policy, &member("ada"), command, &facts).unwrap();
    let Event::Dismissed { outcome: Outcome::Duplicate { known: told, .. }, .. } = &events[0] else {
        panic!("{events:?}")
    };
    assert_eq!(told.as_ref(), Some(&known));
    // What was written before there was a proof still reads.
    let old: Event =
        serde_json::from_str(r#"{"event":"dismissed","outcome":{"outcome":"duplicate","of":null},"text":"x"}"#)
            .unwrap();
    assert!(matches!(old, Event::Dismissed { outcome: Outcome::Duplicate { of: None, known: None }, .. }));
}
