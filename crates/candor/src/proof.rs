//! Proof of receipt: what was reported, when, and what was promised, signed with the program's key, so that anybody can check
//! it without asking the desk.
//!
//! The statement is text, one fact a line. It names the report by a commitment: SHA-256 over a salt of 128 bits and the
//! report as text. Whoever has only the statement learns nothing of the report and cannot guess at it; whoever has salt and
//! text can show that it was this report. A duplicate's reporter is shown the statement of the earlier report, and later,
//! when that report is public, can be shown the rest.

use crate::coding::{hex, unhex};
use crate::keys::sign::{Signer, is_signed};
use crate::keys::{Key, KeyError, RootKey, lookup};
use aws_lc_rs::digest::{Context, SHA256};
use candor_core::event::ReportFacts;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;

const HEADING: &str = "candor proof of receipt 1";

/// A signed statement; with salt and report, what it is about. As it is given to a reporter and read from a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// What is signed, one fact a line.
    pub statement: String,
    /// Ed25519 over the statement, as hexadecimal digits.
    pub signature: String,
    /// The program's public key, as hexadecimal digits; compare it with the published one.
    pub key: String,
    /// Opens the commitment, with the report; as hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<String>,
    /// The report as text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<String>,
}

/// What a proof shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// The statement is signed. Which report it is about is not shown.
    Statement,
    /// The statement is signed, and it is about the report in the file.
    Report,
}

/// Why a proof shows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// No proof of ours.
    #[error("this is no proof of receipt")]
    Kind,
    /// The signature.
    #[error("the signature does not match: statement, signature or key were changed")]
    Signature,
    /// The report.
    #[error("the report in the file is not the one the statement is about")]
    Report,
    /// The key.
    #[error("the proof is signed with another key than the published one")]
    Key,
}

/// A report as text, for ever in this form: the lines of a proof from years ago must still come out the same.
#[must_use]
pub fn text(facts: &ReportFacts) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        if !value.is_empty() {
            // Each line of the value is set in, so that no value can look like another field.
            let _ = writeln!(text, "{name}:\n  {}", value.replace("\r\n", "\n").replace('\n', "\n  "));
        }
    };
    line("title", &facts.title);
    line("description", &facts.description);
    line("product", &facts.product);
    line("component", &facts.component);
    line("version", &facts.version);
    line("steps", &facts.steps);
    line("expected", &facts.expected);
    line("actual", &facts.actual);
    line("weakness", &facts.weakness);
    line("impact", &facts.impact);
    line("preconditions", &facts.preconditions);
    line("identifiers", &facts.identifiers.join("\n"));
    line("found by", &facts.found_by);
    line("exploited", if facts.exploited { "yes" } else { "" });
    line("disclosure plans", &facts.disclosure_plans);
    line("dependency", &facts.dependency);
    for (question, answer) in &facts.answers {
        line(&format!("answer {question}"), answer);
    }
    for file in &facts.files {
        line("file", &format!("{} ({} bytes)\nsha256 {}", file.name, file.size, file.sha256));
    }
    text
}

/// The salt of a report, which needs no place of its own: it comes from the key of its case.
#[must_use]
pub fn salt(case: &Key, report: u32) -> [u8; 16] {
    lookup(case, "salt of a proof", &report.to_be_bytes())
}

/// The commitment to a report, as hexadecimal digits.
#[must_use]
pub fn commitment(salt: &[u8], report: &str) -> String {
    let mut hash = Context::new(&SHA256);
    hash.update(b"candor report 1\n");
    hash.update(salt);
    hash.update(report.as_bytes());
    hex(hash.finish().as_ref())
}

/// The name of a program's signing key.
fn usage(program: &str) -> String {
    format!("proof of receipt/{program}")
}

/// The public key of a program, as hexadecimal digits.
///
/// # Errors
/// [`KeyError::Cipher`] when the library refuses.
pub fn public_key(root: &RootKey, program: &str) -> Result<String, KeyError> {
    Ok(hex(&Signer::of(root, &usage(program))?.public()))
}

/// Signs that a report was received. `promises` are name and due date.
///
/// # Errors
/// [`KeyError::Cipher`] when the library refuses.
pub fn sign(
    root: &RootKey,
    program: &str,
    commitment: &str,
    at: Timestamp,
    promises: &[(String, Timestamp)],
) -> Result<Proof, KeyError> {
    let mut statement = format!("{HEADING}\nprogram: {program}\nreceived: {at}\nreport: sha256 {commitment}\n");
    for (name, due) in promises {
        let _ = writeln!(statement, "promised: {name} by {due}");
    }
    let signer = Signer::of(root, &usage(program))?;
    let signature = hex(&signer.sign(statement.as_bytes()));
    Ok(Proof { statement, signature, key: hex(&signer.public()), salt: None, report: None })
}

impl Proof {
    /// Checks it, against the published key when that is known.
    ///
    /// # Errors
    /// [`ProofError`] says what does not fit.
    pub fn check(&self, published: Option<&str>) -> Result<Shown, ProofError> {
        if !self.statement.starts_with(&format!("{HEADING}\n")) {
            return Err(ProofError::Kind);
        }
        let bytes = |digits: &str| unhex(digits).ok_or(ProofError::Kind);
        if !is_signed(&bytes(&self.key)?, self.statement.as_bytes(), &bytes(&self.signature)?) {
            return Err(ProofError::Signature);
        }
        if published.is_some_and(|published| !published.trim().eq_ignore_ascii_case(&self.key)) {
            return Err(ProofError::Key);
        }
        let (Some(salt), Some(report)) = (&self.salt, &self.report) else { return Ok(Shown::Statement) };
        if self.fact("report") != Some(&format!("sha256 {}", commitment(&bytes(salt)?, report))) {
            return Err(ProofError::Report);
        }
        Ok(Shown::Report)
    }

    /// A fact of the statement.
    #[must_use]
    pub fn fact(&self, name: &str) -> Option<&str> {
        self.statement.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_as_text_stays_as_it_is() {
        let facts = ReportFacts {
            title: "Anyone lists buckets".into(),
            description: "One\nversion: 2".into(),
            identifiers: vec!["CVE-2023-28432".into()],
            exploited: true,
            ..ReportFacts::default()
        };
        assert_eq!(
            text(&facts),
            "title:\n  Anyone lists buckets\ndescription:\n  One\n  version: 2\nidentifiers:\n  CVE-2023-28432\nexploited:\n  yes\n"
        );
        assert_eq!(
            commitment(&[1; 16], "title:\n  x\n"),
            commitment(&[1; 16], "title:\n  x\n"),
            "equal reports with equal salts"
        );
        assert_ne!(commitment(&[1; 16], "title:\n  x\n"), commitment(&[2; 16], "title:\n  x\n"));
    }
}
