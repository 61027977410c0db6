//! Whether the rules of disclosure make sense: conditions, closed reports, the schedule of a publication and whom it tells.

use super::check::{Checks, is_short_name};
use super::check_time::{escalation_to, longer};
use super::file::suggest;
use super::{ClosedReports, DoneBy, OnBreach, Policy, Recipients};

/// The schedule of a publication and those it tells.
pub(super) fn check(policy: &Policy, checks: &mut Checks) {
    let rules = &policy.disclosure;
    if rules.on_breach == OnBreach::CreditDenied && rules.conditions.is_empty() {
        checks.tell(
            "disclosure.on_breach",
            "there is no condition that could be broken; write them under `conditions`, or leave this out",
        );
    }
    if rules.closed_without_asking && rules.closed_reports == ClosedReports::Never {
        checks.tell(
            "disclosure.closed_without_asking",
            "no closed report becomes public; write closed_reports = \"summary\", or leave this out",
        );
    }
    let names: Vec<&str> = rules.recipients.iter().map(|recipients| recipients.name.as_str()).collect();
    for (index, recipients) in rules.recipients.iter().enumerate() {
        let path = |key: &str| format!("disclosure.recipients[{index}].{key}");
        short_name(checks, path("name"), &recipients.name);
        if recipients.addresses.is_empty() {
            checks.tell(path("addresses"), "nobody is told; write at least one address");
        }
        for (number, address) in recipients.addresses.iter().enumerate() {
            checks.address(format!("{}[{number}]", path("addresses")), address);
        }
    }
    checks.once((0..).zip(&names).map(|(i, name)| (format!("disclosure.recipients[{i}].name"), *name)), "recipients");
    let roles: Vec<&str> = policy.contacts.iter().map(|contact| contact.role.as_str()).chain(["holder"]).collect();
    for (index, step) in rules.schedule.iter().enumerate() {
        let path = |key: &str| format!("disclosure.schedule[{index}].{key}");
        short_name(checks, path("name"), &step.name);
        checks.filled(path("what"), &step.what, "what is done");
        if let Some(who) = &step.who
            && !roles.contains(&who.as_str())
        {
            checks.tell(path("who"), format!("no contact has the role `{who}`{}", suggest(who, &roles)));
        }
        match (&step.tell, step.done_by) {
            (None, DoneBy::Candor) => {
                checks.tell(path("tell"), "what Candor does is to write letters; name the recipients under `tell`");
            }
            (Some(_), DoneBy::Person) => {
                checks.tell(path("done_by"), "letters are sent by Candor; write done_by = \"candor\"");
            }
            (Some(name), DoneBy::Candor) => match rules.recipients(name) {
                None => {
                    checks.tell(
                        path("tell"),
                        format!("there are no recipients called `{name}`{}", suggest(name, &names)),
                    );
                }
                Some(Recipients { lead_limit: Some(limit), .. })
                    if step.at.is_before() && longer(step.at.length, *limit) =>
                {
                    checks.tell(
                        path("at"),
                        format!("`{name}` may be told {limit} ahead at most; this is {}", step.at.words()),
                    );
                }
                Some(_) => {}
            },
            (None, DoneBy::Person) => {}
        }
        for (number, escalation) in step.escalate.iter().enumerate() {
            escalation_to(policy, escalation, &format!("disclosure.schedule[{index}].escalate[{number}]"), checks);
        }
    }
    let steps = rules.schedule.iter().enumerate();
    checks.once(steps.map(|(i, step)| (format!("disclosure.schedule[{i}].name"), step.name.as_str())), "steps");
}

fn short_name(checks: &mut Checks, path: String, name: &str) {
    if !is_short_name(name) {
        checks.tell(path, format!("`{name}` is no short name; use lower-case letters, digits and single dashes"));
    }
}
