//! Bringing one's own policy: prose is read into facts, and the facts are drafted as a policy file.
//!
//! Nothing is guessed in silence. Each fact carries the line and the sentence it came from, and what could not be placed
//! is a question. The rules look for the words in which such policies are written; what they find is a draft that
//! a person reads.

mod addresses; // who is written to, and where
pub(crate) mod lengths; // how long
mod promised; // what a length of time promises
pub mod prose; // sentences with their lines
mod rules; // what a sentence says besides
mod write; // facts as a file

use super::{CreditDefault, CreditField, Length, Moment, Need, PromiseKind, PublishOn, ReportField, Step};
use candor_formats::cvss::Severity;
use prose::{Place, Sentence};

/// What a text was read to say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Reading {
    /// Facts, in the order of the text.
    pub found: Vec<Found>,
    /// What could not be placed, in the order of the text.
    pub questions: Vec<Question>,
    /// The first heading about security, which may name the project.
    pub title: Option<String>,
}

/// A fact and where it came from.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Line of its sentence, from 1.
    pub line: usize,
    /// The sentence.
    pub quote: String,
    /// What it says.
    pub fact: Fact,
}

/// Something a person has to answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Line it is about, from 1; 0 when it is about the whole text.
    pub line: usize,
    /// The sentence it is about; empty for the whole text.
    pub quote: String,
    /// What is asked.
    pub text: String,
}

/// One thing that a policy can say.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Reports go to this address.
    ReportMail(String),
    /// Somebody to turn to: role and address.
    Contact {
        /// Role in one phrase.
        role: String,
        /// Address for mail.
        email: String,
    },
    /// An OpenPGP key: its fingerprint or its address.
    OpenPgp(String),
    /// A place on the web.
    Web {
        /// What it is for.
        kind: WebKind,
        /// Its words.
        text: String,
        /// Its address.
        url: String,
    },
    /// What not to do.
    Never(String),
    /// A pattern of repositories that are covered.
    Repository(String),
    /// Something that is not covered, with where to go instead.
    OutOfScope {
        /// What.
        what: String,
        /// Where to go.
        instead: Option<String>,
    },
    /// What someone does who is not sure.
    Unsure(String),
    /// Reports by own staff are handled alike.
    Internal,
    /// Dependencies are covered.
    CoversDependencies,
    /// Only the latest release gets fixes.
    LatestOnly,
    /// A version that gets fixes, until a date.
    Supported {
        /// Branch or range.
        branch: String,
        /// Last day of support.
        until: Option<jiff::civil::Date>,
    },
    /// A version that gets none.
    Unsupported(String),
    /// A language that is read, as a tag.
    Language(String),
    /// Output of a scanner alone is no report.
    ScannerVerified,
    /// A standard question that reporters are asked to answer.
    Asks(ReportField),
    /// A promise with its length.
    Promise(Promised),
    /// After this long without what a promise says, the reporter turns to somebody.
    Escalates {
        /// What did not come.
        missing: Moment,
        /// After how long.
        after: Length,
    },
    /// What has to be on record before a step.
    Gate {
        /// The step.
        before: Step,
        /// What it needs.
        needs: Need,
    },
    /// Severities that are addressed always, or when the effort is small.
    Severities {
        /// Always, or else when the effort is small.
        always: bool,
        /// Which.
        which: Vec<Severity>,
    },
    /// The embargo that is asked for.
    Embargo(Length),
    /// The longest embargo.
    EmbargoLimit(Length),
    /// What releases an advisory.
    PublishOn(PublishOn),
    /// A condition that reporters agree to.
    Condition(String),
    /// It is no service level agreement.
    NoSla(String),
    /// What happens when the reporter says nothing about credit.
    Credit(CreditDefault),
    /// A part of a credit.
    CreditField(CreditField),
    /// Where a credit appears.
    CreditPlace(String),
    /// How often dependencies are updated.
    DependencyCycle(Length),
    /// A sentence that belongs under a key as it stands.
    Statement {
        /// The key, like `scope.statement`.
        key: &'static str,
        /// The sentence.
        text: String,
    },
}

/// What a web address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebKind {
    /// Another way to report in private.
    Report,
    /// A portal for customers.
    Portal,
    /// The list of those who read reports.
    Team,
    /// Where advisories appear.
    Advisories,
    /// More to read.
    More,
}

/// A promise as prose makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Promised {
    /// What starts it.
    pub starts: Moment,
    /// What keeps it.
    pub kept_by: Moment,
    /// How long.
    pub within: Length,
    /// Commitment or target, where the words say it.
    pub kind: Option<PromiseKind>,
    /// By how many different members.
    pub members: u8,
    /// Whether it comes again and again.
    pub repeats: bool,
    /// Only for these severities; empty means for all.
    pub severities: Vec<Severity>,
}

impl Fact {
    /// The fact in a few words that stay the same, for lists and tests: `promise acknowledgement within 48 hours, commitment`.
    pub fn told(&self) -> String {
        match self {
            Fact::ReportMail(mail) => format!("report to {mail}"),
            Fact::Contact { role, email } => format!("contact {role} {email}"),
            Fact::OpenPgp(key) => format!("key {key}"),
            Fact::Web { kind, url, .. } => format!(
                "{} {url}",
                match kind {
                    WebKind::Report => "report at",
                    WebKind::Portal => "portal",
                    WebKind::Team => "team",
                    WebKind::Advisories => "advisories at",
                    WebKind::More => "more at",
                }
            ),
            Fact::Never(_) => "never in public".into(),
            Fact::Repository(pattern) => format!("covers {pattern}"),
            Fact::OutOfScope { instead: Some(_), .. } => "out of scope, with another way".into(),
            Fact::OutOfScope { .. } => "out of scope".into(),
            Fact::Unsure(_) => "unsure reports too".into(),
            Fact::Internal => "internal reports".into(),
            Fact::CoversDependencies => "covers dependencies".into(),
            Fact::LatestOnly => "latest release only".into(),
            Fact::Supported { branch, until: Some(until) } => format!("supported {branch} until {until}"),
            Fact::Supported { branch, until: None } => format!("supported {branch}"),
            Fact::Unsupported(branch) => format!("not supported {branch}"),
            Fact::Language(tag) => format!("language {tag}"),
            Fact::ScannerVerified => "scanner output verified only".into(),
            Fact::Asks(field) => format!("asks for {}", name(field)),
            Fact::Promise(promise) => promise.told(),
            Fact::Escalates { missing, after } => format!("turn on after {after} without {}", name(missing)),
            Fact::Gate { before, needs } => format!("before {} {}", name(before), name(needs)),
            Fact::Severities { always, which } => {
                let names: Vec<_> = which.iter().map(name).collect();
                format!("{} {}", if *always { "always" } else { "when small" }, names.join(" "))
            }
            Fact::Embargo(length) => format!("embargo {length}"),
            Fact::EmbargoLimit(length) => format!("embargo at most {length}"),
            Fact::PublishOn(on) => format!("publish on {}", name(on)),
            Fact::Condition(_) => "condition".into(),
            Fact::NoSla(_) => "no service level agreement".into(),
            Fact::Credit(default) => format!("credit {}", name(default)),
            Fact::CreditField(field) => format!("credit with {}", name(field)),
            Fact::CreditPlace(place) => format!("credit in {place}"),
            Fact::DependencyCycle(length) => format!("dependencies every {length}"),
            Fact::Statement { key, .. } => format!("words for {key}"),
        }
    }
}

impl Promised {
    /// The promise in words that stay the same.
    fn told(&self) -> String {
        let mut words = format!("promise {}", name(&self.kept_by));
        if self.members > 1 {
            words += &format!(" by {}", self.members);
        }
        words += if self.repeats { " every " } else { " within " };
        words += &format!("{} of {}", self.within, name(&self.starts));
        if !self.severities.is_empty() {
            let names: Vec<_> = self.severities.iter().map(name).collect();
            words += &format!(" for {}", names.join(" "));
        }
        match self.kind {
            Some(kind) => words + ", " + &name(&kind),
            None => words,
        }
    }
}

/// The name of a choice, as the file writes it.
pub(crate) fn name(value: &impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(text)) => text,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    }
}

/// Reads prose into facts and questions.
pub fn read(text: &str) -> Reading {
    let sentences = prose::sentences(text);
    let title = sentences
        .iter()
        .find(|sentence| sentence.place == Place::Heading && any(&sentence.lower(), "security|vulnerab|disclosure"))
        .map(|sentence| sentence.text.clone());
    let mut reading = Reading { title, ..Reading::default() };
    for sentence in &sentences {
        let mut said = Said { sentence, facts: Vec::new(), questions: Vec::new() };
        addresses::read(&mut said, &reading.found);
        if sentence.place != Place::Heading && sentence.place != Place::Code {
            promised::read(&mut said);
            rules::read(&mut said);
        }
        if said.facts.is_empty() && said.questions.is_empty() && asks_something(sentence) {
            said.ask("no key holds this; does it belong under disclosure.process, or to no program at all?");
        }
        let Said { facts, questions, .. } = said;
        for fact in facts {
            let new = reading.found.iter().all(|found| found.fact != fact);
            if new {
                reading.found.push(Found { line: sentence.line, quote: sentence.text.clone(), fact });
            }
        }
        reading.questions.extend(questions.into_iter().map(|text| Question {
            line: sentence.line,
            quote: sentence.text.clone(),
            text,
        }));
    }
    settle(&mut reading);
    reading
}

/// What several facts mean together.
fn settle(reading: &mut Reading) {
    // A default that is spelled out wins over what the wording of a request suggests.
    let credits: Vec<CreditDefault> = reading
        .found
        .iter()
        .filter_map(|found| if let Fact::Credit(default) = found.fact { Some(default) } else { None })
        .collect();
    if credits.len() > 1 {
        let keep = [CreditDefault::Anonymous, CreditDefault::Named, CreditDefault::Ask]
            .into_iter()
            .find(|default| credits.contains(default));
        reading.found.retain(|found| !matches!(found.fact, Fact::Credit(default) if Some(default) != keep));
    }
    // A list of versions says more than a word about the latest one.
    if reading.found.iter().any(|found| matches!(found.fact, Fact::Supported { .. })) {
        reading.found.retain(|found| found.fact != Fact::LatestOnly);
    }
    // The same length for the same thing, once with how firm it is and once without, is one promise.
    let firm: Vec<Promised> = reading
        .found
        .iter()
        .filter_map(|found| match &found.fact {
            Fact::Promise(promise) if promise.kind.is_some() => Some(promise.clone()),
            _ => None,
        })
        .collect();
    reading.found.retain(|found| match &found.fact {
        Fact::Promise(promise) if promise.kind.is_none() => !firm.iter().any(|other| {
            other.kept_by == promise.kept_by && other.within == promise.within && other.repeats == promise.repeats
        }),
        _ => true,
    });
}

/// Whether a sentence asks for or promises something, so that leaving it out would be a silent guess.
fn asks_something(sentence: &Sentence) -> bool {
    let text = sentence.lower();
    sentence.place != Place::Heading
        && sentence.place != Place::Code
        && text.split_whitespace().count() > 4
        && any(
            &text,
            "we will|we'll|will be|must|please|should|do not|don't|does not|cannot|never|only|always|policy is|require|important|not accept|may be|reserve|you can|you may",
        )
}

/// A sentence while it is read.
struct Said<'a> {
    sentence: &'a Sentence,
    facts: Vec<Fact>,
    questions: Vec<String>,
}

impl Said<'_> {
    fn tell(&mut self, fact: Fact) {
        if !self.facts.contains(&fact) {
            self.facts.push(fact);
        }
    }

    fn ask(&mut self, text: impl Into<String>) {
        self.questions.push(text.into());
    }
}

/// Whether one of the words, separated by `|`, begins at a word of the text; one that ends in `!` is a whole word.
fn any(text: &str, words: &str) -> bool {
    words.split('|').any(|word| place_of(text, word).is_some())
}

/// Where a word first begins in the text.
fn place_of(text: &str, word: &str) -> Option<usize> {
    let (word, whole) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
    text.match_indices(word).map(|(at, _)| at).find(|at| {
        let begins = !text[..*at].ends_with(char::is_alphanumeric);
        begins && (!whole || !text[at + word.len()..].starts_with(char::is_alphanumeric))
    })
}

pub use write::{Draft, Names, draft};
