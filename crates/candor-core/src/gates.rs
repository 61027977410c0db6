//! What must be on record before a step: what is missing, who could mend it, and who may pass without it.

use crate::access::{Actor, Allowed, Role};
use crate::case::Case;
use crate::command::Command;
use crate::decide::{MESSAGE_LIMIT, text as required};
use crate::event::{Event, FixKind};
use crate::id::MemberId;
use crate::policy::{CaseField, Gate, Need, Policy, Step};
use crate::refusal::{GateRefusal, Missing, Refusal};
use candor_formats::identifiers::is_cve;

/// Asks every gate of the policy before `step`.
///
/// # Errors
/// [`Refusal::Gate`] with everything that is missing.
pub fn pass(case: &Case, policy: &Policy, step: Step, actor: Option<&MemberId>) -> Result<(), Refusal> {
    match missing(case, policy, step, actor) {
        Some(refusal) => Err(Refusal::Gate(refusal)),
        None => Ok(()),
    }
}

/// Asks the gates before the steps that have no other condition of their own than these. The rooms of the others ask them
/// after what is wrong with the answers was said.
pub(crate) fn before(case: &Case, policy: &Policy, allowed: &Allowed<'_>) -> Result<(), Refusal> {
    // Whatever answers the reporter first acknowledges the report.
    let first_answer = matches!(
        allowed.command(),
        Command::Answer { .. }
            | Command::Ask { .. }
            | Command::ProposeEmbargo { .. }
            | Command::Confirm { .. }
            | Command::Reject { .. }
            | Command::OutOfScope { .. }
            | Command::Duplicate { .. }
            | Command::ScannerOutput { .. }
            | Command::Dismiss { .. }
            | Command::AnswerAll { .. }
            | Command::Merge { .. }
            | Command::Split { .. }
    );
    if first_answer && !case.marks.iter().any(|mark| mark.moment == crate::policy::Moment::Acknowledgement) {
        pass(case, policy, Step::Acknowledge, allowed.member())?;
    }
    let step = match allowed.command() {
        Command::Acknowledge { .. } => Step::Acknowledge,
        Command::Rate { .. } => Step::Rate,
        Command::ProposeEmbargo { .. } => Step::Embargo,
        Command::RecordFix { .. } | Command::DecideVersions { .. } => Step::Fix,
        Command::Reopen { .. } => Step::Reopen,
        _ => return Ok(()),
    };
    pass(case, policy, step, allowed.member())
}

/// The step that an event took; an override for it is used up then.
pub fn step_of(event: &Event) -> Option<Step> {
    Some(match event {
        Event::Acknowledged { .. } => Step::Acknowledge,
        Event::Confirmed { .. } => Step::Confirm,
        Event::Dismissed { .. } => Step::Reject,
        Event::Rated { .. } => Step::Rate,
        Event::EmbargoProposed { .. } => Step::Embargo,
        Event::FixRecorded { .. } => Step::Fix,
        Event::AdvisoryApproved { .. } => Step::Approve,
        Event::PublicationOrdered { .. } => Step::Order,
        Event::Published { .. } => Step::Publish,
        Event::Closed { .. } => Step::Close,
        Event::Reopened { .. } | Event::VerdictUndone { .. } => Step::Reopen,
        _ => return None,
    })
}

/// What is missing before `step`; `None` when nothing is. Pages show it beside the act.
pub fn missing(case: &Case, policy: &Policy, step: Step, actor: Option<&MemberId>) -> Option<GateRefusal> {
    let mut missing: Vec<Missing> = Vec::new();
    for gate in policy.gates.iter().filter(|gate| gate.before == step) {
        if let Some(found) = unmet(case, policy, gate, actor) {
            // Two gates can lack the same thing; it is told once.
            if missing.iter().all(|told| told.what != found.what) {
                missing.push(found);
            }
        }
    }
    (!missing.is_empty()).then(|| GateRefusal { step: verb(step), missing })
}

/// Whether what one gate asks for is on record, or somebody passed it with a reason, for `actor` as the one who takes the
/// step.
pub fn is_passed(case: &Case, policy: &Policy, gate: &Gate, actor: Option<&MemberId>) -> bool {
    unmet(case, policy, gate, actor).is_none()
}

/// Whether a member passed this gate without what it asks for, and the step was not taken since.
pub fn is_overridden(case: &Case, gate: &Gate) -> bool {
    case.overrides.iter().any(|known| known.step == gate.before && known.gate == gate.needs && !known.used)
}

/// Puts on record that the next step of its kind is taken without what a gate asks for. Only where the policy allows it,
/// and never without a reason.
pub(crate) fn overrule(
    case: &Case,
    policy: &Policy,
    allowed: &Allowed<'_>,
    step: Step,
    needs: Need,
    reason: &str,
) -> Result<Vec<Event>, Refusal> {
    let Some(gate) = policy.gates.iter().find(|gate| gate.before == step && gate.needs == needs) else {
        return Err(Refusal::Field {
            field: "gate",
            problem: format!("the policy asks for no `{}` before `{}`", needs.name(), step.name()),
        });
    };
    let Some(role) = gate.override_role() else {
        return Err(Refusal::NoOverride { step: verb(step), gate: words(needs) });
    };
    if !allowed.actor().may(&case.program, role) {
        return Err(Refusal::Field {
            field: "gate",
            problem: "the policy leaves this to a coordinator; ask one of them".into(),
        });
    }
    if is_passed(case, policy, gate, allowed.member()) {
        return Err(Refusal::Field {
            field: "gate",
            problem: "what this gate asks for is on record; the step is open to you".into(),
        });
    }
    Ok(vec![Event::GateOverridden { step, gate: needs, reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

/// A step as a verb.
pub fn verb(step: Step) -> &'static str {
    match step {
        Step::Acknowledge => "acknowledge",
        Step::Confirm => "confirm",
        Step::Reject => "reject",
        Step::Rate => "rate the severity",
        Step::Embargo => "propose a disclosure date",
        Step::Fix => "record a fix",
        Step::Approve => "approve",
        Step::Order => "order the publication",
        Step::Publish => "publish",
        Step::Close => "close",
        Step::Reopen => "take the case up again",
    }
}

/// What a gate asks for, in a few words.
pub fn words(need: Need) -> &'static str {
    match need {
        Need::Verification => "A verification",
        Need::AnotherMember => "Another member than the one who verified",
        Need::TwoMembersDiscussed => "Different members discussed the next steps",
        Need::Approvals => "The advisory approved by different members",
        Need::SimilarProblemsAudit => "The audit for similar problems",
        Need::DecisionPerVersion => "A decision for every supported version",
        Need::Remediation => "A fix or another remediation",
        Need::Severity => "A rating",
        Need::Fields => "What the policy wants filled in",
        Need::SecondApprover => "An approver who is not the author",
        Need::CreditAsked => "The reporter asked about credit",
        Need::CreditAnswered => "The reporter's answer about credit",
        Need::Timeline => "A disclosure timeline",
        Need::EmbargoAgreed => "A disclosure date that the reporter agreed to",
        Need::Checklist => "A checklist ticked off",
    }
}

/// What one gate lacks.
struct Lack {
    what: String,
    mend: String,
    command: &'static str,
    role: Option<Role>,
    except: Vec<MemberId>,
}

impl Lack {
    /// Something any member can mend by a command.
    fn new(what: impl Into<String>, mend: impl Into<String>, command: &'static str) -> Option<Self> {
        let role = match command {
            "record-fix" => Role::Developer,
            "approve-advisory" => Role::Approver,
            _ => Role::Analyst,
        };
        Some(Self { what: what.into(), mend: mend.into(), command, role: Some(role), except: Vec::new() })
    }

    /// Not by these members.
    fn except(self, except: impl IntoIterator<Item = MemberId>) -> Self {
        Self { except: except.into_iter().collect(), ..self }
    }

    fn role(self, role: impl Into<Option<Role>>) -> Self {
        Self { role: role.into(), ..self }
    }
}

fn unmet(case: &Case, policy: &Policy, gate: &Gate, actor: Option<&MemberId>) -> Option<Missing> {
    let asked =
        gate.severities.is_empty() || case.severity().is_none_or(|severity| gate.severities.contains(&severity));
    if !asked || is_overridden(case, gate) {
        return None;
    }
    let Lack { what, mend, command, role, except } = lacks(case, policy, gate, actor)?;
    let (because, may_override) = (gate.because.clone(), gate.override_role());
    Some(Missing { gate: gate.needs, what, mend, command, role, except, because, may_override })
}

/// What one gate lacks, and who could mend it.
fn lacks(case: &Case, policy: &Policy, gate: &Gate, actor: Option<&MemberId>) -> Option<Lack> {
    let step = gate.before;
    match gate.needs {
        Need::Verification if case.verifications.is_empty() => Lack::new(
            "Nobody has recorded a verification",
            "Any member of the team can try it and record what they found",
            "verify",
        ),
        Need::AnotherMember if case.verifications.is_empty() => Lack::new(
            "Nobody has recorded a verification",
            "Any other member of the team can record one; then this step is open to those who did not verify",
            "verify",
        )
        .map(|lack| lack.except(actor.cloned())),
        Need::AnotherMember if !case.verifications.iter().any(|record| Some(&record.by) != actor) => Lack::new(
            format!("Another member than the one who verified has to {}", verb(step)),
            "Any other member of the team can do it",
            step.command(),
        )
        .map(|lack| lack.role(step.role()).except(actor.cloned())),
        Need::TwoMembersDiscussed if case.discussed_by.len() < gate.quorum() => {
            let (what, mend) = match (case.discussed_by.len(), gate.quorum()) {
                (0, 2) => (
                    "No member is on record as having discussed the next steps".to_owned(),
                    "Two members have to record it",
                ),
                (1, 2) => (
                    "Only one member is on record as having discussed the next steps".to_owned(),
                    "Any other member of the team can record it",
                ),
                (so_far, quorum) => (
                    format!("{so_far} of {quorum} members are on record as having discussed the next steps"),
                    "Any other member of the team can record it",
                ),
            };
            Lack::new(what, mend, "discuss").map(|lack| lack.except(case.discussed_by.iter().cloned()))
        }
        Need::Approvals if case.advisory.approvals.len() < gate.quorum() => Lack::new(
            format!("{} of {} members have approved the advisory", case.advisory.approvals.len(), gate.quorum()),
            "Any other member of the team can read and approve it",
            "approve-advisory",
        )
        .map(|lack| lack.except(case.advisory.approvals.iter().cloned())),
        Need::SimilarProblemsAudit if case.audits.is_empty() => Lack::new(
            "The code has not been audited for similar problems",
            "Any member of the team can record where they looked and what they found",
            "record-audit",
        ),
        Need::DecisionPerVersion => undecided(case, policy),
        Need::Remediation if !case.is_remedied() => Lack::new(
            "No fix, countermeasure or workaround is in force",
            "Any member of the team can record it once it is released",
            "record-fix",
        ),
        Need::Severity if case.rating.is_none() => {
            Lack::new("The severity is not rated", "Any member of the team can rate it", "rate")
        }
        Need::Fields => unfilled(case, gate),
        Need::SecondApprover => {
            let author = case.advisory.author.as_ref();
            let other = |member: &MemberId| Some(member) != author;
            let approved = match step {
                Step::Approve => actor.is_some_and(other),
                _ => case.advisory.approvals.iter().any(other),
            };
            if author.is_some() && approved {
                return None;
            }
            Lack::new(
                "Somebody other than its last author has to approve the advisory",
                "Any other member of the team can do it",
                "approve-advisory",
            )
            .map(|lack| lack.except(author.cloned()))
        }
        Need::CreditAsked if !case.credit_asked && !case.reports.iter().all(|report| report.erased) => Lack::new(
            "The reporter has not been asked how they wish to be credited",
            "Any member of the team can ask; the reporter need not have answered",
            "ask-credit",
        ),
        Need::CreditAnswered if case.reports.iter().any(|report| report.credit.is_none() && !report.erased) => {
            let what = "The reporter has not said how they wish to be credited";
            if case.credit_asked {
                Lack::new(what, "They were asked; the reporter can answer on the page behind the receipt", "")
                    .map(|lack| lack.role(None))
            } else {
                Lack::new(what, "Any member of the team can ask, and the reporter answers", "ask-credit")
            }
        }
        Need::Timeline if case.embargo.is_none() => Lack::new(
            "No disclosure timeline is on record",
            "A coordinator can propose a date to the reporter",
            "propose-embargo",
        )
        .map(|lack| lack.role(Role::Coordinator)),
        Need::EmbargoAgreed if case.embargo_agreed.is_none() => {
            let what = "The reporter has not agreed to a disclosure date";
            match &case.embargo {
                Some(embargo) if !embargo.agreed && !declined(case) => {
                    Lack::new(what, "A date is proposed; the reporter can agree on the page behind the receipt", "")
                        .map(|lack| lack.role(None))
                }
                _ => Lack::new(what, "A coordinator can propose a date, and the reporter agrees", "propose-embargo")
                    .map(|lack| lack.role(Role::Coordinator)),
            }
        }
        Need::Checklist => unticked(case, policy, gate),
        _ => None,
    }
}

/// What is left of a checklist.
fn unticked(case: &Case, policy: &Policy, gate: &Gate) -> Option<Lack> {
    let left = crate::checklists::left(case, policy, gate.checklist.as_deref());
    let told = |view: &crate::checklists::View<'_>| {
        let open: Vec<&str> = view.items.iter().filter(|(_, ticked)| ticked.is_none()).map(|(item, _)| *item).collect();
        format!("“{}”: {}", view.rule.heading(), open.join("; "))
    };
    let words: Vec<String> = left.iter().map(told).collect();
    if words.is_empty() {
        return None;
    }
    let what = format!("Not ticked off yet in {}", words.join(", "));
    Lack::new(what.trim_end_matches('.'), "Any member of the team can tick it off", "tick-items")
}

/// Whether the reporter declined the date proposed last.
fn declined(case: &Case) -> bool {
    case.history.iter().rev().find_map(|entry| match entry.what {
        Event::EmbargoDeclined { .. } => Some(true),
        Event::EmbargoProposed { .. } => Some(false),
        _ => None,
    }) == Some(true)
}

/// Parts of the case that are still empty.
fn unfilled(case: &Case, gate: &Gate) -> Option<Lack> {
    let open: Vec<CaseField> = gate.fields.iter().copied().filter(|field| !is_filled(case, *field)).collect();
    let command = match open.first()? {
        CaseField::Holder => "assign",
        CaseField::Product | CaseField::Component | CaseField::Cve => "describe",
        CaseField::Severity => "rate",
        CaseField::Weakness => "set-weakness",
        _ => "draft-advisory",
    };
    let names: Vec<&str> = open.iter().map(|field| label(*field)).collect();
    Lack::new(format!("Not filled in yet: {}", names.join(", ")), "Any member of the team can fill it in", command)
}

/// A part of a case in words.
pub fn label(field: CaseField) -> &'static str {
    match field {
        CaseField::Holder => "who holds the case",
        CaseField::Product => "the product",
        CaseField::Component => "the component",
        CaseField::Severity => "the severity",
        CaseField::Weakness => "the weakness",
        CaseField::Cve => "a CVE identifier",
        CaseField::Details => "the advisory's details",
        CaseField::Impact => "what an attacker gains, in the advisory",
        CaseField::Conditions => "what exploitation needs, in the advisory",
        CaseField::Workaround => "a workaround",
        CaseField::AffectedVersions => "the affected versions, in the advisory",
        CaseField::References => "a reference, in the advisory",
    }
}

fn is_filled(case: &Case, field: CaseField) -> bool {
    let some = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.trim().is_empty());
    let draft = case.advisory.draft.as_ref();
    let written = |text: Option<&String>| text.is_some_and(|text| !text.trim().is_empty());
    match field {
        CaseField::Holder => case.assignee.is_some(),
        CaseField::Product => some(&case.product),
        CaseField::Component => some(&case.component),
        CaseField::Severity => case.rating.is_some(),
        CaseField::Weakness => case.cwe.is_some(),
        CaseField::Cve => {
            case.aliases.iter().chain(draft.iter().flat_map(|draft| &draft.aliases)).any(|alias| is_cve(alias.trim()))
        }
        CaseField::Details => written(draft.map(|draft| &draft.details)),
        CaseField::Impact => written(draft.map(|draft| &draft.impact)),
        CaseField::Conditions => written(draft.map(|draft| &draft.conditions)),
        CaseField::Workaround => {
            written(draft.map(|draft| &draft.workaround))
                || case.fixes.iter().any(|fix| fix.kind == FixKind::Workaround)
        }
        CaseField::AffectedVersions => draft.is_some_and(|draft| {
            draft.products.iter().any(|product| {
                [&product.introduced, &product.fixed, &product.last_affected].iter().any(|text| !text.trim().is_empty())
            })
        }),
        CaseField::References => draft.is_some_and(|draft| !draft.references.is_empty()),
    }
}

/// Supported versions without a fix or a decision. Branches whose support had ended when the case was opened need none.
fn undecided(case: &Case, policy: &Policy) -> Option<Lack> {
    let mend = "Any member of the team can record a fix, or that the version is not affected or will not be fixed";
    let open = crate::remediation::undecided(case, policy);
    match open.as_deref() {
        None => None,
        Some([]) => Lack::new("The latest release has no fix and no decision on record", mend, "record-fix"),
        Some(open) => {
            Lack::new(format!("These versions have no fix and no decision: {}", open.join(", ")), mend, "record-fix")
        }
    }
}

/// Whether an actor could bring what is missing.
pub fn could_mend(actor: &Actor, case: &Case, missing: &Missing) -> bool {
    let Some(needs) = missing.role else { return false };
    actor.may(&case.program, needs) && actor.member().is_some_and(|member| !missing.except.contains(member))
}
