//! Words for stories about cases: a policy, what happened when, and what the clocks then say.

use candor_core::case::{Author, Case};
use candor_core::event::{Channel, Event, FixKind, Outcome, ReportFacts, VerificationFacts, VerificationResult};
use candor_core::evolve::{Stamp, evolve, replay};
use candor_core::id::{CaseId, MemberId};
use candor_core::policy::Policy;
use candor_core::policy::file;
use candor_core::promises;
use jiff::Timestamp;

/// An instant like `2026-11-20T16:00Z`.
pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// The policy of a short file; a program, contacts, and a rule that puts everybody on every case are added.
pub fn policy(rest: &str) -> Policy {
    let text = format!(
        "[program]\nslug = \"sample\"\nname = \"Sample\"\n\n[[contacts]]\nrole = \"primary\"\nemail = \"one@example.org\"\n\n\
         [[contacts]]\nrole = \"secondary\"\nemail = \"two@example.org\"\n\n\
         [[access.owners]]\nproducts = [\"*\"]\nroles = [\"coordinator\", \"member\"]\n\n{rest}"
    );
    file::read(&text).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

/// A story: who did what when.
#[derive(Clone)]
pub struct Story {
    journal: Vec<(Stamp, Event)>,
}

impl Story {
    /// Begins with a report.
    pub fn reported(when: &str) -> Self {
        Self::filed(when, when)
    }

    /// Begins with a report that came earlier by another way.
    pub fn filed(received: &str, entered: &str) -> Self {
        let mut story = Self { journal: Vec::new() };
        story.push(
            entered,
            Author::Reporter(0),
            Event::Reported {
                program: "sample".into(),
                policy_version: 1,
                number: 0,
                received_at: at(received),
                channel: Channel::Form,
                facts: Box::new(ReportFacts { title: "A title".into(), ..ReportFacts::default() }),
                person: None,
                filed_by: None,
                receipt: "00".into(),
            },
        );
        story
    }

    pub fn push(&mut self, when: &str, by: Author, event: Event) {
        let seq = self.journal.len() as u64 + 1;
        self.journal.push((Stamp { seq, at: at(when), by, decided_in: None }, event));
    }

    pub fn then(mut self, when: &str, by: &str, event: Event) -> Self {
        self.push(when, Author::Member(MemberId::from(by)), event);
        self
    }

    pub fn acknowledged(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Acknowledged { text: "Thank you".into() })
    }

    pub fn answered(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Answered { text: "News".into(), files: Vec::new(), next_steps: false })
    }

    pub fn asked(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Asked { text: "Which version?".into(), files: Vec::new() })
    }

    pub fn wrote(mut self, when: &str) -> Self {
        self.push(
            when,
            Author::Reporter(0),
            Event::ReporterWrote { report: 0, text: "This one".into(), files: Vec::new() },
        );
        self
    }

    pub fn verified(self, when: &str, by: &str) -> Self {
        self.then(
            when,
            by,
            Event::Verified {
                facts: VerificationFacts {
                    environment: "a test system".into(),
                    result: VerificationResult::Reproduced,
                    conditions: String::new(),
                    impact: String::new(),
                },
            },
        )
    }

    pub fn confirmed(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Confirmed { text: "It is so".into() })
    }

    pub fn discussed(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Discussed { text: "What next".into() })
    }

    pub fn rejected(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Dismissed { outcome: Outcome::Rejected, text: "It is not so".into() })
    }

    pub fn reopened(self, when: &str, by: &str) -> Self {
        self.then(when, by, Event::Reopened { reason: "New facts".into() })
    }

    pub fn fixed(self, when: &str, by: &str, branch: &str) -> Self {
        self.then(
            when,
            by,
            Event::FixRecorded {
                branch: branch.into(),
                kind: FixKind::Patch,
                version: Some("1.2.3".into()),
                url: None,
                details: String::new(),
            },
        )
    }

    pub fn rated(self, when: &str, by: &str, severity: &str) -> Self {
        let severity = serde_json::from_value(severity.into()).unwrap();
        self.then(when, by, Event::Rated { vectors: Vec::new(), severity, why: String::new() })
    }

    pub fn aware(self, when: &str, by: &str, since: Option<&str>) -> Self {
        let aware_at = since.map(at);
        self.then(when, by, Event::ExploitationKnown { ground: "Logs of a user".into(), aware_at })
    }

    pub fn submitted(self, when: &str, by: &str, promise: &str) -> Self {
        let (to, reference) = ("ENISA".to_owned(), "SRP-1".to_owned());
        let event = Event::Submitted { promise: promise.into(), to, at: at(when), reference, text: String::new() };
        self.then(when, by, event)
    }

    /// The clock asks, and what it is told goes on record.
    pub fn ticked(mut self, when: &str, policy: &Policy) -> Self {
        for event in promises::due(&self.case(), policy, at(when)) {
            self.push(when, Author::Clock, event);
        }
        self
    }

    pub fn case(&self) -> Case {
        replay(&CaseId::from("00000-00000"), self.journal.clone()).unwrap()
    }

    /// Clocks at an instant, one line each.
    pub fn clocks(&self, policy: &Policy, now: &str) -> String {
        let case = self.case();
        let mut out = String::new();
        for clock in promises::clocks(&case, policy, at(now)) {
            out += &format!("{} {}: {} due {}\n", clock.promise, clock.cycle, clock.status.label(), clock.due);
        }
        out
    }

    /// What a tick at an instant would put on record, one line each.
    pub fn due(&self, policy: &Policy, now: &str) -> String {
        promises::due(&self.case(), policy, at(now)).iter().map(line).collect()
    }
}

/// Applies events of a clock to a case.
pub fn apply(case: &mut Case, when: Timestamp, by: &Author, events: Vec<Event>) {
    for event in events {
        let stamp = Stamp { seq: case.seq + 1, at: when, by: by.clone(), decided_in: None };
        evolve(case, &stamp, event);
    }
}

/// An event of a clock in one line.
pub fn line(event: &Event) -> String {
    match event {
        Event::BellRung { bell, due, to, late, .. } => {
            format!("{due} {} {} tells {to}{}\n", bell.promise, bell.cycle, if *late { ", late" } else { "" })
        }
        Event::PromiseBroken { promise, cycle, due, late } => {
            format!("{due} {promise} {cycle} broken{}\n", if *late { ", late" } else { "" })
        }
        other => format!("{}\n", other.kind()),
    }
}
