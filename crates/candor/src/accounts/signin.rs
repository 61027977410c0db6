//! Signing in: address, password and code are right together, or the answer is one neutral no. Known and unknown
//! addresses get the same words after the same work.

use candor_core::id::MemberId;

use super::told::{self, Change};
use super::{open, password, recovery, session, totp};
use crate::app::App;
use crate::error::Error;
use crate::keys::KeyRing;
use crate::store::people::{self, MemberRow};
use crate::store::{Batch, Statement, StoreError};
use crate::throttle::{Source, Wait};

/// Wrong codes with the right password, over all sources, before sources that never signed in have to wait.
///
/// Whoever gets there knows the password. The member's own places go on working.
const WRONG_CODES: &str = "wrong code";
/// Wrong codes with the right password after which the member is told, once until a right one comes.
const TELL_AFTER: u32 = 3;
/// Failures of one source at one account.
const FAILED: &str = "sign-in";
/// Sign-ins of one source.
const RATE: &str = "sign-in";

/// What was typed.
#[derive(Clone, Copy)]
pub struct Attempt<'a> {
    /// Where it comes from.
    pub from: Source,
    /// Address.
    pub email: &'a str,
    /// Password.
    pub password: &'a str,
    /// Six digits of the authenticator, or a recovery code.
    pub code: &'a str,
    /// The browser's `User-Agent`.
    pub agent: &'a str,
    /// Value of the session cookie that came along; that session ends.
    pub old: Option<&'a str>,
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Something of it was wrong. Nobody learns what.
    #[error("Address, password and code do not fit together; check all three, and use a code that was not used before")]
    Wrong,
    /// Too many attempts from this source.
    #[error("Too many attempts; try again in {} seconds", .0.seconds())]
    Wait(Wait),
    /// Anything else.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for SignInError {
    fn from(why: StoreError) -> Self {
        Self::Other(why.into())
    }
}

/// Signs a member in and returns the new session.
///
/// # Errors
/// See [`SignInError`].
pub async fn sign_in(app: &App, attempt: Attempt<'_>) -> Result<session::NewSession, SignInError> {
    let keys = app.keys()?;
    let now = app.now();
    let account = super::address_hash(keys, attempt.email);
    let throttle = &app.throttle;
    throttle.rate(RATE, attempt.from, app.config.signin_rate, now).map_err(SignInError::Wait)?;
    throttle.may_try(FAILED, account, Some(attempt.from), now).map_err(SignInError::Wait)?;

    let row = people::member_by_lookup(&app.store, &account).await?;
    let hash = row.as_ref().and_then(|row| row.password.as_deref());
    let password_fits = password::verify(attempt.password, hash).await?;
    let member = row.filter(|row| password_fits && !row.disabled);
    let done = match &member {
        Some(row) => {
            let id = MemberId(row.id.clone());
            let (new, insert) = session::begin(keys, &id, &session::family(attempt.agent), now, now);
            let rest = |batch: &mut Vec<Statement>| {
                batch.extend(attempt.old.map(|secret| session::end_statement(keys, secret)));
                batch.push(insert);
            };
            prove(app, keys, row, account, attempt.from, attempt.code, rest).await.map(|()| new)
        }
        None => {
            // A recovery code asks the store; do the same here, where it cannot be right.
            if let Some(hash) = recovery::typed(keys, "", attempt.code) {
                people::apply(&app.store, vec![people::use_recovery("", &hash, now.as_microsecond())]).await?;
            }
            Err(SignInError::Wrong)
        }
    };
    match &done {
        Ok(_) => throttle.succeeded(FAILED, account, Some(attempt.from)),
        Err(SignInError::Wrong) => {
            tracing::info!("a sign-in failed");
            throttle.failed(FAILED, account, Some(attempt.from), now);
        }
        Err(_) => {}
    }
    done
}

/// Proves the second factor of a member who is signed in already; `rest` adds what is kept together with the proof.
pub(crate) async fn second_factor(
    app: &App,
    from: Source,
    member: &MemberId,
    code: &str,
    rest: impl FnOnce(&mut Vec<Statement>),
) -> Result<(), SignInError> {
    let keys = app.keys()?;
    let now = app.now();
    let row = people::get_member(&app.store, member.as_str()).await?.ok_or(Error::NotFound)?;
    let account: [u8; 16] = row.lookup.as_slice().try_into().map_err(Error::internal)?;
    app.throttle.may_try(FAILED, account, Some(from), now).map_err(SignInError::Wait)?;
    let done = prove(app, keys, &row, account, from, code, rest).await;
    match &done {
        Ok(()) => app.throttle.succeeded(FAILED, account, Some(from)),
        Err(SignInError::Wrong) => app.throttle.failed(FAILED, account, Some(from), now),
        Err(_) => {}
    }
    done
}

/// Uses up a one-time or recovery code in the same transaction as what follows from it.
async fn prove(
    app: &App,
    keys: &KeyRing,
    row: &MemberRow,
    account: [u8; 16],
    from: Source,
    code: &str,
    rest: impl FnOnce(&mut Vec<Statement>),
) -> Result<(), SignInError> {
    let now = app.now();
    let known = app.throttle.is_known(account, from);
    if !known {
        app.throttle.may_try(WRONG_CODES, account, None, now).map_err(SignInError::Wait)?;
    }
    let Some(sealed) = &row.totp else { return Err(SignInError::Wrong) };
    let secret = open(keys, &row.id, "totp", sealed)?;
    let used = match totp::check(&secret, code, now)? {
        Some(step) => Some(people::use_totp_step(&row.id, sealed, step)),
        None => {
            recovery::typed(keys, &row.id, code).map(|hash| people::use_recovery(&row.id, &hash, now.as_microsecond()))
        }
    };
    let kept = match used {
        None => false,
        Some(used) => {
            let mut batch = vec![used];
            rest(&mut batch);
            match app.store.commit(Batch::main(batch)).await {
                Ok(()) => true,
                // The code was used before, or is no code of theirs.
                Err(StoreError::Conflict) => false,
                Err(other) => return Err(other.into()),
            }
        }
    };
    if kept {
        tracing::info!(member = row.id, "the second factor was proved");
        app.throttle.succeeded(WRONG_CODES, account, None);
        app.throttle.know(account, from);
        Ok(())
    } else {
        tracing::info!(member = row.id, "a wrong second factor came with the right first one");
        app.throttle.failed(WRONG_CODES, account, None, now);
        if app.throttle.failures(WRONG_CODES, account, None) == TELL_AFTER {
            told::tell(app, &MemberId(row.id.clone()), Change::WrongCodes).await;
        }
        Err(SignInError::Wrong)
    }
}
