//! Affected commits, for whoever builds from a repository.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A stretch of affected commits of one repository. At least one of both ends is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommitRange {
    /// Where the repository is, as an absolute `https` URL.
    pub repository: String,
    /// The commit that brought it in, as its whole hash; absent means from the first commit on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub introduced: Option<String>,
    /// The commit that mends it, as its whole hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<String>,
}

/// Whether a text is the whole hash of a commit: 40 or 64 hexadecimal digits in lower case.
///
/// Source: OSV schema 1.7.5, `affected[].ranges[]` of the type `GIT`.
pub fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl CommitRange {
    /// The first affected commit, unless that is the very first one.
    pub fn lower(&self) -> Option<&str> {
        self.introduced.as_deref().filter(|commit| *commit != "0")
    }
}

/// The range in words, which [`FromStr`] reads back: `from 3b5d… before 9f1c… in https://code.example/store`.
impl fmt::Display for CommitRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(from) = self.lower() {
            write!(f, "from {from} ")?;
        }
        match &self.fixed {
            Some(fixed) => write!(f, "before {fixed} ")?,
            None => f.write_str("and later ")?,
        }
        write!(f, "in {}", self.repository)
    }
}

impl FromStr for CommitRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (commits, repository) = text.rsplit_once("in ").ok_or(())?;
        let mut range = Self { repository: repository.trim().to_owned(), ..Self::default() };
        let mut words = commits.split_whitespace();
        while let Some(word) = words.next() {
            let end = match word {
                "from" => &mut range.introduced,
                "before" => &mut range.fixed,
                "and" if words.next() == Some("later") => continue,
                _ => return Err(()),
            };
            *end = Some(words.next().filter(|commit| is_commit(commit)).ok_or(())?.to_owned());
        }
        if range.repository.is_empty() || range.repository.contains(' ') { Err(()) } else { Ok(range) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_of_commits_is_read_back_from_its_words() {
        let (a, b) = ("3b".repeat(20), "9f".repeat(32));
        for (introduced, fixed) in [(Some(&a), Some(&b)), (Some(&a), None), (None, Some(&b))] {
            let range = CommitRange {
                repository: "https://code.example/in/store".into(),
                introduced: introduced.cloned(),
                fixed: fixed.cloned(),
            };
            assert_eq!(range.to_string().parse(), Ok(range));
        }
        for wrong in ["", "before 12 in https://x.example", "from in https://x.example", "before", "in a b"] {
            assert!(wrong.parse::<CommitRange>().is_err(), "{wrong}");
        }
    }
}
