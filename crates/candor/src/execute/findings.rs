//! Findings of tools from a pipeline: one case per component and rule, and what is known already is not filed again.

use super::report::{NewReport, file_report_beside};
use super::{Beside, Letters, execute_beside};
use crate::app::App;
use crate::error::Error;
use crate::keys::{Purpose, lookup};
use crate::store;
use candor_core::access::{Actor, Role};
use candor_core::command::Command;
use candor_core::event::{Channel, Contact, ReportFacts};
use candor_core::id::{CaseId, ProgramSlug};
use candor_formats::advisory::Record;
use candor_formats::sbom::{self, Sbom};
use candor_formats::scanners::{Found, Level, Output};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Most cases that one run opens; the rest waits for the next run.
const CASES: usize = 200;
/// So many new cases of a run tell the team by letter; the others stand in the queue.
const LETTERS: usize = 5;
/// Most places that a report lists.
const PLACES: usize = 100;

/// What became of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// The tool.
    pub tool: String,
    /// How many findings the run has.
    pub findings: usize,
    /// How many were known already.
    pub known: usize,
    /// Cases opened.
    pub opened: Vec<CaseId>,
    /// Cases to which findings were added.
    pub folded: Vec<CaseId>,
    /// How many are left for the next run, because this one opened as many cases as one run may.
    pub left: usize,
}

/// Takes the findings of a run into a program. The same run again changes nothing.
///
/// # Errors
/// [`Error::NotFound`] for a program that is not the asker's, [`Error::Role`] when they may only read.
pub async fn take(
    app: &App,
    actor: &Actor,
    program: &ProgramSlug,
    output: &Output,
    least: Level,
) -> Result<Taken, Error> {
    if actor.role(program).is_none() {
        return Err(Error::NotFound);
    }
    if !actor.may(program, Role::Analyst) {
        return Err(Error::Role { needs: Role::Analyst });
    }
    if app.policy(program).is_none() {
        return Err(Error::NotFound);
    }
    let secret = app.keys()?.root().purpose(Purpose::Lookup).clone();
    let hash = |kind: &str, text: &str| lookup(&secret, kind, format!("{program}\u{1f}{text}").as_bytes());
    let mut taken = Taken { tool: output.name.clone(), ..Taken::default() };
    let mut groups: BTreeMap<(String, String), Vec<&Found>> = BTreeMap::new();
    for found in output.findings.iter().filter(|found| found.level >= least || found.level == Level::Unknown) {
        groups.entry(found.subject()).or_default().push(found);
        taken.findings += 1;
    }
    // What is worst comes first, so that a run that is cut has taken that.
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, found)| std::cmp::Reverse(found.iter().map(|one| one.level).max()));
    for ((component, rule), found) in groups {
        let mut fresh: Vec<(&Found, [u8; 16])> = Vec::new();
        for one in found {
            let key = hash("finding", &one.key(&output.tool));
            if store::findings::find(&app.store, &key).await?.is_some() || fresh.iter().any(|(_, known)| *known == key)
            {
                taken.known += 1;
            } else {
                fresh.push((one, key));
            }
        }
        if fresh.is_empty() {
            continue;
        }
        let group = hash("findings", &format!("{}\u{1f}{component}\u{1f}{rule}", output.tool.to_ascii_lowercase()));
        let at = app.now().as_microsecond();
        let rows = |case: &CaseId| {
            let mut rows = vec![store::findings::move_statement(&group, program.as_str(), case.as_str(), at)];
            rows.extend(
                fresh
                    .iter()
                    .map(|(_, key)| store::findings::insert_statement(key, program.as_str(), case.as_str(), at)),
            );
            rows
        };
        let told: Vec<&Found> = fresh.iter().map(|(found, _)| *found).collect();
        if let Some(stream) = store::findings::find(&app.store, &group).await? {
            let case = CaseId(stream);
            let text = format!("{} more of {}, {rule}:\n{}", told.len(), output.name, places(&told));
            let beside = Beside { rows: &rows, letters: Letters::Nobody };
            match execute_beside(
                app,
                actor,
                &case,
                Command::Note { text, files: Vec::new(), mentions: Vec::new() },
                &beside,
            )
            .await
            {
                Ok(_) => {
                    taken.folded.push(case);
                    continue;
                }
                // Erased, or not to be written to any more: it is a case of its own then.
                Err(Error::NotFound | Error::NotOn | Error::Refused(_)) => {}
                Err(other) => return Err(other),
            }
        }
        if taken.opened.len() == CASES {
            taken.left += told.len();
            continue;
        }
        let letters = if taken.opened.len() < LETTERS { Letters::Now } else { Letters::Nobody };
        let keys = fresh.iter().map(|(_, key)| super::report::hex(key)).collect();
        let report = NewReport {
            channel: Channel::Api,
            facts: facts(output, &component, &rule, &told, keys),
            contact: Contact::default(),
            credit: None,
            received_at: None,
        };
        let filed = file_report_beside(app, actor, program, report, &Beside { rows: &rows, letters }).await?;
        taken.opened.push(filed.case);
    }
    Ok(taken)
}

/// The report of one component and rule.
fn facts(output: &Output, component: &str, rule: &str, found: &[&Found], keys: Vec<String>) -> ReportFacts {
    let worst = found.iter().max_by_key(|one| one.level).copied();
    let first = worst.cloned().unwrap_or_default();
    let mut description = format!("{} reports {rule}", output.name);
    if !component.is_empty() {
        let _ = write!(description, " in {component}");
    }
    let _ = write!(description, ", level {}.\n\n", first.level);
    if !first.text.is_empty() {
        let _ = write!(description, "{}\n\n", first.text);
    }
    if !first.fixed.is_empty() {
        let _ = write!(description, "The tool knows a fix in {}.\n\n", first.fixed);
    }
    let _ = write!(description, "Where:\n{}", places(found));
    let mut identifiers: Vec<String> = found.iter().flat_map(|one| one.identifiers.clone()).collect();
    identifiers.sort();
    identifiers.dedup();
    let weakness = identifiers.iter().find(|id| id.starts_with("CWE-")).cloned().unwrap_or_default();
    identifiers.retain(|id| !id.starts_with("CWE-"));
    let title = if first.title == rule || first.title.is_empty() {
        rule.to_owned()
    } else {
        format!("{} ({rule})", first.title)
    };
    ReportFacts {
        title: one_line(&if component.is_empty() { title } else { format!("{title} in {component}") }),
        description: description.chars().take(20_000).collect(),
        component: one_line(component),
        version: one_line(&first.version),
        weakness,
        identifiers,
        found_by: format!("tool: {} {}", output.name, output.version).trim().to_owned(),
        findings: keys,
        ..ReportFacts::default()
    }
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r', '\t'], " ").chars().take(200).collect()
}

/// Where findings are, one per line.
fn places(found: &[&Found]) -> String {
    let mut out = String::new();
    for one in found.iter().take(PLACES) {
        let place = if one.place.is_empty() { &one.package } else { &one.place };
        let line = one.line.map(|line| format!(":{line}")).unwrap_or_default();
        let version = if one.version.is_empty() { String::new() } else { format!(" {}", one.version) };
        let _ = writeln!(out, "- {place}{line}{version}");
    }
    if found.len() > PLACES {
        let _ = writeln!(out, "- and {} more", found.len() - PLACES);
    }
    out
}

/// What published advisories say of a bill of materials, as findings: components in a version that is affected.
pub fn of_sbom(sbom: &Sbom, records: &[Record]) -> Output {
    let findings = sbom::compare(sbom, records)
        .into_iter()
        .filter(|found| found.affected != Some(false))
        .map(|found| Found {
            rule: found.record.id.clone(),
            title: found.record.title.clone(),
            text: found.record.summary.clone(),
            package: found
                .component
                .purl
                .as_ref()
                .map_or_else(|| found.component.name.clone(), |purl| purl.package().to_string()),
            version: found.component.version.clone(),
            fixed: found.fixed.unwrap_or_default(),
            identifiers: found.record.aliases.clone(),
            fingerprints: vec![("package".into(), format!("{}@{}", found.component.name, found.component.version))],
            ..Found::default()
        })
        .collect();
    Output {
        tool: "sbom".into(),
        name: format!("the bill of materials ({})", sbom.format),
        findings,
        ..Output::default()
    }
}
