//! An answer is to the question that was read: a date or a text that took its place meanwhile is not agreed to.

use candor_core::access::{Actor, allow};
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{Event, Outcome};
use candor_core::refusal::Refusal;
use jiff::Timestamp;

use crate::given::{Story, at, policy};

const FIRST: &str = "2026-11-05T00:00Z";
const ANEW: &str = "2026-11-06T00:00Z";

/// Puts a question twice, answers it in four ways, and gives what comes of the answer to the one that stands.
fn answered(
    story: Story,
    put: impl Fn(&str) -> Event,
    answer: impl Fn(bool, Option<Timestamp>) -> Command,
) -> Vec<Event> {
    let policy = policy("[disclosure]\nclosed_reports = \"summary\"\n");
    let story = story.then(FIRST, "ada", put("one")).then(ANEW, "ada", put("other"));
    let decided = |story: &Story, command: Command| {
        let case = story.case();
        let reporter = Actor::Reporter { case: case.id.clone(), report: 0 };
        let now = at("2026-11-07T00:00Z");
        let facts = Facts { now, policy_version: 1, ..Facts::default() };
        decide(&case, &allow(Some(&case), &policy, &reporter, command, now).unwrap(), &policy, &facts)
    };
    for agree in [true, false] {
        assert_eq!(decided(&story, answer(agree, Some(at(FIRST)))), Err(Refusal::AskedAnew), "it was the first");
        assert!(decided(&story, answer(agree, Some(at(ANEW)))).is_ok());
        assert!(decided(&story, answer(agree, None)).is_ok(), "whatever stands, where nothing else can be said");
    }
    decided(&story, answer(true, Some(at(ANEW)))).unwrap()
}

#[test]
fn nobody_agrees_to_a_date_that_they_have_not_read() {
    let proposed = |which: &str| {
        let until = at(if which == "one" { "2026-12-01T00:00Z" } else { "2027-03-01T00:00Z" });
        Event::EmbargoProposed { until, text: String::new() }
    };
    let answer = |agree, asked| Command::AnswerEmbargo { agree, text: "So".into(), asked };
    let story = Story::reported("2026-11-01T00:00Z").acknowledged("2026-11-02T00:00Z", "ada");
    let events = answered(story.clone(), proposed, answer);
    assert_eq!(events, [Event::EmbargoAgreed { until: at("2027-03-01T00:00Z") }]);
    // Said twice, it is so already.
    let agreed = story.then(ANEW, "ada", proposed("other")).then("2026-11-07T00:00Z", "ada", events[0].clone()).case();
    let policy = policy("");
    let reporter = Actor::Reporter { case: agreed.id.clone(), report: 0 };
    let now = at("2026-11-08T00:00Z");
    let again = allow(Some(&agreed), &policy, &reporter, answer(true, Some(at(ANEW))), now).unwrap();
    assert_eq!(decide(&agreed, &again, &policy, &Facts { now, ..Facts::default() }), Ok(Vec::new()));
}

#[test]
fn nobody_agrees_to_a_text_that_they_have_not_read() {
    let closed = |outcome| {
        let text = "It is none.".into();
        Story::reported("2026-11-01T00:00Z").then("2026-11-02T00:00Z", "ada", Event::Dismissed { outcome, text })
    };
    let events = answered(
        closed(Outcome::Rejected),
        |text| Event::SummaryProposed { title: "A report".into(), text: text.into() },
        |agree, asked| Command::AnswerSummary { agree, text: String::new(), asked },
    );
    assert_eq!(events, [Event::SummaryPublished { title: "A report".into(), text: "other".into() }]);
    let events = answered(
        closed(Outcome::NotSecurity),
        |text| Event::IssueProposed { title: "A mistake".into(), text: text.into() },
        |agree, asked| Command::AnswerIssue { agree, text: String::new(), asked },
    );
    assert_eq!(events, [Event::IssueAnswered { report: 0, agree: true, text: String::new() }]);
}
