//! Who is on a case after they were taken off it, after a night behind broken glass, and after an act in another case.

use crate::given::{Story, at, policy};
use candor_core::case::Author;
use candor_core::cluster::asides;
use candor_core::command::Command;
use candor_core::event::{Event, FileRef};
use candor_core::evolve::{Stamp, begin, evolve};
use candor_core::id::{BlobId, MemberId};
use candor_core::standing::{Grant, filers, grants, is_named};

fn member(name: &str) -> Grant {
    Grant::Member(MemberId::from(name), None)
}

#[test]
fn whoever_filed_a_report_and_was_taken_off_reads_it_again_only_when_they_are_put_on() {
    let policy = policy("");
    let told = Story::reported("2026-03-02T09:00Z").case();
    let mut first = told.history[0].what.clone();
    let Event::Reported { filed_by, .. } = &mut first else { panic!("{first:?}") };
    *filed_by = Some("ana".into());
    let ana = MemberId::from("ana");
    let stamp = |seq: u64, by: &str| Stamp {
        seq,
        at: at("2026-03-02T10:00Z"),
        by: Author::Member(by.into()),
        decided_in: None,
    };
    let mut case = begin(&told.id, &stamp(1, "ana"), first).unwrap();
    assert!(case.on.is_empty() && grants(&case, &policy).contains(&member("ana")));
    assert_eq!(filers(&case).collect::<Vec<_>>(), [&ana]);

    evolve(&mut case, &stamp(2, "ines"), Event::TakenOff { member: ana.clone(), reason: String::new() });
    assert!(!grants(&case, &policy).contains(&member("ana")) && !is_named(&case, &ana));
    evolve(&mut case, &stamp(3, "ines"), Event::PutOn { member: ana.clone(), reason: String::new() });
    assert!(grants(&case, &policy).contains(&member("ana")));
    evolve(&mut case, &stamp(4, "ines"), Event::TakenOff { member: ana.clone(), reason: String::new() });
    assert!(!grants(&case, &policy).contains(&member("ana")));
}

#[test]
fn a_glass_broken_again_before_a_clock_asked_lasts_from_the_second_time() {
    let broken = |until: &str| Event::GlassBroken { reason: "night".into(), until: at(until) };
    let story = Story::reported("2026-03-02T09:00Z")
        .then("2026-03-02T10:00Z", "bob", broken("2026-03-03T10:00Z"))
        .then("2026-03-03T10:01Z", "bob", broken("2026-03-04T10:01Z"));
    assert_eq!(story.case().on.get(&MemberId::from("bob")), Some(&Some(at("2026-03-04T10:01Z"))));
    // Who is on it without an end stays so.
    let story = Story::reported("2026-03-02T09:00Z").acknowledged("2026-03-02T10:00Z", "bob").then(
        "2026-03-02T11:00Z",
        "bob",
        broken("2026-03-03T11:00Z"),
    );
    assert_eq!(story.case().on.get(&MemberId::from("bob")), Some(&None));
}

#[test]
fn what_was_decided_in_another_case_takes_nobody_onto_this_one() {
    let mut case = Story::reported("2026-03-02T09:00Z").case();
    for event in [
        Event::Answered { text: "A fix comes.".into(), files: vec![], next_steps: false },
        Event::Confirmed { text: "It is so.".into() },
    ] {
        let stamp = Stamp {
            seq: case.seq + 1,
            at: at("2026-03-02T10:00Z"),
            by: Author::Member("bob".into()),
            decided_in: Some("11111-11111".into()),
        };
        evolve(&mut case, &stamp, event);
    }
    assert!(case.on.is_empty());
    assert_eq!(case.verdict.map(|verdict| verdict.by), Some("bob".into()), "and it is still theirs");
}

#[test]
fn a_case_that_hangs_together_twice_has_one_aside_and_no_file_lies_in_two_cases() {
    let part = Story::reported("2026-03-02T09:00Z")
        .then("2026-03-02T09:00Z", "ana", Event::PartOf { case: "11111-11111".into() })
        .case();
    let merged = [
        Event::MergedInto { into: "11111-11111".into(), text: "Together.".into() },
        Event::Confirmed { text: "It is so.".into() },
    ];
    let merge = Command::Merge { into: "11111-11111".into(), text: String::new() };
    let told = asides(&part, &merge, &merged);
    assert_eq!(told.len(), 1, "{told:?}");
    let kinds: Vec<&str> = told[0].events.iter().map(Event::kind).collect();
    assert_eq!(kinds, ["gathered", "part-news"]);

    let file = FileRef {
        id: BlobId("one".into()),
        name: "log.txt".into(),
        size: 1,
        sha256: String::new(),
        sealed_sha256: String::new(),
        key: String::new(),
        looks: String::new(),
    };
    let ask = Command::Ask { text: "Which log?".into(), files: vec![file.clone()] };
    let told = asides(&part, &ask, &[Event::Asked { text: "Which log?".into(), files: vec![file] }]);
    assert!(matches!(&told[0].events[..], [Event::Asked { files, .. }] if files.is_empty()), "{told:?}");
}
