//! Letters of the reply library, filled in for a case. What a letter says is text of the case like any other message.

use crate::case::Case;
use crate::policy::{Policy, VerdictKind};

/// Variables of a letter: name, and what it stands for.
pub const VARIABLES: [(&str, &str); 10] = [
    ("reporter", "the reporter's name, or nothing"),
    ("program", "the program's name"),
    ("case", "the case"),
    ("clause", "the clause that is cited"),
    ("clause-text", "what that clause says"),
    ("instead", "where to go instead, in the clause's words"),
    ("to", "the address to go to"),
    ("package", "the package"),
    ("version", "the version"),
    ("member", "who writes"),
];

/// Values of the variables that a letter's case and clause do not give.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs)]
pub struct Values {
    pub clause: String,
    pub to: String,
    pub package: String,
    pub version: String,
    pub member: String,
    /// Number of the report whose reporter is written to.
    pub report: u32,
}

/// The letter that goes with a verdict: of the policy's library, or the one that comes with Candor.
pub fn letter(case: &Case, policy: &Policy, kind: VerdictKind, name: Option<&str>, values: &Values) -> String {
    let clause = Some(values.clause.as_str()).filter(|clause| !clause.is_empty());
    let own = policy.replies_for(kind, clause);
    let chosen = name.and_then(|name| policy.replies.iter().find(|reply| reply.name == name));
    let text = chosen.or(own.first().copied()).map_or_else(|| standard(kind), |reply| reply.text.as_str());
    fill(text, case, policy, values)
}

/// Fills a letter in. A line in which a variable has no value is left out, and of several empty lines one stays.
pub fn fill(text: &str, case: &Case, policy: &Policy, values: &Values) -> String {
    let clause = policy.clause(&values.clause);
    let reporter = case.reports.iter().find(|report| report.number == values.report);
    let name = reporter.and_then(|report| report.contact.as_ref()).map(|contact| contact.name.trim().to_owned());
    let value = |name_of: &str| -> Option<String> {
        let found = match name_of {
            "reporter" => name.clone().unwrap_or_default(),
            "program" => policy.program.name.clone(),
            "case" => case.id.to_string(),
            "clause" => values.clause.clone(),
            "clause-text" => clause.as_ref().map(|clause| clause.what.clone()).unwrap_or_default(),
            "instead" => clause.as_ref().map(|clause| clause.more.clone()).unwrap_or_default(),
            "to" => match (values.to.is_empty(), &clause) {
                (true, Some(clause)) => clause.to.clone().unwrap_or_default(),
                _ => values.to.clone(),
            },
            "package" => values.package.clone(),
            "version" => values.version.clone(),
            "member" => values.member.clone(),
            _ => return None,
        };
        Some(found)
    };
    let mut out: Vec<String> = Vec::new();
    for line in text.trim().lines() {
        match filled(line, &value) {
            Some(line) if line.trim().is_empty() && out.last().is_none_or(|last| last.trim().is_empty()) => {}
            Some(line) => out.push(line),
            None => {}
        }
    }
    while out.last().is_some_and(|last| last.trim().is_empty()) {
        out.pop();
    }
    out.join("\n")
}

/// One line with its variables; `None` when one of them has no value. A greeting without a name stays a greeting.
fn filled(line: &str, value: &impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find('{') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let Some(end) = rest.find('}') else { break };
        let name = &rest[1..end];
        match value(name) {
            // What a value brings along is not looked through again.
            Some(found) if !found.trim().is_empty() => out.push_str(found.trim()),
            Some(_) if name == "reporter" => {
                out.truncate(out.trim_end().len());
            }
            Some(_) => return None,
            None => out.push_str(&rest[..=end]),
        }
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

/// Names in braces that are no variables, as in a letter with a typing mistake.
pub fn unknown_variables(text: &str) -> Vec<String> {
    let mut unknown = Vec::new();
    for part in text.split('{').skip(1) {
        let Some((name, _)) = part.split_once('}') else { continue };
        let worded = !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '-');
        if worded && !VARIABLES.iter().any(|(known, _)| *known == name) {
            unknown.push(name.to_owned());
        }
    }
    unknown
}

/// The letter that comes with Candor.
pub fn standard(kind: VerdictKind) -> &'static str {
    match kind {
        VerdictKind::Confirmed => {
            "Hello {reporter},\n\nthank you. We looked into your report and confirm it. We are working on a fix and will write \
             to you here about the next steps."
        }
        VerdictKind::NeedsInformation => {
            "Hello {reporter},\n\nthank you for your report. To look into it we need to know more: the exact version and \
             settings, the steps from a fresh installation, and what you saw that should not happen.\n\nThe report stays open \
             until we hear from you."
        }
        VerdictKind::CannotReproduce => {
            "Hello {reporter},\n\nthank you for your report. We followed it as well as we could, and could not make it \
             happen.\n\nWe close it for now. With the missing step, or with a proof that runs, we take it up again."
        }
        VerdictKind::Rejected => {
            "Hello {reporter},\n\nthank you for your report. We looked into it and do not hold it for a vulnerability: what it \
             describes works as it is meant to, and gives an attacker nothing new."
        }
        VerdictKind::OutOfScope => {
            "Hello {reporter},\n\nthank you for your report. Our policy does not cover this.\nClause {clause}: \
             {clause-text}\n{instead}\nThe address for it is {to}."
        }
        VerdictKind::Redirected => {
            "Hello {reporter},\n\nthank you for your report. This has to be mended elsewhere.\nClause {clause}: \
             {clause-text}\nReport it there: {to}"
        }
        VerdictKind::InDependency => {
            "Hello {reporter},\n\nthank you for your report. The problem is in a package that we use and others mend.\nThe \
             package: {package}\nReport it there: {to}\n\nWe take their fix with our next update. If our product is \
             vulnerable in a way of its own, show us how, and we take this up again."
        }
        VerdictKind::AlreadyFixed => {
            "Hello {reporter},\n\nthank you for your report. This was mended before it came.\nThe fix is in version \
             {version}.\n\nIf it still happens there, tell us, and we take it up again."
        }
        VerdictKind::Accepted => {
            "Hello {reporter},\n\nthank you for your report. We know of this, and have decided to live with it.\nClause {clause}: \
             {clause-text}\n{instead}"
        }
        VerdictKind::NotAVulnerability => {
            "Hello {reporter},\n\nthank you for your report. This is known, and by our policy no vulnerability.\nClause {clause}: \
             {clause-text}\n{instead}"
        }
        VerdictKind::NotSecurity => {
            "Hello {reporter},\n\nthank you for your report. What you found is a mistake, but none that gives an attacker \
             anything. It belongs to our public issues.\n\nIf you can show what an attacker gains, we take it up again here."
        }
        VerdictKind::Duplicate => {
            "Hello {reporter},\n\nthank you for your report. We knew of this already, and are handling it. You can follow on \
             this page what comes of it."
        }
        VerdictKind::ScannerOutput => {
            "Hello {reporter},\n\nthank you. What you sent is the output of a tool, without a proof that the problem is really \
             there; our policy does not take that as a report.\n\nShow how it can be made to happen, step by step, and we take it \
             up again."
        }
        VerdictKind::Spam => "We could not find a report in this, and close it.",
    }
}
