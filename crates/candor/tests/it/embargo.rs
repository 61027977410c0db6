//! Embargoes that hold: publications simulated from a seed, with processes that die, two nodes, clocks that are set, peers
//! that are dead. The decisions, the clock's doubt and the pauses are the real ones; store, time and peers are a model, so
//! that thirty days pass in no time.
//!
//! `CANDOR_PUBLICATIONS=10000` plays that many and says how far it is; `docs/security/threat-model.md` names the command.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use candor::app::strays;
use candor_core::access::{self, Actor};
use candor_core::case::{Author, Case};
use candor_core::command::Command;
use candor_core::decide::{self, Facts};
use candor_core::event::{AdvisoryDraft, AffectedProduct, Channel, Event, ReportFacts};
use candor_core::evolve::{Stamp, author_of, evolve, replay};
use candor_core::id::CaseId;
use candor_core::policy::{Policy, file};
use jiff::{SignedDuration, Timestamp};

use crate::letters::{POLICY, at, report};
use crate::support::places::Place;

/// A generator of numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn happens(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// A process: its clock strays from true time by what somebody set it to, and it knows what it showed when it began.
struct Node {
    stray: SignedDuration,
    began: Timestamp,
    began_with: SignedDuration,
    /// What it read and has not written yet, while the other one goes on: the case, and the steps.
    read: Option<(Case, BTreeMap<String, Step>)>,
}

impl Node {
    fn new(true_now: Timestamp) -> Self {
        Self { stray: SignedDuration::ZERO, began: true_now, began_with: SignedDuration::ZERO, read: None }
    }

    fn now(&self, true_now: Timestamp) -> Timestamp {
        true_now + self.stray
    }

    fn is_in_doubt(&self, true_now: Timestamp) -> bool {
        let passed: Duration = true_now.duration_since(self.began).unsigned_abs();
        strays(self.began + self.began_with, self.now(true_now), passed)
    }
}

/// A step as the store keeps it.
#[derive(Clone)]
struct Step {
    next_at: Timestamp,
    attempts: u32,
    done: bool,
}

/// How often each place was where it broke, so that none is left out.
#[derive(Default)]
struct Broken(BTreeMap<&'static str, u64>);

impl Broken {
    fn at(&mut self, place: &'static str) {
        *self.0.entry(place).or_default() += 1;
    }
}

/// What is in the store, and what the world has seen.
struct World {
    case: Case,
    steps: BTreeMap<String, Step>,
    /// Effects by place and number of the delivery, and how often each came.
    seen: BTreeMap<(String, String), u32>,
    published_at: Option<Timestamp>,
}

const PEERS: [&str; 4] = ["pages", "subscriber", "hook", "cve"];

fn policy() -> Policy {
    let text = POLICY.replace("publish_on = \"fix\"", "publish_on = \"date\"");
    file::read(&text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A case with an approved advisory.
fn approved() -> Case {
    let draft = AdvisoryDraft {
        title: "Buckets can be listed".into(),
        summary: "Upgrade.".into(),
        products: vec![AffectedProduct {
            name: "Object Store".into(),
            fixed: "1.4.2".into(),
            ..AffectedProduct::default()
        }],
        ..AdvisoryDraft::default()
    };
    let events = [
        Event::Reported {
            program: "store".into(),
            policy_version: 1,
            number: 0,
            received_at: at("2026-03-02T09:00:00Z"),
            channel: Channel::Form,
            facts: Box::new(ReportFacts { title: "A title".into(), ..ReportFacts::default() }),
            person: None,
            filed_by: None,
            receipt: "00".into(),
        },
        Event::Acknowledged { text: "Thank you".into() },
        Event::Confirmed { text: "It is so.".into() },
        Event::AdvisoryDrafted { draft: Box::new(draft) },
        Event::AdvisoryApproved { revision: 1 },
    ];
    let journal = events.into_iter().zip(1..).map(|(event, seq)| {
        let by = if seq == 1 { Author::Reporter(0) } else { Author::Member("ben".into()) };
        (Stamp { seq, at: at("2026-03-02T10:00:00Z"), by, decided_in: None }, event)
    });
    replay(&CaseId("C-1".into()), journal).expect("it begins with a report")
}

/// A clock asks the case. What is decided is written only if nobody wrote since, and the process may die before or after.
fn tick(
    world: &mut World,
    node: &Node,
    seen: Option<Case>,
    policy: &Policy,
    true_now: Timestamp,
    dice: &mut Dice,
    broken: &mut Broken,
) {
    let (case, now) = (seen.unwrap_or_else(|| world.case.clone()), node.now(true_now));
    let allowed = access::allow(Some(&case), policy, &Actor::Clock, Command::Tick, now).expect("a clock may ask");
    let facts = Facts {
        now,
        policy_version: 1,
        advisory_id: "STORE-2026-1".into(),
        may_hold: true,
        known_before: None,
        lead: None,
        may_see: Vec::new(),
        credits: Vec::new(),
        moving_to: None,
        looked: None,
        base_url: "https://candor.example/store".into(),
    };
    let Ok(events) = decide::decide(&case, &allowed, policy, &facts) else { return };
    let goes_out = events.iter().any(|event| matches!(event, Event::Published { .. }));
    let behind = case.updated_at.duration_since(now) > SignedDuration::from_secs(60);
    if goes_out && (node.is_in_doubt(true_now) || behind) {
        return broken.at("a clock in doubt publishes nothing");
    }
    if events.is_empty() {
        return;
    }
    if dice.happens(20) {
        return broken.at("died before the transaction");
    }
    // What was decided over an older state is not written: the journal's key notices.
    if world.case.seq != case.seq {
        return broken.at("the other node wrote first");
    }
    for event in events {
        let stamp = Stamp { seq: world.case.seq + 1, at: now, by: author_of("clock"), decided_in: None };
        if matches!(event, Event::Published { .. }) {
            assert!(world.published_at.is_none(), "published once");
            world.published_at = Some(true_now);
            for peer in PEERS {
                world.steps.insert(peer.to_owned(), Step { next_at: now, attempts: 0, done: false });
            }
        }
        evolve(&mut world.case, &stamp, event);
    }
}

/// A worker does what may be done: the claim is durable, then it may die, then the peer may be dead, then it may die again
/// before it reports.
fn work(
    world: &mut World,
    node: &Node,
    seen: Option<&BTreeMap<String, Step>>,
    true_now: Timestamp,
    dice: &mut Dice,
    dead: &BTreeSet<&str>,
    broken: &mut Broken,
) {
    // A claim made by a clock that strays would hold a step for as long as it strays.
    if node.is_in_doubt(true_now) {
        return broken.at("a clock in doubt claims nothing");
    }
    let now = node.now(true_now);
    for peer in PEERS {
        let Some(step) = world.steps.get_mut(peer) else { continue };
        let known = seen.and_then(|seen| seen.get(peer)).unwrap_or(step).clone();
        if known.done || known.next_at > now {
            continue;
        }
        // A claim names the state it was made over; the second one finds another.
        if step.done || step.attempts != known.attempts {
            broken.at("the other node claimed first");
            continue;
        }
        step.attempts += 1;
        step.next_at = now + SignedDuration::from_mins(5);
        if dice.happens(15) {
            return broken.at("died after the claim");
        }
        if dead.contains(peer) {
            broken.at("the peer was dead");
            let pause = SignedDuration::from_mins(1 << step.attempts.min(8)).min(SignedDuration::from_hours(6));
            step.next_at = now + pause;
            continue;
        }
        // The number of a delivery is made of what it is for: a peer that gets it again knows it.
        *world.seen.entry((peer.to_owned(), "STORE-2026-1/1".to_owned())).or_default() += 1;
        if dice.happens(15) {
            return broken.at("died after the delivery");
        }
        step.done = true;
    }
}

fn play(seed: u64, policy: &Policy, base: &Case, broken: &mut Broken) -> (Timestamp, Timestamp) {
    let mut dice = Dice(seed.wrapping_mul(7_919) + 1);
    let mut true_now = at("2026-03-03T00:00:00Z");
    let instant = true_now + SignedDuration::from_mins(i64::try_from(30 + dice.below(20_000)).expect("small"));
    let mut case = base.clone();
    let stamp =
        Stamp { seq: case.seq + 1, at: at("2026-03-02T11:00:00Z"), by: Author::Member("ben".into()), decided_in: None };
    evolve(&mut case, &stamp, Event::PublicationOrdered { at: Some(instant) });
    let mut world = World { case, steps: BTreeMap::new(), seen: BTreeMap::new(), published_at: None };
    let mut nodes = [Node::new(true_now), Node::new(true_now)];
    let end = instant + SignedDuration::from_hours(48);
    while true_now < end {
        // Time goes in large steps far from the instant, and in small ones around it.
        let far = instant.duration_since(true_now).abs() > SignedDuration::from_hours(3);
        let step = if far { 3_600 } else { 20 + dice.below(400) };
        true_now += SignedDuration::from_secs(i64::try_from(step).expect("small"));
        let which = usize::try_from(dice.below(2)).expect("small");
        let heals = true_now > instant + SignedDuration::from_hours(24);
        if !heals && dice.happens(4) {
            // Somebody sets the machine's clock, hours or days, forward or back.
            let minutes = i64::try_from(dice.below(20_000)).expect("small") - 10_000;
            nodes[which].stray = SignedDuration::from_mins(minutes);
            broken.at("a clock was set");
        }
        if heals || dice.happens(6) {
            // Started again, with a clock that somebody has looked at.
            nodes[which] = Node::new(true_now);
        }
        let dead: BTreeSet<&str> = PEERS.into_iter().filter(|_| !heals && dice.happens(40)).collect();
        // Now and then a node reads, and the other one goes on before it writes.
        let (seen, steps) = nodes[which].read.take().unzip();
        if seen.is_none() && dice.happens(25) {
            nodes[which].read = Some((world.case.clone(), world.steps.clone()));
            continue;
        }
        tick(&mut world, &nodes[which], seen, policy, true_now, &mut dice, broken);
        work(&mut world, &nodes[which], steps.as_ref(), true_now, &mut dice, &dead, broken);
        if true_now < instant {
            assert_eq!(world.published_at, None, "seed {seed}: public {true_now}, before {instant}");
            assert!(world.seen.is_empty() && world.steps.is_empty(), "seed {seed}: a peer heard before {instant}");
        }
    }
    let published = world.published_at.unwrap_or_else(|| panic!("seed {seed}: it never became public"));
    for peer in PEERS {
        let numbers = world.seen.keys().filter(|(place, _)| place == peer).count();
        assert_eq!(numbers, 1, "seed {seed}: {peer} has one delivery, however often it was tried");
        assert!(world.steps[peer].done, "seed {seed}: {peer} is done and known to be");
    }
    (instant, published)
}

#[test]
fn simulated_embargoes_hold_to_the_instant_and_everything_follows_once() {
    let count = std::env::var("CANDOR_PUBLICATIONS").ok().and_then(|count| count.parse().ok()).unwrap_or(150);
    let (policy, base) = (policy(), approved());
    let (mut late, mut broken) = (Vec::new(), Broken::default());
    for seed in 0..count {
        let (instant, published) = play(seed, &policy, &base, &mut broken);
        late.push(published.duration_since(instant).as_secs());
        if (seed + 1) % 1_000 == 0 {
            eprintln!("{} of {count} publications", seed + 1);
        }
    }
    late.sort_unstable();
    println!("{count} publications: none early; the middle one {} s late", late[late.len() / 2]);
    for (place, times) in &broken.0 {
        println!("{times} times: {place}");
    }
    assert_eq!(broken.0.len(), 9, "every place at which it can break was met: {:?}", broken.0);
}

#[test]
fn a_clock_that_somebody_sets_strays_and_one_that_runs_does_not() {
    let base = at("2026-03-02T09:00:00Z");
    let hour = Duration::from_secs(3_600);
    assert!(!strays(base, base + SignedDuration::from_hours(1), hour));
    assert!(!strays(base, base + SignedDuration::from_secs(3_650), hour), "a little is no harm");
    for now in [base, base + SignedDuration::from_hours(3), base - SignedDuration::from_hours(1)] {
        assert!(strays(base, now, hour), "{now}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_published_by_a_clock_that_was_set_and_the_desk_says_why() {
    let place = Place::sqlite().await;
    let app = place.app(&[&POLICY.replace("publish_on = \"fix\"", "publish_on = \"date\"")]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let case =
        Box::pin(crate::tree::ordered(&app, report("reporter@outside.example"), at("2026-03-20T14:00:00Z"))).await;
    app.jump_clock(at("2026-03-21T00:00:00Z"));
    let refused =
        candor::execute::execute(&app, &Actor::Clock, &case, Command::Tick, None).await.expect_err("not by this clock");
    assert!(refused.to_string().contains("cannot be trusted"), "{refused}");
    assert!(candor::store::advisories::all(&place.store).await.expect("rows").is_empty());
    // Somebody has set it right and started the service again.
    app.set_clock(at("2026-03-20T13:59:59Z"));
    candor::execute::execute(&app, &Actor::Clock, &case, Command::Tick, None).await.expect("nothing is due");
    assert!(candor::store::advisories::all(&place.store).await.expect("rows").is_empty());
    app.set_clock(at("2026-03-20T14:00:00Z"));
    candor::execute::execute(&app, &Actor::Clock, &case, Command::Tick, None).await.expect("it goes out");
    assert_eq!(candor::store::advisories::all(&place.store).await.expect("rows").len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_it_is_known_elsewhere_a_minimal_page_goes_out_at_once_and_the_rest_follows() {
    let place = Place::sqlite().await;
    let app = place.app(&[POLICY]).await;
    let case = Box::pin(crate::tree::ready(&app, report("reporter@outside.example"))).await;
    let ben = Actor::Member { id: "ben".into(), roles: vec![("store".into(), access::Role::Coordinator)] };
    let anna = Actor::Member { id: "anna".into(), roles: vec![("store".into(), access::Role::Member)] };
    let go = Command::GoPublic {
        title: "Object Store: act now".into(),
        summary: "Close the port until you have upgraded.".into(),
        reason: "A blog told of it this morning.".into(),
    };
    assert!(candor::execute::execute(&app, &anna, &case, go.clone(), None).await.is_err(), "a coordinator does it");
    candor::execute::execute(&app, &ben, &case, go.clone(), None).await.expect("at once, without fix or date");
    let built = candor::worker::build_tree(&app).await.expect("built");
    assert_eq!((built.advisories, built.held.len()), (1, 0), "{:?}", built.held);
    let record = candor::store::advisories::all(&place.store).await.expect("rows").remove(0);
    assert!(record.record.contains("act now") && !record.record.contains("without** a signature"), "{}", record.record);
    let states = candor::follow::steps::states(&app, case.as_str(), 1).await.expect("read");
    assert_eq!(states.len(), 4, "every step was asked for");
    assert!(candor::execute::execute(&app, &ben, &case, go, None).await.is_err(), "once");
    crate::tree::fix(&app, &case).await;
    for command in [Command::ApproveAdvisory { revision: 1 }, Command::Publish { at: None }] {
        let name = command.name();
        if let Err(why) = candor::execute::execute(&app, &ben, &case, command, None).await {
            assert_eq!(name, "approve-advisory", "{why}");
        }
    }
    let record = candor::store::advisories::all(&place.store).await.expect("rows").remove(0);
    let record: candor_formats::advisory::Record = serde_json::from_str(&record.record).expect("a record");
    assert_eq!(record.revisions.len(), 2, "the whole story is a correction");
    assert!(record.details.contains("without** a signature"));
}
