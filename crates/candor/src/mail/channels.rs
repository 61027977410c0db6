//! Letters about a program and no case: a channel fails, or all are well again. What fails is looked up when the letter is
//! built, so that nobody is told of what was mended meanwhile.

use super::address;
use super::words::{Link, NO_ANSWERS, Words};
use crate::app::App;
use crate::error::Error;
use crate::watch::probes::{self, FAILED, State};
use candor_core::policy::Policy;

/// The letter of this kind, or why there is none to write any more.
///
/// # Errors
/// When the store cannot be read.
pub async fn words(app: &App, policy: &Policy, kind: &str) -> Result<Result<Words, &'static str>, Error> {
    let slug = policy.program.slug.as_str();
    let failing: Vec<_> = probes::all(app)
        .await?
        .into_iter()
        .filter(|probe| probe.program == slug && probe.finding.state == State::Failed)
        .collect();
    let program = address::display_name(&policy.program.name);
    let mut words = Words {
        subject: String::new(),
        lead: String::new(),
        body: Vec::new(),
        dates_title: "",
        dates: Vec::new(),
        expected: String::new(),
        link: Some(Link { label: "All channels", url: format!("{}/desk/channels", app.config.base_url) }),
        why: format!("You get this because the policy of {program} names you as a contact."),
        answers: NO_ANSWERS.into(),
    };
    match (kind == FAILED, failing.is_empty()) {
        (true, true) => return Ok(Err("what failed was mended meanwhile")),
        (false, false) => return Ok(Err("another channel failed meanwhile")),
        (true, false) => {
            words.subject = format!("[{program}] A channel of the security policy fails");
            words.lead = format!("Candor looks at every channel of {program} once a day. This does not work:");
            words.body = failing
                .iter()
                .map(|probe| address::display_line(&format!("{}: {}.", probe.finding.channel, probe.finding.detail)))
                .collect();
            words.expected = "mend it; `candor probe` looks again at once.".into();
        }
        (false, true) => {
            words.subject = format!("[{program}] All channels of the security policy work again");
            words.lead = format!("Every channel of {program} that failed works again.");
            words.expected = "nothing.".into();
        }
    }
    Ok(Ok(words))
}

/// The letter by which Candor looks whether mail to the program's own address comes in.
pub fn to_itself(program: &str) -> Words {
    Words {
        subject: format!("[{program}] Candor looks whether mail comes in"),
        lead: format!(
            "Candor writes this letter to the address for reports of {program} once a day, and looks for it there."
        ),
        body: vec!["Where it arrives, the mail of a reporter does. Candor takes it in by itself.".into()],
        dates_title: "",
        dates: Vec::new(),
        expected: "nothing. If people read this mailbox, hand its mail to Candor as well.".into(),
        link: None,
        why: "You get this because mail to the address for reports comes to you.".into(),
        answers: NO_ANSWERS.into(),
    }
}
