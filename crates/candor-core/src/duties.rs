//! What is owed to others than the reporter: when the team became aware of exploitation, what was submitted where, and
//! drafts of the texts that are asked for.
//!
//! A draft says what the case says and names in brackets what only a person can know. It is a start, never sent by itself.

use crate::case::Case;
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, FixKind};
use crate::policy::{Draft, Moment, Policy};
use crate::refusal::Refusal;
use jiff::Timestamp;

pub(crate) fn know_exploitation(
    ground: &str,
    aware_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if aware_at.is_some_and(|at| at > now) {
        return Err(Refusal::Field { field: "aware_at", problem: "this lies in the future".into() });
    }
    Ok(vec![Event::ExploitationKnown { ground: required("ground", ground, MESSAGE_LIMIT)?, aware_at }])
}

pub(crate) fn know_incident(ground: &str, aware_at: Option<Timestamp>, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if aware_at.is_some_and(|at| at > now) {
        return Err(Refusal::Field { field: "aware_at", problem: "this lies in the future".into() });
    }
    Ok(vec![Event::IncidentKnown { ground: required("ground", ground, MESSAGE_LIMIT)?, aware_at }])
}

pub(crate) fn submit(
    policy: &Policy,
    promise: &str,
    to: &str,
    at: Timestamp,
    reference: &str,
    text: &str,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    let Some(known) = policy.promise(promise) else { return Err(Refusal::NoPromise(promise.to_owned())) };
    if known.kept_by != Moment::Submission {
        return Err(Refusal::Field {
            field: "promise",
            problem: format!("`{promise}` is not kept by a submission, but by {}", known.kept_by.name()),
        });
    }
    if at > now {
        return Err(Refusal::Field { field: "at", problem: "this lies in the future".into() });
    }
    let to = optional("to", to, LINE_LIMIT)?;
    let to = if to.is_empty() { known.owed_to.clone().unwrap_or_default() } else { to };
    Ok(vec![Event::Submitted {
        promise: promise.to_owned(),
        to: required("to", &to, LINE_LIMIT)?,
        at,
        reference: required("reference", reference, LINE_LIMIT)?,
        text: optional("text", text, MESSAGE_LIMIT)?,
    }])
}

/// Promises of the policy that a submission keeps, with the draft of each where there is one. Those about an incident only
/// where one is on record.
pub fn asked_for<'a>(case: &Case, policy: &'a Policy) -> Vec<(&'a crate::policy::Promise, Option<String>)> {
    policy
        .promises
        .iter()
        .filter(|promise| promise.kept_by == Moment::Submission)
        .filter(|promise| !promise.is_about_incident() || case.incident.is_some())
        .map(|promise| (promise, promise.draft.map(|kind| draft(kind, case, policy))))
        .collect()
}

/// The text that is asked for, as far as the case can say it.
pub fn draft(kind: Draft, case: &Case, policy: &Policy) -> String {
    let mut out = Text::default();
    if case.drill {
        out.line("DRILL. This is an exercise; do not submit it.");
    }
    match kind {
        Draft::CraEarlyWarning => {
            out.line("Early warning of an actively exploited vulnerability");
            out.line("Regulation (EU) 2024/2847, Article 14(2)(a)");
            head(&mut out, case, policy);
            out.part("Aware since", &aware(case));
            out.part(
                "Member States in which the product has been made available",
                "[list them, as far as you know; where that does not apply, say so]",
            );
        }
        Draft::CraNotification => {
            out.line("Notification of an actively exploited vulnerability");
            out.line("Regulation (EU) 2024/2847, Article 14(2)(b)");
            head(&mut out, case, policy);
            out.part("Aware since", &aware(case));
            out.part("General nature of the vulnerability", &or_ask(nature(case), "[in general terms]"));
            let ground = case.aware.as_ref().map(|aware| aware.ground.clone()).unwrap_or_default();
            out.part("General nature of the exploit", &or_ask(ground, "[in general terms]"));
            out.part(
                "Corrective or mitigating measures taken",
                &or_ask(measures(case), "[none so far; say what is planned]"),
            );
            out.part(
                "Corrective or mitigating measures that users can take",
                &or_ask(for_users(case), "[what users can do now]"),
            );
            out.part("How sensitive this information is", "[who may read it, and until when it must not spread]");
        }
        Draft::CraFinalReport => {
            out.line("Final report on an actively exploited vulnerability");
            out.line("Regulation (EU) 2024/2847, Article 14(2)(c)");
            head(&mut out, case, policy);
            out.part("The vulnerability", &or_ask(nature(case), "[what it is]"));
            out.part("Severity", &or_ask(severity(case, policy), "[not rated yet]"));
            out.part("Impact", &or_ask(impact(case), "[what it leads to]"));
            out.part("Who exploited it", "[what is known of the malicious actor; where nothing is, say so]");
            out.part(
                "Security update or other corrective measures",
                &or_ask(measures(case), "[what was made available]"),
            );
        }
        Draft::CraIncidentEarlyWarning => {
            out.line("Early warning of a severe incident");
            out.line("Regulation (EU) 2024/2847, Article 14(4)(a)");
            head(&mut out, case, policy);
            out.part("Aware since", &incident(case));
            out.part("Suspected to be caused by unlawful or malicious acts", "[yes or no, and on what ground]");
            out.part(
                "Member States in which the product has been made available",
                "[list them, as far as you know; where that does not apply, say so]",
            );
        }
        Draft::CraIncidentNotification => {
            out.line("Notification of a severe incident");
            out.line("Regulation (EU) 2024/2847, Article 14(4)(b)");
            head(&mut out, case, policy);
            out.part("Aware since", &incident(case));
            let ground = case.incident.as_ref().map(|known| known.ground.clone()).unwrap_or_default();
            out.part("Nature of the incident", &or_ask(ground, "[in general terms]"));
            out.part("Initial assessment", "[how far it reaches, what it leads to, as far as is known]");
            out.part(
                "Corrective or mitigating measures taken",
                &or_ask(measures(case), "[none so far; say what is planned]"),
            );
            out.part(
                "Corrective or mitigating measures that users can take",
                &or_ask(for_users(case), "[what users can do now]"),
            );
            out.part("How sensitive this information is", "[who may read it, and until when it must not spread]");
        }
        Draft::CraIncidentFinalReport => {
            out.line("Final report on a severe incident");
            out.line("Regulation (EU) 2024/2847, Article 14(4)(c)");
            head(&mut out, case, policy);
            let ground = case.incident.as_ref().map(|known| known.ground.clone()).unwrap_or_default();
            out.part("The incident", &or_ask(ground, "[what happened, in detail]"));
            out.part("Severity", &or_ask(severity(case, policy), "[how severe it was]"));
            out.part("Impact", &or_ask(impact(case), "[what it led to]"));
            out.part("Type of threat or root cause", "[what is likely to have triggered it]");
            out.part("Mitigation applied and ongoing", &or_ask(measures(case), "[what was done, and what goes on]"));
        }
        Draft::CveRecord => {
            let cve = case.aliases.iter().find(|alias| alias.starts_with("CVE-")).cloned();
            out.line("What the CVE Record says");
            out.line("CNA Operational Rules 4.5.1.4 and section 5.1");
            out.part("CVE ID", &or_ask(cve.unwrap_or_default(), "[the CVE ID that you assigned]"));
            head(&mut out, case, policy);
            out.part("Description", &or_ask(nature(case), "[what it is]"));
            out.part(
                "Weakness",
                &or_ask(case.cwe.map(|cwe| format!("CWE-{cwe}")).unwrap_or_default(), "[not named yet]"),
            );
            out.part("Severity", &or_ask(severity(case, policy), "[not rated yet]"));
            let links: Vec<String> = case
                .advisory
                .published
                .last()
                .map(|record| record.references.iter().map(|it| it.url.clone()).collect())
                .unwrap_or_default();
            out.part("Public reference", &or_ask(links.join("\n"), "[the address of the advisory]"));
        }
    }
    out.0
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, words: &str) {
        self.0 += words;
        self.0.push('\n');
    }

    fn part(&mut self, title: &str, words: &str) {
        self.0 += &format!("\n{title}:\n{}\n", words.trim());
    }
}

fn or_ask(words: String, ask: &str) -> String {
    if words.trim().is_empty() { ask.to_owned() } else { words }
}

/// Who reports what about which product.
fn head(out: &mut Text, case: &Case, policy: &Policy) {
    let publisher = policy.advisories.publisher.as_ref().unwrap_or(&policy.program.name);
    out.part("Manufacturer", publisher);
    if let Some(contact) = policy.contacts.first() {
        out.part("Contact", &format!("{}, {}", contact.role, contact.email));
    }
    let mut products: Vec<String> = Vec::new();
    for product in case.advisory.draft.iter().flat_map(|draft| &draft.products) {
        let since =
            if product.introduced.is_empty() { "all versions".into() } else { format!("from {}", product.introduced) };
        let until = match (product.fixed.is_empty(), product.last_affected.is_empty()) {
            (false, _) => format!(" before {}", product.fixed),
            (true, false) => format!(" up to {}", product.last_affected),
            (true, true) => String::new(),
        };
        products.push(format!("{}: {since}{until}", product.name));
    }
    if products.is_empty() {
        let name = case.product.clone().unwrap_or_else(|| policy.program.name.clone());
        let part = case.component.as_ref().map(|component| format!(", {component}")).unwrap_or_default();
        let version = case.reports.iter().map(|report| report.facts.version.as_str()).find(|it| !it.is_empty());
        products.push(format!("{name}{part}{}", version.map(|it| format!(", version {it}")).unwrap_or_default()));
    }
    out.part("Product with digital elements", &products.join("\n"));
    if !case.aliases.is_empty() {
        out.part("Known identifiers", &case.aliases.join(", "));
    }
}

fn aware(case: &Case) -> String {
    match &case.aware {
        Some(aware) => format!("{}", aware.at),
        None => "[the team has not put on record that it is aware of exploitation]".into(),
    }
}

fn incident(case: &Case) -> String {
    match &case.incident {
        Some(known) => format!("{}", known.at),
        None => "[the team has not put on record that it is aware of a severe incident]".into(),
    }
}

fn nature(case: &Case) -> String {
    let draft = case.advisory.draft.as_ref();
    let mut words =
        draft.map(|draft| draft.summary.clone()).filter(|it| !it.is_empty()).unwrap_or_else(|| case.title.clone());
    let conditions = draft.map(|draft| draft.conditions.clone()).filter(|it| !it.is_empty()).or_else(|| {
        case.verifications.last().map(|record| record.facts.conditions.clone()).filter(|it| !it.is_empty())
    });
    if let Some(conditions) = conditions {
        words += &format!("\nExploitation needs: {conditions}");
    }
    if let Some(cwe) = case.cwe {
        words += &format!("\nWeakness: CWE-{cwe}");
    }
    words
}

fn impact(case: &Case) -> String {
    let draft = case.advisory.draft.as_ref().map(|draft| draft.impact.clone()).filter(|it| !it.is_empty());
    draft
        .or_else(|| case.verifications.last().map(|record| record.facts.impact.clone()))
        .or_else(|| case.reports.first().map(|report| report.facts.impact.clone()))
        .unwrap_or_default()
}

fn severity(case: &Case, policy: &Policy) -> String {
    let Some(rating) = &case.rating else { return String::new() };
    let mut words = policy.severity.label(rating.severity);
    for vector in &rating.vectors {
        words += &format!("\n{vector}");
    }
    words
}

fn measures(case: &Case) -> String {
    let lines: Vec<String> = case
        .fixes
        .iter()
        .filter(|fix| fix.kind.is_remedy())
        .map(|fix| {
            let mut words = format!("{}, {}", fix.at.strftime("%Y-%m-%d"), fix.kind.label());
            for part in [&fix.version, &fix.url].into_iter().flatten() {
                words += &format!(", {part}");
            }
            if fix.details.is_empty() { words } else { format!("{words}: {}", fix.details) }
        })
        .collect();
    lines.join("\n")
}

fn for_users(case: &Case) -> String {
    let mut lines: Vec<String> = case.advisory.draft.iter().map(|draft| draft.workaround.clone()).collect();
    for fix in &case.fixes {
        match (fix.kind, &fix.version) {
            (FixKind::Patch, Some(version)) => lines.push(format!("Upgrade to {version}.")),
            (FixKind::Workaround, _) => lines.push(fix.details.clone()),
            _ => {}
        }
    }
    lines.retain(|line| !line.trim().is_empty());
    lines.dedup();
    lines.join("\n")
}
