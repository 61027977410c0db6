//! The way onto a case: who coordinates its program puts themselves on it, others break the glass.

use super::{html, shell};
use crate::accounts::token::Beyond;
use crate::app::App;
use crate::error::Error;
use crate::execute::{execute, known_case};
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::desk::DeskForm;
use crate::web::views::parts::{Field, Group, Problem, problems};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::command::Command;
use candor_core::id::CaseId;

/// The page of a case for somebody who coordinates its program and is not on it. It says nothing of the case.
pub fn door(app: &App, member: &Member, case: &str) -> Result<Response, Rejection> {
    let id = CaseId::parse(case).ok_or(Error::NotFound)?;
    html(&DeskForm {
        shell: shell(app, member, "case"),
        title: format!("You are not on case {id}"),
        lead:
            "You coordinate its program, so you can put yourself on it. Everybody on the case is told, and the history \
               keeps it. To put somebody else on it, put yourself on it first, or use the API."
                .into(),
        action: format!("/desk/cases/{id}/put-on"),
        groups: vec![Group::new(
            "put-on",
            "",
            vec![
                Field::hidden("member", member.id().as_str()),
                Field::line("reason", "Why").note("optional").hint("For those who are on the case."),
            ],
        )],
        submit: "Put yourself on the case".into(),
        back: "/desk".into(),
        ..DeskForm::default()
    })
}

/// Puts a member on a case that the asker is not on.
pub async fn put_on(app: &App, member: &Member, case: &str, form: &Form) -> Result<Response, Rejection> {
    let id = CaseId::parse(case).ok_or(Error::NotFound)?;
    let wish = Command::PutOn { member: form.get("member").into(), reason: form.get("reason").to_owned() };
    if Beyond::of(&wish, &member.actor).is_some() {
        member.fresh(app, &format!("/desk/cases/{id}"))?;
    }
    execute(app, &member.actor, &id, wish, None).await?;
    Ok(Redirect::to(&format!("/desk/cases/{id}")).into_response())
}

/// `GET /desk/break-glass`
pub async fn glass(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    ask(&app, &member, &Form::default(), Vec::new())
}

/// `POST /desk/break-glass`: the answer for a case that is not there is the answer for one that may not be known of.
pub async fn break_glass(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    member.fresh(&app, "/desk/break-glass")?;
    let absent = || Problem { field: "case".into(), text: "There is no case of this number in your programs".into() };
    let Some(id) = CaseId::parse(form.get("case")) else { return ask(&app, &member, &form, vec![absent()]) };
    match known_case(&app, &member.actor, &id, true).await {
        Ok(()) => {}
        Err(Error::NotFound) => return ask(&app, &member, &form, vec![absent()]),
        Err(other) => return Err(other.into()),
    }
    let wish = Command::BreakGlass { reason: form.get("reason").to_owned() };
    match execute(&app, &member.actor, &id, wish, None).await {
        // Who coordinates the program has a shorter way.
        Ok(_) | Err(Error::NotOn) => Ok(Redirect::to(&format!("/desk/cases/{id}")).into_response()),
        Err(Error::NotFound) => ask(&app, &member, &form, vec![absent()]),
        Err(Error::Refused(refusal)) => ask(&app, &member, &form, vec![super::acts::problem(&refusal)]),
        Err(other) => Err(other.into()),
    }
}

fn ask(app: &App, member: &Member, form: &Form, wrong: Vec<Problem>) -> Result<Response, Rejection> {
    let mut groups = vec![Group::new(
        "glass",
        "",
        vec![
            Field::line("case", "Number of the case").value(form.get("case").to_owned()).required(),
            Field::area("reason", "Why it cannot wait", 5)
                .hint("Everybody on the case and the first contact of the program read it at once, with your name.")
                .value(form.get("reason").to_owned())
                .required(),
        ],
    )];
    super::acts::attach(&mut groups, &wrong);
    html(&DeskForm {
        shell: shell(app, member, "queue"),
        title: "Break the glass".into(),
        lead: "For when a case cannot wait and nobody who is on it can be reached. You are on it for a day.".into(),
        action: "/desk/break-glass".into(),
        problems: problems(&groups),
        groups,
        submit: "Break the glass and tell the team".into(),
        back: "/desk".into(),
        ..DeskForm::default()
    })
}
