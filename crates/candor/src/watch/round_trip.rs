//! Once a day a letter goes to each program's own address for reports, by the same way as every other, and is looked for when
//! it comes in by the door for mail. So the whole way of a reporter's mail is walked, over every server in between.

use candor_core::policy::Policy;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::probes::{STREAM, State};
use crate::app::App;
use crate::error::Error;
use crate::keys::random::ordered_id;
use crate::store::{Batch, outbox, settings};

/// The letter to the program's own address.
pub const KIND: &str = "mail-probe";
/// Its recipient in the outbox.
pub const RECIPIENT: &str = "own-address";

/// Time between two letters.
const EVERY: SignedDuration = SignedDuration::from_hours(20);
/// How long a letter may be on its way.
const PATIENCE: SignedDuration = SignedDuration::from_hours(6);

/// The newest letter to a program's own address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trip {
    /// Id of the letter.
    pub id: String,
    /// When it was written, microseconds UTC.
    pub sent: i64,
    /// When it came back, microseconds UTC.
    pub back: Option<i64>,
    /// Letters before it that never came back, in a row.
    pub lost: u32,
}

fn name(slug: &str) -> String {
    format!("mail-round-trip:{slug}")
}

/// The newest letter to a program's own address.
///
/// # Errors
/// When the store cannot be read.
pub async fn last(app: &App, slug: &str) -> Result<Option<Trip>, Error> {
    let kept = settings::get(&app.store, &name(slug)).await?;
    Ok(kept.and_then(|kept| serde_json::from_slice(&kept).ok()))
}

/// How the way stands at `now`, by its newest letter, and in words. `returns` is whether letters can come back at all.
pub fn judge(trip: Option<&Trip>, now: Timestamp, returns: bool) -> (State, String) {
    let Some(trip) = trip else {
        return (
            State::Skipped,
            "the first letter to the program's own address leaves now; it is looked for tomorrow".into(),
        );
    };
    let sent = Timestamp::from_microsecond(trip.sent).unwrap_or(now);
    let date = sent.strftime("%F %H:%M UTC");
    if let Some(back) = trip.back.and_then(|back| Timestamp::from_microsecond(back).ok()) {
        let minutes = ((back.duration_since(sent).as_secs() + 30) / 60).max(0);
        return (
            State::Fine,
            format!("the letter of {date} to the program's own address came in after {minutes} minutes"),
        );
    }
    if !returns {
        return (State::Skipped, "letters are laid in a folder, so that none can come in again".into());
    }
    if now.duration_since(sent) >= PATIENCE {
        let detail = format!(
            "the letter of {date} to the program's own address has not come in; mail of reporters may be lost on the same way"
        );
        return (State::Failed, detail);
    }
    match trip.lost {
        0 => (State::Skipped, format!("the letter of {date} to the program's own address is on its way")),
        lost => (
            State::Failed,
            format!("{lost} letters to the program's own address have not come in; another is on its way"),
        ),
    }
}

/// Writes the next letter, when it is time.
///
/// # Errors
/// When the store cannot be written.
pub async fn send(app: &App, policy: &Policy, before: Option<&Trip>, now: Timestamp) -> Result<(), Error> {
    let at = now.as_microsecond();
    let sent = before.and_then(|trip| Timestamp::from_microsecond(trip.sent).ok());
    if sent.is_some_and(|sent| now.duration_since(sent) < EVERY) {
        return Ok(());
    }
    let slug = policy.program.slug.as_str();
    let lost = before.map_or(0, |trip| if trip.back.is_some() { 0 } else { trip.lost + 1 });
    let trip = Trip { id: ordered_id(at), sent: at, back: None, lost };
    let kept = serde_json::to_vec(&trip).map_err(Error::internal)?;
    let letter = outbox::insert_statement(&outbox::NewLetter {
        id: &trip.id,
        stream: &format!("{STREAM}{slug}"),
        seq: at,
        kind: KIND,
        recipient: RECIPIENT,
        next_at: at,
        created_at: at,
    });
    app.store.commit(Batch::main(vec![settings::put_statement(&name(slug), &kept), letter])).await?;
    app.nudge_worker();
    Ok(())
}

/// A letter of ours came in at a program's own address. Tells whether it is the one that was looked for.
///
/// # Errors
/// When the store fails.
pub async fn came_in(app: &App, slug: &str, id: &str, now: Timestamp) -> Result<bool, Error> {
    let Some(mut trip) = last(app, slug).await?.filter(|trip| trip.id == id) else {
        // An earlier one, late.
        let row = outbox::get(&app.store, id).await?;
        return Ok(row.is_some_and(|row| row.kind == KIND));
    };
    if trip.back.is_none() {
        trip.back = Some(now.as_microsecond());
        let kept = serde_json::to_vec(&trip).map_err(Error::internal)?;
        app.store.commit(Batch::main(vec![settings::put_statement(&name(slug), &kept)])).await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    fn trip(back: Option<&str>, lost: u32) -> Trip {
        let sent = at("2027-01-04T08:00:00Z").as_microsecond();
        Trip { id: "a".into(), sent, back: back.map(|back| at(back).as_microsecond()), lost }
    }

    #[test]
    fn a_letter_that_is_not_back_in_six_hours_is_lost_until_one_comes_back() {
        let judged = |trip: &Trip, now: &str| judge(Some(trip), at(now), true).0;
        assert_eq!(judged(&trip(None, 0), "2027-01-04T09:00:00Z"), State::Skipped);
        assert_eq!(judged(&trip(None, 0), "2027-01-04T14:00:00Z"), State::Failed);
        assert_eq!(
            judged(&trip(None, 1), "2027-01-04T09:00:00Z"),
            State::Failed,
            "the next one mends nothing by itself"
        );
        assert_eq!(judged(&trip(Some("2027-01-04T08:03:00Z"), 1), "2027-01-04T09:00:00Z"), State::Fine);
        assert_eq!(judge(None, at("2027-01-04T09:00:00Z"), true).0, State::Skipped);
        assert_eq!(judge(Some(&trip(None, 3)), at("2027-01-09T09:00:00Z"), false).0, State::Skipped);
    }
}
