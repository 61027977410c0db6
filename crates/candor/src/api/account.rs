//! The member's own account: the OpenPGP key with which they sign mail, and how letters come to them.

use axum::extract::State;
use axum::http::StatusCode;
use candor_core::access::Actor;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answered, fine};
use super::input::{Asker, Json, Owner};
use super::model::instant::Instant;
use super::problem::Problem;
use crate::accounts::token::Beyond;
use crate::accounts::{self, AccountError, MemberView};
use crate::app::App;
use crate::error::Error;

/// The account of whoever asks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Account {
    /// Id of the member.
    id: String,
    /// Their name.
    name: String,
    /// Their address.
    email: String,
    /// Whether what can wait comes in one letter a day.
    daily: bool,
    /// The OpenPGP key with which they sign mail.
    key: Option<Key>,
}

/// The OpenPGP key of a member.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Key {
    /// Its fingerprint, in upper-case hexadecimal.
    fingerprint: String,
    /// The public key, as text.
    certificate: String,
    /// Since when it is here.
    since: Instant,
    /// When it runs out.
    ends: Option<Instant>,
    /// Why mail signed with it does not count now.
    problem: Option<String>,
}

/// How letters come.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wish {
    /// Whether what can wait comes in one letter a day.
    daily: bool,
}

/// A key to sign mail with.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// The public key as text, as `gpg --armor --export` writes it; empty to remove the one that is there.
    openpgp: String,
}

async fn own(app: &App, actor: &Actor) -> Result<MemberView, Problem> {
    let Actor::Member { id, .. } = actor else { return Err(Problem::not_found()) };
    accounts::member(app, id).await?.filter(|member| !member.disabled).ok_or_else(Problem::not_found)
}

async fn account(app: &App, member: MemberView) -> Answered<Account> {
    let now = app.now();
    let key = accounts::openpgp::get(app, &member.id).await?.map(|own| Key {
        fingerprint: own.certificate.fingerprint(),
        certificate: own.certificate.to_armor(),
        since: own.since.into(),
        ends: own.certificate.view(now).expires.map(Into::into),
        problem: accounts::openpgp::serves(&own.certificate, &member, now).err(),
    });
    let daily = accounts::digest::wishes(app, &member.id).await?;
    fine(Account { id: member.id.0, name: member.name, email: member.email, daily, key })
}

/// `GET /account`
pub async fn show(State(app): State<App>, Asker(actor): Asker) -> Answered<Account> {
    let member = own(&app, &actor).await?;
    account(&app, member).await
}

/// `PUT /account/letters`
pub async fn letters(State(app): State<App>, Owner(by): Owner, Json(wish): Json<Wish>) -> Answered<Account> {
    let member = own(&app, &by.actor).await?;
    accounts::digest::set(&app, &member.id, wish.daily).await?;
    account(&app, member).await
}

/// `PUT /account/key`
pub async fn key(State(app): State<App>, Owner(by): Owner, Json(new): Json<NewKey>) -> Answered<Account> {
    by.must(Beyond::Keys)?;
    let member = own(&app, &by.actor).await?;
    if new.openpgp.trim().is_empty() {
        accounts::openpgp::remove(&app, &member.id).await?;
        return account(&app, member).await;
    }
    match accounts::openpgp::put(&app, &member, new.openpgp.as_bytes()).await {
        Ok(_) => account(&app, member).await,
        Err(AccountError::Objections(objections)) => {
            let why = objections.into_iter().map(|it| it.text).collect::<Vec<_>>().join("; ");
            Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "field", why).of("openpgp"))
        }
        Err(AccountError::Gone) => Err(Problem::not_found()),
        Err(AccountError::Other(why)) => Err(Error::into(why)),
    }
}
