//! What the stories share.

pub mod places; // a store to tell a story on
pub mod postgres; // a throw-away PostgreSQL server
