//! Who really sent a mail, as far as mail can tell: what SPF, DKIM, DMARC and ARC say. Worked out by the door that took
//! the mail in, and never believed from its headers. It is shown, and grants nothing by itself.

use crate::case::Case;
use crate::event::Event;
use crate::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// Signatures of one mail that are told of; more are not looked at.
const SIGNATURES: usize = 10;

/// What one check came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// It holds.
    Pass,
    /// It does not hold.
    Fail,
    /// The domain says it probably does not hold (SPF `~all`).
    SoftFail,
    /// The domain says nothing either way (SPF `?all`).
    Neutral,
    /// There is nothing to check.
    #[default]
    None,
    /// What is published for it cannot be read.
    Broken,
    /// It could not be checked: the DNS gave no answer.
    Unreachable,
    /// It is not known what to check, such as the server that the mail came from.
    Unknown,
}

/// One check of one domain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// What it came to.
    pub result: Check,
    /// The domain; empty when there is none.
    pub domain: String,
}

impl Looked {
    /// One check.
    pub fn new(result: Check, domain: impl Into<String>) -> Self {
        Self { result, domain: domain.into() }
    }
}

/// What was worked out about who sent a mail.
///
/// Sources: RFC 7208 (SPF), RFC 6376 (DKIM), RFC 7489 and its successor RFC 9989 (DMARC), RFC 8617 (ARC).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Domain of the sender that mail programs show; empty when it has none.
    pub from: String,
    /// Whether that domain, or the one of the return path, lets the server send that the mail came from.
    pub spf: Looked,
    /// The domains that signed the mail.
    pub dkim: Vec<Looked>,
    /// Whether the shown sender's domain is proven by one of the two.
    pub dmarc: Check,
    /// Whether it is proven by a signature of the shown sender's domain, which no server on the way can make.
    pub signed_by_sender: bool,
    /// What the servers that passed it on say of it; the domain is the last one's.
    pub arc: Looked,
}

impl Origin {
    /// Whether the shown domain is proven, and by a signature of its own.
    pub fn proves_domain(&self) -> bool {
        self.dmarc == Check::Pass && self.signed_by_sender
    }

    /// Whether something could not be checked for now.
    pub fn is_open(&self) -> bool {
        let dkim = self.dkim.iter().any(|it| it.result == Check::Unreachable);
        dkim || [self.spf.result, self.dmarc, self.arc.result].contains(&Check::Unreachable)
    }

    /// All of it in one sentence.
    pub fn summary(&self) -> String {
        let from = if self.from.is_empty() { "the sender's domain" } else { &self.from };
        match self.dmarc {
            Check::Pass if self.signed_by_sender => {
                format!("{from} signed it. Who wrote it within {from} is not proven.")
            }
            Check::Pass => {
                format!("It came from a server that {from} names. Who wrote it within {from} is not proven.")
            }
            Check::Fail => format!("It is not from {from}, as far as mail can tell: neither signature nor server fit."),
            Check::Unreachable => "It could not be checked who sent it, because the DNS gave no answer.".into(),
            Check::Broken => format!("What {from} publishes for this check cannot be read."),
            _ if self.dkim.iter().any(|it| it.result == Check::Pass && is_part_of(&self.from, &it.domain)) => {
                format!("{from} signed it, and publishes no rule for mail without a signature.")
            }
            _ => format!("Nothing proves that it is from {from}."),
        }
    }

    /// Each check in words, with its name.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = vec![("SPF", self.spf_words())];
        if self.dkim.is_empty() {
            lines.push(("DKIM", "No domain signed it.".into()));
        }
        lines.extend(self.dkim.iter().map(|it| ("DKIM", signed(it))));
        let from = if self.from.is_empty() { "the sender's domain" } else { &self.from };
        lines.push((
            "DMARC",
            match self.dmarc {
                Check::Pass if self.signed_by_sender => format!("It holds: {from} signed it."),
                Check::Pass => format!("It holds: it came from a server that {from} names."),
                Check::Fail => format!("It does not hold: neither signature nor server fit {from}."),
                Check::Broken => format!("What {from} publishes cannot be read."),
                Check::Unreachable => "It could not be checked.".into(),
                _ => format!("{from} publishes no rule."),
            },
        ));
        lines.extend(match self.arc.result {
            Check::None => None,
            Check::Pass => Some((
                "ARC",
                format!(
                    "The chain of servers that passed it on is whole; the last is {}. They are believed nothing.",
                    self.arc.domain
                ),
            )),
            Check::Unreachable => Some(("ARC", "The chain of servers that passed it on could not be checked.".into())),
            _ => Some(("ARC", "The chain of servers that passed it on is broken.".into())),
        });
        lines
    }

    fn spf_words(&self) -> String {
        let domain = &self.spf.domain;
        match self.spf.result {
            Check::Pass => format!("The server it came from may send for {domain}."),
            Check::Fail => format!("The server it came from may not send for {domain}."),
            Check::SoftFail => format!("The server it came from should not send for {domain}."),
            Check::Neutral => format!("{domain} says nothing about the server it came from."),
            Check::None if domain.is_empty() => "The mail names no domain to ask.".into(),
            Check::None => format!("{domain} names no servers."),
            Check::Broken => format!("What {domain} publishes cannot be read."),
            Check::Unreachable => "It could not be checked.".into(),
            Check::Unknown => "Not known: no mail server that the operator named says where the mail came from.".into(),
        }
    }
}

fn signed(signature: &Looked) -> String {
    let domain = if signature.domain.is_empty() { "somebody" } else { &signature.domain };
    match signature.result {
        Check::Pass => format!("Signed by {domain}, and unchanged since."),
        Check::Unreachable => format!("It says {domain} signed it; the key could not be fetched."),
        Check::Broken => {
            format!("It says {domain} signed it; that cannot be checked: no usable key, or a broken signature.")
        }
        _ => format!("It says {domain} signed it; the signature does not fit."),
    }
}

/// Whether `domain` is `of` or lies below it.
fn is_part_of(domain: &str, of: &str) -> bool {
    let (domain, of) = (domain.to_ascii_lowercase(), of.to_ascii_lowercase());
    !of.is_empty() && (domain == of || domain.strip_suffix(&of).is_some_and(|rest| rest.ends_with('.')))
}

/// What was worked out about the mail of an entry, if it was.
pub fn of_entry(case: &Case, seq: u64) -> Option<&Origin> {
    case.history.iter().rev().find_map(|entry| match &entry.what {
        Event::MailChecked { entry: of, origin } if *of == seq => Some(&**origin),
        _ => None,
    })
}

/// Puts on record who sent the mail of an entry. Once is enough.
pub(crate) fn record(case: &Case, entry: u64, origin: &Origin) -> Result<Vec<Event>, Refusal> {
    let is_mail = case.history.iter().any(|known| {
        known.seq == entry
            && matches!(known.what, Event::Reported { .. } | Event::ReporterWrote { .. } | Event::MailUnverified { .. })
    });
    if !is_mail {
        return Err(Refusal::Field { field: "entry", problem: "it is no entry that a mail made".into() });
    }
    if of_entry(case, entry).is_some() {
        return Ok(Vec::new());
    }
    let mut origin = origin.clone();
    origin.dkim.truncate(SIGNATURES);
    for domain in origin.dkim.iter_mut().map(|it| &mut it.domain).chain([
        &mut origin.from,
        &mut origin.spf.domain,
        &mut origin.arc.domain,
    ]) {
        *domain = domain.chars().filter(|c| !c.is_control()).take(255).collect();
    }
    Ok(vec![Event::MailChecked { entry, origin: Box::new(origin) }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_found_is_said_in_words_and_claims_no_more_than_was_proven() {
        let origin = Origin {
            from: "example.org".into(),
            spf: Looked::new(Check::Fail, "example.org"),
            dkim: vec![Looked::new(Check::Pass, "mail.example.org"), Looked::new(Check::Fail, "list.example")],
            dmarc: Check::Pass,
            signed_by_sender: true,
            arc: Looked::default(),
        };
        assert_eq!(origin.summary(), "example.org signed it. Who wrote it within example.org is not proven.");
        assert!(origin.proves_domain());
        let lines: Vec<String> = origin.lines().into_iter().map(|(name, words)| format!("{name}: {words}")).collect();
        assert_eq!(
            lines,
            [
                "SPF: The server it came from may not send for example.org.",
                "DKIM: Signed by mail.example.org, and unchanged since.",
                "DKIM: It says list.example signed it; the signature does not fit.",
                "DMARC: It holds: example.org signed it.",
            ]
        );
    }

    #[test]
    fn a_server_alone_proves_no_sender_and_what_is_open_is_said() {
        let by_server = Origin { dmarc: Check::Pass, from: "example.org".into(), ..Origin::default() };
        assert!(!by_server.proves_domain());
        assert!(by_server.summary().contains("a server that example.org names"));
        let open = Origin { dmarc: Check::Unreachable, ..Origin::default() };
        assert!(open.is_open() && open.summary().contains("could not be checked"));
        let unknown = Origin { spf: Looked::new(Check::Unknown, ""), from: "a.example".into(), ..Origin::default() };
        assert!(!unknown.is_open() && unknown.lines()[0].1.starts_with("Not known"));
        assert_eq!(unknown.summary(), "Nothing proves that it is from a.example.");
    }

    #[test]
    fn a_domain_below_another_is_part_of_it_and_one_that_only_ends_alike_is_not() {
        assert!(is_part_of("mail.example.org", "Example.org") && is_part_of("example.org", "example.org"));
        assert!(!is_part_of("notexample.org", "example.org") && !is_part_of("example.org", ""));
    }
}
