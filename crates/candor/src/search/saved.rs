//! Questions that a member keeps, sealed: their words may come from cases.

use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Purpose, open, seal};
use crate::store::{Batch, settings};
use candor_core::id::MemberId;
use serde::{Deserialize, Serialize};

/// Most questions that one member keeps.
pub const MOST: usize = 30;

/// A kept question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saved {
    /// What it is called.
    pub name: String,
    /// The question as it is typed into the box.
    pub q: String,
}

fn place(member: &MemberId) -> String {
    format!("searches/{member}")
}

fn context(place: &str) -> Context<'_> {
    Context { kind: "setting", stream: place, row: 0, field: "value" }
}

/// The questions a member keeps, in the order of their names.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(app: &App, member: &MemberId) -> Result<Vec<Saved>, Error> {
    let place = place(member);
    let Some(sealed) = settings::get(&app.store, &place).await? else { return Ok(Vec::new()) };
    let plain = open(app.keys()?.root().purpose(Purpose::Desk), &context(&place), &sealed)?;
    serde_json::from_slice(&plain).map_err(Error::internal)
}

/// Keeps a question; one of the same name is replaced. Gives whether there was room.
///
/// # Errors
/// When the store cannot be written.
pub async fn keep(app: &App, member: &MemberId, saved: Saved) -> Result<bool, Error> {
    let mut all = list(app, member).await?;
    all.retain(|known| known.name != saved.name);
    if all.len() >= MOST {
        return Ok(false);
    }
    all.push(saved);
    all.sort_by(|a, b| a.name.cmp(&b.name));
    write(app, member, &all).await?;
    Ok(true)
}

/// Forgets the question of a name.
///
/// # Errors
/// When the store cannot be written.
pub async fn forget(app: &App, member: &MemberId, name: &str) -> Result<(), Error> {
    let mut all = list(app, member).await?;
    all.retain(|known| known.name != name);
    write(app, member, &all).await
}

async fn write(app: &App, member: &MemberId, all: &[Saved]) -> Result<(), Error> {
    let place = place(member);
    let plain = serde_json::to_vec(all).map_err(Error::internal)?;
    let sealed = seal(app.keys()?.root().purpose(Purpose::Desk), &context(&place), &plain)?;
    app.store.commit(Batch::main(vec![settings::put_statement(&place, &sealed)])).await?;
    Ok(())
}
