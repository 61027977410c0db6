//! What reporters agree to, and what a breach of it means. A member puts a breach on record with the evidence; the
//! policy's rule, not the member, decides about the credit.

use crate::case::Case;
use crate::decide::{MESSAGE_LIMIT, text as required};
use crate::event::Event;
use crate::policy::{OnBreach, Policy};
use crate::refusal::Refusal;

pub(crate) fn record_breach(case: &Case, policy: &Policy, report: u32, evidence: &str) -> Result<Vec<Event>, Refusal> {
    if policy.disclosure.conditions.is_empty() {
        return Err(Refusal::NoConditions);
    }
    if !case.reports.iter().any(|of| of.number == report) {
        return Err(Refusal::NoReport(report));
    }
    let evidence = required("evidence", evidence, MESSAGE_LIMIT)?;
    let credit_denied = policy.disclosure.on_breach == OnBreach::CreditDenied;
    if case.breaches.iter().any(|breach| breach.report == report && breach.evidence == evidence) {
        return Ok(Vec::new());
    }
    Ok(vec![Event::BreachRecorded { report, evidence, credit_denied }])
}

pub(crate) fn clear_breach(case: &Case, report: u32, reason: &str) -> Result<Vec<Event>, Refusal> {
    if !case.breaches.iter().any(|breach| breach.report == report) {
        return Err(Refusal::NoBreach);
    }
    Ok(vec![Event::BreachCleared { report, reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

/// Whether the credit of a report is denied because its reporter broke a condition.
pub fn is_credit_denied(case: &Case, report: u32) -> bool {
    case.breaches.iter().any(|breach| breach.report == report && breach.credit_denied)
}
