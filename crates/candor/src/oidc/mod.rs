//! Signing in with an account elsewhere: OpenID Connect, any provider. Who somebody is there is the issuer and the
//! subject, never an address. An identity belongs to a member by their invitation, or because they linked it themselves.
//!
//! The relying party is our own: the flow is four requests, and the signatures are checked by the library of cryptography
//! that is here anyway.
//!
//! ```text
//! begin ─▶ the provider's page ─▶ answer ─▶ ID token, believed ─▶ identity ─▶ member ─▶ second factor ─▶ session
//! ```

pub mod token; // an ID token is believed, or not
pub mod flow; // to the provider and back
pub mod entry; // from an identity to a session

use candor_core::id::MemberId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::accounts::told::{self, Change};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::hex;
use crate::follow::egress::{Failed, Refused, Rules, Target};
use crate::keys::{self, Context, KeyRing, Purpose};
use crate::store::providers::{self as rows, IdentityRow, ProviderRow};
use crate::store::{Batch, StoreError};

/// Most providers of a desk.
const MOST: usize = 10;
/// Most identities of one member.
const MOST_OF_ONE: usize = 10;

/// A provider. The secret goes in and never comes out.
#[derive(Clone, Serialize, Deserialize)]
pub struct Provider {
    /// Short name, as it stands in addresses.
    pub name: String,
    /// Name on the button.
    pub title: String,
    /// Its issuer, exactly as it calls itself.
    pub issuer: String,
    /// Name of this desk there.
    pub client: String,
    /// What this desk proves itself with there; none for a public client.
    pub secret: Option<String>,
    /// Whether a sign-in there counts as two factors here.
    pub two_factors: bool,
}

impl std::fmt::Debug for Provider {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Provider({} at {})", self.name, self.issuer)
    }
}

/// Why something with a provider did not come about, in words for whoever tried.
#[derive(Debug, thiserror::Error)]
pub enum NotSignedIn {
    /// What was typed about a provider has to be mended: field and words.
    #[error("{1}")]
    Objection(&'static str, String),
    /// No such provider.
    #[error("this sign-in service is not set up here; choose another way to sign in")]
    Unknown,
    /// The address of the provider cannot be called.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It could not be reached.
    #[error("the sign-in service did not answer ({0}); try again, or use password and code")]
    Unreached(Failed),
    /// It said something that does not fit its own standard.
    #[error("the sign-in service gave an answer that cannot be used: {0}")]
    Odd(String),
    /// Its ID token is not believed.
    #[error("the sign-in service gave an answer that is not trusted: {0}")]
    Wrong(#[from] token::Wrong),
    /// The person said no there, or was refused.
    #[error("the sign-in service did not let you through; sign in there first, or use password and code")]
    Declined,
    /// The answer belongs to no sign-in that began in this browser, or to one that was finished or is too old.
    #[error("this sign-in was finished already, took too long, or began in another browser; begin again")]
    Gone,
    /// Nobody is linked to it.
    #[error(
        "nobody here is linked to this account; sign in with password and code and link it in the settings, or use your invitation"
    )]
    Nobody,
    /// Linked to somebody already.
    #[error("this account is linked to a member already")]
    Taken,
    /// The member has enough.
    #[error("you have {MOST_OF_ONE} linked accounts; unlink one first")]
    Enough,
    /// Our side failed.
    #[error(transparent)]
    Other(#[from] Error),
}

impl From<StoreError> for NotSignedIn {
    fn from(why: StoreError) -> Self {
        Self::Other(why.into())
    }
}

impl From<keys::KeyError> for NotSignedIn {
    fn from(why: keys::KeyError) -> Self {
        Self::Other(why.into())
    }
}

fn place(name: &str) -> Context<'_> {
    Context { kind: "sign-in provider", stream: name, row: 0, field: "provider" }
}

fn opened(app: &App, row: &ProviderRow) -> Result<Provider, Error> {
    let key = app.keys()?.root().purpose(Purpose::Connector);
    serde_json::from_slice(&keys::open(key, &place(&row.name), &row.sealed)?).map_err(Error::internal)
}

/// What has to be mended about a provider, if anything.
fn checked(app: &App, provider: &Provider) -> Result<(), NotSignedIn> {
    let object = |field, text: &str| Err(NotSignedIn::Objection(field, text.to_owned()));
    let plain = |text: &str, most| !text.is_empty() && text.len() <= most && !text.chars().any(char::is_control);
    let name = provider.name.as_str();
    if !plain(name, 30) || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    {
        return object("name", "Write the short name in at most 30 small letters, digits and hyphens");
    }
    if !plain(&provider.title, 60) {
        return object("title", "Write a name for the button, at most 60 characters on one line");
    }
    let issuer = Target::parse(&provider.issuer, Rules::of(&app.config));
    if issuer == Err(Refused::Unlisted) {
        return object(
            "issuer",
            "The desk calls only the places listed in `egress`; whoever runs it adds the issuer's",
        );
    }
    if issuer.is_err() || provider.issuer.contains(['?', '#']) {
        return object(
            "issuer",
            "Write the issuer as the provider does: an https address of a public host, like https://id.example.org",
        );
    }
    if !plain(&provider.client, 255) {
        return object("client", "Write the client id that the provider gave this desk");
    }
    if provider.secret.as_ref().is_some_and(|secret| !plain(secret, 1000)) {
        return object(
            "secret",
            "The client secret has at most 1000 characters on one line; leave it empty for a public client",
        );
    }
    Ok(())
}

fn row_of(app: &App, provider: &Provider) -> Result<ProviderRow, Error> {
    let json = serde_json::to_vec(provider).map_err(Error::internal)?;
    let key = app.keys()?.root().purpose(Purpose::Connector);
    Ok(ProviderRow {
        name: provider.name.clone(),
        sealed: keys::seal(key, &place(&provider.name), &json)?,
        created_at: app.now().as_microsecond(),
    })
}

/// Adds a provider.
///
/// # Errors
/// [`NotSignedIn::Objection`] for what has to be mended.
pub async fn add(app: &App, provider: &Provider) -> Result<(), NotSignedIn> {
    let object = |field, text: &str| Err(NotSignedIn::Objection(field, text.to_owned()));
    checked(app, provider)?;
    if rows::list(&app.store).await?.len() >= MOST {
        return object("name", "There are 10 sign-in services already; remove one first");
    }
    let row = row_of(app, provider)?;
    match app.store.commit(Batch::main(vec![rows::insert_statement(&row)])).await {
        Err(StoreError::Conflict) => {
            object("name", "A sign-in service of this name is set up already; remove it first")
        }
        other => Ok(other?),
    }
}

/// Changes a provider; its name and its issuer stay, and so do those who are linked to it.
///
/// # Errors
/// [`NotSignedIn::Unknown`] when there is none of this name or it has another issuer, [`NotSignedIn::Objection`] for what has
/// to be mended.
pub async fn change(app: &App, provider: &Provider) -> Result<(), NotSignedIn> {
    if self::provider(app, &provider.name).await?.issuer != provider.issuer {
        return Err(NotSignedIn::Unknown);
    }
    checked(app, provider)?;
    let row = row_of(app, provider)?;
    match app.store.commit(Batch::main(vec![rows::change_statement(&row.name, &row.sealed)])).await {
        Err(StoreError::Conflict) => Err(NotSignedIn::Unknown),
        other => Ok(other?),
    }
}

/// Removes a provider and unlinks everybody from it.
///
/// # Errors
/// [`Error::NotFound`] when there is none of this name.
pub async fn remove(app: &App, name: &str) -> Result<(), Error> {
    match app.store.commit(Batch::main(rows::delete_statements(name))).await {
        Err(StoreError::Conflict) => Err(Error::NotFound),
        other => Ok(other?),
    }
}

/// Every provider, by name.
///
/// # Errors
/// As every read.
pub async fn list(app: &App) -> Result<Vec<Provider>, Error> {
    rows::list(&app.store).await?.iter().map(|row| opened(app, row)).collect()
}

/// The provider of this name.
///
/// # Errors
/// [`NotSignedIn::Unknown`] when there is none.
pub async fn provider(app: &App, name: &str) -> Result<Provider, NotSignedIn> {
    let row = rows::get(&app.store, name).await?.ok_or(NotSignedIn::Unknown)?;
    Ok(opened(app, &row)?)
}

/// The address to which a provider sends people back; it has to be told.
pub fn answers(app: &App, name: &str) -> String {
    format!("{}/desk/sign-in/with/{name}/answer", app.config.base_url)
}

/// Under what an identity is kept: a keyed hash of issuer and subject.
fn identity(keys: &KeyRing, issuer: &str, subject: &str) -> String {
    // No issuer holds a zero byte, so no two pairs make one text.
    let both = [issuer.as_bytes(), &[0], subject.as_bytes()].concat();
    hex(&keys::lookup(keys.root().purpose(Purpose::Session), "identity elsewhere", &both))
}

/// A linked identity in its owner's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Linked {
    /// Its name in addresses.
    pub id: String,
    /// Name of the provider.
    pub provider: String,
    /// Since when.
    pub since: Timestamp,
    /// Last sign-in with it.
    pub used: Option<Timestamp>,
}

/// A member's linked identities.
///
/// # Errors
/// As every read.
pub async fn links(app: &App, member: &MemberId) -> Result<Vec<Linked>, Error> {
    let instant = |micros: i64| Timestamp::from_microsecond(micros).map_err(Error::internal);
    let rows = rows::links_of(&app.store, member.as_str()).await?;
    rows.into_iter()
        .map(|row| {
            Ok(Linked {
                since: instant(row.created_at)?,
                used: row.used_at.map(instant).transpose()?,
                id: row.id,
                provider: row.provider,
            })
        })
        .collect()
}

/// Links an identity to a member who is signed in and proved the second factor.
///
/// # Errors
/// [`NotSignedIn::Taken`] when it is somebody's already.
pub async fn link(app: &App, member: &MemberId, proved: &flow::Proved) -> Result<(), NotSignedIn> {
    if rows::links_of(&app.store, member.as_str()).await?.len() >= MOST_OF_ONE {
        return Err(NotSignedIn::Enough);
    }
    let row = IdentityRow {
        id: proved.identity.clone(),
        member: member.0.clone(),
        provider: proved.provider.name.clone(),
        created_at: app.now().as_microsecond(),
        used_at: None,
    };
    let told = told::statement(app, member.as_str(), Change::Linked);
    match app.store.commit(Batch::main(vec![rows::link_statement(&row), told])).await {
        Err(StoreError::Conflict) => Err(NotSignedIn::Taken),
        other => Ok(other?),
    }
}

/// Unlinks an identity of a member.
///
/// # Errors
/// [`Error::NotFound`] when it is not theirs.
pub async fn unlink(app: &App, member: &MemberId, id: &str) -> Result<(), Error> {
    let told = told::statement(app, member.as_str(), Change::Unlinked);
    match app.store.commit(Batch::main(vec![rows::unlink_statement(id, member.as_str()), told])).await {
        Err(StoreError::Conflict) => Err(Error::NotFound),
        other => Ok(other?),
    }
}
