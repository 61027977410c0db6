//! The shell's tests, one binary: each module tells one story through public surfaces.

mod case_story; // one case from report to advisory
mod store_story; // the store, on SQLite and on PostgreSQL
mod support; // what stories share
