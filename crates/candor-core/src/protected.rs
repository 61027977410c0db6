//! What came encrypted is for the team. It is not shown to whoever handed it in either: a stranger who holds somebody
//! else's encrypted mail could hand it in as theirs and read it on their page.
//!
//! Texts of mails carry what is known of their protection in marks of a kind that no mail can hold.

use crate::event::{Event, ReportFacts};

/// How a text begins that came encrypted.
pub const ENCRYPTED: &str = "⟦Encrypted";
/// How a text begins of which a part came encrypted.
pub const PARTLY: &str = "⟦In part. Encrypted";
/// What the reporter's page says in its place.
pub const FOR_THE_TEAM: &str = "[This came encrypted. What it says is shown to the team alone.]";

/// A mark with these words.
pub fn mark(words: &str) -> String {
    format!("⟦{}⟧", plain(words))
}

/// A text of others, in which nothing can be taken for a mark.
pub fn plain(text: &str) -> String {
    text.replace('⟦', "[").replace('⟧', "]")
}

/// Whether a text came encrypted, or any part of it: what somebody sends beside a message of somebody else opens it to nobody.
pub fn came_encrypted(text: &str) -> bool {
    text.starts_with(ENCRYPTED) || text.starts_with(PARTLY)
}

/// Whether a report came encrypted.
pub fn report_came_encrypted(facts: &ReportFacts) -> bool {
    facts.noticed.iter().any(|words| came_encrypted(words))
}

/// The event as a reporter may see it. Of what came encrypted only the mail itself is left, which is the last file.
pub fn for_reporter(mut event: Event) -> Event {
    match &mut event {
        Event::ReporterWrote { text, files, .. } if came_encrypted(text) => {
            FOR_THE_TEAM.clone_into(text);
            files.drain(..files.len().saturating_sub(1));
        }
        Event::Reported { facts, .. } if report_came_encrypted(facts) => {
            let files = facts.files.pop().into_iter().collect();
            **facts = ReportFacts {
                title: "An encrypted mail".into(),
                description: FOR_THE_TEAM.into(),
                files,
                agreed: facts.agreed,
                ..ReportFacts::default()
            };
        }
        _ => {}
    }
    event
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::FileRef;

    #[test]
    fn what_came_encrypted_is_not_shown_to_whoever_handed_it_in() {
        let wrote = |text: &str| Event::ReporterWrote { report: 0, text: text.into(), files: Vec::<FileRef>::new() };
        let Event::ReporterWrote { text, .. } = for_reporter(wrote("⟦Encrypted with OpenPGP.⟧\n\nsecret")) else {
            panic!("another event")
        };
        assert_eq!(text, FOR_THE_TEAM);
        assert_eq!(for_reporter(wrote("in the clear")), wrote("in the clear"));
        assert_eq!(plain("⟦Encrypted⟧"), "[Encrypted]");
        let Event::ReporterWrote { text, .. } = for_reporter(wrote("⟦In part. Encrypted with OpenPGP.⟧\n\nsecret"))
        else {
            panic!("another event")
        };
        assert_eq!(text, FOR_THE_TEAM, "also where something else stands beside it");
    }
}
