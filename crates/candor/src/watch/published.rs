//! What is published, read once and kept until it changes.

use std::sync::Arc;

use candor_formats::advisory::Record;
use candor_formats::osv::query::Index;

use super::held;
use crate::app::{App, Published};
use crate::error::Error;
use crate::store::advisories;

/// Published records as the OSV API finds them, without those that are held back from the public tree.
///
/// # Errors
/// When the store cannot be read.
pub async fn osv(app: &App) -> Result<Arc<Index>, Error> {
    let held: Vec<String> = held::held(app).await?.into_iter().map(|held| held.id).collect();
    let of = (advisories::newest_change(&app.store).await?, held);
    if let Some(kept) = app.published().filter(|kept| kept.of == of) {
        return Ok(kept.osv);
    }
    let rows = advisories::all(&app.store).await?;
    let held = of.1.clone();
    let index = tokio::task::spawn_blocking(move || {
        let records: Vec<Record> = rows
            .iter()
            .filter(|row| !held.contains(&row.id))
            .filter_map(|row| serde_json::from_str(&row.record).ok())
            .collect();
        Arc::new(Index::new(&records))
    })
    .await
    .map_err(Error::internal)?;
    app.keep_published(Published { of, osv: index.clone() });
    Ok(index)
}
