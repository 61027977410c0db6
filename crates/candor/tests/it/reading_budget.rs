//! How many cases a member opens in a short time: counted over all processes of the desk, on both databases.

use std::collections::BTreeSet;

use crate::access_story::POLICY;
use crate::support::places::{Place, on_both};
use candor::accounts;
use candor::app::App;
use candor::error::Error;
use candor::execute::report::{NewReport, file_report};
use candor::execute::{open_case, reading};
use candor::store::outbox;
use candor_core::access::{Actor, Role};
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::{CaseId, MemberId, ProgramSlug};
use jiff::{SignedDuration, Timestamp};

fn set_clocks(apps: &[&App], minutes: i64) {
    let begin: Timestamp = "2026-03-02T09:00:00Z".parse().expect("an instant");
    apps.iter().for_each(|app| app.set_clock(begin + SignedDuration::from_mins(minutes)));
}

async fn member(app: &App, name: &str, role: Role) -> Actor {
    let roles = vec![("store".to_owned(), role)];
    let email = format!("{name}@team.example");
    let (id, _) = accounts::add_ready(app, name, &email, "a long enough password", &roles, false).await.expect("made");
    Actor::Member { id, roles: vec![("store".into(), role)] }
}

fn id_of(actor: &Actor) -> &MemberId {
    actor.member().expect("a member")
}

async fn reports(app: &App, how_many: usize) -> Vec<CaseId> {
    let mut cases = Vec::new();
    for number in 0..how_many {
        let report = NewReport {
            channel: Channel::Form,
            facts: ReportFacts {
                title: format!("Report {number}"),
                description: "What it is.".into(),
                ..ReportFacts::default()
            },
            contact: Contact::default(),
            credit: None,
            received_at: None,
        };
        let filed = file_report(app, &Actor::Public, &ProgramSlug::from("store"), report, None).await.expect("filed");
        cases.push(filed.case);
    }
    cases
}

/// Whether a case opens; only the budget may be against it.
async fn opens(app: &App, who: &Actor, case: &CaseId) -> bool {
    match open_case(app, who, case).await {
        Ok(_) => true,
        Err(Error::ReadingBudget { .. }) => false,
        Err(other) => panic!("{other}"),
    }
}

/// How often the store was written to by looks of a member.
async fn turns(place: &Place, who: &Actor) -> i64 {
    let asked = place.store.query("select turn from looker where member = $1", vec![id_of(who).as_str().into()]).await;
    asked.expect("a read").into_iter().next().map_or(0, |mut row| row.int(0).expect("a number"))
}

on_both! {
    async fn abuse_s1_the_budget_is_one_for_all_processes_outlives_a_restart_and_alarms_once(place: Place) {
        let here = place.app(&[POLICY]).await;
        let there = place.another_process().await;
        set_clocks(&[&here, &there], 0);
        let ana = member(&here, "ana", Role::Analyst).await;
        let bob = member(&here, "bob", Role::Analyst).await;
        let others = [member(&here, "ines", Role::Coordinator).await, member(&here, "tomas", Role::Coordinator).await];
        let cases = reports(&here, 22).await;
        for (number, case) in cases[..20].iter().enumerate() {
            assert!(opens([&here, &there][number % 2], &ana, case).await, "{number}");
        }
        let before = turns(&place, &ana).await;
        assert!(opens(&there, &ana, &cases[0]).await && opens(&here, &ana, &cases[1]).await, "what is open costs nothing");
        assert_eq!(turns(&place, &ana).await, before, "and nothing is written for it");

        let both = tokio::join!(opens(&here, &ana, &cases[20]), opens(&there, &ana, &cases[21]));
        assert_eq!(both, (false, false));
        let restarted = place.another_process().await;
        set_clocks(&[&here, &there, &restarted], 5);
        assert!(!opens(&restarted, &ana, &cases[20]).await, "a restart forgets nothing");
        assert!(opens(&restarted, &bob, &cases[20]).await, "each has a budget of their own");
        let waiting = outbox::list(&place.store, "waiting", "", 500).await.expect("rows");
        let mut told: Vec<_> = waiting.into_iter().filter(|row| row.kind == "reading").map(|row| row.recipient).collect();
        told.sort();
        let mut expected: Vec<_> = others.iter().map(|one| format!("member:{}", id_of(one).as_str())).collect();
        expected.sort();
        assert_eq!(told, expected, "two people, once each, whichever process noticed");

        reading::proved(&here, id_of(&ana)).await;
        assert!(opens(&there, &ana, &cases[20]).await, "a fresh proof at one process counts at the other");
        set_clocks(&[&here, &there, &restarted], 16);
        candor::worker::sweeps::sweep_once(&there).await.expect("it sweeps");
        for table in ["select stream from look", "select member from looker"] {
            assert!(place.store.query(table, vec![]).await.expect("a read").is_empty(), "{table}");
        }
    }

    async fn abuse_s1_thirty_looks_at_once_over_two_processes_open_twenty_cases(place: Place) {
        let here = place.app(&[POLICY]).await;
        let there = place.another_process().await;
        set_clocks(&[&here, &there], 0);
        let ana = member(&here, "ana", Role::Analyst).await;
        let cases = reports(&here, 30).await;
        let looks: Vec<_> = cases
            .iter()
            .enumerate()
            .map(|(number, case)| {
                let (app, ana, case) = ([&here, &there][number % 2].clone(), ana.clone(), case.clone());
                tokio::spawn(async move {
                    for _ in 0..20 {
                        match open_case(&app, &ana, &case).await {
                            Ok(_) => return Some(case),
                            Err(Error::ReadingBudget { .. }) => return None,
                            // Too many at the same row at the same moment: asked again, as a browser would.
                            Err(Error::Busy) => {}
                            Err(other) => panic!("{other}"),
                        }
                    }
                    None
                })
            })
            .collect();
        let mut opened = BTreeSet::new();
        for look in looks {
            opened.extend(look.await.expect("no panic"));
        }
        assert_eq!(opened.len(), 20);
    }
}
