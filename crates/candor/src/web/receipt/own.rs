//! The page behind a receipt: where the report stands, what is promised, what was said, what can be done.

use super::{message_form, words};
use crate::app::App;
use crate::error::Error;
use crate::execute::policy_of;
use crate::openpgp::{Certificate, words::grouped};
use crate::web::fields::Fields;
use crate::web::report::{files::hint, questions};
use crate::web::session::{FormNonce, ReceiptHolder};
use crate::web::views::parts::Credit as CreditPart;
use crate::web::views::report::{EmbargoView, KeyChoice, Nudge, ReporterPage, SummaryAsk};
use crate::web::views::{Link, Problem, TimeView, parts};
use crate::web::{clocks, page};
use candor_core::case::{Case, Report, State, SummaryState};
use candor_core::dialogue::{NUDGE_EVERY, next_contact};
use candor_core::event::{Credit, Event, Outcome};
use candor_core::evidence;
use candor_core::policy::Policy;
use candor_core::promises::{self, Status};
use candor_core::protected;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What was typed and could not be taken.
#[derive(Debug, Default)]
pub struct Draft {
    /// The message.
    pub text: String,
    /// What has to be mended.
    pub problems: Vec<Problem>,
    /// Answers about credit, with what is wrong with them.
    pub credit: Option<(Fields, questions::Problems)>,
}

/// The report of whoever holds the receipt.
pub fn report(holder: &ReceiptHolder) -> Option<&Report> {
    let number = words::number(holder);
    holder.case.reports.iter().find(|report| report.number == number)
}

/// Fills the page.
///
/// # Errors
/// When the policy of the case is not in service, or the keys are missing.
pub fn view(app: &App, holder: &ReceiptHolder, draft: Draft) -> Result<ReporterPage, Error> {
    let case = &holder.case;
    let policy = policy_of(app, case)?;
    let (now, zone) = (app.now(), page::zone(&policy));
    let report = report(holder).ok_or(Error::NotFound)?;
    let mut shell = page::program_shell(app, &policy, "receipt");
    shell.csrf.clone_from(&holder.csrf);
    let (credit, credit_problems) = credit(&policy, case, report, draft.credit);
    let mut problems = draft.problems;
    problems.extend(credit_problems);
    Ok(ReporterPage {
        shell,
        made: app.now().to_string(),
        base: "/receipt".into(),
        title: report.facts.title.clone(),
        case: case.id.0.clone(),
        status: status(case).into(),
        next: next(case, &policy, &zone, now),
        earlier: earlier(case),
        awaited: case.waiting_since.is_some(),
        received: TimeView::new(report.at, &zone, now),
        promises: clocks::to_reporter(case, &policy, &zone, now),
        helps: helps(case, report, &policy),
        dialogue: words::dialogue(holder, &policy, &zone, now),
        report: words::report_rows(report, &policy),
        files: report.facts.files.iter().map(words::file).collect(),
        draft: draft.text,
        problems,
        file_limit: hint(app),
        once: FormNonce::fresh(app).text(app, &message_form(&case.id))?,
        can_write: true,
        nudge: nudge(holder, &policy, &zone, now),
        key: key(report, now),
        credit: Some(credit),
        embargo: embargo(case, &policy, &zone, now),
        summary: case
            .summary
            .as_ref()
            .filter(|summary| summary.state == SummaryState::Proposed)
            .map(|summary| SummaryAsk { title: summary.title.clone(), text: summary.text.clone() }),
        issue: case
            .issue
            .as_ref()
            .filter(|issue| issue.agreed.is_none() && issue.url.is_none() && case.is_closed())
            .map(|issue| SummaryAsk { title: issue.title.clone(), text: issue.text.clone() }),
        retest: case.retests.iter().find(|known| known.found.is_none()).map(|known| known.asked.clone()),
        can_appeal: candor_core::appeals::may_appeal(case, report.number),
        appeal: case
            .appeal
            .as_ref()
            .filter(|appeal| appeal.report == report.number && appeal.is_open())
            .map(|appeal| TimeView::new(appeal.at, &zone, now)),
        can_withdraw: case.state.is_open(),
        advisory: case
            .advisory
            .id
            .as_ref()
            .filter(|_| case.advisory.is_public())
            .or(case.published_with.as_ref())
            .map(|id| Link::new(format!("Read the advisory {id}"), format!("/{}/advisories/{id}", case.program))),
        takes_files: true,
    })
}

/// What was noticed about the report's evidence, while it is being looked into: the same facts that the team sees.
fn helps(case: &Case, report: &Report, policy: &Policy) -> Vec<String> {
    // Of what came encrypted nothing is at hand here, and nothing may be told.
    let is_shut = report.facts.description == protected::FOR_THE_TEAM;
    if is_shut || !matches!(case.state, State::New | State::Triage) || !case.verifications.is_empty() {
        return Vec::new();
    }
    let found = evidence::of_report(case, report, policy);
    found.against.into_iter().chain(found.missing).map(|fact| fact.words).collect()
}

/// Where it stands, in a sentence.
fn status(case: &Case) -> &'static str {
    match (case.state, case.outcome.as_ref()) {
        (State::New, _) => "The team has your report. Nobody has answered yet.",
        (State::Triage, _) => "The team is looking into it.",
        (State::Confirmed, _) => "The team confirmed it and works on a fix.",
        (State::Fixed, _) => "A fix is out. The advisory is being prepared.",
        (State::Published, _) => "It is fixed, and the advisory is public.",
        (State::Closed, Some(Outcome::Rejected)) => "The team looked into it and does not hold it for a vulnerability.",
        (State::Closed, Some(Outcome::OutOfScope { .. })) => "It is not covered by this policy.",
        (State::Closed, Some(Outcome::Redirected { .. })) => "It has to be mended elsewhere.",
        (State::Closed, Some(Outcome::NotAVulnerability { .. })) => "It is known, and no vulnerability here.",
        (State::Closed, Some(Outcome::Duplicate { .. })) => "It was known already, and is handled there.",
        (State::Closed, Some(Outcome::ScannerOutput)) => "The team takes no output of scanners without a proof.",
        (State::Closed, Some(Outcome::CannotReproduce)) => "The team could not make it happen.",
        (State::Closed, Some(Outcome::InDependency { .. })) => "The problem is in a package that others mend.",
        (State::Closed, Some(Outcome::AlreadyFixed { .. })) => "It was fixed before your report came.",
        (State::Closed, Some(Outcome::Accepted { .. })) => "The team knows of it and has decided to live with it.",
        (State::Closed, Some(Outcome::NotSecurity)) => "It is a mistake, but not a security matter.",
        (State::Closed, Some(Outcome::Spam)) => "The team found no report in it.",
        (State::Closed, Some(Outcome::Withdrawn)) => "You took it back.",
        (State::Closed, Some(Outcome::NoAnswer)) => {
            "The case was closed, because no answer came. Write a message, and it is open again."
        }
        (State::Closed, _) => "The case is closed.",
    }
}

/// The signed proof that the team had an earlier report of the same; empty for none.
fn earlier(case: &Case) -> String {
    let known = case.outcome.as_ref().filter(|_| case.is_closed()).and_then(|outcome| match outcome {
        Outcome::Duplicate { known: Some(known), .. } => known.proof.clone(),
        _ => None,
    });
    let proof = known.and_then(|text| serde_json::from_str::<crate::proof::Proof>(&text).ok());
    proof.and_then(|proof| serde_json::to_string_pretty(&proof).ok()).unwrap_or_default()
}

/// What happens next, in a sentence.
fn next(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> String {
    if case.waiting_since.is_some() {
        let mut words = "The team asked you something.".to_owned();
        if promises::stands_still(case, policy, now) {
            words += " Promises that need your answer stand still until it comes.";
        }
        if let Some(closes) = promises::silence_ends(case, policy) {
            let at = TimeView::new(closes, zone, now).absolute;
            words += &format!(" Without an answer the case is closed on {at}; a later message opens it again.");
        }
        return words;
    }
    if let (State::Closed, Some(outcome)) = (case.state, &case.outcome) {
        let cited = |name: &str| policy.clause(name).map(|clause| (clause.what, clause.more)).unwrap_or_default();
        let parts = match outcome {
            Outcome::OutOfScope { clause, instead } => Some((cited(clause).0, instead.clone())),
            Outcome::Redirected { to, clause } => {
                Some((clause.as_deref().map(|clause| cited(clause).0).unwrap_or_default(), format!("Go to {to}.")))
            }
            Outcome::NotAVulnerability { clause } => {
                let (what, because) = cited(clause);
                Some((format!("Clause {clause} of the policy: {what}"), because))
            }
            Outcome::InDependency { package, to } => {
                let there = if to.is_empty() { String::new() } else { format!("Report it there: {to}") };
                Some((format!("The package: {package}."), there))
            }
            Outcome::AlreadyFixed { version } => Some((format!("The fix is in version {version}."), String::new())),
            Outcome::Accepted { clause: Some(clause) } => {
                let (what, because) = cited(clause);
                Some((format!("Clause {clause} of the policy: {what}"), because))
            }
            Outcome::Duplicate { known: Some(known), .. } => Some((
                format!("The team has had a report of it since {}.", TimeView::new(known.at, zone, now).absolute),
                format!("Proof, to be compared when that report is opened: {}.", known.hash),
            )),
            _ => None,
        };
        if let Some((what, more)) = parts {
            return [what, more].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        }
    }
    let running = promises::clocks(case, policy, now);
    match running.iter().find(|clock| clock.is_to_reporter() && clock.status == Status::Running) {
        Some(clock) => {
            format!("Next: {}, by {}.", clock.what, TimeView::new(clock.due, zone, now).absolute)
        }
        None => String::new(),
    }
}

fn nudge(holder: &ReceiptHolder, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Option<Nudge> {
    let case = &holder.case;
    if !case.state.is_open() || policy.contacts.is_empty() {
        return None;
    }
    let number = words::number(holder);
    let last = case.history.iter().rev().find_map(|entry| match &entry.what {
        Event::Nudged { report, .. } if *report == number => Some(entry.at),
        _ => None,
    });
    let role = next_contact(case, policy, now);
    let not_now = last.map(|at| at + NUDGE_EVERY).filter(|again| *again > now).map(|again| {
        format!("You asked for news. From {} you can ask the {role}.", TimeView::new(again, zone, now).absolute)
    });
    let contact = policy.contact(&role).filter(|contact| contact.public);
    Some(Nudge {
        to: format!("the {role}"),
        address: contact.map(|contact| contact.email.clone()).unwrap_or_default(),
        last: last.map(|at| TimeView::new(at, zone, now)),
        not_now: not_now.unwrap_or_default(),
    })
}

fn credit(
    policy: &Policy,
    case: &Case,
    report: &Report,
    draft: Option<(Fields, questions::Problems)>,
) -> (CreditPart, Vec<Problem>) {
    let chosen = match &report.credit {
        Some(Credit::Anonymous) => "Nothing about you is published.".to_owned(),
        Some(Credit::Named { name, organisation, .. }) => {
            let words: Vec<&str> =
                [name, organisation].into_iter().map(String::as_str).filter(|it| !it.is_empty()).collect();
            format!("You are credited as: {}.", words.join(", "))
        }
        None => format!("You have not chosen yet. {}", questions::credit_default(policy)),
    };
    let chosen = match case.breaches.iter().find(|breach| breach.report == report.number && breach.credit_denied) {
        Some(_) => format!(
            "A condition you agreed to was put on record as broken, and by this policy no credit is given then. {} wrote why, in the \
             history; answer there if it is not so.",
            policy.program.name
        ),
        None => chosen,
    };
    let (answers, problems) =
        draft.unwrap_or_else(|| (credit_answers(report.credit.as_ref()), questions::Problems::new()));
    let group = questions::credit(policy, &answers, &problems);
    let problems = parts::problems(std::slice::from_ref(&group));
    let asked = (case.credit_asked && report.credit.is_none()) || !problems.is_empty();
    (CreditPart { chosen, asked, group }, problems)
}

/// How letters to the reporter are encrypted; `None` when none are written.
fn key(report: &Report, now: Timestamp) -> Option<KeyChoice> {
    let contact = report.contact.as_ref().filter(|contact| !contact.email.is_empty())?;
    if contact.pgp_key.is_empty() {
        return Some(KeyChoice {
            words: "Letters to you are not encrypted. They say only that there is news.".into(),
            ..KeyChoice::default()
        });
    }
    let read = Certificate::read(contact.pgp_key.as_bytes(), &Default::default());
    Some(match read {
        Err(why) => KeyChoice { words: format!("Letters to you wait: {why}."), given: true, ..KeyChoice::default() },
        Ok(key) => KeyChoice {
            fingerprint: grouped(&key.fingerprint()),
            words: match key.can_encrypt(now) {
                Ok(()) => "Letters to you are encrypted to this key.".into(),
                Err(why) => format!("Letters to you wait: {why}."),
            },
            given: true,
        },
    })
}

fn credit_answers(credit: Option<&Credit>) -> Fields {
    match credit {
        None => Fields::default(),
        Some(Credit::Anonymous) => Fields::of([("credit", "anonymous")]),
        Some(Credit::Named { name, organisation, link, about }) => Fields::of([
            ("credit", "named"),
            ("credit_name", name),
            ("credit_organisation", organisation),
            ("credit_link", link),
            ("credit_about", about),
        ]),
    }
}

fn embargo(case: &Case, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Option<EmbargoView> {
    let embargo = case.embargo.as_ref()?;
    let text = case.history.iter().rev().find_map(|entry| match &entry.what {
        Event::EmbargoProposed { text, .. } => Some(text.clone()),
        _ => None,
    });
    let declined = case.history.iter().rev().find_map(|entry| match &entry.what {
        Event::EmbargoDeclined { .. } => Some(true),
        Event::EmbargoProposed { .. } => Some(false),
        _ => None,
    });
    let state = match (embargo.agreed, declined) {
        (true, _) => "agreed",
        (false, Some(true)) => "declined",
        (false, _) => "proposed",
    };
    let at = TimeView::new(embargo.at, zone, now).absolute;
    Some(EmbargoView {
        until: TimeView::new(embargo.until, zone, now),
        state: state.into(),
        words: match state {
            "agreed" => format!("You and {} agreed on it on {at}.", policy.program.name),
            "declined" => "You would rather have another date; the team was told.".into(),
            _ => format!("{} proposed it on {at}.", policy.program.name),
        },
        text: text.unwrap_or_default(),
        asks: state == "proposed" && case.state.is_open(),
    })
}
