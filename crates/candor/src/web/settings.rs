//! `/desk/settings`: programs, members, tokens, sessions, recovery codes, letters on their way.

use crate::execute::queue::reach;
use axum::Router;
use axum::extract::{Path, Query, Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use candor_core::access::Role;
use candor_core::id::ProgramSlug;
use candor_core::standing::{self, Relation};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use std::collections::BTreeMap;

use super::fields::Fields;
use super::page;
use super::session::{Member, Rejection};
use super::signin::problems;
use super::views::account::RecoveryCodes;
use super::views::desk::{FailedRow, MemberRow, OutboxView, PasskeyRow, ProgramRow, SessionRow, Settings, TokenRow};
use super::views::oidc::LinkedRow;
use super::views::parts::Notice;
use super::views::{Choice, Control, Field, Group, Link, Problem, TimeView};
use crate::accounts::invite::Invitation;
use crate::accounts::token::{Beyond, Scopes};
use crate::accounts::told::{self, Change};
use crate::accounts::{self, AccountError, EVERY_PROGRAM, Objection, RoleIn, passkey, recovery, session, token};
use crate::app::App;
use crate::config::MailOut;
use crate::error::Error;
use crate::oidc;
use crate::openpgp::words::grouped;
use crate::store::{cases, outbox, programs};

/// Failed letters on the page; the rest follows when these are dealt with.
const LETTERS: i64 = 50;
/// Waiting letters that are looked at for the count of those tried before.
const WAITING: i64 = 1000;
/// Where everything here leads back to.
const HERE: &str = "/desk/settings";

/// The routes of this file.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/desk/settings", get(settings))
        .route("/desk/settings/invite", get(back).post(invite))
        .route("/desk/settings/members/{id}/disable", post(disable))
        .route("/desk/settings/members/{id}/enable", post(enable))
        .route("/desk/settings/members/{id}/reset", get(back_from_member).post(reset))
        .route("/desk/settings/tokens", get(back).post(make_token))
        .route("/desk/settings/tokens/{id}/revoke", post(revoke_token))
        .route("/desk/settings/sessions/{id}/end", post(end_session))
        .route("/desk/settings/daily", get(back).post(daily))
        .route("/desk/settings/recovery", get(back).post(new_codes))
        .route("/desk/settings/outbox/{id}/retry", post(retry))
}

/// A page that only answers to its form: whoever comes back from a proof of the second factor lands here.
async fn back(_member: Member) -> Response {
    page::see_other(HERE)
}

async fn back_from_member(_member: Member, Path(_id): Path<String>) -> Response {
    page::see_other(HERE)
}

/// What was typed, what is shown once, and what is wrong.
#[derive(Default)]
struct Shown {
    notice: Option<&'static str>,
    invitation: Option<Invitation>,
    fresh_token: Option<String>,
    invite: Typed,
    token: Typed,
}

/// A form's answers and what speaks against them.
#[derive(Default)]
struct Typed {
    fields: Fields,
    objections: Vec<Objection>,
}

impl Typed {
    fn problem(&self, field: &str) -> Option<String> {
        self.objections.iter().find(|objection| objection.field == field).map(|objection| objection.text.clone())
    }
}

/// What has just been done, as a word in the address; the sentence is ours.
#[derive(Debug, Default, Deserialize)]
struct Done {
    #[serde(default)]
    done: String,
}

fn done_words(done: &str) -> Option<&'static str> {
    Some(match done {
        "disabled" => "The member is disabled: sessions, links and tokens ended at once.",
        "enabled" => "The member may sign in again.",
        "revoked" => "The token is revoked.",
        "ended" => "The session has ended.",
        "daily" => "From now on letters come as you chose.",
        "passkey" => "The passkey is kept. It signs you in from now on; password and code do so, too.",
        "linked" => "The account is linked. It is a way to sign in from now on.",
        "unlinked" => "The account is unlinked. It signs nobody in any more.",
        "passkey-removed" => "The passkey is removed.",
        "retry" => "The letter will be tried again now.",
        _ => return None,
    })
}

fn done(what: &str) -> Response {
    page::see_other(&format!("{HERE}?done={what}"))
}

/// `GET /desk/settings`
async fn settings(State(app): State<App>, member: Member, Query(query): Query<Done>) -> Result<Response, Rejection> {
    let shown = Shown { notice: done_words(&query.done), ..Shown::default() };
    Ok(page::html(StatusCode::OK, &view(&app, &member, shown).await?))
}

async fn view(app: &App, member: &Member, shown: Shown) -> Result<Settings, Error> {
    let now = app.now();
    let mut shell = member.shell(app, "settings");
    shell.notice = shown.notice.map(|text| Notice { text: text.to_owned(), link: None });
    let fresh = member.session.is_fresh(now);
    let left = recovery::left(&app.store, member.id()).await?;
    let all = [&shown.invite, &shown.token].into_iter().flat_map(|typed| typed.objections.clone()).collect();
    Ok(Settings {
        shell,
        programs: program_rows(app, member, now).await?,
        members: member_rows(app, member).await?,
        tokens: token_rows(app, member, now).await?,
        sessions: session_rows(app, member, now).await?,
        passkeys: passkey_rows(app, member, now).await?,
        linked: linked_rows(app, member, now).await?,
        services: oidc::list(app).await?.into_iter().map(|it| Link::new(it.title, it.name)).collect(),
        outbox: outbox_view(app, member, now).await?,
        daily: accounts::digest::wishes(app, member.id()).await?,
        openpgp: accounts::openpgp::get(app, member.id()).await?.map(|own| grouped(&own.certificate.fingerprint())),
        may_manage: member.view.admin,
        invite: if member.view.admin && fresh { invite_fields(app, &shown.invite) } else { Group::default() },
        token: if fresh { token_fields(app, member, &shown.token) } else { Group::default() },
        confirm: (!fresh).then(|| Link::new("show first that it is you", "/desk/confirm?next=/desk/settings")),
        recovery_left: match left {
            0 => "You have none left. Draw new ones, for the day your authenticator is out of reach.".into(),
            1 => "You have 1 left. Each signs you in once when the authenticator is out of reach.".into(),
            left => format!("You have {left} left. Each signs you in once when the authenticator is out of reach."),
        },
        invitation: shown.invitation,
        fresh_token: shown.fresh_token,
        problems: problems(all).into_iter().map(first_field).collect(),
    })
}

/// Some objections are about several fields: the link leads to the first.
fn first_field(mut problem: Problem) -> Problem {
    problem.field = match problem.field.as_str() {
        "roles" => "everywhere".into(),
        "scopes" => "read".into(),
        _ => problem.field,
    };
    problem
}

fn time(at: Timestamp, now: Timestamp) -> TimeView {
    TimeView::new(at, &TimeZone::UTC, now)
}

fn instant(micros: i64) -> Result<Timestamp, Error> {
    Timestamp::from_microsecond(micros).map_err(Error::internal)
}

async fn program_rows(app: &App, member: &Member, now: Timestamp) -> Result<Vec<ProgramRow>, Error> {
    let mut open: BTreeMap<String, i64> = BTreeMap::new();
    for count in cases::counts_within(&app.store, &reach(&member.actor)).await? {
        if !matches!(count.state.as_str(), "closed" | "published") {
            *open.entry(count.program).or_default() += count.n;
        }
    }
    let mut rows = Vec::new();
    for row in programs::latest(&app.store).await? {
        let Some(policy) = app.policy(&ProgramSlug(row.slug.clone())) else { continue };
        rows.push(ProgramRow {
            name: policy.program.name.clone(),
            version: u32::try_from(row.version).map_err(Error::internal)?,
            since: time(instant(row.at)?, now),
            open: open.get(&row.slug).copied().unwrap_or_default().try_into().unwrap_or_default(),
            slug: row.slug,
        });
    }
    Ok(rows)
}

async fn member_rows(app: &App, member: &Member) -> Result<Vec<MemberRow>, Error> {
    let manages = member.view.admin;
    let rows = accounts::members(app).await?.into_iter().map(|other| {
        let me = other.id == *member.id();
        MemberRow {
            roles: other.roles_in_words(),
            state: other.state().to_owned(),
            can_disable: manages && !me && !other.disabled,
            can_enable: manages && other.disabled,
            can_reset: manages && !me && !other.disabled,
            id: other.id.0,
            name: other.name,
            email: other.email,
        }
    });
    Ok(rows.collect())
}

async fn token_rows(app: &App, member: &Member, now: Timestamp) -> Result<Vec<TokenRow>, Error> {
    let rows = token::list(app, member.id()).await?.into_iter().map(|row| TokenRow {
        may: match row.ends {
            Some(_) if !row.works => format!("{}; ended", row.scopes.words()),
            Some(end) => format!("{}; until {}", row.scopes.words(), end.strftime("%-d %b %Y")),
            None => row.scopes.words(),
        },
        last_used: row.used.map(|at| time(at, now)),
        id: row.id,
        label: row.label,
    });
    Ok(rows.collect())
}

async fn passkey_rows(app: &App, member: &Member, now: Timestamp) -> Result<Vec<PasskeyRow>, Error> {
    let rows = passkey::list(app, member.id()).await?.into_iter().map(|row| PasskeyRow {
        id: row.id,
        label: row.label,
        since: time(row.since, now),
        last_used: row.used.map(|at| time(at, now)),
    });
    Ok(rows.collect())
}

async fn linked_rows(app: &App, member: &Member, now: Timestamp) -> Result<Vec<LinkedRow>, Error> {
    let providers = oidc::list(app).await?;
    let title = |name: &str| providers.iter().find(|it| it.name == name).map_or(name.to_owned(), |it| it.title.clone());
    let rows = oidc::links(app, member.id()).await?.into_iter().map(|row| LinkedRow {
        title: title(&row.provider),
        id: row.id,
        since: time(row.since, now),
        last_used: row.used.map(|at| time(at, now)),
    });
    Ok(rows.collect())
}

async fn session_rows(app: &App, member: &Member, now: Timestamp) -> Result<Vec<SessionRow>, Error> {
    let rows = session::list(app, &member.session).await?.into_iter().map(|row| SessionRow {
        id: row.id,
        browser: row.label,
        since: time(row.since, now),
        this: row.this,
    });
    Ok(rows.collect())
}

/// How letters leave, without user names and passwords.
fn way(mail: &MailOut) -> String {
    match mail {
        MailOut::Hold => "nothing yet: letters wait until a way out is set up (see --mail)".into(),
        MailOut::Dir(_) => "files in a folder".into(),
        MailOut::Smtp(url) => {
            let host = url.split("://").last().and_then(|rest| rest.rsplit('@').next()).unwrap_or_default();
            let host = host.split(['/', '?']).next().unwrap_or_default();
            let how = match url {
                url if url.starts_with("smtps://") => "SMTP over TLS",
                url if url.contains("tls=none") => "SMTP without TLS",
                _ => "SMTP with STARTTLS",
            };
            format!("{how} to {host}")
        }
    }
}

async fn outbox_view(app: &App, member: &Member, now: Timestamp) -> Result<Option<OutboxView>, Error> {
    let coordinates = member.view.roles.iter().any(|(_, role)| *role == Role::Coordinator);
    if !member.view.admin && !coordinates {
        return Ok(None);
    }
    let (waiting, oldest) = outbox::waiting(&app.store).await?;
    let given_up = outbox::counts(&app.store).await?.into_iter().find(|(state, _)| state == "failed");
    let retrying =
        outbox::list(&app.store, "waiting", "", WAITING).await?.iter().filter(|row| row.error.is_some()).count();
    let mut failed = Vec::new();
    for row in outbox::failed(&app.store, LETTERS).await? {
        let may = may_retry(app, member, &row.stream).await?;
        failed.push(FailedRow {
            what: format!("{} to {}", row.kind.replace('-', " "), row.recipient.split(':').next().unwrap_or_default()),
            since: time(instant(row.created_at)?, now),
            why: row.error.unwrap_or_else(|| "no reason is known".into()),
            case: may.sees.then(|| Link::new(row.stream.clone(), format!("/desk/cases/{}", row.stream))),
            can_retry: may.retries,
            id: row.id,
        });
    }
    Ok(Some(OutboxView {
        waiting: waiting.try_into().unwrap_or_default(),
        retrying: retrying as u64,
        given_up: given_up.map_or(0, |(_, n)| n.try_into().unwrap_or_default()),
        oldest: oldest.map(instant).transpose()?.map(|at| time(at, now)),
        way: way(&app.config.mail),
        failed,
    }))
}

struct May {
    sees: bool,
    retries: bool,
}

/// Who manages the desk may have any letter tried again without learning of its case.
async fn may_retry(app: &App, member: &Member, stream: &str) -> Result<May, Error> {
    let Some(row) = cases::get(&app.store, stream).await? else {
        return Ok(May { sees: false, retries: member.view.admin });
    };
    let relation =
        standing::relation(&member.actor, &ProgramSlug(row.program.clone()), &standing::read(&row.grants), app.now());
    let coordinates = member.actor.may(&ProgramSlug(row.program), Role::Coordinator);
    Ok(May {
        sees: matches!(relation, Relation::On | Relation::Coordinates),
        retries: member.view.admin || coordinates,
    })
}

fn role_choices() -> Control {
    let roles = Role::ALL.map(|role| Choice::new(role.name(), format!("{}: {}", role.name(), role.means())));
    Control::Select(std::iter::once(Choice::new("", "no role")).chain(roles).collect())
}

/// Name of the field for the role in a program.
fn role_field(program: &str) -> String {
    if program == EVERY_PROGRAM { "everywhere".into() } else { format!("role-{program}") }
}

fn invite_fields(app: &App, typed: &Typed) -> Group {
    let fields = &typed.fields;
    let mut list = vec![
        Field::line("name", "Name").value(fields.get("name")).error(typed.problem("name")).autocomplete("off"),
        Field::new("email", "Address", Control::Typed("email".into()))
            .value(fields.get("email"))
            .error(typed.problem("email"))
            .autocomplete("off"),
        Field::new("everywhere", "Role in every program", role_choices())
            .value(fields.get("everywhere"))
            .error(typed.problem("roles")),
    ];
    for policy in app.programs() {
        let name = role_field(policy.program.slug.as_str());
        let value = fields.get(&name).to_owned();
        list.push(Field::new(name, format!("Role in {}", policy.program.name), role_choices()).value(value));
    }
    list.push(
        Field::new("admin", "Manages the desk", Control::Check)
            .hint("May invite and disable people and see how letters leave. This alone shows no case.")
            .value(fields.get("admin")),
    );
    Group::new("invite", "", list)
}

fn token_fields(app: &App, member: &Member, typed: &Typed) -> Group {
    let programs = app.programs();
    let mine = programs.iter().filter(|policy| member.actor.role(&policy.program.slug).is_some());
    let mine = mine.map(|policy| Choice::new(policy.program.slug.0.clone(), policy.program.name.clone()));
    let programs = std::iter::once(Choice::new("", "every program of yours")).chain(mine).collect();
    let fields = &typed.fields;
    let scope = |name: &str, label: &str| Field::new(name, label, Control::Check).value(fields.get(name));
    let days = match fields.get("days") {
        "" => "90",
        days => days,
    };
    let mut list = vec![
        Field::line("label", "What it is for").value(fields.get("label")).error(typed.problem("label")),
        Field::new("days", "Days until it ends", Control::Digits).value(days).error(typed.problem("days")).narrow(),
        Field::new("program", "In", Control::Select(programs))
            .value(fields.get("program"))
            .error(typed.problem("program")),
        scope("read", "May read cases").error(typed.problem("scopes")),
        scope("write", "May act on cases in your name"),
    ];
    list.extend(Beyond::ALL.map(|beyond| scope(beyond.name(), beyond.words())));
    if member.view.admin {
        list.push(scope("manage", "May manage the desk"));
    }
    Group::new("token", "", list)
}

/// Reads the form and checks its token.
async fn read(member: &Member, request: Request) -> Result<Fields, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    Ok(fields)
}

/// What an account's change came to, where nothing can be mended on the page.
fn unless_refused<T>(done: Result<T, AccountError>) -> Result<Result<T, Vec<Objection>>, Rejection> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(AccountError::Objections(objections)) => Ok(Err(objections)),
        Err(AccountError::Gone) => Err(Error::NotFound.into()),
        Err(AccountError::Other(why)) => Err(why.into()),
    }
}

async fn again(app: &App, member: &Member, shown: Shown) -> Result<Response, Rejection> {
    let once = shown.invitation.is_some() || shown.fresh_token.is_some();
    let status = if once { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok(page::html(status, &view(app, member, shown).await?))
}

fn refused(objections: Vec<Objection>) -> Shown {
    // These objections belong to no field of the page.
    let objections = objections.into_iter().map(|it| Objection { field: "", ..it }).collect();
    Shown { invite: Typed { fields: Fields::default(), objections }, ..Shown::default() }
}

/// `POST /desk/settings/invite`
async fn invite(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&member, request).await?;
    member.manages()?;
    member.fresh(&app, HERE)?;
    let mut roles: Vec<RoleIn> = Vec::new();
    let slugs = app.programs().into_iter().map(|policy| policy.program.slug.0.clone());
    for program in std::iter::once(EVERY_PROGRAM.to_owned()).chain(slugs) {
        if let Some(role) = Role::from_name(fields.get(&role_field(&program))) {
            roles.push((program, role));
        }
    }
    let (name, email) = (fields.get("name"), fields.get("email"));
    match unless_refused(accounts::invite(&app, name, email, &roles, fields.ticked("admin")).await)? {
        Ok(made) => again(&app, &member, Shown { invitation: Some(made), ..Shown::default() }).await,
        Err(objections) => {
            again(&app, &member, Shown { invite: Typed { fields, objections }, ..Shown::default() }).await
        }
    }
}

/// `POST /desk/settings/daily`
async fn daily(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&member, request).await?;
    accounts::digest::set(&app, member.id(), fields.get("daily") == "yes").await?;
    Ok(done("daily"))
}

/// The member a form is about. Nobody changes their own account here.
fn other(member: &Member, id: &str) -> Result<(), Rejection> {
    member.manages()?;
    if member.id().as_str() == id { Err(Rejection::Manage) } else { Ok(()) }
}

/// `POST /desk/settings/members/{id}/disable`
async fn disable(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    other(&member, &id)?;
    member.fresh(&app, HERE)?;
    match unless_refused(accounts::disable(&app, &id).await)? {
        Ok(_) => Ok(done("disabled")),
        Err(objections) => again(&app, &member, refused(objections)).await,
    }
}

/// `POST /desk/settings/members/{id}/enable`
async fn enable(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    other(&member, &id)?;
    member.fresh(&app, HERE)?;
    match unless_refused(accounts::enable(&app, &id).await)? {
        Ok(_) => Ok(done("enabled")),
        Err(objections) => again(&app, &member, refused(objections)).await,
    }
}

/// `POST /desk/settings/members/{id}/reset`
async fn reset(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    other(&member, &id)?;
    member.fresh(&app, HERE)?;
    match unless_refused(accounts::reset(&app, &id).await)? {
        Ok(made) => again(&app, &member, Shown { invitation: Some(made), ..Shown::default() }).await,
        Err(objections) => again(&app, &member, refused(objections)).await,
    }
}

/// `POST /desk/settings/tokens`
async fn make_token(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let fields = read(&member, request).await?;
    member.fresh(&app, HERE)?;
    let scopes = Scopes {
        read: fields.ticked("read"),
        write: fields.ticked("write"),
        beyond: Beyond::ALL.into_iter().filter(|beyond| fields.ticked(beyond.name())).collect(),
        admin: fields.ticked("manage") && member.view.admin,
        programs: Some(fields.get("program")).filter(|slug| !slug.is_empty()).map(str::to_owned).into_iter().collect(),
    };
    let days = fields.get("days").parse().unwrap_or(0);
    match unless_refused(token::make(&app, member.id(), fields.get("label"), scopes, days).await)? {
        Ok(new) => {
            told::tell(&app, member.id(), Change::TokenMade).await;
            again(&app, &member, Shown { fresh_token: Some(new.secret), ..Shown::default() }).await
        }
        Err(objections) => {
            again(&app, &member, Shown { token: Typed { fields, objections }, ..Shown::default() }).await
        }
    }
}

/// `POST /desk/settings/tokens/{id}/revoke`
async fn revoke_token(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    token::revoke(&app, member.id(), &id).await?;
    Ok(done("revoked"))
}

/// `POST /desk/settings/sessions/{id}/end`
async fn end_session(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    session::end_named(&app, member.id(), &id).await?;
    Ok(done("ended"))
}

/// `POST /desk/settings/recovery`
async fn new_codes(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    read(&member, request).await?;
    member.fresh(&app, HERE)?;
    let view = RecoveryCodes {
        shell: member.shell(&app, "settings"),
        codes: recovery::replace(&app, member.id()).await?,
        next: HERE.into(),
        step: String::new(),
    };
    Ok(page::html(StatusCode::OK, &view))
}

/// `POST /desk/settings/outbox/{id}/retry`
async fn retry(
    State(app): State<App>,
    member: Member,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    read(&member, request).await?;
    let row = outbox::get(&app.store, &id).await.map_err(Error::from)?.ok_or(Error::NotFound)?;
    if !may_retry(&app, &member, &row.stream).await?.retries {
        return Err(Error::NotFound.into());
    }
    outbox::revive(&app.store, &id, app.now().as_microsecond()).await.map_err(Error::from)?;
    app.nudge_worker();
    Ok(done("retry"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_out_is_said_without_secrets() {
        assert_eq!(
            way(&MailOut::Smtp("smtps://user:secret@mail.example.org:465".into())),
            "SMTP over TLS to mail.example.org:465"
        );
        assert_eq!(
            way(&MailOut::Smtp("smtp://mail.example.org?tls=none".into())),
            "SMTP without TLS to mail.example.org"
        );
        assert_eq!(way(&MailOut::Smtp("smtp://a@b@mail.example.org".into())), "SMTP with STARTTLS to mail.example.org");
    }
}
