//! Projections, made anew from the journal. Every table but the journal can be dropped; this makes the same bytes again.

use super::report::has_mail_receipt;
use super::{journal, project};
use crate::app::App;
pub(crate) use crate::coding::unhex;
use crate::error::Error;
use crate::store::{self, Batch, Statement};
use candor_core::case::SummaryState;
use candor_core::event::{Channel, Event};
use candor_core::id::CaseId;

/// How many cases are rebuilt in one transaction.
const STEP: i64 = 500;

/// Rebuilds the rows of all cases, the counts, the receipts and the published records. Gives the number of cases.
///
/// # Errors
/// When a journal cannot be read; what was rebuilt before stands.
pub async fn rebuild(app: &App, mut progress: impl FnMut(u64)) -> Result<u64, Error> {
    app.store.commit(Batch::main(store::cases::clear_statements())).await?;
    let mut done = 0;
    let mut after = String::new();
    loop {
        let streams = store::journal::streams(&app.store, &after, STEP).await?;
        let Some(last) = streams.last() else { return Ok(done) };
        after.clone_from(last);
        let mut statements: Vec<Statement> = Vec::new();
        for stream in &streams {
            let id = CaseId(stream.clone());
            let (case, head) = match journal::load(app, &id).await {
                Ok(Some(loaded)) => loaded,
                // An erased case has no row.
                Ok(None) | Err(Error::NotFound) => continue,
                Err(other) => return Err(other),
            };
            let policy = super::policy_of(app, &case)?;
            let key = app.keys()?.case_key(stream).await?;
            let row = project::row(&key, &case, &policy, head)?;
            statements.extend(store::cases::count_statements(None, Some((&row.program, &row.state))));
            statements.push(store::cases::upsert_statement(&row));
            for entry in &case.history {
                match &entry.what {
                    Event::Reported { number, receipt, channel, filed_by, .. } => {
                        if let Some(hash) = unhex(receipt) {
                            statements.push(store::receipts::restore_statement(&hash, stream, i64::from(*number)));
                            // As they were filed: a finding keeps the channel of the whole and has no secrets of its own.
                            let by_mail = *channel == Channel::Mail
                                && (filed_by.is_none() || has_mail_receipt(app.keys()?, stream, &hash));
                            if by_mail {
                                let replies = super::report::reply_hashes(app.keys()?, &hash);
                                statements.extend(
                                    replies.map(|hash| {
                                        store::receipts::restore_statement(&hash, stream, i64::from(*number))
                                    }),
                                );
                            }
                        }
                    }
                    Event::Party { party, act } => {
                        let row = super::parties::row(app.keys()?, &id, *party, act);
                        statements.extend(
                            row.map(|(hash, number)| store::receipts::restore_statement(&hash, stream, number)),
                        );
                    }
                    Event::Published { record } if !record.tlp.is_public() => {
                        statements.push(journal::restricted_row(&case, record));
                        statements.extend(journal::number_taken(&case, record));
                    }
                    Event::Published { record } => {
                        statements.push(store::restricted::remove_statement(stream));
                        statements.push(journal::public_row(&case, record)?);
                        statements.extend(journal::number_taken(&case, record));
                    }
                    _ => {}
                }
            }
            if let Some(summary) = case.summary.as_ref().filter(|summary| summary.state == SummaryState::Public) {
                statements.push(store::closed_reports::put_statement(&store::closed_reports::ClosedReport {
                    stream: stream.clone(),
                    program: case.program.0.clone(),
                    at: summary.at.as_microsecond(),
                    title: summary.title.clone(),
                    text: summary.text.clone(),
                }));
            }
            statements.extend(case.dependencies.iter().filter_map(|known| super::public::row(&case, known)));
            done += 1;
        }
        app.store.commit(Batch::main(statements)).await?;
        progress(done);
    }
}

/// Works out to whom the cases of an older Candor are open. Gives their number.
///
/// # Errors
/// When a journal cannot be read; what was worked out before stands.
pub async fn fill_grants(app: &App) -> Result<u64, Error> {
    let mut done = 0;
    loop {
        let ids = store::cases::ungranted(&app.store, STEP).await?;
        let mut statements = Vec::new();
        for id in &ids {
            let loaded = super::load(app, &CaseId(id.clone())).await?;
            let key = app.keys()?.case_key(id).await?;
            let row = project::row(&key, &loaded.case, &loaded.policy, loaded.head)?;
            statements.push(store::cases::upsert_statement(&row));
            done += 1;
        }
        if statements.is_empty() {
            return Ok(done);
        }
        app.store.commit(Batch::main(statements)).await?;
    }
}
