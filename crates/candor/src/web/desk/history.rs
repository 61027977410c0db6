//! What happened to a case, in words: one line per journal entry.

use super::{Names, decrypted};
use crate::web::receipt::words::key_words;
use crate::web::views::case::Entry as EntryView;
use crate::web::views::{FileView, Row, TimeView, fmt};
use candor_core::case::{Author, Case, Entry};
use candor_core::event::{Credit, Event, FileRef, Outcome, VerificationResult};
use candor_core::parties::PartyAct;
use candor_core::policy::Policy;
use candor_core::{gates, origin};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Lines of the history, oldest first.
pub fn lines(
    case: &Case,
    entries: &[Entry],
    policy: &Policy,
    names: &Names,
    zone: &TimeZone,
    now: Timestamp,
) -> Vec<EntryView> {
    entries.iter().filter_map(|entry| line(case, entry, policy, names, zone, now)).collect()
}

fn line(
    case: &Case,
    entry: &Entry,
    policy: &Policy,
    names: &Names,
    zone: &TimeZone,
    now: Timestamp,
) -> Option<EntryView> {
    let mut view = EntryView {
        seq: entry.seq,
        at: TimeView::new(entry.at, zone, now),
        who: who(case, &entry.by, names),
        side: "step".into(),
        shown: entry.what.is_shown_to_reporter(),
        ..EntryView::default()
    };
    let day = |at: &Timestamp| TimeView::fixed(*at, zone).absolute;
    let files = |files: &[FileRef]| files.iter().map(|file| file_view(case, file, "")).collect::<Vec<_>>();
    let said = |view: &mut EntryView, did: &str, side: &str, text: &str| {
        view.did = did.into();
        view.side = side.into();
        view.text = text.to_owned();
    };
    let sender = |view: &mut EntryView| {
        let Some(origin) = origin::of_entry(case, entry.seq) else { return };
        view.rows.push(Row::new("Sender", origin.summary()));
        view.rows.extend(origin.lines().into_iter().map(|(name, words)| Row::new(name, words)));
    };
    match &entry.what {
        Event::Reported { channel, filed_by, number, .. } => {
            use candor_core::event::Channel;
            if *number == 0 && filed_by.is_none() {
                view.who = reporter(case, 0);
            }
            view.did = match channel {
                Channel::Form => "reported through the form",
                Channel::Api => "reported through the API",
                Channel::Mail => "reported by mail",
                Channel::Member => "filed the report for somebody",
                Channel::PublicIssue => "filed what was reported in public",
            }
            .into();
            view.side = "reporter".into();
            sender(&mut view);
        }
        // It stands beside the mail.
        Event::ContactGiven { .. } | Event::MailChecked { .. } => return None,
        Event::Forgotten { .. } => view.did = "name and address of the reporter were erased".into(),
        Event::CreditChosen { credit, .. } => {
            view.who = reporter(case, 0);
            said(&mut view, "chose how to be credited", "reporter", &credit_words(credit));
        }
        Event::KeyGiven { pgp_key, report: of, .. } => {
            view.who = reporter(case, *of);
            said(&mut view, &key_words(pgp_key), "reporter", "");
        }
        Event::CreditAsked => view.did = "asked the reporter how they wish to be credited".into(),
        Event::Acknowledged { text } => said(&mut view, "acknowledged the report", "team", text),
        Event::Assigned { to } => {
            view.did = match to {
                Some(member) if entry.by == Author::Member(member.clone()) => "took the case".into(),
                Some(member) => format!("gave the case to {}", names.of(member)),
                None => "gave the case back to nobody".into(),
            };
        }
        Event::Answered { text, files: sent, next_steps } => {
            let did =
                if *next_steps { "wrote to the reporter and told the next steps" } else { "wrote to the reporter" };
            said(&mut view, did, "team", text);
            view.files = files(sent);
        }
        Event::Asked { text, files: sent } => {
            said(&mut view, "asked the reporter", "team", text);
            view.files = files(sent);
        }
        Event::ReporterWrote { text, files: sent, .. } => {
            said(&mut view, "wrote", "reporter", text);
            view.files = files(sent);
            sender(&mut view);
        }
        Event::MailUnverified { text, files: sent, noticed, .. } => {
            view.who = "Somebody".into();
            said(&mut view, "wrote a mail to the reporter's secret address; it may not be the reporter", "note", text);
            view.rows = noticed.iter().map(|words| Row::new("Noticed", words.clone())).collect();
            view.files = files(sent);
            sender(&mut view);
        }
        Event::LetterReturned { .. } => {
            view.who = "A mail server".into();
            said(&mut view, "could not deliver a letter to the reporter; the address needs a look", "note", "");
        }
        Event::Nudged { to, .. } => said(&mut view, &format!("asked for news; {to} was told"), "reporter", ""),
        Event::Noted { text, files: sent, mentions } => {
            said(&mut view, "noted", "note", text);
            if !mentions.is_empty() {
                let told: Vec<String> = mentions.iter().map(|member| names.of(member)).collect();
                view.did = format!("noted, and told {}", told.join(", "));
            }
            view.files = files(sent);
        }
        Event::Described { title, product, component, aliases } => {
            view.did = "described the case".into();
            view.rows = rows([
                ("Title", title.clone()),
                ("Product", product.clone().unwrap_or_default()),
                ("Component", component.clone().unwrap_or_default()),
                ("Identifiers", aliases.join(", ")),
            ]);
        }
        Event::Verified { facts } => {
            view.did = format!("tried it: {}", result_words(facts.result).to_lowercase());
            view.rows = rows([
                ("Where", facts.environment.clone()),
                ("What it needs", facts.conditions.clone()),
                ("What it leads to", facts.impact.clone()),
            ]);
        }
        Event::Discussed { text } => said(&mut view, "discussed the next steps", "note", text),
        Event::Confirmed { text } => said(&mut view, "confirmed the report", "team", text),
        Event::Dismissed { outcome, text } => {
            said(&mut view, &dismissal(outcome), "team", text);
        }
        Event::Appealed { text, .. } => {
            said(&mut view, "asked that somebody else look at the verdict again", "reporter", text);
        }
        Event::AppealAnswered { stands, text } => {
            let did = if *stands { "answered the appeal: the verdict stands" } else { "granted the appeal" };
            said(&mut view, did, "team", text);
        }
        Event::MergedInto { into, text } => said(&mut view, &format!("merged it into {into}"), "team", text),
        Event::Separated { from, reason } => said(&mut view, &format!("separated it from {from}"), "team", reason),
        Event::Gathered { case: other, .. } => view.did = format!("gathered the report of {other} here"),
        Event::Released { case: other, reason } => said(&mut view, &format!("let {other} go on alone"), "note", reason),
        Event::SplitOff { case: part, title, text } => {
            said(&mut view, &format!("made a finding into case {part}: {title}"), "step", text);
        }
        Event::PartOf { case: whole } => view.did = format!("opened it for a finding of {whole}"),
        Event::PartNews { case: part, title, what, text } => {
            said(&mut view, &format!("about “{title}” ({part}): {what}"), "team", text);
        }
        Event::PublishedWith { case: lead, advisory } => view.did = format!("published {advisory} with {lead}"),
        Event::VerdictUndone { reason } => said(&mut view, "took the verdict back", "team", reason),
        Event::Prioritised { table, choices, decision } => {
            let known = candor_formats::ssvc::Table::from_name(table);
            view.did = format!("weighed it by SSVC ({table}): {}", super::rating::outcome(table, decision));
            view.rows = choices
                .iter()
                .map(|choice| {
                    let point = known.and_then(|known| known.points().iter().find(|point| point.key == choice.point));
                    let name = point.map_or(choice.point.as_str(), |point| point.name);
                    let value = point.and_then(|point| point.values.iter().find(|(key, _)| *key == choice.value));
                    let value = value.map_or(choice.value.as_str(), |(_, name)| name);
                    let reason = if choice.reason.is_empty() { String::new() } else { format!(": {}", choice.reason) };
                    Row::new(name, format!("{value}{reason}"))
                })
                .collect();
        }
        Event::TaskSet { task, title, pointers, evidence, done } => {
            let done = if *done { "done" } else { "to do" };
            said(&mut view, &format!("task {task}, {done}: {title}"), "step", evidence);
            view.rows = pointers.iter().map(|pointer| Row::new("Where", pointer.clone())).collect();
        }
        Event::RetestAsked { text } => said(&mut view, "asked the reporter to try the fix", "team", text),
        Event::Retested { holds, text, .. } => {
            let did = if *holds { "tried it: the problem is gone" } else { "tried it: the problem is still there" };
            said(&mut view, did, "reporter", text);
        }
        Event::Rated { vectors, severity, why } => {
            view.text.clone_from(why);
            view.did = format!("rated the severity {}", policy.severity.name(*severity));
            view.rows = vectors.iter().map(|vector| Row::new("Vector", vector.clone())).collect();
        }
        Event::EffortEstimated { effort, text } => {
            said(&mut view, &format!("estimated the effort: {}", effort.name()), "note", text);
        }
        Event::Decided { plan, on, reason, proposed } => {
            let date = on.map(|on| format!(" of {}", day(&on))).unwrap_or_default();
            let overruled = match proposed {
                Some(proposed) if proposed != plan => format!(", where the policy proposes: {}", proposed.label()),
                _ => String::new(),
            };
            said(&mut view, &format!("decided: {}{date}{overruled}", plan.label()), "team", reason);
        }
        Event::DependencyAssessed { package, affected, justification, text, public_as } => {
            let why = justification.map(|why| format!(": {}", why.label())).unwrap_or_default();
            let what = if *affected { "affects the product" } else { "does not affect the product" };
            let public = public_as.as_ref().map(|id| format!(", in public as {id}")).unwrap_or_default();
            said(&mut view, &format!("assessed {package}: it {what}{why}{public}"), "note", text);
        }
        Event::WeaknessSet { cwe } => view.did = format!("named the weakness {}", super::case::weakness(*cwe)),
        Event::EmbargoProposed { until, text } => {
            said(&mut view, &format!("proposed to publish not before {}", day(until)), "team", text);
        }
        Event::EmbargoAgreed { until } => {
            said(&mut view, &format!("agreed: nothing is published before {}", day(until)), "reporter", "");
        }
        Event::EmbargoDeclined { text } => said(&mut view, "would rather have another date", "reporter", text),
        Event::FixRecorded { branch, kind, version, url, details } => {
            view.did = format!("recorded: {}", kind.label());
            view.text.clone_from(details);
            view.rows = rows([
                ("Branch", branch.clone()),
                ("Version", version.clone().unwrap_or_default()),
                ("Where", url.clone().unwrap_or_default()),
            ]);
        }
        Event::Audited { looked, found } => {
            view.did = "audited the code for similar problems".into();
            view.rows = rows([("Where", looked.clone()), ("Found", found.clone())]);
        }
        Event::Estimated { promise, until, reason } => {
            said(&mut view, &format!("gave a new estimate for “{promise}”: {}", day(until)), "team", reason);
        }
        Event::ExploitationKnown { ground, aware_at } => {
            let since = aware_at.as_ref().map(|at| format!(", and that the team knows since {}", day(at)));
            let did = format!("put on record that it is being exploited{}", since.unwrap_or_default());
            said(&mut view, &did, "note", ground);
        }
        Event::IncidentKnown { ground, aware_at } => {
            let since = aware_at.as_ref().map(|at| format!(", and that the team knows since {}", day(at)));
            said(&mut view, &format!("put a severe incident on record{}", since.unwrap_or_default()), "note", ground);
        }
        Event::Submitted { promise, to, at, reference, text } => {
            said(&mut view, &format!("put on record what was submitted for “{promise}”"), "note", text);
            view.rows = rows([("To", to.clone()), ("When", day(at)), ("Reference", reference.clone())]);
        }
        Event::SilenceReminded { closes, .. } => {
            view.side = "clock".into();
            view.did = format!("the reporter was reminded of the question; the case closes {}", day(closes));
        }
        Event::ClosedForSilence { since, text } => {
            said(&mut view, &format!("closed it: no answer to the question of {}", day(since)), "clock", text);
        }
        Event::DrillDeclared => view.did = "made it a drill: letters reach the team alone, nothing is published".into(),
        Event::AdvisoryDrafted { draft } => {
            view.did = "wrote the advisory".into();
            view.rows = rows([("Title", draft.title.clone())]);
        }
        Event::AdvisoryCommented { section, text } => {
            said(&mut view, &format!("commented “{}” of the advisory draft", section.label()), "note", text);
        }
        Event::CommentResolved { comment } => {
            let of = case.advisory.comments.iter().find(|known| known.number == *comment);
            let section = of.map_or("the draft", |known| known.section.label());
            view.did = format!("settled a comment on “{section}” of the advisory draft");
        }
        Event::AdvisoryApproved { revision } => view.did = format!("approved draft {revision} of the advisory"),
        Event::PublicationOrdered { at } => {
            view.did = match at {
                Some(at) => format!("ordered the advisory to be published at {}", day(at)),
                None => "ordered the advisory to be published with the fix".into(),
            };
        }
        Event::PublicationDated { at } => {
            view.did = format!("the publication waits for the agreed embargo: {}", day(at));
        }
        Event::ApprovalWithdrawn { because } => {
            view.did = format!("the approval of the advisory no longer stands: {because}");
        }
        Event::PolicyMoved { to, reason, changes, .. } => {
            let did = format!("moved the case to version {to} of the policy{}", changed(changes));
            said(&mut view, &did, "team", reason);
        }
        Event::EmbargoBroken { reason } => said(&mut view, "gave the agreed embargo up", "team", reason),
        Event::GateOverridden { step, gate, reason } => {
            let did = format!("went on to {} without this: {}", gates::verb(*step), lower(gates::words(*gate)),);
            said(&mut view, &did, "note", reason);
        }
        Event::PublicationHeld { reason } => said(&mut view, "held the publication", "note", reason),
        Event::StepTicked { step, text } => {
            said(&mut view, &format!("ticked off “{}”", step_words(step)), "step", text)
        }
        // Told beside the other case, to those who may see both.
        Event::Related { .. } | Event::Unrelated { .. } => return None,
        Event::Ticked { items, text } => {
            let told = |done: bool| {
                let of = items.iter().filter(move |tick| tick.done == done);
                of.map(|tick| format!("“{}”", tick.item)).collect::<Vec<_>>().join(", ")
            };
            let (done, undone) = (told(true), told(false));
            let did = match (done.is_empty(), undone.is_empty()) {
                (false, true) => format!("ticked off {done}"),
                (true, false) => format!("took the tick of {undone} back"),
                _ => format!("ticked off {done} and took the tick of {undone} back"),
            };
            said(&mut view, &did, "note", text);
        }
        Event::StepDone { step, late, .. } => {
            view.side = "clock".into();
            view.did = format!("“{}”: the letters were written{}", step_words(step), if *late { ", late" } else { "" });
        }
        Event::BreachRecorded { evidence, credit_denied, .. } => {
            let credit = if *credit_denied { "no credit is given" } else { "the credit stays" };
            said(&mut view, &format!("put a broken condition on record; {credit}"), "team", evidence);
        }
        Event::BreachCleared { reason, .. } => {
            said(&mut view, "took the record of a broken condition back", "team", reason)
        }
        Event::SummaryProposed { title, text } => {
            said(&mut view, &format!("proposed a public text about this report: {title}"), "team", text)
        }
        Event::SummaryDeclined { text, .. } => {
            said(&mut view, "would rather not have that text published", "reporter", text)
        }
        Event::SummaryPublished { title, text } => {
            said(&mut view, &format!("published a text about this report: {title}"), "step", text)
        }
        Event::SummaryWithdrawn { reason } => said(&mut view, "took the public text back", "step", reason),
        Event::IssueProposed { title, text } => {
            said(&mut view, &format!("proposed a public issue: {title}"), "team", text);
        }
        Event::IssueAnswered { agree, text, .. } => {
            let did = if *agree { "agreed to the public issue" } else { "would rather have no public issue" };
            said(&mut view, did, "reporter", text);
        }
        Event::IssueOpened { url } => view.did = format!("opened the public issue {url}"),
        Event::Published { record } => {
            view.shown = record.tlp.is_public();
            view.did = match view.shown {
                true => format!("published {}", record.id),
                false => format!("gave {} to those who may read {}", record.id, record.tlp.label()),
            };
        }
        Event::BellRung { bell, to, late, .. } => {
            view.side = "clock".into();
            let of = candor_core::schedule::step_of(bell).unwrap_or(&bell.promise);
            view.did = format!("“{}”: {to} was told{}", of, if *late { ", late" } else { "" });
        }
        Event::PromiseBroken { promise, due, late, .. } => {
            view.side = "clock".into();
            let noticed = if *late { "; noticed late" } else { "" };
            view.did = format!("“{promise}” was due {} and is broken{noticed}", day(due));
        }
        Event::DatesMoved { dates } => {
            view.did = "moved dates; those who knew the old ones are told".into();
            view.rows = dates
                .iter()
                .map(|date| Row::new(date.promise.clone(), format!("was {}, is {}", day(&date.was), day(&date.is))))
                .collect();
        }
        Event::WaitEnded => {
            view.side = "clock".into();
            view.did = "the wait for the reporter reached the policy's limit; the clocks run again".into();
        }
        Event::Withdrawn { text, .. } => said(&mut view, "took the report back", "reporter", text),
        Event::Closed { reason } => said(&mut view, "closed the case", "step", reason),
        Event::Reopened { reason } => said(&mut view, "took the case up again", "step", reason),
        Event::Party { party: number, act } => {
            let name = party(case, *number);
            match act {
                PartyAct::Invited(invitation) => {
                    let (kind, until) = (invitation.kind.label(), day(&invitation.until));
                    said(&mut view, &format!("invited {name} ({kind}) until {until}"), "team", &invitation.terms);
                }
                PartyAct::Joined { .. } => view.did = "accepted the terms".into(),
                PartyAct::Told { text } => said(&mut view, &format!("wrote to {name}"), "team", text),
                PartyAct::Wrote { text, files: sent } => {
                    said(&mut view, "wrote", "reporter", text);
                    view.files = files(sent);
                }
                PartyAct::Shared { file, name: given, marked, names_reporter } => {
                    let copy = if *marked { ", as a copy with their mark" } else { "" };
                    let agreed = if *names_reporter { "; the reporter agreed that it names them" } else { "" };
                    view.did = format!("shared a file with {name}, as {given}{copy}{agreed}");
                    let shared = case.files.iter().filter(|known| known.file.id == *file);
                    view.files = shared.map(|known| file_view(case, &known.file, "")).collect();
                }
                PartyAct::Stated { status, fix_on, text } => {
                    let fix = fix_on.as_ref().map(|on| format!(", a fix on {}", day(on))).unwrap_or_default();
                    said(&mut view, &format!("stated: {}{fix}", status.label()), "reporter", text);
                }
                PartyAct::Ended { reason } => said(&mut view, &format!("ended it with {name}"), "note", reason),
            }
        }
        // Who has seen it has a place of its own on the page.
        Event::Seen => return None,
        Event::PutOn { member, reason } => {
            let did = match entry.by == Author::Member(member.clone()) {
                true => "put themselves on the case".into(),
                false => format!("put {} on the case", names.of(member)),
            };
            said(&mut view, &did, "note", reason);
        }
        Event::TakenOff { member, reason } => {
            let did = match entry.by {
                Author::Clock => format!("the time of {} on the case is over", names.of(member)),
                _ => format!("took {} off the case", names.of(member)),
            };
            said(&mut view, &did, "note", reason);
        }
        Event::GlassBroken { reason, until } => {
            let did = format!("broke the glass and is on the case until {}", day(until));
            said(&mut view, &did, "note", reason);
        }
        Event::ReadingNoticed { member, cases, told } => {
            view.side = "clock".into();
            let told = told.iter().map(|id| names.of(id)).collect::<Vec<_>>().join(", ");
            let who = names.of(member);
            view.did = format!("{who} opened {cases} cases in a short time, this one among them; told: {told}");
        }
    }
    Some(view)
}

/// A verdict against a report, as something somebody did.
fn dismissal(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rejected => "rejected the report".into(),
        Outcome::OutOfScope { clause, .. } => format!("found it out of scope: {clause}"),
        Outcome::Duplicate { of: Some(of), known: None } => format!("found it known already, as {of}"),
        Outcome::Duplicate { of: Some(of), known: Some(_) } => {
            format!("found it known already, as {of}; the reporter has the proof that it came before")
        }
        Outcome::Duplicate { of: None, .. } => "found it known already".into(),
        Outcome::CannotReproduce => "could not make it happen".into(),
        Outcome::InDependency { package, .. } => format!("found it in a package that others mend: {package}"),
        Outcome::AlreadyFixed { version } => format!("found it fixed already, in {version}"),
        Outcome::Accepted { clause: Some(clause) } => format!("found it known and accepted: clause {clause}"),
        Outcome::Accepted { clause: None } => "found it known and accepted".into(),
        Outcome::NotSecurity => "found it a mistake, but not a security matter".into(),
        Outcome::Spam => "found no report in it".into(),
        Outcome::Redirected { to, .. } => format!("sent the reporter on to {to}"),
        Outcome::NotAVulnerability { clause } => format!("found it known to be no vulnerability: clause {clause}"),
        Outcome::ScannerOutput => "closed it as scanner output without a proof".into(),
        Outcome::Confirmed | Outcome::Withdrawn | Outcome::NoAnswer => format!("closed it: {}", outcome.label()),
    }
}

/// A step by its name, as words.
fn step_words(step: &str) -> String {
    step.replace('-', " ")
}

/// What came of a verification.
pub fn result_words(result: VerificationResult) -> &'static str {
    match result {
        VerificationResult::Reproduced => "Reproduced",
        VerificationResult::Partly => "Reproduced in part",
        VerificationResult::NotReproduced => "Not reproduced",
    }
}

/// A wish about credit, in words.
pub fn credit_words(credit: &Credit) -> String {
    match credit {
        Credit::Anonymous => "Anonymous: nothing about them is published.".into(),
        Credit::Named { name, organisation, link, about } => [name, organisation, link, about]
            .into_iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// Who did it.
pub fn who(case: &Case, by: &Author, names: &Names) -> String {
    match by {
        Author::Member(member) => names.of(member),
        Author::Reporter(number) => reporter(case, *number),
        Author::Party(number) => party(case, *number),
        Author::Clock => "Clock".into(),
        Author::Candor => "Candor".into(),
    }
}

/// An outside party by its name.
pub fn party(case: &Case, number: u32) -> String {
    candor_core::parties::find(case, number)
        .map_or_else(|| "An outside party".into(), candor_core::parties::Party::name)
}

/// The reporter by the name they gave.
pub fn reporter(case: &Case, number: u32) -> String {
    case.reports
        .iter()
        .find(|report| report.number == number)
        .and_then(|report| report.contact.as_ref())
        .map(|contact| contact.name.trim().to_owned())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "The reporter".into())
}

/// A file as a link.
pub fn file_view(case: &Case, file: &FileRef, note: &str) -> FileView {
    FileView {
        name: file.name.clone(),
        size: fmt::size(file.size),
        href: format!("/desk/cases/{}/files/{}", case.id, file.id),
        note: note.into(),
        opened: match decrypted::may_be_encrypted(&file.name, file.size) {
            true => format!("/desk/cases/{}/files/{}/opened", case.id, file.id),
            false => String::new(),
        },
        preview: format!("/desk/cases/{}/files/{}/preview", case.id, file.id),
    }
}

/// Words that begin a sentence, within one.
fn lower(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

fn rows<const N: usize>(pairs: [(&str, String); N]) -> Vec<Row> {
    pairs.into_iter().filter(|(_, text)| !text.trim().is_empty()).map(|(label, text)| Row::new(label, text)).collect()
}

/// What a newer policy changes, behind a colon.
pub fn changed(changes: &[String]) -> String {
    if changes.is_empty() { String::new() } else { format!(": {}", changes.join("; ")) }
}
