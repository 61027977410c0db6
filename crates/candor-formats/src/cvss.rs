//! CVSS.

use serde::{Deserialize, Serialize};

/// Band of a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs)]
pub enum Severity {
    None,
    Low,
    Medium,
    High,
    Critical,
}
