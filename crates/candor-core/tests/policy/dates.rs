//! Promised dates that move: bells ring again for the new date, and whoever knew the old one is told.

use crate::given::{Story, at, policy};
use candor_core::access::{Actor, Role, allow};
use candor_core::case::{Author, Case};
use candor_core::command::Command;
use candor_core::decide::{Facts, decide};
use candor_core::event::{Contact, Event};
use candor_core::evolve::{Stamp, author_of, evolve};
use candor_core::notices::notices;
use candor_core::policy::Policy;
use candor_core::promises;
use expect_test::{Expect, expect};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

const FIX: &str = r#"
[[promises]]
name = "fix"
what = "a fix"
kept_by = "fix"
within = "10 days"
within_by_severity = { critical = "5 days", low = "20 days" }
kind = "target"
waits_for_reporter = true
wait_limit = "7 days"
[[promises.escalate]]
to = "primary"
before = "1 day"
[[promises.escalate]]
to = "secondary"
after = "0 hours"
"#;

/// A case at work: commands go in, events and letters are written down.
struct Live {
    case: Case,
    policy: Policy,
    newer: Option<Arc<Policy>>,
    told: String,
}

impl Live {
    fn reported(when: &str, rest: &str) -> Self {
        let mut story = Story::reported(when);
        let contact = Contact { email: "ada@outside.example".into(), ..Contact::default() };
        story.push(when, Author::Reporter(0), Event::ContactGiven { report: 0, person: "p".into(), contact });
        Self { case: story.case(), policy: policy(rest), newer: None, told: String::new() }
    }

    fn does(&mut self, when: &str, actor: &Actor, command: Command) {
        let now = at(when);
        let facts = Facts {
            now,
            policy_version: 1,
            advisory_id: String::new(),
            may_hold: true,
            moving_to: self.newer.clone().filter(|_| matches!(command, Command::MovePolicy { .. })),
            base_url: "https://sample.example".into(),
            ..Facts::default()
        };
        let allowed = allow(Some(&self.case), &self.policy, actor, command, now).ok().unwrap();
        let events = decide(&self.case, &allowed, &self.policy, &facts).unwrap();
        for event in &events {
            let stamp = Stamp { seq: self.case.seq + 1, at: now, by: author_of(&actor.name()), decided_in: None };
            evolve(&mut self.case, &stamp, event.clone());
        }
        if self.case.policy_version > 1
            && let Some(newer) = self.newer.take()
        {
            self.policy = (*newer).clone();
        }
        let short = |at: Timestamp| at.strftime("%-d %b %H:%M").to_string();
        for event in &events {
            let words = match event {
                Event::DatesMoved { dates } => {
                    let moved =
                        dates.iter().map(|date| format!("{} {} to {}", date.promise, short(date.was), short(date.is)));
                    format!("moved: {}", moved.collect::<Vec<_>>().join(", "))
                }
                Event::BellRung { bell, date, .. } => {
                    format!("bell {} for {}", bell.step, date.map(short).unwrap_or_default())
                }
                Event::PromiseBroken { due, .. } => format!("broken, due {}", short(*due)),
                other => other.kind().to_owned(),
            };
            let mut letters: Vec<String> = notices(&self.case, event, &self.policy)
                .iter()
                .map(|notice| format!("{} to {}", notice.kind.name(), notice.to.name()))
                .collect();
            letters.sort();
            self.told += &format!("{}: {words}", short(now));
            self.told += &if letters.is_empty() { "\n".into() } else { format!(" [{}]\n", letters.join(", ")) };
        }
    }

    fn member(&mut self, when: &str, command: Command) {
        let roles = vec![("sample".into(), Role::Coordinator)];
        self.does(when, &Actor::Member { id: "ada".into(), roles }, command);
    }

    fn reporter(&mut self, when: &str) {
        let actor = Actor::Reporter { case: self.case.id.clone(), report: 0 };
        self.does(when, &actor, Command::Write { text: "This one.".into(), files: Vec::new() });
    }

    fn ticks(&mut self, when: &str) {
        self.does(when, &Actor::Clock, Command::Tick);
    }

    fn check(&mut self, expected: Expect) {
        expected.assert_eq(&std::mem::take(&mut self.told));
    }
}

fn ask() -> Command {
    Command::Ask { text: "Which version?".into(), files: Vec::new() }
}

fn rate(severity: &str) -> Command {
    let severity = serde_json::from_value(severity.into()).unwrap();
    Command::Rate { vectors: Vec::new(), severity: Some(severity), level: None, why: String::new() }
}

#[test]
fn a_pause_that_moves_a_date_rings_its_bells_again_and_tells_those_who_knew_the_old_one() {
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.ticks("2026-11-11T09:00Z");
    live.member("2026-11-11T12:00Z", ask());
    live.ticks("2026-11-12T09:00Z");
    live.reporter("2026-11-13T12:00Z");
    live.ticks("2026-11-13T12:01Z");
    live.ticks("2026-11-14T09:00Z");
    live.ticks("2026-11-20T09:00Z");
    live.check(expect![[r#"
        11 Nov 09:00: bell 0 for 12 Nov 09:00 [warning to contact:primary]
        11 Nov 12:00: asked [question to reporter:0]
        13 Nov 12:00: reporter-wrote [reporter-wrote to contact:primary]
        13 Nov 12:00: moved: fix 12 Nov 09:00 to 14 Nov 09:00 [date-moved to contact:primary, new-date to reporter:0]
        13 Nov 12:01: bell 0 for 14 Nov 09:00 [warning to contact:primary]
        14 Nov 09:00: broken, due 14 Nov 09:00
        14 Nov 09:00: bell 1 for 14 Nov 09:00 [breach to contact:secondary]
    "#]]);
    // An answer within the hour moves nothing that anybody would have to know.
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.member("2026-11-03T12:00Z", ask());
    live.reporter("2026-11-03T12:30Z");
    live.check(expect![[r#"
        3 Nov 12:00: asked [question to reporter:0]
        3 Nov 12:30: reporter-wrote [reporter-wrote to contact:primary]
    "#]]);
}

#[test]
fn a_wait_that_reaches_its_limit_tells_the_new_date() {
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.member("2026-11-03T09:00Z", ask());
    live.ticks("2026-11-10T09:00Z");
    live.check(expect![[r#"
        3 Nov 09:00: asked [question to reporter:0]
        10 Nov 09:00: wait-ended
        10 Nov 09:00: moved: fix 12 Nov 09:00 to 19 Nov 09:00 [new-date to reporter:0]
    "#]]);
}

#[test]
fn a_rating_that_moves_a_date_rings_its_bells_for_the_new_one() {
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.member("2026-11-04T09:00Z", rate("critical"));
    live.ticks("2026-11-06T09:00Z");
    // Less severe than thought: the date moves back, and whoever was warned hears of it.
    live.member("2026-11-06T12:00Z", rate("medium"));
    live.ticks("2026-11-11T09:00Z");
    live.member("2026-11-11T10:00Z", rate("low"));
    live.ticks("2026-11-21T09:00Z");
    live.ticks("2026-11-22T09:00Z");
    live.check(expect![[r#"
        4 Nov 09:00: rated
        4 Nov 09:00: moved: fix 12 Nov 09:00 to 7 Nov 09:00 [new-date to reporter:0]
        6 Nov 09:00: bell 0 for 7 Nov 09:00 [warning to contact:primary]
        6 Nov 12:00: rated
        6 Nov 12:00: moved: fix 7 Nov 09:00 to 12 Nov 09:00 [date-moved to contact:primary, new-date to reporter:0]
        11 Nov 09:00: bell 0 for 12 Nov 09:00 [warning to contact:primary]
        11 Nov 10:00: rated
        11 Nov 10:00: moved: fix 12 Nov 09:00 to 22 Nov 09:00 [date-moved to contact:primary, new-date to reporter:0]
        21 Nov 09:00: bell 0 for 22 Nov 09:00 [warning to contact:primary]
        22 Nov 09:00: broken, due 22 Nov 09:00
        22 Nov 09:00: bell 1 for 22 Nov 09:00 [breach to contact:secondary]
    "#]]);
}

#[test]
fn a_date_that_comes_nearer_rings_again_at_once() {
    let mut live = Live::reported("2026-11-02T09:00Z", &FIX.replace("1 day", "8 days"));
    live.ticks("2026-11-04T09:00Z");
    live.member("2026-11-04T12:00Z", rate("critical"));
    live.ticks("2026-11-04T12:01Z");
    live.check(expect![[r#"
        4 Nov 09:00: bell 0 for 12 Nov 09:00 [warning to contact:primary]
        4 Nov 12:00: rated
        4 Nov 12:00: moved: fix 12 Nov 09:00 to 7 Nov 09:00 [date-moved to contact:primary, new-date to reporter:0]
        4 Nov 12:01: bell 0 for 7 Nov 09:00 [warning to contact:primary]
    "#]]);
}

#[test]
fn a_newer_policy_that_moves_a_date_tells_whoever_was_warned_and_the_reporter_once() {
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.ticks("2026-11-11T09:00Z");
    live.newer = Some(Arc::new(policy(&FIX.replace("10 days", "30 days"))));
    live.member("2026-11-11T12:00Z", Command::MovePolicy { version: 2, reason: "More time.".into() });
    live.ticks("2026-12-01T09:00Z");
    live.check(expect![[r#"
        11 Nov 09:00: bell 0 for 12 Nov 09:00 [warning to contact:primary]
        11 Nov 12:00: policy-moved [news to reporter:0]
        11 Nov 12:00: moved: fix 12 Nov 09:00 to 2 Dec 09:00 [date-moved to contact:primary]
        1 Dec 09:00: bell 0 for 2 Dec 09:00 [warning to contact:primary]
    "#]]);
}

#[test]
fn a_new_estimate_rings_the_bells_again_and_is_told_to_those_who_heard_of_the_breach() {
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.ticks("2026-11-12T09:00Z");
    let until = at("2026-11-20T09:00Z");
    live.member("2026-11-12T12:00Z", Command::Estimate { promise: "fix".into(), until, reason: "Harder.".into() });
    live.ticks("2026-11-19T09:00Z");
    live.ticks("2026-11-20T09:00Z");
    live.check(expect![[r#"
        12 Nov 09:00: bell 0 for 12 Nov 09:00 [warning to contact:primary]
        12 Nov 09:00: broken, due 12 Nov 09:00
        12 Nov 09:00: bell 1 for 12 Nov 09:00 [breach to contact:secondary]
        12 Nov 12:00: estimated [date-moved to contact:primary, date-moved to contact:secondary, news to reporter:0]
        19 Nov 09:00: bell 0 for 20 Nov 09:00 [warning to contact:primary]
        20 Nov 09:00: bell 1 for 20 Nov 09:00 [breach to contact:secondary]
        20 Nov 09:00: bell 10001 for 20 Nov 09:00 [breach to contact:primary]
    "#]]);
}

#[test]
fn a_pause_of_a_later_version_reaches_older_cases_and_is_told() {
    let paused = "[[pauses]]\nfrom = \"2026-11-09\"\nuntil = \"2026-11-15\"\nreason = \"Holiday.\"\nrunning = true\n";
    let mut live = Live::reported("2026-11-02T09:00Z", FIX);
    live.ticks("2026-11-05T09:00Z");
    let newer = policy(&format!("{FIX}{paused}"));
    live.policy = live.policy.with_later(&[(at("2026-11-06T09:00Z"), &newer)]);
    live.ticks("2026-11-06T09:01Z");
    live.ticks("2026-11-06T09:02Z");
    live.ticks("2026-11-12T09:00Z");
    live.ticks("2026-11-19T09:00Z");
    live.check(expect![[r#"
        6 Nov 09:01: moved: fix 12 Nov 09:00 to 19 Nov 09:00 [new-date to reporter:0]
        19 Nov 09:00: bell 0 for 19 Nov 09:00 [warning to contact:primary]
        19 Nov 09:00: broken, due 19 Nov 09:00
        19 Nov 09:00: bell 1 for 19 Nov 09:00 [breach to contact:secondary]
    "#]]);
    let clock = &promises::clocks(&live.case, &live.policy, at("2026-11-19T09:00Z"))[0];
    assert!(clock.why.iter().any(|why| why.contains("while the intake is paused: Holiday")), "{:?}", clock.why);
}

#[test]
fn a_pause_ends_for_older_cases_when_a_version_without_it_comes() {
    let paused = "[[pauses]]\nfrom = \"2026-11-09\"\nuntil = \"2026-11-15\"\nreason = \"Holiday.\"\nrunning = true\n";
    let (with, without) = (policy(&format!("{FIX}{paused}")), policy(FIX));
    let story = Story::reported("2026-11-02T09:00Z");
    let due = |policy: &Policy| promises::clocks(&story.case(), policy, at("2026-11-03T09:00Z"))[0].due.to_string();
    let (second, third) = (at("2026-11-06T09:00Z"), at("2026-11-11T00:00Z"));
    assert_eq!(due(&without.with_later(&[(second, &with)])), "2026-11-19T09:00:00Z");
    assert_eq!(
        due(&without.with_later(&[(second, &with), (third, &without)])),
        "2026-11-14T09:00:00Z",
        "two days of it"
    );
    assert_eq!(due(&without.with_later(&[(at("2026-11-11T00:00Z"), &with)])), "2026-11-17T09:00:00Z", "from then on");
    // The version under which a case came keeps its word, whatever comes later.
    assert_eq!(due(&with.with_later(&[(third, &without)])), "2026-11-19T09:00:00Z");
}

/// A version: so many hours after the report it comes, and plans a pause of so many hours from there on, if any.
fn version() -> impl Strategy<Value = (i64, Option<(i64, i64, bool)>)> {
    (1i64..400, proptest::option::of((0i64..300, 1i64..200, any::<bool>())))
}

proptest! {
    #[test]
    fn a_later_version_changes_nothing_that_was_before_it(
        versions in proptest::collection::vec(version(), 1..4),
        waits in proptest::collection::vec((1i64..600, 1i64..100), 0..3),
    ) {
        let start = at("2026-11-02T09:00Z");
        let hour = |hours: i64| start + SignedDuration::from_hours(hours);
        let mut since: Vec<i64> = versions.iter().map(|(after, _)| *after).collect();
        since.sort_unstable();
        let policies: Vec<Policy> = since.iter().zip(&versions).map(|(came, (_, pause))| match pause {
            Some((lead, length, running)) => policy(&format!(
                "{FIX}[[pauses]]\nfrom = \"{}\"\nuntil = \"{}\"\nreason = \"Away.\"\nrunning = {running}\n",
                hour(came + lead), hour(came + lead + length)
            )),
            None => policy(FIX),
        }).collect();
        let later: Vec<(Timestamp, &Policy)> = since.iter().map(|came| hour(*came)).zip(&policies).collect();
        let own = policy(FIX);
        let mut story = Story::reported("2026-11-02T09:00Z");
        let mut ends = 0;
        for (gap, length) in waits {
            story = story.asked(&hour(ends + gap).to_string(), "ada").wrote(&hour(ends + gap + length).to_string());
            ends += gap + length;
        }
        let case = story.case();
        for known in 0..later.len() {
            let (before, after) = (own.with_later(&later[..known]), own.with_later(&later));
            let came = later[known].0 - SignedDuration::from_secs(1);
            // What had been due until then is due all the same.
            prop_assert_eq!(promises::due(&case, &before, came), promises::due(&case, &after, came));
            // And no pause takes time away: a date never comes nearer.
            let due = |policy: &Policy| promises::clocks(&case, policy, came)[0].due;
            prop_assert!(due(&before) <= due(&own.with_later(&later[..=known])) || known > 0);
        }
        // The journal is never touched: the same entries, whatever versions there are.
        prop_assert_eq!(story.case(), case);
    }
}
