//! The page before what is told to the reporter or to everybody: what becomes visible, to whom, at which instant.

use super::acts::{Kind, changes};
use super::case as page;
use super::fields::groups;
use super::{Names, Opened, People, history, html, matrix, publication, shell};
use crate::app::App;
use crate::web::forms::Form;
use crate::web::session::{Member, Rejection};
use crate::web::views::case::{Becomes, CheckPage};
use crate::web::views::parts::Group;
use crate::web::views::{Field, Problem, Row, TimeView, fmt};
use axum::response::Response;
use candor_core::case::Case;
use candor_core::disclosure::waits_for_fix;
use candor_core::gates;
use candor_core::policy::{PublishOn, Step};

/// Shows what will be so, before what cannot be undone.
pub async fn check(
    app: &App,
    member: &Member,
    opened: &Opened,
    kind: Kind,
    form: &Form,
    problems: Vec<Problem>,
    changed_since: Option<u64>,
) -> Result<Response, Rejection> {
    let Opened { case, policy, zone, .. } = opened;
    let names = Names::load(app).await?;
    let now = app.now();
    let mut fields = vec![Field::hidden("checked", "on")];
    for group in groups(kind, form, opened, &People::load(app).await?) {
        for field in group.fields {
            let value = form.get(&field.name).to_owned();
            if !value.is_empty() {
                fields.push(Field::hidden(field.name, value));
            }
        }
    }
    let to_reporter = |what: &str| Becomes {
        what: what.into(),
        whom: format!("the reporter ({})", history::reporter(case, 0)),
        when: "at once".into(),
        at: None,
    };
    let mut stays = vec!["Notes, verifications and other steps of the team stay inside.".to_owned()];
    let mut preview = None;
    let mut scrub = Vec::new();
    let (title, visible) = match kind {
        Kind::Publish => {
            let (when, at) = publication(opened, form, now);
            let credits = candor_core::disclosure::credits(case, policy);
            stays.push(if credits.is_empty() {
                "Nothing about the reporter is published.".into()
            } else {
                "Only the credit shown is published about the reporter.".into()
            });
            let label = case.advisory.draft.as_ref().map(|draft| draft.tlp).unwrap_or_default();
            let at = at.map(|at| TimeView::new(at, zone, now));
            let visible = if label.is_public() {
                let what = "The advisory, as a page and in every format, with its feed entry".into();
                let page = Becomes { what, whom: "everybody".into(), when: when.clone(), at };
                vec![page, Becomes { when, ..to_reporter("A letter that the advisory is public") }]
            } else {
                stays.push(format!(
                    "It is {}: nothing of it is public, and the reporter is not written to.",
                    label.label()
                ));
                let what = format!("The advisory with its label {}, at the desk and over the API", label.label());
                vec![Becomes { what, whom: "members who may read the case".into(), when, at }]
            };
            preview = super::advisory::preview(app, opened);
            ("Publish the advisory".to_owned(), visible)
        }
        Kind::GoPublic => {
            stays.push("Nothing else of the draft is published; credits only as the reporter agreed to.".into());
            let mut visible = vec![Becomes {
                what: "What you wrote, with the products of the draft, as an advisory in every format".into(),
                whom: "everybody".into(),
                when: "At once, and it cannot be taken back".into(),
                at: None,
            }];
            visible.push(to_reporter("That it is public, and the reason you gave"));
            (kind.label().to_owned(), visible)
        }
        Kind::BreakEmbargo => {
            stays.push("Nothing is published by this; the advisory can then go out sooner.".into());
            (
                kind.label().to_owned(),
                vec![to_reporter("That the agreed date no longer holds, and the reason you gave")],
            )
        }
        Kind::RecordBreach => {
            stays.push("The record can be taken back by a coordinator; the reporter is told then, too.".into());
            (kind.label().to_owned(), vec![to_reporter("What you wrote as evidence, and what it means for the credit")])
        }
        Kind::ProposeIssue => {
            preview = Some(publication::summary_preview(form));
            scrub = publication::scrub(opened, form, &names);
            stays.push(
                "Nothing becomes public before the reporter agrees; then a member opens the issue by hand.".into(),
            );
            (
                kind.label().to_owned(),
                vec![to_reporter("The text, on their page, with the question whether it may be public")],
            )
        }
        Kind::PublishSummary => {
            preview = Some(publication::summary_preview(form));
            scrub = publication::scrub(opened, form, &names);
            let asks = candor_core::closed::asks_first(case, policy);
            stays.push("Nothing else of the case becomes public; name nobody who has not agreed to it.".into());
            let mut visible = vec![to_reporter("The text, on their page")];
            visible.push(Becomes {
                what: "The text, on the page of closed reports".into(),
                whom: "everybody".into(),
                when: if asks { "once the reporter agrees" } else { "at once" }.into(),
                at: None,
            });
            (kind.label().to_owned(), visible)
        }
        Kind::AssessDependency => {
            stays.push("The ground you gave, and everything else of the case. An assessment without an identifier takes it back.".into());
            let (package, id) = (form.get("package"), form.get("public_as"));
            let visible = Becomes {
                what: format!(
                    "That {id} in {package} does not make the product vulnerable, and why by the closed list"
                ),
                whom: "everybody, and who reports it again".into(),
                when: "at once".into(),
                at: None,
            };
            (kind.label().to_owned(), vec![visible])
        }
        Kind::DecideVersions => {
            stays.push("A decision can be recorded anew later; what was recorded stays in the history.".into());
            (kind.label().to_owned(), matrix::told(form, opened).iter().map(|row| to_reporter(row)).collect())
        }
        Kind::MovePolicy => {
            stays.push("What is on record stays as it is; a breach is not undone.".into());
            let changed = changes(opened);
            let mut visible = vec![to_reporter(
                "That the case follows the newer policy, the reason you gave, and the dates that change",
            )];
            visible.extend(changed.iter().map(|change| to_reporter(&format!("Changed: {change}"))));
            (kind.label().to_owned(), visible)
        }
        Kind::ShareFile => {
            stays.push("Every other file of the case, and the name of who sent this one.".into());
            (kind.label().to_owned(), shares(case, form))
        }
        Kind::Close => {
            stays.push("The reporter can still write; the case can be taken up again.".into());
            ("Close the case".into(), vec![to_reporter("That the case is closed, and the reason you gave")])
        }
        _ => {
            stays.push("The case can be taken up again; nothing is deleted.".into());
            (kind.label().to_owned(), vec![to_reporter("The verdict and your words")])
        }
    };
    let waits = (kind == Kind::Publish).then(|| case.embargoed_until(now)).flatten().map(|until| {
        let until = TimeView::new(until, zone, now).absolute;
        format!("The reporter agreed to an embargo that ends {until}. Nothing is published before then.")
    });
    let text = form.get("text");
    let lead = if let Some(waits) = waits {
        waits
    } else if text.is_empty() {
        String::new()
    } else {
        format!("Your words: {text}")
    };
    let steps = if kind == Kind::Publish { &[Step::Order, Step::Publish] } else { kind.steps(case, policy) };
    let asked: Vec<_> = policy.gates.iter().filter(|gate| steps.contains(&gate.before)).collect();
    let since = changed_since.map(|seq| crate::execute::since(case, seq)).unwrap_or_default();
    html(&CheckPage {
        shell: shell(app, member, "case"),
        head: page::head(case, policy, &names),
        title,
        lead,
        visible,
        stays,
        gates: asked
            .into_iter()
            .map(|gate| {
                let there = gates::is_passed(case, policy, gate, member.actor.member());
                let state = if gates::is_overridden(case, gate) {
                    "passed without it, for a reason on record"
                } else if there {
                    "on record"
                } else {
                    "missing; asked when the fix comes"
                };
                Row::new(gates::words(gate.needs), state)
            })
            .collect(),
        action: format!("{}/{}", page::href(case), kind.name()),
        groups: vec![Group { fields, ..Group::default() }],
        problems,
        changed: history::lines(case, &since, policy, &names, zone, now),
        submit: kind.submit().into(),
        scrub,
        preview,
    })
}

/// Which file would be shared with whom.
fn shares(case: &Case, form: &Form) -> Vec<Becomes> {
    let file = case.files.iter().find(|known| known.file.id.as_str() == form.get("file"));
    let number = form.get("party").parse().ok();
    let party = number.and_then(|number| candor_core::parties::find(case, number));
    let (Some(file), Some(party)) = (file, party) else { return Vec::new() };
    let (name, size) = (&file.file.name, fmt::size(file.file.size));
    let under = form.some("name").map_or("a name that tells nothing".to_owned(), |name| format!("the name {name}"));
    let how = if form.ticked("marked") { "as a copy with their mark" } else { "byte for byte, without a mark" };
    let address = &party.invitation.contact.email;
    vec![Becomes {
        what: format!("The file {name} ({size}), under {under}, {how}"),
        whom: format!("{} ({}, {address})", party.name(), party.invitation.kind.label()),
        when: "at once, on their page; they are told by mail that there is something new".into(),
        at: None,
    }]
}

/// When an advisory would go out, in words.
fn publication(opened: &Opened, form: &Form, now: jiff::Timestamp) -> (String, Option<jiff::Timestamp>) {
    if let Some(typed) = form.some("at")
        && let Ok(at) = super::times::instant(&typed, &opened.zone)
    {
        return ("at".into(), Some(at));
    }
    let waits = waits_for_fix(&opened.case, &opened.policy);
    if let Some(until) = opened.case.embargoed_until(now) {
        let when = if waits { "with the release of the fix, and not before" } else { "at" };
        return (when.into(), Some(until));
    }
    match opened.policy.disclosure.publish_on {
        PublishOn::Fix if waits => ("with the release of the fix".into(), None),
        PublishOn::Both if waits => ("with the release of the fix, and not before the agreed date".into(), None),
        PublishOn::Date | PublishOn::Both => match &opened.case.embargo {
            Some(embargo) => ("at".into(), Some(embargo.until)),
            None => ("at once".into(), None),
        },
        _ => ("at once".into(), None),
    }
}
