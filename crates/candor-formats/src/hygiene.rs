//! What a commit message, a name of a branch or a line of a change log would give away before the day of publication.
//!
//! Whoever watches a repository reads every message. A fix that is described as one tells where to look. The rules here
//! are words; what is meant by them a person decides.

use crate::identifiers::{self, Kind};

/// Something that gives a matter away.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Slip {
    /// The line, from 1.
    pub line: usize,
    /// The words as they stand there.
    pub words: String,
    /// Why they tell something, and what to write instead.
    pub why: String,
    /// Whether it is refused; otherwise it is only worth a second look.
    pub refused: bool,
}

/// What must not be told: words of matters under embargo, with what they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Secret {
    /// The words.
    pub words: String,
    /// What they are, such as `the name of a reporter`.
    pub what: String,
}

/// Words that say aloud that something is a matter of security. Each as small letters between single spaces.
const LOUD: &[&str] = &[
    "security",
    "vulnerability",
    "vulnerabilities",
    "vulnerable",
    "vuln",
    "vulns",
    "exploit",
    "exploits",
    "exploitable",
    "exploited",
    "exploitation",
    "attacker",
    "attackers",
    "attack",
    "malicious",
    "maliciously",
    "embargo",
    "embargoed",
    "cve",
    "ghsa",
    "cvss",
    "0day",
    "zero day",
    "0 day",
    "proof of concept",
    "poc",
    "rce",
    "remote code execution",
    "code execution",
    "arbitrary code",
    "command injection",
    "sql injection",
    "sqli",
    "code injection",
    "xss",
    "cross site scripting",
    "csrf",
    "xsrf",
    "ssrf",
    "xxe",
    "idor",
    "path traversal",
    "directory traversal",
    "zip slip",
    "buffer overflow",
    "heap overflow",
    "stack overflow",
    "integer overflow",
    "overflow",
    "overread",
    "over read",
    "out of bounds",
    "oob",
    "use after free",
    "uaf",
    "double free",
    "type confusion",
    "denial of service",
    "dos",
    "redos",
    "ddos",
    "privilege escalation",
    "privesc",
    "auth bypass",
    "authentication bypass",
    "authorization bypass",
    "authorisation bypass",
    "access control bypass",
    "sandbox escape",
    "information disclosure",
    "information leak",
    "memory corruption",
    "open redirect",
    "clickjacking",
    "deserialization attack",
    "prototype pollution",
    "bug bounty",
    "hackerone",
    "bugcrowd",
    "pentest",
    "penetration test",
    "security researcher",
    "responsible disclosure",
    "coordinated disclosure",
    "advisory",
    "undisclosed",
    "timing attack",
    "side channel",
    "brute force",
    "hijack",
    "hijacking",
    "spoofing",
    "backdoor",
    "smuggling",
];

/// Words that are common in ordinary work, and worth a second look in a fix of something not yet public.
const QUIET: &[&str] = &[
    "sanitize",
    "sanitise",
    "sanitization",
    "escape",
    "escaping",
    "unescaped",
    "validate input",
    "untrusted",
    "injection",
    "bypass",
    "leak",
    "leaks",
    "permission check",
    "missing check",
    "bounds check",
    "length check",
    "harden",
    "hardening",
    "secret",
    "secrets",
    "credential",
    "credentials",
    "password",
    "token leak",
    "crash",
    "unsafe",
    "crafted",
    "hostile",
    "abuse",
];

/// Reads a text line by line. Lines that git itself drops, and names under `Signed-off-by`, are passed over.
pub fn slips(text: &str, secrets: &[Secret]) -> Vec<Slip> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        // What stands below the scissors is the change itself, shown to the author.
        if line.starts_with("# ------------------------ >8") {
            break;
        }
        if line.starts_with('#') {
            continue;
        }
        let trailer = ["signed-off-by:", "co-authored-by:", "reviewed-by:", "acked-by:", "change-id:"]
            .iter()
            .any(|name| line.to_ascii_lowercase().starts_with(name));
        if !trailer {
            one_line(at + 1, line, secrets, &mut found);
        }
    }
    found
}

/// Reads one name, of a branch or a tag.
pub fn slips_in_name(name: &str, secrets: &[Secret]) -> Vec<Slip> {
    let mut found = Vec::new();
    one_line(1, name, secrets, &mut found);
    found
}

fn one_line(at: usize, line: &str, secrets: &[Secret], found: &mut Vec<Slip>) {
    let mut add = |words: &str, why: String, refused: bool| {
        if !found.iter().any(|known| known.line == at && known.words.eq_ignore_ascii_case(words)) {
            found.push(Slip { line: at, words: words.to_owned(), why, refused });
        }
    };
    for known in identifiers::find(line) {
        let what = match known.kind {
            Kind::Cwe | Kind::Capec => "names a kind of weakness",
            _ => "is the number of a vulnerability",
        };
        add(&known.id, format!("{what}; leave it out until the advisory is public"), true);
    }
    for word in line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        if is_case(word) {
            add(word, "looks like the name of a case; keep the link between change and case in the case".into(), true);
        }
    }
    if line.to_ascii_lowercase().starts_with("reported-by:") {
        add("Reported-by", "tells that there was a report; give the credit in the advisory, on the day".into(), true);
    }
    let plain = plain(line);
    for secret in secrets {
        let wanted = self::plain(&secret.words);
        if wanted.trim().len() >= 3 && plain.contains(&wanted) {
            add(&secret.words, format!("is {}, which is not public yet", secret.what), true);
        }
    }
    for words in LOUD {
        if plain.contains(&format!(" {words} ")) {
            add(
                words,
                "says that it is a matter of security; say what the code does now, as for any other change".into(),
                true,
            );
        }
    }
    for words in QUIET {
        if plain.contains(&format!(" {words} ")) {
            add(words, "may tell where to look; would you write it so for a change of no weight?".into(), false);
        }
    }
}

/// Small letters and digits between single spaces, with a space at both ends. `camelCase` and `snake_case` are apart.
fn plain(text: &str) -> String {
    let mut out = String::from(" ");
    let mut small = false;
    for c in text.chars() {
        if c.is_alphanumeric() {
            if c.is_uppercase() && small && !out.ends_with(' ') {
                out.push(' ');
            }
            small = c.is_lowercase();
            out.extend(c.to_lowercase());
        } else if !out.ends_with(' ') {
            small = false;
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// Whether a word has the shape of a case's name: two groups of five of Crockford's letters, at least one of them a digit.
fn is_case(word: &str) -> bool {
    let Some((one, two)) = word.split_once('-') else { return false };
    let group =
        |group: &str| group.len() == 5 && group.bytes().all(|byte| b"0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(&byte));
    group(one)
        && group(two)
        && word.bytes().any(|byte| byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_alphabetic())
}

/// The words of a title that tell what a matter is about: rare enough to be looked for in a message.
pub fn telling(title: &str) -> Vec<String> {
    let plain = plain(title);
    let mut words: Vec<String> = plain
        .split(' ')
        .filter(|word| {
            word.len() >= 6 && !EVERYDAY.contains(word) && word.bytes().any(|byte| byte.is_ascii_alphabetic())
        })
        .map(str::to_owned)
        .collect();
    words.sort();
    words.dedup();
    words
}

/// Long words that stand in titles and in ordinary messages alike.
const EVERYDAY: &[&str] = &[
    "another",
    "because",
    "before",
    "change",
    "changes",
    "client",
    "default",
    "during",
    "enabled",
    "errors",
    "failed",
    "fields",
    "filter",
    "format",
    "handle",
    "handler",
    "header",
    "headers",
    "inside",
    "instead",
    "length",
    "library",
    "listing",
    "message",
    "method",
    "missing",
    "module",
    "number",
    "object",
    "objects",
    "option",
    "options",
    "output",
    "package",
    "params",
    "parser",
    "parsing",
    "process",
    "project",
    "release",
    "remote",
    "remove",
    "request",
    "requests",
    "response",
    "result",
    "results",
    "return",
    "returns",
    "runtime",
    "server",
    "service",
    "session",
    "setting",
    "settings",
    "should",
    "source",
    "string",
    "support",
    "system",
    "through",
    "update",
    "upload",
    "values",
    "version",
    "without",
    "allows",
    "allowed",
    "possible",
    "content",
    "contents",
    "control",
    "create",
    "created",
    "reading",
    "writing",
    "reader",
    "writer",
    "configuration",
    "function",
    "memory",
    "buffer",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<String> {
        slips(text, &[])
            .into_iter()
            .map(|slip| format!("{}:{}{}", slip.line, slip.words, if slip.refused { "" } else { "?" }))
            .collect()
    }

    #[test]
    fn words_that_give_a_fix_away_are_refused_and_everyday_words_pass() {
        assert_eq!(
            told("Fix heap overflow in parser (CVE-2024-3094)"),
            ["1:CVE-2024-3094", "1:cve", "1:heap overflow", "1:overflow"]
        );
        assert_eq!(
            told("Check the length of a name before it is copied\n\nNames come from the file.\n"),
            Vec::<String>::new()
        );
        assert_eq!(told("escape names in the listing"), ["1:escape?"]);
    }

    #[test]
    fn comments_and_trailers_of_git_are_passed_over() {
        let text = "Compare lengths\n# security: this is a comment\nSigned-off-by: Attack Miller <a@b.c>\n# ------------------------ >8 ---\n-CVE-2024-1111\n";
        assert!(told(text).is_empty());
        assert_eq!(told("x\n\nReported-by: Ada\n"), ["3:Reported-by"]);
    }

    #[test]
    fn names_of_branches_and_of_cases_are_read() {
        let found = slips_in_name("fix/xss-7K3M9-QXT4B", &[]);
        assert_eq!(found.iter().map(|slip| slip.words.as_str()).collect::<Vec<_>>(), ["xss"]);
        assert_eq!(told("see 7K3M9-QXT4B"), ["1:7K3M9-QXT4B"]);
        assert!(slips_in_name("feature/new-listing", &[]).is_empty());
    }

    #[test]
    fn words_of_matters_under_embargo_are_found_in_any_spelling() {
        let secrets = [
            Secret { words: "Ada Lovelace".into(), what: "the name of a reporter".into() },
            Secret { words: "lifecycle".into(), what: "of the title of a case".into() },
        ];
        let found = slips("Rework lifecycleRules; thanks ada lovelace", &secrets);
        assert_eq!(found.iter().map(|slip| slip.words.as_str()).collect::<Vec<_>>(), ["Ada Lovelace", "lifecycle"]);
    }

    #[test]
    fn a_title_gives_the_words_that_are_rare() {
        assert_eq!(
            telling("Object names of another bucket are shown by the lifecycle handler"),
            ["bucket", "lifecycle"]
        );
    }
}
