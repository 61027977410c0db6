//! Advisories that are not for everybody: handed out to whoever may read their case, printed from the journal each time.

use super::load_case;
use crate::app::App;
use crate::error::Error;
use crate::store;
use candor_core::access::Actor;
use candor_core::case::Case;
use candor_core::id::{CaseId, ProgramSlug};
use candor_formats::advisory::{Document, Record, Tlp, documents_again};

/// Most advisories of a program under one label that are looked through.
const MOST: i64 = 1_000;

/// The newest editions of a program under a label, as far as the asker may read their cases, the newest first. Whoever may
/// read none gets none: what there is besides cannot be told from what there is not.
///
/// # Errors
/// When the store or a journal cannot be read.
pub async fn readable(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    label: Tlp,
) -> Result<Vec<(CaseId, Record)>, Error> {
    let mut records = Vec::new();
    for row in store::restricted::list(&app.store, program.as_str(), label.name(), MOST).await? {
        match load_case(app, actor, &CaseId(row.stream)).await {
            Ok(case) => {
                let newest = newest(&case).filter(|record| record.tlp == label).cloned();
                records.extend(newest.map(|record| (case.id, record)));
            }
            Err(Error::NotFound | Error::NotOn) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(records)
}

/// The newest edition of a case's advisory, whoever it is for.
pub fn newest(case: &Case) -> Option<&Record> {
    case.advisory.published.last()
}

/// One document of an edition, by what its file's name ends with: `csaf.json`. `None` where the format has no place for
/// the label, or there is none of this name.
///
/// # Errors
/// When it cannot be printed.
pub fn document(record: &Record, suffix: &str) -> Result<Option<Document>, Error> {
    let all = documents_again(record, env!("CARGO_PKG_VERSION")).map_err(|why| Error::internal(why.join("; ")))?;
    Ok(all.into_iter().find(|document| document.suffix == suffix))
}
