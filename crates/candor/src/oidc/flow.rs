//! To the provider and back: the authorization code flow with PKCE. What was drawn for a sign-in lies sealed in the store for
//! ten minutes, so that any process of the service can end it; it is bound to the browser that began it, and is used once.
//!
//! Source: OpenID Connect Core 1.0, section 3.1, and Discovery 1.0; RFC 6749, RFC 7636 (PKCE), RFC 9207 (`iss` in the
//! answer), RFC 9700 (best current practice).

use aws_lc_rs::digest::{SHA256, digest};
use candor_core::id::MemberId;
use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, Url};
use serde::{Deserialize, Serialize};

use super::token::{self, Expected};
use super::{NotSignedIn, Provider, identity, provider};
use crate::app::App;
use crate::coding::{base64, base64url};
use crate::error::Error;
use crate::execute::report::hex;
use crate::follow::egress::{Answer, Rules, Target};
use crate::keys::{self, Context, random};
use crate::store::{Batch, StoreError, sign_in_flows};

/// How long somebody may take at the provider.
const OPEN: SignedDuration = SignedDuration::from_mins(10);
/// Most sign-ins that are under way.
const MOST: i64 = 10_000;
/// Characters of what PKCE keeps back: 260 bits (RFC 7636 asks for 43 to 128 characters).
const VERIFIER: usize = 52;
/// Longest code or state that is looked at.
const LENGTH: usize = 4096;

/// What a way to the provider is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// To sign in, and go to this page of the desk.
    SignIn(String),
    /// A signed-in member links who they are there.
    Link(MemberId),
    /// Somebody takes up an invitation: its secret, and what shows that they had its code.
    Join(String, String),
}

#[derive(Serialize, Deserialize)]
struct Begun {
    at: Timestamp,
    provider: String,
    browser: String,
    nonce: String,
    verifier: String,
    purpose: Purpose,
}

fn in_time(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at) < OPEN
}

/// The name of a row: the state itself is known to the browser and the provider alone.
fn row_of(state: &str) -> [u8; 32] {
    let mut row = [0; 32];
    row.copy_from_slice(digest(&SHA256, state.as_bytes()).as_ref());
    row
}

fn place(row: &str) -> Context<'_> {
    Context { kind: "sign-in flow", stream: row, row: 0, field: "body" }
}

async fn remember(app: &App, begun: &Begun) -> Result<String, Error> {
    let state = random::text(VERIFIER);
    let row = row_of(&state);
    let plain = serde_json::to_vec(begun).map_err(Error::internal)?;
    let key = app.keys()?.root().purpose(keys::Purpose::Member);
    let sealed = keys::seal(key, &place(&hex(&row)), &plain)?;
    let over = (begun.at - OPEN).as_microsecond();
    let batch = vec![
        sign_in_flows::sweep_statement(over),
        sign_in_flows::shorten_statement(MOST),
        sign_in_flows::insert_statement(&row, begun.at.as_microsecond(), &sealed),
    ];
    app.store.commit(Batch::main(batch)).await?;
    Ok(state)
}

async fn known(app: &App, state: &str) -> Result<Option<Begun>, Error> {
    let row = row_of(state);
    let Some(sealed) = sign_in_flows::get(&app.store, &row).await? else { return Ok(None) };
    let plain = keys::open(app.keys()?.root().purpose(keys::Purpose::Member), &place(&hex(&row)), &sealed)?;
    serde_json::from_slice(&plain).map(Some).map_err(Error::internal)
}

/// What this answer is for; asks, and leaves it in place.
///
/// # Errors
/// When the store fails, or the desk is locked.
pub async fn purpose(app: &App, state: &str) -> Result<Option<Purpose>, Error> {
    Ok(known(app, state).await?.map(|begun| begun.purpose))
}

/// What was drawn for this answer, if it comes from the same browser. It is used up only then, so that nobody else can
/// end a sign-in.
async fn taken(app: &App, state: &str, browser: &str, now: Timestamp) -> Result<Option<Begun>, Error> {
    let Some(begun) = known(app, state).await? else { return Ok(None) };
    if !keys::equal(begun.browser.as_bytes(), browser.as_bytes()) {
        return Ok(None);
    }
    match app.store.commit(Batch::main(vec![sign_in_flows::take_statement(&row_of(state))])).await {
        Ok(()) => Ok(Some(begun).filter(|begun| in_time(begun.at, now))),
        // Another process was faster.
        Err(StoreError::Conflict) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// What a provider says of itself.
#[derive(Debug, Deserialize)]
struct Metadata {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

fn whole(answer: Answer, what: &str) -> Result<Vec<u8>, NotSignedIn> {
    match answer {
        Answer { is_cut: true, .. } => Err(NotSignedIn::Odd(format!("its {what} is longer than 64 KiB"))),
        Answer { status: 200, body, .. } => Ok(body),
        Answer { status, .. } => Err(NotSignedIn::Odd(format!("its {what} came with status {status} instead of 200"))),
    }
}

async fn fetch(app: &App, address: &str, what: &str) -> Result<Vec<u8>, NotSignedIn> {
    let target = Target::parse(address, Rules::of(&app.config))?;
    let answer = target.call(Method::GET, &[("accept", "application/json")], Vec::new()).await;
    whole(answer.map_err(NotSignedIn::Unreached)?, what)
}

/// Asks the provider for its addresses: anew each time, so that nothing old is ever believed.
async fn metadata(app: &App, provider: &Provider) -> Result<Metadata, NotSignedIn> {
    let address = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
    let body = fetch(app, &address, "description").await?;
    let said: Metadata = serde_json::from_slice(&body)
        .map_err(|_| NotSignedIn::Odd("its description names no addresses for signing in".into()))?;
    if said.issuer != provider.issuer {
        return Err(NotSignedIn::Odd("its description is that of another issuer".into()));
    }
    Ok(said)
}

fn redirect_uri(app: &App, name: &str) -> String {
    super::answers(app, name)
}

/// The address at the provider to go to. `browser` is what the browser's cookie holds.
///
/// # Errors
/// [`NotSignedIn`] when the provider cannot be asked.
pub async fn begin(app: &App, name: &str, purpose: Purpose, browser: &str) -> Result<String, NotSignedIn> {
    let provider = provider(app, name).await?;
    let said = metadata(app, &provider).await?;
    // The browser goes there, and the desk does not.
    let to = Target::parse(&said.authorization_endpoint, Rules { only: &[], ..Rules::of(&app.config) })?;
    let mut url = Url::parse(to.as_str()).map_err(|_| NotSignedIn::Odd("its page has no address".into()))?;
    let (nonce, verifier) = (random::text(VERIFIER), random::text(VERIFIER));
    let challenge = base64url(digest(&SHA256, verifier.as_bytes()).as_ref());
    let begun = Begun {
        at: app.now(),
        provider: provider.name.clone(),
        browser: browser.to_owned(),
        nonce: nonce.clone(),
        verifier,
        purpose,
    };
    let state = remember(app, &begun).await?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &provider.client)
        .append_pair("redirect_uri", &redirect_uri(app, name))
        .append_pair("scope", "openid")
        .append_pair("state", &state)
        .append_pair("nonce", &nonce)
        .append_pair("code_challenge", &challenge)
        .append_pair("code_challenge_method", "S256");
    if provider.two_factors {
        // The provider says when the person proved themselves there; see `entry`.
        url.query_pairs_mut().append_pair("max_age", "28800");
    }
    Ok(url.into())
}

/// What the browser brings back from the provider.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Brought {
    /// Which sign-in it belongs to.
    pub state: String,
    /// What the token is asked for with.
    pub code: String,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// Why nobody was let through.
    pub error: Option<String>,
}

/// Somebody proved at a provider who they are.
#[derive(Debug, Clone)]
pub struct Proved {
    /// What it was for.
    pub purpose: Purpose,
    /// Where.
    pub provider: Provider,
    /// Under what the identity is kept.
    pub identity: String,
    /// When they proved themselves there, where the provider says so.
    pub at: Option<Timestamp>,
}

/// Takes what the browser brought back, fetches the ID token and believes it if everything fits.
///
/// # Errors
/// [`NotSignedIn`]; nothing was changed then, and the answer cannot be used again.
pub async fn answered(app: &App, name: &str, brought: &Brought, browser: &str) -> Result<Proved, NotSignedIn> {
    if brought.state.len() > LENGTH || brought.code.len() > LENGTH {
        return Err(NotSignedIn::Gone);
    }
    let begun = taken(app, &brought.state, browser, app.now()).await?.ok_or(NotSignedIn::Gone)?;
    // Each provider has an address of its own to come back to: an answer of another one is mixed up.
    if begun.provider != name {
        return Err(NotSignedIn::Gone);
    }
    let provider = provider(app, name).await?;
    if brought.iss.as_ref().is_some_and(|iss| *iss != provider.issuer) {
        return Err(token::Wrong::Issuer.into());
    }
    if brought.error.is_some() {
        return Err(NotSignedIn::Declined);
    }
    let said = metadata(app, &provider).await?;
    if said.authorization_response_iss_parameter_supported && brought.iss.is_none() {
        return Err(token::Wrong::Issuer.into());
    }
    if brought.code.is_empty() {
        return Err(NotSignedIn::Odd("it sent no code".into()));
    }
    let id_token = exchange(app, &provider, &said, &brought.code, &begun.verifier).await?;
    let keys = fetch(app, &said.jwks_uri, "list of keys").await?;
    let expected = Expected { issuer: &provider.issuer, client: &provider.client, nonce: &begun.nonce, now: app.now() };
    let claims = token::read(&id_token, &keys, expected)?;
    Ok(Proved {
        purpose: begun.purpose,
        identity: identity(app.keys()?, &provider.issuer, &claims.subject),
        at: claims.auth_time.and_then(|at| Timestamp::from_second(at).ok()),
        provider,
    })
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

/// Trades the code for the ID token. The access token that comes along is of no use here and is dropped.
async fn exchange(
    app: &App,
    provider: &Provider,
    said: &Metadata,
    code: &str,
    verifier: &str,
) -> Result<String, NotSignedIn> {
    let mut form = url_form(&[
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &redirect_uri(app, &provider.name)),
        ("code_verifier", verifier),
    ]);
    let methods = said.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
    let accepts = |method: &str| methods.iter().any(|known| known == method);
    let basic = methods.is_empty() || accepts("client_secret_basic");
    let mut headers = vec![("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")];
    let proof;
    match &provider.secret {
        Some(secret) if basic => {
            // RFC 6749, section 2.3.1: both are encoded like fields of a form first.
            let [id, secret] = [&provider.client, secret].map(|part| url_form(&[("", part)]).split_off(1));
            proof = format!("Basic {}", base64(format!("{id}:{secret}").as_bytes()));
            headers.push(("authorization", proof.as_str()));
        }
        Some(secret) => {
            form = format!("{form}&{}", url_form(&[("client_id", &provider.client), ("client_secret", secret)]))
        }
        None => form = format!("{form}&{}", url_form(&[("client_id", &provider.client)])),
    }
    let target = Target::parse(&said.token_endpoint, Rules::of(&app.config))?;
    let answer = target.call(Method::POST, &headers, form.into_bytes()).await.map_err(NotSignedIn::Unreached)?;
    let body = whole(answer, "answer about the code")?;
    let tokens: Tokens = serde_json::from_slice(&body).map_err(|_| NotSignedIn::Odd("it gave no ID token".into()))?;
    Ok(tokens.id_token)
}

fn url_form(fields: &[(&str, &str)]) -> String {
    let mut url = Url::parse("http://form.invalid/").expect("a fixed address");
    url.query_pairs_mut().extend_pairs(fields);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_secrets_are_written_as_the_standard_has_it() {
        assert_eq!(url_form(&[("a", "b c&d"), ("e", "ü+")]), "a=b+c%26d&e=%C3%BC%2B");
        assert_eq!(url_form(&[("", "x y:z")]).split_off(1), "x+y%3Az");
        for (plain, coded) in [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }
}
