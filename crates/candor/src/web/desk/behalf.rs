//! Filing what came by telephone, letter, chat or a public issue: the author becomes the reporter of record.

use super::acts::attach;
use super::{html, shell, times, zone};
use crate::app::App;
use crate::error::Error;
use crate::execute::report::{NewReport, file_drill, file_report};
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::desk::DeskForm;
use crate::web::views::parts::{Choice, Control, Field, Group, Link, Notice, Problem, Row};
use axum::extract::{Request, State};
use axum::response::Response;
use candor_core::access::Role;
use candor_core::event::{Channel, Contact, ReportFacts, Standing};
use candor_core::id::ProgramSlug;

/// `GET /desk/report`
pub async fn form(State(app): State<App>, member: Member) -> Result<Response, Rejection> {
    show(&app, &member, &Form::default(), Vec::new())
}

/// `POST /desk/report`
pub async fn file(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let program = ProgramSlug(form.get("program").to_owned());
    let Some(policy) = app.policy(&program) else {
        let problem = Problem { field: "program".into(), text: "Choose the program it belongs to".into() };
        return show(&app, &member, &form, vec![problem]);
    };
    let received_at = match form.some("received_at") {
        None => None,
        Some(typed) => match times::instant(&typed, &zone(&policy)) {
            Ok(at) => Some(at),
            Err(text) => {
                let problem = Problem { field: "received_at".into(), text: format!("When it came: {text}") };
                return show(&app, &member, &form, vec![problem]);
            }
        },
    };
    let text = |name: &str| form.get(name).to_owned();
    let report = NewReport {
        channel: if form.get("channel") == "public-issue" { Channel::PublicIssue } else { Channel::Member },
        facts: ReportFacts {
            title: text("title"),
            description: text("description"),
            product: text("product"),
            version: text("version"),
            steps: text("steps"),
            identifiers: form.get("identifiers").lines().map(|line| line.trim().to_owned()).collect(),
            exploited: form.ticked("exploited"),
            files: form.files.clone(),
            standing: Standing::from_name(form.get("standing")),
            ..ReportFacts::default()
        },
        contact: Contact { name: text("name"), email: text("email"), ..Contact::default() },
        credit: None,
        received_at,
    };
    let once = format!("{}/{}", member.view.id, form.get("once"));
    let filed = if form.ticked("drill") {
        file_drill(&app, &member.actor, &program, report, Some(&once)).await
    } else {
        file_report(&app, &member.actor, &program, report, Some(&once)).await
    };
    match filed {
        Ok(filed) => {
            // The receipt belongs to the author: the member hands it on.
            let mut shell = shell(&app, &member, "report");
            shell.notice = Some(Notice {
                text: format!("Filed as {}. Hand the receipt below to its author; it is shown once.", filed.case),
                link: Some(Link::new("Open the case", format!("/desk/cases/{}", filed.case))),
            });
            html(&DeskForm {
                shell,
                title: "The report is filed".into(),
                lead: format!(
                    "Receipt for its author: {}. With it they can follow the case at {}/receipt.",
                    filed.receipt, app.config.base_url
                ),
                action: "/desk/report".into(),
                submit: "File another report".into(),
                back: format!("/desk/cases/{}", filed.case),
                ..DeskForm::default()
            })
        }
        Err(Error::Refused(refusal)) => show(&app, &member, &form, vec![super::acts::problem(&refusal)]),
        Err(other) => Err(other.into()),
    }
}

fn show(app: &App, member: &Member, form: &Form, wrong: Vec<Problem>) -> Result<Response, Rejection> {
    let typed = |name: &str| form.get(name).to_owned();
    let programs = app
        .programs()
        .into_iter()
        .filter(|policy| member.actor.may(&policy.program.slug, Role::Analyst))
        .map(|policy| Choice::new(policy.program.slug.as_str(), &policy.program.name))
        .collect::<Vec<_>>();
    let first = programs.first().map(|choice| choice.value.clone()).unwrap_or_default();
    let mut groups = vec![
        Group::new(
            "how",
            "How it came",
            vec![
                Field::new("program", "Program", Control::Select(programs)).value(if form.has("program") {
                    typed("program")
                } else {
                    first
                }),
                Field::new(
                    "channel",
                    "By which way",
                    Control::Radio(vec![
                        Choice::new("member", "In private: mail, telephone, letter, chat"),
                        Choice::new("public-issue", "In public, such as an issue tracker")
                            .hint("The case notes that it was public."),
                    ]),
                )
                .value(if form.has("channel") { typed("channel") } else { "member".into() }),
                Field::line("received_at", "When it came")
                    .note("optional")
                    .hint("The clocks count from then. Like 2026-09-30 14:00 in the program's own time; empty for now.")
                    .value(typed("received_at")),
                Field::new("drill", "This is a drill", Control::Check)
                    .hint("The clocks run as in earnest. Letters reach the team alone, and nothing can be published.")
                    .value(typed("drill")),
            ],
        ),
        Group::new(
            "what",
            "What it says",
            vec![
                Field::line("title", "In one sentence").value(typed("title")),
                Field::area("description", "What is wrong", 8).value(typed("description")),
                Field::area("steps", "How to see it happen", 5).note("optional").value(typed("steps")),
                Field::line("product", "Product").note("optional").value(typed("product")),
                Field::line("version", "Version").note("optional").value(typed("version")).narrow(),
                Field::new("exploited", "The reporter knows or suspects that it is being exploited", Control::Check)
                    .value(typed("exploited")),
                Field::area("identifiers", "Known identifiers", 2)
                    .note("optional")
                    .hint("One on each line, like CVE-2026-12345. One is enough for a report.")
                    .value(typed("identifiers")),
            ],
        ),
        Group::new(
            "who",
            "Who told it",
            vec![
                Field::line("name", "Name").note("optional").value(typed("name")),
                Field::new("email", "Address", Control::Typed("email".into()))
                    .note("optional")
                    .hint("They get a letter with the promises; it says nothing of the report.")
                    .value(typed("email")),
                Field::new(
                    "standing",
                    "What they are to the program",
                    Control::Select(vec![
                        Choice::new("", "Own staff when nobody is named, else from outside"),
                        Choice::new("outside", "From outside"),
                        Choice::new("partner", "A customer or partner"),
                        Choice::new("staff", "Own staff"),
                    ]),
                )
                .value(typed("standing")),
            ],
        ),
        Group::new(
            "with",
            "Files",
            vec![Field::new("files", "Files", Control::Files(super::case::file_limit(app))).note("optional")],
        ),
    ];
    attach(&mut groups, &wrong);
    html(&DeskForm {
        shell: shell(app, member, "report"),
        title: "File a report for somebody".into(),
        lead: "Whoever told you becomes the reporter of record, with a receipt and the policy's promises.".into(),
        action: "/desk/report".into(),
        once: crate::keys::random::id(),
        groups,
        problems: wrong,
        submit: "File the report".into(),
        back: "/desk".into(),
        takes_files: true,
        otherwise: None,
    })
}

/// A row for the page that shows the receipt.
pub fn receipt_row(receipt: &str) -> Row {
    Row::new("Receipt", receipt)
}
