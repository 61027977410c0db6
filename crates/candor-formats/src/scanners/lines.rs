//! Scanner output that somebody pasted into a report: known by lines that only a tool writes.
//!
//! A report may quote a line of a tool and be a good report. So this says how many of the text's lines are the tool's,
//! and gives the rest back as the reporter's own words; what follows from that is not decided here.

use super::tools::{TOOLS, Tool};
use super::{Found, Level, UNLISTED, page, shapes};
use crate::identifiers;
use aho_corasick::{AhoCorasick, AhoCorasickBuilder};
use std::sync::LazyLock;

/// Most lines of a text that are looked at.
pub(super) const LINES: usize = 5_000;

/// Scanner output within a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pasted {
    /// Short name of the tool.
    pub tool: String,
    /// Name for people.
    pub name: String,
    /// How many lines are the tool's.
    pub lines: usize,
    /// How many lines the text has, empty ones apart.
    pub of: usize,
    /// What could be read of the findings.
    pub findings: Vec<Found>,
    /// What is left of the text without the tool's lines.
    pub own: String,
}

impl Pasted {
    /// The shape by which the lines were known, where the tool is on no list.
    pub fn shape(&self) -> Option<&str> {
        super::shape_of(&self.name)
    }
}

/// The scanner output in a text; `None` when nothing shows that a tool wrote any of it.
pub fn in_text(text: &str) -> Option<Pasted> {
    if let Some(pasted) = a_file(text) {
        return Some(pasted);
    }
    in_lines(text)
}

fn in_lines(text: &str) -> Option<Pasted> {
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let of = lines.iter().filter(|line| !line.trim().is_empty()).count();
    let mut best: Option<(usize, &Tool, Vec<bool>, Vec<Found>)> = None;
    for (tool, said) in TOOLS.iter().zip(&said(text)) {
        let Some((marks, findings)) = marked(tool, said, &lines) else { continue };
        let weight = marks.iter().filter(|mark| **mark).count() + findings.len();
        if best.as_ref().is_none_or(|(most, ..)| weight > *most) {
            best = Some((weight, tool, marks, findings));
        }
    }
    let (tool, name, marks, findings) = match best {
        Some((_, tool, marks, findings)) => (tool.id.to_owned(), tool.name.to_owned(), marks, findings),
        None => {
            let shaped = shapes::find(&lines)?;
            ("unlisted".to_owned(), format!("{UNLISTED}{}", shaped.shape), shaped.marks, shaped.findings)
        }
    };
    let block = blocks(&lines, &marks);
    let own: Vec<&str> = lines.iter().zip(&block).filter(|(_, tool)| !**tool).map(|(line, _)| *line).collect();
    let taken = lines.iter().zip(&block).filter(|(line, tool)| **tool && !line.trim().is_empty()).count();
    Some(Pasted { tool, name, lines: taken, of, findings, own: own.join("\n").trim().to_owned() })
}

/// The words of one tool that a text has.
#[derive(Default)]
struct Said {
    sure: Vec<&'static str>,
    common: Vec<&'static str>,
}

/// A word: the place of its tool in the list, whether it is sure, and what it says.
type Word = (usize, bool, &'static str);

/// The words of every tool, to be found in one walk over a text.
static WORDS: LazyLock<(Option<AhoCorasick>, Vec<Word>)> = LazyLock::new(|| {
    let of = |(number, tool): (usize, &'static Tool)| {
        let sure = tool.sure.iter().map(move |word| (number, true, *word));
        sure.chain(tool.common.iter().map(move |word| (number, false, *word)))
    };
    let words: Vec<Word> = TOOLS.iter().enumerate().flat_map(of).collect();
    let texts = words.iter().map(|(.., word)| word);
    (AhoCorasickBuilder::new().ascii_case_insensitive(true).build(texts).ok(), words)
});

/// Which words of which tool a text has, so that its lines are looked through for those alone. Most texts have few.
fn said(text: &str) -> Vec<Said> {
    let mut said: Vec<Said> = TOOLS.iter().map(|_| Said::default()).collect();
    let (finder, words) = &*WORDS;
    let mut is_there = vec![finder.is_none(); words.len()];
    for found in finder.iter().flat_map(|finder| finder.find_overlapping_iter(text)) {
        is_there[found.pattern().as_usize()] = true;
    }
    for ((tool, sure, word), _) in words.iter().zip(is_there).filter(|(_, is_there)| *is_there) {
        if *sure { said[*tool].sure.push(word) } else { said[*tool].common.push(word) }
    }
    said
}

/// Longest text in which a file that was pasted as it is, as JSON or XML, is looked for.
const FILE: usize = 512 * 1024;

/// A file of a tool that was pasted as it is: from the first line that begins like one to the last that ends like one.
fn a_file(text: &str) -> Option<Pasted> {
    if text.len() > FILE {
        return None;
    }
    let (start, close) = text.match_indices(['{', '[', '<']).find_map(|(at, open)| {
        let begins = at == 0 || text[..at].ends_with('\n');
        let close = match open {
            "{" => '}',
            "[" => ']',
            _ => '>',
        };
        begins.then_some((at, close))
    })?;
    let end = text.rfind(close).filter(|end| *end > start)? + 1;
    let part = text.get(start..end)?;
    let count = |text: &str| text.lines().filter(|line| !line.trim().is_empty()).count();
    if close == '>' && page::begins(part) {
        return a_page(part).map(|pasted| Pasted {
            lines: count(part),
            of: count(text),
            own: format!("{}\n{}", &text[..start], &text[end..]).trim().to_owned(),
            ..pasted
        });
    }
    let output = if close == '>' { super::xml::read(part) } else { super::json::read(part) }.ok()?;
    let own = format!("{}\n{}", &text[..start], &text[end..]);
    Some(Pasted {
        tool: output.tool,
        name: output.name,
        lines: count(part),
        of: count(text),
        findings: output.findings,
        own: own.trim().to_owned(),
    })
}

/// A page of HTML that a tool wrote for people, by the lines that they see: at least half of them are its own.
pub(super) fn a_page(page: &str) -> Option<Pasted> {
    let pasted = in_lines(&page::lines(page))?;
    (pasted.lines * 2 >= pasted.of).then_some(pasted)
}

/// Which lines are of this tool for certain; `None` when there is too little to say so.
fn marked(tool: &Tool, said: &Said, lines: &[&str]) -> Option<(Vec<bool>, Vec<Found>)> {
    let mut marks = vec![false; lines.len()];
    let mut findings = Vec::new();
    let mut sure = 0;
    let mut common: Vec<&str> = Vec::new();
    for (mark, line) in marks.iter_mut().zip(lines) {
        if line.trim().is_empty() || line.len() > 4_000 {
            continue;
        }
        if let Some(found) = finding(tool.id, line) {
            findings.push(found);
            *mark = true;
        }
        if tool.says.contains(&line.trim()) {
            *mark = true;
        } else if said.sure.iter().any(|word| has(line, word)) {
            // A sentence of the reporter that names the tool is no output of it.
            if is_sentence(line) {
                continue;
            }
            sure += 1;
            *mark = true;
        } else if let Some(word) = said.common.iter().find(|word| begins(line, word))
            && !is_sentence(line)
        {
            *mark = true;
            if !common.contains(word) {
                common.push(word);
            }
        }
    }
    let enough = findings.len() >= 2
        || sure >= 2
        || (sure >= 1 && (!common.is_empty() || !findings.is_empty()))
        || common.len() >= 3
        || (findings.len() == 1 && (marks.iter().filter(|mark| **mark).count() >= 2 || sure_shape(tool.id)));
    enough.then_some((marks, findings))
}

/// Tools whose one line is unmistakable.
fn sure_shape(tool: &str) -> bool {
    matches!(tool, "nuclei" | "gosec")
}

fn has(line: &str, word: &str) -> bool {
    line.contains(word) || (word.is_ascii() && line.to_ascii_lowercase().contains(&word.to_ascii_lowercase()))
}

/// Whether a line begins with a word, behind bullets, quotation marks and lines of tables.
fn begins(line: &str, word: &str) -> bool {
    let bare = line.trim_start_matches(['>', '|', '*', '-', '#', ' ', '\t', '`']);
    let bare =
        if word.starts_with(['│', '+', '|', '┆']) { line.trim_start_matches(['>', ' ', '\t', '`']) } else { bare };
    match bare.get(..word.len()) {
        Some(head) => head.eq_ignore_ascii_case(word),
        None => bare.starts_with(word),
    }
}

/// Whether a line reads like a sentence that a person wrote.
fn is_sentence(line: &str) -> bool {
    let line = line.trim();
    let words = line.split_whitespace().count();
    if words < 5 || line.starts_with(['|', '│', '+', '[', '{', '<', '#', '=', '✗', '✔', '├']) {
        return false;
    }
    let lower = format!(" {} ", line.to_ascii_lowercase());
    let mine = [" i ", " we ", " my ", " our ", " i'm ", " i've ", " me ", " us ", " you ", " your "];
    mine.iter().any(|word| lower.contains(word))
}

/// Paragraphs in which a good part of the lines are marked belong to the tool as a whole, and so does what is fenced in
/// with a marked line.
fn blocks(lines: &[&str], marks: &[bool]) -> Vec<bool> {
    let mut block = marks.to_vec();
    let mut start = 0;
    while start < lines.len() {
        if lines[start].trim().is_empty() {
            start += 1;
            continue;
        }
        let fenced = lines[start].trim_start().starts_with("```");
        let mut end = start + 1;
        while end < lines.len() {
            if fenced && lines[end].trim_start().starts_with("```") {
                end += 1;
                break;
            }
            if !fenced && lines[end].trim().is_empty() {
                break;
            }
            end += 1;
        }
        let marked = marks[start..end].iter().filter(|mark| **mark).count();
        let spoken = (start..end).filter(|at| !marks[*at] && is_sentence(lines[*at])).count();
        if marked > 0 && spoken == 0 && (fenced || marked * 6 >= end - start) {
            block[start..end].fill(true);
        }
        start = end;
    }
    // What stands between two parts of the output without a word of a person in it is output as well.
    if let (Some(first), Some(last)) = (block.iter().position(|it| *it), block.iter().rposition(|it| *it)) {
        let mut at = first;
        while at < last {
            if block[at] {
                at += 1;
                continue;
            }
            let end = (at..last).find(|next| block[*next]).unwrap_or(last);
            let spoken = (at..end).any(|at| !marks[at] && is_sentence(lines[at]));
            if !spoken && end - at <= 40 {
                block[at..end].fill(true);
            }
            at = end;
        }
    }
    block
}

/// What one line says of a finding, where a line says it whole.
fn finding(tool: &str, line: &str) -> Option<Found> {
    let line = line.trim().trim_start_matches(['>', ' ']);
    match tool {
        // `[template-id] [http] [high] https://x.example/path [extra]`, perhaps behind a time in brackets.
        "nuclei" => {
            let mut parts: Vec<&str> = Vec::new();
            let mut rest = line;
            while let Some(inner) = rest.strip_prefix('[') {
                let (part, after) = inner.split_once(']')?;
                parts.push(part);
                rest = after.trim_start();
            }
            let at = parts.iter().position(|part| {
                matches!(
                    *part,
                    "http"
                        | "dns"
                        | "network"
                        | "tcp"
                        | "ssl"
                        | "file"
                        | "headless"
                        | "javascript"
                        | "whois"
                        | "code"
                        | "websocket"
                )
            })?;
            let level = Level::of(parts.get(at + 1)?);
            let rule = parts.get(at.checked_sub(1)?)?;
            if level == Level::Unknown {
                return None;
            }
            let place = rest.split_whitespace().next().unwrap_or_default();
            Some(Found {
                identifiers: identifiers::find(rule).into_iter().map(|known| known.id).collect(),
                rule: (*rule).to_owned(),
                title: (*rule).to_owned(),
                level,
                place: place.to_owned(),
                ..Found::default()
            })
        }
        // `[/src/a.go:12] - G104 (CWE-703): Errors unhandled (Confidence: HIGH, Severity: LOW)`
        "gosec" => {
            let (place, rest) = line.strip_prefix('[')?.split_once("] - ")?;
            let (rule, rest) = rest.split_once(' ')?;
            let (file, number) = place.rsplit_once(':')?;
            let (_, level) = rest.rsplit_once("Severity: ")?;
            (rule.starts_with('G') && rule.len() == 4).then(|| Found {
                rule: rule.into(),
                title: rest
                    .split_once("): ")
                    .map_or(rest, |(_, title)| title)
                    .split(" (Confidence")
                    .next()
                    .unwrap_or_default()
                    .into(),
                level: Level::of(level.trim_end_matches(')')),
                place: file.into(),
                line: number.split('-').next().and_then(|line| line.parse().ok()),
                identifiers: identifiers::find(rest).into_iter().map(|known| known.id).collect(),
                ..Found::default()
            })
        }
        // `>> Issue: [B602:subprocess_popen_with_shell_equals_true] text`
        "bandit" => {
            let (rule, title) =
                line.strip_prefix("Issue: [").or_else(|| line.strip_prefix(">> Issue: ["))?.split_once(']')?;
            let (rule, _) = rule.split_once(':')?;
            Some(Found { rule: rule.into(), title: title.trim().into(), ..Found::default() })
        }
        // Rows of a table: package, version, identifier in their columns.
        "trivy" | "grype" | "osv-scanner" | "pip-audit" | "cargo-audit" => row(line),
        // `Plugin 51192`, `Plugin ID: 51192`
        "nessus" => {
            let rest = line.strip_prefix("Nessus Plugin ID").or_else(|| line.strip_prefix("Plugin ID"))?;
            let id: String = rest.chars().filter(char::is_ascii_digit).collect();
            (!id.is_empty()).then(|| Found { title: format!("Plugin {id}"), rule: id, ..Found::default() })
        }
        // `✗ Prototype Pollution [High Severity][https://snyk.io/vuln/SNYK-JS-X-1] in lodash@4.17.15`
        "snyk" => {
            let rest = line.strip_prefix('✗')?.trim();
            let (title, rest) = rest.split_once('[').unwrap_or((rest, ""));
            let rule = rest.split(['/', ']']).find(|part| part.starts_with("SNYK-")).unwrap_or_default();
            let (package, version) = rest
                .rsplit_once(" in ")
                .and_then(|(_, at)| at.split_whitespace().next()?.rsplit_once('@'))
                .unwrap_or_default();
            Some(Found {
                rule: rule.into(),
                title: title.trim().into(),
                level: Level::of(rest.split(']').next().unwrap_or_default()),
                package: package.into(),
                version: version.into(),
                ..Found::default()
            })
        }
        _ => None,
    }
}

/// A row of a table of packages with an identifier in it, and at least three columns.
fn row(line: &str) -> Option<Found> {
    if !line.contains(['│', '|']) && !line.contains("  ") {
        return None;
    }
    let split: Vec<&str> = if line.contains(['│', '|']) {
        line.split(['│', '|']).map(str::trim).collect()
    } else {
        line.split("  ").map(str::trim).collect()
    };
    let columns: Vec<&str> = split.into_iter().filter(|column| !column.is_empty()).collect();
    if columns.len() < 3 || line.ends_with('.') {
        return None;
    }
    let (at, known) = columns.iter().enumerate().find_map(|(at, column)| {
        let found = identifiers::find(column);
        (column.len() <= 60 && found.len() == 1).then(|| (at, found.into_iter().next()))
    })?;
    let known = known?;
    let level =
        columns.iter().map(|column| Level::of(column)).find(|level| *level != Level::Unknown).unwrap_or_default();
    let others: Vec<&str> = columns.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, column)| *column).collect();
    let version =
        others.iter().skip(1).find(|column| column.starts_with(|c: char| c.is_ascii_digit() || c == 'v')).copied();
    Some(Found {
        title: known.id.clone(),
        rule: known.id.clone(),
        level,
        package: others.first().copied().unwrap_or_default().to_owned(),
        version: version.unwrap_or_default().to_owned(),
        identifiers: vec![known.id],
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        match in_text(text) {
            None => "nothing".into(),
            Some(found) => format!("{} {} of {}, {} findings", found.tool, found.lines, found.of, found.findings.len()),
        }
    }

    #[test]
    fn p4_output_pasted_from_a_terminal_is_known_by_its_lines() {
        for (text, expected) in [
            (
                "[git-config] [http] [medium] https://x.example/.git/config\n[CVE-2021-44228] [http] [critical] https://x.example/ [interactsh]\n",
                "nuclei 2 of 2, 2 findings",
            ),
            (
                "[/src/a.go:12] - G104 (CWE-703): Errors unhandled. (Confidence: HIGH, Severity: LOW)\n    11:\n  > 12: f.Close()\n",
                "gosec 3 of 3, 1 findings",
            ),
            (
                ">> Issue: [B602:subprocess_popen] subprocess call with shell=True\n   Severity: High   Confidence: High\n   Location: ./a.py:3\n",
                "bandit 3 of 3, 1 findings",
            ),
            (
                "# npm audit report\n\nminimist  <1.2.6\nSeverity: critical\nPrototype Pollution in minimist - https://github.com/advisories/GHSA-xvch-5gv4-984h\nfix available via `npm audit fix`\nnode_modules/minimist\n\n1 critical severity vulnerability\n",
                "npm-audit 6 of 7, 0 findings",
            ),
            (
                "NAME  INSTALLED  FIXED-IN  TYPE  VULNERABILITY  SEVERITY\nring  0.16.20  0.17.12  rust-crate  GHSA-4p46-pwfr-66x6  Medium\nopenssl  1.1.1  1.1.2  deb  CVE-2022-0778  High\n",
                "grype 3 of 3, 2 findings",
            ),
            (
                "Synopsis\nThe SSL certificate cannot be trusted.\nDescription\nThe server's X.509 certificate cannot be trusted.\nSolution\nPurchase a certificate.\nRisk Factor\nMedium\nPlugin Output\ntcp/443\n",
                "nessus 10 of 10, 0 findings",
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn a_report_that_quotes_a_tool_keeps_its_own_words() {
        let text = "I ran nuclei against my own copy and it showed this line:\n\n[git-config] [http] [medium] https://x.example/.git/config\n\nI then opened the address in a browser and could read the whole repository.";
        let found = in_text(text).unwrap();
        assert_eq!((found.lines, found.of), (1, 3));
        assert!(found.own.starts_with("I ran nuclei") && found.own.ends_with("repository."));
    }

    #[test]
    fn p4_a_file_that_was_pasted_as_it_is_is_known() {
        let text = "See the result:\n\n{\n  \"results\": [\n    {\"test_id\": \"B602\", \"issue_severity\": \"HIGH\", \"filename\": \"a.py\"}\n  ]\n}\n";
        assert_eq!(told(text), "bandit 5 of 6, 1 findings");
        assert_eq!(in_text(text).unwrap().own, "See the result:");
    }

    #[test]
    fn prose_is_no_output_even_when_it_names_tools() {
        for text in [
            "I used Burp Suite to intercept the request and changed the id. The server answered with another person's data.",
            "We found this with CodeQL and then confirmed it by hand on version 1.2.3. The solution is to check the length.",
            "Severity: High\nThe parser reads one byte too many when the header is empty.",
            "Impact\nAn attacker can read files.\n\nSteps\n1. Log in\n2. Open /a\n\nSolution\nCheck the path.",
            "",
        ] {
            assert_eq!(told(text), "nothing", "{text}");
        }
    }
}
