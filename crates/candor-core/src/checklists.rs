//! Checklists of the policy in a case: which apply, what is ticked off by whom, what is left. Where the policy says so, a
//! gate asks for one before a step.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional};
use crate::event::{Event, ItemTick};
use crate::evolve::Stamp;
use crate::id::MemberId;
use crate::policy::{Checklist, Policy};
use crate::refusal::Refusal;
use jiff::Timestamp;

/// An item that is ticked off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ticked {
    /// Name of the checklist.
    pub checklist: String,
    /// The item, as the policy has it.
    pub item: String,
    /// Who ticked it off.
    pub by: MemberId,
    /// When.
    pub at: Timestamp,
    /// What they said.
    pub text: String,
}

/// A checklist as it stands in a case.
#[derive(Debug, Clone, PartialEq)]
pub struct View<'a> {
    /// The rule.
    pub rule: &'a Checklist,
    /// Its items in order, with who ticked each off.
    pub items: Vec<(&'a str, Option<&'a Ticked>)>,
}

impl View<'_> {
    /// How many items are not ticked off.
    pub fn left(&self) -> usize {
        self.items.iter().filter(|(_, ticked)| ticked.is_none()).count()
    }
}

/// Whether a checklist is for cases of this kind, whatever the stage.
fn is_of_kind(case: &Case, rule: &Checklist) -> bool {
    (rule.severities.is_empty() || case.severity().is_some_and(|severity| rule.severities.contains(&severity)))
        && (rule.weaknesses.is_empty() || case.cwe.is_some_and(|cwe| rule.weaknesses.contains(&cwe)))
}

/// Whether a checklist is asked for in a case as it stands.
fn applies(case: &Case, rule: &Checklist) -> bool {
    is_of_kind(case, rule) && (rule.stages.is_empty() || rule.stages.iter().any(|stage| stage.is(case.state)))
}

fn view<'a>(case: &'a Case, rule: &'a Checklist) -> View<'a> {
    let ticked = |item: &str| case.ticked.iter().find(|known| known.checklist == rule.name && known.item == item);
    View { rule, items: rule.items.iter().map(|item| (item.as_str(), ticked(item))).collect() }
}

/// The checklists of a case, in the order of the policy: those of its stage and kind, and those begun before.
pub fn views<'a>(case: &'a Case, policy: &'a Policy) -> Vec<View<'a>> {
    let begun = |rule: &Checklist| case.ticked.iter().any(|known| known.checklist == rule.name);
    policy.checklists.iter().filter(|rule| applies(case, rule) || begun(rule)).map(|rule| view(case, rule)).collect()
}

/// What is left of the checklist of this name where it is for cases of this kind, whatever the stage; without a name, of
/// all that apply now.
pub(crate) fn left<'a>(case: &'a Case, policy: &'a Policy, name: Option<&str>) -> Vec<View<'a>> {
    let asked = policy.checklists.iter().filter(|rule| match name {
        Some(name) => rule.name == name && is_of_kind(case, rule),
        None => applies(case, rule),
    });
    asked.map(|rule| view(case, rule)).filter(|view| view.left() > 0).collect()
}

/// Ticks items off, or takes ticks back. What is so already is left out.
pub(crate) fn tick(case: &Case, policy: &Policy, items: &[ItemTick], text: &str) -> Result<Vec<Event>, Refusal> {
    let mut changed: Vec<ItemTick> = Vec::new();
    for tick in items {
        let Some(rule) = policy.checklists.iter().find(|rule| rule.name == tick.checklist) else {
            let problem = format!("the policy has no checklist called `{}`", short(&tick.checklist));
            return Err(Refusal::Field { field: "items", problem });
        };
        if !rule.items.contains(&tick.item) {
            let problem = format!(
                "the checklist `{}` has no item “{}”; write an item as the policy has it",
                rule.name,
                short(&tick.item)
            );
            return Err(Refusal::Field { field: "items", problem });
        }
        let is_done = case.ticked.iter().any(|known| known.checklist == tick.checklist && known.item == tick.item);
        let twice = changed.iter().any(|known| known.checklist == tick.checklist && known.item == tick.item);
        if is_done != tick.done && !twice {
            changed.push(tick.clone());
        }
    }
    if items.is_empty() {
        return Err(Refusal::Field { field: "items", problem: "name at least one item of a checklist".into() });
    }
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    Ok(vec![Event::Ticked { items: changed, text: optional("text", text, MESSAGE_LIMIT)? }])
}

fn short(text: &str) -> String {
    text.chars().take(LINE_LIMIT.min(80)).collect()
}

/// What an event means for the ticks of a case.
pub(crate) fn evolve(case: &mut Case, stamp: &Stamp, items: &[ItemTick], text: &str) {
    let crate::case::Author::Member(by) = &stamp.by else { return };
    for tick in items {
        case.ticked.retain(|known| known.checklist != tick.checklist || known.item != tick.item);
        if tick.done {
            case.ticked.push(Ticked {
                checklist: tick.checklist.clone(),
                item: tick.item.clone(),
                by: by.clone(),
                at: stamp.at,
                text: text.to_owned(),
            });
        }
    }
}
