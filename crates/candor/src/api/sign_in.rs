//! Services elsewhere that members sign in with, for administrators. What this desk proves itself with there goes in and
//! never comes out.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{Answered, fine};
use super::input::{Json, Manager, Segments};
use super::problem::Problem;
use crate::app::App;
use crate::oidc::{self, NotSignedIn, Provider};

/// A service to sign in with.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Service {
    /// Short name, as it stands in addresses.
    name: String,
    /// Name on the button.
    title: String,
    /// Its issuer, exactly as it calls itself.
    issuer: String,
    /// Name of this desk there.
    client: String,
    /// Whether this desk has a secret there.
    has_secret: bool,
    /// Whether a sign-in there counts as two factors here.
    two_factors: bool,
    /// The address to which the service sends people back; it has to be told.
    answers: String,
}

/// Every service.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Services {
    /// By name.
    services: Vec<Service>,
}

/// A service to be set up.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewService {
    /// Short name: small letters, digits and hyphens.
    name: String,
    /// Name on the button.
    title: String,
    /// Its issuer: an https address of a public host.
    issuer: String,
    /// The client id that it gave this desk.
    client: String,
    /// The client secret; nothing for a public client.
    #[serde(default)]
    secret: Option<String>,
    /// Whether a sign-in there counts as two factors here.
    #[serde(default)]
    two_factors: bool,
}

/// What changes of a service; what is not named stays. Another issuer is another service.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceChange {
    /// Name on the button.
    #[serde(default)]
    title: Option<String>,
    /// The client id that it gave this desk.
    #[serde(default)]
    client: Option<String>,
    /// The client secret; an empty one for a public client.
    #[serde(default)]
    secret: Option<String>,
    /// Whether a sign-in there counts as two factors here.
    #[serde(default)]
    two_factors: Option<bool>,
}

/// It is done.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ServiceDone {
    /// Always true.
    done: bool,
}

impl From<NotSignedIn> for Problem {
    fn from(why: NotSignedIn) -> Self {
        match why {
            NotSignedIn::Objection(field, words) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "field", words).of(field)
            }
            NotSignedIn::Unknown => Self::not_found(),
            NotSignedIn::Other(why) => why.into(),
            other => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "sign-in", other.to_string()),
        }
    }
}

fn shown(app: &App, provider: Provider) -> Service {
    Service {
        answers: oidc::answers(app, &provider.name),
        has_secret: provider.secret.is_some(),
        name: provider.name,
        title: provider.title,
        issuer: provider.issuer,
        client: provider.client,
        two_factors: provider.two_factors,
    }
}

fn given(secret: String) -> Option<String> {
    Some(secret).filter(|secret| !secret.is_empty())
}

/// `GET /sign-in-services`
pub async fn list(State(app): State<App>, _by: Manager) -> Answered<Services> {
    fine(Services { services: oidc::list(&app).await?.into_iter().map(|one| shown(&app, one)).collect() })
}

/// `POST /sign-in-services`
pub async fn add(State(app): State<App>, Manager(by): Manager, Json(new): Json<NewService>) -> Answered<Service> {
    let NewService { name, title, issuer, client, secret, two_factors } = new;
    let provider = Provider { name, title, issuer, client, secret: secret.and_then(given), two_factors };
    oidc::add(&app, &provider).await?;
    tracing::info!(member = by.as_str(), service = provider.name, "a sign-in service was set up");
    fine(shown(&app, provider))
}

/// `PUT /sign-in-services/{name}`
pub async fn change(
    State(app): State<App>,
    Manager(by): Manager,
    Segments(name): Segments<String>,
    Json(new): Json<ServiceChange>,
) -> Answered<Service> {
    let mut provider = oidc::provider(&app, &name).await?;
    provider.title = new.title.unwrap_or(provider.title);
    provider.client = new.client.unwrap_or(provider.client);
    provider.two_factors = new.two_factors.unwrap_or(provider.two_factors);
    provider.secret = match new.secret {
        Some(secret) => given(secret),
        None => provider.secret,
    };
    oidc::change(&app, &provider).await?;
    tracing::info!(member = by.as_str(), service = provider.name, "a sign-in service was changed");
    fine(shown(&app, provider))
}

/// `POST /sign-in-services/{name}/remove`
pub async fn remove(
    State(app): State<App>,
    Manager(by): Manager,
    Segments(name): Segments<String>,
) -> Answered<ServiceDone> {
    oidc::remove(&app, &name).await?;
    tracing::info!(member = by.as_str(), service = name, "a sign-in service was removed");
    fine(ServiceDone { done: true })
}
