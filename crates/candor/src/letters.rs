//! Letters in a program's own words: a text with places for what differs, per program, kind of letter and language. A
//! text that is broken is refused with line and column; should a stored one not read any more, the usual words stand in.

use askama::Template;
use candor_core::id::ProgramSlug;
use candor_core::notices::NoticeKind;
use candor_core::policy::Policy;

use crate::app::App;
use crate::error::Error;
use crate::keys::{Context, Purpose, open, seal};
use crate::store::{self, Batch};

/// Longest text of a letter, in characters.
const LONGEST: usize = 20_000;

/// What may stand in double braces, and what it becomes.
pub const PLACES: [(&str, &str); 9] = [
    ("program", "name of the program"),
    ("case", "name of the case"),
    ("lead", "what happened, in one sentence"),
    ("body", "further paragraphs, if there are any"),
    ("dates", "dates that matter, one on each line"),
    ("expected", "what is expected of the reader, and by when"),
    ("url", "address of the page to go to"),
    ("why", "why the reader gets the letter"),
    ("answers", "what becomes of an answer to it"),
];

/// What fills the places of a letter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Name of the program.
    pub program: String,
    /// Name of the case; empty where there is none.
    pub case: String,
    /// What happened, in one sentence.
    pub lead: String,
    /// Further paragraphs.
    pub body: String,
    /// Dates, one on each line.
    pub dates: String,
    /// What is expected of the reader, and by when.
    pub expected: String,
    /// Where to go; empty where there is no page.
    pub url: String,
    /// Why the reader gets it.
    pub why: String,
    /// What becomes of an answer.
    pub answers: String,
}

impl Values {
    fn get(&self, name: &str) -> &str {
        match name {
            "program" => &self.program,
            "case" => &self.case,
            "lead" => &self.lead,
            "body" => &self.body,
            "dates" => &self.dates,
            "expected" => &self.expected,
            "url" => &self.url,
            "why" => &self.why,
            "answers" => &self.answers,
            _ => "",
        }
    }
}

/// Kinds of letters that a program may word itself: those about cases.
pub const KINDS: [NoticeKind; 18] = [
    NoticeKind::DateMoved,
    NoticeKind::Received,
    NoticeKind::News,
    NoticeKind::Question,
    NoticeKind::Reminder,
    NoticeKind::Published,
    NoticeKind::Status,
    NoticeKind::MailDone,
    NoticeKind::MailRefused,
    NoticeKind::NewReport,
    NoticeKind::ReporterWrote,
    NoticeKind::Nudge,
    NoticeKind::Warning,
    NoticeKind::Breach,
    NoticeKind::Assigned,
    NoticeKind::TeamPublished,
    NoticeKind::Held,
    NoticeKind::Step,
];

/// What a kind of letter says, and to whom.
pub fn label(kind: NoticeKind) -> &'static str {
    match kind {
        NoticeKind::Received => "To the reporter: your report arrived",
        NoticeKind::News => "To the reporter: there is something new",
        NoticeKind::Question => "To the reporter: a question",
        NoticeKind::Reminder => "To the reporter: the question still waits",
        NoticeKind::Published => "To the reporter: the advisory is public",
        NoticeKind::Status => "To the reporter, who asked by mail: where it stands",
        NoticeKind::MailDone => "To the reporter: what their mail asked for is done",
        NoticeKind::MailRefused => "To the writer of a mail: it could not be done",
        NoticeKind::NewReport => "To the team: a report came in",
        NoticeKind::ReporterWrote => "To the team: the reporter wrote",
        NoticeKind::Nudge => "To a contact: the reporter asks for news",
        NoticeKind::Warning => "To a contact: a promise falls due",
        NoticeKind::Breach => "To a contact: a promise was broken",
        NoticeKind::Assigned => "To a member: the case is yours",
        NoticeKind::TeamPublished => "To the team: the advisory is public",
        NoticeKind::Held => "To the team: a publication is held",
        NoticeKind::Step => "To the team: a step of the publication is due",
        NoticeKind::DateMoved => "To who was told a date: it moved",
        _ => "To others",
    }
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(&'static str),
}

/// A letter in a program's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Own {
    subject: Vec<Piece>,
    text: Vec<Piece>,
}

/// What is wrong with a text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {problem}")]
pub struct Broken {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub problem: String,
}

impl Broken {
    fn at(line: usize, column: usize, problem: impl Into<String>) -> Self {
        Self { line, column, problem: problem.into() }
    }
}

impl Own {
    /// Reads a text: the first line is `Subject: …`, then an empty one, then the letter.
    ///
    /// # Errors
    /// The first thing that is wrong, with its place.
    pub fn read(text: &str) -> Result<Self, Broken> {
        if text.chars().count() > LONGEST {
            return Err(Broken::at(1, 1, format!("the letter is longer than {LONGEST} characters; shorten it")));
        }
        let text = text.replace("\r\n", "\n");
        let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
        let Some(subject) = first.strip_prefix("Subject:") else {
            return Err(Broken::at(1, 1, "the first line must be `Subject:` and the subject"));
        };
        let subject = pieces(subject.trim(), 1, first.chars().count() - subject.trim_start().chars().count() + 1)?;
        if subject.iter().all(|piece| matches!(piece, Piece::Text(text) if text.trim().is_empty())) {
            return Err(Broken::at(1, 1, "the subject is empty"));
        }
        if let Some(name) = subject.iter().find_map(|piece| match piece {
            Piece::Place(name) if !matches!(*name, "program" | "case") => Some(name),
            _ => None,
        }) {
            return Err(Broken::at(
                1,
                1,
                format!("{{{{{name}}}}} may not stand in the subject; only program and case may"),
            ));
        }
        let begins = rest.len() - rest.trim_start_matches('\n').len();
        let body = rest.trim_matches('\n');
        if body.trim().is_empty() {
            return Err(Broken::at(2, 1, "the letter has no text; write it below the subject"));
        }
        let text = pieces(body, 2 + begins, 1)?;
        let own = Self { subject, text };
        for (name, why) in [
            ("expected", "every letter says what is expected of the reader and by when"),
            ("url", "every letter says where to go"),
        ] {
            if !own.has(name) {
                return Err(Broken::at(2 + begins, 1, format!("{{{{{name}}}}} is missing: {why}")));
            }
        }
        Ok(own)
    }

    /// Whether a place is used in the text.
    pub fn has(&self, name: &str) -> bool {
        self.text.iter().any(|piece| matches!(piece, Piece::Place(found) if *found == name))
    }

    /// The letter with these values in their places: subject, on one line, and text.
    pub fn fill(&self, values: &Values) -> (String, String) {
        let filled = |pieces: &[Piece]| {
            pieces.iter().fold(String::new(), |mut text, piece| {
                match piece {
                    Piece::Text(plain) => text.push_str(plain),
                    Piece::Place(name) => text.push_str(values.get(name)),
                }
                text
            })
        };
        let mut text = filled(&self.text);
        // A place that stays empty leaves no hole.
        while text.contains("\n\n\n") {
            text = text.replace("\n\n\n", "\n\n");
        }
        let subject: String = filled(&self.subject).chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        (subject.split_whitespace().collect::<Vec<_>>().join(" "), text.trim().to_owned() + "\n")
    }
}

/// Takes a text apart; its first character stands at this line and column.
fn pieces(text: &str, line: usize, column: usize) -> Result<Vec<Piece>, Broken> {
    let (mut line, mut column) = (line, column);
    let mut out = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("{{") {
            let Some((name, tail)) = after.split_once("}}").filter(|(name, _)| !name.contains('\n')) else {
                return Err(Broken::at(line, column, "`{{` has no `}}` on the same line"));
            };
            let Some((known, _)) = PLACES.iter().find(|(known, _)| *known == name.trim()) else {
                let names: Vec<&str> = PLACES.iter().map(|(name, _)| *name).collect();
                let shown: String = name.trim().chars().take(40).collect();
                let problem = format!("`{shown}` is no place; choose from {}", names.join(", "));
                return Err(Broken::at(line, column, problem));
            };
            if !plain.is_empty() {
                out.push(Piece::Text(std::mem::take(&mut plain)));
            }
            out.push(Piece::Place(known));
            column += name.chars().count() + 4;
            rest = tail;
            continue;
        }
        if rest.starts_with("}}") {
            return Err(Broken::at(line, column, "`}}` ends nothing; take it away or put `{{` before the name"));
        }
        if c.is_control() && c != '\n' && c != '\t' {
            return Err(Broken::at(line, column, "a control character stands here; take it away"));
        }
        plain.push(c);
        if c == '\n' {
            (line, column) = (line + 1, 1);
        } else {
            column += 1;
        }
        rest = &rest[c.len_utf8()..];
    }
    if !plain.is_empty() {
        out.push(Piece::Text(plain));
    }
    Ok(out)
}

/// The same letter as HTML: paragraphs, and addresses as links.
#[derive(Debug, Template)]
#[template(path = "letters/own.html")]
struct Page<'a> {
    subject: &'a str,
    paragraphs: Vec<Vec<Word<'a>>>,
}

/// A word of a letter.
#[derive(Debug)]
struct Word<'a> {
    text: &'a str,
    is_address: bool,
    ends_line: bool,
}

/// The text as HTML that says the same.
///
/// # Errors
/// When the template fails, which it cannot on these parts.
pub fn to_html(subject: &str, text: &str) -> askama::Result<String> {
    let paragraphs = text.split("\n\n").map(str::trim).filter(|it| !it.is_empty());
    let paragraphs = paragraphs.map(|paragraph| {
        let words = paragraph.lines().flat_map(|line| {
            let count = line.split_ascii_whitespace().count();
            line.split_ascii_whitespace().enumerate().map(move |(at, text)| Word {
                text,
                is_address: text.starts_with("https://") || text.starts_with("http://"),
                ends_line: at + 1 == count,
            })
        });
        words.collect()
    });
    Page { subject, paragraphs: paragraphs.collect() }.render()
}

/// The languages that a program words its letters in, in lower case: those of its policy, its own first.
pub fn languages(policy: &Policy) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for language in &policy.report.languages {
        let language = language.trim().to_ascii_lowercase();
        let plain = !language.is_empty() && language.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if plain && !all.contains(&language) {
            all.push(language);
        }
    }
    if all.is_empty() { vec!["en".into()] } else { all }
}

/// The program's language that fits one that somebody reads, such as `de` for `de-AT`.
pub fn fitting(policy: &Policy, wanted: &str) -> Option<String> {
    let wanted = wanted.trim().to_ascii_lowercase();
    let main = |language: &str| language.split('-').next().unwrap_or_default().to_owned();
    let all = languages(policy);
    let exact = all.iter().find(|language| **language == wanted);
    exact.or_else(|| all.iter().find(|language| !wanted.is_empty() && main(language) == main(&wanted))).cloned()
}

fn name(program: &ProgramSlug, kind: NoticeKind, language: &str) -> String {
    format!("letter/{program}/{}/{language}", kind.name())
}

/// Where texts lay before they had a language: they are in the program's first one.
fn former_name(program: &ProgramSlug, kind: NoticeKind) -> String {
    format!("letter/{program}/{}", kind.name())
}

async fn opened(app: &App, name: &str) -> Result<Option<String>, Error> {
    let Some(sealed) = store::settings::get(&app.store, name).await? else { return Ok(None) };
    let place = Context { kind: "letter", stream: name, row: 0, field: "text" };
    let plain = open(app.keys()?.root().purpose(Purpose::Desk), &place, &sealed)?;
    Ok(Some(String::from_utf8_lossy(&plain).into_owned()))
}

fn is_first(app: &App, program: &ProgramSlug, language: &str) -> bool {
    app.policy(program).is_some_and(|policy| languages(&policy).first().is_some_and(|first| first == language))
}

/// The text that a program keeps for a kind of letter in one of its languages; `None` where the usual words stand.
///
/// # Errors
/// As the store and the keys fail.
pub async fn get(app: &App, program: &ProgramSlug, kind: NoticeKind, language: &str) -> Result<Option<String>, Error> {
    match opened(app, &name(program, kind, language)).await? {
        None if is_first(app, program, language) => opened(app, &former_name(program, kind)).await,
        found => Ok(found),
    }
}

/// Keeps a program's own text in one language, or goes back to the usual words.
///
/// # Errors
/// [`Put::Broken`] with the place of what is wrong, when nothing is changed.
pub async fn put(
    app: &App,
    program: &ProgramSlug,
    kind: NoticeKind,
    language: &str,
    text: Option<&str>,
) -> Result<(), Put> {
    let name = name(program, kind, language);
    let mut batch = Vec::new();
    match text {
        None => batch.push(store::settings::delete_statement(&name)),
        Some(text) => {
            check(text, kind)?;
            let place = Context { kind: "letter", stream: &name, row: 0, field: "text" };
            let key = app.keys()?.root().purpose(Purpose::Desk);
            let sealed = seal(key, &place, text.as_bytes()).map_err(Error::from)?;
            batch.push(store::settings::put_statement(&name, &sealed));
        }
    }
    if is_first(app, program, language) {
        batch.push(store::settings::delete_statement(&former_name(program, kind)));
    }
    Ok(app.store.commit(Batch::main(batch)).await.map_err(Error::from)?)
}

/// Why a text was not kept.
#[derive(Debug, thiserror::Error)]
pub enum Put {
    /// It is broken.
    #[error(transparent)]
    Broken(#[from] Broken),
    /// It could not be kept.
    #[error(transparent)]
    Store(#[from] Error),
}

/// The program's own words for a letter to somebody who reads `reads`, when it has some that read; a stored text that does not
/// any more is passed over, and the log says so. Where nothing is known of the reader, and where there are no words in their
/// language, the program's first language speaks; the usual words are English.
///
/// # Errors
/// As the store and the keys fail.
pub async fn own(
    app: &App,
    program: &ProgramSlug,
    kind: NoticeKind,
    reads: Option<&str>,
) -> Result<Option<Own>, Error> {
    let Some(policy) = app.policy(program) else { return Ok(None) };
    let first = languages(&policy).into_iter().next().unwrap_or_default();
    let theirs = reads.and_then(|reads| fitting(&policy, reads)).unwrap_or_else(|| first.clone());
    let mut text = get(app, program, kind, &theirs).await?;
    if text.is_none() && theirs != first && theirs.split('-').next() != Some("en") {
        text = get(app, program, kind, &first).await?;
    }
    let Some(text) = text else { return Ok(None) };
    match check(&text, kind) {
        Ok(own) => Ok(Some(own)),
        Err(why) => {
            tracing::warn!(%program, kind = kind.name(), %why, "a letter's own text does not read; the usual words stand in");
            Ok(None)
        }
    }
}

/// Whether a program has words of its own for a kind of letter in another language than its first.
///
/// # Errors
/// As the store and the keys fail.
pub async fn depends_on_reader(app: &App, policy: &Policy, kind: NoticeKind) -> Result<bool, Error> {
    let all = languages(policy);
    if all.len() < 2 {
        return Ok(false);
    }
    for language in &all {
        if get(app, &policy.program.slug, kind, language).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The usual words of a letter as a text to begin with.
pub fn usual() -> &'static str {
    "Subject: [{{program}}] News about case {{case}}\n\n{{lead}}\n\n{{body}}\n\n{{dates}}\n\nExpected of you: {{expected}}\n\n{{url}}\n\n{{why}} {{answers}}\n"
}

/// How a text looks, filled with an example: subject and text.
///
/// # Errors
/// What is wrong with it, and where.
pub fn preview(text: &str, kind: NoticeKind, program: &str) -> Result<(String, String), Broken> {
    let values = Values {
        program: program.to_owned(),
        case: "7K3M9-QXT4B".into(),
        lead: format!("There is something new in a case of {program}."),
        body: "What it is stands on the page.".into(),
        dates: "- A first answer: by Wed 4 Mar 2026, 09:00 UTC (promised)".into(),
        expected: "an answer on the page, by Fri 6 Mar 2026.".into(),
        url: "https://desk.example.org/receipt".into(),
        why: "You get this because your address was given with a report.".into(),
        answers: "Answers to it are not read.".into(),
    };
    check(text, kind).map(|own| own.fill(&values))
}

/// Reads a text for a kind of letter.
///
/// # Errors
/// What is wrong with it, and where.
pub fn check(text: &str, kind: NoticeKind) -> Result<Own, Broken> {
    let own = Own::read(text)?;
    if kind == NoticeKind::Received && !own.has("body") {
        let why = "{{body}} is missing: it holds the receipt of whoever reported by mail";
        return Err(Broken::at(text.lines().count().max(1), 1, why));
    }
    if !own.has("answers") {
        let why = "{{answers}} is missing: it says what becomes of an answer, and to which address one goes";
        return Err(Broken::at(text.lines().count().max(1), 1, why));
    }
    Ok(own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_filled_and_its_html_says_the_same() {
        let text = "Subject: [{{program}}] Fall {{case}}\r\n\r\nGuten Tag,\r\n\r\n{{lead}}\r\n{{dates}}\r\n\r\nErwartet: {{expected}}\r\n{{ url }}\r\n{{answers}}";
        let (subject, letter) = preview(text, NoticeKind::News, "A & B").expect("it reads");
        assert_eq!(subject, "[A & B] Fall 7K3M9-QXT4B");
        assert!(
            letter.starts_with("Guten Tag,\n\nThere is something new in a case of A & B.\n- A first answer: by Wed")
        );
        let html = to_html(&subject, &letter).expect("it is written");
        assert!(
            html.contains("[A &#38; B] Fall") && html.contains("href=\"https://desk.example.org/receipt\""),
            "{html}"
        );
        assert!(KINDS.iter().all(|kind| preview(usual(), *kind, "A").is_ok()), "what one begins with reads");
    }

    #[test]
    fn the_languages_are_those_of_the_policy_and_one_fits_its_dialects() {
        let source = include_str!("../../../policy.toml");
        let mut policy = candor_core::policy::file::read(source).expect("it reads");
        policy.report.languages = vec!["de".into(), "EN".into(), "de".into(), "a/b".into()];
        assert_eq!(languages(&policy), ["de", "en"]);
        assert_eq!(fitting(&policy, "de-AT").as_deref(), Some("de"));
        assert_eq!(fitting(&policy, "en").as_deref(), Some("en"));
        assert_eq!((fitting(&policy, "fr"), fitting(&policy, "")), (None, None));
        policy.report.languages.clear();
        assert_eq!(languages(&policy), ["en"]);
    }

    #[test]
    fn a_broken_text_is_refused_with_line_and_column() {
        let told = |text: &str| Own::read(text).map(|_| ()).map_err(|why| (why.line, why.column, why.problem));
        let begins = "Subject: x\n\n{{expected}} {{url}}\n";
        assert_eq!(told(begins), Ok(()));
        for (text, line, column, word) in [
            ("Hello", 1, 1, "Subject:"),
            ("Subject: x", 2, 1, "no text"),
            ("Subject:   \n\nx", 1, 1, "empty"),
            ("Subject: x\n\n{{expected}} {{url}}\nab {{nme}}", 4, 4, "`nme` is no place"),
            ("Subject: x\n\n{{expected}} {{url}}\n\n{{lead", 5, 1, "no `}}`"),
            ("Subject: x\n\n{{expected}} {{url}}\nü }}", 4, 3, "ends nothing"),
            ("Subject: {{lead}}\n\n{{expected}} {{url}}", 1, 1, "may not stand in the subject"),
            ("Subject: x\n\n{{url}}", 3, 1, "{{expected}} is missing"),
            ("Subject: x\n\n{{expected}}", 3, 1, "{{url}} is missing"),
        ] {
            let (at_line, at_column, problem) = told(text).expect_err(text);
            assert_eq!((at_line, at_column), (line, column), "{text}: {problem}");
            assert!(problem.contains(word), "{text}: {problem}");
        }
    }

    #[test]
    fn no_value_adds_a_line_to_the_subject_or_markup_to_the_page() {
        let (subject, letter) = preview(
            "Subject: {{program}}\n\n{{lead}} {{expected}} {{url}} {{answers}}",
            NoticeKind::News,
            "x\r\nBcc: y <b>",
        )
        .expect("it reads");
        assert!(!subject.contains(['\r', '\n']), "{subject:?}");
        assert!(!to_html(&subject, &letter).expect("it is written").contains("<b>"));
    }
}
