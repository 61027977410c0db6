//! The only writer of a [`Case`]: what an event means for it.

use crate::case::{
    Appeal, Assessment, Audit, Author, Awareness, Case, CaseFile, ConditionBreach, EffortEstimate, Embargo, Entry,
    Estimate, Fix, Issue, Mark, Order, Override, Planned, PolicyMove, Priority, Rating, Report, Retest, State,
    StepDone, Submission, Summary, SummaryState, Task, Verdict, Verification,
};
use crate::comments::Comment;
use crate::event::{Credit, Event, FileRef, Outcome};
use crate::id::{CaseId, MemberId};
use crate::policy::{EventKind, Moment};
use crate::standing;
use jiff::Timestamp;

/// What the journal says of one entry beside its event.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    /// Number within the case, from 1.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// By whom.
    pub by: Author,
    /// The case in which it was decided, when that was another one: what is told here of a cluster or of a finding.
    pub decided_in: Option<CaseId>,
}

/// Builds a case from its journal. `None` when the journal is empty or does not begin with a report.
pub fn replay(id: &CaseId, journal: impl IntoIterator<Item = (Stamp, Event)>) -> Option<Case> {
    let mut journal = journal.into_iter();
    let (stamp, first) = journal.next()?;
    let mut case = begin(id, &stamp, first)?;
    for (stamp, event) in journal {
        evolve(&mut case, &stamp, event);
    }
    Some(case)
}

/// The case that a first report opens. `None` for any other event.
pub fn begin(id: &CaseId, stamp: &Stamp, event: Event) -> Option<Case> {
    let Event::Reported { program, policy_version, received_at, facts, .. } = &event else { return None };
    let mut case = Case {
        id: id.clone(),
        program: program.clone(),
        policy_version: *policy_version,
        moves: Vec::new(),
        opened_at: *received_at,
        state: State::New,
        seq: 0,
        updated_at: stamp.at,
        title: facts.title.clone(),
        product: some(&facts.product),
        component: some(&facts.component),
        reports: Vec::new(),
        assignee: None,
        on: Default::default(),
        looked: Default::default(),
        off: Default::default(),
        seen: Vec::new(),
        parties: Vec::new(),
        history: Vec::new(),
        files: Vec::new(),
        waiting_since: None,
        waits: Vec::new(),
        asked_at: None,
        reminded: Vec::new(),
        marks: Vec::new(),
        rung: Default::default(),
        rang_for: Vec::new(),
        moved_dates: Vec::new(),
        broken: Vec::new(),
        estimates: Vec::new(),
        verifications: Vec::new(),
        verdict: None,
        gathered: Vec::new(),
        gathered_into: None,
        parts: Vec::new(),
        part_of: None,
        published_with: None,
        verdict_before: None,
        appeal: None,
        rating: None,
        priorities: Vec::new(),
        tasks: Vec::new(),
        retests: Vec::new(),
        cwe: None,
        effort: None,
        plan: None,
        dependencies: Vec::new(),
        discussed_by: Default::default(),
        audits: Vec::new(),
        fixes: Vec::new(),
        embargo: None,
        embargo_agreed: None,
        overrides: Vec::new(),
        credit_asked: false,
        advisory: Default::default(),
        aliases: Vec::new(),
        outcome: None,
        exploited: false,
        aware: None,
        incident: None,
        submissions: Vec::new(),
        drill: false,
        steps_done: Vec::new(),
        ticked: Vec::new(),
        related: Vec::new(),
        breaches: Vec::new(),
        summary: None,
        issue: None,
    };
    evolve(&mut case, stamp, event);
    Some(case)
}

fn some(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.trim().to_owned())
}

/// Applies one event. Never refuses: what is in the journal has happened.
pub fn evolve(case: &mut Case, stamp: &Stamp, event: Event) {
    case.seq = stamp.seq;
    // Looking at a case does not make it news.
    if !event.is_trace() {
        case.updated_at = stamp.at;
    }
    let member = match &stamp.by {
        Author::Member(id) => Some(id.clone()),
        _ => None,
    };
    // Times that count may lie before the entry: a report that came by another way is filed later.
    let counts_at = match &event {
        Event::Reported { received_at, .. } => *received_at,
        Event::ExploitationKnown { aware_at: Some(at), .. }
        | Event::IncidentKnown { aware_at: Some(at), .. }
        | Event::Submitted { at, .. } => *at,
        _ => stamp.at,
    };
    let of = match &event {
        Event::Submitted { promise, .. } => Some(promise.clone()),
        _ => None,
    };
    let named = EventKind::named(event.kind()).map(Moment::On);
    for moment in event.moments().iter().copied().chain(named) {
        case.marks.push(Mark { at: counts_at, moment, by: member.clone(), of: of.clone() });
    }
    // Whoever does anything is not silent; what may come from somebody else says nothing about them. A verdict, the end of
    // the case and its reopening leave no question behind.
    let by_reporter = matches!(stamp.by, Author::Reporter(_))
        && !matches!(event, Event::MailUnverified { .. } | Event::LetterReturned { .. });
    let settles = matches!(
        event,
        Event::Confirmed { .. }
            | Event::Dismissed { .. }
            | Event::Closed { .. }
            | Event::Reopened { .. }
            | Event::VerdictUndone { .. }
    );
    if by_reporter || settles {
        heard(case);
    }
    standing::evolve(case, stamp, &event);
    let keep_files = |case: &mut Case, files: &[FileRef], internal: bool| {
        for file in files {
            case.files.push(CaseFile { file: file.clone(), at: stamp.at, by: stamp.by.clone(), internal });
        }
    };
    match &event {
        Event::Reported { number, received_at, channel, facts, person, filed_by, .. } => {
            keep_files(case, &facts.files, false);
            case.exploited |= facts.exploited;
            for identifier in &facts.identifiers {
                if !case.aliases.contains(identifier) {
                    case.aliases.push(identifier.clone());
                }
            }
            case.reports.push(Report {
                number: *number,
                at: *received_at,
                channel: *channel,
                facts: (**facts).clone(),
                person: person.clone(),
                contact: None,
                erased: false,
                credit: None,
                filed_by: filed_by.clone(),
                returned_at: None,
            });
        }
        Event::ContactGiven { report, contact, .. } => {
            if let Some(report) = report_mut(case, *report) {
                report.contact = Some(contact.clone());
                report.returned_at = None;
            }
        }
        Event::KeyGiven { report, pgp_key, .. } => {
            if let Some(contact) = report_mut(case, *report).and_then(|report| report.contact.as_mut()) {
                contact.pgp_key.clone_from(pgp_key);
            }
        }
        Event::Forgotten { person } => {
            for report in case.reports.iter_mut().filter(|report| report.person.as_ref() == Some(person)) {
                report.contact = None;
                report.erased = true;
                report.credit = Some(Credit::Anonymous);
            }
        }
        Event::CreditChosen { report, credit } => {
            case.credit_asked = true;
            if let Some(report) = report_mut(case, *report) {
                report.credit = Some(credit.clone());
            }
        }
        Event::CreditAsked => case.credit_asked = true,
        Event::Acknowledged { .. } => answered(case),
        Event::Assigned { to } => case.assignee = to.clone(),
        Event::Answered { files, .. } => {
            answered(case);
            keep_files(case, files, false);
        }
        Event::Asked { files, .. } => {
            answered(case);
            keep_files(case, files, false);
            case.waiting_since.get_or_insert(stamp.at);
            heard(case);
            case.asked_at = Some(stamp.at);
        }
        Event::LetterReturned { report } => {
            if let Some(report) = report_mut(case, *report) {
                report.returned_at = Some(stamp.at);
            }
        }
        Event::ReporterWrote { report, files, .. } => {
            keep_files(case, files, false);
            if let Some(report) = report_mut(case, *report) {
                report.returned_at = None;
            }
            end_wait(case, stamp.at);
        }
        Event::WaitEnded => end_wait(case, stamp.at),
        Event::Nudged { .. } | Event::MailChecked { .. } => {}
        Event::Noted { files, .. } | Event::MailUnverified { files, .. } => keep_files(case, files, true),
        Event::Described { title, product, component, aliases } => {
            case.title = title.clone();
            case.product = product.clone();
            case.component = component.clone();
            case.aliases = aliases.clone();
        }
        Event::Verified { facts } => {
            if let Some(by) = member.clone() {
                case.verifications.push(Verification { at: stamp.at, by, facts: facts.clone() });
            }
        }
        Event::Discussed { .. } => {
            if let Some(by) = member.clone() {
                case.discussed_by.insert(by);
            }
        }
        Event::Confirmed { .. } => {
            answered(case);
            case.state = State::Confirmed;
            if let Some(by) = member.clone() {
                case.verdict = Some(Verdict { at: stamp.at, by, outcome: Outcome::Confirmed });
            }
            if case.is_remedied() {
                case.state = State::Fixed;
            }
        }
        Event::Dismissed { outcome, .. } => {
            end_wait(case, stamp.at);
            case.state = State::Closed;
            case.outcome = Some(outcome.clone());
            // What was about to go out does not come back with the case.
            case.advisory.order = None;
            unapprove(case);
            if let Some(by) = member.clone() {
                let before = case.verdict.replace(Verdict { at: stamp.at, by, outcome: outcome.clone() });
                case.verdict_before = before.filter(|before| before.outcome == Outcome::Confirmed);
            }
        }
        Event::VerdictUndone { .. } => {
            case.verdict = case.verdict_before.take();
            reopen(case, stamp.at);
        }
        Event::MergedInto { into, .. } => {
            answered(case);
            case.gathered_into = Some(into.clone());
        }
        Event::Separated { .. } => case.gathered_into = None,
        Event::Gathered { case: other, .. } => {
            case.gathered.retain(|known| known != other);
            case.gathered.push(other.clone());
        }
        Event::Released { case: other, .. } => case.gathered.retain(|known| known != other),
        Event::Related { case: other, text } => {
            case.related.retain(|(known, _)| known != other);
            case.related.push((other.clone(), text.clone()));
        }
        Event::Unrelated { case: other } => case.related.retain(|(known, _)| known != other),
        Event::SplitOff { case: part, title, .. } => {
            answered(case);
            case.parts.push((part.clone(), title.clone()));
        }
        Event::PartOf { case: whole } => case.part_of = Some(whole.clone()),
        Event::PartNews { .. } => {}
        Event::PublishedWith { advisory, .. } => {
            end_wait(case, stamp.at);
            case.published_with = Some(advisory.clone());
            case.state = State::Published;
            case.outcome = Some(Outcome::Confirmed);
        }
        Event::Appealed { report, text } => {
            case.appeal = Some(Appeal {
                report: *report,
                at: stamp.at,
                text: text.clone(),
                against: case.verdict.as_ref().map(|verdict| verdict.by.clone()),
                answered: None,
            });
        }
        Event::AppealAnswered { .. } => appeal_answered(case, stamp.at),
        Event::Rated { vectors, severity, why } => {
            if let Some(by) = member.clone() {
                let (vectors, why) = (vectors.clone(), why.clone());
                case.rating = Some(Rating { vectors, severity: *severity, why, by, at: stamp.at });
            }
        }
        Event::Prioritised { table, choices, decision } => {
            if let Some(by) = member.clone() {
                case.priorities.retain(|known| known.table != *table);
                let (table, choices, decision) = (table.clone(), choices.clone(), decision.clone());
                case.priorities.push(Priority { table, choices, decision, by, at: stamp.at });
            }
        }
        Event::TaskSet { task, title, pointers, evidence, done } => {
            if let Some(by) = member.clone() {
                case.tasks.retain(|known| known.number != *task);
                case.tasks.push(Task {
                    number: *task,
                    title: title.clone(),
                    pointers: pointers.clone(),
                    evidence: evidence.clone(),
                    done: *done,
                    by,
                    at: stamp.at,
                });
                case.tasks.sort_by_key(|task| task.number);
            }
        }
        Event::RetestAsked { text } => {
            case.retests.retain(|known| known.found.is_some());
            case.retests.push(Retest { at: stamp.at, asked: text.clone(), found: None });
        }
        Event::Retested { report, holds, text } => {
            let found = Some((*report, *holds, text.clone()));
            match case.retests.iter_mut().find(|known| known.found.is_none()) {
                Some(open) => (open.at, open.found) = (stamp.at, found),
                None => case.retests.push(Retest { at: stamp.at, asked: String::new(), found }),
            }
        }
        Event::EffortEstimated { effort, text } => {
            if let Some(by) = member.clone() {
                case.effort = Some(EffortEstimate { at: stamp.at, by, effort: *effort, text: text.clone() });
            }
        }
        Event::Decided { plan, on, reason, proposed } => {
            answered(case);
            if let Some(by) = member.clone() {
                let (plan, on, proposed) = (*plan, *on, *proposed);
                case.plan = Some(Planned { at: stamp.at, by, plan, on, reason: reason.clone(), proposed });
            }
        }
        Event::DependencyAssessed { package, affected, justification, text, public_as } => {
            if let Some(by) = member.clone() {
                case.dependencies.retain(|known| known.package != *package);
                case.dependencies.push(Assessment {
                    at: stamp.at,
                    by,
                    package: package.clone(),
                    affected: *affected,
                    justification: *justification,
                    text: text.clone(),
                    public_as: public_as.clone(),
                });
            }
        }
        Event::WeaknessSet { cwe } => case.cwe = Some(*cwe),
        Event::EmbargoProposed { until, .. } => {
            answered(case);
            case.embargo = Some(Embargo { until: *until, at: stamp.at, agreed: false });
        }
        Event::EmbargoAgreed { until } => {
            case.embargo = Some(Embargo { until: *until, at: stamp.at, agreed: true });
            case.embargo_agreed = Some(*until);
        }
        Event::EmbargoDeclined { .. } => {
            if let Some(embargo) = &mut case.embargo {
                // Who declines another date leaves the one agreed before as it is.
                if embargo.agreed {
                    case.embargo_agreed = None;
                }
                embargo.agreed = false;
            }
        }
        Event::EmbargoBroken { .. } => {
            answered(case);
            case.embargo_agreed = None;
            if let Some(embargo) = &mut case.embargo {
                embargo.agreed = false;
            }
        }
        Event::GateOverridden { step, gate, reason } => {
            if let Some(by) = member.clone() {
                case.overrides.push(Override {
                    at: stamp.at,
                    by,
                    step: *step,
                    gate: *gate,
                    reason: reason.clone(),
                    used: false,
                });
            }
        }
        Event::FixRecorded { branch, kind, version, url, details } => {
            if let Some(by) = member.clone() {
                case.fixes.push(Fix {
                    at: stamp.at,
                    by,
                    branch: branch.clone(),
                    kind: *kind,
                    version: version.clone(),
                    url: url.clone(),
                    details: details.clone(),
                });
            }
            if kind.is_remedy() && case.state == State::Confirmed {
                case.state = State::Fixed;
            }
        }
        Event::Audited { looked, found } => {
            if let Some(by) = member.clone() {
                case.audits.push(Audit { at: stamp.at, by, looked: looked.clone(), found: found.clone() });
            }
        }
        Event::Estimated { promise, until, reason } => case.estimates.push(Estimate {
            at: stamp.at,
            promise: promise.clone(),
            until: *until,
            reason: reason.clone(),
        }),
        Event::ExploitationKnown { ground, .. } => {
            case.exploited = true;
            let known = Awareness { at: counts_at, by: member.clone(), ground: ground.clone() };
            case.aware.get_or_insert(known);
        }
        Event::IncidentKnown { ground, .. } => {
            let known = Awareness { at: counts_at, by: member.clone(), ground: ground.clone() };
            case.incident.get_or_insert(known);
        }
        Event::Submitted { promise, to, at, reference, text } => case.submissions.push(Submission {
            promise: promise.clone(),
            to: to.clone(),
            at: *at,
            reference: reference.clone(),
            text: text.clone(),
            by: member.clone(),
        }),
        Event::SilenceReminded { step, .. } => case.reminded.push((*step, stamp.at)),
        Event::ClosedForSilence { .. } => {
            end_wait(case, stamp.at);
            heard(case);
            case.state = State::Closed;
            case.outcome = Some(Outcome::NoAnswer);
            case.advisory.order = None;
        }
        Event::DrillDeclared => case.drill = true,
        Event::AdvisoryDrafted { draft } => {
            case.advisory.draft = Some((**draft).clone());
            case.advisory.author = member.clone();
            case.advisory.revision += 1;
            // An edit takes the approval with it, and with the approval the order to publish.
            unapprove(case);
            case.advisory.withdrawn = None;
            case.advisory.order = None;
        }
        Event::AdvisoryCommented { section, text } => case.advisory.comments.push(Comment {
            number: stamp.seq,
            at: stamp.at,
            by: member.clone(),
            section: *section,
            revision: case.advisory.revision,
            text: text.clone(),
            resolved: None,
        }),
        Event::CommentResolved { comment } => {
            let mut comments = case.advisory.comments.iter_mut();
            if let Some(found) = comments.find(|known| known.number == *comment) {
                found.resolved.get_or_insert((stamp.at, member.clone()));
            }
        }
        Event::AdvisoryApproved { revision } => {
            if *revision == case.advisory.revision {
                case.advisory.withdrawn = None;
                if case.advisory.approved_by.is_none() {
                    case.advisory.approved_by = member.clone();
                }
                case.advisory.approvals.extend(member.clone());
            }
        }
        Event::ApprovalWithdrawn { because } => {
            unapprove(case);
            case.advisory.withdrawn = Some(because.clone());
            case.advisory.order = None;
        }
        Event::PublicationDated { at } => {
            if let Some(order) = &mut case.advisory.order {
                order.at = Some(*at);
            }
        }
        Event::PublicationOrdered { at } => {
            if let Some(by) = member.clone() {
                case.advisory.order = Some(Order { by, at: *at });
            }
        }
        Event::PublicationHeld { .. } => case.advisory.order = None,
        Event::Published { record } => {
            end_wait(case, stamp.at);
            // A correction needs an approval of its own.
            case.advisory.order = None;
            unapprove(case);
            case.advisory.id = Some(record.id.clone());
            case.advisory.published.push((**record).clone());
            // What a limited circle has is not public: the case goes on as before.
            if record.tlp.is_public() {
                case.state = State::Published;
                case.outcome = Some(Outcome::Confirmed);
            }
        }
        Event::StepTicked { step, text } => case.steps_done.push(StepDone {
            step: step.clone(),
            at: stamp.at,
            by: stamp.by.clone(),
            text: text.clone(),
        }),
        Event::Ticked { items, text } => crate::checklists::evolve(case, stamp, items, text),
        Event::StepDone { step, .. } => case.steps_done.push(StepDone {
            step: step.clone(),
            at: stamp.at,
            by: stamp.by.clone(),
            text: String::new(),
        }),
        Event::BreachRecorded { report, evidence, credit_denied } => {
            case.breaches.retain(|breach| breach.report != *report);
            case.breaches.push(ConditionBreach {
                report: *report,
                at: stamp.at,
                by: stamp.by.clone(),
                evidence: evidence.clone(),
                credit_denied: *credit_denied,
            });
        }
        Event::BreachCleared { report, .. } => case.breaches.retain(|breach| breach.report != *report),
        Event::SummaryProposed { title, text } => summary(case, stamp, title, text, SummaryState::Proposed),
        Event::SummaryPublished { title, text } => summary(case, stamp, title, text, SummaryState::Public),
        Event::SummaryDeclined { .. } => {
            if let Some(summary) = &mut case.summary {
                summary.state = SummaryState::Declined;
            }
        }
        Event::SummaryWithdrawn { .. } => {
            if let Some(summary) = &mut case.summary {
                summary.state = SummaryState::Withdrawn;
            }
        }
        Event::IssueProposed { title, text } => {
            let (title, text) = (title.clone(), text.clone());
            case.issue = Some(Issue { title, text, at: stamp.at, agreed: None, url: None });
        }
        Event::IssueAnswered { agree, .. } => {
            if let Some(issue) = &mut case.issue {
                (issue.at, issue.agreed) = (stamp.at, Some(*agree));
            }
        }
        Event::IssueOpened { url } => {
            if let Some(issue) = &mut case.issue {
                (issue.at, issue.url) = (stamp.at, Some(url.clone()));
            }
        }
        Event::BellRung { bell, date, .. } => {
            case.rung.insert(bell.clone());
            case.rang_for.push((bell.clone(), *date));
        }
        Event::DatesMoved { dates } => case.moved_dates.extend(dates.iter().cloned()),
        Event::PromiseBroken { promise, cycle, due, .. } => case.broken.push((promise.clone(), *cycle, *due)),
        Event::PolicyMoved { from, to, .. } => {
            case.policy_version = *to;
            case.moves.push(PolicyMove { at: stamp.at, from: *from, to: *to });
        }
        Event::Withdrawn { .. } => {
            end_wait(case, stamp.at);
            case.state = State::Closed;
            case.outcome = Some(Outcome::Withdrawn);
            case.advisory.order = None;
        }
        Event::Closed { .. } => {
            end_wait(case, stamp.at);
            case.state = State::Closed;
            case.advisory.order = None;
        }
        Event::Reopened { .. } => reopen(case, stamp.at),
        Event::Party { party, act } => crate::parties::evolve(case, stamp, *party, act),
        Event::Seen
        | Event::PutOn { .. }
        | Event::TakenOff { .. }
        | Event::GlassBroken { .. }
        | Event::ReadingNoticed { .. } => {}
    }
    if let Some(step) = crate::gates::step_of(&event) {
        case.overrides.iter_mut().filter(|known| known.step == step).for_each(|known| known.used = true);
    }
    case.history.push(Entry { seq: stamp.seq, at: stamp.at, by: stamp.by.clone(), what: event });
}

/// Takes a case up again, where its verdict left it.
fn reopen(case: &mut Case, at: Timestamp) {
    // Who takes the case up again gives the reporter what they asked for.
    appeal_answered(case, at);
    case.state = if case.advisory.id.is_some() || case.published_with.is_some() {
        State::Published
    } else if matches!(&case.verdict, Some(verdict) if verdict.outcome == Outcome::Confirmed) {
        if case.is_remedied() { State::Fixed } else { State::Confirmed }
    } else {
        State::Triage
    };
    case.outcome = None;
    // What ended the case no longer counts as its resolution.
    case.marks.retain(|mark| mark.moment != Moment::Resolution);
}

fn appeal_answered(case: &mut Case, at: Timestamp) {
    if let Some(appeal) = case.appeal.as_mut().filter(|appeal| appeal.is_open()) {
        appeal.answered = Some(at);
    }
}

fn unapprove(case: &mut Case) {
    case.advisory.approved_by = None;
    case.advisory.approvals.clear();
}

fn summary(case: &mut Case, stamp: &Stamp, title: &str, text: &str, state: SummaryState) {
    case.summary = Some(Summary { title: title.to_owned(), text: text.to_owned(), at: stamp.at, state });
}

fn report_mut(case: &mut Case, number: u32) -> Option<&mut Report> {
    case.reports.iter_mut().find(|report| report.number == number)
}

fn answered(case: &mut Case) {
    if case.state == State::New {
        case.state = State::Triage;
    }
}

/// No question is open to which the reporter is silent.
fn heard(case: &mut Case) {
    case.asked_at = None;
    case.reminded.clear();
}

fn end_wait(case: &mut Case, at: Timestamp) {
    if let Some(since) = case.waiting_since.take() {
        case.waits.push((since, at));
    }
}

/// The member named by the clear part of a journal entry, if one is.
pub fn author_of(actor: &str) -> Author {
    match actor.split_once(':') {
        Some(("member", id)) => Author::Member(MemberId::from(id)),
        Some(("party", number)) => number.parse().map_or(Author::Candor, Author::Party),
        Some(("reporter", number)) => number.parse().map_or(Author::Candor, Author::Reporter),
        _ if actor == "clock" => Author::Clock,
        _ if actor == "public" => Author::Reporter(0),
        _ => Author::Candor,
    }
}
