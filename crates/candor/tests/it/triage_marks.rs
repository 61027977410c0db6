//! Marks and lines of the queue's page that depend on who looks.

use crate::support::service::{Browser, Service, answered};
use candor::accounts::{self, totp};
use candor::execute::execute;
use candor::execute::report::{NewReport, file_report};
use candor::store::{Batch, cve_requests};
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::{CaseId, ProgramSlug};
use jiff::Timestamp;

const PASSWORD: &str = "a long enough password";
const POLICY: &str = r#"
contacts = [{ role = "security team", email = "team@example.org" }]
[program]
slug = "store"
name = "Object Store"
[access]
first_look = ["analyst"]
"#;

/// Somebody of the team, as an actor and with a browser that is signed in.
struct Person {
    actor: Actor,
    browser: Browser,
}

async fn house() -> Service {
    let other = POLICY.replace("\"store\"", "\"other\"").replace("Object Store", "Other");
    let service = Service::start(&[POLICY, &other], |_| ()).await;
    service.app.set_clock("2026-03-02T09:00:00Z".parse::<Timestamp>().expect("an instant"));
    service
}

async fn person(service: &Service, name: &str, programs: &[&str]) -> Person {
    let roles: Vec<_> = programs.iter().map(|program| ((*program).to_owned(), Role::Analyst)).collect();
    let email = format!("{name}@team.example");
    let (id, secret) =
        accounts::add_ready(&service.app, name, &email, PASSWORD, &roles, false).await.expect("the member is made");
    let browser = service.browser();
    let code = totp::code(&secret, service.app.now()).expect("a code");
    let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
    let who = [("email", email.as_str()), ("password", PASSWORD), ("code", code.as_str())];
    let page = browser.post("/desk/sign-in", &answered(form, &who)).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let roles = roles.into_iter().map(|(program, role)| (ProgramSlug(program), role)).collect();
    Person { actor: Actor::Member { id, roles }, browser }
}

async fn filed(service: &Service, program: &str, title: &str) -> CaseId {
    let facts = ReportFacts {
        title: title.into(),
        description: "The same library is at fault.".into(),
        ..ReportFacts::default()
    };
    let report =
        NewReport { channel: Channel::Form, facts, contact: Contact::default(), credit: None, received_at: None };
    let program = ProgramSlug(program.into());
    file_report(&service.app, &Actor::Public, &program, report, None).await.expect("it is taken in").case
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_the_queue_marks_a_linked_case_for_whoever_may_see_both_and_for_nobody_else() {
    let service = house().await;
    let (pat, kim) = (person(&service, "pat", &["store", "other"]).await, person(&service, "kim", &["store"]).await);
    let mine = filed(&service, "store", "Ours reads too far").await;
    let theirs = filed(&service, "other", "CANARY theirs").await;
    let queue = async |who: &Person| {
        // What search has read is what is marked.
        who.browser.get("/desk/search?q=is:open").await;
        who.browser.get("/desk").await
    };
    let before = queue(&kim).await.texts("table.queue");
    let link = Command::Relate { to: theirs.clone(), text: "one library".into() };
    execute(&service.app, &pat.actor, &mine, link, None).await.expect("they are linked");
    let page = queue(&pat).await;
    assert_eq!(page.texts("table.queue a.flag"), ["linked with another case"; 2], "{}", page.body);
    let found = pat.browser.get(&page.attributes("table.queue a.flag", "href")[0]).await;
    assert_eq!(found.texts("table.queue tbody tr").len(), 1, "the mark opens the other one: {}", found.body);
    let page = queue(&kim).await;
    assert_eq!(page.texts("table.queue"), before, "to whoever sees one of the two nothing has happened");
    assert!(!page.body.contains(theirs.as_str()) && !page.body.contains("linked with"), "{}", page.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_l1_late_requests_for_cases_that_one_may_not_see_hide_none_that_one_may() {
    let service = house().await;
    let app = &service.app;
    let (ana, bob) = (person(&service, "ana", &["store"]).await, person(&service, "bob", &["store"]).await);
    // The reminders of the cases of another came first, and there are more than a page names.
    for n in 0..51_i64 {
        let case = filed(&service, "store", "A case of Ana's").await;
        let take = Command::Acknowledge { text: "Thank you.".into() };
        execute(app, &ana.actor, &case, take, None).await.expect("she takes it up");
        late(&service, &case, &ana, n).await;
    }
    let own = filed(&service, "store", "A case of Bob's").await;
    let take = Command::Acknowledge { text: "Thank you.".into() };
    execute(app, &bob.actor, &own, take, None).await.expect("he takes it up");
    late(&service, &own, &bob, 100).await;
    let lines = |page: crate::support::service::Page| {
        let links = page.attributes("main a", "href");
        links.into_iter().filter(|href| href.ends_with("/cve")).collect::<Vec<_>>()
    };
    assert_eq!(lines(bob.browser.get("/desk").await), [format!("/desk/cases/{own}/cve")]);
    let hers = lines(ana.browser.get("/desk").await);
    assert!(!hers.is_empty() && !hers.contains(&format!("/desk/cases/{own}/cve")), "{hers:?}");
}

/// A request for a CVE number whose reminder has come.
async fn late(service: &Service, case: &CaseId, by: &Person, minute: i64) {
    let long_ago = service.app.now().as_microsecond() - 86_400_000_000 + minute * 60_000_000;
    let row = cve_requests::RequestRow {
        id: format!("request-{minute}"),
        program: "store".into(),
        stream: case.0.clone(),
        asked_by: by.actor.member().map(|id| id.0.clone()).unwrap_or_default(),
        asked_at: long_ago - 1,
        remind_at: long_ago,
        state: "open".into(),
        closed_at: None,
        number: None,
    };
    service.app.store.commit(Batch::main(vec![cve_requests::insert_statement(&row)])).await.expect("kept");
}
