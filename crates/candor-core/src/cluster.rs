//! Several reports of one problem, and several problems in one report.
//!
//! Each report stays a case with a journal of its own, so that its thread, receipt, credit, clocks and keys stay its own. A
//! case that *gathers* others leads: what is decided there is written into the journals of the others in the same
//! transaction, and keeps their promises. Separating them again loses nothing. A report that tells of several problems is
//! split into cases of its findings; what happens to them is told in the one thread of the reporter.

use crate::case::{Case, State};
use crate::command::{Command, Part};
use crate::decide::{LINE_LIMIT, MESSAGE_LIMIT, optional, text as required};
use crate::event::{Event, Outcome};
use crate::id::{CaseId, ProgramSlug};
use crate::refusal::Refusal;
use jiff::Timestamp;

/// Cases that one case can gather, and findings that a report can be split into.
pub const MOST: usize = 100;

/// What must be known of a case that is to gather another one.
#[derive(Debug, Clone, PartialEq)]
pub struct Lead {
    /// Its program.
    pub program: ProgramSlug,
    /// Where it stands.
    pub state: State,
    /// The case that gathers it, if one does.
    pub gathered_into: Option<CaseId>,
    /// How many it gathers.
    pub gathers: usize,
    /// The agreed date before which nobody publishes.
    pub embargo: Option<Timestamp>,
    /// What was decided there and holds for the other report, too.
    pub decided: Vec<Event>,
}

impl Lead {
    /// What must be known of `case`.
    pub fn of(case: &Case) -> Self {
        Self {
            program: case.program.clone(),
            state: case.state,
            gathered_into: case.gathered_into.clone(),
            gathers: case.gathered.len(),
            embargo: case.embargo_agreed,
            decided: decided(case),
        }
    }
}

/// What was decided in a case and holds for a report that joins it now. Words to other reporters are not passed on.
fn decided(case: &Case) -> Vec<Event> {
    let mut events = Vec::new();
    if matches!(case.state, State::Confirmed | State::Fixed | State::Published) {
        events.push(Event::Confirmed {
            text: "The problem is confirmed; it is handled with other reports of it.".into(),
        });
    }
    if let Some(rating) = &case.rating {
        events.push(Event::Rated { vectors: rating.vectors.clone(), severity: rating.severity, why: String::new() });
    }
    if let Some(cwe) = case.cwe {
        events.push(Event::WeaknessSet { cwe });
    }
    events.extend(case.fixes.iter().map(|fix| Event::FixRecorded {
        branch: fix.branch.clone(),
        kind: fix.kind,
        version: fix.version.clone(),
        url: fix.url.clone(),
        details: fix.details.clone(),
    }));
    if let (State::Published, Some(advisory)) = (case.state, &case.advisory.id) {
        events.push(Event::PublishedWith { case: case.id.clone(), advisory: advisory.clone() });
    }
    events
}

/// Acts that belong to the case that gathers a report are refused on the report itself.
pub(crate) fn before(case: &Case, command: &Command) -> Result<(), Refusal> {
    let own = matches!(
        command,
        Command::Answer { .. }
            | Command::Ask { .. }
            | Command::Acknowledge { .. }
            | Command::Note { .. }
            | Command::Assign { .. }
            | Command::Estimate { .. }
            | Command::Separate { .. }
            | Command::Relate { .. }
            | Command::Unrelate { .. }
            | Command::See
            | Command::PutOn { .. }
            | Command::TakeOff { .. }
            | Command::BreakGlass { .. }
            | Command::NoticeReading { .. }
            | Command::TellParty { .. }
            | Command::GiveAdvisory { .. }
            | Command::ShareFile { .. }
            | Command::EndParty { .. }
            | Command::AsParty { .. }
            | Command::AskCredit
            | Command::RecordBreach { .. }
            | Command::ClearBreach { .. }
            | Command::AnswerAppeal { .. }
            | Command::MovePolicy { .. }
            | Command::Write { .. }
            | Command::TakeMail { .. }
            | Command::RecordOrigin { .. }
            | Command::GiveKey { .. }
            | Command::Nudge
            | Command::ChooseCredit { .. }
            | Command::AnswerEmbargo { .. }
            | Command::AnswerSummary { .. }
            | Command::Appeal { .. }
            | Command::Retest { .. }
            | Command::AnswerIssue { .. }
            | Command::Withdraw { .. }
            | Command::Tick
    );
    match &case.gathered_into {
        Some(into) if !own => Err(Refusal::Gathered { into: into.clone() }),
        _ => Ok(()),
    }
}

pub(crate) fn merge(case: &Case, into: &CaseId, lead: Option<&Lead>, text: &str) -> Result<Vec<Event>, Refusal> {
    let wrong = |problem: String| Err(Refusal::Field { field: "into", problem });
    if *into == case.id {
        return wrong("this is the same case; name the other one".into());
    }
    // A case that the asker may not see is no case to them.
    let Some(lead) = lead else { return wrong(format!("there is no case {into} that you work on")) };
    if lead.program != case.program {
        return wrong(
            "it belongs to another program, whose team and policy are others: its verdicts, clauses and dates do not hold here. \
             Link the two with `relate`; whoever may see both sees the link"
                .into(),
        );
    }
    if let Some(other) = &lead.gathered_into {
        return wrong(format!("its report is handled in {other}; name that case"));
    }
    if lead.state == State::Closed {
        return wrong("it is closed; take it up again first".into());
    }
    if lead.gathers >= MOST {
        return wrong(format!("it gathers {MOST} reports already"));
    }
    if !case.gathered.is_empty() {
        return wrong("this case gathers others itself; merge the other way round, or separate them first".into());
    }
    if case.drill {
        return Err(Refusal::Drill);
    }
    if !matches!(case.state, State::New | State::Triage | State::Confirmed | State::Fixed) {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Only what is open is merged." });
    }
    if let Some(agreed) = case.embargo_agreed
        && lead.embargo.is_none_or(|own| own < agreed)
    {
        return wrong(format!(
            "the reporter agreed that nothing is published before {agreed}; agree on that date in the other case first"
        ));
    }
    let mut text = optional("text", text, MESSAGE_LIMIT)?;
    if text.is_empty() {
        text =
            "Others reported the same problem. We handle the reports together; you read here what comes of it.".into();
    }
    let mut events = vec![Event::MergedInto { into: into.clone(), text }];
    let confirmed = case.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Confirmed);
    events
        .extend(lead.decided.iter().filter(|event| !(confirmed && matches!(event, Event::Confirmed { .. }))).cloned());
    // From here on the other case decides what is rated and fixed: what was approved here is not what would go out.
    let because = format!("its report is handled in {into} now, and what is decided there was not approved here");
    if case.advisory.order.is_some() {
        events.push(Event::PublicationHeld { reason: because.clone() });
    }
    if case.advisory.approved_by.is_some() {
        events.push(Event::ApprovalWithdrawn { because });
    }
    Ok(events)
}

/// Puts on record that another case has to do with this one. `seen` says whether the asker may see that case.
pub(crate) fn relate(case: &Case, to: &CaseId, seen: bool, text: &str) -> Result<Vec<Event>, Refusal> {
    let wrong = |problem: String| Err(Refusal::Field { field: "to", problem });
    if *to == case.id {
        return wrong("this is the same case; name the other one".into());
    }
    if !seen {
        return wrong(format!("there is no case {to} that you work on"));
    }
    let text = optional("text", text, LINE_LIMIT)?;
    match case.related.iter().find(|(known, _)| known == to) {
        Some((_, known)) if *known == text => Ok(Vec::new()),
        None if case.related.len() >= MOST => wrong(format!("it is linked with {MOST} cases already")),
        _ => Ok(vec![Event::Related { case: to.clone(), text }]),
    }
}

/// Takes such a link back.
pub(crate) fn unrelate(case: &Case, to: &CaseId, seen: bool) -> Result<Vec<Event>, Refusal> {
    if !seen || !case.related.iter().any(|(known, _)| known == to) {
        let problem = format!("it is linked with no case {to} that you work on");
        return Err(Refusal::Field { field: "to", problem });
    }
    Ok(vec![Event::Unrelated { case: to.clone() }])
}

pub(crate) fn separate(case: &Case, reason: &str) -> Result<Vec<Event>, Refusal> {
    let Some(from) = &case.gathered_into else { return Err(Refusal::NotGathered) };
    Ok(vec![Event::Separated { from: from.clone(), reason: required("reason", reason, MESSAGE_LIMIT)? }])
}

pub(crate) fn split(case: &Case, parts: &[Part], text: &str) -> Result<Vec<Event>, Refusal> {
    let wrong = |problem: &str| Err(Refusal::Field { field: "parts", problem: problem.into() });
    if !case.state.is_open() {
        return Err(Refusal::WrongState { state: case.state.name(), next: "Reopen it first." });
    }
    if case.part_of.is_some() {
        return wrong("this case is a finding of another report; split that one");
    }
    if parts.is_empty() {
        return wrong("name at least one finding that becomes a case of its own");
    }
    if case.parts.len() + parts.len() > MOST {
        return wrong("these are more than 100 findings; file the rest as reports of their own");
    }
    let mut events = Vec::new();
    for part in parts {
        events.push(Event::SplitOff {
            case: part.case.clone(),
            title: required("title", &part.title, LINE_LIMIT)?,
            text: required("parts", &part.text, MESSAGE_LIMIT)?,
        });
    }
    let text = optional("text", text, MESSAGE_LIMIT)?;
    if !text.is_empty() {
        events.push(Event::Answered { text, files: Vec::new(), next_steps: false });
    }
    Ok(events)
}

/// Where else an act is written down in the same transaction, and what stands there.
#[derive(Debug, Clone, PartialEq)]
pub struct Aside {
    /// The other case.
    pub case: CaseId,
    /// What happened there.
    pub events: Vec<Event>,
}

/// What the events of a command mean for the cases that hang together with this one. `after` is the case with the events.
pub fn asides(after: &Case, command: &Command, events: &[Event]) -> Vec<Aside> {
    let mut asides: Vec<Aside> = Vec::new();
    for event in events {
        match event {
            Event::MergedInto { into, .. } => {
                tell(&mut asides, into, [Event::Gathered { case: after.id.clone(), reported_at: after.opened_at }]);
            }
            // Each side says the same of the other.
            Event::Related { case, text } => {
                tell(&mut asides, case, [Event::Related { case: after.id.clone(), text: text.clone() }]);
            }
            Event::Unrelated { case } => tell(&mut asides, case, [Event::Unrelated { case: after.id.clone() }]),
            Event::Separated { from, reason } => {
                tell(&mut asides, from, [Event::Released { case: after.id.clone(), reason: reason.clone() }]);
            }
            _ => {}
        }
    }
    let told: Vec<Event> = events.iter().filter_map(|event| told_to_gathered(after, command, event)).collect();
    for case in &after.gathered {
        tell(&mut asides, case, told.iter().cloned());
    }
    if let Some(whole) = &after.part_of {
        tell(&mut asides, whole, events.iter().filter_map(|event| told_to_whole(after, event)));
    }
    asides
}

/// Adds what is told in a case. Each case has one aside: a finding may be gathered by the report that it was split from.
fn tell(asides: &mut Vec<Aside>, case: &CaseId, events: impl IntoIterator<Item = Event>) {
    let mut events = events.into_iter().peekable();
    if events.peek().is_none() {
        return;
    }
    match asides.iter_mut().find(|aside| aside.case == *case) {
        Some(aside) => aside.events.extend(events),
        None => asides.push(Aside { case: case.clone(), events: events.collect() }),
    }
}

/// What is decided about the problem is decided about every report of it; the rest of a case is its own.
fn told_to_gathered(lead: &Case, command: &Command, event: &Event) -> Option<Event> {
    match event {
        Event::Answered { .. } if matches!(command, Command::AnswerAll { .. }) => Some(event.clone()),
        Event::Confirmed { .. }
        | Event::Verified { .. }
        | Event::Discussed { .. }
        | Event::Dismissed { .. }
        | Event::VerdictUndone { .. }
        | Event::Rated { .. }
        | Event::WeaknessSet { .. }
        | Event::Decided { .. }
        | Event::EmbargoProposed { .. }
        | Event::EmbargoBroken { .. }
        | Event::FixRecorded { .. }
        | Event::CreditAsked
        | Event::RetestAsked { .. }
        | Event::Closed { .. }
        | Event::Reopened { .. } => Some(event.clone()),
        Event::Published { record } if record.tlp.is_public() => {
            Some(Event::PublishedWith { case: lead.id.clone(), advisory: record.id.clone() })
        }
        _ => None,
    }
}

/// What happens to a finding is news to the reporter of the whole.
fn told_to_whole(part: &Case, event: &Event) -> Option<Event> {
    let news = |what: String, text: &str| {
        Some(Event::PartNews { case: part.id.clone(), title: part.title.clone(), what, text: text.to_owned() })
    };
    match event {
        Event::Confirmed { text } => news("it is confirmed".into(), text),
        Event::Dismissed { outcome, text } => news(format!("it was closed as {}", outcome.label()), text),
        Event::VerdictUndone { reason } => news("the verdict was taken back".into(), reason),
        Event::Answered { text, .. } => news("the team wrote".into(), text),
        // A file lies in one case. The letter about the question says its words; the file stays with the finding.
        Event::Asked { text, .. } => {
            Some(Event::Asked { text: format!("About “{}”: {text}", part.title), files: Vec::new() })
        }
        Event::Rated { severity, .. } => news(format!("the severity is {}", severity.label().to_lowercase()), ""),
        Event::Decided { plan, reason, .. } => news(format!("decided: {}", plan.label()), reason),
        Event::FixRecorded { kind, version, .. } if kind.is_remedy() => {
            let version = version.as_ref().map(|version| format!(" in {version}")).unwrap_or_default();
            news(format!("{}{version}", kind.label()), "")
        }
        Event::Published { record } if record.tlp.is_public() => {
            news(format!("the advisory {} is public", record.id), "")
        }
        Event::Closed { reason } => news("the case of it was closed".into(), reason),
        Event::Reopened { reason } => news("it was taken up again".into(), reason),
        _ => None,
    }
}

/// Which of the events still mean something for the other case as it stands: what its reporter took back stays so, and what
/// was closed there is not decided again.
pub fn applicable(other: &Case, events: Vec<Event>) -> Vec<Event> {
    let links = |event: &Event| {
        matches!(
            event,
            Event::Gathered { .. }
                | Event::Released { .. }
                | Event::Related { .. }
                | Event::Unrelated { .. }
                | Event::PartNews { .. }
                | Event::Answered { .. }
        )
    };
    let reopens = |event: &Event| matches!(event, Event::Reopened { .. } | Event::VerdictUndone { .. });
    let given_up = matches!(other.outcome, Some(Outcome::Withdrawn | Outcome::NoAnswer));
    events
        .into_iter()
        .filter(|event| match event {
            event if links(event) => true,
            _ if other.is_closed() && given_up => false,
            event if reopens(event) => other.is_closed(),
            _ => !other.is_closed(),
        })
        .collect()
}
