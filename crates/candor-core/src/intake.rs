//! A report comes in. It is never turned away for what it lacks; what would help is asked for afterwards.

use crate::command::Filing;
pub use crate::decide::looks_like_address;
use crate::decide::{Facts, LINE_LIMIT, MESSAGE_LIMIT, optional};
use crate::event::{Channel, Event, ReportFacts, Standing};
use crate::id::MemberId;
use crate::policy::{Policy, ReportField};
use crate::refusal::Refusal;

/// Opens a case for a report.
///
/// # Errors
/// [`Refusal::Empty`] when it has neither title and description nor a known identifier, [`Refusal::TooLong`] past a limit.
pub fn open(filing: &Filing, policy: &Policy, member: Option<&MemberId>, facts: &Facts) -> Result<Vec<Event>, Refusal> {
    let mut report = within_limits(&filing.facts)?;
    if report.title.is_empty() {
        if let Some(identifier) = report.identifiers.first() {
            report.title = identifier.clone();
        } else {
            return Err(if report.description.is_empty() {
                Refusal::Empty
            } else {
                Refusal::Field { field: "title", problem: "say in one sentence what you found".into() }
            });
        }
    }
    if report.description.is_empty() && report.identifiers.is_empty() {
        return Err(Refusal::Field {
            field: "description",
            problem: "say what is wrong, as far as you know it".into(),
        });
    }
    let contact = &filing.contact;
    // What a member files without naming anybody is the member's own.
    if report.standing.is_none() {
        let own =
            member.is_some() && contact.is_empty() && !matches!(filing.channel, Channel::PublicIssue | Channel::Mail);
        report.standing = Some(if own { Standing::Staff } else { Standing::Outside });
    }
    for (field, value) in [("name", &contact.name), ("organisation", &contact.organisation), ("link", &contact.link)] {
        optional(field, value, LINE_LIMIT)?;
    }
    optional("pgp_key", &contact.pgp_key, MESSAGE_LIMIT)?;
    if !contact.email.is_empty() && !looks_like_address(&contact.email) {
        return Err(Refusal::Field {
            field: "email",
            problem: "this does not look like an address; write it like ada@example.org, or leave it empty".into(),
        });
    }
    let received_at = match filing.received_at {
        Some(at) if at > facts.now => {
            return Err(Refusal::Field { field: "received_at", problem: "this lies in the future".into() });
        }
        Some(at) => at,
        None => facts.now,
    };
    // A credit chosen later without a contact names a person as well, so each reporter has a key of their own.
    let person = filing.person.clone();
    let mut events = vec![Event::Reported {
        program: policy.program.slug.clone(),
        policy_version: facts.policy_version,
        number: 0,
        received_at,
        channel: filing.channel,
        facts: Box::new(report),
        person: Some(person.clone()),
        filed_by: member.cloned(),
        receipt: filing.receipt.clone(),
    }];
    if filing.drill {
        if member.is_none() {
            return Err(Refusal::Field {
                field: "drill",
                problem: "only a member of the team can begin a drill".into(),
            });
        }
        events.push(Event::DrillDeclared);
    }
    if !contact.is_empty() {
        events.push(Event::ContactGiven { report: 0, person, contact: contact.clone() });
    }
    if let Some(credit) = &filing.credit {
        events.push(Event::CreditChosen { report: 0, credit: credit.clone() });
    }
    Ok(events)
}

fn within_limits(given: &ReportFacts) -> Result<ReportFacts, Refusal> {
    let mut facts = ReportFacts {
        title: optional("title", &given.title, LINE_LIMIT)?,
        description: optional("description", &given.description, MESSAGE_LIMIT)?,
        product: optional("product", &given.product, LINE_LIMIT)?,
        component: optional("component", &given.component, LINE_LIMIT)?,
        version: optional("version", &given.version, LINE_LIMIT)?,
        steps: optional("steps", &given.steps, MESSAGE_LIMIT)?,
        expected: optional("expected", &given.expected, MESSAGE_LIMIT)?,
        actual: optional("actual", &given.actual, MESSAGE_LIMIT)?,
        weakness: optional("weakness", &given.weakness, LINE_LIMIT)?,
        impact: optional("impact", &given.impact, MESSAGE_LIMIT)?,
        preconditions: optional("preconditions", &given.preconditions, MESSAGE_LIMIT)?,
        dependency: optional("dependency", &given.dependency, LINE_LIMIT)?,
        found_by: optional("found_by", &given.found_by, LINE_LIMIT)?,
        disclosure_plans: optional("disclosure_plans", &given.disclosure_plans, MESSAGE_LIMIT)?,
        exploited: given.exploited,
        agreed: given.agreed,
        standing: given.standing,
        files: given.files.clone(),
        noticed: given.noticed.iter().take(50).map(|words| words.chars().take(LINE_LIMIT).collect()).collect(),
        findings: given.findings.iter().take(1_000).map(|key| key.chars().take(LINE_LIMIT).collect()).collect(),
        ..Default::default()
    };
    for identifier in given.identifiers.iter().take(200) {
        let identifier = optional("identifiers", identifier, LINE_LIMIT)?;
        if !identifier.is_empty() {
            facts.identifiers.push(identifier);
        }
    }
    for (id, answer) in given.answers.iter().take(200) {
        facts.answers.insert(id.clone(), optional("answers", answer, MESSAGE_LIMIT)?);
    }
    Ok(facts)
}

/// What the policy asks for and the report lacks. The report is taken in all the same; this tells what would help.
pub fn lacking(facts: &ReportFacts, policy: &Policy) -> Vec<String> {
    let mut lacking = Vec::new();
    // A known identifier stands for a description (requirements: M8).
    let known = !facts.identifiers.is_empty();
    for ask in policy.report.asks.iter().filter(|ask| ask.wanted) {
        let value = match ask.field {
            ReportField::Title => &facts.title,
            ReportField::Description => &facts.description,
            ReportField::Product => &facts.product,
            ReportField::Component => &facts.component,
            ReportField::Version => &facts.version,
            ReportField::Steps => &facts.steps,
            ReportField::Expected => &facts.expected,
            ReportField::Actual => &facts.actual,
            ReportField::Weakness => &facts.weakness,
            ReportField::Impact => &facts.impact,
            ReportField::Preconditions => &facts.preconditions,
            ReportField::FoundBy => &facts.found_by,
            ReportField::DisclosurePlans => &facts.disclosure_plans,
            // Nothing is missing where no package is at fault.
            ReportField::Identifiers | ReportField::Exploited | ReportField::Dependency => continue,
        };
        if value.is_empty() && !(known && ask.field != ReportField::Component) {
            lacking.push(label(ask.field).to_owned());
        }
    }
    for question in policy.report.questions.iter().filter(|question| question.wanted) {
        if facts.answers.get(&question.id).is_none_or(String::is_empty) {
            lacking.push(question.label.clone());
        }
    }
    lacking
}

/// The label of a standard question.
pub fn label(field: ReportField) -> &'static str {
    match field {
        ReportField::Title => "What you found, in one sentence",
        ReportField::Description => "What is wrong",
        ReportField::Product => "Product",
        ReportField::Component => "Component",
        ReportField::Version => "Version",
        ReportField::Steps => "How to see it happen",
        ReportField::Expected => "What should happen",
        ReportField::Actual => "What happens instead",
        ReportField::Weakness => "What kind of problem it is",
        ReportField::Impact => "Why it is a security matter",
        ReportField::Preconditions => "What an attacker needs first",
        ReportField::Identifiers => "Known identifiers",
        ReportField::FoundBy => "How you found it",
        ReportField::Exploited => "It is being exploited",
        ReportField::DisclosurePlans => "Your plans to publish",
        ReportField::Dependency => "The package, if it is in one that others make",
    }
}
