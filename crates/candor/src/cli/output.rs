//! What the command line says: answers on standard output, progress and failures on standard error.

use serde::Serialize;
use std::io::{IsTerminal, Write};

/// Why a command did not do what was asked; ends as one sentence and an exit status.
#[derive(Debug)]
pub enum Failure {
    /// Refused, or it did not work: status 1.
    Failed(String),
    /// The command was written wrongly: status 2.
    Usage(String),
    /// With a status of its own, where other programs expect one.
    Exit(u8, String),
    /// Said already, as in a list of findings: status 1.
    Said,
}

/// Result of a command.
pub type Outcome = Result<(), Failure>;

impl Failure {
    /// A failure in one sentence.
    pub fn new(text: impl std::fmt::Display) -> Self {
        Self::Failed(text.to_string())
    }

    /// What it says.
    pub fn words(self) -> String {
        match self {
            Self::Failed(text) | Self::Usage(text) | Self::Exit(_, text) => text,
            Self::Said => String::new(),
        }
    }

    /// A failure with what was attempted in front.
    pub fn during(what: impl std::fmt::Display, why: impl std::fmt::Display) -> Self {
        Self::Failed(format!("{what}: {why}"))
    }
}

impl From<crate::error::Error> for Failure {
    fn from(error: crate::error::Error) -> Self {
        match error {
            // On a terminal the cause is for the operator who reads it.
            crate::error::Error::Internal(cause) => Self::Failed(sentence(cause.as_ref())),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<crate::store::StoreError> for Failure {
    fn from(error: crate::store::StoreError) -> Self {
        Self::Failed(sentence(&error))
    }
}

impl From<crate::keys::KeyError> for Failure {
    fn from(error: crate::keys::KeyError) -> Self {
        Self::Failed(sentence(&error))
    }
}

impl From<crate::accounts::AccountError> for Failure {
    fn from(error: crate::accounts::AccountError) -> Self {
        match error {
            crate::accounts::AccountError::Other(other) => other.into(),
            other => Self::Failed(other.to_string()),
        }
    }
}

/// An error with its causes, in one line.
pub fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

/// Writes a line to standard output. A reader that went away, as in `candor case list | head`, is no failure.
pub fn say(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Writes text as it is to standard output.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes a line to standard error.
pub fn complain(text: impl std::fmt::Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Writes a value as JSON to standard output.
pub fn json(value: &impl Serialize) {
    match serde_json::to_string_pretty(value) {
        Ok(text) => say(text),
        Err(why) => complain(why),
    }
}

/// Rows with aligned columns, the first one the heading. Nothing is said when there is only the heading.
pub fn table(rows: &[Vec<String>]) {
    if rows.len() < 2 {
        return;
    }
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        say(line.trim_end());
    }
}

/// Text that came from outside, with control characters made visible so that it cannot steer the terminal.
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

/// An instant of an answer, to the second.
pub fn instant(text: &str) -> String {
    match text.parse::<jiff::Timestamp>() {
        Ok(at) => at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        Err(_) => plain(text),
    }
}

/// A progress bar on a terminal; silence in a pipe.
pub fn progress(what: &'static str) -> indicatif::ProgressBar {
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new(0);
    if let Ok(style) = indicatif::ProgressStyle::with_template("{msg} {bar:30} {pos}/{len} {elapsed}") {
        bar.set_style(style);
    }
    bar.set_message(what);
    bar
}
