//! Nobody is flooded from here: letters that any stranger can make us write, by typing an address into a form, are counted for
//! the address they go to, whatever the case, the program or the door.

use jiff::SignedDuration;

use crate::app::App;
use crate::error::Error;
use crate::keys::{Purpose, lookup};
use crate::store::{Batch, written_to};

/// Such letters that one address gets within an hour; further ones are not written.
pub const AN_HOUR: i64 = 10;

fn key(app: &App, address: &str) -> Result<[u8; 16], Error> {
    let lookups = app.keys()?.root().purpose(Purpose::Lookup);
    Ok(lookup(lookups, "letters a stranger asked for", address.trim().to_lowercase().as_bytes()))
}

fn over(app: &App) -> i64 {
    (app.now() - SignedDuration::from_hours(1)).as_microsecond()
}

/// Whether an address got as many letters within the hour as strangers may have sent to it.
///
/// # Errors
/// As the store and the keys fail.
pub async fn is_enough(app: &App, address: &str) -> Result<bool, Error> {
    Ok(written_to::count(&app.store, &key(app, address)?, over(app)).await? >= AN_HOUR)
}

/// Notes that such a letter left.
///
/// # Errors
/// As [`is_enough`].
pub async fn note(app: &App, address: &str) -> Result<(), Error> {
    let row = written_to::note_statement(&key(app, address)?, app.now().as_microsecond(), over(app));
    Ok(app.store.commit(Batch::main(vec![row])).await?)
}
