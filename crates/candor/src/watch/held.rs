//! Advisories that are published and still not on the public pages, because a document of theirs would be wrong.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::error::Error;
use crate::store::{Batch, settings};

/// Name of the setting that says which advisories are held back.
const HELD: &str = "public tree: held back";

/// A published advisory that is kept out of the tree until it is mended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    /// Its public id.
    pub id: String,
    /// The slug of its program; empty in what an older version wrote.
    #[serde(default)]
    pub program: String,
    /// What is wrong, with the test and the place in the document.
    pub findings: Vec<String>,
}

/// The advisories that the last build held back.
///
/// # Errors
/// When the store cannot be read.
pub async fn held(app: &App) -> Result<Vec<Held>, Error> {
    match settings::get(&app.store, HELD).await? {
        Some(value) => serde_json::from_slice(&value).map_err(Error::internal),
        None => Ok(Vec::new()),
    }
}

/// Keeps what a build held back, when it differs from what the one before did.
///
/// # Errors
/// When the store cannot be written.
pub async fn keep(app: &App, held: &[Held]) -> Result<(), Error> {
    let value = serde_json::to_vec(held).map_err(Error::internal)?;
    if settings::get(&app.store, HELD).await?.unwrap_or_else(|| b"[]".to_vec()) != value {
        app.store.commit(Batch::main(vec![settings::put_statement(HELD, &value)])).await?;
    }
    Ok(())
}
