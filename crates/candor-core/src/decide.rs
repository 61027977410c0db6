//! The one door: (case, allowed command, policy, facts) to events. A list of checks, most basic first;
//! each chapter of a case's life has its own room.

use crate::access::Allowed;
use crate::case::Case;
use crate::command::Command;
use crate::event::{Event, KnownBefore};
use crate::policy::Policy;
use crate::refusal::Refusal;
use crate::{
    appeals, checklists, closed, cluster, comments, conditions, dates, dialogue, disclosure, drafting, duties, gates,
    intake, moved, origin, parties, planning, promises, rating, remediation, schedule, standing, triage,
};
use jiff::Timestamp;

/// What a decision needs to know of the world; the shell looks it up once per command.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The instant of the decision.
    pub now: Timestamp,
    /// The version of the policy in force, for a report that opens a case.
    pub policy_version: u32,
    /// Id for an advisory, should this command publish one.
    pub advisory_id: String,
    /// Whether whom an [`Command::Assign`] or a [`Command::PutOn`] names is a member of the program (who works on cases,
    /// for the first).
    pub may_hold: bool,
    /// The proof that the case named by a verdict of a duplicate came before, if the asker may see that case.
    pub known_before: Option<KnownBefore>,
    /// The case that a [`Command::Merge`] or a [`Command::Relate`] names, if the asker may see it.
    pub lead: Option<cluster::Lead>,
    /// Which of the members that a [`Command::Note`] names may see the case.
    pub may_see: Vec<crate::id::MemberId>,
    /// Credits of reports that are handled with this one, or that it is a finding of.
    pub credits: Vec<candor_formats::advisory::Credit>,
    /// The version of the policy that a [`Command::MovePolicy`] names, if there is one.
    pub moving_to: Option<std::sync::Arc<Policy>>,
    /// What was found in the file that a [`Command::ShareFile`] names, if it is a file of the case.
    pub looked: Option<parties::Looked>,
    /// Public address of the program, without a slash at the end, for links in a published record.
    pub base_url: String,
}

/// Events that follow from a command on an existing case.
///
/// # Errors
/// Why not, in words for the person who asked.
pub fn decide(case: &Case, allowed: &Allowed<'_>, policy: &Policy, facts: &Facts) -> Result<Vec<Event>, Refusal> {
    let command = allowed.command();
    if case.is_closed() && !may_touch_closed(command) {
        return Err(Refusal::Closed);
    }
    cluster::before(case, command)?;
    gates::before(case, policy, allowed)?;
    let events = closed::with_reopening(case, chapter(case, allowed, policy, facts)?);
    let events = disclosure::with_approval(case, events, policy, allowed, facts);
    Ok(dates::with_moved(case, events, policy, allowed, facts))
}

/// The room of the chapter that a command belongs to.
fn chapter(case: &Case, allowed: &Allowed<'_>, policy: &Policy, facts: &Facts) -> Result<Vec<Event>, Refusal> {
    use Command as C;
    let now = facts.now;
    let member = allowed.member();
    match allowed.command() {
        C::Report(_) => Err(Refusal::WrongState { state: case.state.name(), next: "File it as a new report." }),
        C::Acknowledge { text } => dialogue::acknowledge(case, text),
        C::Answer { text, files, next_steps } => dialogue::answer(text, files, *next_steps),
        C::Ask { text, files } => dialogue::ask(text, files),
        C::Note { text, files, mentions } => dialogue::note(text, files, mentions, &facts.may_see),
        C::Write { text, files } => dialogue::write(case, reporter(allowed), text, files),
        C::TakeMail { text, files, noticed, returned } => {
            dialogue::take_mail(case, reporter(allowed), text, files, noticed, *returned)
        }
        C::RecordOrigin { entry, origin } => origin::record(case, *entry, origin),
        C::Nudge => dialogue::nudge(case, reporter(allowed), policy, now),
        C::AskCredit => Ok(vec![Event::CreditAsked]),
        C::ChooseCredit { credit } => dialogue::choose_credit(case, reporter(allowed), credit),
        C::GiveKey { pgp_key } => dialogue::give_key(case, reporter(allowed), pgp_key),
        C::Withdraw { text } => dialogue::withdraw(case, reporter(allowed), text),
        C::Assign { to } => triage::assign(case, to, facts.may_hold),
        C::Describe { title, product, component, aliases } => triage::describe(title, product, component, aliases),
        C::Verify { facts } => triage::verify(facts),
        C::Discuss { text } => triage::discuss(text),
        C::Confirm { text } => triage::confirm(case, policy, member, text),
        C::Reject { text } => triage::reject(case, policy, member, text),
        C::OutOfScope { clause, instead, text } => triage::out_of_scope(case, policy, member, clause, instead, text),
        C::Duplicate { of, text } => triage::duplicate(case, policy, member, of, &facts.known_before, text),
        C::ScannerOutput { text } => triage::scanner_output(case, policy, member, text),
        C::Redirect { to, clause, text } => triage::redirect(case, policy, member, to, clause, text),
        C::NotAVulnerability { clause, text } => triage::not_a_vulnerability(case, policy, member, clause, text),
        C::Dismiss { outcome, text } => triage::end(case, policy, member, outcome, text),
        C::Merge { into, text } => cluster::merge(case, into, facts.lead.as_ref(), text),
        C::Relate { to, text } => cluster::relate(case, to, facts.lead.is_some(), text),
        C::Unrelate { to } => cluster::unrelate(case, to, facts.lead.is_some()),
        C::Separate { reason } => cluster::separate(case, reason),
        C::AnswerAll { text, next_steps } => dialogue::answer(text, &[], *next_steps),
        C::Split { parts, text } => cluster::split(case, parts, text),
        C::UndoVerdict { reason } => appeals::undo(case, policy, allowed, reason),
        C::Appeal { text } => appeals::appeal(case, reporter(allowed), text),
        C::AnswerAppeal { stands, text } => appeals::answer(case, member, *stands, text),
        C::EstimateEffort { effort, text } => planning::estimate_effort(*effort, text),
        C::Decide { plan, on, reason } => planning::decide(case, policy, *plan, *on, reason, now),
        C::AssessDependency { package, affected, justification, text, public_as } => {
            let found = planning::Found { affected: *affected, justification: *justification };
            planning::assess(case, package, found, text, public_as.as_deref(), now)
        }
        C::Rate { vectors, severity, level, why } => rating::rate(policy, vectors, *severity, level.as_deref(), why),
        C::Prioritise { table, choices } => rating::prioritise(table, choices),
        C::SetTask { task, title, pointers, evidence, done } => {
            remediation::task(case, *task, title, pointers, evidence, *done)
        }
        C::AskRetest { text } => remediation::ask_retest(case, text),
        C::Retest { holds, text } => remediation::retest(case, reporter(allowed), *holds, text),
        C::SetWeakness { cwe } => triage::set_weakness(*cwe),
        C::KnowExploitation { ground, aware_at } => duties::know_exploitation(ground, *aware_at, now),
        C::KnowIncident { ground, aware_at } => duties::know_incident(ground, *aware_at, now),
        C::RecordSubmission { promise, to, at, reference, text } => {
            duties::submit(policy, promise, to, at.unwrap_or(now), reference, text, now)
        }
        C::Estimate { promise, until, reason } => triage::estimate(policy, promise, *until, reason, now),
        C::RecordAudit { looked, found } => remediation::audit(looked, found),
        C::RecordFix { branch, kind, version, url, details } => {
            let fix = remediation::fix(case, branch, *kind, version, url, details)?;
            disclosure::with_standing_order(case, fix, policy, allowed, facts)
        }
        C::DecideVersions { decisions } => {
            let fixes = remediation::versions(case, policy, decisions)?;
            disclosure::with_standing_order(case, fixes, policy, allowed, facts)
        }
        C::TickItems { items, text } => checklists::tick(case, policy, items, text),
        C::ProposeEmbargo { until, text } => disclosure::propose_embargo(case, policy, *until, text, now),
        C::AnswerEmbargo { agree, text, asked } => disclosure::answer_embargo(case, *agree, text, *asked),
        C::DraftAdvisory { draft } => drafting::draft(case, draft),
        C::CommentAdvisory { section, text } => comments::comment(case, *section, text),
        C::ResolveComment { comment } => comments::resolve(case, *comment),
        C::ApproveAdvisory { revision } => disclosure::approve(case, policy, member, *revision),
        C::Publish { .. } | C::GoPublic { .. } if case.drill => Err(Refusal::Drill),
        C::Publish { at } => disclosure::publish(case, policy, member, *at, facts),
        C::GoPublic { title, summary, reason } => disclosure::go_public(case, policy, title, summary, reason, facts),
        C::BreakEmbargo { reason } => disclosure::break_embargo(case, reason, now),
        C::OverrideGate { step, gate, reason } => gates::overrule(case, policy, allowed, *step, *gate, reason),
        C::HoldPublication { reason } => disclosure::hold(case, reason),
        C::TickStep { step, text } => schedule::tick(case, policy, step, text),
        C::RecordBreach { report, evidence } => conditions::record_breach(case, policy, *report, evidence),
        C::ClearBreach { report, reason } => conditions::clear_breach(case, *report, reason),
        C::PublishSummary { title, text } => closed::publish(case, policy, title, text),
        C::WithdrawSummary { reason } => closed::withdraw(case, reason),
        C::AnswerSummary { agree, text, asked } => closed::answer(case, reporter(allowed), *agree, text, *asked),
        C::ProposeIssue { title, text } => closed::propose_issue(case, title, text),
        C::AnswerIssue { agree, text, asked } => closed::answer_issue(case, reporter(allowed), *agree, text, *asked),
        C::OpenIssue { url } => closed::open_issue(case, url),
        C::MovePolicy { version, reason } => moved::to_newer(case, policy, *version, reason, facts),
        C::Close { reason } => disclosure::close(case, policy, member, reason),
        C::Reopen { reason } => disclosure::reopen(case, reason),
        C::Tick => {
            // What goes out at its instant keeps a promise that falls due at the same one.
            let mut events = disclosure::due(case, policy, facts);
            let after = disclosure::after(case, &events, allowed, facts);
            events.extend(promises::due(&after, policy, now));
            events.extend(schedule::due(&after, policy, now));
            events.extend(standing::due(case, now));
            Ok(events)
        }
        C::InviteParty { invitation } => parties::invite(case, invitation, now),
        C::TellParty { party, text } => parties::tell(case, *party, text, now),
        C::GiveAdvisory { party } => parties::give(case, *party, now),
        C::ShareFile { sharing } => parties::share(case, sharing, policy, facts.looked.as_ref(), now),
        C::EndParty { party, reason } => parties::end(case, *party, reason, now),
        C::AsParty { wish } => parties::wish(case, allowed, wish, now),
        C::See => Ok(standing::see(case, allowed, now)),
        C::PutOn { member, reason } => standing::put_on(case, member, reason, facts.may_hold),
        C::TakeOff { member, reason } => standing::take_off(case, member, reason),
        C::BreakGlass { reason } => standing::break_glass(case, policy, allowed, reason, now),
        C::NoticeReading { member, cases, told } => {
            Ok(vec![Event::ReadingNoticed { member: member.clone(), cases: *cases, told: told.clone() }])
        }
    }
}

/// Events that open a case.
///
/// # Errors
/// Why the report cannot be taken in; only when it says nothing at all, or is larger than any limit.
pub fn open(allowed: &Allowed<'_>, policy: &Policy, facts: &Facts) -> Result<Vec<Event>, Refusal> {
    match allowed.command() {
        Command::Report(filing) => intake::open(filing, policy, allowed.member(), facts),
        other => Err(Refusal::Field { field: "command", problem: format!("`{}` needs a case", other.name()) }),
    }
}

fn reporter(allowed: &Allowed<'_>) -> u32 {
    match allowed.actor() {
        crate::access::Actor::Reporter { report, .. } => *report,
        _ => 0,
    }
}

/// Acts that make sense on a closed case. A reporter can always write: a message is never lost.
fn may_touch_closed(command: &Command) -> bool {
    matches!(
        command,
        Command::Reopen { .. }
            | Command::Note { .. }
            | Command::Answer { .. }
            | Command::Write { .. }
            | Command::TakeMail { .. }
            | Command::RecordOrigin { .. }
            | Command::ChooseCredit { .. }
            | Command::GiveKey { .. }
            | Command::Assign { .. }
            | Command::KnowIncident { .. }
            | Command::RecordSubmission { .. }
            | Command::TickStep { .. }
            | Command::RecordBreach { .. }
            | Command::ClearBreach { .. }
            | Command::PublishSummary { .. }
            | Command::WithdrawSummary { .. }
            | Command::AnswerSummary { .. }
            | Command::ProposeIssue { .. }
            | Command::AnswerIssue { .. }
            | Command::OpenIssue { .. }
            | Command::UndoVerdict { .. }
            | Command::Separate { .. }
            | Command::Relate { .. }
            | Command::Unrelate { .. }
            | Command::AnswerAll { .. }
            | Command::Appeal { .. }
            | Command::AnswerAppeal { .. }
            | Command::Tick
            | Command::See
            | Command::TellParty { .. }
            | Command::GiveAdvisory { .. }
            | Command::ShareFile { .. }
            | Command::EndParty { .. }
            | Command::AsParty { .. }
            | Command::PutOn { .. }
            | Command::TakeOff { .. }
            | Command::BreakGlass { .. }
            | Command::NoticeReading { .. }
    )
}

/// Text that must say something, within a limit.
pub(crate) fn text(field: &'static str, text: &str, limit: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::Field { field, problem: "write at least a word".into() });
    }
    optional(field, text, limit)
}

/// Text that may be empty, within a limit.
pub(crate) fn optional(field: &'static str, text: &str, limit: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.chars().count() > limit {
        return Err(Refusal::TooLong { field, limit });
    }
    Ok(text.to_owned())
}

/// Whether a text can be an address to which mail is sent: one `@`, something on both sides, no spaces or control
/// characters. Whether it works, only mail can tell.
pub fn looks_like_address(text: &str) -> bool {
    let mut parts = text.split('@');
    let (Some(local), Some(domain), None) = (parts.next(), parts.next(), parts.next()) else { return false };
    !local.is_empty()
        && domain.contains('.')
        && !domain.starts_with('.')
        && !domain.ends_with('.')
        && text.len() <= 254
        && text.chars().all(|c| !c.is_whitespace() && !c.is_control() && !"<>\",;:\\[]()".contains(c))
}

/// Characters of a message or a note.
pub const MESSAGE_LIMIT: usize = 100_000;
/// Characters of one line, such as a title.
pub const LINE_LIMIT: usize = 500;
