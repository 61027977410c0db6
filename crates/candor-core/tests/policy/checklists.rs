//! Checklists: which apply, what is left, and the gate that asks for one.

use crate::given::{Story, at, policy};
use candor_core::access::{Actor, Role, allow};
use candor_core::checklists;
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{Event, ItemTick};
use candor_core::gates;
use candor_core::id::MemberId;
use candor_core::policy::{Policy, Step, file};

const LISTS: &str = r#"
[[gates]]
before = "confirm"
needs = "checklist"
checklist = "look"
because = "Nobody confirms in a hurry."

[[gates]]
before = "close"
needs = "checklist"

[[checklists]]
name = "look"
label = "First look"
stages = ["new", "triage"]
items = ["Nobody reported it before.", "It is in scope."]

[[checklists]]
name = "bad"
severities = ["critical"]
items = ["The on-call member knows."]

[[checklists]]
name = "script"
weaknesses = [79]
items = ["Every place that prints it was looked at."]
"#;

fn names(story: &Story, policy: &Policy) -> Vec<String> {
    let case = story.case();
    let views = checklists::views(&case, policy);
    views.iter().map(|view| format!("{} {}/{}", view.rule.name, view.left(), view.items.len())).collect()
}

fn tick(item: &str, done: bool) -> ItemTick {
    ItemTick { checklist: "look".into(), item: item.into(), done }
}

fn ticked(story: Story, when: &str, by: &str, items: &[ItemTick]) -> Story {
    story.then(when, by, Event::Ticked { items: items.to_vec(), text: String::new() })
}

fn refused(story: &Story, policy: &Policy, items: Vec<ItemTick>) -> Result<Vec<Event>, String> {
    let case = story.case();
    let roles = vec![(case.program.clone(), Role::Member)];
    let actor = Actor::Member { id: MemberId::from("ada"), roles };
    let facts = Facts { now: at("2026-11-21T10:00Z"), may_hold: true, ..Facts::default() };
    let command = Command::TickItems { items, text: String::new() };
    let allowed = allow(Some(&case), policy, &actor, command, facts.now).map_err(|denied| format!("{denied:?}"))?;
    decide(&case, &allowed, policy, &facts).map_err(|refusal| refusal.to_string())
}

#[test]
fn a_checklist_is_shown_in_its_stage_and_for_its_kind_and_stays_once_it_is_begun() {
    let policy = policy(LISTS);
    let story = Story::reported("2026-11-20T16:00Z");
    assert_eq!(names(&story, &policy), ["look 2/2"]);
    let confirmed = story.clone().confirmed("2026-11-21T09:00Z", "ada");
    assert_eq!(names(&confirmed, &policy), Vec::<String>::new());
    let rated = confirmed.rated("2026-11-21T09:10Z", "ada", "critical");
    assert_eq!(names(&rated, &policy), ["bad 1/1"]);
    let script = rated.then("2026-11-21T09:20Z", "ada", Event::WeaknessSet { cwe: 79 });
    assert_eq!(names(&script, &policy), ["bad 1/1", "script 1/1"]);
    let begun = ticked(story, "2026-11-20T17:00Z", "ada", &[tick("It is in scope.", true)]);
    assert_eq!(names(&begun.confirmed("2026-11-21T09:00Z", "ada"), &policy), ["look 1/2"]);
}

#[test]
fn a_gate_waits_for_a_checklist_says_what_is_left_and_opens_when_nothing_is() {
    let policy = policy(LISTS);
    let story = Story::reported("2026-11-20T16:00Z");
    let who = MemberId::from("ada");
    let passes =
        |story: &Story, step| gates::pass(&story.case(), &policy, step, Some(&who)).map_err(|why| why.to_string());
    assert_eq!(
        passes(&story, Step::Confirm).unwrap_err(),
        "The policy does not let you confirm yet: Not ticked off yet in “First look”: Nobody reported it before.; It is in \
         scope. Any member of the team can tick it off."
    );
    let both = [tick("Nobody reported it before.", true), tick("It is in scope.", true)];
    let done = ticked(story, "2026-11-20T17:00Z", "ada", &both);
    assert_eq!(passes(&done, Step::Confirm), Ok(()));
    // A tick that is taken back closes the gate again.
    let back = ticked(done.clone(), "2026-11-20T18:00Z", "bob", &[tick("It is in scope.", false)]);
    assert!(passes(&back, Step::Confirm).is_err());
    assert_eq!(back.case().ticked.len(), 1);
    // Without a name, every list of the case's stage and kind is asked for.
    let confirmed = done.confirmed("2026-11-21T09:00Z", "ada");
    assert_eq!(passes(&confirmed, Step::Close), Ok(()));
    assert!(passes(&confirmed.rated("2026-11-21T09:10Z", "ada", "critical"), Step::Close).is_err());
}

#[test]
fn what_is_ticked_already_goes_on_record_once_and_what_is_no_item_is_refused() {
    let policy = policy(LISTS);
    let story = Story::reported("2026-11-20T16:00Z");
    let one = tick("It is in scope.", true);
    let event = Event::Ticked { items: vec![one.clone()], text: String::new() };
    assert_eq!(refused(&story, &policy, vec![one.clone(), one.clone()]), Ok(vec![event.clone()]));
    let story = story.then("2026-11-20T17:00Z", "ada", event);
    assert_eq!(refused(&story, &policy, vec![one]), Ok(Vec::new()));
    let why = refused(&story, &policy, vec![tick("It is fun.", true)]).unwrap_err();
    assert!(why.contains("the checklist `look` has no item “It is fun.”"), "{why}");
    let other = ItemTick { checklist: "other".into(), ..tick("It is in scope.", true) };
    assert!(refused(&story, &policy, vec![other]).unwrap_err().contains("no checklist called `other`"));
    assert!(refused(&story, &policy, Vec::new()).is_err());
}

#[test]
fn a_policy_whose_checklists_lead_nowhere_is_told() {
    let head = "[program]\nslug = \"sample\"\nname = \"Sample\"\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n";
    let told = |rest: &str| {
        let findings = file::read(&format!("{head}{rest}")).unwrap_err();
        findings
            .into_iter()
            .map(|finding| format!("{}: {}", finding.path, finding.message))
            .collect::<Vec<_>>()
            .join("\n")
    };
    let gate = "[[gates]]\nbefore = \"confirm\"\nneeds = \"checklist\"\n";
    assert!(told(gate).contains("there is no checklist; write one under [[checklists]]"));
    let list = "[[checklists]]\nname = \"look\"\nitems = [\"One.\", \"One.\"]\nweaknesses = [1]\n";
    let told_of = told(&format!("{gate}checklist = \"lok\"\n{list}"));
    assert!(told_of.contains("there is no checklist `lok`; did you mean `look`?"), "{told_of}");
    assert!(
        told_of.contains("there are two items called `One.`") && told_of.contains("there is no CWE-1"),
        "{told_of}"
    );
    assert!(told("[[checklists]]\nname = \"look\"\nitems = []\n").contains("asks for nothing"));
}
