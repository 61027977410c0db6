//! Letters to a member when a way into their account changed, or somebody who knows their password was turned away. They
//! say what and never a secret, and are never put off into a daily letter.

use candor_core::id::MemberId;

use super::openpgp::STREAM;
use crate::app::App;
use crate::error::Error;
use crate::keys::random;
use crate::store::outbox::{self, NewLetter};
use crate::store::{Batch, Statement};

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Password, authenticator and recovery codes were replaced.
    Renewed,
    /// Somebody who manages the desk let the account be set up anew.
    Reset,
    /// A passkey was made.
    PasskeyMade,
    /// A passkey was removed.
    PasskeyRemoved,
    /// New recovery codes were drawn.
    Recovery,
    /// A token for the API was made.
    TokenMade,
    /// An account at a sign-in service was linked.
    Linked,
    /// An account at a sign-in service was unlinked.
    Unlinked,
    /// The right password came with wrong codes, several times.
    WrongCodes,
    /// The certificates that reports are sealed to are about to be replaced.
    Recipients,
    /// A program's own OpenPGP key is about to be replaced.
    ProgramKey,
}

impl Change {
    /// Every change.
    pub const ALL: [Self; 11] = [
        Self::Renewed,
        Self::Reset,
        Self::PasskeyMade,
        Self::PasskeyRemoved,
        Self::Recovery,
        Self::TokenMade,
        Self::Linked,
        Self::Unlinked,
        Self::WrongCodes,
        Self::Recipients,
        Self::ProgramKey,
    ];

    /// Name in the outbox.
    pub fn name(self) -> &'static str {
        match self {
            Self::Renewed => "account-renewed",
            Self::Reset => "account-reset",
            Self::PasskeyMade => "passkey-made",
            Self::PasskeyRemoved => "passkey-removed",
            Self::Recovery => "recovery-codes",
            Self::TokenMade => "token-made",
            Self::Linked => "account-linked",
            Self::Unlinked => "account-unlinked",
            Self::WrongCodes => "wrong-codes",
            Self::Recipients => "sealing-keys",
            Self::ProgramKey => "program-key",
        }
    }

    /// The change of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|change| change.name() == name)
    }

    /// What happened, as a sentence.
    pub fn says(self) -> &'static str {
        match self {
            Self::Renewed => "Password, authenticator and recovery codes of your account were set up anew.",
            Self::Reset => {
                "Somebody who manages the desk ended every way into your account, and made a link to set it up anew."
            }
            Self::PasskeyMade => "A passkey was made for your account.",
            Self::PasskeyRemoved => "A passkey of your account was removed.",
            Self::Recovery => "New recovery codes were drawn for your account; the old ones have ended.",
            Self::TokenMade => "A token for the API was made in your name.",
            Self::Linked => "An account at a sign-in service was linked to yours, as a way to sign in.",
            Self::Unlinked => "An account at a sign-in service was unlinked from yours.",
            Self::WrongCodes => "Somebody typed your password with wrong codes, several times, and was turned away.",
            Self::Recipients => {
                "The certificates that reports are sealed to will be others in 24 hours. The queue of the desk names them: \
                 if none of you did this, have it stopped."
            }
            Self::ProgramKey => {
                "The OpenPGP key of a program will be another in 24 hours. The queue of the desk names it: if none of you did \
                 this, have it stopped."
            }
        }
    }
}

/// The statement that asks for the letter; it joins the transaction of the change.
pub fn statement(app: &App, member: &str, change: Change) -> Statement {
    let now = app.now().as_microsecond();
    outbox::insert_statement(&NewLetter {
        id: &random::ordered_id(now),
        stream: &format!("{STREAM}{member}"),
        seq: 0,
        kind: change.name(),
        recipient: &format!("member:{member}"),
        next_at: now,
        created_at: now,
    })
}

/// Asks for a letter to every member, about something that concerns all.
///
/// # Errors
/// When the members cannot be read.
pub async fn tell_all(app: &App, change: Change) -> Result<(), Error> {
    for member in super::members(app).await?.into_iter().filter(|member| !member.disabled) {
        tell(app, &member.id, change).await;
    }
    Ok(())
}

/// Asks for the letter by itself. What was done stands, whether it can be told or not.
pub async fn tell(app: &App, member: &MemberId, change: Change) {
    match app.store.commit(Batch::main(vec![statement(app, member.as_str(), change)])).await {
        Ok(()) => app.nudge_worker(),
        Err(why) => tracing::warn!(%why, change = change.name(), "a letter about an account was not written down"),
    }
}
