//! Tables of findings: with commas, semicolons, tabs or upright lines, known by the names of their columns.

use super::shapes::Shaped;
use super::{FINDINGS_LIMIT, Found, Level};
use crate::identifiers;

/// So many rows are needed where the columns could be a person's.
const ROWS: usize = 3;

/// With so many columns that only tools have, one row is enough.
const COLUMNS: usize = 6;

/// What the column of a table is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    Place,
    Line,
    Severity,
    Rule,
    Text,
}

/// What a column is about, by its name.
fn about(name: &str) -> Option<About> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    Some(match plain.as_str() {
        "file" | "filename" | "filepath" | "path" | "location" | "uri" | "url" | "host" | "hostname" | "ip"
        | "target" | "resource" | "component" | "module" | "package" | "artifact" | "asset" => About::Place,
        "line" | "lineno" | "linenumber" | "linerange" | "startline" | "row" | "port" => About::Line,
        "severity" | "level" | "risk" | "riskfactor" | "risklevel" | "riskrating" | "priority" | "threat"
        | "defaultlevel" | "issueseverity" | "issueconfidence" | "confidence" | "cvss" | "cvssscore"
        | "cvssbasescore" | "cvssv20basescore" | "cvssv30basescore" => About::Severity,
        "rule" | "ruleid" | "rulename" | "check" | "checkid" | "checkname" | "checker" | "test" | "testid"
        | "testname" | "plugin" | "pluginid" | "cwe" | "cwes" | "cweid" | "issuecwe" | "cve" | "cves" | "cveid"
        | "code" | "category" | "qid" | "nvtoid" | "symbol" | "id" | "type" => About::Rule,
        "message" | "warning" | "description" | "issue" | "issuetext" | "name" | "nvtname" | "title" | "finding"
        | "vulnerability" | "synopsis" | "summary" | "details" | "msg" | "problem" => About::Text,
        _ => return None,
    })
}

/// The first table of findings in these lines.
pub(super) fn find(lines: &[&str]) -> Option<Shaped> {
    for (at, line) in lines.iter().enumerate() {
        if line.len() > 1_000 {
            continue;
        }
        for mark in [',', ';', '\t', '|', '│', '┃'] {
            if line.matches(mark).count() < 2 {
                continue;
            }
            let Some(columns) = heading(line, mark) else { continue };
            let upright = matches!(mark, '|' | '│' | '┃');
            let (findings, end) =
                if upright { upright_rows(&lines[at + 1..], &columns) } else { rows(&lines[at + 1..], mark, &columns) };
            let known = columns.iter().flatten().count();
            let least = if known >= COLUMNS && !upright { 1 } else { ROWS };
            if findings.len() >= least {
                let mut marks = vec![false; lines.len()];
                marks[at..=at + end].fill(true);
                return Some(Shaped { marks, findings, shape: "a table with columns for place, severity and rule" });
            }
        }
    }
    None
}

/// What the columns are about, where the line is the heading of a table of findings.
fn heading(line: &str, mark: char) -> Option<Vec<Option<About>>> {
    let names = if matches!(mark, ',' | ';' | '\t') { split(line, mark).0 } else { upright(line) };
    if !(3..=60).contains(&names.len()) || names.iter().any(|name| name.len() > 40) {
        return None;
    }
    let columns: Vec<Option<About>> = names.iter().map(|name| about(name)).collect();
    let has = |what| columns.contains(&Some(what));
    let others = [About::Line, About::Rule, About::Text].into_iter().filter(|what| has(*what)).count();
    (has(About::Place) && has(About::Severity) && others >= 2).then_some(columns)
}

/// Cells of a line between upright lines.
fn upright(line: &str) -> Vec<String> {
    let line = line.trim().trim_start_matches('>').trim().trim_matches(['|', '│', '┃']);
    line.split(['|', '│', '┃']).map(|cell| cell.trim().trim_matches(['*', '`']).trim().to_owned()).collect()
}

/// Rows of a table with upright lines, and how many lines they take.
fn upright_rows(lines: &[&str], columns: &[Option<About>]) -> (Vec<Found>, usize) {
    let mut findings = Vec::new();
    let mut end = 0;
    for (at, line) in lines.iter().enumerate() {
        let is_rule = !line.trim().is_empty() && !line.contains(|c: char| c.is_alphanumeric());
        if is_rule {
            end = at + 1;
            continue;
        }
        let cells = upright(line);
        if cells.len() != columns.len() {
            break;
        }
        end = at + 1;
        findings.extend(found(&cells, columns));
    }
    (findings, end)
}

/// Rows with a mark between the cells, and how many lines they take: a cell in quotation marks may have several.
fn rows(lines: &[&str], mark: char, columns: &[Option<About>]) -> (Vec<Found>, usize) {
    let mut findings = Vec::new();
    let mut end = 0;
    let mut row = String::new();
    let mut begun = 0;
    for (at, line) in lines.iter().enumerate() {
        if row.is_empty() {
            begun = at;
        } else {
            row.push('\n');
        }
        row.push_str(line);
        let (cells, open) = split(&row, mark);
        if open && at - begun < 50 {
            continue;
        }
        // Some tools leave the last cells away.
        if open || cells.len() < 3 || cells.len() > columns.len() + 1 || findings.len() > FINDINGS_LIMIT {
            break;
        }
        end = at + 1;
        findings.extend(found(&cells, columns));
        row.clear();
    }
    (findings, end)
}

/// Cells of a row (RFC 4180), and whether a quotation mark is still open.
fn split(row: &str, mark: char) -> (Vec<String>, bool) {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = row.trim_end().chars().peekable();
    while let Some(c) = chars.next() {
        let Some(cell) = cells.last_mut() else { break };
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.trim().is_empty() => {
                cell.clear();
                quoted = true;
            }
            c if c == mark && !quoted => cells.push(String::new()),
            c => cell.push(c),
        }
    }
    (cells.into_iter().map(|cell| cell.trim().to_owned()).collect(), quoted)
}

fn found(cells: &[String], columns: &[Option<About>]) -> Option<Found> {
    let mut found = Found::default();
    for (cell, about) in cells.iter().zip(columns) {
        let Some(about) = about.filter(|_| !cell.is_empty()) else { continue };
        match about {
            About::Place if found.place.is_empty() => found.place.clone_from(cell),
            About::Line if found.line.is_none() => {
                found.line = cell.split(['-', ':', '/']).next().and_then(|number| number.trim().parse().ok());
            }
            About::Severity => {
                let level = cell.parse::<f64>().ok().filter(|_| cell.contains('.')).map(Level::of_score);
                found.level = found.level.max(level.unwrap_or_else(|| Level::of(cell)));
            }
            About::Rule => {
                found.identifiers.extend(identifiers::find(cell).into_iter().map(|known| known.id));
                if found.rule.is_empty() {
                    found.rule.clone_from(cell);
                }
            }
            About::Text if found.title.is_empty() => found.title.clone_from(cell),
            About::Text if cell.len() > found.text.len() => found.text.clone_from(cell),
            About::Place | About::Line | About::Text => {}
        }
    }
    let says = !found.rule.is_empty() || !found.title.is_empty();
    (says && !found.place.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let lines: Vec<&str> = text.lines().collect();
        match find(&lines) {
            None => "nothing".into(),
            Some(table) => {
                let marked = table.marks.iter().filter(|mark| **mark).count();
                let one = &table.findings[0];
                let line = one.line.unwrap_or_default();
                let count = table.findings.len();
                format!("{count} in {marked} lines | {} [{}] {}:{line} {}", one.rule, one.level, one.place, one.title)
            }
        }
    }

    #[test]
    fn p4_a_table_is_one_of_findings_by_its_columns() {
        for (text, expected) in [
            (
                "File,Line,Level,Category,Name,Warning,CWEs\nlib/row.c,12,4,buffer,strcpy,\"No check, at all\",CWE-120\n",
                "1 in 2 lines | buffer [critical] lib/row.c:12 strcpy",
            ),
            (
                "Please see:\nrule;severity;path;line;message\nr1;high;a/b.go;3;\"two\nlines\"\nr2;low;a/c.go;4;x\nr1;low;a/d.go;5;y\n",
                "3 in 5 lines | r1 [high] a/b.go:3 two\nlines",
            ),
            (
                "| File | Line | Severity | Rule |\n|---|---|---|---|\n| a.py | 3 | High | R1 |\n| b.py | 4 | Low | R2 |\n| c.py | 5 | Low | R2 |\n",
                "3 in 5 lines | R1 [high] a.py:3 ",
            ),
            (
                "Host\tPort\tCVSS\tName\n10.0.0.1\t443\t7.5\tOld protocol\n10.0.0.2\t443\t7.5\tOld protocol\n10.0.0.3\t22\t4.0\tWeak key\n",
                "3 in 4 lines |  [high] 10.0.0.1:443 Old protocol",
            ),
        ] {
            assert_eq!(told(text), expected, "{text}");
        }
    }

    #[test]
    fn tables_of_other_things_and_short_ones_are_none() {
        for text in [
            "Version,Affected\n1.0,yes\n1.1,yes\n1.2,no\n",
            "| Step | Request | Answer |\n|---|---|---|\n| 1 | GET /a | 200 |\n| 2 | GET /b | 403 |\n| 3 | GET /c | 200 |\n",
            "| File | Line | Severity | Issue |\n|---|---|---|---|\n| a.py | 3 | High | eval |\n",
            "name,email,role,severity\na,b,c,d\na,b,c,d\na,b,c,d\n",
            "In the file, at this line, the severity is high.\nAnd so on, and so on, at last, again.\n",
        ] {
            assert_eq!(told(text), "nothing", "{text}");
        }
    }
}
