//! Numbers that are reserved at CVE Services and used by nobody: found, shown, and rejected on purpose. A number that waits
//! for an advisory is never among them.

use candor_core::case::State;
use candor_core::id::{CaseId, MemberId};
use candor_formats::advisory::Record;
use jiff::Timestamp;

use super::cve::{self, NotDone};
use crate::app::App;
use crate::error::Error;
use crate::store::cve_numbers as rows;
use crate::store::{advisories, cases};

/// Published advisories of a program that are looked through for a number.
const ADVISORIES: i64 = 10_000;

/// Longest reason of a rejection, in characters. It is public.
pub const REASON: usize = 500;

/// Who a reserved number is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// A case that is not closed, or an advisory whose record is not at CVE Services yet.
    Held(Option<CaseId>),
    /// A case that is closed, or was erased.
    Ended(CaseId),
    /// Nobody.
    Nobody,
}

/// A number that is reserved and not published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserved {
    /// The number.
    pub number: String,
    /// Since when, as far as anybody says.
    pub since: Option<Timestamp>,
    /// For whom.
    pub holder: Holder,
}

impl Reserved {
    /// Whether it can be rejected without taking it from anybody.
    pub fn is_unused(&self) -> bool {
        !matches!(self.holder, Holder::Held(_))
    }
}

/// Reserved numbers of a program.
#[derive(Debug)]
pub struct Reservations {
    /// The oldest first.
    pub numbers: Vec<Reserved>,
    /// Why CVE Services could not be asked: the list is what is kept here then, and nothing can be rejected.
    pub unasked: Option<NotDone>,
}

/// Reserved numbers of a program, as CVE Services lists them now; what is kept here where it does not answer.
///
/// # Errors
/// When the store or the keys fail.
pub async fn reservations(app: &App, program: &str) -> Result<Reservations, Error> {
    let kept = rows::of_program(&app.store, program).await?;
    let here = |number: &str| kept.iter().find(|row| row.id == number);
    let (listed, unasked) = match cve::listed(app, program).await {
        Ok(listed) => (listed, None),
        Err(NotDone::Store(why)) => return Err(why),
        Err(why) => {
            let reserved = kept.iter().filter(|row| row.state == "reserved");
            (reserved.map(|row| (row.id.clone(), None)).collect(), Some(why))
        }
    };
    let published = published(app, program).await?;
    let mut numbers = Vec::new();
    for (number, said) in listed {
        let row = here(&number);
        let holder = match row.and_then(|row| row.stream.clone()) {
            _ if published.contains(&number) => Holder::Held(row.and_then(|row| row.stream.clone()).map(CaseId)),
            None => Holder::Nobody,
            Some(stream) => match cases::get(&app.store, &stream).await? {
                Some(case) if case.state != State::Closed.name() => Holder::Held(Some(CaseId(stream))),
                _ => Holder::Ended(CaseId(stream)),
            },
        };
        let since = row.and_then(|row| Timestamp::from_microsecond(row.reserved_at).ok()).or(said);
        numbers.push(Reserved { number, since, holder });
    }
    numbers.sort_by(|one, other| (one.since, &one.number).cmp(&(other.since, &other.number)));
    Ok(Reservations { numbers, unasked })
}

/// CVE numbers of the program's published advisories.
async fn published(app: &App, program: &str) -> Result<Vec<String>, Error> {
    let rows = advisories::list(&app.store, program, ADVISORIES).await?;
    let records = rows.iter().filter_map(|row| serde_json::from_str::<Record>(&row.record).ok());
    Ok(records.filter_map(|record| record.cve().map(str::to_owned)).collect())
}

/// Takes back a number that nobody uses. Whether that is so is asked again at this moment.
///
/// # Errors
/// [`NotDone::Never`] with what is wrong, else as [`cve::reject`].
pub async fn reject(app: &App, program: &str, number: &str, reason: &str, by: &MemberId) -> Result<(), NotDone> {
    let reason = reason.trim();
    let never = |why: &str| Err(NotDone::Never(why.to_owned()));
    match reason.chars().count() {
        0 => return never("write the reason; everybody reads it in the record of the number"),
        count if count > REASON => return never("the reason is longer than 500 characters; shorten it"),
        _ => {}
    }
    let found = reservations(app, program).await?;
    if let Some(why) = found.unasked {
        return Err(why);
    }
    match found.numbers.iter().find(|known| known.number == number).map(Reserved::is_unused) {
        None => never("the number is not reserved any more; look at the list again"),
        Some(false) => never("the number waits for the advisory of a case; close the case first"),
        Some(true) => {
            cve::reject(app, program, number, reason).await?;
            tracing::info!(program, number, by = by.as_str(), "an unused CVE number was rejected");
            Ok(())
        }
    }
}
