//! `security.txt`: tells researchers whom to talk to. Prints, reads and checks the file.
//!
//! Source: RFC 9116; CSAF 2.0 section 7.1.8 for the field `CSAF`.

use std::fmt;

use jiff::{Timestamp, ToSpan, tz::TimeZone};

use crate::{csaf, uri};

/// What a `security.txt` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityTxt {
    /// Ways to report, the preferred one first: `mailto:`, `tel:` or `https:` URIs. At least one.
    pub contact: Vec<String>,
    /// When the file is no longer to be trusted; should be less than a year ahead.
    pub expires: Timestamp,
    /// Where OpenPGP keys are found.
    pub encryption: Vec<String>,
    /// Pages that thank reporters.
    pub acknowledgments: Vec<String>,
    /// Languages the team reads, as BCP 47 tags, all of equal rank.
    pub preferred_languages: Vec<String>,
    /// Where this file lives.
    pub canonical: Vec<String>,
    /// Where the policy is found.
    pub policy: Vec<String>,
    /// Security jobs.
    pub hiring: Vec<String>,
    /// CSAF provider metadata.
    pub csaf: Vec<String>,
}

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The file breaks a SHOULD of the standard.
    Advice,
    /// The file breaks a MUST of the standard.
    Error,
}

/// One thing that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub level: Level,
    /// The line, counted from 1; 0 where it is about the whole file.
    pub line: usize,
    /// What is wrong and what would be right.
    pub message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.level == Level::Error { "error" } else { "advice" };
        if self.line == 0 {
            write!(f, "{level}: {}", self.message)
        } else {
            write!(f, "{level}, line {}: {}", self.line, self.message)
        }
    }
}

/// Prints the file, lines ending in LF. Fields come in the order of the standard's own example; line breaks inside a
/// value are dropped, so that no value can add a field.
pub fn print(file: &SecurityTxt) -> String {
    let mut text = String::new();
    let mut field = |name: &str, value: &str| {
        let value: String = value.chars().filter(|c| !c.is_control()).collect();
        text.push_str(&format!("{name}: {value}\n"));
    };
    file.contact.iter().for_each(|value| field("Contact", value));
    field("Expires", &file.expires.to_string());
    file.encryption.iter().for_each(|value| field("Encryption", value));
    file.acknowledgments.iter().for_each(|value| field("Acknowledgments", value));
    if !file.preferred_languages.is_empty() {
        field("Preferred-Languages", &file.preferred_languages.join(", "));
    }
    file.canonical.iter().for_each(|value| field("Canonical", value));
    file.policy.iter().for_each(|value| field("Policy", value));
    file.hiring.iter().for_each(|value| field("Hiring", value));
    file.csaf.iter().for_each(|value| field("CSAF", value));
    text
}

/// Reads a file and says what is wrong with it at the instant `now`.
///
/// The file is returned where its contact and expiry can be read, even if there are other findings. A cleartext signature around the file is stepped over,
/// not verified. Unknown fields are allowed by the standard and are ignored.
pub fn read(text: &str, now: Timestamp) -> (Option<SecurityTxt>, Vec<Finding>) {
    let mut reader = Reader {
        file: SecurityTxt::default(),
        findings: Vec::new(),
        expires: None,
        seen_expires: 0,
        seen_languages: 0,
    };
    for (place, line) in unsigned(text) {
        reader.line(place, line);
    }
    reader.whole(now);
    let file = reader
        .expires
        .filter(|_| !reader.file.contact.is_empty())
        .map(|expires| SecurityTxt { expires, ..reader.file });
    (file, reader.findings)
}

/// The lines inside a cleartext signature, or all lines, with their numbers from 1.
///
/// Source: RFC 9580 section 7 (cleartext signature framework, dash escapes).
fn unsigned(text: &str) -> Vec<(usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
        .enumerate()
        .map(|(place, line)| (place + 1, line));
    if !text.starts_with("-----BEGIN PGP SIGNED MESSAGE-----") {
        return lines.collect();
    }
    lines
        .skip_while(|(_, line)| !line.is_empty())
        .take_while(|(_, line)| *line != "-----BEGIN PGP SIGNATURE-----")
        .map(|(place, line)| (place, line.strip_prefix("- ").unwrap_or(line)))
        .collect()
}

struct Reader {
    file: SecurityTxt,
    findings: Vec<Finding>,
    expires: Option<Timestamp>,
    seen_expires: usize,
    seen_languages: usize,
}

impl Reader {
    fn say(&mut self, level: Level, line: usize, message: impl Into<String>) {
        self.findings.push(Finding { level, line, message: message.into() });
    }

    fn line(&mut self, place: usize, line: &str) {
        if line.trim().is_empty() || line.starts_with('#') {
            return;
        }
        let Some((name, value)) = line.split_once(':') else {
            return self.say(
                Level::Error,
                place,
                "This line is no field; write Name: value, or start a comment with #",
            );
        };
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
            return self.say(Level::Error, place, "The name of a field holds letters, digits and - only");
        }
        match name.as_str() {
            "contact" => {
                self.uri(place, value, &["https", "mailto", "tel"]);
                self.file.contact.push(value.to_owned());
            }
            "expires" => self.expires(place, value),
            "preferred-languages" => self.languages(place, value),
            "encryption" => {
                self.uri(place, value, &["https", "dns", "openpgp4fpr"]);
                self.file.encryption.push(value.to_owned());
            }
            "acknowledgments" => self.web(place, value, |file| &mut file.acknowledgments),
            "canonical" => self.web(place, value, |file| &mut file.canonical),
            "policy" => self.web(place, value, |file| &mut file.policy),
            "hiring" => self.web(place, value, |file| &mut file.hiring),
            "csaf" => self.web(place, value, |file| &mut file.csaf),
            "acknowledgements" => self.say(Level::Error, place, "The field is spelled Acknowledgments"),
            _ => {}
        }
    }

    fn web(&mut self, place: usize, value: &str, list: impl FnOnce(&mut SecurityTxt) -> &mut Vec<String>) {
        self.uri(place, value, &["https"]);
        list(&mut self.file).push(value.to_owned());
    }

    fn uri(&mut self, place: usize, value: &str, usual: &[&str]) {
        if !uri::is_uri(value) || value.ends_with(':') {
            let hint = if value.contains('@') { "; write mailto: before an address" } else { "" };
            return self.say(Level::Error, place, format!("The value must be a URI{hint}"));
        }
        let scheme = value.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if scheme == "http" {
            self.say(Level::Error, place, "A web link must start with https://");
        } else if !usual.contains(&scheme.as_str()) {
            self.say(Level::Advice, place, format!("{scheme}: is unusual here; expected is {}", usual.join(", ")));
        }
    }

    fn expires(&mut self, place: usize, value: &str) {
        self.seen_expires += 1;
        match value.parse::<Timestamp>() {
            Ok(at) if self.seen_expires == 1 => self.expires = Some(at),
            Ok(_) => self.say(Level::Error, place, "Expires is given more than once"),
            Err(_) => self.say(Level::Error, place, "Expires must be a date and time such as 2027-01-31T00:00:00Z"),
        }
    }

    fn languages(&mut self, place: usize, value: &str) {
        self.seen_languages += 1;
        if self.seen_languages > 1 {
            return self.say(
                Level::Error,
                place,
                "Preferred-Languages is given more than once; list all languages in one line",
            );
        }
        for tag in value.split(',').map(str::trim) {
            if !csaf::language_exists(tag) {
                self.say(Level::Error, place, format!("\"{tag}\" is no language; use tags such as en or pt-BR"));
            }
            self.file.preferred_languages.push(tag.to_owned());
        }
    }

    fn whole(&mut self, now: Timestamp) {
        if self.file.contact.is_empty() {
            self.say(Level::Error, 0, "Contact is missing");
        }
        match self.expires {
            None if self.seen_expires == 0 => self.say(Level::Error, 0, "Expires is missing"),
            None => {}
            Some(at) if at <= now => self.say(Level::Error, 0, format!("The file has expired on {at}")),
            Some(at) => {
                let year = now.to_zoned(TimeZone::UTC).checked_add(1.year());
                if year.is_ok_and(|year| at > year.timestamp()) {
                    self.say(Level::Advice, 0, "Expires should be less than a year ahead");
                }
            }
        }
        if self.file.canonical.is_empty() {
            self.say(Level::Advice, 0, "Canonical should say where this file lives");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-03-02T09:00:00Z";

    fn messages(text: &str) -> Vec<String> {
        read(text, NOW.parse().unwrap()).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_printed_file_is_read_back_without_a_finding() {
        let file = SecurityTxt {
            contact: vec!["https://example.com/report".into(), "mailto:security@example.com".into()],
            expires: "2026-12-31T00:00:00Z".parse().unwrap(),
            encryption: vec!["https://example.com/pgp.asc".into()],
            acknowledgments: vec!["https://example.com/thanks".into()],
            preferred_languages: vec!["en".into(), "pt-BR".into()],
            canonical: vec!["https://example.com/.well-known/security.txt".into()],
            policy: vec!["https://example.com/policy".into()],
            hiring: Vec::new(),
            csaf: vec!["https://example.com/.well-known/csaf/provider-metadata.json".into()],
        };
        let text = print(&file);
        assert!(text.starts_with(
            "Contact: https://example.com/report\nContact: mailto:security@example.com\nExpires: 2026-12-31T00:00:00Z\n"
        ));
        assert_eq!(read(&text, NOW.parse().unwrap()), (Some(file.clone()), Vec::new()));
        let signed = format!(
            "-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA512\r\n\r\n{}-----BEGIN PGP SIGNATURE-----\r\n\r\nabc\r\n-----END PGP SIGNATURE-----\r\n",
            text.replace('\n', "\r\n")
        );
        assert_eq!(read(&signed, NOW.parse().unwrap()), (Some(file), Vec::new()));
    }

    #[test]
    fn a_value_cannot_add_a_field() {
        let file = SecurityTxt {
            contact: vec!["mailto:a@example.com\nPolicy: https://evil.example".into()],
            ..SecurityTxt::default()
        };
        assert_eq!(print(&file).lines().count(), 2);
    }

    #[test]
    fn each_broken_rule_is_named_with_its_line() {
        let text = "Contact: security@example.com\nExpires: tomorrow\nPolicy: http://example.com\nPreferred-Languages: en\nPreferred-Languages: EZ\nhello\n";
        assert_eq!(
            messages(text),
            [
                "error, line 1: The value must be a URI; write mailto: before an address",
                "error, line 2: Expires must be a date and time such as 2027-01-31T00:00:00Z",
                "error, line 3: A web link must start with https://",
                "error, line 5: Preferred-Languages is given more than once; list all languages in one line",
                "error, line 6: This line is no field; write Name: value, or start a comment with #",
                "advice: Canonical should say where this file lives",
            ]
        );
    }

    #[test]
    fn a_file_must_have_a_contact_and_a_day_that_is_yet_to_come() {
        assert_eq!(
            messages("Canonical: https://example.com/s"),
            ["error: Contact is missing", "error: Expires is missing"]
        );
        let with = |expires: &str| {
            messages(&format!("Contact: tel:+1-201-555-0123\nCanonical: https://example.com/s\nExpires: {expires}\n"))
        };
        assert_eq!(with("2026-03-02T08:59:59Z"), ["error: The file has expired on 2026-03-02T08:59:59Z"]);
        assert_eq!(with("2027-03-03T00:00:00Z"), ["advice: Expires should be less than a year ahead"]);
        assert!(with("2027-03-02T09:00:00Z").is_empty());
    }
}
