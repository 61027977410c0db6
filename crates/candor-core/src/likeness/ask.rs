//! A question in the words of the search box: `overflow "heap buffer" state:triage due:<3d -parser`.

use super::index::Entry;
use super::words;

/// Most letters of a question.
const LENGTH: usize = 500;
/// Most words of a question.
const WORDS: usize = 24;

/// A question, taken apart.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Question {
    /// Words that a report must have.
    pub words: Vec<Word>,
    /// Words that must stand one behind the other.
    pub phrases: Vec<Vec<String>>,
    /// Words that it must not have.
    pub without: Vec<String>,
    /// What must be so.
    pub filters: Vec<Filter>,
    /// What was not understood, in words fit to show.
    pub problems: Vec<String>,
}

/// A word that is looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// As it was written.
    pub given: String,
    /// As the index has it.
    pub word: String,
    /// Whether it may go on: `over*`.
    pub begins: bool,
}

/// What must be so.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// Of what.
    pub field: Field,
    /// What it must be, in small letters.
    pub value: String,
    /// Whether it must not be so: `-state:closed`.
    pub not: bool,
}

/// A field that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Field {
    State,
    Is,
    Program,
    Product,
    Component,
    Cwe,
    Identifier,
    Reporter,
    Holder,
    Severity,
    Lane,
    Due,
    Came,
    Title,
    Fold,
    Related,
}

impl Field {
    /// Every field with its names, the first of which is shown.
    pub const ALL: &'static [(Field, &'static [&'static str], &'static str)] = &[
        (Field::State, &["state"], "new, triage, confirmed, fixed, published, closed"),
        (Field::Is, &["is"], "open, closed, published, unrated, unheld"),
        (Field::Program, &["program"], "short name of a program"),
        (Field::Product, &["product"], "part of the product's name"),
        (Field::Component, &["component"], "part of the component's name"),
        (Field::Cwe, &["cwe"], "number of a weakness, like 79"),
        (Field::Identifier, &["cve", "id", "ghsa"], "a public identifier, whole or its end"),
        (Field::Reporter, &["reporter", "from"], "part of a name or an address"),
        (Field::Holder, &["held", "assignee", "holder"], "me, nobody, or a member's name"),
        (Field::Severity, &["severity"], "low, medium, high, critical, none"),
        (Field::Lane, &["lane"], "normal, scanner, folded"),
        (Field::Due, &["due"], "<3d, >2w, over, none"),
        (Field::Came, &["came", "opened"], "<7d, >3m"),
        (Field::Title, &["title"], "part of the title"),
        (Field::Fold, &["fold"], "a case: it and those with the same text but for names and figures"),
        (Field::Related, &["related"], "a case: those linked with it; any: those linked with any"),
    ];

    /// The values that it can have, where they are a closed list.
    fn closed_list(self) -> Option<Vec<&'static str>> {
        if !matches!(self, Field::State | Field::Is | Field::Severity | Field::Lane) {
            return None;
        }
        Self::ALL.iter().find(|(field, ..)| *field == self).map(|(_, _, values)| values.split(", ").collect())
    }

    fn of(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, names, _)| names.contains(&name)).map(|(field, ..)| *field)
    }
}

impl Question {
    /// Takes a question apart. Never fails: what is not understood is told in `problems`.
    pub fn parse(text: &str) -> Self {
        let mut question = Self::default();
        let text: String = text.chars().take(LENGTH).collect();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let (piece, quoted, after) = next(rest);
            rest = after.trim_start();
            question.take(&piece, quoted);
        }
        if question.words.len() > WORDS {
            question.problems.push(format!("only the first {WORDS} words are looked for"));
            question.words.truncate(WORDS);
        }
        question
    }

    /// Whether it asks for nothing.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty() && self.filters.is_empty() && self.without.is_empty()
    }

    fn take(&mut self, piece: &str, quoted: bool) {
        let (not, piece) = match piece.strip_prefix('-') {
            Some(rest) if !rest.is_empty() && !quoted => (true, rest),
            _ => (false, piece),
        };
        if !quoted && let Some((name, value)) = piece.split_once(':') {
            let name = name.to_lowercase();
            let value = value.trim_matches('"').trim().to_lowercase();
            if let Some(field) = Field::of(&name) {
                if value.is_empty() {
                    self.problems.push(format!("`{name}:` wants a value behind the colon"));
                } else if matches!(field, Field::Due | Field::Came)
                    && span(&value).is_none()
                    && !matches!(value.as_str(), "over" | "none")
                {
                    self.problems
                        .push(format!("`{name}:{value}` is no span; write it like {name}:<3d, with h, d, w or m"));
                } else if let Some(known) = field.closed_list().filter(|known| !known.contains(&value.as_str())) {
                    self.problems.push(format!("`{name}:{value}` finds nothing; it is one of {}", known.join(", ")));
                    self.filters.push(Filter { field, value, not });
                } else {
                    self.filters.push(Filter { field, value, not });
                }
                return;
            }
            if !name.is_empty()
                && name.chars().all(char::is_alphabetic)
                && !value.is_empty()
                && !value.starts_with([':', '/'])
            {
                let known: Vec<String> = Field::ALL.iter().map(|(_, names, _)| format!("{}:", names[0])).collect();
                self.problems.push(format!(
                    "there is no field `{name}:`, so its words are looked for; fields are {}",
                    known.join(" ")
                ));
            }
        }
        let found = words::words(piece);
        if not {
            self.without.extend(found);
            return;
        }
        if quoted && found.len() > 1 {
            self.phrases.push(found.clone());
        }
        let begins = !quoted && piece.ends_with('*');
        for word in found {
            if !words::is_common(&word) || quoted {
                let given =
                    if quoted { word.clone() } else { piece.trim_matches(|c: char| !c.is_alphanumeric()).to_owned() };
                self.words.push(Word { given, word, begins });
            }
        }
    }
}

/// The next piece: a phrase in quotation marks, or up to a blank outside of them.
fn next(text: &str) -> (String, bool, &str) {
    if let Some(inner) = text.strip_prefix('"') {
        let (phrase, after) = inner.split_once('"').unwrap_or((inner, ""));
        return (phrase.to_owned(), true, after);
    }
    let mut quoted = false;
    let end = text
        .char_indices()
        .find(|(_, c)| {
            quoted ^= *c == '"';
            c.is_whitespace() && !quoted
        })
        .map_or(text.len(), |(at, _)| at);
    (text[..end].to_owned(), false, &text[end..])
}

/// `<3d` as (before, seconds).
fn span(value: &str) -> Option<(bool, i64)> {
    let (before, rest) = match value.strip_prefix('>') {
        Some(rest) => (false, rest),
        None => (true, value.strip_prefix('<').unwrap_or(value)),
    };
    let rest = rest.strip_prefix('=').unwrap_or(rest);
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number: i64 = rest.get(..digits)?.parse().ok().filter(|number| *number < 100_000)?;
    let unit = match &rest[digits..] {
        "h" | "hours" | "hour" => 3_600,
        "d" | "days" | "day" | "" => 86_400,
        "w" | "weeks" | "week" => 7 * 86_400,
        "m" | "months" | "month" => 30 * 86_400,
        _ => return None,
    };
    Some((before, number * unit))
}

impl Filter {
    /// Whether it is so of a case, at an instant in seconds, for a member.
    pub(super) fn fits(&self, entry: &Entry, now: i64, me: &str) -> bool {
        let value = self.value.as_str();
        let part = |text: &str| text.to_lowercase().contains(value);
        let so = match self.field {
            Field::State => entry.state == value,
            Field::Is => match value {
                "open" => entry.open,
                "closed" => !entry.open,
                "published" => entry.published,
                "unrated" => entry.severity.is_empty(),
                "unheld" => entry.holder.is_empty(),
                _ => false,
            },
            Field::Program => entry.program == value,
            Field::Product => part(&entry.product),
            Field::Component => part(&entry.component),
            Field::Cwe => {
                let number = value.trim_start_matches("cwe-").parse().ok();
                entry.cwe.iter().any(|known| Some(*known) == number)
            }
            Field::Identifier => entry.identifiers.iter().any(|known| {
                let known = known.to_lowercase();
                known == value || known.ends_with(&format!("-{value}"))
            }),
            Field::Reporter => part(&entry.reporter),
            Field::Holder => match value {
                "me" => !me.is_empty() && entry.holder == me,
                "nobody" | "none" => entry.holder.is_empty(),
                _ => entry.holder == value || part(&entry.holder_name),
            },
            Field::Severity => {
                if value == "none" {
                    entry.severity.is_empty()
                } else {
                    entry.severity == value
                }
            }
            Field::Lane => entry.lane == value,
            Field::Due => match (entry.due, value) {
                (due, "none") => due.is_none(),
                (Some(due), "over") => due < now,
                (Some(due), _) => span(value).is_some_and(|(before, seconds)| (due <= now + seconds) == before),
                (None, _) => false,
            },
            Field::Came => span(value).is_some_and(|(before, seconds)| (entry.opened >= now - seconds) == before),
            Field::Title => part(&entry.title),
            // Which reports have the same text, and which links may be seen, only the index knows; it asks that itself.
            Field::Fold | Field::Related => !self.not,
        };
        so != self.not
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_is_taken_apart_into_words_phrases_and_fields() {
        let question = Question::parse(
            r#"Overflow "heap buffer" state:triage due:<3d -parser product:"My App" over* -lane:scanner"#,
        );
        assert_eq!(
            question.words.iter().map(|word| word.word.as_str()).collect::<Vec<_>>(),
            ["overflow", "heap", "buffer", "over"]
        );
        assert_eq!(question.phrases, [["heap", "buffer"]]);
        assert_eq!(question.without, ["parser"]);
        let filters: Vec<_> =
            question.filters.iter().map(|filter| (filter.field, filter.value.as_str(), filter.not)).collect();
        assert_eq!(
            filters,
            [
                (Field::State, "triage", false),
                (Field::Due, "<3d", false),
                (Field::Product, "my app", false),
                (Field::Lane, "scanner", true)
            ]
        );
        assert!(question.problems.is_empty() && question.words[3].begins);
    }

    #[test]
    fn what_is_not_understood_is_said() {
        let question = Question::parse("colour:red due:soon state:");
        assert_eq!(question.problems.len(), 3);
        assert!(question.problems[0].starts_with("there is no field `colour:`"), "{:?}", question.problems);
        assert!(question.problems[1].contains("due:<3d"));
        for text in ["state:bogus", "lane:fast", "is:late", "severity:huge"] {
            let [told] = &Question::parse(text).problems[..] else { panic!("{text} is told") };
            assert!(told.starts_with(&format!("`{text}` finds nothing; it is one of ")), "{told}");
        }
        assert!(Question::parse("state:new lane:scanner is:open severity:none").problems.is_empty());
    }

    #[test]
    fn addresses_and_identifiers_are_words_and_no_fields() {
        let question = Question::parse("https://x.example/a CVE-2024-3094 Foo::bar");
        assert!(question.filters.is_empty() && question.problems.is_empty(), "{:?}", question.problems);
        assert!(question.words.iter().any(|word| word.word == "cve-2024-3094"));
    }

    #[test]
    fn due_dates_count_from_now() {
        let entry = Entry { due: Some(1_000 + 2 * 86_400), opened: 0, ..Entry::default() };
        let fits = |text: &str| Question::parse(text).filters[0].fits(&entry, 1_000, "");
        assert!(fits("due:<3d") && !fits("due:<1d") && fits("due:>1d") && !fits("due:over") && !fits("due:none"));
        assert!(fits("came:<1h") && !fits("came:>1h"));
    }

    proptest::proptest! {
        #[test]
        fn no_question_makes_it_fail(text in "\\PC{0,100}") {
            let question = Question::parse(&text);
            let _ = question.filters.iter().all(|filter| filter.fits(&Entry::default(), 0, ""));
        }
    }
}
