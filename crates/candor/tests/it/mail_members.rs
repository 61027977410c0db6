//! Members answer from their own mail program: only when it is proven, and never to the wrong side.

use crate::access_matrix::compare;
use crate::letters::{POLICY, at};
use crate::mail_in::{ADA, comes, filed, look, mail, member, posts, to};
use crate::support::dns::{Dns, Signing};
use crate::support::places::Place;
use candor::accounts;
use candor::app::App;
use candor::config::MailDns;
use candor::execute::execute;
use candor::mail::receive::Outcome;
use candor::worker;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::Event;
use candor_core::id::CaseId;

pub const ANNA: &str = "anna@team.example";

/// A desk whose policy lets members answer by mail, with a case that is Anna's.
pub async fn begin(proof: &str) -> (Place, App, Dns, Signing, CaseId) {
    let dns = Dns::begin(&[]).await;
    let team = Signing::publish(&dns, "team.example", "192.0.2.10");
    let place = Place::sqlite().await;
    let policy = POLICY.replace(
        "email = \"security@example.org\"\n",
        &format!("email = \"security@example.org\"\nteam_mail = \"{proof}\"\n"),
    );
    let app = place.app_with(&[&policy], |config| config.mail_dns = MailDns::Server(dns.at)).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let anna =
        accounts::add_ready(&app, "Anna", ANNA, "tin harbour sleeps early", &[("*".into(), Role::Member)], false).await;
    let anna = anna.expect("a member").0;
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    let give = Command::Assign { to: Some(anna) };
    execute(&app, &member("store", "lead"), &case, give, None).await.expect("it is hers");
    posts(&app).await;
    (place, app, dns, team, case)
}

/// The two addresses in the newest letter to Anna: for a note, for an answer.
pub fn addresses(app: &App) -> (String, String) {
    let text = to(app, ANNA).pop().expect("a letter").1.replace('\n', " ");
    let found = |word: &str| {
        let mut words = text.split([' ', '(', ')', ',', ':']);
        words.find(|it| it.starts_with(&format!("security+{word}-"))).expect("an address").to_owned()
    };
    (found("note"), found("answer"))
}

fn written_to(address: &str, from: &str, text: &str) -> Vec<u8> {
    String::from_utf8(mail(from, "Re: case", "", text))
        .expect("text")
        .replace("security@example.org", address)
        .into_bytes()
}

pub async fn said(app: &App, case: &CaseId) -> Vec<String> {
    let told = look(app, case).await.history.into_iter().filter_map(|entry| match entry.what {
        Event::Answered { text, .. } => Some(format!("answer by {:?}: {text}", entry.by)),
        Event::Noted { text, .. } => Some(format!("note by {:?}: {text}", entry.by)),
        Event::ReporterWrote { text, .. } => Some(format!("reporter: {text}")),
        _ => None,
    });
    told.collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proven_mail_becomes_the_note_or_the_answer_that_its_address_says_and_quotes_nothing() {
    let (_place, app, _dns, team, case) = Box::pin(begin("domain")).await;
    let (note, answer) = addresses(&app);
    assert_ne!(note, answer);
    let head = to(&app, ANNA).pop().expect("a letter").2;
    assert!(
        head.replace("\r\n ", " ").contains(&note)
            && head.split("\r\n\r\n").next().is_some_and(|head| !head.contains(&answer)),
        "a plain reply becomes the note"
    );

    let raw = team.sign(&written_to(
        &answer,
        ANNA,
        "Fixed in 1.2.\n\n> Case of the team\n> with internal words\n\n-- \nAnna",
    ));
    assert_eq!(comes(&app, &answer, raw.clone()).await, Outcome::Unverified(case.clone()));
    assert!(said(&app, &case).await.is_empty(), "until it is proven it does nothing");
    worker::check_once(&app).await.expect("it is looked at");
    let told = said(&app, &case).await;
    assert_eq!(told.len(), 1);
    assert!(told[0].starts_with("answer by Member(") && told[0].ends_with(": Fixed in 1.2."), "{told:?}");
    assert_eq!(comes(&app, &answer, raw).await, Outcome::Again, "once");
    worker::check_once(&app).await.expect("nothing is left");
    assert_eq!(said(&app, &case).await.len(), 1);

    let raw = team.sign(&written_to(&note, ANNA, "Only we know that."));
    comes(&app, &note, raw).await;
    worker::check_once(&app).await.expect("it is looked at");
    let told = said(&app, &case).await;
    assert!(told[1].starts_with("note by Member(") && told[1].ends_with("Only we know that."), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_a_staff_name_with_the_secret_address_and_no_proof_writes_to_nobody() {
    let (_place, app, dns, team, case) = Box::pin(begin("domain")).await;
    let (_, answer) = addresses(&app);
    let evil = Signing::publish(&dns, "evil.example", "192.0.2.66");
    let plain = written_to(&answer, ANNA, "Please publish all.");
    let by_another = evil.sign(&written_to(&answer, ANNA, "Signed by somebody else."));
    let own_name = evil.sign(&written_to(&answer, "anna@evil.example", "I am Anna."));
    let elsewhere = team.sign(&mail(ANNA, "Lunch", "", "Written to somebody else, and sent on to the address."));
    let program = team.sign(
        &String::from_utf8(written_to(&answer, ANNA, "I am away."))
            .map(|it| it.replace("Subject:", "Auto-Submitted: auto-replied\r\nSubject:").into_bytes())
            .expect("text"),
    );
    for raw in [plain, by_another, own_name, elsewhere, program] {
        let outcome = comes(&app, &answer, raw).await;
        assert!(matches!(&outcome, Outcome::Unverified(at) if *at == case), "{outcome:?}");
    }
    worker::check_once(&app).await.expect("they are looked at");
    assert!(said(&app, &case).await.is_empty());
    posts(&app).await;
    assert!(to(&app, ADA).iter().all(|(_, _, raw)| !raw.contains("publish all")));
    let told = to(&app, ANNA).into_iter().filter(|(subject, ..)| subject.contains("your mail was not used")).count();
    assert!(told >= 1, "the member hears of it");
    // Let out, she may not any more.
    accounts::add_ready(
        &app,
        "Ben",
        "ben@team.example",
        "tin harbour sleeps early",
        &[("*".into(), Role::Coordinator)],
        true,
    )
    .await
    .expect("an admin");
    accounts::disable(&app, ANNA).await.expect("she is let out");
    comes(&app, &answer, team.sign(&written_to(&answer, ANNA, "One more."))).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_an_old_mail_of_a_member_sent_on_to_the_secret_address_writes_to_nobody() {
    let (_place, app, _dns, team, case) = Box::pin(begin("domain")).await;
    let (_, answer) = addresses(&app);
    let signed = |number: usize| team.sign(&mail(ANNA, &format!("Lunch {number}"), "", "Between us: the fix is late."));
    let added = [
        format!("Delivered-To: {answer}\r\n"),
        format!("X-Original-To: <{answer}>\r\n"),
        format!("Envelope-To: {answer}\r\n"),
        format!("Cc: {answer}\r\n"),
        format!("To: {answer}\r\n"),
    ];
    for (number, line) in added.iter().enumerate() {
        let raw = [line.as_bytes(), &signed(number)].concat();
        let outcome = comes(&app, &answer, raw).await;
        assert!(matches!(&outcome, Outcome::Unverified(at) if *at == case), "{line}: {outcome:?}");
    }
    // What she signed is the beginning of it only.
    let longer = [team.sign_beginning(&written_to(&answer, ANNA, "Yes.")), b"And pay Eve.\r\n".to_vec()].concat();
    comes(&app, &answer, longer).await;
    worker::check_once(&app).await.expect("they are looked at");
    assert!(said(&app, &case).await.is_empty(), "{:?}", said(&app, &case).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_hears_it_in_a_members_place_does_not_get_the_members_addresses() {
    let (_place, app, _dns, _team, _case) = Box::pin(begin("domain")).await;
    let roles = [("*".into(), Role::Coordinator)];
    accounts::add_ready(&app, "Ben", "ben@team.example", "tin harbour sleeps early", &roles, true)
        .await
        .expect("an admin");
    let before = to(&app, "first@example.org").len();
    let address = crate::mail_in::secret(&app, ADA);
    comes(&app, &address, mail(ADA, "Re: x", "", "More.")).await;
    // The letter is hers when it is written down, and not when it leaves.
    accounts::disable(&app, ANNA).await.expect("she is let out");
    posts(&app).await;
    let told = to(&app, "first@example.org");
    assert!(told.len() > before, "somebody hears it in her place");
    assert!(told.iter().all(|(_, text, raw)| !text.contains("security+") && !raw.contains("security+")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_under_a_members_name_is_bounded() {
    let (_place, app, _dns, team, _case) = Box::pin(begin("domain")).await;
    let us = crate::mail_in::US;
    let mut last = Outcome::Held;
    for number in 0..41 {
        last = comes(&app, us, passed_on(ANNA, &format!("info{number}@example.org"))).await;
        if last != Outcome::Held {
            break;
        }
    }
    assert_eq!(last, Outcome::Later, "one more is to come again");
    assert_eq!(candor::store::mail_tasks::held(&app.store).await.expect("a count"), 40);
    // When it is known whose they are, there is room again.
    app.set_clock(at("2026-03-02T11:00:00Z"));
    worker::check_once(&app).await.expect("they are looked at");
    assert_eq!(comes(&app, us, team.sign(&passed_on(ANNA, "info@example.org"))).await, Outcome::Held);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_the_policy_asks_for_a_signature_or_for_nothing_a_domain_proves_nothing() {
    let (_place, app, _dns, team, case) = Box::pin(begin("signed")).await;
    let (note, _) = addresses(&app);
    comes(&app, &note, team.sign(&written_to(&note, ANNA, "By domain alone."))).await;
    worker::check_once(&app).await.expect("it is looked at");
    assert!(said(&app, &case).await.is_empty());
    let (_place, app, ..) = Box::pin(begin("never")).await;
    let text = to(&app, ANNA).pop().expect("a letter").1;
    assert!(!text.contains("security+"), "{text}");
}

/// A mail of somebody, passed on by somebody else to the program.
pub fn passed_on(from: &str, to: &str) -> Vec<u8> {
    let inner = "From: Ada <ada@outside.example>\nDate: Mon, 23 Feb 2026 10:00:00 +0000\nSubject: Overflow in the parser\n\nIt overflows.";
    mail(
        from,
        "Fwd: Overflow in the parser",
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n",
        &format!("--b\n\nCame to {to}.\n--b\nContent-Type: message/rfc822\n\n{inner}\n--b--"),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_passes_a_mail_on_and_it_is_its_authors_report_of_the_day_it_was_written() {
    let (_place, app, _dns, team, first) = Box::pin(begin("domain")).await;
    let raw = team.sign(&passed_on(ANNA, "info@example.org"));
    assert_eq!(comes(&app, crate::mail_in::US, raw.clone()).await, Outcome::Held);
    assert_eq!(comes(&app, crate::mail_in::US, raw.clone()).await, Outcome::Again);
    worker::check_once(&app).await.expect("it is looked at");
    assert_eq!(comes(&app, crate::mail_in::US, raw).await, Outcome::Again);
    let case = newest(&app, &first).await;
    let report = &case.reports[0];
    assert_eq!(report.contact.as_ref().map(|contact| contact.email.as_str()), Some(ADA));
    assert!(report.filed_by.is_some());
    assert_eq!((report.at, case.title.as_str()), (at("2026-02-23T10:00:00Z"), "Overflow in the parser"));
    assert_eq!(report.facts.description, "It overflows.");
    let policy = app.policy(&"store".into()).expect("a policy");
    let clock = &candor_core::promises::clocks(&case, &policy, app.now())[0];
    assert_eq!(clock.due, at("2026-02-25T10:00:00Z"), "the promise counts from the day it was written");
    // The author is told, neutrally, and can go on by mail.
    posts(&app).await;
    let told = to(&app, ADA);
    let (_, text, letter) = told.last().expect("a letter");
    assert!(!text.contains("parser") && !text.contains("overflows"), "{text}");
    assert!(letter.contains("Reply-To"), "{letter}");
    let address = crate::mail_in::secret(&app, ADA);
    assert_eq!(
        comes(&app, &address, mail(ADA, "Re: x", "", "Thank you, more follows.")).await,
        Outcome::Joined(case.id.clone())
    );
    // The secrets of its answers can be made anew, as those of any mail.
    let lost = candor::store::Statement::new("delete from receipt", vec![]);
    app.store.commit(candor::store::Batch::main(vec![lost])).await.expect("gone");
    candor::execute::rebuild::rebuild(&app, |_| ()).await.expect("rebuilt");
    assert_eq!(comes(&app, &address, mail(ADA, "Re: x", "", "And this.")).await, Outcome::Joined(case.id));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_e1_a_mail_passed_on_under_a_members_name_is_filed_as_what_it_is() {
    let (_place, app, _dns, _team, first) = Box::pin(begin("domain")).await;
    assert_eq!(comes(&app, crate::mail_in::US, passed_on(ANNA, "info@example.org")).await, Outcome::Held);
    worker::check_once(&app).await.expect("it is looked at");
    let case = newest(&app, &first).await;
    let report = &case.reports[0];
    assert!(report.filed_by.is_none() && report.at >= at("2026-03-02T09:00:00Z"), "no clock is set back");
    assert!(report.facts.noticed.iter().any(|words| words.contains("not proven")), "{:?}", report.facts.noticed);
    // Of somebody who is no member it is a report at once.
    let outcome = comes(&app, crate::mail_in::US, passed_on("eve@outside.example", "me")).await;
    assert!(matches!(outcome, Outcome::Filed(_)), "{outcome:?}");
}

/// The case that is not this one.
async fn newest(app: &App, but: &CaseId) -> candor_core::case::Case {
    let streams = candor::store::journal::streams(&app.store, "", 10).await.expect("streams");
    let other = streams.into_iter().map(CaseId).find(|id| id != but).expect("another case");
    look(app, &other).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_wishes_it_gets_what_can_wait_in_one_letter_in_the_morning() {
    let (_place, app, _dns, _team, first) = Box::pin(begin("never")).await;
    let anna = accounts::find(&app, ANNA).await.expect("a member").id;
    accounts::digest::set(&app, &anna, true).await.expect("it is kept");
    let before = to(&app, ANNA).len();
    let address = crate::mail_in::secret(&app, ADA);
    comes(&app, &address, mail(ADA, "Re: x", "", "More.")).await;
    let second = filed(&app, mail("eve@outside.example", "Other", "", "x")).await;
    let give = Command::Assign { to: Some(anna.clone()) };
    execute(&app, &member("store", "lead"), &second, give, None).await.expect("it is hers");
    posts(&app).await;
    app.set_clock(at("2026-03-03T06:59:00Z"));
    posts(&app).await;
    assert_eq!(to(&app, ANNA).len(), before, "it waits for the morning");
    app.set_clock(at("2026-03-03T07:00:01Z"));
    posts(&app).await;
    let told = to(&app, ANNA);
    assert_eq!(told.len(), before + 1, "one letter");
    let (subject, text, raw) = told.last().expect("a letter");
    assert_eq!(subject, "2 things happened in your cases");
    for (case, what) in [(&first, "the reporter wrote"), (&second, "it was given to you")] {
        assert!(text.replace('\n', " ").contains(&format!("Case {case}: {what}.")), "{text}");
    }
    assert!(!raw.contains("Other") && !raw.contains("More."));
    assert_eq!(candor::store::outbox::waiting(&app.store).await.expect("rows").0, 0);
    // Back to every letter at once, with the way to change it in its head.
    accounts::digest::set(&app, &anna, false).await.expect("it is kept");
    comes(&app, &address, mail(ADA, "Re: y", "", "Still more.")).await;
    posts(&app).await;
    let told = to(&app, ANNA);
    assert_eq!(told.len(), before + 2);
    assert!(
        told.last().expect("a letter").2.contains("List-Unsubscribe: <https://candor.example/desk/settings#s-letters>")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r1_a_mail_does_for_each_role_what_the_page_says() {
    let dns = Dns::begin(&[]).await;
    let team = Signing::publish(&dns, "team.example", "192.0.2.10");
    let place = Place::sqlite().await;
    let policy = POLICY.replace(
        "email = \"security@example.org\"\n",
        "email = \"security@example.org\"\nteam_mail = \"domain\"\n[access]\nfirst_look = [\"coordinator\"]\n",
    );
    let other = policy.replace("\"store\"", "\"other\"").replace("security@", "other@");
    let app = place.app_with(&[&policy, &other], |config| config.mail_dns = MailDns::Server(dns.at)).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let case = filed(&app, mail(ADA, "Overflow", "", "It overflows.")).await;
    let lead = member("store", "lead");
    execute(&app, &lead, &case, Command::Acknowledge { text: "Thank you.".into() }, None).await.expect("taken up");
    let roles = [
        ("observer", Role::Observer),
        ("developer", Role::Developer),
        ("approver", Role::Approver),
        ("analyst", Role::Analyst),
        ("member", Role::Member),
        ("coordinator", Role::Coordinator),
    ];
    let mut people = Vec::new();
    for (name, role) in roles {
        people.push((format!("{name} on the case"), format!("{name}-on"), "store", role, true));
    }
    people.push(("coordinator, not on the case".into(), "coordinates".into(), "store", Role::Coordinator, false));
    people.push(("analyst, not on the case".into(), "outside".into(), "store", Role::Analyst, false));
    people.push(("coordinator, taken off again".into(), "off".into(), "store", Role::Coordinator, true));
    people.push(("analyst, let out of the desk".into(), "out".into(), "store", Role::Analyst, true));
    people.push(("coordinates another program".into(), "stranger".into(), "other", Role::Coordinator, false));
    let mut table = "| who writes | as a note | as an answer |\n|---|---|---|\n".to_owned();
    for (what, name, program, role, on) in people {
        let email = format!("{name}@team.example");
        let password = "tin harbour sleeps early";
        let made = accounts::add_ready(&app, &name, &email, password, &[(program.to_owned(), role)], false).await;
        let id = made.expect("a member").0;
        if on {
            let put = Command::PutOn { member: id.clone(), reason: String::new() };
            execute(&app, &lead, &case, put, None).await.expect("put on");
        }
        if name == "off" {
            let off = Command::TakeOff { member: id.clone(), reason: String::new() };
            execute(&app, &lead, &case, off, None).await.expect("taken off");
        }
        if name == "out" {
            accounts::disable(&app, id.as_str()).await.expect("let out");
        }
        let policy = app.policy(&"store".into()).expect("a policy");
        let whole = look(&app, &case).await;
        let theirs = addresses_of(&app, &policy, &whole, &id).await;
        let mut row = Vec::new();
        for (address, text) in [(&theirs.note, "A note."), (&theirs.answer, "An answer.")] {
            let before = said(&app, &case).await.len();
            comes(&app, address, team.sign(&written_to(address, &email, &format!("{text} By {name}.")))).await;
            worker::check_once(&app).await.expect("it is looked at");
            let after = said(&app, &case).await;
            row.push(if after.len() > before { "yes" } else { "kept" });
            assert!(after.len() == before || after.last().is_some_and(|it| it.contains(text)), "{after:?}");
        }
        table += &format!("| {what} | {} | {} |\n", row[0], row[1]);
    }
    compare("mail", &table);
}

async fn addresses_of(
    app: &App,
    policy: &candor_core::policy::Policy,
    case: &candor_core::case::Case,
    member: &candor_core::id::MemberId,
) -> candor::mail::members::Addresses {
    let to = candor_core::notices::Recipient::Member(member.clone());
    candor::mail::members::addresses(app, policy, case, &to)
        .await
        .expect("they are made")
        .expect("the policy allows it")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_daily_letter_names_no_case_that_its_reader_was_taken_off() {
    let place = Place::sqlite().await;
    let policy = format!("{POLICY}\n[access]\nfirst_look = [\"coordinator\"]\n");
    let app = place.app(&[&policy]).await;
    app.set_clock(at("2026-03-02T09:00:00Z"));
    let roles = [("*".into(), Role::Coordinator)];
    let ben = accounts::add_ready(&app, "Ben", "ben@team.example", "tin harbour sleeps early", &roles, true).await;
    let ben = ben.expect("a coordinator").0;
    let lead = Actor::Member { id: ben.clone(), roles: vec![("store".into(), Role::Coordinator)] };
    let anna =
        accounts::add_ready(&app, "Anna", ANNA, "tin harbour sleeps early", &[("*".into(), Role::Member)], false).await;
    let anna = anna.expect("a member").0;
    accounts::digest::set(&app, &anna, true).await.expect("it is kept");
    let mut cases = Vec::new();
    for number in 0..3 {
        let case = filed(&app, mail(&format!("r{number}@outside.example"), "Overflow", "", "x")).await;
        let reason = String::from("They know the parser.");
        let does = async |command: Command| execute(&app, &lead, &case, command, None).await.expect("it is done");
        does(Command::PutOn { member: ben.clone(), reason: reason.clone() }).await;
        does(Command::PutOn { member: anna.clone(), reason: reason.clone() }).await;
        does(Command::Assign { to: Some(anna.clone()) }).await;
        if number == 2 {
            does(Command::Assign { to: None }).await;
            does(Command::TakeOff { member: anna.clone(), reason }).await;
        }
        cases.push(case);
    }
    app.set_clock(at("2026-03-03T07:00:01Z"));
    posts(&app).await;
    let letters = to(&app, ANNA);
    let (subject, text, _) = letters.iter().find(|(subject, ..)| subject.contains("things")).expect("a daily letter");
    assert_eq!(subject, "2 things happened in your cases");
    assert!(text.contains(cases[0].as_str()) && text.contains(cases[1].as_str()), "{text}");
    assert!(!text.contains(cases[2].as_str()), "{text}");
    assert_eq!(candor::store::outbox::waiting(&app.store).await.expect("rows").0, 0, "nothing is left behind");
}
