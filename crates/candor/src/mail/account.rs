//! Letters to a member about their own account: that a way into it changed, or the key with which they sign mail was set,
//! replaced or removed. They name what changed, and no case, no secret and nobody else.

use candor_core::id::{MemberId, ProgramSlug};
use jiff::Timestamp;

use super::address::{self, Sender};
use super::letters::{Built, Heading, compose, thread_of};
use super::words::{Link, NO_ANSWERS, Words};
use crate::accounts::{self, told::Change};
use crate::app::App;
use crate::error::Error;
use crate::openpgp::words::grouped;
use crate::store::outbox::OutboxRow;

/// Builds the letter of a row.
///
/// # Errors
/// When the store or the keys fail; the row is to be tried again.
pub(super) async fn build(app: &App, sender: &Sender, row: &OutboxRow, id: &MemberId) -> Result<Built, Error> {
    let change = Change::from_name(&row.kind);
    if change.is_none() && row.kind != accounts::openpgp::KIND {
        return Ok(Built::Unsendable("the row names a kind that this version does not know".into()));
    }
    // Who was let out is told as well: it is their name that mail is signed with.
    let Some(member) = accounts::member(app, id).await? else { return Ok(Built::Dropped("there is no such member")) };
    let to = match address::check(&member.email) {
        Ok(address) => address,
        Err(why) => return Ok(Built::Unsendable(why.to_string())),
    };
    let at = Timestamp::from_microsecond(row.created_at).map_err(Error::internal)?;
    let programs = app.programs();
    let program = programs.iter().find(|policy| member.roles.iter().any(|(slug, _)| *slug == policy.program.slug.0));
    let slug = program.or(programs.first()).map_or(ProgramSlug(String::new()), |policy| policy.program.slug.clone());
    let thread = thread_of(app, row)?;
    let head = Heading {
        program: "",
        slug: &slug,
        id: &row.id,
        thread: &thread,
        mark: &super::receive::own_mark(app, &row.id)?,
        reply_to: None,
    };
    let words = match change {
        Some(change) => about(change, &app.config.base_url),
        None => {
            let own = accounts::openpgp::get(app, id).await?;
            let print = own.map(|own| grouped(&own.certificate.fingerprint()));
            words(print.as_deref(), &app.config.base_url)
        }
    };
    compose(sender, &head, at, to, &words).map(|letter| Built::Letter(Box::new(letter)))
}

/// What it says; `print` is the fingerprint of the key that is there now.
fn words(print: Option<&str>, base_url: &str) -> Words {
    Words {
        subject: "The OpenPGP key of your account was changed".into(),
        lead: match print {
            Some(print) => format!("Mail under your name now counts when it is signed with the key {print}."),
            None => "Your account has no OpenPGP key any more. No signed mail counts as yours.".into(),
        },
        body: Vec::new(),
        dates_title: "",
        dates: Vec::new(),
        expected: "nothing, if you changed it. If you did not, tell who manages the desk today, and remove the key."
            .into(),
        link: Some(Link { label: "Your key", url: format!("{base_url}/desk/settings/key") }),
        why: "You get this because it is your account.".into(),
        answers: NO_ANSWERS.into(),
    }
}

/// What is said of a change of the ways in.
fn about(change: Change, base_url: &str) -> Words {
    let otherwise = match change {
        Change::WrongCodes => {
            "If it was not, somebody knows your password: ask whoever manages the desk to let you start anew."
        }
        _ => "If not, end the other sessions in your settings, and ask whoever manages the desk to let you start anew.",
    };
    if let Change::Recipients | Change::ProgramKey = change {
        let subject = if change == Change::Recipients {
            "The certificates for sealed reports change"
        } else {
            "The OpenPGP key of a program changes"
        };
        return Words {
            subject: subject.into(),
            lead: change.says().to_owned(),
            body: Vec::new(),
            dates_title: "",
            dates: Vec::new(),
            expected: "nothing, if you know of it. If nobody of you does, tell who runs the desk today.".into(),
            link: Some(Link { label: "The desk", url: format!("{base_url}/desk") }),
            why: "You get this because you are a member. These letters cannot be switched off.".into(),
            answers: NO_ANSWERS.into(),
        };
    }
    Words {
        subject: "About the ways into your account".into(),
        lead: change.says().to_owned(),
        body: Vec::new(),
        dates_title: "",
        dates: Vec::new(),
        expected: format!("nothing, if it was you or you know of it. {otherwise}"),
        link: Some(Link { label: "Your settings", url: format!("{base_url}/desk/settings") }),
        why: "You get this because it is your account. These letters cannot be switched off.".into(),
        answers: NO_ANSWERS.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::{Change, about, words};

    #[test]
    fn every_change_has_a_name_and_a_sentence_of_its_own() {
        let names: std::collections::BTreeSet<_> = Change::ALL.map(Change::name).into();
        let sentences: std::collections::BTreeSet<_> = Change::ALL.map(Change::says).into();
        assert_eq!((names.len(), sentences.len()), (Change::ALL.len(), Change::ALL.len()));
        for change in Change::ALL {
            assert_eq!(Change::from_name(change.name()), Some(change));
            assert!(about(change, "https://desk.example").lead.ends_with('.'));
        }
    }

    #[test]
    fn it_says_which_key_counts_and_what_to_do_if_it_is_not_yours() {
        let set = words(Some("AAAA BBBB"), "https://x.example");
        assert!(set.lead.contains("AAAA BBBB") && set.expected.contains("If you did not"));
        assert!(words(None, "https://x.example").lead.contains("no OpenPGP key"));
    }
}
