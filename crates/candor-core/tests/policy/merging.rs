//! What was approved in a case does not go out once another case decides for it.

use candor_core::access::{Actor, Role, allow};
use candor_core::case::{Author, Case};
use candor_core::cluster::{Lead, applicable, asides};
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{AdvisoryDraft, AffectedProduct, Event};
use candor_core::evolve::{Stamp, evolve};
use candor_core::id::MemberId;
use candor_core::policy::Policy;

use crate::given::{Story, at, policy};

const MERGED: &str = "2026-11-05T00:00Z";
const GOES_OUT: &str = "2026-11-20T00:00Z";

/// A confirmed case with an advisory.
fn drafted() -> Story {
    let draft = AdvisoryDraft {
        title: "Anyone lists buckets".into(),
        summary: "No signature was needed to list buckets.".into(),
        products: vec![AffectedProduct { name: "Sample".into(), fixed: "1.2.3".into(), ..AffectedProduct::default() }],
        ..AdvisoryDraft::default()
    };
    Story::reported("2026-11-01T00:00Z")
        .confirmed("2026-11-02T00:00Z", "ada")
        .rated("2026-11-02T01:00Z", "ada", "high")
        .then("2026-11-03T00:00Z", "ada", Event::AdvisoryDrafted { draft: Box::new(draft) })
}

fn approved() -> Story {
    drafted().then("2026-11-04T00:00Z", "bob", Event::AdvisoryApproved { revision: 1 })
}

fn ordered(story: Story) -> Story {
    story.then("2026-11-04T01:00Z", "ada", Event::PublicationOrdered { at: Some(at(GOES_OUT)) })
}

fn coordinator() -> Actor {
    Actor::Member { id: MemberId::from("ada"), roles: vec![("sample".into(), Role::Coordinator)] }
}

fn decided(case: &Case, policy: &Policy, actor: &Actor, command: Command, when: &str) -> Vec<Event> {
    let lead = Story::reported("2026-10-01T00:00Z").confirmed("2026-10-02T00:00Z", "ada").case();
    let facts = Facts {
        now: at(when),
        policy_version: 1,
        advisory_id: "SAMPLE-2026-1".into(),
        may_hold: true,
        base_url: "https://candor.example/sample".into(),
        lead: Some(Lead::of(&lead)),
        ..Facts::default()
    };
    decide(case, &allow(Some(case), policy, actor, command, at(when)).unwrap(), policy, &facts).unwrap()
}

fn with(mut case: Case, when: &str, events: &[Event]) -> Case {
    for event in events {
        let stamp = Stamp { seq: case.seq + 1, at: at(when), by: Author::Member("ada".into()), decided_in: None };
        evolve(&mut case, &stamp, event.clone());
    }
    case
}

fn merged(story: &Story, policy: &Policy) -> (Case, Vec<&'static str>) {
    let merge = Command::Merge { into: "11111-11111".into(), text: String::new() };
    let events = decided(&story.case(), policy, &coordinator(), merge, MERGED);
    let told = ["publication-held", "approval-withdrawn"];
    let kinds = events.iter().map(Event::kind).filter(|kind| told.contains(kind)).collect();
    (with(story.case(), MERGED, &events), kinds)
}

#[test]
fn merging_takes_back_what_was_approved_and_ordered() {
    let policy = policy("");
    let (case, kinds) = merged(&ordered(approved()), &policy);
    assert_eq!(kinds, ["publication-held", "approval-withdrawn"], "and the team is told that it is held");
    assert!(case.advisory.order.is_none() && case.advisory.approved_by.is_none());
    assert_eq!(merged(&approved(), &policy).1, ["approval-withdrawn"]);
    assert!(merged(&drafted(), &policy).1.is_empty(), "nothing was approved");

    // What is rated in the other case is written here, and goes out nowhere.
    let lead = Story::reported("2026-10-01T00:00Z")
        .then("2026-11-05T00:00Z", "ada", Event::Gathered { case: case.id.clone(), reported_at: case.opened_at })
        .rated("2026-11-06T00:00Z", "ada", "low")
        .case();
    let rated = lead.history.last().unwrap().what.clone();
    let told = asides(&lead, &Command::Tick, &[rated]).remove(0);
    let case = with(case.clone(), "2026-11-06T00:00Z", &applicable(&case, told.events));
    assert!(case.rating.is_some());
    let due = decided(&case, &policy, &Actor::Clock, Command::Tick, GOES_OUT);
    assert!(due.iter().all(|event| !matches!(event, Event::Published { .. })), "{due:?}");
    // Separated again, it needs another approval.
    let from = "11111-11111".into();
    let case = with(case, "2026-11-07T00:00Z", &[Event::Separated { from, reason: "Another one".into() }]);
    assert!(case.advisory.approved_by.is_none());
}

#[test]
fn what_is_due_is_held_when_nobody_approved_it_or_another_case_decides() {
    let policy = policy("");
    let tick = |case: &Case| decided(case, &policy, &Actor::Clock, Command::Tick, GOES_OUT);
    let goes_out = ordered(approved()).case();
    let due = tick(&goes_out);
    assert!(due.iter().any(|event| matches!(event, Event::Published { .. })), "as it was approved: {due:?}");
    let unapproved = ordered(drafted()).case();
    // As a journal of before has it.
    let into = Event::MergedInto { into: "11111-11111".into(), text: "Together".into() };
    let gathered = ordered(approved()).then(MERGED, "ada", into).case();
    for (case, why) in [(unapproved, "approve revision 1"), (gathered, "11111-11111")] {
        let due = tick(&case);
        assert!(due.iter().all(|event| !matches!(event, Event::Published { .. })), "{due:?}");
        let held = due.iter().find_map(|event| match event {
            Event::PublicationHeld { reason } => Some(reason.as_str()),
            _ => None,
        });
        assert!(held.is_some_and(|reason| reason.contains(why)), "{due:?}");
        let case = with(case, GOES_OUT, &due);
        assert!(tick(&case).iter().all(|event| !matches!(event, Event::PublicationHeld { .. })), "said once");
    }
}
