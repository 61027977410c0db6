//! Output of tools that are on no list, known by the shape of its lines: a place, and behind it a severity, a category or
//! a rule. People write such a line now and then; a tool writes nothing else. So one or two of them say nothing.

use super::{Found, Level, tables};
use crate::identifiers;

/// So many lines of a shape are needed.
const LEAST: usize = 3;

/// Longest line that is looked at, in bytes.
const LINE: usize = 2_000;

/// Lines of a text that have the shape of a tool's.
pub(super) struct Shaped {
    /// Which lines they are.
    pub marks: Vec<bool>,
    /// What they say.
    pub findings: Vec<Found>,
    /// The shape in words.
    pub shape: &'static str,
}

/// Shapes of one line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Category,
    Severity,
    Rule,
    Ending,
    Brackets,
    Spoken,
    Columns,
    Arrow,
}

const SHAPES: [Shape; 8] = [
    Shape::Category,
    Shape::Severity,
    Shape::Rule,
    Shape::Ending,
    Shape::Brackets,
    Shape::Spoken,
    Shape::Columns,
    Shape::Arrow,
];

impl Shape {
    fn words(self) -> &'static str {
        match self {
            Self::Category => "file:line: [level] (category) message",
            Self::Severity => "file:line: severity: message",
            Self::Rule => "file:line: rule message",
            Self::Ending => "file:line: message [rule]",
            Self::Brackets => "[file:line]: (severity) message",
            Self::Spoken => "file: line n, col n, severity - message",
            Self::Columns => "line:column severity message",
            Self::Arrow => "--> file:line:column",
        }
    }
}

/// The lines and tables that look like a tool's; `None` when there are too few of them.
pub(super) fn find(lines: &[&str]) -> Option<Shaped> {
    let mut marks = vec![false; lines.len()];
    let mut findings = Vec::new();
    let mut counts = [0_usize; SHAPES.len()];
    let mut file = String::new();
    for (mark, line) in marks.iter_mut().zip(lines) {
        let line = line.trim_start_matches(['>', '`']).trim_end();
        if line.is_empty() || line.len() > LINE {
            continue;
        }
        // Where the place stands on a line of its own, above the findings.
        let alone = line.strip_suffix(':').unwrap_or(line);
        if is_place(alone) {
            file = alone.to_owned();
            continue;
        }
        let Some((shape, mut found)) = one(line) else { continue };
        if shape == Shape::Columns {
            found.place.clone_from(&file);
        }
        found.identifiers = identifiers::find(line).into_iter().map(|known| known.id).collect();
        *mark = true;
        counts[shape as usize] += 1;
        findings.push(found);
    }
    let (most, count) = (0..).zip(counts).max_by_key(|(at, count)| (*count, usize::MAX - at))?;
    let lines_of_shape = (findings.len() >= LEAST && count > 0).then(|| Shaped {
        marks,
        findings,
        shape: SHAPES.get(most).copied().unwrap_or(Shape::Severity).words(),
    });
    let table = tables::find(lines);
    match (lines_of_shape, table) {
        (Some(lines), Some(table)) if lines.findings.len() < table.findings.len() => Some(table),
        (Some(lines), _) => Some(lines),
        (None, table) => table,
    }
}

fn one(line: &str) -> Option<(Shape, Found)> {
    located(line).or_else(|| brackets(line)).or_else(|| spoken(line)).or_else(|| columns(line)).or_else(|| arrow(line))
}

/// `place:line[:column]:` or `place(line,column):`, and what stands behind it.
fn located(line: &str) -> Option<(Shape, Found)> {
    let line = line.trim_start();
    let bytes = line.as_bytes();
    // The letter of a drive is no place.
    let from = if bytes.len() > 3 && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/') { 2 } else { 0 };
    let at = line[from..].find([':', '('])? + from;
    let place = line.get(..at).filter(|place| is_place(place))?;
    let mut rest = line.get(at + 1..)?;
    let number = digits(&mut rest)?;
    if bytes[at] == b'(' {
        if let Some(after) = rest.strip_prefix(',') {
            rest = after;
            digits(&mut rest)?;
        }
        rest = rest.strip_prefix(')')?.trim_start().strip_prefix(':')?;
    } else {
        // A column, or the end of a range.
        for _ in 0..3 {
            if let Some(mut after) = rest.strip_prefix([':', '-', '.'])
                && digits(&mut after).is_some()
            {
                rest = after;
            }
        }
        rest = rest.trim_start().strip_prefix(':')?;
    }
    let rest = rest.trim();
    let (shape, rule, level, message) = said(rest)?;
    (message.split_whitespace().count() >= 2 || shape == Shape::Category).then(|| {
        let found = Found {
            rule: rule.to_owned(),
            title: message.to_owned(),
            level,
            place: place.to_owned(),
            line: Some(number),
            ..Found::default()
        };
        (shape, found)
    })
}

/// What stands behind the place: shape, rule, level, message.
fn said(rest: &str) -> Option<(Shape, &str, Level, &str)> {
    // `[2] (buffer) strcpy: …`
    if let Some((level, after)) = rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        let after = after.trim_start();
        if level.len() <= 2
            && level.bytes().all(|byte| byte.is_ascii_digit())
            && let Some((category, message)) = after.strip_prefix('(').and_then(|rest| rest.split_once(')'))
            && !category.is_empty()
            && category.len() <= 40
        {
            let message = message.trim();
            let rule = message.split([':', ' ']).next().unwrap_or_default();
            let rule = if rule.is_empty() { category } else { rule };
            return Some((Shape::Category, rule, Level::of(level), message));
        }
        // `[warning] …`, `[C0114(missing-docstring), ] …`
        if is_severity(level) {
            return Some((Shape::Severity, ending(after).unwrap_or_default(), Level::of(level), after));
        }
        let code = level.split(['(', ',', ' ']).next().unwrap_or_default();
        if is_code(code) {
            return Some((Shape::Rule, code, Level::Unknown, after));
        }
        return None;
    }
    // `warning: …`, `error[E0502]: …`, `fatal error: …`, `error CA2100: …`
    let bare = rest.strip_prefix("fatal ").unwrap_or(rest);
    let end = bare.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(bare.len());
    let (word, after) = bare.split_at(end);
    if is_severity(word) {
        let (rule, message) = match after.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((code, after)) if is_rule(code) => (code, after.strip_prefix(':')?),
            Some(_) => return None,
            None => match after.strip_prefix(':') {
                Some(message) => (ending(message).unwrap_or_default(), message),
                None => after.trim_start().split_once(':').filter(|(code, _)| is_code(code))?,
            },
        };
        return Some((Shape::Severity, rule, Level::of(word), message.trim()));
    }
    // `E501 …`, `C0114: …`
    let (code, message) = rest.split_once(' ')?;
    // A tool may name itself behind the code: `B105[bandit]: …`.
    let code = code.trim_end_matches(':').split('[').next().unwrap_or_default();
    if is_code(code) {
        return Some((Shape::Rule, code, Level::Unknown, message.trim()));
    }
    let rule = ending(rest)?;
    (rest.split_whitespace().count() >= 4).then_some((Shape::Ending, rule, Level::Unknown, rest))
}

/// `[place:line]: (severity) message`, perhaps with several places.
fn brackets(line: &str) -> Option<(Shape, Found)> {
    let (places, rest) = line.trim_start().strip_prefix('[')?.split_once("]: (")?;
    let (level, message) = rest.split_once(')')?;
    let (place, number) = places.split(']').next()?.rsplit_once(':')?;
    (is_severity(level) && is_place(place)).then(|| {
        let found = Found {
            title: message.trim().to_owned(),
            level: Level::of(level),
            place: place.to_owned(),
            line: number.parse().ok(),
            ..Found::default()
        };
        (Shape::Brackets, found)
    })
}

/// `place: line 3, col 5, Error - message (rule)`.
fn spoken(line: &str) -> Option<(Shape, Found)> {
    let (place, rest) = line.trim_start().split_once(": line ")?;
    let mut rest = rest;
    let number = digits(&mut rest)?;
    let rest = rest.strip_prefix(", col ")?;
    let (_, rest) = rest.split_once(", ")?;
    let (level, message) = rest.split_once(" - ")?;
    (is_place(place) && is_severity(level)).then(|| {
        let found = Found {
            rule: ending(message).unwrap_or_default().to_owned(),
            title: message.to_owned(),
            level: Level::of(level),
            place: place.to_owned(),
            line: Some(number),
            ..Found::default()
        };
        (Shape::Spoken, found)
    })
}

/// `  3:5  error  message  rule`, below a line with the place.
fn columns(line: &str) -> Option<(Shape, Found)> {
    let mut rest = line.strip_prefix("  ").or_else(|| line.strip_prefix('\t'))?.trim_start();
    let number = digits(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    digits(&mut rest)?;
    let rest = rest.strip_prefix([' ', '\t'])?.trim_start();
    let (level, message) = rest.split_once([' ', '\t'])?;
    let message = message.trim();
    let rule = ending(message).or_else(|| message.rsplit_once("  ").map(|(_, rule)| rule.trim()));
    let code = is_code(level).then_some(level);
    ((is_severity(level) || code.is_some()) && !message.is_empty()).then(|| {
        let found = Found {
            rule: code.or(rule).unwrap_or_default().to_owned(),
            title: message.to_owned(),
            level: Level::of(level),
            line: Some(number),
            ..Found::default()
        };
        (Shape::Columns, found)
    })
}

/// `--> place:3:5`, below a line with the rule or the severity.
fn arrow(line: &str) -> Option<(Shape, Found)> {
    let (place, mut rest) = line.trim_start().strip_prefix("--> ")?.split_once(':')?;
    let number = digits(&mut rest)?;
    rest = rest.strip_prefix(':')?;
    digits(&mut rest)?;
    let found = Found { place: place.to_owned(), line: Some(number), ..Found::default() };
    (rest.is_empty() && is_place(place)).then_some((Shape::Arrow, found))
}

/// Takes a number off the beginning.
fn digits(rest: &mut &str) -> Option<u32> {
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let number = rest[..end].parse().ok()?;
    *rest = &rest[end..];
    Some(number)
}

/// Whether it is a path of a file, and no address or sentence.
pub(super) fn is_place(text: &str) -> bool {
    (3..=400).contains(&text.len())
        && text.contains(['.', '/', '\\'])
        && !text
            .contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '=' | ';' | ','))
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !text.contains("://")
        && !text.ends_with(['.', ':'])
}

/// Words by which tools say how bad a finding is.
pub(super) fn is_severity(word: &str) -> bool {
    matches!(
        word.to_ascii_lowercase().as_str(),
        "error"
            | "warning"
            | "warn"
            | "note"
            | "notice"
            | "info"
            | "information"
            | "style"
            | "performance"
            | "portability"
            | "convention"
            | "refactor"
            | "hint"
            | "low"
            | "medium"
            | "moderate"
            | "high"
            | "critical"
            | "blocker"
            | "major"
            | "minor"
            | "security"
    )
}

/// Whether it is the code of a rule: capital letters and a number, such as `SC2086`.
fn is_code(text: &str) -> bool {
    let letters = text.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(text.len());
    let numbers = text.len() - letters;
    (1..=8).contains(&letters)
        && (2..=5).contains(&numbers)
        && text[letters..].bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it may be the name of a rule: one word of letters, figures and the marks that hold such names together.
fn is_rule(text: &str) -> bool {
    let inner = text.bytes().skip(1).any(|byte| matches!(byte, b'-' | b'/' | b'_' | b'.') || byte.is_ascii_uppercase());
    (3..=80).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.@+=#".contains(&byte))
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && (inner || is_code(text))
}

/// The name of a rule in brackets at the end, behind a blank: `… [bugprone-copy]`, `… (no-eval)`, `… [rule] [5]`.
fn ending(text: &str) -> Option<&str> {
    let mut rest = text.trim_end();
    for _ in 0..2 {
        let (close, open) = if rest.ends_with(']') { (']', " [") } else { (')', " (") };
        let at = rest.rfind(open)?;
        let inner = rest.get(at + 2..)?.strip_suffix(close)?;
        if is_rule(inner) {
            return Some(inner);
        }
        // A number of its own, such as how sure the tool is.
        if inner.len() > 2 || !inner.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        rest = rest.get(..at)?.trim_end();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        match find(&lines) {
            None => "nothing".into(),
            Some(found) => {
                let first = &found.findings[0];
                let line = first.line.map(|line| format!(":{line}")).unwrap_or_default();
                let marked = found.marks.iter().filter(|mark| **mark).count();
                format!("{marked} {} | {} [{}] {}{line}", found.shape, first.rule, first.level, first.place)
            }
        }
    }

    /// The same line three times, at other lines of the file.
    fn thrice(line: &str) -> String {
        (1..=3).map(|n| format!("{}\n", line.replace('#', &n.to_string()))).collect()
    }

    #[test]
    fn p4_lines_of_a_tool_that_is_on_no_list_are_known_by_their_shape() {
        for (line, expected) in [
            (
                "lib/row.c:#: [4] (buffer) strcpy: Nothing checks the length",
                "3 file:line: [level] (category) message | strcpy [critical] lib/row.c:1",
            ),
            (
                "lib/row.c:#:7: warning: value is never read [deadcode.Stores]",
                "3 file:line: severity: message | deadcode.Stores [medium] lib/row.c:1",
            ),
            (
                "C:\\work\\Row.cs(#,14): error CA2100: Query is made of input",
                "3 file:line: severity: message | CA2100 [high] C:\\work\\Row.cs:1",
            ),
            ("app/row.py:#:80: E501 line too long", "3 file:line: rule message | E501 [unknown] app/row.py:1"),
            (
                "app/row.py:#: [W0123(eval-used), ] Use of eval",
                "3 file:line: rule message | W0123 [unknown] app/row.py:1",
            ),
            (
                "app/row.py:#: B105[bandit]: LOW: Secret in the code",
                "3 file:line: rule message | B105 [unknown] app/row.py:1",
            ),
            (
                "lib/row.cc:#:  Prefer a bounded copy here  [runtime/printf] [4]",
                "3 file:line: message [rule] | runtime/printf [unknown] lib/row.cc:1",
            ),
            ("[lib/row.c:#]: (error) Memory leak: buf", "3 [file:line]: (severity) message |  [high] lib/row.c:1"),
            (
                "web/row.js: line #, col 9, Error - eval can be harmful. (no-eval)",
                "3 file: line n, col n, severity - message | no-eval [high] web/row.js:1",
            ),
        ] {
            assert_eq!(told(&thrice(line)), expected, "{line}");
        }
        let below = "web/row.py:\n    1:5  D100 Nothing says what it is\n   12:5  D204 [*] No blank line\n   13:9  D102 Nothing again\n";
        assert_eq!(told(below), "3 line:column severity message | D100 [unknown] web/row.py:1");
        let below = "web/row.js\n  1:5  error    Unexpected call  no-eval\n  2:5  warning  Unexpected var   no-var\n  9:1  error    Not used         no-unused\n";
        assert_eq!(told(below), "3 line:column severity message | no-eval [high] web/row.js:1");
    }

    #[test]
    fn p4_a_place_behind_an_arrow_is_one_of_a_finding() {
        let one = |n: usize| format!("warning: value is never read\n  --> lib/row.rs:{n}:5\n   |\n{n} | let row;\n\n");
        let text: String = (1..=3).map(one).collect();
        assert_eq!(told(&text), "3 --> file:line:column |  [unknown] lib/row.rs:1");
        assert_eq!(told("a\n--> see lib/row.rs:1:2\n--> lib/row.rs\n--> row:1:2\n"), "nothing");
    }

    #[test]
    fn traces_listings_and_requests_have_no_such_shape() {
        for line in [
            "    at read (lib/row.js:#:5)",
            "  File \"app/row.py\", line #, in read",
            "    ## 0x55 in read_row lib/row.c:#:9",
            "lib/row.c:#:    strcpy(row, input);",
            "lib/row.c:#:9: runtime error: index 9 out of bounds for type 'int [4]'",
            "lib/row.c:#:    int last = rows[count];",
            "app/row.py:#:    return cells[0]",
            "http://shop.example:808#/error: warning",
            "shop.example:80#: error",
            "GET /rows?id=# HTTP/1.1",
            "Severity: High (9.#)",
            "2026-03-0# 10:00:00 error: could not open the file",
            "row.c:#: error:",
        ] {
            assert_eq!(told(&thrice(line)), "nothing", "{line}");
        }
        let twice = "lib/row.c:1:7: warning: value is never read\nlib/row.c:2:7: warning: value is never read\n";
        assert_eq!(told(twice), "nothing");
    }
}
