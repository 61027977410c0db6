//! Letters to subscribers: the one that asks, and those about advisories. Each leads out with one click (RFC 8058).

use candor_core::policy::Policy;
use candor_formats::advisory::{Record, to_text};
use jiff::Timestamp;

use super::address::{self, Sender};
use super::letters::{self, Heading};
use super::words::{Link, NO_ANSWERS, Words};
use crate::app::App;
use crate::error::Error;

/// Which letter.
#[derive(Debug, Clone, Copy)]
pub enum Letter<'a> {
    /// Do you want this? Nothing in it was typed by whoever asked.
    Confirm,
    /// An advisory is public, or was changed.
    Advisory(&'a Record),
}

/// Builds a letter to a subscriber; `secret` is what stands in its links. `None` where the address is none.
///
/// # Errors
/// When a template fails, which it cannot on these parts.
#[allow(clippy::too_many_arguments, reason = "each is another part of a letter")]
pub fn build(
    app: &App,
    sender: &Sender,
    policy: &Policy,
    id: &str,
    at: Timestamp,
    to: &str,
    secret: &str,
    what: &Letter<'_>,
) -> Result<Option<letters::Letter>, Error> {
    let Ok(to) = address::check(to) else { return Ok(None) };
    let program = address::display_name(&policy.program.name);
    let base = &app.config.base_url;
    let own = format!("{base}/subscribe/{secret}");
    let words = match what {
        Letter::Confirm => Words {
            subject: format!("[{program}] Do you want its security advisories by mail?"),
            lead: format!("Somebody entered this address to get the security advisories of {program}."),
            body: vec![
                "If it was you, say yes on the page below. If not, do nothing: no further mail will come.".into(),
            ],
            dates_title: "",
            dates: Vec::new(),
            expected: "say yes within two days, if you want them.".into(),
            link: Some(Link { label: "Say yes, or no", url: own.clone() }),
            why: "You get this one letter because the address was entered on a public page.".into(),
            answers: NO_ANSWERS.into(),
        },
        Letter::Advisory(record) => {
            let changed = record.revisions.len() > 1;
            let mut body = Vec::new();
            if let Some(last) = record.revisions.last().filter(|_| changed) {
                body.push(format!("What changed: {}", address::display_line(&last.summary)));
            }
            // The whole record: it is public, and whoever reads it in a mail program needs no page to act on it.
            body.push(to_text(record).trim_end().to_owned());
            body.push(format!("To get no more of these: {own}"));
            Words {
                subject: format!("[{program}] {} {}", record.id, if changed { "was changed" } else { "is public" }),
                lead: format!(
                    "{program} has {} the security advisory {}.",
                    if changed { "changed" } else { "published" },
                    record.id
                ),
                body,
                dates_title: "",
                dates: Vec::new(),
                expected: "see whether you run an affected version.".into(),
                link: Some(Link {
                    label: "The advisory",
                    url: format!("{base}/{}/advisories/{}", policy.program.slug, record.id),
                }),
                why: format!("You get this because this address subscribed to advisories of {program}."),
                answers: NO_ANSWERS.into(),
            }
        }
    };
    let mark = super::receive::own_mark(app, id)?;
    let head = Heading { program: &program, slug: &policy.program.slug, id, thread: id, mark: &mark, reply_to: None };
    let mut letter = letters::compose(sender, &head, at, to, &words)?;
    // The page takes a POST without any sign-in, and that ends it (RFC 8058, section 3.1).
    let mut bytes = format!(
        "List-Unsubscribe: <{own}/leave>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nPrecedence: list\r\n"
    )
    .into_bytes();
    bytes.append(&mut letter.bytes);
    letter.bytes = bytes;
    Ok(Some(letter))
}
