//! The advisory: its form at the left, how it will look at the right.

use super::acts::{attach, problem};
use super::case::{head, href};
use super::{Names, Opened, history, html, may_write, opened, remarks, shell};
use crate::app::App;
use crate::error::Error;
use crate::execute::execute;
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::case::AdvisoryEditor;
use crate::web::views::parts::{Field, Group, Problem, SafeHtml};
use crate::web::views::public::AdvisoryBody;
use crate::web::views::{Act, TimeView};
use askama::Template as _;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::access::Role;
use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::decide::Facts;
use candor_core::disclosure::{lint, preview_of};
use candor_core::event::{AdvisoryDraft, AffectedProduct};
use candor_formats::advisory::Record;

/// Rows for products in the form.
const PRODUCT_ROWS: usize = 3;

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
    let draft = read(&form);
    let shown = Shown { form: Some(&form), ..Shown::of(&draft) };
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

fn read(form: &Form) -> AdvisoryDraft {
    let text = |name: &str| form.get(name).to_owned();
    let lines = |name: &str| {
        form.get(name).lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    AdvisoryDraft {
        title: text("title"),
        summary: text("summary"),
        details: text("details"),
        impact: text("impact"),
        conditions: text("conditions"),
        workaround: text("workaround"),
        cause: text("cause"),
        change: text("change"),
        references: lines("references"),
        aliases: lines("aliases"),
        products: (0..PRODUCT_ROWS)
            .map(|row| AffectedProduct {
                name: text(&format!("product-{row}")),
                purl: form.some(&format!("purl-{row}")),
                introduced: text(&format!("introduced-{row}")),
                fixed: text(&format!("fixed-{row}")),
                last_affected: text(&format!("last-{row}")),
            })
            .filter(|product| !product.name.trim().is_empty())
            .collect(),
    }
}

fn groups(draft: &AdvisoryDraft, opened: &Opened) -> Vec<Group> {
    let mut groups = vec![Group::new(
        "what",
        "What a reader sees first",
        vec![
            Field::line("title", "Title").hint("What happens to whom, in one line.").value(&draft.title).required(),
            Field::area("summary", "Summary", 4)
                .hint("One paragraph: who is affected, and what to do first.")
                .value(&draft.summary)
                .required(),
        ],
    )];
    let names: Vec<String> = opened.policy.scope.products.iter().map(|product| product.name.clone()).collect();
    for row in 0..PRODUCT_ROWS.max(draft.products.len()) {
        let product = draft.products.get(row).cloned().unwrap_or_default();
        let group = Group::new(
            format!("product-group-{row}"),
            format!("Affected product {}", row + 1),
            vec![
                Field::line(format!("product-{row}"), "Product").value(product.name).suggestions(names.clone()),
                Field::line(format!("purl-{row}"), "Package URL")
                    .note("optional")
                    .hint("Without a version, like pkg:npm/directus.")
                    .value(product.purl.unwrap_or_default()),
                Field::line(format!("introduced-{row}"), "First affected version")
                    .hint("Empty for all from the beginning.")
                    .value(product.introduced),
                Field::line(format!("fixed-{row}"), "First fixed version").value(product.fixed),
                Field::line(format!("last-{row}"), "Last affected version")
                    .hint("Only when no version has a fix.")
                    .value(product.last_affected),
            ],
        )
        .columns();
        groups.push(if row == 0 { group } else { group.folded() });
    }
    groups.push(Group::new(
        "more",
        "What is behind it",
        vec![
            Field::area("details", "Details", 10).hint("Markdown. Raw HTML is shown as text.").value(&draft.details),
            Field::area("impact", "What an attacker gains", 3).value(&draft.impact),
            Field::area("conditions", "What exploitation needs", 3).value(&draft.conditions),
            Field::area("cause", "Root cause", 3)
                .note("optional")
                .hint("The mistake that made it possible. It stands at the end of the details.")
                .value(&draft.cause),
            Field::area("workaround", "Workaround", 3).note("optional").value(&draft.workaround),
            Field::area("references", "References", 3)
                .note("optional")
                .hint("One address on each line.")
                .value(draft.references.join("\n")),
            Field::area("aliases", "Other names", 2)
                .note("optional")
                .hint("One on each line, like CVE-2026-12345.")
                .value(draft.aliases.join("\n")),
        ],
    ));
    if let Some(last) = opened.case.advisory.published.last() {
        let told = last.revisions.iter().any(|revision| revision.summary == draft.change);
        let change = Field::line("change", "What changed, and why")
            .note("optional")
            .hint("One line for the list of revisions, like: Branch 2.x has a fix, too.")
            .value(if told { "" } else { draft.change.as_str() });
        groups.push(Group::new("change-group", "This correction", vec![change]));
    }
    groups
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
    let mut groups = groups(draft, opened);
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
