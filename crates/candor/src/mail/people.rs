//! Letters about who is on a case, and those to and about outside parties.

use super::words::{Link, Words};
use candor_core::id::CaseId;
use candor_core::notices::NoticeKind;

/// Writes such a letter's words.
pub(super) fn fill(kind: NoticeKind, words: &mut Words, program: &str, case: &CaseId, base_url: &str) {
    let subject = |text: String| format!("[{program}] Case {case}: {text}").replace(char::is_control, " ");
    match kind {
        NoticeKind::People => {
            words.subject = subject("somebody was put on it".into());
            words.lead = format!("The people on case {case} of {program} have changed.");
            words.expected = "nothing, unless it surprises you; the history of the case says who and why.".into();
            words.why = "You get this because you are on the case, or are told of new people on it.".into();
        }
        NoticeKind::PartyInvited => {
            words.subject = format!("{program}: you are invited to a case");
            words.lead = format!(
                "The security team of {program} asks you to work with them on a matter that is not public yet."
            );
            words.expected =
                "open the link and accept the terms. It asks for a code that the team gives you by another \
                              way; the link alone opens nothing, and works once, within three days."
                    .into();
            words.why =
                "You get this because somebody of the team entered this address. If you do not expect it, do nothing."
                    .into();
            words.dates = Vec::new();
        }
        NoticeKind::PartyNews => {
            words.subject = format!("{program}: there is something new for you");
            words.lead = format!("The security team of {program} wrote to you, or shared a file with you.");
            words.expected = "read it on your page; you enter it with your key.".into();
            words.why = "You get this because you accepted an invitation to a case.".into();
            words.dates = Vec::new();
            words.link = Some(Link { label: "Your page", url: format!("{}/party", base_url) });
        }
        NoticeKind::PartyWrote => {
            words.subject = subject("an outside party wrote".into());
            words.lead =
                format!("An outside party of case {case} accepted the terms, wrote, or stated how they stand.");
            words.expected = String::from("read it, and answer if it asks for one.");
        }
        NoticeKind::Glass => {
            words.subject = subject("somebody broke the glass".into());
            words.lead = format!(
                "A member who was not on case {case} of {program} opened it with a reason, for a day. \
                 The history of the case names them."
            );
            words.expected =
                String::from("read the reason. If it is none, take them off the case and end their sessions.");
            words.why = "You get this because you are on the case or are the first contact.".into();
        }
        NoticeKind::Reading => {
            words.subject = subject("many cases were opened in a short time".into());
            words.lead = format!(
                "A member opened more cases in a short time than the reading budget has; case {case} was the last. \
                 Its history names them. They are asked for their second factor before they open more."
            );
            words.expected =
                String::from("ask them. If it was not them, disable the account: its sessions and tokens end at once.");
            words.why = "You get this because two people are told when cases are read in bulk.".into();
        }
        _ => {}
    }
}
