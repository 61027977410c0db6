//! Whether parts of a policy fit each other: promises that outlive what ends them, bells and names that stand twice, texts
//! that say nothing.

use super::check::Checks;
use super::check_time::{ends_the_case, longer};
use super::{Moment, Policy, Promise, PromiseKind};
use std::collections::BTreeSet;

/// Longest name of a program or a role, in characters.
const NAME: usize = 200;

/// Everything that does not fit.
pub(super) fn check(policy: &Policy, checks: &mut Checks) {
    outlived(policy, checks);
    promises(policy, checks);
    texts(policy, checks);
    twice(policy, checks);
    lengths(policy, checks);
    owners(policy, checks);
}

/// Rules that put roles on cases of products that the policy does not have.
fn owners(policy: &Policy, checks: &mut Checks) {
    for (index, rule) in policy.access.owners.iter().enumerate() {
        let known = |name: &str| name == "*" || policy.scope.products.iter().any(|product| product.name == name);
        for name in rule.products.iter().filter(|name| !known(name)) {
            checks.tell(
                format!("access.owners[{index}].products"),
                format!("`{name}` is no product of this policy; write its name as under [[scope.products]], or `*`"),
            );
        }
        if rule.products.is_empty() || rule.roles.is_empty() {
            checks.tell(format!("access.owners[{index}]"), "name at least one product and one role".to_owned());
        }
    }
    if policy.access.first_look.is_empty() {
        checks.tell(
            "access.first_look".to_owned(),
            "name at least one role, or new reports are read by nobody".to_owned(),
        );
    }
}

/// Promises that would never fall due, because another one is kept before and settles them.
fn outlived(policy: &Policy, checks: &mut Checks) {
    let together = |a: &Promise, b: &Promise| {
        a.starts == b.starts
            && a.when_exploited == b.when_exploited
            && (b.severities.is_empty() || a.severities.iter().any(|severity| b.severities.contains(severity)))
    };
    for (index, promise) in policy.promises.iter().enumerate().filter(|(_, promise)| !promise.repeats) {
        let other = policy.promises.iter().find(|other| {
            let settles = match promise.kept_by {
                Moment::Acknowledgement => {
                    matches!(other.kept_by, Moment::NextSteps | Moment::Verdict | Moment::Resolution)
                }
                Moment::NextSteps => matches!(other.kept_by, Moment::Verdict | Moment::Resolution),
                kept_by if ends_the_case(kept_by) && kept_by != Moment::Verdict => false,
                Moment::Submission | Moment::On(_) => false,
                _ => other.kept_by == Moment::Resolution,
            };
            // A target can be missed, and lengths on different calendars or per severity are not compared.
            let binds = other.kind == PromiseKind::Commitment
                && promise.calendar == other.calendar
                && promise.within_by_severity.is_empty()
                && other.within_by_severity.is_empty();
            settles && binds && together(promise, other) && longer(promise.within, other.within)
        });
        if let Some(other) = other {
            checks.tell(
                format!("promises[{index}].within"),
                format!(
                    "`{}` within {} comes before this, within {}, and settles it; it would never fall due",
                    other.name, other.within, promise.within
                ),
            );
        }
    }
}

fn promises(policy: &Policy, checks: &mut Checks) {
    for (index, promise) in policy.promises.iter().enumerate() {
        if promise.members > 1 && ends_the_case(promise.kept_by) {
            checks.tell(
                format!("promises[{index}].members"),
                format!("what keeps it is done once in a case, by one member; {} never do it", promise.members),
            );
        }
        for (step, bell) in promise.escalate.iter().enumerate() {
            if promise.escalate[..step].contains(bell) {
                checks.tell(
                    format!("promises[{index}].escalate[{step}]"),
                    format!("`{}` is told at this instant already; leave one out", bell.to),
                );
            }
        }
    }
}

fn texts(policy: &Policy, checks: &mut Checks) {
    if policy.program.name.chars().count() > NAME {
        checks.tell("program.name", format!("the name is longer than {NAME} characters; shorten it"));
    }
    let lists: [(&str, &Vec<String>); 4] = [
        ("channels.never", &policy.channels.never),
        ("disclosure.conditions", &policy.disclosure.conditions),
        ("disclosure.process", &policy.disclosure.process),
        ("credit.appears_in", &policy.credit.appears_in),
    ];
    for (place, list) in lists {
        for (index, text) in list.iter().enumerate() {
            if text.trim().is_empty() {
                checks.tell(format!("{place}[{index}]"), "this says nothing; write a sentence, or leave it out");
            } else if list[..index].contains(text) {
                checks.tell(format!("{place}[{index}]"), "this stands here twice; leave one out");
            }
        }
    }
    for (index, out) in policy.scope.out.iter().enumerate() {
        if out.instead.as_ref().is_some_and(|instead| instead.trim().is_empty()) {
            checks.tell(format!("scope.out[{index}].instead"), "say where to go instead, or leave it out");
        }
    }
    for (index, version) in policy.versions.supported.iter().enumerate() {
        checks.filled(format!("versions.supported[{index}].branch"), &version.branch, "the branch, like \"4.x\"");
    }
    for (index, product) in policy.scope.products.iter().enumerate() {
        for (at, pattern) in product.repositories.iter().enumerate() {
            let place = format!("scope.products[{index}].repositories[{at}]");
            if pattern.contains("://") {
                checks.tell(place, format!("write `{pattern}` without https://, like github.com/name/*"));
            } else if pattern.trim().is_empty() || pattern.contains(char::is_whitespace) {
                checks.tell(place, format!("`{pattern}` is no repository; write it like github.com/name/*"));
            }
        }
    }
    let links = policy.program.links.iter().enumerate().map(|(i, link)| (format!("program.links[{i}].text"), link));
    let also = policy.channels.also.iter().enumerate().map(|(i, link)| (format!("channels.also[{i}].text"), link));
    let portal = policy.channels.portal.iter().map(|link| ("channels.portal.text".to_owned(), link));
    let team = policy.program.team.iter().map(|link| ("program.team.text".to_owned(), link));
    for (place, link) in links.chain(also).chain(portal).chain(team) {
        checks.filled(place, &link.text, "the words of the link");
    }
}

fn twice(policy: &Policy, checks: &mut Checks) {
    fn repeated<T: PartialEq + std::fmt::Debug>(checks: &mut Checks, place: &str, list: &[T]) {
        for (index, item) in list.iter().enumerate() {
            if list[..index].contains(item) {
                let name = format!("{item:?}").to_lowercase();
                checks.tell(format!("{place}[{index}]"), format!("`{}` stands here twice", name.trim_matches('"')));
            }
        }
    }
    repeated(checks, "calendar.working_days", &policy.calendar.working_days);
    repeated(checks, "severity.always", &policy.severity.always);
    repeated(checks, "severity.when_small", &policy.severity.when_small);
    repeated(checks, "credit.fields", &policy.credit.fields);
    repeated(checks, "report.languages", &policy.report.languages);
    for (index, promise) in policy.promises.iter().enumerate() {
        repeated(checks, &format!("promises[{index}].severities"), &promise.severities);
    }
    for (index, product) in policy.scope.products.iter().enumerate() {
        repeated(checks, &format!("scope.products[{index}].components"), &product.components);
    }
    for (index, question) in policy.report.questions.iter().enumerate() {
        let place = format!("report.questions[{index}].choices");
        repeated(checks, &place, &question.choices);
        if question.choices.len() == 1 {
            checks.tell(place, "one choice is none; name another, or ask for a tick with kind = \"yes-no\"");
        }
    }
    let mut asked = BTreeSet::new();
    for question in &policy.report.questions {
        if !asked.insert(question.label.trim().to_lowercase()) && !question.label.trim().is_empty() {
            let at = policy.report.questions.iter().rposition(|other| other.label == question.label).unwrap_or(0);
            checks.tell(format!("report.questions[{at}].label"), "this question is asked twice; leave one out");
        }
    }
}

/// Lengths of time that are none.
fn lengths(policy: &Policy, checks: &mut Checks) {
    let disclosure = &policy.disclosure;
    let mut some = vec![
        ("disclosure.embargo".to_owned(), disclosure.embargo, "leave it out when there is none"),
        ("disclosure.embargo_limit".to_owned(), disclosure.embargo_limit, "nobody could ever agree a date"),
        ("dependencies.cycle".to_owned(), policy.dependencies.cycle, "say how often, or leave it out"),
    ];
    for (index, promise) in policy.promises.iter().enumerate() {
        some.push((
            format!("promises[{index}].wait_limit"),
            promise.wait_limit,
            "a wait of no time holds nothing; write waits_for_reporter = false",
        ));
    }
    for (place, length, next) in some {
        if length.is_some_and(|length| length.amount == 0) {
            checks.tell(place, format!("this is no time at all; {next}"));
        }
    }
}
