//! Marks of copies: an outside party that gets something before it is public gets it with lines around it that are theirs
//! alone, so that a copy that turns up elsewhere tells whose it was. Nothing of it is hidden: the party is told that copies are
//! marked. What a person wrote is never changed; only what Candor itself puts around it is.
//!
//! A mark is a reference number, and choices of words: the sentence that says who wrote when, the form of the date, the sentence
//! that asks to keep it, the order of a list. They survive being typed again, cut and saved in another form. Each choice is
//! dealt out by a keyed permutation, so that parties of a case differ as far as there are choices, and nobody can work
//! out the mark of another.

use crate::case::Case;
use crate::parties::{Party, PartyAct, cut};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Signs of a reference; none is taken for another when it is read aloud.
const SIGNS: &[u8; 28] = b"23456789BCDFGHJKMNPQRSTVWXYZ";
/// Signs of a reference.
const LENGTH: usize = 8;
/// Bytes of a leaked text that are looked at.
pub const LOOKED_AT: usize = 256 * 1024;

/// Sentences before a message; a date follows.
const OPENINGS: [&str; 7] = [
    "Sent by the team on",
    "Written by the team on",
    "The team wrote this on",
    "Our words of",
    "This reached you from the team on",
    "A message of the team, dated",
    "The team to you, on",
];
/// Sentences behind it.
const NOTICES: [&str; 8] = [
    "Keep this to those who need it to make or check a fix.",
    "Share this with nobody but the people who work on the fix.",
    "Only those who prepare or test the fix should read this.",
    "This is meant for the people who make or review the fix, and for no one else.",
    "Please show this to no one who is not needed for the fix.",
    "Whoever is not working on the fix should not get to see this.",
    "Nobody but those who build or verify the fix has to know this.",
    "Pass this on only to people without whom the fix cannot be made or tested.",
];
/// Forms of a date.
const DATES: usize = 6;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Labels of the list at the head of a document, in an order that is part of the mark.
const LABELS: [&str; 4] = ["Case", "Program", "For", "Until"];

/// What an outside party is told of it, where they accept and on their page.
pub const TOLD: &str = "Every text you get here is marked: a reference and the wording of the lines around it are yours alone. A file \
                        is marked where that stands beside it. If a copy turns up elsewhere before the matter is public, they tell \
                        the team whose it was.";

/// A keyed hash of a place, made by the shell with a key of its own and the name of the case.
pub type Hash<'a> = &'a dyn Fn(&str) -> [u8; 16];

fn date(at: Date, form: usize) -> String {
    let (year, month, day) = (at.year(), MONTHS[usize::from(at.month().unsigned_abs()) - 1], at.day());
    let suffix = match (day % 10, day / 10 % 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    match form {
        0 => format!("{day} {month} {year}"),
        1 => format!("{month} {day}, {year}"),
        2 => at.to_string(),
        3 => format!("the {day}{suffix} of {month} {year}"),
        4 => format!("{year}, {month} {day}{suffix}"),
        _ => format!("{day}/{}/{year}", &month[..3]),
    }
}

/// The marks of a case.
#[derive(Clone, Copy)]
pub struct Marks<'a> {
    hash: Hash<'a>,
}

impl std::fmt::Debug for Marks<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marks")
    }
}

impl<'a> Marks<'a> {
    /// With the keyed hash of this case.
    pub fn new(hash: Hash<'a>) -> Self {
        Self { hash }
    }

    /// Which of so many choices a party gets: two parties get the same only when their numbers differ by a multiple of them.
    fn choice(&self, what: &str, many: usize, party: u32) -> usize {
        let drawn = (self.hash)(what);
        let mut order: Vec<usize> = (0..many).collect();
        for last in (1..many).rev() {
            let byte = usize::from(drawn[last % 16]) << 8 | usize::from(drawn[(last + 7) % 16]);
            order.swap(last, byte % (last + 1));
        }
        order.get(usize::try_from(party).unwrap_or_default() % many).copied().unwrap_or_default()
    }

    /// The reference of a party, like `K7QX-9MD2`.
    pub fn reference(&self, party: u32) -> String {
        let drawn = (self.hash)(&format!("reference/{party}"));
        let signs: String =
            drawn.iter().take(LENGTH).map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()])).collect();
        format!("{}-{}", &signs[..LENGTH / 2], &signs[LENGTH / 2..])
    }

    /// The line that stands under a message of this instant on the party's page and in their documents.
    pub fn line(&self, party: u32, at: Timestamp, zone: &TimeZone) -> String {
        format!(
            "{} {}. Reference {}. {}",
            OPENINGS[self.choice("opening", OPENINGS.len(), party)],
            date(at.to_zoned(zone.clone()).date(), self.choice("date", DATES, party)),
            self.reference(party),
            NOTICES[self.choice("notice", NOTICES.len(), party)],
        )
    }

    /// The order of the list at the head of a document.
    fn order(&self, party: u32) -> [usize; 4] {
        let mut number = self.choice("order", 24, party);
        let mut left = vec![0, 1, 2, 3];
        std::array::from_fn(|place| {
            let many = [6, 2, 1, 1][place];
            let at = number / many;
            number %= many;
            left.remove(at)
        })
    }

    /// What passed from the team to a party, as a document of their own, and its file name.
    pub fn document(&self, case: &Case, party: &Party, program: &str, zone: &TimeZone) -> (String, String) {
        let number = party.number;
        let until = date(party.invitation.until.to_zoned(zone.clone()).date(), self.choice("date", DATES, number));
        let values = [case.id.to_string(), program.to_owned(), party.name(), until];
        let mut text = format!("Reference {}\n\n", self.reference(number));
        for which in self.order(number) {
            text += &format!("{}: {}\n", LABELS[which], values[which]);
        }
        text += &format!("\nWhat you accepted:\n{}\n\n{TOLD}\n", party.invitation.terms.trim());
        for line in cut(case, number) {
            if let PartyAct::Told { text: words } = line.act {
                text += &format!("\n----\n\n{}\n\n{}\n", words.trim(), self.line(number, line.at, zone));
            }
        }
        (format!("{}-{}.txt", case.id, self.reference(number)), text)
    }
}

impl Marks<'_> {
    /// A text file as the party's own copy: its name with their reference, and its text between two lines that are theirs.
    pub fn copy(&self, party: u32, name: &str, text: &str, at: Timestamp, zone: &TimeZone) -> (String, String) {
        let reference = self.reference(party);
        let name = match name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() => format!("{stem}-{reference}.{ending}"),
            _ => format!("{name}-{reference}"),
        };
        let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
        let text = text.strip_prefix('\u{feff}').unwrap_or(text).trim_end_matches(['\r', '\n']);
        let line = self.line(party, at, zone);
        (name, format!("Reference {reference}{end}{end}{text}{end}{end}{line}{end}"))
    }
}

/// Somebody whose mark, or whose words, a text bears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bearer {
    /// Number of the party.
    pub party: u32,
    /// Their name, or what they are.
    pub name: String,
    /// Whether the reference itself was found, which nobody else was given.
    pub certain: bool,
    /// What speaks for them, as a number to compare.
    pub weight: u32,
    /// What speaks for them, in words.
    pub evidence: Vec<String>,
}

/// Lower-case words and figures with one space between, and one at each end.
fn plain(text: &str) -> String {
    let mut out = String::from(" ");
    for sign in text.chars().flat_map(char::to_lowercase) {
        if sign.is_alphanumeric() {
            out.push(sign);
        } else if !out.ends_with(' ') {
            out.push(' ');
        }
    }
    if !out.ends_with(' ') {
        out.push(' ');
    }
    out
}

/// How many of the sequences of three words of a sentence stand in a text, in hundredths.
fn share(text: &str, sentence: &str) -> usize {
    let sentence = plain(sentence);
    let words: Vec<&str> = sentence.split_whitespace().collect();
    let parts: Vec<_> = words.windows(3).map(|part| format!(" {} ", part.join(" "))).collect();
    let found = parts.iter().filter(|part| text.contains(part.as_str())).count();
    found * 100 / parts.len().max(1)
}

/// The choice of which most stands in a text, if enough of it does and of no other as much.
fn spoken(text: &str, choices: &[&str]) -> Option<usize> {
    let mut shares: Vec<_> = choices.iter().enumerate().map(|(at, one)| (share(text, one), at)).collect();
    shares.sort_unstable_by(|a, b| b.cmp(a));
    match shares[..] {
        [(most, at), (second, _), ..] if 60 <= most && second < most => Some(at),
        _ => None,
    }
}

/// Whether a reference stands in a text, whatever stands between its signs, with one sign misread at most.
fn refers(signs: &[u8], reference: &str) -> bool {
    let reference: Vec<u8> = reference.bytes().filter(u8::is_ascii_alphanumeric).collect();
    signs.windows(LENGTH).any(|part| {
        let mut wrong = 0;
        part.iter().zip(&reference).all(|(a, b)| {
            wrong += u32::from(a != b);
            wrong < 2
        })
    })
}

/// The order of the labels of a document, when all stand at the front of lines.
fn listed(text: &str) -> Option<[usize; 4]> {
    let mut found = [0; 4];
    let mut many = 0;
    for line in text.lines() {
        let line = line.trim_start_matches(|c: char| !c.is_alphanumeric());
        let Some((label, _)) = line.split_once(':') else { continue };
        let Some(which) = LABELS.iter().position(|known| known.eq_ignore_ascii_case(label.trim())) else { continue };
        if found[..many].contains(&which) {
            continue;
        }
        found[many] = which;
        many += 1;
        if many == found.len() {
            return Some(found);
        }
    }
    None
}

/// Whose copy a text is: the parties for whom something speaks, the likeliest first. Add the name of a file to its text.
/// At most [`LOOKED_AT`] bytes of it are looked at.
pub fn bearers(case: &Case, marks: Marks<'_>, leaked: &str, zone: &TimeZone) -> Vec<Bearer> {
    let leaked = &leaked[..leaked.floor_char_boundary(LOOKED_AT)];
    let text = plain(leaked);
    let signs: Vec<u8> = text.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte.to_ascii_uppercase()).collect();
    let notice = spoken(&text, &NOTICES);
    let opening = {
        let found: Vec<_> = (0..OPENINGS.len()).filter(|at| text.contains(plain(OPENINGS[*at]).as_str())).collect();
        if let [one] = found[..] { Some(one) } else { None }
    };
    let order = listed(leaked);
    let mut found: Vec<Bearer> = Vec::new();
    let mut told_nothing = Vec::new();
    for party in &case.parties {
        let number = party.number;
        let mut bearer = Bearer { party: number, name: party.name(), certain: false, weight: 0, evidence: Vec::new() };
        let mut says = |weight: u32, words: String| {
            bearer.weight += weight;
            bearer.evidence.push(words);
        };
        let reference = marks.reference(number);
        let certain = refers(&signs, &reference);
        if certain {
            says(100, format!("the reference {reference}, which nobody else was given"));
        }
        if notice == Some(marks.choice("notice", NOTICES.len(), number)) {
            says(8, "the wording of the sentence that asks to keep it".into());
        }
        if opening == Some(marks.choice("opening", OPENINGS.len(), number)) {
            says(4, "the wording of the line that says who wrote".into());
        }
        if order == Some(marks.order(number)) {
            says(6, "the order of the list at the head of the document".into());
        }
        let theirs: Vec<_> = cut(case, number)
            .into_iter()
            .filter_map(|line| match line.act {
                PartyAct::Told { text } => Some((line.at, text)),
                _ => None,
            })
            .collect();
        let copies = cut(case, number).into_iter().filter(|line| matches!(line.act, PartyAct::Shared { .. }));
        let days = theirs.iter().map(|(at, _)| *at).chain(copies.map(|line| line.at)).chain([party.invitation.until]);
        let mut forms: Vec<bool> = vec![false; DATES];
        for at in days {
            let day = at.to_zoned(zone.clone()).date();
            for (form, seen) in forms.iter_mut().enumerate() {
                *seen |= text.contains(&plain(&date(day, form)));
            }
        }
        let form = marks.choice("date", DATES, number);
        if forms[form] && forms.iter().filter(|seen| **seen).count() == 1 {
            says(2, "the form of a date".into());
        }
        let told = theirs.iter().any(|(_, words)| 60 <= share(&text, words));
        if told {
            says(1, "words that the team wrote to them".into());
        }
        if !told && !certain {
            told_nothing.push(number);
        }
        bearer.certain = certain;
        if 0 < bearer.weight {
            found.push(bearer);
        }
    }
    // When some were told these words, those who were not did not give them away.
    if found.iter().any(|bearer| !told_nothing.contains(&bearer.party)) {
        found.retain(|bearer| !told_nothing.contains(&bearer.party));
    }
    found.sort_by_key(|bearer| (std::cmp::Reverse(bearer.weight), bearer.party));
    found
}

/// Those whom the evidence names: the likeliest, and whoever is as likely. Words that several were told name nobody.
pub fn named(bearers: &[Bearer]) -> &[Bearer] {
    let most = bearers.first().map_or(0, |first| first.weight);
    let many = bearers.iter().take_while(|one| one.weight == most).count();
    if most <= 1 && many != 1 { &[] } else { &bearers[..many] }
}
