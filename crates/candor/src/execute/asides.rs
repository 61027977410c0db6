//! What an act means for the cases that hang together with its own: reports of the same problem, findings of one report.
//! Everything stands in one transaction; when one of the cases was changed meanwhile, nothing is kept and all is tried again.

use super::{How, Letters, Loaded, load, policy_of, report};
use crate::app::App;
use crate::error::Error;
use crate::keys::random;
use crate::store::{self, Batch};
use candor_core::access::{Actor, Allowed};
use candor_core::case::Case;
use candor_core::cluster::{self, Aside, Lead};
use candor_core::command::Command;
use candor_core::disclosure;
use candor_core::event::{Channel, Event, ReportFacts};
use candor_core::evolve::{Stamp, author_of, begin, evolve};
use candor_core::id::CaseId;
use candor_formats::advisory::Credit;
use jiff::Timestamp;

/// What must be known of the case that is to gather another one; `None` when the asker may not see it.
pub(super) async fn lead(app: &App, actor: &Actor, id: &CaseId) -> Result<Option<Lead>, Error> {
    match super::load_case(app, actor, id).await {
        Ok(case) => Ok(Some(Lead::of(&case))),
        Err(Error::NotFound | Error::NotOn) => Ok(None),
        Err(other) => Err(other),
    }
}

/// Credits of the reports that are handled with this one, or that it is a finding of.
pub(super) async fn credits(app: &App, case: &Case) -> Result<Vec<Credit>, Error> {
    let mut credits = Vec::new();
    let linked: Vec<CaseId> = case.gathered.iter().chain(&case.part_of).cloned().collect();
    for id in linked {
        let Loaded { case: other, policy, .. } = load(app, &id).await?;
        credits.extend(disclosure::credits(&other, &policy));
    }
    Ok(credits)
}

/// Writes down what the events of an act mean for other cases, and opens the cases of findings. Gives the cases it wrote into.
pub(super) async fn write(
    app: &App,
    batch: &mut Batch,
    actor: &Actor,
    allowed: &Allowed<'_>,
    after: &Case,
    events: &[Event],
    now: Timestamp,
) -> Result<Vec<CaseId>, Error> {
    let mut others = Vec::new();
    for Aside { case, events } in cluster::asides(after, allowed.command(), events) {
        let loaded = load(app, &case).await?;
        let events = cluster::applicable(&loaded.case, events);
        if !events.is_empty() {
            let how = How { now, letters: Letters::Now, decided_in: Some(&after.id) };
            super::write(app, batch, &loaded, actor, &events, how).await?;
            others.push(case);
        }
    }
    for event in events {
        if let Event::SplitOff { case, title, text } = event {
            open_part(app, batch, actor, after, case, title, text, now).await?;
            others.push(case.clone());
        }
    }
    Ok(others)
}

/// The case of a finding: a report in the words of the whole, without a reporter of its own.
#[allow(clippy::too_many_arguments)]
async fn open_part(
    app: &App,
    batch: &mut Batch,
    actor: &Actor,
    whole: &Case,
    id: &CaseId,
    title: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let keys = app.keys()?;
    let policy = policy_of(app, whole)?;
    let first = whole.reports.first();
    let told = first.map(|report| report.facts.clone()).unwrap_or_default();
    // Its receipt is drawn and given to nobody: the reporter's is the one of the whole.
    let receipt = report::receipt_hash(keys, &random::receipt())
        .ok_or_else(|| Error::internal("a fresh receipt is malformed"))?;
    let events = [
        Event::Reported {
            program: whole.program.clone(),
            policy_version: whole.policy_version,
            number: 0,
            received_at: whole.opened_at,
            channel: first.map_or(Channel::Member, |report| report.channel),
            facts: Box::new(ReportFacts {
                title: title.to_owned(),
                description: text.to_owned(),
                product: told.product,
                component: told.component,
                version: told.version,
                exploited: told.exploited,
                standing: told.standing,
                ..ReportFacts::default()
            }),
            person: None,
            filed_by: actor.member().cloned(),
            receipt: report::hex(&receipt),
        },
        Event::PartOf { case: whole.id.clone() },
    ];
    let case_key = keys.case_key(id.as_str()).await?;
    let by = author_of(&actor.name());
    let mut entries = Vec::with_capacity(events.len());
    let mut part: Option<Case> = None;
    for (seq, event) in (1_u64..).zip(&events) {
        let stamp = Stamp { seq, at: now, by: by.clone(), decided_in: None };
        match &mut part {
            None => part = begin(id, &stamp, event.clone()),
            Some(part) => evolve(part, &stamp, event.clone()),
        }
        let part = part.as_ref().ok_or_else(|| Error::internal("a case did not begin with a report"))?;
        entries.push(super::journal::seal_event(keys, &case_key, part, &stamp, actor, event).await?);
    }
    let part = part.ok_or_else(|| Error::internal("a finding made no case"))?;
    let (statements, head) = store::journal::append_statements(id.as_str(), store::journal::Head::EMPTY, &entries);
    batch.main.extend(statements);
    let row = super::project::row(&case_key, &part, &policy, head)?;
    batch.main.push(store::cases::insert_statement(&row));
    batch.main.push(store::receipts::insert_statement(&receipt, id.as_str(), 0));
    batch.main.extend(store::cases::count_statements(None, Some((&row.program, &row.state))));
    Ok(())
}

/// Draws the cases of findings that have none yet, for whoever may ask it.
pub(super) async fn named(app: &App, actor: &Actor, case: &Case, command: Command) -> Result<Command, Error> {
    let Command::Split { mut parts, text } = command else { return Ok(command) };
    if actor.works_in(&case.program) && parts.len() <= cluster::MOST {
        let keys = app.keys()?;
        for part in parts.iter_mut().filter(|part| part.case.as_str().is_empty()) {
            let (id, _) = keys.new_case(app.now().as_microsecond()).await?;
            part.case = CaseId(id);
        }
    }
    Ok(Command::Split { parts, text })
}

/// Cases that hang together with one, as far as the asker may see them: id, title and state.
///
/// # Errors
/// As the store fails.
pub async fn seen(app: &App, actor: &Actor, ids: Vec<CaseId>) -> Result<Vec<Case>, Error> {
    let mut cases = Vec::new();
    for id in ids {
        match super::load_case(app, actor, &id).await {
            Ok(case) => cases.push(case),
            Err(Error::NotFound | Error::NotOn) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(cases)
}
