//! The words of a program's letters, per kind and language, for who manages the desk.

use axum::extract::State;
use axum::http::StatusCode;
use candor_core::id::ProgramSlug;
use candor_core::notices::NoticeKind;
use candor_core::policy::Policy;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

use super::answer::{Answered, fine};
use super::input::{InProgram, Json, Manager, Segments};
use super::problem::Problem;
use crate::app::App;
use crate::letters::{self, KINDS, Put};

/// A kind of letter in a language.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LetterLine {
    /// Name of the kind.
    kind: String,
    /// What the letter says, and to whom.
    label: String,
    /// The language, such as `en`.
    language: String,
    /// Whether the program has words of its own.
    own: bool,
}

/// Every letter of a program.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Letters {
    /// By kind, the program's first language first.
    letters: Vec<LetterLine>,
}

/// The words of one kind of letter in one language.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LetterWords {
    /// Name of the kind.
    kind: String,
    /// The language.
    language: String,
    /// Whether the program has words of its own.
    own: bool,
    /// The text with its places; the one to begin with where it has none.
    text: String,
    /// The subject, filled with an example.
    preview_subject: String,
    /// The letter, filled with an example.
    preview: String,
}

/// Words to be used.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewWords {
    /// `Subject: …`, an empty line, the letter; empty to go back to the usual words.
    text: String,
}

fn found(app: &App, program: &str, kind: &str, language: &str) -> Result<(Arc<Policy>, NoticeKind), Problem> {
    let policy = app.policy(&ProgramSlug(program.to_owned())).ok_or_else(Problem::not_found)?;
    let kind = NoticeKind::from_name(kind).filter(|kind| KINDS.contains(kind)).ok_or_else(Problem::not_found)?;
    if !letters::languages(&policy).iter().any(|known| known == language) {
        return Err(Problem::not_found());
    }
    Ok((policy, kind))
}

/// `GET /programs/{program}/letters`
pub async fn list(State(app): State<App>, _by: Manager, InProgram(program): InProgram) -> Answered<Letters> {
    let policy = app.policy(&program).ok_or_else(Problem::not_found)?;
    let mut all = Vec::new();
    for kind in KINDS {
        for language in letters::languages(&policy) {
            let own = letters::get(&app, &program, kind, &language).await?.is_some();
            all.push(LetterLine { kind: kind.name().into(), label: letters::label(kind).into(), language, own });
        }
    }
    fine(Letters { letters: all })
}

async fn words(app: &App, policy: &Policy, kind: NoticeKind, language: String) -> Answered<LetterWords> {
    let kept = letters::get(app, &policy.program.slug, kind, &language).await?;
    let own = kept.is_some();
    let text = kept.unwrap_or_else(|| letters::usual().to_owned());
    // A kept text that does not read any more is shown as it is, so that it can be mended.
    let (preview_subject, preview) = letters::preview(&text, kind, &policy.program.name).unwrap_or_default();
    fine(LetterWords { kind: kind.name().into(), language, own, text, preview_subject, preview })
}

/// `GET /programs/{program}/letters/{kind}/{language}`
pub async fn show(
    State(app): State<App>,
    _by: Manager,
    Segments((program, kind, language)): Segments<(String, String, String)>,
) -> Answered<LetterWords> {
    let (policy, kind) = found(&app, &program, &kind, &language)?;
    words(&app, &policy, kind, language).await
}

/// `PUT /programs/{program}/letters/{kind}/{language}`
pub async fn put(
    State(app): State<App>,
    _by: Manager,
    Segments((program, kind, language)): Segments<(String, String, String)>,
    Json(new): Json<NewWords>,
) -> Answered<LetterWords> {
    let (policy, kind) = found(&app, &program, &kind, &language)?;
    let text = Some(new.text.as_str()).filter(|text| !text.trim().is_empty());
    match letters::put(&app, &policy.program.slug, kind, &language, text).await {
        Ok(()) => words(&app, &policy, kind, language).await,
        Err(Put::Broken(why)) => {
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field", why.to_string()).of("text"))
        }
        Err(Put::Store(why)) => Err(why.into()),
    }
}
