//! The neutral advisory record.

use serde::{Deserialize, Serialize};

/// A public advisory.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Its id.
    pub id: String,
}
