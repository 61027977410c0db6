//! The advisory as a Markdown file.

use super::Record;

/// The whole advisory as Markdown, ready to be saved as a file of its own.
pub fn to_markdown(record: &Record) -> String {
    format!("# {}\n", record.title)
}
