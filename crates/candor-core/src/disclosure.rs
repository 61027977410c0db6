//! Embargo, advisory, approval, publication, credit: how the matter becomes public, and not a moment before.

use crate::access::Allowed;
use crate::case::{Case, State};
use crate::decide::{Facts, LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{AdvisoryDraft, Credit, Event, FixKind, LineChoice};
use crate::id::MemberId;
use crate::policy::{CreditField, CreditPlace, Policy, PublishOn, Step};
use crate::refusal::Refusal;
use crate::timeline::{self, PUBLISHED};
use crate::{conditions, drafting, gates, schedule};
use candor_formats::advisory::{
    self as record, AffectedRange, Links, Product, Publisher, Record, Reference, Remediation, RemediationKind,
    TimelineEntry,
};
use candor_formats::csaf;
use candor_formats::uri::is_web;
use jiff::Timestamp;

pub(crate) fn propose_embargo(
    case: &Case,
    policy: &Policy,
    until: Timestamp,
    text: &str,
    now: Timestamp,
) -> Result<Vec<Event>, Refusal> {
    if until <= now {
        return Err(Refusal::InThePast);
    }
    if let (Some(limit), Ok(calendar)) = (policy.disclosure.embargo_limit, policy.calendar()) {
        // The limit counts from the report, so that agreeing anew cannot stretch it.
        let latest = calendar.due(case.opened_at, limit, &[]);
        if until > latest {
            return Err(Refusal::EmbargoTooLong { latest, limit: limit.to_string() });
        }
    }
    Ok(vec![Event::EmbargoProposed { until, text: optional("text", text, MESSAGE_LIMIT)? }])
}

pub(crate) fn answer_embargo(
    case: &Case,
    agree: bool,
    text: &str,
    asked: Option<Timestamp>,
) -> Result<Vec<Event>, Refusal> {
    let Some(embargo) = &case.embargo else { return Err(Refusal::NoProposal) };
    if agree && embargo.agreed {
        return Ok(Vec::new());
    }
    crate::closed::is_of(asked, embargo.at)?;
    if !agree {
        return Ok(vec![Event::EmbargoDeclined { text: required("text", text, MESSAGE_LIMIT)? }]);
    }
    let until = embargo.until;
    let mut events = vec![Event::EmbargoAgreed { until }];
    // What was to go out sooner goes out then.
    let sooner = case.advisory.order.as_ref().and_then(|order| order.at).is_some_and(|at| at < until);
    if sooner && !case.exploited && !case.advisory.is_public() {
        events.push(Event::PublicationDated { at: until });
    }
    Ok(events)
}

/// Gives up the date agreed with the reporter, who is told why.
pub(crate) fn break_embargo(case: &Case, reason: &str, now: Timestamp) -> Result<Vec<Event>, Refusal> {
    if case.embargo_agreed.is_none_or(|until| until <= now) {
        return Err(Refusal::NoEmbargo);
    }
    Ok(vec![Event::EmbargoBroken { reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

/// It is public elsewhere, and waiting would only keep it from those who could protect themselves: a minimal advisory goes
/// out at once. It says what the draft says of products and workarounds, and of the problem only the words given here.
pub(crate) fn go_public(
    case: &Case,
    policy: &Policy,
    title: &str,
    summary: &str,
    reason: &str,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    if case.advisory.is_public() {
        let next = "It is public already: correct the advisory instead.";
        return Err(Refusal::WrongState { state: case.state.name(), next });
    }
    if matches!(case.state, State::New | State::Triage) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    let written = case.advisory.draft.clone().unwrap_or_default();
    let mut products = written.products;
    if products.is_empty() {
        let name = case.product.clone().unwrap_or_else(|| policy.program.name.clone());
        products.push(crate::event::AffectedProduct { name, ..Default::default() });
    }
    let minimal = AdvisoryDraft {
        title: required("title", title, LINE_LIMIT)?,
        summary: required("summary", summary, MESSAGE_LIMIT)?,
        workaround: written.workaround,
        aliases: written.aliases,
        products,
        // What was left out stays out; words of the draft stay inside.
        lines: written.lines.into_iter().map(|line| LineChoice { text: String::new(), ..line }).collect(),
        ..Default::default()
    };
    let reason = required("reason", reason, MESSAGE_LIMIT)?;
    let mut out = case.clone();
    out.advisory.draft = Some(minimal);
    let record = record_of(&out, policy, facts)?;
    refuse_leaks(case, &record)?;
    Ok(vec![Event::EmbargoBroken { reason }, Event::Published { record: Box::new(record) }])
}

pub(crate) fn approve(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    revision: u32,
) -> Result<Vec<Event>, Refusal> {
    if case.advisory.draft.is_none() {
        return Err(Refusal::NoAdvisory);
    }
    if revision != case.advisory.revision {
        return Err(Refusal::OtherRevision { current: case.advisory.revision, seen: revision });
    }
    if member.is_some_and(|member| case.advisory.approvals.contains(member)) {
        return Ok(Vec::new());
    }
    gates::pass(case, policy, Step::Approve, member)?;
    Ok(vec![Event::AdvisoryApproved { revision }])
}

/// Orders the publication. It happens at once when what the policy waits for is there already.
pub(crate) fn publish(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    at: Option<Timestamp>,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    if case.advisory.draft.is_none() {
        return Err(Refusal::NoAdvisory);
    }
    if case.advisory.approved_by.is_none() {
        return Err(Refusal::NotApproved { revision: case.advisory.revision });
    }
    if matches!(case.state, State::New | State::Triage) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Confirm the report first." });
    }
    let publish_on = policy.disclosure.publish_on;
    if let Some(at) = at
        && at <= facts.now
        && publish_on.waits_for_date()
    {
        return Err(Refusal::InThePast);
    }
    let waits_for_fix = waits_for_fix(case, policy);
    if waits_for_fix && at.is_some() && publish_on == PublishOn::Fix {
        return Err(Refusal::WrongState {
            state: case.state.name(),
            next: "The policy publishes with the fix: leave the instant empty, and record the fix when it is released.",
        });
    }
    let embargo = case.embargoed_until(facts.now);
    if let (Some(at), Some(until)) = (at, embargo)
        && at < until
    {
        return Err(Refusal::EmbargoAgreed { until });
    }
    gates::pass(case, policy, Step::Order, member)?;
    // With the fix still out, the gates are asked again when it comes.
    if !waits_for_fix {
        gates::pass(case, policy, Step::Publish, member)?;
    }
    drafting::refuse_narrower(case)?;
    refuse_leaks(case, &record_of(case, policy, facts)?)?;
    let at = match (at, publish_on) {
        (Some(at), _) => Some(at),
        // Without a date the fix alone decides.
        (None, PublishOn::Both) => case.embargo.as_ref().map(|embargo| embargo.until).filter(|at| *at > facts.now),
        (None, PublishOn::Date) => {
            Some(case.embargo.as_ref().map_or(facts.now, |embargo| embargo.until).max(facts.now))
        }
        // The fix is there, the agreed date is not: it goes out on that date.
        (None, _) if !waits_for_fix => embargo,
        (None, _) => None,
    };
    let at = at.map(|at| embargo.map_or(at, |until| at.max(until)));
    let mut events = vec![Event::PublicationOrdered { at }];
    let ready = !waits_for_fix && at.is_none_or(|at| at <= facts.now);
    if ready {
        events.push(Event::Published { record: Box::new(record_of(case, policy, facts)?) });
    }
    Ok(events)
}

/// Whether nothing can go out yet, because the policy publishes with the fix and none is on record.
pub fn waits_for_fix(case: &Case, policy: &Policy) -> bool {
    policy.disclosure.publish_on.waits_for_fix() && !case.advisory.is_public() && !case.is_remedied()
}

/// Whether a date that has come still waits for the fix.
pub(crate) fn holds_date_for_fix(case: &Case, policy: &Policy) -> bool {
    policy.disclosure.publish_on == PublishOn::Both && waits_for_fix(case, policy)
}

/// A fix that was just recorded, and what a standing order to publish makes of it: the advisory goes out with the fix,
/// never before (requirements: M5e). A gate that is not passed holds it and says so.
pub(crate) fn with_standing_order(
    case: &Case,
    mut events: Vec<Event>,
    policy: &Policy,
    allowed: &Allowed<'_>,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    let Some(order) = &case.advisory.order else { return Ok(events) };
    let is_clocks = match order.at {
        // The fix was waited for, and the date has passed: the later of the two is now.
        Some(at) => policy.disclosure.publish_on != PublishOn::Both || at > facts.now,
        None => false,
    };
    if is_clocks || case.advisory.approved_by.is_none() {
        return Ok(events);
    }
    let fixed = after(case, &events, allowed, facts);
    if changed_since_approval(case, &fixed, policy).is_some() {
        // What nobody approved is not published; `with_approval` says so.
        return Ok(events);
    }
    // A workaround protects users, but it is not the fix that the order waits for.
    if !fixed.fixes.iter().any(|fix| fix.kind.is_remedy() && fix.kind != FixKind::Workaround) {
        return Ok(events);
    }
    // The fix of another branch is still to come: the order stands.
    let still_to_come = |gate: &&crate::policy::Gate| {
        gate.before == Step::Publish
            && gate.needs == crate::policy::Need::DecisionPerVersion
            && !gates::is_passed(&fixed, policy, gate, Some(&order.by))
    };
    if policy.gates.iter().any(|gate| still_to_come(&gate)) {
        return Ok(events);
    }
    // The fix is there, the agreed date is not: the order waits for it.
    if let Some(until) = fixed.embargoed_until(facts.now) {
        events.push(Event::PublicationDated { at: until });
        return Ok(events);
    }
    let held = match gates::missing(&fixed, policy, Step::Publish, Some(&order.by)) {
        Some(refusal) => refusal.to_string(),
        None => match record_of(&fixed, policy, facts) {
            Ok(record) => {
                events.push(Event::Published { record: Box::new(record) });
                return Ok(events);
            }
            Err(refusal) => refusal.to_string(),
        },
    };
    events.push(Event::PublicationHeld { reason: held });
    Ok(events)
}

/// The case as it will be after `events`.
pub(crate) fn after(case: &Case, events: &[Event], allowed: &Allowed<'_>, facts: &Facts) -> Case {
    let mut after = case.clone();
    for event in events {
        let by = crate::evolve::author_of(&allowed.actor().name());
        let stamp = crate::evolve::Stamp { seq: after.seq + 1, at: facts.now, by, decided_in: None };
        crate::evolve::evolve(&mut after, &stamp, event.clone());
    }
    after
}

/// Takes the approval back when `events` change what the advisory says: what goes out is what somebody approved.
pub(crate) fn with_approval(
    case: &Case,
    mut events: Vec<Event>,
    policy: &Policy,
    allowed: &Allowed<'_>,
    facts: &Facts,
) -> Vec<Event> {
    use Event::{Described, FixRecorded, Rated, WeaknessSet};
    let touches =
        |event: &Event| matches!(event, Described { .. } | FixRecorded { .. } | Rated { .. } | WeaknessSet { .. });
    let is_withdrawn = events.iter().any(|event| matches!(event, Event::ApprovalWithdrawn { .. }));
    if case.advisory.approved_by.is_none() || is_withdrawn || !events.iter().any(touches) {
        return events;
    }
    if let Some(because) = changed_since_approval(case, &after(case, &events, allowed, facts), policy) {
        events.push(Event::ApprovalWithdrawn { because });
    }
    events
}

/// What of the public record differs between an approved case and one after it, in words; `None` when nothing does.
///
/// A released fix without words of its own adds its version, its date and the sentence made of them. That is what was
/// approved when the draft names this version as fixed, or when the order to publish waits for this very fix. Its address
/// has to be one of the program's own, or to stand among the references of the draft.
fn changed_since_approval(approved: &Case, after: &Case, policy: &Policy) -> Option<String> {
    let mut changed: Vec<&str> = Vec::new();
    let rating = |case: &Case| case.rating.as_ref().map(|rating| (rating.vectors.clone(), rating.severity));
    if rating(approved) != rating(after) {
        changed.push("the rating");
    }
    if approved.cwe != after.cwe {
        changed.push("the weakness");
    }
    let names = |case: &Case| -> Vec<String> {
        let known = case.advisory.draft.iter().flat_map(|draft| &draft.aliases).chain(&case.aliases);
        let mut names: Vec<String> = known.filter(|alias| is_public_name(alias)).cloned().collect();
        names.sort();
        names.dedup();
        names
    };
    if names(approved) != names(after) {
        changed.push("the identifiers");
    }
    let waits_for_fix = approved.advisory.order.as_ref().is_some_and(|order| order.at.is_none());
    let named = |version: &str| {
        let draft = approved.advisory.draft.iter();
        draft.flat_map(|draft| &draft.products).any(|product| product.fixed.trim() == version.trim())
    };
    let listed = |url: &String| {
        approved.advisory.draft.iter().flat_map(|draft| &draft.references).any(|known| known.trim() == url.trim())
    };
    let says_more = |fix: &crate::case::Fix| match fix.kind {
        FixKind::NotAffected => false,
        FixKind::Patch => {
            !fix.details.is_empty()
                || fix.url.as_ref().is_some_and(|url| !listed(url) && !is_own_place(policy, url))
                || !(waits_for_fix || fix.version.as_deref().is_some_and(named))
        }
        _ => true,
    };
    if after.fixes.iter().skip(approved.fixes.len()).any(says_more) {
        changed.push("the fixes");
    }
    (!changed.is_empty()).then(|| format!("{} changed after the approval", changed.join(", ")))
}

/// Whether an address lies in a repository that the policy covers, or at the program's own.
fn is_own_place(policy: &Policy, url: &str) -> bool {
    let Some(place) = url.strip_prefix("https://").filter(|place| !place.contains("..") && !place.contains('%')) else {
        return false;
    };
    let below = |root: &str| {
        let root = root.trim_start_matches("https://").trim_end_matches('*').trim_end_matches('/');
        root.contains('.') && place.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    policy.program.url.iter().any(|url| below(url))
        || policy.scope.products.iter().flat_map(|product| &product.repositories).any(|pattern| below(pattern))
}

/// What a clock finds due: an approved advisory whose instant has come.
pub(crate) fn due(case: &Case, policy: &Policy, facts: &Facts) -> Vec<Event> {
    let Some(order) = &case.advisory.order else { return Vec::new() };
    let Some(at) = order.at else { return Vec::new() };
    if at > facts.now
        || matches!(case.state, State::New | State::Triage | State::Closed)
        || holds_date_for_fix(case, policy)
    {
        return Vec::new();
    }
    // Nothing goes out that nobody approved, however the order came to stand.
    if let Some(into) = &case.gathered_into {
        let reason = format!("Its report is handled in {into}. Publish there, or separate the two first.");
        return vec![Event::PublicationHeld { reason }];
    }
    if case.advisory.approved_by.is_none() {
        let reason = Refusal::NotApproved { revision: case.advisory.revision }.to_string();
        return vec![Event::PublicationHeld { reason }];
    }
    if let Some(until) = case.embargoed_until(facts.now) {
        return vec![Event::PublicationDated { at: until }];
    }
    match gates::missing(case, policy, Step::Publish, Some(&order.by)) {
        None => match record_of(case, policy, facts) {
            Ok(record) => vec![Event::Published { record: Box::new(record) }],
            Err(refusal) => vec![Event::PublicationHeld { reason: refusal.to_string() }],
        },
        Some(refusal) => vec![Event::PublicationHeld { reason: refusal.to_string() }],
    }
}

pub(crate) fn hold(case: &Case, reason: &str) -> Result<Vec<Event>, Refusal> {
    if case.advisory.order.is_none() {
        return Err(Refusal::NoOrder);
    }
    Ok(vec![Event::PublicationHeld { reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

pub(crate) fn close(
    case: &Case,
    policy: &Policy,
    member: Option<&MemberId>,
    reason: &str,
) -> Result<Vec<Event>, Refusal> {
    let reason = required("reason", reason, MESSAGE_LIMIT)?;
    gates::pass(case, policy, Step::Close, member)?;
    Ok(vec![Event::Closed { reason }])
}

pub(crate) fn reopen(case: &Case, reason: &str) -> Result<Vec<Event>, Refusal> {
    if !case.is_closed() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "It is open already." });
    }
    Ok(vec![Event::Reopened { reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

/// Credits exactly as consented to. Without a wish the policy's default decides, and a default of naming needs a name
/// that the reporter gave knowing it.
pub fn credits(case: &Case, policy: &Policy) -> Vec<record::Credit> {
    let allowed = |field| policy.credit.fields.contains(&field);
    let mut credits = Vec::new();
    for report in case.reports.iter().filter(|report| !report.erased) {
        // A condition was broken, and the policy owes no credit then (requirements: D4).
        if conditions::is_credit_denied(case, report.number) {
            continue;
        }
        let wish = match (&report.credit, policy.credit.default) {
            (Some(wish), _) => wish.clone(),
            (None, crate::policy::CreditDefault::Named) => match &report.contact {
                Some(contact) if !contact.name.is_empty() => Credit::Named {
                    name: contact.name.clone(),
                    organisation: String::new(),
                    link: String::new(),
                    about: String::new(),
                },
                _ => continue,
            },
            (None, _) => continue,
        };
        let Credit::Named { name, organisation, link, about } = wish else { continue };
        let keep = |field, text: String| (allowed(field) && !text.trim().is_empty()).then_some(text);
        // What no document can carry is left out: a wish never keeps an advisory back.
        let organisation = keep(CreditField::Organisation, organisation);
        if name.trim().is_empty() && organisation.is_none() {
            continue;
        }
        let credit = record::Credit {
            name,
            organisation,
            link: keep(CreditField::Link, link).filter(|link| is_web(link)),
            note: keep(CreditField::About, about),
            role: record::CreditRole::Reporter,
        };
        if !credits.contains(&credit) {
            credits.push(credit);
        }
    }
    credits
}

/// What stands in a record of the case and should not become public, each with its field: names of reporters who did not
/// consent, sentences of internal notes, the case's own number, mail and private addresses, placeholder text.
///
/// It can be wrong, so it warns and refuses nothing.
pub fn lint(case: &Case, record: &Record) -> Vec<record::Problem> {
    around(case, record, |around| record.lint(around))
}

/// What would give away something of the case, and keeps the record from going out: sentences of internal notes, the
/// case's own number, whole names of reporters who did not consent.
fn refuse_leaks(case: &Case, record: &Record) -> Result<(), Refusal> {
    let leaks = around(case, record, |around| {
        // One word may be a name and a word; two are a name.
        let whole: Vec<String> = around.unnamed.iter().filter(|name| name.contains(' ')).cloned().collect();
        record.leaks(&record::Surroundings { unnamed: &whole, ..*around })
    });
    match leaks.first() {
        None => Ok(()),
        Some(leak) => Err(Refusal::Field { field: "advisory", problem: leak.to_string() }),
    }
}

fn around<T>(case: &Case, record: &Record, look: impl FnOnce(&record::Surroundings<'_>) -> T) -> T {
    let thanked: Vec<&str> = record.thanks().map(|credit| credit.name.trim()).collect();
    let names = case.reports.iter().filter_map(|report| report.contact.as_ref()).map(|contact| contact.name.trim());
    let unnamed: Vec<String> = names.filter(|name| !thanked.contains(name)).map(str::to_owned).collect();
    let internal: Vec<String> = case
        .history
        .iter()
        .filter_map(|entry| match &entry.what {
            Event::Noted { text, .. } | Event::AdvisoryCommented { text, .. } => Some(text.clone()),
            _ => None,
        })
        .collect();
    let numbers = [case.id.to_string()];
    look(&record::Surroundings { unnamed: &unnamed, other_cases: &numbers, internal: &internal })
}

/// The names of the products that `version` mends: those with a range that ends before it. None where it ends no range,
/// which stands for all of them.
fn mended(products: &[Product], version: Option<&str>) -> Vec<String> {
    let ends = |product: &&Product| product.all_fixed().into_iter().any(|fixed| Some(fixed) == version);
    products.iter().filter(ends).map(|product| product.name.clone()).collect()
}

/// The public record of the case as it stands: the approved draft, with rating, fixes, dates and credits from the case.
///
/// # Errors
/// The first thing that would make a printed document wrong, named by its field.
pub fn record_of(case: &Case, policy: &Policy, facts: &Facts) -> Result<Record, Refusal> {
    let Some(draft) = &case.advisory.draft else { return Err(Refusal::NoAdvisory) };
    let id = case.advisory.id.clone().unwrap_or_else(|| facts.advisory_id.clone());
    let base = &facts.base_url;
    let page = format!("{base}/advisories/{id}");
    // Editions for a limited circle are no editions of what everybody reads: the first of those is a new publication.
    let editions: Vec<&Record> =
        case.advisory.published.iter().filter(|edition| edition.tlp.is_public() || !draft.tlp.is_public()).collect();
    let published = editions.first().map_or(facts.now, |first| first.published);
    let mut products: Vec<Product> = Vec::new();
    for affected in &draft.products {
        let text = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
        let range = AffectedRange {
            introduced: text(&affected.introduced),
            fixed: text(&affected.fixed),
            last_affected: text(&affected.last_affected),
        };
        let commits = commits_of(affected);
        let has_range = range.introduced.is_some() || range.fixed.is_some() || range.last_affected.is_some();
        match products.iter_mut().find(|product| product.name == affected.name.trim()) {
            Some(product) => {
                product.ranges.extend(has_range.then_some(range));
                product.commits.extend(commits);
            }
            None => products.push(Product {
                name: affected.name.trim().to_owned(),
                vendor: policy.advisories.publisher.clone().unwrap_or_else(|| policy.program.name.clone()),
                purl: match affected.purl.as_deref().filter(|purl| !purl.trim().is_empty()) {
                    Some(purl) => Some(drafting::purl(purl)?),
                    None => None,
                },
                cpe: policy
                    .scope
                    .products
                    .iter()
                    .find(|product| product.name == affected.name.trim())
                    .and_then(|product| product.cpe.clone()),
                ranges: if has_range { vec![range] } else { Vec::new() },
                commits: commits.into_iter().collect(),
                ..Product::default()
            }),
        }
    }
    let mut remediations = Vec::new();
    let several = case.fixes.iter().any(|fix| fix.branch.trim() != case.fixes[0].branch.trim());
    for fix in &case.fixes {
        let kind = match fix.kind {
            FixKind::Patch | FixKind::Disable => RemediationKind::Fix,
            FixKind::Countermeasure => RemediationKind::Mitigation,
            FixKind::Workaround => RemediationKind::Workaround,
            FixKind::WillNotFix => RemediationKind::NoFixPlanned,
            FixKind::NotAffected => continue,
        };
        let details = match (&fix.version, fix.details.trim().is_empty()) {
            (Some(version), true) if several && !fix.branch.trim().is_empty() => {
                format!("Upgrade to {version} (branch {}).", fix.branch.trim())
            }
            (Some(version), true) => format!("Upgrade to {version}."),
            (_, false) => fix.details.clone(),
            (None, true) => policy.versions.statement.clone(),
        };
        remediations.push(Remediation {
            kind,
            details,
            url: fix.url.clone(),
            versions: fix.version.clone().into_iter().collect(),
            products: mended(&products, fix.version.as_deref()),
            at: Some(fix.at),
        });
    }
    if !draft.workaround.trim().is_empty() {
        remediations.push(Remediation {
            kind: RemediationKind::Workaround,
            details: draft.workaround.clone(),
            url: None,
            versions: Vec::new(),
            products: Vec::new(),
            at: None,
        });
    }
    if remediations.is_empty() {
        remediations.push(Remediation {
            kind: RemediationKind::NoneAvailable,
            details: "No fix is available yet.".into(),
            url: None,
            versions: Vec::new(),
            products: Vec::new(),
            at: None,
        });
    }
    let mut aliases: Vec<String> = Vec::new();
    for alias in draft.aliases.iter().chain(&case.aliases) {
        if is_public_name(alias) && !aliases.contains(alias) {
            aliases.push(alias.clone());
        }
    }
    let mut revisions = editions.last().map(|last| last.revisions.clone()).unwrap_or_default();
    let number = u32::try_from(revisions.len()).unwrap_or(u32::MAX).saturating_add(1);
    let change = draft.change.split_whitespace().collect::<Vec<_>>().join(" ");
    let summary = match revisions.last() {
        None => "First publication.".into(),
        // What an earlier edition gave as its reason is none for this one.
        Some(_) if change.is_empty() || revisions.iter().any(|earlier| earlier.summary == change) => {
            "Corrected.".into()
        }
        Some(_) => change,
    };
    revisions.push(record::Revision { number, at: facts.now, summary });
    let record = Record {
        title: draft.title.clone(),
        summary: draft.summary.clone(),
        details: match (draft.details.trim(), draft.cause.trim()) {
            (_, "") => draft.details.clone(),
            ("", cause) => cause.to_owned(),
            (details, cause) => format!("{details}\n\n### Cause\n\n{cause}"),
        },
        impact: draft.impact.clone(),
        preconditions: draft.conditions.clone(),
        language: policy.report.languages.first().cloned().unwrap_or_else(|| "en".into()),
        tlp: draft.tlp,
        distribution: draft.distribution.clone(),
        publisher: publisher(policy, base),
        // What is not for everybody has no public address.
        links: match draft.tlp.is_public() {
            true => Links {
                page: Some(page),
                csaf: Some(format!("{base}/csaf/{}/{}", published.strftime("%Y"), csaf::file_name(&id))),
            },
            false => Links::default(),
        },
        products,
        severities: case
            .rating
            .iter()
            .flat_map(|rating| &rating.vectors)
            .filter_map(|vector| vector.parse().ok())
            .collect(),
        level: match &case.rating {
            Some(rating) if rating.vectors.is_empty() => policy.severity.label(rating.severity),
            _ => String::new(),
        },
        cwes: case.cwe.into_iter().collect(),
        aliases,
        references: draft
            .references
            .iter()
            .map(|url| Reference { kind: record::ReferenceKind::Web, url: url.clone(), summary: String::new() })
            .collect(),
        remediations,
        credits: if policy.credit.places.contains(&CreditPlace::Advisory) {
            all_credits(case, policy, facts)
        } else {
            Vec::new()
        },
        acknowledgements: draft.acknowledgements.iter().map(drafting::thanks).collect(),
        timeline: timeline::lines(case, draft, facts.now),
        published,
        modified: facts.now,
        withdrawn: withdrawn(editions.last().copied(), draft, facts.now),
        withdrawal: draft.withdrawal.clone(),
        dispute: draft.dispute.clone(),
        revisions,
        id,
    };
    if let Some(problem) = record.problems().into_iter().next() {
        return Err(Refusal::Field { field: "advisory", problem: problem.to_string() });
    }
    // Every format is printed, checked by its own standard and read back; a difference stops all of them.
    if let Err(wrong) = record::documents(&record, env!("CARGO_PKG_VERSION")) {
        let problem = wrong.into_iter().next().unwrap_or_default();
        return Err(Refusal::Field { field: "advisory", problem });
    }
    Ok(record)
}

/// The commits of a row of the draft, where it names any.
fn commits_of(affected: &crate::event::AffectedProduct) -> Option<record::CommitRange> {
    let commit = |text: &str| (!text.trim().is_empty()).then(|| text.trim().to_owned());
    let (introduced, fixed) = (commit(&affected.introduced_commit), commit(&affected.fixed_commit));
    let repository = affected.repository.trim().to_owned();
    (introduced.is_some() || fixed.is_some()).then_some(record::CommitRange { repository, introduced, fixed })
}

/// When the advisory was withdrawn: with the first edition that says so and every one after it that still does.
fn withdrawn(last: Option<&Record>, draft: &AdvisoryDraft, now: Timestamp) -> Option<Timestamp> {
    if draft.withdrawal.trim().is_empty() {
        return None;
    }
    last.and_then(|last| last.withdrawn).or(Some(now))
}

/// Who publishes the advisories of a program; `base` is the program's public address, without a slash at the end.
pub fn publisher(policy: &Policy, base: &str) -> Publisher {
    let namespace = policy.advisories.namespace.clone().or_else(|| policy.program.url.clone());
    Publisher {
        name: policy.advisories.publisher.clone().unwrap_or_else(|| policy.program.name.clone()),
        namespace: namespace.unwrap_or_else(|| base.to_owned()),
        category: record::PublisherCategory::Vendor,
        contact: policy.channels.email.clone().or_else(|| policy.contacts.first().map(|c| c.email.clone())),
        authority: None,
    }
}

/// Credits of the case's own reports, and of those that are handled with it.
pub fn all_credits(case: &Case, policy: &Policy, facts: &Facts) -> Vec<record::Credit> {
    let mut all = credits(case, policy);
    for credit in &facts.credits {
        if !all.contains(credit) {
            all.push(credit.clone());
        }
    }
    all
}

/// The record as it would go out, for the team's eyes: its publication is marked as planned, and not as done.
///
/// # Errors
/// As [`record_of`].
pub fn preview_of(case: &Case, policy: &Policy, facts: &Facts) -> Result<Record, Refusal> {
    let mut record = record_of(case, policy, facts)?;
    if !case.advisory.is_public() {
        record.timeline.retain(|line| line.text != PUBLISHED);
        let at = schedule::plan(case).map_or(facts.now, |plan| plan.at.max(facts.now));
        record.timeline.push(TimelineEntry { at, text: "Advisory planned, not published yet.".into() });
    }
    Ok(record)
}

/// The record for the release notes of the fix: the credits as consented to, where the policy puts them there.
///
/// # Errors
/// As [`record_of`].
pub fn release_record(case: &Case, policy: &Policy, facts: &Facts) -> Result<Record, Refusal> {
    let mut record = match case.advisory.published.last() {
        Some(last) => last.clone(),
        None => record_of(case, policy, facts)?,
    };
    record.credits = if policy.credit.places.contains(&CreditPlace::ReleaseNotes) {
        all_credits(case, policy, facts)
    } else {
        Vec::new()
    };
    Ok(record)
}

/// Whether an alias is the name of a vulnerability in a public scheme; others stay inside.
fn is_public_name(alias: &str) -> bool {
    use candor_formats::identifiers::{Kind, recognise};
    recognise(alias).is_some_and(|found| matches!(found.kind, Kind::Cve | Kind::Ghsa | Kind::Gcve | Kind::Osv))
}
