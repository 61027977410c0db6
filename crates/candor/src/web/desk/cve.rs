//! `/desk/cases/{case}/cve`: the text with which a CVE number is asked for, who sent it, and the clock of the answer.

use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Names, Opened, opened, shell};
use crate::app::App;
use crate::error::Error;
use crate::follow::cve;
use crate::follow::cve_requests::{self, DAYS, Standing};
use crate::store::cve_numbers;
use crate::web::fields::Fields;
use crate::web::page;
use crate::web::session::{Member, Rejection};
use crate::web::views::parts::Field;
use crate::web::views::publication::{CvePage, CveRequestRow};
use crate::web::views::{Problem, Row, TimeView};

/// `GET /desk/cases/{case}/cve`
pub async fn show(State(app): State<App>, member: Member, Path(case): Path<String>) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    Ok(page::html(StatusCode::OK, &view(&app, &member, &opened, &Fields::default(), None).await?))
}

/// `POST /desk/cases/{case}/cve`: sent, answered, withdrawn, or reminded of later.
pub async fn act(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let fields = Fields::read(request, &[]).await?;
    member.check(fields.get("csrf"))?;
    let opened = opened(&app, &member, &case).await?;
    let (id, actor, known) = (&opened.case.id, &member.actor, fields.get("request"));
    let days = || fields.get("days").trim().parse().unwrap_or(0);
    let done = match fields.get("act") {
        "answer" => Box::pin(cve_requests::answer(&app, actor, id, known, fields.get("number"))).await,
        "withdraw" => cve_requests::withdraw(&app, actor, id, known).await,
        "remind" => cve_requests::remind(&app, actor, id, known, days()).await,
        _ => cve_requests::ask(&app, actor, id, days()).await.map(drop),
    };
    match done {
        Ok(()) => Ok(page::see_other(&format!("/desk/cases/{id}/cve"))),
        Err(Error::Refused(why)) => {
            let field = why.field().unwrap_or("days").to_owned();
            let problem = Problem { field, text: why.to_string() };
            let view = view(&app, &member, &opened, &fields, Some(problem)).await?;
            Ok(page::html(StatusCode::UNPROCESSABLE_ENTITY, &view))
        }
        Err(other) => Err(other.into()),
    }
}

async fn view(
    app: &App,
    member: &Member,
    opened: &Opened,
    typed: &Fields,
    problem: Option<Problem>,
) -> Result<CvePage, Error> {
    let (case, zone, now) = (&opened.case, &opened.zone, app.now());
    let names = Names::load(app).await?;
    let (text, missing) = match cve_requests::record(app, case) {
        Ok(record) => (cve::request_text(&record), String::new()),
        Err(Error::Refused(why)) => (String::new(), why.to_string()),
        Err(other) => return Err(other),
    };
    let requests = cve_requests::of_case(app, case).await?;
    let open = requests.iter().any(|known| matches!(known.standing, Standing::Waiting | Standing::Late));
    let rows = requests
        .into_iter()
        .map(|known| CveRequestRow {
            status: match known.standing {
                Standing::Waiting => "running",
                Standing::Late => "broken",
                Standing::Answered => "kept",
                Standing::Withdrawn => "ended",
            }
            .into(),
            status_word: match known.standing {
                Standing::Waiting => "Waits for an answer",
                Standing::Late => "No answer yet: ask again",
                Standing::Answered => "Answered",
                Standing::Withdrawn => "Withdrawn",
            }
            .into(),
            is_open: matches!(known.standing, Standing::Waiting | Standing::Late),
            id: known.id,
            by: names.of(&known.asked_by),
            at: TimeView::new(known.asked_at, zone, now),
            remind_at: TimeView::new(known.remind_at, zone, now),
            number: known.number.unwrap_or_default(),
        })
        .collect();
    let numbers = cve_numbers::of_stream(&app.store, case.id.as_str())
        .await?
        .into_iter()
        .map(|row| Row::new(row.id, row.state))
        .collect();
    let wrong = |name: &str| problem.iter().find(|problem| problem.field == name).map(|problem| problem.text.clone());
    let days = if typed.get("days").is_empty() { DAYS.to_string() } else { typed.get("days").to_owned() };
    let days = |label: &str| {
        Field::line("days", label)
            .typed("number")
            .hint("In days, from 1 to 90.")
            .value(days.clone())
            .error(wrong("days"))
    };
    Ok(CvePage {
        shell: shell(app, member, "case"),
        head: super::case::head(case, &opened.policy, &names),
        may_write: member.actor.works_in(&case.program),
        days: days("Warn me when no answer has come after"),
        again: days("Warn me again after"),
        number: Field::line("number", "The number that came")
            .hint("Like CVE-2026-12345. It becomes an identifier of the case.")
            .value(typed.get("number"))
            .error(wrong("number")),
        problems: problem.into_iter().collect(),
        text,
        missing,
        rows,
        numbers,
        open,
    })
}
