//! Advisories of the past: documents that somebody published elsewhere become published records of a program. They have
//! no case and no journal; their stream says where they are from, so that the same document is never two advisories.

use candor_core::disclosure;
use candor_core::policy::Policy;
use candor_formats::advisory::{Links, Record, Revision, documents};
use candor_formats::csaf;
use jiff::tz::TimeZone;

use crate::app::App;
use crate::error::Error;
use crate::store::advisories::{self, AdvisoryRow};
use crate::store::{Batch, StoreError};

/// What the stream of an imported advisory begins with.
pub const STREAM: &str = "import:";
/// How often a number is drawn again when somebody else took it.
const TRIES: usize = 5;

/// What became of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// It is published here under this id.
    New(String),
    /// It was here already and says something else now.
    Changed(String),
    /// It was here already.
    Same(String),
}

/// Why a document was not taken.
#[derive(Debug, thiserror::Error)]
pub enum NotTaken {
    /// It could not be published: what is wrong, each with field or test and place.
    #[error("{}", .0.join("; "))]
    Wrong(Vec<String>),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] Error),
}

/// Publishes a record that was read from a document of elsewhere. Its own id becomes another name of it; dates, credits,
/// texts and ranges stay. The same document again changes nothing, a later edition of it makes a revision.
///
/// # Errors
/// [`NotTaken`]; nothing was published then.
pub async fn import(app: &App, policy: &Policy, given: &Record) -> Result<Imported, NotTaken> {
    let program = policy.program.slug.as_str();
    let stream = format!("{STREAM}{program}/{}", given.id);
    for _ in 0..TRIES {
        let known = advisories::of_stream(&app.store, &stream).await.map_err(Error::from)?;
        let year = given.published.to_zoned(TimeZone::UTC).year();
        let number = match &known {
            Some(_) => None,
            None => Some(advisories::last_number(&app.store, program, i64::from(year)).await.map_err(Error::from)? + 1),
        };
        let id = match (&known, number) {
            (Some(row), _) => row.id.clone(),
            (None, number) => format!("{}-{year}-{}", policy.advisory_prefix(), number.unwrap_or(1)),
        };
        let record = as_ours(app, policy, given, id);
        let mut problems: Vec<String> = record.problems().iter().map(ToString::to_string).collect();
        for (field, at) in [("published", record.published), ("modified", record.modified)] {
            if at > app.now() {
                problems.push(format!("{field}: {at} lies in the future; an advisory of the past has a date in it"));
            }
        }
        // What is imported is public at once.
        if !record.tlp.is_public() {
            let label = record.tlp.label();
            problems.push(format!(
                "tlp: {label} is not for everybody; keep it out, or ask who wrote it for an edition that is"
            ));
        }
        if !problems.is_empty() {
            return Err(NotTaken::Wrong(problems));
        }
        if let Some(row) = &known
            && serde_json::from_str::<Record>(&row.record).is_ok_and(|before| before == record)
        {
            return Ok(Imported::Same(record.id));
        }
        let checked = record.clone();
        tokio::task::spawn_blocking(move || documents(&checked, env!("CARGO_PKG_VERSION")))
            .await
            .map_err(Error::internal)?
            .map_err(NotTaken::Wrong)?;
        let row = AdvisoryRow {
            id: record.id.clone(),
            program: program.to_owned(),
            stream: stream.clone(),
            published_at: record.published.as_microsecond(),
            // The public pages are renewed by what changed last, so that the row bears the time of the import.
            modified_at: app.now().as_microsecond(),
            record: serde_json::to_string(&record).map_err(Error::internal)?,
        };
        let mut batch = vec![advisories::upsert_statement(&row)];
        batch.extend(number.map(|number| advisories::take_number_statement(program, i64::from(year), number)));
        match app.store.commit(Batch::main(batch)).await {
            Ok(()) if known.is_some() => return Ok(Imported::Changed(record.id)),
            Ok(()) => return Ok(Imported::New(record.id)),
            // Somebody took the number first.
            Err(StoreError::Conflict) => {}
            Err(why) => return Err(Error::from(why).into()),
        }
    }
    Err(NotTaken::Store(Error::Busy))
}

/// The record as one of this program.
fn as_ours(app: &App, policy: &Policy, given: &Record, id: String) -> Record {
    let base = app.program_url(&policy.program.slug);
    let mut record = given.clone();
    record.publisher = disclosure::publisher(policy, &base);
    if record.summary.trim().is_empty() {
        record.summary.clone_from(&record.title);
    }
    // `x_` is how OSV marks a prefix that is not registered; the name behind it is the publisher's own.
    let own = given.id.strip_prefix("x_").unwrap_or(&given.id).to_owned();
    record.aliases.retain(|alias| *alias != id && *alias != own);
    if own != id {
        record.aliases.insert(0, own);
    }
    record.modified = record.modified.max(record.published);
    let well = record.revisions.iter().zip(1..).all(|(revision, number)| revision.number == number)
        && record.revisions.is_sorted_by_key(|revision| revision.at)
        && record.revisions.first().is_some_and(|first| first.at == record.published)
        && record.revisions.last().is_some_and(|last| last.at == record.modified);
    if !well {
        let revision = |number, at, summary: &str| Revision { number, at, summary: summary.to_owned() };
        record.revisions = vec![revision(1, record.published, "First publication.")];
        if record.modified > record.published {
            record.revisions.push(revision(2, record.modified, "Changed before it was brought here."));
        }
    }
    let year = record.published.to_zoned(TimeZone::UTC).year();
    record.links = Links {
        page: Some(format!("{base}/advisories/{id}")),
        csaf: Some(format!("{base}/csaf/{year}/{}", csaf::file_name(&id))),
    };
    record.id = id;
    record
}
