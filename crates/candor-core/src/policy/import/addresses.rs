//! Addresses in prose: where reports go, whom to turn to, what else is linked.

use super::{Fact, Found, Place, Said, WebKind, any};
use crate::intake::looks_like_address;
use candor_formats::uri;

/// Reads every address of a sentence. `before` is what was found already.
pub(super) fn read(said: &mut Said<'_>, before: &[Found]) {
    mails(said, before);
    keys(said);
    links(said);
}

fn mails(said: &mut Said<'_>, before: &[Found]) {
    let sentence = said.sentence;
    let mut found = addresses(&sentence.text);
    for (_, url) in &sentence.links {
        if let Some(mail) = url.strip_prefix("mailto:") {
            let mail = mail.split('?').next().unwrap_or(mail).replace("%40", "@");
            if looks_like_address(&mail) && !found.contains(&mail) {
                found.push(mail);
            }
        }
    }
    let context = format!("{} {}", sentence.lead, sentence.text).to_lowercase();
    let own = sentence.lower();
    for mail in found {
        let known = before.iter().map(|found| &found.fact).chain(&said.facts);
        let reports = known.clone().any(|fact| *fact == Fact::ReportMail(mail.clone()));
        let named = known.clone().any(|fact| matches!(fact, Fact::Contact { email, .. } if *email == mail));
        if reports || named {
            continue;
        }
        let turned_to = any(&own, "coordinator|escalat|no response|no reply|no answer|backup|back-up|fallback")
            || any(
                &context,
                "if you have not|if you do not|if you don't|if you haven't|no response|passes without|not received|turn to|escalat|if no one",
            );
        let role = role(&sentence.text, &mail);
        if turned_to
            || (sentence.place == Place::Item
                && role.is_some()
                && any(&context, "contact|coordinator|team|members|lead"))
        {
            let role = role.unwrap_or_else(|| "escalation contact".into());
            let taken = before.iter().map(|found| &found.fact).chain(&said.facts).filter(|fact| {
                matches!(fact, Fact::Contact { role: other, .. } if other.split(" (").next() == Some(role.as_str()))
            });
            let count = taken.count();
            let role = if count == 0 { role } else { format!("{role} ({})", count + 1) };
            said.tell(Fact::Contact { role, email: mail });
        } else if any(&own, "conduct|press|sales|marketing|privacy|legal|career")
            && !any(&own, "vulnerab|security issue|security bug")
        {
            said.ask(format!("`{mail}` seems to be for something else than reports; leave it out?"));
        } else if !before.iter().any(|found| matches!(found.fact, Fact::ReportMail(_)))
            || any(&context, "report|send|vulnerab|security|disclos")
        {
            said.tell(Fact::ReportMail(mail));
        } else {
            said.ask(format!("`{mail}`: what is written to it?"));
        }
    }
}

/// The addresses for mail in a text, in order; spelled out ones (`name [at] host [dot] org`) as well.
pub(super) fn addresses(text: &str) -> Vec<String> {
    let mut plain = text.to_owned();
    for (spelled, sign) in [
        (" [at] ", "@"),
        ("[at]", "@"),
        (" (at) ", "@"),
        ("(at)", "@"),
        (" AT ", "@"),
        (" [dot] ", "."),
        ("[dot]", "."),
        (" (dot) ", "."),
        ("(dot)", "."),
        (" DOT ", "."),
    ] {
        plain = plain.replace(spelled, sign);
    }
    let mut found: Vec<String> = Vec::new();
    for word in plain.split(|letter: char| letter.is_whitespace() || "<>()[]\",;:|".contains(letter)) {
        let word = word.trim_matches(|letter: char| "'`*.!?".contains(letter));
        let mail = word.split('?').next().unwrap_or(word);
        let host = mail.split('@').nth(1).unwrap_or_default();
        let last = host.rsplit('.').next().unwrap_or_default();
        let letters = last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic());
        if looks_like_address(mail) && letters && !mail.contains('/') && !found.iter().any(|other| other == mail) {
            found.push(mail.to_owned());
        }
    }
    found
}

/// The role that stands before an address: `Primary security coordinators: ada@…`.
fn role(text: &str, mail: &str) -> Option<String> {
    let before = text.split(mail).next()?;
    let label = before.trim().trim_end_matches(['<', '(', '[']).trim();
    let label =
        label.strip_suffix(':').or_else(|| label.strip_suffix(" -")).or_else(|| label.strip_suffix(" –"))?.trim();
    let label = label.rsplit(['.', ';']).next().unwrap_or(label).trim().to_lowercase();
    if label.is_empty() || label.split_whitespace().count() > 6 {
        return None;
    }
    if any(&label, "if you|no response|no reply|otherwise") {
        return Some("last resort".into());
    }
    if any(&label, "email|e-mail|mail|report") {
        return None;
    }
    let one = label.strip_suffix("coordinators").map_or(label.clone(), |rest| format!("{rest}coordinator"));
    // A name after the role belongs to the person, not to the role.
    Some(one.split(", ").next().unwrap_or(&one).to_owned())
}

/// Fingerprints of OpenPGP keys.
fn keys(said: &mut Said<'_>) {
    let text = &said.sentence.text;
    let mut digits = String::new();
    let mut runs: Vec<String> = Vec::new();
    for letter in text.chars().chain(['.']) {
        if letter.is_ascii_hexdigit() {
            digits.push(letter);
        } else if !(letter == ' ' || letter == ':') || digits.is_empty() {
            runs.push(std::mem::take(&mut digits));
        }
    }
    for run in runs {
        // Words made of hexadecimal letters stand beside fingerprints; those are runs of their last forty digits.
        let plain = if run.len() > 40 { run[run.len() - 40..].to_owned() } else { run };
        if plain.len() == 40 && plain.bytes().filter(u8::is_ascii_digit).count() >= 8 {
            said.tell(Fact::OpenPgp(plain.to_ascii_uppercase()));
        }
    }
}

const PLATFORMS: &str = "hackerone.com|bugcrowd.com|intigriti.com|huntr.|yeswehack.com|immunefi.com|openbugbounty.org|tidelift.com|kb.cert.org";

fn links(said: &mut Said<'_>) {
    let sentence = said.sentence;
    let own = sentence.lower();
    let heading = sentence.heading.to_lowercase();
    for (text, url) in &sentence.links {
        let address = url.trim();
        if address.is_empty() || address.starts_with("mailto:") || address.starts_with('#') {
            continue;
        }
        let lower = address.to_lowercase();
        let words = text.to_lowercase();
        if !(lower.starts_with("https://") || lower.starts_with("http://")) {
            if any(&own, "key|pgp|team|member|maintainer") {
                said.ask(format!("`{address}` is no whole web address; write it from https://"));
            }
            continue;
        }
        let host = lower.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
        if !uri::is_web(address) || !host.contains('.') || host.contains(',') {
            said.ask(format!("`{address}` is no web address that works; what is meant?"));
            continue;
        }
        let told = |kind, words: &str| Fact::Web { kind, text: words.to_owned(), url: address.to_owned() };
        let shown = if text.starts_with("http") || text.trim().is_empty() { host } else { text.trim() };
        let path = lower.split("://").nth(1).unwrap_or_default().trim_end_matches('/');
        let parts: Vec<&str> = path.split('/').collect();
        let forge = matches!(parts.first(), Some(&"github.com" | &"gitlab.com" | &"codeberg.org"));
        let covered = any(
            &own,
            "any repository|repository under|repositories|organization|organisation|all security bugs in|in scope|covered|applies to",
        ) || any(&heading, "scope|covered");
        if any(&lower.replace(['/', '.', ':'], " "), "pgp|gpg|openpgp")
            || any(&own, "pgp|gpg|openpgp|public key|encrypt") && any(&words, "key|pgp|gpg|here")
        {
            said.tell(Fact::OpenPgp(address.to_owned()));
        } else if lower.contains("/security/advisories/new") {
            said.tell(told(WebKind::Report, "a private report on GitHub"));
        } else if PLATFORMS.split('|').any(|platform| lower.contains(platform)) {
            said.tell(told(WebKind::Report, &format!("a report at {host}")));
        } else if any(&own, "who should have access|people who|are read by|owners")
            && (any(&lower.replace(['/', '.', '-', '_'], " "), "maintainers|owners|team|members|contacts|people")
                || any(&own, "listed|read by"))
        {
            said.tell(told(WebKind::Team, shown));
        } else if any(&own, "portal") && any(&own, "customer|partner|log in|login|service") {
            said.tell(told(WebKind::Portal, shown));
        } else if any(
            &own,
            "log in|report it|issue tracker|submit|report the|create a|fill|web form|report form|reported through|reported via|reporting form|report a!",
        ) && any(&format!("{own} {heading}"), "report|vulnerab|security|channel")
            && !any(&own, "public|non-security|do not|don't|advisor|instead")
            && !forge_docs(&lower)
        {
            said.tell(told(WebKind::Report, &format!("a report at {shown}")));
        } else if any(&own, "advisor|fixes posted|published|announce|disclosed|security tab|security bulletin")
            && !any(&own, "latest release")
            || lower.ends_with("/security/advisories")
        {
            said.tell(told(WebKind::Advisories, shown));
        } else if forge && parts.len() == 2 && covered {
            said.tell(Fact::Repository(format!("{}/*", parts.join("/"))));
        } else if forge && parts.len() == 3 && (covered || any(&own, "security bugs in|vulnerabilities in")) {
            said.tell(Fact::Repository(parts.join("/")));
        } else if lower.contains("/releases/latest") || any(&own, "more|learn|information|see|read|detail|policy|refer")
        {
            said.tell(told(WebKind::More, shown));
        } else if any(&own, "instead|public issue|issue|forum|discuss|question") {
            // Where to go with something else; the clause that names it keeps the words.
        } else {
            said.ask(format!("{address}: what is it for?"));
        }
    }
}

/// Pages of a forge that explain how something is done, and take nothing in.
fn forge_docs(url: &str) -> bool {
    url.contains("docs.github.com") || url.contains("docs.gitlab.com")
}
