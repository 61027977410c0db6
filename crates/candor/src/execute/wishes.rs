//! What a reporter may wish besides writing, taken in where no key of the desk is at hand: sealed like a message, and carried
//! out when the desk is back. What cannot be carried out any more becomes a message that says so, and is not lost.

use candor_core::case::Case;
use candor_core::command::Command;
use candor_core::dialogue::check_message;
use candor_core::event::Credit;
use candor_core::refusal::Refusal;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A wish of a reporter, as it lies sealed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Wish {
    /// To be told something new.
    Nudge,
    /// To take the report back.
    Withdraw {
        /// Why.
        text: String,
    },
    /// To say whether the fix holds.
    Retest {
        /// Whether it does.
        holds: bool,
        /// What they saw.
        text: String,
    },
    /// How to be named.
    Credit {
        /// How.
        credit: Credit,
    },
    /// To answer a proposed date.
    Embargo {
        /// Whether they agree.
        agree: bool,
        /// What they add.
        text: String,
    },
    /// To answer the text about a closed report.
    Summary {
        /// Whether they agree.
        agree: bool,
        /// What they add.
        text: String,
    },
    /// To answer the text of a public issue.
    Issue {
        /// Whether they agree.
        agree: bool,
        /// What they add.
        text: String,
    },
    /// That somebody else look at the verdict.
    Appeal {
        /// Why.
        text: String,
    },
    /// That letters be encrypted to another key, or to none.
    Key {
        /// The key; empty for none.
        pgp_key: String,
    },
}

impl Wish {
    /// What they add to it; empty for nothing.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Wish::Withdraw { text }
            | Wish::Retest { text, .. }
            | Wish::Embargo { text, .. }
            | Wish::Summary { text, .. }
            | Wish::Issue { text, .. }
            | Wish::Appeal { text } => text,
            Wish::Nudge | Wish::Credit { .. } | Wish::Key { .. } => "",
        }
    }

    /// Whether it may be kept: its words are not too many.
    ///
    /// # Errors
    /// The refusal that the words would meet as a message.
    pub fn check(&self) -> Result<(), Refusal> {
        if self.text().is_empty() { Ok(()) } else { check_message(self.text(), &[]) }
    }

    /// Whether it answers a question that was put anew after the page was made on which it was answered: nobody agrees to a
    /// date or a text that they have not seen.
    #[must_use]
    pub fn was_asked_anew(&self, case: &Case, page: Timestamp) -> bool {
        self.asked(case).is_some_and(|asked| page < asked)
    }

    /// When the question was put that it answers, as the case stands.
    fn asked(&self, case: &Case) -> Option<Timestamp> {
        match self {
            Wish::Embargo { .. } => case.embargo.as_ref().map(|embargo| embargo.at),
            Wish::Summary { .. } => case.summary.as_ref().map(|summary| summary.at),
            Wish::Issue { .. } => case.issue.as_ref().map(|issue| issue.at),
            _ => None,
        }
    }

    /// The command that carries it out. It answers what is asked in `case`, and is refused when that changes meanwhile.
    #[must_use]
    pub fn command(self, case: &Case) -> Command {
        let asked = self.asked(case);
        match self {
            Wish::Nudge => Command::Nudge,
            Wish::Withdraw { text } => Command::Withdraw { text },
            Wish::Retest { holds, text } => Command::Retest { holds, text },
            Wish::Credit { credit } => Command::ChooseCredit { credit },
            Wish::Embargo { agree, text } => Command::AnswerEmbargo { agree, text, asked },
            Wish::Summary { agree, text } => Command::AnswerSummary { agree, text, asked },
            Wish::Issue { agree, text } => Command::AnswerIssue { agree, text, asked },
            Wish::Appeal { text } => Command::Appeal { text },
            Wish::Key { pgp_key } => Command::GiveKey { pgp_key },
        }
    }

    /// The message that takes its place when it cannot be carried out, and why not.
    #[must_use]
    pub fn instead(&self, why: &str) -> String {
        let yes = |agree: &bool| if *agree { "agree" } else { "do not agree" };
        let wished = match self {
            Wish::Nudge => "asked for news".to_owned(),
            Wish::Withdraw { .. } => "took the report back".into(),
            Wish::Retest { holds: true, .. } => "said that the fix holds".into(),
            Wish::Retest { .. } => "said that the fix does not hold".into(),
            Wish::Credit { .. } => "chose how to be credited".into(),
            Wish::Embargo { agree, .. } => format!("said that I {} to the date", yes(agree)),
            Wish::Summary { agree, .. } => format!("said that I {} to the text about the report", yes(agree)),
            Wish::Issue { agree, .. } => format!("said that I {} to the text of the public issue", yes(agree)),
            Wish::Appeal { .. } => "asked that somebody else look at the verdict".into(),
            Wish::Key { .. } => "chose another key for letters".into(),
        };
        let added = if self.text().is_empty() { String::new() } else { format!("\n\n{}", self.text()) };
        format!("While the team's side was away I {wished}. It could not be done when it was back: {why}.{added}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_kept_as_it_was_said_and_what_cannot_be_done_any_more_is_said_in_words() {
        let wishes = [
            Wish::Nudge,
            Wish::Withdraw { text: "It was my own mistake".into() },
            Wish::Retest { holds: false, text: String::new() },
            Wish::Embargo { agree: true, text: String::new() },
            Wish::Key { pgp_key: String::new() },
        ];
        for wish in wishes {
            let kept = serde_json::to_vec(&wish).expect("JSON");
            assert_eq!(serde_json::from_slice::<Wish>(&kept).expect("a wish"), wish);
            assert!(wish.check().is_ok());
        }
        let wish = Wish::Withdraw { text: "It was my own mistake".into() };
        let words = wish.instead(&Refusal::ChannelClosed("The API").to_string());
        assert!(words.contains("took the report back") && words.ends_with("It was my own mistake"), "{words}");
        assert!(Wish::Appeal { text: "x".repeat(10_000_000) }.check().is_err());
    }
}
