//! What was said and done, in words for the reporter. Only what [`Event::is_shown_to_reporter`] lets through, and of
//! several reporters each their own part.

use crate::openpgp::{Certificate, words::grouped};
use crate::web::session::ReceiptHolder;
use crate::web::views::report::Message;
use crate::web::views::{FileView, Row, TimeView, fmt};
use candor_core::access::Actor;
use candor_core::case::{Entry, Report};
use candor_core::event::{Credit, Event, FileRef};
use candor_core::intake;
use candor_core::policy::{Policy, ReportField};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Number of the holder's report within the case.
pub fn number(holder: &ReceiptHolder) -> u32 {
    match holder.actor {
        Actor::Reporter { report, .. } => report,
        _ => 0,
    }
}

/// Whether an entry is the holder's to see.
fn is_shown(entry: &Entry, own: u32) -> bool {
    let of = match &entry.what {
        Event::Reported { number, .. } => Some(*number),
        Event::ReporterWrote { report, .. }
        | Event::Nudged { report, .. }
        | Event::CreditChosen { report, .. }
        | Event::KeyGiven { report, .. }
        | Event::BreachRecorded { report, .. }
        | Event::BreachCleared { report, .. }
        | Event::SummaryDeclined { report, .. }
        | Event::Appealed { report, .. }
        | Event::Retested { report, .. }
        | Event::IssueAnswered { report, .. }
        | Event::Withdrawn { report, .. } => Some(*report),
        _ => None,
    };
    entry.what.is_shown_to_reporter() && of.is_none_or(|of| of == own)
}

fn files_of(event: &Event) -> &[FileRef] {
    match event {
        Event::Reported { facts, .. } => &facts.files,
        Event::Answered { files, .. } | Event::Asked { files, .. } | Event::ReporterWrote { files, .. } => files,
        _ => &[],
    }
}

/// Every file that the holder may fetch.
pub fn shown_files(holder: &ReceiptHolder) -> impl Iterator<Item = &FileRef> {
    let own = number(holder);
    holder.case.history.iter().filter(move |entry| is_shown(entry, own)).flat_map(|entry| files_of(&entry.what))
}

/// A file with the address where it is fetched.
pub fn file(file: &FileRef) -> FileView {
    FileView {
        name: file.name.clone(),
        size: fmt::size(file.size),
        href: format!("/receipt/files/{}", file.id),
        ..FileView::default()
    }
}

/// What was said and done, oldest first.
pub fn dialogue(holder: &ReceiptHolder, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Vec<Message> {
    let own = number(holder);
    let shown = holder.case.history.iter().filter(|entry| is_shown(entry, own));
    let shown = shown.filter(|entry| is_to_reporter(&entry.what, policy));
    shown.filter_map(|entry| message(entry, policy, zone, now)).collect()
}

/// What became of the key for letters.
pub fn key_words(pgp_key: &str) -> String {
    match Certificate::read(pgp_key.as_bytes(), &Default::default()) {
        _ if pgp_key.is_empty() => "chose letters that are not encrypted".into(),
        Ok(key) => format!("gave the OpenPGP key {} for letters", grouped(&key.fingerprint())),
        Err(_) => "gave an OpenPGP key for letters".into(),
    }
}

/// Whether what a clock did is about a promise to the reporter; what is owed to others is not theirs to see.
fn is_to_reporter(event: &Event, policy: &Policy) -> bool {
    let name = match event {
        Event::BellRung { bell, .. } => &bell.promise,
        Event::PromiseBroken { promise, .. } => promise,
        _ => return true,
    };
    policy.promise(name).is_none_or(|promise| promise.is_to_reporter())
}

fn message(entry: &Entry, policy: &Policy, zone: &TimeZone, now: Timestamp) -> Option<Message> {
    let day = |at: Timestamp| TimeView::fixed(at, zone).absolute;
    let promise = |name: &str| policy.promise(name).map_or_else(|| name.to_owned(), |promise| promise.what.clone());
    let (side, did, text): (&str, String, &str) = match &entry.what {
        Event::Reported { .. } => ("mine", "sent the report".into(), ""),
        Event::ReporterWrote { text, .. } => ("mine", "wrote".into(), text.as_str()),
        Event::Nudged { to, .. } => ("mine", format!("asked for news; the {to} was told"), ""),
        Event::KeyGiven { pgp_key, .. } => ("mine", key_words(pgp_key), ""),
        Event::CreditChosen { credit, .. } => match credit {
            Credit::Anonymous => ("mine", "chose not to be named".into(), ""),
            Credit::Named { .. } => ("mine", "chose how to be named".into(), ""),
        },
        Event::EmbargoAgreed { until } => {
            ("mine", format!("agreed that nothing is published before {}", day(*until)), "")
        }
        Event::SummaryDeclined { text, .. } => ("mine", "would rather not have that text published".into(), text),
        Event::SummaryProposed { title, text } => {
            ("theirs", format!("proposed a public text about your report: {title}"), text)
        }
        Event::SummaryPublished { title, .. } => {
            ("step", format!("A text about your report became public: {title}"), "")
        }
        Event::SummaryWithdrawn { reason } => ("theirs", "took the public text about your report back".into(), reason),
        Event::BreachRecorded { evidence, credit_denied, .. } => (
            "theirs",
            if *credit_denied {
                "put on record that a condition was broken; by the policy no credit is given then".into()
            } else {
                "put on record that a condition was broken; your credit stays".into()
            },
            evidence,
        ),
        Event::BreachCleared { reason, .. } => {
            ("theirs", "took back the record that a condition was broken".into(), reason)
        }
        Event::EmbargoDeclined { text } => ("mine", "would rather have another date".into(), text),
        Event::Appealed { text, .. } => ("mine", "asked that somebody else look at it again".into(), text),
        Event::AppealAnswered { stands: true, text } => {
            ("theirs", "looked at it again, another member than before: the verdict stands".into(), text)
        }
        Event::AppealAnswered { stands: false, text } => {
            ("theirs", "looked at it again, another member than before, and takes it up".into(), text)
        }
        Event::MergedInto { text, .. } => {
            ("theirs", "handles your report together with others of the same problem".into(), text)
        }
        Event::Separated { reason, .. } => ("theirs", "handles your report on its own again".into(), reason),
        Event::SplitOff { title, .. } => {
            ("step", format!("A finding of your report is handled on its own: {title}"), "")
        }
        Event::PartNews { title, what, text, .. } => ("theirs", format!("has news about “{title}”: {what}"), text),
        Event::PublishedWith { advisory, .. } => ("step", format!("published the advisory {advisory}"), ""),
        Event::RetestAsked { text } => ("theirs", "asked you to try whether the fix holds".into(), text),
        Event::Retested { holds: true, text, .. } => ("mine", "tried it: the problem is gone".into(), text),
        Event::Retested { holds: false, text, .. } => ("mine", "tried it: the problem is still there".into(), text),
        Event::IssueProposed { title, text } => {
            ("theirs", format!("proposed a text for the public issues of the project: {title}"), text)
        }
        Event::IssueAnswered { agree: true, text, .. } => ("mine", "agreed to the public issue".into(), text),
        Event::IssueAnswered { agree: false, text, .. } => ("mine", "would rather have no public issue".into(), text),
        Event::IssueOpened { url } => ("step", format!("opened the public issue {url}"), ""),
        Event::VerdictUndone { reason } => ("theirs", "took the verdict back".into(), reason),
        Event::Withdrawn { text, .. } => ("mine", "took the report back".into(), text),
        Event::Acknowledged { text } => ("theirs", "acknowledged the report".into(), text),
        Event::Answered { text, .. } => ("theirs", "wrote".into(), text),
        Event::Asked { text, .. } => ("theirs", "asked".into(), text),
        Event::Confirmed { text } => ("theirs", "confirmed the report".into(), text),
        Event::Dismissed { outcome, text } => ("theirs", format!("closed it as {}", outcome.label()), text),
        Event::EmbargoProposed { until, text } => {
            ("theirs", format!("proposed that nothing is published before {}", day(*until)), text)
        }
        Event::Estimated { promise: name, until, reason } => {
            ("theirs", format!("gave a new date for “{}”: {}", promise(name), day(*until)), reason)
        }
        Event::PolicyMoved { reason, changes, .. } => {
            ("theirs", format!("moved your report to the newer policy{}", changed(changes)), reason)
        }
        Event::EmbargoBroken { reason } => ("theirs", "gave up the date you agreed on".into(), reason),
        Event::Closed { reason } => ("theirs", "closed the case".into(), reason),
        Event::Reopened { reason } => ("theirs", "took the case up again".into(), reason),
        Event::CreditAsked => ("theirs", "asked how you wish to be named".into(), ""),
        Event::Rated { severity, .. } => {
            ("step", format!("rated the severity: {}", policy.severity.name(*severity)), "")
        }
        Event::Decided { plan, on, reason, .. } => {
            let date = on.map(|on| format!(", {}", day(on))).unwrap_or_default();
            ("theirs", format!("decided: {}{date}", plan.label()), reason)
        }
        Event::WeaknessSet { cwe } => ("step", format!("named the weakness: CWE-{cwe}"), ""),
        Event::FixRecorded { version: Some(version), .. } => ("step", format!("put a fix on record: {version}"), ""),
        Event::FixRecorded { .. } => ("step", "put a remediation on record".into(), ""),
        Event::ExploitationKnown { .. } => ("step", "put on record that it is being exploited".into(), ""),
        Event::Published { record } => ("step", format!("published the advisory {}", record.id), ""),
        Event::PromiseBroken { promise: name, due, .. } => {
            ("clock", format!("A promise was not kept: {}, due {}", promise(name), day(*due)), "")
        }
        Event::DatesMoved { dates } => {
            let theirs = |name: &str| policy.promise(name).is_none_or(|promise| promise.is_to_reporter());
            let lines: Vec<String> = dates
                .iter()
                .filter(|date| theirs(&date.promise))
                .map(|date| format!("{}: {}, was {}", promise(&date.promise), day(date.is), day(date.was)))
                .collect();
            if lines.is_empty() {
                return None;
            }
            ("clock", format!("Dates moved. {}", lines.join("; ")), "")
        }
        Event::BellRung { bell, to, .. } => {
            ("clock", format!("The {to} was told about: {}", promise(&bell.promise)), "")
        }
        Event::SilenceReminded { closes, .. } => (
            "clock",
            format!("You were reminded of the question. Without an answer the case is closed on {}", day(*closes)),
            "",
        ),
        Event::ClosedForSilence { text, .. } => {
            ("clock", "The case was closed, because no answer came. Write a message, and it is open again".into(), text)
        }
        Event::WaitEnded => ("clock", "The wait for your answer reached its limit; the promises run again".into(), ""),
        _ => return None,
    };
    let (side, who) = match side {
        "mine" => ("mine", "You".to_owned()),
        "clock" => ("step", String::new()),
        side => (side, format!("The {} security team", policy.program.name)),
    };
    Some(Message {
        at: TimeView::new(entry.at, zone, now),
        who,
        did,
        side: side.into(),
        text: text.to_owned(),
        // The report's own files stand with the report.
        files: match &entry.what {
            Event::Reported { .. } => Vec::new(),
            other => files_of(other).iter().map(file).collect(),
        },
    })
}

/// An identifier, with a word when it is of no public scheme.
fn looked_up(id: &str) -> String {
    match candor_formats::identifiers::recognise(id) {
        Some(_) => id.to_owned(),
        None => format!("{id} (not of a public scheme that can be looked up)"),
    }
}

/// What the report said, question by question.
pub fn report_rows(report: &Report, policy: &Policy) -> Vec<Row> {
    use ReportField as F;
    let facts = &report.facts;
    let identifiers: Vec<String> = facts.identifiers.iter().map(|id| looked_up(id)).collect();
    let identifiers = identifiers.join(", ");
    let exploited = if facts.exploited { "I know or suspect it" } else { "" };
    let standard = [
        (F::Description, facts.description.as_str()),
        (F::Product, &facts.product),
        (F::Component, &facts.component),
        (F::Version, &facts.version),
        (F::Steps, &facts.steps),
        (F::Expected, &facts.expected),
        (F::Actual, &facts.actual),
        (F::Impact, &facts.impact),
        (F::Weakness, &facts.weakness),
        (F::Preconditions, &facts.preconditions),
        (F::Dependency, &facts.dependency),
        (F::Exploited, exploited),
        (F::FoundBy, &facts.found_by),
        (F::Identifiers, &identifiers),
        (F::DisclosurePlans, &facts.disclosure_plans),
    ];
    let standard = standard.into_iter().map(|(field, text)| Row::new(intake::label(field), text));
    let own = facts.answers.iter().map(|(id, answer)| {
        let question = policy.report.questions.iter().find(|question| question.id == *id);
        Row::new(question.map_or(id.as_str(), |question| question.label.as_str()), answer.as_str())
    });
    standard.chain(own).filter(|row| !row.text.is_empty()).collect()
}

/// What changes for the reporter, behind a colon: promises and dates, not what the team asks of itself.
fn changed(changes: &[String]) -> String {
    let told: Vec<&str> = changes.iter().filter(|change| change.starts_with("promise ")).map(String::as_str).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join("; ")) }
}
