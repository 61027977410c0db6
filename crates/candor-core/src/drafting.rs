//! A draft of an advisory as it is taken in: what a member wrote, within limits and in the right shapes.

use crate::case::{Case, State};
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Acknowledgement, AdvisoryDraft, AffectedProduct, Event, LineChoice, OwnLine};
use crate::refusal::Refusal;
use candor_formats::advisory::{Credit, CreditRole, is_commit};
use candor_formats::uri::is_web;

/// Most lines that a member writes, and most people to thank.
const MOST: usize = 100;

/// Takes a draft in.
pub(crate) fn draft(case: &Case, draft: &AdvisoryDraft) -> Result<Vec<Event>, Refusal> {
    if matches!(case.state, State::New | State::Triage) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    let mut kept = AdvisoryDraft {
        title: required("title", &draft.title, LINE_LIMIT)?,
        summary: required("summary", &draft.summary, MESSAGE_LIMIT)?,
        details: optional("details", &draft.details, MESSAGE_LIMIT)?,
        impact: optional("impact", &draft.impact, MESSAGE_LIMIT)?,
        conditions: optional("conditions", &draft.conditions, MESSAGE_LIMIT)?,
        workaround: optional("workaround", &draft.workaround, MESSAGE_LIMIT)?,
        cause: optional("cause", &draft.cause, MESSAGE_LIMIT)?,
        change: optional("change", &draft.change, LINE_LIMIT)?,
        lines: lines(&draft.lines)?,
        own_lines: own_lines(&draft.own_lines)?,
        acknowledgements: acknowledgements(&draft.acknowledgements)?,
        tlp: draft.tlp,
        distribution: optional("distribution", &draft.distribution, LINE_LIMIT)?,
        withdrawal: optional("withdrawal", &draft.withdrawal, MESSAGE_LIMIT)?,
        dispute: optional("dispute", &draft.dispute, MESSAGE_LIMIT)?,
        ..Default::default()
    };
    if !kept.withdrawal.is_empty() && case.advisory.published.is_empty() {
        let problem = "only what was published can be withdrawn; leave it empty".into();
        return Err(Refusal::Field { field: "withdrawal", problem });
    }
    for product in &draft.products {
        if product.name.trim().is_empty() {
            continue;
        }
        if let Some(text) = product.purl.as_deref().filter(|text| !text.trim().is_empty()) {
            purl(text)?;
        }
        commits(product)?;
        kept.products.push(product.clone());
    }
    for url in draft.references.iter().map(|url| url.trim()).filter(|url| !url.is_empty()) {
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            return Err(Refusal::Field {
                field: "references",
                problem: format!("`{url}` is no web address; write it whole, from https://"),
            });
        }
        kept.references.push(optional("references", url, 2_000)?);
    }
    for alias in draft.aliases.iter().map(|alias| alias.trim()).filter(|alias| !alias.is_empty()) {
        kept.aliases.push(optional("aliases", alias, LINE_LIMIT)?);
    }
    narrower(case, &kept)?;
    if case.advisory.draft.as_ref() == Some(&kept) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::AdvisoryDrafted { draft: Box::new(kept) }])
}

/// A package URL of the draft, without its version.
pub(crate) fn purl(text: &str) -> Result<candor_formats::purl::Purl, Refusal> {
    candor_formats::purl::Purl::parse(text.trim())
        .map(|purl| purl.package())
        .map_err(|cause| Refusal::Field { field: "products", problem: format!("package URL `{text}`: {cause}") })
}

/// What was published for everybody stays so: it cannot be called back.
fn narrower(case: &Case, draft: &AdvisoryDraft) -> Result<(), Refusal> {
    if draft.tlp.is_public() || !case.advisory.is_public() {
        return Ok(());
    }
    let problem =
        "it was published for everybody, and that cannot be called back; keep TLP:CLEAR, or withdraw it".into();
    Err(Refusal::Field { field: "tlp", problem })
}

/// The same before a publication, for drafts that were saved before.
pub(crate) fn refuse_narrower(case: &Case) -> Result<(), Refusal> {
    case.advisory.draft.as_ref().map_or(Ok(()), |draft| narrower(case, draft))
}

fn wrong<T>(field: &'static str, problem: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Field { field, problem: problem.into() })
}

fn commits(product: &AffectedProduct) -> Result<(), Refusal> {
    let commits = [product.introduced_commit.trim(), product.fixed_commit.trim()];
    if commits.iter().all(|commit| commit.is_empty()) {
        return Ok(());
    }
    if !is_web(product.repository.trim()) {
        return wrong("products", "commits need the address of their repository, whole, from https://");
    }
    match commits.iter().find(|commit| !commit.is_empty() && !is_commit(commit)) {
        Some(commit) => wrong(
            "products",
            format!("`{commit}` is no whole hash of a commit; write all of its 40 or 64 digits, in small letters"),
        ),
        None => Ok(()),
    }
}

fn lines(choices: &[LineChoice]) -> Result<Vec<LineChoice>, Refusal> {
    let mut kept: Vec<LineChoice> = Vec::new();
    for choice in choices {
        if kept.iter().any(|known| known.line == choice.line) {
            return wrong("lines", format!("line {} is chosen twice; choose it once", choice.line));
        }
        let text = optional("lines", &one_line(&choice.text), LINE_LIMIT)?;
        kept.push(LineChoice { text, ..choice.clone() });
    }
    Ok(kept)
}

fn own_lines(lines: &[OwnLine]) -> Result<Vec<OwnLine>, Refusal> {
    if lines.len() > MOST {
        return wrong("own_lines", format!("there are more than {MOST} lines; leave some out"));
    }
    let mut kept = Vec::with_capacity(lines.len());
    for line in lines {
        kept.push(OwnLine { at: line.at, text: required("own_lines", &one_line(&line.text), LINE_LIMIT)? });
    }
    Ok(kept)
}

fn acknowledgements(thanks: &[Acknowledgement]) -> Result<Vec<Acknowledgement>, Refusal> {
    if thanks.len() > MOST {
        return wrong("acknowledgements", format!("there are more than {MOST}; leave some out"));
    }
    let mut kept = Vec::with_capacity(thanks.len());
    for one in thanks {
        let line = |text: &str| optional("acknowledgements", &one_line(text), LINE_LIMIT);
        let one = Acknowledgement {
            name: line(&one.name)?,
            organisation: line(&one.organisation)?,
            link: line(&one.link)?,
            text: line(&one.text)?,
            consent: one.consent,
        };
        if one.name.is_empty() && one.organisation.is_empty() {
            if one.link.is_empty() && one.text.is_empty() {
                continue;
            }
            return wrong("acknowledgements", "name the person or the organisation that is thanked");
        }
        if !one.link.is_empty() && !is_web(&one.link) {
            return wrong(
                "acknowledgements",
                format!("`{}` is no web address; write it whole, from https://", one.link),
            );
        }
        if !one.consent {
            let who = if one.name.is_empty() { &one.organisation } else { &one.name };
            let problem = format!("{who} is named only with consent: ask them, then state that they agreed");
            return wrong("acknowledgements", problem);
        }
        kept.push(one);
    }
    Ok(kept)
}

/// An acknowledgement as the record has it.
pub(crate) fn thanks(one: &Acknowledgement) -> Credit {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    Credit {
        name: one.name.clone(),
        organisation: some(&one.organisation),
        link: some(&one.link),
        role: CreditRole::Other,
        note: some(&one.text),
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
