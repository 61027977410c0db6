//! The JSON API: one table of routes drives the router and the OpenAPI document. No handler decides anything; each
//! reads strictly, asks `execute`, and answers in types of its own.

pub mod model; // the shapes, mirrors of the core's
pub mod problem; // what went wrong
pub mod route; // the form of the table
mod input; // what comes in, read strictly
mod answer; // what goes out
mod programs; // then the rooms: for anyone
mod restricted; // advisories that are not for everybody, for who may read them
mod reports; // a report comes in
mod findings; // what tools of a pipeline found
mod receipts; // the reporter's side
mod parties; // the side of outside parties
mod cases; // the team's side
mod previews; // what a file says, without anybody opening it
mod letters; // the words of letters
mod program_keys; // the OpenPGP keys of programs, and their history
mod account; // the member's own account
mod cve; // requests for CVE numbers
mod hooks; // who is called, and who is written to
mod sign_in; // services that members sign in with
pub mod osv; // the OSV API, for scanners
mod search; // cases by their words, and which are alike
mod proposals; // what the desk's forms propose
pub mod openapi; // and the document about it all

use crate::app::App;
use crate::config::Roles;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::routing::{get, post, put};
use model::advisory::{Advisories, PublicAdvisory};
use model::case::{Case, Queue};
use model::command::Asked;
use model::people::Credit;
use model::program::{Program, Programs};
use model::receipt::ReporterView;
use model::report::{OnBehalf, Receipt, Report, SignedProof};
use model::search::{Results, Similar};
use problem::Problem;
use route::{Route, Takes, Who, schema};
use std::sync::OnceLock;

/// Every route below `/api/v1` but the document itself.
fn table() -> Vec<Route> {
    vec![
        Route::get("/programs", "listPrograms", "The programs that take reports here", get(programs::list))
            .gives::<Programs>(200),
        Route::get("/programs/{program}", "showProgram", "A program and its policy", get(programs::show))
            .gives::<Program>(200),
        Route::get(
            "/programs/{program}/advisories",
            "listAdvisories",
            "Published advisories, the newest first",
            get(programs::advisories),
        )
        .asks::<programs::HowMany>()
        .gives::<Advisories>(200),
        Route::post(
            "/programs/{program}/subscriptions",
            "subscribe",
            "Hear of advisories by mail",
            post(hooks::subscribe),
        )
        .says("The address is asked by a letter; nothing more is sent before it says yes.")
        .takes(Takes::Json(schema::<hooks::Subscription>))
        .gives::<hooks::HookDone>(200)
        .or(&[422]),
        Route::get("/account", "showAccount", "Your own account: how letters come, and the key you sign mail with", get(account::show))
            .by(Who::Member)
            .gives::<account::Account>(200),
        Route::put("/account/letters", "chooseLetters", "Choose how letters come: each at once, or what can wait once a day", put(account::letters))
            .by(Who::Member)
            .takes(Takes::Json(schema::<account::Wish>))
            .gives::<account::Account>(200),
        Route::put("/account/key", "keepSigningKey", "Give the OpenPGP key with which you sign mail, or remove it", put(account::key))
            .says("The key must carry your own address and be able to sign. The change is told to that address by letter.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<account::NewKey>))
            .gives::<account::Account>(200),
        Route::get("/programs/{program}/letters", "listLetters", "Kinds and languages of a program's letters, and which have words of their own", get(letters::list))
            .says("For administrators.")
            .by(Who::Member)
            .gives::<letters::Letters>(200),
        Route::get("/programs/{program}/letters/{kind}/{language}", "showLetter", "The words of a letter, with a preview", get(letters::show))
            .says("For administrators.")
            .by(Who::Member)
            .gives::<letters::LetterWords>(200),
        Route::put("/programs/{program}/letters/{kind}/{language}", "wordLetter", "Word a letter, or go back to the usual words", put(letters::put))
            .says("For administrators. A text that is broken is refused with line and column, and changes nothing.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<letters::NewWords>))
            .gives::<letters::LetterWords>(200),
        Route::get("/programs/{program}/openpgp-keys", "listProgramKeys", "The OpenPGP keys of a program, and what was done with them", get(program_keys::list))
            .says("For administrators. Public parts only; the history comes from the program's journal, which the anchors cover.")
            .by(Who::Member)
            .gives::<program_keys::Keys>(200),
        Route::get("/hooks", "listHooks", "Who is called when something is published", get(hooks::list))
            .by(Who::Member)
            .gives::<hooks::Hooks>(200),
        Route::post("/hooks", "askForHook", "Ask for a hook; another member confirms it", post(hooks::ask))
            .says("For administrators. The secret is shown once.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<hooks::NewHook>))
            .gives::<hooks::AskedHook>(200)
            .or(&[422]),
        Route::post("/hooks/{id}/confirm", "confirmHook", "Confirm a hook that another member asked for", post(hooks::confirm))
            .by(Who::Member)
            .gives::<hooks::HookDone>(200)
            .or(&[422]),
        Route::post("/hooks/{id}/end", "endHook", "End a hook; its target is told", post(hooks::end))
            .by(Who::Member)
            .gives::<hooks::HookDone>(200),
        Route::get("/sign-in-services", "listSignInServices", "Services that members sign in with", get(sign_in::list))
            .by(Who::Member)
            .gives::<sign_in::Services>(200),
        Route::post("/sign-in-services", "addSignInService", "Set up a service to sign in with", post(sign_in::add))
            .says("For administrators. OpenID Connect; identity there is issuer and subject, never an address. The secret never comes back.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<sign_in::NewService>))
            .gives::<sign_in::Service>(200)
            .or(&[422]),
        Route::put("/sign-in-services/{name}", "changeSignInService", "Change a service to sign in with", put(sign_in::change))
            .says("What is not named stays. Another issuer is another service.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<sign_in::ServiceChange>))
            .gives::<sign_in::Service>(200)
            .or(&[422]),
        Route::post("/sign-in-services/{name}/remove", "removeSignInService", "Remove a service and unlink everybody from it", post(sign_in::remove))
            .by(Who::Member)
            .gives::<sign_in::ServiceDone>(200),
        Route::get("/programs/{program}/cve-numbers", "listReservedNumbers", "CVE numbers that are reserved and not published, and which of them nobody uses", get(cve::unused))
            .says("For coordinators. CVE Services is asked; where it does not answer, the list is what is kept here, and `unasked` says why.")
            .by(Who::Member)
            .gives::<cve::ReservedNumbers>(200),
        Route::post("/programs/{program}/cve-numbers/{id}/reject", "rejectNumber", "Take back a reserved CVE number that nobody uses", post(cve::reject))
            .says("For coordinators, with a token that may `publish`. It cannot be undone, and the reason is public. A number that a case waits for is refused.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<cve::Rejection>))
            .gives::<cve::ReservedNumbers>(200)
            .or(&[422]),
        Route::get("/advisories/{id}", "showAdvisory", "A published advisory", get(programs::advisory))
            .gives::<PublicAdvisory>(200),
        Route::get(
            "/cases/{case}/advisory/{format}",
            "showEdition",
            "The newest edition of a case's advisory in a format, whoever it is for",
            get(restricted::document),
        )
        .says("`csaf.json`, `vex.json`, `csaf-2.1.json`, `md`, `txt` or `json`; what is TLP:CLEAR in the other formats, too.")
        .by(Who::Member),
        Route::get(
            "/programs/{program}/restricted/{label}/{file}",
            "listRestricted",
            "A ROLIE feed of the advisories under a label that you may read, and the CSAF documents it names",
            get(restricted::file),
        )
        .says(
            "`label` is `green`, `amber`, `amber-strict` or `red`; `file` is `feed.json`, or a document with `.sha256` or \
             `.sha512` behind it for its hash. It holds the advisories whose cases you may read.",
        )
        .by(Who::Member),
        Route::get(
            "/programs/{program}/recipients",
            "recipients",
            "Certificates that a report can be sealed to so that the server cannot read it",
            get(programs::recipients),
        )
        .says("OpenPGP certificates of members, as the program chose to publish them. Compare their fingerprints with what you know from elsewhere.")
        .gives::<programs::Recipients>(200),
        Route::post("/programs/{program}/reports", "fileReport", "File a report, privately", post(reports::file))
            .says(
                "Only a title and a description, or one known identifier, are needed. The answer holds the receipt: the \
                 only way back, shown once. Files come as further parts of a multipart body, or later with \
                 `POST /receipt/files`.",
            )
            .takes(Takes::JsonAndFiles("report", schema::<Report>))
            .gives::<Receipt>(201)
            .once(),
        Route::post("/programs/{program}/findings", "sendFindings", "Send what a tool of your pipeline found", post(findings::take))
            .says(
                "The body is the file as the tool wrote it: SARIF, the JSON or XML of a scanner, or a bill of materials \
                 (CycloneDX, SPDX), which is held against the advisories published here. Findings become one case per \
                 component and rule; the same run sent twice changes nothing.",
            )
            .by(Who::Member)
            .takes(Takes::Raw)
            .gives::<findings::Taken>(200),
        Route::get("/receipt", "showReceipt", "Your report and all that became of it", get(receipts::show))
            .by(Who::Holder)
            .gives::<ReporterView>(200),
        Route::post("/receipt/messages", "writeMessage", "Write to the team", post(receipts::write))
            .by(Who::Holder)
            .takes(Takes::JsonAndFiles("message", schema::<receipts::Message>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/files", "attachFiles", "Send files to the team", post(receipts::attach))
            .by(Who::Holder)
            .takes(Takes::Files)
            .gives::<receipts::Taken>(200)
            .once(),
        Route::get("/receipt/files/{id}", "openReceiptFile", "A file of your report", get(receipts::file))
            .by(Who::Holder),
        Route::get(
            "/receipt/proof",
            "openProof",
            "The proof of receipt, with the report and the salt that open its commitment",
            get(receipts::proof),
        )
        .by(Who::Holder)
        .gives::<SignedProof>(200),
        Route::post("/receipt/nudge", "nudge", "Ask for news: turns to the next contact of the policy", post(receipts::nudge))
            .by(Who::Holder)
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/credit", "chooseCredit", "Choose how you wish to be credited", post(receipts::credit))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<Credit>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/key", "giveKey", "Give the OpenPGP key that letters to you are encrypted to", post(receipts::key))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::LetterKey>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/embargo", "answerEmbargo", "Answer the proposed date", post(receipts::embargo))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::EmbargoAnswer>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/summary", "answerSummary", "Answer the text proposed for the public page", post(receipts::summary))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::SummaryAnswer>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/issue", "answerIssue", "Answer the text proposed for a public issue", post(receipts::issue))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::SummaryAnswer>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/retest", "retest", "Say whether the fix holds", post(receipts::retest))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::Tried>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/appeal", "appeal", "Ask that somebody else look at the verdict again", post(receipts::appeal))
            .says("Once for each report. Another member than the one who gave the verdict answers.")
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::Plea>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::post("/receipt/withdraw", "withdraw", "Take the report back", post(receipts::withdraw))
            .by(Who::Holder)
            .takes(Takes::Json(schema::<receipts::Withdrawal>))
            .gives::<receipts::Done>(200)
            .once(),
        Route::get("/party", "showParty", "Your part of a case, as an outside party", get(parties::show))
            .by(Who::Party)
            .gives::<parties::PartyView>(200),
        Route::post("/party/messages", "writeAsParty", "Write to the team, as an outside party", post(parties::write))
            .by(Who::Party)
            .takes(Takes::JsonAndFiles("message", schema::<parties::PartyMessage>))
            .gives::<parties::PartyDone>(200)
            .once(),
        Route::get("/party/files/{id}", "openPartyFile", "A file that was shared with you, or that you sent", get(parties::file))
            .by(Who::Party),
        Route::post("/party/statement", "stateAsParty", "Say how your product stands", post(parties::state))
            .by(Who::Party)
            .takes(Takes::Json(schema::<parties::PartyStatement>))
            .gives::<parties::PartyDone>(200)
            .once(),
        Route::get("/cases", "listCases", "The queue: what needs a person, the most urgent first", get(cases::list))
            .by(Who::Member)
            .asks::<cases::Which>()
            .gives::<Queue>(200),
        Route::post("/cases", "fileOnBehalf", "File what came by another way", post(reports::on_behalf))
            .says("The receipt is for the reporter: hand it over, it is shown once.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<OnBehalf>))
            .gives::<Receipt>(201)
            .or(&[404])
            .once(),
        Route::get("/cases/{case}", "showCase", "A case: facts, clocks, thread, journal", get(cases::show))
            .by(Who::Member)
            .gives::<Case>(200),
        Route::get(
            "/cases/{case}/release-notes",
            "releaseNotesOfCase",
            "Text for the release notes of the fix, credits as consented to",
            get(cases::release_notes),
        )
        .says("Before the publication it holds what only the team may know.")
        .by(Who::Member)
        .gives::<cases::ReleaseNotes>(200)
        .or(&[422]),
        Route::get(
            "/cases/{case}/cve-requests",
            "cveRequests",
            "Requests for a CVE number, and the text to send",
            get(cve::list),
        )
        .says("Before the publication the text holds what only the team may know.")
        .by(Who::Member)
        .gives::<cve::CveRequests>(200),
        Route::post(
            "/cases/{case}/cve-requests",
            "askForCve",
            "Keep that a request for a CVE number was sent; its clock begins",
            post(cve::ask),
        )
        .by(Who::Member)
        .takes(Takes::Json(schema::<cve::NewRequest>))
        .gives::<cve::CveRequest>(200)
        .or(&[422]),
        Route::post(
            "/cases/{case}/cve-requests/{id}",
            "settleCveRequest",
            "The number came, or nobody waits for it, or be reminded later",
            post(cve::settle),
        )
        .by(Who::Member)
        .takes(Takes::Json(schema::<cve::Settled>))
        .gives::<cve::CveRequests>(200)
        .or(&[422]),
        Route::post("/cases/{case}/whose-mark", "whoseMark", "Whose copy a text is that turned up elsewhere", post(cases::whose_mark))
            .says("Changes nothing and keeps nothing. Looks for the marks of the copies that outside parties got, and for the words they were told.")
            .by(Who::Member)
            .takes(Takes::Json(schema::<cases::Leaked>))
            .gives::<cases::Whose>(200),
        Route::get("/cases/{case}/similar", "similarCases", "Cases that are likely about the same, with the reasons", get(search::similar))
            .says("Over open, closed and published cases that you may see.")
            .by(Who::Member)
            .asks::<search::HowMany>()
            .gives::<Similar>(200),
        Route::get("/cases/{case}/proposals", "proposals", "What is proposed: places to audit, a rating, the letter of a verdict, what should not become public", get(proposals::proposals))
            .says("As the desk's forms show it. A person decides.")
            .by(Who::Member)
            .asks::<proposals::Wanted>()
            .gives::<proposals::Proposals>(200),
        Route::get("/search", "search", "Cases by their words and fields, the best first", get(search::find))
            .says("What you may not see takes no part: it changes no hit, no count and no order.")
            .by(Who::Member)
            .asks::<search::Question>()
            .gives::<Results>(200),
        Route::get("/cases/{case}/files/{id}", "openCaseFile", "A file of a case", get(cases::file)).by(Who::Member),
        Route::get("/cases/{case}/files/{id}/preview", "previewCaseFile", "What a file of a case says", get(previews::show))
            .says(
                "A text, a list, a picture made anew, or the first bytes: made by a process that holds nothing, from the \
                 bytes alone. A file that has no preview says why.",
            )
            .by(Who::Member)
            .gives::<previews::FilePreview>(200)
            .or(&[429]),
        Route::post("/cases/{case}/commands", "command", "Act on a case", post(cases::command))
            .says(
                "One command of the desk is one command here. With `seen` it is refused when somebody else wrote since, \
                 and the answer says what. Files come as further parts of a multipart body.",
            )
            .by(Who::Member)
            .takes(Takes::JsonAndFiles("command", schema::<Asked>))
            .gives::<receipts::Done>(200)
            .once(),
    ]
}

/// The OpenAPI 3.1 document.
pub fn document() -> &'static serde_json::Value {
    static DOCUMENT: OnceLock<serde_json::Value> = OnceLock::new();
    DOCUMENT.get_or_init(|| openapi::document(&table()))
}

/// The API with every part, to be mounted at `/api/v1`.
pub fn routes() -> Router<App> {
    routes_for(Roles::default())
}

/// The API with the parts that a process with these roles has.
pub fn routes_for(roles: Roles) -> Router<App> {
    let mut router = Router::new();
    for route in table() {
        let served = match route.who {
            Who::Anyone | Who::Holder | Who::Party => roles.public,
            Who::Member => roles.desk,
        };
        if served {
            router = router.route(route.path, route.handler);
        }
    }
    router
        .route("/openapi.json", get(|| async { answer::Answer(StatusCode::OK, document()) }))
        .fallback(|| async { Problem::not_found() })
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method", "This address does not take this method")
        })
        // Each body has its own limit, where it is read.
        .layer(DefaultBodyLimit::disable())
}
