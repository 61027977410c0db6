//! The stories, program by program. All flaws, people and versions in them are invented.

mod dapr;
mod directus;
mod ibexa;
mod minio;
mod strapi;

use super::script::Story;
use jiff::Timestamp;

/// All stories, with times counted back from `now`.
pub fn all(now: Timestamp) -> Vec<Story> {
    [minio::all(now), dapr::all(now), strapi::all(now), directus::all(now), ibexa::all(now)]
        .into_iter()
        .flatten()
        .collect()
}
