//! Who takes a case: whom the policy's roster proposes. A member decides.

use super::MemberView;
use crate::app::App;
use crate::error::Error;
use candor_core::case::Case;
use candor_core::policy::{self, Policy};
use jiff::tz::TimeZone;

/// Whom the policy's roster proposes to take a case, with the reason; only a member who may.
///
/// # Errors
/// When the members cannot be read.
pub async fn taker(app: &App, case: &Case, policy: &Policy) -> Result<Option<(MemberView, String)>, Error> {
    if policy.roster.is_empty() {
        return Ok(None);
    }
    let zone = policy.calendar().map(|calendar| calendar.zone().clone()).unwrap_or(TimeZone::UTC);
    let urgent = if case.exploited { Some(candor_formats::cvss::Severity::Critical) } else { case.severity() };
    let number = case.id.as_str().bytes().fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(byte)));
    let (product, component) = (case.product.as_deref(), case.component.as_deref());
    let day = app.now().to_zoned(zone).date();
    let Some(found) = policy::taker(&policy.roster, product, component, urgent, number, day) else {
        return Ok(None);
    };
    let members = super::members(app).await?.into_iter().filter(|member| !member.disabled);
    let member = members.into_iter().find(|member| member.email.eq_ignore_ascii_case(&found.member));
    Ok(member.filter(|member| member.actor(app).works_in(&case.program)).map(|member| {
        let because = format!("The policy proposes {}, who {}.", member.name, found.because);
        (member, because)
    }))
}
