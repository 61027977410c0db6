//! What a case needs next, and the command for it: the acts that a careful team would take, in their order.

use super::{Assumptions, world::Truth};
use crate::case::{Case, State};
use crate::command::Command;
use crate::event::{AdvisoryDraft, AffectedProduct, FixKind, VerificationFacts, VerificationResult};
use crate::id::MemberId;
use crate::policy::{Moment, Policy, Step};
use crate::promises::{Clock, Status};
use crate::{gates, remediation};
use candor_formats::cvss::Severity;
use jiff::{SignedDuration, Timestamp};

/// Something to do.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Task {
    Acknowledge,
    News,
    NextSteps,
    Ask,
    Verify,
    Exploitation,
    Confirm,
    Reject,
    Rate,
    Weakness,
    Describe,
    Hold,
    Discuss,
    Timeline,
    Fix(String),
    Audit,
    AskCredit,
    Draft,
    Approve,
    Publish,
}

/// What stands in the way of a case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Next {
    /// This can be done now.
    Do(Task),
    /// Another member has to act.
    Another,
    /// The reporter or a date has to come.
    Wait,
    /// Nothing that the forecast knows would help.
    Stuck(String),
    /// Nothing is left to do.
    Done,
}

/// How long before its due date news is written.
const AHEAD: SignedDuration = SignedDuration::from_hours(4 * 24);

/// What a member can do for a case now.
pub(super) fn next(
    case: &Case,
    policy: &Policy,
    truth: &Truth,
    clocks: &[Clock],
    member: &MemberId,
    now: Timestamp,
) -> Next {
    if !case.state.is_open() {
        return Next::Done;
    }
    if !case.marks.iter().any(|mark| mark.moment == Moment::Acknowledgement) {
        return through(case, policy, Step::Acknowledge, member, Task::Acknowledge);
    }
    let pressing = |moment: Moment, ahead: SignedDuration| {
        clocks.iter().any(|clock| {
            policy.promise(&clock.promise).is_some_and(|promise| promise.kept_by == moment)
                && !matches!(clock.status, Status::Paused { .. })
                // Half of the time passes at least before somebody says again that there is nothing new.
                && clock.due.duration_since(now) < ahead.min(clock.due.duration_since(clock.started_at) / 2)
        })
    };
    if pressing(Moment::Message, AHEAD) {
        return Next::Do(Task::News);
    }
    let looked_at = !case.verifications.is_empty();
    if pressing(Moment::NextSteps, if looked_at { SignedDuration::from_hours(10_000) } else { AHEAD }) {
        return Next::Do(Task::NextSteps);
    }
    if let Some(since) = case.waiting_since
        && now.duration_since(since) < SignedDuration::from_hours(14 * 24)
    {
        return Next::Wait;
    }
    if truth.asked && !truth.was_asked {
        return Next::Do(Task::Ask);
    }
    if matches!(case.state, State::New | State::Triage) {
        if !looked_at {
            return Next::Do(Task::Verify);
        }
        if truth.exploited && !case.exploited {
            return Next::Do(Task::Exploitation);
        }
        return if truth.valid {
            through(case, policy, Step::Confirm, member, Task::Confirm)
        } else {
            through(case, policy, Step::Reject, member, Task::Reject)
        };
    }
    if case.rating.is_none() {
        return through(case, policy, Step::Rate, member, Task::Rate);
    }
    let mut another = false;
    for clock in clocks {
        let Some(promise) = policy.promise(&clock.promise) else { continue };
        match promise.kept_by {
            Moment::Discussion if case.discussed_by.len() < usize::from(promise.members) => {
                if !case.discussed_by.contains(member) {
                    return Next::Do(Task::Discuss);
                }
                another = true;
            }
            Moment::Timeline if case.embargo.is_none() => {
                return through(case, policy, Step::Embargo, member, Task::Timeline);
            }
            _ => {}
        }
    }
    if another && case.is_remedied() {
        return Next::Another;
    }
    if let Some(open) = remediation::undecided(case, policy) {
        return through(case, policy, Step::Fix, member, Task::Fix(open.first().cloned().unwrap_or_default()));
    }
    if case.advisory.draft.is_none() {
        return Next::Do(Task::Draft);
    }
    if case.advisory.approved_by.is_none() {
        return through(case, policy, Step::Approve, member, Task::Approve);
    }
    if case.advisory.order.is_some() {
        return Next::Wait;
    }
    match through(case, policy, Step::Order, member, Task::Publish) {
        Next::Do(Task::Publish) => through(case, policy, Step::Publish, member, Task::Publish),
        other => other,
    }
}

/// A step, or what its gates ask for first.
fn through(case: &Case, policy: &Policy, step: Step, member: &MemberId, task: Task) -> Next {
    let Some(refusal) = gates::missing(case, policy, step, Some(member)) else { return Next::Do(task) };
    let mut found = Next::Stuck(String::new());
    for missing in refusal.missing {
        let own = match missing.command {
            "verify" => Task::Verify,
            "discuss" => Task::Discuss,
            "approve-advisory" if case.advisory.draft.is_none() => Task::Draft,
            "approve-advisory" => Task::Approve,
            "record-audit" => Task::Audit,
            "record-fix" => {
                let open = remediation::undecided(case, policy).unwrap_or_default();
                Task::Fix(open.first().cloned().unwrap_or_default())
            }
            "rate" => Task::Rate,
            "ask-credit" => Task::AskCredit,
            "propose-embargo" => Task::Timeline,
            "describe" => Task::Describe,
            "assign" => Task::Hold,
            "set-weakness" => Task::Weakness,
            "draft-advisory" if case.advisory.draft.is_none() => Task::Draft,
            "confirm" | "reject" => task.clone(),
            "" => {
                found = Next::Wait;
                continue;
            }
            _ => {
                found = Next::Stuck(missing.what);
                continue;
            }
        };
        if missing.except.contains(member) {
            if !matches!(found, Next::Wait) {
                found = Next::Another;
            }
            continue;
        }
        return Next::Do(own);
    }
    found
}

/// Minutes that a task takes.
pub(super) fn minutes(task: &Task, truth: &Truth, assumptions: &Assumptions) -> f64 {
    let minutes = &assumptions.minutes;
    match task {
        Task::Acknowledge
        | Task::News
        | Task::NextSteps
        | Task::Ask
        | Task::AskCredit
        | Task::Timeline
        | Task::Hold => minutes.message,
        Task::Verify => truth.verify,
        Task::Confirm | Task::Reject => minutes.verdict,
        Task::Rate | Task::Weakness | Task::Describe | Task::Discuss | Task::Approve | Task::Exploitation => {
            minutes.review
        }
        Task::Fix(_) => truth.fix,
        Task::Audit => minutes.audit,
        Task::Draft => minutes.advisory,
        Task::Publish => minutes.message,
    }
}

/// The command of a task.
pub(super) fn command(
    task: &Task,
    case: &Case,
    policy: &Policy,
    truth: &Truth,
    member: &MemberId,
    now: Timestamp,
) -> Command {
    let text = || "Drawn.".to_owned();
    match task {
        Task::Acknowledge => Command::Acknowledge { text: text() },
        Task::News => Command::Answer { text: text(), files: Vec::new(), next_steps: false },
        Task::NextSteps => Command::Answer { text: text(), files: Vec::new(), next_steps: true },
        Task::Ask => Command::Ask { text: text(), files: Vec::new() },
        Task::Verify => Command::Verify {
            facts: VerificationFacts {
                environment: text(),
                result: if truth.valid { VerificationResult::Reproduced } else { VerificationResult::NotReproduced },
                conditions: text(),
                impact: text(),
            },
        },
        Task::Exploitation => Command::KnowExploitation { ground: text(), aware_at: None },
        Task::Confirm => Command::Confirm { text: text() },
        Task::Reject => match (truth.duplicate, truth.out_of_scope, policy.scope.out.first()) {
            (true, ..) => Command::Duplicate { of: None, text: text() },
            (_, true, Some(out)) => {
                Command::OutOfScope { clause: out.clause.clone(), instead: String::new(), text: text() }
            }
            _ => Command::Reject { text: text() },
        },
        Task::Rate => {
            let severity = Some(policy.severity.nearest(truth.severity));
            Command::Rate { vectors: Vec::new(), severity, level: None, why: String::new() }
        }
        Task::Weakness => Command::SetWeakness { cwe: 79 },
        Task::Describe => Command::Describe {
            title: case.title.clone(),
            product: Some(product(policy)),
            component: Some("drawn".into()),
            aliases: vec!["CVE-2027-0001".into()],
        },
        Task::Hold => Command::Assign { to: Some(member.clone()) },
        Task::Discuss => Command::Discuss { text: text() },
        Task::Timeline => Command::ProposeEmbargo { until: embargo(case, policy, now), text: text() },
        Task::Fix(branch) => Command::RecordFix {
            branch: branch.clone(),
            kind: FixKind::Patch,
            version: Some("1.0.1".into()),
            url: None,
            details: String::new(),
        },
        Task::Audit => Command::RecordAudit { looked: text(), found: text() },
        Task::AskCredit => Command::AskCredit,
        Task::Draft => Command::DraftAdvisory {
            draft: Box::new(AdvisoryDraft {
                title: text(),
                summary: text(),
                details: text(),
                impact: text(),
                conditions: text(),
                workaround: text(),
                products: vec![AffectedProduct {
                    name: product(policy),
                    fixed: "1.0.1".into(),
                    ..AffectedProduct::default()
                }],
                references: vec!["https://example.org/drawn".into()],
                ..AdvisoryDraft::default()
            }),
        },
        Task::Approve => Command::ApproveAdvisory { revision: case.advisory.revision },
        Task::Publish => Command::Publish { at: None },
    }
}

fn product(policy: &Policy) -> String {
    policy.scope.products.first().map_or_else(|| policy.program.name.clone(), |product| product.name.clone())
}

/// The date that a team proposes: the policy's own length, never past its limit.
fn embargo(case: &Case, policy: &Policy, now: Timestamp) -> Timestamp {
    let Ok(calendar) = policy.calendar() else { return now };
    let rules = &policy.disclosure;
    let until = |length| calendar.due(case.opened_at, length, &[]);
    let proposed = rules.embargo.or(rules.embargo_limit).map_or(now + SignedDuration::from_hours(30 * 24), until);
    let least = now + SignedDuration::from_hours(1);
    let most = rules.embargo_limit.map_or(Timestamp::MAX, until);
    proposed.max(least).min(most)
}

/// The severity of a drawn index.
pub(super) fn severity(index: usize) -> Severity {
    [Severity::Critical, Severity::High, Severity::Medium, Severity::Low][index.min(3)]
}
