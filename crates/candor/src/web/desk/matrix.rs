//! Forms with many rows of one kind: what is so about each supported version, and what the checklists ask.

use super::{Names, Opened};
use crate::web::forms::Form;
use crate::web::views::case::ChecklistView;
use crate::web::views::parts::{Choice, Control, Field, Group};
use crate::web::views::{Problem, Row, TimeView};
use candor_core::case::Fix;
use candor_core::checklists;
use candor_core::command::{Command, VersionDecision};
use candor_core::event::{FixKind, ItemTick};
use candor_core::versions;
use jiff::Timestamp;

/// What can be so about a version, with its value in a form and its words.
pub const KINDS: [(FixKind, &str, &str); 6] = [
    (FixKind::Patch, "patch", "A fix is released"),
    (FixKind::Disable, "disable", "The broken feature is switched off"),
    (FixKind::Countermeasure, "countermeasure", "Another change makes it impossible to exploit"),
    (FixKind::Workaround, "workaround", "Users can protect themselves"),
    (FixKind::NotAffected, "not-affected", "This version is not affected"),
    (FixKind::WillNotFix, "will-not-fix", "This version will not be fixed"),
];

/// The kind of this value.
pub fn kind(value: &str) -> Option<FixKind> {
    KINDS.iter().find(|(_, known, _)| *known == value).map(|(kind, ..)| *kind)
}

/// Most rows of one form.
const ROWS: usize = 100;

/// The supported versions with what was decided last; one row without a name for a policy with one line of releases.
fn rows(opened: &Opened) -> Vec<(String, Option<&Fix>)> {
    let Opened { case, policy, .. } = opened;
    let supported = versions::supported(policy, case.opened_at);
    if supported.is_empty() {
        return vec![(String::new(), case.fixes.last())];
    }
    let last = |branch: &str| case.fixes.iter().rev().find(|fix| versions::is_about(policy, case, fix, branch));
    supported.into_iter().map(|known| (known.branch.clone(), last(&known.branch))).take(ROWS).collect()
}

fn heading(branch: &str) -> String {
    if branch.is_empty() { "Latest release".into() } else { format!("Version {branch}") }
}

/// One row of questions per supported version, with what is on record already.
pub fn groups(form: &Form, opened: &Opened) -> Vec<Group> {
    let mut groups = Vec::new();
    for (at, (branch, last)) in rows(opened).into_iter().enumerate() {
        let value = |field: &str, known: String| {
            let name = format!("{field}-{at}");
            if form.has(&name) { form.get(&name).to_owned() } else { known }
        };
        let mut choices = vec![Choice::new("", "Not decided yet")];
        choices.extend(KINDS.iter().map(|(_, value, label)| Choice::new(*value, *label)));
        let decided =
            last.and_then(|fix| KINDS.iter().find(|(kind, ..)| *kind == fix.kind)).map_or("", |(_, name, _)| name);
        let of = |text: fn(&Fix) -> Option<String>| last.and_then(text).unwrap_or_default();
        let fields = vec![
            Field::hidden(format!("branch-{at}"), branch.as_str()),
            Field::new(format!("kind-{at}"), "What is so", Control::Select(choices))
                .value(value("kind", decided.into())),
            Field::line(format!("version-{at}"), "Version that has it")
                .hint("For a fix, like 4.2.1.")
                .narrow()
                .value(value("version", of(|fix| fix.version.clone()))),
            Field::line(format!("url-{at}"), "Where it can be had")
                .note("optional")
                .value(value("url", of(|fix| fix.url.clone()))),
            Field::area(format!("details-{at}"), "In words", 2)
                .hint("Why not affected, or why not fixed; for a fix this can stay empty.")
                .value(value("details", of(|fix| Some(fix.details.clone())))),
        ];
        groups.push(Group::new(format!("row-{at}"), heading(&branch), fields).columns());
    }
    groups
}

/// The decisions of the rows that say something new.
///
/// # Errors
/// The field that has to be mended.
pub fn decisions(form: &Form, opened: &Opened) -> Result<Command, Problem> {
    let mut decisions = Vec::new();
    for (at, (branch, last)) in rows(opened).into_iter().enumerate() {
        let Some(kind) = kind(form.get(&format!("kind-{at}"))) else { continue };
        let some = |field: &str| form.some(&format!("{field}-{at}"));
        let (version, url, details) = (some("version"), some("url"), some("details").unwrap_or_default());
        let wrong = |field: &str, text: &str| Problem {
            field: format!("{field}-{at}"),
            text: format!("{}: {text}", heading(&branch)),
        };
        if kind == FixKind::Patch && version.is_none() {
            return Err(wrong("version", "name the version that has the fix"));
        }
        if kind != FixKind::Patch && details.is_empty() {
            return Err(wrong("details", "say in a sentence why, or what to do"));
        }
        let known = last
            .is_some_and(|fix| fix.kind == kind && fix.version == version && fix.url == url && fix.details == details);
        if !known {
            decisions.push(VersionDecision { branch, kind, version, url, details });
        }
    }
    if decisions.is_empty() {
        let text = "Decide about at least one version; what is on record already stays as it is".into();
        return Err(Problem { field: "kind-0".into(), text });
    }
    Ok(Command::DecideVersions { decisions })
}

/// What the decisions of a form say, one line each.
pub fn told(form: &Form, opened: &Opened) -> Vec<String> {
    let Ok(Command::DecideVersions { decisions }) = decisions(form, opened) else { return Vec::new() };
    let line = |decision: &VersionDecision| {
        let words = KINDS.iter().find(|(kind, ..)| *kind == decision.kind).map_or("", |(_, _, words)| words);
        let version = decision.version.as_ref().map(|version| format!(", {version}")).unwrap_or_default();
        format!("{}: {}{version}", heading(&decision.branch), super::acts::lower_first(words))
    };
    decisions.iter().map(line).collect()
}

/// One box per item of the checklists that apply.
pub fn ticks_of(form: &Form, opened: &Opened) -> Vec<Group> {
    let sent = form.ticked("sent");
    let views = checklists::views(&opened.case, &opened.policy);
    let mut groups: Vec<Group> = Vec::new();
    for (list, view) in views.iter().enumerate() {
        let boxes = view.items.iter().enumerate().map(|(at, (item, ticked))| {
            let name = format!("tick-{list}-{at}");
            let on = if sent { form.ticked(&name) } else { ticked.is_some() };
            Field::new(name, *item, Control::Check).value(if on { "on" } else { "" })
        });
        groups.push(Group::new(format!("list-{list}"), view.rule.heading(), boxes.collect()));
    }
    groups.push(Group::new(
        "words",
        "",
        vec![
            Field::hidden("sent", "on"),
            Field::area("text", "What was found", 3).note("optional").value(form.get("text")),
        ],
    ));
    groups
}

/// The ticks that differ from what is on record.
///
/// # Errors
/// When nothing differs.
pub fn ticks(form: &Form, opened: &Opened) -> Result<Command, Problem> {
    let views = checklists::views(&opened.case, &opened.policy);
    let mut items = Vec::new();
    for (list, view) in views.iter().enumerate() {
        for (at, (item, ticked)) in view.items.iter().enumerate() {
            let done = form.ticked(&format!("tick-{list}-{at}"));
            if done != ticked.is_some() {
                items.push(ItemTick { checklist: view.rule.name.clone(), item: (*item).to_owned(), done });
            }
        }
    }
    if items.is_empty() {
        return Err(Problem { field: String::new(), text: "Nothing is changed; tick what is done".into() });
    }
    Ok(Command::TickItems { items, text: form.get("text").to_owned() })
}

/// The checklists of a case, for its page.
pub fn lists(opened: &Opened, names: &Names, now: Timestamp) -> Vec<ChecklistView> {
    let Opened { case, policy, zone, .. } = opened;
    let row = |(item, ticked): &(&str, Option<&checklists::Ticked>)| {
        let words = match ticked {
            None => "open".to_owned(),
            Some(tick) => {
                let said = if tick.text.is_empty() { String::new() } else { format!(": {}", tick.text) };
                format!("done by {}, {}{said}", names.of(&tick.by), TimeView::new(tick.at, zone, now).absolute)
            }
        };
        Row::new(*item, words)
    };
    let views = checklists::views(case, policy).into_iter();
    views
        .map(|view| ChecklistView {
            heading: view.rule.heading().to_owned(),
            words: match (view.items.len() - view.left(), view.items.len()) {
                (done, all) if done == all => format!("all {all} done"),
                (done, all) => format!("{done} of {all} done"),
            },
            is_done: view.left() == 0,
            rows: view.items.iter().map(row).collect(),
        })
        .collect()
}
