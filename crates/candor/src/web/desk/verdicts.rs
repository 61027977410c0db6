//! One verdict on many cases, as after a flood of the same bad report: which verdict, one page that shows what each reporter
//! will be told, and one button that takes all of it back.

use super::verdict::Given;
use super::{Opened, html, may_write, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::{execute, rehearse};
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::parts::{Choice, Control};
use crate::web::views::verdict::{VerdictRow, VerdictsPage};
use crate::web::views::{Field, Group, Problem};
use axum::extract::{RawQuery, Request, State};
use axum::response::Response;
use candor_core::command::Command;
use candor_core::id::CaseId;
use candor_core::policy::VerdictKind;

/// Cases at once.
pub(super) const MOST: usize = 50;

/// `GET /desk/verdicts?case=…&case=…`: which verdict.
pub async fn page(State(app): State<App>, member: Member, RawQuery(query): RawQuery) -> Result<Response, Rejection> {
    let query = query.unwrap_or_default();
    let chosen = query.split('&').filter_map(|pair| pair.strip_prefix("case=")).take(MOST);
    let cases = open_all(&app, &member, chosen.map(ToOwned::to_owned).collect()).await?;
    choose(&app, &member, &cases, &Given::default(), Vec::new())
}

/// The first page: the cases and the questions.
fn choose(
    app: &App,
    member: &Member,
    cases: &[Opened],
    given: &Given,
    problems: Vec<Problem>,
) -> Result<Response, Rejection> {
    // A clause is cited only where every case has it.
    let mut clauses: Vec<Choice> = vec![Choice::new("", "No clause")];
    if let Some(first) = cases.first() {
        let all = first.policy.out_clauses().into_iter().chain(first.policy.known_clauses());
        let shared = all.filter(|clause| cases.iter().all(|one| one.policy.clause(&clause.name).is_some()));
        clauses.extend(shared.map(|clause| Choice::new(&clause.name, format!("{}: {}", clause.name, clause.what))));
    }
    let kinds = VerdictKind::ALL.into_iter().filter(|kind| *kind != VerdictKind::Confirmed);
    let fields = vec![
        Field::new(
            "as",
            "Verdict",
            Control::Select(kinds.map(|kind| Choice::new(kind.name(), kind.label())).collect()),
        )
        .value(VerdictKind::ScannerOutput.name()),
        Field::new("clause", "Clause of the policy", Control::Select(clauses))
            .hint("For out of scope, and for what is known to be no vulnerability.")
            .value(&given.clause),
        Field::line("to", "Where to go instead, or where it is mended").note("optional").value(&given.to),
        Field::line("package", "Package").note("optional").hint("For what is in a dependency.").value(&given.package),
        Field::line("version", "Version that has the fix")
            .note("optional")
            .hint("For what is fixed already.")
            .value(&given.version)
            .narrow(),
        Field::line("of", "The case that has it")
            .note("optional")
            .hint("For what is known already.")
            .value(&given.of)
            .narrow(),
    ];
    html(&VerdictsPage {
        shell: shell(app, member, "queue"),
        title: "One verdict on many cases".into(),
        lead: "The next page shows the letter to each reporter. Nothing is sent before.".into(),
        cases: rows(cases, |_| (String::new(), String::new(), true)),
        action: "/desk/verdicts".into(),
        method: "post".into(),
        groups: vec![Group::new("verdict", "", fields)],
        problems,
        submit: "Show the letters".into(),
    })
}

/// `POST /desk/verdicts`: first the page to check, then the verdicts.
pub async fn send(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let cases = chosen(&app, &member, &form).await?;
    let given = Given::read(&form);
    let kind = VerdictKind::from_name(form.get("as")).filter(|kind| *kind != VerdictKind::Confirmed);
    let Some(kind) = kind else {
        let problem = Problem { field: "as".into(), text: "Choose the verdict".into() };
        return choose(&app, &member, &cases, &given, vec![problem]);
    };
    if let Err(problem) = given.command(kind, "words".into()) {
        return choose(&app, &member, &cases, &given, vec![problem]);
    }
    if 1 < cases.len() && !member.session.is_fresh(app.now()) {
        return choose(&app, &member, &cases, &given, vec![super::prove_again("/desk")]);
    }
    let mut rows: Vec<VerdictRow> = Vec::new();
    let checked = form.ticked("checked");
    for one in &cases {
        let letter = given.letter(kind, one, &member);
        let mut row = row(one);
        let Ok(wish) = given.command(kind, letter.clone()) else { continue };
        if checked {
            let seen = form.get(&format!("seen-{}", one.case.id)).parse().ok();
            row.words = match execute(&app, &member.actor, &one.case.id, wish, seen).await {
                Ok(_) => {
                    row.chosen = true;
                    format!("Done: {}.", kind.label().to_lowercase())
                }
                Err(Error::Refused(refusal)) => format!("Not done. {refusal}"),
                Err(Error::Changed { .. }) => "Not done: somebody else changed it meanwhile. Look at it first.".into(),
                Err(other) => return Err(other.into()),
            };
        } else {
            match rehearse(&app, &member.actor, &one.case.id, wish).await {
                Ok(_) => (row.letter, row.chosen) = (letter, true),
                Err(Error::Refused(refusal)) => row.words = format!("It will be left out. {refusal}"),
                Err(other) => return Err(other.into()),
            }
        }
        rows.push(row);
    }
    let ready = rows.iter().filter(|row| row.chosen).count();
    let many = if ready == 1 { "1 case".to_owned() } else { format!("{ready} cases") };
    if checked {
        return html(&VerdictsPage {
            shell: shell(&app, &member, "queue"),
            title: format!("{}: {many}", kind.label()),
            lead: "Each reporter finds the letter on their page. All of it can be taken back here, or case by case."
                .into(),
            cases: rows,
            action: "/desk/verdicts/undo".into(),
            method: "post".into(),
            submit: if ready == 0 { String::new() } else { format!("Take the verdict back for {many}") },
            ..VerdictsPage::default()
        });
    }
    let mut fields = vec![Field::hidden("checked", "on"), Field::hidden("as", kind.name())];
    for (name, value) in [
        ("clause", &given.clause),
        ("to", &given.to),
        ("package", &given.package),
        ("version", &given.version),
        ("of", &given.of),
    ] {
        fields.push(Field::hidden(name, value));
    }
    fields.extend(cases.iter().map(|one| Field::hidden(format!("seen-{}", one.case.id), one.case.seq.to_string())));
    html(&VerdictsPage {
        shell: shell(&app, &member, "queue"),
        title: format!("Check: {}, {many}", kind.label().to_lowercase()),
        lead: "This is what each reporter will read. It can be taken back.".into(),
        cases: rows,
        action: "/desk/verdicts".into(),
        method: "post".into(),
        groups: vec![Group::new("verdict", "", fields)],
        problems: Vec::new(),
        submit: if ready == 0 { String::new() } else { format!("Close {many} and send the letters") },
    })
}

/// `POST /desk/verdicts/undo`: takes the verdicts back.
pub async fn undo(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let mut rows = Vec::new();
    for one in &chosen(&app, &member, &form).await? {
        let reason = "The verdict was given by mistake; we look at your report again.".to_owned();
        let mut row = row(one);
        row.words = match execute(&app, &member.actor, &one.case.id, Command::UndoVerdict { reason }, None).await {
            Ok(_) => "Taken back.".into(),
            Err(Error::Refused(refusal)) => format!("Not taken back. {refusal}"),
            Err(other) => return Err(other.into()),
        };
        rows.push(row);
    }
    html(&VerdictsPage {
        shell: shell(&app, &member, "queue"),
        title: "Verdicts taken back".into(),
        lead: "Each case stands where it stood before. The reporters are told.".into(),
        cases: rows,
        method: "get".into(),
        ..VerdictsPage::default()
    })
}

/// The cases that a form names as `case-0`, `case-1` and so on.
pub(super) async fn chosen(app: &App, member: &Member, form: &Form) -> Result<Vec<Opened>, Error> {
    let names: Vec<String> = (0..MOST).filter_map(|index| form.some(&format!("case-{index}"))).collect();
    open_all(app, member, names).await
}

/// Opens the cases that the member may work on; what they may not see is as if it were not named.
pub(super) async fn open_all(app: &App, member: &Member, names: Vec<String>) -> Result<Vec<Opened>, Error> {
    let mut cases: Vec<Opened> = Vec::new();
    for name in &names {
        if CaseId::parse(name).is_none() {
            continue;
        }
        match opened(app, member, name).await {
            Ok(one) if !may_write(member, &one.case.program) => {}
            Ok(one) if cases.iter().any(|known| known.case.id == one.case.id) => {}
            Ok(one) => cases.push(one),
            Err(Error::NotFound | Error::NotOn) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(cases)
}

pub(super) fn row(one: &Opened) -> VerdictRow {
    VerdictRow {
        id: one.case.id.to_string(),
        href: super::case::href(&one.case),
        title: one.case.title.clone(),
        ..VerdictRow::default()
    }
}

pub(super) fn rows(cases: &[Opened], of: impl Fn(&Opened) -> (String, String, bool)) -> Vec<VerdictRow> {
    let fill = |one: &Opened| {
        let (letter, words, chosen) = of(one);
        VerdictRow { letter, words, chosen, ..row(one) }
    };
    cases.iter().map(fill).collect()
}
