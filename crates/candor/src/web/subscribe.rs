//! `/{program}/subscribe`: advisories by mail, for whoever asks and then says yes from the mailbox itself. The link in each
//! letter leads to the page where it ends; mail programs end it with one click (RFC 8058).

use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use candor_core::id::ProgramSlug;
use candor_core::policy::Policy;
use candor_formats::advisory::Record;

use super::errors::Answer;
use super::fields::Fields;
use super::guard::{Visitor, rate};
use super::page;
use super::session::Rejection;
use super::views::public::SubscribePage;
use super::views::{Choice, Control, Field, Problem};
use crate::app::App;
use crate::error::Error;
use crate::follow::subscriptions::{self, Wish, part, severity};
use crate::store::advisories;

/// Wishes a minute from one source: each sends a letter to somebody.
const TRIES: u32 = 10;
/// Advisories that are looked at for the names of products.
const LOOKED_AT: i64 = 1000;

/// The addresses of subscriptions.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/{program}/subscribe", get(form).post(ask))
        .route("/subscribe/{secret}", get(own).post(change))
        .route("/subscribe/{secret}/leave", get(own).post(leave))
}

fn policy_of(app: &App, program: String) -> Result<std::sync::Arc<Policy>, Error> {
    app.policy(&ProgramSlug(program)).ok_or(Error::NotFound)
}

/// `GET /{program}/subscribe`
async fn form(State(app): State<App>, Path(program): Path<String>) -> Answer {
    let policy = policy_of(&app, program)?;
    Ok(page::html(StatusCode::OK, &view(&app, &policy, &Fields::default(), None).await?))
}

/// `POST /{program}/subscribe`
async fn ask(
    State(app): State<App>,
    Path(program): Path<String>,
    visitor: Visitor,
    request: Request,
) -> Result<Response, Rejection> {
    let policy = policy_of(&app, program)?;
    rate(&app, "subscribe", visitor, TRIES)?;
    let answers = match Fields::read(request, &[]).await {
        Ok(answers) => answers,
        Err(trouble) => return Ok(trouble.answer()),
    };
    let address = answers.get("email");
    if !subscriptions::is_address(address) {
        let problem = "Enter one mail address, like name@example.org".to_owned();
        let page = view(&app, &policy, &answers, Some(problem)).await?;
        return Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let branch: String =
        answers.get("branch").chars().filter(|c| c.is_ascii_alphanumeric() || ".-_+*".contains(*c)).take(40).collect();
    let wish = Wish { product: part(answers.get("product")), branch, severity: severity(answers.get("severity")) };
    subscriptions::ask(&app, &policy, address, &wish).await?;
    // The same words whether or not the address is known here.
    let page = SubscribePage {
        shell: page::program_shell(&app, &policy, "advisories"),
        title: "Look into your mailbox".into(),
        lead: "A letter with a link is on its way, unless this address gets these advisories already. Nothing else is sent \
               before somebody follows that link and says yes."
            .into(),
        ..SubscribePage::default()
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// `GET /subscribe/{secret}`: changes nothing, because mail programs look at links before people do.
async fn own(State(app): State<App>, Path(secret): Path<String>) -> Answer {
    let row = subscriptions::find(&app, &secret).await?;
    let policy = policy_of(&app, row.program.clone())?;
    let wanted = row.state == "confirmed";
    let page = SubscribePage {
        shell: page::program_shell(&app, &policy, "advisories"),
        title: format!("Security advisories of {} by mail", policy.program.name),
        lead: words(&Wish::of(&row)),
        action: format!("/subscribe/{secret}"),
        choices: match wanted {
            true => vec![("no".into(), "Send me no more".into())],
            false => {
                vec![("yes".into(), "Yes, send them to me".into()), ("no".into(), "No, forget this address".into())]
            }
        },
        ..SubscribePage::default()
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// `POST /subscribe/{secret}`
async fn change(State(app): State<App>, Path(secret): Path<String>, request: Request) -> Answer {
    let answers = match Fields::read(request, &[]).await {
        Ok(answers) => answers,
        Err(trouble) => return Ok(trouble.answer()),
    };
    if answers.get("do") != "yes" {
        subscriptions::leave(&app, &secret).await?;
        return Ok(page::html(StatusCode::OK, &gone(&app)));
    }
    let row = subscriptions::confirm(&app, &secret).await?;
    let policy = policy_of(&app, row.program.clone())?;
    let page = SubscribePage {
        shell: page::program_shell(&app, &policy, "advisories"),
        title: "You will hear of new advisories".into(),
        lead: format!("{} Each letter has a link that ends it.", words(&Wish::of(&row))),
        ..SubscribePage::default()
    };
    Ok(page::html(StatusCode::OK, &page))
}

/// `POST /subscribe/{secret}/leave`: the one click of a mail program; it shows no page.
async fn leave(State(app): State<App>, Path(secret): Path<String>) -> Answer {
    subscriptions::leave(&app, &secret).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn gone(app: &App) -> SubscribePage {
    SubscribePage {
        shell: page::shell(app, "advisories"),
        title: "No further mail will come".into(),
        lead: "The address is deleted here.".into(),
        ..SubscribePage::default()
    }
}

/// What is sent, in a sentence.
fn words(wish: &Wish) -> String {
    let mut words = "A letter for each advisory".to_owned();
    if !wish.product.is_empty() {
        words.push_str(&format!(" about {}", wish.product));
    }
    if !wish.branch.is_empty() {
        words.push_str(&format!(" that touches the branch {}", wish.branch));
    }
    if let Some(severity) = wish.severity {
        words.push_str(&format!(", of severity {} or above", severity.label().to_lowercase()));
    }
    words + "."
}

async fn view(app: &App, policy: &Policy, answers: &Fields, problem: Option<String>) -> Result<SubscribePage, Error> {
    let rows = advisories::list(&app.store, policy.program.slug.as_str(), LOOKED_AT).await?;
    let mut names: Vec<String> = rows
        .iter()
        .filter_map(|row| serde_json::from_str::<Record>(&row.record).ok())
        .flat_map(|record| record.products.into_iter().map(|product| product.name))
        .collect();
    names.sort();
    names.dedup();
    let mut products = vec![Choice::new("", "Every product")];
    products.extend(names.into_iter().map(|name| Choice::new(part(&name), name)));
    let severities =
        [("", "Every severity"), ("medium", "Medium and above"), ("high", "High and above"), ("critical", "Critical")];
    let severities = severities.into_iter().map(|(value, label)| Choice::new(value, label)).collect();
    let mut email = Field::line("email", "Your mail address").typed("email").autocomplete("email");
    email.required = true;
    Ok(SubscribePage {
        shell: page::program_shell(app, policy, "advisories"),
        title: format!("Security advisories of {} by mail", policy.program.name),
        lead: "The address is kept sealed and used for nothing else.".into(),
        action: format!("/{}/subscribe", policy.program.slug),
        problems: problem.iter().map(|text| Problem { field: "email".into(), text: text.clone() }).collect(),
        fields: vec![
            email.value(answers.get("email")).error(problem),
            Field::new("product", "About", Control::Select(products)).value(answers.get("product")),
            Field::line("branch", "Only a branch")
                .note("optional")
                .hint("Like 2.x; leave it empty for all.")
                .value(answers.get("branch")),
            Field::new("severity", "How severe", Control::Select(severities)).value(answers.get("severity")),
        ],
        choices: vec![("ask".into(), "Send me the letter to confirm".into())],
    })
}
