//! What passes between the team and an outside party, as the team sees it.

use super::entry::{File, files};
use super::instant::Instant;
use candor_core::parties::PartyAct;
use schemars::JsonSchema;
use serde::Serialize;

/// What happened between the team and an outside party.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct PartyWhat {
    /// `invited`, `joined`, `told`, `wrote`, `shared`, `stated` or `ended`.
    pub act: String,
    /// With `invited`: their name; with `shared`: the name under which they get the file.
    pub name: String,
    /// With `stated`: how their product stands.
    pub status: Option<String>,
    /// With `invited`, until when; with `stated`, when they have a fix.
    pub date: Option<Instant>,
    /// The words.
    pub text: String,
    /// With `wrote`: their files.
    pub files: Vec<File>,
    /// With `shared`: the id of the file.
    pub file: Option<String>,
    /// With `shared`: whether their copy carries their mark.
    pub marked: bool,
    /// With `shared`: whether somebody put on record that the reporter agreed to be named by it.
    pub names_reporter: bool,
}

impl From<PartyAct> for PartyWhat {
    fn from(act: PartyAct) -> Self {
        let of = |act: &str| Self { act: act.to_owned(), ..Self::default() };
        match act {
            PartyAct::Invited(invitation) => Self {
                name: invitation.contact.name.clone(),
                date: Some(invitation.until.into()),
                text: invitation.terms,
                ..of("invited")
            },
            PartyAct::Joined { .. } => of("joined"),
            PartyAct::Told { text } => Self { text, ..of("told") },
            PartyAct::Wrote { text, files: sent } => Self { text, files: files(&sent), ..of("wrote") },
            PartyAct::Shared { file, name, marked, names_reporter } => {
                Self { name, file: Some(file.0), marked, names_reporter, ..of("shared") }
            }
            PartyAct::Stated { status, fix_on, text } => {
                Self { status: Some(status.name().to_owned()), date: fix_on.map(Into::into), text, ..of("stated") }
            }
            PartyAct::Ended { reason } => Self { text: reason, ..of("ended") },
        }
    }
}
