//! What a report holds, and which cases are like it: facts for the one who reads it.

use super::Opened;
use crate::app::App;
use crate::app::shelf::Stage;
use crate::error::Error;
use crate::execute::queue::QueueRow;
use crate::search;
use crate::web::session::Member;
use crate::web::views::Link;
use crate::web::views::fmt;
use crate::web::views::search::{DecidedRow, EvidenceView, LikelyRow};
use candor_core::case::{Case, State};
use candor_core::evidence::{self, Lane};
use candor_core::id::CaseId;

/// Likely duplicates that are shown.
const LIKELY: usize = 5;

/// The part of the case page.
///
/// # Errors
/// When the store cannot be read.
pub async fn view(app: &App, member: &Member, opened: &Opened) -> Result<EvidenceView, Error> {
    let Opened { case, policy, .. } = opened;
    let found = evidence::of(case, policy);
    // Those that are handled together already are told elsewhere, and leave room for others.
    let most = LIKELY + case.gathered.len() + 1;
    let likely = search::similar(app, &member.actor, &case.id, most).await?;
    let alike = search::alike(app, &member.actor, &case.id);
    let mut against: Vec<String> = found.against.into_iter().map(|fact| fact.words).collect();
    if alike > 0 {
        let others = if alike == 1 { "Another report has".to_owned() } else { format!("{alike} other reports have") };
        against.push(format!("{others} the same text with other names or figures."));
    }
    let mut decided = Vec::new();
    if let Some(ids) = &found.dependency {
        for known in search::decided(app, &member.actor, case, ids).await? {
            decided.push(DecidedRow {
                href: format!("/desk/cases/{}", known.case),
                answer: if case.state.is_open() {
                    super::verdict::with_decision(&format!("/desk/cases/{}/verdict", case.id), &known)
                        .unwrap_or_else(|| format!("/desk/cases/{}/assess-dependency", case.id))
                } else {
                    String::new()
                },
                id: known.case.0,
                words: known.words,
            });
        }
    }
    Ok(EvidenceView {
        fold: if alike > 0 { super::queue::fold_href(&case.id) } else { String::new() },
        lane: match found.lane {
            Lane::Normal if alike >= search::MANY => Lane::Folded.label().into(),
            Lane::Normal => String::new(),
            lane => lane.label().into(),
        },
        score: found.score,
        holds: found.holds.into_iter().map(|fact| fact.words).collect(),
        missing: found.missing.into_iter().map(|fact| fact.words).collect(),
        against,
        sender: sender(search::sender(app, case)),
        decided,
        likely: likely
            .into_iter()
            .filter(|one| !is_together(case, &one.row.id))
            .take(LIKELY)
            .map(|one| LikelyRow {
                acts: acts(member, case, &one.row),
                href: format!("/desk/cases/{}", one.row.id),
                id: one.row.id.to_string(),
                title: one.row.card.title,
                state: fmt::state(one.row.state).into(),
                reasons: one.reasons,
            })
            .collect(),
        warming: app.shelf.stage() != Stage::Ready,
    })
}

/// Whether another case is decided with this one already, or this one with it.
fn is_together(case: &Case, other: &CaseId) -> bool {
    case.gathered.contains(other) || case.gathered_into.as_ref() == Some(other)
}

/// What can be done about a case that is likely the same: within one program, while this one is open.
fn acts(member: &Member, case: &Case, other: &QueueRow) -> Vec<Link> {
    if other.program != case.program || !case.state.is_open() || !super::may_write(member, &case.program) {
        return Vec::new();
    }
    let mut acts = Vec::new();
    if !matches!(other.state, State::Closed) && case.gathered_into.is_none() {
        acts.push(Link::new("Handle them together", format!("/desk/merge?case={}&case={}", case.id, other.id)));
    }
    acts.push(Link::new("Known already", format!("/desk/cases/{}/verdict?as=duplicate&of={}", case.id, other.id)));
    acts
}

fn sender(known: search::Sender) -> String {
    if known.reports == 0 {
        return String::new();
    }
    let reports =
        if known.reports == 1 { "One other report".to_owned() } else { format!("{} other reports", known.reports) };
    format!("{reports} of this sender to this program: {} found right, {} closed otherwise.", known.right, known.closed)
}
