//! Outside parties of a case: maintainers of other projects, vendors, researchers. Each sees their own cut: what was
//! written to them, what they wrote, what they stated, which files were shared with them, and until when. They see nothing else
//! of the case, and nothing of each other.

mod files; // what is shared with a party, one file at a time

use crate::access::{Actor, Allowed};
use crate::case::{Author, Case};
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, looks_like_address, optional, text};
use crate::event::{Contact, Event, FileRef};
use crate::evolve::Stamp;
use crate::id::{BlobId, MemberId, PersonId};
use crate::refusal::Refusal;
pub(crate) use files::share;
pub use files::{Given, LOOKED_AT, Looked, MARKED_AT_MOST, Sharing, given, may_open, shared_with, traces};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Most parties of one case.
const MOST: usize = 100;

/// How long the link of an invitation works.
pub const LINK: SignedDuration = SignedDuration::from_hours(72);

/// What an outside party is asked to accept when the team writes nothing else.
pub const TERMS: &str = "What I read here stays with those who need it to make or check a fix. I publish nothing of it and \
                         tell nobody else before the date that is agreed, or before the team says that it is public.";

/// What an outside party is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartyKind {
    /// Maintains another project that is concerned.
    Maintainer,
    /// Sells or ships something that is concerned.
    Vendor,
    /// Helps to find out.
    Researcher,
}

impl PartyKind {
    /// Every kind.
    pub const ALL: [PartyKind; 3] = [PartyKind::Maintainer, PartyKind::Vendor, PartyKind::Researcher];

    /// Name in forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            PartyKind::Maintainer => "maintainer",
            PartyKind::Vendor => "vendor",
            PartyKind::Researcher => "researcher",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            PartyKind::Maintainer => "maintainer of another project",
            PartyKind::Vendor => "vendor",
            PartyKind::Researcher => "researcher",
        }
    }
}

/// What a party says of its own product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PartyStatus {
    /// It is being looked into.
    Investigating,
    /// It is affected.
    Affected,
    /// It is not affected.
    NotAffected,
}

impl PartyStatus {
    /// Every status.
    pub const ALL: [PartyStatus; 3] = [PartyStatus::Investigating, PartyStatus::Affected, PartyStatus::NotAffected];

    /// Name in forms and the API.
    pub fn name(self) -> &'static str {
        match self {
            PartyStatus::Investigating => "investigating",
            PartyStatus::Affected => "affected",
            PartyStatus::NotAffected => "not-affected",
        }
    }

    /// In words.
    pub fn label(self) -> &'static str {
        match self {
            PartyStatus::Investigating => "looking into it",
            PartyStatus::Affected => "affected",
            PartyStatus::NotAffected => "not affected",
        }
    }
}

/// What happened between the team and a party.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum PartyAct {
    /// The team invited them. Sealed under their own key.
    Invited(Box<Invitation>),
    /// They accepted the terms of the invitation.
    Joined {
        /// Hash of the key with which they come back, as hexadecimal digits.
        key: String,
    },
    /// The team wrote to them.
    Told {
        /// The words.
        text: String,
    },
    /// They wrote to the team.
    Wrote {
        /// The words; may be empty when files come with it.
        text: String,
        /// Files, for the team alone.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        files: Vec<FileRef>,
    },
    /// The team shared a file of the case with them.
    Shared {
        /// The file.
        file: BlobId,
        /// The name under which they get it.
        name: String,
        /// Whether their copy carries their mark.
        #[serde(default)]
        marked: bool,
        /// Whether a member put on record that it may name the reporter.
        #[serde(default)]
        names_reporter: bool,
    },
    /// They said how their product stands.
    Stated {
        /// How.
        status: PartyStatus,
        /// When they have a fix.
        fix_on: Option<Timestamp>,
        /// What they add.
        text: String,
    },
    /// The team ended it: they see nothing from then on.
    Ended {
        /// Why.
        reason: String,
    },
}

/// An invitation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Invitation {
    /// The name of the key under which the party's name and address lie; drawn by the shell.
    pub person: PersonId,
    /// Name and address.
    pub contact: Contact,
    /// What they are.
    pub kind: PartyKind,
    /// Until when they see what is shared with them.
    pub until: Timestamp,
    /// What they are asked to accept.
    pub terms: String,
    /// From which link and code are made; drawn by the shell.
    pub link: String,
}

/// What a party asks.
#[derive(Debug, Clone, PartialEq)]
pub enum PartyWish {
    /// Accept the terms; the hash of the key to come back with.
    Join {
        /// Hexadecimal digits.
        key: String,
    },
    /// Write to the team.
    Write {
        /// The words; may be empty when files come with it.
        text: String,
        /// Files, for the team alone.
        files: Vec<FileRef>,
    },
    /// Say how their product stands.
    State {
        /// How.
        status: PartyStatus,
        /// When they have a fix.
        fix_on: Option<Timestamp>,
        /// What they add.
        text: String,
    },
}

/// An outside party of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct Party {
    /// Number within the case, from 0.
    pub number: u32,
    /// The invitation.
    pub invitation: Invitation,
    /// When they were invited.
    pub at: Timestamp,
    /// By whom.
    pub by: Option<MemberId>,
    /// When they accepted the terms.
    pub joined: Option<Timestamp>,
    /// When the team ended it.
    pub ended: Option<Timestamp>,
    /// What they stated last, and when.
    pub statement: Option<(Timestamp, PartyStatus, Option<Timestamp>, String)>,
}

impl Party {
    /// Whether they see what is shared with them.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.invitation.until
    }

    /// Until when the link of their invitation works.
    pub fn link_until(&self) -> Timestamp {
        self.invitation.until.min(self.at + LINK)
    }

    /// Whether the invitation can be accepted: it was not yet, its link is not too old, and the case goes on.
    pub fn may_join(&self, case: &Case, now: Timestamp) -> bool {
        self.joined.is_none() && self.is_open(now) && now < self.link_until() && case.state.is_open()
    }

    /// Their name, or what they are.
    pub fn name(&self) -> String {
        let contact = &self.invitation.contact;
        match (contact.name.trim(), contact.organisation.trim()) {
            ("", "") => self.invitation.kind.label().to_owned(),
            ("", name) | (name, "") => name.to_owned(),
            (name, organisation) => format!("{name}, {organisation}"),
        }
    }
}

/// One line of a party's own thread.
#[derive(Debug, Clone, PartialEq)]
pub struct Line<'a> {
    /// When.
    pub at: Timestamp,
    /// Whether the party did it, and not the team.
    pub own: bool,
    /// What.
    pub act: &'a PartyAct,
}

/// The party of this number.
pub fn find(case: &Case, number: u32) -> Option<&Party> {
    case.parties.iter().find(|party| party.number == number)
}

/// What a party sees of the case: what passed between them and the team, oldest first.
pub fn cut(case: &Case, number: u32) -> Vec<Line<'_>> {
    let theirs = case.history.iter().filter_map(|entry| match &entry.what {
        Event::Party { party, act } if *party == number => Some((entry, act)),
        _ => None,
    });
    theirs.map(|(entry, act)| Line { at: entry.at, own: matches!(entry.by, Author::Party(_)), act }).collect()
}

/// What an event means for the parties.
pub(crate) fn evolve(case: &mut Case, stamp: &Stamp, number: u32, act: &PartyAct) {
    if let PartyAct::Invited(invitation) = act {
        let by = match &stamp.by {
            Author::Member(by) => Some(by.clone()),
            _ => None,
        };
        let invitation = invitation.as_ref().clone();
        case.parties.push(Party { number, invitation, at: stamp.at, by, joined: None, ended: None, statement: None });
        return;
    }
    if let PartyAct::Wrote { files, .. } = act {
        let kept = files.iter().map(|file| crate::case::CaseFile {
            file: file.clone(),
            at: stamp.at,
            by: stamp.by.clone(),
            internal: true,
        });
        case.files.extend(kept);
    }
    let Some(party) = case.parties.iter_mut().find(|party| party.number == number) else { return };
    match act {
        PartyAct::Joined { .. } => party.joined = Some(stamp.at),
        PartyAct::Ended { .. } => party.ended = Some(stamp.at),
        PartyAct::Stated { status, fix_on, text } => {
            party.statement = Some((stamp.at, *status, *fix_on, text.clone()));
        }
        PartyAct::Invited(_) | PartyAct::Told { .. } | PartyAct::Wrote { .. } | PartyAct::Shared { .. } => {}
    }
}

/// Invites a party.
pub(crate) fn invite(case: &Case, wish: &Invitation, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let field = |field, problem: &str| Refusal::Field { field, problem: problem.to_owned() };
    if case.parties.len() >= MOST {
        return Err(field("party", "a case has at most 100 outside parties; end some or use a second case"));
    }
    let contact = &wish.contact;
    for (name, value) in [("name", &contact.name), ("organisation", &contact.organisation)] {
        optional(name, value, LINE_LIMIT)?;
    }
    if !looks_like_address(&contact.email) {
        return Err(field("email", "the invitation goes to an address; write it like ada@example.org"));
    }
    if wish.until <= now {
        return Err(field("until", "this has passed; choose a later date"));
    }
    let terms = match optional("terms", &wish.terms, MESSAGE_LIMIT)? {
        terms if terms.is_empty() => TERMS.to_owned(),
        terms => terms,
    };
    // Numbers are not used again when a party is forgotten.
    let number = case.history.iter().filter_map(|entry| match entry.what {
        Event::Party { party, .. } => Some(party + 1),
        _ => None,
    });
    let party = number.max().unwrap_or_default();
    Ok(vec![Event::Party { party, act: PartyAct::Invited(Box::new(Invitation { terms, ..wish.clone() })) }])
}

/// Writes to a party.
pub(crate) fn tell(case: &Case, number: u32, words: &str, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let party = open(case, number, now)?;
    Ok(vec![Event::Party { party: party.number, act: PartyAct::Told { text: text("text", words, MESSAGE_LIMIT)? } }])
}

/// Gives a party the newest edition of the advisory, as text with its mark.
pub(crate) fn give(case: &Case, number: u32, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let party = open(case, number, now)?;
    let Some(record) = case.advisory.published.last() else { return Err(Refusal::NotPublished) };
    let text = candor_formats::advisory::to_text(record);
    Ok(vec![Event::Party { party: party.number, act: PartyAct::Told { text } }])
}

/// Ends it with a party.
pub(crate) fn end(case: &Case, number: u32, reason: &str, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    let party = open(case, number, now)?;
    let reason = optional("reason", reason, MESSAGE_LIMIT)?;
    Ok(vec![Event::Party { party: party.number, act: PartyAct::Ended { reason } }])
}

/// What a party asks.
pub(crate) fn wish(
    case: &Case,
    allowed: &Allowed<'_>,
    wish: &PartyWish,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let Actor::Party { party: number, .. } = allowed.actor() else { return Ok(Vec::new()) };
    let party = open(case, *number, now)?;
    let joined = || match party.joined {
        Some(_) => Ok(()),
        None => Err(Refusal::Field { field: "terms", problem: "accept the terms of the invitation first".into() }),
    };
    let act = match wish {
        PartyWish::Join { .. } if party.joined.is_some() => {
            return Err(Refusal::Field {
                field: "code",
                problem: "this invitation was used; come back with your key".into(),
            });
        }
        PartyWish::Join { .. } if !party.may_join(case, now) => {
            return Err(Refusal::Field {
                field: "code",
                problem: "the link of this invitation is too old, or the case is over; ask the team for another".into(),
            });
        }
        PartyWish::Join { key } => PartyAct::Joined { key: key.clone() },
        PartyWish::Write { text: words, files } => {
            joined()?;
            crate::dialogue::check_message(words, files)?;
            PartyAct::Wrote { text: words.trim().to_owned(), files: files.clone() }
        }
        PartyWish::State { status, fix_on, text: words } => {
            joined()?;
            PartyAct::Stated { status: *status, fix_on: *fix_on, text: optional("text", words, MESSAGE_LIMIT)? }
        }
    };
    Ok(vec![Event::Party { party: *number, act }])
}

fn open(case: &Case, number: u32, now: Timestamp) -> Result<&Party, Refusal> {
    find(case, number).filter(|party| party.is_open(now)).ok_or_else(|| Refusal::Field {
        field: "party",
        problem: "there is no outside party of this number whose time is not over".into(),
    })
}
