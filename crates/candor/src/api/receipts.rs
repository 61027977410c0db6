//! The reporter's side, by receipt.

use super::answer::{self, Answered, fine, one_of_few};
use super::input::{Files, Holder, IdempotencyKey, Json, PartName, Segments, WithFiles};
use super::model::entry::{File, What};
use super::model::instant::Instant;
use super::model::people::{Credit, Names};
use super::model::receipt::{ReporterView, shown_to_reporter};
use super::model::report::SignedProof;
use super::problem::Problem;
use crate::app::App;
use crate::error::Error;
use crate::execute::{self, execute_again, files, policy_of};
use crate::throttle::places::Heavy;
use axum::extract::State;
use axum::response::Response;
use candor_core::case::{Author, Entry};
use candor_core::command::Command;
use candor_core::event::FileRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a command did.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Done {
    /// The case.
    pub case: String,
    /// Number of its last entry now.
    pub seq: u64,
    /// What happened; empty when all was so already.
    pub events: Vec<What>,
}

impl Done {
    pub(super) fn of(done: &execute::Done, names: &Names) -> Self {
        Self {
            case: done.case.0.clone(),
            seq: done.seq,
            events: done.events.iter().map(|event| What::of(event, names)).collect(),
        }
    }
}

/// The bytes that must be the same when an idempotency key comes again: what is asked, and the files by content.
pub(super) fn told(what: &impl Serialize, files: &[FileRef]) -> Result<Vec<u8>, Error> {
    let files: Vec<(&str, u64, &str)> =
        files.iter().map(|file| (file.name.as_str(), file.size, file.sha256.as_str())).collect();
    serde_json::to_vec(&(what, files)).map_err(Error::internal)
}

async fn ask(app: &App, holder: &Holder, key: Option<String>, told: &[u8], command: Command) -> Answered<Done> {
    let again = key.as_deref().map(|key| (key, told));
    let done = execute_again(app, &holder.actor, &holder.case.id, command, None, again).await?;
    let policy = policy_of(app, &holder.case)?;
    let (first, at) = (done.seq - done.events.len() as u64 + 1, app.now());
    let entries = (first..).zip(done.events).map(|(seq, what)| Entry { seq, at, by: Author::Candor, what });
    // As their history tells it: what is owed to others is not theirs to see here either.
    let events = entries.filter_map(|entry| shown_to_reporter(&entry, holder.report, &policy)).map(|entry| entry.what);
    fine(Done { case: done.case.0, seq: done.seq, events: events.collect() })
}

/// `GET /receipt`
pub async fn show(State(app): State<App>, holder: Holder) -> Answered<ReporterView> {
    let policy = policy_of(&app, &holder.case)?;
    let view = ReporterView::of(&holder.case, holder.report, &policy, app.now());
    fine(view.ok_or_else(Problem::not_found)?)
}

/// A message.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Your words; may be empty when files come with it.
    #[serde(default)]
    text: String,
}

impl PartName for Message {
    const NAME: &'static str = "message";
}

/// `POST /receipt/messages`
pub async fn write(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    WithFiles { value: Message { text }, files }: WithFiles<Message>,
) -> Answered<Done> {
    let told = told(&("write", &text), &files)?;
    ask(&app, &holder, key, &told, Command::Write { text, files }).await
}

/// Files that were taken in.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Taken {
    /// What happened.
    #[serde(flatten)]
    done: Done,
    /// The files.
    files: Vec<File>,
}

/// `POST /receipt/files`
pub async fn attach(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Files(files): Files,
) -> Answered<Taken> {
    let told = told(&"files", &files)?;
    let command = Command::Write { text: String::new(), files };
    let answer::Answer(_, done) = ask(&app, &holder, key, &told, command).await?;
    let mut files = Vec::new();
    for event in &done.events {
        if let What::ReporterWrote { files: sent, .. } = event {
            files.extend(sent.iter().cloned());
        }
    }
    fine(Taken { done, files })
}

/// `GET /receipt/proof`
pub async fn proof(State(app): State<App>, holder: Holder) -> Answered<SignedProof> {
    fine(execute::proofs::whole(&app, &holder.case, holder.report).await?.into())
}

/// `POST /receipt/nudge`
pub async fn nudge(State(app): State<App>, holder: Holder, IdempotencyKey(key): IdempotencyKey) -> Answered<Done> {
    let told = told(&"nudge", &[])?;
    ask(&app, &holder, key, &told, Command::Nudge).await
}

/// `POST /receipt/credit`
pub async fn credit(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(credit): Json<Credit>,
) -> Answered<Done> {
    let told = told(&("credit", &credit), &[])?;
    ask(&app, &holder, key, &told, Command::ChooseCredit { credit: credit.into() }).await
}

/// The key that letters to you are encrypted to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LetterKey {
    /// Armored OpenPGP certificate; empty for letters that are not encrypted.
    pgp_key: String,
}

/// `POST /receipt/key`
pub async fn key(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(LetterKey { pgp_key }): Json<LetterKey>,
) -> Answered<Done> {
    let told = told(&("key", &pgp_key), &[])?;
    ask(&app, &holder, key, &told, Command::GiveKey { pgp_key }).await
}

/// An answer to the proposed date.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EmbargoAnswer {
    /// Whether you agree.
    agree: bool,
    /// The `at` of the date that you answer, as you read it: another one is refused with `asked-anew`.
    asked: Instant,
    /// Your words; needed when you do not agree.
    #[serde(default)]
    text: String,
}

/// `POST /receipt/embargo`
pub async fn embargo(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(answer): Json<EmbargoAnswer>,
) -> Answered<Done> {
    let told = told(&("embargo", &answer), &[])?;
    let EmbargoAnswer { agree, asked, text } = answer;
    ask(&app, &holder, key, &told, Command::AnswerEmbargo { agree, text, asked: Some(asked.0) }).await
}

/// An answer to the text proposed for the public page.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SummaryAnswer {
    /// Whether it may become public as it stands.
    agree: bool,
    /// The `at` of the text that you answer, as you read it: another one is refused with `asked-anew`.
    asked: Instant,
    /// Your words, such as what should be said otherwise.
    #[serde(default)]
    text: String,
}

/// `POST /receipt/summary`
pub async fn summary(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(answer): Json<SummaryAnswer>,
) -> Answered<Done> {
    let told = told(&("summary", &answer), &[])?;
    let SummaryAnswer { agree, asked, text } = answer;
    ask(&app, &holder, key, &told, Command::AnswerSummary { agree, text, asked: Some(asked.0) }).await
}

/// `POST /receipt/issue`
pub async fn issue(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(answer): Json<SummaryAnswer>,
) -> Answered<Done> {
    let told = told(&("issue", &answer), &[])?;
    let SummaryAnswer { agree, asked, text } = answer;
    ask(&app, &holder, key, &told, Command::AnswerIssue { agree, text, asked: Some(asked.0) }).await
}

/// Whether the fix holds.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tried {
    /// Whether the problem is gone.
    holds: bool,
    /// What you saw; needed when it does not hold.
    #[serde(default)]
    text: String,
}

/// `POST /receipt/retest`
pub async fn retest(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(tried): Json<Tried>,
) -> Answered<Done> {
    let told = told(&("retest", &tried), &[])?;
    let Tried { holds, text } = tried;
    ask(&app, &holder, key, &told, Command::Retest { holds, text }).await
}

/// Why a verdict should be looked at again.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Plea {
    /// Why.
    text: String,
}

/// `POST /receipt/appeal`
pub async fn appeal(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(plea): Json<Plea>,
) -> Answered<Done> {
    let told = told(&("appeal", &plea), &[])?;
    ask(&app, &holder, key, &told, Command::Appeal { text: plea.text }).await
}

/// Why a report is taken back.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Withdrawal {
    /// Why, if you wish to say.
    #[serde(default)]
    text: String,
}

/// `POST /receipt/withdraw`
pub async fn withdraw(
    State(app): State<App>,
    holder: Holder,
    IdempotencyKey(key): IdempotencyKey,
    Json(Withdrawal { text }): Json<Withdrawal>,
) -> Answered<Done> {
    let told = told(&("withdraw", &text), &[])?;
    ask(&app, &holder, key, &told, Command::Withdraw { text }).await
}

/// `GET /receipt/files/{id}`
pub async fn file(State(app): State<App>, holder: Holder, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let policy = policy_of(&app, &holder.case)?;
    let view = ReporterView::of(&holder.case, holder.report, &policy, app.now()).ok_or_else(Problem::not_found)?;
    if !view.files.iter().any(|file| file.id == id) {
        return Err(Problem::not_found());
    }
    let place = one_of_few(&app, Heavy::Export, &format!("{}/{}", holder.case.id, holder.actor.name()))?;
    let (file, reader) = files::open_file(&app, &holder.actor, &holder.case.id, &id).await?;
    Ok(answer::file(&file, reader, place))
}
