//! Several reports of one problem, and several problems in one report: what hangs together with a case, the page that merges
//! ticked cases, the page that splits a report paragraph by paragraph.

use super::acts::{attach, problem};
use super::verdicts::{MOST, chosen, open_all, row, rows};
use super::{Names, Opened, case as page, html, may_write, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::{asides, execute};
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::case::ActForm;
use crate::web::views::cluster::{ClusterFacts, Linked};
use crate::web::views::parts::{Choice, Control, problems};
use crate::web::views::verdict::VerdictsPage;
use crate::web::views::{Field, Group, Link, Problem, StateView};
use axum::extract::{Path, RawQuery, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::access::Role;
use candor_core::case::{Case, State as CaseState};
use candor_core::command::{Command, Part};
use candor_core::id::CaseId;

/// Findings that one page splits off.
const FINDINGS: usize = 6;

/// What hangs together with a case, as far as the member may see it.
pub async fn facts(app: &App, member: &Member, case: &Case) -> Result<ClusterFacts, Error> {
    let linked = |one: &Case, title: &str, acts: Vec<Link>| Linked {
        id: one.id.to_string(),
        href: page::href(one),
        title: title.to_owned(),
        state: StateView::new(one.state),
        acts,
    };
    let seen = asides::seen(app, &member.actor, case.gathered.clone()).await?;
    let hidden = case.gathered.len() - seen.len();
    let gathered = seen
        .iter()
        .map(|one| linked(one, &one.title, vec![Link::new("Separate", format!("{}/separate", page::href(one)))]))
        .collect();
    let parts: Vec<CaseId> = case.parts.iter().map(|(id, _)| id.clone()).collect();
    let parts = asides::seen(app, &member.actor, parts).await?;
    let lead = asides::seen(app, &member.actor, case.gathered_into.iter().cloned().collect()).await?;
    let whole = asides::seen(app, &member.actor, case.part_of.iter().cloned().collect()).await?;
    let can_split = may_write(member, &case.program)
        && matches!(case.state, CaseState::New | CaseState::Triage | CaseState::Confirmed)
        && case.part_of.is_none()
        && case.gathered_into.is_none();
    let related: Vec<CaseId> = case.related.iter().map(|(id, _)| id.clone()).collect();
    let related = asides::seen(app, &member.actor, related).await?;
    let related = related.iter().map(|one| {
        let how = case.related.iter().find(|(id, _)| *id == one.id).map_or("", |(_, text)| text.as_str());
        let title = if how.is_empty() { one.title.clone() } else { format!("{} ({how})", one.title) };
        linked(one, &title, vec![Link::new("Take the link back", format!("{}/unrelate", page::href(case)))])
    });
    Ok(ClusterFacts {
        related: related.collect(),
        reporters: case.gathered.len() + 1,
        gathered,
        hidden,
        parts: parts.iter().map(|one| linked(one, &one.title, Vec::new())).collect(),
        lead: lead.first().map(|one| linked(one, &one.title, Vec::new())),
        whole: whole.first().map(|one| linked(one, &one.title, Vec::new())),
        split: can_split.then(|| Link::new("Split it by findings", format!("{}/split", page::href(case)))),
    })
}

/// `GET /desk/merge?case=…&case=…`: which of the ticked cases gathers the others.
pub async fn merge_page(
    State(app): State<App>,
    member: Member,
    RawQuery(query): RawQuery,
) -> Result<Response, Rejection> {
    let query = query.unwrap_or_default();
    let named = query.split('&').filter_map(|pair| pair.strip_prefix("case=")).take(MOST);
    let cases = open_all(&app, &member, named.map(ToOwned::to_owned).collect()).await?;
    show_merge(&app, &member, &cases, "", "", Vec::new())
}

fn show_merge(
    app: &App,
    member: &Member,
    cases: &[Opened],
    into: &str,
    text: &str,
    problems: Vec<Problem>,
) -> Result<Response, Rejection> {
    // The one that gathers already, else the one that came first.
    let first = cases.iter().min_by_key(|one| (one.case.gathered.is_empty(), one.case.opened_at));
    let first = first.map(|one| one.case.id.to_string()).unwrap_or_default();
    let choices =
        cases.iter().map(|one| Choice::new(one.case.id.as_str(), format!("{}: {}", one.case.id, one.case.title)));
    let fields = vec![
        Field::new("into", "The case in which it is decided", Control::Radio(choices.collect()))
            .value(if into.is_empty() { first } else { into.to_owned() }),
        Field::area("text", "Your words to the reporters of the others", 4)
            .note("optional")
            .hint("Left empty: that others reported the same problem, and that you handle the reports together.")
            .value(text),
    ];
    html(&VerdictsPage {
        shell: shell(app, member, "queue"),
        title: "Handle reports of one problem together".into(),
        lead: "What is decided in one case is then decided for every report. Each reporter keeps their own thread, receipt, \
               credit and dates, and learns nothing of the others. Each can be separated again."
            .into(),
        cases: rows(cases, |_| (String::new(), String::new(), true)),
        action: "/desk/merge".into(),
        method: "post".into(),
        groups: vec![Group::new("merge", "", fields)],
        problems,
        submit: if cases.len() > 1 { "Handle them together".into() } else { String::new() },
    })
}

/// `POST /desk/merge`: merges each of the others into one.
pub async fn merge(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let cases = chosen(&app, &member, &form).await?;
    let (into, text) = (form.get("into").trim().to_owned(), form.get("text").to_owned());
    let Some(lead) = cases.iter().find(|one| one.case.id.as_str() == into) else {
        let problem = Problem { field: "into".into(), text: "Choose the case in which it is decided".into() };
        return show_merge(&app, &member, &cases, "", &text, vec![problem]);
    };
    if 2 < cases.len() && !member.session.is_fresh(app.now()) {
        return show_merge(&app, &member, &cases, &into, &text, vec![super::prove_again("/desk")]);
    }
    let mut told = Vec::new();
    for one in &cases {
        if one.case.id == lead.case.id {
            continue;
        }
        let wish = Command::Merge { into: lead.case.id.clone(), text: text.clone() };
        match execute(&app, &member.actor, &one.case.id, wish, None).await {
            Ok(_) => {}
            Err(Error::Refused(refusal)) => {
                let mut row = row(one);
                row.words = format!("Not merged. {refusal}");
                told.push(row);
            }
            Err(other) => return Err(other.into()),
        }
    }
    if told.is_empty() {
        return Ok(Redirect::to(&page::href(&lead.case)).into_response());
    }
    html(&VerdictsPage {
        shell: shell(&app, &member, "queue"),
        title: "Some stay on their own".into(),
        lead: "The others are handled together now.".into(),
        cases: told,
        method: "get".into(),
        ..VerdictsPage::default()
    })
}

/// What a report says, paragraph by paragraph.
fn paragraphs(case: &Case) -> Vec<String> {
    let Some(report) = case.reports.first() else { return Vec::new() };
    let facts = &report.facts;
    let mut found: Vec<String> = Vec::new();
    for text in [&facts.description, &facts.steps, &facts.expected, &facts.actual, &facts.impact] {
        let mut open = String::new();
        for line in text.lines() {
            if line.trim().is_empty() {
                if !open.trim().is_empty() {
                    found.push(std::mem::take(&mut open).trim_end().to_owned());
                }
            } else {
                open.push_str(line);
                open.push('\n');
            }
        }
        if !open.trim().is_empty() {
            found.push(open.trim_end().to_owned());
        }
    }
    found.truncate(200);
    found
}

/// `GET /desk/cases/{case}/split`: which paragraph belongs to which finding.
pub async fn split_page(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    if !may_write(&member, &opened.case.program) {
        return Err(Error::Role { needs: Role::Member }.into());
    }
    show_split(&app, &member, &opened, &Form::default(), Vec::new()).await
}

async fn show_split(
    app: &App,
    member: &Member,
    opened: &Opened,
    form: &Form,
    wrong: Vec<Problem>,
) -> Result<Response, Rejection> {
    let mut choices = vec![Choice::new("", "Stays with the report")];
    choices.extend((1..=FINDINGS).map(|number| Choice::new(number.to_string(), format!("Finding {number}"))));
    let titles = (1..=FINDINGS)
        .map(|number| {
            let name = format!("title-{number}");
            let value = form.get(&name).to_owned();
            Field::line(name, format!("Finding {number}")).note("optional").value(value)
        })
        .collect();
    let told = paragraphs(&opened.case)
        .into_iter()
        .enumerate()
        .map(|(index, text)| {
            let name = format!("paragraph-{index}");
            let value = form.get(&name).to_owned();
            Field::new(name, format!("Paragraph {}", index + 1), Control::Select(choices.clone()))
                .hint(text)
                .value(value)
        })
        .collect();
    let mut groups = vec![
        Group::new("findings", "What each finding is about", titles)
            .lead("Each one with a title becomes a case of its own."),
        Group::new("paragraphs", "What the report says of it", told),
        Group::new(
            "words",
            "",
            vec![
                Field::area("text", "Your words to the reporter", 4)
                    .note("optional")
                    .hint("They keep this one thread, and read here what comes of each finding.")
                    .value(form.get("text")),
            ],
        ),
    ];
    attach(&mut groups, &wrong);
    let mut all = problems(&groups);
    all.extend(wrong.into_iter().filter(|one| one.field.is_empty() || !one.field.contains('-') && one.field != "text"));
    let names = Names::load(app).await?;
    html(&ActForm {
        shell: shell(app, member, "case"),
        head: page::head(&opened.case, &opened.policy, &names),
        title: "Split the report by findings".into(),
        lead: "One report can tell of several problems. Choose for each paragraph to which finding it belongs; the report itself \
               stays whole, and stays the one thread with its reporter."
            .into(),
        action: format!("{}/split", page::href(&opened.case)),
        groups,
        problems: all,
        submit: "Split it".into(),
        seen_by_reporter: true,
        ..ActForm::default()
    })
}

/// `POST /desk/cases/{case}/split`
pub async fn split(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let opened = opened(&app, &member, &case).await?;
    let told = paragraphs(&opened.case);
    let mut parts = Vec::new();
    let mut wrong = Vec::new();
    for number in 1..=FINDINGS {
        let title = form.some(&format!("title-{number}"));
        let of = |(index, _): &(usize, &String)| form.get(&format!("paragraph-{index}")) == number.to_string();
        let text: Vec<&str> = told.iter().enumerate().filter(of).map(|(_, text)| text.as_str()).collect();
        match title {
            Some(title) if !text.is_empty() => {
                parts.push(Part { case: CaseId(String::new()), title, text: text.join("\n\n") });
            }
            Some(_) => wrong.push(Problem {
                field: format!("title-{number}"),
                text: "Choose at least one paragraph for it below".into(),
            }),
            None if !text.is_empty() => wrong.push(Problem {
                field: format!("title-{number}"),
                text: "Say what it is about; paragraphs are chosen for it".into(),
            }),
            None => {}
        }
    }
    if !wrong.is_empty() {
        return show_split(&app, &member, &opened, &form, wrong).await;
    }
    let wish = Command::Split { parts, text: form.get("text").to_owned() };
    match execute(&app, &member.actor, &opened.case.id, wish, form.seen()).await {
        Ok(_) => Ok(Redirect::to(&page::href(&opened.case)).into_response()),
        Err(Error::Refused(refusal)) => show_split(&app, &member, &opened, &form, vec![problem(&refusal)]).await,
        Err(Error::Changed { .. }) => {
            let text = "Somebody else changed the case meanwhile; look at it, then split it".to_owned();
            show_split(&app, &member, &opened, &form, vec![Problem { field: String::new(), text }]).await
        }
        Err(other) => Err(other.into()),
    }
}
