//! Who is told what after an event. A notice names a recipient and a kind; its words are made when it is delivered,
//! and carry no title, text or name of a case.

use crate::case::{Author, Bell, Case};
use crate::event::{Event, MovedDate};
use crate::id::MemberId;
use crate::parties::PartyAct;
use crate::policy::{Policy, Promise};
use jiff::SignedDuration;

/// Time between two letters to the team about mails of unverified senders in one case.
const MAILS_TOLD_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// How many entries of one command are looked through for the move to a newer policy.
const MOVED_WITH: usize = 4;

/// A letter to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Which letter.
    pub kind: NoticeKind,
    /// To whom.
    pub to: Recipient,
}

/// Which letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// To the reporter: your report arrived; these are the promises.
    Received,
    /// To the reporter: there is something new on your page.
    News,
    /// To the reporter: there is a question for you.
    Question,
    /// To the reporter: the advisory is public.
    Published,
    /// To the reporter: dates that were promised moved.
    NewDate,
    /// To the reporter: a question still waits for your answer; without it the case will be closed.
    Reminder,
    /// To the reporter, who asked by mail: where the case stands.
    Status,
    /// To the reporter: what their mail asked for is done.
    MailDone,
    /// To the reporter: what their mail asked for could not be done.
    MailRefused,
    /// To the reporter: letters wait, because their OpenPGP key cannot be encrypted to.
    KeyAsked,
    /// To the reporter: the OpenPGP key that letters to them are encrypted to was changed.
    KeyChanged,
    /// To the team: a report came in.
    NewReport,
    /// To the team: the reporter wrote.
    ReporterWrote,
    /// To a contact: the reporter asks for news.
    Nudge,
    /// To a contact: a promise is about to fall due.
    Warning,
    /// To a contact: a promise was broken.
    Breach,
    /// To whoever was told of a date: it moved.
    DateMoved,
    /// To a member: the case is yours.
    Assigned,
    /// To a member: a note of the team names you.
    Mention,
    /// To the team: the advisory is public.
    TeamPublished,
    /// To the team: an advisory that was to go out is held.
    Held,
    /// To whoever sees to it: a step of the publication's schedule is due, or late.
    Step,
    /// To recipients of the schedule: an advisory is to come.
    Advance,
    /// To recipients of the schedule: the advisory is public.
    Announcement,
    /// To whoever is on a case: somebody was put on it.
    People,
    /// To the team: somebody broke the glass of a case.
    Glass,
    /// To an outside party: an invitation.
    PartyInvited,
    /// To an outside party: the team wrote.
    PartyNews,
    /// To the team: an outside party accepted, wrote or stated something.
    PartyWrote,
    /// To two people: a member opens many cases in a short time.
    Reading,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [NoticeKind; 30] = [
        NoticeKind::NewDate,
        NoticeKind::DateMoved,
        NoticeKind::Received,
        NoticeKind::News,
        NoticeKind::Question,
        NoticeKind::Published,
        NoticeKind::Reminder,
        NoticeKind::Status,
        NoticeKind::MailDone,
        NoticeKind::MailRefused,
        NoticeKind::KeyAsked,
        NoticeKind::KeyChanged,
        NoticeKind::NewReport,
        NoticeKind::ReporterWrote,
        NoticeKind::Nudge,
        NoticeKind::Warning,
        NoticeKind::Breach,
        NoticeKind::Assigned,
        NoticeKind::Mention,
        NoticeKind::TeamPublished,
        NoticeKind::Held,
        NoticeKind::Step,
        NoticeKind::Advance,
        NoticeKind::Announcement,
        NoticeKind::People,
        NoticeKind::Glass,
        NoticeKind::Reading,
        NoticeKind::PartyInvited,
        NoticeKind::PartyNews,
        NoticeKind::PartyWrote,
    ];

    /// Name in the outbox.
    pub fn name(self) -> &'static str {
        match self {
            NoticeKind::Received => "received",
            NoticeKind::News => "news",
            NoticeKind::Question => "question",
            NoticeKind::Published => "published",
            NoticeKind::NewDate => "new-date",
            NoticeKind::DateMoved => "date-moved",
            NoticeKind::Reminder => "reminder",
            NoticeKind::Status => "status",
            NoticeKind::MailDone => "mail-done",
            NoticeKind::MailRefused => "mail-refused",
            NoticeKind::KeyAsked => "key-asked",
            NoticeKind::KeyChanged => "key-changed",
            NoticeKind::NewReport => "new-report",
            NoticeKind::ReporterWrote => "reporter-wrote",
            NoticeKind::Nudge => "nudge",
            NoticeKind::Warning => "warning",
            NoticeKind::Breach => "breach",
            NoticeKind::Assigned => "assigned",
            NoticeKind::Mention => "mention",
            NoticeKind::TeamPublished => "team-published",
            NoticeKind::Held => "held",
            NoticeKind::Step => "step",
            NoticeKind::Advance => "advance",
            NoticeKind::Announcement => "announcement",
            NoticeKind::People => "people",
            NoticeKind::Glass => "glass-broken",
            NoticeKind::Reading => "reading",
            NoticeKind::PartyInvited => "party-invited",
            NoticeKind::PartyNews => "party-news",
            NoticeKind::PartyWrote => "party-wrote",
        }
    }

    /// The kind of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// To whom a letter goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Recipient {
    /// The reporter of this report.
    Reporter(u32),
    /// A member of the team.
    Member(MemberId),
    /// A contact of the policy, by role.
    Contact(String),
    /// An outside party of the case.
    Party(u32),
    /// One address of recipients that the policy's schedule names.
    Outside {
        /// Name of the recipients.
        name: String,
        /// Which of their addresses, from 0.
        index: usize,
    },
}

impl Recipient {
    /// Name in the outbox: `reporter:0`, `member:…`, `contact:primary coordinator`. No address, no person's name.
    pub fn name(&self) -> String {
        match self {
            Recipient::Reporter(number) => format!("reporter:{number}"),
            Recipient::Member(id) => format!("member:{id}"),
            Recipient::Contact(role) => format!("contact:{role}"),
            Recipient::Party(number) => format!("party:{number}"),
            Recipient::Outside { name, index } => format!("outside:{name}:{index}"),
        }
    }

    /// The recipient of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        let (kind, rest) = name.split_once(':')?;
        match kind {
            "reporter" => rest.parse().ok().map(Recipient::Reporter),
            "member" => Some(Recipient::Member(rest.into())),
            "contact" => Some(Recipient::Contact(rest.into())),
            "party" => rest.parse().ok().map(Recipient::Party),
            "outside" => {
                let (name, index) = rest.rsplit_once(':')?;
                Some(Recipient::Outside { name: name.to_owned(), index: index.parse().ok()? })
            }
            _ => None,
        }
    }
}

/// Letters that follow from an event on the case as it stands after it.
pub fn notices(case: &Case, event: &Event, policy: &Policy) -> Vec<Notice> {
    let mut out = Vec::new();
    let team = || match &case.assignee {
        Some(member) => Recipient::Member(member.clone()),
        None => {
            policy.contacts.first().map_or(Recipient::Contact(String::new()), |c| Recipient::Contact(c.role.clone()))
        }
    };
    let role = |to: &str| match to {
        "holder" | "team" => team(),
        role => Recipient::Contact(role.to_owned()),
    };
    let mut tell = |kind, to| out.push(Notice { kind, to });
    let mut tell_reporters = |kind| {
        for report in &case.reports {
            if report.contact.as_ref().is_some_and(|contact| !contact.email.is_empty()) {
                tell(kind, Recipient::Reporter(report.number));
            }
        }
    };
    match event {
        Event::ContactGiven { report, .. } => {
            tell_one(&mut out, case, *report, NoticeKind::Received);
        }
        Event::KeyGiven { report, .. } => {
            tell_one(&mut out, case, *report, NoticeKind::KeyChanged);
            out.push(Notice { kind: NoticeKind::ReporterWrote, to: team() });
        }
        Event::Reported { .. } => tell(NoticeKind::NewReport, team()),
        Event::Acknowledged { .. }
        | Event::Answered { .. }
        | Event::Confirmed { .. }
        | Event::Dismissed { .. }
        | Event::EmbargoProposed { .. }
        | Event::EmbargoBroken { .. }
        | Event::Decided { .. }
        | Event::AppealAnswered { .. }
        | Event::MergedInto { .. }
        | Event::Separated { .. }
        | Event::PartNews { .. }
        | Event::VerdictUndone { .. }
        | Event::PolicyMoved { .. }
        | Event::ClosedForSilence { .. }
        | Event::CreditAsked => tell_reporters(NoticeKind::News),
        Event::Estimated { promise, .. } => {
            tell_reporters(NoticeKind::News);
            for to in told_of(case, promise, None) {
                out.push(Notice { kind: NoticeKind::DateMoved, to: role(&to) });
            }
        }
        Event::DatesMoved { dates } => {
            let theirs = |date: &MovedDate| policy.promise(&date.promise).is_none_or(Promise::is_to_reporter);
            // The letter about the newer policy has the dates already.
            let told = case.history.iter().rev().take(MOVED_WITH);
            let by_policy = told
                .into_iter()
                .any(|entry| entry.at == case.updated_at && matches!(entry.what, Event::PolicyMoved { .. }));
            if dates.iter().any(theirs) && !by_policy {
                tell_reporters(NoticeKind::NewDate);
            }
            let mut told: Vec<String> = Vec::new();
            for date in dates {
                told.extend(told_of(case, &date.promise, Some(date.cycle)));
            }
            told.sort();
            told.dedup();
            out.extend(told.iter().map(|to| Notice { kind: NoticeKind::DateMoved, to: role(to) }));
        }
        Event::PublishedWith { .. } => tell_reporters(NoticeKind::Published),
        Event::SilenceReminded { .. } => tell_reporters(NoticeKind::Reminder),
        Event::Asked { .. } | Event::RetestAsked { .. } => tell_reporters(NoticeKind::Question),
        Event::FixRecorded { kind, .. } if kind.is_remedy() => tell_reporters(NoticeKind::News),
        // A limited circle is told by whoever gives it the advisory.
        Event::Published { record } if !record.tlp.is_public() => {}
        Event::Published { .. } => {
            tell_reporters(NoticeKind::Published);
            for contact in policy.contacts.iter().take(1) {
                out.push(Notice { kind: NoticeKind::TeamPublished, to: Recipient::Contact(contact.role.clone()) });
            }
        }
        Event::ReporterWrote { .. }
        | Event::EmbargoDeclined { .. }
        | Event::EmbargoAgreed { .. }
        | Event::Retested { .. }
        | Event::Withdrawn { .. } => {
            tell(NoticeKind::ReporterWrote, team());
        }
        // Whoever gave the verdict is not the one to answer it.
        Event::Appealed { .. } => {
            let own = case.verdict.as_ref().map(|verdict| &verdict.by);
            if case.assignee.is_some() && case.assignee.as_ref() != own {
                tell(NoticeKind::ReporterWrote, team());
            }
            if let Some(first) = policy.contacts.first() {
                tell(NoticeKind::ReporterWrote, Recipient::Contact(first.role.clone()));
            }
        }
        // A flood of them is one letter an hour.
        Event::MailUnverified { .. } => {
            let mut mails = case.history.iter().rev().filter(|it| matches!(it.what, Event::MailUnverified { .. }));
            let newest = mails.next().map(|entry| entry.at);
            let before = mails.next().map(|entry| entry.at);
            if newest.is_none_or(|newest| before.is_none_or(|before| before + MAILS_TOLD_EVERY <= newest)) {
                tell(NoticeKind::ReporterWrote, team());
            }
        }
        Event::PublicationHeld { .. } => {
            tell(NoticeKind::Held, team());
            if let (Some(_), Some(first)) = (&case.assignee, policy.contacts.first()) {
                tell(NoticeKind::Held, Recipient::Contact(first.role.clone()));
            }
        }
        Event::StepDone { step, .. } => {
            let Some(step) = policy.disclosure.step(step) else { return out };
            let recipients = step.tell.as_deref().and_then(|name| policy.disclosure.recipients(name));
            let kind = if step.at.is_before() { NoticeKind::Advance } else { NoticeKind::Announcement };
            for recipients in recipients.into_iter() {
                for index in 0..recipients.addresses.len() {
                    tell(kind, Recipient::Outside { name: recipients.name.clone(), index });
                }
            }
        }
        Event::BreachRecorded { report, .. } | Event::BreachCleared { report, .. } => {
            tell_one(&mut out, case, *report, NoticeKind::News);
        }
        Event::SummaryProposed { .. } | Event::SummaryPublished { .. } => tell_reporters(NoticeKind::News),
        Event::IssueProposed { .. } => tell_reporters(NoticeKind::Question),
        Event::IssueAnswered { .. } => tell(NoticeKind::ReporterWrote, team()),
        Event::IssueOpened { .. } => tell_reporters(NoticeKind::News),
        Event::SummaryDeclined { .. } => tell(NoticeKind::ReporterWrote, team()),
        Event::BellRung { bell, to, .. } if crate::schedule::is_bell(bell) => tell(NoticeKind::Step, role(to)),
        Event::Nudged { to, .. } => tell(NoticeKind::Nudge, role(to)),
        Event::Noted { mentions, .. } => {
            for member in mentions {
                tell(NoticeKind::Mention, Recipient::Member(member.clone()));
            }
        }
        Event::Assigned { to: Some(member) } => tell(NoticeKind::Assigned, Recipient::Member(member.clone())),
        Event::Party { party, act } => match act {
            PartyAct::Invited(_) => tell(NoticeKind::PartyInvited, Recipient::Party(*party)),
            PartyAct::Told { .. } | PartyAct::Shared { .. } => tell(NoticeKind::PartyNews, Recipient::Party(*party)),
            PartyAct::Joined { .. } | PartyAct::Wrote { .. } | PartyAct::Stated { .. } => {
                tell(NoticeKind::PartyWrote, team());
            }
            PartyAct::Ended { .. } => {}
        },
        Event::PutOn { .. } | Event::GlassBroken { .. } => {
            let by = case.history.iter().rev().find(|entry| entry.what == *event).map(|entry| &entry.by);
            let others = case.on.keys().filter(|member| by != Some(&Author::Member((*member).clone())));
            let mut told: Vec<Recipient> = others.cloned().map(Recipient::Member).collect();
            let glass = matches!(event, Event::GlassBroken { .. });
            // That somebody got in by themselves is told to more than those they got in to.
            let first = policy.contacts.first().filter(|_| glass || told.is_empty());
            told.extend(first.map(|contact| Recipient::Contact(contact.role.clone())));
            for to in told {
                tell(if glass { NoticeKind::Glass } else { NoticeKind::People }, to);
            }
        }
        Event::ReadingNoticed { member, told, .. } => {
            let contacts = policy.contacts.iter().map(|contact| Recipient::Contact(contact.role.clone()));
            let members = told.iter().filter(|told| *told != member).cloned().map(Recipient::Member);
            for to in members.chain(contacts).take(2) {
                tell(NoticeKind::Reading, to);
            }
        }
        Event::BellRung { bell, due: _, to, .. } => {
            let after = bell.step >= crate::promises::ESTIMATE_BELL
                || policy
                    .promise(&bell.promise)
                    .and_then(|promise| promise.escalate.get(bell.step as usize))
                    .is_some_and(|step| step.after.is_some());
            tell(if after { NoticeKind::Breach } else { NoticeKind::Warning }, role(to));
        }
        _ => {}
    }
    if case.drill { within_the_team(out, &team()) } else { out }
}

/// Roles that bells told of a promise, in this run or in the newest that rang.
fn told_of(case: &Case, promise: &str, cycle: Option<u32>) -> Vec<String> {
    let of = |(bell, _): &&(Bell, Option<jiff::Timestamp>)| bell.promise == promise;
    let cycle = cycle.or_else(|| case.rang_for.iter().filter(of).map(|(bell, _)| bell.cycle).max());
    let mut told = Vec::new();
    for entry in &case.history {
        if let Event::BellRung { bell, to, .. } = &entry.what
            && bell.promise == promise
            && Some(bell.cycle) == cycle
            && !told.contains(to)
        {
            told.push(to.clone());
        }
    }
    told
}

/// A drill is the team's own: no letter to anybody else, and none to lists that others read.
fn within_the_team(letters: Vec<Notice>, team: &Recipient) -> Vec<Notice> {
    let mut kept: Vec<Notice> = Vec::new();
    for letter in letters {
        let to = match letter.to {
            Recipient::Reporter(_) | Recipient::Outside { .. } | Recipient::Party(_) => continue,
            Recipient::Contact(_) => team.clone(),
            member => member,
        };
        let letter = Notice { to, ..letter };
        if !kept.contains(&letter) {
            kept.push(letter);
        }
    }
    kept
}

fn tell_one(out: &mut Vec<Notice>, case: &Case, report: u32, kind: NoticeKind) {
    let has_address = case
        .reports
        .iter()
        .any(|r| r.number == report && r.contact.as_ref().is_some_and(|contact| !contact.email.is_empty()));
    if has_address {
        out.push(Notice { kind, to: Recipient::Reporter(report) });
    }
}
