//! A case moves to a newer version of its policy, by a named act with a reason.

use crate::case::Case;
use crate::decide::{Facts, MESSAGE_LIMIT, text as required};
use crate::event::Event;
use crate::policy::{Policy, diff};
use crate::refusal::Refusal;

/// Moves the case to a newer version. What changes is put on record in words, so that the reporter can be told.
pub(crate) fn to_newer(
    case: &Case,
    policy: &Policy,
    version: u32,
    reason: &str,
    facts: &Facts,
) -> Result<Vec<Event>, Refusal> {
    if version <= case.policy_version {
        return Err(Refusal::Field {
            field: "version",
            problem: format!("the case runs under version {}; name a newer one", case.policy_version),
        });
    }
    let Some(newer) = &facts.moving_to else {
        return Err(Refusal::Field {
            field: "version",
            problem: format!(
                "version {version} of the policy is not in service; the program's page lists those that are"
            ),
        });
    };
    let reason = required("reason", reason, MESSAGE_LIMIT)?;
    let changes = diff::changes(policy, newer).iter().map(ToString::to_string).collect();
    Ok(vec![Event::PolicyMoved { from: case.policy_version, to: version, reason, changes }])
}
