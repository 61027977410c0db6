//! Comments on the sections of an advisory draft: at their fields in the editor, and the form for a new one.

use super::case::href;
use super::{Names, Opened};
use crate::app::App;
use crate::error::Error;
use crate::execute::execute;
use crate::web::forms::Form;
use crate::web::session::Member;
use crate::web::views::TimeView;
use crate::web::views::parts::{Choice, Control, Field, Group, Remark};
use candor_core::command::Command;
use candor_core::comments::{self, Section};
use jiff::Timestamp;

/// What the buttons of comments ask for; `None` for any other button.
pub fn wish(form: &Form) -> Option<Command> {
    let told = form.get("do");
    if told == "comment" {
        let section = Section::from_name(form.get("comment-section")).unwrap_or(Section::Summary);
        return Some(Command::CommentAdvisory { section, text: form.get("comment-text").to_owned() });
    }
    let number = told.strip_prefix("settle-")?;
    Some(Command::ResolveComment { comment: number.parse().unwrap_or_default() })
}

/// Does it, whatever else the case got meanwhile: a comment changes nothing that somebody else did.
///
/// # Errors
/// As [`execute`].
pub async fn act(app: &App, member: &Member, opened: &Opened, wish: Command) -> Result<(), Error> {
    execute(app, &member.actor, &opened.case.id, wish, None).await.map(drop)
}

/// Where to go on after it.
pub fn back(opened: &Opened) -> String {
    format!("{}/advisory#comments", href(&opened.case))
}

/// Puts the open comments at the fields of their sections, and a group for a new comment at the end. What belongs to no
/// field of the form stands in that group.
pub fn place(groups: &mut Vec<Group>, opened: &Opened, names: &Names, form: Option<&Form>, now: Timestamp) {
    let mut rest = Vec::new();
    for comment in comments::open(&opened.case) {
        let remark = Remark {
            who: comment.by.as_ref().map_or_else(|| "A former member".into(), |by| names.of(by)),
            at: TimeView::new(comment.at, &opened.zone, now),
            about: format!("“{}”, draft {}", comment.section.label(), comment.revision),
            text: comment.text.clone(),
            settle: format!("settle-{}", comment.number),
        };
        let mut fields = groups.iter_mut().flat_map(|group| &mut group.fields);
        match fields.find(|field| Some(field.name.as_str()) == field_of(comment.section)) {
            Some(field) => field.remarks.push(remark),
            None => rest.push(remark),
        }
    }
    let typed = |name: &str| form.map(|form| form.get(name).to_owned()).unwrap_or_default();
    let sections = Section::ALL.into_iter().map(|section| Choice::new(section.name(), section.label())).collect();
    let mut section = Field::new("comment-section", "Section", Control::Select(sections));
    section.value = typed("comment-section");
    section.remarks = rest;
    let text = Field::area("comment-text", "Comment", 2)
        .note("optional")
        .hint("Members on the case see it. It is never part of the advisory.")
        .value(typed("comment-text"));
    let lead = comments::warning(&opened.case).unwrap_or_else(|| "No comment is open.".into());
    groups.push(Group { lead, ..Group::new("comments", "Comments on the draft", vec![section, text]) });
}

/// The field at which a section begins.
fn field_of(section: Section) -> Option<&'static str> {
    Some(match section {
        Section::Title => "title",
        Section::Summary => "summary",
        Section::Products => "product-0",
        Section::Severity => return None,
        Section::Details => "details",
        Section::Impact => "impact",
        Section::Conditions => "conditions",
        Section::Cause => "cause",
        Section::Workaround => "workaround",
        Section::References => "references",
        Section::Aliases => "aliases",
        Section::Credits => "thanks-name-0",
        Section::Timeline => "line-1",
        Section::Distribution => "tlp",
        Section::Change => "change",
    })
}
