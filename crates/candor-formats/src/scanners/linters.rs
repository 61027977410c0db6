//! JSON of tools that look at code for more than security, and of those that are on no list: lists of findings, known by
//! what each finding has.

use super::json::{list, number};
use super::sarif::{first_line, text};
use super::{FINDINGS_LIMIT, Found, Level};
use crate::identifiers;
use serde_json::Value;

/// Files with the kinds of secrets in them; the secret itself is only there as a hash.
pub(super) fn detect_secrets(root: &Value) -> Option<Vec<Found>> {
    root.get("plugins_used")?;
    let files = root.get("results")?.as_object()?;
    let found = files.iter().flat_map(|(file, secrets)| {
        secrets.as_array().into_iter().flatten().map(move |one| Found {
            rule: text(one, "type"),
            title: text(one, "type"),
            place: file.clone(),
            line: number(&one["line_number"]),
            fingerprints: vec![("hashed_secret".into(), text(one, "hashed_secret"))],
            ..Found::default()
        })
    });
    Some(found.collect())
}

/// A list of messages, each with its module.
pub(super) fn pylint(root: &Value) -> Option<Vec<Found>> {
    let messages = match root {
        Value::Array(messages) => messages,
        other => {
            other.get("statistics")?;
            other.get("messages")?.as_array()?
        }
    };
    let id = |one: &Value| ["message-id", "messageId"].iter().map(|key| text(one, key)).find(|id| !id.is_empty());
    id(messages.first()?)?;
    messages.first()?.get("module")?;
    let found = messages.iter().map(|one| Found {
        rule: id(one).unwrap_or_default(),
        title: text(one, "message"),
        level: Level::of(&text(one, "type")),
        place: text(one, "path"),
        line: number(&one["line"]),
        ..Found::default()
    });
    Some(found.collect())
}

/// A list of files with their messages.
pub(super) fn eslint(root: &Value) -> Option<Vec<Found>> {
    let files = root.as_array()?;
    let first = files.first()?;
    first.get("filePath")?;
    first.get("messages")?.as_array()?;
    first.get("errorCount")?;
    let found = files.iter().flat_map(|file| {
        let place = text(file, "filePath");
        list(file, "messages").iter().map(move |one| Found {
            rule: text(one, "ruleId"),
            title: text(one, "message"),
            level: if number(&one["severity"]) == Some(2) { Level::High } else { Level::Medium },
            place: place.clone(),
            line: number(&one["line"]),
            ..Found::default()
        })
    });
    Some(found.collect())
}

/// A list of comments with codes that are numbers.
pub(super) fn shellcheck(root: &Value) -> Option<Vec<Found>> {
    let comments = match root {
        Value::Array(comments) => comments,
        other => other.get("comments")?.as_array()?,
    };
    let first = comments.first()?;
    first.get("code")?.as_u64()?;
    first.get("endColumn")?;
    first.get("fix")?;
    let found = comments.iter().map(|one| Found {
        rule: number(&one["code"]).map(|code| format!("SC{code}")).unwrap_or_default(),
        title: text(one, "message"),
        level: Level::of(&text(one, "level")),
        place: text(one, "file"),
        line: number(&one["line"]),
        ..Found::default()
    });
    Some(found.collect())
}

/// The form of GitLab's security reports, which several tools write.
pub(super) fn gitlab(root: &Value) -> Option<Vec<Found>> {
    root.get("scan")?.get("scanner")?;
    let found = root.get("vulnerabilities")?.as_array()?.iter().map(|one| {
        let place = &one["location"];
        let ids = list(one, "identifiers").iter().flat_map(|id| identifiers::find(&text(id, "name")));
        let name = [text(one, "name"), text(one, "message")].into_iter().find(|name| !name.is_empty());
        Found {
            rule: list(one, "identifiers").first().map(|id| text(id, "value")).unwrap_or_default(),
            title: name.unwrap_or_default(),
            text: text(one, "description"),
            level: Level::of(&text(one, "severity")),
            place: text(place, "file"),
            line: number(&place["start_line"]),
            package: text(&place["dependency"]["package"], "name"),
            version: text(&place["dependency"], "version"),
            identifiers: ids.map(|known| known.id).collect(),
            ..Found::default()
        }
    });
    Some(found.collect())
}

/// How deep lists are looked for.
const DEPTH: usize = 3;

/// The findings of a tool that is on no list: a list whose entries have a file, a line, a rule and a message each.
pub(super) fn listed(root: &Value) -> Option<Vec<Found>> {
    let mut found = Vec::new();
    walk(root, DEPTH, &mut found);
    (!found.is_empty()).then_some(found)
}

fn walk(value: &Value, depth: usize, found: &mut Vec<Found>) {
    match value {
        Value::Array(entries) => {
            let of_it: Vec<Found> = entries.iter().take(FINDINGS_LIMIT + 1).filter_map(finding).collect();
            // Nearly every entry is one; else it is a list of something else.
            if !of_it.is_empty() && of_it.len() * 5 >= entries.len().min(FINDINGS_LIMIT) * 4 {
                found.extend(of_it);
            } else if depth > 0 {
                entries.iter().take(1_000).for_each(|entry| walk(entry, depth - 1, found));
            }
        }
        Value::Object(parts) if depth > 0 && found.len() <= FINDINGS_LIMIT => {
            parts.values().take(1_000).for_each(|part| walk(part, depth - 1, found));
        }
        _ => {}
    }
}

/// One entry, where it has all four.
fn finding(one: &Value) -> Option<Found> {
    let word = |value: &Value| match value {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let first = |of: &Value, keys: &[&str]| keys.iter().find_map(|key| word(of.get(key)?));
    // The place may be an object of its own.
    let inner = ["location", "loc", "position", "start", "Pos", "extent"].iter().find_map(|key| one.get(key));
    let inner = inner.filter(|inner| inner.is_object()).unwrap_or(&Value::Null);
    let place = [one, inner].iter().find_map(|of| {
        first(
            of,
            &["file", "filename", "file_name", "fileName", "File", "path", "filePath", "file_path", "Filename", "uri"],
        )
    })?;
    let line = [one, inner].iter().find_map(|of| {
        first(of, &["line", "line_number", "lineNumber", "Line", "start_line", "startLine", "row", "line_no", "lineno"])
            .or_else(|| first(of.get("start")?, &["line", "row"]))
    })?;
    let rule = first(
        one,
        &[
            "rule",
            "rule_id",
            "ruleId",
            "RuleID",
            "check",
            "check_id",
            "check_name",
            "code",
            "test_id",
            "symbol",
            "id",
            "cwe",
            "linter",
            "FromLinter",
        ],
    )?;
    let title = first(one, &["message", "msg", "description", "title", "text", "Text", "details", "issue", "reason"])?;
    Some(Found {
        rule,
        title: first_line(&title),
        text: title,
        level: first(one, &["severity", "level", "type", "Severity", "impact"])
            .map(|word| Level::of(&word))
            .unwrap_or_default(),
        place,
        line: line.parse().ok(),
        ..Found::default()
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Unread, read, shape_of};

    fn told(text: &str) -> String {
        match read(text.as_bytes()) {
            Err(why) => why.to_string(),
            Ok(output) => {
                let name = shape_of(&output.name).unwrap_or(&output.tool).to_owned();
                let each = output
                    .findings
                    .iter()
                    .map(|one| format!("{} [{}] {}:{}", one.rule, one.level, one.place, one.line.unwrap_or_default()));
                format!("{name}: {}", each.collect::<Vec<_>>().join(" / "))
            }
        }
    }

    #[test]
    fn p4_json_of_tools_that_look_at_code_is_known() {
        for (text, expected) in [
            (
                r#"{"version":"1.5","plugins_used":[{"name":"K"}],"results":{"app/a.env":[{"type":"Secret Keyword","filename":"app/a.env","hashed_secret":"ab","line_number":4}]}}"#,
                "detect-secrets: Secret Keyword [unknown] app/a.env:4",
            ),
            (
                r#"[{"type":"warning","module":"a","obj":"","line":3,"column":0,"path":"a.py","symbol":"eval-used","message":"Use of eval","message-id":"W0123"}]"#,
                "pylint: W0123 [medium] a.py:3",
            ),
            (
                r#"[{"filePath":"/w/a.js","messages":[{"ruleId":"no-eval","severity":2,"message":"eval","line":7}],"errorCount":1}]"#,
                "eslint: no-eval [high] /w/a.js:7",
            ),
            (
                r#"[{"file":"a.sh","line":2,"endLine":2,"column":1,"endColumn":4,"level":"info","code":2086,"message":"Quote","fix":null}]"#,
                "shellcheck: SC2086 [info] a.sh:2",
            ),
            (r#"{"results":[],"errors":[],"paths":{"scanned":["a.py"]},"version":"1.1"}"#, "semgrep: "),
            (
                r#"{"version":"15.0.4","scan":{"scanner":{"id":"x","name":"X"}},"vulnerabilities":[{"id":"1","name":"Eval","severity":"High","location":{"file":"a.py","start_line":3},"identifiers":[{"type":"x","name":"R1","value":"R1"},{"type":"cwe","name":"CWE-95","value":"95"}]}]}"#,
                "gitlab: R1 [high] a.py:3",
            ),
            (
                r#"{"tool":"x","items":[{"rule":"R1","file":"a.c","line":3,"message":"no check","severity":"high"},{"rule":"R2","location":{"path":"b.c","start":{"line":4}},"message":"old"}]}"#,
                "a list of findings with file, line, rule and message: R1 [high] a.c:3 / R2 [unknown] b.c:4",
            ),
        ] {
            assert_eq!(told(text), expected);
        }
    }

    #[test]
    fn logs_answers_and_packages_are_no_findings() {
        for text in [
            r#"[{"level":"error","message":"could not open","file":"a.go","line":3,"time":"x"}]"#,
            r#"{"data":[{"id":1,"name":"a","path":"/a"},{"id":2,"name":"b","path":"/b"}]}"#,
            r#"{"error":{"code":500,"message":"internal","file":"a.php"}}"#,
            r#"{"name":"x","dependencies":{"a":"1"},"files":["a.js"]}"#,
        ] {
            assert_eq!(told(text), Unread::Unknown.to_string(), "{text}");
        }
    }
}
