//! The desk's one search box: words, phrases and fields over every case the member may see.

use super::queue::lines;
use super::{Names, html, shell};
use crate::app::App;
use crate::error::Error;
use crate::search::{self, saved};
use crate::throttle::places::Heavy;
use crate::web::forms;
use crate::web::guard;
use crate::web::page::see_other;
use crate::web::session::{Member, Rejection};
use crate::web::views::search::{SavedRow, Search};
use crate::web::views::{Paging, Row};
use axum::extract::{Query, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::id::CaseId;
use candor_core::likeness::{Field, Question};
use serde::Deserialize;
use std::fmt::Write as _;

/// Rows of a page.
const ROWS: usize = 50;

/// What is searched for.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    q: String,
    /// Which page, from 1.
    page: usize,
}

/// `GET /desk/search`
pub async fn page(State(app): State<App>, member: Member, Query(asked): Query<Asked>) -> Result<Response, Rejection> {
    let q = asked.q.trim().to_owned();
    if let Some(id) = CaseId::parse(&q)
        && crate::execute::known_case(&app, &member.actor, &id, false).await.is_ok()
    {
        return Ok(Redirect::to(&format!("/desk/cases/{id}")).into_response());
    }
    let at = asked.page.clamp(1, 200);
    let skip = (at - 1) * ROWS;
    let _place = guard::place(&app, Heavy::List, &member.actor.name())?;
    let found = search::search(&app, &member.actor, &q, skip, ROWS).await?;
    let names = Names::load(&app).await?;
    let mut notes = found.problems.clone();
    for (given, taken) in &found.respelt {
        notes.push(format!("No case has “{given}”, so these have {}.", either(taken)));
    }
    if found.some {
        notes.push("No case has all of these words; these have some of them.".into());
    }
    if found.warming {
        notes.push("Cases are still being read, so some may be missing. Look again in a minute.".into());
    }
    let mut rows = lines(&app, &member, &found.rows, &names);
    // Whoever opens a fold means all of it; what they do not mean they untick.
    if Question::parse(&q).filters.iter().any(|filter| filter.field == Field::Fold && !filter.not) {
        rows.iter_mut().for_each(|row| row.ticked = true);
    }
    let mut shell = shell(&app, &member, "queue");
    shell.search = Some(q.clone());
    let saved = saved::list(&app, member.id()).await?;
    let to = |page: usize| format!("/desk/search?q={}&page={page}", in_address(&q));
    let last = skip + rows.len();
    html(&Search {
        shell,
        notes,
        paging: Paging {
            words: match found.total {
                1 => "1 case".into(),
                total if total > ROWS => format!("{} to {last} of {total}", skip + 1),
                total => format!("{total} cases"),
            },
            previous: (at > 1).then(|| to(at - 1)),
            next: (last < found.total && !rows.is_empty()).then(|| to(at + 1)),
        },
        rows,
        empty: if q.is_empty() {
            "Type words, a case like 7K3M9-QXT4B, or fields like state:triage due:<3d.".into()
        } else {
            "No case that you may see has this. Try fewer words, or the beginning of one with a star.".into()
        },
        saved: saved
            .into_iter()
            .map(|one| SavedRow { href: format!("/desk/search?q={}", in_address(&one.q)), name: one.name, q: one.q })
            .collect(),
        help: help(),
        q,
    })
}

/// `POST /desk/search`: keeps a search, or forgets one.
pub async fn keep(State(app): State<App>, member: Member, request: Request) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let q: String = form.get("q").trim().chars().take(500).collect();
    if let Some(name) = form.some("forget") {
        saved::forget(&app, member.id(), &name).await?;
    } else if let Some(name) = form.some("name") {
        let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
        let kept = saved::keep(&app, member.id(), saved::Saved { name, q: q.clone() }).await?;
        if !kept {
            let why = format!("You keep {} searches already; forget one of them first", saved::MOST);
            return Err(Error::BadRequest(why).into());
        }
    }
    Ok(see_other(&format!("/desk/search?q={}", in_address(&q))))
}

fn either(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().take(4).map(|word| format!("“{word}”")).collect();
    quoted.join(" or ")
}

fn help() -> Vec<Row> {
    let mut rows = vec![
        Row::new("overflow parser", "cases with both words; small slips of the pen are mended where a word is nowhere"),
        Row::new("\"heap buffer\"", "these words one behind the other"),
        Row::new("over*", "words that begin so"),
        Row::new("-parser  -state:closed", "without it"),
    ];
    rows.extend(Field::ALL.iter().map(|(_, names, values)| Row::new(format!("{}:", names.join(": ")), *values)));
    rows
}

/// A text as a value in an address.
pub fn in_address(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}
