//! Files between the team and outside parties: a party gets what was shared with it, and nothing else is there for it.

use crate::parties_story::House;
use crate::support::service::{Browser, Page, answered};
use candor::accounts::{self, totp};
use candor_core::access::Role;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PASSWORD: &str = "a long enough password";

/// A house in which a reporter with a name sent two files, and two parties have joined.
struct Shared {
    house: House,
    receipt: String,
    /// Ids of the files, in the order in which they came.
    files: Vec<String>,
    mira: (Browser, String),
    noor: (Browser, String),
}

impl Shared {
    async fn open() -> Self {
        let mut house = House::open().await;
        let report = json!({
            "title": "CANARY-TITLE", "description": "CANARY-TEXT",
            "reporter": { "name": "Mei Lindqvist", "email": "mei@home.example" },
        });
        let form = Form::new()
            .part("report", Part::text(report.to_string()).mime_str("application/json").expect("JSON"))
            .part("files", Part::text("Send a path twice.\nThen look.\n").file_name("lindqvist-steps.txt"))
            .part("files", Part::text("CANARY-HIDDEN by Mei Lindqvist").file_name("CANARY-NAME.txt"));
        let at = house.service.at("/api/v1/programs/strapi/reports");
        let filed = reqwest::Client::new().post(at).multipart(form).send().await.expect("an answer");
        let filed: Value = filed.json().await.expect("JSON");
        house.case = filed["case"].as_str().unwrap_or_else(|| panic!("{filed}")).to_owned();
        let receipt = filed["receipt"].as_str().expect("a receipt").to_owned();
        let (_, whole) = house.ask(Method::GET, &format!("/cases/{}", house.case), json!(null)).await;
        let files = whole["files"].as_array().into_iter().flatten();
        let files = files.map(|file| file["id"].as_str().expect("an id").to_owned()).collect();
        let (link, code) = house.invite("mira").await;
        let mira = house.join(&link, &code).await;
        let (link, code) = house.invite("noor").await;
        let noor = house.join(&link, &code).await;
        Self { house, receipt, files, mira, noor }
    }

    async fn shares(&self, sharing: Value) -> (u16, Value) {
        self.house.ask(Method::POST, &format!("/cases/{}/commands", self.house.case), sharing).await
    }

    /// A page by the API, as the holder of a key or a receipt.
    async fn by_api(&self, who: &str, path: &str) -> Page {
        let client = reqwest::Client::new().get(self.house.service.at(&format!("/api/v1{path}")));
        Page::of(client.header("authorization", who).send().await.expect("an answer")).await
    }

    /// A member of the team at the desk.
    async fn member(&self) -> Browser {
        let app = &self.house.service.app;
        let roles = [("strapi".to_owned(), Role::Coordinator)];
        let (_, secret) = accounts::add_ready(app, "Tove", "tove@team.example", PASSWORD, &roles, false)
            .await
            .expect("the member is made");
        let browser = self.house.service.browser();
        let code = totp::code(&secret, app.now()).expect("a code");
        let form = browser.get("/desk/sign-in").await.form("/desk/sign-in");
        let who = [("email", "tove@team.example"), ("password", PASSWORD), ("code", &code)];
        assert_eq!(browser.post("/desk/sign-in", &answered(form, &who)).await.status, 303);
        browser
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s5_a_member_shares_one_file_after_reading_who_gets_it_and_that_party_alone_fetches_it() {
    let shared = Shared::open().await;
    let Shared { house, files, mira, noor, .. } = &shared;
    let desk = shared.member().await;
    let at = format!("/desk/cases/{}/share-file", house.case);
    let page = desk.get(&at).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("byte for byte"), "that nothing marks it is said before");
    let chosen = answered(page.form(&at), &[("party", "0"), ("file", &files[0])]);
    let check = desk.post(&at, &chosen).await;
    assert_eq!(check.status, 200, "{}", check.body);
    for word in ["lindqvist-steps.txt", "30 bytes", "mira, Koa", "mira@party.example", "without a mark"] {
        assert!(check.body.contains(word), "{word}: {}", check.body);
    }
    assert!(!mira.0.get("/party").await.body.contains("shared a file"), "nothing is shared by asking");
    assert_eq!(desk.post(&at, &check.form(&at)).await.status, 303);
    let page = desk.get(&format!("/desk/cases/{}", house.case)).await;
    assert!(page.body.contains("shared a file with mira, Koa"), "{}", page.body);
    assert!(page.body.contains("shared with mira, Koa"), "beside the file stands who has it");

    let page = mira.0.get("/party").await;
    let name = format!("{}-1.txt", house.case);
    assert_eq!(page.texts(".file-list a"), [name.as_str()]);
    for word in ["CANARY", "indqvist", "Mei", &files[0], &files[1]] {
        assert!(!page.body.contains(word), "{word}: {}", page.body);
    }
    let got = mira.0.get("/party/files/1").await;
    assert_eq!((got.status, got.body.as_str()), (StatusCode::OK, "Send a path twice.\nThen look.\n"));
    assert!(got.header("content-disposition").contains(&name), "{}", got.header("content-disposition"));
    assert!(got.header("content-security-policy").contains("sandbox"));
    candor::worker::deliver_once(&house.service.app).await.expect("letters leave");
    let letter = house.letter("mira@party.example");
    assert!(letter.contains("shared a file with you") && !letter.contains(&name), "{letter}");

    // Another party, nobody, and guesses get one and the same.
    let nobody = house.service.browser();
    let nothing = nobody.get("/party/files/1").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND);
    for (who, path) in [(&noor.0, "1"), (&mira.0, "2"), (&mira.0, "0"), (&mira.0, &files[0]), (&mira.0, &files[1])] {
        let page = who.get(&format!("/party/files/{path}")).await;
        assert_eq!((page.status, &page.body), (nothing.status, &nothing.body), "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r3_a_reporters_name_leaves_in_no_file_unless_it_is_put_on_record_that_they_agreed() {
    let shared = Shared::open().await;
    let Shared { house, files, mira, .. } = &shared;
    let share = json!({ "command": "share-file", "party": 0, "file": files[1] });
    let (status, said) = shared.shares(share.clone()).await;
    assert_eq!(status, 422, "{said}");
    assert!(said.to_string().contains("the name of the reporter stands in the file"), "{said}");
    let named = json!({ "command": "share-file", "party": 0, "file": files[0], "name": "lindqvist-steps.txt" });
    assert_eq!(shared.shares(named).await.0, 422);
    assert!(!mira.0.get("/party").await.body.contains("shared a file"));
    let mut agreed = share;
    agreed["names_reporter"] = json!(true);
    assert_eq!(shared.shares(agreed).await.0, 200);
    assert_eq!(mira.0.get("/party/files/1").await.body, "CANARY-HIDDEN by Mei Lindqvist");
    let (_, case) = house.ask(Method::GET, &format!("/cases/{}", house.case), json!(null)).await;
    let entry = case["journal"].as_array().into_iter().flatten().find(|entry| entry["act"] == "shared");
    let entry = entry.expect("it is on record");
    assert_eq!(
        (&entry["names_reporter"], &entry["file"], &entry["party"]),
        (&json!(true), &json!(files[1]), &json!(0))
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r5_a_party_that_was_ended_fetches_nothing_and_what_one_sent_no_reporter_and_no_other_party_gets() {
    let shared = Shared::open().await;
    let Shared { house, receipt, files, mira, noor } = &shared;
    house.does(json!({ "command": "share-file", "party": 0, "file": files[0], "name": "steps.txt" })).await;
    let page = mira.0.get("/party").await;
    let form = page.form("/party/write");
    let sent = answered(form.clone(), &[("text", "")]);
    let sent = mira.0.post_files("/party/write", &sent, &[("patch.diff", "text/plain", b"PATCH-BYTES".to_vec())]).await;
    assert_eq!(sent.status, 303, "{}", sent.body);
    let empty = mira.0.post_files("/party/write", &answered(form, &[("text", "")]), &[]).await;
    assert_eq!(empty.status, 422, "it says nothing");
    assert_eq!(mira.0.get("/party/files/2").await.body, "PATCH-BYTES", "their own");
    let (party, other) = (format!("Party {}", mira.1), format!("Party {}", noor.1));
    let view: Value = serde_json::from_str(&shared.by_api(&party, "/party").await.body).expect("JSON");
    let names: Vec<_> =
        view["thread"].as_array().into_iter().flatten().filter_map(|it| it["files"][0]["name"].as_str()).collect();
    assert_eq!(names, ["steps.txt", "patch.diff"]);
    assert_eq!(shared.by_api(&party, "/party/files/2").await.body, "PATCH-BYTES");

    // The team has it, with who sent it.
    let (_, case) = house.ask(Method::GET, &format!("/cases/{}", house.case), json!(null)).await;
    let patch = case["files"].as_array().into_iter().flatten().find(|file| file["name"] == "patch.diff");
    let patch = patch.expect("it is a file of the case")["id"].as_str().expect("an id").to_owned();
    let (desk, at) = (shared.member().await, format!("/desk/cases/{}", house.case));
    assert!(desk.get(&at).await.body.contains("only the team sees this, and mira, Koa"));
    assert_eq!(desk.get(&format!("{at}/files/{patch}")).await.body, "PATCH-BYTES");

    // The reporter and the other party do not.
    let holder = house.service.browser();
    let enter = answered(holder.get("/receipt").await.form("/receipt"), &[("receipt", receipt)]);
    assert_eq!(holder.post("/receipt", &enter).await.status, 303);
    let own = holder.get("/receipt").await;
    assert!(!own.body.contains("patch.diff") && !own.body.contains("shared a file"), "{}", own.body);
    let receipt = format!("Receipt {receipt}");
    let nothing = holder.get("/receipt/files/nothing").await;
    let page = holder.get(&format!("/receipt/files/{patch}")).await;
    assert_eq!((page.status, &page.body), (nothing.status, &nothing.body));
    let nothing = shared.by_api(&receipt, "/receipt/files/nothing").await;
    let page = shared.by_api(&receipt, &format!("/receipt/files/{patch}")).await;
    assert_eq!((page.status, &page.body), (nothing.status, &nothing.body));
    let nothing = shared.by_api(&other, "/party/files/99").await;
    for id in ["1", "2", "0", patch.as_str()] {
        let page = shared.by_api(&other, &format!("/party/files/{id}")).await;
        assert_eq!((page.status, &page.body), (nothing.status, &nothing.body), "{id}");
    }

    house.does(json!({ "command": "end-party", "party": 0, "reason": "It is public now." })).await;
    let nobody = house.service.browser().get("/party/files/1").await;
    for number in ["1", "2"] {
        let page = mira.0.get(&format!("/party/files/{number}")).await;
        assert_eq!((page.status, &page.body), (StatusCode::NOT_FOUND, &nobody.body), "ended answers like nobody");
    }
    let wrong = shared.by_api("Party 00000-00000-00000-00000-00000-0", "/party/files/1").await;
    let ended = shared.by_api(&party, "/party/files/1").await;
    assert_eq!((ended.status, &ended.body), (wrong.status, &wrong.body));
    let again = json!({ "command": "share-file", "party": 0, "file": files[0] });
    assert_eq!(shared.shares(again).await.0, 422, "nothing is shared with them any more");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn abuse_r8_a_text_file_is_shared_as_marked_copies_that_tell_whose_they_are() {
    let shared = Shared::open().await;
    let Shared { house, files, mira, noor, .. } = &shared;
    for party in 0..2 {
        let share =
            json!({ "command": "share-file", "party": party, "file": files[0], "name": "steps.txt", "marked": true });
        house.does(share).await;
    }
    let (one, other) = (mira.0.get("/party/files/1").await, noor.0.get("/party/files/1").await);
    assert_ne!(one.body, other.body);
    for (page, name) in [(&one, "mira, Koa"), (&other, "noor, Koa")] {
        assert!(page.body.contains("Send a path twice.\nThen look.\n"), "{}", page.body);
        let asked = json!({ "text": page.body, "name": "" });
        let (status, found) = house.ask(Method::POST, &format!("/cases/{}/whose-mark", house.case), asked).await;
        assert_eq!(status, 200, "{found}");
        assert_eq!(found["recipients"][0]["name"], name, "{found}");
    }
    let by_api = shared.by_api(&format!("Party {}", mira.1), "/party/files/1").await;
    assert_eq!(by_api.body, one.body);
    let reference = &one.body["Reference ".len()..][..9];
    assert!(one.header("content-disposition").contains(&format!("steps-{reference}.txt")));
}
