//! What the stories share.

#![allow(dead_code, reason = "a story takes what it needs")]

pub mod chains; // cases with a journal, put straight into the store
pub mod binary; // the real program as a process
pub mod outside; // programs of other makers that judge what goes out
pub mod peer; // somebody else's server
pub mod dns; // a DNS server with a fixed zone
pub mod places; // a store to tell a story on
pub mod postgres; // a throw-away PostgreSQL server
pub mod service; // the service on a port, and a browser without script
