//! Signing in with an account elsewhere, linking one, and the list of the services that may be used.

use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::fields::Fields;
use super::guard::{Visitor, rate};
use super::page;
use super::session::{
    FormNonce, Member, Rejection, desk_page, flow_cookie, flow_secret, no_flow_cookie, session_cookie, session_secret,
};
use super::signin::{self, agent, code_field, code_page, refused, sign_in_view, with_cookie};
use super::views::desk::DeskForm;
use super::views::oidc::{Onward, ProviderRow, ProvidersPage};
use super::views::{Control, Field, Group, Link, Problem};
use crate::accounts::invite::{self, Kind};
use crate::accounts::signin::SignInError;
use crate::app::App;
use crate::error::Error;
use crate::keys::random;
use crate::oidc::entry::{self, Browser, Entry};
use crate::oidc::flow::{self, Brought, Proved, Purpose};
use crate::oidc::{self, NotSignedIn, Provider};

/// Kind of the form that asks for the second factor.
const FORM: &str = "second factor";
const CODE: &str = "/desk/sign-in/second";
const PROVIDERS: &str = "/desk/settings/providers";
const SETTINGS: &str = "/desk/settings";

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/sign-in/with/{name}", get(begin))
        .route("/desk/sign-in/with/{name}/answer", get(answer))
        .route("/desk/sign-in/second", post(second))
        .route("/invite/{secret}/with/{name}", get(join))
        .route("/desk/settings/accounts", get(back).post(link))
        .route("/desk/settings/accounts/{id}/unlink", post(unlink))
        .route("/desk/settings/providers", get(providers).post(add))
        .route("/desk/settings/providers/{name}/remove", post(remove))
}

/// A page that only answers to its form: whoever comes back from a proof of the second factor lands in the settings.
async fn back(_member: Member) -> Response {
    page::see_other(SETTINGS)
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Next {
    next: String,
}

/// Links to every service, each with what `to` makes of its name. A locked desk knows none.
pub(super) async fn services(app: &App, to: impl Fn(&str) -> String) -> Result<Vec<Link>, Error> {
    match oidc::list(app).await {
        Ok(all) => Ok(all.iter().map(|it| Link::new(format!("Go on with {}", it.title), to(&it.name))).collect()),
        Err(Error::Locked) => Ok(Vec::new()),
        Err(other) => Err(other),
    }
}

/// On to the provider, with a cookie by which its answer is known to come from the same browser.
async fn onward(app: &App, headers: &HeaderMap, name: &str, purpose: Purpose) -> Result<(String, String), NotSignedIn> {
    let browser = flow_secret(app, headers).map_or_else(|| random::text(52), str::to_owned);
    let to = flow::begin(app, name, purpose, &browser).await?;
    Ok((to, browser))
}

fn said(why: &NotSignedIn) -> String {
    let words = why.to_string();
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The sign-in page with what went wrong.
async fn not_signed_in(app: &App, why: NotSignedIn, next: &str) -> Result<Response, Rejection> {
    match why {
        NotSignedIn::Other(why) => Err(why.into()),
        NotSignedIn::Unknown => Err(Error::NotFound.into()),
        why => {
            let view = sign_in_view(app, next, "", Some(said(&why))).await?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
    }
}

/// `GET /desk/sign-in/with/{name}`
async fn begin(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(query): Query<Next>,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    rate(&app, "sign-in elsewhere", visitor, app.config.signin_rate)?;
    let next = desk_page(&query.next);
    match onward(&app, &headers, &name, Purpose::SignIn(next.to_owned())).await {
        Ok((to, browser)) => Ok(with_cookie(page::see_other(&to), flow_cookie(&app, &browser))),
        Err(why) => not_signed_in(&app, why, next).await,
    }
}

/// What shows that an invitation's code was given.
#[derive(Debug, Default, Deserialize)]
struct Proof {
    #[serde(default)]
    proof: String,
}

/// `GET /invite/{secret}/with/{name}`: an invitation is taken up with an account elsewhere.
async fn join(
    State(app): State<App>,
    visitor: Visitor,
    Path((secret, name)): Path<(String, String)>,
    Query(Proof { proof }): Query<Proof>,
    headers: HeaderMap,
) -> Result<Response, Rejection> {
    rate(&app, "sign-in elsewhere", visitor, app.config.signin_rate)?;
    let gone = |_| Rejection::Other(Error::NotFound);
    let opened = invite::open(&app, "invite", &secret).await.map_err(gone)?;
    if invite::proved(&app, opened, &proof).is_err() {
        return Ok(page::see_other(&format!("/invite/{secret}")));
    }
    match onward(&app, &headers, &name, Purpose::Join(secret.clone(), proof)).await {
        Ok((to, browser)) => Ok(with_cookie(page::see_other(&to), flow_cookie(&app, &browser))),
        Err(why) => stopped(&app, why, Link::new("Back to the invitation", format!("/invite/{secret}"))),
    }
}

/// A page that says what went wrong, and leads back.
fn stopped(app: &App, why: NotSignedIn, back: Link) -> Result<Response, Rejection> {
    match why {
        NotSignedIn::Other(why) => Err(why.into()),
        NotSignedIn::Unknown => Err(Error::NotFound.into()),
        why => {
            let view = Onward {
                shell: page::shell(app, ""),
                title: "The other account was not taken".into(),
                lead: "Nothing was changed.".into(),
                problems: vec![Problem { field: String::new(), text: said(&why) }],
                link: back,
            };
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
    }
}

/// `POST /desk/settings/accounts`: a page that leads on, because a form may not lead elsewhere.
async fn link(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.fresh(&app, SETTINGS)?;
    let name = fields.get("provider");
    match onward(&app, &headers, name, Purpose::Link(member.id().clone())).await {
        Ok((to, browser)) => {
            let title = oidc::list(&app).await?.into_iter().find(|it| it.name == name).map(|it| it.title);
            let title = title.unwrap_or_default();
            let view = Onward {
                shell: member.shell(&app, "settings"),
                title: format!("Link an account at {title}"),
                lead: "You sign in there and come back here. From then on that account is a way into yours.".into(),
                problems: Vec::new(),
                link: Link::new(format!("Go on to {title}"), to),
            };
            Ok(with_cookie(page::html(StatusCode::OK, &view), flow_cookie(&app, &browser)))
        }
        Err(why) => stopped(&app, why, Link::new("Back to the settings", SETTINGS)),
    }
}

/// `POST /desk/settings/accounts/{id}/unlink`
async fn unlink(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.fresh(&app, SETTINGS)?;
    oidc::unlink(&app, member.id(), &id).await?;
    Ok(page::see_other("/desk/settings?done=unlinked"))
}

/// `GET /desk/sign-in/with/{name}/answer`: the browser comes back from the provider.
async fn answer(
    State(app): State<App>,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(brought): Query<Brought>,
    headers: HeaderMap,
    member: Result<Member, Rejection>,
) -> Result<Response, Rejection> {
    rate(&app, "answer from elsewhere", visitor, app.config.signin_rate)?;
    let purpose = flow::purpose(&app, &brought.state).await?;
    // Whoever links is signed in; browsers keep that cookie back on the way from another site and bring it when asked again.
    let member = match &purpose {
        Some(Purpose::Link(id)) => Some(member?).filter(|member| member.id() == id),
        _ => None,
    };
    let browser = flow_secret(&app, &headers).unwrap_or_default();
    let done = match (&purpose, flow::answered(&app, &name, &brought, browser).await) {
        (_, Ok(proved)) => arrived(&app, &headers, member, proved).await?,
        (Some(Purpose::Link(_)), Err(why)) => stopped(&app, why, Link::new("Back to the settings", SETTINGS))?,
        (Some(Purpose::Join(secret, _)), Err(why)) => {
            stopped(&app, why, Link::new("Back to the invitation", format!("/invite/{secret}")))?
        }
        (_, Err(why)) => not_signed_in(&app, why, "/desk").await?,
    };
    Ok(with_cookie(done, no_flow_cookie(&app)))
}

/// Somebody is believed to be who they are there: what it was for follows.
async fn arrived(
    app: &App,
    headers: &HeaderMap,
    member: Option<Member>,
    proved: Proved,
) -> Result<Response, Rejection> {
    match &proved.purpose {
        Purpose::SignIn(next) => {
            let browser = Browser { agent: agent(headers), old: session_secret(app, headers) };
            match entry::enter(app, &proved, browser).await {
                Ok(Entry::In(new)) => Ok(with_cookie(page::see_other(next), session_cookie(app, &new))),
                Ok(Entry::Code(state)) => {
                    Ok(page::html(StatusCode::OK, &second_page(app, &proved.provider.title, &state, next, None)?))
                }
                Err(why) => not_signed_in(app, why, next).await,
            }
        }
        Purpose::Link(_) => {
            let member = member.ok_or(Rejection::Token)?;
            match oidc::link(app, member.id(), &proved).await {
                Ok(()) => Ok(page::see_other("/desk/settings?done=linked")),
                Err(why) => stopped(app, why, Link::new("Back to the settings", SETTINGS)),
            }
        }
        Purpose::Join(secret, proof) => {
            let gone = |_| Rejection::Other(Error::NotFound);
            let opened = invite::open(app, "invite", secret).await.map_err(gone)?;
            let invited = invite::proved(app, opened, proof).map_err(gone)?;
            let enrolment = invite::begin_with(app, &invited, &proved.identity, &proved.provider.name).map_err(gone)?;
            Ok(code_page(app, format!("/invite/{secret}/code"), enrolment, Kind::Join, Vec::new()))
        }
    }
}

fn second_page(
    app: &App,
    title: &str,
    state: &str,
    next: &str,
    problem: Option<String>,
) -> Result<DeskForm, Rejection> {
    let mut shell = page::shell(app, "");
    shell.csrf = FormNonce::fresh(app).text(app, FORM)?;
    let code = code_field(problem.clone());
    let hidden = [("state", state), ("next", next), ("title", title)].map(|(name, value)| Field::hidden(name, value));
    Ok(DeskForm {
        shell,
        title: "One more proof".into(),
        lead: format!("{title} says who you are. The desk asks for your second factor as well."),
        action: CODE.into(),
        groups: vec![Group::new("", "", hidden.into_iter().chain([code]).collect())],
        problems: problem.map(|text| Problem { field: "code".into(), text }).into_iter().collect(),
        submit: "Sign in".into(),
        back: "/desk/sign-in".into(),
        ..DeskForm::default()
    })
}

/// `POST /desk/sign-in/second`
async fn second(State(app): State<App>, visitor: Visitor, request: Request) -> Result<Response, Rejection> {
    let headers = request.headers().clone();
    let fields = Fields::read(request, &[]).await?;
    FormNonce::read(&app, FORM, fields.get("csrf"))?;
    rate(&app, "confirm", visitor, app.config.signin_rate)?;
    let next = desk_page(fields.get("next")).to_owned();
    let browser = Browser { agent: agent(&headers), old: session_secret(&app, &headers) };
    match entry::with_code(&app, visitor.0, fields.get("state"), fields.get("code"), browser).await {
        Ok(new) => Ok(with_cookie(page::see_other(&next), session_cookie(&app, &new))),
        Err(SignInError::Other(why)) => Err(why.into()),
        Err(why) => {
            let wrong =
                "The code is wrong or was used before, or it took too long: wait for the next code, or begin again";
            let view =
                second_page(&app, fields.get("title"), fields.get("state"), &next, Some(signin::said(&why, wrong)))?;
            Ok(refused(&why, page::html(StatusCode::UNPROCESSABLE_ENTITY, &view)))
        }
    }
}

/// `GET /desk/settings/providers`
async fn providers(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    member.manages()?;
    Ok(page::html(StatusCode::OK, &providers_page(&app, &member, &Fields::default(), None).await?))
}

/// `POST /desk/settings/providers`
async fn add(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    member.fresh(&app, PROVIDERS)?;
    let provider = Provider {
        name: fields.get("name").to_owned(),
        title: fields.get("title").to_owned(),
        issuer: fields.get("issuer").to_owned(),
        client: fields.get("client").to_owned(),
        secret: Some(fields.get("secret")).filter(|secret| !secret.is_empty()).map(str::to_owned),
        two_factors: fields.ticked("two_factors"),
    };
    match oidc::add(&app, &provider).await {
        Ok(()) => Ok(page::see_other(PROVIDERS)),
        Err(NotSignedIn::Objection(field, text)) => {
            let problem = Problem { field: field.to_owned(), text };
            let view = providers_page(&app, &member, &fields, Some(problem)).await?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(why) => stopped(&app, why, Link::new("Back to the services", PROVIDERS)),
    }
}

/// `POST /desk/settings/providers/{name}/remove`
async fn remove(
    State(app): State<App>,
    member: Member,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    member.manages()?;
    member.fresh(&app, PROVIDERS)?;
    oidc::remove(&app, &name).await?;
    Ok(page::see_other(PROVIDERS))
}

async fn providers_page(
    app: &App,
    member: &Member,
    typed: &Fields,
    problem: Option<Problem>,
) -> Result<ProvidersPage, Error> {
    let rows = oidc::list(app).await?.into_iter().map(|it| ProviderRow {
        answer: oidc::answers(app, &it.name),
        factors: if it.two_factors { "two factors" } else { "one factor; the desk asks for the second" }.to_owned(),
        name: it.name,
        title: it.title,
        issuer: it.issuer,
    });
    let wrong = |name: &str| problem.as_ref().filter(|it| it.field == name).map(|it| it.text.clone());
    let line = |name: &'static str, label: &'static str, hint: &'static str| {
        Field::line(name, label).hint(hint).value(typed.get(name)).error(wrong(name)).autocomplete("off").required()
    };
    let mut secret = Field::new("secret", "Client secret", Control::Typed("password".into()))
        .hint("Kept sealed and never shown again. Empty for a public client.")
        .autocomplete("off")
        .error(wrong("secret"));
    secret.required = false;
    Ok(ProvidersPage {
        shell: member.shell(app, "settings"),
        rows: rows.collect(),
        fields: vec![
            line(
                "name",
                "Short name",
                "Small letters, digits and hyphens, like work. It is part of the address that the provider has to know.",
            ),
            line("title", "Name on the button", ""),
            line("issuer", "Issuer", "Exactly as the provider writes it, like https://id.example.org."),
            line("client", "Client id", ""),
            secret,
            Field::new("two_factors", "A sign-in there counts as two factors", Control::Check)
                .hint(
                    "Only where the provider asks everybody for a second factor. Otherwise the desk asks for its own.",
                )
                .value(typed.get("two_factors")),
        ],
        problems: problem.into_iter().collect(),
    })
}
