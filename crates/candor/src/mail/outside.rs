//! What recipients of a publication's schedule are told: before it a reference, the date and the severity, and no more
//! than the policy lets them have; with it where the advisory is. What the problem is stands in no letter.

use super::address;
use super::words::{Link, NO_ANSWERS, Words};
use candor_core::case::Case;
use candor_core::disclosure::credits;
use candor_core::notices::NoticeKind;
use candor_core::policy::{CreditPlace, Policy, Recipients, Share};
use candor_core::schedule;
use candor_formats::advisory::Credit;
use candor_formats::identifiers::recognise;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The letter, or why there is none to write any more.
///
/// # Errors
/// The reason, when the publication has overtaken the letter or its date is not settled any more.
pub fn words(
    case: &Case,
    policy: &Policy,
    recipients: &Recipients,
    kind: NoticeKind,
    base_url: &str,
) -> Result<Words, &'static str> {
    let program = address::display_name(&policy.program.name);
    let why = format!("You get this because the policy of {program} names you among “{}”.", recipients.name);
    if kind == NoticeKind::Announcement {
        let public = case.advisory.published.last().filter(|edition| edition.tlp.is_public());
        let Some(record) = public else { return Err("the advisory is not public") };
        let mut body = vec![facts(case, policy, &Share::ALL, &format!("Advisory: {}.", record.id))];
        if policy.credit.places.contains(&CreditPlace::Notice) {
            let names: Vec<String> = credits(case, policy).iter().map(credited).collect();
            if !names.is_empty() {
                body.push(format!("Thanks to {}.", names.join("; ")));
            }
        }
        return Ok(Words {
            subject: format!("[{program}] Security advisory {} is public", record.id),
            lead: format!("{program} has published the security advisory {}.", record.id),
            body,
            dates_title: "",
            dates: Vec::new(),
            expected: "read it and see whether it concerns you.".into(),
            link: Some(Link {
                label: "The advisory",
                url: format!("{base_url}/{}/advisories/{}", policy.program.slug, record.id),
            }),
            why,
            answers: NO_ANSWERS.into(),
        });
    }
    match schedule::plan(case) {
        Some(plan) if plan.is_past => Err("the advisory is public already"),
        Some(plan) if plan.is_firm => {
            let when = long(policy, plan.at);
            Ok(Words {
                subject: format!("[{program}] A security advisory is planned for {when}"),
                lead: format!("{program} plans to publish a security advisory on {when}."),
                body: vec![
                    facts(case, policy, &recipients.may_have, &format!("Reference: {}.", case.id)),
                    "What the problem is stands in no letter. The date can change; you are told with the publication."
                        .into(),
                ],
                dates_title: "",
                dates: Vec::new(),
                expected: "keep this to yourself until then, and be ready to act on that day.".into(),
                link: None,
                why,
                answers: NO_ANSWERS.into(),
            })
        }
        _ => Err("the date of the publication is not settled any more"),
    }
}

/// What may be named, as one line.
fn facts(case: &Case, policy: &Policy, may_have: &[Share], first: &str) -> String {
    let mut line = first.to_owned();
    match case.severity() {
        Some(severity) => line += &format!(" Severity: {}.", policy.severity.label(severity)),
        None => line += " Severity: not rated yet.",
    }
    for share in may_have {
        let (label, values): (&str, Vec<String>) = match share {
            // Only a name that the policy itself made public.
            Share::Product => {
                let known = |name: &&String| policy.scope.products.iter().any(|product| product.name == **name);
                ("Product", case.product.iter().filter(known).cloned().collect())
            }
            Share::Identifiers => {
                ("Identifiers", case.aliases.iter().filter(|alias| recognise(alias).is_some()).cloned().collect())
            }
            Share::Versions => {
                let fixes = case.fixes.iter().filter(|fix| fix.kind.is_remedy());
                ("Fixed in", fixes.filter_map(|fix| fix.version.clone()).collect())
            }
        };
        if !values.is_empty() {
            line += &format!(" {label}: {}.", values.join(", "));
        }
    }
    line
}

/// A credit as its holder wished it.
fn credited(credit: &Credit) -> String {
    let mut parts = vec![credit.name.clone()];
    parts.extend(credit.organisation.clone());
    parts.extend(credit.link.clone());
    let names: Vec<String> = parts.into_iter().filter(|part| !part.trim().is_empty()).collect();
    let about = credit.note.as_ref().map(|about| format!(" ({about})")).unwrap_or_default();
    address::display_line(&format!("{}{about}", names.join(", ")))
}

fn long(policy: &Policy, at: Timestamp) -> String {
    let zone = policy.calendar().map_or(TimeZone::UTC, |calendar| calendar.zone().clone());
    at.to_zoned(zone).strftime("%a %-d %b %Y, %H:%M %Z").to_string()
}
