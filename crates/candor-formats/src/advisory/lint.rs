//! What should not stand in a public advisory: internal notes, private addresses, names without consent, other cases,
//! placeholder text.

use super::{Problem, Record};
use crate::identifiers;

/// What the surroundings of an advisory know and its text must not say.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings<'a> {
    /// Names and handles of people who did not consent to be named, with three letters or more.
    pub unnamed: &'a [String],
    /// Identifiers of cases other than this one: numbers, receipts, addresses of pages of the desk.
    pub other_cases: &'a [String],
    /// Texts that are for the team alone, such as internal notes; a sentence of one must not stand in the advisory.
    pub internal: &'a [String],
}

/// Words that mark a text as unfinished or as not meant to be public.
const MARKS: [(&str, &str); 14] = [
    ("TODO", "is a note to oneself"),
    (concat!("FIX", "ME"), "is a note to oneself"),
    ("TBD", "is a note to oneself"),
    ("XXX", "is a note to oneself"),
    ("lorem ipsum", "is placeholder text"),
    ("placeholder", "is placeholder text"),
    ("insert here", "is placeholder text"),
    ("foo bar", "is placeholder text"),
    ("example.com", "is an address for examples"),
    ("example.org", "is an address for examples"),
    ("internal only", "marks a text as internal"),
    ("internal note", "marks a text as internal"),
    ("do not publish", "marks a text as internal"),
    ("confidential", "marks a text as internal"),
];

impl Record {
    /// Everything in the texts of this record that should not become public. Empty means clean.
    ///
    /// Unlike [`problems`](Self::problems) this can be wrong: a text may speak of `TODO` comments. So each line says
    /// what was found and where, for a person to decide.
    pub fn lint(&self, around: &Surroundings<'_>) -> Vec<Problem> {
        let mut found = Vec::new();
        for (field, text) in self.texts() {
            let mut say = |message: String| found.push(Problem { field: field.clone(), message });
            marks(text, &mut say);
            addresses(text, &mut say);
        }
        found.extend(self.leaks(around));
        found
    }

    /// What of it is known and not guessed: names without consent, other cases, sentences of internal notes.
    pub fn leaks(&self, around: &Surroundings<'_>) -> Vec<Problem> {
        let mut found = Vec::new();
        for (field, text) in self.texts() {
            let mut say = |message: String| found.push(Problem { field: field.clone(), message });
            for name in around.unnamed.iter().filter(|name| name.trim().chars().count() > 2) {
                if has_words(text, name.trim()) {
                    say("This names somebody who did not consent to be named; remove the name".to_owned());
                }
            }
            for case in around.other_cases.iter().filter(|case| case.trim().chars().count() > 3) {
                if has_words(text, case.trim()) && *case != self.id {
                    say(format!("{case} belongs to another case; remove it"));
                }
            }
            for note in around.internal {
                if let Some(sentence) = shared_sentence(text, note) {
                    say(format!(
                        "This sentence stands in an internal note, too: \"{sentence}\"; say it in other words"
                    ));
                }
            }
        }
        found
    }

    /// Every text of the record with its field.
    fn texts(&self) -> Vec<(String, &str)> {
        let mut all: Vec<(String, &str)> = [
            ("title", &self.title),
            ("summary", &self.summary),
            ("details", &self.details),
            ("impact", &self.impact),
            ("preconditions", &self.preconditions),
            ("distribution", &self.distribution),
            ("withdrawal", &self.withdrawal),
            ("dispute", &self.dispute),
        ]
        .into_iter()
        .map(|(field, text)| (field.to_owned(), text.as_str()))
        .collect();
        all.extend(
            self.products
                .iter()
                .enumerate()
                .map(|(place, product)| (format!("products[{place}].name"), product.name.as_str())),
        );
        for (place, reference) in self.references.iter().enumerate() {
            all.push((format!("references[{place}].url"), &reference.url));
            all.push((format!("references[{place}].summary"), &reference.summary));
        }
        for (place, remediation) in self.remediations.iter().enumerate() {
            all.push((format!("remediations[{place}].details"), &remediation.details));
            all.extend(remediation.url.as_deref().map(|url| (format!("remediations[{place}].url"), url)));
        }
        all.extend(
            self.timeline
                .iter()
                .enumerate()
                .map(|(place, line)| (format!("timeline[{place}].text"), line.text.as_str())),
        );
        all.extend(
            self.revisions
                .iter()
                .enumerate()
                .map(|(place, revision)| (format!("revisions[{place}].summary"), revision.summary.as_str())),
        );
        for (place, credit) in self.credits.iter().enumerate() {
            all.extend(credit.note.as_deref().map(|note| (format!("credits[{place}].note"), note)));
        }
        for (place, credit) in self.acknowledgements.iter().enumerate() {
            all.push((format!("acknowledgements[{place}].name"), credit.name.as_str()));
            all.extend(credit.note.as_deref().map(|note| (format!("acknowledgements[{place}].note"), note)));
        }
        all
    }
}

fn marks(text: &str, say: &mut dyn FnMut(String)) {
    for (mark, what) in MARKS {
        // Notes to oneself are written in capitals; the words are used in other ways, too.
        let shouted = mark.chars().all(|c| c.is_ascii_uppercase());
        let found = if shouted { has_exact_word(text, mark) } else { has_words(text, mark) };
        if found {
            say(format!("\"{mark}\" {what}; write what is meant, or remove it"));
        }
    }
}

fn has_exact_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric()).any(|part| part == word)
}

/// Whether `words` stand in `text` as whole words, in any case.
fn has_words(text: &str, words: &str) -> bool {
    let (text, words) = (text.to_lowercase(), words.to_lowercase());
    text.match_indices(&words).any(|(at, found)| {
        let before = text[..at].chars().next_back();
        let after = text[at + found.len()..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_none_or(|c| !c.is_alphanumeric())
    })
}

/// Mail addresses, and addresses of hosts that are not public.
fn addresses(text: &str, say: &mut dyn FnMut(String)) {
    let ends = |c: char| c.is_whitespace() || "<>()[]{}\"'`,;|".contains(c);
    for word in text.split(ends).map(|word| word.trim_end_matches(['.', ':', '!', '?'])) {
        if identifiers::recognise(word).is_some() {
            continue;
        }
        let mail = word.strip_prefix("mailto:").unwrap_or(word);
        let is_mail = mail.split_once('@').is_some_and(|(user, host)| {
            let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte));
            !user.is_empty() && plain(user) && plain(host) && host.contains('.') && !host.starts_with('.')
        });
        if is_mail && !word.contains("://") && !word.starts_with("pkg:") {
            say("A mail address stands here; addresses of people do not belong into an advisory".to_owned());
        }
        let host = word.split_once("://").map_or(word, |(_, rest)| rest);
        let host = host.rsplit_once('@').map_or(host, |(_, rest)| rest);
        let host = host.split(['/', '?', '#']).next().unwrap_or_default();
        if is_private(host) {
            say(format!("{host} is an address inside a network; readers cannot reach it, and it may tell about yours"));
        }
    }
}

/// Whether a host is one of RFC 1918, a loopback or link-local address, or a name without a public domain.
fn is_private(host: &str) -> bool {
    let bare = host.trim_start_matches('[');
    let (name, _) = bare.split_once(']').unwrap_or_else(|| match bare.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) && !name.contains(':') =>
        {
            (name, port)
        }
        _ => (bare, ""),
    });
    if let Ok(address) = name.parse::<std::net::Ipv4Addr>() {
        return address.is_private() || address.is_loopback() || address.is_link_local();
    }
    if let Ok(address) = name.parse::<std::net::Ipv6Addr>() {
        return address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local();
    }
    let name = name.to_ascii_lowercase();
    let inside = [".local", ".internal", ".lan", ".intranet", ".corp", ".home.arpa"];
    name == "localhost" || (name.contains('.') && inside.iter().any(|end| name.ends_with(end)))
}

/// A sentence of at least six words that both texts hold.
fn shared_sentence<'a>(text: &str, note: &'a str) -> Option<&'a str> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let whole = plain(text);
    note.split(['.', '!', '?', '\n'])
        .map(str::trim)
        .find(|sentence| sentence.split_whitespace().count() >= 6 && whole.contains(&plain(sentence)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(details: &str) -> Record {
        let publisher = serde_json::json!({ "name": "Store", "namespace": "https://store.example" });
        let at = "2026-01-31T12:00:00Z";
        let text = serde_json::json!({
            "id": "STORE-2026-1", "title": "A title", "summary": "A summary.", "details": details, "publisher": publisher,
            "products": [{ "name": "Store" }], "published": at, "modified": at,
            "revisions": [{ "number": 1, "at": at, "summary": "First publication." }],
        });
        serde_json::from_value(text).unwrap()
    }

    fn found(details: &str) -> Vec<String> {
        let unnamed = ["Ada Lovelace".to_owned()];
        let (other_cases, internal) =
            (["7K3M9-QXT4B".to_owned()], ["We think the partner leaked it to the press.".to_owned()]);
        let around = Surroundings { unnamed: &unnamed, other_cases: &other_cases, internal: &internal };
        record(details).lint(&around).into_iter().map(|problem| problem.to_string()).collect()
    }

    #[test]
    fn what_should_not_become_public_is_named_with_its_field() {
        for (details, expected) in [
            ("TODO: say more", "note to oneself"),
            ("Lorem ipsum dolor", "placeholder text"),
            ("See https://example.com/page.", "address for examples"),
            ("Found by ada lovelace.", "did not consent"),
            ("As in 7K3M9-QXT4B.", "another case"),
            ("Write to ada@labs.example.", "mail address"),
            ("Our host 10.1.2.3 was reached.", "inside a network"),
            ("curl http://localhost:8080/x", "inside a network"),
            ("See http://build.internal/job", "inside a network"),
            ("Indeed, we think the partner leaked it to the press today.", "internal note"),
        ] {
            let found = found(details);
            assert_eq!(found.len(), 1, "{details}: {found:?}");
            assert!(found[0].starts_with("details: ") && found[0].contains(expected), "{details}: {found:?}");
        }
    }

    #[test]
    fn an_ordinary_text_is_clean() {
        for details in [
            "Objects can be read without a signature; update to 1.4.2. See https://store.example/a and CVE-1900-1234.",
            "A request to pkg:npm/%40store/client@1.0.0 or git@v1 is signed. The todo list of the user is shown.",
            "Addresses like 8.8.8.8 are public; 1.4.2 is a version.",
        ] {
            assert_eq!(found(details), Vec::<String>::new(), "{details}");
        }
    }
}
