//! The advisory: its form at the left, how it will look at the right.

use super::acts::{attach, problem};
use super::case::{head, href};
use super::{Names, Opened, draft_form, history, html, may_write, opened, remarks, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::{execute, restricted};
use crate::throttle::places::Heavy;
use crate::web::forms::{self, Form};
use crate::web::guard;
use crate::web::session::{Member, Rejection};
use crate::web::views::case::AdvisoryEditor;
use crate::web::views::parts::{Problem, SafeHtml};
use crate::web::views::public::AdvisoryBody;
use crate::web::views::{Act, TimeView};
use askama::Template as _;
use axum::extract::{Path, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::access::Role;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::decide::Facts;
use candor_core::disclosure::{lint, preview_of};
use candor_core::event::{AdvisoryDraft, AffectedProduct};
use candor_formats::advisory::Record;

/// `GET /desk/cases/{case}/advisory`
pub async fn editor(State(app): State<App>, member: Member, Path(case): Path<String>) -> Result<Response, Rejection> {
    let opened = opened(&app, &member, &case).await?;
    if !may_write(&member, &opened.case.program) {
        return Err(Error::Role { needs: Role::Analyst }.into());
    }
    let draft = opened.case.advisory.draft.clone().unwrap_or_else(|| first_draft(&opened));
    show(&app, &member, &opened, Shown::of(&draft)).await
}

/// `POST /desk/cases/{case}/advisory`: saves the draft, or shows how it looks.
pub async fn save(
    State(app): State<App>,
    member: Member,
    Path(case): Path<String>,
    request: Request,
) -> Result<Response, Rejection> {
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let opened = opened(&app, &member, &case).await?;
    let (draft, unread) = draft_form::read(&form, &opened, app.now());
    let shown = Shown { form: Some(&form), ..Shown::of(&draft) };
    if !unread.is_empty() {
        return show(&app, &member, &opened, Shown { problems: unread, ..shown }).await;
    }
    if form.get("do") == "preview" {
        return show(&app, &member, &opened, shown).await;
    }
    if let Some(wish) = remarks::wish(&form) {
        return match remarks::act(&app, &member, &opened, wish).await {
            // What was typed in the form stays typed.
            Ok(()) if opened.case.advisory.draft.as_ref() != Some(&draft) => {
                let opened = super::opened(&app, &member, &case).await?;
                show(&app, &member, &opened, Shown::of(&draft)).await
            }
            Ok(()) => Ok(Redirect::to(&remarks::back(&opened)).into_response()),
            Err(Error::Refused(refusal)) => {
                let mut found = problem(&refusal);
                if found.field == "text" {
                    found.field = "comment-text".into();
                }
                show(&app, &member, &opened, Shown { problems: vec![found], ..shown }).await
            }
            Err(other) => Err(other.into()),
        };
    }
    let wish = Command::DraftAdvisory { draft: Box::new(draft.clone()) };
    match execute(&app, &member.actor, &opened.case.id, wish, form.seen()).await {
        Ok(_) => Ok(Redirect::to(&format!("{}/advisory", href(&opened.case))).into_response()),
        Err(Error::Refused(refusal)) => {
            show(&app, &member, &opened, Shown { problems: vec![problem(&refusal)], ..shown }).await
        }
        Err(Error::Changed { .. }) => show(&app, &member, &opened, Shown { changed_since: form.seen(), ..shown }).await,
        Err(other) => Err(other.into()),
    }
}

/// `GET /desk/cases/{case}/advisory/{format}`: the newest edition in a format, whoever it is for; always a download.
pub async fn edition(
    State(app): State<App>,
    member: Member,
    Path((case, format)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let _place = guard::place(&app, Heavy::Export, &member.actor.name())?;
    let opened = opened(&app, &member, &case).await?;
    let record = restricted::newest(&opened.case).ok_or(Error::NotFound)?;
    let document = restricted::document(record, &format)?.ok_or(Error::NotFound)?;
    let name = format!("attachment; filename=\"advisory.{}\"", document.suffix);
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_DISPOSITION, name.as_str()),
    ];
    Ok((headers, document.text).into_response())
}

/// What the case knows already.
fn first_draft(opened: &Opened) -> AdvisoryDraft {
    let Opened { case, policy, .. } = opened;
    let verification = case.verifications.last();
    let product = case
        .product
        .as_ref()
        .and_then(|name| policy.scope.products.iter().find(|product| product.name == *name))
        .or(policy.scope.products.first());
    let fixed = case.fixes.iter().rev().find_map(|fix| fix.version.clone().filter(|_| fix.kind.is_remedy()));
    AdvisoryDraft {
        title: case.title.clone(),
        summary: candor_core::versions::upgrade(case).unwrap_or_else(|| policy.versions.statement.clone()),
        impact: verification.map(|record| record.facts.impact.clone()).unwrap_or_default(),
        conditions: verification.map(|record| record.facts.conditions.clone()).unwrap_or_default(),
        products: vec![AffectedProduct {
            name: product.map_or_else(|| policy.program.name.clone(), |product| product.name.clone()),
            purl: product.and_then(|product| product.purl.clone()),
            fixed: fixed.unwrap_or_default(),
            ..AffectedProduct::default()
        }],
        ..AdvisoryDraft::default()
    }
}

/// What stands in the editor.
struct Shown<'a> {
    draft: &'a AdvisoryDraft,
    /// What was sent with the form, if it was.
    form: Option<&'a Form>,
    problems: Vec<Problem>,
    changed_since: Option<u64>,
}

impl<'a> Shown<'a> {
    fn of(draft: &'a AdvisoryDraft) -> Self {
        Self { draft, form: None, problems: Vec::new(), changed_since: None }
    }
}

async fn show(app: &App, member: &Member, opened: &Opened, shown: Shown<'_>) -> Result<Response, Rejection> {
    let Shown { draft, form, problems, changed_since } = shown;
    let Opened { case, policy, zone, .. } = opened;
    let names = Names::load(app).await?;
    let now = app.now();
    let mut groups = draft_form::groups(draft, form, opened, now);
    remarks::place(&mut groups, opened, &names, form, now);
    attach(&mut groups, &problems);
    let mut drafted = case.clone();
    drafted.advisory.draft = Some(draft.clone());
    let (preview, lacks) = match body(app, opened, &drafted) {
        Ok(body) => (Some(body), Vec::new()),
        Err(lacks) => (None, vec![lacks]),
    };
    let warnings = record(app, opened, &drafted)
        .map(|record| lint(&drafted, &record).iter().map(ToString::to_string).collect())
        .unwrap_or_default();
    let since = changed_since.map(|seq| crate::execute::since(case, seq)).unwrap_or_default();
    let advisory = &case.advisory;
    let mut acts = Vec::new();
    if advisory.draft.is_some() && advisory.approved_by.is_none() {
        acts.push(Act {
            label: format!("Approve draft {}", advisory.revision),
            href: format!("{}/approve-advisory", href(case)),
            hint: candor_core::comments::warning(case).unwrap_or_default(),
        });
    }
    if advisory.approved_by.is_some() && advisory.order.is_none() {
        acts.push(Act { label: "Publish".into(), href: format!("{}/publish", href(case)), hint: String::new() });
    }
    html(&AdvisoryEditor {
        shell: shell(app, member, "case"),
        head: head(case, policy, &names),
        revision: advisory.revision,
        action: format!("{}/advisory", href(case)),
        groups,
        problems,
        changed: history::lines(case, &since, policy, &names, zone, now),
        lacks,
        warnings,
        preview,
        words: match (&advisory.author, &advisory.approved_by) {
            (None, _) => "Not saved yet".into(),
            (Some(author), None) => format!("Draft {}, saved by {}", advisory.revision, names.of(author)),
            (Some(_), Some(by)) => format!("Draft {}, approved by {}", advisory.revision, names.of(by)),
        },
        acts,
    })
}

/// The record as it would go out now, or what it lacks.
fn record(app: &App, opened: &Opened, case: &Case) -> Result<Record, String> {
    let facts = Facts {
        now: app.now(),
        policy_version: case.policy_version,
        advisory_id: format!("{}-DRAFT", opened.policy.advisory_prefix()),
        may_hold: true,
        moving_to: None,
        base_url: app.program_url(&case.program),
        ..Facts::default()
    };
    preview_of(case, &opened.policy, &facts).map_err(|refusal| refusal.to_string())
}

/// The advisory as it would look if it went out now, or what it lacks.
fn body(app: &App, opened: &Opened, case: &Case) -> Result<AdvisoryBody, String> {
    let record = record(app, opened, case)?;
    let mut body = crate::web::advisory::body(&record, &opened.zone);
    body.level = 3;
    body.published = None;
    Ok(body)
}

/// The saved draft as it will be, for the check before publication.
pub fn preview(app: &App, opened: &Opened) -> Option<SafeHtml> {
    body(app, opened, &opened.case).ok().and_then(|body| body.render().ok()).map(SafeHtml)
}

/// When the draft was saved, for lists.
pub fn saved_at(opened: &Opened, now: jiff::Timestamp) -> Option<TimeView> {
    opened
        .case
        .history
        .iter()
        .rev()
        .find(|entry| matches!(entry.what, candor_core::event::Event::AdvisoryDrafted { .. }))
        .map(|entry| TimeView::new(entry.at, &opened.zone, now))
}
