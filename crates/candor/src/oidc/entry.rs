//! From an identity to a session. The provider's word is the first factor; the desk's own second factor follows, unless
//! the desk was told that a sign-in at this provider counts as two.

use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::NotSignedIn;
use super::flow::Proved;
use crate::accounts::session::{self, NewSession};
use crate::accounts::signin::{SignInError, second_factor};
use crate::accounts::{self, unhex};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::hex;
use crate::keys::{self, Context, Purpose};
use crate::store::{Batch, StoreError, providers as rows};
use crate::throttle::Source;

/// How long the second factor may be awaited.
const PENDING: SignedDuration = SignedDuration::from_mins(5);
const PLACE: Context<'static> = Context { kind: "sign-in elsewhere", stream: "", row: 0, field: "first factor" };

/// How far a sign-in got.
#[derive(Debug)]
pub enum Entry {
    /// Signed in.
    In(NewSession),
    /// The second factor is missing: what its form carries, sealed.
    Code(String),
}

/// Who proved the first factor. Lies sealed in the form that asks for the second.
#[derive(Serialize, Deserialize)]
struct Pending {
    member: String,
    identity: String,
    until: Timestamp,
}

/// Whose browser it is, and which session it had.
#[derive(Debug, Clone, Copy)]
pub struct Browser<'a> {
    /// `User-Agent`.
    pub agent: &'a str,
    /// Value of the session cookie that came along; that session ends.
    pub old: Option<&'a str>,
}

/// Signs in whoever proved an identity that is linked to a member.
///
/// # Errors
/// [`NotSignedIn::Nobody`] when it is not, or the member may not sign in: nobody learns which.
pub async fn enter(app: &App, proved: &Proved, browser: Browser<'_>) -> Result<Entry, NotSignedIn> {
    let (keys, now) = (app.keys()?, app.now());
    let row = rows::linked(&app.store, &proved.identity).await?.ok_or(NotSignedIn::Nobody)?;
    let member = MemberId(row.member);
    if !accounts::member(app, &member).await?.is_some_and(|member| !member.disabled && member.ready) {
        return Err(NotSignedIn::Nobody);
    }
    if !proved.provider.two_factors {
        let pending = Pending { member: member.0, identity: proved.identity.clone(), until: now + PENDING };
        let plain = serde_json::to_vec(&pending).map_err(Error::internal)?;
        return Ok(Entry::Code(hex(&keys::seal(keys.root().purpose(Purpose::Desk), &PLACE, &plain)?)));
    }
    tracing::info!(member = member.as_str(), provider = proved.provider.name, "signed in through a sign-in service");
    // Who proved themselves there a while ago is signed in, and proves the second factor again for what asks for it.
    let fresh_at = proved.at.filter(|at| *at <= now).unwrap_or(Timestamp::UNIX_EPOCH);
    let (new, insert) = session::begin_at(keys, &member, &session::family(browser.agent), now, fresh_at, now);
    let mut batch = vec![rows::link_used_statement(&proved.identity, member.as_str(), now.as_microsecond()), insert];
    batch.extend(browser.old.map(|secret| session::end_statement(keys, secret)));
    match app.store.commit(Batch::main(batch)).await {
        Ok(()) => Ok(Entry::In(new)),
        Err(StoreError::Conflict) => Err(NotSignedIn::Nobody),
        Err(other) => Err(other.into()),
    }
}

/// Signs in with the second factor, after [`enter`] asked for it.
///
/// # Errors
/// [`SignInError`], as with password and code.
pub async fn with_code(
    app: &App,
    from: Source,
    state: &str,
    code: &str,
    browser: Browser<'_>,
) -> Result<NewSession, SignInError> {
    let (keys, now) = (app.keys()?, app.now());
    let sealed = unhex(state).ok_or(SignInError::Wrong)?;
    let plain = keys::open(keys.root().purpose(Purpose::Desk), &PLACE, &sealed).map_err(|_| SignInError::Wrong)?;
    let pending: Pending = serde_json::from_slice(&plain).map_err(Error::internal)?;
    if pending.until <= now {
        return Err(SignInError::Wrong);
    }
    let member = MemberId(pending.member);
    if accounts::member(app, &member).await?.is_none_or(|member| member.disabled) {
        return Err(SignInError::Wrong);
    }
    let (new, insert) = session::begin_at(keys, &member, &session::family(browser.agent), now, now, now);
    second_factor(app, from, &member, code, |batch| {
        batch.push(rows::link_used_statement(&pending.identity, member.as_str(), now.as_microsecond()));
        batch.extend(browser.old.map(|secret| session::end_statement(keys, secret)));
        batch.push(insert);
    })
    .await?;
    Ok(new)
}
