//! Files between the team and an outside party. Each file of the case is shared by an act of its own, under a name that tells
//! nothing of the reporter unless a member says that it may. What a party sends, the team sees, and nobody else.

use super::{Party, PartyAct, cut};
use crate::case::{Author, Case};
use crate::decide::{LINE_LIMIT, optional};
use crate::event::{Credit, Event, FileRef};
use crate::id::BlobId;
use crate::policy::Policy;
use crate::refusal::Refusal;
use jiff::Timestamp;

/// Bytes of a file that are looked through for what names the reporter.
pub const LOOKED_AT: u64 = 8 * 1024 * 1024;

/// Bytes of the largest text file whose copies can be marked.
pub const MARKED_AT_MOST: u64 = 1024 * 1024;

/// A file of the case that is to be shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// Number of the party.
    pub party: u32,
    /// The file.
    pub file: BlobId,
    /// The name under which they get it; empty for one that tells nothing.
    pub name: String,
    /// Whether their copy is to carry their mark. Only text files can.
    pub marked: bool,
    /// Whether it may name the reporter.
    pub names_reporter: bool,
}

/// What was found in a file, by whoever can open it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Looked {
    /// Whether all of it is UTF-8 text, and not more than [`MARKED_AT_MOST`].
    pub is_text: bool,
    /// What of the reporters stands in it, as [`traces`] says.
    pub traces: Vec<&'static str>,
}

/// A file that a party may fetch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given<'a> {
    /// The file.
    pub file: &'a FileRef,
    /// Its name for them.
    pub name: &'a str,
    /// Which line of their thread brought it, from 0.
    pub line: usize,
    /// When it was sent or shared.
    pub at: Timestamp,
    /// Whether they sent it themselves.
    pub own: bool,
    /// Whether their copy carries their mark.
    pub marked: bool,
}

/// Every file that a party may fetch, in the order of their thread. The place in this list is what they call it by: the name of a
/// file in the store would tell two parties that they got the same.
pub fn given(case: &Case, number: u32) -> Vec<Given<'_>> {
    let files = cut(case, number).into_iter().enumerate().flat_map(|(at, line)| match line.act {
        PartyAct::Wrote { files, .. } => files
            .iter()
            .map(|file| Given { file, name: &file.name, line: at, at: line.at, own: true, marked: false })
            .collect(),
        PartyAct::Shared { file, name, marked, .. } => case
            .files
            .iter()
            .find(|known| known.file.id == *file)
            .map(|known| Given { file: &known.file, name, line: at, at: line.at, own: false, marked: *marked })
            .into_iter()
            .collect(),
        _ => Vec::new(),
    });
    files.collect()
}

/// Whether a file is a party's to open: they sent it, or it was shared with them, and their time is not over.
pub fn may_open(case: &Case, number: u32, file: &BlobId, now: Timestamp) -> bool {
    super::find(case, number).is_some_and(|party| party.is_open(now))
        && given(case, number).iter().any(|known| known.file.id == *file)
}

/// Parties with whom a file was shared.
pub fn shared_with<'a>(case: &'a Case, file: &'a BlobId) -> impl Iterator<Item = &'a Party> {
    case.parties
        .iter()
        .filter(move |party| given(case, party.number).iter().any(|one| !one.own && one.file.id == *file))
}

/// What of the reporters stands in these bytes, as words like `the name of the reporter`: names, addresses and links that they
/// have not agreed to be credited with. Text is found as UTF-8 and as UTF-16; what is packed or encrypted is not.
pub fn traces(case: &Case, bytes: &[u8]) -> Vec<&'static str> {
    let narrow = String::from_utf8_lossy(bytes).to_lowercase();
    let thin: Vec<u8> =
        if bytes.contains(&0) { bytes.iter().copied().filter(|byte| *byte != 0).collect() } else { Vec::new() };
    let wide = String::from_utf8_lossy(&thin).to_lowercase();
    let stands = |words: &str| {
        let words = words.trim().to_lowercase();
        3 <= words.chars().count() && [&narrow, &wide].into_iter().any(|text| is_said(text, &words))
    };
    let mut found = Vec::new();
    for report in &case.reports {
        let Some(contact) = &report.contact else { continue };
        let (name, organisation, link) = match &report.credit {
            Some(Credit::Named { name, organisation, link, .. }) => (name.trim(), organisation.trim(), link.trim()),
            _ => ("", "", ""),
        };
        for (value, agreed, what) in [
            (contact.name.trim(), name, "the name of the reporter"),
            (contact.organisation.trim(), organisation, "the reporter's organisation"),
            (contact.email.trim(), "", "the address of the reporter"),
            (contact.link.trim(), link, "a link of the reporter"),
        ] {
            if value != agreed && !found.contains(&what) && stands(value) {
                found.push(what);
            }
        }
    }
    found
}

/// Whether words stand in a text as whole words.
fn is_said(text: &str, words: &str) -> bool {
    text.match_indices(words).any(|(at, _)| {
        let outside = |sign: Option<char>| sign.is_none_or(|sign| !sign.is_alphanumeric());
        outside(text[..at].chars().next_back()) && outside(text[at + words.len()..].chars().next())
    })
}

/// What of the reporters stands in the name of a file: there a single word of a person's name says enough.
fn traces_in_name(case: &Case, name: &str) -> Vec<&'static str> {
    let mut found = traces(case, name.as_bytes());
    let apart: String =
        name.to_lowercase().chars().map(|sign| if sign.is_alphanumeric() { sign } else { ' ' }).collect();
    let unnamed = case.reports.iter().filter(|report| !matches!(report.credit, Some(Credit::Named { .. })));
    let mut words =
        unnamed.filter_map(|report| report.contact.as_ref()).flat_map(|contact| contact.name.split_whitespace());
    if found.is_empty() && words.any(|word| 3 <= word.chars().count() && is_said(&apart, &word.to_lowercase())) {
        found.push("the name of the reporter");
    }
    found
}

/// A name that tells nothing: the case, which of the files that they were given, and the ending.
fn neutral(case: &Case, place: usize, name: &str) -> String {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase());
    let ending = ending.filter(|it| (1..=8).contains(&it.len()) && it.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    match ending.filter(|ending| traces_in_name(case, ending).is_empty()) {
        Some(ending) => format!("{}-{place}.{ending}", case.id),
        None => format!("{}-{place}", case.id),
    }
}

/// Shares a file of the case with a party.
pub(crate) fn share(
    case: &Case,
    sharing: &Sharing,
    policy: &Policy,
    looked: Option<&Looked>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let field = |field, problem: String| Refusal::Field { field, problem };
    let Sharing { party, file, name, marked, names_reporter } = sharing;
    let party = super::open(case, *party, now)?.number;
    let Some(known) = case.files.iter().find(|known| known.file.id == *file) else {
        return Err(field("file", "the case has no such file; choose one of its files".into()));
    };
    if known.by == Author::Party(party) {
        return Err(field("file", "they sent it themselves; choose another file".into()));
    }
    let theirs: Vec<_> = super::given(case, party).into_iter().filter(|one| !one.own).collect();
    let before = theirs.iter().rev().find(|one| one.file.id == *file);
    let name = match (optional("name", name, LINE_LIMIT)?, before) {
        (name, Some(before)) if name.is_empty() => before.name.to_owned(),
        (name, None) if name.is_empty() => neutral(case, theirs.len() + 1, &known.file.name),
        (name, _) if name.contains(['/', '\\']) || name.chars().any(char::is_control) => {
            return Err(field("name", "write a name without folders, like proof.txt".into()));
        }
        (name, _) => name,
    };
    if *marked && policy.disclosure.unmarked_copies {
        return Err(field("marked", "this policy wants copies without marks; share it as it is".into()));
    }
    if *marked && !looked.is_some_and(|looked| looked.is_text) {
        let problem =
            "only a file of plain text (UTF-8, up to 1 MB) can carry a mark; share it as it is, or not at all";
        return Err(field("marked", problem.into()));
    }
    let mut traces = traces_in_name(case, &name);
    if !*names_reporter && let Some(what) = traces.first() {
        let problem = format!("{what} stands in this name; leave the name empty, or write another");
        return Err(field("name", problem));
    }
    traces.extend(looked.into_iter().flat_map(|looked| looked.traces.iter().copied()));
    if !*names_reporter && let Some(what) = traces.first() {
        let problem = format!(
            "{what} stands in the file; take it out and add the file to a note, or say that the reporter agreed to it"
        );
        return Err(field("names_reporter", problem));
    }
    if before.is_some_and(|one| one.name == name && one.marked == *marked) {
        return Ok(Vec::new());
    }
    let act = PartyAct::Shared {
        file: file.clone(),
        name,
        marked: *marked,
        names_reporter: *names_reporter && !traces.is_empty(),
    };
    Ok(vec![Event::Party { party, act }])
}
