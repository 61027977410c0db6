//! The acts on a case: which are offered, the form of each, and its sending. An act is one command of the core.

use super::case::{self as page, Typed};
use super::fields::{command, groups};
use super::{Names, Opened, People, history, html, may_write, opened, publication, shell};
use crate::accounts::roster;
use crate::accounts::token::Beyond;
use crate::app::App;
use crate::error::Error;
use crate::execute::{execute, rehearse};
use crate::web::forms::{self, Form};
use crate::web::session::{Member, Rejection};
use crate::web::views::case::{ActForm, GatedAct};
use crate::web::views::parts::{Group, problems};
use crate::web::views::{Link, Problem};
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use candor_core::access::Role;
use candor_core::case::{Case, State as CaseState};
use candor_core::command::Command;
use candor_core::dialogue::mentioned;
use candor_core::disclosure::waits_for_fix;
use candor_core::event::Event;
use candor_core::id::ProgramSlug;
use candor_core::policy::{Gate, Moment, Need, Policy, PublishOn, Step, diff};
use candor_core::promises;
use candor_core::refusal::{Missing, Refusal};
use candor_core::{checklists, gates, planning, standing, versions};

macro_rules! kinds {
    ($($kind:ident $name:literal $label:literal $submit:literal),* $(,)?) => {
        /// An act on a case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[allow(missing_docs)]
        pub enum Kind { $($kind),* }

        impl Kind {
            /// Every act.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// Name in the address; the command's.
            pub fn name(self) -> &'static str {
                match self { $(Kind::$kind => $name),* }
            }

            /// What it does.
            pub fn label(self) -> &'static str {
                match self { $(Kind::$kind => $label),* }
            }

            /// Words on its button.
            pub fn submit(self) -> &'static str {
                match self { $(Kind::$kind => $submit),* }
            }
        }
    };
}

kinds! {
    Acknowledge "acknowledge" "Acknowledge the report" "Send the acknowledgement",
    Assign "assign" "Assign the case" "Assign the case",
    Answer "answer" "Write to the reporter" "Send to the reporter",
    Ask "ask" "Ask the reporter" "Ask and wait for the answer",
    Note "note" "Write a note for the team" "Save the note for the team",
    Describe "describe" "Set title, product and identifiers" "Save the description",
    Verify "verify" "Record a verification" "Record the verification",
    Discuss "discuss" "Record that you discussed the next steps" "Put it on record",
    Confirm "confirm" "Confirm the report" "Confirm the report",
    Reject "reject" "Reject the report" "Reject the report",
    OutOfScope "out-of-scope" "Mark as out of scope" "Mark as out of scope",
    Redirect "redirect" "Send the reporter on" "Send the reporter on",
    NotAVulnerability "not-a-vulnerability" "Mark as known to be no vulnerability" "Mark as no vulnerability",
    EstimateEffort "estimate-effort" "Estimate the effort" "Save the estimate",
    Decide "decide" "Decide when it is mended" "Put the decision on record",
    AssessDependency "assess-dependency" "Assess a package" "Save the assessment",
    Duplicate "duplicate" "Mark as known already" "Mark as known already",
    ScannerOutput "scanner-output" "Close as scanner output" "Close as scanner output",
    AnswerAppeal "answer-appeal" "Answer the appeal" "Send the answer",
    Merge "merge" "Handle it with another case" "Handle it there",
    Relate "relate" "Link it with a case that has to do with it" "Link them",
    Unrelate "unrelate" "Take a link with another case back" "Take the link back",
    Separate "separate" "Handle it on its own again" "Separate it",
    AnswerAll "answer-all" "Write to all reporters" "Send to all reporters",
    UndoVerdict "undo-verdict" "Take the verdict back" "Take it back and tell the reporter",
    Rate "rate" "Rate the severity" "Save the rating",
    ProposeIssue "propose-issue" "Propose a public issue" "Propose it to the reporter",
    OpenIssue "open-issue" "Record the public issue" "Put it on record",
    Prioritise "prioritise" "Weigh it by SSVC" "Put the decision on record",
    SetTask "set-task" "Set a task of the fix" "Save the task",
    AskRetest "ask-retest" "Ask the reporter to try the fix" "Ask the reporter",
    SetWeakness "set-weakness" "Name the weakness" "Save the weakness",
    ProposeEmbargo "propose-embargo" "Propose a disclosure date" "Propose this date",
    RecordFix "record-fix" "Record a fix or a decision" "Put it on record",
    DecideVersions "decide-versions" "Decide every supported version" "Put all of it on record",
    TickItems "tick-items" "Tick off what the checklists ask" "Save the ticks",
    RecordAudit "record-audit" "Record the audit for similar problems" "Record the audit",
    Estimate "estimate" "Give a new estimate" "Send the new estimate",
    KnowExploitation "know-exploitation" "Record active exploitation" "Put it on record",
    KnowIncident "know-incident" "Record a severe incident" "Put it on record",
    RecordSubmission "record-submission" "Record a submission" "Put the submission on record",
    AskCredit "ask-credit" "Ask about credit" "Ask the reporter",
    ApproveAdvisory "approve-advisory" "Approve the advisory" "Approve this draft",
    Publish "publish" "Publish the advisory" "Publish",
    BreakEmbargo "break-embargo" "Give the agreed embargo up" "Give it up and tell the reporter",
    GoPublic "go-public" "It is public elsewhere: publish a minimal advisory at once" "Publish it now",
    OverrideGate "override-gate" "Go on without what a gate asks for" "Put it on record and open the step",
    MovePolicy "move-policy" "Move it to the newer policy" "Move it and tell the reporter",
    HoldPublication "hold-publication" "Hold the publication" "Hold the publication",
    TickStep "tick-step" "Tick off a step of the publication" "Tick it off",
    RecordBreach "record-breach" "Record a broken condition" "Put it on record",
    ClearBreach "clear-breach" "Take back the record of a broken condition" "Take it back",
    PublishSummary "publish-summary" "Publish a text about this closed report" "Publish the text",
    WithdrawSummary "withdraw-summary" "Take the public text back" "Take it back",
    Close "close" "Close the case" "Close the case",
    Reopen "reopen" "Take the case up again" "Take the case up again",
    PutOn "put-on" "Put somebody on the case" "Put them on the case",
    TakeOff "take-off" "Take somebody off the case" "Take them off the case",
    InviteParty "invite-party" "Invite an outside party" "Invite them",
    TellParty "tell-party" "Write to an outside party" "Send it to them",
    GiveAdvisory "give-advisory" "Give an outside party the advisory" "Give it to them",
    ShareFile "share-file" "Share a file with an outside party" "Share it with them",
    EndParty "end-party" "End it with an outside party" "End it",
}

impl Kind {
    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether the reporter is shown the words.
    fn is_seen_by_reporter(self) -> bool {
        use Kind::{
            Acknowledge, Answer, Ask, AskCredit, BreakEmbargo, ClearBreach, Close, Confirm, Decide, Duplicate,
            Estimate, GoPublic, MovePolicy, NotAVulnerability, OutOfScope, ProposeEmbargo, PublishSummary, Rate,
            RecordBreach, Redirect, Reject, Reopen, ScannerOutput, SetWeakness, WithdrawSummary,
        };
        matches!(
            self,
            Kind::AnswerAppeal
                | Kind::UndoVerdict
                | Kind::Merge
                | Kind::Separate
                | Kind::AnswerAll
                | Kind::AskRetest
                | Kind::ProposeIssue
                | Kind::OpenIssue
                | Acknowledge
                | Answer
                | Ask
                | AskCredit
                | BreakEmbargo
                | GoPublic
                | ClearBreach
                | Decide
                | NotAVulnerability
                | Redirect
                | Close
                | Confirm
                | Duplicate
                | Estimate
                | MovePolicy
                | OutOfScope
                | ProposeEmbargo
                | PublishSummary
                | Rate
                | RecordBreach
                | Reject
                | Reopen
                | ScannerOutput
                | SetWeakness
                | WithdrawSummary
        )
    }

    fn takes_files(self) -> bool {
        matches!(self, Kind::Answer | Kind::Ask | Kind::Note)
    }

    /// Whether it always makes something public or decides who else sees the case ([`Beyond`]).
    fn reaches_far(self) -> bool {
        use Kind::{ApproveAdvisory, BreakEmbargo, GoPublic, OpenIssue, OverrideGate, Publish, PublishSummary};
        matches!(self, ApproveAdvisory | BreakEmbargo | GoPublic | OpenIssue | OverrideGate | Publish | PublishSummary)
            || matches!(self, Kind::InviteParty | Kind::GiveAdvisory | Kind::ShareFile | Kind::EndParty)
    }

    /// Whether a page lists what will be so before it is done.
    fn is_checked(self) -> bool {
        use Kind::{
            BreakEmbargo, Close, Duplicate, GoPublic, MovePolicy, NotAVulnerability, OutOfScope, Publish,
            PublishSummary, RecordBreach, Redirect, Reject, ScannerOutput,
        };
        matches!(
            self,
            BreakEmbargo
                | Kind::ProposeIssue
                | Kind::DecideVersions
                | GoPublic
                | NotAVulnerability
                | Redirect
                | Close
                | Duplicate
                | MovePolicy
                | OutOfScope
                | Publish
                | PublishSummary
                | RecordBreach
                | Reject
                | ScannerOutput
                | Kind::ShareFile
        )
    }

    fn needs_coordinator(self) -> bool {
        matches!(
            self,
            Kind::ProposeEmbargo
                | Kind::BreakEmbargo
                | Kind::GoPublic
                | Kind::MovePolicy
                | Kind::Estimate
                | Kind::Publish
                | Kind::HoldPublication
                | Kind::ClearBreach
                | Kind::PublishSummary
                | Kind::WithdrawSummary
                | Kind::Close
                | Kind::Reopen
                | Kind::TakeOff
        )
    }

    /// Whether the member's roles in a program let them do it.
    fn is_theirs(self, member: &Member, program: &ProgramSlug) -> bool {
        let may = |role| member.actor.may(program, role);
        match self {
            Kind::Note | Kind::Discuss | Kind::OverrideGate => member.actor.works_in(program),
            Kind::Verify
            | Kind::EstimateEffort
            | Kind::AssessDependency
            | Kind::RecordAudit
            | Kind::TickStep
            | Kind::TickItems
            | Kind::Describe
            | Kind::SetWeakness => may(Role::Analyst) || may(Role::Developer),
            Kind::RecordFix | Kind::DecideVersions => may(Role::Developer),
            Kind::ApproveAdvisory => may(Role::Approver),
            kind if kind.needs_coordinator() => may(Role::Coordinator),
            _ => may(Role::Analyst),
        }
    }

    /// The steps it takes, each behind its own gates. A publication that waits for the fix is ordered before; the gates of
    /// publishing are asked when the fix comes.
    pub fn steps(self, case: &Case, policy: &Policy) -> &'static [Step] {
        match self {
            Kind::Acknowledge => &[Step::Acknowledge],
            Kind::Confirm => &[Step::Confirm],
            Kind::Reject
            | Kind::OutOfScope
            | Kind::Redirect
            | Kind::NotAVulnerability
            | Kind::Duplicate
            | Kind::ScannerOutput => &[Step::Reject],
            Kind::Rate => &[Step::Rate],
            Kind::ProposeEmbargo => &[Step::Embargo],
            Kind::RecordFix | Kind::DecideVersions => &[Step::Fix],
            Kind::ApproveAdvisory => &[Step::Approve],
            Kind::Publish if waits_for_fix(case, policy) => &[Step::Order],
            Kind::Publish => &[Step::Order, Step::Publish],
            Kind::Close => &[Step::Close],
            Kind::Reopen | Kind::UndoVerdict => &[Step::Reopen],
            _ => &[],
        }
    }
}

/// What a member can do with a case now.
#[derive(Debug, Default)]
pub struct Offered {
    /// The likely acts, the likeliest first.
    pub likely: Vec<Kind>,
    /// What is possible but rare.
    pub rare: Vec<Kind>,
    /// What a gate of the policy forbids, with what is missing.
    pub gated: Vec<GatedAct>,
}

/// Sorts the acts for this case and member.
pub fn offered(case: &Case, policy: &Policy, member: &Member, people: &People, now: jiff::Timestamp) -> Offered {
    let mut offered = Offered::default();
    if !member.actor.works_in(&case.program) {
        return offered;
    }
    let me = member.actor.member();
    let advisory = &case.advisory;
    let wants_discussion = policy.promises.iter().any(|promise| promise.kept_by == Moment::Discussion)
        || policy.gates.iter().any(|gate| gate.needs == Need::TwoMembersDiscussed);
    let wants_audit = policy.gates.iter().any(|gate| gate.needs == Need::SimilarProblemsAudit);
    let discussed = me.is_some_and(|me| case.discussed_by.contains(me));
    let mut likely: Vec<Kind> = Vec::new();
    let mut rare: Vec<Kind> = Vec::new();
    let mut verdicts = vec![Kind::Reject, Kind::OutOfScope, Kind::Redirect, Kind::Duplicate, Kind::ScannerOutput];
    if !policy.known.is_empty() {
        verdicts.push(Kind::NotAVulnerability);
    }
    let acknowledged = case.history.iter().any(|entry| matches!(entry.what, Event::Acknowledged { .. }));
    match case.state {
        CaseState::New => {
            likely.push(Kind::Acknowledge);
            if case.assignee.is_none() {
                likely.push(Kind::Assign);
            }
            likely.extend([Kind::Ask, Kind::Verify]);
            rare.extend([Kind::Confirm]);
            rare.extend(verdicts.iter().copied());
            rare.extend([Kind::Rate, Kind::SetWeakness, Kind::ProposeEmbargo]);
        }
        CaseState::Triage => {
            if !acknowledged {
                rare.push(Kind::Acknowledge);
            }
            if case.verifications.is_empty() {
                likely.extend([Kind::Verify, Kind::Ask, Kind::Confirm]);
            } else {
                likely.extend([Kind::Confirm, Kind::Ask]);
                rare.push(Kind::Verify);
            }
            likely.push(Kind::Reject);
            if case.rating.is_none() {
                likely.push(Kind::Rate)
            } else {
                rare.push(Kind::Rate)
            }
            rare.extend(verdicts.iter().copied().filter(|kind| *kind != Kind::Reject));
            rare.extend([Kind::SetWeakness, Kind::ProposeEmbargo]);
            if wants_discussion && !discussed {
                rare.push(Kind::Discuss);
            }
        }
        CaseState::Confirmed | CaseState::Fixed => {
            if wants_discussion && !discussed {
                likely.push(Kind::Discuss);
            }
            if case.embargo.is_none() && case.state == CaseState::Confirmed {
                likely.push(Kind::ProposeEmbargo);
            } else {
                rare.push(Kind::ProposeEmbargo);
            }
            for (kind, done) in [(Kind::Rate, case.rating.is_some()), (Kind::SetWeakness, case.cwe.is_some())] {
                if done { rare.push(kind) } else { likely.push(kind) }
            }
            if case.audits.is_empty() && wants_audit {
                likely.push(Kind::RecordAudit);
            } else {
                rare.push(Kind::RecordAudit);
            }
            if case.state == CaseState::Confirmed {
                likely.insert(0, Kind::RecordFix)
            } else {
                rare.push(Kind::RecordFix)
            }
            if advisory.draft.is_some() && advisory.approved_by.is_none() {
                likely.insert(0, Kind::ApproveAdvisory);
            }
            if advisory.approved_by.is_some() && advisory.order.is_none() {
                likely.insert(0, Kind::Publish);
            }
            if advisory.order.is_some() {
                rare.push(Kind::HoldPublication);
            }
            if case.embargo_agreed.is_some() {
                rare.push(Kind::BreakEmbargo);
            }
            if !advisory.is_public() && !case.drill {
                rare.push(Kind::GoPublic);
            }
            if !case.credit_asked && case.reports.iter().any(|report| report.credit.is_none()) {
                rare.push(Kind::AskCredit);
            }
            rare.extend([Kind::Verify, Kind::Reject, Kind::Duplicate, Kind::Close]);
        }
        CaseState::Published => {
            // What is out needs no approval; a correction does.
            let newest = |of: fn(&Event) -> bool| case.history.iter().rposition(|entry| of(&entry.what));
            let corrected = newest(|event| matches!(event, Event::AdvisoryDrafted { .. }))
                > newest(|event| matches!(event, Event::Published { .. }));
            if corrected && advisory.approved_by.is_none() {
                likely.push(Kind::ApproveAdvisory);
            } else if advisory.approved_by.is_some() {
                rare.push(Kind::Publish);
            }
            likely.push(Kind::Close);
            rare.extend([Kind::RecordFix, Kind::Rate, Kind::RecordAudit]);
        }
        CaseState::Closed => {
            let dismissed = case.verdict.as_ref().filter(|verdict| Some(&verdict.outcome) == case.outcome.as_ref());
            if let Some(appeal) = case.appeal.as_ref().filter(|appeal| appeal.is_open())
                && appeal.against.as_ref() != me
            {
                likely.push(Kind::AnswerAppeal);
            }
            if case.outcome == Some(candor_core::event::Outcome::NotSecurity) {
                match &case.issue {
                    Some(issue) if issue.agreed == Some(true) && issue.url.is_none() => likely.push(Kind::OpenIssue),
                    Some(issue) if issue.url.is_some() => {}
                    _ => rare.push(Kind::ProposeIssue),
                }
            }
            if dismissed.is_some() {
                likely.push(Kind::UndoVerdict);
            }
            likely.push(Kind::Reopen);
        }
    }
    let decides = matches!(case.state, CaseState::Confirmed | CaseState::Fixed | CaseState::Published);
    if decides && versions::supported(policy, case.opened_at).len() > 1 {
        let undecided = candor_core::remediation::undecided(case, policy).unwrap_or_default();
        let at = likely.iter().position(|kind| *kind == Kind::RecordFix).map_or(likely.len(), |at| at + 1);
        if undecided.len() > 1 { likely.insert(at, Kind::DecideVersions) } else { rare.push(Kind::DecideVersions) }
    }
    if case.state != CaseState::Closed && !checklists::views(case, policy).is_empty() {
        rare.push(Kind::TickItems);
    }
    if case.gathered_into.is_some() {
        likely.retain(|kind| matches!(kind, Kind::Acknowledge | Kind::Ask | Kind::Assign));
        rare.retain(|kind| matches!(kind, Kind::AskCredit | Kind::Acknowledge));
        rare.push(Kind::Separate);
    } else if case.state.is_open() && case.state != CaseState::Published && case.gathered.is_empty() {
        rare.push(Kind::Merge);
    }
    rare.push(Kind::Relate);
    let (now_likely, now_rare) = publication::acts(case, policy);
    likely.extend(now_likely);
    rare.extend(now_rare);
    if case.state.is_open() && case.state != CaseState::New {
        let rules = &policy.severity;
        let weighed = case.severity().is_some_and(|severity| rules.when_small.contains(&severity))
            || rules.decide.iter().any(|rule| !rule.efforts.is_empty());
        if weighed && case.effort.is_none() && case.rating.is_some() {
            likely.push(Kind::EstimateEffort);
        } else {
            rare.push(Kind::EstimateEffort);
        }
        if case.plan.is_none() && planning::proposal(case, policy, case.updated_at).is_some() {
            likely.push(Kind::Decide);
        } else {
            rare.push(Kind::Decide);
        }
        rare.extend([Kind::AssessDependency, Kind::Prioritise]);
    }
    if matches!(case.state, CaseState::Confirmed | CaseState::Fixed | CaseState::Published) {
        rare.extend([Kind::SetTask, Kind::AskRetest]);
    }
    if case.state != CaseState::Closed {
        if !likely.contains(&Kind::Assign) {
            rare.push(Kind::Assign);
        }
        rare.push(Kind::Describe);
        if !case.broken.is_empty() {
            rare.push(Kind::Estimate);
        }
        if case.aware.is_none() {
            // What the reporter says is a question to the team: is it aware now?
            if case.exploited { likely.insert(0, Kind::KnowExploitation) } else { rare.push(Kind::KnowExploitation) }
        }
    }
    if !promises::owed(case, policy, now).is_empty() && case.state != CaseState::Closed {
        rare.retain(|kind| *kind != Kind::Estimate);
        likely.insert(0, Kind::Estimate);
    }
    if case.incident.is_none() && policy.promises.iter().any(|promise| promise.starts == Moment::Incident) {
        rare.push(Kind::KnowIncident);
    }
    let submissions = promises::clocks(case, policy, now);
    let submissions = submissions.iter().filter(|clock| clock.owed_to.is_some() && !clock.status.is_over());
    if submissions.count() > 0 {
        likely.insert(0, Kind::RecordSubmission);
    } else if policy.promises.iter().any(|promise| promise.kept_by == Moment::Submission) {
        rare.push(Kind::RecordSubmission);
    }
    rare.extend([Kind::PutOn, Kind::InviteParty]);
    if case.parties.iter().any(|party| party.is_open(now)) {
        rare.extend([Kind::TellParty, Kind::EndParty]);
        if !case.files.is_empty() {
            rare.push(Kind::ShareFile);
        }
        if !advisory.published.is_empty() {
            rare.push(Kind::GiveAdvisory);
        }
    }
    if case.on.keys().chain(standing::filers(case)).any(|on| case.assignee.as_ref() != Some(on)) {
        rare.push(Kind::TakeOff);
    }
    let allowed = |kind: &Kind| kind.is_theirs(member, &case.program);
    for (kinds, out) in [(likely, true), (rare, false)] {
        for kind in kinds.into_iter().filter(allowed) {
            let lacks = kind.steps(case, policy).iter().filter_map(|step| gates::missing(case, policy, *step, me));
            let missing: Vec<Missing> = lacks.flat_map(|refusal| refusal.missing).collect();
            match missing.first() {
                Some(first) => {
                    if missing
                        .iter()
                        .any(|one| one.may_override.is_some_and(|needs| member.actor.may(&case.program, needs)))
                        && !offered.rare.contains(&Kind::OverrideGate)
                    {
                        offered.rare.push(Kind::OverrideGate);
                    }
                    let gate = first.because.clone();
                    let missing: Vec<Link> = missing.iter().map(|one| lack(case, one, member, people)).collect();
                    // Acts that wait for the same thing are named together.
                    match offered.gated.iter_mut().find(|known| known.gate == gate && known.missing == missing) {
                        Some(known) => known.label = format!("{}, {}", known.label, lower_first(kind.label())),
                        None => offered.gated.push(GatedAct { label: kind.label().into(), gate, missing }),
                    }
                }
                None if out => offered.likely.push(kind),
                None => offered.rare.push(kind),
            }
        }
    }
    offered
}

/// Whether a member can move the case to a newer version of the policy.
pub fn may_move(opened: &Opened, member: &Member) -> bool {
    let coordinates = member.actor.may(&opened.case.program, Role::Coordinator);
    coordinates && opened.newer.is_some() && opened.case.state != CaseState::Closed
}

/// What a newer version of the policy changes, in words; empty when there is none.
pub fn changes(opened: &Opened) -> Vec<String> {
    let newer = opened.newer.iter();
    newer.flat_map(|(_, newer)| diff::changes(&opened.policy, newer)).map(|change| change.text).collect()
}

/// Gates that hold something back and that the policy lets somebody pass with a reason.
pub fn closed_gates(opened: &Opened) -> Vec<&Gate> {
    let Opened { case, policy, .. } = opened;
    policy
        .gates
        .iter()
        // Whom another member's gate stops depends on who asks; it is offered to everybody.
        .filter(|gate| {
            let closed = gate.needs == Need::AnotherMember || !gates::is_passed(case, policy, gate, None);
            gate.override_role().is_some() && closed
        })
        .collect()
}

/// What a gate lacks, who could mend it by name, and where, if the asker can.
fn lack(case: &Case, missing: &Missing, member: &Member, people: &People) -> Link {
    let who = match missing.role {
        Some(role) => {
            let names = people.able(&case.program, role, &missing.except);
            if names.is_empty() { " Nobody in the team could do it now.".into() } else { format!(" ({names})") }
        }
        None => String::new(),
    };
    let words = match who.strip_prefix(" (") {
        Some(_) => format!("{}. {}{who}.", missing.what, missing.mend),
        None => format!("{}. {}.{who}", missing.what, missing.mend),
    };
    let can = gates::could_mend(&member.actor, case, missing) && !missing.command.is_empty();
    let act = if missing.command == "draft-advisory" { "advisory" } else { missing.command };
    Link::new(words, if can { format!("{}/{act}", page::href(case)) } else { String::new() })
}

/// `GET /desk/cases/{case}/{act}`: the form of an act.
pub async fn form(
    State(app): State<App>,
    member: Member,
    Path((case, act)): Path<(String, String)>,
) -> Result<Response, Rejection> {
    let kind = Kind::from_name(&act).ok_or(Error::NotFound)?;
    let opened = match opened(&app, &member, &case).await {
        Err(Error::NotOn) => return super::people::door(&app, &member, &case),
        other => other?,
    };
    if !may_write(&member, &opened.case.program) {
        return Err(Error::Role { needs: Role::Analyst }.into());
    }
    // Asked for before anything is typed.
    if kind.reaches_far() {
        member.fresh(&app, &format!("{}/{}", page::href(&opened.case), kind.name()))?;
    }
    show(&app, &member, &opened, kind, &Form::default(), Vec::new(), None).await
}

/// `POST /desk/cases/{case}/{act}`: does it, or shows the form again with every answer.
pub async fn send(
    State(app): State<App>,
    member: Member,
    Path((case, act)): Path<(String, String)>,
    request: Request,
) -> Result<Response, Rejection> {
    let kind = Kind::from_name(&act).ok_or(Error::NotFound)?;
    let form = forms::read(&app, request).await?;
    member.check(form.get("csrf"))?;
    let opened = match opened(&app, &member, &case).await {
        Err(Error::NotOn) if kind == Kind::PutOn => return super::people::put_on(&app, &member, &case, &form).await,
        Err(Error::NotOn) => return super::people::door(&app, &member, &case),
        other => other?,
    };
    // Without script a button shows what was chosen, or what the report proposes, and saves nothing.
    if matches!(kind, Kind::PublishSummary | Kind::ProposeIssue) && form.ticked("scrub") {
        return show(&app, &member, &opened, kind, &form, Vec::new(), None).await;
    }
    if kind == Kind::Rate && (form.ticked("compute") || form.ticked("propose")) {
        return show(&app, &member, &opened, kind, &form, Vec::new(), None).await;
    }
    let wish = match command(kind, &form, &opened) {
        Ok(Command::Note { text, files, .. }) => {
            let mentions = mentioned(&text, &Names::load(&app).await?.pairs());
            Command::Note { text, files, mentions }
        }
        Ok(wish) => wish,
        Err(problem) => return show(&app, &member, &opened, kind, &form, vec![problem], None).await,
    };
    let reach = Beyond::of(&wish, &member.actor);
    if matches!(reach, Some(Beyond::Publish | Beyond::Members)) && !member.session.is_fresh(app.now()) {
        let problem = super::prove_again(&page::href(&opened.case));
        return show(&app, &member, &opened, kind, &form, vec![problem], None).await;
    }
    let is_checked = kind.is_checked() || matches!(wish, Command::AssessDependency { public_as: Some(_), .. });
    if is_checked && !form.ticked("checked") {
        // What is wrong with an answer is said before there is anything to check.
        if let Err(Error::Refused(refusal)) = rehearse(&app, &member.actor, &opened.case.id, wish).await
            && refusal.field().is_some()
        {
            return show(&app, &member, &opened, kind, &form, vec![problem(&refusal)], None).await;
        }
        return super::check::check(&app, &member, &opened, kind, &form, Vec::new(), None).await;
    }
    match execute(&app, &member.actor, &opened.case.id, wish, form.seen()).await {
        Ok(_) => Ok(Redirect::to(&page::href(&opened.case)).into_response()),
        Err(Error::Refused(refusal)) => show(&app, &member, &opened, kind, &form, vec![problem(&refusal)], None).await,
        Err(Error::Changed { .. }) => show(&app, &member, &opened, kind, &form, Vec::new(), form.seen()).await,
        Err(other) => Err(other.into()),
    }
}

/// A label within a sentence.
pub fn lower_first(label: &str) -> String {
    let mut letters = label.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// A refusal as a problem on the page.
pub fn problem(refusal: &Refusal) -> Problem {
    Problem { field: refusal.field().unwrap_or_default().into(), text: refusal.to_string() }
}

/// Shows the form of an act, with what was typed.
async fn show(
    app: &App,
    member: &Member,
    opened: &Opened,
    kind: Kind,
    form: &Form,
    mut wrong: Vec<Problem>,
    changed_since: Option<u64>,
) -> Result<Response, Rejection> {
    // Messages and notes are written on the case page itself.
    if matches!(kind, Kind::Answer | Kind::AnswerAll | Kind::Ask | Kind::Note)
        && (form.ticked("text") || !wrong.is_empty())
    {
        let text = form.get("text").to_owned();
        if !form.files.is_empty() {
            wrong.push(Problem { field: String::new(), text: "The files have to be chosen again.".into() });
        }
        let (reply, note) = if kind == Kind::Note { (String::new(), text) } else { (text, String::new()) };
        return html(&page::view(app, member, opened, Typed { reply, note, problems: wrong, changed_since }).await?);
    }
    let names = Names::load(app).await?;
    let now = app.now();
    let mut groups = groups(kind, form, opened, &People::load(app).await?);
    if matches!(kind, Kind::PublishSummary | Kind::ProposeIssue) && form.ticked("scrub") {
        publication::remove(opened, &names, &mut groups);
    }
    if kind == Kind::Assign
        && let Some((proposed, why)) = roster::taker(app, &opened.case, &opened.policy).await?
        && let Some(field) = groups.iter_mut().flat_map(|group| &mut group.fields).find(|field| field.name == "to")
    {
        field.hint = why;
        if opened.case.assignee.is_none() && !form.has("to") {
            field.value = proposed.id.as_str().to_owned();
        }
    }
    if kind == Kind::RecordAudit {
        groups.extend(super::rating::places(app, member, opened).await?);
    }
    attach(&mut groups, &wrong);
    let since = changed_since.map(|seq| crate::execute::since(&opened.case, seq)).unwrap_or_default();
    let mut all = problems(&groups);
    all.extend(wrong.into_iter().filter(|problem| problem.field.is_empty() || !has_field(&groups, &problem.field)));
    let page = ActForm {
        shell: shell(app, member, "case"),
        head: page::head(&opened.case, &opened.policy, &names),
        title: kind.label().into(),
        lead: lead(kind, opened),
        action: format!("{}/{}", page::href(&opened.case), kind.name()),
        groups,
        problems: all,
        changed: history::lines(&opened.case, &since, &opened.policy, &names, &opened.zone, now),
        live: if kind == Kind::Rate { "/desk/score".into() } else { String::new() },
        submit: if kind.is_checked() { "Check it".into() } else { kind.submit().into() },
        seen_by_reporter: kind.is_seen_by_reporter(),
        takes_files: kind.takes_files(),
        once: String::new(),
    };
    if kind == Kind::Rate { super::rating::alive(&page) } else { html(&page) }
}

fn has_field(groups: &[Group], name: &str) -> bool {
    groups.iter().flat_map(|group| &group.fields).any(|field| field.name == name)
}

/// Puts each problem to its field.
pub fn attach(groups: &mut [Group], problems: &[Problem]) {
    for field in groups.iter_mut().flat_map(|group| &mut group.fields) {
        if let Some(problem) = problems.iter().find(|problem| problem.field == field.name) {
            field.error = Some(problem.text.clone());
        }
    }
}

fn lead(kind: Kind, opened: &Opened) -> String {
    match kind {
        Kind::Acknowledge => "The reporter learns that a person has read the report.".into(),
        Kind::Verify => "Say where you tried and what happened. It stays inside the team.".into(),
        Kind::Confirm => "The reporter is told that the report is right, and what happens next.".into(),
        Kind::Reject => "The reporter is told the reason. A verdict without one is not given.".into(),
        Kind::OutOfScope => "The reporter is told which clause of the policy applies, and where to go instead.".into(),
        Kind::Redirect => "The reporter is told where it can be mended, and the case ends here.".into(),
        Kind::NotAVulnerability => "The reporter is told which point of the policy applies, and why.".into(),
        Kind::EstimateEffort => "How much work is a fix? It stays inside the team.".into(),
        Kind::Decide => match planning::proposal(&opened.case, &opened.policy, opened.case.updated_at) {
            Some(proposal) => format!(
                "The policy proposes: {} ({}). Confirm it, or decide otherwise and say why.",
                proposal.plan.label(),
                proposal.because
            ),
            None => "The policy proposes nothing for this case. Decide, and say why.".into(),
        },
        Kind::AssessDependency => {
            "Does the vulnerability of this package make the product vulnerable? It stays inside the team, unless you make it \
             public."
                .into()
        }
        Kind::Rate if !opened.policy.severity.levels.is_empty() => "The policy rates by levels of its own.".into(),
        Kind::Rate => "Choose the metrics, or paste a vector. Scores and bands are computed; both versions can stand side by side."
            .into(),
        Kind::TickItems => "Tick off what is done; take a tick away to take it back. It stays inside the team.".into(),
        Kind::DecideVersions => "One row for each version that the policy supports: what is so, and in which version it is \
                                 fixed. All rows are put on record together, or none of them."
            .into(),
        Kind::RecordFix => match (&opened.case.advisory.order, opened.policy.disclosure.publish_on) {
            (Some(order), _) if order.at.is_none() => {
                "The approved advisory is published the moment a fix is on record. Only its version and date may be new: \
                 words of its own, or an address that the draft does not list, need another approval first."
                    .into()
            }
            (_, PublishOn::Fix) => "The policy publishes with the fix.".into(),
            (_, PublishOn::Both) => "The policy publishes with the fix, and not before the agreed date.".into(),
            _ => String::new(),
        },
        Kind::Prioritise => "Two decision tables of SSVC: when a supplier works on a fix, and whether a coordinator takes a report on. \
                             Answer one of them whole; the table decides, and your reasons stay with it."
            .into(),
        Kind::SetTask => "What has to be done for the fix, where the work is, and what shows that it is done.".into(),
        Kind::AskRetest => "The reporter answers on their page whether the problem is gone.".into(),
        Kind::RecordAudit => "Where else could the same mistake be? Say where you looked and what you found.".into(),
        Kind::ProposeEmbargo => "The reporter can agree, or say which date would be better.".into(),
        Kind::GoPublic => {
            "For the day on which it is known elsewhere. What you write here goes out at once in every format, with the \
             products and the workaround of the draft, without approval or date. The rest follows as a correction."
                .into()
        }
        Kind::BreakEmbargo => {
            "The reporter agreed that nothing is published before the date. They are told that it no longer holds, and why."
                .into()
        }
        Kind::OverrideGate => {
            "The policy allows it for this gate. Your name and your reason stay in the history, and it opens the step once."
                .into()
        }
        Kind::MovePolicy => match &opened.newer {
            Some((version, _)) => format!(
                "The case runs under version {} of the policy, and version {version} is in force. Its promises count by the \
                 newer version from then on; what broke before stays broken, and nothing new falls due before the move.",
                opened.case.policy_version
            ),
            None => "The case runs under the version that is in force.".into(),
        },
        Kind::Estimate => "A missed promise owes the reporter a reason and a new date.".into(),
        Kind::KnowExploitation => {
            "A decision of the team: who knows it, since when, on what ground. Duties by law count from then.".into()
        }
        Kind::KnowIncident => {
            "A decision of the team: what happened, who knows it, since when. Duties by law count from then. The reporter is not shown it.".into()
        }
        Kind::RecordSubmission => {
            "Candor submits nothing. Copy the draft, complete it, submit it, and put on record what came back.".into()
        }
        Kind::TickStep | Kind::RecordBreach | Kind::PublishSummary | Kind::ApproveAdvisory => {
            publication::lead(kind, opened)
        }
        Kind::AnswerAppeal => match &opened.case.appeal {
            Some(appeal) => format!(
                "The reporter asked that somebody else than the member who gave the verdict look again: {}",
                appeal.text
            ),
            None => String::new(),
        },
        Kind::Relate => "For a case that has to do with this one, also of another program. Whoever may see both sees the link; \
                         nothing else passes between them."
            .into(),
        Kind::Unrelate => "The link goes from both cases.".into(),
        Kind::Merge => "For several reports of the same problem. What is decided in the other case is then decided for this report, \
                        too; its reporter keeps their own thread, receipt, credit and dates. It can be separated again."
            .into(),
        Kind::Separate => "What was decided so far stays; from now on the case is decided here again.".into(),
        Kind::UndoVerdict => "The case stands where it stood before the verdict. The reporter is told.".into(),
        Kind::PutOn => "They read everything in it from then on. Everybody on the case is told.".into(),
        Kind::InviteParty => {
            "They get a link by mail. It works once, and only with the code that the case page then shows: tell it to them by \
             another way. They see what you write to them, and nothing else of the case."
                .into()
        }
        Kind::GiveAdvisory => match opened.case.advisory.published.last() {
            Some(last) => format!("They read the newest edition on their page, as text, marked {}.", last.tlp.label()),
            None => String::new(),
        },
        Kind::ShareFile => "They get this one file of the case, and see nothing of the others. What stands inside of it goes with it, \
                            byte for byte: names in a document, the author of a picture, paths in a log."
            .into(),
        Kind::EndParty => "They see nothing from then on, at once.".into(),
        Kind::TakeOff => "They read nothing of it from then on, at once.".into(),
        Kind::AskCredit => "The reporter is asked whether and how to be named.".into(),
        _ => String::new(),
    }
}
