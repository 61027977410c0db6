//! Cases into the index: all of them once, in the background; then those that changed.

use crate::accounts;
use crate::app::App;
use crate::app::shelf::Stage;
use crate::error::Error;
use crate::execute::journal;
use crate::store;
use candor_core::case::Case;
use candor_core::event::Event;
use candor_core::evidence;
use candor_core::id::CaseId;
use candor_core::likeness::{Entry, keys_of, template};
use candor_core::promises;
use candor_core::standing;
use candor_formats::cvss::Severity;
use candor_formats::identifiers;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;

/// Cases of one step.
const STEP: i64 = 1_000;
/// Up to so many cases are read at once when somebody asks before anything was read.
const AT_ONCE: usize = 1_000;
/// How often cases changed by other processes are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// In every so many of these looks, keys are looked for as well: what was erased by another process leaves the memory. It
/// is not shown before that either.
const KEYS_EVERY: u32 = 20;

/// Reads every case once. Does nothing when that was done.
///
/// # Errors
/// When the store cannot be read; what was read stands, and the next call goes on.
pub async fn warm(app: &App) -> Result<(), Error> {
    let _one = app.shelf.filling.lock().await;
    walk(app, usize::MAX, true).await
}

/// Makes sure that what this process committed is in the index. The first to ask reads the first cases; a store with more
/// is warmed in the background, and answers say so.
///
/// # Errors
/// When the store cannot be read.
pub async fn catch_up(app: &App) -> Result<(), Error> {
    // While all cases are read for the first time, nobody waits for that; the answer says that some may be missing.
    if app.shelf.stage() == Stage::Cold
        && let Ok(_one) = app.shelf.filling.try_lock()
    {
        Box::pin(walk(app, AT_ONCE, false)).await?;
    }
    if app.shelf.has_touched() {
        let _one = match app.shelf.stage() {
            Stage::Ready => app.shelf.filling.lock().await,
            Stage::Cold | Stage::Warming => match app.shelf.filling.try_lock() {
                Ok(one) => one,
                Err(_) => {
                    // Nobody waits; what changed is left out until it is read again, so that nothing is found or counted by
                    // what it was.
                    app.shelf.hide_touched();
                    return Ok(());
                }
            },
        };
        let names = Names::load(app).await?;
        for case in app.shelf.take_touched() {
            take(app, &case, &names).await;
        }
    }
    Ok(())
}

/// Keeps the index up to date until `shutdown`: what other processes wrote or erased is found by looking.
pub async fn keep(app: App, mut shutdown: watch::Receiver<bool>) {
    let mut turn = 0_u32;
    let mut erasures = None;
    loop {
        turn = turn.wrapping_add(1);
        if let Ok(keys) = app.keys() {
            let one = app.shelf.filling.lock().await;
            // A reporter who was forgotten leaves no entry; only the ring tells of it.
            if let Ok(count) = keys.erasures().await
                && erasures.replace(count).is_some_and(|before| before != count)
            {
                app.shelf.forget_heads();
            }
            if let Err(why) = Box::pin(walk(&app, usize::MAX, turn.is_multiple_of(KEYS_EVERY))).await {
                tracing::error!(cause = %why, "reading cases for search failed and is tried again");
            }
            drop(one);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = shutdown.wait_for(|stop| *stop) => return,
        }
    }
}

/// Walks over the rows of all cases and reads those whose last entry is not known; with `look_for_keys`, forgets those
/// whose key is gone.
async fn walk(app: &App, most: usize, look_for_keys: bool) -> Result<(), Error> {
    if app.shelf.stage() == Stage::Cold {
        app.shelf.set_stage(Stage::Warming);
    }
    let names = Names::load(app).await?;
    let mut after = String::new();
    let mut taken = 0;
    loop {
        let heads = store::cases::heads_after(&app.store, &after, STEP).await?;
        let Some((last, _)) = heads.last() else { break };
        after.clone_from(last);
        let ids: Vec<&str> = heads.iter().map(|(id, _)| id.as_str()).collect();
        let keys = if look_for_keys { Some(app.keys()?.case_keys(&ids).await?) } else { None };
        for (id, head) in &heads {
            if keys.as_ref().is_some_and(|keys| !keys.contains_key(id)) {
                app.shelf.forget(id);
            } else if app.shelf.head(id) != Some(*head) {
                if taken == most {
                    return Ok(());
                }
                taken += 1;
                take(app, id, &names).await;
                // A case that cannot be read is tried again when it changes, or at the next start.
                app.shelf.set_head(id, *head);
            }
        }
        tokio::task::yield_now().await;
    }
    app.shelf.set_stage(Stage::Ready);
    Ok(())
}

/// Reads one case. One that cannot be read is left out, so that the others are found.
async fn take(app: &App, id: &str, names: &Names) {
    match journal::load(app, &CaseId(id.to_owned())).await {
        Ok(Some((case, head))) => {
            if let Some(entry) = entry_of(app, &case, names) {
                app.shelf.write().put(entry);
            }
            app.shelf.set_head(id, head.seq);
        }
        Ok(None) | Err(Error::NotFound) => app.shelf.forget(id),
        Err(why) => {
            tracing::error!(case = id, cause = %why, "a case cannot be read for search and is left out of it");
            app.shelf.forget(id);
        }
    }
}

/// Names of members.
pub struct Names(BTreeMap<String, String>);

impl Names {
    async fn load(app: &App) -> Result<Self, Error> {
        Ok(Self(accounts::members(app).await?.into_iter().map(|member| (member.id.0, member.name)).collect()))
    }
}

/// What the index is told of a case; `None` when its policy is not in service.
pub fn entry_of(app: &App, case: &Case, names: &Names) -> Option<Entry> {
    let policy = app.policy_at(&case.program, case.policy_version)?;
    let mut body = String::new();
    let mut told = String::new();
    let mut reporter = String::new();
    let mut cwe: Vec<u32> = case.cwe.into_iter().collect();
    let mut ids: Vec<String> = case.aliases.clone();
    for report in &case.reports {
        let facts = &report.facts;
        let answers: Vec<&str> = facts.answers.values().map(String::as_str).collect();
        let answers = answers.join("\n");
        let named = facts.identifiers.join(" ");
        for text in [
            &facts.title,
            &facts.description,
            &facts.steps,
            &facts.expected,
            &facts.actual,
            &facts.weakness,
            &facts.impact,
            &facts.preconditions,
            &facts.dependency,
            &named,
            &facts.version,
            &answers,
        ] {
            if !text.is_empty() && *text != case.title {
                told.push_str(text);
                told.push('\n');
            }
        }
        if let Some(contact) = &report.contact {
            for part in [&contact.name, &contact.email, &contact.organisation] {
                reporter.push_str(&part.to_lowercase());
                reporter.push(' ');
            }
        }
        cwe.extend(
            candor_formats::cwe::Cwe::parse(facts.weakness.split(':').next().unwrap_or_default()).map(|known| known.id),
        );
    }
    for entry in &case.history {
        match &entry.what {
            Event::ReporterWrote { text, .. } => {
                told.push_str(text);
                told.push('\n');
            }
            Event::Answered { text, .. }
            | Event::Asked { text, .. }
            | Event::Noted { text, .. }
            | Event::AdvisoryCommented { text, .. } => {
                body.push_str(text);
                body.push('\n');
            }
            _ => {}
        }
    }
    if let Some(draft) = &case.advisory.draft {
        body.push_str(&draft.title);
        body.push('\n');
    }
    ids.extend(case.advisory.id.clone());
    ids.extend(identifiers::find(&format!("{}\n{told}", case.title)).into_iter().map(|known| known.id));
    ids.sort();
    ids.dedup();
    cwe.sort_unstable();
    cwe.dedup();
    let component = case.component.clone().unwrap_or_default();
    let files: Vec<String> = case.files.iter().map(|known| known.file.sha256.clone()).collect();
    let texts = format!("{}\n{}\n{told}", case.title, ids.join(" "));
    let lane = evidence::of(case, &policy).lane;
    let template = match case.reports.first() {
        Some(first) => template(&first.facts.description, app.shelf_key()),
        None => Vec::new(),
    };
    let next = promises::next(case, &policy, case.updated_at);
    let mut entry = Entry {
        id: case.id.0.clone(),
        program: case.program.0.clone(),
        grants: standing::write(&standing::grants(case, &policy)),
        state: case.state.name().into(),
        open: case.state.is_open(),
        published: case.advisory.is_public(),
        holder: case.assignee.as_ref().map(|member| member.0.clone()).unwrap_or_default(),
        holder_name: case.assignee.as_ref().and_then(|member| names.0.get(&member.0).cloned()).unwrap_or_default(),
        product: case.product.clone().unwrap_or_default(),
        keys: keys_of(&texts, &component, &cwe, &files),
        component,
        severity: case.severity().map(severity_word).unwrap_or_default().into(),
        lane: lane.name().into(),
        reporter,
        opened: case.opened_at.as_second(),
        due: next.map(|clock| clock.due.as_second()),
        cwe,
        identifiers: ids,
        related: case.related.iter().map(|(other, _)| other.0.clone()).collect(),
        title: case.title.clone(),
        body: String::new(),
        template,
    };
    told.push_str(&body);
    entry.body = told;
    Some(entry)
}

fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::None => "none",
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
